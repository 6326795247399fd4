from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import golden
import numpy as np
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from panels import make_panel

from forecast.config import Config
from forecast.intake import series
from forecast.intake.sources.cbp_encounters import bundle
from forecast.records import HEADLINES, SeriesKey
from models.base import Panel

# No test fails because the machine is busy; what hangs is ended by pytest-timeout.
hypothesis_settings.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("patient")


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


@pytest.fixture(scope="session")
def panel() -> Panel:
    """Six generated series of 90 months."""
    return make_panel(golden.generated())


@pytest.fixture(scope="session")
def ragged() -> Panel:
    """The same, but the third and fourth series start 30 and 80 months later."""
    z = golden.generated()
    z[2, :30] = z[3, :80] = np.nan
    return make_panel(z)


@pytest.fixture(scope="session")
def reference() -> dict[str, Any]:
    """The reference implementation, where it is at hand."""
    if not golden.REFERENCE.exists():
        pytest.skip("the reference implementation is not at hand; golden.csv is checked instead")
    return golden.load()


@pytest.fixture(scope="session")
def border_panel() -> Panel:
    """The four border totals from October 2013 on, from the embedded figures."""
    counts: dict[SeriesKey, dict[str, int]] = {SeriesKey(border): {} for border in HEADLINES}
    for snapshot in bundle.load():  # ascending: a later release overwrites an earlier one
        for key in counts.keys() & snapshot.counts.keys():
            if snapshot.release.kind != "vintage":
                counts[key] |= snapshot.counts[key]
    return series.panel(counts)


@pytest.fixture(scope="session")
def once_for_all(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Make a folder's content once, whatever the number of the test processes."""

    def made(name: str, make: Callable[[Path], object]) -> Path:
        shared = tmp_path_factory.getbasetemp()
        folder = (shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared) / name
        with folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                part = Path(tempfile.mkdtemp(dir=folder.parent))
                make(part)
                part.rename(folder)
        return folder

    return made


@pytest.fixture(scope="session")
def published(once_for_all: Callable[..., Path]) -> Path:
    """A database after the first run on the embedded figures; not to be changed."""
    from jobs import monthly

    def make(folder: Path) -> None:
        now = datetime(2026, 9, 20, 12, tzinfo=UTC)
        monthly.run(folder / "bordercast.db", Config(), now=now)

    return once_for_all("published", make) / "bordercast.db"


@pytest.fixture
def database(published: Path, tmp_path: Path) -> Path:
    """A copy of it to change."""
    return Path(shutil.copy(published, tmp_path / "bordercast.db"))


@pytest.fixture(scope="session")
def by_hand(once_for_all: Callable[..., Path]) -> Path:
    """A record of a few rows whose every answer is known; not to be changed."""
    import byhand

    made = once_for_all("by_hand", lambda folder: byhand.make(folder / "bordercast.db"))
    return made / "bordercast.db"


@pytest.fixture(scope="session")
def of_borders(once_for_all: Callable[..., Path]) -> Path:
    """A database after a run on the borders' totals alone, a second's work; not to be changed."""
    import then

    return once_for_all("borders", then.borders_alone) / "bordercast.db"


@pytest.fixture
def borders_alone(of_borders: Path, tmp_path: Path) -> Path:
    """A copy of it to change."""
    return Path(shutil.copy(of_borders, tmp_path / "bordercast.db"))


@pytest.fixture(scope="session")
def stages(once_for_all: Callable[..., Path]) -> Path:
    """first.db, january.db, february.db: the service in early 2025; not to be changed."""
    import then

    return once_for_all("stages", then.stages)


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
