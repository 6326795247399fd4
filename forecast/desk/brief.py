"""The paragraph that says the facts about a month, and its sentences one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forecast import months
from forecast.desk.facts import Comparison, Expectation, Facts, verdict
from forecast.desk.words import (
    PLACES,
    chance_words,
    change_words,
    known_words,
    month_words,
    ordinal,
)

DEFINITION = (
    "Encounters are events, not people: one person can be counted more than once. "
    "No cause is claimed."
)
INTERIOR = (
    "The count includes Border Patrol arrests in the interior, which the files do not tell apart "
    "(1.4 % of the southwest Border Patrol count in October 2023, 14 to 16 % in August 2025 and "
    "2026)."
)
_WITH_INTERIOR = ("southwest", "nationwide")


def paragraph(found: Facts) -> str:
    """The paragraph a person would paste: one text, no line breaks."""
    return " ".join(
        (
            headline(found),
            *stale_sentences(found),
            *expected_sentences(found),
            comparison_sentence(found.comparisons),
            rank_sentence(found),
            vintage_sentence(found),
            *definition(found.border),
        )
    )


def place(found: Facts) -> str:
    """Where the encounters were, a part in brackets."""
    where = PLACES[found.border]
    return f"{where} ({found.part})" if found.part else where


def stale_sentences(found: Facts) -> Iterator[str]:
    """That a part's newest month is older than its border's; nothing where it is not."""
    if found.newest_of_border:
        last, border = month_words(found.last_month), month_words(found.newest_of_border)
        yield f"Figures of this part end in {last}; the border's in {border}."


def headline(found: Facts) -> str:
    """What was published."""
    about = "" if found.rounding == 1 else f" (rounded to {found.rounding} by its source)"
    return (
        f"CBP counted {found.encounters:,} encounters {place(found)} in "
        f"{month_words(found.month)}{about}."
    )


def expected_sentences(found: Facts) -> Iterator[str]:
    """What had been expected, and how unusual the month was; nothing where it was not judged."""
    stood = found.expectation
    if stood is None:
        return
    kind = (
        "issued before it was published"
        if stood.basis == "issued"
        else "a hindcast, computed later from only the data of then"
    )
    yield (
        f"The forecast before it expected {stood.median:,}, 80 % prediction interval "
        f"{stood.lo80:,} to {stood.hi80:,} (from data through {month_words(stood.cutoff)}; {kind})."
    )
    first = "" if stood.judged == found.encounters else f", as first published ({stood.judged:,}),"
    flagged = f"; it was flagged, severity {stood.severity}" if stood.severity else ""
    yield (
        f"The month{first} lies {_where(stood)}; {chance_words(stood.p)} would be at least this "
        f"far from what was expected{flagged}."
    )


def _where(stood: Expectation) -> str:
    if stood.lo80 <= stood.judged <= stood.hi80:
        return "inside that interval"
    side = "below" if stood.judged < stood.lo80 else "above"
    if stood.lo95 <= stood.judged <= stood.hi95:
        return f"{side} it, inside the 95 % interval ({stood.lo95:,} to {stood.hi95:,})"
    return f"{side} the 95 % interval ({stood.lo95:,} to {stood.hi95:,})"


def comparison_sentence(compared: Sequence[Comparison]) -> str:
    """All comparisons in one sentence."""
    texts = [_compared(comparison) for comparison in compared]
    return f"{texts[0][0].upper()}{texts[0][1:]}; " + "; ".join(texts[1:]) + "."


def _compared(c: Comparison) -> str:
    if c.name == "fiscal year to date":
        span = f"fiscal year to date {c.now:,}"
        if c.before is None:
            return f"{span}, the same months a year before are not all held"
        return f"{span} against {c.before:,} a year before: {change_words(c.now, c.before)}"
    if c.before is None:
        return f"the {c.name} is not held"
    if c.name == "peak" and c.before == c.now:
        return "it is itself the highest month held up to then"
    change = change_words(c.now, c.before)
    return f"against the {c.name} ({month_words(c.last)}: {c.before:,}) {change}"


def peak_sentence(found: Facts) -> str:
    """Which month was higher, so that none is taken for the peak; "" if none was."""
    peak = found.comparisons[-1]
    if peak.before is None or peak.before <= found.encounters:
        return ""
    return f"Not the peak: {month_words(peak.last)} had been higher, {peak.before:,}."


def rank_sentence(found: Facts) -> str:
    """Lowest or highest since when, rank, and share of the fiscal year."""
    span = f"held ({month_words(found.first_month)} to {month_words(found.last_month)})"
    rank = f"{_rank(found)} of the {found.held} months {span}"
    since = ""
    if found.extreme and found.since:
        since = f"the {found.extreme} since {month_words(found.since)} and "
    elif found.extreme and found.month != found.last_month:  # else the rank says it
        since = f"the {found.extreme} of all months up to then and "
    text = f"It is {since}the {rank}"
    if found.share is None:
        return f"{text}."
    year = months.fiscal_year(found.month)
    whole = "" if found.final else " so far"
    return f"{text}, and makes up {100 * found.share:.1f} % of fiscal year {year}{whole}."


def _rank(found: Facts) -> str:
    """Counted from the nearer end."""
    from_below = found.held - found.rank + 1
    place, end = min((found.rank, "highest"), (from_below, "lowest"))
    return end if place == 1 else f"{ordinal(place)} {end}"


def vintage_sentence(found: Facts) -> str:
    """Which value this is, since when, and what stood before it."""
    final = "final" if found.final else "preliminary: months of the open fiscal year are restated"
    if not found.values:
        return f"Source: {found.file_name} ({final})."
    *earlier, current = found.values
    since = known_words(current.vintage, current.known_from)
    if not earlier:
        return f"Published {since}, not restated since ({found.file_name}; {final})."
    first = earlier[0]
    more = f", restated {len(earlier)} times" if len(earlier) > 1 else ""
    return (
        f"First published as {first.encounters:,} ({known_words(first.vintage, first.known_from)})"
        f"{more}; as {current.encounters:,} {since} ({found.file_name}; {final})."
    )


def definition(border: str) -> Iterator[str]:
    """What the count is and is not."""
    yield DEFINITION
    if border in _WITH_INTERIOR:
        yield INTERIOR


def verdict_sentence(found: Facts, value: int) -> str:
    """The verdict in words, with the number of now and that of then."""
    where = f"{place(found)} in {month_words(found.month)}"
    about = f"{value:,} encounters {where}"
    said = verdict(found, value)
    if said == "right":
        return f"Right: {about}."
    if said == "right when published":
        return f"Right when published, since restated: {about}; now {found.encounters:,}."
    if said == "right when rounded":
        return f"Right as far as is known: the source has {found.encounters:,} {where}, rounded."
    return f"Wrong: not {about}, but {found.encounters:,}." + _elsewhere(found, value)


def _elsewhere(found: Facts, value: int) -> str:
    """Where a wrong number may come from: the times it was compared with."""
    matches = [c for c in found.comparisons if c.before == value]
    return f" {value:,} is the count of {month_words(matches[0].last)}." if matches else ""


def history_sentences(found: Facts) -> Iterator[str]:
    """Every value the month has had, in order."""
    for value in found.values:
        since = known_words(value.vintage, value.known_from)
        yield f"{value.encounters:,}: published {since}; release {value.source}, {value.file_name}."
