"""Tables as people lay them out by hand, and months that only a file's order tells."""

from __future__ import annotations

from calendar import month_abbr
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from forecast import months
from forecast.errors import DataError
from forecast.tables import header
from forecast.tables.grid import ReadAs
from forecast.tables.read import TableRead, table_of_sheets
from forecast.tables.sheet import Sheet, sheets_of

HALF = month_abbr[1:7]


def sheet(text: str) -> Sheet:
    (found,) = sheets_of("own.csv", text.encode())
    return found


def read(text: str, **wanted: object) -> TableRead:
    return table_of_sheets([sheet(text)], ReadAs(**wanted))


def told(found: TableRead) -> dict[str, tuple[list[float], str]]:
    """The counts of each series, and its last month."""
    return {
        name: (row[np.isfinite(row)].tolist(), months.from_index(int(last)))
        for name, row, last in zip(
            found.counts.names, found.counts.values, found.counts.last, strict=True
        )
    }


def cells(found: Sheet) -> list[list[object]]:
    return [found.row(at) for at in range(len(found.grid))]


ONE = [float(n) for n in range(1, 7)]
TWO = [float(n) for n in range(11, 17)]
BOTH = ONE + TWO


def row(*values: object) -> str:
    return ",".join(map(str, values)) + "\n"


# --- years over months


@pytest.mark.parametrize(
    ("year", "last"), [("2020", "2020-03"), ("FY2020", "2020-03"), ("Fiscal year 2020", "2020-03")]
)
def test_a_year_over_months_holds_up_to_the_next(year, last):
    text = row("", "2019", "", "", year) + row("site", *month_abbr[10:], *month_abbr[1:4])
    text = text.replace("2019,", "FY2020,") if year != "2020" else text
    found = read(text + row("a", *ONE))

    assert told(found) == {"a": (ONE, last)}
    assert "line 1 gives the years of line 2's months" in found.notes


def test_quarters_may_stand_between_years_and_months():
    text = row("", 2020, "", "", "", "", "") + row("", "Q1", "", "", "Q2", "", "")
    found = read(text + row("site", *HALF) + row("a", *ONE))

    assert told(found) == {"a": (ONE, "2020-06")}
    assert "line 1 gives the years of line 3's months" in found.notes


def test_blocks_with_a_year_over_each_are_one_table():
    text = ""
    for number in range(4):
        text += row("", 2020 + number, "", "") + row("site", *HALF[:3])
        text += row("a", *(10 * number + n for n in range(3)))
    found = read(text)
    once, twice = (read("".join(text.splitlines(keepends=True)[:n])) for n in (3, 6))

    assert found.counts.last.tolist() == [months.to_index("2023-03")]
    assert np.nansum(found.counts.values) == sum(range(3)) * 4 + 10 * 3 * (1 + 2 + 3)
    assert "line 1 gives the years of line 2's months, and so below" in found.notes
    assert "line 1 gives the years of line 2's months, and so below" in twice.notes
    assert "line 1 gives the years of line 2's months" in once.notes


def test_counts_between_a_year_and_its_months_leave_it_where_it_is():
    found = sheet(row("", 2020, "", "") + row("", 7, 8, 9) + row("site", *HALF[:3]))

    assert cells(header._years_over_months(found)) == cells(found)


def test_a_year_is_looked_for_in_the_three_lines_above():
    def with_gap(lines: int) -> str:
        return row("", 2020, "") + row("", "Q1", "Q1") * lines + row("site", "Jan", "Feb")

    near, far = (header._years_over_months(sheet(with_gap(n))) for n in (2, 3))
    assert near.row(0) == ["site", "2020 Jan", "2020 Feb"]
    assert far.row(0) == ["", "2020", ""]


def test_of_two_lines_with_years_the_nearer_one_is_that_of_the_months():
    found = sheet(
        row("", 2019, "") + row("", 2020, "") + row("site", "Jan", "Feb") + row("a", 1, 2)
    )

    assert header._years_over_months(found).row(1) == ["site", "2020 Jan", "2020 Feb"]


@pytest.mark.parametrize(
    "text",
    [
        row("", 2020, "") + row("site", "Jan", "x") + row("a", 1, 2),
        row("", 2020, 2021) + row(2020, "Jan", "Feb") + row("a", 1, 2),
        row("", 2020, "Mar") + row("site", "Jan", "Feb") + row("a", 1, 2),
        row("site", "Jan", "Feb") + row("", 2020, "") + row("a", 1, 2),
        row("site", "Jan", "Feb") + row("a", 1, 2) + row("", 2020, ""),
    ],
    ids=["one month", "a year beside", "a month beside the year", "the year below", "last"],
)
def test_what_is_no_year_over_months_stays_on_its_line(text):
    found = sheet(text)

    assert header._years_over_months(found) is found


def test_months_left_of_the_first_year_keep_their_names():
    found = sheet(row("", "", 2020, "") + row("site", "Dec", "Jan", "Feb") + row("a", 1, 2, 3))

    assert header._years_over_months(found).row(0) == ["site", "Dec", "2020 Jan", "2020 Feb"]


# --- names over measures


def test_sites_over_measures_that_each_has_are_one_header():
    text = row("", "North", "", "South", "") + row("month", "in", "out", "in", "out")
    text += "".join(row(f"2020-0{n}", 3 * n, n + 1, 5 * n, n + 3) for n in range(1, 8))
    found = read(text)

    assert list(told(found)) == ["North in", "North out", "South in", "South out"]
    assert told(found)["South in"][0] == [float(5 * n) for n in range(1, 8)]
    assert "line 1 names what line 2 has several times" in found.notes


@pytest.mark.parametrize(
    "head",
    [
        row("", "North", "", "", "") + row("month", "in", "out", "in", "out"),  # a title
        row("", "North", "", "South", "") + row("month", "in", "out", "up", "off"),
        row("", 7, "", 8, "") + row("month", "in", "out", "in", "out"),
        row("", "Jan", "", "Feb", "") + row("month", "in", "out", "in", "out"),
        row("", "2020-01", "", "2020-02", "") + row("month", "in", "out", "in", "out"),
        row("", "North", "", "South", "", "", "") + row("month", *["in", "out"] * 3),
        row("", "North", "", "South", "") + row("month", "in", 5, "in", 5),
    ],
)
def test_what_names_no_sites_is_left_where_it_is(head):
    found = sheet(head + row("2020-01", 1, 2, 3, 4) + row("2020-02", 1, 2, 3, 4))

    assert cells(header._names_over_measures(found)) == cells(found)


@pytest.mark.parametrize(("titles", "joined"), [(0, True), (28, True), (29, False)])
def test_sites_are_looked_for_in_the_first_thirty_lines(titles, joined):
    head = row("", "North", "South") + row("month", "in", "in")
    found = sheet(row("Visits", "", "") * titles + head + row("2020-01", 1, 2))

    (changed,) = {len(found.grid) - len(header._names_over_measures(found).grid)}
    assert changed == joined


def test_a_header_of_sites_may_be_the_last_line_but_one():
    found = sheet(row("", "North", "South") + row("month", "in", "in") + row("2020-01", 1, 2))
    alone = sheet(row("", "North", "South") + row("month", "in", "in"))

    assert header._names_over_measures(found).row(0) == ["month", "North in", "South in"]
    assert header._names_over_measures(alone) is alone


def test_a_line_of_counts_with_one_name_twice_is_no_header():
    lines = [row("site", "region", "month", "n")]
    for n in range(1, 8):
        lines += [row("North", "North", f"2020-0{n}", 5 * n), row("East", "West", f"2020-0{n}", n)]
    found = read("".join(lines))

    assert told(found) == {
        "North": ([5.0 * n for n in range(1, 8)], "2020-07"),
        "East": ([float(n) for n in range(1, 8)], "2020-07"),
    }


# --- a year on a line of its own


def months_below(*years: object, sites: tuple[str, ...] = ("n",)) -> str:
    text = ""
    for at, year in enumerate(years):
        text += row(year, *[""] * len(sites))
        text += "".join(row(name, *[10 * at + n + 1] * len(sites)) for n, name in enumerate(HALF))
    return text


def test_a_year_on_a_line_of_its_own_is_that_of_the_months_below():
    found = read(row("month", "n") + months_below(2020, 2021))

    assert told(found) == {"count": (BOTH, "2021-06")}
    assert "line 2 and others like it give the year of the months below" in found.notes
    assert told(read(row("month", "n") + months_below("FY20", "FY21"))) == {
        "count": (BOTH, "2021-06")
    }


def test_a_year_may_stand_in_the_corner_of_each_blocks_header():
    text = "".join(
        row(year, "a", "b")
        + "".join(row(m, 10 * at + n, 10 * at + n) for n, m in enumerate(HALF, 1))
        for at, year in enumerate((2020, 2021))
    )
    found = read(text)

    assert told(found) == {"a": (BOTH, "2021-06"), "b": (BOTH, "2021-06")}
    second = sheet("".join("q," + line for line in text.splitlines(True)))
    assert [header._year_lines(second).row(at)[1] for at in (0, 1, 7)] == [
        *("Month", "2020 Jan", "2021 Jan"),
    ]
    unlike = sheet(text.replace("2021,a,b", "2021,b,a"))
    assert cells(header._year_lines(unlike)) == cells(unlike)


@pytest.mark.parametrize(("before", "read_so"), [(0, True), (2, True), (3, False)])
def test_years_and_months_are_looked_for_in_the_first_three_columns(before, read_so):
    text = "".join("x," * before + line for line in months_below(2020, 2021).splitlines(True))
    found = sheet(text)
    made = header._year_lines(found)

    assert (made is not found) == read_so
    if read_so:
        assert [made.row(at)[before] for at in (0, 6)] == ["2020 Jan", "2021 Jan"]
        assert made.line.tolist() == [*range(2, 8), *range(9, 15)]


def test_six_months_below_two_years_are_enough():
    text = row(2020, "") + "".join(row(m, 1) for m in HALF[:3])
    found = sheet(text + text.replace("2020", "2021"))

    assert len(header._year_lines(found).grid) == 6
    fewer = sheet((text + text.replace("2020", "2021")).rpartition("Mar")[0])
    assert header._year_lines(fewer) is fewer


@pytest.mark.parametrize(
    "text",
    [
        months_below(2020),
        row("month", "n") + "".join(row(m, 1) for m in HALF) + row(2020, "") + row(2021, ""),
        row(2020, "") + "".join(row(m, 1) for m in HALF[:5]) + row(2021, ""),
    ],
    ids=["one year", "below", "five months"],
)
def test_what_is_no_year_over_months_is_left_as_it_is(text):
    found = sheet(text)

    assert cells(header._year_lines(found)) == cells(found)


# --- blocks with a header or a title each


def block(name: str, values: list[float], head: bool = True) -> str:
    text = (row(name, "") if name else "") + (row("month", "n") if head else "")
    return text + "".join(row(f"2020-0{at}", f"{n:g}") for at, n in enumerate(values, start=1))


@pytest.mark.parametrize("again", [True, False], ids=["a header each", "one header"])
def test_titles_name_the_lines_below(again):
    text = block("North", ONE) + block("South", TWO)
    if not again:
        text = row("month", "n") + block("North", ONE, False) + block("South", TWO, False)
    found = read(text)

    assert told(found) == {"North": (ONE, "2020-06"), "South": (TWO, "2020-06")}
    lines = (1, 9) if again else (2, 9)
    assert (
        f"line {lines[0]}, line {lines[1]} and so on name the lines below, as column 'Block'"
        in (found.notes)
    )


def test_three_titles_are_said_by_the_first_two():
    found = read(block("North", ONE) + block("South", TWO) + block("East", ONE))

    assert list(told(found)) == ["North", "South", "East"]
    assert "line 1, line 9 and so on name the lines below, as column 'Block'" in found.notes


def test_a_header_repeated_without_a_title_is_left_out():
    second = "".join(row(f"2020-{at}", at) for at in ("07", "08"))
    found = read(
        block("", ONE) + row("month", "n") + second + row("month", "n") + row("2020-09", 9)
    )

    assert told(found) == {"count": ([*ONE, 7, 8, 9], "2020-09")}
    assert "line 8 repeats the header" in found.notes


def test_titles_below_one_header_begin_right_below_it():
    first = block("North", ONE, False)
    later = row("2019-12", 9) + first
    for text, names in ((first, ["North", "South"]), (later, [])):
        found = sheet(row("month", "n") + text + block("South", TWO, False))
        made = header._blocks_named(found)
        assert (made is not found) == bool(names)
        assert list(dict.fromkeys(made.row(at)[0] for at in range(1, len(made.grid))))[:2] == (
            names or ["2019-12", "North"]
        )


def test_one_title_or_one_over_a_remark_names_no_lines():
    head = row("month", "n")
    for text in (
        head + block("North", ONE, False),
        head + block("North", ONE, False) + row("Source: us", ""),
        head + block("North", ONE, False) + row("Source: us", "") + row("2020-12", 1),
    ):
        found = sheet(text)
        assert header._blocks_named(found) is found


def test_lines_above_the_first_title_and_lines_of_one_cell_have_no_block():
    text = row("Visits", "", "") + row("North", "", "") + row("month", "n", "m")
    text += row("2020-01", 1, 2) + row("2020-02", "", "") + row("South", "", "")
    found = header._blocks_named(sheet(text + row("month", "n", "m") + row("2020-01", 3, 4)))

    assert cells(found) == [
        ["", "Visits", "", ""],
        ["Block", "month", "n", "m"],
        ["North", "2020-01", "1", "2"],
        ["", "2020-02", "", ""],
        ["South", "2020-01", "3", "4"],
    ]


@pytest.mark.parametrize(("titles", "named"), [(27, True), (29, True), (30, False)])
def test_the_header_of_blocks_is_among_the_first_thirty_lines(titles, named):
    text = row("About us", "") * titles + block("", ONE) + block("", TWO)
    found = sheet(text)

    assert (len(found.grid) - len(header._blocks_named(found).grid)) == named


def test_one_line_of_words_is_no_title_but_a_remark():
    found = read(block("", ONE) + row("Source: us", ""))

    assert told(found) == {"count": (ONE, "2020-06")}
    assert "line 8 is no part of the table: 'Source: us'" in found.notes


@pytest.mark.parametrize(
    ("cells", "is_one"),
    [
        (["a", "b"], True),
        (["a", ""], False),
        (["a", "7"], False),
        (["a", "NA"], False),
        (["7", "8"], False),
    ],
)
def test_a_header_has_two_names_and_no_number(cells, is_one):
    found = sheet(row(*cells) + row("x", "y"))

    assert header._is_header(found, 0) == is_one


# --- a year that stands in the sheet's name


def titled(title: str, text: str) -> TableRead:
    return table_of_sheets([replace(sheet(text), title=title)], ReadAs())


def test_a_sheets_name_may_be_the_year_of_its_months():
    text = row("month", "n") + "".join(row(m, n) for n, m in enumerate(HALF, 1))
    found = titled("2020", text)

    assert told(found) == {"count": (ONE, "2020-06")}
    assert "the year is the sheet's name, '2020'" in found.notes
    assert told(titled("2020", text + row("Source: us", ""))) == told(found)
    with pytest.raises(DataError):
        titled("Sheet1", text)


@pytest.mark.parametrize("first", ["2019-01", "2019"])
def test_a_sheets_name_is_no_year_where_the_sheet_has_its_own(first):
    found = sheet(row("month", "n") + row(first, 1) + row("x", 2))
    named = replace(found, title="2020")
    assert header._year_from_title(named) is named


# --- months that the order of a file tells

YEAR_NAME, MONTH_YEAR, YEAR_MONTH, DAY, _ = header._IN_ORDER
SPAN = range(months.to_index("2023-11"), months.to_index("2024-12"))  # 13 months

WRITTEN = {
    "24-Jan": lambda m: f"{m // 12 % 100}-{month_abbr[m % 12 + 1]}",
    "01/24": lambda m: f"{m % 12 + 1:02}/{m // 12 % 100}",
    "24-01": lambda m: f"{m // 12 % 100}-{m % 12 + 1:02}",
    "first days": lambda m: str((date(m // 12, m % 12 + 1, 1) - date(1899, 12, 30)).days),
    "last days": lambda m: str(
        (date((m + 1) // 12, (m + 1) % 12 + 1, 1) - timedelta(1) - date(1899, 12, 30)).days
    ),
}


@pytest.mark.parametrize("form", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("across", [False, True])
def test_thirteen_months_in_a_row_are_told_by_their_order(form, turned, across):
    span = SPAN[::-1] if turned else SPAN
    counts = [float(20 + 7 * at % 11) for at in range(13)]
    if across:
        text = row("site", *map(form, span)) + row("a", *(f"{c:g}" for c in counts))
    else:
        text = row("month", "n") + "".join(
            row(form(m), f"{c:g}") for m, c in zip(span, counts, strict=True)
        )
    found = read(text)

    ((series, last),) = told(found).values()
    assert last == "2024-11"
    assert series == (counts[::-1] if turned else counts)
    assert any(note.endswith(", as the file's order shows") for note in found.notes)


def test_twelve_months_or_one_out_of_order_tell_nothing():
    form = WRITTEN["24-Jan"]
    lines = [row(form(m), 1) for m in SPAN]
    for some in (lines[:12], lines[::2] + lines[1::2]):
        found = sheet(row("month", "n") + "".join(some))
        assert header.with_months(found) is found


@pytest.mark.parametrize(("missing", "told_so"), [(1, True), (2, False)])
def test_a_tenth_of_the_steps_may_be_longer_than_a_month(missing, told_so):
    """One of twelve, and not two."""
    span = [
        m
        for at, m in enumerate(range(SPAN[0], SPAN[0] + 13 + missing))
        if at not in (3, 8)[:missing]
    ]
    found = sheet(row("month", "n") + "".join(row(WRITTEN["24-Jan"](m), 1) for m in span))

    assert len(span) == 13
    assert (header.with_months(found) is not found) == told_so


@pytest.mark.parametrize(("before", "told_so"), [(28, True), (29, True), (30, False)])
def test_such_months_across_are_in_one_of_the_first_thirty_lines(before, told_so):
    width = ",".join(["x"] * 14) + "\n"
    text = width * before + row("site", *(WRITTEN["24-Jan"](m) for m in SPAN))
    found = sheet(text)

    assert (header.with_months(found) is not found) == told_so


def test_such_months_begin_in_the_first_thirty_lines_of_their_column():
    lines = "".join(row(WRITTEN["24-Jan"](SPAN[0] + n), 1) for n in range(200))
    for before, told_so in ((29, True), (30, False)):
        found = sheet(row("x", 1) * before + lines)
        assert (header.with_months(found) is not found) == told_so


def test_a_line_a_series_is_in_order_all_the_same():
    form = WRITTEN["24-01"]
    text = "".join(row(site, form(m), at) for at, m in enumerate(SPAN) for site in "ab")
    found = read(row("site", "month", "n") + text)

    assert {name: last for name, (_, last) in told(found).items()} == {
        "a": "2024-11",
        "b": "2024-11",
    }
    assert "23-11 is read as 2023-11, as the file's order shows" in found.notes


def test_a_fifth_of_a_column_may_be_something_else_and_no_more():
    form = WRITTEN["24-Jan"]
    lines = [row(form(m), 1) for m in SPAN]
    for others, read_so in ((3, True), (4, False)):
        found = sheet("".join([*lines, *(row(f"x{n}", 1) for n in range(others))]))
        assert (header.with_months(found) is not found) == read_so


@pytest.mark.parametrize(
    ("cell", "month"),
    [
        ("45292", "2024-01"),
        ("45322", "2024-01"),
        (45292.0, "2024-01"),
        ("45293", None),
        ("30011", "1982-03"),
        ("54970", "2050-07"),
        ("54971", None),
        ("55000", None),
        ("29999", None),
        ("x", None),
    ],
)
def test_a_spreadsheets_day_is_a_months_first_or_last(cell, month):
    """Day 45,292 is the first of January 2024."""
    found = header._month_by(DAY, cell)

    assert (found and months.from_index(found)) == month


@pytest.mark.parametrize(
    ("cell", "by_month_first", "by_year_first"),
    [
        ("01/24", "2024-01", None),
        ("12/68", "2068-12", None),
        ("13/24", None, None),
        ("24/12", None, "2024-12"),
        ("1/24", "2024-01", None),
        ("4/12", "2012-04", None),
        ("0/24", None, None),
        ("07/08", "2008-07", "2007-08"),
        ("a/24", None, None),
    ],
)
def test_a_pair_of_numbers_is_a_month_and_a_year_of_two_digits(cell, by_month_first, by_year_first):
    found = [header._month_by(form, cell) for form in (MONTH_YEAR, YEAR_MONTH)]

    assert [m and months.from_index(m) for m in found] == [by_month_first, by_year_first]


@pytest.mark.parametrize(
    ("cell", "month"),
    [
        ("24-Jan", "2024-01"),
        ("99 Sept.", "1999-09"),
        ("24-Foo", None),
        ("2024-Jan", None),
        (7.0, None),
    ],
)
def test_a_year_of_two_digits_before_a_name_is_a_month(cell, month):
    found = header._month_by(YEAR_NAME, cell)

    assert (found and months.from_index(found)) == month


def test_three_stacked_headings_name_what_the_lowest_has_twice():
    heads = (
        "Year,Month,Urgent,,,,Planned,\n"
        ",,Adult,,Child,,Adult,Child\n"
        ",,Men,Women,Boys,Girls,All,All\n"
    )
    lines = [f"2023,{month},1{i},2{i},3{i},4{i},5{i},6{i}" for i, month in enumerate(HALF)]

    read_names = told(read(heads + "\n".join(lines) + "\n"))

    assert list(read_names) == [
        "Men", "Women", "Boys", "Girls", "Planned Adult All", "Planned Child All",
    ]  # fmt: skip
    assert read_names["Planned Child All"] == ([60, 61, 62, 63, 64, 65], "2023-06")


SHORT = [
    *("ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย."),
    *("ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค."),
]
TWO_YEARS = [(year, number) for year in (2563, 2564) for number in range(1, 13)]


def thai(head: str, line: str) -> str:
    rows = (
        line.format(y=y, short=y - 2500, n=n, name=SHORT[n - 1], count=100 * (n % 5) + y % 10)
        for y, n in TWO_YEARS
    )
    return "\n".join([head, *rows, ""])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (thai("เดือน,ผู้ป่วย", "{name} {y},{count}"), "January 2563 is read as January 2020"),
        (thai("เดือน,ผู้ป่วย", "{name} {short},{count}"), "January 2563 is read as January 2020"),
        (thai("เดือน,ผู้ป่วย", "{name} พ.ศ. {y},{count}"), "January 2563 is read as January 2020"),
        (thai("month,n", "{y}-{n:02},{count}"), "2563-01 is read as 2020-01"),
        (thai("date,n", "1/{n}/{y},{count}"), "1/1/2563 is read as 1/1/2020"),
        (thai("ปี,เดือน,ผู้ป่วย", "{y},{n},{count}"), "2563 is read as 2020"),
        (thai("Year (B.E.),month,n", "{y},{n},{count}"), "2563 is read as 2020"),
    ],
)
def test_years_of_the_buddhist_era_are_read_as_ours(text, shown):
    found = read(text)

    assert f"years are of another era: {shown}" in found.notes
    assert found.counts.values.tolist() == [[100 * (n % 5) + y % 10 for y, n in TWO_YEARS]]
    assert months.from_index(int(found.counts.last[0])) == "2021-12"


def test_years_of_the_buddhist_era_may_stand_over_columns():
    rows = [f"{SHORT[n - 1]},{n % 5}1,{n % 5}2,{n % 5}3" for n in range(1, 13)]
    found = read("\n".join(["เดือน,2562,2563,2564", *rows, ""]))

    assert found.counts.values.tolist() == [
        [int(f"{n % 5}{year}") for year in (1, 2, 3) for n in range(1, 13)]
    ]
    assert months.from_index(int(found.counts.last[0])) == "2021-12"


@pytest.mark.parametrize(
    "rows",
    [
        [("เดือน", "n"), ("2020-01", 2563), ("2020-02", 2564), ("2020-03", 2600)],  # apart
        [("เดือน", "n"), ("2020-01", 2563), ("2020-02", 2564), ("2020-03", 9)],  # other numbers
        [("month", "n"), ("2020-01", 2563), ("2020-02", 2564), ("2020-03", 2565)],  # not Thai
        [("เขต", "n"), ("เขต 2563", 5), ("เขต 2564", 6), ("เขต 2565", 7)],  # of districts
        [("เขต", "n"), ("เขต 63", 5), ("เขต 64", 6), ("เขต 65", 7)],
        [("เดือน", "a", "b"), ("2020-01", 2563, 2564), ("2020-02", 7, 8), ("2020-03", 5, 1)],  # two
    ],
)
def test_counts_of_two_thousand_five_hundred_are_no_years(rows):
    found = sheet("".join(",".join(map(str, row)) + "\n" for row in rows))

    assert header.with_months(found) is found


# --- blocks side by side

MONTHS_OF = ["2020-01", "2020-02", "2020-03"]
ACROSS = row("", "North", "", "", "South", "", "") + row("site", *MONTHS_OF, *MONTHS_OF)


@pytest.mark.parametrize(
    "heads",
    [
        ACROSS,
        row("", "2020-01", "", "2020-02", "", "2020-03", "") + row("site", *["North", "South"] * 3),
    ],
    ids=["names over months", "months over names"],
)
def test_blocks_of_columns_side_by_side_are_series_of_their_own(heads):
    values = (1, 2, 3, 11, 12, 13) if heads == ACROSS else (1, 11, 2, 12, 3, 13)
    more = [10 * value for value in values]
    found = read(heads + row("a", *values) + row("b", *more))

    assert {name: counts for name, (counts, _) in told(found).items()} == {
        "a / North": [1, 2, 3],
        "b / North": [10, 20, 30],
        "a / South": [11, 12, 13],
        "b / South": [110, 120, 130],
    }
    assert "lines 1 and 2 head 2 blocks of columns, North, South and so on" in found.notes


def test_a_fault_in_a_block_is_named_by_its_own_line():
    text = ACROSS + row("a", 1, 2, 3, 4, 5, 6) + row("b", 1, 2, 3, 4, "seven", 6)
    with pytest.raises(DataError, match="line 4, column 2020-02: 'seven'"):
        read(text)


@pytest.mark.parametrize(
    "heads",
    [
        row("", "North", "", "", "South", "", "") + row("site", *MONTHS_OF, *MONTHS_OF[:2], "x"),
        row("", "North", "", "", "North", "", "") + row("site", *MONTHS_OF, *MONTHS_OF),
        row("", "North", "", "", "", "", "") + row("site", *MONTHS_OF, *MONTHS_OF),
        row("", "North", "", "", 7, "", "") + row("site", *MONTHS_OF, *MONTHS_OF),
    ],
    ids=["other months", "one name twice", "one name", "a number"],
)
def test_blocks_that_are_not_alike_stay_where_they_are(heads):
    found = sheet(heads + row("a", 1, 2, 3, 4, 5, 6))

    assert header._months_under_names(found) is found


def test_a_title_of_a_block_stands_in_the_first_two_columns():
    def text(before: int) -> str:
        names = [row(*[""] * before, name, *[""] * (3 - before)) for name in ("North", "South")]
        head = row("month", "n", "m", "k")
        return "".join(
            title + head + "".join(row(f"2020-0{m}", m, m, m) for m in range(1, 7))
            for title in names
        )

    assert [
        header._blocks_named(sheet(text(before))).row(0)[0] == "Block" for before in range(4)
    ] == [True, True, False, False]
