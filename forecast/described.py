"""A source that somebody describes in a folder of their own: its `source.toml`, checked.

The folder lies beside the settings, or in `sources` there, and has the name that they call the
source by. Nothing is installed: what the file says becomes words of the settings and of the record.
docs/publishers.md shows such a file. Shipped tables are checked by the same model, in the tests.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from forecast.agreed import FileColumns, QuantityKind
from forecast.errors import ConfigError
from forecast.sources.source import (
    Agreement,
    DueDays,
    Hierarchy,
    MeasureWords,
    Publisher,
    ReleasePages,
    TotalWords,
)
from forecast.types import Absent, Break, Term

TABLE = "source.toml"
_MonthNumber = Annotated[int, Field(ge=1, le=12)]
_InHierarchy = Literal["by_component", "halves", "aside", "parents", "unmistakable", "dimensions"]
Days = Annotated[int, Field(ge=0, le=366)]


class _Described(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class TotalsTable(TotalWords):
    """What the counts are of. labels : a file's label -> the total. closed : as in settings."""

    part: str = "part"
    below: str = "parts"
    labels: Mapping[str, str] = field(default_factory=dict)
    closed: tuple[str, ...] = ()


class ColumnTable(_Described):
    """A column of a file whose lines are looked at one by one; see docs/publishers.md."""

    role: Annotated[str, Field(alias="is", min_length=1)]
    called: str = ""
    values: tuple[str, ...] | dict[str, str] | None = None
    known: tuple[str, ...] | None = None
    renamed: dict[str, str] = {}
    number: Literal["whole", "exact"] | None = None
    pattern: str = ""
    expected: str = ""
    problem: str = ""
    capitals: bool = False


class FileTable(_Described, FileColumns):
    """What is in a file: found by content where it is not said, or each column by its name.

    name : of files, as shells write patterns, "asylum*.csv"; a regular expression with `layouts`.
    path, address : where files come from. month to sum : as options of `bordercast forecast` say.
    absent : what a month without a line means: "unknown"; "parts", 0 of a part whose total has
    lines; or "none", 0 of everything.
    """

    name: str = "*"
    path: str = ""
    address: str = ""
    total: str | tuple[str, ...] = ()
    value: str | tuple[str, ...] = ()
    absent: Literal["unknown", "parts", "none"] = "parts"
    layouts: dict[str, tuple[str, ...]] = {}
    columns: dict[str, ColumnTable] = {}
    only: dict[str, str] = {}
    absent_is_none: bool = False
    exact: bool = False

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.layouts and not self.columns:
            raise ValueError("columns are missing: each column of a layout is one")
        for layout, names in self.layouts.items():
            unknown = [name for name in names if name not in self.columns]
            if unknown:
                raise ValueError(f"column {unknown[0]!r} of layout {layout!r} is not in columns")
        roles = {column.role for column in self.columns.values()}
        if self.columns and "month" not in roles:
            raise ValueError("columns need one that is 'month', with 'year' apart or in it")
        if self.columns and not any(column.number for column in self.columns.values()):
            raise ValueError("columns need one with a number: what is counted")
        return self


class SourceTable(_Described):
    """All that a `source.toml` may say."""

    like: str = ""
    year_begins: _MonthNumber = 1
    due: tuple[Days, Days] | tuple[Days, Days, Days] = (1, 28)
    example: str = ""
    kind: QuantityKind = "flow"
    jumps: bool = False
    calm: bool = False
    claims: bool = False
    beside: str = ""
    rounded: str = ""
    counted: str = ""
    tolerance: Annotated[int, Field(ge=0)] = 0
    lexicon: tuple[str, ...] = ()
    settings: dict[str, str | int | float] | None = None
    publisher: Publisher
    measure: MeasureWords
    totals: TotalsTable = TotalsTable()
    file: FileTable = FileTable()
    pages: ReleasePages = ReleasePages()
    help: dict[str, str] = {}
    hierarchy: dict[_InHierarchy, Any] = {}
    labels: dict[str, dict[str, Any]] = {}
    agreement: Agreement | None = None
    breaks: tuple[Break, ...] = ()
    terms: tuple[Term, ...] = ()
    absent: tuple[Absent, ...] = ()

    @property
    def days(self) -> DueDays:
        """Return from, to and after which day figures come and are overdue."""
        first, last, *late = self.due
        return DueDays(first, last, late[0] if late else last + 2)

    def parts(self) -> Hierarchy:
        """Return how its series add up, and what their labels are called."""
        labels = {**self.labels, "called": self.labels.get("dimensions")}
        labels.pop("dimensions", None)
        # A source like another says of what it has not that it is empty.
        said: dict[str, Any] = {**labels, **{str(n): of for n, of in self.hierarchy.items()}}
        given = {name: of for name, of in said.items() if of}
        return TypeAdapter(Hierarchy).validate_python(given)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if list(self.due) != sorted(self.due):
            raise ValueError(f"due: {list(self.due)} must be days that do not go back")
        if self.file.columns and self.agreement is None:
            raise ValueError("agreement is missing: when is a release of these lines refused?")
        return self


def table(path: Path) -> dict[str, Any]:
    """Return what a `source.toml` says, checked.

    ConfigError if it cannot be read, or says something that no source has: the key and its line.
    """
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(str(path), "file", f"cannot be read: {error}") from error
    check(settings, path)
    return settings


def check(settings: Mapping[str, Any], path: Path) -> SourceTable:
    """Return a table of a source, checked; errors as `table`. path : where it was read."""
    try:
        return SourceTable.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        known = _names(settings) | set(map(str, first["loc"]))
        keys = [key for key in map(str, first["loc"]) if key in known]
        keys = [key for key in keys if not re.fullmatch(r"tuple\[.*|function-.*|str|dict\[.*", key)]
        message = str(first.get("ctx", {}).get("error", first["msg"]))
        problem = f"{first.get('input')!r} is not allowed: {message[:1].lower()}{message[1:]}"
        if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
            problem = "no source has such a key; docs/publishers.md shows all of them"
        elif first["type"] == "missing":
            problem = "is missing; every source says it"
        lines = path.read_text(encoding="utf-8") if path.is_file() else ""
        line = line_of(lines, keys) if lines else 0
        raise ConfigError(str(path), ".".join(keys) or "table", problem, line) from error


def _names(settings: Mapping[str, Any]) -> set[str]:
    """Return every key of a table and of those in it."""
    inside = (_names(value) for value in settings.values() if isinstance(value, dict))
    return set(settings).union(*inside)


def line_of(text: str, keys: Sequence[str]) -> int:
    """Return the line of a key in TOML, of the nearest table above it where it is not there.

    keys : names, and of a list of tables which one, "0".
    """
    best, nearest, here = 0, 1, list[str]()
    lists: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.fullmatch(r"\s*(\[+)(.+?)\]+\s*(?:#.*)?", line)
        entry = re.match(r"\s*(\"[^\"]*\"|'[^']*'|[\w.-]+)\s*=", line)
        if header:
            table = _keys(header[2])
            if header[1] == "[[":
                lists[tuple(table)] = lists.get(tuple(table), -1) + 1
            here = []
            for at, key in enumerate(table, start=1):
                of_list = tuple(table[:at])
                here += [key, str(lists[of_list])] if of_list in lists else [key]
        path = here if header else [*here, *_keys(entry[1])] if entry else []
        if len(path) > best and path == list(keys[: len(path)]):
            best, nearest = len(path), number
    return nearest


def _keys(dotted: str) -> list[str]:
    parts = re.findall(r"\"([^\"]*)\"|'([^']*)'|([\w-]+)", dotted)
    return ["".join(part) for part in parts]


def find(beside: Path, name: str) -> Path | None:
    """Return the table of the source so called, in a folder beside the settings; None without."""
    places = (beside / "sources" / name / TABLE, beside / name / TABLE)
    return next((place for place in places if place.is_file()), None)


def section(path: Path, name: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the section of the settings that a source's table stands for; errors as `table`.

    own : what the settings say of the source beside its name: [forecast], [flags].
    """
    settings = table(path)
    of = check(settings, path)
    measure, totals, file, publisher = of.measure, of.totals, of.file, of.publisher
    if file.columns or of.like:
        return {**own, "kind": name, "table": settings}
    alike: dict[str, Any] = {
        name: getattr(table, name)
        for table, names in (
            (measure, ("noun", "title", "definition", "caveat")),
            (publisher, ("credit", "short", "revises", "restates")),
            (totals, ("one", "many", "place", "part", "closed", "labels")),
            (file, ("absent", "path", "address")),
            (of, ("tolerance", "year_begins", "jumps")),
        )
        for name in names
    }
    series, value = ((of,) if isinstance(of, str) else of for of in (file.total, file.value))
    return {**own, "kind": "counts", "name": name, **alike} | {
        "publisher": publisher.name,
        "homepage": publisher.address,
        "total": totals.whole,
        "parts": totals.below,
        "pattern": file.name,
        "due": of.due[:2],
        "overdue": of.days[2],
        "contract": {"kind": of.kind},
        "columns": {name: getattr(file, name) for name in FileColumns.model_fields}
        | {"series": series, "value": value},
    }
