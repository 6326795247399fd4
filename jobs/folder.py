"""A folder of Parquet files, more series than memory holds, forecast part by part."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from forecast.desk import export
from forecast.engine import anyseries
from forecast.engine.anyseries import HindcastQuality, SeriesForecasts
from forecast.engine.blocks import Scratch, Spread
from forecast.errors import ConfigError, DataError, ShortSeriesError
from forecast.tables.grid import ReadAs
from forecast.tables.read import read_table
from forecast.types import Report
from models.base import Floats, MonthlyCounts

SayPart = Callable[[str, Sequence[str]], None]  # how a part was read, by its name


@dataclass(frozen=True)
class FolderForecast:
    """A folder of parts, forecast.

    series : how many were. left_out : those that were not. quality : of hindcasts, None without
    any. unsure : the series least certain, and by how far a month ahead may miss.
    """

    series: int
    left_out: Sequence[ShortSeriesError]
    quality: HindcastQuality | None
    unsure: Sequence[tuple[str, float]]


def folder_parts(folder: Path, out: Path) -> list[Path]:
    """The parts in a folder, in order of their names; `out` is made for their forecasts.

    DataError if there are none; ConfigError if `out` holds files, or cannot be made.
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
    report: Report,
    say: SayPart,
) -> FolderForecast:
    """Forecast every part into a file of the same name in `out`.

    spread : where blocks of series are computed. report : told of the progress.

    DataError of a part that cannot be read, with its name; nothing is written then.
    """
    left_out: list[ShortSeriesError] = []
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder:
        # Beside the output: there is room for a set that memory does not hold, or nowhere.
        scratch = Scratch(Path(folder))
        read = _counts(parts, read_as, report, say)
        parted = anyseries.kept_parts(read, scratch, left_out)
        scores: list[Floats] = []
        unsure: list[tuple[str, float]] = []
        forecasts = anyseries.forecast_parts(parted, h, hindcasts=hindcasts, spread=spread)
        # Each part is written before the next is forecast: memory is that of one.
        for done, (part, part_forecasts) in enumerate(zip(parts, forecasts, strict=True), start=1):
            _write(part_forecasts.ends(), parted.whole, out / part.name, spread)
            if hindcasts:
                scores += _scores(part_forecasts.hindcasts(), parted.whole, spread)
            unsure = sorted(
                [*unsure, *anyseries.least_predictable(part_forecasts)], key=lambda x: -x[1]
            )[:3]
            report("writing parts", done, len(parts))
    quality = anyseries.quality(scores) if scores else None
    return FolderForecast(sum(parted.sizes), left_out, quality, unsure)


def _counts(
    parts: Sequence[Path], read_as: ReadAs, report: Report, say: SayPart
) -> Iterator[tuple[str, MonthlyCounts]]:
    from forecast.desk.sentences import own_counts

    for done, part in enumerate(parts, start=1):
        read = read_table(part, read_as)
        say(part.name, own_counts.as_read(read))
        yield part.name, read.counts
        report("reading parts", done, len(parts))


def _write(forecasts: SeriesForecasts, whole: bool, path: Path, spread: Spread) -> None:
    columns = export.forecast_columns(whole, models=False, past=False)
    parts = export.parts({"": forecasts}, columns, ".parquet")
    blocks = (block for _, block, _ in spread(export.written, parts))
    export.write(export.ExportTable(columns, blocks), path)


def _scores(forecasts: SeriesForecasts, whole: bool, spread: Spread) -> list[Floats]:
    columns = export.forecast_columns(whole, models=False, past=True)
    parts = export.parts({"": forecasts}, columns, "")
    return [scores for _, _, scores in spread(export.written, parts)]
