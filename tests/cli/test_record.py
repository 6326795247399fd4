"""`ingest`: what it says of nothing and of a file that is still being copied."""

from __future__ import annotations

import shutil
from pathlib import Path

from click.testing import CliRunner

from jobs.arrivals import inbox
from jobs.cli import main
from tests.support import audited


def ingest(folder: Path, *words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["--db", str(folder / "bordercast.db"), "ingest", *words])
    return done.exit_code, done.stdout, done.stderr


def test_nothing_to_take_in_is_said(full_record, tmp_path):
    shutil.copy(full_record, tmp_path / "bordercast.db")

    assert ingest(tmp_path, "--no-bundle") == (
        0, "Nothing to take in: no file was named, and the inbox is empty.\n", "",
    )  # fmt: skip


def test_a_file_that_is_still_copied_is_named_beside_what_is_printed(
    full_record, tmp_path, monkeypatch
):
    shutil.copy(full_record, tmp_path / "bordercast.db")
    monkeypatch.setattr(inbox, "STILL", 1e6)
    monkeypatch.setattr(inbox, "LOOK_AGAIN", 0.01)
    copied, looks = tmp_path / "inbox" / "new.csv", []
    copied.parent.mkdir()
    copied.touch()

    def give_up(event, about):
        """Whoever copies it takes it away again after some looks."""
        if event == "os.scandir" and str(about[0]) == str(copied.parent):
            looks.append(about)
            if len(looks) == 5:
                copied.unlink()

    with audited.watching(give_up):
        code, said, beside = ingest(tmp_path, "--no-bundle")

    assert code == 0
    assert said.startswith("Nothing to take in")
    assert beside == "new.csv was changed a moment ago; waiting until it is still.\n"
