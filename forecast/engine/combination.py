"""Four models' paths become one.

    calm     = (1 - m) ((1 - r) grid + r root) + m level
    centre   = w walk + (1 - w) calm

*grid* is the structural grid on log1p counts, *root* the same on square roots: seasons and noise
of calm series grow with their level as the logarithm says, or less. r follows the losses of both,
of the family and of the series: 1 / (1 + exp(-(ROOT_BY_FAMILY f + ROOT_BY_OWN (o - f)))), f and o
log ratios of discounted losses on the square root scale (exponential weights; Cesa-Bianchi and
Lugosi, Prediction, Learning, and Games, 2006, ch. 2).

*level* is the smoothed level. m is the regression of z - grid on level - grid over a family's
hindcasts, drawn to 0 (Bates and Granger, The combination of forecasts, 1969); nothing below
LEVEL_LEAST, all of it from twice that on.

The break *walk* is the default. The grid takes over where the evidence of a whole family says so:
where, month after month, the walk's hindcasts have missed by more. A series' own record moves the
verdict up or down. The verdict is a number, `lean`: above 0 it favors the grid. From it come two
shares of the walk: its *share* v = 1 / (1 + exp(lean)) of how errors spread (widths, tails), and
its *weight* w in the median path, which a regression on past errors may correct. The family's
evidence is a t statistic of loss differences (Diebold and Mariano, Comparing predictive accuracy,
1995), fading, with OVERLAP for the dependence of overlapping hindcasts.

What is judged at a column are hindcasts of 1 to NEAR months that had matured by then. `z` is NaN
where a month is not known.
"""

from collections.abc import Iterator

import numpy as np
from scipy.special import expit, gammaln

from forecast.engine import parameters as par
from forecast.engine.intervals import one_step_errors, scale, settled, sigma_of
from forecast.engine.tails import degrees
from models.base import Floats, Ints
from models.onepass import (
    UNIT,
    Sweep,
    age,
    discounted_sum,
    family_sums,
    in_units,
    off_calendar,
    on_calendar,
    running_median,
    silent,
)

TINY = 1e-6  # keeps two perfect models comparable
CERTAIN = 50.0  # the largest verdict


def own_ratio(walk: Floats, grid: Floats, weight: Floats, z: Floats) -> Floats:
    """(series, months) log ratio of the walk's past loss to the grid's; NaN before the start.

    Infinite where a series is silent: its family's median passes that over.

    walk, grid, weight : (series, months) of `month_losses`; the weight is that of either.
    """
    ratio = np.log(past_loss(walk, weight) / past_loss(grid, weight))
    ratio = np.where(silent(z), np.inf, ratio)
    return np.asarray(np.where(age(z) >= 0, ratio, np.nan))


def verdict(
    statistic: Floats, ratio: Floats, middle: Floats, spread: Floats, jumps: bool = True
) -> Floats:
    """(series, months) of `lean`.

    A family's calm years do not tell that its next break will stay away where counts are known to
    jump, all at once: there the walk leads, and a series' own spreads are not asked.

    statistic : of `t_statistic`. ratio : of `own_ratio`; middle : its median over the family.
    spread : of `spread_scores`. All (series, months), or what fits; jumps : of the panel.
    """
    # Silent series have no record; their family's verdict is theirs.
    apart = np.where(np.isinf(ratio), 0, ratio - np.fmin(middle, par.LARGE))
    if jumps:
        lean = par.STEEPNESS * (statistic - par.NEEDED)
    else:
        heard = statistic + discounted_sum(spread, par.MEMORY)
        lean = par.STEEPNESS_ELSEWHERE * (heard - par.NEEDED_ELSEWHERE)
    return np.clip(lean + par.OWN_STEEPNESS * apart, -CERTAIN, CERTAIN)


def spread_scores(walk: Sweep, grid: Sweep, z: Floats) -> Floats:
    """(series, months) how much better the grid's spreads foretold each month than the walk's.

    The difference of log scores of the two distributions, each around its own path, issued 1 to
    SPREADS months before; horizon h weighs 1 / h, as forecasts of overlapping months are one; 0
    where there were none. The share decides spreads at all of these horizons, and medians at
    three months do not tell which one is right.
    """
    longest = min(par.SPREADS, z.shape[1] - 1)
    issues = np.isfinite(z) & (age(z) >= par.FIRST_ORIGIN) & ~silent(z)
    scores = [_log_scores(*pair, z, longest) for pair in ((walk, 1.0), (grid, 0.0))]
    total, weight = np.zeros_like(z), (1 / np.arange(1, par.SPREADS + 1)).sum()
    for h, (first, other) in enumerate(zip(*scores, strict=True), start=1):
        apart = np.clip(other - first, -par.SPREAD_LIMIT, par.SPREAD_LIMIT)
        total[:, h:] += np.nan_to_num(np.where(issues[:, :-h], apart, np.nan)) / h
    return np.asarray(total / weight)


def _log_scores(sweep: Sweep, share: float, z: Floats, longest: int) -> Iterator[Floats]:
    """(series, months - h) log density of what came h months on, h = 1 .. longest."""
    path, v = sweep.path, np.full(z.shape, share)
    sigma = sigma_of(path[..., 0], z)
    unit = scale(sigma, sweep.growth[..., :longest], v, jumps=False)
    df = float(degrees(np.array(share), jumps=False))
    whole = float(gammaln((df + 1) / 2) - gammaln(df / 2) - np.log(df) / 2)
    for h in range(1, longest + 1):
        of = unit[:, :-h, h - 1]
        away = (z[:, h:] - path[:, :-h, h - 1]) / of
        yield whole - np.log(of) - (df + 1) / 2 * np.log1p(away * away / df)


def month_losses(paths: Floats, z: Floats) -> tuple[Floats, Floats]:
    """What the hindcasts about each month missed it by, and what they weigh; 0 where none.

    Returns loss and weight, (series, months) sums of |error| / sqrt(h) and of 1 / sqrt(h).
    """
    loss, weight = np.zeros((2, *z.shape))
    for h, miss in _misses(paths, z):
        loss[:, h:] += np.abs(np.nan_to_num(miss)) / np.sqrt(h)
        weight[:, h:] += np.isfinite(miss) / np.sqrt(h)
    return loss, weight


def past_loss(loss: Floats, weight: Floats) -> Floats:
    """(series, months) discounted mean |error| of matured hindcasts at each column, > 0.

    loss, weight : of `month_losses`.
    """
    known = np.maximum(discounted_sum(weight, par.MEMORY), 1e-9)
    return np.asarray(discounted_sum(loss, par.MEMORY) / known + TINY)


def _misses(paths: Floats, z: Floats) -> Iterator[tuple[int, Floats]]:
    """(h, (series, months - h) error of the path issued h months before), h = 1 .. NEAR."""
    issues = np.isfinite(z) & (age(z) >= par.FIRST_ORIGIN) & ~silent(z)
    issued = np.where(issues[..., None], paths[..., : par.NEAR], np.nan)
    for h in range(1, min(par.NEAR, z.shape[1] - 1) + 1):
        yield h, z[:, h:] - issued[:, :-h, h - 1]


def evidence(
    walk: Floats, grid: Floats, z: Floats, behind: Ints | None = None
) -> tuple[Ints, Ints]:
    """What each series says for the grid each month, to be added up by family.

    walk, grid : (series, months) of `month_losses`.

    Returns (series, months) of (walk's - grid's loss) / usual loss, in UNITs, 0 where a series is
    not live, and whether it is. A usual loss is no less than whole counts can show: where a few
    stand among zeros, the last value is exactly right most of the time, and has foretold nothing.
    """
    # Against its own usual loss: a series ten times as large must not vote ten times.
    live = (age(z) > par.FIRST_ORIGIN) & ~silent(z)
    fading = np.maximum(discounted_sum(live.astype(float), par.MEMORY), 1e-9)
    usual = discounted_sum((walk + grid) / 2, par.MEMORY) / fading
    steps = (1 / np.sqrt(np.arange(1, par.NEAR + 1))).sum()
    rounding = par.RESOLUTION * steps * np.exp(-np.maximum(np.nan_to_num(z), 0))
    known = np.where(live & np.isfinite(z), rounding, 0)
    least = discounted_sum(known, par.MEMORY) / fading + TINY
    apart = (walk - grid) / np.maximum(usual, least)
    apart = np.clip(apart, -par.EVIDENCE_LIMIT, par.EVIDENCE_LIMIT)
    says = np.where(live, in_units(apart), 0)
    return on_calendar(says, behind, 0), on_calendar(live.astype(np.int64), behind, 0)


def t_statistic(apart: Ints, count: Ints) -> Floats:
    """A family's t statistic that the grid is better, as known at each column.

    The live series' mean is averaged over the months, fading by MEMORY, and divided by its
    standard error.

    apart, count : (months,) sums of `evidence`, of all series of the family.

    Returns (months,), 0 until a series is live; where none is any more, what the last ones said.
    """
    x = np.asarray(apart * UNIT / np.maximum(count, 1), dtype=np.float64)
    out = np.zeros_like(x)
    weight = total = variance = 0.0
    for t in range(len(x)):
        if not count[t]:
            out[t] = out[t - 1] if t else 0
            continue
        weight = par.MEMORY * weight + 1
        total = par.MEMORY * total + x[t]
        variance = par.MEMORY**2 * variance + (x[t] - total / weight) ** 2
        out[t] = total / np.sqrt(par.OVERLAP * (variance + par.LEAST_VARIANCE))
    return out


def walk_share(verdict: Floats) -> Floats:
    """(series, months) how much a series breaks as the walk does, 0 .. 1."""
    return np.asarray(expit(-verdict))


def walk_weight(walk: Floats, calm: Floats, z: Floats, verdict: Floats) -> Floats:
    """(series, months) weight of the walk in the median path, 0 .. 1.

    The regression of z - calm on walk - calm over past hindcasts, drawn towards the verdict:
    weakly in calm families, where errors may move the mix, and ever more strongly the more the
    walk leads, because a few series cannot tell there.
    """
    own, both = (discounted_sum(x, par.MEMORY) for x in _products(walk, calm, z))
    believed = expit(-2 * np.clip(verdict, -par.MOST_LEAN, par.MOST_LEAN))
    prior = par.PRIOR_WEIGHT / np.maximum(1 - believed, 1e-3)
    return np.clip((both + prior * believed) / (own + prior), 0, 1)


def _products(row: Floats, other: Floats, z: Floats) -> tuple[Floats, Floats]:
    """(series, months) sums of aa and ab over the hindcasts about each month.

    a = one - other, b = z - other, both in usual errors of their mean, clipped; horizon h weighs
    1 / h.
    """
    middle = (row[..., 0] + other[..., 0]) / 2
    usual = running_median(settled(one_step_errors(middle, z), z), par.WINDOW) + 1e-9
    own, both = np.zeros((2, *z.shape))
    for h, miss in _misses(other, z):
        unit = np.sqrt(h) * usual[:, :-h]
        apart = row[:, :-h, h - 1] - other[:, :-h, h - 1]
        limit = par.ERROR_LIMIT
        a = np.clip(np.where(np.isfinite(miss), apart, np.nan) / unit, -limit, limit)
        b = np.clip(miss / unit, -limit, limit)
        own[:, h:] += np.nan_to_num(a * a) / h
        both[:, h:] += np.nan_to_num(a * b) / h
    return own, both


def hearing(
    grid: Floats,
    root: Floats,
    level: Floats,
    z: Floats,
    family: Ints,
    behind: Ints | None = None,
) -> tuple[Floats, Ints]:
    """What a block of series says of the calm models, by series and added up by family.

    grid, root : (series, months, NEAR) paths. level : (series, months).
    family : (series,) numbers 0, 1, ... of their families. behind : of the panel.

    Returns (series, months) log ratio of the grid's discounted losses to the root's; (5, families,
    months) a month's losses in usual losses of the grid and of the root, and both of `_products`,
    of all series in UNITs, and how many series had hindcasts that could be judged.
    """
    # On square roots, between both scales: neither is judged on its own ground.
    back = np.sqrt(np.expm1(np.maximum(z, 0)))
    losses = [month_losses(np.sqrt(np.expm1(np.maximum(path, 0))), back) for path in (grid, root)]
    (grid_loss, weight), (root_loss, _) = losses
    about = weight > 0
    count = np.maximum(discounted_sum(about.astype(float), par.MEMORY), 1e-9)
    usual = discounted_sum((grid_loss + root_loss) / 2, par.MEMORY) / count + TINY
    shares = [
        np.where(about, np.minimum(loss / usual, par.EVIDENCE_LIMIT), 0)
        for loss in (grid_loss, root_loss)
    ]
    faded = [discounted_sum(share, par.MEMORY) + TINY for share in shares]
    flat = np.repeat(level[..., None], par.NEAR, axis=-1)
    level_own, level_both = _products(flat, grid, z)
    old = (age(z) >= par.FIRST_ORIGIN) & ~silent(z)
    heard = np.stack([*(in_units(x) for x in (*shares, level_own, level_both)), old], axis=2)
    by_family = family_sums(on_calendar(heard, behind, 0), family, int(family.max()) + 1)
    return np.log(faded[0] / faded[1]), by_family.transpose(2, 0, 1)


def root_weight(
    own: Floats, grid: Ints, root: Ints, family: Ints, behind: Ints | None = None
) -> Floats:
    """(series, months) r, the weight of the square root grid; 0 below ROOT_LEAST.

    own, grid, root : of `hearing`, the last two of all series of every family. family : (series,)
    their numbers. behind : of the panel.
    """
    of_grid, of_root = (
        discounted_sum(np.asarray(x * UNIT, dtype=np.float64), par.MEMORY) for x in (grid, root)
    )
    shared = off_calendar(np.log((of_grid + TINY) / (of_root + TINY))[family], behind)
    weight = expit(par.ROOT_BY_FAMILY * shared + par.ROOT_BY_OWN * (own - shared))
    return np.asarray(np.where(weight < par.ROOT_LEAST, 0.0, weight))


def level_weight(own: Ints, both: Ints, live: Ints) -> Floats:
    """(families, months) m, the weight of the smoothed level, 0 .. 1.

    n series of one month count as sqrt(n), because they move together.

    own, both, live : (families, months) of `hearing`, of all series of every family.
    """
    unit = UNIT / np.sqrt(np.maximum(live, 1))
    alone, together = (
        discounted_sum(np.asarray(x * unit, dtype=np.float64), par.MEMORY) for x in (own, both)
    )
    weight = np.clip(together / (alone + par.LEVEL_PRIOR), 0, 1)
    # A flat path that adds little costs seasons and trends more than it gives.
    return np.asarray(weight * np.clip(weight / par.LEVEL_LEAST - 1, 0, 1))


def calm_path(grid: Floats, root: Floats, level: Floats, r: Floats, m: Floats) -> Floats:
    """(series, months, h) the calm models' path; r fades where counts are small.

    A square root squared has its median near 0 where a few counts come among zeros, and says
    nothing of how they spread there.

    grid, root : (series, months, h). level, r, m : (series, months).
    """
    count = np.expm1(np.maximum(grid, 0))
    part = r[..., None] * count / (count + par.ROOT_SMALL)
    both = grid + part * (root - grid)
    return both + m[..., None] * (level[..., None] - both)


def blend(weight: Floats, walk: Floats, calm: Floats) -> Floats:
    """One median path of two; weight (series, months) of the walk, paths (series, months, h)."""
    part = weight[..., None]
    return part * walk + (1 - part) * calm


def within_history(path: Floats, z: Floats) -> Floats:
    """A path kept within ROOM_OF_CENTRE of the range its series had had at each column.

    The range, and not the last value: a strongly seasonal series may end in a month of none.
    """
    low, high = np.fmin.accumulate(z, axis=1), np.fmax.accumulate(z, axis=1)
    room = par.ROOM_OF_CENTRE
    return np.clip(path, (low - room)[..., None], (high + room)[..., None])


def blend_growth(share: Floats, walk: Floats, grid: Floats) -> Floats:
    """(series, months, h) spread relative to the first step: the weighted root mean square."""
    part = share[..., None]
    return np.asarray(np.sqrt(part * walk**2 + (1 - part) * grid**2))
