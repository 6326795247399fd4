"""Forecasts, chances and sums in sentences; how good they have been, and what moved them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from forecast.engine.chances import Chance
from forecast.engine.spans import Span
from forecast.judge.questions import LEAST_SIMILAR, SKILL, TrackRecord
from forecast.sources.source import Source
from forecast.types import PeriodForecast, Row, SeriesKey
from forecast.words import (
    month_words,
    signed,
)


def quality(row: Row) -> str:
    """How good the forecasts of the next month have been, worse than naive as plainly as better."""
    basis = "issued forecasts" if row["basis"] == "issued" else "hindcasts"
    text = (
        f"One month ahead, over {row['n']} months ({basis}): the 80% interval contained "
        f"{100 * row['coverage80']:.0f}% of the counts, the 95% interval "
        f"{100 * row['coverage95']:.0f}%."
    )
    ratio = row["relative_mae"]
    if ratio is None:
        return text
    word = "smaller" if ratio < 1 else "larger"
    if abs(100 * ratio - 100) < 0.5:
        return f"{text} The error was that of assuming no change."
    percent = abs(100 * ratio - 100)
    return f"{text} The error was {percent:.0f}% {word} than that of assuming no change."


LAST_VALUE = "a last value with the same kind of intervals"


STEPS = {
    "surprise": "newest figures",
    "season": "time passing",
    "revisions": "revised months",
    "method": "model weights or version",
}


def chance_sentence(name: str, chance: Chance) -> str:
    """A chance in words, with its number."""
    what = f"{name}, {span_words(chance.span)}, {chance.event}"
    if chance.settled:
        return f"{what}: {'yes' if chance.share > 0.5 else 'no'}, all of it is published."
    return f"{what}: {chance_words(chance.share)} ({percent(chance.share)})."


def percent(share: float) -> str:
    """23%, and what 2,000 paths cannot tell apart as such."""
    if share < 0.005:
        return "under 0.5%"
    if share > 0.995:
        return "over 99.5%"
    return f"{100 * share:.{int(min(share, 1 - share) < 0.01)}f}%"


def track_words(track: TrackRecord | None) -> str:
    """How such chances have turned out; plainly if they are hardly better than a coin."""
    if track is None:
        return "Chances of this kind have not been scored yet."
    record = track.record
    parts = [
        f"Such chances so far ({track.kind}): {record.n:,} resolved, Brier score "
        f"{record.brier:.3f} against {record.base_brier:.3f} for the base rate"
        + ("." if record.last_brier is None else f" and {record.last_brier:.3f} for {LAST_VALUE}.")
    ]
    if record.beaten:
        parts.append("The last value was the better guide: its chances came closer than these.")
    if record.skill < SKILL:
        parts.append("Hardly better than a coin: take this chance for little more than a guess.")
    elif track.near >= LEAST_SIMILAR:
        parts.append(f"Of {track.near:,} given near this one, {track.came:,} came true.")
    return " ".join(parts)


def span_sentence(name: str, forecast: PeriodForecast, source: Source) -> str:
    """A sum over months: median, intervals, and what of it is published."""
    span = Span(forecast.span, forecast.first_month, forecast.last_month)
    what = f"{name}, {span_words(span)}"
    # What a part is of its name says: the Border Patrol meets nobody at ports of entry.
    counted = source.measure.long_name if forecast.series.headline else source.measure.noun
    ahead = sum(month > forecast.cutoff for month in span.months)
    if not ahead:
        return f"{what}: {forecast.published:,}, all of it is published."
    parts = [
        f"{what}: {forecast.median:,} {counted}; "
        f"80% between {forecast.lo80:,} and {forecast.hi80:,}, 95% between {forecast.lo95:,} and "
        f"{forecast.hi95:,}."
    ]
    if forecast.months_published:
        parts.append(
            f"Published so far: {forecast.published:,} in {forecast.months_published} of "
            f"{forecast.months_published + ahead} months, through {month_words(forecast.cutoff)}."
        )
    return " ".join(parts)


def changes_sentence(rows: Sequence[Row]) -> str:
    """One sentence on the first month ahead of a border; "" where there is nothing to compare."""
    if not rows:
        return ""
    row = min(rows, key=lambda change: str(change["month"]))
    moved = row["after"] - row["before"]
    month = month_words(row["month"])
    if moved == 0:
        return f"The forecast of {month} is unchanged at {row['after']:,}."
    steps = sorted(STEPS, key=lambda name: -abs(row[name]))
    parts = ", ".join(f"{STEPS[name]} {signed(row[name])}" for name in steps if row[name])
    before, after = f"{row['before']:,}", f"{row['after']:,}"
    return f"The forecast of {month} moved from {before} to {after} ({signed(moved)}): {parts}."


# What 2,000 paths can tell apart; beyond it a chance is said to be beyond it.
RAREST = 1 / 200


_TO_HALF = ((1, 10), (1, 8), (1, 6), (1, 5), (1, 4), (1, 3), (2, 5), (1, 2))


_FRACTIONS = (*_TO_HALF, *((of - part, of) for part, of in _TO_HALF[-2::-1]))


def chance_words(share: float) -> str:
    """A chance as people say it: about 1 in 20; about 2 in 3; more than 199 in 200."""
    if share < RAREST:
        return "less than 1 in 200"
    if share > 1 - RAREST:
        return "more than 199 in 200"
    if share < 0.1:
        return f"about 1 in {round(1 / share)}"
    if share > 0.9:
        of = round(1 / (1 - share))
        return f"about {of - 1} in {of}"
    nearest = min(_FRACTIONS, key=lambda pair: abs(pair[0] / pair[1] - share))
    return "about even" if nearest == (1, 2) else f"about {nearest[0]} in {nearest[1]}"


def span_words(span: Span) -> str:
    """A span in a sentence: December 2026; fiscal year 2027; October 2026 to March 2027."""
    if span.year_named:
        return f"fiscal year {span.year_named}"
    if span.first == span.last:
        return month_words(span.first)
    if span.name.isdigit():
        return f"calendar year {span.name}"
    return f"{month_words(span.first)} to {month_words(span.last)}"


def unforecast_words(key: SeriesKey, known: Collection[str], through: str, source: Source) -> str:
    """Why a series has no forecast, and from when on it will have one.

    known : its counted months. through : the last month on record.
    """
    aside = source.hierarchy.aside
    if aside and key.dimension == aside.dimension:
        return aside.unforecast
    waiting = waiting_words(known, through)
    return (
        f"it has no forecast yet: {waiting}"
        if waiting
        else (f"it has no forecast: too few {source.measure.noun}")
    )


def waiting_words(known: Collection[str], through: str) -> str:
    """How many months a series has, and which one brings its first forecast; "" if none waits."""
    # Not imported above: the engine takes longer to import than `show` does all else.
    from forecast.engine.waiting import first_forecast

    month = first_forecast(known, through)
    if not month:
        return ""
    many = f"{len(known)} month{'' if len(known) == 1 else 's'}"
    return (
        f"{many} counted; if each coming month is, those of {month_words(month)} bring a forecast"
    )
