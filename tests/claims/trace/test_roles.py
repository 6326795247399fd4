"""Changes, multiples, shares and averages: worked out here from the counts, said in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast.claims.trace import roles as features
from tests.support import claim_scenes, golden_texts
from tests.support.embedded_figures import NOT_RIGHT, change, count, said, share, within

SW, BP = "at the southwest border", "sw.usbp"


def percent(value: float, places: int = 0) -> str:
    return f"{abs(value):.{places}f}"


FELL = change("sw", "2024-07", "2024-06"), change("sw", "2024-07", "2023-07")
ROSE = change("sw", "2023-12", "2023-11"), change("sw", "FY2022", "FY2021")
BP_FELL = change(BP, "2025-02", "2024-02"), change(BP, "2025-02", "2025-01")

# A text with {} for percents, and what it is by the counts.
CHANGES = [
    ("Encounters at the southwest border fell <{} percent> from June 2024 to July 2024.", FELL[0]),
    ("Encounters at the southwest border fell <{} percent> in July 2024 from June.", FELL[0]),
    ("In July 2024, encounters at the southwest border were down <{}%> from July 2023.", FELL[1]),
    (
        "In July 2024, encounters at the southwest border were <{}%> lower than in July 2023.",
        FELL[1],
    ),
    (
        (
            "In July 2024 there were <{} percent> fewer encounters at the southwest border "
            "than a year earlier."
        ),
        FELL[1],
    ),
    (
        (
            "July 2024 saw a <{} percent> decrease in encounters at the southwest border "
            "from the previous month."
        ),
        FELL[0],
    ),
    (
        "Encounters at the southwest border in July 2024 were <{}%> below those of July 2023.",
        FELL[1],
    ),
    (
        (
            "Encounters at the southwest border in July 2024 saw a drop of <{}%> compared "
            "with July 2023."
        ),
        FELL[1],
    ),
    (
        "Encounters at the southwest border rose <{} percent> in December 2023 from November.",
        ROSE[0],
    ),
    (
        (
            "Encounters at the southwest border in December 2023 were up <{} percent> from "
            "the month before."
        ),
        ROSE[0],
    ),
    (
        (
            "Encounters at the southwest border were <{} percent> higher in fiscal 2022 than "
            "in fiscal 2021."
        ),
        ROSE[1],
    ),
    (
        (
            "In fiscal year 2022, encounters at the southwest border increased by <{}%> over "
            "fiscal year 2021."
        ),
        ROSE[1],
    ),
    (
        (
            "Between fiscal 2021 and fiscal 2022, encounters at the southwest border grew by "
            "<{} percent>."
        ),
        ROSE[1],
    ),
    (
        (
            "Border Patrol arrests at the southwest border dropped <{}%> in February 2025 "
            "from a year earlier."
        ),
        BP_FELL[0],
    ),
    (
        (
            "Border Patrol arrests at the southwest border dropped <{}%> in February 2025 "
            "from January 2025."
        ),
        BP_FELL[1],
    ),
    (
        (
            "Compared with February 2024, Border Patrol arrests at the southwest border in "
            "February 2025 fell by <{}%>."
        ),
        BP_FELL[0],
    ),
    (
        "The Tucson Sector's apprehensions fell <{} percent> in July 2024 from a year earlier.",
        change("sw:Tucson Sector", "2024-07", "2023-07"),
    ),
    (
        (
            "Encounters at the southwest border fell <{} percent> to {sw 2024-07} in July "
            "2024 from {sw 2024-06} in June."
        ),
        FELL[0],
    ),
    (
        (
            "Encounters at the southwest border fell from {sw 2024-06} in June 2024 to "
            "{sw 2024-07} in July, a drop of <{} percent>."
        ),
        FELL[0],
    ),
    (
        (
            "In July 2024, there were {sw 2024-07} encounters at the southwest border, <{} "
            "percent> fewer than in July 2023."
        ),
        FELL[1],
    ),
    (
        (
            "In the first eight months of fiscal 2024, encounters at the southwest border "
            "were up <{} percent> from the same period of fiscal 2023."
        ),
        change("sw", "2023-10..2024-05", "2022-10..2023-05"),
    ),
    (
        (
            "Encounters of Venezuelans at the southwest border fell <{} percent> in October "
            "2023 from September."
        ),
        change("sw:VENEZUELA", "2023-10", "2023-09"),
    ),
    (
        "Encounters at the northern border fell <{} percent> in July 2025 from July 2024.",
        change("nb", "2025-07", "2024-07"),
    ),
    (
        (
            "Since December 2023, encounters at the southwest border have fallen <{} "
            "percent>, to {sw 2024-07} in July 2024."
        ),
        change("sw", "2024-07", "2023-12"),
    ),
]


def filled(text: str, number: str) -> str:
    for at in ("2024-06", "2024-07"):
        text = text.replace(f"{{sw {at}}}", said("sw", at))
    return text.replace("{}", number)


@pytest.mark.parametrize("places", [0, 1])
@pytest.mark.parametrize(("text", "value"), CHANGES, ids=range(len(CHANGES)))
def test_a_change_is_right_at_the_precision_written(verdict, truth, text, value, places):
    text = filled(text, percent(value, places))

    assert verdict(text) == "right"
    assert truth(text) == pytest.approx(value)


@pytest.mark.parametrize(("text", "value"), CHANGES, ids=range(len(CHANGES)))
@pytest.mark.parametrize("off", [-9, 14])
def test_a_change_by_another_percent_is_never_right(verdict, text, value, off):
    text = filled(text, percent(abs(value) + off))

    assert verdict(text) in NOT_RIGHT


OTHER_WAY = [
    ("Encounters at the southwest border rose <{} percent> from June 2024 to July 2024.", FELL[0]),
    ("In July 2024, encounters at the southwest border were up <{}%> from July 2023.", FELL[1]),
    (
        "In July 2024, encounters at the southwest border were <{}%> higher than in July 2023.",
        FELL[1],
    ),
    (
        "Encounters at the southwest border fell <{} percent> in December 2023 from November 2023.",
        ROSE[0],
    ),
]


@pytest.mark.parametrize(("text", "value"), OTHER_WAY, ids=range(len(OTHER_WAY)))
def test_a_change_the_other_way_is_wrong(verdict, text, value):
    assert verdict(text.format(percent(value))) == "wrong"


MORE = count("sw", "2023-12") - count("sw", "2023-11")
FEWER = count("sw", "2024-06") - count("sw", "2024-07")
DIFFERENCES = [
    ("Encounters at the southwest border rose by <{}> in December 2023 from November.", MORE),
    (
        (
            "Encounters at the southwest border in December 2023 saw an increase of <{}> "
            "over November."
        ),
        MORE,
    ),
    ("Encounters at the southwest border fell by <{}> in July 2024 from June.", FEWER),
]


@pytest.mark.parametrize(("text", "value"), DIFFERENCES, ids=range(len(DIFFERENCES)))
def test_the_size_of_a_change_is_a_difference(verdict, truth, text, value):
    assert verdict(text.format(f"{value:,}")) == "right"
    assert abs(truth(text.format(f"{value:,}"))) == value
    assert verdict(text.format(f"{round(value * 1.2):,}")) in NOT_RIGHT


X = count("sw", "FY2022") / count("sw", "FY2020")
TIMES = [
    (
        (
            "In fiscal 2022, there were <{:.1f} times> as many encounters at the southwest "
            "border as in fiscal 2020."
        ),
        X,
    ),
    (
        (
            "Encounters at the southwest border in fiscal 2021 were <{:.1f} times> the "
            "number of fiscal 2020."
        ),
        count("sw", "FY2021") / count("sw", "FY2020"),
    ),
]


@pytest.mark.parametrize(("text", "value"), TIMES, ids=range(len(TIMES)))
@pytest.mark.parametrize(("off", "due"), [(0, ("right",)), (1.5, NOT_RIGHT)])
def test_a_multiple_is_right_to_the_decimal(verdict, text, value, off, due):
    assert verdict(text.format(value + off)) in due


SHARES = [
    (
        (
            "In September 2023, Venezuelans made up <{} percent> of encounters at the "
            "southwest border."
        ),
        share("sw:VENEZUELA", "2023-09", "sw"),
    ),
    (
        "Of all encounters at the southwest border in September 2023, <{}%> were of Venezuelans.",
        share("sw:VENEZUELA", "2023-09", "sw"),
    ),
    (
        "Family members accounted for <{} percent> of southwest border encounters in August 2023.",
        share("sw:FMUA", "2023-08", "sw"),
    ),
    (
        "In fiscal 2023, <{} percent> of encounters at the northern border were with Mexicans.",
        share("nb:MEXICO", "FY2023", "nb"),
    ),
    (
        (
            "The Tucson Sector accounted for <{} percent> of Border Patrol apprehensions at "
            "the southwest border in July 2024."
        ),
        share("sw:Tucson Sector", "2024-07", "sw.usbp"),
    ),
    (
        "In fiscal year 2024, <{}%> of all encounters nationwide were at the southwest border.",
        share("sw", "FY2024", "nw"),
    ),
    (
        "In July 2024, <{} percent> of encounters at the southwest border were at ports of entry.",
        share("sw.ofo", "2024-07", "sw"),
    ),
    (
        (
            "In August 2025, <{} percent> of the Border Patrol's arrests at the northern "
            "border were in the interior."
        ),
        share("nb:At Large", "2025-08", "nb.usbp"),
    ),
    (
        (
            "Single adults represented <{} percent> of encounters at the southwest border in "
            "July 2024."
        ),
        share("sw:Single Adults", "2024-07", "sw"),
    ),
    (
        "Of the encounters at the southwest border in July 2024, <{} percent> were with Mexicans.",
        share("sw:MEXICO", "2024-07", "sw"),
    ),
    (
        (
            "Mexicans and Cubans made up <{} percent> of encounters at the southwest border "
            "in July 2024."
        ),
        share("sw:MEXICO", "2024-07", "sw") + share("sw:CUBA", "2024-07", "sw"),
    ),
]


@pytest.mark.parametrize(("text", "value"), SHARES, ids=range(len(SHARES)))
@pytest.mark.parametrize("places", [0, 1])
def test_a_share_is_right_at_the_precision_written(verdict, truth, text, value, places):
    assert verdict(text.format(percent(value, places))) == "right"
    assert truth(text.format(percent(value, places))) == pytest.approx(value)


@pytest.mark.parametrize(("text", "value"), SHARES, ids=range(len(SHARES)))
def test_a_share_by_another_percent_is_never_right(verdict, text, value):
    assert verdict(text.format(percent(value + 14))) in NOT_RIGHT


DAYS = {"2024-07": 31, "2024-02": 29, "FY2023": 365, "2023-10..2024-03": 183}
AVERAGES = [
    (
        "In July 2024, the Border Patrol averaged <{} arrests a day> at the southwest border.",
        BP,
        "2024-07",
        31,
    ),
    (
        (
            "In February 2024, an average of <{} people> per day were encountered at the "
            "southwest border."
        ),
        "sw",
        "2024-02",
        29,
    ),
    (
        "Encounters at the southwest border averaged <{} a day> in fiscal year 2023.",
        "sw",
        "FY2023",
        365,
    ),
    (
        "Encounters at the southwest border averaged <{} per month> in fiscal year 2023.",
        "sw",
        "FY2023",
        12,
    ),
    (
        (
            "From October 2023 through March 2024, the monthly average was <{} encounters> "
            "at the southwest border."
        ),
        "sw",
        "2023-10..2024-03",
        6,
    ),
    (
        "The daily average was <{} encounters> at the southwest border in July 2024.",
        "sw",
        "2024-07",
        31,
    ),
    (
        (
            "From October 2023 through March 2024, CBP averaged <{} encounters every month> "
            "at the southwest border."
        ),
        "sw",
        "2023-10..2024-03",
        6,
    ),
]


@pytest.mark.parametrize(("text", "who", "when", "by"), AVERAGES, ids=range(len(AVERAGES)))
def test_an_average_is_the_count_by_its_days_or_months(verdict, truth, text, who, when, by):
    assert by in (len(within(when)), DAYS.get(when))
    value = count(who, when) / by

    assert verdict(text.format(f"{value:,.0f}")) == "right"
    assert truth(text.format(f"{value:,.0f}")) == pytest.approx(value)
    assert verdict(text.format(f"{value * 1.2:,.0f}")) in NOT_RIGHT


# What stands where numbers do and is no claim, or one that the record cannot judge.
NONE = [
    "At the southwest border, <45 percent> of voters want more agents.",
    "In July 2024, tariffs of <25 percent> were announced at the southwest border.",
    "The Border Patrol expects an increase of <30 percent> at the southwest border in July 2024.",
    "Encounters at the southwest border could rise by <30 percent> in July 2024.",
    "If encounters at the southwest border exceed <5,000> a day, it would be closed.",
]  # fmt: skip
NOT_HELD = [
    "In July 2024, seizures of fentanyl at the southwest border fell <45 percent>.",
    "In July 2024, there were <1,234> gotaways at the southwest border.",
    (
        "In fiscal 2023, <169> people on the terrorist watchlist were encountered at the "
        "southwest border."
    ),
    "In July 2024, <45 percent> of those encountered at the southwest border were removed.",
    "At the southwest border, an average of <4,500> people were arrested per day last week.",
    "In July 2024, the Border Patrol made <45> rescues at the southwest border.",
]


@pytest.mark.parametrize("text", NONE, ids=range(len(NONE)))
def test_what_is_no_claim_about_counts_is_not_judged(verdict, text):
    assert verdict(text) == "none"


@pytest.mark.parametrize("text", NOT_HELD, ids=range(len(NOT_HELD)))
def test_what_the_record_does_not_have_cannot_be_checked(verdict, text):
    assert verdict(text) == "cannot_be_checked"


# A marked number; below it what it does in its sentence.
MEANT = Path(__file__).with_name("features.txt")


def meant(case: str) -> str:
    found = claim_scenes.read(case)
    roles = dict(features.roles(found.scene, found.context))
    role = roles.get(found.number, features.NOTHING)
    return " ".join(filter(None, (role.kind, role.why))) or "no claim"


def test_words_around_a_number_say_how_it_stands_in_its_sentence():
    golden_texts.compare(MEANT, {case: meant(case) for case in golden_texts.read(MEANT)})
