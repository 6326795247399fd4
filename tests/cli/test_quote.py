"""`fact`: what a month's count was on a day, from a record whose every value is known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from jobs.cli import main


def fact(path: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["--db", str(path), "fact", *words])
    return done.exit_code, " ".join(done.output.split())


@pytest.mark.parametrize(
    ("day", "words", "then"),
    [
        ("2024-02-20", "Feb. 20, 2024", 50),
        ("2024-03-30", "March 30, 2024", 50),
        ("2024-03-31", "March 31, 2024", 55),
    ],
)
def test_a_month_s_count_on_a_day_is_the_newest_known_by_then(by_hand, day, words, then):
    code, said = fact(by_hand, "northern", "2024-01", "--as-of", day)
    _, told = fact(by_hand, "northern", "2024-01", "--as-of", day, "--json")

    assert code == 0
    assert said.startswith(f"On {words} northern in January 2024 stood at {then}: ")
    assert ("It still does." in said) == (then == 55)
    assert ("Now: 55" in said) == (then == 50)
    value = json.loads(told)
    assert [value[at]["encounters"] for at in ("then", "now")] == [then, 55]


def test_before_a_month_was_published_there_is_no_count_and_the_first_day_is_named(by_hand):
    code, said = fact(by_hand, "northern", "2024-01", "--as-of", "2024-02-19")

    assert code == 2
    assert "no count of northern in January 2024 was known by 2024-02-19" in said
    assert "the first on record: on Feb. 20, 2024" in said
