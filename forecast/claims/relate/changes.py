"""Numbers beside each other: changes, multiples, differences and shares of what was counted.

Both ends of a relation are counts: of the text, of the record, or of both. It is wrong only where
the words leave no doubt which ends are meant; then its truth is that of those ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from forecast.claims.confront import confront
from forecast.claims.record.counts import Subject
from forecast.claims.record.verdict import (
    Claimed,
    ClaimMeasure,
    JudgedClaim,
    Rate,
    Reading,
    fits,
    judge,
    quantity,
)
from forecast.claims.relate import bases
from forecast.claims.show import words as show
from forecast.claims.show.words import ClaimFinding
from forecast.claims.text import scene as mentions
from forecast.claims.text import times
from forecast.claims.text.scene import Scene
from forecast.claims.text.tokens import WrittenNumber
from forecast.claims.trace import when, whose
from forecast.claims.trace.trace import Anchor, Spot
from forecast.claims.trace.whose import BESIDE, CARRIED, SENTENCE
from forecast.periods import Period


@dataclass(frozen=True, slots=True)
class End:
    """One end of a relation: a span of a subject, and the text's own number for it.

    sure : whether the words leave no doubt that it is meant. traced : whether the record has the
        number, if it is one of the text.
    """

    span: Period | None
    subject: Subject | None = None
    value: float | None = None
    sure: bool = False
    traced: bool = True


@dataclass(frozen=True, slots=True)
class Pair:
    """What is compared: now with before, or a part with its whole."""

    now: End
    base: End
    rate: Rate = ""

    @property
    def sure(self) -> bool:
        """Whether both ends are certain."""
        return self.now.sure and self.base.sure

    def reading(self, measure: ClaimMeasure) -> Reading | None:
        """The same of the record; None where an end is a number of the text alone."""
        now, base = self.now, self.base
        if now.subject is None or now.span is None or base.span is None:
            return None
        return Reading(now.subject, now.span, measure, base.span, rate=self.rate)


def change(spot: Spot, measure: ClaimMeasure) -> ClaimFinding | None:
    """Judge a change against another time: percent, difference or multiple."""
    sign = 1 if measure == "times" else _direction(spot.scene, spot.number)
    if sign == 0:
        return None
    claimed = _signed(spot, measure, sign)
    spot = replace(spot, draft=replace(spot.draft, claimed=claimed))
    certain = list(_from_to_numbers(spot)) if spot.anchors else []
    if certain and bases.read(spot.scene, spot.number) is None and "percent" in measure:
        pairs = certain  # from A to B, a 24% decrease: nothing else can be meant
    else:
        pairs = list(dict.fromkeys(_pairs(spot)))[:60]
    held = _held(spot, pairs, measure, claimed)
    if held:
        return held
    if measure != "times" or claimed.value >= 1:
        wrong = _wrong(spot, pairs, measure, claimed)
        if wrong:
            return wrong
    known = [(r, judge(spot.counts, r, claimed)) for p in pairs if (r := p.reading(measure))]
    open_ = [judged for _, judged in known[:2] if judged.verdict == "cannot_be_checked"]
    if open_ and known[0][1].verdict == "cannot_be_checked":
        return show.explained(spot.counts, spot.draft, *known[0])
    held_ = [(r, judged.truth) for r, judged in known if judged.truth is not None]
    readings = show.nearest([r for r, _ in held_], [t for _, t in held_], claimed.value)
    if not readings:
        return replace(spot.draft, why="what it is compared with is not understood")
    return show.differs(spot.counts, spot.draft, readings)


def _direction(scene: Scene, number: WrittenNumber) -> int:
    sign = mentions.direction(scene, number)
    for other in reversed(scene.numbers):  # down 7% from April and 24% from May 2022
        if sign == 0 and other.kind == "percent" and other.last <= number.first:
            sign = mentions.direction(scene, other)
    return sign


def _signed(spot: Spot, measure: ClaimMeasure, sign: int) -> Claimed:
    number, claimed = spot.number, spot.claimed
    claimed = replace(claimed, value=sign * number.value)
    if number.kind == "percent" and measure == "times":  # a tenth of what it was
        return replace(claimed, value=number.value / 100, unit=0.04, exact=True)
    if measure == "times" and number.value < 1:
        return replace(claimed, unit=0.1)
    return claimed


def _held(
    spot: Spot, pairs: Sequence[Pair], measure: ClaimMeasure, claimed: Claimed
) -> ClaimFinding | None:
    """The first pair that makes it right: of the record, or of the text's own numbers."""
    near: ClaimFinding | None = None
    for pair in pairs:
        reading = pair.reading(measure)
        judged = judge(spot.counts, reading, claimed) if reading else None
        if reading and judged and judged.holds:
            made = show.explained(spot.counts, spot.draft, reading, judged)
            if judged.verdict != "near_today":
                return made
            near = near or made
        written = _written(pair, measure)
        verdict = fits(measure, claimed, written) if written is not None else None
        if written is not None and verdict:
            by_text = JudgedClaim(verdict, written, evidence="record")
            why = "It follows from the numbers beside it."
            return replace(spot.draft, sense=reading, judged=by_text, why=why)
    return near


def _written(pair: Pair, measure: ClaimMeasure) -> float | None:
    """What the text's own numbers give; None without two."""
    now, base = pair.now.value, pair.base.value
    if now is None or not base or pair.rate:
        return None
    return quantity(measure, now, base)


def _wrong(
    spot: Spot, pairs: Sequence[Pair], measure: ClaimMeasure, claimed: Claimed
) -> ClaimFinding | None:
    """Wrong of both ends, where they are certain, and of every other pair within reach."""
    sure = [pair for pair in pairs if pair.sure]
    if not sure or confront.innocent(spot.scene, spot.number) not in ("", _PART):
        return None
    pair, reading = sure[0], sure[0].reading(measure)
    written = _written(pair, measure)
    judged = judge(spot.counts, reading, claimed) if reading else None
    if written is None and not (pair.now.traced and pair.base.traced):
        return None
    truth = written if written is not None else judged.truth if judged else None
    if truth is None or (judged and judged.verdict not in ("wrong", "cannot_be_checked")):
        return None
    # Ends that were restated since may have given what is said.
    loose = 1.0 if written is None and "percent" in measure else 0.0
    opposite = truth * claimed.value < 0 and min(abs(truth), abs(claimed.value)) > 2
    margin = 0.25 * claimed.value if measure == "times" else loose + claimed.unit
    if not opposite and abs(truth - claimed.value) <= margin:
        return None
    if claimed.hedge in ("over", "below", "under") and not opposite:
        short = claimed.hedge == "over"  # more than doubled: it did not, by far
        most, least = sorted((abs(truth), abs(claimed.value)), reverse=True)
        if short != (abs(truth) < abs(claimed.value)) or most < 1.1 * least:
            return None
    verdict = JudgedClaim("wrong", truth, evidence="record")
    if reading and written is None:
        return show.explained(spot.counts, spot.draft, reading, verdict)
    words = show.NUMBERS.get(measure, "{:,.0f}").format(truth)
    why = f"The numbers beside it give {words}."
    return replace(spot.draft, sense=reading, judged=verdict, why=why, say_instead=why)


_PART = "it may be of a part that is not on record"


# -- which ends ------------------------------------------------------------------------------------


def _pairs(spot: Spot) -> Iterator[Pair]:
    """What a change may compare, the likeliest first."""
    yield from _from_to_numbers(spot)
    nows = _nows(spot)
    named = bases.read(spot.scene, spot.number)
    for now in nows[:6]:
        yield from _on_bases(spot, now, named)
    between = bases.from_to(spot.scene, spot.number, spot.said)
    behind = set(spot.scene.words(spot.number.last, len(spot.scene.tokens)))
    if behind & {"compared", "versus", "against"}:
        between = None  # from October to June, compared with the same time of last year
    if between and not (named and any(ref.form not in when.RANGES for ref in named.refs)):
        after, before = between
        subjects = [(n.subject, n.sure) for n in nows if n.subject] or [
            (w.subject, False) for w in whose.options(spot.scene, spot.number, spot.said)[:3]
        ]
        for subject, _ in dict(subjects).items():
            tied = _tied(spot, subject)
            yield Pair(End(after, subject, sure=tied), End(before, subject, sure=True))
    for now in nows[:4]:
        if not between and (named is None or not named.refs):
            yield from _usual(spot, now, sure=False)


def _tied(spot: Spot, subject: Subject) -> bool:
    """Whether the words beside a change leave no doubt whose it is."""
    first = whose.options(spot.scene, spot.number, spot.said)[:1]
    places = {value for kind, value in spot.said.speaks if kind in whose.PLACES}
    return any(
        w.subject == subject
        and (w.place == BESIDE or places == {w.subject.total})
        and w.agency == BESIDE
        and w.part == BESIDE
        for w in first
    )


def _from_to_numbers(spot: Spot) -> Iterator[Pair]:
    """From A in May to B in June, a 24% decrease: here or in the sentence before."""
    for anchors, scene in ((spot.anchors, spot.scene), (spot.before[-2:], None)):
        if len(anchors) < 2 or (scene is None and spot.anchors):
            continue
        led = [(a, _led(scene, a) if scene else a.led) for a in anchors]
        froms = [a for a, word in led if word == "from"]
        tos = [a for a, word in led if word == "to"]
        if tos and not froms:  # 418 in February to roughly 700 in March
            froms = [a for a, word in led if a.last <= tos[0].first and tos[0].first - a.last <= 6]
        mains = [a for a, word in led if word not in ("from", "to") and not a.compared]
        ends = tos or (mains[-1:] if len(mains) == 1 else [])
        if len(froms) == 1 and len(ends) == 1:
            now, base = ends[0], froms[0]
            yield Pair(_end(now, True), _end(base, True))


def _led(scene: Scene, anchor: Anchor) -> str:
    return led_by(scene, anchor.first)


def led_by(scene: Scene, first: int) -> str:
    """The preposition before a number, past its hedge and article."""
    at = first - 1
    for _ in range(5):
        hedged = any(p.first <= at < p.last for p in scene.of_kind("hedge"))
        if not hedged and scene.low(at) not in ("the", "a", "an", "some", "level", "of"):
            break
        at -= 1
    return scene.low(at)


def _end(anchor: Anchor, sure: bool) -> End:
    reading = anchor.reading
    exact = anchor.claimed.exact or anchor.claimed.telling
    span, subject = (reading.span, reading.subject) if reading else (None, None)
    sure = sure and (exact or anchor.traced)
    return End(span, subject, anchor.claimed.value, sure, anchor.traced and not anchor.near)


def _nows(spot: Spot) -> list[End]:
    """What it is that changed: the sentence's count, what its words say, the count before."""
    scene, number, said = spot.scene, spot.number, spot.said
    named = bases.read(scene, number)
    inside = named.tokens if named else range(0)
    main = [a for a in spot.anchors if not a.compared and a.first not in inside]
    near = sorted(main, key=lambda a: abs(a.first - number.first))
    ends = [_end(a, rank == 0 and _is_own(spot, a, main)) for rank, a in enumerate(near[:3])]
    made = [end for end in ends if end.span or end.value is not None]
    words = _nows_by_words(spot, bool(main))
    carried = []
    totals = {phrase.value for phrase in scene.of_kind("total")}
    for rank, anchor in enumerate([a for a in spot.before[::-1] if not a.compared][:8]):
        if anchor.reading and totals and anchor.reading.subject.total not in totals:
            continue
        fresh = not main and not words_time(scene, inside)
        carried.append(_end(anchor, fresh and rank == 0 and _one_before(spot)))
    spoken = said.subject is not None and (not totals or said.subject.total in totals)
    if spoken and said.span and not main:
        carried.append(End(said.span, said.subject))
    return [*made, *carried, *words] if when.refers(scene, number) else [*made, *words, *carried]


def _is_own(spot: Spot, anchor: Anchor, main: Sequence[Anchor]) -> bool:
    """Whether the nearest count is surely what changed: the only one, or right before it."""
    if len(main) == 1:
        return anchor.traced
    last = max((a.first for a in main if a.first < spot.number.first), default=-1)
    return anchor.traced and anchor.first == last and spot.number.first - anchor.last <= 14


def _one_before(spot: Spot) -> bool:
    """Whether the sentence before had one count that something can be compared with."""
    own = [a for a in spot.before if a.sentence == spot.said.sentence - 1 and not a.compared]
    return len(own) == 1 and own[0].traced


def words_time(scene: Scene, inside: range) -> bool:
    """Whether a sentence says a time of its own, beside those of a base."""
    return any(
        ref.counts
        and not ref.relative
        and ref.first not in inside
        and not scene.compares(ref.first)
        for ref in scene.times
    )


def _nows_by_words(spot: Spot, counted: bool) -> list[End]:
    scene, number, said = spot.scene, spot.number, spot.said
    persons = whose.options(scene, number, said)[:4]
    inside = named.tokens if (named := bases.read(scene, number)) else range(0)
    own = {
        span
        for ref in scene.times
        if ref.counts and not ref.relative and ref.first not in inside
        and not (scene.compares(ref.first) and not _with_when(scene, ref))
        for span in when.resolve(scene, said, ref, None)[:4]
    }  # fmt: skip
    months = [at for at in when.options(scene, number, said) if at.span in own or at.far >= CARRIED]
    months += [when.When(span, SENTENCE) for span in bases.ends(scene, said)]
    made = []
    for rank, at in enumerate(months[:6]):
        for who in persons:
            sure = (
                not counted and rank == 0 and at.far == BESIDE and who is persons[0]
                and _tied(spot, who.subject)
            )  # fmt: skip
            made.append(End(at.span, who.subject, sure=sure))
    return made


def _with_when(scene: Scene, ref: times.TimeRef) -> bool:
    return scene.low(ref.first - 1) in ("in", "for", "during")


def _on_bases(spot: Spot, now: End, named: bases.NamedBase | None) -> Iterator[Pair]:
    """A now against what the words name as its base, else against what is usual."""
    if named is None:
        return
    before = not named.tokens
    inside = [
        a
        for a in spot.anchors
        if a.first in named.tokens or (before and a.compared and a.first < spot.number.first)
    ]
    words = {spot.scene.low(i) for i in named.tokens}
    if any(word.startswith("averag") for word in words):
        yield from _on_average(spot, now, named, words)
        return
    for anchor in inside:
        yield Pair(now, _end(anchor, len(inside) == 1))
    if now.span is None:
        return
    if words & bases.HIGH and not inside:
        yield from _on_peak(spot, now, named)
    for ref in named.refs[:3]:
        yield from _on_time(spot, now, ref, len(named.refs) == 1 and not inside)
    if not named.refs and not inside and not bases.adds(spot.scene, named):
        yield from _usual(spot, now, sure=False)


def _on_time(spot: Spot, now: End, ref: times.TimeRef, certain: bool) -> Iterator[Pair]:
    """A now against a time; certain : whether it is the only one."""
    ranged = ref.form in when.RANGES and spot.scene.low(ref.first - 1) in ("from", "between")
    if now.span is None or ranged:
        return
    resolved = times.spans(ref, spot.said, now.span)
    if ref.since and ref.form != "era":
        resolved = when.begun(ref, resolved, spot.said)
    plain = certain and (ref.relative or when.names_year(ref))
    for rank, span in enumerate(list(dict.fromkeys(resolved))[:4]):
        if span != now.span:
            sure = plain and rank == 0 and span.length == now.span.length
            yield Pair(now, End(span, now.subject, sure=sure))


def _on_average(spot: Spot, now: End, named: bases.NamedBase, words: set[str]) -> Iterator[Pair]:
    rate: Rate = "per_day" if words & {"daily", "day", "day's"} else "per_month"
    for ref in named.refs[:3]:
        for span in times.spans(ref, spot.said, now.span)[:4]:
            yield Pair(now, End(span, now.subject), rate)


def _on_peak(spot: Spot, now: End, named: bases.NamedBase) -> Iterator[Pair]:
    """A peak: of the time that is named, or of all before."""
    line = spot.counts.counts(now.subject) if now.subject and now.span else None
    if line is None or now.span is None:
        return
    within = [s for ref in named.refs for s in times.spans(ref, spot.said, None)[:2]]
    for span in within or [Period(0, now.span.last)]:
        inside = [m for m in line.by_month if m in span.numbers and m <= now.span.last]
        if inside:
            peak = max(inside, key=lambda month: line.by_month[month][0])
            yield Pair(now, End(Period(peak, peak), now.subject))


def _usual(spot: Spot, now: End, sure: bool) -> Iterator[Pair]:
    """What is often compared with: another count of the text, a year or a month before."""
    if now.span is None:
        return
    for anchor in (*spot.anchors[::-1], *spot.before[::-1][:3]):
        if anchor.span and anchor.span.first < now.span.first:
            yield Pair(now, _end(anchor, sure))
    shifts = (-12, -1) if now.span.length == 1 else (-12,)
    recent = [s for s in spot.said.recent[:2] if s.first < now.span.first]
    for span in (*(now.span.shift(by) for by in shifts), *recent):
        yield Pair(now, End(span, now.subject, sure=sure))
