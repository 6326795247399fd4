"""Expressions of time, and the spans they may mean by the day of publication and the text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any

from forecast import months
from forecast.claims.record.counts import Subject
from forecast.claims.record.verdict import ClaimMeasure, Reading
from forecast.claims.text.lexicon import Lexicon
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
        return self.form not in ("day", "days", "week", "administration")

    @property
    def relative(self) -> bool:
        """Whether it only has a meaning beside another span: a year earlier."""
        return self.form in ("shift", "same")


SensePart = tuple[str, tuple[str, ...], bool]  # dimension, members, all but these
NO_PART: SensePart = ("", (), False)


@dataclass(slots=True)
class TextState:
    """What a text has said so far; it changes as its sentences are read.

    calendar : of its fiscal years.
    home : the total that the whole text speaks of, None if of none.
    speaks : kinds and values of all phrases in the text.
    subject, span : of the last count. shared : the last share. recent : spans named lately, the
        latest first. here : those that the sentence itself names in full.
    usual : the totals that are meant where none is named. sentence : the place of the one read.
    """

    published: date
    calendar: Calendar
    home: str | None = None
    speaks: frozenset[tuple[str, str]] = frozenset()
    sectors_named: frozenset[str] = frozenset()
    total: str | None = None
    agency: str | None = None
    part: SensePart = NO_PART
    group: SensePart = NO_PART
    subject: Subject | None = None
    span: Period | None = None
    shared: Reading | None = None
    measure: ClaimMeasure = "total"
    recent: list[Period] = field(default_factory=list)
    here: tuple[Period, ...] = ()
    usual: tuple[str, ...] = ()
    sentence: int = 0

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
Args = tuple[Any, ...]  # of a form, as `_ARGS` has them

# What each form's arguments are, by the groups of its patterns or the keys of its entry.
_ARGS = {
    "months": "m1 y1 m2 y2", "since": "m y", "year_to": "m y", "through": "m y", "by": "m y",
    "fy_through": "fy m", "fy_first": "fy part", "year_first": "y part", "quarter": "fy q",
    "fy_last": "fy n", "fys": "a b", "years": "a b", "since_fy": "fy", "fy": "fy", "fy_ended": "y",
    "cy": "y", "year": "y", "era": "era", "administration": "whose", "same": "fy y", "shift": "by",
    "fy_rel": "by", "year_rel": "by", "month_rel": "by", "month": "m y which", "month_of": "m y",
    "past": "n", "streak": "n", "past_years": "n", "that": "word",
}  # fmt: skip


def _argument(name: str, match: re.Match[str], entry: TimeWord) -> Any:
    """An argument of a form: a month 1..12, a year, a number, or a word."""
    groups = match.groupdict()
    text = (groups.get(name) or groups.get("fz" if name == "fy" else name) or "").lower()
    if name in entry:
        return entry[name]
    if name == "era":
        return entry["eras"][text.replace("\u2019", "'")]
    if name == "by":
        return entry["each"] * _argument("n", match, entry)
    if name == "part":
        return {"half": 6, "quarter": 3}.get(text) or _argument("n", match, entry)
    if name in ("which", "whose"):
        return text
    if name == "word":
        return match[0].split()[-1].lower()
    if name in ("n", "q"):
        return number_words().get(text) or int(text or 1)
    if name[0] == "m":
        return months.SHORT.index(text[:3]) + 1 if text else None
    digits = re.sub(r"\D", "", text)[-4:]
    if not digits:
        return text or None  # this year, last year
    return int(digits) + (2000 if len(digits) == 2 else 0)


@lru_cache(8)
def _grammar(lexicon: Lexicon) -> list[tuple[re.Pattern[str], str, TimeWord]]:
    """The expressions of times.toml, macros filled in, in their order."""
    read = tomllib.loads(files("forecast.claims.text").joinpath("times.toml").read_text("utf-8"))
    macros = dict(read["macros"])
    eras = {era: start for start, named in lexicon.tables.get("era", {}).items() for era in named}
    longest_first = sorted(map(re.escape, eras), key=len, reverse=True)
    macros["ERA"] = "(?P<era>(?i:" + ("|".join(longest_first) or "(?!)") + "))"
    macros["FY_Z"] = macros["FY_AFTER"].replace("<fy>", "<fz>")
    return [
        (re.compile(filled(pattern, macros)), form, dict(*also, eras=eras))
        for form, pattern, *also in read["time"]
    ]


_HINT = re.compile(
    r"\d|month|year|FY|fy|fiscal|since|under|day|week|hour|night|quarter|calendar|term|watch"
    r"|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|[A-Z]{3}"
)
# 2,024 people aside: "2020 people", "$2024", "No. 2021", "2000 migrants" are no years.
_COUNTED = re.compile(
    r" (?:migrant|people|apprehen|encounter|immigrant|alien|individual|agents|per)", re.I
)
_BEFORE_MODAL = re.compile(r"\bMay (?:be|have|not|also|well)\b")


def find(text: str, start: int, lexicon: Lexicon) -> list[TimeRef]:
    """The expressions of time in a sentence, none inside another, left to right.

    text : the sentence; start : its place in the whole text. lexicon : has the eras.
    """
    if not _HINT.search(text):
        return []
    taken: list[TimeRef] = []
    busy = bytearray(len(text))
    for pattern, form, entry in _grammar(lexicon):
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
    kind = next((kind for kind, forms in _KINDS.items() if ref.form in forms), None)
    resolved = kind(now, base, ref.form, ref.args) if kind else []
    return list(dict.fromkeys(span for span in resolved if span.last >= span.first))


def _begun(span: Period, now: TextState) -> bool:
    """Whether this is a fiscal year's beginning: October to some later month."""
    return now.calendar.nth(span.first) == 1 and 1 < span.length < 12


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


def _of_month(now: TextState, base: Period | None, _: str, args: Args) -> list[Period]:
    """October, last October, the same October: which one, the words do not say."""
    number, year, which = args
    latest = _latest(number, now.month)
    if year or which == "the same":
        same = _latest(number, base.last) if base else latest
        month = year * 12 + number - 1 if year else same
        return [Period(month, month)]
    named = [month for span in now.here if span.length > 1 for month in span.numbers]
    candidates = [month for month in named if month % 12 == number - 1][-1:]
    if base and which == "last" and base.length == 1 and base.first % 12 == number - 1:
        candidates.append(base.first - 12)  # this October against last October
    elif base and not which:  # the latest one before what it is compared with
        candidates.append(_latest(number, base.last + (base.length > 1)))
    candidates += [latest, latest - 12] if which == "last" else [latest]
    if not base and now.published.day >= 27 and now.month % 12 == number - 1:
        candidates.append(now.month)
    for recent in (*now.here[:2], *now.recent[:3]):
        near = (_latest(number, recent.last + after) for after in (1, 12))
        candidates += [month for month in near if month < now.month]
    return [Period(month, month) for month in candidates]


def _of_months(now: TextState, base: Period | None, _: str, args: Args) -> list[Period]:
    """From October to May, of years that may be left out."""
    first, first_year, last, last_year = args
    if isinstance(last_year, str):
        last_year = now.published.year - (last_year == "last year")
    begin = first_year * 12 + first - 1 if first_year else None
    if begin and not last_year:
        return [Period(begin, begin + (last - first) % 12)]
    if last_year:
        end = last_year * 12 + last - 1
        return [Period(begin or _latest(first, end + 1), end)]
    end = _latest(last, base.last if base else now.month)
    ends = [end, end - 12, *(_latest(last, recent.last + 1) for recent in now.recent[:2])]
    return [Period(_latest(first, end + 1), end) for end in ends]


def _of_year(now: TextState, base: Period | None, form: str, args: Args) -> list[Period]:
    """Whole years, fiscal or calendar; of one that is not over, the months that were known."""
    first, last = args[0], args[-1]
    whole = now.calendar.period(last)
    by_fiscal, by_calendar = _clipped(whole, now), _clipped(Calendar().period(last), now)
    month = base if base and base.length == 1 else None
    to_date = [now.calendar.period(last, base.length)] if base and _begun(base, now) else []
    match form:
        case "fys":
            return [Period(now.calendar.period(first).first, span.last) for span in by_fiscal]
        case "years":
            starts = (
                (now.calendar.period(first), by_fiscal),
                (Calendar().period(first), by_calendar),
            )
            return [Period(a.first, b.last) for a, ends in starts for b in ends[:2]]
        case "cy":
            return by_calendar
        case "fy" if to_date and to_date[0] != base:
            return [*to_date, whole]
        case "fy" if month and whole.last < month.first:
            ago = last - now.calendar.year(month.first)
            return [whole, month.shift(12 * ago)]
        case "fy":
            return by_fiscal
        case _ if month:  # a bare year beside a month: that month of the year
            same = last * 12 + month.first % 12
            return [Period(same, same), *by_fiscal, *by_calendar]
    candidates = [*to_date, *by_fiscal[:3], *by_calendar[:3]]
    spoken = any(recent.first % 12 == 0 and recent.length > 1 for recent in now.recent[:3])
    calendar_first = spoken and not to_date
    return (
        sorted(candidates, key=lambda span: span.first % 12 != 0) if calendar_first else candidates
    )


def _of_this_year(now: TextState, base: Period | None, form: str, args: Args) -> list[Period]:
    """The fiscal year so far, or up to a month."""
    year, number = args or (None, None)
    whole = now.calendar.period(year) if year else _fiscal_of(now.newest[0], now)
    if number:
        end = whole.first + (number - now.calendar.begins) % 12
        years_ago = 12 * (not year and end >= now.month)
        return [Period(whole.first - years_ago, end - years_ago)]
    if base and _begun(base, now):
        candidates = [Period(whole.first, whole.first + base.length - 1)]
    else:
        candidates = _clipped(whole, now)
        if year is None:
            candidates += _clipped(whole.shift(-12), now) if now.calendar.nth(now.month) < 3 else []
            ends = [recent.last for recent in now.recent[:1]]
            candidates += [Period(_fiscal_of(end, now).first, end) for end in ends]
    named = [r for r in now.recent if _begun(r, now) or now.calendar.year_of(r)]
    return [*candidates[:3], *named[:1], *candidates[3:]] if form == "fy_now" else candidates


def _in_year(now: TextState, _: Period | None, form: str, args: Args) -> list[Period]:
    """Parts of years: quarters, halves, their first and last months."""
    current = now.calendar.year(now.newest[0])
    match form, *args:
        case "quarter", year, quarter:
            return [now.calendar.period(year, 3).shift(3 * (quarter - 1))]
        case "fy_last", year, length:
            last = now.calendar.period(year).last
            return [Period(last - length + 1, last)]
        case "year_first", str(word), length:  # this year, last year
            return _in_year(now, None, form, (now.published.year - (word == "last year"), length))
        case "year_first", year, length:
            return [Period(year * 12, year * 12 + length - 1), now.calendar.period(year, length)]
        case _, -1, length:
            return [now.calendar.period(current - 1, length)]
        case _, None, length:
            this_year = [now.calendar.period(current, length)]
            over = this_year[0].last >= now.month
            return [now.calendar.period(current - 1, length), *this_year] if over else this_year
    return [now.calendar.period(*args)]


def _relative(now: TextState, base: Period | None, form: str, args: Args) -> list[Period]:
    """A year earlier, last month, last fiscal year: beside another span, or the publication."""
    month = base if base and base.length == 1 else None
    beside = base or next(iter(now.recent), Period(now.newest[0], now.newest[0]))
    match form, *args:
        case "shift", (1 | -1) as by if beside.length > 1:
            return [Period(beside.last + by, beside.last + by)]
        case "shift", by:
            year = [_fiscal_of(beside.last, now, -1)] if by == -12 and beside.length == 1 else []
            return [beside.shift(by), *year]
        case "month_rel", by:
            ends = (now.month - 1, now.month if by == 0 else now.month - 2)
            candidates = [Period(end, end) for end in ends]
            return [month.shift(-1), *candidates] if by and month else candidates
        case "fy_rel", by if base:
            before, shifted = _fiscal_of(base.last, now, by), base.shift(12 * by)
            whole = _fiscal_of(now.month, now, by)
            return [shifted, before] if _begun(base, now) else [before, shifted, whole]
        case "fy_rel", by:
            wholes = [_fiscal_of(month, now, by) for month in (now.month, now.month - 2)]
            return [*wholes, *_clipped(wholes[0].shift(-12), now)]
        case "year_rel", by if base and by:  # last year, of what it is compared with
            years = [_fiscal_of(base.last, now, -1)] if _begun(base, now) or month else []
            return [
                base.shift(12 * by),
                *years,
                *([Calendar().period(base.last // 12 - 1)] * bool(month)),
            ]
    (by,) = args
    current = _fiscal_of(now.newest[0], now, by)
    candidates = (
        _clipped(current, now)[:3] + _clipped(Calendar().period(now.published.year + by), now)[:3]
    )
    # The same months of last year, where this year's are meant beside them.
    earlier = [end - 12 for end in now.newest[:2] if by and end - 12 >= current.first]
    return [*candidates, *(Period(current.first, end) for end in earlier)]


def _same(now: TextState, base: Period | None, form: str, args: Args) -> list[Period]:
    """What was spoken of, in another year: the same period of 2021, March of last year, that."""
    beside = base or next(iter(now.recent), None)
    there = now.calendar.year(beside.last) if beside else 0
    match form, *args:
        case "that", word:  # that month, the year
            long = word.startswith("year")
            return [recent for recent in now.recent if (recent.length == 1) != long]
        case "month_of", number, which:
            ago = "this" not in which
            years = [base.last // 12 - 1] if base and ago else []
            indexes = [year * 12 + number - 1 for year in (*years, now.published.year - ago)]
            return [Period(month, month) for month in indexes]
        case "same", by_fiscal, year if beside:
            later = [by_fiscal - there] if by_fiscal else [year - beside.last // 12, year - there]
            return [beside.shift(12 * by) for by in later]
    return []


def _until_now(now: TextState, _: Period | None, form: str, args: Args) -> list[Period]:
    """Stretches up to the newest month, or to one that is named: since January 2021, by June."""
    newest = now.newest
    match form, *args:
        case "past", count:
            return [Period(end - count + 1, end) for end in newest[:3]]
        case "streak", count:  # the 13th straight month, up to the one spoken of or the newest
            single = [span.last for span in now.recent if span.length == 1]
            return [Period(end - count + 1, end) for end in (*single[:1], *newest[:2])]
        case "past_years", count:
            lasts = [_fiscal_of(newest[0], now, later) for later in (-1, 0)]
            return [Period(last.first - 12 * (count - 1), last.last) for last in lasts]
        case "fy_ended", year:
            october = now.calendar.nth(now.month) == 1
            return [
                now.calendar.period(year)
                if year
                else _fiscal_of(now.month - october, now, october - 1)
            ]
        case "since_fy", year:
            return [Period(now.calendar.period(year).first, end) for end in newest[:3]]
        case (("through" | "by" | "year_to"), number, year):
            late = form != "year_to" and now.published.day > 27
            end = year * 12 + number - 1 if year else _latest(number, now.month + late)
            begun = [span.first for span in now.recent[:1] if span.length > 1 and span.first < end]
            firsts = [_fiscal_of(end, now).first, *begun, end // 12 * 12, end]
            starts = {"year_to": [end - 11], "by": [end, firsts[0]]}.get(form, firsts)
            return [Period(start, end) for start in starts]
    number, year = args
    start = year * 12 + (number or 1) - 1 if year else _latest(number or 1, now.month)
    starts = [start] if number or not year else [start, now.calendar.period(year).first]
    return [Period(start, end) for start in starts for end in newest]


# The months in which presidents took office, and those after them.
_STARTS = {"obama": ("2009-01",), "biden": ("2021-01",), "trump": ("2017-01", "2025-01")}
_ENDS = {"2021-01": "2025-01", "2017-01": "2021-01", "2009-01": "2017-01"}


def _of_administration(now: TextState, _: Period | None, form: str, args: Args) -> list[Period]:
    """A president's months, by name or as the one before: the first full one comes first."""
    (whose,) = args
    published = f"{now.published:%Y-%m}"
    past = sorted((s for every in _STARTS.values() for s in every if s < published), reverse=True)
    if form == "era":
        second = now.published >= date(2025, 1, 20)
        chosen = [("2025-01" if second else "2017-01") if whose == "trump" else whose]
    elif whose in _STARTS:
        chosen = [start for start in past if start in _STARTS[whose]]
    else:
        chosen = past[:1] if whose == "current" else past[1:2]
    terms = []
    for start in chosen:
        first = months.to_index(start)
        last = months.to_index(_ENDS[start]) if start in _ENDS else now.month
        known = [end for end in now.newest[:3] if end <= last] or [last - 1, last]
        terms += [Period(begin, end) for begin in (first + 1, first) for end in known]
    return terms


# What each form of an expression is resolved by.
_KINDS: dict[Callable[[TextState, Period | None, str, Args], list[Period]], tuple[str, ...]] = {
    _of_month: ("month",),
    _of_year: ("year", "fy", "cy", "years", "fys"),
    _of_months: ("months",),
    _of_this_year: ("fy_now", "fy_through"),
    _relative: ("shift", "month_rel", "year_rel", "fy_rel"),
    _in_year: ("fy_first", "fy_last", "year_first", "quarter"),
    _same: ("same", "that", "month_of"),
    _until_now: (
        "since",
        "since_fy",
        "past",
        "past_years",
        "streak",
        "fy_ended",
        "through",
        "by",
        "year_to",
    ),
    _of_administration: ("administration", "era"),
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
