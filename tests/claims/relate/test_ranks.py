"""A record is the highest of all: never the highest of some of them."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest

from forecast import months
from forecast.claims.record.counts import CountTable, Subject
from forecast.claims.relate import ranks
from forecast.claims.trace.when import When
from forecast.claims.trace.whose import Whose
from forecast.periods import FEDERAL
from forecast.types import SeriesKey
from forecast.words import month_words
from tests.support import claim_scenes, golden_texts
from tests.support.cbp_files import ENCOUNTERS
from tests.support.claim_verdicts import check

FIRST = months.to_index("2016-10")
_ANY = random.Random(22)
COUNTS = [_ANY.randrange(2_000, 20_000) for _ in range(96)]
RECORD = (
    "a record",
    "an all-time high",
    "a record high",
    "its highest ever",
    "its highest in history",
)


def table(counts: list[int]) -> CountTable:
    by_month = {FIRST + i: (count, 1) for i, count in enumerate(counts)}
    return CountTable({SeriesKey("northern"): by_month}, {}, ENCOUNTERS)


def judged(text: str, counts: list[int]) -> list[tuple[str, str, str]]:
    checked = check(text, table(counts), date(2024, 12, 1))
    said = [(one.verdict, one.why, one.say_instead) for one in checked.claims if not one.number]
    return said or [("not understood", one.why, "") for one in checked.not_understood]


@pytest.mark.parametrize("words", RECORD)
def test_a_record_is_right_only_where_no_month_before_was_higher(words):
    wrong = []
    for at in range(1, len(COUNTS)):
        month = month_words(months.from_index(FIRST + at))
        text = f"Encounters at the northern border hit {words} in {month}."
        due = "right" if COUNTS[at] > max(COUNTS[:at]) else "not understood"
        if due == "right" and words in (
            "an all-time high",
            "its highest ever",
            "its highest in history",
        ):
            due = "cannot_be_checked"  # the record begins at some time: it only does not contradict
        if [verdict for verdict, _, _ in judged(text, COUNTS)] != [due]:
            wrong.append((month, due))
    assert not wrong


YEARS = [100] * 12 + [900, *[100] * 11] + [200] * 10 + [800, 200]  # fiscal years 2017 to 2019


@pytest.mark.parametrize(
    ("claim", "verdict", "said"),
    [
        (
            "hit a record in August 2019",
            "not understood",
            "the 2nd highest of the 35 months on record, October 2016 to August 2019. "
            "October 2017 was higher: 900.",
        ),
        (
            "hit a record in October 2017",
            "right",
            "the highest of the 13 months on record, October 2016 to October 2017.",
        ),
        (
            "hit a record low for the month of August in August 2018",
            "right",
            "the lowest of the 2 months of August on record, August 2017 to August 2018.",
        ),
        (
            "in fiscal year 2019 were the highest on record",
            "right",
            "the highest of the 3 fiscal years on record, fiscal year 2017 to fiscal year 2019.",
        ),
        (
            "in fiscal year 2018 were the lowest on record",
            "not understood",
            "the 2nd lowest of the 2 fiscal years on record, fiscal year 2017 to fiscal year 2018. "
            "Fiscal year 2017 was lower: 1,200.",
        ),
        ("were the highest in 10 years in August 2019", "not understood", "not clear"),
        ("hit a record for the year in August 2019", "not understood", "not clear"),
    ],
)
def test_what_a_month_was_ranked_among_is_said(claim, verdict, said):
    [(found, why, instead)] = judged(f"Encounters at the northern border {claim}.", YEARS)

    assert found == verdict
    assert said in why
    assert instead == ""


# A sentence, and below it its claims of records and ranks; then what each may mean of July 2024
# and of fiscal year 2023: among which others, since when, and what it costs to take it so.
MEANT = Path(__file__).with_name("extremes.txt")


def meant(case: str) -> str:
    found = claim_scenes.read(case)
    lines = []
    for one in ranks.find(found.scene):
        said = {
            "since": one.draft.number, "years": one.years_back, "rank": one.draft.claimed.value,
            "same month": one.same_month,
        }  # fmt: skip
        flags = " ".join(f"{name}={value}" for name, value in said.items() if value)
        lines.append(f"[{one.draft.quote}] {one.measure} {flags}".strip())
        for span in ("2024-07", "FY2023"):
            now = When(FEDERAL.read(span, 0))
            lines.append(
                f"{span}: "
                + ", ".join(
                    f"{read.among} {claim_scenes.spelled(read.versus)}"
                    for read in ranks.rows(one, Whose(Subject("northern")), now, found.context)
                )
            )
    return "\n".join(lines) or "none"


def test_words_for_a_record_mean_these_others_since_then():
    golden_texts.compare(MEANT, {case: meant(case) for case in golden_texts.read(MEANT)})
