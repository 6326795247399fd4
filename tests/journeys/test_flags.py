"""The journey of a flag: replayed, stored, continued by a later run, shown."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast import months
from forecast.config import Config, ForecastSection
from forecast.context import Context
from forecast.judge.replay import ReplayedService, service
from forecast.sources.cbp.encounters import bundle
from forecast.store import inputs, releases
from forecast.store.connect import transaction, writing
from forecast.types import BORDERS, NATIONWIDE, Coverage, Release, SeriesKey, Snapshot
from jobs import monthly
from jobs.cli import main
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import rows, written

SMALL = Config(
    forecast=ForecastSection(models=("naive",), dimensions=(), first_cutoff="2026-06"),
    compute={"processes": 1},
)


def said(*words: object) -> str:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def replayed(published: Path) -> ReplayedService:
    with closing(sqlite3.connect(published)) as db:
        known, config = inputs.first_known(db), Config()
        wanted = config.forecast.first_cutoff, config.forecast.horizon, config.flags.rules
        return service(known, *wanted, "2013-10", ENCOUNTERS)


FLAGS = """
select border, month, kind, role, severity, encounters, expected, episode, closed from all_flags
where dimension = '' and kind <> 'revision' and severity <> 'watch' order by month, border
"""


@pytest.mark.slow
def test_history_is_what_the_replay_says(published, replayed):
    found = []
    for flag in replayed.flags:
        episode = replayed.ending(flag)
        end = (episode.state, episode.closed) if episode else (None, None)
        head = (flag.series.total, flag.month, flag.kind, flag.role, flag.severity)
        found.append((*head, flag.value, flag.expected, *end))

    assert sorted(found, key=lambda row: (row[1], row[0])) == rows(published, FLAGS)
    judged = {(j.series.total, j.month): j.p for j in replayed.judged(quiet=False)}
    assert judged == {
        (border, month): p
        for border, month, p in rows(
            published,
            "select border, month, p from judged_months where dimension = '' and p is not null",
        )
    }


def test_southwest_2025_is_one_flag_and_then_a_level_shift(published):
    found = rows(
        published,
        "select month, severity, episode, closed from all_flags where dimension = '' "
        "and border = 'southwest' and severity <> 'watch' and kind <> 'revision' "
        "and month between '2024-07' and '2025-08'",
    )

    assert found == [("2025-02", "critical", "level shift", "2025-04")]


def test_northern_2025_is_one_flag(published):
    found = rows(
        published,
        "select month, severity, episode, closed from all_flags where dimension = '' "
        "and border = 'northern' and severity <> 'watch' and kind <> 'revision' "
        "and month >= '2024-07'",
    )

    assert found == [("2025-01", "major", "level shift", "2025-03")]


@pytest.mark.parametrize(
    ("border", "month", "most"),
    [
        ("southwest", "2020-04", 0.02),
        ("southwest", "2025-02", 0.005),
        ("northern", "2020-04", 0.005),
        ("northern", "2025-01", 0.01),
        ("southwest", "2024-01", 0.05),
        ("nationwide", "2021-03", 0.05),
        ("nationwide", "2025-01", 0.05),
    ],
)
def test_the_known_months_stand_out(published, border, month, most):
    query = "select p from judged_months where dimension = '' and border = ? and month = ?"
    ((p,),) = rows(published, query, border, month)

    assert p < most


def test_there_are_few_flags_and_the_drift_of_2021_is_among_the_alarms(published):
    flags = rows(
        published,
        "select count(*) from all_flags where dimension = '' and severity <> 'watch' "
        "and kind = 'month' and month >= '2018'",
    )
    alarms = rows(
        published, "select border, month from all_flags where kind = 'drift' order by month"
    )

    assert flags[0][0] <= 10
    assert {("southwest", "2021-03"), ("nationwide", "2021-03")} <= set(alarms)
    assert len(alarms) <= 4 * 104 / 130


def test_contributions_sum_to_the_deviation(published):
    wrong = rows(
        published,
        """
        select f.id, d.dimension from flags as f join drivers as d on d.flag_id = f.id
        group by 1, 2 having sum(d.contribution) <> f.encounters - f.expected
        """,
    )
    explained = rows(published, "select count(distinct flag_id) from drivers")
    flags = rows(
        published,
        "select count(*) from all_flags where dimension = '' and kind = 'month' "
        "and severity <> 'watch'",
    )
    dimensions = rows(
        published,
        "select distinct dimension from flag_drivers where border = 'southwest' "
        "and month = '2025-02' and role = 'part' order by 1",
    )

    assert wrong == []
    assert explained == flags
    assert [name for (name,) in dimensions] == sorted(Config().forecast.dimensions)


def test_a_dimension_without_that_month_says_so(published):
    found = rows(
        published,
        "select distinct dimension, role from flag_drivers "
        "where border = 'southwest' and month = '2017-02' order by 1, 2",
    )

    assert ("state", "not held") in found
    assert ("field", "part") in found
    assert ("field", "unattributed") in found


def test_parts_stand_under_their_borders_flag(published):
    under = rows(
        published,
        "select c.dimension, p.border, p.month, p.dimension from all_flags as c "
        "join all_flags as p on p.flag_id = c.parent_flag_id where c.role = 'listed'",
    )

    assert len(under) >= 20
    assert {(parent_dimension, c == "") for c, _, _, parent_dimension in under} == {("", False)}


def test_the_badge_marks_the_months_that_moved_as_one(published):
    months = {m for (m,) in rows(published, "select distinct month from flags where systemic")}

    assert {"2016-01", "2017-02", "2020-04", "2025-02"} <= months
    assert len(months) <= 6


def one_month(month: str, counts: dict[str, int], seq: int) -> Snapshot:
    counts = {**counts, NATIONWIDE: sum(counts.values())}
    release = Release(
        source=f"cbp-{month}",
        kind="manual",
        file_name=f"{month}.csv",
        sha256=f"sha of {month}",
        data_through=month,
        seq=seq,
        first_seen_at=f"{months.shift(month, 1)}-20",
        first_seen_precision="day",
    )
    return Snapshot(
        release,
        {SeriesKey(border): {month: count} for border, count in counts.items()},
        tuple(Coverage(SeriesKey(border).scope, month, month) for border in counts),
    )


@pytest.mark.slow
def test_a_later_run_goes_on_with_an_open_episode(tmp_path):
    """Four times the expected count, which then holds for two months: one flag, three runs."""
    path = tmp_path / "a.db"
    with writing(path) as db, transaction(db):
        for snapshot in bundle.load():
            releases.save_snapshot(db, cut(snapshot, "9999-12"))
    first = datetime(2026, 9, 20, tzinfo=UTC)
    monthly.run(Context.open(path, SMALL), now=first, with_bundle=False)
    counts = {"northern": 5_400, "southwest": 50_000, "other": 16_100}
    states = []
    for month, seq in (("2026-09", 202612000), ("2026-10", 202701000), ("2026-11", 202702000)):
        with writing(path) as db, transaction(db):
            releases.save_snapshot(db, one_month(month, counts, seq))
        later = datetime(2026, 12, 20, tzinfo=UTC)
        monthly.run(Context.open(path, SMALL), now=later, with_bundle=False)
        states.append(
            rows(
                path,
                "select opened, state, closed from flag_episodes "
                "where border = 'southwest' and opened >= '2026'",
            )
        )

    assert states == [
        [("2026-09", "open", None)],
        [("2026-09", "open", None)],
        [("2026-09", "level shift", "2026-11")],
    ]
    assert rows(
        path,
        "select month, role, basis from all_flags where border = 'southwest' "
        "and month >= '2026-09' and severity <> 'watch'",
    ) == [("2026-09", "first", "issued")]
    drift = rows(
        path,
        "select drift_up from judgements j join series s on s.id = j.series_id "
        "where s.border = 'southwest' and s.dimension = '' and month = '2026-09'",
    )
    assert drift == [(0.0,)]


@pytest.mark.slow
def test_history_in_two_runs_is_history_in_one(tmp_path, published):
    """What the first run leaves is all the second must know: sums, sides, open episodes.

    Months long after the first run are judged by what it issued, so only the next are compared.
    """
    path = tmp_path / "a.db"
    whole = bundle.load()

    class Embedded(type(ENCOUNTERS.reader())):
        def __init__(self, snapshots: list[Snapshot]) -> None:
            self.snapshots = snapshots

        def embedded(self, dimensions: object) -> list[Snapshot]:
            return self.snapshots

    def embedded(snapshots: list[Snapshot]) -> Context:
        context = Context.open(path, SMALL)
        source = replace(ENCOUNTERS, reader=lambda: Embedded(snapshots))
        return replace(context, sources={context.name: source})

    first = embedded([cut(snapshot, "2025-02") for snapshot in whole])
    monthly.run(first, now=datetime(2025, 3, 31, tzinfo=UTC))
    then = embedded([later(snapshot, "2025-02") for snapshot in whole])
    monthly.run(then, now=datetime(2026, 9, 20, tzinfo=UTC))

    columns = "border, month, kind, role, episode, closed"
    query = (
        f"select {columns} from all_flags where dimension = '' and kind <> 'revision' "
        "and severity <> 'watch' and month <= '2025-05' order by month, border"
    )
    assert rows(path, query) == rows(published, query)


def cut(snapshot: Snapshot, last: str) -> Snapshot:
    """The totals of a release up to a month."""
    return _window(snapshot, "", last)


def later(snapshot: Snapshot, last: str) -> Snapshot:
    """The whole totals, as another release where they go beyond a month."""
    if snapshot.release.data_through <= last:
        return cut(snapshot, last)
    return _window(snapshot, "full ", "9999-12")


def _window(snapshot: Snapshot, name: str, last: str) -> Snapshot:
    release = Release(
        **{
            **{field: getattr(snapshot.release, field) for field in Release.__slots__},
            "sha256": name + snapshot.release.sha256,
        }
    )
    totals = {
        key: {m: count for m, count in by_month.items() if m <= last}
        for key, by_month in snapshot.counts.items()
        if key.headline
    }
    coverage = tuple(
        Coverage(c.scope, c.first_month, min(c.last_month, last))
        for c in snapshot.coverage
        if c.scope.dimension == "" and c.first_month <= last
    )
    return Snapshot(release, {k: v for k, v in totals.items() if v}, coverage)


@pytest.mark.slow
def test_flags_reads_well(published):
    shown = said("--db", published, "flags", "--since", "2025-01")

    assert "Feb 2025  southwest: critical, a level shift as of Apr 2025" in shown
    assert "11,709 (now 11,710) published" in shown
    assert re.search(r"citizenship: +Mexico \N{MINUS SIGN}", shown)
    assert "rounding and unassigned \N{MINUS SIGN}1" in shown
    assert max(map(len, shown.splitlines())) <= 120


def test_flags_for_programs(published):
    found = json.loads(said("--db", published, "flags", "--json", "--since", "2025-02"))
    southwest = next(row for row in found if row["border"] == "southwest")

    assert southwest["episode"] == "level shift"
    for dimension in Config().forecast.dimensions:
        moved = [d["contribution"] for d in southwest["drivers"] if d["dimension"] == dimension]
        assert sum(moved) == southwest["encounters"] - southwest["expected"]


def test_every_border_can_raise_a_flag_next_month(published):
    found = rows(
        published,
        "select flag_below, flag_above from latest_forecasts "
        "where dimension = '' and model = 'bordercast' and horizon = 1",
    )

    assert len(found) == len(BORDERS) + 1
    assert all(below is not None and above > below for below, above in found)


@pytest.mark.slow
def test_drivers_arrive_with_their_figures_and_the_others_stay(database):
    """States of an earlier flag that come later fill their own gap and nothing else."""
    gap = "dimension = 'state' and flag_id in (select id from flags where month = '2025-02')"
    with closing(sqlite3.connect(database)) as db:
        before = db.execute("select * from drivers order by 1, 2, 4").fetchall()
        flags = db.execute(f"select distinct flag_id from drivers where {gap}").fetchall()
        db.execute(f"delete from drivers where {gap}")
        db.executemany(
            "insert into drivers (flag_id, dimension, role) values (?, 'state', 'not held')", flags
        )
        db.execute(
            "update drivers set contribution = 0 "
            "where dimension = 'citizenship' and role <> 'not held'"
        )
        db.commit()
    written(database, "update drivers set role = role")
    counts = {"northern": 5_400, "southwest": 12_500, "other": 16_100}
    with writing(database) as db, transaction(db):
        releases.save_snapshot(db, one_month("2026-09", counts, 202612000))

    settings = Config(forecast=ForecastSection(models=("naive",)))
    monthly.run(Context.open(database, settings), now=datetime(2026, 10, 16, tzinfo=UTC))

    after = rows(database, "select * from drivers order by 1, 2, 4")
    # All but the run that wrote them.
    assert [r[:-1] for r in after if r[1] == "state"] == [r[:-1] for r in before if r[1] == "state"]
    assert {r[6] for r in after if r[1] == "citizenship"} <= {0, None}
