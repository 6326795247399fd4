"""What a person says of a series: kept in the ledger, dated, and told by pages, mail and tables."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP
from html import unescape
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from click.testing import CliRunner

import forecast
from forecast import config, months
from forecast.context import Context
from forecast.errors import SeriesNameError
from jobs import monthly
from jobs.cli import main
from jobs.service import wakeup
from tests.support import own_counts
from tests.support.mail_server import HOST, Taken, server

pytestmark = pytest.mark.slow

MAIL = """
[mail]
sender = "Office <office@example.org>"
"""
SETTINGS = own_counts.settings("2023-12", MAIL, 'total = "All"')
INTO = ("--into", "Centre")
NAMES = ("North", "South", "East", "West")


def visits(name: str, month: str) -> int:
    random = np.random.default_rng(months.to_index(month) * 5 + NAMES.index(name))
    return round(900 * random.gamma(300, 1 / 300))


def deliver(
    through: str,
    names: tuple[str, ...],
    lacking: str = "",
    also: Mapping[str, Mapping[str, int]] = MappingProxyType({}),
) -> None:
    lines = [
        f"{name},{month},{visits(name, month)}"
        for name in names
        for month in months.between("2020-01", through)
        if (name, month) != ("West", lacking)
    ]
    lines += [f"{name},{month},{n}" for name in also for month, n in also[name].items()]
    Path(f"in/{through}.csv").write_text("\n".join(("Clinic,Month,Visits", *lines, "")))
    run(through)


def run(through: str) -> None:
    now = datetime.fromisoformat(f"{months.days_after(through, 10)}T00:00:00").astimezone(UTC)
    settings = config.load(Path("config.toml"))
    monthly.run(Context.open(Path("bordercast.db").resolve(), settings), now=now)


def said(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(main, words)
    assert done.exit_code == code, done.output
    return " ".join(done.output.split())


def page(name: str) -> str:
    said("site", "-o", "site")
    return unescape(Path("site", name).read_text(encoding="utf-8"))


def test_a_renamed_series_is_found_by_the_names_it_has_and_had(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text(SETTINGS)
    Path("in").mkdir()
    deliver("2024-06", NAMES)
    for month, new in (("2024-07", "Region West"), ("2024-08", "Ouest")):
        counts = {at: visits("West", at) for at in months.between("2020-01", month)}
        deliver(month, NAMES[:3], also={new: counts})
        said("releases", "accept", str(len(list(Path("in").iterdir()))), "--as", "renamed")
        run(month)

    expected = f"{visits('West', '2024-08'):,}"
    for name in ("West", "Region West", "region  west", "Ouest"):
        assert "West" in said("show", name), name
        assert expected in said("fact", name, "2024-08"), name
        assert expected in said("brief", name), name
        assert "West" in said("chance", name, "next month", "above 1")
    assert "no series has this name" in said("show", "Region East", code=2)


def test_a_series_that_is_shut_is_no_hole_and_comes_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text(SETTINGS)
    Path("in").mkdir()
    deliver("2024-06", NAMES)
    deliver("2024-07", NAMES[:3])
    with sqlite3.connect("bordercast.db") as db:
        entries = db.execute("select count(*) from entries").fetchone()

    told = said("releases", "accept", "2", "--as", "shut", "--series", "west")
    assert "'West' is shut from July 2024, last counted in June 2024." in told
    wrong = said("releases", "accept", "2", "--as", "ended", "--series", "Wset", code=2)
    assert "like it: West" in wrong
    run("2024-07")

    with sqlite3.connect("bordercast.db") as db:
        (words,) = db.execute("select source from wordings order by id desc limit 1").fetchone()
        assert db.execute("select count(*) from entries").fetchone() > entries
    (life,) = json.loads(words)["agreed"]["lives"]
    assert (life["what"], life["series"], life["month"]) == ("shut", "West", "2024-07")
    assert datetime.fromisoformat(life["at"]).tzinfo is not None
    shut = "it has been shut since July 2024"
    assert shut in said("show")
    assert "Shut since July 2024" in page("index.html")
    assert shut in said("brief", "West")
    assert f"West: its last count: {shut}" in " ".join(said("flags", "West").split())
    assert "shut" not in said("flags", "North")
    assert "shut: West" in page("index.html")
    record = forecast.open("bordercast.db")
    with pytest.raises(SeriesNameError, match=shut):
        record.latest("West")

    deliver("2024-08", NAMES, lacking="2024-07")
    # The sum went on without it, and has it again.
    for month, names in (("2024-07", NAMES[:3]), ("2024-08", NAMES)):
        assert f"{sum(visits(name, month) for name in names):,}" in said("fact", "All", month)
    assert "shut" not in page("index.html")
    assert not record.latest("West").empty
    assert said("verify")


@pytest.fixture
def mailed(tmp_path, monkeypatch):
    """A service that mails each month to a real server; gives what each mail says of a series."""
    monkeypatch.chdir(tmp_path)
    taken, asked = Taken(), 'address = "ann@example.org", digest = true'
    with server(taken) as port:
        served = f'enabled = true\nhost = "{HOST}"\nport = {port}\nsecurity = "local"'
        notices = f'approval = "auto"\nquiet_months = true\nrecipients = [{{ {asked} }}]'
        more = f"{MAIL}{served}\n[notices]\n{notices}"
        Path("config.toml").write_text(own_counts.settings("2023-12", more))
        Path("in").mkdir()
        yield lambda begin: [
            re.findall(rf"^{begin}(?=\r)", text, re.MULTILINE)
            for _, content in taken.messages
            for text in [
                message_from_bytes(content, policy=SMTP).get_body(("plain",)).get_content()
            ]
        ]


def test_a_mail_says_which_series_is_late_and_which_is_shut(mailed):
    deliver("2024-06", NAMES)
    send("2024-06")
    deliver("2024-07", NAMES[:3])
    send("2024-07")
    said("releases", "accept", "2", "--as", "shut", "--series", "west")
    deliver("2024-08", NAMES[:3])
    send("2024-08")

    assert mailed("West: .+") == [["West: Late"], ["West: Shut since July 2024"]]


def test_a_mail_says_what_ended_and_what_was_merged(mailed):
    deliver("2024-06", NAMES)
    send("2024-06")
    centre = {
        month: visits("South", month) + visits("East", month)
        for month in months.between("2020-01", "2024-07")
    }
    deliver("2024-07", NAMES[:1], also={"Centre": centre})
    said(
        "releases", "accept", "2", "--as", "merged", "--series", "South", "--series", "East", *INTO
    )
    said("releases", "accept", "2", "--as", "ended", "--series", "West")
    run("2024-07")
    send("2024-07")

    merged = "Merged into 'Centre' in July 2024"
    told = [f"South: {merged}", f"East: {merged}", "West: Ended in June 2024"]
    (lines,) = mailed("(?:South|East|West): .+")
    assert sorted(lines) == sorted(told)
    record = forecast.open("bordercast.db")
    for name in ("South", "East"):
        assert "merged into 'Centre' in July 2024, and ended" in said("flags", name)
        shown = page(f"counts/{name.lower()}/index.html")
        assert "erged into 'Centre' in July 2024" in shown
        assert "has held" not in shown.partition("</dl>")[0]  # nothing is forecast of it
        with pytest.raises(SeriesNameError, match="merged into 'Centre' in July 2024"):
            record.latest(name)
    assert "it has ended, as confirmed" in said("flags", "West")


def test_a_mail_says_which_part_is_late_and_which_is_shut(mailed):
    parted = '\n[sources.columns]\nseries = ["Region"]\npart = "Clinic"\n'
    Path("config.toml").write_text(Path("config.toml").read_text() + parted)

    def file(through: str, names: tuple[str, ...]) -> None:
        lines = [
            f"{'Coast' if name in NAMES[:2] else 'Hills'},{name},{month},{visits(name, month)}"
            for name in names
            for month in months.between("2020-01", through)
        ]
        Path(f"in/{through}.csv").write_text("\n".join(("Region,Clinic,Month,Visits", *lines, "")))
        run(through)

    file("2024-06", NAMES)
    send("2024-06")
    file("2024-07", NAMES[:3])
    send("2024-07")
    said("releases", "accept", "2", "--as", "shut", "--series", "Hills: West")
    file("2024-08", NAMES[:3])
    send("2024-08")

    assert mailed(" *- West.+") == [["  - West: Late"], ["  - West: Shut since July 2024"]]


def send(through: str) -> None:
    now = datetime.fromisoformat(f"{months.days_after(through, 10)}T01:00:00").astimezone(UTC)
    settings = config.load(Path("config.toml"))
    wakeup.deliver(Context.open(Path("bordercast.db").resolve(), settings), lambda: now)


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ("--as renamed --into Nome", "--series: say which series: --series NAME"),
        ("--as renamed --since 2024-07", "--series: say which series: --series NAME"),
        ("--as ended", "--series: say which series: --series NAME"),
        ("--as new --series West", "--series: say --as renamed or merged or shut or ended"),
        ("--as shut --series West --into Ouest", "--into: only what is renamed or merged"),
        ("--as renamed --series West --since soon", "--since: 'soon' is no month"),
        ("--as merged --series West --series West --into Ouest", "one series is renamed"),
        ("--as renmed", "'renmed' is no answer; like it: renamed"),
        ("--as renamed --series Wset --into Ouest", "'Wset' is no series of the record"),
    ],
)
def test_a_wrong_argument_changes_nothing_and_ends_as_2(tmp_path, monkeypatch, words, wrong):
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text(SETTINGS)
    Path("in").mkdir()
    deliver("2024-06", NAMES)
    deliver("2024-07", NAMES[:3], also={"Ouest": {"2024-07": visits("West", "2024-07")}})

    assert wrong in said("releases", "accept", "2", *words.split(), code=2)
    assert "quarantined" in said("releases", "list")
