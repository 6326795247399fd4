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
    answers = {total: lines.answer(record, total) for total in record.borders}
    # Of many, only those that need a look, and the sum of all, stand open.
    folded: dict[str, list[str]] = {}
    if len(answers) > NAMED:
        for total, answer in answers.items():
            if not answer.flagged and total != record.source.totals.whole:
                folded.setdefault(answer.verdict, []).append(total)
    expectations = [border_record.newest.expectation for border_record in record.borders.values()]
    bases = [expectation.basis for expectation in expectations if expectation]
    shown = {
        "answers": answers,
        "folded": folded,
        "judged_by": judged_by(bases) if bases else "",
        "charts": drawn,
        "compared": {
            total: cards.compared(border_record.newest, None)
            for total, border_record in record.borders.items()
        },
        "lately": [
            card
            for border_record in record.borders.values()
            for card in cards.cards(
                border_record, [f for f in border_record.flags if f["month"] > since]
            )
        ],
        "parts_open": cards.parts(record),
    }
    files = {**charts(drawn.values()), **table("newest", newest, record.source)}
    return SitePage("", "front", shown, files)
