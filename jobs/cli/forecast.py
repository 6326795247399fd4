"""`forecast`: the engine on an analyst's own monthly counts."""

from __future__ import annotations

import re
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.engine import ENGINE
from forecast.errors import ConfigError
from jobs.cli.help import examples
from jobs.cli.options import Settings
from jobs.cli.render import progress

if TYPE_CHECKING:
    from forecast.desk.export import Encoded, EncodedBlock, ExportTable
    from forecast.engine.anyseries import Quality, SeriesForecasts
    from forecast.engine.blocks import Spread
    from forecast.sources.source import Source
    from forecast.tables.grid import ReadAs
    from jobs.pipeline.refits import Report
    from models.base import Floats, MonthlyCounts

STDOUT = "-"
WARNINGS_SHOWN = 10  # warnings of a kind
SCORED = 12  # hindcasts for the summary, unless asked for more
FEW_SERIES = 1000  # series of which these cost no time that anybody notices
PLOTTED = 500  # pictures at most


class TableSource(click.Path):
    """A file or folder that is there, "-", or an address on the web."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the path, or the address as it is."""
        from jobs.arrivals.table import is_address

        return value if is_address(str(value)) else super().convert(value, param, ctx)


TABLE = TableSource(exists=True, path_type=Path, allow_dash=True)
TABLE_OUT = click.option(
    "-o",
    "--out",
    default=STDOUT,
    show_default=True,
    metavar="FILE",
    help="A name that ends in .csv, .parquet or .xlsx; - prints CSV.",
)


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Take what a user may say of a file that does not say it itself, as one argument `read_as`."""
    options = (
        click.option(
            "--series",
            multiple=True,
            metavar="COLUMN",
            help="Column that names the series; several are joined.",
        ),
        click.option("--month", default="", metavar="COLUMN", help="Column with the months."),
        click.option(
            "--value",
            multiple=True,
            metavar="COLUMN",
            help="Column with the counts; several are several series.",
        ),
        click.option("--sheet", default="", metavar="NAME", help="Sheet of a workbook."),
        click.option(
            "--decimal",
            type=click.Choice(["point", "comma"]),
            help="What begins the decimals: 1.234 is 1,234 with `comma`.",
        ),
        click.option(
            "--dates",
            type=click.Choice(["mdy", "dmy"]),
            help="Whether 3/4/2024 is in March or in April.",
        ),
        click.option(
            "--fiscal-start",
            type=click.IntRange(1, 12),
            metavar="MONTH",
            help="Month in which {fiscal}years ({FY}2024) begin [as the file shows, else 10].",
        ),
        click.option(
            "--sum",
            "sums",
            is_flag=True,
            help="Add up counts of the same series and month, instead of refusing them.",
        ),
    )

    @wraps(command)
    def with_options(**given: Any) -> Any:
        from forecast.tables.grid import ReadAs

        decimal = {"point": ".", "comma": ",", None: ""}[given.pop("decimal")]
        names = ("series", "month", "value", "sheet", "fiscal_start", "sums")
        own = {name: given.pop(name) for name in names}
        own["fiscal_start"] = own["fiscal_start"] or 0
        read_as = ReadAs(**own, decimal=decimal, dates=given.pop("dates") or "")
        return command(read_as=read_as, **given)

    for option in reversed(options):
        with_options = option(with_options)
    return with_options


@click.command(
    epilog=examples(
        "forecast counts.csv",
        "forecast counts.csv --h 18 --hindcasts 24 -o ahead.parquet",
        "forecast counts.csv --plot pictures --totals -o ahead.xlsx",
    )
)
@click.argument("file", type=TABLE)
@click.option(
    "--h", "h", type=click.IntRange(1, 60), default=12, show_default=True, help="Months ahead."
)
@TABLE_OUT
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
    default=None,
    help="Forecast from this many earlier months too, and say how good that would have been "
    f"[{SCORED} up to {FEW_SERIES:,} series, else 0].",
)
@click.option("--hindcasts-out", default="", metavar="FILE", help="File for those hindcasts.")
@click.option(
    "--total",
    "totals",
    multiple=True,
    metavar="SERIES",
    help="This series is the sum of the others of its family, and is forecast as their sum.",
)
@click.option(
    "--totals", "find_totals", is_flag=True, help="Find such series, and forecast them so."
)
@click.option(
    "--jumps",
    is_flag=True,
    help="The counts are known to jump, as decisions do, and stay where they jumped to.",
)
@click.option(
    "--plot",
    "pictures",
    type=click.Path(file_okay=False, path_type=Path),
    help=f"Folder for a picture of each series (PNG, at most {PLOTTED}).",
)
@reading_options
@click.pass_obj
def forecast(
    settings: Settings,
    read_as: ReadAs,
    file: Path | str,
    h: int,
    out: str,
    models: str,
    hindcasts: int | None,
    hindcasts_out: str,
    totals: tuple[str, ...],
    find_totals: bool,
    jumps: bool,
    pictures: Path | None,
) -> None:
    """Forecast any monthly counts of yours.

    FILE is a table as you have it: CSV, Excel or Parquet, with a line for each month, or a column
    for each series or month; - reads standard input. The program says how it read it. Unknown
    months are blank, NA, <5 or left out; they are not 0. A series of less than two years is left
    out with a warning.
    Output: series, month, median and quantiles.

    FILE may be an https address, also of a published Google Sheet, or a folder of files that are
    parts of one table. `bordercast tidy FILE` shows how it is read. Where a folder has Parquet
    files with all months of some series each, -o is a folder for their forecasts: a million series
    need no more memory than one part.
    """
    from forecast.desk.sentences import own_counts
    from forecast.engine import anyseries
    from jobs.arrivals.table import read_source
    from jobs.compute.pools import spreading

    read_as = replace(read_as, jumps=jumps)
    if hindcasts_out and not hindcasts:
        raise click.UsageError("--hindcasts-out needs --hindcasts N")
    into_folder = out != STDOUT and not Path(out).suffix
    if isinstance(file, Path) and file.is_dir() and (into_folder or any(file.glob("*.parquet"))):
        if models == "all" or hindcasts_out or totals or find_totals or pictures:
            raise click.UsageError("of a folder of parts only --h, --hindcasts and -o can be asked")
        _forecast_folder(settings, file, Path(out), read_as, h, hindcasts or 0)
        return
    check_outputs(out, hindcasts_out)
    read = read_source(file, read_as, settings.config.fetch)
    say(own_counts.as_read(read))
    counts, short = anyseries.long_enough(read.counts)
    _warn([f"left out: {error}" for error in short])
    sums = anyseries.sums_of(counts)
    if find_totals:
        totals = (*totals, *(name for name in sums if name not in totals))
    say(own_counts.sums_found(sums, totals))
    few = len(counts.names) <= FEW_SERIES and models == "engine"
    hindcasts = (SCORED if few else 0) if hindcasts is None else hindcasts
    with (
        progress(quiet=few) as report,
        spreading(settings.config.compute, len(counts.names)) as workers,
    ):
        spread = _told(workers, report, len(counts.names))
        rows = anyseries.totals_of(counts, totals)
        by_model = _forecasts(settings, counts, h, hindcasts, models, spread, report, rows)
        _save({name: model.ends() for name, model in by_model.items()}, out, spread)
        _warn_silent(by_model)
        quality: dict[str, Quality] = {}
        if hindcasts:
            past = {name: model.hindcasts() for name, model in by_model.items()}
            scores = _save(past, hindcasts_out, spread)
            quality = {name: anyseries.quality(numbers) for name, numbers in scores.items()}
    first = next(iter(by_model.values()))
    if pictures is not None:
        _draw(first.ends(), pictures, settings.context.source)
    unsure = anyseries.least_predictable(first)
    own = next(iter(quality.values()), None)
    say(own_counts.counts_summary(counts, h, own, unsure))
    if len(quality) > 1:
        _say_quality(quality)


def _forecast_folder(
    settings: Settings, folder: Path, out: Path, read_as: ReadAs, h: int, hindcasts: int
) -> None:
    """Forecast a folder of parts, one after the other."""
    from forecast.desk.sentences import own_counts
    from jobs.compute.pools import WORTHWHILE, spreading
    from jobs.pipeline import anyseries

    if str(out) == STDOUT:
        raise click.UsageError("of a folder of parts: -o FOLDER, for their forecasts")
    parts = anyseries.folder_parts(folder, out)
    said_before: set[str] = set()

    def say_part(part: str, lines: Sequence[str]) -> None:
        new = [line for line in lines if line not in said_before]
        said_before.update(new)
        _warn([f"{part}: {line}" for line in new])

    with (
        progress(quiet=False) as report,
        spreading(settings.config.compute, WORTHWHILE) as workers,
    ):
        done = anyseries.forecast_folder(
            parts, out, read_as, h, hindcasts, workers, anyseries.Told(report, say_part)
        )
    _warn([f"left out: {error}" for error in done.left_out])
    say(own_counts.folder_summary(done.series, len(parts), h, done.quality, done.unsure))


def _forecasts(
    settings: Settings,
    counts: MonthlyCounts,
    h: int,
    hindcasts: int,
    models: str,
    spread: Spread,
    report: Report,
    totals: Mapping[int, Sequence[int]],
) -> dict[str, SeriesForecasts]:
    """Return what the engine says, or every model."""
    from forecast.engine.anyseries import forecast_counts
    from jobs.pipeline.anyseries import forecast_all

    if models != "all":
        engine = forecast_counts(counts, h, hindcasts=hindcasts, totals=totals, spread=spread)
        return {ENGINE: engine}
    compute = settings.config.compute
    return forecast_all(counts, h, hindcasts, compute, spread, report, totals)


_STEPS = {
    "evidence": "reading the past",
    "block_losses": "weighing the models",
    "block_forecasts": "forecasting",
    "in_steps": "forecasting",
    "written": "writing",
}


def _told(spread: Spread, report: Report, series: int) -> Spread:
    """Return the same, with each step's progress told, in series."""

    def telling(work: Callable[[Any], Any], jobs: Any, /) -> Iterator[Any]:
        step, done, sizes = _STEPS.get(getattr(work, "__name__", "")), 0, deque[int]()

        def sized() -> Iterator[Any]:
            for job in jobs:
                sizes.append(_size(job))
                yield job

        for answer in spread(work, sized()):
            done += sizes.popleft()
            if step:
                report(step, min(done, series), series)
            yield answer

    return telling


def _size(job: Any) -> int:
    """Return how many series a job is about, whichever of the engine's steps it belongs to."""
    for part in ("step", "task", "panel", "said"):
        job = getattr(job, part, job)
    counts = getattr(job, "counts", None)
    return len(counts.names if counts is not None else job.names)


def check_outputs(*files: str) -> None:
    """Refuse what could not be written before any work is done."""
    from forecast.desk import export

    for name in files:
        if name not in ("", STDOUT):
            export.check(Path(name))


def write_table(table: ExportTable, out: str) -> None:
    """Write a table to a file, or as CSV to standard output."""
    from forecast.desk import export

    if out == STDOUT:
        export.write_csv(table, sys.stdout)
    else:
        export.write(table, Path(out))


def _save(
    by_model: Mapping[str, SeriesForecasts], out: str, spread: Spread
) -> dict[str, list[Floats]]:
    """Write forecasts from the series' ends, or hindcasts; what each model's are worth.

    out : a file's name, STDOUT, or "" to score only.
    """
    from forecast.desk import export

    whole = all(model.counts.whole.all() for model in by_model.values())
    past = all((model.back > 0).all() for model in by_model.values())
    columns = export.forecast_columns(whole, models=len(by_model) > 1, past=past)
    scores: dict[str, list[Floats]] = {name: [] for name in by_model}

    def blocks() -> Iterator[EncodedBlock | Encoded]:
        suffix = ".csv" if out == STDOUT else Path(out).suffix
        for part in spread(export.written, export.parts(by_model, columns, suffix)):
            scores[part.model].append(part.scores)
            yield part.block

    if not out:
        deque(blocks(), maxlen=0)
    else:
        write_table(export.ExportTable(columns, blocks()), out)
    return scores


def _draw(drawn: SeriesForecasts, folder: Path, source: Source) -> None:
    """Draw each series' forecast, in files named after the series."""
    from forecast.desk.charts import forecasts, grammar
    from forecast.engine.anyseries import drawn_rows

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(str(folder), "--plot", f"cannot be made ({error.strerror})") from error
    taken: set[str] = set()
    for row in range(min(len(drawn.counts.names), PLOTTED)):
        counted, ahead = drawn_rows(drawn, row)
        if not ahead:
            continue
        name = drawn.counts.names[row]
        stem = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "series"
        stem = stem if stem.casefold() not in taken else f"{stem}-{row + 1}"
        taken.add(stem.casefold())
        picture = forecasts.own_fan(name, counted, ahead, source)
        (folder / f"{stem}.png").write_bytes(grammar.render(picture, "png", source))
    left = len(drawn.counts.names) - PLOTTED
    if left > 0:
        say([f"{folder}: pictures of the first {PLOTTED} series, not of {left:,} more"])


def _warn_silent(by_model: Mapping[str, SeriesForecasts]) -> None:
    """Name the models and series without a forecast."""
    _warn(
        [
            f"no forecast by {name}: {series}: too few months or past errors, or its fit failed"
            for name, model in by_model.items()
            for series, known in zip(model.counts.names, model.known[:, -1], strict=True)
            if not known
        ]
    )


def _warn(lines: Sequence[str]) -> None:
    say(lines[:WARNINGS_SHOWN])
    if len(lines) > WARNINGS_SHOWN:
        say([f"... and {len(lines) - WARNINGS_SHOWN:,} more"])


def say(lines: Sequence[str]) -> None:
    """Print lines on stderr, each after the program's name."""
    from forecast.words import without_controls

    for line in lines:
        click.echo(f"bordercast: {without_controls(line)}", err=True)


def _say_quality(quality: Mapping[str, Quality]) -> None:
    """Say how good each model's hindcasts were, a line a model."""
    for name, of in quality.items():
        click.echo(
            f"{name}: hindcasts of {of.n:,} months that have come: log-WIS {of.log_wis:.3f}, "
            f"MAE {of.relative_mae:.3f} of naive's, 80% intervals covered {of.coverage80:.0%}, "
            f"95% {of.coverage95:.0%}",
            err=True,
        )
