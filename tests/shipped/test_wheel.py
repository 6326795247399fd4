"""The wheel and the sdist: what is in them, and that they run far from the repository."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from tests.support.machines import BIN, CLEAN, ROOT, done


def test_the_packages_are_accepted_as_an_index_would(packages, tell):
    files = sorted(packages.iterdir())

    said = done(BIN / "python", "-m", "twine", "check", "--strict", *files)

    assert said.count("PASSED") == len(files) == 2
    tell(", ".join(f"{file.name} {file.stat().st_size / 1e6:.1f} MB" for file in files))


def test_the_wheel_has_settings_types_and_license_and_no_tests(wheel):
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        shipped = packed.read("forecast/config.toml")
        (meta,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        said = Parser().parsestr(packed.read(meta).decode())

    assert shipped == (ROOT / "config.toml").read_bytes()
    assert {f"{package}/py.typed" for package in ("forecast", "jobs", "models")} <= set(names)
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {
        *("forecast", "jobs", "models", "bordercast")
    }
    minors = {f"Programming Language :: Python :: 3.{minor}" for minor in (11, 12, 13, 14)}
    assert minors <= set(said.get_all("Classifier"))
    assert all("example.org" in url for url in said.get_all("Project-URL"))  # until there is a home


def test_the_sdist_builds_without_the_repository(packages):
    (file,) = packages.glob("*.tar.gz")  # the wheel beside it was built from it
    with tarfile.open(file) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}

    assert {"pyproject.toml", "README.md", "LICENSE", "forecast/config.toml"} <= names


def by_pip(wheel: Path, home: Path) -> Path:
    done(BIN / "python", "-m", "venv", home)
    done(home / "bin/pip", "install", "-q", "-c", ROOT / "constraints.txt", wheel)
    return home / "bin"


def by_pipx(wheel: Path, home: Path) -> Path:
    places = {"PIPX_HOME": str(home), "PIPX_BIN_DIR": str(home / "bin")}
    pins = f"--pip-args=--constraint={ROOT / 'constraints.txt'}"
    done(BIN / "python", "-m", "pipx", "install", pins, wheel, env=CLEAN | places)
    return home / "bin"


def by_uv(wheel: Path, home: Path) -> Path:
    places = {"UV_TOOL_DIR": str(home), "UV_TOOL_BIN_DIR": str(home / "bin")}
    pins = ("--constraints", ROOT / "constraints.txt", "--python", BIN / "python")
    done(BIN / "uv", "tool", "install", *pins, wheel, env=CLEAN | places)
    return home / "bin"


@pytest.mark.parametrize("install", [by_pip, by_pipx, by_uv])
def test_it_is_installed_and_runs_elsewhere(install, wheel, tmp_path):
    program = install(wheel, tmp_path / "home") / "bordercast"
    work = tmp_path / "work"
    work.mkdir()

    done(program, "config", "init", cwd=work)
    assert (work / "config.toml").read_bytes() == (ROOT / "config.toml").read_bytes()
    done(program, "config", "check", cwd=work)
    assert "Run 1" in done(program, "run", cwd=work)
    assert "forecast" in done(program, "show", "northern", cwd=work)
    done(program, "verify", cwd=work)


def test_a_package_of_others_adds_a_model_and_a_channel(wheel, tmp_path):
    """Built and installed as its author would, without a line changed here."""
    source, built = tmp_path / "example", tmp_path / "dist"
    shutil.copytree(ROOT / "tests/support/example_package", source)
    program = by_pip(wheel, tmp_path / "home")
    done(BIN / "python", "-m", "build", "--wheel", "--outdir", built, source)
    done(program / "pip", "install", "-q", "--no-deps", *built.glob("*.whl"))
    work = tmp_path / "work"
    work.mkdir()
    (work / "address").write_text("https://example.org/hook\n")
    (work / "config.toml").write_text(
        "[forecast]\nmodels = ['naive', 'median12']\n"
        "[notices]\nhooks = [{ name = 'bot', kind = 'rss-bot', address_file = 'address' }]\n"
    )

    done(program / "bordercast", "config", "check", cwd=work)
    done(program / "bordercast", "run", cwd=work)
    shown = done(program / "bordercast", "show", "northern", "--model", "median12", cwd=work)
    done(program / "bordercast", "notices", "list", cwd=work)

    assert "forecast" in shown
