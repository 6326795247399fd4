"""Charts in the sizes a page needs: one for phones, one beside others, one across the page.

The finding and how to read the chart stand beside it as text, so that they can be read at any
width; the chart keeps what only a chart can say.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecast.records import Row

if TYPE_CHECKING:
    import sqlite3

    from forecast.desk.charts.grammar import Chart, Picture


FAN_KEY = (
    "Black: published. Dashed: median forecast. Bands, dark to light: 50, 80 and 95 % prediction "
    "intervals. Triangles: months that were flagged."
)
HISTORY_KEY = (
    "Black: published. Dashed: the median of the forecast made before. Bands, dark to light: its "
    "80 and 95 % prediction intervals. Triangles: months that were flagged."
)
PAUSE = 0.05  # seconds after each chart
_SIZE = re.compile(rb'<svg[^>]*? width="([\d.]+)" height="([\d.]+)"')


@dataclass(frozen=True)
class Size:
    """How large a chart is, and what it has room for.

    width, height : of the plot, in pixels. months : shown before the forecast. labelled : the
    fan's edges in words. dated : the known policy dates.
    """

    name: str
    width: int
    height: int
    months: int
    labelled: bool = True
    dated: bool = True


PHONE = Size("phone", 285, 200, 24, labelled=False)
SMALL = Size("small", 285, 200, 24, labelled=False, dated=False)
CARD = Size("card", 360, 210, 36, dated=False)
FULL = Size("full", 800, 320, 60)


@dataclass(frozen=True)
class Drawn:
    """A rendered chart: its name on the page, its size in pixels, and its words.

    dates : the key of its numbered, dotted lines, "" if there are none.
    """

    name: str
    svg: bytes
    width: int
    height: int
    alt: str
    dates: str = ""


def fans(connection: sqlite3.Connection, border: str, sizes: Sequence[Size]) -> tuple[Drawn, ...]:
    """What was published lately, and the forecast ahead, in each size."""
    from forecast.store import plots, read

    published = plots.published(connection, border)
    ahead = read.forecasts(connection, border)
    flagged = plots.flagged(connection, border)
    return tuple(_fan(border, published, ahead, flagged, size) for size in sizes)


def _fan(
    border: str, published: Sequence[Row], ahead: Sequence[Row], flagged: Sequence[Row], size: Size
) -> Drawn:
    from forecast.desk.charts import forecasts, grammar

    shown = grammar.months_back(published, size.months)
    last = ahead[-1]
    dotted, key = _dates(border, shown[0]["month"], last["month"], size)
    scale = forecasts.fan_scale(shown, ahead)
    layers = forecasts.fan_layers(shown, ahead, flagged, scale, dotted)
    if size.labelled:
        labels = forecasts.fan_labels(last)
        layers.append(grammar.side_labels(labels, last["month"], scale, size.height))
    alt = forecasts.fan_words(border, shown[-1], ahead)[2]
    return _drawn(f"fan-{border}-{size.name}", _plain(layers, size), alt, key)


def histories(
    connection: sqlite3.Connection, border: str, sizes: Sequence[Size]
) -> tuple[Drawn, ...]:
    """The forecast that stood before each month beside what came, in each size."""
    from forecast.store import plots

    rows = plots.stood(connection, border)
    flagged = plots.flagged(connection, border)
    return tuple(_history(border, rows[-2 * size.months :], flagged, size) for size in sizes)


def _history(border: str, rows: Sequence[Row], flagged: Sequence[Row], size: Size) -> Drawn:
    from forecast.desk.charts import forecasts

    marked = [row for row in flagged if row["month"] >= rows[0]["month"]]
    dotted, key = _dates(border, rows[0]["month"], rows[-1]["month"], size)
    layers = forecasts.history_layers(rows, marked, dotted)
    alt = forecasts.history_words(border, rows, marked, None)[2]
    return _drawn(f"history-{border}-{size.name}", _plain(layers, size), alt, key)


def drivers(border: str, rows: Sequence[Row]) -> Drawn:
    """What moved a flagged month."""
    from forecast.desk.charts import explanations

    picture = explanations.drivers(border, rows)
    return _rendered(f"drivers-{border}-{rows[0]['month']}", picture)


def _dates(border: str, first: str, last: str, size: Size) -> tuple[list[Chart], str]:
    """The dotted lines of known policy dates, and their key."""
    from forecast.desk.charts import grammar

    if not size.dated:
        return [], ""
    dotted, key = grammar.breaks(border, first, last)
    return dotted, " ".join(key)


def _plain(layers: Sequence[Chart], size: Size) -> Chart:
    """Layers without words around them."""
    import altair as alt

    from forecast.desk.charts import grammar

    frame = alt.layer(*layers).properties(width=size.width, height=size.height)
    return grammar.looked(frame)


def _drawn(name: str, chart: Chart, alt: str, dates: str) -> Drawn:
    from forecast.desk.charts.grammar import Picture

    return _rendered(name, Picture(chart, alt), dates)


def _rendered(name: str, picture: Picture, dates: str = "") -> Drawn:
    from forecast.desk.charts import grammar

    svg = grammar.render(picture, "svg")
    # It holds up every other thread, 0.2 s at a time: pages that wait get their turn in between.
    time.sleep(PAUSE)
    found = _SIZE.search(svg)
    width, height = (round(float(x)) for x in found.groups()) if found else (640, 360)
    return Drawn(name, svg, width, height, picture.alt, dates)
