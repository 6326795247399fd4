"""Sums of own counts: rounded ones, those with a new clinic in them, and with a closed one."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from forecast import config, months
from forecast.context import Context
from forecast.store import connect, releases
from forecast.tables.grid import ReadAs
from forecast.types import SeriesKey
from jobs.arrivals.ingest import ingest_all
from jobs.cli import main
from jobs.service.first_settings import understood
from tests.support.arriving import read_here

MONTHS = months.between("2019-01", "2023-12")
TODAY = "2024-01-10"


def table(path: Path, step: int, off: int = 0) -> Path:
    """Three areas and their sum, each rounded by itself; the last sum is off by this much more."""
    random = np.random.default_rng(11)
    exact = random.gamma(50, 10, (len(MONTHS), 3)) * [1, 2, 3]
    sums = exact.sum(axis=1)
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["Month", "East", "West", "South", "All areas"])
        for month, parts, whole in zip(MONTHS, exact, sums, strict=True):
            counts = [int(step * round(count / step)) for count in (*parts, whole)]
            counts[-1] += off * (month == MONTHS[-1])
            lines.writerow([month, *counts])
    return path


def taken(folder: Path) -> str:
    """Take in what was delivered, by the settings in this folder; what was said."""
    path, settings = folder / "bordercast.db", config.load(folder / "config.toml")
    with connect.writing(path) as db:
        context = replace(Context.open(path, settings), reader=read_here)
        (found,), _ = ingest_all(db, context, (), TODAY, False)
    return f"{found.outcome} {found.reason}{found.warning}"


@pytest.mark.parametrize(("step", "bound"), [(5, 10), (10, 20)])
def test_sums_of_rounded_counts_are_found_and_believed(tmp_path, monkeypatch, step, bound):
    monkeypatch.chdir(tmp_path)
    told = understood(table(Path("in/a.csv"), step), ReadAs())

    assert "taken: All areas is the sum of the 3 others" in told.lines
    assert any(f"tolerance = {bound} in the settings" in said for said in told.lines)
    Path("config.toml").write_text(told.settings)
    assert taken(tmp_path).startswith("accepted")


def test_sums_to_the_unit_have_no_tolerance(tmp_path):
    path = tmp_path / "a.csv"
    lines = [
        f"{m},{at % 7 + 20},{at % 5 + 31},{at % 7 + at % 5 + 51}" for at, m in enumerate(MONTHS)
    ]
    path.write_text("\n".join(["Month,East,West,Both", *lines]) + "\n")
    told = understood(path, ReadAs())
    assert 'total = "Both"' in told.settings
    assert "tolerance = 0" in told.settings
    assert not any("tolerance" in said for said in told.lines)


@pytest.mark.slow
def test_a_refusal_names_the_setting_that_lets_it_in(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = understood(table(Path("in/a.csv"), 5).parent, ReadAs())
    Path("config.toml").write_text(told.settings)
    table(Path("in/a.csv"), 5, off=25)

    said = taken(tmp_path)

    assert "refused" in said
    assert "2023-12" in said
    assert "(it is 10)" in said
    allowed = int(said.split("tolerance = ")[1].split()[0])
    assert 25 - 10 <= allowed <= 25 + 10
    assert "bordercast releases accept 1 --why rounded" in said
    done = CliRunner().invoke(main, ["releases", "accept", "1", "--why", "rounded"])
    assert done.exit_code == 0, done.output
    # The next file is let in by the setting.
    changed = told.settings.replace("tolerance = 10", f"tolerance = {allowed}")
    Path("config.toml").write_text(changed)
    table(Path("in/b.csv"), 5, off=24)
    assert taken(tmp_path).startswith("accepted")


def clinics(path: Path, **ends: tuple[str, str]) -> None:
    """A line a clinic and month, each clinic's between its ends; 10, 20, 40 and so on a month."""
    path.parent.mkdir(exist_ok=True)
    lines = ["Region,Clinic,Month,Visits"]
    for at, (name, (first, last)) in enumerate(ends.items()):
        lines += [f"All,{name},{m},{10 * 2**at}" for m in months.between(first, last)]
    path.write_text("\n".join(lines) + "\n")


def sums(folder: Path, settings: str, name: str) -> dict[str, int]:
    (folder / "config.toml").write_text(settings)
    taken(folder)
    with connect.moment(folder / "bordercast.db") as connection:
        return dict(releases.current_counts(connection)[SeriesKey(name)])


OPEN = {
    "old": ("2019-01", "2023-12"),
    "new": ("2023-01", "2023-12"),
    "shut": ("2019-01", "2021-06"),
}
SECTION = """
[[sources]]
kind = "counts"
name = "visits"
path = "in"
{rest}
"""
NESTED = '[sources.columns]\nseries = ["Region"]\npart = "Clinic"\n'


@pytest.mark.parametrize(
    ("rest", "name", "closed"),
    [
        ('total = "Whole"\n{}[sources.columns]\nseries = ["Clinic"]\n', "Whole", "shut"),
        (f"{{}}{NESTED}", "All", "All:shut"),
    ],
)
def test_a_sum_has_a_new_clinic_from_its_first_month_and_a_closed_one_to_its_last(
    tmp_path, rest, name, closed
):
    clinics(tmp_path / "in" / "a.csv", **OPEN)
    said = SECTION.format(rest=rest.format(f'closed = ["{closed}"]\n'))
    found = sums(tmp_path, said, name)
    assert (found["2019-01"], found["2021-06"]) == (50, 50)
    assert (found["2021-07"], found["2022-12"], found["2023-01"]) == (10, 10, 30)


@pytest.mark.parametrize(
    ("rest", "name"),
    [('total = "Whole"\n[sources.columns]\nseries = ["Clinic"]\n', "Whole"), (NESTED, "All")],
)
def test_without_it_a_sum_is_unknown_where_a_clinic_is(tmp_path, rest, name):
    clinics(tmp_path / "in" / "a.csv", **OPEN)
    assert max(sums(tmp_path, SECTION.format(rest=rest), name)) == "2021-06"
