"""The contract of a model.

A model is a frozen description; it holds options, no data. It answers one question: *standing
at each of these cutoffs and knowing nothing later, what is your median path?* All numbers are
on the scale z = log1p(count), so that a median path maps back with expm1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import compress
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Watched(NamedTuple):
    """What `models.waiting` made of a panel, each array (series, months).

    held : months taken for unknown: nobody is judged by them, and they teach nothing.
    moved : how far levels had moved, as known then.
    steady : z as models see it, moved back; in held months what was expected.
    """

    held: NDArray[np.bool_]
    moved: Floats
    steady: Floats

    def some(self, rows: Ints) -> Watched:
        """Only these series."""
        return Watched(self.held[rows], self.moved[rows], self.steady[rows])


@dataclass(frozen=True)
class Panel:
    """Series forecast together, each aligned at its own last month.

    z : (series, months) log1p counts; NaN before a series starts. The engine takes NaN after it
        for months nobody knows, and fills them before its models see them.
    last : (series,) the calendar month of the last column, as a running number (year * 12 +
        month - 1), so that last - (months - 1 - column) is the month of a column.
    family : (series,) whose errors a series shares at the gate and in the prior.
    names : one name a series, for messages.
    events : per series, (column, column from which it was known); columns may lie beyond the data.
    filled : (series, months) months whose z was filled in and teaches nothing; None for none.
    calm : whether all series are known not to break, so that the walk is not asked.
    jumps : whether counts of this kind are known to jump and stay, so that the walk leads where
        nothing speaks for either model.
    behind : (series,) months by which a series ends before the last of its family; None where
        all series of each family end together. See `onepass.on_calendar`.
    watched : of `waiting.watched`; None before it was asked.
    linear : (series,) whose z are values that may be below 0, and once all are in units of their
        own, whose z are not log1p counts; None for none. See `quantity`.
    """

    z: Floats
    last: Ints
    family: NDArray[np.str_]
    names: tuple[str, ...]
    events: tuple[tuple[tuple[int, int], ...], ...] = ()
    filled: NDArray[np.bool_] | None = None
    calm: bool = False
    jumps: bool = True
    behind: Ints | None = None
    watched: Watched | None = None
    linear: NDArray[np.bool_] | None = None

    @property
    def gaps(self) -> NDArray[np.bool_] | None:
        """(series, months) months that are in z and teach nothing; None for none."""
        if self.watched is None:
            return self.filled
        return self.watched.held if self.filled is None else self.filled | self.watched.held

    @property
    def steady(self) -> Panel:
        """The panel as models see it: at one level, and nothing new in held months."""
        if self.watched is None:
            return self
        return replace(self, z=self.watched.steady, filled=self.gaps, watched=None)

    @property
    def known(self) -> NDArray[np.bool_]:
        """(series, months) whether the count of a month is known."""
        known, gaps = np.isfinite(self.z), self.gaps
        return known if gaps is None else known & ~gaps

    @property
    def seen(self) -> Floats:
        """(series, months) z where it is known, else NaN: what a forecast can be judged by."""
        return self.z if self.gaps is None else np.where(self.known, self.z, np.nan)

    @property
    def issued(self) -> Floats:
        """`seen`, and what is held: forecasts are issued from there, though nobody takes it in."""
        return self.seen if self.watched is None else replace(self, watched=None).seen

    @property
    def start(self) -> Ints:
        """(series,) the first column with a value."""
        return np.asarray(np.argmax(np.isfinite(self.z), axis=1), dtype=np.int64)

    @property
    def missing(self) -> Ints:
        """(series, months) unknown months in a row up to each column, in a filled panel."""
        known, place = self.known | (self.gaps is None), np.arange(self.z.shape[1])
        latest = np.maximum.accumulate(np.where(known, place, 0), axis=1)
        return np.where(np.isfinite(self.z), place - latest, 0)

    def some(self, rows: Ints) -> Panel:
        """Only these series, the columns unchanged."""
        return replace(
            self,
            z=self.z[rows],
            last=self.last[rows],
            family=self.family[rows],
            names=tuple(self.names[row] for row in rows.tolist()),
            events=tuple(self.events[row] for row in rows.tolist()) if self.events else (),
            filled=None if self.filled is None else self.filled[rows],
            behind=None if self.behind is None else self.behind[rows],
            watched=None if self.watched is None else self.watched.some(rows),
            linear=None if self.linear is None else self.linear[rows],
        )


def stack(panels: Sequence[Panel]) -> Panel:
    """Several panels as one, each series still aligned at its own last month."""
    # Ends stand in one column: what is missing is in front.
    width = max(panel.z.shape[1] for panel in panels)
    z = [np.pad(p.z, ((0, 0), (width - p.z.shape[1], 0)), constant_values=np.nan) for p in panels]
    return Panel(
        z=np.concatenate(z),
        last=np.concatenate([panel.last for panel in panels]),
        family=np.concatenate([panel.family for panel in panels]),
        names=tuple(name for panel in panels for name in panel.names),
        calm=all(panel.calm for panel in panels),
        jumps=all(panel.jumps for panel in panels),
        behind=_stacked(panels, [p.behind for p in panels], np.int64),
        linear=_stacked(panels, [p.linear for p in panels], np.bool_),
    )


def _stacked(panels: Sequence[Panel], columns: Sequence[Any], kind: type) -> Any:
    """Join one column of several panels, zeros where one has none; None where none has it."""
    if all(column is None for column in columns):
        return None
    pairs = zip(panels, columns, strict=True)
    return np.concatenate([np.zeros(len(p.z), kind) if c is None else c for p, c in pairs])


class Failure(NamedTuple):
    """One fit that failed: which series, at which cutoff (column), and why.

    lasting : whether it would end the same way again, because its path was refused for what it is.
    """

    series: int
    origin: int
    reason: str
    lasting: bool = False


@dataclass(frozen=True)
class Paths:
    """What a model says at each cutoff.

    values : (series, origins, h) median of z at 1 .. h months after the cutoff; NaN where the
        series had fewer than min_months then, or the fit failed.
    failures : one entry a failed fit.
    """

    values: Floats
    failures: tuple[Failure, ...] = ()


class Model(Protocol):
    """What every model offers; see the module docstring."""

    @property
    def name(self) -> str:
        """The name it is stored under."""

    @property
    def min_months(self) -> int:
        """Months a series must have at a cutoff."""

    def paths(self, panel: Panel, origins: Ints, h: int) -> Paths:
        """Median paths; origins are ascending column indices, the last month seen."""


MOST_MISSING = 24  # unknown months in a row, say a season that nobody counted, or two
LEAST_KNOWN = 13  # known months: before, nothing is forecast, and the scale is found


@dataclass(frozen=True)
class Turned:
    """Series that are on another scale from a column on; row, column : (n,)."""

    row: Ints
    column: Ints


@dataclass(frozen=True)
class MonthlyCounts:
    """Monthly counts of any series, each aligned at its own last month.

    names : (series,) as in the file, in the order of first appearance.
    family : (series,) whose errors a series shares at the gate and in the prior.
    values : (series, months) counts >= 0; NaN before a series starts and where nobody knows. The
        last column is known.
    last : (series,) month of the last column, as a running number (see `forecast.months`).
    nested : (series,) what each is a part of and its name there, "" for all of it; or empty.
    jumps : whether they are known to jump and stay, see `Panel`.
    """

    names: tuple[str, ...]
    family: NDArray[np.str_]
    values: Floats
    last: Ints
    nested: tuple[tuple[str, str], ...] = ()
    jumps: bool = False

    @cached_property
    def length(self) -> Ints:
        """(series,) months each series has a value in."""
        return np.asarray(np.isfinite(self.values).sum(axis=1), dtype=np.int64)

    @property
    def first(self) -> Ints:
        """(series,) the first month each series has a value in, as `last` has the last."""
        blank = np.argmax(np.isfinite(self.values), axis=1)
        return np.asarray(self.last - self.values.shape[1] + 1 + blank)

    @cached_property
    def whole(self) -> NDArray[np.bool_]:
        """(series,) whether all values of a series are integers."""
        # Some series at a time: what copies a large table takes as much again.
        some = np.array_split(self.values, len(self.values) // 5000 + 1)
        return np.concatenate([(np.nan_to_num(part) % 1 == 0).all(axis=1) for part in some])

    @cached_property
    def panel(self) -> Panel:
        """The same on the scale of the models: log1p, of series with values below 0 as they are."""
        without_events = ((),) * len(self.names)
        linear = np.asarray((np.nan_to_num(self.values) < 0).any(axis=1))
        z = np.log1p(np.where(linear[:, None], 0, self.values))
        z = np.where(linear[:, None], self.values, z)
        of = self.last, self.family, self.names, without_events
        return Panel(z, *of, jumps=self.jumps, linear=linear if linear.any() else None)

    @cached_property
    def turned(self) -> Turned:
        """The series that first go below 0 when forecasts of them have been made, and when."""
        below = np.nan_to_num(self.values) < 0
        column = np.where(below.any(axis=1), below.argmax(axis=1), 0)
        before = np.arange(self.values.shape[1]) < column[:, None]
        row = np.flatnonzero((np.isfinite(self.values) & before).sum(axis=1) >= LEAST_KNOWN)
        return Turned(row, column[row])

    def with_turned(self) -> MonthlyCounts:
        """The same and, in rows after them, what `turned` were before, whose family they leave.

        A family was taught by counts, and what came later must not change what it was told.
        """
        row, column = self.turned.row, self.turned.column
        past = np.arange(self.values.shape[1]) < column[:, None]
        apart = self.family.astype(object)
        apart[row] = [f"{name} below 0" for name in np.array(self.names, dtype=object)[row]]
        return MonthlyCounts(
            (*self.names, *(self.names[of] for of in row.tolist())),
            np.concatenate([apart, self.family[row]]).astype(np.str_),
            np.concatenate([self.values, np.where(past, self.values[row], np.nan)]),
            np.concatenate([self.last, self.last[row]]),
            jumps=self.jumps,
        )

    def some(self, chosen: NDArray[np.bool_]) -> MonthlyCounts:
        """Those series only; chosen (series,)."""
        # Narrower where the others were older: columns of nothing cost time in every step.
        names = tuple(compress(self.names, chosen))
        values = self.values[chosen]
        first = np.flatnonzero(np.isfinite(values).any(axis=0))
        values = values[:, first[0] if len(first) else values.shape[1] :]
        nested = tuple(compress(self.nested, chosen))
        return MonthlyCounts(
            names, self.family[chosen], values, self.last[chosen], nested, self.jumps
        )
