from __future__ import annotations

import pytest

from forecast.periods import Calendar
from forecast.tree import Traits, Tree
from forecast.types import Aside, SeriesKey, Totals

PATROL, PORTS = "Patrol", "Ports"
TREE = Tree(
    Totals(("north", "south"), "all"),
    halves=(PATROL, PORTS),
    by_half=("component", "field"),
    aside=Aside("kind", PATROL, "at large", "at entry", *["-"] * 5),
)
ALONE = Tree(Totals(("clinic",), ""))
NORTH, SOUTH, ALL = map(SeriesKey, ("north", "south", "all"))
HALF = SeriesKey("north", "component", PATROL, PATROL)
SECTOR = SeriesKey("north", "field", "Swanton", PATROL)
OFFICE = SeriesKey("north", "field", "Boston", PORTS)
MEXICO = SeriesKey("north", "citizenship", "MEXICO")
SOUTHERN = MEXICO._replace(total="south")
INDIA = SeriesKey("south", "citizenship", "INDIA")
KEYS = [NORTH, SOUTH, ALL, HALF, SECTOR, OFFICE, MEXICO, SOUTHERN, INDIA]


@pytest.mark.parametrize(
    ("key", "above"),
    [(NORTH, ALL), (ALL, None), (SECTOR, HALF), (OFFICE, NORTH), (HALF, NORTH), (MEXICO, NORTH)],
)
def test_a_part_adds_up_to_its_half_where_that_is_there_and_else_to_its_total(key, above):
    assert TREE.above(key, KEYS) == above


def test_of_counts_of_which_nothing_is_told_none_is_known_to_be_calm_or_to_jump():
    traits = Traits(ALONE, Calendar())

    assert (traits.calm, traits.jumps, traits.breaks, traits.totals) == (
        *(False, False, ()),
        ALONE.totals,
    )


def test_totals_that_have_no_sum_stand_alone():
    assert ALONE.above(SeriesKey("clinic"), []) is None
    assert ALONE.whole is None
    assert ALONE.sums([SeriesKey("clinic", "part", "A"), SeriesKey("clinic", "part", "B")]) == {}


def test_the_parts_of_the_whole_are_those_of_all_totals():
    assert TREE.totals_of("all") == ("north", "south")
    assert TREE.totals_of("north") == ("north",)
    assert ALONE.totals_of("clinic") == ("clinic",)
    assert ALONE.totals_of("") == ("",)  # of a whole that is not, none at all


def test_the_whole_has_the_totals_and_all_their_parts():
    assert TREE.parts(ALL, "", KEYS) == [NORTH, SOUTH]
    assert TREE.parts(NORTH, "", KEYS) == []
    assert TREE.parts(ALL, "citizenship", KEYS) == [MEXICO, SOUTHERN, INDIA]
    assert TREE.parts(NORTH, "citizenship", KEYS) == [MEXICO]


def test_parts_are_grouped_by_what_they_add_up_to():
    assert TREE.groups(KEYS) == {
        (NORTH, "component"): [HALF],
        (HALF, "field"): [SECTOR],
        (NORTH, "field"): [OFFICE],
        (NORTH, "citizenship"): [MEXICO],
        (SOUTH, "citizenship"): [SOUTHERN, INDIA],
    }


def test_a_sum_that_no_file_states_has_parts_of_several_totals():
    mexico = MEXICO._replace(total="all")

    assert TREE.sums(KEYS) == {mexico: [MEXICO, SOUTHERN]}
    assert TREE.sums([*KEYS, mexico]) == {}


@pytest.mark.parametrize(
    ("dimension", "components", "whole"),
    [
        ("citizenship", [""], True),
        ("field", [PATROL], False),
        ("field", [PATROL, PORTS], True),
        ("component", [], False),
    ],
)
def test_one_half_alone_is_no_partition(dimension, components, whole):
    assert TREE.partition(dimension, components) is whole


def test_parts_are_forecast_beside_their_half_and_what_stands_aside_is_not():
    assert [TREE.family(key) for key in (SECTOR, OFFICE, MEXICO)] == [
        "field Patrol",
        "field Ports",
        "citizenship ",
    ]
    assert TREE.family(NORTH) is TREE.family(SeriesKey("north", "kind", "Large", PATROL)) is None


@pytest.mark.parametrize(
    ("key", "held_by"),
    [(SECTOR, [NORTH, ALL]), (NORTH, [ALL]), (ALL, []), (MEXICO._replace(total="all"), [ALL])],
)
def test_what_holds_a_series_is_its_total_and_then_the_whole(key, held_by):
    assert TREE.holders(key) == held_by
    assert ALONE.holders(SeriesKey("clinic", "part", "A")) == [SeriesKey("clinic")]


def test_totals_add_up_only_where_all_of_them_are_there():
    assert TREE.addends({SOUTH: 1, NORTH: 2, ALL: 3}) == [NORTH, SOUTH]
    assert TREE.addends({NORTH: 2, ALL: 3}) == []
    assert ALONE.addends({SeriesKey("clinic"): 1}) == []
