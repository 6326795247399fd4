"""What was known on a day, and how good forecasts were by the figures of then."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter, itemgetter
from statistics import fmean
from typing import TYPE_CHECKING

from forecast import months
from forecast.engine import ENGINE, PROVISIONAL
from forecast.periods import Calendar, Period
from forecast.sources.source import Source
from forecast.store.queries import rows
from forecast.types import Row, SeriesKey
from forecast.words import many

if TYPE_CHECKING:
    import sqlite3


ERRORS = ("ours", "last", "ours_now", "last_now")


@dataclass(frozen=True, slots=True)
class KnownThen:
    """Mean errors one month ahead over months whose first value is on record, in logs of counts.

    ours, last : of the engine and of the month before, against the first value, the last value as
    it stood that day. ours_now, last_now : both, in today's figures.
    """

    total: str
    n: int
    ours: float
    last: float
    ours_now: float
    last_now: float

    def sentence(self, source: Source) -> str:
        """Say it with its n."""
        name = source.totals.name(self.total)
        return (
            f"{name}, the {many(self.n, 'month')} whose first value is on record, "
            f"one month ahead: mean error of logs {self.ours:.3f} against what was published first "
            f"(no change: {self.last:.3f}), {self.ours_now:.3f} ({self.last_now:.3f}) against "
            "today's figures."
        )


def known_then(connection: sqlite3.Connection, source: Source) -> list[KnownThen]:
    """Return each total's errors in the figures of then and of today, of the same months."""
    by_total: dict[str, list[KnownThen]] = {}
    for row in rows(connection, "errors_then", {"model": ENGINE}):
        if None not in (row["last"], row["last_now"]) and min(row["first"], row["now"]) > 0:
            off = KnownThen(
                row["border"],
                n=1,
                ours=_error(row["median"], row["first"]),
                last=_error(row["last"], row["first"]),
                ours_now=_error(row["median"], row["now"]),
                last_now=_error(row["last_now"], row["now"]),
            )
            by_total.setdefault(off.total, []).append(off)
    return [
        KnownThen(total, len(of), **{name: fmean(map(attrgetter(name), of)) for name in ERRORS})
        for total in source.totals.every
        if (of := by_total.get(total))
    ]


def by_figures_then(
    connection: sqlite3.Connection, source: Source, total: str | None = None
) -> Iterator[str]:
    """Yield how good forecasts were by the figures of then, and with figures of the day.

    total : of this one alone.
    """
    for then in known_then(connection, source):
        if total in (None, then.total):
            yield then.sentence(source)
    rows_early = rows(connection, "errors_early", {"given": PROVISIONAL, "model": ENGINE})
    for name, of_total in groupby(rows_early, itemgetter("border")):
        days = [
            f"{many(day, 'day')} before {_off(of, 'given')} (without: {_off(of, 'without')}; "
            f"n {len(of)})"
            for day, of in ((day, list(of)) for day, of in groupby(of_total, itemgetter("days")))
        ]
        if total in (None, name):
            yield (
                f"{source.totals.name(name)}, with a preliminary figure, mean error of logs by "
                f"day before publication: {', '.join(days)}."
            )


def _off(of: Sequence[Row], which: str) -> str:
    return f"{fmean(_error(row[which], max(row['first'], 1)) for row in of):.3f}"


def _error(said: int, came: int) -> float:
    return abs(math.log(max(said, 1) / came))


def history(connection: sqlite3.Connection, key: SeriesKey, month: str) -> list[Row]:
    """Return every value that a series' month has had, the oldest first."""
    return rows(connection, "part_values", (*key[:3], month))


def as_of(values: list[Row], day: str) -> Row | None:
    """Return the value that stood at the end of a day, None where none was known."""
    known = [row for row in values if row["known_from"] <= day]
    return known[-1] if known else None


def first_known(by_month: dict[str, bool], source: Source) -> str:
    """Say of how many months the first value is on record, and of which; "" where of none.

    by_month : whether it is, of each month.
    """
    first = [months.to_index(month) for month, followed in sorted(by_month.items()) if followed]
    if not first:
        return ""
    runs = (list(run) for _, run in groupby(enumerate(first), lambda at: at[1] - at[0]))
    ranges = ", ".join(Calendar().words(Period(run[0][1], run[-1][1])) for run in runs)
    of = len(by_month)
    who = source.publisher.short or "its publisher"
    return (
        f"What {who} published first is on record of {len(first)} of {of} months: {ranges}. Of the "
        "others the earliest value on record may not be the first."
    )
