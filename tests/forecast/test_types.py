from __future__ import annotations

import pytest

from forecast.types import Totals
from tests.support.cbp_files import ENCOUNTERS


@pytest.mark.parametrize(
    ("parts", "whole", "every"),
    [
        (("a", "b"), "", ("a", "b")),
        (("b", "a"), "sum", ("b", "a", "sum")),
        ((), "one", ("one",)),
    ],
)
def test_every_total_is_each_part_then_the_whole(parts, whole, every):
    assert Totals(parts, whole).every == every


def test_totals_of_encounters_are_the_borders_and_nationwide():
    assert ENCOUNTERS.totals.every == ("northern", "southwest", "other", "nationwide")
