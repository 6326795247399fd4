"""Measured seconds -> cost a series, growth, ratios, and what was to be reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.speedscores import MEAN

NAN = float("nan")
TOGETHER = "four together"
PROPHET = "Prophet"
REACH = (  # what issue 10 asks for: (what, lowest, highest)
    ("10,000 series, seconds", 0.0, 25.0),
    ("10,000 series, GiB", 0.0, 1.5),
    ("time of 1,000 / of 100 series", 0.0, 11.0),
    ("time of 10,000 / of 1,000 series", 0.0, 11.0),
    ("2 Dask workers, faster than one", 1.6, float("inf")),
    ("10,000 series, faster than the four", 300.0, float("inf")),
    ("10,000 series, faster than Prophet", 1000.0, float("inf")),
    ("log-WIS / best of the four", 0.0, 1.0),
    ("log-WIS / mean of the four", 0.0, 1.0),
    ("log-WIS / Prophet", 0.0, 1.0),
)


def a_series(measured: Mapping[str, Any], what: str = "seconds") -> float:
    """Seconds, or cpu_seconds, that a series costs; NaN if it was not measured."""
    return float(measured.get(what) or NAN) / int(measured["series"])


def growth(peer: Mapping[str, Any]) -> float:
    """Cost a series on the larger size / on the smaller: 1 is a straight line through 0."""
    return a_series(peer["most"]) / a_series(peer["few"])


def ratio(peer: Mapping[str, Any], ours: Mapping[str, Any], what: str = "seconds") -> float:
    """How many times our cost the peer's is on as many series, at its cost a series."""
    return a_series(peer["most"], what) / a_series(ours, what)


def ratios(result: Mapping[str, Any]) -> dict[str, dict[str, dict[str, float]]]:
    """Peer -> our number of series -> ratios of seconds and of CPU seconds."""
    return {
        name: {
            count: {what: ratio(peer, one, what) for what in ("seconds", "cpu_seconds")}
            for count, one in result["ours"].items()
        }
        for name, peer in result["peers"].items()
    }


def busiest(result: Mapping[str, Any]) -> float:
    """The highest load before any of the measurements; about the cores on an idle machine."""
    costs = [
        *result["ours"].values(),
        result["engines"],
        *(x for p in result["peers"].values() for x in p["runs"]),
    ]
    return max(float(one.get("load") or 0) for one in costs)


def reached(result: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What was asked for, what came, and whether that is enough."""
    came = _came(result)
    return {
        what: {"lowest": low, "highest": high, "came": came[what]}
        | {"reached": bool(low <= came[what] <= high)}
        for what, low, high in REACH
        if what in came
    }


def _came(result: Mapping[str, Any]) -> dict[str, float]:
    ours, scores = result["ours"], result["scores"]
    if "10000" not in ours:
        return {}
    most, own = ours["10000"], {name: _log_wis(one) for name, one in scores.items()}
    blocks = {name: one["seconds"] for name, one in result["engines"]["engines"].items()}
    four, prophet = own[TOGETHER], own[PROPHET]
    return {
        "10,000 series, seconds": most["seconds"],
        "10,000 series, GiB": most["peak_mib"] / 1024,
        "time of 1,000 / of 100 series": ours["1000"]["seconds"] / ours["100"]["seconds"],
        "time of 10,000 / of 1,000 series": most["seconds"] / ours["1000"]["seconds"],
        "2 Dask workers, faster than one": blocks["1 Dask worker"] / blocks["2 Dask workers"],
        "10,000 series, faster than the four": ratio(result["peers"][TOGETHER], most),
        "10,000 series, faster than Prophet": ratio(result["peers"][PROPHET], most),
        "log-WIS / best of the four": scores[TOGETHER]["ratio_to_best_single"],
        "log-WIS / mean of the four": four["bordercast"] / four[MEAN],
        "log-WIS / Prophet": prophet["bordercast"] / prophet["Prophet"],
    }


def _log_wis(scores: Mapping[str, Any]) -> dict[str, float]:
    return {name: line["log_wis"] for name, line in scores["models"].items()}
