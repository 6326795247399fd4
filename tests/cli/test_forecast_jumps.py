"""Counts that jump and stay, forecast from a file: what the backtest says of --jumps is passed on.

Truth is what the same command prints when it is asked with --jumps.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast.desk.sentences import own_counts
from forecast.engine.anyseries import HindcastQuality
from jobs.cli import main
from tests.support.databases import rows

HELD = re.compile(r"80% intervals held (\d+)%, 95% intervals (\d+)%")
PROPOSED = re.compile(
    r"80% intervals would have held (\d+)%, not (\d+)%, 95% .*? (\d+)%, not (\d+)%"
)


def said(file: Path, *words: str) -> str:
    out = str(file.with_suffix(".parquet"))
    done = CliRunner().invoke(main, ["forecast", str(file), "-o", out, *words])
    assert done.exit_code == 0, done.output
    return done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sector", "last", "proposed"),
    [
        # Border Patrol's sectors in the year in which all of them fell, and in the calm year after.
        ("El Paso Sector", "2025-06", True),
        ("Rio Grande Valley Sector", "2025-06", True),
        ("El Paso Sector", "2026-08", False),
    ],
)
def test_jumps_are_proposed_where_the_same_hindcasts_are_better_with_them(
    published, tmp_path, sector, last, proposed
):
    counted = rows(
        published,
        "select o.month, o.encounters from current_observations as o join scoped_series as s "
        "on s.id = o.series_id where s.dimension = 'field' and s.member = ? and o.month <= ? "
        "order by o.month",
        sector,
        last,
    )
    file = tmp_path / "counts.csv"
    file.write_text("month,count\n" + "".join(f"{month},{n}\n" for month, n in counted))

    plain, asked = said(file), said(file, "--jumps")

    own, jumping = HELD.search(plain).groups(), HELD.search(asked).groups()
    told = PROPOSED.search(plain)
    assert "--jumps" not in asked
    assert bool(told) == proposed
    if told:
        assert told.groups() == (jumping[0], own[0], jumping[1], own[1])
        assert int(jumping[0]) > int(own[0])
    else:
        assert int(own[0]) >= 100 * own_counts.HELD


@pytest.mark.parametrize(
    ("own", "jumping", "proposed"),
    [
        ((0.44, 0.70, 0.40), (0.87, 0.95, 0.30), True),
        ((0.65, 0.70, 0.40), (0.65, 0.75, 0.39), True),
        ((0.65, 0.70, 0.40), (0.69, 0.74, 0.30), False),  # hardly wider
        ((0.65, 0.70, 0.40), (0.64, 0.90, 0.30), False),  # fewer in the 80% intervals
        ((0.44, 0.70, 0.40), (0.87, 0.95, 0.40), False),  # wider, and worth no more
    ],
)
def test_wider_alone_is_no_reason(own, jumping, proposed):
    def of(coverage80: float, coverage95: float, log_wis: float) -> HindcastQuality:
        return HindcastQuality(78, log_wis, 0.9, coverage80, coverage95)

    found = own_counts.jumps_proposed(of(*own), of(*jumping))

    assert bool(found) == proposed
    assert all(text.startswith("try --jumps") for text in found)


@pytest.mark.parametrize(
    ("n", "held", "narrow"), [(78, 0.69, True), (78, 0.7, False), (0, 0.1, False)]
)
def test_only_intervals_that_held_too_few_are_held_against_others(n, held, narrow):
    assert own_counts.too_narrow(HindcastQuality(n, coverage80=held)) == narrow
