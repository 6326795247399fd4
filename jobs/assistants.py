"""`bordercast mcp`: the record for assistants, over the Model Context Protocol; it only reads.

Each tool is a command of ours, run as a process with its `--json`: an assistant is told what
a person would read, and nothing that it asks can harm the server. Each answer says which file,
seen when, and which run and digest it rests on, so that it can be quoted.
"""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from forecast import months
from forecast.desk.wording import in_keys, measure
from forecast.errors import BordercastError
from forecast.store import joint, observations, page
from jobs.cli.help import fits, in_words
from jobs.cli.shared import Settings, latest_run, origin, reading, series_key

SECONDS = 120.0  # for one answer
LONGEST, LONGEST_TEXT = 300, 200_000  # characters of an argument, and of a text to check


def server(settings: Settings) -> MCPServer:
    """The server, ready to run."""
    made = MCPServer(
        "bordercast",
        instructions=(
            f"Monthly {measure().long_name}, forecasts with prediction intervals, and flags. Quote "
            "a number with the source, vintage, run and digest in its answer."
        ),
    )
    tools = Tools(settings)
    for tool in (
        *(tools.series, tools.counts, tools.forecast, tools.chance),
        *(tools.fact, tools.check, tools.flags),
    ):
        if fits(tool.__name__):
            about = in_words(inspect.cleandoc(tool.__doc__ or ""))
            hints = ToolAnnotations(read_only_hint=True)
            made.add_tool(tool, description=about, annotations=hints)
    return made


class Tools:
    """What can be asked; a wrong argument is a ToolError that says what would be right."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def series(self, total: str = "") -> dict[str, Any]:
        """The series there are. total: northern, southwest, other or nationwide; "" for all."""

        def look(connection: Any) -> Any:
            found = joint.series_keys(connection)
            return [
                {"name": str(key), **key._asdict()} for key in found if total in ("", key.border)
            ]

        return self._read(look)

    def counts(self, series: str, as_of: str = "") -> dict[str, Any]:
        """A series' monthly counts, as known at the end of a day.

        series: "northern", "northern:Swanton". as_of: YYYY-MM-DD; "" for today.
        """
        try:
            day = date.fromisoformat(as_of).isoformat() if as_of else months.today().isoformat()
        except ValueError:
            raise ToolError(f"as_of: {as_of[:40]!r} is no day; write YYYY-MM-DD") from None

        def look(connection: Any) -> Any:
            key = series_key(connection, _short(series))
            known = observations.as_of(connection, day, key.border, "*").get(key, {})
            return {month: value._asdict() for month, value in known.items()}

        return self._read(look)

    def forecast(self, series: str, span: str = "") -> dict[str, Any]:
        """The latest forecast of a series, month by month, or of the sum over a span (FY2027)."""
        return self._asked("show", series, *([span] if span else []))

    def chance(self, series: str, span: str, event: str) -> dict[str, Any]:
        """How likely an event is. span: 2026-12, FY2027, "next 12 months". event: ">10000"."""
        return self._asked("chance", series, span, event)

    def fact(self, series: str, span: str, claim: str = "", since: str = "") -> dict[str, Any]:
        """Whether a claim is right for a series and span; without a claim, the facts.

        claim: "18,944", "record", "-78%" (with since, what the change is measured from).
        """
        options = [f"--from={_short(since)}"] if since else []
        return self._asked("fact", series, span, *([claim] if claim else []), options=options)

    def check(self, text: str, published: str = "") -> dict[str, Any]:
        """Check every claim that a text makes about border encounters. published: YYYY-MM-DD."""
        if len(text) > LONGEST_TEXT:
            raise ToolError(f"text: at most {LONGEST_TEXT:,} characters")
        options = [f"--published={_short(published)}"] if published else []
        return self._asked("check", "-", options=options, given=text)

    def flags(self, total: str = "", since: str = "", parts: bool = False) -> dict[str, Any]:
        """Months that deviated from their forecast. since: YYYY-MM. parts: also sectors, states."""
        options = [f"--since={_short(since)}"] if since else []
        options += ["--parts"] if parts else []
        return self._asked("flags", *([total] if total else []), options=options)

    def _read(self, look: Callable[[Any], Any]) -> dict[str, Any]:
        try:
            with reading(self.settings) as connection:
                return {"answer": in_keys(look(connection)), **self._origin(connection)}
        except BordercastError as error:
            raise ToolError(str(error)) from None

    def _origin(self, connection: Any) -> dict[str, Any]:
        """Source, vintage, run and digest of what is said."""
        run, source = latest_run(connection, self.settings), page.newest_source(connection)
        return {
            "source": source.file_name if source else "the embedded figures",
            "vintage": source.seen if source and source.seen else "unknown",
            "data_through": run.data_through,
            **origin(run),
        }

    def _asked(
        self, command: str, *words: str, options: list[str] | None = None, given: str = ""
    ) -> dict[str, Any]:
        """What a command answers; arguments cannot be taken for options."""
        program = [sys.executable, "-m", "jobs", "--db", str(self.settings.db)]
        if self.settings.source != "defaults":
            program += ["--config", self.settings.source]
        try:
            done = subprocess.run(
                [*program, command, "--json", *(options or []), "--", *map(_short, words)],
                input=given.encode("utf-8", errors="replace"),
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ToolError(f"{command} took over {SECONDS:g} seconds") from None
        try:
            answer = json.loads(done.stdout)
        except ValueError:
            said = done.stderr.decode(errors="replace").strip().splitlines() or ["no answer"]
            raise ToolError(said[-1]) from None
        return self._read(lambda connection: answer)


def _short(text: str) -> str:
    """An argument that may be passed on; ToolError if it is too long or not text."""
    if len(text) > LONGEST or not text.isprintable():
        raise ToolError(f"{text[:40]!r}: at most {LONGEST} printable characters")
    return text
