"""What can be held of the Containerfile without building it; shipped/test_image.py builds it."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from forecast import months
from jobs.cli import main
from tests.support import running_service

ROOT = Path(__file__).parents[2]
FILE = ROOT / "Containerfile"


class Step(NamedTuple):
    """An instruction: its word, its --options, the rest."""

    word: str
    options: dict[str, str]
    rest: str


def steps(text: str) -> list[Step]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found = []
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        word, _, rest = line.partition(" ")
        options = dict(re.findall(r"--([a-z-]+)=(\S+)", rest)) if word != "RUN" else {}
        if options:
            rest = re.sub(r"--[a-z-]+=\S+", "", rest)
        found.append(Step(word, options, " ".join(rest.split())))
    return found


STEPS = steps(FILE.read_text("utf-8"))
LAST = STEPS[max(n for n, step in enumerate(STEPS) if step.word == "FROM") :]


def one(word: str) -> Step:
    """The only instruction of the image with this word."""
    (step,) = [step for step in LAST if step.word == word]
    return step


def test_what_it_copies_is_there_and_not_left_out():
    copied = [
        source
        for step in STEPS
        if step.word == "COPY" and "from" not in step.options
        for source in step.rest.split()[:-1]
    ]
    let_in = (ROOT / ".containerignore").read_text().splitlines()

    assert all((ROOT / source).exists() for source in copied)
    assert let_in[1] == "*"
    assert {line[1:] for line in let_in if line.startswith("!")} == {
        source.partition("/")[0] for source in copied
    }
    assert {"pyproject.toml", "requirements.lock"} <= set(copied)


def test_it_names_no_host_and_installs_what_was_tried():
    text = FILE.read_text("utf-8")

    assert not re.search(r"(?i)https?://|index.url|\w\.(com|org|io|net)\b", text)
    assert "--require-hashes -r /src/requirements.lock" in text
    version = re.search(r"PYTHON=3\.(\d+)", text)
    assert 11 <= int(version[1]) <= 14


def test_the_lock_has_hashes_of_the_versions_that_were_tried_and_names_no_host():
    text = (ROOT / "requirements.lock").read_text("utf-8")
    tried = re.findall(r"^([\w.-]+==[^ ;\n]+)", (ROOT / "constraints.txt").read_text("utf-8"), re.M)
    locked = re.findall(r"^([\w.-]+==[^ ;\n]+)", text, re.M)
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]

    assert set(locked) <= set(tried)
    assert {re.match(r"[\w-]+", name)[0] for name in wanted} <= {x.split("==")[0] for x in locked}
    assert all("--hash=sha256:" in one for one in re.split(r"\n(?=\w)", text.strip()))
    assert "://" not in text
    assert "index" not in text


def test_it_is_not_root_and_keeps_all_in_one_volume():
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", one("USER").rest)
    words = [step.word for step in LAST]
    assert words.index("USER") > max(n for n, word in enumerate(words) if word in ("RUN", "COPY"))
    volume = one("VOLUME").rest
    assert Path(option("--db")).parent == Path(volume) == Path(one("WORKDIR").rest)
    owner = one("USER").rest.partition(":")[0]
    assert re.search(rf"install -d -o {owner} -g \d+ {volume}\b", one("RUN").rest)


def option(name: str) -> str:
    words = json.loads(one("ENTRYPOINT").rest)
    return words[words.index(name) + 1]


def test_its_settings_are_a_file_it_copies():
    targets = [step.rest.split()[-1] for step in LAST if step.word == "COPY"]

    assert option("--config") in targets


def page_commands() -> list[list[str]]:
    """What stands behind the image's name in the page's `podman run`, or behind `exec`."""
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    lines = re.findall(r"^    podman (?:run|exec) (.+)$", text.replace("\\\n", " "), re.M)
    found = [shlex.split(line) for line in lines]
    return [words[len(words) - words[::-1].index("bordercast") :] for words in found]


def test_every_command_is_one_of_the_programs():
    entry, serve = json.loads(one("ENTRYPOINT").rest), json.loads(one("CMD").rest)
    health = shlex.split(one("HEALTHCHECK").rest.partition(" >")[0])
    assert (entry[0], serve, health[:2]) == ("bordercast", ["serve"], ["CMD", "bordercast"])
    typed = page_commands()
    assert [words[:1] for words in typed] == [[], ["--config"]]

    for words in (serve, health[2:], *typed[1:]):
        here = [str(ROOT / "config.toml") if word == option("--config") else word for word in words]
        said = CliRunner().invoke(main, [*here, "--help"])
        assert said.exit_code == 0, said.output


@pytest.fixture(scope="module")
def healthy(tmp_path_factory) -> Path:
    """A record with the figures of the last month that is over."""
    path = tmp_path_factory.mktemp("data") / "bordercast.db"
    running_service.drop(path, months.shift(months.today().isoformat()[:7], -1))
    running_service.wake(path, datetime.now(UTC))
    (path.parent / "config.toml").write_text("")
    return path


def health(data: Path) -> int:
    """Exit code of the health check, its folders replaced by this one."""
    command = one("HEALTHCHECK").rest.removeprefix("CMD ")
    settings = str(Path(option("--config")).parent)
    for folder in (settings, one("VOLUME").rest):
        command = command.replace(f" {folder}/", f" {shlex.quote(str(data))}/")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["/bin/sh", "-c", command], env={**os.environ, "PATH": path}, capture_output=True
    ).returncode


@pytest.mark.slow
def test_the_health_check_is_0_when_all_is_well_and_1_when_not(healthy, tmp_path):
    assert health(healthy.parent) == 0
    assert health(tmp_path) == 1
