"""A month as a slide: what stands where on it, in what size."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from pptx import Presentation
from pptx.shapes.base import BaseShape

from jobs.cli import main
from tests.support import golden_texts

SLIDES = Path(__file__).with_name("slides.txt")
SLOW = pytest.mark.slow  # the same writer; each picture takes a second
MONTHS = ("northern 2024-01", "southwest", "northern:Swanton")


def shape_words(shape: BaseShape) -> list[str]:
    """Where a shape stands, in points, and its paragraphs with their size and place."""
    place = [round(side.pt, 1) for side in (shape.left, shape.top, shape.width, shape.height)]
    told = [f"{shape.shape_type} at {place}"]
    frames = [shape.text_frame] if shape.has_text_frame else []
    if shape.has_table:
        table = shape.table
        told.append(f"columns {[round(one.width.pt, 1) for one in table.columns]}")
        frames += [cell.text_frame for row in table.rows for cell in row.cells]
    for frame in frames:
        told += [
            f"{one.font.size.pt:g} {one.font.name} {one.alignment}{' bold' * bool(one.font.bold)}"
            f"{' wrapped' * bool(frame.word_wrap)}: {one.text}"
            for one in frame.paragraphs
        ]
    if hasattr(shape, "image"):  # its height is that of the letters that a machine has
        told = [f"picture at {place[:3]}: {shape._element.nvPicPr.cNvPr.get('descr')}"]
    return told


@pytest.mark.parametrize("month", [MONTHS[0], *(pytest.param(m, marks=SLOW) for m in MONTHS[1:])])
def test_a_slide_has_words_picture_and_table_in_their_places(full_record, tmp_path, month):
    path = tmp_path / "a.pptx"
    words = ["--db", str(full_record), "brief", *month.split(), "-o", str(path)]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    deck = Presentation(str(path))
    (slide,) = deck.slides
    told = [f"{deck.slide_width.pt:g} x {deck.slide_height.pt:g}", deck.core_properties.title]
    for shape in slide.shapes:
        told += shape_words(shape)
    told.append(slide.notes_slide.notes_text_frame.text)

    golden_texts.compare(SLIDES, {month: golden_texts.masked("\n".join(told))}, only=True)
