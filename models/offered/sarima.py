"""A seasonal ARIMA, by statsmodels."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.base import Floats, Ints, Panel, Paths
from models.refit import History, refit


@dataclass(frozen=True)
class Sarima:
    """A random walk with smoothed shocks and a first-order seasonal memory."""

    name: ClassVar[str] = "sarima"
    min_months: ClassVar[int] = 36
    library: ClassVar[str] = "statsmodels"
    order: tuple[int, int, int] = (0, 1, 1)
    seasonal_order: tuple[int, int, int, int] = (1, 0, 0, 12)

    def paths(self, panel: Panel, origins: Ints, h: int) -> Paths:
        """Median paths at the origins; see the model contract."""
        return refit(panel, origins, h, min_months=self.min_months, fit=self._fit)

    def _fit(self, past: History, h: int) -> Floats:
        from statsmodels.tsa.statespace.sarimax import SARIMAX

        model = SARIMAX(past.z, order=self.order, seasonal_order=self.seasonal_order)
        return np.asarray(model.fit(disp=False).forecast(h))


OFFERED = Sarima
