"""`export all`: the files of a folder add up to every table, here and in other databases."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast.desk.dictionary import VIEWS
from forecast.store import connect, releases, runs
from forecast.store.read import view_rows
from jobs.cli import main
from tests.support import tiny_record as tiny

parquet = pytest.importorskip("pyarrow.parquet")

POSTGRES = Path("/usr/lib/postgresql")


def said(record: Path, folder: Path, *more: str) -> str:
    words = ("--db", str(record), "export", "all", "-o", str(folder), *more)
    return CliRunner().invoke(main, words).output


def tables(record: Path) -> dict[str, Counter]:
    """Every view as the record has it."""
    with connect.moment(record) as connection:
        return {
            name: Counter(view_rows(connection, name, list(view.columns)))
            for name, view in VIEWS.items()
        }


def go_on(record: Path) -> None:
    """A month restated, a month more, a forecast more."""
    with connect.writing(record) as db:
        march = tiny.release("march", "2024-03")
        counts = {tiny.NORTH: {"2024-01": 56, "2024-02": 60, "2024-03": 70}}
        with connect.transaction(db):
            releases.save_snapshot(db, tiny.stated(march, counts))
        ahead = (tiny.forecast(tiny.NORTH, "2024-03", 1, 72),)
        of = tiny.publication("2024-04-25T12:00", "2024-03", (1, 2, 3, 5), forecasts=ahead)
        runs.publish(db, of)


@pytest.fixture
def folder(by_hand, tmp_path) -> Path:
    """A folder that followed the record for two runs, and the record as of the second."""
    record, out = Path(shutil.copy(by_hand, tmp_path / "bordercast.db")), tmp_path / "tables"
    said(record, out)
    before = tables(record)
    go_on(record)
    for wrong in ("1", "3", "4"):
        assert "is as of run 2; name that one" in said(record, out, "--since", wrong)
    assert "rows changed since run 2, run 4" in said(record, out, "--since", "2")
    after = tables(record)
    added = {p.parent.name for p in out.glob("*/0002-run-4.parquet")}
    assert added == {name for name in before if before[name] != after[name]}
    assert 5 < len(added) < len(before)
    return out


def filled(folder: Path, db: sqlite3.Connection) -> None:
    """Do what tables.sql says, and put each file's rows into its table."""
    db.executescript((folder / "tables.sql").read_text())
    for file in sorted(folder.glob("*/*.parquet")):
        columns = parquet.read_table(file).to_pydict()
        marks = ", ".join("?" * len(columns))
        rows = zip(*columns.values(), strict=True)
        db.executemany(f"insert into {file.parent.name}_rows values ({marks})", rows)


def test_the_files_add_up_to_every_table(folder):
    db = sqlite3.connect(":memory:")
    filled(folder, db)

    for name, held in tables(folder.parent / "bordercast.db").items():
        assert Counter(db.execute(f"select * from {name}")) == Counter(list(held)), name


def test_what_was_killed_is_done_again(folder):
    record, marker = folder.parent / "bordercast.db", folder / "export.json"
    marker.write_text(json.dumps({"run": "2"}))
    (folder / "border_months" / "0002-run-4.parquet").unlink()
    said(record, folder, "--since", "2")

    assert json.loads(marker.read_text())["run"] == "4"
    test_the_files_add_up_to_every_table(folder)


def test_other_columns_are_refused(folder):
    file = next(folder.glob("ranks/*.parquet"))
    parquet.write_table(parquet.read_table(file).drop(["sign"]), file)

    told = said(folder.parent / "bordercast.db", folder, "--since", "4")
    assert f"{file}: --since: its columns are those of another version" in told


@pytest.mark.slow
def test_duckdb_reads_the_files(folder):
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed: pip install duckdb")
    for name, held in tables(folder.parent / "bordercast.db").items():
        asked = (
            f"select * exclude (sign) from read_parquet('{folder}/{name}/*.parquet') "
            "group by all having sum(sign) > 0"
        )
        if any(folder.glob(f"{name}/*.parquet")):
            assert Counter(duckdb.sql(asked).fetchall()) == Counter(list(held)), name


@pytest.fixture
def postgres() -> Iterator[list[str]]:
    """The words that call psql on a server of its own."""
    found = sorted(POSTGRES.glob("*/bin")) if POSTGRES.exists() else []
    if not found:
        pytest.skip("no PostgreSQL is installed")
    import tempfile

    user = "postgres" if os.getuid() == 0 else None  # no server runs as root
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="pg") as place:
        if user:
            shutil.chown(place, user)
        run = {"check": True, "user": user, "cwd": place, "stdout": subprocess.DEVNULL}
        subprocess.run([found[-1] / "initdb", "-D", f"{place}/db", "-U", "desk"], **run)
        begin = f"-c listen_addresses= -c unix_socket_directories={place}"
        server = [found[-1] / "pg_ctl", "-D", f"{place}/db", "-w", "-l", f"{place}/log"]
        subprocess.run([*server, "-o", begin, "start"], **run)
        try:
            yield [str(found[-1] / "psql"), "-h", place, "-U", "desk", "-v", "ON_ERROR_STOP=1"]
        finally:
            subprocess.run([*server, "-m", "immediate", "stop"], **run)


@pytest.mark.slow
def test_postgresql_takes_the_files(folder, postgres):
    """As docs/databases.md has it."""
    from pyarrow import csv

    ask = [*postgres, "-d", "postgres", "-At"]
    subprocess.run([*ask, "-f", folder / "tables.sql"], check=True, capture_output=True)
    for file in sorted(folder.glob("*/*.parquet")):
        csv.write_csv(parquet.read_table(file), rows := folder / "rows.csv")
        copy = rf"\copy {file.parent.name}_rows from '{rows}' csv header"
        subprocess.run([*ask, "-c", copy], check=True, capture_output=True)

    for name, held in tables(folder.parent / "bordercast.db").items():
        count = subprocess.run([*ask, "-c", f"select count(*) from {name}"], capture_output=True)
        assert int(count.stdout) == len(held), name
    total = "select sum(encounters) from border_months"
    with connect.moment(folder.parent / "bordercast.db") as connection:
        (known,) = connection.execute(total).fetchone()
    summed = subprocess.run([*ask, "-c", total], capture_output=True)
    assert int(summed.stdout) == known
