"""Holes in texts that are the same for every source, and a source's words for them.

What moved {whose} forecast since the run before.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING

from forecast.periods import Calendar

if TYPE_CHECKING:
    from forecast.sources.source import Source

_HOLE = re.compile(r"\{(\w+)\}")
# An example or a sentence with one of these is left out where the counts have no such thing.
_LEFT_OUT = re.compile(
    r"^ +bordercast .*\{(part|dimension|half)\}.*\n?|[^.\n]*\{(part|dimension|half)\}[^.]*\.\s?",
    re.M,
)


def words_of(source: Source) -> Mapping[str, str]:
    """Return hole -> a source's words for it; help of its own comes first."""
    totals, noun = source.totals, source.measure.noun
    name = next(iter(totals.every), "SERIES")
    quoted = shlex.quote(name)
    # An owner in s takes the mark alone.
    owner = f"{totals.one}'" if totals.one.endswith("s") else f"{totals.one}'s"
    words = {
        **years(source.calendar),
        "file": source.example,
        "about": noun,
        "subject": noun,
        "total": totals.one,
        "whose": f"{'an' if owner[:1].lower() in 'aeiou' else 'a'} {owner}",
        **dict.fromkeys(("one", "two", "all"), quoted),
        "names": json.dumps(name),
        "questions": json.dumps(f"{name} in March 2024"),
        "such_as": "",
        "share": "",
        "parts": "parts, where there are any.",
    }
    # Own counts have one dimension or none; the others come with help of their own.
    for dimension in source.hierarchy.dimensions[:1]:
        part = source.hierarchy.called[dimension]
        words["part"] = shlex.quote(f"{name}:{part.upper()}")
        words["dimension"] = shlex.quote(f"{name}:{part}")
        words["such_as"] = f"({words['part']}) "
    return {**words, **source.help}


def years(calendar: Calendar) -> dict[str, str]:
    """Return how years are written: FY2024 where they are not those of the calendar."""
    if not calendar.fiscal:
        spans = "2024, '2026 to date'"
        return {"FY": "", "fy": "", "fiscal": "", "years": "2027", "year_spans": spans}
    spans = "FY2024, 'FY2026 to date', 2024"
    return {
        "FY": "FY",
        "fy": "fy",
        "fiscal": "fiscal ",
        "years": "FY2027, 2027",
        "year_spans": spans,
    }


def fill(text: str, words: Mapping[str, str]) -> str:
    """Return a text with a source's words in its holes."""
    # Examples of parts that a record has not would be errors to copy.
    text = _LEFT_OUT.sub(
        lambda m: m[0] if (m[1] or m[2]) in words else " " * (m[2] is not None and m[0][:1] == " "),
        text,
    )
    return _HOLE.sub(lambda hole: words.get(hole[1], hole[0]), text)
