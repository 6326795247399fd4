"""Which months a number may be of: the times of its sentence, nearest first, then what was said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from forecast.claims.text import times
from forecast.claims.text.scene import Scene, respectively
from forecast.claims.text.times import TextState, TimeRef
from forecast.claims.text.tokens import WrittenNumber, word_set
from forecast.claims.trace.whose import BESIDE, CARRIED, FAR, PLACES, SENTENCE, TIGHT, UNSAID
from forecast.periods import Period

RANGES = ("months", "fys", "years")  # times with two ends
_FULL = ("fy", "fy_month", "fy_months", "cy", "quarter", "fy_first", "fys", "fy_through", "fy_last")


@dataclass(frozen=True, slots=True)
class When:
    """A span, how near its words are, and whether they name it in full, with its year."""

    span: Period
    far: int = BESIDE
    explicit: bool = False


def options(
    scene: Scene,
    number: WrittenNumber,
    context: TextState,
    base: Period | None = None,
    compared: bool = False,
) -> list[When]:
    """List the months that a number may be of, most likely first.

    base : the span of what it is compared with.
    """
    near = times_near(scene, number, compared)
    made: list[When] = []
    for rank, (distance, ref) in enumerate(near[:4]):
        if made and made[0].explicit and distance - near[0][0] >= 4:
            break  # in fiscal 2023 there were so many, and in fiscal 2024 fewer
        least = SENTENCE * (rank > 0 or distance >= FAR)
        spans = _of_pair(scene, number, context, ref)
        if spans and scene.low(ref.first - 1) in _ENDED:
            made += [When(span, least, names_year(ref)) for span in spans[:6]]
            continue
        spans += _spans(scene, number, context, ref, base, compared)[:6]  # in May and June: of both
        far = max(_level(scene, number, ref, compared), least)
        tight = far == BESIDE and (distance < TIGHT + 1 or len(near) == 1)
        made += [When(span, far, tight and _names_year_in_full(ref)) for span in spans[:6]]
    if not (made and made[0].explicit):
        made += _carried(scene, context, near)
    return _likeliest(made)


def _likeliest(made: list[When]) -> list[When]:
    """Each span once, as near as it is said, the nearest first."""
    made.sort(key=lambda when: when.far)
    return list({when.span: when for when in reversed(made)}.values())[::-1][:14]


def _spans(
    scene: Scene,
    number: WrittenNumber,
    context: TextState,
    ref: TimeRef,
    base: Period | None,
    compared: bool,
) -> list[Period]:
    """The months that a time means of a number, most likely first."""
    if _is_from(scene, number, ref, compared):
        # It fell in July from so many: from those of June, or of the year before.
        nows = resolve(scene, context, ref, None)[:2]
        return [now.shift(by) for now in nows for by in (-1, -12) if now.length == 1 or by < -1]
    return resolve(scene, context, ref, base if compared or ref.relative else None)


def _level(scene: Scene, number: WrittenNumber, ref: TimeRef, compared: bool) -> int:
    """How near the nearest time is: not beside a number if it dates what that is held against."""
    if _is_from(scene, number, ref, compared):
        return SENTENCE
    # 6,072, a 15% drop from March's record: not of March.
    behind = ref.first > number.last and ref.form not in RANGES
    return CARRIED if behind and not compared and scene.compares(ref.first) else BESIDE


_ENDED = ("from", "between", "comparing")


def _of_pair(scene: Scene, number: WrittenNumber, context: TextState, ref: TimeRef) -> list[Period]:
    """The end of a range that each of two numbers is of: from fiscal 2022 to 2023, from A to B."""
    counts = [n for n in scene.numbers if n.kind == "count"]
    pairs = [pair for pair in pairwise(counts) if number in pair and _are_ends(scene, *pair)]
    if not pairs or ref.form not in RANGES:
        return []
    last = number == pairs[0][1]
    if ref.form == "months":
        ends = [span.last if last else span.first for span in times.spans(ref, context)[:2]]
        return [Period(month, month) for month in ends]
    year = replace(ref, form="fy" if ref.form == "fys" else "year", args=(ref.args[last],))
    return times.spans(year, context)[:4]


def _are_ends(scene: Scene, one: WrittenNumber, two: WrittenNumber) -> bool:
    """Whether two numbers are said in one breath: from 900 arrests to nearly 1,200."""
    between = scene.words(one.last, two.first)
    timed = any(scene.in_time(at) for at in range(one.last, two.first))
    own = "respectively" in scene.words(two.last, len(scene.tokens))
    return len({"to", "and"} & {*between}) == 1 and len(between) <= 5 and not (timed or own)


def _is_from(scene: Scene, number: WrittenNumber, ref: TimeRef, compared: bool) -> bool:
    """Whether a time is that of what a number is held against: it fell in July from so many."""
    return compared and "from" in scene.words(ref.last, number.first)


def _names_year_in_full(ref: TimeRef) -> bool:
    """Whether an expression names a year, and says which: the fiscal or the calendar one."""
    if ref.form in ("month", "since", "through", "by", "months"):
        return any(isinstance(part, int) and part > 12 for part in ref.args)
    return ref.form in _FULL


def names_year(ref: TimeRef) -> bool:
    """Whether an expression names its year: May 2023, fiscal 2024."""
    return _names_year_in_full(ref) or ref.form == "year"


def _carried(
    scene: Scene, context: TextState, near: Sequence[tuple[float, TimeRef]]
) -> Iterator[When]:
    """What was spoken of before, and where nothing was, what was news on the day."""
    if near and near[0][0] < TIGHT and not near[0][1].relative:
        return
    timed = bool(near) and not (near[0][1].relative or scene.compares(near[0][1].first))
    for rank, span in enumerate(context.recent[:4]):
        yield When(span, UNSAID if timed else min(SENTENCE + rank, CARRIED))
    if context.recent or timed:
        return
    for month in context.newest[:2]:
        begin = context.calendar.period(context.calendar.year(month)).first
        yield from (When(Period(first, month), UNSAID) for first in (month, begin))


def times_near(
    scene: Scene, number: WrittenNumber, compared: bool = False
) -> list[tuple[float, TimeRef]]:
    """The times that may say when a number was counted, by their distance, nearest first.

    compared : whether the number itself is what something is compared with.
    """
    listed = []
    for ref in scene.times:
        pair = ref.form == "months"  # each of two months together: March and April 2024
        ends = (ref.args[:2], ref.args[2:]) if pair else ()
        each = [replace(ref, form="month", args=(m, y or ref.args[3], "")) for m, y in ends]
        listed += (each or [ref]) if ref.counts else []
    own = respectively(scene, number, listed)
    if own and not respectively(scene, number, scene.of_kind(*PLACES)):
        return [(0.0, own)]
    near = [
        (_distance(scene, number, ref, compared), ref)
        for ref in scene.times
        if ref.counts
        and not number.first <= ref.first < number.last
        and (0 <= number.first - ref.last <= 6 or not of_extreme(scene, ref))
    ]
    return sorted(near, key=lambda pair: pair[0])


def _distance(scene: Scene, number: WrittenNumber, ref: TimeRef, compared: bool) -> float:
    """How far a time is; farther where it is another's: what is compared with, or relative to."""
    if ref.first < number.first and _OWNING.issuperset(scene.words(ref.last, number.first)):
        return 0.0  # July 2020's 38,536
    distance = scene.distance((number.first, number.last), (ref.first, ref.last))
    behind = ref.first >= number.first
    if ref.first < 4 and not scene.numbers_between(0, number.first):
        distance = min(distance, 4.0)  # what opens a sentence is of all of it
    # Compared with January's total of 25,978, February had more.
    own = compared and (behind or number.first - ref.last <= 5)
    theirs = scene.compares(ref.first) and not own
    return distance + 8 * theirs + 6 * (ref.relative and not compared) - 0.1 * behind


_OWNING = word_set("' \u2019 s")


def of_extreme(scene: Scene, ref: TimeRef) -> bool:
    """The lowest since 2021; the lowest since the start of FY2012."""
    return any(
        0 <= ref.first - phrase.last <= 9
        and (ref.since or "since" in scene.words(phrase.last, ref.first))
        and not scene.numbers_between(phrase.last, ref.first)
        for phrase in scene.of_kind("extreme")
    )


def resolve(scene: Scene, context: TextState, ref: TimeRef, base: Period | None) -> list[Period]:
    """The months that a time of a sentence may mean, most likely first."""
    context = replace(context, recent=[*_named_in_full(scene, context, ref), *context.recent])
    month = _month_of_years(scene, ref)
    if month and ref.form == "year":
        base = Period(month - 1, month - 1)
    elif ref.form == "month" and not base:
        base = _year_at_head(scene, context, ref)
    # A month earlier it was this, a year earlier that.
    bases = [base, *filter(None, (context.span, *context.recent[:2]) if ref.relative else ())]
    resolved = [span for other in bases for span in times.spans(ref, context, other)]
    dated = "when" in scene.words(ref.last, ref.last + 4) or scene.low(ref.last) == "("
    if ref.since and (of_extreme(scene, ref) or dated):
        # Down since December, when there were 301,982: the month or the year that it names.
        whole = ref.form == "since_fy" or (ref.form == "since" and not ref.args[0])
        resolved = [Period(span.first, span.first + 11 * whole) for span in resolved]
    return list(dict.fromkeys(resolved))


def _named_in_full(scene: Scene, context: TextState, ref: TimeRef) -> list[Period]:
    """The other months of a sentence that have their year: in June 2024 so many, and in July."""
    full = [r for r in scene.times if r is not ref and r.form == "month" and r.args[1]]
    return [span for other in full for span in times.spans(other, context)]


def _year_at_head(scene: Scene, context: TextState, ref: TimeRef) -> Period | None:
    """In Q1 of fiscal 2022 there were so many in October: the span whose months are named."""
    heads = (r for r in scene.times if r.form in ("quarter", "fy") and r.last <= ref.first)
    head = next(heads, None)
    if head is None or scene.compares(head.first) or scene.numbers_between(0, head.first):
        return None
    return next(iter(times.spans(head, context)), None)


def _month_of_years(scene: Scene, ref: TimeRef) -> int | None:
    """The month that a sentence's years are of: the January figure was 585 in 2024, 367 in 2023.

    Or that of the time before: in September 2022 and 2023.
    """
    for led in scene.times:
        between = scene.words(led.last, ref.first)
        if led.form == "month" and between and {",", "and", "or"}.issuperset(between):
            return int(led.args[0])
    forms = {r.form for r in scene.times}
    bare = {r.args[0] for r in scene.times if r.form == "month" and not any(r.args[1:])}
    years = "year" in forms and forms <= {"month", "year", "year_rel", "administration"}
    return next(iter(bare)) if years and len(bare) == 1 else None


_THEM = word_set("those these them whom")


def refers(scene: Scene, number: WrittenNumber) -> bool:
    """Whether words say that the count before is meant: that was up 9%; of those, 2,325 ..."""
    opens = {"that", "this", "it", "which"} & set(scene.words(0, 3))
    if opens and not scene.numbers_between(0, number.first):
        return True
    places = (*range(number.first - 5, number.first), number.last, number.last + 1)
    return any(scene.low(i) in _THEM and scene.low(i - 1) == "of" for i in places)
