"""The yearly report, written when a fiscal year closes and whenever it is asked for."""

from contextlib import closing
from pathlib import Path

from forecast import files
from forecast.context import Context
from forecast.desk import yearly
from forecast.desk.yearly import YearReport
from forecast.errors import SpanError
from forecast.store import connect, read
from forecast.store.queries import rows
from forecast.types import SeriesKey
from forecast.words import slug


def build(context: Context, year: int) -> YearReport:
    """A fiscal year's report on one measure; SpanError if none of its months was forecast."""
    source = context.source
    span = source.calendar.period(year).months
    with closing(connect.read(context.path)) as connection:
        context.scope(connection)
        run = read.latest_run(connection)
        forecasts = read.of_year(connection, span[0], span[-1])
        if run is None or not forecasts:
            name = source.calendar.year_name(year)
            raise SpanError(name, "no forecast of its months has come due")
        answers = rows(connection, "answers_of_year", (span[0], span[-1]))
        versions = rows(connection, "versions_of_year", (span[0], span[-1]))
        flagged = {t: read.flagged(connection, SeriesKey(t)) for t in source.totals.every}
    words = f"Bordercast, run {run.id}, data through {run.data_through}, digest {run.digest}"
    return yearly.report(year, forecasts, answers, versions, words, source, flagged)


def write(report: YearReport, to: Path) -> None:
    """Write it as Markdown or HTML, by the ending of the file's name."""
    text = yearly.markdown(report) if to.suffix == ".md" else yearly.page(report)
    with files.output(to) as draft:
        draft.write_text(text, encoding="utf-8")


def write_closed(context: Context) -> Path | None:
    """Write a measure's report of a fiscal year that has just closed, beside the database.

    Only where the newest month published is its last, and no report lies there yet; None
    elsewhere. Reports of other measures than the record's first have their noun in the name.
    """
    path, source = context.path, context.source
    with closing(connect.read(path)) as connection:
        context.scope(connection)
        run = read.latest_run(connection)
    if run is None or not source.calendar.last(run.data_through):
        return None
    year = source.calendar.year(run.data_through)
    first = context.name == next(iter(context.sources))
    whose = path.stem if first else f"{path.stem}-{slug(source.measure.noun)}"
    to = path.with_name(f"{whose}-{source.calendar.year_name(year)}.html")
    if to.exists():
        return None
    report = build(context, year)
    write(report, to)
    write(report, to.with_suffix(".md"))
    return to
