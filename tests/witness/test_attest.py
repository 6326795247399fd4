"""Each witness by itself, a signing command, a time-stamp authority, a repository; its proofs."""

from __future__ import annotations

import shutil
import subprocess
import threading
from contextlib import closing, contextmanager
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from forecast.config import Config
from forecast.desk.sentences import trust
from forecast.errors import ConfigError, VerifyError, WitnessError
from forecast.store import connect, integrity, ledger, wakes, witnesses
from forecast.store.witnesses import WitnessedEntry, WitnessProof
from jobs.witness import attest, prove, timestamps
from jobs.witness import git as git_witness
from jobs.witness.git import Repository
from tests.support import timestamp_authority
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import edit

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def entry(number: int, digest: str = "a") -> WitnessedEntry:
    return WitnessedEntry(number, number, "2026-08", digest * 64)


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@localhost")
    done = subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, check=True)
    return done.stdout.decode().strip()


# --- a repository


@pytest.fixture
def shared(tmp_path):
    """An empty repository that others hold."""
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "shared.git")
    return tmp_path / "shared.git"


@pytest.fixture
def ours(tmp_path):
    return Repository(tmp_path / "ours", 60.0)


def test_each_statement_is_one_commit_that_adds_its_line(shared, ours):
    first, at = ours.append(str(shared), entry(1), [])
    second, _ = ours.append(str(shared), entry(2), [first])

    assert git(shared, "show", "main:bordercast.txt") == f"{entry(1)}\n{entry(2)}"
    assert git(shared, "log", "--format=%H %an %s", "main").splitlines() == [
        f"{second} Bordercast Run 2, entry 2",
        f"{first} Bordercast Run 1, entry 1",
    ]
    moment = datetime.fromisoformat(git(shared, "show", "-s", "--format=%cI", first))
    assert at == moment.astimezone(UTC).isoformat(timespec="seconds")
    assert ours.tip() == second
    assert ours.statements() == [entry(1), entry(2)]
    assert (ours.lines(first), ours.lines("")) == ([str(entry(1))], [])


def test_the_moment_of_a_commit_is_told_in_utc_and_no_variable_sets_it(
    shared, ours, tmp_path, monkeypatch
):
    pushed, _ = ours.append(str(shared), entry(1), [])
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2020-09-20T12:00:07+05:30")
    git(tmp_path, "clone", "-q", str(shared), "theirs")
    git(tmp_path / "theirs", "commit", "-q", "--allow-empty", "-m", "dated by whoever made it")
    theirs = git(tmp_path / "theirs", "rev-parse", "HEAD")
    git(tmp_path / "theirs", "push", "-q", "origin", "HEAD:main")

    assert ours.append(str(shared), entry(2), [pushed])[1][:10] > "2025"
    assert ours.moment(theirs) == "2020-09-20T06:30:07+00:00"


@pytest.mark.parametrize("kind", ["symlink", "folder", "submodule"])
def test_a_file_that_was_replaced_by_a_link_is_grave_and_nothing_is_written(
    shared, ours, tmp_path, kind
):
    pushed, _ = ours.append(str(shared), entry(1), [])
    secret = tmp_path / "config.toml"
    secret.write_text("ours\n")
    git(tmp_path, "clone", "-q", str(shared), "theirs")
    theirs = tmp_path / "theirs"
    git(theirs, "rm", "-q", "bordercast.txt")
    if kind == "symlink":
        (theirs / "bordercast.txt").symlink_to("../config.toml")
        git(theirs, "add", "bordercast.txt")
    elif kind == "folder":
        (theirs / "bordercast.txt").mkdir()
        (theirs / "bordercast.txt" / "x").write_text("x")
        git(theirs, "add", "bordercast.txt")
    else:
        git(theirs, "update-index", "--add", "--cacheinfo", f"160000,{pushed},bordercast.txt")
    git(theirs, "commit", "-q", "-m", "hostile")
    git(theirs, "push", "-q", "origin", "HEAD:main")
    hostile = git(theirs, "rev-parse", "HEAD")

    with pytest.raises(WitnessError, match=r"bordercast\.txt is no plain file in commit") as failed:
        ours.append(str(shared), entry(2), [pushed])

    assert failed.value.grave
    assert secret.read_text() == "ours\n"
    assert git(shared, "rev-parse", "main") == hostile
    assert sorted(each.name for each in ours.folder.iterdir()) == [".git"]
    ours.check(pushed, entry(1))  # what was proved before stands


def test_bytes_and_files_of_an_enemy_stay_as_they_are_and_become_no_file(shared, ours, tmp_path):
    pushed, _ = ours.append(str(shared), entry(1), [])
    git(tmp_path, "clone", "-q", str(shared), "theirs")
    theirs = tmp_path / "theirs"
    with (theirs / "bordercast.txt").open("ab") as file:
        file.write(b"\xff\xfe no end of a line")
    (theirs / "link").symlink_to("/etc/passwd")
    (theirs / "new\nline").write_text("x")
    (theirs / ".gitattributes").write_text("*.txt filter=x diff=x text eol=crlf\n")
    git(theirs, "add", ".")
    git(theirs, "commit", "-q", "-m", "hostile")
    git(theirs, "push", "-q", "origin", "HEAD:main")

    second, _ = ours.append(str(shared), entry(2), [pushed])

    ours.check(second, entry(2))
    assert ours.statements() == [entry(1), entry(2)]
    assert sorted(each.name for each in ours.folder.iterdir()) == [".git"]
    names = git(shared, "ls-tree", "--name-only", "-z", "main").split("\0")
    assert names[:4] == [".gitattributes", "bordercast.txt", "link", "new\nline"]


def test_what_was_pushed_before_is_not_added_again(shared, ours, tmp_path):
    """One of us was killed after its push: its commit is the proof."""
    pushed, at = ours.append(str(shared), entry(1), [])
    ours.append(str(shared), entry(2), [pushed])
    another = Repository(tmp_path / "another")

    assert another.append(str(shared), entry(1), []) == (pushed, at)
    assert git(shared, "rev-list", "--count", "main") == "2"


def test_lines_and_files_of_others_stay(shared, ours, tmp_path):
    pushed, _ = ours.append(str(shared), entry(1), [])
    git(tmp_path, "clone", "-q", str(shared), "theirs")
    theirs = tmp_path / "theirs"
    with (theirs / "bordercast.txt").open("a") as file:
        file.write("a line of somebody else\n")
    (theirs / "notes.txt").write_text("ours\n")
    git(theirs, "add", ".")
    git(theirs, "commit", "-q", "-m", "notes")
    git(theirs, "push", "-q", "origin", "HEAD:main")

    ours.append(str(shared), entry(2), [pushed])

    assert git(shared, "show", "main:notes.txt") == "ours"
    lines = git(shared, "show", "main:bordercast.txt").splitlines()
    assert lines == [str(entry(1)), "a line of somebody else", str(entry(2))]
    assert ours.statements() == [entry(1), entry(2)]


def test_a_history_that_was_moved_is_grave_and_nothing_is_pushed(shared, ours, tmp_path):
    first, _ = ours.append(str(shared), entry(1), [])
    git(tmp_path, "clone", "-q", str(shared), "theirs")
    git(tmp_path / "theirs", "commit", "-q", "--amend", "-m", "another")
    git(tmp_path / "theirs", "push", "-q", "-f", "origin", "HEAD:main")
    moved = git(shared, "rev-parse", "main")

    with pytest.raises(WitnessError, match=f"moved history: commit {first[:12]}, which") as failed:
        ours.append(str(shared), entry(2), [first])

    assert failed.value.grave
    assert git(shared, "rev-parse", "main") == moved
    ours.require(moved, moved)
    for commit, tip in ((first, moved), (first, "")):
        with pytest.raises(WitnessError, match="moved history"):
            ours.require(commit, tip)
    with pytest.raises(WitnessError, match="moved history"):
        ours.check(first, entry(1))
    ours.append(str(shared), entry(2), [])  # whoever keeps no proof goes on


def test_a_proof_is_a_commit_in_the_history_with_that_line(shared, ours):
    first, _ = ours.append(str(shared), entry(1), [])
    second, _ = ours.append(str(shared), entry(2), [first])

    ours.check(first, entry(1))
    ours.check(second, entry(1))
    for commit, statement in ((first, entry(2)), (second, entry(2, "b"))):
        problem = f"commit {commit[:12]} does not have the line of this statement"
        with pytest.raises(WitnessError, match=problem) as failed:
            ours.check(commit, statement)
        assert failed.value.grave
    with pytest.raises(WitnessError, match=f"moved history: commit {'0' * 12},"):
        ours.check("0" * 40, entry(1))


def test_a_clone_that_is_not_there_is_named_and_an_empty_one_has_no_tip(shared, ours, tmp_path):
    with pytest.raises(WitnessError, match=f"there is no clone of the repository at {ours.folder}"):
        ours.tip()
    git(tmp_path, "clone", "-q", str(shared), "ours")

    assert (ours.tip(), ours.statements()) == ("", [])
    with pytest.raises(WitnessError, match="repository") as bad:
        ours.append(str(tmp_path / "nowhere.git"), entry(1), [])
    assert not bad.value.grave


def test_a_clone_follows_the_address_of_the_settings(shared, ours, tmp_path):
    first, _ = ours.append(str(shared), entry(1), [])
    moved = shared.rename(tmp_path / "moved.git")

    ours.append(str(moved), entry(2), [first])

    assert git(moved, "rev-list", "--count", "main") == "2"


def test_no_hook_of_the_user_s_is_run_and_no_file_left_there_is_taken(shared, ours, tmp_path):
    first, _ = ours.append(str(shared), entry(1), [])
    hook = ours.folder / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    (ours.folder / git_witness.FILE).write_text("left by an earlier program")

    ours.append(str(shared), entry(2), [first])

    assert git(shared, "show", "main:bordercast.txt") == f"{entry(1)}\n{entry(2)}"


def test_anybody_s_clone_can_be_checked_against(shared, ours, tmp_path):
    """Without a remote, its own branch counts; on another branch, that one."""
    first, _ = ours.append(str(shared), entry(1), [])
    git(tmp_path, "clone", "-q", str(shared), "mine")
    mine = tmp_path / "mine"
    git(mine, "remote", "remove", "origin")
    git(mine, "checkout", "-q", "-b", "side")
    git(mine, "commit", "-q", "--allow-empty", "-m", "aside")
    assert Repository(mine).tip() == first
    git(mine, "branch", "-D", "main")

    assert Repository(mine).tip() == git(mine, "rev-parse", "side") != first


# --- an authority


@pytest.fixture(scope="module")
def stamping(tmp_path_factory):
    """(its root's file, its address) of an authority."""
    folder = tmp_path_factory.mktemp("authority")
    root = timestamp_authority.make(folder)
    with timestamp_authority.serving(folder) as address:
        yield root, address


@pytest.fixture(scope="module")
def stamped(stamping):
    """(moment, authority, answer) of the first entry, got a moment ago."""
    root, address = stamping
    return timestamps.ask(address, entry(1), root, 60.0)


def test_a_stamp_says_who_saw_a_statement_and_when(stamping, stamped):
    moment, authority, answer = stamped

    assert timestamps.check(answer, entry(1), stamping[0]) == (moment, authority)
    assert authority == "CN=Authority"
    seen = datetime.fromisoformat(moment)
    assert seen.utcoffset() == timedelta(0)
    assert seen.microsecond == 0
    assert abs(datetime.now(UTC) - seen) < timedelta(hours=1)


@pytest.mark.parametrize(
    ("statement", "nonce", "problem"),
    [
        (entry(2), None, "the stamp is of another text than this statement"),
        (entry(1, "b"), None, "the stamp is of another text than this statement"),
        (entry(1), 7, "the stamp answers another request"),
    ],
)
def test_a_stamp_is_of_one_statement_and_answers_one_request(
    stamping, stamped, statement, nonce, problem
):
    with pytest.raises(WitnessError, match=problem) as failed:
        timestamps.check(stamped[2], statement, stamping[0], nonce)

    assert failed.value.grave


def test_a_stamp_that_was_altered_or_is_of_another_authority_does_not_hold(
    stamping, stamped, tmp_path
):
    other = timestamp_authority.make(tmp_path)
    with pytest.raises(WitnessError, match=r"not by an authority of root\.pem, or was altered"):
        timestamps.check(stamped[2], entry(1), other)
    for spoiled in (stamped[2][:-1], stamped[2][:-1] + bytes([stamped[2][-1] ^ 1]), b"x", b""):
        with pytest.raises(WitnessError) as failed:
            timestamps.check(spoiled, entry(1), stamping[0])
        assert failed.value.grave


@pytest.mark.parametrize(
    ("status", "problem", "grave"),
    [
        (0, "", True),  # granted, and yet without a stamp
        (1, "", True),
        (2, "the authority refuses: status 2", False),
        (5, "the authority refuses: status 5", False),
    ],
)
def test_an_authority_may_refuse(stamping, status, problem, grave):
    answer = bytes([0x30, 5, 0x30, 3, 2, 1, status])  # DER: TimeStampResp, PKIStatusInfo, INTEGER

    with pytest.raises(WitnessError) as failed:
        timestamps.check(answer, entry(1), stamping[0])

    assert failed.value.grave == grave
    assert ("refuses" in failed.value.problem) == bool(problem)
    assert problem in failed.value.problem


def test_an_authority_s_own_words_are_told(stamping):
    words = b"\x0c\x05later\x0c\x04soon"  # UTF8String
    text = bytes([0x30, len(words)]) + words
    status = bytes([0x30, 3 + len(text), 2, 1, 2]) + text
    answer = bytes([0x30, len(status)]) + status

    with pytest.raises(WitnessError, match=r"the authority refuses: later; soon$"):
        timestamps.check(answer, entry(1), stamping[0])


def test_a_certificate_must_have_been_valid_at_the_stamp_s_own_time(tmp_path):
    root = timestamp_authority.make(tmp_path, expired=True)
    day = f"{datetime.now(UTC) - timedelta(days=9):%Y-%m-%d}"
    with (
        timestamp_authority.serving(tmp_path) as address,
        pytest.raises(WitnessError, match=f"certificate expired on {day}, before the stamp's own"),
    ):
        timestamps.ask(address, entry(1), root, 60.0)


def test_certificates_are_a_file_with_a_root(stamping, tmp_path):
    folder = stamping[0].parent
    both = tmp_path / "both.pem"
    both.write_bytes((folder / "own.pem").read_bytes() + stamping[0].read_bytes())
    names = [each.subject.rfc4514_string() for each in timestamps.certificates(both)]
    assert names == ["CN=Authority", "CN=Root"]
    (tmp_path / "odd.pem").write_text("nothing")
    for file, problem in (
        (folder / "own.pem", r"own\.pem: holds no root certificate, one that is signed by itself"),
        (tmp_path / "odd.pem", r"odd\.pem: no certificates: "),
        (tmp_path / "none.pem", r"none\.pem: no certificates: .*No such file"),
    ):
        with pytest.raises(WitnessError, match=problem):
            timestamps.certificates(file)


@contextmanager
def answering(code: int, body: bytes = b"", asked: list | None = None):
    """The address of a server that answers so, whatever it is asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if asked is not None:
                asked.append(self.headers["Content-Type"])
            self.send_response(code)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.parametrize(
    ("code", "size", "problem"),
    [
        (503, 0, "the authority answers 503"),
        (404, 0, "the authority answers 404"),
        (200, 100_001, "the authority's answer has over 100,000 bytes"),
        (200, 100_000, ""),  # it is read, and is no stamp
    ],
)
def test_an_authority_s_answer_is_one_of_some_thousand_bytes(stamping, code, size, problem):
    asked: list[str] = []
    with answering(code, b"x" * size, asked) as address, pytest.raises(WitnessError) as failed:
        timestamps.ask(address, entry(1), stamping[0], 60.0)

    assert asked == ["application/timestamp-query"]
    assert failed.value.grave == (not problem)
    assert failed.value.problem == problem or (not problem and "bytes" not in failed.value.problem)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/", "http://[::bad/"])
def test_an_authority_that_is_not_there_is_asked_again(stamping, address):
    with pytest.raises(WitnessError, match=r"the authority does not answer: .") as failed:
        timestamps.ask(address, entry(1), stamping[0], 60.0)

    assert not failed.value.grave


# --- a record that is witnessed


@pytest.fixture
def record(by_hand, tmp_path):
    return Path(shutil.copy(by_hand, tmp_path / "record.db"))


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "key"
    path.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    path.chmod(0o600)
    path.with_name("key.pub").write_text(f"{PUBLIC}\n")
    return path


def signing(key, *, public: str = PUBLIC, **more) -> Config:
    """Settings whose signing command is OpenSSH's own."""
    sign = ("ssh-keygen", "-q", "-Y", "sign", "-n", "bordercast", "-f", str(key))
    return Config.model_validate({"witness": {"sign": sign, "public_keys": (public,), **more}})


def kept(record) -> list[WitnessProof]:
    with closing(connect.read(record)) as connection:
        return witnesses.proofs(connection)


def stated(record) -> WitnessedEntry:
    with closing(connect.read(record)) as connection:
        found = witnesses.lacking(connection, ())[0]
    assert found is not None
    return found


def test_a_signature_is_kept_with_what_was_signed_when_and_by_which_key(record, key):
    config = signing(key, public=f"{PUBLIC} ann@example.org")
    assert attest.witnesses_pending(record, config, NOW)

    assert attest.attest(record, config, NOW) == {"signature": ""}

    (proof,), statement = kept(record), stated(record)
    assert (proof.witness, proof.entry_id, proof.run_id) == (
        "signature",
        statement.entry_id,
        statement.run_id,
    )
    assert (proof.statement, proof.seen_at) == (str(statement), "2026-09-20T12:00:00+00:00")
    assert proof.seen_by == PUBLIC  # not whose it is
    assert proof.proof.startswith(b"-----BEGIN SSH SIGNATURE-----")
    assert not attest.witnesses_pending(record, config, NOW)
    assert attest.attest(record, config, NOW) == {}


def test_all_witnesses_are_asked_and_none_waits_for_another(record, key, stamping, shared):
    config = signing(
        key,
        authority="http://127.0.0.1:1/",
        authority_certificates=str(stamping[0]),
        repository=str(shared),
    )

    said = attest.attest(record, config, NOW)

    assert list(said) == ["signature", "time stamp", "git"]
    assert (said["signature"], said["git"]) == ("", "")
    assert said["time stamp"].startswith("the authority does not answer")
    assert [proof.witness for proof in kept(record)] == ["git", "signature"]
    commit = git(shared, "rev-parse", "main")
    (proof,) = [proof for proof in kept(record) if proof.witness == "git"]
    assert (proof.commit(), proof.seen_by) == (commit, str(shared))
    committed = git(shared, "show", "-s", "--format=%cI", "main")
    assert datetime.fromisoformat(proof.moment()) == datetime.fromisoformat(committed)
    (failed,) = witnesses.failures(record).values()
    assert (failed.witness, failed.attempts, failed.grave) == ("time stamp", 1, 0)


def test_a_witness_that_was_put_off_is_asked_when_its_time_has_come(record, key, stamping):
    down = {"authority": "http://127.0.0.1:1/", "authority_certificates": str(stamping[0])}
    config = Config.model_validate({"witness": down})
    attest.attest(record, config, NOW)
    soon, then = NOW + timedelta(minutes=5, seconds=-1), NOW + timedelta(minutes=5)

    assert not attest.witnesses_pending(record, config, soon)
    assert attest.attest(record, config, soon) == {}
    assert attest.witnesses_pending(record, config, then)
    assert list(attest.attest(record, config, then)) == ["time stamp"]
    assert list(attest.attest(record, config, then, again=True)) == ["time stamp"]
    up = {"authority": stamping[1], "authority_certificates": str(stamping[0])}
    had = attest.attest(record, Config.model_validate({"witness": up}), then, again=True)
    assert had == {"time stamp": ""}
    assert witnesses.failures(record) == {}
    (proof,) = kept(record)
    assert proof.seen_by == "CN=Authority"
    assert timestamps.check(proof.proof, stated(record), stamping[0])[0] == proof.seen_at


def test_the_certificates_may_lie_beside_the_record(record, stamping):
    shutil.copy(stamping[0], record.with_name("tsa.pem"))
    config = Config.model_validate(
        {"witness": {"authority": stamping[1], "authority_certificates": "tsa.pem"}}
    )

    assert attest.attest(record, config, NOW) == {"time stamp": ""}


@pytest.mark.parametrize(
    ("sign", "problem"),
    [
        (("echo", "nonsense"), "echo signed with a key that is not among witness.public_keys"),
        (("printf", r"\377"), "printf signed with a key that is not among witness.public_keys"),
    ],
)
def test_what_is_no_signature_of_ours_is_grave(record, key, sign, problem):
    config = signing(key, sign=sign)

    said = attest.attest(record, config, NOW)

    assert said["signature"].startswith(problem)
    assert kept(record) == []
    assert witnesses.failures(record)["signature"].grave


def test_a_login_in_an_address_is_kept_nowhere(record, tmp_path):
    config = Config.model_validate({"witness": {"repository": "https://me:s3cret@127.0.0.1:1/x"}})

    said = attest.attest(record, config, NOW)["git"]

    assert said
    assert "s3cret" not in said
    assert "s3cret" not in witnesses.failures(record)["git"].problem


def test_whatever_goes_wrong_with_one_witness_the_next_is_asked(record, shared):
    config = Config.model_validate(
        {"witness": {"sign": ("ssh\0keygen",), "public_keys": (PUBLIC,), "repository": str(shared)}}
    )

    said = attest.attest(record, config, NOW)

    assert said == {"signature": "ValueError: embedded null byte", "git": ""}
    assert witnesses.failures(record)["signature"].grave


def test_an_edited_record_is_shown_to_nobody(record, key):
    wakes.save_verified(record, NOW, "", ["run 1 was edited"])

    with pytest.raises(VerifyError, match="run 1 was edited"):
        attest.attest(record, signing(key), NOW)

    assert kept(record) == []


def test_settings_name_a_key_that_is_whole():
    for odd in ("ssh-ed25519 AAAA", "ssh-rsa " + "x" * 60):
        config = Config.model_validate({"witness": {"public_keys": (PUBLIC, odd)}})
        with pytest.raises(ConfigError) as refused:
            attest.check_settings(config.witness)
        assert refused.value.problem.startswith(f"{odd[:40]!r} is not valid: it ")


# --- proofs checked, and as files


@pytest.fixture(scope="module")
def all_saw(by_hand, key, stamping, tmp_path_factory) -> tuple[Path, Path, Config]:
    """(record, repository, settings) of one that all witnesses saw; not to be changed."""
    folder = tmp_path_factory.mktemp("seen")
    record = Path(shutil.copy(by_hand, folder / "record.db"))
    git(folder, "init", "-q", "--bare", "-b", "main", "shared.git")
    config = signing(
        key,
        authority=stamping[1],
        authority_certificates=str(stamping[0]),
        repository=str(folder / "shared.git"),
    )
    said = attest.attest(record, config, NOW)
    assert said == dict.fromkeys(("signature", "time stamp", "git"), "")
    return record, folder / "shared.git", config


@pytest.fixture
def seen(all_saw, tmp_path) -> tuple[Path, Config]:
    """(record, settings) of a copy to change, with our clone of the repository."""
    record = Path(shutil.copy(all_saw[0], tmp_path / "record.db"))
    shutil.copytree(attest.clone(all_saw[0]), attest.clone(record))
    return record, all_saw[2]


def examined(record, config, repository=None) -> SimpleNamespace:
    with closing(connect.read(record)) as connection:
        findings, seen = prove.examine(
            connection, record, config.witness, {"cbp_encounters": ENCOUNTERS}, repository
        )
    return SimpleNamespace(findings=findings, seen=seen)


def test_proofs_that_hold_are_told_and_nothing_else(seen):
    record, config = seen

    found = examined(record, config)

    assert found.findings == []
    run = stated(record).run_id
    assert sorted(text.split(" ")[2] for text in found.seen) == [
        "committed",
        "signed",
        "time-stamped",
    ]
    assert all(text.startswith(f"Run {run}: ") for text in found.seen)


@pytest.mark.parametrize(
    ("kind", "change", "problem"),
    [
        ("signature", "proof = x'78'", "the signature is not of this statement by a key of"),
        ("signature", "proof = x'ff'", "the signature is not of this statement by a key of"),
        ("git", f"proof = cast('{'0' * 40}' as blob)", f"moved history: commit {'0' * 12}"),
        ("time stamp", "seen_at = '2020-01-01'", "the kept moment was edited; the stamp is of 20"),
        ("git", "seen_at = '2020-01-01'", "the kept moment was edited; the commit is of 20"),
        ("time stamp", "seen_by = 'CN=Other'", "the kept moment was edited; the stamp is of 20"),
        ("signature", "statement = 'x'", "the kept statement, 'x', was edited"),
        ("signature", "run_id = run_id + 1", "the kept statement, 'bordercast entry "),
        ("signature", "entry_id = entry_id + 1", "the kept statement, 'bordercast entry "),
    ],
)
def test_a_proof_that_was_edited_is_named_and_the_others_stand(seen, kind, change, problem):
    record, config = seen
    edit(record, "pragma foreign_keys = off")
    assert edit(record, f"update witness_proofs set {change} where witness = '{kind}'") == 1

    found = examined(record, config)

    (finding,) = found.findings
    assert finding.startswith(f"{kind} of run ")
    assert problem in finding
    if "_id" not in change:
        assert len(found.seen) == 2


def sighted(record: Path) -> dict[str, str]:
    """Witness -> the moment that is shown of its proof."""
    with closing(connect.read(record)) as connection:
        return {each.witness: each.seen_at for each in witnesses.sightings(connection)}


def test_the_moment_that_is_shown_is_the_one_inside_the_proof(seen):
    record, _ = seen
    kept_moments = {proof.witness: proof.seen_at for proof in kept(record)}
    edit(record, "update witness_proofs set seen_at = '2020-01-01T00:00:00+00:00'")

    assert sighted(record) == {**kept_moments, "signature": ""}  # which bears none


@pytest.mark.parametrize("change", ["substr(proof, 1, 40)", "cast(proof || 'x' as blob)"])
def test_a_commit_without_its_object_says_nothing_of_when(seen, change):
    """As 1.0.0 kept them; and one that was altered."""
    record, config = seen
    shown = examined(record, config).seen
    edit(record, f"update witness_proofs set proof = {change} where witness = 'git'")

    assert sighted(record)["git"] == ""
    assert examined(record, config).seen == shown  # the repository has it
    with closing(connect.read(record)) as connection:
        (sighting,) = [s for s in witnesses.sightings(connection) if s.witness == "git"]
    published = replace(sighting, published_on="2024-03-20")
    assert trust.seen(published, ENCOUNTERS).endswith("; a commit shows the order, and not when.")


def test_runs_are_counted_as_seen_in_time_by_proofs_that_say_when(seen):
    record, _ = seen
    with closing(connect.read(record)) as connection:
        found = witnesses.sightings(connection)
    on = date(2026, 12, 24)
    dated = {s.witness: replace(s, published_on=on.isoformat()) for s in found}
    stamped = dated["time stamp"]
    days = (on - date.fromisoformat(stamped.seen_at[:10])).days
    dated["time stamp"] = replace(stamped, days_before=days)

    only = {witness: trust.seen_in_time([s], ENCOUNTERS) for witness, s in dated.items()}
    assert only["signature"] == only["git"] == ""
    assert only["time stamp"].startswith("Outsiders saw 1 of 1 runs before")
    assert trust.seen(dated["signature"], ENCOUNTERS).endswith("; a signature does not say when.")


@pytest.mark.parametrize("kind", ["git", "time stamp"])
def test_a_proof_kept_as_of_another_moment_by_the_program_s_own_means_is_named(seen, kind):
    record, _ = seen
    (proof,) = [each for each in kept(record) if each.witness == kind]
    with connect.writing(record) as db:
        with connect.transaction(db):
            db.execute("delete from witness_proofs")
            db.execute("delete from entries where kind = 'witnessed'")
        witnesses.save(db, replace(proof, seen_at="2020-01-01T00:00:00+00:00"))
        found = integrity.at_sight(db)

    assert found == [
        f"proof of entry {proof.entry_id} ({kind}) is of {proof.seen_at}, and not of "
        "2020-01-01T00:00:00+00:00"
    ]


@pytest.mark.parametrize("column", [f.name for f in fields(WitnessProof)])
def test_a_proof_is_in_the_ledger_from_when_it_is_had(seen, column):
    record, _ = seen
    other = {"witness": "'git'", "entry_id": "1", "run_id": "1", "proof": "x'00'"}
    edit(record, "delete from witness_proofs where witness = 'git'")
    with closing(connect.read(record)) as connection:
        before = integrity.at_sight(connection)
    changed = f"update witness_proofs set {column} = {other.get(column, chr(39) * 2)}"
    assert edit(record, f"{changed} where witness = 'signature'") == 1
    with closing(connect.read(record)) as connection:
        after = integrity.at_sight(connection)

    assert len(before) == 1
    assert after != before


def test_a_proof_is_not_itself_to_be_witnessed(seen):
    record, config = seen

    assert attest.attest(record, config, NOW, again=True) == {}
    with closing(connect.read(record)) as connection:
        last = ledger.newest(connection)
        newest = witnesses.lacking(connection, ())[0]
        (digest,) = connection.execute("select digest from latest_run").fetchone()
    assert last is not None
    assert newest is not None
    assert (last.kind, last.subject) == ("witnessed", f"entry {newest.entry_id}")
    assert digest == newest.digest  # what is quoted is what was seen


def test_proofs_of_a_record_that_says_something_else_now_are_named_each(seen):
    record, config = seen
    statement = stated(record)
    edit(record, f"update entries set digest = '{'f' * 64}' where id = {statement.entry_id}")

    found = examined(record, config)

    assert found.seen == []
    assert [text.partition(": the record")[0] for text in found.findings] == [
        *(f"{kind} of run {statement.run_id}" for kind in ("git", "signature", "time stamp")),
        f"git, line of entry {statement.entry_id}, run {statement.run_id}",
    ]
    assert all("the record was rewritten since" in text for text in found.findings)
    assert "since the repository (record-witness) saw it on its commit's day" in found.findings[-1]


def test_what_cannot_be_checked_is_said(seen):
    record, _ = seen
    bare = Config.model_validate({})
    shutil.rmtree(attest.clone(record))

    found = examined(record, bare)

    run = stated(record).run_id
    assert (found.findings, found.seen) == (
        [
            f"git of run {run}: there is no clone of the repository at {attest.clone(record)}",
            f"signature of run {run}: cannot be checked: witness.public_keys is empty",
            f"time stamp of run {run}: cannot be checked: witness.authority_certificates is empty",
        ],
        [],
    )


def test_a_key_that_signed_before_still_counts(seen):
    record, config = seen
    other = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    new = other.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    section = config.witness.model_copy(update={"public_keys": (new, PUBLIC)})

    found = examined(record, config.model_copy(update={"witness": section}))

    assert found.findings == []
    assert attest.public_key(section) == new


def test_a_repository_s_line_that_the_record_does_not_bear_out_is_named(seen, all_saw, tmp_path):
    record, config = seen
    git(tmp_path, "clone", "-q", str(all_saw[1]), "mine")
    mine = tmp_path / "mine"
    with (mine / "bordercast.txt").open("a") as file:
        file.write(f"nonsense\n{entry(99)}\n")
    git(mine, "commit", "-q", "-a", "-m", "more")
    git(mine, "remote", "remove", "origin")

    found = examined(record, config, mine)

    (finding,) = found.findings
    assert finding.startswith("git, line of entry 99, run 99: the record was rewritten since the ")
    assert "there is no run 99 in this record" in finding
    assert len(found.seen) == 3
    assert examined(record, config).findings == []  # our own clone does not have it


def test_how_a_record_differs_from_what_was_seen(record):
    statement = stated(record)
    with closing(connect.read(record)) as connection:

        def since(seen: WitnessedEntry) -> str:
            return prove.rewritten(connection, seen, "Ann", "2026-09-20")

        assert since(statement) == ""
        told = "the record was rewritten since Ann saw it on 2026-09-20: "
        assert since(statement._replace(run_id=77)).startswith(f"{told}there is no run 77")
        other = since(statement._replace(digest="f" * 64))
        assert other.startswith(f"{told}run {statement.run_id} is not what was quoted")
        moved = since(statement._replace(data_through="1999-01"))
        assert moved == f"{told}entry {statement.entry_id} of the ledger is another one now"


def test_proofs_as_files_are_checked_with_the_tools_of_others(seen, all_saw, tmp_path):
    record, config = seen
    folder = tmp_path / "proofs"

    count = prove.write(folder, kept(record), record, config.witness)

    statement = stated(record)
    name = f"entry-{statement.entry_id}"
    assert count == 3
    assert {file.name for file in folder.iterdir()} == {
        *("README.txt", "allowed_signers", "authority.pem"),
        *(f"{name}.{ending}" for ending in ("txt", "sig", "tsr", "commit")),
    }
    assert (folder / f"{name}.txt").read_bytes() == statement.line()
    verify = f"ssh-keygen -Y verify -f allowed_signers -I bordercast -n bordercast -s {name}.sig"
    line = statement.line()
    subprocess.run(verify.split(), cwd=folder, input=line, check=True, capture_output=True)
    stamp = f"openssl ts -verify -data {name}.txt -in {name}.tsr -CAfile authority.pem"
    subprocess.run(stamp.split(), cwd=folder, check=True, capture_output=True)
    commit = (folder / f"{name}.commit").read_text()
    assert str(statement) in git(all_saw[1], "show", f"{commit}:bordercast.txt")


def test_proofs_without_an_authority_have_no_certificates(record, key, tmp_path):
    assert prove.write(tmp_path / "none", [], record, Config().witness) == 0
    assert {file.name for file in (tmp_path / "none").iterdir()} == {
        "README.txt",
        "allowed_signers",
    }
    assert (tmp_path / "none" / "allowed_signers").read_text() == ""
    shutil.copy(key, record.with_name("ca.pem"))
    section = signing(key, authority_certificates="ca.pem").witness
    prove.write(tmp_path / "one", [], record, section)
    assert (tmp_path / "one" / "authority.pem").read_bytes() == key.read_bytes()


@pytest.mark.parametrize("installed", [True, False])
def test_a_time_stamp_needs_a_library(monkeypatch, installed):
    monkeypatch.setattr(attest, "find_spec", lambda name: object() if installed else None)
    there = {"authority": "https://tsa.example.org/", "authority_certificates": "x.pem"}
    section = Config.model_validate({"witness": there}).witness
    if installed:
        attest.check_settings(section)
        return
    with pytest.raises(ConfigError, match=r"pip install 'bordercast\[witness\]'") as refused:
        attest.check_settings(section)
    assert refused.value.key == "witness.authority"


TOOLS = ("ssh-keygen", "openssl", "git")


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}")
@pytest.mark.parametrize("forged", [False, True])
def test_stock_tools_check_the_proofs_by_the_commands_that_the_readme_names(
    seen, tmp_path, all_saw, forged
):
    """As it stands there, for whoever does not trust this program; a forged statement fails."""
    record, config = seen
    folder = tmp_path / "proofs"
    prove.write(folder, kept(record), record, config.witness)
    (statement,) = folder.glob("entry-*.txt")
    name, line = statement.stem, statement.read_text()
    if forged:
        statement.write_text(line.replace("digest ", "digest 0")[:-2] + "\n")
    lines = (folder / "README.txt").read_text().replace("\\\n", " ").splitlines()
    commands = [words.strip() for words in lines if words.startswith("    ")][:3]
    assert [words.split()[0] for words in commands] == ["ssh-keygen", "openssl", "git"]
    commit = (folder / f"{name}.commit").read_text().strip()
    clone = attest.clone(record)
    done = []
    for words in commands:
        words = words.replace("entry-N", name).replace("COMMIT", commit)
        where = clone if words.startswith("git") else folder
        made = subprocess.run(words, shell=True, cwd=where, capture_output=True, text=True)
        agrees = statement.read_text() in made.stdout if words.startswith("git") else True
        done.append(made.returncode == 0 and agrees)

    assert done == [not forged] * 3
