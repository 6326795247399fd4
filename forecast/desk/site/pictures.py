"""Charts inside a page, in the sizes it needs: one for phones, one across the page.

The finding and how to read the chart stand beside it as text, so that they can be read at any
width; the chart keeps what only a chart can say, and names its own lines. Its numbers are in the
table that is linked under it. A template draws a chart by its name in CHARTS.
"""

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from forecast.desk.charts import forecasts, grammar
from forecast.desk.charts import svg as svg_chart
from forecast.desk.charts.grammar import Amounts, Chart
from forecast.desk.site.reading import PartRecord, SiteRecord, TotalRecord
from forecast.files import replacing
from forecast.rows import DriverRow, as_row
from forecast.sources.source import Source
from forecast.store.read import MarkedMonth
from forecast.types import COUNT, Row
from forecast.words import month_words

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
# What Vega says of each mark, which the page says of the whole chart; and its empty backgrounds.
_UNUSED = re.compile(
    r'<path class="(?:background|foreground)"[^>]*/>'
    r'|(?<=<svg) xmlns="[^"]*"| xmlns:xlink="[^"]*"| version="1.1"'
    r'| (?:aria-[a-z]+|role|class|pointer-events|font-family)="[^"]*"'
)
_LARGE = 12  # pixels of the words in a chart, as the page's style has them

_UNDATED: tuple[list[Chart], list[str]] = ([], [])

Drawn = dict[str, Any]
"""A chart as HTML, `svg`, and the key of its numbered, dotted lines, `dates`; "" without any."""


@dataclass(frozen=True)
class Size:
    """Width and height of a plot in pixels, and months before the forecast.

    wide : whether lines are named in words and the known policy dates marked; else a chart is so
    narrow that its words are as large as the page's on a phone, and what it is of stands below.
    """

    width: int
    height: int
    back: int
    wide: bool = False


SIZES = {
    "narrow": Size(238, 180, 24),
    "wide": Size(690, 300, 60, wide=True),
    "card": Size(232, 92, 30),
    "part": Size(238, 160, 36),
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
    size, source, total, part = SIZES[size_name], record.source, "", ""
    if isinstance(about, PartRecord):
        total, part = about.key.total, f"{about.name} ({about.kind})"
        flagged = [
            MarkedMonth(flag.month, flag.count, flag.expected, flag.severity)
            for flag in about.flags
        ]
    else:
        total, flagged = about.total, about.flagged
    shown = grammar.months_back(about.counts, size.back)
    now, last = max(shown), max([*shown, *(row.month for row in about.ahead)])
    dotted, key = grammar.breaks(total, min(shown), last, source) if size.wide else _UNDATED
    scale = _sized(forecasts.fan_scale(shown, about.ahead, source), size)
    layers = forecasts.fan_layers(shown, about.ahead, flagged, scale, dotted)
    if about.ahead:
        # Three labels: five collide at this height.
        layers += (
            [grammar.side_labels(forecasts.edge_labels(about.ahead[-1], 80), last, scale)]
            if size.wide
            else forecasts.edge_numbers(about.ahead[-1], scale)
        )
        name = source.totals.name(total) + (f", {part}" if part else "")
        alt = forecasts.fan_words(name, shown, about.ahead, f" {source.measure.noun}").alt
    else:
        count = f"{shown[now]:,} {source.measure.noun} in {month_words(now)}"
        alt = f"{source.totals.name(total)}: {count}; not forecast yet."
    return _inline(layers, scale, alt, key)


def history(record: SiteRecord, about: TotalRecord, size_name: str) -> Drawn:
    """Draw the forecast made before each month beside what came."""
    size, source = SIZES[size_name], record.source
    shown = about.judging[-2 * size.back :]
    first, last = shown[0].month, shown[-1].month
    marked = [flag for flag in about.flagged if flag.month >= first]
    dotted, key = grammar.breaks(about.total, first, last, source) if size.wide else _UNDATED
    scale = _sized(forecasts.history_scale(shown, source), size)
    layers = forecasts.history_layers(shown, marked, scale, dotted)
    alt = forecasts.history_words(about.total, shown, marked, None, source).alt
    return _inline(layers, scale, alt, key)


def compared(
    source: Source, names: Sequence[str], series: Sequence[Sequence[Row]], alt: str, years: bool
) -> Drawn:
    """Draw two series over the same months, each named at its end; the first is drawn in black.

    years : whether they are years of one series, put over each other.
    """
    counts = [row[COUNT] for rows in series for row in rows]
    scale = _sized(grammar.amounts(counts, None, source), SIZES["part"])
    layers = forecasts.compared_layers(names, series, scale, years)
    return _inline(layers, scale, alt)


def _sized(scale: Amounts, size: Size) -> Amounts:
    """Fit a scale to a plot of a page; a narrow one has its unit below it."""
    unit = scale.unit if size.wide else ""
    return replace(scale, width=size.width, height=size.height, unit=unit, letters=_LARGE)


def drivers(record: SiteRecord, total: str, rows: Sequence[DriverRow]) -> Drawn:
    """Draw what moved a flagged month."""
    from forecast.desk.charts import explanations  # loads Prophet

    def draw() -> tuple[str, str]:
        picture = explanations.drivers(total, rows, record.source)
        svg = grammar.render(picture, "svg", record.source).decode()
        return _stripped(svg, picture.alt), picture.alt

    svg, _ = ALBUM.drawn(
        ("drivers", repr(record.source.measure), total, list(map(as_row, rows))), draw
    )
    return {"svg": Markup(svg), "dates": ""}  # noqa: S704 - drawn here, its words escaped


CHARTS: Mapping[str, Callable[..., Drawn]] = {
    "fan": fan,
    "history": history,
    "compared": lambda record, *about: compared(record.source, *about),
    "drivers": drivers,
}


def _inline(layers: Sequence[Chart], scale: Amounts, alt: str, key: Sequence[str] = ()) -> Drawn:
    """Layers as SVG inside a page. key : of its dotted lines, in words."""
    whole = _stripped(svg_chart.drawn(layers, scale.width, scale.height), alt)
    svg = Markup(whole)  # noqa: S704 - drawn here, its words escaped
    return {"svg": svg, "dates": " ".join(key), "log": scale.log}


def _stripped(svg: str, alt: str) -> str:
    """An SVG without what a page has no use for."""
    frame = _FRAME.search(svg)
    if frame is None:
        return svg
    width, height = (round(float(number)) for number in frame.groups())
    body = _UNUSED.sub("", svg[frame.end() :]).replace(
        f'<rect width="{width}" height="{height}" fill="white"/>', ""
    )
    return (
        f'<svg class="chart" role="img" aria-label="{escape(alt)}" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}">{body}'
    )
