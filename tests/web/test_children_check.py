"""The box that checks a text, on a record of a few rows: its answer as a piece of a page."""

from __future__ import annotations

import html
import re

import pytest

from forecast.claims.record.counts import CountTable
from forecast.store import connect
from forecast.words import MINUS
from jobs.web.children import checked, compared
from tests.support.cbp_files import ENCOUNTERS

WHAT = "encounters at and between ports of entry at the"


@pytest.fixture(scope="module")
def table(by_hand):
    with connect.moment(by_hand) as connection:
        return CountTable.read(connection, source=ENCOUNTERS)


@pytest.mark.parametrize(
    ("asked", "note", "rows"),
    [
        (
            {"first": "northern", "second": " southwest ", "as": "share"},
            "Nov 2023 to Jan 2024: northern 265 of 1,086 nationwide, 24.4%; "
            "southwest 820 of 1,086 nationwide, 75.5%.",
            ["Nov 2023", "33.2", "66.4", "0.50"],
        ),
        (
            {"first": "north", "second": "2024-01", "third": "2023-12"},
            f"2024-01: 55. 2023-12: 110. Change from 2023-12 to 2024-01: {MINUS}50.0%.",
            ["2024-01 / 2023-12", "55", "110", f"{MINUS}50.0%"],
        ),
        ({"first": "<b>", "second": "northern"}, "'<b>': no series has this name", []),
        ({"first": "northern"}, "name two series, or a series and two months or years", []),
        ({"first": "northern", "second": "1990", "third": "1991"}, "no month of both", []),
    ],
)
def test_any_two_are_set_side_by_side(by_hand, asked, note, rows):
    with connect.moment(by_hand) as connection:
        said = compared(connection, ENCOUNTERS, asked)

    assert note in html.unescape(lead(said))
    assert "<b>" not in said
    assert re.findall(r'<t[hd] (?:scope="row"|class="n")>([^<]+)</t[hd]>', said)[-4:] == rows


def lead(said: str) -> str:
    (found,) = re.findall(r'<p class="lead" role="status">(.*?)</p>', said)
    return found


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("55", f"55: {WHAT} northern land border in January 2024"),
        (" 400\n", f"400: {WHAT} southwest land border in January 2024"),
        ("50", f"50: {WHAT} northern land border in January 2024, as once published"),
        ("110.0", f"110: {WHAT} northern land border in December 2023"),
    ],
)
def test_a_number_is_told_what_it_is(table, text, what):
    said = checked(text, [table])

    assert lead(said) == "This number is"
    assert f"<li>{what}</li>" in said


def test_a_number_that_is_none_of_the_record_s_is_said_to_be_none(table):
    assert checked("7,777", [table]) == (
        '<p class="lead" role="status">7,777 is no month, fiscal year, year to date or calendar '
        "year on record.</p>"
    )


def test_a_text_has_its_marks_its_notes_and_nothing_of_it_is_code(table):
    northern = "In January 2024 there were 99 encounters at the northern border"
    said = checked(f"{northern} and 400 at the southwest border. <b>x</b>", [table])

    assert lead(said) == "2 claims: 1 right, 1 differs."
    notes = re.findall(r'<li id="note-(\d)"><b>(.+?):</b> <q>(.+?)</li>', said)
    assert [number for number, *_ in notes] == [str(n) for n in range(1, len(notes) + 1)]
    assert notes[0][1] == "Differs, or is something else"
    assert notes[0][2].startswith("99 encounters</q><br>55 ")
    mark = '<mark class="not_understood"><a href="#note-1">99 encounters<sup>1</sup></a></mark>'
    assert f'<div class="checked">In January 2024 there were {mark} at the northern' in said
    assert "&lt;b&gt;x&lt;/b&gt;</div>" in said
    assert said.index("<ol>") < said.index("<h2>The text</h2>")


def test_each_reading_stands_with_the_command_that_shows_it(table):
    place, asked = (
        f"{WHAT} {{}} land border in January 2024",
        "<code>bordercast fact {} 2024-01</code>",
    )
    southwest = f"400 {place.format('southwest')} {asked.format('southwest')}"
    northern = f"55 {place.format('northern')}"

    shown = checked("The northern and southwest borders in January 2024: 99 encounters.", [table])
    assert "<b>Differs, or is something else:</b>" in shown
    assert f"</q><br>{southwest}<br>{northern} {asked.format('northern')}</li>" in shown


@pytest.mark.parametrize("text", ["x", "a < b"])
def test_a_text_without_claims_says_so(table, text):
    said = checked(text, [table])

    assert lead(said) == (
        "No claims found: a claim names a number, what is counted, and a month or a year."
    )
    assert "<ol></ol>" in said
    assert said.endswith(f'<div class="checked">{text.replace("<", "&lt;")}</div>')


def test_a_text_speaks_of_its_own_day(table):
    """Of "last month" in a text that names its day."""
    text = "February 20, 2024. Last month there were 55 encounters at the northern border."

    assert "January 2024" in checked(text, [table])


def test_a_day_that_is_said_goes_before_the_one_in_the_text(table):
    text = "February 20, 2024. Last month there were 55 encounters at the northern border."

    assert "December 2023" in checked(text, [table], "2024-01-20")
    assert lead(checked(text, [table], "<b>")) == (
        "&#39;&lt;b&gt;&#39; is not a day; write it as 2025-03-26."
    )
