"""What a revision makes false: each rule at its boundary, and the sentence that says so."""

from __future__ import annotations

import pytest

from forecast import months
from forecast.desk import facts
from forecast.desk.sentences.section import false_sentence
from tests.support.cbp_files import ENCOUNTERS
from tests.support.month_facts import compared, expected, flag_row, month

MINUS = "\N{MINUS SIGN}"
NOTHING = {"bounds": None, "compared": {}, "extreme": ["", None]}


def said(count=10_000, **more):
    return {"month": "2025-02", "encounters": count} | NOTHING | more


def false(then, *counts, last="2025-02"):
    """What is false by these counts, the last of them that of the month `last`."""
    first = months.shift(last, 1 - len(counts))
    known = {months.shift(first, at): count for at, count in enumerate(counts)}
    return list(map(false_sentence, facts.became_false(then, known, ENCOUNTERS)))


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (10_000, 10_049, False),
        (10_000, 10_050, False),  # .5%, no more
        (10_000, 10_051, True),
        (10_000, 9_950, False),
        (10_000, 9_949, True),
        (100, 149, False),  # less than 50
        (100, 150, True),
        (100, 50, True),
        (100, 51, False),
        (0, 49, False),
        (0, 50, True),
    ],
)
def test_a_count_is_false_from_a_revision_that_would_be_flagged(before, now, told):
    sentence = f"February 2025 was given as {before:,}; it has been revised to {now:,}."

    assert false(said(before), now) == [sentence] * told


BOUNDS = [80, 90, 110, 120]
PLACES = {
    79: "below the 95% interval",
    80: "below the 80% interval",
    89: "below the 80% interval",
    90: "inside the 80% interval",
    110: "inside the 80% interval",
    111: "above the 80% interval",
    120: "above the 80% interval",
    121: "above the 95% interval",
}


@pytest.mark.parametrize("before", PLACES)
@pytest.mark.parametrize("now", PLACES)
def test_where_a_month_lies_is_false_once_it_lies_elsewhere(before, now):
    found = false(said(before, bounds=BOUNDS), now)

    was, lies = PLACES[before], PLACES[now]
    sentence = f"The month was said to lie {was}; as revised it lies {lies}."
    assert found == [sentence] * (was != lies)


@pytest.mark.parametrize(
    ("given", "counts", "changes"),
    [
        ((100, 90), (90, 100), None),
        ((100, 90), (139, 180), None),  # both up, and 49 away
        ((100, 90), (140, 180), ("+11.1%", "90", "+28.6%", "140")),  # 50 away
        ((100, 90), (99, 98), ("+11.1%", "90", f"{MINUS}1.0%", "99")),
        ((100, 90), (99, 99), ("+11.1%", "90", "0.0%", "99")),
        ((90, 90), (99, 98), ("0.0%", "90", f"{MINUS}1.0%", "99")),
        ((100, None), (90, 50), None),
        ((100, 0), (0, 100), None),
        ((100, 0), (1, 2), ("from zero", "0", "+100.0%", "1")),
    ],
)
def test_a_comparison_is_false_once_it_turns_or_what_it_is_against_does(given, counts, changes):
    compared_with = {"month before": ["2025-01", *given]}
    found = false(said(counts[1], compared=compared_with), *counts)

    sentence = "Against the month before the change was given as {} (from {}); as revised it is {} "
    assert found == ([f"{sentence.format(*changes[:3])}(from {changes[3]})."] if changes else [])


@pytest.mark.parametrize(
    ("extreme", "counts", "when"),
    [
        (["lowest", "2024-11"], (3, 5, 5, 4), None),
        (["lowest", "2024-11"], (5, 5, 5, 4), "the lowest since November 2024"),
        (["lowest", None], (5, 5, 5, 4), None),
        (["lowest", None], (3, 5, 5, 4), "the lowest of all months on record up to then"),
        (["highest", "2024-11"], (5, 1, 1, 4), None),
        (["highest", "2024-11"], (5, 1, 5, 4), "the highest since November 2024"),
        (["", None], (5, 1, 5, 4), None),
    ],
)
def test_an_extreme_is_false_once_another_month_is_beyond_it(extreme, counts, when):
    found = false(said(4, extreme=extreme), *counts)

    assert found == ([f"It was said to be {when}; as revised it is not."] if when else [])


def test_of_a_month_that_is_gone_or_of_which_nothing_was_said_nothing_is_false():
    assert false({}, 5) == []
    assert false(said(5), 500, last="2025-01") == []


def test_a_month_s_statement_keeps_what_may_become_false():
    found = month(
        expectation=expected(),
        comparisons=(compared("year before", 100, None, "2024-02"),),
        extreme="lowest",
        since="2024-02",
    )

    assert facts.statement(found) == {
        "month": "2025-02",
        "encounters": 100,
        "bounds": BOUNDS,
        "compared": {"year before": ["2024-02", 100, None]},
        "extreme": ["lowest", "2024-02"],
    }
    assert facts.statement(month())["bounds"] is None


@pytest.mark.parametrize(
    ("severities", "gravest"),
    [
        (("watch",), "watch"),
        (("notable", "critical", "major"), "critical"),
        (("notable", "major"), "major"),
        (("watch", "notable"), "notable"),
    ],
)
def test_a_month_is_as_grave_as_its_gravest_flag(severities, gravest):
    flags = tuple(flag_row(kind="month", severity=severity) for severity in severities)
    revised = flag_row(kind="revision", severity="critical")

    assert facts.statement(month(flags=(revised, *flags)))["severity"] == gravest
