"""What a number near a count is called: of another agency, month, group or border."""

from __future__ import annotations

import pytest

from tests.support.embedded_figures import NOT_RIGHT, count, said

PATROL = [
    "Border Patrol agents apprehended <{}> migrants at the southwest border in July 2024.",
    "Only <{}> people crossed the southwest border illegally in July 2024.",
    "Illegal crossings at the southwest border came to <{}> in July 2024.",
]


@pytest.mark.parametrize("text", PATROL)
@pytest.mark.parametrize("off", [0.998, 1.002])
def test_all_encounters_called_arrests_are_mislabeled_though_restated(verdict, text, off):
    every, patrol = count("sw", "2024-07"), count("sw.usbp", "2024-07")
    near = round(every * off)

    assert abs(near / patrol - 1) > 0.05
    assert verdict(text.format(f"{near:,}")) == "mislabelled"
    assert verdict(text.format(f"{patrol:,}")) == "right"


def test_more_than_a_million_arrests_were_all_encounters(verdict):
    text = "More than <{}> people crossed the southwest border illegally in fiscal year 2021."
    every, patrol = count("sw", "FY2021"), count("sw.usbp", "FY2021")

    assert patrol < 1_700_000 < every
    assert verdict(text.format("1.7 million")) == "mislabelled"


@pytest.mark.parametrize("off", [0.92, 0.99, 1.01, 1.09])
def test_a_group_that_one_agency_met_is_not_on_record(verdict, off):
    number = round(count("sw:VENEZUELA", "2023-09") * off)
    text = (
        f"In September 2023 Border Patrol agents apprehended <{number:,}> Venezuelans at the "
        "southwest border."
    )

    assert verdict(text) == "cannot_be_checked"


@pytest.mark.parametrize("other", ["2023-11", "2024-01", "2022-12"])
def test_near_the_count_of_another_month_is_not_near(verdict, other):
    number = round(count("sw", other) * 1.004)
    text = f"There were <{number:,}> encounters at the southwest border in December 2023."

    assert verdict(text) in NOT_RIGHT


@pytest.mark.parametrize("who", ["sw", "nw"])
def test_the_border_alone_may_be_either(verdict, who):
    text = (
        f"The border saw <{said(who, '2024-06')}> encounters in June 2024. "
        f"Nationwide there were {said('nw', '2024-05')} in May 2024."
    )

    assert verdict(text) == "right"


def test_it_fell_from_the_count_of_the_month_before(verdict):
    before, now = said("sw.usbp", "2024-06"), said("sw.usbp", "2024-07")
    text = (
        f"Border Patrol apprehensions at the southwest border were {now} in July 2024. "
        "They fell in July from <{}>."
    )

    assert verdict(text.format(before)) == "right"
