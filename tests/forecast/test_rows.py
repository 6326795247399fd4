"""Typed rows: read by name, none changed once it is read."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, is_dataclass, replace

import pytest

from forecast import periods, rows, tree, types
from forecast.errors import DataError
from forecast.rows import ChangeRow, as_row, of

MOVED = ChangeRow("northern", "2024-01", 5, 0, 1, 0, -2, 4, 1, 2)


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for module in (rows, tree, types, periods)
        for kind in vars(module).values()
        if is_dataclass(kind) and kind.__module__ == module.__name__
    ],
)
def test_what_the_record_says_is_not_changed_on_the_way(kind):
    assert kind.__dataclass_params__.frozen


def test_a_row_comes_back_by_its_promised_columns():
    row = as_row(MOVED)

    assert (row["border"], row["before"], "total" in row) == ("northern", 5, False)
    assert of(ChangeRow, row) == MOVED
    with pytest.raises(FrozenInstanceError):
        MOVED.before = 6


def test_a_column_that_lacks_is_named_and_one_of_a_newer_schema_is_passed_over():
    row = as_row(replace(MOVED, after=7))

    assert of(ChangeRow, row | {"of_a_newer_schema": 1}).after == 7
    with pytest.raises(DataError, match="a row of ChangeRow has no border, after"):
        of(ChangeRow, {name: row[name] for name in row if name not in ("border", "after")})


def test_how_a_kind_is_read_is_worked_out_once_and_not_for_each_row():
    columns = tuple(as_row(MOVED))

    assert rows._read(ChangeRow, columns) is rows._read(ChangeRow, columns)
    assert rows._names(ChangeRow) is rows._names(ChangeRow)
