"""Exponential smoothing with a season, by statsmodels."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.base import Floats, Ints, Panel, Paths
from models.refit import History, refit


@dataclass(frozen=True)
class Ets:
    """ETS(A, N, A) on z, or with a damped trend ETS(A, Ad, A)."""

    name: ClassVar[str] = "ets"
    min_months: ClassVar[int] = 36
    library: ClassVar[str] = "statsmodels"
    damped_trend: bool = False

    def paths(self, panel: Panel, origins: Ints, h: int) -> Paths:
        """Median paths at the origins; see the model contract."""
        return refit(panel, origins, h, min_months=self.min_months, fit=self._fit)

    def _fit(self, past: History, h: int) -> Floats:
        from statsmodels.tsa.exponential_smoothing.ets import ETSModel

        model = ETSModel(
            past.z,
            error="add",
            trend="add" if self.damped_trend else None,
            damped_trend=self.damped_trend,
            seasonal="add",
            seasonal_periods=12,
        )
        return np.asarray(model.fit(disp=False).forecast(h))


OFFERED = Ets
