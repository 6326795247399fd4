"""CBP's drug seizures as two sources: seizures (events), and pounds. Neither says the other.

In records of their own or side by side in one (docs/measures.md): what is forecast, flagged and
checked of seizures is never compared with encounters, nor pounds with seizures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib import resources
from io import BytesIO

from forecast.files import text_of
from forecast.labels import Joins
from forecast.sources.cbp.encounters.source import ENCOUNTERS
from forecast.sources.cbp.seizures import bundle, files, snapshot
from forecast.sources.source import Hierarchy, LabelWords, Pages, ReadRelease, ReleaseFile
from forecast.types import Snapshot

# As in the tables, which were made for another measure.
_COUNTED = re.compile("^encounters")
# Chosen on the 627 months of October 2024 to April 2026: 10 of seizures deviate by these rules, and
# 14 of pounds; by the rules for encounters 6 and 17, where a month of 4 pounds is flagged.
_FIRST_SETTINGS: Mapping[snapshot.DrugMeasure, Mapping[str, object]] = {
    "events": {
        "kind": "cbp_drug_events",
        "title": "drug seizures",
        "noun": "seizures",
        "db": "seizures.db",
        "folder": "seizures",
        "min_level": 5,
        "min_change": 10,
        "min_ratio": 1.15,
        "why": "5 seizures a month, and off by 10 and 15%.",
    },
    "pounds": {
        "kind": "cbp_drug_pounds",
        "title": "pounds of drugs seized",
        "noun": "pounds",
        "db": "pounds.db",
        "folder": "pounds",
        "min_level": 5,
        "min_change": 100,
        "min_ratio": 1.5,
        "why": "5 pounds a month, and off by 100 pounds and half as much again.",
    },
}
_YEAR = r"fy\W{0,3}\d{2,4}"
_AREAS = (
    "A border has all that its sectors and offices seized, on land at the border or at their "
    "airports and inland; coastal and interior is everywhere else."
)
_NOT_DOSES = "pounds are not doses, and drugs differ in strength"


def read(
    measure: snapshot.DrugMeasure, file: ReleaseFile, joins: Joins, dimensions: Sequence[str]
) -> ReadRelease:
    """Read one published file, .csv or .csv.gz; errors as `files.reading_of`."""
    reading = files.reading_of(text_of(file.name, BytesIO(file.content)))
    drugs = joins.get(snapshot.DRUG, {})
    rows = tuple(row._replace(drug=drugs.get(row.drug, row.drug)) for row in reading.rows)
    unknown = frozenset(row.drug for row in rows) - files.DRUGS.keys()
    reading = replace(reading, rows=rows, unknown=unknown)
    release = snapshot.snapshot(
        reading, measure, dimensions, first_seen_at=file.first_seen or None, url=file.url
    )
    return ReadRelease(release, {snapshot.DRUG: unknown} if unknown else {})


def _settings(measure: snapshot.DrugMeasure) -> str:
    """A first settings file for a record of one measure."""
    return _text("settings.toml").format(**_FIRST_SETTINGS[measure])


def _lexicon(measure: snapshot.DrugMeasure) -> str:
    """How people write of seizures, and what they mean by it that another record counts."""
    return f"{_text('lexicon.toml')}\n{_text(f'lexicon-{measure}.toml')}"


def _text(name: str) -> str:
    return resources.files("forecast.sources.cbp.seizures").joinpath(name).read_text("utf-8")


def _embedded(measure: snapshot.DrugMeasure, dimensions: Sequence[str]) -> list[Snapshot]:
    return bundle.load(measure)


LABELS = LabelWords(
    words={snapshot.DRUG: files.DRUGS},
    usual={
        "Ecstasy": ("mdma",),
        "Khat (Catha Edulis)": ("khat", "qat"),
        "Marijuana": ("cannabis", "weed", "pot"),
        "Methamphetamine": ("meth", "crystal meth"),
        "Other Drugs**": ("other drugs", "all other drugs"),
    },
    dimensions={
        snapshot.DRUG: "drug",
        "component": "agency",
        "field": "sector or field office",
    },
    forms=ENCOUNTERS.labels.forms,
)
_HIERARCHY = Hierarchy(
    by_component=snapshot.BY_COMPONENT,
    halves=tuple(
        replace(half, noun=noun, misread="")
        for half, noun in zip(
            ENCOUNTERS.hierarchy.halves,
            ("Border Patrol seizures between ports of entry", "seizures at ports of entry"),
            strict=True,
        )
    ),
    aside=None,
    field_borders=ENCOUNTERS.hierarchy.field_borders,
    unmistakable=ENCOUNTERS.hierarchy.unmistakable,
)
DRUG_EVENTS = replace(
    ENCOUNTERS,  # the same publisher, borders and years
    name="cbp_drug_events",
    measure=replace(
        ENCOUNTERS.measure,
        noun="seizures",
        attribute="drug seizure",
        unit="seizures a month",
        title="Drug seizures",
        site="U.S. drug seizures",
        question="Drug seizures: is anything unusual?",
        long_name="drug seizures by Border Patrol and at ports of entry",
        reach="at and between ports of entry",
        definition="Events in which Border Patrol or the Office of Field Operations seized a drug; "
        f"one event with several drugs is counted for each. {_AREAS}",
        caveat="Seizures are what was found, not what was carried across: more of them may mean "
        "more drugs or more searches.",
        misread=("drugs crossing the border", "seizures are what was found"),
        of_part="seizures of {}",
        beside="seizures",
        small=(120, "a few seizures decide"),  # 10 a month
    ),
    pages=Pages(
        index="https://www.cbp.gov/document/stats/nationwide-drug-seizures",
        disallowed=ENCOUNTERS.pages.disallowed,
        window=re.compile(rf"{_YEAR}\W{{1,5}}{_YEAR}", re.IGNORECASE),
        about=frozenset({"seizure", "drug"}),  # the files' names have but the latter
        siblings=frozenset(),
    ),
    totals=replace(
        ENCOUNTERS.totals,
        names={**ENCOUNTERS.totals.names, "other": "Coastal and interior"},
        # At the border, and at the airports and inland places of its offices.
        places={
            "northern": "at the northern border",
            "southwest": "at the southwest border",
            "other": "in coastal and interior areas",
            "nationwide": "nationwide",
        },
    ),
    hierarchy=_HIERARCHY,
    # One file has been seen, so how its open months move has not: as for encounters.
    agreement=replace(ENCOUNTERS.agreement, turning=frozenset({"field"})),
    labels=LABELS,
    layouts=frozenset({files.LAYOUT}),
    example="nationwide-drugs-fy24-fy27-oct.csv",
    parse_name=files.parse_name,
    read=partial(read, "events"),
    shipped=True,
    # In the first 24 months the walk missed by 8% more than the grid, and pounds by 10%.
    calm=True,
    follows_policy=False,
    embedded=partial(_embedded, "events"),
    embedded_paths=list,
    column=partial(_COUNTED.sub, "seizures"),
    settings=partial(_settings, "events"),
    lexicon=partial(_lexicon, "events"),
)
DRUG_POUNDS = replace(
    DRUG_EVENTS,
    name="cbp_drug_pounds",
    measure=replace(
        ENCOUNTERS.measure,
        noun="pounds",
        attribute="seized-drug",
        unit="pounds seized a month",
        title="Pounds of drugs seized",
        site="Pounds of drugs seized in the U.S.",
        question="Pounds of drugs seized: is anything unusual?",
        long_name="pounds of drugs seized by Border Patrol and at ports of entry",
        reach="at and between ports of entry",
        definition="Weight of the drugs that Border Patrol and the Office of Field Operations "
        f"seized, in whole pounds; a drug's month of less than half a pound is 0. {_AREAS}",
        caveat="Pounds are what was found, not what was carried across; pounds are not doses, and "
        "one large seizure can decide a month.",
        misread=("doses", _NOT_DOSES),
        of_part="pounds of {} seized",
        beside="pounds",
        # In the 12 months to April 2026 one month had .27 to 1 of what such a drug of a border had.
        small=(1000, "one seizure decides"),
    ),
    hierarchy=replace(
        _HIERARCHY,
        halves=tuple(
            replace(half, noun=half.noun.replace("seizures", "pounds seized"))
            for half in _HIERARCHY.halves
        ),
    ),
    agreement=replace(
        DRUG_EVENTS.agreement,
        # One seizure makes most of a month's pounds: 26,630 of 27,635 in the north, Feb 2023.
        turning=frozenset({"drug", "component", "field"}),
        never_empty=False,
    ),
    read=partial(read, "pounds"),
    embedded=partial(_embedded, "pounds"),
    column=partial(_COUNTED.sub, "pounds"),
    settings=partial(_settings, "pounds"),
    lexicon=partial(_lexicon, "pounds"),
    rounded=snapshot.DRUG,
)
