"""Which parts moved a flagged total, for every dimension the figures have at that month."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from forecast import months
from forecast.engine.predictive import PanelHindcasts
from forecast.judge.drivers import Part, Whole, drivers
from forecast.labels import CROSSED
from forecast.types import Counts, Driver, Flag, Judgement, SeriesKey

if TYPE_CHECKING:
    from forecast.sources.source import Source


def explain(
    earlier: Iterable[tuple[SeriesKey, str, str, int, int, str]],
    flags: Iterable[Flag],
    judgements: Iterable[Judgement],
    hindsights: Sequence[PanelHindcasts],
    counts: Counts,
    dimensions: Sequence[str],
    source: Source,
) -> Iterator[Driver]:
    """Drivers of the new flags, and of earlier ones where figures have arrived since.

    earlier : (total, month, cutoff, count, expected, dimension) of what had no
    counts when it was explained. hindsights : the totals' and every family's.
    """
    places = {key: (h, row) for h in hindsights for row, key in enumerate(h.keys)}
    for whole, cutoff, dimension in _new(flags, judgements, dimensions, source):
        yield from _answer(whole, cutoff, dimension, places, counts, source)
    for key, month, cutoff, value, expected, dimension in earlier:
        whole = Whole(key, month, expected, value)
        drivers = _answer(whole, cutoff, dimension, places, counts, source)
        if drivers[0].role != "not held":
            yield from drivers


def _answer(
    whole: Whole,
    cutoff: str,
    dimension: str,
    places: Mapping[SeriesKey, tuple[PanelHindcasts, int]],
    counts: Counts,
    source: Source,
) -> list[Driver]:
    members = _members(counts, whole.series.total, dimension, source)
    parts = list(_parts(members, places, counts, whole.month, cutoff))
    # Whether nobody knows the month of a part that began before it.
    unknown = any(
        whole.month not in counts[key] and min(counts[key]) < whole.month for key in members
    )
    complete = not unknown and _complete([part.member for part in parts], dimension, source)
    return drivers(whole, dimension, parts, complete)


def _new(
    flags: Iterable[Flag],
    judgements: Iterable[Judgement],
    dimensions: Sequence[str],
    source: Source,
) -> Iterator[tuple[Whole, str, str]]:
    """Each flag, the cutoff of the forecast it deviates from, and a dimension."""
    cutoffs = {(j.series, j.month): j.cutoff for j in judgements if j.series.headline}
    for flag in flags:
        cutoff = cutoffs.get((flag.series, flag.month))
        if flag.kind != "month" or flag.severity == "watch" or cutoff is None:
            continue
        whole = Whole(flag.series, flag.month, flag.expected, flag.value)
        first = ("border",) if flag.series.total == source.totals.whole else ()
        # Crossings would say once more, in smaller parts, what their dimensions say.
        alone = [name for name in dimensions if CROSSED not in name]
        yield from ((whole, cutoff, name) for name in (*first, *alone))


def _members(counts: Counts, total: str, dimension: str, source: Source) -> list[SeriesKey]:
    """The parts of a total; nationwide has those of all totals, and the totals themselves."""
    if dimension == "border":
        return [SeriesKey(name) for name in source.totals.parts if SeriesKey(name) in counts]
    totals = source.totals.parts if total == source.totals.whole else (total,)
    return [key for key in counts if key.dimension == dimension and key.total in totals]


def _parts(
    members: Sequence[SeriesKey],
    places: Mapping[SeriesKey, tuple[PanelHindcasts, int]],
    counts: Counts,
    month: str,
    cutoff: str,
) -> Iterator[Part]:
    """Those with a count in the month, and a forecast of it or a count at the cutoff."""
    ahead = months.to_index(month) - months.to_index(cutoff)
    for key in members:
        count, before = counts[key].get(month), counts[key].get(cutoff)
        hindsight, row = places.get(key, (None, 0))
        expected = hindsight.expected(row, month, ahead) if hindsight else None
        usual = max(math.expm1(expected.centre), 0.0) if expected else before
        if count is not None and usual is not None:
            yield Part(key, usual, count)


def _complete(members: Sequence[SeriesKey], dimension: str, source: Source) -> bool:
    """Whether both components are there, where they are published over different spans."""
    sums = source.hierarchy
    return dimension not in sums.by_component or {m.component for m in members} >= set(
        sums.components
    )
