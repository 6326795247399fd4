"""Any file as a sheet of cells: its bytes, separator, width, lines; and the tables of web pages."""

from __future__ import annotations

import gzip
import io
import re
import subprocess
import sys
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from xlsxwriter import Workbook

from forecast.errors import DataError, QuarantineError
from forecast.tables import markup, sheet, workbook
from forecast.tables.sheet import Sheet, sheets_of
from forecast.tables.workbook import plain


def read(text: str | bytes) -> Sheet:
    (found,) = sheets_of("own.csv", text.encode() if isinstance(text, str) else text)
    return found


def cells(found: Sheet) -> list[list[object]]:
    return [found.row(at) for at in range(len(found.grid))]


def test_cells_are_labels_without_space_around_them():
    found = read("a, b \n b,a\n")

    assert cells(found) == [["a", "b"], ["b", "a"]]
    assert found.labels == ["", "a", "b"]
    assert (found.separator, found.notes, found.title) == (",", (), "")


def test_lines_keep_their_numbers_where_some_are_blank_or_broken():
    found = read('a,b\n\n , \n"1\n2",3\n4,5\n')

    assert [row[1] for row in cells(found)] == ["b", "3", "5"]
    assert found.line.tolist() == [1, 5, 6]


def test_rows_that_do_not_fit_are_marked_by_how_much():
    found = read("a,b,c\n1,2,3\n1,2\n1\n1,2,3,4,5\n1,2,3,,\n1,2,3\n")

    assert found.ragged.tolist() == [0, 0, -1, -2, 2, 0, 0]
    assert found.grid.shape == (7, 3)
    assert found.row(2) == ["1", "2", ""]
    assert found.row(4) == ["1", "2", "3"]


@pytest.mark.slow
def test_a_table_of_many_cells_is_read_whole(monkeypatch):
    monkeypatch.setattr(sheet, "_SAMPLE", 10)
    many = 700_000  # beyond what is kept in one block
    found = read("a,b\n" + "".join(f"{n % 7},{n % 5}\n" for n in range(many)))

    assert found.grid.shape == (many + 1, 2)
    for column, modulus in enumerate((7, 5)):
        values = np.array(found.labels)[found.grid[1:, column]].astype(int)
        assert np.array_equal(values, np.arange(many) % modulus)


@pytest.mark.parametrize(
    ("text", "separator", "note"),
    [
        ("a;b\n1,5;2\n", ";", "columns are separated by semicolons"),
        ("a\tb\n1\t2\n", "\t", "columns are separated by tabs"),
        ("a|b\n1|2\n", "|", "columns are separated by bars"),
        ("a,b\n1,2\n", ",", None),
        ("a\n1\n", "", None),
        # What cuts most lines alike, not what is in one of them:
        ("title; and more\na,b\n1,2\n3,4\n", ",", None),
        # Between equals the one that is rarer in text:
        ("a;b,c\n1;2,3\n", ";", "columns are separated by semicolons"),
    ],
)
def test_columns_are_separated_by_what_cuts_most_lines_alike(text, separator, note):
    found = read(text)

    assert found.separator == separator
    assert [n for n in found.notes if n.startswith("columns")] == ([note] if note else [])


@pytest.mark.parametrize(
    ("content", "expected", "noted"),
    [
        ("a,\u00e9\n".encode("utf-8-sig"), ["a", "\u00e9"], ""),
        ("a,\u00e9\n".encode("utf-16"), ["a", "\u00e9"], ""),
        ("a,\u00e9\n".encode("cp1252"), ["a", "\u00e9"], "Windows-1252"),
        ("miesi\u0105c,\u017b\n".encode("cp1250"), ["miesi\u0105c", "\u017b"], "cp1250"),
        (b"a,b", ["a", "b"], "no line end"),
        (b"a,b\r", ["a", "b"], ""),
    ],
)
def test_a_text_is_read_in_its_encoding(content, expected, noted):
    found = read(content)

    assert cells(found) == [expected]
    assert (noted in " ".join(found.notes)) if noted else not found.notes


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the file is empty"),
        (b" \n\t\n", "the file is empty"),
        (b"a,\0b\n", "NUL bytes"),
        ("a,\u00e9\n".encode("utf-16")[:-1], "not valid utf-16 .*cut short"),
        ("a,\u00e9\n".encode() * 10 + "a,\u00e9\n".encode("cp1252"), "line 11: not UTF-8, as"),
        (("a,b\n" + "a,\u00e9\n" * 10).encode()[:-2], "line 11: not UTF-8"),
        (b"%PDF-1.7 ...", "this is a PDF, not a table"),
        (b"\xef\xbb\xbf  <!DOCTYPE html>", "this is a web page"),
    ],
    ids=["empty", "blank", "NUL", "half", "mixed", "cut", "PDF", "page"],
)
def test_what_is_no_table_is_refused(content, problem):
    with pytest.raises(QuarantineError, match=problem):
        sheets_of("own.csv", content)


def test_a_file_has_as_many_bytes_as_it_may(monkeypatch):
    monkeypatch.setattr(sheet, "MOST_BYTES", 8)

    assert cells(read("a,b\n1,2\n")) == [["a", "b"], ["1", "2"]]
    with pytest.raises(QuarantineError, match="larger than 8 bytes"):
        read("a,b\n1,22\n")


@pytest.mark.parametrize("more", [0, 1])
def test_a_cell_has_no_more_characters_than_one_of_a_csv_file(more):
    out = io.BytesIO()
    parquet.write_table(pa.table({"a": ["x" * (131_072 + more)], "b": [1]}), out)
    if not more:
        assert len(sheets_of("own.parquet", out.getvalue())[0].row(1)[0]) == 131_072
        return

    with pytest.raises(QuarantineError, match="a cell has 131,073 characters, and at most 131,072"):
        sheets_of("own.parquet", out.getvalue())


def test_an_open_quotation_mark_is_named_with_its_line():
    with pytest.raises(QuarantineError, match="line 2: not valid CSV"):
        read('a,b\n1,"' + "x" * 200_000 + "\n")


PAGE = """
<p>before <table class="a"><caption>left out</caption>
<tr><th> A  <b>b</b> </th><th>C</th></tr>
<tr><td>1</td><td>2<table><tr><td>inner</td></tr></table></td><td>3
<TR><td>4 &amp; 5</td><td>
</table> after <td>stray</td>
"""


def test_every_table_of_a_page_is_read_the_outer_one_first():
    assert markup.tables(PAGE.encode()) == [
        [["A b", "C"], ["1", "2", "3"], ["4 & 5", ""]],
        [["inner"]],
    ]


def test_a_page_has_as_many_bytes_as_it_may():
    page = PAGE.encode().ljust(markup.PAGE_BYTES)

    assert len(markup.tables(page)) == 2
    with pytest.raises(ValueError, match="larger than 1,000,000 bytes"):
        markup.tables(page + b" ")


@pytest.mark.parametrize(
    ("page", "cut"),
    [
        (b"<table><tr></table >", False),
        (b"<TABLE id=a><tr></TABLE>", False),
        (b"<table><tr>", True),
        (b"<table></table><table\n>", True),
        (b"</table>", False),
        (b"<tables>", False),
    ],
)
def test_a_table_that_does_not_end_shows_that_a_page_is_cut(page, cut):
    assert markup.is_cut(page) == cut


def test_only_tables_that_end_are_kept_of_a_page():
    page = b"now 12:30 <table a>\n1</table > visits <Table>2</TABLE><table>3"

    assert markup.without_rest(page) == b"<table a>\n1</table >\n<Table>2</TABLE>\n"
    assert markup.without_rest(b"no table") == b""


def book(fill) -> bytes:
    out = io.BytesIO()
    with Workbook(out) as workbook:
        fill(workbook)
    return out.getvalue()


@pytest.mark.parametrize(
    ("results", "unknown"),
    [
        ([0], []),
        ([0, 0], []),
        ([0, 0, 0], [0, 1, 2]),
        ([0, 0, 7], []),
        ([0, "", 7], [1]),
        (["", 5], [0]),
        (["", 0], [0]),
    ],
)
def test_a_formula_has_no_result_where_none_was_computed(results, unknown):
    """Three of 0 and no other result: whoever wrote the file computed none."""

    def fill(workbook) -> None:
        one, two = workbook.add_worksheet("A & B"), workbook.add_worksheet()
        one.write(0, 0, "head")
        for row, result in enumerate(results):
            one.write_formula(row + 2, 27, "=1+1", None, result)
        two.write_formula(0, 0, '="a"', None, "words")

    content = book(fill)
    first, _ = sheets_of("own.xlsx", content)

    assert workbook.without_result(content) == {
        "A & B": [(row + 2, 27) for row in unknown],
        "Sheet2": [],
    }
    cells_of = [row[27] for row in cells(first)[1:]]
    shown = [workbook.NO_RESULT if at in unknown else float(r or 0) for at, r in enumerate(results)]
    assert cells_of == [cell for cell in shown if cell != ""]
    assert workbook.without_result(b"PK and no more") == {}
    assert workbook.without_result(b"\xd0\xcf\x11\xe0") == {}


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (None, ""),
        (True, "TRUE"),
        (3, 3.0),
        (Decimal("2.5"), 2.5),
        ("a", "a"),
        (date(2024, 1, 2), date(2024, 1, 2)),
        (datetime(2024, 1, 31, 23), date(2024, 1, 31)),
        (datetime(2024, 1, 31, 12, tzinfo=UTC), date(2024, 1, 31)),
        (datetime(2024, 1, 31, 13, tzinfo=UTC), "2024-01-31T13:00:00+00:00"),
        (b"x", "b'x'"),
    ],
)
def test_a_typed_cell_is_a_text_a_number_or_a_date(cell, shown):
    found = plain(cell)

    assert (found, type(found)) == (shown, type(shown))


def in_parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    parquet.write_table(table, out)
    return out.getvalue()


def test_a_parquet_file_is_its_columns_with_blanks_for_nulls():
    table = pa.table({"a": ["x", None, "x "], "b": [1, 2, None], " c ": [None, None, None]})

    (found,) = sheets_of("own.parquet", in_parquet(table))

    assert cells(found) == [["a", "b", "c"], ["x", 1.0, ""], ["", 2.0, ""], ["x", "", ""]]
    assert (found.line.tolist(), found.ragged.tolist()) == ([0, 1, 2, 3], [0, 0, 0, 0])


def archive(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as files:
        for name in names:
            files.writestr(name, "a,b\n")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (in_parquet(pa.table({"a": pa.array([], pa.int64())})), "the Parquet file has no rows"),
        (in_parquet(pa.table({})), "the Parquet file has no rows"),
        (b"PAR1 and no more", "the Parquet file cannot be read"),
        (b"PK\x03\x04 and no more", "the workbook cannot be read"),
        (archive("visits.csv", "notes.txt"), "an archive with visits.csv and notes.txt, not a"),
        (book(lambda workbook: workbook.add_worksheet()), "the workbook has no cells"),
        (b"{}\n", "this is JSON, not a table"),
        (b"[{}]\n", "this is JSON, not a table"),
        (b"\x89PNG x", "this is a picture, not a table"),
        (
            PAGE.encode().ljust(markup.PAGE_BYTES + 1),
            r"this is a web page \(HTML\), larger than 1,000,000",
        ),
    ],
)
def test_what_cannot_be_read_says_what_it_is(content, problem):
    with pytest.raises(QuarantineError, match=problem):
        sheets_of("own.csv", content)


def test_a_web_page_is_read_by_its_largest_table():
    (found,) = sheets_of("own.xls", b"<table><tr><td>a</td></tr></table>" + PAGE.encode())

    assert cells(found) == [["A b", "C", ""], ["1", "2", "3"], ["4 & 5", "", ""]]
    assert (found.line.tolist(), found.notes) == ([1, 2, 3], ("a table of a web page",))
    assert found.ragged.tolist() == [-1, 0, -1]


def test_sheets_of_a_workbook_are_named_and_may_be_hidden():
    def fill(workbook) -> None:
        workbook.add_worksheet("One").write(0, 0, "x")
        workbook.add_worksheet("Empty")
        two = workbook.add_worksheet("Two")
        two.write(1, 1, "y")
        two.hide()

    one, two = sheets_of("own.xlsx", book(fill))

    assert [(s.name, s.title, s.hidden) for s in (one, two)] == [
        ("own.xlsx, sheet 'One'", "One", False),
        ("own.xlsx, sheet 'Two'", "Two", True),
    ]
    assert (cells(two), two.line.tolist()) == ([["", "y"]], [2])
    (alone,) = sheets_of("own.xlsx", book(lambda w: w.add_worksheet("One").write(0, 0, "x")))
    assert alone.name == "own.xlsx"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('="00123"', "00123"),
        ("'00123", "00123"),
        ("'tis", "'tis"),
        ('=""', ""),
        ('=" a "', "a"),
        ("a\u200b  b", "a b"),
    ],
)
def test_a_cell_is_without_what_nobody_sees(text, shown):
    assert sheet._tidy(text) == shown


def test_a_quotation_mark_that_stays_open_is_named_with_its_line():
    """What it takes in looks like lines of the table; a text of two lines does not."""
    assert cells(read('a,b\n1,"two\nlines"\n'))[1] == ["1", "two lines"]
    with pytest.raises(QuarantineError, match="line 3: a quotation mark begins here that takes in"):
        read('a,b\n1,2\n3,"4\n5,6\n7,8\n9"\n')
    assert len(cells(read('a\n"b\nc\nd"\n'))) == 2


def test_the_first_two_hundred_lines_show_how_many_columns_there_are():
    """Of as many lines of two as of three fields, what comes first; one line more would tell."""
    three, two = "1,2,3\n", "1,2\n"
    text = three * 99 + two * 100 + three
    assert read(text).grid.shape == (200, 3)
    assert read(text + two * 9).grid.shape == (209, 3)
    assert read(three * 99 + two * 101).grid.shape == (200, 2)


@pytest.mark.parametrize("separator", list("\t;|"))
def test_the_first_two_hundred_lines_show_what_separates_them(separator):
    """Of a hundred lines with commas and as many with another sign: the rarer sign in text."""
    commas, others = "1,2\n" * 100, f"1{separator}2\n" * 100

    assert read(commas + others).separator == (separator if separator in "\t;" else ",")
    assert read(commas + others.removeprefix(f"1{separator}2\n") + commas).separator == ","


def test_a_file_is_read_by_its_path_packed_or_not(tmp_path, monkeypatch):
    text = "a,b\n1,2\n"
    plain, packed = tmp_path / "own.csv", tmp_path / "packed.csv.gz"
    plain.write_text(text)
    packed.write_bytes(gzip.compress(text.encode()))

    for path, name in ((plain, "own.csv"), (packed, "packed.csv")):
        (found,) = sheet.read_sheets(path)
        assert (found.name, cells(found)) == (name, [["a", "b"], ["1", "2"]])
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(DataError, match=f"{path.name}: cannot be read"):
            sheet.read_sheets(path)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    (found,) = sheet.read_sheets(None)
    assert (found.name, len(found.grid)) == ("standard input", 2)


@pytest.mark.parametrize(
    ("text", "grid"),
    [
        ("a,b\n1\n", [["a", "b"], ["1", ""]]),
        ("a,b\n1,2,3\n", [["a", "b"], ["1", "2"]]),
        ("a\nb,c\n", [["a", ""], ["b", "c"]]),
        ("a\nb\n", [["a"], ["b"]]),
        ("a,b\n,\n1,2\n", [["a", "b"], ["1", "2"]]),
        ("a,b\n,x\n", [["a", "b"], ["", "x"]]),
    ],
)
def test_a_grid_has_as_many_columns_as_most_lines_of_two_or_more(text, grid):
    assert cells(read(text)) == grid


def test_a_text_of_several_lines_may_hold_commas_and_may_not_hold_lines():
    assert len(cells(read('a,b\n1,"x\nz, w, v\nend"\n'))) == 2
    with pytest.raises(QuarantineError, match="line 2: a quotation mark begins here"):
        read('a,b\n"1,2\n3,4\nend",5\n')


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<html><p>no table</p></html>", r"a web page \(HTML\) without a table, not a table"),
        (b"GIF89a", "a picture"),
        (b"\xff\xd8\xff\xe0", "a picture"),
        (b"SQLite format 3\0", "a database"),
        (b"   %PDF-1", "a PDF"),
        (b"\xef\xbb\xbf{", "JSON"),
    ],
)
def test_what_is_another_kind_of_file_is_told_by_its_first_bytes(content, what):
    with pytest.raises(QuarantineError, match=f"this is {what}"):
        sheets_of("own.csv", content)


def test_a_bracket_or_a_number_may_begin_a_table():
    assert cells(read("[a],b\n1,2\n"))[0] == ["[a]", "b"]
    assert cells(read("1,2\n3,4\n"))[0] == ["1", "2"]


def test_labels_are_added_once_each():
    found = read("a,b\n1,2\n")
    made = found.rewritten(([0, 0, 1, 1], [0, 1, 0, 1]), ["c", "a", "c", ""])

    assert made.labels == ["", "a", "b", "1", "2", "c"]
    assert made.grid.tolist() == [[5, 1], [5, 0]]
    assert found.labels == ["", "a", "b", "1", "2"]


def test_formulas_without_results_may_stand_beyond_the_last_cell():
    """Of which the reader gives nothing: they are put where they stand."""

    def fill(workbook) -> None:
        one = workbook.add_worksheet("One")
        one.write_row(0, 0, ["month", "n"])
        one.write_row(1, 0, ["2020-01", 5])
        one.write_formula(3, 2, "=B2", None, "")

    (found,) = sheets_of("own.xlsx", book(fill))

    assert found.row(2) == ["", "", workbook.NO_RESULT]
    assert found.line.tolist() == [1, 2, 4]
    assert found.ragged.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("place", "row", "column"),
    [
        ("A1", 0, 0),
        ("Z9", 8, 25),
        ("AA10", 9, 26),
        ("BA1", 0, 52),
        ("ZZ1", 0, 701),
        ("AAA1", 0, 702),
    ],
)
def test_a_cells_place_is_its_letters_and_its_number(place, row, column):
    found = re.fullmatch(r"([A-Z]+)(\d+)", place)

    assert workbook._place(found) == (row, column)


def test_rows_and_cells_of_a_page_belong_to_the_table_that_is_open():
    made = b"<tr><td>out</td></tr><table><td>no row</td><tr><td>1<tr><td>2<td>3</table>4<td>5</td>"

    assert markup.tables(made) == [[["1"], ["2", "3"]]]
    assert markup.tables(b"<p>none</p>") == []
    assert markup.tables(b"<table></table><table><tr></tr></table>") == [[], [[]]]
    assert markup.tables(b"<table><tr><td>a") == [[["a"]]]
    assert markup.tables(b"<table><tr><td>\xff") == [[["\ufffd"]]]


def test_what_follows_an_inner_table_belongs_to_the_outer_ones_row():
    made = b"<table><tr><td>1<table><tr><td>2</table><td>3</td></tr><tr><td>4</td></tr></table>"

    assert markup.tables(made) == [[["1", "3"], ["4"]], [["2"]]]


@pytest.mark.parametrize(
    ("library", "content", "said"),
    [
        (
            "python_calamine",
            b"PK\x03\x04",
            "own: to read workbooks install python-calamine, or save it as CSV",
        ),
        ("pyarrow", b"PAR1", "own: to read Parquet install pyarrow, or give CSV"),
    ],
)
def test_what_reads_a_kind_of_file_may_not_be_installed(monkeypatch, library, content, said):
    monkeypatch.setitem(sys.modules, library, None)

    with pytest.raises(DataError) as refused:
        sheets_of("own", content)

    assert str(refused.value) == said


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        zipped(content_xml=b"<x/>"),
        zipped(xl__workbook_xml=b"<sheet/>"),
        zipped(xl__workbook_xml=b"\xff\xfe\xfd"),
        zipped(xl__workbook_xml=b"<x/>")[:-30],
    ],
    ids=["another kind", "no relations", "no text", "cut"],
)
def test_what_is_no_workbook_of_this_kind_has_no_such_formulas(content):
    assert workbook.without_result(content) == {}


def test_a_sheet_that_is_not_there_has_no_formulas():
    """As of charts that stand on a sheet of their own."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("xl/workbook.xml", '<sheet name="A" r:id="r1"/><sheet name="B" r:id="r2"/>')
        made.writestr(
            "xl/_rels/workbook.xml.rels",
            '<Relationship Id="r1" Target="/xl/a.xml"/><Relationship Id="r2" Target="b.xml"/>',
        )
        made.writestr(
            "xl/b.xml",
            '<c r="C7"><f>1+1</f></c><c r="D7" t="str"><f>"x"</f><v></v></c><c r="E7"><f>2</f>'
            '<v>2</v></c><c r="F7"><v>3</v></c><c><f>1</f></c>',
        )

    assert workbook.without_result(out.getvalue()) == {"A": [], "B": [(6, 2)]}


def test_lines_longer_than_a_cell_may_be_are_cut_by_what_separates_them():
    """Of one separator alone they are cells of a size that can be read."""
    found = read("a,b\n" + "x" * 70_000 + "," + "y" * 70_000 + "\n")

    assert (found.separator, found.grid.shape) == (",", (2, 2))
    assert found.row(1) == ["x" * 70_000, "y" * 70_000]


LINES = 'site,month,"a, b"\n"x\ny",2020-01,5\nz,2020-02,6,\n\nz,2020-03\nCañon,2020-04,7\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize(("block", "piece"), [(1, 1), (2, 7), (3, 50)])
def test_a_file_is_the_same_in_pieces_of_any_size(monkeypatch, encoding, block, piece):
    content = LINES.encode(encoding)
    whole = read(content)
    monkeypatch.setattr(sheet, "_BLOCK", block)
    monkeypatch.setattr(sheet, "_PIECE", piece)
    found = read(content)

    assert cells(found) == cells(whole)
    assert found.line.tolist() == whole.line.tolist() == [1, 3, 4, 6, 7]
    assert found.ragged.tolist() == whole.ragged.tolist() == [0, 0, 0, -1, 0]
    assert found.notes == whole.notes


def test_a_letter_that_two_pieces_share_is_read_as_one(monkeypatch):
    monkeypatch.setattr(sheet, "_PIECE", 2)

    assert read("é,è\n1,2\n").notes == ()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            '[{"m": "2020-01", "n": 5}, {"n": null, "m": "2020-02"}]',
            [["2020-01", 5], ["2020-02", ""]],
        ),
        ('{"m": "2020-01", "n": 5}\n{"m": "2020-02", "n": 6}\n', [["2020-01", 5], ["2020-02", 6]]),
        ('{"of": {"a": 1}, "data": [["m", "n"], ["2020-01", 5]]}', [["2020-01", 5]]),
        ('[{"m": "2020-01"}, {"m": "2020-02", "n": 6}]', [["2020-01", ""], ["2020-02", 6]]),
    ],
)
def test_json_is_read_where_it_is_a_list_of_rows(text, rows):
    found = read(text)

    assert cells(found) == [["m", "n"], *rows]
    assert found.line.tolist() == [*range(1, len(rows) + 2)]


def test_a_number_that_is_none_is_a_sign_for_a_missing_one():
    """As programs write NaN for a count that they do not have."""
    found = read('[{"m": "2020-01", "n": NaN}, {"m": "2020-02", "n": Infinity}]')
    packed = in_parquet(pa.table({"n": [float("nan"), 2.0]}))

    assert cells(found)[1:] == [["2020-01", "nan"], ["2020-02", "inf"]]
    assert cells(read(packed))[1:] == [["nan"], [2.0]]


@pytest.mark.parametrize(
    ("values", "shown"),
    [([[1, 2], None], ["[1, 2]", ""]), ([{"a": 1}, {"a": 2}], ["{'a': 1}", "{'a': 2}"])],
)
def test_what_is_no_single_cell_in_parquet_is_text(values, shown):
    assert [row[0] for row in cells(read(in_parquet(pa.table({"n": values, "m": [1, 2]}))))] == [
        "n",
        *shown,
    ]


@pytest.mark.parametrize(
    "text",
    [
        '{"2020-01": 5}',
        '[{"m": "2020-01", "n": {"all": 5}}]',
        '{"a": [["m"]], "b": [["m"]]}',
        '[{"m": 1}, [2]]',
        "[[]]",
        '{"m": 1,',
        "[" * 100_000,
    ],
)
def test_other_json_is_refused_with_what_to_write(text):
    with pytest.raises(QuarantineError, match=r'a list of rows such as \[\{"month": "2024-01"'):
        read(text)


PEAK = """
import resource, sys
from pathlib import Path
from forecast.tables.read import read_table
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before = peak()
read = read_table(Path(sys.argv[1]))
print(len(read.counts.names), peak() - before)
"""


@pytest.mark.slow
def test_a_large_file_takes_no_more_than_three_times_its_size(tmp_path):
    """As it does 300 MB of memory for 100 MB: cells are numbers, and nothing is there twice."""
    months = [f"{2018 + at // 12}-{at % 12 + 1:02}" for at in range(72)]
    with (tmp_path / "large.csv").open("w") as file:
        file.write("Clinic,Month,Visits\n")
        for clinic in range(8_000):
            file.writelines(f"Clinic {clinic:06},{m},{clinic % 4000}\n" for m in months)
    size = (tmp_path / "large.csv").stat().st_size
    words = [sys.executable, "-c", PEAK, str(tmp_path / "large.csv")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    series, more = map(int, done.stdout.split())

    assert series == 8_000
    assert more < 3 * size
