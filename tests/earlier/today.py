"""Makes the record of today's program, at a release: `python -m tests.earlier.today`.

The story of `make.py`, which made that of schema 8 and keeps the imports of its time: five runs on
the small figures of `publisher`, a file refused, a run withdrawn, a notice approved, one rejected;
the last one is approved too, and its mail waits in ops.db. Two of three witnesses saw the first
approval, all three the end.

    VERSION.db.gz, VERSION-ops.db.gz, VERSION.toml       as a user of that version has them
    VERSION-authority.pem, VERSION-witness.bundle        what their proofs are checked with

tests/journeys/test_earlier.py opens every one.
"""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import forecast
from forecast.context import Context
from forecast.store import connect, notices, ops, runs
from jobs.deliver import approve as approvals
from jobs.deliver import outbox
from jobs.witness import attest
from tests.support import publisher, small_record, timestamp_authority
from tests.support.notice_words import word

HERE = Path(__file__).parent

LATE = datetime(2024, 4, 20, 12, tzinfo=UTC)
SETTINGS = """
[mail]
enabled = true
host = "mail.example.org"
sender = "desk@example.org"

[[notices.recipients]]
address = "reader@example.org"

[witness]
public_keys = [{key!r}]
authority = "{authority}"
authority_certificates = "authority.pem"
"""
# Gone with the folder: whoever opens the record checks what they gave.
OUTSIDE = 'sign = {sign}\nrepository = "{repository}"\n'


def made(folder: Path) -> Path:
    """The record in a folder; returns the database. Beside it: authority.pem, repository.git."""
    git = folder / "repository.git"
    key, root = folder / "key", timestamp_authority.make(folder / "authority")
    ran("git", "init", "-q", "--bare", "-b", "main", git)
    ran("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key)
    shutil.copy(root, folder / "authority.pem")
    path = small_record.made(folder)
    settings = path.with_name("config.toml")
    public = key.with_suffix(".pub").read_text().strip()
    with timestamp_authority.serving(folder / "authority") as address:
        sign = [sys.executable, "-m", "jobs.witness.signer", "--key", str(key)]
        told = SETTINGS.format(key=public, authority=address)
        settings.write_text(settings.read_text() + told + OUTSIDE.format(sign=sign, repository=""))
        approve(path, 1, datetime(2024, 2, 17, 9, tzinfo=UTC))
        attest.attest(path, small_record.settings(path), small_record.NOW)
        tell(folder)
        outside = OUTSIDE.format(sign=sign, repository=git)
        settings.write_text(small_record.SETTINGS.replace("= 3", "= 4") + told + outside)
        finish(folder)
        attest.attest(path, small_record.settings(path), LATE)
    kept = SETTINGS.format(key=public, authority="https://authority.example.org/")
    settings.write_text(small_record.SETTINGS.replace("= 3", "= 4") + kept)
    return path


def tell(folder: Path) -> None:
    """A refused file, February, and its notice that nobody wants."""
    path = folder / small_record.NAME
    spoiled = (
        folder / "inbox" / publisher.file_name("2023-11", "aor", first=small_record.FIRST_YEAR)
    )
    spoiled.write_bytes(publisher.file_bytes("2023-11", "aor")[:500])
    small_record.run(path)
    approvals.reject(path, 2, "Bob Day", "known since Tuesday", small_record.NOW)


def finish(folder: Path) -> None:
    """A run by other settings, March and its notice, run 2 withdrawn."""
    path = folder / small_record.NAME
    small_record.run(path, LATE)
    small_record.drop(
        folder, "2024-03", {**small_record.FEBRUARY[2], ("2024-03", "southwest"): 1500}
    )
    small_record.run(path, LATE)
    with connect.writing(path) as db:
        runs.withdraw(db, 2, "rested on a draft", "Bob Day", LATE)
    approve(path, 3, LATE)
    assert outbox.queue_all(Context.open(path, small_record.settings(path)), LATE) == 1


def approve(path: Path, notice_id: int, now: datetime) -> None:
    """A person's word on what the notice says."""
    with closing(connect.read(path)) as connection:
        seen = notices.content(connection, notice_id)
    approvals.approve(path, notice_id, word("Ann Lee", "root", seen), now)


def ran(*command: object) -> None:
    """Run a command of others."""
    subprocess.run(list(map(str, command)), check=True)


def keep(path: Path, to: Path, schema: str) -> None:
    """A compressed copy, the same bytes each time."""
    whole = to.with_suffix("")
    with closing(connect.read(path, schema)) as connection:
        connection.execute("vacuum into ?", (str(whole),))
    with to.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(whole.read_bytes())
    whole.unlink()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as work:
        database = made(Path(work))
        name = forecast.__version__
        keep(database, HERE / f"{name}.db.gz", connect.SCHEMA)
        keep(ops.ops_path(database), HERE / f"{name}-ops.db.gz", ops.SCHEMA)
        shutil.copy(database.with_name("config.toml"), HERE / f"{name}.toml")
        shutil.copy(database.with_name("authority.pem"), HERE / f"{name}-authority.pem")
        bundle = HERE / f"{name}-witness.bundle"
        ran("git", "-C", Path(work) / "repository.git", "bundle", "create", "-q", bundle, "main")
