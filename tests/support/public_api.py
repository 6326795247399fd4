"""What others build on, by name: `python -m tests.support.public_api` renews
tests/promised.txt.

A line a name: commands and their options, settings, views and their columns, exit codes, keys of
the JSON that commands print. From version 2.0.0 on names may be added and none may go before 3.0.0;
see docs/upgrading.md. test_promise.py compares.
"""

from __future__ import annotations

import json
import re
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
from click.testing import CliRunner
from pydantic import BaseModel

from forecast import errors
from forecast.config import Config
from forecast.context import Context
from jobs.cli import main

PROMISED = Path(__file__).parents[1] / "promised.txt"
# Of a fact's JSON this much; the rest is what the month report holds at the time.
FACT = {"series", "from", "to", "measure", "claimed", "truth", "truth_when_published"} | {
    *("verdict", "why", "say_instead", "evidence")
}
# Commands whose JSON programs read, on a record of one run.
JSON = (
    "show",
    "flags",
    "score",
    "status",
    "doctor",
    "config show",
    "notices list",
    "releases list",
    "fact northern 2025-02 4098",
)


def offered(published: Path) -> set[str]:
    """Every name that is offered today. published : the record of one run."""
    return {
        *_commands(main, ""),
        *_settings(Config, ""),
        *_views(published),
        *_exit_codes(),
        *(line for command in JSON for line in _json(published, command)),
    }


def _commands(command: click.Command, name: str) -> Iterator[str]:
    if command.hidden:
        return
    for option in command.params:
        for word in (*option.opts, *option.secondary_opts):
            if word.startswith("-"):
                yield f"command: bordercast{name} {word}"
    if isinstance(command, click.Group):
        for word, below in command.commands.items():
            yield from _commands(below, f"{name} {word}")
    else:
        taken = [option for option in command.params if isinstance(option, click.Argument)]
        # Who gives no optional argument is promised that too.
        for arguments in (taken, [option for option in taken if option.required]):
            words = " ".join(str(option.metavar or option.name).upper() for option in arguments)
            # As help calls an argument, or by its name: neither is typed.
            named = " ".join(str(option.name).upper() for option in arguments)
            # "SERIES [MONTH]" is one option that takes both, or the first alone.
            every = (words, named, re.sub(r"[][]", "", words), re.sub(r" ?\[.*\]", "", words))
            for form in every:
                yield f"command: bordercast{name} {form}".strip()


def _settings(section: type[BaseModel], name: str) -> Iterator[str]:
    for key, field in section.model_fields.items():
        below = field.annotation
        if isinstance(below, type) and issubclass(below, BaseModel):
            yield from _settings(below, f"{name}{key}.")
        else:
            yield f"setting: {name}{key}"


def _views(path: Path) -> Iterator[str]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        for (view,) in db.execute("select name from sqlite_master where type = 'view'").fetchall():
            for column in db.execute("select name from pragma_table_info(?)", (view,)):
                yield f"view: {view}.{column[0]}"


def _exit_codes() -> Iterator[str]:
    for error in vars(errors).values():
        if isinstance(error, type) and issubclass(error, errors.BordercastError):
            yield f"exit code: {error.exit_code}"


def _json(path: Path, command: str) -> Iterator[str]:
    as_json = () if command == "config show" else ("--json",)
    options = ("--config", str(path.with_name("config.toml")), "--db", str(path))
    said = CliRunner().invoke(main, [*options, *command.split(), *as_json])
    found = json.loads(said.stdout)
    keys = set(found if isinstance(found, dict) else (found[0] if found else ()))
    if command == "status":
        keys |= {f"facts.{key}" for key in found["facts"]}
    for key in keys & FACT if command.startswith("fact") else keys:
        yield f"json: {command.partition(' northern')[0]} {key}"


def main_program() -> None:
    """Make a record, and write down what is offered."""
    import tempfile

    from jobs import monthly

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bordercast.db"
        path.with_name("config.toml").write_text("")
        monthly.run(Context.open(path, Config()))
        PROMISED.write_text("\n".join(sorted(offered(path))) + "\n")


if __name__ == "__main__":
    sys.exit(main_program())
