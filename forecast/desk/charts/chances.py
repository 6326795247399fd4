"""Chances given against what came: one small square for each kind of question."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import altair as alt

from forecast.desk.charts import grammar
from forecast.desk.charts.grammar import BLUE, GREY, PALE, Chart, Picture
from forecast.desk.reliability import KindScore
from forecast.watch.standing import INSIDE

_SIDE, _COLUMNS = 175, 3
_LEAST, _MOST = 14.0, 180.0  # square pixels of points that stand for no chances and for most


def reliability(name: str, found: Sequence[KindScore]) -> Picture:
    """Of the chances given, how many came true.

    name : whose questions, as it is to stand in the title. found : kinds of one basis, not empty.
    """
    largest = max(part.n for one in found for part in one.bins)
    squares: Chart = alt.concat(*(_square(one, largest) for one in found), columns=_COLUMNS)
    asked = [one for one in found if one.kind != INSIDE]  # no skill is to be had at that one
    skilled = sum(one.skilled for one in asked)
    title = (
        f"{name}: {skilled} of {len(asked)} kinds of questions are answered better than by their "
        "base rate"
    )
    made = {"issued": "given before their months were published", "hindcast": "hindcasts"}
    subtitle = (
        "On the gray diagonal, events came true as often as their chances said. Larger points "
        f"stand for more questions. Chances are {made[found[0].basis]}; questions of neighboring "
        "months overlap."
    )
    width = _COLUMNS * (_SIDE + 50)
    return Picture(
        grammar.framed(squares, title, subtitle, width),
        f"{title}. {' '.join(map(_words, found))}",
    )


def _words(one: KindScore) -> str:
    """Where the chances of a kind were furthest from what came."""
    worst = max(one.bins, key=lambda part: abs(part.given - part.came) * part.n)
    given, came = f"{worst.given:.0%}", f"{worst.came:.0%}"
    return f"{one.kind}: of {worst.n:,} chances of about {given}, {came} came true."


def _square(one: KindScore, largest: int) -> Chart:
    edge = alt.Scale(domain=[0, 1], nice=False)
    axis = alt.Axis(format=".0%", values=[0, 0.5, 1], title=None)
    x = alt.X("given:Q", scale=edge, axis=axis)
    y = alt.Y("came:Q", scale=edge, axis=axis)
    ideal = alt.Chart(grammar.values({"given": v, "came": v} for v in (0, 1)))
    size = alt.Size("n:Q", legend=None, scale=alt.Scale(domain=[0, largest], range=[_LEAST, _MOST]))
    base = alt.Chart(grammar.values(vars(part) for part in one.bins)).encode(x=x, y=y)
    layers = (
        ideal.mark_line(color=PALE, strokeWidth=5).encode(x=x, y=y),
        base.mark_line(color=BLUE, strokeWidth=1.2),
        base.mark_point(filled=True, color=BLUE, opacity=1).encode(size=size),
    )
    heading = alt.TitleParams(
        text=textwrap.wrap(one.kind, 26),
        subtitle=[f"{one.record.n:,} questions; {_verdict(one)}"],
        anchor="start",
        fontSize=11,
        subtitleFontSize=10,
        subtitleColor=GREY,
        offset=6,
    )
    return alt.layer(*layers).properties(width=_SIDE, height=_SIDE, title=heading)


def _verdict(one: KindScore) -> str:
    return f"{one.record.skill:.0%} better" if one.skilled else "no skill"
