"""Anybody's monthly counts: a CSV file of series, month, value -> series side by side.

Columns `series`, `month` (YYYY-MM) and `value`, in any order, and `family` where several kinds
of series share a file. Lines in any order; series may start and end in different months. A value
is plain decimal: 1234 or 12.5, no sign, no thousands separators, no exponent. A month that nobody
knows is a blank value or no line; it is not 0. More than MOST_MISSING of them in a row are taken
for a mistake.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from forecast import months
from forecast.errors import DataError, GapError, RowError
from forecast.intake.text import Text, read_text, rows
from models.base import Floats, Ints, Panel

REQUIRED = ("series", "month", "value")
FAMILY = "family"
ONE_FAMILY = "all"
MOST_BYTES = 1_000_000_000  # of a file: some 200,000 series of 74 months
MOST_MISSING = 24  # unknown months in a row, say a season that nobody counted, or two
LARGEST = 1e15  # beyond it a float does not hold every integer

_VALUE = re.compile(r"[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True)
class MonthlyCounts:
    """Monthly counts of any series, each aligned at its own last month.

    Attributes
    ----------
    names : (series,) as in the file, in the order of first appearance.
    family : (series,) whose errors a series shares at the gate and in the prior.
    values : (series, months) counts >= 0; NaN before a series starts and where nobody knows. The
        last column is known.
    last : (series,) month of the last column, as a running number (see `forecast.months`).
    """

    names: tuple[str, ...]
    family: NDArray[np.str_]
    values: Floats
    last: Ints

    @cached_property
    def length(self) -> Ints:
        """(series,) months each series has a value in."""
        return np.asarray(np.isfinite(self.values).sum(axis=1), dtype=np.int64)

    @cached_property
    def whole(self) -> NDArray[np.bool_]:
        """(series,) whether all values of a series are integers."""
        return np.asarray((np.nan_to_num(self.values) % 1 == 0).all(axis=1))

    @cached_property
    def panel(self) -> Panel:
        """The same on the scale of the models, log1p."""
        without_events = ((),) * len(self.names)
        return Panel(np.log1p(self.values), self.last, self.family, self.names, without_events)

    def some(self, chosen: NDArray[np.bool_]) -> MonthlyCounts:
        """Those series only; chosen (series,)."""
        names = tuple(name for name, keep in zip(self.names, chosen, strict=True) if keep)
        values = self.values[chosen]
        first = np.flatnonzero(np.isfinite(values).any(axis=0))
        values = values[:, first[0] if len(first) else values.shape[1] :]
        return MonthlyCounts(names, self.family[chosen], values, self.last[chosen])


def read_counts(path: Path) -> MonthlyCounts:
    """Read a file of monthly counts.

    Raises
    ------
    RowError : names line, column and value of what cannot be read, and of a second value for
        the same series and month.
    GapError : more than MOST_MISSING months in a row are missing inside a series.
    DataError, QuarantineError : no lines at all; a file that is no text table, or larger than
        MOST_BYTES.
    """
    text = read_text(path, MOST_BYTES)
    return _arranged(_parsed(text))


def from_columns(
    series: Iterable[str],
    month: Iterable[str],
    value: Iterable[float],
    family: Iterable[str] | None = None,
) -> MonthlyCounts:
    """The same from columns of equal length, say those of a table in memory.

    Parameters
    ----------
    series, month, value, family : (rows,) as in a file; value finite and >= 0, or NaN.

    Raises
    ------
    RowError, GapError, DataError : as in `read_counts`; lines are rows, the first is 1.
    """
    long = _Long("columns")
    names = zip(series, month, value, strict=True)
    families = iter(family) if family is not None else None
    for line, (name, when, what) in enumerate(names, start=1):
        if not (0 <= what <= LARGEST or math.isnan(what)):
            raise RowError("columns", line, "value", str(what), _problem(str(what)))
        long.add(line, name, when, float(what), next(families) if families else ONE_FAMILY)
    return _arranged(long)


class _Long:
    """Lines as they come: one entry a line, series and months as numbers."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.codes: dict[str, int] = {}
        self.families: list[str] = []
        self.line, self.code, self.month = array("q"), array("q"), array("q")
        self.value = array("d")

    def add(self, line: int, series: str, month: str, value: float, family: str) -> None:
        """Keep one line; RowError for a name, a month or a family that will not do."""
        code = self.codes.get(series)
        if code is None:
            code = self._new(line, series, family)
        if self.families[code] != family:
            problem = f"series {series!r} was in family {self.families[code]!r} before"
            raise RowError(self.source, line, FAMILY, family, problem)
        index = _month_index(month)
        if index is None:
            raise RowError(self.source, line, "month", month, "not a month; write it as YYYY-MM")
        self.line.append(line)
        self.code.append(code)
        self.month.append(index)
        self.value.append(value)

    def _new(self, line: int, series: str, family: str) -> int:
        for column, text in (("series", series), (FAMILY, family)):
            if not text:
                raise RowError(self.source, line, column, text, "no name")
        self.families.append(family)
        self.codes[series] = len(self.codes)
        return self.codes[series]


@lru_cache(maxsize=10_000)
def _month_index(month: str) -> int | None:
    try:
        return months.to_index(month)
    except ValueError:
        return None


def _parsed(text: Text) -> _Long:
    """Every line of a file; the header decides which field is which."""
    lines = rows(text)
    places = _header(text.name, *next(lines))
    width = len(places)
    at_series, at_month, at_value = (places[name] for name in REQUIRED)
    at_family = places.get(FAMILY)
    long = _Long(text.name)
    for line, fields in lines:
        if len(fields) != width:
            problem = f"{len(fields)} fields where the header has {width}"
            raise RowError(text.name, line, "", ",".join(fields), problem)
        value = fields[at_value].strip()
        if value and not _value_will_do(value):
            raise RowError(text.name, line, "value", fields[at_value], _problem(value))
        family = ONE_FAMILY if at_family is None else fields[at_family].strip()
        series, month = fields[at_series].strip(), fields[at_month].strip()
        long.add(line, series, month, float(value) if value else math.nan, family)
    return long


def _value_will_do(value: str) -> bool:
    return bool(_VALUE.fullmatch(value)) and len(value) <= 30 and float(value) <= LARGEST


def _header(source: str, line: int, fields: Sequence[str]) -> dict[str, int]:
    """Column -> its place; RowError unless there are the required ones and at most `family`."""
    names = [field.strip() for field in fields]
    places = {name: place for place, name in enumerate(names)}
    known = {*REQUIRED, FAMILY}
    if not set(REQUIRED) <= places.keys() <= known or len(places) < len(names):
        problem = "the columns must be series, month, value and, if wanted, family; with commas"
        raise RowError(source, line, "", ",".join(fields), problem)
    return places


def _problem(value: str) -> str:
    """What is wrong with a value, and what would be right."""
    if value.startswith("-"):
        return "negative; a count is at least 0"
    if "," in value:
        return "write it without thousands separators and with a decimal point"
    if _VALUE.fullmatch(value):
        return f"larger than {LARGEST:.0g}"
    return "not a number; write it as 1234 or 12.5"


def _arranged(long: _Long) -> MonthlyCounts:
    """Series side by side; refuses months that are there twice, and long gaps."""
    if not long.line:
        raise DataError(f"{long.source}: no lines below the header; nothing to forecast")
    names = tuple(long.codes)
    line, code, month = (np.asarray(x) for x in (long.line, long.code, long.month))
    order = np.lexsort((line, month, code))
    line, code, month = line[order], code[order], month[order]
    same = code[1:] == code[:-1]
    step = np.diff(month)
    _refuse_twice(long.source, names, line, code, month, same & (step == 0))
    value = np.asarray(long.value)[order]
    known = np.isfinite(value)
    _refuse_empty(long.source, names, code[known])
    code, month, value = code[known], month[known], value[known]
    same, step = code[1:] == code[:-1], np.diff(month)
    _refuse_gaps(long.source, names, code, month, same & (step > MOST_MISSING + 1))
    last, first = month[np.append(~same, True)], month[np.append(True, ~same)]
    width = int((last - first).max()) + 1
    values = np.full((len(names), width), np.nan)
    values[code, width - 1 - (last[code] - month)] = value
    return MonthlyCounts(names, np.array(long.families, dtype=np.str_), values, last)


def _refuse_twice(
    source: str, names: Sequence[str], line: Ints, code: Ints, month: Ints, twice: np.ndarray
) -> None:
    """RowError for the first line in the file that repeats a series' month."""
    again = np.flatnonzero(twice) + 1
    if len(again):
        at = again[np.argmin(line[again])]
        problem = f"series {names[code[at]]!r} has this month already, in line {line[at - 1]}"
        raise RowError(source, int(line[at]), "month", months.from_index(int(month[at])), problem)


def _refuse_empty(source: str, names: Sequence[str], code: Ints) -> None:
    """DataError for the first series that has no value in any month."""
    empty = np.flatnonzero(np.bincount(code, minlength=len(names)) == 0)
    if len(empty):
        raise DataError(
            f"{source}, series {names[empty[0]]!r}: no value in any month; leave it out"
        )


def _refuse_gaps(
    source: str, names: Sequence[str], code: Ints, month: Ints, gap: np.ndarray
) -> None:
    """GapError for the first series with long gaps; says how many more there are."""
    at = np.flatnonzero(gap)
    if len(at):
        broken = code[at]
        own = at[broken == broken[0]]
        others = len(np.unique(broken)) - 1
        more = f" (and {others} more series)" if others else ""
        raise GapError(f"{source}, series {names[broken[0]]}{more}", list(_between(month, own)))


def _between(month: Ints, at: Ints) -> Iterator[str]:
    """The months missing after each of these places, the first ones of a long gap."""
    for place in at.tolist():
        for index in range(
            int(month[place]) + 1, min(int(month[place + 1]), int(month[place]) + 9)
        ):
            yield months.from_index(index)
