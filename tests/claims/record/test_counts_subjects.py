"""Whose counts a claim is about: of every source, each series is found by name and called right."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from forecast import months
from forecast.claims.fact import matches
from forecast.claims.record.counts import ClaimCounts, CountTable, name_of, series_names, subject_of
from forecast.config import CountsSection
from forecast.periods import FEDERAL, Calendar, Period
from forecast.sources.own.source import own_counts
from forecast.sources.source import Source
from forecast.types import SeriesKey
from tests.support.cbp_files import ENCOUNTERS
from tests.support.claim_verdicts import check

PATROL = ENCOUNTERS.hierarchy.halves[0].component
OWN = CountsSection.model_validate(
    {
        "kind": "counts",
        "name": "offences",
        "path": "deliveries",
        "noun": "offences",
        "one": "borough",
        "many": "boroughs",
        "place": "for {}",
        "part": "category",
        "parts": "categories",
        "publisher": "Our office",
        "total": "All boroughs",
        "columns": {"series": ("Borough",), "part": "Category"},
    }
)
OWN_KEYS = [
    SeriesKey("Ealing"),
    SeriesKey("Ealing", "part", "Domestic Burglary", "Domestic Burglary"),
    SeriesKey("Barnet"),
    SeriesKey("Barnet", "part", "CHINA", "CHINA"),
    SeriesKey("All boroughs"),
]
CBP_KEYS = [
    SeriesKey("northern"),
    SeriesKey("northern", "component", PATROL, PATROL),
    SeriesKey("northern", "field", "Swanton Sector", PATROL),
    SeriesKey("northern", "citizenship", "CUBA"),
    SeriesKey("northern", "demographic", "UAC"),
    SeriesKey("northern", "state", "VT"),
    SeriesKey("northern", "authority", "Title 8"),
    SeriesKey("northern", "apprehension_type", "At Large", PATROL),
]


BARNET = own_counts(OWN)
BARNET = replace(BARNET, totals=replace(BARNET.totals, parts=("Ealing", "Barnet")))


@pytest.fixture(params=["encounters", "own counts"])
def source(request):
    return BARNET if request.param == "own counts" else ENCOUNTERS


@pytest.fixture
def keys(source):
    return CBP_KEYS if source is ENCOUNTERS else OWN_KEYS


def table(keys: list[SeriesKey], source: Source) -> CountTable:
    return CountTable({key: {24_246: (1000 + i, 1)} for i, key in enumerate(keys)}, {}, source)


def test_every_series_has_its_own_counts(keys, source):
    held = table(keys, source)
    for i, key in enumerate(keys):
        assert held.total(subject_of(key, source), FEDERAL.read("2020-07", 0)) == 1000 + i, key


def test_every_series_is_named_as_it_is_typed(keys, source):
    names = series_names(table(keys, source))
    for key in keys:
        assert names.find(name_of(names, subject_of(key, source))) == key


def test_only_citizens_are_called_so(keys, source):
    for key in keys:
        words = subject_of(key, source).words(source)
        assert ("citizens" in words) == (key.dimension == "citizenship"), words


def test_every_number_is_found_among_all_series(keys, source):
    held = table(keys, source)
    for i, key in enumerate(keys):
        found = [whose for whose, _, _, how in matches(held, 1000 + i) if how == "now"]
        assert subject_of(key, source) in found, key


def test_a_part_of_own_counts_is_named_behind_its_series():
    assert (
        subject_of(OWN_KEYS[1], BARNET).words(BARNET) == "offences for Ealing (Domestic Burglary)"
    )
    assert subject_of(OWN_KEYS[3], BARNET).words(BARNET) == "offences for Barnet (CHINA)"


@pytest.mark.parametrize("begins", [10, 7, 4, 1])
@pytest.mark.parametrize(
    ("words", "length"),
    [
        ("in fiscal year 2024", 12),
        ("in the first three months of fiscal year 2024", 3),
        ("in fiscal year 2025 to date", 2),
    ],
)
def test_a_fiscal_year_begins_when_its_source_says(begins, words, length):
    counts = {24_240 + i: (1000 + 37 * i * i % 911, 1) for i in range(72)}
    source = replace(ENCOUNTERS, year_begins=begins)
    held = CountTable({SeriesKey("northern"): counts}, {}, source)
    years = Calendar(begins)
    year = 2025 if "date" in words else 2024
    first = years.period(year).first
    number = sum(counts[month][0] for month in range(first, first + length))
    day = months.end(months.from_index(first + length - 1)) + timedelta(days=20)
    text = f"There were {number:,} encounters at the northern border {words}."

    (claim,) = check(text, held, day if "date" in words else date(2024, 12, 20)).claims

    assert (claim.verdict, claim.sense.span) == ("right", Period(first, first + length - 1))


def test_spans_of_a_series_are_months_years_to_date_and_calendar_years():
    line = ClaimCounts(
        dict.fromkeys(range(Calendar().period(2022).first, Calendar().period(2023).last), (1, 0.0))
    )
    spans = list(line.spans(FEDERAL))

    assert len([span for span in spans if span.length == 1]) == 23
    assert Calendar().period(2022) in spans
    assert Calendar().period(2023) not in spans
    assert FEDERAL.period(2023, 2) in spans
    assert FEDERAL.period(2022) not in spans
    assert len(spans) == len(set(spans)) == 23 + 1 + 11 + 1


def test_a_count_is_found_in_the_spans_it_is_of():
    counts = {Calendar().period(2024).first + i: (100 + i, 1) for i in range(12)}
    table = CountTable({SeriesKey("northern"): counts}, {}, ENCOUNTERS)
    northern = subject_of(SeriesKey("northern"), ENCOUNTERS)

    assert table.where(northern, 103) == [FEDERAL.read("2024-04", 0)]
    assert table.where(northern, 109 + 110) == [FEDERAL.period(2025, 2)]
    assert table.where(northern, 99) == []
    assert table.where(northern._replace(total="southwest"), 103) == []
