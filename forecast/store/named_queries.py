"""Questions that analysts ask, as SQL: named_queries.toml as Python reads it."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import NamedTuple


class NamedQuery(NamedTuple):
    """A query with a name of its own.

    title : the question. about : what to mind in the answer.
    """

    name: str
    title: str
    about: str
    sql: str


def _questions() -> tuple[NamedQuery, ...]:
    file = resources.files("forecast.store") / "named_queries.toml"
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    return tuple(NamedQuery(name, **query) for name, query in tables.items())


QUESTIONS = _questions()
