"""A text cut into sentences and words, and the numbers among them, as they are written."""

from __future__ import annotations

import pytest

from forecast.claims.text import tokens
from forecast.claims.text.lexicon import Phrases

# What is written, and the numbers in it: kind, value, unit of its last digit that counts; "exact"
# of a count to the last digit, "+" where there may be more.
NUMBERS = [
    ("9,300 people", "count 9300 100"),
    ("9,310 people", "count 9310 10 exact"),
    ("930 people", "count 930 10"),
    ("990 people", "count 990 10"),
    ("1,000 people", "count 1000 1000"),
    ("1,010 people", "count 1010 10 exact"),
    ("1,011 people", "count 1011 1 exact"),
    ("1,100 people", "count 1100 100"),
    ("17 people", "count 17 1 exact"),
    ("10 people", "count 10 10"),
    ("0 people", "count 0 1 exact"),
    ("1\u202f010 people", "count 1010 10 exact"),
    ("300,000+ people", "count 300000 100000 +"),
    ("300,000 + 5 people", "count 300000 100000, count 5 1 exact"),
    ("17+ people", "count 17 1 exact +"),
    ("2.5 million", "count 2500000 100000"),
    ("2.50 million", "count 2500000 10000"),
    ("2 million", "count 2000000 1000000"),
    ("20 million", "count 20000000 10000000"),
    ("1.2 billion", "count 1200000000 100000000"),
    ("250 thousand", "count 250000 10000"),
    ("9.3K", "count 9300 100"),
    ("9 K", "count 9 1 exact"),
    ("9k", "count 9000 1000"),
    ("3m", "count 3000000 1000000"),
    ("3mn", "count 3000000 1000000"),
    ("3mil", "count 3000000 1000000"),
    ("3mm", "count 3000000 1000000"),
    ("3-million", "count 3000000 1000000"),
    ("3-thousand", "count 3000 1000"),
    ("3 hundred", "count 3 1 exact"),
    ("2.5 people", "other 2.5 0.1"),
    ("5 percent", "percent 5 1"),
    ("5.5%", "percent 5.5 0.1"),
    ("5.55 pct", "percent 5.55 0.01"),
    ("5 per cent", "percent 5 1"),
    ("5-percent", "percent 5 1"),
    ("90 percent", "percent 90 1"),
    ("100 percent", "percent 100 10"),
    ("110 percent", "percent 110 10"),
    ("111 percent", "percent 111 1"),
    ("99 percentage points", "percent 99 1"),
    ("3 times as many", "times 3 1"),
    ("3 times a day", "count 3 1 exact"),
    ("3x", "times 3 1"),
    ("3 x", "count 3 1 exact"),
    ("2.5-fold", "times 2.5 0.1"),
    ("3 fold", "times 3 1"),
    ("3rd", "ordinal 3 1"),
    ("3 rd", "count 3 1 exact"),
    ("21st", "ordinal 21 1"),
    ("third", "ordinal 3 1"),
    ("one-third of them", "percent 33.3333 4"),
    ("two-thirds were men", "percent 66.6667 4"),
    ("two thirds of them", "percent 66.6667 4"),
    ("a third of them", "percent 33.3333 4"),
    ("a quarter of them", "percent 25 4"),
    ("three-quarters of them", "percent 75 4"),
    ("a fourth of them", "percent 25 4"),
    ("three fourths of them", "percent 75 4"),
    ("a fifth of them", "percent 20 4"),
    ("four-fifths of them", "percent 80 4"),
    ("a sixth of them", "percent 16.6667 4"),
    ("five sixths of them", "percent 83.3333 4"),
    ("an eighth of them", "percent 12.5 4"),
    ("seven-eighths of them", "percent 87.5 4"),
    ("a tenth of them", "percent 10 4"),
    ("nine tenths of them", "percent 90 4"),
    ("two-thirds more", "percent 66.6667 4"),
    ("three quarters of fiscal year 2024", "count 3 1 exact, count 2024 1 exact"),
    ("three quarters of the year", "count 3 1 exact"),
    ("three quarters of 2024", "count 3 1 exact, count 2024 1 exact"),
    ("zero people", "count 0 1 exact"),
    ("twenty people", "count 20 10 exact"),
    ("twenty-five people", "count 25 1 exact"),
    ("ninety-nine people", "count 99 1 exact"),
    ("hundred people", ""),
    ("a hundred people", "count 100 100"),
    ("one hundred and five people", "count 105 1"),
    ("two hundred thousand", "count 200000 100000"),
    ("two hundred and five thousand", "count 205000 1000"),
    ("two thousand and twenty", "count 2020 10"),
    ("two thousand three hundred", "count 2300 100"),
    ("one million", "count 1000000 1000000"),
    ("a million", "count 1000000 1000000"),
    ("a people", ""),
    ("two and three people", "count 2 1 exact, count 3 1 exact"),
    ("twenty percent", "percent 20 1"),
    ("half a million", "count 500000 100000"),
    ("half-million", "count 500000 100000"),
    ("a quarter million", "count 250000 10000"),
    ("quarter-million", "count 250000 10000"),
    ("half a billion", "count 500000000 100000000"),
    ("half of them", "percent 50 6"),
    ("half a year", ""),
    ("half the number", "times 0.5 0.1"),
    ("one in three", "percent 33.3333 4"),
    ("1 in 3", "percent 33.3333 4"),
    ("nine out of 10", "percent 90 4"),
    ("19 in 20", "percent 95 4"),
    ("1 in 21", "count 1 1 exact, count 21 1 exact"),
    ("1 in 20", "percent 5 4"),
    ("3 in 3", "count 3 1 exact, count 3 1 exact"),
    ("4 in 3", "count 4 1 exact, count 3 1 exact"),
    ("1.5 in 3", "other 1.5 0.1, count 3 1 exact"),
    ("1 in 2.5", "count 1 1 exact, other 2.5 0.1"),
    ("zero in three", "count 0 1 exact, count 3 1 exact"),
    ("three were", "count 3 1 exact"),
    ("1234567890123456789 people", ""),
    ("123456789012345678 people", "count 1.23456789012346e+17 10 exact"),
    ("٣ people", ""),
]  # fmt: skip


def written(text: str) -> str:
    (sentence,) = tokens.sentences(text)
    return ", ".join(
        f"{n.kind} {round(n.value, 4):.15g} {n.unit:.15g}"
        + " exact" * (n.kind == "count" and n.exact)
        + " +" * n.plus
        for n in tokens.numbers(sentence[2])
    )


SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth",
)  # fmt: skip
MULTIPLES = {
    0.5: "half halved", 2: "double doubled doubling twice twofold",
    3: "triple tripled tripling threefold thrice", 4: "quadruple quadrupled fourfold",
    5: "quintuple quintupled fivefold", 6: "sextupled sixfold", 7: "sevenfold", 8: "eightfold",
    10: "tenfold",
}  # fmt: skip


def test_each_word_for_a_number_has_its_value():
    def value(text: str) -> tuple[str, float]:
        (number,) = tokens.numbers(next(tokens.sentences(f"{text} people"))[2])
        return number.kind, number.value

    assert [value(word) for word in SMALL] == [("count", n) for n in range(20)]
    assert [value(word) for word in TENS] == [("count", n) for n in range(20, 100, 10)]
    assert [value(word) for word in ORDINALS] == [("ordinal", n) for n in range(1, 13)]
    assert [[value(word) for word in words.split()] for words in MULTIPLES.values()] == [
        [("times", times)] * len(words.split()) for times, words in MULTIPLES.items()
    ]


@pytest.mark.parametrize(("text", "numbers"), NUMBERS)
def test_a_number_is_read_as_it_is_written(text, numbers):
    assert written(text) == numbers


# A text with a bar where a sentence ends.
SENTENCES = [
    "It had 9,300.| It fell.",
    "It fell!| It rose?| It fell.",
    'He said "It fell."| It rose.',
    "In Jan. 2024 it fell.| It rose.",
    "Mr. Smith of St. Paul and Sen. Roe spoke.| It rose.",
    "It was seen in the U.S. and Mexico.| It rose.",
    "It was seen in the U.S.| The number rose.",
    "It was at 5 p.m.| In May it rose.",
    "It was at 5 p.m. in May.",
    "It rose 2.5 percent.",
    "A list\n|- of one\n|- of two",
    "A list;| \n of two",
]


def test_a_text_is_cut_where_its_sentences_end():
    found = {}
    for marked in SENTENCES:
        text = marked.replace("|", "")
        ends = [end for _, end, _ in tokens.sentences(text)]
        pieces = [text[a:b] for a, b in zip([0, *ends], ends, strict=False)]
        found[marked] = "|".join(pieces)

    assert list(found.values()) == list(found)


def test_a_star_stands_for_any_ending_and_the_longest_phrase_is_found():
    words = Phrases({"kind": {"a": ["abc*"], "b": ["border"], "c": ["border of"]}})

    assert list(words.find(["the", "abc", "abcd", "border", "of", "border"])) == [
        (1, 2, [("kind", "a")]),
        (2, 3, [("kind", "a")]),
        (3, 5, [("kind", "c")]),
        (5, 6, [("kind", "b")]),
    ]
    assert tokens.filled("{A}{B}", {"A": "x{B}", "B": "y"}) == "xyy"
