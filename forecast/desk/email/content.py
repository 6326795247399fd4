"""Flags -> what a notice says, in plain strings. Sends nothing.

A section a border, always in the same order: the finding in one sentence; all comparisons; how
far off and how unusual; what moved; what it does not mean; how good the forecasts have been;
vintage and release. `typeset` makes text and HTML of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from forecast.desk import brief
from forecast.desk.labels import dimension_words, member_words
from forecast.desk.report import Comparison, MonthReport
from forecast.desk.terminal import flag_tables as flagged
from forecast.desk.terminal.tables import month_name
from forecast.desk.wording import (
    MINUS,
    PLACES,
    change_words,
    day_words,
    measure,
    month_words,
    publisher,
)
from forecast.records import Row

PARTS_SHOWN = 12  # in a digest, a border
_HOW_FAR = {"notable": "", "major": "well ", "critical": "far "}
_SIDES = {1: "above", -1: "below"}
_LEVELS = {1: "higher", -1: "lower"}


@dataclass(frozen=True)
class ComparisonText:
    """One comparison, in words."""

    name: str
    when: str
    then: str
    now: str
    change: str


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
    """

    border: str
    phrase: str
    finding: str
    more: tuple[str, ...] = ()
    caption: str = ""
    compared: tuple[ComparisonText, ...] = ()
    blocks: tuple[TextBlock, ...] = ()


@dataclass(frozen=True)
class Standing:
    """What a digest says of a border: open episodes, and its parts' flags of the month."""

    border: str
    month: str
    episodes: Sequence[Row] = field(default_factory=tuple)
    parts: Sequence[Row] = field(default_factory=tuple)


def clean(text: str) -> str:
    """Words from outside on one line, nothing in them that a program would obey."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())


def finding(report: MonthReport) -> SectionText:
    """The section of a border's month."""
    phrase, sentence, more = _finding(report)
    return SectionText(
        border=report.border,
        phrase=phrase,
        finding=sentence,
        more=(*more,),
        caption=f"{month_words(report.month)}: {report.encounters:,} {measure().noun}",
        compared=tuple(line(c) for c in report.comparisons),
        blocks=tuple(_blocks(report)),
    )


def _finding(report: MonthReport) -> tuple[str, str, list[str]]:
    """(phrase of the subject, the finding in one sentence, further findings)."""
    sentences = [*_flag_findings(report), *_drift_findings(report), *_shift_findings(report)]
    if not sentences:
        return "as forecast", _quiet_sentence(report), []
    phrase, first = sentences[0]
    return phrase, first, [sentence for _, sentence in sentences[1:]]


def _flag_findings(report: MonthReport) -> Iterator[tuple[str, str]]:
    for flag in report.findings:
        if flag["kind"] != "month":
            continue
        how = f"{_HOW_FAR[flag['severity']]}{_SIDES[flag['side']]}"
        yield (
            f"{how} forecast",
            f"{measure().noun.capitalize()} {_where(report)} were {how} what had been expected: "
            f"{flag['encounters']:,} counted, {flag['expected']:,} expected.",
        )


def _drift_findings(report: MonthReport) -> Iterator[tuple[str, str]]:
    for flag in report.findings:
        if flag["kind"] != "drift":
            continue
        side = _SIDES[flag["side"]]
        yield (
            f"drifting {side} forecasts",
            f"{measure().noun.capitalize()} {_where(report)} have drifted {side} what had been "
            f"forecast: {flag['encounters']:,} counted, {flag['expected']:,} expected six months "
            "before. "
            "No single month stood out.",
        )


def _shift_findings(report: MonthReport) -> Iterator[tuple[str, str]]:
    if report.shift is None:
        return
    level, opened = _LEVELS[report.shift["side"]], month_words(report.shift["opened"])
    yield (
        f"{level} level confirmed",
        f"The {level} level of {measure().noun} {PLACES[report.border]}, flagged in {opened}, has "
        f"lasted: {report.encounters:,} counted in {month_words(report.month)}. It now "
        "counts as a level shift, and forecasts start from it.",
    )


def _quiet_sentence(report: MonthReport) -> str:
    return (
        f"{measure().noun.capitalize()} {_where(report)} were within what had been expected: "
        f"{report.encounters:,} counted."
    )


def _where(report: MonthReport) -> str:
    return f"{PLACES[report.border]} in {month_words(report.month)}"


def line(c: Comparison) -> ComparisonText:
    """A comparison in words; one that cannot be made says so."""
    when = month_words(c.last)
    if c.name == "fiscal year to date" and c.first != c.last:
        when = f"{month_name(c.first)}\N{EN DASH}{month_name(c.last)}"
    then = "not held" if c.before is None else f"{c.before:,}"
    change = "-" if c.before is None else change_words(c.now, c.before)
    return ComparisonText(c.name, when, then, f"{c.now:,}", change)


def _blocks(report: MonthReport) -> Iterator[TextBlock]:
    expected = " ".join(brief.expected_sentences(report))
    if expected:
        yield TextBlock("How far off, how unusual", " ".join((expected, *_often(report))))
    moved = tuple(moved_lines(report))
    if moved:
        yield TextBlock(f"What moved: published less expected, {measure().noun}", items=moved)
    yield TextBlock("What this does not say", " ".join((*brief.definition(report), _open(report))))
    if report.score is not None:
        yield TextBlock("How good these forecasts have been", quality(report.score))
    yield TextBlock(
        "Where the figure comes from",
        f"{brief.rank_sentence(report)} {clean(brief.vintage_sentence(report))}",
    )


def _often(report: MonthReport) -> Iterator[str]:
    """With several borders looked at each month, a flag on some border is less rare."""
    flagged, judged = report.often
    if flagged and any(flag["kind"] == "month" for flag in report.flags):
        yield (
            f"Some border is flagged in about 1 month of {round(judged / flagged)} "
            f"({flagged} of {judged} judged)."
        )


def _open(report: MonthReport) -> str:
    if report.final:
        return "The fiscal year is closed."
    return f"The count is preliminary: {publisher().short} restates months of the open fiscal year."


def moved_lines(report: MonthReport) -> Iterator[tuple[str, str]]:
    """A line a dimension; each explains the whole."""
    for flag in report.findings:
        if flag["kind"] == "month" and report.drivers:
            for label, text in flagged.moved_parts(flag, report.drivers, flagged.IN_WORDS):
                yield clean(label), _signed(clean(text))


def _signed(text: str) -> str:
    """With signs as everywhere else in a notice."""
    return re.sub(r"(?<= )-(?=\d)", MINUS, text)


def quality(row: Row) -> str:
    """How good the forecasts of the next month have been, worse than naive as plainly as better."""
    basis = "issued forecasts" if row["basis"] == "issued" else "hindcasts"
    text = (
        f"One month ahead, over {row['n']} months ({basis}): the 80 % interval held "
        f"{100 * row['coverage80']:.0f} % of them, the 95 % interval "
        f"{100 * row['coverage95']:.0f} %."
    )
    ratio = row["relative_mae"]
    if ratio is None:
        return text
    word = "smaller" if ratio < 1 else "larger"
    if abs(100 * ratio - 100) < 0.5:
        return f"{text} The error was that of assuming no change."
    return (
        f"{text} The error was {abs(100 * ratio - 100):.0f} % {word} than that of assuming no "
        "change."
    )


def digest(standing: Standing) -> SectionText:
    """The section of what is still open, and of parts that deviated."""
    still = tuple(
        ("", f"still {_LEVELS[e['side']]} than expected before {month_words(e['opened'])}")
        for e in standing.episodes
        if e["state"] == "open"
    )
    shown = sorted(standing.parts, key=_gravest)[:PARTS_SHOWN]
    parts = [(_member(part), _part(part)) for part in shown]
    if len(standing.parts) > len(shown):
        parts.append(("", f"and {len(standing.parts) - len(shown)} more"))
    blocks = [TextBlock("Still open", items=still)] if still else []
    if parts:
        blocks.append(TextBlock("Parts that deviated: published, expected", items=tuple(parts)))
    name = standing.border
    return SectionText(
        border=name,
        phrase="digest",
        finding=f"{name.capitalize()}: what else stands out in {month_words(standing.month)}",
        blocks=tuple(blocks),
    )


def _gravest(part: Row) -> tuple[int, float]:
    order = ("critical", "major", "notable", "watch")
    return order.index(part["severity"]), -abs(part["encounters"] - part["expected"])


def _member(part: Row) -> str:
    return clean(member_words(part["dimension"], part["member"]))


def _part(part: Row) -> str:
    """A part's flag in a few words."""
    beside = {"apart": ", apart from its border", "listed": ", with its border"}
    kind = "drift" if part["kind"] == "drift" else str(part["severity"])
    return (
        f"({clean(dimension_words(part['dimension']))}): {part['encounters']:,}, "
        f"{part['expected']:,}; {kind}{beside.get(part['role'], '')}"
    )


def correction(report: MonthReport, false: Sequence[str]) -> SectionText:
    """The section that takes back what a revision has made false."""
    return SectionText(
        border=report.border,
        phrase="figures revised",
        finding=(
            f"Correction: what we wrote about {measure().noun} {_where(report)} no longer holds."
        ),
        more=(f"The count is now {report.encounters:,}.",),
        caption=f"{month_words(report.month)}, as revised: {report.encounters:,} {measure().noun}",
        compared=tuple(line(c) for c in report.comparisons),
        blocks=(
            TextBlock("What has changed", items=tuple(("", sentence) for sentence in false)),
            TextBlock("Where the figure comes from", clean(brief.vintage_sentence(report))),
        ),
    )


def withdrawn(border: str, month: str, run: int, at: str, why: str) -> SectionText:
    """The section that takes back what a withdrawn run said; at : when, UTC, ISO 8601."""
    where = f"{PLACES[border]} in {month_words(month)}"
    return SectionText(
        border=border,
        phrase="notice withdrawn",
        finding=f"Correction: we withdraw what we wrote about {measure().noun} {where}.",
        more=(
            f"It rested on run {run}, which was withdrawn on {day_words(at[:10])}.",
            "Please do not use its finding, forecast or comparisons any more.",
        ),
        blocks=(TextBlock("Why", clean(why)),),
    )
