"""`forecast`: the engine on an analyst's own monthly counts."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.errors import ShortSeriesError
from jobs.cli.help import examples
from jobs.cli.shared import Settings, progress

if TYPE_CHECKING:
    from forecast.desk.columns import Kind
    from forecast.desk.export import Table
    from forecast.engine.anyseries import Quality, SeriesForecasts

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
@click.pass_obj
def forecast(
    settings: Settings,
    file: Path,
    h: int,
    out: str,
    models: str,
    hindcasts: int,
    hindcasts_out: str,
) -> None:
    """Forecast any monthly counts of yours.

    FILE is a CSV of series, month, value [, family]. Months are YYYY-MM without gaps; values are
    at least 0, decimals allowed. A series of less than two years is left out with a warning.
    Output: series, month, median and quantiles.
    """
    from forecast.engine import anyseries
    from forecast.intake.counts import read_counts

    if hindcasts_out and not hindcasts:
        raise click.UsageError("--hindcasts-out needs --hindcasts N")
    _check(out, hindcasts_out)
    counts, short = anyseries.long_enough(read_counts(file))
    _warn_short(short)
    if models == "all":
        from jobs.anyseries import forecast_all

        with progress(quiet=False) as report:
            workers = settings.config.compute.workers
            said = forecast_all(counts, h, hindcasts, workers, report)
    else:
        said = {"bordercast": anyseries.forecast_counts(counts, h, hindcasts=hindcasts)}
    _write(_table(said, _ends(said), past=False), out)
    _warn_silent(said)
    if hindcasts:
        _say_quality(_save_hindcasts(said, hindcasts_out))


def _check(*files: str) -> None:
    """Refuse what could not be written before any work is done."""
    from forecast.desk import export

    for name in files:
        if name not in ("", STDOUT):
            export.check(Path(name))


def _write(table: Table, out: str) -> None:
    from forecast.desk import export

    if out == STDOUT:
        export.write_csv(table, sys.stdout)
    else:
        export.write(table, Path(out))


def _save_hindcasts(said: Mapping[str, SeriesForecasts], out: str) -> dict[str, Quality]:
    """Score each model's hindcasts, and write them on the way if a file is named."""
    from forecast.engine.anyseries import Tally, hindcast_columns, quality

    past = {name: model.hindcasts() for name, model in said.items()}
    if not out:
        return {name: quality(model) for name, model in past.items()}
    tallies = {name: Tally() for name in past}
    blocks = {name: hindcast_columns(model, tallies[name]) for name, model in past.items()}
    _write(_table(said, blocks, past=True), out)
    return {name: tally.quality for name, tally in tallies.items()}


def _ends(said: Mapping[str, SeriesForecasts]) -> dict[str, Iterator[Sequence[Any]]]:
    from forecast.engine.anyseries import forecast_columns

    return {name: forecast_columns(model) for name, model in said.items()}


def _table(
    said: Mapping[str, SeriesForecasts], blocks: Mapping[str, Iterator[Sequence[Any]]], past: bool
) -> Table:
    """Forecasts or hindcasts as a table, with a column for the model if there are several."""
    from forecast.desk.export import Table
    from forecast.records import HUB_COLUMNS

    whole = all(model.counts.whole.all() for model in said.values())
    value: Kind = "count" if whole else "real"
    columns: dict[str, Kind] = {"series": "text"}
    if len(said) > 1:
        columns["model"] = "text"
    columns |= (
        {"cutoff": "text", "month": "text", "horizon": "count"} if past else {"month": "text"}
    )
    columns |= dict.fromkeys(("median", *HUB_COLUMNS), value)
    return Table(columns, _labelled(blocks))


def _labelled(models: Mapping[str, Iterator[Sequence[Any]]]) -> Iterator[Sequence[Any]]:
    """All models' blocks, with the model after the series if there are several."""
    for name, blocks in models.items():
        for series, *others in blocks:
            label = [[name] * len(series)] if len(models) > 1 else []
            yield [series, *label, *others]


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


def _say_quality(qualities: Mapping[str, Quality]) -> None:
    """How good each model's hindcasts were, a line a model."""
    for name, of in qualities.items():
        click.echo(
            f"{name}: hindcasts of {of.n:,} months that have come: log-WIS {of.log_wis:.3f}, "
            f"MAE {of.relative_mae:.3f} of naive's, 80 % intervals covered {of.coverage80:.0%}, "
            f"95 % {of.coverage95:.0%}",
            err=True,
        )
