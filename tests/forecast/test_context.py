"""What settings and a record must have in common before anything is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast import config
from forecast.context import Context
from forecast.errors import ConfigError

THRESHOLD = '[[thresholds]]\nseries = "{}"\nabove = 9\n'
OWN = '[[sources]]\nkind = "counts"\nname = "visits"\npath = "in"\n'


def opened(tmp_path: Path, text: str) -> Context:
    return Context.open(tmp_path / "none.db", config.parse(text, "config.toml"))


def test_a_threshold_of_an_unknown_series_names_what_is_like_it(tmp_path):
    with pytest.raises(ConfigError) as caught:
        opened(tmp_path, THRESHOLD.format("Southwest"))

    assert (caught.value.path, caught.value.key) == ("config.toml", "thresholds.series")
    assert "'Southwest' is no series of the record; like it: southwest" in str(caught.value)


def test_a_threshold_of_a_series_is_taken_and_so_are_all_before_the_first_delivery(tmp_path):
    assert opened(tmp_path, THRESHOLD.format("southwest")).name
    assert opened(tmp_path, OWN + THRESHOLD.format("Clinic 3")).name == "visits"
