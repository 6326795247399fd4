"""The standing questions asked at a run, and of the past as it stood at every cutoff."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from forecast import months
from forecast.engine import ENGINE, VERSION, paths
from forecast.engine.forecast import Headline
from forecast.engine.panel import month_of
from forecast.engine.predictive import Predictive
from forecast.judge import questions
from forecast.judge.questions import Asked
from forecast.tree import Traits
from forecast.types import AnsweredQuestions, Basis, Counts, Forecast, Question, Row, SeriesKey
from models.base import Floats, Ints

_DRAWS = 500  # a hindcast chance to 2 points, which the base rates are far from
_REFIT = 12  # cutoffs between two looks at how the totals hang together
_VERSION = f"{ENGINE}, engine {VERSION}"
PathsByTotal = Mapping[SeriesKey, Floats]
"""(n, h) paths of each total and of their sum, from one cutoff."""


@dataclass(frozen=True)
class StandingQuestions:
    """The standing questions and what it takes to answer them.

    pair : what is said at every column by the engine, and by a last value with such intervals.
    kinds : of question. rates : (kind, cutoff) -> base rate. counts : of every series.
    """

    head: Headline
    pair: tuple[Predictive, Predictive]
    counts: Counts
    kinds: Sequence[str]
    rates: Mapping[tuple[str, str], float]
    source: Traits

    @classmethod
    def of(
        cls,
        kinds: Sequence[str],
        head: Headline,
        pair: tuple[Predictive, Predictive],
        counts: Counts,
        source: Traits,
    ) -> StandingQuestions:
        """Those kinds that can be asked where years begin as the source's do."""
        calendar = source.calendar
        kinds = [kind for kind in kinds if questions.fits(kind, calendar)]
        rates = questions.base_rates({key: counts[key] for key in head.keys}, calendar)
        return cls(head, pair, counts, kinds, rates, source)

    @cached_property
    def _beside(self) -> PathsByTotal:
        """The last value's paths from the last month; none of totals that do not add up."""
        if not self.head.totals:
            return {}
        last = np.array([self.head.last], dtype=np.int64)
        # As many paths as the engine's: a yardstick with more noise would flatter the engine.
        return next(_drawn(self.head, self.pair[1], last, paths.DRAWS, self.source)) or {}

    def issued(
        self, key: SeriesKey, cutoff: str, draws: Floats, next_month: Forecast | None
    ) -> Iterator[Row]:
        """What this run answers of a total. next_month : its forecast of the month to come."""
        asked = Asked(key, self.counts[key], cutoff, self.source.calendar)
        yield from self._answered(asked, draws, self._beside.get(key), "issued")
        if next_month and questions.INSIDE in self.kinds:
            ends = next_month.lo80, next_month.hi80
            inside = questions.inside(key, next_month.month, *ends)
            yield _answer(inside, "issued", cutoff, 0.8, 0.8)

    def _unanswered(
        self, cutoffs: Mapping[int, str], recorded: Container[AnsweredQuestions]
    ) -> Ints:
        """Return the columns at whose cutoff some total was published and not yet asked of."""
        chosen = [
            column
            for column, cutoff in cutoffs.items()
            if any(
                cutoff in self.counts[key]
                and AnsweredQuestions(_VERSION, key.total, cutoff) not in recorded
                for key in self.head.keys
            )
        ]
        return np.array(chosen, dtype=np.int64)

    def hindcast(self, recorded: Container[AnsweredQuestions]) -> Iterator[Row]:
        """What would have been answered at each cutoff, from only the figures up to it.

        recorded : those that are on record already.
        """
        head, counts = self.head, self.counts
        cutoffs = {c: month_of(head.panel, 0, c) for c in range(head.scored, head.last)}
        columns = self._unanswered(cutoffs, recorded)
        if not head.totals or not len(columns):
            return  # totals that end in different months are not asked of the past
        # As it would have been published: whole counts, the interval closed.
        ranges = self.pair[0].at(columns).quantiles((0.1, 0.9))[:, :, 0]
        both = (_drawn(head, of, columns, _DRAWS, self.source) for of in self.pair)
        for place, (column, drawn, beside) in enumerate(zip(columns.tolist(), *both, strict=True)):
            cutoff = cutoffs[column]
            for row, key in enumerate(head.keys):
                if cutoff not in counts[key] or drawn is None:
                    continue  # a month that nobody knows: nothing was published to ask from
                until = {month: count for month, count in counts[key].items() if month <= cutoff}
                asked = Asked(key, until, cutoff, self.source.calendar)
                yield from self._answered(asked, drawn[key], (beside or {}).get(key), "hindcast")
                if questions.INSIDE in self.kinds:
                    ends = _range80(ranges[row, place])
                    inside = questions.inside(key, asked.ahead(1), *ends)
                    yield _answer(inside, "hindcast", cutoff, 0.8, 0.8)

    def _answered(
        self, asked: Asked, draws: Floats, beside: Floats | None, basis: Basis
    ) -> Iterator[Row]:
        """Answers from the engine's paths, and beside each the last value's, where it has some."""
        for question in questions.questions(asked, self.kinds):
            ahead = months.to_index(question.last_month) - months.to_index(asked.cutoff)
            if ahead > draws.shape[1]:
                continue
            last = None
            if beside is not None and ahead <= beside.shape[1]:
                last = questions.chance(question, asked, beside)
            chance = questions.chance(question, asked, draws)
            rate = self.rates.get((question.kind, asked.cutoff), 0.5)
            yield _answer(question, basis, asked.cutoff, chance, rate, last)


def _answer(
    question: Question,
    basis: Basis,
    cutoff: str,
    chance: float,
    base_rate: float,
    last_value: float | None = None,
) -> Row:
    """The chance given to a question from a cutoff.

    chance, base_rate : 0..1, the second how often questions of its kind, asked of any of the
    totals, had come true by the cutoff, drawn towards a coin. last_value : what the last value with
    the same kind of intervals gives it, None where that was not asked.
    """
    chances = {"chance": chance, "base_rate": base_rate, "last_value": last_value}
    return {"question": question, "basis": basis, "cutoff": cutoff, "version": _VERSION, **chances}


def _drawn(
    head: Headline, predictive: Predictive, columns: Ints, many: int, source: Traits
) -> Iterator[PathsByTotal | None]:
    """Paths of every total and of their sum from each column; None without a forecast."""
    row_of = {key: row for row, key in enumerate(head.keys)}
    totals = [row_of[part] for part in source.tree.addends(row_of)]
    total = row_of[SeriesKey(source.totals.whole)]
    scores = paths.one_month_scores(predictive, head.panel.z)[totals]
    all_marks = predictive.at(columns).quantiles(paths.QUANTILES)
    together: Floats | paths.Factors | None = None
    for place, column in enumerate(columns.tolist()):
        of = all_marks[:, place]
        if not np.isfinite(of).all():
            yield None
            continue
        if together is None or place % _REFIT == 0:
            # Of the months up to the cutoff alone; once a year, because it hardly moves.
            known = paths.correlation(scores[:, : column + 1])
            together = paths.as_wide_as(known, of[totals], of[total])
        draws = paths.draw(of[totals], together, many, column)
        by_row = dict(zip(totals, draws, strict=True)) | {total: draws.sum(axis=0)}
        yield {head.keys[row]: draws for row, draws in by_row.items()}


def _range80(ends: Floats) -> tuple[int, int]:
    low, high = ends
    return int(np.floor(np.expm1(low) + 1e-9)), int(np.ceil(np.expm1(high) - 1e-9))
