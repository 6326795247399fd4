"""Visitors' questions: answered by a process of a copy, which may die and leaves nothing."""

from __future__ import annotations

import os
import signal

import pytest

from jobs.web.worker import QueryServer
from tests.support import running_service
from tests.support.site_visitor import put, snapshot_of, visiting

pytestmark = pytest.mark.slow  # processes are begun
QUESTION = "/check/?q=18%2C944"


def test_a_process_that_dies_is_started_anew(own):
    with visiting(own) as visitor:
        visitor.ready()
        os.kill(visitor.site.checker._process.child.process.pid, signal.SIGKILL)
        running_service.wait_for(lambda: visitor.ask(QUESTION).status_code == 200)

        assert visitor.site.checker.started == 2


def test_a_copy_in_the_place_of_another_is_asked_by_another_process(own):
    with visiting(own) as visitor:
        visitor.ready()
        assert {visitor.ask(QUESTION).status_code for _ in range(3)} == {200}
        first = visitor.site.checker._process.child.process
        put(snapshot_of(own), snapshot_of(own))
        visitor.ready()

        assert visitor.ask(QUESTION).status_code == 200
        assert visitor.site.checker.started == 2
        running_service.wait_for(lambda: not running_service.alive(first.pid))


def test_a_copy_that_is_not_whole_answers_nothing_and_stops_no_page(own):
    other = own.with_name("other.db")
    other.write_bytes(b"no database")

    with visiting(own, checker=QueryServer(other)) as visitor:
        for _ in range(3):
            assert visitor.ask(QUESTION).status_code == 503
            visitor.get("/reading/")

        assert visitor.site.checker.started <= 2  # not at every request


def test_nothing_is_left_of_it_when_the_page_ends(own):
    with visiting(own) as visitor:
        visitor.ready()
        process = visitor.site.checker._process.child.process

    assert not running_service.alive(process.pid)


def test_it_is_told_no_secret(own, monkeypatch):
    monkeypatch.setenv("BORDERCAST_MAIL_PASSWORD", "secret")

    with visiting(own) as visitor:
        visitor.ready()
        with open(f"/proc/{visitor.site.checker._process.child.process.pid}/environ") as file:
            assert "secret" not in file.read()
