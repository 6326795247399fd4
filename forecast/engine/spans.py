"""Sums over months: a fiscal year, the next twelve months, any `2026-10..2027-03`.

What is published of a span is counted as it is; the rest comes from the paths, so that a sum's
quantiles know that its months rise and fall together.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecast import months
from forecast.engine import ENGINE, paths
from forecast.engine.forecast import INTERVAL_PROBS, INTERVALS
from forecast.errors import SpanError
from forecast.periods import Calendar, Period, month
from forecast.rows import ForecastRow
from forecast.types import Forecast, SeriesKey
from models.base import Floats, Ints

_MIDDLE = INTERVALS.index("median")


class Sum(NamedTuple):
    """What a span comes to: what is published of its first `known` months; (n,) draws of it all."""

    published: int
    known: int
    draws: Floats


def total(
    span: Period, counts: Mapping[str, int], cutoff: str, draws: Floats, calendar: Calendar
) -> Sum:
    """What a span comes to, published and forecast together.

    counts : published, month -> count; nothing after the cutoff is looked at.
    draws : (n, h) paths of the months after the cutoff. calendar : names the span in an error.
    SpanError if it begins before the series does, or ends beyond the forecast.
    """
    # A sum with a hole in it would be read as a small sum.
    known = [month for month in span.months if month <= cutoff]
    missing = [month for month in known if month not in counts]
    if missing:
        raise SpanError(
            calendar.name(span),
            f"no count was published for {missing[0]}, so the total is not known",
        )
    last = months.shift(cutoff, draws.shape[1])
    if span.last_month > last:
        raise SpanError(calendar.name(span), f"forecasts reach to {last}")
    # What is published is certain, so a sum narrows month by month.
    published = sum(counts[month] for month in known)
    start = months.to_index(cutoff) + 1
    steps = [months.to_index(month) - start for month in span.months if month > cutoff]
    return Sum(published, len(known), published + draws[:, steps].sum(axis=1))


def whole(quantiles: Floats) -> Ints:
    """(INTERVAL_PROBS, ...) counts, outward, the median to the nearest."""
    out = np.ceil(quantiles - 1e-9)
    out[:_MIDDLE] = np.floor(quantiles[:_MIDDLE] + 1e-9)
    out[_MIDDLE] = np.rint(quantiles[_MIDDLE])
    return out.astype(np.int64)


def around(values: Mapping[str, int], median: int) -> dict[str, int]:
    """The intervals around another median, wider where it lies outside."""
    ends: Mapping[str, Callable[[int, int], int]] = {"lo": min, "hi": max}
    moved = {n: ends[n[:2]](values[n], median) for n in INTERVALS if n != "median"}
    return {"median": median, **moved}


def span_forecast(
    key: SeriesKey, span: Period, cutoff: str, total: Sum, calendar: Calendar
) -> Forecast:
    """A span's sum with its median and intervals, whole and rounded outward."""
    counts = whole(paths.quantiles(total.draws, INTERVAL_PROBS))
    values = dict(zip(INTERVALS, counts.tolist(), strict=True))
    values |= around(values, round(float(np.median(total.draws))))
    return Forecast(
        *(key, ENGINE, cutoff, span.first_month, span.last_month),
        **values,
        span=calendar.name(span),
        months_published=total.known,
        published=total.published,
    )


def with_month(span: Forecast, month: Forecast | ForecastRow) -> Forecast:
    """A sum of which a single month is to come, by the published forecast of that month.

    The sum is then that and what is published, not what the paths make of it.
    """
    values: dict[str, Any] = {n: span.published + getattr(month, n) for n in INTERVALS}
    return replace(span, **values)


def only_month(first: str, last: str, cutoff: str) -> str:
    """The month of a span that is to come, where it is a single one; else ""."""
    ahead = [month for month in months.between(first, last) if month > cutoff]
    return ahead[0] if len(ahead) == 1 else ""


Happens = NDArray[np.bool_]
EventKind = Literal[
    "number", "range", "span", "year before", "record", "record month", "since", "lowest month"
]
_COUNT = r"(\d{1,3}(?:,\d{3})+|\d+)"
_SIDES: Mapping[str, tuple[str, Callable[..., Happens]]] = {
    **dict.fromkeys((">=", "at least"), ("at least", np.greater_equal)),
    **dict.fromkeys(("<=", "at most"), ("at most", np.less_equal)),
    **dict.fromkeys((">", "above", "over", "more than", "higher than"), ("above", np.greater)),
    **dict.fromkeys(("<", "below", "under", "less than", "lower than"), ("below", np.less)),
}
_SIDE = "|".join(map(re.escape, _SIDES))  # >= is before >, or it would be read as >
_NUMBER = re.compile(rf"({_SIDE})\s*{_COUNT}")
_RANGE = re.compile(rf"(?:between\s+)?{_COUNT}\s*(?:\.\.|and)\s*{_COUNT}")
_YEAR_BEFORE = re.compile(rf"({_SIDE})\s*(?:the )?(?:year before|last year|a year before)")
_SINCE = re.compile(r"(highest|lowest) since (.+)")
_OTHER = re.compile(rf"({_SIDE})\s*(.+)")
_RECORD = re.compile(r"(?:a )?(?:new )?record( high| low)?( month)?")
_EVENTS = (
    "'>10000', '20000..30000', '> FY2026', 'above year before', 'record', 'record low', "
    "'highest since 2023-12'"
)


@dataclass(frozen=True)
class Outlooks:
    """A series as it is asked about.

    counts : published, up to the cutoff at least; draws : (n, h) paths of the months after it.
    calendar : its years.
    """

    key: SeriesKey
    counts: Mapping[str, int]
    cutoff: str
    draws: Floats
    calendar: Calendar

    def total(self, span: Period) -> Floats:
        """(n,) what a span comes to in each path; SpanError if it cannot be said."""
        return total(span, self.counts, self.cutoff, self.draws, self.calendar).draws


class Chance(NamedTuple):
    """How likely something is.

    calendar : names the span. event : in plain words; kind : of question; share : of the paths in
    which it happens, 0..1. settled : whether nothing of the span is left to come. note : how a
    number was read that may be a year as well, "" if none is.
    """

    span: Period
    calendar: Calendar
    event: str
    kind: EventKind
    share: float
    settled: bool
    note: str = ""


def chance(series: Outlooks, span: Period, text: str) -> Chance:
    """How likely the event is.

    text : see the module; capitals and thousands separators do not matter. SpanError if the event
    cannot be read, or the span cannot be summed.
    """
    plain = " ".join(text.casefold().split())
    draws = series.total(span)
    for pattern, ask in _ASKED:
        if match := pattern.fullmatch(plain):
            asked = ask(series, span, draws, match)
            settled = span.last_month <= series.cutoff
            # What is over has happened or not: then 0 and 1 are no claims about the future.
            p = float(asked.happens.all()) if settled else share(asked.happens)
            return Chance(span, series.calendar, asked.event, asked.kind, p, settled, asked.note)
    raise SpanError(text, f"not an event; write {_EVENTS}")


def share(happens: Happens) -> float:
    """The chance of what happens in some of n paths: (k + 1/2) / (n + 1).

    Never 0 or 1: paths in which something never happens do not say that it cannot (Krichevsky and
    Trofimov, The performance of universal encoding, 1981).
    """
    return float((happens.sum() + 0.5) / (len(happens) + 1))


class AskedEvent(NamedTuple):
    """In which paths something happens; the rest as of `Chance`."""

    happens: Happens
    event: str
    kind: EventKind
    note: str = ""


def _number(series: Outlooks, span: Period, draws: Floats, match: re.Match[str]) -> AskedEvent:
    side, digits, count = match[1], match[2], _count(match[2])
    happens, event = _compared(side, draws, count), f"{_SIDES[side][0]} {count:,}"
    last = months.shift(series.cutoff, series.draws.shape[1])
    if len(digits) != 4 or not min(series.counts)[:4] <= digits <= last[:4]:
        return AskedEvent(happens, event, "number")  # no year that is published or forecast
    # As the publisher has years, and as the calendar has: one that is as long as the span.
    for year in (calendar.period(count) for calendar in (series.calendar, Calendar())):
        if span.length == 12 and months.place(span.first) == months.place(year.first):
            name = series.calendar.name(year)
            named = f"the year {digits}" if name == digits else name
            note = f"{digits} was read as {named}; for the number write {count:,}."
            return _against(series, draws, side, year)._replace(note=note)
    note = f"{digits} was read as the number {count:,}; only a year is compared with a year."
    return AskedEvent(happens, event, "number", note)


def _range(series: Outlooks, span: Period, draws: Floats, match: re.Match[str]) -> AskedEvent:
    low, high = _count(match[1]), _count(match[2])
    if high < low:
        raise SpanError(match[0], "the range ends before it begins")
    # Counts are whole: 9,999.6 is published as 10,000.
    whole = np.rint(draws)
    inside = (low <= whole) & (whole <= high)
    return AskedEvent(inside, f"between {low:,} and {high:,}", "range")


def _year_before(series: Outlooks, span: Period, draws: Floats, match: re.Match[str]) -> AskedEvent:
    happens = _compared(match[1], draws, series.total(span.shift(-12)))
    return AskedEvent(happens, f"{_SIDES[match[1]][0]} the year before", "year before")


def _since(series: Outlooks, span: Period, draws: Floats, match: re.Match[str]) -> AskedEvent:
    if span.length > 1 and not span.ahead:
        raise SpanError(
            series.calendar.name(span),
            "only a month, or one of the next months, can be the highest or lowest since another",
        )
    since = month(match[2])
    earlier = [c for m, c in series.counts.items() if since <= m <= series.cutoff]
    if not earlier:
        raise SpanError(match[0], f"no count is on record from {since} on")
    high, event = match[1] == "highest", f"the {match[1]} since {since}"
    if span.length == 1:
        return AskedEvent(_beyond(draws, earlier, high), event, "since")
    happens = _beyond(_ahead(series, span, high), earlier, high)
    kind: EventKind = "since" if high else "lowest month"
    return AskedEvent(happens, f"a month that is {event}", kind)


def _other(series: Outlooks, span: Period, draws: Floats, match: re.Match[str]) -> AskedEvent:
    other = series.calendar.read(match[2], months.to_index(series.cutoff))
    return _against(series, draws, match[1], other)


def _against(series: Outlooks, draws: Floats, side: str, other: Period) -> AskedEvent:
    happens = _compared(side, draws, series.total(other))
    return AskedEvent(happens, f"{_SIDES[side][0]} {series.calendar.name(other)}", "span")


def _record(series: Outlooks, span: Period, draws: Floats, match: re.Match[str]) -> AskedEvent:
    """Of a month, against every month; of a total, against those of the same months before."""
    high, single = match[1] != " low", span.length == 1
    event = f"a record {'high' if high else 'low'}"
    earlier = [c for m, c in series.counts.items() if m <= series.cutoff and m != span.first_month]
    if not single and (match[2] or span.ahead):
        happens = _beyond(_ahead(series, span, high), earlier, high)
        return AskedEvent(happens, f"a month that is {event}", "record month")
    if not single:
        earlier, before = [], span.shift(-12)
        event += " for the total of these months"
        while before.last_month >= min(series.counts):
            # The same months of earlier years, where all are published.
            count = before.total(series.counts)
            if before.last_month <= series.cutoff and count is not None:
                earlier.append(count)
            before = before.shift(-12)
    if not earlier:
        raise SpanError(
            series.calendar.name(span), "no such span is published in full, so there is no record"
        )
    return AskedEvent(_beyond(draws, earlier, high), event, "record")


def _ahead(series: Outlooks, span: Period, high: bool) -> Floats:
    """(n,) the highest of a span's months in each path, or the lowest."""
    if span.first_month <= series.cutoff:
        first = months.shift(series.cutoff, 1)
        raise SpanError(
            series.calendar.name(span), f"a month of it can be asked about from {first} on"
        )
    totals = [series.total(Period(at, at)) for at in span.numbers]
    return np.asarray(np.max(totals, axis=0) if high else np.min(totals, axis=0))


def _beyond(draws: Floats, earlier: list[int], high: bool) -> Happens:
    return _compared(">", draws, max(earlier)) if high else _compared("<", draws, min(earlier))


def _compared(side: str, draws: Floats, with_what: float | Floats) -> Happens:
    """Compared as whole counts, which is how they are published."""
    return np.asarray(_SIDES[side][1](np.rint(draws), np.rint(with_what)))


_Ask = Callable[[Outlooks, Period, Floats, "re.Match[str]"], AskedEvent]
_ASKED: tuple[tuple[re.Pattern[str], _Ask], ...] = (
    (_NUMBER, _number),
    (_RANGE, _range),
    (_YEAR_BEFORE, _year_before),
    (_SINCE, _since),
    (_OTHER, _other),
    (_RECORD, _record),
)


def _count(text: str) -> int:
    return int(text.replace(",", ""))
