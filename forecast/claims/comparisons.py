"""What a change is measured from: a time, a number of the text, a peak or an average.

A base that is named and not understood is no month and no year earlier: then there is no base.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from forecast.claims import readings, times
from forecast.claims.mentions import COMPARATORS, Scene
from forecast.claims.readings import Candidate
from forecast.claims.times import TextState, TimeRef
from forecast.claims.tokens import WrittenNumber, word_set
from forecast.claims.truth import ClaimSpan, CountTable, fiscal
from forecast.claims.verdict import Rate, Reading
from forecast.claims.weights import cost

# The words behind or before a change that name its base: their tokens, and the times among them.
NamedBase = tuple[range, Sequence[TimeRef]]

_NAMES_BASE = COMPARATORS - word_set("to with since")
_OF_MULTIPLE = word_set("the that what as of those its their")
_ADDS_NOTHING = word_set(
    "the a an that it its their same previous prior last year month time period level levels "
    "number numbers total count figure one before earlier ago to with what was had been were when "
    "of in at all many much those recorded seen just some about nearly more less ever average"
)
_LEADING = word_set("compared versus relative against")
_ENDS = word_set("; \u2014 \u2013 ( ) | .")
_HIGH = word_set("peak peaks high highs record height highest")
_DAYS = ("day", "days", "week")


def read(scene: Scene, number: WrittenNumber) -> NamedBase | None:
    """Find the words that name the base of a change; None where none do."""
    later = (
        n.first for n in scene.numbers if n.first >= number.last and n.kind in ("percent", "times")
    )
    limit = min(later, default=len(scene.tokens))
    start = _comparator(scene, number, limit)
    if start is None:
        # A time before it that it is measured from: compared with March 2024, they fell 9%. But
        # not the one that a change before it was measured from.
        changes = (n.first for n in scene.numbers if n.kind in ("percent", "times"))
        first = min(changes, default=number.first)
        before = [
            ref
            for ref in reversed(scene.times)
            if ref.first < number.first
            and ref.first <= first
            and ref.form not in (*_DAYS, "administration")
            and (
                (number.first - ref.last <= 8 and (ref.relative or ref.since))
                or _LEADING & set(scene.words(ref.first - 6, ref.first))
                or (scene.compares(ref.first) and not scene.numbers_between(ref.last, number.first))
            )
        ]
        return (range(0), before) if before else None
    inside = range(start + 1, limit)
    for at in inside:
        low, timed = scene.low(at), scene.in_time(at)
        if timed or not (low in _ENDS or (low in (",", "and", "but", "while") and at > start + 1)):
            continue
        opens = low == "," and scene.low(at + 1) in ("when", "which", "the")
        if not opens or scene.numbers_between(start, at):
            inside = range(start + 1, at)
            break
    return inside, [r for r in scene.times if r.first in inside and r.form not in _DAYS]


def rows(
    named: NamedBase | None,
    scene: Scene,
    context: TextState,
    changed: Reading,
    table: CountTable,
    counts: tuple[Sequence[Reading], Sequence[Reading]],
) -> list[Reading]:
    """What a change of a count may be measured from, a row each, the likeliest first.

    counts : those of the sentences before, and the sentence's own.
    """
    now = changed.span
    tokens, refs = named or (range(0), [])
    words = {scene.low(i) for i in tokens}
    own = [anchor for anchor in counts[1] if anchor.first in tokens]
    spans: list[Candidate[ClaimSpan]] = []
    for rank, ref in enumerate(refs[:3]):
        resolved = times.spans(ref, context, now)
        if ref.since and ref.form != "era":
            resolved = list(dict.fromkeys(readings.begun(ref, resolved)))
        for i, span in enumerate(resolved[:4]):
            price = cost("second") * rank + cost("base.other_meaning") * i
            spans.append(Candidate(span, price, True))
    rate: Rate = ""
    if any(word.startswith("averag") for word in words):
        rate = "per_day" if words & {"daily", "day", "day's"} else "per_month"
    elif own:
        spans = [Candidate(anchor.span, 0.0, True) for anchor in own]
    elif words & _HIGH and all(ref.form in ("administration", "era") for ref in refs):
        within = [c.value for c in spans] or [ClaimSpan(0, context.month)]
        line = table.counts(changed.subject) if now.length == 1 else None
        known, spans = line.by_month if line else {}, []
        for span in within:
            inside = [month for month in known if month in span.months and month <= now.last]
            peak = max(inside, key=lambda month: known[month][0], default=0)
            spans.append(Candidate(ClaimSpan(peak, peak), 0.1, True))
        spans = spans if line else []
    # Words that say more than "the same time a year ago" name another base, not understood.
    adds = any(
        scene.low(i) not in _ADDS_NOTHING and not scene.in_time(i) and not scene.tokens[i].mark
        for i in tokens
    )
    if not spans and not adds:
        spans, rate = list(_usual(context, now, [*counts[0], *counts[1]])), ""
    made = []
    for base in readings.cheapest(option for option in spans if option.value != now):
        alike = bool(changed.rate or rate) or base.value.length == now.length
        tied, price = changed.span_bound and base.bound and alike, changed.cost + base.cost
        of = replace(changed, versus=base.value, rate=rate or changed.rate)
        made.append(replace(of, cost=price, span_bound=tied))
    return made


def _usual(
    context: TextState, now: ClaimSpan, anchors: Sequence[Reading]
) -> Iterator[Candidate[ClaimSpan]]:
    """What is often compared with: another count of the text, a year or a month before."""
    earlier = [anchor for anchor in reversed(anchors) if anchor.span.first < now.first]
    for i, anchor in enumerate(earlier[:2]):
        beside = cost("carried") if anchor.compared else cost("base.counted")
        yield Candidate(anchor.span, beside + 0.3 * i)
    month = now.length == 1
    yield Candidate(now.shift(-12), cost("base.year_before_month") if month else cost("carried"))
    if month:
        before = [span for span in context.recent[:2] if span.first < now.first]
        yield from (Candidate(span, cost("second")) for span in (now.shift(-1), *before))


def _comparator(scene: Scene, number: WrittenNumber, limit: int) -> int | None:
    """The token behind a change that leads to its base, None without one."""
    relative = {ref.first for ref in scene.times if ref.relative or ref.since}
    for at in range(number.last, min(number.last + 12, limit)):
        low, first = scene.low(at), at == number.last
        double = number.kind == "times" and first
        if scene.in_time(at) and (double or at in relative):
            return at - 1  # nearly double December
        came = low == "from" and scene.low(at - 1) in ("people", "were")
        on = low == "on" and at <= number.last + 2
        if (low in _NAMES_BASE and not came) or on or (double and low in _OF_MULTIPLE):
            return at
        if low in _ENDS or (low == "," and scene.low(at + 1) not in ("compared", "from", "when")):
            return None
    return None


def ends(scene: Scene, context: TextState) -> list[Candidate[ClaimSpan]]:
    """The last of the months that something changed over: from October to November."""
    return [
        Candidate(ClaimSpan(span.last, span.last), cost("base.end_of_range"))
        for ref in scene.times
        if ref.form == "months" and scene.low(ref.first - 1) in ("from", "between")
        for span in times.spans(ref, context)[:1]
    ]


def is_base(scene: Scene, number: WrittenNumber, span: ClaimSpan, context: TextState) -> bool:
    """Whether a span comes from what a change is compared with."""
    _, refs = read(scene, number) or (range(0), [])
    others = [ref for ref in scene.times if ref.counts and not ref.relative and ref not in refs]
    theirs = {span for ref in refs for span in times.spans(ref, context, None)}
    own = {span for ref in others for span in times.spans(ref, context, None)[:2]}
    return span in theirs and span not in own


def from_to(
    scene: Scene, number: WrittenNumber, context: TextState
) -> tuple[ClaimSpan, ClaimSpan] | None:
    """From May to June, between 2022 and 2023: (now, before)."""
    for ref in scene.times:
        ranged = ref.form in readings.RANGES and scene.low(ref.first - 1) in ("from", "between")
        if not ranged or scene.distance((number.first, number.last), (ref.first, ref.last)) > 14:
            continue
        for whole in times.spans(ref, context)[:1]:
            if ref.form == "months":
                return ClaimSpan(whole.last, whole.last), ClaimSpan(whole.first, whole.first)
            return fiscal(ref.args[1]), fiscal(ref.args[0])
    return None
