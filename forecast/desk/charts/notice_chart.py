"""The one picture in a notice: two years of a border beside what had been expected of each month.

Drawn narrow, so that its words can be read on a phone.
"""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from forecast.desk.charts import grammar
from forecast.desk.charts.grammar import BLUE, INK, Picture
from forecast.desk.wording import name_of
from forecast.records import Row

WIDTH, HEIGHT = 310, 200
BELOW, ABOVE = 1.5, 1.2  # room for the words at a triangle
KEY = (
    "Black line: published. Dashed: the forecast made before. Gray-blue bands: its 80% "
    "(dark) and 95% (light) prediction intervals. Triangle: flagged."
)


def picture(border: str, rows: Sequence[Row], flagged: Sequence[Row], finding: str) -> Picture:
    """The months beside their forecasts.

    Parameters
    ----------
    rows : month, encounters, median, lo80 ... hi95; ascending.
    flagged : month, encounters, median, severity. finding : what the picture shows, in words.
    """
    counts = [row[name] for row in rows for name in ("encounters", "lo95", "hi95")]
    scale = grammar.amounts([min(counts) / BELOW, max(counts) * ABOVE], None)
    shown = {row["month"] for row in rows}
    marked = [row for row in flagged if row["month"] in shown]
    x = _few_months()
    layers = [
        *(grammar.band(rows, level, scale, x) for level in (95, 80)),
        grammar.line(rows, "median", scale, x, color=BLUE, strokeDash=[4, 3], strokeWidth=1.5),
        grammar.line(rows, "encounters", scale, x, color=INK, strokeWidth=2.2),
        *grammar.flags(marked, scale),
    ]
    frame = alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)
    now = rows[-1]
    title = f"{name_of(border)}: {now['encounters']:,} counted, {now['median']:,} forecast"
    return Picture(grammar.framed(frame, title, KEY, WIDTH + 30), f"{finding} {KEY}")


def _few_months() -> alt.X:
    """A time axis with room for a few months' names."""
    axis = alt.Axis(format="%b %Y", title=None, tickCount=4, grid=False, labelFlush=True)
    return alt.X("at:T", axis=axis, scale=alt.Scale(type="utc", nice=False))
