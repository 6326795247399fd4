"""Git's commands together have an end, however slowly each of them is answered."""

from __future__ import annotations

import time

import pytest

from forecast.errors import WitnessError
from forecast.store.witnesses import WitnessedEntry
from jobs.witness import git


def test_all_commands_of_one_asking_end_at_its_deadline(tmp_path, monkeypatch):
    given = []

    def slow(witness, command, seconds, environment):
        given.append(seconds)
        time.sleep(min(seconds, 0.05))
        if seconds < 0.05:
            raise WitnessError("git", f"git took more than {seconds:g} seconds")
        return b""

    monkeypatch.setattr(git.commands, "output", slow)
    (tmp_path / ".git").mkdir()
    began = time.monotonic()
    repository = git.Repository(tmp_path, 60.0, until=began + 0.12)

    with pytest.raises(WitnessError, match="took more than"):
        repository.append("shared.git", WitnessedEntry(1, 1, "2026-01", "d" * 64), [])

    assert given[-1] == 0.001  # no time is left, and each that is tried all the same ends at once
    assert given == sorted(given, reverse=True)
    assert git.Repository(tmp_path).until == float("inf")  # proofs are checked as long as it takes
