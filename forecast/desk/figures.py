"""What the desk decided of each month, as rows that anybody can recompute: `export facts`.

A row is one figure of one series and period, and the words that are said of it. What each figure
means stands in dictionary.toml, under `figures`; `forecast.audit` computes them again from there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from forecast.desk.facts import Comparison, MonthFacts
from forecast.desk.sentences import monthly
from forecast.desk.sentences.unusual import ending, unusual_words
from forecast.types import COUNT
from forecast.words import change_words

COLUMNS = ("series", "period", "figure", "value", "words")
_COMPARED = {
    "month before": "month before",
    "year before": "year before",
    "fiscal year to date": "year to date",
    "year to date": "year to date",
    "peak": "peak",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure: of a series, "northern"; a period, "2025-02"; its name; its value and words.

    value : a number, or a text such as a month; None where the record has none.
    words : as pages and mails say it; "" where they say the number alone.
    """

    series: str
    period: str
    figure: str
    value: float | str | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class FigureMeaning:
    """What a figure is: its unit, over which window, of what, as known when, from which tables."""

    about: str
    unit: str
    window: str
    of: str
    vintage: str
    tables: tuple[str, ...]


@cache
def meanings() -> Mapping[str, FigureMeaning]:
    """Return the meaning of each figure by its name, as dictionary.toml states it."""
    text = (resources.files("forecast.desk") / "dictionary.toml").read_text(encoding="utf-8")
    return {
        name: FigureMeaning(**about | {"tables": tuple(about["tables"])})
        for name, about in tomllib.loads(text)["figures"].items()
    }


def facts_of(reports: Iterable[MonthFacts]) -> Iterator[Fact]:
    """Yield every figure of these months, in the order in which a page tells them."""
    for report in reports:
        for figure, value, words in _figures(report):
            yield Fact(report.total, report.month, figure, value, words)


_Told = tuple[str, float | str | None, str]


def _figures(report: MonthFacts) -> Iterator[_Told]:
    yield "count", report.count, ""
    yield "per day", report.per_day, monthly.daily_words(report)
    for compared in report.comparisons:
        yield from _compared(compared)
    yield "rank", report.rank, ""
    yield "months held", report.held, ""
    yield "ties", report.ties, ""
    extreme, since = report.notable_extreme
    if extreme:
        yield extreme, since, monthly.rank_words(report, short=True)
    if report.share is not None:
        yield "share of year", report.share, f"{100 * report.share:.1f}%"
    yield "year closed", int(report.final), "final" if report.final else "preliminary"
    yield from _published(report)
    if report.halves:
        yield "first half", report.halves.at, ""
        yield "second half", report.halves.between, ""
    if report.expectation:
        yield from _expected(report)
    yield from _flagged(report)


def _compared(compared: Comparison) -> Iterator[_Told]:
    name = _COMPARED[compared.name]
    yield name, compared.before, compared.last
    if compared.to_date:
        yield "so far", compared.now, ""
    if compared.before is not None:
        words = change_words(compared.now, compared.before)
        yield f"change on {name}", compared.percent, words


def _published(report: MonthFacts) -> Iterator[_Told]:
    if report.values:
        yield "first value", report.values[0][COUNT], ""
        yield "times revised", len(report.values) - 1, ""


def _expected(report: MonthFacts) -> Iterator[_Told]:
    e = report.expectation
    assert e is not None
    yield "forecast", e.median, e.basis
    yield "cutoff", e.cutoff, ""
    bounds = {"lower 80": e.lo80, "upper 80": e.hi80, "lower 95": e.lo95, "upper 95": e.hi95}
    for name, bound in bounds.items():
        yield name, bound, ""
    yield "judged count", e.judged, ""
    yield "side", e.position.side, monthly.position_words(e.position)
    yield "rarity", e.p, unusual_words(e.p)


def _flagged(report: MonthFacts) -> Iterator[_Told]:
    flagged = [flag for flag in report.flags if flag.kind == "month"]
    yield "unusual", len(flagged), "" if flagged else "nothing unusual"
    for flag in flagged:
        yield "flag forecast", flag.expected, ""
        yield "flag side", flag.side, change_words(flag.count, flag.expected)
        yield "severity", flag.severity, ending(flag)
