"""Parts that moved: they add up, the farthest first, small ones folded."""

from __future__ import annotations

from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from forecast.desk.movers import MoverRow, by_dimension, moved_words
from forecast.desk.terminal import movers_table
from tests.support.cbp_files import ENCOUNTERS


def row(member, value, before, year_before=None, median=None, month="2024-03", dimension="state"):
    return MoverRow("northern", dimension, member, month, value, before, year_before, median)


TOTAL = row("", 100, 90, dimension="")


def test_the_farthest_mover_is_first_with_its_share():
    (moved,) = by_dimension([TOTAL, row("NY", 30, 28), row("VT", 70, 62)], ENCOUNTERS)

    assert [(m.label, m.change, m.share) for m in moved.movers] == [
        ("Vermont", 8, 0.8),
        ("New York", 2, 0.2),
    ]
    assert (moved.total.value, moved.total.change, moved.total.share) == (
        100,
        10,
        None,
    )


def test_a_change_is_from_the_base_asked_for():
    rows = [TOTAL, row("NY", 30, 28, 10, 25), row("VT", 70, 62, 71, 60)]

    changes = {
        base: [m.change for m in by_dimension(rows, ENCOUNTERS, base)[0].movers]
        for base in ("month_before", "year_before", "median")
    }
    assert changes == {"month_before": [8, 2], "year_before": [20, -1], "median": [10, 5]}


@given(st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 9999)), min_size=1, max_size=30))
def test_rows_add_up_whatever_is_folded(pairs):
    whole = row("", *map(sum, zip(*pairs, strict=True)), dimension="")
    rows = [whole, *(row(f"P{i}", now, before) for i, (now, before) in enumerate(pairs))]

    for most in (1, 3, 100):
        (moved,) = by_dimension(rows, ENCOUNTERS, most=most)
        assert sum(m.value for m in moved.movers) == moved.total.value
        assert sum(m.change for m in moved.movers) == moved.total.change
        assert len(moved.movers) == (len(pairs) if len(pairs) <= most + 1 else most + 1)


def test_a_base_that_one_part_lacks_is_unknown_for_their_sum():
    (moved,) = by_dimension([TOTAL, row("NY", 30, None), row("VT", 70, 62)], ENCOUNTERS)

    assert [(m.label, m.change, m.share) for m in moved.movers] == [
        ("Vermont", 8, 0.8),
        ("New York", None, None),
    ]
    assert moved.total.bases["month_before"] == 90  # of the total itself that is on record


def test_what_no_part_states_and_forecasts_made_apart_differ_by_has_a_row():
    """Of 100 counted 96 are in a part; the forecast is the total's own, whatever its parts' are."""
    total = row("", 100, 90, 80, 95, dimension="")
    parts = [row("NY", 30, 28, 20, 27), row("VT", 66, 62, 60, 60)]

    for base, left in (("month_before", 4 - 0), ("year_before", 4 - 0), ("median", 4 - 8)):
        (moved,) = by_dimension([total, *parts], ENCOUNTERS, base)
        *_, last = moved.movers
        assert (last.label, last.change) == ("not on record by part", left)
        assert (moved.total.label, moved.total.bases["median"]) == ("northern", 95)
        assert sum(m.change for m in moved.movers) == moved.total.change

    (moved,) = by_dimension([total, parts[0], row("VT", 70, 62, 60, 60)], ENCOUNTERS, "median")
    *_, last = moved.movers
    assert (last.label, last.value, last.change) == (
        "forecasts made apart", 0, -8,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("dimension", "month"), [("state", "2024-01"), ("apprehension_type", "2024-03")]
)
def test_a_sum_of_older_parts_or_of_a_half_has_no_forecast(dimension, month):
    rows = [row("", 100, 90, 80, 95, dimension="")]
    rows += [row(name, 30, 28, 20, 27, month, dimension) for name in ("A", "B")]

    (moved,) = by_dimension(rows, ENCOUNTERS, "median")

    assert (moved.total.label, moved.total.value) == ("sum of parts", 60)
    assert (moved.total.bases["median"], moved.total.change) == (None, None)


def test_a_part_that_ended_is_left_out():
    (moved,) = by_dimension(
        [TOTAL, row("NY", 100, 90), row("Old", 5, 4, month="2020-01")], ENCOUNTERS
    )

    assert [m.label for m in moved.movers] == ["New York"]


@pytest.mark.parametrize(("month", "late"), [("2024-03", False), ("2024-01", True)])
def test_parts_older_than_their_total_say_as_of_when(month, late):
    (moved,) = by_dimension([TOTAL, row("NY", 30, 28, month=month)], ENCOUNTERS)

    assert moved.late is late
    assert ("newest figures by state" in moved_words(moved, "northern", "month_before")) is late


def test_no_number_is_cut_on_a_narrow_terminal():
    rows = [row("", 112_000, 90_000, 80_000, 95_000, dimension="")]
    rows += [row("NY", 30_123, 28_456, 27_890, 29_012), row("VT", 81_877, 61_544, 52_110, 65_988)]
    (moved,) = by_dimension(rows, ENCOUNTERS)
    screen = Console(width=70, file=StringIO(), highlight=False)

    screen.print(movers_table(moved, "northern", "month_before"))

    text = screen.file.getvalue()
    for number in ("30,123", "28,456", "52,110", "65,988", "+20,333", "92%"):
        assert number in text
    assert max(map(len, text.splitlines())) <= 70


def test_eight_movers_are_named_before_the_rest_is_folded():
    total = row("", 145, 100, dimension="")
    rows = [total, *(row(f"P{i}", 10 + i, 10) for i in range(10))]

    labels = [m.label for m in by_dimension(rows, ENCOUNTERS)[0].movers]

    assert len(labels) == 9
    assert labels[-1] == "2 others"
