"""Forty questions: twenty of the documents, twenty of published texts with their addresses."""

from __future__ import annotations

import csv
import re
from contextlib import closing
from pathlib import Path

import pytest

from forecast import months
from forecast.asked import Answering
from forecast.claims.record.counts import Subject
from forecast.context import sources_of
from forecast.errors import ClaimError
from forecast.periods import Period
from forecast.sources import holes
from forecast.store import connect, measures
from tests.support.cbp_files import ENCOUNTERS

ASKED = list(
    csv.DictReader((Path(__file__).parent / "asked.csv").read_text(encoding="utf-8").splitlines())
)
PROPOSED = re.findall('"(.+?)"', holes.words_of(ENCOUNTERS)["questions"])


@pytest.fixture(scope="module")
def answering(published):
    with closing(connect.read(published)) as connection:
        source = sources_of(connection)[0]
        measures.scope_to(connection, source.name)
        yield Answering(connection, source)


def test_twenty_are_of_published_texts():
    published = [row for row in ASKED if row["source"].startswith("http")]
    assert (len(ASKED), len(published)) == (40, 20)


@pytest.mark.parametrize("row", ASKED, ids=lambda row: row["question"])
def test_a_question_has_its_answer(answering, row):
    assert row["answer"] in "\n".join(answering.answer(row["question"]).lines)


@pytest.mark.parametrize("text", PROPOSED)
def test_what_the_page_proposes_to_ask_has_an_answer(answering, text):
    answer = answering.answer(text)
    assert answer.value
    assert not answer.lines[0].startswith("Not on record")


@pytest.mark.parametrize(
    "text", ["lettuce at the northern border", "women at the southwest border in FY2024"]
)
def test_what_is_not_understood_is_named_and_not_guessed(answering, text):
    with pytest.raises(ClaimError, match=repr(text.split()[0])):
        answering.answer(text)


def test_of_a_name_of_several_series_the_largest_are_drawn_first(answering):
    newest = [counts["2026-06"] for _, counts in answering.answer("San Diego in June").series]
    assert newest == sorted(newest, reverse=True) == [1136, 1039, 7]


def test_averages_are_of_the_months_that_lie_whole_in_an_administration(answering):
    (biden,) = answering.answer("average under Biden at the southwest border").series
    counted = [n for month, n in biden[1].items() if "2021-02" <= month <= "2024-12"]

    value = answering.answer("average under Biden at the southwest border").value
    assert (value["count"], len(counted)) == (sum(counted), 47)
    assert value["per_month"] == sum(counted) / 47
    assert value["per_day"] == sum(counted) / 1430


@pytest.mark.parametrize(
    ("first", "last", "before"),
    [
        ("2023-10", "2024-09", True),
        ("2023-10", "2024-10", False),  # October 2023 would be on both sides
        ("2014-10", "2015-03", True),
        ("2012-10", "2013-03", False),  # the record begins later
    ],
)
def test_up_to_a_year_is_held_against_the_same_months_before(answering, first, last, before):
    span = Period(months.to_index(first), months.to_index(last))
    subject = Subject("southwest")
    said = " ".join(answering.compared(subject, span))

    counts = answering.counts(subject)
    earlier = months.between(months.shift(first, -12), months.shift(last, -12))
    words = f"The same months a year before: {sum(counts.get(m, 0) for m in earlier):,} ("
    assert ("a year before" in said, words in said) == (before, before)
