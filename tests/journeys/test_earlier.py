"""Records of earlier programs: opened, brought up to date, run and verified; see tests/earlier."""

from __future__ import annotations

import gzip
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

import forecast
from forecast import config
from forecast.context import Context
from forecast.store import connect, integrity, ledger, notices, queries, schema
from jobs import monthly
from jobs.cli import main
from jobs.deliver import approve
from jobs.witness import attest
from tests.support import publisher
from tests.support.databases import edit, rows, written
from tests.support.ledger_attacks import ATTACKS
from tests.support.notice_words import word

EARLIER = Path(__file__).parents[1] / "earlier"
RECORDS = sorted(
    file.name.removesuffix(".db.gz")
    for file in EARLIER.glob("*.db.gz")
    if not file.name.endswith("-ops.db.gz")
)
FIRST_YEAR = 2021
NOW = datetime(2024, 5, 17, 12, tzinfo=UTC)


@pytest.fixture
def earlier(tmp_path) -> Path:
    """The record of schema 8, whose digests did not cover all that was said."""
    return unpacked("schema8", tmp_path)


def unpacked(name: str, tmp_path: Path) -> Path:
    """A record, with its ops.db and settings beside it, and what its proofs are checked with."""
    path = tmp_path / "bordercast.db"
    for kind, to in ((".db", path.name), ("-ops.db", "ops.db")):
        packed = EARLIER / f"{name}{kind}.gz"
        (tmp_path / to).write_bytes(gzip.decompress(packed.read_bytes()))
    shutil.copy(EARLIER / f"{name}.toml", tmp_path / "config.toml")
    bundle = EARLIER / f"{name}-witness.bundle"
    if bundle.exists():
        shutil.copy(EARLIER / f"{name}-authority.pem", tmp_path / "authority.pem")
        clone = ("git", "clone", "-q", "-b", "main", bundle, attest.clone(path))
        subprocess.run(list(map(str, clone)), check=True)
    return path


def bordercast(path: Path, *words: str):
    options = ["--config", str(path.with_name("config.toml")), "--db", str(path)]
    return CliRunner().invoke(main, [*options, *words])


MOVED = {
    ("2024-01", "southwest"): 900,
    ("2024-02", "northern"): 300,
    ("2024-03", "southwest"): 1500,
}


def run(path: Path, through: str = "2024-04", now: datetime = NOW) -> int | None:
    """The month's work on a file, of what was published before to the unit."""
    drop(path, through, MOVED)
    settings = config.load(path.with_name("config.toml"))
    return monthly.run(Context.open(path, settings), now=now, with_bundle=False).run_id


def drop(path: Path, through: str, moved: dict[tuple[str, str], int]) -> Path:
    """Put a file into the inbox, as if it had lain there for a while."""
    file = path.parent / "inbox" / publisher.file_name(through, first=FIRST_YEAR)
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(publisher.file_bytes(through, first=FIRST_YEAR, moved=moved))
    os.utime(file, (NOW.timestamp(),) * 2)
    return file


def verify(path: Path, run_id: int, digest: str):
    return bordercast(path, "verify", "--run", str(run_id), "--digest", digest)


def test_verify_takes_no_view_at_its_word_that_no_ledger_states(earlier):
    stands = "select max(id) from runs where id not in (select run_id from withdrawals)"
    ((last, digest),) = rows(earlier, f"select id, digest from runs where id = ({stands})")
    forged = "select 99 as id, '2024' as published_at, '2024-03' as data_through, 'f0' as digest"
    for change in ("drop view latest_run", f"create view latest_run as {forged}"):
        edit(earlier, change)

        verified = bordercast(earlier, "verify")

        assert verified.exit_code == 0, verified.output
        assert f"Run {last}, digest {digest}" in verified.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", RECORDS)
def test_a_record_of_an_earlier_program_is_opened_run_and_verified(name, tmp_path):
    earlier = unpacked(name, tmp_path)
    before = rows(earlier, "select id, data_through, digest from runs order by id")
    ((schema,),) = rows(earlier, "pragma user_version")

    if schema < len(connect.migrations()):
        assert bordercast(earlier, "show").exit_code == 2  # older: not guessed at
        assert len(forecast.open(earlier).latest("northern")) > 1  # a copy that analysts keep
    assert run(earlier) == len(before) + 1

    verified = bordercast(earlier, "verify")
    assert verified.exit_code == 0, verified.output
    assert bordercast(earlier, "backup", "--drill").exit_code == 0
    after = rows(earlier, "select id, data_through, digest from runs order by id")
    assert after[: len(before)] == before
    assert rows(earlier, "pragma user_version") == [(len(connect.migrations()),)]


@pytest.mark.parametrize("name", RECORDS)
def test_tables_of_an_earlier_program_are_those_of_its_migrations_then_and_now(name, tmp_path):
    path = tmp_path / "bordercast.db"
    path.write_bytes(gzip.decompress((EARLIER / f"{name}.db.gz").read_bytes()))
    with closing(sqlite3.connect(path)) as db:
        (version,) = db.execute("pragma user_version").fetchone()
        assert list(schema.findings(db, version)) == []
        assert integrity.findings(db) == []  # as a backup of then is looked at
        stated = ledger.entries(db) if queries.has(db, "entries") else []
        connect.migrate(db, path)

        assert list(schema.findings(db, len(connect.migrations()))) == []
        assert integrity.at_sight(db) == []  # before the next entry states them
        if stated:
            db.execute("update hindcasts set median = 0")
            assert integrity.at_sight(db) == ["hindcasts: edited, but not by this program"]


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


# --- the record of 1.0.0: a notice approved and its mail unsent, proofs of three witnesses


@pytest.fixture
def released(tmp_path) -> Path:
    return unpacked("1.0.0", tmp_path)


@pytest.mark.slow
def test_a_digest_that_1_0_0_quoted_holds_whatever_lawful_comes_after(released):
    """A file accepted after all, a notice approved, a run withdrawn, and five later runs."""
    quoted = rows(
        released, "select run_id, digest from entries where run_id is not null order by id"
    )
    for month in range(4, 9):
        moment = datetime(2024, month + 1, 17, 12, tzinfo=UTC)
        assert run(released, f"2024-{month:02}", moment) == month + 2
    ((held, created),) = rows(
        released, "select max(id), created_at from notices where state = 'held'"
    )
    with closing(connect.read(released)) as connection:
        content = notices.content(connection, held)
    approve.approve(
        released,
        held,
        word("Ann Lee", "root", content),
        datetime.fromisoformat(created),
    )
    file = drop(released, "2024-09", {**MOVED, ("2024-05", "southwest"): 90_000})
    refused = bordercast(released, "run", "--no-bundle", str(file))
    ((release,),) = rows(released, "select max(id) from releases where status = 'quarantined'")
    accepted = bordercast(released, "releases", "accept", str(release), "--why", "it is so")
    assert accepted.exit_code == 0, f"{refused.output}{accepted.output}"
    withdrawn = bordercast(released, "withdraw", "6", "--why", "a draft", "--by", "Bob")
    assert withdrawn.exit_code == 0, withdrawn.output

    answers = [verify(released, run_id, digest) for run_id, digest in quoted]

    assert [answer.exit_code for answer in answers] == [0] * len(quoted), answers[0].output
    for said in ("run 10", "run 6 withdrawn", f"release {release} accepted", "approved", "tables"):
        assert said in answers[0].output
    whole = bordercast(released, "verify", "--witnesses")
    assert whole.exit_code == 0, whole.output


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory) -> Path:
    """The same, brought up to date; not to be changed."""
    path = unpacked("1.0.0", tmp_path_factory.mktemp("upgraded"))
    with connect.writing(path) as db, connect.transaction(db):
        ledger.state(db, "schema")
    return path


@pytest.mark.slow
def test_a_record_of_1_0_0_is_the_same_after_the_upgrade(upgraded, tmp_path):
    path = Path(shutil.copytree(upgraded.parent, tmp_path / "copy")) / upgraded.name

    whole, shown = bordercast(path, "verify", "--witnesses"), bordercast(path, "show")

    assert (whole.exit_code, shown.exit_code) == (0, 0), whole.output
    assert "Run 5: committed to" in whole.output
    assert "a signature does not say when" in whole.output  # of run 2, whose month came since


@pytest.mark.slow
@pytest.mark.parametrize("what", ATTACKS)
def test_a_record_rewritten_by_adding_is_neither_verified_shown_sent_nor_witnessed(
    upgraded, tmp_path, what
):
    path = Path(shutil.copytree(upgraded.parent, tmp_path / "copy")) / upgraded.name
    ((run_id, digest),) = rows(path, "select run_id, digest from entries where id = 17")
    statements, (kind, subject, keys), _ = ATTACKS[what]
    with connect.writing(path) as db, connect.transaction(db):
        for statement in statements:
            db.execute(statement)
        ledger.add(db, kind, subject, keys)

    for words in (("show",), ("notices", "send"), ("witness", "now"), ("run", "--no-bundle")):
        answer = bordercast(path, *words)
        assert answer.exit_code == 1, (words, answer.output)
    quoted = ("--run", str(run_id), "--digest", digest)
    for words in ((), quoted, ("--witnesses",), ("--repository", str(attest.clone(path)))):
        answer = bordercast(path, "verify", *words)
        assert answer.exit_code == 1, (words, answer.output)
        assert " of the ledger (" in answer.output


# --- verifying only reads


def as_reader(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    """A command of a user who may read a folder and write nothing there."""
    for each in (folder, *folder.rglob("*")):
        each.chmod(0o555 if each.is_dir() else 0o444)
    path = folder / "bordercast.db"
    options = ["--config", str(path.with_name("config.toml")), "--db", str(path)]
    # Root may write anywhere, unless it gives that up.
    bare = ("setpriv", "--inh-caps=-all", "--bounding-set=-all") if os.geteuid() == 0 else ()
    command = [*bare, sys.executable, "-c", "from jobs.cli import main; main()", *options, *words]
    where = Path(__file__).parents[2]
    return subprocess.run(command, capture_output=True, cwd=where, check=False)


def contents(folder: Path) -> dict[str, bytes]:
    files = (each for each in folder.rglob("*") if each.is_file())
    return {str(each.relative_to(folder)): each.read_bytes() for each in files}


@pytest.mark.slow
@pytest.mark.parametrize("name", RECORDS)
def test_a_record_of_an_earlier_program_is_verified_as_it_is_by_one_who_may_only_read(
    name, tmp_path
):
    folder = tmp_path / "record"
    folder.mkdir()
    path = unpacked(name, folder)
    ((run_id, digest),) = rows(path, "select id, digest from runs order by id desc limit 1")
    ((schema,),) = rows(path, "pragma user_version")
    before = contents(folder)

    for words in ((), ("--run", str(run_id), "--digest", digest)):
        assert (said := bordercast(path, "verify", *words)).exit_code == 0, said.output
        after = contents(folder)
        if schema == len(connect.migrations()):  # today's: ops.db keeps that it was verified
            for name in ("ops.db", "ops.db.lock"):
                before[name] = after[name]
        assert after == before
    words = ("--witnesses",) if (folder / "authority.pem").exists() else ()
    read = as_reader(folder, "verify", *words)

    assert read.returncode == 0, read.stdout + read.stderr
    assert b"The record fits its digests" in read.stdout
    assert contents(folder) == before
    for each in (folder, *folder.iterdir()):
        each.chmod(0o755)
    edit(path, "update forecasts set median = lo50 where run_id = 5")
    assert as_reader(folder, "verify").returncode == 1


@pytest.mark.slow
def test_a_record_of_today_is_verified_on_a_disk_that_cannot_be_written(tmp_path):
    folder = tmp_path / "record"
    folder.mkdir()
    path = unpacked("schema20", folder)
    run(path)
    before = contents(folder)

    for words in (("verify",), ("show",), ("status",)):
        read = as_reader(folder, *words)
        assert read.returncode in ((0,) if words != ("status",) else (0, 4)), read.stderr
    assert contents(folder) == before
