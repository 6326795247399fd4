"""The figures of then: at which cutoffs another figure stood than today's."""

from __future__ import annotations

import numpy as np
import pytest

from forecast import months
from forecast.config import Config
from forecast.engine import paths
from forecast.errors import DataError
from forecast.records import SeriesKey
from forecast.store.watch import Stood
from jobs.pipeline.asof import _as_of, _earlier_figures, _totals, asked_again
from jobs.pipeline.standing import _range80
from jobs.pipeline.totals import Headline, headline

NORTH, SOUTH = SeriesKey("northern"), SeriesKey("southwest")
FIRST, COUNT = "2022-01", 30
MONTHS = [months.shift(FIRST, n) for n in range(COUNT)]


def day(month: str, after: int = 1) -> str:
    """A day in the month so many months later."""
    return f"{months.shift(month, after)}-15"


def values(revised: dict[tuple[SeriesKey, str], tuple[int, int]]) -> dict:
    """Every month is 100, known in the month after it, but for (what it was first, until when)."""
    found: dict = {NORTH: {}, SOUTH: {}}
    for key, by_month in found.items():
        for month in MONTHS:
            first, stood = revised.get((key, month), (100, 0))
            until = day(month, stood) if stood else None
            by_month[month] = [Stood(key, month, first, day(month), until)]
            if until:
                by_month[month].append(Stood(key, month, 100, until, None))
    return found


def head() -> Headline:
    return headline({key: dict.fromkeys(MONTHS, 100) for key in (NORTH, SOUTH)}, Config())


def test_the_engine_is_asked_again_exactly_where_another_figure_stood():
    """Month 10 was 70 until three months later: cutoffs 10 and 11 knew it so; 12 knew better."""
    revised = {(NORTH, MONTHS[10]): (70, 3)}

    found = dict(_earlier_figures(head(), values(revised)))

    assert list(found) == MONTHS[10:12]
    assert found[MONTHS[11]][NORTH] == {**dict.fromkeys(MONTHS[:12], 100), MONTHS[10]: 70}
    assert found[MONTHS[11]][SOUTH] == dict.fromkeys(MONTHS[:12], 100)


def test_figures_never_revised_are_not_asked_about_again():
    assert dict(_earlier_figures(head(), values({}))) == {}


def test_a_cutoff_whose_month_a_border_never_stated_is_left_out():
    stated = values({(NORTH, MONTHS[10]): (70, 3)})
    del stated[SOUTH][MONTHS[11]]

    assert list(dict(_earlier_figures(head(), stated))) == [MONTHS[10]]

    stated = values({(NORTH, MONTHS[10]): (70, 3)})
    del stated[SOUTH][MONTHS[2]]
    assert list(dict(_earlier_figures(head(), stated))) == [MONTHS[10], MONTHS[11]]


def test_borders_that_end_in_different_months_are_not_judged_side_by_side():
    apart = headline(
        {NORTH: dict.fromkeys(MONTHS, 100), SOUTH: dict.fromkeys(MONTHS[:-1], 100)}, Config()
    )

    assert dict(_earlier_figures(apart, values({(NORTH, MONTHS[10]): (70, 3)}))) == {}


# --- the borders side by side, and from which months on they are asked


@pytest.mark.parametrize(
    ("first", "scored", "burn_in"),
    [
        ("2021-12", 0, 0),
        ("2022-01", 0, 0),
        ("2022-02", 1, 0),
        ("2024-02", 25, 1),
        ("2024-06", 29, 5),
    ],
)
def test_hindcasts_begin_where_the_settings_say_and_two_years_before_to_calibrate(
    first, scored, burn_in
):
    config = Config.model_validate({"forecast": {"first_cutoff": first}})
    counts = {key: dict.fromkeys(MONTHS, 100) for key in (NORTH, SOUTH)}

    found = headline(counts, config)

    assert (found.scored, found.burn_in, found.last) == (scored, burn_in, COUNT - 1)
    assert found.origins(-3).tolist() == list(range(COUNT))
    assert found.origins(27).tolist() == [27, 28, 29]


def test_borders_add_up_where_they_end_in_the_same_month():
    keys = [SeriesKey(b) for b in ("northern", "southwest", "other", "nationwide")]
    counts = {key: dict.fromkeys(MONTHS, 100) for key in keys}

    together = headline(counts, Config())
    (total,) = together.totals
    assert together.keys[total] == SeriesKey("nationwide")
    assert sorted(together.keys[row].border for row in together.totals[total]) == [
        "northern",
        "other",
        "southwest",
    ]
    counts[SOUTH] = dict.fromkeys(MONTHS[:-1], 100)
    assert headline(counts, Config()).totals == {}
    with pytest.raises(DataError, match="no border has counts on record; import a file"):
        headline({}, Config())


def test_figures_of_a_day_are_the_last_known_by_then_or_the_first():
    stood = [
        Stood(NORTH, "2022-01", 70, "2022-02-15", "2022-04-15"),
        Stood(NORTH, "2022-01", 80, "2022-04-15", None),
    ]
    by_month = {"2022-01": stood, "2022-02": [Stood(NORTH, "2022-02", 5, "2022-03-15", None)]}

    assert _as_of(by_month, "2022-02", "2022-04-14") == {"2022-01": 70, "2022-02": 5}
    assert _as_of(by_month, "2022-02", "2022-04-15") == {"2022-01": 80, "2022-02": 5}
    assert _as_of(by_month, "2022-01", "2021-01-01") == {"2022-01": 70}


def test_each_of_several_cutoffs_adds_up_by_itself():
    counts = {SeriesKey(b): {} for b in ("northern", "nationwide", "southwest", "other")}
    some = {NORTH: {}, SOUTH: {}}

    found = _totals([("a", counts), ("b", some), ("c", counts)])

    assert {total: set(parts) for total, parts in found.items()} == {1: {0, 2, 3}, 7: {6, 8, 9}}
    assert asked_again([], 12) == {}


def test_a_range_of_80_in_100_is_of_whole_counts():
    marks = np.zeros(len(paths.MARK_PROBS))
    low, high = (paths.MARK_PROBS.index(p) for p in (0.1, 0.9))
    for lo, hi, expected in (
        (99.0, 200.0, (99, 200)),
        (99.5, 200.5, (99, 201)),
        (0.0, 0.0, (0, 0)),
    ):
        marks[low], marks[high] = np.log1p(lo), np.log1p(hi)
        assert _range80(marks) == expected
