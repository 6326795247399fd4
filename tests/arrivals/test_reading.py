"""A file read in a process of its own: what it says comes back whole, and its end is a refusal."""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
from pathlib import Path

import pytest

from forecast import child, months
from forecast.config import Config, CountsSection
from forecast.context import Context
from forecast.errors import DataError, QuarantineError
from forecast.sources.source import ReleaseFile
from jobs.arrivals import reading
from jobs.arrivals.reading import apart, here
from tests.support.arriving import take, take_waiting
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import rows
from tests.support.publisher import file_bytes, file_name

NAME, GOOD = file_name("2026-02"), file_bytes("2026-02")


def read_apart(content: bytes):
    return apart(ReleaseFile(NAME, content, "2026-04-20"), None, (), {}, ("state",))


def read_here(content: bytes):
    return here(ReleaseFile(NAME, content, "2026-04-20"), ENCOUNTERS, {}, ("state",))


def test_a_file_reads_apart_as_it_reads_here():
    assert read_apart(GOOD) == read_here(GOOD)


@pytest.mark.parametrize(
    ("content", "kind", "problem"),
    [
        (GOOD.replace(b"Northern Land Border", b"Arctic"), reading.UnreadError, "unknown region"),
        (b"<!DOCTYPE html><html>no</html>\n", QuarantineError, "web page"),
    ],
)
def test_what_does_not_read_is_refused_with_the_reader_s_words(content, kind, problem):
    with pytest.raises(DataError) as alone:
        read_here(content)
    with pytest.raises(kind, match=problem) as refused:
        read_apart(content)

    assert str(refused.value) == str(alone.value)
    assert refused.value.kept == alone.value.kept


@pytest.mark.parametrize(
    ("limits", "problem"),
    [
        ({"seconds": 0.02}, "what reads it took more than 0.02 seconds"),
        ({"memory": 30_000_000}, f"^{NAME}: "),
        ({"answer": 500}, "what reads it gave more than 500 bytes"),
    ],
)
def test_a_reader_at_its_limits_is_a_refusal_of_its_file(monkeypatch, limits, problem):
    monkeypatch.setattr(reading, "LIMITS", reading.LIMITS._replace(**limits))

    with pytest.raises(DataError, match=problem):
        read_apart(GOOD)


def die_of(monkeypatch, content: bytes, number: str) -> None:
    """What reads a file with this content ends by a signal."""
    ask = child.Child.ask

    def asked(self, question):
        if content in question:
            self.process.send_signal(getattr(signal, number))
        return ask(self, question)

    monkeypatch.setattr(child.Child, "ask", asked)


def test_a_reader_that_breaks_down_puts_its_file_into_quarantine(tmp_path, monkeypatch):
    """The service goes on: the file left the inbox, and the next one is taken in."""
    path, inbox = tmp_path / "bordercast.db", tmp_path / "inbox"
    inbox.mkdir()
    for name, content in ((NAME, GOOD), (file_name("2026-03"), file_bytes("2026-03"))):
        (inbox / name).write_bytes(content)
        os.utime(inbox / name, (1_730_000_000,) * 2)
    die_of(monkeypatch, NAME.encode(), "SIGSEGV")

    first, second = take_waiting(path, about=Context.open(path, Config()))

    assert (first.outcome, second.outcome) == ("refused", "accepted")
    assert "broke down (signal 11), perhaps for want of 2,000 MB of memory" in first.reason
    assert list(inbox.iterdir()) == []
    assert rows(path, "select file_name, status from releases order by id") == [
        (NAME, "quarantined"),
        (file_name("2026-03"), "accepted"),
    ]


@pytest.mark.parametrize("value", [print, Path("/tmp"), OSError()])
def test_an_answer_is_made_of_counts_and_releases_alone(value):
    with pytest.raises(pickle.UnpicklingError, match="is no part of an answer"):
        reading._ChildAnswer(io.BytesIO(pickle.dumps((value, None)))).load()


OWN = CountsSection(kind="counts", name="visits", path="in")


def delivery(name: str, through: str) -> ReleaseFile:
    lines = [f"{month},100" for month in months.between("2025-01", through)]
    return ReleaseFile(name, "\n".join(["Month,Visits", *lines, ""]).encode())


def test_the_last_months_of_deliveries_are_read_apart_in_one_process(monkeypatch):
    started = []
    begin = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda *how, **more: started.append(1) or begin(*how, **more)
    )
    files = [delivery("a.csv", "2026-03"), ReleaseFile("b.csv", b"no table\n")]

    assert reading.last_months(OWN, files) == [months.to_index("2026-03"), 0]
    assert len(started) == 1
    assert reading.last_months(OWN, []) == []
    assert len(started) == 1


@pytest.mark.slow
def test_a_delivery_that_kills_its_reader_hides_no_other_ones_month(monkeypatch):
    die_of(monkeypatch, b"b.csv", "SIGKILL")
    files = [delivery(f"{name}.csv", "2026-03") for name in "abc"]

    march = months.to_index("2026-03")
    assert reading.last_months(OWN, files) == [march, 0, march]


def test_a_file_that_is_named_is_read_apart_like_one_that_strangers_sent(tmp_path, monkeypatch):
    path, file = tmp_path / "bordercast.db", tmp_path / NAME
    file.write_bytes(GOOD)
    die_of(monkeypatch, NAME.encode(), "SIGKILL")

    with pytest.raises(DataError, match="what reads it broke down"):
        take(path, file, about=Context.open(path, Config()))
