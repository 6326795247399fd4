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

from collections.abc import Mapping, Sequence

import numpy as np

from forecast import months
from forecast.engine import ENGINE
from forecast.engine.forecast import Headline, refit_on_vintages
from forecast.engine.predictive import PanelHindcasts, Predictive
from forecast.tree import Traits, Tree
from forecast.types import Counts, Forecast, ForecastPath, Row, SeriesKey, whole

Medians = Mapping[SeriesKey, Mapping[str, int]]  # series -> month -> whole median


def changes(stages: Sequence[Medians]) -> list[Row]:
    """Every total's months that all six stages speak of, see the module."""
    before, version, revisions, season, surprise, after = stages
    return [
        {
            "series": key,
            "month": month,
            "before": (first := before[key][month]),
            "method": version[key][month] - first + after[key][month] - surprise[key][month],
            "revisions": revisions[key][month] - version[key][month],
            "season": season[key][month] - revisions[key][month],
            "surprise": surprise[key][month] - season[key][month],
            "after": after[key][month],
        }
        for key in after
        if all(key in stage for stage in stages)
        for month in sorted(set.intersection(*(set(stage[key]) for stage in stages)))
    ]


def summed(medians: Medians, tree: Tree) -> dict[SeriesKey, dict[str, int]]:
    """The same with nationwide as the sum of the totals, as it is published."""
    out = {key: dict(by_month) for key, by_month in medians.items()}
    parts = [out[key] for key in tree.addends(out)]
    together = out.get(tree.whole, {}) if tree.whole and parts else {}
    for month in together:
        if all(month in by_month for by_month in parts):
            together[month] = sum(by_month[month] for by_month in parts)
    return out


_THEN, _AS_FORECAST, _CAME = "then", "as forecast", "as they came"


def changed(
    before: tuple[Counts, Counts] | None,
    head: Headline,
    predictive: Predictive,
    rows: Sequence[Forecast],
    source: Traits,
) -> list[Row]:
    """Every total's forecasts that the last run and this one both made; none on a first run.

    before : medians that the last run published of totals, and the counts that it rested on.
    predictive : the engine's word on today's figures at every column.
    rows : what this run publishes.
    """
    together = len(set(head.panel.last.tolist())) == 1
    if before is None or not together or (source.totals.whole and not head.totals):
        return []
    after: dict[SeriesKey, dict[str, int]] = {key: {} for key in head.keys}
    for row in rows:
        if row.series in after and row.model == ENGINE:
            after[row.series][row.month] = row.median
    return moved(head, predictive, before[1], before[0], after, source)


def _as_forecast(
    now: Counts, restated: Mapping[SeriesKey, ForecastPath], last: str
) -> dict[SeriesKey, Mapping[str, int]]:
    """Return the figures of then, and every month since as it had been forecast."""
    as_forecast: dict[SeriesKey, Mapping[str, int]] = {}
    for key, by_month in now.items():
        since = months.between(months.shift(restated[key].cutoff, 1), last)
        ahead = {month: restated[key].expected(month).median for month in since}
        as_forecast[key] = {**by_month, **ahead}
    return as_forecast


def moved(
    head: Headline,
    predictive: Predictive,
    old: Counts,
    before: Medians,
    after: Medians,
    source: Traits,
) -> list[Row]:
    """The same from the figures the run before rested on, and what both runs published.

    None where the totals did not all end in one month then: there is no one old forecast.
    """
    ends = {max(by_month) for by_month in old.values()}
    # Another set of totals has no change, and totals that ended apart no one old forecast.
    if set(old) != set(head.keys) or len(ends) > 1:
        return []
    cutoff, last = ends.pop(), months.from_index(int(head.panel.last[0]))
    hindsight = PanelHindcasts(head.keys, head.panel, predictive)
    outlooks = {key: hindsight.outlook(row, cutoff) for row, key in enumerate(head.keys)}
    restated = {key: outlook for key, outlook in outlooks.items() if outlook is not None}
    if len(restated) < len(outlooks):
        return []  # too early for a forecast
    horizon = predictive.centre.shape[2]
    if months.shift(cutoff, horizon) < last:
        return []  # so long ago that nothing forecast then is still ahead
    now = _until(head, cutoff)
    # Only where a figure was restated: else the engine's word on today's is that on then's.
    again = refit_on_vintages([(_THEN, old)] if old != now else [], horizon, source)
    new = months.distance(cutoff, last)
    if new:
        figures = (_AS_FORECAST, _as_forecast(now, restated, last)), (_CAME, _until(head, last))
        again |= refit_on_vintages(figures, horizon, source, weighed_before=new)
    then, passed, came = (
        {key: again.get((key, name), restated[key]) for key in now}
        for name in (_THEN, _AS_FORECAST, _CAME)
    )
    # In this order what is new is told last: figures first, then time, then news.
    stages = [_medians(then, cutoff), _medians(restated, cutoff)]
    stages += [_medians(passed, last), _medians(came, last)]
    return changes([before, *(summed(stage, source.tree) for stage in stages), after])


def _until(head: Headline, cutoff: str) -> dict[SeriesKey, dict[str, int]]:
    """The totals' counts up to a month, as they stand today."""
    until: dict[SeriesKey, dict[str, int]] = {key: {} for key in head.keys}
    for row, column in np.argwhere(np.isfinite(head.panel.z)).tolist():
        month = months.from_index(int(head.panel.last[row]) - head.last + column)
        if month <= cutoff:
            until[head.keys[row]][month] = round(float(np.expm1(head.panel.z[row, column])))
    return until


def _medians(outlooks: Mapping[SeriesKey, ForecastPath], cutoff: str) -> Medians:
    return {
        key: {months.shift(cutoff, n): whole(z) for n, z in enumerate(of.centre, start=1)}
        for key, of in outlooks.items()
    }
