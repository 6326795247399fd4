"""Names of series, as people write them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forecast.errors import SeriesNameError
from forecast.names import SeriesNames
from forecast.sources.cbp.encounters import bundle
from forecast.types import HEADLINES, SeriesKey
from tests.support.cbp_files import ENCOUNTERS


@pytest.fixture(scope="module")
def names():
    """Every series of the embedded figures, and two of a crossing."""
    keys = {key for snapshot in bundle.load() for key in snapshot.counts}
    crossed = [
        SeriesKey("southwest", "citizenship*demographic", f"INDIA * {group}")
        for group in ("UAC", "FMUA")
    ]
    return SeriesNames([*sorted(keys), *crossed], source=ENCOUNTERS)


@pytest.mark.parametrize(
    ("text", "border", "member"),
    [
        ("northern", "northern", ""),
        ("North", "northern", ""),
        ("the southern border", "southwest", ""),
        ("nationwide", "nationwide", ""),
        ("northern:Swanton", "northern", "Swanton Sector"),
        ("Swanton", "northern", "Swanton Sector"),
        ("northern: swanton sector", "northern", "Swanton Sector"),
        ('northern:"Border Patrol"', "northern", "U.S. Border Patrol"),
        ("northern:between ports", "northern", "U.S. Border Patrol"),
        ("northern:OFO", "northern", "Office of Field Operations"),
        ("southwest:at ports of entry", "southwest", "Office of Field Operations"),
        ("southwest:Mexico", "southwest", "MEXICO"),
        ("southwest:New Mexico", "southwest", "NM"),
        ("southwest:\u201cunaccompanied children\u201d", "southwest", "UAC"),
        ("southwest:UAC", "southwest", "UAC"),
        ("southwest:families", "southwest", "FMUA"),
        ("southwest:CHINA, PEOPLES REPUBLIC OF", "southwest", "CHINA, PEOPLES REPUBLIC OF"),
        ("southwest:china", "southwest", "CHINA, PEOPLES REPUBLIC OF"),
        ("other:T\u00fcrkiye", "other", "TURKEY"),
        ("other:the Philippines", "other", "PHILIPPINES"),
        ("southwest:CA", "southwest", "CA"),
        ("southwest:California", "southwest", "CA"),
        ("northern:state:NY", "northern", "NY"),
        ("northern:state:New York", "northern", "NY"),
        ("northern:New York state", "northern", "NY"),
        ("southwest:sector:Yuma", "southwest", "Yuma Sector"),
        ("southwest:RGV", "southwest", "Rio Grande Valley Sector"),
        ("southwest:El Paso office", "southwest", "El Paso Field Office"),
        ("northern / citizenship / INDIA", "northern", "INDIA"),
        ("southwest:India * unaccompanied children", "southwest", "INDIA * UAC"),
    ],
)
def test_a_series_has_its_usual_names(names, text, border, member):
    found = names.find(text)

    assert (found.total, found.member) == (border, member)


@pytest.mark.slow
def test_every_series_is_found_by_its_name_and_by_its_code(names):
    assert len(names.keys) > 200
    for key in names.keys:
        assert names.find(names.name(key)) == key
        assert names.find(str(key)) == key
    assert {names.find(border) for border in HEADLINES} == set(map(SeriesKey, HEADLINES))


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("southwest:El Paso", ("southwest:El Paso Field Office", "southwest:El Paso Sector")),
        ("Mexico", ("northern:Mexico", "other:Mexico", "southwest:Mexico")),
        ("other:New York", ("other:New York Field Office", "other:state:New York")),
        ("northern:Swantom", ("northern:Swanton Sector",)),
        ("nationwide:India", ("northern:India", "other:India", "southwest:India")),
        ("nothern", ("northern",)),
        ("southwst", ("southwest",)),
        ("nationwid", ("nationwide",)),
        ("othr", ("other",)),
        ("nothern:Swanton", ("northern",)),
        ("Swantom", ("northern:Swanton Sector",)),
        ("eastern:India", HEADLINES),
        ("northern:Atlantis", ()),
        ("", ()),
        ("northern:state:NY:x", ()),
    ],
)
def test_a_name_that_will_not_do_lists_the_choices(names, text, choices):
    with pytest.raises(SeriesNameError) as caught:
        names.find(text)

    assert caught.value.choices == choices
    assert all(choice in str(caught.value) for choice in choices)


def test_only_a_name_that_is_like_none_is_looked_for_in_other_measures(names):
    with pytest.raises(SeriesNameError, match="another measure: this record counts encounters"):
        names.find("fentanyl")
    with pytest.raises(SeriesNameError, match="no series has this name; try northern:Swanton"):
        names.find("Swantom")
    with pytest.raises(SeriesNameError):
        names.find("southwest:Mexico state")  # of states alone


@pytest.mark.parametrize("total", [total for total in HEADLINES if len(total) > 5])
def test_a_total_with_any_letter_missing_or_twice_is_the_one_suggested(names, total):
    for at in range(len(total)):
        for wrong in (total[:at] + total[at + 1 :], total[: at + 1] + total[at:]):
            with pytest.raises(SeriesNameError) as caught:
                names.find(wrong)
            assert caught.value.choices == (total,)


def test_an_apostrophe_inside_a_name_is_no_quote():
    key = SeriesKey("other", "citizenship", "COTE D'IVOIRE")
    names = SeriesNames([key], source=ENCOUNTERS)

    assert names.find("'other:Cote d\u2019Ivoire'") == names.find(str(key)) == key


def test_a_border_that_is_not_held_is_not_made_up():
    with pytest.raises(SeriesNameError):
        SeriesNames([SeriesKey("northern")], source=ENCOUNTERS).find("southwest")


@pytest.mark.parametrize("one", ["border", "clinic"])
def test_too_many_colons_are_answered_with_the_form_in_the_source_s_word(one):
    source = replace(ENCOUNTERS, totals=replace(ENCOUNTERS.totals, one=one))

    with pytest.raises(SeriesNameError) as caught:
        SeriesNames([SeriesKey("northern")], source).find("northern:a:b:c")

    word = one.upper()
    assert f"write {word}:PART, or {word}:DIMENSION:PART" in str(caught.value)


def test_a_sum_is_of_what_several_totals_have_and_the_whole_has_not():
    def key(total: str, member: str, dimension: str = "citizenship") -> SeriesKey:
        return SeriesKey(total, dimension, member)

    both = [key("northern", "INDIA"), key("southwest", "INDIA")]
    stated = [key(total, "CUBA") for total in ("northern", "other", "nationwide")]
    keys = [*HEADLINE_KEYS, *both, *stated, key("northern", "Swanton Sector", "field")]

    assert ENCOUNTERS.tree.sums(keys) == {key("nationwide", "INDIA"): both}


HEADLINE_KEYS = [SeriesKey(total) for total in HEADLINES]


@pytest.mark.parametrize(
    ("words", "name", "rest"),
    [
        ("southwest FY2027", "southwest", "FY2027"),
        ("el paso sector rest of 2026", "el paso sector", "rest of 2026"),
        ("southwest:citizenship next 12 months", "southwest:citizenship", "next 12 months"),
        ("northern encounters FY2027", "northern encounters", "FY2027"),
    ],
)
def test_as_many_first_words_as_name_a_series_are_its_name(names, words, name, rest):
    assert names.split(words.split()) == (name, rest)


def test_a_name_of_several_is_asked_back_also_before_a_span(names):
    with pytest.raises(SeriesNameError) as caught:
        names.split(["southwest:el", "paso", "FY2027"])

    assert caught.value.choices == ("southwest:El Paso Field Office", "southwest:El Paso Sector")


@pytest.mark.parametrize(
    "text", ["northern encounters", "Encounters northern", "northern border encounters"]
)
def test_a_name_may_bear_what_is_counted(names, text):
    assert names.find(text) == SeriesKey("northern")
    assert names.find(f"{text}:Swanton encounters").member == "Swanton Sector"
