"""A month to pass on: a picture, a slide, a page on paper. Sends nothing."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import vl_convert

from forecast.desk.charts import forecasts, grammar
from forecast.desk.charts import svg as svg_chart
from forecast.desk.charts.grammar import FONT, GREY, INK, Chart
from forecast.desk.facts import MonthFacts
from forecast.desk.sentences import ahead as ahead_texts
from forecast.desk.sentences import monthly, section
from forecast.desk.sentences.unusual import unusual_words
from forecast.desk.templating import template
from forecast.errors import ConfigError
from forecast.sources.source import Source
from forecast.store.read import RunRow
from forecast.types import Row
from forecast.words import (
    basis_noun,
    between,
    capital,
    check_command,
    day_words,
    month_words,
    one_line,
)


@dataclass(frozen=True)
class Handout:
    """The words of a poster.

    unit : what is counted, in one or two lines. lines : both halves, comparisons, the forecast.
    source : run, day and publisher. key : what the chart's lines are. alt : all of it in a sentence
    or two, for who cannot see it.
    """

    title: str
    number: str
    unit: tuple[str, ...]
    lines: tuple[str, ...]
    source: str
    alt: str
    key: str


def handout(report: MonthFacts, run: RunRow, *, newest: bool) -> Handout:
    """The words of a month's poster. newest : whether it shows the forecast ahead."""
    title, number = heading(report), f"{report.count:,}"
    reach = "" if report.part else report.source.measure.reach
    unit = (report.source.measure.noun, reach) if reach else (report.source.measure.noun,)
    lines = tuple(_lines(report))
    counted = f"{title}: {number} {' '.join(unit)}"
    return Handout(
        title,
        number,
        unit,
        lines,
        source_line(report, run),
        ". ".join((counted, *lines)),
        _key(report, newest),
    )


def heading(report: MonthFacts) -> str:
    """What it is of, and the month."""
    part = f", {report.part}" if report.part else ""
    return f"{report.source.totals.name(report.total)}{part}, {month_words(report.month)}"


def source_line(report: MonthFacts, run: RunRow) -> str:
    """Whom the figures are from; a count that will be revised is called preliminary."""
    state = "" if report.final else ", preliminary"
    day = day_words(run.published_at[:10])
    return (
        f"Counts: {report.source.publisher.name}{state}. Forecasts: Bordercast, run {run.id}, "
        f"{day}."
    )


def _key(report: MonthFacts, newest: bool) -> str:
    """What the chart's lines are."""
    if newest:
        return (
            "Black: published. Dashed: median forecast. Bands, dark to light: 50%, 80% and 95% "
            "prediction intervals."
        )
    if report.recent:
        return forecasts.NOTICE_KEY
    return "Black: published. Triangles: flagged months."


def _lines(report: MonthFacts) -> Iterator[str]:
    """A number is never alone."""
    yield from filter(None, (monthly.halves_words(report), capital(monthly.changes(report))))
    e = report.expectation
    if e is not None:
        unusual = unusual_words(e.p).partition(" (")[0]
        span = f"80% range {between(e.lo80, e.hi80)}"
        yield f"{capital(basis_noun(e.basis))}: {e.median:,} ({span}); {unusual}"


MARGIN = 24  # points of white on every side


# Mean width of a letter, in font sizes: of Liberation Sans and Arial, plain and bold.
LETTER = {"normal": 0.5, "bold": 0.56}


_DIGIT, _COMMA = 0.556, 0.278  # exactly, of both faces


@dataclass(frozen=True)
class PosterSize:
    """How large a poster is. width, height : in points. scale : pixels a point."""

    width: int
    height: int
    scale: int

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width * self.scale, self.height * self.scale


POST = PosterSize(600, 315, 2)  # 1200 x 630, as the Open Graph's readers ask for


SLIDE = PosterSize(640, 360, 3)  # 1920 x 1080


@dataclass(frozen=True)
class PosterChart:
    """What a poster draws.

    counted : months with their counts; ascending, to the month.
    flagged : as `grammar.flags` marks them.
    ahead : the forecast from the month on; empty if the month is not the newest.
    stood : months with the forecast made before each; empty if it is not known or not drawn.
    """

    counted: Sequence[Row]
    flagged: Sequence[Row] = ()
    ahead: Sequence[Row] = ()
    stood: Sequence[Row] = ()


def png(handout: Handout, chart: PosterChart, source: Source, size: PosterSize = POST) -> bytes:
    """The poster as a PNG file."""
    return grammar.lean(vl_convert.svg_to_png(svg(handout, chart, source, size), scale=1))


def svg(handout: Handout, chart: PosterChart, source: Source, size: PosterSize = POST) -> str:
    """The poster as an SVG file, as many pixels wide and high as `size` says."""
    top = 144
    room = size.width - 2 * MARGIN, size.height - top - 28
    width, height = size.pixels
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {size.width} {size.height}" font-family="{escape(FONT)}" fill="{INK}">'
        f'<rect width="{size.width}" height="{size.height}" fill="white"/>'
        f"{''.join(_words(handout, size))}"
        f'<g transform="translate({MARGIN},{top})">{_fitted(chart, *room, source=source)}</g></svg>'
    )


def _words(handout: Handout, size: PosterSize) -> Iterator[str]:
    wide = size.width - 2 * MARGIN
    yield _text(handout.title, 34, 18, wide, weight="bold")
    yield _text(handout.number, 78, 44, wide, weight="bold")
    # The unit stands behind the number, in two lines.
    after = 44 * sum(_COMMA if c == "," else _DIGIT for c in handout.number) + 10
    for place, line in enumerate(handout.unit):
        yield _text(line, 60 + 17 * place, 14, wide - after, x=MARGIN + after)
    for place, line in enumerate(handout.lines):
        yield _text(line, 99 + 17 * place, 13.5, wide)
    yield _text(handout.source, size.height - 12, 9.5, wide, color=GREY)


def _text(words: str, y: float, size: float, room: float, *, x: float = MARGIN, **look: str) -> str:
    """Words on one line, smaller where they would not fit into the room, in points."""
    weight = look.get("weight", "normal")
    fits = min(size, room / (LETTER[weight] * max(len(words), 1)))
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{fits:.3g}" font-weight="{weight}" '
        f'fill="{look.get("color", INK)}">{escape(words)}</text>'
    )


def _fitted(chart: PosterChart, width: float, height: float, source: Source) -> str:
    """The chart in its room, in points; made smaller as a whole if its labels need more."""
    drawn = chart_svg(chart, width, height, source)
    wide, high = grammar.extent(drawn)
    return f'<g transform="scale({min(1.0, width / wide, height / high):.4g})">{drawn}</g>'


def chart_svg(chart: PosterChart, width: float, height: float, source: Source) -> str:
    """The chart alone, about as wide and high as said, in points."""
    layers, labels, scale = _layers(chart, source)
    beside = max((6 * len(words) + 8 for words, _ in labels), default=8)
    plot = int(width - 62 - beside), int(height - 26)
    if labels:
        scale = replace(scale, height=plot[1])
        layers.append(grammar.side_labels(labels, chart.ahead[-1]["month"], scale))
    return svg_chart.drawn(layers, *plot)


def _layers(
    chart: PosterChart, source: Source
) -> tuple[list[Chart], list[tuple[str, float]], grammar.Amounts]:
    """The chart's layers, its labels on the right with their counts, and its scale."""
    shown = grammar.months_back(chart.counted, forecasts.MONTHS_SHOWN)
    if chart.ahead:
        scale = _short(forecasts.fan_scale(shown, chart.ahead, source))
        labels = forecasts.edge_labels(chart.ahead[-1])
        return forecasts.fan_layers(shown, chart.ahead, chart.flagged, scale), labels, scale
    if chart.stood:
        scale = _short(forecasts.history_scale(chart.stood, source, room=True))
        return forecasts.history_layers(chart.stood, chart.flagged, scale), [], scale
    scale = _short(forecasts.counts_scale(shown, source))
    return forecasts.counts_layers(shown, chart.flagged, scale), [], scale


def _short(scale: grammar.Amounts) -> grammar.Amounts:
    """Without the unit, which stands beside the number: the axis is not long enough for it."""
    return replace(scale, unit="a month")


SLIDE_WIDTH, SLIDE_HEIGHT = 960, 540  # of a 16:9 slide, in points


TITLE_ONLY = 5  # place of the layout that has a title, so that readers can name the slide


SLIDE_CHART = 520, 290


COLUMNS = ("compared with", "then", "now", "change")


PLACES = (136, 76, 76, 72)  # widths of the columns


def pptx(handout: Handout, report: MonthFacts, chart: PosterChart, run: RunRow) -> bytes:
    """The slide as a PowerPoint file; ConfigError if python-pptx is not installed."""
    try:
        from pptx import Presentation
        from pptx.util import Pt
    except ImportError:
        problem = "needs python-pptx: pip install 'bordercast[slides]'"
        raise ConfigError("bordercast brief", "-o FILE.pptx", problem) from None
    deck = Presentation()
    deck.slide_width, deck.slide_height = Pt(SLIDE_WIDTH), Pt(SLIDE_HEIGHT)
    deck.core_properties.title, deck.core_properties.author = handout.title, "Bordercast"
    slide = deck.slides.add_slide(deck.slide_layouts[TITLE_ONLY])
    title = slide.shapes.title
    title.left, title.top, title.width, title.height = Pt(30), Pt(18), Pt(900), Pt(50)
    _write(title, [handout.title], 30, bold=True)
    words = slide.shapes.add_textbox(Pt(30), Pt(70), Pt(900), Pt(80))
    _write(words, [" ".join((handout.number, *handout.unit)), *handout.lines], 17)
    png = vl_convert.svg_to_png(chart_svg(chart, *SLIDE_CHART, source=report.source), scale=3)
    picture = slide.shapes.add_picture(io.BytesIO(png), Pt(30), Pt(176), width=Pt(SLIDE_CHART[0]))
    # The library has no property for what a picture shows.
    picture._element.nvPicPr.cNvPr.set("descr", handout.alt)
    _table(slide, report)
    foot = slide.shapes.add_textbox(Pt(30), Pt(492), Pt(900), Pt(36))
    _write(foot, [handout.key, handout.source], 10)
    check = check_command(run.id, run.digest)
    slide.notes_slide.notes_text_frame.text = f"{monthly.paragraph(report)}\nTo check it: {check}"
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def _table(slide: Any, report: MonthFacts) -> None:
    from pptx.util import Pt

    rows = list(monthly.compared(report))
    height = Pt(30 * (len(rows) + 1))
    shape = slide.shapes.add_table(
        len(rows) + 1, len(COLUMNS), Pt(570), Pt(182), Pt(sum(PLACES)), height
    )
    for place, width in enumerate(PLACES):
        shape.table.columns[place].width = Pt(width)
    lines = [COLUMNS, *((f"{r.name}, {r.when}", r.then, r.now, r.change) for r in rows)]
    for row, line in enumerate(lines):
        for place, text in enumerate(line):
            _write(shape.table.cell(row, place), [text], 11, right=place > 0)


def _write(
    shape: Any, lines: list[str], size: int, *, bold: bool = False, right: bool = False
) -> None:
    """Words into a box or a cell, a paragraph a line."""
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Pt

    frame = shape.text_frame
    frame.word_wrap = True
    frame.text = lines[0]
    for line in lines[1:]:
        frame.add_paragraph().text = line
    for paragraph in frame.paragraphs:
        paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
        paragraph.font.size, paragraph.font.bold = Pt(size), bold or None
        paragraph.font.name = "Arial"


SIZES = (10.5, 9.5, 8.5, 7.5)  # of the words in points: the largest at which one page holds them


PAGE_CHART = 540, 215  # in points, of a page that is 612 wide


DEBIAN = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


def pdf(handout: Handout, report: MonthFacts, chart: PosterChart, run: RunRow) -> bytes:
    """The page as a PDF file.

    Raises
    ------
    ConfigError : WeasyPrint is not installed, or what it needs of the system.
    """
    try:
        from weasyprint import HTML
    except ImportError:
        raise _missing("WeasyPrint: pip install 'bordercast[pdf]'") from None
    except OSError:  # it loads Pango when it is imported
        raise _missing(f"Pango, on Debian: apt-get install {DEBIAN}") from None
    for size in SIZES:
        document = HTML(string=page_html(handout, report, chart, run, size)).render()
        if len(document.pages) == 1:
            break
    write_pdf: bytes = document.write_pdf(pdf_variant="pdf/ua-1")
    return write_pdf


def _missing(what: str) -> ConfigError:
    return ConfigError("bordercast brief", "-o FILE.pdf", f"needs {what}")


def page_html(
    handout: Handout, report: MonthFacts, chart: PosterChart, run: RunRow, size: float = SIZES[0]
) -> str:
    """The page as HTML. size : of the words, in points."""
    more = [
        monthly.rank_sentence(report),
        monthly.vintage_sentence(report),
        *monthly.definition(report),
    ]
    if report.score is not None:
        more.append(ahead_texts.quality(report.score))
    svg = b64encode(chart_svg(chart, *PAGE_CHART, source=report.source).encode()).decode()
    return template("brief.html").render(
        said=handout,
        size=size,
        chart=f"data:image/svg+xml;base64,{svg}",
        compared=list(monthly.compared(report)),
        say=section.say(report),
        avoid=section.avoid(report),
        more=list(map(one_line, more)),
        run=run,
        check=check_command(run.id, run.digest),
        credit=report.source.publisher.credit,
    )
