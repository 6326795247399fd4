"""Workbooks that say more than they hold: refused in words, and nobody dies of them."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner
from xlsxwriter import Workbook

from forecast import config
from forecast.context import Context
from forecast.errors import QuarantineError
from forecast.tables import workbook
from forecast.tables.sheet import sheets_of
from jobs.cli import main
from jobs.service import wakeup
from tests.support.databases import rows

NOW = datetime(2024, 1, 20, tzinfo=UTC)
RELEASES = "select file_name, status, reason from releases"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
STRINGS = f'<sst xmlns="{MAIN}"><si><t>a</t></si></sst>'


def book(sheet: str, strings: str = STRINGS) -> bytes:
    """A workbook of one sheet, written by hand: no library writes such ones."""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{sheet}</sheetData>'
        "</worksheet>",
        "xl/sharedStrings.xml": strings,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in parts.items():
            made.writestr(name, text)
    return out.getvalue()


def two_cells(last: str, row: int, cell: str = '<c r="{}"><v>1</v></c>') -> bytes:
    first = '<row r="1"><c r="A1"><v>1</v></c></row>'
    return book(f'{first}<row r="{row}">{cell.format(last)}</row>')


FAR = two_cells("XFD1048576", 1_048_576)
FALSE_COUNT = book(
    '<row r="1"><c r="A1" t="s"><v>0</v></c></row>',
    STRINGS.replace("<sst ", '<sst count="9" uniqueCount="99999999999999" '),
)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (FAR, r"broke down \(signal 6\), perhaps for want of 640 MB of memory; delete cells far"),
        (two_cells("GR1048576", 1_048_576), r"broke down \(signal 6\)"),
        (
            two_cells("F1048576", 1_048_576),
            r"reach over 1,048,576 lines and 6 columns, and at most",
        ),
        (FALSE_COUNT, r"broke down \(signal 6\), perhaps for want of 640 MB of memory"),
    ],
    ids=["far cell", "two hundred columns", "six columns", "false count"],
)
def test_a_workbook_that_ended_the_process_is_refused(content, reason):
    with pytest.raises(QuarantineError, match=reason) as refused:
        sheets_of("bomb.xlsx", content)

    assert str(refused.value).startswith("bomb.xlsx: the workbook cannot be read (")


@pytest.mark.parametrize("cell", ['<c r="{}" s="0"/>', '<c r="{}" s="0"></c>'])
def test_a_cell_without_content_may_stand_anywhere(cell):
    (found,) = sheets_of("own.xlsx", two_cells("XFD1048576", 1_048_576, cell))

    assert found.grid.shape == (1, 1)


@pytest.mark.parametrize(
    ("limits", "problem"),
    [
        ({"seconds": 0.01}, "what reads it took more than 0.01 seconds"),
        ({"answer": 9}, "what reads it gave more than 9 bytes"),
        ({"memory": 1_000}, "what reads it"),
    ],
)
def test_a_workbook_is_read_within_limits(monkeypatch, limits, problem):
    monkeypatch.setattr(workbook, "LIMITS", workbook.LIMITS._replace(**limits))

    with pytest.raises(ValueError, match=f"{problem}.*; delete cells far from the table, or save"):
        workbook.read(two_cells("A2", 2))


def test_cells_come_back_as_what_they_are_in_their_places():
    out = io.BytesIO()
    with Workbook(out, {"remove_timezone": True}) as made:
        made.add_worksheet("Empty")
        sheet = made.add_worksheet("One")
        day = made.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write(2, 1, "caf\u00e9")
        sheet.write(2, 3, 0.1)
        sheet.write(3, 2, date(2024, 2, 29), day)
        sheet.write(3, 3, True)
        sheet.write(4, 1, "2024")
        sheet.write(4, 3, 2024)

    empty, (*_, found, codes) = workbook.read(out.getvalue())

    assert empty == ("Empty", False, 0, [""], b"")
    labels = ["", "caf\u00e9", 0.1, date(2024, 2, 29), "TRUE", "2024", 2024.0]
    assert found == labels
    assert [type(each) for each in found] == [type(each) for each in labels]
    assert memoryview(codes).cast("i").tolist() == [
        *(0, 0, 0, 0) * 2,
        *(0, 1, 0, 2),
        *(0, 0, 3, 4),
        *(0, 5, 0, 6),
    ]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A service on own counts: a good delivery of six years."""
    monkeypatch.chdir(tmp_path)
    lines = [f"20{y}-{m:02},{100 + 7 * m + y}" for y in range(18, 24) for m in range(1, 13)]
    (tmp_path / "deliveries").mkdir()
    (tmp_path / "deliveries" / "a.csv").write_text("\n".join(["Month,Visits", *lines, ""]))
    done = CliRunner().invoke(main, ("config", "init", "deliveries"))
    assert done.exit_code == 0, done.output
    with (tmp_path / "config.toml").open("a") as file:
        file.write('\n[compute]\nengine = "serial"\n')
    return tmp_path


@pytest.mark.slow
def test_such_a_delivery_goes_to_the_quarantine_and_the_service_goes_on(folder):
    path, found = folder / "bordercast.db", config.load(folder / "config.toml")
    done = [wakeup.wake(Context.open(path, found), NOW)]
    for name, content in (("far.xlsx", FAR), ("false.xlsx", FALSE_COUNT)):
        (folder / "deliveries" / name).write_bytes(content)
    done += [wakeup.wake(Context.open(path, found), NOW) for _ in range(2)]

    assert [each.outcome for each in done] == ["published", "nothing new", "nothing new"]
    assert [each.detail.count("refused") for each in done] == [0, 2, 0]
    refused = {name: why for name, status, why in rows(path, RELEASES) if status == "quarantined"}
    assert sorted(refused) == ["false.xlsx", "far.xlsx"]
    assert "delete cells far from the table" in refused["far.xlsx"]
    kept = (folder / "quarantine").rglob("*")
    assert {"far.xlsx", "far.xlsx.reason.txt", "false.xlsx"} <= {each.name for each in kept}
    assert rows(path, "select count(*) from runs") == [(1,)]


LISTED = '<workbook><sheets><sheet name="A &amp; B" sheetId="1" r:id="rId1"/></sheets></workbook>'
RELATIONS = '<Relationships><Relationship Target="{}" Id="rId1"/></Relationships>'


def with_cells(*cells: str, target: str = "worksheets/sheet1.xml") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as parts:
        parts.writestr("xl/workbook.xml", LISTED)
        parts.writestr("xl/_rels/workbook.xml.rels", RELATIONS.format(target))
        parts.writestr("xl/worksheets/sheet1.xml", f"<sheetData>{''.join(cells)}</sheetData>")
    return made.getvalue()


def formula_cell(place: str, result: str, formula: str = "<f>1+1</f>", kind: str = "") -> str:
    return f'<c r="{place}"{kind}>{formula}{result}</c>'


@pytest.mark.parametrize(
    ("result", "missing"),
    [("", True), ("<v></v>", True), ("<v/>", True), ("<v>0</v>", False), ("<v>7</v>", False)],
)
def test_a_formula_has_a_result_or_none(result, missing):
    found = workbook.without_result(
        with_cells(formula_cell("B3", result), formula_cell("C3", "<v>5</v>"))
    )

    assert found == {"A & B": [(2, 1)] if missing else []}


@pytest.mark.parametrize(
    ("results", "missing"),
    [("00", 0), ("000", 3), ("0000", 4), ("001", 0)],
)
def test_three_formulas_that_are_all_0_were_never_computed(results, missing):
    cells = [formula_cell(f"A{row}", f"<v>{x}</v>") for row, x in enumerate(results, start=1)]

    assert len(workbook.without_result(with_cells(*cells))["A & B"]) == missing


@pytest.mark.parametrize(
    ("place", "expected"),
    [("A1", (0, 0)), ("Z1", (0, 25)), ("AA10", (9, 26)), ("BC2", (1, 54)), ("AAA1", (0, 702))],
)
def test_a_cell_is_named_by_its_row_and_column(place, expected):
    assert workbook.without_result(with_cells(formula_cell(place, ""))) == {"A & B": [expected]}


def test_shared_formulas_count_and_texts_and_plain_numbers_do_not():
    cells = [
        formula_cell("A1", "", '<f t="shared" si="0"/>'),
        formula_cell("A2", "<v></v>", kind=' t="str"'),
        '<c r="A3"><v>0</v></c>',
    ]

    assert workbook.without_result(with_cells(*cells)) == {"A & B": [(0, 0)]}


@pytest.mark.parametrize(
    ("target", "found"),
    [("/xl/worksheets/sheet1.xml", [(0, 0)]), ("worksheets/none.xml", [])],
)
def test_a_sheet_is_found_from_the_root_too(target, found):
    assert workbook.without_result(with_cells(formula_cell("A1", ""), target=target)) == {
        "A & B": found
    }


@pytest.mark.parametrize("content", [b"", b"\xd0\xcf\x11\xe0", b"PK and no zip"])
def test_what_is_no_such_workbook_has_none(content):
    assert workbook.without_result(content) == {}
