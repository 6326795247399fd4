"""`replay`: the service as it would have been."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from jobs.cli.help import AS_JSON, examples
from jobs.cli.shared import Settings, as_month, console, print_json, reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forecast.sources.source import Source
    from jobs.pipeline.replay import ReplayedService


@click.command(epilog=examples("replay", "replay --from 2024-01"))
@click.option(
    "--from",
    "since",
    default="2016-01",
    show_default=True,
    callback=as_month,
    metavar="YYYY-MM",
    help="First month.",
)
@AS_JSON
@click.pass_obj
def replay(settings: Settings, since: str, as_json: bool) -> None:
    """The service as it would have been, month by month.

    On what was known then: which flags, when, how each ended, how often quiet months were
    flagged, and which known events were found.
    """
    from jobs.pipeline.replay import known_events, service

    with reading(settings) as connection:
        replayed = service(connection, settings.context.config, since, settings.context.source)
    events = [event._asdict() for event in known_events(replayed, since, settings.context.source)]
    summary = {
        "flags": list(_flags(replayed)),
        "months": len(replayed.judged(quiet=False)),
        "quiet_months": len(replayed.judged(quiet=True)),
        "rates": replayed.rates(quiet=False),
        "quiet_rates": replayed.rates(quiet=True),
        "quiet_flags": sum((f.series.total, f.month) in replayed.quiet for f in replayed.flags),
    }
    if as_json:
        print_json({**summary, "events": events}, settings.context.source)
    else:
        _print(since, summary, events, settings.context.source)


def _flags(replayed: ReplayedService) -> Iterator[dict[str, Any]]:
    for flag in replayed.flags:
        episode = replayed.ending(flag)
        yield {
            "month": flag.month,
            "border": flag.series.total,
            "kind": flag.kind,
            "role": flag.role,
            "severity": flag.severity,
            "encounters": flag.value,
            "expected": flag.expected,
            "ratio": flag.ratio,
            "episode": episode.state if episode else None,
            "closed": episode.closed if episode else None,
        }


def _print(
    since: str, summary: dict[str, Any], events: list[dict[str, Any]], source: Source
) -> None:
    from forecast.desk.terminal import event_table, rate_lines
    from forecast.desk.terminal import replay_table as flag_table

    out = console()
    out.print(
        f"Replay from {since}: {summary['months']} months of the {source.totals.many}' totals "
        "judged."
    )
    out.print(flag_table(summary["flags"], source))
    out.print()
    out.print(rate_lines(summary))
    out.print()
    out.print("Known breaks, and what was found within two months:", style="bold")
    out.print(event_table(events, source))
