"""Sums of months from the engine's paths: how often their intervals held, and their log-WIS.

    python -m benchmarks.totals

Borders and their fiscal years from every cutoff, competitions' series from their end, and parts
made one with their border, beside the same parts left alone. Nothing here is used to choose.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks import sets, tables
from benchmarks.scoring import coverage
from benchmarks.sets import HeldOut, Rolling
from forecast import months
from forecast.engine import joint, paths, scores
from forecast.engine.predictive import Predictive
from forecast.engine.refit import engine_forecasts
from forecast.engine.scores import PROBS
from forecast.types import SeriesKey
from models.base import Floats

N = 1000  # paths of borders and competitions
PART_N = 500
YEAR = 12
CUTOFFS = ("2018-09", "2025-08")
PART_CUTOFFS = ("2022-09", "2025-10")
EVERY = 3  # cutoffs of parts between two that are asked
MEDIAN = PROBS.index(0.5)
_INTERVALS = {level: (PROBS.index(p), PROBS.index(1 - p)) for level, p in ((80, 0.1), (95, 0.025))}

Pair = tuple[float, Floats]
"""What came, and draws of it, in counts."""


def main() -> None:
    """Everything, printed and kept."""
    sums = [*border_sums()]
    lines = {"borders, next 12 months": line([pair for kind, _, pair in sums if kind == "year"])}
    fiscal = [(left, pair) for kind, left, pair in sums if kind == "fiscal"]
    lines["fiscal years"] = line([pair for _, pair in fiscal])
    for low, high in ((1, 4), (5, 8), (9, 12)):
        chosen = [pair for left, pair in fiscal if low <= left <= high]
        lines[f"fiscal years, {low}-{high} months left"] = line(chosen)
    for work in (sets.m3("development"), sets.m3("other"), sets.m1(), sets.tourism()):
        lines[f"{work.name}, 12 months"] = line([*competition_sums(work)])
    beside = {}
    for dimension in ("state", "citizenship", "demographic"):
        totals, scored = parts(dimension)
        lines[f"parts by {dimension}, 12 months"] = line(totals)
        beside[dimension] = {
            era: float(found[1].mean() / found[0].mean()) for era, found in scored.items()
        }
    heads = ("sums", "n", "80%", "95%", "log-WIS")
    tables.show("Sums of months", heads, {name: [*of.values()] for name, of in lines.items()})
    rows = {name: [*of.values()] for name, of in beside.items()}
    heads = ("log-WIS of coherent parts / left alone", "before 2024", "from 2024 on", "all")
    tables.show("Coherent parts", heads, rows)
    tables.keep("totals", {"sums": lines, "coherent_over_alone": beside})


def line(pairs: Sequence[Pair]) -> dict[str, float]:
    """Of sums: how many, how often 80 and 95% intervals held, log-WIS."""
    z = np.log1p([came for came, _ in pairs])
    said = np.log1p(np.stack([np.quantile(draws, PROBS) for _, draws in pairs]))
    held = {
        f"cover{level}": coverage(z, said[:, low], said[:, high])
        for level, (low, high) in _INTERVALS.items()
    }
    return {"n": float(len(z)), **held, "log_wis": float(scores.wis(z, said).mean())}


def border_sums() -> Iterator[tuple[str, int, Pair]]:
    """("year" or "fiscal", months still ahead, sum) of each border from each cutoff."""
    work = sets.borders()
    counts, width = work.counts, work.counts.shape[1]
    first_month = work.last_month - width + 1
    for column, drawn in _borders_drawn(work, CUTOFFS, N):
        month = first_month + column + 1
        left = YEAR - (month - months.to_index(f"{month // 12}-10")) % YEAR
        for row, draws in enumerate(drawn[0]):
            after = counts[row, column + 1 :]
            if len(after) >= YEAR:
                yield "year", YEAR, (after[:YEAR].sum(), draws[:, :YEAR].sum(axis=1))
            if len(after) >= left:
                known = counts[row, column + 1 - (YEAR - left) : column + 1].sum()
                pair = known + after[:left].sum(), known + draws[:, :left].sum(axis=1)
                yield "fiscal", left, pair


def _borders_drawn(
    work: Rolling, between: tuple[str, str], n: int
) -> Iterator[tuple[int, tuple[Floats, Floats]]]:
    """(cutoff's column, (borders and nationwide's draws (4, n, h), the borders' steps))."""
    width = work.counts.shape[1]
    first_month = work.last_month - width + 1
    columns = np.arange(width)
    said = engine_forecasts(work.panel, columns, YEAR, totals=work.totals)
    errors = paths.one_month_scores(said, work.panel.z)[:3]
    span = [months.to_index(month) - first_month for month in between]
    for column in range(span[0], span[1] + 1):
        of = paths.marks(said, column)
        known = paths.correlation(errors[:, : column + 1])
        together = paths.as_wide_as(known, of[:3], of[3])
        step = paths.mixed(together, paths.steps((3, 2, n, YEAR), column))
        draws = paths.from_steps(of[:3], step)
        yield column, (np.concatenate([draws, draws.sum(axis=0)[None]]), step)


def competition_sums(work: HeldOut) -> Iterator[Pair]:
    """The sum of the first twelve test months of each series."""
    end = np.array([work.panel.z.shape[1] - 1])
    of = paths.marks(engine_forecasts(work.panel, end, YEAR))
    for row, future in enumerate(work.future):
        step = paths.steps((1, 2, N, YEAR), row)
        draws = paths.from_steps(of[row : row + 1], step)[0]
        if len(future) >= YEAR:
            yield float(future[:YEAR].sum()), draws.sum(axis=1)


def parts(dimension: str) -> tuple[list[Pair], dict[str, Floats]]:
    """12-month sums of a dimension's parts, and era -> (2, n) log-WIS alone and made one."""
    keys = [key for key in sets.figures() if key.dimension == dimension]
    work = sets.parts(dimension, PART_CUTOFFS[0])
    totals = sets.borders()
    start = work.last_month - work.counts.shape[1] + 1
    shift = start - (totals.last_month - totals.counts.shape[1] + 1)
    said = engine_forecasts(work.panel, np.arange(work.counts.shape[1]), YEAR)
    sums: list[Pair] = []
    scored: dict[str, list[Floats]] = {"before 2024": [], "from 2024 on": []}
    cutoffs = [*_borders_drawn(totals, PART_CUTOFFS, PART_N)][::EVERY]
    for column, (drawn, step) in cutoffs:
        place = column - shift
        era = "before 2024" if (start + place) // 12 < 2024 else "from 2024 on"
        for number, name in enumerate(totals.names[:3]):
            rows = _rows(keys, name, said, place)
            if not len(rows):
                continue
            recent = slice(place + 1 - YEAR, place + 1)
            total = totals.counts[number, column + 1 - YEAR : column + 1].sum()
            share = min(work.counts[rows, recent].sum() / total, 1.0)
            made = _made_one(said, rows, place, drawn[number] * share, step[number], column)
            came = work.counts[rows, place + 1 : place + 1 + YEAR]
            if came.shape[1] == YEAR:
                sums += zip(came.sum(axis=1).tolist(), made.sum(axis=2), strict=True)
            scored[era].append(_scores(said, rows, place, made, came))
    eras = {era: np.concatenate(found, axis=1) for era, found in scored.items()}
    return sums, {**eras, "all": np.concatenate([*eras.values()], axis=1)}


def _rows(keys: Sequence[SeriesKey], total: str, said: Predictive, place: int) -> np.ndarray:
    """The border's parts that have a forecast from this column."""
    own = np.array([key.total == total for key in keys])
    return np.flatnonzero(own & np.isfinite(said.sigma[:, place]))


def _made_one(
    said: Predictive, rows: np.ndarray, place: int, goal: Floats, total: Floats, seed: int
) -> Floats:
    """(parts, n, h) counts that add up to the goal in every path."""
    own = paths.steps((len(rows), *total.shape), seed, 1)
    of = paths.marks(said, place)[rows]
    return joint.adding_up(paths.from_steps(of, joint.followed(total, own)), goal)


def _scores(said: Predictive, rows: np.ndarray, place: int, made: Floats, came: Floats) -> Floats:
    """(2, forecasts) log-WIS of the parts alone, and of those made one with their border."""
    h = came.shape[1]
    alone = said.at(np.array([place])).quantiles(PROBS)[rows, 0, :h]
    one = np.log1p(np.moveaxis(np.quantile(made[..., :h], PROBS, axis=1), 0, -1))
    z = np.log1p(came)
    return np.stack([scores.wis(z, alone).ravel(), scores.wis(z, one).ravel()])


if __name__ == "__main__":
    main()
