"""Tables -> files: CSV, Parquet and Excel, whole or not at all.

A table is a list of named columns and blocks of their values, so that a large one is written
while it is computed. A new format is a function in `_FORMATS`; what goes into a table is
decided elsewhere (`forecast.store.exports`, `forecast.engine.anyseries`).
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from forecast import files
from forecast.desk.dictionary import ColumnKind, View, definitions
from forecast.desk.export import workbook
from forecast.desk.export.encoded import (
    Encoded,
    ExportTable,
    arrow_rows,
    arrow_types,
    real,
    safe,
)
from forecast.errors import ConfigError
from forecast.types import HUB_COLUMNS

if TYPE_CHECKING:
    from forecast.sources.source import Source

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


def of_rows(
    columns: Mapping[str, ColumnKind], rows: Sequence[Sequence[Any]], notes: Mapping[str, str]
) -> ExportTable:
    """A table of rows, in one block."""
    return ExportTable(columns, [list(zip(*rows, strict=True))] if rows else [], notes)


def of_view(
    view: View, rows: Sequence[Sequence[Any]], notes: Mapping[str, str], source: Source
) -> ExportTable:
    """A view's rows; each bears the digest of the run it was read from.

    notes : with a "digest" among them.
    """
    columns: dict[str, ColumnKind] = {
        name: column.kind for name, column in view.described().items()
    }
    shown = {name: source.column(name) for name in columns if source.column(name)}
    if shown != {name: name for name in columns}:  # in the words of their source
        places = [place for place, name in enumerate(columns) if name in shown]
        own = {shown[name]: kind for name, kind in columns.items() if name in shown}
        marked = [(*(row[place] for place in places), notes["digest"]) for row in rows]
        return of_rows({**own, "digest": "text"}, marked, notes)
    meant = *definitions(view, source), ("digest", "text", "64 hex digits", DIGEST)
    if "digest" in columns:
        return replace(of_rows(columns, rows, notes), definitions=meant[:-1])
    marked = [(*row, notes["digest"]) for row in rows]
    return replace(of_rows({**columns, "digest": "text"}, marked, notes), definitions=meant)


def check(path: Path) -> None:
    """Refuse a file that could not be written, before any work is done.

    Raises
    ------
    ConfigError : an ending without a format, a folder that is not there, no pyarrow.
    """
    _format(path)
    if not path.parent.is_dir():
        raise ConfigError(str(path), "-o", f"no such folder as {str(path.parent)!r}; make it first")
    if path.suffix == ".parquet":
        _pyarrow(path)
    if path.suffix == ".xlsx":
        workbook.check(path)


def write(table: ExportTable, path: Path) -> int:
    """Write a table in the format its file's ending names; returns the number of rows.

    The file appears complete or not at all; one that was there stays until then.
    """
    save = _format(path)
    with files.output(path) as draft:
        return save(table, draft)


def write_csv(table: ExportTable, file: IO[str]) -> int:
    """Write a table as CSV to an open text file; returns the number of rows."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table.columns)
    count = 0
    for block in table.blocks:
        if isinstance(block, Encoded):
            file.write(block.content.decode())
            count += block.rows
            continue
        texts = [_texts(x, kind) for x, kind in zip(block, table.columns.values(), strict=True)]
        writer.writerows(zip(*texts, strict=True))
        count += len(texts[0])
    return count


def _texts(values: Any, kind: ColumnKind) -> Sequence[Any]:
    plain = values.tolist() if hasattr(values, "tolist") else values
    if kind == "text":
        return [safe(value) for value in plain]
    return [real(value) for value in plain] if kind == "real" else plain


def _save_csv(table: ExportTable, path: Path) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        return write_csv(table, file)


def _save_parquet(table: ExportTable, path: Path) -> int:
    pa, parquet = _pyarrow(path)
    kinds = arrow_types(pa)
    fields = [pa.field(name, kinds[kind]) for name, kind in table.columns.items()]
    schema = pa.schema(fields, metadata=dict(table.notes))
    count = 0
    with parquet.ParquetWriter(path, schema) as writer:
        for block in table.blocks:
            ready = block if isinstance(block, Encoded) else arrow_rows(block, table.columns)
            writer.write_batch(pa.ipc.open_stream(ready.content).read_next_batch())
            count += ready.rows
    return count


_FORMATS: Mapping[str, Callable[[ExportTable, Path], int]] = {
    ".csv": _save_csv,
    ".parquet": _save_parquet,
    ".xlsx": workbook.save,
}


def _format(path: Path) -> Callable[[ExportTable, Path], int]:
    if path.suffix not in _FORMATS:
        known = f"{', '.join([*_FORMATS][:-1])} or {[*_FORMATS][-1]}"
        raise ConfigError(str(path), "-o", f"the file's name must end in {known}")
    return _FORMATS[path.suffix]


def _pyarrow(path: Path) -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        problem = "Parquet needs pyarrow: pip install pyarrow, or write .csv"
        raise ConfigError(str(path), "-o", problem) from None
    return pyarrow, parquet
