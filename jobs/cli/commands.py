"""The commands there are, made of commands.toml: what each takes, its help and its examples.

Help has holes, {total} and {one}, for the words of the source in use: what speaks of a total
speaks of whatever each total is, and examples name a series that is there. A command's module is
loaded when it is called, so that --help and a light command wait for nobody else's libraries.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast import periods
from forecast.desk.dictionary import VIEWS
from forecast.errors import SpanError
from forecast.periods import Calendar
from forecast.sources import catalog, holes

if TYPE_CHECKING:
    from forecast.sources.source import Source

TABLE = Path(__file__).with_name("commands.toml")
# What an entry says of its command; all else is what the command takes.
ENTRY = ("run", "answers", "help", "short_help", "examples", "reading", "context_settings")
SLIDE = (1280, 720)


class Typed(click.ParamType[Any]):
    """What a function reads of a word; its ValueError or SpanError is a usage error."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name, self.read = name, read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return what was read."""
        try:
            return self.read(value)
        except (ValueError, SpanError) as error:
            self.fail(str(error), param, ctx)


class TableSource(click.Path):
    """A file or folder that is there, "-", or an address on the web."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the path, or the address as it is."""
        from jobs.arrivals.table import is_address

        return value if is_address(str(value)) else super().convert(value, param, ctx)


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{3,4})x(\d{3,4})", text)
    if match is None and text != "slide":
        raise ValueError(f"{text!r} is not a size; write it as 1600x900, or slide")
    return (int(match[1]), int(match[2])) if match else SLIDE


def _line(text: str) -> str:
    """Return a name or a reason that a person gave; nothing in it that a terminal would obey."""
    words = " ".join(text.split())
    if not words:
        raise ValueError("write it as text")
    if not words.isprintable():
        raise ValueError(f"{words!r} holds characters that cannot be printed")
    return words


def _address(given: str) -> str:
    from forecast.config import Recipient

    try:
        return Recipient(address=given).address
    except ValueError:
        raise ValueError(f"{given!r} is not a mail address; write name@example.org") from None


TYPES: Mapping[str, click.ParamType[Any]] = {
    "text": click.STRING,
    "line": Typed("text", _line),
    "number": click.INT,
    "day": click.DateTime(["%Y-%m-%d"]),
    "month": Typed("YYYY-MM", periods.month),
    "size": Typed("WxH", _size),
    "address": Typed("address", _address),
    "file": click.Path(dir_okay=False, path_type=Path),
    "folder": click.Path(file_okay=False, path_type=Path),
    "path": click.Path(path_type=Path),
    "existing file": click.Path(exists=True, dir_okay=False, path_type=Path),
    "existing folder": click.Path(exists=True, file_okay=False, path_type=Path),
    "existing path": click.Path(exists=True, path_type=Path),
    "table": TableSource(exists=True, path_type=Path, allow_dash=True),
}


def _parameter(names: str, about: str | Mapping[str, Any]) -> click.Parameter:
    """Return an argument, or an option if its names begin with a dash."""
    if isinstance(about, str):  # a flag has nothing to say but its help
        # A flag with an opposite, --log/--linear, may also be left open.
        left_open: dict[str, Any] = {"default": None} if "/" in names else {}
        return click.Option(names.split(), is_flag=True, help=about, **left_open)
    more = dict(about)
    of = more.pop("type", "text")
    kind = click.Choice(of) if isinstance(of, list) else TYPES[of]
    if "min" in more:
        kind = click.IntRange(more.pop("min"), more.pop("max", None))
    if names.startswith("-"):
        if of == "day":  # click would show the format as Python writes it
            more["metavar"] = "YYYY-MM-DD"
        return click.Option(names.split(), type=kind, **more)
    return click.Argument([names], type=kind, **more)


def _command(
    path: str, about: Mapping[str, Any], reading: Mapping[str, Any], **also: Any
) -> click.Command:
    """Return one command, or a group. also : what its function is given besides."""
    lines = ("\b", "Examples:", *(f"  bordercast {example}" for example in about["examples"]))
    name = path.rpartition(" ")[2]
    shared = {"help": about["help"], "epilog": "\n".join(lines)}
    called = about.get("run") or about.get("answers")
    if not called:
        return click.Group(name, **shared)
    takes = {names: of for names, of in about.items() if names not in ENTRY}
    takes |= reading if "reading" in about else {}
    if "answers" in about:
        takes["--json as_json"] = "As JSON, for programs."
    module, _, function = called.partition(".")

    @click.pass_obj
    def run(settings: Any, /, **given: Any) -> None:
        # Loaded when called: a module imports at its top all that its commands need.
        from jobs.cli import render

        work = getattr(import_module(f"jobs.cli.{module}"), function)
        first = next(iter(signature(work).parameters))
        render.run(work, settings, record=first == "record", **given, **also)

    return Command(
        name,
        callback=run,
        params=[_parameter(*pair) for pair in takes.items()],
        short_help=about.get("short_help"),
        context_settings=about.get("context_settings"),
        **shared,
    )


class Command(click.Command):
    """A command; where a word is too many it says what is usually meant."""

    allow_extra_args = True

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words of a command; none may be left."""
        left = super().parse_args(ctx, args)
        if left:
            s = "s" * (len(left) > 1)
            hint = "Put a name of several words into quotes."
            ctx.fail(f"Got unexpected extra argument{s} ({' '.join(left)}). {hint}")
        return left


class _Filled(click.HelpFormatter):
    """Writes help with a source's words in its holes."""

    words: Mapping[str, str] = {}

    def write_text(self, text: str) -> None:
        """Write a paragraph, or examples."""
        super().write_text(holes.fill(text, self.words))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Write options or commands with what they do."""
        filled = [(term, holes.fill(text, self.words)) for term, text in rows]
        super().write_dl(filled, col_max, col_spacing)


class HelpContext(click.Context):
    """A command's context, whose help is in the words of the record's source."""

    def make_formatter(self) -> click.HelpFormatter:
        """Return what writes the help."""
        formatter = _Filled(width=self.terminal_width, max_width=self.max_content_width)
        settings = self.find_root().obj  # None where nothing tells whose help, as in a new folder
        formatter.words = words_of(settings.context.source if settings else None)
        return formatter


def words_of(source: Source | None) -> Mapping[str, str]:
    """Return the words for the holes in help; of encounters where no source is chosen."""
    if source:
        return dict(holes.words_of(source))
    table = catalog.table("cbp_encounters")  # help loads no types, and no source
    return {
        **holes.years(Calendar(table["year_begins"])),
        "file": table["example"],
        **table["help"],
    }


class Program(click.Group):
    """The group of all commands; its help lists them in sections."""

    context_class = HelpContext
    sections: Mapping[str, list[str]] = {}

    def fill(self) -> None:
        """Take in every command of the table, and one for each view of the record."""
        table = tomllib.loads(TABLE.read_text("utf-8"))
        self.sections, reading = table.pop("sections"), table.pop("reading")
        of_views = table.pop("view")
        as_of = of_views.pop("as_of")
        groups: dict[str, click.Group] = {"": self}
        for path, about in table.items():
            groups[path.rpartition(" ")[0]].add_command(made := _command(path, about, reading))
            if isinstance(made, click.Group):
                groups[path] = made
            made.context_class = HelpContext
        # A view needs no entry of its own: the dictionary says what its rows are.
        for view in VIEWS.values():
            about = {
                "run": "export.view",
                "help": f"A row is {view.row}.",
                "short_help": view.row,
                "examples": [f"export {view.name} -o {view.name}.csv"],
            }
            about |= {n: of for n, of in of_views.items() if view.name in as_of or "as-of" not in n}
            groups["export"].add_command(made := _command(view.name, about, {}, name=view.name))
            made.context_class = HelpContext

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a list of commands under each heading, all in the same columns."""
        widest = max(map(len, self.commands))
        for heading, names in self.sections.items():
            with formatter.section(heading):
                formatter.write_dl(
                    [
                        (f"{name:<{widest}}", self.commands[name].get_short_help_str(80 - widest))
                        for name in names
                    ]
                )
