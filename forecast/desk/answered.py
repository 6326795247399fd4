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


def track_record(connection: sqlite3.Connection, found: Chance) -> TrackRecord | None:
    """How standing questions of the same kind turned out; None if there is no such kind yet."""
    kind = _standing_kind(found)
    rows = [row for row in store.resolved(connection) if row["kind"] == kind]
    if not rows:
        return None
    near = [row for row in rows if abs(row["chance"] - found.share) <= SIMILAR]
    return TrackRecord(kind, of_rows(rows), len(near), sum(row["outcome"] for row in near))


def of_rows(rows: Sequence[Row]) -> ChanceScores:
    """Scores of rows of `standing_questions` that are resolved."""
    names = ("chance", "base_rate", "outcome", "last_value")
    return questions.record(*([row[name] for row in rows] for name in names))


def _standing_kind(found: Chance) -> str:
    """The standing question that is most like this one, "" if none is."""
    single, fiscal = found.span.first == found.span.last, found.span.year_named
    if found.kind == "record month":
        return "record within 12 months"
    if found.kind == "lowest month":
        return "lowest month of 5 years within 12 months"
    if found.kind in ("year before", "span"):
        if single:
            return "next month above year before"
        return "fiscal year above last" if fiscal else "next 12 months above last 12"
    return ""


def sentence(name: str, found: Chance) -> str:
    """A chance in words, with its number."""
    what = f"{name}, {span_words(found.span)}, {found.event}"
    if found.settled:
        return f"{what}: {'yes' if found.share > 0.5 else 'no'}, all of it is published."
    return f"{what}: {chance_words(found.share)} ({percent(found.share)})."


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


def span_sentence(name: str, found: PeriodForecast, source: Source) -> str:
    """A sum over months: median, intervals, and what of it is published."""
    span = Span(found.span, found.first_month, found.last_month)
    what = f"{name}, {span_words(span)}"
    # What a part is of its name says: the Border Patrol meets nobody at ports of entry.
    counted = source.measure.long_name if found.series.headline else source.measure.noun
    ahead = sum(month > found.cutoff for month in span.months)
    if not ahead:
        return f"{what}: {found.published:,}, all of it is published."
    parts = [
        f"{what}: {found.median:,} {counted}; "
        f"80% between {found.lo80:,} and {found.hi80:,}, 95% between {found.lo95:,} and "
        f"{found.hi95:,}."
    ]
    if found.months_published:
        parts.append(
            f"Published so far: {found.published:,} in {found.months_published} of "
            f"{found.months_published + ahead} months, through {month_words(found.cutoff)}."
        )
    return " ".join(parts)


def this_fiscal_year(record: Asking, border: str) -> str:
    """The fiscal year of the border's newest month, as a span is written."""
    cutoff = record.joint.marginals[SeriesKey(border)].cutoff
    return months.year_name(
        months.fiscal_year(months.from_index(cutoff), record.source.year_begins),
        record.source.year_begins,
    )


def parts_table(found: Sequence[PeriodForecast], source: Source) -> Table:
    """Parts side by side: what is published of the span, through when, and what it comes to."""
    from forecast.desk.terminal.tables import interval, plain_table
    from forecast.words import month_name

    table = plain_table("part", "span", "published", "through", "median", "80%", "95%")
    for column in (2, 4, 5, 6):
        table.columns[column].justify = "right"
    for one in found:
        table.add_row(
            member_words(one.series.dimension, one.series.member, source),
            one.span,
            f"{one.published:,}",
            month_name(one.cutoff),
            f"{one.median:,}",
            interval(one.lo80, one.hi80),
            interval(one.lo95, one.hi95),
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
    row = min(rows, key=lambda one: str(one["month"]))
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

    found = plain_table("forecast", numbers=("before", *STEPS.values(), "now"))
    for row in rows:
        steps = [signed(row[name]) for name in STEPS]
        found.add_row(month_name(row["month"]), f"{row['before']:,}", *steps, f"{row['after']:,}")
    return found
