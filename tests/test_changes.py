"""What moved a forecast: steps that add up, each for what it is called."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import rows

from forecast import months
from forecast.config import Config
from forecast.desk import answered as words
from forecast.engine import ENGINE
from forecast.engine.refit import engine_forecasts
from forecast.engine.rows import forecast_rows, with_summed_medians
from forecast.intake.sources.cbp_encounters import bundle
from forecast.records import HEADLINES, SeriesKey
from forecast.watch.changes import changes, summed
from jobs.pipeline.changing import moved
from jobs.pipeline.totals import headline

STAGES = st.lists(
    st.fixed_dictionaries(
        {SeriesKey("northern"): st.dictionaries(st.sampled_from("abcd"), st.integers(0, 9**9))}
    ),
    min_size=6,
    max_size=6,
)


@given(STAGES)
def test_the_steps_add_up_whatever_the_stages(stages):
    for one in changes(stages):
        steps = one.method + one.revisions + one.season + one.surprise
        assert one.before + steps == one.after == stages[-1][one.series][one.month]


def test_a_step_is_what_its_stage_changed_where_every_stage_speaks_of_it():
    north, south = SeriesKey("northern"), SeriesKey("southwest")
    medians = (100, 103, 110, 130, 170, 175)
    stages = [{north: {"2025-02": median, "2025-01": median}} for median in medians]
    stages[0][south] = stages[5][south] = {"2025-01": 1}
    stages[2][north]["2025-03"] = 9

    found = changes(stages)

    assert [one.month for one in found] == ["2025-01", "2025-02"]
    for one in found:
        assert (one.series, one.before, one.after) == (north, 100, 175)
        assert (one.method, one.revisions, one.season, one.surprise) == (3 + 5, 7, 20, 40)


def test_nationwide_is_summed_where_every_border_has_the_month():
    parts = {SeriesKey(border): {"2025-01": 5, "2025-02": 7} for border in HEADLINES[:-1]}
    whole = {SeriesKey("nationwide"): {"2025-01": 1, "2025-02": 1, "2025-03": 1}}

    found = summed(parts | whole)
    less = summed(dict(list(parts.items())[1:]) | whole)

    assert found[SeriesKey("nationwide")] == {"2025-01": 15, "2025-02": 21, "2025-03": 1}
    assert {key: found[key] for key in parts} == parts
    assert less[SeriesKey("nationwide")] == whole[SeriesKey("nationwide")]
    assert summed(parts) == parts


@pytest.fixture(scope="module")
def counts():
    found = {SeriesKey(border): {} for border in HEADLINES}
    for snapshot in bundle.load():
        for key in found.keys() & snapshot.counts.keys():
            if snapshot.release.kind != "vintage":
                found[key] |= snapshot.counts[key]
    return found


def until(counts, month):
    return {k: {m: c for m, c in v.items() if m <= month} for k, v in counts.items()}


def published(counts):
    """What a run on these figures holds and publishes of the borders."""
    head = headline(counts, Config())
    said = engine_forecasts(head.panel, head.origins(0), 12, totals=head.totals)
    found = with_summed_medians(forecast_rows(said, head.panel, head.keys, ENGINE))
    medians = {key: {r.month: r.median for r in found if r.series == key} for key in head.keys}
    return head, said, medians


@pytest.mark.slow
def test_every_month_around_the_break_of_2025_adds_up_and_nothing_else_is_to_blame(counts):
    span = months.between("2024-11", "2025-07")
    _, _, before = published(until(counts, span[0]))
    checked = 0
    for last, month in pairwise(span):
        head, said, after = published(until(counts, month))

        found = moved(head, said, until(counts, last), before, after)

        assert len(found) == 4 * 11
        for one in found:
            assert (one.before, one.after) == (
                before[one.series][one.month],
                after[one.series][one.month],
            )
            steps = one.method + one.revisions + one.season + one.surprise
            assert one.before + steps == one.after
            assert one.revisions == 0
            assert abs(one.method) <= 1 + 0.002 * one.before  # the walk leads at the borders
        checked += len(found)
        before = after
    assert checked == 8 * 44


@pytest.mark.slow
def test_a_restated_month_and_another_engine_are_told_apart(counts):
    now = until(counts, "2025-03")
    old = until(counts, "2025-02")
    north = SeriesKey("northern")
    old[north]["2025-02"] += 2000
    old[SeriesKey("nationwide")]["2025-02"] += 2000
    _, _, before = published(old)
    head, said, after = published(now)

    restated = [c for c in moved(head, said, old, before, after) if c.series == north]
    other = {key: {m: c + 7 for m, c in v.items()} for key, v in before.items()}
    with_method = [c for c in moved(head, said, old, other, after) if c.series == north]

    assert all(c.revisions < -300 and abs(c.method) < 10 for c in restated)  # weights alone
    assert [c.method for c in with_method] == [c.method - 7 for c in restated]
    assert [c.surprise for c in restated] == [c.surprise for c in with_method]


@pytest.mark.slow
def test_a_month_that_came_as_forecast_surprises_nobody(counts):
    old = until(counts, "2026-07")
    _, _, before = published(old)
    came = {key: {**old[key], "2026-08": before[key]["2026-08"]} for key in old}
    head, said, after = published(came)

    found = moved(head, said, old, before, after)

    assert len(found) == 44
    assert max(abs(c.surprise) for c in found) <= 3  # nationwide is a sum of whole numbers
    assert any(c.season for c in found)


def test_the_record_keeps_what_moved_from_run_to_run(stages):
    first = rows(stages / "first.db", "select * from forecast_changes")
    found = rows(
        stages / "february.db",
        "select border, before, method, revisions, season, surprise, after, before_run_id, run_id "
        "from forecast_changes where run_id = (select id from latest_run)",
    )

    assert first == []
    assert len(found) == 44
    for _, before, *steps, after, before_run, run in found:
        assert before + sum(steps) == after
        assert before_run < run
    falls = [steps for border, _, *steps in found if border == "southwest"]
    # February 2025 was a surprise; that it moved the models' weights as well is next to nothing.
    assert all(step[3] < 0 and abs(step[0]) < -step[3] / 100 for step in falls)


def test_a_sentence_names_the_largest_step_first():
    row = {"month": "2026-09", "before": 5000, "method": 0, "revisions": -1, "season": 20}
    row |= {"surprise": -619, "after": 4400}

    assert words.changes_sentence([row]) == (
        "The forecast of September 2026 moved from 5,000 to 4,400 (\u2212600): newest figures "
        "\u2212619, time passing +20, revised months \u22121."
    )
    assert words.changes_sentence([]) == ""
    assert np.unique(list(words.STEPS)).size == 4
