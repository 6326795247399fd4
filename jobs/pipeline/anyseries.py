"""Any monthly counts under every model: the engine, the baselines, and the refit models.

A folder of Parquet files, more than memory holds, part by part.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from forecast.config import Compute
from forecast.desk import export
from forecast.engine import ENGINE, anyseries, manyparts
from forecast.engine.anyseries import Quality, SeriesForecasts, forecast_by_paths, forecast_counts
from forecast.engine.blocks import Scratch, Spread
from forecast.engine.predictive import TotalRows
from forecast.engine.refit import Job, do, gather, split
from forecast.errors import ConfigError, DataError, ShortSeriesError
from forecast.tables.grid import ReadAs
from forecast.tables.read import read_table
from jobs.compute.robust_map import answers
from jobs.pipeline.refits import FIT_SECONDS, Report, no_paths
from models import REFITTED, build
from models.base import Floats, Ints, MonthlyCounts, Panel, Paths
from models.structural import filled

BASELINES = ("naive", "snaive")
BURN_IN = 24  # cutoffs before the first asked for, from which a refit model is calibrated
_CUTOFFS = 12  # a job


def forecast_all(
    counts: MonthlyCounts,
    h: int,
    hindcasts: int,
    compute: Compute,
    spread: Spread,
    report: Report,
    totals: TotalRows | None = None,
) -> dict[str, SeriesForecasts]:
    """Every model's forecasts, the engine's first.

    compute : where the refit models are fitted, which takes seconds a series; spread : where the
    engine's blocks are computed. report : told of the fits' progress. totals : the engine's.
    """
    engine = forecast_counts(counts, h, hindcasts=hindcasts, totals=totals, spread=spread)
    by_model = {ENGINE: engine}
    months = counts.values.shape[1]
    every = np.arange(months - 1, -1, -1, dtype=np.int64)
    panel = filled(counts.panel)  # other models take no gaps
    for name in BASELINES:
        paths = build(name).paths(panel, months - 1 - every, h)
        by_model[name] = forecast_by_paths(counts, paths, every, hindcasts)
    late = every[-(hindcasts + BURN_IN + 1) :]
    for name in REFITTED:
        paths = _refitted(name, panel, late, h, compute, report)
        by_model[name] = forecast_by_paths(counts, paths, late, hindcasts)
    return by_model


def _refitted(
    name: str, panel: Panel, back: Ints, h: int, compute: Compute, report: Report
) -> Paths:
    """A refit model's paths at these months before the end."""
    origins = panel.z.shape[1] - 1 - back
    jobs = split(name, {}, panel, origins, h, _CUTOFFS)
    results: list[tuple[Job, Paths]] = []
    for done, (job, paths, lost) in enumerate(answers(jobs, do, compute, FIT_SECONDS), start=1):
        results.append((job, paths or no_paths(job, lost)))
        report(name, done, len(jobs))
    return gather(panel, origins, h, results)


class Told(NamedTuple):
    """Who is told: `report` of the progress, `say` how a part was read, by its name."""

    report: Report
    say: Callable[[str, Sequence[str]], None]


class FolderForecast(NamedTuple):
    """What came of a folder: series forecast and left out, quality of hindcasts, least certain."""

    series: int
    left_out: Sequence[ShortSeriesError]
    quality: Quality | None
    unsure: Sequence[tuple[str, float]]


def folder_parts(folder: Path, out: Path) -> list[Path]:
    """The parts in a folder, in order of their names; `out` is made for their forecasts.

    Raises
    ------
    DataError : there are none. ConfigError : `out` holds files, or cannot be made.
    """
    parts = sorted(folder.glob("*.parquet"))
    if not parts:
        raise DataError(f"{folder}: no .parquet files in it")
    if out.suffix or (out.exists() and not out.is_dir()):
        raise ConfigError(str(out), "-o", "of a folder of parts: name a folder for the forecasts")
    if out.exists() and any(out.iterdir()):
        raise ConfigError(str(out), "-o", "the folder holds files; name a new one or empty it")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(str(out), "-o", f"cannot be made ({error.strerror})") from error
    return parts


def forecast_folder(
    parts: Sequence[Path],
    out: Path,
    read_as: ReadAs,
    h: int,
    hindcasts: int,
    spread: Spread,
    reporter: Told,
) -> FolderForecast:
    """Forecast every part into a file of the same name in `out`.

    Parameters
    ----------
    spread : where blocks of series are computed.

    Raises
    ------
    DataError : of a part that cannot be read, with its name; nothing is written then.
    """
    left_out: list[ShortSeriesError] = []
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder:
        scratch = Scratch(Path(folder))
        read = _counts(parts, read_as, reporter)
        parted = manyparts.kept_parts(read, scratch, left_out)
        scores: list[Floats] = []
        unsure: list[tuple[str, float]] = []
        forecasts = manyparts.forecast_parts(parted, h, hindcasts=hindcasts, spread=spread)
        for done, (part, part_forecasts) in enumerate(zip(parts, forecasts, strict=True), start=1):
            _write(part_forecasts.ends(), parted.whole, out / part.name, spread)
            if hindcasts:
                scores += _scores(part_forecasts.hindcasts(), parted.whole, spread)
            unsure = sorted(
                [*unsure, *anyseries.least_predictable(part_forecasts)], key=lambda x: -x[1]
            )[:3]
            reporter.report("writing parts", done, len(parts))
    quality = anyseries.quality(scores) if scores else None
    return FolderForecast(sum(parted.sizes), left_out, quality, unsure)


def _counts(
    parts: Sequence[Path], read_as: ReadAs, reporter: Told
) -> Iterator[tuple[str, MonthlyCounts]]:
    from forecast.desk.sentences import own_counts

    for done, part in enumerate(parts, start=1):
        read = read_table(part, read_as)
        reporter.say(part.name, own_counts.as_read(read))
        yield part.name, read.counts
        reporter.report("reading parts", done, len(parts))


def _write(forecasts: SeriesForecasts, whole: bool, path: Path, spread: Spread) -> None:
    columns = export.forecast_columns(whole, models=False, past=False)
    blocks = (
        part.block
        for part in spread(export.written, export.parts({"": forecasts}, columns, ".parquet"))
    )
    export.write(export.ExportTable(columns, blocks), path)


def _scores(forecasts: SeriesForecasts, whole: bool, spread: Spread) -> list[Floats]:
    columns = export.forecast_columns(whole, models=False, past=True)
    return [
        part.scores for part in spread(export.written, export.parts({"": forecasts}, columns, ""))
    ]
