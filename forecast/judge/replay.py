"""The service as it would have been: every month judged by what could be said before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast import months
from forecast.engine.predictive import OLDER, PanelHindcasts
from forecast.judge.series import JudgedMonth, MonthCase, Published, State, judge_months, typical
from forecast.judge.surprise import FlagRules
from forecast.sources.source import Break
from forecast.types import Flag, SeriesKey

AFTER_BREAK = 3  # months after a known break that are not quiet

Mask = NDArray[np.bool_]
FirstCounts = Mapping[str, tuple[int, int]]  # month -> count as first published, release id


@dataclass(frozen=True, slots=True)
class Replayed:
    """One series: what came of each month, ascending."""

    series: SeriesKey
    months: tuple[JudgedMonth, ...]

    @property
    def flags(self) -> list[Flag]:
        """Its flags, those worth only watching left out."""
        every = (flag for judged in self.months for flag in judged.flags)
        return [flag for flag in every if flag.severity != "watch"]


def replay(
    hindsight: PanelHindcasts,
    first: Mapping[SeriesKey, FirstCounts],
    rules: FlagRules,
    rows: Sequence[int] | None = None,
    since: str = "",
) -> list[Replayed]:
    """Every month of these series, with nothing known that was not known then.

    Parameters
    ----------
    first : per series the counts as first published.
    rows : of the panel, all if None. since : the first month that is judged.
    """
    replayed = []
    for row in range(len(hindsight.keys)) if rows is None else rows:
        key = hindsight.keys[row]
        looks = looks_back(hindsight, row, first[key], since)
        judged = tuple(judged for _, judged in judge_months(looks, rules, State()))
        replayed.append(Replayed(key, judged))
    return replayed


def looks_back(
    hindsight: PanelHindcasts, row: int, first: FirstCounts, since: str = ""
) -> list[MonthCase]:
    """The months of one series with the hindcasts that would have stood before them."""
    counts = {month: count for month, (count, _) in first.items()}
    return [
        MonthCase(
            published=Published(
                hindsight.keys[row], month, *first[month], typical(counts, months.shift(month, -1))
            ),
            outlook=hindsight.reaching(row, month),
            older=hindsight.expected(row, month, OLDER),
        )
        for month in sorted(first)
        if month >= since
    ]


def quiet(totals: Sequence[str], months_shown: Sequence[str], breaks: Sequence[Break]) -> Mask:
    """(series, months) False from a known break of the total to three months after it."""
    days = {
        total: [months.to_index(each.date[:7]) for each in breaks if total in each.totals]
        for total in set(totals)
    }
    at = np.array([months.to_index(month) for month in months_shown])
    rows = [
        np.all([(at < day) | (at > day + AFTER_BREAK) for day in days[total]], axis=0)
        if days[total]
        else np.ones(len(at), dtype=bool)
        for total in totals
    ]
    return np.stack(rows)
