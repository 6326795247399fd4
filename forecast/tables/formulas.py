"""Cells of a workbook whose formula has no result in the file.

Excel keeps the last result beside each formula; programs that write workbooks keep none, or 0. To
a reader such cells are blank, and a count would be missing that anybody sees who opens the file.
"""

from __future__ import annotations

import io
import re
import zipfile
from html import unescape

NO_RESULT = "(formula without a result)"  # what stands in such a cell

_MOST = 100_000_000  # bytes of a sheet; a larger one is not looked at
_SHEET = re.compile(r'<sheet\b[^>]*\bname="([^"]*)"[^>]*\br:id="([^"]*)"')
_RELATION = re.compile(r"<Relationship\b[^>]*>")
_CELL = re.compile(
    r"<c\b([^>]*)>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v>([^<]*)</v>)?", re.ASCII
)


def without_result(content: bytes) -> dict[str, list[tuple[int, int]]]:
    """Sheet -> rows and columns, from 0, of its formulas without a result; {} of an older workbook.

    Where a sheet has three formulas or more, and the result of each is 0, none was ever computed.
    """
    missing: dict[str, list[tuple[int, int]]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            relations = _RELATION.findall(parts.read("xl/_rels/workbook.xml.rels").decode())
            named = [dict(re.findall(r'\b(Id|Target)="([^"]*)"', text)) for text in relations]
            target = {of.get("Id"): of.get("Target", "").removeprefix("/xl/") for of in named}
            for title, key in _SHEET.findall(parts.read("xl/workbook.xml").decode()):
                path = f"xl/{target[key]}"
                small = path in parts.namelist() and parts.getinfo(path).file_size <= _MOST
                formulas = [
                    (place, result)
                    for attributes, result in _CELL.findall(
                        parts.read(path).decode() if small else ""
                    )
                    if 't="str"' not in attributes
                    and (place := re.search(r'\br="([A-Z]+)(\d+)"', attributes)) is not None
                ]
                never = len(formulas) > 2 and all(result in ("", "0") for _, result in formulas)
                missing[unescape(title)] = [
                    _place(place) for place, result in formulas if never or result == ""
                ]
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError):
        return {}  # not a workbook of this kind; whoever reads its cells says what is wrong
    return missing


def _place(match: re.Match[str]) -> tuple[int, int]:
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]) - 1, column - 1
