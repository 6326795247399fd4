"""A run on own counts killed at any moment: nothing is lost, and the next run does what is left."""

from __future__ import annotations

import multiprocessing
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from forecast import config
from forecast.context import Context
from forecast.store import connect, integrity
from jobs import monthly
from tests.support.databases import rows
from tests.support.own_counts import HELD, after, begin, clinics, deliver

POINTS = 50
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["jobs.monthly", "forecast.desk.charts.grammar"])


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """A record one delivery behind: a restated month, and one month three times too large."""
    folder = tmp_path_factory.mktemp("own")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        begin(folder)
        work(folder, HELD)
    visits = clinics(HELD + 1)
    visits["Clinic 1"][20] += 40
    visits["Clinic 3"][HELD] *= 3
    deliver(folder / "deliveries" / "2024-01.csv", visits, HELD + 1)
    return folder


def work(folder: Path, held: int) -> None:
    settings, path = config.load(folder / "config.toml"), folder / "bordercast.db"
    monthly.run(Context.open(path, settings), now=after(held))


def state(folder: Path) -> tuple[list[tuple], ...]:
    """What was delivered, what is on record of it, and what came of it, with every digest."""
    path = folder / "bordercast.db"
    return (
        sorted((file.name, file.read_bytes()) for file in (folder / "deliveries").iterdir()),
        rows(path, "select sha256, seq, status, counts_digest from releases order by id"),
        rows(path, "select id, published_at, digest from runs order by id"),
        rows(path, "select content_key, state from notices order by 1"),
        rows(path, "select * from observations order by 1, 2, 3"),
    )


def killed(folder: Path, seconds: float) -> bool:
    """Whether the work was killed before it was done."""
    process = _PROCESSES.Process(target=work, args=(folder, HELD + 1))
    process.start()
    time.sleep(seconds)
    process.kill()
    process.join()
    return process.exitcode == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.parametrize(
    "points", [1, pytest.param(POINTS, marks=[pytest.mark.kills, pytest.mark.slow])]
)
def test_a_run_on_own_counts_killed_anywhere_is_made_up_for(before, tmp_path, points):
    calm = shutil.copytree(before, tmp_path / "calm")
    process = _PROCESSES.Process(target=work, args=(calm, HELD + 1))
    began = time.monotonic()
    process.start()
    process.join()
    whole, wanted, hit = time.monotonic() - began, state(calm), 0
    assert wanted[3], "the run under test writes a notice"

    chance = random.Random(points)
    for point in range(4 * points):
        folder = shutil.copytree(before, tmp_path / str(point))
        hit += killed(folder, chance.uniform(0, 0.9 * whole))
        with connect.moment(folder / "bordercast.db") as connection:
            assert (point, integrity.findings(connection)) == (point, [])
        work(folder, HELD + 1)
        assert (point, state(folder) == wanted) == (point, True)
        with connect.moment(folder / "bordercast.db") as connection:
            assert (point, integrity.findings(connection)) == (point, [])
        shutil.rmtree(folder)
        if hit == points:
            break

    print(f"killed {hit} times, in a run of {whole:.1f} seconds; nothing was lost")
    assert hit
