"""A DataFrame in, its forecasts out: the numbers of the command, and errors that name the row."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bordercast
import forecast
from forecast.engine import anyseries
from forecast.errors import DataError
from forecast.tables.read import read_table

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def clinics() -> pd.DataFrame:
    """Three series of 60 months; the second ends two months earlier, the third has a gap."""
    chance = np.random.default_rng(3)
    days = pd.date_range("2020-01-01", periods=60, freq="MS")
    table = pd.DataFrame(
        {
            "unique_id": np.repeat(["north", "south", "east"], 60),
            "ds": np.tile(days, 3),
            "y": chance.poisson(200, 180).astype(float),
        }
    )
    late = (table["unique_id"] == "south") & (table["ds"] > "2024-10-31")
    gap = (table["unique_id"] == "east") & (table["ds"] == "2023-05-01")
    return table[~late & ~gap].reset_index(drop=True)


def test_the_numbers_are_those_of_the_command(clinics, tmp_path):
    file = tmp_path / "clinics.csv"
    clinics.rename(columns={"unique_id": "series", "ds": "month", "y": "value"}).to_csv(
        file, index=False
    )
    counts = read_table(file).counts
    values = anyseries.forecast_counts(counts, 6).ends().values(slice(None), (0.5, 0.025, 0.9))

    table = forecast.forecast(clinics, h=6)

    assert table["unique_id"].tolist() == [name for name in counts.names for _ in range(6)]
    columns = table[["bordercast", "bordercast-lo-95", "bordercast-hi-80"]].to_numpy()
    assert np.array_equal(columns, values[:, 0].reshape(-1, 3))


def test_each_series_goes_on_from_its_own_last_month(clinics):
    first = forecast.forecast(clinics, h=2).groupby("unique_id", sort=False)["ds"].min()

    assert first.to_dict() == {
        "north": pd.Timestamp("2025-01-01"),
        "south": pd.Timestamp("2024-11-01"),
        "east": pd.Timestamp("2025-01-01"),
    }


def test_the_order_of_rows_changes_nothing_but_the_order_of_series(clinics):
    mixed = clinics.sample(frac=1, random_state=1)

    by_name = forecast.forecast(clinics, 3).sort_values(["unique_id", "ds"], ignore_index=True)
    again = forecast.forecast(mixed, 3).sort_values(["unique_id", "ds"], ignore_index=True)

    pd.testing.assert_frame_equal(again, by_name)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (lambda ds: ds + pd.offsets.MonthEnd(), pd.Timestamp("2025-01-31")),
        (lambda ds: ds.dt.to_period("M"), pd.Period("2025-01", "M")),
        (lambda ds: ds.dt.strftime("%Y-%m"), "2025-01"),
        (lambda ds: ds.dt.strftime("%Y-%m-%d"), "2025-01-01"),
    ],
)
def test_months_come_back_as_they_were_given(clinics, form, expected):
    given = clinics.assign(ds=form(clinics["ds"]))

    there = forecast.forecast(given, 1)

    assert there["ds"].iloc[0] == expected
    assert there["bordercast"].tolist() == forecast.forecast(clinics, 1)["bordercast"].tolist()


def test_names_that_are_numbers_stay_numbers(clinics):
    numbered = clinics.assign(
        unique_id=clinics["unique_id"].map({"north": 7, "south": 8, "east": 9})
    )

    assert forecast.forecast(numbered, 1)["unique_id"].tolist() == [7, 8, 9]


def test_bounds_are_in_the_order_of_their_levels(clinics):
    table = forecast.forecast(clinics, 12, level=(50, 99.5))

    assert list(table)[2:] == [
        "bordercast",
        "bordercast-lo-99.5",
        "bordercast-lo-50",
        "bordercast-hi-50",
        "bordercast-hi-99.5",
    ]
    assert (table.iloc[:, [3, 4, 2, 5, 6]].diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)


def test_a_short_series_is_left_out_and_named(clinics):
    short = clinics[(clinics["unique_id"] != "south") | (clinics["ds"] > "2024-01-31")]

    with pytest.warns(UserWarning, match="left out: south"):
        table = forecast.forecast(short, 1)

    assert table["unique_id"].tolist() == ["north", "east"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.drop(columns="y"), r"no column 'y'; there are: unique_id, ds"),
        (lambda t: t.assign(y=t["y"].where(t.index != 4, -3)), r"-3.0 of 'north' in 2020-05"),
        (lambda t: t.assign(y=t["y"].astype(object).where(t.index != 4, "x")), r"x of 'north'"),
        (lambda t: pd.concat([t, t.iloc[[4]]]), r"'north' in 2020-05.* is there twice"),
        (lambda t: t.assign(ds=202001), r"202001 is a number; give a month"),
        (lambda t: t.assign(ds="soon"), r"'soon' is no day or month"),
        (lambda t: t.assign(ds=t["ds"].dt.to_period("Q")), r"give months"),
        (lambda t: t.assign(y=np.nan), r"no month of any series is known"),
    ],
)
def test_what_cannot_be_used_is_named(clinics, change, words):
    with pytest.raises(ValueError, match=words):
        forecast.forecast(change(clinics))


@pytest.mark.parametrize(
    ("wrong", "words"), [({"h": 0}, "h is 0"), ({"h": 1.5}, "h is 1.5"), ({"level": (0,)}, "0")]
)
def test_arguments_that_cannot_be_are_named(clinics, wrong, words):
    with pytest.raises(DataError, match=words):
        forecast.forecast(clinics, **wrong)


def test_the_model_says_what_the_function_says_of_one_series(clinics):
    north = clinics[clinics["unique_id"] == "north"]
    table = forecast.forecast(north, 4, level=(80,))

    said = forecast.Bordercast().forecast(north["y"].to_numpy(), 4, level=[80])

    assert said["mean"].tolist() == table["bordercast"].tolist()
    assert said["lo-80"].tolist() == table["bordercast-lo-80"].tolist()
    assert said["hi-80"].tolist() == table["bordercast-hi-80"].tolist()


@pytest.mark.parametrize(("y", "known"), [([], 0), ([np.nan] * 40, 0), ([5.0, np.nan] * 9, 9)])
def test_the_model_says_how_many_months_of_too_few_it_knows(y, known):
    with pytest.raises(DataError, match=f"^{known} months are known; a series needs"):
        forecast.Bordercast().forecast(np.array(y), 3)


def test_the_model_knows_nothing_of_an_earlier_fit(clinics):
    model = bordercast.Bordercast("ours")
    y = clinics.loc[clinics["unique_id"] == "north", "y"].to_numpy()

    fitted = model.fit(y)

    assert repr(model.new()) == "ours"
    assert fitted.predict(2)["mean"].tolist() == model.forecast(y, 2)["mean"].tolist()


@pytest.mark.parametrize("name", ["models.py", "forecast.py"])
def test_a_file_in_the_place_of_a_package_is_named(tmp_path, name):
    (tmp_path / name).write_text("x = 1\n")
    done = subprocess.run(
        [sys.executable, "-c", "import bordercast"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert f"{tmp_path / name} has the name of a package of bordercast" in done.stderr


def test_importing_it_loads_no_pandas():
    code = "import bordercast, sys, json; print(json.dumps('pandas' in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)

    assert json.loads(done.stdout) is False
