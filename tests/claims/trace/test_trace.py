"""Whose count a number is, by the words around it and before it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from forecast.claims.trace import when, whose
from forecast.periods import FEDERAL
from tests.support import claim_scenes, golden_texts
from tests.support.claim_verdicts import check
from tests.support.embedded_figures import NOT_RIGHT, count, said

# A sentence, and what was said before it as words of a state; below it whose count its marked
# number may be and of when, each with how far its words are, "!" where a time is named in full.
MEANT = Path(__file__).with_name("readings.txt")


def meant(case: str) -> str:
    found = claim_scenes.read(case)
    scene, number, context = found.scene, found.number, found.context
    compared = scene.compares(number.first)
    base = context.recent[0] if context.recent else None
    persons = whose.options(scene, number, context)
    months = when.options(scene, number, context, base, compared)
    lines = [
        ", ".join(f"{claim_scenes.spelled(one.subject)} {one.far}" for one in persons[:8]),
        ", ".join(f"{FEDERAL.name(one.span)} {one.far}{'!' * one.explicit}" for one in months[:8]),
        *["compared"] * compared,
    ]
    return "\n".join(lines)


def test_a_number_may_be_these_counts_of_these_months_in_this_order():
    golden_texts.compare(MEANT, {case: meant(case) for case in golden_texts.read(MEANT)})


# A sentence, whose count and of when, and whose its number must not be.
WHOSE = [
    (
        "Border Patrol agents made <{}> arrests at the southwest border in July 2024.",
        "sw.usbp",
        "2024-07",
        "sw",
    ),
    (
        "CBP recorded <{}> encounters at the southwest border in July 2024.",
        "sw",
        "2024-07",
        "sw.usbp",
    ),
    (
        (
            "At ports of entry along the southwest border, officers encountered <{}> people "
            "in July 2024."
        ),
        "sw.ofo",
        "2024-07",
        "",
    ),
    (
        (
            "In July 2024, <{}> people were found inadmissible at ports of entry on the "
            "northern border."
        ),
        "nb.ofo",
        "2024-07",
        "nb",
    ),
    ("There were <{}> encounters nationwide in July 2024.", "nw", "2024-07", "nw.usbp"),
    (
        "Nationwide, the Border Patrol made <{}> apprehensions in July 2024.",
        "nw.usbp",
        "2024-07",
        "nw",
    ),
    (
        "Along the border with Canada, CBP had <{}> encounters in July 2024.",
        "nb",
        "2024-07",
        "nb.usbp",
    ),
    (
        "Between ports of entry, there were <{}> encounters at the northern border in June 2024.",
        "nb.usbp",
        "2024-06",
        "nb",
    ),
    (
        (
            "At and between ports of entry, there were <{}> encounters at the northern "
            "border in June 2024."
        ),
        "nb",
        "2024-06",
        "nb.usbp",
    ),
    (
        "Agents apprehended <{}> people between southern ports of entry in July 2024.",
        "sw.usbp",
        "2024-07",
        "sw",
    ),
    (
        (
            "In July 2024, <{}> people were apprehended or turned away at ports on the "
            "southwest border."
        ),
        "sw",
        "2024-07",
        "",
    ),
    (
        "In July 2024, <{}> people were apprehended or encountered at the southwest border.",
        "sw",
        "2024-07",
        "",
    ),
    (
        "There were <{}> arrests and encounters at the southwest border in July 2024.",
        "sw",
        "2024-07",
        "",
    ),
    (
        "In July 2024, the Border Patrol apprehended <{}> people at both land borders.",
        "land.usbp",
        "2024-07",
        "",
    ),
    ("Both land borders together had <{}> encounters in July 2024.", "land", "2024-07", ""),
    (
        "Agents of the Swanton Sector apprehended <{}> people in June 2024.",
        "nb:Swanton Sector",
        "2024-06",
        "",
    ),
    (
        "The Tucson Sector recorded <{}> apprehensions in December 2023.",
        "sw:Tucson Sector",
        "2023-12",
        "",
    ),
    (
        "In December 2023, <{}> people were arrested in the Del Rio Sector.",
        "sw:Del Rio Sector",
        "2023-12",
        "",
    ),
    (
        "In December 2023, RGV agents arrested <{}> people.",
        "sw:Rio Grande Valley Sector",
        "2023-12",
        "",
    ),
    ("The Miami Sector made <{}> arrests in fiscal year 2024.", "ot:Miami Sector", "FY2024", ""),
    (
        "The San Diego Field Office had <{}> encounters in July 2024.",
        "sw:San Diego Field Office",
        "2024-07",
        "",
    ),
    (
        "The Tucson and Yuma sectors made <{}> arrests in December 2023.",
        "sw:Tucson Sector+sw:Yuma Sector",
        "2023-12",
        "",
    ),
    (
        "Encounters of Venezuelans at the southwest border came to <{}> in September 2023.",
        "sw:VENEZUELA",
        "2023-09",
        "",
    ),
    (
        "At the southwest border, <{}> Venezuelans were encountered in September 2023.",
        "sw:VENEZUELA",
        "2023-09",
        "",
    ),
    (
        "Encounters of unaccompanied children at the southwest border came to <{}> in May 2024.",
        "sw:UAC",
        "2024-05",
        "",
    ),
    (
        "Family members made up <{}> of the southwest border encounters in August 2023.",
        "sw:FMUA",
        "2023-08",
        "",
    ),
    (
        "CBP encountered <{}> single adults at the southwest border in August 2023.",
        "sw:Single Adults",
        "2023-08",
        "",
    ),
    (
        "Nationwide, <{}> citizens of Cuba were encountered in fiscal year 2023.",
        "nw:CUBA",
        "FY2023",
        "",
    ),
    (
        (
            "In December 2022, <{}> Cubans, Nicaraguans and Haitians were encountered at the "
            "southwest border."
        ),
        "sw:CUBA+sw:NICARAGUA+sw:HAITI",
        "2022-12",
        "",
    ),
    (
        "Indian citizens were encountered <{}> times at the northern border in fiscal year 2024.",
        "nb:INDIA",
        "FY2024",
        "",
    ),
    ("In fiscal year 2024, CBP had <{}> encounters in Texas.", "sw:TX", "FY2024", ""),
    (
        "The Border Patrol made <{}> arrests at large nationwide in August 2025.",
        "nw:At Large",
        "2025-08",
        "",
    ),
    (
        "The Border Patrol made <{}> arrests at entry along the southwest border in August 2025.",
        "sw:At Entry",
        "2025-08",
        "",
    ),
    (
        (
            "In August 2025, the Border Patrol arrested <{}> people in the interior at the "
            "northern border."
        ),
        "nb:At Large",
        "2025-08",
        "nb.usbp",
    ),
]


@pytest.mark.parametrize(("text", "who", "when", "other"), WHOSE, ids=range(len(WHOSE)))
def test_a_count_is_right_of_whom_the_words_name(verdict, truth, text, who, when, other):
    assert verdict(text.format(said(who, when))) == "right"
    assert truth(text.format(said(who, when))) == count(who, when)


@pytest.mark.parametrize(("text", "who", "when", "other"), WHOSE, ids=range(len(WHOSE)))
def test_a_count_is_wrong_of_whom_the_words_name(verdict, text, who, when, other):
    off = f"{round(count(who, when) * 1.31) // 10 * 10 + 7:,}"

    assert verdict(text.format(off)) in ("wrong", "not understood")


@pytest.mark.parametrize(
    ("text", "who", "when", "other"), [row for row in WHOSE if row[3]], ids=lambda _: ""
)
def test_the_count_of_another_agency_is_mislabeled(verdict, text, who, when, other):
    assert verdict(text.format(said(other, when))) in NOT_RIGHT


# What a sentence leaves open is taken from those before it.
SECOND = [
    (
        (
            "CBP recorded 104,101 encounters at the southwest border in July 2024. The "
            "Border Patrol made <{}> of them."
        ),
        "sw.usbp",
        "2024-07",
    ),
    (
        (
            "The Border Patrol reported on the Tucson Sector. In December 2023, agents there "
            "made <{}> arrests."
        ),
        "sw:Tucson Sector",
        "2023-12",
    ),
    ("Encounters at the northern border are down. In June 2025, there were <{}>.", "nb", "2025-06"),
    (
        (
            "In June 2024, CBP had {sw 2024-06} encounters at the southwest border and <{}> "
            "at the northern border."
        ),
        "nb",
        "2024-06",
    ),
    (
        "In June 2024, CBP had {sw 2024-06} encounters at the southwest border, and <{}> in July.",
        "sw",
        "2024-07",
    ),
    (
        (
            "The Border Patrol made {sw.usbp 2024-06} arrests at the southwest border in "
            "June 2024. A year earlier it had made <{}>."
        ),
        "sw.usbp",
        "2023-06",
    ),
    (
        (
            "In December 2023, the Tucson and Del Rio sectors made <{}> and "
            "{sw:Del Rio Sector 2023-12} arrests, respectively."
        ),
        "sw:Tucson Sector",
        "2023-12",
    ),
    (
        (
            "Of {sw 2023-09} encounters at the southwest border in September 2023, <{}> were "
            "of Venezuelans."
        ),
        "sw:VENEZUELA",
        "2023-09",
    ),
    (
        (
            "Border Patrol arrested {sw.usbp 2024-06} people at the southwest border in June "
            "2024, <{}> of them in the Tucson Sector."
        ),
        "sw:Tucson Sector",
        "2024-06",
    ),
    (
        (
            "The Swanton Sector made <{}> arrests in June 2024 of the {nb.usbp 2024-06} that "
            "the Border Patrol made at the northern border."
        ),
        "nb:Swanton Sector",
        "2024-06",
    ),
    (
        (
            "The Swanton Sector made {nb:Swanton Sector 2024-06} arrests in June 2024 of the "
            "<{}> that the Border Patrol made at the northern border."
        ),
        "nb.usbp",
        "2024-06",
    ),
    (
        (
            "Venezuelans were encountered {sw:VENEZUELA 2023-09} times at the southwest "
            "border in September 2023. In October 2023 it was <{}>."
        ),
        "sw:VENEZUELA",
        "2023-10",
    ),
    (
        (
            "In June 2024 there were {nb 2024-06} encounters at the northern border. Of "
            "these, <{}> were of Indians."
        ),
        "nb:INDIA",
        "2024-06",
    ),
    (
        (
            "At the southwest border, the Border Patrol made {sw.usbp 2024-06} arrests in "
            "June 2024; nationwide it made <{}>."
        ),
        "nw.usbp",
        "2024-06",
    ),
    (
        (
            "At the southwest border, the Border Patrol made {sw.usbp 2024-06} arrests in "
            "June 2024, compared with <{}> in June 2023."
        ),
        "sw.usbp",
        "2023-06",
    ),
    (
        (
            "In fiscal 2023 the southwest border had {sw FY2023} encounters, up from <{}> "
            "the year before."
        ),
        "sw",
        "FY2022",
    ),
    (
        (
            "In fiscal 2023 the southwest border had {sw FY2023} encounters, against <{}> in "
            "fiscal 2021."
        ),
        "sw",
        "FY2021",
    ),
    (
        (
            "The Del Rio Sector lies in Texas. It was hot there. In December 2023, agents in "
            "the sector made <{}> arrests."
        ),
        "sw:Del Rio Sector",
        "2023-12",
    ),
    (
        (
            "Encounters at the southwest border fell from a peak of {sw 2023-12} in December "
            "2023 to <{}> in July 2024."
        ),
        "sw",
        "2024-07",
    ),
    (
        (
            "The Border Patrol made {sw.usbp 2024-06} arrests at the southwest border in "
            "June 2024, the lowest since January 2021, when there were <{}>."
        ),
        "sw.usbp",
        "2021-01",
    ),
    (
        (
            "In July 2024 there were {sw 2024-07} encounters at the southwest border. Border "
            "Patrol agents made <{}> of the encounters."
        ),
        "sw.usbp",
        "2024-07",
    ),
    (
        (
            "The Border Patrol is busy. In July 2024 there were <{}> encounters at the "
            "southwest border."
        ),
        "sw",
        "2024-07",
    ),
    (
        "The Border Patrol is busy at the southwest border. In July 2024 it had <{}> encounters.",
        "sw.usbp",
        "2024-07",
    ),
    (
        (
            "In June 2024 there were {nb 2024-06} encounters at the northern border; in July "
            "there were <{}>."
        ),
        "nb",
        "2024-07",
    ),
    (
        "In June 2024 there were <{}> encounters at the northern border, and in July {nb 2024-07}.",
        "nb",
        "2024-06",
    ),
    (
        (
            "At the northern border, encounters were {nb 2024-07} in July 2024, {nb 2024-06} "
            "in June and <{}> in May."
        ),
        "nb",
        "2024-05",
    ),
    ("All sectors on the northern border made <{}> arrests in June 2024.", "nb.usbp", "2024-06"),
    (
        (
            "In June 2024 the Swanton Sector made {nb:Swanton Sector 2024-06} arrests. All "
            "sectors of the northern border made <{}>."
        ),
        "nb.usbp",
        "2024-06",
    ),
    (
        (
            "In June 2024 the Swanton Sector made {nb:Swanton Sector 2024-06} arrests. At "
            "the southwest border, the Border Patrol made <{}>."
        ),
        "sw.usbp",
        "2024-06",
    ),
    (
        (
            "TUCSON, Ariz. - Border Patrol agents made <{}> arrests at the southwest border "
            "in June 2024."
        ),
        "sw.usbp",
        "2024-06",
    ),
    (
        (
            "Canada's government said that <{}> encounters were recorded at the northern "
            "border in June 2024."
        ),
        "nb",
        "2024-06",
    ),
    (
        "In June 2024, <{}> people from Mexico were encountered at the southwest border.",
        "sw:MEXICO",
        "2024-06",
    ),
    (
        (
            "In June 2024, CBP encountered <{}> people, including families and children, at "
            "the southwest border."
        ),
        "sw",
        "2024-06",
    ),
]


def filled(text: str, who: str, when: str) -> str:
    """A text with the number in question, and with those that its other braces name."""
    text = text.replace("{}", said(who, when))
    return re.sub(r"\{([^{}]+) (\S+)\}", lambda one: said(one[1], one[2]), text)


@pytest.mark.parametrize(("text", "who", "when"), SECOND, ids=range(len(SECOND)))
def test_what_is_left_open_is_taken_from_before(verdict, truth, text, who, when):
    assert verdict(filled(text, who, when)) == "right"
    assert truth(filled(text, who, when)) == count(who, when)


# Without any time, the newest month or year to date that was known on the day.
@pytest.mark.parametrize("when", ["2024-07", "2023-10..2024-07"])
def test_a_count_without_a_time_is_the_newest_on_the_day(verdict, truth, when):
    text = f"CBP recorded <{said('sw', when)}> encounters at the southwest border."

    assert verdict(text, "2024-08-20") == "right"
    assert truth(text, "2024-08-20") == count("sw", when)


# What the record does not tell apart.
NOT_HELD = [
    "In September 2023, <12,345> Venezuelans were arrested in the El Paso Sector.",
    "In September 2023, agents of the Tucson Sector apprehended <12,345> unaccompanied children.",
    "In fiscal year 2012, there were <500,000> encounters at the southwest border.",
    "Border Patrol agents made <12,345> arrests in the Tucson Sector in fiscal 1998.",
]


@pytest.mark.parametrize("text", NOT_HELD)
def test_what_is_not_told_apart_cannot_be_checked(verdict, text):
    assert verdict(text) == "cannot_be_checked"


def test_the_sectors_of_one_sentence_are_each_shown_where_its_number_is_off(embedded):
    named = [("Tucson", "sw:Tucson Sector"), ("El Paso", "sw:El Paso Sector")]
    first, second = (round(count(who, "2024-07") * 1.09) for _, who in named)
    text = (
        "In July 2024 the San Diego Sector was the busiest. Not far behind, the Tucson Sector in "
        f"Arizona reported {first:,} encounters, while the El Paso Sector followed with {second:,}."
    )
    found = check(text, embedded, date(2024, 8, 20)).not_understood
    shown = [{round(reading.truth) for reading in one.readings} for one in found]

    assert len(shown) == len(named)
    assert all(
        count(who, "2024-07") in truths for (_, who), truths in zip(named, shown, strict=True)
    )
