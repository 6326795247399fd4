"""What each part of a digest covers: scheme2.toml as Python reads it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

GROUPS = (
    "the record before",
    "run and files",
    "forecasts",
    "judgements",
    "flags",
    "scores",
    "notices",
    "approvals and withdrawals",
)

Of = Literal["run", "notice", "release", "entry", "record"]


@dataclass(frozen=True, slots=True)
class StatedPart:
    """What is digested together.

    group : the mark it counts for. queries : each takes the id of whose it is, those of the record
    nothing; a first column `begun` is the JSON array of columns without reals, which follow it.
    bulky : compared for the newest runs only before anything is shown. since : the schema
    from which on it is stated. every : finds whose rows there are, each to be stated.
    """

    of: Of
    group: str
    queries: tuple[str, ...]
    bulky: bool = False
    since: int = 16
    every: str = ""


def _parts() -> dict[str, StatedPart]:
    scheme = resources.files("forecast.store") / "scheme2.toml"
    tables: dict[str, Any] = tomllib.loads(scheme.read_text(encoding="utf-8"))
    return {
        name: StatedPart(**part | {"queries": tuple(part["queries"])})
        for name, part in tables.items()
    }


PARTS = _parts()
