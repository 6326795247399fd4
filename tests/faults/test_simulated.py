"""Weeks of the service with clock, disk, network, mail and kills together, each from one seed."""

from __future__ import annotations

import pytest

from tests.support.simulated_service import Week

SEEDS, IN_SHORT = 200, 2


@pytest.mark.parametrize(
    "seed",
    [
        *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(IN_SHORT)),
        *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(IN_SHORT, SEEDS)),
    ],
)
def test_a_bad_week_loses_nothing_and_says_nothing_twice(record, figure, seed):
    week = Week(seed)
    problems = week.lived(record)

    figure(
        "bad week",
        1,
        wakes=len(week.said),
        killed=week.kills,
        **{f"with_{kind}_faults": number for kind, number in sorted(week.faults.items())},
        lost_or_twice=len(problems),
    )
    assert problems == [], "\n".join([*problems, *week.said])
