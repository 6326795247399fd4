"""Many series at once: how much of the drill-down may be flagged, and when it moved as one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

BUDGET = 5.0  # false flags a month that the whole drill-down may raise
LEAST, MOST = 0.001, 0.02  # alpha, whatever the budget
Q = 0.10  # false discoveries among the rejected
LEAST_MOVED, LEAST_SHARE, ONE_SIDE = 3, 0.10, 0.80


def alpha(eligible: int) -> float:
    """The drill-down's alpha in a month with this many eligible series."""
    return min(max(BUDGET / eligible, LEAST), MOST) if eligible else MOST


def systemic(p: Sequence[float], sides: Sequence[int]) -> bool:
    """Whether a month moved many series the same way.

    Benjamini and Hochberg's rule (JRSS B 57, 1995) at Q rejects at least LEAST_MOVED series and
    LEAST_SHARE of them, and ONE_SIDE of those rejected lie on one side.

    Parameters
    ----------
    p : two-sided p of every eligible series of the drill-down. sides : -1 or 1 each.
    """
    values = np.asarray(p)
    rejected = values <= cutoff(values)
    count = int(rejected.sum())
    if count < max(LEAST_MOVED, LEAST_SHARE * len(values)):
        return False
    up = float((np.asarray(sides)[rejected] > 0).mean())
    return max(up, 1 - up) >= ONE_SIDE


def cutoff(p: np.ndarray) -> float:
    """The largest p that Benjamini and Hochberg's rule rejects; -1 if it rejects none."""
    ordered = np.sort(p)
    passed = ordered <= Q * np.arange(1, len(p) + 1) / len(p)
    return float(ordered[passed].max()) if passed.any() else -1.0
