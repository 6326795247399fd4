"""Newly published months, each judged once by the forecast made before it.

First the totals, then their parts: what is asked of a part depends on whether its total is
flagged or open. Before the first run there was no forecast; hindcasts judge those months.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from forecast import months
from forecast.engine import ENGINE
from forecast.engine.predictive import OLDER, PanelHindcasts, border_beside
from forecast.judge import parts
from forecast.judge.drift import Drift, Side
from forecast.judge.parts import BorderMonth, apart_share
from forecast.judge.series import (
    JudgedMonth,
    MonthCase,
    Published,
    State,
    judge_month,
    judge_months,
    typical,
)
from forecast.judge.surprise import FlagRules, eligible, revision_flag, thresholds
from forecast.store import history, inputs
from forecast.types import (
    Counts,
    Episode,
    Flag,
    Forecast,
    ForecastPath,
    Judgement,
    MonthForecast,
    SeriesKey,
)
from models.base import Floats

if TYPE_CHECKING:
    from forecast.config import Config


@dataclass(frozen=True)
class JudgingInputs:
    """The record before this run's judging.

    Attributes
    ----------
    first : every series by month, as first published.
    issued : published forecasts by series, latest cutoff first.
    done : (series, month) judged already; last : the last such month of each series.
    states : what those months left, by series.
    """

    first: Mapping[SeriesKey, Mapping[str, inputs.FirstPublished]]
    issued: Mapping[SeriesKey, Sequence[ForecastPath]]
    done: frozenset[tuple[SeriesKey, str]]
    last: Mapping[SeriesKey, str]
    states: Mapping[SeriesKey, State]

    def pending(self, key: SeriesKey, since: str = "") -> list[str]:
        """Months of a series from `since` on that are not judged yet, ascending."""
        return [m for m in sorted(self.first[key]) if m >= since and (key, m) not in self.done]

    def look(self, hindsight: PanelHindcasts, row: int, month: str) -> MonthCase:
        """A total's month and what had been said of it."""
        published = self.published(hindsight.keys[row], month)
        outlook = self.outlook(hindsight, row, month)
        return MonthCase(published, outlook, self._older(hindsight, row, month))

    def published(self, key: SeriesKey, month: str) -> Published:
        """The month as first published."""
        first = self.first[key][month]
        before = typical(self._counts[key], months.shift(month, -1))
        return Published(key, month, first.value, first.release_id, before)

    @cached_property
    def _counts(self) -> Mapping[SeriesKey, Mapping[str, int]]:
        return {
            key: {month: first.value for month, first in by_month.items()}
            for key, by_month in self.first.items()
        }

    def outlook(self, hindsight: PanelHindcasts, row: int, month: str) -> ForecastPath | None:
        """The forecast with the latest cutoff before the month, issued before it was known.

        A hindcast where there is none, or where it is not known when the month became known; None
        where none reaches so far, as behind a gap of more than a year.
        """
        key = hindsight.keys[row]
        known = self.first[key][month].known
        for issued in self.issued.get(key, ()):
            if issued.reaches(month) and history.in_time(issued.published, known):
                return issued
        return hindsight.reaching(row, month)

    def _older(self, hindsight: PanelHindcasts, row: int, month: str) -> MonthForecast | None:
        """What was forecast six months before."""
        key, cutoff = hindsight.keys[row], months.shift(month, -OLDER)
        for issued in self.issued.get(key, ()):
            if issued.cutoff == cutoff and len(issued.centre) >= OLDER:
                return issued.expected(month)
        return hindsight.expected(row, month, OLDER)


def judging_inputs(record: inputs.Inputs) -> JudgingInputs:
    """What the record holds, as judging asks for it."""
    alarms: dict[SeriesKey, dict[int, str]] = defaultdict(dict)
    for key, side, month in record.sides:
        alarms[key][side] = month
    # At most one is open in each series; see `judge.episodes`.
    episodes = {e.series: e for e in record.episodes if e.state == "open"}
    states = {
        key: State(
            episodes.get(key),
            Drift(value.drift_up, value.drift_down, cast("Side", value.outside or 0), alarms[key]),
        )
        for key, value in record.left.items()
    }
    last = {key: value.month for key, value in record.left.items()}
    return JudgingInputs(record.first, record.issued_paths, record.judged, last, states)


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


def rules_of(config: Config) -> FlagRules:
    """When a month is unusual, as it is set."""
    return FlagRules(**config.flags.model_dump())


def judge_new(
    record: inputs.Inputs,
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
    for _, judged in judge_months([look for look in looks if look.published.month < last], rules):
        yield JudgedMonth(judged.judgement)
    new = [look for look in looks if look.published.month > last]
    for _, judged in judge_months(new, rules, past.states.get(key, State())):
        yield judged


def alarmed(rows: Iterable[Forecast], counts: Counts, rules: FlagRules) -> Iterable[Forecast]:
    """The engine's forecasts with the counts under and over which a month would be flagged."""
    for row in rows:
        if row.model != ENGINE:
            yield row
            continue
        expected = MonthForecast(row.median, row.centre, row.scale, row.df)
        if eligible(expected, typical(counts[row.series], row.cutoff), rules):
            below, above = thresholds(expected, rules)
            yield replace(row, flag_below=below, flag_above=above)
        else:
            yield row


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
        record: inputs.Inputs,
        head: PanelHindcasts,
        past: JudgingInputs,
        flags: Iterable[Flag],
        episodes: Iterable[Episode],
    ) -> TotalMonths:
        """From the record and what this run has just found."""
        flagged: dict[SeriesKey, dict[str, str]] = defaultdict(dict)
        for key, month, opened in record.flags:
            flagged[key][month] = opened or month
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
    def _row_of(self) -> dict[SeriesKey, int]:
        return {key: row for row, key in enumerate(self.head.keys)}

    def month(self, total: str, month: str) -> BorderMonth | None:
        """A total's month, None where it was not judged."""
        key = SeriesKey(total)
        if (key, month) not in self.months:
            self.months[key, month] = self._month(key, month)
        return self.months[key, month]

    def _month(self, key: SeriesKey, month: str) -> BorderMonth | None:
        first = self.past.first.get(key, {}).get(month)
        if first is None or key not in self._row_of:
            return None
        outlook = self.past.outlook(self.head, self._row_of[key], month)
        if outlook is None:
            return None
        flagged = month in self.flags.get(key, {})
        # A part under an open episode is asked whether it moved apart, flagged month or not.
        over = [opened for opened, closed in self.spans.get(key, ()) if opened <= month <= closed]
        flag = month if flagged else (max(over) if over else None)
        return BorderMonth(math.log1p(first.value), outlook, flag, flagged)


def judge_parts(
    past: JudgingInputs, totals: TotalMonths, families: Sequence[PanelHindcasts], rules: FlagRules
) -> tuple[list[JudgedMonth], frozenset[str]]:
    """What came of the parts' new months, and which of these months moved them all as one.

    Judged from the first month in which a total can be, and where the part has a forecast.
    """
    # All at first: how strictly a month is judged depends on how many parts it has.
    looks = [look for family in families for look in _family_looks(past, totals, family)]
    large = Counter(look.published.month for look in looks if _large(look, rules))
    judged: list[JudgedMonth] = []
    states: dict[SeriesKey, State] = {}
    for look in looks:
        key = look.published.series
        # Of 300 parts six would be flagged each month by chance alone.
        alpha = min(rules.alpha, parts.alpha(large[look.published.month]))
        state = states.get(key) or past.states.get(key, State())
        states[key], month = judge_month(state, look, replace(rules, alpha=alpha), drifts=False)
        judged.append(month)
    large_ones = (month for month, look in zip(judged, looks, strict=True) if _large(look, rules))
    return judged, frozenset(_systemic(large_ones))


def _large(look: MonthCase, rules: FlagRules) -> bool:
    if look.outlook is None:
        return False
    expected = look.outlook.expected(look.published.month)
    return eligible(expected, look.published.typical, rules)


def _systemic(judged: Iterable[JudgedMonth]) -> Iterator[str]:
    by_month: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for case in judged:
        p, z = case.judgement.p, case.judgement.z
        if p is not None and z is not None:
            by_month[case.judgement.month].append((p, 1 if z > 0 else -1))
    for month, cases in by_month.items():
        if parts.systemic(*zip(*cases, strict=True)):
            yield month


def _family_looks(
    past: JudgingInputs, totals: TotalMonths, family: PanelHindcasts
) -> Iterator[MonthCase]:
    """Each member's new months, ascending."""
    share = _apart_shares(totals.head, family)
    for row, key in enumerate(family.keys):
        for month in past.pending(key, past.last.get(key, "")):
            total = totals.month(key.total, month)
            outlook = past.outlook(family, row, month)
            if total is None or outlook is None:
                continue
            origin = family.column(row, outlook.cutoff)
            apart = float(share[row, origin]) if origin >= 0 else math.nan
            yield MonthCase(past.published(key, month), outlook, total=total, apart=apart)


def _apart_shares(head: PanelHindcasts, family: PanelHindcasts) -> Floats:
    """(members, months) scale of each member's deviation from its total, in its own scale."""
    z, first = family.panel.z, family.predictive.centre[..., 0]
    beside = [border_beside(head, family, row) for row in range(len(family.keys))]
    border_z, border_first = (np.stack(side) for side in zip(*beside, strict=True))
    return apart_share(z, first, border_z, border_first)
