"""Months that come unfinished: marked, completed for the forecast, judged once they are whole."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from forecast import config, months
from forecast.context import Context
from forecast.desk.site.reading import read_status
from forecast.store import connect, inputs, integrity, read
from forecast.types import SeriesKey
from jobs import monthly
from jobs.cli import main

pytestmark = pytest.mark.slow

SETTINGS = """
[forecast]
models = ["naive"]
first_cutoff = "2022-12"
[compute]
engine = "serial"
[[sources]]
kind = "counts"
name = "births"
noun = "births"
one = "region"
many = "regions"
total = "All"
path = "in"
"""
FIRST, HELD = "2018-01", "2023-06"
NAMES = ("North", "South", "East")


def whole(name: str, month: str) -> int:
    """Count a month's births in the end."""
    number, place = months.to_index(month), NAMES.index(name)
    random = np.random.default_rng(number * 7 + place)
    season = 1 + 0.1 * np.sin(2 * np.pi * number / 12)
    return round(2_000 * (place + 1) * season * random.gamma(600, 1 / 600))


def file(through: str, shares=(0.40, 0.92), mark: str = "") -> str:
    lines = ["Region,Month,Births"]
    for name in NAMES:
        for month in months.between(FIRST, through):
            age = months.to_index(through) - months.to_index(month)
            share = shares[age] if age < len(shares) else 1
            sign = mark if month == through else ""
            lines.append(f"{name},{month},{round(whole(name, month) * share)}{sign}")
    return "\n".join((*lines, ""))


class Office:
    """A record that takes a delivery a month, ten days after the month's end."""

    def __init__(self) -> None:
        Path("config.toml").write_text(SETTINGS)
        Path("in").mkdir()

    def take(self, text: str, through: str) -> list[str]:
        """Deliver a file; returns why what was refused was."""
        Path(f"in/{through}.csv").write_text(text)
        return self.run(through)

    def run(self, through: str) -> list[str]:
        now = datetime.fromisoformat(f"{months.days_after(through, 10)}T00:00:00").astimezone(UTC)
        settings = config.load(Path("config.toml"))
        taken = monthly.run(Context.open(Path("bordercast.db").resolve(), settings), now=now).taken
        return [one.reason for one in taken if one.outcome == "refused"]

    def rows(self, query: str) -> list[tuple]:
        with closing(connect.read(Path("bordercast.db"))) as db:
            return list(map(tuple, db.execute(query)))


@pytest.fixture
def office(tmp_path, monkeypatch) -> Office:
    monkeypatch.chdir(tmp_path)
    return Office()


def said(*words: str) -> str:
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    return done.output


def test_months_at_40_percent_are_completed_and_judged_when_they_are_whole(office):
    assert office.take(file(HELD), HELD) == []
    (asked,) = office.take(file("2023-07"), "2023-07")
    assert "June 2023, the last month before, has grown" in asked
    (number,) = office.rows("select id from releases where status = 'quarantined'")[0]
    said("releases", "accept", str(number), "--as", "unfinished")
    assert office.run("2023-07") == []
    for through in ("2023-08", "2023-09"):
        assert office.take(file(through), through) == []

    marked = office.rows(
        "select border, month, share, low, high, encounters from provisional_months"
    )
    assert {(total, month) for total, month, *_ in marked} == {
        (name, month) for name in (*NAMES, "All") for month in ("2023-08", "2023-09")
    }
    for total, month, share, low, high, count in marked:
        parts = NAMES if total == "All" else (total,)
        end = sum(whole(name, month) for name in parts)
        assert low < share < high
        assert abs(count / share / end - 1) < 0.02  # what the forecast rests on
    # June was judged with the first delivery, before anybody could know.
    judged = office.rows(
        "select distinct month, encounters from judgements where month > '2023-06'"
    )
    finals = {whole(name, "2023-07") for name in NAMES}
    assert set(judged) == {("2023-07", count) for count in (*finals, sum(finals))}
    # Nor was May known to be incomplete when the first file had 92% of it.
    revised = office.rows("select distinct month from flags where kind = 'revision'")
    assert revised == [("2023-05",)]
    next_month = office.rows(
        "select lo95, hi95 from forecasts join series on series.id = series_id"
        " where border = 'South' and month = '2023-10'"
        " and run_id = (select max(id) from runs) and model = 'bordercast'"
    )
    assert all(low <= whole("South", "2023-10") <= high for low, high in next_month)
    # A sum of which they are a part says at what they are counted.
    ends = {m: round(n / share) for name, m, share, *_, n in marked if name == "North"}
    called = {"2023-08": "August 2023", "2023-09": "September 2023"}
    expected = [f"{called[month]} at {n:,}" for month, n in ends.items()]
    for words in (("2023",), ("2023-04..2023-11",)):
        text = " ".join(said("show", "North", *words).split())
        since = words[0][5:7] or "01"
        known = months.between(f"2023-{since}", "2023-07")
        published = sum(whole("North", month) for month in known) + sum(ends.values())
        assert f"Published so far: {published:,} in " in text
        assert f"Not complete yet, and counted here as expected: {', '.join(expected)}." in text
    assert expected[1] in " ".join(said("chance", "North", "2023", "above 1").split())
    assert "Not complete" not in said("show", "North", "2023-10")
    assert "not complete" in said("show")
    with closing(connect.read(Path("bordercast.db"))) as db:
        assert integrity.findings(db) == []


def test_a_mark_of_the_file_falls_with_the_same_count_unmarked(office):
    office.take(file(HELD, (), " p"), HELD)

    marks = office.rows("select border, month, said from provisional_months order by 1")
    assert marks == [(name, HELD, "file") for name in sorted((*NAMES, "All"))]

    office.take(file("2023-07", ()), "2023-07")

    assert office.rows("select * from provisional_months") == []
    with closing(connect.read(Path("bordercast.db"))) as db:
        first = inputs.first_published(db)[SeriesKey("North")]
    assert first[HELD].value == whole("North", HELD)


def test_no_sentence_forgets_that_a_month_is_not_complete(office):
    for through in ("2023-06", "2023-07"):
        office.take(file(through, ()), through)
    office.take(file("2023-08", (0.4,)), "2023-08")
    (number,) = office.rows("select id from releases where status = 'quarantined'")[0]
    said("releases", "accept", str(number), "--as", "unfinished")
    office.run("2023-08")

    for words in (["brief", "North"], ["fact", "North", "2023-08"], ["show", "North"], []):
        text = " ".join(said(*words).split())
        assert "ot complete" in text, words
        assert "no forecast" not in text.lower(), words  # one was made before it
    refused = CliRunner().invoke(main, ["brief", "North", "-o", "north.png"])
    assert refused.exit_code == 2
    assert "not complete; name a month before 2023-08" in refused.output
    assert not Path("north.png").exists()
    context = Context.open(Path("bordercast.db").resolve(), config.load(Path("config.toml")))
    with closing(connect.read(context.path)) as db:
        run = read.latest_run(db)
        status = read_status(db, run, date(2023, 10, 9), context.source)
    assert run.data_through == "2023-07"
    assert status["old"] == ""  # July's are overdue by then, but August's are here
    assert status["expected"].startswith("September 2023")


def test_the_auditor_knows_which_months_came_unfinished(office):
    office.take(file("2023-06", ()), "2023-06")
    office.take(file("2023-07", (0.4,)), "2023-07")
    (number,) = office.rows("select id from releases where status = 'quarantined'")[0]
    said("releases", "accept", str(number), "--as", "unfinished")
    office.run("2023-07")
    for through in ("2023-08", "2023-09"):
        office.take(file(through, (0.41,)), through)

    judged = office.rows("select distinct month from judgements where month > '2023-06'")
    assert judged == [("2023-07",), ("2023-08",)]
    assert "the base tables bear each" in said("audit")
    office.take(file("2023-10", (), " p"), "2023-10")
    ((share,),) = office.rows("select share from provisional_months where border = 'North'")
    assert 0.5 < share < 0.97
    assert "the base tables bear each" in said("audit")
