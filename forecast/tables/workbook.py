"""The sheets of a workbook, read in a process of its own that may die of it.

What reads workbooks believes them: a cell in the far corner, or a false count, and it asks for
more memory than there is, which ends a process in native code. So a workbook is first unpacked to
see how much it is, and then read within limits (`forecast.child`). Light to import, as each
workbook waits for it.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import zipfile
from array import array
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from forecast import child
from forecast.tables.formulas import NO_RESULT, without_result

MOST_CELLS = 5_300_000  # between A1 and the last cell: Excel's million rows of five columns
MOST_UNPACKED = 600_000_000  # bytes; a cell takes some fifty
# A cell takes its reader some 90 bytes. With the process that waits for it, less than 1 GB.
LIMITS = child.ChildLimits(seconds=120, memory=640_000_000, answer=300_000_000)

# A cell with a content: a cell that is only colored may stand anywhere.
_CELL = re.compile(rb"<(?:\w+:)?c\s(?:r|[^>]*?\sr)=\"([A-Z]{1,3}[0-9]{1,7})\"[^>]*(?<!/)>\s*<[^/]")
_LETTERS, _DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"0123456789"
_PIECE, _OVERLAP = 1_000_000, 500  # bytes that are looked at at once, and what two of them share


CellsOfSheet = tuple[str, bool, int, list[str | float | date], bytes]
"""Title, whether it is hidden, columns, each different cell once, the places of all by row."""


def read(content: bytes) -> list[CellsOfSheet]:
    """The sheets of a workbook, also those without a cell, read in a child.

    Raises
    ------
    ValueError : why it cannot be read, and what to do.
    """
    words = child.command(__name__, LIMITS)
    try:
        answer = child.run(words, content, LIMITS, child.environment(os.environ))
    except child.ChildError as error:
        hint = "save the sheet with the table alone, as CSV"
        raise ValueError(f"what reads it {error}; {hint}") from None
    head, _, codes = answer.partition(b"\n")
    reply = json.loads(head)
    if isinstance(reply, str):
        raise ValueError(reply)
    sheets, at = [], 0
    for title, hidden, width, labels, size in reply:
        typed = [
            date.fromisoformat(*label) if isinstance(label, list) else label for label in labels
        ]
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
        return float(cell)
    except (TypeError, ValueError):
        return str(cell)


def _answer(content: bytes) -> bytes:
    """In the child: a line of JSON, the sheets or what is wrong, and the places of the cells."""
    import python_calamine as calamine

    try:
        if content.startswith(b"PK"):
            refuse_swollen(content)
        book = calamine.load_workbook(io.BytesIO(content))
        unknown = without_result(content)
        sheets = [
            _cells(book, about, unknown.get(about.name, [])) for about in book.sheets_metadata
        ]
    except (calamine.CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
        return json.dumps(str(error)).encode()
    head = [(*sheet[:4], len(sheet[4])) for sheet in sheets]
    line = json.dumps(head, default=lambda day: [day.isoformat()])
    return b"".join((line.encode(), b"\n", *(sheet[4] for sheet in sheets)))


def refuse_swollen(content: bytes) -> None:
    """ValueError for a packed workbook of too many bytes or cells; what it says is not believed."""
    left = MOST_UNPACKED
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for part in parts.infolist():
            part.file_size = left + 2 * _PIECE  # whatever it says, so much is unpacked
            columns, last = set[bytes](), 0
            with parts.open(part) as file:
                for size, cells in _references(file):
                    left -= size
                    if left < 0:
                        raise ValueError(
                            f"it unpacks to more than {MOST_UNPACKED:,} bytes; save the sheet with "
                            "the table alone, as CSV"
                        )
                    columns.update(cell.rstrip(_DIGITS) for cell in cells)
                    last = max(last, *(int(cell.lstrip(_LETTERS)) for cell in cells), 0)
            _refuse_far(columns, last)


def _references(file: Any) -> Iterator[tuple[int, list[bytes]]]:
    """How much each piece of a part has, and which cells; some twice, at the seams."""
    before = b""
    while piece := file.read(_PIECE):
        yield len(piece), _CELL.findall(before + piece)
        before = piece[-_OVERLAP:]


def _refuse_far(columns: set[bytes], last: int) -> None:
    widest = max(columns, key=lambda letters: (len(letters), letters), default=b"")
    width = 0
    for letter in widest:
        width = width * 26 + letter - ord("A") + 1
    if width * last > MOST_CELLS:
        raise ValueError(
            f"its cells reach from A1 to {widest.decode()}{last}, {width * last:,} cells, and at "
            f"most {MOST_CELLS:,} are read; delete cells far from the table"
        )


def _cells(book: Any, about: Any, unknown: Sequence[tuple[int, int]]) -> CellsOfSheet:
    """One sheet; about : its name and state; unknown : places of formulas without a result."""
    sheet = book.get_sheet_by_name(about.name)
    # Nothing but formulas without a result may stand where its reader knows of no cell.
    height, width = (sheet.end[0] + 1, sheet.end[1] + 1) if sheet.end else (0, 0)
    height = max(height, *(row + 1 for row, _ in unknown), 0)
    width = max(width, *(column + 1 for _, column in unknown), 0)
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
    child.answer(_answer, *sys.argv[1:])
