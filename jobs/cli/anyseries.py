"""`forecast`: the engine on an analyst's own monthly counts."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from forecast.errors import ShortSeriesError
from jobs.cli.help import examples
from jobs.cli.shared import Settings, progress

if TYPE_CHECKING:
    from forecast.desk.export.encoded import Encoded, EncodedBlock
    from forecast.engine.anyseries import SeriesForecasts
    from forecast.engine.blocks import Spread
    from forecast.intake.counts import MonthlyCounts
    from models.base import Floats

STDOUT = "-"
SHOWN = 10  # warnings of a kind
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    epilog=examples(
        "forecast counts.csv", "forecast counts.csv --h 18 --hindcasts 24 -o ahead.parquet"
    )
)
@click.argument("file", type=FILE)
@click.option(
    "--h", "h", type=click.IntRange(1, 60), default=12, show_default=True, help="Months ahead."
)
@click.option(
    "-o",
    "--out",
    default=STDOUT,
    show_default=True,
    metavar="FILE",
    help="A name that ends in .csv, .parquet or .xlsx; - prints CSV.",
)
@click.option(
    "--models",
    type=click.Choice(["engine", "all"]),
    default="engine",
    show_default=True,
    help="all: also naive, snaive, ets, sarima, prophet, in a column `model`; slow.",
)
@click.option(
    "--hindcasts",
    type=click.IntRange(min=0),
    default=0,
    help="Forecast from this many earlier months too, and say how good that would have been.",
)
@click.option("--hindcasts-out", default="", metavar="FILE", help="File for those hindcasts.")
@click.option(
    "--total",
    "totals",
    multiple=True,
    metavar="SERIES",
    help="This series is the sum of the others of its family, and is forecast as their sum.",
)
@click.pass_obj
def forecast(
    settings: Settings,
    file: Path,
    h: int,
    out: str,
    models: str,
    hindcasts: int,
    hindcasts_out: str,
    totals: tuple[str, ...],
) -> None:
    """Forecast any monthly counts of yours.

    FILE is a CSV of series, month, value [, family]. Months are YYYY-MM; values are at least 0,
    decimals allowed, blank or left out where nobody knows them. A series of less than two years
    is left out with a warning.
    Output: series, month, median and quantiles.
    """
    from forecast.engine import anyseries
    from forecast.intake.counts import read_counts
    from jobs.compute.executors import spreading

    if hindcasts_out and not hindcasts:
        raise click.UsageError("--hindcasts-out needs --hindcasts N")
    _check(out, hindcasts_out)
    counts, short = anyseries.long_enough(read_counts(file))
    _warn_short(short)
    with spreading(settings.config.compute, len(counts.names)) as spread:
        rows = anyseries.totals_of(counts, totals)
        said = _said(settings, counts, h, hindcasts, models, spread, rows)
        _save({name: model.ends() for name, model in said.items()}, out, spread)
        _warn_silent(said)
        if hindcasts:
            past = {name: model.hindcasts() for name, model in said.items()}
            _say_quality(_save(past, hindcasts_out, spread))


def _said(
    settings: Settings,
    counts: MonthlyCounts,
    h: int,
    hindcasts: int,
    models: str,
    spread: Spread,
    totals: Mapping[int, Sequence[int]],
) -> dict[str, SeriesForecasts]:
    """What the engine says, or every model."""
    from forecast.engine.anyseries import forecast_counts
    from jobs.pipeline.anyseries import ENGINE, forecast_all

    if models != "all":
        engine = forecast_counts(counts, h, hindcasts=hindcasts, totals=totals, spread=spread)
        return {ENGINE: engine}
    with progress(quiet=False) as report:
        compute = settings.config.compute
        return forecast_all(counts, h, hindcasts, compute, spread, report, totals)


def _check(*files: str) -> None:
    """Refuse what could not be written before any work is done."""
    from forecast.desk.export import tables

    for name in files:
        if name not in ("", STDOUT):
            tables.check(Path(name))


def _save(said: Mapping[str, SeriesForecasts], out: str, spread: Spread) -> dict[str, list[Floats]]:
    """Write forecasts from the series' ends, or hindcasts; what each model's are worth.

    out : a file's name, STDOUT, or "" to score only.
    """
    from forecast.desk.export import ahead, tables

    whole = all(model.counts.whole.all() for model in said.values())
    past = all((model.back > 0).all() for model in said.values())
    columns = ahead.columns(whole, models=len(said) > 1, past=past)
    found: dict[str, list[Floats]] = {name: [] for name in said}

    def blocks() -> Iterator[EncodedBlock | Encoded]:
        suffix = ".csv" if out == STDOUT else Path(out).suffix
        for part in spread(ahead.written, ahead.parts(said, columns, suffix)):
            found[part.model].append(part.scores)
            yield part.block

    if not out:
        deque(blocks(), maxlen=0)
    elif out == STDOUT:
        tables.write_csv(tables.Table(columns, blocks()), sys.stdout)
    else:
        tables.write(tables.Table(columns, blocks()), Path(out))
    return found


def _warn_short(short: Sequence[ShortSeriesError]) -> None:
    _warn([f"left out: {error}" for error in short])


def _warn_silent(said: Mapping[str, SeriesForecasts]) -> None:
    """Name the models and series without a forecast."""
    _warn(
        [
            f"no forecast by {name}: {series}: too few months or past errors, or its fit failed"
            for name, model in said.items()
            for series, known in zip(model.counts.names, model.known[:, -1], strict=True)
            if not known
        ]
    )


def _warn(lines: Sequence[str]) -> None:
    for line in lines[:SHOWN]:
        click.echo(f"bordercast: {line}", err=True)
    if len(lines) > SHOWN:
        click.echo(f"bordercast: ... and {len(lines) - SHOWN:,} more", err=True)


def _say_quality(scores: Mapping[str, Sequence[Floats]]) -> None:
    """How good each model's hindcasts were, a line a model; scores : of `_save`."""
    from forecast.engine.anyseries import quality

    for name, found in scores.items():
        of = quality(found)
        click.echo(
            f"{name}: hindcasts of {of.n:,} months that have come: log-WIS {of.log_wis:.3f}, "
            f"MAE {of.relative_mae:.3f} of naive's, 80% intervals covered {of.coverage80:.0%}, "
            f"95% {of.coverage95:.0%}",
            err=True,
        )
