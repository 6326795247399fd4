"""Prophet on z: a trend with breaks, yearly terms, and the known policy dates.

Taylor and Letham, Forecasting at scale, 2018.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from models.base import Floats, Ints, Panel, Paths
from models.refit import History, refit

if TYPE_CHECKING:
    import pandas as pd

SEED = 1

Parts = tuple[Ints, Floats, Floats, dict[int, float]]
"""Prophet's components of z = log1p counts, which add up to its fit: (n,) running numbers of
months; (n,) trend and yearly terms; running number of a policy date's month -> its effect."""


@dataclass(frozen=True)
class Prophet:
    """Trend breaks up to the last months, and looser than Prophet's defaults.

    A policy date is a one-off effect of its month, and only where it was known at the cutoff.
    """

    name: ClassVar[str] = "prophet"
    min_months: ClassVar[int] = 36
    library: ClassVar[str] = "prophet"
    changepoint_range: float = 0.95
    changepoint_prior_scale: float = 0.5
    yearly_terms: int = 4

    def paths(self, panel: Panel, origins: Ints, h: int) -> Paths:
        """Median paths at the origins; see the model contract."""
        # Stan reports each of thousands of fits.
        _silence()
        return refit(panel, origins, h, min_months=self.min_months, fit=self._fit)

    def parts(self, past: History) -> Parts:
        """What the fit to a history is made of, month by month; see `Parts`."""
        _silence()
        model = self._fitted(past)
        seen = _seen(past)
        prediction = model.predict(_frame(seen))
        effects = {
            month: float(prediction.loc[seen == month, f"event {month}"].iloc[0])
            for month in past.events
        }
        return seen, prediction["trend"].to_numpy(), prediction["yearly"].to_numpy(), effects

    def _fit(self, past: History, h: int) -> Floats:
        ahead = np.arange(past.month + 1, past.month + h + 1)
        return np.asarray(self._fitted(past).predict(_frame(ahead))["yhat"], dtype=float)

    def _fitted(self, past: History) -> Any:
        from prophet import Prophet as Library

        # Each policy date is a one-off event of its own.
        named = [f"event {month}" for month in past.events]
        model = Library(
            changepoint_range=self.changepoint_range,
            changepoint_prior_scale=self.changepoint_prior_scale,
            yearly_seasonality=self.yearly_terms,
            weekly_seasonality=False,
            daily_seasonality=False,
            uncertainty_samples=0,
            holidays=_frame(np.array(past.events)).assign(holiday=named) if named else None,
        )
        return model.fit(_frame(_seen(past)).assign(y=past.z), seed=SEED)


def _seen(past: History) -> Ints:
    """Running numbers of the months of a history."""
    return np.arange(past.month - len(past.z) + 1, past.month + 1)


def _frame(months: Ints) -> pd.DataFrame:
    """Months, given as running numbers, in Prophet's form: by their first days."""
    import pandas as pd

    return pd.DataFrame({"ds": pd.DatetimeIndex((months - 1970 * 12).astype("datetime64[M]"))})


def _silence() -> None:
    """Keep Stan's progress and Prophet's advice about plotting out of the log."""
    for name in ("cmdstanpy", "prophet", "prophet.plot"):
        logging.getLogger(name).disabled = True


OFFERED = Prophet
