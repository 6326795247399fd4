"""Any two things side by side: only what both have is compared, and sums say of how much."""

from __future__ import annotations

import pytest

from forecast.desk import comparison
from forecast.errors import SeriesNameError, SpanError
from forecast.names import SeriesNames
from forecast.types import SeriesKey
from tests.support.cbp_files import ENCOUNTERS

NORTH = {"2024-01": 10, "2024-02": 20, "2024-03": 30}
SOUTH = {"2024-02": 40, "2024-03": 90, "2024-04": 50}


@pytest.mark.parametrize(
    ("shown_as", "newest", "note"),
    [
        ("counts", (30, 90, "0.33"), "a 50, b 130."),
        ("index", (150.0, 225.0, "0.67"), "a 50, b 130. Index: Feb 2024 is 100."),
        (
            "share",
            (25.0, 75.0, "0.33"),
            "a 50 of 180 a and b together, 27.8%; b 130 of 180 a and b together, 72.2%.",
        ),
    ],
)
def test_two_series_are_shown_over_the_months_both_have(shown_as, newest, note):
    compared = comparison.series(("a", "b"), (NORTH, SOUTH), shown_as)

    assert [row[0] for row in compared.rows] == ["Mar 2024", "Feb 2024"]
    assert compared.rows[0][1:] == newest
    assert compared.note == f"Feb 2024 to Mar 2024: {note}"


def test_months_that_do_not_add_up_have_a_mean():
    compared = comparison.series(("a", "b"), (NORTH, SOUTH), adds=False)

    assert compared.note == "Mean of Feb 2024 to Mar 2024: a 25, b 65."


def test_two_series_begin_where_asked():
    compared = comparison.series(("a", "b"), (NORTH, SOUTH), since="2024-03")

    assert [row[0] for row in compared.rows] == ["Mar 2024"]


def test_nothing_is_divided_by_a_count_of_0():
    compared = comparison.series(("a", "b"), ({"2024-01": 5}, {"2024-01": 0}), "index")

    assert compared.rows == [("Jan 2024", 100.0, None, "-")]


def test_an_unfinished_year_is_compared_with_the_same_months():
    now, then = ["2024-01", "2024-02", "2024-04"], ["2023-01", "2023-02", "2023-04"]
    counts = {**NORTH, "2023-01": 5, "2023-02": 20, "2023-04": 1000}

    compared = comparison.spans(("2024", "2023"), (now, then), counts)

    assert compared.rows == [
        ("January", 10, 5, "+100.0%"),
        ("February", 20, 20, "0.0%"),
        ("April", None, 1000, "-"),
        ("2 months", 30, 25, "+20.0%"),
    ]
    assert (
        compared.note
        == "2024: 30. 2023: 25. Change from 2023 to 2024: +20.0%, in the 2 months both have."
    )


def test_a_year_of_one_month_has_that_month_alone_to_compare():
    now, then = ["2024-03", "2024-04"], ["2023-03", "2023-04"]

    compared = comparison.spans(("2024", "2023"), (now, then), {**NORTH, "2023-03": 15})

    assert compared.rows[-1] == ("1 month", 30, 15, "+100.0%")
    assert compared.note.endswith(", in the 1 month both have.")


def test_two_months_are_one_row():
    compared = comparison.spans(("2024-03", "2024-01"), (["2024-03"], ["2024-01"]), NORTH)

    assert compared.rows == [("2024-03 / 2024-01", 30, 10, "+200.0%")]
    assert compared.note == "2024-03: 30. 2024-01: 10. Change from 2024-01 to 2024-03: +200.0%."


def test_a_change_goes_from_the_earlier_to_the_later_however_named():
    compared = comparison.spans(("2024-01", "2024-03"), (["2024-01"], ["2024-03"]), NORTH)

    assert compared.rows == [("2024-01 / 2024-03", 10, 30, "+200.0%")]
    assert compared.note == "2024-01: 10. 2024-03: 30. Change from 2024-01 to 2024-03: +200.0%."


COUNTS = {
    SeriesKey("northern"): {"2019-01": 40, "2026-01": 60, "2026-02": 50},
    SeriesKey("southwest"): {"2026-01": 20, "2026-02": 25},
}


def ask(*things, **more):
    names = SeriesNames(COUNTS, ENCOUNTERS)
    return comparison.asked(things, names, COUNTS.__getitem__, **more)


def test_two_words_are_series_and_three_a_series_and_two_spans():
    both, months = ask("north", "southwest"), ask("northern", "2026-01", "2019-01")

    assert both.heads == ("month", "northern", "southwest", "first / second")
    assert [row[1:3] for row in both.rows] == [(50, 25), (60, 20)]
    assert months.heads[1:3] == ("2026-01", "2019-01")
    assert months.rows == [("January", 60, 40, "+50.0%")]
    assert ask("north", "southwest", shown_as="index", since="2026-02").rows[0][1:3] == (
        100,
        100,
    )


@pytest.mark.parametrize(
    ("things", "problem"),
    [
        (("northern",), "name two series, or a series and two months or years"),
        (("a", "b", "c", "d"), "name two series"),
        (("northern", "nowhere"), "'nowhere': no series has this name"),
        (("northern", "2026-01", "soon"), "not a span of months"),
        (("southwest", "2019-01", "2019-02"), "no month of both is on record"),
    ],
)
def test_what_cannot_be_compared_is_said(things, problem):
    with pytest.raises((SeriesNameError, SpanError), match=problem):
        ask(*things)


MEXICO, INDIA, NORTH_INDIA = (
    SeriesKey("southwest", "citizenship", "MEXICO"),
    SeriesKey("southwest", "citizenship", "INDIA"),
    SeriesKey("northern", "citizenship", "INDIA"),
)
PARTS = {
    SeriesKey("northern"): {"2026-01": 60, "2026-02": 50},
    SeriesKey("southwest"): {"2026-01": 20, "2026-02": 25},
    SeriesKey("nationwide"): {"2026-01": 160, "2026-02": 150},
    MEXICO: {"2025-12": 9, "2026-01": 15, "2026-02": 5},
    INDIA: {"2026-01": 1, "2026-02": 5},
    NORTH_INDIA: {"2026-01": 6, "2026-02": 25, "2026-03": 7},
}


@pytest.mark.parametrize(
    ("things", "whole", "shares"),
    [
        # Of the other where that holds it, whichever is named first.
        (("southwest:Mexico", "southwest"), ("southwest", "southwest"), (20.0, 100.0)),
        (("southwest", "southwest:Mexico"), ("southwest", "southwest"), (100.0, 20.0)),
        (("northern:India", "nationwide"), ("nationwide", "nationwide"), (16.7, 100.0)),
        # Of its own total; two parts of different borders are no share of each other.
        (("northern:India", "southwest:India"), ("northern", "southwest"), (50.0, 20.0)),
        (("southwest:Mexico", "southwest:India"), ("southwest", "southwest"), (20.0, 20.0)),
        (("southwest:Mexico", "northern"), ("southwest", "nationwide"), (20.0, 33.3)),
        (("northern", "southwest"), ("nationwide", "nationwide"), (33.3, 16.7)),
    ],
)
def test_a_share_is_of_a_whole_that_is_named(things, whole, shares):
    names = SeriesNames(PARTS, ENCOUNTERS)
    found = comparison.asked(things, names, PARTS.__getitem__, "share")

    assert found.heads[1:3] == tuple(
        f"{name}, % of {of}" for name, of in zip(things, whole, strict=True)
    )
    # The newest month that both have, and their wholes.
    assert found.rows[0][0] == "Feb 2026"
    assert found.rows[0][1:3] == shares
    for name, of, key in zip(things, whole, map(names.find, things), strict=True):
        base = sum(PARTS[SeriesKey(of)][month] for month in ("2026-01", "2026-02"))
        count = sum(PARTS[key][month] for month in ("2026-01", "2026-02"))
        share = "" if name == of else f" of {base} {of}, {100 * count / base:.1f}%"
        assert f"{name} {count}{share}" in found.note


def test_months_of_one_series_have_no_shares():
    with pytest.raises(SpanError, match="two series have an index or shares"):
        ask("northern", "2026-01", "2019-01", shown_as="share")
