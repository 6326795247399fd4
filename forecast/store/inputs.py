"""What a run reads from the record, before it writes anything."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from sqlite3 import Connection
from typing import Any

from forecast import months
from forecast.rows import of
from forecast.store import history, ledger, releases
from forecast.store.connect import transaction
from forecast.store.notices import Notice
from forecast.store.queries import column, has, records, rows, sql
from forecast.store.releases import of_series
from forecast.types import (
    COMPLETE,
    COUNT,
    AnsweredQuestions,
    Counts,
    Episode,
    FirstPublished,
    FlaggedMonth,
    ForecastPath,
    HindcastKey,
    KeptPath,
    LastAlarm,
    LastJudged,
    MonthVintage,
    Provisional,
    RevisedMonth,
    Row,
    RunBasis,
    ScoredForecast,
    SeriesKey,
    Totals,
    UnexplainedMonth,
    mixtures_in,
)

MAX_HORIZON = 36  # months ahead that any run forecast


@dataclass(frozen=True)
class Announced:
    """What readers were told, and what it takes to say whether there is more to tell.

    first_measure : whether the run is of the measure that the record began with.
    releases : id -> kind and seq. refused : months, as seq // 1000, of which a file was refused.
    newest : id and sha256 of the newest accepted release.
    notices : every notice. statements : its id -> total -> what it stated of it.
    """

    first_measure: bool = True
    releases: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    refused: frozenset[int] = frozenset()
    newest: tuple[int, str] = (0, "")
    notices: Sequence[Notice] = ()
    statements: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Inputs(RunBasis):
    """The record as a run finds it, before it writes anything, and what readers were told."""

    announced: Announced = Announced()


def run_basis(db: Connection) -> tuple[frozenset[int], frozenset[int], str, str] | None:
    """Return (releases, figures, config digest, code version) of the last run; None before it.

    A withdrawn one counts: on the same releases, settings and program it would come out the same.
    """
    for run_id, *basis in db.execute(sql("last_basis")).fetchall():
        names = ("releases_of_run", "figures_of_run")
        used = (column(db, name, (run_id,)) for name in names)
        return (*map(frozenset, used), *basis)
    return None


def keep_paths(db: Connection, paths: Iterable[KeptPath]) -> None:
    """Keep refit models' paths for the next run; those already on record stay."""
    with transaction(db):
        ids = releases.series_ids(db)
        rows = (
            (p.model_options, ids[p.series], p.cutoff, p.data_digest, json.dumps(p.path), p.failure)
            for p in paths
        )
        # Nothing new is nothing to state: a run killed and begun again adds no entry.
        if db.executemany(sql("save_path"), rows).rowcount > 0:
            ledger.state(db, "kept", only=("unpublished",))


def read(db: Connection) -> Inputs:
    """Read what a run rests on.

    Only `hindcasts` reads later, and before the run is written: of 5,000 series there are millions.
    """
    # Of what is pending only the forecasts that can judge it are read: of all, there are too many.
    first = first_published(db)
    left = {key: LastJudged(*rest) for key, *rest in of_series(db, "last_judged")}
    pending = [min(by_month) for key, by_month in first.items() if key not in left]
    since = min([*pending, *(judged.month for judged in left.values())], default="9999-12")
    # The newest, also if it was withdrawn: it is what readers saw last.
    (last,) = column(db, "last_run")
    before = None
    if last is not None:
        medians, counts = ("published_medians", "counts_at")
        before = _by_month(db, medians, last), _by_month(db, counts, last)
    early = provisional(db)
    return Inputs(
        counts=completed(releases.current_counts(db), early),
        releases=tuple(releases.accepted(db)),
        vintages=vintages_of_totals(db),
        paths=kept_paths(db),
        recorded=frozenset(
            HindcastKey(model, version, key, cutoff)
            for key, model, version, cutoff in of_series(db, "stored_hindcasts")
        ),
        hindcast_series=[key for (key,) in of_series(db, "hindcast_series")],
        hindcasts=partial(stored_hindcasts, db),
        issued=[
            (key, model, cutoff, horizon, quantiles)
            for key, model, cutoff, horizon, *quantiles in of_series(db, "issued_forecasts")
        ],
        first=first,
        issued_paths=issued_paths(db, months.shift(since, -MAX_HORIZON)),
        judged=frozenset(of_series(db, "months_judged_of_series")),
        left=left,
        sides=[LastAlarm(*row) for row in of_series(db, "last_sides")],
        episodes=all_episodes(db),
        flags=[FlaggedMonth(*row) for row in of_series(db, "flags_of_totals")],
        revised=[RevisedMonth(*row) for row in of_series(db, "unflagged_revisions")],
        unexplained=[UnexplainedMonth(*row) for row in of_series(db, "unexplained")],
        before=before,
        answered=frozenset(records(db, AnsweredQuestions, "answered_questions")),
        provisional=early,
        announced=told(db),
    )


def without_incomplete(counts: Counts, early: Iterable[Provisional]) -> Counts:
    """Return counts without the months of a delivery that are not complete."""
    gone = {(m.series, m.month) for m in early if m.kind == "delivery" and not m.complete}
    return (
        {
            key: {month: count for month, count in by_month.items() if (key, month) not in gone}
            for key, by_month in counts.items()
        }
        if gone
        else counts
    )


def completed(counts: Counts, early: Sequence[Provisional]) -> Counts:
    """Return counts with such months as they will be, by what they usually have by then.

    A month of which that is not known is left out.
    """
    known = {key: dict(of_key) for key, of_key in without_incomplete(counts, early).items()}
    for month in early:
        if month.kind == "delivery" and month.share and not month.complete:
            known[month.series][month.month] = round(month.count / month.share)
    return known


def provisional(connection: Connection) -> list[Provisional]:
    """Return every month's count that is not the last word, the oldest month first."""
    known = has(connection, "provisional_months")  # a copy of an earlier program has none
    return list(map(_provisional, rows(connection, "provisional"))) if known else []


def figures_of(connection: Connection, month: str) -> list[Provisional]:
    """Return every figure said of a month before its file, withdrawn ones too, the oldest first."""
    return list(map(_provisional, rows(connection, "figures_of_month", (month,))))


def _provisional(row: Row) -> Provisional:
    names = [f.name for f in fields(Provisional) if f.name not in ("series", "count")]
    return Provisional(of(SeriesKey, row), count=row[COUNT], **{name: row[name] for name in names})


def first_known(db: Connection) -> RunBasis:
    """Read the figures alone, with what was first known of each."""
    counts, first = releases.current_counts(db), first_published(db)
    return RunBasis(counts, first=first, vintages=vintages_of_totals(db))


def told(db: Connection) -> Announced:
    """Read what readers were told."""
    statements: dict[int, dict[str, Any]] = defaultdict(dict)
    for notice_id, total, statement in db.execute(sql("stated_findings")):
        statements[notice_id][total] = json.loads(statement)
    every = records(db, Notice, "notices_where", where="true")
    return Announced(
        # The key of a notice of the first measure names none, as in records of 1.0.
        first_measure=column(db, "is_first_measure") == [1],
        releases={row["id"]: (row["kind"], row["seq"]) for row in rows(db, "release_kinds")},
        refused=frozenset(column(db, "refused_months")),
        newest=next(((number, sha) for number, sha in db.execute(sql("newest_release"))), (0, "")),
        notices=every,
        statements={notice.id: statements[notice.id] for notice in every},
    )


def first_published(db: Connection) -> dict[SeriesKey, dict[str, FirstPublished]]:
    """Return every series by month, as the lowest release held that covers the month states it."""
    # The order is that of the chain, so the first row of a month is the one it was published with.
    by_series: dict[SeriesKey, dict[str, FirstPublished]] = defaultdict(dict)
    known = history.known_days(db)
    query = sql("first_published", order=releases.ORDER)
    for total, dimension, member, component, month, value, release_id in db.execute(query):
        key = SeriesKey(total, dimension, member, component)
        if month not in by_series[key]:
            by_series[key][month] = FirstPublished(value, release_id, known(key.scope, month))
    for *whose, month, value, release_id, _ in _marked(db, "first_complete", complete=COMPLETE):
        key = SeriesKey(*whose)
        by_series[key].pop(month, None)
        if release_id is not None:
            by_series[key][month] = FirstPublished(value, release_id, known(key.scope, month))
    return by_series


def _marked(db: Connection, name: str, **values: object) -> list[Any]:
    """Return rows about months that came incomplete; none where none are kept."""
    return db.execute(sql(name), values).fetchall() if has(db, "unfinished") else []


def vintages_of_totals(db: Connection) -> list[MonthVintage]:
    """Return every value the totals' months have had, in the order in which they became known."""
    values = _marked(db, "vintages_completed") or db.execute(sql("vintages_of_totals"))
    return [MonthVintage(SeriesKey(total), *rest) for total, *rest, _ in values]


def kept_paths(db: Connection) -> list[KeptPath]:
    """Return the refit models' paths of earlier runs."""
    return [
        KeptPath(model, key, cutoff, digest, tuple(json.loads(path)), failure)
        for key, model, cutoff, digest, path, failure in of_series(db, "kept_paths")
    ]


def stored_hindcasts(db: Connection, series: Iterable[SeriesKey]) -> Iterator[ScoredForecast]:
    """Yield what is scored of the hindcasts on record of some series."""
    ids, wanted = releases.series_ids(db), set(series)
    keys = {number: key for key, number in ids.items() if key in wanted}
    for series_id, model, cutoff, horizon, *counts in db.execute(
        sql("hindcasts_of"), [json.dumps(list(keys))]
    ):
        yield keys[series_id], model, cutoff, horizon, counts


def scored_totals(
    db: Connection, totals: Totals
) -> tuple[Iterator[ScoredForecast], dict[SeriesKey, dict[str, int]]]:
    """Return the hindcasts of all totals by all models, and the totals' counts as now current."""
    keys = [SeriesKey(total) for total in totals.every]
    counts: dict[SeriesKey, dict[str, int]] = {key: {} for key in keys}
    for row in rows(db, "month_counts", {}, of="true"):
        counts.setdefault(SeriesKey(row["border"]), {})[row["month"]] = row[COUNT]
    return stored_hindcasts(db, keys), counts


def issued_paths(db: Connection, since: str) -> dict[SeriesKey, list[ForecastPath]]:
    """Return the engine's published forecasts from the cutoff `since` on; latest cutoff first."""
    by_series: dict[SeriesKey, list[ForecastPath]] = defaultdict(list)
    # A path is one row with JSON arrays: a row a month would be 36 times as many to join.
    rows = of_series(db, "issued_paths", (since,))
    for key, run_id, day, cutoff, *paths, marks, df in rows:
        median, centre, scale = (tuple(json.loads(path)) for path in paths)
        path = ForecastPath(cutoff, centre, scale, df, run_id, median, day)
        if marks is not None and (mixtures := mixtures_in(marks)):
            path = replace(path, mixtures=mixtures[: len(centre)])
        by_series[key].append(path)
    return by_series


def all_episodes(db: Connection) -> list[Episode]:
    """Return every episode."""
    episodes = of_series(db, "all_episodes")
    return [
        Episode(
            *(key, opened, side, size, cutoff),
            tuple(json.loads(centre)),
            tuple(json.loads(scale)),
            *(df, bool(relative), state, closed),
        )
        for key, opened, side, size, cutoff, centre, scale, df, relative, state, closed in episodes
    ]


def _by_month(db: Connection, name: str, run_id: int) -> dict[SeriesKey, dict[str, int]]:
    """Return a statement's counts of totals by month; of several the last in the order stands."""
    by_series: dict[SeriesKey, dict[str, int]] = defaultdict(dict)
    for total, month, count in db.execute(sql(name), (run_id,)):
        by_series[SeriesKey(total)][month] = count
    return dict(by_series)
