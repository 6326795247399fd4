"""Own counts at an https address: asked politely, archived, each change a release."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast import config
from forecast.context import Context
from forecast.errors import BusyError, ConfigError, DataError
from jobs.cli import main
from jobs.service import wakeup
from tests.support.databases import rows
from tests.support.mail_server import authority
from tests.support.own_counts import HELD, after, clinics, deliver
from tests.support.publisher import closed_port, running, serve, status

PLACE = "/figures/visits.csv"
SETTINGS = """
[[sources]]
kind = "counts"
name = "clinic_visits"
address = "{}"
noun = "visits"
one = "clinic"
many = "clinics"
place = "at {{}}"
[fetch]
attempts = 1
[forecast]
models = ["naive"]
dimensions = []
first_cutoff = "2023-06"
[compute]
engine = "serial"
"""


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server with a certificate that this process trusts."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    trusted = authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", trusted.file)
    with running(trusted.good) as found:
        yield found


def settings(folder: Path, address: str) -> config.Config:
    (folder / "config.toml").write_text(SETTINGS.format(address))
    return config.load(folder / "config.toml")


def content(folder: Path, upto: int, restated: int = 0) -> bytes:
    visits = clinics(HELD + 2)
    visits["Clinic 1"][20] += restated
    deliver(folder / "made" / "visits.csv", visits, upto)
    return (folder / "made" / "visits.csv").read_bytes()


@pytest.mark.slow
def test_each_change_at_the_address_is_a_release(server, tmp_path):
    path, own = tmp_path / "bordercast.db", settings(tmp_path, server.root + PLACE)
    outcomes, contents = [], set()
    for through, restated in ((HELD, 0), (HELD, 0), (HELD + 1, 40), (HELD + 2, 40)):
        contents.add(content(tmp_path, through, restated))
        server.put(PLACE, content(tmp_path, through, restated))
        day = after(through) + timedelta(days=len(outcomes))
        outcomes.append(wakeup.wake(Context.open(path, own), day).outcome)

    assert outcomes == ["published", "nothing new", "published", "published"]
    assert server.asked == [PLACE] * 4
    assert ["If-None-Match" in asked for asked in server.headers] == [False, True, True, True]
    kept = rows(path, "select file_name, data_through, url from releases order by seq")
    through = ("2023-12", "2024-01", "2024-02")
    assert kept == [("visits.csv", month, server.root + PLACE) for month in through]
    archived = sorted((tmp_path / "archive").glob("*/visits.csv"))
    assert {file.read_bytes() for file in archived} == contents
    polls = rows(tmp_path / "ops.db", "select outcome from polls order by id")
    assert [outcome for (outcome,) in polls] == ["new", "unchanged", "replaced", "replaced"]


def test_run_asks_the_address_and_goes_on_without_an_answer(server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings(tmp_path, server.root + PLACE)
    server.put(PLACE, content(tmp_path, HELD))

    first = CliRunner().invoke(main, ["run"])
    server.answers[PLACE] = status(500)
    second = CliRunner().invoke(main, ["run"])

    assert first.exit_code == second.exit_code == 0, first.output + second.output
    assert "visits.csv: accepted" in first.output
    assert "The address gave nothing: 1 unreachable" in second.stderr
    assert "HTTP 500" in second.stderr
    assert "Nothing new" in second.output


def test_a_first_run_without_an_answer_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings(tmp_path, f"https://127.0.0.1:{closed_port()}/visits.csv")

    done = CliRunner().invoke(main, ["run"])

    assert done.exit_code == DataError.exit_code
    assert "The address gave nothing" in done.stderr
    assert "no clinic has counts on record" in done.stderr


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (status(302, Location="https://elsewhere.example.org/visits.csv"), "another host"),
        (status(403), "HTTP 403"),
        (lambda request: serve(request, b"<html>sign in</html>", "text/html"), "a web page"),
    ],
)
def test_what_is_no_file_is_left_alone(server, tmp_path, monkeypatch, answer, said):
    monkeypatch.chdir(tmp_path)
    settings(tmp_path, server.root + PLACE)
    server.answers[PLACE] = answer

    done = CliRunner().invoke(main, ["fetch"])

    assert done.exit_code == BusyError.exit_code
    assert said in done.output
    assert rows(tmp_path / "bordercast.db", "select count(*) from releases") == [(0,)]


def test_a_stranger_with_the_servers_name_is_not_believed(server, tmp_path, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.chdir(tmp_path)
    settings(tmp_path, server.root + PLACE)
    server.put(PLACE, content(tmp_path, HELD))

    done = CliRunner().invoke(main, ["fetch"])

    assert done.exit_code == BusyError.exit_code
    assert "CERTIFICATE_VERIFY_FAILED" in done.output
    assert server.asked == []


@pytest.mark.slow
def test_an_address_without_a_name_for_the_file_has_the_sources(server, tmp_path):
    place = "/export?table=visits&as=csv"
    own = settings(tmp_path, server.root + place)
    server.put(place, content(tmp_path, HELD))

    wakeup.wake(Context.open(tmp_path / "bordercast.db", own), after(HELD))

    assert rows(tmp_path / "bordercast.db", "select file_name from releases") == [("export",)]


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ('address = "http://example.org/visits.csv"', "https://example.org/counts.csv"),
        ('address = "https://me:secret@example.org/visits.csv"', "it must hold no login"),
        ('address = "https://example.org/visits.csv"\npath = "in"', "one place for the counts"),
        ("", "one place for the counts"),
    ],
)
def test_a_place_that_will_not_do_is_refused_in_words(place, problem):
    text = SETTINGS.replace('address = "{}"', place).replace("{{}}", "{}")

    with pytest.raises(ConfigError, match=problem) as refused:
        config.parse(text, "config.toml")

    assert "secret" not in str(refused.value)
