"""The service on drug seizures: a record of its own, in its own words, from an empty folder."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tables import rows

from forecast import config, in_use
from forecast.errors import ConfigError
from forecast.intake.sources import registry
from forecast.intake.sources.cbp_encounters.source import ENCOUNTERS
from forecast.store import connect, integrity, measure
from jobs import monthly
from jobs.cli import main

NOW = datetime(2026, 5, 20, tzinfo=UTC)
FAST = ('models = ["naive", "snaive", "ets"]', 'models = ["naive"]')
# What a record of seizures never says: another measure's words.
FOREIGN = re.compile(r"[Ee]ncounter")


@pytest.fixture(autouse=True)
def other_tests_are_about_encounters():
    yield
    registry.use(ENCOUNTERS)


def asked(*words: str) -> Result:
    registry.use(ENCOUNTERS)  # each command finds out anew
    return CliRunner().invoke(main, words)


def said(*words: str) -> str:
    done = asked(*words)
    assert done.exit_code == 0, done.output
    return done.output


def made(folder: Path, noun: str) -> Path:
    """A record of what comes with the program, by the settings that `config init` writes."""
    said("config", "init", "--source", noun, "-o", str(folder / f"{noun}.toml"))
    text = (folder / f"{noun}.toml").read_text()
    assert FAST[0] in text
    serial = '\n[compute]\nengine = "serial"\n'
    (folder / f"{noun}.toml").write_text(text.replace(*FAST) + serial)
    settings = config.load(folder / f"{noun}.toml")
    path = folder / f"{noun}.db"
    in_use.start(path, settings)
    monthly.run(path, settings, now=NOW)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a record of seizures and one of pounds."""
    found = tmp_path_factory.mktemp("drugs")
    for noun in ("seizures", "pounds"):
        made(found, noun)
    registry.use(ENCOUNTERS)
    return found


@pytest.mark.parametrize("noun", ["seizures", "pounds"])
def test_a_record_says_of_what_it_is_without_settings(folder, noun):
    shown = said("--db", str(folder / f"{noun}.db"), "show")

    assert registry.main().measure.noun == noun
    assert "northern" in shown
    with connect.moment(folder / f"{noun}.db") as connection:
        assert measure.source(connection) == {"kind": registry.main().name}
        assert integrity.findings(connection) == []


def test_a_first_settings_file_is_valid_and_left_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said("config", "init", "--source", "pounds")
    before = Path("config.toml").read_bytes()

    assert tomllib.loads(before.decode())["sources"] == [{"kind": "cbp_drug_pounds"}]
    assert "every setting is valid" in said("config", "check")
    again = asked("config", "init", "--source", "seizures")
    assert again.exit_code == ConfigError.exit_code
    assert Path("config.toml").read_bytes() == before


@pytest.mark.parametrize("kind", ["cbp_drug_pounds", "cbp_encounters", "cbp_drugs"])
def test_a_record_of_seizures_takes_no_other_measure(folder, tmp_path, kind):
    (tmp_path / "other.toml").write_text(f'[[sources]]\nkind = "{kind}"\n')

    done = asked(
        "--config", str(tmp_path / "other.toml"), "--db", str(folder / "seizures.db"), "run"
    )

    assert done.exit_code == ConfigError.exit_code
    assert "sources" in done.output


def test_settings_of_seizures_take_no_record_of_another_source(folder, tmp_path):
    (tmp_path / "events.toml").write_text('[[sources]]\nkind = "cbp_drug_events"\n')

    done = asked(
        "--config", str(tmp_path / "events.toml"), "--db", str(folder / "pounds.db"), "show"
    )

    assert done.exit_code == ConfigError.exit_code
    assert "a record of 'cbp_drug_pounds', not of 'cbp_drug_events'" in done.output


@pytest.mark.parametrize("noun", ["seizures", "pounds"])
def test_pages_files_and_answers_have_the_words_of_their_own_measure(folder, tmp_path, noun):
    db = ("--db", str(folder / f"{noun}.db"))
    said(*db, "site", "-o", str(tmp_path / "site"))

    texts = {".html", ".csv", ".json", ".svg", ".atom", ".ics", ".jsonld"}
    pages = [page for page in (tmp_path / "site").rglob("*") if page.suffix in texts]
    assert len(pages) > 500
    for page in pages:
        assert (page, FOREIGN.findall(page.read_text("utf-8"))) == (page, [])
    front = (tmp_path / "site" / "index.html").read_text("utf-8")
    assert noun in front
    answers = (
        ("show", "northern"), ("show", "northern:Fentanyl"), ("brief", "northern"), ("flags",),
        ("score",), ("changes", "northern"), ("verify",), ("releases", "list"),
        ("chance", "northern:fentanyl", "2026-08", ">10"),
    )  # fmt: skip
    for words in answers:
        assert (words, FOREIGN.findall(said(*db, *words))) == (words, [])
    assert f" {noun}" in said(*db, "brief", "northern")


@pytest.mark.parametrize("noun", ["seizures", "pounds"])
def test_tables_call_the_count_what_it_is(folder, tmp_path, noun):
    said(
        "--db", str(folder / f"{noun}.db"), "export", "series_months", "-o", str(tmp_path / "a.csv")
    )

    head, first, *_ = (tmp_path / "a.csv").read_text().splitlines()

    assert noun in head.split(",")
    assert FOREIGN.findall(head) == []
    assert len(first.split(",")) == len(head.split(","))


def test_every_drug_of_a_border_is_forecast_and_judged(folder):
    path = folder / "seizures.db"

    forecast = rows(
        path,
        "select distinct member from latest_forecasts where border = 'northern'"
        " and dimension = 'drug'",
    )

    assert len(forecast) == 10
    judged = rows(
        path,
        "select count(*) from judgements j join series s on s.id = j.series_id"
        " where s.member = 'Fentanyl' and j.p is not null",
    )
    assert judged == [(3 * 19,)]
