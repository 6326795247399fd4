"""The first page: three lines a border, a chart of each, then the rest, folded."""

from __future__ import annotations

from forecast import months
from forecast.desk.site import cards, lines, pictures
from forecast.desk.site.pages import NAMED, SitePage, charts, table
from forecast.desk.site.pictures import CARD
from forecast.desk.site.record import SiteRecord
from forecast.words import judged_by, slug

LATELY = 24  # months in which a flag that is over still stands here


def front(record: SiteRecord) -> SitePage:
    """The page that answers first."""
    since = months.shift(record.run.data_through, -LATELY)
    drawn = {
        border: pictures.fan(
            border, found.months, found.ahead, found.flagged, CARD, record.source, name=slug(border)
        )
        for border, found in record.borders.items()
    }
    newest = [found.months[-1] for found in record.borders.values()]
    answers = {border: lines.answer(record, border) for border in record.borders}
    # Of many, only those that need a look, and the sum of all, stand open.
    folded: dict[str, list[str]] = {}
    if len(answers) > NAMED:
        for one, found in answers.items():
            if not found.flagged and one != record.source.totals.whole:
                folded.setdefault(found.verdict, []).append(one)
    stood = [found.newest.expectation for found in record.borders.values()]
    bases = [one.basis for one in stood if one]
    shown = {
        "answers": answers,
        "folded": folded,
        "judged_by": judged_by(bases) if bases else "",
        "charts": drawn,
        "compared": {
            border: cards.compared(found.newest, None) for border, found in record.borders.items()
        },
        "lately": [
            card
            for found in record.borders.values()
            for card in cards.cards(found, [f for f in found.flags if f["month"] > since])
        ],
        "parts_open": cards.parts(record),
    }
    files = {**charts(drawn.values()), **table("newest", newest, record.source)}
    return SitePage("", "front", shown, files)
