"""What a notice states in numbers, and whether a later revision has made that false.

A digit that moved is no falsehood: the notice says which release it rests on. False is

    the count        revised by so much that it is a flag of its own (more than .5% and 50)
    where it lies    now inside an interval it was said to be outside of, or the other way
    a comparison     now in the other direction, or against a count revised by so much
    an extreme       no longer the lowest or highest since the month that was named
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from forecast.desk.ranking import comparisons, extreme_since
from forecast.desk.report import MonthReport
from forecast.judge.surprise import LEAST_COUNT, LEAST_SHARE
from forecast.words import MINUS, change_words, month_words

if TYPE_CHECKING:
    from forecast.sources.source import Source

NoticeStatement = Mapping[str, Any]
GRAVITY = ("critical", "major", "notable", "watch")  # the gravest first
_BOUNDS = ("lo95", "lo80", "hi80", "hi95")


def statement(report: MonthReport) -> dict[str, Any]:
    """What is said of a month, to be kept with the notice."""
    expectation = report.expectation
    return {
        "month": report.month,
        "encounters": report.encounters,
        "bounds": [getattr(expectation, name) for name in _BOUNDS] if expectation else None,
        "compared": {c.name: [c.last, c.now, c.before] for c in report.comparisons},
        "extreme": [report.extreme, report.since],
        **({"severity": severity(report)} if report.findings else {}),
    }


def severity(report: MonthReport) -> str:
    """The gravest of a month's flags."""
    return str(min((flag["severity"] for flag in report.findings), key=GRAVITY.index))


def became_false(then: NoticeStatement, counts: Mapping[str, int], source: Source) -> list[str]:
    """What is no longer true, a sentence each; empty if everything still is.

    Parameters
    ----------
    then : a statement. counts : the border's months as they stand now.
    """
    if not then or then["month"] not in counts:
        return []
    return [
        *_count(then, counts),
        *_place(then, counts),
        *_compared(then, counts, source),
        *_extreme(then, counts),
    ]


def _much(before: int, now: int) -> bool:
    return abs(now - before) >= LEAST_COUNT and abs(now - before) > LEAST_SHARE * before


def _count(then: NoticeStatement, counts: Mapping[str, int]) -> Iterator[str]:
    before, now = then["encounters"], counts[then["month"]]
    if _much(before, now):
        month = month_words(then["month"])
        yield f"{month} was given as {before:,}; it has been revised to {now:,}."


def _place(then: NoticeStatement, counts: Mapping[str, int]) -> Iterator[str]:
    if then["bounds"] is None:
        return
    before = _where(then["encounters"], then["bounds"])
    now = _where(counts[then["month"]], then["bounds"])
    if before != now:
        yield f"The month was said to lie {before}; as revised it lies {now}."


def _where(count: int, bounds: list[int]) -> str:
    lo95, lo80, hi80, hi95 = bounds
    if lo80 <= count <= hi80:
        return "inside the 80% interval"
    side = "below" if count < lo80 else "above"
    return f"{side} the {80 if lo95 <= count <= hi95 else 95}% interval"


def _compared(then: NoticeStatement, counts: Mapping[str, int], source: Source) -> Iterator[str]:
    for now in comparisons(counts, then["month"], source):
        _, count, before = then["compared"].get(now.name, (None, 0, None))
        if before is None or now.before is None:
            continue
        turned = _sign(count, before) != _sign(now.now, now.before)
        if turned or _much(before, now.before):
            yield (
                f"Against the {now.name} the change was given as {change_words(count, before)} "
                f"(from {before:,}); as revised it is {change_words(now.now, now.before)} "
                f"(from {now.before:,})."
            )


def _sign(now: int, before: int) -> str:
    words = change_words(now, before)
    return words[0] if words[0] in (MINUS, "+") else ""


def _extreme(then: NoticeStatement, counts: Mapping[str, int]) -> Iterator[str]:
    kind, since = then["extreme"]
    if kind and (kind, since) != extreme_since(counts, then["month"]):
        when = f"since {month_words(since)}" if since else "of all months up to then"
        yield f"It was said to be the {kind} {when}; as revised it is not."
