"""Layers over months as SVG, drawn here: a page has thousands, and Vega takes 0.1 seconds each.

It knows what `grammar` makes of lines, bands, rules, points and words over a time axis, and draws
it as Vega does. Whatever else there is in a chart, Vega draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from html import escape
from math import ceil, floor, log, log10
from typing import Any

from forecast.desk.charts.grammar import FONT, GREY, LOOK, SHORT_MONTHS, Chart
from forecast.months import from_index, place, to_index

LETTER = 6.7  # pixels of a letter at 12 pixels, on average
_EPOCH = date(1970, 1, 1)
_STEPS = (1, 2, 3, 6, 12, 24, 36, 60, 120)  # months between the names below a chart
_ANCHORS = {"left": "start", "right": "end"}
_Pixel = Callable[[Any], float]


def drawn(layers: Sequence[Chart], width: int, height: int) -> str:
    """Draw layers that share their axes. width, height : of the plot, in pixels."""
    looked = [layer for layer in layers if layer["data"]["values"]]
    # Days, not months: February takes less room than March, as Vega has it.
    at = [_day(row["at"]) for layer in looked for row in layer["data"]["values"]]
    first, last = min(at), max(at)
    axes = [layer["encoding"] for layer in looked if "axis" in layer["encoding"].get("y", {})]
    y_axis, x_axis = axes[0]["y"], looked[0]["encoding"]["x"]["axis"]

    def x(day: str) -> float:
        return width * (_day(day) - first) / ((last - first) or 1)

    y = _vertical(y_axis["scale"], height)
    marks = "".join(_MARKS[layer["mark"]["type"]](layer, x, y, height) for layer in looked)
    ticks = y_axis["axis"].get("values") or _round_ticks(y_axis["scale"]["domain"])
    title = y_axis["axis"]["title"]
    left = (26 if title else 11) + LETTER * max(len(f"{tick:,.0f}") for tick in ticks)
    right = max([8.0, *_beyond(looked, x, width)])
    # Numbers of policy dates stand above the plot.
    top = 17 if any("value" in layer["encoding"].get("y", {}) for layer in looked) else 6
    whole = round(left + width + right), round(top + height + 24)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole[0]}" height="{whole[1]}" '
        f'viewBox="0 0 {whole[0]} {whole[1]}" font-family="{FONT}" font-size="12">'
        f'<rect width="{whole[0]}" height="{whole[1]}" fill="white"/>'
        f'<g transform="translate({left:.0f},{top})">'
        f"{_axes(ticks, y, title, width, height, left)}"
        f"{_months(first, last, x_axis, width, height)}{marks}</g></svg>"
    )


def _day(day: str) -> int:
    return (date.fromisoformat(day) - _EPOCH).days


def _vertical(scale: Mapping[str, Any], height: int) -> _Pixel:
    """Place values from the top; what is outside the domain is put at its edge."""
    step: Callable[[float], float] = log if scale["type"] == "log" else float
    low, high = scale["domain"]

    def y(value: float) -> float:
        inside = min(max(value, low), high)
        return height * (step(high) - step(inside)) / (step(high) - step(low))

    return y


def _round_ticks(domain: Sequence[float]) -> list[float]:
    """About six round numbers."""
    low, high = domain
    raw = (high - low) / 6
    power = 10 ** floor(log10(raw))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= raw)
    return [step * n for n in range(ceil(low / step), floor(high / step) + 1)]


def _axes(
    ticks: Iterable[float], y: _Pixel, title: str, width: int, height: int, left: float
) -> str:
    grid, domain = LOOK["axis"]["gridColor"], LOOK["axis"]["domainColor"]
    lines = "".join(
        f'<path d="M0,{y(tick):.1f}h{width}" stroke="{grid}"/>'
        f'<text x="-7" y="{y(tick) + 4:.1f}" text-anchor="end" fill="{GREY}">{tick:,.0f}</text>'
        for tick in ticks
    )
    lines += f'<path d="M0,0V{height}H{width}" fill="none" stroke="{domain}"/>'
    if not title:
        return lines
    return (
        f'{lines}<text transform="translate({11 - left:.1f},{height / 2:.1f})rotate(-90)" '
        f'text-anchor="middle" fill="{GREY}">{escape(title)}</text>'
    )


def _months(first: int, last: int, axis: Mapping[str, Any], width: int, height: int) -> str:
    """Names of months, as many as have room."""
    years = "utcyear" in axis["labelExpr"]
    start, end = (date.fromordinal(day + _EPOCH.toordinal()) for day in (first, last))
    months = range(to_index(f"{start:%Y-%m}"), to_index(f"{end:%Y-%m}") + 1)
    room = min(axis["tickCount"], width / (66 if years else 38))
    # Whole years or parts of one, so that each name is the same month again.
    step = next((s for s in _STEPS if len(months) / s <= room), _STEPS[-1])
    names = []
    for month in months:
        day = _day(f"{from_index(month)}-01")
        if month % step or not first <= day <= last:
            continue
        at = width * (day - first) / ((last - first) or 1)
        name = SHORT_MONTHS[place(month)] + (f" {from_index(month)[:4]}" if years else "")
        names.append(
            f'<path d="M{at:.1f},{height}v5" stroke="{LOOK["axis"]["tickColor"]}"/>'
            f'<text x="{at:.1f}" y="{height + 17}" text-anchor="middle" fill="{GREY}">{name}</text>'
        )
    return "".join(names)


def _beyond(layers: Iterable[Chart], x: _Pixel, width: int) -> Iterable[float]:
    """How far words go beyond the plot, to the right."""
    for layer in layers:
        if layer["mark"]["type"] == "text" and layer["mark"].get("align") == "left":
            field, dx = layer["encoding"]["text"]["field"], layer["mark"].get("dx", 0)
            for row in layer["data"]["values"]:
                yield x(row["at"]) - width + dx + LETTER * len(row[field]) + 4


def _stroke(mark: Mapping[str, Any]) -> str:
    look = f'fill="none" stroke="{mark["color"]}" stroke-width="{mark.get("strokeWidth", 1)}"'
    dash = ",".join(map(str, mark.get("strokeDash", ())))
    return f'{look} stroke-dasharray="{dash}"' if dash else look


def _path(points: Iterable[tuple[float, float]]) -> str:
    return "L".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _line(layer: Chart, x: _Pixel, y: _Pixel, height: int) -> str:
    """A line, broken off where a value is unknown."""
    field = layer["encoding"]["y"]["field"]
    # An unknown month breaks the line.
    pieces: list[list[tuple[float, float]]] = [[]]
    for row in layer["data"]["values"]:
        if row[field] is None:
            pieces.append([])
        else:
            pieces[-1].append((x(row["at"]), y(row[field])))
    d = "".join(f"M{_path(piece)}" for piece in pieces if piece)
    return f'<path d="{d}" stroke-linejoin="round" {_stroke(layer["mark"])}/>'


def _area(layer: Chart, x: _Pixel, y: _Pixel, height: int) -> str:
    low, high = layer["encoding"]["y"]["field"], layer["encoding"]["y2"]["field"]
    rows = layer["data"]["values"]
    edge = [(x(row["at"]), y(row[low])) for row in rows]
    edge += [(x(row["at"]), y(row[high])) for row in reversed(rows)]
    return f'<path d="M{_path(edge)}Z" fill="{layer["mark"]["color"]}"/>'


def _rule(layer: Chart, x: _Pixel, y: _Pixel, height: int) -> str:
    d = "".join(f"M{x(row['at']):.1f},0v{height}" for row in layer["data"]["values"])
    return f'<path d="{d}" {_stroke(layer["mark"])}/>'


def _point(layer: Chart, x: _Pixel, y: _Pixel, height: int) -> str:
    """Open triangles."""
    field, side = layer["encoding"]["y"]["field"], 1 if "down" in layer["mark"]["shape"] else -1
    half = layer["mark"]["size"] ** 0.5 / 2
    d = "".join(
        f"M{x(row['at']):.1f},{y(row[field]) + side * half * 0.87:.1f}"
        f"l{-half:.1f},{-side * half * 1.73:.1f}h{2 * half:.1f}Z"
        for row in layer["data"]["values"]
    )
    return f'<path d="{d}" {_stroke(layer["mark"])}/>'


def _text(layer: Chart, x: _Pixel, y: _Pixel, height: int) -> str:
    mark, place = layer["mark"], layer["encoding"]["y"]
    words = []
    for row in layer["data"]["values"]:
        top = place["value"] if "value" in place else y(row[place["field"]])
        look = f'fill="{mark["color"]}"'
        look += ' font-weight="bold"' if mark.get("fontWeight") == "bold" else ""
        words.append(
            f'<text x="{x(row["at"]) + mark.get("dx", 0):.1f}" '
            f'y="{top + mark.get("dy", 0) + 3.5:.1f}" '
            f'text-anchor="{_ANCHORS.get(mark.get("align", ""), "middle")}" {look}>'
            f"{escape(row[layer['encoding']['text']['field']])}</text>"
        )
    return "".join(words)


_MARKS: Mapping[str, Callable[[Chart, _Pixel, _Pixel, int], str]] = {
    "line": _line,
    "area": _area,
    "rule": _rule,
    "point": _point,
    "text": _text,
}
