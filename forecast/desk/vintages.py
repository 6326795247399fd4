"""What was known on a day, and how good forecasts were by the figures of then."""

import math
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import groupby
from statistics import fmean

from forecast import months
from forecast.engine import ENGINE, PROVISIONAL
from forecast.periods import Calendar, Period
from forecast.sources.source import Source
from forecast.store.queries import grouped, rows
from forecast.types import Row, SeriesKey
from forecast.words import many


def by_figures_then(
    connection: sqlite3.Connection, source: Source, total: str | None = None
) -> Iterator[str]:
    """Yield how good forecasts were by the figures of then, and with figures of the day.

    Mean errors one month ahead, in logs of counts, over months whose first value is on record: of
    the engine and of the month before as it stood, against the first value and today's. Then of
    months with a preliminary figure, by day before publication. total : of this one alone.
    """

    def of_totals(query: str, **models: str) -> Iterator[tuple[str, list[Row]]]:
        by_total = grouped(rows(connection, query, models), "border")
        asked = (of for of in source.totals.every if of in by_total and total in (None, of))
        return ((source.totals.name(of), by_total[of]) for of in asked)

    for name, every in of_totals("errors_then", model=ENGINE):
        if of := [row for row in every if None not in (row["last"], row["last_now"])]:
            yield (
                f"{name}, the {many(len(of), 'month')} whose first value is on record, "
                f"one month ahead: mean error of logs {_off(of, 'median', 'first')} against what "
                f"was published first (no change: {_off(of, 'last', 'first')}), "
                f"{_off(of, 'median', 'now')} ({_off(of, 'last_now', 'now')}) against today's "
                "figures."
            )
    for name, every in of_totals("errors_early", given=PROVISIONAL, model=ENGINE):
        days = [
            f"{many(day, 'day')} before {_off(of, 'given', 'first')} "
            f"(without: {_off(of, 'without', 'first')}; n {len(of)})"
            for day, of in grouped(every, "days").items()
        ]
        yield (
            f"{name}, with a preliminary figure, mean error of logs by day before publication: "
            f"{', '.join(days)}."
        )


def _off(of: Sequence[Row], column: str, came: str) -> str:
    return f"{fmean(abs(math.log(max(row[column], 1) / row[came])) for row in of):.3f}"


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
