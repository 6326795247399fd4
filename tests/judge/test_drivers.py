"""Budgets, the badge, drivers and revisions: small rules, each for itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from forecast.judge import parts as judged_parts
from forecast.judge.drivers import apportioned, drivers
from forecast.judge.surprise import revision_flag
from forecast.types import SeriesKey

BORDER = SeriesKey("southwest")
counts = st.integers(0, 10**6)
parts = st.lists(st.tuples(st.floats(0, 1e6), counts), max_size=40)


@pytest.mark.parametrize(
    ("eligible", "alpha"), [(0, 0.02), (100, 0.02), (500, 0.01), (10_000, 0.001)]
)
def test_the_budget_is_shared_within_its_bounds(eligible, alpha):
    assert judged_parts.alpha(eligible) == alpha


def test_the_badge_needs_many_on_one_side():
    quiet = [0.5] * 20
    moved = [0.001, 0.002, 0.0005, 0.001]

    assert judged_parts.systemic(quiet + moved, [1] * 24)
    assert not judged_parts.systemic(quiet + moved, [1] * 20 + [1, -1, 1, -1])
    assert not judged_parts.systemic(quiet + moved[:2], [1] * 22)
    assert not judged_parts.systemic(quiet * 3 + moved, [1] * 64)
    assert not judged_parts.systemic([], [])


@pytest.mark.parametrize(
    ("up", "down", "quiet", "badge"),
    [
        (3, 0, 0, True),
        (2, 0, 0, False),  # two are not many
        (3, 0, 27, True),  # exactly a tenth
        (3, 0, 28, False),
        (4, 1, 0, True),  # exactly four fifths, up or down
        (1, 4, 0, True),
        (3, 1, 0, False),
        (1, 3, 0, False),
        (0, 3, 0, True),
    ],
)
def test_the_badge_begins_where_its_rule_says(up, down, quiet, badge):
    p, sides = [1e-4] * (up + down) + [0.9] * quiet, [1] * up + [-1] * down + [1] * quiet

    assert judged_parts.systemic(p, sides) == badge


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_the_cutoff_is_the_largest_p_under_the_line(values):
    p = np.sort(np.array(values))
    line = judged_parts.Q * np.arange(1, len(p) + 1) / len(p)

    cut = judged_parts.cutoff(p)

    assert (p <= cut).sum() == max(np.flatnonzero(p <= line) + 1, default=0)


@given(parts, counts, counts, st.booleans())
def test_contributions_sum_to_the_deviation(found, expected, encounters, complete):
    members = [
        (BORDER._replace(dimension="state", member=str(i)), share, count)
        for i, (share, count) in enumerate(found)
    ]
    whole = (BORDER, "2025-02", expected, encounters)

    rows = drivers(whole, "state", members, complete)

    if not members:
        assert [row["role"] for row in rows] == ["not held"]
        return
    assert sum(row["contribution"] for row in rows) == encounters - expected
    assert sum(row["expected"] for row in rows) == expected
    assert sum(row["value"] for row in rows) == encounters
    assert all(row["contribution"] == row["value"] - row["expected"] for row in rows)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.integers(0, 10**7))
def test_apportioned_is_whole_close_and_complete(shares, total):
    found = apportioned(np.array(shares), total)

    if sum(shares) > 0:
        exact = np.array(shares) / sum(shares) * total
        assert sum(found) == total
        assert np.abs(np.array(found) - exact).max() < 1 + 1e-6
    else:
        assert found == [0] * len(shares)


def test_a_part_without_any_counts_is_left_out_and_ties_go_to_the_first():
    names = ("a", "b", "c", "none", "new")
    shares, published = (1.0, 1.0, 1.0, 0.0, 0.0), (4, 3, 2, 0, 1)
    members = [
        (BORDER._replace(dimension="state", member=name), share, count)
        for name, share, count in zip(names, shares, published, strict=True)
    ]

    rows = drivers((BORDER, "2025-02", 11, 10), "state", members, complete=True)

    assert [(r["member"].member, r["expected"], r["contribution"]) for r in rows] == [
        ("a", 4, 0),
        ("b", 4, -1),
        ("c", 3, -1),
        ("new", 0, 1),
    ]
    assert {(r["series"], r["month"], r["dimension"], r["role"]) for r in rows} == {
        (BORDER, "2025-02", "state", "part")
    }


def test_where_nothing_was_expected_and_nothing_came_one_row_says_so():
    nothing = (BORDER._replace(dimension="state", member="a"), 0.0, 0)

    (row,) = drivers((BORDER, "2025-02", 0, 0), "state", [nothing], complete=True)
    (rest,) = drivers((BORDER, "2025-02", 7, 0), "state", [nothing], complete=True)

    assert (row["role"], row["member"], row["expected"], row["value"]) == (
        "unattributed",
        None,
        0,
        0,
    )
    assert (rest["role"], rest["expected"], rest["contribution"]) == ("unattributed", 7, -7)


@pytest.mark.parametrize(("expected", "complete", "scaled"), [(60, False, 60), (59, False, 59)])
def test_parts_are_scaled_down_to_a_whole_that_is_less(expected, complete, scaled):
    part = (BORDER._replace(dimension="field", member="A", component="x"), 60.4, 30)

    rows = drivers((BORDER, "2020-04", expected, 30), "field", [part], complete)

    assert [r["expected"] for r in rows] == [scaled]


def test_parts_of_one_component_are_not_scaled_up_to_the_whole():
    part = (BORDER._replace(dimension="field", member="A", component="x"), 60.0, 30)

    rows = drivers((BORDER, "2020-04", 100, 40), "field", [part], complete=False)

    assert [(r["role"], r["expected"], r["value"]) for r in rows] == [
        ("part", 60, 30),
        ("unattributed", 40, 10),
    ]


@pytest.mark.parametrize(
    ("before", "after", "closed", "flagged"),
    [
        (14_508, 14_594, False, True),
        (14_508, 14_550, False, False),  # under 50 counts
        (200_000, 200_900, False, False),  # under half a percent
        (200_000, 200_001, True, True),
        (200_000, 200_000, True, False),
        # Both bounds, up and down: 50 counts, and more than half a percent.
        (1000, 1049, False, False),
        (1000, 1050, False, True),
        (1000, 950, False, True),
        (1000, 951, False, False),
        (10_000, 10_050, False, False),
        (9_999, 10_049, False, True),
        (200_000, 199_999, True, True),
    ],
)
def test_a_revision_is_flagged_if_large_or_of_a_closed_year(before, after, closed, flagged):
    flag = revision_flag(BORDER, "2025-10", 9, before, after, closed)

    assert (flag is not None) == flagged
    if flag is not None:
        assert (flag.kind, flag.severity, flag.release_id) == ("revision", "notable", 9)
        assert (flag.expected, flag.value) == (before, after)
        assert flag.ratio == (after + 1) / (before + 1)
        assert flag.side == np.sign(after - before)


def test_as_many_are_rejected_as_by_scipys_rule():
    rng = np.random.default_rng(5)
    for size in (1, 2, 30, 400):
        p = rng.uniform(size=size) ** 3

        ours = p <= judged_parts.cutoff(p)

        assert ours.tolist() == (false_discovery_control(p) <= judged_parts.Q).tolist()
