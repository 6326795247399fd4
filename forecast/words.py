"""Numbers, changes, months and days in words; other people's text made fit to print."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

from forecast import months

MAX_PRINTED = 300  # characters of a foreign text that are shown
_MOST_NAMED = 3  # of many things in a sentence


def printable(text: str, longest: int = MAX_PRINTED) -> str:
    """A foreign text on one line, without anything that a terminal would obey or that is not text.

    Control characters, marks that turn the writing direction, and bytes that are no UTF-8 become
    "?"; runs of white space one space. What is longer is cut, and ends in "...".
    """
    plain = without_controls(" ".join(text.split()))
    return plain if len(plain) <= longest else f"{plain[: longest - 3]}..."


def one_line(text: str) -> str:
    """Words from outside on one line, nothing in them that a program would obey; cf. `printable`.

    For texts of ours with a foreign word in them: what cannot be printed is left out.
    """
    return "".join(c for c in " ".join(text.split()) if c.isprintable())


def without_controls(text: str) -> str:
    """Return a text of ours that may quote others, its lines as they are; else as `printable`."""
    return "\n".join(
        "".join(c if c.isprintable() else "?" for c in line) for line in text.split("\n")
    )


MONTHS = months.NAMES
# AP style: short before a day and in tables; March to July never are.
SHORT = {
    "January": "Jan.",
    "February": "Feb.",
    "August": "Aug.",
    "September": "Sept.",
    "October": "Oct.",
    "November": "Nov.",
    "December": "Dec.",
}

MINUS = "\N{MINUS SIGN}"
# Of a table of comparisons, behind the column of what is compared with; in mails, pages and slides.
COMPARED_HEADS = ("figure", "counted", "change")
NEXT_RUN = "the next one follows when a file, a setting or the program has changed"

_LONGEST_SLUG = 120  # a folder's name has 255 bytes at most, and stands beside another's


@lru_cache(maxsize=10_000)  # each page asks it of every name
def slug(text: str) -> str:
    """Return a name as a part of an address: del-rio; xn--st-eka of Öst, as hosts' names have it.

    Names that differ by more than capitals, spaces and punctuation differ in it, in any script.
    """
    plain = "".join(
        "-" if unicodedata.category(c)[0] in "PZ" or (c.isascii() and not c.isalnum()) else c
        for c in unicodedata.normalize("NFC", text.lower())
    )
    plain = re.sub("-+", "-", plain).strip("-")
    if plain.isascii() and 0 < len(plain) <= _LONGEST_SLUG:
        return plain
    digest = hashlib.sha256((plain or text).encode()).hexdigest()[:40]
    if plain.isascii() and plain:
        return f"{plain[: _LONGEST_SLUG - 42]}--{digest}"
    # Two hyphens: no name of plain letters has them.
    coded = f"xn--{(plain or text).encode('punycode').decode('ascii')}"
    if len(coded) <= _LONGEST_SLUG and re.fullmatch("[a-z0-9-]+", coded):
        return coded
    return f"xn--{digest}"


def old_slug(text: str) -> str:
    """Return what a name was in addresses before other letters than a to z had a place in them."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def like(name: str, names: Iterable[str]) -> str:
    """Say which of some names are like one that is none of them, or which there are."""
    every = [*names]
    near = get_close_matches(name, every, n=3, cutoff=0.6)
    return f"like it: {first_few(near)}" if near else f"there are {first_few(every)}"


def capital(text: str) -> str:
    """With a capital first, the rest as it is."""
    return text[:1].upper() + text[1:]


def about(count: int, unit: int) -> str:
    """6,994; "about 6,990" where it is known to 10."""
    return f"{count:,}" if unit == 1 else f"about {unit * round(count / unit):,}"


def check_command(run: int, digest: str) -> str:
    """By which anybody with the record can check a quoted digest."""
    return f"bordercast verify --run {run} --digest {digest}"


def withdrawn_alone(run: int) -> str:
    """Say that this run was withdrawn and none stands."""
    return f"run {run} was withdrawn, and there is no other"


def month_words(month: str) -> str:
    """August 2026 for 2026-08."""
    return f"{MONTHS[int(month[5:7]) - 1]} {month[:4]}"


def short_months(words: str) -> str:
    """Return words with their months as AP writes them in a table: Sept. 2025."""
    for month, short in SHORT.items():
        words = words.replace(month, short)
    return words


def day_words(day: str) -> str:
    """Aug. 17, 2026 for 2026-08-17."""
    month = MONTHS[int(day[5:7]) - 1]
    return f"{SHORT.get(month, month)} {int(day[8:])}, {day[:4]}"


def days_words(first: str, last: str) -> str:
    """Write a span of days: Oct. 7-26, 2026; Oct. 28 to Nov. 6, 2026."""
    begins, ends = day_words(first), day_words(last)
    if first[:7] == last[:7]:
        return f"{begins.partition(',')[0]}-{int(last[8:])}, {last[:4]}"
    return f"{begins.partition(',')[0] if first[:4] == last[:4] else begins} to {ends}"


def change_words(now: int, before: int | None) -> str:
    """Change from `before` in percent with its sign; "from zero" where there is none; - of None."""
    if before is None:
        return "-"
    if before == 0:
        return "from zero"
    # Rounded before the sign is chosen: -0.0% would be a change that is none.
    percent = round(100 * (now / before - 1), 1)
    sign = MINUS if percent < 0 else "+" if percent > 0 else ""
    return f"{sign}{abs(percent):,.1f}%"


def signed(number: int) -> str:
    """+1,234, 0, or with a minus sign."""
    sign = "+" if number > 0 else MINUS if number < 0 else ""
    return f"{sign}{abs(number):,}"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th ..."""
    # 11th to 13th, and 111th.
    last_two = number % 100
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}" + ("th" if 11 <= last_two <= 13 else ending)


_BASES = {"issued": "issued forecast", "hindcast": "hindcast"}


def basis_noun(basis: str) -> str:
    """Return what judged a month, in one word: an issued forecast, or a hindcast made later."""
    return _BASES.get(basis, "forecast")


def basis_word(basis: str) -> str:
    """Return the same where a line is short: a forecast, whether issued or not, or a hindcast."""
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
    """Return a count that was restated: 11,709 (now 11,710); the count alone where it was not."""
    return f"{first:,}" if first == now else f"{first:,} (now {now:,})"


def known_words(vintage: str, day: str) -> str:
    """Return when a value was published; see the view `vintages` for the three kinds of vintage."""
    return {
        "day": f"on {day_words(day)}",
        "month": f"by {day_words(day)}",
        "by": f"by {day_words(day)}",
        "unknown": f"on an unknown date, treated as {day_words(day)}",
    }[vintage]


def month_name(month: str) -> str:
    """Aug 2026 for 2026-08."""
    return f"{MONTHS[int(month[5:]) - 1][:3]} {month[:4]}"


def interval(low: int, high: int) -> str:
    """A range of counts where a table has little room: 4,477-6,376; one count where both are."""
    return f"{low:,}-{high:,}" if low != high else f"{low:,}"


def between(low: int, high: int) -> str:
    """Return the same in a sentence: 4,477 to 6,376."""
    return f"{low:,} to {high:,}" if low != high else f"{low:,}"


def many(count: int, noun: str) -> str:
    """1 month; 1,234 months."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def first_few(items: Iterable[str], apart: str = ", ") -> str:
    """Return the first three, and how many more there are: a, b, c and 7 more."""
    every = list(items)
    more = f" and {len(every) - _MOST_NAMED:,} more" if len(every) > _MOST_NAMED else ""
    return apart.join(every[:_MOST_NAMED]) + more
