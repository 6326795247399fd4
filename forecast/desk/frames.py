"""The record as DataFrames: `forecast.open("bordercast.db").latest("northern")`.

Read-only; months become pandas Periods, so that they plot and sort as time. What each column
means: `Record.describe(view)`, or docs/tables.md.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.desk import answers, provisional
from forecast.desk.answers import Asking
from forecast.desk.dictionary import VIEWS, definitions
from forecast.desk.facts import series_report
from forecast.desk.movers import by_dimension
from forecast.desk.sentences import monthly
from forecast.desk.sentences.ahead import unforecast_words
from forecast.desk.sentences.trust import signature, stale_words
from forecast.engine import ENGINE
from forecast.errors import ArgumentError, SeriesNameError
from forecast.names import SeriesNames, names_with_sums
from forecast.rows import as_row
from forecast.sources.source import Source
from forecast.store import connect, measures, read
from forecast.store.read import AS_OF, view_rows
from forecast.types import COUNT, Row, SeriesKey

AskQuestion = Callable[[sqlite3.Connection, Source, str], Row]
"""Answers a question about a record: `answer` and `lines` in words, and its numbers."""


_SAID_ONCE = ["border", "dimension", "member", "model", "run_id"]


@dataclass(frozen=True)
class Drawing:
    """A picture as SVG, which notebooks show, and the sentence that says what it shows."""

    svg: str
    alt: str

    def _repr_svg_(self) -> str:
        return self.svg


class Record:
    """One measure of a database; every call reads it anew, so that a new run is seen.

    Parameters
    ----------
    path : the database. sources : of its measures, the first one first.
    measure : which of them this is about, by what is counted; the first where it is empty.
    ask : what answers a question in a sentence, for `fact`.

    Raises
    ------
    ConfigError : the database has no such measure.
    """

    def __init__(
        self,
        path: Path,
        sources: Sequence[Source],
        measure: str = "",
        ask: AskQuestion | None = None,
    ) -> None:
        self.path, self._ask = path, ask
        self._sources = {source.measure.noun: source for source in sources}
        measure = measure or next(iter(self._sources))
        _known("measure", measure, self.measures)
        self.source = self._sources[measure]

    def __repr__(self) -> str:
        noun = self.source.measure.noun
        of = f", {noun!r}" if noun != self.measures[0] else ""
        return f"forecast.open({str(self.path)!r}{of})"

    @property
    def measures(self) -> list[str]:
        """What the database counts, the first measure first: ["arrests", "seizures"]."""
        return list(self._sources)

    def measure(self, name: str) -> Record:
        """Return the record of another measure of the same database."""
        return Record(self.path, list(self._sources.values()), name, self._ask)

    def latest(self, series: str, model: str = ENGINE) -> pd.DataFrame:
        """The forecast ahead of a series: a row a month, median and intervals in counts.

        series : "northern", "northern:Swanton", "southwest:Mexico", ...; parts have the engine's
        forecast only. Where it comes from is in the table's `attrs`: series, model, run_id,
        digest, a note where a part's newest figure is older than its total's, and of its total
        what is said of a month before its file (`provisional`).
        """
        key, parts, about = self._named(series)
        table = self._view("latest_forecasts")
        if parts:  # drawn anew, as for every sum
            with self._asking() as asking:
                ahead = pd.DataFrame(map(as_row, asking.months_ahead(key)))
            table = pd.concat([table, ahead])[list(table)].astype(table.dtypes)
        every = table[_rows_of(table, key)]
        if every.empty:
            # An empty table would be taken for a forecast of nothing.
            raise SeriesNameError(about["series"], self._unforecast(key))
        _known("model", model, sorted(set(every["model"])))
        rows = every[every["model"] == model]
        about |= {"model": model, "run_id": int(rows["run_id"].iloc[0])}
        whole = table[_rows_of(table, SeriesKey(key.total)) & (table["model"] == model)]
        about["note"] = stale_words(
            str(rows["cutoff"].iloc[0]), str(whole["cutoff"].max()), self.source, key
        )
        with self._reading() as connection:
            if early := provisional.lines(
                provisional.provisional_months(connection, self.source), self.source, key.total
            ):
                about["provisional"] = early
        return self._own(_by_month(rows, _SAID_ONCE, about))

    def _unforecast(self, key: SeriesKey) -> str:
        """Say why a series has no forecast, and when it will have one."""
        with self._reading() as connection:
            known, run = read.counts(connection, key), read.latest_run(connection)
        through = run.data_through if run else max(known)
        return unforecast_words(key, known, through, self.source)

    def _own(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table with its columns in the words of the source, as files have them."""
        left_out = [name for name in table if not self.source.column(str(name))]
        return table.drop(columns=left_out).rename(columns=self.source.columns)

    def fact(self, question: str) -> Row:
        """Answer a question in a sentence: how many, which share, since when, how likely.

        "San Diego families in June", "average under Biden": `answer` and `lines` in words, and
        numbers as `bordercast fact --json` has them.
        """
        if self._ask is None:
            raise ArgumentError("forecast.open", "ask", "open the record with forecast.open")
        with self._reading() as connection:
            return {**self._ask(connection, self.source, question), "digest": self.digest}

    def brief(self, series: str, month: str = "") -> str:
        """Return the paragraph to paste about a month, YYYY-MM; the newest where it is empty."""
        key, parts, about = self._named(series)
        if parts:
            raise SeriesNameError(about["series"], "no file states this sum; ask `fact`", [])
        with self._reading() as connection:
            known = read.counts(connection, key)
            if (month or max(known)) not in known:
                span = f"on record are {min(known)} to {max(known)}"
                raise ArgumentError("brief", "month", f"no count of {month!r}; {span}")
            report = series_report(connection, key, month or max(known), self.source)
        return monthly.paragraph(report)

    def movers(self, total: str = "") -> pd.DataFrame:
        """Return which parts of a total moved in its newest month: a row a part, in counts.

        total : "northern"; the whole where it is empty, or the one that there is. Columns: by,
        part, month, now, month_before, year_before and median, the forecast.
        """
        name = self._names.only_total(total)
        about = {"series": name, "border": name, "digest": self.digest}
        with self._reading() as connection:
            moving = answers.moving(connection, name, self.source.tree)
        groups = by_dimension(moving, self.source, most=len(moving))
        rows = [
            {"by": group.dimension, "part": mover.label, "month": group.month}
            | {"now": mover.value, **mover.bases}
            for group in groups
            for mover in group.movers
        ]
        frame = pd.DataFrame(rows)
        frame.attrs.update(about)
        return frame

    def flags(self, total: str = "", since: str = "", *, parts: bool = False) -> pd.DataFrame:
        """Return unusual months, the newest first: a row a flag.

        total : "northern"; all where it is empty. since : YYYY-MM. parts : also sectors, states.
        """
        if total:
            _known("total", total, self.source.totals.every)
        with self._reading() as connection:
            flagged = read.flags(connection, self.source.totals, total or None, since, parts=parts)
        frame = pd.DataFrame([as_row(flag) for flag in flagged])
        frame.attrs["digest"] = self.digest
        return self._own(frame)

    def actual(self, series: str, as_of: str | None = None) -> pd.DataFrame:
        """A series' published counts: a row a month, now or as known at the end of a day.

        series : as for `latest`. A part's month that no file lists within its span is 0.
        as_of : YYYY-MM-DD.
        """
        key, parts, about = self._named(series)
        if parts:
            columns = [self._counts(part, as_of)[COUNT] for part in parts]
            # A month that one part lacks yet would make the sum fall short.
            newest = min(counts.index.max() for counts in columns)
            table = (
                pd.concat(columns, axis=1).loc[:newest].sum(axis=1).astype("Int64").to_frame(COUNT)
            )
        else:
            table = self._counts(key, as_of)
        table.attrs.update({**about, "as_of": as_of})
        return self._own(table)

    def _counts(self, key: SeriesKey, as_of: str | None) -> pd.DataFrame:
        table = self._view("border_months" if key.headline else "series_months", as_of)
        said_once = ["border"] if key.headline else ["border", "dimension", "member", "component"]
        of = table["border"] == key.total if key.headline else _rows_of(table, key)
        return _by_month(table[of], said_once, {})

    def forecasts(self, year: int, series: str = "") -> pd.DataFrame:
        """Return every forecast issued or hindcast for a calendar year's months, beside the counts.

        year : 2026. series : one total; every total where it is empty. A row a total, model,
        month and cutoff: basis (issued or hindcast), horizon in months, median, bounds, count.
        """
        table = self._view("forecast_vs_actual")
        about: dict[str, Any] = {"digest": self.digest}
        if series:
            key, _, about = self._named(series)
            table = table[_rows_of(table, key)]
        rows = table[table["month"].str.startswith(f"{year:04d}-")]
        if rows.empty:
            # An empty table would be taken for a year without forecasts.
            years = sorted(set(table["month"].str[:4]))
            why = (
                f"from {years[0]} to {years[-1]}"
                if years
                else f"of a {self.source.totals.one} only"
            )
            raise SeriesNameError(series or str(year), f"past forecasts are kept {why}", [])
        rows = rows.sort_values(["month", "border", "model", "horizon"])
        return _by_month(rows, ["dimension", "member"], about)

    def compare(self, first: str, second: str) -> pd.DataFrame:
        """Return two series' published counts side by side: a row a month that both have."""
        both = {}
        for series in (first, second):
            table = self.actual(series)
            both[table.attrs["series"]] = table[self.source.column(COUNT)]
        frame = pd.DataFrame(both).dropna()
        frame.attrs["digest"] = table.attrs["digest"]
        return frame

    def plot(self, series: str, to: str | Path = "") -> Drawing:
        """Draw a series' last three years and its forecast; a notebook shows what is returned.

        to : a file to write too: .svg, .png or .pdf.
        """
        from forecast.desk.charts import forecasts, grammar

        key, parts, about = self._named(series)
        with self._reading() as connection:
            counts = read.summed(connection, parts or [key])
            ahead = (
                Asking(connection, self.source).months_ahead(key)
                if parts
                else read.month_forecasts(connection, key, ENGINE)
            )
            flagged, run = read.flagged(connection, key), read.latest_run(connection)
        if not ahead or run is None:
            raise SeriesNameError(about["series"], self._unforecast(key))
        picture = forecasts.fan(key, counts, ahead, flagged, self.source)
        if to:
            grammar.write(picture, Path(to), self.source, signature(run, self.source))
        return Drawing(grammar.render(picture, "svg", self.source).decode(), picture.alt)

    @property
    def _names(self) -> SeriesNames:
        with self._reading() as connection:
            return names_with_sums(read.series_keys(connection), self.source)

    def _named(self, series: str) -> tuple[SeriesKey, Sequence[SeriesKey], dict[str, Any]]:
        """Find a series by one of its names, what it adds up, and what its tables say of it."""
        names = self._names
        key = names.find(series)
        about = {"series": names.name(key), "border": key.total, "digest": self.digest}
        return key, names.sums.get(key, ()), about

    def span(self, series: str, span: str) -> pd.Series:
        """The sum of months: published part, median and intervals in counts.

        series : "northern", "northern:Swanton", ...; span : "FY2027", "2026-10..2027-03",
        "next 12 months", "rest of 2026".
        """
        with self._asking() as asking:
            row = asdict(asking.span(series, span))
            about = {"series": asking.names.name(row.pop("series")), "digest": asking.run.digest}
        row |= {end: pd.Period(row[end], freq="M") for end in ("first_month", "last_month")}
        # Numbers carry where they come from with them into a notebook.
        table = pd.Series(row, name=about["series"])
        table.attrs.update(about)
        return table

    def chance(self, series: str, span: str, event: str) -> float:
        """How likely an event is, 0 to 1: ">10000", "> FY2026", "record", "below year before"."""
        with self._asking() as asking:
            return asking.chance(series, span, event).share

    def changes(self, border: str) -> pd.DataFrame:
        """What moved a total's forecast since the run before: a row a month, in counts.

        before + method + revisions + season + surprise = after.
        """
        key, _, about = self._named(border)
        _known("border", about["series"], self.source.totals.every)
        with self._reading() as connection:
            rows = list(map(as_row, read.changes(connection, key.total)))
        table = pd.DataFrame(rows, columns=list(VIEWS["forecast_changes"].columns))
        return _by_month(table, ["border", "run_id"], about)

    def paths(self, series: str, n: int = 1000) -> pd.DataFrame:
        """Draws of a series' future: a row a month, a column a path, counts that are not whole.

        Paths of one n belong together: path 7 of Swanton is in path 7 of the northern total.
        """
        with self._asking() as asking:
            outlooks = asking.outlooks(series, n)
            about = {"series": asking.names.name(outlooks.key), "digest": asking.run.digest}
        first = pd.Period(outlooks.cutoff, freq="M") + 1
        index = pd.period_range(first, periods=outlooks.draws.shape[1], name="month")
        table = pd.DataFrame(outlooks.draws.T, index=index)
        table.attrs.update(about)
        return table

    @contextmanager
    def _asking(self) -> Iterator[Asking]:
        with connect.moment(self.path) as connection:
            measures.scope_to(connection, self.source.name)
            yield Asking(connection, self.source)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with closing(connect.read(self.path)) as connection:
            measures.scope_to(connection, self.source.name)
            yield connection

    def view(self, name: str, as_of: str | None = None) -> pd.DataFrame:
        """Any view of the dictionary, with text, whole and real columns as it says.

        as_of : "YYYY-MM-DD", for the views that can be had so.
        """
        return self._own(self._view(name, as_of))

    def _view(self, name: str, as_of: str | None = None) -> pd.DataFrame:
        _known("view", name, sorted(VIEWS))
        if as_of is not None:
            _known("view as of a day", name, sorted(AS_OF))
            try:  # else any text would be compared as if it were a day
                as_of = date.fromisoformat(as_of).isoformat()
            except ValueError:
                problem = f"{as_of!r} is not a day; write it as 2025-04-01"
                raise ArgumentError("forecast.open", "as_of", problem) from None
        view = VIEWS[name]
        with self._reading() as connection:
            rows = view_rows(connection, name, view.columns, as_of)
        table = pd.DataFrame(rows, columns=list(view.columns))
        kinds = {"count": "Int64", "real": "Float64", "text": "string"}
        return table.astype(
            {column: kinds[kind] for column, (kind, *_) in view.described().items()}
        )

    def views(self) -> pd.DataFrame:
        """Every view and what a row of it is."""
        return pd.DataFrame(
            [(v.name, v.row_in(self.source)) for v in VIEWS.values()], columns=["view", "row"]
        )

    def describe(self, name: str) -> pd.DataFrame:
        """What each column of a view means."""
        _known("view", name, sorted(VIEWS))
        heads = ["column", "unit", "values", "meaning"]
        return pd.DataFrame(list(definitions(VIEWS[name], self.source)), columns=heads).set_index(
            "column"
        )

    @property
    def digest(self) -> str:
        """Digest of the last published run, to be quoted; "" before the first."""
        with self._reading() as connection:
            run = read.latest_run(connection)
        return run.digest if run else ""


def _known(what: str, name: str, names: Sequence[str]) -> None:
    if name not in names:
        raise ArgumentError("forecast.open", what, f"no {name!r}; there are: {', '.join(names)}")


def _rows_of(table: pd.DataFrame, key: SeriesKey) -> pd.Series[bool]:
    """Which rows of a view are about a series."""
    names = ("border", "dimension", "member")
    matches: pd.Series[bool] = (table[list(names)] == list(key[:3])).all(axis=1)
    return matches


def _by_month(table: pd.DataFrame, said_once: Sequence[str], about: dict[str, Any]) -> pd.DataFrame:
    """A row a month, the month as a Period in front; what is the same in all rows in attrs."""
    months = pd.PeriodIndex(table["month"], freq="M", name="month")
    frame = table.drop(columns=["month", *said_once]).set_index(months)
    if "cutoff" in frame:
        frame["cutoff"] = pd.PeriodIndex(frame["cutoff"], freq="M")
    frame.attrs.update(about)
    return frame
