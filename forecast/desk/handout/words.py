"""What is said of a month on a poster, a slide and a page of its own, from its report alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forecast.desk import brief
from forecast.desk.charts.notice_chart import KEY
from forecast.desk.report import MonthReport
from forecast.desk.wording import unusual_words
from forecast.store.read import RunRow
from forecast.words import basis_noun, capital, day_words, month_words


@dataclass(frozen=True)
class Handout:
    """The words of a poster.

    unit : what is counted, in one or two lines. lines : both halves, comparisons, the forecast.
    source : run, day and publisher. key : what the chart's lines are. alt : all of it in a sentence
    or two, for who cannot see it.
    """

    title: str
    number: str
    unit: tuple[str, ...]
    lines: tuple[str, ...]
    source: str
    alt: str
    key: str


def handout(report: MonthReport, run: RunRow, *, newest: bool) -> Handout:
    """The words of a month's poster. newest : whether it shows the forecast ahead."""
    title, number = heading(report), f"{report.encounters:,}"
    reach = "" if report.part else report.source.measure.reach
    unit = (report.source.measure.noun, reach) if reach else (report.source.measure.noun,)
    lines = tuple(_lines(report))
    counted = f"{title}: {number} {' '.join(unit)}"
    return Handout(
        title,
        number,
        unit,
        lines,
        source(report, run),
        ". ".join((counted, *lines)),
        _key(report, newest),
    )


def heading(report: MonthReport) -> str:
    """What it is of, and the month."""
    part = f", {report.part}" if report.part else ""
    return f"{report.source.totals.name(report.border)}{part}, {month_words(report.month)}"


def source(report: MonthReport, run: RunRow) -> str:
    """Whom the figures are from; a count that will be revised is called preliminary."""
    state = "" if report.final else ", preliminary"
    day = day_words(run.published_at[:10])
    return (
        f"Counts: {report.source.publisher.name}{state}. Forecasts: Bordercast, run {run.id}, "
        f"{day}."
    )


def _key(report: MonthReport, newest: bool) -> str:
    """What the chart's lines are."""
    if newest:
        return (
            "Black: published. Dashed: median forecast. Bands, dark to light: 50%, 80% and 95% "
            "prediction intervals."
        )
    if report.recent:
        return KEY
    return "Black: published. Triangles: flagged months."


def _lines(report: MonthReport) -> Iterator[str]:
    """A number is never alone."""
    yield from filter(None, (brief.halves_words(report), capital(brief.changes(report))))
    expectation = report.expectation
    if expectation is not None:
        unusual = unusual_words(expectation.p).partition(" (")[0]
        span = f"80% range {expectation.lo80:,} to {expectation.hi80:,}"
        basis = capital(basis_noun(expectation.basis))
        yield f"{basis}: {expectation.median:,} ({span}); {unusual}"
