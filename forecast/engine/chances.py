"""Chances: in how many of a run's paths something happens.

What may be asked of a span: `>10000`, `<= 5,000`, `20000..30000`, `> FY2026` (another span of the
same series), `above year before`, `record`, `record low`, `highest since 2023-12`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecast.engine import spans
from forecast.engine.spans import Span
from forecast.errors import SpanError
from forecast.records import SeriesKey
from models.base import Floats

Happens = NDArray[np.bool_]
EventKind = Literal["number", "range", "span", "year before", "record", "since"]
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
_RECORD = {"record", "a record", "new record", "record high"}
_LOW = {"record low", "new record low"}
_FORMS = (
    "'>10000', '20000..30000', '> FY2026', 'above year before', 'record', 'record low', "
    "'highest since 2023-12'"
)


@dataclass(frozen=True)
class Outlooks:
    """A series as it is asked about.

    counts : published, up to the cutoff at least; draws : (n, h) paths of the months after it.
    """

    key: SeriesKey
    counts: Mapping[str, int]
    cutoff: str
    draws: Floats

    def total(self, span: Span) -> Floats:
        """(n,) what a span comes to in each path; SpanError if it cannot be said."""
        return spans.total(span, self.counts, self.cutoff, self.draws).draws


class Chance(NamedTuple):
    """How likely something is.

    event : in plain words; kind : of question; share : of the paths in which it happens, 0..1.
    settled : whether nothing of the span is left to come.
    """

    span: Span
    event: str
    kind: EventKind
    share: float
    settled: bool


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
            happens, event, kind = ask(series, span, draws, match)
            return Chance(span, event, kind, float(happens.mean()), span.last <= series.cutoff)
    if plain in _RECORD | _LOW:
        high = plain in _RECORD
        happens, event = _record(series, span, draws, high)
        return Chance(span, event, "record", float(happens.mean()), span.last <= series.cutoff)
    raise SpanError(text, f"not an event; write {_FORMS}")


AskedEvent = tuple[Happens, str, EventKind]


def _number(series: Outlooks, span: Span, draws: Floats, match: re.Match[str]) -> AskedEvent:
    count = _count(match[2])
    return _compared(match[1], draws, count), f"{_said(match[1])} {count:,}", "number"


def _range(series: Outlooks, span: Span, draws: Floats, match: re.Match[str]) -> AskedEvent:
    low, high = _count(match[1]), _count(match[2])
    if high < low:
        raise SpanError(match[0], "the range ends before it begins")
    whole = np.rint(draws)
    return (low <= whole) & (whole <= high), f"between {low:,} and {high:,}", "range"


def _year_before(series: Outlooks, span: Span, draws: Floats, match: re.Match[str]) -> AskedEvent:
    before = series.total(span.year_before())
    return _compared(match[1], draws, before), f"{_said(match[1])} the year before", "year before"


def _since(series: Outlooks, span: Span, draws: Floats, match: re.Match[str]) -> AskedEvent:
    if span.first != span.last:
        raise SpanError(span.name, "only a single month can be the highest or lowest since another")
    earlier = [c for m, c in series.counts.items() if match[2] <= m <= series.cutoff]
    if not earlier:
        raise SpanError(match[0], f"no count is on record from {match[2]} on")
    high = match[1] == "highest"
    happens = draws > max(earlier) if high else draws < min(earlier)
    return happens, f"the {match[1]} since {match[2]}", "since"


def _other(series: Outlooks, span: Span, draws: Floats, match: re.Match[str]) -> AskedEvent:
    other = spans.parse(match[2], series.cutoff)
    return (
        _compared(match[1], draws, series.total(other)),
        f"{_said(match[1])} {other.name}",
        "span",
    )


_Ask = Callable[[Outlooks, Span, Floats, "re.Match[str]"], AskedEvent]
_ASKED: tuple[tuple[re.Pattern[str], _Ask], ...] = (
    (_NUMBER, _number),
    (_RANGE, _range),
    (_YEAR_BEFORE, _year_before),
    (_SINCE, _since),
    (_OTHER, _other),
)


def _record(series: Outlooks, span: Span, draws: Floats, high: bool) -> tuple[Happens, str]:
    """Against every earlier span of the same months that is published in full."""
    if span.first == span.last:  # a month is measured against every month
        earlier = [c for m, c in series.counts.items() if m <= series.cutoff and m != span.first]
    else:
        earlier = _earlier_sums(series, span)
    if not earlier:
        raise SpanError(span.name, "no such span is published in full, so there is no record")
    happens = draws > max(earlier) if high else draws < min(earlier)
    return happens, "a record high" if high else "a record low"


def _earlier_sums(series: Outlooks, span: Span) -> list[int]:
    """The same months of earlier years, where all are published."""
    found, before = [], span.year_before()
    while before.last >= min(series.counts):
        if before.last <= series.cutoff and all(m in series.counts for m in before.months):
            found.append(sum(series.counts[month] for month in before.months))
        before = before.year_before()
    return found


def _compared(side: str, draws: Floats, with_what: float | Floats) -> Happens:
    """Compared as whole counts, which is how they are published."""
    one, other = np.rint(draws), np.rint(with_what)
    if side in {">=", "at least"}:
        return np.asarray(one >= other)
    if side in {"<=", "at most"}:
        return np.asarray(one <= other)
    return np.asarray(one > other if side in _ABOVE else one < other)


def _said(side: str) -> str:
    return {">=": "at least", "at least": "at least", "<=": "at most", "at most": "at most"}.get(
        side, "above" if side in _ABOVE else "below"
    )


def _count(text: str) -> int:
    return int(text.replace(",", ""))
