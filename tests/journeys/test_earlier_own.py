"""A record of own counts of before contracts: it gains one and is asked nothing."""

from __future__ import annotations

import gzip
import json
import math
import shutil
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast import config
from forecast.context import Context
from forecast.store import connect, integrity
from jobs import monthly
from jobs.cli import main

pytestmark = pytest.mark.slow

OWN = Path(__file__).parents[1] / "earlier" / "own"
NAMES, HELD = ("North", "South", "East"), 40


def visits(name: str, month: int) -> int:
    """The counts that the record was made of, by 406b2f93."""
    place = NAMES.index(name)
    season = 1 + 0.1 * math.sin(month / 2)
    return round((300 + 200 * place) * season + (month * 37 + place * 11) % 23)


def deliver(length: int, times: float = 1) -> list[str]:
    """Deliver and run ten days after the last month; returns what came of it."""
    lines = [
        f"{name},{2020 + month // 12}-{month % 12 + 1:02},{visits(name, month) * times:.0f}"
        for name in NAMES
        for month in range(length)
    ]
    Path(f"in/{length}.csv").write_text("\n".join(("Clinic,Month,Visits", *lines, "")))
    now = datetime(2020 + length // 12, length % 12 + 1, 11, tzinfo=UTC)
    context = Context.open(Path("bordercast.db").resolve(), config.load(Path("config.toml")))
    taken = monthly.run(context, now=now).taken
    return [one.outcome + one.reason for one in taken if one.file_name == f"{length}.csv"]


def test_a_record_of_before_contracts_gains_one_and_its_digests_hold(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    Path("bordercast.db").write_bytes(gzip.decompress((OWN / "schema21.db.gz").read_bytes()))
    shutil.copy(OWN / "schema21.toml", "config.toml")
    with closing(connect.read(Path("bordercast.db"))) as db:
        entries = dict(db.execute("select id, digest from entries").fetchall())

    assert deliver(HELD + 1) == ["accepted"]

    with closing(connect.read(Path("bordercast.db"))) as db:
        assert integrity.findings(db) == []
        kept = dict(db.execute("select id, digest from entries").fetchall())
        assert entries.items() < kept.items()  # what was quoted of it stands
        (words,) = db.execute("select source from wordings order by id desc limit 1").fetchone()
    assert json.loads(words)["agreed"]["header"] == ["Clinic", "Visits"]
    assert "fits its digests" in CliRunner().invoke(main, ["verify"]).output
    (held,) = deliver(HELD + 2, times=1000)  # and from now on it is held against it
    assert "unit changed" in held
