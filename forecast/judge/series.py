"""One series, month by month: each month judged, flagged, and what its flag turns into.

`follow` takes one month further; the service calls it with what was issued, the replay with
what would have been. Everything it must know of earlier months is in `State`.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from forecast import months
from forecast.judge import drift, episodes, parts
from forecast.judge.drift import Drift, Side
from forecast.judge.parts import BorderMonth
from forecast.judge.surprise import FlagRules, eligible, p_value, ratio, severity
from forecast.types import (
    Episode,
    Flag,
    ForecastPath,
    Judgement,
    MonthForecast,
    Role,
    SeriesKey,
    Severity,
)

OUTSIDE = 0.05  # p beyond the 95% interval


@dataclass(frozen=True, slots=True)
class Published:
    """A month as first published, and the median of the twelve months before it."""

    series: SeriesKey
    month: str
    value: int
    release_id: int
    typical: float


@dataclass(frozen=True, slots=True)
class MonthCase:
    """A published month and what had been said of it.

    outlook : the forecast with the latest cutoff before it, None if it is too early for one.
    older : the forecast of six months before. total : of a part, None for a total itself.
    apart : scale of the part's deviation from its total, in the part's own scale.
    """

    published: Published
    outlook: ForecastPath | None
    older: MonthForecast | None = None
    total: BorderMonth | None = None
    apart: float = math.nan


@dataclass(frozen=True, slots=True)
class State:
    """What earlier months of a series leave for the next."""

    episode: Episode | None = None
    drift: Drift = field(default_factory=Drift)


class JudgedMonth(NamedTuple):
    """What came of one month: its judgement, its flags, and episodes opened, moved or ended."""

    judgement: Judgement
    flags: tuple[Flag, ...] = ()
    episodes: tuple[Episode, ...] = ()


class Surprise(NamedTuple):
    """One month against one forecast."""

    expected: MonthForecast
    p: float
    z: float
    grade: Severity | None

    @property
    def side(self) -> Side:
        """1 above, -1 below."""
        return 1 if self.z > 0 else -1

    @property
    def deviates(self) -> bool:
        """Whether it is more than worth watching."""
        return self.grade not in (None, "watch")


def judge_months(
    looks: Iterable[MonthCase], rules: FlagRules, state: State | None = None, *, drifts: bool = True
) -> Iterator[tuple[State, JudgedMonth]]:
    """Month after month, ascending; the state after each and what came of it."""
    state = state or State()
    for look in looks:
        state, judged = judge_month(state, look, rules, drifts=drifts)
        yield state, judged


def judge_month(
    state: State, look: MonthCase, rules: FlagRules, *, drifts: bool = True
) -> tuple[State, JudgedMonth]:
    """One month further; `drifts` whether the series is watched for drift."""
    published, outlook, total = look.published, look.outlook, look.total
    key, month, value = published.series, published.month, published.value
    unjudged = Judgement(key, month, value, "none", published.release_id)
    if outlook is None:
        return state, JudgedMonth(unjudged)
    own = _verdict(published, outlook.expected(month), rules)
    apart, frozen = _apart(look, outlook, rules) or (None, outlook)
    verdict = apart or own
    seen = episodes.Seen(
        series=key,
        month=month,
        z=math.log1p(value),
        side=verdict.side,
        p=verdict.p,
        alpha=rules.alpha,
        deviates=verdict.deviates,
        outlook=frozen,
        border_z=total.z if total else math.nan,
        relative=apart is not None,
    )
    step = episodes.step(state.episode, seen)
    flags = _month_flags(look, own, apart, state, step)
    outside: Side | None = None  # on which side it lies beyond the interval of six months before
    if look.older is not None:
        p, z = p_value(value, look.older)
        outside = (1 if z > 0 else -1) if p < OUTSIDE else 0
    after = state.drift
    if drifts and any(flag.severity != "watch" for flag in flags):
        after = drift.flagged(after, month, own.side, outside)
    elif drifts:
        after, alarm = drift.quiet(after, month, own.z, outside)
        large = look.older is not None and eligible(look.older, published.typical, rules)
        if alarm and look.older is not None and large and step.open is None:
            flags.append(_flag(published, "drift", "notable", look.older.median, alarm))
        elif alarm:  # known already, or too small to be told: the side is not said by it
            after = replace(after, said=state.drift.said)
    judgement = replace(
        unjudged,
        basis="hindcast" if outlook.run_id is None else "issued",
        run_id=outlook.run_id,
        cutoff=outlook.cutoff,
        horizon=outlook.horizon(month),
        median=own.expected.median,
        p=own.p,
        z=own.z,
        centre=own.expected.centre,
        apart_p=apart.p if apart else None,
        outside=outside,
        drift_up=after.up,
        drift_down=after.down,
    )
    changed = tuple(e for e in (step.ended, step.open) if e is not None)
    return State(step.open, after), JudgedMonth(judgement, tuple(flags), changed)


def _verdict(published: Published, expected: MonthForecast, rules: FlagRules) -> Surprise:
    p, z = p_value(published.value, expected)
    grade = severity(published.value, expected, p, published.typical, rules)
    return Surprise(expected, p, z, grade)


def _apart(
    look: MonthCase, outlook: ForecastPath, rules: FlagRules
) -> tuple[Surprise, ForecastPath] | None:
    """The part against its total, and the forecast of that.

    None where that is not the question or cannot be asked.
    """
    total, month = look.total, look.published.month
    if total is None or total.flag is None or not math.isfinite(look.apart):
        return None
    if outlook.cutoff != total.outlook.cutoff:
        return None  # deviations over different spans do not compare
    moved = parts.moved_along(outlook.expected(month), total, month, look.apart)
    frozen = parts.difference(outlook, total.outlook, look.apart)
    return _verdict(look.published, moved, rules), frozen


def _month_flags(
    look: MonthCase, own: Surprise, apart: Surprise | None, state: State, step: episodes.EpisodeStep
) -> list[Flag]:
    """The flag of a month; none where it is not unusual, or is known to be."""
    total, verdict, opened = look.total, own, None
    parent = total.flag if total else None
    role: Role = "first"
    if step.role:
        episode = step.open or step.ended
        assert episode is not None
        verdict, opened = apart or own, episode.opened
        role = "apart" if apart is not None and step.role == "first" else step.role
    elif total is not None and total.flagged and own.deviates:
        role = "listed"
    elif state.episode is not None or parent is not None or own.grade is None:
        return []
    assert verdict.grade is not None
    flag = _flag(look.published, "month", verdict.grade, verdict.expected.median, verdict.side)
    return [replace(flag, role=role, episode=opened, parent=parent)]


def _flag(
    published: Published,
    kind: Literal["month", "drift"],
    severity: Severity,
    expected: int,
    side: Side,
) -> Flag:
    return Flag(
        series=published.series,
        month=published.month,
        release_id=published.release_id,
        kind=kind,
        severity=severity,
        ratio=ratio(published.value, expected),
        value=published.value,
        expected=expected,
        side=side,
    )


def typical(by_month: Mapping[str, int], through: str) -> float:
    """Median of the twelve months up to `through`."""
    last = months.to_index(through)
    year = [by_month.get(months.from_index(last - back)) for back in range(12)]
    return float(statistics.median([count for count in year if count is not None] or [0]))
