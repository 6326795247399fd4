"""`vintages`: dated statements of what a count was, apart from the publisher's files."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from forecast import months
from forecast.periods import Calendar
from forecast.store import dated, inputs, ops
from forecast.store.connect import writing
from forecast.types import COUNT
from forecast.words import month_words, printable
from jobs.arrivals.dated import read_dated
from jobs.cli.options import Settings
from jobs.cli.render import OpenRecord, Printed, reading, table


def add(settings: Settings, file: Path) -> str:
    """Keep the statements of a table that are not on record yet."""
    with reading(settings) as record:
        calendar, today = Calendar(record.source.year_begins), months.today().isoformat()
        values = read_dated(file, record.names.find, calendar, today)
    with writing(settings.db) as db:
        settings.context.scope(db)
        count = dated.add(db, values, file.name, ops.text(datetime.now(UTC)))
        awaited = {(of.series, of.month) for of in inputs.provisional(db)}
    if not count:
        return f"{file.name}: nothing new; all {len(values):,} lines are on record already."
    again = f", {len(values) - count:,} were on record already" if count < len(values) else ""
    early = sum((value.series, value.first) in awaited for value in values)
    rests = (
        f"The next run rests on {early:,} of months that no file has yet."
        if early
        else "No forecast rests on them."
    )
    return f"{file.name}: {count:,} dated values added{again}. {rests}"


def show(record: OpenRecord, words: tuple[str, ...]) -> Printed:
    """Print every dated value of a series, or every batch of them."""
    if not words:
        batches = dated.batches(record.connection)
        shown = table(
            ("id", "file", "values", "known by", "withdrawn"),
            (
                (
                    *(str(batch.id), printable(batch.name), f"{batch.lines:,}"),
                    f"{batch.first_day} to {batch.last_day}",
                    f"{batch.withdrawn_at[:10]}: {batch.reason}" if batch.withdrawn_at else "-",
                )
                for batch in batches
            ),
        )
        return Printed(
            list(map(asdict, batches)), [shown] if batches else ["No dated values are on record."]
        )
    series, when = record.names.split(words)
    key = record.names.find(series)
    values = [v for v in dated.standing(record.connection) if v.series == key]
    if when:
        asked = Calendar(record.source.year_begins).read(when, 0)
        values = [v for v in values if (v.first, v.last) == (asked.first_month, asked.last_month)]
    rows = [
        {
            "first_month": v.first,
            "last_month": v.last,
            COUNT: v.count,
            "rounding": v.rounding,
            "known_by": v.known_by,
            "source": v.source,
        }
        for v in values
    ]
    shown = table(
        ("months", "count", "rounded to", "known by", "source"),
        (
            (
                month_words(v.first) if v.first == v.last else f"{v.first} to {v.last}",
                *(f"{v.count:,}", f"{v.rounding:,}" if v.rounding > 1 else "-"),
                *(v.known_by, printable(v.source)),
            )
            for v in values
        ),
    )
    return Printed(rows, [shown] if rows else [f"No dated value of {key} is on record."])


def withdraw(settings: Settings, batch_id: int, why: str) -> str:
    """Withdraw all values of a batch; they stay on record, marked."""
    with writing(settings.db) as db:
        settings.context.scope(db)
        name = dated.withdraw(db, batch_id, why, ops.text(datetime.now(UTC)))
    return f"Batch {batch_id} ({name}): withdrawn. It stays on record with your reason."
