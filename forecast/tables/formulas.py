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
    if not content.startswith(b"PK"):
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            return {title: _in_sheet(parts, path) for title, path in _sheets(parts)}
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError):
        return {}  # not a workbook of this kind; whoever reads its cells says what is wrong


def _sheets(parts: zipfile.ZipFile) -> list[tuple[str, str]]:
    book = parts.read("xl/workbook.xml").decode()
    relations = _RELATION.findall(parts.read("xl/_rels/workbook.xml.rels").decode())
    target = {}
    for relation in relations:
        named = dict(re.findall(r'\b(Id|Target)="([^"]*)"', relation))
        target[named.get("Id", "")] = named.get("Target", "").removeprefix("/xl/")
    return [(unescape(title), f"xl/{target[key]}") for title, key in _SHEET.findall(book)]


def _in_sheet(parts: zipfile.ZipFile, path: str) -> list[tuple[int, int]]:
    if path not in parts.namelist() or parts.getinfo(path).file_size > _MOST:
        return []
    formulas = [
        (place, result)
        for attributes, result in _CELL.findall(parts.read(path).decode())
        if 't="str"' not in attributes
        and (place := re.search(r'\br="([A-Z]+)(\d+)"', attributes)) is not None
    ]
    never = len(formulas) > 2 and all(result in ("", "0") for _, result in formulas)
    return [_place(place) for place, result in formulas if never or result == ""]


def _place(match: re.Match[str]) -> tuple[int, int]:
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]) - 1, column - 1
