"""One series, month by month: each month judged, flagged, and what its flag turns into.

`follow` takes one month further; the service calls it with what was issued, the replay with
what would have been. Everything it must know of earlier months is in `State`.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

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
    if look.outlook is None:
        return state, JudgedMonth(_unjudged(look.published))
    own = _verdict(look.published, look.outlook.expected(look.published.month), rules)
    apart = _apart(look, rules)
    seen = _seen(look, look.outlook, own, apart, rules)
    step = episodes.step(state.episode, seen)
    flag = _flag(look, own, apart, state, step)
    outside = _outside(look)
    still: tuple[Drift, Side] = (state.drift, 0)
    after, alarm = _drifted(state, look, own, flag, outside, step, rules) if drifts else still
    judgement = _judgement(look.published, look.outlook, own, apart, outside, after)
    flags = [flag] if flag else []
    if alarm and look.older is not None:
        flags.append(_drift_flag(look.published, look.older, alarm))
    changed = tuple(e for e in (step.ended, step.open) if e is not None)
    return State(step.open, after), JudgedMonth(judgement, tuple(flags), changed)


def _verdict(published: Published, expected: MonthForecast, rules: FlagRules) -> Surprise:
    p, z = p_value(published.value, expected)
    grade = severity(published.value, expected, p, published.typical, rules)
    return Surprise(expected, p, z, grade)


def _apart(look: MonthCase, rules: FlagRules) -> Surprise | None:
    """The part against its total, None where that is not the question or cannot be asked."""
    if look.total is None or look.total.flag is None or look.outlook is None:
        return None
    if not math.isfinite(look.apart):
        return None
    month = look.published.month
    if look.outlook.cutoff != look.total.outlook.cutoff:
        return None  # deviations over different spans do not compare
    expected = look.outlook.expected(month)
    moved = parts.moved_along(expected, look.total, month, look.apart)
    return _verdict(look.published, moved, rules)


def _seen(
    look: MonthCase, outlook: ForecastPath, own: Surprise, apart: Surprise | None, rules: FlagRules
) -> episodes.Seen:
    verdict = apart or own
    total = look.total
    if apart is not None:
        assert total is not None
        outlook = parts.difference(outlook, total.outlook, look.apart)
    return episodes.Seen(
        series=look.published.series,
        month=look.published.month,
        z=math.log1p(look.published.value),
        side=verdict.side,
        p=verdict.p,
        alpha=rules.alpha,
        deviates=verdict.deviates,
        outlook=outlook,
        border_z=total.z if total else math.nan,
        relative=apart is not None,
    )


def _flag(
    look: MonthCase, own: Surprise, apart: Surprise | None, state: State, step: episodes.EpisodeStep
) -> Flag | None:
    total = look.total
    parent = total.flag if total else None
    if step.role:
        verdict = apart or own
        role: Role = "apart" if apart is not None and step.role == "first" else step.role
        episode = step.open or step.ended
        assert episode is not None
        return _month_flag(look.published, verdict, role, episode.opened, parent)
    if total is not None and total.flagged and own.deviates:
        return _month_flag(look.published, own, "listed", None, parent)
    if state.episode is None and parent is None and own.grade is not None:
        return _month_flag(look.published, own, "first", None, None)
    return None


def _month_flag(
    published: Published, verdict: Surprise, role: Role, opened: str | None, parent: str | None
) -> Flag:
    assert verdict.grade is not None
    return Flag(
        series=published.series,
        month=published.month,
        release_id=published.release_id,
        kind="month",
        severity=verdict.grade,
        ratio=ratio(published.value, verdict.expected.median),
        value=published.value,
        expected=verdict.expected.median,
        side=verdict.side,
        role=role,
        episode=opened,
        parent=parent,
    )


def _outside(look: MonthCase) -> Side | None:
    """Side on which the month lies beyond the 95% interval of six months before."""
    if look.older is None:
        return None
    p, z = p_value(look.published.value, look.older)
    return (1 if z > 0 else -1) if p < OUTSIDE else 0


def _drifted(
    state: State,
    look: MonthCase,
    own: Surprise,
    flag: Flag | None,
    outside: Side | None,
    step: episodes.EpisodeStep,
    rules: FlagRules,
) -> tuple[Drift, Side]:
    """The drift rule after this month, and its alarm's side."""
    month = look.published.month
    if flag is not None and flag.severity != "watch":
        return drift.flagged(state.drift, month, own.side, outside), 0
    after, alarm = drift.quiet(state.drift, month, own.z, outside)
    known = step.open is not None or not _large(look, rules)
    return (replace(after, said=state.drift.said), 0) if alarm and known else (after, alarm)


def _large(look: MonthCase, rules: FlagRules) -> bool:
    return look.older is not None and eligible(look.older, look.published.typical, rules)


def _drift_flag(published: Published, older: MonthForecast, side: Side) -> Flag:
    return Flag(
        series=published.series,
        month=published.month,
        release_id=published.release_id,
        kind="drift",
        severity="notable",
        ratio=ratio(published.value, older.median),
        value=published.value,
        expected=older.median,
        side=side,
    )


def _judgement(
    published: Published,
    outlook: ForecastPath,
    own: Surprise,
    apart: Surprise | None,
    outside: Side | None,
    drift: Drift,
) -> Judgement:
    return replace(
        _unjudged(published),
        basis="hindcast" if outlook.run_id is None else "issued",
        run_id=outlook.run_id,
        cutoff=outlook.cutoff,
        horizon=outlook.horizon(published.month),
        median=own.expected.median,
        p=own.p,
        z=own.z,
        centre=own.expected.centre,
        apart_p=apart.p if apart else None,
        outside=outside,
        drift_up=drift.up,
        drift_down=drift.down,
    )


def _unjudged(published: Published) -> Judgement:
    return Judgement(
        published.series, published.month, published.value, "none", published.release_id
    )


def typical(by_month: Mapping[str, int], through: str) -> float:
    """Median of the twelve months up to `through`."""
    last = months.to_index(through)
    year = [by_month.get(months.from_index(last - back)) for back in range(12)]
    return float(statistics.median([count for count in year if count is not None] or [0]))
