"""The value of the same month a year ago."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.base import Ints, Panel, Paths


@dataclass(frozen=True)
class SeasonalNaive:
    """Every month ahead is like the same month of the last twelve."""

    name: ClassVar[str] = "snaive"
    min_months: ClassVar[int] = 12

    def paths(self, panel: Panel, origins: Ints, h: int) -> Paths:
        """Median paths at the origins; see the model contract."""
        # The second year ahead is like the last one too: no model of a year older than that.
        back = 11 - np.arange(h) % 12  # months before the origin
        columns = origins[:, None] - back
        values = panel.z[:, np.maximum(columns, 0)]
        old_enough = origins - panel.start[:, None] + 1 >= self.min_months
        return Paths(np.where(old_enough[..., None], values, np.nan))


OFFERED = SeasonalNaive
