"""A clinic that is new, one that was shut for long, and both in one record."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from forecast import months
from forecast.engine.panel import first_forecast
from forecast.engine.refit import engine_forecasts
from jobs.cli import main
from models.base import MOST_MISSING, Panel

FIRST, HELD = months.to_index("2019-01"), 60
OPENED = HELD - 8  # the month of the new clinic's first count
SHUT = range(30, 46)  # months in which the other one was shut: longer than a forecast reaches
FORECAST = "2024-05"  # its 13th month, with which the new clinic is forecast


def deliver(path: Path, upto: int) -> None:
    random = np.random.default_rng(5)
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["Month", "Clinic", "Visits"])
        for name, level in (("Old", 300), ("Reopened", 200), ("New", 100), ("Older / North", 400)):
            for at, count in enumerate(random.poisson(level, 2 * HELD)[:upto].tolist()):
                if (name == "New" and at < OPENED) or (name == "Reopened" and at in SHUT):
                    continue
                lines.writerow([months.from_index(FIRST + at), name, count])


def said(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(main, words)
    assert done.exit_code == code, done.output
    return " ".join(done.output.split())


def begin(folder: Path) -> None:
    """The first delivery, its settings, and the first run."""
    deliver(folder / "in" / "2023-12.csv", HELD)
    said("config", "init", "in")
    with Path("config.toml").open("a") as file:
        file.write('\n[compute]\nengine = "serial"\n')
    said("run")


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clinics")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        begin(folder)
    return folder


@pytest.fixture
def folder(ran, monkeypatch):
    monkeypatch.chdir(ran)
    return ran


WAITING = "8 months counted; if each coming month is, those of May 2024 bring a forecast"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("show",), 0, f"New: not forecast yet: {WAITING}."),
        (("show", "New"), 0, f"New: it has no forecast yet: {WAITING}."),
        (("chance", "New", "next month", "> 100"), 2, f"'New': it has no forecast yet: {WAITING}"),
        (("show", "New", "2023-09"), 0, "all of it is published."),
        (("show", "New", "2024"), 2, f"it has no forecast yet: {WAITING}"),
        (("brief", "New"), 0, "of 8 months on record"),
        (("score",), 0, "Reopened bordercast"),
        (("plot", "Old", "--kind", "drivers", "-o", "x.svg"), 2, "there are no drivers of a flag"),
        (("plot", "New", "--kind", "score", "-o", "x.svg"), 2, "there are no scores"),
        (("verify",), 0, "The record fits its digests."),
        (("audit",), 0, "the base tables bear each."),
        (("fact", "Reopened", "2022-01", "200"), 2, "no count was published for 2022-01"),
    ],
)
def test_commands_say_of_a_new_clinic_from_when_on_it_is_forecast(folder, words, code, told):
    assert told in said(*words, code=code)


def test_the_page_shows_a_new_clinic_without_a_forecast(folder):
    front = (folder / "site" / "index.html").read_text()
    assert f"Not forecast yet: {WAITING}." in front
    page = (folder / "site" / "counts/new/index.html").read_text()
    assert WAITING in page
    assert "Dashed line" not in page
    assert "The next 0 months" not in page
    assert "; not forecast yet." in page


def test_no_forecast_reaches_the_month_after_a_long_gap(folder):
    assert months.from_index(FIRST + SHUT.stop) == "2022-11"
    page = (folder / "site" / "fact" / "reopened" / "index.html").read_text()
    assert "197 in November 2022; not held against a forecast." in page
    assert "of year 2022" not in page  # the year is not known, and so is no share of it


@pytest.mark.slow
def test_a_new_clinic_is_forecast_from_the_month_that_was_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    begin(tmp_path)
    last = months.to_index(FORECAST) - FIRST + 1
    for upto, forecast in ((last - 1, False), (last, True)):
        deliver(tmp_path / "in" / f"{upto}.csv", upto)
        said("run")
        assert ("New: not forecast yet" not in said("show")) is forecast
    assert "Jun 2024" in said("show", "New")
    page = (tmp_path / "site" / "counts/new/index.html").read_text()
    assert "13 months counted: no season is known yet, and its intervals are wide." in page
    assert "fits its digests" in said("verify")


GAPS = {0: (), 5: (5,), 12: (12,), 16: (16,), 30: (30,), "two": (3, 16)}


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("length", [1, 12, 20, pytest.param(24, marks=pytest.mark.slow), 40])
@pytest.mark.parametrize("jumps", [True, False])
def test_a_forecast_comes_with_the_month_that_is_said(gap, length, jumps):
    """Whatever the engine needs, it has it in that month, and not the month before."""
    known, at = [], 0
    for number in range(length):
        at += 1
        known.append(at)
        for place, missing in enumerate(GAPS[gap]):
            at += missing if number == 5 + 8 * place else 0
    held = [months.from_index(FIRST + one) for one in known]

    said = first_forecast(held, held[-1], jumps=jumps)

    assert engine_forecasts_it(tuple(known), jumps) is (said == "")
    if said:
        more = range(known[-1] + 1, months.to_index(said) - FIRST + 1)
        assert engine_forecasts_it((*known, *more), jumps)
        assert not engine_forecasts_it((*known, *more[:-1]), jumps)


@cache  # a series too short for a gap is asked about with each
def engine_forecasts_it(known: tuple[int, ...], jumps: bool) -> bool:
    steps = np.diff(known)
    long = np.flatnonzero(steps > MOST_MISSING + 1)
    kept = known[long[-1] + 1 :] if len(long) else known
    z = np.full((1, kept[-1] - kept[0] + 1), np.nan)
    z[0, np.array(kept) - kept[0]] = np.log1p(100 + np.arange(len(kept)) % 7)
    panel = Panel(z, np.array([FIRST + kept[-1]]), np.array(["all"]), ("New",), ((),), jumps=jumps)
    said = engine_forecasts(panel, np.array([z.shape[1] - 1]), 12)
    return bool(np.isfinite(said.sigma[0, 0]))


def test_a_series_that_ended_long_ago_waits_from_now_on():
    ended = months.between("2019-01", "2019-08")
    assert (
        first_forecast(ended, "2023-12", jumps=True) == "2025-12"
    )  # behind the gap it begins anew


@pytest.mark.slow
def test_a_run_tells_what_is_flagged_of_a_record_that_ends_long_ago(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    counts = np.random.default_rng(3).poisson(200, 72).tolist()
    counts[60] *= 3
    table = "".join(f"{months.from_index(FIRST - 120 + at)},{n}\n" for at, n in enumerate(counts))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "old.csv").write_text(f"Month,Visits\n{table}")
    said("config", "init", "in")

    ran = said("run")

    assert "Jan 2014" in said("flags", "--since", "2014-01")
    assert "No month was unusually far" not in ran
    assert "Jan 2014" in ran.partition("Unusual months")[2]
