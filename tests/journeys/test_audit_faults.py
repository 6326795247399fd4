"""Faults put into desk, views, words and judge, one at a time: the auditor names each.

Each is told by what it does to a reader. tests/journeys/test_metamorphic.py,
tests/claims/test_check_own_texts.py and tests/form/test_figures.py name others, which no figure has.
"""

# ruff: noqa: E501

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import same_records
from tests.support.faulty_program import Fault, FaultyProgram

pytestmark = pytest.mark.slow
FACTS, UNUSUAL = "forecast/desk/facts.py", "forecast/desk/sentences/unusual.py"
MONTHLY, WORDS = "forecast/desk/sentences/monthly.py", "forecast/words.py"
VIEWS, QUERIES = "forecast/store/views.sql", "forecast/store/queries.sql"
YEARS, AHEAD = "forecast/periods.py", "forecast/desk/sentences/ahead.py"
# Seen in the record of the first run: a sign, a window, a denominator, another month, another
# forecast, a year that begins elsewhere, a word of the other side.
FAULTS = {
    "a year before that is 11 months": Fault(FACTS, "(1, 12), strict", "(1, 11), strict"),
    "a change the wrong way": Fault(
        FACTS, "self.now / self.before - 1", "self.before / self.now - 1"
    ),
    "a year to date against 11 months before": Fault(FACTS, "this.shift(-12)", "this.shift(-11)"),
    "a peak that is the lowest": Fault(FACTS, "peak = max((m", "peak = min((m"),
    "a peak that is still to come": Fault(
        FACTS, "for m in counts if m <= month)", "for m in counts)"
    ),
    "a rank from below": Fault(FACTS, "sum(count > counts[month]", "sum(count < counts[month]"),
    "a lowest that is a highest": Fault(FACTS, 'return "lowest", next', 'return "highest", next'),
    "a share of the year to date": Fault(
        FACTS, "so_far = sum(counts[m] for m in year)", "so_far = sum(counts[m] for m in year[:6])"
    ),
    "a year closed by its first month": Fault(
        FACTS, "months_of_year[-1] <=", "months_of_year[0] <="
    ),
    "above for below": Fault(FACTS, "1 if count > hi80 else -1", "-1 if count > hi80 else 1"),
    "inside 80 that is inside 95": Fault(
        FACTS, "if lo80 <= count <= hi80", "if lo95 <= count <= hi95"
    ),
    "lowest since half a year": Fault(FACTS, "LEAST_SINCE = 12", "LEAST_SINCE = 6"),
    "rarer than the record bears": Fault(FACTS, "RAREST = 200", "RAREST = 500"),
    "a month more than there are": Fault(FACTS, "held=len(counts)", "held=len(counts) + 1"),
    "every month tied with itself": Fault(FACTS, "counts.values()) - 1", "counts.values())"),
    "the count now for the one judged": Fault(
        FACTS, "judged=seen.count", "judged=record.counts[seen.month]"
    ),
    "every month has 30 days": Fault(FACTS, "months.end(self.month).day", "30"),
    "a rank from the farther end": Fault(
        FACTS, "if self.rank <= from_below", "if self.rank >= from_below"
    ),
    "a half that is the whole": Fault(FACTS, "(self.count - between) / unit", "self.count / unit"),
    "as if every month had been followed": Fault(FACTS, '.vintage != "unknown"', '.vintage != ""'),
    "twice as rare": Fault(UNUSUAL, "{round(1 / p)}", "{round(2 / p)}"),
    "sides in words": Fault(UNUSUAL, '{1: "above", -1: "below"}', '{-1: "above", 1: "below"}'),
    "it stayed though it passed": Fault(
        UNUSUAL, 'episode == "level shift":\n', 'episode == "transient":\n'
    ),
    "an ordinary month for a rare one": Fault(UNUSUAL, "ORDINARY = 2 / 3", "ORDINARY = 1 / 3"),
    "back to what had been expected": Fault(
        UNUSUAL,
        'f"It did not last: in {when} the',
        'f"It is back to what was expected: in {when} the',
    ),
    "a reason that is not the judge's": Fault(UNUSUAL, "get(e.unflagged, far)", "get('', far)"),
    "far for a little": Fault(UNUSUAL, '"major": "well "', '"major": "far "'),
    "with the whole, the other way": Fault(
        UNUSUAL, "change_words(flag.count, moved)", "change_words(moved, flag.count)"
    ),
    "a higher level that is lower": Fault(
        UNUSUAL, '{1: "higher", -1: "lower"}', '{-1: "higher", 1: "lower"}'
    ),
    "minus for plus": Fault(WORDS, "MINUS if percent < 0", "MINUS if percent > 0"),
    "a percentage of the later one": Fault(
        WORDS, "(now / before - 1), 1", "((now - before) / max(now, 1)), 1"
    ),
    "lower for higher": Fault(
        MONTHLY, '"lower" if extreme == "lowest"', '"lower" if extreme == ""'
    ),
    "a record without its start": Fault(
        MONTHLY, 'f"No earlier month since {start} was', 'f"No earlier month on record was'
    ),
    "a share of a year of two months": Fault(MONTHLY, "if len(year) < 12:", "if len(year) < 1:"),
    "ten a day where there are more": Fault(MONTHLY, ">= 9.95 else 1", ">= 99 else 1"),
    "held as the wider interval did": Fault(
        AHEAD, "{100 * row.coverage80:.0f}%", "{100 * row.coverage95:.0f}%"
    ),
    "the oldest release for the newest": Fault(VIEWS, "o.release_id, max(p", "o.release_id, min(p"),
    "hindcasts called issued": Fault(
        VIEWS, "'hindcast', j.basis) as basis", "j.basis, 'issued') as basis"
    ),
    "what a part would have been, as its forecast": Fault(
        VIEWS, "iif(f.apart, j.median, f.expected) as expected", "f.expected"
    ),
    "the side of what a part would have been": Fault(
        VIEWS,
        "iif(f.apart, (f.encounters > j.median) - (f.encounters < j.median), f.side) as side",
        "f.side",
    ),
    "what moved, the other way": Fault(
        VIEWS, "d.encounters, d.contribution", "d.encounters, -d.contribution as contribution"
    ),
    "bounds of another interval ahead": Fault(
        VIEWS, "f.lo50, f.hi50, f.lo80, f.hi80", "f.lo50, f.hi50, f.lo95 as lo80, f.hi80"
    ),
    "a sum forecast for one published": Fault(
        VIEWS,
        "p.months_published, p.published, p.median",
        "p.months_published, p.median as published, p.median",
    ),
    "coverage of the wider interval": Fault(
        VIEWS, "c.coverage50, c.coverage80,", "c.coverage50, c.coverage95 as coverage80,"
    ),
    "an unknown day taken for a known one": Fault(
        VIEWS, "date(due, '+14 days')", "date(due, '+9000 days')"
    ),
    "a month after it was due": Fault(VIEWS, "'+30 days') as due", "'+60 days') as due"),
    "an agency of one border for all": Fault(
        QUERIES,
        "select :whole as border, month, member, sum(",
        "select :whole as border, month, member, max(",
    ),
    "the bounds of 95% for 80%": Fault(
        QUERIES, "severity, lo80, hi80, lo95", "severity, lo95 as lo80, hi95 as hi80, lo95"
    ),
    "two hindcasts for one month": Fault(
        QUERIES,
        "left join scoped_judgements as j on j.series_id = n.series_id and j.month = n.month\norder",
        "left join (select series_id, month, max(median) as median from hindcasts group by 1, 2) as j\n"
        "    on j.series_id = n.series_id and j.month = n.month\norder",
    ),
    "movers against the same month": Fault(QUERIES, "y.month = a.year_ago", "y.month = a.month"),
    "movers of an older month": Fault(
        QUERIES,
        "max(month) as month from published group",
        "min(month) as month from published group",
    ),
    "parts that do not add up": Fault(
        QUERIES,
        "select * from flag_drivers where {of}\norder by border",
        "select * from flag_drivers where {of} and role <> 'unattributed'\norder by border",
    ),
    "watched months counted as flagged": Fault(
        QUERIES,
        "iif(flag is not null and severity <> 'watch', month",
        "iif(flag is not null, month",
    ),
    "the interior for the entry": Fault(
        QUERIES,
        "l.encounters as at_large, e.encounters as at_entry",
        "e.encounters as at_large, l.encounters as at_entry",
    ),
    "an episode that passed told as a level": Fault(
        QUERIES, "and state = 'level shift' and closed", "and closed"
    ),
    "a year that begins a month late": Fault(
        YEARS,
        "return Period(self.period(self.year(month)).first,",
        "return Period(self.period(self.year(month)).first + 1,",
    ),
}
# Seen only in a record of several runs, of gaps, or of an earlier program.
IN_OTHERS = {
    "sums of every run": (
        "february",
        Fault(QUERIES, "and run_id = (select id from latest_run) order by border, first", "order by border, first"),
    ),
    "the forecast of the first run": (
        "february",
        Fault(VIEWS, "where f.run_id = (select id from latest_run)", "where f.run_id = 1"),
    ),
    "a move of the forecast from nowhere": (
        "february",
        Fault(VIEWS, "c.surprise, c.after", "c.surprise, c.before as after"),
    ),
    "a share of a year whose end nobody knows": (
        "gaps", Fault(FACTS, "min(months_of_year[-1], last))", "year[-1])")
    ),
    "a year to date over a gap": (
        "gaps", Fault(FACTS, "if summed and not unknown_months(counts, this.first_month, month)", "if summed")
    ),
}  # fmt: skip
# Seen once a record is made by the faulty program: a second delivery of clinics.
OF_THE_JUDGE = {
    "a chart of first counts": Fault("forecast/store/history.py", "j.beside(counts[month])", "j.beside(j.count)"),
    "one side's chance for both": Fault(
        "forecast/judge/surprise.py", "return min(1.0, p), math", "return min(1.0, p / 2), math"
    ),
    "major where it is notable": Fault(
        "forecast/judge/surprise.py", "_MAJOR, _MAJOR_RATIO = 0.01, 2.0", "_MAJOR, _MAJOR_RATIO = 0.05, 1.1"
    ),
    "critical where it is major": Fault(
        "forecast/judge/surprise.py", "factor >= _CRITICAL_RATIO", "factor >= 1"
    ),
    "flagged to the other side": Fault(
        "forecast/judge/judging.py", "1 if score > 0 else -1, p),", "-1 if score > 0 else 1, p),"
    ),
    "hindcasts issued, issued ones hindcast": Fault(
        "forecast/judge/judging.py",
        '"hindcast" if outlook.run_id is None else "issued"',
        '"issued" if outlook.run_id is None else "hindcast"',
    ),
    "parts that moved the other way": Fault(
        "forecast/judge/drivers.py", "share, value, value - share", "share, value, share - value"
    ),
    "what came of a part for what was expected": Fault(
        "forecast/judge/drivers.py", '("part", member, share, value)', '("part", member, value, share)'
    ),
    "a forecast of the next month but one": Fault(
        "forecast/judge/judging.py",
        "expected = outlook.expected(look.month)\n    own",
        "expected = outlook.expected(months.shift(look.month, 1))\n    own",
    ),
    "today's count judged for the first": Fault(
        "forecast/judge/judging.py",
        "return MonthCase(key, month, first.value, first.release_id",
        "return MonthCase(key, month, self.counts[key][month], first.release_id",
    ),
}  # fmt: skip
"""What the auditor takes from the record is named where it contradicts itself."""
HUB, NEAR = "forecast/desk/hub.py", "tests/claims/record/test_verdict.py"
YEARLY, OF_YEARLY = "forecast/desk/yearly.py", "tests/desk/test_yearly.py"
# What readers were told wrongly of what no figure has: each is named by the test that was written then.
BY_TESTS = {
    "near today's count is right": (
        f"{NEAR}::test_an_exact_count_within_two_percent_is_near_and_not_confirmed",
        Fault("forecast/claims/record/verdict.py", '"near_today", truth', '"right_when_rounded", truth'),
    ),
    "the lowest in history, confirmed": (
        "tests/claims/relate/test_ranks.py::test_a_record_is_right_only_where_no_month_before_was_higher",
        Fault("forecast/claims/relate/ranks.py", "if extreme.beyond and verdict.holds", "if False"),
    ),
    "an office away from the borders for all of its name": (
        "tests/sources/test_questions.py::test_a_name_that_fits_several_is_each_of_them",
        Fault("forecast/sources/questions.py", "return own or of", "return (own or of)[-1:]"),
    ),
    "a share of both together": (
        "tests/desk/test_comparison.py::test_a_share_is_of_a_whole_that_is_named",
        Fault("forecast/desk/comparison.py", "elif all(above):", "elif False:"),
    ),
    "none flagged in a year": (
        f"{OF_YEARLY}::test_what_is_said_first_of_intervals_and_flags_is_what_the_record_says",
        Fault(YEARLY, "flagged.get(total, ())", "()"),
    ),
    "the easiest lead alone": (
        f"{OF_YEARLY}::test_what_is_said_first_of_intervals_and_flags_is_what_the_record_says",
        Fault(YEARLY, "if len(rows) > len(at_lead) else ''", "if not rows else ''"),
    ),
    "a geometric mean called an average": (
        f"{OF_YEARLY}::test_three_plain_sentences_come_first_and_losses_to_peers_are_said",
        Fault(YEARLY, "at the geometric mean", "on average"),
    ),
    "parts add up where they do not": (
        "tests/journeys/test_parts_add_up.py",
        Fault(VIEWS, "from told where abs(missing) > iif(rounding = 1, 0, most)", "from told where 0"),
    ),
    "figures a year old are no alarm": (
        "tests/journeys/test_care.py::test_a_fresh_install_is_new_until_the_first_poll_or_file",
        Fault("jobs/service/checks.py", "overdue = late >=", "overdue = facts.state != 'new' and late >="),
    ),
    "a late run issued before its months": (
        "tests/desk/test_hub.py::test_a_late_run_is_not_said_to_have_come_before_its_months",
        Fault(HUB, "elif late:", "elif not late:"),
    ),
    "a number given to the first measure": (
        "tests/claims/test_check_measures.py",
        Fault("forecast/claims/check.py", "(rank(pair[1]), pair[0])", "pair[0]"),
    ),
    "which forecasts a share is of": (
        "tests/form/test_figures.py",
        Fault("README.md", "made in 2024 contained 47%", "of 2024 contained 47%"),
    ),
    "rounded until another month": (
        "tests/form/test_figures.py",
        Fault("README.md", "totals before October 2019", "totals before October 2020"),
    ),
}  # fmt: skip
BESIDE = ("tests", "docs", "benchmarks", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile")
BESIDE += ("pyproject.toml", "constraints.txt", "config.toml")


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> FaultyProgram:
    return FaultyProgram.of(tmp_path_factory.mktemp("program"))


@pytest.fixture(scope="module")
def record(session_artifact):
    """A record of `make same` by its name."""
    return lambda name: same_records.database(
        session_artifact(f"same-{name}", same_records.make(name))
    )


def audit(program: FaultyProgram, path: Path) -> subprocess.CompletedProcess[str]:
    return program.command("--db", str(path), "audit", cwd=path.parent)


def named(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 1, done.stdout + done.stderr
    assert "figures the base tables do not bear" in done.stdout, done.stderr


def test_the_unchanged_program_says_nothing_wrong(program, published):
    done = audit(program, published)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.faults
@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_is_named(program, published, what):
    with program.with_fault(FAULTS[what]):
        named(audit(program, published))


@pytest.mark.faults
@pytest.mark.parametrize("what", IN_OTHERS)
def test_a_fault_is_named_where_it_shows(program, record, what):
    name, fault = IN_OTHERS[what]
    with program.with_fault(fault):
        named(audit(program, record(name)))


QUICK = """
[forecast]
models = ["naive", "snaive"]
first_cutoff = "2023-01"
[compute]
engine = "serial"
"""


def clinics(program: FaultyProgram, folder: Path) -> Path:
    """Five clinics of two regions: one falls to a quarter, and a month of the last year is restated."""
    (folder / "deliveries").mkdir()
    for day, months, more in (("2024-01-10", 48, {}), ("2024-02-10", 49, {"dropped": True})):
        same_records.figures.regions(folder / "deliveries" / f"{day}.csv", months, **more)
    newest = folder / "deliveries" / "2024-02-10.csv"
    lines = newest.read_text("utf-8").splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("2023-12"))
    head, _, count = lines[at].rpartition(",")
    lines[at] = f"{head},{int(count) * 3 // 2}"
    newest.write_text("\n".join(lines) + "\n", "utf-8")
    done = program.command("config", "init", "deliveries", cwd=folder)
    assert done.returncode == 0, done.stderr
    config = folder / "config.toml"
    config.write_text(config.read_text("utf-8").split("\n[forecast]")[0] + QUICK, "utf-8")
    done = program.command("run", cwd=folder)
    assert done.returncode in (0, 3), done.stderr
    return folder / "bordercast.db"


def test_a_record_of_a_judge_without_fault_is_borne(program, tmp_path):
    done = audit(program, clinics(program, tmp_path))

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.faults
@pytest.mark.parametrize("what", OF_THE_JUDGE)
def test_what_a_faulty_judge_wrote_is_named(program, tmp_path, what):
    with program.with_fault(OF_THE_JUDGE[what]):
        path = clinics(program, tmp_path)
    named(audit(program, path))


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> FaultyProgram:
    return FaultyProgram.of(tmp_path_factory.mktemp("tree"), *BESIDE)


def tried(tree: FaultyProgram, published: Path, *tests: str) -> str:
    """The last line of what these tests say in a copy of the tree."""
    kept = f"ARTIFACTS={published.parents[1]}"
    words = ("env", kept, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)
    done = subprocess.run(words, cwd=tree.folder, capture_output=True, text=True)
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.faults
def test_the_tests_of_the_unchanged_tree_pass(tree, published):
    assert " failed" not in tried(tree, published, *sorted({test for test, _ in BY_TESTS.values()}))


@pytest.mark.faults
@pytest.mark.parametrize("what", BY_TESTS)
def test_a_fault_that_no_figure_has_is_named_by_its_test(tree, published, what):
    test, fault = BY_TESTS[what]
    with tree.with_fault(fault):
        said = tried(tree, published, test)
    assert re.match(r"[1-9]\d* failed", said), said
