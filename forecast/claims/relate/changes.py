"""Numbers beside each other: changes, multiples and differences of what was counted.

Both ends of a relation are counts: of the text, of the record, or of both. It is wrong only where
the words leave no doubt which ends are meant; then its truth is that of those ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace

from forecast.claims.confront import confront
from forecast.claims.record.counts import Subject
from forecast.claims.record.verdict import (
    FAR_OVER,
    NOT_APART,
    RESTATED,
    Claimed,
    ClaimMeasure,
    JudgedClaim,
    Rate,
    Reading,
    fits,
    judge,
    quantity,
    value_of,
)
from forecast.claims.relate import bases
from forecast.claims.relate.bases import NamedBase
from forecast.claims.show import words as show
from forecast.claims.show.words import ClaimFinding, ShownReading
from forecast.claims.text import scene as mentions
from forecast.claims.text import times
from forecast.claims.text.scene import COMPARATORS, Scene
from forecast.claims.text.times import TextState, TimeRef
from forecast.claims.text.tokens import word_set
from forecast.claims.trace import when, whose
from forecast.claims.trace.trace import Anchor, Spot
from forecast.claims.trace.whose import BESIDE, CARRIED
from forecast.periods import Period

MOST_PAIRS = 60
MISREAD = 1_000  # percent: what is said to have risen by more is likelier misread than wrong
FOLLOWS = "It follows from the numbers beside it."
UNNAMED = 3  # how far words are from a base that they do not name
ABOUT = 15  # points, or percent, that a change may be off what is shown beside it


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
    """What is compared: now with before; named : whether words say with what."""

    now: End
    base: End
    rate: Rate = ""
    named: bool = True

    @property
    def sure(self) -> bool:
        """Whether both ends are certain."""
        return self.now.sure and self.base.sure

    def reading(self, measure: ClaimMeasure) -> Reading | None:
        """The same of the record; None where an end is a number of the text alone."""
        now, base = self.now, self.base
        if now.subject is None or now.span is None or base.span is None:
            return None
        if now.value is None and now.span.length != base.span.length and not self.rate:
            return None  # no words compare a month with a year
        return Reading(now.subject, now.span, measure, base.span, rate=self.rate)

    def written(self, measure: ClaimMeasure) -> float | None:
        """What the text's own numbers give; None without two."""
        now, base = self.now.value, self.base.value
        return None if now is None or not base or self.rate else quantity(measure, now, base)


def change(spot: Spot, measure: ClaimMeasure) -> ClaimFinding | None:
    """Judge a change against another time: percent, difference or multiple."""
    sign = 1 if measure == "times" else _direction(spot)
    if sign == 0:
        return None
    claimed = replace(spot.claimed, value=sign * spot.number.value)
    spot = replace(spot, draft=replace(spot.draft, claimed=claimed))
    pairs = _compared(spot, measure)
    sure = next((pair for pair in pairs if pair.sure and _is_of_group(spot, pair)), None)
    held = _held(spot, pairs, measure)
    by_record = held.sense if held and held.why != FOLLOWS else None
    if by_record and confront.by_agency(spot, by_record.subject):
        return show.not_held(spot.draft, NOT_APART)
    if held or sure is None:
        return held or _uncertain(spot, pairs, measure)
    return _unheld(spot, sure, measure)


def _uncertain(spot: Spot, pairs: Sequence[Pair], measure: ClaimMeasure) -> ClaimFinding:
    """What is shown where no ends are certain: those by a named base, if one is about it."""
    value = spot.claimed.value
    known = [
        ShownReading(one, value_of(spot.counts, one) or 0, 0 if pair.named else UNNAMED)
        for rank, pair in enumerate(pairs)
        if (pair.named or rank < show.MOST) and (one := pair.reading(measure))
    ]
    near = ABOUT * max("percent" in measure, abs(value) / 100)
    if any(abs(one.truth - value) <= near for one in known):
        return show.differs(spot.counts, spot.draft, show.likeliest(known, value))
    return replace(spot.draft, why="what it is compared with is not certain")


def _compared(spot: Spot, measure: ClaimMeasure) -> list[Pair]:
    """What a change may compare: the text's own numbers alone where they say from what to what."""
    named = bases.read(spot.scene, spot.number)
    pairs = [*_listed(spot), *_from_to_numbers(spot)]
    if not pairs or not spot.anchors or named or "percent" not in measure:
        return list(dict.fromkeys([*pairs, *_pairs(spot, named)]))[:MOST_PAIRS]
    return pairs


def _listed(spot: Spot) -> Iterator[Pair]:
    """The ends of the change before, of what a next one stands behind in brackets: Laredo (-9%)."""
    scene, number, last = spot.scene, spot.number, spot.like
    at = number.first - 1 - (scene.low(number.first - 1) in ("+", "-", "\u2212", "\u2013"))
    names = {name for p in scene.phrases if p.last == at for name in p.value.split("+")}
    if last and (scene.low(at), scene.low(number.last)) == ("(", ")"):
        for who in whose.options(scene, number, spot.context):
            if names & set(who.subject.members):
                yield Pair(End(last.span, who.subject), End(last.versus, who.subject))


def _unheld(spot: Spot, sure: Pair, measure: ClaimMeasure) -> ClaimFinding:
    """What is not right of ends that are sure: wrong, or shown beside what is on record."""
    reading, written = sure.reading(measure), sure.written(measure)
    given = (
        "" if written is None else f"The numbers beside it give {show.figure(measure, written)}."
    )
    if reading is None:
        return replace(spot.draft, why=given or "what it is compared with is not on record")
    judged = judge(spot.counts, reading, spot.claimed)
    if judged.verdict == "cannot_be_checked":
        return show.explained(spot.counts, spot.draft, reading, judged)
    anothers = [] if given else _anothers(spot, reading)
    truth = (judged.truth or 0) if written is None else written
    restated = RESTATED if written is None else 0.0
    off = _is_off(spot.claimed, truth, measure, restated)
    if anothers or not (off and _is_certain(spot, sure)):
        shown = [ShownReading(reading, judged.truth or 0), *anothers]
        return show.differs(spot.counts, spot.draft, tuple(shown[: show.MOST]))
    verdict = JudgedClaim("wrong", truth, evidence="record")
    if given:
        return replace(spot.draft, sense=reading, judged=verdict, why=given, say_instead=given)
    return show.explained(spot.counts, spot.draft, reading, verdict)


def _anothers(spot: Spot, reading: Reading) -> list[ShownReading]:
    """The same change of another agency, if right: the words may be wrong, or the number."""
    others = confront.others(reading, spot.counts.source)
    made = [(one, judge(spot.counts, one, spot.claimed)) for one in others]
    percent = reading.measure == "change_percent"
    return [ShownReading(o, j.truth or 0) for o, j in made if percent and j.verdict == "right"]


def _is_certain(spot: Spot, pair: Pair) -> bool:
    """Whether a change may be called wrong: all that its sentence says is of these two ends.

    It has no other change, no other number and no second base. Both ends have their own months, and
    the record has them; a count of a sentence before is meant by "that was".
    """
    scene, number, now, base = spot.scene, spot.number, pair.now, pair.base
    ends, own = {now.value, base.value} - {None}, {anchor.claimed.value for anchor in spot.anchors}
    counts = {n.value for n in scene.numbers if n.kind == "count" and n != number}
    return (
        now.span != base.span
        and _is_understood(spot)
        and not confront.by_agency(spot, now.subject or Subject(""))
        and now.traced
        and base.traced
        and counts <= ends
        and (ends <= own or when.refers(scene, number))
        and bases.is_lone(scene, number)
        and not confront.innocent(scene, number, both=True)
    )


_NO_COUNT = ("off_topic", "other_measure", "not_claim", "city")
_PLAIN = word_set(
    "that it the a an of in at on along by for from to and as number numbers total overall all "
    "was were is are had have has been there their its u.s. us border borders nationwide across "
    "with drop"
)


def _is_understood(spot: Spot) -> bool:
    """Whether all words for a change and its base are known: not of a budget, of assaults.

    Where a count stands before it, those between the two.
    """
    scene, number, named = spot.scene, spot.number, bases.read(spot.scene, spot.number)
    kinds = [p for p in scene.phrases if p.kind not in _NO_COUNT]
    known = {at for p in kinds for at in range(p.first, p.last)}
    known.update(at for n in scene.numbers for at in range(n.first, n.last))
    begin = max((n.last for n in scene.numbers if n.last <= number.first), default=0)
    end = named.tokens.stop if named else number.last
    return all(
        at in known
        or scene.in_time(at)
        or scene.tokens[at].mark
        or scene.low(at) in _PLAIN | COMPARATORS
        for at in range(begin, max(end, number.last))
    )


def _is_off(claimed: Claimed, truth: float, measure: ClaimMeasure, restated: float) -> bool:
    """Whether a change is off by more than how it is written, or goes the other way.

    restated : by what part of itself an end may have been restated since.
    """
    if truth * claimed.value < 0 and min(abs(truth), abs(claimed.value)) > 2:
        return True
    letter = claimed.hedge == "over" and abs(truth) > abs(claimed.value)
    if letter or (measure == "times" and claimed.value < 1):
        return False  # true to the letter; of halves nobody says of what
    percent = "percent" in measure
    moved = max(1.0, restated * (100 + truth))
    margin = 0.25 * claimed.value if measure == "times" else claimed.unit + percent * moved
    return abs(truth - claimed.value) > margin and not (percent and abs(claimed.value) > MISREAD)


def _direction(spot: Spot) -> int:
    """Which way a percent went, as the one before it if no word of its own says so."""
    scene, number = spot.scene, spot.number
    here = [n for n in scene.numbers if n.kind == "percent" and n.last <= number.first]
    signs = (mentions.direction(scene, n) for n in (number, *reversed(here)))
    return next(filter(None, signs), 0)


def _held(spot: Spot, pairs: Sequence[Pair], measure: ClaimMeasure) -> ClaimFinding | None:
    """The first pair that makes it right: of the record, or of the text's own numbers."""
    near: ClaimFinding | None = None
    for pair in pairs:
        reading, written = pair.reading(measure), pair.written(measure)
        judged = judge(spot.counts, reading, spot.claimed) if reading else None
        real, most = judged.truth if judged else 0, FAR_OVER * abs(spot.claimed.value)
        if not pair.named and spot.claimed.hedge == "over" and abs(real or 0) > most:
            continue  # over 40 percent would be passed by far more
        if reading and judged and judged.holds:
            made = show.explained(spot.counts, spot.draft, reading, judged)
            if judged.verdict != "near_today":
                return made
            near = near or made
        verdict = fits(measure, spot.claimed, written) if written is not None else None
        if verdict:
            by_text = JudgedClaim(verdict, written, evidence="record")
            return replace(spot.draft, sense=reading, judged=by_text, why=FOLLOWS)
    return near


# -- which ends ------------------------------------------------------------------------------------


def _pairs(spot: Spot, named: NamedBase | None) -> Iterator[Pair]:
    """What a change may compare, the likeliest first."""
    scene, nows = spot.scene, _nows(spot, named)
    for now in nows[:10]:
        yield from _on_base(spot, now, named) if named else ()
    between = bases.from_to(scene, spot.number, spot.context)
    if between and not (named and named.plain):
        after, before = between
        persons = whose.options(scene, spot.number, spot.context)[:3]
        subjects = dict.fromkeys([n.subject for n in nows] + [w.subject for w in persons])
        for subject in filter(None, subjects):
            yield Pair(End(after, subject, sure=_tied(spot, subject)),
                       End(before, subject, sure=True))  # fmt: skip
    for now in nows[:4]:
        if now.span and not between and not (named and named.refs):
            yield from _usual(spot, now, now.span)


def _is_of_group(spot: Spot, pair: Pair) -> bool:
    """Whether both ends are of the group that is named nearest to a change, if one is."""
    scene = spot.scene
    named = [
        phrase
        for phrase in scene.of_kind("citizenship", "countries", "demographic", "drug", "sector")
        if not whose.is_no_nationality(scene, phrase)
    ]
    nearest = {phrase.value for _, phrase in scene.near(spot.number, named)[:1]}
    ends = (pair.now.subject, pair.base.subject)
    return all(end is None or nearest <= set(end.members) for end in ends) or not nearest


def _tied(spot: Spot, subject: Subject) -> bool:
    """Whether the words beside a change leave no doubt whose it is."""
    places = {value for kind, value in spot.context.speaks if kind in whose.PLACES}
    return any(
        w.subject == subject
        and (w.place == BESIDE or places == {w.subject.total})
        and w.agency == w.part == BESIDE
        for w in whose.options(spot.scene, spot.number, spot.context)[:1]
    )


def _from_to_numbers(spot: Spot) -> Iterator[Pair]:
    """From A in May to B in June, a 24% decrease, here or just before; A vs. B (-24%)."""
    anchors = spot.anchors or spot.before[-2:]
    froms, tos = _led(anchors, "from"), _led(anchors, "to")
    froms = froms or _before_to(spot, tos)
    tos = tos or [a for a in anchors if a.led not in ("from", "to") and not a.compared]
    if len(froms) == len(tos) == 1:
        own = bool(spot.anchors)
        yield Pair(_end(tos[0], own or tos[0].sure), _end(froms[0], own or froms[0].sure))


def _led(anchors: Sequence[Anchor], word: str) -> list[Anchor]:
    return [anchor for anchor in anchors if anchor.led == word]


def _before_to(spot: Spot, tos: Sequence[Anchor]) -> list[Anchor]:
    """418 in February to roughly 700 in March; 700, against 418 (-40%)."""
    near = [a for to in tos[:1] for a in spot.anchors if 0 <= to.first - a.last <= 6]
    at = spot.number.first
    return near or [a for a in spot.anchors if a.compared and 0 < at - a.last <= 3]


def led_by(scene: Scene, first: int) -> str:
    """The preposition before a number, past its hedge and article."""
    at = first - 1
    while scene.low(at) in ("the", "a", "an", "some", "level", "of") or any(
        p.first <= at < p.last for p in scene.of_kind("hedge")
    ):
        at -= 1
    return scene.low(at)


def _end(anchor: Anchor, sure: bool) -> End:
    span, subject = (anchor.span, anchor.reading.subject) if anchor.reading else (None, None)
    # "More than 2 million" gives no percentage, nor does what is rounded.
    sure = sure and anchor.claimed.exact and not anchor.claimed.hedge
    return End(span, subject, anchor.claimed.value, sure, anchor.traced and not anchor.near)


def _nows(spot: Spot, named: NamedBase | None) -> list[End]:
    """What it is that changed: the sentence's count, what its words say, the count before."""
    scene, number = spot.scene, spot.number
    inside = {*(named.tokens if named else ()), *bases.others(scene, number)}
    main = [a for a in spot.anchors if not a.compared and a.first not in inside]
    main.sort(key=lambda a: abs(a.first - number.first))
    own = main[:1] and (len(main) == 1 or 0 <= number.first - main[0].last <= 14)
    made = [_end(a, bool(own) and a is main[0] and a.traced) for a in main[:3]]
    words = _nows_by_words(spot, inside, bool(main))
    fresh = not main and not _own_times(spot, inside)
    carried = _carried(spot, fresh)
    led = len(carried) if when.refers(scene, number) else 2 * fresh
    return made + carried[:led] + words + carried[led:]


def _carried(spot: Spot, fresh: bool) -> list[End]:
    """The counts of the sentences before; fresh : whether this one has none of its own."""
    scene = spot.scene
    totals = {phrase.value for phrase in scene.of_kind("total")}
    before = [a for a in spot.before[::-1] if not a.compared]
    # Where the sentence before had one count, that is what something can be compared with.
    last = [a for a in before if a.sentence == spot.context.sentence - 1]
    lone = fresh and len(last) == 1 and last[0].sure
    return [
        _end(a, lone and rank == 0)
        for rank, a in enumerate(before[:8])
        if not (a.reading and totals and a.reading.subject.total not in totals)
    ]


def _own_times(spot: Spot, inside: Set[int]) -> list[TimeRef]:
    """The times that a sentence says of its own, beside those of a base."""
    scene = spot.scene
    return [
        ref
        for ref in scene.times
        if ref.counts
        and not ref.relative
        and ref.first not in inside
        and (not scene.compares(ref.first) or scene.low(ref.first - 1) in ("in", "for", "during"))
    ]


def _nows_by_words(spot: Spot, inside: Set[int], counted: bool) -> list[End]:
    scene, number, context = spot.scene, spot.number, spot.context
    persons = whose.options(scene, number, context)[:4]
    own = {
        span
        for ref in _own_times(spot, inside)
        for span in when.resolve(scene, context, ref, None)[:4]
    }
    own.update(context.recent[:1])
    months = [
        at for at in when.options(scene, number, context) if at.span in own or at.far >= CARRIED
    ]
    tied = not counted and bool(persons) and _tied(spot, persons[0].subject)
    return [
        End(at.span, who.subject, sure=tied and i == j == 0 and at.far == BESIDE)
        for i, at in enumerate(months[:6])
        for j, who in enumerate(persons)
    ]


def _on_base(spot: Spot, now: End, named: NamedBase) -> Iterator[Pair]:
    """A now against what the words name as its base: an average, a number, a peak or a time."""
    words = {spot.scene.low(at) for at in named.tokens}
    spans = [(ref, s) for ref in named.refs[:3] for s in _base_spans(ref, spot.context, now)]
    rate = _rate(words)
    if rate:
        yield from (Pair(now, End(span, now.subject), rate) for _, span in spans)
        return
    inside = [a for a in spot.anchors if _is_inside(spot, a, named)]
    lone = len(inside) == 1
    yield from (Pair(now, _end(anchor, lone)) for anchor in inside)
    if words & bases.HIGH and not inside:
        yield from _on_peak(spot, now, named)
    if not (lone and inside[0].sure):
        yield from _on_times(now, spans, lone=len(named.refs) == 1 and not inside)


def _rate(words: Set[str]) -> Rate:
    """The average that a base is; "" where it is none."""
    if not any(word.startswith("averag") for word in words):
        return ""
    return "per_day" if words & {"daily", "day", "day's"} else "per_month"


def _is_inside(spot: Spot, anchor: Anchor, named: NamedBase) -> bool:
    """Whether a count stands among the words for a base, or is one that stands before."""
    led = not named.tokens and anchor.compared and anchor.first < spot.number.first
    return led or anchor.first in named.tokens


def _on_times(now: End, spans: Sequence[tuple[TimeRef, Period]], lone: bool) -> Iterator[Pair]:
    """A now against the times that are named; lone : nothing else is."""
    firsts = dict(reversed(spans))
    for ref, span in spans:
        if now.span and span != now.span:
            full = lone and span == firsts[ref] and span.length == now.span.length
            named = ref.relative or when.names_year(ref) or ref.form == "month"
            yield Pair(now, End(span, now.subject, sure=full and named))


def _base_spans(ref: TimeRef, context: TextState, now: End) -> list[Period]:
    spans = times.spans(ref, context, now.span)
    if ref.since and ref.form != "era":  # down since December: from that month
        spans = [Period(span.first, span.first) for span in spans]
    return list(dict.fromkeys(spans))[:4]


def _on_peak(spot: Spot, now: End, named: NamedBase) -> Iterator[Pair]:
    """A peak: of the time that is named, or of all before."""
    line = spot.counts.counts(now.subject) if now.subject else None
    if line is None or now.span is None:
        return
    known = {m: n for m, (n, _) in line.by_month.items() if m <= now.span.last}
    within = [s for ref in named.refs for s in times.spans(ref, spot.context, None)[:2]]
    for span in within or [Period(0, max(known, default=0))]:
        peak = max(known.keys() & set(span.numbers), key=known.__getitem__, default=None)
        if peak:
            yield Pair(now, End(Period(peak, peak), now.subject))


def _usual(spot: Spot, now: End, span: Period) -> Iterator[Pair]:
    """What is often compared with: another count of the text, a year or a month before."""
    for anchor in (*spot.anchors[::-1], *spot.before[::-1][:3]):
        if anchor.span and anchor.span.first < span.first:
            yield Pair(now, _end(anchor, False), named=False)
    shifts = [span.shift(by) for by in ((-12, -1) if span.length == 1 else (-12,))]
    recent = [other for other in spot.context.recent[:2] if other.first < span.first]
    for other in (*shifts, *recent):
        yield Pair(now, End(other, now.subject), named=False)
