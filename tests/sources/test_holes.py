"""Texts with holes: a source's words in them, and what is left out where it has no such thing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast.config import CountsSection
from forecast.periods import Calendar
from forecast.sources import catalog, holes
from forecast.sources.own.source import own_counts
from jobs.cli import commands, main
from tests.support.commands import COMMANDS

EVERY = ("", *COMMANDS)
CLINICS = """[[sources]]
kind = "counts"
name = "visits"
path = "in"
noun = "visits"
one = "clinic"
many = "clinics"
"""
NESTED = """part = "ward"
parts = "wards"
year_begins = 7
columns = {series = ["Clinic"], part = "Ward"}
"""


def words(settings: str = "", **totals: str):
    section = {"kind": "counts", "name": "visits", "path": "in", "noun": "visits", **totals}
    return holes.words_of(own_counts(CountsSection.model_validate(section)))


@pytest.mark.parametrize(("one", "whose"), [("clinic", "a clinic's"), ("area", "an area's")])
def test_whose_has_the_article_of_its_word(one, whose):
    assert words(one=one)["whose"] == whose


def test_a_word_that_ends_in_s_has_an_apostrophe_alone():
    assert words(one="series")["whose"] == "a series'"


def test_years_of_the_calendar_are_no_fiscal_years():
    assert holes.fill("{FY}2027 {fiscal}YEAR {fy}x", holes.years(Calendar(1))) == "2027 YEAR x"
    assert (
        holes.fill("{FY}2027 {fiscal}YEAR {fy}x", holes.years(Calendar(7)))
        == "FY2027 fiscal YEAR fyx"
    )


def test_an_example_and_a_sentence_about_what_is_not_there_are_left_out():
    text = "\b\nExamples:\n  bordercast show {one}\n  bordercast show {part}\n"
    about = "All of it. A part ({part}) has a fan only. The rest."

    assert holes.fill(text, {"one": "A"}) == "\b\nExamples:\n  bordercast show A\n"
    assert holes.fill(about, {}) == "All of it. The rest."
    assert holes.fill(about, {"part": "A:B"}) == "All of it. A part (A:B) has a fan only. The rest."


def test_a_hole_that_nobody_knows_stays():
    assert holes.fill("{db}-snapshot.db", {"one": "A"}) == "{db}-snapshot.db"


def test_help_without_a_record_is_as_with_one_of_encounters():
    words = holes.words_of(catalog.find("cbp_encounters"))

    assert commands.words_of(None) == words


@pytest.mark.parametrize("settings", [CLINICS, CLINICS + NESTED], ids=["plain", "nested"])
def test_help_for_own_counts_has_not_one_word_of_the_border(tmp_path, monkeypatch, settings):
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text(settings)
    theirs = r"\bborders?\b|encounter|northern|southwest|nationwide|Swanton|\{\w+\}"
    told = {path: shown(path) for path in EVERY}

    assert {path for path, text in told.items() if re.search(theirs, text)} == set()
    assert "forecasts of monthly visits" in told[""].lower()
    assert "a clinic's published count" in told["export"]


def test_help_for_encounters_has_no_hole_left_and_no_word_of_own_counts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = " ".join(shown(path) for path in EVERY)

    assert re.findall(r"\{\w+\}", told) == []
    assert "a border's published count" in told
    assert not re.search(r"a series' (forecast|published)", told)


def shown(path: str) -> str:
    return CliRunner().invoke(main, [*path.split(), "--help"]).output
