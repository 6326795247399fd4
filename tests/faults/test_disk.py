"""A full disk, of every size from nothing to just enough: nothing is lost, and no repair needed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import nearly_full_disk, small_record
from tests.support.databases import rows

RUN = ["run", "--no-bundle"]
FULL = ("the disk is full", "or is full")


def own_mounts() -> list[str]:
    """How to start a process that may mount, and whose mounts end with it; [] if one cannot."""
    ways = (["unshare", "-Urm"], ["unshare", "-m"])
    test = ["sh", "-c", "d=$(mktemp -d) && mount -t tmpfs -o size=1m none $d && umount $d"]
    for way in ways if shutil.which("unshare") else ():
        if subprocess.run([*way, *test], capture_output=True).returncode == 0:
            return way
    return []


def tried(before: Path, words: list[str], sizes: list[int] | int) -> list[dict[str, Any]]:
    way = own_mounts()
    if not way:
        pytest.skip("no file system can be mounted here, not even in a namespace of one's own")
    here = str(small_record.ROOT)
    done = subprocess.run(
        [
            *way,
            sys.executable,
            nearly_full_disk.__file__,
            before,
            json.dumps(words),
            json.dumps(sizes),
        ],
        env={**os.environ, "PYTHONPATH": here, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize(
    "sizes",
    [
        pytest.param([0, 150_000], id="a few"),
        pytest.param(50, marks=pytest.mark.faults, id="fifty"),
    ],
)
def test_a_full_disk_costs_nothing_but_the_run(before, after, figure, sizes):
    found = tried(before, RUN, sizes)
    whole = {path: (small_record.state(path), _shown(path)) for path in (before, after)}
    states, shown = zip(*whole.values(), strict=True)

    full = [one for one in found if one["first"][0] != 0]
    wrong = {
        "unclear": [o for o in full if o["first"][0] != 1 or not _in_words(o["first"])],
        "not_served": [o for o in found if not _served(o, shown, states)],
        "not_recovered": [
            o for o in found if o["again"][0] or o["state"] != small_record.state(after)
        ],
        "damaged": [o for o in found if o["damage"]],
        "files_left": [o for o in found if o["left"]],
        "copies_behind": [o for o in found if o["copy_again"] != small_record.state(after)],
    }
    by_copy = sum(one["shown"][0] != 0 for one in found)
    counts = {name: len(ones) for name, ones in wrong.items()}
    figure(
        "full disk", len(found), runs_failed=len(full), **counts, served_by_the_copy_alone=by_copy
    )
    assert not any(wrong.values()), wrong
    assert found[0]["free"] == 0
    if sizes == 50:
        assert len(full) >= 45  # the sizes were spread over what is too little
        assert found[-1]["first"][0] == 0


def _shown(path: Path) -> tuple[int, str]:
    return rows(path, "select id, digest from latest_run")[0]


def _in_words(said: list) -> bool:
    last = said[1].strip().splitlines()[-1]
    return last.startswith("bordercast: ") and any(words in last for words in FULL)


def _served(one: dict[str, Any], shown: tuple, states: tuple) -> bool:
    """A whole run by the command, or in words why not; and in any case by the analysts' copy."""
    code, said = one["shown"]
    runs = {run for run, _ in shown}  # the digest moves with every file that was taken in
    command = _run(said) in runs if code == 0 else code == 1 and _in_words(one["shown"])
    code, said = one["copy_shown"]
    return command and code == 0 and _run(said) in runs and one["copy"] in states


def _run(said: str) -> int:
    return int(json.loads(said)["run"])


SPILL = """
import os, sqlite3, sys
from pathlib import Path
from forecast.store import connect
db = sqlite3.connect(sys.argv[1])
db.execute("pragma temp_store = file")
db.execute("pragma cache_size = 10")
try:
    db.execute("create temp table much as select randomblob(100000) from pragma_function_list")
except sqlite3.OperationalError as error:
    print(connect.meaning(Path(sys.argv[1]), error))
"""


def test_a_full_temporary_folder_is_not_the_databases_fault(tmp_path):
    way = own_mounts()
    if not way:
        pytest.skip("no file system can be mounted here, not even in a namespace of one's own")
    (tmp_path / "scratch").mkdir()
    mount = f"mount -t tmpfs -o size=256k none {tmp_path}/scratch"

    said = subprocess.run(
        [*way, "sh", "-c", f'{mount} && exec "$@"', "-", sys.executable, "-c", SPILL, "b.db"],
        env={
            **os.environ,
            "PYTHONPATH": str(small_record.ROOT),
            "TMPDIR": str(tmp_path / "scratch"),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert said.stdout.startswith(f"{tmp_path}/scratch: the disk is full"), said
    assert "TMPDIR" in said.stdout
