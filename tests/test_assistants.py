"""The record for assistants: a real client session over stdio lists and calls each tool."""

from __future__ import annotations

import asyncio
import json
import sys

import pytest
import serving
from mcp import Client, StdioServerParameters

CALLS = {
    "series": {"border": "northern"},
    "counts": {"series": "northern", "as_of": "2026-01-31"},
    "forecast": {"series": "northern"},
    "chance": {"series": "northern", "span": "next 12 months", "event": ">10000"},
    "fact": {"series": "northern", "span": "2025-02", "claim": "4,098"},
    "check": {"text": "In February 2025 there were 4,098 encounters at the northern border."},
    "flags": {"border": "southwest", "since": "2024-01"},
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
    ("flags", {"border": "../../etc", "since": "x"}),
    ("flags", {"border": 7}),
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
