"""Which parts moved the whole: a total's deviation, divided over the members of a dimension.

    contribution = published - expected

A part's expected count is its own forecast from the flag's cutoff, or its last count where it is
too young for one. All are scaled so that they sum to the total's median. Whole numbers by largest
remainder, and what parts and total differ by stands in its own row, so that the contributions of
a dimension sum exactly to the total's deviation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecast.engine import reconcile
from forecast.types import Driver, SeriesKey


@dataclass(frozen=True, slots=True)
class Part:
    """One member in the flagged month: expected count (not yet scaled, >= 0) and published."""

    member: SeriesKey
    expected: float
    value: int


@dataclass(frozen=True, slots=True)
class Whole:
    """The total's flag: its median and what was published."""

    series: SeriesKey
    month: str
    expected: int
    value: int


def drivers(whole: Whole, dimension: str, parts: Sequence[Part], complete: bool) -> list[Driver]:
    """The contributions of a dimension's members, the unattributed last.

    Parameters
    ----------
    complete : whether the parts held make up the whole. If they do not (one component is
        published over a longer span), they are not scaled up to it, and the unattributed row
        holds the rest.
    """
    flag = whole.series, whole.month
    if not parts:
        return [Driver(flag, dimension, "not held")]
    shares = np.array([part.expected for part in parts])
    short = not complete and shares.sum() < whole.expected
    expected = apportioned(shares, round(shares.sum()) if short else whole.expected)
    rows = [
        _driver(flag, dimension, "part", part.member, share, part.value)
        for part, share in zip(parts, expected, strict=True)
        if share or part.value
    ]
    rest = whole.expected - sum(expected)
    published = whole.value - sum(part.value for part in parts)
    if rest or published or not rows:
        rows.append(_driver(flag, dimension, "unattributed", None, rest, published))
    return rows


def _driver(
    flag: tuple[SeriesKey, str],
    dimension: str,
    role: str,
    member: SeriesKey | None,
    expected: int,
    value: int,
) -> Driver:
    return Driver(
        flag,
        dimension,
        "part" if role == "part" else "unattributed",
        member,
        expected,
        value,
        value - expected,
    )


def apportioned(shares: np.ndarray, total: int) -> list[int]:
    """Whole numbers in proportion to the shares that sum to `total`, by largest remainder.

    All zero where the shares are. Ties go to the first.
    """
    if shares.sum() <= 0:
        return [0] * len(shares)
    whole = reconcile.rounded(shares / shares.sum() * total, total)
    return [int(count) for count in whole]
