"""Tables as people lay them out: which column is what, and what the reader says of it."""

from __future__ import annotations

from calendar import month_abbr

import numpy as np
import pytest

from forecast import months
from forecast.errors import DataError
from forecast.intake.counts import TableRead, table_of
from forecast.intake.tables.grid import ReadAs
from forecast.intake.tables.sheet import sheets_of

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
    return table_of(sheet, ReadAs(**wanted))


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
        "a month's name stands there twice",
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
