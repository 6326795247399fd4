"""How good totals are once the Border Patrol's figure is known: `python -m benchmarks.provisional`.

Each month is forecast from the counts up to the month before; then the agency's count of the month
is given as a figure of the day, exact or 10% too high, and the other agency keeps its forecast.
Counts are those embedded, as now current. By day before publication the error is that of the
forecast until the figure is there, on day FIGURE of the next month, and from then on that with it;
a month counts from its own day of publication, where that is on record, else from day FILE.
"""

from __future__ import annotations

import math
import sqlite3
import sys
from collections import defaultdict
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from forecast import months
from forecast.config import load
from forecast.engine import ENGINE, PROVISIONAL
from forecast.sources import catalog
from forecast.store import connect, inputs
from forecast.types import Counts, Forecast, Provisional, SeriesKey
from jobs.publish import compute

SOURCE = catalog.find("cbp_encounters")
PATROL, PORTS = SOURCE.hierarchy.components
FIRST, LAST = "2025-06", "2026-08"
FIGURE, FILE = 7, 25  # days of the next month
DAYS = (30, 20, 18, 15, 12, 9, 6, 3, 1)  # before publication
TOTALS = ("southwest", "northern", "nationwide")


def half(total: str, agency: str = PATROL) -> SeriesKey:
    """Name an agency's count of a total."""
    return SeriesKey(total, "component", agency, agency)


def counted(counts: Counts, key: SeriesKey, month: str) -> int:
    """Return a count; of the whole's half the sum of the totals'."""
    if key in counts:
        return counts[key][month]
    return sum(counts[key._replace(total=part)][month] for part in SOURCE.totals.parts)


def published_after(connection: sqlite3.Connection) -> dict[tuple[str, str], int]:
    """Return (total, month) -> on which day of the next month it was first published, if known."""
    query = (
        "select border, month, cast(julianday(min(known_from)) "
        "- julianday(date(month || '-01', '+1 month')) as integer) + 1 from series_vintages "
        "where dimension = '' and previous is null and vintage = 'day' group by border, month"
    )
    return {(total, month): day for total, month, day in connection.execute(query)}


def forecasts(counts: Counts, month: str, wrong: float) -> dict[tuple[str, str], Forecast]:
    """Return (total, model) -> what is said of a month, its figures being off by this factor."""
    before = {
        key: {at: n for at, n in by_month.items() if at < month}
        for key, by_month in counts.items()
        if key.dimension in ("", "component")
    }
    figures = [
        Provisional(
            *(half(total), month, round(wrong * counted(counts, half(total), month)), 1, 0),
            *("", "", "figure"),
        )
        for total in TOTALS
    ]
    config = load(None)
    config = config.model_copy(
        update={"forecast": config.forecast.model_copy(update={"models": ()})}
    )
    # Nothing is judged: no month is first published here.
    record = inputs.Inputs(counts=before, provisional=figures, first={key: {} for key in before})
    now = datetime.combine(months.days_after(month, 7), datetime.min.time(), UTC)
    made = compute(record, config, SOURCE, now)
    return {
        (row.series.total, row.model): row
        for row in made.forecasts
        if row.series.headline and row.first_month == row.last_month == month and not row.span
    }


def main(path: Path) -> None:
    """Print log errors and how often the 80% interval held, by total."""
    with closing(sqlite3.connect(path)) as _, connect.moment(path) as connection:
        counts = inputs.releases.current_counts(connection)
        published = published_after(connection)
    errors: dict[tuple[str, str], list[float]] = defaultdict(list)
    by_day: dict[tuple[str, int], list[float]] = defaultdict(list)
    held: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for month in months.between(FIRST, LAST):
        said = {wrong: forecasts(counts, month, wrong) for wrong in (1.0, 1.1)}
        before = months.shift(month, -1)
        for total in TOTALS:
            came = counts[SeriesKey(total)][month]
            last = counts[SeriesKey(total)][before]
            known, was = (counted(counts, half(total), at) for at in (month, before))
            ports = counted(counts, half(total, PORTS), before)
            told = {
                "last value": last,
                "figure x last ratio": known * last / was,
                "figure + last port count": known + ports,
            }
            for wrong, rows in said.items():
                for model in (ENGINE, PROVISIONAL):
                    name = model if wrong == 1 else f"{model}, figure 10% too high"
                    row = rows[total, model]
                    told[name] = row.median
                    held[total, name].append(row.lo80 <= came <= row.hi80)
            for name, value in told.items():
                errors[total, name].append(abs(math.log(value / came)))
            for day in DAYS:
                told_then = published.get((total, month), FILE) - day >= FIGURE
                by_day[total, day].append(errors[total, PROVISIONAL if told_then else ENGINE][-1])
    for (total, name), of in errors.items():
        cover = held.get((total, name), [])
        inside = f"{sum(cover)} of {len(cover)} in 80%" if cover else ""
        sys.stdout.write(f"{total:11} {name:40} {sum(of) / len(of):.4f}  n {len(of)}  {inside}\n")
    for total in TOTALS:
        said = ", ".join(
            f"{day}: {sum(by_day[total, day]) / len(by_day[total, day]):.4f}" for day in DAYS
        )
        sys.stdout.write(f"{total:11} by day before publication  {said}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
