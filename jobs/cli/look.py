"""The commands that only look: forecasts, unusual months, scores, replays, and `verify`."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast import months
from forecast.engine import ENGINE
from forecast.errors import ConfigError, SeriesNameError, VerifyError
from forecast.types import COUNT
from forecast.words import capital, check_command, without_controls
from jobs.cli import ask
from jobs.cli.help import AS_JSON, examples
from jobs.cli.options import (
    TOTAL,
    Settings,
    as_month,
    console,
    halves_published,
    latest_run,
    old_figures,
    print_json,
    published_words,
    quote,
    reading,
    series_key,
    waiting_totals,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from forecast.judge.questions import KindScore
    from forecast.sources.source import Source
    from forecast.sources.wording import Halves
    from forecast.types import Row, SeriesKey
    from jobs.pipeline.replay import ReplayedService


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
    from forecast.store import read

    with reading(settings) as connection:
        key = series_key(connection, series, settings.context.source) if series else None
        rows = (
            read.month_forecasts(connection, key, model)
            if key
            else read.forecasts(connection, settings.context.source.totals, None, model)
        )
        rows = only_next_flagged(rows)
        latest = latest_run(connection, settings)
        last = read.last_months(connection)
        known = read.counts(connection, key) if key else {}
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
    from forecast.store import read

    source = settings.context.source
    with reading(settings) as connection:
        key = series_key(connection, series, source)
        counts = read.counts(connection, key)
        run = latest_run(connection, settings)
    shown = {month: count for month, count in sorted(counts.items()) if month >= since}
    if not shown:
        first, last = min(counts), max(counts)
        raise SeriesNameError(series, f"published from {first} to {last}, nothing from {since} on")
    if as_json:
        rows = [{"month": month, COUNT: count} for month, count in shown.items()]
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


# -- flags ----------------------------------------------------------------------------------------


@click.command(epilog=examples("flags", "flags {two} --since 2025-01 --parts"))
@click.argument("border", required=False, type=TOTAL)
@click.option(
    "--since", callback=as_month, metavar="YYYY-MM", help="First month [the first judged]."
)
@click.option("--watch", is_flag=True, help="Also months that were only unusual (p < .05).")
@click.option("--parts", is_flag=True, help="Also {parts}")
@AS_JSON
@click.pass_obj
def flags(
    settings: Settings,
    border: str | None,
    since: str | None,
    watch: bool,
    parts: bool,
    as_json: bool,
) -> None:
    """Unusual months, newest first; revisions of closed months come last.

    What was expected, how unusual the month was, what moved, and how it ended.
    """
    from forecast.desk import terminal
    from forecast.store import flags as stored
    from forecast.store import read
    from forecast.types import SeriesKey

    with reading(settings) as connection:
        latest_run(connection, settings)
        rows = stored.flags(
            connection,
            settings.context.source.totals,
            border,
            since or "",
            watch=watch,
            parts=parts,
        )
        moved = stored.drivers(connection)
        keys = {SeriesKey(row["border"], row["dimension"], row["member"]) for row in rows}
        now = {} if as_json else {key: read.counts(connection, key) for key in keys}
        hindcast = read.judgement_count(connection, "hindcast")
        issued = read.judgement_count(connection, "issued")
    if as_json:
        print_json(
            [{**row, "drivers": moved.get(row["flag_id"], [])} for row in rows],
            settings.context.source,
        )
        return
    out = console()
    restated = [
        {**row, "now": now[SeriesKey(row["border"], row["dimension"], row["member"])][row["month"]]}
        for row in rows
    ]
    for block in terminal.flag_blocks(restated, moved, settings.context.source):
        out.print(block)
    out.print(
        f"{issued + hindcast:,} months judged: {issued:,} by a forecast issued before the month "
        f"was published, {hindcast:,} by a hindcast."
    )


# -- score ----------------------------------------------------------------------------------------


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
    from forecast.store import read

    with reading(settings) as connection:
        run = latest_run(connection, settings)
        rows = read.resolved_questions(connection, total)
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


# -- replay ---------------------------------------------------------------------------------------


@click.command(epilog=examples("replay", "replay --from 2024-01"))
@click.option(
    "--from",
    "since",
    default="2016-01",
    show_default=True,
    callback=as_month,
    metavar="YYYY-MM",
    help="First month.",
)
@AS_JSON
@click.pass_obj
def replay(settings: Settings, since: str, as_json: bool) -> None:
    """The service as it would have been, month by month.

    On what was known then: which flags, when, how each ended, how often quiet months were
    flagged, and which known events were found.
    """
    from jobs.pipeline.replay import known_events, service

    with reading(settings) as connection:
        replayed = service(connection, settings.context.config, since, settings.context.source)
    events = [event._asdict() for event in known_events(replayed, since, settings.context.source)]
    summary = {
        "flags": list(_flags(replayed)),
        "months": len(replayed.judged(quiet=False)),
        "quiet_months": len(replayed.judged(quiet=True)),
        "rates": replayed.rates(quiet=False),
        "quiet_rates": replayed.rates(quiet=True),
        "quiet_flags": sum((f.series.total, f.month) in replayed.quiet for f in replayed.flags),
    }
    if as_json:
        print_json({**summary, "events": events}, settings.context.source)
    else:
        _print(since, summary, events, settings.context.source)


def _flags(replayed: ReplayedService) -> Iterator[dict[str, Any]]:
    for flag in replayed.flags:
        episode = replayed.ending(flag)
        yield {
            "month": flag.month,
            "border": flag.series.total,
            "kind": flag.kind,
            "role": flag.role,
            "severity": flag.severity,
            COUNT: flag.value,
            "expected": flag.expected,
            "ratio": flag.ratio,
            "episode": episode.state if episode else None,
            "closed": episode.closed if episode else None,
        }


def _print(
    since: str, summary: dict[str, Any], events: list[dict[str, Any]], source: Source
) -> None:
    from forecast.desk.terminal import event_table, rate_lines
    from forecast.desk.terminal import replay_table as flag_table

    out = console()
    out.print(
        f"Replay from {since}: {summary['months']} months of the {source.totals.many}' totals "
        "judged."
    )
    out.print(flag_table(summary["flags"], source))
    out.print()
    out.print(rate_lines(summary))
    out.print()
    out.print("Known breaks, and what was found within two months:", style="bold")
    out.print(event_table(events, source))
