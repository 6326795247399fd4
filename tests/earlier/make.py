"""Makes a record as a user of an earlier program has it: `make.py FOLDER`, with that program.

    schema8.db.gz        the record of the program before digests covered all that was said
    schema8-ops.db.gz    its ops.db
    schema8.toml         its settings

Five runs on the small figures of tests/publisher.py: January deviated and its notice was approved,
a file was refused, February's notice was rejected, run 2 was withdrawn. The last file came without
the day on which it was first seen, and its month was judged by a forecast of a later day as if it
had been issued before: false, and to be named by later programs. Notice 3 is still held.
"""

from __future__ import annotations

import gzip
import shutil
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "faults"), str(HERE.parent.parent)]

import publisher  # noqa: E402
import small  # noqa: E402
from jobs.archive import folders  # noqa: E402
from jobs.ingest import Found, take_file  # noqa: E402

from forecast.store import connect, withdrawals  # noqa: E402
from jobs import monthly, notices  # noqa: E402

MARCH = ("2024-03", {**small.FEBRUARY[2], ("2024-03", "southwest"): 1500})
LATE = datetime(2024, 4, 20, 12, tzinfo=UTC)  # after March was published


def made(folder: Path) -> Path:
    """The record in a folder; returns the database."""
    path = small.made(folder)
    notices.approve(path, 1, "Ann Lee", datetime(2024, 2, 17, 9, tzinfo=UTC))
    spoiled = folder / "inbox" / publisher.file_name("2023-11", "aor", first=small.FIRST_YEAR)
    spoiled.write_bytes(publisher.file_bytes("2023-11", "aor")[:500])
    small.run(path)
    notices.reject(path, 2, "Bob Day", "known since Tuesday", small.NOW)

    settings = path.with_name("config.toml")
    settings.write_text(settings.read_text().replace("horizon = 3", "horizon = 4"))
    monthly.run(path, small.settings(path), now=LATE, with_bundle=False)
    file = folder / publisher.file_name(MARCH[0], first=small.FIRST_YEAR)
    file.write_bytes(publisher.file_bytes(MARCH[0], first=small.FIRST_YEAR, moved=MARCH[1]))
    config = small.settings(path)
    with connect.writing(path) as db:
        take_file(db, folders(path, config), Found(file, ""), config.forecast.dimensions)
    monthly.run(path, config, now=LATE, with_bundle=False)
    with connect.writing(path) as db:
        withdrawals.withdraw(db, 2, "rested on a draft", "Bob Day", LATE)
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
    from forecast.store import ops

    work = Path(sys.argv[1])
    work.mkdir(parents=True)
    database = made(work)
    version = len(connect.migrations())
    keep(database, HERE / f"schema{version}.db.gz", connect.SCHEMA)
    keep(ops.ops_path(database), HERE / f"schema{version}-ops.db.gz", ops.SCHEMA)
    shutil.copy(database.with_name("config.toml"), HERE / f"schema{version}.toml")
