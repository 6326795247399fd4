"""A log that is cut or garbled after its writer was killed: whole runs, and the rest is made up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter

import pytest

from tests.support import small_record, spoiled_wal

BLOCK, BLOCKS = 50, 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("runs", "count", "seed"),
    [
        pytest.param(1, 3, 0, id="a few"),
        *(
            pytest.param(3, BLOCK, seed, marks=pytest.mark.faults, id=f"block {seed}")
            for seed in range(1, BLOCKS + 1)
        ),
    ],
)
def test_a_spoiled_log_leaves_whole_runs_and_costs_none(before, figure, runs, count, seed):
    here = str(small_record.ROOT)
    done = subprocess.run(
        [sys.executable, spoiled_wal.__file__, before, *map(str, (runs, count, seed))],
        env={**os.environ, "PYTHONPATH": here, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]

    wrong = Counter(
        half_runs=sum(one["at"] is None for one in found),
        damaged=sum(bool(one["damage"]) for one in found),
        other_results=sum(not one["same"] for one in found),
    )
    lost = sum(one["at"] != one["of"] for one in found)
    figure("spoiled log", len(found), **wrong, lost_a_commit_and_made_up_for_it=lost)
    assert len(found) == count
    assert not wrong.total(), found
    assert lost > 0
