"""The commands; thin.

commands   what there is, made of commands.toml: options, help, examples, which function is called
options    what commands share: settings, what may be said of a table, files taken in
render     the record at one moment; what a command answers, printed: lines and tables, or JSON
look       forecasts, what moved, any two things side by side, unusual months, scores
ask        chances, sums over months, replays, a year's report
quote      whether a number or a text is right; the paragraph to paste, as text, slide or page
export     what the record holds, as files and pictures
forecast   the engine on an analyst's own monthly counts; any table of them as a plain one
record     a month's work, and the files behind the figures; vintages, dated statements of counts;
           preliminary, figures of a month before its file
notices    what readers are told, approved by a person
service    serve, status, doctor, settings; the page; assistants
safe       whether the record is whole; witnesses, backups, runs withdrawn
"""

import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, NoReturn, TextIO, cast

import click

from forecast.errors import BordercastError, ClockRangeError, StoreError
from forecast.store import connect
from forecast.version import __version__
from forecast.words import without_controls
from jobs.cli.commands import Program
from jobs.cli.options import Settings, words_of_help

# Small fits are 10-19 times slower with two BLAS threads; numpy reads this when imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Looking for plugins of pydantic reads what every installed package says of itself.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
# Options of the program that may stand after the command too.
ANYWHERE = ("--config", "--db", "--measure")


class Output:
    """Standard output that names itself when it is full, lest the database be blamed."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        """Write; StoreError if its disk is full."""
        with _named():
            return self.stream.write(text)

    def flush(self) -> None:
        """Hand on what was written; StoreError if its disk is full."""
        with _named():
            self.stream.flush()


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in connect.NO_ROOM:
            raise
        problem = "cannot be written: the disk it goes to is full; make room, then run it again"
        raise StoreError("standard output", problem) from None


class Commands(Program):
    """Turns a known error into one line on stderr and its exit code."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the program's own options wherever they stand before a "--"."""
        end = args.index("--") if "--" in args else len(args)
        ours, others = [], []
        words = iter(args[:end])
        for word in words:
            if word in ANYWHERE:
                value = next(words, None)
                if value is None:
                    raise click.BadOptionUsage(word, f"Option '{word}' requires an argument.", ctx)
                ours += [word, value]
            elif word == "--verbose" or word.startswith(tuple(f"{name}=" for name in ANYWHERE)):
                ours.append(word)
            else:
                others.append(word)
        if others[:1] == ["help"]:  # what people type: "help flags" is "flags --help"
            others = [*others[1:], "--help"]
        if others == ["version"]:
            others = ["--version"]
        return super().parse_args(ctx, [*ours, *others, *args[end:]])

    def get_help(self, ctx: click.Context) -> str:
        """Return help in the words of what the settings and the record here are about."""
        if ctx.obj is None:
            ctx.obj = words_of_help(ctx.params.get("config_path"), ctx.params.get("db"))
        return super().get_help(ctx)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; exit codes: 0 ok, 1 failed, 2 usage, 3 data refused, 4 busy."""
        try:
            try:  # Python counts nanoseconds from 1970, and cannot say every time
                time.time()
            except OverflowError:
                raise ClockRangeError from None
            with redirect_stdout(cast("TextIO", Output(sys.stdout))):
                _name_measure(ctx)
                return super().invoke(ctx)
        except BordercastError as error:
            _end(ctx, error)
        except (sqlite3.Error, OSError) as error:
            known = connect.meaning(ctx.obj.db, error) if ctx.obj else None
            if known is None:
                raise
            _end(ctx, known)


def _name_measure(ctx: click.Context) -> None:
    """Take "seizures:northern" among a command's words for northern of --measure seizures."""
    heads = [word.partition(":")[0].lower() for word in ctx.args if ":" in word]
    if not heads or ctx.params.get("measure"):
        return
    ctx.obj = Settings(ctx.params.get("config_path"), ctx.params.get("db"))
    context = ctx.obj.context
    named = [head for head in heads if head in context.called()]
    if len(context.sources) > 1 and named:  # a series of a record of one may be called so
        ctx.obj.choose(named[0])
        ctx.args = [
            word.partition(":")[2] if word.lower().startswith(f"{named[0]}:") else word
            for word in ctx.args
        ]


def _end(ctx: click.Context, error: BordercastError) -> NoReturn:
    click.echo(f"bordercast: {without_controls(str(error))}", err=True)
    ctx.exit(error.exit_code)


@click.group(
    "bordercast",
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Examples:
  bordercast run
  bordercast show {one}
  bordercast flags --since 2025-01
  bordercast COMMAND --help""",
)
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    help="Settings file [./config.toml].",
)
@click.option("--db", type=click.Path(path_type=Path), help="Database [bordercast.db].")
@click.option(
    "--measure", metavar="NAME", default="", help="What is counted: seizures, ... [the first]."
)
@click.option("--verbose", is_flag=True, help="Also log each step, with its seconds, to stderr.")
@click.version_option(__version__, prog_name="bordercast")
@click.pass_context
def main(
    ctx: click.Context, config_path: Path | None, db: Path | None, measure: str, verbose: bool
) -> None:
    """Forecasts of monthly {about}, scored, with intervals and flags."""
    if ctx.obj is None:
        ctx.obj = Settings(config_path, db, measure)
    if verbose:
        from jobs import logs

        logs.set_up(ctx.obj.config, verbose=True)
    if ctx.invoked_subcommand is None:
        from jobs.cli import look

        line = look.answer(ctx.obj) if ctx.obj.db.exists() else ""
        click.echo(f"{line}\nMore: bordercast --help" if line else ctx.get_help())


main.fill()
