"""The auditor over the records of `make same`: their tables bear what each says."""

from __future__ import annotations

from contextlib import chdir

import pytest
from click.testing import CliRunner

from jobs.cli import main
from tests.support import same_records

pytestmark = pytest.mark.slow
# Not the one of a first run: `published` is audited in tests/jobs.
NAMES = [name for name in same_records.RECORDS if name != "first"]


@pytest.fixture(params=NAMES)
def record(request, session_artifact):
    folder = session_artifact(f"same-{request.param}", same_records.make(request.param))
    return same_records.database(folder)


def test_what_a_record_says_its_tables_bear(record):
    with chdir(record.parent):
        done = CliRunner().invoke(main, ["--db", str(record), "audit"])

    assert done.output.endswith("months: the base tables bear each.\n"), done.output
    assert done.exit_code == 0
