"""Crossed illegally: said of arrests, most of which were in the interior, it is mislabeled."""

from __future__ import annotations

from datetime import date

import pytest

from forecast.claims.record.counts import CountTable
from forecast.types import SeriesKey
from tests.support.cbp_files import ENCOUNTERS
from tests.support.claim_verdicts import check

PATROL, OFFICES = "U.S. Border Patrol", "Office of Field Operations"
AUGUST = 2026 * 12 + 7


def table(entry: int, inside: int, *, stated: bool = True) -> CountTable:
    whole = entry + inside
    counts = {
        SeriesKey("northern"): whole + 4000,
        SeriesKey("northern", "component", PATROL, PATROL): whole,
        SeriesKey("northern", "component", OFFICES, OFFICES): 4000,
    }
    if stated:
        kind = ("northern", "apprehension_type")
        counts |= {SeriesKey(*kind, "At Entry", PATROL): entry}
        counts |= {SeriesKey(*kind, "At Large", PATROL): inside}
    return CountTable({key: {AUGUST: (count, 1)} for key, count in counts.items()}, {}, ENCOUNTERS)


def judged(text: str, held: CountTable):
    checked = check(text, held, date(2026, 10, 1))
    assert not checked.not_understood
    (found,) = checked.claims
    return found


CROSSED = [
    "In August 2026, {} people crossed the northern border illegally.",
    "There were {} illegal crossings at the northern border in August 2026.",
    "There were {} illegal entries at the northern border in August 2026.",
    "Border Patrol caught {} people crossing the northern border illegally in August 2026.",
    "In August 2026 {} migrants entered illegally at the northern border.",
]
ARRESTED = [
    "Border Patrol made {} arrests at the northern border in August 2026.",
    "Border Patrol encountered {} migrants at the northern border in August 2026.",
    "There were {} encounters between ports of entry at the northern border in August 2026.",
    "Border Patrol agents apprehended {} people at the northern border in August 2026.",
]


@pytest.mark.parametrize("text", CROSSED)
@pytest.mark.parametrize(
    ("entry", "inside", "verdict"),
    [
        (1231, 6084, "mislabelled"),
        (3657, 3658, "mislabelled"),
        (3658, 3658, "right"),
        (3658, 3657, "right"),
        (7315, 0, "right"),
    ],
)
def test_crossed_illegally_is_mislabeled_where_most_were_in_the_interior(
    text, entry, inside, verdict
):
    found = judged(text.format(f"{entry + inside:,}"), table(entry, inside))

    share = f"{100 * inside / (entry + inside):.0f}%"
    assert found.verdict == verdict
    assert share in found.why
    if verdict == "mislabelled":
        assert found.judged.truth == entry
        assert f"{entry:,} at entry, {inside:,} in the interior" in found.say_instead


@pytest.mark.parametrize("text", ARRESTED)
def test_arrests_are_right_wherever_they_were_made_and_say_so(text):
    found = judged(text.format("7,315"), table(1231, 6084))

    assert found.verdict == "right"
    assert "1,231 at entry, 6,084 in the interior (83%)" in found.why


@pytest.mark.parametrize("text", CROSSED)
def test_those_at_entry_crossed(text):
    found = judged(text.format("1,231"), table(1231, 6084))

    assert found.verdict == "right"
    assert found.sense.subject.members == ("At Entry",)


@pytest.mark.parametrize("text", CROSSED)
def test_without_a_split_on_record_nothing_is_held_against_it(text):
    found = judged(text.format("7,315"), table(1231, 6084, stated=False))

    assert found.verdict == "right"


@pytest.mark.parametrize("text", CROSSED)
def test_all_encounters_are_no_crossings(text):
    assert judged(text.format("11,315"), table(1231, 6084)).verdict == "mislabelled"
