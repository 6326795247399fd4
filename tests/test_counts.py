"""An analyst's own file: read as it is meant, or refused by line, column and value."""

from __future__ import annotations

import numpy as np
import pytest

from forecast import months
from forecast.errors import DataError, FaultsError
from forecast.intake.counts import read_counts, read_table
from forecast.intake.tables.grid import ReadAs

HEADER = "series,month,value"


def written(tmp_path, *lines, header=HEADER):
    path = tmp_path / "own.csv"
    path.write_text("".join(f"{line}\n" for line in (header, *lines)))
    return path


def faults(tmp_path, *lines, header=HEADER, **wanted):
    with pytest.raises(FaultsError) as refused:
        read_counts(written(tmp_path, *lines, header=header), ReadAs(**wanted))
    return refused.value.faults


def months_of(name, first, values):
    """Lines of one series, a month each."""
    start = months.to_index(first)
    return [f"{name},{months.from_index(start + i)},{value}" for i, value in enumerate(values)]


def test_ragged_series_are_aligned_at_their_ends(tmp_path):
    path = written(tmp_path, "b,2020-11,4", "a,2020-02,2.5", "a,2020-01,1", "b,2020-12,0")

    read = read_table(path)

    assert read.counts.names == ("b", "a")
    assert read.counts.values.tolist() == [[4, 0], [1, 2.5]]
    assert [months.from_index(int(i)) for i in read.counts.last] == ["2020-12", "2020-02"]
    assert read.counts.whole.tolist() == [True, False]
    assert set(read.counts.family) == {"all"}
    assert read.warnings == ("ends before 2020-12, and is forecast from its own end: a in 2020-02",)


def test_columns_may_stand_in_any_order_and_name_a_family(tmp_path):
    path = written(tmp_path, "7,x, a b ,2020-01", header="value,family,series,month")

    counts = read_counts(path)

    assert (counts.names, counts.family.tolist()) == (("a b",), ["x"])


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (["a,2020-01,-1"], "line 4, column value: '-1': below 0"),
        (["a,2020-01,(7)"], "line 4, column value: '(7)': below 0"),
        (["a,2020-01,1e3"], "line 4, column value: '1e3': digits are hidden"),
        (["a,2020-01,12%"], "line 4, column value: '12%': a percentage"),
        (["a,2020-01,\u0663"], "line 4, column value: '\u0663': not a number"),
        (["a,2020-01,9999999999999999"], "line 4, column value: '9999999999999999': larger"),
        (["a,2020-13,1"], "line 4, column month: '2020-13': there is no month 13"),
        (["a,2020-02-30,1"], "line 4, column month: '2020-02-30': 2020-02 has no day 30"),
        (["a,someday,1"], "line 4, column month: 'someday': not a month"),
        (["a,,1"], "line 4, column month: '': no month"),
        (["b,2019-01,1"], "line 4, column month: '2019-01': 'b' has this month already, in line 2"),
        ([",2020-01,1"], "line 4, column series: '': no name of a series"),
        (["a,2020-01"], "line 4: 'a,2020-01,': 2 fields where the table has 3"),
        (["a,2020-01,1,234"], "line 4: 'a,2020-01,1': 4 fields where the table has 3"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(tmp_path, lines, fault):
    (found,) = faults(tmp_path, "b,2019-01,1", "b,2019-02,2", *lines)

    assert found.startswith(fault)


def test_all_faults_are_named_at_once(tmp_path):
    lines = [*months_of("a", "2020-01", range(30)), "a,2020-03,7", "a,2023-99,1", "a,2023-01,x1"]

    found = faults(tmp_path, *lines)

    assert [fault.split(":")[0] for fault in found] == [
        "line 32, column month",
        "line 33, column month",
        "line 34, column value",
    ]


def test_a_line_with_two_faults_has_both_named(tmp_path):
    found = faults(tmp_path, *months_of("a", "2020-01", range(30)), "a,2020-14,-3")

    assert [fault.split(":")[0] for fault in found] == [
        "line 32, column month",
        "line 32, column value",
    ]


def test_a_series_has_one_family(tmp_path):
    lines = ["a,2020-01,1,x", "a,2020-02,1,y"]

    (found,) = faults(tmp_path, *lines, header=f"{HEADER},family")

    assert "was in family 'x' before" in found


def test_only_the_months_after_a_long_gap_are_used(tmp_path):
    path = written(tmp_path, "a,2020-01,1", "a,2022-03,2", "a,2022-04,3", "b,2022-04,9")

    read = read_table(path)

    assert np.array_equal(read.counts.values, [[2, 3], [np.nan, 9]], equal_nan=True)
    assert read.warnings == (
        "nothing known for more than 24 months in a row; only the months after that are used: a",
    )


def test_a_month_nobody_knows_is_blank_or_left_out_or_marked(tmp_path):
    lines = ["a,2020-01,1", "a,2020-02,", "a,2020-04,4", "a,2020-05,<5", "b,2019-12,NA"]

    read = read_table(written(tmp_path, *lines, "b,2020-04,2"))

    assert months.from_index(int(read.counts.last[0])) == "2020-04"
    assert np.array_equal([1, np.nan, np.nan, 4], read.counts.values[0], equal_nan=True)
    assert read.counts.length.tolist() == [2, 1]
    assert read.missing == 2
    assert "read as missing, not as 0: 1 <5, 1 NA" in read.notes
    assert read.warnings == ("no count, and not taken for 0: a 2020-02, 2020-03",)


def test_a_series_of_blanks_is_left_out_and_named(tmp_path):
    read = read_table(written(tmp_path, "a,2020-01,1", "b,2020-01,"))

    assert read.counts.names == ("a",)
    assert read.warnings == ("no count in any month, left out: b",)


@pytest.mark.parametrize("lines", [[], ["a,2020-01,NA", "a,2020-02,"]])
def test_a_table_without_counts_is_refused(tmp_path, lines):
    with pytest.raises(DataError, match=r"no table|no counts|no column of counts"):
        read_counts(written(tmp_path, *lines))


@pytest.mark.parametrize(
    ("lines", "header", "asked"),
    [
        (["a,2020-01,1,2", "a,2020-02,3,4", "b,2020-01,5,7"], "who,month,in,out", "--value"),
        (["a,1/2/2020,1", "a,2/3/2020,4"], HEADER, "--dates"),
        (["a;2020-01;1.234", "a;2020-02;2.345"], HEADER.replace(",", ";"), "--decimal"),
        (["a,2020-01,1.5", 'a,2020-02,"1,5"'], HEADER, "--decimal"),
        (["a,2020-01-01,1", "a,2020-01-02,1", "a,2020-01-03,1", "a,2020-01-04,1"], HEADER, "--sum"),
    ],
)
def test_what_a_file_leaves_open_is_asked(tmp_path, lines, header, asked):
    with pytest.raises(DataError, match=asked):
        read_counts(written(tmp_path, *lines, header=header))


def test_an_option_answers(tmp_path):
    lines = ["a;1/2/2020;1.234;9", "a;2/2/2020;2.345;9"]
    path = written(tmp_path, *lines, header="who;when;in;out")

    first = read_counts(path, ReadAs(value=("in",), decimal=",", dates="mdy", sums=True))
    second = read_counts(path, ReadAs(value=("in",), decimal=".", dates="dmy", sums=True))

    assert first.values.tolist() == [[1234, 2345]]
    assert second.values.tolist() == [[pytest.approx(3.579)]]


def test_counts_of_a_month_are_added_up_when_asked_but_not_to_a_missing_one(tmp_path):
    lines = ["a,2020-01,1", "a,2020-01,2", "a,2020-02,5", "a,2020-02,NA", "a,2020-03,4"]

    read = read_table(written(tmp_path, *lines), ReadAs(sums=True))

    assert np.array_equal(read.counts.values, [[3, np.nan, 4]], equal_nan=True)
    assert read.warnings[0] == "2 counts were added to others of the same month"


@pytest.mark.parametrize(
    ("lines", "header", "period"),
    [
        (["a,2020-Q1,1", "a,2020-Q2,2", "a,2020-Q3,3"], "s,quarter,n", "quarters"),
        ([f"a,2020-{m:02},1" for m in (1, 4, 7, 10)], HEADER, "quarters"),
        (["a,2020-W01,1", "a,2020-W02,2"], "s,week,n", "weeks"),
        ([f"a,2020-01-{d:02},1" for d in (1, 8, 15, 22, 29)], HEADER, "weeks"),
        (["a,2019,1", "a,2020,2"], "s,year,n", "years"),
    ],
)
def test_counts_that_are_not_monthly_are_refused_in_words(tmp_path, lines, header, period):
    with pytest.raises(DataError, match=f"these are counts of {period}. Bordercast forecasts mon"):
        read_counts(written(tmp_path, *lines, header=header))


def test_two_gaps_of_a_quarter_are_no_quarterly_counts(tmp_path):
    counts = read_counts(written(tmp_path, *[f"a,2020-{m:02},1" for m in (1, 4, 7)]))

    assert np.isfinite(counts.values).sum() == 3


def test_some_series_keep_their_months(tmp_path):
    counts = read_counts(written(tmp_path, "a,2020-01,1", "b,2020-01,2", "b,2020-02,3"))

    assert counts.some(np.array([True, False])).values.tolist() == [[1]]
    assert counts.some(np.array([True, True])).values.shape == (2, 2)
