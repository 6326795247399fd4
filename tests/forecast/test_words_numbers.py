"""Numbers, changes and days in words: each at the bounds of what it says."""

from __future__ import annotations

import pytest

from forecast import words as plain_words
from forecast.words import MINUS


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (1010, 1507, f"{MINUS}33.0%"),
        (2000, 1140, "+75.4%"),
        (100, 100, "0.0%"),
        (5, 0, "from zero"),
        (0, 0, "from zero"),
        (0, 5, f"{MINUS}100.0%"),
        (20_000, 1, "+1,999,900.0%"),
        (100_049, 100_000, "0.0%"),
        (100_051, 100_000, "+0.1%"),
        (99_949, 100_000, f"{MINUS}0.1%"),
    ],
)
def test_a_change_is_told_to_a_tenth_of_a_percent(now, before, words):
    assert plain_words.change_words(now, before) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (10, "10th"), (11, "11th"), (12, "12th"),
     (13, "13th"), (14, "14th"), (21, "21st"), (22, "22nd"), (111, "111th"), (113, "113th"),
     (121, "121st"), (1003, "1,003rd")],
)  # fmt: skip
def test_a_rank_has_its_ending(number, words):
    assert plain_words.ordinal(number) == words


@pytest.mark.parametrize(
    ("number", "words"), [(1234, "+1,234"), (0, "0"), (-1, f"{MINUS}1"), (1, "+1")]
)
def test_a_number_has_its_sign(number, words):
    assert plain_words.signed(number) == words


@pytest.mark.parametrize(
    ("count", "unit", "words"),
    [(6994, 1, "6,994"), (6994, 10, "about 6,990"), (6995, 10, "about 7,000"), (4, 10, "about 0")],
)
def test_a_rounded_count_is_about_so_much(count, unit, words):
    assert plain_words.about(count, unit) == words


@pytest.mark.parametrize(
    ("day", "words"),
    [("2024-01-05", "Jan. 5, 2024"), ("2024-02-29", "Feb. 29, 2024"),
     ("2024-03-01", "March 1, 2024"), ("2024-07-10", "July 10, 2024"),
     ("2024-08-31", "Aug. 31, 2024"), ("2024-09-09", "Sept. 9, 2024"),
     ("2024-10-01", "Oct. 1, 2024"), ("2024-12-31", "Dec. 31, 2024")],
)  # fmt: skip
def test_days_are_written_as_the_associated_press_does(day, words):
    assert plain_words.day_words(day) == words


def test_every_month_has_its_name():
    names = [plain_words.month_words(f"2024-{month:02d}") for month in range(1, 13)]

    assert " ".join(name.removesuffix(" 2024") for name in names) == (
        "January February March April May June July August September October November December"
    )


@pytest.mark.parametrize(
    ("bases", "words"),
    [
        (["issued"], "issued forecasts, made before the month was published"),
        (["hindcast"], "hindcasts, made later from only the figures known at the time"),
        (
            ["hindcast", "issued"],
            "issued forecasts, made before the month was published, or hindcasts, made later from "
            "only the figures known at the time",
        ),
        (
            [],
            "issued forecasts, made before the month was published, or hindcasts, made later from "
            "only the figures known at the time",
        ),
    ],
)
def test_what_months_were_judged_by_is_said_with_its_meaning(bases, words):
    assert plain_words.judged_by(bases) == words


@pytest.mark.parametrize(
    ("basis", "noun", "word"),
    [("issued", "issued forecast", "forecast"), ("hindcast", "hindcast", "hindcast"),
     ("none", "forecast", "forecast")],
)  # fmt: skip
def test_a_basis_has_its_name(basis, noun, word):
    assert (plain_words.basis_noun(basis), plain_words.basis_word(basis)) == (noun, word)


@pytest.mark.parametrize(
    ("vintage", "words"),
    [("day", "on April 5, 2024"), ("month", "by April 5, 2024"),
     ("unknown", "on an unknown date, treated as April 5, 2024")],
)  # fmt: skip
def test_a_day_is_known_exactly_or_not(vintage, words):
    assert plain_words.known_words(vintage, "2024-04-05") == words


def test_a_count_that_was_restated_stands_beside_the_first():
    assert plain_words.first_and_now(11_709, 11_710) == "11,709 (now 11,710)"
    assert plain_words.first_and_now(11_709, 11_709) == "11,709"


@pytest.mark.parametrize(
    ("text", "place"),
    [("U.S. Border Patrol", "u-s-border-patrol"), ("At Large", "at-large"), ("-a--b-", "a-b"),
     ("Año 2024", "xn--ao-2024-4za")],
)  # fmt: skip
def test_a_name_becomes_part_of_an_address(text, place):
    assert plain_words.slug(text) == place


@pytest.mark.parametrize(
    ("low", "high", "short", "long"),
    [(2101, 2101, "2,101", "2,101"), (2101, 2102, "2,101-2,102", "2,101 to 2,102")],
)
def test_a_range_of_one_count_is_that_count(low, high, short, long):
    assert (plain_words.interval(low, high), plain_words.between(low, high)) == (short, long)


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 months"), (1, "1 month"), (2, "2 months"), (1234, "1,234 months")]
)
def test_one_is_no_plural(count, words):
    assert plain_words.many(count, "month") == words


@pytest.mark.parametrize(
    ("many", "said"),
    [(0, ""), (1, "0"), (3, "0; 1; 2"), (4, "0; 1; 2 and 1 more"), (9, "0; 1; 2 and 6 more")],
)
def test_three_of_many_are_named(many, said):
    assert plain_words.first_few(map(str, range(many)), "; ") == said


def test_of_many_things_three_are_named_and_the_others_counted():
    names = [f"n{number}" for number in range(1, 1_236)]

    few = [plain_words.first_few(names[:n]) for n in range(4)]
    assert few == ["", "n1", "n1, n2", "n1, n2, n3"]
    assert plain_words.first_few(names[:4], "; ") == "n1; n2; n3 and 1 more"
    assert plain_words.first_few(iter(names)) == "n1, n2, n3 and 1,232 more"
