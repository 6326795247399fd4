from datetime import date

import pytest

from forecast import months
from forecast.desk.charts import grammar
from forecast.engine.panel import break_columns, panel
from forecast.sources import catalog
from forecast.types import HEADLINES, Break, SeriesKey
from tests.support.cbp_files import ENCOUNTERS

JUNE_2023 = months.to_index("2023-06")


@pytest.mark.parametrize("policy", ENCOUNTERS.breaks, ids=lambda policy: policy.date)
def test_dates_are_dates_and_nothing_is_known_after_it_happened(policy):
    """A date known too early would let a hindcast look into the future."""
    assert date.fromisoformat(policy.known_on) <= date.fromisoformat(policy.date)
    assert set(policy.totals) <= set(HEADLINES)
    assert policy.source


def test_dates_are_those_of_the_method_in_order():
    """Six breaks, ascending."""
    assert [policy.date for policy in ENCOUNTERS.breaks] == [
        "2020-03-20",
        "2023-03-25",
        "2023-05-11",
        "2024-02-29",
        "2024-06-05",
        "2025-01-20",
    ]


def test_columns_of_a_panel():
    """Column 0 is July 2022 here; the end of Title 42 was known in January, column 6."""
    found = break_columns("northern", JUNE_2023, 12, ENCOUNTERS.breaks)

    assert found[:2] == ((8, 8), (10, 6))


def test_dates_before_the_panel_are_left_out_and_later_ones_are_not():
    """A later one has columns beyond the data, so that no cutoff knows it.

    What was known before the panel starts is known from its first column on.
    """
    found = break_columns("southwest", JUNE_2023, 2, ENCOUNTERS.breaks)

    assert found == ((0, 0), (13, 13), (20, 20))


def test_other_borders_have_none():
    """Airports and coasts are not what these dates are about."""
    assert break_columns("other", JUNE_2023, 200, ENCOUNTERS.breaks) == ()


@pytest.mark.parametrize("source", [s for s in catalog.every().values() if not s.beside])
def test_policy_dates_are_of_people_met_at_the_border_alone(source):
    months_known = dict.fromkeys(months.between("2020-01", "2026-08"), 1)
    (dated,) = panel({SeriesKey("northern"): months_known}, source).events
    _, words = grammar.breaks("northern", "2020-01", "2026-08", source)

    assert bool(dated) == bool(words) == (source.name == "cbp_encounters")


@pytest.mark.parametrize(("width", "columns"), [(26, ((0, 0), (6, 5))), (25, ((5, 4),))])
def test_a_date_in_the_first_month_of_a_panel_is_its_column_0(width, columns):
    """A panel of the southwest up to the month before it is two years old."""
    dates = (
        Break("2021-05-01", "2021-05-01", ("southwest",), "a", "x"),
        Break("2021-11-30", "2021-10-31", ("southwest",), "b", "x"),
        Break("2021-12-01", "2021-10-31", ("northern",), "c", "x"),
    )

    assert break_columns("southwest", JUNE_2023, width, dates) == columns
