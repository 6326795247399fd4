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
from forecast.claims.tokens import filled, number_words, tables
from forecast.claims.truth import ClaimSpan, calendar, fiscal

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


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


TimeWord = dict[str, Any]

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
    said = match.groupdict()
    text = (said.get(name) or said.get("fz" if name == "fy" else name) or "").lower()
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
        return _MONTHS.index(text[:3]) + 1 if text else None
    digits = re.sub(r"\D", "", text)[-4:]
    if not digits:
        return text or None  # this year, last year
    return int(digits) + (2000 if len(digits) == 2 else 0)


@lru_cache(4)
def _grammar(source: str) -> list[tuple[re.Pattern[str], str, TimeWord]]:
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
            args = tuple(_argument(name, match, entry) for name in _ARGS.get(form, "").split())
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
    """List the spans an expression may mean, most likely first; empty where it has none.

    base : the span that it is compared with, for "a year earlier" and for months without a year.
    """
    handler = _HANDLERS.get(ref.form)
    resolved = handler(now, base, *ref.args) if handler else []
    return list(dict.fromkeys(span for span in resolved if span.last >= span.first))


def _latest(number: int, before: int) -> int:
    """The latest month of this name that lies before a month."""
    return before - 1 - (before - 1 - (number - 1)) % 12


def _one(month: int) -> ClaimSpan:
    return ClaimSpan(month, month)


def _fiscal_of(month: int, now: Now, later: int = 0) -> ClaimSpan:
    """The fiscal year of a month, or so many years later."""
    return fiscal(months.fiscal_year_at(month, now.begins) + later)


def _of_month(
    now: Now, base: ClaimSpan | None, number: int, year: int | None, which: str
) -> list[ClaimSpan]:
    if year:
        return [_one(year * 12 + number - 1)]
    latest = _latest(number, now.month)
    if which == "the same":
        return [_one(_latest(number, base.last) if base else latest)]
    found = [
        month
        for span in now.here
        if span.length > 1
        for month in range(span.first, span.last + 1)
        if month % 12 == number - 1
    ][-1:]
    if base and which == "last" and base.length == 1 and base.first % 12 == number - 1:
        found.append(base.first - 12)  # this October against last October
    elif base and not which:  # the latest one before what it is compared with
        found.append(_latest(number, base.last + (base.length > 1)))
    found += [latest, latest - 12] if which == "last" else [latest]
    if not base and now.published.day >= 27 and now.month % 12 == number - 1:
        found.append(now.month)
    for recent in (*now.here[:2], *now.recent[:3]):
        near = (_latest(number, recent.last + after) for after in (1, 12))
        found += [month for month in near if month < now.month]
    return [_one(month) for month in found]


def _month_of(now: Now, base: ClaimSpan | None, number: int, which: str) -> list[ClaimSpan]:
    """March of last year."""
    year = now.published.year - ("this" not in which)
    found = [_one(year * 12 + number - 1)]
    if base and "this" not in which:
        found.insert(0, _one((base.last // 12 - 1) * 12 + number - 1))
    return found


def _of_months(
    now: Now,
    base: ClaimSpan | None,
    first: int,
    first_year: int | None,
    last: int,
    last_year: int | str | None,
) -> list[ClaimSpan]:
    if isinstance(last_year, str):
        last_year = now.published.year - (last_year == "last year")
    begin = first_year * 12 + first - 1 if first_year else None
    if begin and not last_year:
        return [ClaimSpan(begin, begin + (last - first) % 12)]
    if last_year:
        end = last_year * 12 + last - 1
        return [ClaimSpan(begin or _latest(first, end + 1), end)]
    end = _latest(last, base.last if base else now.month)
    ends = [end, end - 12, *(_latest(last, recent.last + 1) for recent in now.recent[:2])]
    return [ClaimSpan(_latest(first, end + 1), end) for end in ends]


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


def _of_fy(now: Now, base: ClaimSpan | None, year: int) -> list[ClaimSpan]:
    whole = fiscal(year)
    if base and base.to_date and base.first != whole.first:
        return [fiscal(year, base.length), whole]
    if base and base.length == 1 and whole.last < base.first:
        return [whole, base.shift(12 * (year - months.fiscal_year_at(base.first, now.begins)))]
    return _clipped(whole, now)


def _fy_through(
    now: Now, base: ClaimSpan | None, year: int | None, number: int | None
) -> list[ClaimSpan]:
    whole = fiscal(year) if year else _fiscal_of(now.newest[0], now)
    if number:
        end = whole.first + (number - 10) % 12
        years_ago = 12 * (not year and end >= now.month)
        return [ClaimSpan(whole.first - years_ago, end - years_ago)]
    if base and base.to_date:
        return [ClaimSpan(whole.first, whole.first + base.length - 1)]
    found = _clipped(whole, now)
    if year is None:
        found += _clipped(whole.shift(-12), now) if now.month % 12 in (9, 10) else []
        ends = [recent.last for recent in now.recent[:1]]
        found += [ClaimSpan(_fiscal_of(end, now).first, end) for end in ends]
    return found


def _fy_now(now: Now, base: ClaimSpan | None) -> list[ClaimSpan]:
    named = [recent for recent in now.recent if recent.year or recent.to_date]
    current = _fy_through(now, base, None, None)
    return [*current[:3], *named[:1], *current[3:]]


def _fy_rel(now: Now, base: ClaimSpan | None, by: int) -> list[ClaimSpan]:
    whole = _fiscal_of(now.month, now, by)
    if base:
        before, shifted = _fiscal_of(base.last, now, by), base.shift(12 * by)
        return [shifted, before] if base.to_date else [before, shifted, whole]
    return [whole, _fiscal_of(now.month - 2, now, by), *_clipped(whole.shift(-12), now)]


def _fy_first(now: Now, _: ClaimSpan | None, year: int | None, length: int) -> list[ClaimSpan]:
    current = months.fiscal_year_at(now.newest[0], now.begins)
    if year:
        return [fiscal(current - 1 if year == -1 else year, length)]
    found = [fiscal(current, length)]
    return [fiscal(current - 1, length), *found] if found[0].last >= now.month else found


def _year_first(now: Now, _: ClaimSpan | None, year: int | str, length: int) -> list[ClaimSpan]:
    if isinstance(year, str):
        year = now.published.year - (year == "last year")
    return [ClaimSpan(year * 12, year * 12 + length - 1), fiscal(year, length)]


def _of_year(now: Now, base: ClaimSpan | None, year: int) -> list[ClaimSpan]:
    """A bare year: fiscal or calendar; beside a month, that month of the year."""
    by_fiscal, by_calendar = _clipped(fiscal(year), now), _clipped(calendar(year), now)
    if base and base.length == 1:
        return [_one(year * 12 + base.first % 12), *by_fiscal, *by_calendar]
    found = [*by_fiscal[:3], *by_calendar[:3]]
    if base and base.to_date:
        return [fiscal(year, base.length), *found]
    spoken = any(recent.first % 12 == 0 and recent.length > 1 for recent in now.recent[:3])
    return sorted(found, key=lambda span: span.first % 12 != 0) if spoken else found


def _of_years(now: Now, _: ClaimSpan | None, first: int, last: int) -> list[ClaimSpan]:
    return [
        ClaimSpan(year(first).first, span.last)
        for year in (fiscal, calendar)
        for span in _clipped(year(last), now)[:2]
    ]


def _year_rel(now: Now, base: ClaimSpan | None, by: int) -> list[ClaimSpan]:
    if base and by:
        found = [base.shift(12 * by)]
        if base.to_date or base.length == 1:
            found.append(_fiscal_of(base.last, now, -1))
        return [*found, calendar(base.last // 12 - 1)] if base.length == 1 else found
    current = _fiscal_of(now.newest[0], now, by)
    found = _clipped(current, now)[:3] + _clipped(calendar(now.published.year + by), now)[:3]
    if by:  # the same months of last year, where this year's are meant beside them
        ends = [end - 12 for end in now.newest[:2] if end - 12 >= current.first]
        found += [ClaimSpan(current.first, end) for end in ends]
    return found


def _month_rel(now: Now, base: ClaimSpan | None, by: int) -> list[ClaimSpan]:
    found = [_one(now.month - 1), _one(now.month if by == 0 else now.month - 2)]
    return [base.shift(-1), *found] if by and base and base.length == 1 else found


def _shift(now: Now, base: ClaimSpan | None, by: int) -> list[ClaimSpan]:
    base = base or next(iter(now.recent), _one(now.newest[0]))
    if by in (1, -1) and base.length > 1:
        return [_one(base.last + by)]
    year = [_fiscal_of(base.last, now, -1)] if by == -12 and base.length == 1 else []
    return [base.shift(by), *year]


def _same(now: Now, base: ClaimSpan | None, by_fiscal: int | None, year: int) -> list[ClaimSpan]:
    base = base or next(iter(now.recent), None)
    if base is None:
        return []
    there = months.fiscal_year_at(base.last, now.begins)
    if by_fiscal:
        return [base.shift(12 * (by_fiscal - there))]
    return [base.shift(12 * (year - base.last // 12)), base.shift(12 * (year - there))]


def _through(now: Now, _: ClaimSpan | None, number: int, year: int | None) -> list[ClaimSpan]:
    """Through June: the fiscal year so far."""
    end = year * 12 + number - 1 if year else _latest(number, now.month + (now.published.day > 27))
    begun = [span.first for span in now.recent[:1] if span.length > 1 and span.first < end]
    firsts = [_fiscal_of(end, now).first, *begun, end // 12 * 12, end]
    return [ClaimSpan(first, end) for first in firsts]


def _by(now: Now, base: ClaimSpan | None, number: int, year: int | None) -> list[ClaimSpan]:
    """By June: that month, or the year up to it."""
    through = _through(now, base, number, year)
    return [through[-1], through[0]]


def _past_years(now: Now, _: ClaimSpan | None, count: int) -> list[ClaimSpan]:
    lasts = [_fiscal_of(now.newest[0], now, later) for later in (-1, 0)]
    return [ClaimSpan(last.first - 12 * (count - 1), last.last) for last in lasts]


def _fy_ended(now: Now, _: ClaimSpan | None, year: int | None) -> list[ClaimSpan]:
    october = now.month % 12 == 9
    return [fiscal(year) if year else _fiscal_of(now.month - october, now, october - 1)]


def _year_to(now: Now, _: ClaimSpan | None, number: int, year: int | None) -> list[ClaimSpan]:
    end = year * 12 + number - 1 if year else _latest(number, now.month)
    return [ClaimSpan(end - 11, end)]


def _that(now: Now, _: ClaimSpan | None, word: str) -> list[ClaimSpan]:
    """That month, the year: what was spoken of before."""
    long = word.startswith("year")
    return [recent for recent in now.recent if (recent.length == 1) != long]


def _since(now: Now, _: ClaimSpan | None, number: int | None, year: int | None) -> list[ClaimSpan]:
    start = year * 12 + (number or 1) - 1 if year else _latest(number or 1, now.month)
    starts = [start] if number or not year else [start, fiscal(year).first]
    return [ClaimSpan(start, end) for start in starts for end in now.newest]


def _of_era(now: Now, _: ClaimSpan | None, start: str) -> list[ClaimSpan]:
    if start == "trump":
        start = "2025-01" if now.published >= date(2025, 1, 20) else "2017-01"
    first = months.to_index(start)
    ends = {"2021-01": "2025-01", "2017-01": "2021-01", "2009-01": "2017-01"}
    last = months.to_index(ends[start]) if start in ends else now.month
    known = [end for end in now.newest[:3] if end <= last] or [last - 1, last]
    return [ClaimSpan(begin, end) for begin in (first + 1, first) for end in known]


def _of_streak(now: Now, _: ClaimSpan | None, count: int) -> list[ClaimSpan]:
    """The 13th straight month: so many months up to the one spoken of, or the newest."""
    single = [span.last for span in now.recent if span.length == 1]
    return [ClaimSpan(end - count + 1, end) for end in (*single[:1], *now.newest[:2])]


def _of_administration(now: Now, _: ClaimSpan | None, whose: str) -> list[ClaimSpan]:
    """A president's months, by name or as the one before: the first full one comes first."""
    starts = {"obama": ("2009-01",), "biden": ("2021-01",), "trump": ("2017-01", "2025-01")}
    published = f"{now.published:%Y-%m}"
    past = sorted((s for every in starts.values() for s in every if s < published), reverse=True)
    chosen = past[:1] if whose == "current" else past[1:2]
    if whose in starts:
        chosen = [start for start in past if start in starts[whose]]
    return [span for start in chosen for span in _of_era(now, None, start)]


_HANDLERS: dict[str, Callable[..., Sequence[ClaimSpan]]] = {
    "month": _of_month,
    "month_of": _month_of,
    "months": _of_months,
    "fy": _of_fy,
    "fy_through": _fy_through,
    "fy_now": _fy_now,
    "fy_rel": _fy_rel,
    "fy_first": _fy_first,
    "fy_last": lambda _, __, year, n: [ClaimSpan(fiscal(year).last - n + 1, fiscal(year).last)],
    "quarter": lambda _, __, year, q: [fiscal(year, 3).shift(3 * (q - 1))],
    "year_first": _year_first,
    "fys": lambda now, _, first, last: [
        ClaimSpan(fiscal(first).first, span.last) for span in _clipped(fiscal(last), now)
    ],
    "cy": lambda now, _, year: _clipped(calendar(year), now),
    "year": _of_year,
    "years": _of_years,
    "year_rel": _year_rel,
    "month_rel": _month_rel,
    "shift": _shift,
    "same": _same,
    "past": lambda now, _, count: [ClaimSpan(end - count + 1, end) for end in now.newest[:3]],
    "since": _since,
    "since_fy": lambda now, _, year: [ClaimSpan(fiscal(year).first, end) for end in now.newest[:3]],
    "era": _of_era,
    "administration": _of_administration,
    "streak": _of_streak,
    "fy_ended": _fy_ended,
    "through": _through,
    "by": _by,
    "past_years": _past_years,
    "year_to": _year_to,
    "that": _that,
}


def day_of(text: str) -> date | None:
    """The first date in a text's beginning: March 9, 2017 or 2017-03-09; None if there is none."""
    names = r"(?P<m>[A-Z][a-z]{2,8})\.?"
    match = re.search(rf"\b{names} (?P<d>\d\d?),? (?P<y>20\d\d)\b", text[:3000])
    try:
        if match:
            return date(int(match["y"]), _MONTHS.index(match["m"][:3].lower()) + 1, int(match["d"]))
        iso = re.search(r"\b(20\d\d)-(\d\d)-(\d\d)\b", text[:3000])
        return date(int(iso[1]), int(iso[2]), int(iso[3])) if iso else None
    except ValueError:
        return None
