"""Every kind of page: where it is, what its template shows, which tables are beside it.

A new page is an entry of PAGE_KINDS and a template. What a template can say of a record or of one
of its rows, it says itself.
"""

from __future__ import annotations

import math
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from itertools import combinations, pairwise
from typing import Any

from forecast import months
from forecast.desk import terminal
from forecast.desk.dictionary import VIEWS, definitions
from forecast.desk.facts import as_dict
from forecast.desk.sentences import ahead, monthly, section
from forecast.desk.sentences.ahead import waiting_words
from forecast.desk.sentences.trust import stale_words
from forecast.desk.sentences.unusual import ending, how_sure, part_words
from forecast.desk.site import feeds, flags, metadata
from forecast.desk.site.metadata import Dataset, data_table
from forecast.desk.site.page import PICTURE, Page, Preview, csv_file, html, json_file, moved, table
from forecast.desk.site.pictures import ALBUM
from forecast.desk.site.reading import PartRecord, SiteRecord, TotalRecord
from forecast.sources import wording
from forecast.sources.names import dimension_words
from forecast.sources.source import Source
from forecast.sources.wording import Halves, small_words, with_unit
from forecast.types import COUNT, Row
from forecast.words import (
    MONTHS,
    capital,
    change_words,
    judged_by,
    known_words,
    month_words,
    one_line,
    slug,
)

MONTHS_SHOWN = 36  # of a table or a comparison
LATELY = 24  # months back in which a flag is on the first page, and its month has a picture
HEATS = 7  # shades of the table of years
LEADS = {0: "1 to 12 months", 1: "1 month", 3: "3 months", 6: "6 months", 12: "12 months"}
# File beside a total's page -> the view whose columns it has, and what it holds.
TABLES = {
    "months": ("wide_months", "Every month with all comparisons"),
    "forecast": ("latest_forecasts", "The newest forecast of the coming months"),
    "flags": ("all_flags", "Unusual months and what happened next"),
    "accuracy": ("scorecard", "Scores of every model's past forecasts"),
    "revisions": ("vintages", "Months that were revised after they were first published"),
    "forecast-changes": ("forecast_changes", "What moved the forecast with the newest run"),
}
_FLAG_COLUMNS = (
    *("border", "dimension", "member", "month", "kind", "severity", COUNT),
    *("expected", "p", "basis", "episode", "closed"),
)
_BOUNDS = ("median", "lo50", "hi50", "lo80", "hi80", "lo95", "hi95")
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

Shown = Mapping[str, Any]


def _once(record: SiteRecord) -> Iterable[None]:
    return (None,)


def _nothing(record: SiteRecord, about: Any) -> Mapping[str, Any]:
    return {}


def _totals(record: SiteRecord) -> Iterable[TotalRecord]:
    return record.totals.values()


@dataclass(frozen=True)
class PageKind:
    """A kind of page.

    Attributes
    ----------
    template : its name without the ending.
    place : the folder, or what gives it for what a page is about.
    of : what there is a page of each: nothing (one page), totals, months, series.
    shown : what the template is told, beside `record` and what every template knows.
    tables : rows by the name of their file, as CSV and JSON beside the page.
    files : other files beside it, by name.
    dataset : its tables described for programs, of the files beside it.
    preview : what a link to it shows, and the picture's file.
    nav : its name in the head of every page, "" if it is not there.
    """

    template: str
    place: str | Callable[[SiteRecord, Any], str]
    of: Callable[[SiteRecord], Iterable[Any]] = _once
    shown: Callable[[SiteRecord, Any], Shown] = _nothing
    tables: Callable[[SiteRecord, Any], Mapping[str, Sequence[Row]]] = _nothing
    files: Callable[[SiteRecord, Any], Mapping[str, bytes]] = _nothing
    dataset: Callable[[SiteRecord, Any, Mapping[str, bytes]], Dataset | None] | None = None
    preview: Callable[[SiteRecord, Any], tuple[Preview, Mapping[str, bytes]]] | None = None
    nav: str = ""

    def pages(self, record: SiteRecord) -> Iterator[Page]:
        """Make every page of this kind."""
        for about in self.of(record):
            yield self.page(record, about)

    def page(self, record: SiteRecord, about: Any = None) -> Page:
        """Make one page."""
        place = self.place if isinstance(self.place, str) else self.place(record, about)
        files = dict(self.files(record, about))
        for name, rows in self.tables(record, about).items():
            files |= table(name, rows, record.source)
        dataset, preview = None, None
        if self.dataset is not None and record.source.shipped:
            dataset = self.dataset(record, about, files)
            files |= metadata.files(dataset, record) if dataset else {}
        if self.preview is not None:
            preview, picture = self.preview(record, about)
            files |= picture
        return Page(place, self.template, self.shown(record, about), files, dataset, preview)


def rendered(page: Page, record: SiteRecord) -> bytes:
    """Fill a page's template, with the pages that every page names in its head."""
    return html(page, record, sections(record))


def sections(record: SiteRecord) -> list[tuple[str, str]]:
    """List (folder, words) of the pages that every page names."""
    return [
        (kind.place, kind.nav)
        for kind in PAGE_KINDS
        if kind.nav and isinstance(kind.place, str) and any(True for _ in kind.of(record))
    ]


def moved_pages(record: SiteRecord) -> Iterator[tuple[str, bytes]]:
    """Write, for each address that was once told, the page that leads to where it is now.

    Those that this folder has had, and those that a mail of this run or of a correction names.
    """
    written = {f"{about.place}{max(about.reports)}/" for about in _totals(record)}
    written |= {f"{record.totals[row['border']].place}{row['month']}/" for row in record.corrected}
    for place, to in _moved(record):
        if place in written or f"{place}index.html" in record.before:
            yield f"{place}index.html", moved(place, to)


def _moved(record: SiteRecord) -> Iterator[tuple[str, str]]:
    """(folder of earlier versions, where its content is)."""
    for about in _totals(record):
        years = sorted({months.fiscal_year(m, record.source.year_begins) for m in about.reports})
        for month in about.reports:
            yield f"{about.place}{month}/", record.month_place(about.total, month)
            yield f"{about.facts}{month}/", f"{about.facts}#{month}"
        for year in years:
            name = months.year_name(year, record.source.year_begins)
            yield f"{about.facts}{name}/", f"{about.facts}#{name}"
            before = months.year_name(year - 1, record.source.year_begins)
            yield f"compare/{slug(about.total)}/{name}-{before}/", f"{about.facts}#{name}"
        for other in (record.source.totals.whole,) if record.many else record.totals:
            yield f"compare/{slug(about.total)}-{slug(other or '')}/", "compare/"


# -- the first page --------------------------------------------------------------------------------


def front(record: SiteRecord, _: None) -> Shown:
    """Answer first: three lines a total; then a chart of each, and the rest folded."""
    since = months.shift(record.run.data_through, -LATELY)
    answers = {total: answer(record, total) for total in record.totals}
    # Of many, only those that need a look, and the sum of all, are open.
    folded: dict[str, list[str]] = {}
    for total, about in answers.items():
        if record.many and not about.flagged and total != record.source.totals.whole:
            folded.setdefault(about.verdict, []).append(total)
    expectations = [about.newest.expectation for about in _totals(record)]
    bases = [expectation.basis for expectation in expectations if expectation]
    return {
        "answers": answers,
        "folded": folded,
        "closed": {total for some in folded.values() for total in some},
        "judged_by": judged_by(bases) if bases else "",
        "lately": [
            card
            for about in _totals(record)
            for card in flags.cards(
                record,
                about,
                [f for f in about.flags if f["month"] > since and f["kind"] != "revision"],
            )
        ],
        "parts_open": flags.parts(record),
    }


@dataclass(frozen=True)
class Answer:
    """Three lines. flagged : whether the first tells of something unusual; verdict : in a word."""

    flagged: bool
    verdict: str
    unusual: str
    expected: str
    halves: str


def answer(record: SiteRecord, total: str) -> Answer:
    """Say whether anything is unusual, what is expected next, and where it was counted."""
    about = record.totals[total]
    verdict, flagged = _verdict(about)
    score = about.newest.score
    coverage = "" if score is None else f" (has held {100 * score['coverage80']:.0f}% of months)"
    return Answer(
        flagged=flagged,
        verdict=verdict,
        unusual=monthly.unusual_line(about.newest),
        expected=f"{coming(record, total)}{coverage}.",
        halves=" ".join((monthly.halves_line(about.newest), *_halves_ahead(record, total))),
    )


def _verdict(about: TotalRecord) -> tuple[str, bool]:
    if not about.ahead:
        return "Not forecast yet", False
    now = [flag for flag in about.flags if flag["month"] == about.newest.month]
    if now:
        return f"Unusual: {now[0]['severity']}", True
    still = [flag for flag in about.flags if flag["episode"] == "open"]
    if still:
        return f"Unusual since {month_words(still[0]['month'])}", True
    return "Nothing unusual", False


def coming(record: SiteRecord, total: str) -> str:
    """Say what is forecast for the coming month; of a new series, when its first forecast comes."""
    about = record.totals[total]
    if about.ahead:
        return monthly.expected_line(about.ahead[0], record.source)
    known = [row["month"] for row in about.months]
    return f"Not forecast yet: {waiting_words(known, record.run.data_through)}"


def _halves_ahead(record: SiteRecord, total: str) -> list[str]:
    parts = [
        record.agency(total, half.component) for half in record.source.hierarchy.both_halves or ()
    ]
    rows = [part.ahead[0] for part in parts if part and part.ahead]
    ahead = record.totals[total].ahead
    if len(rows) < 2 or not ahead or rows[0]["month"] != ahead[0]["month"]:
        return []
    return [f"Next month: {rows[0]['median']:,} and {rows[1]['median']:,}."]


# -- a total ---------------------------------------------------------------------------------------

YearCell = tuple[str, int | None, int]


@dataclass(frozen=True)
class YearRow:
    """A fiscal year.

    months : month, count and shade 0..HEATS-1; None before the record begins and after it ends.
        A count is None where nobody knows it, and so is the year's total.
    """

    year: int
    months: tuple[YearCell | None, ...]
    total: int | None
    complete: bool


def total_page(record: SiteRecord, about: TotalRecord) -> Shown:
    """Tell all there is about a total."""
    return {
        "about": about,
        "answer": answer(record, about.total),
        "paragraph": one_line(monthly.paragraph(about.newest)),
        "judged": {row["month"]: row for row in about.judged},
        "moved": ahead.changes_sentence(about.changes),
        "cards": flags.cards(record, about),
        "judged_by": judged_by(flag["basis"] for flag in about.flags),
        "open_parts": flags.parts(record, about.total),
        "years": year_table(about),
        "quality": ahead.quality(about.newest.score) if about.newest.score else "",
        "scores": score_rows(about),
        "by_kind": by_kind(record, about.total),
    }


def total_tables(record: SiteRecord, about: TotalRecord) -> Mapping[str, Sequence[Row]]:
    """List a total's tables; of many totals each has two files, as a series has."""
    if record.many:
        return {"data": list(_data({"border": about.total}, about.months, about.ahead))}
    rows = (about.months, about.ahead, about.flags, about.scores, about.revised, about.changes)
    return dict(zip(TABLES, rows, strict=True))


def _data(name: Row, published: Sequence[Row], ahead: Sequence[Row]) -> Iterator[Row]:
    """Published months, then the forecast."""
    for row in published:
        count = {"month": row["month"], COUNT: row[COUNT]}
        yield {**name, **count, **dict.fromkeys(_BOUNDS)}
    for row in ahead:
        bounds = {bound: row[bound] for bound in _BOUNDS}
        yield {**name, "month": row["month"], COUNT: None, **bounds}


def total_dataset(
    record: SiteRecord, about: TotalRecord, files: Mapping[str, bytes]
) -> Dataset | None:
    """Describe a total's tables, those that have a row."""
    if record.many:
        return None
    rows = total_tables(record, about)
    return Dataset(
        record.source,
        about.place,
        f"U.S. border {record.source.measure.noun}, {about.name.lower()}: counts and forecasts",
        about.name.lower(),
        min(about.reports),
        max(about.reports),
        tuple(
            data_table(
                name,
                meaning,
                view,
                *metadata.one_of(rows[name]),
                files[f"{name}.csv"],
                source=record.source,
            )
            for name, (view, meaning) in TABLES.items()
            if rows[name]
        ),
    )


def by_kind(record: SiteRecord, total: str) -> dict[str, list[PartRecord]]:
    """Group a total's parts by what they are parts by: agency first, then by size."""
    parts = [part for part in record.parts.values() if part.key.total == total]
    kinds: dict[str, list[PartRecord]] = {}
    for part in sorted(parts, key=lambda part: part.key.dimension != "component"):
        kinds.setdefault(part.kind, []).append(part)
    return {
        kind: sorted(group, key=lambda part: -part.months[-1][COUNT])
        for kind, group in kinds.items()
    }


def year_table(about: TotalRecord) -> list[YearRow]:
    """List fiscal years, the newest first; shades are equal steps of the logarithm."""
    counts = {row["month"]: row[COUNT] for row in about.months}
    low, high = (math.log(max(edge(counts.values()), 1)) for edge in (min, max))
    unknown = set(months.missing(counts))
    begins = about.source.year_begins

    def cell(month: str) -> YearCell | None:
        if month not in counts:
            return (month, None, 0) if month in unknown else None
        share = (math.log(max(counts[month], 1)) - low) / ((high - low) or 1)
        return month, counts[month], min(int(HEATS * share), HEATS - 1)

    rows = []
    for year in sorted({months.fiscal_year(month, begins) for month in counts}, reverse=True):
        cells = tuple(map(cell, months.fiscal_months(year, begins)))
        values = [cell[1] for cell in cells if cell]
        known = [count for count in values if count is not None]
        total = sum(known) if len(known) == len(values) else None
        rows.append(YearRow(year, cells, total, len(values) == 12))
    return rows


def score_rows(about: TotalRecord) -> list[tuple[str, Row, Row]]:
    """Put the engine beside naive: (lead, its scores, naive's), on the basis of the newest score.

    A lead is there if both were scored at it.
    """
    score = about.newest.score
    if score is None:
        return []
    of_total = {
        (row["model"], row["horizon"]): row
        for row in terminal.with_pooled(list(about.scores), about.source)
        if (row["border"], row["basis"], row["era"]) == (about.total, score["basis"], "all")
    }
    pairs = (
        (words, of_total.get(("bordercast", lead)), of_total.get(("naive", lead)))
        for lead, words in LEADS.items()
    )
    return [(words, own, naive) for words, own, naive in pairs if own and naive]


def month_preview(
    record: SiteRecord, total: str, month: str
) -> tuple[Preview, Mapping[str, bytes]]:
    """Say what a link to a month shows, and draw the picture if it is one that is passed on.

    Drawing and storing one for each of some 600 months would take longer than all other pages.
    """
    from forecast.desk import handout as handouts

    about = record.totals[total]
    report, newest = about.reports[month], month == about.newest.month
    quotable = section.say(report)
    since = months.shift(record.run.data_through, -LATELY)
    flagged = month > since and month in {row["month"] for row in about.flagged}
    if not (newest or flagged) or (record.many and total != record.source.totals.whole):
        return Preview(quotable), {}
    handout = handouts.handout(report, record.run, newest=newest and bool(about.ahead))
    chart = handouts.PosterChart(
        counted=[
            {"month": row["month"], COUNT: row[COUNT]}
            for row in about.months
            if row["month"] <= month
        ],
        flagged=about.flagged,
        ahead=about.ahead if newest else (),
        stood=report.recent,
    )
    # An album holds text; a total's page and its newest month's show the same picture.
    picture, alt = ALBUM.drawn(
        ("poster", asdict(handout), asdict(chart)),
        lambda: (b64encode(handouts.png(handout, chart, record.source)).decode(), handout.alt),
    )
    width, height = handouts.POST.pixels
    return Preview(quotable, alt, width, height), {PICTURE: b64decode(picture)}


def total_preview(record: SiteRecord, about: TotalRecord) -> tuple[Preview, Mapping[str, bytes]]:
    """Say what a link to a total shows: its newest month, and its chart for other pages."""
    preview, picture = month_preview(record, about.total, about.newest.month)
    return replace(preview, frame=embed_place(record, about)), picture


def embed_place(record: SiteRecord, about: TotalRecord) -> str:
    """Name the folder of a total's chart for other pages."""
    return f"embed/{slug(about.total)}/"


def embed(record: SiteRecord, about: TotalRecord) -> Shown:
    """Show a total's chart, its finding and a link back; only these pages may be framed."""
    return {
        "about": about,
        "unusual": monthly.unusual_line(about.newest),
        "halves": monthly.halves_line(about.newest),
        "expected": coming(record, about.total),
    }


# -- months and numbers ----------------------------------------------------------------------------

Month = tuple[TotalRecord, str]


def _own_months(record: SiteRecord) -> Iterator[Month]:
    """Months with a page of their own, the newest first."""
    for about in _totals(record):
        for month in sorted(about.reports, reverse=True):
            if "#" not in record.month_place(about.total, month):
                yield about, month


def month_page(record: SiteRecord, of: Month) -> Shown:
    """Tell of a month: how far off, how unusual, what moved, every value it has had."""
    about, month = of
    report = about.reports[month]
    around = [months.shift(month, by) for by in (-1, 1)]
    return {
        "about": about,
        "report": report,
        "said": section.finding(report),
        "flag": next((flag for flag in report.flags if flag["kind"] == "month"), None),
        "cards": flags.cards(record, about, report.flags),
        "drivers": [
            {
                **row,
                "dimension": one_line(dimension_words(row["dimension"], record.source)),
                "label": one_line(
                    "in no part"
                    if row["role"] == "unattributed"
                    else part_words(row, record.source)
                ),
            }
            for row in report.drivers
            if row["contribution"] is not None
        ],
        "values": [one_line(text) for text in monthly.history_sentences(report)],
        "before": around[0] if around[0] in about.reports else None,
        "after": around[1] if around[1] in about.reports else None,
    }


def month_files(record: SiteRecord, of: Month) -> Mapping[str, bytes]:
    """Write the report for programs, and its comparisons as a table."""
    report = of[0].reports[of[1]]
    columns = ("comparison", "first", "last", "now", "before", "percent")
    rows = [(c.name, c.first, c.last, c.now, c.before, c.percent) for c in report.comparisons]
    # Without the months before, which have reports of their own.
    body = json_file(as_dict(replace(report, recent=())), report.source)
    return {"report.json": body, "report.csv": csv_file(columns, rows)}


@dataclass(frozen=True)
class Fact:
    """A number that somebody may quote.

    span : its name in an address, 2024-08 or FY2024. when : in words. halves : at ports and
    between ports, None where not every month of it has them. more : sentences. history : values it
    has had. months : the first and the last.
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


def month_fact(about: TotalRecord, month: str) -> Fact:
    """Make a month's number one to quote."""
    report = about.reports[month]
    return Fact(
        source=about.source,
        border=about.total,
        span=month,
        when=month_words(month),
        number=report.count,
        halves=report.halves,
        more=(monthly.comparison_sentence(report.comparisons), monthly.rank_sentence(report)),
        history=tuple(one_line(text) for text in monthly.history_sentences(report)),
        months=(month, month),
    )


def year_fact(about: TotalRecord, year: int) -> Fact:
    """Make a fiscal year's number one to quote, as far as it is published."""
    begins = about.source.year_begins
    recorded = [month for month in months.fiscal_months(year, begins) if month in about.reports]
    reports = [about.reports[month] for month in recorded]
    number = sum(report.count for report in reports)
    halves = [report.halves for report in reports]
    known = [half for half in halves if half]
    noun = months.year_noun(begins)
    span = f"{month_words(recorded[0])} to {month_words(recorded[-1])}"
    before = [months.shift(month, -12) for month in recorded]
    more = [f"The count is preliminary until the {noun} is complete."] * (len(recorded) < 12)
    if all(month in about.reports for month in before):
        then = sum(about.reports[month].count for month in before)
        more.append(f"The same months a year before: {then:,} ({change_words(number, then)}).")
    return Fact(
        source=about.source,
        border=about.total,
        span=months.year_name(year, begins),
        when=f"{noun} {year} {f'({span})' if len(recorded) == 12 else f'to date ({span})'}",
        number=number,
        halves=wording.summed(known) if len(known) == len(halves) else None,
        more=tuple(more),
        history=(),
        months=(recorded[0], recorded[-1]),
    )


Years = list[tuple[int, Fact | None, list[Fact]]]


def years_of(about: TotalRecord) -> Years:
    """List fiscal years with their months, the newest first; no sum where a month is unknown."""
    begins = about.source.year_begins
    unknown = {months.fiscal_year(month, begins) for month in months.missing(about.reports)}
    by_year: dict[int, list[Fact]] = {}
    for month in sorted(about.reports, reverse=True):
        by_year.setdefault(months.fiscal_year(month, begins), []).append(month_fact(about, month))
    return [
        (year, None if year in unknown else year_fact(about, year), facts)
        for year, facts in by_year.items()
    ]


def numbers(record: SiteRecord, about: TotalRecord) -> Shown:
    """Tell of every month and fiscal year of a total, each a number to quote."""
    return {
        "about": about,
        "years": years_of(about),
        "unusual": {month: monthly.unusual_line(about.reports[month]) for month in about.reports},
    }


def number_files(record: SiteRecord, about: TotalRecord) -> Mapping[str, bytes]:
    """Write the same numbers for programs; of many totals these are in `data.json`."""
    if record.many:
        return {}
    facts = [
        fact
        for _, whole, facts in years_of(about)
        for fact in (*([whole] if whole else []), *facts)
    ]
    run = {"run": record.run.id, "digest": record.run.digest, "check": record.status.check}
    rows = [
        {
            **{p.name: getattr(fact, p.name) for p in fields(fact) if p.name != "source"},
            **(_halves_data(fact) if record.source.hierarchy.both_halves else {}),
            "sentence": fact.sentence,
            "permanent": metadata.permanent(about.facts, record, fact.span),
        }
        for fact in facts
    ]
    return {"facts.json": json_file({**run, "facts": rows}, record.source)}


def _halves_data(fact: Fact) -> Row:
    halves = fact.halves
    return {
        "halves": halves and halves[:2],
        "halves_unit": halves and halves.unit,
        "split": halves and halves.split and halves.split._asdict(),
        "halves_sentence": fact.halves_sentence or None,
    }


# -- series ----------------------------------------------------------------------------------------


def series_page(record: SiteRecord, part: PartRecord) -> Shown:
    """Tell of a part of a total: newest month, forecast, chart, months, what was flagged."""
    newest = record.totals[part.key.total].newest.month
    return {
        "part": part,
        "lines": part_lines(part, newest),
        "compared_with": list(_compared(part)),
        "cards": [flags.part_card(part, flag, newest) for flag in part.flags],
        "endings": [ending(flag) for flag in part.flags],
    }


def part_lines(part: PartRecord, newest: str) -> tuple[str, ...]:
    """Answer first, of a part; newest : its total's newest month."""
    row = part.months[-1]
    flag = next((flag for flag in part.flags if flag["month"] == row["month"]), None)
    first = f"{with_unit(row[COUNT], part.source)} in {month_words(row['month'])}"
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
    small = small_words({row["month"]: row[COUNT] for row in part.months}, part.source)
    return tuple(filter(None, (f"{first}.", ahead, stale, small)))


def _compared(part: PartRecord) -> Iterator[tuple[str, str, str, str]]:
    """(against, when, then, change) of the newest month."""
    counts = {row["month"]: row[COUNT] for row in part.months}
    peak = max(counts, key=lambda month: (counts[month], month))
    for name, month in (
        ("month before", months.shift(part.last, -1)),
        ("year before", months.shift(part.last, -12)),
        ("peak", peak),
    ):
        if month in counts:
            change = change_words(counts[part.last], counts[month])
            yield name, month_words(month), f"{counts[month]:,}", change


def series_tables(record: SiteRecord, part: PartRecord) -> Mapping[str, Sequence[Row]]:
    """List a part's months, published and forecast."""
    name = {"border": part.key.total, "dimension": part.key.dimension, "member": part.key.member}
    return {"data": list(_data(name, part.months, part.ahead))}


def series_list(record: SiteRecord, _: None) -> Mapping[str, Sequence[Row]]:
    """List every series with its newest month and its page."""
    rows = [
        {
            "border": part.key.total,
            "dimension": part.key.dimension,
            "member": part.key.member,
            "name": part.name,
            "newest_month": part.last,
            COUNT: part.months[-1][COUNT],
            "page": f"{part.place}index.html",
        }
        for part in record.parts.values()
    ]
    return {"series": rows}


# -- side by side ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class SideBySide:
    """Two totals, or two fiscal years of one, side by side.

    heads, rows : of the table, the newest first. data : the same for files. names, series, alt :
    of the chart. years : whether these are years.
    """

    place: str
    title: str
    heads: tuple[str, ...]
    rows: Sequence[tuple[object, ...]]
    data: Sequence[Row]
    names: tuple[str, str]
    series: Sequence[Sequence[Row]]
    alt: str
    years: bool


def comparisons(record: SiteRecord) -> Iterator[SideBySide]:
    """Make every two totals and every two fiscal years that follow each other; of few totals."""
    if record.many:
        return
    for first, second in pairs(record):
        yield _two_totals(record, first, second)
    for about in _totals(record):
        for later, earlier in pairwise(year_table(about)):
            yield _two_years(record, about, later.year, earlier.year)


def pairs(record: SiteRecord) -> list[tuple[str, str]]:
    """List every two totals that have months in common."""
    counts = {about.total: {row["month"] for row in about.months} for about in _totals(record)}
    return [pair for pair in combinations(counts, 2) if counts[pair[0]] & counts[pair[1]]]


def compare_list(record: SiteRecord, _: None) -> Shown:
    """List what can be seen side by side."""
    return {
        "pairs": [] if record.many else pairs(record),
        "years": {
            about.total: [row.year for row in year_table(about)] for about in _totals(record)
        },
    }


def _two_totals(record: SiteRecord, first: str, second: str) -> SideBySide:
    counts, other = (
        {row["month"]: row[COUNT] for row in record.totals[total].months}
        for total in (first, second)
    )
    both = sorted(counts.keys() & other.keys())[-MONTHS_SHOWN:]
    now, names = both[-1], (record.totals[first].name, record.totals[second].name)
    return SideBySide(
        place=f"compare/{slug(first)}-{slug(second)}/",
        title=f"{names[0]} and {names[1]}",
        heads=("month", *names, f"{first} / {second}"),
        rows=[
            (month_words(m), counts[m], other[m], f"{counts[m] / max(other[m], 1):.2f}")
            for m in reversed(both)
        ],
        data=[{"month": m, first: counts[m], second: other[m]} for m in reversed(both)],
        names=(capital(first), capital(second)),
        series=[[{"month": m, COUNT: by[m]} for m in both] for by in (counts, other)],
        alt=f"{names[0]} and {names[1]}, {month_words(both[0])} to {month_words(now)}. In "
        f"{month_words(now)}: {counts[now]:,} and {other[now]:,} {record.source.measure.noun}.",
        years=False,
    )


def _two_years(record: SiteRecord, about: TotalRecord, later: int, earlier: int) -> SideBySide:
    begins = record.source.year_begins
    counts = {row["month"]: row[COUNT] for row in about.months}
    line, before = (
        [(m, counts[m]) for m in months.fiscal_months(year, begins) if m in counts]
        for year in (later, earlier)
    )
    same = {month[5:]: count for month, count in before}
    rows: list[tuple[object, ...]] = [
        (MONTHS[int(m[5:]) - 1], n, then, change_words(n, then) if then is not None else "-")
        for m, n in line
        for then in (same.get(m[5:]),)
    ]
    both = [(n, same[m[5:]]) for m, n in line if m[5:] in same]
    total, then = sum(n for n, _ in both), sum(then for _, then in both)
    rows.append((f"{len(both)} months", total, then, change_words(total, then)))
    noun = months.year_noun(begins)
    names = (months.year_name(later, begins), months.year_name(earlier, begins))
    heads = ("month", *names, "change")
    return SideBySide(
        place=f"compare/{slug(about.total)}/{'-'.join(names)}/",
        title=f"{about.name}: {noun}s {later} and {earlier}",
        heads=heads,
        rows=rows,
        data=[dict(zip(heads, row, strict=True)) for row in rows],
        names=names,
        series=[
            [{"month": m, COUNT: n} for m, n in line],
            [{"month": months.shift(m, 12), COUNT: n} for m, n in before],
        ],
        alt=f"{about.name}: {total:,} {record.source.measure.noun} in {len(both)} months of "
        f"{noun} {later}, {then:,} in the same months of {noun} {earlier}.",
        years=True,
    )


# -- over all totals -------------------------------------------------------------------------------


def flagged(record: SiteRecord, _: None) -> Shown:
    """Tell of every unusual month, of totals and of parts."""
    # A revision is no unusual month: those come last.
    ordered = sorted(
        ((flag, about) for about in _totals(record) for flag in about.flags),
        key=lambda pair: (pair[0]["kind"] != "revision", pair[0]["month"]),
        reverse=True,
    )
    return {
        "cards": [flags.card(record, flag, a.reports[flag["month"]]) for flag, a in ordered],
        "judged_by": judged_by(row["basis"] for row in _flags(record)),
        "flagged_parts": [
            (part, flag, ending(flag)) for part in record.parts.values() for flag in part.flags
        ],
        "open_parts": flags.parts(record),
    }


def _flags(record: SiteRecord) -> list[Row]:
    rows = [flag for about in _totals(record) for flag in about.flags]
    rows += [flag for part in record.parts.values() for flag in part.flags]
    return [{name: flag[name] for name in _FLAG_COLUMNS} for flag in rows]


def _scores(record: SiteRecord) -> list[Row]:
    """Every model's scores; of many totals those over all months, and `export` has the rest."""
    rows = [row for about in _totals(record) for row in about.scores]
    return [row for row in rows if row["era"] == "all"] if record.many else rows


def _revised(record: SiteRecord) -> list[Row]:
    return [
        {
            "border": about.total,
            **row,
            "change": change_words(row["now"], row["first_value"]),
            "since": known_words(row["vintage"], row["known_from"]),
        }
        for about in _totals(record)
        for row in about.revised
    ]


def glossary(record: SiteRecord, _: None = None) -> Shown:
    """Say what the words mean: (word, meaning)."""
    source = record.source
    no_cause = (
        f"What moved says which {source.totals.below_in_full} differed from their forecasts, "
        "not why."
    )
    words = [*_counted(source), *_GENERAL, ("No cause is claimed", no_cause)]
    return {"glossary": words}


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


def views(record: SiteRecord, _: None) -> Shown:
    """Describe every table; those that are not large are files beside the page."""
    source = record.source
    return {
        "views": [
            (
                view,
                view.row_in(source),
                [(source.column(name), *words) for name, *words in definitions(view, source)],
                name in record.views,
            )
            for name, view in VIEWS.items()
        ]
    }


def view_files(record: SiteRecord, _: None) -> Mapping[str, bytes]:
    """Write the tables that are not large."""
    return {
        f"{name}.csv": csv_file([record.source.column(n) for n in VIEWS[name].columns], rows)
        for name, rows in record.views.items()
    }


def view_dataset(record: SiteRecord, _: None, files: Mapping[str, bytes]) -> Dataset:
    """Describe them for programs."""
    every = [month for about in _totals(record) for month in about.reports]
    return Dataset(
        record.source,
        "tables/",
        f"{record.source.measure.site}: counts, forecasts and unusual months",
        f"all {record.source.totals.many}",
        min(every),
        max(every),
        tuple(
            data_table(
                name,
                f"A row is {VIEWS[name].row_in(record.source)}.",
                name,
                VIEWS[name].columns,
                rows,
                files[f"{name}.csv"],
                source=record.source,
            )
            for name, rows in record.views.items()
        ),
    )


def _runs(record: SiteRecord) -> Iterator[Row | None]:
    """For the newest page and that of each run kept: where to find newer figures than its own."""
    yield None
    yield from (row for row in record.runs if row["id"] in record.runs_kept)


def newer(record: SiteRecord, old: Row | None) -> Shown:
    """List the runs whose pages are kept. old : the run whose page asks."""
    with_copies = [row for row in record.runs if row["id"] in record.runs_kept]
    return {"runs": with_copies, "old": old}


def _newer_place(record: SiteRecord, old: Row | None) -> str:
    return "newer/" if old is None else f"as-of/{old['id']}/newer/"


def _shipped(record: SiteRecord) -> Iterable[None]:
    """One page, of a source whose texts and views we know."""
    return (None,) if record.source.shipped else ()


def _with_parts(record: SiteRecord) -> Iterable[None]:
    return (None,) if record.parts or record.source.shipped else ()


def _place(record: SiteRecord, about: TotalRecord | PartRecord | SideBySide) -> str:
    return about.place


# In the order in which they are written: what people open first comes first.
FIRST = (
    PageKind(
        "front",
        "",
        shown=front,
        tables=lambda record, _: {"newest": [about.months[-1] for about in _totals(record)]},
    ),
    PageKind(
        "total",
        _place,
        of=_totals,
        shown=total_page,
        tables=total_tables,
        dataset=total_dataset,
        preview=total_preview,
    ),
    PageKind(
        "series_list",
        "series/",
        of=_with_parts,
        shown=lambda record, _: {"groups": {t: by_kind(record, t) for t in record.totals}},
        tables=series_list,
        nav="Find a series",
    ),
    PageKind("compare_list", "compare/", shown=compare_list, nav="Compare"),
    PageKind(
        "flags",
        "flags/",
        shown=flagged,
        tables=lambda record, _: {"flags": _flags(record)},
        nav="Unusual months",
    ),
    PageKind(
        "accuracy",
        "accuracy/",
        shown=lambda record, _: {"scores": {a.total: score_rows(a) for a in _totals(record)}},
        tables=lambda record, _: {"accuracy": _scores(record)},
        nav="Accuracy",
    ),
    PageKind(
        "tables",
        "tables/",
        of=_shipped,
        shown=views,
        files=view_files,
        dataset=view_dataset,
        nav="Data",
    ),
    PageKind("check", "check/", of=_shipped, nav="Check a text"),
    PageKind("reading", "reading/", shown=glossary, nav="How to read"),
    PageKind(
        "revisions",
        "revisions/",
        shown=lambda record, _: {"rows": _revised(record)},
        tables=lambda record, _: {"revisions": _revised(record)},
    ),
    PageKind("newer", _newer_place, of=_runs, shown=newer),
    PageKind(
        "subscribe",
        "subscribe/",
        shown=feeds.subscribe,
        files=lambda record, _: feeds.files(record),
    ),
)
OTHERS = (
    PageKind("embed", embed_place, of=_totals, shown=embed),
    PageKind(
        "month",
        lambda record, of: f"{of[0].place}{of[1]}/",
        of=_own_months,
        shown=month_page,
        files=month_files,
        preview=lambda record, of: month_preview(record, of[0].total, of[1]),
    ),
    PageKind(
        "numbers",
        lambda record, about: about.facts,
        of=_totals,
        shown=numbers,
        files=number_files,
        preview=lambda record, about: (Preview(month_fact(about, max(about.reports)).sentence), {}),
    ),
    PageKind(
        "compare",
        _place,
        of=comparisons,
        shown=lambda record, about: {"about": about},
        tables=lambda record, about: {"compared": about.data},
    ),
    PageKind(
        "series",
        _place,
        of=lambda record: record.parts.values(),
        shown=series_page,
        tables=series_tables,
        preview=lambda record, part: (
            Preview(
                f"{record.totals[part.key.total].name}, {part.name}: "
                f"{part_lines(part, record.totals[part.key.total].newest.month)[0]}"
            ),
            {},
        ),
    ),
)
PAGE_KINDS = (*FIRST, *OTHERS)
KINDS = {kind.template: kind for kind in PAGE_KINDS}
