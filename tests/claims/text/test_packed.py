"""Reading Word and PDF files: in this process what the child does, so that its lines are held."""

from __future__ import annotations

import io
import sys
import zipfile
from types import SimpleNamespace

import pytest

from forecast import child
from forecast.claims.text import packed
from forecast.errors import DocumentError

docx = pytest.importorskip("docx")
pypdf = pytest.importorskip("pypdf")

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


@pytest.fixture(autouse=True)
def _in_process(monkeypatch):
    """The child's answer without the child; its own tests hold the process and its limits."""

    def once(module, content, limits, kind):
        assert module == "forecast.claims.text.packed"
        assert limits == child.ChildLimits(seconds=30, memory=400_000_000, answer=50_000_000)
        return packed._answer(kind, content)

    monkeypatch.setattr(packed.child, "once", once)


def refusal(name: str, content: bytes, kind: str) -> str:
    with pytest.raises(DocumentError) as refused:
        packed.read(name, content, kind)
    return str(refused.value)


def saved(document) -> bytes:
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def add_notes(document, kind: str, *texts: str) -> None:
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    notes = "".join(f"<w:n><w:r><w:t>{one}</w:t><w:t> more</w:t></w:r></w:n>" for one in texts)
    blob = f'<w:notes xmlns:w="{W}">{notes}</w:notes>'.encode()
    part = Part(PackURI(f"/word/{kind}.xml"), "application/xml", blob, document.part.package)
    document.part.relate_to(part, f"{RELATED}/{kind}")


def table(container, *rows: tuple[str, str], **more) -> None:
    added = container.add_table(len(rows), 2, **more)
    for row, words in zip(added.rows, rows, strict=True):
        for cell, word in zip(row.cells, words, strict=True):
            cell.text = word


def test_a_word_file_is_read_in_its_order_with_notes_heads_and_feet():
    document = docx.Document()
    document.add_paragraph("Before.")
    table(document, ("Month", "Count"), ("May", "1,234"))
    document.add_paragraph("After.")
    add_notes(document, "footnotes", "First note", "Second note")
    add_notes(document, "endnotes", "At the end")
    document.sections[0].header.paragraphs[0].text = "Head"
    foot = document.sections[0].footer
    foot.paragraphs[0].text = "Foot"
    table(foot, ("a", "b"), width=1_000_000)

    assert packed.read("a.docx", saved(document), "docx") == "\n\n".join(
        [
            "Before.",
            "Month | Count\nMay | 1,234",
            "After.",
            "First note more",
            "Second note more",
            "At the end more",
            "Head",
            "Foot",
            "a | b",
        ]
    )


def pdf(pages: int) -> bytes:
    writer = pypdf.PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(72, 72)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def test_the_pages_of_a_pdf_are_read_one_after_the_other(monkeypatch):
    words = iter(["One.", "Two."])
    monkeypatch.setattr(pypdf.PageObject, "extract_text", lambda page: next(words))

    assert packed.read("a.pdf", pdf(2), "pdf") == "One.\n\nTwo."


@pytest.mark.parametrize(("seconds", "late"), [(2.4, False), (2.5, False), (2.6, True)])
def test_a_pdf_has_two_and_a_half_seconds(monkeypatch, seconds, late):
    ticks = iter([100.0, 100.0 + seconds])
    monkeypatch.setattr(packed, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    if late:
        assert "its pages take more than 2.5 seconds" in refusal("a.pdf", pdf(1), "pdf")
    else:
        assert packed.read("a.pdf", pdf(1), "pdf") == ""


@pytest.mark.parametrize("pages", [300, 301])
def test_at_most_300_pages_are_read(monkeypatch, pages):
    page = SimpleNamespace(extract_text=lambda: "x")
    monkeypatch.setattr(pypdf, "PdfReader", lambda file: SimpleNamespace(pages=[page] * pages))
    if pages > 300:
        assert "it has 301 pages; at most 300 are read" in refusal("a.pdf", b"", "pdf")
    else:
        assert packed.read("a.pdf", b"", "pdf") == "\n\n".join("x" * 300)


def archive(parts: int, size: int) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as made:
        for number in range(parts):
            made.writestr(f"{number}.xml", b" " * size)
    return written.getvalue()


@pytest.mark.parametrize(
    ("parts", "size", "why"),
    [
        # As much as is read: the library then finds that it is no Word file.
        (2_000, 10_000, "it cannot be read: KeyError"),
        (2_001, 1, "it unpacks to 2,001 bytes; at most 20,000,000 are read"),
        (1, 20_000_001, "it unpacks to 20,000,001 bytes; at most 20,000,000 are read"),
    ],
)
def test_an_archive_that_unpacks_to_too_much_is_refused(parts, size, why):
    assert why in refusal("a.docx", archive(parts, size), "docx")


@pytest.mark.parametrize(
    ("kind", "library", "package"), [("docx", "docx", "python-docx"), ("pdf", "pypdf", "pypdf")]
)
def test_a_missing_library_is_named_and_how_to_get_it(monkeypatch, kind, library, package):
    monkeypatch.setitem(sys.modules, library, None)
    told = refusal(f"a.{kind}", archive(1, 1), kind)

    assert f"a.{kind}" in told
    assert f"reading it needs {package}: pip install 'bordercast[claims]'" in told


def test_what_is_no_archive_is_no_word_file():
    told = refusal("letter.docx", b"Dear all", "docx")

    assert "it is not a Word file, or it is damaged" in told
    assert "letter.docx" in told


def test_a_child_that_dies_is_told_with_what_to_do(monkeypatch):
    def once(*asked):
        raise child.ChildError("took too long", 1, "")

    monkeypatch.setattr(packed.child, "once", once)
    assert "what reads it took too long; save it as text" in refusal("a.pdf", b"", "pdf")
