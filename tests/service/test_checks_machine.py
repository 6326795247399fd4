"""What is looked at before the service begins, and what is said of it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forecast.config import Config, Fetch
from forecast.context import Context
from forecast.store import connect, ops
from jobs.service import checks
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import edit
from tests.support.mail_server import HOST, Taken, server
from tests.support.running_service import examined_by_doctor as by_doctor

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)


@pytest.fixture
def record(tmp_path):
    path = tmp_path / "b.db"
    with connect.writing(path):
        pass
    with ops.writing(path):
        pass
    return path


def said(findings) -> list[tuple[str, str]]:
    return [(found.name, found.verdict) for found in findings]


@pytest.mark.parametrize(
    ("version", "bugs"),
    [
        ((3, 6, 99), ["CVE"]),
        ((3, 7, 0), ["WAL", "CVE"]),
        ((3, 50, 1), ["WAL", "CVE"]),
        ((3, 50, 2), ["WAL"]),
        ((3, 51, 2), ["WAL"]),
        ((3, 51, 3), []),
    ],
)
def test_a_bug_of_sqlite_is_named_in_the_versions_that_have_it(monkeypatch, version, bugs):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    monkeypatch.setattr(sqlite3, "sqlite_version", ".".join(map(str, version)))

    found = checks._sqlite()

    assert [word for word in ("WAL", "CVE") if word in found.found] == bugs
    assert found.verdict == ("note" if bugs else "good")
    assert found.found.count(", and ") == (len(bugs) == 2)
    assert found.do.count("; ") == (len(bugs) == 2)


def test_libraries_are_named_with_their_versions(monkeypatch):
    monkeypatch.setattr(checks, "LIBRARIES", ("numpy", "prophet", "no-such-library", "scipy"))
    real = checks.version

    def version(name: str) -> str:
        if name in ("prophet", "scipy"):
            raise checks.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(checks, "version", version)
    found = list(checks._versions())[2:]

    assert said(found) == [
        ("numpy", "good"),
        ("prophet", "note"),
        ("no-such-library", "bad"),
        ("scipy", "bad"),
    ]
    assert found[0].found == real("numpy")
    assert found[1].do == "without it there are no Prophet forecasts; install bordercast again"
    assert {one.found for one in found[1:]} == {"is not installed"}
    assert {one.do for one in found[2:]} == {"install bordercast again"}


def test_a_database_is_whole_or_to_be_restored(record, tmp_path):
    (good,) = checks._database(record)
    (absent,) = checks._database(tmp_path / "none.db")
    spoilt = tmp_path / "spoilt.db"
    spoilt.write_bytes(record.read_bytes()[:5000])
    (bad,) = checks._database(spoilt)

    assert (good.verdict, good.found) == ("good", f"{record}, {record.stat().st_size:,} bytes")
    assert (absent.verdict, absent.do) == ("note", "`bordercast run` creates it")
    assert (bad.verdict, bad.do) == ("bad", "restore a backup: `bordercast restore`")


def test_files_are_nobody_elses_to_write(record, tmp_path):
    config = Config.model_validate({"mail": {"password_file": str(tmp_path / "secret")}})
    assert said(checks._permissions(record, config)) == [("folder", "good")]
    (tmp_path / "secret").write_text("x")
    for mode, bad in ((0o600, False), (0o640, True), (0o604, True), (0o620, False)):
        (tmp_path / "secret").chmod(mode)
        found = said(checks._permissions(record, config))
        assert (("password file", "bad") in found) == bad, oct(mode)
    for mode, bad in ((0o644, False), (0o664, True), (0o646, True)):
        for file in (record, ops.ops_path(record)):
            file.chmod(mode)
            found = said(checks._permissions(record, Config()))
            assert ((file.name, "bad") in found) == bad, oct(mode)
            file.chmod(0o600)
    (gone,) = checks._permissions(tmp_path / "none" / "b.db", Config())
    assert (gone.name, gone.verdict) == ("folder", "bad")


def test_an_inbox_is_a_folder_that_the_service_may_empty(record):
    folder = record.parent / "inbox"
    (absent,) = checks._inbox(record, Config())
    folder.write_text("x")
    (file,) = checks._inbox(record, Config())
    folder.unlink()
    folder.mkdir()
    (good,) = checks._inbox(record, Config())
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "new.csv").write_text("a,b\n")
    _, link = checks._inbox(record, Config())  # what is being written is no fault

    assert [(f.verdict, f.do) for f in (absent, file, good)] == [
        ("note", "the service makes it"),
        ("bad", "move it away, then make the folder"),
        ("good", ""),
    ]
    assert (absent.found, file.found) == (f"{folder} is not there", f"{folder} is a file")
    assert (link.verdict, link.do) == ("note", "take it away")
    assert link.found.startswith("link: is a symbolic link")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try what another may do")
def test_an_inbox_is_tried_as_its_folders_owner():
    with tempfile.TemporaryDirectory() as place:  # pytest's own folders are root's alone
        checks.Path(place).chmod(0o755)
        folder = checks.Path(place) / "inbox"
        folder.mkdir()
        modes = ((0o777, True), (0o700, False), (0o733, False), (0o755, False), (0o766, False))
        for mode, may in modes:
            folder.chmod(mode)
            assert checks._may(12345, 12345, folder) == may, oct(mode)
            assert checks._may(0, 0, folder)


@pytest.mark.parametrize(
    ("kind", "verdict"), [("ext4", "good"), ("nfs4", "bad"), ("fuse.sshfs", "bad"), ("", "good")]
)
def test_a_network_disk_is_no_place_for_a_database(tmp_path, kind, verdict):
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/a /elsewhere ext4 rw\n" + (kind and f"h:/x / {kind} rw\n"))

    (found,) = checks._file_system(tmp_path / "b.db", mounts)

    assert (found.verdict, found.found) == (verdict, kind or "unknown")


def test_the_file_system_is_that_of_the_nearest_mount(tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/a / ext4 rw\nh:/x /srv nfs rw\n/dev/b /srv/data xfs rw\n")

    found = [checks.file_system(checks.Path(p), mounts) for p in ("/srv/data/x", "/srv/x", "/x")]
    assert found == ["xfs", "nfs", "ext4"]
    assert checks.file_system(tmp_path, tmp_path / "none") == ""


@pytest.mark.parametrize(
    ("ahead", "verdict"),
    [
        (timedelta(0), "good"),
        (timedelta(minutes=5), "good"),
        (timedelta(minutes=5, seconds=1), "bad"),
        (-timedelta(days=1), "good"),
    ],
)
def test_a_clock_is_not_behind_the_last_run(by_hand, tmp_path, ahead, verdict):
    path = Path(shutil.copy(by_hand, tmp_path / "b.db"))
    edit(path, f"update runs set published_at = '{(NOW + ahead).isoformat()}'")

    (found,) = checks._clock(path, NOW)

    assert found.verdict == verdict
    assert "2026-09-20 12:00 UTC" in found.found


@pytest.mark.parametrize(("year", "verdict"), [(2025, "bad"), (2026, "good")])
def test_a_clock_is_not_from_before_the_program(tmp_path, year, verdict):
    (found,) = checks._clock(tmp_path / "none.db", datetime(year, 12, 31, tzinfo=UTC))

    assert found.verdict == verdict
    assert "None" not in found.found


def test_fetching_that_is_off_is_said_with_what_to_do_instead():
    (off,) = checks._fetch(Config(), ENCOUNTERS)
    (on,) = checks._fetch(Config(fetch=Fetch(enabled=True, contact="x@example.org")), ENCOUNTERS)

    assert (off.verdict, off.do) == ("note", "put files into the inbox, or set fetch.enabled")
    assert (on.verdict, on.found[:8]) == ("good", "https://")


def test_mail_is_tried_up_to_its_login():
    def config(port: int) -> Config:
        mail = {"enabled": True, "host": HOST, "port": port, "security": "local"}
        return Config.model_validate({"mail": {**mail, "sender": "a@example.org"}})

    taken = Taken()
    with server(taken) as port:
        (good,) = checks._mail(config(port))
    (bad,) = checks._mail(config(port))
    (off,) = checks._mail(Config())

    assert (good.verdict, good.found) == ("good", f"{HOST}:{port} accepts the login")
    assert (bad.verdict, bad.do) == ("bad", "check [mail], the network, the password")
    assert (off.verdict, off.found) == ("note", "is off")
    assert taken.messages == []


@pytest.mark.parametrize(("free", "verdict"), [(0, "good"), (-1, "bad")])
def test_a_disk_has_room_for_a_run(monkeypatch, record, free, verdict):
    usage = namedtuple("usage", "total used free")
    room = checks.room_needed(record)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(0, 0, room + free))

    (found,) = checks._disk(record)

    assert found.verdict == verdict
    assert found.found.startswith(f"{room + free:,} bytes free")
    assert list(checks._disk(record.parent / "none" / "b.db")) == []


def test_all_is_looked_at_in_order(record, monkeypatch):
    monkeypatch.setattr(checks, "LIBRARIES", ("numpy",))
    for file in (record, ops.ops_path(record)):
        file.chmod(0o600)

    found = by_doctor(Context.open(record, Config()), "own.toml", NOW)

    assert [one.name for one in found] == [
        *("bordercast", "SQLite", "numpy", "settings", "database", "folder", "inbox"),
        *("file system", "clock", "fetch", "mail", "disk"),
    ]
    assert found[0].found.endswith(f"Python {'.'.join(map(str, sys.version_info[:3]))}")
    assert (found[3].verdict, found[3].found) == ("good", "own.toml")


def test_a_folder_is_one_that_can_be_written(tmp_path):
    (good,) = checks._permissions(tmp_path / "b.db", Config())
    (tmp_path / "file").write_text("x")
    (tmp_path / "file").chmod(0o755)
    (bad,) = checks._permissions(tmp_path / "file" / "b.db", Config())

    assert (good.verdict, good.found) == ("good", str(tmp_path.resolve()))
    assert (bad.verdict, bad.do) == ("bad", "make it, owned by the service")
    assert bad.found == f"{tmp_path.resolve() / 'file'} cannot be written"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize(("mode", "may"), [(0o700, False), (0o777, True)])
def test_an_inbox_is_tried_as_the_user_whose_record_it_is(mode, may):
    with tempfile.TemporaryDirectory() as place:
        folder = checks.Path(place).resolve()
        os.chown(folder, 12345, 12345)
        (folder / "inbox").mkdir()
        (folder / "inbox").chmod(mode)

        (found,) = checks._inbox(folder / "b.db", Config())

        assert found.verdict == ("good" if may else "bad")
        if not may:
            assert found.found.endswith(
                "inbox: user 12345 may not list it and take files out of it"
            )
            assert found.do == f"chown 12345 {folder / 'inbox'}"


def test_the_last_moment_is_that_of_the_last_run(by_hand, record, tmp_path):
    assert checks._last_moment(record) is None
    assert checks._last_moment(tmp_path / "none.db") is None
    spoilt = tmp_path / "spoilt.db"
    spoilt.write_bytes(b"x" * 5000)
    assert checks._last_moment(spoilt) is None
    assert checks._last_moment(by_hand) == datetime(2024, 3, 25, 12, tzinfo=UTC)
    (behind,) = checks._clock(by_hand, datetime(2026, 1, 1, tzinfo=UTC))
    assert behind.verdict == "good"


@pytest.mark.parametrize(
    ("fetch", "sources", "verdict", "do"),
    [
        ({}, (), "note", "put files into the inbox, or set fetch.enabled"),
        ({"enabled": True}, (), "bad", "set fetch.contact"),
        ({"enabled": True, "contact": "x@example.org"}, (), "good", ""),
        ({"enabled": True, "user_agent": "ours (x@example.org)"}, (), "good", ""),
    ],
)
def test_fetching_names_whom_to_ask(fetch, sources, verdict, do):
    (found,) = checks._fetch(
        Config.model_validate({"fetch": fetch, "sources": sources}), ENCOUNTERS
    )

    assert (found.verdict, found.do) == (verdict, do)


def as_nobody(question) -> bool:
    """The answer of a process of another user, who may do no more than the modes say."""
    pid = os.fork()
    if pid == 0:
        code = 2
        try:
            os.setgroups([])
            os.setgid(12345)
            os.setuid(12345)
            code = int(bool(question()))
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code in (0, 1)
    return code == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another")
def test_another_user_needs_every_right_to_a_folder():
    with tempfile.TemporaryDirectory() as place:
        folder = checks.Path(place).resolve()
        os.chown(folder, 12345, 12345)

        def writes() -> bool:
            found = next(checks._permissions(folder / "b.db", Config()))
            return found.verdict == "good"

        for mode, takes, writable in (
            (0o700, True, True),
            (0o600, False, False),
            (0o500, False, False),
            (0o300, False, True),
            (0o000, False, False),
        ):
            folder.chmod(mode)
            assert as_nobody(lambda: checks._may(12345, 12345, folder)) == takes, oct(mode)
            assert as_nobody(writes) == writable, oct(mode)
