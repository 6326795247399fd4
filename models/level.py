"""The smoothed level: simple exponential smoothing, several speeds, averaged by evidence.

For short and noisy series without a season that can be told from noise: parts of a total, small
counts. Its forecast is flat. It is the theta method with theta = 1 (Hyndman and Billah,
Unmasking the Theta method, 2003); the drift that theta = 2 adds was measured and made parts and
states worse, so it is not here.

The level l of a speed a moves by the error of each month: l += a (z - l), a at least 1 / months
seen, so that it starts as the mean of what it has seen. Speeds weigh as the points of the
structural grid do: log weight = -m / 2 log(mean squared error + LEAST_VARIANCE), m errors seen.
"""

import numpy as np

from models.base import Floats, Panel
from models.onepass import blocks, put, sum_in_order
from models.parameters import FIRST_EVIDENCE
from models.structural import LEAST_VARIANCE

SPEEDS = (0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0)
BLOCK = 1000  # series at a time


def levels(panel: Panel) -> Floats:
    """(series, months) the level at every column, which is the path from it; NaN before a start."""
    medians, speed = np.full((*panel.z.shape, 1), np.nan), np.array(SPEEDS)[:, None]
    for block in blocks(panel, BLOCK):
        level, squares = np.zeros((2, len(SPEEDS), len(block.z)))
        seen, out = np.zeros(len(block.z)), np.empty(block.z.shape)
        for t in range(block.z.shape[1]):
            known = block.known[:, t]
            error = np.where(known, block.z[:, t] - level, 0.0)
            if t >= FIRST_EVIDENCE:
                squares += error**2
                seen += known
            # At first the mean of what was seen: a slow speed would hold on to the first month.
            level += np.maximum(speed, 1 / (t + 1)) * error
            count = np.maximum(seen, 1)
            weight = -0.5 * count * np.log(squares / count + LEAST_VARIANCE)
            weight = np.exp(weight - weight.max(axis=0))
            out[:, t] = sum_in_order(weight / sum_in_order(weight) * level)
        put(medians, block, out[..., None])
    return np.asarray(medians[..., 0])
