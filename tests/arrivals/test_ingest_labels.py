"""Labels that are not known, and labels that mean another one."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forecast import labels
from forecast.config import Config, ForecastSection, Labels, parse
from forecast.context import Context
from forecast.errors import ConfigError, DataError
from forecast.store import connect, measures, releases
from forecast.store.connect import writing
from forecast.types import SeriesKey
from jobs import monthly
from jobs.arrivals.folder import of_operator
from jobs.service import health
from tests.support import arriving
from tests.support.databases import rows
from tests.support.publisher import file_bytes, file_name

NOW = datetime(2026, 4, 20, 6, tzinfo=UTC)
FEBRUARY, MARCH = "2026-02", "2026-03"
DIMENSIONS = ("state", "citizenship", "demographic", "authority", "citizenship*demographic")
TURKEY = {"citizenship": {"TURKEY": "TURKIYE"}}


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "bordercast.db"


def named(through: str, **changes: str) -> bytes:
    content = file_bytes(through)
    for old, new in changes.items():
        content = content.replace(old.replace("_", " ").encode(), new.encode())
    return content


def take(path: Path, through: str, content: bytes, joins=None):
    file = path.parent / file_name(through)
    file.write_bytes(content)
    with writing(path) as db:
        if joins is not None:
            measures.save_joins(db, joins, NOW)
        about = arriving.context(path, DIMENSIONS, joins)
        return arriving.taken(db, about, of_operator(file, "2026-04-20"))


def current(path: Path) -> dict[SeriesKey, dict[str, int]]:
    with connect.moment(path) as connection:
        return releases.current_counts(connection)


def warnings(path: Path) -> list[str]:
    return [
        text
        for text in health.status(Context.open(path, Config()), NOW).warnings
        if "labels" in text
    ]


# ---------------------------------------------------------------- not known


@pytest.mark.parametrize(("old", "dimension"), [("FMUA", "demographic"), ("Title_8", "authority")])
def test_an_unknown_label_keeps_the_totals_and_all_but_its_dimension_and_warns(
    path, old, dimension
):
    take(path, FEBRUARY, named(FEBRUARY))
    before = current(path)
    odd = "New (2026)\u00a0group".replace("\u00a0", " ")

    taken = take(path, MARCH, named(MARCH, **{old: odd}))

    assert (taken.outcome, taken.data_through) == ("accepted", MARCH)
    assert f"{dimension} {odd!r}" in taken.warning
    after = current(path)
    kept = {key for key in before if dimension not in key.dimension.split("*")}
    assert {key for key, by_month in after.items() if MARCH in by_month} == kept
    for key in set(before) - kept:  # not a zero among them
        assert after[key] == before[key]
    (warning,) = warnings(path)
    assert f"{dimension} {odd!r} in {file_name(MARCH)}" in warning


def test_a_label_that_is_joined_to_a_known_one_is_read_as_that_and_warns_no_more(path):
    take(path, FEBRUARY, named(FEBRUARY, FMUA="Families"))
    assert warnings(path)

    joins = {"demographic": {"Families": "FMUA"}}
    taken = take(path, MARCH, named(MARCH, FMUA="Families"), joins)

    assert (taken.outcome, taken.warning, warnings(path)) == ("accepted", "", [])
    families = current(path)[SeriesKey("southwest", "demographic", "FMUA")]
    assert families == current(path)[SeriesKey("southwest")]


@pytest.mark.parametrize("old", ["Northern_Land_Border", "U.S._Border_Patrol", "Apprehensions"])
def test_an_unknown_border_or_agency_still_refuses(path, old):
    file = path.parent / file_name(FEBRUARY, "aor")
    odd = old.replace("_", " ").encode()
    file.write_bytes(file_bytes(FEBRUARY, "aor").replace(odd, b"Something else"))

    with pytest.raises(DataError, match="unknown"):
        arriving.take(path, file, about=arriving.context(path, DIMENSIONS))

    assert rows(path, "select count(*) from observations") == [(0,)]


def test_the_label_of_cbps_page_of_statistics_is_known(path):
    taken = take(path, FEBRUARY, named(FEBRUARY, FMUA="UAC / Single Minors"))

    assert taken.warning == ""
    assert SeriesKey("southwest", "demographic", "UAC") in current(path)


# ---------------------------------------------------------------- joined


def test_a_country_that_was_renamed_goes_on_as_one_series(path):
    take(path, FEBRUARY, named(FEBRUARY, INDIA="TURKEY"))
    take(path, MARCH, named(MARCH, INDIA="TURKIYE"), TURKEY)

    counts = current(path)

    whole = counts[SeriesKey("southwest")]
    assert counts[SeriesKey("southwest", "citizenship", "TURKIYE")] == whole
    crossing = SeriesKey("southwest", "citizenship*demographic", "TURKIYE * FMUA")
    assert counts[crossing] == whole
    assert not [key for key in counts if "TURKEY" in key.member]


def test_both_names_in_one_file_add_up(path):
    content = named(FEBRUARY)
    half = [line for line in content.splitlines(keepends=True) if b",AA," in line]
    both = named(FEBRUARY, INDIA="TURKEY") + b"".join(
        line.replace(b"INDIA", b"TURKIYE") for line in half
    )

    taken = take(path, FEBRUARY, both, TURKEY)

    assert taken.outcome == "accepted"
    counts = current(path)
    assert counts[SeriesKey("other", "citizenship", "TURKIYE")] == counts[SeriesKey("other")]


def test_joining_changes_nothing_that_was_kept_and_can_be_taken_back(path):
    take(path, FEBRUARY, named(FEBRUARY, INDIA="TURKEY"))
    plain = current(path)
    observations = rows(path, "select * from observations order by 1, 2, 3")

    with writing(path) as db:
        measures.save_joins(db, TURKEY, NOW)
    assert SeriesKey("southwest", "citizenship", "TURKIYE") in current(path)
    with writing(path) as db:
        measures.save_joins(db, {}, NOW)

    assert current(path) == plain
    assert rows(path, "select * from observations order by 1, 2, 3") == observations


@pytest.mark.slow
def test_a_run_forecasts_the_joined_series_and_is_due_when_labels_are_joined(path):
    folder = path.parent / "inbox"
    folder.mkdir()
    for through, first, country in ((FEBRUARY, 2021, "TURKEY"), (MARCH, 2025, "TURKIYE")):
        file = folder / file_name(through, first=first)
        content = file_bytes(through, first=first).replace(b"INDIA", country.encode())
        file.write_bytes(content)
        os.utime(file, (time.time() - 60,) * 2)

    def run(joins: dict[str, str]):
        config = Config(
            forecast=ForecastSection(
                models=("naive",), dimensions=("citizenship",), first_cutoff="2026-01"
            ),
            labels=Labels(citizenship=joins),
        )
        return monthly.run(Context.open(path, config), now=NOW, with_bundle=False)

    joined = run({"TURKEY": "TURKIYE"})
    again = run({"TURKEY": "TURKIYE"})
    apart = run({})

    assert [outcome.run_id for outcome in (joined, again, apart)] == [1, None, 2]
    found = [
        rows(
            path,
            "select s.member, f.month, f.lo80, f.hi80 from forecasts f "
            "join series s on s.id = f.series_id "
            f"where f.run_id = {run_id} and s.dimension = 'citizenship' order by 1, 2",
        )
        for run_id in (1, 2)
    ]
    assert {row[0] for row in found[0]} == {"TURKIYE"}
    assert found[0] != found[1]  # four more years of it


def test_joined_adds_by_month_and_leaves_others_alone():
    def key(member: str, dimension: str = "citizenship") -> SeriesKey:
        return SeriesKey("other", dimension, member)

    counts = {
        key("TURKEY"): {"2025-01": 3, "2025-02": 4},
        key("INDIA"): {"2025-01": 1},
        key("TURKIYE"): {"2025-02": 5, "2025-03": 6},
        key("TURKEY", "state"): {"2025-01": 7},
    }

    assert labels.joined(counts, TURKEY) == {
        key("TURKIYE"): {"2025-01": 3, "2025-02": 9, "2025-03": 6},
        key("INDIA"): {"2025-01": 1},
        key("TURKEY", "state"): {"2025-01": 7},
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('citizenship = { "A" = "B", "B" = "C" }', "'B' is an alias and also"),
        ('citizenship = { "A" = "" }', "1 to 80 printable"),
        ('demographic = { "A * B" = "C" }', "1 to 80 printable"),
        ('border = { "A" = "B" }', "no such setting"),
    ],
)
def test_labels_that_cannot_be_joined_are_refused(text, problem):
    with pytest.raises(ConfigError, match=problem):
        parse(f"[labels]\n{text}\n", "x")
