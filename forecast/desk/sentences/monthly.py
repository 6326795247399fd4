"""A published month in sentences: its number, where it lies, what it is compared with, its rank."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecast import months
from forecast.desk.facts import (
    Comparison,
    Expectation,
    MonthReport,
    to_date_unknown,
)
from forecast.desk.sentences.unusual import unusual_words
from forecast.sources import wording
from forecast.sources.source import Aside
from forecast.sources.wording import Halves, Split
from forecast.words import (
    MINUS,
    basis_noun,
    change_words,
    first_and_now,
    known_words,
    month_name,
    month_words,
    ordinal,
)

if TYPE_CHECKING:
    from forecast.sources.source import Source


_BEYOND = {"lowest": "lower", "highest": "higher"}


def paragraph(report: MonthReport) -> str:
    """The paragraph a person would paste: one text, no line breaks."""
    return " ".join(
        (
            headline(report),
            *halves_sentence(report),
            *stale_sentences(report),
            *expected_sentences(report),
            comparison_sentence(report.comparisons),
            *unknown_sentences(report),
            rank_sentence(report),
            vintage_sentence(report),
            *definition(report),
        )
    )


def place(report: MonthReport) -> str:
    """Where the encounters were, a part in brackets."""
    where = report.source.totals.where(report.border)
    return f"{where} ({report.part})" if report.part else where


def halves(report: MonthReport) -> Halves | None:
    """At ports of entry and between ports; None where the record does not tell them apart.

    Where only the second is on record the first is what it leaves of the count.
    """
    both = report.source.hierarchy.both_halves
    between = report.agencies.get(both[1].component) if both else None
    if both is None or between is None:
        return None
    at, unit = report.agencies.get(both[0].component), report.agencies_unit
    if at is None:
        unit = max(unit, report.rounding)
        at = unit * round((report.encounters - between) / unit)
    return Halves(at, between, unit, split(report))


def split(report: MonthReport) -> Split | None:
    """What the second half of this very month was made of; None where that is not on record."""
    seen = report.interior
    if seen is None or seen.month != report.month:
        return None
    return Split(seen.at_entry, seen.at_large)


def halves_words(report: MonthReport, joined: str = ", ") -> str:
    """3,361 at ports of entry, 8,349 between ports; "" where that is not known."""
    return wording.halves_words(halves(report), report.source, joined)


def stale_sentences(report: MonthReport) -> Iterator[str]:
    """That a part's newest month is older than its border's; nothing where it is not."""
    if report.newest_of_border:
        last, total = month_words(report.last_month), month_words(report.newest_of_border)
        yield f"Figures of this part end in {last}; the {report.source.totals.one}'s in {total}."


def headline(report: MonthReport) -> str:
    """What was published."""
    about = "" if report.rounding == 1 else f" (rounded to {report.rounding} by its source)"
    reach = (
        f", {report.source.measure.reach}"
        if report.source.measure.reach and not report.part
        else ""
    )
    return (
        f"{report.source.publisher.short} counted {report.encounters:,} "
        f"{report.source.measure.noun} {place(report)} in "
        f"{month_words(report.month)}{reach}{about}."
    )


def halves_sentence(report: MonthReport) -> Iterator[str]:
    """How many at ports of entry and how many between them; nothing where that is not known."""
    known = halves(report)
    if known:
        yield wording.halves_sentence(known, report.source)


def expected_sentences(report: MonthReport) -> Iterator[str]:
    """The forecast, and how unusual the month was; nothing where it was not judged."""
    expectation = report.expectation
    if expectation is None:
        return
    through = month_words(expectation.cutoff)
    made = (
        f"The issued forecast, made before publication from data through {through},"
        if expectation.basis == "issued"
        else f"The hindcast, made later from only the data through {through},"
    )
    yield (
        f"{made} expected {expectation.median:,} (80% prediction interval {expectation.lo80:,} to "
        f"{expectation.hi80:,})."
    )
    restated = expectation.judged != report.encounters
    what = (
        f"The first count, {first_and_now(expectation.judged, report.encounters)},"
        if restated
        else "The month"
    )
    flagged = f", and flagged as {expectation.severity}" if expectation.severity else ""
    yield f"{what} is {_where(expectation)}: {unusual_words(expectation.p)}{flagged}."


def _where(expectation: Expectation) -> str:
    if expectation.lo80 <= expectation.judged <= expectation.hi80:
        return "inside that interval"
    side = "below" if expectation.judged < expectation.lo80 else "above"
    if expectation.lo95 <= expectation.judged <= expectation.hi95:
        return f"{side} it, inside the 95% interval ({expectation.lo95:,} to {expectation.hi95:,})"
    return f"{side} the 95% interval ({expectation.lo95:,} to {expectation.hi95:,})"


def comparison_sentence(compared: Sequence[Comparison]) -> str:
    """All comparisons, a sentence each."""
    return " ".join(map(_compared, compared))


def unknown_sentences(report: MonthReport) -> Iterator[str]:
    """That the fiscal year so far cannot be summed; nothing where it can."""
    if to_date_unknown(report):
        noun = months.year_noun(report.source.year_begins)
        yield f"The {noun} to date is not known: not every month of it was published."


def _compared(c: Comparison) -> str:
    if c.to_date:
        if c.before is None:
            return f"The {c.name} is {c.now:,}; the year before is not all on record."
        change = change_words(c.now, c.before)
        return f"The {c.name} is {c.now:,}, {change} from {c.before:,}."
    if c.before is None:
        return f"The {c.name} is not on record."
    if c.name == "peak" and c.before == c.now:
        return "It was itself the peak, the highest month on record up to then."
    change = change_words(c.now, c.before)
    return f"Change from the {c.name} ({month_words(c.last)}: {c.before:,}): {change}."


def changes(report: MonthReport) -> str:
    """Against the month before and the year before, as far as these are on record."""
    words, last = [], ""
    for c in report.comparisons:
        if c.name in ("month before", "year before") and c.before:
            side, far = _moved(c)
            # Said once, if both went that way.
            words.append(f"{'' if side == last else side}{far} from {month_words(c.last)}")
            last = side
    return " and ".join(words)


def moved(c: Comparison) -> str:
    """Down 80.9%, without a sign."""
    return "".join(_moved(c))


def _moved(c: Comparison) -> tuple[str, str]:
    """Which way, and how far."""
    words = change_words(c.now, c.before or 0)
    side = {MINUS: "down ", "+": "up "}.get(words[0], "")
    return (side, words[1:]) if side else ("", "unchanged")


def peak_sentence(report: MonthReport) -> str:
    """Which month was higher, so that none is taken for the peak; "" if none was."""
    peak = report.comparisons[-1]
    if peak.before is None or peak.before <= report.encounters:
        return ""
    return f"Not the peak: {month_words(peak.last)} was higher, {peak.before:,}."


def rank_sentence(report: MonthReport) -> str:
    """Lowest or highest since when, rank, and share of the fiscal year."""
    text = rank_words(report)
    if report.share is None:
        return text
    year = months.fiscal_year(report.month, report.source.year_begins)
    whole = "" if report.final else " so far"
    return (
        f"{text} It makes up {100 * report.share:.1f}% of "
        f"{months.year_noun(report.source.year_begins)} {year}{whole}."
    )


def rank_words(report: MonthReport, *, span: bool = True) -> str:
    """Lowest or highest since when, and rank; span : both, and the months of the record."""
    record = (
        f" ({month_words(report.first_month)} to {month_words(report.last_month)})" if span else ""
    )
    text = f"It is the {_rank(report)} of {report.held} months on record{record}."
    if report.extreme and report.since:
        since = f"It is the {report.extreme} since {month_words(report.since)}."
        return f"{since} {text}" if span else since
    if report.extreme and report.month != report.last_month:  # else the rank says it
        return f"Up to then no month on record was {_BEYOND[report.extreme]}. {text}"
    return text


def _rank(report: MonthReport) -> str:
    """Counted from the nearer end."""
    from_below = report.held - report.rank + 1
    place, end = min((report.rank, "highest"), (from_below, "lowest"))
    return end if place == 1 else f"{ordinal(place)} {end}"


def vintage_sentence(report: MonthReport) -> str:
    """Which value this is, since when, and what stood before it."""
    final = (
        "final"
        if report.final
        else f"preliminary: {report.source.publisher.short} {report.source.publisher.revises}"
    )
    if not report.values:
        return f"Source: {report.file_name} ({final})."
    *earlier, current = report.values
    since = known_words(current.vintage, current.known_from)
    if not earlier:
        return f"Published {since}, not revised since ({report.file_name}; {final})."
    first = earlier[0]
    more = f", revised {len(earlier)} times" if len(earlier) > 1 else ""
    return (
        f"First published as {first.encounters:,} ({known_words(first.vintage, first.known_from)})"
        f"{more}; now {current.encounters:,}, published {since} ({report.file_name}; {final})."
    )


def definition(report: MonthReport) -> Iterator[str]:
    """What the count is and is not."""
    yield caveat(report.source)
    aside = report.source.hierarchy.aside
    if aside:
        yield aside_sentence(report, aside)


def caveat(source: Source) -> str:
    """What the count is not."""
    return f"{source.measure.caveat} No cause is claimed.".strip()


def aside_sentence(report: MonthReport, aside: Aside) -> str:
    """How much of the count was not made at the border, as far as its publisher says."""
    seen = report.interior
    half, who = report.source.hierarchy.named(aside.half).short, report.source.publisher.short
    interior = f"{aside.words} ({aside.named})"
    if report.part:
        return f"The {half} count may include {interior}."
    if seen is None:
        return (
            f"The {half} count may include {interior}; for this month {who} does not say how many."
        )
    share = f"{seen.at_large:,} of {seen.total:,} {half} {report.source.measure.noun}"
    percent = f" ({100 * seen.at_large / seen.total:.0f}%)" if seen.total else ""
    parts = seen.at_large + seen.at_entry
    odd = "" if parts == seen.total else f" {who}'s own two parts add up to {parts:,}."
    where = f"{report.source.totals.where(report.border)} in {month_words(seen.month)}"
    sentence = f"{share}{percent} {where} were {aside.named}, that is {aside.words}.{odd}"
    if seen.month == report.month:
        return sentence
    return f"How many of this month's were {interior} is not on record; the last known: {sentence}"


def history_sentences(report: MonthReport) -> Iterator[str]:
    """Every value the month has had, in order."""
    for value in report.values:
        since = known_words(value.vintage, value.known_from)
        yield f"{value.encounters:,}: published {since}; release {value.source}, {value.file_name}."


def standing(report: MonthReport) -> str:
    """Where the month lies, in a few words."""
    expectation = report.expectation
    if expectation is None:
        return "no forecast was made before it"
    if expectation.lo80 <= expectation.judged <= expectation.hi80:
        return f"within the 80% interval of the {basis_noun(expectation.basis)}"
    side = "below" if expectation.judged < expectation.lo80 else "above"
    level = 80 if expectation.lo95 <= expectation.judged <= expectation.hi95 else 95
    unusual = unusual_words(expectation.p)
    return f"{side} the {level}% interval of the {basis_noun(expectation.basis)}: {unusual}"


@dataclass(frozen=True)
class ComparisonText:
    """One comparison, in words."""

    name: str
    when: str
    then: str
    now: str
    change: str


def line(c: Comparison) -> ComparisonText:
    """A comparison in words; one that cannot be made says so."""
    when = month_words(c.last)
    if c.to_date and c.first != c.last:
        when = f"{month_name(c.first)}\N{EN DASH}{month_name(c.last)}"
    then = "not on record" if c.before is None else f"{c.before:,}"
    change = "-" if c.before is None else change_words(c.now, c.before)
    return ComparisonText(c.name, when, then, f"{c.now:,}", change)
