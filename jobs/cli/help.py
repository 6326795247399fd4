"""What `--help` shows beside options: commands by what they are for, examples to try.

Help and the keys of JSON are in the words of the source in use, where that is somebody's own:
what speaks of a border speaks of whatever each series is, and examples name a series that is there.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from forecast import months

if TYPE_CHECKING:
    from forecast.sources.source import Source

AS_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
ABOUT_SHIPPED = frozenset({"check"})  # commands that know the counts of the program alone
_PARTS = r"\b(?:northern|southwest):"  # of most own counts there are none
_NAMED_PARTS = r"\b(?:northern|southwest):(?:Swanton|'?\"unaccompanied children\"'?)"
_ALL_PARTS = r"\b(?:northern|southwest):citizenship\b"
_HALVES = r"^ +bordercast .*:Border Patrol.*\n?|'share of southwest 63%', "
_DROPPED = re.compile(
    rf"{_HALVES}|^ +bordercast .*{_PARTS}.*\n?|\(northern, {_PARTS}[^)]*\) "
    rf"|[^.\n]*{_PARTS}[^.]*\.\s?",
    re.MULTILINE,
)


def examples(*commands: str) -> str:
    """The end of a help text: commands as one would type them, each on its line."""
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


class _InWords(click.HelpFormatter):
    """Writes help in the words of a source."""

    def __init__(self, source: Source | None, width: int | None, max_width: int | None) -> None:
        super().__init__(width=width, max_width=max_width)
        self.source = source

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The usage line."""
        super().write_usage(prog, in_words(args, self.source), prefix)

    def write_text(self, text: str) -> None:
        """A paragraph, or examples."""
        super().write_text(in_words(text, self.source))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Options or commands with what they do."""
        shown = [(in_words(term, self.source), in_words(text, self.source)) for term, text in rows]
        super().write_dl(shown, col_max, col_spacing)


class HelpContext(click.Context):
    """A command's context, whose help is in the words of the record's source."""

    def make_formatter(self) -> click.HelpFormatter:
        """What writes the help."""
        return _InWords(_source(self), self.terminal_width, self.max_content_width)


def _source(ctx: click.Context) -> Source | None:
    """The source that a command is about; None where nothing tells, as in an empty folder."""
    settings = ctx.find_root().obj
    return settings.context.source if settings else None


def in_words(text: str, source: Source | None) -> str:
    """A text about border encounters, about the counts in use; unchanged where it fits them."""
    if source is None or source.shipped:
        return text
    total, noun = source.totals.one, source.measure.noun
    vowel = total[:1].lower() in "aeiou"
    name = shlex.quote(next(iter(source.totals.every), "SERIES"))
    replaced: list[tuple[str, str | Callable[[re.Match[str]], str]]] = [
        (r"\b[a-z]+-encounters-\S+\.csv", source.example),
        (r"\[northern\|[a-z|]*\]", "[SERIES]"),
        (r"\b(?:U\.S\. )?(?:border )?encounters\b", noun),
        (r"\b([Aa])(?= border\b)", lambda match: f"{match[1]}n" if vowel else match[1]),
        (r"\bborders\b", source.totals.many),
        (r"\bborder's\b", f"{total}'" if total.endswith("s") else f"{total}'s"),
        (r"\bborder\b", total),
        (r"\bnorthern, southwest, other or nationwide\b", "a name"),
        (r"\b(?:northern|southwest|nationwide)\b", name),
        (r"\bfy(?=\d{4}\.)", ""),
        (r"\bfiscal (?=(?:years?|YEAR)\b)", ""),
        (r"Also sectors, states, citizenships, \.\.\.", "Also parts, where there are any."),
    ]
    if months.calendar_years(source.year_begins):
        replaced.append((r"\bFY(?=\d{4}\b)", ""))
    if source.hierarchy.dimensions:
        part = source.totals.part
        below = [shlex.quote(f"{shlex.split(name)[0]}:{what}") for what in (part.upper(), part)]
        replaced[:0] = [(_NAMED_PARTS, below[0]), (_ALL_PARTS, below[1])]
        text = re.sub(_HALVES, "", text, flags=re.MULTILINE)
        text = re.sub(rf"\(northern, {_NAMED_PARTS}, {_NAMED_PARTS}\)", f"({below[0]})", text)
    else:
        text = _DROPPED.sub("", text)
    for pattern, words in replaced:
        text = re.sub(pattern, words if callable(words) else words.replace("\\", r"\\"), text)
    return text


def fits(command: str, source: Source | None) -> bool:
    """Whether a command can do anything with the counts of a source."""
    return source is None or source.shipped or command not in ABOUT_SHIPPED


def _below(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            yield from _below(inner)
