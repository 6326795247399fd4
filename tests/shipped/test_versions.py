"""Every Python from 3.11 to 3.14, the oldest and the newest libraries: a short list of tests."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.machines import BIN, CLEAN, ROOT, debian, done, inside

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
TOOLS = ("pytest", "pytest-timeout", "hypothesis")
# Readers, models of every library, the engine; then the program itself, see `tried`.
TESTS = (
    "forecast/test_months.py",
    "sources/cbp/encounters/test_reader.py",
    "store/test_queries.py",
    "models/test_structural.py",
    "models/test_breakwalk.py",
    "models/test_level.py",
    "engine/test_refit.py",
    "judge/test_surprise.py",
)
PINS = ("-c", str(ROOT / "constraints.txt"))


def at_hand() -> dict[str, Path]:
    """The newest interpreter of each minor version that this machine has."""
    words = (BIN / "uv", "python", "list", "--only-installed", "--output-format", "json")
    told = subprocess.run(list(map(str, words)), capture_output=True, text=True, env=CLEAN)
    found = [Path(one["path"]) for one in json.loads(told.stdout or "[]")]
    found += (Path.home() / ".pyenv/versions").glob("3.*/bin/python3")
    newest: dict[str, tuple[int, Path]] = {}
    for python in found:
        said = subprocess.run([python, "-V"], capture_output=True, text=True).stdout
        if match := re.match(r"Python (3\.\d+)\.(\d+)$", said.strip()):
            newest[match[1]] = max(newest.get(match[1], (-1, python)), (int(match[2]), python))
    return {minor: python for minor, (_, python) in newest.items()}


@pytest.fixture(scope="module")
def pythons() -> dict[str, Path]:
    return at_hand()


def without_the_program(to: Path) -> Path:
    """The tests alone, so that what is tested is what is installed."""
    shutil.copytree(ROOT / "tests", to / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", to)
    return to


def tried(folder: Path, bin: Path, run: Callable[..., str] = done) -> str:
    """The short list, then a month's work; pytest's last line and the versions.

    -P : not the program that lies in the folder where pytest was started.
    """
    tests = [folder / "tests" / name for name in TESTS]
    said = run(bin / "python", "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)
    program = (bin / "bordercast", "--db", folder / "bordercast.db")
    assert "Run 1" in run(*program, "run")
    run(*program, "verify")
    run(*program, "plot", "northern", "-o", folder / "northern.png")
    versions = run(
        *(bin / "python", "-c"),
        "import sys, sqlite3, numpy, pandas, scipy; print('Python', sys.version.split()[0],"
        " 'numpy', numpy.__version__, 'pandas', pandas.__version__, 'scipy', scipy.__version__,"
        " 'SQLite', sqlite3.sqlite_version)",
    )
    return f"{versions.strip()}: {said.strip().splitlines()[-1]}"


def installed(python: Path, wheel: Path, folder: Path, *how: str) -> Path:
    """An environment with the wheel; its bin."""
    done(BIN / "uv", "venv", "-q", "--python", python, folder)
    uv = (BIN / "uv", "pip", "install", "-q", "--python", folder / "bin/python")
    if "lowest-direct" in how:  # the wheel's own requirements are direct ones only from their list
        done(*uv, *how, "-r", ROOT / "pyproject.toml")
        how = ("--no-deps",)
    done(*uv, *how, wheel)
    done(*uv, *PINS[: 2 * ("-c" in how)], *TOOLS)
    return folder / "bin"


@pytest.mark.parametrize("minor", PYTHONS)
def test_every_python(minor, pythons, wheel, tmp_path, tell):
    if minor in pythons:
        bin = installed(pythons[minor], wheel, tmp_path / "venv", *PINS)
        tell(tried(without_the_program(tmp_path), bin))
        return
    # Absent here: Debian's next release may have it.
    packages = f"python{minor}-venv"
    root = debian("testing", packages, tmp_path / "root")
    work = without_the_program(root / "srv")
    for file in (wheel, ROOT / "constraints.txt"):
        shutil.copy(file, work)
    inside(root, f"python{minor}", "-m", "venv", "/srv/venv")
    pip = ("/srv/venv/bin/pip", "install", "-q", "-c", "/srv/constraints.txt")
    inside(root, *pip, f"/srv/{wheel.name}", *TOOLS)

    def run(*words: object) -> str:
        return inside(root, *words, OMP_NUM_THREADS="1", HOME="/srv")

    tell(f"{tried(Path('/srv'), Path('/srv/venv/bin'), run)} (not at hand: in Debian testing)")
    shutil.rmtree(root)


def test_the_oldest_libraries_that_are_allowed(pythons, wheel, tmp_path, tell):
    oldest = next(minor for minor in PYTHONS if minor in pythons)
    bin = installed(pythons[oldest], wheel, tmp_path / "venv", "--resolution", "lowest-direct")
    tell(tried(without_the_program(tmp_path), bin))


def test_the_newest_libraries_that_are_allowed(pythons, wheel, tmp_path, tell):
    newest = max((m for m in PYTHONS if m in pythons), key=PYTHONS.index)
    bin = installed(pythons[newest], wheel, tmp_path / "venv", "--upgrade")
    tell(tried(without_the_program(tmp_path), bin))
