"""Git's commands together have an end, however slowly each of them is answered."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from forecast.errors import WitnessError
from forecast.store.witnesses import WitnessedEntry
from jobs.witness import git


def test_all_commands_of_one_asking_end_at_its_deadline(tmp_path, monkeypatch):
    clock, given = [1000.0], []

    def slow(witness, command, seconds, given_to_it, environment):
        """Every command takes 50 seconds."""
        given.append(seconds)
        clock[0] += min(seconds, 50.0)
        if seconds < 50.0:
            raise WitnessError("git", f"git took more than {seconds:g} seconds")
        return b""

    monkeypatch.setattr(git.commands, "output", slow)
    monkeypatch.setattr(git, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    (tmp_path / ".git").mkdir()
    repository = git.Repository(tmp_path, 60.0, until=1120.0)

    with pytest.raises(WitnessError, match="took more than"):
        repository.append("shared.git", WitnessedEntry(1, 1, "2026-01", "d" * 64), [])

    # What is tried when no time is left ends at once.
    assert given == [60.0, 60.0, 20.0, *[0.001] * (len(given) - 3)]
    assert clock[0] < 1121.0
    assert git.Repository(tmp_path).until == float("inf")  # proofs are checked as long as it takes
