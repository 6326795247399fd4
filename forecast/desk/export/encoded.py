"""A table for a file, and parts of it made ready where they were computed.

A large table is put together by one writer; what takes the time, turning numbers into text or
Arrow's layout, is done beside the numbers, in whatever process they come from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from forecast.desk.dictionary import ColumnKind

DIGITS = 12  # of a real number in a CSV file
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a cell begins with that is taken for one
_QUOTED = (",", '"', "\n", "\r")


class Encoded(NamedTuple):
    """Rows of a table, as their file has them: CSV text, or an Arrow stream."""

    content: bytes
    rows: int


class Coded(NamedTuple):
    """A column of text with few different values: a label's place for every row."""

    code: np.ndarray
    labels: Sequence[str]

    def tolist(self) -> list[str]:
        """The text of every row."""
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
    definitions: Sequence[tuple[str, str, str, str]] = ()


def csv_rows(block: EncodedBlock, fields: Mapping[str, ColumnKind]) -> Encoded:
    """As the csv module writes them; three times as fast where there are many."""
    columns = [_csv_cells(x, kind) for x, kind in zip(block, fields.values(), strict=True)]
    text = "\n".join(map(",".join, zip(*columns, strict=True)))
    rows = len(columns[0])
    return Encoded(f"{text}\n".encode() if rows else b"", rows)


def arrow_rows(block: EncodedBlock, fields: Mapping[str, ColumnKind]) -> Encoded:
    """An Arrow stream of one batch."""
    import pyarrow as pa

    batch = pa.record_batch(
        [
            _arrow_cells(pa, x, arrow_types(pa)[kind])
            for x, kind in zip(block, fields.values(), strict=True)
        ],
        names=list(fields),
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return Encoded(sink.getvalue().to_pybytes(), batch.num_rows)


def arrow_types(pa: Any) -> dict[ColumnKind, Any]:
    """Arrow's types for ours."""
    return {"text": pa.string(), "count": pa.int64(), "real": pa.float64()}


ENCODERS: Mapping[str, Callable[[EncodedBlock, Mapping[str, ColumnKind]], Encoded]] = {
    ".csv": csv_rows,
    ".parquet": arrow_rows,
}


def safe(text: str | None) -> str | None:
    """Text that a spreadsheet takes for text: what would be a formula gets an apostrophe."""
    return f"'{text}" if text and text[0] in FORMULA else text


def real(value: float | None) -> str:
    """Without an exponent where it is large: whole counts stand among real numbers too."""
    if value is None:
        return ""
    return f"{value:.{DIGITS}g}" if value < 10**DIGITS / 10 else f"{value:.0f}"


def _csv_cells(values: Any, kind: ColumnKind) -> list[str]:
    if isinstance(values, Coded):
        return Coded(values.code, [_quoted(safe(label) or "") for label in values.labels]).tolist()
    if kind == "text":
        return [_quoted(safe(value) or "") for value in values]
    if kind == "real":
        return list(map(real, values.tolist()))
    return _whole(np.asarray(values))


def _whole(values: np.ndarray) -> list[str]:
    """Counts as text; looked up where they are small, for most are."""
    most = int(values.max(initial=0))
    if most > len(values):
        return list(map(str, values.tolist()))
    numbers: list[str] = np.array(list(map(str, range(most + 1))), dtype=object)[values].tolist()
    return numbers


def _quoted(text: str) -> str:
    if any(mark in text for mark in _QUOTED):
        return '"' + text.replace('"', '""') + '"'
    return text


def _arrow_cells(pa: Any, values: Any, kind: Any) -> Any:
    if isinstance(values, Coded):
        labels = pa.array(values.labels, kind)
        return pa.DictionaryArray.from_arrays(pa.array(values.code), labels).dictionary_decode()
    return pa.array(values, kind)
