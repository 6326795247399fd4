"""An agency's own groups, from a file by area of responsibility: counted and not forecast.

No such file comes with the program, so that one is made here.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

import forecast
from jobs.cli import main
from tests.support.databases import rows

pytestmark = pytest.mark.slow
MONTHS = ("OCT", "NOV", "DEC", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP")
HEADER = (
    *("Fiscal Year", "Month Grouping", "Month (abbv)", "Component", "Land Border Region"),
    *("Area of Responsibility", "AOR (Abbv)", "Demographic", "Citizenship", "Title of Authority"),
    *("Encounter Type", "Encounter Count"),
)
PATROL, OFFICES = "U.S. Border Patrol", "Office of Field Operations"
PLACES = [
    ("Southwest Land Border", PATROL, "El Paso Sector", "EPT", "Apprehensions"),
    ("Southwest Land Border", OFFICES, "El Paso Field Office", "ELP", "Inadmissibles"),
    ("Northern Land Border", PATROL, "Swanton Sector", "SWB", "Apprehensions"),
    ("Northern Land Border", OFFICES, "Buffalo Field Office", "BUF", "Inadmissibles"),
    ("Other", PATROL, "Miami Sector", "MIP", "Apprehensions"),
    ("Other", OFFICES, "Miami Field Office", "MIA", "Inadmissibles"),
]
GROUPS = ("Accompanied Minors", "FMUA", "Single Adults", "UAC")
SETTINGS = """
[forecast]
models = ["naive"]
first_cutoff = "2026-06"
[compute]
engine = "serial"
"""


def made(folder: Path) -> tuple[Path, Counter]:
    """A file through October 2026, and the southwest Border Patrol's counts of July 2026 in it."""
    path = folder / "nationwide-encounters-fy24-fy27-oct-aor.csv"
    counts: Counter = Counter()
    with path.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(HEADER)
        for year in (2024, 2025, 2026, 2027):
            for at, month in enumerate(MONTHS[:1] if year == 2027 else MONTHS):
                for place, (region, agency, area, code, kind) in enumerate(PLACES):
                    for by, group in enumerate(GROUPS):
                        for who, country in enumerate(("MEXICO", "GUATEMALA", "OTHER")):
                            count = 20 + 7 * place + 11 * by + 13 * who + (3 * at + year) % 17
                            lines.writerow(
                                [
                                    *(f"{year} (FYTD)" if year == 2027 else year,),
                                    *("FYTD" if month == "OCT" else "Remaining", month, agency),
                                    *(region, area, code, group, country, "Title 8", kind, count),
                                ]
                            )
                            if (year, month, place) == (2026, "JUL", 0):
                                counts[group] += count
                                counts[country] += count
                                counts["all"] += count
    return path, counts


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    folder = tmp_path_factory.mktemp("groups")
    path, counts = made(folder)
    (folder / "config.toml").write_text(SETTINGS)

    def bordercast(*words: str) -> str:
        options = ["--config", str(folder / "config.toml"), "--db", str(folder / "a.db")]
        done = CliRunner().invoke(main, [*options, *words])
        assert done.exit_code in (0, 4), done.output
        return " ".join(done.output.split())

    bordercast("run", "--no-bundle", str(path))
    return folder / "a.db", counts, bordercast


def test_they_are_asked_for_in_words(record):
    _, counts, bordercast = record

    families = bordercast("fact", "Border Patrol families southwest July 2026")
    assert f"CBP counted {counts['FMUA']:,} encounters at the southwest" in families
    mexicans = bordercast(
        "fact", "Mexicans arrested by Border Patrol on the southwest in July 2026"
    )
    assert f"CBP counted {counts['MEXICO']:,} encounters" in mexicans


def test_a_share_is_of_what_the_agency_counted(record):
    _, counts, bordercast = record

    said = bordercast(
        "fact", "share of Mexicans among Border Patrol encounters on the southwest in July 2026"
    )
    assert said.startswith(f"{100 * counts['MEXICO'] / counts['all']:.1f}%: ")
    assert f"({counts['MEXICO']:,} of {counts['all']:,})" in said


def test_they_are_shown_with_their_month_and_add_up(record):
    path, _, bordercast = record
    said = bordercast("show", "southwest")

    assert "Border Patrol by citizenship, October 2026" in said
    assert "OFO by demographic group, October 2026" in said
    parts = rows(
        path,
        "select month, sum(encounters) from series_months where dimension = 'component*citizenship'"
        " and member like 'U.S. Border Patrol%' and border = 'southwest' group by month",
    )
    whole = rows(
        path,
        "select month, encounters from series_months where dimension = 'component' "
        "and member = 'U.S. Border Patrol' and border = 'southwest' group by month",
    )
    assert parts == whole


def test_they_are_forecast_only_where_asked(record):
    path, _, bordercast = record
    with pytest.raises(Exception, match="it is counted and not forecast"):
        forecast.open(path).latest("southwest:U.S. Border Patrol * FMUA")

    assert rows(path, "select count(*) from latest_forecasts where dimension like '%*%'") == [(0,)]
    config = path.with_name("config.toml")
    asked = SETTINGS.replace(
        "[compute]", 'dimensions = ["component", "component*demographic"]\n[compute]'
    )
    config.write_text(asked)
    bordercast("run")
    (forecasts,) = rows(
        path, "select count(distinct dimension) from latest_forecasts where dimension like '%*%'"
    )
    assert forecasts == (1,)
