"""Budgets, the badge, drivers and revisions: small rules, each for itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from forecast.records import SeriesKey
from forecast.watch import multiplicity
from forecast.watch.attribution import Part, Whole, apportioned, drivers
from forecast.watch.revisions import revision_flag

BORDER = SeriesKey("southwest")
counts = st.integers(0, 10**6)
parts = st.lists(st.tuples(st.floats(0, 1e6), counts), max_size=40)


@pytest.mark.parametrize(
    ("eligible", "alpha"), [(0, 0.02), (100, 0.02), (500, 0.01), (10_000, 0.001)]
)
def test_the_budget_is_shared_within_its_bounds(eligible, alpha):
    assert multiplicity.alpha(eligible) == alpha


def test_the_badge_needs_many_on_one_side():
    quiet = [0.5] * 20
    moved = [0.001, 0.002, 0.0005, 0.001]

    assert multiplicity.systemic(quiet + moved, [1] * 24)
    assert not multiplicity.systemic(quiet + moved, [1] * 20 + [1, -1, 1, -1])
    assert not multiplicity.systemic(quiet + moved[:2], [1] * 22)
    assert not multiplicity.systemic(quiet * 3 + moved, [1] * 64)
    assert not multiplicity.systemic([], [])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_the_cutoff_is_the_largest_p_under_the_line(values):
    p = np.sort(np.array(values))
    line = multiplicity.Q * np.arange(1, len(p) + 1) / len(p)

    cut = multiplicity.cutoff(p)

    assert (p <= cut).sum() == max(np.flatnonzero(p <= line) + 1, default=0)


@given(parts, counts, counts, st.booleans())
def test_contributions_sum_to_the_deviation(found, expected, encounters, complete):
    members = [
        Part(BORDER._replace(dimension="state", member=str(i)), share, count)
        for i, (share, count) in enumerate(found)
    ]
    whole = Whole(BORDER, "2025-02", expected, encounters)

    rows = drivers(whole, "state", members, complete)

    if not members:
        assert [row.role for row in rows] == ["not held"]
        return
    assert sum(row.contribution for row in rows) == encounters - expected
    assert sum(row.expected for row in rows) == expected
    assert sum(row.encounters for row in rows) == encounters
    assert all(row.contribution == row.encounters - row.expected for row in rows)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.integers(0, 10**7))
def test_apportioned_is_whole_close_and_complete(shares, total):
    found = apportioned(np.array(shares), total)

    if sum(shares) > 0:
        exact = np.array(shares) / sum(shares) * total
        assert sum(found) == total
        assert np.abs(np.array(found) - exact).max() < 1 + 1e-6
    else:
        assert found == [0] * len(shares)


def test_parts_of_one_component_are_not_scaled_up_to_the_whole():
    part = Part(BORDER._replace(dimension="field", member="A", component="x"), 60.0, 30)

    rows = drivers(Whole(BORDER, "2020-04", 100, 40), "field", [part], complete=False)

    assert [(r.role, r.expected, r.encounters) for r in rows] == [
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
    ],
)
def test_a_revision_is_flagged_if_large_or_of_a_closed_year(before, after, closed, flagged):
    flag = revision_flag(BORDER, "2025-10", 9, before, after, closed)

    assert (flag is not None) == flagged
    assert flag is None or (flag.kind, flag.expected) == ("revision", before)


def test_as_many_are_rejected_as_by_scipys_rule():
    rng = np.random.default_rng(5)
    for size in (1, 2, 30, 400):
        p = rng.uniform(size=size) ** 3

        ours = p <= multiplicity.cutoff(p)

        assert ours.tolist() == (false_discovery_control(p) <= multiplicity.Q).tolist()
