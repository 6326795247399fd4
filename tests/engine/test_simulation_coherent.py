"""Parts as their paths have them: quantiles outward, medians that add up to their border's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecast import months
from forecast.engine import paths, simulation
from forecast.engine.forecast import INTERVAL_PROBS, INTERVALS
from forecast.engine.joint import Draws, Joint
from forecast.periods import FEDERAL
from forecast.types import BORDERS, Forecast, SeriesKey, SimulationSpec, StoredMarginals
from tests.support import kept_marks, tiny_record
from tests.support.cbp_files import ENCOUNTERS
from tests.support.tiny_record import NEW_YORK, NORTH, VERMONT

PATROL, OFFICE = (SeriesKey("northern", "component", name, name) for name in ("USBP", "OFO"))
SECTORS = tuple(SeriesKey("northern", "field", name, "USBP") for name in ("Havre", "Swanton"))
MAINE = SeriesKey("northern", "state", "ME")
STATES = (NEW_YORK, VERMONT, MAINE)  # the medians of two alone would add up of themselves
ALONE = SeriesKey("northern", "demographic", "FMUA")
SPREAD = np.linspace(-1, 1, len(paths.QUANTILES))


def kept(key: SeriesKey, cutoff: str, level: float, months_ahead: int, **more) -> StoredMarginals:
    """Distributions around a level that widen from month to month."""
    width = 0.8 * np.sqrt(np.arange(1, months_ahead + 1))
    return StoredMarginals(
        key, cutoff, kept_marks.as_bytes(np.log(level) + width[:, None] * SPREAD), **more
    )


def joint() -> Joint:
    """Northern is published through August, its parts through July; half of it has sectors."""
    borders = [kept(SeriesKey(border), "2026-08", 1000, 4) for border in BORDERS]
    borders[0] = replace(borders[0], known=(("2026-08", 950),))
    parts = [kept(key, "2026-07", 300, 4) for key in (NEW_YORK, VERMONT, PATROL, OFFICE)]
    parts.append(kept(MAINE, "2026-07", 90, 4))
    sectors = [kept(key, "2026-07", 90, 4, share=0.5) for key in SECTORS]
    rule = SimulationSpec(kept_marks.RULE, 1, BORDERS, tuple(map(tuple, np.eye(3).tolist())))
    rest = [kept(ALONE, "2026-07", 20, 4)]
    return Joint(rule, [*borders, *parts, *sectors, *rest], ENCOUNTERS.tree)


@pytest.fixture(scope="module")
def draws() -> Draws:
    return joint().draws(200)


def rows(*keys: SeriesKey) -> list[Forecast]:
    return [tiny_record.forecast(key, "2026-07", h, 300 + h) for key in keys for h in (1, 2, 3)]


def agreeing(every: list[Forecast], draws: Draws) -> list[Forecast]:
    counts = {
        key: dict.fromkeys(months.between("2025-10", "2026-08"), 1) for key in draws.joint.marginals
    }
    drawn = {
        key: simulation.summarized(draws.joint, key, draws.of(key), of, FEDERAL)
        for key, of in counts.items()
    }
    return simulation.coherent(every, draws.joint, drawn, "bordercast")


HEAD = [tiny_record.forecast(NORTH, "2026-08", h, 801 + h) for h in (1, 2)]


def medians(found: list[Forecast], month: str) -> dict[SeriesKey, int]:
    return {row.series: row.median for row in found if row.month == month}


def test_medians_of_parts_add_up_to_their_border_s_and_sectors_to_their_agency_s(draws):
    every = (*STATES, PATROL, OFFICE, *SECTORS)

    found = agreeing([*HEAD, *rows(*every)], draws)

    for month, total in (("2026-08", 950), ("2026-09", 802), ("2026-10", 803)):
        by_key = medians(found, month)
        assert sum(by_key[key] for key in STATES) == total
        assert by_key[PATROL] + by_key[OFFICE] == total
        assert sum(by_key[key] for key in SECTORS) == round(by_key[PATROL] / 2)
    assert [row for row in found if row.series == NORTH] == HEAD


def test_a_group_that_is_not_whole_keeps_the_medians_of_its_paths(draws):
    (first, second, third) = agreeing(rows(NEW_YORK), draws)
    among_others = agreeing([*HEAD, *rows(NEW_YORK)], draws)
    without_border = agreeing(rows(*STATES), draws)
    (*_, alone) = agreeing([*HEAD, rows(ALONE)[0]], draws)

    own = np.rint(np.median(draws.of(NEW_YORK), axis=0)).astype(int).tolist()
    assert [first.median, second.median, third.median] == own[:3]
    assert [row.median for row in among_others[2:]] == own[:3]
    assert [row.median for row in without_border[1:3]] == own[1:3]
    assert sum(row.median for row in without_border[::3]) == 950  # of a month that is known
    middle = np.rint(np.median([draws.of(key)[:, 0] for key in STATES], axis=1))
    assert middle.sum() != 950
    assert alone.median == 950  # the only one of its dimension is all of it


def test_a_part_s_quantiles_are_its_paths_and_its_distribution_stays_its_own(draws):
    before = rows(*STATES)
    found = agreeing([*HEAD, *before], draws)[2]

    ordered = np.sort(draws.of(NEW_YORK)[:, 0])
    for name, prob in zip(INTERVALS, INTERVAL_PROBS, strict=True):
        exact = ordered[round(prob * 200) - 1]
        count = getattr(found, name)
        if name.startswith("lo"):
            assert count == min(int(exact), found.median)
        elif name.startswith("hi"):
            assert count == max(-int(-exact // 1), found.median)
    assert (found.centre, found.scale, found.df) == tuple(
        getattr(before[0], name) for name in ("centre", "scale", "df")
    )
    assert (found.month, found.horizon) == ("2026-08", 1)


def test_other_models_and_parts_without_paths_stay_as_they_are(draws):
    others = [replace(row, model="naive") for row in rows(NEW_YORK)]
    unknown = rows(SeriesKey("northern", "state", "NH"))

    assert agreeing([*HEAD, *others, *unknown], draws) == [
        *HEAD,
        *others,
        *unknown,
    ]


def test_counts_are_whole_outward_and_the_median_to_the_nearest():
    quantiles = np.array([1.9, 2.0 - 1e-12, 2.2, 3.7, 4.6, 5.2, 6 + 1e-12, 7.0, 8.1])

    assert simulation.whole(quantiles).tolist() == [1, 2, 2, 3, 5, 6, 6, 7, 9]


def test_intervals_reach_a_median_that_lies_outside():
    values = dict(zip(INTERVALS, (1, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))

    high = simulation.around(values, 8)
    low = simulation.around(values, 2)

    assert list(map(high.get, INTERVALS)) == [1, 2, 3, 4, 8, 8, 8, 8, 9]
    assert list(map(low.get, INTERVALS)) == [1, 2, 2, 2, 2, 6, 7, 8, 9]
