"""A publisher by one file in a folder of one's own: read, refused, and never asked for again."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast import config, described
from forecast.context import Context
from forecast.errors import ConfigError, DataError
from forecast.sources import catalog
from forecast.sources.source import ReadRelease, ReleaseFile
from jobs.cli import main

TABLE = """\
due = [10, 30]

[publisher]
name = "The Refugee Agency"
short = "The Agency"
address = "https://www.example.org"

[measure]
noun = "applications"

[totals]
one = "country"
many = "countries"
place = "in {}"
part = "origin"
below = "origins"

[file]
name = "asylum*.csv"
total = "Country"
part = "Origin"
"""
HEAD = "Country,Origin,Year,Month,Value\n"
ORIGINS = ("Elsewhere", "Nowhere")


def content(*leave_out: tuple[str, str, int], **changed: str) -> str:
    """Four months a year of two countries and two origins, without these lines."""
    cells = [
        (country, origin, month)
        for country in ("Canada", "France")
        for origin in ORIGINS
        for month in range(24)
    ]
    rows = []
    for country, origin, month in cells:
        value = changed.get(f"{country}{origin}{month}", 10 + month + len(origin))
        if (country, origin, month) not in leave_out:
            year, number = 1999 + month // 12, month % 12 + 1
            rows.append(f"{country},{origin},{year},{number},{value}\n")
    return HEAD + "".join(rows)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "sources" / "asylum"
    folder.mkdir(parents=True)
    (folder / "source.toml").write_text(TABLE)
    (tmp_path / "config.toml").write_text('[[sources]]\nkind = "asylum"\n')
    return tmp_path


def say(home: Path, *changes: tuple[str, str]) -> None:
    """Put something else into the source's table."""
    text = TABLE
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (home / "sources" / "asylum" / "source.toml").write_text(text)


def read(home: Path, text: str) -> ReadRelease:
    settings = config.load(home / "config.toml")
    source = Context.open(home / "a.db", settings).source
    file = ReleaseFile("asylum-1.csv", text.encode(), "2001-02-03")
    return source.reader().beside_record(source, source.read(file, {}, ()), dict)


def counts(home: Path, text: str) -> dict[str, dict[str, int]]:
    made = read(home, text).snapshot.counts
    return {
        ":".join(filter(None, (key.total, key.member))): dict(by_month)
        for key, by_month in made.items()
    }


def test_a_folder_beside_the_settings_is_a_source(home):
    source = Context.open(home / "a.db", config.load(home / "config.toml")).source

    assert (source.name, source.publisher.short) == ("asylum", "The Agency")
    assert source.publisher.address == "https://www.example.org"
    assert source.due == (10, 30, 32)
    assert source.hierarchy.called == {"border": "country", "part": "origin"}


@pytest.mark.parametrize(("kind", "adds"), [("flow", True), ("money", True), ("stock", False)])
def test_a_table_says_whether_months_add_up_and_pages_say_if_they_do_not(home, kind, adds):
    say(home, ("due = [10, 30]", f'due = [10, 30]\nkind = "{kind}"'))

    source = Context.open(home / "a.db", config.load(home / "config.toml")).source

    assert source.calendar.adds is adds
    assert ("months are not added up" in source.measure.caveat) is not adds
    (home / "source.toml").write_text('kind = "level"')
    with pytest.raises(ConfigError, match=r"source.toml, line 1: kind: .*not allowed"):
        described.table(home / "source.toml")


def test_rates_of_parts_do_not_add_up_to_a_total(home):
    say(home, ("due = [10, 30]", 'due = [10, 30]\nkind = "rate"'))

    with pytest.raises(ConfigError, match="a rate is not added up: leave out total and part"):
        Context.open(home / "a.db", config.load(home / "config.toml"))


def test_its_files_are_read_whatever_their_form(home):
    """No last newline, years before 2000, names of months: as `forecast` reads it."""
    made = counts(home, content().removesuffix("\n"))

    assert made["Canada"]["1999-01"] == 10 + len("Elsewhere") + 10 + len("Nowhere")
    assert made["France:Nowhere"]["2000-12"] == 10 + 23 + len("Nowhere")


def test_who_has_not_reported_has_not_reported(home):
    """France has no line of the last two months: they are nobody's 0."""
    late = [("France", origin, month) for origin in ORIGINS for month in (22, 23)]
    made = counts(home, content(*late))

    assert max(made["France"]) == max(made["France:Nowhere"]) == "2000-10"
    assert max(made["Canada"]) == "2000-12"


def test_a_part_without_a_line_is_0_where_its_total_has_lines(home):
    made = counts(home, content(("France", "Nowhere", 23)))

    assert made["France:Nowhere"]["2000-12"] == 0
    assert made["France"]["2000-12"] == 10 + 23 + len("Elsewhere")


def test_a_count_that_is_not_told_is_no_0(home):
    """An asterisk is a small count: neither it nor the sum is known then."""
    made = counts(home, content(FranceNowhere23="*"))

    assert "2000-12" not in made["France:Nowhere"]
    assert "2000-12" not in made["France"]


@pytest.mark.parametrize(("absent", "last"), [("unknown", None), ("none", 0)])
def test_a_source_says_what_a_missing_line_means(home, absent, last):
    say(home, ('part = "Origin"', f'part = "Origin"\nabsent = "{absent}"'))

    made = counts(home, content(("France", "Nowhere", 23)))

    assert made["France:Nowhere"].get("2000-12") == last


def test_labels_are_a_closed_list_if_the_source_says_so(home):
    say(home, ("[file]", '[totals.labels]\nCanada = "Canada"\nFrance = "French Republic"\n[file]'))

    assert "French Republic" in counts(home, content())
    with pytest.raises(DataError, match=r"'Narnia' is no known country.*\[totals.labels\]"):
        read(home, content() + "Narnia,Elsewhere,2000,12,5\n")


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "problem"),
    [
        ('noun = "applications"', "", 8, "measure.noun", "is missing"),
        ("due = [10, 30]", "due = [30, 10]", 1, "table", "days that do not go back"),
        ("due = [10, 30]", 'due = "soon"', 1, "due", "'soon' is not allowed"),
        ('one = "country"', 'ome = "country"', 12, "totals.ome", "no source has such a key"),
        ('part = "Origin"', 'absent = "zero"', 21, "file.absent", "'zero' is not allowed"),
        (
            "[file]",
            "year_begins = 13\n[file]",
            18,
            "totals.year_begins",
            "no source has such a key",
        ),
        ("due = [10, 30]", "year_begins = 13", 1, "year_begins", "13 is not allowed"),
    ],
)
def test_what_is_wrong_in_a_table_is_told_with_its_key_and_line(home, old, new, line, key, problem):
    say(home, (old, new))

    with pytest.raises(ConfigError) as refused:
        config.load(home / "config.toml")

    assert f"source.toml, line {line}" in str(refused.value)
    assert key in str(refused.value)
    assert problem in str(refused.value)


def test_a_mistyped_table_is_an_error_of_every_command(home):
    say(home, ("[measure]", "[measure"))

    said = CliRunner().invoke(main, ["--config", str(home / "config.toml"), "config", "check"])

    assert said.exit_code == 2
    assert "source.toml" in said.output + said.stderr
    assert "Traceback" not in said.output + said.stderr


@pytest.mark.parametrize("name", catalog.names())
def test_every_table_that_is_shipped_is_one_that_could_be_written(name):
    table = catalog.table(name)

    assert described.SourceTable.model_validate(json.loads(json.dumps(table)))


@pytest.mark.slow
def test_a_publisher_is_a_service_in_two_commands(tmp_path, monkeypatch):
    """`config init --publisher`, `run`; and the record knows its source without the folder."""
    monkeypatch.chdir(tmp_path)
    early = (("France", origin, month) for origin in ORIGINS for month in range(12))
    Path("asylum-1.csv").write_text(content(*early))

    def ran(*words: str) -> str:
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 0, (done.output, done.stderr)
        return done.output

    ran("config", "init", "asylum-1.csv", "--publisher", "The Agency")
    assert tomllib.loads(Path("sources/the_agency/source.toml").read_text())["file"]["part"]
    assert "accepted" in ran("run", "asylum-1.csv")
    shutil.rmtree("sources")
    Path("config.toml").unlink()

    assert "Right" in ran("fact", "Canada", "2000-12", str(2 * 33 + len("ElsewhereNowhere")))
    assert "France" not in ran("flags")
    assert "12 months counted" in CliRunner().invoke(main, ["show", "France"]).output
