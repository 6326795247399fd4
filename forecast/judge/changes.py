"""Why a forecast moved: the old number, four steps, the new number; nothing is left over.

    before      as the run before published it
    version     the same figures under today's engine and settings
    revisions   the months of then as they stand now
    season      the new months as if they had come as forecast: only time has passed
    surprise    as they came, models weighed as before
    after       models weighed anew by what came; this is what is published now

Each step is the difference of two whole medians, so the steps add up to the change exactly. What
a new version and new weights change is one step, `method`: neither is news about the total.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from forecast.types import Change, SeriesKey

if TYPE_CHECKING:
    from forecast.types import Totals

Medians = Mapping[SeriesKey, Mapping[str, int]]  # series -> month -> whole median


def changes(stages: Sequence[Medians]) -> list[Change]:
    """Every total's months that all six stages speak of, see the module."""
    before, version, revisions, season, surprise, after = stages
    return [
        Change(
            series=key,
            month=month,
            before=before[key][month],
            method=version[key][month]
            - before[key][month]
            + (after[key][month] - surprise[key][month]),
            revisions=revisions[key][month] - version[key][month],
            season=season[key][month] - revisions[key][month],
            surprise=surprise[key][month] - season[key][month],
            after=after[key][month],
        )
        for key in after
        if all(key in stage for stage in stages)
        for month in sorted(set.intersection(*(set(stage[key]) for stage in stages)))
    ]


def summed(medians: Medians, totals: Totals) -> dict[SeriesKey, dict[str, int]]:
    """The same with nationwide as the sum of the totals, as it is published."""
    out = {key: dict(by_month) for key, by_month in medians.items()}
    parts = [by_month for key, by_month in out.items() if key.total != totals.whole]
    nationwide = SeriesKey(totals.whole)
    if nationwide in out and len(parts) == len(totals.parts):
        for month in out[nationwide]:
            if all(month in by_month for by_month in parts):
                out[nationwide][month] = sum(by_month[month] for by_month in parts)
    return out
