"""Where is the test of a module? Where the module is: tests/desk/test_ranking.py for its namesake.

`forecast/ROOM/MODULE.py` and `jobs/ROOM/MODULE.py` have `tests/ROOM/test_MODULE.py`, or several,
`test_MODULE_TOPIC.py`; those of modules without a room are in `tests/forecast`, `tests/jobs` and
`tests/models`.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
# Not of one module: what crosses rooms, how code is written, what is installed, benchmarks.
OF_MORE = {"journeys", "faults", "form", "shipped", "same", "benchmarks"}


def modules() -> dict[str, set[str]]:
    """Folder of tests -> the modules and packages whose tests belong there."""
    found = defaultdict(set)
    for package in ("models", "forecast", "jobs"):
        for path in (ROOT / package).rglob("*.py"):
            room = path.relative_to(ROOT / package).parent.as_posix()
            place = package if room == "." else room
            if path.stem == "__init__":  # a package is a module of its folder, and of its own
                found[place].add(path.parent.name)
                outer = Path(room).parent.as_posix()
                found[package if outer == "." else outer].add(path.parent.name)
            else:
                found[place].add(path.stem)
    return found


def test_every_test_file_is_where_its_module_is():
    known = modules()
    astray = []
    for path in TESTS.rglob("test_*.py"):
        place = path.parent.relative_to(TESTS).as_posix()
        name = path.stem.removeprefix("test_")
        of = (m for m in known.get(place, ()) if name == m or name.startswith(f"{m}_"))
        if place.split("/")[0] not in OF_MORE and not any(of):
            astray.append(path.relative_to(ROOT).as_posix())

    assert astray == []


def test_what_is_tried_on_every_python_is_there():
    """Those tests run an hour at a time and seldom: a file that moved would show too late."""
    from tests.shipped import test_versions

    assert [name for name in test_versions.TESTS if not (TESTS / name).is_file()] == []
