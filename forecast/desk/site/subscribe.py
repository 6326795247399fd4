"""The page to subscribe from: feeds and the calendar beside it."""

from __future__ import annotations

from forecast.desk.site import agenda, feeds, news
from forecast.desk.site.feeds import Feed
from forecast.desk.site.pages import SitePage
from forecast.desk.site.record import SiteRecord
from forecast.desk.wording import name_of, publisher, slug, total_place, totals

CALENDAR = "releases.ics"
_ABOUT = {
    "": "New figures, unusual months and corrections",
    news.RELEASED: "Each month's figures, as {} publishes them",
    news.UNUSUAL: "Months unusually far from their forecast, and what happened next",
    news.CORRECTED: "Revised counts, corrected notices and withdrawn runs",
}
_WORDS = {"": "everything", "unusual": "unusual months"}


def subscribe_page(record: SiteRecord, address: str) -> SitePage:
    """Every feed, the calendar, and how to use them."""
    entries = {"all": list(news.everywhere(record))}
    entries |= {border: list(news.of_border(record, border)) for border in record.borders}
    found = {scope: {kind: _feed(record, scope, kind) for kind in _ABOUT} for scope in entries}
    files = {
        f"{feed.name}.atom": feeds.atom(
            feed, (one for one in entries[scope] if kind in ("", one.kind)), address
        )
        for scope, by_kind in found.items()
        for kind, feed in by_kind.items()
    }
    shown = {
        "feeds": [(_scope(scope), by_kind.values()) for scope, by_kind in found.items()],
        "kinds": [_WORDS.get(kind, kind) for kind in _ABOUT],
        "calendar": CALENDAR,
        "rhythm": agenda.rhythm(record),
    }
    files[CALENDAR] = agenda.calendar(record, address)
    return SitePage("subscribe/", "subscribe", shown, files)


def _feed(record: SiteRecord, scope: str, kind: str) -> Feed:
    what = _WORDS.get(kind, kind)
    return Feed(
        name=f"{slug(scope)}-{kind}" if kind else slug(scope),
        title=f"Bordercast: {_scope(scope)}, {what}",
        about=_ABOUT[kind].format(publisher().short),
        place="" if scope == "all" else total_place(scope),
        began=str(record.runs[-1]["published_at"])[:10],
    )


def _scope(scope: str) -> str:
    return f"All {totals().many}" if scope == "all" else name_of(scope)
