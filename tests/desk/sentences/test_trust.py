"""What is said of a digest that somebody quoted, and of who saw a run."""

from __future__ import annotations

from datetime import date

import pytest

from forecast.desk.sentences import trust
from forecast.rows import WitnessRow
from forecast.store.kinds import GROUPS
from tests.support.cbp_files import ENCOUNTERS
from tests.support.quoted import answer

HERE = {"standing": "abc", "run_scheme": 2}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (answer(2, 3, **HERE), []),
        (answer(1, 3, **HERE), []),
        (
            answer(None),
            [
                "there is no run 3 in this record: it was removed, or the digest is of another "
                "record"
            ],
        ),
        (answer(2, 4, **HERE), ["this digest is of run 4, not of run 3"]),
        (
            answer(None, **HERE),
            [
                "run 3 is not what was quoted: something it covers was changed since. Its digest "
                "is now abc"
            ],
        ),
        (
            answer(None, **HERE, differs=("flags", "scores")),
            [
                "run 3 is not what was quoted: changed since are: flags, scores. Its digest is now "
                "abc"
            ],
        ),
        (
            answer(None, **HERE, differs=GROUPS[:-2]),
            [
                f"run 3 is not what was quoted: changed since are: {', '.join(GROUPS[:-2])}. Its "
                "digest is now abc"
            ],
        ),
        (
            answer(None, **HERE, differs=GROUPS[:-1]),
            [
                "run 3 is not what was quoted: nothing fits; the digest may be of another record, "
                "or mistyped. Its digest is now abc"
            ],
        ),
        (
            answer(None, standing="abc", run_scheme=1, differs=GROUPS),
            [
                "run 3 is not what was quoted: its digest was given by an earlier program (scheme "
                "1) and covers run 3, its releases, forecasts and quantiles, and the runs before "
                "it; one of these was changed since, or the digest is of another record. Its "
                "digest is now abc"
            ],
        ),
    ],
)
def test_why_a_record_is_not_what_was_quoted(answer, words):
    assert trust.differences(answer, 3) == words


FITS = "Run 3 is what was quoted: the record has this digest, and fits it."


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (answer(2, 3, "run 3"), [FITS, "Scheme 2, given with run 3."]),
        (answer(2, 3), [FITS, "Scheme 2, given with the tables of a new version."]),
        (
            answer(2, 3, "run 3", (("schema", ""), ("run", "run 4"), ("approved", "notice 2"),
                                   ("kept", "record"), ("schema", ""))),
            [
                FITS,
                "Scheme 2, given with run 3.",
                "Added since: tables of a new version, run 4, notice 2 approved, settings or fits.",
            ],
        ),
        (
            answer(1, 3),
            [
                FITS,
                "It was given by an earlier program (scheme 1) and covers the run, its releases, "
                "forecasts and quantiles, and the runs before it. It does not cover judgments, "
                "flags, scores, notices or approvals.",
            ],
        ),
    ],
)  # fmt: skip
def test_what_is_confirmed_and_what_came_since(answer, words):
    assert trust.confirmed(answer, 3).splitlines() == words


def sighting(
    run=3, witness="time stamp", seen="2024-04-20T12:00", by="FreeTSA", on="2024-05-17", days=27
):
    return WitnessRow(
        run_id=run,
        witness=witness,
        seen_at=seen,
        seen_by=by,
        entry_id=9,
        month="2024-04",
        published_on=on,
        days_before=days,
        data_through="2024-03",
        statement="",
    )


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (
            sighting(),
            "Run 3: time-stamped by FreeTSA on April 20, 2024, 27 days before CBP published April "
            "2024.",
        ),
        (
            sighting(days=1),
            "Run 3: time-stamped by FreeTSA on April 20, 2024, 1 day before CBP published April "
            "2024.",
        ),
        (
            sighting(days=0),
            "Run 3: time-stamped by FreeTSA on April 20, 2024, the day CBP published April 2024.",
        ),
        (
            sighting(days=-1),
            "Run 3: time-stamped by FreeTSA on April 20, 2024, 1 day after CBP published April "
            "2024.",
        ),
        (
            sighting(on=None, days=None),
            "Run 3: time-stamped by FreeTSA on April 20, 2024; CBP has not published April 2024 "
            "yet.",
        ),
        (
            sighting(witness="signature", by="ab:cd", seen="", days=None),
            "Run 3: signed by key ab:cd; a signature does not say when.",
        ),
        (
            sighting(seen="", days=None),
            "Run 3: time-stamped by FreeTSA; when cannot be read.",
        ),
        (
            sighting(witness="git", by="origin", days=None),
            "Run 3: committed to origin, dated April 20, 2024 by its maker; a commit shows the "
            "order, and not when.",
        ),
        (
            sighting(witness="git", by="origin", seen="", days=None),
            "Run 3: committed to origin; a commit shows the order, and not when.",
        ),
    ],
)
def test_who_saw_a_run_and_whether_before_the_truth(seen, words):
    assert trust.seen(seen, ENCOUNTERS) == words


def test_the_newest_run_and_the_newest_that_can_be_judged_are_named():
    open_run = {"on": None, "days": None}
    witnesses = [sighting(1), sighting(2), sighting(2), sighting(3, **open_run)]

    assert [text[:6] for text in trust.newest_seen(witnesses, 3, ENCOUNTERS)] == [
        "Run 2:",
        "Run 3:",
    ]
    assert [text[:6] for text in trust.newest_seen(witnesses[3:], 3, ENCOUNTERS)] == ["Run 3:"]
    assert trust.newest_seen([], 3, ENCOUNTERS) == []


def test_it_is_counted_how_many_runs_were_seen_in_time():
    said = trust.seen_in_time(
        [
            sighting(1),
            sighting(1),
            sighting(2, days=0),
            sighting(3, days=1),
            sighting(4, days=None),
        ],
        ENCOUNTERS,
    )

    assert said == (
        "Outsiders saw 2 of 3 runs before CBP published the first month that they forecast."
    )
    assert trust.seen_in_time([sighting(days=None)], ENCOUNTERS) == ""


@pytest.mark.parametrize(
    ("own", "border", "words"),
    [
        ("2024-03", "2024-03", ""),
        ("2024-04", "2024-03", ""),
        ("", "2024-03", ""),
        (
            "2023-12",
            "2024-03",
            "CBP's files on record give this breakdown through December 2023 only; the border's "
            "total goes through March 2024.",
        ),
    ],
)
def test_a_part_with_older_figures_says_so(own, border, words):
    assert trust.stale_words(own, border, ENCOUNTERS) == words


@pytest.mark.parametrize(
    ("day", "old"), [("2024-05-28", False), ("2024-05-29", True), ("2024-12-01", True)]
)
def test_figures_are_old_once_the_next_ones_are_overdue(day, old):
    assert ENCOUNTERS.due[2] == 28
    words = trust.old_words("2024-03", ENCOUNTERS, date.fromisoformat(day))

    assert words == old * (
        "These figures are old. Those of April 2024, due May 7-26, 2024, have not "
        "been taken in; check CBP's own page before you quote a figure as the newest."
    )


def test_when_the_next_figures_come_is_said_without_counting_days():
    assert trust.next_release("2026-08", ENCOUNTERS).startswith("September 2026, due ")


def test_of_a_rejected_file_it_is_said_whose_decision_it_is():
    assert trust.rejected_words({}) == ""
    assert trust.rejected_words({"a.csv": "", "b\n.csv": ""}) == (
        "A newer file was rejected because it did not pass the checks: a.csv, b .csv. The operator "
        "decides whether to accept it."
    )
