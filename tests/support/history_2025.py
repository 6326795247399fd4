"""The service as it stood in a past month: the embedded figures, cut, and a release on top."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forecast import months
from forecast.config import Config
from forecast.context import Context
from forecast.periods import FEDERAL
from forecast.sources.cbp.encounters import bundle
from forecast.store import connect, notices, releases
from forecast.store.connect import transaction, writing
from forecast.store.notices import Notice, Section
from forecast.types import BORDERS, NATIONWIDE, Coverage, Scope, SeriesKey, Snapshot
from jobs import monthly
from tests.support.mail_server import HOST

FILES = ("cbp-fy22-fy25", "cbp-fy23-fy26-nov", "cbp-fy23-fy26-aug")
# What a notice needs, and no more: naive beside the engine, two dimensions.
LIGHT = Config.model_validate(
    {
        "forecast": {
            "models": ("naive",),
            "first_cutoff": "2023-12",
            "dimensions": ("component", "state"),
        },
        "compute": {"processes": 1},
    }
)


FIRST = datetime(2025, 1, 17, 12, tzinfo=UTC)
JANUARY = datetime(2025, 2, 18, 12, tzinfo=UTC)
FEBRUARY = datetime(2025, 3, 12, 12, tzinfo=UTC)
SAID = {"southwest": 11709, "northern": 4098}  # February, as first published
SENDER = Config.model_validate({"mail": {"sender": "Bordercast <notices@example.org>"}})
ANN = {"address": "ann@example.org"}
BOB = {"address": "Bob@example.org", "borders": ("northern",), "digest": True}


def known_through(month: str) -> list[Snapshot]:
    """The embedded totals, states, ... as if nothing after the month were known.

    Left out are the partial vintages, and the long series of Border Patrol sectors.
    """
    cuts = [_cut(s, month) for s in bundle.load() if SeriesKey(NATIONWIDE) in s.counts]
    cuts = [snapshot for snapshot in cuts if snapshot.release.kind != "vintage"]
    return [snapshot for snapshot in cuts if snapshot.coverage]


# The borders alone, under the engine and a baseline: a second's work.
BORDERS_ONLY = Config.model_validate(
    {
        "forecast": {"models": ("naive",), "dimensions": (), "first_cutoff": "2026-06"},
        "compute": {"processes": 1},
    }
)
SEPTEMBER = datetime(2026, 9, 20, 12, tzinfo=UTC)


def borders_alone(folder: Path) -> None:
    """bordercast.db: the record after a run on the embedded totals of the borders."""
    path = folder / "bordercast.db"
    keep(path, *totals())
    publish(path, SEPTEMBER, BORDERS_ONLY)


def totals() -> list[Snapshot]:
    """What the embedded figures say of whole borders."""
    found = []
    for snapshot in bundle.load():
        counts = {key: by_month for key, by_month in snapshot.counts.items() if key.headline}
        coverage = tuple(c for c in snapshot.coverage if c.scope.dimension == "")
        if counts:
            found.append(Snapshot(snapshot.release, counts, coverage, {}, snapshot.closed))
    return found


def _cut(snapshot: Snapshot, month: str) -> Snapshot:
    coverage = tuple(
        Coverage(c.scope, c.first_month, min(c.last_month, month))
        for c in snapshot.coverage
        if c.first_month <= month
    )
    counts = {
        key: {m: count for m, count in by_month.items() if m <= month}
        for key, by_month in snapshot.counts.items()
    }
    through = min(snapshot.release.data_through, month)
    return Snapshot(
        replace(snapshot.release, data_through=through, first_seen_at="2020-01-01"),
        {key: by_month for key, by_month in counts.items() if by_month},
        coverage,
        {},
        frozenset(y for y in snapshot.closed if FEDERAL.period(y).last_month <= month),
    )


def release(month: str, seen: str, said: dict[str, int] | None = None, step: int = 0) -> Snapshot:
    """The newest publisher's file, as it would have stood when it ended with this month.

    said : border -> count of the month, where it was another than today's.
    step : orders several releases of a month.
    """
    newest, counts, coverage = _whole(month)
    for border, count in (said or {}).items():
        key = SeriesKey(border)
        counts[SeriesKey(NATIONWIDE)][month] += count - counts[key][month]
        counts[key][month] = count
    assert counts[SeriesKey(NATIONWIDE)][month] == sum(counts[SeriesKey(b)][month] for b in BORDERS)
    name = f"nationwide-encounters-through-{month}-{step}"
    place = FEDERAL.year(month) * 100_000 + (months.to_index(month) + 3) % 12 * 1000 + 1000
    return replace(
        newest,
        counts=counts,
        coverage=coverage,
        release=replace(
            newest.release,
            source=name,
            kind="state",
            file_name=f"{name}.csv",
            sha256=f"{months.to_index(month):032x}{step:032x}",
            data_through=month,
            seq=place + step,
            first_seen_at=seen,
            first_seen_precision="day",
        ),
    )


def _whole(
    month: str,
) -> tuple[Snapshot, dict[SeriesKey, dict[str, int]], tuple[Coverage, ...]]:
    """The publisher's files of now in one, cut after the month; the newest count goes first."""
    files = [_cut(s, month) for s in bundle.load() if s.release.source in FILES]
    counts: dict[SeriesKey, dict[str, int]] = {}
    spans: dict[Scope, list[str]] = {}
    for file in files:
        for key, by_month in file.counts.items():
            counts[key] = counts.get(key, {}) | dict(by_month)
        for c in file.coverage:
            spans.setdefault(c.scope, []).extend((c.first_month, c.last_month))
    coverage = tuple(Coverage(scope, min(ends), max(ends)) for scope, ends in spans.items())
    return files[-1], counts, coverage


def keep(path: Path, *snapshots: Snapshot) -> None:
    """Take releases into the record, unchecked."""
    with writing(path) as db, transaction(db):
        for snapshot in snapshots:
            releases.save_snapshot(db, snapshot)


def publish(path: Path, now: datetime, config: Config = LIGHT) -> None:
    """Do the month's work on what is held."""
    monthly.run(Context.open(path, config), with_bundle=False, now=now)


def settings(
    port: int = 1, *, operator: str = "", recipients: Any = (ANN, BOB), **changes: Any
) -> Config:
    """Settings that mail to this port of ours; `changes` are those of [notices]."""
    light = LIGHT.model_dump()
    return Config.model_validate(
        light
        | {
            "notices": {"recipients": recipients, "contact": "desk@example.org", **changes},
            "mail": {
                "enabled": True,
                "host": HOST,
                "port": port,
                "security": "local",
                "sender": SENDER.mail.sender,
                "operator": operator,
            },
        }
    )


def stages(folder: Path) -> Path:
    """The record after the first run, after January's and after February's release."""
    path = folder / "bordercast.db"
    keep(path, *known_through("2024-12"), release("2024-12", "2025-01-17"))
    publish(path, FIRST, settings())
    shutil.copy(path, folder / "first.db")
    keep(path, release("2025-01", "2025-02-18"))
    publish(path, JANUARY, settings())
    shutil.copy(path, folder / "january.db")
    keep(path, release("2025-02", "2025-03-12", SAID))
    publish(path, FEBRUARY, settings())
    shutil.copy(path, folder / "february.db")
    return folder


def held(path: Path) -> tuple[Notice, tuple[Section, ...]]:
    """The newest notice and its sections."""
    with closing(connect.read(path)) as connection:
        notice = notices.every(connection)[-1]
        return notice, tuple(notices.sections(connection, notice.id))
