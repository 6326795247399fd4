from __future__ import annotations

import pytest

from forecast import headlines
from forecast.records import BORDERS, NATIONWIDE


@pytest.fixture(autouse=True)
def cbp():
    yield
    headlines.use(BORDERS, NATIONWIDE)


@pytest.mark.parametrize(
    ("said", "whole", "parts", "every"),
    [
        (("a", "b"), "", ("a", "b"), ("a", "b")),
        (("a", "b"), "sum", ("a", "b"), ("a", "b", "sum")),
        (("sum", "b", "a"), "sum", ("b", "a"), ("b", "a", "sum")),
        (("one",), "one", (), ("one",)),
    ],
)
def test_the_whole_comes_last_and_is_no_part(said, whole, parts, every):
    headlines.use(said, whole)

    assert (headlines.parts(), headlines.whole(), headlines.every()) == (parts, whole, every)


def test_until_said_otherwise_they_are_the_borders():
    assert headlines.parts() == ("northern", "southwest", "other")
    assert headlines.whole() == "nationwide"
