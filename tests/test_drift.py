"""Slow changes: what months add up to, and what a flag sets back."""

from __future__ import annotations

import pytest

from forecast.watch.cusum import CLIP, LIMIT, SLACK, Drift, flagged, quiet


def test_after_a_flag_nothing_has_added_up():
    before = Drift(up=3.0, down=1.5, outside=0, said={1: "2020-01"})

    after = flagged(before, "2024-05", -1, 1)

    assert (after.up, after.down, after.outside) == (0.0, 0.0, 1)
    assert after.said == {1: "2020-01", -1: "2024-05"}
    assert flagged(before, "2024-05", -1, None).outside == 0


@pytest.mark.parametrize("side", [1, -1])
def test_scores_beyond_the_slack_add_up_to_an_alarm(side):
    """Each month of 2.5 or more adds 2: the third passes 4.5, and the sum begins anew."""
    drift, alarms = Drift(), []
    for number, score in enumerate((CLIP, 9.0, CLIP), start=1):
        drift, alarm = quiet(drift, f"2024-0{number}", side * score, 0)
        alarms.append(alarm)
        if number == 2:
            assert (drift.up, drift.down)[side < 0] == 2 * (CLIP - SLACK) < LIMIT

    assert alarms == [0, 0, side]
    assert (drift.up, drift.down) == (0.0, 0.0)
    assert drift.said == {side: "2024-03"}


def test_a_score_within_the_slack_wears_the_sum_down():
    drift, _ = quiet(Drift(up=1.0), "2024-01", 0.25, 0)

    assert drift.up == 0.75
    assert quiet(Drift(up=0.1), "2024-01", -1.0, 0)[0].up == 0.0


@pytest.mark.parametrize(("month", "alarm"), [("2024-09", 0), ("2024-10", 1)])
def test_a_side_stays_said_for_eight_months(month, alarm):
    drift = Drift(up=4.4, said={1: "2024-01"})

    assert quiet(drift, month, 1.0, 0)[1] == alarm
