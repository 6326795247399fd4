"""From a held notice to a reader, step by step on a record of a few rows: who gets it, and when."""

from __future__ import annotations

import shutil
import struct
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP as WIRE
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast.config import Config
from forecast.context import Context
from forecast.errors import ConfigError, DataError, VerifyError
from forecast.store import connect, deliveries, notices, ops, runs, wakes
from forecast.store.notices import Section
from jobs.cli import main
from jobs.deliver import approve as approvals
from jobs.deliver import letter, outbox
from jobs.deliver import write as letters
from jobs.service import health, wakeup
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import rows
from tests.support.databases import (
    written as edit,  # with every digest, as if the record had been so
)
from tests.support.mail_server import HOST, Taken, server
from tests.support.notice_words import word
from tests.support.webhook_receiver import Receiver

NOW = datetime(2024, 4, 11, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
FRAME = dict(
    zip(
        notices.FRAME,
        ("Border encounters\n\n", "<p>Border encounters</p>", "[run and digest]\n", "<p>"),
        strict=True,
    )
)
NORTH = Section("northern", "finding", "far below", "The north fell.\n", "<p>", '{"x": 1}')
SOUTH = Section("southwest", "finding", "above", "The southwest rose.\n", "<p>", '{"x": 2}')
DIGEST = Section("northern", "digest", "digest", "Also unusual.\n", "<p>")


@pytest.fixture(scope="module")
def first_held(by_hand, tmp_path_factory) -> Path:
    """A record whose first notice is held since noon; its second has nothing to say."""
    path = Path(shutil.copy(by_hand, tmp_path_factory.mktemp("held") / "bordercast.db"))
    edit(path, "delete from month_reports")
    with connect.writing(path) as db:
        assert notices.save_composed(db, 1, FRAME, [NORTH, SOUTH, DIGEST], None)
        assert notices.drop(db, 2, "nothing", NOW)
    edit(path, f"update notices set created_at = '{ops.text(NOW)}' where id = 1")
    return path


@pytest.fixture
def record(first_held, tmp_path) -> Path:
    return Path(shutil.copy(first_held, tmp_path / "bordercast.db"))


def settings(*recipients: dict | str, port: int = 1, **mail) -> Config:
    readers = tuple({"address": r} if isinstance(r, str) else r for r in recipients)
    plain = {"enabled": True, "host": HOST, "port": port, "security": "local"}
    plain |= {"sender": "Bordercast <notices@example.org>"} | mail
    return Config.model_validate({"notices": {"recipients": readers}, "mail": plain})


def content(path: Path, notice_id: int = 1) -> str:
    with closing(connect.read(path)) as connection:
        return notices.content(connection, notice_id)


def approve(path: Path, now: datetime = LATER, seen: str = "", by: str = "Lee") -> notices.Notice:
    return approvals.approve(path, 1, word(by, "root", seen or content(path)), now)


def states(path: Path) -> dict[str, str]:
    return dict(rows(ops.ops_path(path), "select recipient, state from deliveries order by 1"))


def one(path: Path, notice_id: int = 1) -> notices.Notice:
    with closing(connect.read(path)) as connection:
        found = notices.one(connection, notice_id)
    assert found is not None
    return found


def at(moment: datetime):
    return lambda: moment


# --- a person's word


@pytest.mark.parametrize("digits", [12, 13, 64])
def test_an_approval_names_the_content_that_was_seen(record, digits):
    whole = content(record)

    made = approve(record, seen=whole[:digits].upper())

    assert made == one(record)
    assert (made.state, made.approved_by, made.approved_user) == ("approved", "Lee", "root")
    assert (made.approved_content, made.approved_at) == (whole, ops.text(LATER))


@pytest.mark.parametrize("seen", ["x", "0" * 12])
def test_another_content_is_not_approved_nor_too_little_of_it(record, seen):
    for told in (seen, content(record)[:11]):
        problem = f"notice 1 does not say what was previewed as '{told}'; nothing was approved. "
        with pytest.raises(DataError, match=problem):
            approve(record, seen=told)
    assert one(record).state == "held"


def test_what_is_not_held_cannot_be_approved_or_rejected_and_is_said_so(record):
    approve(record)

    for notice_id, said in (
        (1, "notice 1 is approved by Lee, not held; nothing was changed"),
        (2, "notice 2 is expired, not held; nothing was changed"),
        (9, "no notice 9; `bordercast notices list` shows all"),
    ):
        with pytest.raises(DataError) as refused:
            approvals.approve(record, notice_id, word("Ann", "root", "x" * 64), LATER)
        assert str(refused.value) == said
        with pytest.raises(DataError) as refused:
            approvals.reject(record, notice_id, "Ann", "no", LATER)
        assert str(refused.value) == said
    assert one(record).approved_by == "Lee"


def test_a_rejection_keeps_who_why_and_when(record):
    approvals.reject(record, 1, "Ann", "the figures are odd", LATER)

    found = one(record)
    assert (found.state, found.reason) == ("rejected", "Ann: the figures are odd")
    assert found.closed_at == ops.text(LATER)


@pytest.mark.parametrize(("held_for", "gone"), [(timedelta(days=14), 1), (timedelta(13), 0)])
def test_a_notice_nobody_looked_at_is_closed_after_two_weeks(record, held_for, gone):
    assert approvals.expire_all(record, NOW + held_for) == gone
    assert approvals.expire_all(record, NOW + held_for) == 0
    assert one(record).state == ("expired" if gone else "held")


def test_all_that_was_held_too_long_is_closed_at_once_and_cannot_be_approved(record):
    edit(record, "update notices set state = 'held', created_at = '2024-01-01' where id = 2")
    seen = content(record)

    with pytest.raises(DataError, match="notice 1 is expired, not held"):
        approve(record, NOW + timedelta(days=15), seen)

    assert one(record, 2).state == "expired"


def test_approvals_are_known_from_the_first_on(record):
    """Deliveries begin with it: what is approved from then on is known not to have been sent."""
    approve(record, LATER)

    with ops.writing(record) as db:
        assert deliveries.begin(db, LATER + timedelta(days=3)) == ops.text(LATER)


# --- who gets it


def queued(record: Path, config: Config, now: datetime = LATER) -> int:
    return outbox.queue_all(Context.open(record, config), now)


def test_each_reader_gets_the_sections_that_are_for_him_once(record):
    approve(record)
    config = settings(
        "Ann@Example.org",
        {"address": "bob@example.org", "borders": ("southwest",)},
        {"address": "eve@example.org", "borders": ("other",)},
        {"address": "dot@example.org", "digest": True},
    )

    assert queued(record, config) == 3
    assert queued(record, config) == 0
    found = rows(
        ops.ops_path(record),
        "select recipient, edition, subject, mime from deliveries join messages "
        "using (content_key, edition) order by recipient",
    )
    assert [(to, edition) for to, edition, _, _ in found] == [
        ("ann@example.org", "northern+southwest"),
        ("bob@example.org", "southwest"),
        ("dot@example.org", found[2][1]),
    ]
    assert found[0][1] != found[2][1]  # with the digest
    texts = [
        message_from_bytes(mime, policy=WIRE).get_body(("plain",)).get_content()
        for *_, mime in found
    ]
    for words, told in (
        ("The north fell.", [True, False, True]),
        ("The southwest rose.", [True, True, True]),
        ("Also unusual.", [False, False, True]),
    ):
        assert [words in text for text in texts] == told
    assert states(record) == dict.fromkeys([to for to, *_ in found], "waiting")


def hooked(tmp_path: Path, config: Config, mail: bool = True, **more) -> Config:
    (tmp_path / "address").write_text("http://127.0.0.1:1/\n")
    hook = {"name": "desk", "address_file": str(tmp_path / "address")} | more
    changed = config.model_dump()
    changed["notices"]["hooks"] = ({**hook},)
    changed["mail"]["enabled"] = mail
    return Config.model_validate(changed)


def test_hooks_get_what_their_rules_say_beside_the_readers(record, tmp_path):
    approve(record)
    config = hooked(tmp_path, settings("ann@example.org"), borders=("other",))
    assert queued(record, config) == 1
    assert states(record) == {"ann@example.org": "waiting"}


@pytest.mark.parametrize(
    ("mail", "to"), [(True, ["ann@example.org", "hook:desk"]), (False, ["hook:desk"])]
)
def test_without_mail_only_hooks_wait(record, tmp_path, mail, to):
    approve(record)

    assert queued(record, hooked(tmp_path, settings("ann@example.org"), mail)) == len(to)
    assert list(states(record)) == to
    assert len(rows(ops.ops_path(record), "select * from messages")) >= len(to)


@pytest.mark.parametrize("recipients", ["", '"ann@example.org"'])
def test_hooks_are_posted_to_by_the_command_where_there_is_no_mail_server(
    record, tmp_path, recipients
):
    receiver = Receiver()
    file = tmp_path / "config.toml"
    with receiver.serving() as address:
        (tmp_path / "address").write_text(address)
        readers = f"[[notices.recipients]]\naddress = {recipients}\n" if recipients else ""
        place = f'name = "desk"\naddress_file = "{tmp_path / "address"}"\n'
        file.write_text(f"[[notices.hooks]]\n{place}{readers}")
        edit(record, f"update notices set created_at = '{datetime.now(UTC).isoformat()}'")
        ask = partial(asked, file, record)
        checked = ask("config", "check")
        with ops.writing(record) as db:
            deliveries.begin(db, datetime.now(UTC) - timedelta(hours=1))
        approve(record, datetime.now(UTC))
        dry, sent = ask("notices", "send", "--dry-run"), ask("notices", "send", "--yes")

    assert "every setting is valid" in checked
    assert ("the recipient gets no notices; webhooks, which need" in checked) == bool(recipients)
    assert dry.endswith("1 recipient.\n")
    assert sent.endswith("1 recipient.\n1 sent.\n")
    assert states(record) == {"hook:desk": "sent"}
    assert len(receiver.taken) == 1


def asked(file: Path, record: Path, *words: str) -> str:
    done = CliRunner().invoke(main, ["--config", str(file), "--db", str(record), *words])
    assert done.exit_code == 0, done.output
    return done.output


def test_without_hooks_the_command_names_the_mail_server_that_is_missing(record):
    done = CliRunner().invoke(main, ["--db", str(record), "notices", "send"])

    assert (done.exit_code, "mail.enabled" in done.output) == (2, True)


def test_mail_bears_the_day_of_its_approval_and_before_that_of_its_writing(record):
    config = settings("ann@example.org")
    drafted = letter.letter(config, one(record), (NORTH,), ENCOUNTERS)
    approve(record, NOW + timedelta(days=2))
    sent = letter.letter(config, one(record), (NORTH,), ENCOUNTERS)

    days = [message_from_bytes(m.mime, policy=WIRE)["Date"] for m in (drafted, sent)]
    assert days == ["Thu, 11 Apr 2024 12:00:00 +0000", "Sat, 13 Apr 2024 12:00:00 +0000"]
    assert (sent.content_key, sent.sender) == ("one", "notices@example.org")
    assert sent.edition == "northern"
    assert sent.subject == message_from_bytes(sent.mime, policy=WIRE)["Subject"]


@pytest.mark.parametrize(
    ("attach", "address", "pages"), [(True, "", 1), (False, "", 0), (True, "https://x.org/", 0)]
)
def test_the_page_is_attached_where_there_is_none_on_the_web(record, attach, address, pages):
    changed = settings("ann@example.org").model_dump()
    changed["notices"]["attach_page"] = attach
    changed["site"]["address"] = address
    made = letter.letter(Config.model_validate(changed), one(record), (NORTH,), ENCOUNTERS)

    parsed = message_from_bytes(made.mime, policy=WIRE)
    kinds = [part.get_content_type() for part in parsed.iter_attachments()]
    assert kinds.count("text/html") == pages


def corrected(record: Path) -> None:
    """The second notice corrects the first, and is approved."""
    edit(
        record,
        "update notices set kind = 'correction', corrects = 1, state = 'approved',"
        f" closed_at = null, approved_by = 'Lee', approved_at = '{ops.text(LATER)}',"
        " month = '2024-01',"
        " created_at = '2024-04-11T12:30:00+00:00' where id = 2",
    )
    edit(
        record,
        "insert into notice_sections select 2, place, border, part, phrase, text, html, "
        "statement, chart, alt from notice_sections where notice_id = 1",
    )


def test_a_correction_goes_to_who_got_what_it_corrects_and_later_to_who_gets_it_late(record):
    approve(record)
    config = settings("ann@example.org", "bob@example.org", "eve@example.org")
    queued(record, config)
    with ops.writing(record) as db:
        for outcome in ("sent", "refused"):
            claimed = deliveries.claim(db, LATER)
            deliveries.settle(db, claimed, outcome, "", LATER)
    corrected(record)

    assert queued(record, config, LATER) == 1
    query = "select recipient from deliveries where content_key = 'two' order by 1"
    assert rows(ops.ops_path(record), query) == [("ann@example.org",)]
    with ops.writing(record) as db:  # eve gets the first one now
        claimed = deliveries.claim(db, LATER)
        while claimed.recipient != "eve@example.org":
            deliveries.settle(db, claimed, "sent", "", LATER)
            claimed = deliveries.claim(db, LATER)
        deliveries.settle(db, claimed, "sent", "", LATER)
    assert queued(record, config, LATER) == 1
    assert rows(ops.ops_path(record), query) == [("ann@example.org",), ("eve@example.org",)]
    first, second = (
        message_from_bytes(mime, policy=WIRE)
        for (mime,) in rows(ops.ops_path(record), "select mime from messages order by content_key")
    )
    assert second["In-Reply-To"] == first["Message-ID"] != second["Message-ID"]


def test_a_hook_gets_a_correction_only_of_what_it_got(record, tmp_path):
    approve(record)
    config = hooked(tmp_path, settings("ann@example.org"))
    queued(record, settings("ann@example.org"))
    corrected(record)
    with ops.writing(record) as db:
        deliveries.settle(db, deliveries.claim(db, LATER), "sent", "", LATER)

        found = outbox.addressed(Context.open(record, config), db, one(record, 2))

    assert [made.to for made in found] == ["ann@example.org"]


def test_what_waits_of_a_withdrawn_run_is_given_up(record):
    approve(record)
    queued(record, settings("ann@example.org", "bob@example.org"))
    assert outbox.recall_all(record, LATER) == 0
    edit(record, "insert into withdrawals values (2, '2024-04-12', 'wrong', 'Ann')")

    assert outbox.recall_all(record, LATER) == 2
    assert set(states(record).values()) == {"given up"}
    assert outbox.recall_all(record, LATER) == 0
    (reply,) = set(rows(ops.ops_path(record), "select reply from deliveries"))
    assert reply == ("run 2 was withdrawn",)


def test_withdrawing_a_run_takes_back_what_reached_somebody(record):
    edit(record, "delete from withdrawals")
    approve(record)
    queued(record, settings("ann@example.org"))
    with ops.writing(record) as db:
        deliveries.claim(db, LATER)  # under way: it may have arrived

    done = approvals.withdraw(Context.open(record, settings()), 2, "wrong file", "Ann", LATER)

    assert done[1] == 1
    told = one(record, 3)
    assert (told.kind, told.corrects, told.withdraws, told.state) == ("correction", 1, 2, "held")
    with closing(connect.read(record)) as connection:
        said = notices.sections(connection, 3)
    assert [(s.total, s.part) for s in said] == [
        ("northern", "finding"),
        ("southwest", "finding"),
        ("northern", "digest"),
    ]
    assert all("wrong file" in s.text for s in said)


def test_without_deliveries_nobody_was_reached_and_no_correction_is_written(record):
    edit(record, "delete from withdrawals")
    approve(record)
    for file in record.parent.glob("ops.db*"):
        file.unlink()

    done = approvals.withdraw(Context.open(record, settings()), 2, "wrong file", "Ann", LATER)

    assert done[1] == 0
    assert not ops.ops_path(record).exists()


# --- all of it in order


def test_what_is_approved_is_sent_once_and_what_would_be_is_told_before(record):
    approve(record)
    taken = Taken()
    with server(taken) as port:
        config = settings("ann@example.org", "bob@example.org", port=port)
        told = outbox.waiting(Context.open(record, config), LATER)
        again = outbox.waiting(Context.open(record, config), LATER)
        assert taken.messages == []
        sent = wakeup.deliver(Context.open(record, config), at(LATER))
        after = outbox.waiting(Context.open(record, config), LATER)
        nothing = wakeup.deliver(Context.open(record, config), at(LATER))

    assert [count for _, count in told] == [2]
    assert again == told
    assert sent == ["sent", "sent"]
    assert (after, nothing) == ([], [])
    subject = message_from_bytes(taken.messages[0][1], policy=WIRE)["Subject"]
    assert told == [(subject, 2)]


def test_what_waits_already_and_what_is_only_approved_are_counted_together(record):
    approve(record)
    queued(record, settings("ann@example.org"))
    edit(record, "update notices set state = 'approved', approved_at = created_at where id = 2")
    edit(record, f"update notices set approved_at = '{ops.text(LATER)}' where id = 2")
    edit(
        record,
        "insert into notice_sections select 2, place, border, part, phrase, text, html, "
        "statement, chart, alt from notice_sections where notice_id = 1",
    )

    found = outbox.waiting(
        Context.open(record, settings("ann@example.org", "bob@example.org")), LATER
    )

    assert [count for _, count in found] in ([1, 2], [2, 1])
    assert found == sorted(found)


@pytest.mark.slow
def test_one_who_is_refused_is_told_to_the_operator_in_the_same_turn(record):
    approve(record)
    taken = Taken(refuse=lambda to: "550 no" if to.startswith("ann") else None)
    with server(taken) as port:
        config = settings("ann@example.org", port=port, operator="op@example.org")
        outcomes = wakeup.deliver(Context.open(record, config), at(LATER))

    assert "refused" in outcomes
    subjects = [message_from_bytes(m, policy=WIRE)["Subject"] for _, m in taken.messages]
    assert sum("1 messages will never arrive" in subject for subject in subjects) == 1


def test_what_was_refused_is_tried_again_when_a_person_asks(record):
    approve(record)
    refusing = Taken(refuse=lambda _: "550 no")
    with server(refusing) as port:
        assert wakeup.deliver(
            Context.open(record, settings("a@example.org", port=port)), at(LATER)
        ) == ["refused"]
    taken = Taken()
    with server(taken) as port:
        config = settings("a@example.org", port=port)
        assert wakeup.deliver(Context.open(record, config), at(LATER)) == []
        assert wakeup.deliver(Context.open(record, config), at(LATER), resume=True) == []
        assert wakeup.deliver(Context.open(record, config), at(LATER), again=True) == ["sent"]


def test_a_queue_that_stands_still_goes_on_when_a_person_is_there(record):
    approve(record)
    with ops.writing(record) as db:
        deliveries.stop(db, "the login was refused", NOW)
    with server(Taken()) as port:
        config = settings("a@example.org", port=port)
        assert wakeup.deliver(Context.open(record, config), at(LATER)) == []
        assert wakeup.deliver(Context.open(record, config), at(LATER), again=True) == []
        assert wakeup.deliver(Context.open(record, config), at(LATER), resume=True) == ["sent"]


def test_nothing_goes_out_without_settings_or_from_an_edited_record(record, tmp_path):
    approve(record)
    off = settings("a@example.org", enabled=False)
    with pytest.raises(ConfigError, match=r"mail\.enabled"):
        wakeup.deliver(Context.open(record, off), at(LATER))
    (tmp_path / "address").write_text("http://127.0.0.1:1/\n")
    assert wakeup.deliver(Context.open(record, hooked(tmp_path, off, mail=False)), at(LATER)) == [
        "put off"
    ]
    no_host = hooked(tmp_path, settings("a@example.org", host=""))
    with pytest.raises(ConfigError, match=r"mail\.host"):
        wakeup.deliver(Context.open(record, no_host), at(LATER))
    wakes.save_verified(record, NOW, "", ["run 1 was edited"])
    with pytest.raises(VerifyError, match="run 1 was edited"):
        wakeup.deliver(Context.open(record, settings("a@example.org")), at(LATER))


def test_what_was_held_too_long_is_closed_before_anything_is_sent(record):
    with server(Taken()) as port:
        config = settings("a@example.org", port=port)
        assert wakeup.deliver(Context.open(record, config), at(NOW + timedelta(days=15))) == []
    assert one(record).state == "expired"


def test_a_withdrawn_run_is_given_up_before_anything_is_sent(record):
    approve(record)
    queued(record, settings("a@example.org"))
    with connect.writing(record) as db:
        runs.withdraw(db, 2, "wrong", "Ann", NOW)
    taken = Taken()
    with server(taken) as port:
        assert (
            wakeup.deliver(Context.open(record, settings("a@example.org", port=port)), at(LATER))
            == []
        )
    assert taken.messages == []


# --- how a notice is written


@pytest.fixture
def due(record) -> Path:
    """The record with its first notice not written yet."""
    edit(record, "delete from notice_sections")
    edit(record, "update notices set state = 'due' where id = 1")
    # The auditor holds a mail whose flag is of another count than was judged.
    edit(record, "update flags set encounters = 50")
    return record


def write(path: Path, **told) -> bool:
    config = Config.model_validate(
        {"notices": {"contact": "desk@example.org"} | told, "mail": {"sender": "a@example.org"}}
    )
    with connect.writing(path) as db:
        return letters.write_one(Context.open(path, config), db, NOW)


def said(path: Path, notice_id: int = 1) -> list[tuple[str, str]]:
    with closing(connect.read(path)) as connection:
        return [(s.total, s.part) for s in notices.sections(connection, notice_id)]


@pytest.mark.parametrize(
    ("approval", "state", "by", "when"),
    [("hold", "held", None, None), ("auto", "approved", "auto", "2024-04-11T12:00:00+00:00")],
)
def test_a_notice_is_held_for_a_person_or_approved_as_the_settings_say(
    due, approval, state, by, when
):
    assert write(due, approval=approval)

    found = one(due)
    assert (found.state, found.approved_by, found.approved_at) == (state, by, when)
    assert "Questions: desk@example.org." in found.closing_text
    assert found.opening_text.startswith("Border encounters, January 2024\n")
    assert said(due) == [("northern", "finding"), ("northern", "digest")]
    with closing(connect.read(due)) as connection:
        finding, digest = notices.sections(connection, 1)
    assert finding.chart.startswith(b"\x89PNG")
    assert "northern land border" in finding.text
    assert '"severity": "major"' in finding.statement
    assert ("New York" in digest.text, "Vermont" in digest.text) == (True, True)
    assert not write(due)  # nothing more is due


def test_the_chart_in_a_mail_has_two_pixels_for_each_point_of_a_phone(due):
    write(due)

    with closing(connect.read(due)) as connection:
        finding = notices.sections(connection, 1)[0]
    (pixels,) = struct.unpack(">I", finding.chart[16:20])  # of a PNG, its width
    assert pixels >= 2 * 360


def test_a_notice_with_nothing_to_say_any_more_is_closed(due):
    edit(due, "delete from drivers")
    edit(due, "delete from flags")
    edit(due, "delete from episodes")

    assert write(due)

    assert (one(due).state, one(due).reason) == ("expired", "nothing in it is still true")
    assert one(due).closed_at == "2024-04-11T12:00:00+00:00"


@pytest.mark.parametrize(
    ("kind", "sections"),
    [("flags", []), ("quiet", [("northern", "finding")]), ("digest", [])],
)
def test_a_month_without_news_is_told_only_where_quiet_months_are(due, kind, sections):
    edit(due, "delete from drivers")
    edit(due, "delete from flags")
    edit(due, f"update notices set kind = '{kind}' where id = 1")
    edit(due, "update episodes set opened = '2024-01', state = 'open', closed = null")

    write(due)

    assert said(due) == sections  # an episode of that month itself is no standing one


def test_a_digest_tells_what_stands_open_and_which_parts_are_unusual(due):
    edit(due, "update notices set kind = 'digest' where id = 1")
    edit(due, "delete from flags where severity = 'watch'")

    write(due)
    assert said(due) == [("northern", "digest")]
    edit(due, "delete from notice_sections")
    edit(due, "update notices set state = 'due' where id = 1")
    edit(due, "update flags set severity = 'watch'")
    write(due)
    assert said(due) == []


def test_a_finding_is_told_with_what_moved_its_forecast_only_for_a_run(due):
    from forecast.desk.facts import report

    with closing(connect.read(due)) as connection:
        told = report(connection, "northern", "2024-01", ENCOUNTERS)
        made = letters.finding(connection, told, None, "https://counts.example.org/")
        with_run = letters.finding(connection, told, 2, "")

    assert (made.total, made.part) == (with_run.total, with_run.part) == ("northern", "finding")
    assert "https://counts.example.org/" in made.text
    assert "https://" not in with_run.text


def test_all_totals_together_are_compared_where_their_month_is_known(due):
    from forecast.desk.facts import report

    with closing(connect.read(due)) as connection:
        told = report(connection, "northern", "2024-01", ENCOUNTERS)
        whole = letters._nationwide(connection, told)
        assert whole is not None
        assert (whole.total, whole.month) == ("nationwide", "2024-01")
        assert letters._nationwide(connection, whole) is None
        newest = report(
            connection, "northern", "2024-02", ENCOUNTERS
        )  # nationwide is not known for it
        assert letters._nationwide(connection, newest) is None


@pytest.mark.parametrize(
    ("count", "again"), [("statement = '{}'", False), ("text = 'x'", False), ("", True)]
)
def test_a_held_notice_is_written_anew_where_its_figures_are_false_now(due, count, again):
    write(due)
    if count:
        edit(due, f"update notice_sections set {count} where notice_id = 1")
    else:
        edit(
            due,
            "update notice_sections set statement = "
            "replace(statement, '\"encounters\": 55', '\"encounters\": 99')",
        )

    with connect.writing(due) as db:
        assert letters.renew_one(due, db, ENCOUNTERS) == again

    assert one(due).state == ("due" if again else "held")


def test_a_thread_is_the_first_notice_and_its_corrections_until_now(record, monkeypatch):
    read = []
    monkeypatch.setattr(letters.notices, "statements", lambda _, n: read.append(n) or {})
    edit(record, "update notices set kind = 'correction', corrects = 1 where id = 2")
    for number, corrects in ((3, 1), (4, 2), (5, 1)):
        edit(
            record,
            "insert into notices (id, kind, month, release_id, run_id, corrects, content_key,"
            f" message_id, created_at, state) values ({number}, 'correction', '2024-01', 2, 2,"
            f" {corrects}, 'key {number}', '<{number}@x>', '2024-04-11', 'due')",
        )
    with closing(connect.read(record)) as connection:
        for number, thread in ((2, [1]), (3, [1, 2]), (5, [1, 2, 3])):
            read.clear()
            assert not list(
                letters._corrections(connection, one(record, number), {}, "", ENCOUNTERS)
            )
            assert read == thread


FALSE = (
    "update notice_sections set statement = "
    "replace(statement, '\"encounters\": 55', '\"encounters\": 99')"
)


def write_all(path: Path) -> None:
    with connect.writing(path) as db:
        letters.write_all(Context.open(path, settings()), db, NOW)


def test_all_that_is_due_is_written_and_what_is_false_by_now_anew(due):
    edit(due, "update notices set state = 'due', closed_at = null, kind = 'flags' where id = 2")
    edit(due, "update notices set month = '2024-01' where id = 2")
    write_all(due)
    assert [one(due, number).state for number in (1, 2)] == ["held", "held"]
    edit(due, FALSE)

    write_all(due)

    found = rows(due, "select statement from notice_sections where part = 'finding'")
    assert len(found) == 2
    assert all('"encounters": 55' in statement for (statement,) in found)
    assert [one(due, number).state for number in (1, 2)] == ["held", "held"]


def test_what_cannot_be_written_stays_due_and_the_record_goes_on(due, caplog):
    edit(due, "insert into month_reports values (2, 'northern', '2024-01', '7')")

    write_all(due)

    assert one(due).state == "due"
    assert said(due) == []
    assert [event.getMessage() for event in caplog.records if event.name == "bordercast"] == [
        "a notice could not be written; it stays due"
    ]


@pytest.mark.parametrize("false", [True, False])
def test_a_correction_says_what_was_false_and_is_none_where_nothing_was(due, false):
    write(due)
    approve(due)
    if false:
        edit(due, FALSE)
    edit(
        due,
        "update notices set kind = 'correction', corrects = 1, state = 'due', closed_at = null,"
        " month = '2024-01' where id = 2",
    )

    assert write(due)

    assert one(due, 2).state == ("held" if false else "expired")
    assert said(due, 2) == ([("northern", "finding")] if false else [])
    if false:
        with closing(connect.read(due)) as connection:
            (section,) = notices.sections(connection, 2)
        assert "55" in section.text
        assert '"encounters": 55' in section.statement
        assert section.chart is None


def test_a_notice_s_frame_names_its_month_whom_to_ask_and_how_to_check():
    changed = settings("ann@example.org").model_dump()
    changed["notices"]["contact"] = "desk@example.org"
    changed["site"]["address"] = "https://counts.example.org/"
    config = Config.model_validate(changed)

    plain, marked = (
        letter.frame(config, "2024-01", ENCOUNTERS),
        letter.frame(config, "2024-01", ENCOUNTERS, "Test"),
    )

    assert plain["opening_text"].splitlines()[0] == "Border encounters, January 2024"
    assert marked["opening_text"].splitlines()[0] == "Test: Border encounters, January 2024"
    assert "desk@example.org" in plain["closing_text"]
    assert "https://counts.example.org/" in plain["closing_text"] + plain["opening_text"]
    assert "notices@example.org" in plain["closing_html"]


# --- the operator


def test_each_concern_is_one_mail_to_the_operator_until_figures_come(record):
    config = settings(operator="op@example.org")
    found = list(health.concerns(Context.open(record, config), LATER))
    assert [text[:14] for text in found] == [
        "said, but not ",
        "1 notices wait",
        "1 files are re",
        "left out of th",
    ]

    assert outbox.queue_concerns(Context.open(record, config), health.concerns, LATER) == 4
    assert (
        outbox.queue_concerns(
            Context.open(record, config), health.concerns, LATER + timedelta(days=2)
        )
        == 0
    )
    query = "select recipient, edition, subject from deliveries join messages using (content_key)"
    told = rows(ops.ops_path(record), query.replace("edition", "messages.edition"))
    assert {(to, edition) for to, edition, _ in told} == {("op@example.org", "operator")}
    assert sorted(subject for *_, subject in told) == sorted(
        f"Bordercast needs you: {' '.join(text.split())[:60]}" for text in found
    )
    edit(record, "update runs set data_through = '2024-03' where id = 2")
    assert outbox.queue_concerns(Context.open(record, config), health.concerns, LATER) == 4


def test_no_operator_is_told_where_none_is_named_or_mail_is_off(record):
    for config in (settings(), settings(operator="op@example.org", enabled=False)):
        assert outbox.queue_concerns(Context.open(record, config), health.concerns, LATER) == 0
    assert not ops.ops_path(record).exists()


def test_intervals_that_hold_too_little_are_a_concern_of_the_operator_s(record):
    edit(
        record,
        "update scores set n = 40, coverage80 = 0.5 where horizon = 1 and basis = 'issued'"
        " and era = 'all' and model = 'bordercast' and series_id ="
        " (select id from series where border = 'northern' and dimension = '')",
    )

    assert list(health.concerns(Context.open(record, settings()), LATER))[-1] == (
        "coverage drift, northern: the 80% interval of one month ahead held 20 of 40 months"
    )
