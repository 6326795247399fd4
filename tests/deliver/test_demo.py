"""`notices demo` and `notices test`: the first notice from the record, over a real mail server."""

from __future__ import annotations

import hashlib
import shutil
from contextlib import closing, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast.config import Config
from forecast.errors import ConfigError, DataError
from forecast.store import connect
from jobs.cli import main
from jobs.deliver import demo
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import edit, rows
from tests.support.mail_server import HOST, Taken, server
from tests.support.month_facts import flag_row

MAIL = """
[mail]
enabled = true
host = "{host}"
port = {port}
security = "local"
sender = "Bordercast <notices@example.org>"
"""


def run(published, *words):
    return CliRunner().invoke(main, ["--db", str(published), *words])


@pytest.mark.slow
def test_the_first_notice_is_seen_without_a_setting(published, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    said = run(published, "notices", "demo", "-o", "demo.eml")

    made = message_from_bytes((tmp_path / "demo.eml").read_bytes(), policy=SMTP)
    text = " ".join(made.get_body(("plain",)).get_content().split())
    assert said.exit_code == 0, said.output
    # As in a mailbox; filters take a mail without this line for spam.
    assert b"To: <reader@bordercast.invalid>\r\n" in (tmp_path / "demo.eml").read_bytes()
    way = "<mailto:notices@bordercast.invalid?subject=unsubscribe>"
    assert made["List-Unsubscribe"] == way
    assert made["Subject"].startswith("Demonstration: Border encounters, February 2025: southwest")
    assert text.startswith("Demonstration: ")
    assert "8,349 by Border Patrol: 7,695 at entry, 654 in the interior (8%)" in text
    assert any(part.get_content_type() == "image/png" for part in made.walk())
    # Read in a minute, each thing once: all totals have a section of their own.
    assert len(text.split()) <= 250
    assert "Nationwide:" not in text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "address", "attached"),
    [("true", "", 1), ("false", "", 0), ("true", "https://counts.example.org/", 0)],
)
def test_a_page_is_attached_where_there_is_none_on_the_web(
    published, tmp_path, page, address, attached
):
    file = tmp_path / "own.toml"
    file.write_text(f'[notices]\nattach_page = {page}\n[site]\naddress = "{address}"\n')

    said = run(published, "--config", str(file), "notices", "demo", "-o", str(tmp_path / "x.eml"))

    assert said.exit_code == 0, said.output
    made = message_from_bytes((tmp_path / "x.eml").read_bytes(), policy=SMTP)
    pages = [part for part in made.iter_attachments() if part.get_content_type() == "text/html"]
    assert len(pages) == attached


@pytest.mark.slow
@pytest.mark.parametrize("what", ["demo", "test"])
def test_it_goes_over_the_mail_server_of_the_settings(published, tmp_path, what):
    taken, file = Taken(), tmp_path / "own.toml"
    with server(taken) as port:
        file.write_text(MAIL.format(host=HOST, port=port))
        said = run(published, "--config", str(file), "notices", what, "--to", "me@example.org")

    assert said.exit_code == 0, said.output
    ((to, message),) = taken.messages
    assert to == "me@example.org"
    assert b"To: <me@example.org>" in message


def test_a_refusal_is_said_with_its_exit_code(published, tmp_path):
    taken, file = Taken(refuse=lambda _: "550 no such user"), tmp_path / "own.toml"
    with server(taken) as port:
        file.write_text(MAIL.format(host=HOST, port=port))
        said = run(published, "--config", str(file), "notices", "test", "--to", "me@example.org")

    assert said.exit_code not in (0, 2)
    assert run(published, "notices", "test", "--to", "no address").exit_code == 2
    assert run(published, "notices", "demo").exit_code == 2


def test_a_trial_says_who_sends_it_and_how_to_leave():
    settings = Config.model_validate(
        {
            "mail": {
                "host": "mail.example.org",
                "port": 587,
                "security": "starttls",
                "sender": "Bordercast <notices@example.org>",
            }
        }
    )
    now = datetime(2026, 9, 20, 12, tzinfo=UTC)

    first, again, later = (
        demo.trial(settings, at) for at in (now, now, now + timedelta(seconds=1))
    )

    made = message_from_bytes(first.mime, policy=SMTP)
    text = made.get_content()
    assert first == again
    assert made["Message-ID"] != message_from_bytes(later.mime, policy=SMTP)["Message-ID"]
    assert made["Message-ID"].endswith(".test@example.org>")
    assert len(made["Message-ID"].partition(".")[0]) == 33
    assert (made["From"], made["Reply-To"]) == ("Bordercast <notices@example.org>",) * 2
    assert made["Date"] == "Sun, 20 Sep 2026 12:00:00 +0000"
    assert made["Auto-Submitted"] == "auto-generated"
    assert "Mail server: mail.example.org:587, starttls" in text
    answered = settings.model_copy(
        update={"mail": settings.mail.model_copy(update={"reply_to": "desk@example.org"})}
    )
    made = message_from_bytes(demo.trial(answered, now).mime, policy=SMTP)
    assert made["Reply-To"] == "desk@example.org"


@pytest.mark.parametrize(
    ("flagged", "month", "totals"),
    [
        (
            [("month", "2024-05", "b"), ("month", "2024-05", "a"), ("month", "2024-04", "c")],
            "2024-05",
            ("b", "a"),
        ),
        ([("drift", "2024-06", "c"), ("month", "2024-05", "a")], "2024-05", ("a",)),
        ([("drift", "2024-06", "c")], "2024-07", ("b",)),
        ([], "2024-07", ("b",)),
    ],
)
def test_own_counts_show_the_month_flagged_last_or_the_newest(flagged, month, totals):
    flags = [flag_row(kind=kind, month=month, border=total) for kind, month, total in flagged]
    spans = {"a": ("2024-01", "2024-06"), "b": ("2024-05", "2024-07"), "d": ("2024-01", "2024-09")}

    def covers(total: str, month: str) -> bool:
        return total in spans and spans[total][0] <= month <= spans[total][1]

    shown = demo.flagged_last(flags, "2024-07", ("a", "b", "c", "d"), covers)

    assert shown == demo.MonthShown(month, totals)


# --- on a record of a few rows


@pytest.fixture
def record(by_hand, tmp_path):
    path = Path(shutil.copy(by_hand, tmp_path / "bordercast.db"))
    edit(path, "delete from month_reports")
    return path


NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
SENDER = {"mail": {"sender": "Bordercast <notices@example.org>", "reply_to": "desk@example.org"}}


OWN = replace(ENCOUNTERS, shipped=False)


def made(record, month=demo.MONTH, total="", source=ENCOUNTERS, **sections):
    with closing(connect.read(record)) as connection:
        settings = Config.model_validate(SENDER | sections)
        totals = (total,) if total else demo.TOTALS
        return demo.letter(connection, settings, NOW, source, month, totals)


@pytest.fixture
def empty(tmp_path):
    path = tmp_path / "new.db"
    with connect.writing(path):
        pass
    return path


def test_a_record_without_that_month_or_without_a_run_shows_nothing(record, empty):
    for path, source in ((record, ENCOUNTERS), (empty, ENCOUNTERS), (empty, OWN)):
        with pytest.raises(DataError, match="has no 2025-02 to show; run `bordercast run` first"):
            made(path, source=source)


def test_of_own_counts_the_month_flagged_last_is_demonstrated_whichever_is_named(record):
    edit(record, "delete from drivers")
    edit(record, "delete from flags where month > '2024-01'")

    letter = made(record, source=OWN)

    assert letter.subject.startswith("Demonstration: Border encounters, January 2024: northern")


@pytest.mark.parametrize(
    ("month", "total", "covered"),
    [
        *(("2023-10", "northern", False), ("2023-11", "northern", True)),
        *(("2024-02", "northern", True), ("2024-03", "northern", False)),
        ("2024-02", "eastern", False),
    ],
)
def test_a_month_is_shown_from_the_first_to_the_last_of_a_total(record, month, total, covered):
    judged = covered and month > "2023-11"  # of which no forecast was made
    with nullcontext() if judged else pytest.raises(DataError) as refused:
        letter = made(record, month, total)

    if judged:
        assert letter.subject.startswith("Demonstration: Border encounters, February 2024: ")
    else:
        why = f"no month until {month} has a forecast yet" if covered else f"has no {month} to show"
        assert why in str(refused.value)


def test_a_demonstration_is_a_notice_of_that_month_marked_as_one(record):
    letter = made(record, "2024-01", "northern")

    parsed = message_from_bytes(letter.mime, policy=SMTP)
    ((digest,),) = rows(record, "select digest from latest_run")
    key = hashlib.sha256(f"Demonstration|{digest}".encode()).hexdigest()
    text = parsed.get_body(("plain",)).get_content()
    assert letter.subject == parsed["Subject"].strip()
    assert letter.subject.startswith("Demonstration: Border encounters, January 2024: ")
    assert (parsed["From"], parsed["Reply-To"]) == (SENDER["mail"]["sender"], "desk@example.org")
    assert parsed["Date"] == "Sun, 20 Sep 2026 12:00:00 +0000"
    assert key[:32] in parsed["Message-ID"]
    assert digest in "".join(text.split())
    assert text.splitlines()[0] == "Demonstration: Border encounters, January 2024"
    page = {"notices": {"attach_page": True}}
    for sections, attached in (
        (page, 1),
        ({}, 0),
        (page | {"site": {"address": "https://x.org/"}}, 0),
    ):
        parsed = message_from_bytes(
            made(record, "2024-01", "northern", **sections).mime, policy=SMTP
        )
        kinds = [part.get_content_type() for part in parsed.iter_attachments()]
        assert kinds.count("text/html") == attached
    whole = message_from_bytes(made(record, "2024-01", "northern", mail={}).mime, policy=SMTP)
    assert whole["From"] == "bordercast <notices@bordercast.invalid>"


def test_a_letter_lies_in_a_mailbox_of_its_sender_s_own_domain():
    for mail, reader in (
        (SENDER["mail"], b"To: <reader@example.org>\r\n"),
        ({}, b"To: <reader@bordercast.invalid>\r\n"),
    ):
        settings = Config.model_validate({"mail": mail})
        trial = demo.trial(settings, NOW)
        file = demo.as_file(settings, trial)
        assert file.startswith(reader)
        assert file.endswith(trial.mime)


def test_a_letter_is_given_to_the_server_of_the_settings_for_one_reader():
    taken = Taken()
    with server(taken) as port:
        there = {"enabled": True, "host": HOST, "port": port, "security": "local"}
        settings = Config.model_validate({"mail": SENDER["mail"] | there})
        trial = demo.trial(settings, NOW)
        demo.hand_over(settings, trial, "me@example.org", NOW)
        with pytest.raises(ConfigError, match="switched off"):
            demo.hand_over(Config.model_validate(SENDER), trial, "me@example.org", NOW)

    ((to, message),) = taken.messages
    assert (to, message) == ("me@example.org", b"To: <me@example.org>\r\n" + trial.mime)
