"""A permanent page for every number: a border's month, and its fiscal years."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields

from forecast import months
from forecast.desk.sentences import monthly
from forecast.desk.site import citation
from forecast.desk.site.pages import Preview, SitePage, json_file
from forecast.desk.site.record import BorderRecord, SiteRecord
from forecast.sources import wording
from forecast.sources.source import Source
from forecast.sources.wording import Halves
from forecast.words import change_words, month_words, one_line


@dataclass(frozen=True)
class Fact:
    """A number that somebody may quote.

    span : in its address, 2024-08 or FY2024. when : in words. halves : at ports and between ports,
    None where not every month of it has them. more : sentences. history : values it has had.
    """

    source: Source = field(repr=False)
    border: str
    span: str
    when: str
    number: int
    halves: Halves | None
    more: tuple[str, ...]
    history: tuple[str, ...]
    months: tuple[str, str]

    @property
    def sentence(self) -> str:
        """The number, as one may quote it."""
        return (
            f"{self.source.publisher.short} counted {self.number:,} "
            f"{self.source.measure.long_name} "
            f"{self.source.totals.where(self.border)} in {self.when}."
        )

    @property
    def halves_sentence(self) -> str:
        """How much of it came at ports of entry, and what the rest was; "" if not on record."""
        return wording.halves_sentence(self.halves, self.source) if self.halves else ""

    @property
    def crossings(self) -> str:
        """Which of it may be called illegal crossings."""
        return wording.crossings_sentence(self.halves, self.source)


def facts(border_record: BorderRecord) -> Iterator[Fact]:
    """Every month and fiscal year of a border, the newest first; no year with an unknown month."""
    for month in sorted(border_record.reports, reverse=True):
        report = border_record.reports[month]
        yield Fact(
            source=border_record.source,
            border=border_record.total,
            span=month,
            when=month_words(month),
            number=report.encounters,
            halves=monthly.halves(report),
            more=(monthly.comparison_sentence(report.comparisons), monthly.rank_sentence(report)),
            history=tuple(one_line(text) for text in monthly.history_sentences(report)),
            months=(month, month),
        )
    unknown = {
        months.fiscal_year(month, border_record.source.year_begins)
        for month in months.missing(border_record.reports)
    }
    years = {
        months.fiscal_year(month, border_record.source.year_begins)
        for month in border_record.reports
    } - unknown
    for year in sorted(years, reverse=True):
        yield _year(border_record, year)


def _year(border_record: BorderRecord, year: int) -> Fact:
    recorded = [
        month
        for month in months.fiscal_months(year, border_record.source.year_begins)
        if month in border_record.reports
    ]
    reports = [border_record.reports[month] for month in recorded]
    number = sum(report.encounters for report in reports)
    halves = [monthly.halves(report) for report in reports]
    known = [half for half in halves if half]
    when = f"{months.year_noun(border_record.source.year_begins)} {year}"
    span = f"{month_words(recorded[0])} to {month_words(recorded[-1])}"
    when += f" ({span})" if len(recorded) == 12 else f" to date ({span})"
    before = [months.shift(month, -12) for month in recorded]
    preliminary = (
        "The count is preliminary until the "
        f"{months.year_noun(border_record.source.year_begins)} is complete."
    )
    more = [preliminary] * (len(recorded) < 12)
    if all(month in border_record.reports for month in before):
        then = sum(border_record.reports[month].encounters for month in before)
        more.append(f"The same months a year before: {then:,} ({change_words(number, then)}).")
    return Fact(
        source=border_record.source,
        border=border_record.total,
        span=months.year_name(year, border_record.source.year_begins),
        when=when,
        number=number,
        halves=wording.summed(known) if len(known) == len(halves) else None,
        more=tuple(more),
        history=(),
        months=(recorded[0], recorded[-1]),
    )


def fact_page(record: SiteRecord, border_record: BorderRecord, fact: Fact) -> SitePage:
    """A fact's page; the same for programs beside it."""
    run = {"run": record.run.id, "digest": record.run.digest, "check": record.status.check}
    shown = {"fact": fact, "found": border_record, "single": fact.months[0] == fact.months[1]}
    place = f"{border_record.facts}{fact.span}/"
    stays = {"permanent": citation.permanent(place, record, "")}
    halves = {
        "halves": fact.halves and fact.halves[:2],
        "halves_unit": fact.halves and fact.halves.unit,
        "split": fact.halves and fact.halves.split and fact.halves.split._asdict(),
        "halves_sentence": fact.halves_sentence or None,
    }
    values = {part.name: getattr(fact, part.name) for part in fields(fact) if part.name != "source"}
    body = json_file({**values, **halves, "sentence": fact.sentence, **run, **stays}, record.source)
    return SitePage(place, "fact", shown, {"fact.json": body}, preview=Preview(fact.sentence))
