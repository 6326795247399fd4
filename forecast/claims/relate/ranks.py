"""Claims of records and ranks: the most ever, the lowest since March 2021, second highest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from forecast.claims.confront import confront
from forecast.claims.record.verdict import Among, Claimed, ClaimMeasure, Reading, judge, near_rank
from forecast.claims.show import words as show
from forecast.claims.show.words import ClaimFinding
from forecast.claims.text import times
from forecast.claims.text.scene import Placed, Scene
from forecast.claims.text.times import TextState, TimeRef
from forecast.claims.text.tokens import WrittenNumber, word_set
from forecast.claims.trace import when, whose
from forecast.claims.trace.trace import Anchor, Spot
from forecast.periods import Calendar, Period

_OF_TIME = word_set("ever history recorded record")
_ALL_TIME = word_set("record time ever historic")
_BEYOND = word_set("time ever history historic")
_MONTHLY = word_set("month monthly month's months")
_PARTS = word_set(
    "group groups nationality nationalities country countries sector sectors demographic corridor"
)
_SCOPE = word_set("any single month monthly")
_NOT_BEHIND = word_set(
    "people of recent likely important common the were are often school court level- ranking"
)
_OTHER_SENSE = word_set("at criminal track on public off sheet his her")
_DAYS = word_set("day daily week weekly days weeks")
_OLD = word_set("previous prior old earlier last that broken standing")
_MONTH_OF = [[word, "month", "of"] for word in ("a", "any", "the")]
_OLD_BEHIND = (["set"], [",", "set"])


@dataclass(frozen=True, slots=True)
class Extreme:
    """A claim that something was the highest or lowest.

    draft : its words, and its rank, 0 of a record. number : its place among the tokens.
    since : the time behind "since", None without one.
    plain : whether the words leave no doubt about what it is compared with.
    ever : whether they say that it was so in all of the record: a record, all-time, ever.
    bare : whether only "record" is said, of a high or a low.
    beyond : whether they speak of all time, which no record covers: ever, in history, in 50 years.
    of_parts : whether groups or sectors are ranked: the second-largest group, the busiest sector.
    """

    draft: ClaimFinding
    number: WrittenNumber
    measure: ClaimMeasure
    since: TimeRef | None = None
    years_back: int | None = None
    yearly: bool = False
    within: bool = False
    same_month: bool = False
    plain: bool = True
    ever: bool = False
    beyond: bool = False
    of_parts: bool = False
    bare: bool = False


def find(scene: Scene, context: TextState) -> Iterator[Extreme]:
    """The claims of records and ranks in a sentence, at most one for each such word."""
    if not (scene.of_kind("measure", "total", "sector") or context.subject):
        return
    taken = -1
    for phrase in scene.of_kind("extreme"):
        if phrase.first < taken or _is_other(scene, phrase):
            continue
        extreme = _extreme(scene, phrase)
        if extreme:
            taken = extreme.number.last
            yield extreme


def _is_other(scene: Scene, phrase: Placed) -> bool:
    """Records of days and weeks, of what is planned; words of another sense: track record."""
    first, last, single = phrase.first, phrase.last, phrase.last - phrase.first == 1
    word, before, after = scene.low(first), scene.low(first - 1), scene.low(last)
    behind = scene.words(last, last + 2)
    # The record set in June, June's record: not of the count that is spoken of.
    old = before in _OLD or behind in _OLD_BEHIND or behind[:1] in _OLD_BEHIND
    return (
        bool(_DAYS & set(scene.words(first - 5, last + 6)))
        or before in _OTHER_SENSE
        or any(0 <= first - p.last <= 6 for p in scene.of_kind("supposed"))
        or any(0 <= p.first - last <= 5 for p in scene.of_kind("off_topic"))
        # A record increase is no record.
        or any(0 <= p.first - last <= 1 for p in scene.of_kind("change"))
        # Up from July's record low.
        or any(ref.last == first and scene.compares(ref.first) for ref in scene.times)
        or (word == "record" and before in ("to", "will", "could"))
        or (word == "record" and after in ("shows", "show", "has", "says", "counts"))
        or scene.compares(first)  # 97% below the all-time high
        or (single and word == "record" and (old or scene.in_time(first - 1)))
        or (single and word == "most" and after in _NOT_BEHIND)
        or (single and word == "high" and before not in ("a", "time", "record"))
    )


def _extreme(scene: Scene, phrase: Placed) -> Extreme | None:
    clause = _clause(scene, phrase)
    reach = phrase.last + len(clause)
    since = _since(scene, phrase, reach)
    back = _years_back(scene, phrase, reach)
    within = _of_open_year(scene, phrase, reach)
    hyphen = scene.low(phrase.first - 1) == "-"
    rank = _rank(scene, phrase.first - 1 - hyphen)
    low = scene.low(phrase.first)
    own = scene.words(phrase.first, phrase.last)
    ever = bool(_OF_TIME & set(clause) or _ALL_TIME & set(own))
    scoped = bool(_SCOPE & set(clause[:10])) or "year" in clause[:6] or "total" in clause[:4]
    of_parts = bool(_PARTS & set(scene.words(phrase.first - 1, phrase.last + 3)))
    of_parts = of_parts or bool(rank and not (ever or since or scoped or within))
    known = since or back or ever or rank or within or of_parts
    if not (known or (scoped and low not in ("least", "high"))):
        return None
    last = since.last if since else phrase.last
    for i, word in enumerate(clause[:12] if not since else ()):
        if word in _OF_TIME | _SCOPE | {"year", "years", "decades", "total", "history"}:
            last = min(phrase.last + i + 1, len(scene.tokens))
    first = phrase.first - (1 + hyphen if rank else 0)
    if scene.low(first - 1) in ("the", "a", "an"):
        first -= 1
    kind = "rank" if rank else "since" if since or back else "record"
    high = phrase.value == "high"
    measures: dict[str, tuple[ClaimMeasure, ClaimMeasure]] = {
        "rank": ("rank_low", "rank_high"),
        "since": ("lowest_since", "highest_since"),
        "record": ("record_low", "record_high"),
    }
    start, end = scene.tokens[max(first, 0)].start, scene.tokens[last - 1].end
    digits = scene.text[since.start : since.end] if since else ""
    digits = digits.removeprefix("since ").removeprefix("Since ")
    every = set(scene.words(max(phrase.first - 3, 0), last + 2))
    return Extreme(
        ClaimFinding(scene.text[start:end], start, end, digits, Claimed(rank)),
        WrittenNumber("other", rank, 1, max(first, 0), last),
        measures[kind][high],
        since,
        back,
        yearly="year" in every and not (_MONTHLY & every) and not since and not within,
        within=within,
        same_month=_same_month(scene, phrase, last),
        plain=bool(ever or since or rank),
        ever=ever,
        beyond=bool(_BEYOND & {*clause, *own} - ({"ever"} if "recorded" in clause else set()))
        and not (since or within),
        of_parts=of_parts,
        bare=low == "record" and phrase.last - phrase.first == 1,
    )


def _clause(scene: Scene, phrase: Placed) -> list[str]:
    """The words behind it that may say what it is compared with."""
    behind = scene.words(phrase.last, min(phrase.last + 22, len(scene.tokens)))
    ends = (
        i
        for i, word in enumerate(behind)
        if word in (";", "while", "but", "compared")
        or (word == "," and i > 2)
        or (word == "and" and behind[i + 1 : i + 2] in (["a"], ["an"], ["the"], ["down"], ["up"]))
    )
    return behind[: next(ends, len(behind))]


def _since(scene: Scene, phrase: Placed, reach: int) -> TimeRef | None:
    inside = (ref for ref in scene.times if phrase.last <= ref.first <= reach)
    led = (
        ref for ref in inside if ref.since or "since" in scene.words(phrase.last, ref.first)[-5:]
    )
    return next(led, None)


def _of_open_year(scene: Scene, phrase: Placed, reach: int) -> bool:
    """Whether it is one of the year that is not over: the highest so far, of this fiscal year."""
    for ref in scene.times:
        if phrase.last <= ref.first <= reach and ref.form in ("fy_now", "fy_through"):
            led = scene.low(ref.first - 1) in ("of", "in", "the", "this", "so")
            return led or ref.form == "fy_now"
    return {"so", "far"} <= set(scene.words(phrase.last, phrase.last + 6))


def _rank(scene: Scene, at: int) -> int:
    """The rank that stands at a token, 0 without one."""
    ordinals = [n for n in scene.numbers if n.kind == "ordinal" and n.first <= at < n.last]
    return next((int(n.value) for n in ordinals if n.value > 1), 0)


def _years_back(scene: Scene, phrase: Placed, reach: int) -> int | None:
    """Lowest in more than 50 years, in decades, in nearly five years."""
    for ref in scene.times:
        if ref.form == "past_years" and phrase.last <= ref.first <= reach:
            return int(ref.args[0])
    for at in range(phrase.last, min(reach, phrase.last + 12)):
        before, low, after = scene.words(at - 1, at + 2)
        if (low, after) == ("in", "decades"):
            return 20
        if (before, low) == ("a", "decade"):
            return 10
        numbers = [n for n in scene.numbers if at - 3 <= n.last - 1 < at]
        led = {"in", "over"} & set(scene.words(at - 6, at))
        if numbers and led and low in ("years", "decades"):
            return int(numbers[0].value) * (10 if low == "decades" else 1)
    return None


def _same_month(scene: Scene, phrase: Placed, last: int) -> bool:
    """The lowest March (total) on record; the most for any January; the fewest for that month."""
    led, which, month = scene.words(phrase.last, phrase.last + 3)
    bare = [
        ref
        for ref in scene.times
        if ref.form == "month" and not ref.args[1] and phrase.first < ref.first <= last + 3
    ]
    return (led == "for" and which in ("that", "the", "this") and month == "month") or any(
        ref.first <= phrase.last
        or scene.low(ref.first - 1) in ("any", "a", "for", "every")
        or scene.words(ref.first - 3, ref.first) in _MONTH_OF
        for ref in bare[:1]
    )


def rows(extreme: Extreme, now: Reading, context: TextState) -> list[Reading]:
    """What it may mean of this count: among which others, since when."""
    span, measure = now.span, extreme.measure
    if extreme.of_parts and (now.subject.dimension or not extreme.draft.claimed.value):
        side: ClaimMeasure = "rank_low" if measure.endswith("low") else "rank_high"
        ranked = Reading(now.subject, span, side, among="members")
        return [ranked] if len(now.subject.members) == 1 else []
    among: Among = "month"
    if extreme.within:
        among = "within year"
    elif extreme.same_month:
        among = "same month"
    elif span.length > 1:
        among = "year" if context.calendar.nth(span.first) == 1 and span.length <= 12 else "span"
    sense = Reading(now.subject, span, measure, among=among)
    made = [replace(sense, versus=since) for since in _starts(extreme, span, context)]
    # A record is one among all months, and the highest in ten years one of those ten years: that
    # it was the highest of its own year makes neither true.
    bare = not (extreme.ever or extreme.since or extreme.years_back or extreme.within)
    if bare and span.length == 1:
        own = replace(sense, among="within year")
        made = [own, *made] if extreme.yearly else [*made, own]
        made += [replace(sense, among="same month")] * extreme.yearly
    return made


def judged(extreme: Extreme, nows: Sequence[Now], spot: Spot) -> ClaimFinding | None:
    """Judge a record or a rank: of a count of the text, or of what its words name."""
    claimed, context = extreme.draft.claimed, spot.said
    every = [
        (now, row, judge(spot.counts, row, claimed))
        for now in nows
        for row in rows(extreme, now.reading, context)
    ]
    right = [one for one in every if one[2].holds]
    open_ = [one for one in every if one[2].verdict != "wrong"]
    for now, row, verdict in (right or open_ or every)[:1]:
        if verdict.verdict == "wrong" and not _certain(extreme, now, row, spot):
            shown = show.explained(spot.counts, extreme.draft, row, verdict)
            why = f"What it is compared with is not clear. {shown.why}"
            return replace(extreme.draft, why=why)
        finding = show.explained(spot.counts, extreme.draft, row, verdict)
        return show.windowed(spot.counts, finding) if extreme.beyond and verdict.holds else finding
    return None


def _certain(extreme: Extreme, now: Now, row: Reading, spot: Spot) -> bool:
    """Whether a record may be called none: its count is certain, and no other agency's is one."""
    vague = not extreme.plain or extreme.of_parts or row.among == "span"
    if vague or (extreme.yearly and row.span.length == 1) or not now.sure:
        return False
    if confront.innocent(spot.scene, extreme.number) or near_rank(spot.counts, row):
        return False
    low: tuple[ClaimMeasure, ...] = ("record_low",) if extreme.bare else ()
    told = {phrase.value for phrase in spot.scene.of_kind("measure")} & {"all", "usbp", "ofo"}
    agencies = (row.subject.agency,) if told or row.subject.dimension else ("", "usbp")
    others = (
        replace(row, subject=row.subject._replace(agency=agency), measure=measure)
        for agency, measure in product(agencies, (row.measure, *low))
    )
    return not any(judge(spot.counts, other, extreme.draft.claimed).holds for other in others)


_STILL = word_set(", of in for which that had been was is still the a an ( —")


def nows(spot: Spot, here: WrittenNumber) -> list[Now]:
    """What may be the highest or lowest: the counts beside these words, else what they say."""
    scene = spot.scene
    counted = [a for a in spot.anchors if a.reading]
    near = sorted(counted, key=lambda a: scene.distance((a.first, a.last), (here.first, here.last)))
    close = [a for a in near[:1] if a.last <= here.first and _explained(scene, a, here)]
    whose_ = counted[0].reading.subject if counted and counted[0].reading else spot.said.subject
    beside = when.just_before(scene, here, spot.said) if not close else None
    if beside and whose_:
        return [Now(Reading(whose_, beside), True)]
    main = close or [anchor for anchor in near if not anchor.compared] or near
    only = len(counted) == 1 or bool(close)
    made = [(a.reading, a.traced and only and i == 0) for i, a in enumerate(main[:2])]
    return [Now(reading, sure) for reading, sure in made if reading] or _nows_by_words(spot, here)


def _explained(scene: Scene, anchor: Anchor, here: WrittenNumber) -> bool:
    """Whether nothing but its time stands between a count and what is said of it."""
    between = range(anchor.last, here.first)
    return all(scene.low(at) in _STILL or scene.in_time(at) for at in between)


def _nows_by_words(spot: Spot, here: WrittenNumber) -> list[Now]:
    """The count before that "it" refers to, and what the sentence's own words name."""
    scene, said = spot.scene, spot.said
    carried: list[Now] = []
    if said.subject and said.span and not scene.of_kind("drug"):
        last = [a for a in spot.before if a.sentence == said.sentence - 1]
        lone = len(last) == 1 and last[0].traced and last[0].span == said.span
        carried.append(Now(Reading(said.subject, said.span), lone and when.refers(scene, here)))
    persons = whose.options(scene, here, said)[:3]
    months = [at for at in when.options(scene, here, said) if at.span.length <= 60][:4]
    named = [
        Now(Reading(who.subject, at.span), at.explicit and rank == 0 and who.far == 0)
        for at in months
        for rank, who in enumerate(persons)
    ]
    timed = any(ref.counts and not when.of_extreme(scene, ref) for ref in scene.times)
    first = 2 * len(persons)
    return [*named[:first], *carried, *named[first:]] if timed else [*carried, *named]


@dataclass(frozen=True, slots=True)
class Now:
    """A count that may be the highest or lowest, and whether it is surely meant."""

    reading: Reading
    sure: bool = False


def _starts(extreme: Extreme, span: Period, context: TextState) -> list[Period | None]:
    """The months, or years, that it may be the highest or lowest since."""
    ref = extreme.since
    if extreme.years_back:
        first = span.first - 12 * extreme.years_back
        return [Period(first, first), Period(first, first + 12)]
    if ref is None:
        return [None]
    year = ref.args[1] if ref.form == "since" and ref.args[0] is None else None
    year = ref.args[0] if ref.form == "year" else year
    if year:
        return [Calendar().period(year), context.calendar.period(year)]
    spans = times.spans(ref, context, span)[:3]
    if ref.form == "since_fy":
        return [Period(period.first, period.first + 11) for period in spans[:1]]
    if ref.form in ("since", "era"):
        spans = [Period(period.first, period.first) for period in spans]
    return [*spans] or [None]
