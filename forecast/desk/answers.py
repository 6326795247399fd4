"""Questions put to the last published run: sums over months, chances, paths.

    with connect.moment(path) as connection:
        asking = Asking(connection, source)
        asking.chance("northern", "FY2027", "> FY2026").share

Everything is drawn anew from what the run keeps, so it is the same whenever it is asked.
"""

import sqlite3
from collections import Counter
from functools import cached_property, partial
from itertools import groupby
from operator import attrgetter

import numpy as np

from forecast import months
from forecast.desk.movers import MoverRow
from forecast.desk.sentences.ahead import unforecast_words
from forecast.desk.sentences.trust import stale_words
from forecast.engine import ENGINE, paths, spans
from forecast.engine.forecast import INTERVALS
from forecast.engine.joint import Joint
from forecast.engine.spans import Chance, Outlooks
from forecast.errors import SeriesNameError, SpanError
from forecast.judge.questions import (
    SIMILAR,
    TrackRecord,
    of_rows,
    similar_kind,
)
from forecast.names import SeriesNames, names_with_sums
from forecast.periods import Period
from forecast.rows import ForecastRow
from forecast.sources.source import Source
from forecast.store import inputs, read
from forecast.store.queries import records, rows
from forecast.tree import Tree
from forecast.types import SUM_AHEAD, Forecast, Provisional, Scope, SeriesKey
from forecast.words import first_few, month_words


def track_record(connection: sqlite3.Connection, chance: Chance) -> TrackRecord | None:
    """How standing questions of the same kind turned out; None if there is no such kind yet."""
    kind = similar_kind(chance)
    rows = [row for row in read.resolved_questions(connection) if row["kind"] == kind]
    if not rows:
        return None
    near = [row for row in rows if abs(row["chance"] - chance.share) <= SIMILAR]
    return TrackRecord(kind, of_rows(rows), len(near), sum(row["outcome"] for row in near))


def moving(connection: sqlite3.Connection, total: str, tree: Tree) -> list[MoverRow]:
    """Return each part's newest count and what it is set beside; of the whole, sums of totals'."""
    rows_of = partial(records, connection, MoverRow, "movers")
    own: list[MoverRow] = rows_of({"total": total})
    totals = tree.totals_of(total)
    if totals == (total,):
        return own
    parts = [row for part in totals for row in rows_of({"total": part})]
    added = tree.everywhere(Scope(row.total, row.dimension) for row in parts)
    added -= {row.dimension for row in own}
    alike = attrgetter("dimension", "member", "month")
    whole = sorted((row for row in parts if row.dimension in added), key=alike)
    return [*own, *(MoverRow.sum([*group]) for _, group in groupby(whole, alike))]


class Asking:
    """The last run of a record, to put questions to.

    connection : reads the record; it stays open as long as this is asked.
    source : what the publisher tells of the record's counts. SpanError where nothing is published,
    or the last run was made before runs kept paths.
    """

    def __init__(self, connection: sqlite3.Connection, source: Source) -> None:
        self.connection, self.source = connection, source
        run = read.latest_run(connection)
        rule = read.path_rule(connection, run.id) if run else None
        if run is None or rule is None:
            raise SpanError(
                "the last run", "it stored no paths; `bordercast run` creates a run that does"
            )
        self.run, self._rule = run, rule

    @cached_property
    def names(self) -> SeriesNames:
        """Every series that is on record, by name, and sums like nationwide:Mexico."""
        return names_with_sums(read.series_keys(self.connection), self.source)

    @cached_property
    def joint(self) -> Joint:
        """What the run says of all series together."""
        return Joint(
            self._rule,
            read.path_marks(self.connection, self.run.id),
            self.source.tree,
        )

    def outlooks(self, series: str | SeriesKey, n: int | None = None) -> Outlooks:
        """A series as it is asked about.

        n : paths; as many as the published intervals rest on unless said.
        """
        key = self.names.find(series) if isinstance(series, str) else series
        if key in self.names.sums:
            return self._sum(key, n)
        marginals = self.joint.marginals.get(key)
        if marginals is None:
            why = unforecast_words(
                key, read.counts(self.connection, key), self.run.data_through, self.source
            )
            raise SeriesNameError(self.names.name(key), why)
        wanted = n or (paths.DRAWS if key.headline else paths.PART_DRAWS)
        cutoff = months.from_index(marginals.cutoff)
        counts = self._counts(key)
        # A part that has not appeared yet had a count of 0; a total's months are unknown, not 0.
        if not key.headline:
            first = min(read.counts(self.connection, SeriesKey(key.total)), default=cutoff)
            before = months.between(first, months.shift(min(counts), -1))
            counts = dict.fromkeys(before, 0) | counts
        return Outlooks(key, counts, cutoff, self.joint.draws(wanted).of(key), self.source.calendar)

    @cached_property
    def _unfinished(self) -> list[Provisional]:
        return [m for m in inputs.provisional(self.connection) if m.kind == "delivery"]

    def _counts(self, key: SeriesKey) -> dict[str, int]:
        """Published counts, months that are not complete as the run takes them."""
        of_key = [month for month in self._unfinished if month.series == key]
        return dict(inputs.completed({key: read.counts(self.connection, key)}, of_key)[key])

    def _sum(self, key: SeriesKey, n: int | None) -> Outlooks:
        """A sum's paths: those of its parts, path by path, as their totals were drawn together."""
        parts = [self.outlooks(part, n) for part in self.names.sums[key]]
        # Paths that begin in different months have no sum.
        cutoff = min(part.cutoff for part in parts)
        if any(part.cutoff != cutoff for part in parts):
            why = "its parts do not end in the same month, so they do not add up"
            raise SeriesNameError(self.names.name(key), why)
        counts = Counter[str]()
        for part in parts:
            counts.update(part.counts)
        draws = np.sum([part.draws for part in parts], axis=0)
        return Outlooks(key, dict(counts), cutoff, draws, self.source.calendar)

    def months_ahead(self, key: SeriesKey) -> list[ForecastRow]:
        """Forecasts of a sum month by month, as the view `latest_forecasts` has them."""
        asked = self.outlooks(key)
        ahead = (months.shift(asked.cutoff, lead + 1) for lead in range(asked.draws.shape[1]))
        return [
            ForecastRow(
                *key[:3],
                model=ENGINE,
                month=forecast.month,
                cutoff=asked.cutoff,
                horizon=lead,
                flag_below=None,
                flag_above=None,
                run_id=self.run.id,
                **{name: getattr(forecast, name) for name in INTERVALS},
            )
            for lead, forecast in enumerate((self.span(key, month) for month in ahead), start=1)
        ]

    def span(self, series: str | SeriesKey, text: str) -> Forecast:
        """What a span of months comes to; see `forecast.periods` for its forms.

        What the run itself published of it is repeated, so that no span has two answers.
        """
        calendar = self.source.calendar
        try:
            asked = self.outlooks(series)
        except SeriesNameError as unforecast:
            asked = self._published(series, text, unforecast)
        span = calendar.read(text, months.to_index(asked.cutoff))
        total = spans.total(span, asked.counts, asked.cutoff, asked.draws, calendar)
        for row in rows(self.connection, "periods_of_series", asked.key[:3]):
            # Drawn anew it would differ by what 2,000 paths leave open.
            if Period.of(row["first_month"], row["last_month"]) == span:
                values = {name: row[name] for name in SUM_AHEAD[2:]}
                return Forecast(asked.key, ENGINE, span=calendar.name(span), **values)
        only = spans.only_month(span.first_month, span.last_month, asked.cutoff)
        published = read.month_forecasts(self.connection, asked.key, ENGINE) if only else []
        month = next((row for row in published if row.month == only), None)
        forecast = spans.span_forecast(asked.key, span, asked.cutoff, total, calendar)
        return spans.with_month(forecast, month) if month else forecast

    def _published(
        self, series: str | SeriesKey, text: str, unforecast: SeriesNameError
    ) -> Outlooks:
        """What is published of a series without a forecast; the error, where a span needs one."""
        key = self.names.find(series) if isinstance(series, str) else series
        counts = self._counts(key)
        if not counts:
            raise unforecast
        last = max(counts)
        asked = Outlooks(key, counts, last, np.zeros((1, 0)), self.source.calendar)
        span = asked.calendar.read(text, months.to_index(last))
        if span.last_month <= last:
            return asked
        known = [counts[month] for month in span.months if month in counts]
        known_words = (
            f"{sum(known):,} published in {len(known)} of {span.length} months, through {last}"
        )
        why = f"{known_words}; {unforecast.problem}" if known else unforecast.problem
        raise SeriesNameError(unforecast.name, why)

    def parts(self, text: str, span: str) -> list[Forecast]:
        """Return a span of every part of TOTAL:DIMENSION that has a forecast, the largest first."""
        keys = [
            key
            for key in self.names.parts(text)
            if key in self.joint.marginals or key in self.names.sums
        ]
        return sorted((self.span(key, span) for key in keys), key=lambda forecast: -forecast.median)

    def chance(self, series: str | SeriesKey, span: str, event: str) -> Chance:
        """How likely an event is; see `forecast.engine.spans` for its forms."""
        asked = self.outlooks(series)
        months_asked = self.source.calendar.read(span, months.to_index(asked.cutoff))
        return spans.chance(asked, months_asked, event)

    def caveats(self, key: SeriesKey, span: Forecast | Period) -> list[str]:
        """Sentences, of a part whose newest figure is old, and of a span's unfinished months."""
        keys = self.names.sums.get(key, [key])
        pair = (self.joint.marginals.get(key) for key in (keys[0], SeriesKey(keys[0].total)))
        own, total = (months.from_index(month.cutoff) if month else "" for month in pair)
        of_keys = (m for m in self._unfinished if m.series in keys and m.share and not m.complete)
        every = {m.month for m in of_keys if span.first_month <= m.month <= span.last_month}
        said = [stale_words(own, total, self.source)]
        if every:
            counts = [self._counts(key) for key in keys]
            sums = {month: sum(of.get(month, 0) for of in counts) for month in sorted(every)}
            taken = first_few(f"{month_words(month)} at {n:,}" for month, n in sums.items())
            said.append(f"Not complete yet, and counted here as expected: {taken}.")
        return [*filter(None, said)]

    def this_year(self, total: str) -> str:
        """The year of the total's newest month, as a span is written."""
        cutoff = months.from_index(self.joint.marginals[SeriesKey(total)].cutoff)
        return self.source.calendar.year_name(self.source.calendar.year(cutoff))

    @property
    def quoted(self) -> str:
        """Which forecast it is, to be quoted."""
        run = self.run
        return (
            f"Bordercast, run {run.id} of {run.published_at[:10]}, data through "
            f"{month_words(run.data_through)}, digest {run.digest}"
        )
