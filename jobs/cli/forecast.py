"""`forecast`: the engine on own monthly counts; `tidy`: what a file of them was understood as."""

import re
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeGuard

import click
import numpy as np

from forecast import months, plugins
from forecast.config import ForecastSection
from forecast.desk import export
from forecast.desk.charts import forecasts, grammar
from forecast.desk.dictionary import ColumnKind
from forecast.desk.export import Coded, Encoded, EncodedBlock, ExportTable
from forecast.desk.sentences import own_counts
from forecast.engine import ENGINE, anyseries
from forecast.engine.anyseries import HindcastQuality, SeriesForecasts
from forecast.engine.blocks import Spread
from forecast.engine.predictive import TotalRows
from forecast.engine.refits import Refitting
from forecast.errors import ConfigError
from forecast.sources.source import Source
from forecast.tables.grid import ReadAs
from forecast.tables.read import TableRead
from forecast.types import SeriesKey
from forecast.words import many, without_controls
from jobs import folder as folders
from jobs.arrivals.table import read_source
from jobs.cli import options
from jobs.cli.options import Settings
from jobs.cli.render import progress
from jobs.compute.pools import WORTHWHILE, spreading, telling
from jobs.compute.robust_map import fitting
from models.base import Floats, MonthlyCounts

STDOUT = "-"
WARNINGS_SHOWN = 10  # warnings of a kind
SCORED = 12  # hindcasts for the summary, unless asked for more
FEW_SERIES = 1000  # series of which these cost no time that anybody notices
AT_ONCE = 250  # series whose rows are in memory at once
PLOTTED = 500  # pictures at most


def forecast(
    settings: Settings,
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
    **said_of_file: Any,
) -> None:
    """Forecast the monthly counts of a table, or of a folder of them."""
    read_as = options.read_as(jumps=jumps, **said_of_file)
    if hindcasts_out and not hindcasts:
        raise click.UsageError("--hindcasts-out needs --hindcasts N")
    if _is_folder(file, out):
        if models == "all" or hindcasts_out or totals or find_totals or pictures:
            raise click.UsageError("of a folder of parts only --h, --hindcasts and -o can be asked")
        _forecast_folder(settings, file, Path(out), read_as, h, hindcasts or 0)
        return
    check_outputs(out, hindcasts_out)
    counts = _long_enough(read_source(file, read_as, settings.config.fetch))
    sums = anyseries.sums_of(counts)
    if find_totals:
        totals = (*totals, *(name for name in sums if name not in totals))
    say(own_counts.sums_found(sums, totals))
    small = len(counts.names) <= FEW_SERIES
    say(own_counts.kinds_seen(counts) if small else [])
    few = small and models == "engine"
    hindcasts = (SCORED if few else 0) if hindcasts is None else hindcasts
    with (
        progress() as report,
        spreading(settings.config.compute, len(counts.names)) as workers,
    ):
        spread = telling(workers, report, len(counts.names))
        rows = anyseries.totals_of(counts, totals)
        # Nothing is kept of these paths, so that they are not rounded as what is kept.
        refitting = Refitting(fitting(settings.config.compute), report, decimals=None)
        by_model = anyseries.forecast_models(
            counts, _named(models), h, hindcasts, totals=rows, spread=spread, refitting=refitting
        )
        _save({name: model.ends() for name, model in by_model.items()}, out, spread)
        _warn(list(_without_forecast(by_model)))
        quality = _hindcast_quality(by_model, hindcasts_out, spread) if hindcasts else {}
        own, jumping = quality.get(ENGINE), None
        if few and own and own_counts.too_narrow(own) and not counts.jumps:
            jumping = _if_they_jump(counts, h, hindcasts, rows, spread)
    first = next(iter(by_model.values()))
    if pictures is not None:
        _draw(first.ends(), pictures, settings.context.source)
    say(own_counts.counts_summary(counts, h, own, anyseries.least_predictable(first)))
    if own and jumping:
        say(own_counts.jumps_proposed(own, jumping))
    if len(quality) > 1:
        _compare(quality)


def _is_folder(file: Path | str, out: str) -> TypeGuard[Path]:
    """Whether what is forecast is a folder of parts, into another folder."""
    into_folder = out != STDOUT and not Path(out).suffix
    folder = isinstance(file, Path) and file.is_dir()
    return folder and (into_folder or any(Path(file).glob("*.parquet")))


def _long_enough(read: TableRead) -> MonthlyCounts:
    """Return the series that are long enough, and say what was read, left out and young."""
    say(own_counts.as_read(read))
    counts, short = anyseries.long_enough(read.counts)
    _warn([f"left out: {error}" for error in short])
    _warn(anyseries.young(counts))
    return counts


def _named(models: str) -> Sequence[str]:
    others = (*ForecastSection().models, *plugins.MODELS.names()) if models == "all" else ()
    return tuple(dict.fromkeys((ENGINE, *others)))


def _without_forecast(by_model: Mapping[str, SeriesForecasts]) -> Iterator[str]:
    for name, model in by_model.items():
        for series, known in zip(model.counts.names, model.known[:, -1], strict=True):
            if not known:
                why = "too few months or past errors, or its fit failed"
                yield f"no forecast by {name}: {series}: {why}"


def _hindcast_quality(
    by_model: Mapping[str, SeriesForecasts], out: str, spread: Spread
) -> dict[str, HindcastQuality]:
    past = {name: model.hindcasts() for name, model in by_model.items()}
    scores = _save(past, out, spread)
    return {name: anyseries.quality(numbers) for name, numbers in scores.items()}


def _compare(quality: Mapping[str, HindcastQuality]) -> None:
    for name, of in quality.items():
        click.echo(
            f"{name}: hindcasts of {of.n:,} months that have come: log-WIS {of.log_wis:.3f}, "
            f"MAE {of.relative_mae:.3f} of naive's, 80% intervals covered "
            f"{of.coverage80:.0%}, 95% {of.coverage95:.0%}",
            err=True,
        )


def _if_they_jump(
    counts: MonthlyCounts, h: int, hindcasts: int, totals: TotalRows, spread: Spread
) -> HindcastQuality:
    """Return how good the same hindcasts would have been of counts that are known to jump."""
    jumping = anyseries.forecast_counts(
        replace(counts, jumps=True), h, hindcasts=hindcasts, totals=totals, spread=spread
    )
    return anyseries.quality(_save({ENGINE: jumping.hindcasts()}, "", spread)[ENGINE])


def _forecast_folder(
    settings: Settings, folder: Path, out: Path, read_as: ReadAs, h: int, hindcasts: int
) -> None:
    """Forecast a folder of parts, one after the other."""
    if str(out) == STDOUT:
        raise click.UsageError("of a folder of parts: -o FOLDER, for their forecasts")
    parts = folders.folder_parts(folder, out)
    said_before: set[str] = set()

    def say_part(part: str, lines: Sequence[str]) -> None:
        new = [line for line in lines if line not in said_before]
        said_before.update(new)
        _warn([f"{part}: {line}" for line in new])

    with (
        progress() as report,
        spreading(settings.config.compute, WORTHWHILE) as workers,
    ):
        made = folders.forecast_folder(parts, out, read_as, h, hindcasts, workers, report, say_part)
    _warn([f"left out: {error}" for error in made.left_out])
    say(own_counts.folder_summary(made.series, len(parts), h, made.quality, made.unsure))


def check_outputs(*files: str) -> None:
    """Refuse what could not be written before any work is done."""
    for name in files:
        if name not in ("", STDOUT):
            export.check(Path(name))


def write_table(table: ExportTable, out: str) -> None:
    """Write a table to a file, or as CSV to standard output."""
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
    whole = all(model.counts.whole.all() for model in by_model.values())
    past = all((model.back > 0).all() for model in by_model.values())
    columns = export.forecast_columns(whole, models=len(by_model) > 1, past=past)
    scores: dict[str, list[Floats]] = {name: [] for name in by_model}

    def blocks() -> Iterator[EncodedBlock | Encoded]:
        suffix = ".csv" if out == STDOUT else Path(out).suffix
        parts = export.parts(by_model, columns, suffix)
        for model, block, scored in spread(export.written, parts):
            scores[model].append(scored)
            yield block

    if not out:
        deque(blocks(), maxlen=0)
    else:
        write_table(export.ExportTable(columns, blocks()), out)
    return scores


def _draw(drawn: SeriesForecasts, folder: Path, source: Source) -> None:
    """Draw each series' forecast, in files named after the series."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(str(folder), "--plot", f"cannot be made ({error.strerror})") from error
    taken: set[str] = set()
    for row in range(min(len(drawn.counts.names), PLOTTED)):
        counted, ahead = anyseries.drawn_rows(drawn, row)
        if not ahead:
            continue
        name = drawn.counts.names[row]
        stem = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "series"
        stem = stem if stem.casefold() not in taken else f"{stem}-{row + 1}"
        taken.add(stem.casefold())
        picture = forecasts.fan(SeriesKey(name), counted, ahead, (), source, name=name)
        (folder / f"{stem}.png").write_bytes(grammar.render(picture, "png", source))
    left = len(drawn.counts.names) - PLOTTED
    if left > 0:
        say([f"{folder}: pictures of the first {PLOTTED} series, not of {left:,} more"])


def _warn(lines: Sequence[str]) -> None:
    say(lines[:WARNINGS_SHOWN])
    if len(lines) > WARNINGS_SHOWN:
        say([f"... and {len(lines) - WARNINGS_SHOWN:,} more"])


def say(lines: Sequence[str]) -> None:
    """Print lines on stderr, each after the program's name."""
    for line in lines:
        click.echo(f"bordercast: {without_controls(line)}", err=True)


# -- tidy -----------------------------------------------------------------------------------------


def tidy(settings: Settings, file: Path | str, out: str, **said_of_file: Any) -> None:
    """Turn any table of monthly counts into a plain one."""
    check_outputs(out)
    read = read_source(file, options.read_as(**said_of_file), settings.config.fetch)
    say(own_counts.as_read(read))
    counts = read.counts
    kind: ColumnKind = "count" if counts.whole.all() else "real"
    columns: dict[str, ColumnKind] = {"series": "text", "month": "text", "value": kind}
    write_table(ExportTable(columns, _rows(counts)), out)
    ends = (int(counts.first.min()), int(counts.last.max()))
    span = " to ".join(map(months.from_index, ends))
    say([f"{len(counts.names):,} series, {span}; {many(read.missing, 'month')} missing"])


def _rows(counts: MonthlyCounts) -> Iterator[EncodedBlock]:
    """Yield a row a series and month, from each series' first month to its last, block by block."""
    width, first, whole = counts.values.shape[1], int(counts.first.min()), bool(counts.whole.all())
    starts = counts.last - (width - 1)
    blanks = counts.first - starts
    labels = [months.from_index(at) for at in range(first, int(counts.last.max()) + 1)]
    for begin in range(0, len(counts.names), AT_ONCE):
        part = slice(begin, begin + AT_ONCE)
        series, column = np.nonzero(np.arange(width) >= blanks[part, None])
        values = [
            None if np.isnan(value) else int(value) if whole else value
            for value in counts.values[part][series, column].tolist()
        ]
        month = starts[part][series] + column - first
        yield [Coded(series, counts.names[part]), Coded(month, labels), values]
