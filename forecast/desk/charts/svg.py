"""Layers over months as SVG, drawn here: a page has thousands, and Vega takes 0.1 seconds each.

It knows what `grammar` makes of lines, bands, rules, points and words over a time axis, and draws
it as Vega does. Whatever else there is in a chart, Vega draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from math import ceil, floor, log, log10
from typing import Any

from forecast.desk.charts.grammar import FONT, GREY, LOOK, SHORT_MONTHS, Channel, Chart
from forecast.months import from_index, place, to_index
from forecast.types import Row

LETTER = 6.7  # pixels of a letter at 12 pixels, on average
_EPOCH = date(1970, 1, 1)
_STEPS = (1, 2, 3, 6, 12, 24, 36, 60, 120)  # months between the names below a chart
_ANCHORS = {"left": "start", "right": "end"}
_Pixel = Callable[[Any], float]


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer as it is drawn: its mark and the look of that, its rows, and which field is where."""

    mark: str
    look: Mapping[str, Any]
    rows: Sequence[Row]
    encoding: Mapping[str, Channel]

    @classmethod
    def of(cls, chart: Chart) -> _Layer:
        look = chart["mark"]
        return cls(look["type"], look, chart["data"]["values"], chart["encoding"])

    def values(self, channel: str) -> list[Any]:
        """List what the field of a channel has in each row."""
        field = self.encoding[channel]["field"]
        return [row[field] for row in self.rows]

    @property
    def y(self) -> Channel:
        """How the layer uses the vertical, if at all."""
        return self.encoding.get("y", {})

    @property
    def stroke(self) -> str:
        """How its lines look."""
        look = self.look
        width = look.get("strokeWidth", 1)
        words = f'fill="none" stroke="{look["color"]}" stroke-width="{width}"'
        dash = ",".join(map(str, look.get("strokeDash", ())))
        return f'{words} stroke-dasharray="{dash}"' if dash else words


def drawn(charts: Sequence[Chart], width: int, height: int) -> str:
    """Draw layers that share their axes. width, height : of the plot, in pixels."""
    layers = [layer for layer in map(_Layer.of, charts) if layer.rows]
    # Days, not months: February takes less room than March, as Vega has it.
    at = [_day(day) for layer in layers for day in layer.values("x")]
    first, last = min(at), max(at)
    y_axis = next(layer.y for layer in layers if "axis" in layer.y)
    scale, axis = y_axis["scale"], y_axis["axis"]
    low, high = scale["domain"]
    step: Callable[[float], float] = log if scale["type"] == "log" else float

    def x(day: str) -> float:
        return width * (_day(day) - first) / ((last - first) or 1)

    def y(value: float) -> float:
        inside = min(max(value, low), high)  # what is outside the domain is put at its edge
        return height * (step(high) - step(inside)) / (step(high) - step(low))

    marks = "".join(_MARKS[layer.mark](layer, x, y, height) for layer in layers)
    ticks = axis.get("values") or _round_ticks(low, high)
    title = axis["title"]
    left = (26 if title else 11) + LETTER * max(len(f"{tick:,.0f}") for tick in ticks)
    right = max([8.0, *_beyond(layers, x, width)])
    # Numbers of policy dates stand above the plot.
    top = 17 if any("value" in layer.y for layer in layers) else 6
    whole = round(left + width + right), round(top + height + 24)
    months = _months(first, last, layers[0].encoding["x"]["axis"], width, height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole[0]}" height="{whole[1]}" '
        f'viewBox="0 0 {whole[0]} {whole[1]}" font-family="{FONT}" font-size="12">'
        f'<rect width="{whole[0]}" height="{whole[1]}" fill="white"/>'
        f'<g transform="translate({left:.0f},{top})">'
        f"{_axes(ticks, y, title, width, height, left)}{months}{marks}</g></svg>"
    )


def _day(day: str) -> int:
    return (date.fromisoformat(day) - _EPOCH).days


def _round_ticks(low: float, high: float) -> list[float]:
    """About six round numbers."""
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


def _step(inside: Iterable[int], least: float) -> int:
    """Return every how many months there is room for a name below a chart."""
    # Whole years or parts of one, so that each name is the same month again.
    steps = [step for step in _STEPS if any(month % step == 0 for month in inside)] or [1]
    return next((step for step in steps if step >= least), steps[-1])


def _months(first: int, last: int, axis: Mapping[str, Any], width: int, height: int) -> str:
    """Names of months, as many as have room."""
    years = "utcyear" in axis["labelExpr"]
    start, end = (date.fromordinal(day + _EPOCH.toordinal()) for day in (first, last))
    months = range(to_index(f"{start:%Y-%m}"), to_index(f"{end:%Y-%m}") + 1)
    room = min(axis["tickCount"], width / (66 if years else 38))
    days = {month: _day(f"{from_index(month)}-01") for month in months}
    inside = {month: day for month, day in days.items() if first <= day <= last}
    step = _step(inside, len(months) / room)
    names = []
    for month, day in ((month, day) for month, day in inside.items() if month % step == 0):
        at = width * (day - first) / ((last - first) or 1)
        name = SHORT_MONTHS[place(month)] + (f" {from_index(month)[:4]}" if years else "")
        names.append(
            f'<path d="M{at:.1f},{height}v5" stroke="{LOOK["axis"]["tickColor"]}"/>'
            f'<text x="{at:.1f}" y="{height + 17}" text-anchor="middle" fill="{GREY}">{name}</text>'
        )
    return "".join(names)


def _beyond(layers: Iterable[_Layer], x: _Pixel, width: int) -> Iterable[float]:
    """How far words go beyond the plot, to the right."""
    for layer in layers:
        if layer.mark == "text" and layer.look.get("align") == "left":
            for day, words in zip(layer.values("x"), layer.values("text"), strict=True):
                yield x(day) - width + layer.look.get("dx", 0) + LETTER * len(words) + 4


def _path(points: Iterable[tuple[float, float]]) -> str:
    return "L".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _line(layer: _Layer, x: _Pixel, y: _Pixel, height: int) -> str:
    """A line, broken off where a value is unknown."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for day, value in zip(layer.values("x"), layer.values("y"), strict=True):
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append((x(day), y(value)))
    d = "".join(f"M{_path(piece)}" for piece in pieces if piece)
    return f'<path d="{d}" stroke-linejoin="round" {layer.stroke}/>'


def _area(layer: _Layer, x: _Pixel, y: _Pixel, height: int) -> str:
    days = list(map(x, layer.values("x")))
    low, high = (list(map(y, layer.values(edge))) for edge in ("y", "y2"))
    edge = [*zip(days, low, strict=True), *zip(days[::-1], high[::-1], strict=True)]
    return f'<path d="M{_path(edge)}Z" fill="{layer.look["color"]}"/>'


def _rule(layer: _Layer, x: _Pixel, y: _Pixel, height: int) -> str:
    d = "".join(f"M{x(day):.1f},0v{height}" for day in layer.values("x"))
    return f'<path d="{d}" {layer.stroke}/>'


def _point(layer: _Layer, x: _Pixel, y: _Pixel, height: int) -> str:
    """Open triangles."""
    side, half = 1 if "down" in layer.look["shape"] else -1, layer.look["size"] ** 0.5 / 2
    d = "".join(
        f"M{x(day):.1f},{y(value) + side * half * 0.87:.1f}"
        f"l{-half:.1f},{-side * half * 1.73:.1f}h{2 * half:.1f}Z"
        for day, value in zip(layer.values("x"), layer.values("y"), strict=True)
    )
    return f'<path d="{d}" {layer.stroke}/>'


def _text(layer: _Layer, x: _Pixel, y: _Pixel, height: int) -> str:
    mark, fixed = layer.look, layer.y.get("value")
    look = f'fill="{mark["color"]}"'
    look += ' font-weight="bold"' if mark.get("fontWeight") == "bold" else ""
    look = f'text-anchor="{_ANCHORS.get(mark.get("align", ""), "middle")}" {look}'
    tops = [fixed] * len(layer.rows) if fixed is not None else map(y, layer.values("y"))
    return "".join(
        f'<text x="{x(day) + mark.get("dx", 0):.1f}" '
        f'y="{top + mark.get("dy", 0) + 3.5:.1f}" {look}>'
        f"{escape(words)}</text>"
        for day, top, words in zip(layer.values("x"), tops, layer.values("text"), strict=True)
    )


_MARKS: Mapping[str, Callable[[_Layer, _Pixel, _Pixel, int], str]] = {
    "line": _line,
    "area": _area,
    "rule": _rule,
    "point": _point,
    "text": _text,
}
