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

    assert verdict(text) == "wrong"
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
