"""What is asked by name: whether a claim is right, and what a number is.

`fact SERIES SPAN CLAIM` is judged as `check` judges a text; a number alone is looked up
among every series, span and vintage, the likeliest first.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from forecast.claims.confront import confront
from forecast.claims.record.counts import CountTable, Subject, subject_of
from forecast.claims.record.verdict import Among, Claimed, ClaimMeasure, Reading, judge
from forecast.claims.show import words as show
from forecast.claims.show.words import ClaimFinding
from forecast.claims.text import scene as mentions
from forecast.claims.text.lexicon import lexicon_of
from forecast.claims.text.scene import Scene
from forecast.claims.text.tokens import sentences
from forecast.errors import ClaimError
from forecast.names import SeriesNames
from forecast.periods import Calendar, Period
from forecast.sources import catalog
from forecast.sources.source import Source

MAX_MATCHES = 20  # matches that are worth showing

_FORMS = (
    "write 18,944, 302K, 1.5 million, 'more than 300,000', -78% or x2 (with --from), record, "
    "'lowest since 2021', '2nd highest', 'share of southwest 63%' or 'average 350 a day'"
)
_EXTREME = re.compile(
    r"(?:the |an? )?(?:(?P<rank>\d{1,3})(?:st|nd|rd|th)[ -](?=[hl]))?"
    r"(?P<side>record high|record low|record|highest|lowest|most|fewest)(?: ever| on record)?"
    r"(?: since (?P<since>(?:19|20)\d\d(?:-(?:0[1-9]|1[0-2]))?))?"
)
_SHARE = re.compile(r"share of (?P<whole>.+?):? (?P<number>[\w ]*?[\d.]+ ?%|[\d.]+ percent)")
_TIMES = re.compile(r"(?:x ?)?(\d+(?:\.\d+)?)(?: ?(?:x|times))?")
_MULTIPLES = {"half": "x0.5", "double": "x2", "twice": "x2", "triple": "x3"}
_AVERAGE = re.compile(r"(?:average )?(?P<number>.+?)(?: a| per)? (?P<unit>day|month)")


# Something that a number is: whose count of when, that count, and how: "now", the count on record;
# "published", a value that a month has had.
NumberMatch = tuple[Subject, Period, int, str]
HOW_WORDS = {"now": "", "published": ", as once published"}


@dataclass(frozen=True, slots=True)
class AskedClaim:
    """A claim as asked: its kind, its number, the time and the whole that it is held against."""

    measure: ClaimMeasure
    claimed: Claimed
    versus: Period | None = None
    of: Subject | None = None


def answer(
    table: CountTable,
    names: SeriesNames,
    subject: Subject,
    span: Period,
    text: str,
    since: str | None,
) -> ClaimFinding:
    """Judge a claim about a series and a span.

    Parameters
    ----------
    text : the claim as typed, in one of the forms that the error lists.
    since : the span that a change is measured from, as typed; None without one.

    Raises
    ------
    ClaimError : the claim cannot be read, or a change has nothing to be measured from.
    """
    asked = _read(text, names)
    if since and asked.versus is None:
        try:
            asked = replace(asked, versus=table.calendar.read(since, table.newest))
        except ValueError as error:
            raise ClaimError(since, str(error)) from None
    if asked.measure == "total" and asked.claimed.value < 0:
        asked = replace(asked, measure="difference")
    if asked.measure in ("change_percent", "times", "difference") and asked.versus is None:
        raise ClaimError(text, "a change needs --from SPAN, the time that it is measured from")
    among: Among = "month"
    if span.length > 1:
        among = "year" if table.calendar.nth(span.first) == 1 and span.length <= 12 else "span"
    sense = Reading(subject, span, asked.measure, asked.versus, asked.of, among)
    judged = judge(table, sense, asked.claimed, strict=True)
    other = _other(table, sense, asked.claimed) if judged.verdict == "wrong" else None
    judged = replace(judged, verdict="mislabelled") if other else judged
    return show.explained(table, ClaimFinding(claimed=asked.claimed), sense, judged, other)


def _other(table: CountTable, sense: Reading, claimed: Claimed) -> Reading | None:
    """Another agency's count that the number is; None where it is none."""
    for other in confront.others(sense, table.source) if sense.measure == "total" else ():
        verdict = judge(table, other, claimed)
        near = abs((verdict.truth or 0) - claimed.value) <= 0.002 * abs(claimed.value)
        if verdict.holds and (near or not claimed.exact):
            return other
    return None


def matches(table: CountTable, number: int) -> list[NumberMatch]:
    """Find everything that a number is: months, fiscal years, years to date; best first."""

    def order(match: NumberMatch) -> tuple[int, ...]:
        # Totals before parts, months and whole years before years to date, the newest first.
        subject, span, _, how = match
        part = 2 if subject.dimension else 1 if subject.agency else 0
        plain = 0 if span.length == 1 else 1 if table.calendar.year_of(span) else 2
        total = table.source.totals.every.index(subject.total)
        return how != "now", part, plain, -span.last, total

    matched = [*_matches_now(table, number), *_matches_published(table, number)]
    return sorted(matched, key=order)[:MAX_MATCHES]


def _matches_now(table: CountTable, number: int) -> Iterator[NumberMatch]:
    for subject in table.subjects() if number else ():
        line = table.counts(subject)
        for span in line.spans(table.calendar) if line else ():
            if line and line.total(span) == number:
                yield subject, span, number, "now"


def _matches_published(table: CountTable, number: int) -> Iterator[NumberMatch]:
    """What a number was on a day on record, and is no longer."""
    for (total, month), values in table.values.items():
        whole, span = Subject(total), Period(month, month)
        if number in {count for count, _, _ in values} - {table.total(whole, span)}:
            yield whole, span, number, "published"
    for (key, month), counts in table.dated.items():
        part, span = subject_of(key, table.source), Period(month, month)
        if key.dimension and number in {*counts} - {table.total(part, span)}:
            yield part, span, number, "published"


def no_match_words(number: int, source: Source) -> str:
    """Say that a number is nothing on record."""
    return (
        f"{number:,} is no month, {source.calendar.noun}, year to date or calendar year on record."
    )


def _read(text: str, names: SeriesNames) -> AskedClaim:
    """What is claimed, in the first of the forms that the text has."""
    source = names.source
    plain = " ".join(text.split()).removesuffix(f" {source.measure.noun}")
    if share := _SHARE.fullmatch(plain):
        whole = subject_of(names.find(share["whole"]), source)
        return AskedClaim("share_percent", _number(share["number"], text, source).claimed, of=whole)
    for noun in catalog.other_nouns(source):
        if plain.lower().endswith(f" {noun}"):
            counted = source.measure.noun
            raise ClaimError(text, f"another measure: this record counts {counted}, not {noun}")
    multiple = _MULTIPLES.get(plain.lower(), plain.lower())
    match = _TIMES.fullmatch(multiple)
    if match and match[1] != multiple:
        unit = 10.0 ** -len(match[1].partition(".")[2])
        return AskedClaim("times", Claimed(float(match[1]), "", unit))
    if extreme := _EXTREME.fullmatch(plain.lower()):
        return _extreme(extreme)
    average = _AVERAGE.fullmatch(plain)
    asked = _number(average["number"] if average else plain, text, source)
    if average and asked.measure == "total":
        return replace(asked, measure="per_day" if average["unit"] == "day" else "per_month")
    return asked


def _extreme(match: re.Match[str]) -> AskedClaim:
    """A record, a rank, or the most since a month or a year."""
    low, since = match["side"] in ("lowest", "fewest", "record low"), match["since"]
    if match["rank"]:
        return AskedClaim("rank_low" if low else "rank_high", Claimed(int(match["rank"])))
    if not since:
        return AskedClaim("record_low" if low else "record_high", Claimed(0))
    start = Calendar().read(since, 0)
    return AskedClaim("lowest_since" if low else "highest_since", Claimed(0), start)


def _number(words: str, text: str, source: Source) -> AskedClaim:
    """What must be a count or a percent, with its hedge, and no more."""
    plain = words.strip().lstrip("-\u2212+")
    if plain.isdecimal() and plain.isascii() and len(plain) <= 12:
        plain = f"{int(plain):,}"  # so that 2087 is no year
    for sentence in sentences(plain):
        scene = Scene(plain, sentence, lexicon_of(source))
        hedges = {i for phrase in scene.of_kind("hedge") for i in range(phrase.first, phrase.last)}
        for number in scene.numbers if len(scene.numbers) == 1 else ():
            whole = number.last == len(scene.tokens) and hedges >= set(range(number.first))
            if whole and number.kind in ("count", "percent"):
                sign = -1 if words.strip()[0] in "-\u2212" else 1
                measure: ClaimMeasure = "total" if number.kind == "count" else "change_percent"
                return AskedClaim(measure, mentions.claimed(scene, number, sign))
        break
    raise ClaimError(text, f"it is not a count or any other claim; {_FORMS}")
