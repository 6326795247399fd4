"""Drug seizures from CBP's file: two sources, seizures and pounds; the files here are made."""

from __future__ import annotations

import csv
import gzip
import hashlib
import random
import tomllib
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from benchmarks.embed import seizures
from forecast import months
from forecast.errors import BordercastError, DataError, QuarantineError, RowError
from forecast.periods import FEDERAL
from forecast.sources import catalog, checks
from forecast.sources.cbp.drug import bundle
from forecast.sources.source import ReleaseFile
from forecast.types import BORDERS, NATIONWIDE, SeriesKey, Snapshot
from tests.support.drug_files import ABBREVIATIONS, HEADER, NAME, NEXT, Lines, content, lines

FILE = Path(__file__).parents[5] / "shared/data/cbp/nationwide-drugs-fy23-fy26-apr.csv.gz"
MEASURES = ("cbp_drug_events", "cbp_drug_pounds")
DIMENSIONS = ("component", "field")
REGIONS = ("Northern Border", "Southwest Border", "Coastal/Interior")
BAD = 500


def read(measure: str, made: bytes, name: str = NAME, seen: str = "2026-10-04") -> Snapshot:
    source = catalog.find(measure)
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
        ("nationwide-drugs-fy23-fy26-oct.csv", (2023, 2026, 1, 0)),
        ("nationwide-drugs-fy23-fy26-september.csv", (2023, 2026, 12, 0)),
        # An upload that replaced the plain name, and one that replaced that:
        ("nationwide-drugs-fy23-fy26-apr_2.csv", (2023, 2026, 7, 3)),
        ("nationwide-drugs-fy23-fy26-apr_0_0.csv", (2023, 2026, 7, 2)),
        ("nationwide-drugs-fy23-fy26-apr_97.csv", (2023, 2026, 7, 98)),
        ("nationwide-drugs-fy23-fy26-apr_98.csv", (2023, 2026, 7, 99)),
        ("nationwide-drugs-fy23-fy26-apr_990.csv", (2023, 2026, 7, 99)),
        ("nationwide-drugs-fy23-fy26-apx.csv", None),
        ("nationwide-encounters-fy23-fy26-apr-aor.csv", None),
    ],
)
def test_a_name_says_the_window_and_the_month(name, found):
    said = catalog.find(MEASURES[0]).parse_name(name)

    assert (said and (said.first, said.last, said.month, said.suffix)) == found


@pytest.mark.parametrize(
    ("name", "through", "closed", "place"),
    [
        (NAME, "2026-04", {2024, 2025}, (2026, 7, 0)),
        ("nationwide-drugs-fy24-fy26-sep.csv", "2026-09", {2024, 2025}, (2026, 12, 0)),
        ("nationwide-drugs-fy24-fy26.csv", "2026-09", {2024, 2025, 2026}, (2026, 12, 1)),
        # Nothing in the name: its place follows from what is in it.
        ("download.csv", "2026-04", {2024, 2025}, (2026, 7, 0)),
        ("download.csv", "2026-09", {2024, 2025, 2026}, (2026, 12, 1)),
        ("download.csv", "2025-10", {2024, 2025}, (2026, 1, 0)),
    ],
)
def test_a_files_last_year_is_closed_by_its_final_alone(name, through, closed, place):
    """Septembers are still revised by the final file of their window."""
    rows = [[line[0][:4], *line[1:]] for line in lines(through)]

    found = read(MEASURES[0], content(rows), name)

    year, position, final = place
    assert found.closed == closed
    assert found.release.seq == year * 100_000 + position * 1_000 + final * 100
    assert found.release.data_through == through
    in_year = {y: sum(line[0] == str(y) for line in rows) for y in (2024, 2025, 2026)}
    assert list(found.rows.items()) == list(in_year.items())


def test_a_release_speaks_of_every_month_from_its_first_october_on():
    found = held(MEASURES[0])

    assert {(each.first_month, each.last_month) for each in found.coverage} == {
        ("2023-10", "2026-04")
    }
    scopes = [each.scope for each in found.coverage]
    halves = [
        (border, dimension, component)
        for border in BORDERS
        for dimension in DIMENSIONS
        for component in ("U.S. Border Patrol", "Office of Field Operations")
    ]
    assert sorted(scopes) == sorted(
        [
            *((border, "", "") for border in (*BORDERS, NATIONWIDE)),
            *((border, "drug", "") for border in BORDERS),
            *halves,
        ]
    )


@pytest.mark.parametrize("kept", [(), ("component",), ("field",)])
def test_drugs_are_kept_and_agencies_and_offices_where_they_are_asked_for(kept):
    source = catalog.find(MEASURES[0])
    found = source.read(ReleaseFile(NAME, content(lines())), {}, (*kept, "state")).snapshot

    dimensions = {"", "drug", *kept}
    assert {key.dimension for key in found.counts} == dimensions
    assert {each.scope.dimension for each in found.coverage} == dimensions


def test_a_label_may_be_joined_to_a_known_drug():
    rows = [[*line[:6], "Mdma" if line[6] == "Ecstasy" else line[6], *line[7:]] for line in lines()]
    rows[0][6] = "Coke"
    source = catalog.find(MEASURES[0])

    found = source.read(ReleaseFile(NAME, content(rows)), {"drug": {"Coke": "Cocaine"}}, DIMENSIONS)

    assert found.unknown == {}
    whole = SeriesKey("northern", "drug", rows[1][6])
    assert whole in found.snapshot.counts
    assert not [key for key in found.snapshot.counts if key.member == "Coke"]


def test_what_rounding_leaves_of_a_month_goes_to_its_largest_agency_and_office():
    """Each drug of a border is rounded first: 0.4 + 0.4 pounds of two offices are 1 pound."""
    areas = {"SWANTON SECTOR": "0.2", "BUFFALO FIELD OFFICE": "3.4", "DETROIT FIELD OFFICE": "0.4"}
    rows = [[*line[:8], areas.get(line[5], "0")] for line in lines() if line[6] == "Fentanyl"]
    counts = read(MEASURES[1], content(rows)).counts

    def count(dimension: str, member: str, component: str = "") -> int:
        return counts[SeriesKey("northern", dimension, member, component)]["2025-03"]

    patrol, offices = "U.S. Border Patrol", "Office of Field Operations"
    assert count("drug", "Fentanyl") == 4  # of exactly 4.0
    assert count("component", offices, offices) == 4  # of 3.8
    assert count("component", patrol, patrol) == 0
    assert count("field", "Buffalo Field Office", offices) == 4  # 3, and the 1 that is missing
    assert count("field", "Detroit Field Office", offices) == 0


@pytest.mark.parametrize(
    ("pounds", "rounded"), [("0.5", 0), ("1.5", 2), ("2.5", 2), ("0.51", 1), ("7E-1", 1)]
)
def test_half_a_pound_is_rounded_to_the_even_pound(pounds, rounded):
    rows = [[*line[:8], pounds] for line in lines() if line[5:7] == ["TUCSON SECTOR", "Cocaine"]]
    others = [line for line in lines() if line[3] != "Southwest Border"]
    counts = read(MEASURES[1], content(rows + others)).counts

    assert counts[SeriesKey("southwest", "drug", "Cocaine")]["2025-03"] == rounded
    assert counts[SeriesKey("southwest")]["2025-03"] == rounded


def test_a_drug_that_is_not_known_leaves_the_drugs_out_and_keeps_the_totals():
    rows = lines()
    rows[0][6] = "Xylazine"
    source = catalog.find(MEASURES[0])

    found = source.read(ReleaseFile(NAME, content(rows), "2026-05-20"), {}, DIMENSIONS)

    assert found.unknown == {"drug": {"Xylazine"}}
    assert not any(key.dimension == "drug" for key in found.snapshot.counts)
    total = SeriesKey("northern")
    assert found.snapshot.counts[total] == held(MEASURES[0]).counts[total]


@pytest.mark.parametrize(
    ("column", "text", "problem"),
    [
        (0, "26", "not a year; expected 2026"),
        (1, "Sept", "unknown month; expected one of: JAN"),
        (2, "Coast Guard", "unknown component; expected one of: U.S. Border Patrol"),
        (3, "Coastal Border", "unknown region; expected one of: Northern Border"),
        (4, "Sea", "unknown land filter; expected one of: Land Only"),
        (5, "Swanton", "no sector or field office"),
        (5, "SWANTON FIELD OFFICE", "none of the U.S. Border Patrol's"),
        (3, "Southwest Border", "not where Swanton Sector is"),
        (6, "", "empty; expected a name"),
        (6, " ", "empty; expected a name"),
        (6, "x" * 81, "not a name: at most 80"),
        (6, "a\u200bb", "not a name: at most 80"),
        (7, "0", "1 or more"),
        (7, "1.5", "no whole number"),
        (8, "-3", "not a number; expected one such as 12.5"),
        (8, "1,205.5", "not a number; expected one such as 12.5"),
    ],
)
def test_a_cell_that_is_not_understood_is_named_with_its_line(column, text, problem):
    rows = lines()
    rows[0][column] = text

    with pytest.raises(RowError, match=problem) as caught:
        read(MEASURES[0], content(rows))

    assert caught.value.line == 2
    assert caught.value.column == next(csv.reader([HEADER]))[column]


def test_a_drugs_name_has_up_to_eighty_letters():
    rows = lines()
    rows[0][6] = "x" * 80
    source = catalog.find(MEASURES[0])

    found = source.read(ReleaseFile(NAME, content(rows)), {}, DIMENSIONS)

    assert found.unknown == {"drug": {"x" * 80}}


def marked(year: str, at: int | None = None) -> bytes:
    """A file in which all lines of a year, or its nth one, say that it is running."""
    rows = lines()
    chosen = [line for line in rows if line[0].startswith(year)]
    for line in chosen if at is None else chosen[at : at + 1]:
        line[0] = year if line[0].endswith(")") else f"{year} (FYTD)"
    return content(rows)


def without(*where: tuple[str, str, str]) -> bytes:
    return content([line for line in lines() if (line[0][:4], line[1], line[3]) not in where])


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (marked("2025"), "only some lines say FYTD"),
        (marked("2025", 0), "only some lines say FYTD"),
        (marked("2026", 0), "only some lines say FYTD"),
        (marked("2026", -2), "only some lines say FYTD"),
        (
            without(("2025", "DEC", "Northern Border")),
            "no line for northern in 2024-12: rows are missing; fetch it again",
        ),
        (
            without(*(("2025", at, "Northern Border") for at in ABBREVIATIONS[:4])),
            "no line for northern in 2024-10, northern in 2024-11, northern in 2024-12: rows",
        ),
        (
            without(*(("2024", "OCT", region) for region in REGIONS)),
            "no line for before 2023-11: rows are missing",
        ),
        (content([line[:8] for line in lines()]), "8 fields instead of 9; the file is damaged"),
        (
            content([[*line, "1"] for line in lines()]),
            "10 fields instead of 9; the file is",
        ),
        (
            content(lines(), "A,B,C,D,E,F,G,H,I"),
            "not CBP's layout: missing column 'Area of Responsibility', missing column 'Component'",
        ),
        (
            content(lines(), HEADER + ",Note,Note 2"),
            "not CBP's layout: unknown column 'Note', 'Note 2'; a changed layout needs",
        ),
    ],
)
def test_a_file_whose_lines_do_not_fit_together_is_refused_with_where(made, said):
    with pytest.raises(DataError) as refused:
        read(MEASURES[0], made)

    assert said in str(refused.value)


def test_all_lines_of_the_last_year_may_say_it_is_over():
    assert read(MEASURES[0], marked("2026")).closed == {2024, 2025}


def test_columns_may_stand_in_any_order():
    order = [8, 0, 7, 1, 6, 2, 5, 3, 4]
    names = HEADER.split(",")
    turned = content(
        [[line[at] for at in order] for line in lines()], ",".join(names[at] for at in order)
    )

    assert read(MEASURES[1], turned).counts == held(MEASURES[1]).counts


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (content([]), "a header without rows"),
        (content(lines(), HEADER.replace("Region", "Land Border Region")), "missing column"),
        (content(lines(), HEADER + ",Note"), "unknown column 'Note'"),
        (b"<html><title>Access Denied</title></html>", "web page"),
        (content(lines())[:-40], "cut short"),
        (content(lines()[7:]), "no line for|named like|fields"),
        (content([*lines(), lines()[3]]), "duplicates line 5"),
    ],
)
def test_a_file_that_is_damaged_is_refused(made, problem):
    def believed() -> None:
        found = read(MEASURES[0], made)
        reasons = checks.problems(catalog.find(MEASURES[0]), found, [held(MEASURES[0])])
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
    source = catalog.find(measure)
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
    source = catalog.find(measure)

    (said,) = source.reader().embedded(())

    assert checks.problems(source, said) == []
    assert said.release.data_through == "2026-04"
    assert said.closed == {2023, 2024, 2025}
    assert {key.dimension for key in said.counts} == {"", "drug", "component"}


def test_fentanyl_in_the_north_is_44_pounds_and_82_seizures_in_fiscal_2024():
    """The file says 43.04 pounds; each month is rounded to whole pounds first."""
    key, year = SeriesKey("northern", "drug", "Fentanyl"), FEDERAL.period(2024).months

    events, pounds = (
        catalog.find(measure).reader().embedded(())[0].counts[key] for measure in MEASURES
    )

    assert sum(pounds.get(month, 0) for month in year) == 44
    assert sum(events.get(month, 0) for month in year) == 82


def test_the_embedded_figures_are_those_of_the_publisher_s_file():
    if not FILE.exists():
        pytest.skip("the publisher's file is not beside this repository")
    folder = Path(bundle.__file__).parent

    for name, made in seizures.build(FILE).items():
        assert (folder / name).read_bytes() == made
    for measure in MEASURES:
        source = catalog.find(measure)
        found = source.read(
            ReleaseFile(FILE.name, FILE.read_bytes(), "2026-10-04"), {}, DIMENSIONS
        ).snapshot
        assert checks.problems(source, found, source.reader().embedded(())) == []
        repeated = numbers(source.reader().embedded(())[0])
        assert repeated.items() <= numbers(found).items()


# ---------------------------------------------------------------- what a record of them rests on


@pytest.mark.parametrize(
    ("measure", "off_by", "share"),
    [
        ("cbp_drug_events", "off by {change} and {percent:.0f}%", 15),
        ("cbp_drug_pounds", "off by {change} pounds and half as much again", 50),
    ],
)
def test_a_first_settings_file_says_when_a_month_is_flagged_as_it_sets_it(measure, off_by, share):
    source = catalog.find(measure)
    text = source.settings()
    flags = tomllib.loads(text)["flags"]

    said = off_by.format(change=flags["min_change"], percent=share)
    noun = source.measure.noun
    assert f"flagged if the series has {flags['min_level']} {noun} a month, and {said}." in text
    assert flags["min_ratio"] == pytest.approx(1 + share / 100)
    assert flags["min_level"] == 5
    assert tomllib.loads(text)["sources"] == [{"kind": measure}]


@pytest.mark.parametrize(("measure", "problems"), list(zip(MEASURES, (1, 0), strict=True)))
def test_a_border_without_a_pound_is_believed_and_one_without_a_seizure_is_not(measure, problems):
    found = held(measure)
    counts = {
        key: {month: n for month, n in by.items() if (key.total, month) != ("northern", "2026-01")}
        for key, by in found.counts.items()
    }
    whole = dict(counts[SeriesKey(NATIONWIDE)])
    whole["2026-01"] -= found.counts[SeriesKey("northern")]["2026-01"]
    empty = replace(found, counts={**counts, SeriesKey(NATIONWIDE): whole})

    reasons = checks.problems(catalog.find(measure), empty)
    assert len([r for r in reasons if "northern has no" in r]) == problems


@pytest.mark.parametrize(("measure", "decided"), list(zip(MEASURES, (12 * 10, 1_000), strict=True)))
def test_few_a_year_are_said_to_be_decided_by_one_or_a_few(measure, decided):
    """Fewer than 10 seizures a month, or 1,000 pounds a year."""
    limit, said = catalog.find(measure).measure.small

    assert limit == decided
    assert said == ("a few seizures decide" if decided == 120 else "one seizure decides")


@pytest.mark.parametrize("measure", MEASURES)
def test_the_embedded_figures_state_every_month_and_their_totals_are_those_of_the_drugs(measure):
    (said,) = catalog.find(measure).reader().embedded(())
    span = months.between("2022-10", "2026-04")

    assert {(each.first_month, each.last_month) for each in said.coverage} == {(span[0], span[-1])}
    assert {each.scope for each in said.coverage} == {key.scope for key in said.counts}
    assert len(said.coverage) == len({each.scope for each in said.coverage})
    for month in span:
        for border in (*BORDERS, NATIONWIDE):
            drugs = sum(
                by.get(month, 0)
                for key, by in said.counts.items()
                if key.dimension == "drug" and border in (key.total, NATIONWIDE)
            )
            assert said.counts[SeriesKey(border)][month] == drugs
    assert all(n for key, by in said.counts.items() if key.dimension for n in by.values())
    release = said.release
    assert (release.kind, release.seq, release.rounding) == ("bundle", 202607000, 1)
    assert sorted(said.rows) == [2023, 2024, 2025, 2026]
    assert min(said.rows.values()) > 1000


def test_seizures_and_pounds_of_one_file_are_two_releases_and_neither_is_the_file():
    hashes = [catalog.find(measure).reader().embedded(())[0].release.sha256 for measure in MEASURES]

    assert len({*hashes, hashlib.sha256(b"").hexdigest()}) == 3
    assert all(len(one) == 64 for one in hashes)
