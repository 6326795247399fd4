"""What ready-made models say on the same work; runs in an environment of its own.

statsforecast needs pandas below 3, so this file imports nothing of this project: it reads counts
from an .npz file and writes each model's native quantiles to a folder, one file a model, saved
after every cutoff so that a stopped run goes on where it was.

    python benchmarks/peers.py WORK.npz FOLDER [MODEL ...]

WORK.npz holds `counts` (series, months; NaN before a series starts), `first_month` (running number
of the first column), `origins` (cutoff columns), `h` and `probs`. FOLDER/MODEL.npz then holds
`quantiles` (series, origins, h, probs) in counts, NaN where a fit failed, and `done` (origins,).
"""

from __future__ import annotations

import logging
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("NIXTLA_ID_AS_COL", "1")

import numpy as np

LEVELS = (50, 80, 90, 95)
SEASON = 12
SEED = 1

Peer = Callable[[np.ndarray, int, int, np.ndarray], np.ndarray]
"""(history (n,), running number of the next month, h, probs) -> (h, probs), one fit."""


def automatic(name: str, **options: object) -> Peer:
    """A model of statsforecast with its own intervals."""

    def say(history: np.ndarray, first: int, h: int, probs: np.ndarray) -> np.ndarray:
        from statsforecast import models

        model = getattr(models, name)(**options)
        said = model.forecast(y=history, h=h, level=list(LEVELS))
        return np.stack([_at(said, p) for p in probs], axis=1)

    return say


def _at(said: dict[str, np.ndarray], p: float) -> np.ndarray:
    """One quantile of statsforecast's answer, whose intervals are central."""
    if p == 0.5:
        return said["mean"]
    side, level = ("lo", 1 - 2 * p) if p < 0.5 else ("hi", 2 * p - 1)
    return said[f"{side}-{round(100 * level)}"]


def prophet(history: np.ndarray, first: int, h: int, probs: np.ndarray) -> np.ndarray:
    """Prophet as it comes: its point forecast and the quantiles of its own samples."""
    import pandas as pd
    from prophet import Prophet

    np.random.seed(SEED)  # noqa: NPY002  Prophet samples from this generator
    seen = pd.DataFrame({"ds": _dates(first - len(history), len(history)), "y": history})
    ahead = pd.DataFrame({"ds": _dates(first, h)})
    model = Prophet().fit(seen, seed=SEED)
    quantiles = np.quantile(model.predictive_samples(ahead)["yhat"], probs, axis=1).T
    quantiles[:, probs == 0.5] = model.predict(ahead)[["yhat"]].to_numpy()
    return quantiles


def _dates(first: int, count: int) -> np.ndarray:
    return (np.arange(first, first + count) - 1970 * 12).astype("datetime64[M]")


def on_log(peer: Peer) -> Peer:
    """The same model on log1p counts."""

    def say(history: np.ndarray, first: int, h: int, probs: np.ndarray) -> np.ndarray:
        return np.expm1(np.minimum(peer(np.log1p(history), first, h, probs), 50))

    return say


PEERS: dict[str, Peer] = {
    "log random walk": on_log(automatic("Naive")),
    "seasonal naive on log": on_log(automatic("SeasonalNaive", season_length=SEASON)),
    "AutoETS": automatic("AutoETS", season_length=SEASON),
    "DynamicOptimizedTheta": automatic("DynamicOptimizedTheta", season_length=SEASON),
    "AutoETS on log": on_log(automatic("AutoETS", season_length=SEASON)),
    "AutoTheta on log": on_log(automatic("AutoTheta", season_length=SEASON)),
    "AutoCES on log": on_log(automatic("AutoCES", season_length=SEASON)),
    "Prophet": prophet,
    "Prophet on log": on_log(prophet),
    "AutoARIMA on log": on_log(automatic("AutoARIMA", season_length=SEASON)),
}


def answer(name: str, work: dict[str, np.ndarray], path: Path) -> None:
    """Ask one peer at every cutoff that is not answered yet."""
    counts, origins, h, probs = (work[key] for key in ("counts", "origins", "h", "probs"))
    quantiles = np.full((len(counts), len(origins), int(h), len(probs)), np.nan)
    done = np.zeros(len(origins), dtype=bool)
    seconds = 0.0
    if path.exists():
        kept = np.load(path)
        quantiles, done, seconds = kept["quantiles"], kept["done"], float(kept["seconds"])
    for place in np.flatnonzero(~done):
        started = time.perf_counter()
        origin = int(origins[place])
        for row, history in enumerate(counts[:, : origin + 1]):
            first = int(work["first_month"]) + origin + 1
            known = history[np.isfinite(history)]  # a series may begin later than others
            quantiles[row, place] = _fit(name, known, first, int(h), probs)
        done[place] = True
        seconds += time.perf_counter() - started
        _save(path, quantiles=quantiles, done=done, seconds=np.float64(seconds))


def _fit(name: str, history: np.ndarray, first: int, h: int, probs: np.ndarray) -> np.ndarray:
    """One fit; counts cannot be negative, and what fails is NaN, to be counted later."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            said = PEERS[name](history, first, h, probs)
    except Exception as problem:  # whatever a library raises costs this fit alone
        print(f"{name} failed after {len(history)} months: {problem}", file=sys.stderr)
        return np.full((h, len(probs)), np.nan)
    return np.sort(np.maximum(said, 0), axis=1)


def _save(path: Path, **arrays: object) -> None:
    """Replace the file as a whole, so that a stop leaves the last one."""
    draft = path.with_suffix(".part.npz")
    np.savez(draft, **arrays)
    draft.replace(path)


def main(work_path: str, folder: str, *names: str) -> None:
    """Ask every peer, or those named; what is already answered costs nothing."""
    for library in ("cmdstanpy", "prophet", "prophet.plot"):
        logging.getLogger(library).disabled = True
    work = dict(np.load(work_path))
    for name in names or PEERS:
        print(f"{name} ...", end=" ", flush=True)
        started = time.perf_counter()
        answer(name, work, Path(folder) / f"{name}.npz")
        print(f"{time.perf_counter() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
