"""The pictures that explain: what moved a flagged month, and what Prophet sees in a total.

Rows are those of `forecast.store.read`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from forecast import months
from forecast.desk.charts import grammar
from forecast.desk.charts.grammar import BANDS, BLUE, GREY, INK, PALE, Chart, Picture
from forecast.desk.sentences.unusual import part_words
from forecast.sources.names import dimension_words
from forecast.sources.source import Source
from forecast.types import COUNT, Row
from forecast.words import MONTHS, month_words
from models.prophet import Parts

PARTS_SHOWN = 5
ROUNDING = 0.01  # share of the whole up to which what is in no part is left out


def drivers(total: str, rows: Sequence[Row], source: Source) -> Picture:
    """What moved a flagged month: the largest parts of each dimension, and all others."""
    month = rows[0]["month"]
    moved = [row for row in rows if row["contribution"] is not None]
    panels = [
        _moved(name, list(group), source)
        for name, group in groupby(moved, key=lambda row: _dimension(row, source))
    ]
    span = _span([bar["contribution"] for _, bars in panels for bar in bars])
    of_one = [row for row in moved if row["dimension"] == moved[0]["dimension"]]
    moved_by = sum(row["contribution"] for row in of_one)
    frame = {"vconcat": [_bars(name, bars, span) for name, bars in panels], "spacing": 14}
    side = "fewer" if moved_by < 0 else "more"
    title = (
        f"{source.totals.name(total)}, {month_words(month)}: {abs(moved_by):,} {side} than expected"
    )
    missing = sorted({_dimension(row, source) for row in rows} - {name for name, _ in panels})
    subtitle = (
        f"Difference from the forecast, in {source.measure.noun}. Each group of bars explains the "
        "whole: do not add over groups."
        + (f" Not in the data on record: {', '.join(missing)}." if missing else "")
    )
    largest = "; ".join(
        f"by {name}, {bars[0]['part']} {bars[0]['contribution']:+,}" for name, bars in panels
    )
    return Picture(grammar.framed(frame, title, subtitle), f"{title}. Largest: {largest}.")


def _span(contributions: Sequence[int]) -> tuple[float, float]:
    """Room for the bars of both sides and the numbers beside them."""
    low, high = min(*contributions, 0), max(*contributions, 0)
    room = 0.16 * (high - low or 1)
    return low - room, high + room


def _dimension(row: Row, source: Source) -> str:
    return dimension_words(row["dimension"], source)


def _moved(name: str, rows: Sequence[Row], source: Source) -> tuple[str, list[dict[str, Any]]]:
    """The largest parts, all others in one bar, and what is in no part."""
    parts = [row for row in rows if row["role"] == "part"]
    parts.sort(key=lambda row: -abs(row["contribution"]))
    moved = abs(sum(row["contribution"] for row in rows))
    shown = parts if len(parts) <= PARTS_SHOWN + 1 else parts[:PARTS_SHOWN]
    bars = [
        {"part": part_words(dict(row), source), "contribution": row["contribution"]}
        for row in shown
    ]
    rest = parts[len(shown) :]
    if rest:
        others = sum(row["contribution"] for row in rest)
        bars.append({"part": f"all others ({len(rest)})", "contribution": others})
    for row in rows:
        # What only rounding leaves is no part of an explanation.
        if row["role"] == "unattributed" and abs(row["contribution"]) > ROUNDING * moved:
            bars.append({"part": "in no part", "contribution": row["contribution"]})
    return name, bars


def _bars(name: str, bars: Sequence[Row], span: tuple[float, float]) -> Chart:
    placed = [{**bar, "text": f"{bar['contribution']:+,}"} for bar in bars]
    bare: Any = {"title": None, "ticks": False, "domain": False}
    x = grammar.amount(
        "contribution",
        scale={"domain": list(span), "nice": False},
        axis={**bare, "labels": False, "grid": False},
    )
    y = {
        **grammar.text("part"),
        "sort": [bar["part"] for bar in placed],
        "axis": {**bare, "labelLimit": 240, "labelPadding": 8, "labelFontSize": 12},
    }
    layers = [grammar.layer([{"contribution": 0}], "rule", {"x": x}, color=GREY)]
    sides: tuple[tuple[int, Any, int], ...] = ((1, "left", 4), (-1, "right", -4))
    for side, align, dx in sides:
        rows = [bar for bar in placed if (bar["contribution"] >= 0) == (side > 0)]
        colour = BLUE if side < 0 else BANDS[50]
        bars_of: Any = {"color": colour, "height": {"band": 0.7}}
        style: Any = {"align": align, "dx": dx, "fontSize": 12, "color": INK}
        layers.append(grammar.layer(rows, "bar", {"x": x, "y": y}, **bars_of))
        place = {"x": x, "y": y, "text": grammar.text("text")}
        layers.append(grammar.layer(rows, "text", place, **style))
    heading = {"text": f"by {name}", "fontSize": 12, "anchor": "start", "frame": "group"}
    return {"layer": layers, "width": 470, "height": 18 * len(placed), "title": heading}


def components(total: str, parts: Parts, published: Sequence[Row], source: Source) -> Picture:
    """What Prophet's fit is made of: trend, season, and the effect of known policy dates."""
    trend: list[dict[str, Any]] = [
        {"month": months.from_index(int(at)), "trend": math.expm1(level)}
        for at, level in zip(parts.months, parts.trend, strict=True)
    ]
    scale = grammar.amounts([row[COUNT] for row in published], True, source)
    dotted, key = grammar.breaks(total, trend[0]["month"], trend[-1]["month"], source)
    layers = [
        grammar.line(published, COUNT, scale, color=PALE, strokeWidth=1.5),
        *dotted,
        grammar.line(trend, "trend", scale, color=BLUE, strokeWidth=2.2),
    ]
    above = {"layer": layers, "width": grammar.WIDTH, "height": 220}
    season, effects = _season(parts), _effects(total, parts, source)
    below = {"hconcat": [_season_bars(season), *([_effect_bars(effects)] if effects else [])]}
    words = grammar.below(key) if key else {"vconcat": []}
    frame = {"vconcat": [above, words, below], "spacing": 10}
    high = max(season, key=lambda row: row["percent"])
    low = min(season, key=lambda row: row["percent"])
    title = (
        f"{source.totals.name(total)}, Prophet's view: highest in {high['name']} "
        f"({high['percent']:+.0f}%), "
        f"lowest in {low['name']} ({low['percent']:+.0f}%)"
    )
    subtitle = (
        "Blue: Prophet's trend; grey: published. Below: what the time of the year and the month of "
        "a policy date add to the trend. A description by one model, not a cause."
    )
    return Picture(grammar.framed(frame, title, subtitle), f"{title}.")


def _season(parts: Parts) -> list[dict[str, Any]]:
    """The yearly effect of each month of the last year, percent of the trend."""
    latest = zip(parts.months[-12:].tolist(), parts.yearly[-12:].tolist(), strict=True)
    return [
        {"name": MONTHS[at % 12], "at": at % 12, "percent": 100 * math.expm1(effect)}
        for at, effect in sorted(latest, key=lambda pair: pair[0] % 12)
    ]


def _effects(total: str, parts: Parts, source: Source) -> list[dict[str, Any]]:
    named = {months.to_index(d.date[:7]) for d in source.breaks if total in d.totals}
    return [
        {"name": f"{n} {month_words(months.from_index(at))}", "percent": 100 * math.expm1(effect)}
        for n, (at, effect) in enumerate(sorted(parts.events.items()), start=1)
        if at in named
    ]


def _season_bars(season: Sequence[Row]) -> Chart:
    axis = {"title": None, "labelAngle": 0, "labelExpr": "'JFMAMJJASOND'[datum.value]"}
    x = {"field": "at", "type": "ordinal", "axis": axis}
    y = grammar.amount("percent", axis={"title": "percent of the trend", "tickCount": 5})
    bars = grammar.layer(season, "bar", {"x": x, "y": y}, color=BLUE)
    heading = {"text": "time of the year", "fontSize": 11.5, "anchor": "start"}
    return {**bars, "width": 290, "height": 130, "title": heading}


def _effect_bars(effects: Sequence[Row]) -> Chart:
    x = grammar.amount("percent", axis={"title": "percent of the trend", "tickCount": 5})
    y = {**grammar.text("name"), "sort": None, "axis": {"title": None, "labelLimit": 160}}
    bars = grammar.layer(effects, "bar", {"x": x, "y": y}, color=BLUE, height=12)
    heading = {"text": "month of a policy date", "fontSize": 11.5, "anchor": "start"}
    return {**bars, "width": 200, "height": 130, "title": heading}
