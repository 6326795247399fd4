"""What a change is measured from: what the words name, or nothing that could accuse."""

from __future__ import annotations

import pytest

from forecast.claims.relate import bases
from tests.support import claim_scenes
from tests.support.embedded_figures import NOT_RIGHT, count, within

SW = "sw.usbp"
MONTHS = within("2021-02..2024-12")
MEAN = count(SW, "2021-02..2024-12") / len(MONTHS)
DAILY = count(SW, "2021-02..2024-12") / 1430
NOW = count(SW, "2025-11")


def below(now: float, then: float) -> str:
    return f"{100 * (1 - now / then):.0f}"


# A text with {} for the percent or multiple, and what it is by the counts.
NAMED = [
    (
        "In November 2025, Border Patrol apprehensions at the southwest border were <{}%> lower "
        "than the monthly average of the Biden administration.",
        below(NOW, MEAN),
    ),
    (
        "The Border Patrol made {now} apprehensions at the southwest border in November 2025, "
        "<{}%> below the peak of the Biden administration.",
        below(NOW, count(SW, "2023-12")),
    ),
    (
        "The Border Patrol made {now} apprehensions at the southwest border in November 2025, "
        "<{}%> fewer than the {peak} of December 2023.",
        below(NOW, count(SW, "2023-12")),
    ),
    (
        "Border Patrol apprehensions at the southwest border fell from {peak} in December 2023 to "
        "{now} in November 2025, a drop of <{}%>.",
        below(NOW, count(SW, "2023-12")),
    ),
    (
        "In October and November 2025, hence from October through November 2025, Border Patrol "
        "apprehensions at the southwest border were <{}%> below the same two months of 2023.",
        below(count(SW, "2025-10..2025-11"), count(SW, "2023-10..2023-11")),
    ),
    (
        "From October to November 2025, Border Patrol apprehensions at the southwest border fell "
        "<{}%>.",
        below(NOW, count(SW, "2025-10")),
    ),
    (
        "The Border Patrol made {now} apprehensions at the southwest border in November 2025. "
        "Compare that to {peak} in December 2023. That is a drop of <{}%>.",
        below(NOW, count(SW, "2023-12")),
    ),
]


@pytest.mark.parametrize(("text", "percent"), NAMED, ids=range(len(NAMED)))
def test_a_change_from_what_is_named_is_right(verdict, text, percent):
    text = text.replace("{now}", f"{NOW:,}").replace("{peak}", f"{count(SW, '2023-12'):,}")

    assert verdict(text.format(percent)) in ("right", "right_when_rounded")
    assert verdict(text.format(int(percent) - 7)) in NOT_RIGHT


def test_an_average_a_day_is_of_the_days_of_an_administration(verdict):
    said = (
        "Under President Biden, the Border Patrol averaged <{:,.0f}> apprehensions a day at the {}."
    )
    place = "southwest border"

    assert verdict(said.format(DAILY, place)) in ("right", "right_when_rounded")
    assert verdict(said.format(DAILY * 1.3, place)) in NOT_RIGHT


UNREAD = [
    "Encounters at the northern border in May 2025 were <{}%> lower than in some golden age.",
    "Encounters at the northern border in May 2025 fell <{}%> below the average of the lean years.",
    "Encounters at the northern border fell <{}%> in May 2025.",
]


@pytest.mark.parametrize("text", UNREAD)
@pytest.mark.parametrize("percent", [11, 37, 88])
def test_a_base_that_is_not_read_accuses_nobody(verdict, text, percent):
    assert verdict(text.format(percent), "2025-06-20") == "not understood"


# A marked change: whether its base is named, and the times that name it.
READ = [
    ("It fell <9%> from May to June.", True, ["months"]),
    ("It fell <9%> from May.", True, ["month"]),
    ("It fell <9%> from May (as all of them said at the time, in June).", True, ["month"]),
    ("It fell <9%> on May.", True, ["month"]),
    ("It fell <9%>.", False, []),
    ("It fell <9%>, and in May it rose.", False, []),
    ("It was <9%> below that of May, and in June higher.", True, ["month"]),
    ("It was <9%> below May and 12% below June.", True, ["month"]),
    ("Compared with May 2024, it fell <9%>.", True, ["month"]),
    ("In May it fell <9%>.", False, []),
    ("It was <twice> the number of May.", True, ["month"]),
    ("It fell <9%> since May.", True, ["since"]),
    ("It fell <9%> a year earlier.", True, ["shift"]),
    ("It fell 4% from May and <9%> in all.", False, []),
    ("People from May were <9%>.", False, []),
]


@pytest.mark.parametrize(("case", "named", "forms"), READ)
def test_words_that_name_a_base_are_found(case, named, forms):
    found = claim_scenes.read(case)
    base = bases.read(found.scene, found.number)

    assert (base is not None) == named
    assert [ref.form for ref in (base.refs if base else ())] == forms


def test_a_multiple_is_of_what_stands_right_behind_it(verdict):
    then, now = count("nb", "2024-01"), count("nb", "2023-12")
    text = (
        "At the northern border there were {} encounters in January 2024, <double> {}. In {} fewer."
    )

    assert then < 1.5 * now
    for what in ("the month before", "December"):
        assert verdict(text.format(f"{then:,}", what, "March 2024")) in NOT_RIGHT
