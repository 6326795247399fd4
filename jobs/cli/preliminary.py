"""`preliminary`: a figure of a month whose file has not come yet, as somebody said it."""

import re
from dataclasses import asdict
from datetime import UTC, datetime

import click

from forecast import months
from forecast.desk import provisional
from forecast.errors import DataError
from forecast.store import dated, inputs, ops
from forecast.store.connect import writing
from forecast.types import DatedValue, SeriesKey
from forecast.words import month_words
from jobs.cli.options import Settings
from jobs.cli.render import OpenRecord, Printed, reading

_SAID = re.compile(
    r"(?P<about>about|around|some|nearly|almost|roughly|over|more than)?\s*"
    r"(?P<count>\d{1,3}(?:,\d{3})+|\d+)"
    r"(?P<daily>\s+(?:a|per)\s+day(?:\s+over(?:\s+the\s+first)?\s+(?P<days>\d+)\s+days)?)?",
    re.IGNORECASE,
)


def add(
    settings: Settings, series: str, month: str, said: str, on: datetime, source: str, rounded: int
) -> str:
    """Keep a figure; the next run forecasts what it leaves open with it."""
    with reading(settings) as record:
        value = _value(record, series, month, said, on.date().isoformat(), source, rounded)
    with writing(settings.db) as db:
        settings.context.scope(db)
        new = dated.add(db, [value], f"preliminary: {source}", ops.text(datetime.now(UTC)))
        stands = [of for of in inputs.provisional(db) if of.series == value.series]
    newest = next(of for of in stands if of.month == value.first)
    if not new:
        return f"On record already: {value}."
    what = provisional.what(newest, record.source)
    back = f"`bordercast vintages withdraw {newest.batch}` takes it back."
    words = f"Provisional, {month_words(value.first)}: {what}."
    return f"{words} `bordercast run` forecasts the rest with it. {back}"


def show(record: OpenRecord) -> Printed:
    """Print every month whose count is not the last word, and what it changes."""
    every = provisional.provisional_months(record.connection, record.source)
    value = [
        asdict(month.said) | {"series": record.names.name(month.said.series)} for month in every
    ]
    sentences = [provisional.sentence(month, record.source) for month in every]
    return Printed(value, sentences or ["No month is provisional."], record.source)


def _value(
    record: OpenRecord, series: str, month: str, said: str, on: str, source: str, rounded: int
) -> DatedValue:
    """Read what somebody said; click.BadParameter names what cannot be."""
    key: SeriesKey = record.names.find(series)
    if month <= max(record.counts(key), default=""):
        raise DataError(f"a file has {month_words(month)} of {series} already: use `vintages add`")
    read = _SAID.fullmatch(said.strip())
    if read is None:
        problem = f"{said!r}: write 26,000 or 'about 26,000' or '1,550 a day over 20 days'"
        raise click.BadParameter(problem, param_hint="'COUNT'")
    length, days = months.end(month).day, int(read["days"] or 0)
    _refuse_early(month, length, days, on)
    number = read["count"].replace(",", "")
    # What is said to be about 26,000 is known to a thousand, and a daily mean to a unit a day.
    zeros = 10 ** (len(number) - len(number.rstrip("0"))) if read["about"] else 1
    times = (days or length) if read["daily"] else 1
    whole = days if days < length else 0
    return DatedValue(
        *(key, month, month, int(number) * times, (rounded or zeros) * times, on, source, whole)
    )


def _refuse_early(month: str, length: int, days: int, on: str) -> None:
    """Refuse what nobody could know on that day."""
    if days > length or (days and on < f"{month}-{days:02}"):
        problem = f"{days} days of {month} were not over by {on}"
        raise click.BadParameter(problem, param_hint="'COUNT'")
    if on > months.today().isoformat():
        raise click.BadParameter(f"{on} is after today", param_hint="'--on'")
    if not days and on <= months.end(month).isoformat():
        problem = f"{month} was not over on {on}; say of how many days: 'N a day over 20 days'"
        raise click.BadParameter(problem, param_hint="'--on'")
