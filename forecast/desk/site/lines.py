"""The answer first: three lines about a border, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecast.desk.facts import MonthReport
from forecast.desk.sentences import monthly
from forecast.desk.sentences.ahead import waiting_words
from forecast.desk.sentences.unusual import unusual_words
from forecast.desk.site.record import BorderRecord, PartRecord, SiteRecord
from forecast.sources import wording
from forecast.sources.wording import small_words, with_unit
from forecast.types import Row
from forecast.words import basis_noun, capital, month_words

if TYPE_CHECKING:
    from forecast.sources.source import Source

_FAR = {"notable": "", "major": "well ", "critical": "far "}


@dataclass(frozen=True)
class Answer:
    """Three lines. flagged : whether the first tells of something unusual; verdict : in a word."""

    flagged: bool
    verdict: str
    unusual: str
    expected: str
    halves: str


def answer(record: SiteRecord, total: str) -> Answer:
    """Is anything unusual, what is expected next, at ports and between ports."""
    border_record = record.borders[total]
    verdict, flagged = _verdict(border_record)
    score = border_record.newest.score
    coverage = "" if score is None else f" (has held {100 * score['coverage80']:.0f}% of months)"
    return Answer(
        flagged=flagged,
        verdict=verdict,
        unusual=unusual(border_record.newest, border_record.flags),
        expected=f"{coming(record, total)}{coverage}.",
        halves=" ".join((halves(border_record.newest), *_halves_ahead(record, total))),
    )


def coming(record: SiteRecord, total: str) -> str:
    """What is forecast for the coming month; of a new series, when its first forecast comes."""
    border_record = record.borders[total]
    if border_record.ahead:
        return expected(border_record.ahead[0], record.source)
    known = [row["month"] for row in border_record.months]
    return f"Not forecast yet: {waiting_words(known, record.run.data_through)}"


def _verdict(border_record: BorderRecord) -> tuple[str, bool]:
    if not border_record.ahead:
        return "Not forecast yet", False
    now = [flag for flag in border_record.flags if flag["month"] == border_record.newest.month]
    if now:
        return f"Unusual: {now[0]['severity']}", True
    still = [flag for flag in border_record.flags if flag["episode"] == "open"]
    return (
        ("Unusual since " + month_words(still[0]["month"]), True)
        if still
        else ("Nothing unusual", False)
    )


def unusual(report: MonthReport, flags: Sequence[Row]) -> str:
    """Whether the month is unusual, against what."""
    count = f"{with_unit(report.encounters, report.source)} in {month_words(report.month)}"
    expectation = report.expectation
    if expectation is None:
        return f"{count}; no forecast was made before it."
    span, by = f"{expectation.lo80:,} to {expectation.hi80:,}", basis_noun(expectation.basis)
    if any(flag["month"] == report.month and flag["kind"] == "month" for flag in flags):
        side = "above" if expectation.judged > expectation.median else "below"
        how = f"{_FAR.get(expectation.severity or '', '')}{side}"
        words = unusual_words(expectation.p)
        return f"{count}, {how} the {expectation.median:,} of its {by}: {words}."
    if expectation.lo80 <= expectation.judged <= expectation.hi80:
        return f"{count}, inside the 80% range of its {by} ({span})."
    side = "above" if expectation.judged > expectation.hi80 else "below"
    return f"{count}, {side} the 80% range of its {by} ({span}), but not far enough to flag."


def expected(row: Row, source: Source) -> str:
    """What is forecast for the coming month, and its range."""
    return (
        f"{with_unit(row['median'], source)} expected in {month_words(row['month'])}; "
        f"80% range {row['lo80']:,} to {row['hi80']:,}"
    )


def halves(report: MonthReport) -> str:
    """At ports and between ports, in a sentence; "" where a count has no halves."""
    words, both = monthly.halves(report), report.source.hierarchy.both_halves
    if both is None:
        return ""
    if words is None:
        ports, between = (f"{half.where} ({half.short})" for half in both)
        return f"{capital(ports)} and {between}: not on record for {month_words(report.month)}."
    return f"{wording.halves_words(words, report.source, short=True)}."


def _halves_ahead(record: SiteRecord, total: str) -> list[str]:
    parts = [
        record.agency(total, half.component) for half in record.source.hierarchy.both_halves or ()
    ]
    rows = [part.ahead[0] for part in parts if part and part.ahead]
    ahead = record.borders[total].ahead
    if len(rows) < 2 or not ahead or rows[0]["month"] != ahead[0]["month"]:
        return []
    return [f"Next month: {rows[0]['median']:,} and {rows[1]['median']:,}."]


def part_lines(part: PartRecord, newest: str) -> tuple[str, ...]:
    """The same for a series of the drill-down; newest : the border's newest month."""
    row = part.months[-1]
    now = [flag for flag in part.flags if flag["month"] == row["month"]]
    first = f"{with_unit(row['encounters'], part.source)} in {month_words(row['month'])}"
    if now:
        flag = now[0]
        first = (
            f"Unusual ({flag['severity']}): {first}, {flag['expected']:,} expected: "
            f"{unusual_words(flag['apart_p'] if flag['role'] == 'apart' else flag['p'])}"
        )
    elif part.ahead:
        first = f"Usual: {first}"
    else:
        first = f"{first}. Not forecast: too few counted, or too few months on record"
    lines = [f"{first}."]
    if part.ahead:
        lines.append(f"{expected(part.ahead[0], part.source)}.")
    if part.last < newest:
        lines.append(
            f"{part.source.publisher.short}'s files on record give this breakdown through "
            f"{month_words(part.last)} only; the {part.source.totals.one}'s total goes through "
            f"{month_words(newest)}."
        )
    lines.append(small_words({row["month"]: row["encounters"] for row in part.months}, part.source))
    return tuple(filter(None, lines))
