"""Counts in whatever way people write them: 2527, "2,527", 2.527,0, NA, <5.

Whether a comma or a point begins the decimals is one question for a whole file. What its numbers
prove is taken; what they leave open is asked, not guessed: 2.527 is two and a half or two and a
half thousand.
"""

import math
import re
from collections.abc import Iterable
from functools import lru_cache

from forecast.tables.dates import CellValue, without_footnote
from forecast.tables.workbook import NO_RESULT

_SEVERAL = 2  # different numbers of a column that all have a point
LARGEST = 1e15  # beyond it a float does not hold every integer
_MISSING = frozenset(
    (
        *("", "na", "n/a", "#n/a", "n.a.", "nan", "null", "none", "nd", "n.d.", "missing"),
        *("unknown", "suppressed", "not available", "not reported", "no data", "tbd", "pending"),
        *("-", "--", "---", "\u2013", "\u2014", ".", "..", "...", "\u2026", ":", "*", "**", "***"),
        *("s", "(s)", "x", "[x]", "(x)", "[c]", "(d)", "[z]", "?", "(na)", "[na]"),
        *("n/d", "n/r", "not applicable", "not collected", "no report", "did not report"),
        *("withheld", "redacted", "#ref!", "#div/0!", "#value!", "#num!", "#name?", "#null!"),
    )
)
_BELOW = re.compile(r"(?:<=?|\u2264|less than|under|fewer than) ?\d+", re.IGNORECASE)
# A small count that is not told: 1-4, 0 to 10, 3 (suppressed).
_WITHHELD = re.compile(
    r"[01] ?(?:-|\u2013|to) ?(?:[2-9]|1\d|20)|.*\((?:suppressed|withheld|redacted)\)"
)
_FLAGGED = re.compile(r"[:.] ?[a-z@]{1,3}")  # as Eurostat has it: ": c"
_SPACES = re.compile(r"(?<=\d)[ \u00a0\u2009\u202f'\u2019](?=\d{3}(?!\d))")
_SHAPE = re.compile(r"\d+(?:[.,]\d+)*|[.,]\d+", re.ASCII)
_EXPONENT = re.compile(r"(\d)(?:[.,](\d*))?e([+-]?)(\d+)", re.IGNORECASE | re.ASCII)


def is_missing(cell: CellValue) -> bool:
    """Whether a cell says that nobody knows, or that a small count is withheld."""
    if isinstance(cell, float):
        return math.isnan(cell)
    if cell is None:
        return True
    if not isinstance(cell, str):
        return False
    text = cell.strip().casefold()
    return text in _MISSING or any(form.fullmatch(text) for form in (_BELOW, _WITHHELD, _FLAGGED))


def stand_in(numbers: Iterable[float]) -> float:
    """The number that stands for a missing one, -99 or -999.9; NaN if none does.

    Nines alone, below 0, and far from every other number that is.
    """
    below = sorted({value for value in numbers if value < 0})
    nines = bool(below) and re.fullmatch(r"-99+(\.0|\.9+)", repr(below[0])) is not None
    return below[0] if nines and (len(below) == 1 or below[0] < 5 * below[1]) else math.nan


@lru_cache(20_000)  # cells, each of which is asked about several times
def is_number(cell: CellValue) -> bool:
    """Whether a cell is a number, of whatever sign and marks."""
    if isinstance(cell, str):
        text = _unsigned(cell)
        return bool(_SHAPE.fullmatch(text) or _EXPONENT.fullmatch(text)) or cell == NO_RESULT
    return isinstance(cell, float) and not math.isnan(cell)


def marks(cells: Iterable[CellValue], separator: str) -> tuple[str, str]:
    """The decimal mark that a file's numbers prove, and a number that does, or leaves it open.

    The mark is "" where it matters and nothing proves it, the number where none has a mark.

    separator : between the file's columns. A comma inside quotes where commas separate columns
    is a thousands separator, as whoever separates columns by commas writes decimals by points.
    """
    proofs: dict[str, list[str]] = {}
    doubts: dict[str, list[str]] = {}
    for cell in cells:
        text = _unsigned(cell) if isinstance(cell, str) else ""
        decimal, proven = _proof(text) if _SHAPE.fullmatch(text) else ("", False)
        if decimal:
            (proofs if proven else doubts).setdefault(decimal, []).append(text)
    if len(proofs) > 1:
        return "", " and ".join(proof[0] for proof in proofs.values())
    for decimal, proof in proofs.items():
        doubtful = doubts.get(decimal, [])
        # Beside 1.5, most numbers as 2.527 would be decimals of just three places; beside 2,445,
        # one would be. Whoever wrote that mixed two ways.
        if len(doubtful) > len(proof) or (doubtful and len(doubts) > 1):
            return "", f"{proof[0]} and {doubtful[0]}"
        return decimal, proof[0]
    if separator == "," and set(doubts) == {","}:
        return ".", doubts[","][0]
    return ("", next(iter(doubts.values()))[0]) if doubts else (".", "")


def point_by_column(columns: Iterable[Iterable[CellValue]]) -> bool:
    """Whether points begin the decimals in each column of a file that commas separate.

    One number of a column that proves it settles it for the others: beside 138.12, 113.436 is no
    113 thousand. So do several that all have a point, as programs write columns of floats; where
    thousands are meant, 950 stands beside 1.020.
    """
    for column in columns:
        texts = [_unsigned(cell) for cell in column if isinstance(cell, str)]
        marked = [text for text in texts if _SHAPE.fullmatch(text)]
        proofs = {_proof(text) for text in marked}
        if any(mark == "," for mark, _ in proofs):
            return False
        every = ("", False) not in proofs and len(marked) >= _SEVERAL
        if (".", False) in proofs and not ((".", True) in proofs or every):
            return False
    return True


def number(cell: CellValue, decimal: str) -> float:
    """The count in a cell, which is not missing.

    ValueError says what is wrong with it, and what to do.
    """
    if isinstance(cell, float):
        value = cell
    elif isinstance(cell, str):
        value = _parsed(cell, decimal)
    else:
        raise ValueError("a date, not a count; write the count")
    if not abs(value) <= LARGEST:
        raise ValueError(f"larger than {LARGEST:.0g}; correct it")
    return value


def _parsed(cell: str, decimal: str) -> float:
    text, plain = _unsigned(cell), _plain(cell)
    # As accountants write it, too: (12), 12-.
    below = plain[:1] in "-\u2212" or plain.endswith("-") or re.fullmatch(r"\([\d.,]*\)", plain)
    sign = -1 if below else 1
    if match := _EXPONENT.fullmatch(text):
        lead, places, power = match[1], match[2] or "", int(match[3] + match[4])
        if len(places) < power:
            raise ValueError("digits are hidden behind an exponent; write the whole number")
        return sign * float(f"{lead}.{places or 0}e{power}")
    thousands = "," if decimal == "." else "."
    group = re.escape(thousands)
    # Also as in India: 12,34,567.
    grouped = rf"\d{{1,3}}(?:{group}\d{{3}})+|\d\d?(?:{group}\d\d)+{group}\d{{3}}"
    mark = re.escape(decimal)
    if not re.fullmatch(rf"(?:\d+|{grouped})(?:{mark}\d*)?|{mark}\d+", text, re.ASCII):
        raise ValueError(_unreadable(plain, decimal))
    return sign * float(text.replace(thousands, "").replace(decimal, "."))


def _unreadable(text: str, decimal: str) -> str:
    if text == NO_RESULT:
        return "its result is not in the file; open the file in Excel, save it and try again"
    if text.endswith("%"):
        return "a percentage, not a count; give the count"
    if _SHAPE.fullmatch(_unsigned(text)):
        name = "point" if decimal == "." else "comma"
        return f"its marks do not fit the other numbers, whose decimals begin with a {name}"
    return "not a number; write it as 1234, or leave it blank if nobody knows it"


def _proof(text: str) -> tuple[str, bool]:
    """The decimal mark that a number shows, and whether it proves it; "" where it has no mark."""
    separators = [mark for mark in text if mark in ".,"]
    if not separators:
        return "", False
    last = separators[-1]
    other = "," if last == "." else "."
    if len(set(separators)) == 2:
        return last, True
    if len(separators) > 1:
        return other, True
    before, after = text.split(last)
    if len(after) == 3 and 1 <= len(before) <= 3 and before[0] != "0":
        return last, False
    return last, True


def _unsigned(cell: str) -> str:
    return _plain(cell).strip("()-+\u2212 ")


def _plain(cell: str) -> str:
    """Without spaces around it and between thousands, and without a footnote's sign."""
    return _SPACES.sub("", without_footnote(cell.strip(), flags=True)[0])
