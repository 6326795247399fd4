"""The engine a second time: from the formulas of docs/method.md, in plain loops, written apart.

Paths of walk and grid, and how their errors grow, are given (the tests hold them against the
reference's). Everything after them is here: level, combination, scale, widths, tails. One family.
Slow and obvious on purpose; it shares no line with the engine.
"""

from __future__ import annotations

from math import copysign, exp, expm1, inf, isfinite, log, log1p, nan, sqrt

import numpy as np
from scipy.stats import t as student

LOG4 = log(4)


def median(values: list[float]) -> float:
    known = sorted(v for v in values if isfinite(v))
    if not known:
        return 0.0
    n = len(known)
    return (known[(n - 1) // 2] + known[n // 2]) / 2


def level(z: np.ndarray) -> list[float]:
    """One series' smoothed level at each month."""
    speeds = (0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0)
    levels, squares, found = [0.0] * 8, [0.0] * 8, []
    for t, value in enumerate(z):
        for k, speed in enumerate(speeds):
            error = value - levels[k]
            if t >= 2:
                squares[k] += error**2
            levels[k] += max(speed, 1 / (t + 1)) * error
        n = max(t - 1, 1)
        logs = [-n / 2 * log(s / n + 1e-8) for s in squares]
        weights = [exp(x - max(logs)) for x in logs]
        found.append(sum(w * v for w, v in zip(weights, levels, strict=True)) / sum(weights))
    return found


def losses(path: np.ndarray, z: np.ndarray) -> list[tuple[float, float]]:
    """(loss, weight) of the hindcasts about each month."""
    found = []
    for t in range(len(z)):
        origins = [(t - h, h) for h in (1, 2, 3) if t - h >= 18 and not silent(z, t - h)]
        found.append(
            (
                sum(abs(z[t] - path[o, h - 1]) / sqrt(h) for o, h in origins),
                sum(1 / sqrt(h) for _, h in origins),
            )
        )
    return found


def faded(values: list[float], keep: float = 0.98) -> list[float]:
    total, found = 0.0, []
    for value in values:
        total = keep * total + value
        found.append(total)
    return found


def regression(one: np.ndarray, other: np.ndarray, z: np.ndarray) -> list[tuple[float, float]]:
    """(aa, ab) of the hindcasts about each month."""
    middle = (one[:, 0] + other[:, 0]) / 2
    errors = [nan] * 14 + [abs(z[t] - middle[t - 1]) for t in range(14, len(z))]
    usual = [median(errors[max(0, t - 59) : t + 1]) + 1e-9 for t in range(len(z))]

    def cut(x: float) -> float:
        return min(max(x, -3), 3)

    found = []
    for t in range(len(z)):
        aa = ab = 0.0
        for h in (1, 2, 3):
            o = t - h
            if o >= 18 and not silent(z, o):
                unit = sqrt(h) * usual[o]
                a = cut((one[o, h - 1] - other[o, h - 1]) / unit)
                b = cut((z[t] - other[o, h - 1]) / unit)
                aa, ab = aa + a * a / h, ab + a * b / h
        found.append((aa, ab))
    return found


def kept(path: np.ndarray, z: np.ndarray) -> np.ndarray:
    """A path within log 4 of the range so far."""
    return np.array(
        [np.clip(p, z[: t + 1].min() - LOG4, z[: t + 1].max() + LOG4) for t, p in enumerate(path)]
    )


def silent(z: np.ndarray, t: int) -> bool:
    """Whether one series has been 0 for two years at a month."""
    return t >= 23 and not z[t - 23 : t + 1].any()


def spread_scores(paths: list[np.ndarray], growths: list[np.ndarray], z: np.ndarray) -> list[float]:
    """One series': how much better the grid's spreads foretold it; walk first, then grid."""
    months = len(z)
    found, logs = [0.0] * months, []
    for path, growth, v in zip(paths, growths, (1, 0), strict=True):
        df = 2.5 if v else 4.0
        width = (1.5 if v else 1.15) * sqrt((df - 2) / df)
        sigma = sigmas(path[:, 0], z)
        drift = 0.17 if v else 0.05
        logs.append(
            lambda o, h, path=path, growth=growth, sigma=sigma, df=df, width=width, drift=drift: (
                student.logpdf(
                    z[o + h],
                    df,
                    path[o, h - 1],
                    width * sigma[o] * growth[o, h - 1] * h**drift,
                )
            )
        )
    whole = sum(1 / h for h in range(1, 13))
    for t in range(months):
        for h in range(1, 13):
            o = t - h
            if o >= 18 and not silent(z, o):
                apart = logs[1](o, h) - logs[0](o, h)
                if isfinite(apart):
                    found[t] += min(max(apart, -2), 2) / h / whole
    return found


def verdicts(
    walk: np.ndarray,
    grid: np.ndarray,
    z: np.ndarray,
    growths: tuple[np.ndarray, np.ndarray] | None = None,
) -> np.ndarray:
    """(series, months) the verdict on the grid's side.

    growths : of walk and grid, where the counts are not known to jump.
    """
    series, months = z.shape
    ratio, difference = records(walk, grid, z)
    found = np.zeros((series, months))
    spread = np.zeros((series, months))
    for s in range(series if growths is not None else 0):
        scores = spread_scores([walk[s], grid[s]], [g[s] for g in growths], z[s])
        spread[s] = faded(scores)
    weight = total = variance = statistic = 0.0
    for t in range(months):
        awake = [s for s in range(series) if not silent(z[s], t)]
        if t > 18 and awake:
            d = difference[awake, t].mean()
            weight, total = 0.98 * weight + 1, 0.98 * total + d
            variance = 0.98**2 * variance + (d - total / weight) ** 2
            statistic = total / sqrt(3 * (variance + 1e-4))
        family = min(median(list(ratio[:, t])), 0.1)
        for s in range(series):
            evidence = 1.2 * (statistic - 1.7)
            if growths is not None:
                evidence = 0.5 * (statistic + spread[s, t] + 2.4)
            found[s, t] = evidence + 10 * (ratio[s, t] - family)
    return np.clip(found, -50, 50)


def records(walk: np.ndarray, grid: np.ndarray, z: np.ndarray) -> np.ndarray:
    """(2, series, months) log ratio of past losses; what each month says, in usual losses."""
    series, months = z.shape
    a = [losses(walk[s], z[s]) for s in range(series)]
    b = [losses(grid[s], z[s]) for s in range(series)]
    ratio, difference = np.zeros((2, series, months))
    for s in range(series):
        wa, wb, ww = (
            faded([x[0] for x in a[s]]),
            faded([x[0] for x in b[s]]),
            faded([x[1] for x in a[s]]),
        )
        live = [float(t > 18 and not silent(z[s], t)) for t in range(months)]
        rounding = faded(
            [0.29 * (1 + 2**-0.5 + 3**-0.5) * exp(-z[s, t]) * live[t] for t in range(months)]
        )
        live = faded(live)
        for t in range(months):
            n = max(ww[t], 1e-9)
            ratio[s, t] = log((wa[t] / n + 1e-6) / (wb[t] / n + 1e-6))
            usual = (wa[t] + wb[t]) / 2 / max(live[t], 1e-9)
            usual = max(usual, rounding[t] / max(live[t], 1e-9) + 1e-6)
            difference[s, t] = min(max((a[s][t][0] - b[s][t][0]) / usual, -5), 5)
    return np.stack([ratio, difference])


def root_weights(grid: np.ndarray, root: np.ndarray, z: np.ndarray) -> np.ndarray:
    """(series, months) weight of the square root grid."""
    series, months = z.shape

    def back(x: np.ndarray) -> np.ndarray:
        return np.sqrt(np.expm1(np.maximum(x, 0)))

    own = np.zeros((2, series, months))
    total = np.zeros((2, months))
    for s in range(series):
        pair = [losses(back(path[s]), back(z[s])) for path in (grid, root)]
        live = faded([float(x[1] > 0) for x in pair[0]])
        sums = [faded([x[0] for x in one]) for one in pair]
        usual = [(sums[0][t] + sums[1][t]) / 2 / max(live[t], 1e-9) + 1e-6 for t in range(months)]
        for k in (0, 1):
            capped = [min(pair[k][t][0] / usual[t], 5) for t in range(months)]
            own[k, s], total[k] = faded(capped), total[k] + np.array(capped)
    shared = [faded(list(x)) for x in total]
    found = np.zeros((series, months))
    for s in range(series):
        for t in range(months):
            f = log((shared[0][t] + 1e-6) / (shared[1][t] + 1e-6))
            o = log((own[0, s, t] + 1e-6) / (own[1, s, t] + 1e-6))
            weight = 1 / (1 + exp(-(40 * f + 20 * (o - f))))
            found[s, t] = weight if weight >= 0.001 else 0
    return found


def level_weights(grid: np.ndarray, flat: np.ndarray, z: np.ndarray) -> list[float]:
    """(months,) weight of the level, the family's."""
    series, months = z.shape
    each = [regression(flat[s], grid[s], z[s]) for s in range(series)]
    awake = [sum(t >= 18 and not silent(z[s], t) for s in range(series)) for t in range(months)]
    root = [sqrt(max(n, 1)) for n in awake]
    aa = faded([sum(e[t][0] for e in each) / root[t] for t in range(months)])
    ab = faded([sum(e[t][1] for e in each) / root[t] for t in range(months)])
    weights = [min(max(ab[t] / (aa[t] + 20), 0), 1) for t in range(months)]
    return [w * min(max((w - 0.1) / 0.1, 0), 1) for w in weights]


def walk_weights(
    walk: np.ndarray, calm: np.ndarray, z: np.ndarray, verdict: np.ndarray
) -> np.ndarray:
    found = np.zeros(z.shape)
    for s in range(len(z)):
        products = regression(walk[s], calm[s], z[s])
        aa, ab = faded([p[0] for p in products]), faded([p[1] for p in products])
        for t in range(z.shape[1]):
            believed = 1 / (1 + exp(2 * min(max(verdict[s, t], -10), 10)))
            prior = 80 / max(1 - believed, 1e-3)
            found[s, t] = min(max((ab[t] + prior * believed) / (aa[t] + prior), 0), 1)
    return found


def sigmas(step: np.ndarray, z: np.ndarray) -> list[float]:
    """One series' sigma at each month; NaN before ten errors."""
    errors = [nan] * 14 + [abs(z[t] - step[t - 1]) for t in range(14, len(z))]
    sums, weights, noise, found = [0.0, 0.0], [0.0, 0.0], [0.0, 0.0], []
    for t in range(len(z)):
        e, n = errors[t], max(t - 13, 0)
        if isfinite(e):
            usual = median(errors[max(0, t - 59) : t + 1])
            cap = max(4.5 * usual, 2 * exp(-step[t - 1] / 2)) if n > 7 else inf
            e = min(e, cap)
        for k, half in enumerate((4, 60)):
            keep = 0.5 ** (1 / half)
            sums[k] = keep * sums[k] + (e**2 if isfinite(e) else 0)
            weights[k] = keep * weights[k] + isfinite(e)
        keep = 0.5 ** (1 / 20)
        noise[0] = keep * noise[0] + (exp(-max(step[t - 1], 0)) if isfinite(e) else 0)
        noise[1] = keep * noise[1] + isfinite(e)
        if n < 10:
            found.append(nan)
            continue
        parts = [max(sqrt(a / b), 0.001) for a, b in zip(sums, weights, strict=True)]
        square = parts[0] * parts[1]
        past = noise[0] / noise[1]
        moved = square + min(1, square / past) ** 2 * (exp(-max(step[t], 0)) - past)
        found.append(sqrt(max(moved, square / 4)))
    return found


def widths(centre: np.ndarray, scale: np.ndarray, df: np.ndarray, z: np.ndarray) -> np.ndarray:
    """(months, h) log factor that the family's past errors ask for."""
    series, months, longest = centre.shape
    mean = np.ones((months, longest))
    total, weight = np.zeros((2, longest))
    found = np.zeros((months, longest))
    log_h = np.log(np.arange(1, longest + 1))
    for t in range(months):
        total, weight = 0.98 * total, 0.98 * weight
        for h in range(1, longest + 1):
            o = t - h
            if o < 0:
                continue
            squares = [
                ((z[s, t] - centre[s, o, h - 1]) / scale[s, o, h - 1]) ** 2
                for s in range(series)
                if o >= 24 and isfinite(scale[s, o, 0]) and not silent(z[s], o)
            ]
            nu = [df[s, o] for s in range(series)]
            m = mean[o, h - 1]
            if squares:
                believed = [(n + 1) * q / (n + q / m) for n, q in zip(nu, squares, strict=True)]
                total[h - 1] += sum(believed) / sqrt(len(squares))
                weight[h - 1] += sqrt(len(squares))
        for h in range(1, longest + 1):
            prior = 15 * sqrt(h)
            mean[t, h - 1] = (total[h - 1] + prior) / (weight[h - 1] + prior)
        y, w = np.log(mean[t]) / 2, np.exp(-log_h) / np.exp(-log_h).sum()
        x = log_h - (w * log_h).sum()
        found[t] = (w * y).sum() + (w * x * y).sum() / (w * x * x).sum() * x
    return found


def bent(u: float, v: float, df: float, centre: float, h: int) -> float:
    """The unit of a t with its sides bent."""
    r = min(abs(u) / student.ppf(0.975, df), 1)
    if u <= 0:
        k = (0.1 + 0.1 * v * r) * (1 - 0.7 / h)
    else:
        y = expm1(max(centre, 0))
        k = -0.3 * r * (1 - (1 - 0.7 * (1 - v)) / h) * y / (y + 3)
    return u * (1 + k)


def quantile(
    p: float, centre: float, scale: float, v: float, reach: float, h: int, jumps: bool = True
) -> float:
    df = 2.5**v * (3 if jumps else 4) ** (1 - v)
    broken = min(max((log(df) - log(3)) / (log(2.5) - log(3)), 0), 1)
    away = scale * bent(float(student.ppf(p, df)), broken, df, centre, h)
    return max(centre + copysign(min(abs(away), reach), away), 0)


def engine(
    z: np.ndarray,
    paths: dict[str, np.ndarray],
    totals: dict[int, tuple[int, ...]],
    jumps: bool = True,
) -> dict[str, np.ndarray]:
    """What the engine says at every month.

    z : (series, months), all from one month on. paths : walk, walk_growth, grid, grid_growth and
    root (on square roots), each (series, months, h).
    """
    series, months = z.shape
    h = paths["walk"].shape[2]
    grid = np.stack([kept(paths["grid"][s], z[s]) for s in range(series)])
    root = np.log1p(np.maximum(paths["root"], 0) ** 2)
    root = np.stack([kept(root[s], z[s]) for s in range(series)])
    flat = np.stack([np.repeat(np.array(level(z[s]))[:, None], h, axis=1) for s in range(series)])
    growths = None if jumps else (paths["walk_growth"], paths["grid_growth"])
    verdict = verdicts(paths["walk"], grid, z, growths)
    r, m = root_weights(grid, root, z), level_weights(grid, flat, z)
    calm = np.empty_like(grid)
    for s, t, k in np.ndindex(calm.shape):
        y = expm1(max(grid[s, t, k], 0))
        part = r[s, t] * y / (y + 10)
        both = (1 - part) * grid[s, t, k] + part * root[s, t, k]
        calm[s, t, k] = (1 - m[t]) * both + m[t] * flat[s, t, k]
    weight = walk_weights(paths["walk"], calm, z, verdict)
    share = 1 / (1 + np.exp(verdict))
    centre = weight[..., None] * paths["walk"] + (1 - weight[..., None]) * calm
    centre = np.stack([kept(centre[s], z[s]) for s in range(series)])
    for total, parts in totals.items():
        for t, k in np.ndindex(months, h):
            centre[total, t, k] = log1p(sum(max(expm1(centre[p, t, k]), 0) for p in parts))
    sigma = np.array([sigmas(centre[s, :, 0], z[s]) for s in range(series)])
    df = 2.5**share * (3 if jumps else 4) ** (1 - share)
    scale = np.empty_like(centre)
    for s, t, k in np.ndindex(scale.shape):
        v = share[s, t]
        growth = sqrt(
            v * paths["walk_growth"][s, t, k] ** 2 + (1 - v) * paths["grid_growth"][s, t, k] ** 2
        )
        calm_width = 1.0 if jumps else 1.15
        width = (1.5 * v + calm_width * (1 - v)) * sqrt((df[s, t] - 2) / df[s, t])
        drift = 0.17 if jumps else 0.17 * v + 0.05 * (1 - v)
        scale[s, t, k] = width * sigma[s, t] * growth * (k + 1) ** drift

    def leveled(scale: np.ndarray) -> np.ndarray:
        """Noise of counts as large as each month's own level makes it."""
        out = scale.copy()
        for s, t, k in np.ndindex(out.shape):
            noise = [exp(-max(centre[s, t, at], 0)) for at in (0, k)]
            part = min(1, sigma[s, t] ** 2 / noise[0]) * (1.3 if noise[1] < noise[0] else 1)
            factor = 1 + part * (noise[1] - noise[0]) / sigma[s, t] ** 2
            out[s, t, k] *= sqrt(max(factor, 0.1)) if isfinite(factor) else nan
        return scale if jumps else out

    learned = widths(centre, leveled(scale), df, z)
    for s, t in np.ndindex(series, months):
        scale[s, t] = np.maximum.accumulate(scale[s, t] * np.exp((1 - share[s, t]) * learned[t]))
    scale = leveled(scale)
    reach = np.array([[0.7 + np.ptp(z[s, : t + 1]) for t in range(months)] for s in range(series)])
    return {
        "centre": centre,
        "share": share,
        "weight": weight,
        "sigma": sigma,
        "scale": scale,
        "df": df,
        "reach": reach,
    }
