"""The totals that the record in use is about: their order, and the one they add up to.

A record holds one measure of one source. Which totals that gives is said once, when a command
starts (`forecast.intake.sources.registry.use`); until then they are CBP's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from forecast.records import BORDERS, NATIONWIDE


@dataclass
class _InUse:
    parts: tuple[str, ...] = BORDERS
    whole: str = NATIONWIDE


_IN_USE = _InUse()


def use(parts: Iterable[str], whole: str = "") -> None:
    """Say which totals there are from now on; whole : what they add up to, "" if nothing."""
    _IN_USE.parts = tuple(name for name in parts if name != whole)
    _IN_USE.whole = whole


def parts() -> tuple[str, ...]:
    """The totals without the one they add up to, in the order in which people name them."""
    return _IN_USE.parts


def whole() -> str:
    """The total that the others add up to, "" if there is none."""
    return _IN_USE.whole


def every() -> tuple[str, ...]:
    """All of them, the whole last."""
    return (*_IN_USE.parts, *filter(None, (_IN_USE.whole,)))
