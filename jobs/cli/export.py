"""What the record holds, as files and as pictures."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast import files
from forecast.desk.dictionary import VIEWS, View
from forecast.engine import ENGINE
from forecast.errors import ConfigError
from forecast.store.read import AS_OF, view_rows
from forecast.words import many
from jobs.cli.help import examples
from jobs.cli.options import OpenRecord, month_option, out_option
from jobs.cli.render import on_record

if TYPE_CHECKING:
    from forecast.desk.charts.grammar import Picture
    from forecast.types import SeriesKey


def _with_format(_: click.Context, __: click.Parameter, out: Path) -> Path:
    from forecast.desk import export as desk

    desk.check(out)
    return out


OUT = out_option(
    "File to write; its ending names the format: .csv, .parquet or .xlsx.",
    required=True,
    callback=_with_format,
)
AS_OF_DAY = click.option(
    "--as-of",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="What was known at the end of that day [now].",
)
HUB_NAME = "engine"


@click.group(
    epilog=examples(
        "export wide_months -o months.xlsx", "export border_months --as-of 2025-04-01 -o then.csv"
    )
)
def export() -> None:
    """Write any table to CSV, Parquet or Excel; or a forecast hub."""


@export.command(epilog=examples("export hindcasts --model prophet -o prophet.csv"))
@OUT
@click.option("--model", default=ENGINE, show_default=True, help="Whose hindcasts.")
@on_record
def hindcasts(record: OpenRecord, out: Path, model: str) -> list[str]:
    """What would have been forecast at each past cutoff.

    Every quantile, made from only the data up to the cutoff.
    """
    from forecast.desk import export as desk
    from forecast.store import queries, read

    run, source = record.run, record.source
    first = record.settings.context.config.forecast.first_cutoff
    rows = read.hindcasts(record.connection, model, first, source.totals)
    if not rows:
        known = ", ".join(queries.column(record.connection, "hindcast_models"))
        raise record.refused("--model", f"no hindcasts by {model!r}; there are: {known}")
    notes = {**record.origin, "model": model, "credit": source.publisher.credit}
    marked = [(*row, run.digest) for row in rows]
    count = desk.write(desk.of_rows(desk.HINDCASTS, marked, notes), out)
    return _written(record, out, f"{count:,} rows")


def _written(record: OpenRecord, out: Path, what: str) -> list[str]:
    """Return what is said of every file: what is in it, of which run, and whose figures."""
    credit = record.source.publisher.credit
    return [f"{out}: {what}, {record.quoted}", *([credit] if credit else [])]


@export.command(epilog=examples("export hub -o hub"))
@out_option("Folder to make.", folder=True, required=True)
@click.option("--hindcasts", is_flag=True, help="Also every model's hindcasts, as models apart.")
@on_record
def hub(record: OpenRecord, out: Path, hindcasts: bool) -> list[str]:
    """The forecasts issued, as a hubverse hub.

    23 quantiles each, with hub-config/, and every value a month has had as its target.
    """
    from forecast.desk import hub as desk
    from forecast.store import queries, read
    from forecast.types import COUNT, HUB_PERMILLES

    columns = ("border", "month", "known_from", COUNT)
    connection, source, origin = record.connection, record.source, record.origin
    models = {HUB_NAME: queries.records(connection, desk.Quantile, "issued_quantiles")}
    if hindcasts:
        first = record.settings.context.config.forecast.first_cutoff
        for model in queries.column(connection, "hindcast_models"):
            rows = read.hindcasts(connection, model, first, source.totals)
            name = f"{HUB_NAME if model == ENGINE else model}_hindcast"
            models[name] = [
                desk.Quantile(total, cutoff, month, horizon, permille, count)
                for total, _, _, cutoff, month, horizon, _, *counts in sorted(
                    rows, key=lambda row: row[3]
                )
                for permille, count in zip(HUB_PERMILLES, counts, strict=True)
            ]
    values = view_rows(connection, "vintages", columns)
    with files.output_folder(out) as draft:
        count = desk.write(draft, models, values, origin, source)
    return _written(record, out, many(count, "model output file"))


def _command(view: View) -> click.Command:
    """Return the command of a view, named as it is."""

    @click.command(
        view.name,
        help=f"A row is {view.row}.",
        short_help=view.row,
        epilog=examples(f"export {view.name} -o {view.name}.csv"),
    )
    @OUT
    @on_record
    def run(record: OpenRecord, out: Path, day: datetime | None = None) -> list[str]:
        from forecast.desk import export as desk

        as_of = f"{day:%Y-%m-%d}" if day else None
        context, origin = record.settings.context, record.origin
        rows = view_rows(record.connection, view.name, view.columns, as_of)
        notes = {"view": view.name, **origin, "credit": context.source.publisher.credit}
        notes |= {"as of": as_of} if as_of else {}
        if context.name != next(iter(context.sources)):  # 1.0 knew the first one alone
            notes["measure"] = context.source.measure.noun
        count = desk.write(desk.of_view(view, rows, notes, context.source), out)
        return _written(record, out, f"{count:,} rows{f' as of {as_of}' if as_of else ''}")

    return AS_OF_DAY(run) if view.name in AS_OF else run


for each in VIEWS.values():
    export.add_command(_command(each))


# -- plot -----------------------------------------------------------------------------------------


SLIDE = (1280, 720)
_SIZE = re.compile(r"(\d{3,4})x(\d{3,4})")


def as_size(_: click.Context, __: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """Return width and height in pixels, or a usage error that says how to write them."""
    if value in (None, "slide"):
        return SLIDE if value else None
    match = _SIZE.fullmatch(value or "")
    if match is None:
        raise click.BadParameter(f"{value!r} is not a size; write it as 1600x900, or slide")
    return int(match[1]), int(match[2])


@click.command(
    epilog=examples(
        "plot {one} -o fan.png",
        "plot {part} -o part.svg --size slide",
        "plot {one} --kind drivers --month 2025-01 -o moved.svg",
    )
)
@click.argument("series")
@out_option("File to write, .png, .svg or .pdf.", required=True)
@click.option(
    "--kind",
    type=click.Choice(("fan", "history", "drivers", "calibration", "score", "components")),
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
@month_option("--since", default="2018-01", show_default=True, help="history: first month.")
@month_option("--month", help="drivers: the flagged month [the newest].")
@click.option("--title", default="", help="A title of your own [the finding].")
@click.option(
    "--size",
    callback=as_size,
    metavar="WxH",
    help="Pixels of the whole, as 1600x900, or `slide`: 16:9 with larger words.",
)
@on_record
def plot(
    record: OpenRecord,
    series: str,
    out: Path,
    kind: str,
    log: bool | None,
    lead: int,
    since: str,
    month: str | None,
    title: str,
    size: tuple[int, int] | None,
) -> list[str]:
    """Draw what is known of SERIES: forecasts, flags, scores.

    A part ({part}) has a fan only.
    """
    from forecast.desk.charts import grammar

    grammar.form_of(out)
    quoted, source, key = record.quoted, record.source, record.find(series)
    if kind != "fan" and not key.headline:
        raise record.refused("--kind", f"{kind} is drawn of {source.totals.many} only")
    drawn = _picture(record, key, kind, month, lead, since, log)
    if title:
        drawn = grammar.titled(drawn, title)
    grammar.write(drawn, out, source, size)
    return [f"{out}: {drawn.alt} From {quoted}"]


def _picture(
    record: OpenRecord,
    key: SeriesKey,
    kind: str,
    month: str | None,
    lead: int,
    since: str,
    log: bool | None,
) -> Picture:
    """Draw one kind of picture. log : None lets the counts decide."""
    from forecast.desk.charts import explanations, forecasts
    from forecast.store import queries, read
    from forecast.types import COUNT

    connection, source, total = record.connection, record.source, key.total

    def some(rows: list[dict[str, Any]], what: str) -> list[dict[str, Any]]:
        if not rows:
            when = f" in {month}" if month else ""
            raise ConfigError("plot", total, f"there are no {what}{when}")
        return rows

    if kind == "fan":
        ahead = some(read.month_forecasts(connection, key, ENGINE), "forecasts")
        published, flagged = read.published(connection, key), read.flagged(connection, key)
        return forecasts.fan(key, published, ahead, flagged, source, log)
    if kind == "history":
        rows = [row for row in read.at_lead(connection, total, lead) if row["month"] >= since]
        some(rows, "such forecasts")
        flagged = read.flagged(connection, key)
        return forecasts.history(total, rows, flagged, lead, source, log)
    if kind == "drivers":
        rows = queries.rows(connection, "drivers_of_total", (total, month, total))
        some([row for row in rows if row["contribution"] is not None], "drivers of a flag")
        return explanations.drivers(total, rows, source)
    if kind == "calibration":
        first_cutoff = record.settings.context.config.forecast.first_cutoff
        rows = some(read.calibration(connection, total, first_cutoff), "hindcasts")
        return forecasts.calibration(total, rows, source)
    if kind == "score":
        # A score of 0 has no place on a log scale; a short series may have no other.
        rows = [row for row in read.score_years(connection, total) if row["log_wis"]]
        some([row for row in rows if row["model"] == ENGINE], "scores")
        return forecasts.score(total, rows, source)
    from forecast.desk.charts import components

    published = read.published(connection, key)
    counts = {row["month"]: row[COUNT] for row in published}
    parts = components.prophet_parts(total, counts, source)
    return explanations.components(total, parts, published, source)
