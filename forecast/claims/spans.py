"""A stretch of months: FY2024, FY2026 to date, 2024, 2021-01..2024-08, since 2021-01."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import NamedTuple

from forecast import months
from forecast.words import MONTHS, month_words


class ClaimSpan(NamedTuple):
    """Months from first to last, both included, as running numbers (see `forecast.months`)."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """Number of months."""
        return self.last - self.first + 1

    def shift(self, by: int) -> ClaimSpan:
        """The same stretch `by` months later, earlier if negative."""
        return ClaimSpan(self.first + by, self.last + by)

    @property
    def year(self) -> int | None:
        """The fiscal year that this is, None if it is none."""
        whole = self.length == 12 and self.first % 12 == 9
        return self.last // 12 if whole else None

    @property
    def to_date(self) -> bool:
        """Whether this is a fiscal year's beginning: October to some later month."""
        return self.first % 12 == 9 and 1 < self.length < 12

    def __str__(self) -> str:
        """As one types it on the command line."""
        first, last = months.from_index(self.first), months.from_index(self.last)
        if self.year:
            return f"FY{self.year}"
        return first if first == last else f"{first}..{last}"

    def words(self) -> str:
        """As people say it: fiscal year 2024, February 2025, October 2023 to April 2024."""
        if self.year:
            return f"fiscal year {self.year}"
        if self.length == 12 and self.first % 12 == 0:
            return f"calendar year {self.first // 12}"
        first, last = months.from_index(self.first), months.from_index(self.last)
        if first == last:
            return month_words(first)
        if first[:4] == last[:4]:
            return f"{MONTHS[self.first % 12]} to {month_words(last)}"
        return f"{month_words(first)} to {month_words(last)}"

    @property
    def days(self) -> int:
        """Number of days."""
        every = range(self.first, self.last + 1)
        return sum(months.end(months.from_index(month)).day for month in every)


def month(year: int, number: int) -> ClaimSpan:
    """One month; number 1..12."""
    return ClaimSpan(year * 12 + number - 1, year * 12 + number - 1)


def fiscal(year: int, length: int = 12) -> ClaimSpan:
    """A fiscal year, or its first months."""
    first = (year - 1) * 12 + 9
    return ClaimSpan(first, first + length - 1)


def calendar(year: int) -> ClaimSpan:
    """A calendar year."""
    return ClaimSpan(year * 12, year * 12 + 11)


_TYPED = re.compile(
    r"(?P<fy>fy ?(?P<fiscal>\d{4}|\d{2}))(?P<open> (to date|ytd))?"
    r"|(?P<month>\d{4}-\d{2})|(?P<year>\d{4})"
    r"|(?P<first>\d{4}-\d{2}) ?\.\. ?(?P<last>\d{4}-\d{2})"
    r"|since (?P<since>\d{4}-\d{2}|\d{4})",
    re.I,
)


def parse(text: str, newest: int) -> ClaimSpan:
    """A span as typed.

    Parameters
    ----------
    text : 2025-02, FY2024, "FY2026 to date", 2024, 2021-01..2024-08 or "since 2021-01".
    newest : the newest month on record, a running number, where "to date" and "since" end.

    Raises
    ------
    ValueError : it is none of these.
    """
    words = " ".join(text.split())
    with suppress(ValueError):
        words = months.typed(words)
    match = _TYPED.fullmatch(words)
    if match is None:
        raise ValueError(
            f"{text!r} is not a span; write 2025-02, FY2024, 'FY2026 to date', 2024, "
            "2021-01..2024-08 or 'since 2021-01'"
        )
    span = _typed(match, newest)
    if span.last < span.first:
        raise ValueError(f"{text!r} ends before it begins")
    return span


def _typed(match: re.Match[str], newest: int) -> ClaimSpan:
    if match["fiscal"]:
        year = int(match["fiscal"]) + (2000 if len(match["fiscal"]) == 2 else 0)
        whole = fiscal(year)
        return ClaimSpan(whole.first, min(whole.last, newest)) if match["open"] else whole
    if match["year"]:
        return calendar(int(match["year"]))
    if match["since"]:
        text = match["since"]
        return ClaimSpan(months.to_index(text if "-" in text else f"{text}-01"), newest)
    first, last = match["month"] or match["first"], match["month"] or match["last"]
    return ClaimSpan(months.to_index(first), months.to_index(last))
