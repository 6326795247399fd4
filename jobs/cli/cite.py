"""`brief`: what can be said of a month, as words, a slide or a page."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.engine import ENGINE
from forecast.errors import ConfigError
from jobs.cli.help import AS_JSON, examples
from jobs.cli.shared import (
    Settings,
    as_month,
    latest_run,
    origin,
    print_json,
    quote,
    reading,
    series_key,
)

if TYPE_CHECKING:
    from forecast.desk.facts import MonthFacts
    from forecast.store.read import RunRow


FORMS = (".png", ".pdf", ".pptx")


@click.command(
    epilog=examples(
        "brief {one}",
        "brief {part} 2025-02",
        "brief {two} 2025-02 -o february.pdf",
    )
)
@click.argument("series")
@click.argument("month", required=False, callback=as_month)
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write instead: a slide (.png, .pptx) or one page (.pdf).",
)
@AS_JSON
@click.pass_obj
def brief(
    settings: Settings, series: str, month: str | None, out: Path | None, as_json: bool
) -> None:
    """The paragraph to paste about a MONTH [the newest].

    Published, expected, how unusual; all comparisons, always in the same order; rank; vintage. As a
    file: the same with a chart, as a slide for a screen or PowerPoint, or as one page of paper.
    """
    from forecast.desk.sentences import monthly

    if out is not None and out.suffix not in FORMS:
        problem = f"the file's name must end in {', '.join(FORMS)}"
        raise ConfigError(str(out), "-o", problem)
    facts, run = facts_of(settings, series, month)
    if out is not None:
        click.echo(f"{out}: {_written(settings, series, facts, run, out)}")
        return
    if as_json:
        print_json(
            {**facts_json(facts), "text": monthly.paragraph(facts), **run_json(run)},
            settings.context.source,
        )
        return
    click.echo(monthly.paragraph(facts))
    click.echo(f"Bordercast, {quote(run)}")


def _written(settings: Settings, series: str, facts: MonthFacts, run: RunRow, out: Path) -> str:
    """Write the month as a file of the form that its name says; what it shows, in words."""
    from forecast import files
    from forecast.desk import handout as handouts
    from forecast.store import joint, plots

    with reading(settings) as connection:
        key = series_key(connection, series, settings.context.source)
        counted = plots.published(connection, key)
        newest = counted[-1]["month"] == facts.month
        chart = handouts.PosterChart(
            counted=[row for row in counted if row["month"] <= facts.month],
            flagged=plots.flagged(connection, key),
            ahead=joint.month_forecasts(connection, key, ENGINE) if newest else (),
            stood=facts.recent,
        )
    handout = handouts.handout(facts, run, newest=bool(chart.ahead))
    body = {
        ".png": lambda: handouts.png(handout, chart, facts.source, handouts.SLIDE),
        ".pdf": lambda: handouts.pdf(handout, facts, chart, run),
        ".pptx": lambda: handouts.pptx(handout, facts, chart, run),
    }[out.suffix]()
    with files.output(out) as draft:
        draft.write_bytes(body)
    return f"{handout.alt}. {handout.source}"


def facts_of(settings: Settings, series: str, month: str | None) -> tuple[MonthFacts, RunRow]:
    """Return the report of a month of a series, the newest if None, with the run it belongs to."""
    from forecast.desk.facts import series_report
    from forecast.store import reports

    with reading(settings) as connection:
        run = latest_run(connection, settings)
        key = series_key(connection, series, settings.context.source)
        span = reports.series_span(connection, key)
        if span is None:
            raise ConfigError(str(settings.db), "SERIES", f"no figures for {key} are on record")
        first, last = span
        month = month or last
        if not first <= month <= last:
            problem = f"no figure for {key} in {month}; on record are {first} to {last}"
            raise ConfigError(str(settings.db), "MONTH", problem)
        try:
            return series_report(connection, key, month, settings.context.source), run
        except KeyError:
            problem = f"the count of {key} in {month} was not published; name another month"
            raise ConfigError(str(settings.db), "MONTH", problem) from None


def facts_json(facts: MonthFacts) -> dict[str, Any]:
    """Return a report for programs."""
    from forecast.desk import facts as month_facts
    from forecast.desk.sentences import monthly

    compared = [{**asdict(c), "percent": c.percent} for c in facts.comparisons]
    halves = " ".join(monthly.halves_sentence(facts)) or None
    return {**month_facts.as_dict(facts), "comparisons": compared, "halves_sentence": halves}


def run_json(run: RunRow) -> dict[str, Any]:
    """Return the run a statement rests on."""
    return {**origin(run), "run": run.id}
