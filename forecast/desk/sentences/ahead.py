"""Forecasts, chances and sums in sentences; how good they have been, and what moved them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from forecast import lives
from forecast.periods import Period
from forecast.rows import ChangeRow, ScoreRow
from forecast.sources.source import Source
from forecast.types import Forecast, SeriesKey
from forecast.words import between, many, month_words, signed

if TYPE_CHECKING:
    from forecast.engine.spans import Chance
    from forecast.judge.questions import TrackRecord

LAST_VALUE = "a last value with the same kind of intervals"
STEPS = {
    "surprise": "newest figures",
    "season": "time passing",
    "revisions": "revised months",
    "method": "model weights or version",
}
RAREST = 1 / 200  # what 2,000 paths can tell apart; beyond it a chance is said to be beyond it
_TO_HALF = ((1, 2), (2, 5), (1, 3), (1, 4), (1, 5), (1, 6), (1, 8), (1, 10))
_FRACTIONS = (*_TO_HALF, *((of - part, of) for part, of in _TO_HALF[1:]))


def quality(row: ScoreRow) -> str:
    """How good the forecasts of the next month have been, worse than naive as plainly as better."""
    basis = "issued forecasts" if row.basis == "issued" else "hindcasts"
    text = (
        f"One month ahead, over {row.n} months ({basis}): the 80% interval contained "
        f"{100 * row.coverage80:.0f}% of the counts, the 95% interval "
        f"{100 * row.coverage95:.0f}%."
    )
    ratio = row.relative_mae
    if ratio is None:
        return text
    percent = abs(100 * ratio - 100)
    if percent < 0.5:
        return f"{text} The error was that of assuming no change."
    word = "smaller" if ratio < 1 else "larger"
    return f"{text} The error was {percent:.0f}% {word} than that of assuming no change."


def chance_sentence(name: str, chance: Chance) -> str:
    """A chance in words, with its number."""
    what = f"{name}, {chance.calendar.words(chance.span)}, {chance.event}"
    if chance.settled:
        return f"{what}: {'yes' if chance.share > 0.5 else 'no'}, all of it is published."
    return f"{what}: {chance_words(chance.share)} ({percent(chance.share)})."


def percent(share: float) -> str:
    """23%, and what 2,000 paths cannot tell apart as such."""
    if share < RAREST:
        return "under 0.5%"
    if share > 1 - RAREST:
        return "over 99.5%"
    return f"{100 * share:.{int(min(share, 1 - share) < 0.01)}f}%"


def chance_words(share: float) -> str:
    """A chance as people say it: about 1 in 20; about 2 in 3; more than 199 in 200."""
    rare = min(share, 1 - share)
    if rare < RAREST:
        return "less than 1 in 200" if share < RAREST else "more than 199 in 200"
    if rare < 0.1:
        of = round(1 / rare)
        return f"about {1 if rare == share else of - 1} in {of}"
    # By the percentage that is printed beside it: two chances of 55% have the same words.
    shown = round(100 * share)
    part, of = min(_FRACTIONS, key=lambda pair: abs(100 * pair[0] - shown * pair[1]) / pair[1])
    return "about even" if (part, of) == (1, 2) else f"about {part} in {of}"


def track_words(track: TrackRecord | None) -> str:
    """How such chances have turned out; plainly if they are hardly better than a coin."""
    if track is None:
        return "Chances of this kind have not been scored yet."
    record = track.record
    last = "" if record.last_brier is None else f" and {record.last_brier:.3f} for {LAST_VALUE}"
    parts = [
        f"Such chances so far ({track.kind}): {record.n:,} resolved, Brier score "
        f"{record.brier:.3f} against {record.base_brier:.3f} for the base rate{last}."
    ]
    if record.beaten:
        parts.append("The last value was the better guide: its chances came closer than these.")
    if not track.skilled:
        parts.append("Hardly better than a coin: take this chance for little more than a guess.")
    elif track.telling:
        parts.append(f"Of {track.near:,} given near this one, {track.came:,} came true.")
    return " ".join(parts)


def span_sentence(name: str, forecast: Forecast, source: Source) -> str:
    """A sum over months: median, intervals, and what of it is published."""
    span = Period.of(forecast.first_month, forecast.last_month)
    what = f"{name}, {source.calendar.words(span)}"
    # What a part is of its name says.
    counted = source.measure.long_name if forecast.series.headline else source.measure.noun
    ahead = sum(month > forecast.cutoff for month in span.months)
    if not ahead:
        return f"{what}: {forecast.published:,}, all of it is published."
    text = (
        f"{what}: {forecast.median:,} {counted}; "
        f"80% range {between(forecast.lo80, forecast.hi80)}, "
        f"95% range {between(forecast.lo95, forecast.hi95)}."
    )
    if not forecast.months_published:
        return text
    return (
        f"{text} Published so far: {forecast.published:,} in {forecast.months_published} of "
        f"{forecast.months_published + ahead} months, through {month_words(forecast.cutoff)}."
    )


def changes_sentence(rows: Sequence[ChangeRow]) -> str:
    """One sentence on the first month ahead of a total; "" where there is nothing to compare."""
    if not rows:
        return ""
    row = min(rows, key=lambda change: change.month)
    moved = row.after - row.before
    month = month_words(row.month)
    if moved == 0:
        return f"The forecast of {month} is unchanged at {row.after:,}."
    # The largest first, and none that is 0: they add up all the same.
    steps = sorted(STEPS, key=lambda name: -abs(getattr(row, name)))
    moves = ((STEPS[name], getattr(row, name)) for name in steps)
    parts = ", ".join(f"{name} {signed(by)}" for name, by in moves if by)
    before, after = f"{row.before:,}", f"{row.after:,}"
    return f"The forecast of {month} moved from {before} to {after} ({signed(moved)}): {parts}."


def unforecast_words(key: SeriesKey, known: Collection[str], through: str, source: Source) -> str:
    """Why a series has no forecast, and from when on it will have one.

    known : its counted months. through : the last month on record.
    """
    aside = source.hierarchy.aside
    if aside and key.dimension == aside.dimension:
        return aside.unforecast
    if "*" in key.dimension:
        return "it is counted and not forecast: only what `dimensions` of [forecast] names is"
    if waiting_words(key, known, through, source):
        told = unforecast(key, known, through, source)
        return told.replace("not forecast", "it has no forecast", 1)
    return f"it has no forecast: too few {source.measure.noun}"


def unforecast(key: SeriesKey, known: Collection[str], through: str, source: Source) -> str:
    """Why a series is not forecast: it is over, or has too few months yet."""
    yet = "" if known and lives.over(max(known), through, lives.of_series(key, source)) else " yet"
    why = waiting_words(key, known, through, source) or "the next run brings a forecast"
    return f"not forecast{yet}: {why}"


def waiting_words(key: SeriesKey, known: Collection[str], through: str, source: Source) -> str:
    """How many months a series has, and which one brings its first forecast; "" if none waits."""
    # Not imported above: the engine takes longer to import than `show` does all else.
    from forecast.engine.panel import first_forecast

    confirmed = lives.of_series(key, source)
    if lives.over(max(known), through, confirmed):
        verdict = lives.words(max(known), through, confirmed).verdict
        return f"it {'has been ' * verdict.startswith('Shut')}{verdict[0].lower()}{verdict[1:]}"
    month = first_forecast(known, through, jumps=source.jumps)
    if not month:
        return ""
    return (
        f"{many(len(known), 'month')} counted; if each coming month is, those of "
        f"{month_words(month)} bring a forecast"
    )


def young_words(known: Collection[str], source: Source) -> str:
    """Why the intervals of a series that has a forecast are wide; "" where its season is known."""
    from forecast.engine.panel import first_forecast

    if source.jumps or not first_forecast(known, max(known), jumps=True):
        return ""
    counted = many(len(known), "month")
    return f"{counted} counted: no season is known yet, and its intervals are wide."
