"""Records of earlier programs: opened, brought up to date, run and verified; see tests/earlier."""

from __future__ import annotations

import gzip
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import publisher
import pytest
from click.testing import CliRunner
from tables import rows

from forecast import config
from forecast.store import connect
from jobs import monthly
from jobs.cli import main

EARLIER = Path(__file__).parent / "earlier"
FIRST_YEAR = 2021
NOW = datetime(2024, 5, 17, 12, tzinfo=UTC)


@pytest.fixture(params=[8])
def earlier(request, tmp_path) -> Path:
    """The record of an earlier schema, with its ops.db and settings beside it."""
    path = tmp_path / "bordercast.db"
    for name, to in ((".db", path.name), ("-ops.db", "ops.db")):
        packed = EARLIER / f"schema{request.param}{name}.gz"
        (tmp_path / to).write_bytes(gzip.decompress(packed.read_bytes()))
    shutil.copy(EARLIER / f"schema{request.param}.toml", tmp_path / "config.toml")
    return path


def bordercast(path: Path, *words: str):
    options = ["--config", str(path.with_name("config.toml")), "--db", str(path)]
    return CliRunner().invoke(main, [*options, *words])


def run(path: Path) -> int | None:
    """The month's work on a file of April, of what was published before to the unit."""
    moved = {
        ("2024-01", "southwest"): 900,
        ("2024-02", "northern"): 300,
        ("2024-03", "southwest"): 1500,
    }
    file = path.parent / "inbox" / publisher.file_name("2024-04", first=FIRST_YEAR)
    file.parent.mkdir()
    file.write_bytes(publisher.file_bytes("2024-04", first=FIRST_YEAR, moved=moved))
    os.utime(file, (NOW.timestamp(),) * 2)
    settings = config.load(path.with_name("config.toml"))
    return monthly.run(path, settings, now=NOW, with_bundle=False).run_id


def test_a_record_of_an_earlier_schema_is_opened_run_and_verified(earlier):
    before = rows(earlier, "select id, data_through, digest from runs order by id")

    assert run(earlier) == 6

    verified = bordercast(earlier, "verify")
    assert verified.exit_code == 0, verified.output
    assert bordercast(earlier, "backup", "--drill").exit_code == 0
    assert rows(earlier, "select id, data_through, digest from runs order by id")[:5] == before
    assert rows(earlier, "pragma user_version") == [(len(connect.migrations()),)]
