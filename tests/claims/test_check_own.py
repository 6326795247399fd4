"""Own counts beside encounters: a number is judged by the measure that its words fit alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from forecast.claims.check import check_each
from forecast.claims.record.counts import CountTable
from forecast.sources.source import MeasureWords
from forecast.types import SeriesKey
from tests.claims.record.test_counts_subjects import BARNET

FIRST = 2020 * 12
COUNTS = {
    SeriesKey(place): {FIRST + i: (base + 37 * i, 1) for i in range(60)}
    for place, base in (("Barnet", 14_000), ("Ealing", 9_000))
}
JUNE = COUNTS[SeriesKey("Barnet")][FIRST + 29][0]  # 2022
TEXTS = [
    (f"Theft incidents in Barnet were {JUNE:,} in June 2022.", [], ["right"]),
    ("Theft incidents in Barnet were 14,639 in June 2022.", [], []),
    ("Theft incidents were 14,639 in June 2022.", [], []),
    (
        "There were 301,981 encounters at the southwest border in December 2023. "
        f"Theft incidents in Barnet were {JUNE:,} in June 2022.",
        ["right"],
        ["right"],
    ),
]


@pytest.mark.parametrize(("text", "encounters", "thefts"), TEXTS, ids=range(len(TEXTS)))
def test_each_measure_judges_its_own(embedded, text, encounters, thefts):
    source = replace(BARNET, measure=MeasureWords("theft incidents"))
    own = CountTable(COUNTS, {}, source)
    checked = check_each(text, [embedded, own], date(2024, 1, 20))

    verdicts = [[one.verdict for one in part.claims] for part in checked]
    assert verdicts == [encounters, thefts]
    assert not any(one.blamed for part in checked for one in part.claims)
