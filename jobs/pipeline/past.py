"""What the record holds when a month comes to be judged: counts, forecasts, open episodes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from forecast import months
from forecast.engine.predictive import OLDER, ForecastPath, MonthForecast, PanelHindcasts
from forecast.judge.drift import Drift, Side
from forecast.judge.series import MonthCase, Published, State, typical
from forecast.store import history, inputs
from forecast.types import SeriesKey


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
    issued: Mapping[SeriesKey, Sequence[inputs.Issued]]
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
            ahead = issued.cutoff < month <= months.shift(issued.cutoff, len(issued.centre))
            if ahead and history.in_time(issued.published, known):
                return _outlook(issued)
        return hindsight.reaching(row, month)

    def _older(self, hindsight: PanelHindcasts, row: int, month: str) -> MonthForecast | None:
        """What was forecast six months before."""
        key, cutoff = hindsight.keys[row], months.shift(month, -OLDER)
        for issued in self.issued.get(key, ()):
            if issued.cutoff == cutoff and len(issued.centre) >= OLDER:
                return _outlook(issued).expected(month)
        return hindsight.expected(row, month, OLDER)


def _outlook(issued: inputs.Issued) -> ForecastPath:
    return ForecastPath(
        issued.cutoff, issued.centre, issued.scale, issued.df, issued.run_id, issued.median
    )


def judging_inputs(record: inputs.Inputs) -> JudgingInputs:
    """What the record holds, as judging asks for it."""
    alarms: dict[SeriesKey, dict[int, str]] = defaultdict(dict)
    for key, side, month in record.sides:
        alarms[key][side] = month
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
