"""The program of this tree in a folder of its own, with one fault at a time put into its text."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Fault:
    """What stands in a file, and what is put in its place."""

    file: str
    stands: str
    instead: str


@dataclass(frozen=True)
class FaultyProgram:
    """A copy of the program."""

    folder: Path

    @classmethod
    def of(cls, folder: Path, *more: str) -> FaultyProgram:
        """Copy the program, and more of the tree: folders and files by their names."""
        ignored = shutil.ignore_patterns("__pycache__")
        for name in ("forecast", "jobs", "models", *more):
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, folder / name, ignore=ignored)
            else:
                shutil.copy(ROOT / name, folder / name)
        return cls(folder)

    @contextmanager
    def with_fault(self, fault: Fault) -> Iterator[None]:
        """Put a fault into the copy, and set it right again."""
        file = self.folder / fault.file
        text = file.read_text("utf-8")
        gone = f"{fault.file} has changed: put the fault where the rule is now: {fault.stands}"
        assert fault.stands in text, gone
        file.write_text(text.replace(fault.stands, fault.instead), "utf-8")
        try:
            yield
        finally:
            file.write_text(text, "utf-8")

    def python(self, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run Python with this program's modules."""
        own = {"PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        own["OMP_NUM_THREADS"] = "1"
        return subprocess.run(
            [sys.executable, *words], cwd=cwd or self.folder, env={**os.environ, **own},
            capture_output=True, text=True,
        )  # fmt: skip

    def command(self, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run the command with words."""
        return self.python("-m", "jobs", *words, cwd=cwd)
