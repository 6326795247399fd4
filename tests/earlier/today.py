"""Makes the fixture of today's schema, at a release: `python tests/earlier/today.py`.

The story of `make.py`, which made that of schema 8 and keeps the imports of its time: five runs on
the small figures of tests/publisher.py, a notice approved, one rejected, a file refused, a run
withdrawn. schemaN.db.gz, schemaN-ops.db.gz, schemaN.toml: test_earlier.py opens every one.
"""

from __future__ import annotations

import gzip
import shutil
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "faults"), str(HERE.parent.parent)]

import publisher  # noqa: E402
import small  # noqa: E402

from forecast.store import connect, notices, ops, runs  # noqa: E402
from forecast.store.notices import Approval  # noqa: E402
from jobs.mail import approvals  # noqa: E402

LATE = datetime(2024, 4, 20, 12, tzinfo=UTC)


def made(folder: Path) -> Path:
    """The record in a folder; returns the database."""
    path = small.made(folder)
    with closing(connect.read(path)) as connection:
        approval = Approval("Ann Lee", "root", notices.content(connection, 1))
    approvals.approve(path, 1, approval, datetime(2024, 2, 17, 9, tzinfo=UTC))
    spoiled = folder / "inbox" / publisher.file_name("2023-11", "aor", first=small.FIRST_YEAR)
    spoiled.write_bytes(publisher.file_bytes("2023-11", "aor")[:500])
    small.run(path)
    approvals.reject(path, 2, "Bob Day", "known since Tuesday", small.NOW)
    settings = path.with_name("config.toml")
    settings.write_text(settings.read_text().replace("horizon = 3", "horizon = 4"))
    small.run(path, LATE)
    small.drop(folder, "2024-03", {**small.FEBRUARY[2], ("2024-03", "southwest"): 1500})
    small.run(path, LATE)
    with connect.writing(path) as db:
        runs.withdraw(db, 2, "rested on a draft", "Bob Day", LATE)
    return path


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
        name = f"schema{len(connect.migrations())}"
        keep(database, HERE / f"{name}.db.gz", connect.SCHEMA)
        keep(ops.beside(database), HERE / f"{name}-ops.db.gz", ops.SCHEMA)
        shutil.copy(database.with_name("config.toml"), HERE / f"{name}.toml")
