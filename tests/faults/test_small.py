"""The small record is fit for its purpose: quick, with flags and a notice, and repeatable."""

from __future__ import annotations

import time

import pytest

from tests.support import small_record
from tests.support.databases import rows


def test_the_run_under_test_flags_and_writes_a_notice(before, after):
    assert rows(before, "select month, state from notices") == [("2024-01", "held")]
    assert rows(after, "select month, state from notices") == [
        ("2024-01", "held"),
        ("2024-02", "held"),
    ]
    assert rows(after, "select count(*) from flags where month = '2024-02'") >= [(2,)]
    assert small_record.damage(after) == []
    assert small_record.left_over(after.parent) == []


@pytest.mark.slow
def test_two_runs_that_fit_models_have_one_digest(tmp_path):
    settings = small_record.SETTINGS.replace('"snaive"', '"snaive", "ets"')
    settings = settings.replace("2023-06", "2024-01").replace('["state"]', "[]")
    (tmp_path / "made").mkdir()
    made = small_record.made(tmp_path / "made", settings)
    paths = [small_record.copied(made, tmp_path / name) for name in ("one", "other")]
    for path in paths:
        small_record.run(path)

    assert rows(paths[0], "select count(*) > 2 from model_paths") == [(1,)]
    digests = [rows(path, "select digest from runs") for path in paths]
    assert len(digests[0]) == 3
    assert digests[0] == digests[1]


@pytest.mark.slow
def test_the_program_does_what_the_function_does_in_two_seconds(record, after):
    began = time.monotonic()
    code, said = small_record.finished(record)

    print(f"{time.monotonic() - began:.2f} s")
    assert (code, small_record.state(record)) == (0, small_record.state(after)), said
    assert small_record.state(record.with_name(small_record.SNAPSHOT)) == small_record.state(after)
