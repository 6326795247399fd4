"""Which words of a sentence stand near which, and what is compared with what."""

from __future__ import annotations

import pytest

from tests.support.claim_scenes import sentence as scene

# What stands between two words, and how much farther apart it puts them.
WALLS = {
    ",": 2, ";": 9, "\u2014": 4, "\u2013": 3, "(": 2, ")": 1, ":": 3, "|": 3, "/": 0, "of": 0,
    "and": 2, "but": 6, "while": 6, "whereas": 6, "compared": 4, "versus": 4, "vs": 4,
    "although": 6, "than": 3, "though": 6, "when": 2, "followed": 3, "including": 3, "9,300": 6,
}  # fmt: skip


def test_marks_and_words_stand_between_what_does_not_belong_together():
    found = {}
    for wall in WALLS:
        between = scene(f"Canada {wall} Mexico")
        found[wall] = between.distance((0, 1), (2, 3)) - 1
        assert between.distance((2, 3), (0, 1)) == found[wall] + 1

    assert found == WALLS


@pytest.mark.parametrize(
    ("a", "b", "apart"),
    [
        ((0, 1), (1, 2), 0),
        ((0, 1), (2, 3), 1),
        ((0, 2), (1, 3), 0),
        ((0, 4), (1, 2), 0),
        ((0, 1), (5, 6), 6),
        ((0, 3), (5, 6), 4),
        ((0, 4), (5, 6), 1),
        ((3, 4), (4, 6), 0),
    ],
)
def test_words_apart_are_counted_from_the_end_of_one_to_the_start_of_the_other(a, b, apart):
    words = scene("Canada has a, long border with us")  # the comma is the fourth

    assert words.distance(a, b) == words.distance(b, a) == apart


# A bar stands before what is compared with, or is not.
COMPARED = [
    ("It fell from |9,300", True),
    ("It fell from a total of |9,300", True),
    ("It fell from the total number of |9,300", True),
    ("It fell from what was the total number of |9,300", False),
    ("It fell from about |9,300", True),
    ("It was lower than |9,300", True),
    ("It was lower than in |March", True),
    ("It was lower than it had been in |March", True),
    ("It was compared with |9,300", True),
    ("It was compared to the |9,300", True),
    ("It was against |9,300", True),
    ("It rose to |9,300", False),
    ("It fell to just over |7,200", False),
    ("It is 77 percent below the |249,741", True),
    ("It is 77 percent just below the |249,741", True),
    ("It was below |9,300", False),
    ("It was up 11 percent on |August", True),
    ("It was up on |August", True),
    ("It was on |August", False),
    ("It was 71 percent down on |January", True),
    ("It was up 11 percent on the |August", False),
    ("Of people from |Mexico", False),
    ("Migrants from |Mexico", False),
    ("They were from |Mexico", False),
    ("Nationals from |Mexico", False),
    ("Trucks from |Mexico", True),
    ("It fell by |9,300", False),
    ("|9,300", False),
    ("With |9,300", False),
]


def test_a_word_says_what_a_number_is_compared_with():
    found = {}
    for marked, _ in COMPARED:
        text = marked.replace("|", "")
        found[marked] = scene(text).compares(
            next(i for i, one in enumerate(scene(text).tokens) if one.start == marked.index("|"))
        )

    assert found == dict(COMPARED)


def test_a_phrase_behind_a_number_is_nearer_than_one_as_far_before_it():
    said = scene("Cubans, 9,300, Haitians and Indians")
    (number,) = said.numbers

    assert [
        (apart, one.value) for apart, one in said.near(number, said.of_kind("citizenship"))
    ] == [(3, "HAITI"), (3, "CUBA"), (7, "INDIA")]


def test_numbers_and_times_have_their_places():
    said = scene("In March 2024, some 9,300 crossed with CBP One, 57 of them Indians.")
    march, fifty_seven = said.times[0], said.numbers[-1]

    assert (march.first, march.last) == (1, 3)
    assert [said.in_time(at) for at in range(4)] == [False, True, True, False]
    assert said.extent(fifty_seven) == (48, 50)
    assert [said.covered(number) for number in said.numbers] == [False, True, False]
    assert [said.numbers_between(5, 6), said.numbers_between(6, 8), said.numbers_between(4, 5)] == [
        True, False, False,
    ]  # fmt: skip
    assert (said.low(-1), said.low(0), said.low(99)) == ("", "in", "")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("at southern ports of entry", "ofo"),
        ("between southern ports of entry", "usbp"),
        ("outside of ports of entry", "usbp"),
        ("between the two big ports of entry", "ofo"),
        ("between encounters", "all"),
    ],
)
def test_between_ports_is_not_at_them(text, value):
    assert {one.value for one in scene(text).of_kind("measure")} == {value}
