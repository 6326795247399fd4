"""Pages over all borders: flags, accuracy, revisions, tables, how to read, runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from forecast.desk.dictionary import VIEWS, View, definitions
from forecast.desk.site import cards, datasets
from forecast.desk.site.border import restated, score_rows
from forecast.desk.site.datasets import Dataset, data_table
from forecast.desk.site.pages import SitePage, csv_file, table
from forecast.desk.site.record import SiteRecord
from forecast.words import capital, day_words, judged_by, month_words

if TYPE_CHECKING:
    from forecast.sources.source import Source

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
    flags = [flag for border_record in every for flag in border_record.flags]
    flagged = [card for border_record in every for card in cards.cards(border_record)]
    parts = [part for part in record.parts.values() if part.flags]
    rows = flags + [flag for part in parts for flag in part.flags]
    columns = ("border", "dimension", "member", "month", "kind", "severity", "encounters",
               "expected", "p", "basis", "episode", "closed")  # fmt: skip
    shown = {
        "cards": sorted(flagged, key=lambda card: card.month, reverse=True),
        "judged_by": judged_by(row["basis"] for row in rows),
        "flagged_parts": [
            (part, flag, cards.ending(flag)) for part in parts for flag in part.flags
        ],
        "open_parts": cards.parts(record),
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
        (view, _described(view, record.source), view.name in contents) for view in VIEWS.values()
    ]
    filed = [view for view in VIEWS.values() if view.name in contents]
    files = {
        f"{view.name}.csv": csv_file(
            [record.source.column(name) for name in view.columns], contents[view.name]
        )
        for view in filed
    }
    reports = record.borders["nationwide"].reports
    dataset = Dataset(
        record.source,
        "tables/",
        f"U.S. border {record.source.measure.noun}: counts, forecasts and unusual months",
        "all borders",
        min(reports),
        max(reports),
        tuple(
            data_table(
                view.name,
                f"A row is {view.row}.",
                view.name,
                view.columns,
                contents[view.name],
                files[f"{view.name}.csv"],
                source=record.source,
            )
            for view in filed
        ),
    )
    files |= datasets.files(dataset, record)
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
