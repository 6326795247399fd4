"""Chances: in how many of a run's paths something happens.

What may be asked of a span: `>10000`, `<= 5,000`, `20000..30000`, `> FY2026` (another span of the
same series), `above year before`, `record`, `record low`, `highest since 2023-12`. A record of a
year is one of its total; of the next months, as of `record month`, it is one of a month among them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecast import months
from forecast.engine import spans
from forecast.engine.spans import Span
from forecast.errors import SpanError
from forecast.types import SeriesKey
from models.base import Floats

Happens = NDArray[np.bool_]
EventKind = Literal[
    "number", "range", "span", "year before", "record", "record month", "since", "lowest month"
]
_COUNT = r"(\d{1,3}(?:,\d{3})+|\d+)"
_ABOVE = {">", ">=", "above", "over", "more than", "higher than", "at least"}
_BELOW = {"<", "<=", "below", "under", "less than", "lower than", "at most"}
# Longest first, so that >= is not read as >.
_SIDE = "|".join(sorted(map(re.escape, _ABOVE | _BELOW), key=len, reverse=True))
_NUMBER = re.compile(rf"({_SIDE})\s*{_COUNT}")
_RANGE = re.compile(rf"(?:between\s+)?{_COUNT}\s*(?:\.\.|and)\s*{_COUNT}")
_YEAR_BEFORE = re.compile(rf"({_SIDE})\s*(?:the )?(?:year before|last year|a year before)")
_SINCE = re.compile(r"(highest|lowest) since (\d{4}-\d{2})")
_OTHER = re.compile(rf"({_SIDE})\s*(.+)")
_RECORD = re.compile(r"(?:a )?(?:new )?record( high| low)?( month)?")
_FORMS = (
    "'>10000', '20000..30000', '> FY2026', 'above year before', 'record', 'record low', "
    "'highest since 2023-12'"
)


@dataclass(frozen=True)
class Outlooks:
    """A series as it is asked about.

    counts : published, up to the cutoff at least; draws : (n, h) paths of the months after it.
    begins : the month 1..12 in which its years begin.
    """

    key: SeriesKey
    counts: Mapping[str, int]
    cutoff: str
    draws: Floats
    begins: int

    def total(self, span: Span) -> Floats:
        """(n,) what a span comes to in each path; SpanError if it cannot be said."""
        return spans.total(span, self.counts, self.cutoff, self.draws).draws


class Chance(NamedTuple):
    """How likely something is.

    event : in plain words; kind : of question; share : of the paths in which it happens, 0..1.
    settled : whether nothing of the span is left to come. note : how a number was read that may
    be a year as well, "" if none is.
    """

    span: Span
    event: str
    kind: EventKind
    share: float
    settled: bool
    note: str = ""


def chance(series: Outlooks, span: Span, text: str) -> Chance:
    """How likely the event is.

    Parameters
    ----------
    text : see the module; capitals and thousands separators do not matter.

    Raises
    ------
    SpanError : the event cannot be read, or the span cannot be summed.
    """
    plain = " ".join(text.casefold().split())
    draws = series.total(span)
    for pattern, ask in _ASKED:
        if match := pattern.fullmatch(plain):
            asked = ask(series, span, draws, match)
            settled = span.last <= series.cutoff
            # What is over has happened or not: then 0 and 1 are no claims about the future.
            p = float(asked.happens.all()) if settled else share(asked.happens)
            return Chance(span, asked.event, asked.kind, p, settled, asked.note)
    raise SpanError(text, f"not an event; write {_FORMS}")


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


def _number(series: Outlooks, span: Span, draws: Floats, match: re.Match[str]) -> AskedEvent:
    side, digits, count = match[1], match[2], _count(match[2])
    happens, event = _compared(side, draws, count), f"{_said(side)} {count:,}"
    last = months.shift(series.cutoff, series.draws.shape[1])
    if len(digits) != 4 or not min(series.counts)[:4] <= digits <= last[:4]:
        return AskedEvent(happens, event, "number")  # no year that is published or forecast
    # As the publisher has years, and as the calendar has: one that is as long as the span.
    for year in (spans.fiscal(count, series.begins), Span(digits, f"{digits}-01", f"{digits}-12")):
        if len(span.months) == len(year.months) and span.first[5:] == year.first[5:]:
            named = year.name if year.year_named else f"the year {digits}"
            note = f"{digits} was read as {named}; for the number write {count:,}."
            return _against(series, draws, side, year)._replace(note=note)
    note = f"{digits} was read as the number {count:,}; only a year is compared with a year."
    return AskedEvent(happens, event, "number", note)


def _range(series: Outlooks, span: Span, draws: Floats, match: re.Match[str]) -> AskedEvent:
    low, high = _count(match[1]), _count(match[2])
    if high < low:
        raise SpanError(match[0], "the range ends before it begins")
    # Counts are whole: 9,999.6 is published as 10,000.
    whole = np.rint(draws)
    happens = (low <= whole) & (whole <= high)
    return AskedEvent(happens, f"between {low:,} and {high:,}", "range")


def _year_before(series: Outlooks, span: Span, draws: Floats, match: re.Match[str]) -> AskedEvent:
    before = series.total(span.year_before())
    happens = _compared(match[1], draws, before)
    return AskedEvent(happens, f"{_said(match[1])} the year before", "year before")


def _since(series: Outlooks, span: Span, draws: Floats, match: re.Match[str]) -> AskedEvent:
    single = span.first == span.last
    if not single and not span.window:
        raise SpanError(
            span.name,
            "only a month, or one of the next months, can be the highest or lowest since another",
        )
    earlier = [c for m, c in series.counts.items() if match[2] <= m <= series.cutoff]
    if not earlier:
        raise SpanError(match[0], f"no count is on record from {match[2]} on")
    high, event = match[1] == "highest", f"the {match[1]} since {match[2]}"
    if single:
        return AskedEvent(_beyond(draws, earlier, high), event, "since")
    happens = _beyond(_ahead(series, span, high), earlier, high)
    return AskedEvent(happens, f"a month that is {event}", "since" if high else "lowest month")


def _other(series: Outlooks, span: Span, draws: Floats, match: re.Match[str]) -> AskedEvent:
    return _against(series, draws, match[1], spans.parse(match[2], series.cutoff, series.begins))


def _against(series: Outlooks, draws: Floats, side: str, other: Span) -> AskedEvent:
    happens = _compared(side, draws, series.total(other))
    return AskedEvent(happens, f"{_said(side)} {other.name}", "span")


def _record(series: Outlooks, span: Span, draws: Floats, match: re.Match[str]) -> AskedEvent:
    """Of a month, against every month; of a total, against those of the same months before."""
    high, single = match[1] != " low", span.first == span.last
    event = f"a record {'high' if high else 'low'}"
    if not single and (match[2] or span.window):
        earlier = [count for month, count in series.counts.items() if month <= series.cutoff]
        happens = _beyond(_ahead(series, span, high), earlier, high)
        return AskedEvent(happens, f"a month that is {event}", "record month")
    if single:
        earlier = [c for m, c in series.counts.items() if m <= series.cutoff and m != span.first]
    else:
        earlier = _earlier_sums(series, span)
        event += " for the total of these months"
    if not earlier:
        raise SpanError(span.name, "no such span is published in full, so there is no record")
    return AskedEvent(_beyond(draws, earlier, high), event, "record")


def _ahead(series: Outlooks, span: Span, high: bool) -> Floats:
    """(n,) the highest of a span's months in each path, or the lowest."""
    if span.first <= series.cutoff:
        first = months.shift(series.cutoff, 1)
        raise SpanError(span.name, f"a month of it can be asked about from {first} on")
    totals = [series.total(Span(month, month, month)) for month in span.months]
    return np.asarray(np.max(totals, axis=0) if high else np.min(totals, axis=0))


def _beyond(draws: Floats, earlier: list[int], high: bool) -> Happens:
    return _compared(">", draws, max(earlier)) if high else _compared("<", draws, min(earlier))


_Ask = Callable[[Outlooks, Span, Floats, "re.Match[str]"], AskedEvent]
_ASKED: tuple[tuple[re.Pattern[str], _Ask], ...] = (
    (_NUMBER, _number),
    (_RANGE, _range),
    (_YEAR_BEFORE, _year_before),
    (_SINCE, _since),
    (_OTHER, _other),
    (_RECORD, _record),
)


def _earlier_sums(series: Outlooks, span: Span) -> list[int]:
    """The same months of earlier years, where all are published."""
    sums, before = [], span.year_before()
    while before.last >= min(series.counts):
        if before.last <= series.cutoff and all(m in series.counts for m in before.months):
            sums.append(sum(series.counts[month] for month in before.months))
        before = before.year_before()
    return sums


def _compared(side: str, draws: Floats, with_what: float | Floats) -> Happens:
    """Compared as whole counts, which is how they are published."""
    first, other = np.rint(draws), np.rint(with_what)
    if side in {">=", "at least"}:
        return np.asarray(first >= other)
    if side in {"<=", "at most"}:
        return np.asarray(first <= other)
    return np.asarray(first > other if side in _ABOVE else first < other)


def _said(side: str) -> str:
    return {">=": "at least", "at least": "at least", "<=": "at most", "at most": "at most"}.get(
        side, "above" if side in _ABOVE else "below"
    )


def _count(text: str) -> int:
    return int(text.replace(",", ""))
