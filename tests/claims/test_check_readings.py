"""Which reading a number is of several: the one that it nearly is, and those that are shown."""

from __future__ import annotations

import re
from datetime import date

import pytest

from tests.support.claim_verdicts import check
from tests.support.embedded_figures import change, count, monthly, said, within


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


STREAKS = [
    "March was the 13th straight month of encounters at the southwest border over <{}>.",
    "At the southwest border it was the 13th month in a row with more than <{}> encounters.",
    "For the 13th consecutive month, the southwest border had at least <{}> encounters.",
    "Encounters at the southwest border have stayed above <{}> each month since March 2021.",
]


@pytest.mark.parametrize("text", STREAKS)
def test_a_bound_of_many_months_is_one_of_the_lowest(verdict, text):
    day, least = "2022-04-26", min(monthly("sw")[month] for month in within("2021-03..2022-03"))
    under, over = f"{least // 1000 * 1000:,}", f"{least // 1000 * 1000 + 1000:,}"

    assert verdict(text.format(under), day) == "right"
    assert not verdict(text.format(over), day).startswith("right")


@pytest.mark.parametrize("off", [-1000, 0])
def test_a_bound_from_above_is_one_of_the_highest(verdict, off):
    most = max(monthly("sw.usbp")[month] for month in within("2025-02..2025-08"))
    bound = -(-most // 1000) * 1000 + off
    text = (
        "Monthly Border Patrol apprehensions at the southwest border have remained below "
        f"<{bound:,}> since February 2025."
    )

    assert verdict(text, "2025-09-20").startswith("right") == (off == 0)


@pytest.mark.parametrize("head", ["Since Joe Biden took office:", "Under President Biden:"])
def test_the_time_of_a_head_with_a_colon_is_that_of_its_list(verdict, head):
    millions = count("sw", "2021-02..2023-07") / 1e6
    text = (
        f"The border is on many minds.\n\n- {head}\n- There have been more than <{{:.1f}} million> "
        "encounters at the southwest border."
    )

    assert verdict(text.format(millions - 0.05), "2023-08-18") == "right_when_rounded"
    assert not verdict(text.format(millions * 1.2), "2023-08-18").startswith("right")


TIMES = [
    ("2022-09", "In the final month of FY 2022, the southwest border had <{}> encounters."),
    ("2020-10..2020-12", "There were <{}> encounters at the southwest border between October and "
     "December in fiscal year 2021."),
    ("2020-10..2020-12", "From October to December of FY21, <{}> encounters were counted at the "
     "southwest border."),
    ("2021-10..2022-02", "During the first five months of the record-shattering FY22, there were "
     "<{}> encounters at the southwest border."),
]  # fmt: skip


@pytest.mark.parametrize(("when", "text"), TIMES)
def test_months_of_a_fiscal_year_are_those_of_that_year(verdict, when, text):
    assert verdict(text.format(said("sw", when)), "2024-03-09") == "right"
    assert verdict(text.format(said("sw", "FY2022")), "2024-03-09") != "right"


PLANNED = [
    "and they are on track to meet more than 190,000 this year",
    "casting doubt on a prediction of an increase",
]


@pytest.mark.parametrize("planned", PLANNED)
def test_what_is_only_expected_is_another_number(verdict, planned):
    counted = count("nb", "2023-10..2024-01")
    text = (
        "Through the end of January, CBP has met some <{:,}> people at the northern border in "
        f"fiscal 2024, {planned}."
    )

    assert verdict(text.format(round(counted, -2)), "2024-02-23") == "right_when_rounded"
    expected = "CBP expects to meet <{:,}> people at the northern border in fiscal 2024."
    assert verdict(expected.format(round(counted, -2)), "2024-02-23") == "none"


def test_a_number_daily_is_one_a_day(verdict):
    text = (
        f"Arrests at the southwest border fell to {said('sw.usbp', '2025-01')} in January 2025, "
        "from more than <{}> daily in December 2024."
    )
    daily = count("sw.usbp", "2024-12") // 31 // 100 * 100

    assert verdict(text.format(f"{daily:,}"), "2025-02-14").startswith("right")


@pytest.mark.parametrize("verb", ["beats", "exceeds", "tops"])
def test_what_exceeds_another_count_by_a_percentage_is_compared_with_it(verdict, verb):
    then, now = said("sw.usbp", "2023-11"), said("sw.usbp", "2023-12")
    percent = round(change("sw.usbp", "2023-12", "2023-11"))
    text = (
        f"In November 2023 agents made {then} arrests at the southwest border. The December count "
        f"of {now} {verb} that by nearly <{{}} percent>."
    )

    assert verdict(text.format(percent)).startswith("right")
    assert not verdict(text.format(percent + 9)).startswith("right")


def test_a_change_said_again_is_what_it_was_where_it_is_told(verdict):
    percent = round(change("sw", "2023-12", "2022-12"))
    text = (
        f"Encounters up {percent} percent\n\nIn December 2023 there were {said('sw', '2023-12')} "
        f"encounters at the southwest border, {percent} percent more than the "
        f"{said('sw', '2022-12')} of December 2022. Many towns felt it, their mayors said. "
        f"A {percent} percent increase is a lot for any town."
    )
    ends = (f"up {percent} percent\n", f"A {percent} percent")

    for end in ends:
        assert verdict(text.replace(end, f"<{end.strip()}>\n")).startswith("right")
        off = end.replace(str(percent), str(percent + 9))
        assert not verdict(text.replace(end, f"<{off.strip()}>\n")).startswith("right")


UNCERTAIN = [
    "CBP met {now} people at the southwest border in December 2023, and many asked why. That is up "
    "<{percent}%> from November, by far the most of any month, up from 2020.",
    "Encounters at the southwest border were up <{percent}%> in December 2023 from November, and "
    "up by much more from 2020.",
]


@pytest.mark.parametrize("text", UNCERTAIN)
@pytest.mark.parametrize("off", [9, -9])
def test_a_change_of_uncertain_ends_is_shown_by_its_named_base(verdict, shown, text, off):
    real = change("sw", "2023-12", "2023-11")
    text = text.format(now=said("sw", "2023-12"), percent=round(real + off))

    assert verdict(text) == "not understood"
    assert any(abs(one - real) < 0.1 for one in shown(text))


def test_a_change_that_is_another_agency_s_is_shown_not_wrong(verdict, shown):
    every, patrol = (change(who, "2023-06", "2023-05") for who in ("sw", "sw.usbp"))
    text = (
        "In June 2023, Border Patrol apprehensions at the southwest border were <{:.1f} percent> "
        "lower than in May 2023."
    )

    assert abs(every - patrol) > 1.5
    assert verdict(text.format(-patrol)) == "right"
    assert verdict(text.format(9 - patrol)) == "wrong"
    assert verdict(text.format(-every)) == "not understood"
    assert [round(one, 1) for one in shown(text.format(-every))] == [
        round(patrol, 1),
        round(every, 1),
    ]


@pytest.mark.parametrize(("factor", "word"), [(1, "is of"), (1.003, "is near that of")])
def test_why_a_number_is_mislabeled_says_whether_it_is_only_near(embedded, factor, word):
    number = f"{round(count('sw', '2023-12') * factor):,}"
    text = f"Agents arrested {number} people at the southwest border in December 2023."
    (found,) = check(text, embedded, date(2024, 2, 10)).claims

    assert found.verdict == "mislabelled"
    assert found.why.startswith(f"The number {word} encounters at and between ports")


ELSEWHERE = [
    # The agency of the second number is that of neither the words beside it nor the first one.
    (
        "sw",
        "2024-03",
        "In March 2024 Border Patrol arrests at the southwest border were {first} in all, it said. "
        "It arrested <{number}> in the month, by another count of its own.",
    ),
    # It is of the sector of the sentence before, of which this one does not speak.
    (
        "sw:Tucson Sector",
        "2023-12",
        "In November 2023, agents of the Tucson Sector made {first} arrests. In December 2023 "
        "Border Patrol made another <{number}> arrests at the southwest border, by its own count.",
    ),
]


@pytest.mark.parametrize(("who", "when", "text"), ELSEWHERE)
@pytest.mark.parametrize("factor", [0.91, 1.09])
def test_what_the_text_says_of_other_counts_is_shown_too(shown, who, when, text, factor):
    real = count(who, when)
    first = said("sw.usbp", when) if who == "sw" else said(who, "2023-11")
    text = text.format(first=first, number=f"{round(real * factor):,}")

    assert real in shown(text)
    assert len(shown(text)) <= 3


def test_what_the_words_name_is_shown_first_and_nothing_far_off_fills_the_rest(shown):
    real = count("sw.usbp", "2024-03")
    text = "In March 2024, the Border Patrol arrested <{:,}> people at the southwest border so far."

    assert shown(text.format(round(real * 1.09)))[0] == real
    # Officers met far fewer at ports: nobody takes one for the other.
    assert count("sw.ofo", "2024-03") not in shown(text.format(round(real * 1.09)))


def test_beside_a_group_of_one_agency_stands_that_of_both(embedded):
    real = count("sw:Single Adults", "2021-02")
    text = "In February 2021 Border Patrol arrested {:,} single adults at the southwest border."
    (found,) = check(text.format(round(real * 0.93)), embedded, date(2021, 4, 20)).claims

    assert found.verdict == "cannot_be_checked"
    assert real in [one.truth for one in found.readings]
    assert f"{real:,} encounters" in found.why
    (far,) = check(text.format(real // 3), embedded, date(2021, 4, 20)).claims
    assert (far.verdict, far.readings) == ("cannot_be_checked", ())


def test_a_group_of_the_sentences_before_is_near_that_of_both(verdict):
    number = f"{count('sw:VENEZUELA', '2022-12') + 7:,}"
    text = (
        "Most of them are caught between ports of entry by the Border Patrol. "
        f"The number of Venezuelans at the southwest border was <{number}> in December 2022."
    )

    assert verdict(text, "2023-03-20") == "near_today"


def test_the_difference_of_a_group_follows_from_the_numbers_beside_it(verdict):
    now = count("sw:VENEZUELA", "2022-12") + 7
    before = count("sw:VENEZUELA", "2022-10") + 9
    text = (
        "Most of them are caught between ports of entry by the Border Patrol. "
        f"The number of Venezuelans at the southwest border fell to {now:,} in December 2022, down "
        f"from {before:,} in October 2022 - a drop of <{before - now:,}>."
    )

    assert verdict(text, "2023-03-20") == "right"


@pytest.mark.parametrize("off", [9, -9])
def test_a_change_whose_base_is_not_named_is_shown_too(verdict, shown, off):
    real = change("sw:Tucson Sector", "2023-12", "2022-12")
    text = (
        "Border apprehensions rose by <{}%> in the Tucson Sector, by a report of the agency. "
        "Agents of the sector made {} arrests in December 2023."
    ).format(round(real + off), said("sw:Tucson Sector", "2023-12"))

    assert verdict(text, "2024-01-30") == "not understood"
    assert any(abs(one - real) < 0.1 for one in shown(text, "2024-01-30"))
