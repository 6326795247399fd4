"""What is printed on a terminal: names of others stay names, whatever is in them."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Group

from forecast.desk import movers
from forecast.desk import terminal as tables
from forecast.desk.comparison import Compared, CompareRow
from forecast.desk.groups import AgencyGroup, GroupTable
from forecast.engine.skill import SkillTest
from forecast.judge import questions
from forecast.judge.questions import ChanceScores
from forecast.rows import DriverRow, ForecastRow
from forecast.store.read import FlagOfTotal, RunRow
from forecast.types import Forecast, SeriesKey
from jobs.cli import main, notices, render
from tests.support.cbp_files import ENCOUNTERS
from tests.support.month_facts import flag_row, row
from tests.support.own_counts import FAST, HELD, clinics, deliver

ROOT = Path(__file__).parents[2]
RUN = RunRow(1, "2026-09-20T12:00", "2026-08", "d" * 64)
PIECES = [
    "[",
    "]",
    "[/]",
    "[/closed]",
    "[bold]",
    "[red]",
    "[link=x]",
    "\\",
    ":",
    ":ghost:",
    "North",
]
letters = st.text(st.characters(categories=["L", "N", "P", "Sm", "Sc"]), min_size=1, max_size=20)
names = st.lists(st.sampled_from(PIECES) | letters, min_size=1, max_size=4).map(" ".join)


def month(name: str, **more: Any) -> dict[str, Any]:
    """A row of a forecast, a flag or a score, whose every text is the name."""
    numbers = dict.fromkeys(("median", "lo50", "hi50", "lo80", "hi80", "lo95", "hi95"), 7)
    texts = dict.fromkeys(
        ("border", "model", "era", "basis", "member", "part_border", "name"), name
    )
    counts = {"encounters": 5, "expected": 6, "ratio": 0.8, "p": 0.01, "apart_p": 0.01}
    flag = {"month": "2026-08", "kind": "month", "severity": "major", "role": "first", "flag_id": 1}
    ending = {"episode": "transient", "closed": "2026-09", "listed": 0, "apart": 0, "systemic": 0}
    scores = {"horizon": 0, "n": 9, "worse_than_naive": (), "mase": None, "relative_mae": 1.5}
    scores |= dict.fromkeys(("log_wis", "wis", "mae", "coverage50", "coverage80", "coverage95"), 1)
    known = {"month_before": 1, "year_before": 2, "dimension": "part", "found": name, "date": name}
    return numbers | texts | counts | flag | ending | scores | known | more


def flag(name: str) -> FlagOfTotal:
    return flag_row(**month(name))


def ahead(name: str) -> ForecastRow:
    return row(ForecastRow, **month(name))


def drivers(name: str) -> list[DriverRow]:
    return [
        row(DriverRow, **month(name, role="part", contribution=-90)),
        row(DriverRow, **month(name, dimension=name, role="not held")),
    ]


def kinds(name: str) -> list[questions.KindScore]:
    one = {"low": 0, "high": 0.1, "n": 4, "given": 0.05, "came": 0.25}
    scores = ChanceScores(5, 0.1, 0.2, 0.3, 0.4)
    return [questions.KindScore(name, name, scores, (one,))]


def told(name: str) -> dict[str, Any]:
    about = dict.fromkeys(("says", "approved_by", "file_name", "first_seen_at", "status"), name)
    state = {"id": 1, "kind": "state", "state": "sent", "run_withdrawn": 0, "run_id": 1}
    return month(name) | about | state | {"data_through": None, "deliveries": {name: 1}}


def span(name: str) -> Forecast:
    key, ends = SeriesKey(name, "part", name), range(1, 11)
    months = "2026-08", "2026-09", "2027-08"
    return Forecast(key, name, *months, *ends[1:], span=name, published=ends[0])


def moved(name: str) -> movers.Moved:
    bases = {"month_before": 8, "year_before": None, "median": 7}
    one = movers.Mover(name, 9, bases, 1, 0.5)
    return movers.Moved(name, "2026-09", False, [one], one)


NAMELESS = {
    "border_table",
    "rate_lines",
    "changes_table",
    "published_table",
}  # numbers, months and words of ours
# Function that makes a table -> what it prints of a name.
PRINTERS: dict[str, Callable[[str], list[Any]]] = {
    "forecast_table": lambda n: [
        tables.run_summary(RUN, [ahead(n)], {n: month(n)}, [flag(n)], {}, {}, ENCOUNTERS),
        tables.forecast_table([ahead(n)], {n: month(n)}, {}, {}, ENCOUNTERS),
        tables.forecast_table([], {n: month(n)}, {}, {n: f"because of {n}"}, ENCOUNTERS),
    ],
    "flag_table": lambda n: [
        tables.flag_table([flag(n)]),
        *tables.flag_blocks([flag(n)], {1: drivers(n)}, ENCOUNTERS, {}),
    ],
    "replay_table": lambda n: [
        tables.replay_table([row(tables.ReplayedFlag, **month(n))], ENCOUNTERS)
    ],
    "event_table": lambda n: [tables.event_table([month(n)], ENCOUNTERS)],
    "model_table": lambda n: [
        tables.model_table([row(tables.ComparedScore, **month(n))], "border", "total")
    ],
    "skill_table": lambda n: [
        tables.skill_table([SkillTest(n, 1, 9, 0.3, 0.4, -2.5, 0.01)], ENCOUNTERS)
    ],
    "era_table": lambda n: [tables.era_table([row(tables.ComparedScore, **month(n))], "wis")],
    "parts_table": lambda n: [tables.parts_table([span(n)], ENCOUNTERS)],
    "reliability_tables": lambda n: [Group(*tables.reliability_tables(kinds(n), n))],
    "movers_table": lambda n: [tables.movers_table(moved(n), n, "month_before")],
    "group_table": lambda n: [
        tables.group_table(
            GroupTable(n, [AgencyGroup("component*state", f"X * {n}", "X", "2026-09", 1, 2, None)]),
            ENCOUNTERS,
        )
    ],
    "compared_table": lambda n: [
        tables.compared_table(Compared((n, n, n, n), [CompareRow(n, 1, 2, n)]))
    ],
    "table": lambda n: [notices._table([told(n)]), render.table(("name",), [(n,)])],
}


def printed(*parts: Any) -> str:
    terminal = render.console()
    terminal.width = 4000  # nothing is cut or wrapped
    with terminal.capture() as taken:
        for part in parts:
            terminal.print(part)
    return taken.get()


@pytest.mark.parametrize("make", PRINTERS.values(), ids=PRINTERS)
@settings(max_examples=25)  # of each table
@given(name=names)
@example(name="North [/closed]")
@example(name="Ward [closed]")
@example(name="North :ghost: \\[bold]")
def test_a_name_in_any_table_is_printed_as_it_is(make, name):
    for part in make(name):
        assert name in printed(part)


def calls(name: str) -> list[tuple[str, str]]:
    """(file, function) of every call of this name in the program."""
    return [
        (str(file.relative_to(ROOT)), function.name)
        for file in sorted([*ROOT.glob("forecast/**/*.py"), *ROOT.glob("jobs/**/*.py")])
        if f"{name}(" in (text := file.read_text())
        for function in ast.walk(ast.parse(text))
        if isinstance(function, ast.FunctionDef)
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(name)
    ]


def test_every_function_that_makes_a_table_is_tried_above():
    assert {function for _, function in calls("plain_table")} == PRINTERS.keys() | NAMELESS


def test_flags_at_the_end_of_a_run_are_newest_first_whatever_their_kind():
    months = ("2026-08", "2020-03", "2025-10")
    flags = [
        flag_row(**month("northern", month=of, kind=kind))
        for of, kind in zip(months, ("month", "drift", "revision"), strict=True)
    ]
    shown = tables.run_summary(RUN, [], {}, flags, {}, {}, ENCOUNTERS)
    (table,) = (one for one in shown.renderables if getattr(one, "row_count", 0) == 3)

    assert list(map(str, table.columns[0].cells)) == ["Aug 2026", "Oct 2025", "Mar 2020"]


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (900, 1000, "\N{MINUS SIGN}10.0%"),
        (1100, 1000, "+10.0%"),
        (9999, 10000, "0.0%"),
        (900, 0, "from zero"),
        (900, None, "-"),
    ],
)
def test_a_fall_has_a_minus_sign_and_no_change_no_sign(now, before, words):
    newest = month("northern", encounters=now, month_before=before, year_before=before)
    table = tables.forecast_table(
        [row(ForecastRow, **newest)], {"northern": newest}, {}, {}, ENCOUNTERS
    )

    assert re.findall("on (?:month|year) +((?:from )?[^ \n]+)", printed(table)) == [words, words]


def test_one_console_prints_for_all_and_nothing_reads_markup():
    assert calls("Console") == [("jobs/cli/render.py", "console")]
    assert calls("from_markup") == []


def test_no_text_of_the_program_is_written_as_markup():
    texts = [
        (str(file.relative_to(ROOT)), node.value)
        for file in [*ROOT.glob("forecast/**/*.py"), *ROOT.glob("jobs/**/*.py")]
        if "[/" in (text := file.read_text()) or "[bold" in text
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert [
        one for one in texts if re.search(r"\[/?(bold|red|yellow|dim|link)\b|\[/\]", one[1])
    ] == []


@pytest.mark.slow
def test_names_with_brackets_go_through_every_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    renamed = zip(
        ("North [/closed]", "Ward [closed]", "A :ghost: [bold"), clinics().values(), strict=True
    )
    visits = {name: counts.copy() for name, counts in renamed}
    visits["Ward [closed]"][-1] *= 4
    deliver(tmp_path / "deliveries" / "2023-12.csv", visits, HELD)
    run("config", "init", "deliveries")
    with Path("config.toml").open("a") as file:
        file.write(FAST)

    for line in (
        *(["run"], ["show"], ["score"], ["flags"], ["replay"], ["notices", "list"]),
        *(["score", "--questions"], ["releases", "list"]),
    ):
        run(*line)
    for name in visits:
        assert all(name in run(command) for command in ("show", "score"))
        assert name in run("show", name, "2024")
        assert name in run("chance", name, "2024-03", ">10")
    assert "Ward [closed]" in run("flags")
    refused = CliRunner().invoke(main, ["show", "North [closed]"])
    assert (refused.exit_code, "North [/closed]" in refused.output) == (2, True)


def run(*words: str) -> str:
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    return done.output
