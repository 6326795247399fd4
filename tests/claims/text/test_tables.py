"""Tables and lists: each number is held against what its row, its column and its heading say."""

from __future__ import annotations

from datetime import date

import pytest

from forecast.claims.text import tables
from tests.support.claim_verdicts import check
from tests.support.embedded_figures import count, said, within

SW, NB, BP = "sw", "nb", "sw.usbp"
LINE = "Border Patrol apprehensions at the southwest border by fiscal year: FY2022: {}; FY2023: {}."
MARKDOWN = (
    "Encounters by border\n\n| Border | FY2022 | FY2023 |\n|---|---|---|\n"
    "| Southwest border | {} | {} |\n| Northern border | {} | {} |\n"
)
LIST = (
    "Border Patrol apprehensions by sector, fiscal year 2023\n\n"
    "- Tucson Sector: {}\n- Yuma Sector: {}\n"
)
TABS = (
    "Southwest border, 2023\n\nMonth\tBorder Patrol apprehensions\tAll encounters\nMarch\t{}\t{}\n"
)
TABLES = [
    (LINE, [(BP, "FY2022"), (BP, "FY2023")]),
    (MARKDOWN, [(SW, "FY2022"), (SW, "FY2023"), (NB, "FY2022"), (NB, "FY2023")]),
    (LIST, [("sw:Tucson Sector", "FY2023"), ("sw:Yuma Sector", "FY2023")]),
    (TABS, [(BP, "2023-03"), (SW, "2023-03")]),
]


@pytest.mark.parametrize(("form", "cells"), TABLES, ids=["line", "markdown", "list", "tabs"])
def test_each_cell_is_held_against_what_its_heads_say(embedded, form, cells):
    text = form.format(*(said(*cell) for cell in cells))
    found = check(text, embedded, date(2026, 2, 10)).claims

    assert [(one.verdict, one.judged.truth) for one in found] == [
        ("right", count(*cell)) for cell in cells
    ]
    assert all(text[one.start : one.end] == one.quote for one in found)


@pytest.mark.parametrize(("form", "cells"), TABLES, ids=["line", "markdown", "list", "tabs"])
def test_a_cell_that_is_off_is_not_right(embedded, form, cells):
    numbers = [said(*cell) for cell in cells]
    numbers[1] = f"{round(count(*cells[1]) * 1.09) // 10 * 10 + 7:,}"
    text = form.format(*numbers)
    checked = check(text, embedded, date(2026, 2, 10))
    off = [one for one in (*checked.claims, *checked.not_understood) if one.quote == numbers[1]]

    assert [one.verdict for one in off] == ["not_understood"]
    assert count(*cells[1]) in [one.truth for one in off[0].readings]


def test_what_is_no_table_is_left_as_it_is():
    text = "One line of prose.\nAnother | with a bar.\n\nEncounters: many\n"

    assert tables.read(text) == (text, [])


def test_a_column_may_be_headed_by_a_total_alone(embedded):
    northern, southwest = said("nb", "2024-07"), said("sw", "2024-07")
    text = (
        "Encounters. Solid: Northern. Dashed: Southwest.\n\n| month | Northern | Southwest\n"
        f"| Jul 2024 | {northern} | {southwest}\n"
    )

    found = check(text, embedded, date(2024, 9, 1)).claims

    assert [one.verdict for one in found] == ["right", "right"]
    assert [one.sense.subject.total for one in found] == ["northern", "southwest"]


YEAR_TO_DATE = (
    "Southwest border\nFY2024 YTD (October 1 - December 31)\n | OCT | NOV | DEC | Total\n"
    "Encounters | {} | {} | {} | {}\nBorder Patrol apprehensions | {} | {} | {} | {}\n"
)
MONTHS = ["2023-10", "2023-11", "2023-12", "2023-10..2023-12"]
GROUPS = (
    "Southwest border\n\n | FMUA FY 2024 MAR | UAC FY 2024 MAR | Total Encounters FY 2024 MAR\n"
    "Southwest border | {} | {} | {}\nTucson Sector | 12 | 14 | 15\n"
)


def test_a_caption_gives_the_months_of_the_heads_their_year(embedded):
    cells = [(who, when) for who in (SW, BP) for when in MONTHS]
    found = check(
        YEAR_TO_DATE.format(*(said(*c) for c in cells)), embedded, date(2024, 2, 1)
    ).claims

    assert [(one.verdict, one.judged.truth) for one in found] == [
        ("right", count(*cell)) for cell in cells
    ]


def test_every_month_of_a_fiscal_year_may_head_its_column(embedded):
    cells = [(SW, month) for month in within("FY2024")]
    heads = "OCT | NOV | DEC | JAN | FEB | MAR | APR | MAY | JUN | JUL | AUG | SEP"
    numbers = " | ".join(said(*cell) for cell in cells)
    text = f"Southwest border, FY2024\n\n | {heads}\nEncounters | {numbers}\n"
    found = check(text, embedded, date(2024, 11, 1)).claims

    assert [(one.verdict, one.judged.truth) for one in found] == [
        ("right", count(*cell)) for cell in cells
    ]


def test_each_head_may_say_group_year_and_month(embedded):
    cells = [("sw:FMUA", "2024-03"), ("sw:UAC", "2024-03"), (SW, "2024-03")]
    found = check(GROUPS.format(*(said(*c) for c in cells)), embedded, date(2024, 5, 1)).claims

    assert [(one.verdict, one.judged.truth) for one in found[:3]] == [
        ("right", count(*cell)) for cell in cells
    ]


def test_a_column_whose_head_is_not_understood_is_not_judged(embedded):
    text = "Southwest border encounters, FY2023\n\n | Blurbs | Total\nAll | {} | {}\nNone | 1 | 2\n"
    checked = check(text.format("123,456", said(SW, "FY2023")), embedded, date(2024, 5, 1))

    assert [(one.verdict, one.number) for one in checked.claims] == [("right", said(SW, "FY2023"))]
    assert not any(one.readings for one in checked.not_understood if one.number == "123,456")


def test_labels_under_a_head_of_sectors_are_sectors(embedded):
    sectors = ("Laredo", "Yuma")
    rows = [f"{name} | {said(f'sw:{name} Sector', '2024-03')}" for name in sectors]
    text = "Sector | Apprehensions March 2024\n" + "\n".join(rows) + "\n"
    found = check(text, embedded, date(2024, 5, 1)).claims

    assert [one.judged.truth for one in found] == [
        count(f"sw:{n} Sector", "2024-03") for n in sectors
    ]


CAPTIONED = (
    "People met by U.S. Customs and Border Patrol at the southwest border\n\n"
    "People met |||\nFiscal Year | Office of Field Operations | U.S. Border Patrol | Total |\n"
    "2023 | {} | {} | {} |\n2022 | {} |\n"
)


@pytest.mark.parametrize("name", ["Customs and Border Patrol", "Customs & Border Patrol"])
def test_the_agency_of_a_column_is_that_of_its_cells(embedded, name):
    patrol, every = count(BP, "FY2023"), count(SW, "FY2023")
    cells = [every - patrol, patrol, every, count(SW, "FY2022") - count(BP, "FY2022")]
    text = CAPTIONED.format(*(f"{cell:,}" for cell in cells))
    text = text.replace("Customs and Border Patrol", name)
    checked = check(text, embedded, date(2024, 5, 1))
    found = {one.judged.truth for one in checked.claims if one.verdict == "right"}

    assert found == {*cells}  # Customs and Border Patrol, as many call CBP, is no agency of its own
    assert not any(one.blamed for one in checked.claims)


def test_a_cell_of_all_under_an_agency_s_head_is_mislabeled(embedded):
    text = CAPTIONED.format(*(f"{count(SW, 'FY2023'):,}" for _ in range(3)), "")
    found = check(text, embedded, date(2024, 5, 1)).claims

    assert "mislabelled" in {one.verdict for one in found}


HEADS = ["Jun 2026 Jul 2026", "June 2026   July 2026", "June     July"]


@pytest.mark.parametrize("gap", [" ", "   "])
@pytest.mark.parametrize("heads", HEADS)
def test_columns_that_blanks_part_are_those_of_their_heads(embedded, heads, gap):
    cells = [(who, month) for who in (SW, NB) for month in ("2026-06", "2026-07")]
    rows = "".join(f"{place}{gap}{{}}{gap}{{}}\n" for place in ("Southwest", "Northern"))
    text = f"Encounters in 2026\n\nBorder {heads}\n{rows}"
    found = check(text.format(*(said(*c) for c in cells)), embedded, date(2026, 9, 28)).claims

    assert [(one.verdict, one.judged.truth, one.quote.strip()) for one in found] == [
        ("right", count(*cell), said(*cell)) for cell in cells
    ]
    off = [f"{round(count(*cell) * 1.3):,}" for cell in cells]
    checked = check(text.format(*off), embedded, date(2026, 9, 28))
    shown = [[reading.truth for reading in one.readings] for one in checked.not_understood]
    assert not any(one.judged.holds for one in checked.claims)
    assert all(count(*cell) in truths for cell, truths in zip(cells, shown, strict=True))


def test_a_line_that_ends_with_its_year_heads_a_list(embedded):
    sectors = ("Tucson", "El Paso")
    rows = [f"{name}: {said(f'sw:{name} Sector', '2026-08')}" for name in sectors]
    text = "Border Patrol by sector, August 2026\n" + "\n".join(rows) + "\n"
    found = check(text, embedded, date(2026, 9, 28)).claims

    assert [(one.verdict, one.judged.truth) for one in found] == [
        ("right", count(f"sw:{name} Sector", "2026-08")) for name in sectors
    ]


@pytest.mark.parametrize(
    "prose",
    ["Numbers rose in 2023 2024 and\nlater in 2025 2026 as well.\n", "It was 2023.\n2024\n"],
)
def test_years_in_prose_are_no_table(prose):
    assert tables.read(prose) == (prose, [])
