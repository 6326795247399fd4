"""What a number may mean: whose counts, which months, most likely first, each at a cost.

What a sentence says beside a number costs nothing; what has to be taken from elsewhere in it, from
the sentences before or from habit costs more the less likely it is. Words that stand right beside
a number bind: an explicit month or agency is never replaced to make a claim right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise, product
from typing import TYPE_CHECKING, Generic, TypeVar

from forecast import months
from forecast.claims import times
from forecast.claims.mentions import Placed, Scene
from forecast.claims.times import Now, TimeRef
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

if TYPE_CHECKING:
    from forecast.sources.source import Source

T = TypeVar("T")
PLACES = ("total", "sector", "city", "office", "state")
FAR = 16.0  # a phrase farther from a number than this does not speak of it
TIGHT = 7.0  # one nearer than this binds it
_SECTOR_WORDS = ("sector", "sectors")


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


SensePart = tuple[str, tuple[str, ...], bool]  # dimension, members, all but these
NO_PART: SensePart = ("", (), False)


@dataclass(slots=True)
class TextState:
    """What a text has said so far; it changes as its sentences are read.

    home : the total that the whole text speaks of, None if of none.
    speaks : kinds and values of all phrases in the text.
    subject, span : of the last count. shared : the last share. recent : spans named lately, the
        latest first.
    """

    now: Now
    home: str | None = None
    speaks: frozenset[tuple[str, str]] = frozenset()
    sectors_named: frozenset[str] = frozenset()
    total: str | None = None
    agency: str | None = None
    part: SensePart = NO_PART
    group: SensePart = NO_PART
    subject: Subject | None = None
    span: ClaimSpan | None = None
    shared: Reading | None = None
    measure: ClaimMeasure = "total"
    recent: list[ClaimSpan] = field(default_factory=list)

    def saw(self, span: ClaimSpan) -> None:
        """Remember a span that was spoken of."""
        self.recent = [span, *(one for one in self.recent if one != span)][:5]

    @property
    def when(self) -> Now:
        """The day of publication with what was spoken of lately."""
        return Now(self.now.published, self.now.begins, tuple(self.recent))


def named_in_full(scene: Scene) -> tuple[ClaimSpan, ...]:
    """The spans that a sentence names with their year."""
    full = [ref for ref in scene.times if ref.form in ("fy", "quarter", "fy_first", "cy", "fys")]
    now = Now(date(2100, 1, 1), scene.source.year_begins)
    return tuple(span for ref in full for span in times.spans(ref, now)[:1])


@dataclass(frozen=True, slots=True)
class ScoredReading:
    """A sense with its cost; bound: agency and span are in the words beside the number."""

    sense: Reading
    cost: float
    agency_bound: bool = False
    span_bound: bool = False
    place_bound: bool = False


@dataclass(frozen=True, slots=True)
class Anchor:
    """A count of the text that was understood: what other words and numbers are read beside.

    compared : whether something else is compared with it. bound : whether its agency is named.
    placed : whether it is said where it was counted, or the number itself tells.
    """

    number: WrittenNumber
    subject: Subject
    span: ClaimSpan
    compared: bool = False
    bound: bool = True
    measure: ClaimMeasure = "total"
    placed: bool = True


# -- whose -----------------------------------------------------------------------------------------


def subjects(scene: Scene, number: WrittenNumber, context: TextState) -> list[Candidate[Subject]]:
    """Whose counts a number may be, most likely first."""
    of_parts, totals = parts(scene, number, context), _totals(scene, number, context)
    agencies = _agencies(scene, number, context)
    made = []
    for part, total, agency in product(of_parts, totals, agencies):
        subject = _subject(part.value, total, agency)
        # A sector has one total and one agency, whatever else is said.
        alone = part.value[0] in ("sector", "office")
        named = alone and part.cost < cost("part.sector_carried")
        state = part.value[0] == "state" and part.cost < 0.5
        placed = named if alone else total.bound or state
        price = part.cost + (0.0 if alone else total.cost + agency.cost)
        made.append(Candidate(subject, price, agency.bound, placed))
    return cheapest(made)


def cheapest(options: Iterable[Candidate[T]]) -> list[Candidate[T]]:
    """Each value once, at its least cost, the likeliest first."""
    best: dict[T, Candidate[T]] = {}
    for option in sorted(options, key=lambda option: option.cost):
        best.setdefault(option.value, option)
    return list(best.values())


def _subject(part: SensePart, total: Candidate[str], agency: Candidate[str]) -> Subject:
    dimension, members, other = part
    if dimension == "sector":
        home = FIELD_TOTALS.get(members[0], "southwest")
        return Subject(home, "usbp", "field", members)
    if dimension == "office":
        where = FIELD_TOTALS.get(members[0], "other")
        return Subject(where, "ofo", "field", members)
    if dimension == APPREHENSION:
        return Subject(total.value, "", dimension, members)
    return Subject(total.value, agency.value, dimension, members, other)


def _totals(scene: Scene, number: WrittenNumber, context: TextState) -> list[Candidate[str]]:
    placed = [phrase for phrase in scene.of_kind("total") if not _included(scene, phrase)]
    placed = [p for p in scene.in_clause(number, scene.of_kind(*PLACES)) if p in placed] or placed
    near = [(d, phrase) for d, phrase in scene.near(number, placed) if d < 60]
    if near:
        first = near[0][1].value
        options = [Candidate(first, 0.0, _is_tight(scene, number, *near[0]))]
        others = dict.fromkeys(phrase.value for _, phrase in near[1:])
        options += [
            Candidate(v, cost("second") + (near[0][0] < TIGHT)) for v in others if v != first
        ]
        return options
    order = dict.fromkeys(filter(None, (context.total, context.home)))
    sure = context.subject.total if context.subject else None
    options = [
        Candidate(total, cost("total.carried") * (1 + i), total == sure)
        for i, total in enumerate(order)
    ]
    spoken = any(kind == "total" for kind, _ in context.speaks)
    guesses = dict.fromkeys((NATIONWIDE, "southwest"), cost("second"))
    if not spoken:
        guesses = {name: cost(f"total.{name}_unsaid") for name in guesses}
    if options:
        guesses = dict.fromkeys((NATIONWIDE, "southwest"), cost("total.guess"))
    return options + [Candidate(b, cost) for b, cost in guesses.items() if b not in order]


def _included(scene: Scene, phrase: Placed) -> bool:
    """The overall tally, which includes airports and the northern border: it is not that one."""
    return (
        any(
            scene.low(i) in ("includes", "including", "include")
            and not scene.numbers_between(i, phrase.first)
            for i in range(phrase.first - 6, phrase.first)
        )
        and len({p.value for p in scene.of_kind("total")}) > 1
    )


def _is_tight(scene: Scene, number: WrittenNumber, distance: float, phrase: Placed) -> bool:
    """Whether a total can only be that of this number: near, and no other number between."""
    first, last = sorted((phrase.first, number.first))
    between = any(first < other.first < last for other in scene.numbers if other != number)
    return distance < FAR and not between


def _agencies(scene: Scene, number: WrittenNumber, context: TextState) -> list[Candidate[str]]:
    """Agencies by the words around a number; a word for all gives way to a named agency."""
    near = [pair for pair in scene.near(number, scene.of_kind("measure")) if pair[0] < 60]
    own = [phrase for _, phrase in near if _is_own(scene, number, phrase)]
    if any(0 <= phrase.first - number.last <= 2 for phrase in own):
        # 6,073 arrests and 34,631 in all: each number has a noun of its own.
        counts = [n for n in scene.numbers if n.kind == "count" and n != number]
        own = [p for p in own if not any(0 <= p.first - n.last <= 3 for n in counts)]
    named = [phrase.value for phrase in own]
    if "both" in named[:3]:
        return [Candidate("", 0.0, True)]
    if _joined_agencies(scene, own):
        return [Candidate("", 0.0), Candidate("usbp", cost("second"))]
    special = [value for value in named if value in ("usbp", "ofo")]
    if special:
        return _special_agency(near, own, special)
    usual = context.agency
    agents = any(scene.low(phrase.last - 1).startswith("agent") for phrase in own)
    if "all" in named and agents:
        return [Candidate("", 0.1), Candidate("usbp", cost("carried"))]
    if "all" in named:
        spoken = ("measure", "usbp") in context.speaks
        more = cost("carried") if usual == "usbp" else cost("second")
        also = [Candidate("usbp", more)] if spoken else []
        return [Candidate("", 0.0, not also or usual != "usbp"), *also]
    elsewhere = [phrase.value for _, phrase in near if phrase.value in ("usbp", "ofo", "all")]
    agencies = [{"all": ""}.get(value, value) for value in elsewhere]
    first = [""] if "any" in named and usual is None else []
    order = dict.fromkeys([*first, *([usual] if usual is not None else []), *agencies, "", "usbp"])
    return [Candidate(value, cost("agency.unsaid") * (1 + i)) for i, value in enumerate(order)]


_PARTS = word_set(": , and but ; while with plus as ( )")
EVERY = frozenset({"", "usbp", "ofo"})


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
    placed = scene.of_kind("measure")
    own = {p.value for p in placed if first <= p.first < last} - {"any"}
    led = {p.value for p in placed if p.first < number.first} - {"any"}
    named = own or led
    if beside and not own and not is_altogether(scene, number):
        return beside if led else beside | before
    if not named and {p.value for p in placed} - {"any"}:
        return EVERY  # words behind other numbers are of those
    if not named:
        named = {value for kind, value in context.speaks if kind == "measure"} - {"any"}
        return frozenset(_CODES[value] for value in named) or EVERY
    special = named & {"usbp", "ofo"}
    if special and is_altogether(scene, number):
        return EVERY
    if len(special) > 1 or (special and not own):
        return EVERY if len(special) > 1 else frozenset(_CODES[value] for value in named)
    if special and "both" not in named:
        return frozenset(special)  # what an agency counts is its own
    carried = context.agency == "usbp" and "both" not in named
    return frozenset({"", "usbp"}) if carried else frozenset({""})


def is_altogether(scene: Scene, number: WrittenNumber) -> bool:
    """Whether a number is said to be that of all: which makes 50,200 altogether."""
    words = {scene.low(i) for i in range(number.first - 4, number.last + 3)}
    behind = (scene.low(number.last), scene.low(number.last + 1)) == ("in", "all")
    return behind or bool(words & _ALTOGETHER)


_ALTOGETHER = word_set("total altogether overall combined tally")
_CODES = {"usbp": "usbp", "ofo": "ofo", "all": "", "both": ""}


def leading_part(scene: Scene, number: WrittenNumber) -> frozenset[str]:
    """The members of the only sector or group before the first number of a sentence."""
    kinds = ("sector", "city", "office", "state", "citizenship", "demographic")
    if any(n.first < number.first and n.kind == "count" for n in scene.numbers):
        return frozenset()
    before = [
        phrase.value
        for phrase in scene.of_kind(*kinds)
        if phrase.last <= number.first and not _is_no_nationality(scene, phrase)
    ]
    return frozenset(before[0].split("+")) if len(before) == 1 else frozenset()


def named_months(scene: Scene, number: WrittenNumber) -> set[int]:
    """The months of a year, 0 to 11, that stand without one beside a number."""
    near = times_near(scene, number)[:1]
    return {t.ref.args[0] - 1 for t in near if t.ref.form == "month" and not t.ref.args[1]}


def just_before(scene: Scene, number: WrittenNumber, context: TextState) -> ClaimSpan | None:
    """The time that words explain: in August 2023, the busiest month on record."""
    for ref, place in zip(scene.times, scene.time_places, strict=True):
        behind = [scene.low(i) for i in range(place[1], number.first)]
        if behind in ([","], ["\u2014"], ["("], [",", "which", "was"]) and ref.counts:
            return next(iter(times.spans(ref, context.when, context.span)), None)
    return None


def _is_own(scene: Scene, number: WrittenNumber, phrase: Placed) -> bool:
    """Whether a measure speaks of this number: no other number stands between, or it leads all."""
    low, high = sorted(((phrase.first, phrase.last), (number.first, number.last)))
    return not any(scene.low(i) == ";" for i in range(low[1], high[0]))


def _joined_agencies(scene: Scene, own: list[Placed]) -> bool:
    """Apprehended or turned away at ports: both agencies together."""
    patrol = [phrase for phrase in own if phrase.value == "usbp"]
    ports = [phrase for phrase in own if phrase.value == "ofo"]
    for a, b in product(patrol, ports):
        low, high = min(a.last, b.last), max(a.first, b.first)
        words = {scene.low(i) for i in range(low, high)}
        if (
            high - low <= 6
            and words & {"and", "or", "plus"}
            and not scene.numbers_between(low, high)
        ):
            return True
    return False


def _special_agency(
    near: list[tuple[float, Placed]], own: list[Placed], special: list[str]
) -> list[Candidate[str]]:
    first = special[0]
    distance = min(d for d, phrase in near if phrase in own and phrase.value == first)
    nearest = next(d for d, phrase in near if phrase in own)
    all_beside = own[0].value == "all"
    options = [Candidate(first, 0.0, True)]
    if all_beside and distance > nearest + 5:
        # a word for all right beside it, the agency farther off: it may be about all of them.
        options = [Candidate(first, 0.1), Candidate("", cost("carried"))]
    if len(set(special)) > 1:
        second = next(value for value in special if value != first)
        options.append(Candidate(second, cost("second")))
    return options


def parts(scene: Scene, number: WrittenNumber, context: TextState) -> list[Candidate[SensePart]]:
    """Which sector, state or group a number may be of, or of none, the likeliest first."""
    given, _ = dealt(scene, number)
    if given:
        kind = "sector" if given.kind == "city" else given.kind
        return [Candidate((kind, (given.value,), False), 0.0, True)]
    fields = _fields(scene, number, context)
    groups = _groups(scene, number)
    # Of those, 27,100 were stopped in one sector: the group before goes on.
    goes_on = refers(scene, number) and (context.group if not groups else groups[0].value)
    group = groups[0].value if groups and groups[0].bound else goes_on or NO_PART
    if group[0] in ("citizenship", "demographic") and fields and fields[0].bound:
        # A group within a sector is not told apart: a subject that the record does not have.
        members = (*fields[0].value[1], *group[1])
        return [Candidate(("none", members, False), 0.0, True)]
    options = [*groups, *fields]
    if options and options[0].bound:
        return [
            *options,
            *([] if fields and fields[0].bound else [Candidate(NO_PART, cost("second"))]),
        ]
    if not options and context.group != NO_PART:
        return _carried_group(scene, context)
    part = _carried(scene, context)
    carried = _carried_part(scene, number, part, bool(fields))
    plain = _plain_part(scene, part, options, bool(fields))
    return sorted([*options, *carried, plain], key=lambda option: option.cost)


def _carried_group(scene: Scene, context: TextState) -> list[Candidate[SensePart]]:
    """A group of the sentence before is still meant where no new noun is named."""
    named = {phrase.value for phrase in scene.of_kind("measure")}
    fresh = bool(named & {"usbp", "ofo"}) or (bool(named) and bool(scene.of_kind("total")))
    if context.group[0] == DRUG:  # all drugs are meant only where they are named
        fresh = any(token.low.startswith(("drug", "narcotic")) for token in scene.tokens)
    plain, carried = (
        (0.0, cost("second"))
        if fresh
        else (cost("part.whole_after_group"), cost("part.group_carried"))
    )
    options = [Candidate(NO_PART, plain), Candidate(context.group, carried)]
    return sorted(options, key=lambda option: option.cost)


def _carried(scene: Scene, context: TextState) -> SensePart:
    """The sector that is still spoken of, or the only one of the text where one is meant."""
    only = context.part == NO_PART and len(context.sectors_named) == 1
    if only and any(token.low in ("sector", "sector's") for token in scene.tokens):
        return "sector", tuple(context.sectors_named), False
    return context.part


def _carried_part(
    scene: Scene, number: WrittenNumber, carried: SensePart, named: bool
) -> list[Candidate[SensePart]]:
    return [Candidate(carried, cost("carried"))]


def _plain_part(
    scene: Scene, carried: SensePart, options: list[Candidate[SensePart]], named: bool
) -> Candidate[SensePart]:
    """A total as a whole; less likely where a sector or state is meant."""
    return Candidate(
        NO_PART,
        0.0 if scene.of_kind("total") or carried == NO_PART else cost("second"),
    )


def _fields(scene: Scene, number: WrittenNumber, context: TextState) -> list[Candidate[SensePart]]:
    """Sectors, field offices and states that are named near a number."""
    placed = [
        phrase
        for phrase in scene.in_clause(number, scene.of_kind(*PLACES))
        if phrase.kind != "total"
        and not _is_dateline(scene, phrase)
        and _may_be_part(scene, phrase, context)
    ]
    near = [(d, phrase) for d, phrase in scene.near(number, placed) if d < 45]
    options: list[Candidate[SensePart]] = []
    for rank, (distance, phrase) in enumerate(near[:3]):
        kind = "sector" if phrase.kind == "city" else phrase.kind
        own = tuple(phrase.value.split("+"))
        run = _run(scene, phrase, placed) if rank == 0 else own
        sure = kind in ("sector", "office") and is_sure(scene, phrase, context)
        price = (0.0 if distance < FAR else cost("part.sector_far")) + (
            0.0 if rank == 0 else cost("second")
        )
        alone = not scene.of_kind("total", "sector") and scene.low(phrase.first - 1) in (
            "in",
            "into",
        )
        price += (
            (0.0 if alone else cost("second"))
            if kind == "state"
            else 0.0
            if sure
            else cost("carried")
        )
        options.append(Candidate((kind, run, False), price, sure and rank == 0))
        if run != own:
            options.append(Candidate((kind, own, False), price + cost("carried")))
    return options


def _unnamed_sectors(scene: Scene) -> bool:
    """The sector, five Texas sectors: some that are not named here."""
    return any(
        scene.low(i) in ("sector", "sector's", "sectors")
        and not any(phrase.first <= i < phrase.last for phrase in scene.of_kind("total"))
        for i in range(len(scene.tokens))
    )


def same_total(part: SensePart, total: str) -> bool:
    """Whether a total is that of the sector spoken of before: it may only say where that lies."""
    return part[0] == "sector" and FIELD_TOTALS.get(part[1][0], "southwest") == total


def _may_be_part(scene: Scene, phrase: Placed, context: TextState) -> bool:
    if phrase.kind == "office":
        return True
    if phrase.kind == "state":
        before = scene.low(phrase.first - 1)
        return (
            before in ("in", "along", "into", "for", "through", "of", ",", "and", "to", ":", ";")
            or scene.low(phrase.last) in ("had", "saw", "recorded", "reported")
            or phrase.first < 3
        )
    named = phrase.value in context.sectors_named or _has_sector_word(scene, phrase)
    here = any(scene.low(i) in _SECTOR_WORDS for i in range(len(scene.tokens)))
    if phrase.kind == "city":
        return named or here
    patrol = any(p.value in ("usbp", "all") for p in scene.of_kind("measure"))
    if phrase.value in UNMISTAKABLE:
        return True
    return named or here or patrol or bool(context.sectors_named) or context.agency == "usbp"


def _has_sector_word(scene: Scene, phrase: Placed) -> bool:
    inside = any(scene.low(i) in _SECTOR_WORDS for i in range(phrase.first, phrase.last + 1))
    return inside or scene.low(phrase.last - 1) == "rgv"


def is_sure(scene: Scene, phrase: Placed, context: TextState) -> bool:
    """Whether a place is surely meant as a sector or an office."""
    here = any(scene.low(i) in _SECTOR_WORDS for i in range(len(scene.tokens)))
    unmistakable = phrase.value in UNMISTAKABLE
    named = phrase.value in context.sectors_named
    return (
        _has_sector_word(scene, phrase) or here or named or unmistakable or phrase.kind == "office"
    )


def _is_dateline(scene: Scene, phrase: Placed) -> bool:
    """TUCSON, Ariz. - the place of writing."""
    text = scene.text[scene.tokens[phrase.first].start : scene.tokens[phrase.last - 1].end]
    return scene.sentence.opens and phrase.first < 2 and text.isupper() and len(text) > 3


def _run(scene: Scene, phrase: Placed, placed: Iterable[Placed]) -> tuple[str, ...]:
    """The parts that are enumerated with this one: Cubans, Venezuelans and Nicaraguans."""
    joined = [phrase]
    kinds = {"sector", "city"} if phrase.kind in ("sector", "city") else {phrase.kind}
    others = sorted((p for p in placed if p.kind in kinds), key=lambda p: p.first)
    for other in sorted(others, key=lambda p: abs(p.first - phrase.first)):
        if other not in joined and any(_joined(scene, other, label) for label in joined):
            joined.append(other)
    values = [p.value for p in sorted(joined, key=lambda p: p.first)]
    return tuple(dict.fromkeys(name for value in values for name in value.split("+")))


_IN_A_ROW = word_set(", and & the / or sector sectors nationals citizens from")


def _joined(scene: Scene, a: Placed, b: Placed) -> bool:
    if a.first > b.first:
        a, b = b, a
    between = [scene.low(i) for i in range(a.last, b.first)]
    plain = _IN_A_ROW
    return (
        0 < len(between) <= 3
        and set(between) <= plain
        and bool({",", "and", "&", "/", "or"} & set(between))
    )


def _groups(scene: Scene, number: WrittenNumber) -> list[Candidate[SensePart]]:
    """Nationalities, demographic groups and places of arrest beside a number."""
    kinds = ["citizenship", "countries", "demographic", "drug"]
    if any(phrase.value == "usbp" for phrase in scene.of_kind("measure")):
        kinds.append("arrest_place")  # of the Border Patrol's arrests only
    placed = [phrase for phrase in scene.of_kind(*kinds) if not _is_no_nationality(scene, phrase)]
    near = [(d, phrase) for d, phrase in scene.near(number, placed) if d < 30]
    # 8,083 persons, a number that includes families: all of them, not the families.
    near = [
        (d, phrase)
        for d, phrase in near
        if not _INCLUDES & {scene.low(i) for i in range(number.last, phrase.first)}
    ]
    if not near:
        return []
    distance, phrase = near[0]
    kind, value = phrase.kind, phrase.value
    same = [p for p in placed if p.kind == kind]
    run = _run(scene, phrase, same)
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


_INCLUDES = word_set("includes including include included comprising")
_NEIGHBORS = word_set(
    "border government officials president authorities side territory cartels goods "
    "cartel police prime city troops soldiers national port"
)


_COMING = word_set("over coming crossing crossed cross entering entered came traveling border")


def _is_no_nationality(scene: Scene, phrase: Placed) -> bool:
    """Mexico and Canada as neighbors, governments and the like."""
    if phrase.kind != "citizenship":
        return False
    word, before, after = (
        scene.low(phrase.first),
        scene.low(phrase.first - 1),
        scene.low(phrase.last),
    )
    after2 = scene.low(phrase.last + 1)
    if after in _NEIGHBORS:
        return not (after == "national" and phrase.value != "MEXICO")
    if (
        word == "from"
        and after in (",", "into", "in", "to", ".")
        and scene.low(phrase.first - 1) in _COMING
    ):
        return True
    if word == "from" and phrase.value == "MEXICO":
        people = any(p.last == phrase.first for p in scene.of_kind("people", "demographic"))
        return not (
            people
            or before in ("were", "came", "are", "those", "and", "is", "or", "nationals", ",")
        )
    if word in ("mexico", "canada", "china", "india"):
        return before not in ("from", "of", "and", ",", "than", "(", "by") or after2 in (
            "government",
        )
    return False


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


def dealt(scene: Scene, number: WrittenNumber) -> tuple[Placed | None, TimeRef | None]:
    """The part and the time that "respectively" gives to a number."""
    at = respectively(scene, number)
    if at is None:
        return None, None
    length = len([n for n in scene.numbers if n.kind == number.kind])
    parts = scene.of_kind("sector", "city", "office")
    groups = scene.of_kind("citizenship", "demographic")
    named = parts if len(parts) == length else groups if len(groups) == length else []
    timed = [ref for ref in scene.times if ref.counts and not ref.relative]
    return (named[at] if named else None), (timed[at] if len(timed) == length else None)


def says_crossed(scene: Scene, number: WrittenNumber) -> bool:
    """Whether the words about a number say that people came in, not that they were arrested."""
    return any(
        phrase.value not in ("all", "ofo")
        and _is_own(scene, number, phrase)
        and _crossed(scene, phrase)
        for phrase in scene.of_kind("measure")
    )


def _crossed(scene: Scene, phrase: Placed) -> bool:
    words = [scene.low(i) for i in range(phrase.first, phrase.last)]
    if any(word.startswith("port") for word in words):
        return False  # between ports of entry
    return any(word.startswith(("cross", "entr", "enter")) for word in words)


# -- when ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Timed:
    """A time beside a number, by its distance."""

    distance: float
    ref: TimeRef
    before: bool


def times_near(scene: Scene, number: WrittenNumber, compared: bool = False) -> list[Timed]:
    """The times that may say when a number was counted, nearest first.

    compared : whether the number itself is what something is compared with.
    """
    near = []
    for ref, place in zip(scene.times, scene.time_places, strict=True):
        before = place[0] < number.first
        inside = number.first <= place[0] < number.last
        led = before and number.first - place[1] <= 6  # since August 2020, when there were 47,283
        # 6,168, smashing June's all-time low: what was beaten is not the count's month.
        beaten = not before and any(p.first == place[1] for p in scene.of_kind("extreme"))
        theirs = beaten or (not led and _belongs_to_extreme(scene, ref, place))
        if ref.counts and not inside and not theirs:
            distance = _time_distance(scene, number, ref, place, compared)
            near.append(Timed(distance - 0.1 * (not before), ref, before))
    return sorted(near, key=lambda timed: timed.distance)


def _time_distance(
    scene: Scene, number: WrittenNumber, ref: TimeRef, place: tuple[int, int], compared: bool
) -> float:
    """How far a time is from a number; farther where it speaks of another."""
    before = place[0] < number.first
    distance = scene.distance((number.first, number.last), place)
    if before and place[0] < 4 and not scene.numbers_between(0, number.first):
        distance = min(distance, 4.0)
    if before and _owned(scene, number, place):
        distance += 9
    if scene.compares(place[0]) and not (compared and not before):
        distance += 8
    if not before and scene.numbers_between(number.last, place[0]):
        distance += 6
    if not before and _leads_next(scene, place, number):
        distance += 5
    return distance + (6 if ref.relative and not compared else 0)


def _owned(scene: Scene, number: WrittenNumber, place: tuple[int, int]) -> bool:
    """Whether a time is right behind another count: a peak of 301,981 in December, to 11,709."""
    owners = [n for n in scene.numbers if n.kind == "count" and 0 < place[0] - n.last + 1 <= 2]
    between = {scene.low(i) for i in range(place[1], number.first)}
    return bool(owners) and bool(between & {",", "to", "from", ")"})


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
    if not near or near[0].distance > 16:
        return False
    place = scene.place(near[0].ref)
    if near[0].ref.since and _belongs_to_extreme(scene, near[0].ref, place):
        return True
    return near[0].before and place[0] > 3 and scene.compares(place[0])


def _leads_next(scene: Scene, place: tuple[int, int], number: WrittenNumber) -> bool:
    """Whether a time behind this number leads the next one: 7,181; in April 8,346."""
    after = [n.first for n in scene.numbers if n.first >= place[1]]
    if not after or after[0] - place[1] > 3:
        return False
    between = [scene.low(i) for i in range(number.last, place[0])]
    return any(mark in between for mark in (",", ";", "and", "but", "to", "from"))


def _belongs_to_extreme(scene: Scene, ref: TimeRef, place: tuple[int, int]) -> bool:
    """The lowest since 2021; the record of 2021; the lowest since the start of FY2012."""
    for phrase in scene.of_kind("extreme"):
        between = [scene.low(i) for i in range(phrase.last, place[0])]
        if 0 <= place[0] - phrase.last <= 9 and (ref.since or "since" in between):
            return not scene.numbers_between(phrase.last, place[0])
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
    _, given = dealt(scene, number)
    if given:
        near = [Timed(0.0, given, True)]
    if main_only:
        changes = bool(scene.of_kind("change"))
        near = [
            timed
            for timed in near
            if not (timed.ref.relative or (timed.ref.since and changes))
            and not scene.compares(scene.place(timed.ref)[0])
        ]
    for rank, timed in enumerate(near[:3]):
        resolved = _said_by(
            scene, number, context, timed, base if compared or timed.ref.relative else None
        )
        first = scene.place(timed.ref)[0]
        end = _end_of_range(scene, timed.ref, number, resolved)
        if end:
            options.append(Candidate(end, 0.0, True))
            break
        price = (
            0.0
            if timed.distance < FAR
            else cost("time.far")
            if len(context.recent)
            else cost("time.far_alone")
        )
        price += cost("time.second") * rank
        price += cost("second") if timed.ref.form in ("past_years", "past") else 0.0
        # A year earlier is as plain as a month, if it is plain what it is earlier than.
        reach = TIGHT + (7 if timed.ref.relative and base else 1)
        only = not any(n.first != number.first and n.kind != "ordinal" for n in scene.numbers)
        alone = len(near) == 1 and only and not timed.ref.relative
        # 6,168, beating June's low: the number is not June's.
        ranged = timed.ref.form in ("months", "fys", "years") or timed.ref.relative
        theirs = not (compared or timed.before or ranged) and scene.compares(first)
        price += cost("second") if theirs else 0.0
        bound = scene.low(first - 1) != "between" and not theirs
        bound = (
            bound and rank == 0 and (timed.distance < reach or (alone and timed.distance < 2 * FAR))
        )
        options += [
            Candidate(span, price + cost("time.other_meaning") * i, bound)
            for i, span in enumerate(resolved[:6])
        ]
    if refers(scene, number) and context.span and not near:
        options.insert(0, Candidate(context.span, cost("time.referred"), True))
    if not options or not options[0].bound:
        options += _from_before(context, bool(options) and near[0].distance < FAR, scene.source)
    return cheapest(options)


def _said_by(
    scene: Scene, number: WrittenNumber, context: TextState, timed: Timed, base: ClaimSpan | None
) -> list[ClaimSpan]:
    """The months that a time beside a number may mean, most likely first."""
    ref, now = timed.ref, replace(context.when, here=named_in_full(scene))
    month, resolved = _month_of_years(scene), []
    if ref.form == "year":
        base = month or base
    if ref.form == "year_rel" and month:
        year = "last year" if ref.args[0] else "this year"
        named = replace(ref, form="month_of", args=(month.first + 1, year))
        resolved = times.spans(named, now)
    resolved += times.spans(ref, now, base)
    if ref.relative:  # a month earlier it was this, a year earlier that
        for other in (context.span, *context.recent[:2]):
            resolved += times.spans(ref, now, other) if other else []
        resolved = list(dict.fromkeys(resolved))
    if (ref.since and _belongs_to_extreme(scene, ref, scene.place(ref))) or (
        # Down since December, when there were 301,982.
        ref.since
        and timed.before
        and "when" in {scene.low(i) for i in range(scene.place(ref)[1], number.first)}
    ):
        resolved = begun(ref, resolved)
    if ref.form == "months" and scene.low(scene.place(ref)[0] - 1) == "between":
        # Between July and August, at 104,101 and 107,473: a month each, or both.
        ends = [ClaimSpan(m, m) for span in resolved[:1] for m in (span.last, span.first)]
        resolved = [*resolved, *ends]
    return resolved


def _month_of_years(scene: Scene) -> ClaimSpan | None:
    """The January figure was 585 in 2024 and 367 in 2023: the month that years are of."""
    bare = {ref.args[0] for ref in scene.times if ref.form == "month" and not any(ref.args[1:])}
    plain = ("month", "year", "year_rel", "administration")
    listed = any(ref.form == "year" for ref in scene.times)
    others = not listed or any(ref.form not in plain for ref in scene.times)
    month = bare.pop() - 1 if len(bare) == 1 and not others else None
    return ClaimSpan(month, month) if month is not None else None


def _end_of_range(
    scene: Scene, ref: TimeRef, number: WrittenNumber, resolved: list[ClaimSpan]
) -> ClaimSpan | None:
    """From 2021 to 2023 they rose from 27,180 to 189,402: each number has its end of the range."""
    at = number.first - 1
    while any(p.first <= at < p.last for p in scene.of_kind("hedge")):
        at -= 1
    ranged = ref.form in ("months", "years", "fys") and scene.low(scene.place(ref)[0] - 1) in (
        "from",
        "between",
    )
    if not ranged or not resolved or scene.low(at) not in ("from", "to"):
        return None
    whole, first = resolved[0], scene.low(at) == "from"
    if ref.form == "months":
        return ClaimSpan(whole.first, whole.first) if first else ClaimSpan(whole.last, whole.last)
    return fiscal(ref.args[0] if first else ref.args[1])


def refers(scene: Scene, number: WrittenNumber) -> bool:
    """Whether words say that the count before is meant: that was up 9%; of those, 2,325 ..."""
    first = {scene.low(i) for i in range(3)}
    if first & {"that", "this", "it", "which"} and not scene.numbers_between(0, number.first):
        return True
    them = ("those", "these", "them", "whom")
    places = (*range(number.first - 5, number.first), number.last, number.last + 1)
    return any(scene.low(i) in them and scene.low(i - 1) == "of" for i in places)


def _from_before(
    context: TextState, any_place: bool, source: Source
) -> Iterator[Candidate[ClaimSpan]]:
    more = cost("time.before_beside_time") if any_place else 0.0
    for i, span in enumerate(context.recent[:3]):
        yield Candidate(span, cost("time.carried") + cost("second") * i + more)
    if not context.recent:
        for i, month in enumerate(context.now.newest[:2]):
            yield Candidate(ClaimSpan(month, month), cost("time.newest") + 0.5 * i + more)
        year = fiscal(months.fiscal_year_at(context.now.newest[0], source.year_begins))
        for i, month in enumerate(context.now.newest[:2]):
            if month > year.first:
                yield Candidate(
                    ClaimSpan(year.first, month), cost("time.newest_year") + 0.5 * i + more
                )


# -- together --------------------------------------------------------------------------------------


def weigh(
    whose: list[Candidate[Subject]],
    when: list[Candidate[ClaimSpan]],
    measure: ClaimMeasure = "total",
    versus: list[Candidate[ClaimSpan]] | None = None,
) -> list[ScoredReading]:
    """All combinations, the likeliest first."""
    against: list[Candidate[ClaimSpan] | None] = [*versus] if versus else [None]
    made = [
        ScoredReading(
            Reading(subject.value, span.value, measure, then.value if then else None),
            subject.cost + span.cost + (then.cost if then else 0),
            subject.bound,
            span.bound,
            subject.placed,
        )
        for subject, span, then in product(whose, when, against)
        if then is None or then.value != span.value
    ]
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
    yield from ((_with(sense, subject), True) for subject in same)
    if whose.dimension:
        return
    elsewhere = [name for name in (NATIONWIDE, *BORDERS) if name != total]
    far = [Subject(*pair) for pair in product(elsewhere, (whose.agency, "", "usbp"))]
    if whose.agency == "usbp":
        far[:0] = [Subject(total, "", APPREHENSION, (kind,)) for kind in (AT_LARGE, AT_ENTRY)]
    yield from ((_with(sense, subject), False) for subject in far)


def _with(sense: Reading, subject: Subject) -> Reading:
    return Reading(subject, sense.span, sense.measure, sense.versus, sense.of, sense.among)
