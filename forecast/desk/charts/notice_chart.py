"""The one picture in a notice: two years of a total beside what had been expected of each month.

Drawn narrow, so that its words can be read on a phone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from forecast.desk.charts import grammar
from forecast.desk.charts.grammar import BLUE, INK, Amounts, Channel, Chart, Picture
from forecast.sources.source import Source
from forecast.types import COUNT, Row

WIDTH, HEIGHT = 310, 175
BELOW, ABOVE = 1.5, 1.2  # room for the words at a triangle
KEY = (
    "Black line: published. Dashed: issued forecasts, or hindcasts where none was issued. "
    "Gray-blue bands: their 80% (dark) and 95% (light) prediction intervals. Triangle: flagged."
)


def picture(
    total: str, rows: Sequence[Row], flagged: Sequence[Row], finding: str, source: Source
) -> Picture:
    """The months beside their forecasts.

    Parameters
    ----------
    rows : month, count, median, lo80 ... hi95; ascending.
    flagged : month, count, median, severity. finding : what the picture shows, in words.
    """
    # Room for a few months' names.
    x = grammar.time_axis(tickCount=4, labelFlush=True)
    drawn = layers(rows, flagged, scale_of(rows, source), x)
    frame = {"layer": drawn, "width": WIDTH, "height": HEIGHT}
    now = rows[-1]
    title = f"{source.totals.name(total)}: {now[COUNT]:,} counted, {now['median']:,} forecast"
    return Picture(grammar.framed(frame, title, KEY, WIDTH + 30), f"{finding} {KEY}")


def scale_of(rows: Sequence[Row], source: Source) -> Amounts:
    """A scale that holds the counts and their intervals, and words at a triangle."""
    counts = [row[name] for row in rows for name in (COUNT, "lo95", "hi95")]
    scale = grammar.amounts([min(counts) / BELOW, max(counts) * ABOVE], None, source)
    return replace(scale, width=WIDTH, height=HEIGHT)


def layers(
    rows: Sequence[Row], flagged: Sequence[Row], scale: Amounts, x: Channel | None = None
) -> list[Chart]:
    """The months beside their forecasts, whatever the size; x : their axis, if not the usual."""
    shown = {row["month"] for row in rows}
    return [
        *(grammar.band(rows, level, scale, x) for level in (95, 80)),
        grammar.line(rows, "median", scale, x, color=BLUE, strokeDash=[4, 3], strokeWidth=1.5),
        grammar.line(rows, COUNT, scale, x, color=INK, strokeWidth=2.2),
        *grammar.flags(
            [row for row in flagged if row["month"] in shown],
            scale,
            [(rows, COUNT), (rows, "median")],
        ),
    ]
