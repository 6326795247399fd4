"""What is asked by name: whether a claim is right, and what a number is.

`fact SERIES SPAN CLAIM` is judged as `check` judges a text; a number alone is looked up
among every series, span and vintage, the likeliest first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from forecast import months
from forecast.claims import explain, mentions
from forecast.claims.mentions import Scene
from forecast.claims.readings import other_measures
from forecast.claims.tokens import WrittenNumber, sentences
from forecast.claims.truth import (
    ClaimCounts,
    ClaimSpan,
    CountTable,
    Subject,
    calendar,
    parse,
    subject_of,
)
from forecast.claims.verdict import HOLDS, Claimed, ClaimMeasure, Reading, judge
from forecast.errors import ClaimError
from forecast.sources import catalog
from forecast.sources.names import SeriesNames

if TYPE_CHECKING:
    from forecast.sources.source import Source

MAX_MATCHES = 20  # matches that are worth showing

_FORMS = (
    "write 18,944, 302K, 1.5 million, 'more than 300,000', -78% or x2 (with --from), record, "
    "'lowest since 2021', '2nd highest', 'share of southwest 63%' or 'average 350 a day'"
)
_SINCE = re.compile(
    r"(?P<side>highest|most|lowest|fewest) since (?:(?P<month>\d{4}-\d{2})|(?P<year>\d{4}))"
)
_RECORD = re.compile(
    r"(?:an? )?(?:record(?: (?P<kind>high|low))?"
    r"|(?P<side>highest|lowest|most|fewest)(?: ever| on record)?)"
)
_RANK = re.compile(r"(?:the )?(?P<rank>\d{1,3})(?:st|nd|rd|th)[ -](?P<side>highest|lowest)")
_SHARE = re.compile(r"share of (?P<whole>.+?):? (?P<number>[\w ]*?[\d.]+ ?%|[\d.]+ percent)")
_TIMES = re.compile(
    r"x ?(?P<a>\d+(?:\.\d+)?)|(?P<b>\d+(?:\.\d+)?) ?(?:x|times)|(?P<word>half|double|twice|triple)"
)


@dataclass(frozen=True, slots=True)
class NumberMatch:
    """Something that a number is.

    how : "now", the count on record; "published", a value that a month has had; "near", within
    the rounding of the source.
    """

    subject: Subject
    span: ClaimSpan
    count: int
    how: Literal["now", "published", "near"]


@dataclass(frozen=True, slots=True)
class _Read:
    measure: ClaimMeasure
    claimed: Claimed
    versus: ClaimSpan | None = None
    of: str = ""


def answer(
    table: CountTable,
    names: SeriesNames,
    subject: Subject,
    span: ClaimSpan,
    text: str,
    since: str | None,
) -> explain.AnsweredClaim:
    """The verdict on a claim about a series and a span.

    Parameters
    ----------
    text : the claim as typed, in one of the forms that the error lists.
    since : the span that a change is measured from, as typed; None without one.

    Raises
    ------
    ClaimError : the claim cannot be read, or a change has nothing to be measured from.
    """
    read = _read(" ".join(text.split()), table.source)
    versus = read.versus or (_span(since, table) if since else None)
    falls = read.measure == "total" and read.claimed.value < 0
    if (falls or read.measure in ("change_percent", "times")) and versus is None:
        raise ClaimError(text, "a change needs --from SPAN, the time that it is measured from")
    if falls:
        read = replace(read, measure="difference")
    of = subject_of(names.find(read.of)) if read.of else None
    among: Literal["month", "year", "span"] = "month"
    if span.length > 1:
        among = "year" if span.year or span.to_date else "span"
    sense = Reading(subject, span, read.measure, versus, of, among)
    return _judged(table, sense, read.claimed)


def matches(table: CountTable, number: int) -> list[NumberMatch]:
    """Everything that a number is: months, fiscal years, years to date; best first."""
    return sorted(_all(table, number), key=lambda one: _order(one, table.source))[:MAX_MATCHES]


def no_match_words(number: int, source: Source) -> str:
    """What to say of a number without matches."""
    return (
        f"{number:,} is no month, {months.year_noun(source.year_begins)}, year to "
        "date or calendar year on record."
    )


def _all(table: CountTable, number: int) -> Iterator[NumberMatch]:
    for subject in table.subjects():
        line = table.counts(subject)
        if line:
            yield from _in_line(subject, line, number, table.source)
    for (total, month), values in table.values.items():
        now = table.total(Subject(total), ClaimSpan(month, month))
        if number != now and number in {count for count, _, _ in values}:
            yield NumberMatch(Subject(total), ClaimSpan(month, month), number, "published")


def _in_line(
    subject: Subject, line: ClaimCounts, number: int, source: Source
) -> Iterator[NumberMatch]:
    for span in line.spans(source.year_begins):
        count = line.total(span)
        if count == number and count:
            yield NumberMatch(subject, span, count, "now")
        elif 0 < abs(count - number) <= line.slack_of(span) and number >= 1000:
            yield NumberMatch(subject, span, count, "near")


def _order(match: NumberMatch, source: Source) -> tuple[int, int, int, int, int]:
    """Totals before parts, months and whole years before years to date, the newest first."""
    how = ("now", "published", "near").index(match.how)
    part = 2 if match.subject.dimension else 1 if match.subject.agency else 0
    plain = 0 if match.span.length == 1 else 1 if match.span.year else 2
    total = source.totals.every.index(match.subject.total)
    return how, part, plain, -match.span.last, total


def _judged(table: CountTable, sense: Reading, claimed: Claimed) -> explain.AnsweredClaim:
    judged, other = judge(table, sense, claimed, strict=True), None
    if judged.verdict == "wrong" and sense.measure == "total":
        for candidate, agency_only in other_measures(sense):
            verdict = judge(table, candidate, claimed)
            near = abs((verdict.truth or 0) - claimed.value) <= 0.002 * abs(claimed.value)
            if agency_only and verdict.verdict in HOLDS and (near or not claimed.exact):
                judged, other = replace(judged, verdict="mislabelled"), candidate
                break
    explanation = explain.explain(table, sense, claimed, judged, other)
    return explain.AnsweredClaim(
        sense, claimed, judged, explanation.why, explanation.instead, other
    )


def _span(text: str, table: CountTable) -> ClaimSpan:
    try:
        return parse(text, table.newest, table.source.year_begins)
    except ValueError as error:
        raise ClaimError(text, str(error)) from None


def _read(text: str, source: Source) -> _Read:
    for noun in catalog.other_nouns(source):
        if text.lower().endswith(f" {noun}"):
            counted = source.measure.noun
            raise ClaimError(text, f"another measure: this record counts {counted}, not {noun}")
    text = text.removesuffix(f" {source.measure.noun}")
    read = (
        _since(text)
        or _record(text)
        or _rank(text)
        or _share(text, source)
        or _times(text)
        or _number(text, source)
    )
    if read:
        return read
    raise ClaimError(text, f"it is not a count or any other claim; {_FORMS}")


def _high(side: str | None) -> bool:
    return side not in ("lowest", "fewest", "low")


def _since(text: str) -> _Read | None:
    match = _SINCE.fullmatch(text.lower().removeprefix("the "))
    if match is None:
        return None
    first = months.to_index(match["month"]) if match["month"] else 0
    start = ClaimSpan(first, first) if match["month"] else calendar(int(match["year"]))
    return _Read("highest_since" if _high(match["side"]) else "lowest_since", Claimed(0), start)


def _record(text: str) -> _Read | None:
    match = _RECORD.fullmatch(text.lower().removeprefix("the "))
    if match is None:
        return None
    high = _high(match["kind"] or match["side"])
    return _Read("record_high" if high else "record_low", Claimed(0))


def _rank(text: str) -> _Read | None:
    match = _RANK.fullmatch(text.lower())
    if match is None:
        return None
    measure: ClaimMeasure = "rank_high" if _high(match["side"]) else "rank_low"
    return _Read(measure, Claimed(int(match["rank"])))


def _share(text: str, source: Source) -> _Read | None:
    match = _SHARE.fullmatch(text)
    if match is None:
        return None
    scene, number = _only_number(match["number"], text, source)
    return _Read("share_percent", mentions.claimed(scene, number), None, match["whole"])


def _times(text: str) -> _Read | None:
    match = _TIMES.fullmatch(text.lower())
    if match is None:
        return None
    words = {"half": "0.5", "double": "2", "twice": "2", "triple": "3"}
    digits = match["a"] or match["b"] or words[match["word"]]
    unit = 10.0 ** -len(digits.partition(".")[2])
    return _Read("times", Claimed(float(digits), "", unit))


def _number(text: str, source: Source) -> _Read | None:
    average = re.fullmatch(r"(?:average )?(.+?)(?: a| per)? (day|month)", text)
    scene, number = _only_number(average[1] if average else text, text, source)
    sign = -1 if re.match(r"\s*[-\u2212]", text) else 1
    claimed = mentions.claimed(scene, number, sign)
    if number.kind == "percent":
        return _Read("change_percent", claimed)
    if number.kind != "count":
        return None
    if average:
        return _Read("per_day" if average[2] == "day" else "per_month", claimed)
    return _Read("total", claimed)


def _only_number(text: str, whole: str, source: Source) -> tuple[Scene, WrittenNumber]:
    plain = text.strip().lstrip("-\u2212+")
    if plain.isdecimal() and plain.isascii() and len(plain) <= 12:
        plain = f"{int(plain):,}"  # so that 2087 is no year
    sentence = next(iter(sentences(plain)), None)
    scene = Scene(plain, sentence, source) if sentence else None
    if scene is None or len(scene.numbers) != 1:
        raise ClaimError(whole, f"it is not a count or any other claim; {_FORMS}")
    number = scene.numbers[0]
    rest = scene.tokens[number.last :]
    known = [i for phrase in scene.of_kind("hedge") for i in range(phrase.first, phrase.last)]
    if rest or any(i not in known for i in range(number.first)):
        raise ClaimError(whole, f"it is not a count or any other claim; {_FORMS}")
    return scene, number
