"""A border's page: the answer, forecast, unusual months, every month, accuracy, revisions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from forecast import months
from forecast.desk import terminal
from forecast.desk.sentences import ahead, monthly
from forecast.desk.sentences.ahead import percent
from forecast.desk.site import cards, datasets, lines, pictures
from forecast.desk.site.datasets import Dataset, data_table
from forecast.desk.site.pages import SitePage, charts, table
from forecast.desk.site.pictures import FULL, PHONE
from forecast.desk.site.previews import embed_place, month_preview
from forecast.desk.site.record import BorderRecord, PartRecord, SiteRecord
from forecast.types import Row
from forecast.words import MINUS, basis_noun, change_words, judged_by, known_words, one_line

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
        "answer": lines.answer(record, total),
        "newest": newest,
        "compared": cards.compared(newest, None),
        "paragraph": one_line(monthly.paragraph(newest)),
        "fan": drawn[:2],
        "history": drawn[2:],
        "behind": list(behind(border_record))[:MONTHS_SHOWN],
        "moved": ahead.changes_sentence(border_record.changes),
        "chances": [(row["kind"], percent(row["chance"])) for row in border_record.chances],
        "cards": cards.cards(border_record),
        "judged_by": judged_by(flag["basis"] for flag in border_record.flags),
        "open_parts": cards.parts(record, total),
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
        files |= datasets.files(dataset, record)
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
                *datasets.one_of(rows[name]),
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
