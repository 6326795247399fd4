"""One-click unsubscribing (RFC 8058): a signed token in an address, by which one reader is meant.

The token says who and since when; it is signed with a key that lies beside the database. Only a
POST unsubscribes: mail programs and scanners fetch every address in a mail.
"""

import base64
import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path

from forecast import files
from forecast.store import deliveries, ops

KEY = "unsubscribe.key"
BYTES = 32
LINK_VALID = timedelta(days=400)  # a notice older than that is not anybody's way out any more


def key(path: Path) -> bytes:
    """Return the signing key beside the database; made when first asked."""
    file = path.with_name(KEY)
    if not held_key(path.parent):
        draft = path.with_name(f".{KEY}.{secrets.token_hex(4)}")
        files.create_private(draft)
        draft.write_bytes(secrets.token_bytes(BYTES))
        files.sync(draft)
        # Whole when it gets its name, and only once: links signed with a second key would be dead.
        with suppress(FileExistsError):
            os.link(draft, file)
        if not file.stat().st_size:  # an earlier program was killed while it made the key
            draft.replace(file)
        draft.unlink(missing_ok=True)
    return file.read_bytes()


def held_key(folder: Path) -> bytes:
    """Return the key in a folder, b"" if none was made there."""
    file = folder / KEY
    return file.read_bytes() if file.exists() else b""


def copy_key(source: Path, to: Path) -> None:
    """Copy the key from a folder to another that has none, for its owner alone."""
    key = held_key(source)
    if key and not held_key(to):
        with files.replacing(to / KEY, 0o600, alone=True) as draft:
            draft.write_bytes(key)


def key_problems(folder: Path) -> list[str]:
    """Return what speaks against the key of a backup; empty if it has none."""
    key = held_key(folder)
    return [f"{KEY} has {len(key)} bytes, not {BYTES}"] if len(key) not in (0, BYTES) else []


def token(secret: bytes, address: str, day: str) -> str:
    """Return the token of a reader; day : "YYYY-MM-DD", on which it was given."""
    content = f"{day} {address}".encode()
    mark = hmac.new(secret, content, hashlib.sha256).digest()[:16]
    return base64.urlsafe_b64encode(mark + content).decode().rstrip("=")


def reader(secret: bytes, text: str, today: date) -> str | None:
    """Return the address that a token names; None for a forged or old one."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        day, _, address = raw[16:].decode().partition(" ")
        given = date.fromisoformat(day)
    except ValueError:
        return None
    # Compared in constant time: how long it takes must not tell how much of a guess is right.
    real = hmac.compare_digest(token(secret, address, day), text.rstrip("="))
    return address if real and timedelta(0) <= today - given <= LINK_VALID else None


def unsubscribe(path: Path, text: str, now: datetime) -> bool:
    """Take off the list whom a token names; False for a forged or old one."""
    address = reader(key(path), text, now.date())
    if address is None:
        return False
    with ops.writing(path) as db:
        deliveries.unsubscribe(db, address, now)
    return True


def headers(secret: bytes, site: str, address: str, day: str) -> bytes:
    """Return the lines of a mail's head by which a mail program unsubscribes its reader."""
    where = f"{site.rstrip('/')}/unsubscribe/{token(secret, address, day)}"
    return (
        f"List-Unsubscribe: <{where}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    ).encode("ascii")
