"""`bordercast-sign`: the signing command, apart, so that the service's user need not read the key.

It reads a statement from its input, writes the signature to its output, and does nothing else. It
keeps what it signed beside the key, and does not sign an entry anew that it signed with another
digest: with the key alone in its hands, nobody who rewrites the record gets that record signed.
"""

import argparse
import fcntl
import os
import sys
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_ssh_private_key

from forecast.errors import WitnessError
from forecast.store import witnesses
from jobs.witness import signatures
from jobs.witness.commands import REFUSED


def main() -> None:
    """Sign one statement. If refused: a line on stderr, exit code 1, or 3 for a contradiction."""
    parser = argparse.ArgumentParser(prog="bordercast-sign", description=__doc__)
    parser.add_argument("--key", type=Path, required=True, help="Ed25519 key (ssh-keygen).")
    parser.add_argument("--log", type=Path, help="What was signed [KEY.signed].")
    asked = parser.parse_args()
    log = asked.log or asked.key.with_name(asked.key.name + ".signed")
    try:
        print(signed(sys.stdin.buffer.read(10_000), asked.key, log), end="")
    except WitnessError as error:
        print(f"bordercast-sign: {error.problem}", file=sys.stderr)
        sys.exit(REFUSED if error.grave else 1)


def signed(message: bytes, key: Path, log: Path) -> str:
    """Return the signature of a statement, which is kept in the log first.

    WitnessError if it is no statement, contradicts what was signed, or the key cannot be used.
    """
    text = message.decode("ascii", errors="replace").removesuffix("\n")
    statement = witnesses.parse(text)
    if statement is None or statement.line() != message:
        raise WitnessError("signature", f"{text[:80]!r} is no statement of a record", grave=True)
    try:
        secret = load_ssh_private_key(key.read_bytes(), None)
    except OSError as error:
        raise WitnessError("signature", f"{key}: {error.strerror}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise WitnessError("signature", f"{key}: no key without a password: {error}") from None
    if not isinstance(secret, Ed25519PrivateKey):
        raise WitnessError("signature", f"{key}: no Ed25519 key: `ssh-keygen -t ed25519`")
    try:
        handle = os.open(log, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise WitnessError("signature", f"{log}: {error.strerror}") from None
    with open(handle, "r+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        before = [entry for line in file if (entry := witnesses.parse(line.rstrip("\n")))]
        if statement not in before:
            newest = max(before, default=None)
            if newest and statement.entry_id <= newest.entry_id:
                problem = (
                    f"refused: entry {statement.entry_id} of the ledger is to be signed with "
                    f"another digest than before, or late; entry {newest.entry_id} was signed "
                    "already. The record was rewritten, or restored from a backup; if that was "
                    "meant, the key's owner moves the log of what was signed away"
                )
                raise WitnessError("signature", problem, grave=True)
            file.write(f"{statement}\n")
            file.flush()
            # On the disk before the signature leaves, so that no power cut lets another be signed.
            os.fsync(file.fileno())
    return signatures.sign(secret, message)


if __name__ == "__main__":
    main()
