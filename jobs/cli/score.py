"""`score`: how good the forecasts have been."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from forecast.errors import ConfigError
from jobs.cli.help import AS_JSON, examples
from jobs.cli.shared import (
    TOTAL,
    Settings,
    console,
    latest_run,
    print_json,
    quote,
    reading,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

    from forecast.judge.questions import KindScore
    from forecast.sources.source import Source
    from forecast.types import Row

ABOUT = {
    "issued": "forecasts issued before their month was published",
    "hindcast": "hindcasts: made later from only the data up to each cutoff",
}
ERA_SCORES = (
    ("log_wis", "log-WIS"),
    ("relative_mae", "MAE / naive"),
    ("coverage50", "coverage of 50%"),
    ("coverage80", "coverage of 80%"),
    ("coverage95", "coverage of 95%"),
)


@click.command(
    epilog=examples("score", "score {one} --era 2025", "score --questions -o chances.svg")
)
@click.argument("border", required=False, type=TOTAL)
@click.option(
    "--era",
    help="Only these cutoffs: a year, 'break' (a known policy date lies between cutoff and month) "
    "or 'no-break'.",
)
@click.option(
    "--questions", is_flag=True, help="The standing questions: how good the chances given were."
)
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --questions: draw chances against what came, as .png, .svg or .pdf.",
)
@AS_JSON
@click.pass_obj
def score(
    settings: Settings,
    border: str | None,
    era: str | None,
    questions: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """How good the forecasts have been.

    Every model by lead, year and {total}, also where it is worse than naive.
    """
    if out and not questions:
        raise click.UsageError("-o goes with --questions; `plot --kind score` draws errors")
    if questions:
        _questions(settings, border, out, as_json)
        return
    from forecast.desk import terminal as tables
    from forecast.desk.sentences import trust
    from forecast.store import read, witnesses

    with reading(settings) as connection:
        rows = tables.with_pooled(
            read.scores(connection, settings.context.source.totals), settings.context.source
        )
        seen = trust.seen_in_time(witnesses.sightings(connection), settings.context.source)
    rows = [row for row in rows if border in (None, row["border"])]
    if era is not None:
        rows = _of_era(settings, rows, era)
    if as_json:
        print_json(rows, settings.context.source)
        return
    terminal = console()
    for part in _parts(
        rows,
        border or tables.all_of_them(settings.context.source),
        era,
        settings.context.source,
    ):
        terminal.print(part)
    if seen:
        terminal.print(f"{seen} To check: bordercast verify --witnesses")


def _questions(settings: Settings, total: str | None, out: Path | None, as_json: bool) -> None:
    from forecast.desk import terminal as tables
    from forecast.judge import questions as judge_questions
    from forecast.store import standing

    with reading(settings) as connection:
        run = latest_run(connection, settings)
        rows = standing.resolved(connection, total)
    kinds = judge_questions.by_kind(rows)
    if out:
        _draw(settings, kinds, total, out, quote(run))
        return
    if as_json:
        print_json([kind.as_json for kind in kinds], settings.context.source)
        return
    terminal = console()

    for part in tables.reliability_tables(
        kinds, total or f"all {settings.context.source.totals.many}"
    ):
        terminal.print(part)


def _draw(
    settings: Settings, kinds: Sequence[KindScore], total: str | None, out: Path, source: str
) -> None:
    """The chances of hindcasts, or of issued forecasts once more of them are resolved."""
    from forecast.desk.charts import forecasts, grammar
    from forecast.judge.questions import fullest

    shown = fullest(kinds)
    if not shown:
        raise ConfigError(str(settings.db), "-o", "no standing question is resolved yet")
    drawn = forecasts.reliability(
        settings.context.source.totals.name(total)
        if total
        else f"All {settings.context.source.totals.many}",
        shown,
    )
    grammar.write(drawn, out, settings.context.source)
    click.echo(f"{out}: {drawn.alt} From {source}")


def _of_era(settings: Settings, rows: Sequence[Row], era: str) -> list[Row]:
    ours = [row for row in rows if row["era"] == era]
    if not ours and rows:
        known = ", ".join(dict.fromkeys(row["era"] for row in rows))
        raise ConfigError(str(settings.db), "--era", f"no {era!r}; there are: {known}")
    return ours


def _parts(
    rows: Sequence[Row], name: str, era: str | None, source: Source
) -> Iterator[RenderableType]:
    """Yield what is printed, from top to bottom."""
    from forecast.desk import terminal as tables
    from forecast.desk.terminal import titled

    for basis, about in ABOUT.items():
        of_basis = [row for row in rows if row["basis"] == basis]
        if not of_basis:
            yield f"No {about.partition(':')[0]} can be scored yet.\n"
            continue
        shown = era or tables.ALL_ERAS
        by_lead = _where(of_basis, border=name, era=shown)
        yield titled(name, f", {about}; cutoffs: {shown}")
        yield tables.lead_table(by_lead)
        yield from tables.score_notes(by_lead)
        yield ""
        if era is None:
            yield from _by_era(_where(of_basis, border=name, horizon=0))
        if name == tables.all_of_them(source):
            yield from _by_border(_where(of_basis, era=shown, horizon=0), source)


def _where(rows: Sequence[Row], **values: object) -> list[Row]:
    return [row for row in rows if all(row[name] == value for name, value in values.items())]


def _by_era(rows: Sequence[Row]) -> Iterator[RenderableType]:
    from forecast.desk import terminal as tables
    from forecast.desk.terminal import titled

    for name, title in ERA_SCORES:
        yield titled(title, ", leads 1-12, by year of the cutoff and by known breaks")
        yield tables.era_table(rows, name)
        yield ""


def _by_border(rows: Sequence[Row], source: Source) -> Iterator[RenderableType]:
    from forecast.desk import terminal as tables
    from forecast.desk.terminal import titled

    yield titled(f"Each {source.totals.one}", ", leads 1-12")
    yield tables.score_border_table(
        [r for r in rows if r["border"] != tables.all_of_them(source)],
        source,
    )
    yield ""
