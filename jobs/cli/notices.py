"""`notices`: what was written about each month, who approved it, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast import files
from forecast.errors import ConfigError, DataError, MailServerError
from forecast.words import many
from jobs.cli.help import examples
from jobs.cli.options import OpenRecord, Settings, out_option, reading, typed_line
from jobs.cli.render import Printed, answers, labeled, wrapped

if TYPE_CHECKING:
    from forecast.store.deliveries import Usefulness
    from forecast.store.notices import Notice

ID = click.argument("notice_id", metavar="ID", type=int)
BY = click.option("--by", required=True, help="Your name; it is kept with the notice.")


@click.group(epilog=examples("notices list", "notices preview 1"))
def notices() -> None:
    """Notices for readers: held until a person approves them."""


@notices.command("list", epilog=examples("notices list"))
@answers
def list_notices(record: OpenRecord) -> Printed:
    """Every notice, and what became of its deliveries."""
    from forecast.store import notices as stored

    rows = stored.listed(record.connection)
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
    from forecast.store import deliveries, ops

    if not ops.ops_path(settings.db).exists():
        return {}, ""
    with ops.reading(settings.db) as connection:
        stop = deliveries.stopped(connection)
        return deliveries.tally(connection), stop.reason if stop else ""


def _table(rows: list[dict[str, Any]]) -> Any:
    from forecast.desk import terminal

    if not rows:
        return wrapped(
            "No notice was written yet; the first run sends no notices, and a month is reported "
            "only if its forecast was published on an earlier day."
        )
    table = terminal.plain_table("id", "month", "kind", "says", "state", "deliveries")
    table.columns[3].no_wrap = False
    for row in rows:
        by = f" by {row['approved_by']}" if row["approved_by"] else ""
        if row["run_withdrawn"]:
            by += f"; run {row['run_id']} was withdrawn"
        table.add_row(
            str(row["id"]),
            row["month"],
            row["kind"],
            row["says"] or "",
            f"{row['state']}{by}",
            ", ".join(f"{count} {state}" for state, count in sorted(row["deliveries"].items())),
        )
    return table


@notices.command(epilog=examples("notices show 1"))
@ID
@answers
def show(record: OpenRecord, notice_id: int) -> Printed:
    """One notice: where it stands, who would get it or got it."""
    from forecast.store import deliveries, ops

    settings = record.settings
    notice = _one(record, notice_id)
    to = _to(settings, notice)
    made: list[dict[str, Any]] = []
    if ops.ops_path(settings.db).exists():
        with ops.reading(settings.db) as connection:
            made = deliveries.of_notice(connection, notice.content_key)
    rated = ops.rows(settings.db, "ratings")
    rated = [row for row in rated if row.pop("content_key") == notice.content_key]
    facts = {k: v for k, v in asdict(notice).items() if not k.endswith(("_text", "_html"))}
    value = {**facts, "recipients": to, "deliveries": made}

    def told() -> Iterator[str]:
        yield from labeled(facts)
        for address, subject in to.items():
            yield f"{'for':<22}{address}: {subject}"
        for row in rated:
            yield f"{'rated':<22}{row['verdict']}" + (f": {row['why']}" if row["why"] else "")
        for row in made:
            reply = f" ({row['reply']})" if row["reply"] else ""
            yield f"{row['state']:<22}{row['recipient']}{reply}"

    return Printed(value | ({"ratings": rated} if rated else {}), told())


@notices.command(epilog=examples("notices preview 1", "notices preview 1 -o notice.html"))
@ID
@out_option("A name that ends in .eml or .html; without it the text is printed.")
@click.option(
    "--for",
    "reader",
    default="",
    metavar="ADDRESS",
    help="As this recipient gets it [all sections].",
)
@click.pass_obj
def preview(settings: Settings, notice_id: int, out: Path | None, reader: str) -> None:
    """One notice as it goes out: text, mail, or page."""
    from forecast.store import notices as stored
    from jobs.deliver import approve, letter, outbox

    with reading(settings) as record:
        notice = _one(record, notice_id)
        sections = tuple(stored.sections(record.connection, notice_id))
        content = stored.content(record.connection, notice_id)[: approve.CONTENT_SHOWN]
    if reader:
        known = {r.address.lower(): r for r in settings.config.notices.recipients}
        if reader.lower() not in known:
            raise ConfigError("config.toml", "notices.recipients", f"{reader} is not among them")
        sections = outbox.chosen(sections, known[reader.lower()])
    if notice.state == "held":  # apart from what readers get
        words = f"bordercast notices approve {notice_id} --content {content} --by NAME"
        click.echo(f"Content {content}; to approve it: {words}", err=True)
    if out is None:
        click.echo(letter.subject(notice, sections, settings.context.source) + "\n")
        click.echo(letter.text(notice, sections), nl=False)
        return
    if out.suffix not in (".eml", ".html"):
        raise click.BadParameter("the name must end in .eml or .html", param_hint="-o")
    made = outbox.message(settings.config, notice, sections, settings.context.source)
    file = made.mime if out.suffix == ".eml" else letter.page(notice, sections).encode()
    with files.output(out) as draft:
        draft.write_bytes(file)
    click.echo(f"{out}: {len(file):,} bytes, {made.subject}")


@notices.command(epilog=examples('notices approve 1 --content 5f0c62d19ab4 --by "A. Lee"'))
@ID
@click.option("--content", required=True, help="What you saw, as `notices preview` names it.")
@BY
@click.pass_obj
def approve(settings: Settings, notice_id: int, content: str, by: str) -> None:
    """Let a held notice go out as it was previewed.

    With the next `notices send`, or when the service sends. Refused if the notice has changed
    since. Your account on this machine is kept beside your name.
    """
    from forecast.store.notices import Approval
    from jobs import environment
    from jobs.deliver import approve

    approval = Approval(typed_line(by), environment.user(), content.strip())
    notice = approve.approve(settings.db, notice_id, approval, datetime.now(UTC))
    to = _to(settings, notice)
    click.echo(
        f"Notice {notice_id} is approved by {notice.approved_by}; {many(len(to), 'recipient')}."
    )


@notices.command(epilog=examples('notices reject 1 --by "A. Lee" --why "known since Tuesday"'))
@ID
@BY
@click.option("--why", required=True, help="Your reason; it is kept with the notice.")
@click.pass_obj
def reject(settings: Settings, notice_id: int, by: str, why: str) -> None:
    """Keep a held notice from ever going out."""
    from jobs.deliver import approve

    approve.reject(settings.db, notice_id, typed_line(by), typed_line(why), datetime.now(UTC))
    click.echo(f"Notice {notice_id} is rejected.")


@notices.command(
    epilog=examples("notices rate 1 useful", 'notices rate 1 not --why "the press had it"')
)
@ID
@click.argument("verdict", metavar="useful|not", type=click.Choice(("useful", "not")))
@click.option("--why", default="", help="What the reader said; name nobody.")
@click.pass_obj
def rate(settings: Settings, notice_id: int, verdict: Usefulness, why: str) -> None:
    """Keep whether a reader found a notice useful.

    The counts are in `status` and in the yearly report; nobody's name is kept.
    """
    from forecast.store import deliveries, ops

    with reading(settings) as record:
        notice = _one(record, notice_id)
    reason = typed_line(why) if why else ""
    with ops.writing(settings.db) as db:
        deliveries.rate(db, notice.content_key, verdict, reason, datetime.now(UTC))
    click.echo(f"Notice {notice_id}: {verdict if verdict == 'useful' else 'not useful'}, kept.")


@notices.command(epilog=examples("notices send --dry-run", "notices send"))
@click.option("--dry-run", is_flag=True, help="Only say what would be sent, and to how many.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--again", is_flag=True, help="Also what was refused or given up.")
@click.pass_obj
def send(settings: Settings, dry_run: bool, yes: bool, again: bool) -> None:
    """Send what is approved, and what waits to be tried again, by mail and to webhooks.

    Exit code 1 if the mail server cannot be trusted or refuses us; nothing is lost then.
    """
    from jobs.deliver import outbox as work
    from jobs.service import wakeup

    now = datetime.now(UTC)
    if not dry_run:
        work.check(settings.config)
    waiting = work.waiting(settings.context, now)
    for subject, count in waiting:
        click.echo(f"{count:>5} x {subject}")
    recipients = sum(count for _, count in waiting)
    click.echo(f"{many(recipients, 'recipient')}.")
    if dry_run or not (yes or recipients == 0 or click.confirm("Send?")):
        return
    outcomes = Counter(wakeup.deliver(settings.context, resume=True, again=again))
    summary = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    click.echo(f"{summary or 'nothing was due'}.")
    if outcomes["stopped"]:
        raise MailServerError(_deliveries(settings)[1])


@notices.command(epilog=examples("notices demo -o demo.eml", "notices demo --to me@example.org"))
@click.option("--to", "address", metavar="ADDRESS", help="Mail it to this address.")
@out_option("Write it to this file, .eml.")
@click.pass_obj
def demo(settings: Settings, address: str | None, out: Path | None) -> None:
    """See a notice made from the record: of February 2025; of own counts, the last one flagged.

    It is marked as a demonstration, goes the way of every notice, and is not kept.
    """
    from jobs.deliver import demo

    if (address is None) == (out is None):
        raise click.UsageError("name one of --to ADDRESS and -o FILE.eml")
    if out is not None and out.suffix != ".eml":
        raise click.BadParameter("the name must end in .eml", param_hint="-o")
    now = datetime.now(UTC)
    with reading(settings) as record:
        made = demo.letter(record.connection, settings.config, now, settings.context.source)
    if out is not None:
        file = demo.as_file(settings.config, made, now)
        out.write_bytes(file)
        click.echo(f"{out}: {len(file):,} bytes, {made.subject}")
        return
    demo.hand_over(settings.config, made, _address(address), now)
    click.echo(f"Sent to {address}: {made.subject}")


@notices.command(epilog=examples("notices test --to me@example.org"))
@click.option("--to", "address", metavar="ADDRESS", required=True, help="Mail it to this address.")
@click.pass_obj
def test(settings: Settings, address: str) -> None:
    """Test the mail settings with a short mail."""
    from jobs.deliver import demo

    now = datetime.now(UTC)
    made = demo.trial(settings.config, now)
    demo.hand_over(settings.config, made, _address(address), now)
    mail = settings.config.mail
    click.echo(f"{mail.host}:{mail.port} took the test mail to {address}.")


def _address(given: str | None) -> str:
    """Return a plain mail address, or a usage error."""
    from forecast.config import Recipient

    try:
        return Recipient(address=given or "").address
    except ValueError:
        problem = f"{given!r} is not a mail address; write name@example.org"
        raise click.BadParameter(problem, param_hint="--to") from None


@notices.command(epilog=examples("notices unsubscribe ann@example.org"))
@click.argument("address")
@click.pass_obj
def unsubscribe(settings: Settings, address: str) -> None:
    """Never write to ADDRESS again, whatever the settings say."""
    from forecast.store import deliveries, ops

    with ops.writing(settings.db) as db:
        new = deliveries.unsubscribe(db, address, datetime.now(UTC))
    known = address.lower() in {r.address.lower() for r in settings.config.notices.recipients}
    click.echo(f"{address} {'gets' if new else 'got'} no more notices{'' if new else ' already'}.")
    if known:
        click.echo("You may take it out of the settings; it stays unsubscribed either way.")


def _one(record: OpenRecord, notice_id: int) -> Notice:
    """Return the notice with this id; DataError if there is none."""
    from forecast.store import notices as stored
    from jobs.deliver.approve import NO_SUCH

    notice = stored.one(record.connection, notice_id)
    if notice is None:
        raise DataError(NO_SUCH.format(notice_id))
    return notice


def _to(settings: Settings, notice: Notice) -> dict[str, str]:
    """Return address -> subject of everyone who would get it."""
    from forecast.store import ops
    from jobs.deliver import outbox

    with ops.writing(settings.db) as db:
        recipients = outbox.addressed(settings.context, db, notice)
    return {address: message.subject for address, message in recipients}
