"""A record rewritten with all its digests, and what witnesses say; witnesses that cannot be had."""

from __future__ import annotations

import base64
import html
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast import months
from forecast.config import parse
from forecast.context import Context
from forecast.desk.site import build
from forecast.errors import WitnessError
from forecast.store import connect, witnesses
from forecast.store.witnesses import WitnessedEntry
from jobs.cli import main
from jobs.service import health
from jobs.witness import attest, signer, timestamps
from tests.support import small_record, timestamp_authority
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import edit, forge, rows, written
from tests.support.forged_statements import MEDIANS, SAID

FORGERIES = {"medians and chain": MEDIANS, "all that was said": SAID}
RECUT = {
    "an entry removed": [
        "delete from entries where kind = 'written' and subject = 'notice 1'",
        "update entries set id = id - 1 where id > 6",
    ],
    "entries in another order": [
        "update entries set id = -id where id in (2, 3)",
        "update entries set id = 5 + id where id < 0",
    ],
}
SIGNER = [sys.executable, "-m", "jobs.witness.signer"]
DOWN = "http://127.0.0.1:1/"


def ran(*command: object, given: bytes = b"", where: Path | None = None) -> str:
    done = subprocess.run(list(map(str, command)), input=given, capture_output=True, cwd=where)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.fixture(scope="module")
def outside(tmp_path_factory) -> Path:
    """A signer's key, an authority, a repository; not to be changed."""
    folder = tmp_path_factory.mktemp("outside")
    ran("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", folder / "key")
    timestamp_authority.make(folder / "authority")
    ran("git", "init", "-q", "--bare", "-b", "main", folder / "repository.git")
    return folder


def settings(outside: Path, *kinds: str, address: str = DOWN) -> str:
    """Of these witnesses."""
    signer = [*SIGNER, "--key", str(outside / "key")]
    lines = {
        "signature": f"sign = {signer!r}\npublic_keys = [{(outside / 'key.pub').read_text()!r}]",
        "time stamp": f'authority = "{address}"\n'
        f'authority_certificates = "{outside}/authority/root.pem"',
        "git": f'repository = "{outside}/repository.git"',
    }
    return small_record.SETTINGS + "\n[witness]\n" + "\n".join(lines[kind] for kind in kinds) + "\n"


@contextmanager
def own(outside: Path, folder: Path):
    """Witnesses of a test's own, to spoil: their folder and the authority's address."""
    mine = Path(shutil.copytree(outside, folder / "outside"))
    with timestamp_authority.serving(mine / "authority") as address:
        yield mine, address


def bordercast(path: Path, *words: str):
    options = ["--config", str(path.with_name("config.toml")), "--db", str(path)]
    return CliRunner().invoke(main, [*options, *words])


def asked(path: Path, now: datetime | None = None, again: bool = True) -> dict[str, str]:
    return attest.attest(path, small_record.settings(path), now or datetime.now(UTC), again=again)


KINDS = ("signature", "time stamp", "git")


@pytest.fixture(scope="module")
def witnessed(after, outside, tmp_path_factory) -> tuple[Path, Path]:
    """(database, outside) of a record whose run and approval all witnesses saw."""
    path = small_record.copied(after, tmp_path_factory.mktemp("witnessed"))
    with own(outside, path.parent) as (mine, address):
        path.with_name("config.toml").write_text(settings(mine, *KINDS, address=address))
        assert asked(path) == dict.fromkeys(KINDS, "")
        small_record.approve(path, 2, "Ann Lee")
        assert asked(path) == dict.fromkeys(KINDS, "")
    return path, mine


@pytest.fixture
def copy(witnessed, tmp_path) -> Path:
    return small_record.copied(witnessed[0], tmp_path / "copy")


@pytest.mark.slow
def test_what_was_seen_is_confirmed_without_a_network(witnessed):
    answer = bordercast(witnessed[0], "verify", "--witnesses")

    assert answer.exit_code == 0, answer.output
    for said in ("signed by key ssh-ed25519 AAAA", "time-stamped by CN=Authority", "committed to"):
        assert answer.output.count(f"Run 3: {said}") == 2
    assert answer.output.count("CBP has not published March 2024 yet.") == 6
    assert asked(witnessed[0]) == {}


@pytest.fixture(scope="module")
def later(outside, tmp_path_factory) -> Path:
    """A record of these days: what a run forecast was seen, then published a month later."""
    path = tmp_path_factory.mktemp("later") / small_record.NAME
    now = datetime.now(UTC)
    this_month = f"{now:%Y-%m}"
    with own(outside, path.parent) as (mine, address):
        path.with_name("config.toml").write_text(settings(mine, *KINDS, address=address))
        small_record.drop(path.parent, months.shift(this_month, -1), {})
        assert small_record.run(path, now) == 1
        assert asked(path, now) == dict.fromkeys(KINDS, "")
    small_record.drop(path.parent, this_month, {})
    published = datetime.fromisoformat(f"{months.shift(this_month, 1)}-16T12:00+00:00")
    assert small_record.run(path, published) == 2
    return path


IN_TIME = re.compile(
    r"Run 1: (signed by key \S+ \S+; a signature does not say when\.|"
    r"time-stamped(?=[^<]+?, \d\d days before CBP published)|"
    r"committed(?=[^<]+?; a commit shows the order, and not when\.))"
)


def acts(text: str) -> list[str]:
    """By which acts a run is said to have been seen, and where the proof says when, in time."""
    return sorted(act.split()[0] for act in IN_TIME.findall(" ".join(html.unescape(text).split())))


ALL_ACTS = ["committed", "signed", "time-stamped"]


@pytest.mark.slow
def test_in_a_later_month_the_proofs_stand_and_say_seen_before(later):
    answer, score = bordercast(later, "verify", "--witnesses"), bordercast(later, "score")

    assert answer.exit_code == 0, answer.output
    assert acts(answer.output) == ALL_ACTS
    assert "Outsiders saw 1 of 1 runs before CBP published" in " ".join(score.output.split())


@pytest.mark.slow
def test_in_a_later_month_a_rewritten_forecast_is_still_named(later, tmp_path):
    copy = small_record.copied(later, tmp_path / "copy")
    assert written(copy, MEDIANS[0].replace("run_id = 3", "run_id = 1")) > 0

    answer = bordercast(copy, "verify", "--witnesses")

    assert answer.exit_code == 1
    for kind in KINDS:
        assert f"{kind} of run 1: the record was rewritten since" in answer.output


@pytest.mark.slow
def test_the_page_and_its_accuracy_say_who_saw_the_record_in_time(later, tmp_path):
    with connect.moment(later) as connection:
        build.write(connection, tmp_path / "site", date(2024, 4, 20), ENCOUNTERS)
    front = (tmp_path / "site" / "index.html").read_text()
    accuracy = (tmp_path / "site" / "accuracy" / "index.html").read_text()

    assert acts(front) == acts(accuracy) == ALL_ACTS
    assert "Outsiders saw 1 of 1 runs before CBP published the first month" in accuracy


@pytest.mark.slow
def test_a_page_without_witnesses_speaks_of_none(after, tmp_path):
    with connect.moment(after) as connection:
        build.write(connection, tmp_path / "site", date(2024, 3, 20), ENCOUNTERS)
    accuracy = (tmp_path / "site" / "accuracy" / "index.html").read_text()

    assert "Outsiders" not in accuracy
    assert "signed by" not in accuracy


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("what", FORGERIES)
def test_a_record_rewritten_with_its_digests_is_named_by_each_witness(witnessed, copy, what, kind):
    edit(copy, f"delete from witness_proofs where witness <> '{kind}'")
    if kind != "git":
        shutil.rmtree(attest.clone(copy))
    for statement in FORGERIES[what]:
        assert written(copy, statement) > 0

    alone, answer = bordercast(copy, "verify"), bordercast(copy, "verify", "--witnesses")

    assert alone.exit_code == 0, alone.output
    assert answer.exit_code == 1
    assert f"{kind} of run 3: the record was rewritten since" in answer.output


@pytest.mark.parametrize("what", RECUT)
def test_a_ledger_with_an_entry_less_or_in_another_order_is_named_by_each_witness(copy, what):
    for statement in RECUT[what]:
        assert written(copy, statement) > 0

    answer = bordercast(copy, "verify", "--witnesses")

    assert answer.exit_code == 1
    for kind in KINDS:
        assert f"{kind} of run 3: the record was rewritten since" in answer.output


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("what", FORGERIES)
def test_a_forger_who_also_writes_the_proofs_anew_is_named(witnessed, copy, what, kind):
    edit(copy, f"delete from witness_proofs where witness <> '{kind}'")
    for statement in FORGERIES[what]:
        assert written(copy, statement) > 0
    with connect.writing(copy) as db:
        for entry, statement in witnesses.statements(db).items():
            db.execute(
                "update witness_proofs set statement = ? where entry_id = ?",
                (str(statement), entry),
            )
        forge(db)

    answer = bordercast(copy, "verify", "--witnesses")

    assert bordercast(copy, "verify").exit_code == 0
    assert answer.exit_code == 1
    wrong = {
        "signature": "the signature is not of this statement",
        "time stamp": "the stamp is of another text than this statement",
        "git": "does not have the line of this statement",
    }
    assert wrong[kind] in answer.output


def test_the_repository_alone_names_a_record_whose_proofs_were_deleted(witnessed, copy, tmp_path):
    edit(copy, "delete from witness_proofs")
    shutil.rmtree(attest.clone(copy))
    assert written(copy, MEDIANS[0]) > 0
    ran("git", "clone", "-q", witnessed[1] / "repository.git", tmp_path / "mine")

    answer = bordercast(copy, "verify", "--repository", str(tmp_path / "mine"))

    assert answer.exit_code == 1
    assert "git, line of entry" in answer.output
    assert "the record was rewritten" in answer.output


def test_others_check_the_exported_proofs_with_their_own_tools(witnessed, tmp_path):
    path, mine = witnessed
    folder = tmp_path / "proofs"

    answer = bordercast(path, "witness", "export", str(folder))

    assert answer.exit_code == 0, answer.output
    statements = sorted(folder.glob("entry-*.txt"))
    assert len(statements) == 2
    for statement in statements:
        verify = f"ssh-keygen -Y verify -f {folder}/allowed_signers -I bordercast -n bordercast"
        signature = statement.with_suffix(".sig")
        said = ran(*verify.split(), "-s", signature, given=statement.read_bytes())
        assert said.startswith('Good "bordercast" signature')
        stamp, trusted = statement.with_suffix(".tsr"), folder / "authority.pem"
        ran("openssl", "ts", "-verify", "-data", statement, "-in", stamp, "-CAfile", trusted)
        commit = statement.with_suffix(".commit").read_text()
        git = ("git", "-C", mine / "repository.git", "show")
        assert statement.read_text() in ran(*git, f"{commit}:bordercast.txt")


def test_a_proof_names_its_key_without_whose_it_is(after, outside, tmp_path):
    path = small_record.copied(after, tmp_path / "copy")
    key = (outside / "key.pub").read_text().strip()
    text = settings(outside, "signature").replace(f"{key} ", f"{key} ann@example.org")
    path.with_name("config.toml").write_text(text)

    assert "ann@example.org" in text
    assert asked(path) == {"signature": ""}
    assert rows(path, "select distinct seen_by from witness_proofs") == [(key,)]


def unusable(key: str) -> str:
    """The same private key, as if by a cipher that nobody knows."""
    first, *lines, last = key.strip().splitlines()
    plain = base64.b64decode("".join(lines)).replace(
        b"\x00\x00\x00\x04none", b"\x00\x00\x00\x04nine"
    )
    return "\n".join([first, base64.b64encode(plain).decode(), last, ""])


@pytest.mark.parametrize("change", [unusable, lambda key: key[:60], lambda _: ""])
def test_a_key_that_cannot_be_used_is_said_in_words(outside, tmp_path, change):
    (tmp_path / "key").write_text(change((outside / "key").read_text()))
    line = WitnessedEntry(1, 1, "2026-09", "0" * 64).line()

    with pytest.raises(WitnessError, match="no key without a password"):
        signer.signed(line, tmp_path / "key", tmp_path / "log")


def test_a_proof_of_the_tools_own_making_is_accepted(after, outside, tmp_path):
    path = small_record.copied(after, tmp_path / "copy")
    text = settings(outside, "signature")
    sign = ["ssh-keygen", "-q", "-Y", "sign", "-n", "bordercast", "-f", str(outside / "key")]
    ours = [*SIGNER, "--key", str(outside / "key")]
    path.with_name("config.toml").write_text(text.replace(repr(ours), repr(sign)))

    assert asked(path) == {"signature": ""}
    assert bordercast(path, "verify", "--witnesses").exit_code == 0


def test_the_signer_does_not_sign_a_second_history(witnessed, copy, outside):
    config = copy.with_name("config.toml")
    mine = witnessed[1]
    config.write_text(settings(mine, "signature"))
    edit(copy, "delete from witness_proofs")
    assert written(copy, MEDIANS[0]) > 0

    said = asked(copy)

    assert "is to be signed with another digest than before" in said["signature"]
    assert any("no signature since" in text for text in alarms(copy))


@pytest.mark.slow
def test_a_fork_shown_to_two_witnesses_is_named_on_both_sides(after, outside, tmp_path):
    mine = Path(shutil.copytree(outside, tmp_path / "outside"))
    one, other = (small_record.copied(after, tmp_path / side) for side in ("one", "other"))
    for statement in MEDIANS:
        assert written(other, statement) > 0
    for path, kind in ((one, "signature"), (other, "git")):
        path.with_name("config.toml").write_text(settings(mine, kind))
        assert asked(path) == {kind: ""}
        assert bordercast(path, "verify", "--witnesses").exit_code == 0
        path.with_name("config.toml").write_text(settings(mine, "signature", "git"))

    signer, repository = asked(other)["signature"], asked(one).get("git", "")

    assert "is to be signed with another digest than before" in signer
    answer = bordercast(one, "verify", "--witnesses")
    assert (repository, answer.exit_code) == ("", 1)
    assert "run 3: the record was rewritten since the repository" in answer.output


def alarms(path: Path, now: datetime | None = None) -> list[str]:
    context = Context.open(path, small_record.settings(path))
    return health.status(context, now or datetime.now(UTC)).alarms


def test_a_wrong_key_and_a_strange_text_are_said_in_words(after, outside, tmp_path):
    path = small_record.copied(after, tmp_path / "copy")
    ran("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other")
    text = settings(outside, "signature").replace(str(outside / "key"), str(tmp_path / "other"), 1)
    path.with_name("config.toml").write_text(text)

    assert "signed with a key that is not among witness.public_keys" in asked(path)["signature"]
    assert rows(path, "select count(*) from witness_proofs") == [(0,)]
    sign = [*SIGNER, "--key", str(tmp_path / "other")]
    strange = subprocess.run(sign, input=b"pay me\n", capture_output=True)
    assert strange.returncode == 3
    assert b"'pay me' is no statement of a record" in strange.stderr


def test_an_expired_certificate_is_refused_in_words(after, outside, tmp_path):
    path = small_record.copied(after, tmp_path / "copy")
    mine = Path(shutil.copytree(outside, tmp_path / "outside"))
    timestamp_authority.make(mine / "authority", expired=True)
    with timestamp_authority.serving(mine / "authority") as address:
        path.with_name("config.toml").write_text(settings(mine, "time stamp", address=address))
        said = asked(path)["time stamp"]

    assert "the authority's certificate expired on" in said
    assert rows(path, "select count(*) from witness_proofs") == [(0,)]


@pytest.mark.parametrize("status", range(2, 6))
def test_a_stamp_that_was_not_granted_is_none(tmp_path, status):
    root = timestamp_authority.make(tmp_path)
    refusal = bytes([0x30, 5, 0x30, 3, 2, 1, status])  # DER: TimeStampResp, PKIStatusInfo, INTEGER
    statement = WitnessedEntry(1, 1, "2026-09", "0" * 64)

    with pytest.raises(WitnessError, match=f"the authority refuses: status {status}"):
        timestamps.check(refusal, statement, root)


def test_a_stamp_of_another_authority_is_refused(witnessed, copy, tmp_path):
    root = timestamp_authority.make(tmp_path / "another")
    config = copy.with_name("config.toml")
    own_root = str(witnessed[1] / "authority" / "root.pem")
    config.write_text(config.read_text().replace(own_root, str(root)))

    answer = bordercast(copy, "verify", "--witnesses")

    assert answer.exit_code == 1
    assert "the stamp is not by an authority of root.pem, or was altered" in answer.output


@pytest.mark.slow
def test_a_moved_history_is_an_alarm(witnessed, copy, tmp_path):
    mine = Path(shutil.copytree(witnessed[1], tmp_path / "outside"))
    copy.with_name("config.toml").write_text(settings(mine, "git"))
    clone = tmp_path / "rewriter"
    ran("git", "clone", "-q", mine / "repository.git", clone)
    who = ("-c", "user.name=x", "-c", "user.email=x@localhost")
    ran("git", *who, "commit", "-q", "--amend", "-m", "another", where=clone)
    ran("git", "push", "-q", "-f", "origin", "HEAD:main", where=clone)
    small_record.publish(copy, 1)

    said = asked(copy)

    assert "moved history: commit" in said["git"]
    assert any("moved history" in text for text in alarms(copy))


@pytest.mark.slow
def test_an_authority_down_for_a_week_loses_nothing_and_holds_nobody_up(before, outside, tmp_path):
    path = small_record.copied(before, tmp_path / "copy")
    path.with_name("config.toml").write_text(settings(outside, "time stamp"))
    small_record.run(path)
    now = datetime.now(UTC)
    ends, asked_times = now + timedelta(days=7), 0
    moment = now
    while moment < ends:
        asked_times += bool(asked(path, moment, again=False))
        moment += timedelta(hours=3)
    assert small_record.publish(path, 1) == 4

    failing = alarms(path, ends)
    with timestamp_authority.serving(outside / "authority") as address:
        config = settings(outside, "time stamp", address=address)
        path.with_name("config.toml").write_text(config)
        said = asked(path, ends + timedelta(hours=6), again=False)

    assert 26 <= asked_times <= 31  # every six hours, after the first tries
    assert any("no time stamp since" in text and "does not answer" in text for text in failing)
    assert said == {"time stamp": ""}
    assert not any("time stamp" in text for text in alarms(path, ends))
    assert "Run 4: time-stamped by CN=Authority" in bordercast(path, "verify", "--witnesses").output


def test_a_repository_that_others_write_to_keeps_their_lines(after, outside, tmp_path):
    path = small_record.copied(after, tmp_path / "copy")
    mine = Path(shutil.copytree(outside, tmp_path / "outside"))
    path.with_name("config.toml").write_text(settings(mine, "git"))
    assert asked(path) == {"git": ""}
    clone = tmp_path / "another"
    ran("git", "clone", "-q", mine / "repository.git", clone)
    (clone / "notes.txt").write_text("ours\n")
    ran("git", "add", "notes.txt", where=clone)
    who = ("-c", "user.name=x", "-c", "user.email=x@localhost")
    ran("git", *who, "commit", "-q", "-m", "notes", where=clone)
    ran("git", "push", "-q", "origin", "HEAD:main", where=clone)
    small_record.approve(path, 2, "Ann Lee")

    assert asked(path) == {"git": ""}
    ran("git", "pull", "-q", where=clone)
    assert len((clone / "bordercast.txt").read_text().splitlines()) == 2
    assert (clone / "notes.txt").exists()


def test_settings_that_cannot_work_are_named():
    for text, key in (
        ("sign = ['x']", "public_keys"),
        ("public_keys = ['ssh-rsa AAAA']", "public_keys"),
        ("authority = 'http://a/'", "authority_certificates"),
    ):
        found = parse(f"[witness]\n{text}", "x").witness
        with pytest.raises(Exception, match=rf"witness\.{key}"):
            attest.check_settings(found)
