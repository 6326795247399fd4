"""Commands that only read; they import nothing heavy."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from forecast import months
from forecast.engine import ENGINE
from forecast.errors import ConfigError, SeriesNameError, VerifyError
from forecast.words import capital, check_command, without_controls
from jobs.cli import ask
from jobs.cli.help import AS_JSON, examples
from jobs.cli.shared import (
    Settings,
    as_month,
    console,
    halves_published,
    latest_run,
    old_figures,
    print_json,
    published_words,
    reading,
    series_key,
    waiting_totals,
)

if TYPE_CHECKING:
    from forecast.sources.source import Source
    from forecast.sources.wording import Halves
    from forecast.types import SeriesKey


@click.command(
    epilog=examples(
        "show",
        "show {one}",
        "show {part}",
        "show {two} {FY}2027",
        "show {dimension}",
        "show {one} --from 2024-01",
    )
)
@click.argument("series", required=False)
@click.argument("span", required=False)
@click.option("--model", default=ENGINE, show_default=True, help="Whose forecasts.")
@click.option(
    "--from",
    "since",
    callback=as_month,
    metavar="YYYY-MM",
    help="The published counts from this month on.",
)
@AS_JSON
@click.pass_obj
def show(
    settings: Settings,
    series: str | None,
    span: str | None,
    model: str,
    since: str | None,
    as_json: bool,
) -> None:
    """The latest forecasts.

    With SERIES {such_as}every month ahead,
    and the counts that would raise a flag. With SPAN ({FY}2027, 2026-10..2027-03, "next 12 months")
    the sum of those months. {dimension} lists the parts, this {fiscal}year unless said.
    """
    if since:
        _show_published(
            settings, series or settings.context.source.totals.every[-1], since, as_json
        )
        return
    if series and ":" in series and ask.names_dimension(settings, series):
        ask.show_parts(settings, series, span, as_json)
        return
    if series and span:
        ask.show_span(settings, series, span, as_json)
        return
    from forecast.desk import terminal
    from forecast.desk.facts import only_next_flagged
    from forecast.desk.sentences.ahead import unforecast_words
    from forecast.store import joint, read

    with reading(settings) as connection:
        key = series_key(connection, series, settings.context.source) if series else None
        rows = (
            joint.month_forecasts(connection, key, model)
            if key
            else read.forecasts(connection, settings.context.source.totals, None, model)
        )
        rows = only_next_flagged(rows)
        latest = latest_run(connection, settings)
        last = read.last_months(connection)
        known = joint.counts(connection, key) if key else {}
        ours = key is None and model == ENGINE
        waiting = (
            waiting_totals(connection, latest.data_through, settings.context.source) if ours else {}
        )
        notes, halves = ([], {}) if as_json else _beside(connection, key, settings.context.source)
    if not rows and key and model == ENGINE:
        raise SeriesNameError(
            series or "", unforecast_words(key, known, latest.data_through, settings.context.source)
        )
    if not rows and not waiting:
        raise ConfigError(str(settings.db), "--model", f"no forecasts by {model!r}")
    old = old_figures(latest, settings.context.source)
    if as_json:
        print_json(
            {
                "run": latest.id,
                "digest": latest.digest,
                "figures_old": old or None,
                "forecasts": rows,
            },
            settings.context.source,
        )
        return
    out = console()
    out.print(terminal.heading(latest))
    if old:
        out.print(old, width=min(out.width, 80))
    for note in filter(None, notes):
        out.print(note, width=min(out.width, 80))
    out.print(
        terminal.border_table(rows)
        if key
        else terminal.forecast_table(rows, last, halves, waiting, settings.context.source)
    )


def _show_published(settings: Settings, series: str, since: str, as_json: bool) -> None:
    from forecast.desk import terminal
    from forecast.store import joint

    source = settings.context.source
    with reading(settings) as connection:
        key = series_key(connection, series, source)
        counts = joint.counts(connection, key)
        run = latest_run(connection, settings)
    shown = {month: count for month, count in sorted(counts.items()) if month >= since}
    if not shown:
        first, last = min(counts), max(counts)
        raise SeriesNameError(series, f"published from {first} to {last}, nothing from {since} on")
    if as_json:
        rows = [{"month": month, "encounters": count} for month, count in shown.items()]
        print_json({"run": run.id, "digest": run.digest, "months": rows}, source)
    else:
        console().print(terminal.published_table(shown, counts))


def answer(settings: Settings) -> str:
    """Say in one line for each measure whether its newest month is unusual."""
    from forecast.desk import facts
    from forecast.desk.sentences import monthly
    from forecast.store import read

    lines = []
    for context in settings.asked():
        with reading(settings) as connection:
            context.scope(connection)
            if read.latest_run(connection) is None:
                continue
            source = context.source
            newest = [facts.newest(connection, total, source) for total in source.totals.every]
        noun = f"{source.measure.noun}, " if len(settings.context.sources) > 1 else ""
        lines.append(capital(noun + monthly.answer_line(newest, source, months.today())))
    return "\n".join(lines)


def _beside(
    connection: sqlite3.Connection, key: SeriesKey | None, source: Source
) -> tuple[list[str], dict[str, Halves | None]]:
    """Return what stands beside forecasts: sentences on one series, or the halves of all totals."""
    if key is None:
        return [], halves_published(connection, source)
    published = published_words(connection, key.total, source) if key.headline else ""
    return [ask.stale(connection, key, source), ask.small(connection, key, source), published], {}


@click.command(epilog=examples("verify", "verify --run 3 --digest X", "verify --witnesses"))
@click.option("--run", "run_id", type=int, metavar="N", help="The run a digest was quoted of.")
@click.option("--digest", metavar="X", help="The digest as it was quoted.")
@click.option("--witnesses", "proofs", is_flag=True, help="Check all proofs of witnesses, offline.")
@click.option(
    "--repository",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Your own clone of the git witness's repository [the service's].",
)
@click.pass_obj
def verify(
    settings: Settings,
    run_id: int | None,
    digest: str | None,
    proofs: bool,
    repository: Path | None,
) -> None:
    """Check that nothing was changed past this program.

    With a digest from a page, a mail or a file: also whether the record has changed since the
    digest was issued. Only this shows a record that was rewritten together with its digests.

    With --witnesses: whether every proof that somebody outside saw the record holds, and whether
    the record still says what they saw. Nothing is asked of the network.

    Exit code 1 names what differs. If the record does not fit its own digests, nothing is shown and
    nothing is sent until a verification succeeds.
    """
    from forecast.desk.sentences import trust
    from forecast.store import connect, integrity, judgements
    from jobs.service import upkeep

    if (run_id is None) != (digest is None):
        raise click.UsageError("--run and --digest go together")
    digest = digest if digest is None else digest.strip().lower()
    if digest is not None and not re.fullmatch("[0-9a-f]{64}", digest):
        problem = "is not whole: copy all of its 64 digits, 0-9 and a-f"
        raise click.BadParameter(problem, param_hint="--digest")
    findings = upkeep.verify(settings.db, datetime.now(UTC))
    answer = None
    if run_id is not None and digest is not None:
        with connect.moment(settings.db) as connection:
            answer = integrity.quoted(connection, run_id, digest)
        findings += trust.differences(answer, run_id)
    if proofs or repository:
        findings += _unproven(settings, repository)
    if findings:
        raise VerifyError(findings)
    if answer is not None:
        click.echo(trust.confirmed(answer, run_id or 0))
        return
    with reading(settings) as connection:
        latest = latest_run(connection, settings)
        false = judgements.false_issued(connection)
    for line in judgements.in_words(false):
        click.echo(line)
    click.echo(
        f"The record fits its digests. Run {latest.id}, digest {latest.digest}\n"
        "Compare this digest with one that was quoted elsewhere, or let the program do it:\n"
        f"{check_command(latest.id, latest.digest)}"
    )


def _unproven(settings: Settings, repository: Path | None) -> list[str]:
    """Say which proofs of witnesses hold; what does not."""
    from forecast.store import connect
    from jobs.witness import prove

    with connect.moment(settings.db) as connection:
        findings = prove.examine(
            connection, settings.db, settings.config.witness, settings.context.source, repository
        )
    for line in findings.seen or ["No proof of a witness holds; see docs/witnesses.md."]:
        click.echo(without_controls(line))
    return findings.findings
