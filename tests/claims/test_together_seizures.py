"""What is said of seizures, held against their number and their weight."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date

import pytest

from forecast.claims import together
from forecast.claims.decide import check
from forecast.claims.truth import CountTable
from forecast.sources import catalog
from forecast.sources.cbp.drug import bundle
from tests.support import history_2025


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
        ("CBP made 772 fentanyl seizures nationwide in April 2025.", "wrong"),
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
