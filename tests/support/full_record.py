"""A record written by hand with something of every kind of what people are shown.

Four borders over a year and a half, halves and parts, a split at entry and in the interior, counts
revised once and twice, unusual months of every kind and grade, what moved them and how they ended,
forecasts of months and years, chances and what became of them, four notices, a refused file, a run
withdrawn. Every number follows from the few below; no model is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from forecast import months
from forecast.config import Config
from forecast.context import Context
from forecast.desk.facts import newest_reports
from forecast.engine import paths
from forecast.engine.joint import as_bytes
from forecast.store import connect, notices, releases, runs
from forecast.types import (
    NO_BOUND,
    Episode,
    Forecast,
    Judgement,
    NoticeIntent,
    Publication,
    Question,
    SeriesKey,
    SimulationSpec,
    Snapshot,
    StoredMarginals,
)
from jobs.deliver import approve, write
from tests.support.cbp_files import ENCOUNTERS
from tests.support.notice_words import word
from tests.support.tiny_record import (
    NEW_YORK,
    NORTH,
    OTHER,
    SOUTH,
    VERMONT,
    WHOLE,
    driver,
    fit,
    flag,
    forecast,
    hindcast,
    publication,
    release,
    score,
    stated,
)

MONTHS = tuple(months.between("2022-10", "2024-03"))
OFFICES, PATROL = "Office of Field Operations", "U.S. Border Patrol"
BORDERS = (NORTH, SOUTH, OTHER)
HALVES = {
    key: (SeriesKey(key.total, "component", OFFICES, OFFICES),
          SeriesKey(key.total, "component", PATROL, PATROL))
    for key in BORDERS
}  # fmt: skip
INSIDE, ENTRY = (
    SeriesKey("southwest", "apprehension_type", kind, PATROL) for kind in ("At Large", "At Entry")
)
SWANTON = SeriesKey("northern", "field", "Swanton Sector", PATROL)
BUFFALO = SeriesKey("northern", "field", "Buffalo Field Office", OFFICES)
INDIA, MEXICO = (SeriesKey("southwest", "citizenship", name) for name in ("INDIA", "MEXICO"))
NOW = datetime(2024, 4, 20, 12, tzinfo=UTC)
APPROVED = datetime(2024, 3, 19, 12, tzinfo=UTC)
SETTINGS = Config.model_validate(
    {"site": {"address": "https://border.example.org/"}, "notices": {"contact": "desk@example.org"}}
)
CUTOFF, THROUGH = "2024-02", "2024-03"


def counts(last: str, moved: Mapping[tuple[SeriesKey, str], int] | None = None):
    """What a file through a month states: level + 10 a month, and what is moved in it."""
    levels = {NORTH: 1000, SOUTH: 20_000, OTHER: 300}
    span = [month for month in MONTHS if month <= last]
    found: dict[SeriesKey, dict[str, int]] = {key: {} for key in (*levels, WHOLE)}
    for key, (ports, between) in HALVES.items():
        found |= {ports: {}, between: {}}
        for place, month in enumerate(span):
            count = (moved or {}).get((key, month), levels[key] + 10 * place)
            found[key][month] = count
            found[between][month] = count // 4
            found[ports][month] = count - count // 4
    found[WHOLE] = {month: sum(found[key][month] for key in BORDERS) for month in span}
    found[NEW_YORK] = {month: found[NORTH][month] // 2 for month in span}
    found[VERMONT] = {month: found[NORTH][month] - found[NORTH][month] // 2 for month in span}
    found[SWANTON] = {month: found[HALVES[NORTH][1]][month] // 2 for month in span}
    found[BUFFALO] = {month: found[HALVES[NORTH][0]][month] // 3 for month in span}
    found[INDIA] = {month: 40 + place for place, month in enumerate(span)}
    found[MEXICO] = {month: found[SOUTH][month] - found[INDIA][month] for month in span}
    return found


# January came with its month, was revised with February and again with March; so was December.
MOVED = {
    "2024-01": {(NORTH, "2024-01"): 2000, (SOUTH, "2023-12"): 9000, (SOUTH, "2024-01"): 9100},
    "2024-02": {(NORTH, "2024-01"): 2010, (SOUTH, "2023-12"): 9050, (SOUTH, "2024-01"): 9100,
                (SOUTH, "2024-02"): 9200, (NORTH, "2024-02"): 1500},
    "2024-03": {(NORTH, "2024-01"): 2020, (SOUTH, "2023-12"): 9050, (SOUTH, "2024-01"): 9100,
                (SOUTH, "2024-02"): 9200, (SOUTH, "2024-03"): 9300, (NORTH, "2024-02"): 1750,
                (NORTH, "2024-03"): 1010, (NORTH, "2023-03"): 1077},
}  # fmt: skip
DAYS = {
    "2023-12": ("2024-01-31", "month"),
    "2024-01": ("2024-02-15", "day"),
    "2024-02": ("2024-03-18", "day"),
    "2024-03": ("2024-04-19", "day"),
}


def snapshots() -> Iterator[Snapshot]:
    """Four files, and beside them the page that splits the Border Patrol's count."""
    for step, (through, (day, exact)) in enumerate(DAYS.items()):
        seen = {"first_seen_at": day, "first_seen_precision": exact}
        of = release(f"file-{through}", through, step=step, **seen)
        closed = (2023,)
        yield stated(of, counts(through, MOVED.get(through, {})), closed)
    page = release("page", "2024-02", "manual", step=-1, first_seen_at="2024-03-18",
                   first_seen_precision="day")  # fmt: skip
    span = ("2024-01", "2024-02")
    patrol = counts(THROUGH, MOVED[THROUGH])[HALVES[SOUTH][1]]
    split = {
        INSIDE: dict.fromkeys(span, 500),
        ENTRY: {month: patrol[month] - 500 - place for place, month in enumerate(span)},
    }
    yield stated(page, split)


def wide(key: SeriesKey, cutoff: str, ahead: int, median: int, model: str = "bordercast"):
    """A forecast whose intervals reach 5, 10, 15 and 20% to both sides."""
    ends = [median + median * away // 100 for out in (5, 10, 15, 20) for away in (-out, out)]
    made = forecast(key, cutoff, ahead, median, model)
    names = ("lo50", "hi50", "lo80", "hi80", "lo90", "hi90", "lo95", "hi95")
    centre, scale = float(np.log1p(median)), 0.1
    bounds = dict(zip(names, ends, strict=True))
    flags = {"flag_below": median // 2, "flag_above": 2 * median}
    return replace(made, **bounds, centre=centre, scale=scale, **flags)


def ahead(cutoff: str, levels: Mapping[SeriesKey, int], reach: int = 6) -> tuple[Forecast, ...]:
    """The engine's forecasts and naive's of every series."""
    return tuple(
        wide(key, cutoff, step, level + 7 * step * (model == "bordercast"), model)
        for key, level in levels.items()
        for model in ("bordercast", "naive")
        for step in range(1, reach + 1)
    )


def judged(key: SeriesKey, month: str, count: int, median: int, **more) -> Judgement:
    """A month judged by the forecast of the month before, by default an issued one."""
    made = Judgement(key, month, count, "issued", 2, 1, months.shift(month, -1), 1, median,
                     0.3, 1.0, float(np.log1p(median)))  # fmt: skip
    return replace(made, **more)


def later(key: SeriesKey, month: str, count: int, median: int, **more) -> Judgement:
    """The same by a hindcast."""
    return judged(key, month, count, median, basis="hindcast", run_id=None, **more)


LEVELS = {NORTH: 1010, SOUTH: 9300, OTHER: 470, WHOLE: 10_780, NEW_YORK: 505, VERMONT: 505,
          HALVES[NORTH][0]: 760, HALVES[NORTH][1]: 250, HALVES[SOUTH][0]: 6975,
          HALVES[SOUTH][1]: 2325, MEXICO: 9243, SWANTON: 126}  # fmt: skip
HINDCASTS = tuple(
    hindcast(key, months.shift(month, -step), step, median + 3 * step)
    for key, month, median in (
        (NORTH, "2023-12", 1130), (NORTH, "2024-01", 1140), (SOUTH, "2023-12", 20_130),
        (SOUTH, "2024-01", 9060), (OTHER, "2024-01", 449), (WHOLE, "2024-01", 11_560),
        (OTHER, "2024-02", 600),
    )
    for step in (1, 2)
)  # fmt: skip
FIRST = (
    later(NORTH, "2023-12", 1140, 1130, p=0.8, z=0.2),
    later(NORTH, "2024-01", 2000, 1140, p=0.002, z=3.1, drift_up=1.5),
    later(SOUTH, "2023-12", 9000, 20_130, p=0.0004, z=-3.6, outside=-1, drift_down=2.5),
    later(SOUTH, "2024-01", 9100, 9060, p=0.9, z=0.1, outside=-1, drift_down=4.5),
    later(OTHER, "2024-01", 450, 449, p=0.7),
    later(WHOLE, "2024-01", 11_550, 11_560, p=0.99),
    later(NEW_YORK, "2024-01", 1000, 570, p=0.02),
    Judgement(OTHER, "2022-10", 300, "none", 1),
)  # fmt: skip
FIRST_FLAGS = (
    flag(NORTH, "2024-01", 1.75, severity="major", value=2000, expected=1140, side=1,
         episode="2024-01", release_id=2),
    flag(NEW_YORK, "2024-01", 1.75, role="listed", parent="2024-01", value=1000, expected=570,
         side=1, severity="notable", release_id=2),
    flag(SOUTH, "2023-12", 0.447, severity="critical", value=9000, expected=20_130,
         episode="2023-12", release_id=2),
    flag(SOUTH, "2024-01", 0.45, kind="drift", severity="notable", value=9100,
         expected=20_140, release_id=2),
    flag(OTHER, "2024-01", 1.0, severity="watch", value=450, expected=449, side=1,
         release_id=2),
)  # fmt: skip
STOOD = {"cutoff": "2023-11", "centre": (7.0, 7.5, 7.6), "scale": (0.25,), "df": 2.5}
NORTH_OPEN = Episode(NORTH, "2024-01", 1, 0.56, **{**STOOD, "cutoff": "2023-12"})
SOUTH_OPEN = Episode(SOUTH, "2023-12", -1, 0.8, **STOOD)


def drivers(key: SeriesKey, month: str) -> tuple[dict, ...]:
    """What moved the northern January: New York most."""
    made = (key, month)
    return (
        driver(made, "state", "part", NEW_YORK, 570, 1000, 430),
        driver(made, "state", "part", VERMONT, 570, 1000, 425),
        driver(made, "state", "unattributed", None, 0, 5, 5),
        driver(made, "component", "part", HALVES[NORTH][0], 855, 1500, 645),
        driver(made, "component", "part", HALVES[NORTH][1], 285, 500, 215),
        driver(made, "citizenship", "not held"),
    )


def span_forecasts(key: SeriesKey, published: int, median: int) -> tuple[Forecast, ...]:
    """The fiscal year's sum and the next calendar year's."""
    bounds = [median + median * away // 100 for out in (5, 10, 15, 20) for away in (-out, out)]
    this = Forecast(
        key, "bordercast", THROUGH, "2023-10", "2024-09", median, *bounds,
        span="FY2024", months_published=6, published=published,
    )  # fmt: skip
    whole = replace(this, span="FY2025", first_month="2024-10", last_month="2025-09",
                    months_published=0, published=0)  # fmt: skip
    return this, whole


def marks(level: int) -> bytes:
    """A distribution around a level for each of 24 months."""
    ahead_of = np.arange(1, 25)
    return as_bytes(np.full(24, np.log1p(level)), 0.05 * np.sqrt(ahead_of), 3.0, 1.0)


def answer(key: SeriesKey, kind: str, first: str, last: str, **more) -> dict:
    """A chance of .62 given in the newest run, where coins give .5."""
    bounds = {
        name: more.pop(name, NO_BOUND[place]) for place, name in enumerate(("above", "below"))
    }
    asked = Question(key, kind, first, last, more.pop("statistic", "sum"), **bounds)
    usual = {"basis": "issued", "cutoff": THROUGH, "version": "1", "chance": 0.62,
             "base_rate": 0.5, "last_value": 0.55}  # fmt: skip
    return {"question": asked, **usual, **more}


YEAR_BEFORE = "next month above year before"
ANSWERS = (
    answer(NORTH, YEAR_BEFORE, "2024-04", "2024-04", above=1060),
    answer(NORTH, "fiscal year above last", "2023-10", "2024-09", above=12_660, chance=0.991),
    answer(NORTH, "record within 12 months", "2024-04", "2025-03", above=2020, statistic="max",
           chance=0.003),
    answer(SOUTH, YEAR_BEFORE, "2024-04", "2024-04", above=20_060, chance=0.04),
)  # fmt: skip
# Resolved: above the year before from October 2023 to March 2024 in the north.
RESOLVED = tuple(
    answer(NORTH, YEAR_BEFORE, month, month, above=1000 + 10 * place, basis="hindcast",
           cutoff=months.shift(month, -1), chance=0.6 + 0.05 * (place % 3),
           last_value=0.5 if place % 2 else None)
    for place, month in enumerate(months.between("2023-10", "2024-03"))
)  # fmt: skip


def change(key: SeriesKey, month: str, *steps: int) -> dict:
    names = ("before", "method", "revisions", "season", "surprise", "after")
    return {"series": key, "month": month, **dict(zip(names, steps, strict=True))}


CHANGES = (
    change(NORTH, "2024-04", 1500, -40, 3, 0, -446, 1017),
    change(NORTH, "2024-05", 1507, -40, 3, 2, -448, 1024),
    change(SOUTH, "2024-04", 9307, 0, 0, 0, 0, 9307),
)
SCORES = tuple(
    score(
        key, 30 + ahead_, basis, model=model, horizon=ahead_, era=era,
        wis=round(12.5 * (1 + ahead_) * worse, 2), mae=round(20.25 * (1 + ahead_) * worse, 2),
        mase=0.75 * worse, relative_mae=round(worse, 3) if model == "bordercast" else 1.0,
        log_wis=round(0.05 * (1 + ahead_) * worse, 4),
        coverage50=0.52, coverage80=0.81, coverage95=0.93,
    )
    for key, worse in ((NORTH, 0.9), (SOUTH, 1.1), (OTHER, 1.0), (WHOLE, 0.8))
    for basis in ("hindcast", "issued")
    for model in ("bordercast", "naive")
    for ahead_ in (0, 1, 3)
    for era in ("all", "2023")
    if basis == "hindcast" or (key == NORTH and era == "all")
)  # fmt: skip
FITS = tuple(
    fit(key, name, weight, 0.2, failure)
    for key in (NORTH, SOUTH)
    for name, weight, failure in (
        ("breakwalk", 0.75, ""), ("structural", 0.25, ""), ("ets", None, "it did not converge"),
    )
)  # fmt: skip
OCCASIONS = (
    NoticeIntent("flags", "2024-01", 2, "one", "<1@x>"),
    NoticeIntent("quiet", "2024-02", 3, "two", "<2@x>"),
    NoticeIntent("flags", "2024-03", 5, "three", "<3@x>"),
    NoticeIntent("correction", "2024-02", 5, "four", "<4@x>", corrects=2),
)


def first_run() -> Publication:
    """Through January, with the first unusual months."""
    return publication(
        *("2024-02-15T12:00", "2024-01", (1, 2)),
        forecasts=ahead("2024-01", {**LEVELS, NORTH: 1490, SOUTH: 9100}),
        hindcasts=HINDCASTS, fits=FITS, judgements=FIRST, flags=FIRST_FLAGS, scores=SCORES,
        episodes=(NORTH_OPEN, SOUTH_OPEN), drivers=drivers(NORTH, "2024-01"),
        systemic_months=frozenset({"2024-01"}), occasions=OCCASIONS[:1], answers=RESOLVED,
    )  # fmt: skip


def second_run() -> Publication:
    """Through February: nothing unusual, one episode over."""
    return publication(
        *("2024-03-18T12:00", "2024-02", (1, 2, 3, 4)),
        forecasts=ahead(CUTOFF, {**LEVELS, NORTH: 1500}),
        judgements=(
            judged(NORTH, "2024-02", 1500, 1497, release_id=3),
            judged(SOUTH, "2024-02", 9200, 9107, release_id=3, p=0.15, outside=-1, drift_down=5.5),
            later(OTHER, "2024-02", 460, 600, release_id=3, p=0.015, z=-2.4),
        ),
        flags=(
            flag(OTHER, "2024-02", 0.77, severity="notable", value=460, expected=600,
                 episode="2024-02", release_id=3),
        ),
        episodes=(
            replace(SOUTH_OPEN, state="level shift", closed="2024-02"),
            Episode(OTHER, "2024-02", -1, 0.27, **{**STOOD, "cutoff": "2024-01"}),
        ),
        scores=SCORES, occasions=OCCASIONS[1:2],
    )  # fmt: skip


def third_run() -> Publication:
    """Through March: the north falls back, a part stands apart, a closed month is revised."""
    by_second = {"run_id": 2, "release_id": 5}
    return publication(
        *("2024-04-19T12:00", THROUGH, (1, 2, 3, 4, 5)),
        forecasts=(
            *ahead(THROUGH, LEVELS),
            *span_forecasts(NORTH, 7940, 14_000),
            *span_forecasts(SOUTH, 77_000, 130_000),
            *span_forecasts(HALVES[NORTH][1], 1900, 3500),
        ),
        quantiles=tuple((NORTH, "2024-04", permille, permille) for permille in (100, 500, 900)),
        fits=FITS,
        judgements=(
            judged(NORTH, "2024-03", 1010, 1507, p=0.01, z=-2.5, **by_second),
            judged(SOUTH, "2024-03", 9300, 9307, p=0.95, **by_second),
            judged(OTHER, "2024-03", 470, 477, p=0.6, **by_second),
            judged(WHOLE, "2024-03", 10_780, 10_787, p=0.97, **by_second),
            judged(VERMONT, "2024-03", 505, 512, p=0.5, apart_p=0.008, **by_second),
            judged(NEW_YORK, "2024-03", 505, 512, p=0.03, **by_second),
        ),
        flags=(
            flag(NORTH, "2024-03", 0.67, severity="notable", value=1010, expected=1507,
                 role="reversal", episode="2024-03", release_id=5),
            flag(NORTH, "2023-03", 1.025, kind="revision", severity="notable", value=1077,
                 expected=1050, side=1, release_id=5),
            flag(VERMONT, "2024-03", 1.4, severity="notable", value=505, expected=360,
                 role="apart", parent="2024-03", episode="2024-03", side=1, release_id=5),
            flag(NEW_YORK, "2024-03", 0.7, severity="major", value=505, expected=720,
                 role="listed", parent="2024-03", episode="2024-03", release_id=5),
        ),
        episodes=(
            replace(NORTH_OPEN, state="transient", closed="2024-03"),
            Episode(NORTH, "2024-03", -1, 0.4, **{**STOOD, "cutoff": CUTOFF}),
            Episode(VERMONT, "2024-03", 1, 0.3, **{**STOOD, "cutoff": CUTOFF}, relative=True),
            Episode(NEW_YORK, "2024-03", -1, 0.3, **{**STOOD, "cutoff": CUTOFF}),
        ),
        drivers=drivers(NORTH, "2024-03"), scores=SCORES, occasions=OCCASIONS[2:],
        path_rule=SimulationSpec(paths.RULE, months.to_index(THROUGH), ("northern", "southwest"),
                           ((1.0, 0.3), (0.3, 1.0))),
        path_marks=tuple(
            StoredMarginals(key, THROUGH, marks(level), 0.9 if key.dimension else 1.0)
            for key, level in LEVELS.items() if key not in (OTHER, WHOLE)
        ),
        answers=ANSWERS, changes=CHANGES,
    )  # fmt: skip


def make(path: Path) -> None:
    """Four files and a page, a refused file; four runs, the last withdrawn; notices written."""
    first, second, third, fourth, page = snapshots()
    _month(path, (first, second), first_run(), NOW)
    _month(path, (third, page), second_run(), NOW)
    with closing(connect.read(path)) as connection:
        seen = notices.content(connection, 2)
    approve.approve(path, 2, word("Ann", "root", seen), APPROVED)
    _month(path, (fourth,), third_run(), NOW)
    with connect.writing(path) as db, connect.transaction(db):
        refused = release("refused", THROUGH, step=9)
        releases.save_refused(db, refused, "the total falls by half")
    wrong = ahead(THROUGH, {NORTH: 5}, 1)
    with connect.writing(path) as db:
        rests_on = (1, 2, 3, 4, 5)
        runs.publish(
            db,
            publication("2024-04-20T12:00", THROUGH, rests_on, forecasts=wrong),
        )
        runs.withdraw(db, 4, "a mistake", "Ann", NOW)


def _month(path: Path, files: tuple[Snapshot, ...], run: Publication, now: datetime) -> None:
    with connect.writing(path) as db:
        with connect.transaction(db):
            for one in files:
                releases.save_snapshot(db, one)
        made = partial(newest_reports, source=ENCOUNTERS)
        runs.publish(db, run, made, tree=ENCOUNTERS.tree)
        write.write_all(Context.open(path, SETTINGS), db, now)
