"""`--help` of every command: a line that fits, examples that the program takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from forecast.sources import holes
from jobs.cli import main
from tests.support.cbp_files import ENCOUNTERS
from tests.support.commands import COMMANDS

LOOKS = ("show", "flags", "score", "brief", "fact", "config")


def examples(command: click.Command) -> list[str]:
    told = holes.fill(command.epilog or "", holes.words_of(ENCOUNTERS))
    return re.findall(r"^  bordercast (.+)$", told, re.M)


EXAMPLES = [(path, line) for path, command in COMMANDS.items() for line in examples(command)]


def test_every_command_says_what_it_does_in_a_line_and_shows_an_example():
    missing = {path: unsaid(path, command) for path, command in COMMANDS.items()}

    assert {path: what for path, what in missing.items() if what} == {}


def unsaid(path: str, command: click.Command) -> list[str]:
    """What the help of a command leaves out: its example, a first line that fits, an option."""
    found = []
    if not any(f" {path} " in f" {line} " for line in examples(command)):
        found.append("an example of it")
    if path.count(" ") == 0 and "..." in command.get_short_help_str(70):
        found.append("a first line that fits")
    options = (p for p in command.params if isinstance(p, click.Option))
    return found + [str(option.name) for option in options if not option.help]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder in which every file and folder of the examples is."""
    for name in (
        "counts.csv",
        "said.csv",
        "visits.xlsx",
        "nationwide-encounters-fy24-fy27-oct-aor.csv",
    ):
        (tmp_path / name).touch()
    (tmp_path / "backups" / "20261125T150000Z").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def leaf(line: str) -> click.Command:
    """The command that a line calls."""
    words = [word for word in line.split() if word in {w for p in COMMANDS for w in p.split()}]
    path = next(" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in COMMANDS)
    return COMMANDS[path]


def test_every_example_is_taken_as_it_stands(folder):
    refused = {line: refusal(folder, line) for _, line in EXAMPLES}

    assert {line: said for line, said in refused.items() if said} == {}


def refusal(folder: Path, line: str) -> str:
    """What is said of an example that does not come to its command; "" if it does."""
    words = shlex.split(line)
    if "--config" in words:
        words[words.index("--config") + 1] = "own.toml"
        (folder / "own.toml").touch()
    try:
        command, above = main, main.make_context("bordercast", words)
        while isinstance(command, click.Group):
            name, command, words = command.resolve_command(
                above, above._protected_args + above.args
            )
            above = command.make_context(name, words, parent=above)
    except click.ClickException as error:
        return error.format_message()
    return "" if command is leaf(line) else f"it comes to {above.command_path}"


@pytest.mark.slow
@pytest.mark.parametrize("line", [line for path, line in EXAMPLES if path in LOOKS])
def test_an_example_that_only_looks_shows_something(folder, published, request, line):
    if ".pdf" in line:
        request.getfixturevalue("pango")
    said = CliRunner().invoke(main, ["--db", str(published), *shlex.split(line)])

    assert said.exit_code == 0, said.output
    assert said.stdout


def test_the_sections_of_the_first_help_name_every_command():
    said = CliRunner().invoke(main, ["--help"]).stdout

    assert {line.split()[0] for line in said.splitlines() if line.startswith("  ")} >= {
        path for path, command in COMMANDS.items() if " " not in path and not command.hidden
    }
