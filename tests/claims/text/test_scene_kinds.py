"""What kind of number stands in a sentence: how closely it is meant, and what is no claim."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast.claims.text.scene import direction, hedge, is_plain_no, noun_after
from tests.support import golden_texts
from tests.support.claim_scenes import read
from tests.support.embedded_figures import NOT_RIGHT, count, said

# July 2024 at the southwest border: 104,100; a number below or above it, and the word before it.
HEDGES = [
    # said, what it is said with, whether it holds of 104,100
    ("about {}", 104_000, True),
    ("roughly {}", 104_000, True),
    ("around {}", 100_000, True),
    ("some {}", 110_000, False),
    ("approximately {}", 104_000, True),
    ("an estimated {}", 104_000, True),
    ("nearly {}", 105_000, True),
    ("nearly {}", 100_000, False),
    ("almost {}", 110_000, True),
    ("just under {}", 105_000, True),
    ("close to {}", 105_000, True),
    ("close to {}", 103_000, False),
    ("more than {}", 104_000, True),
    ("more than {}", 100_000, True),
    ("more than {}", 105_000, False),
    ("over {}", 100_000, True),
    ("at least {}", 104_000, True),
    ("upwards of {}", 105_000, False),
    ("fewer than {}", 105_000, True),
    ("fewer than {}", 103_000, False),
    ("less than {}", 110_000, True),
    ("under {}", 105_000, True),
    ("{} or more", 104_000, True),
    ("{} or more", 105_000, False),
    ("{} or so", 104_000, True),
    ("{} or so", 105_000, True),
    ("{}-plus", 104_000, True),
    ("{}-plus", 106_000, False),
    ("{}+", 104_000, True),
    ("{}+", 106_000, False),
    ("a little over {}", 104_000, True),
    ("not quite {}", 105_000, True),
    ("{}", 104_000, True),
    ("{}", 100_000, True),
]
FORMS = {
    104_000: ("104,000", "104K"),
    105_000: ("105,000",),
    100_000: ("100,000", "100K", "0.1 million"),
}


@pytest.mark.parametrize(("hedge", "number", "does"), HEDGES, ids=range(len(HEDGES)))
def test_a_hedge_says_how_closely_a_number_is_meant(verdict, hedge, number, does):
    assert count("sw", "2024-07") == 104_100
    for written in FORMS.get(number, (f"{number:,}",)):
        text = f"CBP had <{hedge.format(written)}> encounters at the southwest border in July 2024."
        due = ("right_when_rounded",) if does else NOT_RIGHT
        assert verdict(text) in due, text


# In a percent: July 2024 was 20.2 % below June.
OF_PERCENTS = [
    ("more than {} percent", 20, True),
    ("more than {} percent", 15, True),
    ("more than {} percent", 25, False),
    ("at least {} percent", 25, False),
    ("nearly {} percent", 21, True),
    ("nearly {} percent", 30, False),
    ("almost {}%", 19, False),
    ("less than {} percent", 25, True),
    ("less than {} percent", 15, False),
    ("about {} percent", 20, True),
    ("roughly {}%", 22, True),
    ("about {} percent", 30, False),
]


@pytest.mark.parametrize(("hedge", "number", "does"), OF_PERCENTS, ids=range(len(OF_PERCENTS)))
def test_a_hedge_of_a_percent_says_how_closely_it_is_meant(verdict, hedge, number, does):
    fell = 100 * (1 - count("sw", "2024-07") / count("sw", "2024-06"))
    assert 20.15 < fell < 20.25
    text = (
        f"Encounters at the southwest border fell by <{hedge.format(number)}> in July 2024 "
        f"from June 2024."
    )
    due = ("right", "right_when_rounded") if does else NOT_RIGHT
    assert verdict(text) in due, text


@pytest.mark.parametrize(
    ("claim", "does"),
    [
        ("a nearly 21 percent", True),
        ("a nearly 30 percent", False),
        ("a more than 20 percent", True),
    ],
)
def test_a_hedge_behind_an_article_is_one(verdict, claim, does):
    text = (
        f"CBP saw <{claim}> drop in encounters at the southwest border in July 2024 from June 2024."
    )

    assert (verdict(text) not in NOT_RIGHT) == does


# Which way a change went, by the words before and behind it.
DIRECTIONS = [
    ("rose {}%", 1),
    ("fell {}%", -1),
    ("were up {}%", 1),
    ("were down {}%", -1),
    ("increased by {}%", 1),
    ("decreased by {}%", -1),
    ("were {}% higher", 1),
    ("were {}% lower", -1),
    ("jumped {}%", 1),
    ("dropped {}%", -1),
    ("saw a {}% increase", 1),
    ("saw a {}% decrease", -1),
    ("surged {}%", 1),
    ("plunged {}%", -1),
    ("saw a drop of {}%", -1),
    ("saw a rise of {}%", 1),
    ("climbed {}%", 1),
    ("declined {}%", -1),
]


@pytest.mark.parametrize(("words", "way"), DIRECTIONS, ids=range(len(DIRECTIONS)))
def test_a_change_is_right_in_its_direction_only(verdict, words, way):
    fell = 100 * (count("sw", "2024-07") / count("sw", "2023-07") - 1)
    rose = 100 * (count("sw", "2023-07") / count("sw", "2023-06") - 1)
    down = f"<{words.format(f'{-fell:.0f}')}> in July 2024 compared with July 2023"
    up = f"<{words.format(f'{rose:.0f}')}> in July 2023 compared with June 2023"

    for claim, due in ((down, -1), (up, 1)):
        text = f"Encounters at the southwest border {claim}."
        assert (verdict(text) == "right") == (way == due), text


NUMBER = "at the southwest border in July 2024."
# Numbers that count no encounters, with what is known of them beside.
NO_CLAIMS = [
    f"The Border Patrol has <19,104> agents to make arrests {NUMBER}",
    f"Congress gave $<8> billion for encounters {NUMBER}",
    f"Encounters under Title <42> ended {NUMBER}",
    f"CBP spent $<104,000> on encounters {NUMBER}",
    f"It spent <104,000> dollars on encounters {NUMBER}",
    f"Call <202-555-0143> about encounters {NUMBER}",
    f"The hearing on encounters {NUMBER} begins at <5> p.m.",
    f"H.R. <1234> speaks of encounters {NUMBER}",
    f"An F-<16> flew over encounters {NUMBER}",
    f"Section <1325> speaks of encounters {NUMBER}",
    "The southwest border is <1,954> miles long, and had encounters in July 2024.",
    f"A <23>-year-old man was among the encounters {NUMBER}",
    f"Encounters took <45> minutes each {NUMBER}",
    f"There are <328> ports of entry for encounters {NUMBER}",
    f"Some <26> governors wrote about encounters {NUMBER}",
    f"The caravan walked <1,500> kilometers before encounters {NUMBER}",
    f"No. <2,087> on the list of encounters {NUMBER}",
    f"Follow @border_<1042> for encounters {NUMBER}",
    f"The bill about encounters {NUMBER} passed by <220> votes.",
    "Encounters at the southwest border fell between <15> and 20 percent in July 2024 from June.",
    "Encounters at the southwest border fell 15 to <20 percent> in July 2024 from June 2024.",
    "Encounters at the southwest border changed <20 percent> in July 2024 from June 2024.",
    f"Call (202) 555-<0143> about encounters {NUMBER}",
    f"Interstate <8> was near the encounters {NUMBER}",
]


@pytest.mark.parametrize("text", NO_CLAIMS, ids=range(len(NO_CLAIMS)))
def test_a_number_of_something_else_is_not_judged(verdict, text):
    assert verdict(text) == "none"


# The noun behind a number, near or far.
NOUNS = [
    "CBP had <{}> such encounters " + NUMBER,
    "CBP had <{}> total migrant encounters " + NUMBER,
    "CBP encountered <{}> people " + NUMBER,
    "The number of encounters was <{}> " + NUMBER,
    "In July 2024, encounters at the southwest border totaled <{}>.",
    "In July 2024, encounters at the southwest border numbered <{}>, CBP said.",
    "July 2024 ended with encounters at the southwest border at <{}>.",
    "CBP reported <{}> for encounters " + NUMBER,
    (
        "The figure for encounters at the southwest border in July 2024 (<{}>) was published "
        "in August."
    ),
    "Southwest border encounters, July 2024: <{}>",
    "CBP had <{}> of the encounters " + NUMBER,
]


@pytest.mark.parametrize("text", NOUNS, ids=range(len(NOUNS)))
def test_a_number_of_encounters_is_judged(verdict, truth, text):
    assert verdict(text.format(said("sw", "2024-07"))) == "right"
    assert truth(text.format("131,807")) == count("sw", "2024-07")


# A marked number, and whether it is none to count by its looks alone.
PLAIN = [
    ("It has <9,300> people.", False),
    ("It cost $<9,300>.", True),
    ("It cost $ <9,300>.", True),
    ("It cost US$<9,300>.", True),
    ("It cost <9,300> dollars.", True),
    ("It cost $-<9,300>.", True),
    ("Under Title <42> it fell.", True),
    ("Under Title-<42> it fell.", True),
    ("See No. <17> for it.", True),
    ("See no.<17> for it.", True),
    ("It ends at <5> p.m. here.", True),
    ("(<3>) It fell.", True),
    ("<3>) It fell.", True),
    ("<3>. It fell.", True),
    ("<99>. It fell.", True),
    ("<100>. It fell.", False),
    ("In all <3>. It fell.", False),
    ("Call <911> now.", True),
    ("Call <9,112> now.", True),
    ("Call <9,100> now.", False),
    ("An F-<16> flew.", True),
    ("At 3:<30> it fell.", True),
    ("A <300,000>-plus figure.", False),
    ("A <3>-fold rise.", False),
    ("The user_<42> wrote.", True),
    ("The #<42> rose.", True),
    ("The <42>@ rose.", True),
    ("It was <42>° hot.", True),
    ("It was the 5-<17> people.", True),
    ("It was -<17> people.", False),
    ("It was <10> to 20 percent.", True),
    ("It was 10 to <20> percent.", True),
    ("It was <10> to 20 people.", False),
    ("It was between <10> and 20 percent.", True),
    ("It was between 10 and <20> percent.", True),
    ("It was <10> and 20 percent.", False),
    ("It was <10>-20 percent.", True),
    ("It was of <10> or 20 percent.", True),
    ("It was <10> or 20 percent.", False),
    ("Call (555) <123>-4567 now.", True),
    ("Call 555-123-<4567> now.", True),
    ("Call <555> or 123-456-7890 now.", True),
    ("Call 123-456-7890 or more than <4567> now.", False),
    ("Call 123-456-7890 or as many as <4567> now.", False),
]


def test_money_labels_times_and_parts_of_signs_are_no_numbers_to_check():
    found = [(line, is_plain_no(read(line).scene, read(line).number)) for line, _ in PLAIN]

    assert found == PLAIN


# A marked number; below it what it counts, how closely it is meant, which way it went.
MEANT = Path(__file__).with_name("mentions.txt")


def meant(case: str) -> str:
    found = read(case)
    noun, placed = noun_after(found.scene, found.number)
    words = placed and f" {placed.kind} {placed.value}"
    closely = hedge(found.scene, found.number) or "as written"
    way = {1: "up", -1: "down", 0: "no way"}[direction(found.scene, found.number)]
    return f"{noun}{words or ''}; {closely}; {way}"


def test_words_around_a_number_say_what_it_counts_and_how_closely():
    golden_texts.compare(MEANT, {case: meant(case) for case in golden_texts.read(MEANT)})
