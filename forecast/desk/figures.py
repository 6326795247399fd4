"""What the desk decided of each month, as rows that anybody can recompute: `export facts`.

A row is one figure of one series and period, and the words that are said of it. What each figure
means stands in dictionary.toml, under `figures`; `forecast.audit` computes them again from there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from forecast import months
from forecast.desk.facts import Comparison, Expectation, MonthFacts, TermFacts
from forecast.desk.movers import MoverRow
from forecast.desk.sentences import ahead, monthly, unusual
from forecast.rows import ChangeRow, FlagRow, ForecastRow
from forecast.types import Row, SeriesKey
from forecast.words import change_words, signed

COLUMNS = ("series", "period", "figure", "value", "words")
BOUNDS = {"lower 80": "lo80", "upper 80": "hi80", "lower 95": "lo95", "upper 95": "hi95"}


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


def facts_of(reports: Iterable[MonthFacts]) -> Iterator[Fact]:
    """Yield every figure of these months, in the order in which a page tells them."""
    for report in reports:
        for figure, value, words in _figures(report):
            yield Fact(report.total, report.month, figure, value, words)
        yield from _moved(report)
        # A chart ends with the newest month and shows those before it.
        for row in report.recent if report.month == report.last_month else ():
            at = report.total, row.month
            yield Fact(*at, "count", row.count)
            yield Fact(*at, "forecast", row.median, row.basis)
            for name, column in BOUNDS.items():
                yield Fact(*at, name, getattr(row, column))


def facts_of_parts(flags: Iterable[FlagRow]) -> Iterator[Fact]:
    """Yield what is said of the flagged months of parts."""
    for flag in flags:
        if flag.dimension and flag.kind == "month":
            series = str(SeriesKey(flag.total, flag.dimension, flag.member))
            for figure, value, words in _flag(flag):
                yield Fact(series, flag.month, figure, value, words)


def facts_of_movers(rows: Iterable[MoverRow]) -> Iterator[Fact]:
    """Yield each series' newest count and what it is set beside."""
    for row in rows:
        at = str(SeriesKey(row.total, row.dimension, row.member)), row.month
        yield Fact(*at, "count", row.value)
        yield Fact(*at, "month before", row.month_before, months.shift(row.month, -1))
        yield Fact(*at, "year before", row.year_before, months.shift(row.month, -12))
        if row.median is not None:
            yield Fact(*at, "flag forecast", row.median)


def facts_ahead(
    forecasts: Iterable[ForecastRow], sums: Iterable[Row], moves: Iterable[ChangeRow]
) -> Iterator[Fact]:
    """Yield what is forecast: months, sums of months, and how that moved with the last run."""
    for row in forecasts:
        at = row.total, row.month
        yield Fact(*at, "ahead", row.median)
        yield Fact(*at, "ahead lower 80", row.lo80)
        yield Fact(*at, "ahead upper 80", row.hi80)
    for summed in sums:
        at = summed["border"], f"{summed['first_month']}/{summed['last_month']}"
        yield Fact(*at, "sum published", summed["published"])
        yield Fact(*at, "sum ahead", summed["median"])
    for move in moves:
        yield Fact(move.total, move.month, "forecast moved", move.after - move.before)


def facts_of_terms(total: str, known: Iterable[TermFacts]) -> Iterator[Fact]:
    """Yield what was counted under each administration."""
    for term in known:
        at = total, f"{term.first}/{term.last}"
        yield Fact(*at, "term", term.total, term.name)
        yield Fact(*at, "term per month", term.per_month)
        yield Fact(*at, "term per day", term.per_day)


_Told = tuple[str, float | str | None, str]


def _held(report: MonthFacts) -> Iterator[_Told]:
    """Yield how often intervals held: the newest as a run kept it, others as they are made now."""
    yearly = report.month[5:] == report.last_month[5:]  # once a year
    if yearly and report.score and report.score.basis == "hindcast":
        yield "held", report.score.coverage80, ahead.quality(report.score)


def _figures(report: MonthFacts) -> Iterator[_Told]:
    yield "count", report.count, ""
    yield "per day", report.per_day, monthly.daily_words(report)
    for compared in report.comparisons:
        yield from _compared(compared)
    yield "rank", report.rank, monthly.rank_words(report)
    yield "months held", report.held, ""
    yield "ties", report.ties, ""
    yield from _in_a_row(report)
    extreme, since = report.notable_extreme
    if extreme:
        yield extreme, since, monthly.rank_words(report, short=True)
    if report.share is not None:
        yield "share of year", report.share, monthly.share_words(report)
    yield "year closed", int(report.final), "final" if report.final else "preliminary"
    yield from _published(report)
    if report.halves:
        yield "first half", report.halves.at, ""
        yield "second half", report.halves.between, ""
    if report.split:
        yield "aside", report.split.inside, ""
    if report.expectation:
        yield from _expected(report, report.expectation)
    flagged = [flag for flag in report.flags if flag.kind == "month"]
    if flagged or report.expectation:
        yield "unusual", len(flagged), "" if flagged else "nothing unusual"
    for flag in flagged:
        yield from _flag(flag)
    if report.shift:
        yield "level", report.shift["side"], unusual.LEVELS[report.shift["side"]]
    yield from _held(report)
    yield "months flagged", report.often[0], ""
    yield "months judged", report.often[1], ""


def _in_a_row(report: MonthFacts) -> Iterator[_Told]:
    if any(report.runs):  # reports that earlier programs kept tell of none
        yield "months in a row", report.runs[0], ""
        yield "years in a row", report.runs[1], ""


def _compared(compared: Comparison) -> Iterator[_Told]:
    name = "year to date" if compared.to_date else compared.name
    yield name, compared.before, compared.last
    if compared.to_date:
        yield "so far", compared.now, ""
    if compared.before is not None:
        words = change_words(compared.now, compared.before)
        yield f"change on {name}", compared.percent, words


def _published(report: MonthFacts) -> Iterator[_Told]:
    if report.values:
        yield "first value", report.values[0].count, monthly.vintage_sentence(report)
        yield "known since", report.values[-1].known_from, report.values[-1].vintage
        yield "times revised", len(report.values) - 1, ""


def _expected(report: MonthFacts, e: Expectation) -> Iterator[_Told]:
    yield "forecast", e.median, e.basis
    yield "cutoff", e.cutoff, ""
    for name, column in BOUNDS.items():
        yield name, getattr(e, column), ""
    yield "judged count", e.judged, ""
    yield "side", e.position.side, monthly.position_words(e.position)
    yield "rarity", e.p, unusual.unusual_words(e.p)
    if not e.severity and e.position.side:
        yield "unflagged", e.unflagged, unusual.unflagged_words(e)


def _flag(flag: FlagRow) -> Iterator[_Told]:
    yield "flag forecast", flag.expected, ""
    yield "flag side", flag.side, change_words(flag.count, flag.expected)
    far = "" if flag.dimension else f"{unusual.how_far(flag)}: "  # of parts their severity is said
    yield "severity", flag.severity, far + unusual.ending(flag)
    if flag.if_with_whole is not None:
        yield "moved with the whole", flag.if_with_whole, unusual.with_whole(flag)


def _moved(report: MonthFacts) -> Iterator[Fact]:
    """What moved a flagged month, part by part; a dimension adds up to its deviation."""
    for dimension, rows in groupby(report.drivers, attrgetter("dimension")):
        known = [row for row in rows if row.contribution is not None]
        for row in known:
            part = str(SeriesKey(row.part_border or "", dimension, row.member or ""))
            child = (part if row.member else row.part_border) or dimension
            words = signed(row.contribution or 0)
            by = f"{report.total} by {child}"
            yield Fact(by, report.month, "moved", row.contribution, words)
        if known:
            summed = sum(row.contribution or 0 for row in known)
            yield Fact(report.total, report.month, "moved in all", summed, signed(summed))
