"""Whose counts a number may be: what its words name, nearest mention first.

Each option says how near its words are: BESIDE the number, in its SENTENCE, CARRIED on from what
was said before, or UNSAID. Of what a sentence names, nothing farther off is an option.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from operator import itemgetter
from typing import TypeVar

from forecast.claims.record.counts import (
    APPREHENSION,
    DRUG,
    GROUPS,
    Subject,
)
from forecast.claims.text.scene import Placed, Scene, respectively
from forecast.claims.text.times import NO_PART, SensePart, TextState
from forecast.claims.text.tokens import WrittenNumber, word_set

BESIDE, SENTENCE, CARRIED, UNSAID = range(4)
PLACES = ("total", "sector", "city", "office", "state")
# A place farther than the first is not beside a number, nor a group than the second; words within
# the third bind it.
FAR, NEAR, TIGHT = 16.0, 9.0, 7.0
HALVES = ("usbp", "ofo")
T = TypeVar("T")
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
    named = bool(scene.of_kind(*_PLACED))
    for (part, near), (place, at), (agency, of) in product(
        parts(scene, number, context), places, agencies
    ):
        kind, members = part
        if kind in ("sector", "office"):
            # A sector has one total and one agency, whatever else is said: its name says both.
            made.append(Whose(sector(members, context, kind), near * (not named), BESIDE, near))
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


def _leveled(near: Sequence[tuple[float, Placed]]) -> list[tuple[Placed, int]]:
    """The nearest phrase as beside the number, the others as of its sentence."""
    return [(phrase, min(rank, SENTENCE)) for rank, (_, phrase) in enumerate(near)]


def _places(scene: Scene, number: WrittenNumber, context: TextState) -> Leveled:
    """The places of the sentence, else what was spoken of, else the largest: a part or all."""
    totals = scene.of_kind("total")
    one = respectively(scene, number, totals)
    named = _leveled(scene.near(number, [one] if one else totals))
    if named:
        return _each_once((phrase.value, level) for phrase, level in named)
    carried = dict.fromkeys(filter(None, (context.total, context.home)))
    made = [(place, SENTENCE + bool(rank)) for rank, place in enumerate(carried)]
    # Of what nobody named, the whole country may be meant beside a border, not another border.
    spoken = {value for kind, value in context.speaks if kind == "total"} | {*context.usual[:1]}
    usual = [place for place in context.usual[1::-1] if not made or place in spoken]
    return _each_once([*made, *((place, CARRIED + bool(made)) for place in usual)])


def _each_once(leveled: Iterable[tuple[T, int]]) -> list[tuple[T, int]]:
    return list(dict(reversed(list(leveled))).items())[::-1]


def _agencies(scene: Scene, number: WrittenNumber, context: TextState) -> Leveled:
    """The agencies of the sentence, else the one spoken of, else anybody."""
    near = [pair for pair in scene.near(number, scene.of_kind("measure")) if pair[1].value in CODES]
    values = {phrase.value for _, phrase in near}
    if "both" in values:
        return [("", BESIDE)]
    if "either" in values or (context.both and not names_agency(scene)):
        return [("", BESIDE), ("usbp", SENTENCE)]
    named = _agencies_named(scene, number, near)
    if any(phrase.value in HALVES for _, phrase in near):
        own = any(0 <= phrase.first - number.last <= 3 for _, phrase in near)
        return [pair for pair in named if pair[0] or not (own and pair[1])]
    return _each_once([*named, *_agencies_unsaid(context, bool(named))])


def _agencies_named(
    scene: Scene, number: WrittenNumber, near: Sequence[tuple[float, Placed]]
) -> Leveled:
    """The agencies of a sentence; Border Patrol encounters are one term.

    But not 6,073 apprehensions and 34,631 encounters: those are the other number's.
    """
    halves = [phrase for _, phrase in near if phrase.value in HALVES]
    joined = {p for _, p in near for half in halves if abs(p.first - half.last) <= 1} - {*halves}
    ends = [n.last for n in scene.numbers if n.kind == "count" and n.first != number.first]
    theirs = any(0 <= half.first - end <= 3 for half in halves for end in ends)
    apart = [(d + 6 * (not theirs and p not in halves), p) for d, p in near if p not in joined]
    leveled = _leveled(sorted(apart, key=itemgetter(0)))
    return _each_once((CODES[phrase.value], level) for phrase, level in leveled)


def _agencies_unsaid(context: TextState, named: bool) -> Iterator[tuple[str, int]]:
    """The agency spoken of before, else anybody; named : whether the sentence says what is done."""
    spoken = [CODES[v] for kind, v in context.speaks if kind == "measure" and v in CODES]
    order = dict.fromkeys([*([context.agency] if context.agency is not None else []), "", "usbp"])
    allowed = ("", *(spoken or ([] if named else order)))
    yield from ((code, SENTENCE + i) for i, code in enumerate(c for c in order if c in allowed))


def names_agency(scene: Scene) -> bool:
    """Whether a sentence names an agency or its places, not only what is done to people."""
    done = ("apprehen", "arrest", "caught", "inadmissib")
    halves = [phrase for phrase in scene.of_kind("measure") if phrase.value in HALVES]
    return any(not scene.low(phrase.first).startswith(done) for phrase in halves)


# -- parts -----------------------------------------------------------------------------------------

LeveledPart = tuple[SensePart, int]


def parts(scene: Scene, number: WrittenNumber, context: TextState) -> list[LeveledPart]:
    """Which sector, state or group a number may be of, or of none."""
    named = sorted(_named_parts(scene, number, context), key=itemgetter(1))
    beside = [part for part, level in named if level == BESIDE]
    if len(beside) > 1 and any(kind in ("sector", "office") for kind, _ in beside):
        # A group within a sector is not told apart: a subject that the record does not have.
        return [(("none", tuple(name for part in beside for name in part[1])), BESIDE)]
    if named:
        alone = _is_lone(scene, number) or _is_noun(scene, number)
        return [pair for pair in named if alone and not pair[1]] or [*named, (NO_PART, SENTENCE)]
    return _parts_before(scene, context)


def _is_lone(scene: Scene, number: WrittenNumber) -> bool:
    """Whether a sentence that names no border has no other number of its kind."""
    same = [one for one in scene.numbers if one.kind == number.kind]
    return len(same) == 1 and not scene.of_kind("total")


_THAT, _AREA = word_set("the that this same our"), word_set("sector area region corridor section")


def _parts_before(scene: Scene, context: TextState) -> list[LeveledPart]:
    """The group or the sector spoken of before; farther off where a place is named."""
    lows = scene.words(0, len(scene.tokens))
    if context.sector != NO_PART and {*pairwise(lows)} & {*product(_THAT, _AREA)}:  # in that area
        return [(context.sector, BESIDE), (NO_PART, SENTENCE)]
    fresh = bool(scene.of_kind("total"))
    carried = [part for part in (context.group, context.part) if part != NO_PART]
    made = [(part, SENTENCE + fresh) for part in carried[:1]]
    return [*made, (NO_PART, SENTENCE * (not fresh) if made else BESIDE)]


_ALTOGETHER = word_set("total altogether together overall combined tally")


def is_altogether(scene: Scene, number: WrittenNumber) -> bool:
    """Whether a number is said to be that of all: which makes 50,200 altogether."""
    behind = scene.words(number.last, number.last + 2) == ["in", "all"]
    return behind or bool(_ALTOGETHER & set(scene.words(number.first - 6, number.last + 3)))


def _named_parts(scene: Scene, number: WrittenNumber, context: TextState) -> Iterator[LeveledPart]:
    """The groups that a sentence names, and the places, each the nearest first."""
    for kinds, reach in ((_GROUP_KINDS, NEAR), ((*_PLACED, "state"), FAR)):
        placed = [p for p in scene.of_kind(*kinds) if _is_part(scene, p, context)]
        if one := respectively(scene, number, placed):
            yield (_DIMENSIONS.get(one.kind, one.kind), tuple(one.value.split("+"))), BESIDE
            continue
        for rank, (distance, phrase) in enumerate(scene.near(number, placed)[:4]):
            near = rank == 0 and distance < reach and is_sure(scene, phrase, context)
            # 8,083 persons, a number that includes families: all of them, not the families.
            if reach == NEAR and (
                distance > 30 or _INCLUDES & set(scene.words(number.last, phrase.first))
            ):
                continue
            own = tuple(phrase.value.split("+"))
            run = run_of(scene, phrase, placed) if rank == 0 else own
            kind = _DIMENSIONS.get(phrase.kind, phrase.kind)
            if "?" in run:
                kind, run = "none", ("?",)
            yield (kind, run), SENTENCE - near
            if len(run) > len(own) and reach == NEAR:
                yield (kind, own), SENTENCE


def _is_noun(scene: Scene, number: WrittenNumber) -> bool:
    """Whether a number is of arrests of one kind: 586 arrested in the interior."""
    return any(0 <= p.first - number.last <= 3 for p in scene.of_kind(APPREHENSION, "part"))


_GROUP_KINDS = ("citizenship", "countries", "demographic", DRUG, "part", APPREHENSION)
_PLACED = ("sector", "office", "city")
_INCLUDES = word_set("includes including include included comprising")
_DIMENSIONS = {"countries": "citizenship", "city": "sector"}


def _is_part(scene: Scene, phrase: Placed, context: TextState) -> bool:
    """Whether a phrase names a part: a city only where its sector is meant."""
    sure = phrase.kind != "city" or is_sure(scene, phrase, context)
    return sure and not is_no_nationality(scene, phrase)


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
        or phrase.kind in _GROUP_KINDS
    )


_IN_A_ROW = word_set(", and & the / or sector sectors nationals citizens from ( ) rgv")


def run_of(scene: Scene, phrase: Placed, placed: Iterable[Placed]) -> tuple[str, ...]:
    """The parts that are enumerated with this one: Cubans, Venezuelans and Nicaraguans."""
    joined = [phrase]
    kinds = {"sector", "city"} if phrase.kind in ("sector", "city") else {phrase.kind}
    others = sorted((p for p in placed if p.kind in kinds), key=lambda p: p.first)
    for other in sorted(others, key=lambda p: abs(p.first - phrase.first)):
        for a, b in (sorted((other, label), key=lambda p: p.first) for label in joined):
            between = set(scene.words(a.last, b.first))
            near = b.first - a.last <= 5 and between <= _IN_A_ROW
            if near and between & {",", "and", "/", "or"} and other not in joined:
                joined = [*joined, other]
    values = [p.value for p in sorted(joined, key=lambda p: p.first)]
    return tuple(dict.fromkeys(name for value in values for name in value.split("+")))


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
    country = country and scene.low(phrase.last) != "("  # Mexico (-9%)
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
