"""Status, doctor, settings, backup and restore, withdrawal."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast.config import Config, Fetch, Mail
from forecast.context import Context
from forecast.errors import BusyError, ConfigError, DataError, VerifyError
from forecast.store import connect, deliveries, ops, wakes
from forecast.store.ops import Poll
from jobs import environment
from jobs.arrivals import publisher as publisher_page
from jobs.cli import main
from jobs.deliver.outbox import queue_concerns
from jobs.service import backup, checks, daemon, health, upkeep, wakeup
from jobs.service.health import concerns
from tests.support import running_service
from tests.support.databases import edit, rows
from tests.support.running_service import drop, month, table
from tests.support.running_service import examined_by_doctor as by_doctor

NOW = running_service.NOW
FETCHING = Config(fetch=Fetch(enabled=True))
DIGESTS = "select id, digest from runs order by id"


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory) -> Path:
    """A record with two releases and their runs; not to be changed."""
    return running_service.worked(tmp_path_factory.mktemp("two") / "b.db", 2)


@pytest.fixture
def record(two_runs, tmp_path) -> Path:
    """A copy of it to change."""
    return running_service.copied(two_runs, tmp_path)


def bordercast(*arguments: object):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def deliver(path: Path, state: str) -> None:
    """One message to one recipient, in this state."""
    settled = "'2026-09-01'" if state in ("sent", "refused") else "null"
    with ops.writing(path) as db:
        db.executescript(
            f"""
            insert into messages values ('key {state}', 'all', 's', 'a@example.org', x'00');
            insert into deliveries (
                content_key, recipient, edition, state, queued_at, next_attempt_at, settled_at
            ) values ('key {state}', 'b@example.org', 'all', '{state}', '2026-09-01', '2026-09-01',
                {settled});
            """
        )


def approve_one(path: Path, at: datetime) -> None:
    """A notice as if a person had approved it."""
    edit(
        path,
        "insert into notices (kind, month, release_id, run_id, content_key, message_id, created_at,"
        " state, approved_by, approved_at) values ('flags', '2024-01', 1, 1, 'key sent', '<x@y>', "
        f"'2024-01-01', 'approved', 'me', '{at.isoformat(timespec='seconds')}')",
    )


@pytest.mark.slow
def test_mail_is_due_once_a_notice_is_approved_until_it_has_deliveries(record):
    nothing = deliveries.mail_due(record, NOW)
    approve_one(record, NOW - timedelta(days=1))
    approved = deliveries.mail_due(record, NOW)
    deliver(record, "sent")
    sent = deliveries.mail_due(record, NOW)
    deliver(record, "waiting")

    assert (nothing, approved, sent) == (False, True, False)
    assert deliveries.mail_due(record, NOW)


def test_no_mail_goes_out_from_an_edited_record(record):
    config = running_service.settings().model_copy(update={"mail": Mail(enabled=True)})
    wakes.save_verified(record, NOW, "", ["run 1 was edited"])

    with pytest.raises(VerifyError, match="run 1 was edited"):
        wakeup.send(Context.open(record, config))


def test_a_run_is_needed_when_the_engines_numbers_changed(record, monkeypatch):
    before = running_service.wake(record).outcome
    monkeypatch.setattr("jobs.publish.CODE_VERSION", "0.1.0, engine 99")

    assert (before, running_service.wake(record).outcome) == ("nothing new", "published")
    assert rows(record, "select code_version from latest_run") == [("0.1.0, engine 99",)]


def test_a_pause_given_by_a_clock_that_was_ahead_does_not_hold():
    def poll(at: datetime) -> Poll:
        pause = (at + timedelta(hours=6)).isoformat()
        return Poll(at.isoformat(), at.isoformat(), "blocked", "", at.isoformat(), pause)

    assert publisher_page.too_soon(poll(NOW - timedelta(hours=1)), NOW)
    assert not publisher_page.too_soon(poll(NOW + timedelta(days=40)), NOW)


@pytest.mark.parametrize(
    ("today", "days"), [("2026-09-30", 0), ("2026-10-22", 22), ("2026-09-01", -29)]
)
def test_days_are_counted_from_the_end_of_the_month_that_is_due(today, days):
    assert health.days_due("2026-08", date.fromisoformat(today)) == days


@pytest.mark.parametrize(("day", "said"), [(21, ""), (22, "late"), (27, "late"), (28, "overdue")])
def test_late_figures_are_a_warning_on_day_22_and_an_alarm_on_day_28(record, day, said):
    moment = datetime(2024, 2, 29, tzinfo=UTC) + timedelta(days=day)  # data through January

    found = health.status(Context.open(record, Config()), moment)

    assert found.facts.data_through == "2024-01"
    assert any(text.startswith("late: ") for text in found.warnings) == (said == "late")
    assert any(text.startswith("overdue: ") for text in found.alarms) == (said == "overdue")


def test_status_exits_4_with_an_alarm_and_tells_programs_the_same(record):
    shown = bordercast("--db", record, "status")
    told = bordercast("--db", record, "status", "--json")

    assert shown.exit_code == told.exit_code == 4  # years overdue
    assert "ALARM: overdue" in shown.stdout
    assert json.loads(told.stdout)["facts"]["last_run"] == 2


def test_status_shows_what_came_of_the_last_wake_in_words(record):
    with ops.writing(record) as db:
        wake = wakes.begin_wake(db, datetime(2024, 3, 5, tzinfo=UTC), 17)
        wakes.end_wake(db, wake, datetime(2024, 3, 6, tzinfo=UTC), "nothing new", "")

    shown = bordercast("--db", record, "status").stdout

    assert "pid 17, outcome nothing new\n" in shown
    assert "Wake(" not in shown


@pytest.mark.slow
def test_status_is_0_when_all_is_well_and_names_who_leads(tmp_path):
    moment = datetime(2024, 3, 5, tzinfo=UTC)
    record = running_service.worked(tmp_path / "b.db", 2, moment - timedelta(days=1))
    with connect.locked(daemon.leader_lock(record), 0):
        with ops.writing(record) as db:
            wakes.save_leader(db, "2024-03-05", 1, "2024-03-06T15:00:00+00:00")
            wakes.begin_wake(db, moment, 1)
        found = health.status(Context.open(record, Config()), moment)

    assert (found.alarms, found.warnings) == ([], [])
    assert found.facts.service == os.getpid()
    assert found.facts.next_wake == "2024-03-06T15:00:00+00:00"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("insert into wakes values (99, '2024-03-04', null, 1, 'failed', 'why')", "failed: why"),
        (
            "insert into polls values (1, '2024-03-04', '2024-03-04', 'blocked', '', "
            "'2024-03-01', null)",
            "has blocked us since 2024-03-01",
        ),
        (
            "insert into mail_state values (1, '2024-03-04', '2024-03-04', 'login')",
            "stopped: login",
        ),
        ("insert into verification values (1, '', '', 'run 1 was edited')", "run 1 was edited"),
    ],
)
def test_what_needs_a_person_is_an_alarm(record, statement, said):
    edit(ops.ops_path(record), "delete from verification")
    edit(ops.ops_path(record), statement)

    found = health.status(Context.open(record, FETCHING), datetime(2024, 3, 5, tzinfo=UTC))

    assert [said in alarm for alarm in found.alarms] == [True]


def test_after_a_failed_verify_nothing_is_shown_until_one_succeeds(record):
    edit(record, "update forecasts set hi95 = hi95 + 1 where run_id = 1")
    assert bordercast("--db", record, "verify").exit_code == 1

    refused = bordercast("--db", record, "show")
    edit(record, "update forecasts set hi95 = hi95 - 1 where run_id = 1")
    again = bordercast("--db", record, "verify")

    assert refused.exit_code == 1
    assert "not shown: verification failed" in refused.stderr
    assert "run 1 was edited" in refused.stderr
    assert again.exit_code == 0
    assert bordercast("--db", record, "show").exit_code == 0


def test_the_service_finds_an_edit_at_its_next_publish(record):
    edit(record, "update runs set data_through = '2020-01' where id = 1")
    drop(record, month(2))

    with pytest.raises(VerifyError, match="run 1 was edited"):
        running_service.wake(record)
    with pytest.raises(VerifyError, match="not shown"):
        wakes.require_intact(record)


@pytest.mark.slow
def test_the_analysts_copy_is_read_only_complete_and_follows_the_last_run(record):
    copy = record.with_name(f"{record.stem}-snapshot.db")
    upkeep.write_snapshot(record, running_service.settings())
    before = table(copy, DIGESTS)
    drop(record, month(2))

    running_service.wake(record)

    assert before == table(record, DIGESTS)[:2]
    assert table(copy, DIGESTS) == table(record, DIGESTS)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o444
    assert rows(copy, "pragma journal_mode") == [("delete",)]
    assert upkeep.write_snapshot(record, running_service.settings()) is None


def test_doctor_names_what_is_wrong_and_what_to_do(record):
    record.chmod(0o666)

    found = bordercast("--db", record, "doctor", "--json")

    bad = [f for f in json.loads(found.stdout) if f["verdict"] == "bad"]
    assert found.exit_code == 1
    assert [(f["name"], f["do"]) for f in bad] == [(record.name, f"chmod go-w {record}")]


def test_doctor_finds_a_clock_behind_the_record_and_a_network_disk(record, tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/a / ext4 rw 0 0\nhost:/x {tmp_path} nfs4 rw 0 0\n")

    found = by_doctor(Context.open(record, Config()), "x", NOW - timedelta(days=40))

    assert [f.name for f in found if f.verdict == "bad"] == ["clock"]
    assert checks.file_system(tmp_path / "deep", mounts) == "nfs4"


def test_doctor_takes_a_moment_without_a_zone_for_utc(record):
    edit(record, "update runs set published_at = '2024-02-20T12:00:00'")
    moment = datetime(2024, 2, 20, 12, tzinfo=UTC)

    assert checks._last_moment(record) == moment
    assert "clock" in {f.name for f in by_doctor(Context.open(record, Config()), "x", moment)}


def test_an_unknown_variable_of_ours_is_refused(monkeypatch):
    monkeypatch.setenv("BORDERCAST_PASSWORD", "x")

    assert bordercast("config", "check").exit_code == 2
    with pytest.raises(ConfigError, match="BORDERCAST_PASSWORD: no such variable"):
        environment.refuse_unknown()


def test_config_show_hides_secrets(monkeypatch, tmp_path):
    monkeypatch.setenv("BORDERCAST_MAIL_PASSWORD", "hunter2!")
    file = tmp_path / "c.toml"
    file.write_text('[service]\nheartbeat = "https://hc.example.org/uuid-1"\n')

    shown = bordercast("--config", file, "config", "show").stdout

    assert "hunter2" not in shown
    assert json.loads(shown)["service"]["heartbeat"] == "https://hc.example.org/********"
    assert json.loads(shown)["forecast"]["horizon"] == 12


def test_a_withdrawn_run_is_passed_over_kept_and_not_repeated(record):
    before = rows(record, DIGESTS)

    done = bordercast("--db", record, "withdraw", 2, "--why", "wrong file", "--by", "A. Person")

    assert done.exit_code == 0
    assert rows(record, "select id from latest_run") == [(1,)]
    assert rows(record, "select distinct run_id from latest_forecasts") == [(1,)]
    issued = "select distinct run_id from forecast_vs_actual where basis = 'issued'"
    assert rows(record, issued) == [(1,)]
    assert rows(record, DIGESTS) == before
    # January's figures stay: what is awaited is February's.
    assert "days since Feb 2024 end " in bordercast("--db", record, "status").stdout
    assert upkeep.verify(record, NOW) == []
    assert running_service.wake(record).outcome == "nothing new"
    assert bordercast("--db", record, "withdraw", 2, "--why", "x", "--by", "y").exit_code == 3
    assert bordercast("--db", record, "withdraw", 9, "--why", "x", "--by", "y").exit_code == 3


@pytest.mark.slow
def test_the_next_month_is_not_judged_by_a_withdrawn_forecast(record):
    bordercast("--db", record, "withdraw", 2, "--why", "wrong", "--by", "me")
    drop(record, month(2))

    running_service.wake(record, datetime(2026, 9, 21, tzinfo=UTC))

    query = f"select distinct run_id from judged_months where month = '{month(2)}'"
    assert (2,) not in rows(record, query)


def test_retention_forgets_polls_and_wakes_and_nothing_else(record):
    old = (NOW - timedelta(days=800)).isoformat()
    for number in (1, 2):
        statement = f"insert into polls values ({number}, '{old}', '{old}', 'new', '', null, null)"
        edit(ops.ops_path(record), statement)
        wake = f"insert into wakes values ({number}, '{old}', null, 1, 'failed', '')"
        edit(ops.ops_path(record), wake)
    edit(ops.ops_path(record), "insert into answers values (1, 'u', 'new', '')")
    deliver(record, "sent")
    before = rows(record, DIGESTS)

    assert ops.forget_polls(record, NOW, 730) == 2

    assert rows(ops.ops_path(record), "select id from polls") == [(2,)]  # the last one stays
    assert rows(ops.ops_path(record), "select count(*) from deliveries") == [(1,)]
    assert rows(record, DIGESTS) == before
    assert upkeep.verify(record, NOW) == []


@pytest.mark.slow
@pytest.mark.parametrize("drills", [1, pytest.param(50, marks=pytest.mark.soak)])
def test_backup_restore_and_the_service_goes_on(record, figure, drills, tmp_path):
    config = running_service.settings()
    for number in range(drills):
        moment = NOW + timedelta(days=31 * number)  # a clock before its figures publishes nothing
        made = backup.drill(record, config, moment)
        drop(record, month(2 + number))
        running_service.wake(record, moment)
        kept = rows(record, DIGESTS)
        back = backup.restore(made.folder, record, config, moment)
        assert rows(record, DIGESTS) == kept[: back.run_id]
        assert upkeep.verify(record, moment) == []
        assert wakes.verified(record).findings == ""
        assert table(record.with_name(f"{record.stem}-snapshot.db"), DIGESTS) == kept[: back.run_id]
        drop(record, month(2 + number))
        assert running_service.wake(record, moment).outcome == "published"
        assert upkeep.verify(record, moment) == []
        assert not list(record.parent.glob("*.part")) + list(record.parent.glob("*drill-*"))
    figure("restore", drills, other_digests=0, files_left=0)


@pytest.mark.slow
def test_a_backup_made_while_the_service_wakes_is_a_whole_record(record, tmp_path):
    config, made = running_service.settings(), []
    with ThreadPoolExecutor(1) as wakes_beside:
        for number in range(3):
            drop(record, month(2 + number))
            moment = NOW + timedelta(days=31 * number)
            wake = wakes_beside.submit(running_service.wake, record, moment)
            while True:
                over = wake.done()
                made.append(backup.make(record, config, moment, tmp_path / f"{len(made)}"))
                if over:
                    break
            assert wake.result().outcome == "published"

    digests = rows(record, DIGESTS)
    assert len(made) > 3  # some of them began before their wake was over
    for each in made:
        assert upkeep.verify(each.folder / record.name, NOW) == []
        assert rows(each.folder / record.name, DIGESTS) == digests[: each.run_id]


def test_a_restored_record_sends_nothing_again(record):
    for state in ("sent", "waiting", "sending"):
        deliver(record, state)
    made = backup.make(record, running_service.settings(), NOW)
    edit(ops.ops_path(record), "update deliveries set state = 'sent', settled_at = 'x'")

    backup.restore(made.folder, record, running_service.settings(), NOW)
    kept = rows(ops.ops_path(record), "select distinct state from deliveries")
    ops.ops_path(record).unlink()
    back = backup.restore(made.folder, record, running_service.settings(), NOW)

    assert kept == [("sent",)]  # what is in place knows more than the backup
    assert back.silenced == 2
    states = rows(ops.ops_path(record), "select state, count(*) from deliveries group by 1")
    assert states == [("given up", 2), ("sent", 1)]


def test_a_spoilt_backup_changes_nothing(record):
    made = backup.make(record, running_service.settings(), NOW)
    edit(made.folder / record.name, "update runs set data_through = '2020-01' where id = 2")
    before = record.read_bytes()

    with pytest.raises(DataError, match="run 2 was edited"):
        backup.restore(made.folder, record, running_service.settings(), NOW)

    assert record.read_bytes() == before


def test_nothing_is_restored_under_a_daemon_and_no_backup_is_overwritten(record):
    made = backup.make(record, running_service.settings(), NOW)

    with connect.locked(daemon.leader_lock(record), 0), pytest.raises(BusyError):
        backup.restore(made.folder, record, running_service.settings(), NOW)
    with pytest.raises(ConfigError, match="is there already"):
        backup.make(record, running_service.settings(), NOW)


def test_a_restore_forgets_the_log_of_the_spoilt_record(record):
    made = backup.make(record, running_service.settings(), NOW)
    shutil.copy(record, record.with_name("other.db"))
    with closing(sqlite3.connect(record.with_name("other.db"))) as other:
        other.execute("pragma journal_mode = wal")
        other.execute("create table intruder (x)")
        other.commit()
        shutil.copy(record.with_name("other.db-wal"), record.with_name(record.name + "-wal"))
    record.write_bytes(b"spoilt")

    backup.restore(made.folder, record, running_service.settings(), NOW)

    assert rows(record, "select count(*) from sqlite_master where name = 'intruder'") == [(0,)]
    assert rows(record, "pragma integrity_check") == [("ok",)]


def test_every_command_the_operations_page_names_is_there():
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
    named = set(re.findall(r"^    bordercast ([a-z]+)|`bordercast ([a-z]+)[ `]", page, re.M))

    names = {first or second for first, second in named}
    assert names <= set(main.commands)
    assert {"doctor", "status", "backup", "restore", "withdraw", "notices"} <= names


def test_every_alarm_is_explained_on_the_operations_page():
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
    started = "2026-01-01T00:00:00+00:00"
    facts = checks.ServiceFacts(
        days_since_month_end=30,
        state="in use",
        mode="daemon",
        service=1,
        verify_findings="x",
        mail_stopped="x",
        unrecognized=["x"],
        blocked={"blocked_since": "x"},
        last_wake=wakes.Wake(started, None, 1, "failed", ""),
    )

    case = checks.ServiceCase(Context.open(Path("none.db"), Config()), NOW, facts=facts)
    found = list(checks.findings(case, "status"))
    alarms = [finding.text for finding in found if finding.verdict == "alarm"]

    rows_of_page = re.findall(r"^- \*\*([a-z][a-z ]+)\*\*:", page, re.M)
    assert len(alarms) == 9
    assert all(any(row in alarm for row in rows_of_page) for alarm in alarms)


def test_config_show_and_a_wrong_address_hide_the_login_in_an_address(tmp_path):
    file = tmp_path / "c.toml"
    file.write_text(
        '[fetch]\nindex = "https://user:p@ss@proxy.example.org/page"\n'
        '[service]\nheartbeat = "https://me:hunter2@hc.example.org/x/y"\n'
        '[compute]\nscheduler = "tcp://u:pw-1@host:8786"\n'
    )

    shown = bordercast("--config", file, "config", "show").stdout
    file.write_text('[fetch]\nindex = "ftp://user:p@ss@proxy.example.org/"\n')
    refused = bordercast("--config", file, "config", "show")

    told = json.loads(shown)
    assert told["fetch"]["index"] == "https://********@proxy.example.org/page"
    assert told["compute"]["scheduler"] == "tcp://********@host:8786"
    assert "hunter2" not in shown
    assert refused.exit_code == 2
    assert "p@ss" not in refused.output


POLL = "insert into polls values (1, '{0}', '{0}', 'unreachable', '', null, null)"


def test_a_page_that_nobody_asks_any_more_is_not_said_to_be_unreachable(record):
    edit(ops.ops_path(record), POLL.format("2024-03-04"))
    moment = datetime(2024, 3, 5, tzinfo=UTC)

    on, off = (
        health.status(Context.open(record, config), moment) for config in (FETCHING, Config())
    )

    assert [text for text in on.warnings if "not reachable" in text]
    assert not [text for text in off.warnings if "not reachable" in text]
    assert off.facts.blocked is None


@pytest.mark.parametrize(("day", "alarms"), [("2026-10-27", []), ("2026-11-30", ["overdue"])])
def test_a_fresh_install_is_new_until_the_first_poll_or_file(borders_alone, day, alarms):
    """The embedded figures end in August: late at the end of October, and old a month later."""
    moment = datetime.fromisoformat(day).replace(tzinfo=UTC)
    operator = Config(mail=Mail(enabled=True, operator="it@example.org", sender="a@example.org"))

    fresh = health.status(Context.open(borders_alone, Config()), moment)
    told = list(concerns(Context.open(borders_alone, Config()), moment))
    mails = queue_concerns(Context.open(borders_alone, operator), concerns, moment)
    with ops.writing(borders_alone) as db:
        db.execute(POLL.format(day))
        db.commit()
    polled = health.status(Context.open(borders_alone, Config()), moment)

    assert fresh.facts.state == "new"
    assert [alarm[:7] for alarm in fresh.alarms] == alarms
    assert not [text for text in fresh.warnings if "late" in text]
    assert mails == len(told) == len(alarms)
    assert polled.facts.state == "in use"
    assert [alarm[:7] for alarm in polled.alarms] == alarms
    assert alarms or [text for text in polled.warnings if "late" in text]


def test_the_first_file_ends_being_new(record):
    assert health.status(Context.open(record, Config()), NOW).facts.state == "in use"


@pytest.mark.slow
def test_a_timer_is_a_service_too_and_is_missed_when_it_stops(record):
    about = Context.open(record, running_service.settings())
    daemon.serve(about, running_service.WORK["work"], "timer")
    last = datetime.fromisoformat(wakes.last(record).started_at)

    well = health.status(Context.open(record, Config()), last + timedelta(hours=25))
    gone = health.status(Context.open(record, Config()), last + timedelta(hours=31))

    assert well.facts.mode == "timer"
    assert not [text for text in well.warnings if "service" in text]
    assert not [text for text in well.alarms if "wake" in text]
    assert "the service has stopped waking up: restart it, or its timer" in gone.alarms


def test_a_daemon_that_ended_is_missed(record):
    with ops.writing(record) as db:
        wakes.save_leader(db, "2024-03-05", 1, None)

    assert (
        "the service is not running: `bordercast serve`, or a timer"
        in health.status(Context.open(record, Config()), NOW).warnings
    )


def test_an_ops_db_from_before_the_timer_is_read(record):
    edit(ops.ops_path(record), "alter table service drop column mode")
    edit(ops.ops_path(record), "insert or replace into service values (1, '2024-03-05', 1, null)")

    assert health.status(Context.open(record, Config()), NOW).facts.mode is None


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("[fetch]\nenabled = true\n", ["fetch.contact"]),
        ('[mail]\nenabled = true\nsender = "a@example.org"\n', ["mail.host"]),
        ('[mail]\nca_file = "/nowhere/ca.pem"\n', ["mail.ca_file"]),
        ('[mail]\npassword_file = "/nowhere/secret"\n', ["mail.password_file"]),
        (
            '[mail]\nenabled = true\nhost = "h"\nsender = "a@example.org"\nuser = "me"\n',
            ["mail.user"],
        ),
        ('[compute]\nengine = "dask"\n', ["compute.scheduler"]),
        (
            '[fetch]\nenabled = true\n[mail]\nenabled = true\nca_file = "/nowhere"\n',
            ["fetch.contact", "mail.host", "mail.ca_file"],
        ),
        ('[fetch]\nenabled = true\ncontact = "it@example.org"\n', []),
    ],
)
def test_config_check_tries_what_can_be_tried(tmp_path, monkeypatch, text, keys):
    monkeypatch.delenv("BORDERCAST_MAIL_PASSWORD", raising=False)
    file = tmp_path / "c.toml"
    file.write_text(text)

    checked = bordercast("--config", file, "config", "check")

    assert checked.exit_code == (2 if keys else 0)
    assert re.findall(rf"^bordercast: {file}: (\S+):", checked.stderr, re.M) == keys


@pytest.mark.parametrize(
    ("named", "verdict"),
    [
        ({}, "bad"),
        ({"contact": "it@example.org"}, "good"),
        ({"user_agent": "ours/1 (it@example.org)"}, "good"),
        ({"contact": "it@example.org", "user_agent": "ours/1"}, "good"),
    ],
)
def test_doctor_finds_a_fetch_that_names_nobody(record, named, verdict):
    config = Config(fetch=Fetch(enabled=True, **named))

    (found,) = (f for f in by_doctor(Context.open(record, config), "x", NOW) if f.name == "fetch")

    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("version", "verdict", "named"),
    [
        ((3, 46, 1), "note", ("WAL-reset", "CVE-2025-6965", "3.50.2")),
        ((3, 50, 2), "note", ("WAL-reset",)),
        ((3, 51, 3), "good", ()),
    ],
)
def test_doctor_says_what_is_wrong_with_this_sqlite(version, verdict, named, tmp_path, monkeypatch):
    monkeypatch.setattr(checks.sqlite3, "sqlite_version_info", version)

    found = by_doctor(Context.open(tmp_path / "none.db", Config()), "defaults", datetime.now(UTC))

    (sqlite,) = (finding for finding in found if finding.name == "SQLite")
    assert sqlite.verdict == verdict
    for word in ("WAL-reset", "CVE-2025-6965", "3.50.2"):
        assert (word in sqlite.found + sqlite.do) == (word in named)
