"""The engine on more series than memory holds: a set in parts, which come one after the other.

A family whose series all stand in one part is forecast with it. Families that span parts are
learned first: every series is gone through for the family's priors, for its verdicts, and for its
widths, and what these need of each series waits in a scratch folder. What a family adds up is
added exactly, so the numbers are those of one file with all series.

In memory is one part at a time. On disk, a series of 74 months and 12 months ahead takes 46 KB,
36 of them paths.
"""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from forecast.engine import combination, intervals, tails
from forecast.engine.anyseries import SHORTEST, SeriesForecasts, long_enough
from forecast.engine.blocks import (
    BLOCK,
    FirstPass,
    LastPass,
    Slice,
    Spread,
    Task,
    Verdicts,
    block_forecasts,
    block_losses,
    cuts_of,
    enter,
    farthest,
    place_for,
    room_for,
)
from forecast.engine.combination import Evidence, Losses
from forecast.engine.predictive import Predictive
from forecast.engine.refit import engine_forecasts
from forecast.engine.shelf import Place, Shelf
from forecast.errors import DataError, ShortSeriesError
from models import structural
from models.base import Floats, Ints, MonthlyCounts
from models.kalman import GRID
from models.onepass import median, off_calendar, on_calendar

J = TypeVar("J")
A = TypeVar("A")


class Scratch:
    """What waits on disk, by name and part."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, name: str, part: int, value: Any) -> None:
        """Keep an array, or anything else that can be pickled."""
        if isinstance(value, np.ndarray):
            np.save(self.folder / f"{name}-{part}.npy", value)
        else:
            (self.folder / f"{name}-{part}.pickle").write_bytes(pickle.dumps(value, protocol=5))

    def array(self, name: str, part: int) -> np.ndarray:
        """An array that was kept."""
        return np.asarray(np.load(self.folder / f"{name}-{part}.npy"))

    def rows(self, name: str, part: int, rows: slice) -> np.ndarray:
        """Some rows of it; the rest is not read."""
        array = np.load(self.folder / f"{name}-{part}.npy", mmap_mode="r")
        return np.array(array[rows])

    def value(self, name: str, part: int) -> Any:
        """What else was kept."""
        content = (self.folder / f"{name}-{part}.pickle").read_bytes()
        return pickle.loads(content)  # noqa: S301 - written by this process, in its own folder

    def forget(self, name: str, part: int) -> None:
        """Make room."""
        for file in self.folder.glob(f"{name}-{part}.*"):
            file.unlink()


@dataclass(frozen=True)
class PartedCounts:
    """Counts of a set in parts, in a scratch folder, without series too short to forecast.

    Attributes
    ----------
    sizes : series of each part. width : columns that a panel of any of them has; see
    `blocks.Task.on_calendar`. whole : whether all values are integers. spanning : families that
    stand in several parts, in order; newest : the last month that any series of each has.
    """

    scratch: Scratch
    sizes: tuple[int, ...]
    width: int
    whole: bool
    spanning: np.ndarray
    newest: Ints

    def counts(self, part: int) -> MonthlyCounts:
        """A part's series, as wide as the widest part's."""
        counts: MonthlyCounts = self.scratch.value("counts", part)
        missing = self.width - counts.values.shape[1]
        values = np.pad(counts.values, ((0, 0), (missing, 0)), constant_values=np.nan)
        return replace(counts, values=values)


def kept_parts(
    parts: Iterable[tuple[str, MonthlyCounts]], scratch: Scratch, left_out: list[ShortSeriesError]
) -> PartedCounts:
    """Go through all parts once and keep their series.

    Parameters
    ----------
    parts : name and series of each. left_out : gets the series that are too short.

    Raises
    ------
    DataError : a series stands in two parts; none is long enough.
    """
    sizes: list[int] = []
    families: dict[str, int] = {}
    spanning: set[str] = set()
    seen = np.empty(0, dtype=np.int64)  # 8 bytes stand for a name
    width, whole = 0, True
    for part, (name, counts) in enumerate(parts):
        hashes = np.array(list(map(hash, counts.names)), dtype=np.int64)
        again = np.flatnonzero(np.isin(hashes, seen))
        if len(again):
            raise DataError(
                f"{name}: series {counts.names[again[0]]!r} is in an earlier part too; "
                "put all months of a series into one part"
            )
        seen = np.concatenate([seen, hashes])
        try:
            counts, short = long_enough(counts)
        except ShortSeriesError:
            short = [
                ShortSeriesError(series, months, SHORTEST)
                for series, months in zip(counts.names, counts.length.tolist(), strict=True)
            ]
            counts = counts.some(np.zeros(len(counts.names), dtype=bool))
        left_out += short
        scratch.keep("counts", part, counts)
        sizes.append(len(counts.names))
        columns = Task(counts.panel, np.empty(0, dtype=np.int64), 0).on_calendar.panel.z.shape[1]
        width, whole = max(width, columns), whole and bool(counts.whole.all())
        for family in np.unique(counts.family).tolist():
            if families.setdefault(family, part) != part:
                spanning.add(family)
    if not sum(sizes):
        raise DataError("no series is long enough to forecast; at least 24 months are needed")
    shared = np.array(sorted(spanning))
    newest, reached = _ends(scratch, len(sizes), shared)
    return PartedCounts(scratch, tuple(sizes), max(width, reached), whole, shared, newest)


def _ends(scratch: Scratch, parts: int, spanning: np.ndarray) -> tuple[Ints, int]:
    """(families,) the last month of each that spans parts, and how many columns they need."""
    newest, room = np.full((2, len(spanning)), np.iinfo(np.int64).min // 2)
    for part in range(parts if len(spanning) else 0):
        counts: MonthlyCounts = scratch.value("counts", part)
        rows = np.flatnonzero(np.isin(counts.family, spanning))
        if not len(rows):
            continue
        number = np.searchsorted(spanning, counts.family[rows])
        np.maximum.at(newest, number, counts.last[rows])
        length = counts.values.shape[1] - counts.panel.start[rows]
        np.maximum.at(room, number, length - counts.last[rows])
    return newest, int((newest + room).max(initial=0))


def forecast_parts(
    parted: PartedCounts, h: int, *, hindcasts: int, spread: Spread
) -> Iterator[SeriesForecasts]:
    """The forecasts of each part, in order; see `forecast.engine.anyseries.forecast_counts`."""
    back = np.arange(min(hindcasts, parted.width - 1), -1, -1, dtype=np.int64)
    origins = parted.width - 1 - back
    if len(parted.spanning):
        _learn(parted, origins, h, spread)
    for part in range(len(parted.sizes)):
        counts = parted.counts(part)
        predictive = room_for(Task(counts.panel, origins, h))
        shared = np.isin(counts.family, parted.spanning)
        own = np.flatnonzero(~shared)
        if len(own):
            panel = Task(counts.panel, origins, h).part(own).panel
            enter(predictive, own, engine_forecasts(panel, origins, h, spread=spread))
        if shared.any():
            enter(predictive, np.flatnonzero(shared), parted.scratch.value("said", part))
        yield SeriesForecasts(counts, back, predictive)


def _learn(parted: PartedCounts, origins: Ints, h: int, spread: Spread) -> None:
    """Forecast all series of families that span parts; each part's `said` waits in the scratch."""
    together = _Together(parted, origins, h, spread)
    prior = together.priors()
    with Shelf(parted.scratch.folder) as shelf:
        verdicts, places = together.judge(prior, shelf)
        together.forecast(prior, verdicts, places)
    together.widen()


class _Key(NamedTuple):
    """Which rows of a part's panel an answer is about; the last of the part's blocks, or not."""

    part: int
    task: Task
    cut: Slice
    last: bool


class _Judged(NamedTuple):
    """What families say, (families, months) each: t statistics, median ratios; and `Hearing`s."""

    statistic: Floats
    middle: Floats
    shared: Ints


class _Together:
    """The steps of `forecast.engine.blocks.in_steps` for families that span parts."""

    def __init__(self, parted: PartedCounts, origins: Ints, h: int, spread: Spread) -> None:
        self.kept, self.scratch, self.spread = parted, parted.scratch, spread
        self.origins, self.h = origins, h
        self.number: dict[int, Ints] = {}  # of each part's series' families
        self.behind: dict[int, Ints | None] = {}  # of each part's panel
        self.jumps = False
        for part in range(len(parted.sizes)):
            counts = parted.counts(part)
            rows = np.flatnonzero(np.isin(counts.family, parted.spanning))
            if len(rows):
                panel = Task(counts.panel, origins, h).part(rows).panel
                number = np.searchsorted(parted.spanning, panel.family)
                late = parted.newest[number] - panel.last
                panel = replace(panel, behind=late if late.any() else None)
                self.scratch.keep("panel", part, structural.filled(panel))
                self.number[part], self.behind[part] = number, panel.behind
                self.jumps = panel.jumps

    @property
    def shape(self) -> tuple[int, int]:
        """Families, months."""
        return len(self.kept.spanning), self.kept.width

    def priors(self) -> Floats:
        """(families, months, grid) of the structural grid."""
        mass = np.zeros((*self.shape, len(GRID)), dtype=np.int64)
        for key, evidence in self._answers(structural.evidence, lambda key: key.task.panel):
            mass[key.cut.families] += evidence
        return structural.log_prior(mass)

    def judge(self, prior: Floats, shelf: Shelf) -> tuple[_Judged, list[Place | None]]:
        """What the families say of the models, and where paths wait.

        Each series' own record goes to the scratch.
        """
        places: list[Place | None] = []

        def step(key: _Key) -> FirstPass:
            ahead = max(self.h, farthest(key.task.panel))
            places.append(place_for(key.task, ahead, shelf, self.spread))
            return self._step(key, prior, places[-1])

        apart, live = np.zeros((2, *self.shape), dtype=np.int64)
        shared = np.zeros((len(Evidence._fields) - 1, *self.shape), dtype=np.int64)
        ratios: list[Floats] = []
        own: list[Floats] = []
        for key, (losses, heard, _) in self._answers(block_losses, step):
            shared[:, key.cut.families] += np.stack(heard[1:])
            panel = key.task.panel
            ratios.append(combination.own_ratio(losses, panel.seen))
            own.append(np.stack([heard.own, losses.spread]))
            numbers = self.number[key.part][key.cut.rows]
            for family in key.cut.families.tolist():
                rows = np.flatnonzero(numbers == family)
                of = key.task.part(rows).panel
                says = combination.evidence(Losses(*(x[rows] for x in losses)), of.seen, of.behind)
                apart[family] += says[0]
                live[family] += says[1]
            if key.last:  # month by month, as they are asked for
                ratio = on_calendar(np.concatenate(ratios), self.behind[key.part], np.nan)
                self.scratch.keep("ratio", key.part, ratio.T.copy())
                self.scratch.keep("own", key.part, np.concatenate(own, axis=1))
                ratios, own = [], []
        statistic = np.stack(
            [combination.t_statistic(a, n) for a, n in zip(apart, live, strict=True)]
        )
        return _Judged(statistic, self._medians(), shared), places

    def _step(self, key: _Key, prior: Floats, place: Place | None) -> FirstPass:
        ahead = max(self.h, farthest(key.task.panel))
        return FirstPass(key.task, prior[key.cut.families], ahead, place)

    def _medians(self) -> Floats:
        """(families, months) median of the series' ratios."""
        number = np.concatenate(list(self.number.values()))
        out = np.empty(self.shape)
        for t in range(self.shape[1]):
            ratio = np.concatenate(
                [self.scratch.rows("ratio", part, slice(t, t + 1))[0] for part in self.number]
            )
            for family in range(self.shape[0]):
                out[family, t] = median(ratio[number == family][None])[0]
        return out

    def forecast(self, prior: Floats, judged: _Judged, places: Sequence[Place | None]) -> None:
        """Each part's forecasts before widths are learned, and what widths are learned from."""
        level = combination.level_weight(Evidence(np.empty(0), *judged.shared))
        verdicts: dict[int, Verdicts] = {}
        place = iter(places)

        def step(key: _Key) -> LastPass:
            if key.part not in verdicts:
                verdicts.clear()  # of the part before: its jobs are on their way
                verdicts[key.part] = self._verdicts(key.part, judged, level)
            last = self._step(key, prior, next(place))
            return LastPass(last, None, verdicts[key.part].of(key.cut), {}, None)

        predictive: Predictive | None = None
        squares: list[Floats] = []
        for key, (part, errors) in self._answers(block_forecasts, step):
            if predictive is None:
                predictive = room_for(
                    Task(self.scratch.value("panel", key.part), self.origins, self.h)
                )
            enter(predictive, key.cut.rows, part)
            squares.append(errors)
            if key.last:
                self.scratch.keep("said", key.part, predictive)
                both = on_calendar(np.concatenate(squares), self.behind[key.part], np.nan)
                self.scratch.keep("squares", key.part, both.transpose(1, 0, 2).copy())
                self.scratch.forget("panel", key.part)
                predictive, squares = None, []

    def _verdicts(self, part: int, judged: _Judged, level: Floats) -> Verdicts:
        number, behind, jumps = self.number[part], self.behind[part], self.jumps
        own, spread = self.scratch.array("own", part)
        ratio = off_calendar(self.scratch.array("ratio", part).T, behind)
        statistic, middle = (
            off_calendar(x[number], behind) for x in (judged.statistic, judged.middle)
        )
        lean = combination.verdict(statistic, ratio, middle, spread, jumps)
        df = tails.degrees(combination.walk_share(lean), jumps)
        self.scratch.keep("df", part, on_calendar(df, behind, np.nan).T.copy())
        for done in ("ratio", "own"):
            self.scratch.forget(done, part)
        heard = Evidence(own, *judged.shared)
        return Verdicts(lean, combination.root_weight(heard, number, behind), level)

    def widen(self) -> None:
        """Give each part's forecasts the widths their families have learned."""

        def month(t: int, mean: Floats) -> tuple[Ints, Ints]:
            total, count = np.zeros((2, *mean.shape), dtype=np.int64)
            for part, number in self.number.items():
                square = self.scratch.rows("squares", part, slice(t, t + 1))[0]
                df = self.scratch.rows("df", part, slice(t - mean.shape[1], t))[::-1].T
                squares = intervals.month_squares(square, df, number, mean)
                total += squares[0]
                count += squares[1]
            return total, count

        learned = intervals.learned_widths(*self.shape, self.h, month)
        for part, number in self.number.items():
            predictive = self.scratch.value("said", part)
            width = intervals.learned_by(number, learned, self.origins, self.behind[part])
            scale = intervals.widened(predictive.scale, width, predictive.share)
            self.scratch.keep("said", part, replace(predictive, scale=scale))
            for done in ("squares", "df"):
                self.scratch.forget(done, part)

    def _answers(
        self, work: Callable[[J], A], job: Callable[[_Key], J]
    ) -> Iterator[tuple[_Key, A]]:
        """Every block of every part, in order, done wherever `spread` does it."""
        sent: deque[_Key] = deque()

        def jobs() -> Iterator[J]:
            for part, number in self.number.items():
                task = Task(self.scratch.value("panel", part), self.origins, self.h)
                cuts = cuts_of(number, BLOCK)
                for cut in cuts:
                    key = _Key(part, task.part(cut.rows), cut, cut is cuts[-1])
                    sent.append(key)
                    yield job(key)

        for answer in self.spread(work, jobs()):
            yield sent.popleft(), answer
