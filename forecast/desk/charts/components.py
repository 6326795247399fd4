"""Prophet's components of a total's counts, for the chart of them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

from forecast.engine.panel import panel
from forecast.sources.source import Source
from forecast.types import SeriesKey
from models.prophet import Parts, Prophet
from models.refit import history
from models.structural import filled


def prophet_parts(total: str, counts: Mapping[str, int], source: Source) -> Parts:
    """The components of the fit to all months held; one fit, a second with the import."""
    alone = filled(panel({SeriesKey(total): counts}, source=source))
    with warnings.catch_warnings():
        # What the library says about its own code, as in the loop over cutoffs.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        return Prophet().parts(history(alone, 0, alone.z.shape[1] - 1))
