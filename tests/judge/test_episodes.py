"""The state machine, month by month; frozen forecast 0 with scale 0.1 on log1p counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from forecast import months
from forecast.engine import tails
from forecast.judge.episodes import Seen, holds, step
from forecast.types import Episode, ForecastPath, SeriesKey

KEY = SeriesKey("southwest")
FIRST = "2025-01"


def seen(age: int, z: float, *, p: float = 0.5, side: int = 0, deviates: bool = False) -> Seen:
    """A month `age` months after the flag, `z` away from the frozen centre."""
    flat = ForecastPath("2024-12", (10.0,) * 12, (0.1,) * 12, 4.0)
    month = months.shift(FIRST, age)
    return Seen(KEY, month, 10 + z, side or (1 if z > 0 else -1), p, 0.02, deviates, flat)


def run(*later: Seen, first: float = -1.0) -> list[tuple]:
    """(role, state, month closed) after each month."""
    episode, found = None, []
    for month in (seen(0, first, p=0.001, deviates=True), *later):
        ended, episode, role = step(episode, month)
        last = ended or episode
        found.append((role, last.state if last else None, last.closed if last else None))
    return found


def test_a_flag_opens_an_episode_with_the_forecast_frozen():
    ended, episode, role = step(None, seen(0, -1.0, p=0.001, deviates=True))

    assert (ended, role) == (None, "first")
    assert (episode.opened, episode.side, episode.cutoff) == (FIRST, -1, "2024-12")
    assert episode.size == pytest.approx(1.0)


def test_a_quiet_month_opens_nothing():
    assert step(None, seen(0, -0.1)) == (None, None, None)


@pytest.mark.parametrize(
    ("later", "end"),
    [
        ((-0.1,), ("transient", "2025-02")),
        ((-0.9, -0.8), ("level shift", "2025-03")),
        ((-0.9, -0.1, -0.8), ("level shift", "2025-04")),
        ((-0.9, -0.1, -0.1), ("transient", "2025-04")),
    ],
)
def test_two_months_that_hold_are_a_level_shift(later, end):
    found = run(*(seen(age, z) for age, z in enumerate(later, start=1)))

    assert found[-1][1:] == end
    assert all(state == "open" for _, state, _ in found[:-1])
    assert [role for role, *_ in found] == ["first"] + [None] * len(later)


def test_a_month_beyond_the_frozen_interval_holds_though_half_is_lost():
    assert run(seen(1, -0.4), first=-1.0)[-1][1] == "open"
    assert run(seen(1, -0.2), first=-1.0)[-1][1] == "transient"


def test_further_the_same_way_is_an_escalation_of_the_same_episode():
    found = run(seen(1, -2.0, p=0.004, deviates=True), seen(2, -2.0))

    assert [role for role, *_ in found] == ["first", "escalation", None]
    assert found[-1][1:] == ("level shift", "2025-03")


def test_a_return_is_no_flag_however_unusual_it_looks_to_the_newest_forecast():
    assert run(seen(1, -0.05, p=0.0001, side=1, deviates=True))[-1] == (
        None,
        "transient",
        "2025-02",
    )


def test_past_the_frozen_forecast_to_the_other_side_is_a_new_flag():
    found = run(seen(1, 1.0, p=0.0001, side=1, deviates=True))

    assert found[-1] == ("reversal", "transient", "2025-02")


def opened(scale: float, *, size: float = 1.0) -> Episode:
    """One of January 2025, a log count below its forecast, frozen with this scale."""
    frozen = ForecastPath("2024-12", (10.0,) * 12, (scale,) * 12, 2.5)
    first = Seen(KEY, FIRST, 10 - size, -1, 0.001, 0.02, True, frozen)
    _, episode, _ = step(None, first)
    return episode


@pytest.mark.parametrize(
    ("away", "scale", "held"),
    [
        (-0.5, 9.0, True),  # half of it, well within the interval
        (-0.499, 9.0, False),
        (0.6, 9.0, False),
        (-0.0, 9.0, False),
    ],
)
def test_half_of_the_deviation_is_kept(away, scale, held):
    assert holds(opened(scale), seen(1, away)) == held


@pytest.mark.parametrize("age", [1, 2, 11, 14])
def test_a_month_holds_where_it_lies_beyond_the_frozen_95_percent(age):
    """Of the month's own distribution; past the frozen path's end, of its last month's."""
    episode = opened(0.01)
    horizon = min(age + 1, 12)
    edge = brentq(lambda z: tails.tail_of_one(-z / 0.01, 10.0, 2.5, horizon) - 0.05, 0.001, 0.4)

    assert holds(episode, seen(age, -edge * 1.001))
    assert not holds(episode, seen(age, -edge * 0.999))


@pytest.mark.parametrize(
    ("away", "p", "deviates", "side", "role"),
    [
        (-1.1, 0.0049, True, -1, "escalation"),
        (-1.1, 0.005, True, -1, None),
        (-1.0, 0.001, True, -1, None),  # no further than before
        (-1.1, 0.001, False, -1, None),
        (-1.1, 0.001, True, 1, None),
        (0.6, 0.001, True, 1, "reversal"),
        (0.6, 0.001, False, 1, None),
        (0.6, 0.001, True, -1, None),
        (0.01, 0.001, True, 1, None),  # back within what was forecast before the flag
    ],
)
def test_a_second_flag_is_further_or_on_the_other_side(away, p, deviates, side, role):
    ended, episode, found = step(opened(0.1), seen(1, away, p=p, side=side, deviates=deviates))

    assert found == role
    if role == "reversal":
        assert (ended.state, ended.closed) == ("transient", "2025-02")
        assert (episode.opened, episode.side) == ("2025-02", 1)
        assert episode.size == pytest.approx(0.6)


def test_a_reversal_needs_its_alpha_against_the_frozen_forecast_too():
    episode = opened(0.1)
    edge = brentq(lambda z: tails.tail_of_one(z / 0.1, 10.0, 2.5, 2) - 0.02, 0.001, 4)

    _, _, beyond = step(episode, seen(1, edge * 1.001, p=0.001, deviates=True))
    _, _, within = step(episode, seen(1, edge * 0.999, p=0.001, deviates=True))

    assert (beyond, within) == ("reversal", None)


def test_the_frozen_path_begins_with_the_flagged_month():
    """From a forecast of two months before: its first month is no part of the episode."""
    said = ForecastPath("2024-11", (1.0, 2.0, 3.0), (0.1, 0.2, 0.3), 2.5, 9)
    first = Seen(KEY, FIRST, 4.0, 1, 0.001, 0.02, True, said, border_z=0.5, relative=True)

    ended, episode, role = step(None, first)

    assert (ended, role, episode.state) == (None, "first", "open")
    assert (episode.centre, episode.scale) == ((2.0, 3.0), (0.2, 0.3))
    assert (episode.size, episode.df, episode.relative) == (1.5, 2.5, True)  # 4 - .5 - 2


@pytest.mark.parametrize(
    ("age", "held", "state"),
    [
        (1, True, "open"),
        (1, False, "transient"),
        (2, True, "level shift"),
        (2, False, "open"),
        (3, True, "level shift"),
        (3, False, "transient"),
        # The next month that is judged may come late.
        (4, True, "level shift"),
        (4, False, "transient"),
        (7, False, "transient"),
    ],
)
def test_when_an_episode_is_decided(age, held, state):
    ended, still, role = step(opened(9.0), seen(age, -0.6 if held else -0.4))

    episode = still if state == "open" else ended
    assert (episode.state, role) == (state, None)
    assert episode.closed == (None if state == "open" else months.shift(FIRST, age))
    assert (still is None) != (ended is None)


@pytest.mark.parametrize("side", [1, -1])
def test_an_episode_is_the_same_to_either_side(side):
    """Half of the deviation holds, further is an escalation, the other side a reversal."""
    frozen = ForecastPath("2024-12", (10.0,) * 12, (0.1,) * 12, 2.5)
    first = Seen(KEY, FIRST, 10 + side, side, 0.001, 0.02, True, frozen)
    _, episode, _ = step(None, first)

    def role(away: float, towards: int) -> str | None:
        later = Seen(KEY, "2025-02", 10 + away, towards, 0.001, 0.02, True, frozen)
        return step(episode, later)[-1]

    assert (episode.side, episode.size) == (side, pytest.approx(1))
    assert holds(episode, seen(1, side * 0.51))
    assert not holds(episode, seen(1, side * 0.1))
    assert not holds(episode, seen(1, side * -0.6))
    assert role(side * 1.2, side) == "escalation"
    assert role(side * 1.2, -side) is None
    assert role(side * -0.9, -side) == "reversal"
    assert role(side * -0.9, side) is None


@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(0, 1), st.booleans()), max_size=12))
def test_every_episode_ends_within_three_months_and_only_two_kinds_of_flag_come_in_it(path):
    episode = None
    for age, (z, p, deviates) in enumerate(path):
        before = episode
        ended, episode, role = step(episode, seen(age, z, p=p, deviates=deviates))
        if before is None:
            assert role in (None, "first")
        else:
            assert role in (None, "escalation", "reversal")
            assert ended is None or ended.opened == before.opened
        if episode is not None:
            opened = months.to_index(episode.opened)
            assert months.to_index(months.shift(FIRST, age)) - opened < 3
