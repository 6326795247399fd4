"""The picture of docs/flags.md: the borders' totals, and what the replay flagged.

python -m benchmarks.flagchart docs/images/flags.svg
"""

from __future__ import annotations

import sys
from pathlib import Path

import altair as alt
import vl_convert

from benchmarks.flags import figures
from forecast.types import HEADLINES, SeriesKey

FIRST = "2015-10"
WORDS = {None: "drift", "level shift": "flag: level shift", "transient": "flag: transient"}
SHAPES = {"flag: level shift": "triangle-down", "flag: transient": "circle", "drift": "diamond"}
COLOURS = ("#9c2f1c", "#1f5f8b", "#6b5b00")


def main(path: str) -> None:
    """Draw it."""
    counts, replayed = figures()
    lines = [
        {"month": month, "border": total, "encounters": count}
        for total in HEADLINES
        for month, count in counts[SeriesKey(total)].items()
        if month >= FIRST
    ]
    marks = []
    for flag in replayed.flags:
        episode = replayed.ending(flag)
        what = WORDS[episode.state if episode else None]
        place = {"month": flag.month, "border": flag.series.total, "encounters": flag.encounters}
        marks.append(place | {"what": what})
    Path(path).write_text(vl_convert.vegalite_to_svg(_chart(lines, marks).to_dict()))


def _chart(lines: list[dict[str, object]], marks: list[dict[str, object]]) -> alt.FacetChart:
    x = alt.X("month:T", title=None, axis=alt.Axis(format="%Y", grid=False))
    y = alt.Y("encounters:Q", scale=alt.Scale(type="log"), title="encounters a month")
    base = alt.Chart(alt.Data(values=[row | {"what": ""} for row in lines] + marks))
    size = {"width": 330, "height": 150}
    line = base.transform_filter("datum.what == ''").mark_line(color="#555", strokeWidth=1.2)
    shape = alt.Scale(domain=list(SHAPES), range=list(SHAPES.values()))
    colour = alt.Scale(domain=list(SHAPES), range=list(COLOURS))
    legend = alt.Legend(orient="top", title=None)
    point = (
        base.transform_filter("datum.what != ''")
        .mark_point(size=70, filled=True)
        .encode(
            shape=alt.Shape("what:N", scale=shape, legend=legend),
            color=alt.Color("what:N", scale=colour, legend=legend),
        )
    )
    layer = alt.layer(line, point).encode(x=x, y=y).properties(**size)
    facet = alt.Facet("border:N", title=None, sort=list(HEADLINES))
    return layer.facet(facet, columns=2).resolve_scale(y="independent").configure(font="sans-serif")


if __name__ == "__main__":
    main(sys.argv[1])
