"""Published months, each judged once by the forecast made before it, and what its flag turns into.

First the totals, then their parts: what is asked of a part depends on whether its total is
flagged or open. Before the first run there was no forecast; hindcasts judge those months.
`judge_month` takes a series one month further; the service calls it with what was issued, the
replay with what would have been. All it must know of earlier months is in `State`.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Literal, NamedTuple, cast

import numpy as np

from forecast import months
from forecast.engine import ENGINE
from forecast.engine.predictive import OLDER, PanelHindcasts
from forecast.judge import drift, episodes, parts
from forecast.judge.drift import Drift, Side
from forecast.judge.episodes import Seen
from forecast.judge.parts import BorderMonth, apart_share
from forecast.judge.surprise import (
    WATCH,
    eligible,
    p_value,
    p_values,
    ratio,
    revision_flag,
    severity,
    thresholds,
)
from forecast.types import (
    Counts,
    Episode,
    FirstPublished,
    Flag,
    FlagRules,
    Forecast,
    ForecastPath,
    Judgement,
    MonthForecast,
    Role,
    RunBasis,
    SeriesKey,
    Severity,
    Unflagged,
    in_time,
)
from models.base import Floats
from models.onepass import off_calendar, on_calendar

OUTSIDE = 0.05  # p beyond the 95% interval


@dataclass(frozen=True, slots=True)
class MonthCase:
    """A month as first published, and what had been said of it.

    typical : the median of the twelve months before it.
    outlook : the forecast with the latest cutoff before it, None if it is too early for one.
    older : the forecast of six months before. total : of a part, None for a total itself.
    apart : scale of the part's deviation from its total, in the part's own scale.
    restated : cutoff -> what today's figures give from it, None where those of then still stand.
    surprises : forecasts of it -> (p, z) by them, of those that were asked with other months.
    """

    series: SeriesKey
    month: str
    value: int
    release_id: int
    typical: float
    outlook: ForecastPath | None
    older: MonthForecast | None = None
    total: BorderMonth | None = None
    apart: float = math.nan
    restated: Callable[[str], ForecastPath | None] = field(
        default=lambda cutoff: None, compare=False
    )
    surprises: dict[MonthForecast, tuple[float, float]] = field(default_factory=dict, compare=False)

    def surprise(self, expected: MonthForecast) -> tuple[float, float]:
        """(p, z) by a forecast of it, see `surprise.p_value`."""
        return self.surprises.get(expected) or p_value(self.value, expected)

    def large(self, rules: FlagRules) -> bool:
        """Whether it has a forecast, and its series is large enough to be flagged."""
        if self.outlook is None:
            return False
        return eligible(self.outlook.expected(self.month), self.typical, rules)


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


def judge_months(
    looks: Iterable[MonthCase], rules: FlagRules, state: State | None = None, *, drifts: bool = True
) -> Iterator[tuple[State, JudgedMonth]]:
    """Month after month, ascending; the state after each and what came of it."""
    state, looks = state or State(), list(looks)
    _ask_together(looks)
    for look in looks:
        state, judged = judge_month(state, look, rules, drifts=drifts)
        yield state, judged


def _ask_together(looks: Sequence[MonthCase]) -> None:
    """Have each month know how unusual it is: one at a time takes twenty times as long."""
    asked = [
        (look, said)
        for look in looks
        for said in (look.outlook.expected(look.month) if look.outlook else None, look.older)
        if said is not None
    ]
    found = p_values([look.value for look, _ in asked], [said for _, said in asked])
    for (look, said), surprise in zip(asked, found, strict=True):
        look.surprises[said] = surprise


def judge_month(
    state: State, look: MonthCase, rules: FlagRules, *, drifts: bool = True
) -> tuple[State, JudgedMonth]:
    """One month further; `drifts` whether the series is watched for drift."""
    outlook = look.outlook
    unjudged = Judgement(look.series, look.month, look.value, "none", look.release_id)
    if outlook is None:
        return state, JudgedMonth(unjudged)
    expected = outlook.expected(look.month)
    own = _seen(look, outlook, expected, rules, relative=False)
    apart = _apart(look, outlook, expected, rules)
    rebased = own.grade is not None and _as_of_today(look, own, rules)
    if rebased:
        own, apart = replace(own, deviates=False, grade=None), None
    before = state.episode
    if before is not None and _unfounded(before, look, rules):
        rebased, state = True, replace(state, episode=None)
    step = episodes.step(state.episode, apart or own)
    ended, opened = step.ended, step.opened
    if before is not state.episode and before is not None:
        ended = replace(before, state="transient", closed=look.month)
    flags = _month_flags(look, own, apart, state, step)
    outside = _outside(look)
    after = state.drift
    if rebased and not flags:
        pass  # the sums are of forecasts that rested on other figures
    elif drifts and any(flag.severity != "watch" for flag in flags):
        after = drift.flagged(after, look.month, own.side, outside)
    elif drifts:
        after, alarm = drift.quiet(after, look.month, own.score, outside)
        large = look.older is not None and eligible(look.older, look.typical, rules)
        if alarm and look.older is not None and large and opened is None:
            flags.append(_flag(look, "drift", "notable", look.older.median, alarm))
        elif alarm:  # known already, or too small to be told: the side is not said by it
            after = replace(after, sides=state.drift.sides)
    judgement = replace(
        unjudged,
        basis="hindcast" if outlook.run_id is None else "issued",
        run_id=outlook.run_id,
        cutoff=outlook.cutoff,
        horizon=outlook.horizon(look.month),
        median=expected.median,
        p=own.p,
        z=own.score,
        centre=expected.centre,
        apart_p=apart.p if apart else None,
        outside=outside,
        drift_up=after.up,
        drift_down=after.down,
        unflagged="restated" if rebased else _unflagged(own, flags, rules),
    )
    changed = tuple(e for e in (ended, opened) if e is not None)
    return State(opened, after), JudgedMonth(judgement, tuple(flags), changed)


def _seen(
    look: MonthCase,
    outlook: ForecastPath,
    expected: MonthForecast,
    rules: FlagRules,
    *,
    relative: bool,
) -> Seen:
    """A month against a forecast of it, which is frozen as `outlook` if it opens an episode."""
    p, score = look.surprise(expected)
    grade = severity(look.value, expected, p, look.typical, rules)
    return Seen(
        *(look.series, look.month, math.log1p(look.value), 1 if score > 0 else -1, p),
        alpha=rules.alpha,
        deviates=grade not in (None, "watch"),
        outlook=outlook,
        border_z=look.total.z if look.total else math.nan,
        relative=relative,
        expected=expected.median,
        score=score,
        grade=grade,
    )


def _outside(look: MonthCase) -> Side | None:
    """On which side it lies beyond the 95% interval of six months before; None without one."""
    if look.older is None:
        return None
    path, said = look.restated(months.shift(look.month, -OLDER)), [look.older]
    if path and path.reaches(look.month):
        said.append(path.expected(look.month))
    seen = map(look.surprise, said)
    sides: set[Side] = {(1 if z > 0 else -1) if p < OUTSIDE else 0 for p, z in seen}
    # Not where it is so by figures alone that were restated since.
    return sides.pop() if len(sides) == 1 else 0


def _as_of_today(look: MonthCase, own: Seen, rules: FlagRules) -> bool:
    """Whether it is the figures that moved: by those of today the month is not unusual."""
    path = look.restated(own.outlook.cutoff)
    if path is None or not path.reaches(look.month):
        return False
    today = _seen(look, path, path.expected(look.month), rules, relative=False)
    return today.grade is None or today.side != own.side


def _unfounded(episode: Episode, look: MonthCase, rules: FlagRules) -> bool:
    """Whether by the figures of today the month that opened an episode would not have."""
    path = None if episode.relative else look.restated(episode.cutoff)
    if path is None or not path.reaches(episode.opened):
        return False
    opening = math.expm1(episode.centre[0] + episode.side * episode.size)
    p, score = p_value(round(opening), path.expected(episode.opened))
    return p >= rules.alpha or (score > 0) != (episode.side > 0)


def _unflagged(own: Seen, flags: Sequence[Flag], rules: FlagRules) -> Unflagged:
    """Why an unusual month has no flag that is told."""
    if own.p >= WATCH or any(f.kind == "month" and f.severity != "watch" for f in flags):
        return ""
    if own.grade is None:
        return "small"
    return "watch" if own.p >= rules.alpha else "known"


def _apart(
    look: MonthCase, outlook: ForecastPath, expected: MonthForecast, rules: FlagRules
) -> Seen | None:
    """The part against its total; None where that is not the question or cannot be asked."""
    total = look.total
    if total is None or total.flag is None or not math.isfinite(look.apart):
        return None
    if outlook.cutoff != total.outlook.cutoff:
        return None  # deviations over different spans do not compare
    moved = parts.moved_along(expected, total, look.month, look.apart)
    frozen = parts.difference(outlook, total.outlook, look.apart)
    return _seen(look, frozen, moved, rules, relative=True)


def _month_flags(
    look: MonthCase, own: Seen, apart: Seen | None, state: State, step: episodes.EpisodeStep
) -> list[Flag]:
    """The flag of a month; none where it is not unusual, or is known to be."""
    total, verdict, since = look.total, own, None
    parent = total.flag if total else None
    role: Role = "first"
    if step.role:
        episode = step.opened or step.ended
        assert episode is not None
        verdict, since = apart or own, episode.opened
        role = "apart" if apart is not None and step.role == "first" else step.role
    elif total is not None and total.flagged and own.deviates:
        role = "listed"
    elif state.episode is not None or parent is not None or own.grade is None:
        return []
    assert verdict.grade is not None
    flag = _flag(look, "month", verdict.grade, verdict.expected, verdict.side)
    return [replace(flag, role=role, episode=since, parent=parent)]


def _flag(
    look: MonthCase,
    kind: Literal["month", "drift"],
    severity: Severity,
    expected: int,
    side: Side,
) -> Flag:
    return Flag(
        *(look.series, look.month, look.release_id, kind, severity),
        ratio=ratio(look.value, expected),
        value=look.value,
        expected=expected,
        side=side,
    )


def typical(by_month: Mapping[str, int], through: str) -> float:
    """Median of the twelve months up to `through`."""
    last = months.to_index(through)
    year = [by_month.get(months.from_index(last - back)) for back in range(12)]
    return float(statistics.median([count for count in year if count is not None] or [0]))


@dataclass(frozen=True)
class JudgingInputs:
    """The record before this run's judging.

    first : every series by month, as first published.
    issued : published forecasts by series, latest cutoff first.
    done : (series, month) judged already; last : the last such month of each series.
    states : what those months left, by series. counts : as they stand today.
    """

    first: Mapping[SeriesKey, Mapping[str, FirstPublished]]
    issued: Mapping[SeriesKey, Sequence[ForecastPath]]
    done: frozenset[tuple[SeriesKey, str]]
    last: Mapping[SeriesKey, str]
    states: Mapping[SeriesKey, State]
    counts: Counts = field(default_factory=dict)

    def pending(self, key: SeriesKey, since: str = "") -> list[str]:
        """Months of a series from `since` on that are not judged yet, ascending."""
        return [m for m in sorted(self.first[key]) if m >= since and (key, m) not in self.done]

    def case(self, key: SeriesKey, month: str, outlook: ForecastPath | None) -> MonthCase:
        """A month as first published, beside the forecast that it is held against."""
        first = self.first[key][month]
        usual = typical(self._counts[key], months.shift(month, -1))
        return MonthCase(key, month, first.value, first.release_id, usual, outlook)

    def restated(self, hindsight: PanelHindcasts, row: int, cutoff: str) -> ForecastPath | None:
        """What today's figures give from a cutoff, None where those of then still stand."""
        first, now = (of.get(hindsight.keys[row], {}) for of in (self._counts, self.counts))
        year = months.between(months.shift(cutoff, -11), cutoff)
        changed = any(month in now and first.get(month) != now[month] for month in year)
        return hindsight.today(row, cutoff) if changed else None

    def look(self, hindsight: PanelHindcasts, row: int, month: str) -> MonthCase:
        """A total's month and what had been said of it, also six months before."""
        key, cutoff = hindsight.keys[row], months.shift(month, -OLDER)
        case = self.case(key, month, self.outlook(hindsight, row, month))
        case = replace(case, restated=partial(self.restated, hindsight, row))
        for issued in self.issued.get(key, ()):
            if issued.cutoff == cutoff and len(issued.centre) >= OLDER:
                return replace(case, older=issued.expected(month))
        return replace(case, older=hindsight.expected(row, month, OLDER))

    @cached_property
    def _counts(self) -> Mapping[SeriesKey, Mapping[str, int]]:
        return {
            key: {month: count for month, (count, *_) in by_month.items()}
            for key, by_month in self.first.items()
        }

    def outlook(self, hindsight: PanelHindcasts, row: int, month: str) -> ForecastPath | None:
        """The forecast with the latest cutoff before the month, issued before it was known.

        A hindcast where there is none, or where it is not known when the month became known; None
        where none reaches so far, as behind a gap of more than a year.
        """
        key = hindsight.keys[row]
        known = self.first[key][month].known_from
        for issued in self.issued.get(key, ()):
            if issued.reaches(month) and in_time(issued.published, known):
                return issued
        return hindsight.reaching(row, month)


def judging_inputs(record: RunBasis) -> JudgingInputs:
    """What the record holds, as judging asks for it."""
    alarms: dict[SeriesKey, dict[int, str]] = defaultdict(dict)
    for alarm in record.sides:
        alarms[alarm.series][alarm.side] = alarm.month
    # At most one is open in each series; see `judge.episodes`.
    episodes = {e.series: e for e in record.episodes if e.state == "open"}
    states = {
        key: State(
            episodes.get(key),
            Drift(left.drift_up, left.drift_down, cast("Side", left.outside or 0), alarms[key]),
        )
        for key, left in record.left.items()
    }
    last = {key: left.month for key, left in record.left.items()}
    return JudgingInputs(
        record.first, record.issued_paths, record.judged, last, states, record.counts
    )


@dataclass
class Findings:
    """What judging found, in the order in which it is written: totals before their parts."""

    judgements: list[Judgement] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    episodes: list[Episode] = field(default_factory=list)
    systemic: frozenset[str] = frozenset()

    def add(self, months: Iterable[JudgedMonth]) -> None:
        """Keep what came of these months."""
        for judged in months:
            self.judgements.append(judged.judgement)
            self.flags += judged.flags
            self.episodes += judged.episodes


def judge_new(
    record: RunBasis,
    head: PanelHindcasts,
    families: Sequence[PanelHindcasts],
    rules: FlagRules,
) -> Findings:
    """Every published month not judged before, each on its first-published value."""
    past = judging_inputs(record)
    findings = Findings()
    for row, key in enumerate(head.keys):
        looks = [past.look(head, row, month) for month in past.pending(key)]
        findings.add(judge_series(past, key, looks, rules))
    totals = TotalMonths.known(record, head, past, findings.flags, findings.episodes)
    parts, findings.systemic = judge_parts(past, totals, families, rules)
    findings.add(parts)
    revisions = (revision_flag(*revised) for revised in record.revised)
    findings.flags += [flag for flag in revisions if flag is not None]
    return findings


def judge_series(
    past: JudgingInputs, key: SeriesKey, looks: Sequence[MonthCase], rules: FlagRules
) -> Iterator[JudgedMonth]:
    """One total's months; those filled in before its last judged one get no flags."""
    # Months that arrive late were news when nobody looked: they are judged, not reported.
    last = past.last.get(key, "")
    for _, judged in judge_months([look for look in looks if look.month < last], rules):
        late = judged.judgement
        unusual = late.p is not None and late.p < WATCH
        yield JudgedMonth(replace(late, unflagged="late") if unusual else late)
    new = [look for look in looks if look.month > last]
    for _, judged in judge_months(new, rules, past.states.get(key, State())):
        yield judged


def alarmed(rows: Iterable[Forecast], counts: Counts, rules: FlagRules) -> list[Forecast]:
    """The engine's forecasts with the counts under and over which a month would be flagged."""
    rows, large = list(rows), {}
    for at, row in enumerate(rows):
        if row.model == ENGINE:
            expected = MonthForecast(row.median, row.centre, row.scale, row.df, mixture=row.mixture)
            if eligible(expected, typical(counts[row.series], row.cutoff), rules):
                large[at] = expected
    for at, (below, above) in zip(large, thresholds([*large.values()], rules), strict=True):
        rows[at] = replace(rows[at], flag_below=below, flag_above=above)
    return rows


@dataclass
class TotalMonths:
    """The totals' months as their parts must know them.

    flags : total -> month -> month its episode opened. spans : total -> (opened, closed).
    """

    head: PanelHindcasts
    past: JudgingInputs
    flags: Mapping[SeriesKey, Mapping[str, str]]
    spans: Mapping[SeriesKey, Sequence[tuple[str, str]]]
    months: dict[tuple[SeriesKey, str], BorderMonth | None] = field(default_factory=dict)

    @classmethod
    def known(
        cls,
        record: RunBasis,
        head: PanelHindcasts,
        past: JudgingInputs,
        flags: Iterable[Flag],
        episodes: Iterable[Episode],
    ) -> TotalMonths:
        """From the record and what this run has just found."""
        flagged: dict[SeriesKey, dict[str, str]] = defaultdict(dict)
        for known in record.flags:
            flagged[known.series][known.month] = known.opened or known.month
        for flag in flags:
            if flag.kind == "month" and flag.severity != "watch":
                flagged[flag.series][flag.month] = flag.episode or flag.month
        ends: dict[tuple[SeriesKey, str], str] = {}
        for episode in (*record.episodes, *episodes):
            if episode.series.headline:
                ends[episode.series, episode.opened] = episode.closed or "9999-12"
        spans: dict[SeriesKey, list[tuple[str, str]]] = defaultdict(list)
        for (key, opened), closed in ends.items():
            spans[key].append((opened, closed))
        return cls(head, past, flagged, spans)

    @cached_property
    def _rows(self) -> dict[SeriesKey, int]:
        return {key: row for row, key in enumerate(self.head.keys)}

    def month(self, total: str, month: str) -> BorderMonth | None:
        """A total's month, None where it was not judged."""
        key = SeriesKey(total)
        if (key, month) not in self.months:
            first, outlook = self.past.first.get(key, {}).get(month), None
            if first is not None and key in self._rows:
                outlook = self.past.outlook(self.head, self._rows[key], month)
            flagged = month in self.flags.get(key, {})
            # A part under an open episode is asked whether it moved apart, flagged month or not.
            spans = self.spans.get(key, ())
            over = [opened for opened, closed in spans if opened <= month <= closed]
            flag = month if flagged else max(over, default=None)
            self.months[key, month] = None
            if first is not None and outlook is not None:
                known = BorderMonth(math.log1p(first[0]), outlook, flag, flagged)
                self.months[key, month] = known
        return self.months[key, month]


def judge_parts(
    past: JudgingInputs, totals: TotalMonths, families: Sequence[PanelHindcasts], rules: FlagRules
) -> tuple[list[JudgedMonth], frozenset[str]]:
    """What came of the parts' new months, and which of these months moved them all as one.

    Judged from the first month in which a total can be, and where the part has a forecast.
    """
    # All at first: how strictly a month is judged depends on how many parts it has.
    looks = [look for family in families for look in family_looks(past, totals, family)]
    _ask_together(looks)
    large = Counter(look.month for look in looks if look.large(rules))
    judged: list[JudgedMonth] = []
    states: dict[SeriesKey, State] = {}
    for look in looks:
        key = look.series
        # Of 300 parts six would be flagged each month by chance alone.
        alpha = rules.alpha
        if not rules.budget:
            alpha = min(alpha, parts.alpha(large[look.month]))
        strict = replace(rules, alpha=alpha)
        state = states.get(key) or past.states.get(key, State())
        states[key], month = judge_month(state, look, strict, drifts=False)
        judged.append(month)
    pairs = zip(looks, judged, strict=True)
    large_ones = (month.judgement for look, month in pairs if look.large(rules))
    return judged, parts.systemic_months(large_ones)


def family_looks(
    past: JudgingInputs, totals: TotalMonths, family: PanelHindcasts
) -> Iterator[MonthCase]:
    """Each member's new months, ascending; beside each its total as its siblings moved."""
    share, cases = apart_shares(family), list[MonthCase]()
    together: dict[tuple[str, str, str], list[MonthCase]] = defaultdict(list)
    for row, key in enumerate(family.keys):
        for month in past.pending(key, past.last.get(key, "")):
            total, outlook = totals.month(key.total, month), past.outlook(family, row, month)
            if total is None or outlook is None:
                continue
            origin = family.column(row, outlook.cutoff)
            apart = float(share[row, origin]) if origin >= 0 else math.nan
            restated = partial(past.restated, family, row)
            case = past.case(key, month, outlook)
            cases.append(replace(case, total=total, apart=apart, restated=restated))
            together[key.total, month, outlook.cutoff].append(cases[-1])
    moved: dict[tuple[SeriesKey, str], float] = {}
    for group in together.values():
        # How far each part's siblings were from their forecasts in a month.
        centre = np.array([c.outlook.expected(c.month).centre for c in group if c.outlook])[:, None]
        errors = np.log1p([[case.value] for case in group]) - centre
        moves = parts.siblings_moves(errors, np.exp(centre / 2))[:, 0].tolist()
        moved |= {(c.series, c.month): move for c, move in zip(group, moves, strict=True)}
    for case in cases:
        move, total = moved[case.series, case.month], case.total
        assert total is not None
        if math.isfinite(move):
            total = replace(total, z=total.outlook.expected(case.month).centre + move)
            yield replace(case, total=total)
        else:
            yield replace(case, apart=math.nan)  # by its own history: no siblings say otherwise


def apart_shares(family: PanelHindcasts) -> Floats:
    """(members, months) scale of each member's deviation from its siblings, in its own scale."""
    return apart_share(family.panel.z, family.predictive.centre[..., 0], siblings_beside(family))


def siblings_beside(family: PanelHindcasts) -> Floats:
    """(members, months) how far each member's siblings were from their forecasts."""
    z, first = family.panel.z, family.predictive.centre[..., 0]
    late = family.panel.last.max() - family.panel.last
    behind = late if late.any() else None
    errors, centre = (on_calendar(x, behind, np.nan) for x in (parts.errors_of(z, first), first))
    weight = np.ones_like(centre)
    weight[:, 1:] = np.exp(np.nan_to_num(centre[:, :-1]) / 2)
    moved, total = np.empty_like(errors), np.array([key.total for key in family.keys])
    for name in np.unique(total):
        of = total == name
        moved[of] = parts.siblings_moves(errors[of], weight[of])
    return off_calendar(moved, behind)
