"""How unusual a published month is, and whether it is flagged.

The predictive distribution of a month is a bent Student t on log1p counts (see
`forecast.engine.tails`): centre, scale, df, as stored with the forecast, and how far ahead it was.
p is two-sided: twice the probability of a month at least this far out on its side. A flag needs
p below alpha and a deviation that matters (eligible and material).
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from forecast.engine import mixtures, tails
from forecast.types import Flag, FlagRules, MonthForecast, SeriesKey, Severity
from models.base import Ints

Bools = NDArray[np.bool_]
WATCH = 0.05
_MAJOR, _MAJOR_RATIO = 0.01, 2.0
_CRITICAL, _CRITICAL_RATIO = 0.005, 4.0


def p_value(value: int, expected: MonthForecast) -> tuple[float, float]:
    """(p, z) of a published count.

    p is two-sided, 0..1; z the standard normal score with it, negative below the centre.
    """
    if expected.mixture is not None:
        return p_values([value], [expected])[0]
    side = (math.log1p(value) - expected.centre) / expected.scale
    # Of one month at a time: the arrays' way takes ten times as long, see `tails`.
    p = tails.tail_of_one(side, expected.centre, expected.df, expected.horizon)
    return _with_score(p, side)


def p_values(values: Sequence[int], expected: Sequence[MonthForecast]) -> list[tuple[float, float]]:
    """(p, z) of a count each; of mixtures all are asked at once, in a twentieth of the time."""
    mixed = [at for at, one in enumerate(expected) if one.mixture is not None]
    logs = [math.log1p(values[at]) for at in mixed]
    below = mixtures.chances_below(logs, [expected[at] for at in mixed]) if mixed else []
    of_mixed = {
        at: _with_score(min(2 * share, 2 * (1 - share), 1.0), 1.0 if share > 0.5 else -1.0)
        for at, share in zip(mixed, below, strict=True)
    }
    each = enumerate(zip(values, expected, strict=True))
    return [of_mixed[at] if at in of_mixed else p_value(*of) for at, of in each]


def _with_score(p: float, side: float) -> tuple[float, float]:
    return min(1.0, p), math.copysign(float(-ndtri(max(p / 2, 1e-300))), side)


def ratio(value: int, median: int) -> float:
    """Published over expected, both + 1 so that it exists at zero."""
    return (value + 1) / (median + 1)


def eligible(expected: MonthForecast, typical: float, rules: FlagRules) -> bool:
    """Whether the series is large enough to be flagged; `typical` is its 12-month median."""
    return max(expected.median, typical) >= rules.min_level


def material(value: int, median: int, rules: FlagRules) -> bool:
    """Whether the deviation matters in counts and as a factor."""
    factor = abs(math.log(ratio(value, median)))
    return abs(value - median) >= rules.min_change and factor >= math.log(rules.min_ratio)


def severity(
    value: int, expected: MonthForecast, p: float, typical: float, rules: FlagRules
) -> Severity | None:
    """How grave a month's deviation is, None if it is within what was expected."""
    if not (eligible(expected, typical, rules) and material(value, expected.median, rules)):
        return None
    # Either way: half as many is as grave as twice as many.
    factor = math.exp(abs(math.log(ratio(value, expected.median))))
    if p < min(rules.alpha, _CRITICAL) and factor >= _CRITICAL_RATIO:
        return "critical"
    if p < min(rules.alpha, _MAJOR) and factor >= _MAJOR_RATIO:
        return "major"
    if p < rules.alpha:
        return "notable"
    return "watch" if p < WATCH else None


def thresholds(expected: Sequence[MonthForecast], rules: FlagRules) -> list[tuple[int | None, int]]:
    """(below, above) of each: a count under `below` or over `above` would be flagged.

    `below` is None where not even zero would be.
    """
    near = []  # of each the counts at the quantiles of alpha, and those that begin to matter
    for one, (low, high) in zip(expected, _bounds(expected, rules.alpha), strict=True):
        least, times = rules.min_change, rules.min_ratio
        lower = min(one.median - least, math.floor((one.median + 1) / times)) + 1
        upper = max(one.median + least, math.floor((one.median + 1) * times) - 1) - 1
        near += [
            (math.ceil(math.expm1(max(low, 0.0))), lower),
            (math.floor(math.expm1(high)), upper),
        ]
    rare, matters = np.array(near, dtype=np.int64).reshape(-1, 2).T
    outward = np.tile([-1, 1], len(expected))

    def flagged(which: Ints, counts: Ints) -> Bools:
        hit = (counts < 0) & (outward[which] < 0)  # where the search below ends
        of = [expected[at // 2] for at in which.tolist()]
        asked = [
            at
            for at, (count, one) in enumerate(zip(counts.tolist(), of, strict=True))
            if count >= 0 and material(count, one.median, rules)
        ]
        found = p_values(counts[asked].tolist(), [of[at] for at in asked])
        hit[asked] = np.array([p for p, _ in found]) < rules.alpha
        return hit

    # Straight to where the deviation begins to matter, and on from there.
    first = rare.copy()
    left = np.flatnonzero(~flagged(np.arange(len(rare)), rare))
    start = outward * (np.maximum(outward * rare, outward * matters) + 1)
    start, away = start[left], outward[left]
    passed = _passed(lambda at, n: flagged(left[at], start[at] + away[at] * n), len(left))
    first[left] = start + away * passed
    unflagged = (first - outward).reshape(-1, 2).tolist()
    return [(below if below > 0 else None, above) for below, above in unflagged]


def _bounds(expected: Sequence[MonthForecast], alpha: float) -> list[list[float]]:
    """[low, high] of each: log1p counts with half of alpha beyond them."""
    sides = alpha / 2, 1 - alpha / 2
    mixed = [one for one in expected if one.mixture is not None]
    of_mixed = iter(mixtures.quantiles_of(mixed, sides) if mixed else [])
    return [
        [
            one.centre + one.scale * tails.quantile_of_one(p, one.centre, one.df, one.horizon)
            for p in sides
        ]
        if one.mixture is None
        else next(of_mixed)
        for one in expected
    ]


def _passed(flagged: Callable[[Ints, Ints], Bools], size: int) -> Ints:
    """How many counts are passed before one is flagged, as all beyond it are: by doubling.

    flagged : whether of these searches, by their places, these counts on are flagged.
    """
    reach, left = np.ones(size, dtype=np.int64), np.arange(size)
    while left.size:
        left = left[~flagged(left, reach[left] - 1)]
        reach[left] *= 2
    low, high = reach // 2, reach - 1
    while (left := np.flatnonzero(low < high)).size:
        middle = (low[left] + high[left]) // 2
        hit = flagged(left, middle)
        high[left[hit]], low[left[~hit]] = middle[hit], middle[~hit] + 1
    return low


LEAST_SHARE, LEAST_COUNT = 0.005, 50  # in an open fiscal year


def revision_flag(
    series: SeriesKey, month: str, release_id: int, before: int, after: int, closed: bool
) -> Flag | None:
    """The flag of a revision: any of a closed fiscal year, a large one of an open year."""
    change = abs(after - before)
    large = change > LEAST_SHARE * before and change >= LEAST_COUNT
    if change == 0 or not (closed or large):
        return None
    return Flag(
        series=series,
        month=month,
        release_id=release_id,
        kind="revision",
        severity="notable",
        ratio=ratio(after, before),
        value=after,
        expected=before,
        side=1 if after > before else -1,
    )
