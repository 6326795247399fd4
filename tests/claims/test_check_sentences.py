"""What is said of each kind of claim: the sentences of sentences.txt, on figures known by heart.

The answers stand in sentences_judged.txt: each claim's quote, what it was taken for, the verdict.
The figures are those of `tests.support.full_record`: the north from 1,000 in October 2022 up by 10
a month, but 2,020, 1,750 and 1,010 in 2024; the southwest from 20,000 up by 10 a month, but 9,050,
9,100, 9,200 and 9,300 from December 2023 on. Each answer is what a person would say.
"""

from __future__ import annotations

import itertools
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from forecast.claims import fact
from forecast.claims.answers import as_json
from forecast.claims.record.counts import CountTable, series_names, subject_of
from forecast.errors import ClaimError, SeriesNameError
from forecast.names import SeriesNames
from forecast.periods import FEDERAL
from tests.support import golden_texts
from tests.support.cbp_files import ENCOUNTERS
from tests.support.claim_verdicts import check

HERE = Path(__file__).parent
SENTENCES = (HERE / "sentences.txt").read_text("utf-8").splitlines()
PUBLISHED = date(2024, 4, 22)


@pytest.fixture(scope="module")
def record(full_record: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{full_record}?mode=ro", uri=True)) as connection:
        yield connection


def lines(said: Mapping[str, Any]) -> Iterator[str]:
    """A line a claim: its quote, the verdict, what it was taken for, the truth, and why."""
    for one in said["claims"]:
        span = span_of(one)
        yield (
            f"[{one['quote']}] {one['verdict']}: {one['measure']} of {one['series']} {span}, "
            f"claimed {one['claimed']}, truth {one['truth']} (then {one['truth_when_published']}), "
            f"{one['evidence']}. {one['why']}"
            + (f" SAY {one['say_instead']}" if one["say_instead"] else "")
        )
    for one in said["not_understood"]:
        yield f"[{one['quote']}] not understood. {one['why']}"


def judged(sentence: str, counts: CountTable, names: SeriesNames) -> str:
    checked = check(sentence, counts, PUBLISHED)
    said = as_json(checked, [(checked, names)])
    return "\n".join(lines(said)) or "nothing to check"


def test_each_kind_of_claim_is_judged_as_it_was(record):
    counts = CountTable.read(record, source=ENCOUNTERS)
    names = series_names(counts)

    golden_texts.compare(
        HERE / "sentences_judged.txt", {text: judged(text, counts, names) for text in SENTENCES}
    )


# What may stand at one place of a sentence, or at several: {this|that}. The file has under each
# sentence what is said of each, as one line of those that are judged alike.
PROBES = HERE / "probes.txt"
KINDS = {
    "COUNTS": "9,300|2,325|6,975|1,010|252|10,780|9,200|1,750|2,020|20,050|12,687|8,170|9,050"
    "|1,140|3,000",
    "PERCENTS": "53.6|42.3|1.1|6.2|77.2|50|9.4|86.3|25|99.4",
}


def filled(sentence: str) -> Iterator[tuple[str, str]]:
    """What is put into the braces of a sentence, and the sentence."""
    around = re.split(r"\{([^}]*)\}", sentence)
    choices = [KINDS.get(choice, choice).split("|") for choice in around[1::2]]
    for picked in itertools.product(*choices):
        pieces = itertools.chain.from_iterable(zip(around[::2], (*picked, ""), strict=True))
        yield " / ".join(picked), "".join(pieces)


def in_short(text: str, counts: CountTable, names: SeriesNames) -> str:
    """The verdicts on a text's claims in their order, each with what it was taken for."""
    checked = check(text, counts, PUBLISHED)
    said = as_json(checked, [(checked, names)])
    found = [
        (one["start"], f"{one['verdict']} {one['measure']} {one['series']} {span_of(one)}")
        for one in said["claims"]
    ]
    found += [(one["start"], "not understood") for one in said["not_understood"]]
    return "; ".join(words for _, words in sorted(found)) or "nothing to check"


def span_of(one: Mapping[str, Any]) -> str:
    return one["from"] if one["from"] == one["to"] else f"{one['from']}..{one['to']}"


@pytest.mark.slow
def test_each_thing_that_may_stand_in_a_sentence_is_judged_as_it_was(record):
    counts = CountTable.read(record, source=ENCOUNTERS)
    names = series_names(counts)
    said = {}
    for sentence in golden_texts.read(PROBES):
        alike = defaultdict(list)
        for picked, text in filled(sentence):
            alike[in_short(text, counts, names)].append(picked)
        said[sentence] = "\n".join(f"{words}: {' | '.join(of)}" for words, of in alike.items())

    golden_texts.compare(PROBES, said)


NUMBERS = (9300, 9299, 1010, 2020, 2010, 2000, 1120, 1500, 470, 505, 752, 757, 2325, 57, 9243,
           10_780, 12_687, 8170, 6420, 76_900, 240_660, 120_150, 4260, 500, 1799, 13_047, 257_607,
           300, 20_000, 7, 0)  # fmt: skip
# Series, span, claim, what a change is measured from.
FACTS = """
    northern | 2024-01 | 2,020 |
    northern | 2024-01 | 2,010 |
    northern | 2024-01 | 2K |
    northern | 2024-01 | nearly 2,100 |
    northern | 2024-01 | at least 2,020 |
    northern | 2024-01 | fewer than 2,021 |
    northern | 2024-01 | about 2,000 |
    northern | 2024-01 | two thousand and twenty |
    northern | FY2023 | 12,687 |
    northern | FY2023 | 12.7K |
    northern | FY2024 to date | 8,170 |
    northern | 2023 | 13,047 |
    northern | 2023-10..2023-12 | 3,390 |
    northern | since 2023-12 | 5,920 |
    northern | 2024-01 | +77.2% | 2023-12
    northern | 2024-01 | +77% | 2023-12
    northern | 2024-01 | +79% | 2023-12
    northern | 2024-01 | more than 77% | 2023-12
    northern | 2024-01 | more than 78% | 2023-12
    northern | 2024-01 | less than 78% | 2023-12
    northern | 2024-01 | x1.8 | 2023-12
    northern | 2024-03 | half | 2024-01
    northern | 2024-03 | -50% | 2024-01
    northern | 2024-03 | -1,010 | 2024-01
    northern | 2024-03 | -740 | 2024-02
    northern | FY2024 to date | +32.3% | 2022-10..2023-03
    northern | 2024-01 | record |
    northern | 2024-02 | record |
    southwest | 2023-12 | record low |
    southwest | 2024-01 | record low |
    northern | 2024-01 | highest |
    northern | 2024-02 | 2nd highest |
    northern | 2024-02 | 3rd highest |
    southwest | 2024-01 | 2nd lowest |
    southwest | 2024-03 | highest since 2023-11 |
    southwest | 2024-03 | highest since 2023-10 |
    southwest | 2024-03 | highest since 2024-01 |
    southwest | 2023-12 | lowest since 2022 |
    northern | 2024-03 | share of nationwide 9.4% |
    northern | 2024-03 | share of nationwide 9% |
    northern | 2024-03 | share of nationwide 10.4% |
    northern | 2024-03 | share of southwest 11% |
    northern:VT | 2024-03 | share of northern 50% |
    northern | 2024-03 | average 33 a day |
    northern | 2024-03 | 32.6 a day |
    northern | 2024-03 | 35 a day |
    northern | FY2023 | average 1,057 a month |
    southwest:INDIA | 2024-03 | 57 |
    southwest:At Large | 2024-02 | 500 |
    southwest:Border Patrol | 2024-03 | 2,325 |
    southwest:Border Patrol | 2024-03 | 9,300 |
    northern | 2024-03 | odd |
    northern | 2024-03 | 5 apples |
    northern | 2024-03 | -5% |
    northern | 2024-03 | share of nowhere 5% |
"""


def test_each_number_is_what_it_was(record):
    counts = CountTable.read(record, ENCOUNTERS)
    said = {}
    for number in NUMBERS:
        found = fact.matches(counts, number)
        lines = [
            f"{whose.words(ENCOUNTERS)} in {ENCOUNTERS.calendar.words(span)}: {how}"
            for whose, span, _, how in found
        ]
        said[f"{number:,}"] = "\n".join(lines) or fact.no_match_words(number, ENCOUNTERS)

    golden_texts.compare(HERE / "numbers.txt", said)


def test_each_fact_is_judged_as_it_was(record):
    counts = CountTable.read(record, ENCOUNTERS)
    names = series_names(counts)
    said = {}
    for line in filter(None, map(str.strip, FACTS.splitlines())):
        series, span, claim, since = map(str.strip, line.split("|"))
        subject, when = (
            subject_of(names.find(series), counts.source),
            FEDERAL.read(span, counts.newest),
        )
        try:
            answer = fact.answer(counts, names, subject, when, claim, since or None)
            judged = answer.judged
            said[line] = (
                f"{judged.verdict}: {answer.sense.measure} {judged.truth} "
                f"({judged.evidence}). {answer.why} Say: {answer.say_instead}"
            )
        except (ClaimError, SeriesNameError) as error:
            said[line] = str(error)

    golden_texts.compare(HERE / "facts.txt", said)
