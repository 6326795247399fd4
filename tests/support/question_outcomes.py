"""Whether what a standing question asks happened, and base rates of it, month by month."""

from __future__ import annotations

from collections.abc import Mapping

from forecast import months
from forecast.judge import questions
from forecast.judge.questions import EARLIEST, KINDS, PRIOR_N, Asked
from forecast.periods import Calendar
from forecast.types import Question, SeriesKey


def outcome(question: Question, counts: Mapping[str, int]) -> bool | None:
    """Whether it happened; None while a month is not published."""
    span = months.between(question.first_month, question.last_month)
    if any(month not in counts for month in span):
        return None
    count = {"sum": sum, "max": max, "min": min}[question.statistic](counts[m] for m in span)
    return question.above < count < question.below


def base_rates(
    counts: Mapping[SeriesKey, Mapping[str, int]], calendar: Calendar
) -> dict[tuple[str, str], float]:
    """The same as `questions.base_rates`, a question after the other."""
    asked = [
        (question.kind, question.last_month, outcome(question, known))
        for key, known in counts.items()
        for cutoff in sorted(known)[EARLIEST - 1 :]
        for question in questions.questions(Asked(key, known, cutoff, calendar))
    ]
    rates = {}
    for kind in KINDS:
        for cutoff in {month for known in counts.values() for month in sorted(known)[23:]}:
            came = [
                true for of, last, true in asked
                if of == kind and last <= cutoff and true is not None
            ]  # fmt: skip
            rates[kind, cutoff] = (sum(came) + PRIOR_N / 2) / (len(came) + PRIOR_N)
    return rates
