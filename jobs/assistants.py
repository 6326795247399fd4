"""`bordercast mcp`: the record for assistants, over the Model Context Protocol; it only reads.

Each tool is a command of ours, run as a process with its `--json`: an assistant is told what
a person would read, and nothing that it asks can harm the server. Each answer says which file,
seen when, and which run and digest it rests on, so that it can be quoted. Lists are `rows`, a page
at a time, so that no answer fills what an assistant can keep in mind.
"""

import inspect
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations
from pydantic import ConfigDict, model_validator

from forecast import months, periods
from forecast.errors import BordercastError, SpanError
from forecast.sources import holes
from forecast.sources.source import Source
from forecast.sources.wording import in_keys
from forecast.store import read, releases
from forecast.types import COUNT, SEVERITIES
from jobs.cli.options import Settings
from jobs.cli.render import OpenRecord, reading

SECONDS = 120.0  # for one answer
PAGE, MOST_ROWS = 50, 500  # rows of an answer where no limit is named, and the most
PAGE_BYTES = 40_000  # of an answer's rows, as JSON; at least one row is given
ALL_ERAS, ALL_LEADS, EACH_LEAD = "all", 0, -1
LONGEST, LONGEST_TEXT = 300, 200_000  # characters of an argument, and of a text to check


def server(settings: Settings) -> MCPServer:
    """The server, ready to run."""
    answering, source = Tools(settings), settings.context.source
    asked = (
        *(answering.series, answering.counts, answering.forecast, answering.chance),
        *(answering.movers, answering.compare),
        *(answering.fact, answering.check, answering.flags, answering.changes, answering.score),
    )
    return MCPServer(
        "bordercast",
        instructions=(
            f"Monthly {source.measure.long_name}, forecasts with prediction "
            "intervals, and flags. Quote "
            "a number with the source, vintage, run and digest in its answer. Where an answer has "
            "a next_offset, there are more rows: ask again with that offset."
        ),
        tools=[_tool(ask, source) for ask in asked],
    )


def _tool(ask: Callable[..., dict[str, Any]], source: Source) -> Tool:
    """A question as a tool that refuses other arguments: a misspelled filter would be none."""
    about = holes.fill(inspect.cleandoc(ask.__doc__ or ""), holes.words_of(source))
    made = Tool.from_function(
        ask, description=about, annotations=ToolAnnotations(read_only_hint=True)
    )
    known = list(made.fn_metadata.arg_model.model_fields)

    class Arguments(made.fn_metadata.arg_model):  # type: ignore[name-defined,misc]
        model_config = ConfigDict(extra="forbid")

        @model_validator(mode="before")
        @classmethod
        def _has_no_other(cls, given: Any) -> Any:
            others = [name for name in given if name not in known]
            if others:
                raise ValueError(f"no argument {', '.join(others)}; there are {', '.join(known)}")
            return given

    made.fn_metadata.arg_model = Arguments
    made.parameters = Arguments.model_json_schema(by_alias=True)
    return made


class Tools:
    """What can be asked; a wrong argument is a ToolError that says what would be right."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def series(self, total: str = "", limit: int = PAGE, offset: int = 0) -> dict[str, Any]:
        """The series there are. total: its name, such as {one}; "" for all."""

        def look(record: OpenRecord) -> Any:
            keys = read.series_keys(record.connection)
            chosen = [key for key in keys if total in ("", key.total)]
            rows = [
                {
                    "name": str(key),
                    "border": key.total,
                    "dimension": key.dimension,
                    "member": key.member,
                    "component": key.component,
                }
                for key in chosen
            ]
            return _page_of(rows, limit, offset)

        return self._read(look)

    def counts(
        self, series: str, as_of: str = "", since: str = "", limit: int = MOST_ROWS, offset: int = 0
    ) -> dict[str, Any]:
        """A series' monthly counts, as known at the end of a day.

        series: {names}. as_of: YYYY-MM-DD; "" for today. since: YYYY-MM.
        """
        try:
            day = date.fromisoformat(as_of).isoformat() if as_of else months.today().isoformat()
        except ValueError:
            raise ToolError(f"as_of: {as_of[:40]!r} is no day; write YYYY-MM-DD") from None
        try:
            first = periods.month(_short(since)) if since else ""
        except SpanError as error:
            raise ToolError(f"since: {error}") from None

        def look(record: OpenRecord) -> Any:
            key = record.names.find(_short(series))
            known = releases.as_of(record.connection, day, key.total, "*").get(key, {})
            rows = [
                {"month": month, COUNT: row.pop("value"), **row}
                for month, row in known.items()
                if month >= first
            ]
            return _page_of(rows, limit, offset)

        return self._read(look)

    def forecast(
        self, series: str, span: str = "", limit: int = PAGE, offset: int = 0
    ) -> dict[str, Any]:
        """The latest forecast of a series, month by month, or of the sum over a span ({FY}2027).

        series: {dimension} is every part of that kind.
        """
        answer = self._asked("show", series, *([span] if span else []))
        return _paged(answer, "forecasts", limit, offset)

    def movers(
        self, total: str = "", base: str = "month", limit: int = PAGE, offset: int = 0
    ) -> dict[str, Any]:
        """Which parts of a total moved, largest first. base: month or year before, or forecast.

        total: "" for all of them together.
        """
        answer = self._asked("movers", *filter(None, (total,)), options=[f"--from={_short(base)}"])
        return _paged(answer, "movers", limit, offset)

    def compare(
        self, first: str, second: str, third: str = "", limit: int = PAGE, offset: int = 0
    ) -> dict[str, Any]:
        """Two series side by side; or a series (first) in two months or years (second, third)."""
        answer = self._asked("compare", first, second, *([third] if third else []))
        return _paged(answer, "rows", limit, offset)

    def chance(self, series: str, span: str, event: str) -> dict[str, Any]:
        """How likely an event is. span: 2026-12, {FY}2027, "next 12 months". event: ">10000"."""
        return self._asked("chance", series, span, event)

    def fact(self, series: str, span: str = "", claim: str = "", since: str = "") -> dict[str, Any]:
        """Whether a claim is right for a series and span; without a claim, the facts.

        series: or a whole question, without span: {questions}.
        claim: "18,944", "record", "-78%" (with since, what the change is measured from).
        """
        options = [f"--from={_short(since)}"] if since else []
        words = filter(None, (span, claim))
        return self._asked("fact", series, *words, options=options)

    def check(self, text: str, published: str = "") -> dict[str, Any]:
        """Check every claim that a text makes about {subject}. published: YYYY-MM-DD."""
        if len(text) > LONGEST_TEXT:
            raise ToolError(f"text: at most {LONGEST_TEXT:,} characters")
        options = [f"--published={_short(published)}"] if published else []
        return self._asked("check", "-", options=options, given=text)

    def flags(
        self,
        total: str = "",
        since: str = "",
        severity: str = "",
        parts: bool = False,
        drivers: bool = False,
        limit: int = PAGE,
        offset: int = 0,
    ) -> dict[str, Any]:
        """Months that deviated from their forecast, newest first. since: YYYY-MM.

        severity: watch, notable, major or critical, and whatever is graver; without it notable.
        parts: also sectors, states. drivers: also which parts moved each month.
        """
        if severity and severity not in SEVERITIES:
            known = ", ".join(reversed(SEVERITIES))
            raise ToolError(f"severity: {_short(severity)!r} is unknown; use {known}")
        wanted = SEVERITIES[: SEVERITIES.index(severity) + 1] if severity else SEVERITIES
        options = [f"--since={_short(since)}"] if since else []
        options += ["--parts"] if parts else []
        options += ["--watch"] if severity == SEVERITIES[-1] else []
        answer = self._asked("flags", *([total] if total else []), options=options)
        # Drivers are most of the bytes, and seldom what was asked for.
        answer["answer"] = [
            {name: value for name, value in row.items() if drivers or name != "drivers"}
            for row in answer["answer"]
            if row["severity"] in wanted
        ]
        return _paged(answer, "", limit, offset)

    def changes(self, total: str, limit: int = PAGE, offset: int = 0) -> dict[str, Any]:
        """What moved a total's forecast since the run before, month by month; the steps add up."""
        return _paged(self._asked("changes", total), "changes", limit, offset)

    def score(
        self,
        total: str = "",
        model: str = "",
        basis: str = "",
        era: str = ALL_ERAS,
        lead: int = ALL_LEADS,
        limit: int = PAGE,
        offset: int = 0,
    ) -> dict[str, Any]:
        """How good the forecasts have been; smaller is better, and coverage near its name.

        basis: issued, or hindcast. era: a year, or "" for each. lead: months ahead, 1 to 12; 0 for
        all of them together, -1 for each.
        """
        answer = self._asked("score", *([total] if total else []))
        wanted = {"model": model, "basis": basis, "era": era}
        answer["answer"] = [
            row
            for row in answer["answer"]
            if all(not value or row[name] == value for name, value in wanted.items())
            and lead in (EACH_LEAD, row["horizon"])
        ]
        return _paged(answer, "", limit, offset)

    def _read(self, look: Callable[[Any], Any]) -> dict[str, Any]:
        """What a look finds, with its source, vintage, run and digest."""
        try:
            with reading(self.settings) as record:
                source = read.newest_source(record.connection)
                return {
                    "answer": in_keys(look(record), record.source),
                    "source": source.file_name if source else "the embedded figures",
                    "vintage": (source and source.first_seen_at) or "unknown",
                    "data_through": record.run.data_through,
                    "figures_old": record.old or None,
                    **record.origin,
                }
        except BordercastError as error:
            raise ToolError(str(error)) from None

    # A process of its own: what is asked may run out of time or memory, and the server stays.
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
            lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no answer"]
            raise ToolError(lines[-1]) from None
        return self._read(lambda _: answer)


def _short(text: str) -> str:
    """An argument that may be passed on; ToolError if it is too long or not text."""
    if len(text) > LONGEST or not text.isprintable():
        raise ToolError(f"{text[:40]!r}: at most {LONGEST} printable characters")
    return text


def _paged(whole: dict[str, Any], name: str, limit: int, offset: int) -> dict[str, Any]:
    """An answer whose list, or the list of this name in it, is `rows`, a page of it.

    One without such a list stays as it is.
    """
    answer = whole["answer"]
    if isinstance(answer, list):
        return {**whole, "answer": _page_of(answer, limit, offset)}
    if name not in answer:
        return whole
    beside = {key: value for key, value in answer.items() if key != name}
    return {**whole, "answer": {**beside, **_page_of(answer[name], limit, offset)}}


def _page_of(rows: Sequence[dict[str, Any]], limit: int, offset: int) -> dict[str, Any]:
    """So many rows from the offset on, fewer if they are large, and where the next page begins."""
    if not 1 <= limit <= MOST_ROWS or offset < 0:
        raise ToolError(f"limit: 1 to {MOST_ROWS}; offset: from 0 on")
    size, end = 0, offset
    for row in rows[offset : offset + limit]:
        size += len(json.dumps(row))
        if size > PAGE_BYTES and end > offset:
            break
        end += 1
    page: dict[str, Any] = {"rows": list(rows[offset:end]), "total_rows": len(rows)}
    if end < len(rows):
        page["next_offset"] = end
    return page
