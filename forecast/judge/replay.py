"""The service as it would have been: every month judged by what could be said before it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecast import months
from forecast.config import Config, Flags
from forecast.engine.forecast import headline
from forecast.engine.predictive import OLDER, PanelHindcasts
from forecast.engine.refit import engine_forecasts
from forecast.engine.rows import month_of
from forecast.engine.vintages import vintage_hindcasts
from forecast.judge.judging import JudgedMonth, MonthCase, State, judge_months, typical
from forecast.sources.source import Break
from forecast.store import inputs, releases
from forecast.types import Episode, Flag, Judgement, SeriesKey, Totals

if TYPE_CHECKING:
    import sqlite3

    from forecast.sources.source import Source

AFTER_BREAK = 3  # months after a known break that are not quiet

Mask = NDArray[np.bool_]
FirstCounts = Mapping[str, tuple[int, int]]  # month -> count as first published, release id


@dataclass(frozen=True, slots=True)
class Replayed:
    """One series: what came of each month, ascending."""

    series: SeriesKey
    months: tuple[JudgedMonth, ...]

    @property
    def flags(self) -> list[Flag]:
        """Its flags, those worth only watching left out."""
        every = (flag for judged in self.months for flag in judged.flags)
        return [flag for flag in every if flag.severity != "watch"]


def replay(
    hindsight: PanelHindcasts,
    first: Mapping[SeriesKey, FirstCounts],
    rules: Flags,
    rows: Sequence[int] | None = None,
    since: str = "",
) -> list[Replayed]:
    """Every month of these series, with nothing known that was not known then.

    Parameters
    ----------
    first : per series the counts as first published.
    rows : of the panel, all if None. since : the first month that is judged.
    """
    replayed = []
    for row in range(len(hindsight.keys)) if rows is None else rows:
        key = hindsight.keys[row]
        looks = looks_back(hindsight, row, first[key], since)
        judged = tuple(judged for _, judged in judge_months(looks, rules, State()))
        replayed.append(Replayed(key, judged))
    return replayed


def looks_back(
    hindsight: PanelHindcasts, row: int, first: FirstCounts, since: str = ""
) -> list[MonthCase]:
    """The months of one series with the hindcasts that would have stood before them."""
    counts = {month: count for month, (count, _) in first.items()}
    return [
        MonthCase(
            *(hindsight.keys[row], month, *first[month]),
            typical=typical(counts, months.shift(month, -1)),
            outlook=hindsight.reaching(row, month),
            older=hindsight.expected(row, month, OLDER),
        )
        for month in sorted(first)
        if month >= since
    ]


def quiet(totals: Sequence[str], months_shown: Sequence[str], breaks: Sequence[Break]) -> Mask:
    """(series, months) False from a known break of the total to three months after it."""
    days = {
        total: [months.to_index(each.date[:7]) for each in breaks if total in each.totals]
        for total in set(totals)
    }
    at = np.array([months.to_index(month) for month in months_shown])
    rows = [
        np.all([(at < day) | (at > day + AFTER_BREAK) for day in days[total]], axis=0)
        if days[total]
        else np.ones(len(at), dtype=bool)
        for total in totals
    ]
    return np.stack(rows)


@dataclass(frozen=True)
class ReplayedService:
    """The service as it would have been.

    series : what came of each total's months. quiet : (total, month) not within three months
    after a known break. totals : in the order in which people name them.
    """

    series: list[Replayed]
    quiet: frozenset[tuple[str, str]]
    totals: Totals

    @property
    def flags(self) -> list[Flag]:
        """All flags and alarms worth telling, by month."""
        every = [flag for series in self.series for flag in series.flags]
        return sorted(
            every,
            key=lambda flag: (flag.month, self.totals.every.index(flag.series.total)),
        )

    def ending(self, flag: Flag) -> Episode | None:
        """The episode of a flag as it stands at the end."""
        of_flag = (
            episode
            for series in self.series
            if series.series == flag.series
            for judged in series.months
            for episode in judged.episodes
            if episode.opened == flag.episode
        )
        return deque(of_flag, maxlen=1).pop() if flag.episode else None

    def rates(self, quiet: bool) -> dict[float, float | None]:
        """Share of the judged months with p below .05, .02 and .01; None where none was judged."""
        p = np.array([j.p for j in self.judged(quiet)])
        # Watched, flagged, and what a stricter service would flag.
        alphas = (0.05, 0.02, 0.01)
        return {alpha: float((p < alpha).mean()) if len(p) else None for alpha in alphas}

    def judged(self, quiet: bool) -> list[Judgement]:
        """The months that had a forecast; the quiet ones only."""
        return [
            month.judgement
            for series in self.series
            for month in series.months
            if month.judgement.p is not None
            and (not quiet or (series.series.total, month.judgement.month) in self.quiet)
        ]


def service(
    connection: sqlite3.Connection,
    config: Config,
    since: str,
    source: Source,
    report: Callable[[str, int, int], None] = lambda *_: None,
) -> ReplayedService:
    """Every total's month from `since` on, judged by what was known before it.

    report : told how many of the three steps are done.
    """
    report("replay", 0, 3)
    counts = releases.current_counts(connection)
    head = headline(counts, config, source)
    horizon = config.forecast.horizon
    predictive = engine_forecasts(head.panel, head.origins(0), horizon, totals=head.totals)
    report("replay", 1, 3)
    first = {
        key: {month: known[:2] for month, known in by_month.items()}
        for key, by_month in inputs.first_published(connection).items()
    }
    rules = config.flags
    vintages = inputs.vintages_of_totals(connection)
    hindcasts = vintage_hindcasts(vintages, head, predictive, source)
    report("replay", 2, 3)
    replayed = replay(hindcasts, first, rules, since=since)
    shown = [month_of(head.panel, 0, column) for column in range(head.last + 1)]
    totals = [key.total for key in head.keys]
    calm = quiet(totals, shown, source.breaks)
    known = frozenset((totals[r], shown[c]) for r, c in np.argwhere(calm))
    return ReplayedService(replayed, known, source.totals)


class Event(NamedTuple):
    """A known break and what the replay made of it within two months, "" if nothing."""

    date: str
    border: str
    name: str
    found: str


def known_events(service: ReplayedService, since: str, source: Source) -> Iterator[Event]:
    """Which of the known breaks were found on which total."""
    for date in source.breaks:
        for series in service.series:
            month = date.date[:7]
            if month < since or series.series.total not in date.totals:
                continue
            until = months.shift(month, 2)
            every = (flag for judged in series.months for flag in judged.flags)
            seen = [f for f in every if month <= f.month <= until]
            words = ", ".join(
                f"{f.month} {f.kind if f.kind != 'month' else f.severity}" for f in seen
            )
            yield Event(date.date, series.series.total, date.name, words)
