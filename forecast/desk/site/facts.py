"""A permanent page for every number: a border's month, and its fiscal years."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields

from forecast import months
from forecast.desk import brief
from forecast.desk import halves as halved
from forecast.desk.halves import Halves
from forecast.desk.site import citation
from forecast.desk.site.pages import Preview, SitePage, json_file
from forecast.desk.site.record import BorderRecord, SiteRecord
from forecast.sources.source import Source
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
        return halved.sentence(self.halves, self.source) if self.halves else ""

    @property
    def crossings(self) -> str:
        """Which of it may be called illegal crossings."""
        return halved.crossings_sentence(self.halves, self.source)


def facts(found: BorderRecord) -> Iterator[Fact]:
    """Every month and fiscal year of a border, the newest first; no year with an unknown month."""
    for month in sorted(found.reports, reverse=True):
        report = found.reports[month]
        yield Fact(
            source=found.source,
            border=found.border,
            span=month,
            when=month_words(month),
            number=report.encounters,
            halves=brief.halves(report),
            more=(brief.comparison_sentence(report.comparisons), brief.rank_sentence(report)),
            history=tuple(one_line(text) for text in brief.history_sentences(report)),
            months=(month, month),
        )
    unknown = {
        months.fiscal_year(month, found.source.year_begins)
        for month in months.missing(found.reports)
    }
    years = {
        months.fiscal_year(month, found.source.year_begins) for month in found.reports
    } - unknown
    for year in sorted(years, reverse=True):
        yield _year(found, year)


def _year(found: BorderRecord, year: int) -> Fact:
    held = [
        month
        for month in months.fiscal_months(year, found.source.year_begins)
        if month in found.reports
    ]
    reports = [found.reports[month] for month in held]
    number = sum(report.encounters for report in reports)
    halves = [brief.halves(report) for report in reports]
    known = [one for one in halves if one]
    when = f"{months.year_noun(found.source.year_begins)} {year}"
    span = f"{month_words(held[0])} to {month_words(held[-1])}"
    when += f" ({span})" if len(held) == 12 else f" to date ({span})"
    before = [months.shift(month, -12) for month in held]
    preliminary = (
        f"The count is preliminary until the {months.year_noun(found.source.year_begins)} is "
        "complete."
    )
    more = [preliminary] * (len(held) < 12)
    if all(month in found.reports for month in before):
        then = sum(found.reports[month].encounters for month in before)
        more.append(f"The same months a year before: {then:,} ({change_words(number, then)}).")
    return Fact(
        source=found.source,
        border=found.border,
        span=months.year_name(year, found.source.year_begins),
        when=when,
        number=number,
        halves=halved.summed(known) if len(known) == len(halves) else None,
        more=tuple(more),
        history=(),
        months=(held[0], held[-1]),
    )


def fact_page(record: SiteRecord, found: BorderRecord, fact: Fact) -> SitePage:
    """A fact's page; the same for programs beside it."""
    run = {"run": record.run.id, "digest": record.run.digest, "check": record.status.check}
    shown = {"fact": fact, "found": found, "single": fact.months[0] == fact.months[1]}
    place = f"{found.facts}{fact.span}/"
    stays = {"permanent": citation.permanent(place, record, "")}
    halves = {
        "halves": fact.halves and fact.halves[:2],
        "halves_unit": fact.halves and fact.halves.unit,
        "split": fact.halves and fact.halves.split and fact.halves.split._asdict(),
        "halves_sentence": fact.halves_sentence or None,
    }
    told = {part.name: getattr(fact, part.name) for part in fields(fact) if part.name != "source"}
    body = json_file({**told, **halves, "sentence": fact.sentence, **run, **stays}, record.source)
    return SitePage(place, "fact", shown, {"fact.json": body}, preview=Preview(fact.sentence))
