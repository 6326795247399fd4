"""Tables as people lay them out: which column is what, and what the reader says of it."""

from __future__ import annotations

import csv
import io
from calendar import month_abbr
from datetime import date, timedelta

import numpy as np
import pytest
from xlsxwriter import Workbook

from forecast import months
from forecast.errors import DataError
from forecast.tables import grid, layouts, roles
from forecast.tables.grid import ReadAs
from forecast.tables.read import TableRead, table_of_sheets
from forecast.tables.sheet import sheets_of

MONTHS = [f"2020-{month:02}" for month in range(1, 8)]
WHOLE = "series from the file as a whole"


def lines(head: str, *forms: str) -> str:
    """A header, and for each month the forms with its {m}onth, {n}umber and running {i}ndex."""
    found = [head] if head else []
    for i, month in enumerate(MONTHS):
        times = {"i": i, "j": 3 * i, "k": 7 * i + 50}
        found += [form.format(m=month, n=i + 1, q=i // 3 + 1, **times) for form in forms]
    return "".join(f"{line}\n" for line in found)


def read(text: str, **wanted: object) -> TableRead:
    (sheet,) = sheets_of("own.csv", text.encode())
    return table_of_sheets([sheet], ReadAs(**wanted))


def values(found: TableRead) -> dict[str, list[float]]:
    return dict(zip(found.counts.names, found.counts.values.tolist(), strict=True))


ONES = [float(at) for at in range(7)]
THREES = [3 * at for at in ONES]
SEVENS = [50 + 7 * at for at in ONES]

READ = {
    "numbered lines": (
        lines("row,month,n", "{n},{m},{j}"),
        {"count": THREES},
        [f"months in column 'month'; counts in column 'n'; {WHOLE}", "ignored column: 'row'"],
    ),
    "numbered by pandas": (
        lines(",month,n", "{i},{m},{j}"),
        {"count": THREES},
        [
            f"months in column 'month'; counts in column 'n'; {WHOLE}",
            "ignored column: '1 (no name)'",
        ],
    ),
    "numbers that do not begin at 0 or 1": (
        lines("row,month,n", "{k},{m},{j}"),
        {"row": SEVENS, "n": THREES},
        ["months in column 'month'; a column for each of 2 series"],
    ),
    "year and month": (
        lines("year,month,n", "2020,{n},{j}"),
        {"count": THREES},
        [f"months in column 'year' and 'month'; counts in column 'n'; {WHOLE}"],
    ),
    "year and M01": (
        lines("report_year,mo.,n", "2020,M0{n},{j}"),
        {"count": THREES},
        [f"months in column 'report_year' and 'mo.'; counts in column 'n'; {WHOLE}"],
    ),
    "a year beside": (
        lines("month,year,site,n", "{m},2020,a,{j}", "{m},2020,b,{i}"),
        {"a": THREES, "b": ONES},
        [
            "months in column 'month'; counts in column 'n'; series from column 'site'",
            "ignored column: 'year'",
        ],
    ),
    "a quarter beside": (
        lines("month,quarter,n", "{m},{q},{k}"),
        {"count": SEVENS},
        [f"months in column 'month'; counts in column 'n'; {WHOLE}", "ignored column: 'quarter'"],
    ),
    "a total below": (
        lines("month,n", "{m},{j}") + "Total:,63\n",
        {"count": THREES},
        [
            f"months in column 'month'; counts in column 'n'; {WHOLE}",
            "line 9 is a total over months, left out",
        ],
    ),
    "remarks": (
        "Report of 2020\n" + lines("month,n", "{m},{j}") + "Source: us\n",
        {"count": THREES},
        [
            f"months in column 'month'; counts in column 'n'; {WHOLE}",
            "line 1 is no part of the table: 'Report of 2020'",
            "line 10 is no part of the table: 'Source: us'",
        ],
    ),
    "numbers that name": (
        lines("id,month,n", "11,{m},{i}", "12,{m},{k}"),
        {"11": ONES, "12": SEVENS},
        ["months in column 'month'; counts in column 'n'; series from column 'id'"],
    ),
    "numbers that name within": (
        lines(
            "region,site,month,n",
            "East,1,{m},{k}",
            "East,2,{m},{i}",
            "West,1,{m},{j}",
            "West,2,{m},{k}",
        ),
        {"East / 1": SEVENS, "East / 2": ONES, "West / 1": THREES, "West / 2": SEVENS},
        ["months in column 'month'; counts in column 'n'; series from column 'region' and 'site'"],
    ),
    "a population": (
        lines("site,population,month,cases", "a,500,{m},{i}", "b,900,{m},{j}"),
        {"a": ONES, "b": THREES},
        [
            "months in column 'month'; counts in column 'cases'; series from column 'site'",
            "ignored column: 'population'",
        ],
    ),
    "a column a series": (
        lines("month,a,b", "{m},{i},{j}"),
        {"a": ONES, "b": THREES},
        ["months in column 'month'; a column for each of 2 series"],
    ),
    "counts by their word": (
        lines("site,month,visits,beds", "a,{m},{i},{k}", "b,{m},{j},{k}"),
        {"a": ONES, "b": THREES},
        [
            "months in column 'month'; counts in column 'visits'; series from column 'site'",
            "ignored column: 'beds'",
        ],
    ),
    "no header": (
        lines("", "a,{m},{k}", "b,{m},{j}"),
        {"a": SEVENS, "b": THREES},
        [
            "months in column '2 (no name)'; counts in column '3 (no name)'; "
            "series from column '1 (no name)' (the file has no header)"
        ],
    ),
    "compact months": (
        lines("period,n", "{m},{j}").replace("-", ""),
        {"count": THREES},
        [f"months in column 'period'; counts in column 'n'; {WHOLE}"],
    ),
    "a column a month": (
        f"site,{','.join(MONTHS)}\na,0,3,6,9,12,15,18\nb,0,1,2,3,4,5,6\n",
        {"a": THREES, "b": ONES},
        ["a column for each month, 2020-01 to 2020-07; series from column 'site'"],
    ),
    "a column a compact month": (
        f"site,{','.join(MONTHS)}\na,0,3,6,9,12,15,18\n".replace("-", ""),
        {"a": THREES},
        ["a column for each month, 202001 to 202007; series from column 'site'"],
    ),
    "years over months": (
        "site,2020,,,,,,\n,Jan,Feb,Mar,Apr,May,Jun,Jul\na,0,3,6,9,12,15,18\n",
        {"a": THREES},
        [
            "a column for each month, 2020 Jan to 2020 Jul; series from column '1 (no name)'",
            "line 1 gives the years of line 2's months",
        ],
    ),
    "a line a year": (
        "site,year,Jan,Feb,Mar,Apr,May,Jun,Jul\na,2020,0,3,6,9,12,15,18\nb,2020,0,1,2,3,4,5,6\n",
        {"a": THREES, "b": ONES},
        [
            "a line for each year in column 'year', a column for each month; "
            "series from column 'site'"
        ],
    ),
}


@pytest.mark.parametrize(("text", "expected", "notes"), READ.values(), ids=READ)
def test_columns_are_told_by_what_is_in_them(text, expected, notes):
    found = read(text)

    assert values(found) == expected
    assert list(found.notes) == notes
    assert set(found.counts.last.tolist()) == {months.to_index("2020-07")}
    assert found.missing == 0


FISCAL = {
    "numbers": ("year,month,n", [("FY20", n) for n in range(1, 13)]),
    "calendar numbers": ("year,month,n", [("FY20", (n + 8) % 12 + 1) for n in range(1, 13)]),
    "names": (
        "fiscal year,month,n",
        [("2020", n) for n in (*month_abbr[10:], *month_abbr[1:10])],
    ),
}


@pytest.mark.parametrize(("head", "written"), FISCAL.values(), ids=FISCAL)
def test_a_fiscal_year_beside_a_month_begins_in_october(head, written):
    text = "".join(f"{year},{month},{at}\n" for at, (year, month) in enumerate(written))

    found = read(f"{head}\n{text}")

    assert values(found) == {"count": list(range(12))}
    assert found.counts.last.tolist() == [months.to_index("2020-09")]
    assert "begin in month 10 of the year before" in found.notes[1]
    later = (
        read(f"{head}\n{text}".replace("Oct", "Jul"), fiscal_start=1) if "Oct" not in text else 0
    )
    assert not later or later.counts.last.tolist() == [months.to_index("2020-12")]


def test_a_fiscal_year_may_be_the_calendar_s():
    found = read(lines("fiscal year,month,n", "2020,{n},{j}"), fiscal_start=1)

    assert found.counts.last.tolist() == [months.to_index("2020-07")]
    assert "fiscal years are taken to be calendar years" in found.notes[1]


def test_a_line_a_fiscal_year_begins_in_october():
    names = (*month_abbr[10:], *month_abbr[1:10])
    found = read(f"year,{','.join(names)}\nFY20,{','.join(map(str, range(12)))}\n")

    assert values(found) == {"count": list(range(12))}
    assert found.counts.last.tolist() == [months.to_index("2020-09")]


def test_a_name_that_stands_once_holds_for_the_lines_below():
    text = "".join(
        f"{'' if i else site},{month},{i * times}\n"
        for site, times in (("a", 1), ("b", 3))
        for i, month in enumerate(MONTHS)
    )
    found = read(f"site,month,n\n{text}")

    assert values(found) == {"a": ONES, "b": THREES}
    assert "blank cells of column 'site' take the" in found.notes[1]


def test_families_are_read_beside_their_series():
    found = read(lines("series,family,month,n", "a,x,{m},{i}", "b,y,{m},{j}"))

    assert found.counts.family.tolist() == ["x", "y"]
    assert (found.counts_column, found.series_column) == ("n", "series")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"value": ("beds",)}, {"a": SEVENS, "b": THREES}),
        ({"value": ("Visits",), "series": ("SITE",)}, {"a": ONES, "b": SEVENS}),
        (
            {"value": ("visits", "beds"), "series": ("site",)},
            {"a / visits": ONES, "a / beds": SEVENS, "b / visits": SEVENS, "b / beds": THREES},
        ),
    ],
)
def test_columns_are_what_the_user_says(wanted, expected):
    found = read(lines("site,month,visits,beds", "a,{m},{i},{k}", "b,{m},{k},{j}"), **wanted)

    assert values(found) == expected


REFUSED = {
    "a header too short": (lines("month,n", "{m},1,234"), "line 1: the header has 2 fields, most"),
    "a name twice": (lines("month,a,a", "{m},{i},{j}"), "two columns have this name"),
    "no name": (
        lines("site,month,n", "a,{m},{i}", "b,{m},{j}") + ",2020-08,1\n",
        "line 16, column site: '': no name of a series; fill it in",
    ),
    "no header": (lines("", "{m},{k},{j}"), "no header, and several columns of numbers"),
    "no year": ("site,Jan,Feb,Mar,Apr,May,Jun\na,1,2,3,4,5,6\n", "line 1: months without a year"),
    "a month twice": (
        "year,Jan,Feb,Mar,Apr,May,Jun,Jan\n2020,1,2,3,4,5,6,7\n",
        "a month's name appears twice",
    ),
    "no month of a year": (
        lines("year,month,n", "2020,{n},{j}") + "2020,13,5\n",
        "line 9, column month: '13': not a month; write it as 1 to 12",
    ),
    "no year of a month": (
        lines("year,month,n", "2020,{n},{j}") + "x,8,5\n",
        "line 9, column year: 'x': not a year",
    ),
    "quarters": ("quarter,n\n2020-Q1,1\n2020-Q2,2\n", "counts of quarters"),
    "quarters across": ("site,2020-Q1,2020-Q2\na,1,2\nb,3,4\n", "counts of quarters"),
    "weeks": ("week,n\n2020-W01,1\n2020-W02,2\n", "counts of weeks"),
    "years": ("year,n\n2019,1\n2020,2\n2021,2\n", "counts of years"),
    "a header alone": ("month,n\n", "no table of monthly counts"),
    "no months": ("a,b\nx,y\nz,w\n", "no column of months"),
    "no counts": (lines("month,n", "{m},x"), "no column of counts"),
    "a long line": (
        lines("month,n", "{m},{j}") + "2020-08,1,234\n",
        "line 9: '2020-08,1': 3 fields where the table has 2; put text or numbers with commas",
    ),
    "a short line": (
        lines("a,month,n", "x,{m},{j}") + "x,2020-08\n",
        "line 9: 'x,2020-08,': 2 fields where the table has 3; complete the line or remove it",
    ),
}


@pytest.mark.parametrize(("text", "problem"), REFUSED.values(), ids=REFUSED)
def test_what_leaves_a_question_open_is_refused_with_it(text, problem):
    with pytest.raises(DataError) as refused:
        read(text)

    assert problem in str(refused.value)


def test_a_column_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(DataError, match=r"no column 'x' \(--value\); there are 'month', 'n'"):
        read(lines("month,n", "{m},{j}"), value=("x",))


def test_sixty_letters_of_a_remark_are_shown():
    found = read("x" * 61 + "\n" + lines("month,n", "{m},{j}"))

    assert found.notes[1] == f"line 1 is no part of the table: {'x' * 60!r}"


def test_a_missing_month_inside_is_counted():
    found = read(lines("month,n", "{m},{j}").replace("2020-03,6", "2020-03,NA"))

    assert np.isnan(values(found)["count"]).tolist() == [False, False, True, *[False] * 4]
    assert found.missing == 1


# --- a line a month: columns beside the counts

YEAR = range(months.to_index("2019-09"), months.to_index("2020-11"))  # 14 months
COUNTED = [float(7 * at % 11 + 20) for at in range(14)]


def beside(head: str, cells: list[object], span: range = YEAR) -> TableRead:
    """Counts with one more column of numbers, or none where a cell is None."""
    found = [
        f"{months.from_index(m)},{cell},{COUNTED[at]:g}\n"
        for at, (m, cell) in enumerate(zip(span, cells, strict=False))
    ]
    return read(f"month,{head},n\n" + "".join(found))


SAYS_THE_MONTH = {
    "its year": lambda m: m // 12,
    "its number": lambda m: m % 12 + 1,
    "its fiscal year": lambda m: m // 12 + (m % 12 >= 9),
    "its quarter": lambda m: m % 12 // 3 + 1,
    "both": lambda m: m // 12 * 100 + m % 12 + 1,
    "its days": lambda m: [
        31,
        29 if m // 12 == 2020 else 28,
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ][m % 12],
    "a running number": lambda m: m - YEAR[0] + 500,
}


@pytest.mark.parametrize("said", SAYS_THE_MONTH.values(), ids=SAYS_THE_MONTH)
def test_a_number_that_only_says_the_month_once_more_is_no_count(said):
    cells = [said(m) for m in YEAR]
    other = [*cells[:-1], cells[-1] + 1]

    assert values(beside("x", cells)) == {"count": COUNTED}
    assert "ignored column: 'x'" in beside("x", cells).notes
    assert values(beside("x", other)) == {"x": other, "n": COUNTED}


def test_a_number_that_grows_with_the_months_is_told_by_thirteen_of_them():
    cells = [at + 500 for at in range(13)]

    assert list(values(beside("x", cells[:12]))) == ["x", "n"]
    assert list(values(beside("x", cells))) == ["count"]


def test_a_year_that_never_changes_and_a_number_that_does_not_are_no_counts():
    span = YEAR[4:]  # of 2020

    assert values(beside("x", [2020] * 10, span)) == {"count": COUNTED[:10]}
    assert values(beside("x", [4] * 10, span)) == {"x": [4] * 10, "n": COUNTED[:10]}


def test_lines_are_numbered_from_0_or_1_and_three_of_them_show_it():
    for first, many, names in ((0, 3, ["count"]), (1, 3, ["count"]), (0, 2, 2), (2, 3, 2)):
        found = beside("row", [first + at for at in range(many)])
        assert list(values(found)) == (names if names != 2 else ["row", "n"])
    assert list(values(beside("row", [0, 1, 3]))) == ["row", "n"]
    assert list(values(beside("rows", [0, 1, 2]))) == ["rows", "n"]
    assert list(values(beside("id no", [5, 1, 2]))) == ["count"]


LEFT_OUT = {
    "n ytd": True,
    "n, rolling": True,
    "3-month n": True,
    "rate per 1,000": True,
    "lower 95": False,
    "latitude": True,
    "share %": True,
    "target": True,
    "n last year": True,
    "clinic": False,
}


@pytest.mark.parametrize(("head", "left_out"), LEFT_OUT.items())
def test_rates_and_sums_of_several_months_are_no_counts(head, left_out):
    cells = [5 * at % 13 + 40 for at in range(14)]
    name = f'"{head}"'
    found = beside(name, cells)

    assert list(values(found)) == (["count"] if left_out else [head, "n"])
    assert (f"ignored column: {head!r}" in found.notes) == left_out


def test_what_is_called_a_target_may_be_a_shop_beside_others():
    found = read(lines("month,a,target,b", "{m},{i},{j},{k}"))

    assert values(found) == {"a": ONES, "target": THREES, "b": SEVENS}


def test_a_rate_alone_is_what_there_is_to_forecast():
    assert values(read(lines("month,rate", "{m},{j}"))) == {"count": THREES}


@pytest.mark.parametrize(
    ("head", "longer"),
    [
        ("month,n ytd", "n ytd"),
        ("12 months to,n", "12 months to"),
        ("trailing month,n,m", "trailing month"),
        ("trailing month,n,n ytd", "trailing month"),
    ],
)
def test_a_sum_of_several_months_is_no_count_of_one(head, longer):
    text = lines(head, "{m},{j}" + (",{i}" if head.count(",") > 1 else ""))

    with pytest.raises(DataError, match=f"{longer!r} adds up several months"):
        read(text)
    assert values(read(text, value=(head.split(",")[1],)))["count"] == THREES


def test_beside_a_year_the_month_says_whether_a_count_is_of_several():
    trailing = refusal(lines("year,trailing month,n", "2020,{n},{j}"))

    assert "'trailing month' adds up several months" in trailing
    assert values(read(lines("trailing year,month,n", "2020,{n},{j}"))) == {"count": THREES}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            lines("site,month,n", "a,{n}x,{j}"),
            "own.csv: no column of months: '1x' in column 'month' is no month; a table",
        ),
        (lines("site,n", "a,{j}x"), "own.csv: no column of months among 'site', 'n'; a table"),
        (
            lines("month,site,n", "{m},,{i}x"),
            "own.csv: no column of counts: '0x' in column 'n' is not a number; a table",
        ),
        (
            lines("site," + "n" * 1_000, "a,{j}x"),
            f"own.csv: no column of months among 'site', '{'n' * 97}...'; a table",
        ),
        (
            lines("month,site,n", "{m},,{i}" + "x" * 1_000),
            f"own.csv: no column of counts: '0{'x' * 96}...' in column 'n' is not a number; a",
        ),
        (lines("month,site,n", "{m},a,"), "own.csv: no column of counts: 'a' in column 'site'"),
        (
            "site,fiscal period,n\n" + "".join(f"a,20210{n},1\n" for n in range(1, 8)),
            "own.csv: '202101' in column 'fiscal period' may be a calendar month, or count",
        ),
        (lines("start,end,n", "{m}-01,{m}-03,{j}"), ""),
        (
            "start,end,n\n" + "".join(f"2020-0{n}-01,2020-0{n + 1}-01,1\n" for n in range(1, 8)),
            "own.csv: several columns hold months: 'start', 'end'. Say which: --month 'start'",
        ),
        (
            lines("site,month,sent,got", "a,{m},{i},{j}", "b,{m},{k},{j}"),
            "own.csv: several columns hold counts: 'sent', 'got'. Say which: --value 'sent'",
        ),
        ("a,quarter\n1,2020-Q1\n2,2020-Q2\n3,2020-Q3\n", "own.csv: these are counts of quarters"),
        ("a,when\n1,2020-Q1\n2,x\n3,y\n", "own.csv: no column of months"),
        ("site,2020-Q1,x\na,1,2\nb,3,4\n", "own.csv: no column of months"),
        ("site,2019,2020\na,1,2\nb,3,4\n", "own.csv: these are counts of years"),
        ("site,2019\na,1\nb,3\n", "own.csv: no column of months"),
    ],
)
def test_what_is_missing_is_said_with_what_stands_there_instead(text, problem):
    if not problem:
        assert values(read(text)) == {"count": THREES}
        return
    with pytest.raises(DataError) as refused:
        read(text)

    assert " ".join(str(refused.value).split()).startswith(problem)


def test_a_fiscal_periods_numbers_are_calendar_months_if_the_user_says_so():
    text = "fiscal period,n\n" + "".join(f"20210{n},{n}\n" for n in range(1, 8))

    found = read(text, month="fiscal period")

    assert found.counts.last.tolist() == [months.to_index("2021-07")]


def test_the_first_and_the_last_day_of_a_period_are_one_month():
    """Of other periods each column could be the month, and the user is asked."""
    found = read(lines("from,to,n", "{m}-01,{m}-03,{j}"))

    assert values(found) == {"count": THREES}
    assert found.notes[0].startswith("months in column 'from'")
    assert "ignored column: 'to'" in found.notes


def test_compact_months_are_told_by_six_different_ones():
    text = "period,n\n" + "".join(f"20210{n},{n}\n" for n in range(1, 7))

    assert values(read(text)) == {"count": [1, 2, 3, 4, 5, 6]}
    with pytest.raises(DataError, match="no column of months: '202101' in column 'period'"):
        read(text.rpartition("202106")[0])


def test_a_calendar_year_stands_beside_a_fiscal_one():
    """The calendar's counts; with months by name and by number the named ones."""
    rows = [f"FY{20 + (n > 9)},2020,{month_abbr[n]},{n},{7 * n}\n" for n in range(1, 13)]
    found = read("FY,year,month,month no,n\n" + "".join(rows))

    assert values(found) == {"count": [7 * n for n in range(1, 13)]}
    assert found.counts.last.tolist() == [months.to_index("2020-12")]
    assert found.notes[0].startswith("months in column 'year' and 'month'")


@pytest.mark.parametrize(
    ("told", "last", "kind"),
    [
        (None, "2020-09", "months of the fiscal year, 1 its first"),
        ("calendar", "2020-09", "calendar months"),
        (7, "2020-06", "months of the fiscal year, 1 its first"),
    ],
)
def test_numbers_beside_a_fiscal_year_are_said_to_be_what_they_are_taken_for(told, last, kind):
    order = [10, 11, 12, *range(1, 10)] if told == "calendar" else [*range(1, 13)]
    text = "FY,month,n\n" + "".join(f"FY20,{n},{at}\n" for at, n in enumerate(order))

    found = read(text, fiscal_start=told if isinstance(told, int) else 0)

    assert values(found) == {"count": list(range(12))}
    assert found.counts.last.tolist() == [months.to_index(last)]
    assert f"numbers in column 'month' are taken for {kind}" in found.notes


def test_names_beside_a_fiscal_year_need_no_word():
    text = "FY,month,n\n" + "".join(f"FY20,{month_abbr[n]},{n}\n" for n in (10, 11, 12, 1, 2, 3))

    assert not [note for note in read(text).notes if "are taken for" in note and "numbers" in note]


@pytest.mark.parametrize(
    ("total", "left"),
    [("Total", True), ("2020 Total", True), ("Grand total:", True), ("FY20", True), ("2021", True)],
)
def test_a_sum_over_months_is_left_out_where_a_month_should_stand(total, left):
    found = read(lines("month,n", "{m},{j}") + f"{total},63\n")

    assert values(found) == {"count": THREES}
    assert "line 9 is a total over months, left out" in found.notes


def test_a_sum_beside_a_blank_month_is_left_out_and_any_other_blank_is_a_fault():
    text = lines("site,month,n", "East,{m},{j}")

    found = read(f"{text}East Total,,63\nsubtotal:,,63\n")
    assert values(found) == {"East": THREES}
    assert "lines 9, 10 are totals over months, left out" in found.notes
    for name in ("East", "2021", "Totally"):
        with pytest.raises(DataError, match="line 9, column month: '': no month"):
            read(f"{text}{name},,63\n")


def test_of_many_sums_twelve_lines_are_named():
    sums = "".join(f"East Total,,{n}\n" for n in range(14))
    found = read(lines("site,month,n", "East,{m},{j}") + sums)

    shown = ", ".join(str(9 + at) for at in range(12))
    assert f"lines {shown} and 2 more are totals over months, left out" in found.notes
    twelve = read(lines("site,month,n", "East,{m},{j}") + "East Total,,1\n" * 12)
    assert f"lines {shown} are totals over months, left out" in twelve.notes


def test_a_separator_behind_every_line_but_the_header_is_no_field():
    assert values(read(lines("month,n", "{m},{j},"))) == {"count": THREES}


def test_a_number_that_stays_with_its_series_is_none_of_its_counts():
    """Told without a word of the header; one that changes is asked about."""
    text = lines("site,capacity,month,patients", "a,500,{m},{i}", "b,900,{m},{j}")

    assert values(read(text)) == {"a": ONES, "b": THREES}
    with pytest.raises(DataError, match="several columns hold counts: 'capacity', 'patients'"):
        read(text.replace("a,500,2020-07", "a,501,2020-07"))


def test_sites_numbered_anew_are_told_by_their_numbers_up_to_twice_as_many():
    """Two sites of each region a month, of which some close and others open."""

    def table(numbers: list[list[int]]) -> str:
        found = ["region,site,month,n\n"]
        for at, month in enumerate(MONTHS):
            for region in ("East", "West"):
                found += [f"{region},{n},{month},{n + at}\n" for n in numbers[at]]
        return "".join(found)

    eight = [[1, 2], [1, 2], [3, 4], [3, 4], [5, 6], [5, 6], [7, 8]]
    nine = [*eight[:-1], [7, 9]]
    assert len(values(read(table(eight)))) == 16
    nine[5] = [5, 8]
    with pytest.raises(DataError):
        read(table(nine))


def test_a_series_is_of_the_family_in_its_first_line():
    text = lines("series,family,month,n", "b,y,{m},{i}", "a,x,{m},{j}")

    for more in ("", "a,z,2020-08,1\nb,,2020-08,2\n"):
        assert read(text + more).counts.family.tolist() == ["y", "x"]


def test_the_header_is_the_fullest_line_above_the_first_month():
    found = read("Visits of,2020,\n" + lines("site,month,n", "a,{m},{j}"))

    assert values(found) == {"a": THREES}
    assert "line 1 is no part of the table: 'Visits of 2020'" in found.notes


# --- a line a month, a column a year

NAMES = month_abbr[1:]
TWELVE = [float(3 * n) for n in range(12)]
NEXT = [float(3 * n + 100) for n in range(12)]


def across(head: str, firsts: list[object], years: int = 2, more: str = "") -> str:
    rows = [
        f"{more}{first},{TWELVE[n]:g}" + (f",{NEXT[n]:g}" if years > 1 else "") + "\n"
        for n, first in enumerate(firsts)
    ]
    return f"{head}\n{''.join(rows)}"


@pytest.mark.parametrize(
    ("head", "firsts"),
    [
        ("month,2019,2020", NAMES),
        ("when,2019,2020", NAMES),
        ("mo,CY2019,CY2020", [f"{n:02}" for n in range(1, 13)]),
        ("month no,2019,2020", list(range(1, 13))),
    ],
)
def test_years_may_stand_across_and_months_below(head, firsts):
    text = across(head, firsts)
    found = read(text)

    first = head.partition(",")[0]
    assert values(found) == {"count": TWELVE + NEXT}
    assert found.counts.last.tolist() == [months.to_index("2020-12")]
    assert found.notes[0] == (
        f"a line for each month in column {first!r}, a column for each year; {WHOLE}"
    )
    assert values(read(text + "Total,198,1398\n")) == values(found)
    with pytest.raises(DataError, match=f"line 14, column {first}: 'x': not a month; write its"):
        read(text + "x,1,2\n")


def test_fiscal_years_across_begin_where_their_months_do():
    order = [*NAMES[6:], *NAMES[:6]]
    found = read(across("month,FY20,FY21", order))

    assert values(found) == {"count": TWELVE + NEXT}
    assert found.counts.last.tolist() == [months.to_index("2021-06")]
    assert "fiscal years begin in month 7 of the year before, as the file shows" in found.notes[1]


def test_years_across_may_have_names_beside_them():
    text = "note,site,month,2019,2020\n"
    for site, times in (("a", 1), ("b", 2)):
        for n, name in enumerate(NAMES):
            text += f"x,{site if not n else ''},{name},{times * n},{times * n + 50}\n"
    found = read(text)

    assert values(found) == {
        "a": [*range(12), *range(50, 62)],
        "b": [*range(0, 24, 2), *range(50, 74, 2)],
    }
    assert "ignored column: 'note'" in found.notes


@pytest.mark.parametrize(
    "text",
    [
        across("month,2019", NAMES, years=1),
        across("month,2019,2020", NAMES[:5]),
        across("n,2019,2020", list(range(1, 13))),
        across("month,2019,2020", list(range(1, 12))),
    ],
    ids=["one year", "five months", "no word", "eleven numbers"],
)
def test_what_shows_no_years_across_is_not_read_so(text):
    with pytest.raises(DataError):
        read(text)


# --- a line a year: what stands beside


def test_a_line_a_year_may_have_sums_and_other_columns_beside_it():
    head = ",".join(NAMES)
    text = (
        f"note,site,year,{head}\nx,a,2019,{','.join(f'{v:g}' for v in TWELVE)}\n"
        f"x,a,2020,{','.join(f'{v:g}' for v in NEXT)}\nx,a,Total,{','.join('1' * 12)}\n"
        f"x,b,2020,{','.join(f'{v:g}' for v in TWELVE)}\n"
    )
    found = read(text)

    assert values(found)["a"] == TWELVE + NEXT
    assert found.counts.last.tolist() == [months.to_index("2020-12")] * 2
    assert "line 4 is a total over months, left out" in found.notes
    assert "ignored column: 'note'" in found.notes


def test_numbers_of_all_twelve_months_head_a_calendar():
    head = ",".join(map(str, range(1, 13)))
    found = read(f"year,{head}\n2020,{','.join(f'{v:g}' for v in TWELVE)}\n")

    assert values(found) == {"count": TWELVE}
    with pytest.raises(DataError):
        read(f"year,{head.rpartition(',')[0]}\n2020,{','.join('1' * 11)}\n")


def test_calendar_years_that_begin_in_july_are_asked_about():
    order = [*NAMES[6:], *NAMES[:6]]
    text = f"year,{','.join(order)}\n" + "".join(
        f"{y},{','.join('5' * 12)}\n" for y in (2020, 2021)
    )

    with pytest.raises(DataError, match="years in column 'year' begin in month 7 by the file's or"):
        read(text)


@pytest.mark.parametrize(("fiscal", "begins"), [("SFY", ""), ("FY", "10"), ("SFY", "7")])
def test_a_states_fiscal_year_is_asked_about_unless_it_is_told(fiscal, begins):
    text = f"{fiscal},{','.join(NAMES)}\n".replace("Jan,Feb", "Feb,Jan")
    text += f"2020,{','.join(f'{v:g}' for v in TWELVE)}\n"
    if not begins:
        with pytest.raises(
            DataError, match="do not say when fiscal years begin; add --fiscal-start"
        ):
            read(text)
        return
    found = read(text, fiscal_start=7 if begins == "7" else 0)

    assert found.counts.last.tolist() == [
        months.to_index("2020-09" if begins == "10" else "2020-06")
    ]


# --- a column a month


def test_blocks_of_columns_below_each_other_are_one_table():
    text = "site,2020-01,2020-02\na,1,2\nb,3,4\nsite,2020-03,2020-04\na,5,6\nb,7,8\n"
    found = read(text)
    thrice = read(text + "site,2020-05,2020-06\na,9,1\nb,9,1\n")

    assert values(found) == {"a": [1, 2, 5, 6], "b": [3, 4, 7, 8]}
    assert "2020-01 to 2020-02, and 1 more such blocks below; series from" in found.notes[0]
    assert "and 2 more such blocks below" in thrice.notes[0]


@pytest.mark.parametrize("months_there", [1, 2])
def test_two_months_are_enough_across(months_there):
    head = ",".join(MONTHS[:months_there])
    text = f"site,{head}\na,{','.join('17'[:months_there])}\nb,{','.join('35'[:months_there])}\n"
    if months_there == 1:
        with pytest.raises(DataError):
            read(text)
    else:
        assert values(read(text)) == {"a": [1, 7], "b": [3, 5]}


def test_compact_months_across_are_each_a_month_later_or_earlier():
    def table(*heads: int) -> str:
        return f"site,{','.join(map(str, heads))}\na,{','.join('123'[: len(heads)])}\n"

    assert values(read(table(201911, 201912, 202001))) == {"a": [1, 2, 3]}
    assert values(read(table(202001, 201912, 201911))) == {"a": [3, 2, 1]}
    for heads in ((201911, 201912), (201911, 201912, 202002), (201911, 202001, 202003)):
        with pytest.raises(DataError):
            read(table(*heads))


# --- notes and names


def test_twelve_ignored_columns_are_named():
    def table(many: int) -> TableRead:
        names = ",".join(f"c{n}" for n in range(many))
        return read(lines(f"{names},month,n", ",".join("x" * many) + ",{m},{j}"))

    shown = ", ".join(f"'c{n}'" for n in range(1, 13))
    assert f"ignored columns: {shown}" in table(13).notes
    assert f"ignored columns: {shown} and 1 more" in table(14).notes
    assert "ignored column: 'c1'" in table(2).notes


def test_months_by_name_and_by_another_number_are_not_one_month():
    rows = "".join(f"FY20,{NAMES[n - 1]},{(n + 2) % 12 + 1},{n}\n" for n in range(1, 13))

    with pytest.raises(DataError, match="these are counts of years"):
        read(f"FY,month,month no,n\n{rows}")


@pytest.mark.parametrize("day", [1, 15, 31])
@pytest.mark.parametrize("month", ["1970-01", "2019-12", "2024-01"])
def test_days_are_numbered_as_python_does(month, day):
    year, number = map(int, month.split("-"))
    index = np.array([months.to_index(month)] * 2)

    assert grid.ordinals(index, np.array([day, 0])).tolist() == [
        date(year, number, day).toordinal(),
        0,
    ]


NESTING = {
    "a region each": (["E", "E", "W"], ("region", "site")),
    "one region": (["E", "E", "E"], ("", "")),
    "a region for each site": (["E", "N", "W"], ("", "")),
    "a number": (["1", "1", "2"], ("", "")),
    "a blank": (["E", "", "W"], ("", "")),
}


@pytest.mark.parametrize(("regions", "nesting"), NESTING.values(), ids=NESTING)
def test_a_column_that_says_the_same_of_a_series_in_all_its_lines_nests_it(regions, nesting):
    forms = [
        f"{site},{region},{{m}},{{{n}}}"
        for site, region, n in zip("abc", regions, "ijk", strict=True)
    ]
    text = lines("site,region,month,n", *forms)
    (sheet,) = sheets_of("own.csv", text.encode())

    assert layouts.entries(sheet, ReadAs()).nesting == nesting
    (moved,) = sheets_of("own.csv", text.replace("a,E,2020-07", "a,W,2020-07").encode())
    assert layouts.entries(moved, ReadAs()).nesting == ("", "")


def test_words_name_a_series_before_numbers_and_few_names_before_many():
    text = lines("code,site,week,month,n", "1,a,x{i},{m},{i}", "2,b,y{i},{m},{j}")

    assert read(text).notes[0].endswith("series from column 'site'")


def test_the_parts_of_a_series_may_have_their_sum_beside_them():
    text = lines(
        "site,ward,month,n", "a,x,{m},{i}", "a,y,{m},{j}", "a,Total:,{m},{k}", "b,,{m},{k}"
    )
    found = read(text, series=("site",), part="ward")

    assert found.counts.names == ("a / x", "a / y", "a", "b")
    assert found.counts.nested == (("a", "x"), ("a", "y"), ("a", ""), ("b", ""))
    assert "series from column 'site', their parts from column 'ward'" in found.notes[0]


@pytest.mark.parametrize("fit", [95, 94])
def test_a_name_tells_lines_apart_where_nineteen_of_twenty_are_one_of_a_month(fit):
    """100 lines of two sites; the rest repeat a month of their site."""
    span = [months.shift("2000-01", n) for n in range(50)]
    rows = [(site, month) for month in span for site in "ab"]
    rows = rows[:fit] + rows[: 100 - fit]
    text = "site,other,month,n\n" + "".join(f"{s},{s}{n},{m},1\n" for n, (s, m) in enumerate(rows))
    if fit == 95:
        with pytest.raises(DataError, match="'a' has this month already"):
            read(text)
    else:
        assert read(text).counts.names[:3] == ("a0", "b1", "a2")


def as_book(text: str) -> bytes:
    """The same table in a workbook, its numbers as numbers."""
    out = io.BytesIO()
    with Workbook(out, {"strings_to_numbers": True}) as book:
        sheet = book.add_worksheet()
        for at, line in enumerate(csv.reader(io.StringIO(text))):
            sheet.write_row(at, 0, line)
    return out.getvalue()


@pytest.mark.parametrize("text", [text for text, *_ in READ.values()], ids=READ)
def test_a_workbook_is_read_as_its_text_is(text):
    (sheet,) = sheets_of("own.xlsx", as_book(text))
    (plain,) = sheets_of("own.csv", text.encode())

    found, expected = (table_of_sheets([each], ReadAs()) for each in (sheet, plain))

    assert values(found) == values(expected)
    assert found.counts.last.tolist() == expected.counts.last.tolist()
    assert found.notes == expected.notes


def test_of_many_columns_twenty_are_named():
    head = ",".join(f"c{n}" for n in range(30))
    text = lines(f"month,{head}", "{m}," + ",".join(["{j}"] * 30))

    with pytest.raises(DataError) as refused:
        read(text, value=("x",))

    shown = ", ".join(f"'c{n}'" for n in range(19))
    assert str(refused.value).endswith(f"there are 'month', {shown}")


def test_of_two_sums_over_months_the_first_is_named():
    with pytest.raises(DataError, match="'n ytd' adds up several months"):
        read(lines("month,n ytd,n rolling", "{m},{j},{k}"))


# --- where a heuristic turns: both sides of it


def refusal(text: str, **wanted: object) -> str:
    """Why a table is refused, on one line."""
    with pytest.raises(DataError) as refused:
        read(text, **wanted)
    return " ".join(str(refused.value).split())


def column(head: str, *cells: object) -> str:
    """A table of these cells, each beside another count."""
    return f"{head},n\n" + "".join(f"{cell},{20 + at % 3}\n" for at, cell in enumerate(cells))


def test_a_column_has_the_months_if_half_of_it_are_dates():
    """Its header counts as one cell of it."""
    half = refusal(column("when", *MONTHS[:4], *"abc"))

    assert [f"line {n}, column when: {text!r}" in half for n, text in enumerate("abc", 6)] == (
        [True] * 3
    )
    assert "no column of months" in refusal(column("when", *MONTHS[:4], *"abcd"))


@pytest.mark.parametrize(("titles", "read_so"), [(0, True), (28, True), (29, True), (30, False)])
def test_a_header_is_among_the_first_thirty_lines(titles, read_so):
    text = "".join(f"A line about the table {n}\n" for n in range(titles))
    span = [months.shift("2020-01", n) for n in range(40)]
    text += column("month", *span)
    if read_so:
        found = read(text)
        assert found.counts.length.tolist() == [40]
        assert len(found.notes) == 1 + titles
    else:
        assert refusal(text).startswith("own.csv, line 1: the header has 1 fields, most lines")


def test_a_header_of_names_may_stand_below_a_title_and_numbers():
    """Of a table whose months are numbers: the first line of two or more names, and no number."""
    text = "Visits\nYears,2\n" + lines("year,month,n", "2020,{n},{j}")
    found = read(text)

    assert values(found) == {"count": THREES}
    assert found.notes[0].startswith("months in column 'year' and 'month'")
    assert "line 2 is no part of the table: 'Years 2'" in found.notes


@pytest.mark.parametrize(
    "months_as", [["1", "2", "3", "4", "5"], ["Jan", "Feb", "Mar", "Apr", "May"]]
)
def test_years_and_months_are_those_of_more_than_half_the_lines(months_as):
    def table(years: list[object], numbers: list[str]) -> str:
        pairs = zip(years, numbers, strict=True)
        return "year,month,n\n" + "".join(f"{y},{m},{9 + at}\n" for at, (y, m) in enumerate(pairs))

    five, four = months_as, months_as[:4]
    years = ["2020"] * 5

    assert "'x': not a year; write it as 2024" in refusal(table([*years, *"xxx"], five + four[:3]))
    for few in (2, 3, 4):
        text = table([*years[:few], *"xxxx"[: 7 - few], *"x" * max(0, 3 - few)], four + four[:3])
        assert "no column of months" in refusal(text)
    assert "'x': not a month; write it as 1 to 12" in refusal(
        table([*years, *["2021"] * 3], [*five, *"xxx"])
    )
    # Where the months are too few, there are years alone.
    assert "counts of years" in refusal(table([*years[:4], *["2021"] * 3], [*four, *"xxx"]))


def test_two_columns_of_calendar_years_leave_open_which_is_meant():
    text = lines("year,report year,month,n", "2020,2021,{n},{j}")

    assert "counts of years" in refusal(text)


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        *(("0", 0), ("1", 1), ("09", 9), ("12", 12), ("13", 0), ("-1", 0), ("M04", 4), ("m12", 12)),
        *(("\u00b2", 0), ("\u0663", 0), ("x", 0), ("", 0), (4.0, 4), (4.5, 0), (0.0, 0), (None, 0)),
    ],
)
def test_a_calendar_months_number_is_1_to_12(cell, number):
    assert layouts._month_number(cell) == number


def test_years_alone_are_told_by_more_than_three_fifths():
    assert "no column of months" in refusal(column("x", 2019, 2020, 2021, "a", "b"))
    assert "counts of years" in refusal(column("x", 2019, 2020, 2021, 2022, "b"))


@pytest.mark.parametrize(("above", "said"), [(4, "counts of weeks"), (5, "no column of months")])
def test_weeks_over_columns_are_looked_for_in_five_lines(above, said):
    text = "a note,,\n" * above + "site,2020-W01,2020-W02\na,1,2\nb,3,4\nc,5,6\n"

    assert said in refusal(text)


TOLD_BY_NAME = lines("site,month,visits,beds", "a,{m},{i},{k}", "b,{m},{k},{j}")


def test_what_was_read_from_which_column_is_said_of_several_columns_of_counts():
    found = read(TOLD_BY_NAME, value=("visits", "beds"), series=("site",))
    wide = read(lines("month,a,b", "{m},{i},{j}"))

    assert found.notes[0] == (
        "months in column 'month'; counts in column 'visits', 'beds'; series from column 'site'"
    )
    assert (found.counts_column, found.series_column) == ("visits", "site")
    assert (wide.counts_column, wide.series_column) == ("", "")


def test_a_fault_in_one_of_several_columns_of_counts_has_its_column():
    text = TOLD_BY_NAME.replace("b,2020-03,64,6", "b,2020-03,6-4,6x")
    said = refusal(text, value=("visits", "beds"), series=("site",))

    assert "line 7, column visits: '6-4': not a number" in said
    assert "line 7, column beds: '6x': not a number" in said


def test_names_nest_where_one_column_has_the_counts():
    text = lines(
        "region,site,month,in,out", "N,a,{m},{i},{j}", "N,b,{m},{k},{j}", "S,c,{m},{i},{j}"
    )
    (sheet,) = sheets_of("own.csv", text.encode())

    def nesting(*value: str) -> tuple[str, str]:
        return layouts.entries(sheet, ReadAs(value=value, series=("site",))).nesting

    assert nesting("in") == ("region", "site")
    assert nesting("in", "out") == ("", "")


@pytest.mark.parametrize(
    ("head", "form", "found", "most"),
    [
        ("month,n", "{m},1,234", 2, 3),
        ("month", "{m},1,234", 1, 3),
        ("site,month,n,x", "a,{m},{j}", 4, 3),
    ],
)
def test_a_header_of_another_width_than_the_lines_is_refused_with_both(head, form, found, most):
    said = refusal(lines(head, *[form] * 1))

    assert said.startswith(
        f"own.csv, line 1: the header has {found} fields, most lines have {most}. Put numbers with"
    )


def test_blank_columns_on_the_right_need_no_header():
    assert values(read(lines("month,n", "{m},{j},,"))) == {"count": THREES}


def test_a_column_has_counts_if_half_of_it_are_numbers():
    half = refusal(lines("month,n", "{m},{j}") + "".join(f"2021-0{n},q\n" for n in range(1, 7)))
    less = refusal(lines("month,n", "{m},{j}") + "".join(f"2021-0{n},q\n" for n in range(1, 8)))

    assert half.count("'q': not a number") == 3
    assert "6 faults" in half
    assert half.endswith("and 3 more lines like these in column n")
    assert less.startswith("own.csv: no column of counts: '0' in column 'n' is not a number")


def test_a_column_without_a_single_number_has_no_counts():
    assert "no column of counts" in refusal(lines("month,n", "{m},NA"))


@pytest.mark.parametrize("many", [12, 13])
def test_of_columns_that_may_hold_the_counts_twelve_are_named(many):
    head = ",".join(f"c{n}" for n in range(many))
    text = lines(f"site,month,{head}", *(f"{s},{{m}}" + ",{j}" * many for s in "ab"))
    text = text.replace("0,0", "5,1")

    shown = ", ".join(f"'c{n}'" for n in range(12))
    assert f"several columns hold counts: {shown}. Say which: --value 'c0'" in refusal(text)


def numbered(ids: list[list[int]]) -> str:
    """Sites by number, those of each month."""
    found = ["site,month,n\n"]
    for at, month in enumerate(MONTHS):
        found += [f"{site},{month},{10 * site + at}\n" for site in ids[at]]
    return "".join(found)


def test_a_number_names_a_series_that_is_there_in_half_of_the_months():
    half = [[1, 2], [1, 2], [1, 2], [1, 2], [3, 4], [3, 4], [3, 4]]
    fewer = [*half[:6], [3]]

    assert list(values(read(numbered(half)))) == ["1", "2", "3", "4"]
    assert "2020-01': 'site' has this month already" in refusal(numbered(fewer))


def test_two_columns_of_numbers_that_could_name_a_series_with_its_region_are_a_question():
    rows = [
        f"{region},{site},{site + 10},{month},{site * 7 + at}\n"
        for at, month in enumerate(MONTHS)
        for region in ("East", "West")
        for site in (1, 2)
    ]
    said = refusal("region,site,code,month,n\n" + "".join(rows))

    assert "several columns hold counts" in said or "has this month already" in said
    one = [row.replace(f",{row.split(',')[2]},", ",", 1) for row in rows]
    assert len(values(read("region,site,month,n\n" + "".join(one)))) == 4


@pytest.mark.parametrize("many", [2, 3])
def test_a_number_stays_with_its_series_over_three_months(many):
    text = "site,capacity,month,patients\n" + "".join(
        f"{site},{size},{month},{size // 50 + at}\n"
        for site, size in (("a", 500), ("b", 900))
        for at, month in enumerate(MONTHS[:many])
    )
    if many == 2:
        assert "several columns hold counts: 'capacity', 'patients'" in refusal(text)
    else:
        assert values(read(text)) == {"a": [10, 11, 12], "b": [18, 19, 20]}


def test_a_line_without_its_name_is_a_fault_also_beside_several_counts():
    said = refusal(TOLD_BY_NAME + ",2020-08,1,2\n", value=("visits", "beds"), series=("site",))

    assert said.endswith("file line 16, column site: '': no name of a series; fill it in")


def test_columns_of_one_name_are_named_once_each():
    said = refusal(lines("month,b,a,b,a", "{m},{i},{j},{k},{i}"))

    assert "line 1, column a: 'a': two columns have this name; rename one" in said
    assert "line 1, column b: 'b': two columns have this name; rename one" in said
    assert said.count("two columns") == 2


# --- what every layout needs


def test_two_lines_are_a_table_and_one_is_none():
    assert values(read("month,n\n2020-01,5\n")) == {"count": [5]}
    assert "no table of monthly counts; a table of" in refusal("2020-01,5\n")


def test_an_evening_in_utc_is_asked_about():
    said = refusal(column("when", "2020-01-31T23:00Z", "2020-02-29T23:00Z"))

    assert "'2020-01-31T23:00Z' and all others are the evening of a month's last day" in said


def test_a_date_that_may_be_two_months_is_shown():
    said = refusal(column("when", "5/5/2020", "6/7/2020", "7/8/2020"))

    assert said == (
        "own.csv: '6/7/2020' can be two months, and no other date of its column says which; add "
        "--dates mdy (month first) or --dates dmy (day first)"
    )


@pytest.mark.parametrize(
    ("first", "told", "last", "said"),
    [
        (10, 0, "2020-09", "begin in month 10 of the year before, as the file shows"),
        (7, 0, "2020-06", "begin in month 7 of the year before, as the file shows"),
        (7, 10, "2020-09", "are taken to begin in month 10 of the year before"),
        (7, 1, "2020-12", "are taken to be calendar years"),
        (1, 0, "", "do not say when fiscal years begin; add --fiscal-start MONTH: 10 for the U.S."),
        (1, 1, "2020-12", "are taken to be calendar years"),
        (1, 10, "2020-09", "are taken to begin in month 10 of the year before"),
    ],
)
@pytest.mark.parametrize("form", ["FY2020 {}", "{} FY20"])
def test_fiscal_years_begin_where_the_file_or_the_user_says(form, first, told, last, said):
    order = [(first + n - 1) % 12 + 1 for n in range(12)]
    text = column("when", *(form.format(month_abbr[n]) for n in order))
    if not last:
        assert f"own.csv: {form.format('Jan')!r} and its months {said}" in refusal(text)
        return
    found = read(text, fiscal_start=told)

    assert found.counts.last.tolist() == [months.to_index(last)]
    assert f"fiscal years {said} (--fiscal-start changes that)" in found.notes


@pytest.mark.parametrize("years", [("2020", False), ("FY2020", True)])
def test_numbers_count_from_where_a_fiscal_year_begins_and_a_calendar_years_from_january(years):
    """Lines of one fiscal year say nothing of its start: the government's is taken."""
    year, fiscal = years
    found = read("year,month,n\n" + "".join(f"{year},{n},{n}\n" for n in range(1, 8)))

    assert found.counts.last.tolist() == [months.to_index("2020-04" if fiscal else "2020-07")]
    assert any("fiscal" in note for note in found.notes) == fiscal


@pytest.mark.parametrize(("blank", "filled"), [(1, True), (0, False)])
def test_a_name_holds_below_where_half_of_its_column_is_blank(blank, filled):
    """Two sites of two months each, the name in the first line of each or in one more."""
    rows = ["a,2020-01,1", ",2020-02,2", "b,2020-01,3", f"{'' if blank else 'b'},2020-02,4"]
    text = "site,month,n\n" + "\n".join(rows) + "\n"
    if filled:
        found = read(text)
        assert values(found) == {"a": [1, 2], "b": [3, 4]}
        assert "blank cells of column 'site' take the cell above" in found.notes
    else:
        assert "line 3, column site: '': no name of a series; fill it in" in refusal(text)


def test_blank_names_are_not_filled_where_each_month_has_one_line():
    found = read(lines("month,note,n", "{m},,{i}").replace("2020-01,,", "2020-01,x,"))

    assert values(found) == {"count": ONES}
    assert "ignored column: 'note'" in found.notes
    assert not [note for note in found.notes if "take the cell above" in note]


def test_blank_names_that_tell_no_lines_apart_stay_blank():
    """What stands once beside two sites' months is a remark: filled, it would name nothing."""
    rows = [f"{site},{month},{9 + at}" for at, month in enumerate(MONTHS) for site in "ab"]
    rows = [f"{'seen' if not at else ''},{row}" for at, row in enumerate(rows)]
    found = read("remark,site,month,n\n" + "\n".join(rows) + "\n")

    assert sorted(values(found)) == ["a", "b"]
    assert not [note for note in found.notes if "take the cell above" in note]


def test_years_of_merged_cells_hold_for_the_lines_below():
    text = "year,month,n\n" + "".join(
        f"{year if n == 1 else ''},{n},{10 * at + n}\n"
        for at, year in enumerate((2020, 2021))
        for n in range(1, 5)
    )
    found = read(text)

    assert found.counts.last.tolist() == [months.to_index("2021-04")]
    assert "blank cells of column 'year' take the cell above" in found.notes
    known = np.flatnonzero(np.isfinite(found.counts.values[0]))
    assert known.tolist() == [0, 1, 2, 3, 12, 13, 14, 15]


@pytest.mark.parametrize("many", [5, 6])
def test_five_signs_of_footnotes_are_shown(many):
    signs = ["*", "\u2020", "#", "^", "\u00a7", "\u2021"][:many]
    cells = [f"{20 + at}{sign}" for at, sign in enumerate(signs)]
    found = read("month,n\n" + "".join(f"{m},{c}\n" for m, c in zip(MONTHS, cells, strict=False)))

    (note,) = [note for note in found.notes if note.startswith("signs behind numbers")]
    assert note.removeprefix("signs behind numbers, taken for footnotes and left out: ") == (
        ", ".join(sorted(signs)[:5])
    )
    assert values(found) == {"count": [20 + at for at in range(many)]}


def test_a_column_called_series_names_them_unless_it_has_one_name():
    text = lines("group,series,month,n", "x,a,{m},{i}", "y,b,{m},{j}")

    assert values(read(text)) == {"a": ONES, "b": THREES}
    assert values(read(text.replace(",b,", ",a,"))) == {"x": ONES, "y": THREES}


def test_where_each_month_has_one_line_its_one_name_is_the_series():
    text = lines("site,note,month,n", "North,x{i},{m},{j}")

    assert values(read(text)) == {"North": THREES}
    assert read(text).notes[0].endswith("series from column 'site'")
    assert read(lines("a,b,month,n", "x,y,{m},{j}")).counts.names == ("x",)


@pytest.mark.parametrize("columns", [2, 3, 4, 5])
def test_several_columns_name_a_series_together(columns):
    """As many sites as there are ways to combine two words."""
    keys = [f"{n:0{columns}b}" for n in range(2**columns)]
    head = ",".join(f"c{n}" for n in range(columns))
    words = [",".join(f"w{bit}" for bit in key) for key in keys]
    text = lines(f"{head},month,n", *(f"{word},{{m}},{{j}}" for word in words))
    found = read(text)

    assert found.counts.names == tuple(" / ".join(f"w{bit}" for bit in key) for key in keys)
    assert set(map(tuple, found.counts.values.tolist())) == {tuple(THREES)}
    assert found.notes[0].endswith(
        "series from column " + " and ".join(f"'c{n}'" for n in range(columns))
    )


@pytest.mark.parametrize(("blank", "names"), [(6, ("x", "y")), (7, ())])
def test_a_column_names_series_if_more_than_half_of_it_is_filled(blank, names):
    """Of 14 lines of two sites a month."""
    rows = [(site, month) for site in "xy" for month in MONTHS]
    text = "site,code,month,n\n" + "".join(
        f"{'' if at % 2 and at < 2 * blank else site},{site}{at % 7},{month},{at}\n"
        for at, (site, month) in enumerate(rows)
    )
    if names:
        assert "no name of a series" in refusal(text)
    else:
        assert len(read(text).counts.names) == 14


def test_a_rate_of_each_line_names_no_series():
    """Were it taken for a name, each month would be a series of its own."""
    text = lines("site,note %,month,n", "a,x{i},{m},{i}", "a,y{i},{m},{j}")

    assert "'a' has this month already" in refusal(text)
    assert len(read(text.replace("note %", "note")).counts.names) == 14


def test_a_family_is_that_of_each_of_its_series_columns_of_counts():
    text = lines("site,family,month,in,out", "a,x,{m},{i},{j}", "b,y,{m},{k},{j}")

    def families(*value: str) -> dict[str, str]:
        found = read(text, value=value, series=("site",)).counts
        return dict(zip(found.names, found.family.tolist(), strict=True))

    assert families("in") == {"a": "x", "b": "y"}
    assert families("in", "out") == {"a / in": "x", "a / out": "x", "b / in": "y", "b / out": "y"}


def test_years_are_told_by_their_columns_name_too():
    assert "counts of years" in refusal(lines("when,month,n", "2020,{n},{j}"))


@pytest.mark.parametrize("head", ["fiscal year", "FY", "f.y.", "Report Year", "yr", "CY"])
@pytest.mark.parametrize("number", ["month", "Month No.", "period", "report_month", "mth #", "mo"])
def test_years_and_months_have_several_names(head, number):
    found = read(lines(f"{head},{number},n", "2020,{n},{j}"))

    assert values(found) == {"count": THREES}
    assert found.notes[-1] != "ignored column: 'n'"


@pytest.mark.parametrize("blank", ["", "Total", "2020 Total", "FY20 total", "Subtotal:"])
def test_a_line_that_sums_up_a_year_stands_beside_a_year_and_no_month(blank):
    text = lines("year,month,n", "2020,{n},{j}") + f"{blank or '2020 Total'},,63\n"
    found = read(text)

    assert values(found) == {"count": THREES}
    assert "line 9 is a total over months, left out" in found.notes


def test_december_before_january_of_one_fiscal_year_shows_calendar_numbers():
    """Between two years it shows nothing, nor do other steps."""

    def last(*pairs: tuple[str, int]) -> str:
        text = "FY,month,n\n" + "".join(f"{y},{n},{at}\n" for at, (y, n) in enumerate(pairs))
        return months.from_index(int(read(text).counts.last[0]))

    assert last(*(("FY20", n) for n in (10, 11, 12, 1, 2))) == "2020-02"
    assert last(*(("FY20", n) for n in (2, 1, 12, 11, 10))) == "2020-02"
    assert last(*(("FY20", n) for n in range(1, 13)), ("FY21", 1)) == "2020-10"
    assert last(*(("FY20", n) for n in (1, 2, 3))) == "2019-12"


# --- a column a month, a line a year, a column a year: both sides


@pytest.mark.parametrize(("names", "across"), [(1, True), (2, True), (3, False)])
def test_half_of_a_headers_cells_are_months_where_they_stand_across(names, across):
    head = ",".join(f"c{n}" for n in range(names))
    rows = "".join(",".join(f"{name}{n}" for n in range(names)) + ",5,7\n" for name in "ab")
    text = f"{head},2020-01,2020-02\n{rows}"
    if across:
        assert read(text).notes[0].startswith("a column for each month, 2020-01 to 2020-02; ")
    else:
        assert "no column of months" in refusal(text)


@pytest.mark.parametrize(("dated", "across"), [(1, True), (2, False)])
def test_months_over_months_are_no_header(dated, across):
    """Of four cells below one may be a month, written in the wrong place; of two it is no table."""
    cells = ["2020-05", "2020-06"][:dated]
    text = f"site,2020-01,2020-02\na,{cells[0]},7\nb,{cells[-1] if dated > 1 else 5},9\n"

    said = refusal(text)
    assert ("line 2, column 2020-01: '2020-05': not a number" in said) == across


@pytest.mark.parametrize("titles", [0, 1, 4])
def test_only_the_nineteen_lines_below_say_whether_months_head_columns(titles):
    """Half of their cells are months, or one fewer."""
    head, counts, dated = "site,2020-01,2020-02\n", "a,5,7\n", "a,2020-05,7\n"
    head = "About us,,\n" * titles + head

    assert "'2020-05': not a number" in refusal(head + dated * 18 + counts + dated * 9)
    assert "'2020-05': not a number" not in refusal(head + dated * 19 + counts * 9)


@pytest.mark.parametrize(("titles", "read_so"), [(29, True), (30, False)])
@pytest.mark.parametrize(
    "table",
    [
        f"site,{','.join(MONTHS)}\na,0,3,6,9,12,15,18\n",
        "year,Jan,Feb,Mar,Apr,May,Jun,Jul\n2020,0,3,6,9,12,15,18\n",
        "month,2019,2020\n" + "".join(f"{name},1,{3 * n}\n" for n, name in enumerate(NAMES)),
    ],
    ids=["across", "a line a year", "a column a year"],
)
def test_any_header_is_among_the_first_thirty_lines(titles, read_so, table):
    width = table.partition("\n")[0].count(",")
    text = ("About us" + "," * width + "\n") * titles + table
    if read_so:
        (found,) = values(read(text)).values()
        assert found[-7:-5] in ([0, 3], [15, 18])
    else:
        refusal(text)


@pytest.mark.parametrize("many", [5, 6])
def test_six_months_of_a_line_a_year_are_told_by_their_names(many):
    names = ",".join(NAMES[:many])
    text = f"year,{names}\n" + "".join(
        f"{year},{','.join(str(year - 2000 + n) for n in range(many))}\n" for year in (2020, 2021)
    )
    if many < 6:
        refusal(text)
        return
    ((series),) = values(read(text)).values()
    assert [v for v in series if v == v] == [*range(20, 26), *range(21, 27)]


@pytest.mark.parametrize(("others", "read_so"), [(1, True), (2, False)])
def test_a_column_of_years_has_them_in_more_than_half_of_its_lines(others, read_so):
    rows = [f"{year},1,2,3,4,5,6\n" for year in (2020, 2021)] + ["x,1,2,3,4,5,6\n"] * others
    said = refusal("year,Jan,Feb,Mar,Apr,May,Jun\n" + "".join(rows))

    assert ("line 4, column year: 'x': not a year; write it as 2024" in said) == read_so
    assert ("own.csv, line 1: months without a year; add a column" in said) != read_so


def test_two_columns_of_years_beside_months_are_a_question():
    said = refusal("year,other,Jan,Feb,Mar,Apr,May,Jun\n2020,2021,1,2,3,4,5,6\n")

    assert "own.csv, line 1: months without a year" in said


def test_a_line_a_fiscal_year_of_a_state_may_begin_in_july():
    order = [*NAMES[6:], *NAMES[:6]]
    found = read(f"FY,{','.join(order)}\n2021,{','.join(f'{v:g}' for v in TWELVE)}\n")

    assert values(found) == {"count": TWELVE}
    assert found.counts.last.tolist() == [months.to_index("2021-06")]


@pytest.mark.parametrize("lines_below", [5, 6])
def test_years_across_need_six_months_below(lines_below):
    text = "month,2019,2020\n" + "".join(f"{name},1,2\n" for name in NAMES[:lines_below])
    if lines_below < 6:
        refusal(text)
    else:
        assert read(text).counts.length.tolist() == [12]


@pytest.mark.parametrize(
    ("cell", "total"),
    [
        *(
            ("2021 Total", True),
            ("FY20", True),
            ("fy 2020", True),
            ("2020", True),
            ("CY2020", True),
        ),
        *(("Q1 2021", True), ("2021-Q1", True), ("Grand Total", True), ("grand totals:", True)),
        *(("M13", True), ("Annual avg.", True), ("% change", True), ("year to date", True)),
        *(("Sub-total", True), ("Total (2021)", True), ("All months", True), ("Max", True)),
        *(("2019-20 total", True), ("Total visits", False), ("January", False), ("2020-01", False)),
        *(("", False), ("x", False), ("2100", False), (date(2020, 1, 1), False), (None, False)),
    ],
)
def test_a_sum_over_months_is_told_by_its_words(cell, total):
    assert grid.is_sum(cell) == total


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (5.0, "5"),
        (5.5, "5.5"),
        (-2.0, "-2"),
        ("a", "a"),
        (None, ""),
        (date(2020, 1, 2), "2020-01-02"),
    ],
)
def test_a_cell_is_shown_as_people_see_it(cell, text):
    assert grid.text_of(cell) == text


@pytest.mark.parametrize(
    ("codes", "share"),
    [
        ([[1, 2, 3, 4]], 1.0),
        ([[1, 1, 1, 1]], 0.25),
        ([[1, 1, 2, 2], [1, 2, 1, 2]], 1.0),
        ([[1, 1, 2, 2], [1, 1, 1, 2]], 0.75),
        ([[5, 5, 9, 9], [0, 1, 0, 1], [7, 7, 7, 7]], 1.0),
        ([[0, 1, 2], [2, 1, 0]], 1.0),
    ],
)
def test_rows_are_unique_where_no_other_has_all_their_values(codes, share):
    numbers = roles.joined([np.array(code) for code in codes])

    assert len(np.unique(numbers)) / len(numbers) == share


def test_eighty_letters_of_a_faults_cell_are_shown():
    for letters, shown in ((80, 80), (81, 80)):
        (fault,) = grid.grouped([(3, "n", "x" * letters, "wrong")])
        assert fault == f"line 3, column n: {'x' * shown!r}: wrong"
    assert grid.grouped([(3, "", "x", "wrong")]) == ["line 3: 'x': wrong"]


def test_where_no_columns_tell_lines_apart_the_nearest_names_them():
    text = lines("group,kind,month,n", "a,x,{m},{i}", "a,y,{m},{j}", "b,z,{m},{k}", "b,z,{m},{i}")
    said = refusal(text)

    assert "line 5, column month: '2020-01': 'z' has this month already, in line 4" in said
    assert said.count("has this month already") == 3
    assert "7 faults" in said


def test_whoever_names_some_series_is_asked_for_all_the_others_at_once():
    forms = [
        f"{b},{w},{k},{{m}},{{{n}}}"
        for b, n in zip("xy", "ij", strict=True)
        for w in "pq"
        for k in "st"
    ]
    text = lines("borough,ward,kind,month,n", *forms)
    said = refusal(text, series=("ward",))

    assert "'p' has several counts of 2020-01, in lines 2 and 3, and so on, 42 in all" in said
    assert "Series are named by column 'ward' so far; column 'borough' and 'kind' tell them" in said
    assert said.endswith("add --series 'borough' --series 'kind', or --sum to add them up")
    asked = refusal(text, series=("ward", "kind"))
    assert "Series are named by column 'ward' and 'kind' so far" in asked
    assert asked.endswith(
        "column 'borough' tells them apart: add --series 'borough', or --sum to add them up"
    )
    assert len(read(text, series=("ward", "borough", "kind")).counts.names) == 8


@pytest.mark.parametrize(("before", "told"), [(11, True), (12, False)])
def test_of_twelve_columns_it_is_tried_whether_they_name_series(before, told):
    head = ",".join(f"c{n}" for n in range(before))
    text = lines(f"{head},site,month,n", *("q," * before + f"{s},{{m}},{{j}}" for s in "ab"))

    if told:
        assert values(read(text)) == {"a": THREES, "b": THREES}
    else:
        assert "add --series 'c11' --series 'site', or --sum" in refusal(text)


def test_a_series_of_two_columns_has_a_name_in_both():
    text = lines("region,site,month,n", "N,a,{m},{i}", "N,b,{m},{j}", "S,a,{m},{k}")
    for line in ("N,,2020-08,1", ",a,2020-08,1"):
        said = refusal(f"{text}{line}\n", series=("region", "site"))
        assert said.endswith("line 23, column region: '': no name of a series; fill it in")


@pytest.mark.parametrize("named", [("region", "site"), ("site", "region")])
def test_of_two_columns_that_name_series_the_left_one_is_the_outer(named):
    text = lines("region,site,month,n", "N,a,{m},{i}", "N,b,{m},{j}", "S,a,{m},{k}")
    (sheet,) = sheets_of("own.csv", text.encode())

    assert layouts.entries(sheet, ReadAs(series=named)).nesting == ("region", "site")
    first = read(text, series=named).counts.names[0]
    assert first == ("N / a" if named[0] == "region" else "a / N")


def test_a_file_without_a_header_nests_nothing():
    (sheet,) = sheets_of("own.csv", lines("", "N,a,{m},{k}", "N,b,{m},{j}", "S,c,{m},{k}").encode())

    assert layouts.entries(sheet, ReadAs()).nesting == ("", "")


def test_a_month_across_that_there_is_not_is_named_by_its_column_and_line():
    said = refusal("About us,,,\nsite,2020-01,2020-02,2020-13\na,1,2,3\n")

    assert said.endswith(
        "line 2, column 2020-13: '2020-13': there is no month 13; write the month that is meant, "
        "as YYYY-MM"
    )


def test_a_month_of_a_later_block_is_named_by_its_own_line():
    text = "site,2020-01,2020-02\na,1,2\nsite,2020-03,2020-14\na,5,6\n"

    assert "line 3, column 2020-02: '2020-14': there is no month 14" in refusal(text)


@pytest.mark.parametrize("word", ["total", "Totals", "GRAND TOTAL", "sum:", "All", "Total:"])
def test_a_word_for_the_sum_of_all_parts_is_the_series_itself(word):
    text = lines("site,ward,month,n", "a,x,{m},{i}", f"a,{word},{{m}},{{k}}")
    found = read(text, series=("site",), part="ward")

    assert found.counts.nested == (("a", "x"), ("a", ""))


def test_remarks_above_and_below_are_told_from_lines_that_were_cut():
    """One text alone is a remark; a month or a number alone is a line that lost its rest."""
    text = lines("site,month,n", "a,{m},{j}")

    assert "line 9 is no part of the table: 'the end'" in read(text + "the end,,\n").notes
    assert "line 9, column month: '': no month" in refusal(text + "5,,\n")
    two = lines("site,month,n", "a,{m},{j}", "b,{m},{k}")
    assert "line 16, column site: '': no name of a series" in refusal(two + ",2020-08,\n")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("a,2020-08\n", "line 9: 'a,2020-08,': 2 fields where the table has 3; complete the line"),
        ("a,2020-08,1,2\n", "line 9: 'a,2020-08,1': 4 fields where the table has 3; put text or"),
        ("a,2020-08,1,2,3\n", "line 9: 'a,2020-08,1': 5 fields where the table has 3; put text or"),
    ],
)
def test_a_line_of_another_width_is_a_fault_with_both_widths(more, said):
    assert said in refusal(lines("site,month,n", "a,{m},{j}") + more)


@pytest.mark.parametrize("head", ["month", "Month", "DATE", "period", "mes", "Monat"])
def test_of_two_columns_of_months_the_one_called_so_is_meant(head):
    text = f"{head},opened,n\n" + "".join(
        f"2020-0{n}-01,2019-0{n % 3 + 1}-01,{n}\n" for n in range(1, 8)
    )

    assert values(read(text)) == {"count": [1, 2, 3, 4, 5, 6, 7]}
    assert "several columns hold months: 'day', 'opened'" in refusal(text.replace(head, "day", 1))


@pytest.mark.parametrize(
    "words", ["value", "Count", "counts", "n", "NUMBER", "total", "y", "cases"]
)
def test_of_several_columns_of_counts_the_one_called_so_is_meant(words):
    text = lines(f"site,month,sent,{words}", "a,{m},{i},{j}", "b,{m},{k},{j}")

    assert values(read(text)) == {"a": THREES, "b": THREES}
    assert "several columns hold counts: 'sent', 'got'" in refusal(
        lines("site,month,sent,got", "a,{m},{i},{j}", "b,{m},{k},{j}")
    )


def test_headers_may_have_underscores_for_spaces():
    text = lines("reporting_month,opened,n", "{m}-01,2019-0{q}-01,{j}")

    assert values(read(text)) == {"count": THREES}


def test_two_columns_called_for_counts_are_asked_about():
    said = refusal(lines("site,month,cases,visits", "a,{m},{i},{j}", "b,{m},{k},{j}"))

    assert "several columns hold counts: 'cases', 'visits'. Say which: --value 'cases'" in said


def test_the_first_cell_that_is_no_month_or_no_number_is_shown():
    text = lines("site,month,date,n", "a,,{n}x,{j}")

    assert refusal(text).startswith("own.csv: no column of months: '1x' in column 'date' is no mo")
    blank = lines("month,site,n", "{m},a,{i}x").replace("a,0x", "a,").replace("a,1x", "a,")
    assert "no column of counts: '2x' in column 'n' is not a number" in refusal(blank)
    below = "About us,,\n" + lines("month,site,n", "{m},a,{i}x")
    assert "no column of counts: '0x' in column 'n' is not a number" in refusal(below)


def test_the_next_header_of_blocks_of_years_is_no_line_of_counts():
    """Also of a table whose months stand across, below a title."""
    text = "About us,,\nsite,2020-01,2020-02\na,1,2\nsite,2020-03,2020-04\na,5,6\n"
    found = read(text)

    assert values(found) == {"a": [1, 2, 5, 6]}
    assert found.notes[1] == "line 1 is no part of the table: 'About us'"


@pytest.mark.parametrize(
    "table",
    [
        f"site,{','.join(MONTHS)}\na,0,3,6,9,12,15,18\n",
        "site,202001,202002,202003,202004,202005,202006,202007\na,0,3,6,9,12,15,18\n",
        "site,year,Jan,Feb,Mar,Apr,May,Jun,Jul\na,2020,0,3,6,9,12,15,18\n",
        lines("site,month,n", "a,{m},{j}"),
        lines("site,year,month,n", "a,2020,{n},{j}"),
        lines("site,period,n", "a,{m},{j}").replace("20-", "20"),
        lines("series,family,month,n", "a,x,{m},{j}"),
    ],
)
@pytest.mark.parametrize("titles", [1, 2, 3])
def test_any_table_may_have_lines_above_it(table, titles):
    width = table.partition("\n")[0].count(",")
    found = read(("About us" + "," * width + "\n") * titles + table)

    assert values(found) == {"a": THREES}
    assert found.counts.last.tolist() == [months.to_index("2020-07")]
    assert [note for note in found.notes if "About us" in note] == [
        f"line {n + 1} is no part of the table: 'About us'" for n in range(titles)
    ]


def test_of_two_columns_of_dates_one_of_which_is_none_the_months_are_asked_for():
    text = lines("start,end,n", "{m}-01,{m}-03,{j}")

    assert values(read(text)) == {"count": THREES}
    for wrong in ("2020-13-03", "2020-03-32"):
        said = refusal(text.replace("2020-03-03", wrong))
        assert "several columns hold months: 'start', 'end'. Say which: --month 'start'" in said


@pytest.mark.parametrize("order", ["mdy", "dmy"])
def test_first_and_last_days_are_read_in_the_order_that_the_user_says(order):
    """Without it 1/2/2020 may be two months."""
    pairs = [("1/2/2020", "1/3/2020"), ("2/2/2020", "2/4/2020"), ("3/2/2020", "3/5/2020")]
    text = "start,end,n\n" + "".join(f"{a},{b},{n}\n" for n, (a, b) in enumerate(pairs, 5))

    assert "several columns hold months" in refusal(text)
    if order == "mdy":
        assert values(read(text, dates=order)) == {"count": [5, 6, 7]}
    else:
        assert "several columns hold months" in refusal(text, dates=order)


def test_a_name_holds_below_only_where_the_first_line_has_one():
    """Who else begins in the midst of a block is a question."""
    rows = [",2020-01,1", "a,2020-02,2", ",2020-01,3", "b,2020-02,4"]
    said = refusal("site,month,n\n" + "\n".join(rows) + "\n", series=("site",))

    assert [f"line {n}, column site: '': no name" in said for n in range(2, 6)] == [
        *(True, False),
        *(True, False),
    ]


def test_a_column_without_a_cell_is_not_said_to_be_ignored():
    found = read(lines("month,n,,note", "{m},{j},,x{i}"))

    assert found.notes[1:] == ("ignored column: 'note'",)
    assert read(lines("month,n,,", "{m},{j},,")).notes[1:] == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "week,n\n2020-W01,1\n2020-W02,2\n",
            "own.csv: these are counts of weeks: '2020-W01' in column 'week'. Bordercast forecasts "
            "monthly counts only; add up the days of each month, and give a count for each month",
        ),
        (
            "quarter,n\n2020-Q1,1\n2020-Q2,2\n",
            "own.csv: these are counts of quarters: '2020-Q1' in column 'quarter'. Bordercast "
            "forecasts monthly counts only; give a count for each month",
        ),
    ],
)
def test_what_to_do_with_other_periods_is_said(text, said):
    assert refusal(text) == said


def test_series_that_the_user_names_need_counts_beside_them():
    assert "no column of counts: 'q' in column 'n' is not a number" in refusal(
        lines("site,month,n", "a,{m},q"), series=("site",)
    )


def test_a_number_may_name_the_series_if_the_user_says_so():
    text = lines("code,month,n", "11,{m},{i}", "12,{m},{k}").replace("2020-07,6", "2020-07,5")

    assert values(read(text, series=("code",))) == {"11": [*ONES[:6], 5], "12": SEVENS}
    assert "no column 'x' (--series); there are 'code', 'month', 'n'" in refusal(
        text, series=("x",)
    )
    assert "no column 'x' (--month); there are" in refusal(text, month="x")
    assert "no column 'x' (columns.part)" in refusal(text, series=("code",), part="x")


def test_the_month_that_the_user_names_is_the_months_column():
    text = lines("start,end,n", "{m}-01,2021-0{n}-01,{j}")

    for name, last in (("start", "2020-07"), ("END", "2021-07")):
        found = read(text, month=name)
        assert found.counts.last.tolist() == [months.to_index(last)]
    assert "several columns hold months: 'start', 'end'" in refusal(text)


def test_a_measure_may_be_the_counts_if_the_user_says_so():
    text = lines("month,rate,n", "{m},{k},{j}")

    assert values(read(text)) == {"count": THREES}
    assert values(read(text, value=("rate",))) == {"count": SEVENS}
    assert values(read(text, value=("n", "rate"))) == {"n": THREES, "rate": SEVENS}


def test_words_above_a_header_of_more_names_are_no_header():
    found = read("Visits of,all,\n" + lines("site,month,n", "a,{m},{j}"))

    assert values(found) == {"a": THREES}
    assert "line 1 is no part of the table: 'Visits of all'" in found.notes


def test_sums_of_years_stand_among_the_years():
    text = "year,month,n\n" + "".join(
        f"{year},1,{year - 2000}\n{year} Total,,99\n" for year in (2019, 2020, 2021)
    )
    found = read(text)

    assert found.counts.last.tolist() == [months.to_index("2021-01")]
    assert found.counts.length.tolist() == [3]
    assert "lines 3, 5, 7 are totals over months, left out" in found.notes


def test_the_newest_fiscal_year_may_come_first():
    order = [("FY21", 1), *(("FY20", n) for n in range(12, 0, -1))]
    found = read("FY,month,n\n" + "".join(f"{y},{n},{at}\n" for at, (y, n) in enumerate(order)))

    assert found.counts.last.tolist() == [months.to_index("2020-10")]
    assert found.counts.length.tolist() == [13]


def test_each_column_of_a_series_with_parts_needs_a_name():
    text = lines("region,site,ward,month,n", "N,a,x,{m},{i}", "N,a,y,{m},{j}")
    said = refusal(text + "N,,x,2020-08,1\n", series=("region", "site"), part="ward")

    assert said.endswith("line 16, column region: '': no name of a series; fill it in")


def test_a_number_beside_months_across_nests_nothing():
    def nesting(*regions: str) -> tuple[str, str]:
        rows = [f"{site},{region},5,7\n" for site, region in zip("abc", regions, strict=True)]
        (sheet,) = sheets_of("own.csv", ("site,region,2020-01,2020-02\n" + "".join(rows)).encode())
        return layouts.entries(sheet, ReadAs(series=("site",))).nesting

    assert nesting("N", "N", "S") == ("region", "site")
    assert nesting("1", "1", "2") == ("", "")


def test_three_columns_that_name_series_nest_nothing():
    rows = [f"{z},{z}{a},{a},{b},{{m}},{{k}}" for z in "NS" for a in "pq" for b in "xy"]
    (sheet,) = sheets_of("own.csv", lines("zone,site,kind,sex,month,n", *rows).encode())

    assert layouts.entries(sheet, ReadAs(series=("site", "kind", "sex"))).nesting == ("", "")


class HeaderBelow(layouts.TableLayout):
    """Columns of counts named in the last line, as a layout of one's own."""

    what = "a header below its counts"

    def score(self) -> float:
        first, *_, last = (self.table.sheet.row(at) for at in range(len(self.table.grid)))
        return 0.9 if last[0] == "Month" and grid.is_month(first[0]) else 0.0

    def to_long(self) -> grid.Entries:
        table = self.table
        table.header = len(table.grid) - 1
        rows, self.places = np.arange(table.header), {1: "n"}
        month, _ = grid.read_months(table, table.grid[rows, 0], rows, "Month")
        return self.below(rows, month[:, None], [], None, self.what)


def test_a_layout_is_one_class_in_a_line_of_the_list(monkeypatch):
    text = "".join(f"{month},{at}\n" for at, month in enumerate(MONTHS)) + "Month,n\n"
    before = refusal(text)
    monkeypatch.setattr(layouts, "LAYOUTS", (*layouts.LAYOUTS, HeaderBelow))

    assert "no column of counts" in before
    assert values(read(text)) == {"count": ONES}
    assert read(text).notes[0].startswith("a header below its counts")


def test_a_runner_up_that_fits_nearly_as_well_is_said(monkeypatch):
    class Other(layouts.Across):
        what = "another way"

        def score(self) -> float:
            return 0.95

    monkeypatch.setattr(layouts, "LAYOUTS", (*layouts.LAYOUTS, Other))
    found = read("site,2020-01,2020-02\na,1,2\n")

    assert "it was read as another way; a column for each month fits nearly as well" in found.notes


def test_a_column_of_days_beside_years_and_months_is_asked_about():
    days = [(2020, m, d) for m in (1, 2, 3) for d in range(1, 32) if d < 30 or m != 2]
    text = "year,month,date_of_month,day_of_week,births\n"
    text += "".join(f"{y},{m},{d},{d % 7 + 1},{100 + d}\n" for y, m, d in days)

    assert "these are counts of days" in refusal(text)
    assert values(read(text, sums=True)) == {"count": [3596.0, 3335.0, 3596.0]}


@pytest.mark.parametrize(("named", "days"), [(["East"], True), (["East", "West"], False)])
def test_numbers_beside_years_and_months_are_no_days_where_one_of_twenty_is_a_name(named, days):
    """Day cares numbered 1 to 28, and others that have a name."""
    cares = [*map(str, range(1, 29)), *named]
    text = lines("year,month,day care,n", *(f"2020,{{n}},{care},{{j}}" for care in cares))

    if days:
        assert "these are counts of days" in refusal(text)
    else:
        assert values(read(text)) == dict.fromkeys(cares, THREES)


@pytest.mark.parametrize("names", [month_abbr[1:], range(1, 13)], ids=["names", "numbers"])
def test_months_that_the_user_names_need_a_year(names):
    text = "month,n\n" + "".join(f"{name},{at}\n" for at, name in enumerate([*names, *names]))

    assert (
        "the year of the months in column 'month' is not told; add --year COLUMN --month COLUMN"
        in refusal(text, month="month")
    )


def test_a_column_of_weeks_beside_years_is_named():
    text = "year,week,deaths\n" + "".join(f"2020,{n},{50 + n % 7}\n" for n in range(1, 53))

    assert "these are counts of weeks: column 'week'" in refusal(text)


@pytest.mark.parametrize("written", ["{q}", "Q{q}"])
def test_a_column_of_quarters_beside_years_is_named(written):
    rows = [(y, written.format(q=q)) for y in range(2000, 2010) for q in range(1, 5)]
    text = "year,quarter,n\n" + "".join(f"{y},{q},{y % 7 + 5}\n" for y, q in rows)

    assert "these are counts of quarters: column 'quarter'" in refusal(text)


def test_numbers_of_areas_are_not_offered_as_counts():
    """They are the same in every month, whatever their column is called."""
    rows = [
        f"{area};{month};{place};{area % 3 + 7};{(area * at) % 5};{(area * at) % 7}\n"
        for at, month in enumerate(MONTHS, start=1)
        for area, place in ((1, "A"), (4, "A"), (72, "B"), (134, "C"))
    ]
    said = refusal("cisp;month;munic;risp;murders;thefts\n" + "".join(rows))

    assert "several columns hold counts: 'murders', 'thefts'." in said


def test_a_count_that_is_mostly_zero_is_no_number_of_an_area():
    rows = [
        f"{site},{month},{9 + at + ord(site)},{int(at == 5)}\n"
        for at, month in enumerate(MONTHS)
        for site in "abc"
    ]
    said = refusal("site,month,ill,deaths\n" + "".join(rows))

    assert "several columns hold counts: 'ill', 'deaths'." in said


def test_weeks_with_a_first_and_a_last_day_are_called_weeks():
    days = [date(2020, 1, 5) + timedelta(7 * at) for at in range(60)]
    rows = [f"{day},{day + timedelta(6)},{at}\n" for at, day in enumerate(days)]
    said = refusal("Week start,Week end,n\n" + "".join(rows))

    assert "these are counts of weeks: dates in column 'Week start' are 7 days apart" in said


def test_one_month_whose_name_is_unknown_is_said_to_be_missing():
    names = [*month_abbr[1:3], "Mrch", *month_abbr[4:]]
    text = "year," + ",".join(names) + "\n"
    text += "".join(f"{year},{','.join(map(str, range(1, 13)))}\n" for year in (2019, 2020, 2021))

    assert "column 'Mrch' among columns of months is unknown, and March is missing" in refusal(text)
    two = refusal(text.replace("Apr", "Aprl"))
    assert "column 'Mrch' and 'Aprl' among columns of months" in two
    assert "March, April are missing" in two


def test_a_month_whose_name_is_unknown_is_said_of_years_without_their_december():
    text = f"year,{','.join(month_abbr[1:12])}\n".replace("Mar", "Mrch")
    text += "".join(f"{year},{','.join(map(str, range(1, 12)))}\n" for year in (2020, 2021))
    said = refusal(text)

    assert "column 'Mrch' among columns of months is unknown" in said
    assert "March, December are missing" in said


def test_counts_before_months_of_summer_are_none_of_the_months_missing():
    text = "year,beds,Apr,May,Jun,Jul,Aug,Sep\n2020,9,1,2,3,4,5,6\n2021,8,1,2,3,4,5,6\n"
    found = read(text)

    assert values(found)["count"][-6:] == [1, 2, 3, 4, 5, 6]
    assert "ignored column: 'beds'" in found.notes


def test_years_are_refused_with_the_first_of_them():
    text = "year,n\n" + "".join(f"{year},{at}\n" for at, year in enumerate(range(2001, 2013)))

    assert "these are counts of years: '2001' in column 'year'" in refusal(text)


def test_a_last_line_of_a_year_and_month_without_a_count_is_a_month():
    text = "year,month,n\n" + "".join(f"2020,{m},{m * m}\n" for m in range(1, 8)) + "2020,8,\n"

    assert not any("no part of the table" in note for note in read(text).notes)


def test_of_two_lines_above_the_months_that_of_more_words_has_the_names():
    text = "visits,visits,visits\n" + lines("month,in,out", "{m},{k},{j}")

    assert list(values(read(text))) == ["in", "out"]
