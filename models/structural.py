"""The structural grid: 120 local models with level, slope and season, averaged by evidence.

For calm, seasonal series. Each series weighs the points of the grid by how well they foretold it,
and by a prior: what the other series of its family found at the same column (see Harvey,
Forecasting, Structural Time Series Models and the Kalman Filter, 1989, ch. 4).
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from models import parameters as par
from models.base import Floats, Ints, Panel
from models.kalman import GRID, Filter, Gains, kalman_gains, responses
from models.onepass import (
    UNIT,
    PanelBlock,
    Sweep,
    blocks,
    family_numbers,
    in_units,
    put,
    silent,
    sweep,
)

# Series at a time: their states stay in the processor's cache. Always exactly so many, the last
# one repeated where there are fewer, so that matrix products have one shape and one order.
BLOCK = 96

LEAST_VARIANCE = 1e-8  # of a series that never errs
LONG = 160  # months from which the filter takes less time and memory than its responses


def sweep_under(prior: Floats, panel: Panel, h: int) -> Sweep:
    """The grid's paths from every column: a second pass, by what the first, `evidence`, has taught.

    prior : (families, months, grid) of `log_prior`.
    """
    gains = kalman_gains(panel.z.shape[1], h)
    return sweep(panel, h, BLOCK, partial(_course, gains=gains, prior=prior))


def paths_under(prior: Floats, panel: Panel, h: int) -> Floats:
    """(series, months, h) the paths of `sweep_under` alone."""
    gains, path = kalman_gains(panel.z.shape[1], h), np.full((*panel.z.shape, h), np.nan)
    for block in blocks(panel, BLOCK):
        paths = np.empty((*block.z.shape, h))
        for t, states, _, weight in _weighted(block, gains, prior):
            paths[:, t] = states.mean_path(t, h, weight)[: len(paths)]
        put(path, block, paths)
    return path


def evidence(panel: Panel) -> Ints:
    """(families, months, grid) sum over each family's series of their posteriors, in UNITs.

    The posteriors are those under a flat prior. The parts of a family may be added in any order.
    """
    families, months = int(family_numbers(panel).max(initial=0)) + 1, panel.z.shape[1]
    mass, quiet = np.zeros((families, months, len(GRID)), dtype=np.int64), silent(panel.seen)
    for block in blocks(panel.steady, BLOCK):
        for t, record in _foretold(block, months):
            # One month's posteriors of the series that have not ended.
            column = block.start + t
            live = (column < months) & ~quiet[block.rows, np.minimum(column, months - 1)]
            rows = np.flatnonzero(live)
            if not record.seen or not len(rows):
                continue
            family, column = block.family[rows], (column - block.behind)[rows]
            order = np.lexsort((column, family))
            family, column = family[order], column[order]
            first = np.flatnonzero(np.diff(family, prepend=-1) | np.diff(column, prepend=-1))
            units = in_units(record.weights(np.zeros((len(GRID), 1)))[:, rows[order]])
            mass[family[first], column[first]] += np.add.reduceat(units, first, axis=1).T
    return mass


def log_prior(mass: Ints) -> Floats:
    """(families, months, grid) each family's mean posterior, see `evidence`, drawn to flat."""
    # Before they are divided: a family of one series must keep most of the flat prior.
    weighted = mass * UNIT
    series = mass.sum(axis=-1, keepdims=True) * UNIT  # posteriors sum to one in each series
    return np.asarray(np.log((weighted + par.FLAT_PRIOR / len(GRID)) / (series + par.FLAT_PRIOR)))


class _GridRecord:
    """How well each point of the grid has foretold BLOCK series.

    squares : (grid, BLOCK) sum of squared standardised errors; seen : how many.
    log_variance : (grid,) sum of the logs of the errors' variances.
    """

    def __init__(self) -> None:
        self.squares = np.zeros((len(GRID), BLOCK))
        self.log_variance = np.zeros(len(GRID))
        self.seen = 0

    def add(self, t: int, error: Floats, known: Floats, gains: Gains) -> None:
        """Count month t's errors as evidence; error (grid, BLOCK) is used up.

        known : (BLOCK,) 0 where nobody knows the month. It still counts as seen, which all points
        of the grid share alike: the counts are the block's, not the series'.
        """
        if t < par.FIRST_EVIDENCE:
            return
        variance = gains.variance[:, t]
        error *= error
        error *= known
        error *= 1 / variance[:, None]
        self.squares += error
        self.log_variance += np.log(variance)
        self.seen += 1

    @property
    def sigma2(self) -> Floats:
        """(grid, BLOCK) each point's own estimate of sigma^2."""
        return self.squares / max(self.seen, 1) + LEAST_VARIANCE

    def weights(self, log_prior: Floats) -> Floats:
        """(grid, BLOCK) posterior for a log prior (grid, BLOCK or 1); equal at first."""
        if not self.seen:
            return np.full_like(self.squares, 1 / len(GRID))
        weight = np.log(self.sigma2)
        weight *= self.seen
        weight += self.log_variance[:, None]
        weight *= -0.5
        weight += log_prior
        weight -= weight.max(axis=0)
        np.exp(weight, out=weight)
        weight /= weight.sum(axis=0)
        return weight

    def growth(self, ahead: Floats, weight: Floats) -> Floats:
        """(BLOCK, h) spread of the h-step error relative to the first; ahead (grid, h)."""
        if not self.seen:
            return np.tile(np.sqrt(np.arange(1, ahead.shape[1] + 1)), (BLOCK, 1))
        variance = (weight * self.sigma2).T @ ahead
        return np.asarray(np.sqrt(variance / variance[:, :1]))


def _foretold(block: PanelBlock, months: int) -> Iterator[tuple[int, _GridRecord]]:
    """The record up to each month.

    months : of the panel, which decides how it is computed.
    """
    gains, record, padded = kalman_gains(months, 1), _GridRecord(), _padded(block.z)
    known = _padded(block.known.astype(float))
    if months < LONG:
        answers = responses(months)
        errors = (padded[t] - answers[t - 1] @ padded[:t] for t in range(1, len(padded)))
    else:
        errors = (states.error for t, states in _filtered(padded, gains) if t)
    yield 0, record
    for t, error in enumerate(errors, start=1):
        record.add(t, error, known[t], gains)
        yield t, record


def _padded(z: Floats) -> Floats:
    """(months, BLOCK) a block's series, the last one repeated."""
    return np.take(z, np.minimum(np.arange(BLOCK), len(z) - 1), axis=0).T.copy()


def _filtered(padded: Floats, gains: Gains) -> Iterator[tuple[int, Filter]]:
    """The filter's states after each month."""
    states = Filter(gains, padded[0])
    yield 0, states
    for t in range(1, len(padded)):
        states.step(t, padded[t])
        yield t, states


def _weighted(
    block: PanelBlock, gains: Gains, prior: Floats
) -> Iterator[tuple[int, Filter, _GridRecord, Floats]]:
    """After each month t: the states, the record, and the weights (grid, BLOCK)."""
    record, known = _GridRecord(), _padded(block.known.astype(float))
    everybody = np.minimum(np.arange(BLOCK), len(block.rows) - 1)
    for t, states in _filtered(_padded(block.z), gains):
        record.add(t, states.error, known[t], gains)
        # (grid, BLOCK) each series' prior at its own month t.
        column = np.minimum(block.start + t, prior.shape[1] - 1) - block.behind
        own = np.ascontiguousarray(prior[block.family, column][everybody].T)
        yield t, states, record, record.weights(own)


def _course(block: PanelBlock, h: int, *, gains: Gains, prior: Floats) -> Sweep:
    """Everything the grid says of one block under its families' priors."""
    count, months = block.z.shape
    path, growth = np.empty((2, count, months, h))
    for t, states, record, weight in _weighted(block, gains, prior):
        path[:, t] = states.mean_path(t, h, weight)[:count]
        growth[:, t] = record.growth(gains.ahead[:, t, :h], weight)[:count]
    return Sweep(path, growth)


def filled(panel: Panel) -> Panel:
    """The panel with what the grid expected in months that nobody knows.

    A month is filled from the months before it, so that nothing later has any part in it. The
    points of the grid weigh by the series' own errors.
    """
    gap = np.isnan(panel.z) & (np.arange(panel.z.shape[1]) > panel.start[:, None])
    rows = np.flatnonzero(gap.any(axis=1))
    if not len(rows):
        return panel
    # The caller's panel stays as it was read.
    z = panel.z.copy()
    gains, flat = kalman_gains(z.shape[1], 1), np.zeros((len(GRID), 1))
    for first in range(0, len(rows), BLOCK):
        part, record = rows[first : first + BLOCK], _GridRecord()
        start = panel.start[part]
        months = z.shape[1] - int(start.min())
        column = np.minimum(np.arange(months)[:, None] + start, z.shape[1] - 1)
        everybody = np.minimum(np.arange(BLOCK), len(part) - 1)
        states = Filter(gains, z[part, start][everybody])
        for t in range(1, months):
            expected = states.mean_path(t - 1, 1, record.weights(flat))[: len(part), 0]
            now = z[part, column[t]]
            known = np.isfinite(now)
            z[part, column[t]] = now = np.where(known, now, expected)
            states.step(t, now[everybody])
            record.add(t, states.error, known[everybody].astype(float), gains)
    return replace(panel, z=z, filled=gap)
