"""Counts in whatever way people write them: 2527, "2,527", 2.527,0, NA, <5.

Whether a comma or a point begins the decimals is one question for a whole file. What its numbers
prove is taken; what they leave open is asked, not guessed: 2.527 is two and a half or two and a
half thousand.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import NamedTuple

from forecast.intake.tables.dates import CellValue

LARGEST = 1e15  # beyond it a float does not hold every integer
_MISSING = frozenset(
    (
        *("", "na", "n/a", "#n/a", "n.a.", "nan", "null", "none", "nd", "n.d.", "missing"),
        *("unknown", "suppressed", "not available", "not reported", "no data", "tbd", "pending"),
        *("-", "--", "---", "\u2013", "\u2014", ".", "..", "...", "\u2026", ":", "*", "**", "***"),
        *("s", "(s)", "x", "[x]", "(x)", "[c]", "(d)", "[z]"),
    )
)
_BELOW = re.compile(r"(?:<=?|\u2264|less than|under|fewer than) ?\d+", re.IGNORECASE)
_SPACES = re.compile(r"(?<=\d)[ \u00a0\u2009\u202f'\u2019](?=\d{3}(?!\d))")
_SHAPE = re.compile(r"\d+(?:[.,]\d+)*|[.,]\d+", re.ASCII)


class Marks(NamedTuple):
    """What the numbers of a file prove about their marks.

    decimal : "." or ",", or "" where nothing proves it and it matters.
    proof : a number that proves it, or one that leaves it open; "" where none has a mark.
    """

    decimal: str
    proof: str


def is_missing(cell: CellValue) -> bool:
    """Whether a cell says that nobody knows, or that a small count is withheld."""
    if isinstance(cell, float):
        return math.isnan(cell)
    if cell is None:
        return True
    if not isinstance(cell, str):
        return False
    text = cell.strip().casefold()
    return text in _MISSING or bool(_BELOW.fullmatch(text))


def is_number(cell: CellValue) -> bool:
    """Whether a cell is a number, of whatever sign and marks."""
    if isinstance(cell, str):
        return bool(_SHAPE.fullmatch(_plain(cell).strip("()-+\u2212")))
    return isinstance(cell, float) and not math.isnan(cell)


def marks(cells: Iterable[CellValue], separator: str) -> Marks:
    """What a file's numbers prove about their decimal mark.

    separator : between the file's columns. A comma inside quotes where commas separate columns
    is a thousands separator, as whoever separates columns by commas writes decimals by points.
    """
    proofs: dict[str, str] = {}
    open_: dict[str, str] = {}
    for cell in cells:
        text = _plain(cell) if isinstance(cell, str) else ""
        if not _SHAPE.fullmatch(text):
            continue
        decimal, proven = _proof(text)
        if decimal:
            (proofs if proven else open_).setdefault(decimal, cell.strip())  # type: ignore[union-attr]
    if len(proofs) == 1:
        return Marks(*next(iter(proofs.items())))
    if proofs:
        return Marks("", " and ".join(proofs.values()))
    if not open_:
        return Marks(".", "")
    if separator == "," and set(open_) == {","}:
        return Marks(".", open_[","])
    return Marks("", next(iter(open_.values())))


def number(cell: CellValue, decimal: str) -> float:
    """The count in a cell, which is not missing.

    Raises
    ------
    ValueError : what is wrong with it, and what to do.
    """
    if isinstance(cell, float):
        value = cell
    elif isinstance(cell, str):
        value = _parsed(cell, decimal)
    else:
        raise ValueError("a date, not a count; write the count")
    if value < 0:
        raise ValueError(
            "below 0; a count is at least 0. Correct it, or leave it blank if nobody knows it"
        )
    if not value <= LARGEST:
        raise ValueError(f"larger than {LARGEST:.0g}; correct it")
    return value


def _parsed(cell: str, decimal: str) -> float:
    text = _plain(cell)
    sign = 1
    if text[:1] in "-\u2212" or text.endswith("-") or re.fullmatch(r"\(.*\)", text):
        sign, text = -1, text.strip("()-\u2212 ")
    thousands = "," if decimal == "." else "."
    grouped = rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+"
    mark = re.escape(decimal)
    if not re.fullmatch(rf"(?:\d+|{grouped})(?:{mark}\d*)?|{mark}\d+", text, re.ASCII):
        raise ValueError(_unreadable(text, decimal))
    return sign * float(text.replace(thousands, "").replace(decimal, "."))


def _unreadable(text: str, decimal: str) -> str:
    if re.fullmatch(r"\d+(?:[.,]\d*)?e[+-]?\d+", text, re.IGNORECASE):
        return "digits are hidden behind an exponent; write the whole number"
    if text.endswith("%"):
        return "a percentage, not a count; give the count"
    if _SHAPE.fullmatch(text):
        name = "point" if decimal == "." else "comma"
        return f"its marks do not fit the other numbers, whose decimals begin with a {name}"
    return "not a number; write it as 1234, or leave it blank if nobody knows it"


def _proof(text: str) -> tuple[str, bool]:
    """The decimal mark that a number shows, and whether it proves it; "" where it has no mark."""
    found = [mark for mark in text if mark in ".,"]
    if not found:
        return "", False
    last = found[-1]
    other = "," if last == "." else "."
    if len(set(found)) == 2:
        return last, True
    if len(found) > 1:
        return other, True
    before, after = text.split(last)
    if len(after) == 3 and 1 <= len(before) <= 3 and before[0] != "0":
        return last, False
    return last, True


def _plain(cell: str) -> str:
    """Without spaces around it and between thousands."""
    return _SPACES.sub("", cell.strip())
