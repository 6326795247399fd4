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

from benchmarks.sets import H, Rolling
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


def quantiles(work: Rolling, python: Path, names: Sequence[str] = NAMES) -> dict[str, Floats]:
    """Peer -> (series, origins, H, PROBS) quantiles of log1p counts, NaN where a fit failed.

    python : the interpreter of the peers' environment, used only for what is not kept.
    """
    folder = _folder(work)
    if not all(_complete(folder / f"{name}.npz") for name in names):
        peers = HERE / "peers.py"
        subprocess.run([python, peers, folder / "work.npz", folder, *names], check=True)
    return {name: np.log1p(np.load(folder / f"{name}.npz")["quantiles"]) for name in names}


def _folder(work: Rolling) -> Path:
    """Where this work's answers are kept; the work itself is written there."""
    buffer = io.BytesIO()
    np.savez(
        buffer,
        counts=work.counts,
        first_month=work.last_month - work.counts.shape[1] + 1,
        origins=work.origins,
        h=H,
        probs=np.array(PROBS),
    )
    digest = hashlib.sha256(work.counts.tobytes() + work.origins.tobytes()).hexdigest()
    folder = CACHE / f"{work.name.split()[0]}-{digest[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "work.npz").write_bytes(buffer.getvalue())
    return folder


def _complete(path: Path) -> bool:
    return path.exists() and bool(np.load(path)["done"].all())
