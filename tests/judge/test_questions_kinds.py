"""How good chances were: by kind, by basis, and by what was given, at the bounds of each bin."""

from __future__ import annotations

import pytest

from forecast.desk import terminal
from forecast.judge import questions
from forecast.judge.questions import INSIDE, ChanceScores, KindScore


def row(chance: float, outcome: int, kind: str = "a", basis: str = "hindcast", **more):
    return {"kind": kind, "basis": basis, "chance": chance, "outcome": outcome,
            "base_rate": 0.5, "last_value": None, **more}  # fmt: skip


def test_chances_are_counted_where_they_were_given():
    edges = (0.0, 0.0999, 0.1, 0.2999, 0.3, 0.5, 0.6999, 0.7, 0.9, 1.0)
    (found,) = questions.by_kind([row(chance, chance > 0.5) for chance in edges])

    assert [
        (*list(one.values())[:3], round(one["given"], 3), one["came"]) for one in found.bins
    ] == [
        (0, 0.1, 2, 0.05, 0.0),
        (0.1, 0.3, 2, 0.2, 0.0),
        (0.3, 0.5, 1, 0.3, 0.0),
        (0.5, 0.7, 2, 0.6, 0.5),
        (0.7, 0.9, 1, 0.7, 1.0),
        (0.9, 1.0, 2, 0.95, 1.0),
    ]


def test_kinds_are_scored_apart_by_basis_and_the_fuller_basis_is_drawn():
    rows = [row(0.5, 1, "b"), row(0.5, 1, "a"), row(0.5, 1, "a", "issued"), row(0.4, 0, "a")]
    found = questions.by_kind(rows)

    assert [(one.basis, one.kind, one.record.n) for one in found] == [
        ("hindcast", "a", 2),
        ("hindcast", "b", 1),
        ("issued", "a", 1),
    ]
    assert [one.basis for one in questions.fullest(found)] == ["hindcast", "hindcast"]
    assert questions.fullest([]) == []


@pytest.mark.parametrize(
    ("kind", "brier", "last", "skilled", "verdict"),
    [
        ("a", 0.2375, None, True, "5% better than base rate and coin"),
        ("a", 0.2376, None, False, "hardly better than a coin"),
        ("a", 0.1, 0.1, True, "60% better than base rate and coin"),
        ("a", 0.1, 0.09, True, "better than base rate and coin, but a last value is better still"),
        (INSIDE, 0.1, None, False, "no skill is possible; it checks the interval"),
    ],
)
def test_a_verdict_says_whether_chances_were_worth_anything(kind, brier, last, skilled, verdict):
    one = KindScore(kind, "issued", ChanceScores(9, brier, 0.25, 0.5, 0.7, last), ())

    assert (one.skilled, one.verdict) == (skilled, verdict)


def test_a_score_that_is_not_known_is_a_dash():
    assert (terminal.score_cell(None), terminal.score_cell(0.12345)) == ("-", "0.123")


def test_scores_for_programs_say_all():
    (found,) = questions.by_kind([row(0.5, 1, last_value=0.6)])

    assert found.as_json == {
        "kind": "a", "basis": "hindcast", "n": 1, "brier": 0.25, "base_rate_brier": 0.25,
        "last_value_brier": pytest.approx(0.16), "log_score": pytest.approx(0.693, abs=1e-3),
        "base_rate_log_score": pytest.approx(0.693, abs=1e-3), "skill": 0.0,
        "reliability": [{"low": 0.5, "high": 0.7, "n": 1, "given": 0.5, "came": 1.0}],
    }  # fmt: skip
