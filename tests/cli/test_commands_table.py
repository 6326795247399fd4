"""commands.toml and the functions it names say the same: what each takes, and nothing else."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click
import pytest

from forecast.desk import dictionary
from jobs.cli import commands

TABLE = tomllib.loads(commands.TABLE.read_text("utf-8"))
READING = TABLE.pop("reading")
VIEWS = TABLE.pop("view")
SECTIONS = TABLE.pop("sections")
ENTRIES = {path: about for path, about in TABLE.items() if {"run", "answers"} & about.keys()}
AS_OF = VIEWS.pop("as_of")
ENTRIES["export VIEW"] = {"run": "export.view", **VIEWS}
# What a function passes on as it is, beside what may be said of any table: each kind of picture
# takes what it needs.
PASSED_ON = {"plot": {"lead", "log", "month", "since"}}
OF_AN_OPTION = {"type", "min", "max"} | {
    name
    for kind in (click.Option, click.Argument, click.Parameter)
    for name in inspect.signature(kind.__init__).parameters
}


def takes(about: Mapping[str, Any]) -> dict[str, Any]:
    own = {name: said for name, said in about.items() if name not in commands.ENTRY}
    return own | (READING if "reading" in about else {})


def taken(about: Mapping[str, Any]) -> set[str]:
    """The names by which a command's function is given what it takes."""
    return {str(commands._parameter(*pair).name) for pair in takes(about).items()}


def function(about: Mapping[str, Any]) -> Any:
    module, _, name = about.get("run", about.get("answers")).partition(".")
    return getattr(import_module(f"jobs.cli.{module}"), name)


def signature(about: Mapping[str, Any]) -> tuple[set[str], bool]:
    """What a function takes beside the settings or the record, and whether it takes any more."""
    _, *parameters = inspect.signature(function(about)).parameters.values()
    named = {p.name for p in parameters if p.kind is not p.VAR_KEYWORD}
    return named, len(named) < len(parameters)


@pytest.mark.parametrize("path", ENTRIES)
def test_a_function_takes_what_its_entry_says(path):
    about = ENTRIES[path]
    given = taken(about) | ({"name"} if path == "export VIEW" else set())
    named, more = signature(about)

    assert named <= given
    passed_on = {str(commands._parameter(*pair).name) for pair in READING.items()}
    passed_on = passed_on if "reading" in about else PASSED_ON.get(path, set())
    assert given - named == (passed_on if more else set())


@pytest.mark.parametrize("path", TABLE)
def test_an_entry_has_no_key_that_nobody_reads(path):
    about = TABLE[path]

    assert path in ENTRIES or not takes(about)  # a group takes nothing
    assert not {"run", "answers"} <= about.keys()
    for name, said in takes(about).items():
        assert isinstance(said, str) or set(said) <= OF_AN_OPTION, name


def test_every_section_names_commands_that_are_there():
    named = [name for names in SECTIONS.values() for name in names]

    assert sorted(named) == sorted(path for path in TABLE if " " not in path)
    assert set(AS_OF) <= set(dictionary.VIEWS)
