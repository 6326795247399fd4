"""Verdicts in words: why, and what to say instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from forecast import months
from forecast.claims.truth import (
    APPREHENSION,
    ARREST_WORDS,
    AT_ENTRY,
    AT_LARGE,
    ClaimSpan,
    CountTable,
    Subject,
    agency_words,
)
from forecast.claims.verdict import Claimed, JudgedClaim, Reading, peers, siblings
from forecast.sources.wording import Halves, Split, small_words, split_words
from forecast.sources.wording import halves_sentence as sentence
from forecast.words import MONTHS, month_words, ordinal

if TYPE_CHECKING:
    from forecast.sources.source import Source

VERDICT_WORDS = {
    "right": "Right",
    "right_when_rounded": "Right when rounded",
    "right_when_published": "Right when published",
    "mislabelled": "Mislabeled",
    "wrong": "Wrong",
    "cannot_be_checked": "Cannot be checked",
}


class Explained(NamedTuple):
    """Why, and what to say instead; "" where nothing needs to be said."""

    why: str
    instead: str = ""


@dataclass(frozen=True, slots=True)
class AnsweredClaim:
    """A claim with its verdict; other: what a mislabelled number is right for."""

    sense: Reading
    claimed: Claimed
    judged: JudgedClaim
    why: str
    instead: str
    other: Reading | None = None


def number_words(value: float | None, measure: str) -> str:
    """A value as one writes it: 18,944, -78.4%, 1.8 times, 264 a day."""
    if value is None:
        return "no figure"
    if measure in ("change_percent", "share_percent"):
        return f"{value:,.1f}%"
    if measure == "times":
        return f"{value:,.2f} times"
    if measure in ("per_day", "per_month"):
        return f"{value:,.0f} a {measure[4:]}"
    return f"{value:,.0f}"


def split_of(table: CountTable, subject: Subject, span: ClaimSpan) -> Split | None:
    """What the Border Patrol's count of a span was made of; None where that is not on record."""
    if subject.agency != "usbp" or subject.dimension:
        return None
    parts = (
        table.total(Subject(subject.total, "", APPREHENSION, (kind,)), span)
        for kind in (AT_ENTRY, AT_LARGE)
    )
    entry, inside = parts
    return None if entry is None or inside is None else Split(entry, inside)


def statement(table: CountTable, sense: Reading, value: float | None) -> str:
    """What the record says to a sense, as one phrase."""
    span, subject = sense.span, sense.subject
    number = number_words(value, sense.measure)
    split = split_of(table, subject, span)
    if sense.measure == "total" and split:
        made_of = split_words(split, table.total(subject, span) or 0, table.source)
        return f"{number} {subject.words(table.source, split=True)} in {span.words()}: {made_of}"
    if sense.measure == "total":
        words = subject.words(table.source)
        if value == 1:
            noun = table.source.measure.noun
            words = words.replace(noun, noun.removesuffix("s"), 1)
        return f"{number} {words} in {span.words()}"
    if sense.measure in ("per_day", "per_month"):
        return f"{number}, {subject.words(table.source)} in {span.words()}"
    if sense.measure == "share_percent":
        whole = sense.of.words(table.source) if sense.of else "the total"
        return f"{number}: {subject.words(table.source)} as a share of {whole} in {span.words()}"
    if sense.measure == "each_month":
        far = f"{number} in the month that is farthest out"
        return f"{far}: {subject.words(table.source)} in {span.words()}"
    before = sense.versus.words() if sense.versus else "the time before"
    if sense.rate:
        before = f"the {'daily' if sense.rate == 'per_day' else 'monthly'} average of {before}"
    return f"{number}: {subject.words(table.source)} in {span.words()} against {before}"


def explain(
    table: CountTable,
    sense: Reading,
    claimed: Claimed,
    judged: JudgedClaim,
    other: Reading | None = None,
) -> Explained:
    """Why a verdict was given."""
    if judged.verdict == "cannot_be_checked":
        return Explained(_sentence(judged.why))
    if sense.measure in _EXTREME_WORDS:
        return _explain_extreme(table, sense, judged)
    if judged.verdict == "mislabelled" and other:
        return _explain_mislabelled(table, sense, claimed, judged, other)
    truth = statement(table, sense, judged.truth)
    if judged.verdict == "wrong":
        whose = elsewhere(table, sense, claimed)
        return Explained(_sentence(f"The record has {truth}") + whose, _sentence(truth))
    if judged.verdict == "right_when_published":
        published = _when_published(table, sense, claimed, judged)
        return Explained(f"{published} Now: {truth}.", _sentence(truth))
    return Explained(_sentence(truth))


def small(table: CountTable, subject: Subject, span: ClaimSpan) -> str:
    """A sentence if the series is so small that little decides it, else ""; up to a span's end."""
    line = table.counts(subject)
    if line is None:
        return ""
    length = min(span.last, line.last) - line.first + 1
    return small_words(
        {months.from_index(line.first + i): n for i, n in enumerate(line.counts[:length])},
        table.source,
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _when_published(
    table: CountTable, sense: Reading, claimed: Claimed, judged: JudgedClaim
) -> str:
    if judged.evidence == "vintage":
        return "It was the figure when published; restated since."
    if table.first_values(sense.subject, sense.span):
        return "It is within 2% of today's figure, but none of the values on record for that month."
    line = table.counts(sense.subject)
    slack = line.slack_of(sense.span) if line and line.holds(sense.span) else 0.0
    if abs(claimed.value - (judged.truth or 0)) <= slack:
        source = table.source
        if not source.rounded:
            return "It is right as far as is known: the source on record rounds its counts to 10."
        part = source.labels.dimensions[source.rounded]
        return (
            f"It is right as far as is known: each {part}'s month is on record in whole "
            f"{source.measure.noun}."
        )
    return "It is within 2% of today's figure; the figure first published is not on record."


def _explain_mislabelled(
    table: CountTable, sense: Reading, claimed: Claimed, judged: JudgedClaim, other: Reading
) -> Explained:
    subject, right_words = other.subject, statement(table, other, claimed.value)
    kind = f"{agency_words(subject.agency, table.source)} ({subject.total})"
    split = split_of(table, subject, other.span)
    if subject.dimension:
        kind = subject.words(table.source)
    elif split:
        kind = subject.words(table.source, split=True)
        if sense.subject.members == (AT_ENTRY,):
            kind += f", of which {100 * split.share:.0f}% were {ARREST_WORDS[AT_LARGE]}"
    right_number = statement(table, sense, judged.truth)
    known = f" The words would need {right_number}." if judged.truth is not None else ""
    return Explained(f"The number is of {kind}.{known}", f"{_sentence(right_words)}{known}")


_EXTREME_WORDS = {
    "record_high": "highest",
    "record_low": "lowest",
    "highest_since": "highest",
    "lowest_since": "lowest",
    "rank_high": "highest",
    "rank_low": "lowest",
}


def _explain_extreme(table: CountTable, sense: Reading, judged: JudgedClaim) -> Explained:
    line = table.counts(sense.subject)
    if line is None:
        return Explained("")
    side, now = _EXTREME_WORDS[sense.measure], line.total(sense.span)
    here = statement(table, replace(sense, measure="total"), now)
    if sense.measure.endswith("since"):
        if not judged.truth:
            began = month_words(months.from_index(line.first))
            return Explained(f"{here}: none {side[:-3]}er before it on record (from {began}).")
        last = ClaimSpan(int(judged.truth), int(judged.truth)).words()
        return Explained(f"{here}: the {side} since {last}.")
    if sense.among == "members":
        kind = {"field": "sectors", "citizenship": "citizenships"}.get(
            sense.subject.dimension, "groups"
        )
        rank, of = int(judged.truth or 1), len(siblings(table, sense))
        place = side if rank == 1 else f"{ordinal(rank)} {side}"
        return Explained(f"{here}: the {place} of {of} {kind} there.")
    others = peers(line, sense, table.source)
    rank = int(judged.truth or 1)
    place = side if rank == 1 else f"{ordinal(rank)} {side}"
    words = f"{here}: the {place} of {_ranked_among(sense, others, table.source)}."
    if judged.verdict != "wrong":
        return Explained(words)
    return Explained(f"{words}{_beyond(side, now, others)}", words)


def _ranked_among(sense: Reading, others: Sequence[tuple[ClaimSpan, int]], source: Source) -> str:
    """What a span was ranked among: itself, and the others that it was held against."""
    spans = sorted((sense.span, *(span for span, _ in others)))
    n, first, last = len(spans), spans[0], spans[-1]
    if sense.among == "within year":
        year = months.fiscal_year_at(sense.span.first, source.year_begins)
        return f"the {n} months of {months.year_noun(source.year_begins)} {year} on record"
    if sense.among == "month":
        return f"the {n} months on record, {ClaimSpan(first.first, last.last).words()}"
    if sense.among == "year" and sense.span.year:
        return (
            f"the {n} {months.year_noun(source.year_begins)}s on record, {first.year} "
            f"to {last.year}"
        )
    if sense.span.length == 12 and sense.span.first % 12 == 0:
        years = f"{first.first // 12} to {last.first // 12}"
        return f"the {n} calendar years on record, {years}"
    if sense.span.length == 1:
        month = MONTHS[sense.span.first % 12]
        return f"the {n} months of {month} on record, {first.words()} to {last.words()}"
    return f"the same months of {n} years on record, {first.words()} to {last.words()}"


def _beyond(side: str, now: int, others: Sequence[tuple[ClaimSpan, int]]) -> str:
    """Which time was farther out than what is called a record; "" if none was."""
    pick = max if side == "highest" else min
    span, count = pick(others, key=lambda pair: pair[1], default=(None, now))
    if span is None or pick(count, now) == now:
        return ""
    return f" {span.words()[:1].upper()}{span.words()[1:]} was {side[:-3]}er: {count:,}."


def elsewhere(table: CountTable, sense: Reading, claimed: Claimed) -> str:
    """What a wrong number is the count of instead, if of something near; "" if of nothing."""
    if sense.measure == "difference":
        before = table.total(sense.subject, sense.versus) if sense.versus else None
        if before == abs(claimed.value) and sense.versus:
            return f" {abs(claimed.value):,.0f} is the count of {sense.versus.words()}."
        return ""
    if sense.measure != "total" or not claimed.exact:
        return ""
    line = table.counts(sense.subject)
    if line is None:
        return ""
    length = sense.span.length
    for first in range(line.last - length + 1, line.first - 1, -1):
        span = ClaimSpan(first, first + length - 1)
        if line.holds(span) and line.total(span) == claimed.value:
            return f" {claimed.value:,.0f} is the count of {span.words()}."
    return ""


def verdict_line(table: CountTable, answer: AnsweredClaim) -> str:
    """The first line of an answer: the verdict, and the number of now."""
    sense, judged, verdict = answer.sense, answer.judged, answer.judged.verdict
    head = VERDICT_WORDS[verdict]
    if sense.measure != "total" or verdict == "cannot_be_checked":
        return f"{head}: {answer.why}"
    truth = statement(table, sense, judged.truth)
    claimed = number_words(answer.claimed.value, "total")
    if verdict in ("right", "right_when_rounded"):
        return f"{head}: {truth}."
    if verdict == "right_when_published" and judged.evidence == "vintage":
        return f"{head}, since restated: {claimed}; now {truth}."
    if verdict == "wrong":
        return f"{head}: not {claimed}. {answer.why}"
    return f"{head}: {answer.why}"


def halves(table: CountTable, subject: Subject, span: ClaimSpan) -> str:
    """What of a total came at ports and what between them; "" where that is not known."""
    if subject.agency or subject.dimension:
        return ""
    ports, patrol = (table.counts(subject._replace(agency=agency)) for agency in ("ofo", "usbp"))
    if not (ports and patrol and ports.holds(span) and patrol.holds(span)):
        return ""
    # The first is what the second leaves of the total, so it is as inexact as both.
    unit = 10 if ports.slack_of(span) >= 1 else 1
    split = split_of(table, subject._replace(agency="usbp"), span)
    return sentence(Halves(ports.total(span), patrol.total(span), unit, split), table.source)
