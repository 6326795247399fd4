"""A month as one picture of an exact size: its number, its comparisons, a chart, where it is from.

A link's preview is 1200 x 630 pixels, a slide 16:9. Both are laid out in points and differ in how
many pixels a point has, so that words keep their size beside the chart's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

import vl_convert

from forecast.desk.charts import forecasts, grammar, notice_chart
from forecast.desk.charts.grammar import FONT, GREY, INK, Chart
from forecast.desk.handout.words import Handout
from forecast.types import Row

if TYPE_CHECKING:
    from forecast.sources.source import Source

MARGIN = 24  # points of white on every side
# Mean width of a letter, in font sizes: of Liberation Sans and Arial, plain and bold.
LETTER = {"normal": 0.5, "bold": 0.56}
_DIGIT, _COMMA = 0.556, 0.278  # exactly, of both faces


@dataclass(frozen=True)
class PosterSize:
    """How large a poster is. width, height : in points. scale : pixels a point."""

    width: int
    height: int
    scale: int

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width * self.scale, self.height * self.scale


POST = PosterSize(600, 315, 2)  # 1200 x 630, as the Open Graph's readers ask for
SLIDE = PosterSize(640, 360, 3)  # 1920 x 1080


@dataclass(frozen=True)
class PosterChart:
    """What a poster draws.

    counted : month, encounters; ascending, to the month. flagged : as `grammar.flags` marks them.
    ahead : the forecast from the month on; empty if the month is not the newest.
    stood : months with the forecast made before each; empty if it is not known or not drawn.
    """

    counted: Sequence[Row]
    flagged: Sequence[Row] = ()
    ahead: Sequence[Row] = ()
    stood: Sequence[Row] = ()


def png(handout: Handout, chart: PosterChart, source: Source, size: PosterSize = POST) -> bytes:
    """The poster as a PNG file."""
    return grammar.lean(vl_convert.svg_to_png(svg(handout, chart, source, size), scale=1))


def svg(handout: Handout, chart: PosterChart, source: Source, size: PosterSize = POST) -> str:
    """The poster as an SVG file, as many pixels wide and high as `size` says."""
    top = 144
    room = size.width - 2 * MARGIN, size.height - top - 28
    width, height = size.pixels
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {size.width} {size.height}" font-family="{escape(FONT)}" fill="{INK}">'
        f'<rect width="{size.width}" height="{size.height}" fill="white"/>'
        f"{''.join(_words(handout, size))}"
        f'<g transform="translate({MARGIN},{top})">{_fitted(chart, *room, source=source)}</g></svg>'
    )


def _words(handout: Handout, size: PosterSize) -> Iterator[str]:
    wide = size.width - 2 * MARGIN
    yield _text(handout.title, 34, 18, wide, weight="bold")
    yield _text(handout.number, 78, 44, wide, weight="bold")
    # The unit stands behind the number, in two lines.
    after = 44 * sum(_COMMA if c == "," else _DIGIT for c in handout.number) + 10
    for place, line in enumerate(handout.unit):
        yield _text(line, 60 + 17 * place, 14, wide - after, x=MARGIN + after)
    for place, line in enumerate(handout.lines):
        yield _text(line, 99 + 17 * place, 13.5, wide)
    yield _text(handout.source, size.height - 12, 9.5, wide, color=GREY)


def _text(words: str, y: float, size: float, room: float, *, x: float = MARGIN, **look: str) -> str:
    """Words on one line, smaller where they would not fit into the room, in points."""
    weight = look.get("weight", "normal")
    fits = min(size, room / (LETTER[weight] * max(len(words), 1)))
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{fits:.3g}" font-weight="{weight}" '
        f'fill="{look.get("color", INK)}">{escape(words)}</text>'
    )


def _fitted(chart: PosterChart, width: float, height: float, source: Source) -> str:
    """The chart in its room, in points; made smaller as a whole if its labels need more."""
    drawn = chart_svg(chart, width, height, source)
    wide, high = grammar.extent(drawn)
    return f'<g transform="scale({min(1.0, width / wide, height / high):.4g})">{drawn}</g>'


def chart_svg(chart: PosterChart, width: float, height: float, source: Source) -> str:
    """The chart alone, about as wide and high as said, in points."""
    layers, labels, scale = _layers(chart, source)
    beside = max((6 * len(words) + 8 for words, _ in labels), default=8)
    plot = int(width - 62 - beside), int(height - 26)
    if labels:
        layers.append(grammar.side_labels(labels, chart.ahead[-1]["month"], scale, plot[1]))
    return grammar.plain_svg(layers, *plot, source=source).decode()


def _layers(
    chart: PosterChart, source: Source
) -> tuple[list[Chart], list[tuple[str, float]], grammar.Amounts]:
    """The chart's layers, its labels on the right with their counts, and its scale."""
    shown = grammar.months_back(chart.counted, forecasts.MONTHS_SHOWN)
    if chart.ahead:
        scale = _short(forecasts.fan_scale(shown, chart.ahead, source))
        labels = forecasts.edge_labels(chart.ahead[-1])
        return forecasts.fan_layers(shown, chart.ahead, chart.flagged, scale), labels, scale
    if chart.stood:
        scale = _short(notice_chart.scale_of(chart.stood, source))
        return notice_chart.layers(chart.stood, chart.flagged, scale), [], scale
    scale = _short(forecasts.counts_scale(shown, source))
    return forecasts.counts_layers(shown, chart.flagged, scale), [], scale


def _short(scale: grammar.Amounts) -> grammar.Amounts:
    """Without the unit, which stands beside the number: the axis is not long enough for it."""
    return replace(scale, unit="a month")
