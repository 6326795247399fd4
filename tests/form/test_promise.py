"""No promised name goes: commands, options, settings, views, columns, exit codes, keys of JSON."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support import public_api


@pytest.mark.slow
def test_everything_that_was_promised_is_still_offered(published, tmp_path):
    path = Path(shutil.copy(published, tmp_path / "bordercast.db"))
    path.with_name("config.toml").write_text("")
    promised = set(public_api.PROMISED.read_text("utf-8").splitlines())

    gone = sorted(promised - public_api.offered(path))

    assert gone == [], "promised to those who build on it (docs/upgrading.md)"
    for kind in ("command", "setting", "view", "exit code", "json"):
        assert any(line.startswith(f"{kind}: ") for line in promised)
