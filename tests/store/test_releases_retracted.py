"""What counts of releases: not what was taken back, nor a month that was not over when it came."""

from __future__ import annotations

import tempfile
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast import months
from forecast.errors import DataError
from forecast.store import connect, integrity, ledger, releases
from forecast.types import Coverage, Release, SeriesKey, Snapshot

KEY = SeriesKey("clinic")
SPAN = months.between("2026-01", "2026-08")


def delivery(number: int, first: int, counts: list[int], seen: str | None) -> Snapshot:
    by_month = dict(zip(SPAN[first:], counts, strict=False))
    through = max(by_month)
    return Snapshot(
        Release(
            f"r{number}", "manual", f"r{number}.csv", f"sha{number}", through, number,
            seen, "day" if seen else "unknown",
        ),
        {KEY: by_month},
        (Coverage(KEY.scope, min(by_month), through),),
    )  # fmt: skip


days = st.sampled_from([None, "2026-03-30", "2026-03-31", "2026-04-01", "2026-06-15", "2026-09-01"])
chains = st.lists(
    st.tuples(
        st.integers(0, 5), st.lists(st.integers(0, 2), min_size=1, max_size=8), days, st.booleans()
    ),
    min_size=1,
    max_size=5,
)


def over(month: str, seen: str | None) -> bool:
    """Whether a month has ended on a day, or does so with it."""
    if seen is None:
        return True
    end = date.fromisoformat(f"{months.shift(month, 1)}-01") - timedelta(days=1)
    return date.fromisoformat(seen) >= end


@pytest.mark.slow
@settings(max_examples=30)
@given(chains, st.randoms())
def test_the_newest_release_that_counts_is_current_in_any_order(chain, random):
    made = [(delivery(n, *rest), back) for n, (*rest, back) in enumerate(chain, start=1)]
    expected: dict[str, int] = {}
    for snapshot, back in made:
        for month, count in snapshot.counts[KEY].items():
            if not back and over(month, snapshot.release.first_seen_at):
                expected[month] = count
    steps = [(each, False) for each, _ in made]
    random.shuffle(steps)
    for each in [each for each, back in made if back]:
        after = next(at for at, (there, _) in enumerate(steps) if there is each)
        steps.insert(random.randint(after + 1, len(steps)), (each, True))

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.db"
        with connect.writing(path) as db:
            ids = {}
            for snapshot, back in steps:
                name = snapshot.release.source
                if back:
                    releases.retract(db, ids[name], "wrong", "Ann", "2026-09-02T00:00:00+00:00")
                else:
                    with connect.transaction(db):
                        ids[name] = releases.save_snapshot(db, snapshot)
        with closing(connect.read(path)) as db:
            assert releases.current_counts(db).get(KEY, {}) == expected
            stated = db.execute("select month, release_id, encounters from statements").fetchall()
            assert {tuple(row) for row in stated} == {
                (month, ids[each.release.source], count)
                for each, back in made
                for month, count in each.counts[KEY].items()
                if not back and over(month, each.release.first_seen_at)
            }
            for each, _ in made:  # and each reads back as it was
                assert releases.load_snapshot(db, ids[each.release.source]).counts == each.counts
            assert releases.accepted(db) == sorted(
                ids[each.release.source] for each, back in made if not back
            )
            assert integrity.findings(db) == []


@pytest.fixture
def path(tmp_path):
    with connect.writing(tmp_path / "a.db") as db, connect.transaction(db):
        releases.save_snapshot(db, delivery(1, 0, [1, 2], None))
    return tmp_path / "a.db"


NOW = "2026-09-02T00:00:00+00:00"


@pytest.mark.parametrize("number", [1, 2])
def test_a_release_is_taken_back_once_and_only_if_it_counted(path, number):
    with connect.writing(path) as db:
        releases.retract(db, 1, "wrong", "Ann", NOW)
        stated = [entry.digest for entry in ledger.entries(db)]

        with pytest.raises(DataError, match=r"no release 2|is not accepted"):
            releases.retract(db, number, "wrong", "Ann", NOW)
        assert [entry.digest for entry in ledger.entries(db)] == stated
        assert integrity.findings(db) == []


@pytest.mark.parametrize(("why", "by"), [(" ", "Ann"), ("wrong", "")])
def test_who_took_it_back_and_why_are_asked(path, why, by):
    with connect.writing(path) as db, pytest.raises(DataError, match="--why and --by"):
        releases.retract(db, 1, why, by, NOW)


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        ("delete from retractions", "release 1 was edited: retraction not as published"),
        ("update retractions set why = 'x'", "release 1 was edited: retraction not as published"),
        ("insert into retractions values (2, '', '', '')", "retraction 2 is not in the ledger"),
    ],
)
def test_a_retraction_past_the_program_is_named(path, edit, named):
    with connect.writing(path) as db:
        with connect.transaction(db):
            releases.save_snapshot(db, delivery(2, 0, [1, 3], None))
        releases.retract(db, 1, "wrong", "Ann", NOW)
        assert integrity.findings(db) == []
        db.execute(edit)

        assert named in integrity.findings(db)


def test_a_neighbour_that_reached_into_the_future_ends_with_what_was_over(path):
    zeros = delivery(2, 0, [1, 2, 3, 0, 0, 0], "2026-04-02")
    corrected = replace(delivery(3, 0, [1, 2, 3], "2026-04-03"))
    with connect.writing(path) as db:
        with connect.transaction(db):
            releases.save_snapshot(db, zeros)
        [below] = releases.neighbours(db, corrected)

    assert below.release.data_through == "2026-03"
    assert below.counts == {KEY: {"2026-01": 1, "2026-02": 2, "2026-03": 3}}
    assert below.coverage == (Coverage(KEY.scope, "2026-01", "2026-03"),)
