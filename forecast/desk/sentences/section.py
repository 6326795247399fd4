"""What a notice says, in plain strings, from month reports alone. Sends nothing.

A section a border, always in the same order: what happened; how unusual; what to say and what
not to say; the table, the picture, the nationwide line and the forecast ahead; then, on the page
alone, what moved, how good the forecasts have been, and where the figure comes from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forecast import months
from forecast.desk.facts import GRAVITY, MonthReport, to_date, to_date_unknown
from forecast.desk.sentences import monthly
from forecast.desk.sentences.ahead import quality
from forecast.desk.sentences.monthly import ComparisonText, line
from forecast.desk.sentences.unusual import HOW_FAR, LEVELS, SIDES, moved_lines, unusual_words
from forecast.sources.names import dimension_words, member_words
from forecast.sources.wording import total_place
from forecast.types import Row
from forecast.words import (
    basis_noun,
    basis_word,
    capital,
    change_words,
    day_words,
    first_and_now,
    month_words,
    one_line,
)

if TYPE_CHECKING:
    from forecast.sources.source import Source


PARTS_SHOWN = 2  # in a digest by mail, a border; the page has all


LEAST_MISLEADING = 0.1  # share of the count that a wrong name would misstate


@dataclass(frozen=True)
class TextBlock:
    """A heading, and a paragraph or a list of (label, text) under it."""

    heading: str
    text: str = ""
    items: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SectionText:
    """What a section says; everything in plain strings.

    phrase : for the subject, without the border's name. more : sentences after the finding.
    lead : further ones, and like the chart only in the first section of a mail.
    say, avoid : one sentence to copy, and what this month must not be called.
    compared, notes : with the chart, only in the first section of a mail.
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
    notes: tuple[str, ...] = ()
    link: str = ""
    blocks: tuple[TextBlock, ...] = ()


@dataclass(frozen=True)
class Standing:
    """What a digest says of a border: open episodes, and its parts' flags of the month."""

    total: str
    month: str
    episodes: Sequence[Row] = field(default_factory=tuple)
    parts: Sequence[Row] = field(default_factory=tuple)


def finding(
    report: MonthReport,
    nationwide: MonthReport | None = None,
    ahead: str = "",
    address: str = "",
) -> SectionText:
    """The section of a border's month.

    nationwide : the report of all borders together. ahead : what changed in the forecast ahead.
    address : of the site, "" without one.
    """
    phrase, sentence, more = _finding(report)
    return SectionText(
        total=report.border,
        phrase=phrase,
        finding=sentence,
        more=(*more, *monthly.halves_sentence(report)),
        lead=tuple(_lead(report)),
        say=say(report),
        avoid=avoid(report),
        caption=_caption(report),
        compared=tuple(rows(report)),
        notes=tuple(filter(None, (_nationwide(nationwide), ahead))),
        link=page_link(address, report),
        blocks=tuple(_blocks(report)),
    )


def page_link(address: str, report: MonthReport) -> str:
    """Where the month's page is, "" without a site."""
    place = f"{total_place(report.border, report.source)}{report.month}/"
    return f"{address.rstrip('/')}/{place}" if address else ""


def _lead(report: MonthReport) -> Iterator[str]:
    """What changed, and how unusual the month is."""
    told = []
    changes = monthly.changes(report)
    if changes:
        told.append(f"The count was {changes}.")
    if told:
        yield " ".join(told)
    expectation = report.expectation
    if expectation is not None:
        rank = monthly.rank_words(report, span=False)
        yield f"How unusual: {unusual_words(expectation.p)}. {rank}"


def say(report: MonthReport) -> str:
    """One sentence to copy: the count with its comparisons."""
    changes = f", {monthly.changes(report)}" if monthly.changes(report) else ""
    expectation = report.expectation
    reach = (
        f", {report.source.measure.reach},"
        if report.source.measure.reach and not report.part
        else ""
    )
    forecast = ""
    if expectation is not None:
        through = month_words(expectation.cutoff)
        made = f"the {basis_noun(expectation.basis)} from data through {through}"
        forecast = f"; {made} expected {expectation.median:,}"
    return (
        f"{report.source.publisher.short} counted {report.encounters:,} "
        f"{report.source.measure.noun} "
        f"{monthly.place(report)}{reach} in {month_words(report.month)}"
        f"{changes}{forecast}."
    )


def avoid(report: MonthReport) -> str:
    """What not to say of this month: what would mislead most about its count."""
    known, split = monthly.halves(report), monthly.split(report)
    ports, phrase = (known.at, known.words[0]) if known else (0, "")
    interior = split.inside if split else 0
    words, why = report.source.measure.misread
    both, aside = report.source.hierarchy.both_halves, report.source.hierarchy.aside
    if both and both[0].misread and max(ports, interior) >= LEAST_MISLEADING * report.encounters:
        at = both[0]
        words, why = (
            (at.misread, f"{phrase} of the {report.encounters:,} were {at.where}")
            if ports >= interior or aside is None
            else (aside.misread, f"{interior:,} were {aside.words} ({aside.named})")
        )
    text = "No cause is claimed."
    if words:
        quoted = f"\N{LEFT DOUBLE QUOTATION MARK}{words}\N{RIGHT DOUBLE QUOTATION MARK}"
        text = f"Not {quoted}: {why}. {text}"
    return text if report.final else f"{text} {preliminary(report.source)}"


def _caption(report: MonthReport) -> str:
    """The count with its halves, above the table."""
    text = f"{month_words(report.month)}: {report.encounters:,} {report.source.measure.noun}"
    return "; ".join(filter(None, (text, monthly.halves_words(report))))


def rows(report: MonthReport) -> Iterator[ComparisonText]:
    """The forecast, and all comparisons, in the one order."""
    expectation = report.expectation
    if expectation is not None:
        yield ComparisonText(
            basis_noun(expectation.basis),
            f"80% range {expectation.lo80:,} to {expectation.hi80:,}",
            f"{expectation.median:,}",
            f"{report.encounters:,}",
            change_words(report.encounters, expectation.median),
        )
    yield from map(line, report.comparisons)
    if to_date_unknown(report):
        yield ComparisonText(
            to_date(begins=report.source.year_begins), "incomplete", "-", "not known", "-"
        )


def _nationwide(report: MonthReport | None) -> str:
    """The nationwide line."""
    if report is None:
        return ""
    halves, expectation = monthly.halves_words(report, " and "), report.expectation
    text = (
        f"{report.source.totals.name(report.border)}: {report.encounters:,} "
        f"{report.source.measure.noun}"
    )
    year = next(c for c in report.comparisons if c.name == "year before")
    if year.before:
        text += f", {monthly.moved(year)} from a year before"
    text = "; ".join(filter(None, (text, halves)))
    return (
        f"{text}. The {basis_noun(expectation.basis)} was {expectation.median:,}."
        if expectation
        else f"{text}."
    )


def _finding(report: MonthReport) -> tuple[str, str, list[str]]:
    """(phrase of the subject, the finding in one sentence, further findings)."""
    sentences = [*_flag_findings(report), *_drift_findings(report), *_shift_findings(report)]
    if not sentences:
        noun = capital(report.source.measure.noun)
        expectation = report.expectation
        how = "as forecast" if expectation else "not forecast"
        by = ", by the hindcast" if expectation and expectation.basis == "hindcast" else ""
        quiet = f"{noun} {_where(report)} were {how}{by}: {report.encounters:,} counted."
        return how, quiet, []
    phrase, first = sentences[0]
    return phrase, first, [sentence for _, sentence in sentences[1:]]


def _flag_findings(report: MonthReport) -> Iterator[tuple[str, str]]:
    for flag in report.findings:
        if flag["kind"] != "month":
            continue
        how = f"{HOW_FAR[flag['severity']]}{SIDES[flag['side']]}"
        yield (
            f"{how} {basis_word(flag.get('basis', ''))}",
            f"{capital(report.source.measure.noun)} {_where(report)} were {how} the "
            f"{_basis(flag)}: "
            f"{_counted(report, flag)}, {flag['expected']:,} expected.",
        )


def _drift_findings(report: MonthReport) -> Iterator[tuple[str, str]]:
    for flag in report.findings:
        if flag["kind"] != "drift":
            continue
        side = SIDES[flag["side"]]
        yield (
            f"drifting {side} {basis_word(flag.get('basis', ''))}s",
            f"{capital(report.source.measure.noun)} {_where(report)} have drifted {side} the "
            f"{_basis(flag)}s: "
            f"{_counted(report, flag)}, {flag['expected']:,} expected six months before. "
            "No single month stood out.",
        )


def _basis(flag: Row) -> str:
    """By what a flag judged its month; a flag is kept without it where a run is very old."""
    return basis_noun(flag.get("basis") or "issued")


def _counted(report: MonthReport, flag: Row) -> str:
    """The count that was judged, and what it is now: said once, here."""
    return f"{first_and_now(flag['encounters'], report.encounters)} counted"


def _shift_findings(report: MonthReport) -> Iterator[tuple[str, str]]:
    if report.shift is None:
        return
    level, opened = LEVELS[report.shift["side"]], month_words(report.shift["opened"])
    yield (
        f"{level} level confirmed",
        f"The {level} level of {report.source.measure.noun} "
        f"{report.source.totals.where(report.border)}, flagged in {opened}, "
        f"has lasted: {report.encounters:,} counted in {month_words(report.month)}. Forecasts now "
        "start from it.",
    )


def _where(report: MonthReport) -> str:
    return f"{report.source.totals.where(report.border)} in {month_words(report.month)}"


def _blocks(report: MonthReport) -> Iterator[TextBlock]:
    expected = " ".join(monthly.expected_sentences(report))
    if expected:
        yield TextBlock("How far off, how unusual", " ".join((expected, *_often(report))))
    moved = tuple(moved_lines(report))
    if moved:
        yield TextBlock("What moved: difference from the forecast", items=moved)
    state = (
        f"The {months.year_noun(report.source.year_begins)} is closed."
        if report.final
        else preliminary(report.source)
    )
    yield TextBlock("What this does not say", " ".join((*monthly.definition(report), state)))
    if report.score is not None:
        yield TextBlock("How good these forecasts have been", quality(report.score))
    yield TextBlock(
        "Where the figure comes from",
        f"{monthly.rank_sentence(report)} {one_line(monthly.vintage_sentence(report))}",
    )


def _often(report: MonthReport) -> Iterator[str]:
    """With several borders looked at each month, a flag on some border is less rare."""
    flagged, judged = report.often
    if flagged and any(flag["kind"] == "month" for flag in report.flags):
        yield (
            f"Some {report.source.totals.one} is flagged in about 1 month of "
            f"{round(judged / flagged)} "
            f"({flagged} of {judged} judged)."
        )


def preliminary(source: Source) -> str:
    """That a count of the open year will be revised, and by whom."""
    return f"The count is preliminary: {source.publisher.short} {source.publisher.revises}."


def digest(standing: Standing, source: Source) -> SectionText:
    """The section of what is still open, and of unusual groups; all of them on the page."""
    still = tuple(
        ("", f"still {LEVELS[e['side']]} than forecast before {month_words(e['opened'])}")
        for e in standing.episodes
        if e["state"] == "open"
    )
    parts = [
        (one_line(member_words(part["dimension"], part["member"], source)), _part(part, source))
        for part in sorted(standing.parts, key=_gravest)
    ]
    shown = parts[:PARTS_SHOWN]
    if len(parts) > len(shown):
        shown.append(("", f"and {len(parts) - len(shown)} more"))
    name = standing.total
    return SectionText(
        total=name,
        phrase="digest",
        finding=f"{capital(name)}: also unusual",
        items=(*still, *shown),
        blocks=(TextBlock(f"All unusual {source.totals.below}", items=tuple(parts)),)
        if parts[PARTS_SHOWN:]
        else (),
    )


def _gravest(part: Row) -> tuple[int, float]:
    return GRAVITY.index(part["severity"]), -abs(part["encounters"] - part["expected"])


def _part(part: Row, source: Source) -> str:
    """A part's flag in a few words."""
    beside = f", unlike its {source.totals.one}" if part["role"] == "apart" else ""
    kind = "drift" if part["kind"] == "drift" else str(part["severity"])
    return (
        f"({one_line(dimension_words(part['dimension'], source))}): {part['encounters']:,}, "
        f"expected {part['expected']:,}; {kind}{beside}"
    )


def correction(
    report: MonthReport,
    false: Sequence[str],
    nationwide: MonthReport | None = None,
    address: str = "",
) -> SectionText:
    """The section that corrects what a revision has made false."""
    known = monthly.halves_sentence(report)
    return SectionText(
        total=report.border,
        phrase="figures revised",
        finding=(
            f"Correction: our notice on {report.source.measure.noun} {_where(report)} is no "
            "longer right."
        ),
        more=(f"The count is now {report.encounters:,}.", *known),
        items=tuple(("", sentence) for sentence in false),
        say=say(report),
        avoid=avoid(report),
        caption=f"{_caption(report)}, as revised",
        compared=tuple(rows(report)),
        notes=tuple(filter(None, (_nationwide(nationwide),))),
        link=page_link(address, report),
        blocks=(
            TextBlock("Where the figure comes from", one_line(monthly.vintage_sentence(report))),
        ),
    )


def withdrawn(total: str, month: str, run: int, at: str, why: str, source: Source) -> SectionText:
    """The section that withdraws what a withdrawn run said; at : when, UTC, ISO 8601."""
    where = f"{source.totals.where(total)} in {month_words(month)}"
    return SectionText(
        total=total,
        phrase="notice withdrawn",
        finding=f"Correction: we withdraw our notice on {source.measure.noun} {where}.",
        more=(
            f"It rested on run {run}, which was withdrawn on {day_words(at[:10])}: {one_line(why)}",
            "Please do not use its finding, forecast or comparisons any more.",
        ),
    )
