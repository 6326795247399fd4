"""What the watch reads and writes: judgements' states, flags, episodes, drivers."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from forecast.store import judgements
from forecast.store.observations import ORDER, SeriesIds, series_by_id, series_ids
from forecast.store.queries import sql
from forecast.types import Driver, Episode, Flag, Judgement, SeriesKey

if TYPE_CHECKING:
    import sqlite3

    from sqlite_utils import Database


def save_watch(
    db: Database,
    run_id: int,
    judgements: Iterable[Judgement],
    episodes: Iterable[Episode],
    flags: Iterable[Flag],
    drivers: Iterable[Driver],
) -> None:
    """Keep what a run made of the months it judged; inside a transaction.

    Flags of totals come first.
    """
    ids = series_ids(db)
    db.conn.executemany(
        sql("save_judgement"),
        ((*_judgement_row(judgement, ids), run_id) for judgement in judgements),
    )
    for episode in episodes:
        _save_episode(db, run_id, episode, ids)
    for flag in flags:
        _save_flag(db, run_id, flag, ids)
    _save_drivers(db, run_id, list(drivers), ids)


def _judgement_row(j: Judgement, ids: SeriesIds) -> tuple[Any, ...]:
    head = (ids[j.series], j.month, j.release_id, j.run_id, j.basis, j.cutoff, j.horizon)
    numbers = (j.value, j.median, j.p, j.z, j.centre, j.apart_p)
    return (*head, *numbers, j.outside, j.drift_up, j.drift_down)


def _save_episode(db: Database, run_id: int, e: Episode, ids: SeriesIds) -> None:
    db.execute(
        sql("save_episode"),
        (
            *(ids[e.series], e.opened, e.side, e.size, e.cutoff),
            *(json.dumps(e.centre), json.dumps(e.scale), e.df, int(e.relative)),
            *(e.state, e.closed, run_id, None if e.state == "open" else run_id),
        ),
    )


def _save_flag(db: Database, run_id: int, f: Flag, ids: SeriesIds) -> None:
    db.execute(
        sql("save_flag"),
        (
            *(ids[f.series], f.month, f.kind, f.release_id, f.severity, f.ratio, f.value),
            *(f.expected, f.side, f.role, run_id, ids[f.series], f.episode),
            *(ids.get(SeriesKey(f.series.total)), f.parent),
        ),
    )


def _save_drivers(db: Database, run_id: int, drivers: list[Driver], ids: SeriesIds) -> None:
    """In the place of what had not been held of the same dimensions of the same flags."""
    flag_ids = {flag: _flag_id(db, flag, ids) for flag in {driver.flag for driver in drivers}}
    db.conn.executemany(
        "delete from drivers where flag_id = ? and dimension = ? and role = 'not held'",
        sorted({(flag_ids[driver.flag], driver.dimension) for driver in drivers}),
    )
    db.conn.executemany(
        sql("save_driver"),
        (
            (
                *(flag_ids[d.flag], d.dimension, d.role, ids[d.member] if d.member else None),
                *(d.expected, d.value, d.contribution, run_id),
            )
            for d in drivers
        ),
    )


def _flag_id(db: Database, flag: tuple[SeriesKey, str], ids: SeriesIds) -> int:
    series, month = flag
    (flag_id,) = db.execute(
        "select max(id) from flags where series_id = ? and month = ? and kind = 'month'",
        (ids[series], month),
    ).fetchone()
    return int(flag_id)


def mark_systemic(db: Database, run_id: int, months: Iterable[str]) -> None:
    """Give the flags of these months the badge: the whole drill-down moved one way."""
    db.conn.executemany(
        "update flags set systemic = 1, systemic_in = ? "
        "where month = ? and kind = 'month' and systemic = 0 "
        "and series_id in (select id from series)",
        [(run_id, month) for month in months],
    )


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


def issued(db: Database, since: str) -> dict[SeriesKey, list[Issued]]:
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


def border_flags(db: Database) -> Iterator[tuple[SeriesKey, str, str | None]]:
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


def headline_values(db: Database | sqlite3.Connection) -> list[Stood]:
    """Every value the totals' months have had, in the order in which they became known."""
    rows = db.execute(sql("vintages_of_totals"))
    return [Stood(SeriesKey(total), *rest) for total, *rest in rows]
