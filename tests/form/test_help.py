"""`--help` of every command: a line that fits, examples that the program takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from jobs.cli import main

LOOKS = ("show", "flags", "score", "brief", "fact", "config")


def commands(group: click.Group = main, *path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command below a group, and the words that call it."""
    for name, command in group.commands.items():
        yield " ".join((*path, name)), command
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)


COMMANDS = dict(commands())


def examples(command: click.Command) -> list[str]:
    return re.findall(r"^  bordercast (.+)$", command.epilog or "", re.M)


EXAMPLES = [(path, line) for path, command in COMMANDS.items() for line in examples(command)]


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_says_what_it_does_in_a_line_and_shows_an_example(path):
    command = COMMANDS[path]
    own = [line for line in examples(command) if f" {path} " in f" {line} "]

    assert own
    if path.count(" ") == 0:
        assert "..." not in command.get_short_help_str(70)
    unsaid = [p.name for p in command.params if isinstance(p, click.Option) and not p.help]
    assert unsaid == []


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder in which every file and folder of the examples is."""
    for name in ("counts.csv", "visits.xlsx", "nationwide-encounters-fy24-fy27-oct-aor.csv"):
        (tmp_path / name).touch()
    (tmp_path / "backups" / "20261125T150000Z").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def leaf(line: str) -> click.Command:
    """The command that a line calls."""
    words = [word for word in line.split() if word in {w for p in COMMANDS for w in p.split()}]
    path = next(" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in COMMANDS)
    return COMMANDS[path]


@pytest.mark.parametrize(("path", "line"), EXAMPLES, ids=[line for _, line in EXAMPLES])
def test_every_example_is_taken_as_it_stands(folder, monkeypatch, path, line):
    called = []
    monkeypatch.setattr(leaf(line), "callback", lambda *_, **given: called.append(given))
    words = shlex.split(line)
    if "--config" in words:
        words[words.index("--config") + 1] = "own.toml"
        (folder / "own.toml").touch()

    said = CliRunner().invoke(main, words)

    assert said.exit_code == 0, said.output
    assert len(called) == 1


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
