"""A name's part of an address: as it always was of plain letters, and of any other its own."""

from __future__ import annotations

import re
import unicodedata
from itertools import combinations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from forecast.words import old_slug, slug

names = st.text(
    st.characters(categories=("L", "M", "N", "P", "S", "Zs")), min_size=1, max_size=80
).filter(str.strip)


def words(name: str) -> list[str]:
    """What is left of a name without capitals, spaces and punctuation."""
    cut, word = [], ""
    for letter in f"{unicodedata.normalize('NFC', name.lower())} ":
        apart = unicodedata.category(letter)[0] in ("P", "Z")
        if apart or (ord(letter) < 128 and not re.match("[a-z0-9]", letter)):
            cut += [word] if word else []
            word = ""
        else:
            word += letter
    return cut


HOSTILE = [
    *("Öst", "St", "Ost", "Øst", "öst 2", "東京", "大阪", "Москва", "Минск", "الرياض", "جدة"),
    *("कि", "की", "***", "!!!", "...", "€", "£", "xn--st-eka", "xn st eka", "index"),
    *("東" * 80, "東" * 79 + "京", "x" * 80, "./..", "CON", "a\u0301", "e\u0301"),
]  # fmt: skip


def test_no_two_hostile_names_share_an_address():
    places = {name: slug(name) for name in HOSTILE}

    for one, other in combinations(HOSTILE, 2):
        alike = words(one) == words(other) != []
        assert (places[one] == places[other]) == alike, (one, other, places[one])


@given(names)
@example("***")
@example("東" * 80)
def test_an_address_is_a_plain_short_word(name):
    assert re.fullmatch("[a-z0-9]+(-{1,9}[a-z0-9]+)*|xn--[a-z0-9-]+", slug(name))
    assert len(slug(name)) <= 125


@given(names, names)
def test_two_names_that_are_not_alike_have_two_addresses(one, other):
    assert (slug(one) == slug(other)) == (words(one) == words(other) != [] or one == other)


@given(st.text(st.characters(max_codepoint=126, categories=("L", "N", "P", "S", "Zs")), min_size=1))
def test_the_address_of_a_name_of_plain_letters_is_as_it_was(name):
    assert slug(name) == (old_slug(name) or slug(name))


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("Del Rio", "del-rio"),
        ("St. Louis (MO)", "st-louis-mo"),
        ("Öst", "xn--st-eka"),  # as a host would be called
        ("東京", "xn--1lqs71d"),
    ],
)
def test_addresses_are_those_that_were_told(name, place):
    assert slug(name) == place


def test_a_long_name_has_an_address_of_its_own_that_fits_beside_another():
    first, other = f"{'a ' * 90}x", f"{'a ' * 90}y"

    assert slug(first) != slug(other)
    assert len(slug(first)) == 120
    assert slug("a" * 120) == "a" * 120
