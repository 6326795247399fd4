"""`brief` and `fact`: what can be said of a month, and whether a number is right."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from forecast.errors import ConfigError
from jobs.cli.help import AS_JSON, examples
from jobs.cli.shared import (
    Settings,
    as_month,
    latest_run,
    print_json,
    reading,
    series_key,
)

if TYPE_CHECKING:
    from forecast.desk.facts import Facts
    from forecast.store.read import RunRow


_COUNT = re.compile(r"[0-9]{1,12}|[0-9]{1,3}(,[0-9]{3})+")


def as_count(_: click.Context, __: click.Parameter, value: str | None) -> int | None:
    """A whole number of encounters, thousands separators allowed, or a usage error."""
    if value is None:
        return None
    if not _COUNT.fullmatch(value):
        raise click.BadParameter(f"{value!r} is not a count; write it as 4098 or 4,098")
    return int(value.replace(",", ""))


@click.command(epilog=examples("brief northern", "brief northern:Swanton 2025-02"))
@click.argument("series")
@click.argument("month", required=False, callback=as_month)
@AS_JSON
@click.pass_obj
def brief(settings: Settings, series: str, month: str | None, as_json: bool) -> None:
    """The paragraph to paste about a MONTH [the newest].

    Published, expected, how unusual; all comparisons, always in the same order; rank; vintage.
    """
    from forecast.desk import brief as desk

    found, run = _facts(settings, series, month)
    if as_json:
        print_json({**_as_json(found), "text": desk.paragraph(found), **_record(run)})
        return
    click.echo(desk.paragraph(found))
    click.echo(f"Bordercast, run {run.id}, digest {run.digest}")


@click.command(epilog=examples("fact northern 2025-02", "fact northern 2025-02 4,098"))
@click.argument("series")
@click.argument("month", callback=as_month)
@click.argument("value", required=False, callback=as_count)
@AS_JSON
@click.pass_obj
def fact(settings: Settings, series: str, month: str, value: int | None, as_json: bool) -> None:
    """Whether VALUE is right for this MONTH, and what else is true.

    Every value the month has had, since when, and all comparisons. Exit code 0 if it is right now
    or was right when published (said which), 1 if it is wrong.
    """
    from forecast.desk import brief as desk
    from forecast.desk.facts import verdict

    found, run = _facts(settings, series, month)
    said = None if value is None else verdict(found, value)
    if as_json:
        print_json({**_as_json(found), "value": value, "verdict": said, **_record(run)})
    else:
        first = desk.headline(found) if value is None else desk.verdict_sentence(found, value)
        click.echo(" ".join(filter(None, (first, desk.peak_sentence(found)))))
        for sentence in desk.stale_sentences(found):
            click.echo(sentence)
        for sentence in desk.history_sentences(found):
            click.echo(f"  {sentence}")
        click.echo(f"Also true: {desk.comparison_sentence(found.comparisons)}")
        click.echo(desk.rank_sentence(found))
        click.echo(" ".join(desk.definition(found.border)))
        click.echo(f"Bordercast, run {run.id}, digest {run.digest}")
    if said == "wrong":
        raise click.exceptions.Exit(1)


def _facts(settings: Settings, series: str, month: str | None) -> tuple[Facts, RunRow]:
    from forecast.desk.facts import month_facts
    from forecast.desk.members import member_words
    from forecast.store import cite

    with reading(settings) as connection:
        run = latest_run(connection, settings)
        key = series_key(connection, series)
        span = cite.part_span(connection, key)
        if span is None:
            raise ConfigError(str(settings.db), "SERIES", f"no figures for {key} are held")
        first, last = span
        month = month or last
        if not first <= month <= last:
            problem = f"no figure for {key} in {month}; held are {first} to {last}"
            raise ConfigError(str(settings.db), "MONTH", problem)
        if key.headline:
            return month_facts(key.border, month, cite.held(connection, key.border, month)), run
        border = cite.span(connection, key.border)
        held = cite.part_held(connection, key, month)
        part = member_words(key.dimension, key.member)
        return month_facts(key.border, month, held, part, border[1] if border else ""), run


def _as_json(found: Facts) -> dict[str, Any]:
    compared = [{**asdict(c), "percent": c.percent} for c in found.comparisons]
    return {**asdict(found), "comparisons": compared}


def _record(run: RunRow) -> dict[str, Any]:
    return {"run": run.id, "digest": run.digest}
