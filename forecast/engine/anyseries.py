"""The engine on any monthly counts: an analyst's own series, any number of them.

    from forecast.engine.anyseries import forecast_counts
    from forecast.tables.read import read_table

    said = forecast_counts(read_table(path).counts, h=18)
    values = said.values(slice(0, 10))   # (10, 1, 18, 23): the hub's quantiles of ten series

The same engine as for the totals, with the same configuration. Nothing after a cutoff has any
part in its hindcast.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from forecast import months
from forecast.engine import ENGINE, scores
from forecast.engine import parameters as par
from forecast.engine.blocks import Scratch, Spread, Task, keep_panel, learn, serial
from forecast.engine.forecast import BURN_IN, HUB, INTERVAL_PROBS, INTERVALS, forecast
from forecast.engine.predictive import Predictive, TotalRows, joined
from forecast.engine.refit import engine_forecasts
from forecast.engine.refits import Refitting
from forecast.errors import DataError, ShortSeriesError
from forecast.types import Forecast, SeriesKey
from models.base import Floats, Ints, MonthlyCounts
from models.quantity import limits_of

YOUNG, SHORTEST = par.FIRST_ERROR + par.LEAST_ERRORS, par.FIRST_YOUNG
"""Months from which a series is forecast in full; and at all, unless it is known to jump."""
TOGETHER = 32  # series whose quantiles are computed at a time: they stay in the processor's cache
SCORED = [HUB.index(p) for p in scores.PROBS]  # their places among the hub's
MIDDLE = scores.PROBS.index(0.5)


@dataclass(frozen=True)
class SeriesForecasts:
    """What one model says of a set of series, at their ends and at earlier cutoffs.

    counts : the series.
    back : (cutoffs,) how many months before a series' last month each cutoff is, ascending in
        time: ..., 2, 1, 0.
    predictive : (series, cutoffs, h) distributions on log1p counts; NaN where there is none.
    """

    counts: MonthlyCounts
    back: Ints
    predictive: Predictive

    @property
    def known(self) -> np.ndarray:
        """(series, cutoffs) whether there is a forecast."""
        return np.asarray(np.isfinite(self.predictive.sigma))

    def values(self, rows: slice, probs: Sequence[float] = HUB) -> Floats:
        """(series, cutoffs, h, probs) quantiles of some series in their own unit.

        With as many decimals as their values had by then, and within their bounds, see
        `models.quantity`; NaN where there is no forecast. The default are the hub's 23.
        """
        first, last, _ = rows.indices(len(self.counts.names))
        values = np.empty((last - first, *self.predictive.centre.shape[1:], len(probs)))
        for at in range(first, last, TOGETHER):
            some = slice(at, min(at + TOGETHER, last))
            part = self.some(some)
            limits = limits_of(part.counts.values, part.counts.names)
            column = part.counts.values.shape[1] - 1 - part.back
            within = limits.kept(part.predictive.values(probs), column)
            values[some.start - first : some.stop - first] = within
        return values

    def some(self, rows: slice) -> SeriesForecasts:
        """Only some of the series."""
        counts = self.counts
        part = MonthlyCounts(
            counts.names[rows], counts.family[rows], counts.values[rows], counts.last[rows]
        )
        return SeriesForecasts(part, self.back, self.predictive.of(rows))

    def ends(self) -> SeriesForecasts:
        """Only the forecasts from each series' end."""
        return SeriesForecasts(self.counts, self.back[-1:], self.predictive.at(self.back == 0))

    def hindcasts(self) -> SeriesForecasts:
        """Only the earlier cutoffs."""
        past = self.back > 0
        return SeriesForecasts(self.counts, self.back[past], self.predictive.at(past))


def needed(counts: MonthlyCounts) -> int:
    """Months that a series of these counts must have."""
    return YOUNG if counts.jumps else SHORTEST


def young(counts: MonthlyCounts) -> list[str]:
    """What is said of each series that is forecast before its season can be known."""
    lengths = zip(counts.names, counts.length.tolist(), strict=True)
    return [
        f"{name}: {known} months, too few to know a season: its intervals are wide"
        for name, known in lengths
        if known < YOUNG
    ]


def long_enough(counts: MonthlyCounts) -> tuple[MonthlyCounts, list[ShortSeriesError]]:
    """The series the engine can forecast, and why it cannot forecast the others.

    Short ones are left out altogether, and have no part in their family's verdict either.
    ShortSeriesError if none is long enough.
    """
    length, least = counts.length, needed(counts)
    # Left out and named: a series of less would teach its family noise.
    each = zip(counts.names, length.tolist(), strict=True)
    short = [ShortSeriesError(name, known, least) for name, known in each if known < least]
    if len(short) == len(counts.names):
        raise short[0]
    return counts.some(length >= least) if short else counts, short


def forecast_counts(
    counts: MonthlyCounts,
    h: int,
    *,
    hindcasts: int = 0,
    totals: TotalRows | None = None,
    spread: Spread = serial,
) -> SeriesForecasts:
    """Forecast every series from its last month, and from earlier ones if asked.

    counts : the series; see `long_enough`.
    h : months ahead.
    hindcasts : how many earlier cutoffs, one a month before each series' end; a series too
        short at a cutoff has none there.
    totals : row of a total -> rows of its parts, see `totals_of`.
    spread : where blocks of series are computed; see `forecast.engine.blocks`.
    """
    models = forecast_models(counts, (ENGINE,), h, hindcasts, totals=totals, spread=spread)
    return models[ENGINE]


def forecast_models(
    counts: MonthlyCounts,
    models: Sequence[str],
    h: int,
    hindcasts: int = 0,
    *,
    totals: TotalRows | None = None,
    spread: Spread = serial,
    refitting: Refitting | None = None,
) -> dict[str, SeriesForecasts]:
    """The same by each of these models, with intervals from its own past errors.

    refitting : how refit models come to their paths, which takes seconds a series.
    """
    end, every = counts.values.shape[1] - 1, counts.with_turned()
    back = np.arange(min(hindcasts, end), -1, -1, dtype=np.int64)
    forecasts = forecast(
        every.panel,
        every.names,
        models,
        end - back,
        h,
        first_refit=end - hindcasts - BURN_IN,
        totals=totals,
        spread=spread,
        refitting=refitting,
    )
    by_model = forecasts.predictive.items()
    turned = {name: of.as_turned(counts.turned, forecasts.origins[name]) for name, of in by_model}
    return {name: SeriesForecasts(counts, back, of) for name, of in turned.items()}


def totals_of(counts: MonthlyCounts, names: Sequence[str]) -> dict[int, tuple[int, ...]]:
    """Row of each total -> rows of its parts: the other series of its family.

    DataError if no series has that name, it is alone in its family, or it does not end in the month
    in which its parts do.
    """
    totals: dict[int, tuple[int, ...]] = {}
    for name in names:
        if name not in counts.names:
            raise DataError(f"--total {name}: no such series; write its name as in the file")
        row = counts.names.index(name)
        parts = [int(p) for p in np.flatnonzero(counts.family == counts.family[row]) if p != row]
        if not parts:
            raise DataError(f"--total {name}: no other series is of its family")
        late = [counts.names[p] for p in parts if counts.last[p] != counts.last[row]]
        if late:
            raise DataError(f"--total {name}: {late[0]} does not end in the same month")
        totals[row] = tuple(parts)
    return totals


def sums_of(counts: MonthlyCounts) -> dict[str, int]:
    """Series that are the sum of all others of their family in every month -> how many those are.

    To a thousandth of the sum, or as far as counts rounded to 5 or 10 may miss it, see `rounding`.
    Where a part is missing, nothing can be said of the month.
    """
    sums = {}
    for family in np.unique(counts.family):
        rows = np.flatnonzero(counts.family == family)
        # Of two series each could be the sum of the other.
        if len(rows) < 3 or len(set(counts.last[rows].tolist())) > 1:
            continue
        values = counts.values[rows]
        total = values.sum(axis=0)
        whole = np.isfinite(total)
        if whole.sum() < YOUNG:
            continue
        # The largest alone can be the sum of the others, all being at least 0.
        top = int(np.argmax(values[:, whole].sum(axis=1)))
        own = values[top, whole]
        # Rounding is small beside the sum, or anything would be one.
        slack = np.maximum(np.maximum(own, 1) / 1000, np.minimum(rounding(values), own / 20))
        if (np.abs(total[whole] - 2 * own) <= slack).all() and own.any():
            sums[counts.names[rows[top]]] = len(rows) - 1
    return sums


def rounding(values: Floats) -> float:
    """By how much rounded counts may miss a sum of them; 0 where they are to the unit.

    values : (series, months) the parts and their sum. Each is off by half a step at most.
    """
    known = values[np.isfinite(values)]
    if (known % 1).any():
        return 0.0
    step = int(np.gcd.reduce(known.astype(np.int64))) if len(known) else 0
    return len(values) * step / 2 if step > 1 else 0.0


def drawn_rows(forecasts: SeriesForecasts, row: int) -> tuple[dict[str, int], list[Forecast]]:
    """A series' counts by month and its forecast from its end; [] without one."""
    counts, back = forecasts.counts, np.arange(forecasts.counts.values.shape[1])[::-1]
    last = int(counts.last[row])
    digits = None if counts.whole[row] else 1  # None makes a count whole
    counted: dict[str, Any] = {
        months.from_index(last - ago): round(value, digits)
        for ago, value in zip(back.tolist(), counts.values[row].tolist(), strict=True)
        if math.isfinite(value)
    }
    if not forecasts.known[row, -1]:
        return counted, []
    values = forecasts.values(slice(row, row + 1), INTERVAL_PROBS)[0, -1]
    key, cutoff, ahead = SeriesKey(counts.names[row]), months.from_index(last), []
    for step, of_month in enumerate(values.tolist(), start=1):
        month = months.from_index(last + step)
        ends: Any = {n: round(v, digits) for n, v in zip(INTERVALS, of_month, strict=True)}
        ahead.append(Forecast(key, ENGINE, cutoff, month, month, **ends))
    return counted, ahead


def least_predictable(forecasts: SeriesForecasts, many: int = 3) -> list[tuple[str, float]]:
    """The series whose last forecast is least certain, and by what factor a month ahead may miss.

    The factor is exp of the one-step scale of past errors: about two months in three lie within.
    """
    sigma = forecasts.predictive.sigma[:, -1]
    order = [row for row in np.argsort(-sigma, kind="stable").tolist() if np.isfinite(sigma[row])]
    return [(forecasts.counts.names[row], math.exp(sigma[row])) for row in order[:many]]


def series_scores(hindcasts: SeriesForecasts, quantiles: Floats) -> Floats:
    """(series, 5) what each series' hindcasts are worth.

    How many months came, the sum of their log-WIS, how many lay inside the 80 and the 95%
    interval, and the log of MAE / naive's MAE (NaN without).

    quantiles : (series, cutoffs, h, scores.PROBS) in the series' own unit.
    """
    scored, months = [np.empty((0, 5))], hindcasts.counts.values.shape[1]
    origins = months - 1 - hindcasts.back
    target = origins[:, None] + np.arange(1, quantiles.shape[2] + 1)
    # Some series at a time: what stands between would be several times the quantiles.
    for first in range(0, len(quantiles), TOGETHER):
        values, q = (x[first : first + TOGETHER] for x in (hindcasts.counts.values, quantiles))
        came = values[:, np.minimum(target, months - 1)]
        actual = np.where(target < months, came, np.nan)
        last, median = values[:, origins, None], q[..., MIDDLE]
        known = np.isfinite(actual) & np.isfinite(median) & np.isfinite(last)
        parts = (
            scores.log_wis(actual, q),
            (q[..., 2] <= actual) & (actual <= q[..., -3]),
            (q[..., 0] <= actual) & (actual <= q[..., -1]),
            np.abs(actual - median),
            np.abs(actual - last),
        )
        # One series after the other: what is summed must not depend on the series beside it.
        sums = [[float(x[row][known[row]].sum()) for x in parts] for row in range(len(known))]
        wis, inside80, inside95, own, naive = np.array(sums).T
        # A last value that never errs has no ratio, or one such series would rule the mean.
        usual = np.where(naive > 0, naive, np.nan)
        ratio = np.log(np.maximum(own / usual, 1e-300))
        scored.append(np.stack([known.sum(axis=(1, 2)), wis, inside80, inside95, ratio], axis=1))
    return np.concatenate(scored)


class HindcastQuality(NamedTuple):
    """How good hindcasts were over all series and horizons, called as the record's scores are.

    n : forecast months that had come. log_wis, coverage80, coverage95 : means over them.
    relative_mae : geometric mean over series of MAE / naive's. NaN where there is none.
    """

    n: int
    log_wis: float = math.nan
    relative_mae: float = math.nan
    coverage80: float = math.nan
    coverage95: float = math.nan


def quality(scores: Sequence[Floats]) -> HindcastQuality:
    """Return how good hindcasts were; scores : of `series_scores`, some series at a time."""
    rows = np.concatenate(scores)
    n = int(rows[:, 0].sum())
    if not n:
        return HindcastQuality(0)
    ratios = rows[np.isfinite(rows[:, 4]), 4]
    relative = math.exp(math.fsum(ratios) / len(ratios)) if len(ratios) else math.nan
    inside80, inside95 = (float(rows[:, column].sum() / n) for column in (2, 3))
    return HindcastQuality(n, math.fsum(rows[:, 1]) / n, relative, inside80, inside95)


@dataclass(frozen=True)
class PartedCounts:
    """Counts of a set in parts, in a scratch folder, without series too short to forecast.

    sizes : series of each part. width : columns that a panel of any of them has; see
    `blocks.Task.on_calendar`. whole : whether all values are integers. spanning : families that
    stand in several parts, in order; newest : the last month that any series of each has.
    """

    scratch: Scratch
    sizes: tuple[int, ...]
    width: int
    whole: bool
    spanning: np.ndarray
    newest: Ints

    def counts(self, part: int) -> MonthlyCounts:
        """A part's series, as wide as the widest part's."""
        counts: MonthlyCounts = self.scratch.value("counts", part)
        missing = self.width - counts.values.shape[1]
        values = np.pad(counts.values, ((0, 0), (missing, 0)), constant_values=np.nan)
        return replace(counts, values=values)


def kept_parts(
    parts: Iterable[tuple[str, MonthlyCounts]], scratch: Scratch, left_out: list[ShortSeriesError]
) -> PartedCounts:
    """Go through all parts once and keep their series.

    parts : name and series of each. left_out : gets the series that are too short. DataError if a
    series stands in two parts, or none is long enough.
    """
    sizes: list[int] = []
    families: dict[str, tuple[int, int, int]] = {}  # first part, last month, months before month 0
    spanning: set[str] = set()
    seen = np.empty(0, dtype=np.int64)  # 8 bytes stand for a name
    width, whole = 0, True
    for part, (name, counts) in enumerate(parts):
        # By hashes: of a million names two share one in a case of 37 million.
        hashes = np.array(list(map(hash, counts.names)), dtype=np.int64)
        again = np.flatnonzero(np.isin(hashes, seen))
        if len(again):
            raise DataError(
                f"{name}: series {counts.names[again[0]]!r} is in an earlier part too; "
                "put all months of a series into one part"
            )
        seen = np.concatenate([seen, hashes])
        try:
            counts, short = long_enough(counts)
        except ShortSeriesError:
            short = [
                ShortSeriesError(series, months, needed(counts))
                for series, months in zip(counts.names, counts.length.tolist(), strict=True)
            ]
            counts = counts.some(np.zeros(len(counts.names), dtype=bool))
        left_out += short
        # As read: a table is read only once.
        scratch.keep("counts", part, counts)
        sizes.append(len(counts.names))
        if not sizes[-1]:
            continue
        columns = Task(counts.panel, np.empty(0, dtype=np.int64), 0).on_calendar.panel.z.shape[1]
        width, whole = max(width, columns), whole and bool(counts.whole.all())
        before = counts.values.shape[1] - counts.panel.start - counts.last
        by_series = (x.tolist() for x in (counts.family, counts.last, before))
        for family, last, room in zip(*by_series, strict=True):
            first, newest, most = families.get(family, (part, last, room))
            families[family] = first, max(newest, last), max(most, room)
            if first != part:
                spanning.add(family)
    if not sum(sizes):
        raise DataError("no series is long enough to forecast; at least 13 months are needed")
    shared = sorted(spanning)
    # A family has as many columns as its longest series would need if it ended with the last.
    width = max([width, *(sum(families[family][1:]) for family in shared)])
    ends = np.array([families[family][1] for family in shared], dtype=np.int64)
    return PartedCounts(scratch, tuple(sizes), width, whole, np.array(shared), ends)


def forecast_parts(
    parted: PartedCounts, h: int, *, hindcasts: int, spread: Spread
) -> Iterator[SeriesForecasts]:
    """The forecasts of each part, in order; see `forecast.engine.anyseries.forecast_counts`."""
    back = np.arange(min(hindcasts, parted.width - 1), -1, -1, dtype=np.int64)
    origins = parted.width - 1 - back
    numbers: dict[int, Ints] = {}
    for part in range(len(parted.sizes)):
        panel = parted.counts(part).with_turned().panel
        rows = np.flatnonzero(np.isin(panel.family, parted.spanning))
        if len(rows):
            panel = panel.some(rows)
            numbers[part] = np.searchsorted(parted.spanning, panel.family)
            late = parted.newest[numbers[part]] - panel.last
            panel = replace(panel, behind=late if late.any() else None)
            keep_panel(parted.scratch, part, panel)
            task = Task(panel, origins, h)
    if numbers:
        learn(task, parted.scratch, numbers, spread)
    for part in range(len(parted.sizes)):
        counts = parted.counts(part)
        every = counts.with_turned()
        shared = np.isin(every.family, parted.spanning)
        own, together = np.flatnonzero(~shared), np.flatnonzero(shared)
        predictives = parted.scratch.value("said", part) if len(together) else []
        if len(own) or not predictives:
            panel = every.panel.some(own)
            predictives = [*predictives, engine_forecasts(panel, origins, h, spread=spread)]
        back_in_order = np.argsort(np.concatenate([together, own]))
        predictive = joined(predictives).of(back_in_order).as_turned(counts.turned, origins)
        yield SeriesForecasts(counts, back, predictive)
