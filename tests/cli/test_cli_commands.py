"""What commands print of the record made by hand, to the letter: its every figure is known.

The texts stand in commands.txt. A change that means to alter one edits it there, by hand.
"""

from __future__ import annotations

import re
import shlex
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast.desk.facts import newest_reports
from jobs.cli import main
from tests.support import tiny_record
from tests.support.cbp_files import ENCOUNTERS

GOLDEN = Path(__file__).with_name("commands.txt")
WIDE = {"COLUMNS": "120"}  # whoever runs the tests may have set another


def golden() -> dict[str, str]:
    """Command line -> what it prints, as the file has them."""
    pieces = re.split(r"^\$ (.+)\n", GOLDEN.read_text("utf-8"), flags=re.M)[1:]
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


def printed(record: Path, line: str) -> str:
    """What a command prints, its exit code where that is not 0; no digests, no blanks at ends."""
    done = CliRunner(env=WIDE).invoke(main, ["--db", str(record), *shlex.split(line)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    said = re.sub(r"[0-9a-f]{64}", "DIGEST", done.output).replace(str(record), "RECORD")
    code = f"exit {done.exit_code}\n" if done.exit_code else ""
    return "".join(f"{row.rstrip()}\n" for row in said.splitlines()) + code


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The record made by hand, with the reports that a run keeps."""
    path = tmp_path_factory.mktemp("commands") / "bordercast.db"
    tiny_record.make(path, partial(newest_reports, source=ENCOUNTERS))
    return path


@pytest.mark.parametrize("line", golden())
def test_a_command_prints_what_it_printed(record, monkeypatch, tmp_path, line):
    monkeypatch.chdir(tmp_path)

    assert printed(record, line) == golden()[line]
