"""An unusual month in words: each at the bounds of what it says."""

from __future__ import annotations

import pytest

from forecast.desk.sentences import unusual
from tests.support.month_facts import expected, month


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
