"""How forecasts are judged: the scores, and how good the stored forecasts of totals have been.

Every score is lower-is-better except `coverage`, which should equal its level. Where a
forecast or an outcome is NaN the score is NaN, and means pass over it. Stored forecasts
are scored by their rows, whole counts as analysts see them, and the counts now current; a model
is compared with naive on the same cutoffs and months. Horizons of one series overlap: many
forecast months are not many independent ones.

References: Bracher et al., Evaluating epidemic forecasts in an interval format, 2021 (WIS);
Bosse et al., Scoring epidemiological forecasts on transformed scales, 2023 (log-WIS);
Gneiting and Raftery, 2007 (interval score); Hyndman and Koehler, 2006 (MASE).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forecast import months
from forecast.sources.source import Break
from forecast.types import HUB_PERMILLES, Basis, Counts, Hindcast, Score, SeriesKey, StoredForecast
from models.base import Floats, Ints

PROBS = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)
"""The quantiles of the main score: the median and the 50, 80, 90 and 95% intervals."""

HORIZONS = (1, 3, 6, 12)
ALL_HORIZONS = 0  # stored as the horizon of a score over all of them
_FARTHER = 100  # months, more than a forecast may be set to reach
ALL_CUTOFFS = "all"  # the era that is not one cutoff year
ACROSS_BREAK, ACROSS_NONE = "break", "no-break"  # eras by what lies between cutoff and month
_COLUMNS = [HUB_PERMILLES.index(round(p * 1000)) for p in PROBS]
_PLACE = {p: place for place, p in enumerate(PROBS)}


def pinball(actual: Floats, quantiles: Floats, probs: Sequence[float]) -> Floats:
    """Quantile loss: p (y - q) where y >= q, (1 - p) (q - y) where y < q.

    Parameters
    ----------
    actual : (...) what came.
    quantiles : (..., probs) forecasts, in the same unit.

    Returns
    -------
    (..., probs), >= 0, in the unit of actual; lower is better.
    """
    p = np.asarray(probs)
    over = actual[..., None] - quantiles
    return np.maximum(p * over, (p - 1) * over)


def wis(actual: Floats, quantiles: Floats, probs: Sequence[float] = PROBS) -> Floats:
    """Weighted interval score: twice the mean pinball loss over the quantiles.

    With K central intervals and the median it equals
    (|y - median| / 2 + sum of alpha_k / 2 * IS_k) / (K + 1/2).

    Returns
    -------
    (...), >= 0, in the unit of actual; lower is better.
    """
    return np.asarray(2 * pinball(actual, quantiles, probs).mean(axis=-1))


def log_wis(actual: Floats, quantiles: Floats, probs: Sequence[float] = PROBS) -> Floats:
    """WIS of log1p counts: the main score. Both arguments are counts, >= 0.

    Returns
    -------
    (...), >= 0; lower is better. A median off by 10% costs about .1 without any spread.
    """
    return wis(np.log1p(actual), np.log1p(quantiles), probs)


def interval_score(actual: Floats, low: Floats, high: Floats, level: float) -> Floats:
    """Width plus 2 / alpha times how far y lies outside, alpha = 1 - level / 100.

    Parameters
    ----------
    level : of the central interval, percent.

    Returns
    -------
    (...), >= 0, in the unit of actual; lower is better.
    """
    alpha = 1 - level / 100
    below, above = np.maximum(low - actual, 0), np.maximum(actual - high, 0)
    return np.asarray(high - low + 2 / alpha * (below + above))


def coverage(actual: Floats, low: Floats, high: Floats) -> float:
    """Share of outcomes inside their interval, ends included, 0 .. 1; should be its level.

    NaN where no outcome has an interval.
    """
    known = np.isfinite(actual) & np.isfinite(low) & np.isfinite(high)
    inside = (low <= actual) & (actual <= high)
    return float(inside[known].mean()) if known.any() else float("nan")


def mae(actual: Floats, forecast: Floats) -> float:
    """Mean |y - forecast|, in the unit of actual; lower is better, NaN where there is none."""
    return _mean(np.abs(actual - forecast))


def mase(actual: Floats, forecast: Floats, history: Floats, season: int = 12) -> float:
    """MAE of one series relative to the seasonal naive's in its history.

    mean |y - f| / mean |x(t) - x(t - season)|

    Parameters
    ----------
    history : (months,) what the model was shown, in the unit of actual.

    Returns
    -------
    >= 0, no unit; lower is better, below 1 beats the history's seasonal naive. NaN where the
    history is too short or repeats itself exactly.
    """
    usual = _mean(np.abs(history[season:] - history[:-season]))
    return mae(actual, forecast) / usual if usual > 0 else float("nan")


def relative_mae(actual: Floats, forecast: Floats, baseline: Floats) -> float:
    """Geometric mean over series of MAE / MAE of the baseline on the same outcomes.

    Parameters
    ----------
    actual, forecast, baseline : (series, ...) NaN where any of the three is unknown.

    Returns
    -------
    >= 0, no unit; lower is better, below 1 beats the baseline. A series whose baseline never
    errs has no ratio and is left out.
    """
    known = np.isfinite(actual) & np.isfinite(forecast) & np.isfinite(baseline)
    outcome = np.where(known, actual, np.nan)
    ratios = []
    for y, f, b in zip(outcome, forecast, baseline, strict=True):
        usual = mae(y, b)
        if usual > 0:
            ratios.append(max(mae(y, f) / usual, 1e-300))
    return float(np.exp(np.mean(np.log(ratios)))) if ratios else float("nan")


def _mean(x: Floats) -> float:
    """Mean of what is known; NaN of nothing."""
    known = x[np.isfinite(x)]
    return float(known.mean()) if known.size else float("nan")


@dataclass(frozen=True)
class _Table:
    """One model's forecasts of one series beside the published count; a row a forecast month."""

    cutoff: Ints
    horizon: Ints
    quantiles: Floats
    actual: Floats
    usual: Floats

    def where(self, chosen: np.ndarray) -> _Table:
        return _Table(
            self.cutoff[chosen],
            self.horizon[chosen],
            self.quantiles[chosen],
            self.actual[chosen],
            self.usual[chosen],
        )


def of_hindcasts(hindcasts: Iterable[Hindcast]) -> Iterator[StoredForecast]:
    """The part of hindcasts that is scored."""
    for h in hindcasts:
        quantiles = [h.quantiles[column] for column in _COLUMNS]
        yield StoredForecast(h.series, h.model, h.cutoff, h.horizon, quantiles)


def scores(
    stored: Iterable[StoredForecast],
    counts: Counts,
    first: str,
    basis: Basis,
    breaks: Sequence[Break],
) -> list[Score]:
    """Scores of every model and series, by horizon and by era.

    Parameters
    ----------
    stored : stored forecasts; those whose month is not published yet are passed over.
    counts : per series and month, as now current.
    first : first cutoff that is scored, "YYYY-MM".
    breaks : the known ones of these counts.
    """
    tables = _tables((s for s in stored if s.cutoff >= first), counts)
    rows = []
    for (key, model), table in tables.items():
        naive = tables.get((key, "naive"))
        for era, in_era in _eras(table, break_months(key.total, breaks)):
            for horizon in (ALL_HORIZONS, *HORIZONS):
                part = in_era
                if horizon != ALL_HORIZONS:
                    part = in_era.where(in_era.horizon == horizon)
                if len(part.actual):
                    relative = _relative(part, naive)
                    rows.append(_score(part, key, model, horizon, basis, era, relative))
    return rows


def _tables(
    stored: Iterable[StoredForecast], counts: Counts
) -> dict[tuple[SeriesKey, str], _Table]:
    rows: dict[tuple[SeriesKey, str], list[tuple[int, int, Sequence[int], int]]] = {}
    for forecast in stored:
        cutoff = months.to_index(forecast.cutoff)
        actual = counts[forecast.series].get(months.from_index(cutoff + forecast.horizon))
        if actual is not None:
            row = (cutoff, forecast.horizon, forecast.quantiles, actual)
            rows.setdefault((forecast.series, forecast.model), []).append(row)
    usual = {key: _usual_change(counts[key]) for key, _ in rows}
    return {(key, model): _table(group, usual[key]) for (key, model), group in rows.items()}


def _table(
    rows: Sequence[tuple[int, int, Sequence[int], int]], usual: Mapping[int, float]
) -> _Table:
    cutoff, horizon, quantiles, actual = zip(*sorted(rows, key=lambda r: r[:2]), strict=True)
    return _Table(
        np.array(cutoff),
        np.array(horizon),
        np.array(quantiles, dtype=float),
        np.array(actual, dtype=float),
        np.array([usual.get(c, np.nan) for c in cutoff]),
    )


def _usual_change(by_month: Mapping[str, int]) -> dict[int, float]:
    """Month -> mean |change on the year| up to it, by which MASE is scaled."""
    first, last = months.to_index(min(by_month)), months.to_index(max(by_month))
    span = map(months.from_index, range(first, last + 1))
    values = np.array([by_month.get(month, np.nan) for month in span])
    changes = np.abs(values[12:] - values[:-12])
    known = np.cumsum(np.isfinite(changes))
    means = np.cumsum(np.nan_to_num(changes)) / np.maximum(known, 1)
    return {first + 12 + i: float(mean) for i, mean in enumerate(means) if mean > 0}


def _eras(table: _Table, breaks: Ints) -> Iterator[tuple[str, _Table]]:
    """All rows, those of each cutoff year, those across a known break and the others."""
    yield ALL_CUTOFFS, table
    years = table.cutoff // 12
    for year in np.unique(years).tolist():
        yield str(year), table.where(years == year)
    across = crosses_break(breaks, table.cutoff, table.cutoff + table.horizon)
    yield ACROSS_BREAK, table.where(across)
    yield ACROSS_NONE, table.where(~across)


def break_months(total: str, breaks: Sequence[Break]) -> Ints:
    """Running numbers of the months of a total's known breaks."""
    dates = [months.to_index(each.date[:7]) for each in breaks if total in each.totals]
    return np.array(dates, dtype=np.int64)


def crosses_break(breaks: Ints, cutoff: Ints, month: Ints) -> np.ndarray:
    """(n,) whether a known break lies between a cutoff and a later month.

    breaks, cutoff, month : running numbers. A break in the cutoff's own month counts: that month is
    partly old, the ones after it are wholly new. So does one in the month forecast.
    """
    after = (cutoff[:, None] <= breaks) & (breaks <= month[:, None])
    return np.asarray(after.any(axis=1))


def _relative(table: _Table, naive: _Table | None) -> float | None:
    """MAE over naive's on the cutoffs and horizons that both answered."""
    if naive is None:
        return None
    _, here, there = np.intersect1d(_places(table), _places(naive), True, return_indices=True)
    if not len(here):
        return None
    baseline = mae(naive.actual[there], _quantile(naive, 0.5)[there])
    own = mae(table.actual[here], _quantile(table, 0.5)[here])
    return own / baseline if baseline > 0 else None


def _places(table: _Table) -> Ints:
    """(n,) a number for each cutoff and horizon, each once."""
    return table.cutoff * _FARTHER + table.horizon


def _score(
    table: _Table,
    key: SeriesKey,
    model: str,
    horizon: int,
    basis: Basis,
    era: str,
    relative: float | None,
) -> Score:
    errors = np.abs(table.actual - _quantile(table, 0.5))
    scaled = errors / table.usual
    known = np.isfinite(scaled)
    return Score(
        series=key,
        model=model,
        horizon=horizon,
        basis=basis,
        era=era,
        n=len(errors),
        log_wis=float(log_wis(table.actual, table.quantiles).mean()),
        wis=float(wis(table.actual, table.quantiles).mean()),
        mae=float(errors.mean()),
        mase=float(scaled[known].mean()) if known.any() else None,
        relative_mae=relative,
        coverage50=_covered(table, 0.25, 0.75),
        coverage80=_covered(table, 0.1, 0.9),
        coverage95=_covered(table, 0.025, 0.975),
    )


def _quantile(table: _Table, p: float) -> Floats:
    return np.asarray(table.quantiles[:, _PLACE[p]])


def _covered(table: _Table, low: float, high: float) -> float:
    return coverage(table.actual, _quantile(table, low), _quantile(table, high))
