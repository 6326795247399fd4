"""Signatures as OpenSSH writes and accepts them, held against its PROTOCOL.sshsig byte by byte."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jobs.witness import signatures

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
RAW = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
PUBLIC = KEY.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
MESSAGE = b"run 7 abc\n"
SIGNED = signatures.sign(KEY, MESSAGE)


def field(value: bytes) -> bytes:
    return bytes([0, 0, 0, len(value)]) + value


def test_a_signature_is_what_the_protocol_says():
    bound = b"SSHSIG" + field(b"bordercast") + field(b"") + field(b"sha512")
    signature = KEY.sign(bound + field(hashlib.sha512(MESSAGE).digest()))
    key = field(field(b"ssh-ed25519") + field(RAW))
    head = b"SSHSIG\0\0\0\x01" + key + field(b"bordercast") + field(b"") + field(b"sha512")

    first, *lines, last = SIGNED.splitlines()

    assert base64.b64decode("".join(lines)) == head + field(
        field(b"ssh-ed25519") + field(signature)
    )
    assert (first, last) == ("-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----")
    assert {len(line) for line in lines[:-1]} == {70}
    assert SIGNED.endswith("\n")


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
def test_ssh_keygen_accepts_it(tmp_path):
    (tmp_path / "signature").write_text(SIGNED)
    (tmp_path / "allowed").write_text(f"us {PUBLIC}\n")
    told = ["-Y", "verify", "-I", "us", "-n", "bordercast", "-f", "allowed", "-s", "signature"]

    done = subprocess.run(["ssh-keygen", *told], input=MESSAGE, cwd=tmp_path, capture_output=True)

    assert done.returncode == 0, done.stderr


def test_only_the_owner_of_the_key_signed_this_message_and_no_other():
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    blob = base64.b64decode("".join(SIGNED.splitlines()[1:-1]))

    assert signatures.verify(PUBLIC, MESSAGE, SIGNED)
    assert signatures.verify(f"{PUBLIC} us@here", MESSAGE, f"\n{SIGNED}\n")
    assert not signatures.verify(PUBLIC, MESSAGE + b" ", SIGNED)
    assert not signatures.verify(PUBLIC, MESSAGE, signatures.sign(other, MESSAGE))
    for at in range(len(blob)):  # whatever byte is another
        changed = bytearray(blob)
        changed[at] ^= 1
        armored = "\n".join(
            (SIGNED.splitlines()[0], base64.b64encode(changed).decode(), SIGNED.splitlines()[-1])
        )
        assert not signatures.verify(PUBLIC, MESSAGE, armored), at


@pytest.mark.parametrize(
    "armored",
    [
        "",
        SIGNED.partition("\n")[2],
        SIGNED.rpartition("-----END")[0],
        SIGNED.replace("SSH SIGNATURE", "SSH"),
        "\n".join((SIGNED.splitlines()[0], SIGNED.splitlines()[-1])),
        SIGNED.replace("\n", "\n*", 1),
    ],
)
def test_what_is_no_signature_is_none(armored):
    assert not signatures.verify(PUBLIC, MESSAGE, armored)


def test_a_key_is_read_whole():
    assert signatures.raw_key(f"{PUBLIC} a comment") == RAW
    kind, blob = PUBLIC.split()
    raw = base64.b64decode(blob)
    for text, problem in (
        ("", 'must read "ssh-ed25519 AAAA'),
        (kind, 'must read "ssh-ed25519 AAAA'),
        (f"ssh-rsa {blob}", 'must read "ssh-ed25519 AAAA'),
        (f"ssh-dss {blob}", 'must read "ssh-ed25519 AAAA'),
        (f"{kind} {blob[:10]}*{blob[10:]}", "no whole Ed25519 key"),
        (f"{kind} ***", "no whole Ed25519 key"),
        (f"{kind} {base64.b64encode(raw[:-1]).decode()}", "no whole Ed25519 key"),
        (f"{kind} {base64.b64encode(raw + b'x').decode()}", "no whole Ed25519 key"),
        (f"{kind} {base64.b64encode(b'x' + raw[1:]).decode()}", "no whole Ed25519 key"),
    ):
        with pytest.raises(ValueError, match=problem):
            signatures.raw_key(text)
