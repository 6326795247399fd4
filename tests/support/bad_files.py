"""Bad files, generated from good ones: the same seed gives the same files.

A `Base` is a good file with the release before it and with its twin. A bad file is the base after
one random change: cut, bytes flipped, a cell changed, or its structure. Whether a change matters
is decided here by an independent count, which shares no code with the reader.
"""

from __future__ import annotations

import csv
import gzip
import io
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from forecast.types import Snapshot
from tests.support import cbp_files as cbp
from tests.support.publisher import file_bytes, file_name

CBP = Path(__file__).parents[3] / "shared" / "data" / "cbp"
NOVEMBER = "nationwide-encounters-fy23-fy26-nov-state.csv"
FINAL = "nationwide-encounters-fy22-fy25-state.csv"
PLACES = {("Northern Land Border", "NY"), ("Southwest Land Border", "AZ"), ("Other", "FL")}
CITIZENS = {"OTHER", "MEXICO", "INDIA", "CANADA", "CHINA, PEOPLES REPUBLIC OF"}
MONTHS = ["OCT", "NOV", "DEC", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP"]
# What real files have had, and what breaks programs.
ODD = [
    "", " ", "0", "-1", "1.5", "1e3", "1,234", "12,34", "999999999", "99999999999", "N/A", "NULL",
    "=1+1", '"', "''", "TRUE", "nan", "١٢", "½", "2023", "2026 (FYTD)", "FY 2026", "OCT", "Oct",
    "FYTD", "Remaining", "Other", "UC / Single Minors", "Title 42", "A" * 200, "\u202e", "\0", "\r",
    "\n", "\ufeff", "TX * MEXICO",
]  # fmt: skip


@dataclass(frozen=True)
class Base:
    """A good file, the accepted release before it, and its twin: the file itself."""

    name: str
    content: bytes
    below: Snapshot
    twin: Snapshot


class Bad(NamedTuple):
    """A generated file and what was done to it."""

    what: str
    content: bytes


class Count(NamedTuple):
    """What a file says, counted without the project: encounters and lines.

    totals : by (year, month, region); lines : by year.
    """

    totals: Counter[tuple[int, str, str]]
    lines: Counter[int]


def snapshot(folder: Path, name: str, content: bytes) -> Snapshot:
    """A file as the project reads it."""
    (folder / name).write_bytes(content)
    return cbp.snapshot(cbp.read(folder / name))


def base(folder: Path, name: str, content: bytes, below: str, below_content: bytes) -> Base:
    return Base(
        name,
        content,
        snapshot(folder, below, below_content),
        snapshot(folder, name, content),
    )


def made(folder: Path) -> list[Base]:
    """Made-up files, 684 lines each: a state file after a final, an AOR file after an interim."""
    parts = ("AA", "BB", "CC", "DD", "EE", "FF")
    final = file_bytes("2025-09", "state", 2022, final=True, parts=parts)
    october = file_bytes("2025-10", "aor", 2023, parts=parts)
    below = {
        "state": ("nationwide-encounters-fy22-fy25-state.csv", final),
        "aor": (file_name("2025-10", "aor", 2023), october),
    }
    return [
        base(
            folder,
            file_name("2025-11", layout, 2023),
            file_bytes("2025-11", layout, 2023, parts=parts),
            *below[layout],
        )
        for layout in ("state", "aor")
    ]


def real(name: str) -> bytes:
    return gzip.decompress((CBP / f"{name}.gz").read_bytes())


def sliced(folder: Path) -> Base:
    """The publisher's file of November 2025, one state a border: under 2,000 lines."""
    return base(folder, NOVEMBER, _some(real(NOVEMBER)), FINAL, _some(real(FINAL)))


def whole(folder: Path) -> Base:
    return base(folder, NOVEMBER, real(NOVEMBER), FINAL, real(FINAL))


def _some(content: bytes) -> bytes:
    lines = list(csv.reader(io.StringIO(content.decode())))
    region, state, citizen = (
        lines[0].index(c) for c in ("Land Border Region", "State", "Citizenship")
    )
    kept = [
        line
        for line in lines[1:]
        if (line[region], line[state]) in PLACES and line[citizen] in CITIZENS
    ]
    return _written([lines[0], *kept])


def _written(lines: list[list[str]], **form: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, **{"lineterminator": "\n", **form}).writerows(lines)
    return out.getvalue().encode()


# ---------------------------------------------------------------- the independent count


def count(content: bytes) -> Count:
    """Counts of a good file of this project's two layouts."""
    totals: Counter[tuple[int, str, str]] = Counter()
    lines: Counter[int] = Counter()
    for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")):
        year = int(row["Fiscal Year"].replace("(FYTD)", "").replace("FY", ""))
        encounters = int(row["Encounter Count"].replace(",", ""))
        totals[year, row["Month (abbv)"].strip(), row["Land Border Region"].strip()] += encounters
        lines[year] += 1
    return Count(totals, lines)


def stated(snapshot: Snapshot) -> Counter[tuple[int, str, str]]:
    """The same totals, as the project states them."""
    regions = {"northern": "Northern Land Border", "southwest": "Southwest Land Border"}
    found: Counter[tuple[int, str, str]] = Counter()
    for key, by_month in snapshot.counts.items():
        if key.headline and key.total != "nationwide":
            for month, encounters in by_month.items():
                year, number = int(month[:4]), int(month[5:])
                place = (year + (number >= 10), MONTHS[(number - 10) % 12])
                found[*place, regions.get(key.total, "Other")] += encounters
    return found


# ---------------------------------------------------------------- what is done to a file

Change = Callable[[random.Random, bytes], Bad]


def cut(rng: random.Random, content: bytes) -> Bad:
    at = rng.randrange(1, len(content))
    return Bad(f"cut at byte {at}", content[:at])


def cut_after_a_line(rng: random.Random, content: bytes) -> Bad:
    lines = content.splitlines(keepends=True)
    at = rng.randrange(1, len(lines))
    return Bad(f"cut after line {at}", b"".join(lines[:at]))


def flip(rng: random.Random, content: bytes) -> Bad:
    changed = bytearray(content)
    places = [rng.randrange(len(content)) for _ in range(rng.choice([1, 1, 1, 2, 8, 64]))]
    for at in places:
        changed[at] ^= 1 << rng.randrange(8)
    return Bad(f"{len(places)} bits flipped, the first in byte {places[0]}", bytes(changed))


def overwrite(rng: random.Random, content: bytes) -> Bad:
    at, size = rng.randrange(len(content)), rng.choice([1, 16, 512, 4096])
    filler = rng.choice([b"\0", b"0", b" ", b"\n", b",", b"\xff"]) * size
    return Bad(f"{size} bytes {filler[:1]!r} at {at}", content[:at] + filler + content[at + size :])


def change_a_cell(rng: random.Random, content: bytes) -> Bad:
    lines = list(csv.reader(io.StringIO(content.decode())))
    row, column = rng.randrange(len(lines)), rng.randrange(len(lines[0]))
    old = lines[row][column]
    other = lines[rng.randrange(1, len(lines))]
    new = rng.choice([rng.choice(ODD), rng.choice(other), other[column], _nudged(rng, old)])
    lines[row][column] = new
    return Bad(f"line {row + 1}, column {column + 1}: {old!r} is {new!r}", _written(lines))


def _nudged(rng: random.Random, text: str) -> str:
    if text.isdecimal():
        return str(max(int(text) + rng.choice([-1, 1, 10, 1000]), 0))
    return rng.choice([text + " ", text.lower(), text[:-1], text + text, text.replace(" ", "  ")])


def restructure(rng: random.Random, content: bytes) -> Bad:
    lines = list(csv.reader(io.StringIO(content.decode())))
    what = rng.choice(list(_STRUCTURES))
    return Bad(what, _STRUCTURES[what](rng, lines, content))


def _without(rng: random.Random, lines: list[list[str]], column: str | None) -> bytes:
    """Drop all lines that share a value of a column with a random one; or a random share of all."""
    if column is None:
        share = rng.choice([0.001, 0.01, 0.1])
        return _written([lines[0], *(line for line in lines[1:] if rng.random() >= share)])
    at = lines[0].index(column)
    gone = rng.choice(lines[1:])[at]
    return _written([lines[0], *(line for line in lines[1:] if line[at] != gone)])


def _columns(lines: list[list[str]], order: list[int]) -> bytes:
    return _written([[line[at] for at in order] for line in lines])


def _shuffled(rng: random.Random, lines: list[list[str]]) -> bytes:
    return _written([lines[0], *rng.sample(lines[1:], len(lines) - 1)])


_STRUCTURES: dict[str, Callable[[random.Random, list[list[str]], bytes], bytes]] = {
    "a line lost": lambda r, ls, c: _written(_minus(r, ls)),
    "some lines lost": lambda r, ls, c: _without(r, ls, None),
    "a year lost": lambda r, ls, c: _without(r, ls, "Fiscal Year"),
    "a month of every year lost": lambda r, ls, c: _without(r, ls, "Month (abbv)"),
    "a region lost": lambda r, ls, c: _without(r, ls, "Land Border Region"),
    "a grouping lost": lambda r, ls, c: _without(r, ls, "Month Grouping"),
    "a citizenship lost": lambda r, ls, c: _without(r, ls, "Citizenship"),
    "a demographic lost": lambda r, ls, c: _without(r, ls, "Demographic"),
    "a line twice": lambda r, ls, c: _written([*ls, r.choice(ls[1:])]),
    "all lines twice": lambda r, ls, c: _written([*ls, *ls[1:]]),
    "the header twice": lambda r, ls, c: _written([ls[0], *ls]),
    "the header lost": lambda r, ls, c: _written(ls[1:]),
    "only the header": lambda r, ls, c: _written(ls[:1]),
    "a column lost": lambda r, ls, c: _columns(ls, _minus_one(r, len(ls[0]))),
    "a column twice": lambda r, ls, c: _columns(ls, [*range(len(ls[0])), r.randrange(len(ls[0]))]),
    "columns in another order": lambda r, ls, c: _columns(ls, _any_order(r, len(ls[0]))),
    "lines in another order": lambda r, ls, c: _shuffled(r, ls),
    "a longer line": lambda r, ls, c: _written([*ls[:-1], [*ls[-1], "x"]]),
    "a shorter line": lambda r, ls, c: _written([*ls[:-1], ls[-1][:-1]]),
    "semicolons": lambda r, ls, c: _written(ls, delimiter=";"),
    "tabs": lambda r, ls, c: _written(ls, delimiter="\t"),
    "single quotes": lambda r, ls, c: _written(ls, quotechar="'"),
    "old Mac line ends": lambda r, ls, c: c.replace(b"\r\n", b"\n").replace(b"\n", b"\r"),
    "Windows line ends": lambda r, ls, c: _written(ls, lineterminator="\r\n"),
    "a byte order mark": lambda r, ls, c: b"\xef\xbb\xbf" + c,
    "UTF-16": lambda r, ls, c: c.decode().encode("utf-16"),
    "Latin-1": lambda r, ls, c: c.replace(b"INDIA", "CÔTE".encode("latin-1")),
    "blank lines": lambda r, ls, c: c.replace(b"\n", b"\n\n", r.randrange(1, 5)),
    "a total line": lambda r, ls, c: _written([*ls, ["Total", *[""] * (len(ls[0]) - 2), "123456"]]),
    "a footnote": lambda r, ls, c: c + b"* Data as of the first of the month\n",
    "a title before the header": lambda r, ls, c: b"Nationwide Encounters\n" + c,
    "a web page": lambda r, ls, c: b"<!DOCTYPE html>\n<html><body>Access denied</body></html>\n",
    "a web page at the end": lambda r, ls, c: c + b"<html>Gateway timeout</html>\n",
    "an error as JSON": lambda r, ls, c: b'{"error": "not found"}\n',
    "a zip": lambda r, ls, c: b"PK\x03\x04" + c,
    "packed": lambda r, ls, c: gzip.compress(c, 1),
    "packed and cut": lambda r, ls, c: gzip.compress(c, 1)[: -r.randrange(1, 200)],
    "empty": lambda r, ls, c: b"",
    "one newline": lambda r, ls, c: b"\n",
    "two releases in one": lambda r, ls, c: c + c.split(b"\n", 1)[1].replace(b"FYTD", b"Remaining"),
    "thousands separators": lambda r, ls, c: _written(
        [ls[0], *([*line[:-1], f"{int(line[-1]):,}"] for line in ls[1:])]
    ),
}  # fmt: skip


def _minus(rng: random.Random, lines: list[list[str]]) -> list[list[str]]:
    gone = rng.randrange(1, len(lines))
    return [line for number, line in enumerate(lines) if number != gone]


def _any_order(rng: random.Random, size: int) -> list[int]:
    return rng.sample(range(size), size)


def _minus_one(rng: random.Random, size: int) -> list[int]:
    gone = rng.randrange(size)
    return [at for at in range(size) if at != gone]


_CHANGES: list[tuple[Change, int]] = [
    (cut, 3),
    (cut_after_a_line, 2),
    (flip, 4),
    (overwrite, 1),
    (change_a_cell, 6),
    (restructure, 5),
]


def bad_files(content: bytes, number: int, seed: int) -> Iterator[Bad]:
    """This many changed files; some changes change nothing that matters."""
    rng = random.Random(seed)
    changes, weights = zip(*_CHANGES, strict=True)
    for _ in range(number):
        yield rng.choices(changes, weights)[0](rng, content)
