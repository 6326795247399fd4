"""A section as text and as HTML, and what of it a mail shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP

import pytest

from forecast.config import Config
from forecast.desk.sentences.section import ComparisonText, SectionText
from forecast.store.notices import Notice, Section
from jobs.deliver import letter
from tests.support.cbp_files import ENCOUNTERS

FULL = SectionText(
    total="northern",
    phrase="far below",
    finding="The north <fell>: " + "word " * 16 + "end.",
    more=("Half of it.",),
    items=(("Maine", "rose."), ("", "All others fell.")),
    lead=("First of all.",),
    say="CBP counted 5.",
    avoid="Not this.",
    caption="March 2026: 5 encounters",
    compared=(
        ComparisonText("month before", "February 2026", "7", "5", "-28.6%"),
        ComparisonText("fiscal year to date", "October 2024 to March 2025", "70", "55", "-21.4%"),
    ),
    ahead="April moved.",
    whole="Nationwide 9.",
    link="https://x.org/m/",
    blocks=(("Where from", "A file.", ()), ("Which", "", (("a", "b"),))),
)
TEXT = """\
The north <fell>: word word word word word word word word word word word word
word word word word end.

Half of it.

  - Maine rose.
  - All others fell.

|First of all.

What you can say
  CBP counted 5.

What not to say
  Not this.

March 2026: 5 encounters
against                                          figure     counted     change
month before (February 2026)                          7           5     -28.6%
fiscal year to date (October 2024 to March 2025)
                                                     70          55     -21.4%

|Nationwide 9.

|April moved.

All of this month: https://x.org/m/

|Where from
  A file.

Which
  - a b

"""


def section(text="a|b|c|d|e", **changes) -> Section:
    stored = text.replace("|", letter.BREAK)
    return replace(Section("northern", "finding", "up", stored, stored), **changes)


def notice(**changes) -> Notice:
    given = dict.fromkeys(Notice.__dataclass_fields__, "")
    ids = {"id": 1, "release_id": 1, "run_id": 3, "quoted_run": 3, "month": "2026-03"}
    frame = {"opening_text": "Title\n", "closing_text": letter.QUOTE, "content_key": "k" * 64}
    frame |= {"message_id": "<n@example.org>", "created_at": "2026-04-11T12:00:00+00:00"}
    return Notice(**given | ids | frame | {"kind": "flags", "digest": "d" * 64} | changes)


def test_a_section_is_text_of_78_columns_in_five_parts():
    assert letter.as_stored(FULL, "txt").replace(letter.BREAK, "|") == TEXT
    assert max(map(len, TEXT.splitlines())) <= 78


def test_what_a_section_lacks_leaves_no_heading_or_empty_line():
    bare = SectionText(total="northern", phrase="up", finding="It rose.")

    assert letter.as_stored(bare, "txt").split(letter.BREAK) == ["It rose.\n\n", *[""] * 4]


def test_the_html_says_what_the_text_says_and_escapes_it():
    head, more, whole, ahead, details = letter.as_stored(FULL, "html").split(letter.BREAK)

    assert "The north &lt;fell&gt;: " in head
    assert [text in head for text in ("Half of it.", "Maine", "All others fell.")] == [True] * 3
    assert more.count(letter.CHART) == 1
    assert more.count("<tr>") == 3
    assert all(text in more for text in ("CBP counted 5.", "Not this."))
    assert "Nationwide 9." in whole
    assert "April moved." in ahead
    assert FULL.link in ahead
    assert "A file." in details


@pytest.mark.parametrize(
    ("stored", "page", "shown"),
    [
        (("a|b|c|d|e", "f|g|h|i|j"), False, ["abcd", "f"]),
        (("a|b|c|d|e", "f|g|h|i|j"), True, ["abcde", "fghij"]),
        (("a|b|c|d|e", "f|g||i|j"), False, ["abd", "f"]),  # the other one is of all totals
        (("a|b|c|d|e", "f|g||i|j"), True, ["abde", "fgij"]),
        (("a|b|d", "e|f|h"), False, ["ab", "e"]),  # as earlier versions stored it
        (("a|b|d", "e|f|h"), True, ["abd", "efh"]),
        (("alone",), False, ["alone"]),
    ],
)
def test_only_the_first_section_of_a_mail_says_all_and_the_page_says_more(stored, page, shown):
    sections = [section(text) for text in stored]

    made = letter.text(notice(), sections, whole=page)

    body = made.removeprefix("Title\n").partition(f"{letter.RULE}Bordercast, run 3.")[0]
    assert body.split(letter.RULE) == shown


def test_a_subject_names_totals_by_what_is_said_of_them():
    south, whole = section(total="southwest"), section(total="nationwide", phrase="down")
    other = section(total="other")
    about = "Border encounters, March 2026: "

    assert letter.subject(notice(), [section()], ENCOUNTERS) == f"{about}northern up"
    two = letter.subject(notice(), [south, section(), whole], ENCOUNTERS)
    assert two == f"{about}northern and southwest up, nationwide down"
    three = letter.subject(notice(), [other, south, section()], ENCOUNTERS)
    assert three == f"{about}northern, southwest and other up"
    digest = [section(part="digest")]
    assert letter.subject(notice(), digest, ENCOUNTERS) == f"{about}what else was unusual"
    corrected = letter.subject(notice(kind="correction"), [section()], ENCOUNTERS)
    assert corrected == "Correction: border encounters, March 2026: northern up"


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85", "\x0b", "\x1c", "\n", "\r"])
def test_a_sign_that_ends_a_line_in_anybodys_words_ends_no_line_of_a_head(sign):
    config = Config.model_validate({"mail": {"sender": "Desk <desk@example.org>"}})
    words = replace(ENCOUNTERS.measure, attribute=f"vis{sign}its", noun=f"vis{sign}its")
    source = replace(ENCOUNTERS, measure=words)

    made = letter.letter(config, notice(), [section()], source, mark=f"Demon{sign}stration")

    head = message_from_bytes(made.mime, policy=SMTP)
    assert head["Subject"].startswith("Demon stration: ")
    assert "is its notices" in head["List-Id"]


@pytest.mark.parametrize("port", [0, 8100])
def test_a_letter_has_one_way_out_in_its_head_and_a_demonstration_always_has(port):
    there = {"site": {"address": "https://x.org/"}, "service": {"port": port}}
    sender = {"mail": {"sender": "Desk <desk@example.org>", "reply_to": "us@example.org"}}
    config = Config.model_validate(there | sender)

    sent, shown = (
        message_from_bytes(
            letter.letter(config, notice(), [section()], ENCOUNTERS, mark=mark).mime, policy=SMTP
        )
        for mark in ("", "Demonstration")
    )

    by_mail = "<mailto:us@example.org?subject=unsubscribe>"
    assert (sent["List-Unsubscribe"], shown["List-Unsubscribe"]) == (
        None if port else by_mail,
        by_mail,
    )
    assert shown["Subject"] == f"Demonstration: {sent['Subject']}"


def test_a_plain_message_is_known_again_by_its_key():
    mail = Config.model_validate({"mail": {"sender": "Desk <desk@example.org>"}}).mail
    now = datetime(2026, 9, 20, 12, tzinfo=UTC)

    made = letter.plain(mail, "test", "k" * 64, "About", "Words.\n", now)

    parsed = message_from_bytes(made.mime, policy=SMTP)
    assert parsed["Message-ID"] == f"<{'k' * 32}.test@example.org>"
    assert (parsed["From"], parsed["Reply-To"]) == (mail.sender, mail.sender)
    assert parsed["Date"] == "Sun, 20 Sep 2026 12:00:00 +0000"
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed.get_content().splitlines() == ["Words."]
    assert (made.edition, made.subject, made.sender) == ("test", "About", "desk@example.org")
    assert made == letter.plain(mail, "test", "k" * 64, "About", "Words.\n", now)
