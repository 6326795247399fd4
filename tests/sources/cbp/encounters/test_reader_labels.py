from __future__ import annotations

from collections import Counter

import pytest

from forecast.names import SeriesNames
from forecast.sources.cbp.encounters import bundle
from forecast.types import SeriesKey
from tests.support.cbp_files import ENCOUNTERS

LABELS = ENCOUNTERS.hierarchy
FIELD_BORDERS = ENCOUNTERS.hierarchy.field_borders
UNMISTAKABLE = ENCOUNTERS.hierarchy.unmistakable


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("Swanton Sector", {"swanton", "swanton border patrol"}),
        ("Detroit Field Office", {"detroit", "detroit office", "detroit ofo"}),
        ("Preclearance", set()),
    ],
)
def test_a_place_is_called_by_its_bare_name_too(name, forms):
    places = [SeriesKey("northern", "field", name), SeriesKey("northern", "field", "Elsewhere")]
    names = SeriesNames(places, ENCOUNTERS)

    assert {names.find(form) for form in forms} <= {places[0]}


@pytest.mark.parametrize(
    ("place", "border"),
    [
        ("Swanton Sector", "northern"),
        ("Buffalo Field Office", "northern"),
        ("Portland Field Office", "northern"),
        ("Big Bend Sector", "southwest"),
        ("Tucson Sector", "southwest"),
        ("Tucson Field Office", "southwest"),
        ("Ramey Sector", "other"),
        ("Miami Field Office", None),  # away from the land borders
    ],
)
def test_a_sector_or_an_office_lies_at_a_border(place, border):
    assert FIELD_BORDERS.get(place) == border


def test_every_sector_and_office_of_a_land_border_is_there_once():
    of_kind = Counter((border, place.split()[-1]) for place, border in FIELD_BORDERS.items())

    assert of_kind == {
        ("northern", "Sector"): 8,
        ("southwest", "Sector"): 9,
        ("other", "Sector"): 4,
        ("northern", "Office"): 5,
        ("southwest", "Office"): 4,
    }
    assert set(FIELD_BORDERS) >= set(UNMISTAKABLE)


def test_labels_that_people_call_otherwise_are_labels_of_the_files():
    keys = {key for snapshot in bundle.load() for key in snapshot.counts}

    assert set(LABELS.usual) <= {name for key in keys for name in (key.member, key.component)}
