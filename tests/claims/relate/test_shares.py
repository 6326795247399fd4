"""Shares: of what is named, of what was counted, at another time, or not on record."""

from __future__ import annotations

import pytest

from tests.support.embedded_figures import NOT_RIGHT, count, said


def share(part: str, whole: str, when: str) -> float:
    return 100 * count(part, when) / count(whole, when)


DECEMBER, YEAR = "2023-12", "FY2024"
SHARES = [
    (
        "In December 2023, <{:.0f}%> of encounters at the southwest border were of Venezuelans.",
        share("sw:VENEZUELA", "sw", DECEMBER),
    ),
    (
        "Mexicans led in December 2023 at the southwest border with 23%, followed by Venezuelans "
        "(<{:.0f}%>).",
        share("sw:VENEZUELA", "sw", DECEMBER),
    ),
    (
        "In December 2023 there were {vens} encounters of Venezuelans at the southwest border, or "
        "<{:.0f} percent>.",
        share("sw:VENEZUELA", "sw", DECEMBER),
    ),
    (
        "Of the {all} encounters at the southwest border in December 2023, {patrol} were Border "
        "Patrol apprehensions, or <{:.0f} percent>.",
        share("sw.usbp", "sw", DECEMBER),
    ),
    (
        "The Swanton Sector made <{:.0f} percent> of Border Patrol apprehensions at the northern "
        "border in fiscal 2024.",
        share("nb:Swanton Sector", "nb.usbp", YEAR),
    ),
    (
        "In fiscal 2024, <{:.0f}%> of encounters at the northern border were at ports of entry.",
        share("nb.ofo", "nb", YEAR),
    ),
    (
        "The southwest border had <{:.0f}%> of encounters nationwide in fiscal 2024.",
        share("sw", "nw", YEAR),
    ),
]


@pytest.mark.parametrize(("text", "percent"), SHARES, ids=range(len(SHARES)))
def test_a_share_is_right_of_what_is_named_or_was_counted(verdict, text, percent):
    for name, who in (("vens", "sw:VENEZUELA"), ("all", "sw"), ("patrol", "sw.usbp")):
        text = text.replace(f"{{{name}}}", said(who, DECEMBER))

    assert verdict(text.format(percent)) in ("right", "right_when_rounded")
    assert verdict(text.format(percent + 9)) in NOT_RIGHT


FRACTIONS = [
    (
        "<Nine in 10> encounters at the northern border in fiscal 2025 took place at ports of "
        "entry.",
        "right",
    ),
    (
        "<One in ten> encounters at the northern border in fiscal 2025 took place at ports of "
        "entry.",
        "not",
    ),
]


@pytest.mark.parametrize(("text", "due"), FRACTIONS)
def test_a_fraction_in_words_is_a_share(verdict, text, due):
    found = verdict(text)

    assert found.startswith("right") if due == "right" else found in NOT_RIGHT


@pytest.mark.parametrize(
    "text",
    [
        "The Border Patrol made 2,000 apprehensions in the Tucson Sector in May 2025, <37 "
        "percent> of "
        "them were of Mexicans.",
        "In fiscal 2024, <12%> of Border Patrol apprehensions at the southwest border were of "
        "children.",
    ],
)
def test_a_share_of_a_group_by_agency_is_not_on_record(verdict, text):
    assert verdict(text) in ("cannot_be_checked", "not understood")


def test_a_share_of_a_year_is_none_of_another_total(verdict):
    text = (
        "CBP counted {} encounters at the northern border in July 2024, and {} nationwide. "
        "It makes up <8.4%> of fiscal year 2024."
    )

    assert verdict(text.format(said("nb", "2024-07"), said("nw", "2024-07"))) == "none"


@pytest.mark.parametrize("whole", ["the vote in Yuma County", "all ballots", "its water"])
def test_a_share_of_what_nobody_counts_is_no_claim(verdict, whole):
    assert verdict(f"In May 2024 <61%> of {whole} came from Mexico.") == "none"


@pytest.mark.parametrize("whole", ["the total", "encounters", "all migrants", "them"])
def test_a_share_of_what_is_counted_is_a_claim(verdict, whole):
    text = f"In May 2024 <61%> of {whole} nationwide came from Mexico."

    assert verdict("It is about encounters. " + text) != "none"
