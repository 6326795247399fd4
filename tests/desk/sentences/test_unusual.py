"""An unusual month in words: each at the bounds of what it says."""

from __future__ import annotations

import pytest

from forecast.desk.sentences import unusual


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
