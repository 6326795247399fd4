"""An analyst's own file: read as it is meant, or refused by line, column and value."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast import months
from forecast.errors import DataError, GapError, RowError
from forecast.intake.counts import MonthlyCounts, from_columns, read_counts

HEADER = "series,month,value"


def written(tmp_path, *lines, header=HEADER):
    path = tmp_path / "own.csv"
    path.write_text("".join(f"{line}\n" for line in (header, *lines)))
    return path


def same(expected: MonthlyCounts, actual: MonthlyCounts) -> bool:
    return (
        expected.names == actual.names
        and np.array_equal(expected.family, actual.family)
        and np.array_equal(expected.values, actual.values, equal_nan=True)
        and np.array_equal(expected.last, actual.last)
    )


def test_ragged_series_are_aligned_at_their_ends(tmp_path):
    path = written(tmp_path, "b,2020-11,4", "a,2020-02,2.5", "a,2020-01,1", "b,2020-12,0")

    counts = read_counts(path)

    assert counts.names == ("b", "a")
    assert counts.values.tolist() == [[4, 0], [1, 2.5]]
    assert [months.from_index(int(i)) for i in counts.last] == ["2020-12", "2020-02"]
    assert counts.whole.tolist() == [True, False]
    assert set(counts.family) == {"all"}


def test_columns_may_stand_in_any_order_and_name_a_family(tmp_path):
    path = written(tmp_path, "7,x, a b ,2020-01", header="value,family,series,month")

    counts = read_counts(path)

    assert (counts.names, counts.family.tolist()) == (("a b",), ["x"])


@pytest.mark.parametrize(
    ("lines", "line", "column", "value", "problem"),
    [
        (["a,2020-01,-1"], 2, "value", "-1", "at least 0"),
        (['a,2020-01,"1,200"'], 2, "value", "1,200", "without thousands separators"),
        (["a,2020-01,1e3"], 2, "value", "1e3", "not a number"),
        (["a,2020-01,nan"], 2, "value", "nan", "not a number"),
        (["a,2020-01,\u0663"], 2, "value", "\u0663", "not a number"),
        (["a,2020-01,9999999999999999"], 2, "value", "9999999999999999", "larger than"),
        (["a,01/2020,1"], 2, "month", "01/2020", "YYYY-MM"),
        (["a,2020-01,1", "b,2020-01,1", "a,2020-01,1"], 4, "month", "2020-01", "in line 2"),
        ([",2020-01,1"], 2, "series", "", "no name"),
        (["a,2020-01"], 2, "", "a,2020-01", "2 fields where the header has 3"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, lines, line, column, value, problem):
    with pytest.raises(RowError, match=problem) as refused:
        read_counts(written(tmp_path, *lines))

    error = refused.value
    assert (error.path, error.line, error.column, error.value) == ("own.csv", line, column, value)


@pytest.mark.parametrize(
    "header", ["series,month", "series,month,value,note", "series,month,value,value", "a;b;c"]
)
def test_other_columns_are_refused(tmp_path, header):
    with pytest.raises(RowError, match="the columns must be series, month, value"):
        read_counts(written(tmp_path, header=header))


def test_a_series_has_one_family(tmp_path):
    path = written(tmp_path, "a,2020-01,1,x", "a,2020-02,1,y", header=f"{HEADER},family")

    with pytest.raises(RowError, match="was in family 'x' before"):
        read_counts(path)


def test_long_gaps_are_named_with_the_file_and_the_series(tmp_path):
    lines = [
        "a,2020-01,1",
        "a,2022-02,1",
        "b,2020-01,1",
        "b,2022-03,1",
        "c,2020-01,1",
        "c,2026-01,1",
    ]

    with pytest.raises(GapError) as refused:
        read_counts(written(tmp_path, *lines))

    assert refused.value.months[:2] == ("2020-02", "2020-03")
    assert "own.csv, series b (and 1 more series)" in str(refused.value)
    assert "A missing month is not 0" in str(refused.value)
    assert "cannot forecast across a gap" in str(refused.value)


def test_a_month_nobody_knows_is_blank_or_left_out(tmp_path):
    lines = ["a,2020-01,1", "a,2020-02,", "a,2020-04,4", "a,2020-05, ", "b,2019-12,", "b,2020-01,2"]

    counts = read_counts(written(tmp_path, *lines))

    assert months.from_index(int(counts.last[0])) == "2020-04"
    assert np.array_equal([1, np.nan, np.nan, 4], counts.values[0], equal_nan=True)
    assert counts.length.tolist() == [2, 1]
    assert counts.some(np.array([False, True])).values.tolist() == [[2]]


def test_a_series_of_blanks_is_refused(tmp_path):
    with pytest.raises(DataError, match="series 'b': no value in any month"):
        read_counts(written(tmp_path, "a,2020-01,1", "b,2020-01,"))


def test_a_header_alone_is_nothing_to_forecast(tmp_path):
    with pytest.raises(DataError, match="no lines below the header"):
        read_counts(written(tmp_path))


values = st.one_of(st.integers(0, 10**9), st.floats(0, 1e6).map(lambda x: round(x, 3)))
tables = st.dictionaries(
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=8),
    st.tuples(st.integers(23000, 25000), st.lists(values, min_size=1, max_size=6)),
    min_size=1,
    max_size=5,
)


@given(tables, st.randoms(use_true_random=False))
def test_what_was_written_is_read_in_any_order_of_lines(
    tmp_path_factory: pytest.TempPathFactory,
    table: dict[str, tuple[int, list[float]]],
    chance: random.Random,
) -> None:
    rows = [
        (name, months.from_index(first + i), value)
        for name, (first, found) in table.items()
        for i, value in enumerate(found)
    ]
    expected = from_columns(*zip(*rows, strict=True))
    chance.shuffle(rows)
    path = tmp_path_factory.getbasetemp() / "shuffled.csv"
    quoted = ['"{}",{},{:f}'.format(n.replace('"', '""'), m, v) for n, m, v in rows]
    path.write_text("\n".join([HEADER, *quoted, ""]), encoding="utf-8", newline="")

    actual = read_counts(path)

    place = [actual.names.index(name) for name in expected.names]
    ordered = MonthlyCounts(
        tuple(actual.names[i] for i in place),
        actual.family[place],
        actual.values[place],
        actual.last[place],
    )
    assert same(expected, ordered)


def test_columns_in_memory_are_checked_as_well():
    with pytest.raises(RowError, match="columns, line 2, column value"):
        from_columns(["a", "a"], ["2020-01", "2020-02"], [1, float("inf")])


def test_some_series_keep_their_months():
    counts = from_columns(["a", "b", "b"], ["2020-01", "2020-01", "2020-02"], [1, 2, 3])

    assert counts.some(np.array([True, False])).values.tolist() == [[1]]
    assert same(counts, counts.some(np.array([True, True])))
