"""What is said of each kind of claim: the sentences of sentences.txt, on figures known by heart.

The answers stand in sentences_judged.txt: each claim's quote, what it was taken for, the verdict.
The figures are those of `tests.support.full_record`: the north from 1,000 in October 2022 up by 10
a month, but 2,020, 1,750 and 1,010 in 2024; the southwest from 20,000 up by 10 a month, but 9,050,
9,100, 9,200 and 9,300 from December 2023 on. Each answer is what a person would say.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from forecast.claims.checker import check
from forecast.claims.marked import as_json
from forecast.claims.named import series_names
from forecast.claims.table import CountTable
from forecast.desk.names import SeriesNames
from tests.support import golden_texts

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
        span = one["from"] if one["from"] == one["to"] else f"{one['from']}..{one['to']}"
        yield (
            f"[{one['quote']}] {one['verdict']}: {one['measure']} of {one['series']} {span}, "
            f"claimed {one['claimed']}, truth {one['truth']} (then {one['truth_when_published']}), "
            f"{one['evidence']}. {one['why']}"
            + (f" SAY {one['say_instead']}" if one["say_instead"] else "")
        )
    for one in said["not_understood"]:
        yield f"[{one['quote']}] not understood. {one['why']}"


def judged(sentence: str, counts: CountTable, names: SeriesNames) -> str:
    said = as_json(check(sentence, counts, PUBLISHED), names)
    return "\n".join(lines(said)) or "nothing to check"


def test_each_kind_of_claim_is_judged_as_it_was(record):
    counts = CountTable.read(record)
    names = series_names(counts)

    golden_texts.compare(
        HERE / "sentences_judged.txt", {text: judged(text, counts, names) for text in SENTENCES}
    )
