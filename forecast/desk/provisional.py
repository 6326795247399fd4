"""What is said of a month before its file: a figure of the day, or a delivery not complete."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forecast.engine import ENGINE, PROVISIONAL
from forecast.names import member_words
from forecast.periods import Period
from forecast.rows import ForecastRow
from forecast.sources.source import Source
from forecast.store import inputs, read
from forecast.types import Provisional, SeriesKey
from forecast.words import about, between, first_few, known_words, month_words, one_line

_EACH = 4  # unfinished months that are told one by one


@dataclass(frozen=True, slots=True)
class ProvisionalMonth:
    """A provisional count, and what the last run makes of it.

    own : the forecast of its own series, made without it; None where there is none.
    totals : of each total above it, the forecast with it and without it.
    """

    said: Provisional
    own: ForecastRow | None
    totals: tuple[tuple[ForecastRow, ForecastRow], ...]

    @property
    def about(self) -> set[SeriesKey]:
        """The series that it says something of: its own, and the totals above it."""
        return {self.said.series, *(SeriesKey(row.total) for row, _ in self.totals)}


def provisional_months(connection: sqlite3.Connection, source: Source) -> list[ProvisionalMonth]:
    """Return every count on record that is not the last word, the oldest month first."""
    figures = inputs.provisional(connection)
    if not figures:
        return []
    made = {
        model: {
            (r.total, r.month): r for r in read.forecasts(connection, source.totals, None, model)
        }
        for model in (ENGINE, PROVISIONAL)
    }
    months = []
    for month in figures:
        # A delivery's month has no forecast of its own any more, and may be one of thousands.
        figure = month.kind == "figure"
        of = read.month_forecasts(connection, month.series, ENGINE) if figure else ()
        own = next((row for row in of if row.month == month.month), None)
        above = dict.fromkeys((SeriesKey(month.series.total), source.tree.whole))
        pairs = [
            (made[PROVISIONAL][total, month.month], made[ENGINE][total, month.month])
            for total in (key.total for key in above if key)
            if all((total, month.month) in of_model for of_model in made.values())
        ]
        months.append(ProvisionalMonth(month, own, tuple(pairs)))
    return months


def of_month(
    connection: sqlite3.Connection, source: Source, key: SeriesKey, months: Period
) -> list[ProvisionalMonth]:
    """Return what is said of one month of a series before its file; nothing of more months."""
    if months.length > 1:
        return []
    every = provisional_months(connection, source)
    return [of for of in every if of.said.month == months.first_month and key in of.about]


def lines(every: Sequence[ProvisionalMonth], source: Source, total: str = "") -> list[str]:
    """Return a sentence of each provisional month; total : of this one's, and of its parts'."""
    found = [
        month
        for month in every
        if total in ("", month.said.series.total, *(pair[0].total for pair in month.totals))
    ]
    unfinished = [month.said for month in found if month.said.kind == "delivery"]
    if len(unfinished) <= _EACH:
        return [sentence(month, source) for month in found]
    figures = [sentence(month, source) for month in found if month.said.kind == "figure"]
    return [*_of_many(unfinished, source), *figures]


def _of_many(unfinished: list[Provisional], source: Source) -> Iterator[str]:
    """Yield a sentence a month that many series have not complete."""
    for month in sorted({said.month for said in unfinished}):
        of_month = [said for said in unfinished if said.month == month]
        ends = [end for said in of_month for end in (said.low, said.high) if end is not None]
        shares = (
            f"{100 * min(ends):.0f}% to {100 * max(ends):.0f}% of its last count" if ends else ""
        )
        named = first_few(one_line(said.series.total) for said in of_month if said.series.headline)
        start = f"Provisional, {month_words(month)}: not complete of {named}"
        yield f"{start}{'; by the deliveries before, it has ' if ends else ''}{shares}."


def sentence(month: ProvisionalMonth, source: Source, word: str = "Provisional") -> str:
    """Say what is provisional, by whose word, and what it changes."""
    figure = month.said
    start = f"{word}, {month_words(figure.month)}: {what(figure, source)}"
    source_words = f"({known_words('by', figure.known_by)}; {one_line(figure.source)})"
    if figure.kind == "delivery":
        text = f"{start} {source_words}: the month is not complete"
        if figure.share is not None and figure.low is not None and figure.high is not None:
            shares = f"{100 * figure.low:.0f}% to {100 * figure.high:.0f}%"
            ends = between(round(figure.count / figure.high), round(figure.count / figure.low))
            text += (
                f"; by the deliveries before, {100 * figure.share:.0f}% ({shares}) of its last "
                f"count, which is then about {round(figure.count / figure.share):,} ({ends})"
            )
        return f"{text}."
    told = [f"{start} {source_words}; no file has this month yet."]
    # A whole month is held against the forecast of its own series, and of no other.
    if month.own and not figure.days:
        low, high = month.own.lo80, month.own.hi80
        lies = "above" if figure.count > high else "below" if figure.count < low else "inside"
        told.append(f"It is {lies} the 80% range forecast for it, {between(low, high)}.")
    told += [
        f"With it, {row.total} is expected at {row.median:,} (80% range "
        f"{between(row.lo80, row.hi80)}); without, at {before.median:,} "
        f"({between(before.lo80, before.hi80)})."
        for row, before in month.totals
    ]
    return " ".join(told)


def what(figure: Provisional, source: Source) -> str:
    """Name the count and what it is of: about 9,800 Border Patrol encounters nationwide."""
    key = figure.series
    half = key.dimension == "component" and key.member in source.hierarchy.components
    noun = source.hierarchy.named(key.member).noun if half else source.measure.noun
    part = "" if half or key.headline else f" ({one_line(member_words(*key[1:3], source))})"
    days = f" in its first {figure.days} days" if figure.days else ""
    where = source.totals.where(key.total)
    return f"{about(figure.count, figure.rounding)} {noun}{part} {where}{days}"
