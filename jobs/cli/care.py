"""Commands that keep the record safe: backup, restore, withdraw."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from forecast.errors import ConfigError
from jobs.cli.help import examples
from jobs.cli.shared import Settings, leaving_when_terminated, typed_line

TERMINATED = 143  # as a shell says it: 128 + SIGTERM


@click.command(epilog=examples("backup", "backup --drill"))
@click.option("--to", type=click.Path(path_type=Path), help="A new folder [backups/TIME].")
@click.option("--drill", is_flag=True, help="Also restore it elsewhere, and compare.")
@click.pass_obj
def backup(settings: Settings, to: Path | None, drill: bool) -> None:
    """Copy the record and ops.db, whole and checked.

    The key that signs the links of mails goes with them. The service may keep running.
    """
    from jobs.service import backup as work

    if drill and to:
        raise ConfigError("command line", "--to", "a drill chooses its own folder")
    now = datetime.now(UTC)
    with leaving_when_terminated(TERMINATED):
        if drill:
            made = work.drill(settings.db, settings.config, now)
            click.echo("Drill: restored elsewhere, the same to the last digest.")
        else:
            made = work.make(settings.db, settings.config, now, to)
    click.echo(f"{made.folder}: run {made.run_id}, digest {made.digest}")


@click.command(epilog=examples("restore backups/20261125T150000Z"))
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.pass_obj
def restore(settings: Settings, folder: Path) -> None:
    """Replace the record by the backup in FOLDER.

    The service must not be running. Nothing is sent again: what was sent to whom is kept, or what
    waited is given up.
    """
    from jobs.service import backup as work

    back = work.restore(folder, settings.db, settings.config, datetime.now(UTC))
    click.echo(f"{settings.db}: as of run {back.run_id}, digest {back.digest}")
    if back.silenced:
        click.echo(f"{back.silenced} messages that waited were given up.")


@click.command(epilog=examples('withdraw 14 --why "rested on a file that was wrong" --by "A. Lee"'))
@click.argument("run_id", metavar="RUN", type=int)
@click.option("--why", required=True, help="Your reason; it is kept.")
@click.option("--by", required=True, help="Your name; it is kept.")
@click.pass_obj
def withdraw(settings: Settings, run_id: int, why: str, by: str) -> None:
    """Withdraw a faulty run.

    It stays in the record, but nothing shows it any more. Those who got a notice of it get a
    correction in the same thread.
    """
    from jobs.deliver import approve
    from jobs.service import upkeep

    why, by = typed_line(why), typed_line(by)
    if not settings.db.exists():
        raise ConfigError(str(settings.db), "--db", "no such database")
    now = datetime.now(UTC)
    stopped, count = approve.withdraw(settings.context, run_id, why, by, now)
    upkeep.write_snapshot(settings.db, settings.config)
    click.echo(f"Run {run_id} is withdrawn; {stopped} of its notices were stopped.")
    if count:
        click.echo(
            f"Corrections written for those who got its notices: {count}. "
            "`bordercast notices list` shows them."
        )
