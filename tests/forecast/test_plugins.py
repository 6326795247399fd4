"""Models and channels of packages of others, found by their entry points."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from forecast import config, plugins
from forecast.errors import ConfigError

PACKAGE = Path(__file__).parents[1] / "support" / "example_package"


def installed(folder: Path, **changed: str) -> dict[str, str]:
    """The environment of a program for which the example is installed in this folder."""
    about = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    about |= changed
    shutil.copytree(PACKAGE / "bordercast_example", folder / "bordercast_example")
    info = folder / f"bordercast_example-{about['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {about['name']}\nVersion: {about['version']}\n"
    )
    points = "".join(
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
        for group, entries in about["entry-points"].items()
    )
    (info / "entry_points.txt").write_text(points)
    return os.environ | {
        "PYTHONPATH": os.pathsep.join((str(folder), os.environ.get("PYTHONPATH", "")))
    }


def program(
    environment: dict[str, str], *words: str, cwd: Path
) -> subprocess.CompletedProcess[str]:
    code = "from jobs.cli import main; main()"
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


SETTINGS = """
[forecast]
models = ["naive", "median12"]
dimensions = []
first_cutoff = "2026-03"
[notices]
hooks = [{ name = "bot", kind = "rss-bot", address_file = "address" }]
"""


@pytest.fixture
def home(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "config.toml").write_text(SETTINGS)
    (tmp_path / "work" / "address").write_text("https://example.org/hook\n")
    return tmp_path / "work"


@pytest.mark.slow
def test_a_package_s_model_is_in_forecasts_of_any_file(home, tmp_path):
    lines = [f"{2020 + m // 12}-{m % 12 + 1:02},{100 + m % 7}" for m in range(48)]
    (home / "counts.csv").write_text("month,count\n" + "\n".join(lines) + "\n")

    said = program(
        installed(tmp_path), "forecast", "counts.csv", "--models", "all", "--h", "2", cwd=home
    )

    assert said.returncode == 0, said.stderr
    assert ",median12," in said.stdout


@pytest.mark.slow
def test_settings_may_name_what_is_installed_and_nothing_else(home, tmp_path):
    environment = installed(tmp_path)
    good = program(environment, "config", "check", cwd=home)
    without = program(dict(os.environ), "config", "check", cwd=home)

    assert good.returncode == 0, good.stderr
    assert without.returncode != 0
    assert "forecast.models" in without.stderr
    assert "'median12' is not one of ets, naive, prophet, sarima, snaive" in without.stderr


def test_a_package_s_version_is_part_of_the_settings_digest(home, tmp_path):
    """Another version is another run; without packages the digest is what it was."""
    code = "from forecast import config; print(config.load(config.found()).digest())"
    digests = set()
    for version in ("1.2", "1.3"):
        (tmp_path / version).mkdir()
        environment = installed(tmp_path / version, version=version)
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=home,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(done.stdout)

    assert len(digests) == 2
    assert "packages" not in config.Config().model_dump()


@pytest.mark.slow
def test_what_does_not_load_is_told_with_its_package(home, tmp_path):
    environment = installed(tmp_path)
    (tmp_path / "bordercast_example" / "median12.py").write_text("import nothing_so_called\n")

    said = program(environment, "run", cwd=home)

    assert said.returncode == 2
    assert "bordercast-example 1.2" in said.stderr
    assert "'median12' does not load: ModuleNotFoundError" in said.stderr
    assert "Traceback" not in said.stderr


def test_a_package_takes_no_name_of_ours():
    ours = plugins.MODELS.names()

    assert len(set(ours)) == len(ours)
    assert plugins.MODELS.package("ets") == ""
    with pytest.raises(ConfigError, match="'crystal-ball' is not one of"):
        plugins.MODELS.load("crystal-ball")
