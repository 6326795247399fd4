"""What is printed of an answer: for programs, for a reader, and with which exit code."""

from __future__ import annotations

import json

import click
import pytest

from forecast.sources import catalog
from jobs.cli import render
from jobs.cli.render import Printed

SOURCE = catalog.find("cbp_encounters")


def test_an_answer_for_programs_is_its_value_and_makes_no_line(capsys):
    def lines():
        raise AssertionError("nobody reads them")
        yield ""

    render.show_answer(Printed({"run": 3}, lines()), as_json=True, source=SOURCE)

    assert json.loads(capsys.readouterr().out) == {"run": 3}


def test_a_line_stays_as_long_as_it_is_and_a_note_is_wrapped(capsys):
    long = "word " * 60

    render.show_answer(Printed(None, [long, *render.notes(long, "")]), False, SOURCE)

    first, *others = capsys.readouterr().out.splitlines()
    assert first == long
    assert len(others) > 1
    assert max(map(len, others)) <= render.NOTE_WIDTH


def test_a_table_is_whole_in_a_pipe_however_narrow(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    rows = [("May 2026", "northern:Swanton Sector", "1,234,567")]

    render.show_answer(
        Printed(None, [render.table(("month", "series", "count"), rows)]), False, SOURCE
    )

    head, row = capsys.readouterr().out.splitlines()
    assert row.split("  ") == ["May 2026", *rows[0][1:]]
    assert len(head.rstrip()) > 20


def test_an_answer_with_a_code_is_printed_before_it_ends_the_program(capsys):
    with pytest.raises(click.exceptions.Exit) as ended:
        render.show_answer(Printed(None, ["wrong"], code=1), as_json=False, source=SOURCE)

    assert ended.value.exit_code == 1
    assert capsys.readouterr().out == "wrong\n"


def test_facts_that_are_not_there_get_no_line():
    facts = {"file_name": "a.csv", "why": "", "note": None, "rows": 0}

    assert list(render.labeled(facts)) == [f"{'file name':<22}a.csv", f"{'rows':<22}0"]
