"""An analyst's own file: read as it is meant, or refused by line, column and value."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from xlsxwriter import Workbook

from forecast import months
from forecast.errors import DataError, FaultsError
from forecast.tables.grid import ReadAs
from forecast.tables.read import nesting, read_table, table_of_sheets
from forecast.tables.sheet import sheets_of

HEADER = "series,month,value"


def written(tmp_path, *lines, header=HEADER):
    path = tmp_path / "own.csv"
    path.write_text("".join(f"{line}\n" for line in (header, *lines)))
    return path


def faults(tmp_path, *lines, header=HEADER, **wanted):
    with pytest.raises(FaultsError) as refused:
        read_table(written(tmp_path, *lines, header=header), ReadAs(**wanted))
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

    counts = read_table(path).counts

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
        read_table(written(tmp_path, *lines))


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
        read_table(written(tmp_path, *lines, header=header))


def test_an_option_answers(tmp_path):
    lines = ["a;1/2/2020;1.234;9", "a;2/2/2020;2.345;9"]
    path = written(tmp_path, *lines, header="who;when;in;out")

    first = read_table(path, ReadAs(value=("in",), decimal=",", dates="mdy", sums=True)).counts
    second = read_table(path, ReadAs(value=("in",), decimal=".", dates="dmy", sums=True)).counts

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
    with pytest.raises(
        DataError, match=f"these are counts of {period}: .* Bordercast forecasts mon"
    ):
        read_table(written(tmp_path, *lines, header=header))


def test_two_gaps_of_a_quarter_are_no_quarterly_counts(tmp_path):
    counts = read_table(written(tmp_path, *[f"a,2020-{m:02},1" for m in (1, 4, 7)])).counts

    assert np.isfinite(counts.values).sum() == 3


def test_some_series_keep_their_months(tmp_path):
    counts = read_table(written(tmp_path, "a,2020-01,1", "b,2020-01,2", "b,2020-02,3")).counts

    assert counts.some(np.array([True, False])).values.tolist() == [[1]]
    assert counts.some(np.array([True, True])).values.shape == (2, 2)


def sheets(tmp_path, **tables):
    """A workbook with these sheets, each lines of cells; one that begins with _ is hidden."""
    path = tmp_path / "own.xlsx"
    with Workbook(path) as book:
        for title, rows in tables.items():
            sheet = book.add_worksheet(title.strip("_"))
            for at, line in enumerate(rows):
                sheet.write_row(at, 0, line)
            if title.startswith("_"):
                sheet.hide()
    return path


def counted(first, *values, head=("month", "n")):
    start = months.to_index(first)
    return [head, *((months.from_index(start + at), value) for at, value in enumerate(values))]


def told(read):
    """The counts of each series from its first month on, and its last month."""
    return {
        name: (values[np.isfinite(values)].tolist(), months.from_index(int(last)))
        for name, values, last in zip(
            read.counts.names, read.counts.values, read.counts.last, strict=True
        )
    }


def test_sheets_of_other_months_are_one_table(tmp_path):
    path = sheets(tmp_path, A=counted("2020-01", 1, 2, "<5"), B=counted("2020-04", 4, 5, 6))

    read = read_table(path)

    assert told(read) == {"count": ([1, 2, 4, 5, 6], "2020-06")}
    assert read.notes[0] == "sheets 'A', 'B' were read as one table"
    assert read.warnings == ("no count, and not taken for 0: count 2020-03",)


def test_sheets_of_the_same_months_are_a_series_each_by_their_names(tmp_path):
    path = sheets(tmp_path, North=counted("2020-01", 1, 2, 3), South=counted("2020-02", 4, 5, 6))

    assert told(read_table(path)) == {
        "North": ([1, 2, 3], "2020-03"),
        "South": ([4, 5, 6], "2020-04"),
    }


def test_a_fault_in_one_of_several_sheets_is_named_with_it(tmp_path):
    path = sheets(tmp_path, A=counted("2020-01", 1, 2, 3), B=counted("2020-04", 4, -5, 6))

    with pytest.raises(FaultsError) as refused:
        read_table(path)

    (fault,) = refused.value.faults
    assert fault.startswith("line 3, column n of sheet 'B': '-5': below 0")
    assert str(refused.value).startswith("own.xlsx: ")


def test_series_of_several_sheets_are_joined_by_their_names(tmp_path):
    head = ("site", "month", "n")
    path = sheets(
        tmp_path,
        A=[
            head,
            ("b", "2020-01", 1),
            ("a", "2020-01", 2),
            ("b", "2020-02", 3),
            ("a", "2020-02", 4),
        ],
        B=[
            head,
            ("a", "2020-03", 5),
            ("c", "2020-03", 6),
            ("a", "2020-04", 7),
            ("c", "2020-04", 8),
        ],
    )

    assert told(read_table(path)) == {
        "b": ([1, 3], "2020-02"),
        "a": ([2, 4, 5, 7], "2020-04"),
        "c": ([6, 8], "2020-04"),
    }


def test_sheets_that_may_be_anything_else_are_a_question(tmp_path):
    one = counted("2020-01", 1, 2, 3)
    for other in (
        counted("2020-04", 4, 5, 6, head=("month", "visits")),
        [("site", "month", "n"), ("a", "2020-02", 1), ("a", "2020-03", 2), ("b", "2020-02", 3)],
    ):
        with pytest.raises(DataError, match="several sheets hold counts: 'A', 'B'"):
            read_table(sheets(tmp_path, A=one, B=other))


def test_a_sheet_without_counts_and_a_hidden_one_are_said_not_to_be_read(tmp_path):
    read = read_table(
        sheets(tmp_path, Notes=[("not", "counts")], A=counted("2020-01", 1, 2, 3), _B=[("x", "y")])
    )

    assert told(read) == {"count": ([1, 2, 3], "2020-03")}
    assert read.notes[0] == "sheet 'A' was read, not 'Notes'"
    assert read.notes[-1] == "hidden sheets, not read: 'B'"


def test_hidden_sheets_are_read_where_there_is_no_other_or_one_is_named(tmp_path):
    path = sheets(tmp_path, A=counted("2020-01", 1, 2, 3), _B=counted("2020-01", 4, 5, 6))

    assert told(read_table(path, ReadAs(sheet="b"))) == {"count": ([4, 5, 6], "2020-03")}
    assert not [n for n in read_table(path, ReadAs(sheet="B")).notes if "hidden" in n]
    with pytest.raises(DataError, match=r"no sheet 'C' \(--sheet\); there are 'A', 'B'"):
        read_table(path, ReadAs(sheet="C"))


def test_where_two_columns_nest_is_asked_of_the_sheet_named(tmp_path):
    rows = [("region", "site", "month", "n")]
    rows += [
        (region, site, f"2020-0{m}", m * 7)
        for region, site in (("N", "a"), ("N", "b"), ("S", "c"))
        for m in range(1, 5)
    ]
    path = sheets(tmp_path, Notes=[("x", "y")], A=counted("2020-01", 1, 2, 3), B=rows)

    assert nesting(path, ReadAs(sheet="b")) == ("region", "site")
    assert nesting(path, ReadAs(sheet="A")) == ("", "")
    assert nesting(path, ReadAs(sheet="Notes")) == ("", "")


def test_names_that_differ_in_capitals_alone_are_one_series_where_no_month_is_in_both(tmp_path):
    lines = [*months_of("North", "2020-01", [1, 2]), *months_of("NORTH", "2020-03", [3, 4])]
    both = [*months_of("b", "2020-01", [5, 6]), *months_of("B", "2020-02", [7, 8])]

    read = read_table(written(tmp_path, *lines))

    assert told(read) == {"North": ([1, 2, 3, 4], "2020-04")}
    assert "'NORTH' is taken for 'North'" in read.notes
    assert [*told(read_table(written(tmp_path, *lines, *both)))] == ["North", "NORTH", "b", "B"]


def test_series_of_a_family_keep_their_names(tmp_path):
    lines = ["North,2020-01,1,x", "NORTH,2020-02,2,x"]

    read = read_table(written(tmp_path, *lines, header=f"{HEADER},family"))

    assert read.counts.names == ("North", "NORTH")


def test_five_signs_of_a_missing_count_are_shown_with_how_often(tmp_path):
    signs = ["NA", "<5", "n/a", "-", "..", "x", "NA"]
    lines = months_of("a", "2020-01", [1, *signs, 2])

    read = read_table(written(tmp_path, *lines))
    fewer = read_table(written(tmp_path, *(line for line in lines if not line.endswith("x"))))

    (note,) = [note for note in read.notes if "missing" in note]
    assert "2 NA" in note
    assert note.endswith(" and 1 other signs")
    assert note.count(", ") == 5
    assert not [note for note in fewer.notes if "other signs" in note]


@pytest.mark.parametrize(
    ("text", "decimal", "note"),
    [
        ("1,5", "", "decimals begin with a comma: 1,5 is read as 1.5"),
        ("1.25", "", "decimals begin with a point: 1.25 is read as 1.25"),
        ("1.234,5", "", "decimals begin with a comma: 1.234,5 is read as 1234.5"),
        ("1.5", ",", None),
        ("15", "", None),
    ],
)
def test_how_decimals_are_read_is_said_with_an_example(tmp_path, text, decimal, note):
    lines = [f"a;2020-01;{text}", "a;2020-02;3"]
    path = written(tmp_path, *lines, header="series;month;value")
    if decimal:
        with pytest.raises(FaultsError, match="its marks do not fit"):
            read_table(path, ReadAs(decimal=decimal))
        return

    found = [said for said in read_table(path).notes if said.startswith("decimals")]
    assert found == ([note] if note else [])


def test_the_same_month_is_named_with_the_line_before_it_in_any_order(tmp_path):
    lines = ["b,2020-02,1", "a,2020-01,2", "b,2020-01,3", "b,2020-02,4", "b,2020-02,5"]

    found = faults(tmp_path, *lines)

    assert [fault.partition(";")[0] for fault in found] == [
        "line 5, column month: '2020-02': 'b' has this month already, in line 2",
        "line 6, column month: '2020-02': 'b' has this month already, in line 5",
    ]


def test_a_month_with_two_columns_is_named_by_its_column(tmp_path):
    (found,) = faults(tmp_path, "a,1,2", "b,3,4", "a,5,6", header="site,2020-01,Jan 2020")[:1]

    assert found.startswith("line 2, column Jan 2020: '2020-01': 'a' has this month already")


def days(first, last, step=1):
    start, end = (np.datetime64(day).astype(int) for day in (first, last))
    return [f"a,{np.datetime64(int(day), 'D')},1" for day in range(start, end + 1, step)]


@pytest.mark.parametrize(
    ("last", "said"),
    [
        ("2020-02-25", "2020-02 has 25 days, the month before 31: leave it out unless it is comp"),
        ("2020-02-27", "2020-02 has 27 days, the month before 31: leave it out unless it is comp"),
        ("2020-02-28", ""),
        ("2020-02-29", ""),
    ],
)
def test_a_last_month_with_few_days_is_warned_of(tmp_path, last, said):
    read = read_table(written(tmp_path, *days("2020-01-01", last)), ReadAs(sums=True))

    found = [warning for warning in read.warnings if "days" in warning]
    assert [warning.startswith(said) for warning in found] == ([True] if said else [])
    assert told(read)["a"][0] == [31, int(last[-2:])]


def test_weeks_are_no_months_even_when_added_up(tmp_path):
    path = written(tmp_path, *days("2020-01-01", "2020-03-01", 7))

    with pytest.raises(DataError, match="counts of weeks"):
        read_table(path, ReadAs(sums=True))


def test_weeks_of_what_does_not_add_up_become_months(tmp_path):
    lines = days("2020-01-05", "2020-03-01", 7)  # 4, 4 and 1 of them
    path = written(tmp_path, *(f"{line.rsplit(',', 1)[0]},{n}" for n, line in enumerate(lines)))

    last, mean = (read_table(path, ReadAs(over=over)) for over in ("last", "mean"))

    assert last.counts.values.tolist() == [[3, 7, 8]]
    assert mean.counts.values.tolist() == [[1.5, 5.5, 8]]
    assert last.notes[-1] == "a month is the last of its counts"
    assert last.warnings[0].startswith("2020-03 has 1 days, the month before 4: leave it out")


def test_of_two_counts_of_a_day_none_is_the_last(tmp_path):
    twice = [*days("2020-01-05", "2020-03-01", 7), "a,2020-02-02,5"]

    with pytest.raises(DataError, match="two counts of one series and day"):
        read_table(written(tmp_path, *twice), ReadAs(over="last"))


@pytest.mark.parametrize(
    ("numbers", "period"),
    [
        ([0, 3, 6, 9], "quarters"),
        ([0, 12, 24, 36], "years"),
        ([0, 12, 24, 27], "quarters"),
        ([0, 3, 6, 10], ""),
        ([0, 3, 6], ""),
    ],
)
def test_counts_a_quarter_or_a_year_apart_are_no_monthly_ones(tmp_path, numbers, period):
    """Each series is looked at by itself: between two there may be any step."""
    start = months.to_index("2018-01")
    lines = [f"a,{months.from_index(start + n)},{n + 5}" for n in numbers]
    lines += [f"b,{months.from_index(start + 1 + n)},{n + 5}" for n in numbers[:1]]
    path = written(tmp_path, *lines)

    if period:
        with pytest.raises(DataError, match=f"counts of {period}"):
            read_table(path)
    else:
        assert told(read_table(path))["a"][0] == [n + 5 for n in numbers]


@pytest.mark.parametrize(("gap", "cut"), [(24, False), (25, True)])
def test_months_before_a_gap_of_more_than_two_years_are_not_used(tmp_path, gap, cut):
    start = months.to_index("2018-01")
    second = start + 2 + gap
    at = [start, start + 1, second, second + 1, second + 2 + gap, second + 3 + gap]
    lines = [f"a,{months.from_index(m)},{n}" for n, m in enumerate(at, start=1)]

    read = read_table(written(tmp_path, *lines, *months_of("b", "2018-01", range(1, 5))))

    assert told(read)["a"][0] == ([5, 6] if cut else [1, 2, 3, 4, 5, 6])
    assert told(read)["b"] == ([1, 2, 3, 4], "2018-04")
    assert any("nothing known for more than 24 months" in w for w in read.warnings) == cut
    assert read.missing == (0 if cut else 2 * gap)


def test_of_many_gaps_and_ends_five_are_named(tmp_path):
    lines = []
    for number in range(7):
        missing = 3 if number else 7
        lines += [f"s{number},2020-01,1", f"s{number},{months.shift('2020-02', missing)},2"]
    lines += months_of("z", "2020-01", range(1, 14))

    gaps, ends = read_table(written(tmp_path, *lines)).warnings

    assert gaps.startswith(
        "no count, and not taken for 0: s0 2020-02, 2020-03, 2020-04, 2020-05, 2020-06 and 2 more; "
        "s1 2020-02, 2020-03, 2020-04; s2 "
    )
    assert gaps.endswith("; s4 2020-02, 2020-03, 2020-04; and 2 more series")
    assert ends == (
        "ends before 2021-01, and is forecast from its own end: s0 in 2020-09, s1 in 2020-05, "
        "s2 in 2020-05, s3 in 2020-05, s4 in 2020-05 and 2 more"
    )


def test_five_gaps_are_all_named(tmp_path):
    lines = []
    for number in range(5):
        lines += [f"s{number},2020-01,1", f"s{number},2020-07,2"]

    lines += months_of("z", "2020-01", range(1, 8))
    (gaps,) = read_table(written(tmp_path, *lines)).warnings

    assert gaps.count("2020-02, 2020-03, 2020-04, 2020-05, 2020-06") == 5
    assert "more" not in gaps


@pytest.mark.parametrize(
    ("values", "doubtful"),
    [([1, 2, 0, 0], True), ([1, 2, 0], False), ([1, 0, 2, 0, 0], False), ([1, 2, 3], False)],
)
def test_zeros_at_the_end_may_be_months_nobody_counted_yet(tmp_path, values, doubtful):
    read = read_table(written(tmp_path, *months_of("a", "2020-01", values)))

    assert any(
        w.startswith("the last months are 0, and none before is: a.") for w in read.warnings
    ) == (doubtful)


def test_of_many_series_without_a_count_five_are_named(tmp_path):
    lines = [f"s{n},2020-01,NA" for n in range(6)]

    (warning,) = read_table(written(tmp_path, "a,2020-01,1", *lines)).warnings

    assert warning == "no count in any month, left out: s0, s1, s2, s3, s4 and 1 more"


def test_sums_add_up_days_of_each_series_by_itself(tmp_path):
    lines = ["b,2020-01,1", "a,2020-01,2", "b,2020-01,4", "a,2020-02,8"]

    read = read_table(written(tmp_path, *lines), ReadAs(sums=True))

    assert told(read) == {"b": ([5], "2020-01"), "a": ([2, 8], "2020-02")}
    assert read.warnings[0] == "1 counts were added to others of the same month"


def test_the_panel_is_the_logarithm_of_one_more(tmp_path):
    counts = read_table(written(tmp_path, "a,2020-01,0", "a,2020-02,9", "b,2020-02,99")).counts

    assert np.allclose(counts.panel.z, np.log([[1, 10], [np.nan, 100]]), equal_nan=True)
    assert counts.some(np.array([False, False])).values.shape == (0, 0)


@pytest.mark.parametrize("above", [0, 6])
@pytest.mark.parametrize(("when", "what"), [("2020-Q{}", "quarters"), ("2020-W0{}", "weeks")])
def test_quarters_and_weeks_in_lines_are_refused_below_lines_of_a_title(
    tmp_path, above, when, what
):
    path = tmp_path / "own.csv"
    lines = [f"a,{when.format(1 + at)},{at}" for at in range(4)]
    path.write_text("\n".join([*["Visits of our clinics,,"] * above, "site,when,n", *lines]) + "\n")

    with pytest.raises(DataError, match=f"these are counts of {what}"):
        read_table(path)


@pytest.mark.parametrize("above", [0, 4])
def test_quarters_over_columns_are_refused_below_lines_of_a_title(tmp_path, above):
    path = tmp_path / "own.csv"
    lines = [*["Visits of our clinics,,"] * above, "site,2020-Q1,2020-Q2", "a,1,2", "b,3,4"]
    path.write_text("\n".join([*lines, "c,5,6", "d,7,8"]) + "\n")

    with pytest.raises(DataError, match="these are counts of quarters"):
        read_table(path)


def test_the_one_hidden_sheet_of_a_file_is_read(tmp_path):
    """As some programs write it."""
    (sheet,) = sheets_of("own.csv", b"month,n\n2020-01,5\n2020-02,6\n")
    hidden = replace(sheet, hidden=True, title="A")
    other = replace(sheet, title="B")

    assert table_of_sheets([hidden], ReadAs()).counts.values.tolist() == [[5, 6]]
    assert table_of_sheets([other], ReadAs()).notes == table_of_sheets([hidden], ReadAs()).notes
    assert table_of_sheets([other, hidden], ReadAs()).notes[-1] == "hidden sheets, not read: 'A'"


def test_where_no_sheet_has_counts_the_first_ones_problem_is_told(tmp_path):
    path = sheets(tmp_path, Notes=[("a", "b"), ("x", "y")], Other=[("c",)])

    with pytest.raises(DataError, match=r"own\.xlsx, sheet 'Notes': no column of months"):
        read_table(path)


def test_the_first_of_several_sheets_with_counts_is_the_example(tmp_path):
    other = [("site", "month", "n"), ("a", "2020-02", 1), ("b", "2020-03", 2), ("b", "2020-02", 3)]
    path = sheets(tmp_path, Notes=[("x", "y")], A=counted("2020-01", 1, 2, 3), B=other)

    with pytest.raises(DataError, match=r"hold counts: 'A', 'B'\. Say which: --sheet 'A'"):
        read_table(path)


def test_parts_of_several_sheets_stay_with_their_series(tmp_path):
    def rows(first: str, *places: tuple[str, str]) -> list[tuple]:
        start = months.to_index(first)
        return [
            ("region", "clinic", "month", "n"),
            *(
                (region, clinic, months.from_index(start + n), 10 * at + n)
                for n in range(2)
                for at, (region, clinic) in enumerate(places)
            ),
        ]

    path = sheets(
        tmp_path,
        A=rows("2020-01", ("N", "a"), ("N", "b")),
        B=rows("2020-03", ("N", "b"), ("S", "c"), ("N", "a")),
    )
    read = read_table(path, ReadAs(series=("region",), part="clinic"))

    assert read.counts.names == ("N / a", "N / b", "S / c")
    assert read.counts.nested == (("N", "a"), ("N", "b"), ("S", "c"))
    assert told(read) == {
        "N / a": ([0, 1, 20, 21], "2020-04"),
        "N / b": ([10, 11, 0, 1], "2020-04"),
        "S / c": ([10, 11], "2020-04"),
    }


@pytest.mark.parametrize("values", [[0, 0, 0], [0, 5, 0, 0], [5, 0, 3, 0], [0, 0, 5]])
def test_zeros_that_were_there_before_are_counts(tmp_path, values):
    read = read_table(written(tmp_path, *months_of("a", "2020-01", values)))

    assert read.warnings == ()


def test_of_several_series_those_that_end_in_zeros_are_named(tmp_path):
    lines = [
        line
        for at in range(7)
        for line in months_of(f"s{at}", "2020-01", [3, 4, 0, 0] if at else [3, 0, 4, 5])
    ]
    (warning,) = read_table(written(tmp_path, *lines)).warnings

    assert "and none before is: s1, s2, s3, s4, s5 and 1 more. Leave" in warning


@pytest.mark.parametrize(("many", "more"), [(5, ""), (6, " and 1 other signs")])
def test_of_signs_for_a_missing_count_five_are_named(tmp_path, many, more):
    signs = ["NA", "<5", "n/a", "-", "..", "?"][:many]
    read = read_table(written(tmp_path, *months_of("a", "2020-01", [1, *signs, 2])))

    (note,) = [note for note in read.notes if note.startswith("read as missing")]
    assert note.endswith(f"1 {sorted(signs)[0]}{more}") or more in note
    assert note.count("1 ") == 5 + bool(more)


def test_sums_are_missing_where_one_of_their_counts_is_and_are_told_by_thousands(tmp_path):
    start = months.to_index("1900-01")
    lines = [f"a,{months.from_index(start + n)},{n}" for n in range(1001)] * 2
    read = read_table(written(tmp_path, *lines), ReadAs(sums=True))

    assert read.warnings[0] == "1,001 counts were added to others of the same month"
    assert read.counts.values[0, :3].tolist() == [0, 2, 4]


def test_some_series_keep_all_that_is_said_of_them(tmp_path):
    lines = ["a,x,2020-01,1", "b,y,2020-02,2", "c,z,2020-02,3"]
    counts = read_table(written(tmp_path, *lines, header="series,family,month,value")).counts
    some = counts.some(np.array([False, True, True]))

    assert (some.names, some.family.tolist()) == (("b", "c"), ["y", "z"])
    assert some.values.tolist() == [[2], [3]]
    assert some.last.tolist() == [months.to_index("2020-02")] * 2
    assert some.nested == ()


def test_series_beside_those_that_differ_in_capitals_keep_their_places(tmp_path):
    lines = ["North,2020-01,1", "b,2020-01,5", "NORTH,2020-02,2", "c,2020-01,7", "c,2020-02,8"]

    read = read_table(written(tmp_path, *lines, "b,2020-02,6"))
    assert told(read) == {
        "North": ([1, 2], "2020-02"),
        "b": ([5, 6], "2020-02"),
        "c": ([7, 8], "2020-02"),
    }
    found = faults(tmp_path, *lines, "c,2020-02,9", ",2020-01,3")
    assert [fault.partition(";")[0] for fault in found] == [
        "line 7, column month: '2020-02': 'c' has this month already, in line 6",
        "line 8, column series: '': no name of a series",
    ]


def test_three_names_that_differ_in_capitals_are_one_and_all_named(tmp_path):
    lines = ["North,2020-01,1", "NORTH,2020-02,2", "north,2020-03,3"]
    read = read_table(written(tmp_path, *lines))

    assert told(read) == {"North": ([1, 2, 3], "2020-03")}
    assert "'NORTH', 'north' is taken for 'North'" in read.notes


def test_a_line_without_a_name_in_one_of_several_sheets_is_one_fault(tmp_path):
    head = ("site", "month", "n")
    a = [head, *((s, f"2020-0{m}", m) for m in (1, 2) for s in ("b", "a")), ("", "2020-01", 9)]
    b = [head, *((s, f"2020-0{m}", m) for m in (3, 4) for s in ("a", "b"))]

    with pytest.raises(FaultsError) as refused:
        read_table(sheets(tmp_path, A=a, B=b))

    assert list(refused.value.faults) == [
        "line 6, column site: '': no name of a series; fill it in"
    ]


def to_date(years: int, fall: int = 0) -> str:
    """Sums since each January of 10 a month; fall : by how much one June is below May."""
    rows = [
        f"{2018 + y}-{m:02},{10 * m + y - (10 + fall) * (fall > 0 and m >= 6)}\n"
        for y in range(years)
        for m in range(1, 13)
    ]
    return "month,n\n" + "".join(rows)


@pytest.mark.parametrize(("years", "fall"), [(2, 0), (3, 0), (4, 0)])
def test_sums_since_january_are_asked_about(tmp_path, years, fall):
    path = tmp_path / "sums.csv"
    path.write_text(to_date(years, fall))

    with pytest.raises(DataError, match=r"begins anew in January.*add --value 'n'"):
        read_table(path)
    assert read_table(path, ReadAs(value=("n",))).counts.values.shape == (1, 12 * years)


def test_counts_that_fall_by_one_within_a_year_are_no_sums(tmp_path):
    path = tmp_path / "counts.csv"
    path.write_text(to_date(3, 1))

    assert read_table(path).counts.values.shape == (1, 36)


@pytest.mark.parametrize(("decimals", "said"), [(1, True), (2, False)])
def test_one_number_with_decimals_among_whole_ones_is_said(tmp_path, decimals, said):
    path = tmp_path / "counts.csv"
    values = [f"{7 * at % 31 + 5}{'.5' if at < decimals else ''}" for at in range(36)]
    path.write_text(
        "month,n\n"
        + "".join(f"{2018 + at // 12}-{at % 12 + 1:02},{v}\n" for at, v in enumerate(values))
    )

    assert any("has decimals, so check" in note for note in read_table(path).notes) == said
