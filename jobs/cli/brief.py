"""`brief`: the paragraph to paste about a month, and what it rests on."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from forecast import files
from forecast.desk import facts as month_facts
from forecast.desk.sentences import monthly, section
from forecast.errors import ConfigError
from forecast.sources.names import member_words
from forecast.store import history, read
from forecast.types import COUNT, Row, SeriesKey
from jobs.cli.look import months_ahead
from jobs.cli.opened import OpenRecord
from jobs.cli.render import Printed

FORMS = (".png", ".pdf", ".pptx")


def brief(
    record: OpenRecord, series: str, month: str | None, out: Path | None, short: bool
) -> Printed:
    """Print the paragraph to paste about a month, or write it as a slide or a page."""
    if out is not None and out.suffix not in FORMS:
        raise ConfigError(str(out), "-o", f"the file's name must end in {', '.join(FORMS)}")
    value = run_json(record)  # ConfigError before the first run
    key = record.find(series)
    facts = facts_of(record, key, month)
    if out is not None:
        return Printed(None, [f"{out}: {_written(record, key, facts, out)}"])
    text = section.say(facts) if short else monthly.paragraph(facts)
    value = {**facts_json(facts), "text": text, **value}
    return Printed(value, (text, f"Bordercast, {record.quoted}"))


def _written(record: OpenRecord, key: SeriesKey, facts: month_facts.MonthFacts, out: Path) -> str:
    """Write the month as a file of the form that its name says; what it shows, in words."""
    from forecast.desk import handout as handouts  # draws

    counted: list[Row] = [{"month": at, COUNT: count} for at, count in record.counts(key).items()]
    newest = counted[-1]["month"] == facts.month
    ahead = months_ahead(record, key) if newest else ()
    flagged = read.flagged(record.connection, key)
    handout = handouts.handout(facts, record.run, counted, flagged, ahead)
    if out.suffix == ".png":
        body = handouts.png(handout, facts.source, handouts.SLIDE)
    else:
        make = handouts.pdf if out.suffix == ".pdf" else handouts.pptx
        body = make(handout, facts, record.run)
    with files.output(out) as draft:
        draft.write_bytes(body)
    return f"{handout['alt']}. {handout['source']}"


def facts_of(record: OpenRecord, key: SeriesKey, month: str | None) -> month_facts.MonthFacts:
    """Return the report of a month of a series, the newest if None."""
    if key in record.names.sums:
        return _facts_of_sum(record, key, month)
    span = history.series_span(record.connection, key)
    if span is None:
        raise record.refused("SERIES", f"no figures for {key} are on record")
    first, last = span
    month = month or last
    if not first <= month <= last:
        problem = f"no figure for {key} in {month}; on record are {first} to {last}"
        raise record.refused("MONTH", problem)
    try:
        return month_facts.series_report(record.connection, key, month, record.source)
    except KeyError:
        problem = f"the count of {key} in {month} was not published; name another month"
        raise record.refused("MONTH", problem) from None


def _facts_of_sum(record: OpenRecord, key: SeriesKey, month: str | None) -> month_facts.MonthFacts:
    """Return what the counts alone say of a series that no file states."""
    counts = record.counts(key)
    month = month or max(counts)
    if month not in counts:
        problem = f"no figure for {key} in {month}; on record are {min(counts)} to {max(counts)}"
        raise record.refused("MONTH", problem)
    part = history.part_record(record.connection, record.names.sums[key][0], max(counts))
    total = history.series_span(record.connection, SeriesKey(key.total))
    return month_facts.month_report(
        key.total,
        month,
        part._replace(counts=counts, values=[]),
        part=member_words(key.dimension, key.member, record.source),
        newest_of_total=total[1] if total else "",
        source=record.source,
    )


def facts_json(facts: month_facts.MonthFacts) -> dict[str, Any]:
    """Return a report for programs."""
    compared = [{**asdict(c), "percent": c.percent} for c in facts.comparisons]
    halves = monthly.halves_sentence(facts) or None
    return {**month_facts.as_dict(facts), "comparisons": compared, "halves_sentence": halves}


def run_json(record: OpenRecord) -> dict[str, Any]:
    """Return the run a statement rests on."""
    return {**record.origin, "run": record.run.id}
