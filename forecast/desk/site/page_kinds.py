"""Every kind of page: where it is, what its template shows, which tables are beside it."""

from __future__ import annotations

import math
import uuid
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

from icalendar import Calendar, Event

from forecast import months
from forecast.desk import terminal
from forecast.desk.dictionary import VIEWS, View, definitions
from forecast.desk.facts import MonthFacts, as_dict
from forecast.desk.sentences import ahead, monthly, section
from forecast.desk.sentences.ahead import percent, waiting_words
from forecast.desk.sentences.trust import stale_words
from forecast.desk.sentences.unusual import ending, how_sure, part_words
from forecast.desk.site import feeds, flags, metadata, pictures
from forecast.desk.site.feeds import Feed
from forecast.desk.site.metadata import Dataset, data_table
from forecast.desk.site.page import (
    NAMED,
    PICTURE,
    Preview,
    SitePage,
    charts,
    csv_file,
    json_file,
    table,
)
from forecast.desk.site.pictures import ALBUM, CARD, FULL, PART, PHONE, Drawn
from forecast.desk.site.reading import BorderRecord, PartRecord, SiteRecord
from forecast.sources import wording
from forecast.sources.names import dimension_words
from forecast.sources.source import Source
from forecast.sources.wording import Halves, small_words, total_place, with_unit
from forecast.types import Row
from forecast.words import (
    MINUS,
    MONTHS,
    basis_noun,
    capital,
    change_words,
    day_words,
    judged_by,
    known_words,
    many,
    month_words,
    one_line,
    slug,
)

if TYPE_CHECKING:
    from forecast.sources.source import Source

MONTHS_SHOWN = 36  # months of the table behind the chart
HEATS = 7  # shades of the table of years
LEADS = {0: "1 to 12 months", 1: "1 month", 3: "3 months", 6: "6 months", 12: "12 months"}
# File beside the page -> the view whose columns it has, and what it holds.
TABLES = {
    "months": ("wide_months", "Every month with all comparisons"),
    "forecast": ("latest_forecasts", "The newest forecast of the coming months"),
    "flags": ("all_flags", "Unusual months and what happened next"),
    "accuracy": ("scorecard", "Scores of every model's past forecasts"),
    "revisions": ("vintages", "Months that were revised after they were first published"),
    "forecast-changes": ("forecast_changes", "What moved the forecast with the newest run"),
}
YearCell = tuple[str, int | None, int]
_COVERAGES = ("coverage50", "coverage80", "coverage95")


@dataclass(frozen=True)
class YearRow:
    """A fiscal year.

    months : month, encounters and shade 0..HEATS-1; None before the record begins and after it
        ends. encounters are None where nobody knows them, and so is their total.
    """

    year: int
    months: tuple[YearCell | None, ...]
    total: int | None
    complete: bool


@dataclass(frozen=True)
class ScoreRow:
    """The engine beside "no change" at a lead; error : against it, in words."""

    lead: str
    months: str
    error: str
    worse: bool
    log_wis: str
    naive_log_wis: str
    covers: tuple[str, ...]


def border_page(record: SiteRecord, total: str) -> SitePage:
    """All there is about a border."""
    border_record = record.borders[total]
    newest = border_record.newest
    drawn = [
        *(
            pictures.fan(
                total,
                border_record.months,
                border_record.ahead,
                border_record.flagged,
                size,
                record.source,
            )
            for size in (FULL, PHONE)
        ),
        *(
            pictures.history(total, border_record.stood, border_record.flagged, size, record.source)
            for size in (FULL, PHONE)
            if border_record.stood  # none was judged yet
        ),
    ]
    shown = {
        "found": border_record,
        "answer": answer(record, total),
        "newest": newest,
        "compared": flags.compared(newest, None),
        "paragraph": one_line(monthly.paragraph(newest)),
        "fan": drawn[:2],
        "history": drawn[2:],
        "behind": list(behind(border_record))[:MONTHS_SHOWN],
        "moved": ahead.changes_sentence(border_record.changes),
        "chances": [(row["kind"], percent(row["chance"])) for row in border_record.chances],
        "cards": flags.cards(border_record),
        "judged_by": judged_by(flag["basis"] for flag in border_record.flags),
        "open_parts": flags.parts(record, total),
        "years": year_table(border_record),
        "quality": ahead.quality(newest.score) if newest.score else "",
        "scores": score_rows(border_record),
        "restated": list(map(restated, border_record.revised)),
        "by_kind": by_kind([p for p in record.parts.values() if p.key.total == total]),
    }
    rows = {
        "months": border_record.months,
        "forecast": border_record.ahead,
        "flags": border_record.flags,
        "accuracy": border_record.scores,
        "revisions": border_record.revised,
        "forecast-changes": border_record.changes,
    }
    preview, picture = month_preview(record, newest)
    preview = replace(preview, frame=embed_place(total))
    files = {**charts(drawn), **picture}
    for name, group in rows.items():
        files |= table(name, group, record.source)
    dataset = None
    if record.source.shipped:  # counts of one's own have columns of their own
        dataset = _dataset(border_record, rows, files)
        files |= metadata.files(dataset, record)
    return SitePage(border_record.place, "border", shown, files, dataset, preview)


def _dataset(
    border_record: BorderRecord, rows: Mapping[str, Sequence[Row]], files: Mapping[str, bytes]
) -> Dataset:
    """The border's tables, those that have a row."""
    return Dataset(
        border_record.source,
        border_record.place,
        f"U.S. border {border_record.source.measure.noun}, {border_record.name.lower()}: "
        "counts and forecasts",
        border_record.name.lower(),
        min(border_record.reports),
        max(border_record.reports),
        tuple(
            data_table(
                name,
                about,
                view,
                *metadata.one_of(rows[name]),
                files[f"{name}.csv"],
                source=border_record.source,
            )
            for name, (view, about) in TABLES.items()
            if rows[name]
        ),
    )


def by_kind(parts: Sequence[PartRecord]) -> dict[str, list[PartRecord]]:
    """Parts by what they are parts by: agency first, then by size."""
    kinds: dict[str, list[PartRecord]] = {}
    for part in sorted(parts, key=lambda part: part.key.dimension != "component"):
        kinds.setdefault(part.kind, []).append(part)
    return {
        kind: sorted(group, key=lambda part: -part.months[-1]["encounters"])
        for kind, group in kinds.items()
    }


def behind(border_record: BorderRecord) -> Iterator[Row]:
    """Months with the issued forecast or hindcast of each, the newest first."""
    judged = {row["month"]: row for row in border_record.judged}
    for row in reversed(border_record.months):
        forecast = judged.get(row["month"], {})
        median = forecast.get("median")
        yield {
            "month": row["month"],
            "encounters": row["encounters"],
            "median": median,
            "change": "" if median is None else change_words(forecast["encounters"], median),
            "basis": "" if median is None else basis_noun(forecast["basis"]),
            "severity": forecast.get("severity") or "",
        }


def year_table(border_record: BorderRecord) -> list[YearRow]:
    """Fiscal years, the newest first; shades are equal steps of the logarithm."""
    counts = {row["month"]: row["encounters"] for row in border_record.months}
    low, high = (math.log(max(edge(counts.values()), 1)) for edge in (min, max))

    unknown = set(months.missing(counts))

    def cell(month: str) -> YearCell | None:
        if month not in counts:
            return (month, None, 0) if month in unknown else None
        share = (math.log(max(counts[month], 1)) - low) / ((high - low) or 1)
        return month, counts[month], min(int(HEATS * share), HEATS - 1)

    years = sorted(
        {months.fiscal_year(month, border_record.source.year_begins) for month in counts},
        reverse=True,
    )
    rows = []
    for year in years:
        cells = tuple(map(cell, months.fiscal_months(year, border_record.source.year_begins)))
        values = [cell[1] for cell in cells if cell]
        known = [count for count in values if count is not None]
        total = sum(known) if len(known) == len(values) else None
        rows.append(YearRow(year, cells, total, len(values) == 12))
    return rows


def score_rows(border_record: BorderRecord) -> list[ScoreRow]:
    """The engine beside naive, a row a lead, on the basis of the sentence above the table."""
    score = border_record.newest.score
    if score is None:
        return []
    of_border = {
        (row["model"], row["horizon"]): row
        for row in terminal.with_pooled(list(border_record.scores), border_record.source)
        if (row["border"], row["basis"], row["era"]) == (border_record.total, score["basis"], "all")
    }
    pairs = (
        (words, of_border.get(("bordercast", lead)), of_border.get(("naive", lead)))
        for lead, words in LEADS.items()
    )
    return [_score(words, own, naive) for words, own, naive in pairs if own and naive]


def _score(lead: str, own: Row, naive: Row) -> ScoreRow:
    ratio = own["relative_mae"]
    return ScoreRow(
        lead=lead,
        months=f"{own['n']:,}",
        error="not known" if ratio is None else _percent(100 * ratio - 100),
        worse=bool(own["worse_than_naive"]),
        log_wis=f"{own['log_wis']:.3f}",
        naive_log_wis=f"{naive['log_wis']:.3f}",
        covers=tuple(f"{100 * own[name]:.0f}%" for name in _COVERAGES),
    )


def _percent(number: float) -> str:
    rounded = round(number, 1)
    sign = MINUS if rounded < 0 else "+" if rounded > 0 else ""
    return f"{sign}{abs(rounded):.1f}%"


def restated(row: Row) -> Row:
    """A month whose value was changed, in words."""
    return {
        **row,
        "change": change_words(row["now"], row["first_value"]),
        "since": known_words(row["vintage"], row["known_from"]),
    }


MONTHS_SHOWN = 36  # months of two borders
PAIRED = 8  # totals up to which every two have a page


def comparisons(record: SiteRecord) -> Iterator[SitePage]:
    """The list, every two borders, every two fiscal years that follow each other."""
    pairs = list(combinations(record.source.totals.every, 2))
    if len(record.source.totals.every) > PAIRED:
        pairs = [
            (part, record.source.totals.whole)
            for part in record.source.totals.parts
            if record.source.totals.whole
        ]
    counts = {total: _counts(record, total) for total in record.source.totals.every}
    pairs = [
        (first, other) for first, other in pairs if counts[first].keys() & counts[other].keys()
    ]
    years = {
        total: sorted(
            {
                months.fiscal_year(month, record.source.year_begins)
                for month in record.borders[total].reports
            },
            reverse=True,
        )
        for total in record.source.totals.every
    }
    yield SitePage("compare/", "compare_list", {"pairs": pairs, "years": years})
    for first, second in pairs:
        yield _borders(record, first, second)
    for total, of_border in years.items():
        for later, earlier in pairwise(of_border):
            yield _two_years(record, total, later, earlier)


def _counts(record: SiteRecord, total: str) -> dict[str, int]:
    return {row["month"]: row["encounters"] for row in record.borders[total].months}


def _borders(record: SiteRecord, first: str, second: str) -> SitePage:
    counts, other = _counts(record, first), _counts(record, second)
    both = sorted(counts.keys() & other.keys())[-MONTHS_SHOWN:]
    series = [[{"month": m, "encounters": counts[m]} for m in both] for counts in (counts, other)]
    now = both[-1]
    alt = (
        f"{record.source.totals.name(first)} and {record.source.totals.name(second)}, "
        f"{month_words(both[0])} to {month_words(now)}. In "
        f"{month_words(now)}: {counts[now]:,} and {other[now]:,} {record.source.measure.noun}."
    )
    chart = pictures.lines((capital(first), capital(second)), series, alt, PART, record.source)
    rows = [{"month": m, first: counts[m], second: other[m]} for m in reversed(both)]
    shown = [
        (month_words(m), counts[m], other[m], f"{counts[m] / max(other[m], 1):.2f}") for m in both
    ]
    heads = (
        "month",
        record.source.totals.name(first),
        record.source.totals.name(second),
        f"{first} / {second}",
    )
    title = f"{record.source.totals.name(first)} and {record.source.totals.name(second)}"
    return _page(
        f"compare/{slug(first)}-{slug(second)}/",
        title,
        chart,
        heads,
        shown[::-1],
        rows,
        record.source,
    )


def _two_years(record: SiteRecord, border: str, later: int, earlier: int) -> SitePage:
    counts = _counts(record, border)
    line = [
        (m, counts[m])
        for m in months.fiscal_months(later, record.source.year_begins)
        if m in counts
    ]
    before = [
        (m, counts[m])
        for m in months.fiscal_months(earlier, record.source.year_begins)
        if m in counts
    ]
    series: list[list[Row]] = [
        [{"month": m, "encounters": n} for m, n in line],
        [{"month": months.shift(m, 12), "encounters": n} for m, n in before],
    ]
    same = {month[5:]: count for month, count in before}
    shown = [
        (MONTHS[int(m[5:]) - 1], n, then, change_words(n, then) if then is not None else "-")
        for m, n in line
        for then in (same.get(m[5:]),)
    ]
    both = [(n, then) for _, n, then, _ in shown if then is not None]
    total, then = sum(n for n, _ in both), sum(then for _, then in both)
    shown.append((f"{len(both)} months", total, then, change_words(total, then)))
    noun, names = (
        months.year_noun(record.source.year_begins),
        (
            months.year_name(later, record.source.year_begins),
            months.year_name(earlier, record.source.year_begins),
        ),
    )
    alt = (
        f"{record.source.totals.name(border)}: {total:,} {record.source.measure.noun} in "
        f"{len(both)} months of {noun} "
        f"{later}, {then:,} in the same months of {noun} {earlier}."
    )
    chart = pictures.lines(names, series, alt, PART, record.source)
    heads = ("month", *names, "change")
    rows = [dict(zip(heads, row, strict=True)) for row in shown]
    title = f"{record.source.totals.name(border)}: {noun}s {later} and {earlier}"
    return _page(
        f"compare/{slug(border)}/{'-'.join(names)}/",
        title,
        chart,
        heads,
        shown,
        rows,
        record.source,
    )


def _page(
    place: str,
    title: str,
    chart: Drawn,
    heads: tuple[str, ...],
    shown: Sequence[tuple[object, ...]],
    rows: list[Row],
    source: Source,
) -> SitePage:
    facts = {"title": title, "chart": chart, "heads": heads, "rows": shown}
    return SitePage(place, "compare", facts, {**charts([chart]), **table("compared", rows, source)})


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
            number=report.count,
            halves=report.halves,
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
    number = sum(report.count for report in reports)
    halves = [report.halves for report in reports]
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
        then = sum(border_record.reports[month].count for month in before)
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
    stays = {"permanent": metadata.permanent(place, record, "")}
    halves = {
        "halves": fact.halves and fact.halves[:2],
        "halves_unit": fact.halves and fact.halves.unit,
        "split": fact.halves and fact.halves.split and fact.halves.split._asdict(),
        "halves_sentence": fact.halves_sentence or None,
    }
    values = {part.name: getattr(fact, part.name) for part in fields(fact) if part.name != "source"}
    body = json_file({**values, **halves, "sentence": fact.sentence, **run, **stays}, record.source)
    return SitePage(place, "fact", shown, {"fact.json": body}, preview=Preview(fact.sentence))


LATELY = 24  # months in which a flag that is over still stands here


def front(record: SiteRecord) -> SitePage:
    """The page that answers first."""
    since = months.shift(record.run.data_through, -LATELY)
    drawn = {
        total: pictures.fan(
            total,
            border_record.months,
            border_record.ahead,
            border_record.flagged,
            CARD,
            record.source,
            name=slug(total),
        )
        for total, border_record in record.borders.items()
    }
    newest = [border_record.months[-1] for border_record in record.borders.values()]
    answers = {total: answer(record, total) for total in record.borders}
    # Of many, only those that need a look, and the sum of all, stand open.
    folded: dict[str, list[str]] = {}
    if len(answers) > NAMED:
        for total, about in answers.items():
            if not about.flagged and total != record.source.totals.whole:
                folded.setdefault(about.verdict, []).append(total)
    expectations = [border_record.newest.expectation for border_record in record.borders.values()]
    bases = [expectation.basis for expectation in expectations if expectation]
    shown = {
        "answers": answers,
        "folded": folded,
        "judged_by": judged_by(bases) if bases else "",
        "charts": drawn,
        "compared": {
            total: flags.compared(border_record.newest, None)
            for total, border_record in record.borders.items()
        },
        "lately": [
            card
            for border_record in record.borders.values()
            for card in flags.cards(
                border_record,
                [f for f in border_record.flags if f["month"] > since and f["kind"] != "revision"],
            )
        ],
        "parts_open": flags.parts(record),
    }
    files = {**charts(drawn.values()), **table("newest", newest, record.source)}
    return SitePage("", "front", shown, files)


# Views that go on growing: the whole database has them, and `bordercast export`.
LARGE = ("series_vintages", "series_months", "judged_months", "forecast_vs_actual", "statements")

_GENERAL = (
    (
        "Forecast, range",
        "The published count is as likely to be above the forecast as below it. An 80% range is "
        "meant to hold the count in 8 months of 10. How often it did is under Accuracy.",
    ),
    (
        "Unusual, flagged",
        "A month unusually far from its issued forecast, or its hindcast, and by enough to matter. "
        "Notable: rarer than 1 month in 50. Major: 1 in 100, and twice or half. "
        "Critical: 1 in 200, and four times or a quarter.",
    ),
    (
        "Issued forecast, hindcast",
        "An issued forecast was made before its month was published. A hindcast was made later, "
        "from only the figures known at the time; a first run has no others to judge months by.",
    ),
)


def over_all(record: SiteRecord) -> Iterator[SitePage]:
    """What is shown of all borders together."""
    every = record.borders.values()
    totals_flags = [flag for border_record in every for flag in border_record.flags]
    # A revision is no unusual month: those come last.
    ordered = sorted(
        ((flag, border_record) for border_record in every for flag in border_record.flags),
        key=lambda pair: (pair[0]["kind"] != "revision", pair[0]["month"]),
        reverse=True,
    )
    parts = [part for part in record.parts.values() if part.flags]
    rows = totals_flags + [flag for part in parts for flag in part.flags]
    columns = ("border", "dimension", "member", "month", "kind", "severity", "encounters",
               "expected", "p", "basis", "episode", "closed")  # fmt: skip
    shown = {
        "cards": [flags.card(flag, found.reports[flag["month"]]) for flag, found in ordered],
        "judged_by": judged_by(row["basis"] for row in rows),
        "flagged_parts": [(part, flag, ending(flag)) for part in parts for flag in part.flags],
        "open_parts": flags.parts(record),
    }
    rows = [{name: row[name] for name in columns} for row in rows]
    yield SitePage("flags/", "flags", shown, table("flags", rows, record.source))
    scores = {border_record.total: score_rows(border_record) for border_record in every}
    every_score = [row for border_record in every for row in border_record.scores]
    yield SitePage(
        "accuracy/", "accuracy", {"scores": scores}, table("accuracy", every_score, record.source)
    )
    changed = [
        {"border": border_record.total, **row}
        for border_record in every
        for row in map(restated, border_record.revised)
    ]
    yield SitePage(
        "revisions/", "revisions", {"rows": changed}, table("revisions", changed, record.source)
    )
    yield SitePage("reading/", "reading", {"glossary": glossary(record.source)})
    if record.source.shipped:
        yield SitePage("check/", "check", {})


def tables(contents: Mapping[str, Sequence[tuple[Any, ...]]], record: SiteRecord) -> SitePage:
    """Every table with its meaning; those that are not large as files. contents : rows by view."""
    shown = [
        (view, view.row_in(record.source), _described(view, record.source), view.name in contents)
        for view in VIEWS.values()
    ]
    filed = [view for view in VIEWS.values() if view.name in contents]
    files = {
        f"{view.name}.csv": csv_file(
            [record.source.column(name) for name in view.columns], contents[view.name]
        )
        for view in filed
    }
    reports = record.borders[record.source.totals.every[-1]].reports
    dataset = Dataset(
        record.source,
        "tables/",
        f"{record.source.measure.site}: counts, forecasts and unusual months",
        f"all {record.source.totals.many}",
        min(reports),
        max(reports),
        tuple(
            data_table(
                view.name,
                f"A row is {view.row_in(record.source)}.",
                view.name,
                view.columns,
                contents[view.name],
                files[f"{view.name}.csv"],
                source=record.source,
            )
            for view in filed
        ),
    )
    files |= metadata.files(dataset, record)
    return SitePage("tables/", "tables", {"views": shown}, files, dataset)


def _described(view: View, source: Source) -> list[tuple[str, ...]]:
    """A view's columns as its file has them."""
    return [(source.column(name), *described) for name, *described in definitions(view, source)]


def small() -> list[View]:
    """The views that a page has as files."""
    return [view for view in VIEWS.values() if view.name not in LARGE]


def run_pages(record: SiteRecord, run_ids: Collection[int]) -> Iterator[SitePage]:
    """Where to find newer figures than those of a page, and older ones. kept : runs with pages.

    In each kept run's folder the page of the same name points to the newest.
    """
    runs = [
        {
            **row,
            "day": day_words(row["published_at"][:10]),
            "through": month_words(row["data_through"]),
        }
        for row in record.runs
        if row["id"] in run_ids
    ]
    yield SitePage("newer/", "newer", {"runs": runs, "old": None})
    for run in runs:
        place = f"as-of/{run['id']}/newer/"
        yield SitePage(place, "newer", {"runs": runs, "old": run})


def glossary(source: Source) -> tuple[tuple[str, str], ...]:
    """(word, what it means)."""
    no_cause = (
        f"What moved says which {source.totals.below_in_full} differed from their forecasts, "
        "not why."
    )
    return (*_counted(source), *_GENERAL, ("No cause is claimed", no_cause))


def _counted(source: Source) -> Iterator[tuple[str, str]]:
    if source.measure.definition:
        yield capital(source.measure.noun), source.measure.definition
    both = source.hierarchy.both_halves
    if both:
        at, between = both
        sentence = f"{at.short} counts {at.noun}. {between.short} counts those {between.where}."
        aside = source.hierarchy.aside
        less = f", and not where most of it were {aside.words}" if aside else ""
        only = f" Only the second may be called {at.misread}{less}." if at.misread else ""
        yield f"{at.where.capitalize()}, {between.where}", sentence + only


def month_page(record: SiteRecord, total: str, month: str) -> SitePage:
    """All there is about a border's month."""
    border_record = record.borders[total]
    report = border_record.reports[month]
    first = next((flag for flag in report.flags if flag["kind"] == "month"), None)
    drivers = [row for row in report.drivers if row["contribution"] is not None]
    drawn = [pictures.drivers(total, report.drivers, record.source)] if drivers else []
    around = [months.shift(month, by) for by in (-1, 1)]
    shown = {
        "found": border_record,
        "report": report,
        "said": section.finding(report),
        "compared": flags.compared(report, first),
        "cards": flags.cards(border_record, report.flags),
        "drivers": [_in_words(row, record.source) for row in drivers],
        "chart": drawn[0] if drawn else None,
        "values": [one_line(text) for text in monthly.history_sentences(report)],
        "before": around[0] if around[0] in border_record.reports else None,
        "after": around[1] if around[1] in border_record.reports else None,
    }
    preview, picture = month_preview(record, report)
    files = {**charts(drawn), **_files(report), **picture}
    return SitePage(f"{border_record.place}{month}/", "month", shown, files, preview=preview)


def _files(report: MonthFacts) -> dict[str, bytes]:
    """The report for programs, and its comparisons as a table."""
    columns = ("comparison", "first", "last", "now", "before", "percent")
    rows = [(c.name, c.first, c.last, c.now, c.before, c.percent) for c in report.comparisons]
    # Without the months before, which have reports of their own.
    body = json_file(as_dict(replace(report, recent=())), report.source)
    return {"report.json": body, "report.csv": csv_file(columns, rows)}


def _in_words(row: Row, source: Source) -> Row:
    """A driver, its dimension and part as people write them."""
    named = "in no part" if row["role"] == "unattributed" else part_words(row, source)
    return {
        **row,
        "dimension": one_line(dimension_words(row["dimension"], source)),
        "label": one_line(named),
    }


LATELY = 24  # months back in which a flagged month has a picture: those are passed on
FOLDER = "embed/"


def month_preview(record: SiteRecord, report: MonthFacts) -> tuple[Preview, Mapping[str, bytes]]:
    """What a link to a month's page shows, and the picture's file if it has one.

    Drawing and storing one for each of some 600 months would take longer than all other pages.
    """
    about = section.say(report)
    border_record = record.borders[report.total]
    since = months.shift(record.run.data_through, -LATELY)
    flagged = report.month > since and report.month in {
        row["month"] for row in border_record.flagged
    }
    if report.month != border_record.newest.month and not flagged:
        return Preview(about), {}
    if len(record.source.totals.every) > NAMED and report.total != record.source.totals.whole:
        return Preview(about), {}
    return _pictured(record, border_record, report, about)


def _pictured(
    record: SiteRecord, border_record: BorderRecord, report: MonthFacts, about: str
) -> tuple[Preview, Mapping[str, bytes]]:
    from forecast.desk import handout as handouts

    newest = report.month == border_record.newest.month
    handout = handouts.handout(report, record.run, newest=newest and bool(border_record.ahead))
    chart = handouts.PosterChart(
        counted=[
            {"month": row["month"], "encounters": row["encounters"]}
            for row in border_record.months
            if row["month"] <= report.month
        ],
        flagged=border_record.flagged,
        ahead=border_record.ahead if newest else (),
        stood=report.recent,
    )
    source = ("poster", asdict(handout), asdict(chart))
    # An album holds text; a border's page and its newest month's show the same picture.
    picture, alt = ALBUM.drawn(
        source, lambda: (b64encode(handouts.png(handout, chart, record.source)), handout.alt)
    )
    width, height = handouts.POST.pixels
    return Preview(about, alt, width, height), {PICTURE: b64decode(picture)}


def embed_place(total: str) -> str:
    """Folder of a border's chart for other pages."""
    return f"{FOLDER}{slug(total)}/"


def embed_page(record: SiteRecord, total: str) -> SitePage:
    """The forecast's chart with its finding and a link back; shows the border page's own files."""
    border_record = record.borders[total]
    shown = {
        "found": border_record,
        "fan": [
            pictures.fan(
                total,
                border_record.months,
                border_record.ahead,
                border_record.flagged,
                size,
                record.source,
            )
            for size in (FULL, PHONE)
        ],
        "unusual": monthly.unusual_line(border_record.newest),
        "halves": monthly.halves_line(border_record.newest),
        "expected": coming(record, total),
    }
    return SitePage(embed_place(total), "embed", shown)


MONTHS_SHOWN = 36  # months of the table


def series_page(record: SiteRecord, part: PartRecord) -> SitePage:
    """A part of a border: newest month, forecast, chart, months, what was flagged."""
    newest = record.borders[part.key.total].newest.month
    flagged = [{**flag, "median": flag["expected"]} for flag in part.flags]
    chart = None
    if part.ahead:
        total, kind = part.key.total, f"{part.name} ({part.kind})"
        chart = pictures.fan(total, part.months, part.ahead, flagged, PART, record.source, kind)
    part_words = part_lines(part, newest)
    shown = {
        "part": part,
        "border_name": record.source.totals.name(part.key.total),
        "lines": part_words,
        "compared": list(_compared(part)),
        "chart": chart,
        "months": list(reversed(part.months[-MONTHS_SHOWN:])),
        "cards": [flags.part_card(part, flag, newest) for flag in part.flags],
        "endings": [ending(flag) for flag in part.flags],
    }
    files = {
        **(charts([chart]) if chart else {}),
        **table("data", list(_data(part)), record.source),
    }
    about = f"{record.source.totals.name(part.key.total)}, {part.name}: {part_words[0]}"
    return SitePage(part.place, "series", shown, files, preview=Preview(about))


def _compared(part: PartRecord) -> Iterator[tuple[str, str, str, str]]:
    """(against, when, then, change) of the newest month."""
    counts = {row["month"]: row["encounters"] for row in part.months}
    now = counts[part.last]
    for name, back in (("month before", 1), ("year before", 12)):
        month = months.shift(part.last, -back)
        if month in counts:
            yield name, month_words(month), f"{counts[month]:,}", change_words(now, counts[month])
    peak = max(counts, key=lambda month: (counts[month], month))
    yield "peak", month_words(peak), f"{counts[peak]:,}", change_words(now, counts[peak])


def _data(part: PartRecord) -> Iterator[Row]:
    """Published months, then the forecast."""
    bounds = ("median", "lo50", "hi50", "lo80", "hi80", "lo95", "hi95")
    empty = dict.fromkeys(bounds)
    name = {"border": part.key.total, "dimension": part.key.dimension, "member": part.key.member}
    for row in part.months:
        yield {**name, "month": row["month"], "encounters": row["encounters"], **empty}
    for row in part.ahead:
        ahead = {bound: row[bound] for bound in bounds}
        yield {**name, "month": row["month"], "encounters": None, **ahead}


def series_list(record: SiteRecord) -> SitePage:
    """Every series in one list, which the browser's own search finds its way in."""
    groups = [
        (
            total,
            record.source.totals.name(total),
            by_kind([p for p in record.parts.values() if p.key.total == total]),
        )
        for total in record.borders
    ]
    rows = [
        {
            "border": part.key.total,
            "dimension": part.key.dimension,
            "member": part.key.member,
            "name": part.name,
            "newest_month": part.last,
            "encounters": part.months[-1]["encounters"],
            "page": f"{part.place}index.html",
        }
        for part in record.parts.values()
    ]
    return SitePage(
        "series/", "series_list", {"groups": groups}, table("series", rows, record.source)
    )


AHEAD = 12  # months whose release is in the calendar
LEAST_DAYS = 24  # days known by which a window could be learned
YEARS = 2  # fiscal years whose end is
CALENDAR = "releases.ics"
_ABOUT = {
    "": "New figures, unusual months and corrections",
    feeds.RELEASED: "Each month's figures, as {} publishes them",
    feeds.UNUSUAL: "Months unusually far from their forecast, and what happened next",
    feeds.CORRECTED: "Revised counts, corrected notices and withdrawn runs",
}
_WORDS = {"": "everything", "unusual": "unusual months"}
_NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "https://bordercast.example.org/calendar")


def subscribe_page(record: SiteRecord, address: str) -> SitePage:
    """Every feed, the calendar, and how to use them."""
    entries = {"all": list(feeds.everywhere(record))}
    entries |= {total: list(feeds.of_border(record, total)) for total in record.borders}
    by_scope = {scope: {kind: _feed(record, scope, kind) for kind in _ABOUT} for scope in entries}
    files = {
        f"{feed.name}.atom": feeds.atom(
            feed,
            (entry for entry in entries[scope] if kind in ("", entry.kind)),
            address,
            record.source,
        )
        for scope, by_kind in by_scope.items()
        for kind, feed in by_kind.items()
    }
    shown = {
        "feeds": [
            (_scope(scope, record.source), by_kind.values()) for scope, by_kind in by_scope.items()
        ],
        "kinds": [_WORDS.get(kind, kind) for kind in _ABOUT],
        "calendar": CALENDAR,
        "rhythm": rhythm(record),
    }
    files[CALENDAR] = calendar(record, address)
    return SitePage("subscribe/", "subscribe", shown, files)


def _feed(record: SiteRecord, scope: str, kind: str) -> Feed:
    what = _WORDS.get(kind, kind)
    return Feed(
        name=f"{slug(scope)}-{kind}" if kind else slug(scope),
        title=f"Bordercast: {_scope(scope, record.source)}, {what}",
        about=_ABOUT[kind].format(record.source.publisher.short),
        place="" if scope == "all" else total_place(scope, record.source),
        began=str(record.runs[-1]["published_at"])[:10],
    )


def _scope(scope: str, source: Source) -> str:
    return f"All {source.totals.many}" if scope == "all" else source.totals.name(scope)


def calendar(record: SiteRecord, address: str) -> bytes:
    """The calendar as a file. address : of the site, "" where it is not known."""
    events = Calendar()
    events.add("prodid", "-//Bordercast//Releases//EN")
    events.add("version", "2.0")
    events.add(
        "x-wr-calname", f"{record.source.publisher.short} {record.source.measure.figures}, expected"
    )
    events.add("refresh-interval", timedelta(days=1), {"value": "DURATION"})
    stamp = datetime.fromisoformat(record.run.published_at)
    for event in (*_windows(record), *_year_ends(record)):
        event.add("dtstamp", stamp)
        event.add("transp", "TRANSPARENT")  # nobody is busy meanwhile
        if address:
            event.add("url", f"{address.rstrip('/')}/subscribe/")
        events.add_component(event)
    body: bytes = events.to_ical()
    return body


def rhythm(record: SiteRecord) -> str:
    """What is known of the days on which figures come, and how surely."""
    known = [
        (date.fromisoformat(day) - months.end(month)).days
        for month, day in record.release_days.items()
    ]
    earliest, latest, _ = record.source.due
    text = (
        f"{record.source.publisher.short} names no dates. Most figures have come {earliest} to "
        f"{latest} days "
        "after a month's end, on no fixed weekday."
    )
    if not known:
        return f"{text} Of no release on record is the day known."
    inside = sum(earliest <= days <= latest for days in known)
    text += (
        f" The day is known of {many(len(known), 'release')} on record: {inside} "
        f"came within that window, the earliest after {min(known)} days, the latest seen after "
        f"{max(known)}."
    )
    return text if len(known) >= LEAST_DAYS else f"{text} That is too few to narrow the window."


def _windows(record: SiteRecord) -> Iterator[Event]:
    """The days in which each coming month's figures should come."""
    known = rhythm(record)
    for further in range(1, AHEAD + 1):
        month = months.shift(record.run.data_through, further)
        first, last, late = (months.days_after(month, days) for days in record.source.due)
        yield _event(
            f"release/{month}",
            f"Expected: {record.source.publisher.short} {record.source.measure.figures} for "
            f"{month_words(month)}",
            f"Some day in this window, not all of it. {known} After "
            f"{day_words(late.isoformat())} this service calls them overdue.",
            (first, last),
        )


def _year_ends(record: SiteRecord) -> Iterator[Event]:
    """The last day of the fiscal years that end next, and what comes of it."""
    newest = months.fiscal_year(
        months.shift(record.run.data_through, 1),
        record.source.year_begins,
    )
    for year in range(newest, newest + YEARS):
        last = months.end(months.fiscal_months(year, record.source.year_begins)[-1])
        noun = months.year_noun(record.source.year_begins)
        yield _event(
            f"year/{year}",
            f"{capital(noun)} {year} ends",
            f"{record.source.publisher.short} {record.source.publisher.revises}, so counts of "
            f"{noun} "
            f"{year} stay preliminary until it closes the year, some months after this day.",
            (last, last),
        )


def _event(key: str, summary: str, description: str, days: tuple[date, date]) -> Event:
    event = Event()
    event.add("uid", str(uuid.uuid5(_NAMES, key)))
    event.add("summary", summary)
    event.add("description", description)
    event.add("dtstart", days[0])
    event.add("dtend", days[1] + timedelta(days=1))  # the day after the last, by the standard
    return event


@dataclass(frozen=True)
class Answer:
    """Three lines. flagged : whether the first tells of something unusual; verdict : in a word."""

    flagged: bool
    verdict: str
    unusual: str
    expected: str
    halves: str


def answer(record: SiteRecord, total: str) -> Answer:
    """Is anything unusual, what is expected next, at ports and between ports."""
    border_record = record.borders[total]
    verdict, flagged = _verdict(border_record)
    score = border_record.newest.score
    coverage = "" if score is None else f" (has held {100 * score['coverage80']:.0f}% of months)"
    return Answer(
        flagged=flagged,
        verdict=verdict,
        unusual=monthly.unusual_line(border_record.newest),
        expected=f"{coming(record, total)}{coverage}.",
        halves=" ".join((monthly.halves_line(border_record.newest), *_halves_ahead(record, total))),
    )


def coming(record: SiteRecord, total: str) -> str:
    """What is forecast for the coming month; of a new series, when its first forecast comes."""
    border_record = record.borders[total]
    if border_record.ahead:
        return monthly.expected_line(border_record.ahead[0], record.source)
    known = [row["month"] for row in border_record.months]
    return f"Not forecast yet: {waiting_words(known, record.run.data_through)}"


def _verdict(border_record: BorderRecord) -> tuple[str, bool]:
    if not border_record.ahead:
        return "Not forecast yet", False
    now = [flag for flag in border_record.flags if flag["month"] == border_record.newest.month]
    if now:
        return f"Unusual: {now[0]['severity']}", True
    still = [flag for flag in border_record.flags if flag["episode"] == "open"]
    return (
        ("Unusual since " + month_words(still[0]["month"]), True)
        if still
        else ("Nothing unusual", False)
    )


def _halves_ahead(record: SiteRecord, total: str) -> list[str]:
    parts = [
        record.agency(total, half.component) for half in record.source.hierarchy.both_halves or ()
    ]
    rows = [part.ahead[0] for part in parts if part and part.ahead]
    ahead = record.borders[total].ahead
    if len(rows) < 2 or not ahead or rows[0]["month"] != ahead[0]["month"]:
        return []
    return [f"Next month: {rows[0]['median']:,} and {rows[1]['median']:,}."]


def part_lines(part: PartRecord, newest: str) -> tuple[str, ...]:
    """The same for a series of the drill-down; newest : its total's newest month."""
    row = part.months[-1]
    flag = next((flag for flag in part.flags if flag["month"] == row["month"]), None)
    first = f"{with_unit(row['encounters'], part.source)} in {month_words(row['month'])}"
    if flag:
        first = (
            f"Unusual ({flag['severity']}): {first}, {flag['expected']:,} expected: "
            f"{how_sure(flag)}"
        )
    elif part.ahead:
        first = f"Usual: {first}"
    else:
        first = f"{first}. Not forecast: too few counted, or too few months on record"
    ahead = f"{monthly.expected_line(part.ahead[0], part.source)}." if part.ahead else ""
    stale = stale_words(part.last, newest, part.source)
    small = small_words({row["month"]: row["encounters"] for row in part.months}, part.source)
    return tuple(filter(None, (f"{first}.", ahead, stale, small)))
