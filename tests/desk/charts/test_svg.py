"""Charts of a page as SVG: places, breaks, ticks and words, by hand."""

from __future__ import annotations

import re

from lxml import etree

from forecast.desk.charts import grammar, svg
from forecast.desk.charts.grammar import Amounts

SCALE = Amounts(False, 0.0, 100.0, "visits a month", 120, 50)
ROWS = [
    {"month": "2024-01", "encounters": 0},
    {"month": "2024-02", "encounters": 50},
    {"month": "2024-04", "encounters": 100},
]


def drawn(*layers) -> etree._Element:
    return etree.fromstring(svg.drawn(layers, 120, 50))


def points(path: str) -> list[list[tuple[float, float]]]:
    pieces = re.findall(r"M([^M]+)", path)
    return [[tuple(map(float, p.split(","))) for p in piece.split("L")] for piece in pieces]


def test_a_line_goes_through_its_counts_and_breaks_off_at_an_unknown_month():
    chart = drawn(grammar.line(ROWS, "encounters", SCALE, color="#123456"))
    (line,) = chart.findall(".//{*}path[@stroke='#123456']")

    first, second = points(line.get("d"))
    assert first == [(0.0, 50.0), (40.9, 25.0)]  # 31 of 91 days
    assert second == [(120.0, 0.0)]


def test_what_is_outside_the_scale_is_at_its_edge():
    rows = [{"month": "2024-01", "encounters": 300}, {"month": "2024-02", "encounters": -5}]
    chart = drawn(grammar.line(rows, "encounters", SCALE, color="#123456"))
    (line,) = chart.findall(".//{*}path[@stroke='#123456']")

    assert points(line.get("d")) == [[(0.0, 0.0), (120.0, 50.0)]]


def test_a_band_runs_along_its_lower_edge_and_back_along_the_upper():
    rows = [{"month": f"2024-0{n}", "lo80": 10, "hi80": 60} for n in (1, 2)]
    chart = drawn(grammar.band(rows, 80, SCALE))
    (band,) = chart.findall(".//{*}path[@fill='#b9cfe4']")

    assert band.get("d") == "M0.0,45.0L120.0,45.0L120.0,20.0L0.0,20.0Z"


def test_equal_factors_are_equal_steps_on_a_log_scale():
    rows = [{"month": f"2024-0{n}", "encounters": 10**n} for n in (1, 2, 3)]
    scale = Amounts(True, 10.0, 1000.0, "visits", 120, 50)
    chart = drawn(grammar.line(rows, "encounters", scale, color="#123456"))
    (line,) = chart.findall(".//{*}path[@stroke='#123456']")

    assert [y for _, y in points(line.get("d"))[0]] == [50.0, 25.0, 0.0]
    said = [text.text for text in chart.iter("{*}text")]
    assert {"10", "100", "1,000", "visits, log scale"} <= set(said)


def test_axes_have_round_numbers_and_as_many_months_as_have_room():
    rows = [{"month": f"2024-{n:02}", "encounters": 8 * n} for n in range(1, 13)]
    said = [
        t.text
        for t in drawn(grammar.line(rows, "encounters", SCALE, color="#123456")).iter("{*}text")
    ]

    assert said[:6] == ["0", "20", "40", "60", "80", "100"]
    assert said[7:] == ["July 2024"]
    wide = etree.fromstring(
        svg.drawn([grammar.line(rows, "encounters", SCALE, color="#123456")], 700, 50)
    )
    assert [t.text for t in wide.iter("{*}text")][7:] == [
        "March 2024", "May 2024", "July 2024", "Sept. 2024", "Nov. 2024",
    ]  # fmt: skip


def test_words_beside_the_plot_have_room_and_are_text():
    line = grammar.line(ROWS, "encounters", SCALE, color="#123456")
    label = grammar.side_labels([("<b> & more words", 50.0)], "2024-04", SCALE)
    chart = drawn(line, label)

    (words,) = [t for t in chart.iter("{*}text") if t.text == "<b> & more words"]
    assert words.get("text-anchor") == "start"
    assert float(chart.get("width")) > 120 + float(words.get("x")) - 120 + 16 * 5
