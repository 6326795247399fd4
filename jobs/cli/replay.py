"""`replay`: the service as it would have been, and how it takes shocks put into the figures."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from jobs.cli.help import AS_JSON, examples
from jobs.cli.shared import Settings, as_month, console, print_json, progress, reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobs.pipeline.refits import Report
    from jobs.pipeline.replay import ReplayedService, Shocked, Study

FACTORS = (1.5, 2.0, 4.0, 10.0)
STEEP = 1.2**6, 0.8**6  # what six months of 20 % come to


@click.command(epilog=examples("replay", "replay --from 2024-01 --shocks 0"))
@click.option(
    "--from",
    "since",
    default="2016-01",
    show_default=True,
    callback=as_month,
    metavar="YYYY-MM",
    help="First month.",
)
@click.option(
    "--shocks",
    default=40,
    show_default=True,
    type=click.IntRange(0, 1000),
    help="Months each shock is put into; 0 for none.",
)
@AS_JSON
@click.pass_obj
def replay(settings: Settings, since: str, shocks: int, as_json: bool) -> None:
    """The service as it would have been, month by month.

    On what was known then: which flags, when, how each ended, how often quiet months were
    flagged, which known events were found; and what the rules make of spikes, shifts and ramps
    put into the borders' totals.
    """
    from forecast.store import releases
    from jobs.pipeline.replay import known_events, service, studies

    with reading(settings) as connection:
        replayed = service(connection, settings.config, since)
        counts = releases.current_counts(connection)
    events = list(known_events(replayed, since))
    with progress(quiet=as_json) as report:
        borders = studies(counts)["borders"]
        shocked = list(_shocks(settings, borders, shocks, report)) if shocks else []
    found = as_rows(replayed)
    if as_json:
        print_json({**found, "events": [e._asdict() for e in events], "shocks": shocked})
        return
    _print(since, found, [e._asdict() for e in events], shocked)


def _shocks(
    settings: Settings, borders: Study, count: int, report: Report
) -> Iterator[dict[str, Any]]:
    from forecast.watch.surprise import Rules
    from jobs.pipeline.replay import shocked

    rules = Rules(**settings.config.flags.model_dump())
    factors = [f for size in FACTORS for f in (size, 1 / size)]
    asked = [(kind, f) for kind in ("spike", "shift", "ramp") for f in factors]
    asked = [("none", 1.0), *asked, *(("ramp", f) for f in STEEP)]
    for done, (kind, factor) in enumerate(asked, start=1):
        one: Shocked = shocked(borders, kind, factor, count, rules)  # type: ignore[arg-type]
        report("shocks", done, len(asked))
        yield {name: _held(value) for name, value in asdict(one).items()}


def _held(value: Any) -> Any:
    """None for NaN, which JSON does not know."""
    return None if isinstance(value, float) and math.isnan(value) else value


def as_rows(replayed: ReplayedService) -> dict[str, Any]:
    """The replay in plain values, for programs."""
    return {
        "flags": list(_flags(replayed)),
        "months": len(replayed.judged(quiet=False)),
        "quiet_months": len(replayed.judged(quiet=True)),
        "rates": replayed.rates(quiet=False),
        "quiet_rates": replayed.rates(quiet=True),
        "quiet_flags": sum((f.series.border, f.month) in replayed.quiet for f in replayed.flags),
    }


def _flags(replayed: ReplayedService) -> Iterator[dict[str, Any]]:
    for flag in replayed.flags:
        episode = replayed.ending(flag)
        yield {
            "month": flag.month,
            "border": flag.series.border,
            "kind": flag.kind,
            "role": flag.role,
            "severity": flag.severity,
            "encounters": flag.encounters,
            "expected": flag.expected,
            "ratio": flag.ratio,
            "episode": episode.state if episode else None,
            "closed": episode.closed if episode else None,
        }


def _print(
    since: str, found: dict[str, Any], events: list[dict[str, Any]], shocks: list[dict[str, Any]]
) -> None:
    from forecast.desk.terminal import replay_tables as replayed

    out = console()
    out.print(f"Replay from {since}: {found['months']} months of the borders' totals judged.")
    out.print(replayed.flag_table(found["flags"]))
    out.print()
    out.print(replayed.rate_lines(found))
    out.print()
    out.print("Known breaks, and what was found within two months:", style="bold")
    out.print(replayed.event_table(events))
    if shocks:
        out.print()
        out.print("Shocks put into quiet months of the borders' totals:", style="bold")
        out.print(replayed.shock_table(shocks))
