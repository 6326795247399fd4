"""What a command answers, and the one place that prints it: lines and tables, or JSON."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console, Group, RenderableType
from rich.constrain import Constrain
from rich.table import Table
from rich.text import Text

from forecast.desk import terminal
from forecast.sources.source import Source
from forecast.sources.wording import in_keys
from forecast.words import without_controls
from jobs.cli.opened import reading
from jobs.cli.options import Settings

if TYPE_CHECKING:
    from forecast.types import Report

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


def run(
    work: Callable[..., Any], settings: Settings, record: bool, as_json: bool = False, **given: Any
) -> None:
    """Hand a command the record, or the settings; print its answer, and exit with its code.

    An answer without a value for programs may be lines alone, also made one after the other.
    """
    with reading(settings) if record else nullcontext(settings) as first:
        answer = work(first, **given)
        if not isinstance(answer, Printed):
            answer = Printed(None, [answer] if isinstance(answer, str) else answer or ())
        as_json = as_json and answer.value is not None
        # What is made while the record is open is whole; lines of work under way come one by one.
        if record:  # a reader who pages must not keep the record's moment open
            answer = replace(answer, parts=() if as_json else tuple(answer.parts))
    show_answer(answer, as_json, settings.context.source)


def show_answer(answer: Printed, as_json: bool, source: Source) -> None:
    """Print an answer for a reader, or for programs under the keys that the source's files have."""
    if as_json:
        # The record says "border" and "encounters" of whatever is counted; programs get its words.
        click.echo(json.dumps(in_keys(answer.value, answer.source or source), indent=2))
    for part in () if as_json else answer.parts:
        if isinstance(part, str):
            click.echo(part)
        else:
            screen = console()
            if not screen.is_terminal:  # no table is cut short in a pipe, however narrow
                wide = screen.options.update(max_width=1000)
                needed = (screen.measure(one, options=wide).maximum for one in _tables(part))
                screen.width = max(screen.width, *needed, 0)
            screen.print(part)
    if answer.code:
        raise click.exceptions.Exit(answer.code)


def _tables(part: RenderableType) -> Iterator[Table]:
    if isinstance(part, Table):
        yield part
    for inner in part.renderables if isinstance(part, Group) else ():
        yield from _tables(inner)


def labeled(facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each fact that there is, under its name."""
    for name, fact in facts.items():
        if fact not in (None, ""):
            yield f"{name.replace('_', ' '):<22}{without_controls(str(fact))}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Return rows of text under their heads."""
    return terminal.plain_table(*heads, rows=rows)


def notes(*sentences: str) -> list[RenderableType]:
    """Return the sentences that there are, each a paragraph that is pleasant to read."""
    return [Constrain(wrapped(sentence), NOTE_WIDTH) for sentence in sentences if sentence]


def wrapped(text: str, style: str = "") -> RenderableType:
    """Return a line that goes on in the next one where the terminal ends."""
    return Text(text, style=style)


def console(stderr: bool = False) -> Console:
    """Return a console as wide as COLUMNS says, or as our tables are where no terminal is.

    A str is text: names from files have brackets and colons in them, "Ward [closed]".
    """
    width = None if sys.stdout.isatty() else shutil.get_terminal_size((120, 24)).columns
    return Console(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)


@contextmanager
def progress() -> Iterator[Report]:
    """Show on a terminal each step, how much of it is done, and the time left; else nothing."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    tasks: dict[str, Any] = {}
    step = TextColumn("{task.description}", "progress.description", markup=False)
    columns = (step, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # Beside the answer, and gone after it, so that a pipe or a file gets the answer alone.
    screen = console(stderr=True)
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:

        def report(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=total)
            bar.update(tasks[step], completed=done)

        yield report
