"""Claims of records and ranks: the most ever, the lowest since March 2021, second highest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from forecast.claims import times
from forecast.claims.mentions import Placed, Scene
from forecast.claims.readings import Candidate, ScoredReading, TextState
from forecast.claims.times import TimeRef
from forecast.claims.tokens import WrittenNumber, word_set
from forecast.claims.truth import ClaimSpan, Subject, calendar, fiscal
from forecast.claims.verdict import Claimed, ClaimMeasure, Reading
from forecast.claims.weights import cost

_OF_TIME = word_set("ever history recorded record")
_MONTHLY = word_set("month monthly month's months")
_PARTS = word_set(
    "group groups nationality nationalities country countries sector sectors demographic corridor"
)
_SCOPE = word_set("any single month monthly")
_NOT_BEHIND = word_set(
    "people of recent likely important common the were are often school court level- ranking"
)


@dataclass(frozen=True, slots=True)
class Extreme:
    """A claim that something was the highest or lowest.

    number : its place among the tokens. since : the time behind "since", None without one.
    plain : whether the words leave no doubt about what it is compared with.
    ever : whether they say that it was so in all of the record: a record, all-time, ever.
    bare : whether only "record" is said, of a high or a low.
    of_parts : whether groups or sectors are ranked: the second-largest group, the busiest sector.
    """

    start: int
    end: int
    number: WrittenNumber
    digits: str
    claimed: Claimed
    measure: ClaimMeasure
    since: TimeRef | None = None
    years_back: int | None = None
    yearly: bool = False
    within: bool = False
    same_month: bool = False
    plain: bool = True
    ever: bool = False
    of_parts: bool = False
    bare: bool = False


def find(scene: Scene, context: TextState) -> Iterator[Extreme]:
    """The claims of records and ranks in a sentence, at most one for each such word."""
    if not (scene.of_kind("measure", "total", "sector") or context.subject):
        return
    taken = -1
    for phrase in scene.of_kind("extreme"):
        if phrase.first < taken or _off(scene, phrase) or _of_days(scene, phrase):
            continue
        extreme = _extreme(scene, phrase)
        if extreme:
            taken = extreme.number.last
            yield extreme


def _of_days(scene: Scene, phrase: Placed) -> bool:
    """Records of days and weeks, of what is planned, or "record" as a verb."""
    words = {scene.low(i) for i in range(phrase.first - 5, phrase.last + 6)}
    if words & {"day", "daily", "week", "weekly", "days", "weeks"}:
        return True
    verb = scene.low(phrase.first) == "record" and scene.low(phrase.first - 1) in (
        "to",
        "will",
        "could",
    )
    supposed = [p for p in scene.of_kind("supposed") if 0 <= phrase.first - p.last <= 6]
    return verb or bool(supposed)


_OTHER_SENSE = word_set("at criminal track on public off sheet his her")
_OLD = word_set("previous prior old earlier last that broken standing")
_OLD_BEHIND = (["set"], [",", "set"])


def _off(scene: Scene, phrase: Placed) -> bool:
    """Words of another sense: most of, at most, track record, criminal record."""
    before, after = scene.low(phrase.first - 1), scene.low(phrase.last)
    if before in _OTHER_SENSE:
        return True
    times_before = [place for place in scene.time_places if place[1] == phrase.first]
    if any(scene.compares(place[0]) for place in times_before):
        return True  # up from July's record low
    if scene.low(phrase.last - 1) == "record" and phrase.last - phrase.first == 1:
        # The record set in June, June's record: not of the count that is spoken of.
        behind = [scene.low(i) for i in range(phrase.last, phrase.last + 2)]
        set_before = behind in _OLD_BEHIND or behind[:1] in _OLD_BEHIND
        if before in _OLD or set_before or scene.in_time(phrase.first - 1):
            return True
    if (
        phrase.last - phrase.first == 1
        and scene.low(phrase.first) == "most"
        and after in _NOT_BEHIND
    ):
        return True
    if (
        phrase.last - phrase.first == 1
        and scene.low(phrase.first) == "high"
        and before not in ("a", "time", "record")
    ):
        return True
    if any(0 <= p.first - phrase.last <= 1 for p in scene.of_kind("change")):
        return True  # a record increase is no record
    near = [p for p in scene.of_kind("off_topic") if 0 <= p.first - phrase.last <= 5]
    return bool(near)


def _extreme(scene: Scene, phrase: Placed) -> Extreme | None:
    words = [scene.low(i) for i in range(phrase.last, min(phrase.last + 22, len(scene.tokens)))]
    clause = _clause(words)
    since = _since(scene, phrase, clause)
    back = _years_back(scene, phrase, len(clause))
    rank = _rank(scene, phrase)
    low = scene.low(phrase.first)
    text_words = {scene.low(i) for i in range(phrase.first, phrase.last)}
    ever = (
        bool(_OF_TIME & set(clause))
        or "record" in text_words
        or bool({"time", "ever"} & text_words)
        or "historic" in text_words
    )
    scoped = bool(_SCOPE & set(clause[:10])) or "year" in clause[:6] or "total" in clause[:4]
    within = _within(scene, phrase, len(clause))
    near = {scene.low(i) for i in range(phrase.first - 1, phrase.last + 3)}
    of_parts = bool(_PARTS & near) or bool(rank and not (ever or since or scoped or within))
    known = since or back or ever or rank or within or of_parts
    if not (known or (scoped and low not in ("least", "high"))):
        return None
    side = phrase.value
    last = _last_token(scene, phrase, since, clause)
    first = phrase.first - (2 if rank and scene.low(phrase.first - 1) == "-" else 1 if rank else 0)
    if scene.low(first - 1) in ("the", "a", "an"):
        first -= 1
    measure: ClaimMeasure = _measure(side, since is not None or back is not None, rank)
    start, end = scene.tokens[max(first, 0)].start, scene.tokens[last - 1].end
    digits = scene.text[since.start : since.end] if since else ""
    digits = digits.removeprefix("since ").removeprefix("Since ")
    place = WrittenNumber("other", rank or 0, 1, max(first, 0), last)
    all_words = [scene.low(i) for i in range(max(phrase.first - 3, 0), last + 2)]
    return Extreme(
        start, end, place, digits, Claimed(rank or 0), measure, since, back,
        yearly="year" in all_words and not (_MONTHLY & set(all_words)) and not since and not within,
        within=within,
        same_month=_same_month(scene, phrase, last),
        plain=ever or since is not None or rank is not None,
        ever=ever,
        of_parts=of_parts,
        bare=low == "record" and phrase.last - phrase.first == 1,
    )  # fmt: skip


def _clause(words: list[str]) -> list[str]:
    for i, word in enumerate(words):
        if word in (";", "while", "but", "compared") or (word == "," and i > 2):
            return words[:i]
        if word == "and" and words[i + 1 : i + 2] in (["a"], ["an"], ["the"], ["down"], ["up"]):
            return words[:i]
    return words


def _since(scene: Scene, phrase: Placed, clause: list[str]) -> TimeRef | None:
    for ref, place in zip(scene.times, scene.time_places, strict=True):
        if not phrase.last <= place[0] <= phrase.last + len(clause):
            continue
        between = [scene.low(i) for i in range(phrase.last, place[0])]
        if ref.since or "since" in between[-5:]:
            return ref
    return None


def _years_back(scene: Scene, phrase: Placed, length: int) -> int | None:
    """Lowest in more than 50 years, in decades, in nearly five years."""
    for ref, place in zip(scene.times, scene.time_places, strict=True):
        if ref.form == "past_years" and phrase.last <= place[0] <= phrase.last + length:
            return int(ref.args[0])
    for at in range(phrase.last, phrase.last + min(length, 12)):
        if scene.low(at) == "in" and scene.low(at + 1) == "decades":
            return 20
        if scene.low(at) == "decade" and scene.low(at - 1) == "a":
            return 10
        if scene.low(at) in ("years", "decades"):
            number = next((n for n in scene.numbers if at - 3 <= n.last - 1 < at), None)
            led = any(scene.low(i) in ("in", "over") for i in range(at - 6, at))
            if number and led:
                return int(number.value) * (10 if scene.low(at) == "decades" else 1)
    return None


def _rank(scene: Scene, phrase: Placed) -> int | None:
    at = phrase.first - (2 if scene.low(phrase.first - 1) == "-" else 1)
    number = next(
        (n for n in scene.numbers if n.kind == "ordinal" and n.first <= at < n.last), None
    )
    return int(number.value) if number and number.value > 1 else None


def _within(scene: Scene, phrase: Placed, length: int) -> bool:
    for ref, place in zip(scene.times, scene.time_places, strict=True):
        if phrase.last <= place[0] <= phrase.last + length and ref.form in ("fy_now", "fy_through"):
            return (
                scene.low(place[0] - 1) in ("of", "in", "the", "this", "so") or ref.form == "fy_now"
            )
    words = [scene.low(i) for i in range(phrase.last, phrase.last + 6)]
    return "so" in words and "far" in words


def _same_month(scene: Scene, phrase: Placed, last: int) -> bool:
    """The lowest March (total) on record; the most for any January; the fewest for that month."""
    behind = [scene.low(i) for i in range(phrase.last, phrase.last + 3)]
    if behind in (["for", "that", "month"], ["for", "the", "month"], ["for", "this", "month"]):
        return True
    for ref, place in zip(scene.times, scene.time_places, strict=True):
        if ref.form == "month" and not ref.args[1] and phrase.first < place[0] <= last + 3:
            led = [scene.low(i) for i in range(place[0] - 3, place[0])]
            month_of = led[1:] == ["month", "of"] and led[0] in ("a", "any", "the")
            return led[2] in ("any", "a", "for", "every") or place[0] <= phrase.last or month_of
    return False


def _last_token(scene: Scene, phrase: Placed, since: TimeRef | None, clause: list[str]) -> int:
    if since:
        return scene.place(since)[1]
    last = phrase.last
    for i, word in enumerate(clause[:12]):
        if word in _OF_TIME | _SCOPE | {"year", "years", "decades", "total", "history"}:
            last = phrase.last + i + 1
    return min(last, len(scene.tokens))


def _measure(side: str, since: bool, rank: int | None) -> ClaimMeasure:
    high = side == "high"
    if rank:
        return "rank_high" if high else "rank_low"
    if since:
        return "highest_since" if high else "lowest_since"
    return "record_high" if high else "record_low"


def weigh(
    extreme: Extreme, pair: tuple[Candidate[Subject], Candidate[ClaimSpan]], context: TextState
) -> list[ScoredReading]:
    """What it may mean of this count: among which others, since when."""
    subject, span = pair
    price = subject.cost + span.cost
    among: Literal["month", "year", "same month", "within year", "span"] = "month"
    if span.value.length > 1:
        among = "year" if span.value.year or span.value.to_date else "span"
    if extreme.of_parts and (subject.value.dimension or not extreme.claimed.value):
        side: ClaimMeasure = "rank_low" if extreme.measure.endswith("low") else "rank_high"
        if len(subject.value.members) != 1:
            return []
        ranked = Reading(subject.value, span.value, side, among="members")
        return [ScoredReading(ranked, price, False, False)]
    if extreme.same_month:
        among = "same month"
    if extreme.within:
        among = "within year"
    sense = Reading(subject.value, span.value, extreme.measure, None, None, among)
    made = [
        ScoredReading(
            replace(sense, versus=since), price + 0.3 * i, subject.bound, span.bound, subject.placed
        )
        for i, since in enumerate(_starts(extreme, span.value, context))
    ]
    # A record is one among all months, and the highest in ten years one of those ten years: that
    # it was the highest of its own year makes neither true.
    bare = not (extreme.ever or extreme.since or extreme.years_back or extreme.within)
    if bare and span.value.length == 1:
        made.append(
            ScoredReading(
                replace(sense, among="within year"),
                price + (0.1 if extreme.yearly else cost("rank.of_year")),
                True,
                True,
            )
        )
        if extreme.yearly:
            made.append(
                ScoredReading(
                    replace(sense, among="same month"),
                    price + cost("carried"),
                    True,
                    True,
                )
            )
    return made


def _starts(extreme: Extreme, span: ClaimSpan, context: TextState) -> list[ClaimSpan | None]:
    if extreme.years_back:
        first = span.first - 12 * extreme.years_back
        return [ClaimSpan(first, first), ClaimSpan(first, first + 12)]
    if extreme.since is None:
        return [None]
    ref = extreme.since
    if ref.form == "since" and ref.args[0] is None and ref.args[1]:
        year = ref.args[1]
        return [calendar(year), fiscal(year)]
    spans = times.spans(ref, context.when, span)
    if ref.form in ("since", "since_fy", "era"):
        if ref.form == "since_fy":
            return [ClaimSpan(span.first, span.first + 11) for span in spans[:1]]
        return [ClaimSpan(span.first, span.first) for span in spans[:3]] or [None]
    if ref.form == "year":
        year = ref.args[0]
        return [calendar(year), fiscal(year)]
    return list(spans[:3]) or [None]
