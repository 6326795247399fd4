"""Readers while runs are published: no error, and never two runs in one answer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from forecast.store import copies
from tests.support import database_reader, injected_faults, small_record

# (kind, of the live database or of the copy) -> how many of them.
READERS = {
    ("views", "live"): 14,
    ("commands", "live"): 14,
    ("loose", "live"): 4,
    ("views", "copy"): 8,
    ("commands", "copy"): 6,
    ("loose", "copy"): 4,
}
A_FEW = {("views", "live"): 1, ("commands", "live"): 1, ("loose", "live"): 1, ("views", "copy"): 1}
SAME = ("loose", "the same")
Answers = set[tuple[str, str]]
Reader = subprocess.Popen[str]


@contextmanager
def reading(
    path: Path, readers: dict[tuple[str, str], int]
) -> Iterator[list[tuple[str, str, Reader]]]:
    """Readers as processes of their own, less urgent than the one that publishes."""
    here = str(small_record.ROOT)
    places = {"live": path, "copy": path.with_name(small_record.SNAPSHOT)}
    with ExitStack() as stack:
        running = []
        for (kind, where), count in readers.items():
            for seed in range(count):
                script = str(small_record.HERE / "database_reader.py")
                process = subprocess.Popen(
                    [sys.executable, script, kind, str(places[where]), str(seed)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    cwd=small_record.ROOT,
                    env={**os.environ, "PYTHONPATH": here},
                )
                running.append((kind, where, stack.enter_context(process)))
        for *_, process in running:
            assert process.stdout.readline() == "ready\n"
        yield running


def publishing(path: Path, folder: Path, publishes: int, seconds: float) -> tuple[int, list[Path]]:
    """Runs, evenly over the time: how many, and the record as it stood after each commit."""
    kept: list[Path] = []

    def keep(statement: str = "commit") -> None:
        if statement == "commit":
            place = folder / str(len(kept))
            place.mkdir()
            shutil.copy(path.with_name("config.toml"), place)
            kept.append(copies.copy(path, place / path.name, copies.OWNER_ONLY))

    keep()
    began, number = time.monotonic(), 0
    while number < publishes or time.monotonic() - began < seconds:
        with injected_faults.watched(after=keep):
            assert small_record.publish(path, number) == 3 + number
        number += 1
        time.sleep(max(0.0, began + number * seconds / publishes - time.monotonic()))
    return number, kept


def told(process: Reader) -> dict[str, Any]:
    """What a reader saw, now that it is to stop."""
    out, _ = process.communicate("stop\n", timeout=120)
    return json.loads(out.splitlines()[-1])


def answers(path: Path) -> Answers:
    """Every answer a record can give."""
    return {*database_reader.views(path), *database_reader.every_command(path)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("who", "publishes", "lasting"),
    [
        pytest.param(A_FEW, 1, 1.5, id="a few"),
        pytest.param(READERS, 20, 60, marks=pytest.mark.faults, id="fifty"),
    ],
)
def test_no_reader_sees_two_runs_in_one(record, tmp_path_factory, figure, who, publishes, lasting):
    began, found = time.monotonic(), Counter(errors=0, mixed_answers=0)
    folder = tmp_path_factory.mktemp("kept")
    with reading(record, who) as readers:
        published, kept = publishing(record, folder, publishes, lasting)
        seconds = time.monotonic() - began
        said = [(kind, where, told(process)) for kind, where, process in readers]
    print(f"{published} runs in {seconds:.0f} s, stopped after {time.monotonic() - began:.0f}")
    right = set().union(*map(answers, kept))
    print(f"{len(kept)} states asked after {time.monotonic() - began:.0f} s")
    for kind, where, one in said:
        found["reads"] += one["reads"]
        found["errors"] += len(one["errors"])
        given = {(name, answer) for name, answer in one["answers"]}
        if kind == "loose":
            found[f"run_moved_between_two_loose_queries_{where}"] += len(given - {SAME})
        else:
            found["mixed_answers"] += len(given - right)
        print(kind, where, one["reads"], one["errors"][:1])

    figure("readers", len(said), publishes=published, seconds=seconds, **found)
    assert published >= publishes
    assert found["reads"] >= len(said)
    assert (found["errors"], found["mixed_answers"]) == (0, 0)
    assert found["run_moved_between_two_loose_queries_copy"] == 0
