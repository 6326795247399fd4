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

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from forecast import months
from forecast.engine import NAIVE
from forecast.types import (
    HUB_PERMILLES,
    Basis,
    Break,
    Counts,
    Hindcasts,
    Row,
    ScoredForecast,
    SeriesKey,
)
from models.base import Floats, Ints

PROBS = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)
"""The quantiles of the main score: the median and the 50, 80, 90 and 95% intervals."""

HORIZONS = (1, 3, 6, 12)
ALL_HORIZONS = 0  # stored as the horizon of a score over all of them
ALL_CUTOFFS = "all"  # the era that is not one cutoff year
ACROSS_BREAK, ACROSS_NONE = "break", "no-break"  # eras by what lies between cutoff and month
_COLUMNS = [HUB_PERMILLES.index(round(p * 1000)) for p in PROBS]
_MIDDLE = PROBS.index(0.5)


def pinball(actual: Floats, quantiles: Floats, probs: Sequence[float]) -> Floats:
    """Quantile loss: p (y - q) where y >= q, (1 - p) (q - y) where y < q.

    actual : (...) what came.
    quantiles : (..., probs) forecasts, in the same unit.

    Returns (..., probs), >= 0, in the unit of actual; lower is better.
    """
    p = np.asarray(probs)
    over = actual[..., None] - quantiles
    return np.maximum(p * over, (p - 1) * over)


def wis(actual: Floats, quantiles: Floats, probs: Sequence[float] = PROBS) -> Floats:
    """Weighted interval score: twice the mean pinball loss over the quantiles.

    With K central intervals and the median it equals
    (|y - median| / 2 + sum of alpha_k / 2 * IS_k) / (K + 1/2).

    Returns (...), >= 0, in the unit of actual; lower is better.
    """
    return np.asarray(2 * pinball(actual, quantiles, probs).mean(axis=-1))


def log_wis(actual: Floats, quantiles: Floats) -> Floats:
    """WIS of log1p counts: the main score. Both arguments are counts, >= 0.

    Returns (...), >= 0; lower is better. A median off by 10% costs about .1 without any spread.
    """
    return wis(np.log1p(actual), np.log1p(quantiles))


ScoredColumns = dict[tuple[SeriesKey, str], Ints]
"""Series and model -> (n, 2 + PROBS) forecast months: cutoff, months ahead, counts at PROBS."""


def by_series(stored: Iterable[ScoredForecast], new: Iterable[Hindcasts] = ()) -> ScoredColumns:
    """Forecasts as columns; new hindcasts are added, or stand in the place of stored ones."""
    rows = defaultdict(list)
    for key, model, cutoff, horizon, counts in stored:
        rows[key, model].append((months.to_index(cutoff), horizon, *counts))
    columns = {of: np.array(values, dtype=np.int64) for of, values in rows.items()}
    for h in new:
        cutoffs = np.array(list(map(months.to_index, h.cutoffs)), dtype=np.int64)
        made = np.column_stack([cutoffs, h.horizons, h.counts[:, _COLUMNS]])
        earlier = columns.get((h.series, h.model), made[:0])
        others = earlier[~np.isin(earlier[:, 0], cutoffs)]
        columns[h.series, h.model] = np.concatenate([others, made])
    return columns


def scores(
    stored: ScoredColumns, counts: Counts, first: str, basis: Basis, breaks: Sequence[Break]
) -> Iterator[Row]:
    """Scores of every model and series, by horizon and by era, a row each.

    stored : forecasts; those whose month is not published yet are passed over. counts : as now
    current. first : cutoff that is scored, "YYYY-MM". breaks : the known ones of these counts.

    Returns n, forecast months; era, "all" or a span of cutoff months; log_wis and wis, on log1p
    counts and on counts; mae, in counts; mase, beside a usual change; relative_mae, over the naive
    model's on the same months, None where there is none; coverage50, 80 and 95, shares inside,
    0..1.
    """
    came: ScoredColumns = {}
    for (key, model), rows in stored.items():
        known = {months.to_index(month): count for month, count in counts[key].items()}
        actual = np.array([known.get(m, -1) for m in (rows[:, 0] + rows[:, 1]).tolist()])
        scored = (rows[:, 0] >= months.to_index(first)) & (actual >= 0)
        if scored.any():
            # Hindcasts and issued forecasts come in any order; means are taken in this one.
            order = np.lexsort((rows[scored, 1], rows[scored, 0]))
            came[key, model] = np.column_stack([rows, actual])[scored][order]
    usual = {key: _usual_change(counts[key]) for key in dict.fromkeys(key for key, _ in came)}
    for (key, model), rows in came.items():
        naive = came.get((key, NAIVE), rows[:0])
        # Once a series: each era and horizon is a mean over some of these rows.
        columns = _columns(rows, usual[key], naive)
        for era, in_era in _eras(rows, break_months(key.total, breaks)):
            for horizon in (ALL_HORIZONS, *HORIZONS):
                chosen = in_era & ((rows[:, 1] == horizon) | (horizon == ALL_HORIZONS))
                if chosen.any():
                    of = {"series": key, "model": model, "horizon": horizon, "basis": basis}
                    means = _means(columns.compress(chosen, axis=1))
                    yield {**of, "era": era, "n": int(chosen.sum()), **means}


def _means(columns: Floats) -> Row:
    """What a score says beside what it is of; columns : some of `_columns`."""
    log_wis, wis, mae, *inside = columns[:6].mean(axis=1).tolist()
    error, scaled, naive = columns[2], columns[6], columns[7]
    scaled, both = scaled[np.isfinite(scaled)], np.isfinite(naive)
    # Relative to naive on the cutoffs and horizons that both answered.
    baseline = float(naive[both].mean()) if both.any() else 0.0
    mase = float(scaled.mean()) if len(scaled) else None
    relative_mae = float(error[both].mean()) / baseline if baseline > 0 else None
    of_naive = {"mae": mae, "mase": mase, "relative_mae": relative_mae}
    covers = dict(zip(("coverage50", "coverage80", "coverage95"), inside, strict=True))
    return {"log_wis": log_wis, "wis": wis, **of_naive, **covers}


def _columns(rows: Ints, usual: Mapping[int, float], naive: Ints) -> Floats:
    """(8, n) log-WIS, WIS, |error|, whether inside 50, 80 and 95%, scaled |error|, naive's |error|.

    Of one model's forecasts of one series. rows, naive : (n, ...) as scored.
    """
    q, y = rows[:, 2:-1].astype(float), rows[:, -1].astype(float)
    error = np.abs(y - q[:, _MIDDLE])
    inside = [(q[:, at] <= y) & (y <= q[:, -1 - at]) for at in (3, 2, 0)]
    misses = np.abs(naive[:, -1] - naive[:, 2 + _MIDDLE])
    of_naive = dict(zip(map(tuple, naive[:, :2].tolist()), misses, strict=True))
    beside = [of_naive.get(of, np.nan) for of in map(tuple, rows[:, :2].tolist())]
    scaled = error / np.array([usual.get(at, np.nan) for at in rows[:, 0].tolist()])
    return np.array([log_wis(y, q), wis(y, q), error, *inside, scaled, beside], dtype=float)


def _usual_change(by_month: Mapping[str, int]) -> dict[int, float]:
    """Month -> mean |change on the year| up to it, by which MASE is scaled."""
    first, last = months.to_index(min(by_month)), months.to_index(max(by_month))
    span = map(months.from_index, range(first, last + 1))
    # On the year before: a season is no error of a naive forecast.
    values = np.array([by_month.get(month, np.nan) for month in span])
    changes = np.abs(values[12:] - values[:-12])
    known = np.cumsum(np.isfinite(changes))
    means = np.cumsum(np.nan_to_num(changes)) / np.maximum(known, 1)
    later = range(first, last + 1)[12:]
    return {at: float(mean) for at, mean in zip(later, means, strict=True) if mean > 0}


def _eras(rows: Ints, breaks: Ints) -> Iterator[tuple[str, np.ndarray]]:
    """All rows, those of each cutoff year, those across a known break and the others."""
    cutoff, horizon, *_ = rows.T
    yield ALL_CUTOFFS, np.ones(len(cutoff), dtype=bool)
    years = months.year(cutoff)
    for year in np.unique(years).tolist():
        yield str(year), years == year
    across = crosses_break(breaks, cutoff, cutoff + horizon)
    yield ACROSS_BREAK, across
    yield ACROSS_NONE, ~across


def break_months(total: str, breaks: Sequence[Break]) -> Ints:
    """Running numbers of the months of a total's known breaks."""
    dates = [months.to_index(event.date[:7]) for event in breaks if total in event.totals]
    return np.array(dates, dtype=np.int64)


def crosses_break(breaks: Ints, cutoff: Ints, month: Ints) -> np.ndarray:
    """(n,) whether a known break lies between a cutoff and a later month.

    breaks, cutoff, month : running numbers. A break in the cutoff's own month counts: that month is
    partly old, the ones after it are wholly new. So does one in the month forecast.
    """
    after = (cutoff[:, None] <= breaks) & (breaks <= month[:, None])
    return np.asarray(after.any(axis=1))
