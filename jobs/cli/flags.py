"""`flags`: unusual months: what moved, and what happened next."""

from __future__ import annotations

import click

from jobs.cli.help import AS_JSON, examples
from jobs.cli.shared import TOTAL, Settings, as_month, console, latest_run, print_json, reading


@click.command(epilog=examples("flags", "flags {two} --since 2025-01 --parts"))
@click.argument("border", required=False, type=TOTAL)
@click.option(
    "--since", callback=as_month, metavar="YYYY-MM", help="First month [the first judged]."
)
@click.option("--watch", is_flag=True, help="Also months that were only unusual (p < .05).")
@click.option("--parts", is_flag=True, help="Also {parts}")
@AS_JSON
@click.pass_obj
def flags(
    settings: Settings,
    border: str | None,
    since: str | None,
    watch: bool,
    parts: bool,
    as_json: bool,
) -> None:
    """Unusual months, newest first; revisions of closed months come last.

    What was expected, how unusual the month was, what moved, and how it ended.
    """
    from forecast.desk import terminal
    from forecast.store import flags as stored
    from forecast.store import joint, read
    from forecast.types import SeriesKey

    with reading(settings) as connection:
        latest_run(connection, settings)
        rows = stored.flags(
            connection,
            settings.context.source.totals,
            border,
            since or "",
            watch=watch,
            parts=parts,
        )
        moved = stored.drivers(connection)
        keys = {SeriesKey(row["border"], row["dimension"], row["member"]) for row in rows}
        now = {} if as_json else {key: joint.counts(connection, key) for key in keys}
        hindcast = read.judgement_count(connection, "hindcast")
        issued = read.judgement_count(connection, "issued")
    if as_json:
        print_json(
            [{**row, "drivers": moved.get(row["flag_id"], [])} for row in rows],
            settings.context.source,
        )
        return
    out = console()
    restated = [
        {**row, "now": now[SeriesKey(row["border"], row["dimension"], row["member"])][row["month"]]}
        for row in rows
    ]
    for block in terminal.flag_blocks(restated, moved, settings.context.source):
        out.print(block)
    out.print(
        f"{issued + hindcast:,} months judged: {issued:,} by a forecast issued before the month "
        f"was published, {hindcast:,} by a hindcast."
    )
