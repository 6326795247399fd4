"""What `--help` shows beside options: commands by what they are for, and examples to try."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import click

from jobs.cli.words import HelpContext, fits

AS_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")


def examples(*commands: str) -> str:
    """The end of a help text: commands as one would type them, each on its line."""
    return "\n".join(("\b", "Examples:", *(f"  bordercast {command}" for command in commands)))


class Sectioned(click.Group):
    """A group whose help lists its commands in sections."""

    sections: Mapping[str, Sequence[click.Command]] = {}

    def add_sections(self, sections: Mapping[str, Sequence[click.Command]]) -> None:
        """Take in commands under headings, in this order."""
        self.sections = sections
        for command in (one for commands in sections.values() for one in commands):
            self.add_command(command)
        for command in _below(self):
            command.context_class = HelpContext

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a list of commands under each heading, all in the same columns."""
        widest = max(map(len, self.commands))
        for heading, commands in self.sections.items():
            with formatter.section(heading):
                formatter.write_dl(
                    [
                        (f"{command.name:<{widest}}", command.get_short_help_str(80 - widest))
                        for command in commands
                        if fits(str(command.name))
                    ]
                )


def _below(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        for each in command.commands.values():
            yield from _below(each)
