"""The sheets of a workbook, read in a process of its own that may die of it.

What reads workbooks believes them: a cell in the far corner, or a false count, and it asks for
more memory than there is, which ends a process in native code. So it is read within limits
(`forecast.child`). Light to import, as each workbook waits for it.
"""

import io
import json
import math
import re
import sys
import zipfile
from array import array
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from html import unescape
from typing import Any

from forecast import child

MOST_CELLS = 5_300_000  # between A1 and the last cell: Excel's million rows of five columns
# A cell takes its reader some 90 bytes. With the process that waits for it, less than 1 GB.
LIMITS = child.ChildLimits(seconds=120, memory=640_000_000, answer=300_000_000)

NO_RESULT = "(formula without a result)"  # what stands in such a cell

_MOST = 100_000_000  # bytes of a sheet; a larger one is not looked at
_SHEET = re.compile(r'<sheet\b[^>]*\bname="([^"]*)"[^>]*\br:id="([^"]*)"')
_RELATION = re.compile(r"<Relationship\b[^>]*>")
_CELL = re.compile(
    r"<c\b([^>]*)>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v>([^<]*)</v>)?", re.ASCII
)

CellsOfSheet = tuple[str, bool, int, list[str | float | date], bytes]
"""Title, whether it is hidden, columns, each different cell once, the places of all by row."""


def read(content: bytes) -> list[CellsOfSheet]:
    """The sheets of a workbook, also those without a cell, read in a child.

    ValueError says why it cannot be read, and what to do.
    """
    try:
        answer = child.once(__name__, content, LIMITS)
    except child.ChildError as error:
        hint = "delete cells far from the table, or save its sheet alone, as CSV"
        raise ValueError(f"what reads it {error}; {hint}") from None
    head, _, codes = answer.partition(b"\n")
    reply = json.loads(head)
    if isinstance(reply, str):
        raise ValueError(reply)
    sheets, at = [], 0
    for title, hidden, width, labels, size in reply:
        typed = [date.fromisoformat(*of) if isinstance(of, list) else of for of in labels]
        sheets.append((title, hidden, width, typed, codes[at : at + size]))
        at += size
    return sheets


def plain(cell: Any) -> str | float | date:
    """A typed cell: text, a float, a date, or "" for none."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, datetime):
        # In UTC an evening may be a midnight elsewhere, of another month: `dates` asks.
        return cell.isoformat() if cell.tzinfo and cell.hour > 12 else cell.date()
    if isinstance(cell, (str, date)):
        return cell
    try:
        number = float(cell)
    except (TypeError, ValueError, OverflowError):
        return str(cell)
    return number if math.isfinite(number) else str(cell)  # nan is a sign for a missing count


def without_result(content: bytes) -> dict[str, list[tuple[int, int]]]:
    """Sheet -> rows and columns, from 0, of its formulas without a result; {} of an older workbook.

    Excel keeps the last result beside each formula; programs that write workbooks keep none, or 0.
    To a reader such cells are blank, and a count would be missing that anybody sees in Excel. Where
    a sheet has three formulas or more, and the result of each is 0, none was ever computed.
    """
    missing: dict[str, list[tuple[int, int]]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            relations = _RELATION.findall(parts.read("xl/_rels/workbook.xml.rels").decode())
            named = [dict(re.findall(r'\b(Id|Target)="([^"]*)"', text)) for text in relations]
            target = {of.get("Id"): of.get("Target", "").removeprefix("/xl/") for of in named}
            for title, key in _SHEET.findall(parts.read("xl/workbook.xml").decode()):
                path = f"xl/{target[key]}"
                small = path in parts.namelist() and parts.getinfo(path).file_size <= _MOST
                formulas = [
                    (place, result)
                    for attributes, result in _CELL.findall(
                        parts.read(path).decode() if small else ""
                    )
                    if 't="str"' not in attributes
                    and (place := re.search(r'\br="([A-Z]+)(\d+)"', attributes)) is not None
                ]
                never = len(formulas) > 2 and all(result in ("", "0") for _, result in formulas)
                missing[unescape(title)] = [
                    _place(place) for place, result in formulas if never or result == ""
                ]
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError):
        return {}  # not a workbook of this kind; whoever reads its cells says what is wrong
    return missing


def _place(match: re.Match[str]) -> tuple[int, int]:
    letters = enumerate(reversed(match[1]))
    return int(match[2]) - 1, sum(26**at * (ord(letter) - 64) for at, letter in letters) - 1


def _answer(content: bytes) -> bytes:
    """In the child: a line of JSON, the sheets or what is wrong, and the places of the cells."""
    import python_calamine as calamine

    try:
        book = calamine.load_workbook(io.BytesIO(content))
        unknown = without_result(content)
        sheets = [_cells(book, of, unknown.get(of.name, [])) for of in book.sheets_metadata]
    except (calamine.CalamineError, OSError, ValueError) as error:
        return json.dumps(str(error)).encode()
    head = [(*sheet[:4], len(sheet[4])) for sheet in sheets]
    line = json.dumps(head, default=lambda day: [day.isoformat()])
    return b"".join((line.encode(), b"\n", *(sheet[4] for sheet in sheets)))


def _cells(book: Any, about: Any, unknown: Sequence[tuple[int, int]]) -> CellsOfSheet:
    """One sheet; about : its name and state; unknown : places of formulas without a result."""
    sheet = book.get_sheet_by_name(about.name)
    # Nothing but formulas without a result may stand where its reader knows of no cell.
    height, width = (sheet.end[0] + 1, sheet.end[1] + 1) if sheet.end else (0, 0)
    height = max(height, *(row + 1 for row, _ in unknown), 0)
    width = max(width, *(column + 1 for _, column in unknown), 0)
    if height * width > MOST_CELLS:
        problem = f"its cells reach over {height:,} lines and {width:,} columns, and at most "
        raise ValueError(f"{problem}{MOST_CELLS:,} are read; delete cells far from the table")
    places: dict[Any, int] = {"": 0}
    codes = array("i")
    formulas: dict[int, list[int]] = {}
    for row, column in unknown:
        formulas.setdefault(row, []).append(column)
    blank = [""] * (sheet.start[1] if sheet.start else 0)
    rows: Iterator[list[Any]] = sheet.iter_rows() if sheet.start else iter(())
    for at in range(height):
        fields = [*blank, *map(plain, next(rows, ()))]
        fields.extend([""] * (width - len(fields)))
        for column in formulas.get(at, ()):
            fields[column] = NO_RESULT
        codes.extend([places.setdefault(cell, len(places)) for cell in fields])
    hidden = not str(about.visible).endswith(".Visible")
    return about.name, hidden, width, list(places), codes.tobytes()


if __name__ == "__main__":
    child.serve_once(_answer, *sys.argv[1:])
