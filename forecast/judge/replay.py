"""The service as it would have been: every month judged by what could be said before it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast import months
from forecast.engine.forecast import headline, vintage_hindcasts
from forecast.engine.panel import month_of
from forecast.engine.predictive import OLDER, PanelHindcasts
from forecast.engine.refit import engine_forecasts
from forecast.engine.scores import break_months
from forecast.judge.judging import JudgedMonth, MonthCase, State, judge_months, typical
from forecast.judge.parts import within_budget
from forecast.tree import Traits
from forecast.types import (
    Break,
    Episode,
    Flag,
    FlagRules,
    Judgement,
    Row,
    RunBasis,
    SeriesKey,
    Totals,
)

AFTER_BREAK = 3  # months after a known break that are not quiet

Mask = NDArray[np.bool_]
FirstCounts = Mapping[str, tuple[int, int]]  # month -> count as first published, release id

JudgedSeries = Mapping[SeriesKey, Sequence[JudgedMonth]]
"""Series -> what came of each of its months, ascending."""


def replay(
    hindsight: PanelHindcasts,
    first: Mapping[SeriesKey, FirstCounts],
    rules: FlagRules,
    rows: Sequence[int] | None = None,
    since: str = "",
) -> JudgedSeries:
    """Every month of these series, with nothing known that was not known then.

    first : per series the counts as first published.
    rows : of the panel, all if None. since : the first month that is judged.
    """
    replayed = {}
    for row in range(len(hindsight.keys)) if rows is None else rows:
        looks = looks_back(hindsight, row, first[key := hindsight.keys[row]], since)
        replayed[key] = [judged for _, judged in judge_months(looks, rules, State())]
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
    at, rows = np.array([months.to_index(month) for month in months_shown])[:, None], []
    for total in totals:
        days = break_months(total, breaks)
        rows.append(((at < days) | (at > days + AFTER_BREAK)).all(axis=1))
    return np.stack(rows)


@dataclass(frozen=True)
class ReplayedService:
    """The service as it would have been.

    series : what came of each total's months. quiet : (total, month) not within three months
    after a known break. totals : in the order in which people name them.
    """

    series: JudgedSeries
    quiet: frozenset[tuple[str, str]]
    totals: Totals

    @property
    def flags(self) -> list[Flag]:
        """All flags and alarms worth telling, by month."""
        every = (
            flag for judged in self.series.values() for month in judged for flag in month.flags
        )
        place = self.totals.every.index
        notable = [flag for flag in every if flag.severity != "watch"]
        return sorted(notable, key=lambda flag: (flag.month, place(flag.series.total)))

    def ending(self, flag: Flag) -> Episode | None:
        """The episode of a flag as it stands at the end."""
        ended = None
        for judged in self.series[flag.series] if flag.episode else ():
            for episode in judged.episodes:
                ended = episode if episode.opened == flag.episode else ended
        return ended

    def rates(self, quiet: bool) -> dict[float, float | None]:
        """Share of the judged months with p below .05, .02 and .01; None where none was judged."""
        p = np.array([j.p for j in self.judged(quiet)])
        # Watched, flagged, and what a stricter service would flag.
        alphas = (0.05, 0.02, 0.01)
        return {alpha: float((p < alpha).mean()) if len(p) else None for alpha in alphas}

    def judged(self, quiet: bool) -> list[Judgement]:
        """The months that had a forecast; the quiet ones only."""
        every = (month.judgement for judged in self.series.values() for month in judged)
        known = (j for j in every if j.p is not None)
        return [j for j in known if not quiet or (j.series.total, j.month) in self.quiet]


def service(
    record: RunBasis,
    first_cutoff: str,
    horizon: int,
    rules: FlagRules,
    since: str,
    source: Traits,
    report: Callable[[str, int, int], None] = lambda *_: None,
) -> ReplayedService:
    """Every total's month from `since` on, judged by what was known before it.

    record : counts, first, vintages. report : told how many of the three steps are done.
    """
    report("replay", 0, 3)
    head = headline(record.counts, first_cutoff, source)
    predictive = engine_forecasts(head.panel, head.origins(0), horizon, totals=head.totals)
    report("replay", 1, 3)
    first = {
        key: {month: known[:2] for month, known in by_month.items()}
        for key, by_month in record.first.items()
    }
    rules = within_budget(rules, len(head.keys))
    hindcasts = vintage_hindcasts(record.vintages, head, predictive, source)
    report("replay", 2, 3)
    replayed = replay(hindcasts, first, rules, since=since)
    shown = [month_of(head.panel, 0, column) for column in range(head.last + 1)]
    totals = [key.total for key in head.keys]
    calm = quiet(totals, shown, source.breaks)
    known = frozenset((totals[r], shown[c]) for r, c in np.argwhere(calm))
    return ReplayedService(replayed, known, source.totals)


def known_events(service: ReplayedService, since: str, source: Traits) -> Iterator[Row]:
    """Which of the known breaks were found on which total within two months.

    By date, border and name; found : what the replay made of it, "" if nothing.
    """
    for date in source.breaks:
        month, until = date.date[:7], months.shift(date.date[:7], 2)
        for key, judged in service.series.items():
            if month < since or key.total not in date.totals:
                continue
            flags = [f for result in judged for f in result.flags if month <= f.month <= until]
            names = (f"{f.month} {f.kind if f.kind != 'month' else f.severity}" for f in flags)
            event = {"date": date.date, "border": key.total, "name": date.name}
            yield {**event, "found": ", ".join(names)}
