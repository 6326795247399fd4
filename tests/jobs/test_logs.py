from __future__ import annotations

import io
import json
import logging
import os
import re
import sys
from pathlib import Path

import pytest

from forecast.config import HIDDEN, Config, Service
from jobs import logs


@pytest.fixture
def logged(monkeypatch, tmp_path):
    """Logs lines with these settings; what they look like."""

    def lines(log: str, journal: bool, write) -> str:
        with (tmp_path / "lines").open("w+") as to:
            file = os.fstat(to.fileno())
            monkeypatch.setattr(sys, "stderr", to)
            monkeypatch.setenv("JOURNAL_STREAM", f"{file.st_dev}:{file.st_ino + (not journal)}")
            logs.set_up(Config(service=Service(log=log)))
            write(logs.LOG)
            to.seek(0)
            return to.read()

    yield lines
    for name in ("bordercast", "apscheduler"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
        logging.getLogger(name).setLevel(logging.NOTSET)


def failing(log: logging.Logger) -> None:
    try:
        raise ValueError("why\x1b")
    except ValueError:
        log.exception("it failed")


def test_a_line_has_its_moment_its_level_and_no_second_line(logged):
    said = logged("plain", False, lambda log: log.warning("one\ntwo %s\x1b", 3))

    moment, rest = said.split(" ", 1)
    assert moment.endswith("+00:00")
    assert len(moment) == len("2026-09-20T12:00:00+00:00")
    assert rest == "warning: one two 3?\n"


def test_what_is_only_for_programmers_is_not_logged(logged):
    assert logged("plain", False, lambda log: log.debug("x")) == ""
    assert logged("plain", False, lambda log: log.info("x")).endswith("info: x\n")


@pytest.mark.parametrize(
    ("level", "priority"),
    [("info", "<6>"), ("warning", "<4>"), ("error", "<3>"), ("critical", "<2>")],
)
def test_each_line_for_the_journal_begins_with_its_priority(logged, level, priority):
    said = logged("plain", True, lambda log: getattr(log, level)("x"))

    assert said.startswith(priority)
    assert said.count("<") == 1


def test_a_traceback_follows_in_lines_of_the_same_priority(logged):
    lines = logged("plain", True, failing).splitlines()

    assert len(lines) > 3
    assert all(line.startswith("<3>") for line in lines)
    assert lines[-1] == "<3>ValueError: why?"


def test_an_event_in_json_is_one_line_with_its_traceback(logged):
    said = logged("json", False, failing)

    assert said.count("\n") == 1
    event = json.loads(said)
    assert list(event) == ["at", "level", "process", "event", "message", "trace"]
    assert (event["level"], event["process"]) == ("error", os.getpid())
    assert event["message"] == "it failed"
    assert event["trace"].endswith("ValueError: why\x1b")


def test_an_event_in_json_without_a_traceback_has_no_word_of_one(logged):
    assert "trace" not in json.loads(logged("json", False, lambda log: log.info("x")))


def test_an_event_has_its_name_and_what_it_is_about(logged):
    said = logged("json", False, lambda _: logs.event("run.published", "x", run=3, seconds=1.5))

    event = json.loads(said)
    assert (event["event"], event["message"]) == ("run.published", "x")
    assert (event["run"], event["seconds"]) == (3, 1.5)


def test_what_an_event_is_about_tells_no_secret(logged, monkeypatch):
    monkeypatch.setenv("BORDERCAST_MAIL_PASSWORD", "hunter22")

    assert "hunter22" not in logged(
        "json", False, lambda _: logs.event("x", "y", release="hunter22")
    )


def test_every_event_is_in_the_page_on_operations():
    """And the page names none that no line of the program logs."""
    root = Path(__file__).parents[2]
    page = (root / "docs" / "operations.md").read_text("utf-8").partition("## Logs")[2]
    listed = set(re.findall(r"(?<=[* ])[a-z]+\.[a-z]+(?=[,*])", page.partition("\n## ")[0]))
    texts = [path.read_text("utf-8") for path in (root / "jobs").rglob("*.py")]
    named = {
        name
        for text in texts
        for name in re.findall(r'(?:logs\.event\(\s*|"event": )"([a-z]+\.[a-z]+)"', text)
    }

    assert named | {f"release.{word}" for word in ("accepted", "held", "already")} == listed


def test_a_step_is_told_with_its_seconds_where_it_is_asked_for(monkeypatch):
    to = io.StringIO()
    monkeypatch.setattr(sys, "stderr", to)
    logs.set_up(Config(service=Service(log="json")), verbose=True)
    told = []
    report = logs.steps(lambda *step: told.append(step))

    report("fitting", 0, 2)
    report("fitting", 2, 2)
    logging.getLogger("bordercast").handlers = []
    logging.getLogger("bordercast").setLevel(logging.NOTSET)

    assert told == [("fitting", 0, 2), ("fitting", 2, 2)]
    (event,) = map(json.loads, to.getvalue().splitlines())
    assert (event["event"], event["step"]) == ("step", "fitting")
    assert event["seconds"] >= 0


@pytest.mark.parametrize("log", ["plain", "json"])
def test_no_secret_is_logged(logged, monkeypatch, log):
    monkeypatch.setenv("BORDERCAST_MAIL_PASSWORD", "hunter22")

    said = logged(log, False, lambda log: log.error("login with %s failed", "hunter22"))

    assert "hunter22" not in said
    assert f"login with {HIDDEN} failed" in said


@pytest.mark.parametrize(("stream", "read"), [("{}:{}", True), ("{}:1{}", False), ("", False)])
def test_the_journal_reads_the_file_that_systemd_names(monkeypatch, tmp_path, stream, read):
    with (tmp_path / "err").open("w") as file:
        found = os.fstat(file.fileno())
        monkeypatch.setattr(sys, "stderr", file)
        monkeypatch.setenv("JOURNAL_STREAM", stream.format(found.st_dev, found.st_ino))

        assert logs.to_journal() == read
    assert not logs.to_journal()
