"""A sentence with a marked number, and what its text has said before, written in a line.

    There were <9,300> encounters last month. || agency=usbp border=northern recent=2024-05,FY2023

Behind the bars, each may be left out: agency, border, home, part and group (dimension:member, with
_ for blanks), sectors (of the whole text), speaks (kind:value) and recent times, the latest first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from forecast.claims.record.counts import Subject
from forecast.claims.text import tokens
from forecast.claims.text.lexicon import lexicon_of
from forecast.claims.text.scene import Scene
from forecast.claims.text.times import NO_PART, SensePart, TextState
from forecast.claims.text.tokens import WrittenNumber
from forecast.periods import FEDERAL, Period
from tests.support.cbp_files import ENCOUNTERS

LEXICON = lexicon_of(ENCOUNTERS)
PUBLISHED = date(2024, 8, 20)


@dataclass(frozen=True)
class Marked:
    """A sentence, its number between < and >, and the text before it."""

    scene: Scene
    number: WrittenNumber
    context: TextState


def sentence(text: str, at: int = 0) -> Scene:
    """The sentence of a text in which a place lies."""
    return next(
        Scene(text, one, LEXICON) for one in tokens.sentences(text) if one[0] <= at < one[1]
    )


def read(line: str) -> Marked:
    """A line as above; without a mark the first number of its first sentence."""
    marked, _, before = line.partition(" || ")
    at = marked.find("<")
    scene = sentence(re.sub("[<>]", "", marked), max(at, 0))
    numbers = [one for one in scene.numbers if at < 0 or scene.extent(one)[0] == at]
    nothing = WrittenNumber("other", 0, 1, 0, 0)
    return Marked(scene, next(iter(numbers), nothing), state(before, scene))


def state(words: str, scene: Scene) -> TextState:
    """What a text has said, its sentence's own phrases among it."""
    said = dict(word.split("=") for word in words.split())

    def each(name: str) -> list[str]:
        return [one.replace("_", " ") for one in said.get(name, "").split(",") if one]

    def part(name: str) -> SensePart:
        dimension, _, member = said.get(name, "").replace("_", " ").partition(":")
        return (dimension, (member,)) if member else NO_PART

    spoken = [(one.kind, one.value) for one in scene.phrases]
    for one in each("speaks"):
        kind, value = one.split(":")
        spoken.append((kind, value))
    recent = [FEDERAL.read(span, 0) for span in each("recent")]
    agency = {"both": ""}.get(said.get("agency", ""), said.get("agency"))
    counted = Subject(said["subject"], agency or "") if "subject" in said else None
    return TextState(
        PUBLISHED,
        FEDERAL,
        home=said.get("home"),
        speaks=frozenset(spoken),
        sectors_named=frozenset(each("sectors")),
        total=said.get("border"),
        agency=agency,
        part=part("part"),
        group=part("group"),
        subject=counted,
        span=recent[0] if recent and counted else None,
        recent=recent,
    )


def spelled(value: Subject | Period | None) -> str:
    """Whose counts or which months, in short."""
    if value is None:
        return "None"
    if isinstance(value, Period):
        return FEDERAL.name(value)
    members = "+".join(value.members)
    return " ".join(filter(None, (value.total, value.agency, value.dimension, members)))
