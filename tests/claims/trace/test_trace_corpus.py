"""Each number of the corpus is taken to mean what its mark says: whose, when, what of it."""

from __future__ import annotations

from forecast.claims.record.verdict import Reading
from forecast.claims.show.words import CheckedText
from tests.support import claim_corpus
from tests.support.claim_verdicts import check


def meant(one: Reading) -> tuple:
    return one.subject, one.span, one.measure, one.versus, one.of


def test_every_number_of_the_corpus_means_what_its_mark_says(embedded):
    astray = []
    for written in claim_corpus.corpus(embedded):
        checked: CheckedText = check(written.text, embedded, written.published)
        for due in written.due:
            near = [c for c in checked.claims if c.start < due.end and due.start < c.end]
            taken = [meant(one.sense) for one in near if one.sense]
            if due.sense and meant(due.sense) not in taken:
                astray.append((written.text[due.start : due.end], written.text, taken))

    assert astray == []


def test_every_mark_of_the_corpus_has_its_verdict(embedded):
    misses = [
        miss
        for written in claim_corpus.corpus(embedded)
        for miss in claim_corpus.compare(written, check(written.text, embedded, written.published))
    ]
    assert misses == []
