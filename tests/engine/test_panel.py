from dataclasses import replace

import numpy as np
import pytest

from forecast import months
from forecast.engine import panel as engine_panel
from forecast.errors import DataError
from forecast.sources.published import PublishedTable
from forecast.tree import Tree
from forecast.types import Coverage, Scope, SeriesKey, Totals
from tests.support import cbp_files as cbp
from tests.support.cbp_files import ENCOUNTERS

PATROL, OFFICES = cbp.COMPONENTS


def reading(kind, *cells):
    return PublishedTable(
        file_name="nationwide-encounters-fy26-fy26-dec-aor.csv",
        kind=kind,
        sha256="0",
        seq=202603000,
        first_month="2025-10",
        data_through="2025-12",
        rows={2026: len(cells)},
        closed=frozenset(),
        cells=cells,
        unknown={},
    )


AOR = reading(
    "aor",
    cbp.EncounterCell(
        "2025-10", "northern", PATROL, "Buffalo Sector", "", "UAC", "INDIA", "", "Title 8", 3
    ),
    cbp.EncounterCell(
        "2025-10", "northern", PATROL, "Buffalo Sector", "", "UAC", "INDIA", "", "Title 8", 4
    ),
    cbp.EncounterCell(
        "2025-10", "northern", OFFICES, "Boston Field Office", "", "FMUA", "CUBA", "", "Title 8", 5
    ),
    cbp.EncounterCell(
        "2025-12", "southwest", PATROL, "Yuma Sector", "", "FMUA", "CUBA", "", "Title 42", 6
    ),
    cbp.EncounterCell(
        "2025-12", "other", OFFICES, "Miami Field Office", "", "FMUA", "CUBA", "", "Title 8", 0
    ),
)
SBO = reading(
    "sbo",
    cbp.EncounterCell("2025-12", "southwest", PATROL, "", "", "UAC", "", "Mexico", "Title 8", 9),
)

# ---------------------------------------------------------------- snapshot


def test_totals_have_every_month_of_the_span():
    """A month without rows is a zero; nationwide is the sum of the three."""
    counts = cbp.snapshot(AOR).counts

    assert counts[SeriesKey("northern")] == {"2025-10": 12, "2025-11": 0, "2025-12": 0}
    assert counts[SeriesKey("other")] == {"2025-10": 0, "2025-11": 0, "2025-12": 0}
    assert counts[SeriesKey("nationwide")] == {"2025-10": 12, "2025-11": 0, "2025-12": 6}


def test_drill_down_has_the_months_that_appear():
    """Rows that differ only in what is not kept are added up."""
    counts = cbp.snapshot(AOR).counts

    assert counts[SeriesKey("northern", "citizenship", "INDIA")] == {"2025-10": 7}
    assert counts[SeriesKey("northern", "field", "Buffalo Sector", PATROL)] == {"2025-10": 7}
    assert counts[SeriesKey("northern", "component", OFFICES, OFFICES)] == {"2025-10": 5}


def test_a_layout_gives_the_dimensions_it_has():
    """No state in the AOR layout; no nationwide and no citizenship in the southwest file."""
    aor = {key.dimension for key in cbp.snapshot(AOR).counts}
    sbo = {key[:2] for key in cbp.snapshot(SBO).counts}

    assert aor == {"", "component", "field", "citizenship", "demographic", "authority"}
    assert sbo == {
        ("southwest", dimension)
        for dimension in ("", "component", "citizenship_group", "demographic", "authority")
    }


def test_coverage_speaks_of_both_components():
    """Also of a component without rows: it is stated to be zero."""
    coverage = cbp.snapshot(AOR, ["field"]).coverage

    assert coverage == tuple(
        Coverage(scope, "2025-10", "2025-12")
        for scope in (
            *(Scope(border, "") for border in ("northern", "southwest", "other", "nationwide")),
            *(
                Scope(border, "field", component)
                for border in ("northern", "southwest", "other")
                for component in (PATROL, OFFICES)
            ),
        )
    )


def test_crossings_join_their_members():
    """Written a*b, its members A * B; without a component of their own."""
    counts = cbp.snapshot(AOR, ["field*citizenship", "state*citizenship"]).counts

    assert {key: by_month for key, by_month in counts.items() if key.dimension} == {
        SeriesKey("northern", "field*citizenship", "Buffalo Sector * INDIA"): {"2025-10": 7},
        SeriesKey("northern", "field*citizenship", "Boston Field Office * CUBA"): {"2025-10": 5},
        SeriesKey("southwest", "field*citizenship", "Yuma Sector * CUBA"): {"2025-12": 6},
        SeriesKey("other", "field*citizenship", "Miami Field Office * CUBA"): {"2025-12": 0},
    }


@pytest.mark.parametrize("dimension", ["component", "field", "citizenship", "demographic"])
def test_parts_add_up_to_the_totals(dimension):
    """Every dimension is a partition of the same rows."""
    counts = cbp.snapshot(AOR, [dimension]).counts

    for border in ("northern", "southwest", "other"):
        parts = [v for key, v in counts.items() if key[:2] == (border, dimension)]
        for month, total in counts[SeriesKey(border)].items():
            assert sum(part.get(month, 0) for part in parts) == total


def test_the_release_is_the_file():
    """Its name gives the source unless one is given; the vintage date is a day."""
    release = cbp.snapshot(AOR, first_seen_at="2026-01-15").release

    assert (release.source, release.seq) == ("nationwide-encounters-fy26-fy26-dec-aor", 202603000)
    assert (release.first_seen_at, release.first_seen_precision) == ("2026-01-15", "day")
    assert cbp.snapshot(AOR, source="mine").release.first_seen_precision == "unknown"


# ---------------------------------------------------------------- panel

NORTH, INDIA = SeriesKey("northern"), SeriesKey("northern", "citizenship", "INDIA")


def run(first, *counts):
    return {months.shift(first, n): count for n, count in enumerate(counts)}


def test_panel_aligns_series_at_their_ends():
    """NaN before a series starts; each has a last month of its own."""
    panel = engine_panel.panel(
        {NORTH: run("2025-10", 0, 1, 2), INDIA: run("2025-10", 5, 6)}, source=ENCOUNTERS
    )

    np.testing.assert_allclose(panel.z, np.log1p([[0, 1, 2], [np.nan, 5, 6]]))
    assert panel.last.tolist() == [months.to_index("2025-12"), months.to_index("2025-11")]
    assert panel.start.tolist() == [0, 1]
    assert panel.names == ("northern", "northern / citizenship / INDIA")


def test_family_is_the_dimension_unless_given():
    """The totals are a family of their own."""
    counts = {NORTH: run("2025-10", 1), INDIA: run("2025-10", 1)}

    assert engine_panel.panel(counts, source=ENCOUNTERS).family.tolist() == ["", "citizenship"]
    assert engine_panel.panel(counts, family={INDIA: "x"}, source=ENCOUNTERS).family.tolist() == [
        "",
        "x",
    ]


def test_events_follow_each_series_own_end():
    """Proclamation 10888 came in January 2025."""
    counts = {NORTH: run("2025-01", 1, 1), INDIA: run("2025-01", 1)}

    assert engine_panel.panel(counts, source=ENCOUNTERS).events == (((0, 0),), ((1, 1),))
    assert engine_panel.panel(counts, replace(ENCOUNTERS, breaks=())).events == ((), ())


def test_an_unknown_month_is_no_number():
    """NaN, not 0, and what comes after it stands where it belongs."""
    panel = engine_panel.panel({INDIA: {"2025-10": 1, "2026-01": 2}}, source=ENCOUNTERS)

    np.testing.assert_allclose(panel.z, np.log1p([[1, np.nan, np.nan, 2]]))
    assert panel.known.tolist() == [[True, False, False, True]]


def test_only_what_follows_a_long_gap_is_used():
    """Two years unknown are bridged; a month more, and what was before says nothing."""
    bridged = {"2020-01": 1, "2022-02": 2}  # 24 months between them
    cut = {"2020-01": 1, "2022-03": 2, "2022-04": 3}

    assert engine_panel.panel({INDIA: bridged}, source=ENCOUNTERS).z.shape == (1, 26)
    np.testing.assert_allclose(
        engine_panel.panel({INDIA: cut}, source=ENCOUNTERS).z, np.log1p([[2, 3]])
    )


@pytest.mark.parametrize("counts", [{}, {NORTH: {}}])
def test_nothing_is_refused(counts):
    """No series, or one without months."""
    with pytest.raises(DataError, match="no months to forecast from"):
        engine_panel.panel(counts, source=ENCOUNTERS)


def test_rows_of_nationwide():
    """Only where all three borders are there too."""
    keys = [SeriesKey(border) for border in ("nationwide", "other", "northern", "southwest")]

    assert engine_panel.nationwide_rows(keys, ENCOUNTERS.tree) == {0: (2, 3, 1)}
    assert engine_panel.nationwide_rows(keys[:3], ENCOUNTERS.tree) == {}


@pytest.mark.parametrize("gap", [24, 25])
def test_of_several_long_gaps_the_last_one_counts(gap):
    """Months unknown between January 2018, a month later on, and 2022."""
    middle = months.shift("2018-02", gap)
    later = months.shift(middle, gap + 1)
    counts = {INDIA: {"2018-01": 1, middle: 2, later: 3, months.shift(later, 1): 4}}

    panel = engine_panel.panel(counts, source=ENCOUNTERS)

    assert panel.z.shape[1] == (2 if gap > 24 else 2 * gap + 4)
    assert panel.z[0, -1] == np.log1p(4)
    assert panel.z[0, 0] == np.log1p(3 if gap > 24 else 1)


def test_a_series_without_months_is_named():
    with pytest.raises(DataError, match="no months to forecast from: northern / citizenship / IND"):
        engine_panel.panel({NORTH: run("2025-10", 1), INDIA: {}}, source=ENCOUNTERS)
    with pytest.raises(DataError, match="no months to forecast from: no series given"):
        engine_panel.panel({}, source=ENCOUNTERS)


def test_rows_of_nationwide_are_found_of_each_group():
    borders = ("nationwide", "northern", "southwest", "other")
    keys = [SeriesKey(border) for border in borders]
    keys += [key._replace(dimension="component", member="x", component="x") for key in keys]

    assert engine_panel.nationwide_rows(keys, ENCOUNTERS.tree) == {
        0: (1, 2, 3),
        4: (5, 6, 7),
    }
    assert engine_panel.nationwide_rows(keys[1:], ENCOUNTERS.tree) == {3: (4, 5, 6)}
    assert engine_panel.nationwide_rows([], ENCOUNTERS.tree) == {}


@pytest.mark.parametrize(
    ("parts", "rows"), [(["a"], {0: (1,)}), (["b", "a"], {0: (2, 1)}), (["a", "c"], {}), ([], {})]
)
def test_rows_of_a_total_are_those_of_each_series_there_is(parts, rows):
    keys = [SeriesKey(name) for name in ("All", "a", "b")]
    assert engine_panel.nationwide_rows(keys, Tree(Totals(tuple(parts), "All"))) == rows
