"""Charts in the sizes a page needs: one for phones, one across the page.

The finding and how to read the chart stand beside it as text, so that they can be read at any
width; the chart keeps what only a chart can say, and names its own lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecast.records import Row

if TYPE_CHECKING:
    from forecast.desk.charts.grammar import Chart

FAN_KEY = (
    "Black line: published. Dashed line: forecast. Shading, dark to light: 50%, 80% and 95% "
    "ranges; the 95% range is two dotted lines where it would flatten the rest. Triangles: "
    "unusual months."
)
HISTORY_KEY = (
    "Black line: published. Dashed line: the forecast made before each month was published. "
    "Shading, dark to light: its 80% and 95% ranges. Triangles: unusual months."
)
_SIZE = re.compile(rb'<svg[^>]*? width="([\d.]+)" height="([\d.]+)"')


@dataclass(frozen=True)
class Size:
    """How large a chart is. width, height : of the plot, in pixels. months : before the forecast.

    dated : whether the known policy dates are marked.
    """

    name: str
    width: int
    height: int
    months: int
    dated: bool = True


PHONE = Size("phone", 235, 190, 24, dated=False)
FULL = Size("wide", 720, 300, 60)
CARD = Size("card", 290, 130, 30, dated=False)
PART = Size("chart", 330, 190, 36, dated=False)


@dataclass(frozen=True)
class Drawn:
    """A chart as a file.

    name : of the file. width, height : in pixels. alt : what it shows, in a sentence. dates : the
    key of its numbered, dotted lines, "" if there are none.
    """

    name: str
    svg: bytes
    width: int
    height: int
    alt: str
    dates: str = ""


def fan(
    border: str,
    published: Sequence[Row],
    ahead: Sequence[Row],
    flagged: Sequence[Row],
    size: Size,
    part: str = "",
    name: str = "",
) -> Drawn:
    """What was published lately, and the forecast ahead.

    part : of the border, in words. name : of the file, where it is not the usual one.
    """
    from forecast.desk.charts import forecasts, grammar

    shown = grammar.months_back(published, size.months)
    last = ahead[-1]
    dotted, key = _dates(border, shown[0]["month"], last["month"], size)
    scale = forecasts.fan_scale(shown, ahead)
    layers = forecasts.fan_layers(shown, ahead, flagged, scale, dotted)
    labels = [
        (f"{last['hi80']:,} high", last["hi80"]),
        (f"{last['median']:,} forecast", last["median"]),
        (f"{last['lo80']:,} low", last["lo80"]),
    ]
    layers.append(grammar.side_labels(labels, last["month"], scale, size.height))
    alt = forecasts.fan_words(border, shown[-1], ahead, part)[2]
    return _drawn(name or f"forecast-{size.name}", layers, size, alt, key)


def history(border: str, rows: Sequence[Row], flagged: Sequence[Row], size: Size) -> Drawn:
    """The forecast that stood before each month beside what came."""
    from forecast.desk.charts import forecasts

    shown = rows[-2 * size.months :]
    marked = [row for row in flagged if row["month"] >= shown[0]["month"]]
    dotted, key = _dates(border, shown[0]["month"], shown[-1]["month"], size)
    layers = forecasts.history_layers(shown, marked, dotted)
    alt = forecasts.history_words(border, shown, marked, None)[2]
    return _drawn(f"history-{size.name}", layers, size, alt, key)


def lines(names: Sequence[str], series: Sequence[Sequence[Row]], alt: str, size: Size) -> Drawn:
    """Two series over the same months, each named at its end; the first is drawn in black."""
    from forecast.desk.charts import grammar

    scale = grammar.amounts([row["encounters"] for rows in series for row in rows], None)
    marks: tuple[dict[str, Any], ...] = (
        {"color": grammar.INK},
        {"color": grammar.BLUE, "strokeDash": [6, 3]},
    )
    layers = [
        grammar.line(rows, "encounters", scale, strokeWidth=2, **mark)
        for rows, mark in zip(series, marks, strict=True)
    ]
    ends = [(name, float(rows[-1]["encounters"])) for name, rows in zip(names, series, strict=True)]
    last = max(rows[-1]["month"] for rows in series)
    layers.append(grammar.side_labels(ends, last, scale, size.height))
    return _drawn(f"compared-{size.name}", layers, size, alt)


def drivers(border: str, rows: Sequence[Row]) -> Drawn:
    """What moved a flagged month."""
    from forecast.desk.charts import explanations, grammar

    picture = explanations.drivers(border, rows)
    return _named("drivers", grammar.render(picture, "svg"), picture.alt)


def _dates(border: str, first: str, last: str, size: Size) -> tuple[list[Chart], str]:
    """The dotted lines of known policy dates, and their key."""
    from forecast.desk.charts import grammar

    if not size.dated:
        return [], ""
    dotted, key = grammar.breaks(border, first, last)
    return dotted, " ".join(key)


def _drawn(name: str, layers: Sequence[Chart], size: Size, alt: str, dates: str = "") -> Drawn:
    from forecast.desk.charts import grammar

    return _named(name, grammar.plain_svg(layers, size.width, size.height), alt, dates)


def _named(name: str, svg: bytes, alt: str, dates: str = "") -> Drawn:
    found = _SIZE.search(svg)
    width, height = (round(float(x)) for x in found.groups()) if found else (640, 360)
    return Drawn(f"{name}.svg", svg, width, height, alt, dates)
