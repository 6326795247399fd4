"""What a run reads from the record, before it writes anything."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from forecast import months
from forecast.store import judgements, ledger, measures, notices, releases
from forecast.store.connect import transaction
from forecast.store.observations import ORDER, series_by_id, series_ids
from forecast.store.queries import sql
from forecast.types import (
    HUB_PERMILLES,
    Counts,
    Episode,
    Hindcast,
    KeptPath,
    SeriesKey,
    StoredForecast,
)

if TYPE_CHECKING:
    from sqlite_utils import Database

MAX_HORIZON = 36  # months ahead that any run forecast


def stored_hindcasts(db: Database) -> set[tuple[str, str, SeriesKey, str]]:
    """(model, version, series, cutoff) of every hindcast held."""
    keys = series_by_id(db)
    rows = db.execute("select distinct model, version, series_id, cutoff from hindcasts")
    return {
        (model, version, keys[series_id], cutoff)
        for model, version, series_id, cutoff in rows
        if series_id in keys
    }


def hindcast_series(db: Database) -> list[SeriesKey]:
    """Every series that has a hindcast."""
    keys = series_by_id(db)
    rows = db.execute("select distinct series_id from hindcasts order by 1")
    return [keys[series_id] for (series_id,) in rows if series_id in keys]


def all_hindcasts(
    db: Database, new: Iterable[Hindcast], series: Iterable[SeriesKey]
) -> Iterator[Hindcast]:
    """Every hindcast held of some series, the new ones added or in the place of older versions.

    new : of these series.
    """
    ids = {key: number for key, number in series_ids(db).items() if key in set(series)}
    keys = {number: key for key, number in ids.items()}
    columns = ", ".join(f"q{permille:03d}" for permille in HUB_PERMILLES)
    rows = db.execute(sql("hindcasts_of", quantiles=columns), [json.dumps(list(keys))])
    replaced: set[tuple[str, SeriesKey, str]] | None = None
    for model, version, series_id, cutoff, month, horizon, digest, median, *rest in rows:
        if replaced is None:
            replaced = {(h.model, h.series, h.cutoff) for h in new}
        key = keys[series_id]
        if (model, key, cutoff) not in replaced:
            yield Hindcast(
                model,
                version,
                key,
                cutoff,
                month,
                horizon,
                digest,
                median,
                tuple(rest[3:]),
                *rest[:3],
            )
    yield from new


def scored_forecasts(db: Database) -> Iterator[StoredForecast]:
    """The forecasts issued for the totals, one for each model, cutoff and month.

    Where several runs issued it from the same cutoff, the first counts: it was said first.
    """
    rows = db.execute(sql("issued_forecasts"))
    for total, model, cutoff, horizon, *quantiles in rows:
        yield StoredForecast(SeriesKey(total), model, cutoff, horizon, quantiles)


def run_basis(db: Database) -> tuple[frozenset[int], str, str] | None:
    """(releases, config digest, code version) of the last run, None before the first.

    A withdrawn one counts: on the same releases, settings and program it would come out the same.
    """
    run = db.execute(
        "select id, config_digest, code_version from runs order by id desc limit 1"
    ).fetchone()
    if run is None:
        return None
    run_id, *basis = run
    rows = db.execute("select release_id from run_releases where run_id = ?", (run_id,))
    return frozenset(release_id for (release_id,) in rows), *basis


def judged(db: Database) -> set[tuple[SeriesKey, str]]:
    """(series, month) of every judgement held."""
    keys = series_by_id(db)
    rows = db.execute("select series_id, month from judgements")
    return {(keys[series_id], month) for series_id, month in rows if series_id in keys}


class PathsOnRecord:
    """The refit models' paths of earlier runs, held for the next one."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def held(self) -> Iterator[KeptPath]:
        """All of them."""
        keys = series_by_id(self._db)
        rows = self._db.execute(
            "select model_options, series_id, cutoff, data_digest, path, failure from model_paths"
        )
        for model, series_id, cutoff, digest, path, failure in rows:
            if key := keys.get(series_id):
                yield KeptPath(model, key, cutoff, digest, tuple(json.loads(path)), failure)

    def keep(self, paths: Iterable[KeptPath]) -> None:
        """Keep these too; those already on record stay."""
        with transaction(self._db):
            ids = series_ids(self._db)
            cursor = self._db.conn.executemany(
                "insert or ignore into model_paths (model_options, series_id, cutoff, data_digest, "
                "path, failure) values (?, ?, ?, ?, ?, ?)",
                (
                    (
                        p.model_options,
                        ids[p.series],
                        p.cutoff,
                        p.data_digest,
                        json.dumps(p.path),
                        p.failure,
                    )
                    for p in paths
                ),
            )
            if cursor.rowcount > 0:
                ledger.state(self._db, "kept", only=("unpublished",))


class FirstPublished(NamedTuple):
    """A month as first published: count, release, and the day it became known; None: unknown."""

    value: int
    release_id: int
    known: str | None


def first_published(
    db: Database | sqlite3.Connection,
) -> dict[SeriesKey, dict[str, FirstPublished]]:
    """Every series by month, as the lowest release held that covers the month states it."""
    rows = db.execute(sql("first_published", order=ORDER))
    by_series: dict[SeriesKey, dict[str, FirstPublished]] = defaultdict(dict)
    known = judgements.known_days(db)
    for total, dimension, member, component, month, value, release_id in rows:
        key = SeriesKey(total, dimension, member, component)
        if month not in by_series[key]:
            by_series[key][month] = FirstPublished(value, release_id, known(key.scope, month))
    return by_series


class Issued(NamedTuple):
    """One series' forecast as a run published it, by month from the one after the cutoff on.

    published : day. median in counts; centre and scale on log1p counts.
    """

    run_id: int
    published: str
    cutoff: str
    median: tuple[int, ...]
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    df: float


def issued_paths(db: Database, since: str) -> dict[SeriesKey, list[Issued]]:
    """The engine's published forecasts from the cutoff `since` on; latest cutoff first."""
    keys = series_by_id(db)
    rows = db.execute(
        sql("issued_paths"),
        (since,),
    )
    by_series: dict[SeriesKey, list[Issued]] = defaultdict(list)
    for series_id, run_id, day, cutoff, *paths, df in rows:
        median, centre, scale = (tuple(json.loads(path)) for path in paths)
        by_series[keys[series_id]].append(Issued(run_id, day, cutoff, median, centre, scale, df))
    return by_series


class LastJudged(NamedTuple):
    """What the last judged month of a series left: the drift rule's sums."""

    month: str
    drift_up: float
    drift_down: float
    outside: int | None


def last_judged(db: Database) -> dict[SeriesKey, LastJudged]:
    """The last judged month of every series."""
    keys = series_by_id(db)
    rows = db.execute(
        "select series_id, max(month), drift_up, drift_down, outside from judgements "
        "group by series_id"
    )
    return {keys[series_id]: LastJudged(*left) for series_id, *left in rows if series_id in keys}


def sides_said(db: Database) -> Iterator[tuple[SeriesKey, int, str]]:
    """(series, side, last month) of flags and drift alarms."""
    keys = series_by_id(db)
    rows = db.execute(sql("last_sides"))
    for series_id, side, month in rows:
        if series_id in keys:
            yield keys[series_id], side, month


def all_episodes(db: Database, only_open: bool = False) -> Iterator[Episode]:
    """Every episode, or those still open."""
    keys = series_by_id(db)
    rows = db.execute(
        sql("all_episodes"),
        (only_open,),
    )
    for series_id, opened, side, size, cutoff, centre, scale, df, relative, *end in rows:
        path = tuple(json.loads(centre)), tuple(json.loads(scale))
        if key := keys.get(series_id):
            yield Episode(key, opened, side, size, cutoff, *path, df, bool(relative), *end)


def flags_of_totals(db: Database) -> Iterator[tuple[SeriesKey, str, str | None]]:
    """(total, month, month its episode opened) of the totals' flags, watched months left out."""
    rows = db.execute(sql("flags_of_totals"))
    for total, month, opened in rows:
        yield SeriesKey(total), month, opened


class Unexplained(NamedTuple):
    """A total's flag and a dimension that had no figures when it was explained."""

    series: SeriesKey
    month: str
    cutoff: str
    value: int
    expected: int
    dimension: str


def unexplained(db: Database) -> list[Unexplained]:
    """Dimensions of totals' flags that were not held."""
    rows = db.execute(sql("unexplained"))
    return [Unexplained(SeriesKey(total), *rest) for total, *rest in rows]


class Revised(NamedTuple):
    """A total's month that a release changed, and the release it had stood in.

    closed : whether its fiscal year was complete in both.
    """

    series: SeriesKey
    month: str
    release_id: int
    before: int
    after: int
    closed: bool


def revised(db: Database) -> Iterator[Revised]:
    """Changes of totals' months between releases that have no revision flag yet."""
    rows = db.execute(sql("unflagged_revisions"))
    for total, month, release_id, before, after, closed in rows:
        yield Revised(SeriesKey(total), month, release_id, before, after, bool(closed))


class Stood(NamedTuple):
    """A value of a total's month, and from when until when it stood; until None: still."""

    series: SeriesKey
    month: str
    value: int
    known_from: str
    known_until: str | None


def vintages_of_totals(db: Database | sqlite3.Connection) -> list[Stood]:
    """Every value the totals' months have had, in the order in which they became known."""
    rows = db.execute(sql("vintages_of_totals"))
    return [Stood(SeriesKey(total), *rest) for total, *rest in rows]


def last_run(db: Database) -> int | None:
    """The newest run that is written, None before the first."""
    (run_id,) = db.execute("select max(id) from runs").fetchone()
    return None if run_id is None else int(run_id)


def counts_at(db: Database, run_id: int) -> dict[SeriesKey, dict[str, int]]:
    """The totals' counts by month, as the releases of a run stated them."""
    by_series: dict[SeriesKey, dict[str, int]] = defaultdict(dict)
    for total, month, count in db.execute(
        sql("counts_at"),
        (run_id,),
    ):
        by_series[SeriesKey(total)][month] = count  # the last in the order stands
    return dict(by_series)


def published_medians(db: Database, run_id: int) -> dict[SeriesKey, dict[str, int]]:
    """The engine's medians of the totals as a run published them, by month."""
    medians: dict[SeriesKey, dict[str, int]] = defaultdict(dict)
    for total, month, median in db.execute(
        sql("published_medians"),
        (run_id,),
    ):
        medians[SeriesKey(total)][month] = median
    return dict(medians)


def answered(db: Database) -> set[tuple[str, str, str]]:
    """(version, total, cutoff) of the hindcast answers that are held."""
    rows = db.execute(sql("answered_questions"))
    return {(version, total, cutoff) for version, total, cutoff in rows}


def newest_release(db: Database | sqlite3.Connection) -> tuple[int, str]:
    """Id and sha256 of the newest accepted release."""
    row = db.execute(sql("newest_release")).fetchone()
    return (int(row[0]), str(row[1])) if row else (0, "")


class PreviousRun(NamedTuple):
    """What the run before rested on and published: medians and counts by total and month."""

    medians: Mapping[SeriesKey, Mapping[str, int]]
    counts: Counts


@dataclass(frozen=True)
class Announced:
    """What readers were told, and what it takes to say whether there is more to tell.

    Attributes
    ----------
    first_measure : whether the run is of the measure that the record began with.
    releases : id -> kind and seq. refused : months, as seq // 1000, of which a file was refused.
    newest : id and sha256 of the newest accepted release.
    notices : every notice. statements : its id -> total -> what it stated of it.
    """

    first_measure: bool = True
    releases: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    refused: frozenset[int] = frozenset()
    newest: tuple[int, str] = (0, "")
    notices: Sequence[notices.Notice] = ()
    statements: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Inputs:
    """The record as a run finds it, before it writes anything.

    Attributes
    ----------
    counts : every series by month as it stands now, with labels joined.
    releases : ids of the accepted ones.
    vintages : every value that a total's month has had, in the order in which they became known.
    paths : of refit models, from earlier runs.
    recorded : (model, version, series, cutoff) of the hindcasts on record.
    hindcast_series : whose they are. hindcasts : (new ones, series) -> all of these series.
    issued : the forecasts of totals that are scored.
    first : every series by month, as first published.
    issued_paths : the engine's forecasts by series, the latest cutoff first.
    judged : (series, month) that were; left : what the last of each series left.
    sides : (series, side, last month) of flags and drift alarms. episodes : open and closed.
    flags : (total, month, month its episode opened). revised : changes without a flag.
    unexplained : dimensions of totals' flags that had no counts then.
    before : None before the first run.
    answered : (version, total, cutoff) of hindcast answers.
    """

    counts: Counts
    releases: tuple[int, ...] = ()
    vintages: Sequence[Stood] = ()
    paths: Sequence[KeptPath] = ()
    recorded: frozenset[tuple[str, str, SeriesKey, str]] = frozenset()
    hindcast_series: Sequence[SeriesKey] = ()
    hindcasts: Callable[[Iterable[Hindcast], Iterable[SeriesKey]], Iterator[Hindcast]] = (
        lambda new, series: iter(new)
    )
    issued: Sequence[StoredForecast] = ()
    first: Mapping[SeriesKey, Mapping[str, FirstPublished]] = field(default_factory=dict)
    issued_paths: Mapping[SeriesKey, Sequence[Issued]] = field(default_factory=dict)
    judged: frozenset[tuple[SeriesKey, str]] = frozenset()
    left: Mapping[SeriesKey, LastJudged] = field(default_factory=dict)
    sides: Sequence[tuple[SeriesKey, int, str]] = ()
    episodes: Sequence[Episode] = ()
    flags: Sequence[tuple[SeriesKey, str, str | None]] = ()
    revised: Sequence[Revised] = ()
    unexplained: Sequence[Unexplained] = ()
    before: PreviousRun | None = None
    answered: frozenset[tuple[str, str, str]] = frozenset()
    told: Announced = Announced()


def read(db: Database) -> Inputs:
    """Read what a run rests on.

    Only `hindcasts` reads later, and before the run is written: of 5,000 series there are millions.
    """
    first, left = first_published(db), last_judged(db)
    pending = [min(by_month) for key, by_month in first.items() if key not in left]
    since = min([*pending, *(value.month for value in left.values())], default="9999-12")
    last = last_run(db)
    return Inputs(
        counts=releases.current_counts(db),
        releases=tuple(releases.accepted(db)),
        vintages=vintages_of_totals(db),
        paths=tuple(PathsOnRecord(db).held()),
        recorded=frozenset(stored_hindcasts(db)),
        hindcast_series=hindcast_series(db),
        hindcasts=partial(all_hindcasts, db),
        issued=tuple(scored_forecasts(db)),
        first=first,
        issued_paths=issued_paths(db, months.shift(since, -MAX_HORIZON)),
        judged=frozenset(judged(db)),
        left=left,
        sides=tuple(sides_said(db)),
        episodes=tuple(all_episodes(db)),
        flags=tuple(flags_of_totals(db)),
        revised=tuple(revised(db)),
        unexplained=unexplained(db),
        before=PreviousRun(published_medians(db, last), counts_at(db, last)) if last else None,
        answered=frozenset(answered(db)),
        told=told(db),
    )


def told(db: Database) -> Announced:
    """Read what readers were told."""
    every = notices.every(db.conn)
    kinds = db.execute("select id, kind, seq from releases").fetchall()
    refused = db.execute("select seq / 1000 from releases where status = 'quarantined'")
    return Announced(
        first_measure=measures.current(db) == measures.FIRST,
        releases={number: (kind, seq) for number, kind, seq in kinds},
        refused=frozenset(month for (month,) in refused),
        newest=newest_release(db),
        notices=every,
        statements={notice.id: notices.statements(db.conn, notice.id) for notice in every},
    )
