"""Writes down which functions of the program a test enters: for `make mutants`; see entered.py.

On the path of the traced run, so that every process that a test starts loads it as it begins.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from pathlib import Path
from types import FrameType

ROOT = str(Path(__file__).parents[3]) + os.sep
PROGRAM = tuple(ROOT + folder for folder in ("forecast/", "jobs/", "models/"))
TO = os.environ.get("ENTERED", os.devnull)
FILE = os.open(TO, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC)
seen: set[int] = set()


def enter(frame: FrameType, event: str, arg: object) -> None:
    """Called at each call and never within it: what is left of tracing is quick."""
    code = frame.f_code
    if id(code) not in seen:
        seen.add(id(code))
        if code.co_filename.startswith(PROGRAM) and code.co_name != "<module>":
            note("enters", code.co_filename.removeprefix(ROOT), code.co_qualname)


def note(*words: object) -> None:
    """A line for whoever this process works for, at once: it may be killed."""
    line = "\t".join(map(str, (os.environ.get("ENTERED_FOR", ""), *words)))
    with contextlib.suppress(OSError):  # a process that may write no more
        os.write(FILE, f"{line}\n".encode())


def credit(name: str) -> None:
    """From here on all is entered for a test, or for a fixture that tests share."""
    os.environ["ENTERED_FOR"] = name
    seen.clear()
    sys.settrace(enter)  # Python drops it where it cannot be called, as at the end of the stack


threading.settrace(enter)
sys.settrace(enter)
