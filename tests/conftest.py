from __future__ import annotations

import fcntl
import gc
import hashlib
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from forecast.config import Config
from forecast.context import Context
from forecast.engine import panel as engine_panel
from forecast.sources.cbp.encounters import bundle
from forecast.types import HEADLINES, SeriesKey
from models.base import Panel
from tests.support import reference_numbers
from tests.support.cbp_files import ENCOUNTERS
from tests.support.panels import make_panel

# No test fails because the machine is busy; what hangs is ended by pytest-timeout.
hypothesis_settings.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("patient")


# The programs that tests start are those of this tree, in whatever folder they start.
ROOT = Path(__file__).parents[1]
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, (str(ROOT), os.environ.get("PYTHONPATH", "")))
)

# A shell that starts tests in the background has them ignore Ctrl-C, and all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

ARTIFACTS = Path(os.environ.get("ARTIFACTS") or ROOT / ".artifacts")
LONG = ("corpus", "faults", "kills", "soak")  # they may take what they need


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="Leave out the slow tests.")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take the limit against hanging from the long proofs; the slow first, or left out."""
    for item in items:
        if any(item.get_closest_marker(name) for name in LONG):
            item.add_marker(pytest.mark.timeout(0))
    slow = [item for item in items if item.get_closest_marker("slow")]
    quick = [item for item in items if not item.get_closest_marker("slow")]
    # Begun first, so that no worker is left alone with one at the end.
    items[:] = quick if config.getoption("quick") else [*slow, *quick]
    if config.getoption("quick"):
        config.hook.pytest_deselected(items=slow)


def pytest_configure() -> None:
    """Search for no garbage while tests are collected: all of it stays."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Let no search go through what was collected, and search seldom: tests leave little."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
    gc.enable()


@pytest.fixture(scope="session")
def panel() -> Panel:
    """Six generated series of 90 months."""
    return make_panel(reference_numbers.generated())


@pytest.fixture(scope="session")
def ragged() -> Panel:
    """The same, but the third and fourth series start 30 and 80 months later."""
    z = reference_numbers.generated()
    z[2, :30] = z[3, :80] = np.nan
    return make_panel(z)


@pytest.fixture(scope="session")
def reference() -> dict[str, Any]:
    """The reference implementation, where it is at hand."""
    if not reference_numbers.REFERENCE.exists():
        pytest.skip("the reference implementation is not at hand; golden.csv is checked instead")
    return reference_numbers.load()


@pytest.fixture(scope="session")
def border_panel() -> Panel:
    """The four border totals from October 2013 on, from the embedded figures."""
    counts: dict[SeriesKey, dict[str, int]] = {SeriesKey(border): {} for border in HEADLINES}
    for snapshot in bundle.load():  # ascending: a later release overwrites an earlier one
        for key in counts.keys() & snapshot.counts.keys():
            if snapshot.release.kind != "vintage":
                counts[key] |= snapshot.counts[key]
    return engine_panel.panel(counts, source=ENCOUNTERS)


@cache
def _code() -> str:
    """A hash of all that a record follows from: the program, its libraries, what makes records."""
    hasher = hashlib.sha256((ROOT / "constraints.txt").read_bytes())
    for folder in ("models", "forecast", "jobs", "tests/support"):
        for path in sorted((ROOT / folder).rglob("*.*")):
            if path.suffix != ".pyc" and path.is_file():
                hasher.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    hasher.update(Path(__file__).read_bytes())
    return hasher.hexdigest()[:16]


@pytest.fixture(scope="session")
def session_artifact() -> Iterator[Callable[..., Path]]:
    """Make a folder's content once: for all processes, and all runs until the code is another.

    Who names the folder by ARTIFACTS says that the code is the same. At the end each folder is as
    it was made, or the next run of the tests would begin with what this one left.
    """
    named, used = "ARTIFACTS" in os.environ, set()

    def made(name: str, make: Callable[[Path], object]) -> Path:
        kept = ARTIFACTS if named else ARTIFACTS / _code()
        kept.mkdir(parents=True, exist_ok=True)
        folder = kept / name
        with folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not _digests_of(folder).exists():
                if not named:
                    _forget_old()
                shutil.rmtree(folder, ignore_errors=True)
                part = Path(tempfile.mkdtemp(dir=kept))
                make(part)
                stated = json.dumps(digests(part))
                part.rename(folder)
                _digests_of(folder).write_text(stated, encoding="utf-8")
        used.add(folder)
        return folder

    yield made
    changed = [f"{folder.name}: {file}" for folder in sorted(used) for file in changes(folder)]
    assert not changed, f"a test wrote into what is kept for all; let it copy: {changed}"


def digests(folder: Path) -> dict[str, str]:
    """File -> its sha256; without what readers of a database leave beside it."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-shm", ".lock"))
        if not (path.name.endswith("-wal") and not path.stat().st_size)
    }


def changes(folder: Path) -> list[str]:
    """Return which files of a kept folder are not as they were made; it is made anew then."""
    if not _digests_of(folder).exists():  # another process has said it
        return []
    made, now = json.loads(_digests_of(folder).read_text(encoding="utf-8")), digests(folder)
    differ = sorted(file for file in made.keys() | now.keys() if made.get(file) != now.get(file))
    if differ:
        _digests_of(folder).unlink()
    return differ


def _digests_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.json")


def _forget_old() -> None:
    """Keep what two states of the code made, the newest: this one's, and that of before."""
    by_age = sorted(ARTIFACTS.iterdir(), key=lambda path: path.stat().st_mtime)
    for folder in by_age[:-2]:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def published(session_artifact: Callable[..., Path]) -> Path:
    """A database after the first run on the embedded figures; not to be changed."""
    from jobs import monthly

    def make(folder: Path) -> None:
        now = datetime(2026, 9, 20, 12, tzinfo=UTC)
        monthly.run(Context.open(folder / "bordercast.db", Config()), now=now)

    return session_artifact("published", make) / "bordercast.db"


@pytest.fixture
def database(published: Path, tmp_path: Path) -> Path:
    """A copy of it to change."""
    return Path(shutil.copy(published, tmp_path / "bordercast.db"))


@pytest.fixture(scope="session")
def by_hand(session_artifact: Callable[..., Path]) -> Path:
    """A record of a few rows whose every answer is known; not to be changed."""
    from tests.support import tiny_record

    made = session_artifact("by_hand", lambda folder: tiny_record.make(folder / "bordercast.db"))
    return made / "bordercast.db"


@pytest.fixture(scope="session")
def full_record(
    session_artifact: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A record made by hand with something of every kind; not to be changed, but beside it."""
    from tests.support import full_record
    from tests.support.undrawn import undrawn

    def make(folder: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            undrawn(patch)
            full_record.make(folder / "bordercast.db")

    # What reads it may say in an ops.db beside it that it was verified.
    own = tmp_path_factory.mktemp("full") / "record"
    return Path(shutil.copytree(session_artifact("full", make), own)) / "bordercast.db"


@pytest.fixture(scope="session")
def of_borders(session_artifact: Callable[..., Path]) -> Path:
    """A database after a run on the borders' totals alone, a second's work; not to be changed."""
    from tests.support import history_2025

    return session_artifact("borders", history_2025.borders_alone) / "bordercast.db"


@pytest.fixture
def borders_alone(of_borders: Path, tmp_path: Path) -> Path:
    """A copy of it to change."""
    return Path(shutil.copy(of_borders, tmp_path / "bordercast.db"))


@pytest.fixture(scope="session")
def stages(session_artifact: Callable[..., Path]) -> Path:
    """first.db, january.db, february.db: the service in early 2025; not to be changed."""
    from tests.support import history_2025

    return session_artifact("stages", history_2025.stages)


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Tells what a fault's test saw, for the tables in docs/reliability.md; see faults/page.py.

    figure(FAULT, TRIED, name=value, ...): whole numbers are counts and are added up over tests.
    """

    def tell(fault: str, tried: int, **seen: int | float | str) -> None:
        print(f"{fault}: {tried} tried, {seen}")
        record_property("figure", {"fault": fault, "tried": tried, "seen": seen})

    return tell


@pytest.fixture(scope="session")
def pango() -> None:
    """What prints pages needs of the system; its tests are skipped where it is not."""
    try:
        import weasyprint  # noqa: F401
    except OSError:
        pytest.skip("no Pango on this machine: apt-get install libpango-1.0-0 libpangoft2-1.0-0")
