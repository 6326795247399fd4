"""A month as a file to pass on: it says what the record says, and is what its name says."""

from __future__ import annotations

import sys

import pypdf
import pytest
from click.testing import CliRunner
from PIL import Image
from pptx import Presentation

from forecast.desk.sentences import monthly
from jobs.cli import main

pytestmark = pytest.mark.slow  # pages are printed

FORMS = ("png", "pdf", "pptx")
# The record was begun long after: what it holds against the month is a hindcast, and is called so.
FACTS = (
    *("11,710", "3,361 at ports of entry", "80.9%", "Hindcast: 61,921", "February 2025", "run 1"),
)


@pytest.fixture(scope="module")
def february(published, tmp_path_factory, pango):
    """Southwest border, February 2025, in every form."""
    folder = tmp_path_factory.mktemp("handout")
    said = {}
    for form in FORMS:
        path = folder / f"february.{form}"
        done = written(published, path, "southwest", "2025-02")
        assert done.exit_code == 0, done.output
        said[form] = (path, done.output)
    return said


def written(database, path, *series):
    return CliRunner().invoke(main, ["--db", str(database), "brief", *series, "-o", str(path)])


def test_what_was_written_is_said_in_words(february):
    for path, said in february.values():
        assert said.startswith(f"{path}: Southwest border, February 2025")
        assert not [fact for fact in FACTS if fact not in said]


def test_a_picture_is_a_slide(february):
    with Image.open(february["png"][0]) as image:
        assert image.size == (1920, 1080)


def test_a_page_is_one_and_says_all(february):
    reader = pypdf.PdfReader(february["pdf"][0])
    (page,) = reader.pages
    text = " ".join(page.extract_text().split())

    for fact in (*FACTS, "What you can say", "What not to say", "189,913", "301,981", "verify"):
        assert fact in text
    assert (page.mediabox.width, page.mediabox.height) == (612, 792)
    assert reader.metadata.title == "Southwest border, February 2025"
    catalog = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"] == "en"


def test_many_words_still_are_one_page(published, tmp_path, monkeypatch, pango):
    long = ["A long sentence of the source that says what is counted. " * 6] * 3
    monkeypatch.setattr(monthly, "definition", lambda _: long)
    done = written(published, tmp_path / "x.pdf", "northern")

    assert done.exit_code == 0, done.output
    assert len(pypdf.PdfReader(tmp_path / "x.pdf").pages) == 1


def test_a_slide_has_a_title_a_described_picture_and_a_table(february):
    (slide,) = Presentation(str(february["pptx"][0])).slides
    table = next(shape.table for shape in slide.shapes if shape.has_table)
    cells = [[cell.text for cell in row.cells] for row in table.rows]
    pictures = [shape for shape in slide.shapes if shape.shape_type == 13]
    words = " ".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)

    assert slide.shapes.title.text == "Southwest border, February 2025"
    assert not [fact for fact in FACTS if fact not in words]
    assert cells[0] == ["compared with", "figure", "counted", "change"]
    assert cells[1][1:] == ["61,921", "11,710", "\N{MINUS SIGN}81.1%"]
    assert [row[0].split(",")[0] for row in cells[1:]] == [
        "hindcast",
        "month before",
        "year before",
        "fiscal year to date",
        "peak",
    ]
    (picture,) = pictures
    assert "61,921" in picture._element.nvPicPr.cNvPr.get("descr")
    assert "bordercast verify --run 1" in slide.notes_slide.notes_text_frame.text


def test_a_part_has_it_too(published, tmp_path):
    done = written(published, tmp_path / "swanton.png", "northern:Swanton")

    assert done.exit_code == 0, done.output
    assert "Northern border, Swanton Sector, August 2026" in done.output
    assert "at and between" not in done.output


@pytest.mark.parametrize(
    ("form", "library", "words"),
    [
        ("pdf", "weasyprint", "pip install 'bordercast[pdf]'"),
        ("pptx", "pptx", "pip install 'bordercast[slides]'"),
    ],
)
def test_what_is_missing_is_named(published, tmp_path, monkeypatch, form, library, words):
    monkeypatch.setitem(sys.modules, library, None)
    done = written(published, tmp_path / f"x.{form}", "northern")

    assert done.exit_code == 2
    assert words in str(done.output) + str(done.exception)
    assert not list(tmp_path.iterdir())


def test_another_ending_is_refused(published, tmp_path):
    done = written(published, tmp_path / "x.docx", "northern")

    assert done.exit_code == 2
    assert ".png, .pdf, .pptx" in str(done.output) + str(done.exception)
