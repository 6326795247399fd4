"""A source made of a section of the settings: what is counted, in the operator's own words."""

from functools import cache, partial
from typing import Any

from forecast.agreed import with_kind
from forecast.config import CountsSection
from forecast.names import normal
from forecast.sources.own import PART
from forecast.sources.source import (
    OWN_COLUMNS,
    PART_COLUMNS,
    Agreement,
    DueDays,
    FileReader,
    Hierarchy,
    MeasureWords,
    Publisher,
    Source,
    TotalWords,
)

_NEVER = 10**9  # what changes much is asked by the contract; a count of anybody may also be 0


def own_counts(section: CountsSection) -> Source:
    """Return the source that a section of the settings describes."""
    part, parts, renamed = section.part, section.parts, _renamed(section)
    nested: Any = {"part": part, "below": parts, "part_in_full": part, "below_in_full": parts}
    return Source(
        name=section.name,
        publisher=Publisher(
            name=section.publisher,
            short=section.short or section.publisher,
            address=section.homepage,
            credit=section.credit,
            revises=section.revises,
            restates=section.restates,
        ),
        measure=MeasureWords(
            section.noun,
            section.title,
            attribute=section.title.lower() or section.noun,
            definition=section.definition,
            caveat=with_kind(section.caveat, section.contract.kind),
        ),
        totals=TotalWords(
            whole=section.total,
            places={section.total: "in all"} if section.total else {},
            one=section.one,
            many=section.many,
            folder="counts",
            place=section.place,
            usual=renamed,
            **(nested if section.columns.part else {}),
        ),
        year_begins=section.year_begins,
        # Two days of grace, as for publishers: a delivery late at night is not overdue.
        due=DueDays(*section.due, section.overdue or section.due[1] + 2),
        # No lexicon knows what anybody counts, so texts are not checked for it.
        shipped=False,
        hierarchy=Hierarchy(
            dimensions=(PART,) if section.columns.part else (),
            called={"border": section.one, PART: section.part},
            usual=renamed,
        ),
        agreement=Agreement(slack=_NEVER, large=_NEVER, tolerance=section.tolerance),
        layouts=(),
        example=f"{section.name}.csv",
        pattern=section.pattern,
        reader=cache(partial(_reader, section)),
        jumps=section.jumps,
        kind=section.contract.kind,
        lives=section.agreed.lives,
        columns=PART_COLUMNS if section.columns.part else OWN_COLUMNS,
    )


def _reader(section: CountsSection) -> FileReader:
    # It needs numpy, which would make every command that reads no file slower.
    from forecast.sources.own.reader import OwnReader

    return OwnReader(section)


def _renamed(section: CountsSection) -> dict[str, list[str]]:
    """Return the record's name of a series or part -> what files have called it since, normal."""
    called: dict[str, list[str]] = {}
    for now, was in section.agreed.names.items():
        called.setdefault(was, []).append(normal(now))
    return called
