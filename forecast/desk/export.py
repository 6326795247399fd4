"""Tables as files: CSV, Parquet and Excel, one writer each, whole or not at all.

A large table is written while it is computed, in blocks of some rows. What takes the time, turning
numbers into text or Arrow's layout, may be done where a block was computed, in another process.
What goes into a table of the record is decided in `forecast.store.read`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from forecast import files, months
from forecast.desk.dictionary import ColumnKind, ColumnMeaning, View, definitions
from forecast.errors import ConfigError
from forecast.sources.source import Source
from forecast.types import HUB_COLUMNS

if TYPE_CHECKING:
    from forecast.engine.anyseries import SeriesForecasts
    from models.base import Floats, Ints

DIGITS = 12  # of a real number in a CSV file
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a cell begins with that is taken for one
DIGEST = "Digest of the record after its last run; `bordercast verify --run N --digest X` checks it"
HINDCASTS: Mapping[str, ColumnKind] = {
    "border": "text",
    "dimension": "text",
    "member": "text",
    "cutoff": "text",
    "month": "text",
    "horizon": "count",
    "median": "count",
    **dict.fromkeys(HUB_COLUMNS, "count"),
    "digest": "text",
}
SERIES_A_PART = 256
_ARROW: Mapping[ColumnKind, str] = {"text": "string", "count": "int64", "real": "float64"}
_SHEET_ROWS = 1_048_575  # a sheet's limit, less the header
_WIDEST = 44 * 7  # pixels of a sheet's column


class Encoded(NamedTuple):
    """Rows of a table, as their file has them: CSV text, or an Arrow stream."""

    content: bytes
    rows: int


class Coded(NamedTuple):
    """A column of text with few different values: a label's place for every row."""

    code: np.ndarray
    labels: Sequence[str]

    def tolist(self) -> list[str]:
        """Spell out the text of every row."""
        return list(map(self.labels.__getitem__, self.code.tolist()))


EncodedBlock = Sequence[Any]
"""The values of each column, all of one length: lists, arrays, or Coded."""


@dataclass(frozen=True)
class ExportTable:
    """What is written.

    columns : name -> kind, in order. blocks : see `EncodedBlock`, or such blocks as `ENCODERS` make
    them for the file's format; read once.
    notes : name -> text, kept in the file where its format has a place for it (not CSV).
    definitions : (column, unit, values, meaning), for a workbook.
    """

    columns: Mapping[str, ColumnKind]
    blocks: Iterable[EncodedBlock | Encoded]
    notes: Mapping[str, str] = field(default_factory=dict)
    definitions: Sequence[ColumnMeaning] = ()


# -- tables of the record --------------------------------------------------------------------------


def of_rows(
    columns: Mapping[str, ColumnKind], rows: Sequence[Sequence[Any]], notes: Mapping[str, str]
) -> ExportTable:
    """Make a table of rows, in one block."""
    return ExportTable(columns, [list(zip(*rows, strict=True))] if rows else [], notes)


def of_view(
    view: View,
    rows: Sequence[Sequence[Any]],
    notes: Mapping[str, str],
    source: Source,
    *,
    marked: bool = True,
) -> ExportTable:
    """Make a table of a view's rows; each bears the digest of the run it was read from.

    notes : with a "digest" among them; with a "measure", each row bears this too.
    marked : False where no row bears either.
    """
    described = view.described()
    own = any(source.column(name) != name for name in described)
    # In the words of their source, of which the dictionary says nothing.
    shown = [name for name in described if source.column(name)]
    columns: dict[str, ColumnKind] = {source.column(n): described[n][0] for n in shown}
    meant = [] if own else list(definitions(view, source))
    added = {"digest": ("64 hex digits", DIGEST)} if "digest" not in described else {}
    if "measure" in notes:
        added["measure"] = ("", "What is counted, where that is not the record's first measure")
    added = added if marked else {}
    places = [list(described).index(name) for name in shown]
    more = tuple(map(notes.__getitem__, added))
    bearing = [(*(row[place] for place in places), *more) for row in rows]
    for name, (span, words) in added.items():
        columns[name] = "text"
        meant += [] if own and name == "digest" else [ColumnMeaning(name, "text", span, words)]
    return replace(of_rows(columns, bearing, notes), definitions=tuple(meant))


# -- a table file by file, each with what changed --------------------------------------------------

SIGN = "sign"  # column of a row's file: 1 where it came, -1 where it went
_SQL: Mapping[ColumnKind, str] = {"text": "text", "count": "bigint", "real": "double precision"}


def write_changes(table: ExportTable, folder: Path) -> int:
    """Write by how much a table differs from what a folder's files add up to; returns the rows.

    Rows whose signs over all files add up to 1 are the table. No difference makes no file, and
    files with other columns a ConfigError.
    """
    parquet = _library(folder.with_suffix(".parquet"))
    columns, stands = {**table.columns, SIGN: "count"}, Counter[tuple[Any, ...]]()
    files = sorted(folder.glob("*.parquet"))
    for path in files:
        earlier = parquet.read_table(path).to_pydict()
        if tuple(earlier) != tuple(columns):
            problem = "its columns are those of another version; export all into a new folder"
            raise ConfigError(str(path), "--since", problem)
        for *row, sign in zip(*earlier.values(), strict=True):
            stands[tuple(row)] += sign
    blocks = cast("Iterable[EncodedBlock]", table.blocks)
    now = Counter(row for block in blocks for row in zip(*block, strict=True))
    changes = (now - stands, 1), (stands - now, -1)
    rows = [(*row, sign) for these, sign in changes for row in these.elements()]
    if not rows:
        return 0
    folder.mkdir(exist_ok=True)
    name = f"{len(files) + 1:04}-run-{table.notes['run']}.parquet"
    return write(of_rows(columns, rows, table.notes), folder / name)


def sql(name: str, table: ExportTable) -> str:
    """Return statements for a database that takes the rows of `write_changes`: their table, a view.

    name : of the view, which shows the rows that stand.
    """
    own = ", ".join(f'"{column}"' for column in table.columns)
    typed = ", ".join(f'"{column}" {_SQL[kind]}' for column, kind in table.columns.items())
    return (
        f"create table {name}_rows ({typed}, {SIGN} bigint);\n"  # noqa: S608 - our own names
        f"create view {name} as select {own} from {name}_rows\n"
        f"    group by {own} having sum({SIGN}) > 0;\n"
    )


# -- forecasts of any series, some at a time -------------------------------------------------------


def forecast_columns(whole: bool, *, models: bool, past: bool) -> dict[str, ColumnKind]:
    """Name the columns of a table of forecasts, with their kinds.

    whole : whether all values of all series are; models : whether there are several; past :
    whether these are hindcasts.
    """
    names: dict[str, ColumnKind] = {"series": "text"}
    names |= {"model": "text"} if models else {}
    names |= {"cutoff": "text", "month": "text", "horizon": "count"} if past else {"month": "text"}
    return names | dict.fromkeys(("median", *HUB_COLUMNS), "count" if whole else "real")


Part = tuple["SeriesForecasts", Mapping[str, ColumnKind], str, str]
"""What some rows are made of: some series' forecasts; see `forecast_columns`; the model's name; the
file's suffix, which says how rows are encoded, "" only scores them."""


def parts(
    by_model: Mapping[str, SeriesForecasts], columns: Mapping[str, ColumnKind], suffix: str
) -> Iterator[Part]:
    """Cut every model's series into parts, to be written one by one."""
    for model, forecasts in by_model.items():
        for first in range(0, len(forecasts.counts.names), SERIES_A_PART):
            yield forecasts.some(slice(first, first + SERIES_A_PART)), columns, model, suffix


def written(part: Part) -> tuple[str, EncodedBlock | Encoded, Floats]:
    """Encode and score one part; a pure function of it, to be sent to another process.

    Returns its model, rows for an `ExportTable`, and the `series_scores` of its series.
    """
    from forecast.engine.anyseries import SCORED, series_scores
    from forecast.engine.forecast import HUB
    from forecast.engine.scores import PROBS

    forecasts, kinds, model, suffix = part
    # Only what is known by now can be scored.
    past = bool(np.all(forecasts.back > 0))
    probs, scored = (HUB, SCORED) if suffix else (PROBS, slice(None))
    values, known = forecasts.values(slice(None), probs), forecasts.known
    scores = series_scores(forecasts, values[..., scored]) if past else np.empty((0, 5))
    if not suffix:
        return model, [], scores
    # A series without a forecast at a cutoff has no rows there.
    series, cutoff = np.nonzero(known)
    h = values.shape[2]
    shown = values.reshape(-1, len(HUB)) if known.all() else values[known].reshape(-1, len(HUB))
    kind = np.int64 if kinds["median"] == "count" else np.float64
    # One pass over memory instead of one a quantile.
    by_quantile = np.ascontiguousarray(shown.T.astype(kind))
    at = np.repeat(forecasts.counts.last[series] - forecasts.back[cutoff], h)
    ahead = np.tile(np.arange(1, h + 1), len(series))
    columns = {
        "series": Coded(np.repeat(series, h), forecasts.counts.names),
        "model": Coded(np.zeros(len(at), dtype=np.int64), [model]),
        "cutoff": _as_text(at),
        "month": _as_text(at + ahead),
        "horizon": ahead,
        "median": by_quantile[HUB.index(0.5)],
        **dict(zip(HUB_COLUMNS, by_quantile, strict=True)),
    }
    block, encode = [columns[name] for name in kinds], ENCODERS.get(suffix)
    return model, encode(block, kinds) if encode else block, scores


def _as_text(index: Ints) -> Coded:
    """Running numbers of months as "YYYY-MM"."""
    if not len(index):
        return Coded(index, [])
    first, last = int(index.min()), int(index.max())
    return Coded(index - first, [months.from_index(i) for i in range(first, last + 1)])


# -- files -----------------------------------------------------------------------------------------


def check(path: Path) -> None:
    """Refuse a file that could not be written, before any work is done.

    ConfigError for an ending without a format, a folder that is not there, a library that is not.
    """
    _writer(path)
    if not path.parent.is_dir():
        raise ConfigError(str(path), "-o", f"no such folder as {str(path.parent)!r}; make it first")
    if path.suffix in _LIBRARIES:
        _library(path)


def write(table: ExportTable, path: Path) -> int:
    """Write a table in the format its file's ending names; returns the number of rows.

    The file appears complete or not at all; one that was there stays until then.
    """
    save = _writer(path)
    # Whoever reads the folder meanwhile finds the old file or the new one.
    with files.output(path) as draft:
        return save(table, draft)


def _writer(path: Path) -> Callable[[ExportTable, Path], int]:
    if path.suffix not in _WRITERS:
        *most, last = _WRITERS
        problem = f"the file's name must end in {', '.join(most)} or {last}"
        raise ConfigError(str(path), "-o", problem)
    return _WRITERS[path.suffix]


def _library(path: Path) -> Any:
    """Import what writes this file; it need not be installed for the others."""
    name, package, library, instead = _LIBRARIES[path.suffix]
    try:
        import_module(package)
        return import_module(library)
    except ImportError:
        problem = f"{name} needs {package}: pip install {package}, or write {instead}"
        raise ConfigError(str(path), "-o", problem) from None


_LIBRARIES = {
    ".parquet": ("Parquet", "pyarrow", "pyarrow.parquet", ".csv"),
    ".xlsx": ("Excel", "xlsxwriter", "xlsxwriter", ".csv"),
}


def write_csv(table: ExportTable, file: IO[str]) -> int:
    """Write a table as CSV to an open text file; returns the number of rows."""
    file.write(",".join(map(_quoted, table.columns)) + "\n")
    count = 0
    for block in table.blocks:
        ready = block if isinstance(block, Encoded) else csv_rows(block, table.columns)
        file.write(ready.content.decode())
        count += ready.rows
    return count


def _save_csv(table: ExportTable, path: Path) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        return write_csv(table, file)


def csv_rows(block: EncodedBlock, fields: Mapping[str, ColumnKind]) -> Encoded:
    """Encode as the csv module does, three times as fast where there are many rows."""
    columns = [_csv_cells(x, kind) for x, kind in zip(block, fields.values(), strict=True)]
    # By columns: the csv module asks each cell for its type, row after row.
    text = "\n".join(map(",".join, zip(*columns, strict=True)))
    rows = len(columns[0])
    return Encoded(f"{text}\n".encode() if rows else b"", rows)


def _csv_cells(values: Any, kind: ColumnKind) -> list[str]:
    if isinstance(values, Coded):
        return Coded(values.code, [_quoted(safe(label) or "") for label in values.labels]).tolist()
    if kind == "text":
        return [_quoted(safe(value) or "") for value in values]
    if kind == "real":
        return list(map(real, values.tolist() if isinstance(values, np.ndarray) else values))
    if not isinstance(values, np.ndarray):
        return ["" if value is None else str(value) for value in values]
    most = int(values.max(initial=0))
    if most > len(values):
        return list(map(str, values.tolist()))
    # Most counts are small: looked up, they are text in a third of the time.
    numbers: list[str] = np.array(list(map(str, range(most + 1))), dtype=object)[values].tolist()
    return numbers


def _quoted(text: str) -> str:
    if any(mark in text for mark in (",", '"', "\n", "\r")):
        return '"' + text.replace('"', '""') + '"'
    return text


def safe(text: str | None) -> str | None:
    """Keep a spreadsheet from computing text: what would be a formula gets an apostrophe."""
    return f"'{text}" if text and text[0] in FORMULA else text


def real(value: float | None) -> str:
    """Write without an exponent where it is large: whole counts stand among real numbers too."""
    if value is None:
        return ""
    return f"{value:.{DIGITS}g}" if value < 10**DIGITS / 10 else f"{value:.0f}"


def arrow_rows(block: EncodedBlock, fields: Mapping[str, ColumnKind]) -> Encoded:
    """Encode as an Arrow stream of one batch."""
    import pyarrow as pa

    def cells(values: Any, kind: Any) -> Any:
        if isinstance(values, Coded):
            labels = pa.array(values.labels, kind)
            return pa.DictionaryArray.from_arrays(pa.array(values.code), labels).dictionary_decode()
        return pa.array(values, kind)

    kinds = [_ARROW[kind] for kind in fields.values()]
    batch = pa.record_batch(list(map(cells, block, kinds)), names=list(fields))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return Encoded(sink.getvalue().to_pybytes(), batch.num_rows)


ENCODERS: Mapping[str, Callable[[EncodedBlock, Mapping[str, ColumnKind]], Encoded]] = {
    ".csv": csv_rows,
    ".parquet": arrow_rows,
}


def _save_parquet(table: ExportTable, path: Path) -> int:
    parquet = _library(path)
    import pyarrow as pa

    fields = [pa.field(name, _ARROW[kind]) for name, kind in table.columns.items()]
    schema = pa.schema(fields, metadata=dict(table.notes))
    count = 0
    with parquet.ParquetWriter(path, schema) as writer:
        for block in table.blocks:
            ready = block if isinstance(block, Encoded) else arrow_rows(block, table.columns)
            writer.write_batch(pa.ipc.open_stream(ready.content).read_next_batch())
            count += ready.rows
    return count


def _save_workbook(table: ExportTable, path: Path) -> int:
    """The figures, what each column means, and where they come from, a sheet each."""
    workbook = _library(path).Workbook(path, {"strings_to_formulas": False, "in_memory": True})
    # No clock: the same record gives the same file.
    workbook.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001
    forms = {
        name: workbook.add_format({"num_format": form})
        for name, form in (("count", "#,##0"), ("year", "0"), ("month", "mmm yyyy"))
    }
    bold = workbook.add_format({"bold": True})
    # Years have no comma, months are dates that sort; the digest is said once, on a sheet.
    units = {"year": "year", "fiscal_year": "year", "month": "month", "cutoff": "month"}
    units |= {name: "month" for name, unit, *_ in table.definitions if unit == "month"}
    kinds = {n: units.get(n, kind) for n, kind in table.columns.items() if n not in table.notes}
    places = [place for place, name in enumerate(table.columns) if name in kinds]

    def rows() -> Iterator[tuple[Any, ...]]:
        for block in table.blocks:
            shown = (block[place] for place in places)
            yield from zip(*(x.tolist() if hasattr(x, "tolist") else x for x in shown), strict=True)

    def sheet(name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]], *looks: str) -> int:
        to, count = workbook.add_worksheet(name), 0
        for count, row in enumerate(rows, start=1):
            if count > _SHEET_ROWS:
                problem = "more rows than an Excel sheet holds; write .csv or .parquet"
                raise ConfigError(str(path), "-o", problem)
            for column, value in enumerate(row):
                look = looks[column] if looks else ""
                # Text is written as text, never as a formula, whatever it begins with.
                if isinstance(value, str) and look == "month" and months.is_month(value):
                    day = datetime.fromisoformat(f"{value}-01")
                    to.write_datetime(count, column, day, forms[look])
                elif isinstance(value, str):
                    to.write_string(count, column, value)
                elif value is not None:
                    to.write_number(count, column, value, forms.get(look))
        to.write_row(0, 0, heads, bold)
        to.freeze_panes(1, 0)
        to.autofilter(0, 0, max(count, 1), len(heads) - 1)
        to.autofit(_WIDEST)
        return count

    count = sheet("figures", list(kinds), rows(), *kinds.values())
    sheet("definitions", ("column", "unit", "values", "meaning"), table.definitions)
    sheet("about", ("what", "is"), table.notes.items())
    workbook.close()
    return count


_WRITERS: Mapping[str, Callable[[ExportTable, Path], int]] = {
    ".csv": _save_csv,
    ".parquet": _save_parquet,
    ".xlsx": _save_workbook,
}
