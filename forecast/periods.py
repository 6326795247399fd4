"""Months in a row, and the calendar that names them: years, halves, "next 12 months"."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from forecast import months
from forecast.errors import SpanError

FIRST, LAST = months.to_index("1600-01"), months.to_index("2199-12")  # what can be kept
_TYPED = re.compile(r"(\d{4})-(\d{1,2})|([a-z]{3,9})\.?,? +(\d{4})", re.I)
_YEAR = re.compile(r"(?:(fy|fiscal year|fiscal)|cy|calendar year|)\s*(\d{4}|(?<!\d)\d{2})")
# A month's name ends in no digit, so that the "to" of October parts nothing.
_FROM_TO = re.compile(r"(.*\d)\s*(?:\.\.|to|through)\s*([a-z\d].*)")
_IN_ONE_YEAR = re.compile(r"([a-z]{3,9})\.? (?:to|through) ([a-z]{3,9}\.? (\d{4}))")
_SINCE = re.compile(r"since (.+)")
_TO_DATE = re.compile(r"(.+?) (?:to date|so far|ytd)")
_NEXT = re.compile(r"next (?:([1-9]\d?) months|(month|quarter|year))")
_NOW = re.compile(
    r"(?:the )?(this|newest|latest|last|previous|past)(?: ([1-9]\d?))? "
    r"(fiscal year|calendar year|months?|year)"
)
_REST = re.compile(r"rest of (?:(?:the |this )?year|(.+))")
_PART = re.compile(r"(?:(\w+) (half|quarter) of|(h|q)([1-4])) (.+)")
_LENGTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
_PLACES = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
_MONTH_WORDS = (
    rf"(?:\d{{4}}-\d{{1,2}}|(?:{'|'.join(n[:3] for n in months.NAMES)})[a-z]*\.?,? \d{{4}})"
)
_YEAR_WORDS = (
    r"(?:(?:(?:fiscal(?: year)?|fy|calendar year|cy) ?)?(?:19|20)\d\d|fy ?\d\d|"
    r"calendar (?:19|20)\d\d)"
)
_POINT = rf"(?:{_MONTH_WORDS}|{_YEAR_WORDS})"
BARE_MONTH = rf"(?:{'|'.join((*months.NAMES, *(n[:3] for n in months.NAMES), 'Sept'))})\b\.?"
# What a sentence may name, the longest first: "March 2026" has a year too.
_NAMED = tuple(
    re.compile(rf"\b{pattern}\b", re.I)
    for pattern in (
        rf"{_POINT} ?(?:\.\.|to|through) ?{_POINT}",
        rf"{BARE_MONTH} (?:to|through) {_MONTH_WORDS}",
        rf"since {_POINT}",
        rf"{_YEAR_WORDS} (?:to date|so far|ytd)",
        rf"(?:the )?rest of (?:(?:the |this )?year|{_YEAR_WORDS})",
        rf"(?:\w+ (?:half|quarter) of|[hq][1-4]) {_YEAR_WORDS}",
        _MONTH_WORDS,
        _YEAR_WORDS,
        _NEXT.pattern,
        _NOW.pattern,
    )
)
# A month without its year is the newest of its name; "may" and "march" alone are words.
_OF_NAME = re.compile(rf"\b(?:in|of|for|during|since|last|month of) ({BARE_MONTH})", re.I)


def month(text: str) -> str:
    """Read a month as people type it, "2025-2" or "Feb 2025" or "February 2025", as "YYYY-MM".

    SpanError says how to write it.
    """
    match, number = _TYPED.fullmatch(text.strip()), 0
    if match and match[2]:
        number = int(match[2])
    elif match:  # three letters tell the names apart
        names = [name.lower().startswith(match[3].lower()) for name in months.NAMES]
        number = names.index(True) + 1 if True in names else 0
    if match is None or not 1 <= number <= 12:
        raise SpanError(text, "not a month; write it as YYYY-MM, such as 2025-02")
    return f"{match[1] or match[4]}-{number:02d}"


@dataclass(frozen=True, slots=True)
class Period:
    """Months in a row as running numbers (see `forecast.months`), both ends included.

    label : "next 12 months" and the like, of months yet to come, which months alone do not tell.
    """

    first: int
    last: int
    label: str = field(default="", compare=False)

    @classmethod
    def of(cls, first: str, last: str = "") -> Period:
        """Make it from months as text; a single one is first and last."""
        return cls(months.to_index(first), months.to_index(last or first))

    @property
    def length(self) -> int:
        """Count its months."""
        return self.last - self.first + 1

    @property
    def first_month(self) -> str:
        """Write its first month as text."""
        return months.from_index(self.first)

    @property
    def last_month(self) -> str:
        """Write its last month as text."""
        return months.from_index(self.last)

    @property
    def numbers(self) -> range:
        """List its months as running numbers."""
        return range(self.first, self.last + 1)

    @property
    def months(self) -> list[str]:
        """List its months as text."""
        return [months.from_index(number) for number in self.numbers]

    @property
    def days(self) -> int:
        """Count its days."""
        return sum(months.end(month).day for month in self.months)

    @property
    def ahead(self) -> bool:
        """Tell whether it is some months from now on, and none that have a name."""
        return bool(self.label) and self.length > 1

    def shift(self, by: int) -> Period:
        """Move it so many months later, earlier if negative."""
        return Period(self.first + by, self.last + by)

    def until(self, last: int) -> Period | None:
        """Cut it off after a month; None if it begins later."""
        return Period(self.first, min(self.last, last)) if self.first <= last else None

    def lacking(self, known: Container[str]) -> list[str]:
        """List its months that are not among these."""
        return [month for month in self.months if month not in known]

    def total(self, counts: Mapping[str, int]) -> int | None:
        """Add its counts up; None if one is lacking."""
        return None if self.lacking(counts) else sum(counts[month] for month in self.months)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Years that begin in month 1..12 and bear the year they end in.

    begins : 10 (October) for the U.S. government, 1 where years are those of the calendar.
    adds : whether what is counted adds up over months; of a stock or a rate nothing is summed.
    """

    begins: int = 1
    adds: bool = True

    @property
    def fiscal(self) -> bool:
        """Tell whether its years are others than the calendar's."""
        return self.begins != 1

    @property
    def noun(self) -> str:
        """Name a year of it in a sentence."""
        return "fiscal year" if self.fiscal else "year"

    @property
    def forms(self) -> str:
        """List what `read` takes."""
        year = "FY2026" if self.fiscal else "2026"
        also = ", 2026" if self.fiscal else ""
        return (
            f"a month 2026-12, a span 2026-10..2027-03, {year}{also}, '{year} to date', "
            f"'since 2025-01', 'next 12 months', 'rest of 2026', 'first half of {year}'"
        )

    def year(self, month: int | str) -> int:
        """Return the year of a month, that in which it ends: from October 2024-10 is in 2025."""
        index = months.to_index(month) if isinstance(month, str) else month
        return (index + (13 - self.begins) % 12) // 12

    def nth(self, month: int | str) -> int:
        """Return a month's place in its year, 1..12."""
        index = months.to_index(month) if isinstance(month, str) else month
        return (index + 1 - self.begins) % 12 + 1

    def period(self, year: int, length: int = 12) -> Period:
        """Return a year, or so many months of its beginning."""
        first = year * 12 - (13 - self.begins) % 12
        return Period(first, first + length - 1)

    def to_date(self, month: str) -> Period:
        """Return a month's year up to it."""
        return Period(self.period(self.year(month)).first, months.to_index(month))

    def last(self, month: str) -> bool:
        """Tell whether a year ends with a month."""
        return self.nth(month) == 12

    def year_of(self, period: Period) -> int | None:
        """Return the year that a period is; None if it is none."""
        year = self.year(period.last)
        return year if self.period(year) == period else None

    def read(self, text: str, newest: int) -> Period:
        """Read months in a row as people type them; see `forms`.

        newest : the newest month known, a running number: "next" and "rest of" begin after it, "to
            date" and "since" end with it.
        SpanError if nothing of the kind is meant by it, or months do not add up.
        """
        plain = " ".join(text.casefold().split())
        try:
            period = self._read(plain, newest)
        except SpanError as error:
            raise SpanError(text, error.problem) from None
        if period.last < period.first:
            raise SpanError(text, "it ends before it begins")
        if period.length > 1 and not self.adds:
            raise SpanError(text, "months of a stock or a rate do not add up; ask for one month")
        if period.first < FIRST or period.last > LAST:
            raise SpanError(text, "only months from 1600 to 2199 can be kept")
        return period

    def _read(self, plain: str, newest: int) -> Period:
        if match := _TO_DATE.fullmatch(plain):
            return replace(year := self._point(match[1]), last=min(year.last, newest))
        if match := _SINCE.fullmatch(plain):
            return Period(self._point(match[1]).first, newest)
        if match := _NEXT.fullmatch(plain):
            return self._next(int(match[1] or _LENGTHS[match[2]]), newest)
        if match := _REST.fullmatch(plain.removeprefix("the ")):
            return self._rest(match[1], newest)
        if match := _NOW.fullmatch(plain):
            return self._now(match[1], int(match[2] or 0), match[3], newest)
        if match := _PART.fullmatch(plain):
            noun = match[2] or {"h": "half", "q": "quarter"}[match[3]]
            nth = int(match[4] or _PLACES.get(match[1], 0))
            year, length = self._point(match[5]), _LENGTHS[noun]
            if year.length == 12 and 1 <= nth <= 12 // length:
                return Period(year.first, year.first + length - 1).shift((nth - 1) * length)
        if match := _IN_ONE_YEAR.fullmatch(plain):
            return Period.of(month(f"{match[1]} {match[3]}"), month(match[2]))
        if match := _FROM_TO.fullmatch(plain):
            return Period(self._point(match[1]).first, self._point(match[2]).last)
        return self._point(plain)

    def _point(self, plain: str) -> Period:
        """Read a month or a year; a year without a word to it is the calendar's."""
        match = _YEAR.fullmatch(plain)
        if match and (match[1] or len(match[2]) == 4):
            year = int(match[2]) + (2000 if len(match[2]) == 2 else 0)
            return (self if match[1] else Calendar()).period(year)
        try:
            return Period.of(month(plain))
        except SpanError:
            if re.match(r"\d{4}-", plain):  # nearly a month
                raise
            raise SpanError(plain, f"not a span of months; write {self.forms}") from None

    def _next(self, count: int, newest: int) -> Period:
        name = "next month" if count == 1 else f"next {count} months"
        return Period(newest + 1, newest + count, name)

    def _now(self, which: str, count: int, unit: str, newest: int) -> Period:
        """Read "last month", the newest on record; "this fiscal year", as far as it is known."""
        if unit.startswith("month") or count:
            length = count * (1 if unit.startswith("month") else 12)
            return Period(newest + 1 - max(length, 1), newest)
        if which == "past":
            return Period(newest - 11, newest)
        calendar = self if unit == "fiscal year" else Calendar()
        year = calendar.period(calendar.year(newest))
        return year.shift(-12) if which in ("last", "previous") else replace(year, last=newest)

    def _rest(self, plain: str | None, newest: int) -> Period:
        year = self._point(plain) if plain else Calendar().period((newest + 1) // 12)
        if not year.first <= newest + 1 <= year.last:
            coming = months.from_index(newest + 1)
            raise SpanError(f"rest of {plain}", f"the next month to be published is {coming}")
        return Period(newest + 1, year.last, f"rest of {self.name(year)}")

    def read_year(self, text: str) -> int:
        """Read a year of this calendar, FY2025 or 2025; SpanError says how to write one."""
        with suppress(SpanError):
            plain = " ".join(text.casefold().split())
            bare = self.fiscal and plain.isdecimal() and len(plain) == 4
            year = self.year_of(self._point(f"fy{plain}" if bare else plain))
            if year is not None:
                return year
        raise SpanError(text, f"not a {self.noun}; write {self.year_name(2026)}")

    def find(self, text: str, newest: int) -> tuple[Period, str] | None:
        """Find what a sentence names, and the sentence without it; None where it names nothing."""
        for pattern in _NAMED:
            if match := pattern.search(text):
                with suppress(*((SpanError,) if self.adds else ())):
                    words = re.sub(r"calendar (?=\d)", "calendar year ", match[0], flags=re.I)
                    rest = text[: match.start()] + text[match.end() :]
                    return self.read(words, newest), rest
                return None
        if match := _OF_NAME.search(text):
            first = Period.of(month(f"{match[1].rstrip('.')} {newest // 12}")).first
            first -= 12 * (first > newest)
            last = newest if match[0].lower().startswith("since") else first
            return Period(first, last), text[: match.start()] + text[match.end() :]
        return None

    def standard(self, cutoff: int, reach: int) -> list[Period]:
        """List those every run answers: this and the next year, 12 months, this calendar year.

        cutoff : the newest month known. reach : months that are forecast.
        """
        if not self.adds:
            return []
        year, january = self.year(cutoff + 1), (cutoff + 1) // 12
        wanted = [self.period(year), self.period(year + 1), self._next(12, cutoff)]
        if self.fiscal:
            wanted.append(Calendar().period(january))
        if (cutoff + 1) % 12:  # in January the rest of the year is the year
            wanted.append(self._rest(None, cutoff))
        return [period for period in wanted if period.last <= cutoff + reach]

    def year_name(self, year: int) -> str:
        """Name a year: FY2025; a calendar year's name is 2025."""
        return f"FY{year}" if self.fiscal else str(year)

    def name(self, period: Period) -> str:
        """Name a period so that it reads back: FY2025, 2026-10..2027-03, or as it was put."""
        if period.label:
            return period.label
        for calendar in (self, Calendar()):
            if (year := calendar.year_of(period)) is not None:
                return calendar.year_name(year)
        return "..".join(dict.fromkeys((period.first_month, period.last_month)))

    def words(self, period: Period) -> str:
        """Write a period in a sentence: fiscal year 2025, May 2025, October to December 2026."""
        for calendar in (self, Calendar()):
            if (year := calendar.year_of(period)) is not None:
                return f"{'fiscal' if calendar.fiscal else 'calendar'} year {year}"
        first, last = (
            f"{months.NAMES[at % 12]} {at // 12:04d}" for at in (period.first, period.last)
        )
        if first == last:
            return first
        one_year = period.first // 12 == period.last // 12
        return f"{first.partition(' ')[0] if one_year else first} to {last}"


FEDERAL = Calendar(10)  # of the U.S. government
