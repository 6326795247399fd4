"""What the proofs of the shipped product share: a clean copy, the wheel, and words about them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.machines import BIN, ROOT, done


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = str(Path(__file__).parent)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.shipped)
            item.add_marker(pytest.mark.timeout(1800))


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Say a figure where the person who runs the stage sees it."""

    def say(text: str) -> None:
        with capsys.disabled():
            print(f"\n   {text}")

    return say


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that a clone would have, as they stand now, and nothing else."""
    to = tmp_path_factory.mktemp("sources") / "bordercast"
    listed = done("git", "ls-files", "-z", "-co", "--exclude-standard", cwd=ROOT)
    for name in filter(None, listed.split("\0")):
        if os.path.lexists(ROOT / name):
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name, follow_symlinks=False)
    return to


@pytest.fixture(scope="session")
def packages(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel built from that sdist."""
    to = tmp_path_factory.mktemp("dist")
    done(BIN / "python", "-m", "build", "--outdir", to, sources)
    return to


@pytest.fixture(scope="session")
def wheel(packages: Path) -> Path:
    (found,) = packages.glob("*.whl")
    return found
