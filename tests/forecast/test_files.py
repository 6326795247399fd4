"""A file under its name is the old one or the whole new one."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from forecast import files
from forecast.errors import ConfigError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("alone", [False, True])
def test_a_failure_leaves_the_old_file_and_no_draft(tmp_path, alone):
    path = tmp_path / "a.csv"
    path.write_text("old")

    def fail() -> None:
        with files.replacing(path, alone=alone) as draft:
            draft.write_text("ne")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.csv"]


@pytest.mark.parametrize(("mode", "becomes"), [(None, 0o640), (0o600, 0o600), (0o444, 0o444)])
def test_a_draft_is_private_and_the_file_has_the_mode_asked_for(tmp_path, mode, becomes):
    mask = os.umask(0o027)
    try:
        with files.replacing(tmp_path / "a", mode) as draft:
            growing = stat.S_IMODE(draft.stat().st_mode)
    finally:
        os.umask(mask)

    assert growing == 0o600
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == becomes


def test_what_a_killed_program_left_is_swept_away_where_one_writes(tmp_path):
    (tmp_path / "a.part").write_text("half")

    with files.replacing(tmp_path / "a", alone=True) as draft:
        draft.write_text("whole")

    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_text() == "whole"


def test_two_writers_have_a_draft_each_and_keep_its_ending(tmp_path):
    with files.replacing(tmp_path / "a.xlsx") as one, files.replacing(tmp_path / "a.xlsx") as two:
        assert one != two
        assert one.suffix == two.suffix == ".xlsx"


def test_an_output_that_cannot_be_written_is_an_error_in_words(tmp_path):
    with (
        pytest.raises(ConfigError, match="cannot be written"),
        files.output(tmp_path / "no" / "a"),
    ):
        pass
