"""The commands; thin.

shared     settings, reading, printing
help       examples, and the commands in sections
work       commands that change the record
look       commands that only read
notices    what readers are told, approved by a person
flags      months that deviated: what moved, how it ended
replay     the service as it would have been, and shocks put into the figures
score      how good the forecasts have been
cite       facts about a month, to quote
export     what the record holds, as files
views      a command for every view
ask        chances, sums over months, what moved the forecast, a year's report
anyseries  the engine on an analyst's own monthly counts
plot       pictures
releases   files: fetched, held, refused
service    serve, status, doctor, settings
web        the page
care       backup, restore, withdraw
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any, NoReturn

import click

from forecast import __version__
from forecast.errors import BordercastError
from forecast.store import trouble
from jobs.cli import (
    anyseries,
    ask,
    care,
    cite,
    export,
    flags,
    look,
    notices,
    plot,
    releases,
    replay,
    score,
    service,
    web,
    work,
)
from jobs.cli.help import Sectioned, examples
from jobs.cli.shared import Settings

# Small fits are 10-19 times slower with two BLAS threads; numpy reads this when imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")


class Commands(Sectioned):
    """Turns a known error into one line on stderr and its exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; exit codes: 0 ok, 1 failed, 2 usage, 3 data refused, 4 busy."""
        try:
            return super().invoke(ctx)
        except BordercastError as error:
            _end(ctx, error)
        except (sqlite3.Error, OSError) as error:
            known = trouble.meaning(ctx.obj.db, error) if ctx.obj else None
            if known is None:
                raise
            _end(ctx, known)


def _end(ctx: click.Context, error: BordercastError) -> NoReturn:
    click.echo(f"bordercast: {error}", err=True)
    ctx.exit(error.exit_code)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples("run", "show northern", "flags --since 2025-01", "COMMAND --help"),
)
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    help="Settings file [./config.toml].",
)
@click.option("--db", type=click.Path(path_type=Path), help="Database [bordercast.db].")
@click.version_option(__version__, prog_name="bordercast")
@click.pass_context
def main(ctx: click.Context, config_path: Path | None, db: Path | None) -> None:
    """Forecasts of monthly U.S. border encounters, scored, with intervals and flags."""
    ctx.obj = Settings(config_path, db)


main.add_sections(
    {
        "Each month": (work.run, releases.fetch, work.ingest, releases.releases),
        "Look": (
            look.show,
            ask.chance,
            ask.changes,
            flags.flags,
            score.score,
            ask.report,
            plot.plot,
            web.web,
        ),
        "Quote": (cite.brief, cite.fact, export.export),
        "Ask the engine": (anyseries.forecast, replay.replay),
        "Tell readers": (notices.notices,),
        "Keep it running": (service.serve, service.status, service.doctor, service.config),
        "Keep it safe": (look.verify, care.backup, care.restore, care.withdraw),
    }
)
