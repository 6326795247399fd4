from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from forecast.config import Config, Mail
from forecast.rows import ScoreRow
from jobs.deliver.outbox import concern_letter as letter
from jobs.service.health import coverage_drift
from tests.support import month_facts

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
CONFIG = Config(mail=Mail(sender="Desk <desk@example.org>", reply_to="people@example.org"))


def score(n: int, held: int, **other) -> ScoreRow:
    said = {
        "model": "bordercast", "era": "all", "horizon": 1, "basis": "issued", "border": "northern",
        "n": n, "coverage80": held / n,
    } | other  # fmt: skip
    return month_facts.row(ScoreRow, **said)


@pytest.mark.parametrize(
    ("n", "held", "drifts"),
    [
        (23, 0, False),  # too few months to judge
        (24, 0, True),
        (24, 13, True),  # p = .004 of an exact test
        (24, 14, False),  # p = .017
        (24, 23, False),
        (24, 24, True),  # too many: p = .009
        (36, 36, True),
        (100, 80, False),
    ],
)
def test_coverage_drifts_where_chance_would_not_do_it(n, held, drifts):
    assert bool(list(coverage_drift([score(n, held)]))) == drifts


@pytest.mark.parametrize(
    "other",
    [{"model": "naive"}, {"era": "2024"}, {"horizon": 3}, {"horizon": 0}, {"basis": "hindcast"}],
)
def test_only_what_was_issued_a_month_ahead_is_judged(other):
    assert list(coverage_drift([score(100, 10, **other)])) == []


def test_a_drift_is_told_with_both_counts():
    assert list(coverage_drift([score(100, 81), score(100, 20)])) == [
        "coverage drift, northern: the 80% interval of one month ahead held 20 of 100 months"
    ]


def test_a_concern_is_a_mail_with_what_is_held():
    made = letter(CONFIG.mail, "the disk\n has 3 GB left " + "x " * 60, "2026-08", NOW)

    mail = message_from_bytes(made.mime, policy=policy.default)
    assert mail["Subject"] == made.subject
    assert made.subject.startswith("Bordercast needs you: the disk has 3 GB left x x")
    assert len(made.subject) == len("Bordercast needs you: ") + 60
    assert mail["From"] == "Desk <desk@example.org>"
    assert mail["Date"].datetime == NOW
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith(".operator@example.org>")
    lines = mail.get_content().splitlines()
    assert lines[-1] == "Figures are held through 2026-08; `bordercast status` says more."
    assert max(map(len, lines)) <= 78
    assert made.edition == "operator"


@pytest.mark.parametrize(
    ("concern", "through", "same"),
    [
        ("4 mails wait", "2026-08", True),  # numbers change from day to day
        ("3 mails waits", "2026-08", False),
        ("3 mails wait", "2026-09", False),  # told anew with new figures
    ],
)
def test_a_concern_is_told_once_in_a_month_of_figures(concern, through, same):
    first = letter(CONFIG.mail, "3 mails wait", "2026-08", NOW)

    assert (letter(CONFIG.mail, concern, through, NOW).content_key == first.content_key) == same


def test_without_figures_a_concern_says_so():
    made = letter(CONFIG.mail, "no run yet", "", NOW)

    assert "Figures are held through no month" in made.mime.decode()
