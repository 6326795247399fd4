"""The flags on trial: every number of METHODS 6 beside its bound, and other ways to flag.

    make bench-flags

The same real months and the same shocks for everybody. Peers are compared at one rate of false
flags: each one's limit is set so that it flags 1 % of the quiet months (no known break in the
three months before), and what is counted are doubled and quadrupled months, and halved and
quartered ones, that it then finds.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks import flagpeers, tables
from benchmarks.study import measures
from benchmarks.study.studies import Study, children, known_p, shocked, studies
from forecast.config import Config, Flags
from forecast.engine.predictive import PanelHindcasts
from forecast.judge.judging import judge_months
from forecast.judge.replay import ReplayedService, looks_back, service
from forecast.sources import catalog
from forecast.store import inputs
from forecast.store.connect import writing
from forecast.types import Counts
from jobs.arrivals.ingest import ingest_bundle
from models.base import Floats

RULES = Flags().rules
QUIET_RATE = 0.01
BADGES = {"2016-01", "2017-02", "2020-04", "2025-02"}
# Asking the peers at every cutoff of 17 sectors since 2003 would take an hour.
PEERS_SINCE = {"sectors": "2021-01"}
MONTHS = 326  # more than there are: shocks go into every month that fits
SOME = 150


class Reach(NamedTuple):
    """One number: what it is, the range to reach, what was seen."""

    what: str
    low: float
    high: float
    seen: float

    @property
    def reached(self) -> bool:
        """Whether it lies in the range, to the three digits that are shown."""
        return bool(self.low <= round(self.seen, 3) <= self.high)


def rates(found: dict[str, Study]) -> Iterator[Reach]:
    """How often p is small."""
    bounds = {
        "regions": {0.05: (0.035, 0.065), 0.02: (0.012, 0.030), 0.01: (0.003, 0.015)},
        "borders": {0.05: (0.040, 0.080), 0.02: (0.010, 0.035), 0.01: (0.003, 0.020)},
        "sectors": {0.02: (0.013, 0.024)},
        "states": {0.02: (0.0, 0.025), 0.001: (0.0, 0.003)},
    }
    for name, wanted in bounds.items():
        every = measures.rates(found[name].judging.p, found[name].counted)
        for alpha, (low, high) in wanted.items():
            yield Reach(f"{name}: months with p < {alpha}", low, high, every[alpha])
    regions = found["regions"]
    every = measures.rates(regions.judging.p, regions.counted)
    quiet = measures.rates(regions.judging.p, regions.quiet)
    for alpha in (0.05, 0.02, 0.01):
        yield Reach(f"regions, quiet months: p < {alpha}", 0, every[alpha], quiet[alpha])


def known_months(found: dict[str, Study], replayed: ReplayedService) -> Iterator[Reach]:
    """The months that everybody remembers."""
    wanted = {
        ("borders", "southwest", "2020-04"): 0.02,
        ("borders", "southwest", "2025-02"): 0.005,
        ("borders", "northern", "2020-04"): 0.005,
        ("borders", "northern", "2025-01"): 0.01,
        ("borders", "southwest", "2024-01"): 0.05,
        ("borders", "nationwide", "2021-03"): 0.05,
        ("borders", "nationwide", "2025-01"): 0.05,
        ("regions", "southwest", "2016-01"): 0.02,
        ("regions", "southwest", "2017-02"): 0.02,
        ("regions", "southwest", "2020-04"): 0.02,
        ("regions", "southwest", "2025-02"): 0.02,
    }
    for (name, total, month), most in wanted.items():
        p = known_p(found[name], total, month)
        yield Reach(f"p of {name}, {total}, {month}", 0, most, p)
    flags = [f for f in replayed.flags if f.kind == "month" and f.month >= "2018"]
    yield Reach("flags of the borders, 2018 - Aug 2026", 0, 10, len(flags))
    for total in ("southwest", "northern"):
        ours = [f for f in flags if f.series.total == total and f.month >= "2025"]
        yield Reach(f"flags of {total} since 2025", 1, 1, len(ours))


def drifting(found: dict[str, Study], replayed: ReplayedService) -> Iterator[Reach]:
    """Drift: alarms, and ramps of 20 % a month over six months."""
    alarms = [f for f in replayed.flags if f.kind == "drift" and f.month >= "2018"]
    months = sum(j.month >= "2018" for j in replayed.judged(quiet=False))
    yield Reach("borders since 2018: months an alarm", 130, 9999, months / max(len(alarms), 1))
    regions, count = found["regions"], _alarms(found["regions"])
    yield Reach(
        "regions since Oct 2003: months an alarm", 130, 9999, regions.counted.sum() / max(count, 1)
    )
    seen = {(f.series.total, f.month) for f in alarms}
    wanted = {("southwest", "2021-03"), ("nationwide", "2021-03")}
    yield Reach("2021-03 found, southwest and nationwide", 2, 2, len(seen & wanted))
    for name, factor, least in (("up", 1.2**6, 0.55), ("down", 0.8**6, 0.72)):
        ramp = shocked(found["borders"], "ramp", factor, MONTHS, RULES)
        yield Reach(f"ramps {name} found within 8 months", least, 1, ramp.within_eight)


def _alarms(study: Study) -> int:
    hindsight = PanelHindcasts(study.setting.keys, study.setting.panel, study.said)
    counts = study.setting.counts.astype(int)
    found = 0
    for row in range(len(counts)):
        by_month = {m: (int(c), 0) for m, c in zip(study.shown, counts[row], strict=True)}
        looks = looks_back(hindsight, row, by_month)
        flags = (flag for _, judged in judge_months(looks, RULES) for flag in judged.flags)
        found += sum(flag.kind == "drift" and flag.month >= study.since for flag in flags)
    return found


def powers(found: dict[str, Study]) -> Iterator[Reach]:
    """Shocks found in their month, up and down."""
    bounds = {
        "borders": (0.85, 0.98, 1.0),
        "regions": (0.75, 0.96, 0.99),
        "sectors": (0.58, 0.93, 0.98),
        "states": (0.45, 0.84, 0.97),
        "offices": (0.25, 0.75, 0.96),
    }
    for name, least in bounds.items():
        study = found[name]
        for factor, low in zip((2, 4, 10), least, strict=True):
            seen = measures.power(study.judging, factor, study.counted, RULES)
            yield Reach(f"{name}: x{factor} found in the month", low, 1, seen)


def episodes(found: dict[str, Study]) -> Iterator[Reach]:
    """What flags turn into."""
    totals = found["borders"]
    base = shocked(totals, "none", 1.0, MONTHS, RULES)
    flags, later = [], []
    for factor, shift, spike in ((4, 0.97, 0.97), (2, 0.95, 0.93)):
        shifts = [shocked(totals, "shift", f, MONTHS, RULES) for f in (factor, 1 / factor)]
        spikes = [shocked(totals, "spike", f, MONTHS, RULES) for f in (factor, 1 / factor)]
        flags += [one.flags for one in shifts]
        later += [one.later for one in shifts]
        called = float(np.mean([one.level_shift for one in shifts]))
        passing = float(np.mean([one.transient for one in spikes]))
        yield Reach(f"borders: x{factor} shift called a level shift", shift, 1, called)
        yield Reach(f"borders: x{factor} spike called transient", spike, 1, passing)
    yield Reach("borders: flags in ten months of a shift", 0, 1.10, float(np.mean(flags)))
    yield Reach("borders: flags in six months after it", 0, base.later, float(np.mean(later)))
    parts = [found[name] for name in ("sectors", "states")]
    for kind, attribute, least in (("shift", "level_shift", 0.96), ("spike", "transient", 0.95)):
        seen = [
            getattr(shocked(s, kind, f, SOME, RULES), attribute) for s in parts for f in (4, 0.25)
        ]  # type: ignore[arg-type]
        yield Reach(f"drill-down: x4 {kind} called so", least, 1, float(np.mean(seen)))


def together(found: dict[str, Study]) -> Iterator[Reach]:
    """Parts under a border that moved, and the badge."""
    for name, apart in (("sectors", 0.95), ("states", 0.83)):
        study = found[name]
        parts = children(study)
        mask = study.counted
        yield Reach(f"{name}: alone under x.25", 0, 0.02, parts.alone(0.25, 1, mask, RULES))
        yield Reach(f"{name}: x4 apart found", apart, 1, parts.alone(0.25, 4, mask, RULES))
    sectors = found["sectors"]
    counts = sectors.setting.counts
    typical = np.full(counts.shape, np.nan)
    for column in range(12, counts.shape[1]):
        typical[:, column] = np.median(counts[:, column - 12 : column], axis=1)
    every = measures.badges(sectors.judging, typical, sectors.shown, RULES)
    months = {month for month in every if month >= sectors.since}
    yield Reach("badge: the four months that must have it", 4, 4, len(months & BADGES))
    yield Reach("badge: other months", 0, 2, len(months - BADGES))


def peers(study: Study, python: Path) -> dict[str, tuple[float, float]]:
    """Way to flag -> share of x2 and x4 (and halved, quartered) months found."""
    others = flagpeers.Distances(study, python)
    counts = study.setting.counts
    asked = study.counted & (study.judging.median >= measures.LARGE)
    for name in flagpeers.NAMES:
        asked &= np.isfinite(others.of(name, counts))

    def ours(counts: Floats) -> Floats:
        return np.asarray(-study.judging.p_of(counts))

    ways = {"bordercast": ours}
    ways |= {name: lambda c, name=name: others.of(name, c) for name in flagpeers.NAMES}  # type: ignore[misc]
    found = {}
    for name, distance in ways.items():
        limit = np.quantile(distance(counts)[asked & study.quiet], 1 - QUIET_RATE)
        shares = [
            np.mean([(distance(counts * f) > limit)[asked].mean() for f in (factor, 1 / factor)])
            for factor in (2, 4)
        ]
        found[name] = float(shares[0]), float(shares[1])
    return found


def figures() -> tuple[Counts, ReplayedService]:
    """The embedded figures, and the replay on them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "figures.db"
        with writing(path) as db:
            ingest_bundle(db, catalog.find("cbp_encounters"))
        connection = sqlite3.connect(path)
        try:
            known, config = inputs.first_known(connection), Config()
            wanted = config.forecast.first_cutoff, config.forecast.horizon, config.flags.rules
            traits = catalog.find("cbp_encounters").traits
            return known.counts, service(known, *wanted, "2013-10", traits)
        finally:
            connection.close()


def main() -> None:
    """Print both tables, and keep them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, help="interpreter of the peers' environment")
    parser.add_argument("--sets", nargs="*", default=["borders", "regions", "sectors", "states"])
    options = parser.parse_args()
    counts, replayed = figures()
    found = studies(counts)
    numbers = [
        *rates(found),
        *known_months(found, replayed),
        *powers(found),
        *episodes(found),
        *drifting(found, replayed),
        *together(found),
    ]
    rows = {n.what: (n.low, n.high, n.seen, "" if n.reached else "missed") for n in numbers}
    tables.show("Reach of METHODS 6", ("what", "from", "to", "seen", ""), rows)
    tables.keep("flags", {n.what: n._asdict() | {"reached": n.reached} for n in numbers})
    if options.peers:
        late = {name: replace(found[name], since=since) for name, since in PEERS_SINCE.items()}
        beside = {name: peers((found | late)[name], options.peers) for name in options.sets}
        names = ["bordercast", *flagpeers.NAMES]
        heads = [f"{name} x{factor}" for name in beside for factor in (2, 4)]
        shares = {name: [s for one in beside.values() for s in one[name]] for name in names}
        tables.show("Found at 1 % false flags in quiet months", ("way to flag", *heads), shares)
        tables.keep("flags-peers", beside)


if __name__ == "__main__":
    main()
