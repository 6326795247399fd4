"""Records of earlier programs: opened, brought up to date, run and verified; see tests/earlier."""

from __future__ import annotations

import gzip
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import publisher
import pytest
from click.testing import CliRunner
from tables import rows, written

from forecast import config
from forecast.store import connect
from jobs import monthly
from jobs.cli import main

EARLIER = Path(__file__).parent / "earlier"
SCHEMAS = sorted(
    int(file.name[len("schema") : -len(".db.gz")])
    for file in EARLIER.glob("schema*.db.gz")
    if "ops" not in file.name
)
FIRST_YEAR = 2021
NOW = datetime(2024, 5, 17, 12, tzinfo=UTC)


@pytest.fixture
def earlier(tmp_path) -> Path:
    """The record of schema 8, whose digests did not cover all that was said."""
    return unpacked(8, tmp_path)


def unpacked(schema: int, tmp_path: Path) -> Path:
    """The record of a schema, with its ops.db and settings beside it."""
    path = tmp_path / "bordercast.db"
    for name, to in ((".db", path.name), ("-ops.db", "ops.db")):
        packed = EARLIER / f"schema{schema}{name}.gz"
        (tmp_path / to).write_bytes(gzip.decompress(packed.read_bytes()))
    shutil.copy(EARLIER / f"schema{schema}.toml", tmp_path / "config.toml")
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


def verify(path: Path, run_id: int, digest: str):
    return bordercast(path, "verify", "--run", str(run_id), "--digest", digest)


@pytest.mark.slow
@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_record_of_an_earlier_schema_is_opened_run_and_verified(schema, tmp_path):
    earlier = unpacked(schema, tmp_path)
    before = rows(earlier, "select id, data_through, digest from runs order by id")

    if schema < len(connect.migrations()):
        assert bordercast(earlier, "show").exit_code == 2  # older: not guessed at
    assert run(earlier) == len(before) + 1

    verified = bordercast(earlier, "verify")
    assert verified.exit_code == 0, verified.output
    assert bordercast(earlier, "backup", "--drill").exit_code == 0
    after = rows(earlier, "select id, data_through, digest from runs order by id")
    assert after[: len(before)] == before
    assert rows(earlier, "pragma user_version") == [(len(connect.migrations()),)]


def test_going_back_to_an_older_program_is_refused_in_words(earlier):
    newer = len(connect.migrations()) + 1
    with closing(sqlite3.connect(earlier)) as db:
        db.execute(f"pragma user_version = {newer}")

    for command in ("show", "run", "verify"):
        said = bordercast(earlier, command)
        assert said.exit_code == 2
        assert "newer bordercast" in said.output
        assert "restore the backup made before the upgrade" in said.output
    assert rows(earlier, "pragma user_version") == [(newer,)]


@pytest.mark.slow
def test_a_digest_quoted_before_is_checked_under_its_own_scheme(earlier):
    digests = dict(rows(earlier, "select id, digest from runs"))
    run(earlier)

    answers = [verify(earlier, n, digests[n]) for n in range(1, 6)]

    assert [answer.exit_code for answer in answers] == [0] * 5, answers[0].output
    assert all("scheme 1" in answer.output for answer in answers)
    assert all("does not cover judgments, flags" in answer.output for answer in answers)
    ((newest, scheme),) = rows(earlier, "select digest, scheme from runs where id = 6")
    assert scheme == 2
    assert "scheme 2" in verify(earlier, 6, newest).output.lower()


@pytest.mark.slow
@pytest.mark.parametrize(
    "forged",
    [
        "update forecasts set median = lo50 where run_id = 2 and model = 'bordercast'",
        "delete from quantiles where run_id = 1 and prob_permille = 10",
    ],
)
def test_an_old_run_rewritten_with_its_chain_does_not_have_the_digest_quoted_before(
    earlier, forged
):
    ((quoted,),) = rows(earlier, "select digest from runs where id = 3")
    run(earlier)
    assert written(earlier, forged) > 0

    alone, answer = bordercast(earlier, "verify"), verify(earlier, 3, quoted)

    assert alone.exit_code == 0, alone.output
    assert answer.exit_code == 1
    assert "scheme 1" in answer.output


@pytest.mark.slow
def test_what_earlier_programs_said_cannot_be_rewritten_after_the_upgrade(earlier):
    run(earlier)
    ((first,),) = rows(earlier, "select digest from entries order by id limit 1")
    assert verify(earlier, 5, first).exit_code == 0
    written(earlier, "update judgements set p = 0.5 where month = '2023-12'")
    written(earlier, "update notices set approved_by = 'Nobody' where id = 1")

    answer = verify(earlier, 5, first)

    assert answer.exit_code == 1
