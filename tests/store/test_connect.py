from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast import months
from forecast.errors import BusyError, ConfigError, StoreError
from forecast.periods import FEDERAL
from forecast.store import (
    connect,
    copies,
    inputs,
    integrity,
    measures,
    ops,
    releases,
)
from forecast.store.connect import transaction, writing
from forecast.types import Coverage, Release, Scope, SeriesKey, Snapshot
from tests.support import tiny_record
from tests.support.databases import edit

TOTAL = SeriesKey("northern")
PERU, INDIA = (SeriesKey("northern", "citizenship", name) for name in ("PERU", "INDIA"))


def snapshot(seq, first, last, *, kind="state", **counts):
    """A release that covers the total and two citizenships from first to last."""
    span = months.between(first, last)
    keys = {"total": TOTAL, "peru": PERU, "india": INDIA}
    given_counts = {keys[name]: dict(zip(span, by, strict=False)) for name, by in counts.items()}
    return Snapshot(
        Release(f"r{seq}", kind, f"r{seq}.csv", f"sha{seq}", last, seq),
        given_counts,
        tuple(Coverage(Scope("northern", d), first, last) for d in ("", "citizenship")),
    )


def saved(path: Path, snapshots) -> list[tuple]:
    """The observations after saving in this order, by what they mean, not by id."""
    with writing(path) as db:
        for each in snapshots:
            with transaction(db):
                releases.save_snapshot(db, each)
        rows = db.execute(
            "select s.border, s.dimension, s.member, o.month, r.sha256, o.encounters "
            "from observations o join series s on s.id = o.series_id "
            "join releases r on r.id = o.release_id"
        ).fetchall()
    return sorted(rows)


FIRST = snapshot(1, "2024-01", "2024-03", total=[10, 20, 30], peru=[4, 0, 5])
SECOND = snapshot(2, "2024-02", "2024-04", total=[20, 31, 40], peru=[0, 5, 6], india=[1, 0, 0])
THIRD = snapshot(3, "2024-03", "2024-05", total=[31, 40, 50], india=[0, 0, 9])


def test_releases_may_arrive_in_any_order(tmp_path):
    found = {
        str(saved(tmp_path / f"{i}.db", order))
        for i, order in enumerate(permutations([FIRST, SECOND, THIRD]))
    }

    assert len(found) == 1


series_values = st.lists(st.integers(0, 3), min_size=4, max_size=4)


@pytest.mark.slow
@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), series_values, series_values, series_values),
        min_size=2,
        max_size=4,
    ),
    st.randoms(use_true_random=False),
)
def test_every_release_reads_back_as_it_stated_in_any_order(tmp_path_factory, drawn, random):
    folder = tmp_path_factory.mktemp("orders")
    made = [
        snapshot(
            seq,
            months.shift("2024-01", start),
            months.shift("2024-01", start + 3),
            total=total,
            peru=peru,
            india=india,
        )
        for seq, (start, total, peru, india) in enumerate(drawn, start=1)
    ]
    shuffled = random.sample(made, len(made))

    assert saved(folder / "a.db", made) == saved(folder / "b.db", shuffled)
    with closing(connect.read(folder / "b.db")) as db:
        for each in made:
            release_id = releases.find_by_hash(db, each.release.sha256)["id"]
            stated = releases.load_snapshot(db, release_id)
            assert releases.counts_digest(stated) == releases.counts_digest(each)
            assert stated.release == each.release


def test_the_current_count_is_the_newest_releases(tmp_path):
    saved(tmp_path / "a.db", [THIRD, FIRST, SECOND])

    with closing(connect.read(tmp_path / "a.db")) as db:
        counts = releases.current_counts(db)

    assert list(counts[TOTAL]) == months.between("2024-01", "2024-05")
    assert list(counts[TOTAL].values()) == [10, 20, 31, 40, 50]
    assert list(counts[PERU].values()) == [4, 0, 0, 0, 0]


def test_a_row_stands_only_where_a_value_changed(tmp_path):
    rows = saved(tmp_path / "a.db", [FIRST, SECOND])

    stated_for_march = [row for row in rows if row[2] == "" and row[3] == "2024-03"]
    assert [(row[4], row[5]) for row in stated_for_march] == [("sha1", 30), ("sha2", 31)]
    assert [row[4] for row in rows if row[2] == "" and row[3] == "2024-02"] == ["sha1"]


def test_a_vintage_is_kept_but_never_current(tmp_path):
    vintage = Snapshot(
        Release("v", "vintage", "v.csv", "shav", "2024-03", 9, "2024-04-30", "month"),
        {TOTAL: {"2024-03": 99}},
        (Coverage(Scope("northern", ""), "2024-03", "2024-03"),),
    )
    saved(tmp_path / "a.db", [vintage, FIRST])

    with closing(connect.read(tmp_path / "a.db")) as db:
        assert releases.current_counts(db)[TOTAL]["2024-03"] == 30
        release_id = releases.find_by_hash(db, "shav")["id"]
        assert releases.load_snapshot(db, release_id).counts == vintage.counts


def test_the_first_published_value_is_the_lowest_releases(tmp_path):
    saved(tmp_path / "a.db", [SECOND, FIRST])

    with closing(connect.read(tmp_path / "a.db")) as db:
        first = inputs.first_published(db)[TOTAL]

    assert first["2024-03"][0] == 30
    assert first["2024-04"][0] == 40


def test_an_edited_observation_is_named(tmp_path):
    saved(tmp_path / "a.db", [FIRST, SECOND])
    edit(tmp_path / "a.db", "update observations set encounters = 32 where encounters = 31")
    with closing(connect.read(tmp_path / "a.db")) as db:
        found = integrity.findings(db)

    assert found == [
        "release 2 (r2) was edited: its observations were changed",
        "figures: edited, but not by this program",
    ]


def test_what_fails_half_way_leaves_nothing(tmp_path):
    def save_and_fail(db):
        with transaction(db):
            releases.save_snapshot(db, FIRST)
            raise ZeroDivisionError

    with writing(tmp_path / "a.db") as db:
        with pytest.raises(ZeroDivisionError):
            save_and_fail(db)
        assert releases.accepted(db) == []


def test_a_bit_that_makes_a_schema_no_text_is_damage(tmp_path):
    path = tmp_path / "a.db"
    with writing(path):
        pass
    content = bytearray(path.read_bytes())
    content[content.lower().index(b"create table") + len("create ")] ^= 0x80
    path.write_bytes(content)

    with pytest.raises(sqlite3.OperationalError, match="malformed database schema") as told:
        connect.read(path)
    assert connect.is_damage(told.value)
    with pytest.raises(sqlite3.OperationalError, match="malformed database schema"), writing(path):
        pass


def test_a_newer_database_is_refused_in_words(tmp_path):
    edit(tmp_path / "new.db", "pragma user_version = 999")

    with pytest.raises(ConfigError, match="newer bordercast"):
        connect.read(tmp_path / "new.db")
    with pytest.raises(ConfigError, match="newer bordercast"), writing(tmp_path / "new.db"):
        pass


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "text.db").write_text("month,encounters\n" * 200)

    with pytest.raises(ConfigError, match="not a bordercast database"):
        connect.read(tmp_path / "text.db")


HOLD = """
import sys
from pathlib import Path
from forecast.store.connect import writing
with writing(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_writer_waits_and_then_names_the_first(tmp_path):
    path = tmp_path / "a.db"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(BusyError, match=f"process {holder.pid}"), writing(path, wait=0.3):
            pass
        holder.kill()

    with writing(path, wait=5):
        assert int((tmp_path / "a.db.lock").read_text()) == os.getpid()


def test_a_lock_names_its_holder_and_nobody_before_it(tmp_path):
    lock = tmp_path / "a.lock"
    lock.write_text("99999999999999\nleft over by somebody else\n")

    with connect.locked(lock, 0):
        assert lock.read_text() == f"{os.getpid()}\n"


def of_borders(seq: int, *borders: str, dimension: str = "") -> Snapshot:
    """A release that states some borders' totals, or a dimension of them."""
    return Snapshot(
        Release(f"r{seq}", "state", f"r{seq}.csv", f"sha{seq}", "2024-01", seq),
        {SeriesKey(border, dimension, dimension and "X"): {"2024-01": seq} for border in borders},
        tuple(Coverage(Scope(border, dimension), "2024-01", "2024-01") for border in borders),
    )


@pytest.mark.parametrize(
    ("borders", "expected"),
    [(("northern",), [2, 7]), (("southwest",), [3, 8]), (("northern", "southwest"), [3, 7])],
)
def test_a_release_is_compared_with_the_next_that_state_the_same_borders_totals(
    tmp_path, borders, expected
):
    """Not with one that is nearer but states a dimension only, or another border."""
    north, south = ("northern",), ("southwest",)
    held = [
        *(of_borders(1, *north), of_borders(2, *north), of_borders(3, *south)),
        *(of_borders(4, *north, *south, dimension="state"), of_borders(6, "other")),
        *(of_borders(7, *north), of_borders(8, *south), of_borders(9, *north)),
    ]
    saved(tmp_path / "a.db", held)
    new = of_borders(5, *borders)
    new = Snapshot(
        new.release,
        new.counts,
        (*new.coverage, Coverage(Scope("northern", "citizenship"), "2024-01", "2024-01")),
    )

    with closing(connect.read(tmp_path / "a.db")) as db:
        found = releases.neighbours(db, new)

    assert [each.release.seq for each in found] == expected


def test_releases_of_the_same_month_are_neighbors_too(tmp_path):
    twin = of_borders(5, "northern")
    saved(tmp_path / "a.db", [of_borders(4, "northern"), twin, of_borders(6, "northern")])

    with closing(connect.read(tmp_path / "a.db")) as db:
        assert [each.release.seq for each in releases.neighbours(db, twin)] == [4, 5, 6]


def parts_of(seq: int, first: str, last: str, closed: tuple = (), **more) -> Snapshot:
    """A release that states two dimensions of the north from first to last."""
    span = months.between(first, last)
    keys = [SeriesKey("northern", dimension, "X") for dimension in ("state", "citizenship")]
    return Snapshot(
        Release(f"p{seq}", more.pop("kind", "state"), "p.csv", f"sha{seq}", last, seq, **more),
        {key: dict.fromkeys(span, seq) for key in keys},
        tuple(Coverage(key.scope, first, last) for key in keys),
        closed=frozenset(closed),
    )


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        # Fiscal 2023 and 2024, of which 2023 is closed in it: by the nearest that closed it too.
        (parts_of(50, "2022-10", "2024-03", closed=(2023,)), [20, 45]),
        (parts_of(50, "2022-10", "2024-03"), [45]),
        (parts_of(50, "2023-10", "2024-03", closed=(2023,)), [45]),
        (parts_of(26, "2022-10", "2023-09", closed=(2023,)), [20]),
        (parts_of(31, "2022-10", "2023-09"), [30]),
        (parts_of(50, "2020-10", "2021-09"), []),
        (of_borders(50, "northern"), []),
    ],
)
def test_parts_are_held_against_the_nearest_release_of_each_year(tmp_path, new, expected):
    """Not against vintages, rounded counts, or another border's."""
    held = [
        parts_of(10, "2022-10", "2023-09", closed=(2023,)),
        parts_of(20, "2022-10", "2023-12", closed=(2023,)),
        parts_of(30, "2022-10", "2023-09"),
        parts_of(45, "2023-08", "2024-02"),
        parts_of(49, "2022-10", "2024-03", rounding=10),
        parts_of(48, "2022-10", "2024-03", kind="vintage"),
        of_borders(51, "southwest", dimension="state"),
    ]
    saved(tmp_path / "a.db", held)

    with closing(connect.read(tmp_path / "a.db")) as db:
        found = releases.part_neighbours(db, new, FEDERAL)

    assert sorted(each.release.seq for each in found) == expected


def test_labels_that_are_joined_count_as_one_until_they_are_not(tmp_path):
    with writing(tmp_path / "a.db") as db:
        with transaction(db):
            releases.save_snapshot(db, SECOND)
        joins = {"citizenship": {"PERU": "ANDES", "INDIA": "ANDES"}}
        assert measures.label_joins(db) == {}
        measures.save_joins(db, joins, tiny_record.NOON)
        measures.save_joins(db, {"citizenship": dict(joins["citizenship"])}, tiny_record.NOON)

        assert measures.label_joins(db) == joins
        joined = releases.current_counts(db)
        assert joined[SeriesKey("northern", "citizenship", "ANDES")]["2024-02"] == 1
        measures.save_joins(db, {}, tiny_record.NOON)
        assert list(releases.current_counts(db)) == [TOTAL, INDIA, PERU]
        assert releases.accepted(db) == [1]


def test_what_a_release_says_beside_its_counts_reads_back(tmp_path):
    """Its years, closed or not, with their lines; and a scope that it covers in two spans."""
    spans = (("2023-11", "2023-12"), ("2024-02", "2024-02"))
    made = Snapshot(
        Release("r", "state", "r.csv", "sha", "2024-02", 5, "2024-03-01", "day", "http://x", 10),
        {TOTAL: {"2023-11": 3, "2023-12": 0, "2024-02": 5}},
        tuple(Coverage(TOTAL.scope, *span) for span in spans),
        {2023: 7, 2024: 9},
        frozenset({2022, 2023}),
    )
    saved(tmp_path / "a.db", [of_borders(4, "northern"), made, of_borders(6, "northern")])

    with closing(connect.read(tmp_path / "a.db")) as db:
        assert releases.load_snapshot(db, 2) == made
        assert releases.current_counts(db)[TOTAL] == {
            "2023-11": 3, "2023-12": 0, "2024-01": 6, "2024-02": 5,
        }  # fmt: skip


def test_a_digest_of_counts_leaves_out_what_is_none():
    with_zeros = snapshot(1, "2024-01", "2024-02", total=[10, 0], peru=[0, 0])
    without = snapshot(1, "2024-01", "2024-02", total=[10])
    other = snapshot(1, "2024-01", "2024-02", total=[0, 10])

    assert releases.counts_digest(with_zeros) == releases.counts_digest(without)
    assert releases.counts_digest(other) != releases.counts_digest(without)
    text = "northern||||2024-01|10"
    assert releases.counts_digest(without) == hashlib.sha256(text.encode()).hexdigest()


def test_a_moment_needs_tables_of_this_program_s_version(tmp_path):
    path = tmp_path / "a.db"
    saved(path, [FIRST])
    with connect.moment(path) as connection:
        assert connection.execute("select count(*) from releases").fetchone()[0] == 1
    edit(path, f"pragma user_version = {len(connect.migrations()) - 1}")

    with pytest.raises(ConfigError, match="older bordercast"), connect.moment(path):
        pass


def test_a_link_in_the_place_of_a_lock_is_not_followed(tmp_path):
    (tmp_path / "precious").write_text("kept")
    (tmp_path / "a.lock").symlink_to(tmp_path / "precious")

    with pytest.raises(StoreError, match="symbolic link"), connect.locked(tmp_path / "a.lock", 0):
        pass
    with pytest.raises(FileNotFoundError), connect.locked(tmp_path / "none" / "a.lock", 0):
        pass

    assert (tmp_path / "precious").read_text() == "kept"


def test_the_second_database_is_private_whatever_its_mode_was(tmp_path):
    path = tmp_path / "deep" / "bordercast.db"
    with ops.writing(path) as db:
        db.execute("select 1")
    ops.ops_path(path).chmod(0o644)

    with ops.writing(path):
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}

    assert {mode for name, mode in modes.items() if not name.endswith(".lock")} == {0o600}


def test_a_copy_is_on_the_disk_before_and_after_it_gets_its_name(tmp_path, monkeypatch):
    saved(tmp_path / "a.db", [FIRST])
    done = []
    sync, replace = os.fsync, Path.replace
    place = lambda handle: Path(os.readlink(f"/proc/self/fd/{handle}")).name  # noqa: E731
    monkeypatch.setattr(os, "fsync", lambda handle: (done.append(place(handle)), sync(handle)))
    monkeypatch.setattr(Path, "replace", lambda a, b: (done.append("named"), replace(a, b)))

    copies.copy(tmp_path / "a.db", tmp_path / "copies" / "b.db", copies.READ_ONLY)

    assert done == ["b.db.part", "named", "copies"]


SAID_BY_SQLITE = {
    sqlite3.SQLITE_IOERR: "the disk does not answer",
    sqlite3.SQLITE_IOERR_WRITE: "the disk does not answer",  # an extended code
    sqlite3.SQLITE_CANTOPEN: "cannot be opened",
    sqlite3.SQLITE_READONLY: "may not be written by this user",
    sqlite3.SQLITE_PERM: "may not be read or written by this user",
    sqlite3.SQLITE_BUSY: "another process has kept it locked",
    sqlite3.SQLITE_LOCKED: "another process has kept it locked",
    sqlite3.SQLITE_NOMEM: "there is not enough memory",
    sqlite3.SQLITE_CORRUPT: "malformed",
    sqlite3.SQLITE_NOTADB: "malformed",
}


def of_sqlite(code: int) -> sqlite3.DatabaseError:
    error = sqlite3.OperationalError("malformed")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(("code", "problem"), SAID_BY_SQLITE.items())
def test_what_sqlite_finds_wrong_is_said_with_its_file(code, problem):
    said = connect.meaning(Path("record.db"), of_sqlite(code))

    assert said.path == "record.db"
    assert problem in said.problem
    assert connect.is_damage(of_sqlite(code)) == (problem == "malformed")


@pytest.mark.parametrize(
    "error",
    [
        sqlite3.ProgrammingError("x"),
        sqlite3.InterfaceError("x"),
        OSError(errno.EINVAL, "x"),
        of_sqlite(sqlite3.SQLITE_ERROR),  # no such column
        of_sqlite(sqlite3.SQLITE_CONSTRAINT),
        of_sqlite(sqlite3.SQLITE_MISMATCH),
    ],
)
def test_a_fault_of_the_program_is_not_put_into_words(error):
    assert not connect.is_damage(error)
    assert connect.meaning(Path("record.db"), error) is None


@pytest.mark.parametrize(("here", "scratch", "full"), [(1, 2, 0), (1, 1, 0), (2, 1, 1)])
def test_of_two_disks_the_one_with_less_room_is_called_full(
    tmp_path, monkeypatch, here, scratch, full
):
    (tmp_path / "scratch").mkdir()
    free = {tmp_path: here, tmp_path / "scratch": scratch}
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path / "scratch"))
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=free[path]))
    path = tmp_path / "record.db"

    for error in (of_sqlite(sqlite3.SQLITE_FULL), OSError(errno.ENOSPC, "no space")):
        said = connect.meaning(path, error)

        assert said.path == str((path, tmp_path / "scratch")[full])
        assert ("TMPDIR" in said.problem) == bool(full)


def test_the_full_disk_is_that_of_the_first_folder_that_can_be_written(tmp_path, monkeypatch):
    (tmp_path / "scratch").mkdir()
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path / "not there"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    usage = shutil.disk_usage(tmp_path)
    room = {tmp_path: 2, tmp_path / "scratch": 1}
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=room[path]))

    said = connect.meaning(tmp_path / "record.db", of_sqlite(sqlite3.SQLITE_FULL))

    assert said.path == str(tmp_path / "scratch")


def test_a_file_that_has_no_room_is_named(tmp_path):
    error = OSError(errno.ENOSPC, "no space", "there.csv")

    assert connect.meaning(tmp_path / "record.db", error).path == "there.csv"


def test_a_database_is_where_its_links_lead_and_otherwise_as_it_was_typed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")

    assert connect.place(Path("real/a.db")) == Path("real/a.db")
    assert connect.place(tmp_path / "real/a.db") == tmp_path / "real/a.db"
    assert connect.place(Path("link/a.db")) == tmp_path / "real/a.db"


def test_the_record_may_be_read_by_whom_the_umask_lets_and_its_folder_is_made(tmp_path):
    path = tmp_path / "a" / "b" / "c.db"
    before = os.umask(0o022)
    try:
        with writing(path):
            modes = {file.name: oct(file.stat().st_mode & 0o777) for file in path.parent.iterdir()}
    finally:
        os.umask(before)

    assert modes["c.db"] == modes["c.db.lock"] == "0o644"


def test_a_lock_may_be_read_by_all_who_wait_for_it(tmp_path):
    before = os.umask(0)
    try:
        with connect.locked(tmp_path / "a.lock", 0):
            assert oct((tmp_path / "a.lock").stat().st_mode & 0o777) == "0o644"
    finally:
        os.umask(before)


def test_a_lock_is_free_once_its_holder_left_it_and_until_then_for_nobody(tmp_path):
    path = tmp_path / "a.lock"
    for _ in range(2):
        with connect.locked(path, 0):
            with pytest.raises(BusyError) as told, connect.locked(path, 0):
                pass
            assert str(told.value).startswith("the lock a.lock")
            assert f"process {os.getpid()}" in str(told.value)
            path.write_text("")
            with pytest.raises(BusyError, match=r"process \?"), connect.locked(path, 0):
                pass


def test_what_a_name_has_of_its_own_is_no_part_of_an_address(tmp_path):
    """SQLite opens databases by address, in which ?, # and % have a meaning."""
    path = tmp_path / "50%20?a#b.db"
    with writing(path):
        pass

    with closing(connect.read(path)) as connection:
        assert connection.execute("pragma user_version").fetchone()[0] == len(connect.migrations())
        assert connection.execute("select 1 as one").fetchone()["one"] == 1
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            connection.execute("delete from runs")
    assert all(file.name.startswith(path.name) for file in tmp_path.iterdir())


def test_a_database_that_is_not_there_is_not_made_by_reading(tmp_path):
    with pytest.raises(ConfigError, match="no such database; `bordercast run` creates one"):
        connect.read(tmp_path / "a.db")

    assert list(tmp_path.iterdir()) == []


def test_an_older_database_is_brought_up_to_date_step_by_step_and_keeps_its_rows(tmp_path):
    path, scripts = tmp_path / "ops.db", connect.migrations(ops.SCHEMA)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(f"{scripts[0]};pragma user_version = 1;")
        db.execute("insert into polls values (1, 'a', 'b', 'new', 'c', null, null)")
        db.commit()

    for _ in range(2):
        with writing(path, schema=ops.SCHEMA) as db:
            assert db.execute("pragma user_version").fetchone()[0] == len(scripts)
            assert db.execute("select id, outcome from polls").fetchall() == [(1, "new")]
            settings = {
                name: db.execute(f"pragma {name}").fetchone()[0]
                for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema")
            }
            assert settings == {
                "journal_mode": "wal",
                "synchronous": 2,
                "foreign_keys": 1,
                "trusted_schema": 0,
            }


def fail_inside(db, undone: bool, error: type[BaseException]) -> None:
    with transaction(db):
        db.execute("insert into t values (1)")
        if undone:  # as SQLite itself does on a full disk
            db.execute("rollback")
        raise error


def test_an_error_ends_a_transaction_and_is_told_even_if_it_ended_before(tmp_path):
    with writing(tmp_path / "a.db") as db:
        db.execute("create table t (n integer)")
        for undone, error in ((False, KeyboardInterrupt), (True, ZeroDivisionError)):
            with pytest.raises(error):
                fail_inside(db, undone, error)
        assert not db.in_transaction
        with transaction(db):
            db.execute("insert into t values (3)")
        assert db.execute("select n from t").fetchall() == [(3,)]
        assert not db.in_transaction


def test_a_part_that_a_release_has_no_count_of_was_none_there_also_before_its_first(tmp_path):
    """India appears in the second release; of the first it is read as it was stated, as none."""
    first = snapshot(1, "2024-01", "2024-02", total=[5, 7], peru=[5, 7])
    second = snapshot(2, "2024-01", "2024-03", total=[5, 7, 9], peru=[5, 7, 4], india=[0, 0, 5])
    saved(tmp_path / "a.db", [first, second])

    with closing(connect.read(tmp_path / "a.db")) as connection:
        counts = [releases.load_snapshot(connection, n).counts for n in (1, 2)]

    assert counts[0][INDIA] == {"2024-01": 0, "2024-02": 0}
    assert counts[1][INDIA] == {"2024-01": 0, "2024-02": 0, "2024-03": 5}
    assert counts[0][PERU] == {"2024-01": 5, "2024-02": 7}


@pytest.mark.slow
def test_writing_loads_no_pandas_and_leaves_it_to_be_loaded(tmp_path):
    program = (
        "import sys; from pathlib import Path; from forecast.store import connect\n"
        "with connect.writing(Path(sys.argv[1])): pass\n"
        "assert 'pandas' not in sys.modules\n"
        "import pandas\n"
    )

    subprocess.run([sys.executable, "-c", program, tmp_path / "new.db"], check=True)


def test_rows_are_written_as_they_are_made_and_nothing_of_none(tmp_path):
    with writing(tmp_path / "a.db") as db:
        connect.insert(db, "withdrawals", iter(()))
        made = ({"measure_id": at, "at": "", "joins": "{}"} for at in range(3))
        connect.insert(db, "wordings", made)

        assert db.execute("select measure_id from wordings").fetchall() == [(0,), (1,), (2,)]


ON_A_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from forecast.store import connect
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
with connect.writing(Path(sys.argv[1])):
    pass
"""


@pytest.mark.parametrize("room", [0, 4096, 200_000])
def test_a_full_disk_leaves_a_whole_database_or_none(tmp_path, room):
    path = tmp_path / "new.db"
    command = [sys.executable, "-c", ON_A_FULL_DISK, str(path), str(room)]
    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 1
    assert [file.name for file in tmp_path.iterdir()] == ["new.db.lock"]
    with connect.writing(path) as db:
        assert connect.version(db) == len(connect.migrations())
