"""`tidy`: what a file was understood as, a row a series and month."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from forecast import months
from forecast.desk.export import Coded, ExportTable
from forecast.desk.sentences import own_counts
from jobs.arrivals.table import read_source
from jobs.cli.forecast import check_outputs, say, write_table
from jobs.cli.options import Settings, read_as
from models.base import MonthlyCounts


def tidy(settings: Settings, file: Path | str, out: str, **said_of_file: Any) -> None:
    """Turn any table of monthly counts into a plain one."""
    check_outputs(out)
    read = read_source(file, read_as(**said_of_file), settings.config.fetch)
    say(own_counts.as_read(read))
    write_table(_rows(read.counts), out)
    counts = read.counts
    first = int((counts.last - counts.values.shape[1] + 1 + _blanks(counts)).min())
    span = f"{months.from_index(first)} to {months.from_index(int(counts.last.max()))}"
    say([f"{len(counts.names):,} series, {span}; {read.missing:,} months missing"])


def _blanks(counts: MonthlyCounts) -> np.ndarray:
    """Count the (series,) columns before a series' first month."""
    return np.asarray(np.argmax(np.isfinite(counts.values), axis=1))


def _rows(counts: MonthlyCounts) -> ExportTable:
    """Return a row a series and month, from each series' first month to its last."""
    width = counts.values.shape[1]
    series, column = np.nonzero(np.arange(width) >= _blanks(counts)[:, None])
    index = counts.last[series] - (width - 1) + column
    first = int(index.min())
    labels = [months.from_index(at) for at in range(first, int(index.max()) + 1)]
    whole = bool(counts.whole.all())
    values = [
        None if np.isnan(value) else int(value) if whole else value
        for value in counts.values[series, column].tolist()
    ]
    block = [Coded(series, counts.names), Coded(index - first, labels), values]
    return ExportTable(
        {"series": "text", "month": "text", "value": "count" if whole else "real"}, [block]
    )
