"""How unusual a published month is, and whether it is flagged.

The predictive distribution of a month is a bent Student t on log1p counts (see
`forecast.engine.tails`): centre, scale, df, as stored with the forecast, and how far ahead it was.
p is two-sided: twice the probability of a month at least this far out on its side. A flag needs
p below alpha and a deviation that matters (eligible and material).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable

from scipy.special import ndtri

from forecast.engine import mixtures, tails
from forecast.types import Flag, FlagRules, MonthForecast, SeriesKey, Severity

WATCH = 0.05
_MAJOR, _MAJOR_RATIO = 0.01, 2.0
_CRITICAL, _CRITICAL_RATIO = 0.005, 4.0


def p_value(value: int, expected: MonthForecast) -> tuple[float, float]:
    """(p, z) of a published count.

    Returns
    -------
    p : two-sided probability, 0..1.
    z : the standard normal score with the same p, negative below the centre.
    """
    if expected.mixture is not None:
        p, side = mixtures.p_of_one(math.log1p(value), expected)
        return p, math.copysign(float(-ndtri(max(p / 2, 1e-300))), side)
    u = (math.log1p(value) - expected.centre) / expected.scale
    # Of one month at a time: the arrays' way takes ten times as long, see `tails`.
    p = tails.tail_of_one(u, expected.centre, expected.df, expected.horizon)
    return min(1.0, p), math.copysign(float(-ndtri(max(p / 2, 1e-300))), u)


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


def thresholds(expected: MonthForecast, rules: FlagRules) -> tuple[int | None, int]:
    """(below, above): a count under `below` or over `above` would be flagged.

    `below` is None where not even zero would be.
    """
    sides = rules.alpha / 2, 1 - rules.alpha / 2
    if expected.mixture is not None:
        low, high = mixtures.quantiles_of_one(expected, sides)
    else:
        of = expected.centre, expected.df, expected.horizon
        low, high = (
            expected.centre + expected.scale * tails.quantile_of_one(p, *of) for p in sides
        )
    below = math.ceil(math.expm1(max(low, 0.0))) + 1
    above = math.floor(math.expm1(high)) - 1
    # Straight to where the deviation begins to matter, and on from there.
    median = expected.median
    lower = min(median - rules.min_change, math.floor((median + 1) / rules.min_ratio)) + 1
    upper = max(median + rules.min_change, math.floor((median + 1) * rules.min_ratio) - 1) - 1

    def flagged(count: int) -> bool:
        matters = count >= 0 and material(count, median, rules)
        return matters and p_value(count, expected)[0] < rules.alpha

    if not flagged(below - 1):
        first = min(below - 1, lower) - 1
        below = first + 1 - _passed(lambda n: first < n or flagged(first - n))
    if not flagged(above + 1):
        start = max(above + 1, upper) + 1
        above = start - 1 + _passed(lambda n: flagged(start + n))
    return (below if below > 0 else None), above


def _passed(flagged: Callable[[int], bool]) -> int:
    """How many counts are passed before one is flagged, as all beyond it are: by doubling."""
    reach = 1
    while not flagged(reach - 1):
        reach *= 2
    return bisect_left(range(reach - 1), True, lo=reach // 2, key=flagged)


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
