from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection
from types import FrameType

import numpy as np
import pytest

from forecast import months
from forecast.config import Config
from forecast.engine import scores
from forecast.errors import ClockError
from forecast.store import connect, releases
from forecast.store.inputs import Inputs
from forecast.types import HUB_PERMILLES, FirstPublished, LastJudged, SeriesKey
from jobs import publish
from tests.support import history_2025
from tests.support.cbp_files import ENCOUNTERS
from tests.support.history_2025 import BORDERS_ONLY


@pytest.fixture
def record(borders_alone):
    with connect.writing(borders_alone) as db:
        yield db


def test_a_run_on_the_same_releases_settings_and_program_is_not_due(record):
    assert not publish.run_needed(record, BORDERS_ONLY)


def test_other_settings_make_a_run_due(record):
    longer = BORDERS_ONLY.forecast.model_copy(update={"horizon": 13})
    other = BORDERS_ONLY.model_copy(update={"forecast": longer})

    assert publish.run_needed(record, other)


def test_another_program_makes_a_run_due(record, monkeypatch):
    monkeypatch.setattr(publish, "CODE_VERSION", "another")

    assert publish.run_needed(record, BORDERS_ONLY)


def test_another_release_makes_a_run_due(record):
    releases.save_snapshot(record, history_2025.release("2025-01", "2025-02-18"))

    assert publish.run_needed(record, BORDERS_ONLY)


@pytest.mark.slow
def test_a_run_hands_its_connection_to_a_few_files_of_the_store_alone(record):
    """Whoever follows the record through a run reads these and no other."""
    handed: set[str] = set()

    def called(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith((f"{ROOT}/forecast", f"{ROOT}/jobs")):
            names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            given = (frame.f_locals.get(name) for name in names)
            if any(isinstance(value, Connection) for value in given):
                handed.add(str(Path(code.co_filename).relative_to(ROOT)))

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        publish.publish(record, QUICK, AFTER, lambda *step: None, ENCOUNTERS)
    finally:
        sys.setprofile(before)

    store = (
        "aside",
        "connect",
        "history",
        "inputs",
        "ledger",
        "measures",
        "queries",
        "releases",
        "runs",
    )
    assert handed == {"jobs/publish.py", *(f"forecast/store/{name}.py" for name in store)}


# --- a run from plain data, without a database

MONTHS = months.between("2018-01", "2024-01")
QUICK = Config.model_validate(
    {"forecast": {"models": ("naive",), "first_cutoff": "2023-10"}, "questions": {"standing": ()}}
)
NOW = datetime(2024, 2, 20, 12, tzinfo=UTC)
AFTER = datetime(2026, 9, 20, 12, tzinfo=UTC)
ROOT = Path(publish.__file__).parents[1]


def plain(last: int) -> Inputs:
    """Three totals and their sum; the north's last month is as given, and alone not judged yet."""
    rng = np.random.default_rng(4)
    levels = {"northern": 1000, "southwest": 9000, "other": 300}
    counts = {
        SeriesKey(name): {
            month: round(float(level * np.exp(rng.normal(0, 0.05)))) for month in MONTHS
        }
        for name, level in levels.items()
    }
    counts[SeriesKey("northern")][MONTHS[-1]] = last
    counts[SeriesKey("nationwide")] = {
        month: sum(by_month[month] for by_month in counts.values()) for month in MONTHS
    }
    first = {
        key: {month: FirstPublished(count, 1, None) for month, count in by_month.items()}
        for key, by_month in counts.items()
    }
    done = frozenset((key, month) for key in counts for month in MONTHS[:-1])
    left = dict.fromkeys(counts, LastJudged(MONTHS[-2], 0.0, 0.0, None))
    return Inputs(counts=counts, releases=(1,), first=first, judged=done, left=left)


@pytest.mark.parametrize(("last", "flagged"), [(1010, []), (4000, ["northern"])])
def test_a_run_is_computed_from_plain_data_without_a_database(last, flagged):
    run = publish.compute(plain(last), QUICK, ENCOUNTERS, NOW)

    assert (run.data_through, run.published_at) == ("2024-01", "2024-02-20T12:00:00+00:00")
    assert run.releases == (1,)
    assert {(j.series.total, j.month, j.basis) for j in run.judgements} == {
        (name, "2024-01", "hindcast") for name in ("northern", "southwest", "other", "nationwide")
    }
    told = [f.series.total for f in run.flags if f.severity != "watch" and f.kind == "month"]
    assert [name for name in told if name != "nationwide"] == flagged
    engine = [f for f in run.forecasts if f.model == "bordercast" and f.horizon == 1]
    medians = {f.series.total: f.median for f in engine}
    assert medians.pop("nationwide") == sum(medians.values())
    assert {c for h in run.hindcasts for c in h.cutoffs} >= {"2023-10", "2023-12"}
    assert run.changes == run.occasions == ()


def test_a_run_says_the_same_of_the_same_inputs():
    once, again = (publish.compute(plain(4000), QUICK, ENCOUNTERS, NOW) for _ in range(2))

    for name in ("forecasts", "judgements", "flags", "scores", "path_marks", "drivers"):
        assert getattr(once, name) == getattr(again, name)


def test_a_run_before_its_last_month_is_over_is_refused():
    with pytest.raises(ClockError):
        publish.compute(plain(1010), QUICK, ENCOUNTERS, datetime(2024, 1, 30, tzinfo=UTC))


def test_scores_are_the_same_however_many_series_are_scored_at_a_time(monkeypatch):
    together = publish.compute(plain(1010), QUICK, ENCOUNTERS, NOW).scores
    monkeypatch.setattr(publish, "_TOGETHER", 1)
    one_by_one = publish.compute(plain(1010), QUICK, ENCOUNTERS, NOW).scores

    assert {score["series"].total for score in together} == {
        "northern", "southwest", "other", "nationwide",
    }  # fmt: skip
    order = [sorted(map(repr, scored)) for scored in (together, one_by_one)]
    assert order[0] == order[1]


def test_hindcasts_on_record_are_scored_beside_new_ones_and_are_not_made_again():
    record = plain(1010)
    new = list(publish.compute(record, QUICK, ENCOUNTERS, NOW).hindcasts)
    held = frozenset((h.model, h.version, h.series, c) for h in new for c in h.cutoffs)
    places = [HUB_PERMILLES.index(round(p * 1000)) for p in scores.PROBS]
    stored = [
        (h.series, h.model, cutoff, horizon, counts[places].tolist())
        for h in new
        for cutoff, horizon, counts in zip(h.cutoffs, h.horizons, h.counts, strict=True)
    ]
    again = replace(
        record,
        recorded=held,
        hindcast_series=tuple(record.counts),
        hindcasts=lambda series: (row for row in stored if row[0] in series),
    )

    run = publish.compute(again, QUICK, ENCOUNTERS, NOW)

    assert list(run.hindcasts) == []
    assert run.scores == publish.compute(record, QUICK, ENCOUNTERS, NOW).scores
