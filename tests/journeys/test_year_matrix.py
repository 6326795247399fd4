"""A year is the same months, sum and name on every surface, in whichever month it begins."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from contextlib import chdir, closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

import forecast
from jobs.cli import main
from tests.sources.test_published import OFFICES, PAGE, content

pytestmark = pytest.mark.slow

TABLE = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)[0]
MONTHS = [f"{at // 12}-{at % 12 + 1:02d}" for at in range(2022 * 12 + 6, 2026 * 12 + 3)]
THROUGH, BEFORE = "2026-03", "2026-02"
# A month of the year that runs at the first file, which the second one restates.
RESTATED = {1: "2026-01", 4: "2025-08", 7: "2025-08", 10: "2025-11"}
NAMES = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]


def year_of(month: str, begins: int) -> int:
    """The calendar year in which the year of a month ends, counted on the fingers."""
    year, number = map(int, month.split("-"))
    return year if begins == 1 or number < begins else year + 1


def lines(through: str, begins: int, more: int = 0) -> list[str]:
    """A file's lines; more : what the restated month of the first office grew by."""
    rows = []
    for month in MONTHS[: MONTHS.index(through) + 1]:
        year, name = year_of(month, begins), NAMES[int(month[5:]) - 1]
        for at, (office, area) in enumerate(OFFICES.items(), start=1):
            grown = more if (month, at) == (RESTATED[begins], 1) else 0
            rows.append(f"{year},{name},{area},{office},{count(month, at) + grown}")
    return rows


def count(month: str, at: int) -> int:
    year, number = map(int, month.split("-"))
    return 400 * at + 7 * number + (year * 12 + number) % 11


@dataclass
class Kept:
    """A record of removals whose years begin in a month, and what is asked of it."""

    folder: Path
    begins: int

    @property
    def path(self) -> Path:
        return self.folder / "bordercast.db"

    @property
    def counts(self) -> dict[str, int]:
        north = {month: count(month, 1) + count(month, 2) for month in MONTHS}
        return north | {RESTATED[self.begins]: north[RESTATED[self.begins]] + 7}

    def months(self, year: int) -> list[str]:
        return [month for month in MONTHS if year_of(month, self.begins) == year]

    def whole(self, year: int) -> bool:
        """Whether a year has months, and every one from its first."""
        held = self.months(year)
        return bool(held) and int(held[0][5:]) == self.begins

    def sum(self, year: int) -> int:
        return sum(self.counts[month] for month in self.months(year))

    @property
    def running(self) -> int:
        return year_of(THROUGH, self.begins)

    @property
    def closed(self) -> int:
        """The newest year of which all twelve months are published."""
        return max(year for year in (2024, 2025, 2026) if len(self.months(year)) == 12)

    def name(self, year: int) -> str:
        return str(year) if self.begins == 1 else f"FY{year}"

    def words(self, year: int) -> str:
        return f"{'calendar' if self.begins == 1 else 'fiscal'} year {year}"

    def said(self, *words: str, code: int = 0) -> str:
        with chdir(self.folder):
            done = CliRunner().invoke(main, words, catch_exceptions=False)
        assert done.exit_code == code, done.output
        return done.output

    def asked(self, *words: str) -> dict:
        return json.loads(self.said(*words, "--json"))

    def rows(self, sql: str) -> list[dict]:
        with closing(sqlite3.connect(self.path)) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(sql)]


@pytest.fixture(scope="module", params=[1, 4, 7, 10])
def kept(request, tmp_path_factory):
    begins = request.param
    folder = tmp_path_factory.mktemp(f"years{begins}")
    source = folder / "sources" / f"removals{begins}"
    source.mkdir(parents=True)
    table = re.sub(r"year_begins = \d+", f"year_begins = {begins}", TABLE)
    (source / "source.toml").write_text(table, encoding="utf-8")
    (folder / "config.toml").write_text(
        f'[[sources]]\nkind = "removals{begins}"\n[forecast]\nmodels = ["naive"]\n'
        'first_cutoff = "2025-06"\n[compute]\nengine = "serial"\n[site]\nfolder = "site"\n'
    )
    record = Kept(folder, begins)
    for through, more in ((BEFORE, 0), (THROUGH, 7)):
        name = f"removals{begins}-{through}.csv"
        (folder / name).write_bytes(content(lines(through, begins, more)))
        record.said("run", name)
    return record


def test_fact_typed_and_asked_is_the_sum(kept):
    year = kept.closed
    typed = kept.asked("fact", "north", kept.name(year))
    fiscal = "" if kept.begins == 1 else "fiscal year "
    (asked,) = kept.asked("fact", f"how many removals in the north in {fiscal}{year}")["answers"]

    for answer in (typed, asked):
        assert answer["count"] == kept.sum(year)
        assert (answer["from"], answer["to"]) == (kept.months(year)[0], kept.months(year)[-1])
    for said in (
        kept.said("fact", "north", kept.name(year)),
        kept.said("fact", str(kept.sum(year))),
    ):
        assert f"removals in the north in {kept.words(year)}" in said


def test_fact_to_date_is_the_sum_so_far(kept):
    year = kept.running
    open_ = len(kept.months(year)) < 12
    said = kept.asked("fact", "north", f"{kept.name(year)}{' to date' * open_}")

    assert said["count"] == kept.sum(year)


def test_show_says_the_published_sum_and_the_name(kept):
    year = kept.closed
    said = kept.asked("show", "north", kept.name(year))

    assert (said["published"], said["span"]) == (kept.sum(year), kept.name(year))
    assert kept.words(year) in kept.said("show", "north", kept.name(year))


def test_chance_is_of_the_same_months(kept):
    year = kept.closed
    for event, share in ((f"at least {kept.sum(year)}", 1), (f"above {kept.sum(year)}", 0)):
        said = kept.asked("chance", "north", kept.name(year), event)
        assert (said["first_month"], said["last_month"]) == (
            kept.months(year)[0],
            kept.months(year)[-1],
        )
        assert (said["span"], said["chance"]) == (kept.name(year), share)


def test_brief_compares_the_year_to_date(kept):
    (compared,) = [
        c for c in kept.asked("brief", "north")["comparisons"] if c["name"].endswith("to date")
    ] or [None]
    if len(kept.months(kept.running)) == 1:
        assert compared is None
        return
    assert compared["now"] == kept.sum(kept.running)
    assert compared["name"] == ("year to date" if kept.begins == 1 else "fiscal year to date")
    place = len(kept.months(kept.running))
    assert compared["before"] == sum(
        kept.counts[month] for month in kept.months(kept.running - 1)[:place]
    )


def test_fact_judges_a_claim_by_the_sum(kept):
    year = kept.closed
    right = kept.said("fact", "north", kept.name(year), f"{kept.sum(year)}")
    wrong = kept.said("fact", "north", kept.name(year), f"{2 * kept.sum(year)}", code=1)

    assert right.startswith("Right")
    assert kept.words(year) in right
    assert f"{kept.sum(year):,}" in wrong


def test_views_and_exports_have_the_sums(kept):
    views = kept.rows("select * from fiscal_years where border = 'north' order by fiscal_year")
    kept.said("export", "fiscal_years", "-o", "years.csv")
    with (kept.folder / "years.csv").open() as file:
        exported = [row for row in csv.DictReader(file) if row["series"] == "north"]

    # Of a year whose first months are not on record no sum is told.
    years = [year for year in range(2022, 2028) if kept.whole(year)]
    assert {row["fiscal_year"]: row["encounters"] for row in views} == {
        year: kept.sum(year) for year in years
    }
    complete = {row["fiscal_year"] for row in views if row["complete"]}
    assert complete == {year for year in years if len(kept.months(year)) == 12}
    assert [(int(row["year"]), int(row["count"])) for row in exported] == [
        (row["fiscal_year"], row["encounters"]) for row in views
    ]
    to_date = kept.rows(
        f"select * from fiscal_year_to_date where border = 'north' and month = '{THROUGH}'"
    )
    assert [(row["fiscal_year"], row["months"], row["to_date"]) for row in to_date] == [
        (kept.running, len(kept.months(kept.running)), kept.sum(kept.running))
    ]


def test_a_restated_month_of_an_open_year_is_not_closed(kept):
    flags = kept.asked("flags")

    assert not [flag for flag in flags if flag["kind"] == "revision"]
    assert "a value that was closed" not in kept.said("flags")


def test_pages_and_feeds_have_the_sum_and_the_name(kept):
    year, site = kept.closed, kept.folder / "site"
    pages = "\n".join(page.read_text() for page in site.rglob("*.html"))

    assert f"{kept.sum(year):,}" in pages
    assert kept.name(year) in pages


def test_python_reads_the_same_years(kept):
    record = forecast.open(kept.path)
    frame = record.view("fiscal_years").reset_index()
    rows = frame[frame["series"] == "north"]  # in the words of the source, as an export's
    found = dict(zip(rows["year"], rows["count"], strict=True))
    assert found[kept.closed] == kept.sum(kept.closed)
    assert record.span("north", kept.name(kept.closed))["published"] == kept.sum(kept.closed)
