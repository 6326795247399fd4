"""What was known on a day, and how good forecasts were by the figures of then."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecast import months
from forecast.engine import ENGINE
from forecast.sources.source import Source
from forecast.store.queries import rows
from forecast.types import Row, SeriesKey
from forecast.words import many

if TYPE_CHECKING:
    import sqlite3


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
    by_total: dict[str, list[list[float]]] = {}
    for row in rows(connection, "errors_then", {"model": ENGINE}):
        if None not in (row["last"], row["last_now"]) and min(row["first"], row["now"]) > 0:
            first, now = math.log(row["first"]), math.log(row["now"])
            values = (row["median"], row["last"], row["median"], row["last_now"])
            errors = [
                abs(math.log(max(value, 1)) - came)
                for value, came in zip(values, (first, first, now, now), strict=True)
            ]
            by_total.setdefault(row["border"], []).append(errors)
    return [
        KnownThen(total, len(of), *(sum(error) / len(of) for error in zip(*of, strict=True)))
        for total in source.totals.every
        if (of := by_total.get(total))
    ]


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
    first = [month for month, followed in sorted(by_month.items()) if followed]
    if not first:
        return ""
    spans: list[list[str]] = []
    for month in first:
        if spans and months.shift(spans[-1][1], 1) == month:
            spans[-1][1] = month
        else:
            spans.append([month, month])
    ranges = ", ".join(a if a == b else f"{a} to {b}" for a, b in spans)
    of = len(by_month)
    who = source.publisher.short or "its publisher"
    return (
        f"What {who} published first is on record of {len(first)} of {of} months: {ranges}. Of the "
        "others the earliest value on record may not be the first."
    )
