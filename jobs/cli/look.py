"""The commands that only look: forecasts, unusual months, scores, replays, and `verify`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast import months
from forecast.engine import ENGINE
from forecast.errors import SeriesNameError, VerifyError
from forecast.words import capital, check_command, without_controls
from jobs.cli import ask
from jobs.cli.help import examples
from jobs.cli.options import TOTAL, OpenRecord, Settings, month_option, out_option, reading
from jobs.cli.render import Printed, answers, notes, wrapped

if TYPE_CHECKING:
    from rich.console import RenderableType

    from forecast.sources.source import Source
    from forecast.types import Row
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
@month_option("--from", "since", help="The published counts from this month on.")
@answers
def show(
    record: OpenRecord, series: str | None, span: str | None, model: str, since: str | None
) -> Printed:
    """The latest forecasts.

    With SERIES {such_as}every month ahead,
    and the counts that would raise a flag. With SPAN ({FY}2027, 2026-10..2027-03, "next 12 months")
    the sum of those months. {dimension} lists the parts, this {fiscal}year unless said.
    """
    if since:
        return _published(record, series or record.source.totals.every[-1], since)
    if series and ":" in series and record.names.parts(series):
        return ask.parts_ahead(record, series, span)
    if series and span:
        return ask.span_ahead(record, series, span)
    from forecast.desk import facts, terminal
    from forecast.desk.sentences import ahead, monthly
    from forecast.store import read

    connection, source = record.connection, record.source
    key = record.find(series) if series else None
    rows = facts.only_next_flagged(
        read.month_forecasts(connection, key, model)
        if key
        else read.forecasts(connection, source.totals, None, model)
    )
    if not rows and key and model == ENGINE:
        through = record.run.data_through
        why = ahead.unforecast_words(key, read.counts(connection, key), through, source)
        raise SeriesNameError(series or "", why)
    waiting = record.waiting() if key is None and model == ENGINE else {}
    if not rows and not waiting:
        raise record.refused("--model", f"no forecasts by {model!r}")

    def told() -> Iterator[RenderableType]:
        yield terminal.heading(record.run)
        yield from notes(record.old)
        if key is None:
            last = read.last_months(connection)
            yield terminal.forecast_table(rows, last, record.halves(), waiting, source)
            return
        yield from notes(ask.stale(record, key), ask.small(record, key))
        if key.headline:
            newest = facts.newest(connection, key.total, source)
            standing = f"{capital(monthly.standing(newest))}."
            halves = monthly.halves_sentence(newest)
            yield from notes(" ".join(filter(None, (monthly.headline(newest), halves, standing))))
        yield terminal.border_table(rows)

    return Printed({**record.stamp, "figures_old": record.old or None, "forecasts": rows}, told())


def _published(record: OpenRecord, series: str, since: str) -> Printed:
    from forecast.desk import terminal
    from forecast.store import read
    from forecast.types import COUNT

    counts = read.counts(record.connection, record.find(series))
    shown = {month: count for month, count in sorted(counts.items()) if month >= since}
    if not shown:
        first, last = min(counts), max(counts)
        raise SeriesNameError(series, f"published from {first} to {last}, nothing from {since} on")
    rows = [{"month": month, COUNT: count} for month, count in shown.items()]
    return Printed({**record.stamp, "months": rows}, [terminal.published_table(shown, counts)])


def answer(settings: Settings) -> str:
    """Say in one line for each measure whether its newest month is unusual."""
    from forecast.desk import facts
    from forecast.desk.sentences import monthly
    from forecast.store import read

    lines = []
    for context in settings.asked():
        with reading(settings) as record:
            context.scope(record.connection)
            if read.latest_run(record.connection) is None:
                continue
            source = context.source
            newest = [
                facts.newest(record.connection, total, source) for total in source.totals.every
            ]
        noun = f"{source.measure.noun}, " if len(settings.context.sources) > 1 else ""
        lines.append(capital(noun + monthly.answer_line(newest, source, months.today())))
    return "\n".join(lines)


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
    with reading(settings) as record:
        latest = record.run
        false = judgements.false_issued(record.connection)
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
@month_option("--since", help="First month [the first judged].")
@click.option("--watch", is_flag=True, help="Also months that were only unusual (p < .05).")
@click.option("--parts", is_flag=True, help="Also {parts}")
@answers
def flags(
    record: OpenRecord, border: str | None, since: str | None, watch: bool, parts: bool
) -> Printed:
    """Unusual months, newest first; revisions of closed months come last.

    What was expected, how unusual the month was, what moved, and how it ended.
    """
    from forecast.desk import terminal
    from forecast.store import queries, read
    from forecast.types import SeriesKey

    connection, source = record.published().connection, record.source
    rows = read.flags(connection, source.totals, border, since or "", watch=watch, parts=parts)
    moved = read.drivers(connection)

    def told() -> Iterator[RenderableType]:
        keys = [SeriesKey(row["border"], row["dimension"], row["member"]) for row in rows]
        now = {key: read.counts(connection, key) for key in set(keys)}
        restated = [
            {**row, "now": now[key][row["month"]]} for key, row in zip(keys, rows, strict=True)
        ]
        yield from terminal.flag_blocks(restated, moved, source)
        (issued,), (hindcast,) = (
            queries.column(connection, "months_judged", (basis,))
            for basis in ("issued", "hindcast")
        )
        yield wrapped(
            f"{issued + hindcast:,} months judged: {issued:,} by a forecast issued before the "
            f"month was published, {hindcast:,} by a hindcast."
        )

    return Printed([{**row, "drivers": moved.get(row["flag_id"], [])} for row in rows], told())


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
@out_option("With --questions: draw chances against what came, as .png, .svg or .pdf.")
@answers
def score(
    record: OpenRecord, border: str | None, era: str | None, questions: bool, out: Path | None
) -> Printed:
    """How good the forecasts have been.

    Every model by lead, year and {total}, also where it is worse than naive.
    """
    if out and not questions:
        raise click.UsageError("-o goes with --questions; `plot --kind score` draws errors")
    if questions:
        return _questions(record, border, out)
    from forecast.desk import terminal
    from forecast.desk.sentences import trust
    from forecast.store import read, witnesses

    source = record.source
    rows = terminal.with_pooled(read.scores(record.connection, source.totals), source)
    rows = [row for row in rows if border in (None, row["border"])]
    known = list(dict.fromkeys(row["era"] for row in rows))
    if era is not None:
        if known and era not in known:
            raise record.refused("--era", f"no {era!r}; there are: {', '.join(known)}")
        rows = _where(rows, era=era)

    def told() -> Iterator[RenderableType]:
        for basis, about in ABOUT.items():
            yield from _scored(_where(rows, basis=basis), about, border, era, source)
        seen = trust.seen_in_time(witnesses.sightings(record.connection), source)
        if seen:
            yield wrapped(f"{seen} To check: bordercast verify --witnesses")

    return Printed(rows, told())


def _questions(record: OpenRecord, total: str | None, out: Path | None) -> Printed:
    """Show the chances of hindcasts, or of issued forecasts once more of them are resolved."""
    from forecast.desk import terminal
    from forecast.judge.questions import by_kind, fullest
    from forecast.store import read

    totals, quoted = record.source.totals, record.quoted
    kinds = by_kind(read.resolved_questions(record.connection, total))
    if not out:
        tables = terminal.reliability_tables(kinds, total or f"all {totals.many}")
        return Printed([kind.as_json for kind in kinds], tables)
    from forecast.desk.charts import forecasts, grammar

    shown = fullest(kinds)
    if not shown:
        raise record.refused("-o", "no standing question is resolved yet")
    drawn = forecasts.reliability(totals.name(total) if total else f"All {totals.many}", shown)
    grammar.write(drawn, out, record.source)
    return Printed(None, [f"{out}: {drawn.alt} From {quoted}"])


def _scored(
    rows: Sequence[Row], about: str, border: str | None, era: str | None, source: Source
) -> Iterator[RenderableType]:
    """Yield the scores of one basis: by lead, by era, and each total's."""
    from forecast.desk import terminal as tables

    if not rows:
        yield wrapped(f"No {about.partition(':')[0]} can be scored yet.\n")
        return
    everywhere = tables.all_of_them(source)
    name, shown = border or everywhere, era or tables.ALL_ERAS
    by_lead = _where(rows, border=name, era=shown)
    yield tables.titled(name, f", {about}; cutoffs: {shown}")
    yield tables.lead_table(by_lead)
    yield from map(wrapped, tables.score_notes(by_lead))
    yield ""
    for measure, title in ERA_SCORES if era is None else ():
        yield tables.titled(title, ", leads 1-12, by year of the cutoff and by known breaks")
        yield tables.era_table(_where(rows, border=name, horizon=0), measure)
        yield ""
    if name == everywhere:
        each = [row for row in _where(rows, era=shown, horizon=0) if row["border"] != everywhere]
        yield tables.titled(f"Each {source.totals.one}", ", leads 1-12")
        yield tables.score_border_table(each, source)
        yield ""


def _where(rows: Sequence[Row], **values: object) -> list[Row]:
    return [row for row in rows if all(row[name] == value for name, value in values.items())]


# -- replay ---------------------------------------------------------------------------------------


@click.command(epilog=examples("replay", "replay --from 2024-01"))
@month_option("--from", "since", default="2016-01", show_default=True, help="First month.")
@answers
def replay(record: OpenRecord, since: str) -> Printed:
    """The service as it would have been, month by month.

    On what was known then: which flags, when, how each ended, how often quiet months were
    flagged, and which known events were found.
    """
    from forecast.desk import terminal
    from jobs.pipeline.replay import known_events, service

    source = record.source
    replayed = service(record.connection, record.settings.context.config, since, source)
    events = [event._asdict() for event in known_events(replayed, since, source)]
    flagged = list(_flags(replayed))
    summary = {
        "flags": flagged,
        "months": len(replayed.judged(quiet=False)),
        "quiet_months": len(replayed.judged(quiet=True)),
        "rates": replayed.rates(quiet=False),
        "quiet_rates": replayed.rates(quiet=True),
        "quiet_flags": sum((f.series.total, f.month) in replayed.quiet for f in replayed.flags),
    }
    judged = f"{summary['months']} months of the {source.totals.many}' totals judged."
    parts = (
        wrapped(f"Replay from {since}: {judged}"),
        terminal.replay_table(flagged, source),
        "",
        terminal.rate_lines(summary),
        "",
        wrapped("Known breaks, and what was found within two months:", style="bold"),
        terminal.event_table(events, source),
    )
    return Printed({**summary, "events": events}, parts)


def _flags(replayed: ReplayedService) -> Iterator[dict[str, Any]]:
    from forecast.types import COUNT

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
