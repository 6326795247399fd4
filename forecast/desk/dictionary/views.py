"""Every view described once, in plain words; the columns' vocabulary is in `columns`.

From here come docs/tables.md, the definitions in a workbook and what the page says of a table;
a test holds it true against the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forecast.desk.dictionary.columns import (
    COLUMNS,
    NOUN,
    Column,
    change,
    count,
    day,
    month,
    number,
    share,
    text,
    yes,
)

if TYPE_CHECKING:
    from forecast.sources.source import Source


@dataclass(frozen=True)
class View:
    """What a view is for.

    row : what a row is. columns : names, in order. special : columns that mean something of
    their own here. note : what to mind when using it.
    """

    name: str
    row: str
    columns: tuple[str, ...]
    note: str = ""
    special: Mapping[str, Column] = field(default_factory=dict)

    def described(self) -> dict[str, Column]:
        """Name -> what it holds, in order."""
        return {name: self.special.get(name) or COLUMNS[name] for name in self.columns}


_SERIES = ("border", "dimension", "member")
_50_TO_95 = ("lo50", "hi50", "lo80", "hi80", "lo95", "hi95")
_FLAGS = (
    "flag_id",
    *_SERIES,
    "component",
    "month",
    "kind",
    "role",
    "severity",
    "systemic",
    "encounters",
    "expected",
    "ratio",
    "side",
    "p",
    "apart_p",
    "basis",
    "cutoff",
    "opened",
    "episode",
    "closed",
    "parent_flag_id",
    "parent_month",
    "source",
    "run_id",
)
_FIRST_PUBLISHED = {"encounters": count("Published count, as first published")}
_FLAGGED = {"encounters": count("Published count that raised the flag, as first published")}
_VINTAGE = (
    "month",
    "encounters",
    "previous",
    "change",
    "vintage",
    "known_from",
    "known_until",
    "source",
    "file_name",
    "sha256",
)
_HAD = {
    "encounters": count("A value the month has had"),
    "source": text("Short name of the release that first stated it"),
}

VIEWS: tuple[View, ...] = (
    View(
        "border_months",
        "a border's published count of a month",
        (
            "border",
            "month",
            "encounters",
            "source",
            "file_name",
            "rounding",
            "stated_first_seen_at",
        ),
        special={
            "stated_first_seen_at": day("Day on which that file was first seen; null if not known")
        },
    ),
    View(
        "wide_months",
        "a border's month with all that is usually asked of it",
        (
            "border",
            "month",
            "fiscal_year",
            "encounters",
            "first_published",
            "month_before",
            "change_on_month",
            "year_before",
            "change_on_year",
            "to_date",
            "to_date_year_before",
            "change_to_date",
            "peak_month",
            "peak",
            "change_on_peak",
            "rank_highest",
            "rank_lowest",
            "months",
            "median",
            "lo80",
            "hi80",
            "lo95",
            "hi95",
            "basis",
            "cutoff",
            "horizon",
            "p",
            "z",
            "severity",
            "source",
            "file_name",
            "rounding",
        ),
        note="median, intervals, p and z are of the issued forecast or hindcast, by which "
        "it was judged on its first-published value.",
        special={
            "months": number("How many months of the border are on record", unit="months"),
            "severity": text(
                "Severity of the month's flag; null if it was not flagged",
                "watch, notable, major, critical",
            ),
        },
    ),
    View(
        "series_months",
        "a published count of a month, for every series",
        (*_SERIES, "component", "month", "encounters", "source"),
        note="Totals have dimension ''. Never add over dimensions: each splits the same total, "
        "apprehension_type Border Patrol's part of it.",
    ),
    View(
        "series_held",
        "a series, and its months on record",
        (*_SERIES, "component", "first_month", "last_month", "months"),
    ),
    View(
        "latest_forecasts",
        "a forecast of a month by a model, of the last published run",
        (
            *_SERIES,
            "model",
            "month",
            "cutoff",
            "horizon",
            "median",
            "lo50",
            "hi50",
            "lo80",
            "hi80",
            "lo90",
            "hi90",
            "lo95",
            "hi95",
            "flag_below",
            "flag_above",
            "run_id",
        ),
        note="The next month has horizon 1. For a border's total ask for dimension = '' and, "
        "unless models are compared, model = 'bordercast'.",
    ),
    View(
        "span_forecasts",
        "the sum of months in a row, published and forecast together, by a run",
        (
            *_SERIES,
            "span",
            "first_month",
            "last_month",
            "cutoff",
            "months_published",
            "published",
            "median",
            "lo50",
            "hi50",
            "lo80",
            "hi80",
            "lo90",
            "hi90",
            "lo95",
            "hi95",
            "run_id",
        ),
        note="Every run is here; the last has the largest run_id. Intervals come from paths of "
        "whole futures; sums of single months' bounds are no bounds of the sum.",
        special={
            "span": text("Name of the span", "FY2027, 2026, next 12 months, rest of 2026"),
            "months_published": number("How many of its months are published", unit="months"),
            "median": count("Median of the whole sum"),
            "published": count("What is published of the span"),
            "first_month": month("First month of the span"),
            "last_month": month("Last month of the span"),
        },
    ),
    View(
        "standing_questions",
        "a chance given to a standing question, by a run or in hindsight",
        (
            "border",
            "kind",
            "first_month",
            "last_month",
            "statistic",
            "above",
            "below",
            "basis",
            "cutoff",
            "chance",
            "base_rate",
            "last_value",
            "outcome",
            "run_id",
        ),
        note="The event: the statistic of the months' counts is above `above` and below `below`. "
        "`bordercast score --questions` scores each kind beside its base rate and a last value.",
        special={
            "kind": text("Kind of question", "next 12 months above last 12, ..."),
            "first_month": month("First month of the question"),
            "last_month": month("Last month of the question"),
            "statistic": text("What is taken of the months' counts", "sum, max, min"),
            "above": count("What it must be above; null without a bound"),
            "below": count("What it must be below; null without a bound"),
            "chance": share("Chance given to it"),
            "base_rate": share(
                "How often such questions of all borders had come true by then, drawn toward 0.5"
            ),
            "last_value": share(
                "Chance that the last value with the same kind of intervals gives to it; "
                "null where it was not asked"
            ),
            "outcome": yes("Whether it happened; null until all months are published"),
        },
    ),
    View(
        "forecast_changes",
        "why a border's forecast of a month moved from the run before, by a run",
        (
            "border",
            "month",
            "before",
            "method",
            "revisions",
            "season",
            "surprise",
            "after",
            "before_run_id",
            "run_id",
        ),
        note="before + method + revisions + season + surprise = after, always.",
        special={
            "before": count("Median as the run before published it"),
            "method": change(
                "Because models are weighed anew, or the engine or its settings changed"
            ),
            "revisions": change("Because months known before were restated"),
            "season": change("Because time passed, had the new months come as forecast"),
            "surprise": change(
                "Because the new months did not come as forecast, models weighed as before"
            ),
            "after": count("Median as this run published it"),
            "before_run_id": number("The run before"),
        },
    ),
    View(
        "forecast_vs_actual",
        "a stored forecast of a month beside the published count, at every lead",
        (
            *_SERIES,
            "model",
            "basis",
            "cutoff",
            "month",
            "horizon",
            "median",
            *_50_TO_95,
            "encounters",
            "run_id",
            "error",
            "inside50",
            "inside80",
            "inside95",
        ),
        note="Hindcasts are of the borders' totals; those of the engine begin in 2014, the "
        "scorecard counts cutoffs from December 2018 on.",
    ),
    View(
        "forecasts_by_lead",
        "a border's month with what a model had forecast 1, 3, 6 and 12 months before",
        (
            "border",
            "model",
            "basis",
            "month",
            "encounters",
            *(f"lead{h}" for h in (1, 3, 6, 12)),
            *(f"inside95_lead{h}" for h in (1, 3, 6, 12)),
        ),
        special={
            **{f"lead{h}": count(f"Median forecast {h} months before") for h in (3, 6, 12)},
            "lead1": count("Median forecast the month before"),
            **{
                f"inside95_lead{h}": yes(f"Whether the count lies in its 95% interval, lead {h}")
                for h in (1, 3, 6, 12)
            },
        },
    ),
    View(
        "judged_months",
        "a published month, its issued forecast or hindcast, and how unusual it was",
        (
            *_SERIES,
            "month",
            "encounters",
            "median",
            "p",
            "z",
            "basis",
            "cutoff",
            "horizon",
            "flag",
            "severity",
            "ratio",
            "source",
            "run_id",
        ),
        note="Every month is judged once, flagged or not.",
        special=_FIRST_PUBLISHED,
    ),
    View(
        "all_flags",
        "a flag: a month unusually far from its forecast, with its episode",
        _FLAGS,
        special=_FLAGGED,
    ),
    View("open_flags", "a flag whose episode is still open", _FLAGS, special=_FLAGGED),
    View(
        "past_flags",
        "a flag that is over, and how it ended; those of severity watch left out",
        _FLAGS,
        special=_FLAGGED,
    ),
    View(
        "watched_months",
        "a month that was only unusual: severity watch",
        _FLAGS,
        special=_FLAGGED,
    ),
    View(
        "flag_drivers",
        "a part's share in the deviation of a flagged border month",
        (
            "flag_id",
            "border",
            "month",
            "dimension",
            "role",
            "part_border",
            "member",
            "component",
            "expected",
            "encounters",
            "contribution",
        ),
        note="The contributions of one dimension add up exactly to the border's published count "
        "less what was expected. Each dimension explains the whole: never add over dimensions.",
        special={
            "role": text(
                "part; unattributed: what parts and total differ by; not held: the dimension has "
                "no figures for that month",
                "part, unattributed, not held",
            ),
            "part_border": text("The part's border: for nationwide, which of the three"),
            "expected": count("The forecast of the part; parts add up to the border's"),
            "encounters": count("Published count of the part; null where not on record"),
            "contribution": Column(
                "count",
                NOUN,
                "any",
                "Difference from the forecast: how much it moved the total",
            ),
        },
    ),
    View(
        "flag_episodes",
        "an episode: what a flag turned into",
        (*_SERIES, "opened", "side", "state", "closed", "relative", "cutoff"),
        special={
            "state": text("How it went on, see episode", "open, transient, level shift"),
            "relative": yes("Whether it is about the part moving apart from its border"),
            "cutoff": month("Last month seen by the forecast it is held against"),
        },
    ),
    View(
        "scorecard",
        "how good one model has been for one border: by lead, by era, issued or hindcast",
        (
            "border",
            "model",
            "basis",
            "era",
            "horizon",
            "n",
            "log_wis",
            "wis",
            "mae",
            "mase",
            "relative_mae",
            "coverage50",
            "coverage80",
            "coverage95",
        ),
        note="Choose one basis, one era and one horizon: horizon 0 is all leads together, era "
        "'all' all cutoffs.",
        special={
            "horizon": number("The lead scored; 0 is all of them", "0, 1, 3, 6, 12", "months")
        },
    ),
    View(
        "vintages",
        "a value that a border's month has had, from when to when",
        ("border", *_VINTAGE),
        note="As of day d stands the row with known_from <= d and (known_until is null or "
        "known_until > d).",
        special=_HAD,
    ),
    View(
        "series_vintages",
        "a value that a series' month has had, from when to when",
        (*_SERIES, *_VINTAGE),
        note="As of day d stands the row with known_from <= d and (known_until is null or "
        "known_until > d).",
        special=_HAD,
    ),
    View(
        "revisions",
        "a count that the next release restated; sources rounded to 10 left out",
        (
            *_SERIES,
            "month",
            "encounters",
            "encounters_before",
            "change",
            "release_id",
            "source",
            "source_before",
            "known_from",
            "vintage",
        ),
        special={
            "encounters": count("The count as restated"),
            "encounters_before": count("The count in the release before"),
            "source_before": text("Short name of that release"),
        },
    ),
    View(
        "fiscal_year_to_date",
        "a border's fiscal year summed up to a month, against the year before",
        (
            "border",
            "fiscal_year",
            "month",
            "months",
            "encounters",
            "to_date",
            "year_before",
            "change_percent",
        ),
        special={"year_before": count("Sum of the same months of the fiscal year before")},
    ),
    View(
        "fiscal_years",
        "a border's fiscal year, as far as it is published",
        (
            "border",
            "fiscal_year",
            "last_month",
            "months",
            "complete",
            "encounters",
            "year_before",
            "change_percent",
        ),
        special={
            "encounters": count("Sum of the months published"),
            "year_before": count("Sum of the same months of the fiscal year before"),
        },
    ),
    View(
        "ranks",
        "a border's month and its place among all months on record",
        (
            "border",
            "month",
            "encounters",
            "rank_highest",
            "rank_lowest",
            "months",
            "rank_highest_of_name",
            "rank_lowest_of_name",
            "months_of_name",
        ),
        special={
            "months": number("How many months of the border are on record", unit="months"),
            "rank_highest_of_name": number("Place among the same month of all years, from above"),
            "rank_lowest_of_name": number("Place among the same month of all years, from below"),
            "months_of_name": number("How many of that month are on record", unit="months"),
        },
    ),
    View(
        "latest_run",
        "the last published run",
        (
            "id",
            "started_at",
            "published_at",
            "data_through",
            "config_digest",
            "code_version",
            "previous_digest",
            "digest",
        ),
        special={
            "id": number("Key of the run; run_id elsewhere"),
            "started_at": text("When it began, UTC", "ISO 8601"),
            "published_at": text("When it was published, UTC", "ISO 8601"),
            "data_through": month("Newest month it rests on"),
            "config_digest": text("sha256 of the settings that change numbers", "64 hex digits"),
            "code_version": text("Version of the program"),
            "previous_digest": text("Digest of the record before the run; '' for the first"),
            "digest": text(
                "Digest of everything on record up to it and since: quote it with the run, and "
                "`bordercast verify --run N --digest X` tells whether the record still is what "
                "it was",
                "64 hex digits",
            ),
        },
    ),
    View(
        "current_observations",
        "a published count as now current, by keys; series_months is the same with names",
        ("series_id", "month", "encounters", "release_id"),
    ),
    View(
        "statements",
        "what a release says of a month, also where it repeats the one before",
        (
            *_SERIES,
            "month",
            "release_id",
            "place",
            "known_from",
            "vintage",
            "rounding",
            "encounters",
        ),
        special={"encounters": count("Count of that month in that release")},
    ),
    View(
        "release_places",
        "a release that was accepted, and its place in the order",
        (
            "release_id",
            "source",
            "file_name",
            "kind",
            "rounding",
            "vintage",
            "place",
            "known_from",
        ),
        special={
            "kind": text(
                "bundle: embedded; aor, state, sbo: the publisher's layouts; vintage: quoted "
                "values; manual: by hand",
                "bundle, aor, state, sbo, vintage, manual",
            )
        },
    ),
    View(
        "witnesses",
        "a proof that somebody outside saw the record as of a run",
        (
            "run_id",
            "data_through",
            "witness",
            "seen_at",
            "seen_by",
            "entry_id",
            "statement",
            "month",
            "published_on",
            "days_before",
        ),
        note="Empty unless witnesses are set up: docs/witnesses.md. `verify --witnesses` checks "
        "every proof.",
        special={
            "data_through": month("The last month that the run knew"),
            "month": month("The first month that the run forecast"),
            "witness": text("How it was seen", "signature, time stamp, git"),
            "seen_at": text(
                "When it was seen, UTC: as a time stamp or commit says; of a signature, by our "
                "own clock",
                "ISO 8601",
            ),
            "seen_by": text("The public key, the authority, or the repository"),
            "entry_id": number("The entry of the ledger up to which it covers everything"),
            "statement": text("The line that was seen: entry, run, last month and digest"),
            "published_on": day("When CBP first published the month; null while it has not"),
            "days_before": Column(
                "count", "days", "negative if after", "From being seen to that publication"
            ),
        },
    ),
)
BY_NAME: Mapping[str, View] = {view.name: view for view in VIEWS}


def definitions(view: View, source: Source) -> Iterator[tuple[str, str, str, str]]:
    """(column, unit, range, meaning), in order."""
    for name, column in view.described().items():
        unit = column.unit_in(source.measure.noun) or column.kind
        yield name, unit, column.range, column.about
