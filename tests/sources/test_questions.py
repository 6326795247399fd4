"""Questions in sentences: which series and months they name, of which measure."""

from __future__ import annotations

import pytest

from forecast import months
from forecast.names import SeriesNames
from forecast.periods import FEDERAL
from forecast.sources import catalog
from forecast.sources.questions import absent, asked, measures_named
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


def read(text, names):
    question = asked(text, names, NEWEST)
    assert (question.kind, question.unknown, len(question.spans)) == ("count", (), 1)
    return question.readings, question.everywhere, question.spans[0].period


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
    readings, everywhere_, period = read(text, DRUGS)

    assert (everywhere_, period) == (everywhere, FEDERAL.read(span, NEWEST))
    assert readings[0] == series


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

    assert read(text, PEOPLE) == ((series,), everywhere, period)


def test_a_name_that_fits_several_is_each_of_them():
    """A sector and a field office share their city's name; neither is the other, nor absent."""
    sector, ports, inland = (
        SeriesKey("southwest", "field", "El Paso Sector", "U.S. Border Patrol"),
        SeriesKey("southwest", "field", "El Paso Field Office", "Office of Field Operations"),
        SeriesKey("other", "field", "El Paso Field Office", "Office of Field Operations"),
    )
    names = SeriesNames([*PEOPLE.keys, sector, ports, inland], ENCOUNTERS)
    period = FEDERAL.read("2026-08", NEWEST)

    assert read("El Paso August 2026", names) == ((sector, ports, inland), False, period)
    border = read("El Paso at the southwest border in August 2026", names)
    assert border == ((sector, ports), False, period)
    assert asked("El Paso Field Office in August 2026", names, NEWEST).everywhere


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("lettuce at the northern border in March 2026", ("lettuce",)),
        ("cocaine in March 2026", ("cocaine",)),  # not on record
        ("fentanyl at the northern border by ship in March 2026", ("ship",)),
    ],
)
def test_a_word_that_is_not_known_is_named(text, unknown):
    assert asked(text, DRUGS, NEWEST).unknown == unknown


@pytest.mark.parametrize(
    "text", ["43 pounds of fentanyl in March 2026", "fentanyl in Marchember 2026-13", "How is it?"]
)
def test_a_number_to_judge_is_no_question(text):
    assert asked(text, DRUGS, NEWEST) is None


def test_a_drug_is_no_word_of_a_record_of_people():
    asked_of = asked("fentanyl at the northern border in March 2026", PEOPLE, NEWEST)
    assert asked_of.unknown == ("fentanyl",)


@pytest.mark.parametrize(
    ("text", "kind", "spans"),
    [
        ("share of Mexicans on the southwest since 2024", "share", ["2024-01..2026-08"]),
        ("how many days of December 2023 is that", "days", ["2023-12"]),
        ("how many a day in June at the northern border?", "per day", ["2026-06"]),
        ("monthly average under Biden", "per month", ["2021-02..2024-12"]),
        ("average under Trump", "per month", ["2017-02..2020-12", "2025-02..2026-08"]),
        ("How far did it fall from December 2023 to August 2026 at the southwest border?",
         "change", ["2023-12", "2026-08"]),
        ("Which month was the highest at the southwest border?", "highest", []),
        ("How many months in a row has the northern border fallen?", "run", []),
        ("Which sector had the fewest in FY2025?", "parts", ["FY2025"]),
        ("How many are expected at the northern border next month?", "forecast", ["next month"]),
        ("How likely are more than 10,000 in December 2026?", "chance", ["2026-12"]),
        ("When was it last above 20,000 at the northern border?", "last", []),
        ("Was August 2026 unusual?", "unusual", ["2026-08"]),
        ("Mexicans at the border with Mexico, last fiscal year", "count", ["FY2025"]),
    ],
)  # fmt: skip
def test_what_is_asked_and_of_when(text, kind, spans):
    question = asked(text, PEOPLE, NEWEST)

    assert (question.kind, question.unknown) == (kind, ())
    assert [FEDERAL.name(span.period) for span in question.spans] == spans


def test_an_adjective_is_a_citizenship_beside_its_people_and_a_border_alone():
    of_border = asked("Mexican border in August 2026", PEOPLE, NEWEST)
    of_people = asked("Mexican nationals at the southern border in August 2026", PEOPLE, NEWEST)
    assert of_border.readings == (SeriesKey("southwest"),)
    assert of_people.readings == (SeriesKey("southwest", "citizenship", "MEXICO"),)


@pytest.mark.parametrize("topic", ["gotaways in FY2024", "Title 42 expulsions", "ICE detention"])
def test_what_is_not_on_record_is_told_with_its_publisher(topic):
    assert "publishes" in absent(topic, ENCOUNTERS)
    assert not absent("encounters at the northern border", ENCOUNTERS)


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
