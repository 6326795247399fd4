"""The record at one moment, as commands read it; and the one place that prints what they answer."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console, Group, RenderableType
from rich.constrain import Constrain
from rich.table import Table
from rich.text import Text

from forecast import months
from forecast.desk import facts, terminal
from forecast.desk.sentences import ahead, trust
from forecast.errors import ConfigError
from forecast.names import SeriesNames, names_with_sums
from forecast.sources.source import Source
from forecast.sources.wording import Halves, in_keys, small_words
from forecast.store import connect, history, queries, read, wakes
from forecast.store.read import RunRow
from forecast.types import SeriesKey
from forecast.words import NEXT_RUN, check_command, withdrawn_alone, without_controls
from jobs import logs
from jobs.cli.options import Settings

if TYPE_CHECKING:
    from forecast.claims.record.counts import CountTable
    from forecast.context import Context
    from forecast.types import Report

NOTE_WIDTH = 80


class OpenRecord:
    """The record at one moment, about one measure, as the commands read it."""

    def __init__(self, connection: sqlite3.Connection, settings: Settings) -> None:
        self.connection, self.settings = connection, settings
        self.source = settings.context.source

    @cached_property
    def run(self) -> RunRow:
        """Return the last published run; ConfigError before the first."""
        latest = read.latest_run(self.connection)
        if latest is None:
            (withdrawn,) = queries.column(self.connection, "last_withdrawn")
            raise self.refused(
                "--db",
                f"{withdrawn_alone(withdrawn)}; {NEXT_RUN}"
                if withdrawn
                else "nothing is published yet; start with `bordercast run`",
            )
        return latest

    @cached_property
    def names(self) -> SeriesNames:
        """Return the series that are on record, by name, and sums like nationwide:Mexico."""
        return names_with_sums(read.series_keys(self.connection), self.source)

    def counts(self, key: SeriesKey) -> dict[str, int]:
        """Return a series' counts by month; of a sum, where all its parts may have one."""
        return read.summed(self.connection, self.names.sums.get(key, [key]))

    @cached_property
    def table(self) -> CountTable:
        """Return every count there was, for claims."""
        from forecast.claims.record.counts import CountTable  # most commands judge no claim

        return CountTable.read(self.connection, source=self.source)

    @cached_property
    def claim_names(self) -> SeriesNames:
        """Return what claims may be about, by name: also sums that no series holds."""
        from forecast.claims.record.counts import series_names

        return series_names(self.table)

    def about(self, context: Context) -> OpenRecord:
        """Return the same record about one measure; ConfigError before the first run."""
        context.scope(self.connection)
        own = OpenRecord(self.connection, self.settings.about(context))
        _ = own.run, own.table  # read while the connection is about this measure
        return own

    def refused(self, argument: str, problem: str) -> ConfigError:
        """Return the error of an argument that this record has no answer to."""
        # An option of the program is about the file; what is asked of its content is not.
        file = str(self.settings.db) if argument == "--db" else ""
        return ConfigError(file, argument, problem)

    @property
    def stamp(self) -> dict[str, Any]:
        """Return the run that an answer rests on, for programs."""
        return {"run": self.run.id, "digest": self.run.digest}

    @property
    def origin(self) -> dict[str, str]:
        """Return the same, as a file keeps it."""
        check = check_command(self.run.id, self.run.digest)
        return {"run": str(self.run.id), "digest": self.run.digest, "check": check}

    @property
    def quoted(self) -> str:
        """Return the same in words, and how to check that the record still says so."""
        run, _, check = self.origin.values()
        return f"run {run}, digest {self.run.digest}\nTo check it: {check}"

    @property
    def old(self) -> str:
        """Return a sentence if the next figures are overdue, else ""."""
        newest = history.newest_month(self.connection, self.run.data_through)
        return trust.old_words(newest, self.source, months.today())

    def stale(self, key: SeriesKey) -> str:
        """Return a sentence if a part's newest figure is older than its total's, else ""."""
        key = self.names.sums.get(key, [key])[0]  # a sum is as old as its parts
        values = (key.dimension, key.member, key.total)
        (newest,) = queries.rows(self.connection, "newest_months", values)
        return trust.stale_words(newest["own"], newest["of_total"], self.source, key)

    def small(self, key: SeriesKey) -> str:
        """Return a sentence if a series is so small that little decides it, else ""."""
        return small_words(self.counts(key), self.source)

    def halves(self) -> dict[str, Halves | None]:
        """Return what came at and between ports, of each total's newest month; None if not known.

        Empty where counts have no halves.
        """
        every = self.source.totals.every if self.source.hierarchy.both_halves else ()
        return {total: facts.newest(self.connection, total, self.source).halves for total in every}

    def waiting(self) -> dict[str, str]:
        """Say which totals the last run has no forecast of, and the figures that bring one."""
        forecast = {row.total for row in read.forecasts(self.connection, self.source.totals)}
        return {
            key.total: ahead.unforecast(
                key, read.counts(self.connection, key), self.run.data_through, self.source
            )
            for key in read.series_keys(self.connection)
            if key.headline and key.total not in forecast
        }


@contextmanager
def reading(settings: Settings) -> Iterator[OpenRecord]:
    """Open the record as it stands at one moment; VerifyError if what it holds was edited."""
    # Looked at once a command: digests of an unchanged file say the same again.
    settings.sound = wakes.require_intact(settings.db, settings.sound)
    with connect.moment(settings.db) as connection:
        settings.context.scope(connection)
        yield OpenRecord(connection, settings)


# -- answers --------------------------------------------------------------------------------------


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
                needed = (screen.measure(table, options=wide).maximum for table in _tables(part))
                screen.width = max(screen.width, *needed, 0)
            # Lines are filled up with blanks to the right, which nobody wants to paste.
            with screen.capture() as drawn:
                screen.print(part)
            click.echo("\n".join(line.rstrip() for line in drawn.get().split("\n")), nl=False)
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

        yield logs.steps(report)
