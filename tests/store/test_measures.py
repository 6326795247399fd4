"""Two measures side by side in one record: each is read as if it were alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from forecast.periods import FEDERAL
from forecast.store import (
    connect,
    history,
    inputs,
    integrity,
    measures,
    queries,
    read,
    releases,
    runs,
    years,
)
from forecast.types import SeriesKey
from tests.support import tiny_record
from tests.support.cbp_files import ENCOUNTERS

OTHERS = {
    SeriesKey("northern"): {"2024-01": 7, "2024-02": 9},
    SeriesKey("northern", "state", "NY"): {"2024-01": 3, "2024-02": 4},
}
OF_ALL = ("measure", "misdated_entries", "backdated_runs")
FENTANYL = {"kind": "cbp_drug_events"}


def _publish_another(db):
    """Counts of the same months and names, a run of them, labels joined."""
    release = tiny_record.release("another", "2024-02")
    with connect.transaction(db):
        saved = releases.save_snapshot(db, tiny_record.stated(release, OTHERS))
    measures.save_joins(db, {"state": {"N.Y.": "NY"}}, tiny_record.NOON)
    forecasts = [tiny_record.forecast(SeriesKey("northern"), "2024-02", 1, 8)]
    hindcasts = [tiny_record.hindcast(SeriesKey("northern"), "2024-01", 1, 8)]
    publication = tiny_record.publication(
        "2024-05-01T12:00", "2024-02", (saved,), forecasts=forecasts, hindcasts=hindcasts
    )
    runs.publish(db, publication)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    path = tmp_path_factory.mktemp("alone") / "record.db"
    tiny_record.make(path)
    return path


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The second measure is that of `alone`, with the same ids; the first came later."""
    path = tmp_path_factory.mktemp("both") / "record.db"
    with connect.writing(path) as db:
        measures.add(db, FENTANYL, datetime(2024, 1, 1, tzinfo=UTC))
        years.keep(db, FEDERAL)
        tiny_record.publish(db)
        measures.scope(db, measures.FIRST)
        _publish_another(db)
    return path


def _views(connection):
    return [
        str(name)
        for (name,) in connection.execute(
            "select name from main.sqlite_master where type = 'view' order by 1"
        ).fetchall()
        if not name.startswith("scope") and name not in OF_ALL
    ]


def _rows(connection, name):
    return sorted(map(tuple, connection.execute(f"select * from {name}").fetchall()), key=repr)


def _without_digests(name, rows):
    return [row[:6] for row in rows] if name == "latest_run" else rows


def test_every_view_of_a_measure_shows_what_its_own_record_would(alone, both):
    with closing(connect.read(alone)) as one, closing(connect.read(both)) as two:
        measures.scope(two, 2)
        different = [
            name
            for name in _views(one)
            if _without_digests(name, _rows(one, name)) != _without_digests(name, _rows(two, name))
        ]
    assert different == []


READERS = {
    "totals": measures.totals,
    "next place": measures.next_seq,
    "counts": releases.current_counts,
    "accepted": releases.accepted,
    "labels": measures.label_joins,
    "neighbors": lambda db: releases.neighbours(
        db, tiny_record.stated(tiny_record.release("x", "2024-03"), tiny_record.FEBRUARY)
    ),
    "ids": releases.series_ids,
    "known": lambda db: releases.as_of(db, "2024-12-31", dimension="*"),
    "hindcasts": lambda db: inputs.read(db).recorded,
    "stored hindcasts": lambda db: list(
        inputs.stored_hindcasts(db, inputs.read(db).hindcast_series)
    ),
    "issued totals": lambda db: inputs.read(db).issued,
    "last run": inputs.run_basis,
    "judged": lambda db: inputs.read(db).judged,
    "paths": inputs.kept_paths,
    "first published": inputs.first_published,
    "issued": lambda db: inputs.issued_paths(db, "2023-01"),
    "last judged": lambda db: inputs.read(db).left,
    "sides": lambda db: inputs.read(db).sides,
    "episodes": inputs.all_episodes,
    "flags of totals": lambda db: inputs.read(db).flags,
}
LOOKS = {
    "releases": lambda db: queries.rows(db, "all_releases", (None, None)),
    "newest files": lambda db: queries.rows(db, "newest_files"),
    "by hash": lambda db: releases.find_by_hash(db, "sha of january"),
    "flags": lambda db: read.flags(db, ENCOUNTERS.totals, parts=True),
    "forecasts": lambda db: read.forecasts(db, ENCOUNTERS.totals),
    "scores": lambda db: read.scores(db, ENCOUNTERS.totals),
    "judgements": lambda db: queries.column(db, "months_judged", ("issued",)),
    "last months": read.last_months,
    "failures": lambda db: queries.rows(db, "failed_models"),
    "every month": lambda db: sorted(map(tuple, db.execute(queries.sql("every_month")))),
    "every value": lambda db: queries.rows(db, "every_value"),
    "how often": lambda db: queries.rows(db, "how_often_flagged"),
    "questions": lambda db: queries.rows(db, "latest_questions"),
    "yearly": lambda db: read.of_year(db, "2023-10", "2024-09"),
    "versions": lambda db: queries.rows(db, "versions_of_year", ("2023-10", "2024-09")),
    "refused": lambda db: sorted(inputs.told(db).refused),
    "newest release": lambda db: inputs.told(db).newest,
    "judged as issued": lambda db: queries.column(db, "judged_as_issued", ("2024-01",)),
    "episodes": lambda db: queries.rows(db, "episodes", ("2024-01", "2024-01")),
    "newest file": read.newest_source,
    "days": lambda db: queries.rows(db, "release_days"),
    "runs": lambda db: [row["id"] for row in queries.rows(db, "every_run")],
    "months of parts": lambda db: read.by_part(db, "part_months"),
    "hindcasts": lambda db: list(read.hindcasts(db, "bordercast", "2018-12", ENCOUNTERS.totals)),
    "models": lambda db: queries.column(db, "hindcast_models"),
    "published": lambda db: queries.rows(db, "published_counts", ("northern", "", "")),
    "stood": lambda db: queries.rows(db, "judged_of_totals", of="true"),
    "drivers": lambda db: queries.rows(db, "drivers_of_total", ("northern", None, "northern")),
    "unissued": lambda db: history.false_issued(db),
}


@pytest.mark.parametrize("name", READERS)
def test_what_a_run_reads_of_a_measure_is_its_own(alone, both, name):
    with connect.writing(alone) as one, connect.writing(both) as two:
        measures.scope(two, 2)
        expected, actual = READERS[name](one), READERS[name](two)
    assert actual == expected
    assert expected or name in ("labels", "paths")


@pytest.mark.parametrize("name", LOOKS)
def test_what_a_command_reads_of_a_measure_is_its_own(alone, both, name):
    with closing(connect.read(alone)) as one, closing(connect.read(both)) as two:
        measures.scope(two, 2)
        expected, actual = _listed(LOOKS[name](one)), _listed(LOOKS[name](two))
    assert actual == expected


def _listed(answer):
    return list(map(_plain, answer)) if isinstance(answer, list) else answer


def _plain(row):
    return tuple(row) if isinstance(row, sqlite3.Row) else row


def test_without_a_measure_named_a_record_is_of_its_first(both):
    with closing(connect.read(both)) as connection:
        assert _rows(connection, "border_months") != []
        assert [row[2] for row in _rows(connection, "border_months")] == [7, 9]
        assert measures.current(connection) == measures.FIRST
        assert measures.section(connection) is None


def test_the_words_of_each_measure_are_its_own(both):
    with closing(connect.read(both)) as connection:
        with measures.scoped(connection, 2):
            assert measures.section(connection) == FENTANYL
        assert measures.current(connection) == measures.FIRST
        assert measures.ids(connection) == [1, 2]


def test_a_measure_that_is_not_there_is_refused(both):
    with closing(connect.read(both)) as connection, pytest.raises(KeyError):
        measures.scope(connection, 3)


def test_a_record_of_several_measures_is_verified_as_a_whole(both):
    with closing(connect.read(both)) as connection:
        assert integrity.findings(connection) == []


@pytest.mark.parametrize("table", ["series", "releases", "runs"])
def test_a_row_moved_to_another_measure_is_found(both, tmp_path, table):
    copy = tmp_path / "record.db"
    copy.write_bytes(both.read_bytes())
    with closing(sqlite3.connect(copy)) as db, db:
        db.execute(f"update {table} set measure_id = 3 where id = (select max(id) from {table})")
    with closing(connect.read(copy)) as connection:
        said = integrity.findings(connection)
    assert any("was moved to measure" in one or "measure not as published" in one for one in said)
