"""Expressions of time in a text, and the spans they may mean as of the day of publication."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any

from forecast import months
from forecast.claims.tokens import filled, tables
from forecast.claims.truth import ClaimSpan, calendar, fiscal

_COUNTS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_QUARTERS = ("first", "second", "third", "fourth")


@dataclass(frozen=True, slots=True)
class TimeRef:
    """An expression of time: start, end in the text; what it says by form and arguments.

    since : it begins something: since January 2021. day : a date of one day, or days and weeks.
    """

    start: int
    end: int
    form: str
    args: tuple[Any, ...] = ()
    since: bool = False

    @property
    def counts(self) -> bool:
        """Whether it can say which months a number counts: an administration only of a base."""
        return self.form not in ("day", "days", "week", "administration")

    @property
    def relative(self) -> bool:
        """Whether it only has a meaning beside another span: a year earlier."""
        return self.form in ("shift", "same")


@dataclass(frozen=True, slots=True)
class Now:
    """The day of publication, and the spans that the text spoke of before, the latest first.

    here : the spans that the sentence itself names in full. begins : the month 1..12 in which
    fiscal years begin.
    """

    published: date
    begins: int
    recent: tuple[ClaimSpan, ...] = ()
    here: tuple[ClaimSpan, ...] = ()

    @property
    def month(self) -> int:
        """The month of publication."""
        return self.published.year * 12 + self.published.month - 1

    @property
    def newest(self) -> list[int]:
        """The newest months that can have been known, most likely first."""
        return [self.month - 1, self.month - 2, self.month - 3, self.month]


def _month_number(text: str | None) -> int | None:
    if not text:
        return None
    return _MONTHS.index(text[:3].lower()) + 1


def _year(text: str | None) -> int | None:
    if not text:
        return None
    digits = re.sub(r"\D", "", text)[-4:]
    return int(digits) + (2000 if len(digits) == 2 else 0)


def _number(text: str) -> int:
    return _COUNTS.get(text.lower()) or int(text)


CalendarWord = dict[str, Any]
Args = Callable[[re.Match[str], CalendarWord], tuple[Any, ...]]


def _group(match: re.Match[str], *names: str) -> str | None:
    """The first of these groups that the pattern has and that matched."""
    known = match.groupdict()
    return next((known[name] for name in names if known.get(name)), None)


def _months(match: re.Match[str], _: CalendarWord) -> tuple[Any, ...]:
    first, last = _month_number(match["m1"]), _month_number(match["m2"])
    return first, _year(match["y1"]), last, _relative_year(match["y2"])


def _month_year(match: re.Match[str], _: CalendarWord) -> tuple[Any, ...]:
    return _month_number(_group(match, "m")), _year(_group(match, "y"))


def _quarter_of(match: re.Match[str], _: CalendarWord) -> tuple[Any, ...]:
    digits = _group(match, "q", "q2") or "1"
    return _year(match["fy"]), _QUARTERS[int(digits) - 1] if digits.isdigit() else digits.lower()


def _same_as(match: re.Match[str], _: CalendarWord) -> tuple[Any, ...]:
    fiscal_year = _group(match, "fy")
    return ("fy", _year(fiscal_year)) if fiscal_year else ("year", _year(match["y"]))


def _by(match: re.Match[str], entry: CalendarWord) -> tuple[Any, ...]:
    if "each" in entry:
        return (entry["each"] * _number(match["n"]),)
    return (entry["by"],)


_ARGS: dict[str, Args] = {
    "months": _months,
    "since": _month_year,
    "year_to": _month_year,
    "through": lambda m, _: (
        _month_number(m["m"]),
        _year(m["y"]),
        m[0][:2].lower() == "by",
    ),
    "fy_through": lambda m, _: (_year(_group(m, "fy", "fz")), _month_number(_group(m, "m"))),
    "fy_first": lambda m, entry: (
        -1 if entry.get("previous") else _year(_group(m, "fy", "fz")),
        _part(m),
    ),
    "year_first": lambda m, _: (_relative_year(m["y"]), _part(m)),
    "quarter": _quarter_of,
    "fy_last": lambda m, _: (_year(m["fy"]), _number(m["n"])),
    "fys": lambda m, _: (_year(m["a"]), _year(m["b"])),
    "years": lambda m, _: (_year(m["a"]), _year(m["b"])),
    "since_fy": lambda m, _: (_year(m["fy"]),),
    "fy": lambda m, _: (_year(m["fy"]),),
    "fy_ended": lambda m, _: (_year(m["y"]),),
    "cy": lambda m, _: (_year(m["y"]),),
    "year": lambda m, _: (_year(m["y"]),),
    "era": lambda m, entry: (entry["eras"][m["era"].lower().replace("\u2019", "'")],),
    "administration": lambda m, _: (m["whose"].lower(),),
    "same": _same_as,
    "shift": _by,
    "fy_rel": _by,
    "year_rel": _by,
    "month_rel": _by,
    "month": lambda m, _: (
        _month_number(m["m"]),
        _year(_group(m, "y")),
        (_group(m, "which") or "").lower(),
    ),
    "month_of": lambda m, _: (_month_number(m["m"]), m["y"].lower()),
    "past": lambda m, entry: (entry.get("length") or _number(m["n"]),),
    "streak": lambda m, _: (_number(m["n"]),),
    "past_years": lambda m, _: (_number(m["n"]),),
    "that": lambda m, _: (m.group().split()[-1].lower(),),
}


@lru_cache(4)
def _grammar(source: str) -> list[tuple[re.Pattern[str], str, CalendarWord]]:
    """The expressions of times.toml, macros filled in, in their order."""
    read = tomllib.loads(files("forecast.claims").joinpath("times.toml").read_text("utf-8"))
    macros = dict(read["macros"])
    eras = {era: start for start, named in tables(source)["era"].items() for era in named}
    longest_first = sorted(map(re.escape, eras), key=len, reverse=True)
    macros["ERA"] = "(?P<era>(?i:" + "|".join(longest_first) + "))"
    macros["FY_Z"] = macros["FY_AFTER"].replace("<fy>", "<fz>")
    return [
        (re.compile(filled(pattern, macros)), entry["form"], {**entry, "eras": eras})
        for entry in read["time"]
        for pattern in entry["patterns"]
    ]


_HINT = re.compile(
    r"\d|month|year|FY|fy|fiscal|since|under|day|week|hour|night|quarter|calendar|term|watch"
    r"|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|[A-Z]{3}"
)
_BEFORE_MODAL = re.compile(r"\bMay (?:be|have|not|also|well)\b")


def _part(match: re.Match[str]) -> int:
    part = match["part"]
    return {"half": 6, "quarter": 3}[part] if part else _number(match["n"])


def _relative_year(text: str | None) -> Any:
    if text and text.lower() in ("this year", "last year"):
        return text.lower()
    return _year(text)


def find(text: str, start: int, source: str) -> list[TimeRef]:
    """The expressions of time in a sentence, none inside another, left to right.

    text : the sentence; start : its place in the whole text. source : whose lexicon has the eras.
    """
    if not _HINT.search(text):
        return []
    taken: list[TimeRef] = []
    busy = bytearray(len(text))
    for pattern, form, entry in _grammar(source):
        for match in pattern.finditer(text):
            first, last = match.span()
            if any(busy[first:last]) or (form == "month" and _BEFORE_MODAL.match(text, first)):
                continue
            if form == "year" and _is_no_year(text, first, last):
                continue
            busy[first:last] = b"\1" * (last - first)
            since = form in ("since", "since_fy", "era")
            args = _ARGS[form](match, entry) if form in _ARGS else ()
            taken.append(TimeRef(start + first, start + last, form, args, since))
    return sorted(taken, key=lambda ref: ref.start)


def _is_no_year(text: str, first: int, last: int) -> bool:
    """2,024 people aside: "2020 people", "$2024", "No. 2021", "2000 migrants" are no years."""
    before, after = text[max(0, first - 1) : first], text[last : last + 14].lower()
    return before in ("$", "#", ",", ".", "-") or bool(
        re.match(
            r" (?:migrant|people|apprehen|encounter|immigrant|alien|individual|agents|per)", after
        )
    )


def spans(ref: TimeRef, now: Now, base: ClaimSpan | None = None) -> list[ClaimSpan]:
    """The spans an expression may mean, most likely first; empty where it has none.

    base : the span that it is compared with, for "a year earlier" and for months without a year.
    """
    handler = _HANDLERS.get(ref.form)
    resolved = handler(ref.args, now, base) if handler else []
    return list(dict.fromkeys(span for span in resolved if span.last >= span.first))


def _latest(number: int, before: int) -> int:
    """The latest month of this name that lies before a month."""
    return before - 1 - (before - 1 - (number - 1)) % 12


def _of_month(args: tuple[Any, ...], now: Now, base: ClaimSpan | None) -> list[ClaimSpan]:
    number, year, which = args
    if year:
        return [_one(year * 12 + number - 1)]
    latest = _latest(number, now.month)
    if which == "the same":
        return [_one(_latest(number, base.last) if base else latest)]
    inside = [
        month
        for span in now.here
        if span.length > 1
        for month in range(span.first, span.last + 1)
        if month % 12 == number - 1
    ]
    spans = [*inside[-1:], *_beside_base(number, which, base), latest]
    if which == "last":
        spans.append(latest - 12)
    if not base and now.published.day >= 27 and now.month % 12 == number - 1:
        spans.append(now.month)
    for recent in (*now.here[:2], *now.recent[:3]):
        for near in (_latest(number, recent.last + 1), _latest(number, recent.last + 12)):
            if near < now.month:
                spans.append(near)
    return [_one(month) for month in spans]


def _beside_base(number: int, which: str, base: ClaimSpan | None) -> list[int]:
    """The month that something is compared with: the latest one before it."""
    if base is None:
        return []
    if which == "last" and base.length == 1 and base.first % 12 == number - 1:
        return [base.first - 12]  # this October against last October
    return [] if which else [_latest(number, base.last + (base.length > 1))]


def _one(month: int) -> ClaimSpan:
    return ClaimSpan(month, month)


def _month_of(args: tuple[Any, ...], now: Now, base: ClaimSpan | None) -> list[ClaimSpan]:
    number, which = args
    year = now.published.year - ("this" not in which)
    spans = [_one(year * 12 + number - 1)]
    if base and "this" not in which:
        spans.insert(0, _one((base.last // 12 - 1) * 12 + number - 1))
    return spans


def _of_months(args: tuple[Any, ...], now: Now, base: ClaimSpan | None) -> list[ClaimSpan]:
    first, first_year, last, last_year = args
    if isinstance(last_year, str):
        last_year = now.published.year - (last_year == "last year")
    if last_year:
        end = last_year * 12 + last - 1
    elif first_year:
        begin = first_year * 12 + first - 1
        return [ClaimSpan(begin, begin + (last - first) % 12)]
    else:
        end = _latest(last, base.last if base else now.month)
    begin = first_year * 12 + first - 1 if first_year else _latest(first, end + 1)
    spans = [ClaimSpan(begin, end)]
    if not last_year:
        spans += [ClaimSpan(begin - 12, end - 12)]
        spans += [
            ClaimSpan(_latest(first, near + 1), near)
            for near in (_latest(last, recent.last + 1) for recent in now.recent[:2])
        ]
    return spans


def _clipped(span: ClaimSpan, now: Now) -> list[ClaimSpan]:
    """A year that was not over at publication ends with the months known by then."""
    if span.last < now.month - 1:
        return [span]
    if span.last == now.month - 1:
        return [span, ClaimSpan(span.first, span.last - 1)]
    month = [recent.last for recent in now.recent[:2] if recent.length == 1]
    ends = [now.newest[0], *month, *now.newest[1:]]
    cut = [ClaimSpan(span.first, min(end, span.last)) for end in ends if end >= span.first]
    return [*cut, span]


def _of_fy(args: tuple[Any, ...], now: Now, base: ClaimSpan | None) -> list[ClaimSpan]:
    whole = fiscal(args[0])
    if base and base.to_date and base.first != whole.first:
        return [fiscal(args[0], base.length), whole]
    if base and base.length == 1 and whole.last < base.first:
        same = base.shift(12 * (args[0] - months.fiscal_year_at(base.first, now.begins)))
        return [whole, same]
    return _clipped(whole, now)


def _fy_through(args: tuple[Any, ...], now: Now, base: ClaimSpan | None) -> list[ClaimSpan]:
    year, number = args
    current = months.fiscal_year_at(now.newest[0], now.begins)
    whole = fiscal(year or current)
    if number:
        end = whole.first + (number - 10) % 12
        if not year and end >= now.month:
            whole, end = whole.shift(-12), end - 12
        return [ClaimSpan(whole.first, end)]
    if base and base.to_date:
        return [fiscal(year or current, base.length)]
    spans = _clipped(whole, now)
    if year is None:
        spans += _clipped(fiscal(current - 1), now) if now.month % 12 in (9, 10) else []
        spans += [
            ClaimSpan(
                fiscal(months.fiscal_year_at(recent.last, now.begins)).first,
                recent.last,
            )
            for recent in now.recent[:1]
        ]
    return spans


def _fy_now(_: tuple[Any, ...], now: Now, base: ClaimSpan | None) -> list[ClaimSpan]:
    named = [recent for recent in now.recent if recent.year or recent.to_date]
    current = _fy_through((None, None), now, base)
    return [*current[:3], *named[:1], *current[3:]]


def _fy_rel(args: tuple[Any, ...], now: Now, base: ClaimSpan | None) -> list[ClaimSpan]:
    year = months.fiscal_year_at(now.month, now.begins) + args[0]
    if base:
        before = fiscal(months.fiscal_year_at(base.last, now.begins) + args[0])
        if base.to_date:
            return [base.shift(12 * args[0]), before]
        return [before, base.shift(12 * args[0]), fiscal(year)]
    return [
        fiscal(year),
        fiscal(months.fiscal_year_at(now.month - 2, now.begins) + args[0]),
        *_clipped(fiscal(year - 1), now),
    ]


def _fy_first(args: tuple[Any, ...], now: Now, _: ClaimSpan | None) -> list[ClaimSpan]:
    year, length = args
    current = months.fiscal_year_at(now.newest[0], now.begins)
    if year == -1:
        return [fiscal(current - 1, length)]
    if year:
        return [fiscal(year, length)]
    spans = [fiscal(current, length)]
    if spans[0].last >= now.month:
        spans.insert(0, fiscal(current - 1, length))
    return spans


def _fy_last(args: tuple[Any, ...], _: Now, __: ClaimSpan | None) -> list[ClaimSpan]:
    whole = fiscal(args[0])
    return [ClaimSpan(whole.last - args[1] + 1, whole.last)]


def _quarter(args: tuple[Any, ...], _: Now, __: ClaimSpan | None) -> list[ClaimSpan]:
    first = fiscal(args[0]).first + 3 * _QUARTERS.index(args[1])
    return [ClaimSpan(first, first + 2)]


def _year_first(args: tuple[Any, ...], now: Now, _: ClaimSpan | None) -> list[ClaimSpan]:
    year, length = args
    if isinstance(year, str):
        year = now.published.year - (year == "last year")
    return [ClaimSpan(year * 12, year * 12 + length - 1), fiscal(year, length)]


def _of_fys(args: tuple[Any, ...], now: Now, _: ClaimSpan | None) -> list[ClaimSpan]:
    first, last = args
    return [ClaimSpan(fiscal(first).first, span.last) for span in _clipped(fiscal(last), now)]


def _of_year(args: tuple[Any, ...], now: Now, base: ClaimSpan | None) -> list[ClaimSpan]:
    """A bare year: fiscal or calendar; beside a month, that month of the year."""
    year = args[0]
    if base and base.length == 1:
        number = base.first % 12
        return [
            _one(year * 12 + number),
            *_clipped(fiscal(year), now),
            *_clipped(calendar(year), now),
        ]
    spans = [*_clipped(fiscal(year), now)[:3], *_clipped(calendar(year), now)[:3]]
    if base and base.to_date:
        return [fiscal(year, base.length), *spans]
    calendars = [
        recent for recent in now.recent[:3] if recent.first % 12 == 0 and recent.length > 1
    ]
    return sorted(spans, key=lambda span: span.first % 12 != 0) if calendars else spans


def _of_years(args: tuple[Any, ...], now: Now, _: ClaimSpan | None) -> list[ClaimSpan]:
    first, last = args
    return [
        *(ClaimSpan(fiscal(first).first, span.last) for span in _clipped(fiscal(last), now)[:2]),
        *(
            ClaimSpan(calendar(first).first, span.last)
            for span in _clipped(calendar(last), now)[:2]
        ),
    ]


def _year_rel(args: tuple[Any, ...], now: Now, base: ClaimSpan | None) -> list[ClaimSpan]:
    year = now.published.year + args[0]
    if base and args[0]:
        spans = [base.shift(12 * args[0])]
        if base.to_date:
            spans += [fiscal(months.fiscal_year_at(base.last, now.begins) - 1)]
        if base.length == 1:
            spans += [
                fiscal(months.fiscal_year_at(base.last, now.begins) - 1),
                calendar(base.last // 12 - 1),
            ]
        return spans
    this = fiscal(months.fiscal_year_at(now.newest[0], now.begins))
    current = months.fiscal_year_at(now.newest[0], now.begins) + args[0]
    spans = [*_clipped(fiscal(current), now)[:3], *_clipped(calendar(year), now)[:3]]
    if args[0]:  # the same months of last year, where this year's are meant beside them
        spans += [
            ClaimSpan(this.first, end).shift(-12) for end in now.newest[:2] if end >= this.first
        ]
    return spans


def _month_rel(args: tuple[Any, ...], now: Now, base: ClaimSpan | None) -> list[ClaimSpan]:
    if args[0] == 0:
        return [_one(now.month - 1), _one(now.month)]
    spans = [_one(now.month - 1), _one(now.month - 2)]
    if base and base.length == 1:
        spans.insert(0, base.shift(-1))
    return spans


def _shift(args: tuple[Any, ...], now: Now, base: ClaimSpan | None) -> list[ClaimSpan]:
    by = args[0]
    base = base or next(iter(now.recent), _one(now.newest[0]))
    spans = [base.shift(by)]
    if by == -12 and base.length == 1:
        spans += [fiscal(months.fiscal_year_at(base.last, now.begins) - 1)]
    if by in (1, -1) and base.length > 1:
        spans = [_one(base.last + by)]
    return spans


def _same(args: tuple[Any, ...], now: Now, base: ClaimSpan | None) -> list[ClaimSpan]:
    kind, year = args
    base = base or next(iter(now.recent), None)
    if base is None:
        return []
    by_fiscal = base.shift(12 * (year - months.fiscal_year_at(base.last, now.begins)))
    by_calendar = base.shift(12 * (year - base.last // 12))
    return [by_fiscal] if kind == "fy" else [by_calendar, by_fiscal]


def _through(args: tuple[Any, ...], now: Now, _: ClaimSpan | None) -> list[ClaimSpan]:
    """Through June: the fiscal year so far; by June: that month, or the year up to it."""
    number, year, by = args
    end = year * 12 + number - 1 if year else _latest(number, now.month + (now.published.day > 27))
    to_date = ClaimSpan(
        fiscal(months.fiscal_year_at(end, now.begins)).first,
        end,
    )
    month, calendar_ = _one(end), ClaimSpan(end // 12 * 12, end)
    ends = [
        ClaimSpan(recent.first, end)
        for recent in now.recent[:1]
        if recent.length > 1 and recent.first < end
    ]
    return [month, to_date] if by else [to_date, *ends, calendar_, month]


def _past_years(args: tuple[Any, ...], now: Now, _: ClaimSpan | None) -> list[ClaimSpan]:
    year = months.fiscal_year_at(now.newest[0], now.begins)
    return [
        ClaimSpan(fiscal(last - args[0] + 1).first, fiscal(last).last) for last in (year - 1, year)
    ]


def _fy_ended(args: tuple[Any, ...], now: Now, _: ClaimSpan | None) -> list[ClaimSpan]:
    return [
        fiscal(
            args[0]
            or months.fiscal_year_at(
                now.month - 1 if now.month % 12 == 9 else now.month,
                now.begins,
            )
            - (now.month % 12 != 9)
        )
    ]


def _year_to(args: tuple[Any, ...], now: Now, _: ClaimSpan | None) -> list[ClaimSpan]:
    number, year = args
    end = year * 12 + number - 1 if year else _latest(number, now.month)
    return [ClaimSpan(end - 11, end)]


def _that(args: tuple[Any, ...], now: Now, _: ClaimSpan | None) -> list[ClaimSpan]:
    """That month, the year: what was spoken of before."""
    long = args[0].startswith("year")
    return [recent for recent in now.recent if (recent.length == 1) != long]


def _since(args: tuple[Any, ...], now: Now, _: ClaimSpan | None) -> list[ClaimSpan]:
    number, year = args
    start = _latest(number, now.month) if year is None else year * 12 + (number or 1) - 1
    spans = [ClaimSpan(start, end) for end in now.newest]
    if number is None:
        spans += [ClaimSpan(fiscal(year).first, end) for end in now.newest]
    return spans


def _of_era(args: tuple[Any, ...], now: Now, _: ClaimSpan | None) -> list[ClaimSpan]:
    start = args[0]
    if start == "trump":
        start = "2025-01" if now.published >= date(2025, 1, 20) else "2017-01"
    first = months.to_index(start)
    ends = {"2021-01": "2025-01", "2017-01": "2021-01", "2009-01": "2017-01"}
    last = months.to_index(ends[start]) if start in ends else now.month
    known = [end for end in now.newest[:3] if end <= last] or [last - 1, last]
    return [ClaimSpan(begin, end) for begin in (first + 1, first) for end in known]


def _of_streak(args: tuple[Any, ...], now: Now, _: ClaimSpan | None) -> list[ClaimSpan]:
    """The 13th straight month: so many months up to the one spoken of, or the newest."""
    single = [span.last for span in now.recent if span.length == 1]
    return [ClaimSpan(end - args[0] + 1, end) for end in (*single[:1], *now.newest[:2])]


def _of_administration(args: tuple[Any, ...], now: Now, _: ClaimSpan | None) -> list[ClaimSpan]:
    """A president's months, by name or as the one before: the first full one comes first."""
    starts = {"obama": ("2009-01",), "biden": ("2021-01",), "trump": ("2017-01", "2025-01")}
    published = f"{now.published:%Y-%m}"
    past = [start for all_ in starts.values() for start in all_ if start < published]
    ordered = sorted(past, reverse=True)
    if args[0] in starts:
        chosen = [start for start in ordered if start in starts[args[0]]]
    else:
        chosen = ordered[:1] if args[0] == "current" else ordered[1:2]
    return [span for start in chosen for span in _of_era((start,), now, None)]


Handler = Callable[[tuple[Any, ...], Now, ClaimSpan | None], Sequence[ClaimSpan]]
_HANDLERS: dict[str, Handler] = {
    "month": _of_month,
    "months": _of_months,
    "fy": _of_fy,
    "fy_through": _fy_through,
    "fy_now": _fy_now,
    "fy_rel": _fy_rel,
    "fy_first": _fy_first,
    "fy_last": _fy_last,
    "quarter": _quarter,
    "year_first": _year_first,
    "fys": _of_fys,
    "cy": lambda args, now, _: _clipped(calendar(args[0]), now),
    "year": _of_year,
    "years": _of_years,
    "year_rel": _year_rel,
    "month_rel": _month_rel,
    "shift": _shift,
    "same": _same,
    "past": lambda args, now, _: [ClaimSpan(end - args[0] + 1, end) for end in now.newest[:3]],
    "since": _since,
    "since_fy": lambda args, now, _: [
        ClaimSpan(fiscal(args[0]).first, end) for end in now.newest[:3]
    ],
    "era": _of_era,
    "administration": _of_administration,
    "streak": _of_streak,
    "fy_ended": _fy_ended,
    "through": _through,
    "past_years": _past_years,
    "year_to": _year_to,
    "that": _that,
    "month_of": _month_of,
}


def day_of(text: str) -> date | None:
    """The first date in a text's beginning: March 9, 2017 or 2017-03-09; None if there is none."""
    names = r"(?P<m>[A-Z][a-z]{2,8})\.?"
    match = re.search(rf"\b{names} (?P<d>\d\d?),? (?P<y>20\d\d)\b", text[:3000])
    try:
        if match:
            return date(int(match["y"]), _month_number(match["m"]) or 1, int(match["d"]))
        iso = re.search(r"\b(20\d\d)-(\d\d)-(\d\d)\b", text[:3000])
        return date(int(iso[1]), int(iso[2]), int(iso[3])) if iso else None
    except ValueError:
        return None
