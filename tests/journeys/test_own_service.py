"""The service on somebody's own counts: from a file to the first notice, in their words."""

from __future__ import annotations

import re
import tomllib
from email import message_from_bytes
from email.policy import SMTP as WIRE
from pathlib import Path

import pytest
from click.testing import CliRunner
from mcp.server.mcpserver.exceptions import ToolError

import forecast as bordercast
from forecast import config, months
from forecast.context import Context, source_of
from forecast.errors import ConfigError, DataError, SeriesNameError
from forecast.store import connect, integrity, measures, notices, read, releases
from forecast.tables.grid import ReadAs
from jobs import assistants, monthly
from jobs.arrivals.ingest import ingest_all
from jobs.cli import main
from jobs.cli.options import Settings
from jobs.deliver import approve
from jobs.service import wakeup
from jobs.service.first_settings import understood
from tests.support.databases import rows
from tests.support.mail_server import HOST, Taken, server
from tests.support.notice_words import word
from tests.support.own_counts import (
    FIRST,
    FOREIGN,
    HELD,
    after,
    begin,
    clinics,
    deliver,
    said,
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return begin(tmp_path)


@pytest.fixture
def settings(folder):
    return config.load(folder / "config.toml")


def test_settings_for_a_file_say_how_it_was_understood(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    deliver(tmp_path / "in" / "visits.csv", clinics(), HELD)

    told = said("config", "init", "in/visits.csv")

    assert "3 series, January 2020 to December 2023; 1 month missing" in told
    assert "counts in column 'Visits'; series from column 'Clinic'" in told
    assert told.splitlines()[-1].strip() == "bordercast run"
    section = tomllib.loads(Path("config.toml").read_text())["sources"][0]
    assert (section["noun"], section["one"], section["many"]) == ("visits", "clinic", "clinics")
    assert section["path"] == "in/visits.csv"


@pytest.mark.parametrize(
    ("column", "many"),
    [
        ("Clinic", "clinics"),
        ("Agency", "agencies"),
        ("Survey", "surveys"),
        ("Branch", "branches"),
        ("Series", "series"),
    ],
)
def test_settings_name_several_series_in_the_plural(tmp_path, column, many):
    path = tmp_path / "visits.csv"
    deliver(path, clinics(), HELD)
    path.write_text(path.read_text().replace("Clinic", column, 1))

    settings = understood(path, ReadAs()).settings

    assert tomllib.loads(settings)["sources"][0]["many"] == many


def test_settings_name_a_source_in_forty_letters_at_most(tmp_path):
    path = tmp_path / "visits.csv"
    deliver(path, clinics(), HELD)
    path.write_text(path.read_text().replace("Visits", "Visits " + "x" * 60, 1))

    settings = understood(path, ReadAs()).settings

    assert tomllib.loads(settings)["sources"][0]["name"] == "clinic_visits_" + "x" * 26


def test_a_series_that_the_others_add_up_to_is_the_total(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    visits = clinics()
    visits["All clinics"] = sum(visits.values())  # unknown where one is
    deliver(tmp_path / "in" / "visits.csv", visits, HELD)

    told = said("config", "init", "in/visits.csv")

    assert "taken: All clinics is the sum of the 3 others" in told
    assert config.load(Path("config.toml")).sources[0].total == "All clinics"


def test_settings_that_are_there_are_left_alone(folder):
    before = (folder / "config.toml").read_bytes()

    done = CliRunner().invoke(main, ["config", "init", "deliveries"])

    assert done.exit_code == ConfigError.exit_code
    assert "is already there" in done.output
    assert (folder / "config.toml").read_bytes() == before


@pytest.mark.slow
def test_each_delivery_is_a_release_and_the_newest_counts(settings, folder):
    path, visits = folder / "bordercast.db", clinics(HELD + 1)
    monthly.run(Context.open(path, settings), now=after(HELD))
    visits["Clinic 1"][20] += 40  # restated
    deliver(folder / "deliveries" / "2024-01.csv", visits, HELD + 1)
    monthly.run(Context.open(path, settings), now=after(HELD + 1))

    with connect.moment(path) as connection:
        held = releases.current_counts(connection)
        assert measures.totals(connection) == ["Clinic 1", "Clinic 2", "Clinic 3"]
        assert integrity.findings(connection) == []
    by_name = {key.total: by_month for key, by_month in held.items()}
    assert by_name["Clinic 1"][months.from_index(FIRST + 20)] == visits["Clinic 1"][20]
    assert months.from_index(FIRST + 30) not in by_name["Clinic 2"]
    names = [row[0] for row in rows(path, "select file_name from releases order by seq")]
    assert names == ["2023-12.csv", "2024-01.csv"]
    # The same content again changes nothing.
    assert monthly.run(Context.open(path, settings), now=after(HELD + 1)).run_id is None


@pytest.mark.slow
def test_the_service_takes_each_delivery_when_it_wakes(settings, folder):
    path = folder / "bordercast.db"

    first = wakeup.wake(Context.open(path, settings), after(HELD))
    deliver(folder / "deliveries" / "2024-01.csv", clinics(HELD + 1), HELD + 1)
    second = wakeup.wake(Context.open(path, settings), after(HELD + 1))

    assert [done.outcome for done in (first, second)] == ["published", "published"]
    assert rows(path, "select data_through from runs order by id") == [("2023-12",), ("2024-01",)]
    judged = rows(path, "select basis, count(*) from judgements where month = '2024-01' group by 1")
    assert judged == [("issued", 3)]
    assert (folder / "site" / "index.html").exists()


@pytest.mark.slow
def test_a_file_refused_at_the_first_wake_does_not_keep_the_next_one_out(settings, folder):
    deliver(folder / "deliveries" / "b.csv", clinics(), HELD)
    (folder / "deliveries" / "a.csv").write_text("no,table\nx,y\nz,w\n")

    done = wakeup.wake(Context.open(folder / "visits.db", settings), after(HELD), False)

    assert (done.outcome, done.detail) == ("published", "refused a.csv; run 1")


@pytest.mark.slow
def test_a_tripled_month_is_told_by_mail_in_the_users_words(settings, folder):
    path, visits = folder / "bordercast.db", clinics(HELD + 1)
    visits["Clinic 3"][HELD] *= 3
    monthly.run(Context.open(path, settings), now=after(HELD))
    deliver(folder / "deliveries" / "2024-01.csv", visits, HELD + 1)
    monthly.run(Context.open(path, settings), now=after(HELD + 1))
    with connect.moment(path) as connection:
        found = read.flags(connection, source_of(connection).totals, "Clinic 3", since="2024-01")
    assert [(flag.month, flag.side) for flag in found] == [("2024-01", 1)]

    now = after(HELD + 1)
    with connect.moment(path) as connection:
        (notice,) = notices.every(connection, "held")
        content = notices.content(connection, notice.id)
    approve.approve(path, notice.id, word("Ann", "ann", content), now)
    taken = Taken()
    with server(taken) as port:
        mailing = {
            "enabled": True, "host": HOST, "port": port, "security": "local",
            "sender": "Visits <notices@example.org>",
        }  # fmt: skip
        recipients = (
            {"address": "ann@example.org"},
            {"address": "bob@example.org", "series": ("Clinic 1",)},
        )
        changed = settings.model_dump() | {
            "mail": settings.mail.model_dump() | mailing,
            "notices": settings.notices.model_dump() | {"recipients": recipients},
        }
        wakeup.deliver(Context.open(path, config.Config.model_validate(changed)), lambda: now)

    assert [to for to, _ in taken.messages] == ["ann@example.org"]
    letter = message_from_bytes(taken.messages[0][1], policy=WIRE)
    text = letter.get_body(("plain",)).get_content()
    html = letter.get_body(("html",)).get_content()
    assert "Clinic 3" in letter["Subject"]
    assert "Visits at Clinic 3 in January 2024 were" in text
    assert "Our office counted" in text
    assert "preliminary: our office may still revise it" in " ".join(text.split())
    for words in (*map(str, letter.values()), text, re.sub(r"<[^>]*>", " ", html)):
        assert FOREIGN.findall(words) == []


@pytest.mark.slow
def test_no_page_file_or_answer_has_a_word_of_the_borders(settings, folder):
    path = folder / "bordercast.db"
    monthly.run(Context.open(path, settings), now=after(HELD))

    said("site", "-o", "site")

    texts = {".html", ".csv", ".json", ".svg", ".atom"}
    pages = [p for p in (folder / "site").rglob("[!.]*") if p.suffix in texts]
    assert len(pages) > 100
    for page in pages:
        text = re.sub(r"<style>.*?</style>|class=\"[^\"]*\"", "", page.read_text("utf-8"))
        assert (page, FOREIGN.findall(text)) == (page, [])
    answers = (
        ("show",), ("show", "Clinic 1"), ("show", "Clinic 1", "2024"), ("flags",), ("score",),
        ("brief", "Clinic 2"), ("changes", "Clinic 1"), ("releases", "list"), ("verify",),
        ("chance", "Clinic 1", "2024-06", ">100"), ("report", "2023", "-o", "report.md"),
    )  # fmt: skip
    for words in answers:
        assert (words, FOREIGN.findall(said(*words))) == (words, [])
    assert FOREIGN.findall(Path("report.md").read_text()) == []
    for view in ("wide_months", "vintages", "latest_forecasts"):
        said("export", view, "-o", f"{view}.csv")
        table = Path(f"{view}.csv").read_text()
        assert table.startswith("series,")
        assert FOREIGN.findall(table) == []


@pytest.mark.slow
def test_a_total_is_stated_only_where_every_series_is(folder):
    text = Path("config.toml").read_text().replace('total = ""', 'total = "All clinics"')
    found = config.parse(text, "config.toml")
    path = folder / "bordercast.db"

    monthly.run(Context.open(path, found), now=after(HELD))

    with connect.moment(path) as connection:
        held = {k.total: v for k, v in releases.current_counts(connection).items()}
    visits = clinics()
    assert months.from_index(FIRST + 30) not in held["All clinics"]
    assert held["All clinics"]["2020-01"] == sum(counts[0] for counts in visits.values())
    page = said("show")
    assert "All clinics" in page


@pytest.mark.slow
def test_a_record_of_another_source_is_not_written(settings, folder):
    monthly.run(Context.open(folder / "bordercast.db", settings), now=after(HELD))
    text = (folder / "config.toml").read_text()
    (folder / "config.toml").write_text(text.replace('"clinic_visits"', '"court_cases"'))

    done = CliRunner().invoke(main, ["run"])

    assert done.exit_code == ConfigError.exit_code
    assert "add that source to the settings" in done.output


@pytest.mark.parametrize(
    ("place", "problem"),
    [("nowhere.csv", "no such file"), ("https://example.org/counts.csv", "web address")],
)
def test_a_place_that_cannot_be_read_is_named(folder, place, problem):
    text = (folder / "config.toml").read_text()
    (folder / "config.toml").write_text(text.replace('path = "deliveries"', f'path = "{place}"'))

    done = CliRunner().invoke(main, ["run"])

    assert done.exit_code == ConfigError.exit_code
    assert "sources.path" in done.output
    assert problem in done.output


def test_decimals_are_refused_with_what_to_do(settings, folder):
    (folder / "deliveries" / "2023-12.csv").unlink()
    broken = clinics()
    deliver(folder / "deliveries" / "half.csv", broken, HELD)
    text = (folder / "deliveries" / "half.csv").read_text()
    (folder / "deliveries" / "half.csv").write_text(
        re.sub(r"Clinic 1,(\d+)", r"Clinic 1,\1.5", text, count=1)
    )

    with connect.writing(folder / "bordercast.db") as db:
        (taken,), _ = ingest_all(
            db, Context.open(folder / "bordercast.db", settings), (), "2024-01-10", False
        )

    assert taken.outcome == "refused"
    assert "is no whole number" in taken.reason


def test_movers_without_parts_names_no_clinic_that_nobody_asked_for(folder):
    said("run")

    several, one = (CliRunner().invoke(main, ["movers", *words]) for words in ([], ["Clinic 1"]))

    assert several.exit_code == one.exit_code == 2
    assert several.stderr.startswith("bordercast: name one of the clinics; try Clinic 1, ")
    said("show", "Clinic", "1")
    assert one.stderr == (
        "bordercast: TOTAL: no parts of Clinic 1 on record; try `bordercast show Clinic 1`\n"
    )
    with pytest.raises(SeriesNameError, match=r"^name one of the clinics; try Clinic 1, "):
        bordercast.open("bordercast.db").movers()
    with pytest.raises(ToolError, match="name one of the clinics; try Clinic 1, "):
        assistants.Tools(Settings(None, Path("bordercast.db"))).movers()


def test_a_run_after_a_refused_first_file_names_it_and_what_to_do(folder):
    file = folder / "deliveries" / "2023-12.csv"
    file.write_text(re.sub(r"(Clinic 1,\d+)", r"\1.5", file.read_text(), count=1))

    refused, again = (CliRunner().invoke(main, ["run"]) for _ in range(2))

    assert again.exit_code == refused.exit_code == DataError.exit_code
    for done in (refused, again):
        shown = " ".join(done.stderr.split())
        assert shown.count("2023-12.csv: ") == 1
        assert "is no whole number" in shown
        assert "times = 10" in shown
        assert "no clinic has counts" not in shown


def test_a_run_of_nothing_new_names_what_was_refused(folder):
    said("run")
    (folder / "deliveries" / "next.csv").write_text("Month,Clinic,Visits\n6/7/2024,Clinic 1,5\n")

    refused, again = (CliRunner().invoke(main, ["run"]) for _ in range(2))

    assert refused.exit_code == 3
    assert 'dates = "mdy" (month first)' in refused.output
    shown = " ".join(again.output.split())
    assert "Refused so far: next.csv (`bordercast releases list --refused`)." in shown
