"""`check` reads files as people have them, and says what it found to people and programs."""

from __future__ import annotations

import io
import json
import re
import time
import zipfile

import pytest
from click.testing import CliRunner

from forecast.claims import documents
from forecast.errors import DocumentError
from jobs.cli import main

TEXT = (
    "At the northern border encounters fell from 12,085 in November to 4,098 in February. "
    "Some 18,944 people were captured entering the US illegally at the northern border in August "
    "2024. Canada lies north of it."
)
KEYS = [
    "quote", "start", "end", "number", "series", "from", "to", "measure", "claimed", "truth",
    "truth_when_published", "verdict", "why", "say_instead", "evidence", "readings",
]  # fmt: skip


def ran(database, *words, code=0, given=None):
    result = CliRunner().invoke(main, ["--db", str(database), "check", *words], input=given)
    assert result.exit_code == code, result.output
    return result


def pdf(text: str) -> bytes:
    """The smallest file that a PDF reader takes."""
    drawn = f"BT /F1 9 Tf 20 700 Td ({text}) Tj ET".encode()
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 2000 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + (
        b"xref\n0 6\n0000000000 65535 f \n%strailer\n<< /Size 6 /Root 1 0 R >>\n"
        b"startxref\n%d\n%%%%EOF" % (table, len(out))
    )


def docx(text: str) -> bytes:
    import docx as word

    document, kept = word.Document(), io.BytesIO()
    document.add_paragraph(text)
    document.save(kept)
    return kept.getvalue()


@pytest.mark.slow
def test_programs_get_every_claim_in_the_form_that_is_described(published):
    found = json.loads(
        ran(published, "-", "--json", "--published", "2025-03-26", given=TEXT, code=1).stdout
    )

    assert list(found) == ["published", "claims", "not_understood"]
    assert all(sorted(claim) == sorted(KEYS) for claim in found["claims"])
    for claim in found["claims"]:
        assert TEXT[claim["start"] : claim["end"]] == claim["quote"]
    first, second, third = found["claims"]
    assert (first["series"], first["from"], first["verdict"]) == ("northern", "2024-11", "right")
    assert second["verdict"] == "right_when_published"
    assert (second["truth"], second["truth_when_published"]) == (4091, 4098)
    assert third["verdict"] == "mislabelled"
    assert third["series"] == "northern:U.S. Border Patrol"
    assert third["truth"] == 2431
    assert "2,431" in third["say_instead"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", TEXT.encode()),
        ("a.md", f"# Title\n\n{TEXT}\n".encode()),
        ("a.html", f"<html><script>9,999 arrests</script><p>{TEXT}</p></html>".encode()),
        ("a.docx", docx(TEXT)),
        ("a.pdf", pdf(TEXT)),
    ],
)
def test_each_kind_of_file_is_read(published, tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    said = ran(published, str(path), "--published", "2025-03-26", code=1)

    assert "3 claims: 1 right, 1 right when published, 1 mislabeled." in said.output
    assert "9,999" not in said.output


def test_the_annotated_page_escapes_the_text(published, tmp_path):
    page = tmp_path / "out.html"
    text = "<script>alert()</script> " + TEXT
    ran(published, "-", "--html", str(page), "--published", "2025-03-26", given=text, code=1)

    written = page.read_text("utf-8")
    assert "&lt;script&gt;alert()" in written
    assert "<script" not in written
    assert 'class="mislabelled"' in written


@pytest.mark.slow
def test_the_day_is_read_from_the_text_where_it_is_not_given(published):
    found = json.loads(
        ran(published, "-", "--json", given=f"March 26, 2025\n\n{TEXT}", code=1).stdout
    )

    assert found["published"] == "2025-03-26"


def test_an_address_is_not_fetched_unless_fetching_is_enabled(published):
    said = ran(published, "https://example.org/article", code=2)

    assert "fetch.enabled" in said.output


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("plain", b"It fell.", "It fell."),
        ("a.txt", b"\xef\xbb\xbfIt fell.", "It fell."),
        ("a.txt", "1,010 \u2013 caf\u00e9".encode("cp1252"), "1,010 \u2013 caf\u00e9"),
        ("a.txt", b"P", "P"),
        ("a.txt", b" " * 4096 + b"\0", " " * 4096 + "\0"),
        ("a.txt", b"a" * 150_000, "a" * 150_000),
        ("a.txt", b"<b>It fell.</b>", "<b>It fell.</b>"),
        ("a.HTM", b"<b>It fell.</b>", "It fell."),
        ("a.txt", b" " * 190 + b"<!DOCTYPE html><b>It fell.</b>", "It fell."),
        ("a.txt", b" " * 196 + b"<html>It fell.", " " * 196 + "<html>It fell."),
        ("a.html", b"<p>It <i>fell</i>.<p>Then<br>it rose.", "It fell.\n\nThen\n\nit rose."),
        ("a.html", b"<table><tr><td>a<td>b<tr><th>c</table>d", "| a | b\n| c\n\nd"),
        ("a.html", b"<svg><style>x</style>y</svg>z", "z"),
        ("a.html", b"<svg><noscript>x</svg>z", "z"),
        ("a.html", b"a</style>b<script>c</script>d", "abd"),
        ("a.html", b"<p>Fell &amp; rose</p>\n\n<p> </p>", "Fell & rose"),
    ],
)
def test_the_text_of_a_file_is_what_a_reader_sees(name, content, text):
    assert documents.read(name, content) == text


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.txt", b"a" * 150_001, "it has 150,001 characters of text; at most 150,000"),
        ("a.txt", b"a" * 10_000_001, "it has 10,000,001 bytes; at most 10,000,000"),
        ("a.txt", b"a" * 10_000_000, "it has 10,000,000 characters of text"),
        ("a.txt", b"PK, as they say", "it is not text"),
        ("a.txt", b" " * 4095 + b"\0", "it is not text"),
        ("a.docx", b"It fell.", "it is not a Word file"),
        ("a.txt", b"%PDF-1.4", "it cannot be read"),
        ("a.pdf", b"It fell.", "it cannot be read"),
    ],
)
def test_what_is_no_text_or_too_much_is_refused_and_why(name, content, why):
    with pytest.raises(DocumentError, match=why):
        documents.read(name, content)


@pytest.mark.parametrize("pages", [300, 301])
def test_a_pdf_of_more_than_300_pages_is_refused(pages):
    import pypdf

    writer, kept = pypdf.PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(10, 10)
    writer.write(kept)

    if pages == 300:
        assert documents.read("a.pdf", kept.getvalue()).strip() == ""
    else:
        with pytest.raises(DocumentError, match="it has 301 pages; at most 300 are read"):
            documents.read("a.pdf", kept.getvalue())


@pytest.mark.parametrize("parts", [2000, 2001])
def test_a_word_file_of_more_than_2000_parts_is_refused(parts):
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as packed:
        for at in range(parts):
            packed.writestr(f"{at}", b"")

    refused = "it unpacks to 0 bytes" if parts == 2001 else "it cannot be read: KeyError"
    with pytest.raises(DocumentError, match=refused):
        documents.read("a.docx", kept.getvalue())


def swollen() -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", b"0" * 60_000_000)
    return kept.getvalue()


def wide() -> bytes:
    """A table with a cell that spans a hundred million columns."""
    import docx as word

    document, kept = word.Document(), io.BytesIO()
    document.add_table(1, 1).cell(0, 0)._tc.grid_span = 100_000_000
    document.save(kept)
    return kept.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("wide.docx", wide(), marks=pytest.mark.slow),
        ("digits.txt", b"7" * 1_000_000),
        ("large.txt", b"a " * 6_000_000),
        ("bomb.docx", swollen()),
        ("cut.docx", docx(TEXT)[:2000]),
        ("cut.pdf", pdf(TEXT)[:200]),
        ("picture.txt", b"\x89PNG\0\0\0"),
        ("nested.html", b"<div>" * 50_000 + b"5,555 arrests " * 12_000),
    ],
)
def test_what_is_too_large_or_damaged_is_refused_in_time(name, content):
    started = time.monotonic()
    with pytest.raises(DocumentError, match=name):
        documents.read(name, content)

    assert time.monotonic() - started < 30


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "7" * 100_000,
        "123,456 " * 15_000,
        "(" * 100_000,
        "\u202e\u0645\u0631\u062d\u0628\u0627 18,944 \u202d" * 5_000,
        "5% of " * 20_000,
        "May 2024 to June 2024 " * 5_000,
        "<" * 50_000,
    ],
    ids=["digits", "numbers", "brackets", "right to left", "percents", "months", "angles"],
)
def test_hostile_texts_end(published, text):
    started = time.monotonic()
    ran(published, "-", "--published", "2025-01-01", given=text)

    assert time.monotonic() - started < 30


def test_a_word_file_is_read_in_order_with_its_tables_and_its_foot():
    import docx

    made = docx.Document()
    made.add_paragraph("Before.")
    table = made.add_table(2, 2)
    for at, word in enumerate(["Year", "FY2022", "Southwest border", "2,206,436"]):
        table.cell(at // 2, at % 2).text = word
    made.add_paragraph("After.")
    made.sections[0].footer.paragraphs[0].text = "At the foot."
    packed = io.BytesIO()
    made.save(packed)

    read = documents.read("a.docx", packed.getvalue())

    assert read.split("\n\n")[:3] == [
        "Before.",
        "Year | FY2022\nSouthwest border | 2,206,436",
        "After.",
    ]
    assert read.endswith("At the foot.")


def test_an_answer_has_its_readings_in_html_and_in_word(published, tmp_path):
    import docx

    text = "There were 9,999 encounters at the northern border in November 2024."
    path = tmp_path / "text.txt"
    path.write_text(text)
    html, word = tmp_path / "out.html", tmp_path / "out.docx"
    for out in (html, word):
        CliRunner().invoke(main, ["--db", str(published), "check", str(path), "--html", str(out)])
    page = html.read_text("utf-8")
    written = "\n".join(one.text for one in docx.Document(str(word)).paragraphs)

    for answer in (page, written):
        assert "bordercast fact northern 2024-11" in answer
        assert "9,999" in answer
    assert "What the record says" in written
    assert len(set(re.findall(r"#[0-9a-f]{6}", page))) <= 5  # three of ink, a line, paper


def test_an_answer_as_pdf_is_refused_with_what_to_do(published, tmp_path):
    path, pdf = tmp_path / "text.txt", tmp_path / "out.pdf"
    path.write_text("There were 9,999 encounters at the northern border in November 2024.")
    asked = ["--db", str(published), "check", str(path), "--html", str(pdf)]
    result = CliRunner().invoke(main, asked)

    assert result.exit_code == 2
    assert ".html" in result.output
    assert not pdf.exists()
