"""Verdicts in words: why, and what to say instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from forecast import months
from forecast.claims.record.counts import (
    CountTable,
    Subject,
    agency_words,
    arrest_words,
)
from forecast.claims.record.verdict import (
    EXTREMES,
    Claimed,
    ClaimVerdict,
    JudgedClaim,
    Reading,
    peers,
    value_of,
)
from forecast.periods import Period
from forecast.sources.wording import Halves, Split, small_words, split_words
from forecast.sources.wording import halves_sentence as sentence
from forecast.words import MINUS, MONTHS, ordinal

VERDICT_WORDS = {
    "right": "Right",
    "right_when_rounded": "Right when rounded",
    "right_when_published": "Right when published",
    "near_today": "Near today's, not confirmed",
    "mislabelled": "Mislabeled",
    "wrong": "Wrong",
    "cannot_be_checked": "Cannot be checked",
    "not_understood": "Not understood",
}
NUMBERS = {
    "change_percent": "{:,.1f}%",
    "share_percent": "{:,.1f}%",
    "times": "{:,.2f} times",
    "per_day": "{:,.0f} a day",
    "per_month": "{:,.0f} a month",
}


DIFFERS = "Differs, or is something else"  # shown with its readings, without a verdict
_NOTHING, _OPEN = Claimed(0), JudgedClaim("not_understood")


@dataclass(frozen=True, slots=True)
class ShownReading:
    """What a number may be of, the truth there, in words, and the command that shows it.

    far : how far the words for it are.
    """

    reading: Reading
    truth: float
    far: int = 0
    words: str = ""
    query: str = ""


@dataclass(frozen=True, slots=True)
class ClaimFinding:
    """A claim with its verdict, why, and what to say instead, "" where nothing needs to be said.

    start, end : of the quote in the text, end exclusive. number : its digits. sense : what it was
    taken to mean, None for what is not on record. other : what a mislabelled number is right for.
    readings : what the record has for what the words may mean, three at most.
    """

    quote: str = ""
    start: int = 0
    end: int = 0
    number: str = ""
    claimed: Claimed = _NOTHING
    sense: Reading | None = None
    judged: JudgedClaim = _OPEN
    why: str = ""
    say_instead: str = ""
    other: Reading | None = None
    readings: tuple[ShownReading, ...] = ()

    @property
    def verdict(self) -> ClaimVerdict:
        """The verdict."""
        return self.judged.verdict

    @property
    def blamed(self) -> bool:
        """Whether it is said to be false."""
        return self.verdict in ("wrong", "mislabelled")

    @property
    def label(self) -> str:
        """The verdict in words, or that the record differs."""
        return DIFFERS if self.readings and not self.understood else VERDICT_WORDS[self.verdict]

    @property
    def understood(self) -> bool:
        """Whether it is known what is claimed."""
        return self.verdict != "not_understood"


@dataclass(frozen=True, slots=True)
class CheckedText:
    """A text with all that was found in it, in order of place."""

    text: str
    published: date
    claims: tuple[ClaimFinding, ...]
    not_understood: tuple[ClaimFinding, ...]


def split_of(table: CountTable, subject: Subject, span: Period) -> Split | None:
    """Tell what Border Patrol's count of a span was made of; None where that is not on record."""
    aside = table.source.hierarchy.aside
    if aside is None or subject.agency != "usbp" or subject.dimension:
        return None
    entry, inside = (
        table.total(Subject(subject.total, "", aside.dimension, (kind,)), span)
        for kind in (aside.rest, aside.named)
    )
    return None if entry is None or inside is None else Split(entry, inside)


def figure(measure: str, value: float) -> str:
    """Write a value of a measure, with a minus sign where it fell."""
    return NUMBERS.get(measure, "{:,.0f}").format(value).replace("-", MINUS)


def statement(table: CountTable, sense: Reading, value: float | None) -> str:
    """Say what the record says to a sense, as one phrase."""
    span, source = table.calendar.words(sense.span), table.source
    words, noun = sense.subject.words(source), source.measure.noun
    number = "no figure" if value is None else figure(sense.measure, value)
    split = split_of(table, sense.subject, sense.span) if sense.measure == "total" else None
    if split:
        made_of = split_words(split, table.total(sense.subject, sense.span) or 0, source)
        return f"{number} {sense.subject.words(source, split=True)} in {span}: {made_of}"
    if sense.measure == "total" and value == 1:
        words = words.replace(noun, noun.removesuffix("s"), 1)
    before = table.calendar.words(sense.versus) if sense.versus else "the time before"
    if sense.rate:
        before = f"the {'daily' if sense.rate == 'per_day' else 'monthly'} average of {before}"
    whole = sense.of.words(source) if sense.of else "the total"
    phrases = {
        "total": f"{number} {words} in {span}",
        "per_day": f"{number}, {words} in {span}",
        "per_month": f"{number}, {words} in {span}",
        "least_month": f"{number} {words} in the lowest month of {span}",
        "most_month": f"{number} {words} in the highest month of {span}",
        "share_percent": f"{number}: {words} as a share of {whole} in {span}",
    }
    return phrases.get(sense.measure, f"{number}: {words} in {span} against {before}")


def not_held(draft: ClaimFinding, why: str) -> ClaimFinding:
    """Say why the record has nothing like it."""
    return replace(draft, judged=JudgedClaim("cannot_be_checked", why=why), why=why)


def explained(
    table: CountTable,
    draft: ClaimFinding,
    sense: Reading,
    judged: JudgedClaim,
    other: Reading | None = None,
) -> ClaimFinding:
    """Say why a verdict was given, and what to say instead.

    draft : the claim in its place.
    """
    finding = replace(draft, sense=sense, judged=judged, other=other)
    extreme = sense.measure in EXTREMES and judged.verdict != "cannot_be_checked"
    explain = _explain_extreme if extreme else _EXPLAIN.get(judged.verdict)
    if explain:
        why, instead = explain(table, finding, sense)
        return replace(finding, why=why, say_instead=instead)
    return replace(finding, why=_sentence(judged.why or statement(table, sense, judged.truth)))


def _explain_mislabeled(
    table: CountTable, finding: ClaimFinding, sense: Reading
) -> tuple[str, str]:
    truth, other = finding.judged.truth, finding.other or sense
    known = "" if truth is None else f" The words would need {statement(table, sense, truth)}."
    instead = _sentence(statement(table, other, value_of(table, other)))
    near = "near that of" if finding.judged.evidence == "tolerance" else "of"
    return f"The number is {near} {_kind(table, sense, other)}.{known}", f"{instead}{known}"


def _explain_wrong(table: CountTable, finding: ClaimFinding, sense: Reading) -> tuple[str, str]:
    """What the record has, and of which other months it is the count."""
    truth, claimed = statement(table, sense, finding.judged.truth), finding.claimed
    why, number = _sentence(f"The record has {truth}"), abs(claimed.value)
    spans = [sense.versus] if sense.measure == "difference" and sense.versus else []
    if sense.measure == "total" and claimed.exact:
        spans = [
            s for s in table.where(sense.subject, int(number)) if s.length == sense.span.length
        ]
    actual = next((s for s in spans if table.total(sense.subject, s) == number), None)
    why += f" {number:,.0f} is the count of {table.calendar.words(actual)}." if actual else ""
    return why, _sentence(truth)


def _explain_near(table: CountTable, finding: ClaimFinding, sense: Reading) -> tuple[str, str]:
    """Why a number that is not today's may be right."""
    judged, known, source = finding.judged, "no earlier one is on record", table.source
    truth = statement(table, sense, judged.truth)
    off = abs(finding.claimed.value - (judged.truth or 0))
    # What the source's own rounding may move, where no value but today's is known.
    line, first = table.counts(sense.subject), table.first_values(sense.subject, sense.span)
    slack = line.slack_of(sense.span) if line and not first and line.holds(sense.span) else 0.0
    if judged.evidence == "vintage":
        why = "It was the figure when published; restated since."
    elif off <= slack:
        part = source.hierarchy.called[source.rounded] if source.rounded else ""
        each = f"each {part}'s month is on record in whole {source.measure.noun}"
        rounded = each if part else "the source on record rounds its counts to 10"
        why = f"It may be right: {rounded}."
    else:
        if table.known_values(sense.subject, sense.span):
            known = "none of the values on record for that month"
        off /= abs(judged.truth or 1)
        why = f"It is {100 * off:.2g}% from today's figure, and {known}."
    return f"{why} Now: {truth}.", _sentence(truth)


_EXPLAIN = {
    "mislabelled": _explain_mislabeled,
    "wrong": _explain_wrong,
    "right_when_published": _explain_near,
    "near_today": _explain_near,
}
MOST = 3  # readings beside a number
NEARER = 24  # what a reading as large as the number is worth against one that has nothing of it


def likeliest(readings: Sequence[ShownReading], value: float) -> tuple[ShownReading, ...]:
    """The reading that the words name, and those nearest by words and by count, each truth once.

    readings : the one that the words name first.
    """

    def unlikely(one: ShownReading) -> float:
        off = abs(one.truth - value) / (abs(one.truth) + abs(value) + 1e-9)
        return one.far + NEARER * off

    every = {one.truth: one for one in [*sorted(readings, key=unlikely)[::-1], *readings[:1]]}
    first = every.pop(readings[0].truth)
    return (first, *[*every.values()][:-MOST:-1])


def windowed(table: CountTable, finding: ClaimFinding) -> ClaimFinding:
    """Say of the lowest in history that the record only does not contradict it, and since when."""
    line = table.counts(finding.sense.subject) if finding.sense else None
    began = table.calendar.words(Period(line.first, line.first)) if line else ""
    why = f"Not contradicted since {began}, where the record begins. {finding.why}"
    judged = replace(finding.judged, verdict="cannot_be_checked", why=why)
    return replace(finding, judged=judged, why=why, say_instead="")


def differs(
    table: CountTable, draft: ClaimFinding, readings: tuple[ShownReading, ...]
) -> ClaimFinding:
    """Show a number's readings without a verdict."""
    readings = said(table, readings)
    why = f"The record has {'; or '.join(one.words for one in readings)}."
    return replace(draft, sense=None, judged=_OPEN, why=why, readings=readings)


def said(table: CountTable, readings: Sequence[ShownReading]) -> tuple[ShownReading, ...]:
    """Say readings, and how to ask for each."""
    return tuple(
        replace(
            one, words=statement(table, one.reading, one.truth), query=query(table, one.reading)
        )
        for one in readings
    )


def query(table: CountTable, reading: Reading) -> str:
    """The command that shows a reading's count; of a change, that of its later end."""
    key = reading.subject.key(table.source)
    name = ":".join(filter(None, (key.total, key.member)))
    name = f"'{name}'" if " " in name else name
    return f"bordercast fact {name} {table.calendar.name(reading.span)}"


def small(table: CountTable, subject: Subject, span: Period) -> str:
    """Say up to a span's end if a series is so small that little decides it, else ""."""
    line = table.counts(subject)
    if line is None:
        return ""
    every = line.by_month.items()
    counts = {months.from_index(month): n for month, (n, _) in every if month <= span.last}
    return small_words(counts, table.source)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _kind(table: CountTable, sense: Reading, other: Reading) -> str:
    """What a mislabelled number is of."""
    subject = other.subject
    split = split_of(table, subject, other.span)
    if not (subject.dimension or split):
        return f"{agency_words(subject.agency, table.source)} ({subject.total})"
    kind = subject.words(table.source, split=bool(split))
    aside = table.source.hierarchy.aside
    if split and aside and sense.subject.members == (aside.rest,):
        kind += (
            f", of which {100 * split.share:.0f}% were {arrest_words(aside.named, table.source)}"
        )
    return kind


def _explain_extreme(table: CountTable, finding: ClaimFinding, sense: Reading) -> tuple[str, str]:
    """Say among which others it was highest or lowest, and which was farther out."""
    judged, line, calendar = finding.judged, table.counts(sense.subject), table.calendar
    assert line is not None  # what was ranked was counted
    high, now = "high" in sense.measure, line.total(sense.span)
    here = statement(table, replace(sense, measure="total"), now)
    far, side = ("higher", "highest") if high else ("lower", "lowest")
    if sense.measure.endswith("since"):
        last, first = (
            calendar.words(Period(int(m), int(m))) for m in (judged.truth or 0, line.first)
        )
        none = f"none {far} before it on record (from {first})"
        # Wrong, and the highest since the month before: that is to say, lower than that.
        if judged.verdict == "wrong" and judged.truth == sense.span.first - 1:
            return f"{here}: {last} was {far}.", ""
        return f"{here}: {f'the {side} since {last}' if judged.truth else none}.", ""
    rank = int(judged.truth or 1)
    place = side if rank == 1 else f"{ordinal(rank)} {side}"
    others = peers(line, sense, table.source)
    spans = sorted((sense.span, *(span for span, _ in others)), key=lambda span: span.first)
    nouns = {
        "month": "months",
        "same month": f"months of {MONTHS[sense.span.first % 12]}",
        "year": f"{calendar.noun}s",
        "span": "spans of the same months",
    }
    between = f"{calendar.words(spans[0])} to {calendar.words(spans[-1])}"
    among = f"the {len(spans)} {nouns[sense.among]} on record, {between}"
    words = f"{here}: the {place} of {among}."
    if judged.verdict != "wrong":
        return words, ""
    # Which time was farther out than what is called a record.
    span, count = (max if high else min)(
        others, key=lambda pair: pair[1], default=(sense.span, now)
    )
    beyond = f" {_sentence(f'{calendar.words(span)} was {far}: {count:,}')}" if rank > 1 else ""
    return words + beyond, words


def verdict_line(table: CountTable, answer: ClaimFinding) -> str:
    """Say the verdict, and the number of now: the first line of an answer."""
    sense, judged, verdict = answer.sense, answer.judged, answer.verdict
    head, words = VERDICT_WORDS[verdict], answer.why
    if sense and sense.measure == "total" and verdict != "cannot_be_checked":
        truth, claimed = statement(table, sense, judged.truth), f"{answer.claimed.value:,.0f}"
        if verdict in ("right", "right_when_rounded"):
            words = f"{truth}."
        elif verdict == "right_when_published" and judged.evidence == "vintage":
            return f"{head}, since restated: {claimed}; now {truth}."
        elif verdict == "wrong":
            words = f"not {claimed}. {answer.why}"
    return f"{head}: {words}"


def halves(table: CountTable, subject: Subject, span: Period) -> str:
    """Say what of a total came at ports and what between them; "" where that is not known."""
    if subject.agency or subject.dimension:
        return ""
    ports, patrol = (table.counts(subject._replace(agency=agency)) for agency in ("ofo", "usbp"))
    if not (ports and patrol and ports.holds(span) and patrol.holds(span)):
        return ""
    # The first is what the second leaves of the total, so it is as inexact as both.
    unit = 10 if ports.slack_of(span) >= 1 else 1
    split = split_of(table, subject._replace(agency="usbp"), span)
    return sentence(Halves(ports.total(span), patrol.total(span), unit, split), table.source)


def with_size(table: CountTable, finding: ClaimFinding) -> ClaimFinding:
    """Say with a verdict if the series is so small that little decides it."""
    sense = finding.sense
    words = small(table, sense.subject, sense.span) if sense else ""
    return replace(finding, why=f"{finding.why} {words}") if words else finding


def unjudged(table: CountTable, finding: ClaimFinding) -> ClaimFinding:
    """Take the verdict from what a text quotes as false: what the record has is only shown."""
    sense, truth = finding.sense, finding.judged.truth
    shown = finding.readings
    if sense and truth is not None:
        shown = said(table, (ShownReading(sense, truth),))
    why = f"Quoted as false, and not judged. {finding.why}"
    return replace(finding, judged=_OPEN, why=why, readings=shown, say_instead="")
