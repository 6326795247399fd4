"""Changes whose two ends are named, and those of which an end is not certain."""

from __future__ import annotations

import pytest

from tests.support.embedded_figures import NOT_RIGHT, change, count, said

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


FROM_TO = "Encounters at the southwest border fell {} percent from May to June 2024 ({} to {})."


@pytest.mark.parametrize("place", [1, 2])
def test_numbers_in_brackets_are_of_the_months_before_them(verdict, place):
    parts = [
        round(-change("sw", "2024-06", "2024-05")),
        said("sw", "2024-05"),
        said("sw", "2024-06"),
    ]
    marked = [f"<{part}>" if at == place else part for at, part in enumerate(parts)]
    parts[place] = f"<{round(int(parts[place].replace(',', '')) * 1.09):,}>"

    assert verdict(FROM_TO.format(*marked)) == "right"
    assert verdict(FROM_TO.format(*parts)) in NOT_RIGHT


ENDS = [
    "Encounters at the southwest border numbered {now} in June 2024, <{}> percent {less} than in "
    "May.",
    "In June 2024 there were {now} encounters at the southwest border, a <{}> percent drop from "
    "May's {then}.",
    "Encounters at the southwest border fell <{}> percent from May to June 2024 ({then} to {now}).",
    "Encounters at the southwest border numbered {now} in June 2024, down <{}> percent from May.",
]


@pytest.mark.parametrize("text", ENDS)
@pytest.mark.parametrize(("off", "due"), [(0, "right"), (9, "wrong"), (-9, "wrong")])
def test_a_change_of_which_both_ends_are_named_is_right_or_wrong(verdict, truth, text, off, due):
    real = change("sw", "2024-06", "2024-05")
    said_so = {"now": said("sw", "2024-06"), "then": said("sw", "2024-05"), "less": "lower"}
    marked = text.format(round(off - real), **said_so)

    assert verdict(marked) == due
    assert truth(marked) == pytest.approx(real, abs=0.1)


def test_the_month_of_a_possessive_is_the_one_that_is_meant(verdict, truth):
    number = round(count("sw.usbp", "2020-07") * 1.09)
    text = (
        "In fiscal year 2021 the Border Patrol apprehended far more people at the southwest border "
        f"than July 2020's <{number:,}>."
    )

    assert verdict(text) == "not understood"  # and shown with it
    assert truth(text) == count("sw.usbp", "2020-07")


def test_words_of_a_streak_leave_the_count_before_the_comma(verdict):
    text = (
        "There were <more than 207,000> total encounters at the southwest border in June 2022, the "
        "fourth straight month of more than 200,000."
    )

    assert count("sw", "2022-06") // 1000 == 207
    assert verdict(text) == "right_when_rounded"


@pytest.mark.parametrize("text", ["asks <the record> for each number", "finds it in <the record>"])
def test_the_record_that_is_kept_is_no_record(verdict, text):
    assert verdict(f"{BEFORE}The program {text}.") == "none"


@pytest.mark.parametrize("text", ["", "In the Del Rio Sector it was quiet in October 2021. "])
def test_an_exact_count_of_a_time_that_nobody_speaks_of_is_not_right(verdict, text):
    chance = f"{text}They counted <{said('nw.usbp', '2007-10')}> people."

    assert verdict(chance, "2022-01-20") in (*NOT_RIGHT, "none")


LATER = "Border Patrol apprehensions at the southwest border numbered {now} in March 2024. "


@pytest.mark.parametrize(("off", "due"), [(0, {"right"}), (9, set(NOT_RIGHT))])
def test_a_second_percentage_is_of_the_same_month_as_the_first(verdict, truth, off, due):
    real = -change("sw.usbp", "2024-03", "2023-03")
    first = round(-change("sw.usbp", "2024-03", "2023-12"))
    text = LATER.format(now=said("sw.usbp", "2024-03")) + (
        f"They were {first} percent lower than in December 2023, and <{round(real) + off} percent> "
        "lower than in March 2023."
    )

    assert verdict(text, "2024-04-20") in due


def test_the_fiscal_year_of_a_number_is_one_time(verdict):
    real = change("sw:Yuma Sector", "FY2022", "FY2021")
    text = f"In fiscal 2022 the Yuma Sector was up <{real:.1f}%> from the fiscal year {{}}2021."

    assert verdict(text.format(""), "2022-10-25") == "right"
    assert verdict(text.format("of "), "2022-10-25") == "right"


def test_months_behind_a_quarter_are_its_months(verdict):
    text = (
        "In fiscal 2024 there were many. By comparison, in Q1 FY22, encounters at the southwest "
        "border totaled <{}> in October, {} in November and {} in December."
    )
    months = [said("sw", month) for month in ("2021-10", "2021-11", "2021-12")]

    assert verdict(text.format(*months), "2024-02-12") == "right"


def test_what_a_number_is_more_than_is_compared_with_the_same_months(verdict):
    text = (
        f"There were {said('sw', '2023-10..2024-05')} encounters at the southwest border in fiscal "
        f"year 2024. That is more than the <{said('sw', '2021-10..2022-05')}> counted in fiscal "
        "year 2022."
    )

    assert verdict(text, "2024-06-20") == "right"


def test_a_count_beside_one_that_is_not_found_is_not_surely_of_its_place(verdict):
    sector = said("nb:Swanton Sector", "2024-10..2025-01")
    text = (
        "Border encounters in the Swanton Sector of the U.S. Border Patrol dropped in January, "
        "long after the northern border surge. The data shows a decline since October (1,025), "
        f"with 483 in November, for a 2025 fiscal year-to-date total of <{sector}>."
    )

    assert verdict(text, "2025-02-21") != "wrong"


@pytest.mark.parametrize(("off", "due"), [(0, "right"), (90_000, None)])
def test_a_record_says_nothing_of_the_count_behind_it(verdict, off, due):
    number = count("sw", "2022-10..2023-03") + off
    text = (
        "The first six months of fiscal year 2023 set a record of <{}> total encounters at the "
        "southwest border."
    ).format(f"{number:,}")

    assert verdict(text, "2023-05-01") in ([due] if due else NOT_RIGHT)


PATROL = "Border Patrol apprehensions at the southwest border "


@pytest.mark.parametrize(("off", "due"), [(0, ("right",)), (9, NOT_RIGHT)])
def test_a_change_may_be_of_the_months_and_the_place_of_the_sentence_before(verdict, off, due):
    real = round(-change("nw", "2025-01", "2024-01"))
    text = (
        f"Last month, there were {said('nw', '2025-01')} encounters nationwide. Border encounters "
        f"nationwide decreased <{real + off} percent> compared to January 2024 "
        f"({said('nw', '2024-01')}) and {round(-change('nw', '2025-01', '2024-12'))} percent "
        f"compared to December 2024 ({said('nw', '2024-12')})."
    )

    assert verdict(text, "2025-02-21") in due


def test_the_month_that_a_drop_is_from_is_not_that_of_the_count(verdict):
    text = (
        f"{PATROL}numbered {said('sw.usbp', '2025-05')} in May. In June there were "
        f"<{said('sw.usbp', '2025-06')}> of them, a drop from March's low."
    )

    assert verdict(text, "2025-07-20") == "right"


def test_a_percentage_is_not_held_by_months_that_nobody_compares(verdict):
    base, now = "2019-02", change("sw.usbp", "2019-03", "2019-02")
    others = {year: change("sw.usbp", f"{year}-03", base) for year in range(2001, 2012)}
    first = next(year for year, other in others.items() if other > 1 and abs(other - now) > 5)
    wrong = round(change("sw.usbp", f"{first}-03", "2019-02"))
    text = (
        f"It was the busiest month since March {first}. {PATROL}numbered "
        f"{said('sw.usbp', '2019-03')} in March 2019, a <{wrong} percent> increase over February."
    )

    assert verdict(text, "2019-04-10") in NOT_RIGHT


def test_a_change_of_another_order_is_misread_rather_than_wrong(verdict):
    text = (
        f"In fiscal 2023 there were {said('sw:VENEZUELA', 'FY2023')} encounters of Venezuelans at "
        "the southwest border. It is a <6,000 percent> increase from the year before."
    )

    assert verdict(text, "2024-05-20") != "wrong"


def test_the_border_patrol_of_the_u_s_ends_no_sentence(verdict):
    text = (
        "Encounters in the Yuma Sector of the U.S. Border Patrol dropped to "
        f"<{said('sw:Yuma Sector', '2025-01')}> in January, long after the northern border surge."
    )

    assert verdict(text, "2025-02-21") == "right"


# Changes beside which more stands than their own two ends.
NOW, THEN, BACK = "2024-06", "2024-05", "2023-06"
UNCERTAIN = {
    "a second base joined by and": "In June 2024 there were {now} encounters at the southwest "
    "border, down <{}> percent from a year earlier and down from {then} in May.",
    "a base of its own and another change": "There were {now} encounters at the southwest border "
    "in June 2024, a <{}>% decrease from June 2023, when there were {back}, and a larger one, "
    "{second}%, from the {then} of May 2024.",
    "two changes of one month": "In June 2024, encounters at the southwest border were half the "
    "same period last year, and a <{}> percent decrease from the {then} of May.",
    "another number": "There were {now} encounters at the southwest border in June 2024, 9,000 of "
    "them of children, <{}> percent fewer than in May 2024.",
}


@pytest.mark.parametrize("text", UNCERTAIN.values(), ids=UNCERTAIN)
@pytest.mark.parametrize("points", [1, 2, 9, 24, 60])
def test_a_change_beside_other_ends_is_shown_rather_than_accused(verdict, text, points):
    second = round(-change("sw", NOW, THEN))
    numbers = {name: said("sw", at) for name, at in (("now", NOW), ("then", THEN), ("back", BACK))}
    marked = text.format(points, second=second, **numbers)

    assert verdict(marked) != "wrong"


@pytest.mark.parametrize("points", [1, 2, 40])
def test_rounded_ends_make_no_change_wrong(verdict, points):
    text = (
        "Border Patrol apprehensions at the southwest border went from 13,000 in June 2023 to "
        f"12,900 in June 2024, a <{points}%> decrease."
    )

    assert verdict(text) != "wrong"


@pytest.mark.parametrize("off", [0, 9])
def test_a_lone_change_between_two_dated_numbers_is_held_against_both(verdict, off):
    points = round(-change("sw", NOW, BACK)) + off
    text = (
        f"Encounters at the southwest border went from {said('sw', BACK)} in June 2023 to "
        f"{said('sw', NOW)} in June 2024, a <{points}%> decrease."
    )

    assert verdict(text) == ("wrong" if off else "right")


WHERE = "at the southwest border {} <{}%> in fiscal 2024 from fiscal 2023."


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("Border Patrol apprehensions " + WHERE.format("fell", 51), "wrong"),
        ("The total number of illegal crossings " + WHERE.format("rose", 12), "wrong"),
        ("Assaults on Border Patrol agents " + WHERE.format("rose", 15), "not understood"),
        ("The Border Patrol's payroll " + WHERE.format("rose", 17), "not understood"),
        ("Apprehensions per agent " + WHERE.format("fell", 51), "not understood"),
        ("Voters who say that apprehensions matter " + WHERE.format("rose", 9), "not understood"),
        ("Border Patrol apprehensions of families " + WHERE.format("fell", 44), "not understood"),
        (
            "Border Patrol apprehensions at the southwest border in fiscal 2024 were <51%> lower "
            "than a panel had reported for fiscal 2023.",
            "not understood",
        ),
        (
            f"There were {said('sw.usbp', '2024-09')} arrests at the southwest border in September "
            "2024, <70%> fewer releases than in September 2023.",
            "not understood",
        ),
        (
            f"El Paso had {said('sw:El Paso Sector', '2024-09')} arrests in September 2024, and "
            "its bridges had <9%> more than in August 2024.",
            "not understood",
        ),
        (
            "In Nogales, in the Tucson Sector, arrests fell <50%> in September 2024 from December "
            "2023.",
            "not understood",
        ),
    ],
)
def test_a_change_is_wrong_only_where_each_word_of_its_ends_is_known(verdict, text, due):
    assert verdict(text, "2024-10-30") == due


@pytest.mark.parametrize(("off", "due"), [(2, "not understood"), (3, "wrong")])
def test_a_change_of_ends_on_record_may_be_off_by_what_they_are_restated(verdict, off, due):
    real = 100 * (count("sw", "FY2023") / count("sw", "FY2022") - 1)  # 4.1%
    text = "Encounters at the southwest border rose <{:.1f}%> in fiscal 2023 from fiscal 2022."

    assert verdict(text.format(real + off), "2024-10-30") == due
