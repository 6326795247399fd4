"""Who may read what the service writes, whatever the umask, and what a link cannot do."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast.config import Config, Fetch
from forecast.context import Context
from forecast.errors import StoreError
from forecast.store import connect, ops, wakes
from jobs import logs
from jobs.arrivals import publisher as publisher_page
from jobs.cli import main
from jobs.service import backup
from jobs.service.daemon import leader_lock
from tests.support import running_service
from tests.support.publisher import FOLDER, INDEX, file_name, page, raw, running, serve

NOW = running_service.NOW


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def modes(folder: Path) -> set[tuple[str, int]]:
    """Kind and mode of a folder and all in it."""
    found = [folder, *folder.rglob("*")]
    return {("folder" if path.is_dir() else "file", mode(path)) for path in found}


PRIVATE = {("folder", 0o700), ("file", 0o600)}


@pytest.mark.slow
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o027])
def test_what_others_may_read_does_not_depend_on_the_umask(tmp_path, mask):
    path, before = tmp_path / "home" / "b.db", os.umask(mask)
    try:
        path.parent.mkdir(mode=0o755)
        running_service.worked(path, 1)
        (path.parent / "inbox" / "odd.csv").write_bytes(b"no table\n")
        os.utime(path.parent / "inbox" / "odd.csv", (1, 1))
        running_service.wake(path)
        wakes.save_verified(path, NOW, "", [])
        made = backup.drill(path, running_service.settings(), NOW)
        shown = mode(path.with_name("b-snapshot.db"))
        ops.ops_path(path).unlink()
        backup.restore(made.folder, path, running_service.settings(), NOW)
    finally:
        os.umask(before)

    for name in ("archive", "quarantine", "backups"):
        assert modes(path.parent / name) == PRIVATE
    assert (mode(path), mode(ops.ops_path(path))) == (0o600, 0o600)
    assert shown == mode(path.with_name("b-snapshot.db")) == 0o444


@pytest.mark.slow
def test_ops_db_and_folders_that_others_could_read_are_closed(tmp_path):
    path = running_service.worked(tmp_path / "b.db", 1)
    wakes.save_verified(path, NOW, "", [])
    ops.ops_path(path).chmod(0o644)
    (tmp_path / "archive").chmod(0o755)

    running_service.drop(path, running_service.month(1))
    running_service.wake(path)

    assert (mode(ops.ops_path(path)), mode(tmp_path / "archive")) == (0o600, 0o700)


def test_the_log_of_ops_db_is_as_private_while_it_is_written(tmp_path):
    path = tmp_path / "b.db"
    before = os.umask(0)
    try:
        with ops.writing(path) as db:
            db.execute("insert into inbox_left values ('a', 'b', 'c')")
            found = {file.name: mode(file) for file in tmp_path.glob("b-ops.db*")}
    finally:
        os.umask(before)

    found.pop("b-ops.db.lock")
    assert len(found) >= 2
    assert set(found.values()) == {0o600}


@pytest.mark.parametrize("ending", [".lock", ".leader"])
def test_a_link_in_the_place_of_a_lock_is_not_followed(tmp_path, ending):
    path = tmp_path / "b.db"
    precious = tmp_path / "precious"
    precious.write_text("kept")
    path.with_name(path.name + ending).symlink_to(precious)

    lock = connect.writing(path) if ending == ".lock" else connect.locked(leader_lock(path), 0)
    with pytest.raises(StoreError, match="is a symbolic link where the lock file should be"), lock:
        pass

    assert precious.read_text() == "kept"
    assert not path.exists()


# ---------------------------------------------------------------- terminals and logs

OBEYED = "\x1b]0;owned\x07\x9b2J\u202e"


def harmless(text: str) -> bool:
    return all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize("form", ["plain", "json"])
def test_a_log_line_cannot_drive_a_terminal(form, capsys):
    logs.set_up(running_service.settings(log=form))
    try:
        logs.LOG.warning("refused: %s\nand more", OBEYED)
        try:
            raise ValueError(OBEYED)
        except ValueError:
            logs.LOG.exception("it failed")
    finally:
        logging.getLogger("bordercast").handlers = []

    said = capsys.readouterr().err
    assert "owned" in said
    assert harmless(said)


def test_what_a_server_says_cannot_drive_a_terminal(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    path = tmp_path / "b.db"
    odd = f"{FOLDER}nationwide-encounters-{OBEYED}fy24-fy27-oct.xlsx"
    name = file_name("2026-02")
    with running() as publisher:
        publisher.answers[INDEX] = lambda r: serve(r, page(FOLDER + name, odd), "text/html")
        publisher.answers[FOLDER + name] = raw(
            b"HTTP/1.1 404 \x9b2J\x85owned\r\nContent-Length: 0\r\n\r\n"
        )
        settings = Fetch(
            enabled=True, index=publisher.index, contact="me@example.org", attempts=1, back_off=0
        )
        config = tmp_path / "c.toml"
        config.write_text(
            f'[fetch]\nenabled = true\nindex = "{publisher.index}"\ncontact = "me@example.org"\n'
            "attempts = 1\nback_off = 0.0\n",
            encoding="utf-8",
        )
        found = publisher_page.poll(Context.open(path, Config(fetch=settings)), NOW)
        arguments = ["--config", str(config), "--db", str(path)]
        told = CliRunner().invoke(main, [*arguments, "fetch", "--no-bundle", "--force"])

    assert "owned" in found.poll.detail + told.output
    for text in (found.poll.detail, told.output, *(answer.detail for answer in found.answers)):
        assert harmless(text)


def test_an_error_that_quotes_a_name_cannot_drive_a_terminal(tmp_path):
    told = CliRunner().invoke(main, ["--config", str(tmp_path / f"{OBEYED}.toml"), "show"])

    assert told.exit_code == 2
    assert "owned" in told.output
    assert harmless(told.output)


@pytest.mark.parametrize("before", ["", "1", "123456789012345\n"])
def test_a_lock_holds_the_number_of_its_process_alone(tmp_path, before):
    path = tmp_path / "b.db.lock"
    path.write_text(before)

    with connect.locked(path, 0):
        assert path.read_text() == f"{os.getpid()}\n"
