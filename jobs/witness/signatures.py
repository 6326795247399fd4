"""SSH signatures over a text, as `ssh-keygen -Y sign` makes and `-Y verify` accepts them.

The format is OpenSSH's PROTOCOL.sshsig, version 1, with Ed25519 keys and SHA-512, which are what
`ssh-keygen` chooses by itself.
"""

import base64
import binascii
import hashlib
import textwrap
from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

NAMESPACE = b"bordercast"  # a signature made for another purpose is none of ours
_MAGIC, _KEY_TYPE, _HASH, _LENGTH = b"SSHSIG", b"ssh-ed25519", b"sha512", 64
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"


def sign(key: Ed25519PrivateKey, message: bytes) -> str:
    """Return the armored signature of a message."""
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    blob = _before_signature(public) + key.sign(_signed(message))
    lines = textwrap.wrap(base64.b64encode(blob).decode(), 70)
    return "\n".join((_BEGIN, *lines, _END, ""))


def verify(public_key: str, message: bytes, armored: str) -> bool:
    """Say whether the owner of a key, "ssh-ed25519 AAAA...", signed a message; never raises."""
    try:
        public = raw_key(public_key)
        lines = armored.strip().splitlines()
        if len(lines) < 3 or (lines[0], lines[-1]) != (_BEGIN, _END):
            return False
        blob = base64.b64decode("".join(lines[1:-1]), validate=True)
        expected = _before_signature(public)  # all but the signature follows from key and purpose
        # Compared as a whole, so nothing in it is parsed that a stranger wrote.
        if blob[:-_LENGTH] != expected:
            return False
        Ed25519PublicKey.from_public_bytes(public).verify(blob[-_LENGTH:], _signed(message))
    except (ValueError, InvalidSignature):
        return False
    return True


def signer(public_keys: Iterable[str], message: bytes, armored: bytes) -> str:
    """Return which of these keys signed a message, without whose it is; "" for none of them."""
    text = armored.decode("ascii", errors="replace")
    by = (key for key in public_keys if verify(key, message, text))
    return " ".join(next(by, "").split()[:2])


def raw_key(public_key: str) -> bytes:
    """Return the 32 bytes of "ssh-ed25519 AAAA... comment"; ValueError if it is none."""
    words = public_key.split()
    if len(words) < 2 or words[0] != _KEY_TYPE.decode():
        raise ValueError('it must read "ssh-ed25519 AAAA...", as in a .pub file')
    try:
        blob = base64.b64decode(words[1], validate=True)
    except binascii.Error:
        blob = b""
    start = _string(_KEY_TYPE) + (32).to_bytes(4, "big")
    if len(blob) != len(start) + 32 or not blob.startswith(start):
        raise ValueError("it is no whole Ed25519 key")
    return blob[len(start) :]


def _before_signature(public: bytes) -> bytes:
    length = len(_string(_KEY_TYPE)) + 4 + _LENGTH
    return (
        _MAGIC
        + (1).to_bytes(4, "big")
        + _string(_string(_KEY_TYPE) + _string(public))
        + b"".join(map(_string, (NAMESPACE, b"", _HASH)))
        + length.to_bytes(4, "big")
        + _string(_KEY_TYPE)
        + _LENGTH.to_bytes(4, "big")
    )


def _signed(message: bytes) -> bytes:
    """Return what the key signs: the message's digest, bound to its purpose."""
    digest = hashlib.sha512(message).digest()
    return _MAGIC + b"".join(map(_string, (NAMESPACE, b"", _HASH, digest)))


def _string(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value
