"""The record at one moment, as the commands read it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from forecast import months
from forecast.desk import facts
from forecast.desk.sentences import ahead, trust
from forecast.errors import ConfigError, SeriesNameError
from forecast.sources.names import SeriesNames, names_with_sums
from forecast.sources.wording import Halves, small_words
from forecast.store import connect, queries, read, wakes
from forecast.store.read import RunRow
from forecast.types import SeriesKey
from forecast.words import NEXT_RUN, check_command, withdrawn_alone
from jobs.cli.options import Settings

if TYPE_CHECKING:
    from forecast.claims.truth import CountTable
    from forecast.context import Context


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
        from forecast.claims.truth import CountTable  # most commands judge no claim

        return CountTable.read(self.connection, source=self.source)

    @cached_property
    def claim_names(self) -> SeriesNames:
        """Return what claims may be about, by name: also sums that no series holds."""
        from forecast.claims.truth import series_names

        return series_names(self.table)

    def about(self, context: Context) -> OpenRecord:
        """Return the same record about one measure; ConfigError before the first run."""
        context.scope(self.connection)
        own = OpenRecord(self.connection, self.settings.about(context))
        _ = own.run, own.table  # read while the connection is about this measure
        return own

    def find(self, name: str) -> SeriesKey:
        """Return the series so named; SeriesNameError lists what it could be."""
        return self.names.find(name)

    def split(self, words: Sequence[str]) -> tuple[str, str]:
        """Return the series that the first words name, and the words behind it.

        `show el paso FY2027` needs no quotes: as many words as a series has are its name.
        """
        misses = []
        for end in range(len(words), 0, -1):
            name, rest = " ".join(words[:end]), " ".join(words[end:])
            if self.names.parts(name):  # southwest:citizenship is many
                return name, rest
            try:
                self.find(name)
            except SeriesNameError as error:
                misses.append(error)
            else:
                return name, rest
        # The longest that is like some series tells most; if none is, the first word alone.
        raise next((miss for miss in misses if miss.choices), misses[-1])

    def total(self, name: str, problem: str = "") -> str:
        """Return the total so named; SeriesNameError, with a problem, for a part."""
        totals = self.source.totals
        key = self.find(name)
        if not key.headline:
            raise SeriesNameError(name, problem or f"name one of the {totals.many}", totals.every)
        return key.total

    def refused(self, argument: str, problem: str) -> ConfigError:
        """Return the error of an argument that this record has no answer to."""
        return ConfigError(str(self.settings.db), argument, problem)

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
        return trust.old_words(self.run.data_through, self.source, months.today())

    def stale(self, key: SeriesKey) -> str:
        """Return a sentence if a part's newest figure is older than its total's, else ""."""
        key = self.names.sums.get(key, [key])[0]  # a sum is as old as its parts
        values = (key.dimension, key.member, key.total)
        (newest,) = queries.rows(self.connection, "newest_months", values)
        return trust.stale_words(newest["own"], newest["of_total"], source=self.source)

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
        forecast = {row["border"] for row in read.forecasts(self.connection, self.source.totals)}
        return {
            key.total: ahead.waiting_words(read.counts(self.connection, key), self.run.data_through)
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
