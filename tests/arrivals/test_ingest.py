from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import stat
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from forecast.config import Config, Fetch
from forecast.errors import DataError
from forecast.store import connect, inputs, ops, queries, releases
from forecast.store.connect import writing
from jobs.arrivals import archive
from jobs.arrivals.ingest import accept, waiting
from tests.support import arriving, audited
from tests.support.arriving import TODAY, context, take_waiting
from tests.support.databases import rows
from tests.support.publisher import file_bytes, file_name

FEBRUARY, MARCH = "2026-02", "2026-03"
NAME = file_name(FEBRUARY)
GOOD = file_bytes(FEBRUARY)
# One count of a closed year moved: the file reads, and its neighbour says otherwise.
MOVED = file_bytes(MARCH, moved={("2025-03", "southwest"): 7})


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "bordercast.db"


@pytest.fixture
def folders(path):
    return archive.folders(path, Config())


def put(folder: Path, name: str, content: bytes) -> Path:
    """A file that was finished a while ago."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_bytes(content)
    os.utime(file, (time.time() - 60,) * 2)
    return file


def take(path, folders, file, first_seen=TODAY):
    return arriving.take(path, file, first_seen)


def empty_inbox(path, folders):
    return take_waiting(path)


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def everything(path):
    tables = ["observations", "coverage", "series", "release_years", "runs"]
    found = {table: rows(path, f"select * from {table} order by 1, 2, 3") for table in tables}
    return {**found, "accepted": rows(path, "select * from releases where status = 'accepted'")}


# ---------------------------------------------------------------- the archive


def test_an_accepted_file_is_kept_under_its_content(path, folders, tmp_path):
    taken = take(path, folders, put(tmp_path, NAME, GOOD))

    ((sha256,),) = rows(path, "select sha256 from releases")
    assert (taken.outcome, taken.data_through) == ("accepted", FEBRUARY)
    assert (taken.release_id, taken.reason, taken.warning) == (1, "", "")
    assert (folders.archive / sha256 / NAME).read_bytes() == GOOD
    assert archive.find(folders.archive, sha256) == folders.archive / sha256 / NAME


def test_the_same_content_is_held_already_packed_or_not(path, folders, tmp_path):
    take(path, folders, put(tmp_path, NAME, GOOD))
    again = take(path, folders, put(tmp_path, NAME + ".gz", gzip.compress(GOOD)))

    assert (again.outcome, again.data_through) == ("already on record", FEBRUARY)
    assert files(folders.archive) == {NAME: GOOD}


def test_killed_before_the_record_the_same_file_may_come_again(path, folders, tmp_path):
    file = put(tmp_path, NAME, GOOD)

    def die(event, about):
        """At the next file that is opened once this one is archived under its name."""
        if event == "open" and list(folders.archive.rglob(NAME)):
            raise KeyboardInterrupt

    with audited.watching(die), pytest.raises(KeyboardInterrupt):
        take(path, folders, file)
    assert rows(path, "select count(*) from releases") == [(0,)]

    assert take(path, folders, file).outcome == "accepted"
    assert files(folders.archive) == {NAME: GOOD}


def test_what_cannot_be_written_in_full_has_no_name(tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        archive.keep_bytes(tmp_path / "archive", "abc", NAME, GOOD)

    assert files(tmp_path) == {}


# ---------------------------------------------------------------- the quarantine


def test_a_refused_file_changes_nothing_but_the_quarantine(path, folders, tmp_path):
    take(path, folders, put(tmp_path, NAME, GOOD))
    before = everything(path)

    with pytest.raises(DataError, match="closed years differ"):
        take(path, folders, put(tmp_path, file_name(MARCH), MOVED))

    assert everything(path) == before
    assert files(folders.archive) == {NAME: GOOD}
    beside = files(folders.quarantine)
    assert beside[file_name(MARCH)] == MOVED
    reason = beside[file_name(MARCH) + ".reason.txt"].decode()
    assert "southwest in 2025-03 2,011, was 2,004" in reason
    ((status, kept_reason, through),) = rows(
        path, "select status, reason, data_through from releases where id = 2"
    )
    assert (status, through) == ("quarantined", MARCH)
    assert kept_reason + "\n" == reason


def test_a_file_that_does_not_read_is_recorded_by_its_name(path, folders, tmp_path):
    page = b"<!DOCTYPE html><html>Access denied</html>\n"
    for _ in range(2):
        with pytest.raises(DataError, match="web page"):
            take(path, folders, put(tmp_path, NAME, page))

    assert rows(path, "select kind, seq, status, data_through from releases") == [
        ("state", 202605000, "quarantined", "")
    ]
    assert files(folders.quarantine)[NAME] == page


def test_a_refused_file_is_looked_at_again_when_it_comes_again(path, folders, tmp_path):
    """What it was held against may be gone by then; here the reader has learned a region."""
    odd = put(tmp_path, NAME, GOOD.replace(b"Northern Land Border", b"Arctic"))
    with pytest.raises(DataError, match="unknown region"):
        take(path, folders, odd)
    with writing(path) as db:
        db.execute("update releases set reason = 'something else'")

    with pytest.raises(DataError, match="unknown region"):
        take(path, folders, odd)

    ((reason,),) = rows(path, "select reason from releases")
    assert "unknown region" in reason


def test_a_reason_has_an_end_whatever_it_quotes(path, folders, tmp_path):
    def reading(*task):
        raise DataError(f"{'x' * 1_000_000}\nsecond")

    about = replace(context(path), reader=reading)
    with pytest.raises(DataError) as refused:
        arriving.take(path, put(tmp_path, NAME, GOOD), about=about)

    kept = "x" * 1000 + "\nsecond"
    assert str(refused.value) == kept
    assert rows(path, "select reason from releases") == [(kept,)]
    assert files(folders.quarantine)[f"{NAME}.reason.txt"].decode() == f"{kept}\n"


# ---------------------------------------------------------------- the inbox


def test_files_in_the_inbox_leave_it_for_the_archive_or_the_quarantine(path, folders):
    put(folders.inbox, file_name(MARCH), MOVED)
    put(folders.inbox, NAME, GOOD)
    put(folders.inbox, "notes.txt", b"to do\n")

    taken = empty_inbox(path, folders)

    assert [(t.file_name, t.outcome) for t in taken] == [
        ("notes.txt", "refused"),
        (NAME, "accepted"),
        (file_name(MARCH), "refused"),
    ]
    assert files(folders.inbox) == {}
    assert files(folders.archive) == {NAME: GOOD}
    assert set(files(folders.quarantine)) == {
        "notes.txt",
        "notes.txt.reason.txt",
        file_name(MARCH),
        file_name(MARCH) + ".reason.txt",
    }
    assert rows(path, "select first_seen_at from releases where status = 'accepted'") == [(TODAY,)]


def test_files_that_are_not_finished_by_their_names_are_left(path, folders):
    for name in (".hidden.csv", NAME + ".part", NAME + ".tmp"):
        put(folders.inbox, name, GOOD)

    assert empty_inbox(path, folders) == []
    assert set(files(folders.inbox)) == {".hidden.csv", NAME + ".part", NAME + ".tmp"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_cannot_be_opened_stays(path, folders):
    put(folders.inbox, NAME, GOOD).chmod(0)

    (taken,) = empty_inbox(path, folders)

    assert (taken.outcome, taken.release_id) == ("refused", None)
    assert set(files(folders.inbox)) == {NAME}


def test_one_release_of_those_that_wait_may_be_asked_for(path, folders):
    for name in (NAME, file_name(MARCH), "odd.csv"):
        put(folders.inbox, name, GOOD if name == NAME else file_bytes(MARCH))

    (taken,) = take_waiting(path, only=202606000)

    assert (taken.file_name, taken.outcome, taken.release_id) == (file_name(MARCH), "accepted", 1)
    assert set(files(folders.inbox)) == {NAME, "odd.csv"}


def test_of_a_file_that_is_no_release_its_name_is_kept(path, folders):
    put(folders.inbox, "notes.csv.gz", b"to do\n")

    (taken,) = empty_inbox(path, folders)

    assert (taken.file_name, taken.outcome, taken.release_id) == ("notes.csv.gz", "refused", 1)
    assert rows(
        path,
        "select source, kind, file_name, data_through, seq, first_seen_at, first_seen_precision, "
        "url from releases",
    ) == [("notes", "manual", "notes.csv", "", 0, TODAY, "day", "")]


def test_a_day_that_nobody_knows_is_not_made_up(path, folders, tmp_path):
    take(path, folders, put(tmp_path, NAME, GOOD), first_seen="")
    with pytest.raises(DataError):
        take(path, folders, put(tmp_path, "notes.csv", b"to do\n"), first_seen="")

    days = "select first_seen_at, first_seen_precision from releases"
    assert rows(path, days) == [(None, "unknown")] * 2


def downloads(path, folders, *found: tuple[str, bytes, str]) -> None:
    """What polls brought: (address, content, name), each by a poll of its own."""
    with ops.writing(path) as db:
        for number, (url, content, name) in enumerate(found, start=1):
            sha256 = hashlib.sha256(content).hexdigest()
            archive.keep_bytes(folders.archive, sha256, name, content)
            link = ops.Link(url, True, "tag", "day", sha256)
            day = f"2026-04-0{number}"
            ops.save_download(db, ops.Download(url, sha256, name, day, number), link)


def test_downloads_wait_until_they_are_on_record(path, folders):
    """The oldest release first; of one content, the address that had it first is its own."""
    march, odd = file_bytes(MARCH), b"no table\n"
    downloads(
        path,
        folders,
        ("u/march", march, file_name(MARCH)),
        ("u/new", odd, "b.csv"),
        ("u/february", GOOD, NAME),
        ("u/again", GOOD, NAME),
        ("u/gone", b"gone\n", "a.csv"),
    )
    archive.remove(folders.archive, hashlib.sha256(b"gone\n").hexdigest())

    found = waiting(None, context(path), TODAY)
    assert [(each.name, each.first_seen, each.address, each.origin) for each in found] == [
        ("b.csv", "2026-04-02", "u/new", "publisher"),
        (NAME, "2026-04-03", "u/february", "publisher"),
        (file_name(MARCH), "2026-04-01", "u/march", "publisher"),
    ]
    assert found[0].content() == odd

    taken = empty_inbox(path, folders)

    assert [each.outcome for each in taken] == ["refused", "accepted", "accepted"]
    assert rows(path, "select url from releases order by id") == [
        ("u/new",),
        ("u/february",),
        ("u/march",),
    ]
    assert set(files(folders.archive)) == {NAME, file_name(MARCH)}
    with writing(path) as db:
        assert waiting(db, context(path), TODAY) == []
        # Refused once, but there once more: it is tried again.
        archive.keep_bytes(folders.archive, hashlib.sha256(odd).hexdigest(), "b.csv", odd)
        assert [each.name for each in waiting(db, context(path), TODAY)] == ["b.csv"]
    with ops.reading(path) as db:
        asked = {url: link.etag for url, link in ops.links(db).items()}
    assert (asked["u/new"], asked["u/march"]) == ("", "tag")


def test_no_file_for_ops_is_made_where_there_is_nothing_to_say(path, folders):
    put(folders.inbox, NAME, GOOD)
    empty_inbox(path, folders)

    assert not ops.ops_path(path).exists()


# ---------------------------------------------------------------- the two folders


def mode(file: Path) -> str:
    return oct(stat.S_IMODE(file.stat().st_mode))


@pytest.mark.parametrize("before", [None, 0o755, 0o500, 0o777])
def test_nobody_else_may_look_into_the_folders_of_files(path, before):
    kept_in = archive.folders(path.parent / "a" / path.name, Config())
    if before is not None:
        for folder in kept_in:
            folder.mkdir(parents=True)
            folder.chmod(before)
    umask = os.umask(0)
    try:
        archive.make(kept_in)
        kept = archive.refuse(kept_in.quarantine, "abc", "a.csv", GOOD, "why")
    finally:
        os.umask(umask)

    assert mode(kept_in.archive) == mode(kept_in.quarantine) == mode(kept.parent) == "0o700"
    assert mode(kept_in.inbox) == oct(before or 0o755)
    assert {mode(file) for file in kept.parent.iterdir()} == {"0o600"}


def test_a_content_is_found_by_its_digest_and_its_reason_is_not_it(folders):
    assert archive.find(folders.quarantine, "abc") is None
    (folders.quarantine / "abc").mkdir(parents=True)
    (folders.quarantine / "abc" / "z.csv.part").write_bytes(GOOD[:9])  # its writer was killed
    kept = archive.refuse(folders.quarantine, "abc", "z.csv", GOOD, "one\ntwo")
    (kept.parent / "a.csv.part").write_bytes(GOOD[:9])  # of a program that was killed

    assert not (kept.parent / "z.csv.part").exists()
    assert kept == folders.quarantine / "abc" / "z.csv"
    assert (kept.parent / "z.csv.reason.txt").read_text() == "one\ntwo\n"
    assert archive.find(folders.quarantine, "abc") == kept
    assert archive.keep_bytes(folders.quarantine, "abc", "z.csv", b"other") == kept
    assert kept.read_bytes() == GOOD
    archive.remove(folders.quarantine, "abc")
    archive.remove(folders.quarantine, "abc")  # it is not there
    assert list(folders.quarantine.iterdir()) == []


def test_folders_lie_beside_the_database_unless_they_are_absolute(path):
    config = Config(fetch=Fetch(inbox="in", archive="/elsewhere", quarantine="kept/refused"))

    assert archive.folders(path, config) == archive.Folders(
        inbox=path.parent / "in",
        archive=Path("/elsewhere"),
        quarantine=path.parent / "kept/refused",
    )


# ---------------------------------------------------------------- an operator's word


def refused(path, folders, tmp_path):
    take(path, folders, put(tmp_path, NAME, GOOD))
    with pytest.raises(DataError):
        take(path, folders, put(tmp_path, file_name(MARCH), MOVED))


def test_an_operator_may_believe_a_refused_file(path, folders, tmp_path):
    refused(path, folders, tmp_path)

    with writing(path) as db:
        accept(db, context(path), 2, "CBP announced it", "2026-04-21T08:00:00+00:00")

    ((status, reason, decided),) = rows(
        path, "select status, reason, decided_at from releases where id = 2"
    )
    assert (status, decided) == ("accepted", "2026-04-21T08:00:00+00:00")
    assert reason.startswith("CBP announced it (the checks said: closed years differ")
    assert files(folders.quarantine) == {}
    assert set(files(folders.archive)) == {NAME, file_name(MARCH)}
    assert rows(
        path,
        "select encounters_before, encounters from revisions "
        "where border = 'southwest' and dimension = '' and month = '2025-03'",
    ) == [(2004, 2011)]


@pytest.mark.slow
def test_of_two_contents_of_one_name_the_one_decided_on_last_counts(path, folders, tmp_path):
    take(path, folders, put(tmp_path, NAME, GOOD))
    for number, extra in enumerate((5, 9), start=2):
        moved = file_bytes(FEBRUARY, moved={("2025-11", "northern"): extra})
        with pytest.raises(DataError):
            take(path, folders, put(tmp_path, NAME, moved))
        with writing(path) as db:
            accept(db, context(path), number, "restated", f"2026-04-2{number}T08:00:00+00:00")
            northern = next(
                key for key in releases.current_counts(db) if key[:2] == ("northern", "")
            )
            assert releases.current_counts(db)[northern]["2025-11"] == 120 + extra


@pytest.mark.parametrize("release_id", [1, 3])
def test_only_what_is_in_quarantine_can_be_accepted(path, folders, tmp_path, release_id):
    refused(path, folders, tmp_path)

    with writing(path) as db, pytest.raises(DataError, match=r"accepted already|no release 3"):
        accept(db, context(path), release_id, "because", "now")


def test_what_does_not_read_cannot_be_accepted(path, folders, tmp_path):
    with pytest.raises(DataError):
        take(path, folders, put(tmp_path, NAME, GOOD[:-9]))
    before = rows(path, "select * from releases")

    with writing(path) as db, pytest.raises(DataError, match="no newline"):
        accept(db, context(path), 1, "because", "now")

    assert rows(path, "select * from releases") == before
    assert set(files(folders.quarantine)) == {NAME, NAME + ".reason.txt"}


def test_what_is_not_in_quarantine_any_more_must_be_taken_in_again(path, folders, tmp_path):
    refused(path, folders, tmp_path)
    shutil.rmtree(folders.quarantine)

    with writing(path) as db, pytest.raises(DataError, match=r"no longer in .*; ingest it again"):
        accept(db, context(path), 2, "because", "now")


def test_what_is_believed_after_all_keeps_the_day_and_the_address_it_came_with(path, folders):
    downloads(path, folders, ("u/february", GOOD, NAME), ("u/march", MOVED, file_name(MARCH)))
    empty_inbox(path, folders)

    with writing(path) as db:
        release, _ = accept(db, context(path), 2, "because", "2026-04-21T08:00:00+00:00")

    assert (release.first_seen_at, release.url, release.seq) == (
        "2026-04-02",
        "u/march",
        202606000,
    )
    assert rows(path, "select first_seen_at, url, status from releases where id = 2") == [
        ("2026-04-02", "u/march", "accepted")
    ]


def bordercast(path, *arguments):
    command = [sys.executable, "-m", "jobs", "--db", path, *arguments]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_commands(path, folders, tmp_path):
    refused(path, folders, tmp_path)

    listed = bordercast(path, "releases", "list", "--refused").stdout
    shown = bordercast(path, "releases", "show", "2").stdout
    assert file_name(MARCH) in listed
    assert NAME not in listed
    assert "southwest in 2025-03 2,011, was 2,004" in shown
    assert bordercast(path, "releases", "show", "9").returncode == 3

    unexplained = bordercast(path, "releases", "accept", "2")
    assert unexplained.returncode == 2
    said = bordercast(path, "releases", "accept", "2", "--why", "CBP announced it")
    assert (said.returncode, said.stderr) == (0, "")
    shown = bordercast(path, "releases", "show", "2").stdout
    assert "southwest 2025-03: 2,004 -> 2,011 (+7)" in shown

    put(folders.inbox, "x.csv", GOOD[:100])
    inbox = bordercast(path, "ingest", "--no-bundle")
    assert inbox.returncode == 3
    assert "x.csv" in inbox.stderr
    with closing(connect.read(path)) as connection:
        assert [r["status"] for r in queries.rows(connection, "all_releases", (None, None))] == [
            "quarantined",
            "accepted",
            "accepted",
        ]


def test_a_refused_file_holds_news_of_its_month_back_until_it_is_corrected(path, folders, tmp_path):
    def held_back() -> frozenset[int]:
        with writing(path) as db:
            return inputs.told(db).refused

    refused(path, folders, tmp_path)
    assert len(held_back()) == 1

    take(path, folders, put(tmp_path, file_name(MARCH), file_bytes(MARCH)))

    assert held_back() == frozenset()
