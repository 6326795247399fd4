"""A border's month: how far off, how unusual, what moved, every value it has had."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forecast import months
from forecast.desk.facts import MonthReport, as_dict
from forecast.desk.sentences import monthly, section
from forecast.desk.sentences.unusual import part_words
from forecast.desk.site import cards, pictures
from forecast.desk.site.pages import SitePage, charts, csv_file, json_file
from forecast.desk.site.previews import month_preview
from forecast.desk.site.record import SiteRecord
from forecast.sources.names import dimension_words
from forecast.types import Row
from forecast.words import one_line

if TYPE_CHECKING:
    from forecast.sources.source import Source


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
        "compared": cards.compared(report, first),
        "cards": cards.cards(border_record, report.flags),
        "drivers": [_in_words(row, record.source) for row in drivers],
        "chart": drawn[0] if drawn else None,
        "values": [one_line(text) for text in monthly.history_sentences(report)],
        "before": around[0] if around[0] in border_record.reports else None,
        "after": around[1] if around[1] in border_record.reports else None,
    }
    preview, picture = month_preview(record, report)
    files = {**charts(drawn), **_files(report), **picture}
    return SitePage(f"{border_record.place}{month}/", "month", shown, files, preview=preview)


def _files(report: MonthReport) -> dict[str, bytes]:
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
