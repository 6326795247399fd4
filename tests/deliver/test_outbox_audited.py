"""A mail with a false headline waits for a person; the next one, and all if the auditor fails, go.

The false one is written by a program with a fault in it, a copy of ours; the mails go through SMTP.
"""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from forecast.config import Config
from forecast.context import Context
from forecast.store import connect, ops
from jobs.deliver import write as letters
from jobs.service import wakeup
from tests.deliver.test_outbox import LATER, NOW, at, edit, one, settings
from tests.support.faulty_program import Fault, FaultyProgram
from tests.support.mail_server import Taken, server

pytestmark = pytest.mark.slow
WRITES = """
import sys
from datetime import datetime
from pathlib import Path
from forecast.config import Config
from forecast.context import Context
from forecast.store import connect
from jobs.deliver import write
path, config, now = sys.argv[1:]
context = Context.open(Path(path), Config.model_validate_json(config))
with connect.writing(Path(path)) as db:
    assert write.write_one(context, db, datetime.fromisoformat(now))
"""
ABOVE = Fault("forecast/desk/facts.py", "1 if count > hi80 else -1", "-1 if count > hi80 else 1")
FAILS = Fault(
    "forecast/base_tables.py", "tables, stated = ", "raise RuntimeError\n    tables, stated = "
)


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return FaultyProgram.of(tmp_path_factory.mktemp("program"))


@pytest.fixture
def due(by_hand, tmp_path):
    """A record with two notices that are to be written."""
    path = Path(shutil.copy(by_hand, tmp_path / "bordercast.db"))
    edit(path, "delete from month_reports")
    edit(path, "update flags set encounters = 50")  # as was judged
    edit(path, "update notices set kind = 'flags', month = '2024-01' where id = 2")
    edit(path, f"update notices set created_at = '{ops.text(NOW)}'")
    return path


def automatic(port: int) -> Config:
    """Settings by which a notice is approved by itself."""
    config = settings("ann@example.org", port=port)
    return config.model_copy(
        update={"notices": config.notices.model_copy(update={"approval": "auto"})}
    )


def plain(config: Config) -> str:
    return config.model_dump_json(include={"notices": {"recipients", "approval"}, "mail": True})


def deliver(path, config, moment=LATER) -> list[str]:
    return wakeup.deliver(Context.open(path, config), at(moment))


def test_a_mail_with_a_false_headline_is_held_and_the_next_one_sent(due, program):
    with server(taken := Taken()) as port:
        config = automatic(port)
        assert deliver(due, config, NOW - timedelta(hours=1)) == []  # what comes later is sent
        with program.with_fault(ABOVE):
            done = program.python("-c", WRITES, str(due), plain(config), NOW.isoformat())
        assert done.returncode == 0, done.stderr
        assert "notice 1 is held, the auditor disputes it: northern 2024-01, side" in done.stderr
        assert (one(due).state, one(due).approved_by) == ("held", None)
        assert deliver(due, config) == []

        with connect.writing(due) as db:
            assert letters.write_one(Context.open(due, config), db, NOW)
        assert one(due, 2).approved_by == "auto"
        assert deliver(due, config) == ["sent"]

    ((reader, mail),) = taken.messages
    assert reader == "ann@example.org"
    assert one(due).state == "held"
    assert b"far below" in mail or b"below" in mail


def test_an_auditor_that_fails_stops_no_mail(due, program):
    with server(taken := Taken()) as port:
        config = automatic(port)
        assert deliver(due, config, NOW - timedelta(hours=1)) == []  # what comes later is sent
        with program.with_fault(FAILS):
            done = program.python("-c", WRITES, str(due), plain(config), NOW.isoformat())
        assert "a notice could not be audited" in done.stderr, done.stderr
        assert one(due).approved_by == "auto"
        assert deliver(due, config) == ["sent"]

    assert [reader for reader, _ in taken.messages] == ["ann@example.org"]
