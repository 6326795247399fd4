# ruff: noqa: PD011
"""What public files were once misread for: each rule on a small table in their form."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xlsxwriter import Workbook

from forecast.errors import DataError, FaultsError
from forecast.tables import layouts
from forecast.tables import read as reading
from forecast.tables.grid import ReadAs
from forecast.tables.read import TableRead, table_in_bytes

GERMAN = ["Jänner", "Februar", "März", "April", "Mai", "Juni"]
GERMAN += ["Juli", "August", "September", "Oktober", "November", "Dezember"]
YEARS = range(2018, 2023)
PLACES = ("Wien", "Tirol")


def count(place: str, year: int, month: int) -> int:
    return 100 + 300 * PLACES.index(place) + 12 * (year - 2018) + month


def read(text: str, **wanted) -> TableRead:
    return table_in_bytes("table.csv", text.encode(), ReadAs(**wanted))


def values(table: TableRead, name: str) -> list[float]:
    return table.counts.values[table.counts.names.index(name)].tolist()


EXPECTED = {
    place: [count(place, year, month) for year in YEARS for month in range(1, 13)]
    for place in PLACES
}


def calendar(names: list[str]) -> Iterator[str]:
    yield f"Land;Jahr;{';'.join(names)};Summe"
    for place in PLACES:
        for year in YEARS:
            row = [count(place, year, month) for month in range(1, 13)]
            yield f"{place};{year};{';'.join(map(str, row))};{sum(row)}"


def across(names: list[str]) -> Iterator[str]:
    yield "Land;" + ";".join(f"{name} {year}" for year in YEARS for name in names)
    for place in PLACES:
        yield f"{place};" + ";".join(map(str, EXPECTED[place]))


def long(names: list[str]) -> Iterator[str]:
    yield "Land;Jahr;Monat;Wert"
    for place in PLACES:
        for year in YEARS:
            for month, name in enumerate(names, start=1):
                yield f"{place};{year};{name};{count(place, year, month)}"


def years_across(names: list[str]) -> Iterator[str]:
    yield "Land;Monat;" + ";".join(map(str, YEARS))
    for place in PLACES:
        for month, name in enumerate(names, start=1):
            yield f"{place};{name};" + ";".join(str(count(place, y, month)) for y in YEARS)


LAYOUTS = (calendar, across, long, years_across)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_months_as_a_country_calls_them_are_read(layout):
    table = read("\n".join(layout(GERMAN)) + "\n")

    assert {name: values(table, name) for name in table.counts.names} == EXPECTED


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("at", [0, 4, 11])
def test_no_month_is_lost_because_its_name_is_unknown(layout, at):
    """Eleven names that are known do not make up for the twelfth: it is named."""
    names = ["Januar", *GERMAN[1:]]
    names[at] = "Huhu"

    with pytest.raises((DataError, FaultsError), match="Huhu"):
        read("\n".join(layout(names)) + "\n")


def daily(unknown: int | None) -> str:
    days = pd.date_range("2020-01-01", "2022-02-28")
    shown = ["null" if at == unknown else str(day.day) for at, day in enumerate(days)]
    lines = [f"{d.year},{d.month},{s},{10 + d.day}" for d, s in zip(days, shown, strict=True)]
    return "\n".join(["year,month,day,n", *lines]) + "\n"


def test_days_stay_days_where_one_is_unknown():
    whole, with_null = read(daily(None), sums=True), read(daily(400), sums=True)

    assert with_null.counts.names == whole.counts.names
    assert values(with_null, "count") == values(whole, "count")
    with pytest.raises(DataError, match=r"counts of days.*--sum"):
        read(daily(400))


def numbered(year: str, month: str, last: int = 12) -> str:
    lines = [
        f"{y},{m},{place},{count(place, y, m)}"
        for y in YEARS
        for m in range(1, (last if y == YEARS[-1] else 12) + 1)
        for place in PLACES
    ]
    return "\n".join([f"{year},{month},place,n", *lines]) + "\n"


@pytest.mark.parametrize(
    ("year", "month"),
    [("anio", "num_mes"), ("vano", "mes"), ("rok_zdarzenia", "nr_miesiaca"), ("sene", "ay")],
)
def test_numbers_of_a_column_called_a_month_in_any_language_are_months(year, month):
    table = read(numbered(year, month))

    assert {name: values(table, name) for name in table.counts.names} == EXPECTED


def test_numbers_within_years_are_months_where_the_last_year_is_cut_short():
    table = read(numbered("an_evt", "lu", last=7))

    assert values(table, "Wien") == EXPECTED["Wien"][:-5]
    assert any("'lu' within years of 'an_evt'" in note for note in table.notes)


def test_numbers_that_may_be_districts_are_asked_about_with_what_to_add():
    text = numbered("an_evt", "lu")

    with pytest.raises(DataError, match="--year 'an_evt' --month 'lu'"):
        read(text)
    assert values(read(text, year="an_evt", month="lu"), "Tirol") == EXPECTED["Tirol"]
    assert values(read(text, year="an_evt"), "Tirol") == EXPECTED["Tirol"]
    assert values(read(text, month="lu"), "Tirol") == EXPECTED["Tirol"]


def test_a_column_of_years_is_no_column_of_months():
    with pytest.raises(DataError, match="'an_evt' has years, no months; add --year 'an_evt'"):
        read(numbered("an_evt", "lu"), month="an_evt")


@pytest.mark.parametrize("above", ["Geschlecht;Geschlecht;Geschlecht", "Geschlecht;;"])
def test_of_two_lines_of_names_the_one_that_tells_columns_apart_is_taken(above):
    head = f"Lebendgeborene;;;;\n;;{above}\n;;m\u00e4nnlich;weiblich;Insgesamt\n"
    lines = [f"{y};{name};{9 * m % 7};8;{m % 5}" for y in YEARS for m, name in enumerate(GERMAN)]

    table = read(head + "\n".join(lines) + "\n")

    assert table.counts.names == ("m\u00e4nnlich", "weiblich", "Insgesamt")


def test_names_are_taken_before_codes_that_say_the_same():
    lines = [
        f"AT{7 + PLACES.index(place)},{place},{y}-{m:02},{count(place, y, m)}"
        for place in PLACES
        for y in YEARS
        for m in range(1, 13)
    ]

    assert read("\n".join(["geo,region,month,n", *lines]) + "\n").counts.names == PLACES


def test_a_column_of_remarks_hides_no_counts_and_makes_no_faults():
    lines = [
        f"{2018 + at // 12}-{at % 12 + 1:02},{at * 7 % 31},{at * 5 % 17},{'n' * (not at % 3)}{at}"
        for at in range(60)
    ]
    text = "\n".join(["month,a,b,checked by", *lines]) + "\n"

    table = read(text)

    assert table.counts.names == ("a", "b")
    assert any("'checked by' (20 cells)" in note for note in table.notes)
    with pytest.raises(FaultsError):
        read(text, value=("checked by",))


def test_a_slip_is_a_fault_wherever_it_is():
    lines = [f"{2018 + at // 12}-{at % 12 + 1:02},{at},{2 * at}" for at in range(60)]
    lines[7] = "2018-08,7,1O"

    with pytest.raises(FaultsError, match="1O"):
        read("\n".join(["month,a,b", *lines]) + "\n")


def test_two_decimals_settle_a_column_and_many_points_another():
    """138.12 beside 113.436; and 113.436 beside other numbers that all have a point."""
    decimal = [round(113.4 + at * 1.373, 3) for at in range(36)]
    assert read(monthly(map(str, decimal))).counts.values.tolist() == [decimal]
    three = [f"{2 + at / 1000:.3f}" for at in range(1, 9)] * 3
    assert read(monthly(three)).counts.values.tolist() == [list(map(float, three))]


def test_thousands_with_points_are_asked_about():
    """Where thousands are meant, some numbers are below one, without a point."""
    with pytest.raises(DataError, match="--decimal"):
        read(monthly(["950", "1.020", "1.133"] * 8))


def monthly(cells) -> str:
    lines = [f"{2018 + at // 12}-{at % 12 + 1:02},{cell}" for at, cell in enumerate(cells)]
    return "\n".join(["month,a", *lines]) + "\n"


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_pandas_writes_is_read_without_asking(data):
    """Of floats and whole numbers, with what is missing, long or wide: the same numbers."""
    n, columns = 30, data.draw(st.integers(1, 3))
    one = st.one_of(
        st.integers(0, 10**6),
        st.floats(0, 10**7, allow_nan=False),
        st.floats(0, 10**4).map(lambda x: round(x, data.draw(st.integers(0, 4)))),
    )
    frame = pd.DataFrame(
        {f"s{c}": data.draw(st.lists(one, min_size=n, max_size=n)) for c in range(columns)}
    )
    frame.insert(0, "month", pd.period_range("2020-01", periods=n, freq="M").astype(str))
    table = read(frame.to_csv(index=False), value=tuple(frame.columns[1:]))

    for at, column in enumerate(frame.columns[1:]):
        written = pd.read_csv(io.StringIO(frame.to_csv(index=False)))[column].to_numpy(float)
        assert np.allclose(table.counts.values[at], written, rtol=1e-12)


def blanked(rng: np.random.Generator, series: int, months: int) -> str:
    """A table with months across, in which counts are missing here and there, or for years."""
    heads = [f"{2010 + at // 12}-{at % 12 + 1:02}" for at in range(months)]
    lines = [",".join(["clinic", *heads])]
    for at in range(series):
        cells = rng.integers(0, 900, months).astype(str)
        cells[rng.random(months) < rng.choice([0, 0.1, 0.4])] = "NA"
        begin = rng.integers(0, months)
        cells[begin : begin + rng.choice([0, 3, 30])] = ""
        cells[months - rng.choice([0, 0, 5]) :] = "0"
        cells = cells if rng.random() > 0.1 else np.full(months, "")
        lines.append(",".join([f"Clinic {at}", *cells]))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("seed", range(4))
def test_a_large_wide_table_is_read_as_a_small_one(seed, monkeypatch):
    """Piece by piece, with the same counts, notes and warnings."""
    text = blanked(np.random.default_rng(seed), 40, 80)
    whole = read(text)
    monkeypatch.setattr(layouts, "_WIDE", 10)
    monkeypatch.setattr(reading, "_AT_ONCE", 7)

    pieces = read(text)

    assert pieces.counts.names == whole.counts.names
    assert np.array_equal(pieces.counts.values, whole.counts.values, equal_nan=True)
    assert pieces.counts.last.tolist() == whole.counts.last.tolist()
    assert (pieces.notes, pieces.warnings, pieces.missing) == (
        *(whole.notes, whole.warnings),
        whole.missing,
    )


def test_a_fault_of_a_large_wide_table_is_told_as_of_a_small_one(monkeypatch):
    text = blanked(np.random.default_rng(1), 12, 30).replace("NA", "-4", 1)
    with pytest.raises(FaultsError) as whole:
        read(text)
    monkeypatch.setattr(layouts, "_WIDE", 10)
    with pytest.raises(FaultsError) as pieces:
        read(text)

    assert str(pieces.value) == str(whole.value)


PEAK = """
import resource, sys
from pathlib import Path
from forecast.tables.read import read_table
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before = peak()
read = read_table(Path(sys.argv[1]))
print(len(read.counts.names), peak() - before)
"""


@pytest.mark.slow
def test_a_large_wide_file_takes_little_more_than_its_counts(tmp_path):
    """347 MB for 100 MB: 8 bytes a count, 4 a cell of the file, and what all of it needs."""
    heads = [f"{2010 + at // 12}-{at % 12 + 1:02}" for at in range(120)]
    with (tmp_path / "large.csv").open("w") as file:
        file.write(",".join(["clinic", *heads]) + "\n")
        for at in range(60_000):
            file.write(f"Clinic {at}," + ",".join(str((at + m) % 4000) for m in range(120)) + "\n")
    words = [sys.executable, "-c", PEAK, str(tmp_path / "large.csv")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    series, more = map(int, done.stdout.split())

    assert series == 60_000
    assert more < 60_000 * 120 * (8 + 4 + 8)


def test_a_sheet_without_counts_is_not_offered_among_those_that_hold_some():
    """A list of contents has months in it as well; only the two tables are asked about."""
    out = io.BytesIO()
    with Workbook(out) as book:
        contents = book.add_worksheet("Contents")
        contents.write_row(0, 0, ["Table", "From", "Title"])
        for at in range(30):
            contents.write_row(
                at + 1, 0, [f"T{at}", f"{2020 + at // 12}-{at % 12 + 1:02}", "Visits"]
            )
        for title, column in (("By site", "Visits"), ("By age", "Patients")):
            sheet = book.add_worksheet(title)
            sheet.write_row(0, 0, ["Month", "Site", column])
            for at in range(48):
                month = f"{2020 + at // 2 // 12}-{at // 2 % 12 + 1:02}"
                sheet.write_row(at + 1, 0, [month, f"S{at % 2}", 40 + at * 7 % 13])

    with pytest.raises(DataError) as asked:
        table_in_bytes("table.xlsx", out.getvalue(), ReadAs())

    assert "'By site', 'By age'" in str(asked.value)
    assert "Contents" not in str(asked.value)


def test_a_column_that_may_hold_counts_is_proposed():
    lines = [
        f"{2018 + at // 12}-{at % 12 + 1:02},{at if at % 5 < 2 else 'closed'}" for at in range(60)
    ]

    with pytest.raises(DataError, match=r"no column of counts.*--value 'visits'"):
        read("\n".join(["month,visits", *lines]) + "\n")


@pytest.mark.parametrize("word", ["insgesamt", "Summe", "Ensemble", "Total:"])
def test_all_of_a_series_is_no_part_of_it_in_whatever_language(word):
    lines = [
        f"Wien,{kind},{2018 + at // 12}-{at % 12 + 1:02},{at * 7 % 31}"
        for kind in ("Frauen", word)
        for at in range(36)
    ]
    table = read("\n".join(["place,kind,month,n", *lines]) + "\n", series=("place",), part="kind")

    assert table.counts.nested == (("Wien", "Frauen"), ("Wien", ""))
