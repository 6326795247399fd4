"""Forecasts of any series as a table: computed, rounded and encoded some series at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from forecast import months
from forecast.desk.dictionary import ColumnKind
from forecast.desk.export.encoded import ENCODERS, Coded, Encoded, EncodedBlock
from forecast.engine.anyseries import SCORED, SeriesForecasts, series_scores
from forecast.engine.rows import HUB
from forecast.types import HUB_COLUMNS
from models.base import Floats, Ints

MEDIAN = HUB.index(0.5)
PART = 256  # series


class TablePart(NamedTuple):
    """What some rows of a table are made of.

    Attributes
    ----------
    said : some series, and the cutoffs in question.
    columns : of the table; see `columns`.
    model : its name, where the table says it.
    suffix : the file's, which says how rows are encoded; "" only scores them.
    """

    said: SeriesForecasts
    columns: Mapping[str, ColumnKind]
    model: str
    suffix: str


class Written(NamedTuple):
    """A part's rows, for `export.Table`, and the `series_scores` of its series."""

    model: str
    block: EncodedBlock | Encoded
    scores: Floats


def columns(whole: bool, *, models: bool, past: bool) -> dict[str, ColumnKind]:
    """Name -> kind of the table's columns.

    whole : whether all values of all series are; models : whether there are several; past :
    whether these are hindcasts.
    """
    value: ColumnKind = "count" if whole else "real"
    names: dict[str, ColumnKind] = {"series": "text"}
    if models:
        names["model"] = "text"
    if past:
        names["cutoff"] = "text"
    names["month"] = "text"
    if past:
        names["horizon"] = "count"
    return names | dict.fromkeys(("median", *HUB_COLUMNS), value)


def parts(
    by_model: Mapping[str, SeriesForecasts], columns: Mapping[str, ColumnKind], suffix: str
) -> Iterator[TablePart]:
    """Every model's series, some at a time."""
    for model, forecasts in by_model.items():
        for first in range(0, len(forecasts.counts.names), PART):
            part = forecasts.some(slice(first, first + PART))
            yield TablePart(part, columns, model, suffix)


def written(part: TablePart) -> Written:
    """Do one part; a pure function of it, to be sent to another process."""
    values = part.said.values(slice(None))
    past = bool(np.all(part.said.back > 0))
    scores = series_scores(part.said, values[..., SCORED]) if past else np.empty((0, 5))
    if not part.suffix:
        return Written(part.model, [], scores)
    block = _block(part, values)
    encode = ENCODERS.get(part.suffix)
    return Written(part.model, encode(block, part.columns) if encode else block, scores)


def _block(part: TablePart, values: Floats) -> EncodedBlock:
    """The columns; a series without a forecast at a cutoff has no rows there."""
    forecasts, known = part.said, part.said.known
    series, cutoff = np.nonzero(known)
    h = values.shape[2]
    shown = values.reshape(-1, len(HUB)) if known.all() else values[known].reshape(-1, len(HUB))
    kind = np.int64 if part.columns["median"] == "count" else np.float64
    by_quantile = np.ascontiguousarray(shown.T.astype(kind))
    at = np.repeat(forecasts.counts.last[series] - forecasts.back[cutoff], h)
    ahead = np.tile(np.arange(1, h + 1), len(series))
    columns = {
        "series": Coded(np.repeat(series, h), forecasts.counts.names),
        "model": Coded(np.zeros(len(at), dtype=np.int64), [part.model]),
        "cutoff": _as_text(at),
        "month": _as_text(at + ahead),
        "horizon": ahead,
        "median": by_quantile[MEDIAN],
        **dict(zip(HUB_COLUMNS, by_quantile, strict=True)),
    }
    return [columns[name] for name in part.columns]


def _as_text(index: Ints) -> Coded:
    """Running numbers of months as "YYYY-MM"."""
    if not len(index):
        return Coded(index, [])
    first, last = int(index.min()), int(index.max())
    return Coded(index - first, [months.from_index(i) for i in range(first, last + 1)])
