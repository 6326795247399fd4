"""Which parts moved the whole: a total's deviation, divided over the members of a dimension.

    contribution = published - expected

A part's expected count is its own forecast from the flag's cutoff, or its last count where it is
too young for one. All are scaled so that they sum to the total's median. Whole numbers by largest
remainder, and what parts and total differ by stands in its own row, so that the contributions of
a dimension sum exactly to the total's deviation.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecast import months
from forecast.engine import reconcile
from forecast.engine.predictive import PanelHindcasts
from forecast.labels import CROSSED
from forecast.types import Counts, Driver, Flag, Judgement, SeriesKey

if TYPE_CHECKING:
    from forecast.sources.source import Source


@dataclass(frozen=True, slots=True)
class Part:
    """One member in the flagged month: expected count (not yet scaled, >= 0) and published."""

    member: SeriesKey
    expected: float
    value: int


@dataclass(frozen=True, slots=True)
class Whole:
    """The total's flag: its median and what was published."""

    series: SeriesKey
    month: str
    expected: int
    value: int


def drivers(whole: Whole, dimension: str, parts: Sequence[Part], complete: bool) -> list[Driver]:
    """The contributions of a dimension's members, the unattributed last.

    Parameters
    ----------
    complete : whether the parts held make up the whole. If they do not (one component is
        published over a longer span), they are not scaled up to it, and the unattributed row
        holds the rest.
    """
    flag = whole.series, whole.month
    if not parts:
        return [Driver(flag, dimension, "not held")]
    shares = np.array([part.expected for part in parts])
    # Half of the parts scaled up to the whole would take the other half's blame.
    short = not complete and shares.sum() < whole.expected
    expected = apportioned(shares, round(shares.sum()) if short else whole.expected)
    rows = [
        _driver(flag, dimension, "part", part.member, share, part.value)
        for part, share in zip(parts, expected, strict=True)
        if share or part.value
    ]
    rest = whole.expected - sum(expected)
    published = whole.value - sum(part.value for part in parts)
    if rest or published or not rows:
        rows.append(_driver(flag, dimension, "unattributed", None, rest, published))
    return rows


def _driver(
    flag: tuple[SeriesKey, str],
    dimension: str,
    role: str,
    member: SeriesKey | None,
    expected: int,
    value: int,
) -> Driver:
    return Driver(
        flag,
        dimension,
        "part" if role == "part" else "unattributed",
        member,
        expected,
        value,
        value - expected,
    )


def apportioned(shares: np.ndarray, total: int) -> list[int]:
    """Whole numbers in proportion to the shares that sum to `total`, by largest remainder.

    All zero where the shares are. Ties go to the first.
    """
    if shares.sum() <= 0:
        return [0] * len(shares)
    # So that printed contributions add up to the printed deviation.
    whole = reconcile.rounded(shares / shares.sum() * total, total)
    return [int(count) for count in whole]


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
    # By key once: a flag asks for hundreds of parts.
    places = {key: (h, row) for h in hindsights for row, key in enumerate(h.keys)}
    for whole, cutoff, dimension in _new(flags, judgements, dimensions, source):
        yield from _answer(whole, cutoff, dimension, places, counts, source)
    for key, month, cutoff, value, expected, dimension in earlier:
        whole = Whole(key, month, expected, value)
        answer = _answer(whole, cutoff, dimension, places, counts, source)
        if answer[0].role != "not held":
            yield from answer


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
