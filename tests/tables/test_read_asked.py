"""Tables whose numbers were once read wrong, unasked: months in other languages, a sheet a year,
sums over twelve months, names that change beside a code."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from babel import Locale
from xlsxwriter import Workbook

from forecast import months
from forecast.errors import DataError
from forecast.tables.grid import ReadAs
from forecast.tables.read import TableRead, read_table, table_in_bytes

GERMAN = "Jan Feb März Apr Mai Jun Jul Aug Sep Okt Nov Dez".split()  # noqa: SIM905
ENGLISH = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905
YEARS = (2019, 2020, 2021)
MONTHS = months.between("2019-01", "2021-12")
COUNTS = dict(zip(MONTHS, random.Random(3).choices(range(50, 900), k=36), strict=True))


def read(text: str, **wanted: object) -> TableRead:
    return table_in_bytes("own.csv", text.encode(), ReadAs(**wanted))


def counted(found: TableRead, row: int = 0) -> dict[str, float]:
    """Month -> count of a series."""
    last, values = int(found.counts.last[row]), found.counts.values[row]
    every = [months.from_index(last - len(values) + 1 + at) for at in range(len(values))]
    return {m: v for m, v in zip(every, values.tolist(), strict=True) if np.isfinite(v)}


def refusal(text: str, **wanted: object) -> str:
    with pytest.raises(DataError) as refused:
        read(text, **wanted)
    return str(refused.value)


def calendar(names: list[str], year: str = "Year") -> str:
    """A line a year, a column a month."""
    lines = [",".join([year, *names])]
    lines += [
        ",".join([str(y), *(str(COUNTS[f"{y}-{m:02}"]) for m in range(1, 13))]) for y in YEARS
    ]
    return "\n".join(lines) + "\n"


def long(write) -> str:
    """A line a month, each written by its number and year."""
    lines = [f'"{write(int(m[5:]), m[:4])}",{count}' for m, count in COUNTS.items()]
    return "\n".join(["Period,Visits", *lines]) + "\n"


LANGUAGES = ("de", "fr", "es", "pt", "it", "nl", "pl", "cs", "hr", "ru", "uk", "tr", "el", "fi")
LANGUAGES += ("sv", "hu", "vi", "id", "ar", "hi", "ja", "ko", "zh", "he", "th")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", ["wide", "abbreviated"])
def test_months_are_read_in_the_languages_of_the_world(language, width):
    """Or in English, where the abbreviations are the same ones."""
    locale = Locale.parse(language)
    for use in ("stand-alone", "format"):
        names = [locale.months[use][width][number] for number in range(1, 13)]
        found = read(calendar(names))
        assert counted(found) == COUNTS
        told = [note for note in found.notes if note.startswith("names of months are read in")]
        assert told or set(names) <= set(ENGLISH)


@pytest.mark.parametrize(
    "write",
    [
        lambda number, year: f"{GERMAN[number - 1]} {year}",
        lambda number, year: f"{GERMAN[number - 1]}. {year}",
        lambda number, year: f"{year} {GERMAN[number - 1]}",
        lambda number, year: f"{GERMAN[number - 1]}-{year[2:]}",
        lambda number, year: f"{Locale('es').months['format']['wide'][number]} de {year}",
        lambda number, year: f"{Locale('ru').months['format']['wide'][number]} {year}",
        lambda number, year: f"{year}\u5e74{number}\u6708",
        lambda number, year: f"1 {Locale('fr').months['format']['wide'][number]} {year}",
    ],
)
def test_a_month_and_its_year_are_read_in_other_languages(write):
    assert counted(read(long(write))) == COUNTS


def test_series_called_like_months_of_another_language_keep_their_names():
    rows = [f"{m},{name},{count}" for m, count in COUNTS.items() for name in ("Mars", "Mai")]
    found = read("\n".join(["Month,Planet,Visits", *rows]) + "\n")
    assert found.counts.names == ("Mars", "Mai")


def test_words_that_are_months_of_two_languages_are_a_question():
    # Polish and Croatian: listopad is November here and October there.
    croatian = ["lipanj", "srpanj", "kolovoz", "rujan", "o\u017eujak"]
    polish = ["lipiec", "sierpie\u0144", "marzec", "kwiecie\u0144", "maj"]
    names = ["listopad", *croatian, *polish, "x"]
    assert "not the same in" in refusal(calendar(names))


def test_a_month_between_others_that_nobody_can_read_is_not_left_out():
    names = [*ENGLISH[:4], "Wonnemond", *ENGLISH[5:]]
    said = refusal(calendar(names))
    assert "'Wonnemond' among columns of months" in said
    assert "May is missing" in said


def test_a_year_without_a_header_stands_beside_its_months():
    lines = [f"{m[:4]},{GERMAN[int(m[5:]) - 1]},{count}" for m, count in COUNTS.items()]
    assert counted(read("\n".join([",,Visits", *lines]) + "\n")) == COUNTS


# A sheet a year.


def book(path: Path, layout: str, newest: int, last: str = "2021") -> Path:
    """A workbook whose last sheet has this many months."""
    with Workbook(path) as workbook:
        for year in YEARS:
            sheet = workbook.add_worksheet(last if year == YEARS[-1] else str(year))
            held = [COUNTS[f"{year}-{m:02}"] for m in range(1, 13)]
            held = held[:newest] if year == YEARS[-1] else held
            if layout == "across":
                sheet.write_row(0, 0, ["Clinic", *ENGLISH[: len(held)]])
                sheet.write_row(1, 0, ["North", *held])
                sheet.write_row(2, 0, ["South", *held])
            else:
                sheet.write_row(0, 0, ["Month", "North", "South"])
                for at, count in enumerate(held):
                    sheet.write_row(at + 1, 0, [ENGLISH[at], count, count])
    return path


@pytest.mark.parametrize("layout", ["across", "down"])
@pytest.mark.parametrize("newest", [12, 5, 1])
def test_sheets_of_years_are_read_to_the_newest_month(tmp_path, layout, newest):
    found = read_table(book(tmp_path / "own.xlsx", layout, newest))
    assert found.counts.names == ("North", "South")
    assert counted(found, 1) == {m: COUNTS[m] for m in MONTHS[: 24 + newest]}


def test_a_sheet_of_a_year_that_cannot_be_read_is_not_left_out(tmp_path):
    path = tmp_path / "own.xlsx"
    with Workbook(path) as workbook:
        for year in YEARS:
            sheet = workbook.add_worksheet(str(year))
            sheet.write_row(0, 0, ["Month", "Visits"])
            for at in range(12):
                sheet.write_row(at + 1, 0, [ENGLISH[at] if year < 2021 else f"P{at}", at])
    with pytest.raises(
        DataError, match="sheet '2021': no column of months: 'P0' in column 'Month' is no month"
    ):
        read_table(path)


def test_years_are_no_series(tmp_path):
    path = tmp_path / "own.xlsx"
    with Workbook(path) as workbook:
        for year in YEARS:  # each with the year before once more
            sheet = workbook.add_worksheet(str(year))
            sheet.write_row(0, 0, ["Month", "Visits"])
            for at, month in enumerate(months.between(f"{year - 1}-01", f"{year}-12")):
                sheet.write_row(at + 1, 0, [month, at])
    with pytest.raises(DataError, match=r"several have 2019-01.*--sheet '2019'"):
        read_table(path)


# Sums over several months.


@pytest.mark.parametrize(
    "words", ["12 month-ending", "12 months to", "rolling 12 months", "Year to date", "year ending"]
)
def test_lines_that_say_that_they_add_up_several_months_are_refused(words):
    rows = [f"AK,{m},{words},{count}" for m, count in COUNTS.items()]
    text = "\n".join(["State,Month,Period,Deaths", *rows]) + "\n"
    assert f"{words!r} in column 'Period', in 36 lines: a sum over several months" in refusal(text)
    assert counted(read(text, value=("Deaths",))) == COUNTS  # somebody knows better


def test_a_series_among_others_that_is_a_rolling_sum_is_refused():
    lines = [",".join(["Series", *MONTHS])]
    lines += [",".join([n, *map(str, COUNTS.values())]) for n in ("A", "A rolling 12 month total")]
    assert "in column 'Series', in 1 line" in refusal("\n".join(lines) + "\n")


def test_clinics_may_be_called_rolling_and_moving():
    rows = [f"{m},{n},{c}" for m, c in COUNTS.items() for n in ("Rolling Hills", "Moving On")]
    found = read("\n".join(["Month,Clinic,Visits", *rows]) + "\n")
    assert found.counts.names == ("Rolling Hills", "Moving On")


# Codes and names.


def routes(renamed: bool) -> str:
    rows = []
    for code, names in ((7, ("Indiana", "Bronzeville")), (9, ("King", "King Drive"))):
        for at, (month, count) in enumerate(COUNTS.items()):
            rows.append(f"{code},{names[renamed and at > 20]},{month},{count + code}")
    return "\n".join(["route,routename,month,rides", *rows]) + "\n"


@pytest.mark.parametrize("wanted", [{}, {"value": ("rides",)}])
def test_a_code_names_the_series_where_its_names_change(wanted):
    found = read(routes(renamed=True), **wanted)
    assert found.counts.names == ("7", "9")
    assert counted(found) == {m: count + 7 for m, count in COUNTS.items()}
    assert any("(7: Indiana, Bronzeville), so that one is taken" in note for note in found.notes)


def test_a_name_names_the_series_where_it_stays():
    assert read(routes(renamed=False)).counts.names == ("Indiana", "King")


def test_ids_beside_counts_are_no_counts():
    rows = [f"{m},{9000 + at % 7},{c}" for at, (m, c) in enumerate(COUNTS.items())]
    found = read("\n".join(["Month,global_id,Visits", *rows]) + "\n")
    assert counted(found) == COUNTS


def test_names_of_rows_that_are_numbers_are_no_counts():
    rows = [f"{at},{m},{c}" for at, (m, c) in enumerate(COUNTS.items(), start=1)]
    assert counted(read("\n".join(["rownames,Month,Births", *rows]) + "\n")) == COUNTS


def test_sums_of_years_may_stand_among_months_in_six_digits():
    rows = [f"{m.replace('-', '')},{c}" for m, c in COUNTS.items()]
    rows[12:12] = ["Summe,5000", "Total,5000"]
    assert counted(read("\n".join(["MONAT,WERT", *rows]) + "\n")) == COUNTS
