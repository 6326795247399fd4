"""Databases of every earlier schema come up to date, killed or not; newer ones are refused."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast.store import connect, ops
from jobs.cli import main
from tests.support import killed_migrations, publisher, small_record
from tests.support.databases import edit
from tests.support.every_command import CONNECTED, commands

NEWEST = len(connect.migrations())
# Those that read no record, replace it, or stop before it at what the settings lack.
WITHOUT = {"config", "forecast", "restore", "tidy", "notices test", "witness now"}
ASKS_OPS = {"fetch", "serve", "verify", "notices unsubscribe", "notices list"}


@pytest.fixture(scope="module")
def full(before, tmp_path_factory) -> Path:
    """The small record, with rows in both of its files; not to be changed."""
    path = small_record.copied(before, tmp_path_factory.mktemp("full"))
    bordercast(path, "verify")
    bordercast(path, "notices", "unsubscribe", "ann@example.org")
    return path


def bordercast(path: Path, *words: str):
    options = ["--config", str(path.with_name("config.toml")), "--db", str(path)]
    return CliRunner().invoke(main, [*options, *words])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bordercast.db", "ops.db"])
@pytest.mark.parametrize(
    ("first", "step"),
    [
        pytest.param(4, 1000, id="one each"),
        pytest.param(0, 1, marks=pytest.mark.faults, id="each statement"),
    ],
)
def test_a_migration_that_was_killed_is_resumed_with_all_rows(
    full, tmp_path, figure, name, first, step
):
    path = small_record.copied(full, tmp_path).with_name(name)
    here = str(small_record.ROOT)
    done = subprocess.run(
        [sys.executable, killed_migrations.__file__, path, str(first), str(step)],
        env={**os.environ, "PYTHONPATH": here}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = [json.loads(line) for line in done.stdout.splitlines()]

    versions = {one["version"] for one in found}
    figure("migration", len(found), schemas=len(versions), not_whole=_not_whole(found))
    # A database that has nothing yet is made whole, by no migration.
    assert versions - {0} == set(range(1, len(connect.migrations(killed_migrations.SCHEMAS[name]))))
    assert _not_whole(found) == 0
    if step == 1:
        assert len({(one["version"], one["between"]) for one in found}) > 2 * len(versions) - 2


def _not_whole(found: list[dict]) -> int:
    return sum(not one["whole"] for one in found)


EARLIER = Path(__file__).parent.parent / "earlier"


@pytest.fixture
def old(full, tmp_path) -> Path:
    """A folder like that of the small record, but for its database."""
    path = small_record.copied(full, tmp_path)
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    "version",
    [1, *(pytest.param(v, marks=pytest.mark.faults) for v in range(2, NEWEST - 1)), NEWEST - 1],
)
def test_an_older_database_is_read_after_the_next_run_and_not_before(full, old, version):
    # What a newer program has stated in its ledger cannot be unsaid: a record kept from then.
    packed = EARLIER / f"schema{version}.db.gz"
    if packed.exists() and version >= 16:
        old.write_bytes(gzip.decompress(packed.read_bytes()))
    else:
        killed_migrations.earlier(full, version, old)
    # What is only read may be verified without a run, but for tables of before there were vintages.
    verified = bordercast(old, "verify")
    early = [bordercast(old, *words) for words in (["show"], ["status"])]
    early += [verified] if version < connect.OLDEST_READ else []
    ran = bordercast(old, "run", "--no-bundle")
    late = [bordercast(old, *words) for words in (["show"], ["verify"], ["backup"])]

    assert verified.exit_code == (2 if version < connect.OLDEST_READ else 0), verified.output
    assert {one.exit_code for one in early} == {2}
    assert all("older bordercast" in one.stderr and "run" in one.stderr for one in early)
    assert ran.exit_code == 0, ran.output
    assert [one.exit_code for one in late] == [0, 0, 0], [one.output for one in late]


@pytest.mark.slow
def test_a_backup_of_the_schema_before_can_be_restored(full, old, tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    packed = EARLIER / f"schema{NEWEST - 1}.db.gz"  # see above
    (kept / full.name).write_bytes(gzip.decompress(packed.read_bytes()))

    restored = bordercast(old, "restore", str(kept))

    assert restored.exit_code == 0, restored.output
    assert bordercast(old, "run", "--no-bundle").exit_code == 0
    assert bordercast(old, "verify").exit_code == 0


@pytest.fixture
def connected(full, tmp_path) -> Iterator[Path]:
    """A copy whose settings name a publisher, who has nothing, and a mail server."""
    path = small_record.copied(full, tmp_path / "newer")
    with publisher.running() as site:
        site.list_files()
        with path.with_name("config.toml").open("a") as file:
            file.write(CONNECTED.format(index=site.index, port=publisher.closed_port()))
        yield path


@pytest.mark.slow
@pytest.mark.both
def test_every_command_refuses_a_newer_database_in_plain_words(connected, figure):
    path = connected
    asked = [
        words for words in commands(path.parent) if not {words[0], " ".join(words[:2])} & WITHOUT
    ]
    edit(path, "pragma user_version = 99")
    before = small_record.state(path)

    came = {" ".join(words): bordercast(path, *words) for words in asked}

    doctor, unsubscribed = came.pop("doctor"), came.pop("notices unsubscribe ann@example.org")
    wrong = {
        name: (one.exit_code, one.output)
        for name, one in came.items()
        if one.exit_code != (1 if name == "serve --once" else 2)
        or "written by a newer bordercast (schema 99" not in one.output
    }
    figure("newer database", len(came) + 1, not_refused=len(wrong))
    assert wrong == {}
    assert (doctor.exit_code, unsubscribed.exit_code) == (1, 0)  # says so; asks only ops.db
    assert "newer bordercast" in doctor.output
    assert small_record.state(path) == before


@pytest.mark.slow
def test_a_newer_ops_db_is_refused_in_plain_words_by_what_needs_it(connected):
    path = connected
    edit(ops.ops_path(path), "pragma user_version = 99")
    asked = [
        words
        for words in commands(path.parent)
        if {words[0], " ".join(words[:2])} & ASKS_OPS
    ]  # fmt: skip

    came = {" ".join(words): bordercast(path, *words) for words in asked}

    assert len(came) == len(ASKS_OPS)
    assert {
        name: (one.exit_code, one.output)
        for name, one in came.items()
        if one.exit_code not in (1, 2) or "newer bordercast" not in one.output
    } == {}


def test_earlier_databases_have_the_rows_of_their_time(full, tmp_path):
    path = killed_migrations.earlier(full, 3, tmp_path / "three.db")

    with closing(sqlite3.connect(path)) as db:
        count = db.execute("select count(*) from forecasts").fetchone()[0]
        assert db.execute("pragma user_version").fetchone() == (3,)
        assert "episodes" not in killed_migrations.tables(db)
    assert count > 50
