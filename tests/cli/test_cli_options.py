"""What every command takes: arguments and options with their kind, default and help."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from forecast.store.read import AS_OF
from jobs.cli import main
from tests.support import golden_texts

TAKEN = Path(__file__).with_name("options.txt")


def commands(group: click.Group, above: click.Context, path: str = "") -> Iterator[tuple]:
    for name in group.list_commands(above):
        found = group.get_command(above, name)
        assert found is not None
        here = f"{path} {name}".strip()
        yield here, found
        if isinstance(found, click.Group):
            yield from commands(found, click.Context(found, above, name), here)


def kind(type_: click.ParamType) -> str:
    if isinstance(type_, click.Path):
        which = ("exists", "file_okay", "dir_okay", "writable", "readable", "allow_dash")
        return "path" + "".join(f" {name}" for name in which if getattr(type_, name))
    said = str(type_)
    return type(type_).__name__ if " object at " in said else said


def told(parameter: click.Parameter) -> str:
    """A parameter in a line; of its default only what is written in the program."""
    words = [" ".join((*parameter.opts, *parameter.secondary_opts)), kind(parameter.type)]
    words += ["required"] * parameter.required
    words += [f"{parameter.nargs} of them"] * (parameter.nargs != 1)
    if isinstance(parameter, click.Option):
        words += [name for name in ("is_flag", "multiple", "count", "hidden", "show_default")
                  if getattr(parameter, name)]  # fmt: skip
    default = parameter.default
    if isinstance(default, bool | int | float | str) and not isinstance(default, Path):
        words.append(f"default {default!r}")
    return ", ".join(words)


def test_every_command_takes_what_it_took():
    above = click.Context(main, info_name="bordercast")
    found = {"bordercast": main, **dict(commands(main, above))}

    golden_texts.compare(
        TAKEN, {path: "\n".join(map(told, one.params)) or "nothing" for path, one in found.items()}
    )


def test_a_day_can_be_asked_of_the_views_that_have_a_query_for_it():
    views = main.commands["export"].commands
    dated = {name for name, one in views.items() if any("--as-of" in p.opts for p in one.params)}

    assert dated == set(AS_OF)
