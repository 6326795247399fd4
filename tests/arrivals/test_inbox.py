"""The inbox as a hostile, careless or slow neighbor uses it: no wake fails, nothing leaks."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine

from forecast.config import Config
from forecast.context import Context
from forecast.errors import DataError
from forecast.sources.published import LineReader
from forecast.store.connect import writing
from jobs.arrivals import archive, inbox
from jobs.arrivals.folder import of_operator
from jobs.arrivals.inbox import in_inbox
from jobs.arrivals.ingest import waiting
from jobs.service import checks, health
from tests.support import arriving, audited, running_service
from tests.support.arriving import context, read_here, take_waiting
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import rows, written
from tests.support.publisher import COLUMNS, file_bytes, file_name
from tests.support.running_service import examined_by_doctor as by_doctor

FEBRUARY, MARCH = "2026-02", "2026-03"
NAME = file_name(FEBRUARY)
GOOD = file_bytes(FEBRUARY)
TODAY = "2026-04-20"
SECRET = "hunter2-secret"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "bordercast.db"


@pytest.fixture
def folders(path):
    kept_in = archive.folders(path, Config())
    archive.make(kept_in)
    return kept_in


def put(folder: Path, name: str | bytes, content: bytes = GOOD) -> Path:
    """A file that was finished a while ago."""
    file = Path(os.fsdecode(os.fsencode(folder) + b"/" + os.fsencode(name)))
    file.write_bytes(content)
    os.utime(file, (time.time() - 2 * inbox.STILL,) * 2)
    return file


def empty_inbox(path, folders):
    return take_waiting(path)


def everything_kept(folder: Path) -> bytes:
    files = (file for file in folder.rglob("*") if file.is_file())
    return b"".join(file.read_bytes() for file in files)


# ---------------------------------------------------------------- what is not opened


def link_to_secret(folder: Path, path: Path) -> None:
    secret = path.with_name("password")
    secret.write_text(f"{SECRET}\n")
    (folder / "b.csv").symlink_to(secret)


def link_to_environment(folder: Path, path: Path) -> None:
    (folder / "b.csv").symlink_to("/proc/self/environ")


def second_name(folder: Path, path: Path) -> None:
    secret = put(path.parent, "password", f"{SECRET}\n".encode())
    os.link(secret, folder / "b.csv")


def pipe(folder: Path, path: Path) -> None:
    os.mkfifo(folder / "b.csv")


def listening(folder: Path, path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        here = os.open(folder, os.O_RDONLY)
        bound.bind(f"/proc/self/fd/{here}/b.csv")
        os.close(here)


@pytest.mark.parametrize(
    ("trap", "reason"),
    [
        (link_to_secret, "is a symbolic link"),
        (link_to_environment, "is a symbolic link"),
        (second_name, "is a second name (hard link)"),
        (pipe, "is no regular file"),
        (listening, "is no regular file"),
    ],
)
def test_what_is_no_file_of_its_own_is_left_and_named_and_the_others_are_taken(
    path, folders, trap, reason
):
    trap(folders.inbox, path)
    put(folders.inbox, NAME)

    taken = empty_inbox(path, folders)

    assert {(t.file_name, t.outcome) for t in taken} == {("b.csv", "refused"), (NAME, "accepted")}
    assert [reason in t.reason for t in taken if t.outcome == "refused"] == [True]
    assert os.listdir(folders.inbox) == ["b.csv"]
    assert not any(folders.quarantine.iterdir())
    (warning,) = [
        w
        for w in health.status(Context.open(path, Config()), running_service.NOW).warnings
        if "inbox" in w
    ]
    assert "b.csv: " + reason in warning

    (folders.inbox / "b.csv").unlink()
    empty_inbox(path, folders)
    assert not [
        w
        for w in health.status(Context.open(path, Config()), running_service.NOW).warnings
        if "inbox" in w
    ]


def test_a_link_that_takes_the_place_of_a_file_seen_before_is_not_followed(path, folders):
    file = put(folders.inbox, NAME)
    (found,) = in_inbox(None, context(path), TODAY)
    secret = put(path.parent, "password", f"{SECRET}\n".encode())
    file.unlink()
    file.symlink_to(secret)

    with writing(path) as db, pytest.raises(DataError, match="cannot be read"):
        arriving.taken(db, context(path), found)

    assert SECRET.encode() not in everything_kept(folders.quarantine)


@as_root
def test_a_file_of_a_stranger_is_not_opened_and_one_of_the_inboxs_owner_is(path, folders):
    os.chown(folders.inbox, 4321, -1)
    os.chown(put(folders.inbox, NAME), 4321, -1)
    os.chown(put(folders.inbox, "odd.csv", b"x\n"), 1234, -1)

    taken = {t.file_name: t for t in empty_inbox(path, folders)}

    assert taken[NAME].outcome == "accepted"
    assert "belongs to a user" in taken["odd.csv"].reason
    assert os.listdir(folders.inbox) == ["odd.csv"]


# ---------------------------------------------------------------- the same bytes


def test_what_is_hashed_read_and_kept_are_the_same_bytes(path, folders):
    """Whatever takes the file's place while it is being read."""
    file = put(folders.inbox, NAME)
    other = file_bytes(FEBRUARY, moved={("2025-11", "southwest"): 1})

    def swapped(*asked):
        swap = put(folders.inbox, ".other", other)
        swap.replace(file)
        return read_here(*asked)

    (taken,) = take_waiting(path, about=replace(context(path), reader=swapped))

    assert taken.outcome == "accepted"
    ((sha256,),) = rows(path, "select sha256 from releases")
    assert [f.read_bytes() for f in (folders.archive / sha256).iterdir()] == [GOOD]
    assert file.read_bytes() == other  # which came later, and is looked at the next time


# ---------------------------------------------------------------- reasons


@pytest.mark.parametrize(
    "content",
    [
        f"{SECRET}\n".encode(),
        f"{SECRET},{SECRET}\n".encode(),
        f"root:{SECRET}:0:0\nx\n".encode(),
        f"{COLUMNS['state']}\r\n{SECRET}\r\n".encode(),
        GOOD.replace(b"Northern Land Border", SECRET.encode()),
        GOOD.replace(b"INDIA", SECRET.encode() + b"\x1b[2J"),
        GOOD + f"2026,{SECRET}".encode(),
        GOOD + SECRET.encode() + b"\xff\n",
        GOOD + GOOD.splitlines(keepends=True)[1].replace(b"AA", b"AA"),
    ],
)
def test_a_reason_quotes_nothing_of_a_file(path, folders, content):
    put(folders.inbox, NAME, content)

    (taken,) = empty_inbox(path, folders)

    assert taken.outcome == "refused"
    (reason,) = folders.quarantine.glob("*/*.reason.txt")
    ((stored,),) = rows(path, "select reason from releases")
    for text in (taken.reason, reason.read_text(), stored):
        assert SECRET not in text
        assert text.strip().isprintable()
        assert len(text) < 500


def test_an_unknown_column_is_named_in_a_table_of_the_publishers(path, folders):
    odd = "Sector\x1b[31m" + "x" * 100
    put(folders.inbox, NAME, GOOD.replace(b"State,", odd.encode() + b",", 1))

    (taken,) = empty_inbox(path, folders)

    assert "unknown column 'Sector?[31mxxx" in taken.reason
    assert "x" * 40 not in taken.reason


# ---------------------------------------------------------------- names and folders


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"bad\xff.csv", "bad?.csv"),
        (b"\x1b]0;owned\x07.csv", "?]0;owned?.csv"),
        ("\u202egpj.csv".encode(), "?gpj.csv"),
        (b"line\nbreak.csv", "line break.csv"),
        (b"x" * 250 + b".csv", "x" * 200),
        (b"a.reason.txt", "a.reason.txt_"),
    ],
)
def test_a_name_that_is_no_text_fails_no_wake(path, name, shown):
    running_service.worked(path, 1)
    folder = path.parent / "inbox"
    put(
        folder,
        name,
        file_bytes(running_service.month(0), first=running_service.FIRST_YEAR, newline="\n"),
    )
    put(folder, name[::-1], b"no table\n")
    running_service.drop(path, running_service.month(1))

    done = running_service.wake(path)

    assert done.outcome == "published"
    assert os.listdir(folder) == []
    assert done.detail.isprintable()
    names = [name for (name,) in rows(path, "select file_name from releases order by id")]
    assert (len(names), shown in names) == (4, True)


@pytest.mark.slow
def test_a_reader_that_fails_is_one_files_fault(path, monkeypatch):
    table = LineReader.table

    def fails(self, name, content, joins):
        if name == "odd.csv":
            raise ZeroDivisionError
        return table(self, name, content, joins)

    monkeypatch.setattr(LineReader, "table", fails)
    running_service.worked(path, 1)
    put(path.parent / "inbox", "odd.csv")
    running_service.drop(path, running_service.month(1))

    done = running_service.wake(path)

    assert (done.outcome, "refused odd.csv" in done.detail) == ("published", True)
    assert rows(path, "select file_name from releases where status = 'quarantined'") == [
        ("odd.csv",)
    ]


@pytest.mark.slow
def test_an_inbox_that_is_a_file_is_said_and_fails_nothing(path):
    running_service.worked(path, 1)
    (path.parent / "inbox").rmdir()
    (path.parent / "inbox").write_bytes(GOOD)
    written(path, "update runs set code_version = 'older'")  # so that a run is due

    done = running_service.wake(path)

    assert done.outcome == "published"
    assert "refused inbox" in done.detail
    (warning,) = [
        w
        for w in health.status(Context.open(path, Config()), running_service.NOW).warnings
        if "inbox" in w
    ]
    assert "is no folder" in warning
    (found,) = examined(path)
    assert (found.verdict, "is a file" in found.found) == ("bad", True)


def test_the_inbox_is_made_by_the_first_wake_and_is_fit(path):
    running_service.wake(path)

    assert (path.parent / "inbox").is_dir()
    assert [finding.verdict for finding in examined(path)] == ["good"]


def examined(path: Path) -> list[checks.Finding]:
    found = by_doctor(Context.open(path, Config()), "defaults", datetime.now(UTC))
    return [finding for finding in found if finding.name == "inbox"]


@as_root
def test_doctor_tries_the_inbox_as_the_services_user():
    with tempfile.TemporaryDirectory() as home:  # pytest's own are closed to other users
        os.chown(home, 4321, 4321)
        folder = Path(home) / "inbox"
        inbox.make(folder)  # by root: the service could take nothing out of it

        (finding,) = examined(Path(home) / "bordercast.db")
        assert (finding.verdict, finding.do) == ("bad", f"chown 4321 {folder}")

        os.chown(folder, 4321, 4321)
        assert [f.verdict for f in examined(Path(home) / "bordercast.db")] == ["good"]


def test_doctor_names_what_cannot_be_taken_in(path, folders):
    (folders.inbox / "b.csv").symlink_to("/etc/passwd")

    good, note = examined(path)
    assert (good.verdict, note.verdict) == ("good", "note")
    assert "b.csv: is a symbolic link" in note.found


def test_a_file_that_cannot_be_removed_is_taken_once_and_named(path, folders, monkeypatch):
    put(folders.inbox, NAME)

    unlink = Path.unlink

    def refused(self, missing_ok=False):
        if self.parent == folders.inbox:
            raise PermissionError(1, "Operation not permitted")
        unlink(self, missing_ok)

    monkeypatch.setattr(Path, "unlink", refused)
    outcomes = [empty_inbox(path, folders)[0].outcome for _ in range(2)]
    monkeypatch.undo()

    assert outcomes == ["accepted", "already on record"]
    (warning,) = [
        w
        for w in health.status(Context.open(path, Config()), running_service.NOW).warnings
        if "inbox" in w
    ]
    assert "cannot be removed" in warning


# ---------------------------------------------------------------- still being written


def test_a_copy_that_pauses_is_left_until_it_is_still(path, folders):
    file = put(folders.inbox, NAME, GOOD[:2000])
    now = time.time()
    os.utime(file, (now - inbox.STILL / 2,) * 2)

    assert empty_inbox(path, folders) == []
    assert os.listdir(folders.inbox) == [NAME]

    file.write_bytes(GOOD)
    os.utime(file, (now - inbox.STILL - 1,) * 2)
    (taken,) = empty_inbox(path, folders)
    assert taken.outcome == "accepted"


@pytest.mark.slow
def test_a_wake_waits_for_a_copy_under_way_and_comes_back_for_a_longer_one(path, monkeypatch):
    """With a wait of half a second for what is half a minute."""
    monkeypatch.setattr(inbox, "STILL", 0.5)
    monkeypatch.setattr(inbox, "LOOK_AGAIN", 0.05)
    folder = path.parent / "inbox"
    running_service.drop(path, running_service.month(0))
    file = folder / running_service.drop(path, running_service.month(1))
    os.utime(file)

    done = running_service.wake(path)
    assert (done.outcome, done.again, os.listdir(folder)) == ("published", False, [])

    # Long beside the pauses between writes, however busy the machine is.
    monkeypatch.setattr(inbox, "STILL", 4.0)
    file, over = folder / running_service.drop(path, running_service.month(2)), threading.Event()

    def writing() -> None:
        with suppress(FileNotFoundError):  # taken: said by what the wake returns
            while not over.wait(0.02):
                os.utime(file)

    os.utime(file)  # the thread's first comes later than the wake's first look
    writer = threading.Thread(target=writing)
    writer.start()
    again = running_service.wake(path).again
    over.set()
    writer.join()
    assert again


def test_a_file_that_has_changed_since_it_was_read_is_not_removed(folders):
    file = put(folders.inbox, NAME, GOOD[:2000])
    once = inbox.read_once(file, folders.inbox)
    with file.open("ab") as copy:
        copy.write(GOOD[2000:])

    inbox.remove(file, once[1])

    assert file.read_bytes() == GOOD


def test_a_file_named_by_the_operator_may_be_a_link(path, folders, tmp_path):
    link = tmp_path / file_name(MARCH)
    link.symlink_to(put(tmp_path, "elsewhere.csv", file_bytes(MARCH)))

    with writing(path) as db:
        found = arriving.taken(db, context(path), of_operator(link, TODAY))
    assert found.outcome == "accepted"


# ---------------------------------------------------------------- at the very edge


@pytest.mark.parametrize(
    ("ago", "written"), [(5, True), (inbox.STILL + 5, False), (-3600, False), (10**6, False)]
)
def test_a_file_is_still_after_half_a_minute_or_if_it_is_from_a_clock_ahead(folders, ago, written):
    file = put(folders.inbox, "a.csv")
    moment = time.time() - ago
    os.utime(file, (moment, moment))

    assert inbox.look(folders.inbox) == {file: inbox.WRITTEN if written else ""}
    assert inbox.left(folders.inbox) == {}
    assert inbox.STILL == 30


def test_what_is_looked_at_in_an_inbox(folders):
    for name in (".hidden", "a.part", "b.tmp", "c.crdownload", "d.filepart", "e.csv", "f.part.csv"):
        put(folders.inbox, name)
    (folders.inbox / "folder").mkdir()
    put(folders.inbox, "g.csv")

    found = inbox.look(folders.inbox)

    assert [file.name for file in found] == ["e.csv", "f.part.csv", "g.csv"]
    assert set(found.values()) == {""}
    assert inbox.look(folders.inbox / "none") == {}


@pytest.mark.parametrize(("more", "problem"), [(0, ""), (1, "larger than 1,000 bytes")])
def test_a_file_has_as_many_bytes_as_it_may(folders, monkeypatch, more, problem):
    monkeypatch.setattr(inbox, "MAX_BYTES", 1000)
    file = put(folders.inbox, "a.csv", b"x" * (1000 + more))

    if problem:
        with pytest.raises(DataError, match=f"a.csv: {problem}"):
            inbox.read_once(file, folders.inbox)
    else:
        assert inbox.read_once(file, folders.inbox)[0] == b"x" * 1000


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("a.csv", "a.csv"),
        ("a.part", "a.part_"),
        ("a.reason.txt", "a.reason.txt_"),
        ("x" * 250, "x" * 200),
        ("\u00fc" * 150, "\u00fc" * 100),
        ("a" + "\u00fc" * 150, "a" + "\u00fc" * 99),  # no half a letter
    ],
)
def test_a_name_is_kept_in_two_hundred_bytes(name, kept):
    assert inbox.file_name(Path("folder") / name) == kept


def test_a_file_of_the_inboxs_owner_with_one_name_is_opened(folders):
    file = put(folders.inbox, "a.csv")
    os.link(file, folders.inbox.parent / "second")
    with pytest.raises(DataError, match="is a second name"):
        inbox.read_once(file, folders.inbox)
    (folders.inbox.parent / "second").unlink()
    once = inbox.read_once(file, folders.inbox)
    inbox.remove(file, once[1])
    assert not file.exists()
    inbox.remove(file, once[1])  # it is gone already


def put_now(folder: Path, *names: str) -> None:
    """Files that changed at this moment, by the clock of the test."""
    for name in names:
        (folder / name).write_bytes(GOOD)
        os.utime(folder / name, (time.time(),) * 2)


def test_one_that_is_waited_for_is_told_once(folders, monkeypatch):
    monkeypatch.setattr(inbox, "LOOK_AGAIN", 0.01)
    told: list[str] = []
    looks: list[str] = []
    with time_machine.travel("2026-04-20T12:00:00+00:00", tick=False) as clock:
        put_now(folders.inbox, "a.csv")

        def later(event, about):
            if event == "os.scandir":
                looks.append(event)
                if len(looks) == 5:
                    clock.shift(inbox.STILL)

        with audited.watching(later):
            inbox.wait_until_still(folders.inbox, told.append)

        assert told == ["a.csv"]
        assert len(looks) == 5
        assert set(inbox.look(folders.inbox).values()) == {""}


def test_what_waits_goes_oldest_release_first(folders, path):
    for name in (file_name(MARCH), NAME, "odd.csv"):
        put(folders.inbox, name)

    found = waiting(None, context(path), TODAY)

    assert [each.name for each in found] == ["odd.csv", NAME, file_name(MARCH)]
    assert [each.place(ENCOUNTERS) for each in found] == [0, 202605000, 202606000]
    assert {(each.first_seen, each.address, each.origin) for each in found} == {
        (TODAY, "", "inbox")
    }


def test_an_inbox_is_made_for_all_to_look_into_with_the_folders_it_lies_in(tmp_path):
    before = os.umask(0)
    try:
        inbox.make(tmp_path / "a" / "inbox")
        inbox.make(tmp_path / "a" / "inbox")  # and may be there
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "a" / "inbox").stat().st_mode) == 0o755


def test_an_inbox_that_cannot_be_listed_says_why(tmp_path):
    (tmp_path / "inbox").symlink_to("inbox")

    reason = "cannot be listed (Too many levels of symbolic links)"
    assert inbox.left(tmp_path / "inbox") == {"inbox": reason}


def test_a_link_to_a_folder_is_named_and_the_rest_is_looked_at(folders):
    (folders.inbox / "b").symlink_to(folders.archive)
    put(folders.inbox, "c.csv")

    found = inbox.look(folders.inbox)

    assert {path.name: reason for path, reason in found.items()} == {
        "b": "is a symbolic link; put the file itself there",
        "c.csv": "",
    }


def test_a_pipe_that_took_a_files_place_holds_nobody_up(folders):
    os.mkfifo(folders.inbox / "a.csv")
    for trusted in (None, folders.inbox):
        with pytest.raises(DataError, match=r"^a.csv: is no regular file$"):
            inbox.read_once(folders.inbox / "a.csv", trusted)


def test_a_file_that_is_longer_than_it_says_counts_as_being_written():
    """The system's own files say that they have no bytes, and have some."""
    with pytest.raises(DataError, match=r"^status: has changed within 30 seconds; it is left"):
        inbox.read_once(Path("/proc/self/status"))


def test_a_file_that_is_not_there_cannot_be_read(folders):
    with pytest.raises(DataError, match=r"^a.csv: cannot be read \(No such file or directory\)$"):
        inbox.read_once(folders.inbox / "a.csv", folders.inbox)


@pytest.mark.parametrize("content", [GOOD[:-1], GOOD + b"\n", GOOD[::-1]])
def test_shorter_longer_or_otherwise_a_changed_file_stays(folders, content):
    file = put(folders.inbox, NAME)
    once = inbox.read_once(file, folders.inbox)
    file.write_bytes(content)

    inbox.remove(file, once[1])

    assert file.read_bytes() == content


@as_root
def test_roots_files_are_opened_whoever_the_service_is():
    with tempfile.TemporaryDirectory() as home:  # pytest's own are closed to other users
        folder = Path(home)
        folder.chmod(0o755)
        os.chown(folder, 4321, 4321)
        put(folder, "a.csv")
        os.seteuid(1234)
        try:
            assert inbox.read_once(folder / "a.csv", folder)[0] == GOOD
        finally:
            os.seteuid(0)


def test_files_that_are_written_without_end_are_waited_for_twice_as_long_and_no_longer(
    folders, monkeypatch
):
    """The clock of the test stands, so that all stay new; those that came later are told of too."""
    monkeypatch.setattr(inbox, "STILL", 0.2)
    monkeypatch.setattr(inbox, "LOOK_AGAIN", 0.01)
    told: list[str] = []

    def tell(name: str) -> None:
        if not told:
            put_now(folders.inbox, "d.csv", "c.csv", "b.csv", "a.csv")
        told.append(name)

    with time_machine.travel("2026-04-20T12:00:00+00:00", tick=False):
        put_now(folders.inbox, "b.csv")
        began = time.monotonic()
        inbox.wait_until_still(folders.inbox, tell)

        assert told == ["b.csv", "a.csv", "c.csv", "d.csv"]
        assert time.monotonic() - began >= 2 * inbox.STILL
        assert set(inbox.look(folders.inbox).values()) == {inbox.WRITTEN}
