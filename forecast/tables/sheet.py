"""A file of any kind that people keep tables in -> a grid of cells, each with its line.

Text with commas, semicolons, tabs or bars; Excel and LibreOffice workbooks; Parquet; web pages and
JSON; each plain or gzipped. Nothing is dropped here but rows without any content.

A grid holds numbers, the places of its cells among the different cells there are: text of 100 MB
goes through piece by piece, and is never there as a whole.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import re
import sys
import unicodedata
import zipfile
import zlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import chain, islice, pairwise, zip_longest
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, cast

import numpy as np

from forecast.errors import DataError, QuarantineError, RowError
from forecast.tables.dates import CellValue
from forecast.tables.markup import tables
from forecast.tables.workbook import plain

MOST_BYTES = 1_000_000_000  # of a file: some 200,000 series of 74 months
MOST_DELIVERED = 300_000_000  # bytes of a file that a service is given, unpacked
MOST_ROWS, MOST_CELLS = 20_000_000, 100_000_000  # a packed file of a few kB may have more
SEPARATORS = {"\t": "tabs", ";": "semicolons", ",": "commas", "|": "bars"}

TOP = 30  # rows among which the header is
_SAMPLE = 200  # lines that show what separates the columns
_CLEAR = 0.6  # share of lines that a separator cuts alike, so that spaces are not tried
_SPACED = 5_000_000  # bytes; longer files come from programs, which write separators
_PIECE = 1_000_000  # bytes that are read at once
_BLOCK = 60_000  # cells that are coded at once
_START = 20_000  # bytes that show the encoding
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_FOREIGN = {b"%PDF": "a PDF", b"<": "a web page (HTML) without a table", b"\x89PNG": "a picture"}
_FOREIGN |= {b"PK\x03\x04": "a zip archive or an Excel workbook"}
_FOREIGN |= {b"\xd0\xcf\x11\xe0": "an old Excel workbook"}
_FOREIGN |= {b"\xff\xd8\xff": "a picture", b"GIF8": "a picture", b"SQLite format 3": "a database"}
_JSON = re.compile(rb"\{|\[\s*[\[{]")
# As spreadsheets write them into text to keep their digits: ="00123", '00123.
_KEPT = re.compile(r"=\"([^\"]*)\"|'(?=\d)(.*)")
_UNSEEN = dict.fromkeys(map(ord, "\u200b\u200e\u200f\u2060\ufeff"))
_WIDE = re.compile("[\uff01-\uff5e\u3000]")  # full-width letters and digits
# Polish, Czech and Croatian have few letters of their own: a month with one tells them apart.
_CENTRAL = (
    "(?i)(stycze|wrzesie|grudzie)\u0144|miesi\u0105c|kv\u011bt|\u0159\u00edj|m\u011bs\u00edc"
    "|velja\u010d|o\u017euj"
)
# What may be meant where a text is not UTF-8: the first in whose letters these are seen, if it has
# more than this share of foreign ones. French has one in twenty; Russian has little else.
_ENCODINGS = (
    ("cp932", "[\u3041-\u30ff]|\u5e74|\u6708", 0.25),  # kana, year, month
    ("euc_kr", "[\uac00-\ud7a3]{2}", 0.25),
    ("gb18030", "\u5e74|\u6708", 0.25),
    ("cp1251", "[\u0430-\u044f]{4}", 0.25),
    ("cp1250", _CENTRAL, 0),
    ("iso8859_2", _CENTRAL, 0),
)


@dataclass(frozen=True)
class Sheet:
    """A grid of cells.

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
    line: np.ndarray
    ragged: np.ndarray
    separator: str = ""
    notes: tuple[str, ...] = ()
    title: str = ""
    hidden: bool = False

    def row(self, at: int) -> list[CellValue]:
        """The cells of one row."""
        return [self.labels[code] for code in self.grid[at].tolist()]

    def lines(self) -> list[tuple[int | slice, int | slice]]:
        """Where months may stand: each column, and each line among which the header is."""
        columns = [(slice(None), column) for column in range(self.grid.shape[1])]
        return [*columns, *((row, slice(None)) for row in range(min(TOP, len(self.grid))))]

    def which(self, test: Callable[[CellValue], object], codes: np.ndarray) -> np.ndarray:
        """Which of these cells pass a test, each different one looked at once."""
        passed = np.zeros(len(self.labels), dtype=bool)
        for code in np.unique(codes).tolist():
            passed[code] = bool(test(self.labels[code]))
        return np.asarray(passed[codes])

    def rewritten(self, where: Any, texts: Sequence[str]) -> Sheet:
        """The same with these texts in these cells of the grid."""
        labels, grid = list(self.labels), self.grid.copy()
        places = {label: at for at, label in enumerate(labels) if isinstance(label, str)}
        for text in texts:
            if places.setdefault(text, len(labels)) == len(labels):
                labels.append(text)
        grid[where] = [places[text] for text in texts]
        return replace(self, labels=labels, grid=grid)

    def without(self, rows: Sequence[int], note: str) -> Sheet:
        """The same without these rows, and a note why."""
        left = np.delete(np.arange(len(self.grid)), rows)
        remaining = {name: getattr(self, name)[left] for name in ("grid", "line", "ragged")}
        return replace(self, notes=(*self.notes, note), **remaining)

    def beside(self, texts: Sequence[str], at: int = 0) -> Sheet:
        """The same with one more column; texts : (rows,). at : its place."""
        grid = np.insert(self.grid, at, 0, axis=1)
        return replace(self, grid=grid).rewritten((slice(None), at), texts)


def read_sheets(path: Path | None) -> list[Sheet]:
    """The tables of a file; one, but for a workbook. None reads standard input.

    QuarantineError if it is empty, damaged, larger than MOST_BYTES, or no table at all; DataError
    if it cannot be opened, or what reads it is not installed.
    """
    if path is None:
        with TemporaryFile() as copy:  # a pipe cannot be read twice
            pieces = iter(lambda: sys.stdin.buffer.read(_PIECE), b"")
            copy.writelines(islice(pieces, MOST_BYTES // _PIECE + 2))
            return sheets_of("standard input", copy)
    try:
        with path.open("rb") as file:
            return sheets_of(path.name, file)
    except OSError as error:
        raise DataError(f"{path.name}: cannot be read ({error.strerror})") from error


Header = Callable[[list[str]], object]
"""Looks at a header, and raises for one that is not as it should be."""


def sheets_of(
    name: str, content: bytes | IO[bytes], most: int = 0, exact: Header | None = None
) -> list[Sheet]:
    """The tables in a file's bytes or an open file; errors as `read_sheets`.

    most : bytes that are read, unpacked; MOST_BYTES unless said.
    exact : for a CSV file as its publisher's program writes it, to the last newline: nothing in it
        is taken for anything else, and what would be raises RowError. Looks at the header first.
    """
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    file.seek(0)
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    unpacked = cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if packed else file
    name, most = name.removesuffix(".gz"), most or MOST_BYTES
    try:
        if exact:
            return [_as_written(name, unpacked.read(most + 1), most, exact)]
        first = unpacked.read(512)
        start = first.removeprefix(b"\xef\xbb\xbf").lstrip()
        unpacked.seek(0)
        for begins, kind in (
            (first.startswith(_WORKBOOKS), _workbook),
            (first.startswith(b"PAR1"), _parquet),
            (start.startswith(b"<"), _web_page),
            (_JSON.match(start), _json),
        ):
            if begins:
                read = unpacked.read(most + 1)
                _refuse_more(name, len(read), most)
                if sheets := kind(name, read):
                    return sheets
        _refuse_foreign(name, start, "not a table; save the table as CSV or Excel")
        unpacked.seek(0)
        return [_text(name, unpacked, most)]
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        problem = f"damaged or cut gzip file ({error}); fetch it again"
        raise QuarantineError(name, [problem]) from error


def _as_written(name: str, content: bytes, most: int, header: Header) -> Sheet:
    """The table of a text that one program writes in one form; see `sheets_of`."""
    _refuse_more(name, len(content), most)
    start = content[:512].removeprefix(b"\xef\xbb\xbf").lstrip()
    _refuse_foreign(name, start, "not a CSV file; fetch the CSV file")
    if not start:
        raise QuarantineError(name, ["the file is empty; fetch it again"])
    if (at := content.find(b"\0")) >= 0:
        line = content.count(b"\n", 0, at) + 1
        raise RowError(name, line, "", "\0", "NUL byte; the file is damaged")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, shown = content.count(b"\n", 0, error.start) + 1, content[error.start : error.end]
        problem = "not UTF-8; save the file as UTF-8 CSV"
        raise RowError(name, line, "", ascii(shown), problem) from error
    # A file cut inside a count still reads: only its missing last newline gives it away.
    if not text.endswith("\n"):
        problem = "no newline at the end: the file was cut short; fetch it again"
        raise RowError(name, text.count("\n") + 1, "", text[-80:].rpartition("\n")[2], problem)
    # Strict: a lost quote would swallow a thousand lines into one field.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)

    def rows() -> Iterator[list[str]]:
        names = next(reader, [])
        header(names)
        yield names
        for row in reader:
            if len(row) != len(names):
                problem = f"{len(row)} fields instead of {len(names)}; the file is damaged"
                raise RowError(name, reader.line_num, "", ",".join(row), problem)
            yield row

    try:
        return _gridded(name, rows(), ",", exact=True)
    except csv.Error as error:
        raise RowError(name, reader.line_num, "", "", f"not valid CSV ({error})") from error


def _refuse_foreign(name: str, start: bytes, problem: str) -> None:
    for magic, what in _FOREIGN.items():
        if start.startswith(magic):
            raise QuarantineError(name, [f"this is {what}, {problem}"])


def _refuse_more(name: str, size: int, most: int) -> None:
    if size > most:
        problem = f"larger than {most:,} bytes after unpacking"
        raise QuarantineError(name, [f"{problem}; give a folder of Parquet files instead"])


class _LabelPlaces(dict[Any, int]):
    """Cell -> its place among the labels, which have "a " and "a" once, as they come."""

    def __init__(self, name: str, *, exact: bool = False) -> None:
        super().__init__({"": 0})
        self.name, self.labels = name, cast("list[CellValue]", [""])
        self.exact = exact  # texts stay as they are
        self.broken: list[str] = []  # cells of several lines

    def __missing__(self, cell: Any) -> int:
        label = cell
        if isinstance(cell, str):
            if len(cell) > csv.field_size_limit():  # as CSV has none: each look at it takes as long
                problem = f"a cell has {len(cell):,} characters, and at most "
                problem += f"{csv.field_size_limit():,} are read; remove its column"
                raise QuarantineError(self.name, [problem])
            label = cell if self.exact else _tidy(cell)
            if "\n" in cell:
                self.broken.append(cell)
        if label not in self:
            self[label] = len(self.labels)
            self.labels.append(label)
        self[cell] = self[label]
        return self[label]


def _tidy(cell: str) -> str:
    """A text with single spaces, without what nobody sees."""
    if cell.isascii() and cell.isdigit():  # as most are
        return cell
    if not cell.isascii() and _WIDE.search(cell):
        cell = unicodedata.normalize("NFKC", cell)
    text = " ".join(cell.translate(_UNSEEN).split())
    match = _KEPT.fullmatch(text)
    return (match[1] or match[2] or "").strip() if match else text


def _text(name: str, file: IO[bytes], most: int) -> Sheet:
    encoding, small, notes = _encoding(name, file, most)
    file.seek(0)
    with io.TextIOWrapper(file, encoding, errors="replace", newline="") as text:
        sample = list(islice(text, _SAMPLE))
        above, sample = _remarks_above(sample)
        separator, share = _separator(sample)
        text.seek(0)
        padded = separator == "," and any("  " in line for line in sample)
        if small and (share < _CLEAR or padded):
            lines = "".join(chain(above, islice(text, len(above), None)))
            if cut := _cut_by_spaces(lines, separator):
                return _gridded(name, cut, "", [*notes, "columns are separated by spaces"])
            text.seek(0)
        if separator not in (",", ""):
            notes.append(f"columns are separated by {SEPARATORS[separator]}")
        reader = _reader(chain(above, islice(text, len(above), None)), separator or ",")
        try:
            return _gridded(name, reader, separator, notes)
        except csv.Error as error:
            problem = f"line {reader.line_num}: not valid CSV ({error}); check its quotation marks"
            raise QuarantineError(name, [problem]) from error


def _remarks_above(sample: Sequence[str]) -> tuple[list[str], list[str]]:
    """The lines above a table that a sign calls remarks, blanked, and the sample with them so.

    The last of them may be the table's names: it has as many words as the lines have fields.
    """
    many = next((n for n, line in enumerate(sample) if not line.startswith("#")), len(sample))
    above = ["\n"] * many
    if many and (below := sample[many : many + 1]):
        names = sample[many - 1].lstrip("#").strip()
        for separator in (*SEPARATORS, None):
            wide = len(below[0].strip().split(separator))
            if wide > 1 and len(names.split(separator)) == wide:
                above[-1] = f"{names}\n"
                break
    return above, [*above, *sample[many:]]


def _encoding(name: str, file: IO[bytes], most: int) -> tuple[str, bool, list[str]]:
    """A text's encoding, whether it is small, and what a user should know of both."""
    start = file.read(_START)
    file.seek(0)
    encoding, notes = "utf-8-sig", []
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif start[:200].count(b"\0") > len(start[:200]) / 3:
        encoding = "utf-16-le" if start[1:2] == b"\0" else "utf-16-be"
    decoder = codecs.getincrementaldecoder(encoding)()
    size, last, piece = 0, "", start
    while piece:
        piece = file.read(_PIECE)
        size += len(piece)
        _refuse_more(name, size, most)
        if b"\0" in piece and not encoding.startswith("utf-16"):
            problem = "this is no text (it has NUL bytes); save it as CSV or Excel"
            raise QuarantineError(name, [problem])
        try:
            last = decoder.decode(piece, final=not piece)[-1:] or last
        except UnicodeDecodeError as error:
            _refuse_mixed(name, file, encoding, error)
            encoding = _not_unicode(start)
            decoder = codecs.getincrementaldecoder(encoding)("replace")
            last = decoder.decode(piece)[-1:] or last
            called = "Windows-1252" if encoding == "cp1252" else encoding
            notes.append(f"the text is not UTF-8; it was read as {called}, so check the names")
    if last not in ("\n", "\r"):
        note = "the last line has no line end; if the file was cut short, its last value may be too"
        notes.append(note)
    return encoding, size <= _SPACED, notes


def _refuse_mixed(name: str, file: IO[bytes], encoding: str, error: UnicodeDecodeError) -> None:
    """QuarantineError of a text cut or damaged, or of two encodings, which would double its names.

    Leaves the file where it stood.
    """
    if encoding != "utf-8-sig":
        problem = (
            f"not valid {encoding} ({error.reason}); it was cut short or damaged: fetch it again"
        )
        raise QuarantineError(name, [problem])
    stood, good, bad = file.tell(), 0, list[int]()
    file.seek(0)
    for line, text in enumerate(file, start=1):
        try:
            good += not text.isascii() and bool(text.decode())
        except UnicodeDecodeError:
            bad.append(line)
    file.seek(stood)
    if good >= 9 * len(bad):
        problem = f"line {bad[0]}: not UTF-8, as its other lines are; save it whole as UTF-8"
        raise QuarantineError(name, [problem])


def _not_unicode(start: bytes) -> str:
    """The encoding of a text that begins so."""
    plain_letters = sum(byte < 128 and chr(byte).isalpha() for byte in start)
    foreign = sum(byte >= 128 for byte in start)
    for encoding, seen, share in _ENCODINGS:
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(start)
        except UnicodeDecodeError:
            continue
        if re.search(seen, text) and foreign > plain_letters * share:
            return encoding
    return "cp1252"


def _separator(sample: Sequence[str]) -> tuple[str, float]:
    """What separates the columns: what cuts most lines into the same number of fields, two or more.

    Between equals the one that is rarer in text goes first; "" if none does. Also the share of
    lines that it cuts so.
    """
    best, most = "", 0.0
    for separator in SEPARATORS:
        try:
            widths = [len(row) for row in _reader(sample, separator) if any(row)]
        except csv.Error:
            continue
        usual = _usual(widths)
        share = widths.count(usual) / len(widths) if usual > 1 else 0
        if share > most:
            best, most = separator, share
    return best, most


def _cut_by_spaces(text: str, separator: str) -> list[list[str]]:
    """The fields of lines that stand below each other, or have as many words each; [] if none.

    separator : a sign that parts some of the lines, so that single spaces part none.
    """
    lines = text.expandtabs().splitlines()
    for split in (re.compile(r" {2,}"), re.compile(r" +"))[: 1 if separator else 2]:
        rows = [split.split(line.strip()) for line in lines]
        widths = [len(row) for row in rows if len(row) > 1]
        alike = len(widths) > 2 and widths.count(_usual(widths)) > 0.97 * len(widths)
        if alike and len(widths) >= 0.8 * len(rows):
            return rows
    return _fixed_width(lines)


def _fixed_width(lines: Sequence[str]) -> list[list[str]]:
    """The fields of lines whose columns are parted by places that are blank in all of them."""
    longest = max(map(len, lines), default=0)
    table = [line for line in lines if "  " in line.strip() and len(line) > longest / 2]
    if len(table) < max(3, 0.8 * len(lines)):
        return []
    blank = [not line.strip() for line in map("".join, zip_longest(*table, fillvalue=" "))]
    cuts = [0, *(at for at in range(1, len(blank)) if blank[at - 1] and not blank[at]), longest]
    return [
        [line[a:b].strip() for a, b in pairwise(cuts)] if line in table else [line.strip()]
        for line in lines
    ]


def _reader(lines: Iterable[str], separator: str) -> Any:
    return csv.reader(lines, delimiter=separator, skipinitialspace=True)


def _usual(widths: Sequence[int]) -> int:
    """The most frequent number of fields, of lines with more than one."""
    counted = Counter(width for width in widths if width > 1)
    return counted.most_common(1)[0][0] if counted else 1


def _gridded(
    name: str,
    rows: Iterable[Sequence[Any]],
    separator: str,
    notes: Sequence[str] = (),
    width: int = 0,
    *,
    exact: bool = False,
) -> Sheet:
    """Rows of cells as a grid, each of one line unless it has cells of several.

    exact : whether texts are kept as they are, and rows without any content.
    """
    rows = iter(rows)
    first = list(islice(rows, _SAMPLE))
    width = width or _usual([len(row) for row in first])
    rows, places = chain(first, rows), _LabelPlaces(name, exact=exact)
    # Grown in place: what is made of pieces and joined is there twice.
    grid, line, unlike = array("i"), array("i"), array("i")
    last = 0
    while block := list(islice(rows, max(_BLOCK // width, 1))):
        ragged = np.fromiter(map(len, block), np.int32, len(block)) - width
        if ragged.any():
            # Blank fields beyond the last column are what spreadsheets leave behind.
            ragged[[len(row) > width and not any(row[width:]) for row in block]] = 0
            block = [[*row, *[""] * width][:width] for row in block]
        codes = np.fromiter(map(places.__getitem__, chain.from_iterable(block)), np.int32)
        lines = np.arange(last + 1, last + len(block) + 1, dtype=np.int32)
        if separator and places.broken:
            lines += np.cumsum([sum(cell.count("\n") for cell in row) for row in block])
        codes = codes.reshape(-1, width)
        filled, last = codes.any(axis=1) | exact, int(lines[-1])
        grid.frombytes(codes[filled].tobytes())
        line.frombytes(lines[filled].tobytes())
        unlike.frombytes(ragged[filled].tobytes())
        _refuse_many(name, len(line), width)
    if not line:
        raise QuarantineError(name, ["the file is empty"])
    codes = np.frombuffer(grid, np.int32).reshape(-1, width)
    lines, ragged = np.frombuffer(line, np.int32), np.frombuffer(unlike, np.int32)
    made = Sheet(name, places.labels, codes, lines, ragged, separator, tuple(notes))
    if separator and not exact:
        _refuse_open_quotes(made, places)
    return made


def _refuse_open_quotes(sheet: Sheet, places: _LabelPlaces) -> None:
    """QuarantineError for a cell that holds whole lines: its quotation mark was not closed."""
    width = sheet.grid.shape[1]
    for cell in places.broken:
        rows = _reader(cell.splitlines()[:-1], sheet.separator)
        if any(len(row) == width > 1 for row in rows):
            at = int(np.flatnonzero((sheet.grid == places[cell]).any(axis=1))[0])
            begin = int(sheet.line[at]) - cell.count("\n")
            problem = f"line {begin}: a quotation mark begins here that takes in the lines below"
            raise QuarantineError(sheet.name, [f"{problem}; close it, or remove it"])


def _refuse_many(name: str, rows: int, width: int) -> None:
    if rows > MOST_ROWS or rows * width > MOST_CELLS:
        problem = f"more than {MOST_ROWS:,} lines or {MOST_CELLS:,} cells"
        raise QuarantineError(name, [f"{problem}; give a folder of Parquet files instead"])


def _web_page(name: str, content: bytes) -> list[Sheet]:
    """The largest table of a web page, as programs write it under the name of a workbook."""
    try:
        rows = max(tables(content), key=len, default=[])
    except ValueError as error:
        raise QuarantineError(name, [f"this is a web page (HTML), {error}"]) from error
    width = max(map(len, rows), default=0)
    return [_gridded(name, rows, "", ["a table of a web page"], width)] if width else []


def _json(name: str, content: bytes) -> list[Sheet]:
    """A list of rows, or an object with one, each an object with the columns' names or a list."""
    rows = _json_rows(content)
    flat = rows and all(isinstance(row, list) for row in rows) and any(rows)
    if not flat or any(isinstance(cell, dict | list) for cell in chain.from_iterable(rows)):
        problem = "this is JSON, not a table; write a list of rows such as "
        problem += '[{"month": "2024-01", "visits": 120}, ...], or save the table as CSV or Excel'
        raise QuarantineError(name, [problem])
    notes = ["rows of JSON; its lines are the rows, the names the first"]
    return [_gridded(name, [list(map(plain, row)) for row in rows], "", notes)]


def _json_rows(content: bytes) -> list[Any]:
    """The one list in a text of JSON, its columns' names first; [] without."""
    try:
        text = content.decode("utf-8-sig")
        try:
            rows = json.loads(text)
        except ValueError:
            rows = list(map(json.loads, text.splitlines()))  # an object a line
    except (ValueError, RecursionError):
        return []
    if isinstance(rows, dict):
        lists = [value for value in rows.values() if isinstance(value, list)]
        rows = lists[0] if len(lists) == 1 else []
    if rows and all(isinstance(row, dict) for row in rows):
        names = list(dict.fromkeys(chain.from_iterable(rows)))
        return [names, *([row.get(column) for column in names] for row in rows)]
    return rows if isinstance(rows, list) else []


def _workbook(name: str, content: bytes) -> list[Sheet]:
    # Nobody who reads text waits for it.
    from forecast.tables import workbook

    if find_spec("python_calamine") is None:
        raise DataError(f"{name}: to read workbooks install python-calamine, or save it as CSV")
    try:
        sheets = workbook.read(content)
    except ValueError as error:
        problem = f"the workbook cannot be read ({error})"
        with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(content)) as archive:
            if "[Content_Types].xml" not in (packed := archive.namelist()):
                problem = f"an archive with {' and '.join(packed[:3])}, not a table; unpack it"
        raise QuarantineError(name, [problem]) from error
    made = []
    for title, hidden, width, cells, codes in sheets:
        places = _LabelPlaces(name)
        onto = np.array([places[cell] for cell in cells], dtype=np.int32)
        grid = onto[np.frombuffer(codes, dtype=np.int32)].reshape(-1, max(width, 1))
        line = np.flatnonzero(grid.any(axis=1)).astype(np.int32)
        of = f"{name}, sheet {title!r}" if len(sheets) > 1 else name
        sheet = Sheet(of, places.labels, grid[line], line + 1, np.zeros_like(line))
        if len(line):
            made.append(replace(sheet, title=title, hidden=hidden))
    if not made:
        raise QuarantineError(name, ["the workbook has no cells"])
    return made


def _parquet(name: str, content: bytes) -> list[Sheet]:
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
    places = _LabelPlaces(name)
    grid = np.empty((table.num_rows + 1, table.num_columns), dtype=np.int32, order="F")
    grid[0] = [places[str(column)] for column in table.column_names]
    for at, column in enumerate(table.columns):
        if column.type.num_fields:  # lists and the like, which Arrow does not code
            grid[1:, at] = [places[plain(cell)] for cell in column.to_pylist()]
            continue
        coded = column.combine_chunks()
        if not hasattr(coded, "dictionary"):
            coded = coded.dictionary_encode()
        onto = np.array([places[plain(cell)] for cell in coded.dictionary.to_pylist()] or [0])
        # A null has no place in Arrow's dictionary; here it is the blank label.
        codes = np.from_dlpack(coded.indices.fill_null(-1))  # `to_numpy` would import pandas
        grid[1:, at] = np.where(codes < 0, 0, onto[codes])
    # Parquet's names are no row of the file: rows count from 1.
    line = np.flatnonzero(grid.any(axis=1)).astype(np.int32)
    return [Sheet(name, places.labels, grid[line], line, np.zeros_like(line))]
