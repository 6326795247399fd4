"""What Datasette says of views, columns and queries: all of it from the dictionary."""

from __future__ import annotations

from typing import Any

from forecast.desk.dictionary import VIEWS, View, definitions
from forecast.sources.source import Source
from forecast.store.named_queries import QUESTIONS
from forecast.store.read import RunRow
from forecast.words import check_command

DATABASE = "bordercast"
TITLE = "Bordercast"
ABOUT = (
    "Everything the record holds. Ask the views, not the tables behind them. A border's total has "
    "an empty dimension; never add over dimensions. The service's own model is bordercast."
)


def metadata(run: RunRow, source: Source) -> dict[str, Any]:
    """Datasette's metadata for the one database; run : the last it publishes."""
    check = check_command(run.id, run.digest)
    return {
        "title": TITLE,
        "databases": {
            DATABASE: {
                "title": "Tables and queries",
                "description": ABOUT,
                "source": (
                    f"{source.publisher.credit} Run {run.id}, digest {run.digest}; to "
                    f"check it: {check}"
                ),
                "tables": {name: _view(view, source) for name, view in VIEWS.items()},
                "queries": {
                    question.name: {
                        "title": question.title,
                        "description": question.about,
                        "sql": question.sql,
                    }
                    for question in QUESTIONS
                },
            }
        },
    }


def _view(view: View, source: Source) -> dict[str, Any]:
    description = f"A row is {view.row}."
    return {
        "description": f"{description} {view.note}".rstrip(),
        "columns": {
            name: _column(unit, values, about)
            for name, unit, values, about in definitions(view, source)
        },
    }


def _column(unit: str, values: str, about: str) -> str:
    """A column in a line: what it is, its unit, what it can be."""
    more = ", ".join(part for part in (unit, values) if part)
    return f"{about} ({more})" if more else about
