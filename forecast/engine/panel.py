"""Counts -> the panel the models see."""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

import numpy as np

from forecast import months
from forecast.engine import parameters as par
from forecast.errors import DataError
from forecast.tree import Traits, Tree
from forecast.types import Break, Counts, SeriesKey
from models.base import MOST_MISSING, Panel


def nationwide_rows(keys: Sequence[SeriesKey], tree: Tree) -> dict[int, tuple[int, ...]]:
    """Name the rows that add up to each series of the whole, where all of them are there."""
    row_of = {key: row for row, key in enumerate(keys)}
    parts = {row: tree.addends(row_of, key) for key, row in row_of.items()}
    return {row: tuple(row_of[part] for part in of) for row, of in parts.items() if of}


def panel(
    counts: Counts,
    source: Traits,
    family: Mapping[SeriesKey, str] | None = None,
) -> Panel:
    """Series side by side, each aligned at its own last month; rows in the order of `counts`.

    counts : counts >= 0 of the months that are known. A month between two of them that is
        not there is NaN; of a series with more than MOST_MISSING in a row, only the months
        after them are taken.
    source : whether the series are calm, known to jump, or follow the policy dates.
    family : family of a series; its dimension where none is given ("" for the totals). DataError if
    there is no series, or one without months.
    """
    empty = [str(key) for key, by_month in counts.items() if not by_month]
    if empty or not counts:
        raise DataError(f"no months to forecast from: {', '.join(empty) or 'no series given'}")
    # After a gap of years a series is another one: only what follows is taken.
    spans = {key: _span(by_month) for key, by_month in counts.items()}
    width = max(map(len, spans.values()))
    last = [months.to_index(span[-1]) for span in spans.values()]
    z = np.full((len(spans), width), np.nan)
    for row, (key, span) in enumerate(spans.items()):
        z[row, width - len(span) :] = np.log1p([counts[key].get(m, np.nan) for m in span])
    return Panel(
        z=z,
        last=np.array(last, dtype=np.int64),
        family=np.array([(family or {}).get(key, key.dimension) for key in counts], dtype=np.str_),
        names=tuple(map(str, counts)),
        events=tuple(
            break_columns(key.total, end, width, source.breaks)
            for key, end in zip(counts, last, strict=True)
        ),
        calm=source.calm,
        jumps=source.jumps,
    )


def month_of(panel: Panel, series: int, column: int) -> str:
    """The calendar month of a column of the panel for one series."""
    return months.from_index(int(panel.last[series]) - (panel.z.shape[1] - 1 - column))


def break_columns(
    total: str, last: int, width: int, breaks: Sequence[Break]
) -> tuple[tuple[int, int], ...]:
    """Return where the known breaks of a total fall in a panel.

    total : only its breaks count.
    last : running number of the month in the last column.
    width : number of columns.

    Returns (column of the month it falls in, column of the month in which it was known) per break.
    Those before the first column are left out; columns after the last one are possible.
    """
    # A break before the first month cannot be seen in the counts.
    first = last - width + 1
    places = [
        (months.to_index(event.date[:7]) - first, months.to_index(event.known_on[:7]) - first)
        for event in breaks
        if total in event.totals
    ]
    return tuple((column, max(known, 0)) for column, known in places if column >= 0)


def _span(by_month: Mapping[str, int]) -> list[str]:
    """Every month from the first after the last long gap to the last."""
    known = sorted(map(months.to_index, by_month))
    first = known[0]
    for before, after in pairwise(known):
        if after - before > MOST_MISSING + 1:
            first = after
    return months.between(months.from_index(first), months.from_index(known[-1]))


def first_forecast(known: Collection[str], through: str, *, jumps: bool) -> str:
    """The month whose figures give a series its first forecast; "" if it has one already.

    known : its counted months. through : the last month that others are known of; each month
        after both is taken to be counted. jumps : whether such counts are known to jump; others are
        forecast younger.
    """
    numbers = sorted(map(months.to_index, known))
    if _enough(numbers, jumps):
        return ""
    # A series behind the others is expected to catch up before it goes on.
    month = max(numbers[-1], months.to_index(through))
    while not _enough(numbers, jumps):
        month += 1
        numbers.append(month)
    return months.from_index(month)


def _enough(numbers: list[int], jumps: bool) -> bool:
    """Whether these months, ascending, tell the scale of a forecast; see `intervals.sigma_of`."""
    pairs = list(pairwise(numbers))
    after_gaps = [later for sooner, later in pairs if later - sooner > MOST_MISSING + 1]
    start = max([numbers[0], *after_gaps])
    errors = [
        later for sooner, later in pairs if later == sooner + 1 and later - start >= par.FIRST_ERROR
    ]
    young = not jumps and sum(number >= start for number in numbers) >= par.FIRST_YOUNG
    return young or len(errors) >= par.LEAST_ERRORS
