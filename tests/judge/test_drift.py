"""Slow changes: what months add up to, and what a flag sets back."""

from __future__ import annotations

import pytest

from forecast.judge.drift import CLIP, CUSUM_LIMIT, SLACK, Drift, flagged, quiet


def test_after_a_flag_nothing_has_added_up():
    before = Drift(up=3.0, down=1.5, outside=0, sides={1: "2020-01"})

    after = flagged(before, "2024-05", -1, 1)

    assert (after.up, after.down, after.outside) == (0.0, 0.0, 1)
    assert after.sides == {1: "2020-01", -1: "2024-05"}
    assert flagged(before, "2024-05", -1, None).outside == 0


@pytest.mark.parametrize("side", [1, -1])
def test_scores_beyond_the_slack_add_up_to_an_alarm(side):
    """Each month of 2.5 or more adds 2: the third passes 4.5, and the sum begins anew."""
    drift, alarms = Drift(), []
    for number, score in enumerate((CLIP, 9.0, CLIP), start=1):
        drift, alarm = quiet(drift, f"2024-0{number}", side * score, 0)
        alarms.append(alarm)
        if number == 2:
            assert (drift.up, drift.down)[side < 0] == 2 * (CLIP - SLACK) < CUSUM_LIMIT

    assert alarms == [0, 0, side]
    assert (drift.up, drift.down) == (0.0, 0.0)
    assert drift.sides == {side: "2024-03"}


def test_a_score_within_the_slack_wears_the_sum_down():
    drift, _ = quiet(Drift(up=1.0), "2024-01", 0.25, 0)

    assert drift.up == 0.75
    assert quiet(Drift(up=0.1), "2024-01", -1.0, 0)[0].up == 0.0


@pytest.mark.parametrize(("month", "alarm"), [("2024-09", 0), ("2024-10", 1)])
def test_a_side_stays_said_for_eight_months(month, alarm):
    drift = Drift(up=4.4, sides={1: "2024-01"})

    assert quiet(drift, month, 1.0, 0)[1] == alarm


@pytest.mark.parametrize("side", [1, -1])
def test_a_sum_of_just_the_limit_is_no_alarm(side):
    """4 and a month of 1 over the slack of .5; a little more is one."""
    before = Drift(up=4.0, down=4.0)

    at_it, alarm = quiet(before, "2024-01", side * 1.0, 0)
    beyond, second = quiet(before, "2024-01", side * 1.001, 0)

    assert (alarm, second) == (0, side)
    sums = (at_it.up, at_it.down)
    assert sums == ((4.5, 2.5) if side == 1 else (2.5, 4.5))
    assert (beyond.up, beyond.down) == ((0, 2.499) if side == 1 else (2.499, 0))


@pytest.mark.parametrize("side", [1, -1])
def test_a_score_counts_with_two_and_a_half_at_most(side):
    """A little less counts as it is, and so it is on the other side's sum."""
    for score, gain in ((2.4, 1.9), (2.5, 2.0), (2.6, 2.0), (40.0, 2.0)):
        after, _ = quiet(Drift(up=2.0, down=2.0), "2024-01", side * score, 0)
        other = max(2.0 - (gain + 0.5) - 0.5, 0.0)
        assert (after.up, after.down) == pytest.approx((2 + gain, other)[::side])


@pytest.mark.parametrize(
    ("before", "now", "alarm"),
    [(1, 1, 1), (-1, -1, -1), (1, -1, 0), (0, 1, 0), (1, 0, 0), (1, None, 0), (0, 0, 0)],
)
def test_two_months_running_beyond_an_old_interval_are_an_alarm(before, now, alarm):
    drift = Drift(outside=before, sides={2: "2020-01"})

    after, side = quiet(drift, "2024-02", 0.0, now)

    assert side == alarm
    assert after.outside == (now or 0)
    assert after.sides == {2: "2020-01"} | ({alarm: "2024-02"} if alarm else {})
    assert (after.up, after.down) == (0, 0)


def test_what_adds_up_comes_before_what_lies_outside():
    """The sum passes its limit above; two months running lay below: it is told as a rise."""
    assert quiet(Drift(up=4.4, outside=-1), "2024-02", 1.0, -1)[1] == 1
    assert quiet(Drift(down=4.4, outside=1), "2024-02", -1.0, 1)[1] == -1


def test_an_alarm_of_a_side_said_lately_is_none_but_the_sum_begins_anew():
    after, alarm = quiet(Drift(up=4.4, sides={1: "2024-01", -1: "2023-01"}), "2024-03", 1.0, 0)

    assert (alarm, after.up) == (0, 0.0)
    assert after.sides == {1: "2024-01", -1: "2023-01"}
