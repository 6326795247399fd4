"""What the record holds, as files and as pictures."""

from __future__ import annotations

import json
from dataclasses import astuple
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from forecast import files
from forecast.desk import comparison, figures
from forecast.desk import export as tables
from forecast.desk import hub as hubs
from forecast.desk.dictionary import VIEWS, ColumnKind
from forecast.desk.sentences import trust
from forecast.engine import ENGINE
from forecast.errors import ConfigError
from forecast.rows import DriverRow
from forecast.store import history, queries, read
from forecast.store.read import view_rows
from forecast.types import COUNT, HUB_PERMILLES, SeriesKey
from forecast.words import many
from jobs.audited import every_fact
from jobs.cli.look import months_ahead
from jobs.cli.render import OpenRecord

if TYPE_CHECKING:
    from forecast.desk.charts.grammar import Picture

HUB_NAME = "engine"
MARKER = "export.json"  # the run that an export of all is as of
T = TypeVar("T")


def view(record: OpenRecord, name: str, out: Path, day: datetime | None = None) -> list[str]:
    """Write a view of the record to a file."""
    tables.check(out)
    as_of = f"{day:%Y-%m-%d}" if day else None
    context, described = record.settings.context, VIEWS[name]
    rows = view_rows(record.connection, name, described.columns, as_of)
    notes = {"view": name, **record.origin, "credit": context.source.publisher.credit}
    notes |= {"as of": as_of} if as_of else {}
    if context.name != next(iter(context.sources)):  # 1.0 knew the first one alone
        notes["measure"] = context.source.measure.noun
    count = tables.write(tables.of_view(described, rows, notes, context.source), out)
    return _written(record, out, f"{count:,} rows{f' as of {as_of}' if as_of else ''}")


def everything(record: OpenRecord, out: Path, since: int | None) -> list[str]:
    """Write every view into a folder, or into that of an earlier run by how much each changed."""
    if since is None:
        with files.output_folder(out) as draft:
            rows = _every_view(record, draft)
        return _written(record, out, f"{rows:,} rows")
    marker = out / MARKER
    held = json.loads(marker.read_text("utf-8"))["run"] if marker.exists() else "none"
    if held != str(since):
        raise record.refused("--since", f"{out} is as of run {held}; name that one")
    rows = _every_view(record, out)
    return _written(record, out, f"{rows:,} rows changed since run {since}")


def _every_view(record: OpenRecord, folder: Path) -> int:
    rows, statements = 0, []
    for name, described in VIEWS.items():
        held = view_rows(record.connection, name, described.columns)
        notes = {"view": name, **record.origin}
        table = tables.of_view(described, held, notes, record.source, marked=False)
        rows += tables.write_changes(table, folder / name)
        statements.append(tables.sql(name, table))
    (folder / "tables.sql").write_text("".join(statements), "utf-8")
    # Last: what is killed before it is done again from the same run on.
    with files.replacing(folder / MARKER) as draft:
        draft.write_text(json.dumps(record.origin), "utf-8")
    return rows


def facts(record: OpenRecord, out: Path) -> list[str]:
    """Write every figure that is said of every month, which `audit` computes again."""
    tables.check(out)
    rows = [astuple(fact) for fact in every_fact(record.connection, record.source)]
    kinds: dict[str, ColumnKind] = dict.fromkeys(figures.COLUMNS, "text")
    shown = [tuple("" if cell is None else str(cell) for cell in row) for row in rows]
    count = tables.write(tables.of_rows(kinds, shown, record.origin), out)
    return _written(record, out, f"{count:,} figures")


def hindcasts(record: OpenRecord, out: Path, model: str) -> list[str]:
    """Write what a model would have forecast at each past cutoff."""
    tables.check(out)
    run, source = record.run, record.source
    first = record.settings.context.config.forecast.first_cutoff
    rows = read.hindcasts(record.connection, model, first, source.totals)
    if not rows:
        known = ", ".join(queries.column(record.connection, "hindcast_models"))
        others = f"there are: {known}" if known else "no month has one yet"
        raise record.refused("--model", f"no hindcasts by {model!r}; {others}")
    notes = {**record.origin, "model": model, "credit": source.publisher.credit}
    # Each row names its digest: rows are copied apart from their file.
    marked = [(*row, run.digest) for row in rows]
    count = tables.write(tables.of_rows(tables.HINDCASTS, marked, notes), out)
    return _written(record, out, f"{count:,} rows")


def _written(record: OpenRecord, out: Path, what: str) -> list[str]:
    """Return what is said of every file: what is in it, of which run, and whose figures."""
    credit = record.source.publisher.credit
    return [f"{out}: {what}, {record.quoted}", *([credit] if credit else [])]


def hub(record: OpenRecord, out: Path, hindcasts: bool) -> list[str]:
    """Write the forecasts issued as a hubverse hub."""
    connection, source, origin = record.connection, record.source, record.origin
    models = {HUB_NAME: read.issued_quantiles(connection)}
    if hindcasts:
        first = record.settings.context.config.forecast.first_cutoff
        for model in queries.column(connection, "hindcast_models"):
            rows = read.hindcasts(connection, model, first, source.totals)
            name = f"{HUB_NAME if model == ENGINE else model}_hindcast"
            models[name] = [
                (total, cutoff, month, horizon, permille, count)
                for total, _, _, cutoff, month, horizon, _, *counts in sorted(
                    rows, key=lambda row: row[3]
                )
                for permille, count in zip(HUB_PERMILLES, counts, strict=True)
            ]
    values = view_rows(connection, "vintages", ("border", "month", "known_from", COUNT))
    with files.output_folder(out) as draft:
        in_time = history.rounds_in_time(connection, source.totals, source.due.first)
        count = hubs.write(draft, models, values, origin, source, in_time)
    return _written(record, out, many(count, "model output file"))


# -- plot -----------------------------------------------------------------------------------------


def plot(
    record: OpenRecord,
    words: tuple[str, ...],
    out: Path,
    kind: str,
    title: str,
    size: tuple[int, int] | None,
    **wanted: Any,
) -> list[str]:
    """Draw what is known of a series: forecasts, flags, scores; or two series or years."""
    from forecast.desk.charts import grammar  # loads what draws

    grammar.form_of(out)
    quoted, source = record.quoted, record.source
    if len(words) > 1:
        from forecast.desk.charts import forecasts

        both = comparison.asked(words, record.names, record.counts)
        if not both.lines:
            raise record.refused("SERIES", "one month of each is no line; `compare` shows both")
        drawn = forecasts.compared(both.heads[1:3], both.lines, both.note, both.years, source)
    else:
        key = record.names.find(words[0])
        # Of parts no hindcasts and no scores are kept.
        if kind != "fan" and not key.headline:
            raise record.refused("--kind", f"{kind} is drawn of {source.totals.many} only")
        drawn = _drawn(record, key, kind, **wanted)
    if title:
        drawn = grammar.titled(drawn, title)
    grammar.write(drawn, out, source, trust.signature(record.run, source), size)
    return [f"{out}: {drawn.alt} From {quoted}"]


def _some(rows: list[T], key: SeriesKey, what: str) -> list[T]:
    if not rows:
        raise ConfigError("plot", key.total, f"there are no {what}")
    return rows


def _drawn(
    record: OpenRecord,
    key: SeriesKey,
    kind: str,
    log: bool | None,
    lead: int,
    since: str,
    month: str | None,
) -> Picture:
    """Draw what was asked for of one series; see commands.toml for the kinds."""
    from forecast.desk.charts import forecasts

    connection, source, total = record.connection, record.source, key.total
    first = record.settings.context.config.forecast.first_cutoff
    if kind in ("drivers", "components"):
        from forecast.desk.charts import explanations  # fits Prophet

        if kind == "components":
            published = queries.rows(connection, "published_counts", key[:3])
            parts = explanations.prophet_parts(total, published, source)
            return explanations.components(total, parts, published, source)
        drivers = queries.records(connection, DriverRow, "drivers_of_total", (total, month, total))
        what = f"drivers of a flag{f' in {month}' if month else ''}"
        _some([row for row in drivers if row.contribution is not None], key, what)
        return explanations.drivers(total, drivers, source)
    if kind == "calibration":
        coverage = _some(read.calibration(connection, total, first), key, "hindcasts")
        return forecasts.calibration(total, coverage, source)
    if kind == "score":
        # A score of 0 has no place on a log scale; a short series may have no other.
        scores = [row for row in read.score_years(connection, total) if row["log_wis"]]
        _some([row for row in scores if row["model"] == ENGINE], key, "scores")
        return forecasts.score(total, scores, source)
    flagged = read.flagged(connection, key)
    if kind == "history":
        past = [row for row in read.at_lead(connection, total, lead) if row.month >= since]
        past = _some(past, key, "such forecasts")
        return forecasts.history(total, past, flagged, lead, source, log)
    ahead = _some(months_ahead(record, key), key, "forecasts")
    return forecasts.fan(key, record.counts(key), ahead, flagged, source, log)
