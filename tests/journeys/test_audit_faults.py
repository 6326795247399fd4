"""Faults put into the desk, the views and the words, one at a time: the auditor names each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FACTS, UNUSUAL = "forecast/desk/facts.py", "forecast/desk/sentences/unusual.py"
MONTHLY, WORDS = "forecast/desk/sentences/monthly.py", "forecast/words.py"
VIEWS, QUERIES = "forecast/store/views.sql", "forecast/store/queries.sql"
YEARS = "forecast/periods.py"
# File, what stands there, what is put in its place: a sign, a window, a denominator, another month,
# another forecast, a year that begins elsewhere, a word of the other side.
FAULTS = {
    "a year before that is 11 months": (FACTS, "(1, 12), strict", "(1, 11), strict"),
    "a change the wrong way": (FACTS, "self.now / self.before - 1", "self.before / self.now - 1"),
    "a year to date against 11 months before": (FACTS, "this.shift(-12)", "this.shift(-11)"),
    "a peak that is the lowest": (FACTS, "peak = max((m", "peak = min((m"),
    "a peak that is still to come": (FACTS, "for m in counts if m <= month)", "for m in counts)"),
    "a rank from below": (FACTS, "sum(count > counts[month]", "sum(count < counts[month]"),
    "a lowest that is a highest": (FACTS, 'return "lowest", next', 'return "highest", next'),
    "a share of the year to date": (FACTS, "for m in year)\n", "for m in year if m <= month)\n"),
    "a year closed by its first month": (FACTS, "months_of_year[-1] <=", "months_of_year[0] <="),
    "above for below": (FACTS, "1 if count > hi80 else -1", "-1 if count > hi80 else 1"),
    "inside 80 that is inside 95": (FACTS, "if lo80 <= count <= hi80", "if lo95 <= count <= hi95"),
    "lowest since half a year": (FACTS, "LEAST_SINCE = 12", "LEAST_SINCE = 6"),
    "rarer than the record bears": (FACTS, "RAREST = 200", "RAREST = 500"),
    "a month more than there are": (FACTS, "held=len(counts)", "held=len(counts) + 1"),
    "every month tied with itself": (FACTS, "counts.values()) - 1", "counts.values())"),
    "the count now for the one judged": (FACTS, "judged=judged[COUNT]", "judged=counts[month]"),
    "twice as rare": (UNUSUAL, "{round(1 / p)}", "{round(2 / p)}"),
    "sides in words": (UNUSUAL, '{1: "above", -1: "below"}', '{-1: "above", 1: "below"}'),
    "it stayed though it passed": (UNUSUAL, '"level shift": f"It', '"transient": f"It'),
    "an ordinary month for a rare one": (UNUSUAL, "ORDINARY = 2 / 3", "ORDINARY = 1 / 3"),
    "minus for plus": (WORDS, "MINUS if percent < 0", "MINUS if percent > 0"),
    "a percentage of the later one": (WORDS, "now / before - 1), 1", "1 - before / now), 1"),
    "lower for higher": (MONTHLY, '"lower" if extreme == "lowest"', '"lower" if extreme == ""'),
    "the oldest release for the newest": (VIEWS, "o.release_id, max(p", "o.release_id, min(p"),
    "hindcasts called issued": (
        VIEWS,
        "'hindcast', j.basis) as basis",
        "j.basis, 'issued') as basis",
    ),
    "an agency of one border for all": (
        QUERIES,
        "select :whole as border, month, member, sum(",
        "select :whole as border, month, member, max(",
    ),
    "the bounds of 95% for 80%": (
        QUERIES,
        "j.median, j.lo80, j.hi80",
        "j.median, j.lo95 as lo80, j.hi95 as hi80",
    ),
    "a year that begins a month late": (
        YEARS,
        "return Period(self.period(self.year(month)).first,",
        "return Period(self.period(self.year(month)).first + 1,",
    ),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The program, apart from this tree: what stands in it is changed and set right again."""
    folder = tmp_path_factory.mktemp("copy")
    for room in ("forecast", "jobs", "models"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / room, folder / room, ignore=ignored)
    return folder


def audit(copy: Path, record: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    words = [sys.executable, "-m", "jobs", "--db", str(record), "audit"]
    return subprocess.run(words, cwd=copy, env=environment, capture_output=True, text=True)


@pytest.mark.slow
def test_the_unchanged_program_says_nothing_wrong(copy, published):
    done = audit(copy, published)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_is_named(copy, published, what):
    name, stands, fault = FAULTS[what]
    file = copy / name
    text = file.read_text("utf-8")
    assert text.count(stands) >= 1, f"{name} has changed: put the fault where the rule is now"
    file.write_text(text.replace(stands, fault), "utf-8")
    try:
        done = audit(copy, published)
    finally:
        file.write_text(text, "utf-8")

    assert done.returncode == 1, done.stdout
    assert "figures the base tables do not bear" in done.stdout, done.stderr
