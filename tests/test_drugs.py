"""Drug seizures from CBP's file: two sources, seizures and pounds; the files here are made."""

from __future__ import annotations

import csv
import gzip
import io
import random
from collections import Counter
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from forecast import months
from forecast.errors import BordercastError, DataError, QuarantineError, RowError
from forecast.intake import checks
from forecast.intake.sources import registry
from forecast.intake.sources.cbp_drugs import bundle, files
from forecast.intake.sources.cbp_drugs.bundle import build
from forecast.intake.sources.contract import ReleaseFile
from forecast.records import BORDERS, NATIONWIDE, SeriesKey, Snapshot

FILE = Path(__file__).parents[2] / "shared/data/cbp/nationwide-drugs-fy23-fy26-apr.csv.gz"
HEADER = (
    "FY,Month (abbv),Component,Region,Land Filter,Area of Responsibility,Drug Type,"
    "Count of Event,Sum Qty (lbs)"
)
AREAS = {
    "SWANTON SECTOR": ("U.S. Border Patrol", "Northern Border"),
    "BUFFALO FIELD OFFICE": ("Office of Field Operations", "Northern Border"),
    "DETROIT FIELD OFFICE": ("Office of Field Operations", "Northern Border"),
    "TUCSON SECTOR": ("U.S. Border Patrol", "Southwest Border"),
    "LAREDO FIELD OFFICE": ("Office of Field Operations", "Southwest Border"),
    "MIAMI SECTOR": ("U.S. Border Patrol", "Coastal/Interior"),
    "ATLANTA FIELD OFFICE": ("Office of Field Operations", "Coastal/Interior"),
}
ABBREVIATIONS = ["OCT", "NOV", "DEC", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP"]
NAME, NEXT = "nationwide-drugs-fy24-fy26-apr.csv", "nationwide-drugs-fy24-fy26-may.csv"
MEASURES = ("cbp_drug_events", "cbp_drug_pounds")
DIMENSIONS = ("component", "field")
BAD = 500

Lines = list[list[str]]


def lines(through: str = "2026-04") -> Lines:
    """Newest first, as the publisher has them; a month's figures grow with its number."""
    found = []
    for month in reversed(months.between("2023-10", through)):
        year = months.fiscal_year(month)
        shown = f"{year} (FYTD)" if year == 2026 else str(year)
        at = ABBREVIATIONS[months.fiscal_months(year).index(month)]
        for number, (area, (component, region)) in enumerate(AREAS.items()):
            for drug, size in (("Fentanyl", 2), ("Cocaine", 9), ("Other Drugs**", 30)):
                events = size + (months.to_index(month) * 7 + number * 5) % 11
                pounds = Decimal(events * size * (number + 1)) / 7
                land = "Land Only" if region != "Coastal/Interior" else "Other"
                found.append(
                    [shown, at, component, region, land, area, drug, str(events), f"{pounds:.9f}"]
                )
    return found


def content(rows: Lines, header: str = HEADER) -> bytes:
    out = io.StringIO()
    out.write(f"{header}\n")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def read(measure: str, made: bytes, name: str = NAME, seen: str = "2026-10-04") -> Snapshot:
    source = registry.find(measure)
    return source.read(ReleaseFile(name, made, seen), {}, DIMENSIONS).snapshot


@cache
def held(measure: str) -> Snapshot:
    return read(measure, content(lines()), seen="2026-05-20")


def test_a_line_counts_for_its_drug_its_agency_and_its_office():
    rows = [line for line in lines() if line[1] == "OCT" and line[0] == "2024"]
    fentanyl = [line for line in rows if line[6] == "Fentanyl" and line[3] == "Northern Border"]

    events, pounds = (held(measure).counts for measure in MEASURES)

    key = SeriesKey("northern", "drug", "Fentanyl")
    assert events[key]["2023-10"] == sum(int(line[7]) for line in fentanyl)
    assert pounds[key]["2023-10"] == round(sum(float(line[8]) for line in fentanyl))
    office = SeriesKey("northern", "field", "Detroit Field Office", "Office of Field Operations")
    of_office = [line for line in rows if line[5] == "DETROIT FIELD OFFICE"]
    assert events[office]["2023-10"] == sum(int(line[7]) for line in of_office)


@pytest.mark.parametrize("measure", MEASURES)
def test_parts_add_up_to_their_border_and_borders_to_nationwide(measure):
    counts = held(measure).counts

    for month in months.between("2023-10", "2026-04"):
        whole = {border: counts[SeriesKey(border)][month] for border in (*BORDERS, NATIONWIDE)}
        assert whole[NATIONWIDE] == sum(whole[border] for border in BORDERS)
        for dimension in ("drug", "component", "field"):
            for border in BORDERS:
                parts = [by for key, by in counts.items() if key[:2] == (border, dimension)]
                assert sum(by.get(month, 0) for by in parts) == whole[border]


def test_a_year_is_closed_when_it_is_no_longer_marked_as_running():
    final = [["2026" if line[0].startswith("2026") else line[0], *line[1:]] for line in lines()]

    assert held(MEASURES[0]).closed == {2024, 2025}
    assert held(MEASURES[0]).release.data_through == "2026-04"
    assert read(MEASURES[0], content(final)).closed == {2024, 2025}  # April's file


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("nationwide-drugs-fy23-fy26-apr.csv", (2023, 2026, 7, 0)),
        ("nationwide-drugs-fy23-fy26-apr_0.csv.gz", (2023, 2026, 7, 1)),
        ("Nationwide-Drugs-FY2023-FY2026.csv", (2023, 2026, None, 0)),
        ("nationwide-drugs-fy23-fy26-apx.csv", None),
        ("nationwide-encounters-fy23-fy26-apr-aor.csv", None),
    ],
)
def test_a_name_says_the_window_and_the_month(name, found):
    said = files.parse_name(name)

    assert (said and (said.first, said.last, said.month, said.suffix)) == found


def test_a_drug_that_is_not_known_leaves_the_drugs_out_and_keeps_the_totals():
    rows = lines()
    rows[0][6] = "Xylazine"
    source = registry.find(MEASURES[0])

    found = source.read(ReleaseFile(NAME, content(rows), "2026-05-20"), {}, DIMENSIONS)

    assert found.unknown == {"drug": {"Xylazine"}}
    assert not any(key.dimension == "drug" for key in found.snapshot.counts)
    total = SeriesKey("northern")
    assert found.snapshot.counts[total] == held(MEASURES[0]).counts[total]


@pytest.mark.parametrize(
    ("column", "text", "problem"),
    [
        (0, "26", "no fiscal year"),
        (1, "Sept", "known are OCT"),
        (2, "Coast Guard", "known are U.S. Border Patrol"),
        (3, "Coastal Border", "known are Northern Border"),
        (4, "Sea", "known are Land Only"),
        (5, "Swanton", "no sector or field office"),
        (5, "SWANTON FIELD OFFICE", "none of the U.S. Border Patrol's"),
        (3, "Southwest Border", "not where Swanton Sector is"),
        (6, "", "no name of a drug"),
        (7, "0", "1 or more"),
        (7, "1.5", "no whole number"),
        (8, "-3", "no pounds"),
        (8, "1,205.5", "no pounds"),
    ],
)
def test_a_cell_that_is_not_understood_is_named_with_its_line(column, text, problem):
    rows = lines()
    rows[0][column] = text

    with pytest.raises(RowError, match=problem) as caught:
        read(MEASURES[0], content(rows))

    assert caught.value.line == 2
    assert caught.value.column == next(csv.reader([HEADER]))[column]


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (content([]), "a header without rows"),
        (content(lines(), HEADER.replace("Region", "Land Border Region")), "missing column"),
        (content(lines(), HEADER + ",Note"), "1 columns more than are known"),
        (b"<html><title>Access Denied</title></html>", "web page"),
        (content(lines())[:-40], "cut short"),
        (content(lines()[7:]), "no line for|named like|fields"),
        (content([*lines(), lines()[3]]), "says again what line 5 says"),
    ],
)
def test_a_file_that_is_damaged_is_refused(made, problem):
    def believed() -> None:
        found = read(MEASURES[0], made)
        reasons = checks.problems(registry.find(MEASURES[0]), found, [held(MEASURES[0])])
        if reasons:
            raise QuarantineError(NAME, reasons)

    with pytest.raises(DataError, match=problem):
        believed()


# ---------------------------------------------------------------- bad files


def cut(draw: random.Random, rows: Lines, closed: bool) -> bytes:
    """Anywhere, also at the end of a line."""
    whole = content(rows)
    at = draw.randrange(len(whole) - 1)
    return whole[:at] if draw.random() < 0.5 else whole[: whole.rfind(b"\n", 0, at) + 1]


def altered(draw: random.Random, rows: Lines, closed: bool, columns=(7, 8)) -> bytes:
    """One digit of a figure."""
    row, column = some(draw, rows, closed), draw.choice(columns)
    cell = row[column]
    at = draw.choice([i for i, c in enumerate(cell.partition(".")[0]) if c.isdigit()])
    row[column] = cell[:at] + draw.choice("0123456789") + cell[at + 1 :]
    return content(rows)


def dropped(draw: random.Random, rows: Lines, closed: bool) -> bytes:
    for _ in range(draw.randrange(1, 6)):
        rows.remove(some(draw, rows, closed))
    return content(rows)


def doubled(draw: random.Random, rows: Lines, closed: bool) -> bytes:
    rows.insert(draw.randrange(len(rows)), list(draw.choice(rows)))
    return content(rows)


def renamed(draw: random.Random, rows: Lines, closed: bool) -> bytes:
    """A column's name, or two columns' names exchanged."""
    names = HEADER.split(",")
    one, other = draw.sample(range(9), 2)
    if draw.random() < 0.5:
        names[one] = draw.choice(["", "Total", names[other], names[one].lower()])
    else:
        names[one], names[other] = names[other], names[one]
    return content(rows, ",".join(names))


def relabeled(draw: random.Random, rows: Lines, closed: bool) -> bytes:
    """A label of a line is that of another line."""
    row, column = some(draw, rows, closed), draw.randrange(7)
    row[column] = draw.choice(rows)[column]
    return content(rows)


def exchanged(draw: random.Random, rows: Lines, closed: bool) -> bytes:
    """The figures of two lines."""
    one, other = some(draw, rows, closed), some(draw, rows, closed)
    one[7:], other[7:] = other[7:], one[7:]
    return content(rows)


def odd_cell(draw: random.Random, rows: Lines, closed: bool) -> bytes:
    row = draw.choice(rows)
    row[draw.randrange(9)] = draw.choice(["", "-", "n/a", "1e9", "\N{INFINITY}", "a\nb", '"', ","])
    return content(rows)


def blocked(draw: random.Random, rows: Lines, closed: bool) -> bytes:
    text = draw.choice(["<html>Access Denied</html>\n", "", "Just a moment ...\n", f"{HEADER}\n"])
    return text.encode()


def packed(draw: random.Random, rows: Lines, closed: bool) -> bytes:
    whole = gzip.compress(content(rows), mtime=0)
    return whole[: draw.randrange(2, len(whole))]


FAULTS = (
    *(cut, altered, altered, altered, dropped, dropped, doubled, renamed, renamed),
    *(relabeled, relabeled, exchanged, odd_cell, blocked, packed),
)


def some(draw: random.Random, rows: Lines, closed: bool) -> list[str]:
    """A line; of a closed year where another month's file must show it by what it repeats."""
    return draw.choice([row for row in rows if not closed or "FYTD" not in row[0]])


def numbers(snapshot: Snapshot) -> dict[tuple[SeriesKey, str], int]:
    return {(k, m): n for k, by_month in snapshot.counts.items() for m, n in by_month.items() if n}


@pytest.mark.slow
@pytest.mark.parametrize("measure", MEASURES)
def test_of_bad_files_no_wrong_number_is_taken(measure):
    """Of a month held already anything shows; of the next month's file what it repeats shows.

    A figure altered in the newest month alone, or a line lost from the running year, cannot:
    nothing else states it. docs/seizures.md says so.
    """
    draw, came = random.Random(23), Counter()
    source = registry.find(measure)
    right = {
        name: numbers(read(measure, content(lines(f"2026-0{4 + (name == NEXT)}")), name))
        for name in (NAME, NEXT)
    }
    for number in range(BAD):
        fault, name = draw.choice(FAULTS), draw.choice((NAME, NEXT))
        rows = lines(f"2026-0{4 + (name == NEXT)}")
        if fault is relabeled and name == NEXT:
            fault = altered
        made = fault(draw, rows, name == NEXT)
        try:
            found = read(measure, made, name)
        except BordercastError:
            came["refused"] += 1
            continue
        if checks.problems(source, found, [held(measure)]):
            came["refused"] += 1
            continue
        came["taken"] += 1
        spoken = {coverage.scope for coverage in found.coverage}
        wrong = numbers(found).items() ^ {
            (place, n) for place, n in right[name].items() if place[0].scope in spoken
        }
        assert not wrong, (number, fault.__name__, name, sorted(wrong)[:4])
    assert came["refused"] > BAD / 2, came


# ---------------------------------------------------------------- what comes with the program


@pytest.mark.parametrize("measure", MEASURES)
def test_the_embedded_figures_are_a_release_of_their_own(measure):
    source = registry.find(measure)

    (said,) = source.embedded(())

    assert checks.problems(source, said) == []
    assert said.release.data_through == "2026-04"
    assert said.closed == {2023, 2024, 2025}
    assert {key.dimension for key in said.counts} == {"", "drug", "component"}


def test_fentanyl_in_the_north_is_44_pounds_and_82_seizures_in_fiscal_2024():
    """The file says 43.04 pounds; each month is rounded to whole pounds first."""
    key, year = SeriesKey("northern", "drug", "Fentanyl"), months.fiscal_months(2024)

    events, pounds = (registry.find(measure).embedded(())[0].counts[key] for measure in MEASURES)

    assert sum(pounds.get(month, 0) for month in year) == 44
    assert sum(events.get(month, 0) for month in year) == 82


def test_the_embedded_figures_are_those_of_the_publisher_s_file():
    if not FILE.exists():
        pytest.skip("the publisher's file is not beside this repository")
    folder = Path(bundle.__file__).parent

    for name, made in build.build(FILE).items():
        assert (folder / name).read_bytes() == made
    for measure in MEASURES:
        source = registry.find(measure)
        found = source.read(
            ReleaseFile(FILE.name, FILE.read_bytes(), "2026-10-04"), {}, DIMENSIONS
        ).snapshot
        assert checks.problems(source, found, source.embedded(())) == []
        repeated = numbers(source.embedded(())[0])
        assert repeated.items() <= numbers(found).items()
