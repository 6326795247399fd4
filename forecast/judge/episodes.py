"""What a flag turns into: the state machine, one series and one month at a time.

                    flag (first)              t+1 does not hold
        quiet ───────────────────▶ open at t ──────────────────▶ transient ─▶ quiet
                                     │ t+1 holds
                                     ▼           t+2 does not
                                 confirming ───────────────────▶ t+3 decides
                                     │ t+2 holds                   │ holds    │ does not
                                     ▼                             ▼          ▼
                                level shift ◀──────────────────────┘      transient

While an episode is open
    further the same way, p < .005      another flag of the same episode: escalation
    p < alpha on the other side,        the episode ends as transient and a new one opens:
      against newest and frozen           reversal
    anything else                       no flag; a return to normal is none

The forecast that stood before the flag is frozen. A month *holds* if it is on the flag's side
of it and keeps at least half of the flagged deviation (log1p counts), or lies beyond the frozen
95% interval on that side. After a level shift the newest forecast, which has seen the new level,
is what later months are compared with.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

from forecast import months
from forecast.engine import tails
from forecast.judge.drift import Side
from forecast.types import Episode, ForecastPath, Role, SeriesKey, Severity

KEPT = 0.5  # of the flagged deviation, to hold
BEYOND = 0.05  # two-sided p outside the 95% interval
FURTHER = 0.005  # p of an escalation
LAST = 3  # months after the flag in which it is decided at the latest


@dataclass(frozen=True, slots=True)
class Seen:
    """A published month as the state machine sees it.

    z : log1p count; border_z : its total's, nan for a total.
    side, p : against the newest forecast. deviates : p < alpha, and it matters.
    outlook : that forecast, which is frozen if an episode opens; relative : whether it is about
        the part's log1p count less its total's.
    expected : its median; score : p as a signed normal score; grade : how grave.
    """

    series: SeriesKey
    month: str
    z: float
    side: Side
    p: float
    alpha: float
    deviates: bool
    outlook: ForecastPath
    border_z: float = float("nan")
    relative: bool = False
    expected: int = 0
    score: float = 0.0
    grade: Severity | None = None


class EpisodeStep(NamedTuple):
    """What a month did: the episode it ended, the one now open, and its flag's role."""

    ended: Episode | None
    opened: Episode | None
    role: Role | None


def step(episode: Episode | None, seen: Seen) -> EpisodeStep:
    """One month further."""
    if episode is None:
        opened = _opened(seen, "first") if seen.deviates else (None, None)
        return EpisodeStep(None, *opened)
    away = episode.side * _away(episode, seen)
    # Against the frozen forecast as well: a return to normal is no news.
    other = seen.side == -episode.side and away < 0 and seen.deviates
    if other and _frozen_p(episode, seen) < seen.alpha:
        ended = replace(episode, state="transient", closed=seen.month)
        return EpisodeStep(ended, *_opened(seen, "reversal"))
    further = seen.side == episode.side and away > episode.size and seen.deviates
    role: Role | None = "escalation" if further and seen.p < FURTHER else None
    moved = _settled(episode, seen)
    if moved.state == "open":
        return EpisodeStep(None, moved, role)
    return EpisodeStep(moved, None, role)


def _opened(seen: Seen, role: Role) -> tuple[Episode, Role]:
    # Frozen from the flagged month on: what was said of months before it is over.
    first = seen.outlook.horizon(seen.month) - 1
    centre = seen.outlook.centre[first:]
    episode = Episode(
        series=seen.series,
        opened=seen.month,
        side=seen.side,
        size=0.0,
        cutoff=seen.outlook.cutoff,
        centre=centre,
        scale=seen.outlook.scale[first:],
        df=seen.outlook.df,
        relative=seen.relative,
    )
    return replace(episode, size=abs(_away(episode, seen))), role


def _settled(episode: Episode, seen: Seen) -> Episode:
    """The episode after this month: still open, transient or a level shift."""
    age = months.to_index(seen.month) - months.to_index(episode.opened)
    holding = holds(episode, seen)
    if age >= 2 and holding:
        return replace(episode, state="level shift", closed=seen.month)
    if (age == 1 or age >= LAST) and not holding:
        return replace(episode, state="transient", closed=seen.month)
    return episode


def holds(episode: Episode, seen: Seen) -> bool:
    """Whether the month still stands where the flag stood."""
    away = episode.side * _away(episode, seen)
    beyond = _frozen_p(episode, seen) < BEYOND
    return away > 0 and (away >= KEPT * episode.size or beyond)


def _away(episode: Episode, seen: Seen) -> float:
    """Signed distance from the frozen centre, log1p counts."""
    value = seen.z - seen.border_z if episode.relative else seen.z
    return value - episode.centre[_place(episode, seen)]


def _frozen_p(episode: Episode, seen: Seen) -> float:
    place = _place(episode, seen)
    centre, scale = episode.centre[place], episode.scale[place]
    opened = months.to_index(episode.opened) - months.to_index(episode.cutoff)
    away = _away(episode, seen) / scale
    return tails.tail_of_one(away, centre, episode.df, opened + place)


def _place(episode: Episode, seen: Seen) -> int:
    """Where the month stands in the frozen path; past its end, its last month counts."""
    age = months.to_index(seen.month) - months.to_index(episode.opened)
    return min(age, len(episode.centre) - 1)
