from __future__ import annotations

import pytest

from forecast.judge.changes import changes, summed
from forecast.types import SeriesKey
from tests.support.cbp_files import ENCOUNTERS

NORTH, SOUTH, OTHER, WHOLE = map(SeriesKey, ("northern", "southwest", "other", "nationwide"))


def test_steps_add_up_to_the_change_and_say_what_each_did():
    """Of a version 1, revisions 20, the season 300, a surprise 4,000, weights 50,000."""
    medians = (100, 101, 121, 421, 4421, 54421)

    (found,) = changes([{NORTH: {"2026-01": median}} for median in medians])

    assert (found["series"], found["month"], found["before"], found["after"]) == (
        NORTH,
        "2026-01",
        100,
        54421,
    )
    assert (found["method"], found["revisions"]) == (50001, 20)
    assert (found["season"], found["surprise"]) == (300, 4000)
    steps = found["method"] + found["revisions"] + found["season"] + found["surprise"]
    assert found["before"] + steps == found["after"]


@pytest.mark.parametrize("stage", range(6))
def test_only_what_all_stages_speak_of_has_moved(stage):
    stages = [{NORTH: {"2026-02": 1, "2026-01": 1}, SOUTH: {"2026-01": 1}} for _ in range(6)]
    del stages[stage][SOUTH]
    del stages[stage][NORTH]["2026-02"]

    assert [(one["series"], one["month"]) for one in changes(stages)] == [(NORTH, "2026-01")]


def test_months_come_in_their_order():
    stages = [{NORTH: {"2026-02": 1, "2025-12": 1, "2026-01": 1}}] * 6

    assert [one["month"] for one in changes(stages)] == ["2025-12", "2026-01", "2026-02"]


@pytest.mark.parametrize(
    ("lost", "nationwide"), [((), 6), ((OTHER,), 9), ((NORTH, SOUTH, OTHER), 9)]
)
def test_nationwide_is_the_sum_of_borders_that_are_all_there(lost, nationwide):
    each = {NORTH: 1, SOUTH: 2, OTHER: 3, WHOLE: 9}
    given = {key: {"2026-01": n} for key, n in each.items() if key not in lost}

    found = summed(given, ENCOUNTERS.tree)

    assert found[WHOLE] == {"2026-01": nationwide}
    assert given[WHOLE] == {"2026-01": 9}
    assert all(found[key] == given[key] for key in found if key != WHOLE)


def test_a_month_that_one_border_lacks_stays_as_it_was():
    given = {key: {"2026-01": 1, "2026-02": 1} for key in (NORTH, SOUTH, OTHER, WHOLE)}
    del given[OTHER]["2026-02"]

    assert summed(given, ENCOUNTERS.tree)[WHOLE] == {"2026-01": 3, "2026-02": 1}
