"""Which of a number's readings the record is said to have: of rows made by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from forecast.claims.record.counts import Subject
from forecast.claims.record.verdict import Claimed, JudgedClaim, Reading
from forecast.claims.trace.trace import Anchor, TracedRow, _beside, _is_of_month, held
from forecast.claims.trace.when import When
from forecast.claims.trace.whose import SENTENCE, Whose
from forecast.periods import Period

JULY = Period.of("2024-07")
NORTH = Subject("northern")
ROUND = Claimed(19_000.0, unit=1_000.0, exact=False)


def row(far: int, truth: float, verdict: str = "right", at: int = 0) -> TracedRow:
    """A reading so far away by its words, of them so far by its time."""
    return TracedRow(
        Reading(NORTH, JULY),
        Whose(NORTH, far - at),
        When(JULY, at, explicit=True),
        JudgedClaim(verdict, truth),
    )


def of(claimed: Claimed, *rows: TracedRow) -> TracedRow | None:
    return held(SimpleNamespace(claimed=claimed), rows)


def test_nothing_is_held_of_no_reading():
    assert of(ROUND) is None


def test_a_count_to_the_digit_is_held_before_a_nearer_one_that_rounds():
    rounded, exact = row(0, 19_100, "right_when_rounded"), row(3, 19_000)

    assert of(ROUND, rounded, exact) is exact
    assert of(ROUND, rounded, row(3, 18_900, "right_when_rounded")) is rounded


@pytest.mark.parametrize("verdict", ["near_today", "wrong", "cannot_be_checked"])
def test_what_is_only_near_or_not_borne_is_not_held(verdict):
    assert of(ROUND, row(0, 19_000, verdict)) is None


@pytest.mark.parametrize(
    ("claimed", "reach"), [(ROUND, 3), (Claimed(194.0), 3), (Claimed(18_944.0), 6)]
)
def test_a_number_that_names_itself_reaches_farther(claimed, reach):
    # Two of them: of one alone more is believed.
    for far in (reach, reach + 1):
        found = of(claimed, row(far, claimed.value), row(far, claimed.value))
        assert (found is not None) == (far == reach)


@pytest.mark.parametrize(
    ("nearest", "far", "within"), [(2, 6, True), (3, 6, False), (2, 7, False), (0, 4, True)]
)
def test_the_only_count_that_rounds_to_a_number_may_be_farther(nearest, far, within):
    only = row(far, 19_000, "right_when_rounded")

    assert (of(ROUND, row(nearest, 5, "wrong"), only) is only) == within


def test_of_a_time_not_on_record_no_other_farther_time_is_held():
    unknown = row(0, 0, "cannot_be_checked")
    later, same = row(2, 19_000, at=2), row(2, 19_000)

    assert of(ROUND, unknown, later, later) is None
    assert of(ROUND, unknown, later, same) is same
    assert of(ROUND, row(0, 5, "wrong"), later, later) is later


@pytest.mark.parametrize(
    ("claimed", "traced", "near", "sure"),
    [
        (Claimed(1_234.0), True, False, True),
        (Claimed(1_234.0), False, False, False),
        (Claimed(1_234.0), True, True, False),
        (Claimed(123.0), True, False, True),
        (Claimed(1_250_000.0, unit=1_000.0, exact=False), True, False, True),
        (Claimed(1_000.0, unit=1_000.0, exact=False), True, False, False),
    ],
)
def test_a_count_is_sure_if_the_record_has_it_to_the_digit(claimed, traced, near, sure):
    assert Anchor(claimed, 0, 1, traced=traced, near=near).sure is sure


def test_an_anchor_has_the_months_of_its_reading():
    assert Anchor(ROUND, 0, 1, Reading(NORTH, JULY)).span == JULY
    assert Anchor(ROUND, 0, 1).span is None


HOST = Reading(Subject("southwest", "usbp", "field", ("Tucson Sector",)), JULY)


def subjects(of_all: bool, *persons: Whose) -> list[Subject]:
    found, months = _beside(HOST, of_all, [*persons], [When(JULY)])
    assert months == [When(JULY)]
    return [one.subject for one in found]


def test_a_second_count_is_of_the_first_one_s_unless_its_words_name_another():
    far = Whose(NORTH, part=SENTENCE)

    assert subjects(False, Whose(NORTH)) == [NORTH, HOST.subject]
    assert subjects(False, far) == [HOST.subject, NORTH]
    assert subjects(False) == [HOST.subject]
    assert subjects(False, far, Whose(HOST.subject, SENTENCE)) == [NORTH, HOST.subject]


def test_altogether_is_of_the_whole_by_its_agency_and_by_both():
    assert subjects(True, Whose(NORTH)) == [
        Subject("southwest", "usbp"),
        Subject("southwest"),
        NORTH,
        HOST.subject,
    ]


def test_a_month_is_asked_for_of_any_year():
    assert _is_of_month(JULY, JULY.last)
    assert _is_of_month(JULY, JULY.last - 24)
    assert not _is_of_month(JULY, JULY.last - 1)
    assert not _is_of_month(Period.of("2024-06", "2024-07"), JULY.last)
    assert _is_of_month(Period.of("2024-06", "2024-07"), 0)
