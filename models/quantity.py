"""Kinds of quantity: on which scale a series is forecast, and where it ends.

| kind | values | scale |
|---|---|---|
| count | whole, at least 0 | log1p |
| amount | at least 0 | log1p, in a unit of its own |
| share | 0 to 1, or 0 to 100 | as an amount |
| difference | any: degrees, balances, net change | as it is, in units of its spread |

A source says its kind; of a table it is seen from the values, and from a name that says percent.
The scale of a series follows from its first 13 months: no later one changes what was said before.
One that goes below 0 later is forecast as a difference from then on: `MonthlyCounts.turned`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from models.base import LEAST_KNOWN, Floats, Ints, Panel

Kind = Literal["count", "amount", "share", "difference"]


@dataclass(frozen=True)
class Quantity:
    """What a series is of. low, high : where it ends. decimals : of its values, None for many."""

    kind: Kind
    low: float = -np.inf
    high: float = np.inf
    decimals: int | None = 0


MOST_DECIMALS = 6  # more are a quotient's
STEPS = 1e5  # of a unit in a usual value, at most
LINEAR = 60.0  # z of 0 where z is a value in units of its spread: there tails are not bent
_PERCENT = re.compile(r"%|\b(percent|per cent|percentage|pct|share|proportion)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Limits:
    """What is known of series at each column, each (series, months): see `Quantity`.

    decimals : MOST_DECIMALS + 1 for many.
    """

    low: Floats
    high: Floats
    decimals: Ints

    def kept(self, values: Floats, column: Ints) -> Floats:
        """Values (series, columns, ...) forecast at these columns, rounded and within bounds."""
        further = (1,) * (values.ndim - 2)
        decimals, low, high = (
            x[:, column].reshape(*values.shape[:2], *further)
            for x in (self.decimals, self.low, self.high)
        )
        step = 10.0**decimals
        rounded = np.where(decimals > MOST_DECIMALS, values, np.floor(values * step + 0.5) / step)
        return np.asarray(np.clip(rounded, low, high))


def limits_of(values: Floats, names: Sequence[str]) -> Limits:
    """Tell where series end by their values up to each column, NaN where unknown, and by names."""
    x, decimals = np.nan_to_num(values), np.zeros(values.shape, dtype=np.int64)
    for places in range(MOST_DECIMALS + 1):
        steps = x * 10.0**places
        more = np.abs(steps - np.rint(steps)) > 1e-9 * np.maximum(np.abs(steps), 1)
        if not more.any():
            break
        decimals += more
    decimals = np.maximum.accumulate(decimals, axis=1)
    most = np.maximum.accumulate(x, axis=1)
    below = np.minimum.accumulate(x, axis=1) < 0
    percent = np.array([bool(_PERCENT.search(name)) for name in names])[:, None]
    whole = np.where((most <= 1) & (decimals > 0), 1.0, 100.0)
    high = np.where(percent & (most <= 100) & ~below, whole, np.inf)
    return Limits(np.where(below, -np.inf, 0.0), high, decimals)


def quantity_of(values: Floats, name: str = "") -> Quantity:
    """Tell what a series is of by all its values, NaN where unknown, and by its name."""
    of = limits_of(values[None], [name])
    low, high, decimals = (x[0, -1].item() for x in (of.low, of.high, of.decimals))
    kind: Kind = "count" if decimals == 0 else "amount"
    kind = "difference" if low < 0 else "share" if high < np.inf else kind
    return Quantity(kind, low, high, decimals if decimals <= MOST_DECIMALS else None)


def in_own_units(panel: Panel, *, together: bool = False) -> tuple[Panel, Floats]:
    """A panel whose series are each in a unit of its own; (series,) units, negative where linear.

    Counts, and what is known to jump, stay as they are. together : whether all share one unit,
    because they add up.
    """
    unit = np.ones(len(panel.z))
    linear = np.zeros(len(unit), dtype=bool) if panel.linear is None else panel.linear
    if panel.jumps:
        return panel, unit
    known = np.isfinite(panel.z)
    early = known & (np.cumsum(known, axis=1) <= LEAST_KNOWN)
    x = np.where(linear[:, None], panel.z, np.expm1(np.where(linear[:, None], 0, panel.z)))
    for row in range(len(unit)):
        own = x[row, early[row]]
        if linear[row]:
            low, high = np.quantile(own, (0.1, 0.9)) if len(own) else (0.0, 1.0)
            unit[row] = -max(high - low, 1e-9 * np.abs(own).max(initial=1), 1e-12)
        elif (np.abs(own - np.rint(own)) > 1e-9 * (1 + own)).any():
            unit[row] = _unit(own)
    if together and (unit > 0).all():
        unit[:] = unit.min()
    moved = np.flatnonzero(unit != 1)
    if not len(moved):
        return panel, unit
    z, of = panel.z.copy(), unit[moved, None]
    value = x[moved] / np.abs(of)
    z[moved] = np.where(of < 0, LINEAR + value, np.log1p(np.maximum(value, 0)))
    return replace(panel, z=z, linear=unit != 1), unit


def _unit(own: Floats) -> float:
    """The step of a series' values, or a small part of a usual one."""
    usual = float(np.median(own[own > 0]))
    for decimals in range(10):
        steps = own * 10.0**decimals
        if (np.abs(steps - np.rint(steps)) <= 1e-6 * np.maximum(steps, 1)).all():
            return max(10.0**-decimals, usual / STEPS)
    return usual / STEPS


def from_units(z: Floats, unit: Floats) -> Floats:
    """Values of z; unit broadcasts."""
    of = np.abs(unit)
    return np.asarray(np.where(unit < 0, (z - LINEAR) * of, np.expm1(np.minimum(z, LINEAR)) * of))
