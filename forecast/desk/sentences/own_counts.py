"""What `forecast` says of a file of counts: how it was read, what came out, what to look at."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from forecast import months
from forecast.engine.anyseries import HindcastQuality
from forecast.tables.read import TableRead
from forecast.words import many, month_words
from models.base import MonthlyCounts
from models.quantity import quantity_of

HELD = 0.7  # of 80% intervals: less is no chance of a few months
WIDER = 0.05  # by so much intervals must hold more for another setting to be proposed


def as_read(read: TableRead) -> list[str]:
    """How a file was understood, and what to look at, a sentence each."""
    return [*(f"read: {note}" for note in read.notes), *(f"note: {w}" for w in read.warnings)]


_TAKEN_FOR = {
    "amount": "amounts",
    "share": "shares, which end at 0 and {high:g}",
    "difference": "values that may lie below 0",
}


def kinds_seen(counts: MonthlyCounts) -> list[str]:
    """What series that are no whole counts are taken for, by their values and their names."""
    by_kind: dict[str, list[str]] = {}
    for values, name in zip(counts.values, counts.names, strict=True):
        of = quantity_of(values, name)
        if of.kind != "count":
            by_kind.setdefault(_TAKEN_FOR[of.kind].format(high=of.high), []).append(name)
    return [
        f"forecast as {kind}: {len(names):,} series ({', '.join(names[:3])}"
        f"{', ...' if len(names) > 3 else ''})"
        for kind, names in by_kind.items()
    ]


def counts_summary(
    counts: MonthlyCounts,
    h: int,
    quality: HindcastQuality | None,
    uncertain: Sequence[tuple[str, float]],
) -> list[str]:
    """What was forecast from what, how good such forecasts were, and where they are least sure.

    quality : of hindcasts, None without any; uncertain : of `anyseries.least_predictable`.
    """
    known = np.isfinite(counts.values)
    # Before a series begins nothing is missing.
    inside = ~known & (np.cumsum(known, axis=1) > 0)
    ends = map(months.from_index, (int(counts.first.min()), int(counts.last.max())))
    span = " to ".join(map(month_words, ends))
    low, high = int(counts.length.min()), int(counts.length.max())
    length = f"{low}" if low == high else f"{low} to {high}"
    lines = [
        f"{len(counts.names):,} series of {length} months, {span}: "
        f"{many(inside.sum(), 'month')} missing, "
        f"{many((counts.values == 0).sum(), 'zero')}. "
        f"Forecast {h} months ahead.",
    ]
    return lines + _how_good(quality, uncertain if len(counts.names) > 1 else ())


def folder_summary(
    series: int,
    parts: int,
    h: int,
    quality: HindcastQuality | None,
    uncertain: Sequence[tuple[str, float]],
) -> list[str]:
    """The same of a folder of parts."""
    line = f"{series:,} series in {parts:,} parts. Forecast {h} months ahead."
    return [line, *_how_good(quality, uncertain)]


def _how_good(quality: HindcastQuality | None, uncertain: Sequence[tuple[str, float]]) -> list[str]:
    lines = []
    if quality and quality.n:
        ratio = quality.relative_mae
        side = "smaller" if ratio <= 1 else "larger"
        compared = f"errors were {abs(1 - ratio):.0%} {side} than those of repeating the last month"
        if math.isnan(ratio):
            compared = "repeating the last month made no errors to compare with"
        lines.append(
            f"on {quality.n:,} earlier forecasts: {compared}; 80% intervals held "
            f"{quality.coverage80:.0%}, 95% intervals {quality.coverage95:.0%}"
        )
    # Who has hundreds of series looks at three: those whose forecast is worth the least.
    if uncertain:
        shown = ", ".join(f"{name} (by a factor of {factor:.2f})" for name, factor in uncertain)
        lines.append(f"least predictable, by how far a month ahead may miss: {shown}")
    return lines


def too_narrow(quality: HindcastQuality) -> bool:
    """Whether 80% intervals of hindcasts held so few that another setting may be meant."""
    return quality.n > 0 and quality.coverage80 < HELD


def jumps_proposed(own: HindcastQuality, jumping: HindcastQuality) -> list[str]:
    """Propose --jumps where the same hindcasts would have been better with it, with its numbers."""
    gains = jumping.coverage80 - own.coverage80, jumping.coverage95 - own.coverage95
    if max(gains) < WIDER or min(gains) < 0 or jumping.log_wis >= own.log_wis:
        return []
    return [
        f"try --jumps, for counts that jump and stay: on the same earlier forecasts 80% intervals "
        f"would have held {jumping.coverage80:.0%}, not {own.coverage80:.0%}, 95% intervals "
        f"{jumping.coverage95:.0%}, not {own.coverage95:.0%}, and log-WIS been "
        f"{jumping.log_wis:.3f}, not {own.log_wis:.3f}"
    ]


def sums_found(lacking: Mapping[str, int], names: Sequence[str]) -> list[str]:
    """Which series add up, and what is done about it; names : those forecast as sums."""
    return [
        f"{name} is the sum of the other {parts:,} series"
        + ("; its forecasts are too" if name in names else "; --totals keeps its forecasts so")
        for name, parts in lacking.items()
    ]
