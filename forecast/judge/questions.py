"""Standing questions: what every run is asked of every total, and how good the chances were.

A question is fixed when it is asked, in counts, so that it resolves by what is published and by
nothing else. Each chance is scored beside two yardsticks: a base rate, how often questions of its
kind, asked of any of the totals each month, had come true by then; and the chance that the last
value gives, with intervals of the same kind.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from forecast import months
from forecast.engine import spans
from forecast.engine.spans import Chance
from forecast.periods import Calendar
from forecast.types import Question, Row, SeriesKey, Statistic
from models.base import Floats, Ints

INSIDE = "next month inside the 80% range"
LONG = 60  # months: what is "since" in the lowest since
COIN = 0.25  # Brier score of saying 1/2 to everything
PRIOR_N = 48  # questions' worth of belief in a coin: a year of the four totals'
EARLIEST = 24  # months a total must have been published before it is asked about


class Asked(NamedTuple):
    """What a question may rest on: published counts and the last of their months.

    calendar : the source's years.
    """

    key: SeriesKey
    counts: Mapping[str, int]
    cutoff: str
    calendar: Calendar

    def ahead(self, step: int) -> str:
        """The month so many months after the cutoff."""
        return months.shift(self.cutoff, step)

    @property
    def year(self) -> tuple[str, str]:
        """The first and the last month of the fiscal year that the next month is in."""
        year = self.calendar.period(self.calendar.year(self.ahead(1)))
        return year.first_month, year.last_month


YEAR = "fiscal year above last"
YEAR_BEFORE, EVERY = 0, -1  # the same months a year before; every month so far
# Months ahead of the cutoff, or the fiscal year; what is asked of them; above or below what the
# same statistic is of: so many months up to the cutoff, or one of the two above.
KINDS: Mapping[str, tuple[tuple[int, int] | None, Statistic, int]] = {
    "next month above year before": ((1, 1), "sum", YEAR_BEFORE),
    YEAR: (None, "sum", YEAR_BEFORE),
    "next 12 months above last 12": ((1, 12), "sum", YEAR_BEFORE),
    "month in half a year above this month": ((6, 6), "sum", 1),
    "record within 12 months": ((1, 12), "max", EVERY),
    "lowest month of 5 years within 12 months": ((1, 12), "min", LONG),
}


def fits(kind: str, calendar: Calendar) -> bool:
    """Whether a kind can be asked of these years."""
    ahead, statistic, _ = KINDS.get(kind, ((1, 1), "sum", 0))
    summed = statistic == "sum" and (ahead is None or ahead[0] < ahead[1])
    return (calendar.adds or not summed) and (calendar.fiscal or kind != YEAR)


def questions(asked: Asked, kinds: Iterable[str] = tuple(KINDS)) -> list[Question]:
    """The standing questions that can be asked of a total from a cutoff."""
    every = []
    for kind in kinds:
        if kind not in KINDS:
            continue
        ahead, statistic, back = KINDS[kind]
        first, last = map(asked.ahead, ahead) if ahead else asked.year
        if back == EVERY:
            earlier = [month for month in asked.counts if month <= asked.cutoff]
        elif back == YEAR_BEFORE:
            earlier = months.between(months.shift(first, -12), months.shift(last, -12))
        else:
            earlier = months.between(asked.ahead(1 - back), asked.cutoff)
        # What of the span is published counts in it, so that has to be known too.
        if all(month in asked.counts for month in (*earlier, *months.between(first, asked.cutoff))):
            count = int(getattr(np, statistic)([asked.counts[month] for month in earlier]))
            side = {"below": count} if statistic == "min" else {"above": count}
            every.append(Question(asked.key, kind, first, last, statistic, **side))
    return every


def inside(key: SeriesKey, month: str, low: int, high: int) -> Question:
    """Whether the next month comes to lie in its published 80% interval, ends included."""
    return Question(key, INSIDE, month, month, "sum", low - 1, high + 1)


def chance(question: Question, asked: Asked, draws: Floats) -> float:
    """In how many of the paths it happens.

    draws : (n, h) counts of the months after the cutoff, as far as the question's last at least.
    """
    start = months.to_index(asked.cutoff) + 1
    columns = [
        np.full(len(draws), float(asked.counts[month]))
        if month <= asked.cutoff
        else draws[:, months.to_index(month) - start]
        for month in months.between(question.first_month, question.last_month)
    ]
    value = np.rint(getattr(np.stack(columns), question.statistic)(axis=0))
    return spans.share((value > question.above) & (value < question.below))


def base_rates(
    counts: Mapping[SeriesKey, Mapping[str, int]], calendar: Calendar
) -> dict[tuple[str, str], float]:
    """(kind, cutoff) -> how often such questions, of any of these totals, had come true by then.

    Drawn towards a coin by PRIOR questions, because twelve questions about overlapping years are
    hardly more than one: without it base rates score worse than a coin, and flatter every chance.
    """
    resolved: dict[str, list[tuple[int, bool]]] = {kind: [] for kind in KINDS}
    for by_month in counts.values():
        for kind, last, came in _resolved(by_month, calendar):
            resolved[kind] += zip(last.tolist(), came.tolist(), strict=True)
    cutoffs = {month for known in counts.values() for month in sorted(known)[EARLIEST - 1 :]}
    rates = {}
    for kind, outcomes in resolved.items():
        outcomes.sort()
        true = list(accumulate((came for _, came in outcomes), initial=0))
        for cutoff in cutoffs:
            n = bisect_right(outcomes, (months.to_index(cutoff), True))
            rates[kind, cutoff] = (true[n] + PRIOR_N / 2) / (n + PRIOR_N)
    return rates


def _resolved(
    by_month: Mapping[str, int], calendar: Calendar
) -> Iterator[tuple[str, Ints, NDArray[np.bool_]]]:
    """Yield of each kind the last months of a total's questions that are, and what came true."""
    at = np.array(sorted(map(months.to_index, by_month)))
    cutoffs = at[EARLIEST - 1 :]
    # A month that is not published is nan, and so is all that needs it.
    values = np.full(LONG + int(np.ptp(at)) + 13, np.nan)
    start = at[0] - LONG
    values[at - start] = [by_month[month] for month in sorted(by_month)]

    def windows(statistic: str, first: Ints, length: int) -> Floats:
        spans = getattr(sliding_window_view(values, length), statistic)(axis=1)
        return np.asarray(spans[first - start])

    years = np.array([calendar.period(calendar.year(int(c) + 1)).first for c in cutoffs], int)
    for kind, (ahead, statistic, back) in KINDS.items():
        first, length = years, 12
        if ahead:
            first, length = cutoffs + ahead[0], ahead[1] - ahead[0] + 1
        value = windows(statistic, first, length)
        if back == EVERY:
            bound = np.fmax.accumulate(values)[cutoffs - start]
        elif back == YEAR_BEFORE:
            bound = windows(statistic, first - 12, length)
        else:
            bound = windows(statistic, cutoffs + 1 - back, back)
        known = np.isfinite(value + bound)
        came = value < bound if statistic == "min" else value > bound
        yield kind, first[known] + length - 1, came[known]


class ChanceScores(NamedTuple):
    """How good chances were. All but n: smaller is better, except skill.

    n : chances whose question is resolved. brier, log : mean squared and mean log error; base_*
    : of the base rates. last_brier : of the last value's chances, None where one was not asked.
    skill : 1 - brier / base_brier.
    """

    n: int
    brier: float
    base_brier: float
    log: float
    base_log: float
    last_brier: float | None = None

    @property
    def skill(self) -> float:
        """Share that the chances save of the base rate's Brier score, or a coin's if smaller."""
        return 1 - self.brier / min(self.base_brier, COIN) if self.base_brier > 0 else 0.0

    @property
    def beaten(self) -> bool:
        """Whether a last value with the same kind of intervals did better."""
        return self.last_brier is not None and self.last_brier < self.brier


def record(
    given: Sequence[float],
    base: Sequence[float],
    came: Sequence[bool],
    last: Sequence[float | None] = (),
) -> ChanceScores:
    """Scores of chances of resolved questions, and of their yardsticks; Brier 1950, Good 1952.

    last : the last value's chances; none, or one that is not known, and they have no score.
    """
    # The yardsticks are scored on the same questions, or they would be of other months.
    y = np.array(came, dtype=float)
    both = [np.array(p, dtype=float) for p in (given, base)]
    brier, base_brier = (float(((p - y) ** 2).mean()) for p in both)
    # A chance of 0 out of 2,000 paths is not the claim that it cannot be.
    sure = [np.clip(p, 1 / 4000, 1 - 1 / 4000) for p in both]
    log, base_log = (float(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()) for p in sure)
    known = [p for p in last if p is not None]
    beside = float(((np.array(known) - y) ** 2).mean()) if len(known) == len(y) else None
    return ChanceScores(len(y), brier, base_brier, log, base_log, beside)


BINS = ((0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01))


@dataclass(frozen=True)
class KindScore:
    """How good the chances of one kind of question were, on one basis.

    bins : of chances from `low` to below `high`, how many (n), their mean (given), and the share
    that came true (came).
    """

    kind: str
    basis: str
    record: ChanceScores
    bins: Sequence[Row]

    @property
    def skilled(self) -> bool:
        """Whether its chances are worth more than the base rate."""
        return self.kind != INSIDE and self.record.skill >= SKILL

    @property
    def verdict(self) -> str:
        """The same in words."""
        if self.kind == INSIDE:
            return "no skill is possible; it checks the interval"
        if not self.skilled:
            return "hardly better than a coin"
        if self.record.beaten:
            return "better than base rate and coin, but a last value is better still"
        return f"{self.record.skill:.0%} better than base rate and coin"

    @property
    def as_json(self) -> dict[str, Any]:
        """For programs."""
        record = self.record
        return {
            "kind": self.kind,
            "basis": self.basis,
            "n": record.n,
            "brier": record.brier,
            "base_rate_brier": record.base_brier,
            "last_value_brier": record.last_brier,
            "log_score": record.log,
            "base_rate_log_score": record.base_log,
            "skill": record.skill,
            "reliability": list(self.bins),
        }


def by_kind(rows: Iterable[Row]) -> list[KindScore]:
    """Scores of resolved rows of `standing_questions`, issued ones and hindcasts apart."""
    # Hindcasts apart: they know the method's later choices, issued chances do not.
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["basis"], row["kind"]].append(row)
    kinds = []
    for (basis, kind), members in sorted(groups.items(), key=itemgetter(0)):
        bins = []
        for low, high in BINS:
            inside = [row for row in members if low <= row["chance"] < high]
            if n := len(inside):
                given, came = (sum(r[name] for r in inside) / n for name in ("chance", "outcome"))
                bins.append(
                    {"low": low, "high": min(high, 1.0), "n": n, "given": given, "came": came}
                )
        kinds.append(KindScore(kind, basis, of_rows(members), bins))
    return kinds


def fullest(kinds: Sequence[KindScore]) -> list[KindScore]:
    """The kinds of the basis that more questions were resolved on; one picture shows one basis."""
    by_basis = {kind.basis: [k for k in kinds if k.basis == kind.basis] for kind in kinds}
    return max(by_basis.values(), key=lambda kinds: sum(k.record.n for k in kinds), default=[])


SIMILAR = 0.1  # chances within this of another one are "such" chances
LEAST_SIMILAR = 10  # of them say nothing


@dataclass(frozen=True)
class TrackRecord:
    """How good chances of a kind have been. near, came : of those close to the one given."""

    kind: str
    record: ChanceScores
    near: int
    came: int

    @property
    def skilled(self) -> bool:
        """Whether such chances are worth more than the base rate."""
        return self.record.skill >= SKILL

    @property
    def telling(self) -> bool:
        """Whether there are enough chances near the one given for their outcomes to tell much."""
        return self.near >= LEAST_SIMILAR

    @property
    def as_json(self) -> dict[str, Any]:
        """For programs."""
        last = self.record.last_brier
        return {
            "kind": self.kind,
            "n": self.record.n,
            "brier": round(self.record.brier, 4),
            "base_rate_brier": round(self.record.base_brier, 4),
            "last_value_brier": last and round(last, 4),
            "skill": round(self.record.skill, 3),
            "near": self.near,
            "near_came_true": self.came,
        }


def of_rows(rows: Sequence[Row]) -> ChanceScores:
    """Scores of rows of `standing_questions` that are resolved."""
    names = ("chance", "base_rate", "outcome", "last_value")
    return record(*([row[name] for row in rows] for name in names))


def similar_kind(chance: Chance) -> str:
    """The standing question that is most like this one, "" if none is."""
    single, years = chance.span.length == 1, chance.calendar
    fiscal = years.fiscal and years.year_of(chance.span) is not None
    if chance.kind == "record month":
        return "record within 12 months"
    if chance.kind == "lowest month":
        return "lowest month of 5 years within 12 months"
    if chance.kind in ("year before", "span"):
        if single:
            return "next month above year before"
        return YEAR if fiscal else "next 12 months above last 12"
    return ""


SKILL = 0.05  # of the Brier score over the base rate's; less is hardly better than a coin
