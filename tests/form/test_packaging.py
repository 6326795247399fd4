"""What lies beside the code is part of what is installed."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_file_beside_the_code_is_installed_with_it():
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())
    patterns = told["tool"]["setuptools"]["package-data"]["*"]
    beside = [
        file
        for room in ("forecast", "jobs", "models")
        for file in (ROOT / room).rglob("*.*")
        if file.suffix not in (".py", ".pyc")
    ]

    assert len(beside) > 50
    assert [f for f in beside if not any(fnmatch(f.name, p) for p in patterns)] == []
