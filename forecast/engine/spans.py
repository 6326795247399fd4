"""Sums over months: a fiscal year, the next twelve months, any `2026-10..2027-03`.

What is published of a span is counted as it is; the rest comes from the paths, so that a sum's
quantiles know that its months rise and fall together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from forecast import months
from forecast.engine import ENGINE, paths
from forecast.engine.forecast import INTERVAL_PROBS, INTERVALS
from forecast.errors import SpanError
from forecast.types import Forecast, SeriesKey
from models.base import Floats, Ints

_MIDDLE = INTERVALS.index("median")
_FORMS = "a month 2026-12, a span 2026-10..2027-03, FY2027, 2027, next 12 months, rest of 2026"
_FISCAL = re.compile(r"(?:fy|fiscal year|fiscal)\s*(\d{4}|\d{2})")
_CALENDAR = re.compile(r"(?:cy|calendar year)?\s*(\d{4})")
_NEXT = re.compile(r"next (?:([1-9]\d?) months|(month|quarter|year))")
_REST = re.compile(r"rest of (?:(?:the )?year|(\d{4}))")
_MONTH = r"\d{4}-\d{2}"
_FROM_TO = re.compile(rf"({_MONTH})\s*(?:\.\.|to)\s*({_MONTH})")


class Span(NamedTuple):
    """Months in a row.

    name : as people write it. first, last : "YYYY-MM", both included. window : whether it is some
    months ahead from now on, and none that have a name.
    """

    name: str
    first: str
    last: str
    window: bool = False

    @property
    def months(self) -> list[str]:
        """Every month of it."""
        return months.between(self.first, self.last)

    @property
    def year_named(self) -> int | None:
        """The year, where a fiscal year was asked for."""
        return int(self.name[2:]) if self.name.startswith("FY") else None

    def year_before(self) -> Span:
        """The same months a year earlier."""
        first, last = months.shift(self.first, -12), months.shift(self.last, -12)
        return Span(f"{first}..{last}" if first != last else first, first, last)


class Sum(NamedTuple):
    """What a span comes to. published : of its first `known` months; draws : (n,) of it all."""

    published: int
    known: int
    draws: Floats


def parse(text: str, cutoff: str, begins: int) -> Span:
    """The span so written.

    Parameters
    ----------
    text : see the error's forms; capitals do not matter.
    cutoff : the last published month of the series, from which "next" counts.

    Raises
    ------
    SpanError : nothing of the kind is meant by it.
    """
    plain = " ".join(text.casefold().split())
    if match := _FROM_TO.fullmatch(plain):
        return _between(text, match[1], match[2])
    if re.fullmatch(_MONTH, plain):
        return _between(text, plain, plain)
    if match := _FISCAL.fullmatch(plain):
        return fiscal(int(match[1]) + (2000 if len(match[1]) == 2 else 0), begins)
    if match := _CALENDAR.fullmatch(plain):
        return Span(match[1], f"{match[1]}-01", f"{match[1]}-12")
    if match := _NEXT.fullmatch(plain):
        return ahead(cutoff, int(match[1] or {"month": 1, "quarter": 3, "year": 12}[match[2]]))
    if match := _REST.fullmatch(plain):
        return _rest(text, cutoff, match[1])
    if plain[:1].isalpha():
        with suppress(ValueError):  # as people write a month: Jan 2026
            return Span(month := months.typed(text), month, month)
    raise SpanError(text, f"not a span of months; write {_FORMS}")


def fiscal(year: int, begins: int) -> Span:
    """A year as the publisher has it, of CBP October to September."""
    whole_year = months.fiscal_months(year, begins)
    return Span(months.year_name(year, begins), whole_year[0], whole_year[-1])


def ahead(cutoff: str, count: int) -> Span:
    """So many months after the cutoff."""
    name = "next month" if count == 1 else f"next {count} months"
    return Span(name, months.shift(cutoff, 1), months.shift(cutoff, count), window=count > 1)


def _rest(text: str, cutoff: str, year: str | None) -> Span:
    first = months.shift(cutoff, 1)
    year = year or first[:4]
    if not f"{year}-01" <= first <= f"{year}-12":
        raise SpanError(text, f"the next month to be published is {first}")
    return _rest_of(year, first)


def _rest_of(year: str, first: str) -> Span:
    last = f"{year}-12"
    return Span(f"rest of {year}", first, last, window=first != last)


def _between(text: str, first: str, last: str) -> Span:
    try:
        months.to_index(first), months.to_index(last)
    except ValueError as error:
        raise SpanError(text, str(error)) from None
    if last < first:
        raise SpanError(text, "it ends before it begins")
    return Span(f"{first}..{last}" if first != last else first, first, last)


def standard(cutoff: str, horizon: int, begins: int) -> list[Span]:
    """The spans every run answers: this and the next fiscal year, 12 months, this calendar year."""
    after = months.shift(cutoff, 1)
    year = months.fiscal_year(after, begins)
    calendar = Span(after[:4], f"{after[:4]}-01", f"{after[:4]}-12")
    wanted = [fiscal(year, begins), fiscal(year + 1, begins), ahead(cutoff, 12)]
    if not months.calendar_years(begins):
        wanted.append(calendar)
    # In January the rest of the year is the year.
    if after[5:] != "01":
        wanted.append(_rest_of(after[:4], after))
    return [span for span in wanted if span.last <= months.shift(cutoff, horizon)]


def total(span: Span, counts: Mapping[str, int], cutoff: str, draws: Floats) -> Sum:
    """What a span comes to, published and forecast together.

    Parameters
    ----------
    counts : published, month -> count; nothing after the cutoff is looked at.
    draws : (n, h) paths of the months after the cutoff.

    Raises
    ------
    SpanError : it begins before the series does, or ends beyond the forecast.
    """
    # A sum with a hole in it would be read as a small sum.
    known = [month for month in span.months if month <= cutoff]
    missing = [month for month in known if month not in counts]
    if missing:
        raise SpanError(
            span.name, f"no count was published for {missing[0]}, so the total is not known"
        )
    last = months.shift(cutoff, draws.shape[1])
    if span.last > last:
        raise SpanError(span.name, f"forecasts reach to {last}")
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
    low = [name for name in INTERVALS if name.startswith("lo")]
    high = [name for name in INTERVALS if name.startswith("hi")]
    return {
        "median": median,
        **{name: min(values[name], median) for name in low},
        **{name: max(values[name], median) for name in high},
    }


def span_forecast(key: SeriesKey, span: Span, cutoff: str, total: Sum) -> Forecast:
    """A span's sum with its median and intervals, whole and rounded outward."""
    counts = whole(paths.quantiles(total.draws, INTERVAL_PROBS))
    values = dict(zip(INTERVALS, counts.tolist(), strict=True))
    values |= around(values, round(float(np.median(total.draws))))
    return Forecast(
        *(key, ENGINE, cutoff, span.first, span.last),
        **values,
        span=span.name,
        months_published=total.known,
        published=total.published,
    )


def with_month(span: Forecast, month: Mapping[str, int]) -> Forecast:
    """A sum of which a single month is to come, by the published forecast of that month.

    month : by the names of `INTERVALS`; the sum is then that and what is published, not what the
        paths make of it.
    """
    values: dict[str, Any] = {name: span.published + month[name] for name in INTERVALS}
    return replace(span, **values)


def only_month(first: str, last: str, cutoff: str) -> str:
    """The month of a span that is to come, where it is a single one; else ""."""
    ahead = [month for month in months.between(first, last) if month > cutoff]
    return ahead[0] if len(ahead) == 1 else ""
