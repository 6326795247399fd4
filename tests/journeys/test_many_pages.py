"""Many series as pages: each is answered by the server, and a month more adds few files."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
import pytest
from click.testing import CliRunner

from forecast import config, months
from forecast.context import Context
from jobs import monthly
from jobs.cli import main
from jobs.service import upkeep
from tests.support import own_counts

pytestmark = pytest.mark.slow

SETTINGS = own_counts.settings("2023-04")
CLINICS, HELD, FIRST = 200, 30, months.to_index("2021-01")
NEW_FILES = 10  # the pages kept of the run, and a delivery's own; none for each clinic


def take(length: int) -> None:
    """Deliver so many months, run ten days after the last, write the pages."""
    random = np.random.default_rng(4)
    visits = random.poisson(random.uniform(20, 400, (CLINICS, 1)), (CLINICS, HELD + 1))
    rows = [
        f"Clinic {clinic:04},{months.from_index(FIRST + at)},{visits[clinic, at]}"
        for clinic in range(CLINICS)
        for at in range(length)
    ]
    through = months.from_index(FIRST + length - 1)
    Path(f"in/{through}.csv").write_text("\n".join(("Clinic,Month,Visits", *rows, "")))
    now = datetime.fromisoformat(f"{months.days_after(through, 10)}T00:00:00").astimezone(UTC)
    context = Context.open(Path("bordercast.db").resolve(), config.load(Path("config.toml")))
    monthly.run(context, now=now)
    upkeep.write_snapshot(context.path, context.config)
    assert CliRunner().invoke(main, ["site"]).exit_code == 0


def files() -> set[Path]:
    return {path for path in Path("site").rglob("*") if path.is_file()}


def test_each_page_is_answered_and_a_month_adds_few_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text(SETTINGS)
    Path("in").mkdir()
    take(HELD)
    first, then = files(), Path("site/counts/clinic-0150/index.html").read_bytes()
    take(HELD + 1)
    assert len(files() - first) <= NEW_FILES
    pages = sorted(p.parent.relative_to("site") for p in files() if p.name == "index.html")
    told = {str(page) for page in pages}
    assert told >= {f"{of}/clinic-{n:04}" for of in ("counts", "fact") for n in range(CLINICS)}

    command = [sys.executable, "-m", "jobs", "web", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as server:
        try:
            told = iter(server.stdout.readline, "")
            address = next(m[0] for m in (re.search(r"http://[^ ]+", said) for said in told) if m)
            with httpx.Client(base_url=address, timeout=60) as client:
                for page in pages:
                    assert client.get(f"/{page}/").status_code == 200, page
                kept = client.get("/as-of/1/counts/clinic-0150/")
                assert kept.content == then
                assert client.get("/as-of/2/fact/clinic-0199/").status_code == 200
        finally:
            server.terminate()
