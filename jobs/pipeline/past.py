"""What the record holds when a month comes to be judged: counts, forecasts, open episodes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

from forecast import months
from forecast.engine.predictive import OLDER, ForecastPath, MonthForecast, PanelHindcasts
from forecast.judge.drift import Drift, Side
from forecast.judge.series import MonthCase, Published, State, typical
from forecast.store import inputs, judgements
from forecast.types import Episode, SeriesKey

if TYPE_CHECKING:
    from sqlite_utils import Database

MAX_HORIZON = 36  # months ahead that any run forecast


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
            if ahead and judgements.in_time(issued.published, known):
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


def read_past(db: Database) -> JudgingInputs:
    """What the record holds."""
    first = inputs.first_published(db)
    left = inputs.last_judged(db)
    last = {key: value.month for key, value in left.items()}
    pending = [min(by_month) for key, by_month in first.items() if key not in last]
    since = min([*pending, *last.values()], default="9999-12")
    return JudgingInputs(
        first=first,
        issued=inputs.issued_paths(db, months.shift(since, -MAX_HORIZON)),
        done=frozenset(inputs.judged(db)),
        last=last,
        states=_states(db, left),
    )


def _states(db: Database, left: Mapping[SeriesKey, inputs.LastJudged]) -> dict[SeriesKey, State]:
    alarms: dict[SeriesKey, dict[int, str]] = defaultdict(dict)
    for key, side, month in inputs.sides_said(db):
        alarms[key][side] = month
    episodes: dict[SeriesKey, Episode] = {e.series: e for e in inputs.all_episodes(db, True)}
    return {
        key: State(
            episodes.get(key),
            Drift(value.drift_up, value.drift_down, cast("Side", value.outside or 0), alarms[key]),
        )
        for key, value in left.items()
    }
