"""Texts are checked as a careful reader would: found, resolved, judged; no false "wrong"."""

from __future__ import annotations

import json
import sqlite3
from datetime import date

import pytest

from benchmarks import claims as scoring
from forecast.claims.record.counts import CountTable
from forecast.claims.text import times
from forecast.claims.text.lexicon import lexicon_of
from forecast.claims.text.tokens import filled
from tests.support import claim_corpus
from tests.support.cbp_files import ENCOUNTERS
from tests.support.claim_verdicts import check

EXAMPLES = claim_corpus.FOLDER / "examples.jsonl"


@pytest.fixture(scope="session")
def table(published) -> CountTable:
    return CountTable.read(
        sqlite3.connect(f"file:{published}?mode=ro", uri=True), source=ENCOUNTERS
    )


def test_published_claims_are_found_and_judged_as_a_person_judged_them(table):
    total = scoring.score(scoring.read(EXAMPLES, table), table)

    assert total.claims == 62
    assert total.found >= 0.95 * total.claims, total.misses
    assert total.family >= 0.92 * total.found, total.misses
    assert total.false_wrong == 0, total.misses
    assert total.false_right == 0, total.misses
    assert total.judged_not_claims == 0, total.misses


def test_the_corpus_is_judged_as_it_is_marked(table):
    texts = claim_corpus.corpus(table)
    misses = [
        miss
        for one in texts
        for miss in claim_corpus.compare(one, check(one.text, table, one.published))
    ]
    due = sum(len(one.due) for one in texts)

    assert len(texts) >= 100
    assert len(misses) <= 0.01 * due, misses
    assert not [miss for miss in misses if miss.startswith("wrong for holds")]


def test_a_quote_is_where_it_says(table):
    for line in EXAMPLES.read_text("utf-8").splitlines():
        text = json.loads(line)
        checked = check(text["text"], table, date.fromisoformat(text["published"]))
        for one in (*checked.claims, *checked.not_understood):
            assert checked.text[one.start : one.end] == one.quote
        for one in checked.claims:
            assert one.number in one.quote or one.sense.measure.endswith("since")


LEXICON = lexicon_of(ENCOUNTERS)


def test_every_phrase_of_the_lexicon_is_understood():
    for kind, values in LEXICON.tables.items():
        for value, phrases in values.items():
            for phrase in phrases if kind != "era" else ():
                words = [word.removesuffix("'s") for word in phrase.replace("-", " ").split()]
                found = list(LEXICON.phrases.find([word.rstrip("*").lower() for word in words]))
                said = {meaning for one in found for meaning in one[2]}
                assert (kind, value) in said, phrase


@pytest.mark.parametrize("pattern", ["{MONTH}", "{FY}", "{ERA}"])
def test_every_form_of_time_is_known(pattern):
    forms = {form for _, form, _ in times._grammar()}

    assert forms - {"day", "days", "week", "streak"} <= times._FORMS.keys()
    assert filled(pattern, {"MONTH": "May", "FY": "FY", "ERA": "era"}) in (
        "May",
        "FY",
        "era",
    )


def test_a_change_from_something_that_is_not_understood_is_not_judged(verdict):
    said = (
        "At the northern border <93%> fewer people were encountered in May 2025 than in some era."
    )

    assert verdict(said, "2025-06-20") == "not understood"
