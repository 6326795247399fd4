"""`witness`: have the record seen outside; the proofs as files."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from forecast.errors import ConfigError
from forecast.words import without_controls
from jobs.cli.help import examples
from jobs.cli.shared import Settings


@click.group(epilog=examples("witness now", "witness export proofs"))
def witness() -> None:
    """Have outsiders see the record, so that no one rewrites it unseen."""


@witness.command(epilog=examples("witness now"))
@click.pass_context
def now(ctx: click.Context) -> None:
    """Ask every witness of the settings that has not seen the record as it is.

    The service does this by itself. Exit code 1 if one did not answer; it is asked again.
    """
    from jobs.service import upkeep
    from jobs.witness import attest

    settings: Settings = ctx.obj
    attest.check_settings(settings.config.witness)
    if not attest.wanted(settings.config.witness):
        raise ConfigError(settings.source, "witness", "names no witness; see docs/witnesses.md")
    outcomes = attest.attest(settings.db, settings.config, datetime.now(UTC), again=True)
    for kind, problem in outcomes.items():
        click.echo(f"{kind}: {without_controls(problem) or 'had'}", err=bool(problem))
    if not outcomes:
        click.echo("Every witness has seen the record as it is.")
    if not all(outcomes.values()):
        upkeep.write_snapshot(settings.db, settings.config)
    if any(outcomes.values()):
        ctx.exit(1)


@witness.command(epilog=examples("witness export proofs"))
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.pass_obj
def export(settings: Settings, folder: Path) -> None:
    """Write every proof into FOLDER, for the tools of others.

    README.txt there names the commands by which ssh-keygen, openssl and git check them.
    """
    from forecast.store import connect, witnesses
    from jobs.witness import prove

    with closing(connect.read(settings.db)) as connection:
        proofs = witnesses.proofs(connection)
    count = prove.write(folder, proofs, settings.db, settings.config.witness)
    click.echo(f"{folder}: {count} proofs; README.txt says how to check them.")
