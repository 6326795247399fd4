"""A page for each series of the drill-down, and the list of all of them."""

from __future__ import annotations

from collections.abc import Iterator

from forecast import months
from forecast.desk.site import cards, lines, pictures
from forecast.desk.site.border import by_kind
from forecast.desk.site.pages import Preview, SitePage, charts, table
from forecast.desk.site.pictures import PART
from forecast.desk.site.record import PartRecord, SiteRecord
from forecast.types import Row
from forecast.words import change_words, month_words

MONTHS_SHOWN = 36  # months of the table


def series_page(record: SiteRecord, part: PartRecord) -> SitePage:
    """A part of a border: newest month, forecast, chart, months, what was flagged."""
    newest = record.borders[part.key.total].newest.month
    flagged = [{**flag, "median": flag["expected"]} for flag in part.flags]
    chart = None
    if part.ahead:
        total, kind = part.key.total, f"{part.name} ({part.kind})"
        chart = pictures.fan(total, part.months, part.ahead, flagged, PART, record.source, kind)
    part_words = lines.part_lines(part, newest)
    shown = {
        "part": part,
        "border_name": record.source.totals.name(part.key.total),
        "lines": part_words,
        "compared": list(_compared(part)),
        "chart": chart,
        "months": list(reversed(part.months[-MONTHS_SHOWN:])),
        "cards": [cards.part_card(part, flag, newest) for flag in part.flags],
        "endings": [cards.ending(flag) for flag in part.flags],
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
