"""Changes whose two ends are named, and those of which an end is not certain."""

from __future__ import annotations

import pytest

from tests.support.embedded_figures import said

BEFORE = (
    f"Encounters at the southwest border fell to {said('sw', '2024-06')} in June 2024 from "
    f"{said('sw', '2024-05')} in May 2024. "
)


@pytest.mark.parametrize(
    "text",
    [
        "Families dropped by <49 percent>, and children dropped by 41 percent.",
        "The number of families was down <49 percent>, that of children 41 percent.",
        "The drop was larger for Venezuelans, at <61 percent>.",
    ],
)
def test_groups_are_not_held_against_counts_of_another_sentence(verdict, text):
    assert verdict(BEFORE + text) in ("not understood", "cannot_be_checked")


def test_ends_that_are_not_exact_make_nothing_wrong(verdict):
    text = (
        "Encounters at the southwest border fell to about 130,000 in June 2024 from 170,000 in "
        "May 2024. It was a drop of <{}> percent."
    )

    assert verdict(text.format(24)) != "wrong"
    assert verdict(text.format(41)) != "wrong"
    assert verdict(BEFORE + "It was a drop of <41 percent>.") == "wrong"


def test_a_second_percentage_is_not_accused_for_the_first_one_s_base(verdict):
    text = (
        "Border Patrol encounters at the southwest border in June 2024 were 29% lower than in "
        "May 2024 and <{}%> lower than in June 2023."
    )

    assert verdict(text.format(5)) != "wrong"
    assert verdict(text.format(80)) != "wrong"


def test_numbers_that_are_hedged_give_no_percentage(verdict):
    now, before = said("sw", "2024-06"), said("sw", "2024-05")
    text = (
        "Encounters at the southwest border were {} {} in June 2024, down <60%> from {} {} in "
        "May 2024."
    )

    assert verdict(text.format("more than", now, "over", before)) != "wrong"
    assert verdict(text.format("", now, "", before).replace("  ", " ")) == "wrong"
