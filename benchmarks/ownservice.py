"""How surely the service on own counts flags a month that is three times what it would have been.

A set of 40 clinics with gaps, whole years of noise, trend and season; one clinic's newest month is
tripled. Each seed is a record of its own, made by `jobs.monthly.run` as the service does it.

    .venv/bin/python -m benchmarks.ownservice [SEEDS]
"""

from __future__ import annotations

import csv
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from forecast import config, in_use, months
from forecast.store import connect, flags
from jobs import monthly

FIRST, HELD, CLINICS = "2019-01", 60, 40
SETTINGS = """
[[sources]]
kind = "counts"
name = "clinic_visits"
path = "deliveries"
noun = "visits"
one = "clinic"
many = "clinics"
place = "at {}"
publisher = "County Health"
[forecast]
models = ["naive"]
first_cutoff = "2023-06"
[compute]
engine = "serial"
"""


def clinics(seed: int, length: int = HELD, many: int = CLINICS) -> dict[str, np.ndarray]:
    """Name -> (length,) visits a month; NaN where nobody counted."""
    random = np.random.default_rng(seed)
    found = {}
    for number in range(1, many + 1):
        at = np.arange(length)
        level = random.uniform(3, 6.5) + np.cumsum(random.normal(0, 0.03, length))
        season = 0.15 * np.sin(2 * np.pi * (at + random.integers(12)) / 12)
        mean = np.exp(level + season) * random.gamma(60, 1 / 60, length)
        visits = random.poisson(mean).astype(float)
        gaps = random.choice(np.arange(12, length - 14), random.integers(0, 3), replace=False)
        visits[gaps] = np.nan
        found[f"Clinic {number:02d}"] = visits
    return found


def write(path: Path, visits: dict[str, np.ndarray], upto: int) -> None:
    """A delivery: the first `upto` months, blank where nobody counted."""
    with path.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["Month", "Clinic", "Visits"])
        for name, counts in visits.items():
            for at, count in enumerate(counts[:upto]):
                month = months.shift(FIRST, at)
                lines.writerow([month, name, "" if np.isnan(count) else int(count)])


def tripled(seed: int, folder: Path) -> bool:
    """Whether the tripled month of one clinic is flagged."""
    visits = clinics(seed)
    name = f"Clinic {1 + seed % CLINICS:02d}"
    visits[name][-1] *= 3
    (folder / "deliveries").mkdir(parents=True)
    write(folder / "deliveries" / "before.csv", visits, HELD - 1)
    write(folder / "deliveries" / "newest.csv", visits, HELD)
    settings, path = config.parse(SETTINGS, "benchmark"), folder / "record.db"
    in_use.start(path, settings)
    month = months.shift(FIRST, HELD - 1)
    now = datetime.combine(months.days_after(month, 10), datetime.min.time(), UTC)
    monthly.run(path, settings, now=now, with_bundle=False)
    with connect.moment(path) as connection:
        found = flags.flags(connection, name)
    return any(flag["month"] == month and flag["kind"] == "month" for flag in found)


def main(seeds: int = 12) -> None:
    """Print seed by seed."""
    flagged = 0
    for seed in range(1, seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            found = tripled(seed, Path(folder) / "own")
        flagged += found
        print(f"seed {seed}: {'flagged' if found else 'not flagged'}", flush=True)
    print(f"flagged in {flagged} of {seeds}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
