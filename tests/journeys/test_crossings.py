"""A run that also follows a crossing of two dimensions."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.embed.encounters import CROSSING
from forecast.config import Config
from forecast.context import Context
from jobs import monthly
from tests.support.databases import rows

PARENTS = ("citizenship", "demographic")
LEAST = 2000
REST = "not on record"  # of a total, what its parts do not add up to
SETTINGS = Config(
    forecast={
        "models": ("naive",),
        "dimensions": (*PARENTS, CROSSING),
        "min_count": LEAST,
        "first_cutoff": "2026-06",
    },
    compute={"engine": "serial"},
)


pytestmark = pytest.mark.slow  # all of them are of one run, which takes half a minute


@pytest.fixture(scope="module")
def crossed(tmp_path_factory) -> Path:
    """A database after a run on the embedded figures with the crossing and its parents."""
    path = tmp_path_factory.mktemp("crossed") / "a.db"
    monthly.run(Context.open(path, SETTINGS), now=datetime(2026, 9, 20, 12, tzinfo=UTC))
    return path


def test_the_figures_of_the_borders_are_what_they_are_without(crossed, published):
    query = "select border, month, encounters from border_months order by 1, 2"
    months = rows(crossed, query)

    assert rows(published, query) == months
    known = [("northern", "2024-08", 18944), ("southwest", "2023-12", 301981)]
    assert set(known) <= set(months)


def test_the_forecasts_of_the_borders_are_what_they_are_without(crossed, published):
    query = """
    select border, month, median, lo95, hi95 from latest_forecasts
    where dimension = '' and model = 'bordercast' order by 1, 2
    """
    assert rows(published, query) == rows(crossed, query)
    assert len(rows(crossed, query)) == 48


@pytest.mark.parametrize(
    ("parent", "member"),
    [
        ("citizenship", "substr(member, 1, instr(member, ' * ') - 1)"),
        ("demographic", "substr(member, instr(member, ' * ') + 3)"),
    ],
)
def test_members_of_a_crossing_add_up_to_their_parents(crossed, parent, member):
    member = f"case member when '{REST}' then member else {member} end"
    sums = f"""
    select border, {member}, month, sum(encounters) from series_months
    where dimension = '{CROSSING}' group by 1, 2, 3 order by 1, 2, 3
    """
    parents = f"""
    select border, member, month, encounters from series_months
    where dimension = '{parent}' order by 1, 2, 3
    """
    assert rows(crossed, parents) == rows(crossed, sums)


def test_only_parts_that_were_ever_large_enough_are_forecast(crossed):
    largest = (
        "select border, dimension, member, max(encounters) from series_months group by 1, 2, 3"
    )
    said = "select distinct border, dimension, member from latest_forecasts where dimension <> ''"
    followed = {tuple(row) for row in rows(crossed, said)}

    stated = {"", "apprehension_type"}  # which is on record and not forecast
    held = {
        tuple(row[:3]): row[3]
        for row in rows(crossed, largest)
        if row[1] not in stated and row[2] != REST
    }
    assert {key for key, count in held.items() if count >= LEAST} == followed
    assert {count < LEAST for count in held.values()} == {False, True}


def test_a_crossing_explains_no_border_and_floods_no_month(crossed):
    explained = {name for (name,) in rows(crossed, "select distinct dimension from drivers")}
    months = rows(
        crossed,
        f"""
        select count(*) from flags as f join series as s on s.id = f.series_id
        where s.dimension = '{CROSSING}' and f.severity <> 'watch' group by f.month
        """,
    )
    span = rows(
        crossed, f"select count(distinct month) from series_months where dimension = '{CROSSING}'"
    )

    assert CROSSING not in explained
    assert {"citizenship", "demographic"} <= explained
    assert sum(count for (count,) in months) / span[0][0] < 5  # false flags a month allowed to all
