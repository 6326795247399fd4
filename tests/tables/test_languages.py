from __future__ import annotations

import pytest

from forecast.tables.header import with_months
from forecast.tables.sheet import Sheet, sheets_of

GERMAN = ["Januar", "Februar", "M\u00e4rz", "April", "Mai", "Juni", "Juli", "August"]
ENGLISH = ["January", "February", "March", "April", "May", "June", "July", "August"]


def sheet(*lines: list[str]) -> Sheet:
    content = "".join(f"{';'.join(line)}\n" for line in lines)
    (found,) = sheets_of("file.csv", content.encode())
    return found


def cells(found: Sheet) -> list[list[str]]:
    return [[str(found.labels[code]) for code in line] for line in found.grid.tolist()]


def column(words: list[str]) -> Sheet:
    return sheet(["month", "count"], *([word, str(at)] for at, word in enumerate(words)))


@pytest.mark.parametrize(("many", "read"), [(5, False), (6, True), (8, True)])
def test_months_are_read_from_six_different_ones_on(many, read):
    found = with_months(column(GERMAN[:many]))

    said = [line[0] for line in cells(found)[1:]]
    assert said == (ENGLISH if read else GERMAN)[:many]
    assert any("German" in note for note in found.notes) == read


def test_many_spellings_of_few_months_are_no_months():
    given = column(["Januar", "Jan.", "Februar", "Feb.", "M\u00e4rz", "Mrz.", "April", "Apr."])

    assert with_months(given) is given


def test_a_line_of_months_is_read_as_a_column_is():
    found = with_months(sheet(["place", *GERMAN], ["Bonn", *map(str, range(8))]))

    assert cells(found)[0] == ["place", *ENGLISH]
    assert cells(found)[1][0] == "Bonn"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("{} 2024", "{} 2024"),
        ("{}-24", "{} 24"),
        ("2024 {}", "2024 {}"),
        ("{}. 2024", "{} 2024"),
        ("{} 2024*", "{} 2024*"),
    ],
)
def test_a_year_and_a_sign_stay_with_their_month(cell, expected):
    found = with_months(column([cell.format(word) for word in GERMAN]))

    assert [line[0] for line in cells(found)[1:]] == [expected.format(word) for word in ENGLISH]


def test_english_months_and_names_of_other_things_are_left():
    for words in (ENGLISH, [f"Ort {word}" for word in "abcdefgh"]):
        given = column(words)
        assert with_months(given) is given


@pytest.mark.parametrize(("numbers", "read"), [(27, True), (28, False)])
def test_a_column_of_which_less_than_a_quarter_are_words_is_no_column_of_months(numbers, read):
    """Eight months and a header are nine words."""
    found = with_months(column([*GERMAN, *(str(1000 + at) for at in range(numbers))]))

    assert ("January" in [line[0] for line in cells(found)]) == read


def test_a_month_is_that_of_the_language_of_the_names_beside_it():
    """Listopad is October in Croatian and November in Czech."""
    czech = ["listopad", "srpen", "kv\u011bten", "leden", "\u00fanor", "b\u0159ezen"]

    assert cells(with_months(column(czech)))[1][0] == "November"
