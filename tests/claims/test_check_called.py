"""What a number near a count is called: of another agency, month, group or border."""

from __future__ import annotations

from datetime import date

import pytest

from tests.support.claim_verdicts import check
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


def test_what_to_say_instead_is_what_the_record_has(embedded):
    every, patrol = count("sw", "2024-07"), count("sw.usbp", "2024-07")

    for off in (1, 0.998):
        text = PATROL[0].replace("<{}>", f"{round(every * off):,}")
        (found,) = check(text, embedded, date(2024, 9, 1)).claims
        assert f"{every:,} " in found.say_instead
        assert f"{patrol:,} " in found.say_instead


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


BOTH = [
    "In July 2024 <{}> migrants were either apprehended or deemed inadmissible at the southwest "
    "border.",
    "In July 2024 there were <{}> apprehended/inadmissible migrants at the southwest border.",
    "The southwest border had <{}> Border Patrol apprehensions and Field Operations inadmissibles "
    "in July 2024.",
    "Migrants caught at and between ports of entry on the southwest border came to <{}> in July "
    "2024.",
    "Agents count those apprehended or found inadmissible at the southwest border. In July 2024 "
    "<{}> people were apprehended at the southwest border.",
]


@pytest.mark.parametrize("text", BOTH)
@pytest.mark.parametrize("off", [0.998, 1, 1.002])
def test_who_says_that_a_number_is_of_both_means_all(verdict, text, off):
    near = round(count("sw", "2024-07") * off)

    assert verdict(text.format(f"{near:,}")) == ("right" if off == 1 else "near_today")


@pytest.mark.parametrize("text", BOTH)
def test_what_is_said_of_both_is_not_of_ports_alone(verdict, text):
    assert verdict(text.format(said("sw.ofo", "2024-07"))) in NOT_RIGHT


def test_words_for_both_hold_until_others_come(verdict):
    text = (
        "At the southwest border people were apprehended or found inadmissible. "
        "Border Patrol agents apprehended <{}> migrants at the southwest border in July 2024."
    )
    near = round(count("sw", "2024-07") * 1.002)

    assert verdict(text.format(f"{near:,}")) == "mislabelled"


NOT_CERTAIN = [
    "Agents apprehended {} people at the southwest border in July 2024, <{}> encounters in all.",
    "The border was crossed illegally in July 2024 by <{}> people, {} fewer.",
    "Border Patrol apprehended people in July 2024. <{}> migrants came to the southwest border.",
    "Agents at the southwest border apprehended <{}> people in July, and in June {} encountered.",
]


@pytest.mark.parametrize("text", NOT_CERTAIN)
def test_what_is_only_near_is_not_mislabeled_unless_all_is_named(verdict, text):
    near = round(count("sw", "2024-07") * 1.002)
    shown = text.replace("<{}>", f"<{near:,}>").format("3,107")

    assert verdict(shown) not in ("wrong", "mislabelled")


def test_what_a_number_is_is_shown_first(embedded):
    every, patrol = count("sw", "FY2021"), count("sw.usbp", "FY2021")
    text = (
        "More than 1.7 million people crossed the southwest border illegally in fiscal year 2021."
    )
    (shown,) = check(text, embedded, date(2022, 1, 20)).not_understood

    assert 1 - patrol / 1_700_000 < 0.05
    assert [one.truth for one in shown.readings[:2]] == [every, patrol]


def test_more_than_what_an_agency_met_is_mislabeled_if_no_rounding_gives_it(verdict):
    text = "More than <{} million> people crossed the southwest border illegally in fiscal year {}."

    assert round(count("sw.usbp", "FY2022") / 1e6, 1) < 2.3 < count("sw", "FY2022") / 1e6
    assert verdict(text.format("2.3", "2022"), "2022-12-20") == "mislabelled"
    assert round(count("sw.usbp", "FY2021") / 1e6, 1) == 1.7
    assert verdict(text.format("1.7", "2021"), "2022-01-20") != "mislabelled"


def test_a_place_that_the_number_alone_fits_need_not_stand_beside_it(verdict):
    near = round(count("nw", "2023-12") * 1.001)
    text = (
        "Encounters at the southwest border are many. In all, <{:,}> people were caught entering "
        "the United States illegally in December."
    )

    assert verdict(text.format(near), "2024-01-27") == "mislabelled"
    assert verdict(text.format(round(near * 1.02)), "2024-01-27") in ("not understood", "wrong")


@pytest.mark.parametrize("phrase", ["between the southwest border's ports of entry"])
def test_between_is_of_ports_some_words_on(verdict, phrase):
    text = f"In June 2024, <{said('sw.usbp', '2024-06')}> people were stopped {phrase}."

    assert verdict(text) == "right"


def test_years_and_counts_may_be_joined_by_a_dash(verdict):
    years = "; ".join(
        f"{year}-<{said('nw', f'FY{year}')}>"
        if year == 2022
        else f"{year}-{said('nw', f'FY{year}')}"
        for year in (2021, 2022, 2023)
    )
    text = f"Enforcement actions nationwide by fiscal year, according to CBP: {years}."

    assert verdict(text, "2024-01-20") == "right"


@pytest.mark.parametrize(
    "text",
    [
        "The Border Patrol's agency, CBP, recorded {n} migrants at the southwest border {when}.",
        "Illegal crossings and appointments at the southwest border came to {n} {when}.",
        "CBP met {n} people at the southwest border {when}, most of whom crossed illegally.",
        "The southwest border saw {n} {when}, most of them caught by the Border Patrol.",
        "Those who crossed illegally made up most of the {n} at the southwest border {when}.",
        "Of {n} people at the southwest border {when}, four in five crossed illegally.",
        "A total of {n} migrants crossed or presented themselves at the southwest border {when}.",
        "Agents made {n} arrests and other encounters at the southwest border {when}.",
        "CBP had {n} encounters at the southwest border {when}, the Border Patrol 12 of them.",
        "More illegal crossings than ever: CBP's figure for the southwest border is {n} {when}.",
    ],
)
def test_all_are_not_mislabeled_by_words_of_another_clause(verdict, text):
    every = f"<{count('sw', '2023-12'):,}>"

    said = verdict(text.format(n=every, when="in December 2023"), "2024-02-20")

    assert said != "mislabelled"


@pytest.mark.parametrize(
    "text",
    [
        "The Border Patrol arrested {n} people at the southwest border {when}.",
        "At the southwest border {n} people were caught crossing illegally {when}.",
        "Arrests at the southwest border {when}: {n}.",
        "The Border Patrol had {n} encounters at the southwest border {when}.",
        "The Border Patrol made 12 arrests at the southwest border, down from {n} {when}.",
    ],
)
def test_all_are_mislabeled_by_words_of_their_own_clause(verdict, text):
    every = f"<{count('sw', '2023-12'):,}>"

    said = verdict(text.format(n=every, when="in December 2023"), "2024-02-20")

    assert said == "mislabelled"


def test_what_is_near_the_words_own_count_is_not_mislabeled(verdict):
    own = count("sw.usbp", "2023-12")
    text = (
        f"Agents made <{own + 45:,}> arrests on the southwest border in December, up 31% from "
        "November, and up 13% from December 2022."
    )

    assert verdict(text, "2024-01-25") == "near_today"


@pytest.mark.parametrize(
    ("words", "due"),
    [("it was", "near_today"), ("arrests came to", "mislabelled")],
)
def test_where_no_agency_is_named_a_count_is_near_that_of_either(verdict, words, due):
    patrol, near = count("sw.usbp", "2022-06"), round(count("sw", "2022-05") * 0.993)
    text = (
        f"Border Patrol made {patrol:,} arrests at the southwest border in June 2022. "
        f"In May {words} <{near:,}>."
    )

    assert verdict(text, "2022-07-18") == due


@pytest.mark.parametrize("number", ["374,000", "400,000"])
def test_a_round_number_is_said_of_one_count_alone_as_far_as_it_rounds(verdict, number):
    text = (
        "Encounters at the southwest border are many. In all, <{}> people were caught entering "
        "the United States illegally in December."
    )

    assert 0.008 < abs(int(number.replace(",", "")) / count("nw", "2023-12") - 1) < 0.1
    assert verdict(text.format(number), "2024-01-27") == "mislabelled"
    assert verdict(text.format("378,000"), "2024-01-27") not in ("mislabelled", "wrong")


def test_a_number_of_three_digits_is_of_too_many_things_to_be_called(verdict):
    text = "Border Patrol agents apprehended <{}> people at the northern border in April 2020."

    assert count("nb.usbp", "2020-04") < count("nb", "2020-04") < 1000
    assert verdict(text.format(said("nb", "2020-04"))) == "not understood"


@pytest.mark.parametrize("bound", ["under", "fewer than", "less than"])
def test_less_than_all_is_true_of_the_agency_too(verdict, bound):
    text = "Border Patrol agents apprehended {} <{}> migrants at the southwest border in July 2024."
    every = said("sw", "2024-07")

    assert verdict(text.format("", every)) == "mislabelled"
    assert verdict(text.format(bound, every)) not in ("mislabelled", "wrong")


@pytest.mark.parametrize(
    ("what", "series", "called"),
    [
        ("Apprehensions in the Tucson Sector", "sw:Tucson Sector", "wrong"),
        ("Border Patrol apprehensions at the southwest border", "sw.usbp", "wrong"),
        ("Encounters of Venezuelans at the southwest border", "sw:VENEZUELA", "not understood"),
        ("Encounters of family units at the southwest border", "sw:FMUA", "not understood"),
    ],
)
def test_the_count_of_another_month_is_wrong_but_not_of_a_group(verdict, what, series, called):
    text = what + " came to <{:,}> in September 2023."
    other = count(series, "2023-10")

    assert verdict(text.format(other)) == called
    assert verdict(text.format(other + 3)) not in ("wrong", "mislabelled")


def test_the_count_of_another_month_is_not_wrong_of_two_sectors(verdict):
    both = sum(count(f"sw:{name} Sector", "2023-10") for name in ("Tucson", "Yuma"))
    text = f"Apprehensions in the Tucson and Yuma sectors came to <{both:,}> in September 2023."

    assert verdict(text) == "not understood"
