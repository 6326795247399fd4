"""The contract of a model, over the whole registry."""

from __future__ import annotations

import copy
import logging
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from prophet import Prophet
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.statespace.sarimax import SARIMAX

from forecast import plugins
from forecast.engine.parameters import EVERY
from models.base import Failure, Model, Panel, Paths, stack
from models.breakwalk import walked
from models.offered.ets import Ets
from models.onepass import Sweep
from models.parameters import Number, WholeNumber
from models.refit import History, history, refit
from models.structural import evidence, log_prior, sweep_under
from tests.support.panels import make_panel, perturbed


@dataclass(frozen=True)
class Swept:
    """One of the engine's own as a model."""

    name: str
    sweep: Callable[[Panel, int], Sweep]
    min_months: int = 1

    def paths(self, panel: Panel, origins: np.ndarray, h: int) -> Paths:
        return Paths(self.sweep(panel, h).path[:, origins])


def grid(panel: Panel, h: int) -> Sweep:
    return sweep_under(log_prior(evidence(panel)), panel, h)


ENGINES = {"breakwalk": Swept("breakwalk", walked), "structural": Swept("structural", grid)}
# Whatever settings may name, ours and of installed packages, and the two of the engine.
NAMES = (*plugins.MODELS.names(), *ENGINES)
OURS = ("ets", "naive", "prophet", "sarima", "snaive")
ORIGINS = np.array([20, 60, 61])
H = 14


@pytest.fixture(scope="module")
def small(ragged: Panel) -> Panel:
    """A full series and one that starts in column 30; refits are slow."""
    events = (((50, 45), (70, 65)), ())
    return replace(make_panel(ragged.z[[0, 2]]), events=events)


@pytest.fixture(scope="module")
def said(small: Panel) -> dict[str, Paths]:
    """What every model says of the small panel."""
    return {name: build(name).paths(small, ORIGINS, H) for name in NAMES}


@pytest.fixture(params=NAMES)
def model(request: pytest.FixtureRequest) -> Model:
    return build(request.param)


def build(name: str) -> Any:
    return ENGINES[name] if name in ENGINES else plugins.model(name)


def test_our_models_are_the_files_of_their_folder() -> None:
    assert plugins.MODELS.names()[: len(OURS)] == OURS


def test_what_a_model_needs_is_a_month_a_year_or_three() -> None:
    fitted = dict.fromkeys(("ets", "sarima", "prophet"), 36)
    expected = {"naive": 1, "snaive": 12, "breakwalk": 1, "structural": 1, **fitted}

    assert {name: build(name).min_months for name in (*OURS, *ENGINES)} == expected


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The inplace keyword")  # of prophet's own code
def test_fitted_models_are_those_that_they_are_called(
    small: Panel, said: dict[str, Paths], capfd: pytest.CaptureFixture[str]
) -> None:
    """By the libraries themselves, asked once more; and they say nothing while they fit."""
    z = small.z[0, :61]
    months = (np.datetime64("2019-03") + np.arange(61 + H)).astype("datetime64[ns]")
    ets = ETSModel(z, error="add", seasonal="add", seasonal_periods=12)
    damped = ETSModel(
        z, error="add", trend="add", damped_trend=True, seasonal="add", seasonal_periods=12
    )
    sarima = SARIMAX(z, order=(0, 1, 1), seasonal_order=(1, 0, 0, 12))
    library = Prophet(
        changepoint_range=0.95,
        changepoint_prior_scale=0.5,
        yearly_seasonality=4,
        weekly_seasonality=False,
        daily_seasonality=False,
        uncertainty_samples=0,
        holidays=pa.table({"ds": months[50:51], "holiday": ["visas"]}).to_pandas(),
    )
    library.fit(pa.table({"ds": months[:61], "y": z}).to_pandas(), seed=1)
    ahead = library.predict(pa.table({"ds": months[61:]}).to_pandas())["yhat"]
    expected = {
        "ets": ets.fit(disp=False).forecast(H),
        "sarima": sarima.fit(disp=False).forecast(H),
        "prophet": ahead.to_numpy(),
    }
    capfd.readouterr()

    for name, path in expected.items():
        assert np.allclose(path, said[name].values[0, 1], rtol=0, atol=1e-6), name
    again = Ets(damped_trend=True).paths(small, ORIGINS[1:2], H)
    build("sarima").paths(small, ORIGINS[1:2], H)
    assert np.allclose(damped.fit(disp=False).forecast(H), again.values[0, 0], rtol=0, atol=1e-6)
    assert capfd.readouterr() == ("", "")


@pytest.mark.filterwarnings("ignore:The inplace keyword")
def test_prophet_s_parts_add_up_to_its_fit(small: Panel) -> None:
    past = history(small, 0, 61)

    parts = build("prophet").parts(past)

    at, trend, yearly, events = parts
    assert at.tolist() == list(range(past.month - 61, past.month + 1))
    assert list(events) == list(past.events)
    fit = trend + yearly
    for month, effect in events.items():
        fit[at == month] += effect
        assert abs(effect) > 1e-6
    rest = past.z - fit
    assert abs(rest.mean()) < 0.05
    assert rest.std() < past.z.std()


def test_panels_side_by_side_end_together() -> None:
    one = make_panel(np.array([[1.0, 2.0, 3.0], [np.nan, 5.0, 6.0]]), ["a", "b"])
    two = replace(make_panel(np.array([[9.0] * 5]), ["c"]), calm=True, names=("other",))

    both = stack([one, two])

    nan = np.nan
    expected = [[nan, nan, 1, 2, 3], [nan, nan, nan, 5, 6], [9, 9, 9, 9, 9]]
    assert np.array_equal(both.z, expected, equal_nan=True)
    assert both.last.tolist() == [2026 * 12 + 7] * 3
    assert both.family.tolist() == ["a", "b", "c"]
    assert both.names == ("series 0", "series 1", "other")
    assert (both.calm, stack([two, two]).calm, one.calm) == (False, True, False)
    assert both.start.tolist() == [2, 3, 0]


def test_a_month_that_was_filled_in_is_not_known() -> None:
    panel = make_panel(np.array([[np.nan, 1.0, 2.0]]))
    filled = replace(panel, filled=np.array([[False, False, True]]))

    assert panel.known.tolist() == [[False, True, True]]
    assert filled.known.tolist() == [[False, True, False]]
    assert np.array_equal(filled.seen, [[np.nan, 1.0, np.nan]], equal_nan=True)
    assert panel.seen is panel.z


@pytest.mark.parametrize("number", [Number(2.5, "u", "why", "sets"), WholeNumber(3, "u", "why")])
def test_a_number_keeps_its_reason_wherever_it_goes(number: Number | WholeNumber) -> None:
    for same in (copy.deepcopy(number), pickle.loads(pickle.dumps(number))):
        assert same == number
        assert type(same) is type(number)
        assert vars(same) == vars(number)
    assert number.reason == "why"


def test_every_number_of_the_method_is_listed_with_its_reason() -> None:
    assert {name.rpartition(".")[0] for name in EVERY} == {
        "models.parameters",
        "forecast.engine.parameters",
    }
    assert all(number.reason for number in EVERY.values())
    assert EVERY["models.parameters.SILENT"] == 24
    assert EVERY["forecast.engine.parameters.MEMORY"] == 0.98


def test_a_model_is_registered_under_its_name(model: Model) -> None:
    assert type(model) is type(build(model.name))


@pytest.mark.slow
def test_paths_have_a_row_for_each_series_origin_and_horizon(
    model: Model, said: dict[str, Paths]
) -> None:
    assert said[model.name].values.shape == (2, len(ORIGINS), H)


@pytest.mark.parametrize("name", ["breakwalk", "structural"])
def test_growth_starts_at_one_and_never_falls_below(name: str, small: Panel) -> None:
    growth = ENGINES[name].sweep(small, H).growth[:, ORIGINS]
    known = growth[np.isfinite(growth)].reshape(-1, H)
    assert np.all(known[:, 0] == 1)
    assert np.all(known >= 1 - 1e-9)


def test_there_is_a_path_exactly_where_there_are_enough_months(
    model: Model, small: Panel, said: dict[str, Paths]
) -> None:
    months = ORIGINS - small.start[:, None] + 1
    expected = months >= model.min_months
    assert np.array_equal(expected, np.isfinite(said[model.name].values).all(axis=2))
    assert said[model.name].failures == ()


def test_the_same_question_has_the_same_answer(
    model: Model, small: Panel, said: dict[str, Paths]
) -> None:
    last = model.paths(small, ORIGINS[-1:], H)
    assert np.array_equal(said[model.name].values[:, -1:], last.values, equal_nan=True)


def test_nothing_after_a_cutoff_moves_its_path(
    model: Model, small: Panel, said: dict[str, Paths]
) -> None:
    other = replace(perturbed(small, 60), events=(((50, 45), (70, 68)), ((58, 61),)))
    again = model.paths(other, ORIGINS[1:2], H)
    assert np.array_equal(said[model.name].values[:, 1:2], again.values, equal_nan=True)


def test_a_history_is_what_was_known_from_the_first_month_to_the_cutoff(ragged: Panel) -> None:
    """Events of its own months, known by then; of the first and the last month too."""
    events = ((), (), ((30, 0), (29, 0), (60, 60), (61, 0), (59, 61), (45, 45)), (), (), ())
    panel = replace(ragged, events=events, last=ragged.last + np.arange(6))

    past = history(panel, 2, 60)

    zero = 2026 * 12 + 7 + 2 - 89
    assert np.array_equal(past.z, ragged.z[2, 30:61])
    assert past.month == zero + 60
    assert past.events == (zero + 30, zero + 60, zero + 45)
    assert history(replace(panel, events=()), 2, 60).events == ()


def test_an_event_counts_only_where_it_was_known(small: Panel) -> None:
    before, after = history(small, 0, 69), history(small, 0, 70)
    april_2023 = 2023 * 12 + 4
    assert before.events == (april_2023,)
    assert after.events == (april_2023, april_2023 + 20)


def test_prophet_takes_a_known_event_for_a_one_off(small: Panel, said: dict[str, Paths]) -> None:
    without = build("prophet").paths(replace(small, events=((), ())), ORIGINS[1:2], H)
    assert not np.array_equal(said["prophet"].values[0, 1:2], without.values[0])


def test_a_failed_fit_is_a_row_and_the_others_go_on(panel: Panel) -> None:
    def fit(past: History, h: int) -> np.ndarray:
        if len(past.z) == 41:
            raise RuntimeError("no luck")
        return np.full(h, past.z[-1])

    paths = refit(panel, np.array([39, 40, 41]), 2, min_months=3, fit=fit)
    expected = [Failure(series, 40, "RuntimeError: no luck", False) for series in range(6)]
    assert expected == list(paths.failures)
    assert np.array_equal(np.isfinite(paths.values[0, :, 0]), [True, False, True])


def test_a_path_that_is_not_finite_is_dropped_with_what_was_said(panel: Panel) -> None:
    def fit(past: History, h: int) -> np.ndarray:
        warnings.warn("an old name", DeprecationWarning, stacklevel=1)
        warnings.warn("overflow", RuntimeWarning, stacklevel=1)
        return np.full(h, np.inf)

    paths = refit(panel, np.array([40]), 2, min_months=3, fit=fit)
    assert paths.failures[0].reason == "the path is not finite (RuntimeWarning: overflow)"
    assert np.isnan(paths.values).all()


@pytest.mark.parametrize(("times", "dropped"), [(19.9, False), (20.1, True), (1 / 20.1, True)])
def test_a_path_within_twenty_times_the_last_value_is_kept(
    panel: Panel, times: float, dropped: bool
) -> None:
    def fit(past: History, h: int) -> np.ndarray:
        return np.array([past.z[-1], past.z[-1] + np.log(times)])

    paths = refit(panel, np.array([40]), 2, min_months=3, fit=fit)

    assert np.isnan(paths.values).all() == dropped
    assert len(paths.failures) == 6 * dropped
    assert all(failure.lasting for failure in paths.failures)


def test_a_path_beyond_all_numbers_is_told_from_the_largest(panel: Panel) -> None:
    paths = refit(panel, np.array([40]), 1, min_months=3, fit=lambda past, h: past.z[-1:] + 1e4)

    assert paths.failures[0].reason.startswith("the path goes 5.18e+21 times away")


def test_a_path_that_explodes_is_dropped(panel: Panel) -> None:
    paths = refit(
        panel, np.array([40]), 2, min_months=3, fit=lambda past, h: np.full(h, past.z[-1] + 4)
    )
    assert paths.failures[0].reason == "the path goes 54.6 times away from the last value"


def test_a_series_without_values_has_no_path(model: Model) -> None:
    z = np.full((2, 40), np.nan)
    z[0] = 1 + np.arange(40) % 12 / 12
    values = model.paths(make_panel(z), np.array([39]), 3).values
    assert np.isfinite(values[0]).all()
    assert np.isnan(values[1]).all()


def test_seasonal_naive_repeats_the_last_twelve_months(panel: Panel) -> None:
    values = build("snaive").paths(panel, np.array([40]), 13).values
    expected = panel.z[:, [*range(29, 41), 29]]
    assert np.array_equal(expected, values[:, 0])


@pytest.mark.parametrize("start", [0, 3])
def test_seasonal_naive_begins_with_a_year_and_repeats_it_for_ever(start: int) -> None:
    z = np.where(np.arange(20) < start, np.nan, np.arange(20.0))[None]
    origins = np.arange(9, 16)

    values = build("snaive").paths(make_panel(z), origins, 26).values[0]

    for place, origin in enumerate(origins.tolist()):
        year = [origin - 11 + h % 12 for h in range(26)]
        old_enough = origin - start + 1 >= 12
        assert np.array_equal(values[place], year if old_enough else [np.nan] * 26, equal_nan=True)
    assert np.isfinite(values[:, 0]).sum() == 5 - start


@pytest.mark.parametrize("start", [0, 2])
def test_a_model_is_fitted_from_its_first_month_that_is_enough_on(start: int) -> None:
    """To all that was known by then and nothing else."""
    z = np.where(np.arange(9) < start, np.nan, np.arange(9.0) / 10)[None]
    asked = []

    def fit(past: History, h: int) -> np.ndarray:
        asked.append(past)
        return past.z[-1] + np.arange(1.0, h + 1) / 10

    paths = refit(make_panel(z), np.arange(1, 8), 2, min_months=4, fit=fit)

    fitted = [origin for origin in range(1, 8) if origin - start + 1 >= 4]
    assert np.isfinite(paths.values[0, :, 0]).tolist() == [o in fitted for o in range(1, 8)]
    for past, origin in zip(asked, fitted, strict=True):
        assert past.z.tolist() == z[0, start : origin + 1].tolist()
        assert past.month == 2026 * 12 + 7 - 8 + origin
        assert paths.values[0, origin - 1] == pytest.approx(
            [z[0, origin] + 0.1, z[0, origin] + 0.2]
        )
    assert paths.failures == ()


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(TypeError, match="trees"):
        type(build("prophet"))(trees=3)


def test_importing_the_registry_loads_no_fitting_library() -> None:
    heavy = "{'statsmodels', 'prophet', 'pandas'}"
    code = (
        "import sys; from forecast.plugins import MODELS, model; list(map(model, MODELS.names()));"
        f"print(sorted({heavy} & sys.modules.keys()))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"


def test_prophet_logs_nothing(said: dict[str, Paths]) -> None:
    assert all(logging.getLogger(name).disabled for name in ("cmdstanpy", "prophet"))
