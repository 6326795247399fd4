"""What a keeper of many series sees: the most unusual by name, what is asked, thresholds once."""

from __future__ import annotations

from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from forecast import config, months
from forecast.context import Context
from jobs import monthly
from jobs.cli import main
from tests.support import own_counts
from tests.support.databases import rows

pytestmark = pytest.mark.slow

MORE = """
[mail]
sender = "Office <office@example.org>"
[[thresholds]]
series = "Clinic 3"
above = 10
chance = 0.5
[[thresholds]]
series = "Clinic 4"
above = 100000
"""
SETTINGS = own_counts.settings("2022-12", MORE)
FIRST, HELD, CLINICS = months.to_index("2018-01"), 66, 12


def counted() -> np.ndarray:
    """(clinics, months) visits, of which none is unusual."""
    random = np.random.default_rng(11)
    level = 40 * (1 + np.arange(CLINICS))[:, None]
    return np.round(level * random.gamma(80, 1 / 80, (CLINICS, HELD + 3)))


def take(visits: np.ndarray, length: int) -> str:
    """Deliver and run ten days after the last month; returns that month."""
    through = months.from_index(FIRST + length - 1)
    lines = [
        f"Clinic {clinic},{months.from_index(FIRST + at)},{int(visits[clinic, at])}"
        for clinic in range(CLINICS)
        for at in range(length)
    ]
    Path(f"in/{through}.csv").write_text("\n".join(("Clinic,Month,Visits", *lines, "")))
    now = datetime.fromisoformat(f"{months.days_after(through, 10)}T00:00:00").astimezone(UTC)
    settings = config.load(Path("config.toml"))
    monthly.run(Context.open(Path("bordercast.db").resolve(), settings), now=now)
    return through


def said(*words: str) -> str:
    return CliRunner().invoke(main, words).output


def front() -> str:
    assert said("site", "-o", "site") is not None
    return unescape(Path("site/index.html").read_text(encoding="utf-8"))


def test_the_front_page_names_who_needs_a_look_and_thresholds_are_told_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text(SETTINGS)
    Path("in").mkdir()
    visits = counted()
    visits[7, HELD + 1] = 0

    take(visits, HELD)
    listed = front().partition("Most unusual in June 2023")[2].partition("</ol>")[0]
    assert listed.count("<li>") == 5  # though nothing passes

    take(visits, HELD + 1)
    through = take(visits, HELD + 2)

    top = front().partition("Most unusual in August 2023")[2].partition("</li>")[0]
    assert "Clinic 7</a>, 0: far below" in top
    by_threshold = rows(
        Path("bordercast.db"),
        "select n.month, s.border, s.text from notices n join notice_sections s"
        " on s.notice_id = n.id where s.text like '%asked to be told%'",
    )
    assert [(month, total) for month, total, _ in by_threshold] == [("2023-07", "Clinic 3")]
    assert "above 10" in by_threshold[0][2] or "> 10" in by_threshold[0][2]

    (Path("in") / "odd.csv").write_text(
        Path(f"in/{through}.csv").read_text().replace("Clinic 5", "Clinic V")
    )
    said("ingest")
    assert "held until the operator answers: 'Clinic V' is new" in front()
    assert "held until it is answered: odd.csv: 'Clinic V' is new" in said("status")
