"""The figures of then: at which cutoffs another figure stood than today's."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from forecast import months
from forecast.config import Compute, Config
from forecast.engine import ENGINE, VERSION, paths
from forecast.engine import forecast as parts
from forecast.engine.blocks import serial
from forecast.engine.forecast import (
    Forecasts,
    Headline,
    _as_of,
    _earlier_figures,
    fits,
    forecast_headline,
    headline,
    headline_rows,
    hub_quantiles,
    model_version,
    new_hindcasts,
    refit_on_vintages,
    vintage_hindcasts,
)
from forecast.engine.predictive import PanelHindcasts, Predictive
from forecast.engine.refit import engine_forecasts
from forecast.engine.refits import Refitting
from forecast.errors import DataError
from forecast.judge.questions import INSIDE, Asked
from forecast.judge.standing import StandingQuestions, _range80
from forecast.periods import FEDERAL
from forecast.plugins import model
from forecast.store import connect, inputs, releases
from forecast.types import Forecast, SeriesKey
from jobs.compute.robust_map import fitting
from models.base import Failure, Paths
from tests.support import tiny_record
from tests.support.cbp_files import ENCOUNTERS

NORTH, SOUTH = SeriesKey("northern"), SeriesKey("southwest")
FIRST, COUNT = "2022-01", 30
MONTHS = [months.shift(FIRST, n) for n in range(COUNT)]


def day(month: str, after: int = 1) -> str:
    """A day in the month so many months later."""
    return f"{months.shift(month, after)}-15"


def values(revised: dict[tuple[SeriesKey, str], tuple[int, int]]) -> dict:
    """Every month is 100, known in the month after it, but for (what it was first, until when)."""
    found: dict = {NORTH: {}, SOUTH: {}}
    for key, by_month in found.items():
        for month in MONTHS:
            first, stood = revised.get((key, month), (100, 0))
            until = day(month, stood) if stood else None
            by_month[month] = [(first, day(month))]
            if until:
                by_month[month].append((100, until))
    return found


def head() -> Headline:
    return headline(
        {key: dict.fromkeys(MONTHS, 100) for key in (NORTH, SOUTH)},
        Config().forecast.first_cutoff,
        ENCOUNTERS,
    )


def test_the_engine_is_asked_again_exactly_where_another_figure_stood():
    """Month 10 was 70 until three months later: cutoffs 10 and 11 knew it so; 12 knew better."""
    revised = {(NORTH, MONTHS[10]): (70, 3)}

    found = dict(_earlier_figures(head(), values(revised)))

    assert list(found) == MONTHS[10:12]
    assert found[MONTHS[11]][NORTH] == {**dict.fromkeys(MONTHS[:12], 100), MONTHS[10]: 70}
    assert found[MONTHS[11]][SOUTH] == dict.fromkeys(MONTHS[:12], 100)


def test_figures_never_revised_are_not_asked_about_again():
    assert dict(_earlier_figures(head(), values({}))) == {}


def test_a_cutoff_whose_month_a_border_never_stated_is_left_out():
    stated = values({(NORTH, MONTHS[10]): (70, 3)})
    del stated[SOUTH][MONTHS[11]]

    assert list(dict(_earlier_figures(head(), stated))) == [MONTHS[10]]

    stated = values({(NORTH, MONTHS[10]): (70, 3)})
    del stated[SOUTH][MONTHS[2]]
    assert list(dict(_earlier_figures(head(), stated))) == [MONTHS[10], MONTHS[11]]


def test_borders_that_end_in_different_months_are_not_judged_side_by_side():
    apart = headline(
        {NORTH: dict.fromkeys(MONTHS, 100), SOUTH: dict.fromkeys(MONTHS[:-1], 100)},
        Config().forecast.first_cutoff,
        ENCOUNTERS,
    )

    assert dict(_earlier_figures(apart, values({(NORTH, MONTHS[10]): (70, 3)}))) == {}


# --- the borders side by side, and from which months on they are asked


@pytest.mark.parametrize(
    ("first", "scored", "burn_in"),
    [
        ("2021-12", 0, 0),
        ("2022-01", 0, 0),
        ("2022-02", 1, 0),
        ("2024-02", 25, 1),
        ("2024-06", 29, 5),
    ],
)
def test_hindcasts_begin_where_the_settings_say_and_two_years_before_to_calibrate(
    first, scored, burn_in
):
    config = Config.model_validate({"forecast": {"first_cutoff": first}})
    counts = {key: dict.fromkeys(MONTHS, 100) for key in (NORTH, SOUTH)}

    found = headline(counts, config.forecast.first_cutoff, ENCOUNTERS)

    assert (found.scored, found.burn_in, found.last) == (scored, burn_in, COUNT - 1)
    assert found.origins(-3).tolist() == list(range(COUNT))
    assert found.origins(27).tolist() == [27, 28, 29]


def test_borders_add_up_where_they_end_in_the_same_month():
    keys = [SeriesKey(b) for b in ("northern", "southwest", "other", "nationwide")]
    counts = {key: dict.fromkeys(MONTHS, 100) for key in keys}

    together = headline(counts, Config().forecast.first_cutoff, ENCOUNTERS)
    (total,) = together.totals
    assert together.keys[total] == SeriesKey("nationwide")
    assert sorted(together.keys[row].total for row in together.totals[total]) == [
        "northern",
        "other",
        "southwest",
    ]
    counts[SOUTH] = dict.fromkeys(MONTHS[:-1], 100)
    assert headline(counts, Config().forecast.first_cutoff, ENCOUNTERS).totals == {}
    with pytest.raises(DataError, match="no border has counts on record; import a file"):
        headline({}, Config().forecast.first_cutoff, ENCOUNTERS.traits)


def test_figures_of_a_day_are_the_last_known_by_then_or_the_first():
    restated = [(70, "2022-02-15"), (80, "2022-04-15")]
    by_month = {"2022-01": restated, "2022-02": [(5, "2022-03-15")]}

    assert _as_of(by_month, "2022-02", "2022-04-14") == {"2022-01": 70, "2022-02": 5}
    assert _as_of(by_month, "2022-02", "2022-04-15") == {"2022-01": 80, "2022-02": 5}
    assert _as_of(by_month, "2022-01", "2021-01-01") == {"2022-01": 70}


def test_each_of_several_cutoffs_adds_up_by_itself():
    every = [months.shift(FIRST, n) for n in range(60)]

    def figures(scale: int, *borders: str) -> dict[SeriesKey, dict[str, int]]:
        keys = [SeriesKey(border) for border in borders]
        return {
            k: {m: scale * (n + 7 * r) + 900 for n, m in enumerate(every)}
            for r, k in enumerate(keys)
        }

    whole = ("northern", "nationwide", "southwest", "other")
    earlier = [
        ("a", figures(1, *whole)),
        ("b", figures(2, *whole[:3:2])),
        ("c", figures(3, *whole)),
    ]
    said = refit_on_vintages(earlier, 2, ENCOUNTERS.traits)

    assert len(said) == 10
    for name in ("a", "c"):
        counts = {b: np.expm1(said[SeriesKey(b), name].centre) for b in whole}
        parts = counts["northern"] + counts["southwest"] + counts["other"]
        np.testing.assert_allclose(counts["nationwide"], parts)
    assert refit_on_vintages([], 12, ENCOUNTERS.traits) == {}


def test_a_range_of_80_in_100_is_of_whole_counts():
    for lo, hi, expected in (
        (99.0, 200.0, (99, 200)),
        (99.5, 200.5, (99, 201)),
        (0.0, 0.0, (0, 0)),
    ):
        assert _range80(np.log1p([lo, hi])) == expected


# --- what a run writes of every model


FOUR = tuple(SeriesKey(border) for border in ("nationwide", "northern", "other", "southwest"))


def flat(head: Headline, columns: np.ndarray, counts: float = 100.0, h: int = 2) -> Predictive:
    """The same count forecast at every one of these columns."""
    shape = (len(head.keys), len(columns))
    ones = np.ones(shape)
    centre = np.full((*shape, h), np.log1p(counts))
    return Predictive(centre, np.full((*shape, h), 0.2), 4 * ones, 3 * ones, ones, ones, ones)


def four(config: Config | None = None) -> Headline:
    return headline(
        {key: dict.fromkeys(MONTHS, 100) for key in FOUR},
        (config or Config()).forecast.first_cutoff,
        ENCOUNTERS,
    )


def test_hindcasts_are_written_once_for_each_cutoff_before_the_last():
    """The engine's of all, another model's from the first that is scored."""
    head = four(Config.model_validate({"forecast": {"first_cutoff": MONTHS[25]}}))
    every, late = head.origins(0), head.origins(head.burn_in)
    said = {ENGINE: flat(head, every), "naive": flat(head, late)}
    models = Forecasts(said, {ENGINE: every, "naive": late}, {}, said[ENGINE])

    found = list(new_hindcasts(head, models, set()))
    cutoffs = {
        name: sorted({c for of in found if of.model == name for c in of.cutoffs})
        for name in (ENGINE, "naive")
    }
    assert (cutoffs[ENGINE], cutoffs["naive"]) == (MONTHS[:29], MONTHS[25:29])
    assert sum(len(of.months) for of in found) == (29 + 4) * 4 * 2
    held = {(of.model, of.version, of.series, c) for of in found for c in of.cutoffs}
    one = (ENGINE, model_version(ENGINE), NORTH, MONTHS[3])
    (again,) = new_hindcasts(head, models, held - {one})
    assert (again.model, again.version, again.series) == one[:3]
    assert set(again.cutoffs) == {MONTHS[3]}
    digests = dict(pair for of in found for pair in zip(of.cutoffs, of.digests, strict=True))
    assert len(set(digests.values())) == 29


def test_a_version_names_what_the_numbers_of_a_model_depend_on():
    assert model_version(ENGINE) == f"{ENGINE!r}, engine {VERSION}"
    assert model_version("snaive") == f"{model('snaive')!r}, engine {VERSION}"
    assert model_version("ets").startswith(repr(model("ets")))
    assert "engine" not in model_version("ets")


def test_the_error_of_a_model_is_that_of_its_last_twelve_months_that_came():
    """From column c it was wrong by c; the last column's month has not come."""
    head = four()
    said = flat(head, head.origins(0))
    said.centre[..., 0] += np.arange(COUNT)
    said.centre[1, 20, 0] = np.nan  # no path then
    said.centre[2, :, 0] = np.nan
    said.weight[:, -1] = (0.25, np.nan, 0.5, 0.75)
    values = np.zeros((4, COUNT, 2))
    failures = (Failure(0, 5, "early"), Failure(1, COUNT - 1, "no end"))
    refits = {"ets": Paths(values, failures=failures)}
    origins = dict.fromkeys((ENGINE, "ets"), head.origins(0))
    models = Forecasts({ENGINE: said, "ets": said}, origins, refits, said)

    made = [SimpleNamespace(**fit) for fit in fits(head, models)]
    found = {(fit.model, fit.series): fit for fit in made}

    assert len(found) == 8
    for name in (ENGINE, "ets"):
        errors = [found[name, key].past_error for key in head.keys]
        assert errors[0] == errors[3] == pytest.approx(np.mean(range(17, 29)))
        assert errors[1] == pytest.approx(np.mean([c for c in range(17, 29) if c != 20]))
        assert errors[2] is None
    assert [found[ENGINE, key].weight for key in head.keys] == [0.25, None, 0.5, 0.75]
    assert [found["ets", key].weight for key in head.keys] == [None] * 4
    assert [found["ets", key].failure for key in head.keys] == ["", "no end", "", ""]
    assert {found[ENGINE, key].failure for key in head.keys} == {""}


def test_the_engine_s_rows_come_first_and_its_nationwide_median_is_the_sum():
    """Three borders of 10.4 each are 10, 10 and 10; 31.2 is 31 where it is rounded for itself."""
    head = four()
    said = flat(head, head.origins(0), 10.4)
    said.centre[head.keys.index(FOUR[0])] = np.log1p(31.2)
    models = Forecasts({"naive": said, ENGINE: said}, {}, {}, said)

    found = headline_rows(head, models, ENCOUNTERS)

    assert [row.model for row in found] == [ENGINE] * 8 + ["naive"] * 8
    medians = {
        name: [row.median for row in found if row.model == name and row.series == FOUR[0]]
        for name in (ENGINE, "naive")
    }
    assert medians == {ENGINE: [30, 30], "naive": [31, 31]}
    assert {row.cutoff for row in found} == {MONTHS[-1]}
    months_told = {row.month for row in found}
    assert months_told == {months.shift(MONTHS[-1], 1), months.shift(MONTHS[-1], 2)}
    hub = list(hub_quantiles(models.predictive[ENGINE], head.panel, head.keys))
    assert len(hub) == 4 * 2 * 23
    assert ("northern", months.shift(MONTHS[-1], 1), 500, 10) in {
        (key.total, month, permille, count) for key, month, permille, count in hub
    }


def test_the_naive_model_is_always_asked_and_baselines_at_every_column():
    counts = {key: {month: 100 + at % 12 for at, month in enumerate(MONTHS)} for key in FOUR}
    config = Config.model_validate(
        {"forecast": {"models": ("snaive",), "first_cutoff": MONTHS[28]}}
    )
    head = headline(counts, config.forecast.first_cutoff, ENCOUNTERS)

    found = forecast_headline(
        *(config.forecast.models, config.forecast.horizon, head),
        Refitting(fitting(Compute(engine="serial")), lambda *_: None),
    )

    assert list(found.predictive) == [ENGINE, "naive", "snaive"]
    assert [at.tolist() for at in found.origins.values()] == [list(range(COUNT))] * 3
    assert found.refits == {}
    assert found.further.centre.shape == (4, 1, paths.MAX_HORIZON)
    near = found.predictive[ENGINE].centre[:, COUNT - 1]
    assert np.array_equal(found.further.centre[:, 0, : near.shape[1]], near)
    ahead = found.predictive["snaive"].centre[1, COUNT - 1]
    assert np.expm1(ahead)[:3] == pytest.approx([counts[NORTH][m] for m in MONTHS[18:21]])


# --- standing questions as a run asks them


def asked_at(
    columns: list[int], z: np.ndarray, kinds: tuple[str, ...], counted: np.ndarray | None = None
) -> list[SimpleNamespace]:
    """What would have been answered at these columns, with counts such as z, or other ones."""
    held = np.expm1(z if counted is None else counted).round().astype(int)
    counts = {
        key: dict(zip(MONTHS, held[row].tolist(), strict=True)) for row, key in enumerate(FOUR)
    }
    head = replace(four(), keys=FOUR, panel=replace(four().panel, z=z))
    said = flat(head, head.origins(0), 120.0, h=12)
    said.centre[FOUR.index(NORTH), :, :] += np.arange(12) / 50
    said.sigma[:, 2] = np.nan
    said.centre[:, 2] = np.nan
    last = replace(said, centre=np.repeat(z[..., None], 12, axis=2))
    last.centre[:, 2] = np.nan
    both = (said, last)
    recorded = {
        (f"{ENGINE}, engine {VERSION}", key.total, MONTHS[column])
        for key in FOUR
        for column in set(range(COUNT)) - set(columns)
    }
    head = replace(head, scored=min(columns))
    asking = StandingQuestions(head, both, counts, kinds, {}, ENCOUNTERS)
    return [SimpleNamespace(**a) for a in asking.hindcast(recorded)]


def errors(seed: int) -> np.ndarray:
    """Three borders that mostly move together, and their sum."""
    rng = np.random.default_rng(seed)
    borders = np.log1p(120) + rng.normal(0, 0.2, COUNT) + rng.normal(0, 0.1, (3, COUNT))
    return np.vstack([np.log1p(np.expm1(borders).sum(axis=0)), borders])


HALF = "month in half a year above this month"
TWELVE = "next 12 months above last 12"


def test_a_hindcast_answer_rests_on_nothing_after_its_cutoff():
    z, other = errors(1), errors(1)
    other[:, 25:] = errors(2)[:, 25:]

    found = asked_at([2, 24], z, (HALF, TWELVE, INSIDE))

    assert found == asked_at([2, 24], other, (HALF, TWELVE, INSIDE))
    assert {(a.cutoff, a.basis) for a in found} == {(MONTHS[24], "hindcast")}
    assert [a.question.kind for a in found] == [HALF, TWELVE, INSIDE] * 4
    assert [a.question.series for a in found] == [key for key in FOUR for _ in range(3)]
    assert {a.base_rate for a in found} == {0.5, 0.8}
    inside = [a for a in found if a.question.kind == INSIDE]
    assert {(a.chance, a.base_rate, a.version) for a in inside} == {
        (0.8, 0.8, f"{ENGINE}, engine {VERSION}")
    }
    assert {a.question.first_month for a in inside} == {MONTHS[25]}
    assert all(0 < a.chance < 1 for a in found)
    assert {a.last_value is None for a in found if a.question.kind != INSIDE} == {False}
    assert {a.last_value for a in inside} == {None}
    # The engine says 120 and more for the north each month, the last value what stood there.
    of_it = {a.question.kind: a for a in found if a.question.series == NORTH}
    low = z[FOUR.index(NORTH), 24] > np.log1p(120 * np.exp(5 / 50))
    assert (of_it[HALF].last_value > of_it[HALF].chance) == low
    assert asked_at([24], z, ()) == []
    last = z.copy()
    last[1:, 24] += (0.5, -0.5, 0.5)  # but what came of the last month before it does count
    assert asked_at([24], last, (TWELVE,), z) != asked_at([24], z, (TWELVE,))


def test_how_borders_hang_together_is_looked_at_anew_every_year():
    """Of nationwide's sums it shows: between two looks, the last one's is used."""
    z = errors(3)
    columns = list(range(10, 23))

    found = {
        a.cutoff: a.chance for a in asked_at(columns, z, (HALF,)) if a.question.series == FOUR[0]
    }
    alone = {
        a.cutoff: a.chance
        for column in columns
        for a in asked_at([column], z, (HALF,))
        if a.question.series == FOUR[0]
    }

    assert [found[MONTHS[c]] == alone[MONTHS[c]] for c in (10, 22)] == [True, True]
    assert any(found[MONTHS[c]] != alone[MONTHS[c]] for c in columns[1:-1])


@pytest.mark.parametrize(("steps", "answered"), [(6, [HALF]), (12, [HALF, TWELVE]), (5, [])])
def test_a_question_that_ends_after_the_last_forecast_month_is_not_answered(steps, answered):
    asked = Asked(NORTH, dict.fromkeys(MONTHS, 100), MONTHS[-1], FEDERAL)
    draws = np.full((4, steps), 101.0)
    draws[0] = 99

    rates = {(HALF, MONTHS[-1]): 0.25}
    none = (flat(four(), np.arange(1)), flat(four(), np.arange(1)))
    asking = StandingQuestions(four(), none, {}, (TWELVE, HALF)[::-1], rates, ENCOUNTERS)
    every = asking._answered(asked, draws, draws[:2, :11], "issued")
    found = [SimpleNamespace(**a) for a in every]

    assert [a.question.kind for a in found] == answered
    assert {a.chance for a in found} <= {0.7}  # three of four paths, and half of another
    assert [a.last_value for a in found] == [0.5, None][: len(answered)]  # its paths are shorter
    assert [a.base_rate for a in found] == [0.25, 0.5][: len(answered)]
    assert {(a.basis, a.version) for a in found} <= {("issued", f"{ENGINE}, engine {VERSION}")}


# --- parts of borders


def test_parts_are_followed_from_a_least_count_on_a_family_for_each_dimension():
    """One for each agency where each publishes its own; what stands aside is not forecast."""
    keys = {
        name: SeriesKey("northern", *place)
        for name, place in {
            "NY": ("state", "NY"),
            "VT": ("state", "VT"),
            "office": ("field", "Buffalo Field Office", "Office of Field Operations"),
            "sector": ("field", "Swanton Sector", "U.S. Border Patrol"),
            "aside": ("apprehension_type", "At Large", "U.S. Border Patrol"),
        }.items()
    }
    counts = {NORTH: {"2024-01": 900}, keys["sector"]: {"2024-01": 50, "2024-02": 1}}
    counts |= {keys["VT"]: {"2024-01": 11}, keys["NY"]: {"2024-01": 12, "2024-02": 0}}
    counts |= {keys["aside"]: {"2024-01": 500}, keys["office"]: {"2024-01": 12}}

    found = parts.followed(counts, 12, ENCOUNTERS.tree)

    assert {family: list(members) for family, members in found.items()} == {
        "field Office of Field Operations": [keys["office"]],
        "field U.S. Border Patrol": [keys["sector"]],
        "state ": [keys["NY"]],
    }
    assert list(found) == sorted(found)
    assert found["state "][keys["NY"]] == counts[keys["NY"]]
    assert list(parts.followed(counts, 11, ENCOUNTERS.tree)["state "]) == [keys["VT"], keys["NY"]]


def test_every_family_is_heard_at_each_of_its_months_and_two_years_ahead_of_its_last():
    states = [SeriesKey("northern", "state", name) for name in ("NY", "VT")]
    people = [SeriesKey("southwest", "demographic", "FMUA")]
    counts = {key: {m: 100 + at % 12 for at, m in enumerate(MONTHS)} for key in states}
    counts |= {people[0]: {m: 100 + at % 12 for at, m in enumerate(MONTHS[:-1])}}
    config = Config.model_validate({"compute": {"engine": "serial"}, "forecast": {"horizon": 3}})

    found = parts.drill_down(
        counts, config.forecast.min_count, config.forecast.horizon, serial, ENCOUNTERS
    )

    assert [family.keys for family in found] == [tuple(people), tuple(states)]
    shapes = [family.predictive.centre.shape for family in found]
    assert shapes == [(1, COUNT - 1, 3), (2, COUNT, 3)]
    assert [family.further.centre.shape[2] for family in found] == [paths.MAX_HORIZON] * 2
    rows = list(parts.drill_down_rows(found))
    assert [(row.series, row.cutoff, row.horizon) for row in rows] == [
        (key, MONTHS[-2] if key in people else MONTHS[-1], ahead)
        for key in (*people, *states)
        for ahead in (1, 2, 3)
    ]
    assert {row.model for row in rows} == {ENGINE}


def test_questions_are_asked_of_the_past_where_borders_end_together(by_hand, tmp_path):
    """From each cutoff that is scored and not on record yet; of the last month by the run."""
    z = errors(4)
    counts = {
        key: dict(zip(MONTHS, np.expm1(z[row]).round().tolist(), strict=True))
        for row, key in enumerate(FOUR)
    }
    config = Config.model_validate(
        {"forecast": {"first_cutoff": MONTHS[26]}, "questions": {"standing": (HALF,)}}
    )
    head = headline(counts, config.forecast.first_cutoff, ENCOUNTERS)
    said = flat(head, head.origins(0), 120.0, h=12)

    with connect.writing(Path(shutil.copy(by_hand, tmp_path / "bordercast.db"))) as db:
        recorded = inputs.read(db).answered
        both = (said, said)
        every = StandingQuestions.of(
            config.questions.standing, head, both, counts, ENCOUNTERS
        ).hindcast(recorded)
        found = [SimpleNamespace(**a) for a in every]
        del counts[FOUR[1]][MONTHS[-1]]
        apart = headline(counts, config.forecast.first_cutoff, ENCOUNTERS)
        none = list(
            StandingQuestions.of(
                config.questions.standing, apart, both, counts, ENCOUNTERS
            ).hindcast(recorded)
        )

    assert [(a.cutoff, a.question.series) for a in found] == [
        (cutoff, key) for cutoff in MONTHS[26:29] for key in head.keys
    ]
    assert {a.basis for a in found} == {"hindcast"}
    assert none == []


def test_a_run_answers_of_borders_whatever_parts_it_keeps_beside_them():
    """And of the first month whether it will lie in the 80% interval that it publishes."""
    fields = dict.fromkeys(Forecast.__dataclass_fields__)
    row = Forecast(
        **fields
        | {"series": NORTH, "model": ENGINE, "last_month": "2024-07"}
        | {"lo80": 90, "hi80": 130}
    )
    counts = {NORTH: dict.fromkeys(MONTHS, 100)}
    last = flat(four(), four().origins(0), 90.0, h=12)
    draws = np.full((paths.DRAWS, 12), 110.0)

    def answered(*kinds: str) -> list[SimpleNamespace]:
        asking = StandingQuestions(four(), (last, last), counts, kinds, {}, ENCOUNTERS)
        return [SimpleNamespace(**a) for a in asking.issued(NORTH, MONTHS[-1], draws, row)]

    found, without = answered(HALF, INSIDE), answered(HALF)

    half, inside = found
    assert (half.question.kind, half.base_rate) == (HALF, 0.5)
    assert half.chance == (paths.DRAWS + 0.5) / (paths.DRAWS + 1)
    assert 0 < half.last_value < 0.5
    assert (inside.question.kind, inside.question.above, inside.question.below) == (INSIDE, 89, 131)
    assert (inside.chance, inside.base_rate, inside.question.first_month) == (0.8, 0.8, "2024-07")
    assert {(a.question.series, a.basis, a.cutoff) for a in found} == {
        (NORTH, "issued", MONTHS[-1])
    }
    assert {a.version for a in found} == {f"{ENGINE}, engine {VERSION}"}
    assert without == [half]


# --- the engine asked again


def seasonal(through: str = MONTHS[-1]) -> dict[SeriesKey, dict[str, int]]:
    """Three borders in their season, two of them larger, and nationwide."""
    rng = np.random.default_rng(6)
    wave = 100 + 30 * np.sin(2 * np.pi * np.arange(COUNT) / 12) + rng.normal(0, 5, (3, COUNT))
    borders = np.round(wave * np.array([[1], [2], [3]])).astype(int)
    found = np.vstack([borders.sum(axis=0), borders]).tolist()
    return {
        key: {m: count for m, count in zip(MONTHS, row, strict=True) if m <= through}
        for key, row in zip(FOUR, found, strict=True)
    }


def test_asked_again_of_the_same_figures_the_engine_says_the_same():
    """From several cutoffs at once, each by itself; nothing where it is too early."""
    head = headline(seasonal(), Config().forecast.first_cutoff, ENCOUNTERS)
    said = engine_forecasts(head.panel, head.origins(0), 6, totals=head.totals)
    hindsight = PanelHindcasts(head.keys, head.panel, said)
    cutoffs = [MONTHS[3], MONTHS[26], MONTHS[28]]

    found = refit_on_vintages([(cutoff, seasonal(cutoff)) for cutoff in cutoffs], 6, ENCOUNTERS)

    assert {cutoff for _, cutoff in found} == {*cutoffs[1:]}
    assert len(found) == 8
    for (key, cutoff), outlook in found.items():
        expected = hindsight.outlook(head.keys.index(key), cutoff)
        assert outlook.cutoff == cutoff
        assert outlook.centre == pytest.approx(expected.centre, rel=1e-9)
        assert outlook.scale == pytest.approx(expected.scale, rel=1e-9)
        assert len(outlook.centre) == 6


def test_the_figures_of_then_are_those_that_a_release_stated_first(tmp_path):
    """The first release ends in month 28; the second restates month 26 of one border."""
    first, second = seasonal(MONTHS[28]), seasonal()
    second[NORTH][MONTHS[26]] += 60
    second[FOUR[0]][MONTHS[26]] += 60
    seen = {"first_seen_precision": "day"}
    head = headline(second, Config().forecast.first_cutoff, ENCOUNTERS)
    said = engine_forecasts(head.panel, head.origins(0), 6, totals=head.totals)

    with connect.writing(tmp_path / "a.db") as db, connect.transaction(db):
        for name, counts, day in (("a", first, "2024-06-15"), ("b", second, "2024-07-15")):
            through = max(counts[NORTH])
            of = tiny_record.release(name, through, first_seen_at=day, **seen)
            releases.save_snapshot(db, tiny_record.stated(of, counts))
        found = vintage_hindcasts(inputs.vintages_of_totals(db), head, said, ENCOUNTERS)

    assert {cutoff for _, cutoff in found.revised} == {*MONTHS[26:29]}
    assert (found.keys, found.panel, found.predictive) == (head.keys, head.panel, said)
    north = head.keys.index(NORTH)
    then = found.outlook(north, MONTHS[26])
    now = PanelHindcasts(head.keys, head.panel, said).outlook(north, MONTHS[26])
    assert then.centre[0] < now.centre[0]
    assert len(then.centre) == 6
