"""What is said of seizures, held against their number and their weight."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import date

import pytest

from forecast.claims import check as together
from forecast.claims.record.counts import CountTable
from forecast.sources import catalog
from forecast.sources.cbp.drug import bundle
from tests.support import history_2025
from tests.support.claim_verdicts import check


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    tables = []
    for measure in ("events", "pounds"):
        path = tmp_path_factory.mktemp(measure) / "bordercast.db"
        history_2025.keep(path, *bundle.load(measure))
        with closing(sqlite3.connect(path)) as connection:
            tables.append(CountTable.read(connection, catalog.find(f"cbp_drug_{measure}")))
    return tables


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("Nationwide, meth seizures rose 29 percent from March to April 2025.", "right"),
        ("Nationwide, fentanyl seizures rose 18 percent from March to April 2025.", "right"),
        ("Nationwide seizures of fentanyl fell 44 percent in April from April 2024.", "right"),
        ("The number of fentanyl seizure events nationwide fell 44 percent in April "
         "from April 2024.", "wrong"),
        ("CBP made 104 fentanyl seizures nationwide in April.", "right"),
    ],
)  # fmt: skip
def test_a_change_of_seizures_is_that_of_their_number_or_weight(both, said, verdict):
    checked = together.divided([check(said, table, date(2025, 5, 20)) for table in both])

    assert [claim.verdict for claim in together.merged(checked).claims] == [verdict]


@pytest.mark.parametrize("before", ["CBP seized 12,023 pounds of fentanyl nationwide in fiscal "
                                    "2025.", "Fentanyl is down."])  # fmt: skip
def test_the_drug_of_the_sentence_before_is_still_meant(both, before):
    said = f"{before} Nationwide seizures fell 45 percent in fiscal 2025 from fiscal 2024."
    checked = together.merged(
        together.divided([check(said, table, date(2025, 11, 20)) for table in both])
    )
    last = checked.claims[-1]

    assert last.sense.subject.members == ("Fentanyl",)
    assert last.verdict == "right"


# Of encounters, of their number, of their weight: each number by the measure that it is of.
OF_TWO = """
2025-04-15 | In March 2025, CBP had <11,011> encounters at the southwest border and seized <742> pounds of fentanyl there.
2025-04-15 | CBP made <88> fentanyl seizures nationwide in March 2025, a month with <29,013> encounters.
2025-04-15 | At the northern border, <4,472> people were encountered in March 2025, and <665> drug seizures were made.
2025-11-15 | Encounters at the southwest border fell <79 percent> in fiscal year 2025, while the pounds of fentanyl seized there fell <46 percent>.
2025-11-15 | In fiscal year 2024 agents at the northern border seized <44> pounds of fentanyl and made <23,721> apprehensions.
2025-11-15 | Fentanyl seizures at the southwest border numbered <700> in fiscal year 2025, down from <863> in fiscal year 2024; Border Patrol apprehensions came to <237,538>, down from <1,530,523>.
2025-06-10 | Nationwide in May 2025, CBP counted <29,470> encounters, made <4,987> drug seizures and took <50,465> pounds of drugs.
2025-06-10 | With <8,724> Border Patrol apprehensions at the southwest border, May 2025 was quiet; <11,246> pounds of methamphetamine were seized.
"""  # noqa: E501


@pytest.mark.parametrize("line", OF_TWO.strip().splitlines())
def test_each_number_of_a_sentence_is_judged_by_its_own_measure(both, embedded, line):
    day, _, marked = line.partition(" | ")
    text = re.sub("[<>]", "", marked)
    checked = [check(text, table, date.fromisoformat(day)) for table in (embedded, *both)]
    claims = together.merged(together.divided(checked)).claims

    assert [claim.number for claim in claims] == re.findall("<(.+?)>", marked)
    assert {claim.verdict for claim in claims} == {"right"}


def test_a_wrong_number_beside_one_of_another_measure_is_not_said_to_be_right(both, embedded):
    text = "In March 2025, CBP had 14,111 encounters at the southwest border and seized 4,321 pounds of fentanyl there."  # noqa: E501
    checked = [check(text, table, date(2025, 4, 15)) for table in (embedded, *both)]
    merged = together.merged(together.divided(checked))

    assert not merged.claims
    assert {claim.number for claim in merged.not_understood if claim.readings} == {
        "14,111",
        "4,321",
    }
