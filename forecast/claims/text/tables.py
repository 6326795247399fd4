"""Tables and lists of a text: each number with its row, its column and its heading as one sentence.

Rows are lines whose cells are parted by bars or tabs, or lists of "label: number". What stands over
a table is its heading. A cell is then read as if all that were said in one sentence.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forecast import months
from forecast.periods import BARE_MONTH

MOST_CELLS = 600
_LONGEST = 160  # characters of a heading; a longer paragraph is none
_RULE = re.compile(r"[\s|:+=-]*")
_COUNT = re.compile(r"[~≈]?\$?\d[\d,.\u00a0\u202f]*\s?(?:%|percent|million|[KkMm]\b)?[*†]?")
_YEAR = re.compile(r"(?:FY ?)?(?:19|20)\d\d(?: ?(?:\(?ytd\)?|\(fy[a-z]+\)|to date))?", re.I)
MONTH = re.compile(rf"\b{BARE_MONTH}", re.I)
_FISCAL = re.compile(r"\bFY ?-?(?:20)?(\d\d)\b(?: ?YTD)?", re.I)
_TO_DATE = re.compile(
    _FISCAL.pattern + r",? \(Oct[a-z]*\.? 1 ?[-\u2013\u2014] ?(\w+)\.? \d+\)", re.I
)
_LISTED = re.compile(
    r"[ \t]*(?:[-*\u2022\u2013]\s+)?(?P<label>[^\d|\t\n][^|\t\n:]{1,60}?|(?:FY ?)?(?:19|20)\d\d)"
    r"(?::|,| [-\u2013\u2014])?[ \t]+(?P<cell>\d[\d,.]*(?:\s?(?:%|percent|million))?)"
    r"[ \t]*[.;,]?[ \t]*"
)
_TIME = rf"(?:\b{BARE_MONTH}[a-z]*\.?(?: (?:19|20)\d\d)?|{_YEAR.pattern})"
_CELL = rf"(?:{_TIME}|{_COUNT.pattern})"
# Columns that blanks part: months or years below each other, and counts.
_COLUMNS = re.compile(rf"(?P<label>[^\d|:;,]{{0,60}}?) *(?P<cells>{_CELL}(?: +{_CELL})+) *", re.I)


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of a table: its place in the text, and the sentence that it makes.

    at : where the number begins in that sentence. head : of its column.
    """

    start: int
    end: int
    sentence: str
    at: int
    head: str = ""


@dataclass(frozen=True, slots=True)
class TableField:
    """What stands between two bars, with its place in the text."""

    text: str
    start: int

    @property
    def is_count(self) -> bool:
        """Whether it is a number that is no year."""
        return bool(_COUNT.fullmatch(self.text)) and not _YEAR.fullmatch(self.text)


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of the text, with its cells if it is one of a table; none of a rule below heads."""

    text: str
    start: int
    fields: tuple[TableField, ...] = ()
    rule: bool = False

    @property
    def counts(self) -> list[TableField]:
        """Its numbers behind its label."""
        return [field for field in self.fields[1:] if field.is_count]


def read(text: str) -> tuple[str, list[Cell]]:
    """The text without its tables, as long as before, and their cells."""
    if "\n" not in text:
        return text, []
    lines, start = list[TextLine](), 0
    for row in text.split("\n"):
        rule = "-" in row and bool(_RULE.fullmatch(row))
        lines.append(TextLine(row, start, tuple(_fields(row, start)), rule))
        start += len(row) + 1
    cells: list[Cell] = []
    left = list(text)
    for first, last in _blocks(lines):
        block = lines[first:last]
        made = list(_cells(block, _heading(lines, first)))
        if len(cells) + len(made) > MOST_CELLS:
            break
        cells += made
        for line in block if made else ():
            left[line.start : line.start + len(line.text)] = " " * len(line.text)
    return "".join(left), cells


def _fields(row: str, start: int) -> Iterator[TableField]:
    """The cells of a line; two of a list of labels and numbers; none of any other line."""
    parted = "|" if row.count("|") >= 1 else "\t" if "\t" in row else ""
    if not parted:
        if columns := _COLUMNS.fullmatch(row):
            if columns["label"].strip():
                yield TableField(columns["label"].strip(), start + columns.start("label"))
            for cell in re.finditer(_CELL, row[columns.start("cells") :], re.I):
                yield TableField(cell[0].strip(), start + columns.start("cells") + cell.start())
        elif (listed := _LISTED.fullmatch(row)) and not _YEAR.fullmatch(listed["cell"]):
            for group in ("label", "cell"):
                yield TableField(listed[group].strip(), start + listed.start(group))
        return
    at = 0
    every = row.split(parted)
    for place, part in enumerate(every):
        bare = part.strip().strip("*_")
        outer = not bare and place in (0, len(every) - 1)
        if not outer:
            yield TableField(bare, start + at + (part.index(bare) if bare else 0))
        at += len(part) + 1


def _blocks(lines: Sequence[TextLine]) -> Iterator[tuple[int, int]]:
    """Stretches of lines that make a table: two rows at least, some with numbers."""
    first = 0
    while first < len(lines):
        last = first
        while last < len(lines) and (len(lines[last].fields) > 1 or lines[last].rule):
            last += 1
        if last - first >= 2 and sum(bool(line.counts) for line in lines[first:last]) >= 1:
            yield first, last
        first = max(last, first + 1)


def _heading(lines: Sequence[TextLine], first: int) -> str:
    """The line over a table, if it looks like a heading; two if the lower one says when."""
    above: list[str] = []
    for line in reversed(lines[max(0, first - 4) : first]):
        words = _TO_DATE.sub(r"fiscal year 20\1 through \2", line.text.strip())
        words = words.strip("#*_ ").rstrip(":.")
        counts = [m[0] for m in re.finditer(r"\d[\d,]*", words) if not _YEAR.fullmatch(m[0])]
        if len(words) > _LONGEST or any(len(count) > 3 for count in counts):
            break
        above = [words, *above] if words else above
        if words and not re.match("(?:FY|fiscal year) ?[0-9]", words, re.I):
            break
    return ", ".join(above)


def _timed(heading: str, heads: str) -> str:
    """The heading of a cell and its own heads, a month among them as one of its fiscal year."""
    found, year = MONTH.findall(heads), _FISCAL.search(heads) or _FISCAL.search(heading)
    year = year or re.search(r"fiscal year 20(\d\d)", heading)
    bare = MONTH.sub("", _FISCAL.sub("", heads))
    if year is None or len(found) != 1 or re.search(r"\d", bare):
        return ", ".join(filter(None, (heading, heads)))
    month = next(name for name in months.NAMES if name[:3].lower() == found[0][:3].lower())
    heading = re.sub(r"fiscal year 20\d\d(?: through \w+)?", "", _FISCAL.sub("", heading))
    said = f"{heading}, {bare}, {month} of fiscal year 20{year[1]}"
    return ", ".join(filter(None, (part.strip() for part in said.split(","))))


def _label(line: TextLine, heads: Sequence[TableField]) -> str:
    """The label of a row, by name a sector's where the heads say that labels are sectors."""
    label = line.fields[0].text if line.fields and not line.fields[0].is_count else ""
    listed = bool(label and heads) and heads[0].text.lower() in ("sector", "sectors")
    named = re.search("sector|border|total", label, re.I)
    return f"{label} Sector" if listed and not named else label


def _cells(block: Sequence[TextLine], heading: str) -> Iterator[Cell]:
    """The cells of a table, each with the heads of its row and column."""
    rows = [line for line in block if not line.rule]
    heads: tuple[TableField, ...] = ()
    while not rows[0].counts and len(rows) > 1:
        heads, rows = rows[0].fields, rows[1:]
    for line in rows:
        label = _label(line, heads)
        for place, field in enumerate(line.fields):
            if not field.is_count or (place == 0 and label):
                continue
            behind = len(line.fields) - place
            head = heads[place].text if len(heads) >= len(line.fields) else ""
            if not head and len(heads) == len(line.fields) - 1:  # none over the labels
                head = heads[-behind].text
            said = _timed(heading, ", ".join(filter(None, (head, label))))
            said = re.sub(r"[.;?!]\s", ", ", said)
            yield Cell(
                field.start, field.start + len(field.text), f"{said}: {field.text}",
                len(said) + 2, head,
            )  # fmt: skip
