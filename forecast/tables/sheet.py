"""A file of any kind that people keep tables in -> a grid of cells, each with its line.

Text with commas, semicolons, tabs or bars; Excel and LibreOffice workbooks; Parquet; each plain
or gzipped. Nothing is dropped here but rows without any content.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from forecast.errors import DataError, QuarantineError
from forecast.files import unpacked
from forecast.tables.dates import CellValue
from forecast.tables.markup import tables
from forecast.tables.workbook import plain
from models.base import Ints

MOST_BYTES = 1_000_000_000  # of a file: some 200,000 series of 74 months
MOST_DELIVERED = 300_000_000  # bytes of a file that a service is given, unpacked
MOST_ROWS, MOST_CELLS = 20_000_000, 100_000_000  # a packed file of a few kB may have more
SEPARATORS = {"\t": "tabs", ";": "semicolons", ",": "commas", "|": "bars"}

LARGE = 4_000_000  # bytes of text from which importing pyarrow takes less time than it saves
TOP = 30  # rows among which the header is
_SAMPLE = 200  # lines that show what separates the columns
_CLEAR = 0.6  # share of lines that a separator cuts alike, so that spaces are not tried
_SPACED = 100_000  # lines; longer files come from programs, which write separators
_HEAD = 1_000_000  # bytes of a large file among which these lines are
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_PARQUET = b"PAR1"
_FOREIGN = {
    b"%PDF": "a PDF",
    b"<": "a web page (HTML) without a table",
    b"{": "JSON",
    b"[{": "JSON",
}
_FOREIGN |= {b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture", b"GIF8": "a picture"}
# As spreadsheets write them into text to keep their digits: ="00123", '00123.
_KEPT = re.compile(r"=\"([^\"]*)\"|'(?=\d)(.*)")
_UNSEEN = dict.fromkeys(map(ord, "\u200b\u200e\u200f\u2060\ufeff"))
_WIDE = re.compile("[\uff01-\uff5e\u3000]")  # full-width letters and digits
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
# What may be meant where a text is not UTF-8: the first in whose letters these are seen.
_ENCODINGS = {
    "cp932": "[\u3041-\u30ff]|\u5e74|\u6708",  # kana, year, month
    "euc_kr": "[\uac00-\ud7a3]{2}",
    "gb18030": "\u5e74|\u6708",
    "cp1251": "[\u0430-\u044f]{4}",
}
# Polish, Czech and Croatian have few letters of their own: a month with one tells them apart.
_CENTRAL = re.compile(
    "(stycze|wrzesie|grudzie)\u0144|miesi\u0105c|kv\u011bt|\u0159\u00edj|m\u011bs\u00edc|velja\u010d|o\u017euj",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Sheet:
    """A grid of cells.

    Attributes
    ----------
    name : of the file, for messages. title : of the sheet, in a workbook.
    labels : every different cell, once; text without space around it.
    grid : (rows, columns) place of each cell among the labels.
    line : (rows,) 1-based, in the file or, of a workbook, the sheet.
    ragged : (rows,) fields a row has more or fewer than its columns; 0 where it fits.
    separator : between columns; "" where the file's kind needs none.
    notes : what was decided on the way, as sentences.
    hidden : whether who opens the workbook does not see the sheet.
    """

    name: str
    labels: Sequence[CellValue]
    grid: np.ndarray
    line: Ints
    ragged: Ints
    separator: str = ""
    notes: tuple[str, ...] = ()
    title: str = ""
    hidden: bool = False

    def row(self, at: int) -> list[CellValue]:
        """The cells of one row."""
        return [self.labels[code] for code in self.grid[at].tolist()]


def read_sheets(path: Path | None) -> list[Sheet]:
    """The tables of a file; one, but for a workbook. None reads standard input.

    Raises
    ------
    QuarantineError : empty, damaged, larger than MOST_BYTES, or no table at all.
    DataError : it cannot be opened, or what reads it is not installed.
    """
    import sys

    if path is None:
        return sheets_of("standard input", sys.stdin.buffer.read(MOST_BYTES + 1))
    try:
        with path.open("rb") as file:
            content = unpacked(file, path.name, MOST_BYTES)
    except OSError as error:
        raise DataError(f"{path.name}: cannot be read ({error.strerror})") from error
    return sheets_of(path.name.removesuffix(".gz"), content)


def sheets_of(name: str, content: bytes) -> list[Sheet]:
    """The tables in a file's bytes; errors as `read_sheets`."""
    if len(content) > MOST_BYTES:
        problem = f"larger than {MOST_BYTES:,} bytes; give a folder of Parquet files instead"
        raise QuarantineError(name, [problem])
    if not content.strip():
        raise QuarantineError(name, ["the file is empty"])
    if content.startswith(_WORKBOOKS):
        return _workbook(name, content)
    if content.startswith(_PARQUET):
        return [_parquet(name, content)]
    start = content[:512].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<") and (page := _web_page(name, content)):
        return page
    for magic, what in _FOREIGN.items():
        if start.startswith(magic):
            raise QuarantineError(
                name, [f"this is {what}, not a table; save the table as CSV or Excel"]
            )
    return [_delimited(name, content)]


class _LabelPlaces(dict[Any, int]):
    """Cell -> its place, in the order of first appearance."""

    def __missing__(self, cell: Any) -> int:
        self[cell] = place = len(self)
        return place


def _delimited(name: str, content: bytes) -> Sheet:
    if len(content) >= LARGE and (columns := _plain_columns(name, content)):
        return columns
    text, notes = _decoded(name, content)
    separator, share = _separator(text)
    padded = separator == "," and "  " in text[:_SPACED]
    if (share < _CLEAR or padded) and (cut := _cut_by_spaces(text, separator)):
        width = _usual([len(row) for row in cut if len(row) > 1])
        notes.append("columns are separated by spaces")
        return _gridded(name, enumerate(cut, start=1), width, "", notes)
    if separator not in (",", ""):
        notes.append(f"columns are separated by {SEPARATORS[separator]}")
    reader = _reader(_lines(text, ""), separator or ",")
    try:
        rows = [(reader.line_num, row) for row in islice(reader, _SAMPLE)]
        width = _usual([len(row) for _, row in rows if len(row) > 1])
        rest = ((reader.line_num, row) for row in reader)
        return _gridded(name, chain(rows, rest), width, separator, notes)
    except csv.Error as error:
        problem = f"line {reader.line_num}: not valid CSV ({error}); check its quotation marks"
        raise QuarantineError(name, [problem]) from error


def _plain_columns(name: str, content: bytes) -> Sheet | None:
    """The same by pyarrow, in a tenth of the time; None for what is not plain columns of UTF-8.

    Quotation marks around whole cells of one line, and as many fields on every line: whatever
    else there is, the reader of all files reads, and says what is wrong with it.
    """
    start = 3 if content.startswith(b"\xef\xbb\xbf") else 0
    head = content[start : content.rfind(b"\n", 0, _HEAD)]
    if find_spec("pyarrow") is None or b"\0" in content or head.count(b"\n") < _SAMPLE:
        return None
    try:
        text = head.decode()
    except UnicodeDecodeError:
        return None
    separator, _ = _separator(text)
    if not separator or not _quoted_whole(content, separator.encode()):
        return None
    columns = _arrow_columns(content, separator, len(next(_reader(_lines(text, ""), separator))))
    if not columns:
        return None
    _refuse_many(name, len(columns[0]), len(columns))
    grid, labels = _in_order(columns)
    if max(map(len, labels)) > csv.field_size_limit():
        return None
    notes = [] if separator == "," else [f"columns are separated by {SEPARATORS[separator]}"]
    tidy, grid = _stripped(name, labels, grid)
    filled = (grid != 0).any(axis=1)
    line = np.flatnonzero(filled) + 1
    notes = [*_unended(content.endswith((b"\n", b"\r"))), *notes]
    return Sheet(name, tidy, grid[filled], line, np.zeros_like(line), separator, tuple(notes))


def _quoted_whole(content: bytes, separator: bytes) -> bool:
    """Whether every quotation mark begins or ends a cell, or is doubled inside one."""
    before, after = b"[\n" + re.escape(separator) + b"]", b"[\r\n" + re.escape(separator) + b"]"
    # Led by the mark itself, which is found faster than what stands before it.
    cell = rb'"(?:(?<=' + before + rb'")|(?<=\A"))(?:[^"\r\n]|"")*"(?=' + after + rb"|\Z)"
    marks = sum(match.group().count(b'"') for match in re.finditer(cell, content))
    return marks == content.count(b'"')


def _arrow_columns(content: bytes, separator: str, width: int) -> list[Any]:
    """The columns of a file's bytes, coded; none where they are not plain.

    Arrow refuses what is no UTF-8, and a line with more or fewer fields.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow

    # Arrow's own pool would keep what it took from the system.
    names, pool = [str(at) for at in range(width)], pa.system_memory_pool()
    types = {name: pa.dictionary(pa.int32(), pa.string()) for name in names}
    try:
        table = arrow.read_csv(
            pa.BufferReader(content),
            arrow.ReadOptions(column_names=names, use_threads=False),
            arrow.ParseOptions(
                delimiter=separator, newlines_in_values=False, ignore_empty_lines=False
            ),
            arrow.ConvertOptions(column_types=types, null_values=[], strings_can_be_null=False),
            memory_pool=pool,
        )
    except pa.ArrowInvalid:
        return []
    return [c.combine_chunks(pool) for c in table.unify_dictionaries(pool).columns]


def _in_order(columns: Sequence[Any]) -> tuple[np.ndarray, list[str]]:
    """(rows, columns) codes, and the labels: first "", then as they come, line by line."""
    rows = len(columns[0])
    codes = [np.from_dlpack(column.indices) for column in columns]
    called = [column.dictionary.to_pylist() for column in columns]
    first: dict[str, int] = {"": -1}
    for at, (code, names) in enumerate(zip(codes, called, strict=True)):
        place = np.empty(len(names), dtype=np.int64)
        # The last that is written stays: of all its rows the first.
        place[code[::-1]] = np.arange(rows - 1, -1, -1)
        for label, seen in zip(names, (place * len(columns) + at).tolist(), strict=True):
            first[label] = min(first.get(label, seen), seen)
    labels = sorted(first, key=first.__getitem__)
    onto = {label: at for at, label in enumerate(labels)}
    grid = np.empty((rows, len(columns)), dtype=np.int32)
    for at, (code, names) in enumerate(zip(codes, called, strict=True)):
        grid[:, at] = np.array([onto[label] for label in names], dtype=np.int32)[code]
    return grid, labels


def _refuse_swallowed(name: str, cell: str, last: int, separator: str, width: int) -> None:
    """QuarantineError where a cell of many lines holds whole lines: its quote was not closed.

    last : the line of the file in which the cell ends.
    """
    lines = cell.splitlines()
    if any(len(row) == width > 1 for row in _reader(lines[:-1], separator)):
        first = last - len(lines) + 1
        problem = f"line {first}: a quotation mark begins here that takes in the lines below"
        raise QuarantineError(name, [f"{problem}; close it, or remove it"])


def _web_page(name: str, content: bytes) -> list[Sheet]:
    """The largest table of a web page, as programs write it under the name of a workbook."""
    try:
        page_tables = tables(content)
    except ValueError as error:
        raise QuarantineError(name, [f"this is a web page (HTML), {error}"]) from error
    rows = max(page_tables, key=len, default=[])
    if not rows:
        return []
    width = max(map(len, rows))
    return [_gridded(name, enumerate(rows, start=1), width, "", ["a table of a web page"])]


def _gridded(
    name: str,
    rows: Iterable[tuple[int, Sequence[Any]]],
    width: int,
    separator: str,
    notes: Sequence[str] = (),
) -> Sheet:
    """Rows of cells as places among the different cells there are."""
    places = _LabelPlaces({"": 0})
    line, ragged = array("q"), array("q")
    blocks: list[np.ndarray] = []
    block = array("i")
    place_of = places.__getitem__
    for number, row in rows:
        fields = len(row)
        if fields != width:
            row = [*row, *[""] * (width - fields)]
        codes = list(map(place_of, row))
        if not any(codes):
            continue
        # Blank fields beyond the last column are what spreadsheets leave behind.
        ragged.append(fields - width if fields < width or any(codes[width:]) else 0)
        line.append(number)
        block.extend(codes[:width])
        if len(block) > 1_000_000:
            blocks.append(np.array(block, dtype=np.int32))
            block = array("i")
            _refuse_many(name, len(line), width)
    blocks.append(np.array(block, dtype=np.int32))
    grid = np.concatenate(blocks).reshape(-1, width)
    for cell, code in places.items() if separator else ():
        if "\n" in cell:
            at = int(np.flatnonzero((grid == code).any(axis=1))[0])
            _refuse_swallowed(name, cell, line[at], separator, width)
    labels, grid = _stripped(name, list(places), grid)
    filled = (grid != 0).any(axis=1)
    lines, unlike = np.array(line, dtype=np.int64)[filled], np.array(ragged, dtype=np.int64)[filled]
    return Sheet(name, labels, grid[filled], lines, unlike, separator, tuple(notes))


def _refuse_many(name: str, rows: int, width: int) -> None:
    if rows > MOST_ROWS or rows * width > MOST_CELLS:
        problem = f"more than {MOST_ROWS:,} lines or {MOST_CELLS:,} cells"
        raise QuarantineError(name, [f"{problem}; give a folder of Parquet files instead"])


def with_labels(sheet: Sheet, texts: Sequence[str]) -> tuple[list[CellValue], Ints]:
    """The sheet's labels and these, each once; and the texts' places among them."""
    labels = list(sheet.labels)
    places = {label: at for at, label in enumerate(labels) if isinstance(label, str)}
    for text in texts:
        if text not in places:
            places[text] = len(labels)
            labels.append(text)
    return labels, np.array([places[text] for text in texts], dtype=np.int64)


def _stripped(name: str, cells: list[Any], grid: np.ndarray) -> tuple[list[CellValue], np.ndarray]:
    """The same with "a " and "a" as one label; and rows that are blank then, are blank.

    QuarantineError for a cell as long as a book, as CSV has none: each look at it takes as long.
    """
    longest = max((len(cell) for cell in cells if isinstance(cell, str)), default=0)
    if longest > csv.field_size_limit():
        problem = (
            f"a cell has {longest:,} characters, and at most {csv.field_size_limit():,} are read"
        )
        raise QuarantineError(name, [f"{problem}; remove its column"])
    places = _LabelPlaces()
    plain = [_tidy(cell) if isinstance(cell, str) else cell for cell in cells]
    onto = np.array([places[cell] for cell in plain], dtype=np.int32)
    return list(places), onto[grid]


def _tidy(cell: str) -> str:
    """A text with single spaces, without what nobody sees."""
    if cell.isascii() and cell.isdigit():  # as most are
        return cell
    if not cell.isascii() and _WIDE.search(cell):
        cell = unicodedata.normalize("NFKC", cell)
    text = " ".join(cell.translate(_UNSEEN).split())
    match = _KEPT.fullmatch(text)
    return (match[1] or match[2] or "").strip() if match else text


def _decoded(name: str, content: bytes) -> tuple[str, list[str]]:
    notes: list[str] = []
    if content.startswith(_UTF16):
        encoding = "utf-16"
    elif content[:200].count(b"\0") > len(content[:200]) / 3:
        encoding = "utf-16-le" if content[1:2] == b"\0" else "utf-16-be"
    elif b"\0" in content:
        raise QuarantineError(name, ["this is no text (it has NUL bytes); save it as CSV or Excel"])
    else:
        encoding = "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text, encoding = _not_unicode(content)
        notes.append(f"the text is not UTF-8; it was read as {encoding}, so check the names")
    return text, [*notes, *_unended(text.endswith(("\n", "\r")))]


def _not_unicode(content: bytes) -> tuple[str, str]:
    """A text in another encoding, and that encoding's name."""
    start = content[:20_000]
    plain = sum(byte < 128 and chr(byte).isalpha() for byte in start)
    for encoding, seen in _ENCODINGS.items():
        foreign = sum(byte >= 128 for byte in start)
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        # French and German have a foreign letter in twenty; Russian has little else.
        if re.search(seen, text[:20_000]) and foreign > plain / 4:
            return text, encoding
    for encoding in ("cp1250", "iso8859_2"):
        text = content.decode(encoding, errors="replace")
        if _CENTRAL.search(text[:20_000]):
            return text, encoding
    return content.decode("cp1252", errors="replace"), "Windows-1252"


def _unended(ended: bool) -> list[str]:
    note = "the last line has no line end; if the file was cut short, its last value may be too"
    return [] if ended else [note]


def _separator(text: str) -> tuple[str, float]:
    """What separates the columns: what cuts most lines into the same number of fields, two or more.

    Between equals the one that is rarer in text goes first; "" if none does. Also the share of
    lines that it cuts so.
    """
    sample = list(islice(_lines(text, None), _SAMPLE))
    best, most = "", 0.0
    for separator in SEPARATORS:
        try:
            widths = [len(row) for row in _reader(sample, separator) if any(row)]
        except csv.Error:
            continue
        usual = _usual([width for width in widths if width > 1])
        share = widths.count(usual) / len(widths) if usual > 1 else 0
        if share > most:
            best, most = separator, share
    return best, most


def _cut_by_spaces(text: str, separator: str) -> list[list[str]]:
    """The fields of lines that stand below each other, or have as many words each; [] if none.

    separator : a sign that parts some of the lines, so that single spaces part none.
    """
    lines = text.expandtabs().splitlines()
    if len(lines) > _SPACED:
        return []
    for split in (re.compile(r" {2,}"), re.compile(r" +"))[: 1 if separator else 2]:
        rows = [split.split(line.strip()) for line in lines]
        widths = [len(row) for row in rows if len(row) > 1]
        usual = _usual(widths)
        if usual > 1 and len(widths) > 2 and widths.count(usual) > 0.97 * len(widths):
            return rows if len(widths) >= 0.8 * len(rows) else []
    # Fixed width: places that are blank in all lines of the table part its columns.
    longest = max(map(len, lines), default=0)
    table = [line for line in lines if "  " in line.strip() and len(line) > longest / 2]
    if len(table) < max(3, 0.8 * len(lines)):
        return []
    blank = [all(at >= len(line) or line[at] == " " for line in table) for at in range(longest)]
    cuts = [at for at in range(1, longest) if blank[at - 1] and not blank[at]]
    ends = [*cuts, longest]
    return [
        [line[a:b].strip() for a, b in zip([0, *cuts], ends, strict=True)]
        if line in table
        else [line.strip()]
        for line in lines
    ]


def _lines(text: str, newline: str | None) -> Iterable[str]:
    """A text's lines; not by `StringIO`, which takes four bytes for each letter."""
    return io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8", newline=newline)


def _reader(lines: Iterable[str], separator: str) -> Any:
    return csv.reader(lines, delimiter=separator, skipinitialspace=True)


def _usual(widths: Sequence[int]) -> int:
    return Counter(widths).most_common(1)[0][0] if widths else 1


def _workbook(name: str, content: bytes) -> list[Sheet]:
    # Nobody who reads text waits for it.
    from forecast.tables import workbook

    if find_spec("python_calamine") is None:
        raise DataError(f"{name}: to read workbooks install python-calamine, or save it as CSV")
    try:
        sheets = workbook.read(content)
    except ValueError as error:
        raise QuarantineError(name, [f"the workbook cannot be read ({error})"]) from error
    filled = []
    for sheet in sheets:
        cells = np.frombuffer(sheet.codes, dtype=np.int32).reshape(-1, max(sheet.width, 1))
        labels, grid = _stripped(name, sheet.labels, cells)
        line = np.flatnonzero((grid != 0).any(axis=1))
        if len(line):
            of = f"{name}, sheet {sheet.title!r}" if len(sheets) > 1 else name
            made = Sheet(of, labels, grid[line], line + 1, np.zeros_like(line))
            filled.append(replace(made, title=sheet.title, hidden=sheet.hidden))
    if not filled:
        raise QuarantineError(name, ["the workbook has no cells"])
    return filled


def _parquet(name: str, content: bytes) -> Sheet:
    try:
        from pyarrow import ArrowException, BufferReader, parquet
    except ImportError:
        raise DataError(f"{name}: to read Parquet install pyarrow, or give CSV") from None
    try:
        file = parquet.ParquetFile(BufferReader(content))
        _refuse_many(name, file.metadata.num_rows, file.metadata.num_columns)
        table = file.read()
    except (ArrowException, OSError) as error:
        raise QuarantineError(name, [f"the Parquet file cannot be read ({error})"]) from error
    if not table.num_rows or not table.num_columns:
        raise QuarantineError(name, ["the Parquet file has no rows"])
    places = _LabelPlaces({"": 0})
    header = np.array([[places[str(column)] for column in table.column_names]], dtype=np.int32)
    columns = [_coded(column, places) for column in table.columns]
    labels, grid = _stripped(
        name, list(places), np.concatenate([header, np.stack(columns, axis=1)])
    )
    # Parquet's names are no row of the file: rows count from 1.
    line = np.arange(len(grid), dtype=np.int64)
    return Sheet(name, labels, grid, line, np.zeros_like(line))


def _coded(column: Any, places: _LabelPlaces) -> np.ndarray:
    """A column's places among the labels, each different value looked at once."""
    coded = column.combine_chunks()
    if not hasattr(coded, "dictionary"):
        coded = coded.dictionary_encode()
    onto = np.array([places[plain(cell)] for cell in coded.dictionary.to_pylist()] or [0])
    # A null has no place in Arrow's dictionary; here it is the blank label.
    codes = np.from_dlpack(coded.indices.fill_null(-1))  # `to_numpy` would import pandas
    return np.where(codes < 0, 0, onto[codes]).astype(np.int32)
