"""What a person says of a series: kept in the ledger, dated, and told by pages, mail and tables."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP
from html import unescape
from pathlib import Path

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
NAMES = ("North", "South", "East", "West")


def visits(name: str, month: str) -> int:
    random = np.random.default_rng(months.to_index(month) * 5 + NAMES.index(name))
    return round(900 * random.gamma(300, 1 / 300))


def deliver(through: str, names: tuple[str, ...], lacking: str = "") -> None:
    lines = [
        f"{name},{month},{visits(name, month)}"
        for name in names
        for month in months.between("2020-01", through)
        if (name, month) != ("West", lacking)
    ]
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
    wrong = said("releases", "accept", "2", "--as", "ended", "--series", "Wset", code=3)
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


def test_a_mail_says_which_series_is_late_and_which_is_shut(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    taken, asked = Taken(), 'address = "ann@example.org", digest = true'
    with server(taken) as port:
        served = f'enabled = true\nhost = "{HOST}"\nport = {port}\nsecurity = "local"'
        notices = f'approval = "auto"\nquiet_months = true\nrecipients = [{{ {asked} }}]'
        more = f"{MAIL}{served}\n[notices]\n{notices}"
        Path("config.toml").write_text(own_counts.settings("2023-12", more))
        Path("in").mkdir()
        deliver("2024-06", NAMES)
        send("2024-06")
        deliver("2024-07", NAMES[:3])
        send("2024-07")
        said("releases", "accept", "2", "--as", "shut", "--series", "west")
        deliver("2024-08", NAMES[:3])
        send("2024-08")

    texts = [
        message_from_bytes(content, policy=SMTP).get_body(("plain",)).get_content()
        for _, content in taken.messages
    ]
    told = [re.findall(r"^West: .+(?=\r)", text, re.MULTILINE) for text in texts]
    assert told == [["West: Late"], ["West: Shut since July 2024"]]


def send(through: str) -> None:
    now = datetime.fromisoformat(f"{months.days_after(through, 10)}T01:00:00").astimezone(UTC)
    settings = config.load(Path("config.toml"))
    wakeup.deliver(Context.open(Path("bordercast.db").resolve(), settings), lambda: now)
