"""Every kind of page: where it is, what its template shows, which tables are beside it; its HTML.

A new page is an entry of PAGE_KINDS and a template. What a template can say of a record or of one
of its rows, it says itself.
"""

import csv
import io
import json
import math
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations, pairwise
from typing import Any, NamedTuple

from markupsafe import Markup

from forecast import lives, months
from forecast.desk import comparison, terminal
from forecast.desk.dictionary import VIEWS, definitions
from forecast.desk.export import safe
from forecast.desk.facts import as_dict, only_next_flagged, position
from forecast.desk.sentences import ahead, monthly, section, unusual
from forecast.desk.sentences.trust import stale_words
from forecast.desk.site import feeds, metadata, pictures
from forecast.desk.site.reading import PartRecord, SiteRecord, TotalRecord
from forecast.desk.templating import template
from forecast.names import dimension_words
from forecast.rows import ScoreRow, as_row, of
from forecast.sources import wording
from forecast.sources.source import Source
from forecast.sources.wording import small_words, with_unit
from forecast.store.read import JudgedForecast
from forecast.types import COUNT, Row, SeriesKey
from forecast.words import (
    MONTHS,
    capital,
    change_words,
    known_words,
    month_words,
    old_slug,
    one_line,
    slug,
)

PICTURE = "preview.png"
_IN_PAGE = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&"}
MOVED = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={to}">
<title>Moved · Bordercast</title>
<link rel="canonical" href="{to}">
</head>
<body><main><h1>This page has moved</h1><p><a href="{to}">It is here now.</a></p></main></body>
</html>
"""


MOST_UNUSUAL = 5  # of many totals, whose newest month is named first
LATELY = 24  # months back in which a flag is on the first page, and its month has a picture
MISSES = 6  # months furthest from their forecast, of the last 12 of all totals
HEATS = 7  # shades of the table of years
LEADS = {0: "1 to 12 months", 1: "1 month", 3: "3 months", 6: "6 months", 12: "12 months"}
# File beside a total's page -> what it holds.
TABLES = {
    "months": "Every month with all comparisons",
    "forecast": "The newest forecast of the coming months",
    "flags": "Unusual months and what happened next",
    "accuracy": "Scores of every model's past forecasts",
    "revisions": "Months that were revised after they were first published",
    "forecast-changes": "What moved the forecast with the newest run",
}
_FLAG_COLUMNS = (
    *("border", "dimension", "member", "month", "kind", "severity", COUNT),
    *("expected", "p", "basis", "episode", "closed", "if_with_whole"),
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
RowsByFile = Mapping[str, Sequence[Row]]
Files = Mapping[str, bytes]


@dataclass(frozen=True)
class PageKind:
    """A kind of page.

    template : its name without the ending.
    place : the folder, or what gives it for what a page is about.
    of : what there is a page of each: totals, months, series; None where there is one page.
    shown : what the template is told, beside `record`, its `tables` and what every template knows.
    tables : rows by the name of their file, as CSV and JSON beside the page.
    files : other files beside it, by name.
    dataset : its tables described for programs, of the files beside it.
    preview : what a link to it shows where it is posted; None if it says no number of its own.
        about : a sentence or two, with the number. picture : to be put beside the page, with alt :
        what it shows, in words; and size, in pixels.
    nav : its name in the head of every page, "" if it is not there.
    """

    template: str
    place: str | Callable[[SiteRecord, Any], str]
    of: Callable[[SiteRecord], Iterable[Any]] | None = None
    shown: Callable[[SiteRecord, Any], Shown] | None = None
    tables: Callable[[SiteRecord, Any], RowsByFile] | None = None
    files: Callable[[SiteRecord, Any], Files] | None = None
    dataset: Callable[[SiteRecord, Any, str, Files], Row | None] | None = None
    preview: Callable[[SiteRecord, Any], Row] | None = None
    nav: str = ""

    def page(self, record: SiteRecord, about: Any = None) -> tuple[str, Files]:
        """Make one page: its folder, "" or ending in "/", and the files in it, index.html last."""
        place = self.place if isinstance(self.place, str) else self.place(record, about)
        files = dict(self.files(record, about)) if self.files else {}
        tables = self.tables(record, about) if self.tables else {}
        for name, rows in tables.items():
            files |= table(name, rows, record.source)
        dataset = None
        if self.dataset and record.source.shipped:
            dataset = self.dataset(record, about, place, files)
        preview = {"alt": "", **self.preview(record, about)} if self.preview else {}
        if "picture" in preview:
            files[PICTURE] = preview["picture"]
        shown = self.shown(record, about) if self.shown else {}
        values = {**told(record, place, dataset), "preview": preview, "tables": tables, **shown}
        # A page comes after all that it shows.
        return place, {
            **files,
            "index.html": template(f"{self.template}.html").render(values).encode(),
        }


def told(record: SiteRecord, place: str, dataset: Row | None) -> dict[str, Any]:
    """Name what every template knows. dataset : the tables beside the page, described."""
    # Relative links: a memory stick or a mail can show the page, and a site may move.
    root = "../" * place.count("/")

    def to(there: str, anchor: str = "") -> str:
        folder, mark, within = there.partition("#")
        return f"{root}{folder}index.html{anchor or mark + within}"

    source, address = record.source, f"{record.site}{place}" if record.address else ""
    at, between = source.hierarchy.both_halves or (None, None)
    sections = [
        (kind.place, kind.nav)
        for kind in PAGE_KINDS
        if kind.nav
        and isinstance(kind.place, str)
        and (kind.of is None or any(True for _ in kind.of(record)))
    ]
    return {
        "record": record,
        "status": record.status,
        "place": place,
        "root": root,
        "to": to,
        "address": address,
        # Every page names these in its head.
        "sections": sections,
        "cite": lambda title: metadata.cite(title, place, record),
        "digest_mark": metadata.mark(record),
        # No letter of markup is left: nothing in it ends the element it stands in.
        "dataset": dataset and Markup(json.dumps(dataset, ensure_ascii=False).translate(_IN_PAGE)),  # noqa: S704
        "draw": lambda name, *about: pictures.CHARTS[name](record, *about),
        # In the words of the source.
        "source": source,
        "measure": source.measure,
        "publisher": source.publisher,
        "called": source.totals,
        "shipped": source.shipped,
        "example": slug(source.totals.every[0]),
        "at": at,
        "between": between,
        "total_place": lambda total: wording.total_place(total, source),
        "year_name": source.calendar.year_name,
        "year_noun": source.calendar.noun,
        "year_months": [
            MONTHS[months.place(number)] for number in source.calendar.period(2001).numbers
        ],
        # What a page says of a month or a flag it says in the sentences that mails have.
        "monthly": monthly,
        "unusual": unusual,
        "section": section,
        "waiting": lambda about, through: capital(
            ahead.unforecast(SeriesKey(about.total), about.reports, through, source)
        ),
        "young": ahead.young_words,
        "percent": ahead.percent,
        "wording": wording,
        "fan_key": pictures.FAN_KEY,
        "history_key": pictures.HISTORY_KEY,
        "unforecast_key": pictures.UNFORECAST_KEY,
        "picture_name": PICTURE,
    }


def moved_pages(record: SiteRecord) -> Iterator[tuple[str, bytes]]:
    """Write, for each address that was once told, the page that leads to where it is now.

    Those that this folder has had, and those that mails name.
    """
    # Mails of this run and of a correction; of many totals they name the page of facts.
    newest = [] if record.many else record.totals.values()
    named = {f"{about.place}{about.newest.month}/" for about in newest}
    named |= {f"{record.totals[sent.total].place}{sent.month}/" for sent in record.corrected}
    calendar, whole = record.source.calendar, record.source.totals.whole or ""
    to: dict[str, str] = {}  # folder of earlier versions -> where its content is
    for about in record.totals.values():
        # Before names of any script had addresses of their own, two could share one.
        for place in (about.place, about.facts):
            before = place.replace(slug(about.total), old_slug(about.total))
            if before != place and "//" not in before:
                to.setdefault(before, place)
        to[f"embed/{slug(about.total)}/"] = about.place
        for month in about.reports:
            to[f"{about.place}{month}/"] = record.month_place(about.total, month)
            to[f"{about.facts}{month}/"] = record.quoted_place(about, month)
        for year in sorted(set(map(calendar.year, about.reports))):
            name, before = map(calendar.year_name, (year, year - 1))
            first = calendar.period(year).first_month
            to[f"{about.facts}{name}/"] = record.quoted_place(about, first, name)
            to[f"compare/{slug(about.total)}/{name}-{before}/"] = to[f"{about.facts}{name}/"]
        for other in (whole,) if record.many else record.totals:
            to[f"compare/{slug(about.total)}-{slug(other)}/"] = "compare/"
    # Not all of some thousand: only addresses that somebody may hold.
    for place in to:
        if place in named or f"{place}index.html" in record.before:
            folder, mark, within = to[place].partition("#")
            link = f"{'../' * place.count('/')}{folder}index.html{mark}{within}"
            yield f"{place}index.html", MOVED.format(to=Markup.escape(link)).encode()


# -- tables beside a page -------------------------------------------------------------------------


def table(name: str, rows: Sequence[Row], source: Source) -> dict[str, bytes]:
    """Write rows as NAME.csv and NAME.json; no cell is a formula for a spreadsheet."""
    # Own counts have columns in their owner's words, here as in every export.
    rows = [_called(row, source) for row in rows]
    columns = list(rows[0]) if rows else []
    body = csv_file(columns, [list(row.values()) for row in rows])
    return {f"{name}.csv": body, f"{name}.json": json_file(list(rows), source)}


def csv_file(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Write rows as CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([safe(c) if isinstance(c, str) else c for c in row] for row in rows)
    return text.getvalue().encode()


def json_file(value: Any, source: Source) -> bytes:
    """Write for programs, a line a row; the same value gives the same bytes."""
    if isinstance(value, list):
        rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in value)
        return f"[\n{rows}\n]\n".encode()
    return (json.dumps(_called(value, source), ensure_ascii=False) + "\n").encode()


def _called(value: Any, source: Source) -> Any:
    """Rows for files, their columns in the words of the source."""
    if isinstance(value, dict) and source.columns:
        named = ((source.column(name), inner) for name, inner in value.items())
        return {name: _called(inner, source) for name, inner in named if name}
    return [_called(v, source) for v in value] if isinstance(value, list | tuple) else value


# -- the first page --------------------------------------------------------------------------------


def _most_unusual(record: SiteRecord, whole: str) -> list[TotalRecord]:
    """Of many totals, those with a newest month, the farthest from its forecast first."""
    through = record.run.data_through
    known = [
        (about.newest.expectation.p, place, about)
        for place, about in enumerate(record.totals.values())
        if about.newest.expectation and about.newest.month == through and about.total != whole
    ]
    return [about for *_, about in sorted(known)] if record.many else []


def front(record: SiteRecord, _: None) -> Shown:
    """Answer first: what changed, then a card a total with its chart; the rest is folded."""
    totals = record.totals
    whole = record.source.totals.whole or (next(iter(totals)) if len(totals) == 1 else "")
    since = months.shift(record.run.data_through, -LATELY)
    known = _most_unusual(record, whole)
    # Of many, only those that need a look, and the sum of all, are open.
    folded: dict[str, list[TotalRecord]] = {}
    for about in record.totals.values():
        verdict, unusual = about.verdict
        if record.many and not unusual and about.total != record.source.totals.whole:
            folded.setdefault(verdict, []).append(about)
    return {
        "first": totals.get(whole),
        "most_unusual": known[:MOST_UNUSUAL],
        "by_chance": monthly.by_chance_words([a.newest for a in known], record.source.totals.many),
        "folded": folded,
        "closed": {about.total for group in folded.values() for about in group},
        "bases": [
            a.newest.expectation.basis for a in record.totals.values() if a.newest.expectation
        ],
        "lately": [
            (flag, about)
            for about in record.totals.values()
            for flag in about.flags
            if flag.month > since and flag.kind != "revision"
        ],
    }


@dataclass(frozen=True, slots=True)
class PredictedMonth:
    """A total's month beside the forecast that judged it."""

    about: TotalRecord
    judged: JudgedForecast

    @property
    def miss(self) -> float:
        """How far the count lies from the forecast: the log of their ratio, without its sign."""
        return abs(math.log(max(self.judged.count, 1) / max(self.judged.median, 1)))

    @property
    def lies(self) -> str:
        """Where the count lies in the forecast's ranges, in words."""
        return monthly.position_words(position(self.judged.count, *self.judged.bounds), "range")


def together(record: SiteRecord, _: None) -> Shown:
    """The newest month of all totals: what was predicted, what came, what is next."""
    month = record.run.data_through
    since = months.shift(month, -11)
    year = [
        PredictedMonth(about, judged)
        for about in record.totals.values()
        for judged in about.judging
        if judged.month >= since
    ]
    return {
        "month": month,
        "came": [due for due in year if due.judged.month == month],
        "misses": sorted(year, key=lambda due: -due.miss)[:MISSES],
        "bases": [due.judged.basis for due in year],
        "flagged": [(part, flag) for part, flag in record.open_parts() if flag.month == month],
    }


# -- a total ---------------------------------------------------------------------------------------


def total_page(record: SiteRecord, about: TotalRecord) -> Shown:
    """Tell all there is about a total."""
    return {
        "about": about,
        "ahead": only_next_flagged(about.ahead),
        "judged": {row["month"]: row for row in about.judged},
        "moved": ahead.changes_sentence(about.changes),
        "years": year_table(about),
        "quality": ahead.quality(about.newest.score) if about.newest.score else "",
        "scores": score_rows(about),
        "by_kind": by_kind(record, about.total),
    }


def total_tables(record: SiteRecord, about: TotalRecord) -> RowsByFile:
    """List a total's tables; of many totals each has two files, as a series has."""
    # Seven files each of 300 totals would be most of the site.
    if record.many:
        return {"data": list(_data({"border": about.total}, about))}
    flags = list(map(as_row, about.flags))
    ahead = list(map(as_row, about.ahead))
    changes = list(map(as_row, about.changes))
    rows = (about.months, ahead, flags, about.scores, about.revised, changes)
    return dict(zip(TABLES, rows, strict=True))


def _data(name: Row, series: TotalRecord | PartRecord) -> Iterator[Row]:
    """Published months, then the forecast."""
    for month, count in series.counts.items():
        yield {**name, "month": month, COUNT: count, **dict.fromkeys(_BOUNDS)}
    for row in series.ahead:
        yield {**name, "month": row.month, COUNT: None, **{b: getattr(row, b) for b in _BOUNDS}}


def total_dataset(record: SiteRecord, about: TotalRecord, place: str, files: Files) -> Row | None:
    """Describe a total's tables, those that have a row."""
    if record.many:
        return None
    name = about.name.lower()
    title = f"U.S. border {record.source.measure.noun}, {name}: counts and forecasts"
    tables = {file: TABLES[file] for file, rows in total_tables(record, about).items() if rows}
    return metadata.dataset(record, place, title, name, about.reports, tables, files)


def by_kind(record: SiteRecord, total: str) -> dict[str, list[PartRecord]]:
    """Group a total's parts by what they are parts by: agency first, then by size."""
    parts = record.parts_of.get(total, ())
    kinds: dict[str, list[PartRecord]] = {}
    for part in sorted(
        parts, key=lambda p: (p.key.dimension != "component", p.key.dimension, -p.counts[p.last])
    ):
        kinds.setdefault(part.kind, []).append(part)
    return kinds


class YearCell(NamedTuple):
    """A month of a year's row; counted : None where nobody knows it. shade : by the logarithm."""

    month: str
    counted: int | None
    shade: int


class YearRow(NamedTuple):
    """A year, its months, their sum, None where one is unknown, and whether it is complete."""

    year: int
    months: list[YearCell | None]
    total: int | None
    complete: bool


def year_table(about: TotalRecord) -> list[YearRow]:
    """List fiscal years, the newest first; months are None before the record and after it."""
    counts = about.counts
    # Equal factors, not differences: a border of 500 and one of 300,000 are both readable.
    low, high = (math.log(max(edge(counts.values()), 1)) for edge in (min, max))
    unknown = set(months.missing(counts))
    calendar = about.source.calendar

    def cell(month: str) -> YearCell | None:
        if month not in counts:
            return YearCell(month, None, 0) if month in unknown else None
        share = (math.log(max(counts[month], 1)) - low) / ((high - low) or 1)
        return YearCell(month, counts[month], min(int(HEATS * share), HEATS - 1))

    rows: list[YearRow] = []
    for year in sorted(set(map(calendar.year, counts)), reverse=True):
        cells = list(map(cell, calendar.period(year).months))
        values = [cell.counted for cell in cells if cell]
        known = [count for count in values if count is not None]
        total = sum(known) if known == values else None
        rows.append(YearRow(year, cells, total, len(values) == 12))
    return rows


def score_rows(about: TotalRecord) -> list[tuple[str, ScoreRow, ScoreRow]]:
    """Put the engine beside naive: (lead, its scores, naive's), on the basis of the newest score.

    A lead is there if both were scored at it.
    """
    score = about.newest.score
    if score is None:
        return []
    alike = [
        row
        for row in about.scores
        if (row["basis"], row["era"]) == (score.basis, "all")
        and row["model"] in ("bordercast", "naive")
    ]
    of_total = {
        (row.model, row.horizon): row
        for row in terminal.with_pooled((of(ScoreRow, row) for row in alike), about.source)
        if row.total == about.total
    }
    return [
        (words, of_total["bordercast", lead], of_total["naive", lead])
        for lead, words in LEADS.items()
        if {("bordercast", lead), ("naive", lead)} <= of_total.keys()
    ]


def month_preview(record: SiteRecord, total: str, month: str) -> Row:
    """Say what a link to a month shows, and draw the picture if it is one that is passed on.

    Drawing and storing one for each of some 600 months would take longer than all other pages.
    """
    from forecast.desk import handout as handouts

    about = record.totals[total]
    report, newest = about.reports[month], month == about.newest.month
    # The same sentence that a reader may paste: a link and a quote do not differ.
    quotable = section.say(report)
    since = months.shift(record.run.data_through, -LATELY)
    flagged = month > since and month in {flag.month for flag in about.flagged}
    if not (newest or flagged) or (record.many and total != record.source.totals.whole):
        return {"about": quotable}
    ahead = about.ahead if newest else ()
    handout = handouts.handout(report, record.run, about.counts, about.flagged, ahead)
    # An album holds text; a total's page and its newest month's show the same picture.
    picture, alt = pictures.ALBUM.drawn(
        ("poster", handout),
        lambda: (b64encode(handouts.png(handout, record.source)).decode(), handout.alt),
    )
    width, height, scale = handouts.POST
    size = width * scale, height * scale
    return {"about": quotable, "alt": alt, "size": size, "picture": b64decode(picture)}


# -- months and numbers ----------------------------------------------------------------------------

Month = tuple[TotalRecord, str]


def month_page(record: SiteRecord, of: Month) -> Shown:
    """Tell of a month: how far off, how unusual, what moved, every value it has had."""
    about, month = of
    report = about.reports[month]
    around = [months.shift(month, by) for by in (-1, 1)]
    return {
        "about": about,
        "report": report,
        "said": section.finding(report),
        "flag": next((flag for flag in report.flags if flag.kind == "month"), None),
        "drivers": [
            {
                **as_row(row),
                "dimension": one_line(dimension_words(row.dimension, record.source)),
                "label": one_line(
                    "in no part"
                    if row.role == "unattributed"
                    else unusual.part_words(row, record.source)
                ),
            }
            for row in report.drivers
            if row.contribution is not None
        ],
        "around": [month if month in about.reports else None for month in around],
    }


def month_files(record: SiteRecord, of: Month) -> Files:
    """Write the report for programs, and its comparisons as a table."""
    report = of[0].reports[of[1]]
    columns = ("comparison", "first", "last", "now", "before", "percent")
    rows = [(c.name, c.first, c.last, c.now, c.before, c.percent) for c in report.comparisons]
    # Without the months before, which have reports of their own.
    body = json_file(as_dict(replace(report, recent=())), report.source)
    return {"report.json": body, "report.csv": csv_file(columns, rows)}


JsonFact = dict[str, Any]
"""A number that somebody may quote.

span : its name in an address, 2024-08 or FY2024. when : in words. halves : at ports and between
ports, None where not every month of it has them. more : sentences. history : values it has had.
months : the first and the last.
"""


def month_fact(about: TotalRecord, month: str) -> JsonFact:
    """Make a month's number one to quote."""
    report = about.reports[month]
    return {
        "border": about.total,
        "span": month,
        "when": month_words(month),
        "number": report.count,
        "halves": report.halves,
        "more": (
            monthly.comparison_sentence(report),
            monthly.rank_sentence(report),
        ),
        "history": [one_line(text) for text in monthly.history_sentences(report)],
        "months": (month, month),
    }


def year_fact(about: TotalRecord, year: int) -> JsonFact:
    """Make a fiscal year's number one to quote, as far as it is published."""
    calendar = about.source.calendar
    recorded = [month for month in calendar.period(year).months if month in about.reports]
    reports = [about.reports[month] for month in recorded]
    number = sum(report.count for report in reports)
    halves = [report.halves for report in reports if report.halves]
    noun = calendar.noun
    span = f"{month_words(recorded[0])} to {month_words(recorded[-1])}"
    more = [f"The count is preliminary until the {noun} is complete."] * (len(recorded) < 12)
    before = [about.reports.get(months.shift(month, -12)) for month in recorded]
    if all(before):
        then = sum(report.count for report in before if report)
        more.append(f"The same months a year before: {then:,} ({change_words(number, then)}).")
    return {
        "border": about.total,
        "span": calendar.year_name(year),
        "when": f"{noun} {year} {f'({span})' if len(recorded) == 12 else f'to date ({span})'}",
        "number": number,
        "halves": wording.summed(halves) if len(halves) == len(reports) else None,
        "more": more,
        "history": (),
        "months": (recorded[0], recorded[-1]),
    }


def fact_sentence(fact: JsonFact, source: Source) -> str:
    """Say the number, as one may quote it."""
    return (
        f"{capital(source.publisher.short)} counted {fact['number']:,} {source.measure.long_name} "
        f"{source.totals.where(fact['border'])} in {fact['when']}."
    )


def years_of(
    about: TotalRecord, since: str = ""
) -> list[tuple[int, JsonFact | None, list[JsonFact]]]:
    """List fiscal years with their months, the newest first; no sum where a month is unknown.

    since : the first month that is told.
    """
    calendar = about.source.calendar
    # A sum with a month left out would be quoted as the year.
    unknown = set(map(calendar.year, months.missing(about.reports)))
    by_year: dict[int, list[JsonFact]] = {}
    for month in sorted((month for month in about.reports if month >= since), reverse=True):
        by_year.setdefault(calendar.year(month), []).append(month_fact(about, month))
    return [
        (year, year_fact(about, year) if calendar.adds and year not in unknown else None, facts)
        for year, facts in by_year.items()
    ]


def number_files(record: SiteRecord, about: TotalRecord) -> Files:
    """Write every number to quote for programs; of many totals these are in `data.json`."""
    if record.many:
        return {}
    source, rows = record.source, []
    for fact in (f for _, whole, facts in years_of(about) for f in (whole, *facts) if f):
        halves, added = fact["halves"], {}
        if source.hierarchy.both_halves:
            added = {
                "halves": halves and halves[:2],
                "halves_unit": halves and halves.unit,
                "split": halves and halves.split and halves.split._asdict(),
                "halves_sentence": halves and wording.halves_sentence(halves, source),
            }
        sentence = fact_sentence(fact, source)
        stays = metadata.permanent(about.facts, record, fact["span"])
        rows.append({**fact, **added, "sentence": sentence, "permanent": stays})
    run = {"run": record.run.id, "digest": record.run.digest, "check": record.status["check"]}
    return {"facts.json": json_file({**run, "facts": rows}, source)}


# -- series ----------------------------------------------------------------------------------------


def part_lines(record: SiteRecord, part: PartRecord) -> list[str]:
    """Answer first, of a part."""
    flag = next((flag for flag in part.flags if flag.month == part.last), None)
    newest = record.totals[part.key.total].newest.month
    first = f"{with_unit(part.counts[part.last], part.source)} in {month_words(part.last)}"
    if flag:
        first = f"Unusual ({flag.severity}): {first}, {flag.expected:,} expected: " + "; ".join(
            filter(None, (unusual.with_whole(flag), unusual.how_sure(flag)))
        )
    elif part.ahead:
        first = f"Not flagged: {first}"
    elif lives.over(part.last, newest, lives.of_series(part.key, part.source)):
        first = f"{first}. Not forecast"  # why, the sentence behind it says
    else:
        first = f"{first}. Not forecast: too few counted, or too few months on record"
    ahead = f"{monthly.expected_line(part.ahead[0], part.source)}." if part.ahead else ""
    stale = stale_words(part.last, newest, part.source, part.key)
    small = small_words(part.counts, part.source)
    return [line for line in (f"{first}.", ahead, stale, small) if line]


def index(record: SiteRecord) -> dict[str, dict[str, list[PartRecord]]]:
    """Group all parts by what they are parts by, then by name: a place may be in several totals."""
    kinds: dict[str, dict[str, list[PartRecord]]] = {}
    for part in sorted(record.parts.values(), key=lambda p: (p.kind, p.name.casefold())):
        kinds.setdefault(part.kind, {}).setdefault(part.name, []).append(part)
    return kinds


def series_list(record: SiteRecord, _: None) -> RowsByFile:
    """List every series with its newest month and its page."""
    rows = [
        {
            "border": part.key.total,
            "dimension": part.key.dimension,
            "member": part.key.member,
            "name": part.name,
            "newest_month": part.last,
            COUNT: part.counts[part.last],
            "page": f"{part.place}index.html",
        }
        for part in record.parts.values()
    ]
    return {"series": rows}


# -- side by side ----------------------------------------------------------------------------------


def totals_compared(record: SiteRecord) -> Iterator[Shown]:
    """Set every two totals that have months in common beside each other, of few totals.

    table : as `comparison` makes it. data : the same for files.
    """
    for first, second in combinations([] if record.many else record.totals.values(), 2):
        counts, other = first.counts, second.counts
        both = sorted(counts.keys() & other.keys(), reverse=True)[: comparison.MONTHS_SHOWN]
        if not both:
            continue
        names = capital(first.total), capital(second.total)
        adds = record.source.calendar.adds
        table = comparison.series(names, (counts, other), adds=adds)
        yield {
            "place": f"compare/{slug(first.total)}-{slug(second.total)}/",
            # No "and": a name may be of two itself, "Southwest border beside coastal and interior".
            "title": f"{first.name} beside {record.source.totals.inside(second.total)}",
            "table": table,
            "data": [
                {"month": month, first.total: counts[month], second.total: other[month]}
                for month in both
            ],
        }


def years_compared(record: SiteRecord) -> Iterator[Shown]:
    """Set every two fiscal years that follow each other beside each other, of few totals."""
    calendar = record.source.calendar
    for about in record.totals.values() if calendar.adds and not record.many else ():
        counts = about.counts
        years = sorted(set(map(calendar.year, about.reports)))
        for earlier, later in reversed([*pairwise(years)]):
            names = calendar.year_name(later), calendar.year_name(earlier)
            spans = calendar.period(later).months, calendar.period(earlier).months
            yield {
                "place": f"compare/{slug(about.total)}/{'-'.join(names)}/",
                "title": f"{about.name}: {calendar.noun}s {later} and {earlier}",
                "table": (table := comparison.spans(names, spans, counts)),
                "data": comparison.compared_rows(table),
            }


# -- over all totals -------------------------------------------------------------------------------


def flagged(record: SiteRecord, _: None) -> Shown:
    """Tell of every unusual month, of totals and of parts."""
    # A revision is no unusual month: those come last.
    ordered = sorted(
        ((flag, about) for about in record.totals.values() for flag in about.flags),
        key=lambda pair: (pair[0].kind != "revision", pair[0].month),
        reverse=True,
    )
    parts = [(part, flag) for part in record.parts.values() for flag in part.flags]
    return {
        "cards": ordered,
        "flagged_parts": sorted(parts, key=lambda pair: pair[1].month, reverse=True),
    }


def flag_list(record: SiteRecord, _: None) -> RowsByFile:
    """List every flag, of totals and of parts."""
    series: list[TotalRecord | PartRecord] = [*record.totals.values(), *record.parts.values()]
    flags = [flag for about in series for flag in about.flags]
    return {"flags": [{name: flag[name] for name in _FLAG_COLUMNS} for flag in map(as_row, flags)]}


def revised(record: SiteRecord, _: None) -> RowsByFile:
    """List every month that was restated."""
    rows = [
        {
            "border": about.total,
            **row,
            "change": change_words(row["now"], row["first_value"]),
            "since": known_words(row["vintage"], row["known_from"]),
        }
        for about in record.totals.values()
        for row in about.revised
    ]
    return {"revisions": rows}


def glossary(record: SiteRecord, _: None = None) -> Shown:
    """Say what the words mean: (word, meaning)."""
    source = record.source
    words = list(_GENERAL)
    if source.hierarchy.both_halves:
        at, between = source.hierarchy.both_halves
        aside = source.hierarchy.aside
        less = f", and not where most of it were {aside.words}" if aside else ""
        only = f" Only the second may be called {at.misread}{less}." if at.misread else ""
        sentence = f"{at.short} counts {at.noun}. {between.short} counts those {between.where}."
        words.insert(0, (f"{at.where.capitalize()}, {between.where}", sentence + only))
    if source.measure.definition:
        words.insert(0, (capital(source.measure.noun), source.measure.definition))
    no_cause = (
        f"What moved says which {source.totals.below_in_full} differed from their forecasts, "
        "not why."
    )
    return {"glossary": [*words, ("No cause is claimed", no_cause)]}


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


def view_files(record: SiteRecord, _: None) -> Files:
    """Write the tables that are not large."""
    return {
        f"{name}.csv": csv_file([record.source.column(n) for n in VIEWS[name].columns], rows)
        for name, rows in record.views.items()
    }


def view_dataset(record: SiteRecord, _: None, place: str, files: Files) -> Row:
    """Describe them for programs."""
    source = record.source
    return metadata.dataset(
        record,
        place,
        f"{source.measure.site}: counts, forecasts and unusual months",
        f"all {source.totals.many}",
        [month for about in record.totals.values() for month in about.reports],
        {name: f"A row is {VIEWS[name].row_in(source)}." for name in record.views},
        files,
    )


# In the order in which they are written: what people open first comes first.
FIRST = (
    PageKind(
        "front",
        "",
        shown=front,
        tables=lambda record, _: {"newest": [about.months[-1] for about in record.totals.values()]},
    ),
    PageKind(
        "total",
        lambda record, about: str(about.place),
        of=lambda record: record.totals.values(),
        shown=total_page,
        tables=total_tables,
        dataset=total_dataset,
        preview=lambda record, about: month_preview(record, about.total, about.newest.month),
    ),
    PageKind(
        "series_list",
        "series/",
        of=lambda record: (None,) if record.parts or record.source.shipped else (),
        shown=lambda record, _: {"index": index(record)},
        tables=series_list,
        nav="Find a series",
    ),
    PageKind(
        "compare_list",
        "compare/",
        shown=lambda record, _: {
            "pairs": list(totals_compared(record)),
            "years": [
                (about, [row.year for row in year_table(about)])
                for about in record.totals.values()
                if record.source.calendar.adds
            ],
        },
        nav="Compare",
    ),
    PageKind("flags", "flags/", shown=flagged, tables=flag_list, nav="Unusual months"),
    PageKind(
        "accuracy",
        "accuracy/",
        shown=lambda record, _: {
            "scores": {a.total: score_rows(a) for a in record.totals.values()}
        },
        # Eras of 300 totals are megabytes that nobody opens in a browser; `export` has them.
        tables=lambda record, _: {
            "accuracy": [
                row
                for about in record.totals.values()
                for row in about.scores
                if not record.many or row["era"] == "all"
            ]
        },
        nav="Accuracy",
    ),
    PageKind(
        "tables",
        "tables/",
        of=lambda record: (None,) * record.source.shipped,
        shown=views,
        files=view_files,
        dataset=view_dataset,
    ),
    PageKind(
        "check", "check/", of=lambda record: (None,) * record.source.shipped, nav="Check a text"
    ),
    PageKind("reading", "reading/", shown=glossary),
    PageKind("revisions", "revisions/", tables=revised),
    # The newest page, and that of each run kept: where to find newer figures than its own.
    PageKind(
        "newer",
        lambda record, old: f"as-of/{old.id}/newer/" if old else "newer/",
        of=lambda record: (None, *(run for run in record.runs if run.id in record.runs_kept)),
        shown=lambda record, old: {"old": old},
    ),
    PageKind(
        "subscribe",
        "subscribe/",
        shown=feeds.subscribe,
        files=lambda record, _: feeds.files(record),
    ),
)
OTHERS = (
    PageKind(
        "together", "month/", of=lambda record: () if record.many else (None,), shown=together
    ),
    PageKind(
        "month",
        lambda record, of: f"{of[0].place}{of[1]}/",
        # Months with a page of their own, the newest first; of few totals.
        of=lambda record: (
            (about, month)
            for about in ([] if record.many else record.totals.values())
            for month in sorted(about.telling_months, reverse=True)
        ),
        shown=month_page,
        files=month_files,
        preview=lambda record, of: month_preview(record, of[0].total, of[1]),
    ),
    PageKind(
        "numbers",
        lambda record, about: about.facts,
        of=lambda record: record.totals.values(),
        shown=lambda record, about: {
            "about": about,
            "years": years_of(about, record.first_quoted(about)),
            "fact_sentence": fact_sentence,
        },
        files=number_files,
        preview=lambda record, about: {
            "about": fact_sentence(month_fact(about, about.newest.month), record.source)
        },
    ),
    PageKind(
        "compare",
        lambda record, about: str(about["place"]),
        of=lambda record: chain(totals_compared(record), years_compared(record)),
        shown=lambda record, about: {"about": about},
        tables=lambda record, about: {"compared": about["data"]},
    ),
    PageKind(
        "series",
        lambda record, about: str(about.place),
        of=lambda record: record.parts.values(),
        shown=lambda record, part: {"part": part, "lines": part_lines(record, part)},
        tables=lambda record, part: {
            "data": list(_data(dict(zip(_FLAG_COLUMNS[:3], part.key[:3], strict=True)), part))
        },
        preview=lambda record, part: {
            "about": f"{record.totals[part.key.total].name}, {part.name}: "
            f"{part_lines(record, part)[0]}"
        },
    ),
)
PAGE_KINDS = (*FIRST, *OTHERS)
KINDS = {kind.template: kind for kind in PAGE_KINDS}
