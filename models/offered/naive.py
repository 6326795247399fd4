"""The last value: what every other model has to beat."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.base import Ints, Panel, Paths


@dataclass(frozen=True)
class Naive:
    """Random walk: every month ahead is like the last one."""

    name: ClassVar[str] = "naive"
    min_months: ClassVar[int] = 1

    def paths(self, panel: Panel, origins: Ints, h: int) -> Paths:
        """Median paths at the origins; see the model contract."""
        return Paths(np.repeat(panel.z[:, origins, None], h, axis=2))


OFFERED = Naive
