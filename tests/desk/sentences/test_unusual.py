"""An unusual month in words: each at the bounds of what it says."""

from __future__ import annotations

import pytest

from forecast.desk.sentences import monthly, unusual
from tests.support.month_facts import expected, flag_row, month


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0.004999, "rarer than 1 month in 200 (the most that the record supports)"),
        (0.005, "about 1 month in 200 is at least this far off"),
        (0.0051, "about 1 month in 196 is at least this far off"),
        (0.3, "about 1 month in 3 is at least this far off"),
        (0.66, "about 1 month in 2 is at least this far off"),
        (2 / 3, "about 1 month in 2 is at least this far off"),
        (0.667, "an ordinary month"),
        (1.0, "an ordinary month"),
    ],
)
def test_how_unusual_a_month_is_claims_no_more_than_the_record_supports(p, words):
    assert unusual.unusual_words(p) == words


@pytest.mark.parametrize(
    ("judged", "basis", "phrase", "how"),
    [
        (90, "issued", "as forecast", "were as forecast:"),
        (110, "hindcast", "as forecast", "were as forecast, by the hindcast:"),
        (
            89,
            "issued",
            "below the 80% range",
            "were below the 80% range of the issued forecast, but not far enough to flag:",
        ),
        (
            111,
            "hindcast",
            "above the 80% range",
            "were above the 80% range of the hindcast, but not far enough to flag:",
        ),
    ],
)
def test_a_quiet_month_is_as_forecast_only_inside_its_range(judged, basis, phrase, how):
    facts = month(count=judged, expectation=expected(judged=judged, basis=basis))

    ((said, sentence),) = unusual.findings(facts)
    assert said == phrase
    assert how in sentence


@pytest.mark.parametrize(
    ("p", "why", "words"),
    [
        (0.05, "", "but not far enough to flag"),
        (0.0499, "", "not flagged"),  # judged by a program that kept no reason
        (0.03, "watch", "unusual, but not enough to flag"),
        (0.001, "small", "not flagged (the series or the difference is too small)"),
        (0.001, "known", "not flagged again (part of what was flagged before)"),
        (0.001, "late", "not flagged (it came after later months had been judged)"),
        (
            0.001, "restated",
            "not flagged (the figures before it, or its own, were restated since)",
        ),
    ],
)  # fmt: skip
def test_why_a_month_has_no_flag_is_what_the_judgement_keeps(p, why, words):
    assert unusual.unflagged_words(expected(judged=150, p=p, unflagged=why)) == words


def test_a_count_restated_since_is_not_set_where_the_first_one_lay():
    """First 111, just above the range; 2,855 now: both numbers are there."""
    facts = month(count=2855, expectation=expected(judged=111, p=0.06))

    ((_, sentence),) = unusual.findings(facts)

    assert sentence.endswith("but not far enough to flag: 111 (now 2,855) counted.")
    line = "2,855 in February 2025; the first count, 111, was above the 80% range of its issued "
    assert monthly.unusual_line(facts).startswith(line)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "It did not last: in March 2025 the count was not below the 95% range forecast before "
             "it."),
        ({"side": 1}, "It did not last: in March 2025 the count was not above the 95% range "
                      "forecast before it."),
        ({"if_with_whole": 5}, "It did not last: in March 2025 it no longer stood apart."),
        ({"restated": 1}, "It does not stand: the figures before it were restated in March 2025."),
    ],
)  # fmt: skip
def test_an_episode_that_ended_says_what_the_rule_asked(said, words):
    ended = {"episode": "transient", "closed": "2025-03", "side": -1, "role": "first"}

    assert unusual.ending(flag_row(**ended | said)) == words
