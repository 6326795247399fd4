"""A month as a PowerPoint slide: words, the chart as a picture, a table, where it is from."""

from __future__ import annotations

import io
from typing import Any

import vl_convert

from forecast.desk import brief
from forecast.desk.email import content
from forecast.desk.handout import poster
from forecast.desk.handout.poster import PosterChart
from forecast.desk.handout.words import Handout
from forecast.desk.report import MonthReport
from forecast.errors import ConfigError
from forecast.store.read import RunRow
from forecast.words import check_command

WIDTH, HEIGHT = 960, 540  # of a 16:9 slide, in points
TITLE_ONLY = 5  # place of the layout that has a title, so that readers can name the slide
CHART = 520, 290
COLUMNS = ("compared with", "then", "now", "change")
PLACES = (136, 76, 76, 72)  # widths of the columns


def pptx(handout: Handout, report: MonthReport, chart: PosterChart, run: RunRow) -> bytes:
    """The slide as a PowerPoint file; ConfigError if python-pptx is not installed."""
    try:
        from pptx import Presentation
        from pptx.util import Pt
    except ImportError:
        problem = "needs python-pptx: pip install 'bordercast[slides]'"
        raise ConfigError("bordercast brief", "-o FILE.pptx", problem) from None
    deck = Presentation()
    deck.slide_width, deck.slide_height = Pt(WIDTH), Pt(HEIGHT)
    deck.core_properties.title, deck.core_properties.author = handout.title, "Bordercast"
    slide = deck.slides.add_slide(deck.slide_layouts[TITLE_ONLY])
    title = slide.shapes.title
    title.left, title.top, title.width, title.height = Pt(30), Pt(18), Pt(900), Pt(50)
    _write(title, [handout.title], 30, bold=True)
    words = slide.shapes.add_textbox(Pt(30), Pt(70), Pt(900), Pt(80))
    _write(words, [" ".join((handout.number, *handout.unit)), *handout.lines], 17)
    png = vl_convert.svg_to_png(poster.chart_svg(chart, *CHART, source=report.source), scale=3)
    picture = slide.shapes.add_picture(io.BytesIO(png), Pt(30), Pt(176), width=Pt(CHART[0]))
    # The library has no property for what a picture shows.
    picture._element.nvPicPr.cNvPr.set("descr", handout.alt)
    _table(slide, report)
    foot = slide.shapes.add_textbox(Pt(30), Pt(492), Pt(900), Pt(36))
    _write(foot, [handout.key, handout.source], 10)
    check = check_command(run.id, run.digest)
    slide.notes_slide.notes_text_frame.text = f"{brief.paragraph(report)}\nTo check it: {check}"
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def _table(slide: Any, report: MonthReport) -> None:
    from pptx.util import Pt

    rows = list(content.rows(report))
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
