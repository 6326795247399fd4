"""A hash is renewed with a reason for each kind of answer that changed, which stays beside it."""

from __future__ import annotations

import pytest

from tests.same.renewal import changed_kinds, committed, reasons, renewed

FILE = "# head\nfirst pages aaaa\nfirst mails bbbb Say less\nown pages cccc\n"
TODAY = {"first pages": "aa00", "first mails": "bbbb", "own pages": "cc00", "own help": "dddd"}


def test_what_changed_is_new_gone_or_other_of_the_records_asked():
    before = committed(FILE)

    assert before["first mails"] == ("bbbb", "Say less")
    assert changed_kinds(before, TODAY, ["first", "own"]) == [
        "first pages",
        "own help",
        "own pages",
    ]
    assert changed_kinds(before, {"own pages": "cccc"}, ["own"]) == []
    assert changed_kinds(before, {}, ["own"]) == ["own pages"]


def test_each_change_has_its_reason_and_the_rest_keep_theirs():
    before, said = committed(FILE), "pages Name years\nown pages Name the clinic\n"
    changed = changed_kinds(before, TODAY, ["first", "own"])
    why = reasons(changed, said)

    assert why == {"first pages": "Name years", "own pages": "Name the clinic", "own help": ""}
    assert renewed(before, TODAY, why) == {
        "first pages": ("aa00", "Name years"),
        "first mails": ("bbbb", "Say less"),
        "own pages": ("cc00", "Name the clinic"),
        "own help": ("dddd", ""),
    }


def test_who_is_asked_answers_once_a_kind(monkeypatch):
    asked = []

    def answer(question: str) -> str:
        asked.append(question)
        return " Name years "

    monkeypatch.setattr("builtins.input", answer)

    assert set(reasons(["first pages", "own pages"], None).values()) == {"Name years"}
    assert asked == ["Why did pages change (of first, own)? "]


@pytest.mark.parametrize("line", ["first pages aaaa", "first pages aaaa Name years, not months"])
def test_a_line_is_read_as_it_is_written(line):
    ((key, (value, why)),) = committed(line).items()

    assert f"{key} {value} {why}".rstrip() == line
