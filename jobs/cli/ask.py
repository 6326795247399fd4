"""What is drawn or computed anew: chances, sums over months, replays, a year's report."""

from pathlib import Path
from typing import Any

from forecast.desk import terminal
from forecast.desk.answers import Asking, track_record
from forecast.desk.sentences import ahead
from forecast.errors import ConfigError
from forecast.judge import replay as replayed_service
from forecast.rows import as_row
from forecast.store import inputs, wakes
from forecast.types import SUM_AHEAD, Forecast
from jobs.cli.options import Settings
from jobs.cli.render import OpenRecord, Printed, progress, wrapped
from jobs.service import yearly


def chance(record: OpenRecord, series: str, span: str, event: str) -> Printed:
    """Print how likely an event is for a span of months."""
    asking = Asking(record.connection, record.source)
    key = asking.names.find(series)
    answer = asking.chance(key, span, event)
    track = track_record(record.connection, answer)
    name = asking.names.name(key)
    value = {
        "series": name,
        "span": answer.calendar.name(answer.span),
        "first_month": answer.span.first_month,
        "last_month": answer.span.last_month,
        "event": answer.event,
        "read_as": answer.note or None,
        "chance": round(answer.share, 4),
        "kind": answer.kind,
        "reliability": track.as_json if track else None,
        **record.stamp,
    }
    caveats = asking.caveats(key, answer.span)
    notes = (answer.note, *caveats, record.small(key), ahead.track_words(track))
    lines = [ahead.chance_sentence(name, answer), *filter(None, notes), asking.quoted]
    return Printed(value, lines)


def span_ahead(record: OpenRecord, series: str, span: str) -> Printed:
    """Say what a span of months comes to, for `show`."""
    asking = Asking(record.connection, record.source)
    key = asking.names.find(series)
    forecast = asking.span(key, span)
    sentence = ahead.span_sentence(asking.names.name(key), forecast, record.source)
    notes = filter(None, (*asking.caveats(key, forecast), record.small(key)))
    return Printed(_as_json(forecast, asking), [sentence, *notes, asking.quoted])


def parts_ahead(record: OpenRecord, series: str, span: str) -> Printed:
    """Say what a span comes to for every part of TOTAL:DIMENSION, this fiscal year unless said."""
    asking = Asking(record.connection, record.source)
    # A year is what people ask a list of parts for; a month of a small part is mostly noise.
    total = asking.names.parts(series)[0].total
    forecasts = asking.parts(series, span or asking.this_year(total))
    shown = (terminal.parts_table(forecasts, record.source), asking.quoted)
    return Printed([_as_json(forecast, asking) for forecast in forecasts], shown)


def _as_json(forecast: Forecast, asking: Asking) -> dict[str, Any]:
    row = {name: getattr(forecast, name) for name in SUM_AHEAD}
    row["series"] = asking.names.name(forecast.series)
    return {**row, "run": asking.run.id, "digest": asking.run.digest}


def report(settings: Settings, year: str, out: Path) -> str:
    """Write how good the forecasts of a year were."""
    if out.suffix not in (".html", ".md"):
        raise ConfigError(str(out), "-o", "the file's name must end in .html or .md")
    calendar = settings.context.source.calendar
    number = calendar.read_year(year)
    wakes.require_intact(settings.db)  # nothing is written of a record that was edited
    yearly.write(yearly.build(settings.context, number), out)
    return f"{out}: report on {calendar.noun} {number}"


def replay(record: OpenRecord, since: str) -> Printed:
    """Print the service as it would have been, month by month."""
    source = record.source
    config = record.settings.context.config
    with progress() as report:
        known = inputs.first_known(record.connection)
        wanted = config.forecast.first_cutoff, config.forecast.horizon, config.flags.rules
        replayed = replayed_service.service(known, *wanted, since, source.traits, report)
    events = list(replayed_service.known_events(replayed, since, source.traits))
    flagged = [
        terminal.ReplayedFlag(
            month=flag.month,
            total=flag.series.total,
            kind=flag.kind,
            role=flag.role,
            severity=flag.severity,
            count=flag.value,
            expected=flag.expected,
            ratio=flag.ratio,
            episode=episode.state if episode else None,
            closed=episode.closed if episode else None,
        )
        for flag in replayed.flags
        for episode in (replayed.ending(flag),)
    ]
    summary = {
        "flags": list(map(as_row, flagged)),
        "months": len(replayed.judged(quiet=False)),
        "quiet_months": len(replayed.judged(quiet=True)),
        "rates": replayed.rates(quiet=False),
        "quiet_rates": replayed.rates(quiet=True),
        "quiet_flags": sum((f.series.total, f.month) in replayed.quiet for f in replayed.flags),
    }
    judged = f"{summary['months']} months of the {source.totals.many}' totals judged."
    parts = (
        wrapped(f"Replay from {since}: {judged}"),
        terminal.replay_table(flagged, source),
        "",
        terminal.rate_lines(summary),
        "",
        wrapped("Known breaks, and what was found within two months:", style="bold"),
        terminal.event_table(events, source),
    )
    return Printed({**summary, "events": events}, parts)
