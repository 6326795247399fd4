"""Distributions as runs kept them by rule 1: any quantiles, not only those of a bent t."""

from __future__ import annotations

import zlib

import numpy as np

from models.base import Floats

RULE = 1


def as_bytes(marks: Floats) -> bytes:
    """(h, QUANTILES) as a run kept them."""
    return zlib.compress(np.maximum.accumulate(marks.astype("<f4"), axis=-1).tobytes(), 9)
