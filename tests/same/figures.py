"""The figures that records are made of: files as publishers and operators have them.

Of the border: the program's embedded tables, laid out as CBP's file by state. Only sums are on
record, by state, citizenship and demographic; a line of a file is a cell of all three, so cells are
drawn that add up to each of the sums. Of clinics: generated.
"""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REGIONS = {
    "northern": "Northern Land Border",
    "southwest": "Southwest Land Border",
    "other": "Other",
}
DIMENSIONS = ("state", "citizenship", "demographic")
HEADER = (
    *("Fiscal Year", "Month Grouping", "Month (abbv)", "Land Border Region", "State"),
    *("Demographic", "Citizenship", "Title of Authority", "Encounter Count"),
)
NAMES = ("OCT", "NOV", "DEC", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP")

Sums = dict[tuple[str, str], dict[str, dict[int, int]]]  # (border, dimension) -> member -> month


def month(text: str) -> int:
    """A month as a number, of "2025-02"."""
    year, at = text.split("-")
    return int(year) * 12 + int(at) - 1


def text(at: int) -> str:
    return f"{at // 12}-{at % 12 + 1:02}"


def fiscal_year(at: int) -> int:
    return (at + 3) // 12


def embedded() -> Sums:
    """What the embedded table by state says, wherever in the program it lies."""
    (path,) = ROOT.glob("forecast/**/cbp-state.csv")
    found: Sums = defaultdict(dict)
    with path.open(newline="") as file:
        for line in csv.DictReader(file):
            first = month(line["first_month"])
            counts = enumerate(map(int, line["counts"].split()), start=first)
            found[line["border"], line["dimension"]][line["member"]] = dict(counts)
    return found


def state_file(
    folder: Path,
    through: str,
    first_year: int,
    changed: Mapping[tuple[str, str], int] | None = None,
) -> Path:
    """CBP's file by state as it would end with a month.

    changed : (border, month) -> how many fewer or more than today, in the largest state.
    """
    last = month(through)
    year = fiscal_year(last)
    closed = last % 12 == 8
    infix = "" if closed else f"-{NAMES[(last + 3) % 12].lower()}"
    path = folder / (f"nationwide-encounters-fy{first_year % 100}-fy{year % 100}{infix}-state.csv")
    sums = embedded()
    folder.mkdir(exist_ok=True, parents=True)
    with path.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(HEADER)
        for at in range(first_year * 12 - 3, last + 1):
            of = fiscal_year(at)
            when = (
                f"{of} (FYTD)" if of == year and not closed else str(of),
                "FYTD" if (at + 3) % 12 <= (last + 3) % 12 else "Remaining",
                NAMES[(at + 3) % 12],
            )
            for border, region in REGIONS.items():
                more = (changed or {}).get((border, text(at)), 0)
                for state, citizen, who, count in _cells(sums, border, at, more):
                    lines.writerow((*when, region, state, who, citizen, "Title 8", count))
    return path


def _cells(sums: Sums, border: str, at: int, more: int) -> Iterator[tuple[str, str, str, int]]:
    """Cells whose sums by state, citizenship and demographic are the given ones."""
    rulers = []
    for dimension in DIMENSIONS:
        counts = {name: by[at] for name, by in sums[border, dimension].items() if by.get(at)}
        largest = max(counts, key=counts.__getitem__)
        counts[largest] += more
        rulers.append(_ends(counts))
    starts = [0, 0, 0]
    begun = 0
    while starts[0] < len(rulers[0]):
        names, ends = zip(*(rulers[n][starts[n]] for n in range(3)), strict=True)
        end = min(ends)
        yield (*names, end - begun)
        begun = end
        starts = [at + (rulers[n][at][1] == end) for n, at in enumerate(starts)]


def _ends(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    found, end = [], 0
    for name, count in sorted(counts.items()):
        end += count
        found.append((name, end))
    return found


def clinics(number: int, length: int, seed: int = 7) -> list[int]:
    """A clinic's monthly visits: a season, and noise; a longer record begins like a shorter one."""
    chance = random.Random(seed * 1000 + number)
    season = (1.0, 1.03, 1.08, 1.1, 1.07, 1.02, 0.97, 0.92, 0.9, 0.93, 0.97, 1.01)
    return [
        round(150 * number * season[at % 12] * chance.gammavariate(90, 1 / 90))
        for at in range(length)
    ]


def table(path: Path, header: Iterable[str], lines: Iterable[Iterable[object]]) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(lines)
    return path


def visits(path: Path, upto: int, *, first: str = "2020-01", dropped: bool = False) -> Path:
    """Three clinics; the second does not know its 30th month.

    dropped : Clinic 1 falls to a quarter in the last month.
    """
    start = month(first)
    lines = []
    for number in (1, 2, 3):
        counts: list[object] = list(clinics(number, upto))
        if number == 2 and upto > 30:
            counts[30] = ""
        if number == 1 and dropped:
            counts[-1] = int(str(counts[-1])) // 4
        lines += [(text(start + at), f"Clinic {number}", n) for at, n in enumerate(counts)]
    return table(path, ("Month", "Clinic", "Visits"), lines)


def regions(path: Path, upto: int, *, dropped: bool = False) -> Path:
    """Five clinics of two regions; one opened in month 6, one does not know its month 30."""
    start = month("2020-01")
    lines = []
    for number in range(1, 6):
        region = "North" if number < 4 else "South"
        counts: list[object] = list(clinics(number, upto, seed=11))
        if number == 2:
            counts[30] = ""
        if number == 5 and dropped:
            counts[-1] = int(str(counts[-1])) // 4
        opened = 6 if number == 3 else 0
        lines += [
            (text(start + at), region, f"Clinic {number}", n)
            for at, n in enumerate(counts)
            if at >= opened
        ]
    return table(path, ("Month", "Region", "Clinic", "Visits"), lines)


def gaps(path: Path, upto: int) -> Path:
    """Clinics with what happens to clinics, by number.

    1: single months unknown; 2: nine in a row; 3: whole; 4: opened 31 months ago; 5: closed 11
    months ago; 6: opened 16 months ago; 7: 15 in a row unknown. Of 61.
    """
    start = month("2019-01")
    lines: list[tuple[str, str, object]] = []
    unknown = {1: {5, 17, 18, 40}, 2: set(range(20, 29)), 7: set(range(25, 40))}
    first, last = {4: 30, 6: 45}, {5: 50}
    for number in range(1, 8):
        for at, count in enumerate(clinics(number, upto, seed=13)):
            if first.get(number, 0) <= at < last.get(number, upto):
                said: object = "" if at in unknown.get(number, ()) else count
                lines.append((text(start + at), f"Clinic {number}", said))
    return table(path, ("Month", "Clinic", "Visits"), lines)
