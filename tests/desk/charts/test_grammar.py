"""What charts are made of: a scale's marks and how much it holds."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from forecast.desk.charts import grammar
from forecast.desk.charts.grammar import Amounts
from forecast.store.read import MarkedMonth


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [
        (10, 100, [10, 20, 50, 100]),
        (7, 120, [10, 20, 50, 100]),
        (11, 99, [20, 50]),
        (1, 5, [1, 2, 5]),
        (900, 2100, [1000, 2000]),
    ],
)
def test_a_log_scale_is_marked_at_1_2_5_inside_it(low, high, marks):
    assert list(Amounts(True, low, high, "encounters").ticks()) == marks


def test_a_low_log_axis_names_powers_of_ten_alone():
    wide = Amounts(True, 900.0, 220_000.0, "encounters")

    assert list(replace(wide, width=230, height=90).ticks()) == [1_000, 10_000, 100_000]
    assert list(replace(wide, width=230, height=110).ticks())[:4] == [1_000, 2_000, 5_000, 10_000]


def test_a_log_scale_says_so_and_holds_a_difference_of_logarithms():
    scale = Amounts(True, 10, 1000, "encounters")

    assert scale.title == "encounters, log scale"
    assert scale.span == pytest.approx(math.log(100))
    assert Amounts(False, 10, 1000, "encounters").title == "encounters, linear scale"
    assert Amounts(False, 10, 1000, "encounters").span == 990


def months_of(*counts: int) -> list[dict]:
    return [{"month": f"2024-{at:02}", "encounters": n} for at, n in enumerate(counts, start=1)]


def test_no_label_is_put_over_a_line_or_another_label():
    """A low between two highs: below it there is room, above it runs the line."""
    rows = months_of(900, 900, 900, 100, 900, 900, 900, 850, 900, 900)
    scale = Amounts(False, 0, 1000, "counts", 600, 300)
    marked = [flagged(rows[at]) for at in (3, 4)]
    labels = [
        (layer["mark"]["dx"], layer["mark"]["dy"], layer["data"]["values"][0])
        for layer in grammar.flags(marked, scale, [(rows, "encounters")])
        if layer["mark"]["type"] == "text"
    ]

    line = [(at * 600 / 9, scale.pixel(row["encounters"])) for at, row in enumerate(rows)]
    boxes = []
    for dx, dy, row in labels:
        half = 2.9 * len(row["label"])
        x = (int(row["month"][5:]) - 1) * 600 / 9 + dx
        y = scale.pixel(row["encounters"]) - dy
        boxes.append((x - half, y - 6, x + half, y + 6))
    assert [row["label"] for *_, row in labels] == ["April 2024: major", "May 2024: major"]
    for left, bottom, right, top in boxes:
        at = [left + (right - left) * part / 20 for part in range(21)]
        heights = [np.interp(x, *zip(*line, strict=True)) for x in at]
        assert all(height < bottom or height > top for height in heights)
    (first, second) = boxes
    assert first[2] < second[0] or first[3] < second[1] or second[3] < first[1]


def flagged(row: dict) -> MarkedMonth:
    return MarkedMonth(row["month"], row["encounters"], 500, "major")


def test_a_flag_without_room_for_its_label_keeps_its_triangle():
    rows = months_of(*[100, 900] * 6)
    scale = Amounts(False, 0, 1000, "counts", 60, 300)
    marked = [flagged(rows[5])]

    (only,) = grammar.flags(marked, scale, [(rows, "encounters")])
    assert only["mark"]["type"] == "point"


def test_months_are_named_as_ap_does_and_without_a_year_where_asked():
    assert "'Sept.'" in grammar.time_axis()["axis"]["labelExpr"]
    assert "utcyear" in grammar.time_axis()["axis"]["labelExpr"]
    assert "utcyear" not in grammar.time_axis(years=False)["axis"]["labelExpr"]
