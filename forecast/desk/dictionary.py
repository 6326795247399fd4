"""What every view and column of the record means, from dictionary.toml and the schema.

After a change of them `python -m forecast.desk.dictionary` renews docs/tables.md and the typed rows
of forecast/rows.py, each below its mark, and has store/schema.py know the views as they are now.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from forecast.errors import DataError
from forecast.sources import holes

if TYPE_CHECKING:
    from forecast.sources.source import Source  # `--help` names views, and needs no source

MARK = "<!-- Below: python -m forecast.desk.dictionary -->"
ROWS_MARK = "# Below: python -m forecast.desk.dictionary"
FULL = 99  # letters of a line of them
ColumnKind = Literal["text", "count", "real"]
_TYPES: Mapping[ColumnKind, str] = {"text": "str", "count": "int", "real": "float"}


class Column(NamedTuple):
    """A column. unit : "" where there is none, of a count with a hole for what is counted."""

    kind: ColumnKind
    unit: str
    values: str
    about: str


@dataclass(frozen=True)
class View:
    """What a view is for.

    row : what a row is, with holes for a source's words. note : what to mind when using it.
    special : columns that mean something of their own here. null : those that may be null.
    record : name of its rows' type in `forecast.rows`, "" where the program reads none by name.
    """

    name: str
    row: str
    note: str
    special: Mapping[str, Column]
    null: frozenset[str] = frozenset()
    record: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names, in the order of the schema."""
        from forecast.store.read import view_columns  # `--help` names views, and needs no store

        return view_columns()[self.name]

    def row_in(self, source: Source) -> str:
        """Say what a row is, in a source's words."""
        return holes.fill(self.row, holes.words_of(source))

    def described(self) -> dict[str, Column]:
        """Name -> what it holds, in order; DataError of a column that no entry describes."""
        described = {name: self.special.get(name) or COLUMNS.get(name) for name in self.columns}
        if lacking := [name for name, column in described.items() if column is None]:
            types = ", ".join(_TOML["types"])
            problem = f"say it below [columns.TYPE], or TYPE.column of [views.{self.name}]: {types}"
            raise DataError(
                f"dictionary.toml: what holds {', '.join(lacking)} of {self.name}? {problem}"
            )
        return {name: column for name, column in described.items() if column}


def _columns(by_type: Mapping[str, Any]) -> dict[str, Column]:
    """Columns of dictionary.toml: by type, each its meaning or a table with a unit or range."""
    columns = {}
    for name, (kind, unit, span) in _TOML["types"].items():
        for column, words in by_type.get(name, {}).items():
            own = {"about": words} if isinstance(words, str) else words
            named = own.get("unit", unit), own.get("range", span), own["about"]
            columns[column] = Column(kind, *named)
    return columns


def _view(name: str, about: Mapping[str, Any]) -> View:
    like = _TOML["views"].get(about.get("like"), about)
    null = frozenset(like.get("null", ()))
    more = about.get("note", ""), _columns(like), null, about.get("record", "")
    return View(name, about["row"], *more)


_TOML = tomllib.loads(Path(__file__).with_name("dictionary.toml").read_text("utf-8"))
COLUMNS = _columns(_TOML["columns"])
FIGURES = _TOML["figures"]  # of what `export facts` writes
VIEWS = {name: _view(name, about) for name, about in _TOML["views"].items()}


class ColumnMeaning(NamedTuple):
    """What a column of a table holds."""

    name: str
    unit: str
    span: str
    about: str


# The one source of meanings: pages, workbooks, docs and the Python API read it here.
def definitions(view: View, source: Source) -> Iterator[ColumnMeaning]:
    """Describe a view's columns."""
    words = holes.words_of(source)
    for name, (kind, unit, span, about) in view.described().items():
        filled = holes.fill(about, words)
        yield ColumnMeaning(name, unit.format(noun=source.measure.noun) or kind, span, filled)


def renewed(written: str, source: Source) -> str:
    """Replace everything below the mark of a page in Markdown."""
    lines = [written.partition(MARK)[0].rstrip(), "", MARK]
    lines += ["", "## All views", "", "| view | a row is |", "|---|---|"]
    lines += [f"| [{view.name}](#{view.name}) | {view.row_in(source)} |" for view in VIEWS.values()]
    for view in VIEWS.values():
        lines += ["", f"## {view.name}", "", f"A row is {view.row_in(source)}."]
        lines += ["", view.note] if view.note else []
        lines += ["", "| column | unit | values | meaning |", "|---|---|---|---|"]
        for cells in definitions(view, source):
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    lines += ["", "## Figures", "", "What is said of a month: `bordercast export facts`.", ""]
    lines += ["| figure | unit | window | of | vintage | meaning |", "|---|---|---|---|---|---|"]
    for name, about in FIGURES.items():
        parts = (about[part] for part in ("unit", "window", "of", "vintage", "about"))
        lines.append(f"| {name} | {' | '.join(parts)} |")
    return "\n".join(lines) + "\n"


def renewed_rows(written: str) -> str:
    """Replace everything below the mark of rows.py: a type for each view read by name."""
    from forecast import rows  # `--help` names views, and needs no rows

    lines = [f"{written.partition(ROWS_MARK)[0]}{ROWS_MARK}", "# fmt: off", "# ruff: noqa: E702"]
    for view in VIEWS.values():
        if view.record:
            lines += ["@dataclass(frozen=True, slots=True)", f"class {view.record}:"]
            lines += [f'    """Row of the view {view.name}."""', ""]
            line = "   "
            for name, column in view.described().items():
                null = " | None" if name in view.null else ""
                field = f" {rows.FIELD.get(name, name)}: {_TYPES[column.kind]}{null};"
                # Filled up, as nobody writes them: a class a screen long would say no more.
                if len(line) + len(field) > FULL:
                    lines.append(line.removesuffix(";"))
                    line = "   "
                line += field
            lines += [line.removesuffix(";"), ""]
    lines.pop()
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    from functools import partial

    from forecast.sources import catalog
    from forecast.store import schema
    from forecast.types import DEFAULT_SOURCE

    package = Path(__file__).parents[1]
    for page, anew in (
        (
            package.parent / "docs" / "tables.md",
            partial(renewed, source=catalog.find(DEFAULT_SOURCE)),
        ),
        (package / "rows.py", renewed_rows),
        (package / "store" / "schema.py", schema.renewed),
    ):
        try:
            page.write_text(anew(page.read_text("utf-8")), "utf-8")
        except DataError as error:
            raise SystemExit(str(error)) from None
