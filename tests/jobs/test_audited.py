"""The auditor against the desk: what is right is borne by the tables, what is wrong is named."""

from __future__ import annotations

import ast
import re
import shutil
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast import audit, base_tables
from forecast.context import sources_of
from forecast.desk import dictionary
from forecast.desk.figures import Fact
from forecast.store import connect, measures
from jobs import audited
from jobs.cli import main
from tests.support.databases import rows

SOURCES = [Path(audit.__file__), Path(base_tables.__file__)]


@pytest.fixture(scope="module")
def record(published):
    """The default record: its connection's tables, and all that is said of it."""
    with closing(connect.read(published)) as connection:
        (source, *_) = sources_of(connection)
        measures.scope(connection, measures.FIRST)
        told = audited.every_fact(connection, source)
        shape = audited.shape(source)
        return base_tables.read_tables(connection, measures.FIRST, shape), told


def named(record, fact: Fact) -> list[str]:
    return [str(one) for one in audit.audit(record[0], [fact])]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_it_uses_nothing_of_what_it_checks(path):
    tree = ast.parse(path.read_text("utf-8"))
    checked = [
        n for n in ast.walk(tree) if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.dump(n.test)
    ]
    types = {id(node) for block in checked for node in ast.walk(block)}
    imported = {
        name
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom)) and id(node) not in types
        for name in (
            [node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
        )
    }

    ours = {name for name in imported if name.split(".")[0] not in sys.stdlib_module_names}
    assert ours <= {"forecast.base_tables"}


def test_it_reads_base_tables_alone_named_as_the_main_database_s(published):
    """So no view can come between, nor a temporary table that has the name of one."""
    read = re.compile(r"\b(?:from|join) (?!main\.)([a-z_{}]+)")
    own = {"named", "newest", "issued", "{}"}
    text = SOURCES[1].read_text("utf-8")
    statements = re.findall(r'"""\n(?:select|with).*?"""|"select [^"]*"', text, re.S)
    named = {name for statement in statements for name in re.findall(r"main\.(\w+)", statement)}
    tables = {
        name for (name,) in rows(published, "select name from sqlite_master where type = 'table'")
    }

    assert len(statements) > 8
    assert {name for s in statements for name in read.findall(s)} <= own
    assert named <= tables


def test_the_file_that_says_what_definitions_mean_is_short():
    assert len(SOURCES[0].read_text("utf-8").splitlines()) <= 400


def test_every_figure_is_defined_and_every_definition_is_used(record):
    told = {fact.figure for fact in record[1]}

    assert set(audit.CHECKS) == set(dictionary.FIGURES)
    # Nothing moved the forecasts of the default record: it is of one run.
    assert set(dictionary.FIGURES) - told == {"forecast moved"}


def test_the_default_record_says_nothing_that_its_tables_do_not_bear(record):
    tables, told = record

    assert [str(one) for one in audit.audit(tables, told)] == []
    assert len({(f.series, f.period) for f in told if f.figure == "rank"}) == 620


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
    assert seen == {fact.figure for fact in record[1]}


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
    code, said = run(path, "audit")

    assert code == 0, said
    assert re.fullmatch(r"2\d,\d{3} figures of 1,\d{3} months: the base tables bear each\.\n", said)


@pytest.mark.slow
def test_every_fact_is_exported(published, tmp_path):
    out = tmp_path / "facts.csv"
    code, said = run(published, "export", "facts", "-o", str(out))

    assert code == 0, said
    lines = out.read_text("utf-8").splitlines()
    assert lines[0] == "series,period,figure,value,words"
    assert len(lines) > 22_000
