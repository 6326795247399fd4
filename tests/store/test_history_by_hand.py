"""What the store says of a record written by hand: every answer known beforehand."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from sqlite3 import Connection

import pytest

from forecast.errors import DataError
from forecast.store import (
    connect,
    history,
    inputs,
    integrity,
    measures,
    notices,
    queries,
    read,
    releases,
    runs,
)
from forecast.store.notices import Section
from forecast.types import (
    Forecast,
    KeptPath,
    Question,
    SeriesKey,
    SimulationSpec,
    StoredMarginals,
)
from tests.support import tiny_record
from tests.support.cbp_files import ENCOUNTERS
from tests.support.notice_words import framed, word
from tests.support.tiny_record import (
    EPISODES,
    JUDGED,
    MOVED,
    NEW_YORK,
    NOON,
    NORTH,
    OCCASIONS,
    OTHER,
    SOUTH,
    VERMONT,
    WHOLE,
)


@pytest.fixture
def connection(by_hand: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(by_hand)) as connection:
        yield connection


@pytest.fixture
def db(by_hand: Path, tmp_path: Path) -> Iterator[Connection]:
    """A copy to write to."""
    with connect.writing(Path(shutil.copy(by_hand, tmp_path / "bordercast.db"))) as db:
        yield db


def test_a_month_of_which_a_file_was_refused_is_known_by_its_place(db):
    place = tiny_record.release("", "2024-02").seq

    assert inputs.told(db).refused == {place // 1000}


def test_what_a_notice_rests_on(connection):
    assert inputs.told(connection).newest == (2, "sha of february")
    assert queries.column(connection, "judged_as_issued", ("2024-01",)) == ["northern"]
    assert queries.column(connection, "judged_as_issued", ("2024-02",)) == ["southwest"]
    opened = {
        month: [row["border"] for row in queries.rows(connection, "episodes", (month, month))]
        for month in ("2023-12", "2024-01", "2024-02")
    }
    assert opened == {
        "2023-12": ["other"],
        "2024-01": ["southwest", "northern"],
        "2024-02": ["northern", "nationwide"],
    }


def test_the_flags_of_a_month_are_all_but_revisions_and_months_only_watched(connection):
    every = read.flags(connection, ENCOUNTERS.totals, since="2024-01", parts=True)
    found = [row for row in every if row.month == "2024-01" and row.kind != "revision"]

    assert [(row.total, row.member, row.kind) for row in found] == [
        ("northern", "", "month"),
        ("northern", "NY", "month"),
        ("northern", "VT", "month"),
        ("southwest", "", "drift"),
    ]
    assert (found[0].listed, found[0].apart) == (1, 1)
    assert [row.month for row in every if row.month > "2024-01"] == ["2024-02"]
    assert len(read.flags(connection, ENCOUNTERS.totals)) == 4
    assert len(read.flags(connection, ENCOUNTERS.totals, "other")) == 0
    assert len(read.flags(connection, ENCOUNTERS.totals, watch=True)) == 5
    assert [r.systemic for r in read.flags(connection, ENCOUNTERS.totals, "southwest")] == [
        1,
        0,
    ]


def test_drivers_come_the_largest_first_and_the_rest_last(connection):
    ((flag_id, rows),) = read.drivers(connection).items()

    assert [(row.role, row.member) for row in rows] == [
        ("not held", None),
        ("part", "NY"),
        ("part", "VT"),
        ("unattributed", None),
    ]
    northern = read.flags(connection, ENCOUNTERS.totals, "northern", "2024-01")
    assert flag_id == northern[0].flag_id
    (_, _, a, b) = queries.rows(connection, "drivers_of_total", ("northern", None, "northern"))
    assert (a["role"], b["role"]) == ("part", "part")
    assert queries.rows(connection, "drivers_of_total", ("northern", "2024-02", "northern")) == []


def test_what_the_watch_reads_is_what_it_wrote(db):
    found = inputs.read(db)

    assert set(found.episodes) == set(EPISODES)
    assert set(found.flags) == {
        (NORTH, "2024-01", "2024-01"),
        (SOUTH, "2024-02", None),
    }
    assert set(found.sides) == {
        (NORTH, -1, "2024-01"),
        (SOUTH, 1, "2024-02"),
        (NEW_YORK, -1, "2024-01"),
        (VERMONT, -1, "2024-01"),
    }
    assert found.left[NORTH] == ("2024-02", 0.0, 0.0, None)
    assert found.left[NEW_YORK][0] == "2024-01"
    assert found.unexplained == [(NORTH, "2024-01", "2023-12", 10, 20, "citizenship")]
    assert found.judged == {(j.series, j.month) for j in JUDGED}


def test_an_episode_that_has_ended_stays_as_it_is_and_an_open_one_ends(db):
    north, south = EPISODES[2], EPISODES[1]
    ended = replace(north, state="transient", closed="2024-02")
    again = (ended, replace(south, state="open", closed=None))
    runs.publish(db, tiny_record.publication("2024-04-01T12:00", "2024-02", (), episodes=again))

    found = {e.series: e for e in inputs.all_episodes(db)}

    assert (found[NORTH], found[SOUTH]) == (ended, south)
    closed_in = db.execute("select state, published_in, closed_in from episodes order by 1, 2, 3")
    assert set(closed_in.fetchall()) == {
        ("level shift", 2, 2),
        ("open", 2, None),
        ("transient", 2, 2),
        ("transient", 2, 4),
    }


def test_what_was_not_held_is_replaced_when_it_is(db):
    held = (
        tiny_record.driver(MOVED, "citizenship", "part", NORTH, 5, 4, -1),
        tiny_record.driver(MOVED, "citizenship", "unattributed", None, 1, 1, 0),
    )
    runs.publish(db, tiny_record.publication("2024-04-01T12:00", "2024-02", (), drivers=held))

    ((_, rows),) = read.drivers(db).items()

    assert [row.role for row in rows] == ["part", "unattributed", "part", "part", "unattributed"]
    assert inputs.read(db).unexplained == []


def test_the_first_value_is_the_oldest_releases_and_the_day_is_when_it_was_seen(db):
    found = inputs.first_published(db)

    assert found[NORTH]["2024-01"] == (50, 1, "2024-02-20")
    assert found[NORTH]["2024-02"] == (60, 2, None)
    values = [tuple(rest) for key, *rest in inputs.vintages_of_totals(db) if key == NORTH]
    assert values[2:4] == [("2024-01", 50, "2024-02-20"), ("2024-01", 55, "2024-03-31")]
    assert inputs.read(db).revised == []  # flagged already
    db.execute("delete from flags where kind = 'revision'")
    assert inputs.read(db).revised == [(NORTH, "2024-01", 2, 50, 55, False)]


def test_a_forecast_counts_as_it_was_first_issued_and_not_withdrawn(db):
    issued = {tuple(place): quantiles for _, *place, quantiles in inputs.read(db).issued}

    assert issued.keys() == {
        ("bordercast", "2023-12", 1),
        ("bordercast", "2023-12", 2),
        ("naive", "2023-12", 1),
        ("bordercast", "2024-02", 1),
    }
    assert issued["bordercast", "2024-02", 1] == [57, 58, 59, 60, 61, 62, 63, 64, 65]
    (late, early) = inputs.issued_paths(db, "2023-12")[NORTH]
    assert (early.run_id, early.published, early.cutoff) == (1, "2024-02-01", "2023-12")
    assert (early.median, early.centre) == ((90, 95), (9.0, 9.5))
    assert (early.scale, early.df) == ((0.5, 0.5), 2.5)
    assert (late.run_id, late.median) == (2, (61,))
    assert [one.run_id for one in inputs.issued_paths(db, "2024-01")[NORTH]] == [2]


AWAY = (-10, -9, -8, -5, 0, 5, 8, 9, 10)  # of the scored quantiles from the median


def test_what_is_scored_of_hindcasts_comes_back_as_it_was(db):
    scored = [
        (NORTH, "bordercast", cutoff, ahead, [median + away for away in AWAY])
        for cutoff, ahead, median in (("2023-11", 1, 104), ("2023-11", 2, 70), ("2023-12", 1, 90))
    ]

    assert list(inputs.stored_hindcasts(db, [NORTH, SOUTH])) == scored
    assert list(inputs.stored_hindcasts(db, [SOUTH])) == []
    assert inputs.read(db).recorded == {
        ("bordercast", "1", NORTH, cutoff) for cutoff in ("2023-11", "2023-12")
    }


def test_paths_are_held_for_the_next_run_as_they_were_first_kept(db):
    kept = KeptPath("ets", NORTH, "2024-02", "digest", (1.0, 2.5), "")
    failed = KeptPath("ets", NEW_YORK, "2024-02", "digest", (), "no luck")

    inputs.keep_paths(db, [kept, failed])
    inputs.keep_paths(db, [replace(kept, path=(9.0,))])

    assert set(inputs.kept_paths(db)) == {kept, failed}
    assert inputs.run_basis(db) == (frozenset({1, 2, 3}), frozenset(), "settings", "code")


def test_paths_and_proofs_are_stated_by_the_run_that_comes_after_them(db):
    inputs.keep_paths(db, [KeptPath("ets", NORTH, "2024-02", "digest", (1.0,), "")])
    db.execute(
        "insert into witness_proofs values ('git', 1, 1, 'said', '2024-04-01', 'them', x'00', null)"
    )

    run_id = runs.publish(db, tiny_record.publication("2024-04-11T12:00", "2024-02", ()))

    for table in ("model_paths", "witness_proofs"):
        assert db.execute(f"select published_in from {table}").fetchall() == [(run_id,)]


def test_runs_before_the_first_are_none(tmp_path):
    with connect.writing(tmp_path / "bordercast.db") as empty:
        assert inputs.run_basis(empty) is None
        assert inputs.read(empty).before is None
        assert read.newest_source(empty) is None
        assert read.latest_run(empty) is None
        assert history.series_span(empty, NEW_YORK) is None
        assert list(history.all_records(empty, WHOLE_ALONE)) == []


def test_a_withdrawn_run_is_not_the_last(connection, db):
    assert read.latest_run(connection).id == 2
    medians, counts = inputs.read(db).before  # of run 3
    assert medians == {NORTH: {"2024-03": 99, "2024-04": 98}}
    assert counts[NORTH] == {
        "2023-11": 100, "2023-12": 110, "2024-01": 55, "2024-02": 60,
    }  # fmt: skip
    assert [row.month for row in read.forecasts(connection, ENCOUNTERS.totals)] == ["2024-03"]
    assert queries.rows(connection, "failed_models") == [
        {"border": "northern", "model": "ets", "failure": "no luck"}
    ]
    assert [queries.column(connection, "months_judged", (b,)) for b in ("issued", "none")] == [
        [3],
        [1],
    ]


def test_the_newest_month_is_told_with_the_one_before(connection):
    found = read.last_months(connection)

    assert found["northern"] == {
        "month": "2024-02", "encounters": 60, "month_before": 55, "year_before": None,
    }  # fmt: skip
    assert found["other"]["month_before"] == 2
    assert (found["other"]["month"], found["other"]["encounters"]) == ("2024-01", 3)


def test_issued_forecasts_speak_for_themselves_from_two_years_on(connection):
    """Northern has 24 of them, southwest 23; the other border none and a hindcast of two ahead."""
    newest = history.newest_records(connection, WHOLE_ALONE)
    ahead = {total: record.score for (total, _), record in newest}

    assert (ahead["northern"].basis, ahead["northern"].n) == ("issued", 24)
    assert (ahead["southwest"].basis, ahead["southwest"].n) == ("hindcast", 90)
    assert ahead["other"] is None


def test_spans_are_from_the_first_month_to_the_newest(connection):
    assert history.series_span(connection, NORTH) == ("2023-11", "2024-02")
    assert history.series_span(connection, NEW_YORK) == ("2023-12", "2024-01")


WHOLE_ALONE = replace(ENCOUNTERS.tree, aside=None)


def every_month(connection, total, tree):
    ((_, records),) = history.all_records(connection, tree, total)
    return records


def test_a_month_s_record_has_all_that_is_said_of_it(connection):
    found = history.month_record(connection, "northern", "2024-01", WHOLE_ALONE)

    assert found.counts == {"2023-11": 100, "2023-12": 110, "2024-01": 55, "2024-02": 60}
    assert [row.count for row in found.values] == [50, 55]
    assert (found.source["file_name"], found.source["rounding"]) == ("february.csv", 1)
    judged = found.judged
    assert (judged.basis, judged.count, judged.median, judged.lo95) == ("issued", 50, 90, 86)
    assert {row.kind for row in found.flags} == {"month", "revision"}
    assert [row.role for row in found.drivers] == ["not held", "part", "part", "unattributed"]
    assert [row.member for row in found.drivers][1:3] == ["NY", "VT"]
    assert (found.shift, found.interior, found.agencies) == (None, None, {})
    assert found.agencies_unit == 1
    assert (found.score.n, found.often) == (24, (2, 2))
    assert [row.month for row in found.recent] == ["2024-01"]
    with pytest.raises(KeyError):
        history.month_record(connection, "northern", "2024-03", WHOLE_ALONE)


def test_every_month_of_a_border_is_as_when_it_is_asked_for_alone(connection):
    for border in ("northern", "southwest", "other"):
        every = every_month(connection, border, WHOLE_ALONE)
        for month, record in every.items():
            assert record == history.month_record(connection, border, month, WHOLE_ALONE)
        assert list(every) == list(every[min(every)].counts)

    shift = history.month_record(connection, "southwest", "2024-01", WHOLE_ALONE).shift
    assert (shift["opened"], shift["side"]) == ("2023-12", 1)
    assert history.month_record(connection, "other", "2024-01", WHOLE_ALONE).judged is None


def test_records_of_all_totals_at_once_are_those_of_each_alone(connection):
    every = dict(history.all_records(connection, WHOLE_ALONE))

    assert list(every) == ["nationwide", "northern", "other", "southwest"]
    for total, records in every.items():
        assert records == every_month(connection, total, WHOLE_ALONE)
    newest = list(history.newest_records(connection, WHOLE_ALONE))
    assert newest == [
        ((total, max(records)), records[max(records)]) for total, records in every.items()
    ]


def test_a_judgement_by_a_forecast_that_came_too_late_is_a_hindcast_s(connection, db):
    """Southwest's February: nobody knows since when it was known."""
    db.execute("update judgements set lo80 = 1, hi80 = 2, lo95 = 1, hi95 = 2")
    late = history.month_record(db, "southwest", "2024-02", WHOLE_ALONE)
    in_time = history.month_record(db, "northern", "2024-01", WHOLE_ALONE)

    assert (late.judged.basis, in_time.judged.basis) == ("hindcast", "issued")
    # And so in the picture of the months before.
    assert [row.basis for row in late.recent] == ["hindcast", "hindcast"]


def test_the_sums_of_months_that_are_told_are_the_last_run_s_alone(db):
    for run in (1, 2):
        values = (run, 1, "2024", "2024-01", "2024-12", "2024-01", 1, *[run] * 10)
        db.execute(f"insert into spans values ({', '.join('?' * 17)})", values)

    assert [row["run_id"] for row in queries.rows(db, "latest_periods")] == [2]


def of_agencies(name, month, counts, rounding=1):
    keys = {SeriesKey(border, "component", agency, agency): n for border, agency, n in counts}
    return tiny_record.stated(
        tiny_record.release(name, month, rounding=rounding),
        {key: {month: n} for key, n in keys.items()},
    )


def test_agencies_are_told_of_a_border_and_of_all_where_each_has_its_own(db):
    every = [(border, "USBP", n) for border, n in (("northern", 5), ("southwest", 6), ("other", 7))]
    with connect.transaction(db):
        made = of_agencies("a", "2024-01", [*every, ("northern", "OFO", 9)])
        releases.save_snapshot(db, made)
        releases.save_snapshot(db, of_agencies("b", "2023-12", [("northern", "OFO", 8)], 10))

    north, whole, other = (
        every_month(db, border, WHOLE_ALONE) for border in ("northern", "nationwide", "other")
    )

    assert (north["2024-01"].agencies, north["2024-01"].agencies_unit) == ({"USBP": 5, "OFO": 9}, 1)
    assert (north["2023-12"].agencies, north["2023-12"].agencies_unit) == ({"OFO": 8}, 10)
    assert (whole["2024-01"].agencies, whole["2023-12"].agencies) == ({"USBP": 18}, {})
    assert other["2024-01"].agencies == {"USBP": 7}
    every = dict(history.all_records(db, WHOLE_ALONE))
    assert (every["northern"], every["nationwide"], every["other"]) == (north, whole, other)


def test_arrests_inside_are_of_the_month_or_the_newest_before_it(db):
    aside = replace(ENCOUNTERS.tree.aside, dimension="arrest", named="At Large", rest="At Entry")
    tree = replace(ENCOUNTERS.tree, aside=aside)
    with connect.transaction(db):
        for month, large in (("2023-11", 3), ("2024-01", 4)):
            keys = [
                SeriesKey("northern", "arrest", member, "USBP")
                for member in ("At Large", "At Entry")
            ]
            counts = {keys[0]: {month: large}, keys[1]: {month: 10 * large}}
            releases.save_snapshot(
                db, tiny_record.stated(tiny_record.release(f"i{month}", month), counts)
            )
        whole = of_agencies("a", "2024-01", [("northern", "USBP", 50), ("other", "USBP", 7)])
        releases.save_snapshot(db, whole)

    found = every_month(db, "northern", tree)

    assert found["2024-01"].interior == history.Interior("2024-01", 4, 40, 50)
    assert found["2024-02"].interior.month == "2024-01"
    assert dict(history.all_records(db, tree))["northern"] == found
    assert found["2023-12"].interior == history.Interior("2023-11", 3, 30, None)
    assert every_month(db, "southwest", tree)["2024-01"].interior is None
    assert every_month(db, "northern", WHOLE_ALONE)["2024-01"].interior is None


def test_every_value_and_every_month_is_read_for_claims(connection):
    every = connection.execute(queries.sql("every_month")).fetchall()
    assert len(every) == 18
    assert ("northern", "", "", "", "2024-01", 55, 1) in every
    values = queries.rows(connection, "every_value")
    northern = [r for r in values if (r["border"], r["month"]) == ("northern", "2024-01")]
    assert [row["encounters"] for row in northern] == [50, 55]


def test_a_part_s_record_has_its_own_counts_and_values(connection):
    found = history.part_record(connection, NEW_YORK, "2024-01")

    assert found.counts == {"2023-12": 60, "2024-01": 20}
    assert [row.count for row in found.values] == [20]
    assert found.source["file_name"] == "january.csv"
    with pytest.raises(KeyError):
        history.part_record(connection, NEW_YORK, "2024-02")
    assert (found.often, found.agencies_unit) == ((0, 0), 1)


def test_the_last_run_s_report_is_kept_until_something_new_came(by_hand, db):
    assert history.kept(db, "northern", "2024-02") == '"northern"'
    assert history.kept(db, "other", "2024-01") == '"other"'
    assert history.kept(db, "northern", "2024-01") is None

    with connect.transaction(db):
        new = tiny_record.stated(tiny_record.release("new", "2024-03"), {NORTH: {"2024-03": 1}})
        releases.save_snapshot(db, new)

    assert history.kept(db, "northern", "2024-02") is None
    assert queries.column(db, "awaiting") == ["new"]
    # The new one goes farther than the refused one.
    assert queries.rows(db, "still_refused", (0,)) == []


def test_what_was_forecast_of_a_month_is_what_was_first_issued(connection):
    one, two = (read.at_lead(connection, "northern", lead) for lead in (1, 2))

    assert [(row.month, row.basis, row.median) for row in one] == [
        ("2023-12", "hindcast", 104),
        ("2024-01", "issued", 90),
    ]
    assert [(row.month, row.basis) for row in two] == [
        ("2024-01", "hindcast"),
        ("2024-02", "issued"),
    ]


def test_a_central_interval_holds_what_lies_between_its_two_quantiles(connection):
    """Three hindcasts: 14 above, 6 above and 35 below the median, of quantiles a count apart."""
    found = read.calibration(connection, "northern", "2023-11")
    one = {row["level"]: row["share"] for row in found if row["horizon"] == 1}

    assert list(one) == [0.98, 0.95, *(level / 10 for level in range(9, 0, -1))]
    assert {row["n"] for row in found if row["horizon"] == 1} == {2}
    assert one[0.98] == 0.5  # 110 of 104: 6 above, of 11
    assert [level for level, share in one.items() if share] == [0.98, 0.95, 0.9, 0.8, 0.7, 0.6]
    assert {row["horizon"] for row in found} == {1}
    later = read.calibration(connection, "northern", "2023-12")
    assert {row["n"] for row in later} == {1}


def test_the_page_names_its_source_and_what_was_refused(connection):
    found = read.newest_source(connection)

    assert (found.file_name, found.first_seen_at) == ("february.csv", None)
    assert read.refused_since(connection, found) == {"refused.csv": ""}
    assert read.by_part(connection, "part_months")[NEW_YORK][-1]["encounters"] == 20
    assert [
        row["median"] for row in read.by_part(connection, "part_forecasts").get(NEW_YORK, [])
    ] == []
    assert [row["role"] for row in read.by_part(connection, "part_flags")[VERMONT]] == ["apart"]


def test_files_are_known_by_what_they_hold(db):
    assert releases.find_by_hash(db, "sha of february") == {"id": 2, "status": "accepted"}
    assert releases.find_by_hash(db, "sha of refused") == {"id": 4, "status": "quarantined"}
    assert releases.find_by_hash(db, "sha") is None
    (newest,) = queries.rows(db, "newest_files")
    assert tuple(newest.values()) == ("february.csv", "sha of february", "2024-02")
    names = {row.id: row.file_name for row in releases.all_releases(db)}
    assert names == {1: "january.csv", 2: "february.csv", 3: "old.csv", 4: "refused.csv"}
    assert [row.id for row in releases.all_releases(db, "quarantined")] == [4]
    assert releases.one_release(db, 4).reason == "odd"
    assert queries.rows(db, "coverage_by_total", (2,)) == [
        {"border": border, "first_month": "2023-12", "last_month": "2024-02", "changed_months": n}
        for border, n in (("northern", 2), ("southwest", 1))
    ]
    assert [r["change"] for r in queries.rows(db, "revisions_by", (2,))] == [5]
    with pytest.raises(DataError, match="release 9"):
        releases.one_release(db, 9)


@pytest.mark.parametrize(
    ("month", "kind", "told"),
    [
        ("2024-02", "state", 0),
        ("2024-03", "state", 0),
        ("2024-01", "state", 1),  # does not go as far
        ("2024-02", "aor", 1),  # another kind of file corrects nothing
    ],
)
def test_a_refused_file_is_told_of_until_its_corrected_one_is_accepted(db, month, kind, told):
    corrected = tiny_record.release("corrected", month, kind, step=8)
    with connect.transaction(db):
        releases.save_snapshot(db, tiny_record.stated(corrected, {OTHER: {month: 4}}))

    assert len(queries.rows(db, "still_refused", (0,))) == told
    newest = read.newest_source(db)
    assert newest is not None
    assert len(read.refused_since(db, newest)) <= told


def test_a_refused_file_becomes_a_release_once(db):
    late = tiny_record.release("refused", "2024-02", step=7)
    with connect.transaction(db):
        assert releases.save_refused(db, late, "odder") == 4
        releases.save_after_all(
            db, 4, tiny_record.stated(late, {OTHER: {"2024-02": 4}}), "why", "now"
        )

    with pytest.raises(DataError, match="release 4 is not in quarantine"), connect.transaction(db):
        releases.save_after_all(db, 4, tiny_record.stated(late, {}), "why", "now")
    found = releases.one_release(db, 4)
    assert (found.status, found.reason, found.decided_at) == ("accepted", "why", "now")
    assert len(queries.rows(db, "still_refused", (0,))) == 0


# --- what stood on an earlier day


def test_a_view_is_read_as_it_stood_at_the_end_of_a_day(connection):
    columns = ("border", "month", "encounters")

    def northern(day: str | None) -> list[tuple]:
        every = read.view_rows(connection, "border_months", columns, day)
        assert every == sorted(every)
        return [row[1:] for row in every if row[0] == "northern"]

    first = [("2023-11", 100), ("2023-12", 110), ("2024-01", 50)]
    now = [*first[:2], ("2024-01", 55), ("2024-02", 60)]
    assert northern("2023-12-30") == []
    assert northern("2024-02-19") == first[:2]  # from the day on which such months are due
    assert northern("2024-02-20") == northern("2024-03-30") == first
    assert northern("2024-03-31") == northern(None) == now
    run = [read.view_rows(connection, "latest_run", ("id",), f"2024-{day}") for day in (
        "01-31", "02-01", "03-24", "03-25", "03-26", "04-09", "04-10",
    )]  # fmt: skip
    assert run == [[], [(1,)], [(1,)], [(2,)], [(3,)], [(3,)], [(2,)]]
    ahead = read.view_rows(connection, "latest_forecasts", ("median", "month"), "2024-02-01")
    assert ahead == [(33, "2024-01"), (80, "2024-01"), (90, "2024-01"), (95, "2024-02")]
    scored = read.view_rows(connection, "scorecard", ("border", "n"), "2024-03-25")
    assert len(scored) == len(tiny_record.SCORES)


def test_what_was_known_on_a_day_is_told_with_since_when(connection):
    early = releases.as_of(connection, "2024-02-20", "northern")
    late = releases.as_of(connection, "2024-03-31")
    every = releases.as_of(connection, "2024-03-31", dimension="*")

    def told(by_month):
        return {month: tuple(row.values()) for month, row in by_month.items()}

    assert {key: told(by_month) for key, by_month in early.items()} == {
        NORTH: {
            "2023-11": (100, "unknown", "2023-12-31", "january"),
            "2023-12": (110, "unknown", "2024-01-31", "january"),
            "2024-01": (50, "day", "2024-02-20", "january"),
        }
    }
    assert told(late[NORTH])["2024-01"] == (55, "unknown", "2024-03-31", "february")
    assert set(late) == {NORTH, SOUTH, OTHER, WHOLE}
    assert set(every) == set(late) | {NEW_YORK, VERMONT}


# --- questions, paths and words that a run keeps


def asked(key, basis, cutoff, chance, above=60):
    question = Question(key, "next month above year before", "2024-02", "2024-02", "sum", above)
    of = {"question": question, "basis": basis, "cutoff": cutoff, "version": "1"}
    return of | {"chance": chance, "base_rate": 0.5, "last_value": None}


def test_a_question_is_kept_once_and_each_answer_to_it(db):
    first = (asked(NORTH, "hindcast", "2023-12", 0.25), asked(NORTH, "issued", "2024-01", 0.75))
    again = (asked(NORTH, "hindcast", "2023-12", 0.5), asked(SOUTH, "issued", "2024-01", 1.0, 409))
    for answers in (first, again):
        runs.publish(
            db,
            tiny_record.publication("2024-04-11T12:00", "2024-02", (), answers=answers),
        )

    assert db.execute("select count(*) from questions").fetchone() == (2,)
    assert inputs.read(db).answered == {("1", "northern", "2023-12")}
    found = read.resolved_questions(db)
    assert [(r["border"], r["cutoff"], r["chance"], r["outcome"]) for r in found] == [
        ("northern", "2023-12", 0.5, 0),  # 60 is not above 60
        ("northern", "2024-01", 0.75, 0),
        ("southwest", "2024-01", 1.0, 1),
    ]
    assert [r["run_id"] for r in found] == [None, 4, 5]
    assert len(read.resolved_questions(db, "northern")) == 2
    assert [r["border"] for r in queries.rows(db, "latest_questions")] == ["southwest"]


def test_what_paths_are_drawn_from_reads_back(db):
    rule = SimulationSpec(1, 7, ("northern", "other"), ((1.0, 0.25), (0.25, 1.0)))
    marks = (
        StoredMarginals(NORTH, "2024-02", b"marks", 1.0, (("2024-03", 5),)),
        StoredMarginals(NEW_YORK, "2024-01", b"other", 0.5),
    )
    around = (9, 8, 10, 7, 11, 6, 12, 5, 13)
    year = "2024-02", "2023-10", "2024-09"
    named = {"span": "FY2024", "months_published": 5, "published": 9}
    span = Forecast(NORTH, "bordercast", *year, *around, **named)
    run_id = runs.publish(
        db,
        tiny_record.publication(
            *("2024-04-11T12:00", "2024-02", ()),
            path_rule=rule,
            path_marks=marks,
            forecasts=(span,),
        ),
    )

    assert read.path_rule(db, run_id) == rule
    assert read.path_rule(db, 1) is None
    assert set(read.path_marks(db, run_id)) == set(marks)
    assert read.path_marks(db, 1) == []
    (kept,) = queries.rows(db, "periods_of_series", NORTH[:3])
    assert (kept["span"], kept["published"], kept["months_published"]) == ("FY2024", 9, 5)
    assert queries.rows(db, "periods_of_series", NEW_YORK[:3]) == []
    assert read.counts(db, NEW_YORK) == {"2023-12": 60, "2024-01": 20}
    assert read.counts(db, NORTH)["2024-02"] == 60
    assert read.series_keys(db)[:2] == sorted(tiny_record.JANUARY)[:2]


def test_a_series_newest_months_are_its_own_and_its_border_s(db):
    ahead = (
        tiny_record.forecast(NORTH, "2024-02", 1, 50),
        tiny_record.forecast(NEW_YORK, "2024-01", 1, 20),
    )
    runs.publish(
        db,
        tiny_record.publication("2024-04-11T12:00", "2024-02", (), forecasts=ahead),
    )

    newest = [
        tuple(row.values())
        for key in (NEW_YORK, VERMONT, OTHER)
        for row in queries.rows(db, "newest_months", (key.dimension, key.member, key.total))
    ]
    assert newest == [("2024-01", "2024-02"), ("", "2024-02"), ("", "")]
    (row,) = read.month_forecasts(db, NEW_YORK, "bordercast")
    assert (row.median, row.month) == (20, "2024-02")
    assert read.month_forecasts(db, NEW_YORK, "naive") == []


def test_the_words_of_a_source_stand_as_they_were_last_given(db):
    assert measures.section(db) is None
    measures.save_section(db, {"unit": "pounds", "b": "é"}, tiny_record.NOON)
    measures.save_section(db, {"b": "é", "unit": "pounds"}, tiny_record.NOON)
    assert measures.section(db) == {"unit": "pounds", "b": "é"}
    kept = db.execute("select id, source from measure").fetchall()
    assert kept == [(1, '{"b": "é", "unit": "pounds"}')]
    measures.save_section(db, {"unit": "kilos"}, tiny_record.NOON)

    assert measures.section(db) == {"unit": "kilos"}
    assert measures.totals(db) == ["nationwide", "northern", "other", "southwest"]
    assert measures.next_seq(db) == tiny_record.release("", "2024-01", step=9_000).seq + 1


# --- notices


def test_a_notice_is_due_once_for_an_occasion_the_first_first(db):
    again = runs.save_due(db, 2, "2024-04-01", (OCCASIONS[0], OCCASIONS[0]))

    assert again == []
    assert [n.state for n in notices.every(db)] == ["due", "due"]
    assert notices.every(db, "due")[0].content_key == "one"
    assert notices.one(db, 2).content_key == "two"
    assert notices.one(db, 3) is None
    assert notices.content(db, 3) == ""
    assert queries.column(db, "notices_held") == [2]


SAID = Section("northern", "finding", "fell", "text", "<p>text</p>", "{}", b"png", "fell")
FRAME = framed("Dear", "<p>Dear", "Bye", "Bye</p>")


def composed(db: Connection, notice_id: int, approved_at: str | None = None) -> bool:
    digest = replace(SAID, part="digest", total="other", chart=None)
    return notices.save_composed(db, notice_id, FRAME, (SAID, digest), approved_at)


def states(db: Connection) -> list[str]:
    return [notice.state for notice in notices.every(db)]


def test_a_notice_is_composed_once_and_held_or_approved(db):
    assert composed(db, 1)
    assert not composed(db, 1)
    assert not composed(db, 9)
    assert composed(db, 2, "2024-04-02T12:00:00+00:00")

    one, two = notices.every(db)
    assert (one.state, one.approved_by, one.opening_text) == ("held", None, "Dear")
    assert (two.state, two.approved_by, two.approved_at) == (
        "approved", "auto", "2024-04-02T12:00:00+00:00",
    )  # fmt: skip
    assert [s.part for s in notices.sections(db, 1)] == ["finding", "digest"]
    assert notices.sections(db, 1)[0] == SAID
    assert notices.content(db, 1) != notices.content(db, 2) != ""
    assert [n.id for n in notices.every(db, "held")] == [1]
    assert [n.id for n in notices.every(db, "to send")] == [2]
    assert [n.id for n in notices.every(db, "of run", 2)] == [2]
    assert notices.every(db, "of run", 1) == []
    assert [row["says"] for row in queries.rows(db, "notices")] == ["northern fell"] * 2
    kinds = db.execute("select kind from entries order by id desc limit 3").fetchall()
    assert kinds == [("approved",), ("written",), ("written",)]
    assert integrity.findings(db) == []


def test_a_held_notice_waits_fourteen_days_to_the_second(db):
    created = datetime.fromisoformat("2024-03-25T12:00:00+00:00")
    edited = "update notices set created_at = ? where id = 1"
    db.execute(edited, (created.isoformat(timespec="seconds"),))
    due_day = created + timedelta(days=14)

    assert not notices.expire(db, due_day)  # it is due, not held
    assert composed(db, 1)
    assert not notices.expire(db, due_day - timedelta(seconds=1))
    assert states(db) == ["held", "due"]
    assert notices.expire(db, due_day)
    assert not notices.expire(db, due_day)

    notice = notices.one(db, 1)
    assert (notice.state, notice.closed_at) == ("expired", "2024-04-08T12:00:00+00:00")
    assert "14 days" in notice.reason


def test_a_held_notice_is_made_due_again_or_rejected_or_approved(db):
    approval = word("Ann", "root", "what was seen")
    assert not notices.renew(db, 1)
    assert not notices.approve(db, 1, approval, NOON)
    assert not notices.reject(db, 1, "Bob", "no", NOON)
    assert composed(db, 1)
    assert notices.renew(db, 1)
    assert notices.sections(db, 1) == []
    assert composed(db, 1)
    assert composed(db, 2)
    assert notices.approve(db, 1, approval, NOON)
    assert not notices.approve(db, 1, approval, NOON)
    assert notices.reject(db, 2, "Bob", "no", NOON)
    assert not notices.drop(db, 2, "nothing", NOON)

    one, two = notices.every(db)
    assert (one.state, one.approved_by, one.approved_user) == ("approved", "Ann", "root")
    assert (one.approved_content, one.approved_at) == ("what was seen", "2024-04-10T12:00:00+00:00")
    assert (two.state, two.reason, two.closed_at) == (
        "rejected", "Bob: no", "2024-04-10T12:00:00+00:00",
    )  # fmt: skip


def test_notices_of_a_withdrawn_run_do_not_go_out_but_what_tells_of_it_does(db):
    assert composed(db, 1, "2024-04-02T12:00:00+00:00")
    told = replace(OCCASIONS[0], kind="correction", content_key="w", corrects=1, withdraws=2)

    stopped = runs.withdraw(db, 2, " wrong ", " Ann ", NOON, (told,))

    assert stopped == 1
    assert states(db) == ["approved", "expired", "due"]
    assert composed(db, 3, "2024-04-10T12:00:00+00:00")
    assert [n.id for n in notices.every(db, "withdrawn")] == [1]
    assert [n.id for n in notices.every(db, "to send")] == [3]
    assert [n.id for n in notices.every(db, "of run", 2)] == [1]
    assert [row["run_withdrawn"] for row in queries.rows(db, "notices")] == [1, 1, 0]
    assert [(row["run_id"], row["why"]) for row in queries.rows(db, "every_withdrawal")] == [
        (2, "wrong"),
        (3, "a mistake"),
    ]


@pytest.mark.parametrize(
    ("run", "why", "by", "says"),
    [
        (1, " ", "Ann", "--why and --by are required"),
        (1, "why", " ", "--why and --by are required"),
        (9, "why", "Ann", "no run 9"),
        (3, "why", "Ann", "run 3 is withdrawn already"),
    ],
)
def test_a_withdrawal_needs_a_run_a_reason_and_a_name(db, run, why, by, says):
    with pytest.raises(DataError, match=says):
        runs.withdraw(db, run, why, by, NOON)
    assert len(queries.rows(db, "every_withdrawal")) == 1
