"""Records, ranks and "since" of the embedded record, each held against its months."""

from __future__ import annotations

import pytest

from tests.support.embedded_figures import count, earlier, highest, lowest, monthly, said

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
BP = "sw.usbp"


def holds(truly: bool) -> str:
    """What is due: one that the record does not bear is shown, not called wrong."""
    return "right" if truly else "not understood"


def words(month: str) -> str:
    return f"{MONTHS[int(month[5:]) - 1]} {month[:4]}"


def years(who: str, through: int, first: int = 2014) -> list[int]:
    return [count(who, f"FY{year}") for year in range(first, through + 1)]


# Month by month: whose, the month, the words, the verdict that the months before give.
OF_MONTHS = [
    *(
        ("sw", m, "the most ever in a month", highest("sw", m))
        for m in ("2021-07", "2022-05", "2022-12", "2023-12", "2024-01")
    ),
    *(
        ("sw", m, "the highest on record", highest("sw", m))
        for m in ("2022-05", "2022-06", "2023-12")
    ),
    *(
        (BP, m, "the lowest on record", lowest(BP, m))
        for m in ("2017-04", "2025-03", "2025-07", "2011-12")
    ),
    *(
        (BP, m, "the fewest in any month since at least 2000", lowest(BP, m))
        for m in ("2017-04", "2025-02")
    ),
    *(
        ("sw", m, "the highest since December 2023", highest("sw", m, "2024-01"))
        for m in ("2024-02", "2024-05")
    ),
    *(
        (BP, m, "the lowest since September 2020", lowest(BP, m, "2020-10"))
        for m in ("2024-06", "2024-07", "2024-05", "2024-11")
    ),
    *(
        (BP, m, "the lowest since fiscal year 2017", lowest(BP, m, "2017-10"))
        for m in ("2025-02", "2024-06")
    ),
    *(
        (BP, m, "the highest since March 2006", highest(BP, m, "2006-04"))
        for m in ("2021-03", "2019-05", "2021-06")
    ),
    *(
        (BP, m, "the lowest since President Biden took office", lowest(BP, m, "2021-02"))
        for m in ("2024-06", "2024-07", "2023-05")
    ),
    *(
        ("nb", m, "the highest in five years", highest("nb", m, f"{int(m[:4]) - 5}{m[4:]}"))
        for m in ("2022-12", "2023-11")
    ),
    *(
        (
            "nb",
            m,
            "the lowest in more than three years",
            lowest("nb", m, f"{int(m[:4]) - 3}{m[4:]}"),
        )
        for m in ("2025-02", "2025-03")
    ),
]


@pytest.mark.parametrize(
    ("who", "month", "said_of_it", "due"), OF_MONTHS, ids=range(len(OF_MONTHS))
)
def test_a_month_is_ranked_among_those_before(verdict, who, month, said_of_it, due):
    whose = {"sw": "encounters at the southwest border", "nb": "encounters at the northern border"}
    what = whose.get(who, "Border Patrol arrests at the southwest border")
    text = f"There were {said(who, month)} {what} in {words(month)}, <{said_of_it}>."

    due = holds(due == "right")
    if due == "right" and " ever " in said_of_it:
        due = "cannot_be_checked"  # of the time before the record nobody knows
    assert verdict(text) == due


# The rank is counted by hand: how many months or years before were higher or lower.
def rank(who: str, month: str, low: bool = False) -> int:
    now = count(who, month)
    return 1 + sum(n < now if low else n > now for n in earlier(who, month))


ORDINALS = ("", "", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")


RANKED = [
    ("sw", "2023-09", False),
    ("sw", "2023-11", False),
    (BP, "2025-03", True),
    (BP, "2025-06", True),
    (BP, "2026-01", True),
    ("nb", "2024-08", False),
]
PLACES = [
    (*row, off)
    for row in RANKED
    for off in (-1, 0, 1)
    if 2 <= rank(*row) + off < len(ORDINALS)  # the first is a record, the 30th has no word
]


@pytest.mark.parametrize(("who", "month", "low", "off"), PLACES)
def test_a_rank_is_right_to_the_place(verdict, who, month, low, off):
    side, border = "lowest" if low else "highest", "northern" if who == "nb" else "southwest"
    what = "Border Patrol arrests" if who == BP else "encounters"
    text = (
        f"In {words(month)} there were {said(who, month)} {what} at the {border} border, "
        f"the <{ORDINALS[rank(who, month, low) + off]}-{side} on record>."
    )
    assert verdict(text) == holds(off == 0)


# Fiscal years.
OF_YEARS = [
    *(
        (f"FY{y}", "the most on record", holds(max(years("sw", y)) == count("sw", f"FY{y}")))
        for y in (2019, 2021, 2022, 2023, 2024)
    ),
    *(
        (f"FY{y}", "the lowest on record", holds(min(years("sw", y)) == count("sw", f"FY{y}")))
        for y in (2015, 2017, 2018, 2025)
    ),
    *(
        (
            f"FY{y}",
            "the lowest since fiscal year 2020",
            holds(min(years("sw", y, 2021)) == count("sw", f"FY{y}")),
        )
        for y in (2023, 2024)
    ),
    *(
        (
            f"FY{y}",
            "the second-highest on record",
            holds(sorted(years("sw", y))[-2] == count("sw", f"FY{y}")),
        )
        for y in (2023, 2024, 2016)
    ),
]


@pytest.mark.parametrize(("year", "said_of_it", "due"), OF_YEARS, ids=range(len(OF_YEARS)))
def test_a_fiscal_year_is_ranked_among_years(verdict, year, said_of_it, due):
    text = (
        f"In fiscal year {year[2:]}, there were {said('sw', year)} encounters at the "
        f"southwest border, <{said_of_it}>."
    )

    assert verdict(text) == due


# Of one fiscal year or of months of one name.
SAME_YEAR = [m for m in monthly("sw") if "2023-10" <= m <= "2024-07"]


@pytest.mark.parametrize("month", ["2023-12", "2024-02", "2024-07"])
def test_the_highest_of_this_fiscal_year_is_the_highest_of_its_months(verdict, month):
    so_far = [count("sw", m) for m in SAME_YEAR]
    text = (
        f"There were {said('sw', month)} encounters at the southwest border in "
        f"{words(month)}, <the most this fiscal year>."
    )

    assert (
        verdict(text, "2024-08-20")
        in {
            True: ("right",),
            False: ("not understood",),
        }[count("sw", month) == max(so_far)]
    )


@pytest.mark.parametrize(
    "text",
    [
        (
            "At the southwest border in July 2024, encounters made the <record> books of no "
            "one's criminal record."
        ),
        (
            "There were 104,101 encounters at the southwest border in July 2024, <most of> "
            "them of men."
        ),
        "In July 2024 the southwest border saw the <most common> kind of encounters.",
        "The Border Patrol could see a <record> year at the southwest border if the trend holds.",
    ],
)
def test_words_of_another_sense_are_no_claim(verdict, text):
    assert verdict(text) == "none"
