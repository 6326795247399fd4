"""Commands in other environments: this machine's, a Debian root's, a Debian that systemd runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support import running_service

ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent
# Neither the environment of the tests nor a setting of the person who runs them is handed on.
CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("BORDERCAST_", "PYTHON", "VIRTUAL_ENV", "PYTEST_"))
}
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
INSIDE = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


def done(*words: object, code: int = 0, **options: object) -> str:
    """What a command printed; AssertionError with its last lines if it ended otherwise."""
    options = {"env": CLEAN, **options}
    told = subprocess.run(
        [str(word) for word in words],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        **options,  # type: ignore[call-overload]
    )
    assert told.returncode == code, f"{words} ended with {told.returncode}:\n{told.stdout[-3000:]}"
    return str(told.stdout)


def need(*tools: str) -> None:
    """Skip, with the reason, where a root cannot be made."""
    if os.geteuid() != 0:
        pytest.skip("only root may make and enter another root")
    for tool in tools:
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed, and could not be (see the stage `tools`)")


def debian(suite: str, packages: str, to: Path, *dpkg: str) -> Path:
    """A minimal Debian with these packages, as a folder or, if named so, a .tar.

    It reaches package registries as this machine does: the same authorities are trusted, and the
    package lists may be as old as they may be here. dpkg : its options.
    """
    need("mmdebstrap")
    accepted = subprocess.run(["apt-config", "dump", "Acquire"], capture_output=True, text=True)
    dates = [
        f"--aptopt={line}"
        for line in accepted.stdout.splitlines()
        if line.startswith(("Acquire::Check-Valid-Until", "Acquire::Check-Date"))
    ]
    made = subprocess.run(
        [
            *(
                "mmdebstrap",
                "--quiet",
                "--variant=minbase",
                f"--include=ca-certificates,{packages}",
            ),
            f"--customize-hook=upload {AUTHORITIES} {AUTHORITIES}",
            "--customize-hook=upload /etc/resolv.conf /etc/resolv.conf",
            *(*dates, *(f"--dpkgopt={option}" for option in dpkg), suite, str(to)),
        ],
        capture_output=True,
        text=True,
        env=CLEAN,
    )
    if made.returncode != 0:
        pytest.skip(f"mmdebstrap cannot make a Debian {suite}: {made.stderr.strip()[-300:]}")
    return to


def inside(root: Path, *words: object, **environment: str) -> str:
    """What a command in a root printed, without systemd.

    /proc must be there: without it the loader cannot tell where a program's libraries lie.
    """
    script = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'
    enter = ("unshare", "-mpf", "sh", "-c", script, root)
    return done(*enter, *words, env=INSIDE | environment)


class Machine:
    """A Debian whose process 1 is systemd, in namespaces of its own but for the network."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.group = f"bordercast-test-{os.getpid()}"
        enter = ("sh", str(ROOT / "tests/shipped/enter.sh"), str(root), self.group)
        self.unshared = subprocess.Popen(
            ["unshare", "-mpfui", "--kill-child", *enter],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=CLEAN,
        )

    def __enter__(self) -> Machine:
        state = ""
        for _ in range(240):
            time.sleep(0.5)
            if self.unshared.poll() is not None:
                said = self.unshared.communicate()[0]
                pytest.skip(f"this machine forbids a systemd of its own: {said.strip()[-300:]}")
            state = self.asked("systemctl is-system-running")
            if state in ("running", "degraded"):  # kernel modules cannot be loaded from inside
                return self
        self.__exit__()
        pytest.skip(f"systemd starts, but is {state or 'silent'} after two minutes")

    def __exit__(self, *_: object) -> None:
        self.unshared.kill()
        self.unshared.communicate()
        script = (
            'd=$(mktemp -d); mount -t cgroup2 none "$d"; sleep 1;'
            f' find "$d/{self.group}" -depth -type d -exec rmdir {{}} +'
        )
        subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True)

    def _words(self, command: str) -> list[str]:
        children = Path(f"/proc/{self.unshared.pid}/task/{self.unshared.pid}/children")
        first = (children.read_text().split() or ["0"])[0]
        spaces = ("-t", first, "-m", "-p", "-u", "-i", "-C", "--root", "--wdns=/root")
        environment = [f"{name}={value}" for name, value in INSIDE.items()]
        quiet = ("HOME=/root", "DEBIAN_FRONTEND=noninteractive")
        return ["nsenter", *spaces, "env", "-i", *environment, *quiet, "sh", "-c", command]

    def asked(self, command: str) -> str:
        """What a command line prints, whatever its exit code."""
        told = subprocess.run(self._words(command), capture_output=True, text=True, timeout=900)
        return told.stdout.strip()

    def run(self, command: str, code: int = 0) -> str:
        """What a root's command line prints; AssertionError if it ends otherwise."""
        return done(*self._words(command), code=code)

    def shown(self, unit: str, name: str) -> str:
        """A property of a unit."""
        return self.asked(f"systemctl show -P {name} {unit}")

    def becomes(self, command: str, *wanted: str) -> str:
        """Wait, `serving.HANGS` seconds at most, until a command prints one of these."""
        until = time.monotonic() + running_service.HANGS
        while (said := self.asked(command)) not in wanted:
            assert time.monotonic() < until, f"{command}: {said}, not {wanted}"
            time.sleep(0.5)
        return said
