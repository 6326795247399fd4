"""When a number was counted, by the words for it and the day of publication."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from forecast.claims.text import times
from forecast.claims.text.lexicon import lexicon_of
from forecast.periods import FEDERAL
from tests.support import golden_texts
from tests.support.cbp_files import ENCOUNTERS
from tests.support.embedded_figures import NOT_RIGHT, count, said

# Day of publication | words | spoken of before, the latest first | compared with; below it the
# spans that the words may mean, most likely first.
LEXICON = lexicon_of(ENCOUNTERS)
MEANT = Path(__file__).with_name("times.txt")


def meant(case: str) -> str:
    day, words, before, base = [*map(str.strip, case.split("|")), "", ""][:4]
    before_it, beside = ([FEDERAL.read(one, 0) for one in said.split()] for said in (before, base))
    now = times.TextState(date.fromisoformat(day), FEDERAL, recent=list(before_it))
    return "\n".join(
        " ".join(map(FEDERAL.name, times.spans(ref, now, next(iter(beside), None))))
        for ref in times.find(words, 0)
    )


def test_a_time_may_mean_these_months_in_this_order():
    golden_texts.compare(MEANT, {case: meant(case) for case in golden_texts.read(MEANT)})


# The day, the words, and the months they mean.
WHEN = [
    ("2024-08-20", "in July 2024", "2024-07"),
    ("2024-08-20", "in July", "2024-07"),
    ("2024-08-20", "last month", "2024-07"),
    ("2024-08-20", "in August of last year", "2023-08"),
    ("2024-08-20", "in March of this year", "2024-03"),
    ("2024-08-20", "in September", "2023-09"),
    ("2024-08-20", "last December", "2023-12"),
    ("2024-08-20", "in fiscal year 2023", "FY2023"),
    ("2024-08-20", "in FY23", "FY2023"),
    ("2024-08-20", "in FY 2022", "FY2022"),
    ("2024-08-20", "in the 2022 fiscal year", "FY2022"),
    ("2024-08-20", "last fiscal year", "FY2023"),
    ("2024-08-20", "in 2023", "FY2023"),
    ("2024-08-20", "in calendar year 2023", "2023"),
    ("2024-08-20", "so far this fiscal year", "2023-10..2024-07"),
    ("2024-08-20", "this fiscal year through June", "2023-10..2024-06"),
    ("2024-08-20", "in fiscal year 2024 to date", "2023-10..2024-07"),
    ("2024-08-20", "in fiscal 2024 through May", "2023-10..2024-05"),
    ("2024-08-20", "in FY2023 through May", "2022-10..2023-05"),
    ("2024-08-20", "in the first six months of fiscal year 2023", "2022-10..2023-03"),
    ("2024-08-20", "in the first half of fiscal 2023", "2022-10..2023-03"),
    ("2024-08-20", "in the first quarter of fiscal 2023", "2022-10..2022-12"),
    ("2024-08-20", "in the second quarter of FY2023", "2023-01..2023-03"),
    ("2024-08-20", "in the fourth quarter of FY2023", "2023-07..2023-09"),
    ("2024-08-20", "in Q3 of FY2023", "2023-04..2023-06"),
    ("2024-08-20", "in the last three months of fiscal 2023", "2023-07..2023-09"),
    ("2024-08-20", "in the first four months of this fiscal year", "2023-10..2024-01"),
    ("2024-08-20", "in the first six months of 2023", "2023-01..2023-06"),
    ("2024-08-20", "in the first quarter of last year", "2023-01..2023-03"),
    ("2024-08-20", "from October 2022 through March 2023", "2022-10..2023-03"),
    ("2024-08-20", "between January and April 2023", "2023-01..2023-04"),
    ("2024-08-20", "from October through March", "2023-10..2024-03"),
    ("2024-08-20", "from January to June of last year", "2023-01..2023-06"),
    ("2024-08-20", "from November 2023 to February", "2023-11..2024-02"),
    ("2024-08-20", "from Oct. 1, 2022 to April 30, 2023", "2022-10..2023-04"),
    ("2024-08-20", "in fiscal years 2022 and 2023 combined", "2021-10..2023-09"),
    ("2024-08-20", "from fiscal year 2021 to 2023", "2020-10..2023-09"),
    ("2024-08-20", "since January 2023", "2023-01..2024-07"),
    ("2024-08-20", "since October 1, 2022", "2022-10..2024-07"),
    ("2024-08-20", "since the start of fiscal year 2023", "2022-10..2024-07"),
    ("2024-08-20", "since FY2022", "2021-10..2024-07"),
    ("2024-08-20", "since President Biden took office", "2021-02..2024-07"),
    ("2024-08-20", "under President Biden", "2021-02..2024-07"),
    ("2025-08-20", "since President Trump returned to office", "2025-02..2025-07"),
    ("2025-08-20", "since President Trump took office", "2025-02..2025-07"),
    ("2024-08-20", "in the past 12 months", "2023-08..2024-07"),
    ("2024-08-20", "over the past three months", "2024-05..2024-07"),
    ("2024-08-20", "in the past two fiscal years", "2021-10..2023-09"),
    ("2024-08-20", "in the year to March 2024", "2023-04..2024-03"),
    ("2024-08-20", "in the 12 months through June", "2023-07..2024-06"),
    ("2024-08-20", "this calendar year", "2024-01..2024-07"),
    ("2023-10-25", "in the fiscal year that just ended", "FY2023"),
    ("2023-11-25", "in the fiscal year that ended in September", "FY2023"),
    ("2023-10-25", "last fiscal year", "FY2023"),
    ("2024-08-20", "in October of fiscal year 2023", "2022-10"),
    ("2024-08-20", "in March of FY2023", "2023-03"),
    ("2024-08-20", "in Sept. 2023", "2023-09"),
    ("2024-01-20", "in December", "2023-12"),
    ("2024-01-20", "last month", "2023-12"),
    ("2024-01-20", "in January", "2023-01"),
    ("2024-10-20", "in September", "2024-09"),
    ("2024-11-20", "last month", "2024-10"),
    ("2024-11-20", "so far this fiscal year", "2024-10"),
    ("2025-02-20", "in the first four months of the fiscal year", "2024-10..2025-01"),
]


@pytest.mark.parametrize(("day", "words", "when"), WHEN, ids=range(len(WHEN)))
def test_a_time_means_these_months(verdict, truth, day, words, when):
    text = f"There were <{said('sw', when)}> encounters at the southwest border {words}."

    assert verdict(text, day).startswith("right")
    assert truth(text, day) == count("sw", when)


@pytest.mark.parametrize(("day", "words", "when"), WHEN, ids=range(len(WHEN)))
def test_a_number_of_no_months_is_not_right(verdict, day, words, when):
    text = (
        f"There were <{round(count('sw', when) * 1.37):,}> encounters at the southwest border "
        f"{words}."
    )

    assert verdict(text, day) in {*NOT_RIGHT, "near_today"}


# The day, a text whose number is compared, and the months it was counted in.
BESIDE = [
    (
        "2024-08-20",
        "CBP had {sw 2024-07} encounters at the southwest border in July, down from <{n}> in June.",
        "2024-06",
    ),
    (
        "2024-08-20",
        (
            "CBP had {sw 2024-07} encounters at the southwest border in July, down from "
            "<{n}> in July 2023."
        ),
        "2023-07",
    ),
    (
        "2024-08-20",
        (
            "CBP had {sw 2024-07} encounters at the southwest border in July, compared with "
            "<{n}> a year earlier."
        ),
        "2023-07",
    ),
    (
        "2024-08-20",
        (
            "CBP had {sw 2024-07} encounters at the southwest border in July, compared with "
            "<{n}> the month before."
        ),
        "2024-06",
    ),
    (
        "2024-08-20",
        (
            "CBP had {sw 2024-07} encounters at the southwest border in July, compared with "
            "<{n}> two years earlier."
        ),
        "2022-07",
    ),
    (
        "2024-08-20",
        (
            "CBP had {sw 2024-07} encounters at the southwest border in July, compared with "
            "<{n}> three months earlier."
        ),
        "2024-04",
    ),
    (
        "2024-08-20",
        (
            "CBP had {sw 2024-07} encounters at the southwest border in July, compared with "
            "<{n}> in the same month of 2021."
        ),
        "2021-07",
    ),
    (
        "2024-08-20",
        (
            "CBP had {sw 2024-07} encounters at the southwest border in July, compared with "
            "<{n}> in the same month last year."
        ),
        "2023-07",
    ),
    (
        "2024-08-20",
        (
            "CBP had {sw FY2023} encounters at the southwest border in fiscal 2023, up from "
            "<{n}> the previous year."
        ),
        "FY2022",
    ),
    (
        "2024-08-20",
        (
            "CBP had {sw FY2023} encounters at the southwest border in fiscal 2023, up from "
            "<{n}> in fiscal 2022."
        ),
        "FY2022",
    ),
    (
        "2024-08-20",
        (
            "CBP had {sw FY2022} encounters at the southwest border in fiscal 2022. The "
            "following year it had <{n}>."
        ),
        "FY2023",
    ),
    (
        "2024-08-20",
        (
            "CBP had {sw 2023-11} encounters at the southwest border in November 2023. A "
            "month later it had <{n}>."
        ),
        "2023-12",
    ),
    (
        "2024-08-20",
        (
            "CBP had {sw 2023-10..2024-05} encounters at the southwest border from October "
            "to May, compared with <{n}> in the same period a year earlier."
        ),
        "2022-10..2023-05",
    ),
    (
        "2024-08-20",
        (
            "CBP had {sw 2023-10..2024-05} encounters at the southwest border from October "
            "2023 to May 2024, compared with <{n}> in the same period of fiscal year 2022."
        ),
        "2021-10..2022-05",
    ),
    (
        "2024-08-20",
        (
            "CBP had {sw 2023-12} encounters at the southwest border in December 2023. That "
            "month the Border Patrol had <{n}>."
        ),
        "usbp",
    ),
    (
        "2024-08-20",
        "Encounters at the southwest border fell since December 2023, when there were <{n}>.",
        "2023-12",
    ),
]


@pytest.mark.parametrize(("day", "text", "when"), BESIDE, ids=range(len(BESIDE)))
def test_a_time_beside_another_means_these_months(verdict, truth, day, text, when):
    who, when = ("sw.usbp", "2023-12") if when == "usbp" else ("sw", when)
    first = text[text.index("{") + 1 : text.index("}")]
    if " " in first:
        text = text.replace(f"{{{first}}}", said(*first.split()))
    text = text.replace("{n}", said(who, when))

    assert verdict(text, day) == "right"
    assert truth(text, day) == count(who, when)


# Days and weeks are not on record, whatever stands beside them.
@pytest.mark.parametrize(
    "words",
    ["last week", "in the past 24 hours", "over the weekend", "in a single day",
     "in two weeks", "yesterday", "on March 5, 2024"],
)  # fmt: skip
def test_days_and_weeks_cannot_be_checked(verdict, words):
    text = f"The Border Patrol made <8,123> arrests at the southwest border {words}."

    assert verdict(text, "2024-08-20") == "cannot_be_checked"
