"""The pictures of the forecasts: a fan, forecast against actual, calibration, scores, chances.

Each takes rows of `forecast.store.read` and gives a `grammar.Picture`; the title says the
finding, the alternative text the same for who cannot see it.
"""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from forecast.desk.charts import grammar
from forecast.desk.charts.grammar import (
    BANDS,
    BLUE,
    GREY,
    INK,
    PALE,
    Amounts,
    Channel,
    Chart,
    Legend,
    Picture,
)
from forecast.judge.questions import INSIDE, KindScore
from forecast.names import member_words
from forecast.rows import ForecastRow, as_row, bounds
from forecast.sources.source import Source
from forecast.store.read import JudgedForecast, MarkedMonth
from forecast.types import COUNT, Forecast, Row, SeriesKey
from forecast.words import between, capital, month_words, short_months

Ahead = ForecastRow | Forecast
MONTHS_SHOWN = 36
NOTICE = 310, 175  # a notice's picture, so narrow that its words can be read on a phone
NOTICE_KEY = (
    "Black line: published. Dashed: issued forecasts, or hindcasts where none was issued. "
    "Gray-blue bands: their 80% (dark) and 95% (light) prediction intervals. Triangle: flagged."
)
BELOW, ABOVE = 1.5, 1.2  # room for the words at a triangle
LONGEST_NAME = 10  # letters of a name that has room beside a line
FLAT = 1.6  # times as high a scale for the 95% interval alone would flatten the rest
_EDGES = ("median", *(f"{side}{level}" for level in BANDS for side in ("lo", "hi")))
_SIDE, _COLUMNS = 175, 3
_LEAST, _MOST = 14.0, 180.0  # square pixels of points that stand for no chances and for most


def fan(
    series: SeriesKey,
    published: Mapping[str, int],
    forecasts: Sequence[Ahead],
    flagged: Sequence[MarkedMonth],
    source: Source,
    log: bool | None = None,
    name: str = "",
) -> Picture:
    """Draw the last three years and the forecast ahead, with 50, 80 and 95% intervals.

    name : of a series of anybody's, which is no total or part of the source.
    """
    total, part = series.total, ""
    if series.member:
        part = member_words(series.dimension, series.member, source)
    shown = grammar.months_back(published, MONTHS_SHOWN)
    scale = fan_scale(shown, forecasts, source, log)
    if name:
        scale = replace(scale, unit="a month")
    last = forecasts[-1]
    dotted, key = grammar.breaks(total, min(shown), last.month, source)
    layers = [
        *fan_layers(shown, forecasts, flagged, scale, dotted),
        grammar.side_labels(edge_labels(last, 95, 80, center="median"), last.month, scale),
    ]
    noun = "" if name else f" {source.measure.noun}"
    name = name or source.totals.name(total) + (f", {part}" if part else "")
    words = fan_words(name, shown, forecasts, noun, flagged=bool(flagged))
    return grammar.picture(layers, *words, key)


def fan_scale(
    shown: Mapping[str, int],
    forecasts: Sequence[Ahead],
    source: Source,
    log: bool | None = None,
) -> Amounts:
    """A scale that holds the months shown and the 95% interval ahead, if there are forecasts.

    Without that interval's upper end where it would flatten all the rest; it is then a faint line.
    """
    if not forecasts:
        return grammar.amounts([min(shown.values()) / BELOW, *shown.values()], None, source)
    counts = [*shown.values(), *(bound for row in forecasts for bound in (row.lo95, row.hi80))]
    # A 95% bound of ten times the counts would make a flat line of what was published.
    far = max(row.hi95 for row in forecasts)
    whole = grammar.amounts([*counts, far], log, source)
    without = grammar.amounts(counts, log, source)
    return without if whole.span > FLAT * without.span and whole.log == without.log else whole


def fan_layers(
    shown: Mapping[str, int],
    forecasts: Sequence[Ahead],
    flagged: Sequence[MarkedMonth],
    scale: Amounts,
    dotted: Sequence[Chart] = (),
) -> list[Chart]:
    """What a fan is made of, whatever its size; the bands open from the last count.

    forecasts : where there is none, what was published alone is drawn.
    dotted : the known policy dates' lines, under the counts.
    """
    now, counted = max(shown), grammar.counted(shown)
    marked = [flag for flag in flagged if flag.month >= min(shown)]
    published = grammar.line(counted, COUNT, scale, color=INK, strokeWidth=2)
    if not forecasts:
        return [*dotted, published, *grammar.flags(marked, scale, [(counted, COUNT)])]
    # Bands open from the last count, which is known: no gap between past and future.
    ahead: list[Row] = [{"month": now, **dict.fromkeys(_EDGES, shown[now])}]
    ahead += [{name: getattr(row, name) for name in ("month", *_EDGES)} for row in forecasts]
    faint = any(row["hi95"] > scale.high for row in ahead)
    # The 95% interval as two thin lines, the upper as far as it stays in the plot.
    thin: dict[str, Any] = {"color": GREY, "strokeWidth": 0.8, "strokeDash": [1, 2]}
    edges = [row for row in ahead if row["hi95"] <= scale.high]
    lines = [(edges, "hi95"), (ahead, "lo95")] if faint else []
    return [
        *(grammar.band(ahead, level, scale) for level in BANDS if level != 95 or not faint),
        *(grammar.line(rows, field, scale, **thin) for rows, field in lines),
        *dotted,
        grammar.line(ahead, "median", scale, color=BLUE, strokeDash=[5, 3], strokeWidth=2),
        published,
        *grammar.flags(marked, scale, [(counted, COUNT), (ahead, "median")]),
    ]


def compared_layers(
    names: Sequence[str], series: Sequence[Sequence[Row]], scale: Amounts, years: bool
) -> list[Chart]:
    """Two series or years, the first solid and black, the second dashed and blue.

    years : whether they are years of one series, put over each other: then no year is named below.
    """
    x = grammar.time_axis(years=not years)
    looks: tuple[dict[str, Any], ...] = ({"color": INK}, {"color": BLUE, "strokeDash": [6, 3]})
    lines = [
        grammar.line(rows, COUNT, scale, x, strokeWidth=2, **look)
        for rows, look in zip(series, looks[: len(series)], strict=True)
    ]
    ends = [(name, rows[-1][COUNT]) for name, rows in zip(names, series, strict=True)]
    # A long name has no room beside its line; the words below say which is which.
    short = [(name if len(name) <= LONGEST_NAME else f"{count:,}", count) for name, count in ends]
    last = max(rows[-1]["month"] for rows in series)
    return [*lines, grammar.side_labels(short, last, scale, x)]


def compared(
    names: Sequence[str], series: Sequence[Sequence[Row]], note: str, years: bool, source: Source
) -> Picture:
    """Draw any two series, or two years of one, over the same months."""
    counts = [row[COUNT] for rows in series for row in rows if row[COUNT] is not None]
    layers = compared_layers(names, series, grammar.amounts(counts, None, source), years)
    title = f"{capital(names[0])} and {names[1]}"
    return grammar.picture(layers, title, f"Solid: {names[0]}. Dashed: {names[1]}. {note}", note)


def edge_labels(last: Ahead, *levels: int, center: str = "forecast") -> list[tuple[str, float]]:
    """What a fan's edges at these levels are in its last month, from above: (words, count)."""
    ends = {level: bounds(last, level) for level in levels}
    return [
        *((f"{level}%: to {high:,}", high) for level, (_, high) in ends.items()),
        (f"{center} {last.median:,}", last.median),
        *((f"{level}%: from {low:,}", low) for level, (low, _) in reversed(ends.items())),
    ]


def edge_numbers(last: Ahead, scale: Amounts) -> list[Chart]:
    """Label a small chart's end: its month above the 80% interval, the forecast in bold."""
    high, now, low = last.hi80, last.median, last.lo80
    name = short_months(month_words(last.month))
    # Of equal heights the later one stands above.
    words = [(f"{high:,}", high), (name, high), (f"{now:,}", now), (f"{low:,}", low)]
    labels = grammar.side_labels(words, last.month, scale)
    above, title, middle, below = labels["data"]["values"]
    bold = {**labels["mark"], "fontWeight": "bold", "color": BLUE}
    return [
        {**labels, "data": {"values": [title, above, below]}},
        {**labels, "data": {"values": [middle]}, "mark": bold},
    ]


def fan_words(
    name: str,
    shown: Mapping[str, int],
    forecasts: Sequence[Ahead],
    noun: str,
    *,
    flagged: bool = True,
) -> Legend:
    """Title, subtitle and alternative text of a fan. flagged : whether a month shown may be."""
    first, last, now = forecasts[0], forecasts[-1], max(shown)
    title = (
        f"{name}: {shown[now]:,}{noun} in {month_words(now)}; "
        f"{first.median:,} expected for {month_words(first.month)}"
    )
    triangles = "Triangles: months that were flagged. " if flagged else ""
    subtitle = (
        "Black: published. Dashed: median forecast. Bands, dark to light: 50, 80 and 95% "
        f"prediction intervals. {triangles}Figures on the right: {month_words(last.month)}."
    )
    alt_text = (
        f"{title}, 80% prediction interval {between(first.lo80, first.hi80)}. For "
        f"{month_words(last.month)} the median is {last.median:,}, 80% interval "
        f"{between(last.lo80, last.hi80)}."
    )
    return Legend(title, subtitle, alt_text)


def history(
    total: str,
    rows: Sequence[JudgedForecast],
    flagged: Sequence[MarkedMonth],
    horizon: int,
    source: Source,
    log: bool | None = None,
) -> Picture:
    """Earlier forecasts beside the published counts, flags and breaks marked."""
    first, last = rows[0].month, rows[-1].month
    marked = [flag for flag in flagged if first <= flag.month <= last]
    dotted, key = grammar.breaks(total, first, last, source)
    layers = history_layers(rows, marked, history_scale(rows, source, log), dotted)
    return grammar.picture(layers, *history_words(total, rows, marked, horizon, source), key)


def history_scale(
    rows: Sequence[JudgedForecast], source: Source, log: bool | None = None, room: bool = False
) -> Amounts:
    """A scale that holds counts and the forecasts made before them; room : for words, too."""
    counts: list[float] = [c for row in rows for c in (row.count, row.lo95, row.hi95)]
    if room:
        counts = [min(counts) / BELOW, max(counts) * ABOVE]
    return grammar.amounts(counts, log, source)


def history_layers(
    rows: Sequence[JudgedForecast],
    flagged: Sequence[MarkedMonth],
    scale: Amounts,
    dotted: Sequence[Chart] = (),
    x: Channel | None = None,
) -> list[Chart]:
    """What a history is made of, whatever its size. x : its axis, if not the usual one."""
    shown, drawn = {row.month for row in rows}, list(map(as_row, rows))
    marked = [flag for flag in flagged if flag.month in shown]
    return [
        *(grammar.band(drawn, level, scale, x) for level in (95, 80)),
        *dotted,
        grammar.line(drawn, "median", scale, x, color=BLUE, strokeDash=[4, 3], strokeWidth=1.4),
        grammar.line(drawn, COUNT, scale, x, color=INK, strokeWidth=2),
        *grammar.flags(marked, scale, [(drawn, COUNT), (drawn, "median")]),
    ]


def notice(
    total: str,
    rows: Sequence[JudgedForecast],
    flagged: Sequence[MarkedMonth],
    finding: str,
    source: Source,
) -> Picture:
    """The one picture in a notice: two years of a total beside what was expected of each month.

    finding : what the picture shows, in words.
    """
    width, height = NOTICE
    x = grammar.time_axis(tickCount=4, labelFlush=True)  # room for a few months' names
    scale = replace(history_scale(rows, source, room=True), width=width, height=height)
    layers = history_layers(rows, flagged, scale, x=x)
    frame = {"layer": layers, "width": width, "height": height}
    now = rows[-1]
    title = f"{source.totals.name(total)}: {now.count:,} counted, {now.median:,} forecast"
    chart = grammar.framed(frame, title, NOTICE_KEY, width + 30)
    return Picture(chart, f"{finding} {NOTICE_KEY}")


def history_words(
    total: str,
    rows: Sequence[JudgedForecast],
    marked: Sequence[MarkedMonth],
    horizon: int | None,
    source: Source,
) -> Legend:
    """Title, subtitle and alternative text; horizon None: the forecast that judged the month."""
    first, last = rows[0].month, rows[-1].month
    # The title is the finding, good or bad.
    inside = sum(row.lo95 <= row.count <= row.hi95 for row in rows)
    lead = {None: "the forecast", 1: "1 month"}.get(horizon, f"{horizon} months")
    title = (
        f"{source.totals.name(total)}: the 95% interval of {lead} before held {inside} of "
        f"{len(rows)} months"
    )
    hindcasts = sum(row.basis == "hindcast" for row in rows)
    subtitle = (
        f"Black: published. Dashed: median forecast {lead} before. Bands, dark to light: 80 and "
        f"95% prediction intervals. Triangles: flagged. {hindcasts} of the {len(rows)} forecasts "
        "are hindcasts, computed later from only the data available at the time."
    )
    names = ", ".join(f"{month_words(flag.month)} ({flag.severity})" for flag in marked)
    alt_text = f"{title}, {month_words(first)} to {month_words(last)}. Flagged: {names or 'none'}."
    return Legend(title, subtitle, alt_text)


def calibration(total: str, rows: Sequence[Row], source: Source) -> Picture:
    """Share of months that intervals were meant to hold, against the share they held."""

    def share(field: str, title: str) -> Channel:
        axis = {"format": ".0%", "title": title}
        return grammar.amount(field, scale={"domain": [0, 1]}, axis=axis)

    meant = "share of months an interval is meant to hold"
    place = {"x": share("level", meant), "y": share("share", "share it held")}
    ideal = [{"level": v, "share": v} for v in (0, 1)]
    layers = [grammar.layer(ideal, "line", place, color=PALE, strokeWidth=5)]
    leads = sorted({row["horizon"] for row in rows})
    labelled = {**place, "text": grammar.text()}
    for number, (lead, dash) in enumerate(
        zip(leads, ([1, 0], [6, 3], [3, 3], [1, 3]), strict=False)
    ):
        color = BLUE if lead == 1 else INK
        look: dict[str, Any] = {"strokeDash": dash, "color": color, "strokeWidth": 1.6}
        of_lead = [row for row in rows if row["horizon"] == lead]
        layers.append(grammar.layer(of_lead, "line", place, **look))
        # A key in words inside the empty corner.
        height = 0.23 - 0.055 * number
        ends = [{"level": v, "share": height} for v in (0.66, 0.76)]
        word = [{"level": 0.78, "share": height, "label": f"lead {lead}"}]
        layers.append(grammar.layer(ends, "line", place, **look))
        layers.append(grammar.layer(word, "text", labelled, align="left", fontSize=11, color=INK))
    seen = {row["horizon"]: row for row in rows if row["level"] == 0.95}
    text = ", ".join(f"{100 * seen[lead]['share']:.0f}% at lead {lead}" for lead in leads)
    title = f"{source.totals.name(total)}: the 95% interval held {text}"
    subtitle = (
        "On the grey diagonal an interval holds as often as it is meant to; below it, less often. "
        f"Hindcasts, {seen[leads[0]]['n']} months at lead 1; long leads overlap and are no "
        "independent evidence."
    )
    frame = {"layer": layers, "width": 400, "height": 400}
    return Picture(grammar.framed(frame, title, subtitle, 430), f"{title}.")


def score(total: str, rows: Sequence[Row], source: Source) -> Picture:
    """Every model's error by year of the cutoff: what was good when."""
    scores = [row["log_wis"] for row in rows]
    scale = Amounts(True, min(scores) / 1.1, max(scores) * 1.1, source.measure.unit)
    ordered = sorted(rows, key=lambda row: (str(row["model"]), row["era"]))
    by_model = {model: list(g) for model, g in groupby(ordered, key=lambda row: row["model"])}
    ticks = {"format": ".2~f", "values": list(scale.ticks())}
    y = grammar.amount(
        "log_wis",
        scale={"type": "log", "domain": [scale.low, scale.high], "nice": False},
        axis={"title": "log-WIS, log scale: lower is better", **ticks},
    )
    year = {"title": "year of the cutoff", "labelAngle": 0}
    place = {"x": {"field": "era", "type": "ordinal", "axis": year}, "y": y}
    # The engine stands out, naive is the measure, the others stay behind.
    looks: dict[str, dict[str, Any]] = {
        "bordercast": {"color": BLUE, "strokeWidth": 2.6, "point": True},
        "naive": {"color": INK, "strokeWidth": 1.8, "strokeDash": [6, 3]},
    }
    other: dict[str, Any] = {"color": GREY, "strokeWidth": 1}
    layers = [
        grammar.layer(group, "line", place, **looks.get(model, other))
        for model, group in by_model.items()
    ]
    last = max(row["era"] for row in rows)
    ends = scale.spread([group[-1]["log_wis"] for group in by_model.values()])
    labels = [
        {"era": last, "log_wis": at, "label": model}
        for model, at in zip(by_model, ends, strict=True)
    ]
    style: Any = {"align": "left", "dx": 10, "fontSize": 10.5, "color": INK}
    layers.append(grammar.layer(labels, "text", {**place, "text": grammar.text()}, **style))
    naive = {row["era"]: row["log_wis"] for row in by_model.get("naive", ())}
    years = [row for row in by_model["bordercast"] if row["era"] in naive]
    better = sum(row["log_wis"] < naive[row["era"]] for row in years)
    title = f"{source.totals.name(total)}: better than naive in {better} of {len(years)} years"
    subtitle = (
        "Weighted interval score of log counts, all leads of 1 to 12 months: blue with dots is "
        "the service's own model, dashed is naive (the last count goes on), thin grey the others. "
        "The first and the last year are not whole."
    )
    return grammar.picture(layers, title, subtitle, f"{title}, by log-WIS.")


def reliability(name: str, kinds: Sequence[KindScore]) -> Picture:
    """Of the chances given, how many came true.

    name : whose questions, as it is to stand in the title. kinds : of one basis, not empty.
    """
    largest = max(part["n"] for kind in kinds for part in kind.bins)
    squares = {"concat": [_square(kind, largest) for kind in kinds], "columns": _COLUMNS}
    asked = [kind for kind in kinds if kind.kind != INSIDE]  # no skill is to be had at that one
    skilled = sum(kind.skilled for kind in asked)
    title = (
        f"{name}: {skilled} of {len(asked)} kinds of questions are answered better than by base "
        "rate and coin, by 5% or more"
    )
    made = {"issued": "given before their months were published", "hindcast": "hindcasts"}
    subtitle = (
        "On the gray diagonal, events came true as often as their chances said. Larger points "
        f"stand for more questions. Chances are {made[kinds[0].basis]}; questions of neighboring "
        "months overlap."
    )
    width = _COLUMNS * (_SIDE + 50)
    return Picture(
        grammar.framed(squares, title, subtitle, width),
        f"{title}. {' '.join(map(_words, kinds))}",
    )


def _words(kind: KindScore) -> str:
    """Where the chances of a kind were furthest from what came."""
    worst = max(kind.bins, key=lambda part: abs(part["given"] - part["came"]) * part["n"])
    given, came = f"{worst['given']:.0%}", f"{worst['came']:.0%}"
    return f"{capital(kind.kind)}: of {worst['n']:,} chances of about {given}, {came} came true."


def _square(kind: KindScore, largest: int) -> Chart:
    edges: Any = {
        "scale": {"domain": [0, 1], "nice": False},
        "axis": {"format": ".0%", "values": [0, 0.5, 1], "title": None},
    }
    place = {"x": grammar.amount("given", **edges), "y": grammar.amount("came", **edges)}
    ideal = [{"given": v, "came": v} for v in (0, 1)]
    sizes = {"domain": [0, largest], "range": [_LEAST, _MOST]}
    sized = {**place, "size": grammar.amount("n", legend=None, scale=sizes)}
    rows = list(kind.bins)
    layers = [
        grammar.layer(ideal, "line", place, color=PALE, strokeWidth=5),
        grammar.layer(rows, "line", place, color=BLUE, strokeWidth=1.2),
        grammar.layer(rows, "point", sized, filled=True, color=BLUE, opacity=1),
    ]
    better = f"{kind.record.skill:.0%} better" if kind.skilled else "no skill"
    heading = {
        "text": textwrap.wrap(kind.kind, 26),
        "subtitle": [f"{kind.record.n:,} questions; {better}"],
        "anchor": "start",
        "fontSize": 11,
        "subtitleFontSize": 10,
        "subtitleColor": GREY,
        "offset": 6,
    }
    return {"layer": layers, "width": _SIDE, "height": _SIDE, "title": heading}
