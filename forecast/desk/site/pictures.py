"""Charts in the sizes a page needs: one for phones, one across the page.

The finding and how to read the chart stand beside it as text, so that they can be read at any
width; the chart keeps what only a chart can say, and names its own lines.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.files import replacing
from forecast.types import Row

if TYPE_CHECKING:
    from forecast.desk.charts.grammar import Chart
    from forecast.sources.source import Source

FAN_KEY = (
    "Black line: published. Dashed line: forecast. Shading, dark to light: 50%, 80% and 95% "
    "ranges; the 95% range is two dotted lines where it would flatten the rest. Triangles: "
    "unusual months."
)
UNFORECAST_KEY = "Black line: published. Triangles: unusual months."
HISTORY_KEY = (
    "Black line: published. Dashed line: the issued forecast of each month, or its hindcast where "
    "none was issued. Shading, dark to light: its 80% and 95% ranges. Triangles: unusual months."
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


class Album:
    """Charts that were drawn before, by what they were drawn from: drawing is most of the work."""

    def __init__(self) -> None:
        self._drawn: dict[str, tuple[str, str]] = {}
        self._asked: set[str] = set()

    def load(self, path: Path, program: str) -> None:
        """Take in what another build kept, if the same program drew it."""
        self._asked = set()
        with suppress(OSError, ValueError):
            stored = json.loads(path.read_text("utf-8"))
            if stored["program"] == program:
                self._drawn |= stored["drawn"]

    def save(self, path: Path, program: str) -> None:
        """Keep what was asked for since `load`."""
        drawn = {key: self._drawn[key] for key in sorted(self._asked)}
        with replacing(path, alone=True, durable=False) as draft:
            draft.write_text(json.dumps({"program": program, "drawn": drawn}), "utf-8")

    def drawn(self, asked: Any, draw: Callable[[], tuple[bytes, str]]) -> tuple[bytes, str]:
        """(SVG, alternative text) of what is asked for, which JSON can hold."""
        text = json.dumps(asked, sort_keys=True, default=str)
        key = hashlib.sha256(text.encode()).hexdigest()[:32]
        self._asked.add(key)
        if key not in self._drawn:
            svg, alt = draw()
            self._drawn[key] = svg.decode(), alt
        svg_text, alt = self._drawn[key]
        return svg_text.encode(), alt


ALBUM = Album()


def fan(
    total: str,
    published: Sequence[Row],
    ahead: Sequence[Row],
    flagged: Sequence[Row],
    size: Size,
    source: Source,
    part: str = "",
    name: str = "",
) -> Drawn:
    """What was published lately, and the forecast ahead, if there is one.

    part : of the border, in words. name : of the file, where it is not the usual one.
    """
    from forecast.desk.charts import forecasts, grammar

    shown = [
        {"month": row["month"], "encounters": row["encounters"]}
        for row in grammar.months_back(published, size.months)
    ]
    last = ahead[-1] if ahead else shown[-1]
    dotted, key = _dates(total, shown[0]["month"], last["month"], size, source)

    def draw() -> tuple[bytes, str]:
        if not ahead:
            layers = forecasts.counts_layers(
                shown, flagged, forecasts.counts_scale(shown, source), dotted
            )
            alt = forecasts.counts_words(total, last, source)
            return grammar.plain_svg(layers, size.width, size.height, source), alt
        scale = forecasts.fan_scale(shown, ahead, source)
        layers = forecasts.fan_layers(shown, ahead, flagged, scale, dotted)
        labels = forecasts.edge_labels(last)
        layers.append(grammar.side_labels(labels, last["month"], scale, size.height))
        alt = forecasts.fan_words(total, shown[-1], ahead, source, part)[2]
        return grammar.plain_svg(layers, size.width, size.height, source), alt

    bounds = [{k: v for k, v in row.items() if k != "run_id"} for row in ahead]
    marked = [row for row in flagged if row["month"] >= shown[0]["month"]]
    asked = ("fan", repr(source.measure), total, part, shown, bounds, marked, asdict(size))
    return _named(name or f"forecast-{size.name}", *ALBUM.drawn(asked, draw), key)


def history(
    total: str, rows: Sequence[Row], flagged: Sequence[Row], size: Size, source: Source
) -> Drawn:
    """The forecast that stood before each month beside what came."""
    from forecast.desk.charts import forecasts, grammar

    shown = rows[-2 * size.months :]
    marked = [row for row in flagged if row["month"] >= shown[0]["month"]]
    dotted, key = _dates(total, shown[0]["month"], shown[-1]["month"], size, source)

    def draw() -> tuple[bytes, str]:
        layers = forecasts.history_layers(shown, marked, dotted, source)
        alt = forecasts.history_words(total, shown, marked, None, source)[2]
        return grammar.plain_svg(layers, size.width, size.height, source), alt

    asked = ("history", repr(source.measure), total, shown, marked, asdict(size))
    return _named(f"history-{size.name}", *ALBUM.drawn(asked, draw), key)


def lines(
    names: Sequence[str], series: Sequence[Sequence[Row]], alt: str, size: Size, source: Source
) -> Drawn:
    """Two series over the same months, each named at its end; the first is drawn in black."""
    from forecast.desk.charts import grammar

    def draw() -> tuple[bytes, str]:
        scale = grammar.amounts(
            [row["encounters"] for rows in series for row in rows], None, source
        )
        marks: tuple[dict[str, Any], ...] = (
            {"color": grammar.INK},
            {"color": grammar.BLUE, "strokeDash": [6, 3]},
        )
        layers = [
            grammar.line(rows, "encounters", scale, strokeWidth=2, **mark)
            for rows, mark in zip(series, marks, strict=True)
        ]
        ends = [
            (name, float(rows[-1]["encounters"])) for name, rows in zip(names, series, strict=True)
        ]
        last = max(rows[-1]["month"] for rows in series)
        layers.append(grammar.side_labels(ends, last, scale, size.height))
        return grammar.plain_svg(layers, size.width, size.height, source), alt

    asked = ("lines", repr(source.measure), names, series, asdict(size))
    return _named(f"compared-{size.name}", ALBUM.drawn(asked, draw)[0], alt)


def drivers(total: str, rows: Sequence[Row], source: Source) -> Drawn:
    """What moved a flagged month."""
    from forecast.desk.charts import explanations, grammar

    def draw() -> tuple[bytes, str]:
        picture = explanations.drivers(total, rows, source)
        return grammar.render(picture, "svg", source), picture.alt

    return _named("drivers", *ALBUM.drawn(("drivers", repr(source.measure), total, rows), draw))


def _dates(
    total: str, first: str, last: str, size: Size, source: Source
) -> tuple[list[Chart], str]:
    """The dotted lines of known policy dates, and their key."""
    from forecast.desk.charts import grammar

    if not size.dated:
        return [], ""
    dotted, key = grammar.breaks(total, first, last, source)
    return dotted, " ".join(key)


def _named(name: str, svg: bytes, alt: str, dates: str = "") -> Drawn:
    match = _SIZE.search(svg)
    width, height = (round(float(x)) for x in match.groups()) if match else (640, 360)
    return Drawn(f"{name}.svg", svg, width, height, alt, dates)
