"""From a published month to a mail: what is told, in which words, to whom, and how often."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP as WIRE
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from forecast.config import Config
from forecast.context import Context
from forecast.desk.facts import became_false, report
from forecast.desk.sentences import section
from forecast.errors import DataError
from forecast.judge.judging import Findings as Judged
from forecast.rows import ScoreRow
from forecast.sources.cbp.encounters import bundle
from forecast.store import connect, deliveries, inputs, ledger, notices, ops, runs
from forecast.types import HEADLINES, Episode, Judgement, SeriesKey
from jobs.cli import main
from jobs.deliver import approve as approvals
from jobs.deliver import letter, outbox
from jobs.deliver import write as work
from jobs.deliver.intents import _kind
from jobs.service import health, wakeup
from tests.support import history_2025, month_facts
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import edit, rows, written
from tests.support.history_2025 import ANN, FEBRUARY, JANUARY, SAID, SENDER, held, settings
from tests.support.mail_server import HOST, Taken, server
from tests.support.notice_words import word


@pytest.fixture
def record(stages, tmp_path):
    """Copies a stage to where it may be changed."""

    def at(stage):
        return shutil.copy(stages / f"{stage}.db", tmp_path / "bordercast.db")

    return at


def approve(path, notice_id, by, now):
    """A person's word on what the notice says now."""
    with closing(connect.read(path)) as connection:
        seen = notices.content(connection, notice_id)
    return approvals.approve(path, notice_id, word(by, "root", seen), now)


def kinds(path):
    return rows(path, "select kind, month, state from notices order by id")


def send(path, config, now):
    return wakeup.deliver(Context.open(path, config), lambda: now)


def parsed(taken, to):
    return [message_from_bytes(m, policy=WIRE) for who, m in taken.messages if who == to]


# --- what is told, and what is not


def test_a_first_run_tells_nothing_and_then_each_month_once(stages):
    assert kinds(stages / "first.db") == []
    assert kinds(stages / "january.db") == [("flags", "2025-01", "held")]
    assert kinds(stages / "february.db") == [
        ("flags", "2025-01", "held"),
        ("flags", "2025-02", "held"),
    ]


def test_the_known_months_are_told_as_such(stages):
    january, february = held(stages / "january.db"), held(stages / "february.db")

    assert letter.subject(*january, source=ENCOUNTERS) == (
        "Border encounters, January 2025: northern well below forecast"
    )
    assert letter.subject(*february, source=ENCOUNTERS).startswith(
        "Border encounters, February 2025: southwest far below forecast"
    )
    assert "11,709 counted" in february[1][0].text


def test_how_rare_a_month_is_and_how_often_some_border_is_flagged(stages):
    _, sections = held(stages / "february.db")
    flagged, judged = rows(
        stages / "february.db",
        "select count(distinct iif(severity <> 'watch', month, null)), count(distinct month) "
        "from judged_months where dimension = '' and basis <> 'none'",
    )[0]

    text = " ".join(sections[0].text.split())
    assert "rarer than 1 month in 200" in text
    assert (
        f"Some border is flagged in about 1 month of {round(judged / flagged)} "
        f"({flagged} of {judged} judged)." in text
    )


@pytest.mark.slow
def test_a_notice_says_how_many_were_arrested_in_the_interior(record):
    path = record("first")
    (at_large,) = (s for s in bundle.load() if s.release.source == "cbp-usbp-at-large")
    history_2025.keep(
        path, history_2025._cut(at_large, "2025-01"), history_2025.release("2025-01", "2025-02-18")
    )
    history_2025.publish(path, JANUARY, settings())

    (northern, *_) = held(path)[1]
    assert northern.total == "northern"
    text = " ".join(northern.text.split())
    assert "249 of 617 Border Patrol encounters (40%)" in text
    assert "249 of 617 Border Patrol encounters (40%)" in " ".join(northern.html.split())


@pytest.mark.slow
def test_nothing_is_told_of_stale_figures(record):
    path = record("january")
    history_2025.keep(path, history_2025.release("2025-02", "2025-05-12", SAID))

    history_2025.publish(path, datetime(2025, 5, 12, tzinfo=UTC), settings())

    assert kinds(path) == [("flags", "2025-01", "held")]


@pytest.mark.slow
def test_nothing_is_told_while_a_file_of_the_month_lies_in_quarantine(record):
    path = record("january")
    history_2025.keep(path, history_2025.release("2025-02", "2025-03-12", SAID))
    with connect.writing(path) as db, connect.transaction(db):
        refused = db.execute(
            "insert into releases select null, 'other', kind, file_name, url, 'x', data_through, "
            "seq + 1, rounding, first_seen_at, first_seen_precision, 'quarantined', 'odd', '', "
            "'', 1 "
            "from releases where source = 'nationwide-encounters-through-2025-02-0'"
        )
        ledger.state(db, "refused", refused.lastrowid)

    history_2025.publish(path, FEBRUARY, settings())

    assert kinds(path) == [("flags", "2025-01", "held")]


@pytest.mark.slow
def test_a_level_shift_is_told_and_a_quiet_month_only_where_asked_for(record):
    path = record("february")
    for month, seen in (("2025-04", "2025-05-15"), ("2025-05", "2025-06-17")):
        history_2025.keep(path, history_2025.release(month, seen))
        history_2025.publish(
            path, datetime.fromisoformat(f"{seen}T12:00+00:00"), settings(quiet_months=True)
        )

    shift, quiet = kinds(path)[-2:]
    with closing(connect.read(path)) as connection:
        told = {n.month: n for n in notices.every(connection)}["2025-04"]
        said = letter.subject(told, notices.sections(connection, told.id), ENCOUNTERS)
    assert (shift, quiet) == (("flags", "2025-04", "held"), ("quiet", "2025-05", "held"))
    assert said == ("Border encounters, April 2025: southwest and nationwide lower level confirmed")
    notice, sections = held(path)
    assert letter.subject(notice, sections, ENCOUNTERS) == (
        "Border encounters, May 2025: northern, southwest, other and nationwide as forecast"
    )
    assert len([s for s in sections if s.part == "finding"]) == 4


@pytest.mark.slow
def test_of_two_months_at_once_only_the_newest_is_news(record):
    path = record("first")
    history_2025.keep(path, history_2025.release("2025-01", "2025-03-12"))
    history_2025.keep(path, history_2025.release("2025-02", "2025-03-12", SAID))

    history_2025.publish(path, FEBRUARY, settings())

    assert [month for _, month, _ in kinds(path)] == ["2025-02"]


@pytest.mark.slow
def test_of_two_months_at_once_headline_and_chart_name_the_same_forecast(record):
    """The second was judged by a forecast of two months before, and so it is drawn."""
    path = record("first")
    history_2025.keep(path, history_2025.release("2025-01", "2025-03-12"))
    history_2025.keep(path, history_2025.release("2025-02", "2025-03-12", SAID))
    history_2025.publish(path, FEBRUARY, settings())
    query = "select month, median from judged_months where border = ? and dimension = ''"

    with closing(connect.read(path)) as connection:
        for border in HEADLINES:
            judged = dict(rows(path, query, border))
            told = report(connection, border, "2025-02", ENCOUNTERS)
            drawn = told.recent
            assert {row.month: row.median for row in drawn}.items() <= judged.items()
            assert drawn[-1].month == "2025-02"
            assert told.expectation.median == drawn[-1].median
            if told.flags:
                assert f"{drawn[-1].median:,} expected" in section.finding(told).finding


@pytest.mark.slow
def test_a_notice_of_a_killed_run_is_written_by_the_next(record, monkeypatch):
    path = record("first")
    history_2025.keep(path, history_2025.release("2025-01", "2025-02-18"))
    monkeypatch.setattr(work, "write_one", lambda *_: False)
    history_2025.publish(path, JANUARY, settings())
    monkeypatch.undo()
    assert kinds(path) == [("flags", "2025-01", "due")]

    history_2025.publish(path, JANUARY, settings())

    assert kinds(path) == [("flags", "2025-01", "held")]


@pytest.mark.slow
def test_a_notice_that_cannot_be_written_does_not_fail_the_run(record, monkeypatch, caplog):
    path = record("first")
    history_2025.keep(path, history_2025.release("2025-01", "2025-02-18"))
    monkeypatch.setattr(section, "finding", lambda found: 1 / 0)

    history_2025.publish(path, JANUARY, settings())

    assert rows(path, "select count(*) from runs") == [(2,)]
    assert kinds(path) == [("flags", "2025-01", "due")]
    assert "stays due" in caplog.text


@pytest.mark.slow
def test_the_same_record_gives_the_same_bytes(record, tmp_path):
    path = record("february")
    before, sections = held(path)
    edit(path, "delete from notice_sections where notice_id = 2")
    edit(path, "update notices set state = 'due' where id = 2")

    with connect.writing(path) as db:
        work.write_all(Context.open(path, settings()), db, FEBRUARY)

    after, again = held(path)
    first = letter.letter(SENDER, before, sections, ENCOUNTERS)
    assert after.digest != before.digest  # the record says that it was written twice
    after = replace(after, digest=before.digest)
    assert letter.letter(SENDER, after, again, ENCOUNTERS) == first


# --- approval and sending


@pytest.mark.slow
def test_a_notice_goes_out_once_and_only_after_a_person_said_so(record):
    path = record("february")
    taken = Taken()
    with server(taken) as port:
        config = settings(port)
        assert send(path, config, FEBRUARY) == []
        approve(path, 2, "Lee", FEBRUARY)
        with pytest.raises(DataError, match="approved by Lee"):
            approve(path, 2, "Kim", FEBRUARY)
        for hours in (0, 1, 30):
            send(path, config, FEBRUARY + timedelta(hours=hours))

    assert [to for to, _ in taken.messages] == ["ann@example.org", "bob@example.org"]


def test_readers_get_the_borders_they_asked_for(record):
    path = record("february")
    taken = Taken()
    with server(taken) as port:
        approve(path, 2, "Lee", FEBRUARY)
        send(path, settings(port), FEBRUARY)

    (ann,), (bob,) = parsed(taken, "ann@example.org"), parsed(taken, "bob@example.org")
    assert "southwest far below" in ann["Subject"]
    assert bob["Subject"] == "Border encounters, February 2025: what else was unusual"
    assert "southwest land border" not in bob.get_body(("plain",)).get_content()
    assert "still lower than forecast before January 2025" in bob.as_string()
    assert ann["Message-ID"] != bob["Message-ID"]


@pytest.mark.slow
def test_restoring_a_backup_sends_nothing_again(record, stages):
    path = record("february")
    taken = Taken()
    with server(taken) as port:
        config = settings(port)
        approve(path, 2, "Lee", FEBRUARY)
        send(path, config, FEBRUARY)
        for stage in ("february", "january"):
            path.unlink()
            for left in path.parent.glob("bordercast.db-*"):
                left.unlink()
            shutil.copy(stages / f"{stage}.db", path)
            if stage != "february":
                history_2025.keep(path, history_2025.release("2025-02", "2025-03-12", SAID))
                history_2025.publish(path, FEBRUARY, config)
            notice, _ = held(path)
            assert (notice.month, notice.state) == ("2025-02", "held")
            approve(path, notice.id, "Lee", FEBRUARY + timedelta(days=1))
            send(path, config, FEBRUARY + timedelta(days=1))

    assert len(taken.messages) == 2


def test_a_lost_ops_db_sends_nothing_again(record):
    path = record("february")
    taken = Taken()
    with server(taken) as port:
        approve(path, 2, "Lee", FEBRUARY)
        send(path, settings(port), FEBRUARY)
        for file in path.parent.glob("*ops.db*"):
            file.unlink()
        send(path, settings(port), FEBRUARY + timedelta(days=1))

    assert len(taken.messages) == 2


def test_a_rejected_and_an_expired_notice_do_not_go_out(record):
    path = record("february")
    taken = Taken()
    approvals.reject(path, 1, "Lee", "known", FEBRUARY)
    with server(taken) as port:
        send(path, settings(port), FEBRUARY + timedelta(days=14))

    assert kinds(path) == [("flags", "2025-01", "rejected"), ("flags", "2025-02", "expired")]
    for notice_id in (1, 2):
        with pytest.raises(DataError):
            approve(path, notice_id, "Lee", FEBRUARY + timedelta(days=14))
    assert taken.messages == []


def test_a_notice_held_for_14_days_cannot_be_approved_any_more(record):
    path = record("february")

    with pytest.raises(DataError, match="expired"):
        approve(path, 2, "Lee", FEBRUARY + timedelta(days=14))


def test_a_notice_of_a_withdrawn_run_does_not_go_out(record):
    path = record("february")
    taken = Taken()
    approve(path, 1, "Lee", JANUARY)
    with connect.writing(path) as db:
        for run_id in (2, 3):
            runs.withdraw(db, run_id, "wrong", "Lee", JANUARY)
    with pytest.raises(DataError, match="expired"):
        approve(path, 2, "Lee", JANUARY)
    with server(taken) as port:
        send(path, settings(port), JANUARY)

    assert taken.messages == []


def test_what_waits_of_a_run_that_is_withdrawn_does_not_go_out(record):
    path = record("february")
    taken = Taken(refuse=lambda to: "450 later")
    with server(taken) as port:
        config = settings(port, recipients=(ANN,))
        approve(path, 2, "Lee", FEBRUARY)
        send(path, config, FEBRUARY)
        with connect.writing(path) as db:
            runs.withdraw(db, 3, "wrong", "Lee", FEBRUARY)
        taken.refuse = lambda to: None
        outcomes = wakeup.deliver(
            Context.open(path, config), lambda: FEBRUARY + timedelta(days=1), again=True
        )

    assert (outcomes, taken.messages) == ([], [])
    assert rows(ops.ops_path(path), "select state, reply from deliveries") == [
        ("given up", "run 3 was withdrawn")
    ]


@pytest.mark.slow
def test_who_got_a_notice_of_a_withdrawn_run_is_told_in_the_thread(record):
    path = record("february")
    taken = Taken()
    later = FEBRUARY + timedelta(days=3)
    with server(taken) as port:
        config = settings(port)
        approve(path, 2, "Lee", FEBRUARY)
        send(path, config, FEBRUARY)
        told = approvals.withdraw(Context.open(path, config), 3, "the file was wrong", "Lee", later)
        assert send(path, config, later) == []  # a person approves it first
        approve(path, 3, "Lee", later)
        send(path, config, later + timedelta(hours=1))
        send(path, config, later + timedelta(hours=9))

    assert told == (0, 1)
    for who in WHO:
        first, correction = parsed(taken, f"{who}@example.org")
        assert correction["Subject"].startswith("Correction: border encounters, February 2025")
        assert correction["In-Reply-To"] == first["Message-ID"]
        text = " ".join(correction.get_body(("plain",)).get_content().split())
        assert "Run 3 was withdrawn on" in text
        assert "the file was wrong" in text
    listed = CliRunner().invoke(main, ["--db", str(path), "notices", "list", "--json"])
    by_id = {row["id"]: row for row in json.loads(listed.output)["notices"]}
    assert [by_id[n]["run_withdrawn"] for n in (1, 2, 3)] == [0, 1, 0]
    assert (by_id[3]["withdraws"], by_id[3]["corrects"]) == (3, 2)
    shown = CliRunner().invoke(main, ["--db", str(path), "notices", "list"], env={"COLUMNS": "200"})
    assert "run 3 was withdrawn" in " ".join(shown.output.split())


def test_a_notice_nobody_got_is_not_taken_back(record):
    path = record("february")
    approve(path, 2, "Lee", FEBRUARY)

    assert approvals.withdraw(Context.open(path, settings()), 3, "wrong", "Lee", FEBRUARY) == (0, 0)
    assert kinds(path)[-1] == ("flags", "2025-02", "approved")


@pytest.mark.slow
def test_a_notice_taken_back_is_corrected_no_more(record):
    path = record("february")
    taken = Taken()
    with server(taken) as port:
        config = settings(port, approval="auto", recipients=(ANN,))
        approve(path, 2, "Lee", FEBRUARY)
        send(path, config, FEBRUARY)
        approvals.withdraw(Context.open(path, config), 3, "wrong", "Lee", FEBRUARY)
        revised(path, FEBRUARY + timedelta(days=5), {"southwest": 14900}, 1, config)
        send(path, config, FEBRUARY + timedelta(days=5))

    assert [kind for kind, *_ in kinds(path)].count("correction") == 1
    assert len(taken.messages) == 2


# --- corrections

MARCH = datetime(2025, 4, 14, 12, tzinfo=UTC)


def revised(path, now, said, step, config):
    """The same month once more, with other counts."""
    history_2025.keep(
        path, history_2025.release("2025-02", now.date().isoformat(), SAID | said, step)
    )
    history_2025.publish(path, now, config)


@pytest.mark.slow
def test_a_digit_that_moved_is_not_corrected_and_a_false_statement_is(record):
    path = record("february")
    taken = Taken()
    later = FEBRUARY + timedelta(days=5)
    with server(taken) as port:
        config = settings(port, approval="auto", recipients=(ANN,))
        approve(path, 2, "Lee", FEBRUARY)
        send(path, config, FEBRUARY)
        revised(path, later, {"southwest": 11740}, 1, config)
        assert send(path, config, later) == []
        revised(path, later, {"southwest": 14900}, 2, config)
        send(path, config, later)
        revised(path, later, {"southwest": 14901}, 3, config)
        assert send(path, config, later) == []

    first, correction = parsed(taken, "ann@example.org")
    assert correction["Subject"] == (
        "Correction: border encounters, February 2025: southwest and nationwide figures revised"
    )
    assert correction["References"] == correction["In-Reply-To"] == first["Message-ID"]
    said = " ".join(correction.get_body(("plain",)).get_content().split())
    assert "given as 11,709; it has been revised to 14,900" in said
    page = (Path(__file__).parents[2] / "docs" / "reading-a-notice.md").read_text("utf-8")
    shown = re.findall(r"(?:^    .+\n)+", page.split("## When a notice was wrong")[1], re.M)
    assert " ".join(shown[0].split()) == correction["Subject"]
    assert all(" ".join(paragraph.split()) in said for paragraph in shown[1:])


@pytest.mark.slow
def test_who_did_not_get_the_notice_gets_no_correction(record):
    path = record("february")
    taken = Taken()
    with server(taken) as port:
        config = settings(port, approval="auto", recipients=(ANN,))
        approve(path, 2, "Lee", FEBRUARY)
        send(path, config, FEBRUARY)
        wider = settings(port, approval="auto", recipients=(ANN, {"address": "new@example.org"}))
        revised(path, FEBRUARY + timedelta(days=5), {"southwest": 14900}, 1, wider)
        send(path, wider, FEBRUARY + timedelta(days=5))

    assert [to for to, _ in taken.messages] == ["ann@example.org", "ann@example.org"]
    assert rows(path, "select approved_by from notices where kind = 'correction'") == [("auto",)]


@pytest.mark.slow
def test_who_gets_the_notice_late_gets_its_correction_after_it(record):
    """Bob's mailbox is full while the notice goes out and becomes false."""
    path = record("february")
    taken = Taken(refuse=lambda to: "452 full" if to.startswith("bob") else None)
    later = FEBRUARY + timedelta(days=2)
    with server(taken) as port:
        bob = {"address": "bob@example.org"}
        config = settings(port, approval="auto", recipients=(ANN, bob))
        approve(path, 2, "Lee", FEBRUARY)
        send(path, config, FEBRUARY)
        revised(path, later, {"southwest": 14900}, 1, config)
        send(path, config, later)
        assert parsed(taken, "bob@example.org") == []
        taken.refuse = lambda to: None
        for hours in (6, 12):
            send(path, config, later + timedelta(hours=hours))

    to_ann, to_bob = ([m["Subject"] for m in parsed(taken, f"{who}@example.org")] for who in WHO)
    assert to_ann == to_bob
    assert [subject.startswith("Correction: ") for subject in to_bob] == [False, True]


WHO = ("ann", "bob")


@pytest.mark.slow
def test_a_held_notice_is_written_anew_when_its_figures_are_revised(record):
    path = record("february")

    revised(path, FEBRUARY + timedelta(days=5), {"southwest": 14900}, 1, settings())

    notice, sections = held(path)
    assert (notice.id, notice.state, notice.run_id) == (2, "held", 3)
    assert "14,900" in sections[0].text
    assert "First published as 11,709" in sections[0].text.replace("\n  ", " ")


STATED = {
    "month": "2025-02",
    "encounters": 11709,
    "bounds": [40912, 50428, 74774, 92165],
    "compared": {"month before": ["2025-01", 11709, 61445]},
    "extreme": ["lowest", None],
}
COUNTS = {"2025-01": 61445, "2025-02": 11709}


@pytest.mark.parametrize(
    ("change", "false"),
    [
        ({}, 0),
        ({"2025-02": 11710}, 0),
        ({"2025-01": 61450}, 0),
        ({"2025-02": 12000}, 1),
        ({"2025-02": 45000}, 2),
        ({"2025-01": 50000}, 1),
        ({"2025-01": 11000}, 2),
        ({"2024-12": 11000}, 1),
    ],
)
def test_only_what_became_false_is_named(change, false):
    assert len(list(became_false(STATED, COUNTS | change, ENCOUNTERS))) == false


# --- the operator


@pytest.mark.slow
def test_the_operator_is_told_once_of_what_needs_him(record):
    path = record("february")
    taken = Taken()
    overdue = datetime(2025, 4, 29, tzinfo=UTC)
    with server(taken) as port:
        config = settings(port, operator="op@example.org", recipients=())
        for day in (0, 1, 2):
            send(path, config, overdue + timedelta(days=day))

    subjects = [m["Subject"] for m in parsed(taken, "op@example.org")]
    assert len(subjects) == len(set(subjects))
    assert sum("overdue" in subject for subject in subjects) == 1


def test_the_operator_learns_at_once_of_a_refused_message(record):
    path = record("february")
    taken = Taken(refuse=lambda to: "550 no such mailbox" if to.startswith("ann") else None)
    with server(taken) as port:
        config = settings(port, operator="op@example.org", recipients=(ANN,))
        approve(path, 2, "Lee", FEBRUARY)
        outcomes = send(path, config, FEBRUARY)

    assert "refused" in outcomes
    texts = [m.get_body(("plain",)).get_content() for m in parsed(taken, "op@example.org")]
    assert sum("1 messages will never arrive" in " ".join(text.split()) for text in texts) == 1


def drifts(**said) -> list[str]:
    said = {"model": "bordercast", "era": "all", "horizon": 1, "basis": "issued"} | said
    return list(health.coverage_drift([month_facts.row(ScoreRow, border="other", **said)]))


def test_coverage_that_drifts_is_told():
    assert drifts(n=40, coverage80=0.8) == []
    assert drifts(n=20, coverage80=0.1) == []
    assert "24 of 40" in drifts(n=40, coverage80=0.6)[0]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            {"n": 24, "coverage80": 0.5},
            ["other: the 80% interval of one month ahead held 12 of 24 months"],
        ),
        ({"n": 23, "coverage80": 0.5}, []),
        ({"n": 24, "coverage80": 14 / 24}, []),  # one in 50 by chance
        (
            {"n": 40, "coverage80": 1.0},
            ["other: the 80% interval of one month ahead held 40 of 40 months"],
        ),
        ({"n": 40, "coverage80": 0.5, "horizon": 2}, []),
        ({"n": 40, "coverage80": 0.5, "basis": "hindcast"}, []),
        ({"n": 40, "coverage80": 0.5, "model": "naive"}, []),
        ({"n": 40, "coverage80": 0.5, "era": "last"}, []),
    ],
)
def test_coverage_is_judged_after_two_years_by_what_is_hardly_chance(changed, told):
    assert drifts(**changed) == [f"coverage drift, {text}" for text in told]


def test_one_concern_is_one_mail_a_month_whatever_its_numbers_are():
    config = settings(25, operator="op@example.org")
    first, other, later = (
        outbox.concern_letter(config.mail, concern, through, FEBRUARY)
        for concern, through in (
            ("3 files are refused: look", "2025-02"),
            ("14 files are refused: look", "2025-02"),
            ("3 files are refused: look", "2025-03"),
        )
    )

    assert first.content_key == other.content_key != later.content_key
    parsed = message_from_bytes(first.mime, policy=WIRE)
    assert parsed["Subject"] == first.subject == "Bordercast needs you: 3 files are refused: look"
    assert parsed["Message-ID"] == f"<{first.content_key[:32]}.operator@example.org>"
    assert "Figures are held through 2025-02" in parsed.get_content()
    long = outbox.concern_letter(config.mail, "x" * 99, "", FEBRUARY)
    assert long.subject == f"Bordercast needs you: {'x' * 60}"
    assert b"through no month" in long.mime


@pytest.mark.parametrize(
    ("approved", "queued"),
    [
        ("2025-03-12T12:00:00+00:00", True),
        ("2025-02-26T12:00:00+00:00", True),  # fourteen days before
        ("2025-02-26T11:59:59+00:00", False),
        (None, False),
    ],
)
def test_what_became_of_a_notice_approved_long_ago_is_not_known(approved, queued):
    notice = SimpleNamespace(approved_at=approved)

    assert list(outbox.to_queue([notice], "2020", FEBRUARY)) == ([notice] if queued else [])
    assert list(outbox.to_queue([notice], "2025-03-12T12:00:01", FEBRUARY)) == []


# --- the commands


@pytest.mark.slow
def test_a_notice_is_shown_approved_and_sent_by_command(record, tmp_path):
    path = record("february")
    written(path, "update notices set created_at = datetime('now') || '+00:00' where id = 2")
    taken = Taken()
    with server(taken) as port:
        file = tmp_path / "config.toml"
        file.write_text(
            '[[notices.recipients]]\naddress = "ann@example.org"\n'
            f'[mail]\nenabled = true\nhost = "{HOST}"\nport = {port}\nsecurity = "local"\n'
            'sender = "Bordercast <notices@example.org>"\n'
        )

        def run(*words):
            return CliRunner().invoke(main, ["--db", path, "--config", str(file), *words])

        listed = json.loads(run("notices", "list", "--json").stdout)["notices"]
        shown = run("notices", "show", "2")
        text = run("notices", "preview", "2")
        eml = run("notices", "preview", "2", "-o", str(tmp_path / "two.eml"))
        page = run("notices", "preview", "2", "-o", str(tmp_path / "two.html"))
        (content,) = re.findall("approve 2 --content ([0-9a-f]{12}) --by", text.stderr)
        approved = run("notices", "approve", "2", "--content", content, "--by", "Lee")
        again = run("notices", "approve", "2", "--content", content, "--by", "Lee")
        dry = run("notices", "send", "--dry-run")
        assert taken.messages == []
        sent = run("notices", "send", "--yes")
        gone = run("notices", "unsubscribe", "ann@example.org")

    assert [row["state"] for row in listed] == ["held", "held"]
    assert "ann@example.org" in shown.stdout
    assert "far below the" in text.stdout
    assert (eml.exit_code, page.exit_code) == (0, 0)
    assert "data:image/png;base64," in (tmp_path / "two.html").read_text()
    assert approved.stdout == "Notice 2 is approved by Lee; 1 recipient.\n"
    assert (again.exit_code, dry.exit_code) == (3, 0)
    assert "1 recipient." in dry.stdout
    assert sent.stdout.endswith("1 sent.\n")
    assert len(taken.messages) == 1
    assert "no more notices" in gone.stdout


def test_sending_switched_off_is_said(record):
    result = CliRunner().invoke(main, ["--db", record("february"), "notices", "send"])

    assert result.exit_code == 2
    assert "mail.enabled" in result.stderr


CHANGES = (
    "update notice_sections set text = text || '!' where notice_id = 2 and place = 0",
    "update notice_sections set html = html || '!' where notice_id = 2 and place = 0",
    "update notice_sections set phrase = 'as forecast' where notice_id = 2 and place = 0",
    "update notice_sections set chart = x'00' where notice_id = 2 and place = 0",
    "update notice_sections set alt = '' where notice_id = 2 and place = 0",
    "update notices set closing_text = '' where id = 2",
    "delete from notice_sections where notice_id = 2 and place = 1",
)


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_not_previewed_is_not_approved(record, change):
    path = record("february")
    with closing(connect.read(path)) as connection:
        seen = notices.content(connection, 2)
    edit(path, change)

    with pytest.raises(DataError, match="does not say what was previewed"):
        approvals.approve(path, 2, word("Lee", "root", seen), FEBRUARY)

    assert kinds(path)[1] == ("flags", "2025-02", "held")


@pytest.mark.parametrize("seen", ["", "0", "0" * 12])
def test_no_content_or_another_is_not_approved(record, seen):
    path = record("february")
    with closing(connect.read(path)) as connection:
        whole = notices.content(connection, 2)

    for content in (seen, whole[:11], whole[:11] + "x", whole + "0"):
        with pytest.raises(DataError, match="does not say what was previewed"):
            approvals.approve(path, 2, word("Lee", "root", content), FEBRUARY)


@pytest.mark.slow
def test_an_approval_keeps_the_account_and_the_content(record):
    path = record("february")
    written(path, "update notices set created_at = datetime('now') || '+00:00' where id = 2")
    preview = CliRunner().invoke(main, ["--db", path, "notices", "preview", "2"])
    (content,) = re.findall("--content ([0-9a-f]{12})", preview.stderr)

    words = ["notices", "approve", "2", "--content", content.upper(), "--by", " A.  Lee "]
    CliRunner().invoke(main, ["--db", path, *words])

    account = pwd.getpwuid(os.getuid()).pw_name
    ((by, user, kept),) = rows(
        path, "select approved_by, approved_user, approved_content from notices where id = 2"
    )
    assert by == "A. Lee"
    assert user.split()[0] == account
    assert (len(kept), kept[:12]) == (64, content)


def test_a_name_that_a_terminal_would_obey_is_refused(record):
    path = record("february")
    by = ["--by", "Lee\x1b[2J"]
    why = ["--why", "x"]
    for words in (
        ["notices", "approve", "2", "--content", "0" * 12, *by],
        ["notices", "reject", "2", *why, *by],
        ["withdraw", "2", *why, *by],
        ["releases", "accept", "1", "--why", by[1]],
    ):
        refused = CliRunner().invoke(main, ["--db", path, *words])

        assert refused.exit_code == 2, words
        assert "cannot be printed" in refused.stderr
        assert "\x1b" not in refused.output


@pytest.mark.slow
def test_every_notice_that_is_due_is_written_not_only_the_first(record):
    path = record("february")
    with connect.writing(path) as db:
        for notice_id in (1, 2):
            assert notices.renew(db, notice_id)
        work.write_all(Context.open(path, settings()), db, FEBRUARY)

    assert [state for *_, state in kinds(path)] == ["held", "held"]


NEWEST = "2025-02"


def ended(state, closed, border="northern"):
    """An episode of a border that ended so."""
    key = SeriesKey(border)
    return Episode(key, "2025-01", -1, 1.0, "2024-12", (1.0,), (1.0,), 4.0, False, state, closed)


@pytest.mark.parametrize(
    ("episode", "kind"),
    [
        (ended("level shift", NEWEST), "flags"),
        (ended("level shift", "2025-01"), None),  # told when it was confirmed
        (ended("transient", NEWEST), None),
        (ended("level shift", NEWEST, "other"), None),  # a border without news
    ],
)
def test_a_level_shift_is_told_in_the_month_in_which_it_is_confirmed(record, episode, kind):
    path = record("february")
    edit(path, "delete from episodes")
    judgement = Judgement(SeriesKey("northern"), NEWEST, 100, "issued", 1)
    found = Judged(judgements=[judgement], episodes=[episode])

    with connect.writing(path) as db:
        told = _kind(inputs.read(db).episodes, Config(), found, [judgement])

    assert told == kind


def test_who_left_or_has_another_border_keeps_nobody_after_him_from_a_notice(record):
    path = record("february")
    notice, _ = held(path)
    there, elsewhere = {}, {"borders": ("other",)}
    readers = {"gone@x.org": there, "far@x.org": elsewhere, "Ann@x.org": there, "bob@x.org": there}
    config = settings(
        25, recipients=tuple({"address": name} | wanted for name, wanted in readers.items())
    )

    with ops.writing(path) as db:
        deliveries.unsubscribe(db, "gone@x.org", FEBRUARY)
        found = outbox.addressed(Context.open(path, config), db, notice)

    assert [made.to for made in found] == ["ann@x.org", "bob@x.org"]


# --- a section as it is written


def test_a_section_is_kept_as_text_and_page_with_its_statement_in_order():
    said = section.withdrawn(
        "northern", "2025-02", 3, "2025-03-12", "the file was wrong", ENCOUNTERS
    )

    made = work._section(said, "finding", {"b": 1, "a": [2]}, b"png", "a chart")
    bare = work._section(said, "digest")

    assert (made.total, made.part, made.phrase) == ("northern", "finding", said.phrase)
    assert made.statement == '{"a": [2], "b": 1}'
    assert (made.chart, made.alt) == (b"png", "a chart")
    assert "the file was wrong" in made.text
    assert "the file was wrong" in made.html
    assert "<" in made.html
    assert (bare.statement, bare.chart, bare.alt, bare.part) == ("{}", None, "", "digest")
