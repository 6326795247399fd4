"""Expressions of time, and the spans they may mean by the day of publication and the text."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from importlib.resources import files
from itertools import count
from typing import Any

from forecast import months
from forecast.claims.record.counts import Subject
from forecast.claims.text.tokens import filled, number_words
from forecast.periods import Calendar, Period


@dataclass(frozen=True, slots=True)
class TimeRef:
    """An expression of time: start, end in the text; what it says by form and arguments.

    since : it begins something: since January 2021. first, last : its tokens, first to last - 1, in
    the sentence that it stands in.
    """

    start: int
    end: int
    form: str
    args: tuple[Any, ...] = ()
    since: bool = False
    first: int = 0
    last: int = 0

    @property
    def counts(self) -> bool:
        """Whether it can say which months a number counts: an administration only of a base."""
        return self.form not in ("day", "days", "week", "administration", "streak")

    @property
    def relative(self) -> bool:
        """Whether it only has a meaning beside another span: a year earlier."""
        return self.form in ("shift", "same")


SensePart = tuple[str, tuple[str, ...]]  # dimension, members
NO_PART: SensePart = ("", ())


@dataclass(slots=True)
class TextState:
    """What a text has said so far; it changes as its sentences are read.

    calendar : of its fiscal years.
    home : the total that the whole text speaks of, None if of none.
    speaks : kinds and values of all phrases in the text.
    subject, span : of the last count. recent : spans named lately, the
        latest first.
    sector : the sector or office named last.
    usual : the totals that are meant where none is named. homes : sector or office -> its total.
    sentence : the place of the one read. both : whether words for one agency mean both.
    """

    published: date
    calendar: Calendar
    home: str | None = None
    speaks: frozenset[tuple[str, str]] = frozenset()
    sectors_named: frozenset[str] = frozenset()
    total: str | None = None
    agency: str | None = None
    part: SensePart = NO_PART
    sector: SensePart = NO_PART
    group: SensePart = NO_PART
    subject: Subject | None = None
    span: Period | None = None
    recent: list[Period] = field(default_factory=list)
    usual: tuple[str, ...] = ()
    homes: Mapping[str, str] = field(default_factory=dict)
    sentence: int = 0
    both: bool = False

    def saw(self, span: Period) -> None:
        """Remember a span that was spoken of."""
        self.recent = [span, *(other for other in self.recent if other != span)][:5]

    @property
    def month(self) -> int:
        """The month of publication."""
        return self.published.year * 12 + self.published.month - 1

    @property
    def newest(self) -> list[int]:
        """The newest months that can have been known, most likely first."""
        return [self.month - 1, self.month - 2, self.month - 3, self.month]


TimeWord = dict[str, Any]
Spans = list[Period]

# What each form's arguments are, by the groups of its patterns or the keys of its entry.
_ARGS = {
    "months": "m1 y1 m2 y2", "since": "m y", "year_to": "m y", "through": "m y", "by": "m y",
    "fy_through": "fy m", "fy_first": "fy part", "year_first": "y part", "quarter": "fy q",
    "fy_last": "fy n", "fys": "a b", "years": "a b", "since_fy": "fy", "fy": "fy", "fy_ended": "y",
    "cy": "y", "year": "y", "era": "era", "administration": "whose", "same": "fy y", "shift": "by",
    "fy_rel": "by", "year_rel": "by", "month_rel": "by", "month": "m y which", "fy_month": "fy m",
    "fy_months": "fy m1 m2",
    "past": "n", "streak": "n", "past_years": "n", "that": "word",
}  # fmt: skip


def _argument(name: str, match: re.Match[str], entry: TimeWord) -> Any:
    """An argument of a form: a month 1..12, a year, a number, or a word."""
    groups = {key.rpartition("_")[0]: text for key, text in match.groupdict().items() if text}
    text = groups.get(name, "").lower()
    if name in entry:
        return entry[name]
    if name == "word":
        return text or match[0].split()[-1].lower()
    if name in ("which", "whose"):
        return text
    if name in ("n", "q", "part", "by"):
        return _length(text or groups.get("n", "")) * entry.get("each", 1)
    if name[0] == "m":
        return months.SHORT.index(text[:3]) + 1 if text else None
    digits = re.sub(r"\D", "", text)[-4:]
    if not digits:
        return text or None  # this year, last year
    return int(digits) + (2000 if len(digits) == 2 else 0)


def _length(text: str) -> int:
    """A number of months, years or quarters: two, 2, half."""
    return _LENGTHS.get(text) or number_words().get(text) or int(text or 1)


_LENGTHS = {"half": 6, "quarter": 3}


@lru_cache(1)
def _grammar() -> list[tuple[re.Pattern[str], str, TimeWord]]:
    """The expressions of times.toml, macros filled in, in their order."""
    read = tomllib.loads(files("forecast.claims.text").joinpath("times.toml").read_text("utf-8"))
    numbered = count()  # a group may stand in several places of a pattern
    return [
        (
            re.compile(
                re.sub(
                    r"\(\?P<(\w+)>",
                    lambda group: f"(?P<{group[1]}_{next(numbered)}>",
                    filled(pattern, read["macros"]),
                )
            ),
            form,
            dict(*also),
        )
        for form, pattern, *also in read["time"]
    ]


_HINT = re.compile(
    r"\d|month|year|FY|fy|fiscal|[Ss]ince|[Uu]nder|day|week|hour|night|quarter|calendar|term|watch"
    r"|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|[A-Z]{3}"
)
# 2,024 people aside: "2020 people", "$2024", "No. 2021", "2000 migrants" are no years.
_COUNTED = re.compile(
    r" (?:migrant|people|apprehen|encounter|immigrant|alien|individual|agents|per)", re.I
)
_BEFORE_MODAL = re.compile(r"\bMay (?:be|have|not|also|well)\b")


def find(text: str, start: int) -> list[TimeRef]:
    """The expressions of time in a sentence, none inside another, left to right.

    text : the sentence; start : its place in the whole text.
    """
    if not _HINT.search(text):
        return []
    taken: list[TimeRef] = []
    busy = bytearray(len(text))
    for pattern, form, entry in _grammar():
        for match in pattern.finditer(text):
            first, last = match.span()
            if any(busy[first:last]) or (form == "month" and _BEFORE_MODAL.match(text, first)):
                continue
            led, counted = text[max(0, first - 1) : first], _COUNTED.match(text, last)
            if form == "year" and (led in ("$", "#", ",", ".", "-") or counted):
                continue
            busy[first:last] = b"\1" * (last - first)
            since = form in ("since", "since_fy", "era")
            args = tuple(_argument(name, match, entry) for name in _ARGS.get(form, "").split())
            taken.append(TimeRef(start + first, start + last, form, args, since))
    return sorted(taken, key=lambda ref: ref.start)


def spans(ref: TimeRef, now: TextState, base: Period | None = None) -> list[Period]:
    """List the spans an expression may mean, most likely first; empty where it has none.

    base : the span that it is compared with, for "a year earlier" and for months without a year.
    """
    resolve = _FORMS.get(ref.form)
    resolved = resolve(now, base, *ref.args) if resolve else []
    return list(dict.fromkeys(span for span in resolved if span.last >= span.first))


def _begun(span: Period | None, now: TextState) -> bool:
    """Whether this is a fiscal year's beginning: October to some later month."""
    return span is not None and now.calendar.nth(span.first) == 1 and 1 < span.length < 12


def _month(month: int) -> Period:
    return Period(month, month)


def _latest(number: int, before: int) -> int:
    """The latest month of this name that lies before a month."""
    return before - 1 - (before - 1 - (number - 1)) % 12


def _fiscal_of(month: int, now: TextState, later: int = 0) -> Period:
    """The fiscal year of a month, or so many years later."""
    return now.calendar.period(now.calendar.year(month) + later)


def _clipped(span: Period, now: TextState) -> list[Period]:
    """A year that was not over at publication ends with the months known by then."""
    if span.last < now.month - 1:
        return [span]
    if span.last == now.month - 1:
        return [span, Period(span.first, span.last - 1)]
    month = [recent.last for recent in now.recent[:2] if recent.length == 1]
    ends = [now.newest[0], *month, *now.newest[1:]]
    cut = [Period(span.first, min(end, span.last)) for end in ends if end >= span.first]
    return [*cut, span]


def _said_year(now: TextState, year: Any) -> Any:
    """Give this year or last year as a number; any other is one, or None."""
    return now.published.year - ("this" not in year) if isinstance(year, str) else year


def _of_month(now: TextState, base: Period | None, number: int, year: Any, which: str) -> Spans:
    """October, last October, the same October: which one, the words do not say."""
    latest = _latest(number, now.month)
    year = _said_year(now, year)  # March of last year
    if year:
        return [_month(year * 12 + number - 1)]
    if not (base or which) and latest == now.month - 1 and latest in {r.last for r in now.recent}:
        return [_month(latest)]  # what the text is about, whatever else it speaks of
    candidates = _of_name(latest, base, which, number)
    if not base and now.published.day >= 27 and now.month % 12 == number - 1:
        candidates.append(now.month)  # nearly over on the day
    near = [_latest(number, r.last + after) for r in now.recent[:3] for after in (1, 12)]
    return [_month(month) for month in (*candidates, *(m for m in near if m < now.month))]


def _of_name(latest: int, base: Period | None, which: str, number: int) -> list[int]:
    """The likeliest months of a name, by what they are compared with."""
    if base and which == "last" and base.first % 12 == number - 1:
        return [base.first - 12, latest, latest - 12]  # this October against last October
    if base and not which:  # the latest one before what it is compared with
        return [_latest(number, base.last + (base.length > 1)), latest]
    return [latest, latest - 12] if which == "last" else [latest]


def _of_months(
    now: TextState, base: Period | None, first: int, year: Any, last: int, last_year: Any
) -> Spans:
    """From October to May, of years that may be left out."""
    last_year = _said_year(now, last_year)
    begin = year * 12 + first - 1 if year else None
    if last_year:
        end = last_year * 12 + last - 1
        return [Period(begin or _latest(first, end + 1), end)]
    if begin:
        return [Period(begin, begin + (last - first) % 12)]
    end = _latest(last, now.month)
    return [Period(_latest(first, end + 1), end) for end in (end, end - 12)]


def _of_fiscal_year(now: TextState, base: Period | None, year: int) -> Spans:
    whole = now.calendar.period(year)
    if base and _begun(base, now) and now.calendar.period(year, base.length) != base:
        return [now.calendar.period(year, base.length), whole]
    return _clipped(whole, now)


def _of_year(now: TextState, base: Period | None, year: int) -> Spans:
    """A bare year, fiscal or of the calendar; of one not over, the months that were known."""
    by_fiscal = _clipped(now.calendar.period(year), now)
    by_calendar = _clipped(Calendar().period(year), now)
    if base and base.length == 1:  # beside a month: that month of the year
        return [_month(year * 12 + base.first % 12), *by_fiscal]
    return [*by_fiscal[:3], *by_calendar[:3]]


def _through(
    now: TextState, base: Period | None, year: Any = None, number: int | None = None
) -> Spans:
    """A fiscal year so far, or up to a month."""
    whole = now.calendar.period(year) if year else _fiscal_of(now.newest[0], now)
    if number:
        end = whole.first + (number - now.calendar.begins) % 12
        ago = 12 * (not year and end >= now.month)
        return [Period(whole.first - ago, end - ago)]
    if base and _begun(base, now):
        return [Period(whole.first, whole.first + base.length - 1)]
    candidates = _clipped(whole, now)
    if year is None:
        candidates += _clipped(whole.shift(-12), now) if now.calendar.nth(now.month) < 3 else []
        candidates += [Period(_fiscal_of(r.last, now).first, r.last) for r in now.recent[:1]]
    return candidates


def _fiscal_first(now: TextState, _: Period | None, year: Any, length: int) -> Spans:
    """The first months of a fiscal year: of one by its number, of the last one (-1), of this."""
    current = now.calendar.year(now.newest[0])
    if year:
        return [now.calendar.period(current - 1 if year == -1 else year, length)]
    begun = now.calendar.period(current, length)
    return [now.calendar.period(current - 1, length), begun][begun.last < now.month :]


def _shifted(now: TextState, base: Period | None, by: int) -> Spans:
    """A year earlier, the month before: beside what is compared, or was spoken of."""
    beside = base or next(iter(now.recent), _month(now.newest[0]))
    if beside.length > 1 and abs(by) == 1:
        return [_month(beside.last + by)]
    year = [_fiscal_of(beside.last, now, -1)] if by == -12 and beside.length == 1 else []
    return [beside.shift(by), *year]


def _fiscal_beside(now: TextState, base: Period | None, by: int) -> Spans:
    """Last fiscal year."""
    whole = _fiscal_of(now.month, now, by)
    if base is None:
        return [whole, _fiscal_of(now.month - 2, now, by)]
    before, shifted = _fiscal_of(base.last, now, by), base.shift(12 * by)
    return [shifted, before] if _begun(base, now) else [before, shifted, whole]


def _year_beside(now: TextState, base: Period | None, by: int) -> Spans:
    """Last year, this year: of what it is compared with, or of the day."""
    if base and by:
        return [base.shift(12 * by), _fiscal_of(base.last, now, -1)]
    current = _fiscal_of(now.newest[0], now, by)
    calendar = Calendar().period(now.published.year + by)
    # The same months of last year, where this year's are meant beside them.
    same = [
        Period(current.first, end - 12)
        for end in now.newest[:2]
        if by and end - 12 >= current.first
    ]
    return [*_clipped(current, now)[:3], *_clipped(calendar, now)[:3], *same]


def _same(now: TextState, base: Period | None, by_fiscal: Any, year: Any) -> Spans:
    """The same period of another year."""
    beside = base or next(iter(now.recent), None)
    if beside is None:
        return []
    there = now.calendar.year(beside.last)
    later = [by_fiscal - there] if by_fiscal else [year - beside.last // 12, year - there]
    return [beside.shift(12 * by) for by in later]


def _to_month(now: TextState, number: int, year: Any) -> Spans:
    """Through June: of its fiscal year, of what was spoken of, of the calendar year, alone."""
    late = now.published.day > 27
    end = year * 12 + number - 1 if year else _latest(number, now.month + late)
    firsts = (_fiscal_of(end, now).first, end // 12 * 12, end)
    return [Period(start, end) for start in firsts]


def _since(now: TextState, _: Period | None, number: Any, year: Any) -> Spans:
    start = year * 12 + (number or 1) - 1 if year else _latest(number or 1, now.month)
    starts = [start] if number or not year else [start, now.calendar.period(year).first]
    return [Period(first, end) for first in starts for end in now.newest]


# The months in which presidents took office, the last one first.
_STARTS = {
    "2025-01": "trump", "2021-01": "biden", "2017-01": "trump", "2009-01": "obama",
}  # fmt: skip


def _term(now: TextState, _: Period | None, whose: str) -> Spans:
    """A president's months, by name or as the one before; the first full month comes first."""
    past = [start for start in _STARTS if f"{start}-20" <= now.published.isoformat()]
    by_name = [start for start in past if _STARTS[start] == whose]
    chosen = by_name or (past[:1] if whose == "current" else past[1:2])
    return [span for start in chosen for span in _term_from(now, start, past)]


def _term_from(now: TextState, start: str, past: Sequence[str]) -> Spans:
    first = months.to_index(start)
    after = [months.to_index(other) for other in past if other > start]
    known = [end for end in now.newest[:3] if end <= min(after, default=now.month)]
    last = known or [after[-1] - 1, after[-1]]
    return [Period(begin, end) for begin in (first + 1, first) for end in last]


_FORMS: dict[str, Callable[..., Spans]] = {
    "month": _of_month,
    "months": _of_months,
    "month_rel": lambda now, _, by: [
        _month(month) for month in (now.month - 1, now.month if by == 0 else now.month - 2)
    ],
    "year": _of_year,
    "year_rel": _year_beside,
    "year_first": lambda now, _, year, length: [
        calendar.period(_said_year(now, year), length) for calendar in (Calendar(), now.calendar)
    ],
    "year_to": lambda now, _, *month: [Period(s.last - 11, s.last) for s in _to_month(now, *month)],
    "years": lambda now, _, first, last: [
        Period(calendar.period(first).first, span.last)
        for calendar in (now.calendar, Calendar())
        for span in _clipped(calendar.period(last), now)[:2]
    ],
    "cy": lambda now, _, year: _clipped(Calendar().period(year), now),
    "quarter": lambda now, _, year, nth: [now.calendar.period(year, 3).shift(3 * nth - 3)],
    "fy": _of_fiscal_year,
    "fy_month": lambda now, _, year, number: [
        _month(month) for month in now.calendar.period(year).numbers if month % 12 == number - 1
    ],
    "fy_months": lambda now, _, year, first, last: [
        Period(*(whole.first + (month - now.calendar.begins) % 12 for month in (first, last)))
        for whole in [now.calendar.period(year)]
    ],
    "fys": lambda now, _, first, last: [
        Period(now.calendar.period(first).first, span.last)
        for span in _clipped(now.calendar.period(last), now)
    ],
    "fy_now": _through,
    "fy_through": _through,
    "fy_first": _fiscal_first,
    "fy_last": lambda now, _, year, length: [
        Period(whole.last - length + 1, whole.last) for whole in [now.calendar.period(year)]
    ],
    "fy_rel": _fiscal_beside,
    # In October the one that ended is the month before's.
    "fy_ended": lambda now, _, year: [
        now.calendar.period(
            year or now.calendar.year(now.month - 1) - (now.calendar.nth(now.month) > 1)
        )
    ],
    "shift": _shifted,
    "same": _same,
    "that": lambda now, _, word: [  # that month, the year: as spoken of
        recent for recent in now.recent if (recent.length == 1) != word.startswith("year")
    ],
    "past": lambda now, _, length: [Period(end - length + 1, end) for end in now.newest[:3]],
    "past_years": lambda now, _, years: [
        Period(last.first - 12 * (years - 1), last.last)
        for last in (_fiscal_of(now.newest[0], now, later) for later in (-1, 0))
    ],
    "since": _since,
    "since_fy": lambda now, _, year: [
        Period(now.calendar.period(year).first, end) for end in now.newest[:3]
    ],
    "through": lambda now, _, *month: _to_month(now, *month),
    "by": lambda now, _, *month: [
        span for spans in [_to_month(now, *month)] for span in (spans[-1], spans[0])
    ],
    "administration": _term,
    "era": _term,
}


def day_of(text: str) -> date | None:
    """The first date in a text's beginning: March 9, 2017 or 2017-03-09; None if there is none."""
    names = r"(?P<m>[A-Z][a-z]{2,8})\.?"
    match = re.search(rf"\b{names} (?P<d>\d\d?),? (?P<y>20\d\d)\b", text[:3000])
    try:
        if match:
            month = months.SHORT.index(match["m"][:3].lower()) + 1
            return date(int(match["y"]), month, int(match["d"]))
        iso = re.search(r"\b(20\d\d)-(\d\d)-(\d\d)\b", text[:3000])
        return date(int(iso[1]), int(iso[2]), int(iso[3])) if iso else None
    except ValueError:
        return None
