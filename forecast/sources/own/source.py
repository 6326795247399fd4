"""A source made of a section of the settings: what is counted, in the operator's own words."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache, partial

from forecast.config import CountsSection
from forecast.sources.own import PART
from forecast.sources.source import (
    Agreement,
    FileReader,
    Hierarchy,
    LabelWords,
    MeasureWords,
    Pages,
    Publisher,
    Source,
    TotalWords,
)

_NEVER = 10**9  # counts of anybody may change by anything: the change is told, not refused
# What the tables call things -> what files and pages of own counts call them.
_COLUMNS = {
    "border": "series",
    "encounters": "count",
    "encounters_before": "count_before",
    "part_border": "part_series",
    "newest_of_border": "newest_of_series",
}
_OF_PARTS = {"dimension", "member", "component", "interior", "agencies", "drivers"}
_OF_PARTS |= {"halves", "halves_sentence", "split"}
# With parts there is one dimension, which need not be told, and drivers are what parts did.
_NESTED = {**_COLUMNS, "member": "part", "drivers": "drivers"}


def own_counts(section: CountsSection) -> Source:
    """The source that a section of the settings describes."""
    words = section.noun
    title = section.title or f"{words[:1].upper()}{words[1:]}"

    return Source(
        name=section.name,
        publisher=Publisher(
            name=section.publisher,
            short=section.publisher,
            address="",
            credit=section.credit,
            revises="may still revise it",
            restates="may restate earlier months",
        ),
        measure=MeasureWords(
            noun=words,
            attribute=section.title.lower() or words,
            unit=f"{words} a month",
            title=title,
            figures="figures",
            site=title,
            question=f"{title}: is anything unusual?",
            long_name=words,
            reach="",
            definition=section.definition,
            caveat=section.caveat,
            misread=("", ""),
        ),
        totals=_totals(section),
        year_begins=section.year_begins,
        due=(section.due[0], section.due[1], section.due[1] + 2),
        shipped=False,
        pages=Pages("", "", re.compile(r"(?!)"), about=frozenset(), siblings=frozenset()),
        hierarchy=Hierarchy(
            by_component=frozenset(),
            halves=(),
            aside=None,
            field_borders={},
            unmistakable=frozenset(),
            dimensions=(PART,) if section.columns.part else (),
        ),
        agreement=Agreement(
            open_share=1.0,
            slack=_NEVER,
            moved_share=1.0,
            turned_share=1.0,
            large=_NEVER,
            turning=frozenset(),
            never_empty=False,
            tolerance=section.tolerance,
        ),
        labels=LabelWords(
            words={},
            usual={},
            dimensions={"border": section.one, PART: section.part},
            forms={},
        ),
        layouts=frozenset(),
        example=f"{section.name}.csv",
        reader=cache(partial(_reader, section)),
        jumps=section.jumps,
        column=_column_with_parts if section.columns.part else _column,
    )


def _reader(section: CountsSection) -> FileReader:
    # It needs numpy, which would make every command that reads no file slower.
    from forecast.sources.own.reader import OwnReader

    return OwnReader(section)


def _totals(section: CountsSection) -> TotalWords:
    words = TotalWords(
        parts=(),
        whole=section.total,
        names={},
        places={section.total: "in all"} if section.total else {},
        usual={},
        one=section.one,
        many=section.many,
        folder="counts",
        place=section.place,
    )
    if not section.columns.part:
        return words
    return replace(
        words,
        part=section.part,
        below=section.parts,
        part_in_full=section.part,
        below_in_full=section.parts,
    )


def _column(name: str) -> str:
    """Own counts have years of their own, which the tables' fiscal years are not."""
    if name in _OF_PARTS or "fiscal" in name or "to_date" in name:
        return ""
    return _COLUMNS.get(name, name)


def _column_with_parts(name: str) -> str:
    """The same where series have parts."""
    return _NESTED.get(name) or _column(name)
