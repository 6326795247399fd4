"""Whose counts a number may be: what its words name, nearest mention first.

Each option says how near its words are: BESIDE the number, in its SENTENCE, CARRIED on from what
was said before, or UNSAID. Of what a sentence names, nothing farther off is an option.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from forecast.claims.record.counts import (
    APPREHENSION,
    DRUG,
    GROUPS,
    Subject,
)
from forecast.claims.text.scene import Placed, Scene
from forecast.claims.text.times import NO_PART, SensePart, TextState
from forecast.claims.text.tokens import WrittenNumber, word_set
from forecast.types import NATIONWIDE

BESIDE, SENTENCE, CARRIED, UNSAID = range(4)
PLACES = ("total", "sector", "city", "office", "state")
FAR, TIGHT = 16.0, 7.0  # a phrase beyond the first does not speak of a number; one within binds it
HALVES = ("usbp", "ofo")
CODES = {"usbp": "usbp", "ofo": "ofo", "all": "", "both": "", "either": ""}


@dataclass(frozen=True, slots=True)
class Whose:
    """A subject, and how near the words for its place, its agency and its part are."""

    subject: Subject
    place: int = BESIDE
    agency: int = BESIDE
    part: int = BESIDE

    @property
    def far(self) -> int:
        """How far its words are, all together."""
        return self.place + self.agency + self.part


def options(scene: Scene, number: WrittenNumber, context: TextState) -> list[Whose]:
    """List whose counts a number may be, the nearest first."""
    made = []
    places, agencies = _places(scene, number, context), _agencies(scene, number, context)
    for (part, near), (place, at), (agency, of) in product(
        parts(scene, number, context), places, agencies
    ):
        kind, members = part
        if kind in ("sector", "office"):
            # A sector has one total and one agency, whatever else is said.
            made.append(Whose(sector(members, context, kind), near, BESIDE, near))
            continue
        own = agency if not kind or kind == "none" else ""
        level = of if own == agency else BESIDE
        made.append(Whose(Subject(place, own, kind, members), at, level, near))
    made.sort(key=lambda whose: whose.far)
    return list({whose.subject: whose for whose in reversed(made)}.values())[::-1][:14]


def sector(members: tuple[str, ...], context: TextState, kind: str = "sector") -> Subject:
    """Make the subject of sectors or field offices, which lie at one border."""
    office = kind == "office"
    home = context.homes.get(members[0], "other" if office else "southwest")
    return Subject(home, "ofo" if office else "usbp", "field", members)


Leveled = list[tuple[str, int]]


def _places(scene: Scene, number: WrittenNumber, context: TextState) -> Leveled:
    named = scene.of_kind("total")
    near = [phrase for distance, phrase in scene.near(number, named) if distance < 60]
    if near:
        values = list(dict.fromkeys(phrase.value for phrase in near))
        return [(value, min(rank, SENTENCE)) for rank, value in enumerate(values)]
    return _places_unsaid(context)


def _places_unsaid(context: TextState) -> Leveled:
    """The place that was spoken of; where none was the largest are meant, a part or all."""
    carried = list(dict.fromkeys(filter(None, (context.total, context.home))))
    spoken = [value for kind, value in context.speaks if kind == "total"]
    if not carried and not spoken:
        return [(place, CARRIED) for place in context.usual[1::-1]]
    usual = [place for place in context.usual if place not in carried]
    border = any(place != NATIONWIDE for place in carried)  # else "the border" may be either
    usual = [place for place in usual if place in (*spoken, *context.usual[: 2 - border])]
    ranked = [(place, CARRIED if rank else SENTENCE) for rank, place in enumerate(carried)]
    return ranked + [(place, UNSAID) for place in usual]


def own_noun(scene: Scene, number: WrittenNumber) -> list[Placed]:
    """What is counted, by the words right behind a number: 6,073 arrests, 258 people caught."""
    ends = [n.first for n in scene.numbers if n.first >= number.last]
    end = min([*ends, number.last + 5])
    placed = [p for p in scene.of_kind("measure") if number.last <= p.first < end]
    return [p for p in placed if not _APART & set(scene.words(number.last, p.first))]


_APART = word_set(", ; ( ) : — and | in at by from with")


def _agencies(scene: Scene, number: WrittenNumber, context: TextState) -> Leveled:
    placed, own = scene.of_kind("measure"), own_noun(scene, number)
    if own:  # 6,073 arrests and 34,631 in all: what stands right behind another is that one's
        theirs = {p for n in scene.numbers if n != number for p in own_noun(scene, n)}
        placed = [p for p in placed if p not in theirs]
    near = scene.near(number, placed)
    values = [p.value for _, p in near[:3]]
    if "both" in values:
        return [("", BESIDE)]
    if "either" in values or (context.both and not names_agency(scene)):
        return [("", BESIDE), ("usbp", SENTENCE)]
    special = [(d, p) for d, p in near if p.value in HALVES]
    plain = [(d, p) for d, p in near if p.value == "all"]
    if special:
        return _agency_named(special, plain, bool(own))
    return _agency_unsaid(context, bool(plain))


def names_agency(scene: Scene) -> bool:
    """Whether a sentence names an agency or its places, not only what is done to people."""
    done = ("apprehen", "arrest", "caught", "inadmissib")
    halves = [phrase for phrase in scene.of_kind("measure") if phrase.value in HALVES]
    return any(not scene.low(phrase.first).startswith(done) for phrase in halves)


def _agency_named(
    special: list[tuple[float, Placed]], plain: list[tuple[float, Placed]], own: bool
) -> Leveled:
    """The agency beside a number, the others of its sentence, and all if they are named too."""
    first = special[0][1].value
    others = [(p.value, SENTENCE) for _, p in special if p.value != first]
    if plain and plain[0][0] + 5 < special[0][0]:
        return [("", BESIDE), (first, SENTENCE), *others]
    # Border Patrol encounters: one term.
    joined = any(abs(p.first - s.last) <= 1 for _, p in plain for _, s in special)
    free = [("", SENTENCE)] * bool(plain and not joined and not own)
    return list(dict([*free, *others[::-1], (first, BESIDE)]).items())[::-1]


def _agency_unsaid(context: TextState, plain: bool) -> Leveled:
    """The agency that the text has spoken of, else anybody's; plain : both are named."""
    if plain:
        carried = context.agency == "usbp" or ("measure", "usbp") in context.speaks
        return [("", BESIDE)] + [("usbp", SENTENCE + (context.agency != "usbp"))] * carried
    order = dict.fromkeys([*([context.agency] if context.agency is not None else []), "", "usbp"])
    spoken = [
        CODES[value] for kind, value in context.speaks if kind == "measure" and value in CODES
    ]
    allowed = [code for code in order if not (spoken and code) or code in spoken]
    return [(code, SENTENCE + min(rank, 1)) for rank, code in enumerate(allowed)]


# -- parts -----------------------------------------------------------------------------------------

LeveledPart = tuple[SensePart, int]


def parts(scene: Scene, number: WrittenNumber, context: TextState) -> list[LeveledPart]:
    """Which sector, state or group a number may be of, or of none."""
    groups, fields = _groups(scene, number), _fields(scene, number, context)
    local = [part for part in fields[:1] if part[0][0] in ("sector", "office")]
    if groups and local and groups[0][1] == local[0][1] == BESIDE:
        # A group within a sector is not told apart: a subject that the record does not have.
        return [(("none", (*local[0][0][1], *groups[0][0][1])), BESIDE)]
    named = sorted([*groups, *fields], key=lambda part: part[1])
    if named:
        beside = [part for part in named if part[1] == BESIDE]
        lone = sum(n.kind == number.kind for n in scene.numbers) == 1
        alone = beside and lone and not scene.of_kind("total")
        if alone or _is_noun(scene, number, named[0]):
            return beside
        return [*named, (NO_PART, SENTENCE if named[0][1] == BESIDE else BESIDE)]
    return _parts_carried(scene, context)


def _is_noun(scene: Scene, number: WrittenNumber, part: LeveledPart) -> bool:
    """Whether a number is of arrests of one kind: 586 arrested in the interior."""
    return part[1] == BESIDE and any(
        0 <= p.first - number.last <= 3 and p.value in part[0][1]
        for p in scene.of_kind(APPREHENSION, "part")
    )


def _parts_carried(scene: Scene, context: TextState) -> list[LeveledPart]:
    """The group or sector of the sentences before, where nothing new is named."""
    if context.group != NO_PART:
        measures = {phrase.value for phrase in scene.of_kind("measure")}
        fresh = bool(measures & {"usbp", "ofo"})
        if context.group[0] == DRUG:  # all drugs are meant only where they are named
            fresh = any(token.low.startswith(("drug", "narcotic")) for token in scene.tokens)
        carried = [(context.group, CARRIED if fresh else SENTENCE)]
        return [(NO_PART, BESIDE), *carried] if fresh else [*carried, (NO_PART, CARRIED)]
    if context.part == NO_PART:
        return [(NO_PART, BESIDE)]
    if scene.of_kind("total"):
        return [(NO_PART, BESIDE), (context.part, CARRIED)]
    return [(context.part, SENTENCE), (NO_PART, SENTENCE)]


_ALTOGETHER = word_set("total altogether together overall combined tally")


def is_altogether(scene: Scene, number: WrittenNumber) -> bool:
    """Whether a number is said to be that of all: which makes 50,200 altogether."""
    behind = scene.words(number.last, number.last + 2) == ["in", "all"]
    return behind or bool(_ALTOGETHER & set(scene.words(number.first - 6, number.last + 3)))


def _fields(scene: Scene, number: WrittenNumber, context: TextState) -> list[LeveledPart]:
    placed = [
        phrase
        for phrase in scene.of_kind("sector", "office", "state", "city")
        if phrase.kind != "city" or is_sure(scene, phrase, context)
    ]
    made: list[LeveledPart] = []
    for rank, (distance, phrase) in enumerate(scene.near(number, placed)[:4]):
        kind = "sector" if phrase.kind == "city" else phrase.kind
        own = tuple(phrase.value.split("+"))
        run = run_of(scene, phrase, placed) if rank == 0 else own
        sure = rank == 0 and distance < FAR and is_sure(scene, phrase, context)
        made.append(((kind, run), BESIDE if sure else SENTENCE))
    return made


_SECTOR_WORDS = word_set("sector sectors")


def is_sure(scene: Scene, phrase: Placed, context: TextState) -> bool:
    """Whether a place is surely meant as a sector or an office."""
    if phrase.kind == "state":
        led = scene.low(phrase.first - 1) in ("in", "into")
        return led and not scene.of_kind("total", "sector")
    return (
        any(token.low in _SECTOR_WORDS for token in scene.tokens)
        or scene.low(phrase.last - 1) == "rgv"
        or phrase.kind == "office"
        or phrase.value in context.sectors_named
        or phrase.value in scene.lexicon.unmistakable
    )


_IN_A_ROW = word_set(", and & the / or sector sectors nationals citizens from ( ) rgv")


def run_of(scene: Scene, phrase: Placed, placed: Iterable[Placed]) -> tuple[str, ...]:
    """The parts that are enumerated with this one: Cubans, Venezuelans and Nicaraguans."""
    joined = [phrase]
    kinds = {"sector", "city"} if phrase.kind in ("sector", "city") else {phrase.kind}
    others = sorted((p for p in placed if p.kind in kinds), key=lambda p: p.first)
    for other in sorted(others, key=lambda p: abs(p.first - phrase.first)):
        if other not in joined and any(_in_a_row(scene, other, label) for label in joined):
            joined.append(other)
    values = [p.value for p in sorted(joined, key=lambda p: p.first)]
    return tuple(dict.fromkeys(name for value in values for name in value.split("+")))


def _in_a_row(scene: Scene, one: Placed, other: Placed) -> bool:
    a, b = sorted((one, other), key=lambda p: p.first)
    between = set(scene.words(a.last, b.first))
    near = b.first - a.last <= 5 and between <= _IN_A_ROW
    return near and bool(between & {",", "and", "&", "/", "or"})


_INCLUDES = word_set("includes including include included comprising")


def _groups(scene: Scene, number: WrittenNumber) -> list[LeveledPart]:
    """Nationalities, demographic groups and places of arrest beside a number."""
    kinds = ["citizenship", "countries", "demographic", "drug", "part"]
    if any(phrase.value == "usbp" for phrase in scene.of_kind("measure")):
        kinds.append(APPREHENSION)  # of the Border Patrol's arrests only
    placed = [phrase for phrase in scene.of_kind(*kinds) if not is_no_nationality(scene, phrase)]
    near = [
        (d, phrase)
        for d, phrase in scene.near(number, placed)
        # 8,083 persons, a number that includes families: all of them, not the families.
        if d < 30 and not _INCLUDES & set(scene.words(number.last, phrase.first))
    ]
    made = list(_read_group(scene, *near[0], placed)) if near else []
    for distance, phrase in near[1:3]:
        if phrase.kind == near[0][1].kind and phrase.value not in made[0][0][1]:
            made += [
                (part, max(level, SENTENCE))
                for part, level in _read_group(scene, distance, phrase, placed)
            ]
    return made


def _read_group(
    scene: Scene, distance: float, phrase: Placed, placed: list[Placed]
) -> Iterator[LeveledPart]:
    kind, value = phrase.kind, phrase.value
    run = run_of(scene, phrase, [p for p in placed if p.kind == kind])
    level = BESIDE if distance < TIGHT + 2 else SENTENCE if distance < FAR else CARRIED
    if value == "?" or "?" in run:
        if distance < TIGHT:
            yield ("none", ("?",)), level
    else:
        dimension = "citizenship" if kind == "countries" else kind
        yield (dimension, run), level
        if len(run) > 1 and "+" not in value:
            yield (dimension, (value,)), max(level, SENTENCE)


_NEIGHBORS = word_set(
    "border government officials president authorities side territory cartels goods "
    "cartel police prime city troops soldiers port"
)
_COMING = word_set("over coming crossing crossed cross entering entered came traveling border")
_LEADS = word_set("from of and , than ( by | : ;") | {""}


def is_no_nationality(scene: Scene, phrase: Placed) -> bool:
    """Mexico and Canada as neighbors, governments and the like."""
    before, word = scene.words(phrase.first - 1, phrase.first + 1)
    if phrase.kind != "citizenship":
        return False
    country = word in ("mexico", "canada", "china", "india") and before not in _LEADS
    came = word == "from" and before in _COMING
    return country or came or scene.low(phrase.last) in _NEIGHBORS


def says_crossed(scene: Scene) -> bool:
    """Whether a sentence says that people came in, not that they were arrested."""
    for phrase in scene.of_kind("measure"):
        words = scene.words(phrase.first, phrase.last)
        ports = any(word.startswith("port") for word in words)  # between ports of entry
        came = any(word.startswith(("cross", "entr", "enter")) for word in words) and not ports
        if came and phrase.value not in ("all", "ofo"):
            return True
    return False


def part_of(subject: Subject) -> tuple[SensePart, SensePart]:
    """The group and the place that a subject is of, for the sentences behind."""
    dimension = subject.dimension
    if dimension == "field":
        dimension = "office" if subject.agency == "ofo" else "sector"
    part = (dimension, subject.members)
    return (part, NO_PART) if dimension in GROUPS else (NO_PART, part)
