from __future__ import annotations

import io
import zipfile

import pytest

from forecast.tables.formulas import without_result

BOOK = '<workbook><sheets><sheet name="A &amp; B" sheetId="1" r:id="rId1"/></sheets></workbook>'
RELATIONS = '<Relationships><Relationship Target="{}" Id="rId1"/></Relationships>'


def workbook(*cells: str, target: str = "worksheets/sheet1.xml") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as parts:
        parts.writestr("xl/workbook.xml", BOOK)
        parts.writestr("xl/_rels/workbook.xml.rels", RELATIONS.format(target))
        parts.writestr("xl/worksheets/sheet1.xml", f"<sheetData>{''.join(cells)}</sheetData>")
    return made.getvalue()


def cell(place: str, result: str, formula: str = "<f>1+1</f>", kind: str = "") -> str:
    return f'<c r="{place}"{kind}>{formula}{result}</c>'


@pytest.mark.parametrize(
    ("result", "missing"),
    [("", True), ("<v></v>", True), ("<v/>", True), ("<v>0</v>", False), ("<v>7</v>", False)],
)
def test_a_formula_has_a_result_or_none(result, missing):
    found = without_result(workbook(cell("B3", result), cell("C3", "<v>5</v>")))

    assert found == {"A & B": [(2, 1)] if missing else []}


@pytest.mark.parametrize(
    ("results", "missing"),
    [("00", 0), ("000", 3), ("0000", 4), ("001", 0)],
)
def test_three_formulas_that_are_all_0_were_never_computed(results, missing):
    cells = [cell(f"A{row}", f"<v>{x}</v>") for row, x in enumerate(results, start=1)]

    assert len(without_result(workbook(*cells))["A & B"]) == missing


@pytest.mark.parametrize(
    ("place", "expected"),
    [("A1", (0, 0)), ("Z1", (0, 25)), ("AA10", (9, 26)), ("BC2", (1, 54)), ("AAA1", (0, 702))],
)
def test_a_cell_is_named_by_its_row_and_column(place, expected):
    assert without_result(workbook(cell(place, ""))) == {"A & B": [expected]}


def test_shared_formulas_count_and_texts_and_plain_numbers_do_not():
    cells = [
        cell("A1", "", '<f t="shared" si="0"/>'),
        cell("A2", "<v></v>", kind=' t="str"'),
        '<c r="A3"><v>0</v></c>',
    ]

    assert without_result(workbook(*cells)) == {"A & B": [(0, 0)]}


@pytest.mark.parametrize(
    ("target", "found"),
    [("/xl/worksheets/sheet1.xml", [(0, 0)]), ("worksheets/none.xml", [])],
)
def test_a_sheet_is_found_from_the_root_too(target, found):
    assert without_result(workbook(cell("A1", ""), target=target)) == {"A & B": found}


@pytest.mark.parametrize("content", [b"", b"\xd0\xcf\x11\xe0", b"PK and no zip"])
def test_what_is_no_such_workbook_has_none(content):
    assert without_result(content) == {}
