"""The picture of docs/scaling.md: seconds by number of series, ours and the peers'."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import altair as alt
import vl_convert

from benchmarks.speedsums import PROPHET, TOGETHER, a_series

OURS = "bordercast"
DRAWN = (OURS, TOGETHER, PROPHET)
COLOURS = ("#9c2f1c", "#1f5f8b", "#6b5b00")
MEASURED, EXTRAPOLATED = "measured", "extrapolated"


def draw(result: Mapping[str, Any]) -> str:
    """The picture as SVG."""
    rows = [*_measured(result), *_extrapolated(result)]
    x = alt.X("series:Q", scale=alt.Scale(type="log"), axis=alt.Axis(tickCount=4, format=",d"))
    y = alt.Y("seconds:Q", scale=alt.Scale(type="log"), axis=alt.Axis(tickCount=5, format=",~r"))
    colour = alt.Color(
        "who:N",
        scale=alt.Scale(domain=list(DRAWN), range=list(COLOURS)),
        legend=alt.Legend(orient="top", title=None),
    )
    dash = alt.StrokeDash(
        "how:N",
        scale=alt.Scale(domain=[MEASURED, EXTRAPOLATED], range=[[1, 0], [4, 3]]),
        legend=alt.Legend(orient="top", title=None),
    )
    base = alt.Chart(alt.Data(values=rows)).encode(x=x, y=y, color=colour)
    lines = base.mark_line(strokeWidth=1.5).encode(strokeDash=dash)
    points = base.transform_filter(f"datum.how == '{MEASURED}'").mark_point(filled=True, size=40)
    chart = (lines + points).properties(width=520, height=280).configure(font="sans-serif")
    return str(vl_convert.vegalite_to_svg(chart.to_dict()))


def _row(who: str, how: str, series: int, seconds: float) -> dict[str, Any]:
    return {"who": who, "how": how, "series": series, "seconds": seconds}


def _measured(result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for one in result["ours"].values():
        yield _row(OURS, MEASURED, one["series"], one["seconds"])
    for name in (TOGETHER, PROPHET):
        for size in ("few", "most"):
            one = result["peers"][name][size]
            yield _row(name, MEASURED, one["series"], one["seconds"])


def _extrapolated(result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """From what was measured to as many series as ours."""
    farthest = max(map(int, result["ours"]))
    for name in (TOGETHER, PROPHET):
        most = result["peers"][name]["most"]
        for count in (int(most["series"]), farthest):
            yield _row(name, EXTRAPOLATED, count, a_series(most) * count)
