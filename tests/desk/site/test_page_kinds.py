"""A border's page: the shades of its table of years, and its scores lead by lead."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest

from forecast.desk.site import page_kinds
from forecast.periods import FEDERAL
from tests.support.cbp_files import ENCOUNTERS


def shades(**counts: int) -> dict[str, tuple[int | None, int]]:
    held = {month[1:].replace("_", "-"): n for month, n in counts.items()}
    rows = page_kinds.year_table(SimpleNamespace(counts=held, source=ENCOUNTERS))
    return {cell[0]: cell[1:] for row in rows for cell in row[1] if cell}


def test_seven_shades_are_equal_steps_of_the_logarithm():
    counts = {f"m2023_{1 + at:02}": 2**at for at in range(8)}

    assert [shade for _, shade in shades(**counts).values()] == [0, 1, 2, 3, 4, 5, 6, 6]


def test_a_count_of_none_has_the_lowest_shade_and_so_has_an_unknown_month():
    found = shades(m2023_01=0, m2023_02=1, m2023_04=100)

    assert found == {
        "2023-01": (0, 0),
        "2023-02": (1, 0),
        "2023-03": (None, 0),
        "2023-04": (100, 6),
    }


def test_equal_counts_have_one_shade():
    assert set(shades(m2023_01=5, m2023_02=5).values()) == {(5, 0)}


def test_scores_are_shown_at_every_lead_that_is_judged(full):
    assert [lead for lead, _, _ in page_kinds.score_rows(full.totals["northern"])] == [
        "1 to 12 months", "1 month", "3 months", "6 months", "12 months",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (1.234, "+23.4%"),
        (0.75, "\u221225.0%"),
        (1.0, "0.0%"),
        (1.0004, "0.0%"),
        (None, "not known"),
    ],
)
def test_an_error_is_said_against_that_of_no_change(full, ratio, words):
    about = full.totals["northern"]
    scores = [{**row, "relative_mae": ratio} for row in about.scores]
    changed = replace(full, totals={"northern": replace(about, scores=scores)})

    said = page_kinds.KINDS["accuracy"].page(changed)[1]["index.html"].decode()

    assert said.count(f'<td class="n">{words}</td>') == 5


@pytest.mark.parametrize(
    ("second", "title"),
    [
        ("southwest", "Northern border beside southwest border"),
        ("coastal and interior", "Northern border beside coastal and interior"),
    ],
)
def test_a_pair_is_called_by_both_names(second, title):
    inside = {"southwest": "southwest border"}
    names = SimpleNamespace(inside=lambda total: inside.get(total, total))
    source = SimpleNamespace(totals=names, calendar=FEDERAL)
    totals = [
        SimpleNamespace(total=t, name="Northern border", counts={"2025-01": 1})
        for t in ("northern", second)
    ]
    record = SimpleNamespace(
        many=False,
        source=source,
        totals=dict(enumerate(totals)),
    )

    (pair,) = page_kinds.totals_compared(record)
    assert pair["title"] == title


def test_a_list_of_pairs_names_pairs_only_where_there_are_some(full):
    def listed(record) -> str:
        return page_kinds.KINDS["compare_list"].page(record)[1]["index.html"].decode()

    totals = ENCOUNTERS.totals
    parts = (*totals.parts, *(f"clinic {at}" for at in range(9)))
    many = replace(full, source=replace(ENCOUNTERS, totals=replace(totals, parts=parts)))

    assert "has the pairs below" in listed(full)
    assert "<h2>Two fiscal years</h2>" in listed(full)
    assert "pairs below" not in listed(many)
    assert "<h2>Two" not in listed(many)
    assert listed(many).count("All years in one table") == len(full.totals)


def test_what_was_predicted_of_a_month_says_by_which_forecast(full):
    shown = page_kinds.together(full, None)

    assert {one.about.total for one in shown["came"]} == set(full.totals)
    # A first run has issued nothing yet: all that it tells of earlier months are hindcasts.
    assert set(shown["bases"]) == {"hindcast"}
    text = page_kinds.KINDS["together"].page(full)[1]["index.html"].decode()
    assert "Predicted: the middle of hindcasts, made later from only the figures known at" in text
    assert text.count("<td>hindcast</td>") == len(shown["came"]) + len(shown["misses"])
    misses = [abs(math.log(one.judged.count / one.judged.median)) for one in shown["misses"]]
    assert misses == sorted(misses, reverse=True)
    assert len(misses) == page_kinds.MISSES


@pytest.mark.parametrize(
    ("shipped", "named"),
    [
        (True, ["Find a series", "Compare", "Unusual months", "Accuracy", "Check a text"]),
        (False, ["Compare", "Unusual months", "Accuracy"]),
    ],
)
def test_every_page_names_in_its_head_the_sections_that_a_record_has(full, shipped, named):
    """Own counts without parts have no list of series, and no text is checked against them."""
    of = full if shipped else replace(full, parts={}, source=replace(ENCOUNTERS, shipped=False))

    sections = page_kinds.told(of, "", None)["sections"]

    assert [name for _, name in sections] == named
    assert all(isinstance(place, str) for place, _ in sections)
