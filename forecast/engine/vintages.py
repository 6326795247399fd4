"""The headline's hindcasts from the figures as they were known at each cutoff."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from forecast.engine.forecast import Headline
from forecast.engine.panel import month_of, nationwide_rows, panel
from forecast.engine.predictive import PanelHindcasts, Predictive, outlook_of
from forecast.engine.refit import engine_forecasts
from forecast.store import inputs
from forecast.types import Counts, ForecastPath, SeriesKey
from models.base import stack

if TYPE_CHECKING:
    from forecast.sources.source import Source

CountsAsOf = Mapping[SeriesKey, Mapping[str, Sequence[inputs.Stood]]]


def vintage_hindcasts(
    vintages: Iterable[inputs.Stood], head: Headline, predictive: Predictive, source: Source
) -> PanelHindcasts:
    """What the engine would have said of the totals at each cutoff.

    The figures of today stand in for those of a cutoff wherever they are the same; where a month
    has been revised since, the engine is asked again on what stood then. said : the engine's word
    on today's figures at every column.
    """
    values: dict[SeriesKey, dict[str, list[inputs.Stood]]] = defaultdict(lambda: defaultdict(list))
    for value in vintages:
        values[value.series][value.month].append(value)
    revised = refit_on_vintages(
        list(_earlier_figures(head, values)), predictive.centre.shape[2], source
    )
    return PanelHindcasts(head.keys, head.panel, predictive, revised)


def _earlier_figures(head: Headline, values: CountsAsOf) -> Iterator[tuple[str, Counts]]:
    """Cutoffs at which another figure stood than today's, and all the figures of then."""
    if len(set(head.panel.last.tolist())) > 1:
        return  # totals that end in different months are not judged side by side
    # Most months are never restated: those before the first that was need no second look.
    restated = min(
        (month for by in values.values() for month, value in by.items() if len(value) > 1),
        default="9999-12",
    )
    for column in range(head.last):
        cutoff = month_of(head.panel, 0, column)
        if cutoff < restated or any(cutoff not in values[key] for key in head.keys):
            continue  # before the first restated month nothing stood that does not stand today
        day = max(values[key][cutoff][0].known_from for key in head.keys)
        then = {key: _as_of(values[key], cutoff, day) for key in head.keys}
        now = {key: _as_of(values[key], cutoff, "9999") for key in head.keys}
        if then != now:
            yield cutoff, then


def _as_of(by_month: Mapping[str, Sequence[inputs.Stood]], cutoff: str, day: str) -> dict[str, int]:
    """One total's months up to the cutoff as they stood on a day, or at first after it."""
    return {
        month: next((s.value for s in reversed(value) if s.known_from <= day), value[0].value)
        for month, value in by_month.items()
        if month <= cutoff
    }


def refit_on_vintages(
    earlier: Sequence[tuple[str, Counts]], horizon: int, source: Source, weighed_before: int = 0
) -> dict[tuple[SeriesKey, str], ForecastPath]:
    """The engine's word from the last month of each of these figures, all at once.

    earlier : (name, figures); each is a family of its own. By (series, name).
    weighed_before : the last so many months do not change how models are weighed.
    """
    if not earlier:
        return {}
    panels = [
        panel(counts, family=dict.fromkeys(counts, cutoff), source=source)
        for cutoff, counts in earlier
    ]
    places = [(key, cutoff) for cutoff, counts in earlier for key in counts]
    # All cutoffs in one pass: each is a family of its own and teaches no other.
    together = stack(panels)
    end = together.z.shape[1] - 1
    predictive = engine_forecasts(
        together,
        np.array([end], dtype=np.int64),
        horizon,
        totals=_totals(earlier, source),
        until=end - weighed_before if weighed_before else None,
    )
    return {
        (key, cutoff): outlook_of(predictive, row, 0, cutoff)
        for row, (key, cutoff) in enumerate(places)
        if np.isfinite(predictive.sigma[row, 0])
    }


def _totals(earlier: Sequence[tuple[str, Counts]], source: Source) -> dict[int, tuple[int, ...]]:
    """Row of each cutoff's nationwide -> rows of its totals."""
    totals, first = {}, 0
    for _, counts in earlier:
        for total, parts in nationwide_rows(tuple(counts), totals=source.totals).items():
            totals[first + total] = tuple(first + part for part in parts)
        first += len(counts)
    return totals
