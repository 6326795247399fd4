"""Whether the record is whole, who has seen it, its copies, and runs withdrawn."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from forecast.desk.sentences import trust
from forecast.errors import ConfigError, VerifyError
from forecast.store import connect, history, integrity, witnesses
from forecast.words import check_command, without_controls
from jobs.audited import audited, every_fact
from jobs.cli.options import Settings, leaving_when_terminated
from jobs.cli.render import OpenRecord, Printed
from jobs.deliver import approve
from jobs.service import backup as copies
from jobs.service import upkeep
from jobs.witness import attest, prove

SHOWN = 50  # figures that differ; --json has all
TERMINATED = 143  # as a shell says it: 128 + SIGTERM


def audit(record: OpenRecord) -> Printed:
    """Compute again, from the base tables alone, what is said of every month; name what differs."""
    outcome = audited(
        record.connection, record.source, every_fact(record.connection, record.source)
    )
    differing = [asdict(figure) for figure in outcome.differing]
    value = {"figures": outcome.figures, "months": outcome.months, "differing": differing}
    if not outcome.differing:
        line = (
            f"{outcome.figures:,} figures of {outcome.months:,} months: the base tables bear each."
        )
        return Printed(value, [line])
    many = len(outcome.differing)
    of = f"{many:,} of {outcome.figures:,} figures the base tables do not bear."
    return Printed(value, [*map(str, outcome.differing[:SHOWN]), of], code=VerifyError.exit_code)


def verify(
    settings: Settings,
    run_id: int | None,
    digest: str | None,
    proofs: bool,
    repository: Path | None,
) -> Iterator[str]:
    """Check that nothing was changed past this program; VerifyError names what differs."""
    if (run_id is None) != (digest is None):
        raise click.UsageError("--run and --digest go together")
    # Copied from a mail or a page it may have blanks or capitals.
    digest = (digest or "").strip().lower()
    if run_id is not None and not re.fullmatch("[0-9a-f]{64}", digest):
        problem = "is not whole: copy all of its 64 digits, 0-9 and a-f"
        raise click.BadParameter(problem, param_hint="--digest")
    # The whole record first: an answer about one digest means nothing if the rest does not fit.
    now = datetime.now(UTC)
    findings = upkeep.verify(settings.db, now)
    with connect.moment(settings.db, earlier=True) as connection:
        answer = None
        if run_id is not None:
            answer = integrity.quoted(connection, run_id, digest)
            findings += trust.differences(answer, run_id)
        if proofs or repository:
            witness, sources = settings.config.witness, settings.context.sources
            broken, seen = prove.examine(connection, settings.db, witness, sources, repository)
            none = ["No proof of a witness holds; see docs/witnesses.md."]
            yield from map(without_controls, seen or none)
            findings += broken
        yield from map(without_controls, witnesses.misdated(connection, now))
        if findings:
            raise VerifyError(findings)
        if answer is not None:
            yield trust.confirmed(answer, run_id or 0)
            return
        yield from history.in_words(history.false_issued_of_all(connection))
        settings.context.scope(connection)
        # Where there is none, the other says why.
        latest = integrity.latest(connection) or OpenRecord(connection, settings).run
    yield f"The record fits its digests. Run {latest.id}, digest {latest.digest}"
    yield "Compare this digest with one that was quoted elsewhere, or let the program do it:"
    yield check_command(latest.id, latest.digest)


def witness_now(settings: Settings) -> Iterator[str]:
    """Ask every witness of the settings that has not seen the record as it is."""
    attest.check_settings(settings.config.witness)
    if not attest.wanted(settings.config.witness):
        raise ConfigError(settings.source, "witness", "names no witness; see docs/witnesses.md")
    outcomes = attest.attest(settings.db, settings.config, datetime.now(UTC), again=True)
    for kind, problem in outcomes.items():
        click.echo(f"{kind}: {without_controls(problem) or 'had'}", err=bool(problem))
    if not outcomes:
        yield "Every witness has seen the record as it is."
    # Analysts read of witnesses in their copy, which a run alone would renew.
    if not all(outcomes.values()):
        upkeep.write_snapshot(settings.db, settings.config)
    if any(outcomes.values()):
        raise click.exceptions.Exit(1)


def witness_export(settings: Settings, folder: Path) -> str:
    """Write every proof into a folder, for the tools of others."""
    with closing(connect.read(settings.db)) as connection:
        proofs = witnesses.proofs(connection)
    count = prove.write(folder, proofs, settings.db, settings.config.witness)
    return f"{folder}: {count} proofs; README.txt says how to check them."


def backup(settings: Settings, to: Path | None, drill: bool) -> Iterator[str]:
    """Copy the record and ops.db, whole and checked."""
    if drill and to:
        raise ConfigError("command line", "--to", "a drill chooses its own folder")
    now = datetime.now(UTC)
    with leaving_when_terminated(TERMINATED):
        if drill:
            made = copies.drill(settings.db, settings.config, now)
            yield "Drill: restored elsewhere, the same to the last digest."
        else:
            made = copies.make(settings.db, settings.config, now, to)
    yield f"{made.folder}: run {made.run_id}, digest {made.digest}"


def restore(settings: Settings, folder: Path) -> Iterator[str]:
    """Replace the record by a backup."""
    back = copies.restore(folder, settings.db, settings.config, datetime.now(UTC))
    yield f"{settings.db}: as of run {back.run_id}, digest {back.digest}"
    if back.silenced:
        yield f"{back.silenced} messages that waited were given up."


def withdraw(settings: Settings, run_id: int, why: str, by: str) -> Iterator[str]:
    """Withdraw a faulty run; those who got a notice of it get a correction."""
    if not settings.db.exists():
        raise ConfigError(str(settings.db), "--db", "no such database")
    now = datetime.now(UTC)
    stopped, count = approve.withdraw(settings.context, run_id, why, by, now)
    # Else the copy would show the faulty run until the next one.
    upkeep.write_snapshot(settings.db, settings.config)
    yield f"Run {run_id} is withdrawn; {stopped} of its notices were stopped."
    if count:
        yield (
            f"Corrections written for those who got its notices: {count}. "
            "`bordercast notices list` shows them."
        )
