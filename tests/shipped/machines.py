"""Commands in other environments: this machine's, a Debian root's, a Debian that systemd runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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


def debian(suite: str, packages: str, to: Path) -> Path:
    """A minimal Debian with these packages, as a folder or, if named so, a .tar.

    It reaches package registries as this machine does: the same authorities are trusted, and the
    package lists may be as old as they may be here.
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
            *(*dates, suite, str(to)),
        ],
        capture_output=True,
        text=True,
        env=CLEAN,
    )
    if made.returncode != 0:
        pytest.skip(f"mmdebstrap cannot make a Debian {suite}: {made.stderr.strip()[-300:]}")
    return to


def inside(root: Path, *words: object, **environment: str) -> str:
    """What a command in a root printed; chroot alone, without systemd."""
    return done("chroot", root, *words, env=INSIDE | environment)
