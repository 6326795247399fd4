"""`plot`: a picture as a file."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.engine import ENGINE
from forecast.errors import ConfigError
from jobs.cli.help import examples
from jobs.cli.shared import Settings, as_month, latest_run, quote, reading, series_key

if TYPE_CHECKING:
    import sqlite3

    from forecast.desk.charts.grammar import Picture
    from forecast.sources.source import Source
    from forecast.types import SeriesKey

SLIDE = (1280, 720)
_SIZE = re.compile(r"(\d{3,4})x(\d{3,4})")


def as_size(_: click.Context, __: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """Width and height in pixels, or a usage error that says how to write them."""
    if value in (None, "slide"):
        return SLIDE if value else None
    match = _SIZE.fullmatch(value or "")
    if match is None:
        raise click.BadParameter(f"{value!r} is not a size; write it as 1600x900, or slide")
    return int(match[1]), int(match[2])


@dataclass(frozen=True)
class Wanted:
    """What the picture is to show.

    since : first month of a history. log : None lets the counts decide.
    """

    source: Source
    key: SeriesKey
    month: str | None
    lead: int
    since: str
    log: bool | None
    first_cutoff: str

    @property
    def total(self) -> str:
        """The total, of a part too."""
        return self.key.total


@click.command(
    epilog=examples(
        "plot {one} -o fan.png",
        "plot {part} -o part.svg --size slide",
        "plot {one} --kind drivers --month 2025-01 -o moved.svg",
    )
)
@click.argument("series")
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write, .png, .svg or .pdf.",
)
@click.option(
    "--kind",
    type=click.Choice(["fan", "history", "drivers", "calibration", "score", "components"]),
    default="fan",
    show_default=True,
    help="The forecast ahead; forecast against actual; what moved a flagged month; how often "
    "intervals held; errors by year; Prophet's trend and season.",
)
@click.option(
    "--log/--linear", default=None, help="Vertical scale [log if counts span > 10 times]."
)
@click.option(
    "--lead",
    type=click.IntRange(1, 36),
    default=1,
    show_default=True,
    help="history: forecasts of so many months before.",
)
@click.option(
    "--since",
    default="2018-01",
    show_default=True,
    callback=as_month,
    metavar="YYYY-MM",
    help="history: first month.",
)
@click.option(
    "--month",
    callback=as_month,
    metavar="YYYY-MM",
    help="drivers: the flagged month [the newest].",
)
@click.option("--title", default="", help="A title of your own [the finding].")
@click.option(
    "--size",
    callback=as_size,
    metavar="WxH",
    help="Pixels of the whole, as 1600x900, or `slide`: 16:9 with larger words.",
)
@click.pass_obj
def plot(
    settings: Settings,
    series: str,
    out: Path,
    kind: str,
    log: bool | None,
    lead: int,
    since: str,
    month: str | None,
    title: str,
    size: tuple[int, int] | None,
) -> None:
    """Draw what is known of SERIES: forecasts, flags, scores.

    A part ({part}) has a fan only.
    """
    from forecast.desk.charts import grammar

    grammar.form_of(out)
    with reading(settings) as connection:
        run = latest_run(connection, settings)
        key = series_key(connection, series, settings.context.source)
        if kind != "fan" and not key.headline:
            problem = f"{kind} is drawn of {settings.context.source.totals.many} only"
            raise ConfigError(str(settings.db), "--kind", problem)
        first_cutoff = settings.context.config.forecast.first_cutoff
        wanted = Wanted(settings.context.source, key, month, lead, since, log, first_cutoff)
        drawn = _KINDS[kind](connection, wanted)
    if title:
        drawn = grammar.titled(drawn, title)
    grammar.write(drawn, out, settings.context.source, size)
    click.echo(f"{out}: {drawn.alt} From {quote(run)}")


def _fan(connection: sqlite3.Connection, wanted: Wanted) -> Picture:
    from forecast.desk.charts import forecasts
    from forecast.sources.names import member_words
    from forecast.store import joint, plots

    key = wanted.key
    published = plots.published(connection, key)
    ahead = _some(joint.month_forecasts(connection, key, ENGINE), "forecasts", wanted)
    flagged = plots.flagged(connection, key)
    part = member_words(key.dimension, key.member, wanted.source) if key.member else ""
    return forecasts.fan(key.total, published, ahead, flagged, wanted.source, wanted.log, part)


def _history(connection: sqlite3.Connection, wanted: Wanted) -> Picture:
    from forecast.desk.charts import forecasts
    from forecast.store import plots

    rows = plots.at_lead(connection, wanted.total, wanted.lead)
    rows = _some([row for row in rows if row["month"] >= wanted.since], "such forecasts", wanted)
    flagged = plots.flagged(connection, wanted.key)
    return forecasts.history(wanted.total, rows, flagged, wanted.lead, wanted.source, wanted.log)


def _drivers(connection: sqlite3.Connection, wanted: Wanted) -> Picture:
    from forecast.desk.charts import explanations
    from forecast.store import plots

    rows = plots.drivers(connection, wanted.total, wanted.month)
    moved = [row for row in rows if row["contribution"] is not None]
    _some(moved, "drivers of a flag", wanted)
    return explanations.drivers(wanted.total, rows, wanted.source)


def _calibration(connection: sqlite3.Connection, wanted: Wanted) -> Picture:
    from forecast.desk.charts import forecasts
    from forecast.store import plots

    rows = plots.calibration(connection, wanted.total, wanted.first_cutoff)
    return forecasts.calibration(wanted.total, _some(rows, "hindcasts", wanted), wanted.source)


def _score(connection: sqlite3.Connection, wanted: Wanted) -> Picture:
    from forecast.desk.charts import forecasts
    from forecast.store import plots

    # A score of 0 has no place on a log scale; a short series may have no other.
    rows = [row for row in plots.score_years(connection, wanted.total) if row["log_wis"]]
    _some([row for row in rows if row["model"] == ENGINE], "scores", wanted)
    return forecasts.score(wanted.total, rows, wanted.source)


def _components(connection: sqlite3.Connection, wanted: Wanted) -> Picture:
    from forecast.desk.charts import components, explanations
    from forecast.store import plots

    published = plots.published(connection, wanted.key)
    counts = {row["month"]: row["encounters"] for row in published}
    parts = components.prophet_parts(wanted.total, counts, wanted.source)
    return explanations.components(wanted.total, parts, published, wanted.source)


_KINDS: dict[str, Callable[[sqlite3.Connection, Wanted], Picture]] = {
    "fan": _fan,
    "history": _history,
    "drivers": _drivers,
    "calibration": _calibration,
    "score": _score,
    "components": _components,
}


def _some(rows: list[dict[str, Any]], what: str, wanted: Wanted) -> list[dict[str, Any]]:
    """Return the rows, or an error that names what there is none of."""
    if not rows:
        when = f" in {wanted.month}" if wanted.month else ""
        raise ConfigError("plot", wanted.total, f"there are no {what}{when}")
    return rows
