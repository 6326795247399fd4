"""Standing questions: asked of what was known, resolved by what came, scored fairly."""

from __future__ import annotations

import math
import sqlite3
import xml.etree.ElementTree as ET
from contextlib import closing

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast import months
from forecast.judge import questions
from forecast.judge import questions as judge_questions
from forecast.judge.questions import Asked
from forecast.periods import FEDERAL, Calendar
from forecast.store import queries, read
from forecast.types import Question, SeriesKey
from jobs.cli import main
from tests.support import question_outcomes
from tests.support.databases import rows
from tests.support.question_outcomes import outcome

KEY = SeriesKey("northern")
COUNTS = {m: 100 + i % 12 + i for i, m in enumerate(months.between("2013-10", "2026-08"))}


def cut(cutoff: str) -> dict[str, int]:
    return {month: count for month, count in COUNTS.items() if month <= cutoff}


@pytest.mark.parametrize("kind", questions.KINDS)
def test_a_question_rests_on_nothing_after_its_cutoff(kind):
    for cutoff in ("2016-01", "2019-09", "2022-12"):
        known = questions.questions(Asked(KEY, cut(cutoff), cutoff, FEDERAL), [kind])

        assert known == questions.questions(Asked(KEY, COUNTS, cutoff, FEDERAL), [kind])
        assert all(question.last_month > cutoff for question in known)
        assert outcome(known[0], cut(cutoff)) is None if known else True


@pytest.mark.parametrize(
    ("kind", "months_asked", "compared"),
    [
        ("next month above year before", ("2023-01", "2023-01"), ("sum", "2022-01", "2022-01")),
        ("fiscal year above last", ("2022-10", "2023-09"), ("sum", "2021-10", "2022-09")),
        ("next 12 months above last 12", ("2023-01", "2023-12"), ("sum", "2022-01", "2022-12")),
        ("month in half a year above this month", ("2023-06",) * 2, ("sum", "2022-12", "2022-12")),
        ("record within 12 months", ("2023-01", "2023-12"), ("max", "2013-10", "2022-12")),
        (
            "lowest month of 5 years within 12 months",
            ("2023-01", "2023-12"),
            ("min", "2018-01", "2022-12"),
        ),
    ],
)
def test_a_question_compares_the_months_it_names(kind, months_asked, compared):
    statistic, first, last = compared
    counted = {"sum": sum, "max": max, "min": min}[statistic]
    bound = counted(COUNTS[month] for month in months.between(first, last))

    (question,) = questions.questions(Asked(KEY, COUNTS, "2022-12", FEDERAL), [kind])

    assert (question.first_month, question.last_month) == months_asked
    assert question.statistic == statistic
    assert (question.below if statistic == "min" else question.above) == bound


def test_no_fiscal_year_is_asked_about_where_years_are_calendar_years():
    assert all(questions.fits(kind, FEDERAL) for kind in [*questions.KINDS, questions.INSIDE])
    kinds = [*questions.KINDS, questions.INSIDE]
    left_out = [kind for kind in kinds if not questions.fits(kind, Calendar())]
    assert left_out == ["fiscal year above last"]


def test_a_record_is_measured_against_the_month_just_published_too():
    counts = dict(zip(months.between("2018-01", "2022-12"), [7, *[5] * 58, 9], strict=True))
    low = dict(zip(counts, [3, *[5] * 58, 2], strict=True))

    (record,) = questions.questions(
        Asked(KEY, counts, "2022-12", FEDERAL), ["record within 12 months"]
    )
    (lowest,) = questions.questions(
        Asked(KEY, low, "2022-12", FEDERAL), ["lowest month of 5 years within 12 months"]
    )
    (earlier,) = questions.questions(
        Asked(KEY, counts, "2022-11", FEDERAL), ["record within 12 months"]
    )

    assert (record.above, lowest.below, earlier.above) == (9, 2, 7)


def test_whether_a_month_lies_inside_is_asked_of_each_border_s_own_interval(published):
    forecast = rows(
        published,
        """
        select border, month, lo80, hi80 from latest_forecasts
        where horizon = 1 and dimension = '' and model = 'bordercast' order by border
        """,
    )
    asked = rows(
        published,
        """
        select border, first_month, above + 1, below - 1 from standing_questions
        where kind = ? and run_id = (select id from latest_run) order by border
        """,
        questions.INSIDE,
    )

    assert len(asked) == 4
    assert asked == forecast


def test_base_rates_rest_on_nothing_after_their_cutoff():
    until = questions.base_rates({KEY: cut("2022-12")}, FEDERAL)
    late = questions.base_rates({KEY: COUNTS}, FEDERAL)

    assert len(until) > 500
    assert {place: late[place] for place in until} == until


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32), st.integers(1, 3), st.integers(1, 12), st.floats(0, 0.05))
def test_base_rates_are_those_of_each_question_asked_alone(seed, series, begins, lacking):
    """With months that nobody knows, ties, zeros, and series that begin and end apart."""
    rng, counts = np.random.default_rng(seed), {}
    for number in range(series):
        since = months.shift("2001-01", int(rng.integers(30)))
        values = rng.choice([0, 1, 2, 3, 3, 5, 900], rng.integers(1, 130)).tolist()
        known = {months.shift(since, at): value for at, value in enumerate(values)}
        counts[SeriesKey(f"{number}")] = {
            month: value
            for month, value in known.items()
            if month == since or rng.random() >= lacking
        }

    found = questions.base_rates(counts, Calendar(begins))

    assert found == question_outcomes.base_rates(counts, Calendar(begins))


def test_paths_that_are_what_came_give_the_outcome():
    for cutoff in months.between("2019-01", "2025-08"):
        draws = np.array([[COUNTS[m] for m in months.between(months.shift(cutoff, 1), "2026-08")]])
        for question in questions.questions(Asked(KEY, COUNTS, cutoff, FEDERAL)):
            came = outcome(question, COUNTS)
            chance = questions.chance(question, Asked(KEY, cut(cutoff), cutoff, FEDERAL), draws)
            assert chance == (0.75 if came else 0.25)  # of one path: never 0, never 1


def test_the_ends_of_an_interval_are_inside():
    question = questions.inside(KEY, "2023-01", 10, 20)

    came = [outcome(question, {"2023-01": count}) for count in (9, 10, 20, 21)]

    assert came == [False, True, True, False]


def test_a_chance_takes_published_months_as_they_are_and_counts_whole_sums_above():
    """The year before had 120; with 40 published, the paths' eight months must add 81."""
    counts = dict.fromkeys(months.between("2021-10", "2023-01"), 10)
    asked = Asked(KEY, counts, "2023-01", FEDERAL)
    draws = np.array([[9.875] * 8, [10.0] * 8, [10.05] * 8, [10.125] * 8])
    (question,) = questions.questions(asked, ["fiscal year above last"])

    assert questions.chance(question, asked, draws) == (1 + 0.5) / 5


def test_a_base_rate_is_drawn_towards_a_coin_by_a_year_of_questions():
    """A count that always rises: of 12 questions asked from the 24th month on, all came true."""
    span = months.between("2020-01", "2022-12")

    found = questions.base_rates({KEY: {month: place for place, month in enumerate(span)}}, FEDERAL)

    rates = {cutoff: rate for (kind, cutoff), rate in found.items() if kind.endswith("year before")}
    assert sorted(rates) == span[23:]
    assert rates[span[23]] == 0.5
    assert rates[span[35]] == (12 + 24) / (12 + 48)


def test_questions_need_the_months_that_they_compare():
    """Five years, and no month less, for the lowest of five years; twelve for a year."""
    counts = dict.fromkeys(months.between("2018-01", "2022-12"), 5)
    lowest, twelve = "lowest month of 5 years within 12 months", "next 12 months above last 12"
    whole = Asked(KEY, counts, "2022-12", FEDERAL)

    (question,) = questions.questions(whole, [lowest])

    assert (question.below, question.above < 0) == (5, True)
    assert questions.questions(Asked(KEY, counts, "2022-11", FEDERAL), [lowest]) == []
    assert questions.questions(Asked(KEY, counts, "2018-12", FEDERAL), [twelve, "of no kind"]) != []
    assert questions.questions(Asked(KEY, counts, "2018-11", FEDERAL), [twelve]) == []
    gap = {month: 5 for month in counts if month != "2022-10"}
    assert (
        questions.questions(Asked(KEY, gap, "2022-12", FEDERAL), ["fiscal year above last"]) == []
    )
    assert (
        questions.questions(Asked(KEY, gap, "2022-09", FEDERAL), ["fiscal year above last"]) != []
    )


def test_no_chance_is_scored_as_sure_and_a_perfect_base_rate_leaves_nothing_to_save():
    wrong = questions.record([1.0, 0.0], [0.0, 1.0], [False, True])

    assert wrong.log == pytest.approx(math.log(4000))
    assert wrong.base_log == pytest.approx(-math.log(3999 / 4000))
    assert (wrong.brier, wrong.base_brier, wrong.skill) == (1, 0, 0)


def test_scores_are_what_they_are_called():
    chances, base, came = [0.9, 0.2, 0.0], [0.5, 0.5, 0.5], [True, True, False]

    found = questions.record(chances, base, came)

    assert found.n == 3
    assert found.brier == pytest.approx((0.01 + 0.64 + 0) / 3)
    assert found.base_brier == 0.25
    assert found.log == pytest.approx(-(math.log(0.9) + math.log(0.2) + math.log(3999 / 4000)) / 3)
    assert found.skill == pytest.approx(1 - found.brier / 0.25)


def test_a_last_value_is_scored_where_it_was_always_asked():
    came = [True, False, True, True]

    known = questions.record([0.5] * 4, [0.5] * 4, came, [0.9, 0.1, 0.8, 0.9])
    unknown = questions.record([0.5] * 4, [0.5] * 4, came, [0.9, None, 0.8, 0.9])

    assert known.last_brier == pytest.approx((0.01 + 0.01 + 0.04 + 0.01) / 4)
    assert known.beaten
    assert (unknown.last_brier, unknown.beaten) == (None, False)
    assert questions.record([0.5], [0.5], [True]).last_brier is None


def test_a_base_rate_that_is_worse_than_a_coin_flatters_nobody():
    found = questions.record([0.5, 0.5], [0.9, 0.9], [False, True])

    assert found.base_brier > 0.25
    assert found.skill == 0


def test_the_record_resolves_questions_as_the_program_does(published):
    keys = rows(published, "select distinct border from standing_questions")
    counts = {
        border: dict(
            rows(published, "select month, encounters from border_months where border = ?", border)
        )
        for (border,) in keys
    }
    with closing(sqlite3.connect(published)) as connection:
        found = read.resolved_questions(connection) + queries.rows(connection, "latest_questions")

    assert len(keys) == 4
    assert len(found) > 2000
    for row in found:
        question = Question(
            SeriesKey(row["border"]),
            row["kind"],
            row["first_month"],
            row["last_month"],
            row["statistic"],
            *(
                row[name] if row[name] is not None else bound
                for name, bound in (("above", -1), ("below", 10**12))
            ),
        )
        assert row["outcome"] == outcome(question, counts[row["border"]])


def test_every_kind_is_asked_and_shown_with_its_skill(published):
    with closing(sqlite3.connect(published)) as connection:
        latest = queries.rows(connection, "latest_questions")
        found = judge_questions.by_kind(read.resolved_questions(connection))
    kinds = {*questions.KINDS, questions.INSIDE}

    assert {row["kind"] for row in latest} == kinds
    assert {one.kind for one in found} == kinds
    by_kind = {one.kind: one for one in found}
    assert by_kind["next 12 months above last 12"].record.brier < 0.19
    assert by_kind["month in half a year above this month"].record.skill < 0.1
    assert not by_kind[questions.INSIDE].skilled
    for one in found:
        assert sum(part["n"] for part in one.bins) == one.record.n


@pytest.mark.slow
def test_chances_are_drawn_beside_what_came(published, tmp_path):
    words = ["--db", str(published), "score", "--questions", "-o"]

    said = CliRunner().invoke(main, [*words, str(tmp_path / "a.svg")])
    refused = CliRunner().invoke(main, [*words, str(tmp_path / "a.gif")])
    alone = CliRunner().invoke(main, ["--db", str(published), "score", "-o", "a.svg"])

    assert said.exit_code == 0, said.output
    assert "of 6 kinds of questions are answered better" in said.output
    drawn = "".join(ET.parse(tmp_path / "a.svg").getroot().itertext()).replace(" ", "")
    assert all(kind.replace(" ", "") in drawn for kind in questions.KINDS)  # lines break anywhere
    assert "graydiagonal" in drawn
    assert (refused.exit_code, alone.exit_code) == (2, 2)
