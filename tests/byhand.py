"""A record written by hand, a few rows of everything, by the program's own means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from forecast import months
from forecast.records import (
    HUB_PERMILLES,
    Coverage,
    Forecast,
    Hindcast,
    Publication,
    Release,
    Score,
    SeriesKey,
    Snapshot,
)

NORTH, SOUTH, OTHER, WHOLE = (
    SeriesKey(border) for border in ("northern", "southwest", "other", "nationwide")
)
NEW_YORK, VERMONT = (SeriesKey("northern", "state", name) for name in ("NY", "VT"))


def release(name: str, month: str, kind: Any = "state", *, step: int = 0, **more: Any) -> Release:
    """A publisher's file through this month; `step` orders several of one month."""
    place = months.fiscal_year(month) * 100_000 + (months.to_index(month) + 3) % 12 * 1000 + 1000
    made = Release(name, kind, f"{name}.csv", f"sha of {name}", month, place + step)
    return replace(made, **more)


def stated(
    of: Release, counts: Mapping[SeriesKey, Mapping[str, int]], closed: tuple[int, ...] = ()
) -> Snapshot:
    """What a file states: these counts, and of each scope the months from first to last."""
    spans: dict[Any, list[str]] = {}
    for key, by_month in counts.items():
        spans.setdefault(key.scope, []).extend(by_month)
    coverage = (Coverage(scope, min(span), max(span)) for scope, span in spans.items())
    return Snapshot(of, counts, tuple(coverage), closed=frozenset(closed))


def forecast(key: SeriesKey, cutoff: str, ahead: int, median: int, model: str = "bordercast"):
    """A forecast whose intervals reach 1, 2, 3 and 4 counts to both sides."""
    ends = [median + away for out in (1, 2, 3, 4) for away in (-out, out)]
    month = months.shift(cutoff, ahead)
    return Forecast(key, model, cutoff, month, ahead, median, *ends, median / 10, 0.5, 2.5)


def hindcast(key: SeriesKey, cutoff: str, ahead: int, median: int, **more: Any) -> Hindcast:
    """A hindcast whose quantiles lie a count apart."""
    quantiles = tuple(median + place - 11 for place in range(len(HUB_PERMILLES)))
    month, made = months.shift(cutoff, ahead), {"model": "bordercast", "version": "1"} | more
    return Hindcast(
        **made, series=key, cutoff=cutoff, month=month, horizon=ahead, data_digest="d",
        median=median, quantiles=quantiles, centre=1.5, scale=2.5, df=2.75,
    )  # fmt: skip


def score(key: SeriesKey, n: int, basis: Any = "issued", **more: Any) -> Score:
    """A score whose log-WIS is n / 100."""
    made = Score(key, "bordercast", 1, basis, "all", n, n / 100, 1, 1, None, None, 0.5, 0.8, 0.95)
    return replace(made, **more)


def publication(
    published: str, through: str, releases: tuple[int, ...], **said: Any
) -> Publication:
    """A run that says what is given, and nothing else."""
    nothing = ("forecasts", "quantiles", "hindcasts", "fits", "judgements", "flags", "scores")
    made = dict.fromkeys(nothing, ()) | said
    return Publication(published, published, through, "settings", "code", releases, **made)
