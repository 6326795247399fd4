"""A publisher's CSV by one file: the example of docs/publishers.md, from its text to its page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import forecast.sources
from forecast import months
from forecast.config import parse
from forecast.context import Context
from forecast.errors import ConfigError, DataError, RowError
from forecast.periods import FEDERAL
from forecast.sources import catalog
from forecast.sources.checks import problems
from forecast.sources.source import ReleaseFile, Source
from forecast.types import SeriesKey
from jobs.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "publishers.md"
TABLE, SETTINGS = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
NAME = "removals-fy24-fy26-mar.csv"
OFFICES = {"Lakeside Office": "North", "Summit Office": "North", "Harbor Office": "South"}


def lines(through: str = "2026-03") -> list[str]:
    rows = []
    for number, month in enumerate(months.between("2023-10", through)):
        year = FEDERAL.year(month)
        name = months.to_index(month) % 12
        at = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"][
            name
        ]
        rows += [
            f"{year},{at},{area},{office},{40 * place + 5 * name + number % 7}"
            for place, (office, area) in enumerate(OFFICES.items(), start=1)
        ]
    return rows


def content(rows: list[str]) -> bytes:
    return "\n".join(("Fiscal Year,Month (abbv),Area,Office,Removals", *rows, "")).encode()


@pytest.fixture
def removals(tmp_path, monkeypatch) -> Source:
    folder = tmp_path / "sources" / "removals"
    folder.mkdir(parents=True)
    (folder / "source.toml").write_text(TABLE, encoding="utf-8")
    places = [*forecast.sources.__path__, str(folder.parent)]
    monkeypatch.setattr(forecast.sources, "__path__", places)
    return catalog.find("removals")


def read(source: Source, rows: list[str]):
    return source.read(ReleaseFile(NAME, content(rows), "2026-04-20"), {}, ()).snapshot


def test_a_folder_with_a_table_is_a_source(removals):
    assert "removals" in catalog.names()
    assert (removals.measure.noun, removals.measure.unit) == ("removals", "removals a month")
    assert removals.totals.every == ("north", "south", "all")
    assert removals.parse_name(NAME) == (2024, 2026, 6, "manual", 0)
    assert removals.parse_name("encounters.csv") is None


def test_its_lines_are_counts_of_its_totals_and_of_the_members_of_a_dimension(removals):
    made = read(removals, lines())

    lakeside, summit, harbor = (40 * place + 5 * 2 + 29 % 7 for place in (1, 2, 3))
    assert made.counts[SeriesKey("north", "office", "Lakeside Office")]["2026-03"] == lakeside
    assert made.counts[SeriesKey("north")]["2026-03"] == lakeside + summit
    assert made.counts[SeriesKey("all")]["2026-03"] == lakeside + summit + harbor
    assert (made.release.kind, made.release.data_through) == ("manual", "2026-03")
    assert made.closed == {2024, 2025}


def without(rows: list[str], area: str, *at: str) -> list[str]:
    """Lines but those of an area's months, such as "2026,MAR"."""
    return [row for row in rows if not (f",{area}," in row and row.startswith(at))]


@pytest.mark.parametrize(
    ("area", "gone"),
    [
        ("South", ("2026,MAR",)),  # has not reported yet
        ("South", ("2026,FEB", "2026,MAR")),
        ("North", ("2024,OCT", "2024,NOV")),  # began later
        ("North", ("2025,JAN",)),  # between others
    ],
)
def test_a_month_without_a_line_is_known_of_nobody(removals, area, gone):
    whole, made = read(removals, lines()), read(removals, without(lines(), area, *gone))
    total = SeriesKey(area.lower())
    missing = whole.counts[total].keys() - made.counts[total].keys()

    assert len(missing) == len(gone)
    for key in (total, SeriesKey("all")):
        known = {m: count for m, count in whole.counts[key].items() if m not in missing}
        assert made.counts[key] == known
    covered = {
        (span.scope, month)
        for span in made.coverage
        for month in months.between(span.first_month, span.last_month)
    }
    for scope in {span.scope for span in whole.coverage}:
        unknown = {m for m in months.between("2023-10", "2026-03") if (scope, m) not in covered}
        assert unknown == (missing if scope.total in (area.lower(), "all") else set())


def test_a_total_that_never_reported_is_not_there(removals):
    made = read(removals, [row for row in lines() if ",South," not in row])

    assert {key.total for key in made.counts} == {"north"}
    assert {span.scope.total for span in made.coverage} == {"north"}


def test_a_source_may_say_that_a_month_without_a_line_is_none(removals, tmp_path):
    folder = tmp_path / "sources" / "deaths"
    folder.mkdir()
    said = 'like = "removals"\n[file]\nabsent_is_none = true\n'
    (folder / "source.toml").write_text(said, encoding="utf-8")
    made = read(catalog.find("deaths"), without(lines(), "South", "2026,MAR"))

    assert made.counts[SeriesKey("south")]["2026-03"] == 0
    north = made.counts[SeriesKey("north")]["2026-03"]
    assert made.counts[SeriesKey("all")]["2026-03"] == north


def test_lines_lost_between_others_are_named_where_a_total_is_never_empty(removals):
    lost = read(removals, without(lines(), "North", "2025,JAN"))
    late = read(removals, without(lines(), "North", "2026,MAR"))

    assert problems(removals, lost) == ["north has no removals in 2025-01"]
    assert problems(removals, late) == []


def release_of(
    source: Source, rows: list[str], name: str = "download.csv", seen: str | None = None
):
    return source.read(ReleaseFile(name, content(rows), seen, "https://example.org/r"), {}, ())


@pytest.mark.parametrize(
    ("name", "through", "seq", "closed"),
    [
        ("download.csv", "2026-03", 202606000, {2024, 2025}),  # its last year and month
        ("download.csv", "2025-09", 202512100, {2024, 2025}),  # that is over
        ("removals-fy24-fy25-sep.csv", "2025-09", 202512000, {2024}),  # a month's interim file
        ("removals-fy24-fy25.csv", "2025-09", 202512100, {2024, 2025}),  # a window's final file
    ],
)
def test_a_files_place_is_that_of_its_name_or_else_of_its_last_month(
    removals, name, through, seq, closed
):
    made = release_of(removals, lines(through), name).snapshot

    assert (made.release.seq, made.closed) == (seq, closed)
    assert made.release.data_through == through
    assert sum(made.rows.values()) == len(lines(through))


def test_a_release_has_the_day_it_was_first_seen_where_that_is_known(removals):
    seen = release_of(removals, lines(), seen="2026-04-20").snapshot.release
    unknown = release_of(removals, lines()).snapshot.release

    assert (seen.first_seen_at, seen.first_seen_precision) == ("2026-04-20", "day")
    assert (unknown.first_seen_at, unknown.first_seen_precision) == (None, "unknown")
    assert seen.url == unknown.url == "https://example.org/r"


def test_a_line_that_is_there_twice_is_refused_wherever_it_stands(removals):
    rows = lines()
    for at in (1, len(rows)):
        twice = [*rows[:at], rows[0], *rows[at:]]
        with pytest.raises(RowError, match="duplicates line 2; the file is damaged") as caught:
            release_of(removals, twice)
        assert caught.value.line == at + 2


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("Fiscal Year,Month (abbv),Area,Office", "missing column 'Removals'"),
        ("Fiscal Year,Month (abbv),Area,Office,Removals,Sex", "unknown column 'Sex'"),
        ("a,b,c", "missing column 'Area', missing column 'Fiscal Year', missing column 'Month"),
    ],
)
def test_a_header_that_is_no_layout_is_refused_by_what_is_missing_or_unknown(
    removals, header, said
):
    text = (
        content(lines()).decode().replace("Fiscal Year,Month (abbv),Area,Office,Removals", header)
    )

    with pytest.raises(DataError, match=r"not .*'s layout: ") as caught:
        removals.read(ReleaseFile("download.csv", text.encode()), {}, ())
    assert said in str(caught.value)
    assert ("unknown" in str(caught.value)) == ("Sex" in header)
    assert str(caught.value).endswith("; a changed layout needs a new reader")


def test_a_label_of_a_closed_list_refuses_the_file(removals):
    rows = lines()
    rows[4] = rows[4].replace("North", "East").replace("South", "East")

    with pytest.raises(RowError, match="unknown total; expected one of: North, South") as caught:
        read(removals, rows)
    assert (caught.value.line, caught.value.column) == (6, "Area")


def test_settings_name_a_source_that_is_there(removals, tmp_path):
    made = Context.open(tmp_path / "r.db", parse(SETTINGS, "config.toml"))
    unknown = parse(SETTINGS.replace("removals", "arrivals"), "config.toml")

    assert made.source is removals
    with pytest.raises(
        ConfigError, match="'arrivals' is no source; there are counts, cbp_encounters, removals"
    ):
        Context.open(tmp_path / "r.db", unknown)


def test_a_source_that_completes_another_is_none_of_the_settings(tmp_path):
    config = parse(SETTINGS.replace("removals", "cbp_apprehension_types"), "config.toml")

    with pytest.raises(ConfigError, match="'cbp_apprehension_types' is no source"):
        Context.open(tmp_path / "r.db", config)


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """What a command about a record of removals says, its table beside the settings."""
    monkeypatch.chdir(tmp_path)
    Path("sources/removals").mkdir(parents=True)
    Path("sources/removals/source.toml").write_text(TABLE, encoding="utf-8")
    settings = '[forecast]\nmodels = ["naive"]\nfirst_cutoff = "2025-06"\n'
    settings += '[compute]\nengine = "serial"\n[site]\nfolder = "site"\n'
    Path("config.toml").write_text(f"{SETTINGS}\n{settings}")

    def asked(*words: str) -> str:
        done = CliRunner().invoke(main, words, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    return asked


@pytest.mark.slow
def test_who_has_not_reported_is_not_flagged(asked):
    Path(NAME).write_bytes(content(without(lines(), "South", "2026,MAR")))

    assert "data through 2026-03" in asked("run", NAME)
    assert "February 2026" in asked("show", "south")
    assert "critical" not in asked("flags", "--json")
    asked("verify")
    # And when it has: what was unknown is counted, and the sum is known.
    later = NAME.replace("mar", "apr")
    Path(later).write_bytes(content(lines("2026-04")))
    asked("run", later)
    expected = 40 * 3 + 5 * 2 + 29 % 7
    assert f"{expected:,}" in asked("fact", "south", "2026-03")
    assert "critical" not in asked("flags", "--json")


@pytest.mark.slow
def test_the_commands_know_it_by_its_own_words(asked):
    Path(NAME).write_bytes(content(lines()))

    assert "data through 2026-03" in asked("run", NAME)
    shown = asked("show", "north")
    assert "The Bureau counted 142 removals in the north in March 2026" in shown
    assert "forecast  median" in asked("show", "north:Summit Office")
    asked("verify")
    said = shown + asked("brief", "north") + asked("fact", "south", "2026-03")
    said += "".join(page.read_text() for page in Path("site").rglob("*.html"))
    assert not re.findall(r"\bborders?\b|\bencounters?\b|\bCBP\b|ports? of entry", said, re.I)


FORGIVEN = """\
due = [10, 25, 30]
like = "removals"
[file]
exact = false
name = "offices.*"
[file.layouts]
manual = ["Month", "Area", "Office", "Removals"]
[file.columns]
"Month" = { is = "month" }
"Area" = { is = "total", values = { "North" = "north", "South" = "south" } }
"Office" = { is = "office" }
"Removals" = { is = "value", number = "whole" }
"""


@pytest.mark.parametrize("written", ["2023-10", "October 2023", "10/2023", "Oct-23"])
def test_a_file_that_is_not_exact_may_have_any_form(removals, tmp_path, written):
    """A title, semicolons, another column, no last newline; its months with their year."""
    folder = tmp_path / "sources" / "offices"
    folder.mkdir()
    (folder / "source.toml").write_text(FORGIVEN, encoding="utf-8")
    rows = [f"{written};North;Lakeside Office;x;118", f"{written};South;Harbor Office;y;203"]
    text = "\n".join(["Removals of all offices;;;;", "Month;Area;Office;Remark;Removals", *rows])
    source = catalog.find("offices")

    made = source.read(ReleaseFile("offices.txt", text.encode(), "2026-04-20"), {}, ()).snapshot

    assert made.counts[SeriesKey("north")] == {"2023-10": 118}
    assert made.counts[SeriesKey("all")] == {"2023-10": 321}
    assert made.counts[SeriesKey("south", "office", "Harbor Office")] == {"2023-10": 203}


def test_a_label_of_a_forgiven_file_is_known_all_the_same(removals, tmp_path):
    folder = tmp_path / "sources" / "offices"
    folder.mkdir()
    (folder / "source.toml").write_text(FORGIVEN, encoding="utf-8")
    text = b"Month;Area;Office;Removals\n2023-10;East;Lakeside Office;118\n"

    with pytest.raises(RowError, match=r"line 2, column Area: 'East': unknown total"):
        catalog.find("offices").read(ReleaseFile("offices.csv", text, "2026-04-20"), {}, ())


def test_a_year_in_a_name_is_one_of_the_last_hundred(removals):
    """99 is not 2099."""
    assert removals.parse_name("removals-fy98-fy99.csv")[:2] == (1998, 1999)
    assert removals.parse_name("removals-fy24-fy26-mar.csv")[:2] == (2024, 2026)
