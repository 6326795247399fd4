"""The median of the last twelve months, for every month ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.base import Ints, Panel, Paths


@dataclass(frozen=True)
class Median12:
    """The median of the last `months` known values of log1p counts."""

    name: ClassVar[str] = "median12"
    min_months: ClassVar[int] = 12
    months: int = 12

    def paths(self, panel: Panel, origins: Ints, h: int) -> Paths:
        """Median paths at the origins; see the model contract."""
        columns = origins[:, None] - np.arange(self.months)
        middle = np.median(panel.z[:, np.maximum(columns, 0)], axis=2)
        old_enough = origins - panel.start[:, None] + 1 >= self.min_months
        values = np.where(old_enough, middle, np.nan)
        return Paths(np.repeat(values[..., None], h, axis=2))
