"""Questions in sentences: which series and months they name, of which measure."""

from __future__ import annotations

import pytest

from forecast import months
from forecast.periods import FEDERAL
from forecast.sources import catalog
from forecast.sources.names import SeriesNames
from forecast.sources.questions import CountQuestion, asked, measures_named
from forecast.types import SeriesKey

ENCOUNTERS = catalog.find("cbp_encounters")
SEIZURES = catalog.find("cbp_drug_events")
POUNDS = catalog.find("cbp_drug_pounds")
SECTOR = SeriesKey("northern", "field", "Swanton Sector", "U.S. Border Patrol")
PEOPLE = SeriesNames(
    [
        *map(SeriesKey, ENCOUNTERS.totals.every),
        *(SeriesKey(total, "citizenship", "MEXICO") for total in ENCOUNTERS.totals.parts),
        SECTOR,
    ],
    ENCOUNTERS,
)
DRUGS = SeriesNames(
    [
        *map(SeriesKey, SEIZURES.totals.every),
        *(SeriesKey(total, "drug", "Fentanyl") for total in SEIZURES.totals.parts),
    ],
    SEIZURES,
)
NEWEST = months.to_index("2026-08")
FENTANYL = SeriesKey("northern", "drug", "Fentanyl")


@pytest.mark.parametrize(
    ("text", "series", "everywhere", "span"),
    [
        ("fentanyl at the northern border in March 2026", FENTANYL, False, "2026-03"),
        ("How many seizures of fentanyl were there in 2025?", FENTANYL, True, "2025"),
        ("drug seizures in fiscal year 2025", SeriesKey("nationwide"), False, "FY2025"),
        ("fentanyl seizures nationwide in FY2026 to date", FENTANYL, True, "FY2026 to date"),
    ],
)
def test_a_question_names_a_drug_a_border_and_months(text, series, everywhere, span):
    question = asked(text, DRUGS, NEWEST)

    assert question == CountQuestion(question.readings, everywhere, FEDERAL.read(span, NEWEST))
    assert question.readings[0] == series


@pytest.mark.parametrize(
    ("text", "series", "everywhere", "span"),
    [
        ("encounters at the southwest border in 2024-05", SeriesKey("southwest"), False, "2024-05"),
        ("Swanton Sector, Feb. 2025", SECTOR, False, "2025-02"),
        ("people from Mexico at the southern border, fiscal 2024",
         SeriesKey("southwest", "citizenship", "MEXICO"), False, "FY2024"),
    ],
)  # fmt: skip
def test_a_part_that_one_total_has_is_meant_of_it(text, series, everywhere, span):
    period = FEDERAL.read(span, NEWEST)

    assert asked(text, PEOPLE, NEWEST) == CountQuestion((series,), everywhere, period)


def test_a_name_that_fits_several_is_each_of_them():
    """A sector and a field office share their city's name; neither is the other, nor absent."""
    sector, ports, inland = (
        SeriesKey("southwest", "field", "El Paso Sector", "U.S. Border Patrol"),
        SeriesKey("southwest", "field", "El Paso Field Office", "Office of Field Operations"),
        SeriesKey("other", "field", "El Paso Field Office", "Office of Field Operations"),
    )
    names = SeriesNames([*PEOPLE.keys, sector, ports, inland], ENCOUNTERS)
    period = FEDERAL.read("2026-08", NEWEST)

    alone = asked("El Paso August 2026", names, NEWEST)
    assert alone == CountQuestion((sector, ports, inland), False, period)
    border = asked("El Paso at the southwest border in August 2026", names, NEWEST)
    assert border == CountQuestion((sector, ports), False, period)
    assert asked("El Paso Field Office in August 2026", names, NEWEST).everywhere


@pytest.mark.parametrize(
    "text",
    [
        "fentanyl at the northern border",  # no months
        "43 pounds of fentanyl in March 2026",  # a number to judge
        "lettuce at the northern border in March 2026",
        "cocaine in March 2026",  # not on record
        "fentanyl in Marchember 2026-13",
    ],
)
def test_what_is_not_understood_to_the_last_word_is_no_question(text):
    assert asked(text, DRUGS, NEWEST) is None


def test_a_drug_is_no_question_to_a_record_of_people():
    assert asked("fentanyl at the northern border in March 2026", PEOPLE, NEWEST) is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("pounds of fentanyl in March 2026", [POUNDS]),
        ("fentanyl seizures in March 2026", [SEIZURES]),
        ("border encounters in March 2026", [ENCOUNTERS]),
        ("fentanyl in March 2026", [ENCOUNTERS, SEIZURES, POUNDS]),
    ],
)
def test_a_noun_says_which_measure_is_meant(text, named):
    assert measures_named(text, [ENCOUNTERS, SEIZURES, POUNDS]) == named
