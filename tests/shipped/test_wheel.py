"""The wheel and the sdist: what is in them, and that they run far from the repository."""

from __future__ import annotations

import json
import shutil
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from tests.support.machines import BIN, CLEAN, ROOT, done
from tests.support.webhook_receiver import Receiver


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
        *("forecast", "jobs", "models", "bordercast", "bordercast.py")
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
    (work / "config.toml").write_text(
        "[forecast]\nmodels = ['naive', 'median12']\n"
        "[[sources]]\nkind = 'counts'\nname = 'visits'\nnoun = 'visits'\npath = 'visits.csv'\n"
        "[notices]\napproval = 'auto'\n"
        "hooks = [{ name = 'bot', kind = 'rss-bot', address_file = 'address' }]\n"
    )
    lines = [f"{year}-{m:02},{95 + m}\n" for year in range(2020, 2026) for m in range(1, 13)]

    def at(day: str, *words: str) -> str:
        """What a command says on a day: a month is told of if its forecast is older."""
        return done("faketime", f"{day} 12:00", program / "bordercast", *words, cwd=work)

    receiver = Receiver()
    with receiver.serving() as address:
        (work / "address").write_text(f"{address}\n")
        (work / "visits.csv").write_text("".join(["month,visits\n", *lines]))
        at("2026-01-05", "config", "check")
        at("2026-01-05", "run", "visits.csv")
        (work / "visits.csv").write_text("".join(["month,visits\n", *lines, "2026-01,400\n"]))
        at("2026-02-05", "run", "visits.csv")
        shown = at("2026-02-05", "show", "--model", "median12")
        at("2026-02-05", "notices", "list")
        at("2026-02-05", "notices", "send", "--yes")

    assert "forecast" in shown
    ((_, body, _),) = receiver.taken
    told = json.loads(body)
    assert (told["feed"], told["title"].split(":")[0]) == ("bot", "Visits, January 2026")
