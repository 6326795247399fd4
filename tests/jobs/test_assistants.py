"""The record for assistants: a real client session over stdio lists and calls each tool."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from mcp.server.mcpserver.exceptions import ToolError

from jobs import assistants
from jobs.cli import main
from jobs.cli.options import Settings
from tests.support.assistant_client import session
from tests.support.databases import written

CALLS = {
    "series": {"total": "northern"},
    "counts": {"series": "northern", "as_of": "2026-01-31"},
    "forecast": {"series": "northern"},
    "movers": {"total": "northern", "base": "year"},
    "compare": {"first": "northern", "second": "2026-01", "third": "2019-01"},
    "chance": {"series": "northern", "span": "next 12 months", "event": ">10000"},
    "fact": {"series": "northern", "span": "2025-02", "claim": "4,098"},
    "check": {"text": "In February 2025 there were 4,098 encounters at the northern border."},
    "flags": {"total": "southwest", "since": "2024-01"},
    "changes": {"total": "northern"},
    "score": {"total": "northern", "model": "bordercast"},
}
HOSTILE = [
    ("counts", {"series": "northern'; drop table runs; --"}),
    ("counts", {"series": "northern", "as_of": "yesterday"}),
    ("forecast", {"series": "--help"}),
    ("forecast", {"series": "--db=/etc/passwd"}),
    ("forecast", {"series": "x" * 10_000}),
    ("forecast", {"series": "north\x00ern"}),
    ("chance", {"series": "northern", "span": "2026-99", "event": "__import__('os')"}),
    ("fact", {"series": "northern", "span": "2025-02", "claim": "?", "since": "\x1b[2J"}),
    ("fact", {"span": "2025-02"}),
    ("fact", {"series": "no such place"}),
    ("flags", {"total": "../../etc", "since": "x"}),
    ("flags", {"total": 7}),
    ("flags", {"severity": "grave"}),
    ("flags", {"limit": 0}),
    ("flags", {"offset": -1}),
    ("flags", {"border": "southwest"}),
    ("counts", {"series": "northern", "since": "lately"}),
    ("counts", {"series": "northern", "asof": "2026-01-31"}),
    ("changes", {"total": "northern:Swanton"}),
    ("movers", {"total": "northern", "base": "--help"}),
    ("compare", {"first": "northern", "second": "x"}),
    ("score", {"total": "northern", "lead": "soon"}),
    ("check", {"text": "x" * 300_000}),
    ("no such tool", {}),
]


@pytest.mark.slow
def test_a_client_lists_and_calls_each_tool(published):
    async def use(client):
        listed = await client.list_tools()
        return listed.tools, {name: await client.call_tool(name, a) for name, a in CALLS.items()}

    tools, answers = session(published, use)

    assert {tool.name for tool in tools} == set(CALLS)
    assert all(tool.input_schema["additionalProperties"] is False for tool in tools)
    assert all(tool.description and tool.annotations.read_only_hint for tool in tools)
    for name, result in answers.items():
        assert not result.is_error, (name, result)
        said = json.loads(result.content[0].text)
        assert ("rows" in said["answer"]) == (name not in ("chance", "fact", "check"))
        assert len(result.content[0].text) < 2 * assistants.PAGE_BYTES, name
        assert len(said["digest"]) == 64, name
        assert {"source", "vintage", "run", "check", "data_through"} <= set(said), name


@pytest.mark.slow
def test_pages_of_flags_are_small_and_together_all_that_the_command_prints(published):
    options = ["--db", str(published), "flags", "--json", "--parts"]
    told = json.loads(CliRunner().invoke(main, options).output)

    async def use(client):
        pages, offset = [], 0
        while offset is not None:
            arguments = {"parts": True, "drivers": True, "limit": 500, "offset": offset}
            result = await client.call_tool("flags", arguments)
            assert len(result.content[0].text) < 2 * assistants.PAGE_BYTES
            pages.append(json.loads(result.content[0].text)["answer"])
            offset = pages[-1].get("next_offset")
        return pages

    pages = session(published, use)

    assert len(pages) > 2
    assert {page["total_rows"] for page in pages} == {len(told)}
    assert [row for page in pages for row in page["rows"]] == told


@pytest.mark.slow
def test_a_name_alone_is_a_question_of_its_newest_month(published):
    async def use(client):
        return (await client.call_tool("fact", {"series": "northern"})).content[0].text

    (answer,) = json.loads(session(published, use))["answer"]["answers"]

    assert (answer["border"], answer["month"]) == ("northern", "2026-08")


@pytest.mark.slow
def test_hostile_arguments_get_errors_and_no_tracebacks(published):
    async def use(client):
        found = []
        for name, arguments in HOSTILE:
            try:
                result = await client.call_tool(name, arguments)
                found.append((name, result.is_error, result.content[0].text))
            except Exception as error:  # the protocol's own error
                found.append((name, True, str(error)))
        alive = await client.call_tool("series", {})
        return found, alive

    found, alive = session(published, use)

    for name, failed, said in found:
        assert failed, (name, said[:300])
        assert "Traceback" not in said
        assert said.strip()
    assert not alive.is_error


def test_without_the_library_the_command_says_what_to_install(published, monkeypatch):
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    monkeypatch.delitem(sys.modules, "jobs.assistants", raising=False)

    answer = CliRunner().invoke(main, ["--db", str(published), "mcp"])

    assert answer.exit_code == 2
    assert "pip install 'bordercast[mcp]'" in answer.output


# --- arguments, without a client


@pytest.mark.parametrize(
    ("text", "passes"), [("x" * 300, True), ("x" * 301, False), ("a\x1bb", False), ("", True)]
)
def test_an_argument_is_short_and_printable(text, passes):
    if passes:
        assert assistants._short(text) == text
    else:
        with pytest.raises(ToolError, match="at most 300 printable characters"):
            assistants._short(text)


class Asked(assistants.Tools):
    """Keeps what would be run."""

    def __init__(self) -> None:
        super().__init__(None)
        self.commands: list[tuple] = []

    def _asked(self, command, *words, options=None, given=""):
        self.commands.append((command, words, options or [], given))
        return {"answer": []}


def test_each_tool_is_a_command_with_its_arguments():
    tools = Asked()
    tools.forecast("northern")
    tools.forecast("northern", "FY2027")
    tools.movers("northern", "year")
    tools.compare("northern", "southwest")
    tools.compare("northern", "2026-01", "2019-01")
    tools.chance("northern", "2026-12", ">10")
    tools.fact("northern", "2025-02")
    tools.fact("northern", "2025-02", "-78%", "2024-02")
    tools.check("a text", "2025-03-01")
    tools.check("x" * assistants.LONGEST_TEXT)
    tools.flags()
    tools.flags("northern", "2024-01", parts=True)
    tools.flags(severity="watch")
    tools.changes("northern")
    tools.score()
    tools.score("northern")

    assert tools.commands == [
        ("show", ("northern",), [], ""),
        ("show", ("northern", "FY2027"), [], ""),
        ("movers", ("northern",), ["--from=year"], ""),
        ("compare", ("northern", "southwest"), [], ""),
        ("compare", ("northern", "2026-01", "2019-01"), [], ""),
        ("chance", ("northern", "2026-12", ">10"), [], ""),
        ("fact", ("northern", "2025-02"), [], ""),
        ("fact", ("northern", "2025-02", "-78%"), ["--from=2024-02"], ""),
        ("check", ("-",), ["--published=2025-03-01"], "a text"),
        ("check", ("-",), [], "x" * 200_000),
        ("flags", (), [], ""),
        ("flags", ("northern",), ["--since=2024-01", "--parts"], ""),
        ("flags", (), ["--watch"], ""),
        ("changes", ("northern",), [], ""),
        ("score", (), [], ""),
        ("score", ("northern",), [], ""),
    ]
    with pytest.raises(ToolError, match="at most 200,000 characters"):
        tools.check("x" * 200_001)
    with pytest.raises(ToolError, match="'yesterday' is no day; write YYYY-MM-DD"):
        tools.counts("northern", "yesterday")


def test_what_a_command_refuses_is_said_to_the_assistant(tmp_path):
    tools = assistants.Tools(Settings(None, tmp_path / "none.db"))

    with pytest.raises(ToolError, match=r"none\.db"):
        tools.flags()


# --- of a record of a few rows


@pytest.fixture
def tools(by_hand, tmp_path):
    path = shutil.copy(by_hand, tmp_path / "record.db")
    return assistants.Tools(Settings(None, Path(path)))


def test_series_are_all_or_those_of_a_total(tools):
    every, south = tools.series(), tools.series("southwest")

    assert [one["name"] for one in every["answer"]["rows"]] == [
        *("nationwide", "northern", "northern / state / NY", "northern / state / VT"),
        *("other", "southwest"),
    ]
    assert south["answer"]["rows"] == [
        {"name": "southwest", "border": "southwest", "dimension": "", "member": "", "component": ""}
    ]
    assert tools.series("none")["answer"] == {"rows": [], "total_rows": 0}
    assert tools.series(limit=2)["answer"]["next_offset"] == 2


def test_counts_are_those_known_at_the_end_of_a_day(tools):
    now, then, part = (
        tools.counts("northern"),
        tools.counts("northern", "2024-02-20"),
        tools.counts("northern:NY", "2024-06-01"),
    )

    def counts(said):
        return {found["month"]: found["encounters"] for found in said["answer"]["rows"]}

    assert counts(now) == {"2023-11": 100, "2023-12": 110, "2024-01": 55, "2024-02": 60}
    assert counts(then) == {"2023-11": 100, "2023-12": 110, "2024-01": 50}
    assert counts(part) == {"2023-12": 60, "2024-01": 20}
    assert then["answer"]["rows"][-1]["known_from"] == "2024-02-20"
    assert list(counts(tools.counts("northern", since="Jan 2024"))) == ["2024-01", "2024-02"]


def test_each_answer_says_what_it_rests_on(tools):
    said = tools.series()

    assert (said["source"], said["vintage"], said["data_through"], said["run"]) == (
        "february.csv",
        "unknown",
        "2024-02",
        "2",
    )
    assert said["check"] == f"bordercast verify --run 2 --digest {said['digest']}"
    written(
        tools.settings.db,
        "update releases set first_seen_at = '2024-03-25', first_seen_precision = 'day'",
    )
    assert tools._read(lambda _: 1)["vintage"] == "2024-03-25"


def test_what_a_record_does_not_have_is_an_error_in_words(tools, tmp_path):
    for ask in (
        lambda: tools.counts("nowhere"),
        lambda: tools.counts("northern", "2024-02-30"),
        lambda: tools.counts("x" * 301),
        lambda: assistants.Tools(Settings(None, tmp_path / "none.db")).series(),
    ):
        with pytest.raises(ToolError) as refused:
            ask()
        assert str(refused.value).strip()


@pytest.mark.slow
def test_a_command_is_run_on_this_record_and_its_last_word_is_the_error(tools):
    flagged = tools.flags("northern")
    assert {row["month"] for row in flagged["answer"]["rows"]} == {"2024-01"}
    assert flagged["run"] == "2"
    with pytest.raises(ToolError) as refused:
        tools.chance("northern", "2024-03", "--help")
    assert str(refused.value).startswith("bordercast: ")
    assert "\n" not in str(refused.value)


def test_a_command_gets_its_settings_and_its_text(tools, tmp_path, monkeypatch):
    asked = []

    def run(command, **how):
        asked.append((command, how))
        return subprocess.CompletedProcess(command, 1, b'{"a": 1}', b"")

    monkeypatch.setattr(assistants.subprocess, "run", run)
    program = [sys.executable, "-m", "jobs", "--db", str(tools.settings.db)]
    tools.settings.source = "defaults"
    assert tools.check("ü", "2024-03-01")["answer"] == {"a": 1}
    tools.settings.source = "own.toml"
    tools.fact("northern", "2024-01")

    (first, how), (second, _) = asked
    assert first == [*program, "check", "--json", "--published=2024-03-01", "--", "-"]
    assert how["input"] == "ü".encode()
    assert second == [
        *(*program, "--config", "own.toml"),
        *("fact", "--json", "--", "northern", "2024-01"),
    ]

    def silent(command, **how):
        return subprocess.CompletedProcess(command, 1, b"", how["input"])

    monkeypatch.setattr(assistants.subprocess, "run", silent)
    for said, told in (("", "no answer"), ("first\nlast\n", "last"), ("\n\n", "no answer")):
        with pytest.raises(ToolError) as refused:
            tools._asked("check", given=said)
        assert str(refused.value) == told

    def slow(command, **how):
        raise subprocess.TimeoutExpired(command, how["timeout"])

    monkeypatch.setattr(assistants.subprocess, "run", slow)
    with pytest.raises(ToolError, match="check took over 120 seconds"):
        tools._asked("check")


def test_a_server_has_the_tools_that_fit_its_record_and_only_reads(tools):
    made = assistants.server(tools.settings)

    listed = asyncio.run(made.list_tools())
    assert [tool.name for tool in listed] == [
        *("series", "counts", "forecast", "chance", "movers", "compare"),
        *("fact", "check", "flags", "changes", "score"),
    ]
    assert all(tool.annotations.read_only_hint is True for tool in listed)
    assert listed[0].description.startswith(
        "The series there are. total: its name, such as northern;"
    )
    assert "\n    " not in listed[1].description
    assert made.instructions.startswith("Monthly ")
    assert "Quote a number with the source, vintage, run and digest" in made.instructions


ROWS = [{"month": "2024-01", "said": "x" * 90}] * 9
SIZE = len(json.dumps(ROWS[0]))


@pytest.mark.parametrize(
    ("limit", "offset", "room", "shown", "following"),
    [
        (9, 0, 9 * SIZE, 9, None),
        (9, 0, 9 * SIZE - 1, 8, 8),
        (4, 0, 9 * SIZE, 4, 4),
        (4, 5, 9 * SIZE, 4, None),
        (4, 4, 9 * SIZE, 4, 8),
        (4, 9, 9 * SIZE, 0, None),
        (4, 99, 9 * SIZE, 0, None),
        (4, 2, 1, 1, 3),  # a row larger than a page is given alone
    ],
)
def test_a_page_has_so_many_rows_and_so_many_bytes(
    monkeypatch, limit, offset, room, shown, following
):
    monkeypatch.setattr(assistants, "PAGE_BYTES", room)

    page = assistants._page_of(ROWS, limit, offset)

    assert (len(page["rows"]), page["total_rows"], page.get("next_offset")) == (shown, 9, following)


@pytest.mark.parametrize(("limit", "offset"), [(0, 0), (501, 0), (-1, 0), (1, -1)])
def test_a_page_that_cannot_be_is_refused(limit, offset):
    with pytest.raises(ToolError, match="limit: 1 to 500; offset: from 0 on"):
        assistants._page_of(ROWS, limit, offset)


def test_a_list_inside_an_answer_is_its_rows_and_what_is_none_stays():
    listed = {"answer": {"run": 1, "forecasts": ROWS}, "digest": "d"}

    assert assistants._paged(listed, "forecasts", 2, 0) == {
        "answer": {"run": 1, "rows": ROWS[:2], "total_rows": 9, "next_offset": 2},
        "digest": "d",
    }
    assert assistants._paged({"answer": {"median": 1}}, "forecasts", 2, 0) == {
        "answer": {"median": 1}
    }


class Answering(assistants.Tools):
    """Answers with these rows."""

    def __init__(self, *rows: dict) -> None:
        super().__init__(None)
        self.rows = list(rows)

    def _asked(self, command, *words, options=None, given=""):
        return {"answer": self.rows}


@pytest.mark.parametrize(
    ("severity", "found"),
    [("", [1, 2, 3]), ("watch", [1, 2, 3]), ("major", [2, 3]), ("critical", [3])],
)
@pytest.mark.parametrize("drivers", [True, False])
def test_flags_are_those_as_grave_as_asked_for(severity, found, drivers):
    grave = enumerate(("notable", "major", "critical"), 1)
    tools = Answering(*({"severity": one, "n": n, "drivers": []} for n, one in grave))

    rows = tools.flags(severity=severity, drivers=drivers)["answer"]["rows"]

    assert [row["n"] for row in rows] == found
    assert all(("drivers" in row) == drivers for row in rows)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["all bordercast", "all naive"]),
        ({"model": "naive"}, ["all naive"]),
        ({"era": ""}, ["all bordercast", "all naive", "2024 naive"]),
        ({"era": "2024"}, ["2024 naive"]),
        ({"lead": 1}, ["one"]),
        ({"lead": -1, "era": ""}, ["all bordercast", "all naive", "2024 naive", "one"]),
        ({"basis": "issued"}, []),
    ],
)
def test_scores_are_those_of_all_years_and_leads_together_unless_asked(asked, found):
    told = [
        ("all bordercast", "bordercast", "all", 0),
        ("all naive", "naive", "all", 0),
        ("2024 naive", "naive", "2024", 0),
        ("one", "bordercast", "all", 1),
    ]
    rows = ({"name": n, "model": m, "era": e, "horizon": h} for n, m, e, h in told)
    tools = Answering(*({"basis": "hindcast", **row} for row in rows))

    assert [row["name"] for row in tools.score(**asked)["answer"]["rows"]] == found


def test_a_tool_refuses_an_argument_it_does_not_have_and_names_those_it_has(tools):
    made = assistants.server(tools.settings)

    with pytest.raises(ToolError, match="no argument border; there are total, since, severity"):
        asyncio.run(made.call_tool("flags", {"border": "northern"}))
