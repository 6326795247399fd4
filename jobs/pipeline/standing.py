"""The standing questions asked at a run, and of the past as it stood at every cutoff."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forecast import months
from forecast.engine import ENGINE, VERSION, paths
from forecast.engine.joint import Joint
from forecast.engine.predictive import Predictive
from forecast.engine.rows import month_of
from forecast.judge import questions
from forecast.judge.questions import Asked
from forecast.types import Counts, Forecast, SeriesKey, StandingAnswer
from jobs.pipeline.totals import Headline
from models.base import Floats, Ints

if TYPE_CHECKING:
    from forecast.config import Config
    from forecast.sources.source import Source

_DRAWS = 500  # a hindcast chance to 2 points, which the base rates are far from
_REFIT = 12  # cutoffs between two looks at how the totals hang together
Rates = Mapping[tuple[str, str], float]
PathsByTotal = Mapping[SeriesKey, Floats]
"""(n, h) paths of each total and of their sum, from one cutoff."""


class BesideLastValue(NamedTuple):
    """What is said at every column, by the engine and by a last value with such intervals."""

    engine: Predictive
    last_value: Predictive


def answers(
    recorded: Container[tuple[str, str, str]],
    config: Config,
    head: Headline,
    pair: BesideLastValue,
    together: Joint,
    rows: Sequence[Forecast],
    counts: Counts,
    source: Source,
) -> Iterator[StandingAnswer]:
    """Answers of this run, and hindcast ones that are not on record yet.

    recorded : (version, total, cutoff) of hindcast answers. rows : this run's forecasts.
    """
    kinds = [
        kind
        for kind in config.questions.standing
        if questions.fits(kind, begins=source.year_begins)
    ]
    rates = questions.base_rates({key: counts[key] for key in head.keys}, source.year_begins)
    last = np.array([head.last], dtype=np.int64)
    beside = (
        next(_drawn(head, pair.last_value, last, paths.DRAWS, source), None)
        if head.totals
        else None
    )
    yield from _issued(together, rows, counts, kinds, rates, beside or {}, source)
    version = f"{ENGINE}, engine {VERSION}"
    cutoffs = [(c, month_of(head.panel, 0, c)) for c in range(head.scored, head.last)]
    cutoffs = [
        (column, cutoff)
        for column, cutoff in cutoffs
        if any(
            (version, key.total, cutoff) not in recorded and cutoff in counts[key]
            for key in head.keys
        )
    ]
    if head.totals and cutoffs:  # totals that end in different months are not asked of the past
        yield from _hindcast(head, pair, counts, kinds, rates, cutoffs, version, source)


def _issued(
    together: Joint,
    rows: Sequence[Forecast],
    counts: Counts,
    kinds: Sequence[str],
    rates: Rates,
    beside: PathsByTotal,
    source: Source,
) -> Iterator[StandingAnswer]:
    next_months = {row.series: row for row in rows if (row.model, row.horizon) == (ENGINE, 1)}
    for key, marginals in together.marginals.items():
        if not key.headline:
            continue
        asked = Asked(key, counts[key], months.from_index(marginals.cutoff), source.year_begins)
        draws = together.draws(paths.DRAWS).of(key)
        yield from _answered(asked, (draws, beside.get(key)), kinds, rates, "issued")
        if questions.INSIDE in kinds:
            version = f"{ENGINE}, engine {VERSION}"
            if row := next_months.get(key):
                question = questions.inside(key, row.month, row.lo80, row.hi80)
                yield StandingAnswer(question, "issued", asked.cutoff, version, 0.8, 0.8)


def _answered(
    asked: Asked,
    drawn: tuple[Floats, Floats | None],
    kinds: Sequence[str],
    rates: Rates,
    basis: str,
) -> Iterator[StandingAnswer]:
    """Answers from the engine's paths, and beside each the last value's, where it has some."""
    draws, beside = drawn
    for question in questions.questions(asked, kinds):
        ahead = months.to_index(question.last_month) - months.to_index(asked.cutoff)
        if ahead > draws.shape[1]:
            continue
        reached = beside is not None and ahead <= beside.shape[1]
        yield StandingAnswer(
            question,
            "issued" if basis == "issued" else "hindcast",
            asked.cutoff,
            f"{ENGINE}, engine {VERSION}",
            questions.chance(question, asked, draws),
            rates.get((question.kind, asked.cutoff), 0.5),
            questions.chance(question, asked, beside) if beside is not None and reached else None,
        )


def _hindcast(
    head: Headline,
    pair: BesideLastValue,
    counts: Counts,
    kinds: Sequence[str],
    rates: Rates,
    cutoffs: Sequence[tuple[int, str]],
    version: str,
    source: Source,
) -> Iterator[StandingAnswer]:
    """What would have been answered at each cutoff, from only the figures up to it."""
    columns: Ints = np.array([column for column, _ in cutoffs], dtype=np.int64)
    ranges = pair.engine.at(columns).quantiles((0.1, 0.9))[:, :, 0]
    both = (_drawn(head, predictive, columns, _DRAWS, source) for predictive in pair)
    for place, ((_, cutoff), drawn, beside) in enumerate(zip(cutoffs, *both, strict=True)):
        for row, key in enumerate(head.keys):
            if cutoff not in counts[key] or drawn is None:
                continue  # a month that nobody knows: nothing was published to ask from
            until = {month: count for month, count in counts[key].items() if month <= cutoff}
            asked = Asked(key, until, cutoff, source.year_begins)
            draws = drawn[key], (beside or {}).get(key)
            yield from _answered(asked, draws, kinds, rates, "hindcast")
            if questions.INSIDE in kinds:
                inside = questions.inside(key, asked.ahead(1), *_range80(ranges[row, place]))
                yield StandingAnswer(inside, "hindcast", cutoff, version, 0.8, 0.8)


def _drawn(
    head: Headline, predictive: Predictive, columns: Ints, many: int, source: Source
) -> Iterator[PathsByTotal | None]:
    """Paths of every total and of their sum from each column; None without a forecast."""
    row_of = {key: row for row, key in enumerate(head.keys)}
    totals = [row_of[SeriesKey(part)] for part in source.totals.parts]
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
            known = paths.correlation(scores[:, : column + 1])
            together = paths.as_wide_as(known, of[totals], of[total])
        draws = paths.draw(of[totals], together, many, column)
        by_row = dict(zip(totals, draws, strict=True)) | {total: draws.sum(axis=0)}
        yield {head.keys[row]: draws for row, draws in by_row.items()}


def _range80(ends: Floats) -> tuple[int, int]:
    low, high = ends
    return int(np.floor(np.expm1(low) + 1e-9)), int(np.ceil(np.expm1(high) - 1e-9))
