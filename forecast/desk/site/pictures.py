"""Charts inside a page, in the sizes it needs: one for phones, one across the page.

The finding and how to read the chart stand beside it as text, so that they can be read at any
width; the chart keeps what only a chart can say, and names its own lines. Each month can be read
off by pointing at it or by the keyboard. A template draws a chart by its name in CHARTS.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from forecast import months
from forecast.desk.charts import forecasts, grammar
from forecast.desk.charts import svg as svg_chart
from forecast.desk.charts.grammar import Amounts, Chart
from forecast.desk.site.reading import PartRecord, SiteRecord, TotalRecord
from forecast.files import replacing
from forecast.rows import DriverRow, as_row
from forecast.types import COUNT, Row
from forecast.words import basis_noun, month_words

# No colors named: on a dark page the line is white, and the inner range the lightest.
FAN_KEY = (
    "Solid line: published. Dashed line: forecast. Shading, from the middle out: 50%, 80% and 95% "
    "ranges; the 95% range is two dotted lines where it would flatten the rest. Triangles: "
    "unusual months."
)
UNFORECAST_KEY = "Solid line: published. Triangles: unusual months."
HISTORY_KEY = (
    "Solid line: published. Dashed line: the issued forecast of each month, or its hindcast where "
    "none was issued. Shading, from the middle out: its 80% and 95% ranges. Triangles: unusual "
    "months."
)
_FRAME = re.compile(r'<svg[^>]*? width="([\d.]+)" height="([\d.]+)"[^>]*>')
_PLOT = re.compile(r'transform="translate\(([\d.]+),([\d.]+)\)"')
# What Vega says of each mark, which the page says of the whole chart; and its empty backgrounds.
_UNUSED = re.compile(
    r'<path class="(?:background|foreground)"[^>]*/>'
    r'|(?<=<svg) xmlns="[^"]*"| xmlns:xlink="[^"]*"| version="1.1"'
    r'| (?:aria-[a-z]+|role|class|pointer-events|font-family)="[^"]*"'
)
_LARGE = 12  # pixels of the words in a small chart, as the page's style has them
_READ_BELOW = 18  # pixels for the words of the month that is pointed at

_UNDATED: tuple[list[Chart], list[str]] = ([], [])

Drawn = dict[str, Any]
"""A chart as HTML, `svg`, and the key of its numbered, dotted lines, `dates`; "" without any."""


# Width and height of a plot in pixels; months before the forecast; whether the known policy dates
# are marked, and whether months can be read off.
SIZES = {
    "narrow": (235, 190, 24, False, True),
    "wide": (720, 300, 60, True, True),
    "card": (232, 92, 30, False, False),
    "part": (330, 190, 36, False, True),
}


class Album:
    """Pictures that take long to draw, of an earlier build, by what they were drawn from."""

    def __init__(self) -> None:
        self._drawn: dict[str, tuple[str, str]] = {}
        self._asked: set[str] = set()

    def load(self, path: Path, program: str) -> None:
        """Take in what another build kept, if the same program drew it."""
        self._asked = set()
        with suppress(OSError, ValueError, EOFError):
            stored = json.loads(gzip.decompress(path.read_bytes()))
            if stored["program"] == program:
                self._drawn |= stored["drawn"]

    def save(self, path: Path, program: str) -> None:
        """Keep what was asked for since `load`."""
        drawn = {key: self._drawn[key] for key in sorted(self._asked)}
        with replacing(path, alone=True, durable=False) as draft:
            text = json.dumps({"program": program, "drawn": drawn})
            draft.write_bytes(gzip.compress(text.encode(), 5, mtime=0))

    def drawn(self, asked: Any, draw: Callable[[], tuple[str, str]]) -> tuple[str, str]:
        """Return what was drawn, and its alternative text. asked : what JSON can hold."""
        # By all that it is drawn from: a picture can be old only if none of it changed.
        text = json.dumps(asked, sort_keys=True, default=str)
        key = hashlib.sha256(text.encode()).hexdigest()[:32]
        self._asked.add(key)
        if key not in self._drawn:
            self._drawn[key] = draw()
        return self._drawn[key]


ALBUM = Album()


def fan(record: SiteRecord, about: TotalRecord | PartRecord, size_name: str) -> Drawn:
    """Draw what was published lately, and the forecast ahead, if there is one."""
    width, height, back, dated, read = SIZES[size_name]
    source, total, part = record.source, "", ""
    if isinstance(about, PartRecord):
        total, part = about.key.total, f"{about.name} ({about.kind})"
        flagged = [{**as_row(flag), "median": flag.expected} for flag in about.flags]
    else:
        total, flagged = about.total, about.flagged
    shown = grammar.months_back(about.months, back)
    last = about.ahead[-1] if about.ahead else shown[-1]
    dates = shown[0]["month"], last["month"]
    dotted, key = grammar.breaks(total, *dates, source) if dated else _UNDATED
    readings = [(row["month"], f"{row[COUNT]:,} published") for row in shown]
    small = size_name == "card"
    fits = (
        forecasts.fan_scale(shown, about.ahead, source)
        if about.ahead
        else forecasts.counts_scale(shown, source)
    )
    scale = fits.of_size(width, height)
    if small:  # what it is of, and its scale, stand below it
        scale = replace(scale, unit="", letters=_LARGE)
    if about.ahead:
        layers = forecasts.fan_layers(shown, about.ahead, flagged, scale, dotted)
        # Three labels: five collide at this height.
        layers += (
            forecasts.edge_numbers(last, scale)
            if small
            else [grammar.side_labels(forecasts.edge_labels(last, 80), last["month"], scale)]
        )
        alt = forecasts.fan_words(total, shown[-1], about.ahead, source, part)[2]
    else:
        layers = forecasts.counts_layers(shown, flagged, scale, dotted)
        count = f"{last[COUNT]:,} {source.measure.noun} in {month_words(last['month'])}"
        alt = f"{source.totals.name(total)}: {count}; not forecast yet."
    readings += [
        (
            row["month"],
            f"{row['median']:,} forecast, 80% range {row['lo80']:,} to {row['hi80']:,}",
        )
        for row in about.ahead
    ]
    drawn = _inline(layers, scale, alt, readings if read else (), " ".join(key))
    return {**drawn, "log": scale.log}


def history(record: SiteRecord, about: TotalRecord, size_name: str) -> Drawn:
    """Draw the forecast made before each month beside what came."""
    width, height, back, dated, _ = SIZES[size_name]
    shown = about.stood[-2 * back :]
    first, last = shown[0]["month"], shown[-1]["month"]
    marked = [row for row in about.flagged if row["month"] >= first]
    dotted, key = grammar.breaks(about.total, first, last, record.source) if dated else _UNDATED
    scale = forecasts.history_scale(shown, record.source).of_size(width, height)
    layers = forecasts.history_layers(shown, marked, scale, dotted)
    alt = forecasts.history_words(about.total, shown, marked, None, record.source)[2]
    readings = [
        (
            row["month"],
            f"{row[COUNT]:,} published; {row['median']:,} by its "
            f"{basis_noun(row['basis'])}, 80% range {row['lo80']:,} to {row['hi80']:,}",
        )
        for row in shown
        if not record.many
    ]
    return _inline(layers, scale, alt, readings, " ".join(key))


def compared(
    record: SiteRecord, names: Sequence[str], series: Sequence[Sequence[Row]], alt: str, years: bool
) -> Drawn:
    """Draw two series over the same months, each named at its end; the first is drawn in black.

    years : whether they are years of one series, put over each other.
    """
    counts = [row[COUNT] for rows in series for row in rows]
    scale = grammar.amounts(counts, None, record.source).of_size(*SIZES["part"][:2])
    # Under two years laid over each other no one year may stand.
    # Black and blue, whole and dashed: told apart in print and by who sees no color.
    x = grammar.time_axis(years=not years)
    looks: tuple[dict[str, Any], ...] = (
        {"color": grammar.INK},
        {"color": grammar.BLUE, "strokeDash": [6, 3]},
    )
    layers = [
        grammar.line(rows, COUNT, scale, x, strokeWidth=2, **look)
        for rows, look in zip(series, looks, strict=True)
    ]
    ends = [(name, rows[-1][COUNT]) for name, rows in zip(names, series, strict=True)]
    last = max(rows[-1]["month"] for rows in series)
    layers.append(grammar.side_labels(ends, last, scale, x))
    by_month: dict[str, list[str]] = {}
    for name, rows in zip(names, series, strict=True):
        for row in rows:
            by_month.setdefault(row["month"], []).append(f"{name} {row[COUNT]:,}")
    readings = [(month, "; ".join(by_month[month])) for month in sorted(by_month)]
    return _inline(layers, scale, alt, readings, years=not years)


def drivers(record: SiteRecord, total: str, rows: Sequence[DriverRow]) -> Drawn:
    """Draw what moved a flagged month."""
    from forecast.desk.charts import explanations  # loads Prophet

    def draw() -> tuple[str, str]:
        picture = explanations.drivers(total, rows, record.source)
        svg = grammar.render(picture, "svg", record.source).decode()
        return _stripped(svg, picture.alt, "", 0), picture.alt

    svg, _ = ALBUM.drawn(
        ("drivers", repr(record.source.measure), total, list(map(as_row, rows))), draw
    )
    return {"svg": Markup(svg), "dates": ""}  # noqa: S704 - drawn here, its words escaped


CHARTS: Mapping[str, Callable[..., Drawn]] = {
    "fan": fan,
    "history": history,
    "compared": compared,
    "drivers": drivers,
}


def _inline(
    layers: Sequence[Chart],
    scale: Amounts,
    alt: str,
    readings: Sequence[tuple[str, str]],
    dates: str = "",
    *,
    years: bool = True,
) -> Drawn:
    """Layers as SVG inside a page; over each month what can be read there.

    readings : (month, words), ascending. years : whether a month is named with its year.
    """
    drawn, places = svg_chart.drawn(layers, scale.width, scale.height), ""
    if readings:
        first, last = (months.to_index(readings[at][0]) for at in (0, -1))
        step = scale.width / max(last - first, 1)
        for month, text in readings:
            x = (months.to_index(month) - first) * step
            name = month_words(month) if years else month_words(month)[:-5]
            places += (
                f'<g><rect x="{x - step / 2:.1f}" width="{step:.1f}" height="{scale.height}"/>'
                f'<text tabindex="0" y="{scale.height + 34}">{escape(f"{name}: {text}")}</text></g>'
            )
    whole = _stripped(drawn, alt, places, _READ_BELOW if places else 0)
    return {"svg": Markup(whole), "dates": dates}  # noqa: S704 - drawn here, its words escaped


def _stripped(svg: str, alt: str, places: str, below: int) -> str:
    """An SVG without what a page has no use for. places : over the plot; below : pixels more."""
    frame, plot = _FRAME.search(svg), _PLOT.search(svg)
    if frame is None:
        return svg
    width, height = (round(float(number)) for number in frame.groups())
    body = _UNUSED.sub("", svg[frame.end() :]).replace(
        f'<rect width="{width}" height="{height}" fill="white"/>', ""
    )
    if places and plot:
        over = f'<g class="read" transform="translate({plot[1]},{plot[2]})">{places}</g></svg>'
        body = body.removesuffix("</svg>") + over
    role = "group" if places else "img"
    return (
        f'<svg class="chart" role="{role}" aria-label="{escape(alt)}" width="{width}" '
        f'height="{height + below}" viewBox="0 0 {width} {height + below}">{body}'
    )
