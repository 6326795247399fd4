import csv
import gzip
import hashlib
import tomllib
from collections import Counter
from importlib import resources
from pathlib import Path

import pytest

from benchmarks.embed import encounters
from benchmarks.embed.paths import save_paths
from forecast import months
from forecast.sources.cbp.encounters import bundle
from forecast.types import BORDERS, KeptPath, SeriesKey
from tests.support import cbp_files as cbp
from tests.support.cbp_files import ASIDE

DATA = Path(__file__).parents[5] / "shared" / "data"
FOLDER = Path(str(resources.files(bundle)))
SNAPSHOTS = {snapshot.release.source: snapshot for snapshot in bundle.load()}
SOURCES = [s for s in SNAPSHOTS.values() if s.release.kind == "bundle"]
PATROL, OFFICES = cbp.COMPONENTS


def current():
    """Newest statement of every series and month, as the store would choose it."""
    counts = {}
    for snapshot in SOURCES:  # ascending by seq
        for key, by_month in snapshot.counts.items():
            counts.setdefault(key, {}).update(by_month)
    return counts


def needs(path):
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    return path


@pytest.mark.parametrize(
    ("border", "month", "encounters"),
    [
        ("northern", "2023-08", 19834),
        ("northern", "2024-08", 18944),
        ("northern", "2024-11", 12085),
        ("northern", "2025-02", 4091),
        ("southwest", "2023-12", 301981),
        ("southwest", "2025-02", 11710),
        ("southwest", "2026-08", 12242),
        ("nationwide", "2025-10", 30636),
    ],
)
def test_known_answers(border, month, encounters):
    """Figures anybody can look up."""
    assert current()[SeriesKey(border)][month] == encounters


def test_totals_have_no_gaps():
    """October 2013 to August 2026, all four."""
    span = months.between("2013-10", "2026-08")

    for border in (*BORDERS, "nationwide"):
        assert sorted(current()[SeriesKey(border)]) == span


def test_border_patrol_reaches_back_to_1999():
    """Sectors and their sum without a break over three sources; the offices start in 2023."""
    found = current()

    for border in BORDERS:
        patrol = found[SeriesKey(border, "component", PATROL, PATROL)]
        offices = found[SeriesKey(border, "component", OFFICES, OFFICES)]
        assert sorted(patrol) == months.between("1999-10", "2026-08")
        assert sorted(offices) == months.between("2023-06", "2026-08")


@pytest.mark.parametrize("snapshot", SOURCES, ids=lambda s: s.release.source)
def test_components_are_the_sums_of_their_areas(snapshot):
    """Where a source has both."""
    for key, by_month in snapshot.counts.items():
        if key.dimension == "component":
            areas = [
                v
                for k, v in snapshot.counts.items()
                if (k.total, k.dimension, k.component) == (key.total, "field", key.member)
            ]
            for month, count in by_month.items():
                assert sum(area.get(month, 0) for area in areas) == count


@pytest.mark.parametrize("snapshot", SNAPSHOTS.values(), ids=lambda s: s.release.source)
def test_counts_lie_inside_the_coverage(snapshot):
    """And totals fill it, with or without zeros."""
    spans = {}
    for scope, first, last in snapshot.coverage:
        spans.setdefault(scope, set()).update(months.between(first, last))
    for key, by_month in snapshot.counts.items():
        assert set(by_month) <= spans[key.scope]
        assert not key.headline or set(by_month) == spans[key.scope]
    assert {key.scope for key in snapshot.counts} == set(spans)


def test_order_and_hashes_are_distinct():
    """Ascending by seq; the store takes one release per hash."""
    seqs = [snapshot.release.seq for snapshot in bundle.load()]

    assert seqs == sorted(seqs)
    assert set(Counter(s.release.sha256 for s in SNAPSHOTS.values()).values()) == {1}


def test_the_place_of_a_file_follows_from_its_name():
    """For the four sources that are files of the publisher."""
    found = {s.release.file_name: s.release.seq for s in SOURCES}
    named = {name: cbp.parse_name(name) for name in found}

    assert sum(name is not None for name in named.values()) == 4
    assert all(name.seq == found[key] for key, name in named.items() if name)


def test_arrests_in_the_interior_are_parts_of_border_patrol_s_count():
    """Equal to the file by area in every month; one month's parts do not add up at CBP."""
    found = current()
    odd = []
    for border in ("northern", "southwest", "nationwide"):
        large, entry = (
            found[SeriesKey(border, ASIDE.dimension, member, PATROL)]
            for member in (ASIDE.named, ASIDE.rest)
        )
        assert sorted(large) == sorted(entry) == months.between("2023-10", "2026-08")
        for month in large:
            parts = BORDERS if border == "nationwide" else (border,)
            total = sum(found[SeriesKey(b, "component", PATROL, PATROL)][month] for b in parts)
            if large[month] + entry[month] != total:
                odd.append((border, month, large[month] + entry[month], total))
    assert odd == [("nationwide", "2024-08", 60_694, 60_684)]


def test_rounded_sources_say_so():
    """The two of OHSS, and their counts are multiples of 10."""
    rounded = [s for s in SOURCES if s.release.rounding == 10]

    assert [s.release.source for s in rounded] == ["ohss-2024-08", "ohss-khsm-fy25m11"]
    for snapshot in rounded:
        assert all(n % 10 == 0 for v in snapshot.counts.values() for n in v.values())


def test_vintages_are_partial_and_dated():
    """What was known when: the northern February of 2025 was 4,098 at first."""
    release = SNAPSHOTS["feb-2025"].release

    assert SNAPSHOTS["feb-2025"].counts[SeriesKey("northern")] == {
        "2024-08": 18944,
        "2024-11": 12085,
        "2025-02": 4098,
    }
    assert (release.first_seen_at, release.first_seen_precision) == ("2025-03-31", "month")
    assert SNAPSHOTS["jul-2026"].release.first_seen_at == "2026-08-17"


def test_a_preliminary_figure_stands_before_its_month():
    """So that the first regular release of the month supersedes it."""
    assert SNAPSHOTS["press-prelim"].release.seq < SNAPSHOTS["oct-2025"].release.seq


def test_it_is_small_and_said_where_it_is_from():
    """Under 1 MB; every table of the folder is a source's, with publisher and title."""
    provenance = tomllib.loads((FOLDER / bundle.PROVENANCE).read_text())
    tables = {path.name for path in FOLDER.glob("*.csv")}

    assert sum(path.stat().st_size for path in FOLDER.glob("*.*")) < 1_000_000
    said = [*bundle.described(provenance), *provenance["dated"]]
    assert tables == {entry["table"] for entry in said} | {bundle.VINTAGES}
    for entry in said:
        assert entry["publisher"]
        assert entry["title"]


def test_dated_values_are_those_that_were_found():
    """Each line of the tables of findings, read by itself, and no other."""
    folder = needs(DATA / "vintages")
    found = Counter()
    for row in csv.DictReader((folder / "gdidata.csv").read_text().splitlines()):
        found[row["known_by"], row["month"], int(row["encounters"])] += 1
    for row in csv.DictReader((folder / "press.csv").read_text().splitlines()):
        day = f"{row['known_by']}-31" if len(row["known_by"]) == 7 else row["known_by"]
        found[day, row["month"], int(row["encounters_as_published"])] += 1

    kept = Counter()
    for values in bundle.load_dated().values():
        for value in values:
            span = value.first if value.first == value.last else f"{value.first}..{value.last}"
            kept[value.known_by, span, value.count] += 1

    assert kept == found
    assert kept.total() == 923


def test_hashes_are_of_what_they_say():
    """Of the table itself where the original file is not on record."""
    provenance = tomllib.loads((FOLDER / bundle.PROVENANCE).read_text())

    for entry in bundle.described(provenance):
        if "original_sha256" not in entry:
            content = (FOLDER / entry["table"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == entry["sha256"]
        else:
            embedded = [entry["crossing"]] if "crossing" in entry else encounters.STATE_DIMENSIONS
            lines = [entry["original_sha256"], *embedded]
            said = "".join(f"{line}\n" for line in lines)
            assert hashlib.sha256(said.encode()).hexdigest() == entry["sha256"]


def test_a_crossing_is_there_for_those_who_ask():
    """Three releases more, which say nothing of totals."""
    more = {s.release.source: s for s in bundle.load([encounters.CROSSING])}

    new = more.keys() - SNAPSHOTS.keys()
    assert new == {f"{name}-crossing" for name in encounters.STATE_FILES}
    assert {key.dimension for name in new for key in more[name].counts} == {encounters.CROSSING}
    assert bundle.load(["state", "state*citizenship"]) == bundle.load()


# ---------------------------------------------------------------- against where it came from


@pytest.mark.slow
@pytest.mark.parametrize("source", encounters.STATE_FILES)
def test_a_crossing_is_stated_in_full(source):
    path = needs(DATA / "cbp" / encounters.STATE_FILES[source])
    original = cbp.snapshot(cbp.read(path), [encounters.CROSSING]).counts
    held = {s.release.source: s for s in bundle.load([encounters.CROSSING])}[f"{source}-crossing"]

    assert held.counts == {
        key: by_month
        for key, by_month in original.items()
        if not key.headline and any(by_month.values())
    }


@pytest.mark.slow
@pytest.mark.parametrize("source", encounters.STATE_FILES)
def test_a_state_file_is_stated_in_full(source):
    """The delta storage gives back exactly what the file says."""
    path = needs(DATA / "cbp" / encounters.STATE_FILES[source])
    original = cbp.snapshot(cbp.read(path), encounters.STATE_DIMENSIONS)
    kept = SNAPSHOTS[source]

    assert kept.counts == {
        key: by_month for key, by_month in original.counts.items() if any(by_month.values())
    }
    assert set(kept.coverage) == set(original.coverage)
    assert (kept.rows, kept.closed) == (original.rows, original.closed)
    entries = tomllib.loads((FOLDER / bundle.PROVENANCE).read_text())["source"]
    (entry,) = [e for e in entries if e["source"] == source]
    assert entry["original_sha256"] == original.release.sha256


def test_every_figure_is_there():
    """The compact tables, row by row."""
    folder = needs(DATA / "figures")
    found = current()
    borders = (folder / "border_monthly.csv").read_text()
    sectors = gzip.decompress((folder / "usbp_sector_monthly.csv.gz").read_bytes()).decode()

    for row in csv.DictReader(borders.splitlines()):
        assert found[SeriesKey(row["border"])][row["month"]] == int(row["encounters"])
    for row in csv.DictReader(sectors.splitlines()):
        sector = found[SeriesKey(row["border"], "field", row["sector"], PATROL)]
        assert sector.get(row["month"], 0) == int(row["encounters"])


@pytest.mark.slow
def test_building_again_gives_the_same_bytes():
    """The committed files are what the script writes."""
    needs(DATA / "figures")
    built = encounters.build(DATA / "figures", DATA / "cbp")

    for name, content in built.items():
        assert (FOLDER / name).read_bytes() == content


@pytest.mark.parametrize(
    ("first", "last", "counts"),
    [
        ("2024-01", "2024-04", {"2024-01": 1, "2024-02": 2, "2024-03": 3, "2024-04": 4}),
        ("2023-11", "2024-09", {"2024-01": 1, "2024-02": 2, "2024-03": 3, "2024-04": 4}),
        ("2024-02", "2024-03", {"2024-02": 2, "2024-03": 3}),
        ("2024-04", "2024-04", {"2024-04": 4}),
        ("2023-01", "2024-01", {"2024-01": 1}),
        ("2023-01", "2023-12", None),
        ("2024-05", "2024-09", None),
    ],
)
def test_a_file_says_the_months_of_its_window_alone(first, last, counts):
    key = SeriesKey("northern")
    line = dict(zip(months.between("2024-01", "2024-04"), (1, 2, 3, 4), strict=True))

    assert bundle.clipped({key: line}, first, last).get(key) == counts


def test_a_tables_lines_are_series_and_vintages_are_grouped_by_their_release():
    head = "border,dimension,component,member,first_month,counts\n"
    text = head + 'northern,,,,2024-01,1 2\nother,state,,"A, B",2023-12,0 5 7\n'

    assert bundle.parse(text) == {
        SeriesKey("northern"): {"2024-01": 1, "2024-02": 2},
        SeriesKey("other", "state", "A, B"): {"2023-12": 0, "2024-01": 5, "2024-02": 7},
    }
    vintages = "release,month,border,encounters\nb,2024-01,x,1\na,2024-02,x,2\nb,2023-12,x,3\n"
    assert bundle.by_release(vintages) == {
        "a": ["a,2024-02,x,2"],
        "b": ["b,2023-12,x,3", "b,2024-01,x,1"],
    }
    assert bundle.digest(["a", "b"]) == hashlib.sha256(b"a\nb\n").hexdigest()


def test_paths_are_written_in_order_and_the_same_bytes_each_time(tmp_path):
    paths = [
        KeptPath("{}", SeriesKey(border), cutoff, "d", (0.1, 2.0), failure)
        for border, cutoff, failure in (
            ("southwest", "2024-01", ""),
            ("northern", "2024-02", "no fit"),
            ("northern", "2024-01", ""),
        )
    ]
    for some in (paths, paths[::-1]):
        save_paths(some, tmp_path)
        content = (tmp_path / bundle.PATHS).read_bytes()
        assert content[4:8] == bytes(4)  # no time of its writing
        assert gzip.decompress(content).decode().splitlines() == [
            "model_options,border,cutoff,data_digest,failure,path",
            "{},northern,2024-01,d,,0.1 2.0",
            "{},northern,2024-02,d,no fit,0.1 2.0",
            "{},southwest,2024-01,d,,0.1 2.0",
        ]


def test_the_paths_that_come_with_the_program_are_read_as_they_are_written(tmp_path):
    paths = bundle.load_paths()

    save_paths(paths, tmp_path)

    own = Path(bundle.__file__).parent / bundle.PATHS
    assert gzip.decompress((tmp_path / bundle.PATHS).read_bytes()) == gzip.decompress(
        own.read_bytes()
    )


def test_a_month_of_none_is_kept_of_totals_and_left_out_of_what_they_are_made_of():
    span = months.between("2024-01", "2024-03")
    total, part, none = (
        (SeriesKey("northern", *place), dict(zip(span, numbers, strict=True)))
        for place, numbers in (
            ((), (5, 0, 7)),
            (("state", "Maine"), (0, 2, 0)),
            (("state", "Ohio"), (0, 0, 0)),
        )
    )
    stated = bundle.clipped(dict([total, part, none]), span[0], span[-1])
    provenance = tomllib.loads((FOLDER / bundle.PROVENANCE).read_text())

    made = bundle.embedded(next(bundle.described(provenance)), stated)
    assert made.counts == {total[0]: total[1], part[0]: {"2024-02": 2}}
    assert {(c.scope, *c[1:]) for c in made.coverage} == {
        (key.scope, span[0], span[-1]) for key in (total[0], part[0])
    }
