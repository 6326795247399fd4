"""`notices`: what was written about each month, who approved it, and what became of it."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from forecast import files
from forecast.errors import ConfigError, DataError, MailServerError
from forecast.store import deliveries, ops, queries
from forecast.store import notices as stored
from forecast.store.notices import Notice
from forecast.words import many
from jobs import environment
from jobs.cli.options import Settings
from jobs.cli.render import OpenRecord, Printed, labeled, reading, table, wrapped
from jobs.deliver import approve as approving
from jobs.deliver import demo as demonstration
from jobs.deliver import letter, outbox
from jobs.service import wakeup


def list_notices(record: OpenRecord) -> Printed:
    """Print every notice, and what became of its deliveries."""
    rows = queries.rows(record.connection, "notices")
    sent, stopped = _deliveries(record.settings)
    for row in rows:
        row["deliveries"] = sent.get(row["content_key"], {})
    parts = [_table(rows)]
    if stopped:
        again = "`bordercast notices send` tries again."
        parts = [f"The mail queue is stopped: {stopped}. {again}", *parts]
    return Printed({"notices": rows, "stopped": stopped}, parts)


def _deliveries(settings: Settings) -> tuple[dict[str, dict[str, int]], str]:
    """Return content key -> state -> how many, and why the queue stands still, "" if not."""
    tally = ops.ask(settings.db, queries.pairs, "deliveries_tally")
    return {key: json.loads(states) for key, states in tally}, deliveries.stopped(settings.db)


def _table(rows: list[dict[str, Any]]) -> Any:
    if not rows:
        return wrapped(
            "No notice was written yet; the first run sends no notices, and a month is reported "
            "only if its forecast was published on an earlier day."
        )

    def state(row: dict[str, Any]) -> str:
        by = f" by {row['approved_by']}" if row["approved_by"] else ""
        withdrawn = f"; run {row['run_id']} was withdrawn" if row["run_withdrawn"] else ""
        return f"{row['state']}{by}{withdrawn}"

    def sent(row: dict[str, Any]) -> str:
        return ", ".join(f"{count} {state}" for state, count in sorted(row["deliveries"].items()))

    made = table(
        ("id", "month", "kind", "says", "state", "deliveries"),
        (
            (str(row["id"]), row["month"], row["kind"], row["says"] or "", state(row), sent(row))
            for row in rows
        ),
    )
    made.columns[3].no_wrap = False
    return made


def show_notice(record: OpenRecord, notice_id: int) -> Printed:
    """Print where one notice stands, who would get it or got it."""
    settings, notice = record.settings, _one(record, notice_id)
    to = _recipients(settings, notice)
    made = ops.ask(settings.db, deliveries.deliveries_of, notice.content_key)
    # The texts are what `preview` is for.
    facts = {k: v for k, v in asdict(notice).items() if not k.endswith(("_text", "_html"))}
    value = {**facts, "recipients": to, "deliveries": list(map(asdict, made))}
    below = [("for", f"{address}: {subject}") for address, subject in to.items()]
    for sent in made:
        reply = f" ({sent.reply})" if sent.reply else ""
        below.append((sent.state, f"{sent.recipient}{reply}"))
    lines = [*labeled(facts), *(f"{name:<22}{text}" for name, text in below)]
    return Printed(value, lines)


def preview(settings: Settings, notice_id: int, out: Path | None, reader: str) -> str:
    """Print one notice as it goes out, or write it as mail or page."""
    with reading(settings) as record:
        notice = _one(record, notice_id)
        # One moment for all three: a run in between would pair a text with another's hash.
        sections = tuple(stored.sections(record.connection, notice_id))
        content = stored.content(record.connection, notice_id)[: approving.CONTENT_SHOWN]
    if reader:
        known = {r.address.lower(): r for r in settings.config.notices.recipients}
        if reader.lower() not in known:
            raise ConfigError("config.toml", "notices.recipients", f"{reader} is not among them")
        sections = outbox.chosen(sections, known[reader.lower()])
    if notice.state == "held":  # apart from what readers get
        words = f"bordercast notices approve {notice_id} --content {content} --by NAME"
        click.echo(f"Content {content}; to approve it: {words}", err=True)
    if out is None:
        subject = letter.subject(notice, sections, settings.context.source)
        return f"{subject}\n\n{letter.text(notice, sections).removesuffix(chr(10))}"
    if out.suffix not in (".eml", ".html"):
        raise click.BadParameter("the name must end in .eml or .html", param_hint="-o")
    made = letter.letter(settings.config, notice, sections, settings.context.source)
    file = made.mime if out.suffix == ".eml" else letter.page(notice, sections).encode()
    return _written(out, file, made.subject)


def _written(out: Path, file: bytes, subject: str) -> str:
    with files.output(out) as draft:
        draft.write_bytes(file)
    return f"{out}: {len(file):,} bytes, {subject}"


def approve(settings: Settings, notice_id: int, content: str, by: str) -> str:
    """Let a held notice go out as it was previewed."""
    approval = {"by": by, "user": environment.user(), "content": content.strip()}
    notice = approving.approve(settings.db, notice_id, approval, datetime.now(UTC))
    to = many(len(_recipients(settings, notice)), "recipient")
    return f"Notice {notice_id} is approved by {notice.approved_by}; {to}."


def reject(settings: Settings, notice_id: int, by: str, why: str) -> str:
    """Keep a held notice from ever going out."""
    approving.reject(settings.db, notice_id, by, why, datetime.now(UTC))
    return f"Notice {notice_id} is rejected."


def send(settings: Settings, dry_run: bool, yes: bool, again: bool) -> Iterator[str]:
    """Send what is approved, and what waits to be tried again, by mail and to webhooks."""
    if not dry_run:  # what would be sent can be asked before mail is set up
        outbox.check(settings.config)
    waiting = outbox.waiting(settings.context, datetime.now(UTC))
    recipients = sum(count for _, count in waiting)
    yield from (f"{count:>5} x {subject}" for subject, count in waiting)
    named = settings.config.notices.recipients or settings.config.notices.hooks
    add = "the settings name none; add [[notices.recipients]] (docs/notices.md)"
    none = f": {'nothing approved is waiting' if named else add}" if not recipients else ""
    yield f"{many(recipients, 'recipient')}{none}."
    if dry_run or not (yes or recipients == 0 or click.confirm("Send?")):
        return
    # A person who sends by hand has seen why the queue stopped, so that it goes on.
    outcomes = Counter(wakeup.deliver(settings.context, resume=True, again=again))
    summary = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    yield f"{summary or 'nothing was due'}."
    if outcomes["stopped"]:
        raise MailServerError(_deliveries(settings)[1])


def demo(settings: Settings, address: str | None, out: Path | None) -> str:
    """Mail or write a notice made from the record, marked as a demonstration."""
    if (address is None) == (out is None):
        raise click.UsageError("name one of --to ADDRESS and -o FILE.eml")
    if out is not None and out.suffix != ".eml":
        raise click.BadParameter("the name must end in .eml", param_hint="-o")
    now = datetime.now(UTC)
    with reading(settings) as record:
        source = settings.context.source
        made = demonstration.letter(record.connection, settings.config, now, source)
    if out is not None:
        return _written(out, demonstration.as_file(settings.config, made), made.subject)
    demonstration.hand_over(settings.config, made, address or "", now)
    return f"Sent to {address}: {made.subject}"


def test(settings: Settings, address: str) -> str:
    """Test the mail settings with a short mail."""
    now = datetime.now(UTC)
    made = demonstration.trial(settings.config, now)
    demonstration.hand_over(settings.config, made, address, now)
    mail = settings.config.mail
    return f"{mail.host}:{mail.port} took the test mail to {address}."


def unsubscribe(settings: Settings, address: str) -> Iterator[str]:
    """Never write to an address again, whatever the settings say."""
    # Kept in ops.db, not in the settings: whoever edits those cannot write to them again.
    with ops.writing(settings.db) as db:
        new = deliveries.unsubscribe(db, address, datetime.now(UTC))
    yield f"{address} {'gets' if new else 'got'} no more notices{'' if new else ' already'}."
    if address.lower() in {r.address.lower() for r in settings.config.notices.recipients}:
        yield "You may take it out of the settings; it stays unsubscribed either way."


def _one(record: OpenRecord, notice_id: int) -> Notice:
    """Return the notice with this id; DataError if there is none."""
    notice = stored.one(record.connection, notice_id)
    if notice is None:
        raise DataError(approving.NO_SUCH.format(notice_id))
    return notice


def _recipients(settings: Settings, notice: Notice) -> dict[str, str]:
    """Return address -> subject of everyone who would get it."""
    with ops.writing(settings.db) as db:
        letters = outbox.addressed(settings.context, db, notice)
    return {made.to: made.mail.subject for made in letters}
