"""Other ways to flag a month, on the same months: each gives a distance, 1 at its own limit.

    seasonal naive, 3 sigma   the value a year before; three standard deviations of past differences
    rolling z                 the mean and three standard deviations of the last twelve log1p counts
    Prophet                   its own 95 % interval, as it comes
    conformal random walk     the last value of log1p counts; 95 % of the last 24 errors lie inside
    conformal ETS             statsforecast's AutoETS on log1p counts, the same way

A conformal interval of statsforecast is the quantile of the errors of its last windows, each a
forecast from a cutoff one month earlier: that is what is computed here from the forecasts at
every cutoff, without fitting each of them again.
"""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import numpy as np

from benchmarks.others import CACHE, HERE
from benchmarks.study.studies import Study
from models.base import Floats

WINDOWS = 24  # of the conformal intervals
YEAR = 12
LEVEL = 0.95
ASKED = ("AutoETS on log", "Prophet")
PROBS = (0.025, 0.5, 0.975)
NAMES = (
    "conformal ETS",
    "conformal random walk",
    "rolling z",
    "Prophet",
    "seasonal naive, 3 sigma",
)


class Distances:
    """Every peer's distance of any counts (series, months) from what it expected of them.

    python : the interpreter of the peers' environment, asked only for what is not kept.
    """

    def __init__(self, study: Study, python: Path) -> None:
        self.counts = study.setting.counts
        first = int(np.argmax(study.counted.any(axis=0)))
        self._said = _asked(study, self.counts, max(first - 1 - WINDOWS, YEAR + 1), python)

    def of(self, name: str, counts: Floats) -> Floats:
        """(series, months) distance; NaN where the peer expected nothing."""
        z, logs = np.log1p(counts), np.log1p(self.counts)
        if name == "seasonal naive, 3 sigma":
            expected = _later(self.counts, YEAR)
            return np.abs(counts - expected) / (3 * _past_deviation(self.counts - expected))
        if name == "rolling z":
            mean, deviation = _last_year(logs)
            return np.abs(z - mean) / (3 * deviation)
        if name == "conformal random walk":
            expected = _later(logs, 1)
            return np.abs(z - expected) / _conformal(np.abs(logs - expected))
        if name == "conformal ETS":
            expected = np.log1p(self._said["AutoETS on log"][..., 1])
            return np.abs(z - expected) / _conformal(np.abs(logs - expected))
        low, middle, high = np.moveaxis(self._said[name], -1, 0)
        return np.where(
            counts > middle,
            (counts - middle) / np.maximum(high - middle, 1),
            (middle - counts) / np.maximum(middle - low, 1),
        )


def _asked(study: Study, counts: Floats, first: int, python: Path) -> dict[str, Floats]:
    """Name -> (series, months, PROBS) one-step quantiles in counts, NaN before `first` + 1."""
    origins = np.arange(first, counts.shape[1] - 1)
    digest = hashlib.sha256(counts.tobytes() + origins.tobytes()).hexdigest()[:12]
    folder = CACHE / f"flags-{study.setting.name}-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    first_month = int(study.setting.panel.last[0]) - counts.shape[1] + 1
    work = {"counts": counts, "first_month": first_month, "origins": origins, "h": 1}
    np.savez(folder / "work.npz", probs=np.array(PROBS), **work)
    if not all(_complete(folder / f"{name}.npz") for name in ASKED):
        command = [python, HERE / "peers.py", folder / "work.npz", folder, *ASKED]
        subprocess.run(command, check=True)
    return {name: _by_month(folder / f"{name}.npz", origins, counts.shape) for name in ASKED}


def _complete(path: Path) -> bool:
    return path.exists() and bool(np.load(path)["done"].all())


def _by_month(path: Path, origins: np.ndarray, shape: tuple[int, ...]) -> Floats:
    out = np.full((*shape, len(PROBS)), np.nan)
    out[:, origins + 1] = np.load(path)["quantiles"][:, :, 0]
    return out


def _later(x: Floats, by: int) -> Floats:
    out = np.full_like(x, np.nan)
    out[:, by:] = x[:, :-by]
    return out


def _past_deviation(errors: Floats) -> Floats:
    """(series, months) root mean square of all errors before each month, after two years."""
    known = np.isfinite(errors)
    total = np.cumsum(np.where(known, errors, 0) ** 2, axis=1)
    count = np.cumsum(known, axis=1)
    deviation = np.sqrt(total / np.maximum(count, 1))
    return np.maximum(_later(np.where(count >= YEAR, deviation, np.nan), 1), 1e-9)


def _last_year(z: Floats) -> tuple[Floats, Floats]:
    """(series, months) mean and standard deviation of the twelve months before each."""
    mean, deviation = np.full((2, *z.shape), np.nan)
    for month in range(YEAR, z.shape[1]):
        year = z[:, month - YEAR : month]
        mean[:, month], deviation[:, month] = year.mean(axis=1), year.std(axis=1, ddof=1)
    return mean, np.maximum(deviation, 1e-9)


def _conformal(errors: Floats) -> Floats:
    """(series, months) the LEVEL quantile of the WINDOWS errors before each month."""
    out = np.full_like(errors, np.nan)
    for month in range(WINDOWS, errors.shape[1]):
        window = errors[:, month - WINDOWS : month]
        whole = np.isfinite(window).all(axis=1)
        out[whole, month] = np.quantile(window[whole], LEVEL, axis=1)
    return np.maximum(out, 1e-9)
