"""What the one-pass models share: blocks aligned at their start, running sums and medians.

Series are aligned at their end, but a recursion runs from each series' own start. A block is a
set of series moved so that month 0 is everybody's first: inside it time is simply 0, 1, 2, ...
and everything is vectorised over its series.

No number may depend on which series share a block, not in its last bit: series are spread over
blocks, processes and machines as it suits. So what is added up over series is added as integers,
and what is summed along another axis is summed in an order that the number of series does not
change (matrix products of varying shape are not: the library picks an order for each shape).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from models import parameters as par
from models.base import Floats, Ints, Panel

Array = TypeVar("Array", Floats, Ints)

UNIT = 2.0**-40  # of what a family adds up: 8 million series of order 1 without overflow


class PanelBlock(NamedTuple):
    """Series side by side, each from its own first month on.

    rows : (k,) their rows in the panel, by start and family.
    family : (k,) numbers of their families, in the order of `family_numbers`.
    start : (k,) the column of their first month.
    behind : (k,) months by which they end before the last of their family.
    z : (k, months) log1p counts; after a series' end its last one, no NaN.
    known : (k, months) whether a month's count was known, see `Panel.known`.
    """

    rows: Ints
    family: Ints
    start: Ints
    behind: Ints
    z: Floats
    known: NDArray[np.bool_]


@dataclass(frozen=True)
class Sweep:
    """One pass over a panel, or over a block by months since each start: paths from every column.

    path : (series, months, h) median paths; NaN before a series starts.
    growth : (series, months, h) spread of the error relative to the first step, >= 1.
    """

    path: Floats
    growth: Floats


def sweep(panel: Panel, h: int, size: int, run: Callable[[PanelBlock, int], Sweep]) -> Sweep:
    """Run a one-pass model over every block of at most `size` series."""
    path = np.full((*panel.z.shape, h), np.nan)
    growth = np.full_like(path, np.nan)
    for block in blocks(panel, size):
        part = run(block, h)
        put(path, block, part.path)
        put(growth, block, part.growth)
    return Sweep(path, growth)


def put(out: Floats, block: PanelBlock, values: Floats) -> None:
    """Enter a block's (k, months, h), by months since each start, into (series, columns, h)."""
    for start in np.unique(block.start).tolist():
        same = block.start == start
        out[block.rows[same], start:] = values[same, : out.shape[1] - start]


def family_numbers(panel: Panel) -> Ints:
    """(series,) the number of each series' family, 0, 1, ..., in the order of their names."""
    return np.unique(panel.family, return_inverse=True)[1].astype(np.int64)


def blocks(panel: Panel, size: int) -> Iterator[PanelBlock]:
    """Cut a panel into blocks; a series without any value is in none."""
    family, start = family_numbers(panel), panel.start
    # By start: a block's series are padded to its oldest, so that they should be of an age.
    order = np.lexsort((family, start))
    rows = order[np.isfinite(panel.z[order, -1])]
    last = panel.z.shape[1] - 1
    behind = np.zeros_like(start) if panel.behind is None else panel.behind
    for cut in range(0, len(rows), size):
        part = rows[cut : cut + size]
        first = start[part]
        # From each series' first month on, its last one repeated.
        columns = np.minimum(np.arange(last + 1 - first.min()) + first[:, None], last)
        z = np.take_along_axis(panel.z[part], columns, axis=1)
        known = np.take_along_axis(panel.known[part], columns, axis=1)
        yield PanelBlock(part, family[part], first, behind[part], z, known)


def age(z: Floats) -> Ints:
    """(series, months) months since each series' first value; negative before it."""
    start = np.argmax(np.isfinite(z), axis=1)
    return np.asarray(np.arange(z.shape[1])[None, :] - start[:, None], dtype=np.int64)


def in_units(x: Floats) -> Ints:
    """Numbers as multiples of UNIT, rounded: their sum is exact, in whatever order."""
    return np.asarray(np.rint(x / UNIT).astype(np.int64))


def family_sums(x: Ints, family: Ints, families: int) -> Ints:
    """(families, ...) integers of each series added up by family.

    x : (series, ...). family : (series,) numbers of their families.
    """
    # np.add.at takes ten times as long.
    order = np.argsort(family, kind="stable")
    ordered = family[order]
    first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    out = np.zeros((families, *x.shape[1:]), dtype=np.int64)
    out[ordered[first]] = np.add.reduceat(x[order], first, axis=0, dtype=np.int64)
    return out


def on_calendar(x: Array, behind: Ints | None, fill: float) -> Array:
    """(series, columns, ...) with the same months of a family in the same column.

    Series are aligned at their own ends; here each is moved left by as many columns as it ends
    before the last of its family. What it shares is then of one month, and of none after it.
    """
    if behind is None:
        return x
    column, last = np.arange(x.shape[1]) + behind[:, None], x.shape[1] - 1
    moved = x[np.arange(len(x))[:, None], np.clip(column, 0, last)]
    moved[(column < 0) | (column > last)] = fill
    return np.asarray(moved)


def off_calendar(x: Floats, behind: Ints | None) -> Floats:
    """The same turned round: what stands in a month's column, in each series' own column of it."""
    return x if behind is None else on_calendar(x, -behind, np.nan)


def silent(z: Floats) -> NDArray[np.bool_]:
    """(series, months) whether a series has come to SILENT months of 0 in a row.

    Nothing is to be learned from it: that the last value foretells the next of such a series
    exactly says nothing of the others. Months that nobody knows end no such row.
    """
    quiet, row = np.zeros(z.shape, dtype=bool), np.zeros(len(z), dtype=np.int64)
    for t in range(z.shape[1]):
        row = np.where(z[:, t] == 0, row + 1, np.where(np.isnan(z[:, t]), row, 0))
        quiet[:, t] = row >= par.SILENT
    return quiet


def median(x: Floats) -> Floats:
    """Median along the last axis; NaN are passed over, and NaN is the median of nothing.

    Sorting is several times faster here than numpy's median, and raises no warning.
    """
    ordered = np.sort(x, axis=-1)
    count = np.isfinite(x).sum(axis=-1, keepdims=True)
    low = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=-1)
    high = np.take_along_axis(ordered, count // 2, axis=-1) if x.shape[-1] > 1 else low
    return np.asarray((low + high)[..., 0] / 2)


def running_median(x: Floats, window: int) -> Floats:
    """(series, months) median of the last `window` columns; 0 where all of them are NaN."""
    out, row = np.empty_like(x), np.arange(len(x))
    count = np.cumsum(np.isfinite(x), axis=1)
    count[:, window:] -= count[:, :-window].copy()
    for t in range(x.shape[1]):
        # NaN are sorted behind all others.
        ordered, n = np.sort(x[:, max(0, t - window + 1) : t + 1], axis=1), count[:, t]
        middle = ordered[row, np.maximum(n - 1, 0) // 2], ordered[row, n // 2]
        out[:, t] = (middle[0] + middle[1]) / 2
    return np.nan_to_num(out)


def discounted_sum(x: Floats, keep: float) -> Floats:
    """Running sum along the months (axis 1) in which the past fades by `keep` a month."""
    out = np.empty_like(x)
    total = np.zeros_like(x[:, 0])
    for t in range(x.shape[1]):
        total = keep * total + x[:, t]
        out[:, t] = total
    return out


def sum_in_order(x: Floats) -> Floats:
    """(k,) sums over the first axis, one after the other: numpy's order depends on k."""
    total = x[0]
    for row in x[1:]:
        total = total + row
    return np.asarray(total)
