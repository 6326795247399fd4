"""The pictures that explain: what moved a flagged month, and what Prophet sees in a total.

Rows are those of `forecast.store.read`.
"""

import math
import warnings
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from forecast import months
from forecast.desk.charts import grammar
from forecast.desk.charts.grammar import BANDS, BLUE, GREY, INK, PALE, Chart, Picture
from forecast.desk.sentences.unusual import part_words
from forecast.engine.panel import panel
from forecast.names import dimension_words
from forecast.rows import DriverRow
from forecast.sources.source import Source
from forecast.types import COUNT, Row, SeriesKey
from forecast.words import MONTHS, month_words, signed
from models.offered.prophet import Parts, Prophet
from models.refit import history
from models.structural import filled

PARTS_SHOWN = 5
ROUNDING = 0.01  # share of the whole up to which what is in no part is left out
# Of level counts with 2% noise Prophet makes seasons of 200% from 20 months, of 10% from 48.
SEASON_MONTHS, CLEAR_SEASON = 48, 15.0  # percent of the trend from the lowest to the highest


def drivers(total: str, rows: Sequence[DriverRow], source: Source) -> Picture:
    """What moved a flagged month: the largest parts of each dimension, and all others."""
    month = rows[0].month

    def words(row: DriverRow) -> str:
        return dimension_words(row.dimension, source)

    moved = [row for row in rows if row.contribution is not None]
    panels = [(name, _moved(list(group), source)) for name, group in groupby(moved, words)]
    contributions = [bar["contribution"] for _, bars in panels for bar in bars]
    low, high = min(*contributions, 0), max(*contributions, 0)
    room = 0.16 * (high - low or 1)  # for the numbers beside the bars of both sides
    span = (low - room, high + room)
    # Each dimension explains the whole: over all of them it would be told several times.
    moved_by = sum(row.contribution or 0 for row in moved if row.dimension == moved[0].dimension)
    frame = {"vconcat": [_bars(name, bars, span) for name, bars in panels], "spacing": 14}
    side = "fewer" if moved_by < 0 else "more"
    title = (
        f"{source.totals.name(total)}, {month_words(month)}: {abs(moved_by):,} {side} than expected"
    )
    # What cannot be told is named, so that nobody takes the rest for all.
    missing = sorted(set(map(words, rows)) - {name for name, _ in panels})
    subtitle = (
        f"Difference from the forecast, in {source.measure.noun}. Each group of bars explains the "
        "whole: do not add over groups."
        + (f" Not in the data on record: {', '.join(missing)}." if missing else "")
    )
    largest = "; ".join(
        f"by {name}, {bars[0]['part']} {signed(bars[0]['contribution'])}" for name, bars in panels
    )
    return Picture(grammar.framed(frame, title, subtitle), f"{title}. Largest: {largest}.")


def _moved(rows: Sequence[DriverRow], source: Source) -> list[dict[str, Any]]:
    """The largest parts, all others in one bar, and what is in no part."""
    parts = [row for row in rows if row.role == "part"]
    parts.sort(key=lambda row: -abs(row.contribution or 0))
    moved = abs(sum(row.contribution or 0 for row in rows))
    shown = parts if len(parts) <= PARTS_SHOWN + 1 else parts[:PARTS_SHOWN]
    bars = [{"part": part_words(row, source), "contribution": row.contribution} for row in shown]
    rest = parts[len(shown) :]
    if rest:
        others = sum(row.contribution or 0 for row in rest)
        bars.append({"part": f"all others ({len(rest)})", "contribution": others})
    for row in rows:
        # What only rounding leaves is no part of an explanation.
        if row.role == "unattributed" and abs(row.contribution or 0) > ROUNDING * moved:
            bars.append({"part": "in no part", "contribution": row.contribution})
    return bars


def _bars(name: str, bars: Sequence[Row], span: tuple[float, float]) -> Chart:
    placed = [{**bar, "text": signed(bar["contribution"])} for bar in bars]
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
    for side, align in ((1, "left"), (-1, "right")):
        rows = [bar for bar in placed if (bar["contribution"] >= 0) == (side > 0)]
        colour = BLUE if side < 0 else BANDS[50]
        bars_of: Any = {"color": colour, "height": {"band": 0.7}}
        style: Any = {"align": align, "dx": 4 * side, "fontSize": 12, "color": INK}
        layers.append(grammar.layer(rows, "bar", {"x": x, "y": y}, **bars_of))
        place = {"x": x, "y": y, "text": grammar.text("text")}
        layers.append(grammar.layer(rows, "text", place, **style))
    heading = {"text": f"by {name}", "fontSize": 12, "anchor": "start", "frame": "group"}
    return {"layer": layers, "width": 470, "height": 18 * len(placed), "title": heading}


def prophet_parts(total: str, published: Sequence[Row], source: Source) -> Parts:
    """The components of Prophet's fit to all months held; one fit, a second with the import."""
    counts = {row["month"]: row[COUNT] for row in published}
    alone = filled(panel({SeriesKey(total): counts}, source=source.traits))
    with warnings.catch_warnings():
        # What the library says about its own code, as in the loop over cutoffs.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        return Prophet().parts(history(alone, 0, alone.z.shape[1] - 1))


def components(total: str, parts: Parts, published: Sequence[Row], source: Source) -> Picture:
    """What Prophet's fit is made of: trend, season, and the effect of known policy dates."""
    at_months, levels, yearly, of_dates = parts
    trend: list[dict[str, Any]] = [
        {"month": months.from_index(int(at)), "trend": math.expm1(level)}
        for at, level in zip(at_months, levels, strict=True)
    ]
    scale = grammar.amounts([row[COUNT] for row in published], True, source)
    dotted, key = grammar.breaks(total, trend[0]["month"], trend[-1]["month"], source)
    layers = [
        grammar.line(published, COUNT, scale, color=PALE, strokeWidth=1.5),
        *dotted,
        grammar.line(trend, "trend", scale, color=BLUE, strokeWidth=2.2),
    ]
    above = {"layer": layers, "width": grammar.WIDTH, "height": 220}
    # The yearly effect of each month of the last year, percent of the trend.
    latest = zip(at_months[-12:].tolist(), yearly[-12:].tolist(), strict=True)
    season: list[Row] = [
        {"name": MONTHS[at], "at": at, "percent": 100 * math.expm1(effect)}
        for at, effect in sorted((months.place(month), effect) for month, effect in latest)
    ]
    named = {months.to_index(d.date[:7]) for d in source.breaks if total in d.totals}
    effects: list[Row] = [
        {"name": f"{n} {month_words(months.from_index(at))}", "percent": 100 * math.expm1(effect)}
        for n, (at, effect) in enumerate(sorted(of_dates.items()), start=1)
        if at in named
    ]
    percent = grammar.amount("percent", axis={"title": "percent of the trend", "tickCount": 5})
    axis = {"title": None, "labelAngle": 0, "labelExpr": "'JFMAMJJASOND'[datum.value]"}
    place = {"x": {"field": "at", "type": "ordinal", "axis": axis}, "y": percent}
    bars = grammar.layer(season, "bar", place, color=BLUE)
    heading: Any = {"fontSize": 11.5, "anchor": "start"}
    size: Any = {"width": 290, "height": 130}
    below = [{**bars, **size, "title": {**heading, "text": "time of the year"}}]
    if len(at_months) < SEASON_MONTHS:
        below = []
    if effects:
        y = {**grammar.text("name"), "sort": None, "axis": {"title": None, "labelLimit": 160}}
        bars = grammar.layer(effects, "bar", {"x": percent, "y": y}, color=BLUE, height=12)
        title = {**heading, "text": "month of a policy date"}
        below.append({**bars, **size, "width": 200, "title": title})
    words = grammar.below(key) if key else {"vconcat": []}
    frame = {"vconcat": [above, words, {"hconcat": below}], "spacing": 10}
    low, high = (edge(season, key=itemgetter("percent")) for edge in (min, max))
    lowest, highest = (f"{signed(round(row['percent']))}%" for row in (low, high))
    span = f"({lowest} to {highest})"
    if len(at_months) < SEASON_MONTHS:
        seen = f"no season can be told from {len(at_months)} months"
    elif high["percent"] - low["percent"] < CLEAR_SEASON:
        seen = f"no clear season {span}"
    else:
        seen = f"highest in {high['name']} ({highest}), lowest in {low['name']} ({lowest})"
    finding = f"{source.totals.name(total)}, Prophet's view: {seen}"
    subtitle = (
        "Blue: Prophet's trend; grey: published. Below: what the time of the year and the month of "
        "a policy date add to the trend. A description by one model, not a cause."
    )
    return Picture(grammar.framed(frame, finding, subtitle), f"{finding}.")
