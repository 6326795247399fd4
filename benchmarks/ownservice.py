"""The service on own counts, on clinics whose truth is known: what it flags, what intervals cover.

A set of 40 clinics with gaps, whole years of noise, trend and season. For `flags`, one clinic's
newest month is tripled; each seed is a record of its own, made by `jobs.monthly.run` as the
service does it. For `coverage`, nothing is: how many months, of 24 cutoffs, lie inside intervals.
For `chances`, how good those of standing questions are beside their base rate, clinic by clinic.

    .venv/bin/python -m benchmarks.ownservice flags [SEEDS]
    .venv/bin/python -m benchmarks.ownservice coverage [SEEDS] [MONTHS]
    .venv/bin/python -m benchmarks.ownservice chances [SEEDS] [MONTHS]
"""

from __future__ import annotations

import csv
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from forecast import config, months
from forecast.context import Context, source_of
from forecast.engine import paths
from forecast.engine.anyseries import forecast_counts
from forecast.judge import questions
from forecast.periods import Calendar
from forecast.store import connect, read
from forecast.types import SeriesKey
from jobs import monthly
from models.base import MonthlyCounts
from tests.support.question_outcomes import outcome

FIRST, HELD, CLINICS = "2019-01", 60, 40
AHEAD, CUTOFFS, DRAWS = 12, 24, 500
BOUNDS = (0.1, 0.025, 0.975, 0.9)  # of the intervals, from 80% to 95% and back
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
    month = months.shift(FIRST, HELD - 1)
    now = datetime.combine(months.days_after(month, 10), datetime.min.time(), UTC)
    monthly.run(Context.open(path, settings), now=now, with_bundle=False)
    with connect.moment(path) as connection:
        found = read.flags(connection, source_of(connection).totals, name)
    return any(flag.month == month and flag.kind == "month" for flag in found)


def covered(seed: int, length: int) -> np.ndarray:
    """(12, 2) share of months inside the 80% and the 95% intervals, by months ahead."""
    visits = clinics(seed, length + AHEAD)
    values = np.stack(list(visits.values()))
    last = np.full(CLINICS, months.to_index(FIRST) + length - 1)
    own = MonthlyCounts(tuple(visits), np.zeros(CLINICS, int), values[:, :length], last)
    said = forecast_counts(own, AHEAD, hindcasts=CUTOFFS)
    bounds = said.values(slice(None), BOUNDS)
    at = length - 1 - said.back[:, None] + np.arange(1, AHEAD + 1)
    truth = values[:, at][..., None]
    inside = (bounds[..., :2] <= truth) & (truth <= bounds[..., 3:1:-1])
    known = np.isfinite(truth) & said.known[..., None, None]
    return np.asarray((inside & known).sum(axis=(0, 1)) / known.sum(axis=(0, 1)))


def coverage(seeds: int = 12, length: int = HELD) -> None:
    """Print how much the intervals cover at 1, 3, 6 and 12 months ahead, and in all."""
    found = np.stack([covered(seed, length) for seed in range(1, seeds + 1)])
    for level, share in zip((80, 95), np.moveaxis(found, -1, 0), strict=True):
        by_month = share.mean(axis=0)
        shown = " ".join(f"{by_month[h - 1]:.3f}" for h in (1, 3, 6, 12))
        each = share.mean(axis=1)
        print(f"{level}% at 1, 3, 6, 12: {shown}; all {each.mean():.3f}, by seed {each.std():.3f}")


def answers(seed: int, length: int) -> Iterator[tuple[str, float, float, bool]]:
    """(kind, chance, base rate, outcome) of each question of 24 cutoffs, as a run asks them."""
    values = np.stack(list((visits := clinics(seed, length + AHEAD)).values()))
    last = np.full(CLINICS, months.to_index(FIRST) + length - 1)
    own = MonthlyCounts(tuple(visits), np.zeros(CLINICS, int), values[:, :length], last)
    said = forecast_counts(own, AHEAD, hindcasts=CUTOFFS)
    marks = said.predictive.quantiles(paths.QUANTILES)
    counts = {
        SeriesKey(name): {
            months.shift(FIRST, at): int(count)
            for at, count in enumerate(row)
            if np.isfinite(count)
        }
        for name, row in zip(visits, values, strict=True)
    }
    rates = questions.base_rates(counts, Calendar())
    for place, back in enumerate(said.back.tolist()):
        cutoff = months.shift(FIRST, length - 1 - back)
        draws = paths.draw(marks[:, place], np.eye(CLINICS), DRAWS, seed, place)
        for row, (key, known) in enumerate(counts.items()):
            if cutoff not in known:
                continue
            until = {month: count for month, count in known.items() if month <= cutoff}
            asked = questions.Asked(key, until, cutoff, Calendar())
            for question in questions.questions(asked):
                came = outcome(question, known)
                if came is not None and questions.fits(question.kind, Calendar()):
                    chance = questions.chance(question, asked, draws[row])
                    yield question.kind, chance, rates[question.kind, cutoff], came


def chances(seeds: int = 12, length: int = HELD) -> None:
    """Print the Brier scores of each kind of question, all seeds together."""
    found = [one for seed in range(1, seeds + 1) for one in answers(seed, length)]
    for kind in dict.fromkeys(one[0] for one in found):
        score = questions.record(*zip(*(one[1:] for one in found if one[0] == kind), strict=True))
        print(f"{kind}: {score.n} questions, {score.brier:.3f}, base {score.base_brier:.3f}")


def flagged(seeds: int = 12) -> None:
    """Print seed by seed."""
    count = 0
    for seed in range(1, seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            found = tripled(seed, Path(folder) / "own")
        count += found
        print(f"seed {seed}: {'flagged' if found else 'not flagged'}", flush=True)
    print(f"flagged in {count} of {seeds}")


if __name__ == "__main__":
    what, *given = sys.argv[1:] or ["flags"]
    {"flags": flagged, "coverage": coverage, "chances": chances}[what](*map(int, given))
