"""What a count is made of: one sentence for every text, and what may be called a crossing."""

from __future__ import annotations

from dataclasses import fields
from io import StringIO

import pytest
from rich.console import Console

from forecast.desk.facts import month_report
from forecast.desk.sentences import monthly
from forecast.desk.sentences import section as section_texts
from forecast.desk.terminal import forecast_table
from forecast.rows import ForecastRow
from forecast.sources import wording
from forecast.sources.wording import Halves, Split
from forecast.store.history import Interior, MonthRecord
from tests.support.cbp_files import ENCOUNTERS

OFFICES, PATROL = "Office of Field Operations", "U.S. Border Patrol"
AT, ENTRY = "5,524 at ports of entry", "95 at entry, 468 in the interior (83%)"
MADE = Halves(5524, 563, 1, Split(95, 468))


def report(interior_month: str = "2026-08", at_large: int = 468, at_entry: int = 95):
    interior = Interior(interior_month, at_large=at_large, at_entry=at_entry, total=563)
    record = MonthRecord(
        {"2025-08": 6837, "2026-07": 6591, "2026-08": 6087},
        [],
        {"file_name": "a.csv", "rounding": 1},
        interior=interior,
        agencies={OFFICES: 5524, PATROL: 563},
    )
    return month_report("northern", "2026-08", record, source=ENCOUNTERS)


def every_text(found) -> dict[str, str]:
    """All that is said of a month's halves, by where it is said."""
    section = section_texts.finding(found, nationwide=found)
    return {
        "brief": monthly.paragraph(found),
        "page": monthly.halves_line(found),
        "poster": monthly.halves_words(found),
        "notice": " ".join(section.more),
        "nationwide": section.whole,
    }


def test_every_text_says_what_of_the_border_patrol_s_was_in_the_interior():
    for place, text in every_text(report()).items():
        assert f"563 by Border Patrol: {ENTRY}" in text, place
        assert "563 between" not in text, place


@pytest.mark.parametrize("interior_month", ["2026-07", "2025-08"])
def test_another_month_s_split_is_not_this_one_s(interior_month):
    for place, text in every_text(report(interior_month)).items():
        assert "563 between ports" in text, place
        assert ENTRY not in text.partition("last known")[0], place


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (
            MADE,
            f"Of these, {AT.replace(' at', ' were at')} (OFO) and 563 by Border Patrol: {ENTRY}.",
        ),
        (
            Halves(5, 7),
            "Of these, 5 were at ports of entry (OFO) and 7 between ports (Border Patrol).",
        ),
        (
            Halves(3, 60, 10),
            "Of these, about 0 were at ports of entry (OFO) and about 60 between ports "
            "(Border Patrol); their source rounds to 10.",
        ),
        (
            Halves(1, 60_694, 1, Split(56_000, 4_684)),
            "Of these, 1 were at ports of entry (OFO) and 60,694 by Border Patrol: 56,000 at "
            "entry, 4,684 in the interior (8%; CBP's own two parts add up to 60,684).",
        ),
        (
            Halves(1, 9, 1, Split(9, 0)),
            "Of these, 1 were at ports of entry (OFO) and 9 by Border Patrol: "
            "9 at entry, 0 in the interior (0%).",
        ),
    ],
)
def test_halves_in_a_sentence(known, said):
    assert wording.halves_sentence(known, ENCOUNTERS) == said


def test_halves_in_a_few_words():
    assert (
        wording.halves_words(MADE, ENCOUNTERS, " and ") == f"{AT} and 563 by Border Patrol: {ENTRY}"
    )
    assert wording.halves_words(Halves(5, 7), ENCOUNTERS) == "5 at ports of entry, 7 between ports"
    assert (
        wording.halves_words(Halves(5, 7), ENCOUNTERS, short=True)
        == "5 at ports of entry (OFO), 7 between ports (Border Patrol)"
    )
    assert wording.halves_words(None, ENCOUNTERS) == ""


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (None, "Do not call the whole number illegal crossings."),
        (
            Halves(5, 7),
            "Only the number between ports may be called illegal crossings; how much of it were "
            "arrests in the interior is not on record.",
        ),
        (MADE, "Only the 95 at entry may be called illegal crossings."),
        (
            Halves(1, 10, 1, Split(5, 5)),
            "Only Border Patrol's number may be called illegal crossings, and 50% of it were "
            "arrests in the interior.",
        ),
        (Halves(1, 11, 1, Split(5, 6)), "Only the 5 at entry may be called illegal crossings."),
    ],
)
def test_what_may_be_called_illegal_crossings(known, said):
    assert wording.crossings_sentence(known, ENCOUNTERS) == said


def test_halves_of_a_year_are_those_of_its_months():
    exact, rounded = Halves(1, 2, 1, Split(1, 1)), Halves(10, 30, 10, Split(10, 20))

    assert wording.summed([exact, rounded]) == Halves(11, 32, 10, Split(11, 21))
    assert wording.summed([exact, Halves(1, 2)]) == Halves(2, 4, 1, None)


def test_a_table_on_a_terminal_has_a_row_for_each():
    last = {"northern": {"month": "2026-08", "encounters": 1, "month_before": 1, "year_before": 1}}
    one = dict.fromkeys((field.name for field in fields(ForecastRow)), 1)
    ahead = [ForecastRow(**one | {"total": "northern", "month": "2026-09"})]

    def rows(known):
        shown = Console(width=80, file=StringIO())
        shown.print(forecast_table(ahead, last, {"northern": known}, {}, ENCOUNTERS))
        lines = [line.rstrip() for line in shown.file.getvalue().splitlines()]
        return [line.split("  ")[:1] + line.split()[-1:] for line in map(str.strip, lines[4:])]

    assert rows(MADE) == [
        ["at ports", "5,524"],
        ["Border Patrol", "563"],
        ["entry", "95"],
        ["interior", "468"],
    ]
    assert rows(Halves(5, 7)) == [["at ports", "5"], ["between ports", "7"]]
    assert rows(None) == []
