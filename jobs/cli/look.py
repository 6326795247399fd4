"""The commands that only look: forecasts, what moved, comparisons, unusual months, scores."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import RenderableType

from forecast import lives, months
from forecast.desk import comparison, facts, groups, provisional, terminal, vintages
from forecast.desk import movers as desk_movers
from forecast.desk.dictionary import ColumnKind
from forecast.desk.sentences import ahead, monthly, skill, trust
from forecast.desk.terminal import ComparedScore
from forecast.engine import ENGINE
from forecast.engine.skill import LEAST, skill_tests
from forecast.errors import SeriesNameError
from forecast.rows import ForecastRow, as_row
from forecast.sources.source import Source
from forecast.store import history, inputs, queries, read, witnesses
from forecast.types import COUNT, SeriesKey
from forecast.words import capital
from jobs.cli.options import Settings
from jobs.cli.render import OpenRecord, Printed, notes, reading, wrapped

MONTHS_SHOWN = 13  # of a series without a forecast: the newest, and as far back as a year before


def show(record: OpenRecord, words: tuple[str, ...], model: str, since: str | None) -> Printed:
    """Print the latest forecasts: of all totals, of a series, of a span, or of parts."""
    series, span = record.names.split(words) if words else ("", "")
    if since:
        return _published(record, series or record.source.totals.every[-1], since)
    of_parts = series and ":" in series and record.names.parts(series)
    if series and (span or of_parts):
        from jobs.cli import ask  # draws paths

        return (ask.parts_ahead if of_parts else ask.span_ahead)(record, series, span)
    key = record.names.find(series) if series else None
    rows = facts.only_next_flagged(
        months_ahead(record, key, model)
        if key
        else read.forecasts(record.connection, record.source.totals, None, model)
    )
    if not rows and key and model == ENGINE:
        return _unforecast(record, series, key)
    # A total too short for a forecast is named, lest it look forgotten.
    waiting = record.waiting() if key is None and model == ENGINE else {}
    if not rows and not waiting:
        raise record.refused("--model", f"no forecasts by {model!r}")
    connection, source = record.connection, record.source
    every = provisional.provisional_months(connection, source)
    early = provisional.lines(every, source, key.total if key else "")
    parts: list[RenderableType] = [terminal.heading(record.run), *notes(record.old, *early)]
    value = {
        **record.stamp,
        "figures_old": record.old or None,
        "forecasts": list(map(as_row, rows)),
    }
    value |= {"provisional": early} if early else {}
    if key is None:
        last = read.last_months(connection)
        parts.append(terminal.forecast_table(rows, last, record.halves(), waiting, source))
        return Printed(value, parts)
    own = groups.of_total(connection, source, key.total) if key.headline else []
    parts += [*_about(record, key), terminal.border_table(rows)]
    parts += [terminal.group_table(table, source) for table in own]
    if own:
        value["groups"] = [asdict(group) for table in own for group in table.groups]
    return Printed(value, parts)


def _unforecast(record: OpenRecord, series: str, key: SeriesKey) -> Printed:
    """Print the newest months of a series without a forecast, and why it has none."""
    known = record.counts(key)
    shown = _published(record, series, months.shift(max(known), -MONTHS_SHOWN + 1))
    of_series = ahead.unforecast_words(key, known, record.run.data_through, record.source)
    why = f"{shown.value['series']}: {of_series}."
    return Printed({**shown.value, "forecasts": [], "unforecast": why}, [*shown.parts, why])


def _about(record: OpenRecord, key: SeriesKey) -> Iterator[RenderableType]:
    """Yield what is said of a series above its forecasts."""
    newest = facts_of(record, key, None)
    standing = f"{capital(monthly.standing(newest))}." if key.headline else ""
    sentences = (monthly.headline(newest), monthly.halves_sentence(newest), standing)
    yield from notes(record.stale(key), record.small(key))
    yield from notes(" ".join(filter(None, (*sentences, *monthly.run_words(newest)))))
    yield from notes(monthly.terms_sentence(facts.terms(record.counts(key), record.source)))


def facts_of(record: OpenRecord, key: SeriesKey, month: str | None) -> facts.MonthFacts:
    """Return the report of a month of a series, the newest if None."""
    if key in record.names.sums:  # what the counts alone say of a series that no file states
        counts = record.counts(key)
        month = month or max(counts)
        if month not in counts:
            held = f"{min(counts)} to {max(counts)}"
            raise record.refused("MONTH", f"no figure for {key} in {month}; on record are {held}")
        part = history.part_record(record.connection, record.names.sums[key][0], max(counts))
        summed = part._replace(counts=counts, values=[])
        return facts.part_report(record.connection, key, month, summed, record.source)
    span = history.series_span(record.connection, key)
    if span is None:
        raise record.refused("SERIES", f"no figures for {key} are on record")
    first, last = span
    month = month or last
    if not first <= month <= last:
        problem = f"no figure for {key} in {month}; on record are {first} to {last}"
        raise record.refused("MONTH", problem)
    try:
        return facts.series_report(record.connection, key, month, record.source)
    except KeyError:
        problem = f"the count of {key} in {month} was not published; name another month"
        raise record.refused("MONTH", problem) from None


def months_ahead(record: OpenRecord, key: SeriesKey, model: str = ENGINE) -> list[ForecastRow]:
    """Return a series' forecasts month by month; a sum's are drawn anew."""
    if key in record.names.sums and model == ENGINE:
        from forecast.desk import answers  # draws paths: `show` of a table needs no scipy

        return answers.Asking(record.connection, record.source).months_ahead(key)
    return read.month_forecasts(record.connection, key, model)


def _published(record: OpenRecord, series: str, since: str) -> Printed:
    key = record.names.find(series)
    counts = record.counts(key)
    # Months as text sort and compare as time.
    shown = {month: count for month, count in sorted(counts.items()) if month >= since}
    if not shown:
        first, last = min(counts), max(counts)
        raise SeriesNameError(series, f"published from {first} to {last}, nothing from {since} on")
    # Changes are from all counts: the first month shown has a month before, too.
    rows = [{"month": month, COUNT: count} for month, count in shown.items()]
    name = record.names.name(key)
    parts: list[RenderableType] = [
        terminal.titled(name, ", published, each against the month and the year before"),
        terminal.published_table(shown, counts),
    ]
    return Printed({**record.stamp, "series": name, "months": rows}, parts)


def answer(settings: Settings) -> str:
    """Say in one line for each measure whether its newest month is unusual."""
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
            every = provisional.provisional_months(record.connection, source)
            waiting = provisional.lines(every, source)
        noun = f"{source.measure.noun}, " if len(settings.context.sources) > 1 else ""
        lines.append(capital(noun + monthly.answer_line(newest, source, months.today())))
        lines += waiting
    return "\n".join(lines)


MOVERS_COLUMNS: dict[str, ColumnKind] = {
    **dict.fromkeys(("total", "dimension", "part", "month"), "text"),
    **dict.fromkeys((COUNT, *desk_movers.BASES), "count"),
}


def movers(
    record: OpenRecord, total: str | None, base: str, everything: bool, out: Path | None
) -> Printed:
    """Print which parts of a total moved in its newest month, or write them to a file."""
    column = {"month": "month_before", "year": "year_before", "forecast": "median"}[base]
    name = record.names.only_total(total or "")
    from forecast.desk import answers  # draws paths: `show` of a table needs no scipy

    rows = answers.moving(record.connection, name, record.source.tree)
    most = len(rows) if everything or out else desk_movers.MOST_SHOWN
    moved = desk_movers.by_dimension(rows, record.source, column, most)
    if not moved:
        raise record.refused("TOTAL", f"no parts of {name} on record; try `bordercast show {name}`")
    if out:
        from forecast.desk import export  # brings numpy, which a look can do without

        export.check(out)
        cells = [
            (name, group.dimension, mover.label, group.month, mover.value, *mover.bases.values())
            for group in moved
            for mover in group.movers
        ]
        export.write(export.of_rows(MOVERS_COLUMNS, cells, record.origin), out)
        return Printed(None, [f"{out}: {len(cells):,} rows, {record.quoted}"])
    tables = [terminal.movers_table(group, name, column) for group in moved]
    value = {**record.stamp, "from": base, "movers": list(map(asdict, moved))}
    return Printed(value, (*tables, record.quoted))


def compare(
    record: OpenRecord, things: tuple[str, ...], shown_as: str, since: str | None
) -> Printed:
    """Print two series, or two months or years of one, side by side."""
    quoted = record.quoted
    compared = comparison.asked(things, record.names, record.counts, shown_as, since or "")
    value = {**record.stamp, **comparison.as_json(compared)}
    return Printed(value, (terminal.compared_table(compared), compared.note, quoted))


def changes(record: OpenRecord, series: str) -> Printed:
    """Print what moved a total's forecast since the run before; the steps add up."""
    run, totals = record.run, record.source.totals
    total = record.names.only_total(
        series, f"changes are on record only for the {totals.many}' totals"
    )
    rows = read.changes(record.connection, total)
    parts: list[RenderableType] = [
        f"No run before run {run.id} forecast the same months of {total}."
    ]
    if rows:
        parts = [ahead.changes_sentence(rows), terminal.changes_table(rows)]
    return Printed({**record.stamp, "changes": list(map(as_row, rows))}, parts)


def flags(
    record: OpenRecord, border: str | None, since: str | None, watch: bool, parts: bool
) -> Printed:
    """Print unusual months, newest first, and how each ended."""
    _ = record.run  # nothing is flagged before the first
    connection, source = record.connection, record.source
    total = record.names.only_total(border) if border else None
    rows = read.flags(connection, source.totals, total, since or "", watch=watch, parts=parts)
    moved = read.drivers(connection)
    keys = [SeriesKey(row.total, row.dimension, row.member) for row in rows]
    # A flag keeps the value that it judged; a reader also needs today's.
    now = {key: read.counts(connection, key) for key in set(keys)}
    restated = {row.flag_id: now[key][row.month] for key, row in zip(keys, rows, strict=True)}
    hindcast, issued = (
        queries.column(connection, "months_judged", (of,))[0] for of in ("hindcast", "issued")
    )
    judged = (
        f"{issued + hindcast:,} months judged: {issued:,} by a forecast issued before the "
        f"month was published, {hindcast:,} by a hindcast."
    )
    value = []
    for row in rows:
        drivers = [as_row(driver) for driver in moved.get(row.flag_id, ())]
        shown = [{k: v for k, v in driver.items() if k != "flag_id"} for driver in drivers]
        value.append({**as_row(row), "drivers": shown})
    blocks = terminal.flag_blocks(rows, moved, source, restated)
    span = history.series_span(connection, SeriesKey(total)) if total else None
    confirmed = lives.life(total, source.lives) if total else None
    newest = history.newest_month(connection)
    life = lives.words(span[1], newest, confirmed).behind if span else ""
    return Printed(value, [*notes(life and f"{total}: {life}."), *blocks, wrapped(judged)])


# -- score ----------------------------------------------------------------------------------------


ABOUT = {
    "issued": "forecasts issued before their month was published",
    "hindcast": "hindcasts: made later from only the data up to each cutoff",
}
ERA_SCORES = {
    "log_wis": "log-WIS",
    "relative_mae": "MAE / naive",
    "coverage50": "coverage of 50%",
    "coverage80": "coverage of 80%",
    "coverage95": "coverage of 95%",
}


def score(
    record: OpenRecord,
    border: str | None,
    era: str | None,
    questions: bool,
    tests: bool,
    out: Path | None,
) -> Printed:
    """Print how good the forecasts, or the chances of standing questions, have been."""
    if out and not questions:
        raise click.UsageError("-o goes with --questions; `plot --kind score` draws errors")
    if tests and (questions or era):
        raise click.UsageError(
            "--tests is of all cutoffs; it goes with neither --questions nor --era"
        )
    total, source = record.names.only_total(border) if border else None, record.source
    if tests:
        return _tests(record, total)
    if questions:
        return _questions(record, total, out)
    rows = terminal.with_pooled(read.scores(record.connection, source.totals), source)
    rows = [row for row in rows if total in (None, row.total)]
    known = list(dict.fromkeys(row.era for row in rows))
    if era is not None:
        if known and era not in known:
            raise record.refused("--era", f"no {era!r}; there are: {', '.join(known)}")
        rows = _where(rows, era=era)
    parts = [
        part
        for basis, about in ABOUT.items()
        for part in _scored(_where(rows, basis=basis), about, total, era, source)
    ]
    if era is None:
        parts += notes(*vintages.by_figures_then(record.connection, source, total))
    seen = trust.seen_in_time(witnesses.sightings(record.connection), source)
    if seen:
        parts.append(wrapped(f"{seen} To check: bordercast verify --witnesses"))
    return Printed(list(map(as_row, rows)), parts)


def _tests(record: OpenRecord, total: str | None) -> Printed:
    """Show whether the engine was better than a last value, or may only have been luckier."""
    stored, counts = inputs.scored_totals(record.connection, record.source.totals)
    # The mean over all of them is asked for with no total.
    tested = [t for t in skill_tests(stored, counts, ENGINE) if total in (None, t.total)]
    if not tested:
        raise record.refused("--tests", f"fewer than {LEAST} cutoffs of both can be scored yet")
    notes = skill.skill_notes(tested, record.source)
    shown = [asdict(test) | {"verdict": test.verdict} for test in tested]
    return Printed(shown, [terminal.skill_table(tested, record.source), *map(wrapped, notes)])


def _questions(record: OpenRecord, total: str | None, out: Path | None) -> Printed:
    """Show the chances of hindcasts, or of issued forecasts once more of them are resolved."""
    from forecast.desk.charts import forecasts, grammar  # draw, and load what draws
    from forecast.judge.questions import by_kind, fullest

    totals, quoted = record.source.totals, record.quoted
    kinds = by_kind(read.resolved_questions(record.connection, total))
    if not out:
        tables = terminal.reliability_tables(kinds, total or f"all {totals.many}")
        return Printed([kind.as_json for kind in kinds], tables)
    shown = fullest(kinds)
    if not shown:
        raise record.refused("-o", "no standing question is resolved yet")
    drawn = forecasts.reliability(totals.name(total) if total else f"All {totals.many}", shown)
    grammar.write(drawn, out, record.source, trust.signature(record.run, record.source))
    return Printed(None, [f"{out}: {drawn.alt} From {quoted}"])


def _scored(
    rows: Sequence[ComparedScore], about: str, border: str | None, era: str | None, source: Source
) -> Iterator[RenderableType]:
    """Yield the scores of one basis: by lead, by era, and each total's."""
    if not rows:
        yield wrapped(f"No {about.partition(':')[0]} can be scored yet.\n")
        return
    everywhere = terminal.all_of_them(source)
    name, shown = border or everywhere, era or terminal.ALL_ERAS
    by_lead = _where(rows, total=name, era=shown)
    yield terminal.titled(name, f", {about}; cutoffs: {shown}")
    yield terminal.model_table(by_lead, "lead", "horizon")
    yield from map(wrapped, terminal.score_notes(by_lead))
    yield ""
    for measure, title in ERA_SCORES.items() if era is None else ():
        yield terminal.titled(title, ", leads 1-12, by year of the cutoff and by known breaks")
        yield terminal.era_table(_where(rows, total=name, horizon=0), measure)
        yield ""
    if name == everywhere:
        of_totals = [row for row in _where(rows, era=shown, horizon=0) if row.total != everywhere]
        yield terminal.titled(f"Each {source.totals.one}", ", leads 1-12")
        yield terminal.model_table(of_totals, source.totals.one, "total")
        yield ""


def _where(rows: Sequence[ComparedScore], **values: object) -> list[ComparedScore]:
    return [row for row in rows if all(getattr(row, name) == v for name, v in values.items())]
