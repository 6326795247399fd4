"""What a number may mean: whose counts, which months, most likely first, each at a cost.

What a sentence says beside a number costs nothing; what has to be taken from elsewhere in it, from
the sentences before or from habit costs more the less likely it is. Words that stand right beside
a number bind: an explicit month or agency is never replaced to make a claim right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise, product
from typing import Generic, TypeVar

from forecast import months
from forecast.claims import times
from forecast.claims.mentions import Placed, Scene
from forecast.claims.times import NO_PART, SensePart, TextState, TimeRef
from forecast.claims.tokens import WrittenNumber, word_set
from forecast.claims.truth import (
    APPREHENSION,
    AT_ENTRY,
    AT_LARGE,
    DRUG,
    FIELD_TOTALS,
    UNMISTAKABLE,
    ClaimSpan,
    Subject,
    calendar,
    fiscal,
)
from forecast.claims.verdict import ClaimMeasure, Reading
from forecast.claims.weights import cost
from forecast.types import BORDERS, NATIONWIDE

T = TypeVar("T")
PLACES = ("total", "sector", "city", "office", "state")
FAR = 16.0  # a phrase farther from a number than this does not speak of it
TIGHT = 7.0  # one nearer than this binds it
RANGES = ("months", "fys", "years")  # times with two ends
_SECTOR_WORDS = frozenset({"sector", "sectors"})


@dataclass(frozen=True, slots=True)
class Candidate(Generic[T]):
    """A value that a slot may have.

    bound : whether the words beside the number say so. placed : whether they say where it was, or a
    number that was understood does.
    """

    value: T
    cost: float = 0.0
    bound: bool = False
    placed: bool = False


# -- whose -----------------------------------------------------------------------------------------


def subjects(scene: Scene, number: WrittenNumber, context: TextState) -> list[Candidate[Subject]]:
    """Whose counts a number may be, most likely first."""
    of_parts, totals = parts(scene, number, context), _totals(scene, number, context)
    agencies = _agencies(scene, number, context)
    made = []
    for part, total, agency in product(of_parts, totals, agencies):
        kind, members, other_than = part.value
        placed, price = total.bound or (kind == "state" and part.cost < 0.5), part.cost
        if kind in ("sector", "office"):
            # A sector has one total and one agency, whatever else is said.
            subject = sector(members, kind)
            placed = part.cost < cost("part.sector_carried")
        else:
            of = "" if kind == APPREHENSION else agency.value
            subject = Subject(total.value, of, kind, members, other_than)
            price += total.cost + agency.cost
        made.append(Candidate(subject, price, agency.bound, placed))
    return cheapest(made)


def sector(members: tuple[str, ...], kind: str = "sector") -> Subject:
    """Make the subject of sectors or field offices, which lie at one border."""
    office = kind == "office"
    home = FIELD_TOTALS.get(members[0], "other" if office else "southwest")
    return Subject(home, "ofo" if office else "usbp", "field", members)


def cheapest(options: Iterable[Candidate[T]]) -> list[Candidate[T]]:
    """Each value once, at its least cost, the likeliest first."""
    best: dict[T, Candidate[T]] = {}
    for option in sorted(options, key=lambda option: option.cost):
        best.setdefault(option.value, option)
    return list(best.values())


def _totals(scene: Scene, number: WrittenNumber, context: TextState) -> list[Candidate[str]]:
    placed = scene.of_kind("total")
    if len({phrase.value for phrase in placed}) > 1:
        # The overall tally, which includes airports and the northern border: it is not that one.
        placed = [
            phrase
            for phrase in placed
            if not any(
                scene.low(i) in ("includes", "including", "include")
                and not scene.numbers_between(i, phrase.first)
                for i in range(phrase.first - 6, phrase.first)
            )
        ]
    placed = [p for p in scene.in_clause(number, scene.of_kind(*PLACES)) if p in placed] or placed
    near = [(d, phrase) for d, phrase in scene.near(number, placed) if d < 60]
    if near:
        distance, phrase = near[0]
        # It can only be that of this number: near, and no other number between.
        first, last = sorted((phrase.first, number.first))
        between = any(first < other.first < last for other in scene.numbers if other != number)
        others = dict.fromkeys(other.value for _, other in near[1:] if other.value != phrase.value)
        price = cost("second") + (distance < TIGHT)
        rest = [Candidate(value, price) for value in others]
        return [Candidate(phrase.value, 0.0, distance < FAR and not between), *rest]
    order = dict.fromkeys(filter(None, (context.total, context.home)))
    sure = context.subject.total if context.subject else None
    options = [
        Candidate(total, cost("total.carried") * (1 + i), total == sure)
        for i, total in enumerate(order)
    ]
    guesses = dict.fromkeys((NATIONWIDE, "southwest"), cost("second"))
    if options:
        guesses = dict.fromkeys(guesses, cost("total.guess"))
    elif not any(kind == "total" for kind, _ in context.speaks):
        guesses = {name: cost(f"total.{name}_unsaid") for name in guesses}
    return options + [Candidate(b, cost) for b, cost in guesses.items() if b not in order]


def _agencies(scene: Scene, number: WrittenNumber, context: TextState) -> list[Candidate[str]]:
    """Agencies by the words around a number; a word for all gives way to a named agency."""
    near = [pair for pair in scene.near(number, scene.of_kind("measure")) if pair[0] < 60]
    own = [(d, phrase) for d, phrase in near if _is_own(scene, number, phrase)]
    if any(0 <= phrase.first - number.last <= 2 for _, phrase in own):
        # 6,073 arrests and 34,631 in all: each number has a noun of its own.
        counts = [n for n in scene.numbers if n.kind == "count" and n != number]
        own = [(d, p) for d, p in own if not any(0 <= p.first - n.last <= 3 for n in counts)]
    named = [phrase.value for _, phrase in own]
    second = cost("second")
    if "both" in named[:3]:
        return [Candidate("", 0.0, True)]
    # Apprehended or turned away at ports: both agencies together.
    patrol, ports = ([p for _, p in own if p.value == value] for value in ("usbp", "ofo"))
    gaps = [(min(a.last, b.last), max(a.first, b.first)) for a, b in product(patrol, ports)]
    if any(
        high - low <= 6
        and {"and", "or", "plus"} & set(scene.words(low, high))
        and not scene.numbers_between(low, high)
        for low, high in gaps
    ):
        return [Candidate("", 0.0), Candidate("usbp", second)]
    special = list(dict.fromkeys(value for value in named if value in ("usbp", "ofo")))
    if special:
        distance = next(d for d, phrase in own if phrase.value == special[0])
        options = [Candidate(special[0], 0.0, True)]
        if named[0] == "all" and distance > own[0][0] + 5:
            # a word for all right beside it, the agency farther off: it may be about all of them.
            options = [Candidate(special[0], 0.1), Candidate("", cost("carried"))]
        return [*options, *(Candidate(value, second) for value in special[1:])]
    usual = context.agency
    if "all" in named:
        if any(scene.low(phrase.last - 1).startswith("agent") for _, phrase in own):
            return [Candidate("", 0.1), Candidate("usbp", cost("carried"))]
        more = cost("carried") if usual == "usbp" else second
        also = [Candidate("usbp", more)] if ("measure", "usbp") in context.speaks else []
        return [Candidate("", 0.0, not also or usual != "usbp"), *also]
    agencies = [
        _CODES[phrase.value] for _, phrase in near if phrase.value in ("usbp", "ofo", "all")
    ]
    first = [usual] if usual is not None else [""] if "any" in named else []
    order = dict.fromkeys([*first, *agencies, "", "usbp"])
    return [Candidate(value, cost("agency.unsaid") * (1 + i)) for i, value in enumerate(order)]


_PARTS = word_set(": , and but ; while with plus as ( )")
EVERY = frozenset({"", "usbp", "ofo"})
_CODES = {"usbp": "usbp", "ofo": "ofo", "all": "", "both": ""}


def agencies_allowed(
    scene: Scene,
    number: WrittenNumber,
    context: TextState,
    beside: frozenset[str] = frozenset(),
    before: frozenset[str] = frozenset(),
) -> frozenset[str]:
    """The agencies whose count a number may be by the words around it, or in its sentence.

    Of all that the text speaks of where the sentence names none.
    beside : the agencies of the counts before it in the sentence; before : in those before.
    """
    ends = [n.last for n in scene.numbers if n.last <= number.first and n.kind == "count"]
    first = max(ends, default=0)
    if ends:  # what stands right behind the number before is of that one
        parted = (i + 1 for i in range(first, number.first) if scene.low(i) in _PARTS)
        first = next(parted, first)
    last = min((n.first for n in scene.numbers if n.first >= number.last), default=10**6)
    placed = [phrase for phrase in scene.of_kind("measure") if phrase.value != "any"]
    own = {p.value for p in placed if first <= p.first < last}
    led = {p.value for p in placed if p.first < number.first}
    altogether = is_altogether(scene, number)
    if beside and not own and not altogether:
        return beside if led else beside | before
    named = own or led
    if not named and placed:
        return EVERY  # words behind other numbers are of those
    if not named:
        spoken = {value for kind, value in context.speaks if kind == "measure"} - {"any"}
        return frozenset(_CODES[value] for value in spoken) or EVERY
    special = named & {"usbp", "ofo"}
    if len(special) > 1 or (special and altogether):
        return EVERY
    if special and not own:
        return frozenset(_CODES[value] for value in named)
    if special and "both" not in named:
        return frozenset(special)  # what an agency counts is its own
    carried = context.agency == "usbp" and "both" not in named
    return frozenset({"", "usbp"}) if carried else frozenset({""})


_ALTOGETHER = word_set("total altogether overall combined tally")


def is_altogether(scene: Scene, number: WrittenNumber) -> bool:
    """Whether a number is said to be that of all: which makes 50,200 altogether."""
    behind = scene.words(number.last, number.last + 2) == ["in", "all"]
    return behind or bool(_ALTOGETHER & set(scene.words(number.first - 4, number.last + 3)))


def leading_part(scene: Scene, number: WrittenNumber) -> frozenset[str]:
    """The members of the only sector or group before the first number of a sentence."""
    kinds = ("sector", "city", "office", "state", "citizenship", "demographic")
    if any(n.first < number.first and n.kind == "count" for n in scene.numbers):
        return frozenset()
    before = [
        phrase.value
        for phrase in scene.of_kind(*kinds)
        if phrase.last <= number.first and not is_no_nationality(scene, phrase)
    ]
    return frozenset(before[0].split("+")) if len(before) == 1 else frozenset()


def _is_own(scene: Scene, number: WrittenNumber, phrase: Placed) -> bool:
    """Whether a measure speaks of this number: in one half of a sentence with it."""
    low, high = sorted(((phrase.first, phrase.last), (number.first, number.last)))
    return ";" not in scene.words(low[1], high[0])


def parts(scene: Scene, number: WrittenNumber, context: TextState) -> list[Candidate[SensePart]]:
    """Which sector, state or group a number may be of, or of none, the likeliest first."""
    given, _ = _dealt(scene, number)
    if given:
        kind = "sector" if given.kind == "city" else given.kind
        return [Candidate((kind, (given.value,), False), 0.0, True)]
    fields = _fields(scene, number, context)
    groups = _groups(scene, number)
    # Of those, 27,100 were stopped in one sector: the group before goes on.
    goes_on = refers(scene, number) and (context.group if not groups else groups[0].value)
    group = groups[0].value if groups and groups[0].bound else goes_on or NO_PART
    in_field = bool(fields) and fields[0].bound
    if group[0] in ("citizenship", "demographic") and in_field:
        # A group within a sector is not told apart: a subject that the record does not have.
        members = (*fields[0].value[1], *group[1])
        return [Candidate(("none", members, False), 0.0, True)]
    options = [*groups, *fields]
    if options and options[0].bound:
        return options if in_field else [*options, Candidate(NO_PART, cost("second"))]
    if not options and context.group != NO_PART:
        # A group of the sentence before is still meant where no new noun is named.
        named = {phrase.value for phrase in scene.of_kind("measure")}
        fresh = bool(named & {"usbp", "ofo"}) or (bool(named) and bool(scene.of_kind("total")))
        if context.group[0] == DRUG:  # all drugs are meant only where they are named
            fresh = any(token.low.startswith(("drug", "narcotic")) for token in scene.tokens)
        plain = 0.0 if fresh else cost("part.whole_after_group")
        carried = cost("second") if fresh else cost("part.group_carried")
        options = [Candidate(NO_PART, plain), Candidate(context.group, carried)]
    else:
        # The sector that is still spoken of, or the only one of the text where one is meant.
        part, lows = context.part, {token.low for token in scene.tokens}
        if part == NO_PART and len(context.sectors_named) == 1 and lows & {"sector", "sector's"}:
            part = ("sector", tuple(context.sectors_named), False)
        whole = bool(scene.of_kind("total")) or part == NO_PART
        options.append(Candidate(part, cost("carried")))
        options.append(Candidate(NO_PART, 0.0 if whole else cost("second")))
    return sorted(options, key=lambda option: option.cost)


def _fields(scene: Scene, number: WrittenNumber, context: TextState) -> list[Candidate[SensePart]]:
    """Sectors, field offices and states that are named near a number."""
    placed = [
        phrase
        for phrase in scene.in_clause(number, scene.of_kind(*PLACES))
        if phrase.kind != "total" and _may_be_part(scene, phrase, context)
    ]
    near = [(d, phrase) for d, phrase in scene.near(number, placed) if d < 45]
    options: list[Candidate[SensePart]] = []
    for rank, (distance, phrase) in enumerate(near[:3]):
        kind = "sector" if phrase.kind == "city" else phrase.kind
        own = tuple(phrase.value.split("+"))
        run = _run(scene, phrase, placed) if rank == 0 else own
        sure = kind in ("sector", "office") and is_sure(scene, phrase, context)
        price = 0.0 if distance < FAR else cost("part.sector_far")
        price += 0.0 if rank == 0 else cost("second")
        if kind == "state":
            led = scene.low(phrase.first - 1) in ("in", "into")
            alone = led and not scene.of_kind("total", "sector")
            price += 0.0 if alone else cost("second")
        else:
            price += 0.0 if sure else cost("carried")
        options.append(Candidate((kind, run, False), price, sure and rank == 0))
        if run != own:
            options.append(Candidate((kind, own, False), price + cost("carried")))
    return options


def _may_be_part(scene: Scene, phrase: Placed, context: TextState) -> bool:
    """Whether a place is a sector, an office or a state that something may have been counted in."""
    first, last = phrase.first, phrase.last
    text = scene.text[scene.tokens[first].start : scene.tokens[last - 1].end]
    if scene.opens and first < 2 and text.isupper() and len(text) > 3:
        return False  # TUCSON, Ariz. - the place of writing
    if phrase.kind == "state":
        led = ("in", "along", "into", "for", "through", "of", ",", "and", "to", ":", ";")
        verbs = ("had", "saw", "recorded", "reported")
        return scene.low(first - 1) in led or scene.low(last) in verbs or first < 3
    patrol = any(p.value in ("usbp", "all") for p in scene.of_kind("measure"))
    patrol = patrol or bool(context.sectors_named) or context.agency == "usbp"
    if phrase.kind != "city" and (patrol or phrase.value in UNMISTAKABLE):
        return True
    return is_sure(scene, phrase, context, unmistakable=False)


def is_sure(scene: Scene, phrase: Placed, context: TextState, unmistakable: bool = True) -> bool:
    """Whether a place is surely meant as a sector or an office."""
    return (
        any(token.low in _SECTOR_WORDS for token in scene.tokens)
        or scene.low(phrase.last - 1) == "rgv"
        or phrase.kind == "office"
        or phrase.value in context.sectors_named
        or (unmistakable and phrase.value in UNMISTAKABLE)
    )


_IN_A_ROW = word_set(", and & the / or sector sectors nationals citizens from")


def _run(scene: Scene, phrase: Placed, placed: Iterable[Placed]) -> tuple[str, ...]:
    """The parts that are enumerated with this one: Cubans, Venezuelans and Nicaraguans."""
    joined = [phrase]
    kinds = {"sector", "city"} if phrase.kind in ("sector", "city") else {phrase.kind}
    others = sorted((p for p in placed if p.kind in kinds), key=lambda p: p.first)
    for other in sorted(others, key=lambda p: abs(p.first - phrase.first)):
        for label in joined:
            a, b = sorted((other, label), key=lambda p: p.first)
            between = set(scene.words(a.last, b.first))
            near = b.first - a.last <= 3 and between <= _IN_A_ROW
            if other not in joined and near and between & {",", "and", "&", "/", "or"}:
                joined.append(other)
                break
    values = [p.value for p in sorted(joined, key=lambda p: p.first)]
    return tuple(dict.fromkeys(name for value in values for name in value.split("+")))


_INCLUDES = word_set("includes including include included comprising")


def _groups(scene: Scene, number: WrittenNumber) -> list[Candidate[SensePart]]:
    """Nationalities, demographic groups and places of arrest beside a number."""
    kinds = ["citizenship", "countries", "demographic", "drug"]
    if any(phrase.value == "usbp" for phrase in scene.of_kind("measure")):
        kinds.append("arrest_place")  # of the Border Patrol's arrests only
    placed = [phrase for phrase in scene.of_kind(*kinds) if not is_no_nationality(scene, phrase)]
    near = [
        (d, phrase)
        for d, phrase in scene.near(number, placed)
        # 8,083 persons, a number that includes families: all of them, not the families.
        if d < 30 and not _INCLUDES & set(scene.words(number.last, phrase.first))
    ]
    if not near:
        return []
    distance, phrase = near[0]
    kind, value = phrase.kind, phrase.value
    run = _run(scene, phrase, [p for p in placed if p.kind == kind])
    bound = distance < TIGHT + 2
    price = 0.0 if bound else cost("part.group_near") if distance < FAR else cost("part.group_far")
    if value == "?" or "?" in run:
        return [Candidate(("none", ("?",), False), price, bound)] if distance < TIGHT else []
    if value.startswith("-"):
        return [Candidate(("citizenship", (value[1:],), True), price, bound)]
    dimension = {"arrest_place": APPREHENSION, "countries": "citizenship"}.get(kind, kind)
    options = [Candidate((dimension, run, False), price, bound)]
    if len(run) > 1 and "+" not in value:
        options.append(Candidate((dimension, (value,), False), price + cost("carried"), bound))
    return options


_NEIGHBORS = word_set(
    "border government officials president authorities side territory cartels goods "
    "cartel police prime city troops soldiers national port"
)
_COMING = word_set("over coming crossing crossed cross entering entered came traveling border")
_COUNTED = word_set("were came are those and is or nationals ,")


def is_no_nationality(scene: Scene, phrase: Placed) -> bool:
    """Mexico and Canada as neighbors, governments and the like."""
    before, word = scene.words(phrase.first - 1, phrase.first + 1)
    after, after2 = scene.words(phrase.last, phrase.last + 2)
    if phrase.kind != "citizenship":
        return False
    if after in _NEIGHBORS:
        return not (after == "national" and phrase.value != "MEXICO")
    if word == "from" and after in (",", "into", "in", "to", ".") and before in _COMING:
        return True
    if word == "from" and phrase.value == "MEXICO":
        people = any(p.last == phrase.first for p in scene.of_kind("people", "demographic"))
        return not people and before not in _COUNTED
    named = word in ("mexico", "canada", "china", "india")
    led = before in ("from", "of", "and", ",", "than", "(", "by")
    return named and (not led or after2 == "government")


def respectively(scene: Scene, number: WrittenNumber) -> int | None:
    """A number's place in a row that "respectively" deals out, None where there is no such row.

    Or that needs no such word: Tucson, Yuma and El Paso had 12, 13 and 14 arrests.
    """
    row = [n for n in scene.numbers if n.kind == number.kind]
    if number not in row or len(row) < 2:
        return None
    respective = any(token.low == "respectively" for token in scene.tokens)
    close = all(b.first - a.last <= 2 for a, b in pairwise(row))
    named = [p for p in scene.of_kind("sector", "city") if p.last <= row[0].first]
    return row.index(number) if respective or (close and len(named) == len(row)) else None


def _dealt(scene: Scene, number: WrittenNumber) -> tuple[Placed | None, TimeRef | None]:
    """The part and the time that "respectively" gives to a number."""
    at = respectively(scene, number)
    if at is None:
        return None, None
    length = len([n for n in scene.numbers if n.kind == number.kind])
    parts = scene.of_kind("sector", "city", "office")
    groups = scene.of_kind("citizenship", "demographic")
    named = next((row for row in (parts, groups) if len(row) == length), None)
    timed = [ref for ref in scene.times if ref.counts and not ref.relative]
    return (named[at] if named else None), (timed[at] if len(timed) == length else None)


def says_crossed(scene: Scene, number: WrittenNumber) -> bool:
    """Whether the words about a number say that people came in, not that they were arrested."""
    for phrase in scene.of_kind("measure"):
        words = scene.words(phrase.first, phrase.last)
        ports = any(word.startswith("port") for word in words)  # between ports of entry
        came = any(word.startswith(("cross", "entr", "enter")) for word in words) and not ports
        if came and phrase.value not in ("all", "ofo") and _is_own(scene, number, phrase):
            return True
    return False


# -- when ------------------------------------------------------------------------------------------


def times_near(
    scene: Scene, number: WrittenNumber, compared: bool = False
) -> list[tuple[float, TimeRef]]:
    """The times that may say when a number was counted, by their distance, nearest first.

    compared : whether the number itself is what something is compared with.
    """
    near = []
    for ref in scene.times:
        first, last = ref.first, ref.last
        before, inside = first < number.first, number.first <= first < number.last
        led = before and number.first - last <= 6  # since August 2020, when there were 47,283
        # 6,168, smashing June's all-time low: what was beaten is not the count's month.
        beaten = not before and any(p.first == last for p in scene.of_kind("extreme"))
        if not ref.counts or inside or beaten or (not led and _belongs_to_extreme(scene, ref)):
            continue
        distance = scene.distance((number.first, number.last), (first, last))
        if before:
            if first < 4 and not scene.numbers_between(0, number.first):
                distance = min(distance, 4.0)
            # Right behind another count: a peak of 301,981 in December, to 11,709.
            owned = any(n.kind == "count" and 0 < first - n.last + 1 <= 2 for n in scene.numbers)
            parted = {",", "to", "from", ")"} & set(scene.words(last, number.first))
            distance += 9 if owned and parted else 0
        else:
            distance += 6 if scene.numbers_between(number.last, first) else 0
            # It leads the next one: 7,181; in April 8,346.
            after = [n.first for n in scene.numbers if n.first >= last]
            parted = {",", ";", "and", "but", "to", "from"} & set(scene.words(number.last, first))
            distance += 5 if after and after[0] - last <= 3 and parted else 0
        # It is farther where it is another's: what is compared with, or relative to.
        theirs = scene.compares(first) and not (compared and not before)
        more = 8 * theirs + 6 * (ref.relative and not compared) - 0.1 * (not before)
        near.append((distance + more, ref))
    return sorted(near, key=lambda pair: pair[0])


def named_months(scene: Scene, number: WrittenNumber) -> set[int]:
    """The months of a year, 0 to 11, that stand without one beside a number."""
    near = [ref for _, ref in times_near(scene, number)[:1]]
    return {ref.args[0] - 1 for ref in near if ref.form == "month" and not ref.args[1]}


def just_before(scene: Scene, number: WrittenNumber, context: TextState) -> ClaimSpan | None:
    """The time that words explain: in August 2023, the busiest month on record."""
    for ref in scene.times:
        behind = scene.words(ref.last, number.first)
        if behind in ([","], ["\u2014"], ["("], [",", "which", "was"]) and ref.counts:
            return next(iter(times.spans(ref, context, context.span)), None)
    return None


def begun(ref: TimeRef, resolved: list[ClaimSpan]) -> list[ClaimSpan]:
    """What "since" goes back to: a month, or a year."""
    if ref.form == "since" and ref.args[0] is None and ref.args[1]:
        return [fiscal(ref.args[1]), calendar(ref.args[1])]
    if ref.form == "since_fy":
        return [fiscal(ref.args[0])]
    return [ClaimSpan(span.first, span.first) for span in resolved]


def is_compared_time(scene: Scene, number: WrittenNumber) -> bool:
    """Whether a number is compared with by its time: than in April 2024, when it was 128,895."""
    near = times_near(scene, number)
    if not near or near[0][0] > 16:
        return False
    ref = near[0][1]
    if ref.since and _belongs_to_extreme(scene, ref):
        return True
    return 3 < ref.first < number.first and scene.compares(ref.first)


def _belongs_to_extreme(scene: Scene, ref: TimeRef) -> bool:
    """The lowest since 2021; the record of 2021; the lowest since the start of FY2012."""
    for phrase in scene.of_kind("extreme"):
        between = scene.words(phrase.last, ref.first)
        if 0 <= ref.first - phrase.last <= 9 and (ref.since or "since" in between):
            return not scene.numbers_between(phrase.last, ref.first)
        if between in (["of"], ["set", "in"], ["from"]) and scene.low(phrase.first - 1) == "the":
            return True
    return False


def spans_for(
    scene: Scene,
    number: WrittenNumber,
    context: TextState,
    base: ClaimSpan | None = None,
    compared: bool = False,
    main_only: bool = False,
) -> list[Candidate[ClaimSpan]]:
    """Which months a number may be of, most likely first.

    base : the span of what it is compared with. main_only : leave out times that something is
        compared with.
    """
    options: list[Candidate[ClaimSpan]] = []
    near = times_near(scene, number, compared)
    _, given = _dealt(scene, number)
    if given:
        near = [(0.0, given)]
    if main_only:
        changes = bool(scene.of_kind("change"))
        near = [
            (distance, ref)
            for distance, ref in near
            if not (ref.relative or (ref.since and changes)) and not scene.compares(ref.first)
        ]
    # A year earlier is as plain as a month, if it is plain what it is earlier than.
    only = not any(n.first != number.first and n.kind != "ordinal" for n in scene.numbers)
    for rank, (distance, ref) in enumerate(near[:3]):
        resolved = _said_by(scene, number, context, ref, base if compared or ref.relative else None)
        end = _end_of_range(scene, ref, number, resolved)
        if end:
            options.append(Candidate(end, 0.0, True))
            break
        price = cost("time.second") * rank
        if distance >= FAR:
            price += cost("time.far") if context.recent else cost("time.far_alone")
        # 6,168, beating June's low: the number is not June's.
        before = ref.first < number.first or ref is given
        theirs = not (compared or before or ref.relative or ref.form in RANGES)
        theirs = theirs and scene.compares(ref.first)
        price += cost("second") * ((ref.form in ("past_years", "past")) + theirs)
        alone = len(near) == 1 and only and not ref.relative and distance < 2 * FAR
        tight = distance < TIGHT + (7 if ref.relative and base else 1)
        led = scene.low(ref.first - 1) == "between"
        bound = not (led or theirs) and rank == 0 and (tight or alone)
        options += [
            Candidate(span, price + cost("time.other_meaning") * i, bound)
            for i, span in enumerate(resolved[:6])
        ]
    if not near and context.span and refers(scene, number):
        options.insert(0, Candidate(context.span, cost("time.referred"), True))
    if not options or not options[0].bound:
        any_near = bool(options) and near[0][0] < FAR
        more = cost("time.before_beside_time") if any_near else 0.0
        for i, span in enumerate(context.recent[:3]):
            options.append(Candidate(span, cost("time.carried") + cost("second") * i + more))
        # Where nothing was spoken of, what was news on the day.
        year = fiscal(months.fiscal_year_at(context.newest[0], context.begins))
        for i, month in enumerate(context.newest[:2] if not context.recent else ()):
            price = cost("time.newest") + 0.5 * i + more
            options.append(Candidate(ClaimSpan(month, month), price))
            if month > year.first:
                price = cost("time.newest_year") + 0.5 * i + more
                options.append(Candidate(ClaimSpan(year.first, month), price))
    return cheapest(options)


def _said_by(
    scene: Scene,
    number: WrittenNumber,
    context: TextState,
    ref: TimeRef,
    base: ClaimSpan | None,
) -> list[ClaimSpan]:
    """The months that a time beside a number may mean, most likely first."""
    # The spans that the sentence names with their year: as read on a day long after them.
    full = [r for r in scene.times if r.form in ("fy", "quarter", "fy_first", "cy", "fys")]
    later = replace(context, published=date(2100, 1, 1), recent=[])
    here = [span for named in full for span in times.spans(named, later)[:1]]
    now = replace(context, here=tuple(here))
    # The January figure was 585 in 2024 and 367 in 2023: the month that years are of.
    bare = {r.args[0] for r in scene.times if r.form == "month" and not any(r.args[1:])}
    forms, resolved = {r.form for r in scene.times}, []
    years = "year" in forms and forms <= {"month", "year", "year_rel", "administration"}
    if years and len(bare) == 1:
        (month,) = bare
        if ref.form == "year":
            base = ClaimSpan(month - 1, month - 1)
        elif ref.form == "year_rel":
            year = "last year" if ref.args[0] else "this year"
            resolved = times.spans(replace(ref, form="month_of", args=(month, year)), now)
    resolved += times.spans(ref, now, base)
    if ref.relative:  # a month earlier it was this, a year earlier that
        others = filter(None, (context.span, *context.recent[:2]))
        resolved += [span for other in others for span in times.spans(ref, now, other)]
        resolved = list(dict.fromkeys(resolved))
    # Down since December, when there were 301,982.
    when = ref.first < number.first and "when" in scene.words(ref.last, number.first)
    if ref.since and (when or _belongs_to_extreme(scene, ref)):
        resolved = begun(ref, resolved)
    if ref.form == "months" and scene.low(ref.first - 1) == "between":
        # Between July and August, at 104,101 and 107,473: a month each, or both.
        ends = [ClaimSpan(m, m) for span in resolved[:1] for m in (span.last, span.first)]
        resolved = [*resolved, *ends]
    return resolved


def _end_of_range(
    scene: Scene, ref: TimeRef, number: WrittenNumber, resolved: list[ClaimSpan]
) -> ClaimSpan | None:
    """From 2021 to 2023 they rose from 27,180 to 189,402: each number has its end of the range."""
    at = number.first - 1
    while any(p.first <= at < p.last for p in scene.of_kind("hedge")):
        at -= 1
    ranged = ref.form in RANGES and scene.low(ref.first - 1) in ("from", "between")
    if not ranged or not resolved or scene.low(at) not in ("from", "to"):
        return None
    first = scene.low(at) == "from"
    if ref.form == "months":
        end = resolved[0].first if first else resolved[0].last
        return ClaimSpan(end, end)
    return fiscal(ref.args[0] if first else ref.args[1])


def refers(scene: Scene, number: WrittenNumber) -> bool:
    """Whether words say that the count before is meant: that was up 9%; of those, 2,325 ..."""
    opens = {"that", "this", "it", "which"} & set(scene.words(0, 3))
    if opens and not scene.numbers_between(0, number.first):
        return True
    places = (*range(number.first - 5, number.first), number.last, number.last + 1)
    them = ("those", "these", "them", "whom")
    return any(scene.low(i) in them and scene.low(i - 1) == "of" for i in places)


# -- together --------------------------------------------------------------------------------------


def row(
    whose: Candidate[Subject], when: Candidate[ClaimSpan], measure: ClaimMeasure = "total"
) -> Reading:
    """One row of the table of readings."""
    return Reading(
        whose.value,
        when.value,
        measure,
        cost=whose.cost + when.cost,
        agency_bound=whose.bound,
        span_bound=when.bound,
        place_bound=whose.placed,
    )


def weigh(
    whose: list[Candidate[Subject]], when: list[Candidate[ClaimSpan]], measure: ClaimMeasure
) -> list[Reading]:
    """All combinations, the likeliest first."""
    made = [row(*pair, measure) for pair in product(whose, when)]
    return sorted(made, key=lambda reading: reading.cost)


def other_measures(sense: Reading) -> Iterator[tuple[Reading, bool]]:
    """Senses with another agency, or another total: what the number is right for instead.

    Yields the sense and whether only the agency differs.
    """
    whose, total = sense.subject, sense.subject.total
    same: list[Subject] = []
    if whose.dimension in ("citizenship", "demographic") and whose.agency:
        same = [whose._replace(agency="")]
    elif whose.dimension == APPREHENSION:
        same = [Subject(total, "usbp")]
    elif not whose.dimension:
        same = [Subject(total, agency) for agency in ("", "usbp", "ofo") if agency != whose.agency]
    yield from ((replace(sense, subject=subject, rate=""), True) for subject in same)
    if whose.dimension:
        return
    elsewhere = [name for name in (NATIONWIDE, *BORDERS) if name != total]
    far = [Subject(*pair) for pair in product(elsewhere, (whose.agency, "", "usbp"))]
    if whose.agency == "usbp":
        far[:0] = [Subject(total, "", APPREHENSION, (kind,)) for kind in (AT_LARGE, AT_ENTRY)]
    yield from ((replace(sense, subject=subject, rate=""), False) for subject in far)
