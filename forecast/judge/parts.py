"""A part of a total while the total itself is flagged or open.

Then the parts have mostly moved with it, and what is asked of a part is whether it moved apart:
r = e(part) - m, where e is the log1p count less the centre of the one-step forecast, and m the
median of the others' e. The total itself would say of every part that one of them moved. The scale
of r is made of the part's own past r, by the engine's rule.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecast.engine import intervals
from forecast.types import FlagRules, ForecastPath, Judgement, MonthForecast, whole
from models.base import Floats


@dataclass(frozen=True, slots=True)
class BorderMonth:
    """What a part must know of its total's month.

    z : log1p count, or where it would be had it moved as a part's siblings did; outlook : the
    forecast made before it.
    flag : the month of the flag it is under, None if it is neither flagged nor open.
    flagged : whether that is this very month.
    """

    z: float
    outlook: ForecastPath
    flag: str | None = None
    flagged: bool = False


LEAST_SIBLINGS = 3  # the part itself among them


def siblings_moves(errors: Floats, weight: Floats) -> Floats:
    """(parts, months) how far the other parts of a total were from their forecasts: their median.

    NaN where only one other is known: of two that differ nobody can tell which is the odd one.

    errors : (parts, months) e, NaN where not known. weight : (parts, months) of each, > 0.
    """
    out = np.full_like(errors, np.nan)
    for t in range(errors.shape[1]):
        known = np.flatnonzero(np.isfinite(errors[:, t]))
        if len(known) < LEAST_SIBLINGS:
            continue
        order = known[np.argsort(errors[known, t], kind="stable")]
        upto = weight[order, t].cumsum()
        own, place = np.zeros(len(out)), np.full(len(out), len(out))
        own[order], place[order] = weight[order, t], np.arange(len(order))
        half, middle = (upto[-1] - own) / 2, np.zeros(len(out))
        # Between the last of the lower half and the first of the upper, without the part itself.
        for side in ("left", "right"):
            at = np.searchsorted(upto, half, side)
            at = np.where(at < place, at, np.searchsorted(upto, half + own, side))
            middle += errors[order[np.minimum(at, len(order) - 1)], t] / 2
        out[:, t] = middle
    return out


def apart_share(z: Floats, first: Floats, moved: Floats) -> Floats:
    """(series, months) sigma of r over sigma of e, as known at each column; NaN early on.

    z, first : (series, months) log1p counts and the first step of the path from each column.
    moved : (series, months) of `siblings_moves`.
    """
    own = errors_of(z, first)
    apart = np.abs(own - moved)
    own = intervals.settled(np.abs(own), z)
    apart = intervals.settled(apart, z)
    share = intervals.one_step_scale(apart, first) / intervals.one_step_scale(own, first)
    return np.asarray(share)


def errors_of(z: Floats, first: Floats) -> Floats:
    """(series, months) e of each month; NaN where there was no forecast of it."""
    errors = np.full_like(z, np.nan)
    errors[:, 1:] = z[:, 1:] - first[:, :-1]
    return errors


def moved_along(
    expected: MonthForecast, total: BorderMonth, month: str, share: float
) -> MonthForecast:
    """The part's forecast moved as its total moved, with the scale of r."""
    centre = expected.centre + total.z - total.outlook.expected(month).centre
    return replace(expected, median=whole(centre), centre=centre, scale=expected.scale * share)


def difference(part: ForecastPath, total: ForecastPath, share: float) -> ForecastPath:
    """The forecast of part less total, log1p counts; both from the same cutoff."""
    # A part's and its total's forecasts may reach unequally far.
    pairs = zip(part.centre, total.centre, strict=False)
    centre = tuple(own - theirs for own, theirs in pairs)
    scale = tuple(value * share for value in part.scale[: len(centre)])
    return ForecastPath(part.cutoff, centre, scale, part.df, part.run_id)


BUDGET = 5.0  # false flags a month that the whole drill-down may raise
LEAST, MOST = 0.001, 0.02  # alpha, whatever the budget
MOST_BY_BUDGET = 0.05  # alpha of a few series with a large budget of their own
Q = 0.10  # false discoveries among the rejected
LEAST_MOVED, LEAST_SHARE, ONE_SIDE = 3, 0.10, 0.80


def alpha(eligible: int) -> float:
    """The drill-down's alpha in a month with this many eligible series."""
    return min(max(BUDGET / eligible, LEAST), MOST) if eligible else MOST


def within_budget(rules: FlagRules, series: int) -> FlagRules:
    """Return the rules by which so many series raise `rules.budget` false flags a month together.

    The p of a small count is that of its own distribution, so that no floor of counts is needed.
    """
    if not rules.budget:
        return rules
    alpha = min(rules.budget / max(series, 1), MOST_BY_BUDGET)
    return replace(rules, alpha=alpha, min_level=0, min_change=1)


def systemic(p: Sequence[float], sides: Sequence[int]) -> bool:
    """Whether a month moved many series the same way.

    Benjamini and Hochberg's rule (JRSS B 57, 1995) at Q rejects at least LEAST_MOVED series and
    LEAST_SHARE of them, and ONE_SIDE of those rejected lie on one side.

    p : two-sided p of every eligible series of the drill-down. sides : -1 or 1 each.
    """
    # By false discoveries, not by alpha: with hundreds of parts some are always below it.
    values = np.asarray(p)
    rejected = values <= cutoff(values)
    count = int(rejected.sum())
    if count < max(LEAST_MOVED, LEAST_SHARE * len(values)):
        return False
    up = float((np.asarray(sides)[rejected] > 0).mean())
    return max(up, 1 - up) >= ONE_SIDE


def systemic_months(judgements: Iterable[Judgement]) -> frozenset[str]:
    """The months that moved many series the same way; of every eligible series of those months."""
    by_month: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for judged in judgements:
        if judged.p is not None and judged.z is not None:
            by_month[judged.month].append((judged.p, 1 if judged.z > 0 else -1))
    return frozenset(m for m, cases in by_month.items() if systemic(*zip(*cases, strict=True)))


def cutoff(p: np.ndarray) -> float:
    """The largest p that Benjamini and Hochberg's rule rejects; -1 if it rejects none."""
    ordered = np.sort(p)
    passed = ordered <= Q * np.arange(1, len(p) + 1) / len(p)
    return float(ordered[passed].max()) if passed.any() else -1.0
