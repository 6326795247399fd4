from __future__ import annotations

import json

import pytest

from forecast.config import ReaderRules
from forecast.store.notices import Section
from jobs.deliver.outbox import chosen


def section(border: str = "northern", part: str = "finding", text: str = "", **stated) -> Section:
    return Section(border, part, "", text, "", json.dumps(stated))


def reaches(section: Section, **rules) -> bool:
    return chosen([section], ReaderRules(**rules)) == (section,)


@pytest.mark.parametrize("wanted", ["critical", "major", "notable", "watch"])
@pytest.mark.parametrize("severity", ["critical", "major", "notable", "watch", None])
def test_a_reader_gets_what_is_as_grave_as_asked_for_or_graver(severity, wanted):
    gravest_first = ["critical", "major", "notable", "watch"]
    stated = {"severity": severity} if severity else {"month": "2025-02"}

    found = reaches(section(**stated), severity=wanted)

    assert found == (gravest_first.index(severity or "watch") <= gravest_first.index(wanted))


@pytest.mark.parametrize(
    ("encounters", "outside"), [(9, True), (10, False), (15, False), (40, False), (41, True)]
)
def test_a_month_is_outside_beyond_the_widest_bounds(encounters, outside):
    found = section(severity="watch", encounters=encounters, bounds=[10, 20, 30, 40])

    assert reaches(found)
    assert reaches(found, outside_95=True) == outside


def test_what_has_no_bounds_is_inside_and_what_states_nothing_reaches_everybody():
    assert not reaches(section(severity="critical", encounters=5), outside_95=True)
    assert reaches(section(), outside_95=True, severity="critical")


@pytest.mark.parametrize(
    ("part", "rules", "expected"),
    [
        ("digest", {}, False),
        ("digest", {"digest": True}, True),
        ("digest", {"digest_only": True}, True),
        ("digest", {"digest": True, "severity": "critical"}, True),
        ("finding", {}, True),
        ("finding", {"digest": True}, True),
        ("finding", {"digest_only": True}, False),
    ],
)
def test_a_digest_is_for_who_asked_for_it(part, rules, expected):
    assert reaches(section(part=part, severity="watch"), **rules) == expected


@pytest.mark.parametrize(
    ("text", "parts", "expected"),
    [
        ("Arrests in New\n  York rose.", ["new york"], True),
        ("Arrests in New York rose.", ["Vermont", "NEW YORK"], True),
        ("Arrests in Newark rose.", ["new"], False),
        ("Arrests by the C.I.A. rose.", ["c.i.a."], True),
        ("Arrests in Yorkshire rose.", ["York"], False),
        ("Arrests in New-York rose.", ["York"], True),
        ("Arrests rose.", [], True),
    ],
)
def test_a_reader_of_parts_gets_what_names_one_whole(text, parts, expected):
    assert reaches(section(text=text), parts=tuple(parts)) == expected


@pytest.mark.parametrize(
    ("total", "rules", "expected"),
    [
        ("northern", {"borders": ("northern",)}, True),
        ("southwest", {"borders": ("northern",)}, False),
        ("visits", {"borders": ("northern",)}, True),  # own counts are not chosen by borders
        ("visits", {"series": ("visits",)}, True),
        ("calls", {"series": ("visits",)}, False),
        ("northern", {"series": ("visits",)}, False),
    ],
)
def test_a_reader_gets_the_totals_asked_for(total, rules, expected):
    assert reaches(section(border=total), **rules) == expected


def test_sections_stay_in_their_order():
    both = [section("southwest"), section("northern"), section("other")]

    assert chosen(both, ReaderRules(borders=("northern", "southwest"))) == tuple(both[:2])
