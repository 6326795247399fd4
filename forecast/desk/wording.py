"""Numbers, months and days in words: one wording for page, mail, chart and terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from forecast import months

if TYPE_CHECKING:
    from forecast.intake.sources.contract import Source

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
# AP style: short before a day; March to July never are.
SHORT = {"January": "Jan.", "February": "Feb.", "August": "Aug.", "September": "Sept."}
SHORT |= {"October": "Oct.", "November": "Nov.", "December": "Dec."}
MINUS = "\N{MINUS SIGN}"
RAREST = (
    1 / 200
)  # a border has some 130 judged months: rarer than this, p is the model's word alone


def slug(text: str) -> str:
    """A name as a part of an address."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def total_place(border: str, source: Source) -> str:
    """Folder of a total's page in the site."""
    return f"{source.totals.folder}/{slug(border)}/"


def capital(text: str) -> str:
    """With a capital first, the rest as it is."""
    return text[:1].upper() + text[1:]


def about(count: int, unit: int) -> str:
    """6,994; "about 6,990" where it is known to 10."""
    return f"{count:,}" if unit == 1 else f"about {unit * round(count / unit):,}"


_COUNTED = "encounters"  # as the dictionary of the tables calls what is counted


def in_keys(value: Any, source: Source) -> Any:
    """What a program is told, under the keys that files of the source in use have."""
    if isinstance(value, dict):
        named = {str(key): held for key, held in value.items()}
        words = source.labels.dimensions
        if not source.shipped and named.get("dimension") in words:
            named["dimension"] = words[named["dimension"]]
        return {
            source.column(key) or key.replace("fiscal_", ""): in_keys(held, source)
            for key, held in named.items()
            if source.column(key) or held not in (None, "", [], {})  # of parts, which are none
        }
    return [in_keys(one, source) for one in value] if isinstance(value, list | tuple) else value


def about_column(text: str, source: Source) -> str:
    """What is said of a column, its unit or its meaning, in the words of the source in use."""
    return text.replace(_COUNTED, source.measure.noun)


def with_unit(count: int, source: Source) -> str:
    """A count with its unit, where that does not go without saying: 682 pounds; 1 pound."""
    unit = source.measure.beside
    return f"{count:,} {unit.removesuffix('s') if count == 1 else unit}".rstrip()


def small_words(by_month: Mapping[str, int], source: Source) -> str:
    """That a series is small, by its last 12 months; "" where it is not.

    by_month : its counts, the newest month last.
    """
    limit, decides = source.measure.small
    year = list(by_month.items())[-12:]
    total = sum(count for _, count in year)
    if not year or total >= limit:
        return ""
    noun = source.measure.noun
    largest = max(count for _, count in year)
    of_them = f", {largest:,} of them in one month" if total > 1 and len(year) > 1 else ""
    when = f"in the {len(year)} months to {month_words(year[-1][0])}"
    return f"A small series: {total:,} {noun} {when}{of_them}; {decides}."


def check_command(run: int, digest: str) -> str:
    """By which anybody with the record can check a quoted digest."""
    return f"bordercast verify --run {run} --digest {digest}"


def month_words(month: str) -> str:
    """August 2026 for 2026-08."""
    return f"{MONTHS[int(month[5:7]) - 1]} {month[:4]}"


def day_words(day: str) -> str:
    """Aug. 17, 2026 for 2026-08-17."""
    month = MONTHS[int(day[5:7]) - 1]
    return f"{SHORT.get(month, month)} {int(day[8:])}, {day[:4]}"


def change_words(now: int, before: int) -> str:
    """Change from `before` in percent with its sign; "from zero" where there is no percentage."""
    if before == 0:
        return "from zero"
    percent = round(100 * (now / before - 1), 1)
    sign = MINUS if percent < 0 else "+" if percent > 0 else ""
    return f"{sign}{abs(percent):,.1f}%"


def signed(number: int) -> str:
    """+1,234, 0, or with a minus sign."""
    sign = "+" if number > 0 else MINUS if number < 0 else ""
    return f"{sign}{abs(number):,}"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th ..."""
    last_two = number % 100
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}" + ("th" if 11 <= last_two <= 13 else ending)


def unusual_words(p: float) -> str:
    """How unusual a month is, for p two-sided; no rarer than RAREST is ever claimed."""
    if p < RAREST:
        return f"rarer than 1 month in {round(1 / RAREST)} (the most that the record supports)"
    if p > 2 / 3:
        return "an ordinary month"
    return f"about 1 month in {round(1 / p)} is at least this far off"


_BASES = {"issued": "issued forecast", "hindcast": "hindcast"}


def basis_noun(basis: str) -> str:
    """What judged a month, in one word: an issued forecast, or a hindcast made later."""
    return _BASES.get(basis, "forecast")


def basis_word(basis: str) -> str:
    """The same where a line is short: a forecast, whether issued or not, or a hindcast."""
    return "hindcast" if basis == "hindcast" else "forecast"


def judged_by(bases: Iterable[str]) -> str:
    """What several months were judged by: both kinds, each with its meaning, where both are."""
    kinds = set(bases)
    issued = "issued forecasts, made before the month was published"
    hindcasts = "hindcasts, made later from only the figures known at the time"
    if ("issued" in kinds) != ("hindcast" in kinds):
        return issued if "issued" in kinds else hindcasts
    return f"{issued}, or {hindcasts}"


def first_and_now(first: int, now: int) -> str:
    """A count that was restated: 11,709 (now 11,710); the count alone where it was not."""
    return f"{first:,}" if first == now else f"{first:,} (now {now:,})"


def known_words(vintage: str, day: str) -> str:
    """When a value was published; see the view `vintages` for the three kinds of vintage."""
    return {
        "day": f"on {day_words(day)}",
        "month": f"by {day_words(day)}",
        "unknown": f"on an unknown date, treated as {day_words(day)}",
    }[vintage]


def stale_words(own: str, border: str, source: Source) -> str:
    """What to say of a part whose newest figure is of month `own` and its border's of `border`."""
    if not own or own >= border:
        return ""
    behind = months.to_index(border) - months.to_index(own)
    noun = "month" if behind == 1 else "months"
    return (
        f"Newest figure: {month_words(own)}, {behind} {noun} older than the {source.totals.one}'s."
    )
