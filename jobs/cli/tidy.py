"""`tidy`: what a file was understood as, a row a series and month."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from forecast import months
from forecast.desk.dictionary import ColumnKind
from forecast.desk.export import Coded, EncodedBlock, ExportTable
from forecast.desk.sentences import own_counts
from jobs.arrivals.table import read_source
from jobs.cli.forecast import check_outputs, say, write_table
from jobs.cli.options import Settings, read_as
from models.base import MonthlyCounts

_AT_ONCE = 1_000  # series whose rows are in memory at once


def tidy(settings: Settings, file: Path | str, out: str, **said_of_file: Any) -> None:
    """Turn any table of monthly counts into a plain one."""
    check_outputs(out)
    read = read_source(file, read_as(**said_of_file), settings.config.fetch)
    say(own_counts.as_read(read))
    counts = read.counts
    kind: ColumnKind = "count" if counts.whole.all() else "real"
    columns: dict[str, ColumnKind] = {"series": "text", "month": "text", "value": kind}
    write_table(ExportTable(columns, _rows(counts)), out)
    first = int((counts.last - counts.values.shape[1] + 1 + _blanks(counts)).min())
    span = f"{months.from_index(first)} to {months.from_index(int(counts.last.max()))}"
    say([f"{len(counts.names):,} series, {span}; {read.missing:,} months missing"])


def _blanks(counts: MonthlyCounts) -> np.ndarray:
    """Count the (series,) columns before a series' first month."""
    return np.asarray(np.argmax(np.isfinite(counts.values), axis=1))


def _rows(counts: MonthlyCounts) -> Iterator[EncodedBlock]:
    """Yield a row a series and month, from each series' first month to its last, block by block."""
    width, blanks, whole = counts.values.shape[1], _blanks(counts), bool(counts.whole.all())
    starts = counts.last - (width - 1)
    first = int((starts + blanks).min())
    labels = [months.from_index(at) for at in range(first, int(counts.last.max()) + 1)]
    for begin in range(0, len(counts.names), _AT_ONCE):
        part = slice(begin, begin + _AT_ONCE)
        series, column = np.nonzero(np.arange(width) >= blanks[part, None])
        values = [
            None if np.isnan(value) else int(value) if whole else value
            for value in counts.values[part][series, column].tolist()
        ]
        month = starts[part][series] + column - first
        yield [Coded(series, counts.names[part]), Coded(month, labels), values]
