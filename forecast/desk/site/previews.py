"""What a page shows elsewhere: a link to it where it is posted, a border's chart on another page.

For few pages a link has a picture, for more a sentence. Only the charts' own pages may be framed.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import asdict

from forecast import months
from forecast.desk.facts import MonthReport
from forecast.desk.sentences import section
from forecast.desk.site import lines, pictures
from forecast.desk.site.pages import NAMED, PICTURE, Preview, SitePage
from forecast.desk.site.pictures import ALBUM, FULL, PHONE
from forecast.desk.site.record import BorderRecord, SiteRecord
from forecast.words import slug

LATELY = 24  # months back in which a flagged month has a picture: those are passed on
FOLDER = "embed/"


def month_preview(record: SiteRecord, report: MonthReport) -> tuple[Preview, Mapping[str, bytes]]:
    """What a link to a month's page shows, and the picture's file if it has one.

    Drawing and storing one for each of some 600 months would take longer than all other pages.
    """
    about = section.say(report)
    border_record = record.borders[report.border]
    since = months.shift(record.run.data_through, -LATELY)
    flagged = report.month > since and report.month in {
        row["month"] for row in border_record.flagged
    }
    if report.month != border_record.newest.month and not flagged:
        return Preview(about), {}
    if len(record.source.totals.every) > NAMED and report.border != record.source.totals.whole:
        return Preview(about), {}
    return _pictured(record, border_record, report, about)


def _pictured(
    record: SiteRecord, border_record: BorderRecord, report: MonthReport, about: str
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
        "unusual": lines.unusual(border_record.newest, border_record.flags),
        "halves": lines.halves(border_record.newest),
        "expected": lines.coming(record, total),
    }
    return SitePage(embed_place(total), "embed", shown)
