from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast import months
from forecast.sources.cbp.encounters import bundle
from forecast.store import connect, releases
from forecast.store.connect import transaction, writing
from forecast.types import Coverage, Release, SeriesKey, Snapshot
from jobs.arrivals.folder import of_operator
from tests.support import arriving
from tests.support import cbp_files as cbp

CBP = Path(__file__).parents[3] / "shared" / "data" / "cbp"
FILES = {
    "nationwide-encounters-fy20-fy23-state.csv.gz": "2023-11-14",
    "nationwide-encounters-fy22-fy25-state.csv.gz": "2025-11-06",
    "nationwide-encounters-fy23-fy26-nov-state.csv.gz": "2025-12-20",
    "sbo-encounters-fy22-fy25-aug.csv.gz": "2025-09-16",
}
needs_files = pytest.mark.skipif(not CBP.exists(), reason="the publisher's files are not here")
NORTHERN, SOUTHWEST, NATIONWIDE = map(SeriesKey, ("northern", "southwest", "nationwide"))


@pytest.fixture(scope="module")
def figures(tmp_path_factory) -> Path:
    """A database of the embedded figures."""
    path = tmp_path_factory.mktemp("figures") / "bordercast.db"
    with writing(path) as db, transaction(db):
        for snapshot in bundle.load():
            releases.save_snapshot(db, snapshot)
    return path


@pytest.fixture
def connection(figures):
    with closing(connect.read(figures)) as found:
        yield found


def at(connection, day, key, month):
    return releases.as_of(connection, day)[key].get(month)


# ---------------------------------------------------------------- known answers


@pytest.mark.parametrize(
    ("key", "then", "now"), [(NORTHERN, 4098, 4091), (SOUTHWEST, 11709, 11710)]
)
def test_february_2025_as_it_was_published_and_as_it_is(connection, key, then, now):
    published = at(connection, "2025-03-31", key, "2025-02")

    assert (published["value"], published["vintage"], published["source"]) == (
        then,
        "month",
        "feb-2025",
    )
    assert at(connection, "2026-11-25", key, "2025-02")["value"] == now
    assert releases.current_counts(connection)[key]["2025-02"] == now


def test_no_month_is_known_before_it_was_published(connection):
    for day, last in [
        ("2025-03-31", "2025-02"),
        ("2025-04-01", "2025-02"),
        ("2026-08-16", "2026-06"),
    ]:
        for key, by_month in releases.as_of(connection, day).items():
            assert max(by_month) <= last, key


def test_a_month_without_a_vintage_says_so(connection):
    old = at(connection, "2019-01-31", SOUTHWEST, "2018-05")
    current = releases.current_counts(connection)[SOUTHWEST]["2018-05"]

    assert tuple(old.values())[:3] == (current, "unknown", "2018-07-01")
    assert at(connection, "2018-06-30", SOUTHWEST, "2018-05") is None


def test_how_october_2025_moved(connection):
    moved = connection.execute(
        "select encounters, change, vintage, known_from, known_until, source from vintages "
        "where border = 'nationwide' and month = '2025-10' order by known_from"
    ).fetchall()

    assert [tuple(row) for row in moved] == [
        (30561, None, "day", "2025-11-06", "2025-11-30", "press-prelim"),
        (30573, 12, "month", "2025-11-30", "2025-12-31", "oct-2025"),
        (30551, -22, "month", "2025-12-31", "2026-07-08", "nov-2025"),
        (30639, 88, "day", "2026-07-08", "2026-07-17", "may-2026"),
        (30635, -4, "day", "2026-07-17", "2026-10-01", "jun-2026"),
        (30636, 1, "unknown", "2026-10-01", None, "cbp-fy23-fy26-aug"),
    ]


def test_the_view_is_how_an_analyst_asks_for_a_day(connection):
    query = (
        "select border, month, encounters from vintages where known_from <= '2025-12-31' "
        "and (known_until is null or known_until > '2025-12-31')"
    )
    by_hand = {(border, month): count for border, month, count in connection.execute(query)}

    assert by_hand == {
        (key.total, month): known["value"]
        for key, by_month in releases.as_of(connection, "2025-12-31").items()
        for month, known in by_month.items()
    }


def test_revisions_are_the_changes_from_release_to_release(connection):
    found = connection.execute(
        "select border, encounters_before, encounters, change, source_before, source "
        "from revisions where month = '2025-02' order by border"
    ).fetchall()

    assert [tuple(row) for row in found] == [
        ("northern", 4098, 4091, -7, "feb-2025", "cbp-fy22-fy25"),
        ("southwest", 11709, 11710, 1, "feb-2025", "cbp-fy22-fy25"),
    ]
    assert connection.execute("select max(abs(change)) from revisions").fetchone()[0] == 88


def counts_as_of(connection, day, dimension=""):
    """The counts alone, as `current_counts` gives today's."""
    found = releases.as_of(connection, day, dimension=dimension)
    return {
        key: {m: known["value"] for m, known in months.items()} for key, months in found.items()
    }


def test_the_last_day_shows_the_current_values(connection):
    """Wherever a full release is the newest word."""
    known = counts_as_of(connection, "2099-12-31", "*")

    assert known == releases.current_counts(connection)


# ---------------------------------------------------------------- against a plain search

DAYS = [f"2024-0{month}-{day}" for month in range(1, 8) for day in ("10", "25")]


@st.composite
def statements(draw):
    """A few releases of three series' months, some partial, some of unknown date."""
    found = []
    for seq in draw(st.lists(st.integers(1, 6), min_size=1, max_size=5, unique=True)):
        kind = draw(st.sampled_from(["state", "state", "vintage", "bundle"]))
        last = draw(st.integers(0, 4))
        first = draw(st.integers(0, last))
        span = months.between(months.shift("2024-01", first), months.shift("2024-01", last))
        seen = draw(st.sampled_from([None, *DAYS]))
        found.append(
            Snapshot(
                Release(
                    source=f"r{seq}",
                    kind=kind,
                    file_name=f"r{seq}.csv",
                    sha256=f"sha{seq}",
                    data_through=span[-1],
                    seq=seq,
                    first_seen_at=seen,
                    first_seen_precision="day" if seen else "unknown",
                ),
                {NORTHERN: {month: draw(st.integers(0, 3)) for month in span}},
                (Coverage(NORTHERN.scope, span[0], span[-1]),),
            )
        )
    return found


def due(month):
    """31 days after the end of a month; the months of 2024 that are drawn."""
    return {
        "2024-01": "2024-03-02",
        "2024-02": "2024-03-31",
        "2024-03": "2024-05-01",
        "2024-04": "2024-05-31",
        "2024-05": "2024-07-01",
    }[month]


FORTNIGHT = {
    "2024-01": "2024-03-16",
    "2024-02": "2024-04-14",
    "2024-03": "2024-05-15",
    "2024-04": "2024-06-14",
    "2024-05": "2024-07-15",
}


def searched(snapshots, month, day):
    """What stood on a day, by looking at each release; None if nothing did."""
    says = []
    for s in snapshots:
        # Delivered before its end, a month has no count; no day that is drawn is a month's last.
        delivered = s.release.kind != "vintage" and s.release.first_seen_at
        over = not delivered or month < delivered[:7]
        if month in s.counts[NORTHERN] and over:
            seen = s.release.first_seen_at or due(s.release.data_through)
            place = (s.release.seq, s.release.kind != "bundle")
            says.append((seen, place, s.counts[NORTHERN][month]))
    if not says:
        return None
    known = [s for s in says if s[0] <= day]
    if known:
        return max(known, key=lambda s: s[1])[2]
    seen, _, count = min(says)
    return count if seen > FORTNIGHT[month] and due(month) <= day else None


@pytest.mark.slow
@settings(max_examples=60)
@given(drawn=statements(), random=st.randoms(use_true_random=False))
def test_as_of_is_what_a_plain_search_finds_in_any_order(tmp_path_factory, drawn, random):
    path = tmp_path_factory.mktemp("drawn") / "a.db"
    order = random.sample(drawn, len(drawn))
    with writing(path) as db:
        with transaction(db):
            for each in order:
                releases.save_snapshot(db, each)
        for day in ["2024-01-31", *DAYS, "2024-12-31"]:
            found = counts_as_of(db, day).get(NORTHERN, {})
            plain = {m: searched(drawn, m, day) for m in months.between("2024-01", "2024-05")}
            assert found == {m: count for m, count in plain.items() if count is not None}


# ---------------------------------------------------------------- any order


def everything(path: Path) -> dict[str, list[tuple]]:
    """The record by what it means: no ids."""
    named = {
        "releases": "select source, kind, file_name, url, sha256, data_through, seq, rounding, "
        "first_seen_at, first_seen_precision, status, reason, counts_digest from releases",
        "years": "select r.sha256, y.fiscal_year, y.closed, y.line_count "
        "from release_years y join releases r on r.id = y.release_id",
        "coverage": "select r.sha256, c.border, c.dimension, c.component, c.first_month, "
        "c.last_month from coverage c join releases r on r.id = c.release_id",
        "observations": "select s.border, s.dimension, s.member, s.component, o.month, r.sha256, "
        "o.encounters from observations o join series s on s.id = o.series_id "
        "join releases r on r.id = o.release_id",
        "current": "select * from series_months",
        "vintages": "select * from vintages",
        "revisions": "select border, month, encounters, encounters_before, source, source_before "
        "from revisions where dimension = ''",
    }
    with closing(sqlite3.connect(path)) as db:
        return {name: sorted(db.execute(query), key=repr) for name, query in named.items()}


def load(path: Path, order, dimensions=("state", "citizenship_group", "authority")) -> None:
    """Take in files by the way every file takes, and embedded figures as they are."""
    about = arriving.context(path, dimensions)
    with writing(path) as db:
        for each in order:
            if isinstance(each, Snapshot):
                with transaction(db):
                    releases.save_snapshot(db, each)
            else:
                arriving.taken(db, about, of_operator(CBP / each, FILES[each]))


@pytest.mark.slow
@needs_files
def test_real_files_and_embedded_vintages_in_any_order_give_the_same_database(tmp_path):
    embedded = bundle.load()
    dated = [s for s in embedded if s.release.kind == "vintage"]
    rest = [s for s in embedded if s.release.kind != "vintage"]
    orders = [
        [*rest, *dated, *FILES],
        [*dated, *reversed(FILES), *reversed(rest)],
        [*FILES, *reversed(dated), *rest],
    ]
    found = []
    for number, order in enumerate(orders):
        load(tmp_path / str(number) / "a.db", order)
        found.append(everything(tmp_path / str(number) / "a.db"))

    assert found[0] == found[1] == found[2]
    assert all(row[10] == "accepted" for row in found[0]["releases"])
    assert len(found[0]["releases"]) == len(embedded) + len(FILES)


@pytest.mark.slow
@needs_files
def test_the_southwest_file_of_august_is_accepted_before_or_after_the_final(tmp_path):
    final, southwest = "nationwide-encounters-fy22-fy25-state.csv.gz", list(FILES)[3]
    for number, order in enumerate(permutations([final, southwest])):
        path = tmp_path / str(number) / "a.db"
        load(path, order)
        with closing(connect.read(path)) as db:
            moved = db.execute(
                "select count(*) from revisions where dimension = '' and border = 'southwest' "
                "and month >= '2024-10' and encounters <> encounters_before"
            ).fetchone()[0]
            assert moved == 11
            assert releases.as_of(db, "2025-09-30")[SOUTHWEST]["2025-08"]["source"] == (
                "sbo-encounters-fy22-fy25-aug"
            )


@pytest.mark.slow
@needs_files
def test_an_original_completes_its_embedded_part(tmp_path):
    """The authority is not embedded; the figures that are stay as they were."""
    name = "nationwide-encounters-fy23-fy26-nov-state.csv.gz"
    load(tmp_path / "a.db", bundle.load())
    before = everything(tmp_path / "a.db")
    load(tmp_path / "a.db", [name])
    after = everything(tmp_path / "a.db")

    assert set(before["current"]) < set(after["current"])
    assert {row[1] for row in set(after["current"]) - set(before["current"])} == {"authority"}
    said = cbp.snapshot(cbp.read(CBP / name), ("authority",)).counts
    with closing(connect.read(tmp_path / "a.db")) as db:
        held = releases.current_counts(db)
    for key, by_month in said.items():
        if key.dimension == "authority":
            assert {month: n for month, n in held[key].items() if n} == {
                month: n for month, n in by_month.items() if n
            }
