"""Statistics: numbers in, numbers out. Knows no total, no file, no database.

The registry is written out below; importing it loads neither statsmodels nor prophet.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from models.base import Model
from models.baselines import Naive, SeasonalNaive
from models.breakwalk import BreakWalk
from models.prophet import Prophet
from models.refit import Ets, Sarima
from models.structural import Structural

REGISTRY: Mapping[str, type[Model]] = MappingProxyType(
    {
        "naive": Naive,
        "snaive": SeasonalNaive,
        "breakwalk": BreakWalk,
        "structural": Structural,
        "ets": Ets,
        "sarima": Sarima,
        "prophet": Prophet,
    }
)
REFITTED = ("ets", "sarima", "prophet")  # slow: one fit for each series and origin


def build(name: str, options: Mapping[str, object] | None = None) -> Model:
    """The model of that name; KeyError and TypeError for names and options it does not have."""
    return REGISTRY[name](**(options or {}))
