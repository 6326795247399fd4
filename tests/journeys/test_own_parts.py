"""Own counts with a level below their series: regions and clinics, forecast so that they add up."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from forecast import config, months
from forecast.context import Context, source_of
from forecast.errors import SeriesNameError
from forecast.names import SeriesNames
from forecast.store import connect, integrity, notices, releases
from forecast.types import SeriesKey
from jobs import monthly
from jobs.arrivals.ingest import accept, ingest_all
from jobs.cli import main
from jobs.deliver import transports
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import rows
from tests.support.own_counts import FAST, FIRST, FOREIGN, HELD, after, said

Visits = dict[tuple[str, str], np.ndarray]
GAP, OPENED = 30, 6  # month that nobody knows of Clinic 2; first month of Clinic 3


def visits(length: int = HELD) -> Visits:
    """Five clinics of two regions, as they count; a longer record begins like a shorter one."""
    random = np.random.default_rng(7)
    found = {}
    for number in range(1, 6):
        season = 1 + 0.1 * np.sin(2 * np.pi * np.arange(72) / 12)
        counts = np.round(100 * number * season * random.gamma(90, 1 / 90, 72))
        found["North" if number < 4 else "South", f"Clinic {number}"] = counts[:length]
    found["North", "Clinic 2"][GAP] = np.nan
    found["North", "Clinic 3"][:OPENED] = np.nan
    return found


def deliver(path: Path, counted: Visits, sums: dict[tuple[str, int], int] | None = None) -> None:
    """A file of it; months before a clinic opened have no line. sums : stated beside them."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["Month", "Region", "Clinic", "Visits"])
        for (region, clinic), counts in counted.items():
            for at in range(np.flatnonzero(np.isfinite(counts))[0], len(counts)):
                count = "" if np.isnan(counts[at]) else int(counts[at])
                lines.writerow([month(at), region, clinic, count])
        for (region, at), total in (sums or {}).items():
            lines.writerow([month(at), region, "Total", total])


def month(at: int) -> str:
    return months.from_index(FIRST + at)


def settings_of(folder: Path, **changed: str) -> config.Config:
    """The settings that `config init` writes for the deliveries, with other words in them."""
    said("config", "init", "deliveries")
    path = folder / "config.toml"
    text = path.read_text() + FAST
    for name, value in changed.items():
        text = re.sub(rf'^{name} = ".*"', f'{name} = "{value}"', text, count=1, flags=re.MULTILINE)
    path.write_text(text)
    return config.load(path)


def taken(folder: Path, settings: config.Config) -> dict[str, str]:
    """Take in what was delivered; file -> what was said of it."""
    path = folder / "bordercast.db"
    with connect.writing(path) as db:
        found, _ = ingest_all(
            db, Context.open(path, settings), (), after(HELD).date().isoformat(), False
        )
    return {one.file_name: f"{one.outcome} {one.reason}{one.warning}" for one in found}


def held(folder: Path) -> dict[SeriesKey, dict[str, int]]:
    with connect.moment(folder / "bordercast.db") as connection:
        return {key._replace(component=""): v for key, v in current(connection).items()}


def current(connection) -> dict[SeriesKey, dict[str, int]]:
    return releases.current_counts(connection)


def clinic(region: str, name: str) -> SeriesKey:
    return SeriesKey(region, "part", name)


def test_settings_say_that_clinics_are_parts_of_regions(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    deliver(tmp_path / "deliveries" / "visits.csv", visits())

    told = said("config", "init", "deliveries")

    assert "series from column 'Region', their parts from column 'Clinic'" in told
    assert "each 'clinic' is a part of a 'region': 5 parts of 2; their sums are added up" in told
    (section,) = config.load(Path("config.toml")).sources
    assert (section.columns.series, section.columns.part) == (("Region",), "Clinic")
    assert (section.one, section.many, section.place) == ("region", "regions", "in {}")
    assert (section.part, section.parts, section.noun) == ("clinic", "clinics", "visits")


def test_names_of_two_columns_nest_and_blank_ones_are_sums(tmp_path, monkeypatch):
    """Each clinic has the same departments; a line without one is the clinic's own figure."""
    monkeypatch.chdir(tmp_path)
    lines = ["Clinic,Department,Month,Visits"]
    for at in range(30):
        for name in ("East", "West"):
            lines += [f"{name},Eyes,{month(at)},{20 + at}", f"{name},Teeth,{month(at)},{50 - at}"]
            lines.append(f"{name},,{month(at)},70")
    Path("visits.csv").write_text("\n".join(lines) + "\n")

    told = said("config", "init", "visits.csv")

    assert "4 parts of 2; the file has 2 of their sums" in told
    settings = config.load(Path("config.toml"))
    assert settings.sources[0].columns.part == "Department"
    assert taken(tmp_path, settings) == {"visits.csv": "accepted "}
    assert held(tmp_path)[SeriesKey("East")] == {month(at): 70 for at in range(30)}


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [('part = "Clinic"', "name that one too"), ('part = "Ward"', "no column 'Ward'")],
)
def test_a_column_of_parts_needs_one_above_it_and_must_be_there(
    tmp_path, monkeypatch, wrong, problem
):
    monkeypatch.chdir(tmp_path)
    deliver(tmp_path / "deliveries" / "visits.csv", visits())
    said("config", "init", "deliveries")
    text = Path("config.toml").read_text()
    series = "" if "Clinic" in wrong else 'series = ["Region"]\n'
    text = text.replace('series = ["Region"]\npart = "Clinic"\n', f"{series}{wrong}\n")
    Path("config.toml").write_text(text)

    done = CliRunner().invoke(main, ["run"])

    assert done.exit_code != 0
    assert problem in done.output


def test_names_with_colons_and_slashes_are_found():
    ward, other = SeriesKey("A / B", "part", "Ward: 1", "Ward: 1"), SeriesKey("Ward: 1")
    names = SeriesNames([SeriesKey("A / B"), ward, other], ENCOUNTERS)

    assert names.find("A / B") == SeriesKey("A / B")
    assert names.find("A / B:Ward: 1") == ward
    with pytest.raises(SeriesNameError, match="Ward: 1"):
        names.find("Ward: 1")  # a series, or the part of one


def test_a_sum_is_known_where_each_part_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    deliver(tmp_path / "deliveries" / "visits.csv", visits())
    settings = settings_of(tmp_path, total="All regions")

    told = taken(tmp_path, settings)

    counted, known = visits(), held(tmp_path)
    north = [counts for (region, _), counts in counted.items() if region == "North"]
    assert month(GAP) not in known[SeriesKey("North")]
    assert month(GAP) not in known[clinic("North", "Clinic 2")]
    assert month(GAP) in known[clinic("North", "Clinic 1")]
    assert month(GAP) not in known[SeriesKey("All regions")]
    assert known[SeriesKey("North")][month(0)] == sum(counts[0] for counts in north[:2])
    assert known[SeriesKey("North")][month(40)] == sum(counts[40] for counts in north)
    assert (
        f"North is not known where one of its clinics is not: {month(GAP)} (Clinic 2)"
        in (told["visits.csv"])
    )
    assert f"North is added up with Clinic 3 from {month(OPENED)}" in told["visits.csv"]


@pytest.mark.slow
def test_a_restated_part_moves_its_sums_and_is_a_revision(tmp_path, monkeypatch):
    """Also where the newest file has that clinic alone: the rest is what the record knows."""
    monkeypatch.chdir(tmp_path)
    deliver(tmp_path / "deliveries" / "visits.csv", visits())
    settings = settings_of(tmp_path, total="All regions")
    taken(tmp_path, settings)
    before = held(tmp_path)
    restated = {("South", "Clinic 5"): visits()["South", "Clinic 5"]}
    restated["South", "Clinic 5"][20] += 40

    deliver(tmp_path / "deliveries" / "later.csv", restated)
    (answer,) = taken(tmp_path, settings).values()
    assert "held: not in this file: North: Clinic 1" in answer
    path = tmp_path / "bordercast.db"
    with connect.writing(path) as db:
        accept(db, Context.open(path, settings), 2, "", after(HELD).isoformat(), ["partial"])

    known = held(tmp_path)
    for key in (clinic("South", "Clinic 5"), SeriesKey("South"), SeriesKey("All regions")):
        assert known[key] == before[key] | {month(20): before[key][month(20)] + 40}
    assert known[SeriesKey("North")] == before[SeriesKey("North")]
    revised = rows(
        tmp_path / "bordercast.db",
        "select border, member from series_vintages where month = ? and known_until is not null",
        month(20),
    )
    assert sorted(revised) == [("All regions", ""), ("South", ""), ("South", "Clinic 5")]


@pytest.mark.slow
def test_a_sum_that_the_file_states_is_held_against_its_parts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    counted = visits()
    south = counted["South", "Clinic 4"] + counted["South", "Clinic 5"]
    stated = {("South", at): int(south[at]) for at in range(HELD)}
    deliver(tmp_path / "deliveries" / "wrong.csv", counted, stated | {("South", 9): 7})
    settings = settings_of(tmp_path)

    told = taken(tmp_path, settings)

    assert told["wrong.csv"].startswith("refused")
    miss = f"South by part does not add up to its total: {int(south[9]):,} against 7 in {month(9)}"
    assert miss in told["wrong.csv"]
    assert held(tmp_path) == {}

    # A part that is withheld leaves the sum as it is stated.
    counted["South", "Clinic 4"][9] = np.nan
    deliver(tmp_path / "deliveries" / "right.csv", counted, stated)
    assert taken(tmp_path, settings)["right.csv"].startswith("accepted")
    known = held(tmp_path)
    assert known[SeriesKey("South")] == {month(at): int(south[at]) for at in range(HELD)}
    assert month(9) not in known[clinic("South", "Clinic 4")]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A record with two runs: in the second month Clinic 4 counts three times what is usual."""
    folder = tmp_path_factory.mktemp("parts")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        deliver(folder / "deliveries" / "2023-12.csv", visits())
        settings, path = settings_of(folder, total="All regions"), folder / "bordercast.db"
        monthly.run(Context.open(path, settings), now=after(HELD))
        counted = visits(HELD + 1)
        counted["South", "Clinic 4"][HELD] *= 3
        deliver(folder / "deliveries" / "2024-01.csv", counted)
        monthly.run(Context.open(path, settings), now=after(HELD + 1))
        yield folder


@pytest.fixture
def settings(served, monkeypatch):
    monkeypatch.chdir(served)
    return config.load(served / "config.toml")


@pytest.mark.slow
def test_forecasts_of_every_run_add_up(settings, served):
    found = rows(
        served / "bordercast.db",
        "select run_id, month, border, dimension, median from forecasts "
        "join series on series.id = series_id where model = 'bordercast'",
    )
    sums: dict[tuple[int, str, str, str], int] = defaultdict(int)
    for run, when, series, dimension, median in found:
        sums[run, when, series, dimension] += median
    place = {(run, when) for run, when, *_ in sums}

    assert len(place) == 24
    for one in place:
        for series in ("North", "South"):
            assert sums[*one, series, "part"] == sums[*one, series, ""]
        whole = sums[*one, "All regions", ""]
        assert whole == sums[*one, "North", ""] + sums[*one, "South", ""]
    with connect.moment(served / "bordercast.db") as connection:
        assert integrity.findings(connection) == []


@pytest.mark.slow
def test_parts_are_asked_for_by_their_names(settings):
    assert "Feb 2024" in said("show", "South:Clinic 4")
    assert said("show", "clinic 4") == said("show", "South:Clinic 4")
    for name in ("Clinic 1", "Clinic 2", "Clinic 3"):
        assert name in said("show", "North:clinic", "next 12 months")
    assert "Clinic 4" in said("flags")
    assert "%" in said("chance", "South:Clinic 4", "2024-02", ">100")
    told = json.loads(said("show", "South:Clinic 4", "--json"))
    assert {row["series"] for row in told["forecasts"]} == {"South"}
    assert {row["part"] for row in told["forecasts"]} == {"Clinic 4"}
    said("export", "latest_forecasts", "-o", "ahead.csv")
    with Path("ahead.csv").open() as file:
        exported = list(csv.DictReader(file))
    assert ("South", "Clinic 4") in {(row["series"], row["part"]) for row in exported}


@pytest.mark.slow
@pytest.mark.parametrize("command", ["show", "plot", "fact", "brief", "chance", "flags"])
def test_help_shows_how_a_part_is_asked_for(settings, command):
    told = said(command, "--help")

    assert FOREIGN.findall(told.replace("bordercast", "")) == []
    assert ("North:CLINIC" in told) == (command in ("show", "plot", "brief"))


@pytest.mark.slow
def test_pages_have_the_parts_and_no_word_of_the_borders(settings, served):
    said("site", "-o", "site")

    region = (served / "site" / "counts" / "south" / "index.html").read_text()
    assert '<h2 id="parts">Clinics</h2>' in region
    assert re.search(r'<a href="[^"]*series/south/part/clinic-4/index.html">Clinic 4</a>', region)
    page = served / "site" / "series" / "south" / "part" / "clinic-4" / "index.html"
    assert "By clinic." in page.read_text()
    texts = {".html", ".csv", ".json", ".svg", ".atom"}
    for one in (p for p in (served / "site").rglob("[!.]*") if p.suffix in texts):
        text = re.sub(r"<style>.*?</style>|class=\"[^\"]*\"", "", one.read_text("utf-8"))
        assert (one, FOREIGN.findall(text)) == (one, [])
    for words in (
        ("flags",),
        ("brief", "South"),
        ("show", "South:clinic"),
        ("releases", "show", "2"),
    ):
        assert (words, FOREIGN.findall(said(*words))) == (words, [])


@pytest.mark.slow
def test_the_notice_says_which_clinic_it_was(settings, served):
    with connect.moment(served / "bordercast.db") as connection:
        (notice,) = notices.every(connection, "held")
    told = said("notices", "preview", str(notice.id))

    assert "Visits in South in January 2024 were" in told
    # Of two clinics neither is held against the other: it is flagged by its own forecast.
    assert re.search(r"- Clinic 4 \(clinic\): 1,182, expected \d+; major", told)
    assert FOREIGN.findall(told) == []


@pytest.mark.slow
def test_machines_and_a_demonstration_are_told_in_the_users_words(settings, served):
    with connect.moment(served / "bordercast.db") as connection:
        (notice,) = notices.every(connection, "held")
        sections = notices.sections(connection, notice.id)
        source = source_of(connection)
    hook = config.Hook(name="machine", kind="generic", address_file="address")

    told = json.loads(transports.message(hook, notice, sections, source).mime)
    shown = said("notices", "demo", "-o", "demo.eml")

    findings = [one for one in told["data"]["sections"] if one["part"] == "finding"]
    assert {one["series"] for one in findings} == {"South", "All regions"}
    assert findings[0]["statement"]["count"] == 1692
    assert FOREIGN.findall(json.dumps(told)) == []
    assert "Demonstration: Visits by region, January 2024: South" in shown
    mail = message_from_bytes(Path("demo.eml").read_bytes(), policy=SMTP)
    text = " ".join(mail.get_body(("plain",)).get_content().split())
    assert "Visits in South in January 2024 were above the issued forecast" in text
    assert FOREIGN.findall(text) == []


@pytest.mark.slow
def test_a_total_says_which_series_moved_it(settings):
    (total,) = json.loads(said("flags", "All regions", "--json"))

    assert {row["dimension"] for row in total["drivers"]} == {"region", "clinic"}
