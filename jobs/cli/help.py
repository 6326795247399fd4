"""What `--help` shows beside options: commands by what they are for, examples to try.

Texts have holes, {total} and {one}, for the words of the source in use: what speaks of a total
speaks of whatever each total is, and examples name a series that is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from forecast.sources import catalog, holes

if TYPE_CHECKING:
    from forecast.sources.source import Source

ABOUT_SHIPPED = frozenset({"check"})  # commands that know the counts of the program alone


def examples(*commands: str) -> str:
    """Return the end of a help text: commands as one would type them, each on its line."""
    return "\n".join(("\b", "Examples:", *(f"  bordercast {command}" for command in commands)))


class Sectioned(click.Group):
    """A group whose help lists its commands in sections."""

    sections: Mapping[str, Sequence[click.Command]] = {}

    def add_sections(self, sections: Mapping[str, Sequence[click.Command]]) -> None:
        """Take in commands under headings, in this order."""
        self.sections = sections
        for command in (command for commands in sections.values() for command in commands):
            self.add_command(command)
        for command in _below(self):
            command.context_class = HelpContext

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a list of commands under each heading, all in the same columns."""
        widest, source = max(map(len, self.commands)), _source(ctx)
        for heading, commands in self.sections.items():
            with formatter.section(heading):
                formatter.write_dl(
                    [
                        (f"{command.name:<{widest}}", command.get_short_help_str(80 - widest))
                        for command in commands
                        if fits(str(command.name), source)
                    ]
                )


class _Filled(click.HelpFormatter):
    """Writes help with a source's words in its holes."""

    def __init__(self, source: Source | None, width: int | None, max_width: int | None) -> None:
        super().__init__(width=width, max_width=max_width)
        self.words = _words(source)

    def write_text(self, text: str) -> None:
        """Write a paragraph, or examples."""
        super().write_text(holes.fill(text, self.words))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Write options or commands with what they do."""
        super().write_dl(
            [(term, holes.fill(text, self.words)) for term, text in rows], col_max, col_spacing
        )


class HelpContext(click.Context):
    """A command's context, whose help is in the words of the record's source."""

    def make_formatter(self) -> click.HelpFormatter:
        """Return what writes the help."""
        return _Filled(_source(self), self.terminal_width, self.max_content_width)


def _source(ctx: click.Context) -> Source | None:
    """Return the source a command is about; None where nothing tells, as in an empty folder."""
    settings = ctx.find_root().obj
    return settings.context.source if settings else None


def _words(source: Source | None) -> Mapping[str, str]:
    """Return the words for the holes in help; of encounters where no source is chosen."""
    if source:
        return holes.words_of(source)
    table = catalog.table("cbp_encounters")  # DEFAULT_SOURCE; help loads no types, and no source
    return {**holes.years(table["year_begins"]), "file": table["example"], **table["help"]}


def fits(command: str, source: Source | None) -> bool:
    """Return whether a command can do anything with the counts of a source."""
    return source is None or source.shipped or command not in ABOUT_SHIPPED


def _below(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            yield from _below(inner)
