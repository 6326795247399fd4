"""Answers in words: a chance, a sum over months, how chances turned out; what moved forecasts."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecast import months
from forecast.desk.asking import SKILL, Asking, chance_words, span_words
from forecast.desk.names import member_words
from forecast.engine.chances import Chance
from forecast.engine.spans import Span
from forecast.judge import questions
from forecast.judge.questions import ChanceScores
from forecast.store import standing as store
from forecast.types import PeriodForecast, Row, SeriesKey
from forecast.words import month_words, signed

if TYPE_CHECKING:
    from rich.table import Table

    from forecast.sources.source import Source

LAST_VALUE = "a last value with the same kind of intervals"
SIMILAR = 0.1  # chances within this of another one are "such" chances
LEAST_SIMILAR = 10  # of them say nothing

STEPS = {
    "surprise": "newest figures",
    "season": "time passing",
    "revisions": "revised months",
    "method": "model weights or version",
}


@dataclass(frozen=True)
class TrackRecord:
    """How good chances of a kind have been. near, came : of those close to the one given."""

    kind: str
    record: ChanceScores
    near: int
    came: int

    @property
    def as_json(self) -> dict[str, Any]:
        """For programs."""
        last = self.record.last_brier
        return {
            "kind": self.kind,
            "n": self.record.n,
            "brier": round(self.record.brier, 4),
            "base_rate_brier": round(self.record.base_brier, 4),
            "last_value_brier": last and round(last, 4),
            "skill": round(self.record.skill, 3),
            "near": self.near,
            "near_came_true": self.came,
        }


def track_record(connection: sqlite3.Connection, chance: Chance) -> TrackRecord | None:
    """How standing questions of the same kind turned out; None if there is no such kind yet."""
    kind = _standing_kind(chance)
    rows = [row for row in store.resolved(connection) if row["kind"] == kind]
    if not rows:
        return None
    near = [row for row in rows if abs(row["chance"] - chance.share) <= SIMILAR]
    return TrackRecord(kind, of_rows(rows), len(near), sum(row["outcome"] for row in near))


def of_rows(rows: Sequence[Row]) -> ChanceScores:
    """Scores of rows of `standing_questions` that are resolved."""
    names = ("chance", "base_rate", "outcome", "last_value")
    return questions.record(*([row[name] for row in rows] for name in names))


def _standing_kind(chance: Chance) -> str:
    """The standing question that is most like this one, "" if none is."""
    single, fiscal = chance.span.first == chance.span.last, chance.span.year_named
    if chance.kind == "record month":
        return "record within 12 months"
    if chance.kind == "lowest month":
        return "lowest month of 5 years within 12 months"
    if chance.kind in ("year before", "span"):
        if single:
            return "next month above year before"
        return "fiscal year above last" if fiscal else "next 12 months above last 12"
    return ""


def sentence(name: str, chance: Chance) -> str:
    """A chance in words, with its number."""
    what = f"{name}, {span_words(chance.span)}, {chance.event}"
    if chance.settled:
        return f"{what}: {'yes' if chance.share > 0.5 else 'no'}, all of it is published."
    return f"{what}: {chance_words(chance.share)} ({percent(chance.share)})."


def percent(share: float) -> str:
    """23%, and what 2,000 paths cannot tell apart as such."""
    if share < 0.005:
        return "under 0.5%"
    if share > 0.995:
        return "over 99.5%"
    return f"{100 * share:.{int(min(share, 1 - share) < 0.01)}f}%"


def track_words(track: TrackRecord | None) -> str:
    """How such chances have turned out; plainly if they are hardly better than a coin."""
    if track is None:
        return "Chances of this kind have not been scored yet."
    record = track.record
    parts = [
        f"Such chances so far ({track.kind}): {record.n:,} resolved, Brier score "
        f"{record.brier:.3f} against {record.base_brier:.3f} for the base rate"
        + ("." if record.last_brier is None else f" and {record.last_brier:.3f} for {LAST_VALUE}.")
    ]
    if record.beaten:
        parts.append("The last value was the better guide: its chances came closer than these.")
    if record.skill < SKILL:
        parts.append("Hardly better than a coin: take this chance for little more than a guess.")
    elif track.near >= LEAST_SIMILAR:
        parts.append(f"Of {track.near:,} given near this one, {track.came:,} came true.")
    return " ".join(parts)


def span_sentence(name: str, forecast: PeriodForecast, source: Source) -> str:
    """A sum over months: median, intervals, and what of it is published."""
    span = Span(forecast.span, forecast.first_month, forecast.last_month)
    what = f"{name}, {span_words(span)}"
    # What a part is of its name says: the Border Patrol meets nobody at ports of entry.
    counted = source.measure.long_name if forecast.series.headline else source.measure.noun
    ahead = sum(month > forecast.cutoff for month in span.months)
    if not ahead:
        return f"{what}: {forecast.published:,}, all of it is published."
    parts = [
        f"{what}: {forecast.median:,} {counted}; "
        f"80% between {forecast.lo80:,} and {forecast.hi80:,}, 95% between {forecast.lo95:,} and "
        f"{forecast.hi95:,}."
    ]
    if forecast.months_published:
        parts.append(
            f"Published so far: {forecast.published:,} in {forecast.months_published} of "
            f"{forecast.months_published + ahead} months, through {month_words(forecast.cutoff)}."
        )
    return " ".join(parts)


def this_fiscal_year(record: Asking, total: str) -> str:
    """The fiscal year of the border's newest month, as a span is written."""
    cutoff = record.joint.marginals[SeriesKey(total)].cutoff
    return months.year_name(
        months.fiscal_year(months.from_index(cutoff), record.source.year_begins),
        record.source.year_begins,
    )


def parts_table(forecasts: Sequence[PeriodForecast], source: Source) -> Table:
    """Parts side by side: what is published of the span, through when, and what it comes to."""
    from forecast.desk.terminal.tables import interval, plain_table
    from forecast.words import month_name

    table = plain_table("part", "span", "published", "through", "median", "80%", "95%")
    for column in (2, 4, 5, 6):
        table.columns[column].justify = "right"
    for forecast in forecasts:
        table.add_row(
            member_words(forecast.series.dimension, forecast.series.member, source),
            forecast.span,
            f"{forecast.published:,}",
            month_name(forecast.cutoff),
            f"{forecast.median:,}",
            interval(forecast.lo80, forecast.hi80),
            interval(forecast.lo95, forecast.hi95),
        )
    return table


def source(record: Asking) -> str:
    """Which forecast it is, to be quoted."""
    run = record.run
    return (
        f"Bordercast, run {run.id} of {run.published_at[:10]}, data through "
        f"{month_words(run.data_through)}, digest {run.digest}"
    )


def changes_sentence(rows: Sequence[Row]) -> str:
    """One sentence on the first month ahead of a border; "" where there is nothing to compare."""
    if not rows:
        return ""
    row = min(rows, key=lambda change: str(change["month"]))
    moved = row["after"] - row["before"]
    month = month_words(row["month"])
    if moved == 0:
        return f"The forecast of {month} is unchanged at {row['after']:,}."
    steps = sorted(STEPS, key=lambda name: -abs(row[name]))
    parts = ", ".join(f"{STEPS[name]} {signed(row[name])}" for name in steps if row[name])
    before, after = f"{row['before']:,}", f"{row['after']:,}"
    return f"The forecast of {month} moved from {before} to {after} ({signed(moved)}): {parts}."


def changes_table(rows: Sequence[Row]) -> Table:
    """Old forecast, steps, new forecast; a line a month."""
    from forecast.desk.terminal.tables import plain_table
    from forecast.words import month_name

    table = plain_table("forecast", numbers=("before", *STEPS.values(), "now"))
    for row in rows:
        steps = [signed(row[name]) for name in STEPS]
        table.add_row(month_name(row["month"]), f"{row['before']:,}", *steps, f"{row['after']:,}")
    return table
