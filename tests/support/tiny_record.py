"""A record written by hand, a few rows of everything, by the program's own means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import numpy as np

from forecast import months
from forecast.periods import FEDERAL
from forecast.store import connect, releases, runs
from forecast.store.history import MonthRecord
from forecast.store.runs import NewestReports
from forecast.types import (
    HUB_PERMILLES,
    Coverage,
    Episode,
    Flag,
    Forecast,
    Hindcasts,
    Judgement,
    NoticeIntent,
    Publication,
    Release,
    Row,
    SeriesKey,
    Snapshot,
)
from tests.support.cbp_files import ENCOUNTERS

NORTH, SOUTH, OTHER, WHOLE = (
    SeriesKey(border) for border in ("northern", "southwest", "other", "nationwide")
)
NEW_YORK, VERMONT = (SeriesKey("northern", "state", name) for name in ("NY", "VT"))


def release(name: str, month: str, kind: Any = "state", *, step: int = 0, **more: Any) -> Release:
    """A publisher's file through this month; `step` orders several of one month."""
    place = FEDERAL.year(month) * 100_000 + (months.to_index(month) + 3) % 12 * 1000 + 1000
    made = Release(name, kind, f"{name}.csv", f"sha of {name}", month, place + step)
    return replace(made, **more)


def stated(
    of: Release, counts: Mapping[SeriesKey, Mapping[str, int]], closed: tuple[int, ...] = ()
) -> Snapshot:
    """What a file states: these counts, and of each scope the months from first to last."""
    spans: dict[Any, list[str]] = {}
    for key, by_month in counts.items():
        spans.setdefault(key.scope, []).extend(by_month)
    coverage = (Coverage(scope, min(span), max(span)) for scope, span in spans.items())
    return Snapshot(of, counts, tuple(coverage), closed=frozenset(closed))


def forecast(key: SeriesKey, cutoff: str, ahead: int, median: int, model: str = "bordercast"):
    """A forecast whose intervals reach 1, 2, 3 and 4 counts to both sides."""
    ends = [median + away for out in (1, 2, 3, 4) for away in (-out, out)]
    month = months.shift(cutoff, ahead)
    return Forecast(key, model, cutoff, month, month, median, *ends, median / 10, 0.5, 2.5)


def hindcast(key: SeriesKey, cutoff: str, ahead: int, median: int, **more: Any) -> Hindcasts:
    """A hindcast of one month whose quantiles lie a count apart."""
    counts = np.array([[median + place - 11 for place in range(len(HUB_PERMILLES))]])
    month, made = months.shift(cutoff, ahead), {"model": "bordercast", "version": "1"} | more
    return Hindcasts(
        **made, series=key, cutoffs=[cutoff], months=[month], horizons=[ahead], digests=["d"],
        counts=counts, centre=[1.5], scale=[2.5], df=[2.75],
    )  # fmt: skip


def driver(flag: tuple[SeriesKey, str], dimension: str, role: str, *of: Any) -> Row:
    """What a part did to a flagged month: member, expected, value and contribution."""
    names = ("member", "expected", "value", "contribution")
    row = {"series": flag[0], "month": flag[1], "dimension": dimension, "role": role}
    return row | dict.fromkeys(names) | dict(zip(names, of, strict=False))


def fit(
    key: SeriesKey, model: str, weight: float | None, error: float | None, failure: str = ""
) -> Row:
    """How a model did, in no time."""
    of = {"series": key, "model": model, "weight": weight, "past_error": error}
    return of | {"failure": failure, "seconds": 0.0}


def score(key: SeriesKey, n: int, basis: Any = "issued", **more: Any) -> Row:
    """A score whose log-WIS is n / 100."""
    of = {"series": key, "model": "bordercast", "horizon": 1, "basis": basis, "era": "all", "n": n}
    made = {"log_wis": n / 100, "wis": 1, "mae": 1, "mase": None, "relative_mae": None}
    return of | made | {"coverage50": 0.5, "coverage80": 0.8, "coverage95": 0.95} | more


def publication(
    published: str, through: str, releases: tuple[int, ...], **said: Any
) -> Publication:
    """A run that says what is given, and nothing else."""
    nothing = ("forecasts", "quantiles", "hindcasts", "fits", "judgements", "flags", "scores")
    made = dict.fromkeys(nothing, ()) | said
    return Publication(published, published, through, "settings", "code", releases, **made)


NOON = datetime(2024, 4, 10, 12, tzinfo=UTC)
OPEN = {"size": 1.5, "cutoff": "2023-12", "centre": (7.0, 7.5), "scale": (0.25,), "df": 2.5}
JANUARY = {
    NORTH: {"2023-11": 100, "2023-12": 110, "2024-01": 50},
    SOUTH: {"2023-11": 200, "2023-12": 220, "2024-01": 400},
    OTHER: {"2023-11": 1, "2023-12": 2, "2024-01": 3},
    WHOLE: {"2023-11": 301, "2023-12": 332, "2024-01": 453},
    NEW_YORK: {"2023-12": 60, "2024-01": 20},
    VERMONT: {"2023-12": 50, "2024-01": 30},
}
FEBRUARY = {
    NORTH: {"2023-12": 110, "2024-01": 55, "2024-02": 60},
    SOUTH: {"2023-12": 220, "2024-01": 400, "2024-02": 410},
}


def flag(key, month, ratio, **more):
    made = Flag(key, month, 1, "month", "major", ratio, 10, 20, -1)
    return replace(made, **more)


def judged(key, month, basis="issued", **more):
    run_id = 1 if basis == "issued" else None
    made = Judgement(key, month, 50, basis, 1, run_id, "2023-12", 1, 90, 0.01, -2.5, 4.5)
    return replace(made, **more)


FLAGS = (
    flag(NORTH, "2024-01", 0.5, episode="2024-01"),
    flag(SOUTH, "2024-02", 3.0, side=1),
    flag(OTHER, "2024-01", 0.9, severity="watch"),
    flag(SOUTH, "2024-01", 1.5, kind="drift", severity="notable", side=1),
    flag(NORTH, "2024-01", 1.1, kind="revision", severity="notable", release_id=2, side=1),
    flag(NEW_YORK, "2024-01", 0.4, role="listed", parent="2024-01"),
    flag(VERMONT, "2024-01", 0.6, role="apart", parent="2024-01"),
)
JUDGED = (
    judged(NORTH, "2024-01", drift_up=0.5, drift_down=1.5, outside=-1),
    judged(NORTH, "2024-02", "hindcast"),
    judged(SOUTH, "2024-01", "hindcast"),
    judged(SOUTH, "2024-02"),
    judged(OTHER, "2023-12", "none"),
    judged(NEW_YORK, "2024-01"),
)
EPISODES = (
    Episode(OTHER, "2023-11", 1, **OPEN, state="transient", closed="2023-12"),
    Episode(SOUTH, "2023-12", 1, **OPEN, state="level shift", closed="2024-01"),
    Episode(NORTH, "2024-01", -1, **OPEN, relative=True),
    Episode(NEW_YORK, "2024-01", -1, **OPEN),
    Episode(WHOLE, "2024-02", -1, **OPEN),
)
MOVED = (NORTH, "2024-01")
DRIVERS = (
    driver(MOVED, "state", "unattributed", None, 0, -90, -90),
    driver(MOVED, "state", "part", VERMONT, 50, 30, -20),
    driver(MOVED, "state", "part", NEW_YORK, 60, 20, -40),
    driver(MOVED, "citizenship", "not held"),
)
HINDCASTS = (
    hindcast(NORTH, "2023-12", 1, 90),
    hindcast(NORTH, "2023-11", 1, 104),
    hindcast(NORTH, "2023-11", 2, 70),
)
SCORES = (
    score(NORTH, 24),
    score(NORTH, 90, "hindcast"),
    score(NORTH, 30, era="2024"),
    score(NORTH, 31, model="naive"),
    score(NORTH, 32, horizon=2),
    score(SOUTH, 23),
    score(SOUTH, 90, "hindcast"),
    score(OTHER, 90, "hindcast", horizon=2),
)
OCCASIONS = (
    NoticeIntent("flags", "2024-01", 2, "one", "<1@x>"),
    NoticeIntent("quiet", "2024-02", 2, "two", "<2@x>"),
)


def _names_alone(
    records: Iterable[tuple[str, str, MonthRecord]],
) -> Iterator[tuple[str, str, str]]:
    for (total, month), _ in records:
        yield (total, month), f'"{total}"'


def make(path: Path, made: NewestReports = _names_alone) -> None:
    """Two releases, a vintage and a refused file; three runs, the last of them withdrawn.

    made : what the second run keeps as the reports of the totals' newest months.
    """
    with connect.writing(path) as db:
        publish(db, made)


def publish(db: Connection, made: NewestReports = _names_alone) -> None:
    """The same in a record that is being written."""
    seen = {"first_seen_at": "2024-02-20", "first_seen_precision": "day"}
    january = release("january", "2024-01", **seen)
    february = release("february", "2024-02")
    vintage = release("old", "2024-01", "vintage", step=9_000)
    with connect.transaction(db):
        releases.save_snapshot(db, stated(january, JANUARY))
        releases.save_snapshot(db, stated(february, FEBRUARY))
        releases.save_snapshot(db, stated(vintage, {NORTH: {"2023-11": 100}}))
        releases.save_refused(db, release("refused", "2024-02", step=7), "odd")
    first = (
        forecast(NORTH, "2023-12", 2, 95),
        forecast(NORTH, "2023-12", 1, 90),
        forecast(NORTH, "2023-12", 1, 80, "naive"),
        forecast(NEW_YORK, "2023-12", 1, 33),
    )
    runs.publish(db, publication("2024-02-01T12:00", "2023-12", (), forecasts=first))
    second = publication(
        *("2024-03-25T12:00", "2024-02", (1, 2, 3)),
        forecasts=(forecast(NORTH, "2024-02", 1, 61),),
        hindcasts=HINDCASTS,
        fits=(fit(NORTH, "ets", None, None, "no luck"), fit(NORTH, "naive", None, 0.5)),
        judgements=JUDGED,
        flags=FLAGS,
        scores=SCORES,
        episodes=EPISODES,
        drivers=DRIVERS,
        systemic_months=frozenset({"2024-02"}),
        occasions=OCCASIONS,
    )
    runs.publish(db, second, made, tree=ENCOUNTERS.tree)
    third = (forecast(NORTH, "2024-02", 1, 99), forecast(NORTH, "2024-02", 2, 98))
    runs.publish(
        db,
        publication("2024-03-26T12:00", "2024-02", (1, 2, 3), forecasts=third),
    )
    runs.withdraw(db, 3, "a mistake", "Ann", NOON)
