"""What a command answers, and the one place that prints it: lines and tables, or JSON."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from forecast.words import without_controls
from jobs.cli.options import AS_JSON, Settings, reading

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.progress import TaskID

    from forecast.sources.source import Source
    from jobs.pipeline.refits import Report

NOTE_WIDTH = 80


@dataclass(frozen=True)
class Printed:
    """What a command found.

    value : for programs; None where a file was written, which is told to anybody.
    parts : for a reader, from top to bottom, made only when somebody reads them; a str is a line
    that stays as long as it is, anything else fits the terminal.
    source : whose keys the value has, if not those of the settings' measure. code : to exit with.
    """

    value: Any
    parts: Iterable[RenderableType] = ()
    source: Source | None = None
    code: int = 0


def answers(command: Callable[..., Printed]) -> Callable[..., None]:
    """Hand a command the record, and print its answer; with --json, for programs."""

    @AS_JSON
    @click.pass_obj
    @wraps(command)
    def answered(settings: Settings, /, as_json: bool, **given: Any) -> None:
        with reading(settings) as record:
            answer = command(record, **given)
            as_json = as_json and answer.value is not None
            # A reader who pages must not keep the record's moment open.
            parts = () if as_json else tuple(answer.parts)
        show_answer(replace(answer, parts=parts), as_json, settings.context.source)

    return answered


def on_record(command: Callable[..., Iterable[str]]) -> Callable[..., None]:
    """Hand a command the record, and print the lines it says of the file that it wrote."""

    @click.pass_obj
    @wraps(command)
    def said(settings: Settings, /, **given: Any) -> None:
        with reading(settings) as record:
            lines = tuple(command(record, **given))
        for line in lines:
            click.echo(line)

    return said


def show_answer(answer: Printed, as_json: bool, source: Source) -> None:
    """Print an answer for a reader, or for programs under the keys that the source's files have."""
    if as_json:
        from forecast.sources.wording import in_keys

        click.echo(json.dumps(in_keys(answer.value, answer.source or source), indent=2))
    for part in () if as_json else answer.parts:
        if isinstance(part, str):
            click.echo(part)
        else:
            console().print(part)
    if answer.code:
        raise click.exceptions.Exit(answer.code)


def labeled(facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each fact that there is, under its name."""
    for name, fact in facts.items():
        if fact not in (None, ""):
            yield f"{name.replace('_', ' '):<22}{without_controls(str(fact))}"


def notes(*sentences: str) -> list[RenderableType]:
    """Return the sentences that there are, each a paragraph that is pleasant to read."""
    from rich.constrain import Constrain

    return [Constrain(wrapped(sentence), NOTE_WIDTH) for sentence in sentences if sentence]


def wrapped(text: str, style: str = "") -> RenderableType:
    """Return a line that goes on in the next one where the terminal ends."""
    from rich.text import Text

    return Text(text, style=style)


def console(stderr: bool = False) -> Console:
    """Return a console as wide as COLUMNS says, or as our tables are where no terminal is.

    A str is text: names from files have brackets and colons in them, "Ward [closed]".
    """
    from rich.console import Console

    wide = max(120, shutil.get_terminal_size((120, 24)).columns)  # nothing is cut short in a pipe
    width = None if sys.stdout.isatty() else wide
    return Console(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)


@contextmanager
def progress(quiet: bool) -> Iterator[Report]:
    """Show a bar on a terminal, a line a step elsewhere, nothing where a program reads."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    if quiet or not sys.stderr.isatty():

        def say(step: str, done: int, total: int) -> None:
            if not quiet and done == total:
                click.echo(f"{step}: {total} done", err=True)

        yield say
        return
    tasks: dict[str, TaskID] = {}
    columns = (
        TextColumn("{task.description}", "progress.description", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:

        def report(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = progress.add_task(step, total=total)
            progress.update(tasks[step], completed=done)

        yield report
