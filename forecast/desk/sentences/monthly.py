"""A published month in sentences: its number, where it lies, what it is compared with, its rank."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from forecast import lives
from forecast.desk.facts import (
    RAREST,
    Comparison,
    Expectation,
    MonthFacts,
    Position,
    TermFacts,
    overdue,
    to_date,
)
from forecast.desk.sentences.trust import due_words, stale_words
from forecast.desk.sentences.unusual import (
    FAR,
    SIDES,
    compared_with,
    counted_words,
    how_far,
    unflagged_words,
    unusual_words,
)
from forecast.rows import FlagRow, ForecastRow
from forecast.sources import wording
from forecast.sources.source import Source
from forecast.sources.wording import with_unit
from forecast.store.history import MonthValue
from forecast.types import Aside
from forecast.words import (
    MINUS,
    basis_noun,
    between,
    capital,
    change_words,
    first_and_now,
    known_words,
    many,
    month_name,
    month_words,
    ordinal,
)

MOST_NAMED = 3  # unusual totals that the one line names
UNJUDGED = "not held against a forecast"  # there was none, or the month is not complete


@dataclass(frozen=True)
class ComparisonText:
    """One comparison, in words."""

    name: str
    when: str
    then: str
    now: str
    change: str


def paragraph(facts: MonthFacts) -> str:
    """The paragraph a person would paste: one text, no line breaks."""
    sentences = [
        headline(facts),
        halves_sentence(facts),
        stale_sentence(facts),
        *expected_sentences(facts),
        comparison_sentence(facts),
        unknown_sentence(facts),
        rank_sentence(facts),
        vintage_sentence(facts),
        *definition(facts, beside=True),
    ]
    return " ".join(filter(None, sentences))


def counted(facts: MonthFacts) -> str:
    """Who counted how many of what, where and when; how far that reaches, where it is a total."""
    # Of a part the reach is wrong: the Border Patrol meets nobody at ports of entry.
    reach = facts.source.measure.reach
    place = f"{facts.where} ({facts.part})" if facts.part else facts.where
    return (
        f"{capital(facts.publisher)} counted {facts.count:,} {facts.noun} {place} in "
        f"{month_words(facts.month)}{f', {reach}' if reach and not facts.part else ''}"
    )


def headline(facts: MonthFacts) -> str:
    """What was published."""
    about = "" if facts.rounding == 1 else f" (rounded to {facts.rounding} by its source)"
    return f"{counted(facts)}{about}."


def halves_words(facts: MonthFacts, joined: str = ", ") -> str:
    """3,361 at ports of entry, 8,349 between ports; "" where that is not known."""
    return wording.halves_words(facts.halves, facts.source, joined)


def halves_sentence(facts: MonthFacts) -> str:
    """How many at ports of entry and how many between them; "" where that is not known."""
    return wording.halves_sentence(facts.halves, facts.source) if facts.halves else ""


def halves_line(facts: MonthFacts) -> str:
    """The same where a page always has the line; "" where a count has no halves."""
    both = facts.source.hierarchy.both_halves
    if both is None:
        return ""
    # A line that is missing would be taken for a count of none.
    if facts.halves is None:
        ports, inland = (f"{half.where} ({half.short})" for half in both)
        return f"{capital(ports)} and {inland}: not on record for {month_words(facts.month)}."
    return f"{wording.halves_words(facts.halves, facts.source, short=True)}."


def stale_sentence(facts: MonthFacts) -> str:
    """That its newest month is older than its total's, or the others'; "" where it is not."""
    if facts.part or facts.source.layouts:
        return stale_words(facts.last_month, facts.newest_of_total, facts.source)
    ended = life_words(facts)
    return f"{capital(ended)}." if ended else ""


def life_words(facts: MonthFacts) -> str:
    """Say that a total is late, has ended, or was renamed; "" of one that runs."""
    confirmed = lives.life(facts.total, facts.source.lives)
    return lives.words(facts.last_month, facts.newest_of_total, confirmed).behind


def expected_sentences(facts: MonthFacts) -> Iterator[str]:
    """The forecast, and how unusual the month was; nothing where it was not judged."""
    e = facts.expectation
    if e is None:
        return
    through = month_words(e.cutoff)
    made = (
        f"The issued forecast, made before publication from data through {through},"
        if e.basis == "issued"
        else f"The hindcast, made later from only the data through {through},"
    )
    yield f"{made} expected {e.median:,} (80% prediction interval {between(e.lo80, e.hi80)})."
    # A month is judged once, by its first count; a revision does not make it unusual afterwards.
    restated = e.judged != facts.count
    first = "The first count" if facts.followed else "The earliest count on record"
    what = f"{first}, {first_and_now(e.judged, facts.count)}," if restated else "The month"
    outer = f"the 95% interval ({between(e.lo95, e.hi95)})"
    side = SIDES.get(e.position.side, "inside that interval")
    lies = {0: side, 80: f"{side} it, inside {outer}", 95: f"{side} {outer}"}[e.position.beyond]
    flagged = f", and flagged as {e.severity}" if e.severity else ""
    if e.unflagged and e.p < FAR and not e.severity:
        flagged = f"; {unflagged_words(e)}"
    yield f"{what} is {lies}: {unusual_words(e.p)}{flagged}."


def position_words(position: Position, interval: str = "interval") -> str:
    """Where a count lies: inside the 80% interval; below the 95% interval."""
    if position.side == 0:
        return f"inside the 80% {interval}"
    return f"{SIDES[position.side]} the {position.beyond}% {interval}"


def standing(facts: MonthFacts) -> str:
    """Where the month lies, in a few words."""
    e = facts.expectation
    if e is None:
        return UNJUDGED
    lies = f"{position_words(e.position)} of the {basis_noun(e.basis)}"
    return f"{lies}: {unusual_words(e.p)}" if e.position.side else lies


def unusual_line(facts: MonthFacts) -> str:
    """Whether the month is unusual, against what: the first line about a total."""
    e = facts.expectation
    joined = "; " if e is None or _restated(facts, e) else ", "
    count = f"{with_unit(facts.count, facts.source)} in {month_words(facts.month)}"
    life = life_words(facts) if facts.month == facts.last_month else ""
    return f"{count}{joined}{'; '.join(filter(None, (lies_words(facts), life)))}."


def lies_words(facts: MonthFacts) -> str:
    """Say where the month lies, of which forecast, behind its count or alone."""
    e = facts.expectation
    if e is None:
        return UNJUDGED
    first = f"the first count, {e.judged:,}, was " if _restated(facts, e) else ""
    by = basis_noun(e.basis)
    flag = next((flag for flag in facts.flags if flag.kind == "month"), None)
    if flag:
        return f"{first}{how_far(flag)} the {e.median:,} of its {by}: {unusual_words(e.p)}"
    # Outside 80% is one month in five: said, but no flag.
    far = f", {unflagged_words(e)}" if e.position.side else ""
    lies = position_words(Position(e.position.side, 80), "range")
    return f"{first}{lies} of its {by} of {e.median:,} ({between(e.lo80, e.hi80)}){far}"


def by_chance_words(newest: Sequence[MonthFacts], called: str) -> str:
    """Say how many of these months would be as far off as the farthest by chance alone."""
    told = [facts.expectation.p for facts in newest if facts.expectation]
    if not told:
        return ""
    # No rarer than the record can tell is ever claimed.
    expected = round(len(told) * max(min(told), 1 / RAREST))
    as_far = f"{f'about {expected:,}' if expected else 'fewer than one'} would be as far off"
    return f"Of {len(told):,} {called}, {as_far} as the first by chance alone."


def _restated(facts: MonthFacts, e: Expectation) -> bool:
    return counted_words(facts, e.judged) != f"{facts.count:,}"


def daily_words(facts: MonthFacts) -> str:
    """Say how many a day: 395 a day, 1.6 a day; "" where it is not one."""
    # "0.0 a day" would be read as none.
    if facts.per_day < 1:
        return ""
    return f"{facts.per_day:,.{0 if facts.per_day >= 9.95 else 1}f} a day"


def changed_line(facts: MonthFacts) -> str:
    """Say what was counted and how that changed, as a heading."""
    what = f"{facts.count:,} {facts.noun} {facts.where} in {month_words(facts.month)}"
    return ", ".join(filter(None, (what, changes(facts))))


def answer_line(newest: Sequence[MonthFacts], source: Source, today: date) -> str:
    """Say in one line whether the newest months are unusual, and when the next figures come.

    newest : the newest month of each total, in their order.
    """
    through = max(facts.month for facts in newest)
    now = [facts for facts in newest if facts.month == through]
    unusual = [
        f"{facts.total} {how_far(flag)} its {basis_noun(facts.expectation.basis)}"
        for facts in now
        for flag in facts.flags
        if flag.kind == "month" and facts.expectation
    ]
    if len(unusual) > MOST_NAMED + 1:  # one more takes no more room than saying so
        unusual[MOST_NAMED:] = [f"{len(unusual) - MOST_NAMED} other {source.totals.many} unusual"]
    # The day itself, not how many days are left: the line is written once and stays.
    due = due_words(through, source)
    late = f"{due}, are late" if overdue(through, today, source.due.overdue) else due
    verdict = "; ".join(unusual) or _unflagged_words(now)
    if not source.layouts:
        lasts = {facts.total: facts.month for facts in newest}
        verdict = "; ".join((verdict, *lives.lagging(lasts, source.lives)))
    return f"{month_words(through)}: {verdict}; next figures {late}."


def _unflagged_words(now: Sequence[MonthFacts]) -> str:
    """Say that no month is flagged, and how many had a forecast to be held against."""
    judged = [facts.expectation for facts in now if facts.expectation]
    if not judged:
        return UNJUDGED
    verdict = "nothing unusual" if all(e.p >= FAR for e in judged) else "nothing flagged"
    without = len(now) - len(judged)
    if not without:
        return verdict
    return f"{verdict}, {without} of {len(now)} {UNJUDGED}"


def expected_line(row: ForecastRow, source: Source) -> str:
    """What is forecast for the coming month, and its range."""
    return (
        f"{with_unit(row.median, source)} expected in {month_words(row.month)}; "
        f"80% range {between(row.lo80, row.hi80)}"
    )


def comparison_sentence(facts: MonthFacts) -> str:
    """All comparisons, a sentence each."""
    return " ".join(_compared(c, month_words(facts.first_month)) for c in facts.comparisons)


def run_words(facts: MonthFacts, least: int = 3, before: tuple[int, int] = (0, 0)) -> Iterator[str]:
    """For how many months in a row it rose or fell, from the month and the year before.

    least : months that a run must have to be one. before : the runs up to the month before.
    """
    sides = (("down", "up", "from the month before"), ("below", "above", "the year before"))
    for length, ended, (below, above, base) in zip(facts.runs, before, sides, strict=True):
        if abs(length) < least:
            continue
        side, other = (above, below) if length > 0 else (below, above)
        after = f", after {many(abs(ended), 'month')} {other}" if ended else ""
        nth = f"the {ordinal(abs(length))} month in a row " if abs(length) > 1 else ""
        yield f"{month_words(facts.month)} is {nth}{side} {base}{'' if nth else after}."


def terms_sentence(known: Sequence[TermFacts]) -> str:
    """The average under every administration on record, so that none is picked; "" of one alone."""
    said = [
        f"{term.per_month:,.0f} under {term.name} ({many(term.period.length, 'month')})"
        for term in known
    ]
    lead = "A month on average, of whole months on record"
    return f"{lead}: {', '.join(said)}." if len(said) > 1 else ""


def unknown_sentence(facts: MonthFacts) -> str:
    """That the year so far cannot be summed; "" where it can."""
    noun = facts.source.calendar.noun
    unknown = f"The {noun} to date is not known: not every month of it was published."
    return unknown if facts.to_date_unknown else ""


def _compared(c: Comparison, start: str) -> str:
    if c.before is None:
        if c.to_date:
            return f"The {c.name} is {c.now:,}; the year before is not all on record."
        return f"The {c.name} is not on record."
    change = change_words(c.now, c.before)
    if c.to_date:
        return f"The {c.name} is {c.now:,}, {change} from {c.before:,}."
    # "0.0% from the peak" would hide that it is the peak.
    if c.name == "peak" and c.before == c.now:
        return f"It was itself the peak, the highest month on record from {start} up to then."
    then = f"{c.name} since {start}" if c.name == "peak" else c.name
    return f"Change from the {then} ({month_words(c.last)}: {c.before:,}): {change}."


def compared(facts: MonthFacts, flag: FlagRow | None = None) -> Iterator[ComparisonText]:
    """The forecast first, where there was one, then all comparisons, in the one order.

    flag : that the month is shown for; what it is held against then comes first.
    """
    e = facts.expectation
    if flag:
        # A month is judged by its first count, whatever stands now.
        first = flag.kind != "revision" and flag.count != facts.count
        known = ", as first published" if facts.followed else ", as first on record"
        when = month_words(facts.month) + (known if first else "")
        expected, count = flag.expected, flag.count
        change = change_words(count, expected)
        yield ComparisonText(compared_with(flag), when, f"{expected:,}", f"{count:,}", change)
    elif e:
        when, change = f"80% range {between(e.lo80, e.hi80)}", change_words(facts.count, e.median)
        now = f"{facts.count:,}"
        yield ComparisonText(basis_noun(e.basis), when, f"{e.median:,}", now, change)
    # All of them, whichever looks best, in one order: nobody picks.
    yield from (line(comparison, facts.first_month) for comparison in facts.comparisons)
    if facts.to_date_unknown:
        name = to_date(facts.source.calendar)
        yield ComparisonText(name, "incomplete", "-", "not known", "-")


def line(c: Comparison, start: str) -> ComparisonText:
    """A comparison as a line of a table; one that cannot be made says so.

    start : month from which on the peak is one.
    """
    when = month_words(c.last)
    if c.name == "peak":
        itself = c.before == c.now  # a change of 0.0% would hide that it is the peak
        when = f"{'the month itself' if itself else when}, since {month_name(start)}"
        if itself:
            return ComparisonText(c.name, when, "-", f"{c.now:,}", "-")
    if c.to_date and c.first != c.last:
        when = f"{month_name(c.first)}\N{EN DASH}{month_name(c.last)}"
    then = "not on record" if c.before is None else f"{c.before:,}"
    change = change_words(c.now, c.before)
    return ComparisonText(c.name, when, then, f"{c.now:,}", change)


def changes(facts: MonthFacts) -> str:
    """Against the month before and the year before, as far as these are on record."""
    words, last = [], ""
    for c in facts.comparisons:
        if c.name in ("month before", "year before") and c.before:
            text = moved(c)
            side = text.partition(" ")[0]
            # Which way is said once, if both went that way.
            again = side == last and side != "unchanged"
            text = text.removeprefix(f"{side} ") if again else text
            words.append(f"{text} from {month_words(c.last)}")
            last = side
    return " and ".join(words)


def moved(c: Comparison) -> str:
    """Down 80.9%, without a sign."""
    words = change_words(c.now, c.before or 0)
    side = {MINUS: "down", "+": "up"}.get(words[0])
    return f"{side} {words[1:]}" if side else "unchanged"


def peak_sentence(facts: MonthFacts) -> str:
    """Which month was higher, so that none is taken for the peak; "" if none was."""
    peak = facts.comparisons[-1]
    if peak.before is None or peak.before <= facts.count:
        return ""
    return f"Not the peak: {month_words(peak.last)} was higher, {peak.before:,}."


def rank_sentence(facts: MonthFacts) -> str:
    """Lowest or highest since when, rank, share of the year, and runs of months."""
    return " ".join(filter(None, (rank_words(facts), share_words(facts), *run_words(facts))))


def share_words(facts: MonthFacts) -> str:
    """Say what share of its year the month makes up; "" where that is not known."""
    if facts.share is None:
        return ""
    years, year = facts.source.calendar, facts.months_of_year
    whole = years.words(years.period(years.year(facts.month)))
    # A share of some months of a year is none of the year.
    if len(year) < 12:
        span = f"{month_words(year[0])} to {month_words(year[-1])}"
        whole = f"the {len(year)} months of {whole} on record ({span})"
    return f"It makes up {100 * facts.share:.1f}% of {whole}."


def rank_words(facts: MonthFacts, *, short: bool = False) -> str:
    """Lowest or highest since when, else rank, of which months; short : not both."""
    start, last = month_words(facts.first_month), month_words(facts.last_month)
    rank, end = facts.place_in_rank
    ranked = end if rank == 1 else f"{ordinal(rank)} {end}"
    # Of equal months none is "the highest" alone.
    tie = ", with others of the same count" if facts.ties else ""
    text = f"It is the {ranked} of {facts.held} months on record ({start} to {last}){tie}."
    # Since when tells more than a rank, so it comes first.
    extreme, since = facts.notable_extreme
    words = ""
    if extreme and since:
        words = f"It is the {extreme} since {month_words(since)}."
    elif extreme and facts.month != facts.last_month:  # else the rank says it
        beyond = "lower" if extreme == "lowest" else "higher"
        words = f"No earlier month since {start} was {beyond}."
    if short:
        among = (
            f"on record (from {start})" if rank == 1 else f"of {facts.held} months since {start}"
        )
        return words or f"It is the {ranked} {among}{tie}."
    return f"{words} {text}".lstrip()


def vintage_sentence(facts: MonthFacts) -> str:
    """Which value this is, since when, and what was published before it."""
    publisher = facts.source.publisher
    open_year = f"preliminary: {publisher.short} {publisher.revises}"
    final = "final" if facts.final else open_year
    if not facts.values:
        return f"Source: {facts.file_name} ({final})."
    *earlier, current = facts.values
    since = known_words(current.vintage, current.known_from)
    if not earlier:
        then = ", not revised since" if facts.followed else "; earlier values are not on record"
        return f"Published {since}{then} ({facts.file_name}; {final})."
    first = earlier[0]
    known = known_words(first.vintage, first.known_from)
    lead = "First published as" if facts.followed else "The earliest value on record is"
    more = f", revised {len(earlier)} times" if len(earlier) > 1 else ""
    return (
        f"{lead} {first.count:,} ({known}){more}; now {current.count:,}, "
        f"published {since} ({facts.file_name}; {final})."
    )


def preliminary(source: Source) -> str:
    """That a count of the open year will be revised, and by whom."""
    return f"The count is preliminary: {source.publisher.short} {source.publisher.revises}."


def definition(facts: MonthFacts, *, beside: bool = False) -> Iterator[str]:
    """What the count is and is not.

    beside : the same text has the sentence on the halves, which says of what one of them is made.
    """
    yield caveat(facts.source)
    aside = facts.source.hierarchy.aside
    if aside and not (beside and facts.halves and facts.halves.split):
        yield aside_sentence(facts, aside)


def caveat(source: Source) -> str:
    """What the count is not."""
    return f"{source.measure.caveat} No cause is claimed.".strip()


def aside_sentence(facts: MonthFacts, aside: Aside) -> str:
    """How much of the count is of another kind than the rest, as far as its publisher says."""
    seen, who = facts.interior, facts.publisher
    half = facts.source.hierarchy.named(aside.half).short
    interior = f"{aside.words} ({aside.named})"
    may = f"The {half} count may include {interior}"
    if facts.part:
        return f"{may}."
    if seen is None:
        return f"{may}; for this month {who} does not say how many."
    inside, total, parts = seen.at_large, seen.total, seen.at_large + seen.at_entry
    # The publisher rounds its parts apart, so they need not add up: said, not mended.
    percent = f" ({100 * inside / total:.0f}%)" if total else ""
    odd = "" if parts == total else f" {who}'s own two parts add up to {parts:,}."
    sentence = (
        f"{inside:,} of {total:,} {half} {facts.noun}{percent} {facts.where} in "
        f"{month_words(seen.month)} were {aside.named}, that is {aside.words}.{odd}"
    )
    if seen.month == facts.month:
        return sentence
    return f"How many of this month's were {interior} is not on record; the last known: {sentence}"


def history_sentences(facts: MonthFacts) -> Iterator[str]:
    """Every value the month has had, in order."""
    yield from map(told_value, facts.values)


def told_value(value: MonthValue) -> str:
    """Say a value that a month has had, since when, and by whose word."""
    since = known_words(value.vintage, value.known_from)
    release = f"release {value.source}, {value.file_name}"
    file = release if value.file_name else f"dated value, {value.source}"
    return f"{value.count:,}: published {since}; {file}."
