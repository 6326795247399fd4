"""The settings that are written for a file of counts: every value that follows from the file."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from forecast import config, months
from forecast.errors import ConfigError, DataError
from forecast.tables.grid import ReadAs
from jobs.service import first_settings
from jobs.service.first_settings import understood

FIRST = months.to_index("2020-01")


def visits(
    folder: Path, many: int = 3, length: int = 60, level: int = 40, head="Clinic,Month,Visits"
):
    """A file of so many series, each of so many months around a level."""
    path = folder / "visits.csv"
    lines = [
        f"Site {chr(65 + n)},{months.from_index(FIRST + m)},{level + (7 * m + 3 * n) % 11}\n"
        for n in range(many)
        for m in range(length)
    ]
    path.write_text(f"{head}\n{''.join(lines)}")
    return path


def written(path: Path, **wanted) -> dict:
    settings = understood(path, ReadAs(**wanted)).settings
    file = path.with_name("config.toml")
    file.write_text(settings)
    config.load(file)  # it is one that the program takes
    file.unlink()
    return tomllib.loads(settings)


def test_all_that_follows_from_a_file(tmp_path):
    path = visits(tmp_path)

    told = understood(path, ReadAs())
    found = tomllib.loads(told.settings)

    assert tuple(told.lines) == (
        "visits.csv: 3 series, January 2020 to December 2024; 0 months missing",
        "read: months in column 'Month'; counts in column 'Visits'; series from column 'Clinic'",
        "taken: what is counted is 'visits', each series is a 'clinic'",
    )
    assert found["sources"] == [
        {
            "kind": "counts",
            "name": "clinic_visits",
            "path": str(path),
            "noun": "visits",
            "title": "Clinic visits",
            "one": "clinic",
            "many": "clinics",
            "place": "at {}",
            "publisher": "our office",
            "credit": "",
            "definition": "",
            "caveat": "",
            "total": "",
            "tolerance": 0,
            "year_begins": 1,
            "due": [1, 28],
            "contract": {"kind": "flow", "header": ["Clinic", "Visits"], "restates": 3},
            "columns": {},
        }
    ]
    assert found["forecast"] == {
        "models": ["naive", "snaive"],
        "dimensions": [],
        "first_cutoff": "2022-12",
    }
    assert found["flags"] == {"alpha": 0.02, "min_level": 10, "min_change": 10}
    assert "of 3 series about 0.1 a month by chance" in told.settings
    assert found["notices"] == {"approval": "hold", "contact": ""}
    assert found["site"] == {"folder": "site"}


@pytest.mark.parametrize(
    ("length", "cutoff"), [(60, "2022-12"), (49, "2022-01"), (48, "2022-01"), (30, "2022-01")]
)
def test_models_are_scored_for_two_years_or_from_the_third_on(tmp_path, length, cutoff):
    assert written(visits(tmp_path, length=length))["forecast"]["first_cutoff"] == cutoff


@pytest.mark.parametrize(
    ("many", "alpha"),
    [(1, 0.02), (20, 0.02), (21, 0.019), (100, 0.004), (400, 0.001), (500, 0.001)],
)
def test_a_month_is_flagged_by_chance_in_about_one_of_three_over_all_series(tmp_path, many, alpha):
    path = tmp_path / "visits.csv"
    lines = [f"S{n},2020-0{m},{50 + (n * m) % 7}\n" for n in range(many) for m in range(1, 8)]
    path.write_text("Clinic,Month,Visits\n" + "".join(lines))

    assert written(path)["flags"]["alpha"] == alpha


@pytest.mark.parametrize(("level", "least"), [(25, 10), (24, 5)])
def test_small_series_are_flagged_from_five_on(tmp_path, level, least):
    path = tmp_path / "visits.csv"
    path.write_text("Month,Visits\n" + "".join(f"2020-0{m},{level}\n" for m in range(1, 8)))

    assert written(path)["flags"]["min_level"] == least


@pytest.mark.parametrize(
    ("head", "noun", "one", "title", "place"),
    [
        ("Clinic,Month,Visits", "visits", "clinic", "Clinic visits", "at {}"),
        ("County,Month,Case_Count", "case count", "county", "County case count", "in {}"),
        ("Team,Month,value", "counts", "team", "Team counts", "for {}"),
        ("Team,Month,n", "counts", "team", "Team counts", "for {}"),
        ("Team,Month,123", "counts", "team", "Team counts", "for {}"),
        ("series,Month,Visits (all)", "visits all", "series", "Visits all", "for {}"),
    ],
)
def test_words_are_those_of_the_headers(tmp_path, head, noun, one, title, place):
    (source,) = written(visits(tmp_path, head=head))["sources"]

    assert (source["noun"], source["one"], source["title"], source["place"]) == (
        noun,
        one,
        title,
        place,
    )


def nested(folder: Path, more: str = "") -> Path:
    path = folder / "wards.csv"
    lines = [
        f"{region},{ward},{months.from_index(FIRST + m)},{40 + (7 * m + n) % 11}\n"
        for n, (region, ward) in enumerate((("N", "a"), ("N", "b"), ("S", "c")))
        for m in range(40)
    ]
    path.write_text("Region,Ward,Month,Visits\n" + "".join(lines) + more)
    return path


def test_columns_that_nest_are_series_and_parts(tmp_path):
    told = understood(nested(tmp_path), ReadAs())
    (source,) = tomllib.loads(told.settings)["sources"]

    assert source["columns"] == {"series": ["Region"], "part": "Ward"}
    assert (source["part"], source["parts"], source["title"]) == (
        "ward",
        "wards",
        "Visits by region",
    )
    assert "# A region is a series. What column Ward names in it are its parts" in told.settings
    assert told.lines[-1] == (
        "taken: each 'ward' is a part of a 'region': 3 parts of 2; their sums are added up"
    )
    stated = understood(nested(tmp_path, "N,Total,2020-01,82\n"), ReadAs())
    assert stated.lines[-1].endswith("3 parts of 2; the file has 1 of their sums")
    plain = tomllib.loads(understood(nested(tmp_path), ReadAs(series=("Ward",))).settings)
    assert plain["sources"][0]["columns"] == {"series": ["Ward"]}
    assert "part" not in plain["sources"][0]


def test_what_the_user_said_is_written_down(tmp_path):
    path = visits(tmp_path)
    found = written(
        path,
        series=("Clinic",),
        value=("Visits",),
        month="Month",
        decimal=".",
        dates="mdy",
        sums=True,
    )
    fiscal = written(path, fiscal_start=7)

    assert found["sources"][0]["columns"] == {
        "month": "Month",
        "decimal": "point",
        "dates": "mdy",
        "series": ["Clinic"],
        "value": ["Visits"],
        "sum": True,
    }
    assert (found["sources"][0]["year_begins"], fiscal["sources"][0]["year_begins"]) == (1, 7)


def test_the_newest_file_of_a_folder_is_the_one_that_is_read(tmp_path):
    with pytest.raises(DataError, match="no file in this folder; put the first delivery there"):
        understood(tmp_path, ReadAs())
    visits(tmp_path).rename(tmp_path / "old.csv")
    os.utime(tmp_path / "old.csv", (10, 10))
    visits(tmp_path, many=2)
    os.utime(tmp_path / "visits.csv", (20, 20))
    (tmp_path / ".newer").write_text("x")
    (tmp_path / "folder").mkdir()

    assert understood(tmp_path, ReadAs()).lines[0].startswith("visits.csv: 2 series")
    os.utime(tmp_path / "old.csv", (20, 20))
    assert (
        understood(tmp_path, ReadAs()).lines[0].startswith("visits.csv: 2 series")
    )  # by name then
    os.utime(tmp_path / "old.csv", (21, 21))
    assert understood(tmp_path, ReadAs()).lines[0].startswith("old.csv: 3 series")


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("clinic", "clinics"),
        ("box", "boxes"),
        ("bus", "buses"),
        ("branch", "branches"),
        ("dish", "dishes"),
        ("county", "counties"),
        ("survey", "surveys"),
        ("series", "series"),
        ("y", "ys"),
        ("country of asylum", "countries of asylum"),
        ("port of entry by sea", "ports of entry by sea"),
        ("county of birth", "counties of birth"),
        ("post office", "post offices"),
    ],
)
def test_plurals(one, many):
    assert first_settings._plural(one) == many


@pytest.mark.parametrize(
    ("one", "place"),
    [("country of asylum", "in {}"), ("office of birth", "at {}"), ("cause of death", "for {}")],
)
def test_what_a_name_is_headed_by_tells_its_preposition(one, place):
    assert first_settings._place(one) == place


def test_a_settings_file_that_is_there_is_not_written_over(tmp_path):
    first_settings.write(tmp_path / "c.toml", b"new")

    assert (tmp_path / "c.toml").read_bytes() == b"new"
    with pytest.raises(ConfigError, match="is already there; name another with -o"):
        first_settings.write(tmp_path / "c.toml", b"newer")
    with pytest.raises(ConfigError, match="cannot be written: No such file or directory"):
        first_settings.write(tmp_path / "none" / "c.toml", b"new")


@pytest.mark.parametrize("name", ['a"b', "a\\b", 'a\\"b'])
def test_a_name_is_itself_inside_the_file(tmp_path, name):
    assert tomllib.loads(f'x = "{first_settings._quoted(name)}"') == {"x": name}


def test_a_series_that_the_others_add_up_to_is_taken_for_their_total(tmp_path):
    path = tmp_path / "visits.csv"
    lines = [
        f"{name},{months.from_index(FIRST + m)},{count}\n"
        for m in range(30)
        for name, count in (("A", 40 + m % 7), ("B", 30 + m % 5), ("All", 70 + m % 7 + m % 5))
    ]
    path.write_text("Clinic,Month,Visits\n" + "".join(lines))

    told = understood(path, ReadAs())

    assert told.lines[-1] == "taken: All is the sum of the 2 others"
    assert tomllib.loads(told.settings)["sources"][0]["total"] == "All"


def test_models_are_scored_from_two_years_after_the_first_series_began(tmp_path):
    """One began later: what was known of the first is enough."""
    path = tmp_path / "visits.csv"
    lines = [
        f"{name},{months.from_index(FIRST + m)},{40 + (7 * m) % 11}\n"
        for name, began in (("late", 20), ("early", 3))
        for m in range(began, 40)
    ]
    path.write_text("Clinic,Month,Visits\n" + "".join(lines))

    told = understood(path, ReadAs())

    assert told.lines[0] == "visits.csv: 2 series, April 2020 to April 2023; 0 months missing"
    found = tomllib.loads(told.settings)
    assert found["forecast"]["first_cutoff"] == "2022-04"  # 24 months after April 2020


@pytest.mark.parametrize(
    ("column", "plain"),
    [
        ("Case_Count", "case count"),
        ("Visits (all)", "visits all"),
        ("  A \t B ", "a b"),
        ("x" * 41, "x" * 40),
        ("Über-Zahl", "über zahl"),
        ("", ""),
    ],
)
def test_the_name_of_a_column_is_told_in_small_letters(column, plain):
    assert first_settings._plain(column) == plain


def test_a_name_is_short_and_a_file_of_one_series_is_of_its_counts(tmp_path):
    head = f"Clinic,Month,{'Visits of all kinds that there are in our books'}"
    (source,) = written(visits(tmp_path, head=head))["sources"]
    assert source["name"] == "clinic_visits_of_all_kinds_that_there_ar"
    path = tmp_path / "plain.csv"
    path.write_text("Month,Visits\n" + "".join(f"2020-0{m},{30 + m}\n" for m in range(1, 8)))
    (source,) = written(path)["sources"]
    assert (source["one"], source["many"], source["title"], source["name"]) == (
        "series",
        "series",
        "Visits",
        "visits",
    )


def test_what_was_missing_or_odd_in_a_file_is_told(tmp_path):
    path = visits(tmp_path, many=1, length=30)
    path.write_text(path.read_text().replace("Site A,2021-02,", "Site A,2021-02,\n#", 1))
    path.write_text("\n".join(line for line in path.read_text().splitlines() if line[:1] != "#"))

    said = understood(path, ReadAs()).lines

    assert said[0] == "visits.csv: 1 series, January 2020 to June 2022; 1 month missing"


def test_a_decimal_sign_and_a_sheet_are_written_as_they_were_said():
    for decimal, word in ((".", "point"), (",", "comma")):
        found = first_settings._columns(ReadAs(decimal=decimal, sheet='A "1"'), "clinic")
        assert tomllib.loads(found) == {"sheet": 'A "1"', "decimal": word}
    hint = first_settings._columns(ReadAs(), "clinic")
    assert hint.startswith("# found by content; say so where it is wrong: month")
    nested = first_settings._columns(ReadAs(series=("R",), part="W", value=("a", "b")), "region")
    assert tomllib.loads(nested) == {"series": ["R"], "part": "W", "value": ["a", "b"]}
