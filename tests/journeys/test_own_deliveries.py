"""Odd deliveries of anybody's counts, one after the other: no jam, no half state, each named."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner, Result

from forecast import months
from forecast.store import connect, integrity
from forecast.words import slug
from jobs.cli import main
from tests.support import own_counts

SETTINGS = own_counts.settings("2026-01")
LAST = months.last_over(months.today().isoformat())
NAMES = ("Seattle", "St", "Öst")
SCRIPTS = (
    "東京",
    "大阪",
    "Москва",
    "الرياض",
    "कि",
    "की",
    "***",
    "a/b",
    "index",
    "..",
    "<b>&",
    "C#",
)


ALL = (*NAMES, *SCRIPTS)


def ago(count: int) -> str:
    return months.shift(LAST, -count)


def count(name: str, month: str) -> int:
    return 80 + (sum(map(ord, name)) * 7 + months.to_index(month) * 13) % 60


def table(until: str, names=NAMES, *, since: str = "", more: list[str] = (), factor=1.0) -> str:
    """A delivered CSV, of every month from then on, or the last three years."""
    rows = [
        f"{name},{month},{round(factor * count(name, month))}"
        for name in names
        for month in months.between(since or ago(36), until)
    ]
    return "\n".join(("Clinic,Month,Visits", *rows, *more, ""))


@pytest.fixture
def asked(tmp_path, monkeypatch) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text(SETTINGS, encoding="utf-8")
    Path("in").mkdir()
    return lambda *words: CliRunner().invoke(main, words, catch_exceptions=False)


def deliver(name: str, content: str | bytes) -> None:
    part = Path("in", f"{name}.part")
    part.write_bytes(content.encode() if isinstance(content, str) else content)
    part.rename(Path("in", name))


def zeros(since: str, until: str, names=NAMES) -> list[str]:
    return [f"{name},{month},0" for name in names for month in months.between(since, until)]


DELIVERIES = [  # name, content, exit code, what is said
    ("01.csv", table(ago(6)), 0, "accepted"),
    (
        "02-zeros.csv",
        table(ago(5), more=zeros(ago(-1), ago(-12))),
        0,
        "is left out: they are not over",
    ),
    ("03-cut.csv", table(ago(4))[:-2], 3, "its last number, "),
    ("04-whole.csv", table(ago(4)), 0, "accepted"),
    ("05-to-come.csv", "\n".join(("Clinic,Month,Visits", *zeros(ago(-2), ago(-9)), "")), 3, "over"),
    ("06-missing.csv", table(ago(3), NAMES[:2]), 0, "accepted"),
    ("07-header.csv", table(ago(2)).replace("Visits", "Count").replace("Month", "Period"), 0, ""),
    ("08-restated.csv", table(ago(2), factor=1.03), 3, "1.03 times what they were"),
    ("09-scripts.csv", table(ago(2), ALL), 0, "accepted"),
    ("10-alike.csv", table(ago(2), ("SEATTLE",)), 3, '--as "partial"'),
    ("11-empty.csv", "", 3, ""),
    ("12-garbage.csv", bytes(range(256)) * 9, 3, ""),
    ("13-half.csv", table(ago(2)).replace(",80\n", ",80.5\n") + "St,2020-01,1.5\n", 3, "whole"),
    ("14-below.csv", table(ago(2)) + "St,2020-02,-5\n", 3, "below 0"),
    ("15-twice.csv", table(ago(2)) + f"St,{ago(2)},1\n", 3, ""),
    ("16-shorter.csv", table(ago(9), ALL), 0, "reaches"),
    ("17-lost.csv", table(ago(1), ALL, since=ago(1)), 0, "accepted"),
    ("18-prose.csv", "We saw fewer people this month.\n" * 20, 3, ""),
    ("19-workbook.xlsx", b"PK\x03\x04" + bytes(500), 3, ""),
    ("20-unknown.csv", table(ago(1), ALL) + f"St,{LAST},n/a\n", 0, "accepted"),
    ("21-zero.csv", table(ago(1), ALL, more=zeros(LAST, LAST)), 3, '--as "not counted"'),
]


def _number(name: str, asked) -> str:
    rows = asked("releases", "list").output.splitlines()
    return next(row.split()[0] for row in rows if name in row)


@pytest.mark.slow
def test_odd_deliveries_end_without_a_jam_or_a_half_state(asked):
    for name, content, code, said in DELIVERIES:
        deliver(name, content)
        done = asked("run", "--no-bundle")

        assert (done.exit_code, name in done.output, said in done.output) == (code, True, True), (
            name,
            done.output,
        )
        with closing(connect.read(Path("bordercast.db"))) as db:
            assert integrity.findings(db) == [], name
        assert asked("run", "--no-bundle").exit_code == 0, name  # nothing stands in the way
    # The last one's zeros are of a month that is over: only a person knows better, and may err.
    number = _number("21-zero", asked)
    assert asked("releases", "accept", number, "--as", "counted").exit_code == 0
    assert asked("run").exit_code == 0
    assert asked("fact", "Seattle", LAST).output.startswith("The source counted 0 ")
    asked("releases", "withdraw", number, "--why", "nobody counted", "--by", "Ann")
    done = asked("run")
    assert done.exit_code == 0, done.output
    assert "no figure for" in asked("fact", "Seattle", LAST).output
    deliver("22-right.csv", table(LAST, ALL))
    assert asked("run").exit_code == 0
    expected = count("Seattle", LAST)
    assert f" {expected} visits" in asked("fact", "Seattle", LAST).output
    assert "fits its digests" in asked("verify").output
    assert asked("site", "-o", "site", "--unpack").exit_code == 0  # files alone, as a host has them
    every_link_leads_somewhere(Path("site"), (*NAMES, *SCRIPTS))


@pytest.mark.slow
def test_what_nobody_counted_is_no_month_of_a_file(asked):
    deliver("01.csv", table(ago(1)))
    assert asked("run", "--no-bundle").exit_code == 0
    Path("in/month.csv").mkdir()
    Path("in/kept").mkdir()
    deliver("02.csv", table(ago(1), more=zeros(LAST, LAST)))
    held = asked("run", "--no-bundle")
    assert held.exit_code == 3
    assert "releases accept 2 --as" in held.output
    assert "month.csv: is a folder" in held.output
    assert "kept" not in held.output

    left = asked("releases", "accept", "2", "--as", "not counted").output

    assert f"02.csv: accepted, data through {ago(1)}; " in left
    assert "month.csv: is a folder" in asked("status").output


@pytest.mark.slow
def test_a_wake_during_a_backup_and_a_kill_in_a_migration_leave_a_whole_record(asked):
    earlier = Path(__file__).parents[1] / "earlier"
    deliver("01.csv", table(ago(3)))
    assert asked("run", "--no-bundle").exit_code == 0
    program = [sys.executable, "-m", "jobs"]
    backup = threading.Thread(
        target=lambda: [
            subprocess.run([*program, "backup", "--to", f"kept{n}"], check=True) for n in range(3)
        ]
    )
    backup.start()
    for number in (2, 1):
        deliver(f"0{number + 1}-later.csv", table(ago(number)))
        assert subprocess.run([*program, "run"], check=False).returncode == 0
    backup.join()
    for n in range(3):
        kept = next(Path(f"kept{n}").rglob("*.db"))
        with closing(connect.read(kept)) as db:
            assert integrity.findings(db) == []
    assert (earlier / "schema20.db.gz").exists()  # killed in tests/faults/test_migrations.py


class Links(HTMLParser):
    """What a page links to, and the places in it."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.ids.add(named.get("id") or "")
        self.links += [named[key] for key in ("href", "src") if named.get(key)]


def every_link_leads_somewhere(site: Path, names: tuple[str, ...]) -> None:
    pages = {page.resolve(): Links(page) for page in site.rglob("*.html")}
    broken = []
    for page, found in pages.items():
        for link in found.links:
            place, _, mark = unquote(link).partition("#")
            if re.match(r"[a-z]+:|//", place):
                continue
            to = (page.parent / place).resolve() if place else page
            to = to / "index.html" if to.is_dir() else to
            there = to.exists() and (not mark or to not in pages or mark in pages[to].ids)
            broken += [] if there else [f"{page.relative_to(site.resolve())} -> {link}"]
    assert broken == []
    places = {name: site / "counts" / slug(name) / "index.html" for name in names}
    assert len(set(places.values())) == len(names)
    for name, place in places.items():
        title = re.findall("<title>(.*?)</title>", place.read_text(encoding="utf-8"))
        assert escape(name) in title[0], (name, title)
