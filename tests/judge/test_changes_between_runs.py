"""What moved a forecast: steps that add up, each for what it is called."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast import months
from forecast.config import Config
from forecast.desk.sentences import ahead
from forecast.engine import ENGINE
from forecast.engine.forecast import forecast_rows, headline, with_summed_medians
from forecast.engine.refit import engine_forecasts
from forecast.judge import changes as changing
from forecast.judge.changes import changed, changes, moved, summed
from forecast.rows import ChangeRow
from forecast.sources.cbp.encounters import bundle
from forecast.store import connect, inputs
from forecast.types import HEADLINES, ForecastPath, SeriesKey
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import rows

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
        steps = one["method"] + one["revisions"] + one["season"] + one["surprise"]
        assert one["before"] + steps == one["after"] == stages[-1][one["series"]][one["month"]]


def test_a_step_is_what_its_stage_changed_where_every_stage_speaks_of_it():
    north, south = SeriesKey("northern"), SeriesKey("southwest")
    medians = (100, 103, 110, 130, 170, 175)
    stages = [{north: {"2025-02": median, "2025-01": median}} for median in medians]
    stages[0][south] = stages[5][south] = {"2025-01": 1}
    stages[2][north]["2025-03"] = 9

    found = changes(stages)

    assert [one["month"] for one in found] == ["2025-01", "2025-02"]
    for one in found:
        assert (one["series"], one["before"], one["after"]) == (north, 100, 175)
        assert (one["method"], one["revisions"], one["season"], one["surprise"]) == (
            3 + 5,
            7,
            20,
            40,
        )


def test_nationwide_is_summed_where_every_border_has_the_month():
    parts = {SeriesKey(border): {"2025-01": 5, "2025-02": 7} for border in HEADLINES[:-1]}
    whole = {SeriesKey("nationwide"): {"2025-01": 1, "2025-02": 1, "2025-03": 1}}

    found = summed(parts | whole, ENCOUNTERS.tree)
    less = summed(dict(list(parts.items())[1:]) | whole, ENCOUNTERS.tree)

    assert found[SeriesKey("nationwide")] == {"2025-01": 15, "2025-02": 21, "2025-03": 1}
    assert {key: found[key] for key in parts} == parts
    assert less[SeriesKey("nationwide")] == whole[SeriesKey("nationwide")]
    assert summed(parts, ENCOUNTERS.tree) == parts


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
    head = headline(counts, Config().forecast.first_cutoff, ENCOUNTERS)
    said = engine_forecasts(head.panel, head.origins(0), 12, totals=head.totals)
    found = with_summed_medians(forecast_rows(said, head.panel, head.keys, ENGINE), ENCOUNTERS.tree)
    medians = {key: {r.month: r.median for r in found if r.series == key} for key in head.keys}
    return head, said, medians


@pytest.mark.slow
def test_every_month_around_the_break_of_2025_adds_up_and_nothing_else_is_to_blame(counts):
    span = months.between("2024-11", "2025-07")
    _, _, before = published(until(counts, span[0]))
    checked = 0
    for last, month in pairwise(span):
        head, said, after = published(until(counts, month))

        found = moved(head, said, until(counts, last), before, after, ENCOUNTERS)

        assert len(found) == 4 * 11
        for one in found:
            assert (one["before"], one["after"]) == (
                before[one["series"]][one["month"]],
                after[one["series"]][one["month"]],
            )
            steps = one["method"] + one["revisions"] + one["season"] + one["surprise"]
            assert one["before"] + steps == one["after"]
            assert one["revisions"] == 0
            assert abs(one["method"]) <= 1 + 0.002 * one["before"]  # the walk leads at the borders
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

    restated = [
        c for c in moved(head, said, old, before, after, ENCOUNTERS) if c["series"] == north
    ]
    other = {key: {m: c + 7 for m, c in v.items()} for key, v in before.items()}
    with_method = [
        c for c in moved(head, said, old, other, after, ENCOUNTERS) if c["series"] == north
    ]

    assert all(c["revisions"] < -300 and abs(c["method"]) < 10 for c in restated)  # weights alone
    assert [c["method"] for c in with_method] == [c["method"] - 7 for c in restated]
    assert [c["surprise"] for c in restated] == [c["surprise"] for c in with_method]


@pytest.mark.slow
def test_a_month_that_came_as_forecast_surprises_nobody(counts):
    old = until(counts, "2026-07")
    _, _, before = published(old)
    came = {key: {**old[key], "2026-08": before[key]["2026-08"]} for key in old}
    head, said, after = published(came)

    found = moved(head, said, old, before, after, ENCOUNTERS)

    assert len(found) == 44
    assert max(abs(c["surprise"]) for c in found) <= 3  # nationwide is a sum of whole numbers
    assert any(c["season"] for c in found)


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
    row = ChangeRow("northern", "2026-09", 5000, 0, -1, 20, -619, 4400, 1, 2)

    assert ahead.changes_sentence([row]) == (
        "The forecast of September 2026 moved from 5,000 to 4,400 (\u2212600): newest figures "
        "\u2212619, time passing +20, revised months \u22121."
    )
    assert ahead.changes_sentence([]) == ""
    assert np.unique(list(ahead.STEPS)).size == 4


# --- from the record of before to the stages, on five made years


KEYS = tuple(SeriesKey(border) for border in HEADLINES)
MADE = months.between("2021-01", "2025-12")
SEASON = [round(100 + 30 * np.sin(2 * np.pi * at / 12)) for at in range(12)]


def made(last: str) -> dict[SeriesKey, dict[str, int]]:
    """Borders of one, two and three times the season, and nationwide."""
    sizes = {"northern": 1, "southwest": 2, "other": 3, "nationwide": 6}
    return {
        key: {m: sizes[key.total] * SEASON[months.to_index(m) % 12] for m in MADE if m <= last}
        for key in KEYS
    }


@pytest.fixture(scope="module")
def december():
    return published(made("2025-12"))


def test_a_month_as_forecast_is_time_passing_and_one_that_is_not_a_surprise(december):
    head, said, after = december
    _, _, before = published(made("2025-11"))

    found = moved(head, said, made("2025-11"), before, after, ENCOUNTERS)

    assert {one["series"] for one in found} == set(KEYS)
    assert sorted({one["month"] for one in found}) == months.between("2026-01", "2026-11")
    for one in found:
        assert one["before"] == before[one["series"]][one["month"]]
        assert one["after"] == after[one["series"]][one["month"]]
        assert (
            one["before"] + one["method"] + one["revisions"] + one["season"] + one["surprise"]
            == one["after"]
        )
        assert one["revisions"] == 0
    restated = made("2025-11")
    restated[KEYS[0]]["2025-11"] += 500
    less = moved(head, said, restated, before, after, ENCOUNTERS)
    assert {one["revisions"] for one in less if one["series"] == KEYS[0]} != {0}
    assert [(a["season"], a["surprise"]) for a in less] == [
        (b["season"], b["surprise"]) for b in found
    ]


def test_where_no_month_has_come_only_method_and_revisions_move(december):
    head, said, after = december

    found = moved(head, said, made("2025-12"), after, after, ENCOUNTERS)

    assert sorted({one["month"] for one in found}) == months.between("2026-01", "2026-12")
    assert {(c["method"], c["revisions"], c["season"], c["surprise"]) for c in found} == {
        (0, 0, 0, 0)
    }
    assert {(c["before"], c["after"]) for c in found} == {
        (count, count) for by_month in after.values() for count in by_month.values()
    }


def test_there_is_no_one_forecast_of_before_to_compare(december):
    """Another set of borders, borders that did not end together, too early, too long ago."""
    head, said, after = december
    some = made("2025-11")
    del some[KEYS[1]]
    apart = made("2025-11")
    del apart[KEYS[1]]["2025-11"]

    for old in (some, apart, made("2021-06"), made("2024-11"), made("2024-12")):
        assert moved(head, said, old, after, after, ENCOUNTERS) == []


def test_what_a_forecast_of_then_makes_of_the_months_since():
    key = KEYS[0]
    outlook = ForecastPath("2025-10", (np.log1p(50.4), np.log1p(60.6), 9.0), (0.1,) * 3, 4.0)

    assert [outlook.expected(month).median for month in ("2025-11", "2025-12")] == [50, 61]
    medians = changing._medians({key: outlook}, "2025-10")
    assert list(medians[key]) == ["2025-11", "2025-12", "2026-01"]
    assert list(medians[key].values())[:2] == [50, 61]


def test_a_border_s_counts_are_those_of_the_panel_without_months_that_nobody_knows(december):
    counts = made("2025-12")
    for key in KEYS:
        del counts[key]["2025-10"]
    head = headline(counts, Config().forecast.first_cutoff, ENCOUNTERS)

    found = changing._until(head, "2025-11")[KEYS[1]]

    assert found == {m: c for m, c in counts[KEYS[1]].items() if m <= "2025-11"}


def test_only_a_run_after_the_first_says_what_moved(borders_alone):
    with connect.writing(borders_alone) as db:
        _, old = inputs.read(db).before
        now = headline(old, Config().forecast.first_cutoff, ENCOUNTERS)
        said = engine_forecasts(now.panel, now.origins(0), 12, totals=now.totals)
        rows_now = with_summed_medians(
            forecast_rows(said, now.panel, now.keys, ENGINE), ENCOUNTERS.tree
        )
        before = inputs.read(db).before
        found = changed(
            before,
            now,
            said,
            [*rows_now, replace(rows_now[0], model="naive", median=7)],
            ENCOUNTERS,
        )

        assert {one["series"] for one in found} == set(now.keys)
        assert {(c["revisions"], c["season"], c["surprise"]) for c in found} == {(0, 0, 0)}
        assert {c["before"] + c["method"] - c["after"] for c in found} == {0}
        assert {c["after"] for c in found if c["series"] == rows_now[0].series} >= {
            rows_now[0].median
        }
        short = {key: dict(list(old[key].items())[: -1 if key == KEYS[0] else None]) for key in old}
        apart = headline(short, Config().forecast.first_cutoff, ENCOUNTERS)
        assert changed(before, apart, said, rows_now, ENCOUNTERS) == []
    with connect.writing(borders_alone.with_name("new.db")) as db:
        assert changed(inputs.read(db).before, now, said, rows_now, ENCOUNTERS) == []
