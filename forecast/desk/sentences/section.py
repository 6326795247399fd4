"""What a notice says, in plain strings, from month reports alone. Sends nothing.

A section a total, always in the same order: what happened; how unusual; what to say and what
not to say; the table, the picture, the nationwide line and the forecast ahead; then, on the page
alone, what moved, how good the forecasts have been, and where the figure comes from.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from forecast.desk.facts import Falsehood, MonthFacts
from forecast.desk.sentences import monthly, unusual
from forecast.desk.sentences.ahead import quality
from forecast.desk.sentences.monthly import ComparisonText, preliminary
from forecast.desk.sentences.trust import withdrawn_words
from forecast.desk.sentences.unusual import LEVELS, unusual_words
from forecast.names import dimension_words, member_words
from forecast.rows import FlagRow
from forecast.sources.source import Source
from forecast.sources.wording import total_place
from forecast.types import SEVERITIES, Row
from forecast.words import basis_noun, capital, change_words, month_words, one_line, slug

PARTS_SHOWN = 2  # in a digest by mail, a total; the page has all
LEAST_MISLEADING = 0.1  # share of the count that a wrong name would misstate


SOURCE = "Where the figure comes from"


class TextBlock(NamedTuple):
    """A heading, and a paragraph or a list of (label, text) under it."""

    heading: str
    text: str = ""
    items: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SectionText:
    """What a section says; everything in plain strings.

    phrase : for the subject, without the total's name. more : sentences after the finding.
    lead : further ones, and like the chart only in the first section of a mail.
    say, avoid : one sentence to copy, and what this month must not be called.
    compared, ahead : with the chart, only in the first section of a mail. whole : of all totals,
    where a mail has no section of them.
    link : address of the month's page, "" without a site. blocks : on the page alone.
    """

    total: str
    phrase: str
    finding: str
    more: tuple[str, ...] = ()
    items: tuple[tuple[str, str], ...] = ()
    lead: tuple[str, ...] = ()
    say: str = ""
    avoid: str = ""
    caption: str = ""
    compared: tuple[ComparisonText, ...] = ()
    ahead: str = ""
    whole: str = ""
    link: str = ""
    blocks: tuple[TextBlock, ...] = ()


def finding(
    facts: MonthFacts,
    nationwide: MonthFacts | None = None,
    ahead: str = "",
    address: str = "",
) -> SectionText:
    """The section of a total's month.

    nationwide : the facts of all totals together. ahead : what changed in the forecast ahead.
    address : of the site, "" without one.
    """
    (phrase, first), *others = unusual.findings(facts)
    more = [sentence for _, sentence in others]
    lead = []
    if facts.expectation is not None:
        # What changed is said where one may quote it.
        rank = monthly.rank_words(facts, short=True)
        lead.append(f"How unusual: {unusual_words(facts.expectation.p)}. {rank}")
    return SectionText(
        total=facts.total,
        phrase=phrase,
        finding=first,
        more=tuple(filter(None, (*more, monthly.halves_sentence(facts)))),
        lead=tuple(lead),
        say=say(facts),
        avoid=avoid(facts),
        caption=f"{month_words(facts.month)}: {facts.count:,} {facts.noun}",
        compared=tuple(monthly.compared(facts)),
        ahead=ahead,
        whole=_nationwide(nationwide),
        link=page_link(address, facts),
        blocks=tuple(_blocks(facts)),
    )


def page_link(address: str, facts: MonthFacts) -> str:
    """Where the month is told of, "" without a site; of many totals no month has its own page."""
    place = (
        f"{total_place(facts.total, facts.source)}{facts.month}/"
        if facts.source.totals.few
        else f"fact/{slug(facts.total)}/#{facts.month}"
    )
    return f"{address.rstrip('/')}/{place}" if address else ""


def say(facts: MonthFacts) -> str:
    """One sentence to copy: the count with its comparisons."""
    # A number is never alone: what it is compared with goes with it when it is pasted.
    changes, e = monthly.changes(facts), facts.expectation
    forecast = ""
    if e is not None:
        made = f"the {basis_noun(e.basis)} from data through {month_words(e.cutoff)}"
        forecast = f"; {made} expected {e.median:,}"
    return f"{monthly.counted(facts)}{f', {changes}' if changes else ''}{forecast}."


def avoid(facts: MonthFacts) -> str:
    """What not to say of this month: what would mislead most about its count."""
    known, split = facts.halves, facts.split
    ports, phrase = (known.at, known.words[0]) if known else (0, "")
    interior = split.inside if split else 0
    words, why = facts.source.measure.misread
    both, aside = facts.source.hierarchy.both_halves, facts.source.hierarchy.aside
    # Only where the wrong name would misstate a tenth of the count is it worth a sentence.
    if both and both[0].misread and max(ports, interior) >= LEAST_MISLEADING * facts.count:
        at = both[0]
        words, why = (
            (at.misread, f"{phrase} were {at.where}")
            if ports >= interior or aside is None
            else (aside.misread, f"{interior:,} were {aside.words} ({aside.named})")
        )
    # The counts tell that something changed and never why.
    text = "No cause is claimed."
    if words:
        quoted = f"\N{LEFT DOUBLE QUOTATION MARK}{words}\N{RIGHT DOUBLE QUOTATION MARK}"
        text = f"Not {quoted}: {why}. {text}"
    return text if facts.final else f"{text} {preliminary(facts.source)}"


def _nationwide(facts: MonthFacts | None) -> str:
    """The nationwide line."""
    if facts is None:
        return ""
    text = f"{facts.source.totals.name(facts.total)}: {facts.count:,} {facts.noun}"
    year = next(c for c in facts.comparisons if c.name == "year before")
    if year.before:
        text += f", {monthly.moved(year)} from a year before"
    text = "; ".join(filter(None, (text, monthly.halves_words(facts, " and "))))
    e = facts.expectation
    return f"{text}. The {basis_noun(e.basis)} was {e.median:,}." if e else f"{text}."


def _blocks(facts: MonthFacts) -> Iterator[TextBlock]:
    expected = list(monthly.expected_sentences(facts))
    flagged, judged = facts.often
    if expected and flagged and any(flag.kind == "month" for flag in facts.flags):
        # With several totals looked at each month, a flag on some total is less rare.
        expected.append(
            f"Some {facts.source.totals.one} is flagged in about 1 month of "
            f"{round(judged / flagged)} ({flagged} of {judged} judged)."
        )
    if expected:
        yield TextBlock("How far off, how unusual", " ".join(expected))
    moved = tuple(unusual.moved_lines(facts))
    if moved:
        yield TextBlock("What moved: difference from the forecast", items=moved)
    closed = f"The {facts.source.calendar.noun} is closed."
    state = closed if facts.final else preliminary(facts.source)
    yield TextBlock("What this does not say", " ".join((*monthly.definition(facts), state)))
    if facts.score is not None:
        yield TextBlock("How good these forecasts have been", quality(facts.score))
    source = one_line(monthly.vintage_sentence(facts))
    yield TextBlock(SOURCE, f"{monthly.rank_sentence(facts)} {source}")


def digest(
    total: str,
    episodes: Sequence[Row],
    flagged: Sequence[FlagRow],
    source: Source,
    gone: Mapping[str, str] = MappingProxyType({}),
) -> SectionText:
    """The section of what is still open, and of unusual groups; all of them on the page.

    episodes : of the total. flagged : its parts' flags of the month. gone : parts that are not
    counted -> what became of them; the total's own life under "".
    """
    still = tuple(
        ("", f"still {LEVELS[e['side']]} than forecast before {month_words(e['opened'])}")
        for e in episodes
        if e["state"] == "open"
    )

    def gravest(part: FlagRow) -> tuple[int, float]:
        return SEVERITIES.index(part.severity), -abs(part.count - part.expected)

    parts = []
    for part in sorted(flagged, key=gravest):
        # What says that it stood apart, in few words: a mail is read in a minute.
        moved = part.if_with_whole
        beside = "" if moved is None else f", or {moved:,} with the others"
        kind = unusual.kind_word(part.kind, part.severity)
        words = (
            f"({one_line(dimension_words(part.dimension, source))}): {part.count:,}, "
            f"expected {part.expected:,}{beside}; {kind}"
        )
        parts.append((one_line(member_words(part.dimension, part.member, source)), words))
    parts += [("", f"{one_line(member)}: {life}") for member, life in gone.items() if member]
    behind = "late" if {life for part, life in gone.items() if part} == {"Late"} else "not counted"
    also = "also unusual" if still or flagged else f"some {source.totals.below} {behind}"
    # A mail that lists all groups is not read to the end.
    shown, rest = parts[:PARTS_SHOWN], parts[PARTS_SHOWN:]
    more = [("", f"and {len(rest)} more")] if rest else []
    below = source.totals.below
    listed = f"unusual {below}" if len(parts) == len(flagged) else f"{below} unusual or {behind}"
    every = (TextBlock(f"All {listed}", items=tuple(parts)),)
    return SectionText(
        total=total,
        phrase="digest",
        finding=f"{capital(total)}: {gone.get('') or also}",
        items=(*still, *shown, *more),
        blocks=every if rest else (),
    )


def correction(
    facts: MonthFacts,
    false: Iterable[Falsehood],
    nationwide: MonthFacts | None = None,
    address: str = "",
) -> SectionText:
    """The section that corrects what a revision has made false."""
    count = f"{month_words(facts.month)}: {facts.count:,} {facts.noun}"
    halves = monthly.halves_sentence(facts)
    return SectionText(
        total=facts.total,
        phrase="figures revised",
        finding=(
            f"Correction: our notice on {facts.noun} {facts.where} in {month_words(facts.month)} "
            "is no longer right."
        ),
        more=tuple(filter(None, (f"The count is now {facts.count:,}.", halves))),
        items=tuple(("", false_sentence(falsehood)) for falsehood in false),
        say=say(facts),
        avoid=avoid(facts),
        caption=f"{'; '.join(filter(None, (count, monthly.halves_words(facts))))}, as revised",
        compared=tuple(monthly.compared(facts)),
        whole=_nationwide(nationwide),
        link=page_link(address, facts),
        blocks=(TextBlock(SOURCE, one_line(monthly.vintage_sentence(facts))),),
    )


def false_sentence(falsehood: Falsehood) -> str:
    """What is no longer true of what a notice said."""
    what, then, now = falsehood
    if what == "count":
        month, before = then
        return f"{month_words(month)} was given as {before:,}; it has been revised to {now:,}."
    if what == "position":
        before, after = map(monthly.position_words, (then, now))
        return f"The month was said to lie {before}; as revised it lies {after}."
    if what == "comparison":
        count, before = then
        return (
            f"Against the {now.name} the change was given as {change_words(count, before)} "
            f"(from {before:,}); as revised it is {change_words(now.now, now.before)} "
            f"(from {now.before:,})."
        )
    extreme, since = then
    when = f"since {month_words(since)}" if since else "of all months on record up to then"
    return f"It was said to be the {extreme} {when}; as revised it is not."


def withdrawn(total: str, month: str, run: int, at: str, why: str, source: Source) -> SectionText:
    """The section that withdraws what a withdrawn run said; at : when, UTC, ISO 8601."""
    where = f"{source.totals.where(total)} in {month_words(month)}"
    return SectionText(
        total=total,
        phrase="notice withdrawn",
        finding=(
            f"Correction: we withdraw our notice on {source.measure.noun} {where}, which rested on "
            f"run {run}."
        ),
        more=withdrawn_words(run, at, why),
    )
