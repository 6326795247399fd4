"""The headline's hindcasts from the figures as they were known at each cutoff."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from forecast import months
from forecast.engine.predictive import Predictive
from forecast.engine.refit import engine_forecasts
from forecast.engine.rows import month_of
from forecast.intake.series import nationwide_rows, panel
from forecast.records import Counts, Episode, SeriesKey
from forecast.store import judgements, runs, watch
from forecast.watch.cusum import Drift, Side
from forecast.watch.monitor import Look, Published, State
from forecast.watch.outlook import OLDER, Hindsight, Outlook, outlook_of
from forecast.watch.replay import typical
from forecast.watch.surprise import Expected
from jobs.pipeline.totals import Headline
from models.base import beside

if TYPE_CHECKING:
    import sqlite3

    from sqlite_utils import Database


LONGEST = 36  # months ahead that any run forecast


@dataclass(frozen=True)
class Past:
    """The record before this run's judging.

    Attributes
    ----------
    first : every series by month, as first published.
    issued : published forecasts by series, latest cutoff first.
    done : (series, month) judged already; last : the last such month of each series.
    states : what those months left, by series.
    """

    first: Mapping[SeriesKey, Mapping[str, watch.FirstPublished]]
    issued: Mapping[SeriesKey, Sequence[watch.Issued]]
    done: frozenset[tuple[SeriesKey, str]]
    last: Mapping[SeriesKey, str]
    states: Mapping[SeriesKey, State]

    def pending(self, key: SeriesKey, since: str = "") -> list[str]:
        """Months of a series from `since` on that are not judged yet, ascending."""
        return [m for m in sorted(self.first[key]) if m >= since and (key, m) not in self.done]

    def look(self, hindsight: Hindsight, row: int, month: str) -> Look:
        """A border's month and what had been said of it."""
        published = self.published(hindsight.keys[row], month)
        outlook = self.outlook(hindsight, row, month)
        return Look(published, outlook, self._older(hindsight, row, month))

    def published(self, key: SeriesKey, month: str) -> Published:
        """The month as first published."""
        first = self.first[key][month]
        before = typical(self._counts[key], months.shift(month, -1))
        return Published(key, month, first.encounters, first.release_id, before)

    @cached_property
    def _counts(self) -> Mapping[SeriesKey, Mapping[str, int]]:
        return {
            key: {month: first.encounters for month, first in by_month.items()}
            for key, by_month in self.first.items()
        }

    def outlook(self, hindsight: Hindsight, row: int, month: str) -> Outlook | None:
        """The forecast with the latest cutoff before the month, issued before it was known.

        A hindcast where there is none, or where it is not known when the month became known.
        """
        key = hindsight.keys[row]
        known = self.first[key][month].known
        for said in self.issued.get(key, ()):
            ahead = said.cutoff < month <= months.shift(said.cutoff, len(said.centre))
            if ahead and judgements.in_time(said.published, known):
                return _outlook(said)
        return hindsight.outlook(row, months.shift(month, -1))

    def _older(self, hindsight: Hindsight, row: int, month: str) -> Expected | None:
        """What was forecast six months before."""
        key, cutoff = hindsight.keys[row], months.shift(month, -OLDER)
        for said in self.issued.get(key, ()):
            if said.cutoff == cutoff and len(said.centre) >= OLDER:
                return _outlook(said).expected(month)
        return hindsight.expected(row, month, OLDER)


def _outlook(said: watch.Issued) -> Outlook:
    return Outlook(said.cutoff, said.centre, said.scale, said.df, said.run_id, said.median)


def read_past(db: Database) -> Past:
    """What the record holds."""
    first = watch.first_published(db)
    left = watch.last_judged(db)
    last = {key: value.month for key, value in left.items()}
    pending = [min(by_month) for key, by_month in first.items() if key not in last]
    since = min([*pending, *last.values()], default="9999-12")
    return Past(
        first=first,
        issued=watch.issued(db, months.shift(since, -LONGEST)),
        done=frozenset(runs.judged(db)),
        last=last,
        states=_states(db, left),
    )


def _states(db: Database, left: Mapping[SeriesKey, watch.LastJudged]) -> dict[SeriesKey, State]:
    said: dict[SeriesKey, dict[int, str]] = defaultdict(dict)
    for key, side, month in watch.sides_said(db):
        said[key][side] = month
    episodes: dict[SeriesKey, Episode] = {e.series: e for e in watch.all_episodes(db, True)}
    return {
        key: State(
            episodes.get(key),
            Drift(value.drift_up, value.drift_down, cast("Side", value.outside or 0), said[key]),
        )
        for key, value in left.items()
    }


CountsAsOf = Mapping[SeriesKey, Mapping[str, Sequence[watch.Stood]]]


def as_known(db: Database | sqlite3.Connection, head: Headline, said: Predictive) -> Hindsight:
    """What the engine would have said of the borders' totals at each cutoff.

    The figures of today stand in for those of a cutoff wherever they are the same; where a month
    has been revised since, the engine is asked again on what stood then. said : the engine's word
    on today's figures at every column.
    """
    values: dict[SeriesKey, dict[str, list[watch.Stood]]] = defaultdict(lambda: defaultdict(list))
    for stood in watch.headline_values(db):
        values[stood.series][stood.month].append(stood)
    revised = asked_again(list(_earlier_figures(head, values)), said.centre.shape[2])
    return Hindsight(head.keys, head.panel, said, revised)


def _earlier_figures(head: Headline, values: CountsAsOf) -> Iterator[tuple[str, Counts]]:
    """Cutoffs at which another figure stood than today's, and all the figures of then."""
    if len(set(head.panel.last.tolist())) > 1:
        return  # borders that end in different months are not judged side by side
    for column in range(head.last):
        cutoff = month_of(head.panel, 0, column)
        if any(cutoff not in values[key] for key in head.keys):
            continue
        day = max(values[key][cutoff][0].known_from for key in head.keys)
        then = {key: _as_of(values[key], cutoff, day) for key in head.keys}
        now = {key: _as_of(values[key], cutoff, "9999") for key in head.keys}
        if then != now:
            yield cutoff, then


def _as_of(by_month: Mapping[str, Sequence[watch.Stood]], cutoff: str, day: str) -> dict[str, int]:
    """One border's months up to the cutoff as they stood on a day, or at first after it."""
    return {
        month: next(
            (s.encounters for s in reversed(stood) if s.known_from <= day), stood[0].encounters
        )
        for month, stood in by_month.items()
        if month <= cutoff
    }


def asked_again(
    earlier: Sequence[tuple[str, Counts]], horizon: int, weighed_before: int = 0
) -> dict[tuple[SeriesKey, str], Outlook]:
    """The engine's word from the last month of each of these figures, all at once.

    earlier : (name, figures); each is a family of its own. By (series, name).
    weighed_before : the last so many months do not change how models are weighed.
    """
    if not earlier:
        return {}
    panels = [panel(counts, family=dict.fromkeys(counts, cutoff)) for cutoff, counts in earlier]
    places = [(key, cutoff) for cutoff, counts in earlier for key in counts]
    together = beside(panels)
    end = together.z.shape[1] - 1
    said = engine_forecasts(
        together,
        np.array([end], dtype=np.int64),
        horizon,
        totals=_totals(earlier),
        until=end - weighed_before if weighed_before else None,
    )
    return {
        (key, cutoff): outlook_of(said, row, 0, cutoff)
        for row, (key, cutoff) in enumerate(places)
        if np.isfinite(said.sigma[row, 0])
    }


def _totals(earlier: Sequence[tuple[str, Counts]]) -> dict[int, tuple[int, ...]]:
    """Row of each cutoff's nationwide -> rows of its borders."""
    totals, first = {}, 0
    for _, counts in earlier:
        for total, parts in nationwide_rows(tuple(counts)).items():
            totals[first + total] = tuple(first + part for part in parts)
        first += len(counts)
    return totals
