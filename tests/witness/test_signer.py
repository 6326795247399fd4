"""The signing command by itself: it signs each entry of a ledger with one digest, in order."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from forecast.config import Config
from forecast.errors import ConfigError, WitnessError
from forecast.store.witnesses import WitnessedEntry
from jobs.witness import attest, commands, signatures
from jobs.witness.signer import signed
from tests.support import running_service

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def entry(number: int, digest: str = "a") -> WitnessedEntry:
    return WitnessedEntry(number, number, "2026-08", digest * 64)


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "key"
    path.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    return path


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


def test_entries_are_signed_in_order_and_again_as_often_as_asked(key, log):
    for number in (3, 3, 5, 3, 5):
        message = entry(number).line()
        assert signatures.verify(PUBLIC, message, signed(message, key, log))

    assert log.read_text() == f"{entry(3)}\n{entry(5)}\n"
    assert log.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("other", [entry(5, "b"), entry(4), entry(3, "b")])
def test_no_entry_is_signed_with_another_digest_or_late(key, log, other):
    signed(entry(3).line(), key, log)
    signed(entry(5).line(), key, log)

    with pytest.raises(WitnessError) as refused:
        signed(other.line(), key, log)

    assert refused.value.grave
    assert f"entry {other.entry_id} of the ledger is to be signed with another digest" in str(
        refused.value
    )
    assert "entry 5 was signed already" in str(refused.value)
    assert log.read_text() == f"{entry(3)}\n{entry(5)}\n"
    assert signed(entry(6).line(), key, log)


@pytest.mark.parametrize(
    "message",
    [b"", b"anything\n", entry(3).line()[:-1], entry(3).line() + b"\n", b"x" + entry(3).line()],
)
def test_nothing_but_a_statement_is_signed(key, log, message):
    with pytest.raises(WitnessError, match="is no statement of a record") as refused:
        signed(message, key, log)

    assert refused.value.grave
    assert not log.exists()


def test_a_key_is_an_open_one_of_its_kind(tmp_path, log):
    plain = (Encoding.PEM, PrivateFormat.OpenSSH)
    keys = {
        "absent": (None, "No such file or directory"),
        "odd": (b"no key", "no key without a password"),
        "other": (
            ec.generate_private_key(ec.SECP256R1()).private_bytes(*plain, NoEncryption()),
            "no Ed25519 key",
        ),
    }
    for name, (content, problem) in keys.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(WitnessError, match=problem):
            signed(entry(3).line(), tmp_path / name, log)
    key = tmp_path / "key"
    key.write_bytes(KEY.private_bytes(*plain, NoEncryption()))
    with pytest.raises(WitnessError, match="Is a directory"):
        signed(entry(3).line(), key, tmp_path)


def test_the_command_signs_what_it_is_given_and_says_why_not(key):
    def run(number: int, digest: str = "a") -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "jobs.witness.signer", "--key", str(key)]
        root = Path(__file__).parents[2]
        return subprocess.run(
            command, input=entry(number, digest).line(), capture_output=True, cwd=root
        )

    good, bad = run(3), run(3, "b")

    assert signatures.verify(PUBLIC, entry(3).line(), good.stdout.decode())
    assert (bad.returncode, bad.stdout) == (3, b"")
    assert bad.stderr.startswith(b"bordercast-sign: refused: entry 3")
    assert key.with_name("key.signed").read_text() == f"{entry(3)}\n"
    key.unlink()
    assert run(4).returncode == 1


# --- what the settings say of witnesses


def settings(**witness):
    return Config.model_validate({"witness": witness}).witness


def test_the_witnesses_asked_are_those_of_the_settings():
    assert attest.wanted(settings()) == ()
    assert attest.wanted(settings(sign=("x",))) == ("signature",)
    assert attest.wanted(settings(authority="https://tsa.example.org/")) == ("time stamp",)
    assert attest.wanted(settings(repository="x", sign=("x",))) == ("signature", "git")
    assert attest.public_key(settings(public_keys=(f"{PUBLIC} us@here", "second"))) == PUBLIC
    assert attest.public_key(settings()) == ""


@pytest.mark.parametrize(
    ("witness", "key"),
    [
        ({"sign": ("x",)}, "public_keys"),
        ({"sign": ("x",), "public_keys": (PUBLIC,)}, ""),
        ({"public_keys": (PUBLIC, "ssh-rsa x")}, "public_keys"),
        ({"authority": "https://tsa.example.org/"}, "authority_certificates"),
        ({}, ""),
    ],
)
def test_settings_that_name_a_witness_name_what_checks_it(witness, key):
    if not key:
        attest.check_settings(settings(**witness))
        return
    with pytest.raises(ConfigError) as refused:
        attest.check_settings(settings(**witness))
    assert refused.value.key == f"witness.{key}"


def test_a_witness_is_due_only_where_one_is_named_and_there_is_a_record(tmp_path):
    now = datetime(2026, 9, 20, tzinfo=UTC)
    assert not attest.witnesses_pending(tmp_path / "b.db", Config(), now)
    assert not attest.witnesses_pending(
        tmp_path / "b.db", Config.model_validate({"witness": {"sign": ("x",)}}), now
    )
    assert attest.clone(tmp_path / "b.db") == tmp_path / "b-witness"
    assert attest.beside(tmp_path / "b.db", "x.pem") == tmp_path / "x.pem"
    assert attest.beside(tmp_path / "b.db", "/x.pem") == Path("/x.pem")


# --- commands of others


def told(script: str, seconds: float = 60.0, given: bytes = b"") -> bytes:
    return commands.output("signature", ("sh", "-c", script), seconds, given, {"OURS": "x y"})


def test_a_command_is_given_its_input_and_its_environment():
    assert told('cat; echo "$OURS"', given=b"in\n") == b"in\nx y\n"


def test_a_command_gets_no_secret_of_ours(monkeypatch):
    monkeypatch.setenv("BORDERCAST_MAIL_PASSWORD", "geheim")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "geheim")
    monkeypatch.setenv("https_proxy", "http://ann:geheim@proxy.example.org")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.org")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/agent")

    given = told("env").decode()

    assert "geheim" not in given
    assert {"SSH_AUTH_SOCK=/run/agent", "HTTPS_PROXY=http://proxy.example.org"} <= set(
        given.split()
    )


@pytest.mark.parametrize(
    ("script", "problem", "grave"),
    [
        ("echo  no   key >&2; exit 1", "sh (exit 1): no key", False),
        ("exit 2", "sh (exit 2): no reason given", False),
        ("echo contradicts >&2; exit 3", "sh (exit 3): contradicts", True),
        (f"echo first{'x' * 400} >&2; exit 1", f"sh (exit 1): {'x' * 400}", False),
        ("kill -9 $$", "sh (exit -9): no reason given", False),
    ],
)
def test_a_command_that_fails_says_why(script, problem, grave):
    with pytest.raises(WitnessError) as failed:
        told(script)

    assert (failed.value.problem, failed.value.grave) == (problem, grave)


def test_a_command_that_takes_too_long_is_ended_with_what_it_started(tmp_path):
    with pytest.raises(WitnessError, match=r"sh took more than 0\.5 seconds"):
        told(f"sleep 600 & echo $! > {tmp_path / 'pid'}; wait", 0.5)

    child = int((tmp_path / "pid").read_text())
    running_service.wait_for(lambda: not running_service.alive(child))


def test_a_command_that_is_not_there_is_named():
    with pytest.raises(WitnessError, match="no-such-command: No such file or directory"):
        commands.output("git", ("no-such-command",), 1.0)
