"""The image: built by buildah on a Debian in place of its base, then used as its user would."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from jobs.cli import main
from tests.support.machines import AUTHORITIES, CLEAN, ROOT, debian, done, need

MEGABYTES = 650
# The container's user and settings; the image's own words come from its configuration.
USER = 10001
LIMITS = ("--ulimit", "nofile=20000:20000", "--ulimit", "nproc=90000:90000")
# What Debian's slim images leave out, as the base that the Containerfile names does.
SLIM = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*")


class Image:
    """A built image in a store of its own."""

    def __init__(self, store: Path) -> None:
        self.buildah = (
            *("buildah", "--storage-driver", "vfs"),
            *("--root", store / "root", "--runroot", store / "run"),
        )
        self.store = store

    def build(self, name: str, context: Path, *options: object) -> None:
        words = ("--isolation", "chroot", "--pull=never", "--format", "docker", *LIMITS, *options)
        told = subprocess.run(
            [str(word) for word in (*self.buildah, "bud", *words, "-t", name, context)],
            capture_output=True,
            text=True,
            env=CLEAN,
        )
        if "peration not permitted" in told.stderr:
            pytest.skip(f"this machine forbids buildah: {told.stderr.strip()[-300:]}")
        assert told.returncode == 0, told.stderr[-3000:] + told.stdout[-1000:]

    def size(self, name: str) -> float:
        (said,) = json.loads(done(*self.buildah, "images", "--json", name))
        number, unit = said["size"].split()
        return float(number) * {"GB": 1000, "MB": 1}[unit]

    def start(self, name: str) -> None:
        self.container = done(*self.buildah, "from", "--pull=never", *LIMITS, name).strip()
        self.config: dict[str, Any] = json.loads(
            done(*self.buildah, "inspect", "--type", "image", name)
        )["Docker"]["config"]

    def run(self, data: Path, *words: str, code: int = 0) -> str:
        """A command behind the image's entry point, with the volume at this folder."""
        options = ("--isolation", "chroot", "--user", USER, "-v", f"{data}:/data")
        command = (*self.config["Entrypoint"], *words)
        return done(*self.buildah, "run", *options, self.container, "--", *command, code=code)

    def read_only(self, data: Path, *words: str, code: int = 0) -> str:
        """The same where nothing but the volume and /tmp can be written."""
        root = done(*self.buildah, "mount", self.container).strip()
        script = (
            f"mount --bind {root} {root} && mount -o remount,bind,ro {root}"
            f" && mount --bind {data} {root}/data && mount -t tmpfs tmpfs {root}/tmp"
            f" && mount -t proc proc {root}/proc && mount --rbind /dev {root}/dev"
            f' && cd {root}/data && exec chroot --userspec={USER}:{USER} {root} "$@"'
        )
        command = ("env", "-i", *self.config["Env"], *self.config["Entrypoint"], *words)
        return done("unshare", "-mpf", "sh", "-c", script, "sh", *command, code=code)


@pytest.fixture(scope="module")
def image(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    need("buildah", "mmdebstrap")
    base = tmp_path_factory.mktemp("base")
    packages = "python3,python3-venv,passwd"
    debian("trixie", packages, base / "base.tar", *(f"path-exclude={place}" for place in SLIM))
    shutil.copy(AUTHORITIES, base / "authorities.crt")
    (base / "Containerfile").write_text(
        "FROM scratch\nADD base.tar /\n"
        f"COPY authorities.crt {AUTHORITIES}\n"
        "ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
    )
    store = Path(tempfile.mkdtemp(prefix="bordercast-image-"))
    made = Image(store)
    try:
        made.build("docker.io/library/python:3.13-slim", base)
        made.build("bordercast", sources)
        made.start("bordercast")
        yield made
    finally:
        subprocess.run([*map(str, made.buildah), "umount", "-a"], capture_output=True)
        shutil.rmtree(store, ignore_errors=True)


@pytest.fixture(scope="module")
def data(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The volume after one wake."""
    folder = tmp_path_factory.mktemp("data")
    for place in (folder, *folder.parents):  # pytest's folders are root's alone
        if str(place).startswith(tempfile.gettempdir() + "/"):
            place.chmod(0o755)
    os.chown(folder, USER, USER)
    assert "published run 1" in image.run(folder, "serve", "--once")
    return folder


def test_it_is_small_and_has_no_compiler_tests_or_pip(image, tell):
    size = image.size("bordercast")
    root = Path(done(*image.buildah, "mount", image.container).strip())
    (libraries,) = (root / "opt/bordercast/lib").glob("python3*/site-packages")
    largest = sorted(
        (
            (sum(f.stat().st_size for f in top.rglob("*") if f.is_file()) / 1e6, top.name)
            for top in libraries.iterdir()
            if top.is_dir()
        ),
        reverse=True,
    )[:6]
    tell(
        f"image {size:.0f} MB, its base {image.size('python:3.13-slim'):.0f} MB; largest: "
        + ", ".join(f"{name} {megabytes:.0f} MB" for megabytes, name in largest)
    )

    assert size <= MEGABYTES
    assert not any((root / "usr/bin" / tool).exists() for tool in ("gcc", "cc", "make", "pip"))
    assert not any((root / "opt/bordercast/bin").glob("pip*"))
    assert not (libraries / "pip").exists()
    assert {place.parent.parent.name for place in libraries.rglob("tests/")} <= {"numpy"}
    assert (libraries / "jobs/__pycache__").exists()


def test_it_does_its_work_as_a_user_without_rights(image, data):
    assert "fits its digests" in image.run(data, "verify")
    image.run(data, "backup", "--drill")
    image.run(data, "plot", "northern", "-o", "/data/northern.png")
    # The embedded figures are old: an alarm, also before the first poll.
    # After what it prints, the tool that runs the image tells of the exit code.
    status, _ = json.JSONDecoder().raw_decode(image.run(data, "status", "--json", code=4))

    assert status["facts"]["last_run"] == 1
    assert (data / "northern.png").stat().st_size > 10_000
    assert {place.stat().st_uid for place in data.rglob("*")} == {USER}
    assert "published" not in image.run(data, "serve", "--once").partition("wake:")[2]


def test_its_root_may_be_read_only(image, data):
    assert "fits its digests" in image.read_only(data, "verify")
    image.read_only(data, "serve", "--once")
    image.read_only(data, "plot", "southwest", "-o", "/data/southwest.png")
    assert "last_run" in image.read_only(data, "status", "--json", code=4)


def test_compose_says_what_the_image_can_do(image):
    """No engine is at hand: its words are held against the image and the program."""
    stated = yaml.safe_load((ROOT / "compose.yaml").read_text())
    service, web = stated["services"]["bordercast"], stated["services"]["web"]

    assert (ROOT / service["build"]["dockerfile"]).exists()
    assert [mount.split(":")[:2] for mount in (service["volumes"][0], *web["volumes"])] == [
        ["data", *image.config["Volumes"]]
    ] * 2
    settings = image.config["Entrypoint"][image.config["Entrypoint"].index("--config") + 1]
    assert service["volumes"][1].split(":")[1] == settings
    assert f"{web['ports'][0].rpartition(':')[2]}/tcp" in image.config["ExposedPorts"]
    known = CliRunner().invoke(main, [web["command"][0], "--help"]).output
    documented = (ROOT / "docs" / "web.md").read_text()
    options = {word for word in web["command"] if word.startswith("--")}
    assert {option for option in options if option not in known} == set()
    assert {option for option in options - {"--host"} if option not in documented} == set()
