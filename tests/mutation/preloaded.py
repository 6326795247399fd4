"""Pytest, run as often as asked by a process that has imported all but what is in the tree.

    python tests/mutation/preloaded.py TREE [FILE ...]

Most of a quick test's time goes into importing libraries: here they are imported once, by
collecting every test, or those of these files, and each run is a fork of that. It names the tests
in a line when it is ready; then each line asks for a run, {"words": [...], "seconds": n,
"artifacts": FOLDER}, and gets a line, {"code": n, "test": "..."}; the code is null where the run
was ended because it took longer, the test is the last that began. For `make mutants`.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

ASKS_AGAIN = 0.02  # seconds between two looks at whether a run has ended
HOLD_OURS = ("datasette",)  # libraries that our modules register with as they are imported


class _Collected:
    """The tests that there are in a tree: those of data that lie beside the project are not."""

    def __init__(self) -> None:
        self.tests: list[str] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.tests = [item.nodeid for item in session.items]


def warm_up(tree: Path, files: Sequence[str] = ()) -> list[str]:
    """Name the tests of a tree and import what they do; what is its own is forgotten again."""
    path = list(sys.path)
    _here(tree)
    answers = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    found = _Collected()
    _pytest(["--collect-only", *files], found)
    os.dup2(answers, 1)
    held = [name for name in sys.modules if name.partition(".")[0] in HOLD_OURS]
    ours = [name for name, module in sys.modules.items() if _is_in(tree, module)]
    for name in {*held, *ours}:  # a package without a file asks for its parent: none goes before
        del sys.modules[name]
    sys.path[:] = path
    importlib.invalidate_caches()
    gc.freeze()  # pages that no run writes to are shared by all
    return found.tests


def _here(tree: Path) -> None:
    os.chdir(tree)
    sys.path.insert(0, str(tree))


def _is_in(tree: Path, module: object) -> bool:
    """Whether a module, or a package without a file, is of the tree; its environment is not."""
    if module is sys.modules["__main__"]:
        return False
    places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
    within = [Path(place).is_relative_to(tree) for place in places if place]
    return any(within) and "site-packages" not in str(places)


def _pytest(words: Sequence[str], *plugins: object) -> int:
    return int(pytest.main(["-q", "-p", "no:cacheprovider", *words], plugins=plugins))


class _Begun:
    """Writes down the test that begins: where pytest stops, it stopped in the last one."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.file.write_text(nodeid, "utf-8")


def _run(tree: Path, words: Sequence[str], begun: _Begun) -> None:
    """In a fork: its code is how the process ends."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(0, 1)
    os.dup2(0, 2)
    code = 1
    try:
        _here(tree)
        code = _pytest(words, begun)
    finally:
        os._exit(code)


def _code(process: int, seconds: float) -> int | None:
    """How a process ends, with all that it started; None if it takes longer."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(ASKS_AGAIN)
    os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return None


def main() -> None:
    tree = Path(sys.argv[1]).resolve()
    print(json.dumps(warm_up(tree, sys.argv[2:])), flush=True)
    for line in sys.stdin:
        wanted = json.loads(line)
        with tempfile.NamedTemporaryFile() as file:
            process = os.fork()
            if not process:
                os.environ["ARTIFACTS"] = wanted["artifacts"]
                _run(tree, wanted["words"], _Begun(Path(file.name)))
            code = _code(process, wanted["seconds"])
            test = Path(file.name).read_text("utf-8")
        print(json.dumps({"code": code, "test": test}), flush=True)


if __name__ == "__main__":
    main()
