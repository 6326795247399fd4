"""Reads weights.toml: what a reading costs for each thing that its words do not say."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files


@lru_cache(1)
def table() -> Mapping[str, float]:
    """The cost of each row, by its name."""
    text = files("forecast.claims").joinpath("weights.toml").read_text("utf-8")
    return {name: float(row["cost"]) for name, row in tomllib.loads(text).items()}


def cost(name: str) -> float:
    """Return what a row of weights.toml costs."""
    return table()[name]
