"""What every view and every query says of the full record made by hand.

The rows stand in texts/*.txt: all of a short answer, of a long one its ends and a digest.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import pkgutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from forecast import store
from forecast.desk.dictionary import VIEWS
from forecast.store import read
from forecast.store.queries import questions
from forecast.types import Totals
from tests.support import golden_texts
from tests.support.cbp_files import ENCOUNTERS
from tests.support.full_record import NEW_YORK, NORTH
from tests.support.golden_texts import masked

BORDERS = Totals(("northern", "southwest", "other"), "nationwide")
TEXTS = Path(__file__).with_name("texts")
DAYS = ("2024-01-30", "2024-02-15", "2024-03-17", "2024-04-18", "2024-04-20")
# What a query is asked about, by the names of its parameters.
ASKED: dict[str, tuple[Any, ...]] = {
    "total": ("northern", "southwest"),
    "key": (NORTH, NEW_YORK),
    "series": (NORTH, "southwest"),
    "month": ("2024-01", "2024-03"),
    "run_id": (1, 3),
    "release_id": (2, 5),
    "notice_id": (2, 4),
    "horizon": (1, 2),
    "first": ("2023-10",),
    "last": ("2024-09",),
    "first_cutoff": ("2023-12",),
    "cutoff": ("2024-02",),
    "model": ("bordercast", "naive"),
    "basis": ("issued", "hindcast"),
    "since": ("2024-01", "2024-03"),
    "seq": (202406003, 202404000),
    "status": ("accepted", "quarantined"),
    "tree": (ENCOUNTERS.tree, replace(ENCOUNTERS.tree, aside=None)),
    "states": ("held",),
    "sha256": ("sha of page", "sha of refused"),
    "content_key": ("two",),
    "published": ("2024-04-19",),
    "known": ("2024-04-19", None),
    # Of the record, and so not in the name of what was asked.
    "totals": (BORDERS,),
    "begins": (10,),
}


@pytest.fixture
def connection(full_record: Path) -> Iterator[sqlite3.Connection]:
    """A copy in memory, which a query may do with as it likes."""
    with closing(sqlite3.connect(full_record)) as file, closing(sqlite3.connect(":memory:")) as own:
        file.backup(own)
        own.isolation_level = None
        yield own


def plain(value: Any) -> Any:
    """A record as its values, whatever its type is called."""
    if is_dataclass(value) and not isinstance(value, type):
        return [plain(getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, sqlite3.Row):
        return [*map(plain, value)]
    if isinstance(value, Mapping):
        return [(plain(key), plain(one)) for key, one in value.items()]
    if isinstance(value, set | frozenset):
        return sorted(map(plain, value))
    if isinstance(value, list | tuple | Iterator):
        return [*map(plain, value)]
    if isinstance(value, bytes):
        return "a picture" if value.startswith(b"\x89PNG") else f"{len(value)} bytes"
    if inspect.isfunction(value):  # a default that is one, with an address of its own
        return f"function {value.__qualname__}"
    return f"{value:.9g}" if isinstance(value, float) else value


def told(answer: Any) -> str:
    """An answer, a row a line; of many rows the first and last, and a digest of all."""
    found = plain(answer)
    lines = [masked(str(row)) for row in found] if isinstance(found, list) else [masked(str(found))]
    shown = lines if len(lines) <= 8 else [*lines[:2], *lines[-2:]]
    cut = [line[:240] for line in shown]
    if cut == lines:
        return "\n".join(cut) or "nothing"
    whole = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]
    return "\n".join((*cut, f"{len(lines)} rows {whole}"))


def test_every_view_has_the_rows_it_had(connection):
    said = {
        view.name: told(read.view_rows(connection, view.name, view.columns))
        for view in VIEWS.values()
    }

    golden_texts.compare(TEXTS / "views.txt", said)


def test_every_view_of_an_earlier_day_has_the_rows_it_had(connection):
    columns = {view.name: view.columns for view in VIEWS.values()}
    said = {
        f"{name} as of {day}": told(read.view_rows(connection, name, columns[name], day))
        for name in read.AS_OF
        for day in DAYS
    }

    golden_texts.compare(TEXTS / "as_of.txt", said)


@pytest.mark.parametrize("border", ["", "northern"])
def test_every_named_question_has_the_answer_it_had(connection, border):
    asked = {"border": border, "month": "2024-03" if border else ""}
    said = {
        name: told(connection.execute(one["sql"], asked).fetchall())
        for name, one in questions().items()
    }

    golden_texts.compare(TEXTS / f"questions_{border or 'all'}.txt", said)


def queries() -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    """Every function of the store that reads, and the names of what it is asked about."""
    for found in sorted(pkgutil.iter_modules(store.__path__), key=lambda one: one.name):
        module = importlib.import_module(f"forecast.store.{found.name}")
        for name, function in vars(module).items():
            if inspect.isfunction(function) and function.__module__ == module.__name__:
                names = tuple(inspect.signature(function).parameters)
                if name[0] != "_" and names and names[0] in ("db", "connection"):
                    yield f"{found.name}.{name}", function, names[1:]


def test_every_query_has_the_answer_it_had(connection):
    said = {}
    for name, function, names in queries():
        if not set(names) <= ASKED.keys():
            continue  # it writes
        for place in range(max((len(ASKED[one]) for one in names), default=1)):
            values = [ASKED[one][place % len(ASKED[one])] for one in names]
            told_of = [
                str(value.aside and value.aside.named) if one == "tree" else str(value)
                for one, value in zip(names, values, strict=True)
                if one not in ("totals", "begins")
            ]
            asked = " ".join((name, *told_of))
            connection.row_factory = None
            try:
                said[asked] = told(function(connection, *values))
            except KeyError as error:
                said[asked] = f"no {error}"
            except sqlite3.OperationalError as error:
                if "no such table" not in str(error):  # of ops.db
                    raise

    answers = {
        asked: answer
        for asked, answer in said.items()
        if " object at 0x" not in answer and asked != "inputs.read"
    }
    golden_texts.compare(TEXTS / "queries.txt", answers)
