"""A month to pass on: a picture, a slide, a page on paper. Sends nothing."""

import io
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any, NamedTuple

import vl_convert

from forecast.desk.charts import forecasts, grammar
from forecast.desk.charts import svg as svg_chart
from forecast.desk.charts.grammar import FONT, GREY, INK
from forecast.desk.facts import MonthFacts
from forecast.desk.sentences import ahead as ahead_texts
from forecast.desk.sentences import monthly, section
from forecast.desk.sentences.monthly import changes, halves_words
from forecast.desk.sentences.unusual import unusual_words
from forecast.desk.templating import template
from forecast.errors import ConfigError
from forecast.rows import ForecastRow
from forecast.sources.source import Source
from forecast.store.read import JudgedForecast, MarkedMonth, RunRow
from forecast.words import (
    COMPARED_HEADS,
    basis_noun,
    between,
    capital,
    check_command,
    day_words,
    month_words,
    one_line,
)

MARGIN = 24  # points of white on every side
FOOT = 12  # pixels below the last line
# Mean width of a letter, in font sizes: of Liberation Sans and Arial, plain and bold.
LETTER = {"normal": 0.5, "bold": 0.56}
_DIGIT, _COMMA = 0.556, 0.278  # exactly, of both faces


class PosterSize(NamedTuple):
    """Width and height of a poster in points, and pixels a point."""

    width: int
    height: int
    scale: int


POST = PosterSize(600, 315, 2)  # 1200 x 630, as the Open Graph's readers ask for
SLIDE = PosterSize(640, 360, 3)  # 1920 x 1080


@dataclass(frozen=True)
class Handout:
    """What every form of a month shows: a number is never alone.

    unit : what is counted, in one or two lines. lines : both halves, comparisons, the forecast.
    source : run, day and publisher. key : what the chart's lines are. alt : all of it in a sentence
    or two, for who cannot see it. What the chart draws: counted, flagged, ahead, and judging :
    months with the forecast made before each.
    """

    title: str
    number: str
    unit: tuple[str, ...]
    lines: list[str]
    source: str
    alt: str
    key: str
    counted: Mapping[str, int]
    flagged: Sequence[MarkedMonth]
    ahead: Sequence[ForecastRow]
    judging: Sequence[JudgedForecast]


def handout(
    report: MonthFacts,
    run: RunRow,
    counted: Mapping[str, int],
    flagged: Sequence[MarkedMonth],
    ahead: Sequence[ForecastRow] = (),
) -> Handout:
    """Put a month together. ahead : the forecast, where the month is the newest."""
    source, e = report.source, report.expectation
    part = f", {report.part}" if report.part else ""
    title = f"{source.totals.name(report.total)}{part}, {month_words(report.month)}"
    reach = "" if report.part else source.measure.reach
    unit = tuple(filter(None, (source.measure.noun, reach)))
    lines = [line for line in (halves_words(report), capital(changes(report))) if line]
    if e is not None:
        unusual = unusual_words(e.p).partition(" (")[0]
        span = f"80% range {between(e.lo80, e.hi80)}"
        lines.append(f"{capital(basis_noun(e.basis))}: {e.median:,} ({span}); {unusual}")
    key = forecasts.NOTICE_KEY if report.recent else "Black: published. Triangles: flagged months."
    if ahead:
        key = (
            "Black: published. Dashed: median forecast. Bands, dark to light: 50%, 80% and 95% "
            "prediction intervals."
        )
    state = "" if report.final else ", preliminary"
    return Handout(
        title,
        number=f"{report.count:,}",
        unit=unit,
        lines=lines,
        source=f"Counts: {source.publisher.name}{state}. Forecasts: Bordercast, run {run.id}, "
        f"{day_words(run.published_at[:10])}.",
        alt=". ".join((f"{title}: {report.count:,} {' '.join(unit)}", *lines)),
        key=key,
        # Of an earlier month the chart ends with it: what came later was not known then.
        counted={month: count for month, count in counted.items() if month <= report.month},
        flagged=flagged,
        ahead=ahead,
        judging=report.recent,
    )


def png(handout: Handout, source: Source, size: PosterSize = POST) -> bytes:
    """The poster as a PNG file."""
    return grammar.lean(vl_convert.svg_to_png(svg(handout, source, size), scale=1))


def svg(handout: Handout, source: Source, size: PosterSize = POST) -> str:
    """The poster as an SVG file, as many pixels wide and high as `size` says."""
    width, height, scale = size
    top, wide = 144, width - 2 * MARGIN
    # The unit stands behind the number, in two lines.
    # Letters are measured here: SVG has no layout, and every machine other fonts.
    after = 44 * sum(_COMMA if c == "," else _DIGIT for c in handout.number) + 10
    words = [
        _text(handout.title, 34, 18, wide, weight="bold"),
        _text(handout.number, 78, 44, wide, weight="bold"),
        *(
            _text(line, 60 + 17 * place, 14, wide - after, x=MARGIN + after)
            for place, line in enumerate(handout.unit)
        ),
        *(_text(line, 99 + 17 * place, 13.5, wide) for place, line in enumerate(handout.lines)),
        _text(handout.source, height - FOOT, 9.5, wide, color=GREY),
    ]
    room = wide, height - top - 28
    drawn = chart_svg(handout, *room, source)
    # Smaller as a whole, if the chart's labels need more room.
    fits = min(1.0, *(have / need for have, need in zip(room, grammar.extent(drawn), strict=True)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width * scale}" '
        f'height="{height * scale}" viewBox="0 0 {width} {height}" '
        f'font-family="{escape(FONT)}" fill="{INK}">'
        f'<rect width="{width}" height="{height}" fill="white"/>{"".join(words)}'
        f'<g transform="translate({MARGIN},{top})"><g transform="scale({fits:.4g})">{drawn}</g></g>'
        "</svg>"
    )


def _text(words: str, y: float, size: float, room: float, *, x: float = MARGIN, **look: str) -> str:
    """Words on one line, smaller where they would not fit into the room, in points."""
    weight = look.get("weight", "normal")
    fits = min(size, room / (LETTER[weight] * max(len(words), 1)))
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{fits:.3g}" font-weight="{weight}" '
        f'fill="{look.get("color", INK)}">{escape(words)}</text>'
    )


def chart_svg(handout: Handout, width: float, height: float, source: Source) -> str:
    """The chart alone, about as wide and high as said, in points."""
    ahead, flagged = handout.ahead, handout.flagged
    past = () if ahead else handout.judging
    shown = grammar.months_back(handout.counted, forecasts.MONTHS_SHOWN)
    labels = forecasts.edge_labels(ahead[-1], 80) if ahead else []
    if past:
        scale = forecasts.history_scale(past, source, room=True)
    else:
        scale = forecasts.fan_scale(shown, ahead, source)
    beside = max((6 * len(words) + 8 for words, _ in labels), default=8)
    plot = int(width - 62 - beside), int(height - 26)
    # The unit stands beside the number: the axis is not long enough for it.
    scale = replace(scale, unit="a month")
    if past:
        layers = forecasts.history_layers(past, flagged, scale)
    else:
        layers = forecasts.fan_layers(shown, ahead, flagged, scale)
    if ahead:
        side = replace(scale, height=plot[1])
        layers.append(grammar.side_labels(labels, ahead[-1].month, side))
    return svg_chart.drawn(layers, *plot)


SLIDE_WIDTH, SLIDE_HEIGHT = 960, 540  # of a 16:9 slide, in points
TITLE_ONLY = 5  # place of the layout that has a title, so that readers can name the slide
SLIDE_CHART = 520, 290
COLUMNS = ("compared with", *COMPARED_HEADS)
PLACES = (136, 76, 76, 72)  # widths of the columns


def pptx(handout: Handout, report: MonthFacts, run: RunRow) -> bytes:
    """The slide as a PowerPoint file; ConfigError if python-pptx is not installed."""
    try:
        from pptx import Presentation
        from pptx.enum.text import PP_ALIGN
        from pptx.util import Pt
    except ImportError:
        problem = "needs python-pptx: pip install 'bordercast[slides]'"
        raise ConfigError("bordercast brief", "-o FILE.pptx", problem) from None

    def write(
        shape: Any, lines: Sequence[str], size: int, *, bold: bool = False, right: bool = False
    ) -> None:
        """Words into a box or a cell, a paragraph a line."""
        frame = shape.text_frame
        frame.word_wrap = True
        frame.text = lines[0]
        for line in lines[1:]:
            frame.add_paragraph().text = line
        for paragraph in frame.paragraphs:
            paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
            paragraph.font.size, paragraph.font.bold = Pt(size), bold or None
            paragraph.font.name = "Arial"

    deck = Presentation()
    deck.slide_width, deck.slide_height = Pt(SLIDE_WIDTH), Pt(SLIDE_HEIGHT)
    deck.core_properties.title, deck.core_properties.author = handout.title, "Bordercast"
    # A layout with a title, so that screen readers can name the slide.
    slide = deck.slides.add_slide(deck.slide_layouts[TITLE_ONLY])
    title = slide.shapes.title
    title.left, title.top, title.width, title.height = Pt(30), Pt(18), Pt(900), Pt(50)
    write(title, [handout.title], 30, bold=True)
    words = slide.shapes.add_textbox(Pt(30), Pt(70), Pt(900), Pt(80))
    write(words, [" ".join((handout.number, *handout.unit)), *handout.lines], 17)
    # PowerPoint draws SVG differently in each version.
    png = vl_convert.svg_to_png(chart_svg(handout, *SLIDE_CHART, source=report.source), scale=3)
    picture = slide.shapes.add_picture(io.BytesIO(png), Pt(30), Pt(176), width=Pt(SLIDE_CHART[0]))
    # The library has no property for what a picture shows.
    picture._element.nvPicPr.cNvPr.set("descr", handout.alt)
    rows = [(f"{r.name}, {r.when}", r.then, r.now, r.change) for r in monthly.compared(report)]
    lines = [COLUMNS, *rows]
    size = Pt(sum(PLACES)), Pt(30 * len(lines))
    table = slide.shapes.add_table(len(lines), len(COLUMNS), Pt(570), Pt(182), *size).table
    for place, width in enumerate(PLACES):
        table.columns[place].width = Pt(width)
        for row, line in enumerate(lines):
            write(table.cell(row, place), [line[place]], 11, right=place > 0)
    foot = slide.shapes.add_textbox(Pt(30), Pt(492), Pt(900), Pt(36))
    write(foot, [handout.key, handout.source], 10)
    check = check_command(run.id, run.digest)
    slide.notes_slide.notes_text_frame.text = f"{monthly.paragraph(report)}\nTo check it: {check}"
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


SIZES = (10.5, 9.5, 8.5, 7.5)  # of the words in points: the largest at which one page holds them

PAGE_CHART = 540, 215  # in points, of a page that is 612 wide
DEBIAN = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


def pdf(handout: Handout, report: MonthFacts, run: RunRow) -> bytes:
    """The page as a PDF file; ConfigError if WeasyPrint, or what it needs, is not installed."""
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:  # it loads Pango when it is imported
        missing = (
            f"Pango, on Debian: apt-get install {DEBIAN}"
            if isinstance(error, OSError)
            else "WeasyPrint: pip install 'bordercast[pdf]'"
        )
        raise ConfigError("bordercast brief", "-o FILE.pdf", f"needs {missing}") from None
    # One page or it is no handout: smaller words before a second page.
    for size in SIZES:
        document = HTML(string=page_html(handout, report, run, size)).render()
        if len(document.pages) == 1:
            break
    write_pdf: bytes = document.write_pdf(pdf_variant="pdf/ua-1")
    return write_pdf


def page_html(handout: Handout, report: MonthFacts, run: RunRow, size: float = SIZES[0]) -> str:
    """The page as HTML. size : of the words, in points."""
    more = [
        monthly.rank_sentence(report),
        monthly.vintage_sentence(report),
        *monthly.definition(report),
    ]
    if report.score is not None:
        more.append(ahead_texts.quality(report.score))
    svg = b64encode(chart_svg(handout, *PAGE_CHART, source=report.source).encode()).decode()
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
