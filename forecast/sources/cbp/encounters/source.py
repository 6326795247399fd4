"""CBP's Nationwide Encounters as a source: what is counted, where it is found, what must agree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO

from forecast.files import text_of
from forecast.labels import Joins
from forecast.sources.cbp.encounters import EXAMPLE, bundle, files, labels, snapshot
from forecast.sources.cbp.encounters.labels import LABELS
from forecast.sources.source import (
    Agreement,
    Aside,
    Half,
    Hierarchy,
    MeasureWords,
    Pages,
    Publisher,
    ReadRelease,
    ReleaseFile,
    Source,
    TotalWords,
)
from forecast.types import BORDERS, NATIONWIDE

_PATROL, _OFFICES = files.COMPONENTS
_YEAR = r"fy\W{0,3}\d{2,4}"


def read(file: ReleaseFile, joins: Joins, dimensions: Sequence[str]) -> ReadRelease:
    """Read one published file, .csv or .csv.gz; errors as `files.read`."""
    reading = files.reading_of(text_of(file.name, BytesIO(file.content)), joins)
    release = snapshot.snapshot(
        reading, dimensions, first_seen_at=file.first_seen or None, url=file.url
    )
    return ReadRelease(release, reading.unknown)


# No file has a column for it: from the publisher's pages.
ASIDE = Aside(
    dimension="apprehension_type",
    half=_PATROL,
    named="At Large",
    rest="At Entry",
    words="arrests in the interior",
    named_where="in the interior",
    rest_where="at entry",
    misread="at the border",
    # log-WIS .187, the last value .174, 94% in the 80% interval: `python -m benchmarks.interior`.
    unforecast="it is stated beside its month and not forecast: the months since the fall of early "
    "2025 are too few for intervals that hold (docs/releases.md)",
)
ENCOUNTERS = Source(
    name="cbp_encounters",
    publisher=Publisher(
        name="U.S. Customs and Border Protection",
        short="CBP",
        address="https://www.cbp.gov",
        # Asked for by CBP's public data portal of everything that shows its figures; in its words.
        credit="This product uses U.S. Customs and Border Protection data, but is not endorsed by "
        "CBP.",
        revises="revises months of the open fiscal year",
        restates="restates months of the open fiscal year, and now and then a closed one",
    ),
    measure=MeasureWords(
        noun="encounters",
        attribute="border encounter",
        unit="encounters a month",
        title="Border encounters",
        figures="border figures",
        site="U.S. border encounters",
        question="U.S. border: is anything unusual?",
        long_name="encounters at and between ports of entry",
        reach="at and between ports of entry",
        definition="Events in which Border Patrol or the Office of Field Operations met a person; "
        "one person can be counted more than once.",
        caveat="Encounters are events, not people: one person can be counted more than once.",
        misread=("people", "one person can be counted more than once"),
    ),
    totals=TotalWords(
        parts=BORDERS,
        whole=NATIONWIDE,
        names={
            "northern": "Northern border",
            "southwest": "Southwest border",
            "other": "Away from the land borders",
            "nationwide": "Nationwide",
        },
        places={
            "northern": "at the northern land border",
            "southwest": "at the southwest land border",
            "other": "away from both land borders",
            "nationwide": "nationwide",
        },
        usual={
            "northern": ("north", "northern land", "canadian", "us-canada"),
            "southwest": (
                "south",
                "southern",
                "southwestern",
                "southwest land",
                "mexican",
                "us-mexico",
            ),
            "other": ("elsewhere", "away from the land borders", "interior and coast"),
            "nationwide": ("national", "nation", "total", "all", "us", "united states"),
        },
        one="border",
        many="borders",
        folder="border",
    ),
    year_begins=10,
    due=(7, 26, 28),
    shipped=True,
    pages=Pages(
        index="https://www.cbp.gov/document/stats/nationwide-encounters",
        disallowed="/sites/default/files/assets/",
        # Pages such as .../stats/nationwide-encounters-fy2025 name one year, not two.
        window=re.compile(rf"{_YEAR}\W{{1,5}}{_YEAR}", re.IGNORECASE),
        about=frozenset({"encounters"}),
        siblings=frozenset({"aor", "state"}),
    ),
    hierarchy=Hierarchy(
        by_component=snapshot.BY_COMPONENT,
        halves=(
            Half(
                component=_PATROL,
                code="usbp",
                noun="Border Patrol encounters between ports of entry",
                where="between ports",
                row="between ports",
                short="Border Patrol",
            ),
            Half(
                component=_OFFICES,
                code="ofo",
                noun="encounters at ports of entry",
                where="at ports of entry",
                row="at ports",
                short="OFO",
                misread="illegal crossings",
            ),
        ),
        aside=ASIDE,
        field_borders=labels.FIELD_BORDERS,
        unmistakable=labels.UNMISTAKABLE,
    ),
    agreement=Agreement(
        # Seen between releases: 0.3% at most, 0.6% where a border is small.
        open_share=0.05,
        slack=10,
        # Seen: none; a label that is spelled anew moves as much as it has.
        moved_share=0.25,
        # Seen since October 1999: 0.49 (northern citizenships, April 2020), but for coastal
        # sectors 0.57. Authorities are left out: a policy ends overnight.
        turned_share=0.6,
        large=200,
        turning=frozenset({"authority"}),
        never_empty=True,
    ),
    labels=LABELS,
    layouts=frozenset({"aor", "state", "sbo"}),
    example=EXAMPLE,
    parse_name=files.parse_name,
    read=read,
    embedded=bundle.load,
    embedded_paths=bundle.load_paths,
    jumps=True,
    follows_policy=True,
)
