"""A record rewritten together with its digests: a digest that was mailed before gives it away."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from jobs.cli import main
from tests.support import small_record
from tests.support.databases import rows, written
from tests.support.forged_statements import MEDIANS, SAID

FORGERIES = {
    "medians": (MEDIANS, {"forecasts"}),
    "what was said": (
        SAID,
        {"flags", "judgements", "scores", "notices", "approvals and withdrawals"},
    ),
    "an earlier run": (
        ["update forecasts set median = lo50 where run_id = 2 and model = 'naive'"],
        {"the record before"},
    ),
    "an earlier notice": (
        ["update notice_sections set text = 'so' where notice_id = 1"],
        {"the record before"},
    ),
    "counts": (
        [
            "update observations set encounters = encounters + 1 where month = '2023-12'",
            "update releases set counts_digest = 'forged'",
        ],
        {"the record before", "run and files"},
    ),
    "an approval": (SAID[4:], {"approvals and withdrawals"}),
    "an approval, removed": (
        ["delete from entries where kind = 'approved' and subject = 'notice 2'"],
        {"approvals and withdrawals"},
    ),
}


class Mailed(NamedTuple):
    path: Path
    command: list[str]
    digest: str


@pytest.fixture(scope="module")
def mailed(after, tmp_path_factory) -> Mailed:
    """A record whose last notice was approved, and the command that its text prints."""
    path = small_record.copied(after, tmp_path_factory.mktemp("mailed"))
    small_record.approve(path, 2, "Ann Lee")
    text = bordercast(path, "notices", "preview", "2").output
    one_line = text.replace("\\\n", "")
    printed = re.search(r"bordercast (verify --run 3 --digest) +([0-9a-f]{64})", one_line)
    assert printed, text
    return Mailed(path, [*printed[1].split(), printed[2]], printed[2])


def bordercast(path: Path, *words: str):
    options = ["--config", str(path.with_name("config.toml")), "--db", str(path)]
    return CliRunner().invoke(main, [*options, *words])


def test_what_was_mailed_is_what_the_record_has(mailed):
    answer = bordercast(mailed.path, *mailed.command)

    assert answer.exit_code == 0, answer.output
    assert "is what was quoted" in answer.output


@pytest.mark.parametrize("what", FORGERIES)
def test_a_record_rewritten_with_its_digests_is_named(mailed, tmp_path, what):
    path = Path(shutil.copy(mailed.path, tmp_path))
    shutil.copy(mailed.path.with_name("config.toml"), tmp_path)
    statements, differ = FORGERIES[what]
    for statement in statements:
        assert written(path, statement) > 0

    alone = bordercast(path, "verify")
    answer = bordercast(path, *mailed.command)

    if what != "counts":  # what a release states is compared with its observations
        assert alone.exit_code == 0, alone.output
    assert rows(path, "select digest from latest_run") != [(mailed.digest,)]
    assert answer.exit_code == 1, answer.output
    named = answer.output.partition("changed since are: ")[2].partition(". Its digest")[0]
    assert set(named.split(", ")) == differ


def test_a_digest_of_another_record_or_run_is_not_confirmed(mailed):
    other = bordercast(mailed.path, "verify", "--run", "2", "--digest", mailed.digest)
    foreign = bordercast(mailed.path, "verify", "--run", "3", "--digest", "0" * 64)
    missing = bordercast(mailed.path, "verify", "--run", "9", "--digest", mailed.digest)
    short = bordercast(mailed.path, "verify", "--run", "3", "--digest", mailed.digest[:12])

    assert (other.exit_code, foreign.exit_code, missing.exit_code) == (1, 1, 1)
    assert "of run 3, not of run 2" in other.output
    assert "another record" in foreign.output
    assert "no run 9" in missing.output
    assert short.exit_code == 2
    # A person's slip stops nothing.
    assert bordercast(mailed.path, "show").exit_code == 0
