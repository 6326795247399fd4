"""Which reading a number is of several: the one that it nearly is, and those that are shown."""

from __future__ import annotations

import re
from datetime import date

import pytest

from tests.support.claim_verdicts import check
from tests.support.embedded_figures import count, said


@pytest.fixture
def shown(embedded):
    """The truths of the readings beside what stands between < and >."""

    def read(marked: str, day: str = "2026-09-20") -> list[float]:
        match = re.search("<(.+?)>", marked)
        checked = check(re.sub("[<>]", "", marked), embedded, date.fromisoformat(day))
        start, end = match.start(), match.end() - 2
        near = [o for o in checked.not_understood if o.start < end and start < o.end]
        return [reading.truth for one in near for reading in one.readings]

    return read


PRELIMINARY = [
    (
        "sw:Tucson Sector",
        "In the Tucson Sector, in December 2023, they saw 80,184 encounters, while in January they "
        "saw a big change, which was a total of <{}> encounters.",
    ),
    (
        "sw.usbp",
        "Compared with January's total of <{}> southwest border apprehensions, February 2024 had "
        "far more apprehensions.",
    ),
]


@pytest.mark.parametrize(("who", "text"), PRELIMINARY)
def test_what_is_next_to_one_reading_is_near_that_one(verdict, truth, shown, who, text):
    real = count(who, "2024-01")
    text = text.format
    near = text(f"{round(real * 1.0012):,}")

    assert verdict(near, "2024-03-20") == "near_today"
    assert truth(near, "2024-03-20") == real
    off = text(f"{round(real * 1.09):,}")
    assert verdict(off, "2024-03-20") == "not understood"
    assert real in shown(off, "2024-03-20")


@pytest.mark.parametrize(("member", "noun"), [("Single Adults", "single adults")])
def test_a_group_is_near_unless_one_agency_is_said_to_have_met_it(verdict, member, noun):
    number = f"{round(count(f'sw:{member}', '2021-02') * 0.997):,}"
    text = "In March 2021 {} more than 99,000 {} at the southwest border, up from <{}> in February."

    assert verdict(text.format("CBP detained", noun, number), "2021-04-20") == "near_today"
    patrol = text.format("Border Patrol arrested", noun, number)
    assert verdict(patrol, "2021-04-20") == "cannot_be_checked"


def test_a_month_that_is_not_on_record_does_not_hide_one_that_is(shown):
    real = count("sw:Single Adults", "2021-02")
    text = (
        "The record was set in May 2019, when CBP met 144,116 people. Single adults are most of "
        "those encountered at the southwest border: 99,300 in March, up from <{:,}> in February."
    )

    assert real in shown(text.format(round(real * 1.09)), "2021-04-20")


@pytest.mark.parametrize("factor", [0.91, 1.09])
def test_a_misprint_far_behind_its_words_is_shown_with_what_it_is_of(shown, factor):
    real = count("sw:El Paso Sector", "2021-10..2022-01")
    text = (
        "The El Paso Sector saw the largest increase. Agents there took 192,660 people into "
        "custody in the first four months of fiscal 2023. This is up by far from the same period "
        "last year when agents met only <{:,}>."
    )

    assert real in shown(text.format(round(real * factor)), "2023-02-14")


AREAS = ["the sector", "that area", "the region", "this section of the border", "that corridor"]


@pytest.mark.parametrize("area", AREAS)
def test_the_area_is_the_sector_that_was_named_last(verdict, area):
    real = said("sw:Rio Grande Valley Sector", "2023-12")
    text = (
        "Apprehensions in the Rio Grande Valley Sector fell in May 2024. The entire southwest "
        f"border had {said('sw.usbp', '2024-05')} apprehensions that month. Apprehensions in "
        f"{area} numbered <{real}> in December 2023."
    )

    assert verdict(text, "2024-06-24") == "right"
    whole = said("sw.usbp", "2023-12")
    other = text.replace(real, whole).replace(f"in {area} ", "at the border ")
    assert verdict(other, "2024-06-24") == "right"


@pytest.mark.parametrize(
    "done", ["allowed to enter the country", "allowed into the country", "permitted to stay"]
)
def test_who_was_let_in_is_not_on_record(verdict, done):
    text = (
        "Agents met 170,000 people at the southwest border in May 2024; <62,000> people were "
        f"{done} in May 2024."
    )

    assert verdict(text) == "cannot_be_checked"


def test_detentions_are_those_of_the_border_patrol(verdict):
    text = "There were <{}> detentions at the southwest border in December 2016."

    assert verdict(text.format(said("sw.usbp", "2016-12"))) == "right"
    assert verdict(text.format(said("sw", "2016-12"))) == "mislabelled"
