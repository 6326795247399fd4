"""Months in whatever way people write them: 2024-01-31, 01/2024, Jan-24, FY2024 M04.

A text is read only if it can mean one month. 03/04/2024 is March or April: the other dates of
its column decide, or the reader asks. dateutil guesses here, and fills in what is missing from
today, so the forms are written out.
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from itertools import chain, pairwise

from forecast import months

CellValue = str | float | date | None
"""What a cell of a table may hold: text files have only text, spreadsheets all four."""

MONTH_FIRST, DAY_FIRST = "mdy", "dmy"

_REMEMBERED = 20_000  # cells: each is asked about in its column, its line and by every layout

FULL = tuple(name.lower() for name in months.NAMES)
_NAME = r"(?P<name>[A-Za-z]{3,9})\.?"
_YEAR = r"(?P<year>(?:1[6-9]|20)\d\d)"
_TIME = r"(?:[T ]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?: ?[AP]M)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?"
_FISCAL_WORD = r"[FS]?F\.?Y\.? ?"
_FISCAL_YEAR = rf"{_FISCAL_WORD}(?P<year>\d{{4}}|\d\d)"
_PERIOD = r"[-/ ,]*(?:(?<=\D)|M|P|PD|Period|Month) ?(?P<period>\d{1,2})"

# What can be read. The first that fits counts; none fits what another means otherwise.
_FORMS = tuple(
    re.compile(form, re.IGNORECASE | re.ASCII)
    for form in (
        rf"{_YEAR}(?:[-/.:] ?| |[\u5e74\ub144] ?)?M{{0,2}}:?(?P<month>\d\d?)"
        r"(?:\.| ?[\u6708\uc6d4])?",
        rf"{_YEAR}[-/.](?P<month>\d\d?)[-/.](?P<day>\d\d?){_TIME}",
        rf"{_YEAR}(?P<month>\d\d)(?P<day>\d\d)",
        rf"(?P<month>\d\d?)[-/. ]{_YEAR}",
        rf"(?P<one>\d\d?)[-/.](?P<two>\d\d?)[-/.](?P<year>\d{{4}}|\d\d){_TIME}",
        rf"{_NAME}[-/ ,]*(?:{_YEAR}|['\u2019]?(?P<short>\d\d))",
        rf"(?:CY ?)?{_YEAR}[-/ ,]*{_NAME}",
        rf"(?P<day>\d\d?)[-/. ]{_NAME}[-/., ]+(?:{_YEAR}|(?P<short>\d\d))",
        rf"(?P<day>\d\d)(?P<name>[A-Z]{{3}}){_YEAR}",
        rf"{_NAME} (?P<day>\d\d?)(?:st|nd|rd|th)?,? {_YEAR}",
        rf"{_FISCAL_YEAR}{_PERIOD}",
        rf"{_FISCAL_WORD}(?P<year>\d{{4}})(?P<period>\d\d)",
        rf"{_FISCAL_YEAR}[-/ ,]*{_NAME}",
        rf"{_NAME}[-/ ,]*{_FISCAL_YEAR}",
    )
)
_FISCAL = re.compile(r"F\.?Y", re.IGNORECASE)
_TWO_YEARS = re.compile(
    rf"({_FISCAL_WORD})?(\d\d|\d{{4}})[-/](\d\d|\d{{4}})", re.IGNORECASE | re.ASCII
)
_PLAIN_YEAR = re.compile(
    r"(?:(?:CY|calendar year|year):? ?)?((?:1[6-9]|20)[0-9]{2})(?:\.| ?[\u5e74\ub144])?", re.I
)
_NAMED_YEAR = re.compile(
    rf"(?:(?:state |federal )?fiscal year:? ?(?P<short>\d{{4}})|{_FISCAL_YEAR})", re.I | re.ASCII
)
_FISCAL_STARTS = (10, 7, 4)  # of governments, in the order of how many
_TO_DATE = re.compile(r"(?<=\d) ?\(?(?:F?YTD|year to date)\)?$", re.IGNORECASE)
_NUMBERED = re.compile(r"(\d\d?)[-.) ]+([A-Za-z]{3,9}\.?)", re.ASCII)  # 01-January
_WEEKDAY = re.compile(
    r"(?:mon|tue(?:s)?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,? (?=\w{3})",
    re.IGNORECASE,
)
_DASHES = str.maketrans("\u2013\u2014_", "---")
_RANGE = re.compile(r" (?:-|to|thru|through) ", re.IGNORECASE)
_EVENING = re.compile(r"[T ](?:1[3-9]|2[0-3]):00(?::00(?:\.0+)?)?(?:Z|[+-]\d\d:?\d\d)?$", re.ASCII)
_QUARTER = r"Q(?:tr|uarter)? ?[1-4]"
_OTHER = {
    "quarters": re.compile(
        rf"(?:FY ?)?\d{{2,4}}[-/ ]*{_QUARTER}|{_QUARTER}[-/, ]*(?:FY ?)?'?\d{{2,4}}"
        r"|(?:jan\w* ?[-\u2013] ?mar|apr\w* ?[-\u2013] ?jun|jul\w* ?[-\u2013] ?sep"
        r"|oct\w* ?[-\u2013] ?dec)[a-z]*\.?,? \d{4}",
        re.IGNORECASE,
    ),
    "weeks": re.compile(r"\d{4}[-/ ]?W ?\d{1,2}|(?:week|wk|w) ?\d{1,2}[-/ ,]*\d{4}", re.IGNORECASE),
}

# Behind a number or a month; letters as statistics offices use them (provisional, revised,
# estimated, break), and 1 as a sign above the line, never as another digit.
_FOOTNOTE = re.compile(
    r"(?<=[\w.])(?: ?[*\u2020\u2021\u00a7#^]+| ?[\u00b9\u00b2\u00b3\u2070-\u2079\u1d43-\u1dbf]+"
    r"| ?\((?:[a-e]|p|r|\d|prel\w*\.?|provisional|revised|estimated?)\)| ?\[\w{1,2}\]"
    r"|(?<=\d) ?[pr])",
    re.IGNORECASE,
)

# Behind a number as Eurostat has them, "1234 bep"; behind a year they may be a month: 2024 dec.
_FLAGS = re.compile(r"(?<=\d)(?: ?[bcdefinprsuz]|(?<=\d) [bcdefinprsuz]{2,3})$")
_LONGEST = 1_000  # characters of a number, a month or a name with a sign behind it


def without_footnote(text: str, *, flags: bool = False) -> tuple[str, str]:
    """A number or month, and the sign of a footnote behind it, "" without one: 1,234* or 56 (r).

    flags : whether letters are signs as well, as they are behind numbers.
    """
    if len(text) > _LONGEST:
        return text, ""
    match = _FLAGS.search(text) if flags else None
    if match:
        return text[: match.start()], match[0].strip()
    for match in _FOOTNOTE.finditer(text):
        if match.end() == len(text):
            return text[: match.start()], match[0].strip()
    return text, ""


def is_provisional(text: str) -> bool:
    """Whether the sign behind a number says that it is not the last word: 1,234 p, 56 (prel.)."""
    sign = without_footnote(text.strip(), flags=True)[1].strip("()[] .").casefold()
    return sign == "p" or sign.startswith(("prel", "prov"))


def other_periods(cell: CellValue) -> str:
    """Either "quarters" or "weeks", if that is what a cell names; else ""."""
    text = str(cell).strip() if isinstance(cell, str) else ""
    return next((name for name, form in _OTHER.items() if form.fullmatch(text)), "")


@lru_cache(_REMEMBERED)
def looks_like(cell: CellValue) -> bool:
    """Whether a cell is meant for a date, say also "2020-13"."""
    if isinstance(cell, date):
        return True
    if not isinstance(cell, str) or names_year(cell):
        return False
    match = _match(_ends(cell)[0])
    return match is not None and ("name" not in match or bool(_name(match["name"])))


def is_compact(cell: CellValue) -> bool:
    """Whether it could be a plain number as well, as 202401 and 2024.01 could."""
    return isinstance(cell, float) or (
        isinstance(cell, str) and re.fullmatch(r"\d+[. ]?\d*", cell.strip()) is not None
    )


def as_digits(cell: CellValue) -> CellValue:
    """A number's digits as text, for columns of dates like 202401 that a spreadsheet holds."""
    if isinstance(cell, float) and cell == int(cell):
        return str(int(cell))
    return cell


def order_of(cells: Iterable[CellValue]) -> str | None:
    """How dates like 1/31/2024 are written: month or day first; None where they do not say.

    Also where every day is the first of a month one way, and not the other.
    """
    ends = chain.from_iterable(_ends(cell) for cell in cells if isinstance(cell, str))
    parts = [match for match in map(_match, ends) if match and "one" in match]
    firsts, seconds = ({int(match[place]) for match in parts} for place in ("one", "two"))
    if max(firsts, default=0) > 12:
        return DAY_FIRST
    if max(seconds, default=0) > 12:
        return MONTH_FIRST
    # The day is what stays the same; of one month alone, what is the first of it.
    day, month = sorted((seconds, firsts), key=lambda part: (len(part), part != {1}))
    if len(day) == 1 and (len(month) > 1 or day == {1} != month):
        return MONTH_FIRST if day is seconds else DAY_FIRST
    # 1/1/2024, or 5/5/2024, is in the same month either way.
    return MONTH_FIRST if all(int(match["one"]) == int(match["two"]) for match in parts) else None


def read(cell: CellValue, order: str, fiscal_start: int) -> tuple[int, int]:
    """The month that a cell names, and the day of it, 0 where none is said.

    order : MONTH_FIRST or DAY_FIRST, for dates of numbers alone.
    fiscal_start : the month in which a fiscal year begins, in the year before its name's.
    ValueError says what is wrong with it, and what to do.
    """
    if isinstance(cell, date):
        return cell.year * 12 + cell.month - 1, cell.day
    (month, day), *last = (_read(end, order, fiscal_start) for end in _ends(str(cell)))
    if last and (day, last[0]) != (1, (month, days_in(month))):
        raise ValueError("not from the first to the last day of one month; leave it out")
    return month, day


def _read(cell: str, order: str, fiscal_start: int) -> tuple[int, int]:
    match = _match(cell)
    if match is None:
        raise ValueError("not a month; write it as YYYY-MM, such as 2024-01")
    year, day = _full_year(match), int(match.get("day", 0))
    if "one" in match:
        by_month = ("one", "two") if order == MONTH_FIRST else ("two", "one")
        number, day = (int(match[part]) for part in by_month)
    else:
        number = int(match.get("month") or match.get("period") or _name(match.get("name", "")))
    if not 1 <= number <= 12:
        wrong = match.get("name") or number
        raise ValueError(f"there is no month {wrong}; write the month that is meant, as YYYY-MM")
    if _FISCAL.search(cell):
        return fiscal_month(year, number, fiscal_start, named="name" in match), 0
    index = year * 12 + number - 1
    if day > days_in(index):
        raise ValueError(f"{months.from_index(index)} has no day {day}; correct the date")
    return index, day


def fiscal_month(year: int, number: int, start: int, *, named: bool) -> int:
    """The running number of a fiscal year's month: its nth, or the one of that calendar number."""
    if not named:
        number = (start + number - 2) % 12 + 1
    before = start > 1 and number >= start
    return (year - before) * 12 + number - 1


def names_month(cell: CellValue) -> int:
    """1 .. 12 for a month's name alone, "Jan" or "September"; else 0."""
    if not isinstance(cell, str):
        return 0
    numbered = _NUMBERED.fullmatch(cell)
    name = numbered[2] if numbered else cell
    if name[:3].casefold() not in months.SHORT:
        return 0
    number = _name(_plain(name).rstrip("."))
    if not numbered or number == int(numbered[1]):
        return number
    # 01 October, where years begin with it; 1 October is a day.
    counted = {f"{(number - start) % 12 + 1:02}" for start in _FISCAL_STARTS}
    return number if numbered[1] in counted else 0


def year_beside_name(cell: CellValue) -> str:
    """The year in "1996 Jan." or "Jan 1996", "" elsewhere."""
    match = _match(cell)
    return match.get("year", "") if match and "name" in match and "day" not in match else ""


@lru_cache(_REMEMBERED)
def names_year(cell: CellValue) -> tuple[int, bool] | None:
    """A year, and whether a fiscal one, for "2024", "FY24" or "2023-24"; else None."""
    text = _plain(str(as_digits(cell))) if isinstance(cell, (str, float)) else ""
    text = _TO_DATE.sub("", text)
    if match := _PLAIN_YEAR.fullmatch(text):
        return int(match[1]), False
    if match := _NAMED_YEAR.fullmatch(text):
        return _full_year(match.groupdict()), True
    if match := _TWO_YEARS.fullmatch(text):
        word, first, last = match.groups()
        follows = (int(first) + 1) % 100 == int(last) % 100
        # 2011-12 without a word may be December 2011.
        if follows and (word or (len(first) == 4 and (len(last) == 4 or int(last) > 12))):
            return full_year(first) + 1, True
    return None


def fiscal_pair(cell: str) -> tuple[int, int] | None:
    """Fiscal year and calendar month of "FY2024 Oct"; None where it counts its months itself."""
    match = _match(cell)
    number = _name(match["name"]) if match and "name" in match else 0
    return (_full_year(match), number) if match and number else None


def is_fiscal(text: str) -> bool:
    """Whether a cell or header speaks of fiscal years."""
    return re.search(r"\bfiscal\b|\b[fs]?f\.?y\b|\b[fs]?fy ?\d", text, re.IGNORECASE) is not None


def is_state_fiscal(text: str) -> bool:
    """Whether it is a state's fiscal year, which begins in July for most, not for all."""
    return re.search(r"\bstate fiscal|\bsfy", text, re.IGNORECASE) is not None


def year_begins(pairs: Sequence[tuple[int, int]]) -> int:
    """The month, 1 .. 12, in which years begin by the order of a file's lines; 0 if it is silent.

    pairs : (year, calendar month) of each line. Where the month after June is in the next year,
    years begin in July. Lines in no order of time say nothing.
    """
    lines = [pair for at, pair in enumerate(pairs) if pair != pairs[at - 1]]
    steps = [
        # The newest may come first.
        (*later, *sooner) if sooner[1] == later[1] % 12 + 1 else (*sooner, *later)
        for sooner, later in pairwise(lines)
    ]
    follow = [
        (later - year, number)
        for year, month, later, number in steps
        if number == month % 12 + 1 and later - year in (0, 1)
    ]
    turns = {number for new, number in follow if new}
    within = {number for new, number in follow if not new}
    proven = len(turns) == 1 and not turns & within and len(follow) >= len(lines) / 2
    return turns.pop() if proven else 0


def fiscal_begins(pairs: Sequence[tuple[int, int]]) -> int:
    """The month in which fiscal years begin; 0 if a file is silent, -1 if it is in doubt.

    pairs : as `year_begins` has it. The first and last year are seldom whole: a wrong start would
    tear them off the others. Years from January on may be calendar years, or only be sorted so.
    """
    whole = []
    for start in range(1, 13):
        known = {fiscal_month(year, number, start, named=True) for year, number in pairs}
        if known and len(known) == max(known) - min(known) + 1:  # no month is left out
            whole.append(start)
    if len(whole) == 1:
        return whole[0]
    shown = year_begins(pairs)
    if len({year for year, _ in pairs}) == 1:
        shown = begins_with(list(dict.fromkeys(number for _, number in pairs)))
    return -1 if shown == 1 else shown


def begins_with(numbers: Sequence[int]) -> int:
    """The month, 1 .. 12, in which a year begins whose months stand in this order; 0 if none does.

    Six months are a year's order only where they pass from December to January.
    """
    for row in (list(numbers), list(numbers)[::-1]):
        follow = all(later == month % 12 + 1 for month, later in pairwise(row))
        if follow and (len(row) == 12 or (12, 1) in pairwise(row)):
            return row[0]
    return 0


def evening_before(cells: Sequence[CellValue]) -> str:
    """A time like 2023-12-31T23:00Z, if all are the evening of a month's last day; else "".

    Midnight elsewhere, told in UTC: the month that is meant is the next one.
    """
    evenings = [c for c in cells if isinstance(c, str) and _EVENING.search(c)]
    if not evenings or len(evenings) < len([c for c in cells if c != ""]):
        return ""
    try:
        read_days = [read(cell, MONTH_FIRST, 1) for cell in evenings]
    except ValueError:
        return ""
    return evenings[0] if all(day == days_in(month) for month, day in read_days) else ""


def spacing(numbers: Sequence[int]) -> str:
    """Either "days" or "weeks", if dates are that far apart; else "". numbers : of days."""
    days = sorted(set(numbers))
    steps = [later - sooner for sooner, later in pairwise(days)]
    if len(steps) < 3:
        return ""
    usual = sorted(steps)[len(steps) // 2]
    return "weeks" if usual in (7, 14, 28) else "days" if usual <= 3 else ""


def _match(cell: CellValue) -> dict[str, str] | None:
    text = _plain(cell) if isinstance(cell, str) else ""
    for form in _FORMS:
        if match := form.fullmatch(text):
            return {name: part for name, part in match.groupdict().items() if part}
    return None


def _plain(cell: str) -> str:
    """A cell without a footnote's sign or a weekday, with single spaces and plain dashes."""
    text = without_footnote(" ".join(cell.split()))[0].translate(_DASHES)
    return _WEEKDAY.sub("", text, count=1)


def _ends(cell: str) -> list[str]:
    """First and last day of "1/1/2024 - 1/31/2024"; anything else as it is."""
    ends = _RANGE.split(" ".join(cell.split()).translate(_DASHES), maxsplit=1)
    return ends if len(ends) == 2 and all(map(_match, ends)) else [cell]


def full_year(text: str) -> int:
    """A year of four digits, or of two as everybody's software takes them: 68 is 2068, 69 1969."""
    year = int(text)
    return year if year > 99 else year + (2000 if year < 69 else 1900)


def _full_year(groups: dict[str, str]) -> int:
    return full_year(groups.get("year") or groups["short"])


def _name(text: str) -> int:
    plain = text.casefold()
    if plain == "sept":
        return 9
    if plain[:3] in months.SHORT and FULL[months.SHORT.index(plain[:3])].startswith(plain):
        return months.SHORT.index(plain[:3]) + 1
    return 0


def days_in(index: int) -> int:
    """Days of a month, a running number."""
    return monthrange(index // 12, index % 12 + 1)[1]
