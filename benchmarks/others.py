"""The peers' answers: asked in their own environment, kept for the next run.

An answer is kept under a digest of the work, so that new figures are asked anew. A fit that
failed is NaN and counted, never filled in.
"""

from __future__ import annotations

import hashlib
import io
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.sets import H, HeldOut, Rolling
from forecast.engine.scores import PROBS
from models.base import Floats

HERE = Path(__file__).parent
CACHE = HERE / "cache"
NAMES = (
    "log random walk",
    "AutoETS on log",
    "AutoTheta on log",
    "AutoETS",
    "AutoARIMA on log",
    "AutoCES on log",
    "seasonal naive on log",
    "Prophet on log",
    "Prophet",
)


def held_out(work: HeldOut, python: Path, names: Sequence[str]) -> dict[str, Floats]:
    """Peer -> (series, h, PROBS) of each series alone from its end, h the longest test."""
    h, counts = max(map(len, work.future)), np.expm1(work.panel.z)
    last = counts.shape[1] - 1
    rows = tuple(map(str, range(len(counts))))
    ends = Rolling(work.name, rows, counts, last, first=last, last_target=last + 1, totals={})
    return {name: said[:, 0] for name, said in quantiles(ends, python, names, h).items()}


def quantiles(
    work: Rolling, python: Path, names: Sequence[str] = NAMES, h: int = H
) -> dict[str, Floats]:
    """Peer -> (series, origins, h, PROBS) quantiles of log1p counts, NaN where a fit failed.

    python : the interpreter of the peers' environment, used only for what is not kept.
    """
    folder = _folder(work, h)
    if not all(_complete(folder / f"{name}.npz") for name in names):
        peers = HERE / "peers.py"
        subprocess.run([python, peers, folder / "work.npz", folder, *names], check=True)
    return {name: np.log1p(np.load(folder / f"{name}.npz")["quantiles"]) for name in names}


def _folder(work: Rolling, h: int) -> Path:
    """Where this work's answers are kept; the work itself is written there."""
    buffer = io.BytesIO()
    np.savez(
        buffer,
        counts=work.counts,
        first_month=work.last_month - work.counts.shape[1] + 1,
        origins=work.origins,
        h=h,
        probs=np.array(PROBS),
    )
    digest = hashlib.sha256(work.counts.tobytes() + work.origins.tobytes()).hexdigest()
    folder = CACHE / f"{work.name.split()[0]}-{digest[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "work.npz").write_bytes(buffer.getvalue())
    return folder


def _complete(path: Path) -> bool:
    return path.exists() and bool(np.load(path)["done"].all())
