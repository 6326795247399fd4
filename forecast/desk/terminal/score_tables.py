"""The scorecard as people read it: the borders together, worse than naive said plainly.

Rows are those of the view `scorecard`, as dictionaries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from math import exp, fsum, log
from typing import TYPE_CHECKING, Any

from rich.table import Table

from forecast.desk.terminal.tables import plain_table
from forecast.types import Row

if TYPE_CHECKING:
    from forecast.sources.source import Source


def all_of_them(source: Source) -> str:
    """The label of scores over all totals."""
    return f"all {source.totals.many}"


ALL_ERAS = "all"
ALL_LEADS = 0
NAIVE = "naive"
WORSE = "!"
_COMPARED = ("log_wis", "wis", "mae", "mase")
_MEANS = ("log_wis", "wis", "mae", "mase", "coverage50", "coverage80", "coverage95")
_GROUP = ("basis", "era", "horizon", "model")
_NUMBERS = (
    "months",
    "log-WIS",
    "WIS",
    "MAE",
    "MASE",
    "MAE / naive",
    "50%",
    "80%",
    "95%",
)
_ERAS = {"break": "across a break", "no-break": "across none"}


def with_pooled(rows: Iterable[Row], source: Source) -> list[Row]:
    """The rows, and for each model, basis, era and lead one over all borders.

    Scores and coverage are means over forecast months, MAE relative to naive is the geometric
    mean over borders. `worse_than_naive` names scores, see `worse_scores`.
    """
    rows = list(rows)
    ordered = sorted(rows, key=_group)
    pooled = [_pooled(list(group), source) for _, group in groupby(ordered, key=_group)]
    baselines = {_place(row): row for row in (*pooled, *rows) if row["model"] == NAIVE}
    return [
        {**row, "worse_than_naive": worse_scores(row, baselines.get(_place(row)))}
        for row in (*sorted(pooled, key=_best_first), *rows)
    ]


def _group(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in _GROUP)


def _place(row: Row) -> tuple[Any, ...]:
    """Where a row stands beside other models' rows."""
    return tuple(row[name] for name in ("border", "basis", "era", "horizon"))


def _best_first(row: Row) -> tuple[Any, ...]:
    return row["basis"], row["era"], row["horizon"], row["log_wis"]


def _pooled(rows: Sequence[Row], source: Source) -> Row:
    pooled = {**rows[0], "border": all_of_them(source), "n": sum(row["n"] for row in rows)}
    pooled |= {name: _mean(rows, name) for name in _MEANS}
    ratios = [row["relative_mae"] for row in rows if row["relative_mae"]]
    pooled["relative_mae"] = exp(fsum(map(log, ratios)) / len(ratios)) if ratios else None
    return pooled


def _mean(rows: Sequence[Row], name: str) -> float | None:
    """Mean over forecast months of the rows that know it."""
    known = [row for row in rows if row[name] is not None]
    months = sum(row["n"] for row in known)
    return fsum(row["n"] * row[name] for row in known) / months if known else None


def worse_scores(row: Row, naive: Row | None) -> list[str]:
    """The scores in which a model did worse than naive on the same months.

    Where it was scored on fewer months only relative MAE, which takes care of that, compares.
    """
    if naive is None or row["model"] == NAIVE:
        return []
    compared = _COMPARED if row["n"] == naive["n"] else ()
    worse = [name for name in compared if (row[name] or 0) > (naive[name] or 0)]
    return worse + (["relative_mae"] if (row["relative_mae"] or 0) > 1 else [])


def lead_table(rows: Sequence[Row]) -> Table:
    """Models by lead in months: one border, basis and era."""
    return _model_table(rows, "lead", "horizon")


def border_table(rows: Sequence[Row], source: Source) -> Table:
    """Models by border: one lead, basis and era."""
    return _model_table(rows, source.totals.one, "border")


def _model_table(rows: Sequence[Row], head: str, by: str) -> Table:
    """Every model's scores, a section for each value of the column `by`."""
    table = plain_table(head, "model", numbers=_NUMBERS)
    months = {row[by]: row["n"] for row in rows if row["model"] == NAIVE}
    for value, group in groupby(rows, key=lambda row: row[by]):
        label = _lead(value) if by == "horizon" else value
        for place, row in enumerate(group):
            table.add_row("" if place else label, *_cells(row, months.get(value)))
        table.add_section()
    return table


def _lead(horizon: int) -> str:
    return "1-12" if horizon == ALL_LEADS else str(horizon)


def _cells(row: Row, naive_months: int | None) -> Iterator[str]:
    fewer = naive_months is not None and row["n"] < naive_months
    yield row["model"]
    yield f"{row['n']:,}" + ("*" if fewer else " ")
    for name, digits in (("log_wis", 3), ("wis", 0), ("mae", 0), ("mase", 3), ("relative_mae", 3)):
        yield _marked(row, name, digits)
    for name in ("coverage50", "coverage80", "coverage95"):
        yield f"{row[name]:.2f}"


def _marked(row: Row, name: str, digits: int) -> str:
    """A score, with the mark of what is worse than naive."""
    if row[name] is None:
        return "- "
    return f"{row[name]:,.{digits}f}" + (WORSE if name in row["worse_than_naive"] else " ")


def era_table(rows: Sequence[Row], name: str) -> Table:
    """One score by era and model: one border and basis, all leads."""
    models = list(dict.fromkeys(row["model"] for row in rows))
    table = plain_table("cutoffs", numbers=models)
    for era, group in groupby(rows, key=lambda row: row["era"]):
        by_model = {row["model"]: row for row in group}
        cells = [_marked(by_model[m], name, 3) if m in by_model else "- " for m in models]
        table.add_row(_ERAS.get(era, era), *cells)
    return table


def notes(rows: Sequence[Row]) -> list[str]:
    """What the marks mean, as far as there are any in these rows."""
    together = [row for row in rows if row["horizon"] == ALL_LEADS]
    naive = max((row["n"] for row in together if row["model"] == NAIVE), default=0)
    fewer = [
        f"* {row['model']} is scored on {row['n']:,} of naive's {naive:,} months: where its fit "
        "failed or exploded it said nothing. Only MAE / naive is about the same months."
        for row in together
        if row["n"] < naive
    ]
    worse = any(row["worse_than_naive"] for row in rows)
    return [f"{WORSE} worse than naive on the same months."] * worse + fewer
