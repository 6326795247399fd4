"""Every command there is, by the words that call it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from jobs.cli import main


def commands(group: click.Group = main, *path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command below a group, and the words that call it."""
    for name, command in group.commands.items():
        yield " ".join((*path, name)), command
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)


COMMANDS = dict(commands())
