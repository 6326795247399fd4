"""The record for assistants: a real client session over stdio lists and calls each tool."""

from __future__ import annotations

import asyncio
import json
import sys

import pytest
import serving
from mcp import Client, StdioServerParameters
from mcp.server.mcpserver.exceptions import ToolError

from jobs import assistants
from jobs.cli.shared import Settings

CALLS = {
    "series": {"total": "northern"},
    "counts": {"series": "northern", "as_of": "2026-01-31"},
    "forecast": {"series": "northern"},
    "chance": {"series": "northern", "span": "next 12 months", "event": ">10000"},
    "fact": {"series": "northern", "span": "2025-02", "claim": "4,098"},
    "check": {"text": "In February 2025 there were 4,098 encounters at the northern border."},
    "flags": {"total": "southwest", "since": "2024-01"},
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
    ("fact", {"series": "northern"}),
    ("flags", {"total": "../../etc", "since": "x"}),
    ("flags", {"total": 7}),
    ("check", {"text": "x" * 300_000}),
    ("no such tool", {}),
]


def session(path, use):
    """Run `use` with a client of the program, started as an assistant starts it."""

    async def talk():
        program = StdioServerParameters(
            command=sys.executable, args=["-m", "jobs", "--db", str(path), "mcp"]
        )
        async with Client(program, read_timeout_seconds=serving.HANGS) as client:
            return await use(client)

    return asyncio.run(talk())


@pytest.mark.slow
def test_a_client_lists_and_calls_each_tool(published):
    async def use(client):
        listed = await client.list_tools()
        return listed.tools, {name: await client.call_tool(name, a) for name, a in CALLS.items()}

    tools, answers = session(published, use)

    assert {tool.name for tool in tools} == set(CALLS)
    assert all(tool.description and tool.annotations.read_only_hint for tool in tools)
    for name, result in answers.items():
        assert not result.is_error, (name, result)
        said = json.loads(result.content[0].text)
        assert said["answer"], name
        assert len(said["digest"]) == 64, name
        assert {"source", "vintage", "run", "check", "data_through"} <= set(said), name


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
    from click.testing import CliRunner

    from jobs.cli import main

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
        return {}


def test_each_tool_is_a_command_with_its_arguments():
    tools = Asked()
    tools.forecast("northern")
    tools.forecast("northern", "FY2027")
    tools.chance("northern", "2026-12", ">10")
    tools.fact("northern", "2025-02")
    tools.fact("northern", "2025-02", "-78%", "2024-02")
    tools.check("a text", "2025-03-01")
    tools.check("x" * assistants.LONGEST_TEXT)
    tools.flags()
    tools.flags("northern", "2024-01", parts=True)

    assert tools.commands == [
        ("show", ("northern",), [], ""),
        ("show", ("northern", "FY2027"), [], ""),
        ("chance", ("northern", "2026-12", ">10"), [], ""),
        ("fact", ("northern", "2025-02"), [], ""),
        ("fact", ("northern", "2025-02", "-78%"), ["--from=2024-02"], ""),
        ("check", ("-",), ["--published=2025-03-01"], "a text"),
        ("check", ("-",), [], "x" * 200_000),
        ("flags", (), [], ""),
        ("flags", ("northern",), ["--since=2024-01", "--parts"], ""),
    ]
    with pytest.raises(ToolError, match="at most 200,000 characters"):
        tools.check("x" * 200_001)
    with pytest.raises(ToolError, match="'yesterday' is no day; write YYYY-MM-DD"):
        tools.counts("northern", "yesterday")


def test_what_a_command_refuses_is_said_to_the_assistant(tmp_path):
    tools = assistants.Tools(Settings(None, tmp_path / "none.db"))

    with pytest.raises(ToolError, match=r"none\.db"):
        tools.flags()
