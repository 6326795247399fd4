"""Texts of the kinds whose true claims were once called wrong: nobody is accused of a true one."""

from __future__ import annotations

from pathlib import Path

from forecast.claims.record.verdict import HOLDS
from tests.support import claim_corpus
from tests.support.claim_verdicts import check

TEXTS = Path(__file__).with_name("accusations.txt")


def judged(table):
    """What is due of each marked stretch, and its verdict, with the words."""
    for text in claim_corpus.corpus(table, TEXTS):
        claims = check(text.text, table, text.published).claims
        for due in text.due:
            near = [claim for claim in claims if claim.start < due.end and due.start < claim.end]
            most = max(
                near,
                key=lambda claim: min(claim.end, due.end) - max(claim.start, due.start),
                default=None,
            )
            said = most.verdict if most else "not understood"
            yield due.verdict, said, f"{said} [{text.text[due.start : due.end]}] {text.text}"


def test_no_true_claim_of_these_kinds_is_called_wrong(embedded):
    every = list(judged(embedded))
    true = [(said, words) for due, said, words in every if due == "holds"]

    assert [words for due, said, words in every if said == "wrong" and due != "wrong"] == []
    assert sum(said in HOLDS for said, _ in true) >= 0.85 * len(true)


def test_no_false_claim_among_them_is_called_right(embedded):
    false = [(said, words) for due, said, words in judged(embedded) if due == "wrong"]

    assert len(false) >= 4
    assert [words for said, words in false if said in HOLDS] == []


def test_what_lies_between_two_days_is_not_on_record(embedded):
    said = {said for due, said, _ in judged(embedded) if due == "cannot"}

    assert not said & {"right", "wrong", "mislabelled"}


def test_no_word_of_an_older_record_is_judged(verdict):
    """A record in a text about lows is no high, and the one that was broken no claim."""
    text = "Border Patrol made 4,592 apprehensions at the southwest border in July 2025, {}."

    assert verdict(text.format("beating the <record> set in June"), "2025-08-08") == "none"
    assert verdict(text.format("breaking June\u2019s <record>"), "2025-08-08") == "none"
