"""The auditor against the desk: what is right is borne by the tables, what is wrong is named."""

from __future__ import annotations

import ast
import shutil
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast import audit
from forecast.context import sources_of
from forecast.desk import figures
from forecast.desk.figures import Fact
from forecast.store import connect, measures
from jobs import audited
from jobs.cli import main

SOURCE = Path(audit.__file__)


@pytest.fixture(scope="module")
def record(published):
    """The default record: its connection's tables, and all that is said of it."""
    with closing(connect.read(published)) as connection:
        (source, *_) = sources_of(connection)
        measures.scope(connection, measures.FIRST)
        told = audited.every_fact(connection, source)
        return audit.read_tables(connection, measures.FIRST, source.year_begins), told


def named(record, fact: Fact) -> list[str]:
    return [str(one) for one in audit.audit(record[0], [fact])]


def test_it_uses_nothing_of_what_it_checks():
    tree = ast.parse(SOURCE.read_text("utf-8"))
    checked = [
        n for n in ast.walk(tree) if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.dump(n.test)
    ]
    types = {id(node) for block in checked for node in ast.walk(block)}
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom)) and id(node) not in types
        for name in (
            [node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
        )
    }

    assert imported <= set(sys.stdlib_module_names)
    # Base tables alone, named as the main database's: no view can come between.
    for word in ("from ", "join "):
        for line in SOURCE.read_text("utf-8").splitlines():
            if line.startswith(word) or f" {word}main" in line:
                assert (
                    f"{word}main." in line
                    or line.startswith("from forecast.desk.figures")
                    or not line.startswith(word)
                    or " import " in line
                ), line


def test_every_figure_is_defined_and_every_definition_is_used(record):
    told = {fact.figure for fact in record[1]}

    assert told == set(figures.meanings())
    assert {figure.removeprefix("change on ") for figure in told} <= set(audit.CHECKS)


def test_the_default_record_says_nothing_that_its_tables_do_not_bear(record):
    tables, told = record

    assert [str(one) for one in audit.audit(tables, told)] == []
    assert len({(fact.series, fact.period) for fact in told}) == 620


def test_a_number_that_is_off_is_named_for_every_figure(record):
    seen = set()
    for fact in record[1]:
        if fact.figure in seen:
            continue
        if isinstance(fact.value, (int, float)):
            wrong = replace(fact, value=fact.value + (0.01 if abs(fact.value) <= 1 else 1))
        elif fact.value is None:
            wrong = replace(fact, value=0)
        else:
            wrong = replace(fact, value="2001-01")
        assert named(record, wrong), wrong
        seen.add(fact.figure)
    assert seen == set(figures.meanings())


def one(record, figure: str, **like: object) -> Fact:
    """The first fact of a figure that is so."""
    return next(
        f
        for f in record[1]
        if f.figure == figure and all(getattr(f, k) == v for k, v in like.items())
    )


@pytest.mark.parametrize(
    ("figure", "like", "words"),
    [
        ("change on month before", {"series": "northern", "period": "2025-02"}, "+17.8%"),
        (
            "change on month before",
            {"series": "northern", "period": "2025-02"},
            "\N{MINUS SIGN}7.8%",
        ),
        ("per day", {"series": "northern", "period": "2025-02"}, "145 a day"),
        ("month before", {"period": "2025-02"}, "2024-12"),
        ("year before", {"period": "2025-02"}, "2025-01"),
        ("peak", {"series": "northern", "period": "2025-02"}, "2025-02"),
        ("lowest", {"series": "northern"}, "It is the highest since January 2020."),
        ("lowest", {"value": None}, "No earlier month since October 2013 was higher."),
        ("share of year", {}, "99.9%"),
        ("year closed", {"value": 0}, "final"),
        ("forecast", {}, "issued"),
        ("side", {"value": 0}, "above the 80% interval"),
        ("side", {"value": -1}, "above the 95% interval"),
        ("side", {"value": -1}, "inside the 80% interval"),
        ("rarity", {}, "rarer than 1 month in 500"),
        ("rarity", {}, "about 1 month in 1000 is at least this far off"),
        ("unusual", {"value": 1}, "nothing unusual"),
        ("unusual", {"value": 0}, ""),
        ("flag side", {"value": -1}, "+12.0%"),
        (
            "severity",
            {"words": "It stayed: a new level, confirmed in July 2025."},
            "It did not last: in July 2025 ...",
        ),
    ],
)
def test_words_that_the_number_does_not_bear_are_named(record, figure, like, words):
    try:
        fact = one(record, figure, **like)
    except StopIteration:
        like.pop("words")
        fact = next(f for f in record[1] if f.figure == figure and "stayed" in f.words)

    (said,) = named(record, replace(fact, words=words))

    assert (repr(words) if words else "nothing unusual") in said


def run(path: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["--db", str(path), *words])
    return done.exit_code, done.output


@pytest.mark.slow
def test_the_command_says_how_much_it_computed_again(published, tmp_path):
    path = Path(shutil.copy(published, tmp_path / "bordercast.db"))
    assert run(path, "audit") == (0, "17,737 figures of 620 months: the base tables bear each.\n")


@pytest.mark.slow
def test_every_fact_is_exported(published, tmp_path):
    out = tmp_path / "facts.csv"
    code, said = run(published, "export", "facts", "-o", str(out))

    assert code == 0, said
    lines = out.read_text("utf-8").splitlines()
    assert lines[0] == "series,period,figure,value,words"
    assert len(lines) == 17_738
