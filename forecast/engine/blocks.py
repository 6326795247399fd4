"""The engine over blocks of series, wherever these are computed and wherever they wait.

    every block's evidence         -> each family's priors
    every block's paths and losses -> each family's verdict, scale and level
    every block's forecasts        -> each family's widths

Each step is a pure function of a block and of what its families have in common, so a block that
is lost is computed again. What a family adds up is added exactly, as integers, so no number
depends on how the series were cut, on their order, or on where they were computed. Between the
steps paths wait on disk where there is more than one block, and what is known of each series in a
`Scratch`: in memory, or on disk where the series are more than memory holds. Families that fit
into a block together are one job from start to end.
"""

from __future__ import annotations

import os
import pickle
import tempfile
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from forecast.engine import combination, intervals, smallcounts, tails
from forecast.engine import parameters as par
from forecast.engine.predictive import Predictive, TotalRows, joined, predictive, summed
from forecast.engine.smallcounts import CountShares
from forecast.engine.surprises import Outcomes, mixed
from models import structural, waiting
from models.base import Floats, Ints, Panel, stack
from models.breakwalk import walked
from models.kalman import GRID
from models.level import levels
from models.onepass import Sweep, family_numbers, family_sums, median, off_calendar, on_calendar
from models.quantity import in_own_units

BLOCK = 288  # series: three of the structural grid's own blocks
SPARED = 2**30  # bytes that others may need of the same disk
_HEAD = 8  # bytes that say how long a value is; nothing was put where they are 0

Place = tuple[str, int]
"""Room for a value that waits on disk: a file, and from which byte on."""

J = TypeVar("J")
A = TypeVar("A")


class Spread(Protocol):
    """Where jobs are done: here, in other processes, or on other machines."""

    def __call__(self, work: Callable[[J], A], jobs: Iterable[J], /) -> Iterator[A]:
        """Each job's answer, in the order of the jobs; work is a module's function, picklable."""


def serial(work: Callable[[J], A], jobs: Iterable[J], /) -> Iterator[A]:
    """One job after the other, in this process."""
    return map(work, jobs)


@dataclass(frozen=True)
class Task:
    """What the engine is asked: a panel, at which columns, and how many months ahead.

    further : months ahead that the last column is asked for beside it, 0 for none. Evidence and
    verdicts are the same at any horizon. totals, until : as in `refit.engine_forecasts`.
    """

    panel: Panel
    origins: Ints
    h: int
    further: int = 0
    totals: TotalRows | None = None
    until: int | None = None

    @property
    def asks(self) -> list[tuple[Ints, int]]:
        """Columns and months ahead, one for each answer."""
        last = np.array([self.panel.z.shape[1] - 1], dtype=np.int64)
        return [(self.origins, self.h), *([(last, self.further)] if self.further else [])]

    @property
    def ahead(self) -> int:
        """How far paths must reach: what is asked, and the horizons that models are judged by."""
        judged = par.NEAR if self.panel.jumps or self.panel.calm else par.SPREADS
        return max(self.h, self.further, int(judged))

    def part(self, rows: Ints) -> Task:
        """The same for some of the series."""
        return replace(self, panel=self.panel.some(rows))

    @property
    def on_calendar(self) -> Task:
        """The same, its panel knowing by how much series end before the last of their family.

        And with room in front: in the last one's months no series begins before column 0.
        """
        panel, months = self.panel, self.panel.z.shape[1]
        if panel.behind is not None or not len(panel.z):
            return self
        # Counts of one family may end months apart: what is shared must be of the same month.
        number = family_numbers(panel)
        newest = np.full(int(number.max()) + 1, panel.last.min())
        np.maximum.at(newest, number, panel.last)
        behind = newest[number] - panel.last
        if not behind.any():
            return self
        room = max(int((months - panel.start + behind).max()) - months, 0)
        z = np.pad(panel.z, ((0, 0), (room, 0)), constant_values=np.nan)
        until = None if self.until is None else self.until + room
        panel = replace(panel, z=z, behind=behind)
        return replace(self, panel=panel, origins=self.origins + room, until=until)


@dataclass(frozen=True)
class BlockPaths:
    """What a block's models say from every column, before anybody has decided between them.

    grid : the structural grid, kept within the history. root : (series, months, h) of the grid on
    square roots. level : (series, months).
    """

    walk: Sweep
    grid: Sweep
    root: Floats
    level: Floats


@dataclass(frozen=True)
class FirstJob:
    """A block before its families have heard of it.

    prior : (families, months, grid) of the structural grid. place : where its paths wait from the
    verdict to the forecasts, None where they do not and are computed again. alone : whether they
    are answered beside it.
    """

    task: Task
    prior: Floats
    place: Place | None
    alone: bool


@dataclass(frozen=True)
class LastJob:
    """A block with all that its families have in common.

    own : (series, 3, months) what its series said by themselves. verdict : (2, families, months) t
    statistics, and medians of ratios. shared : what all series of the families said. paths : if
    they were answered.
    """

    task: Task
    prior: Floats
    place: Place | None
    own: Floats
    verdict: Floats
    shared: Ints
    paths: BlockPaths | None


@dataclass(frozen=True)
class BlockLosses:
    """What a block's series say of the models, see `forecast.engine.combination`.

    own : (series, 3, months) `own_ratio`, the series' own of `hearing`, `spread_scores`.
    shared : (7, families, months) `evidence`, and the families' of `hearing`. paths : if kept.
    """

    own: Floats
    shared: Ints
    paths: BlockPaths | None


@dataclass(frozen=True)
class BlockForecasts:
    """A block's forecasts at the origins, before widths are learned, and what these learn from.

    predictives, counts : of each of the task's asks. squares : `intervals.squared_errors` of each.
    df : (series, months) degrees of freedom.
    """

    predictives: list[Predictive]
    counts: list[CountShares]
    squares: list[Floats]
    df: Floats


Slice = tuple[Ints, Ints]
"""Rows of a panel that are computed together, and their families' numbers, each once."""


class Scratch:
    """What waits between steps, by name and part: on disk, in memory where there is no folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._memory: dict[tuple[str, int], Any] = {}

    def keep(self, name: str, part: int, value: Any) -> None:
        """Keep an array, or anything else that can be pickled."""
        if self.folder is None:
            self._memory[name, part] = value
        elif isinstance(value, np.ndarray):
            np.save(self.folder / f"{name}-{part}.npy", value)
        else:
            (self.folder / f"{name}-{part}.pickle").write_bytes(pickle.dumps(value, protocol=5))

    def value(self, name: str, part: int) -> Any:
        """What was kept, unless it is an array on disk."""
        if self.folder is None:
            return self._memory[name, part]
        content = (self.folder / f"{name}-{part}.pickle").read_bytes()
        return pickle.loads(content)  # noqa: S301 - written by this process, in its own folder

    def rows(self, name: str, part: int, rows: slice | Ints) -> np.ndarray:
        """Some rows of an array; the rest is not read."""
        if self.folder is None:
            return np.asarray(self._memory[name, part][rows])
        return np.array(np.load(self.folder / f"{name}-{part}.npy", mmap_mode="r")[rows])

    def forget(self, part: int, *names: str) -> None:
        """Make room."""
        for name in names:
            self._memory.pop((name, part), None)
            for file in self.folder.glob(f"{name}-{part}.*") if self.folder else ():
                file.unlink()


def families_side_by_side(
    tasks: Sequence[Task], spread: Spread, size: int = BLOCK
) -> list[list[Predictive]]:
    """What the engine says of each of several panels; those that are asked the same are one.

    The grid computes 96 series in the time of one: a family of three takes no block of its own.
    """
    tasks = [task.on_calendar for task in tasks]
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for place, task in enumerate(tasks):
        kind = task.panel.calm, task.panel.jumps, task.h, task.further
        groups[task.panel.z.shape[1], kind, tuple(task.origins.tolist())].append(place)
    answers: list[list[Predictive]] = [[] for _ in tasks]
    for places in groups.values():
        # What is a family in one of the panels is none in another.
        panels = [
            replace(p := tasks[place].panel, family=np.char.add(f"{place} ", p.family))
            for place in places
        ]
        predictives = spread_out(replace(tasks[places[0]], panel=stack(panels)), spread, size)
        first = 0
        for place, panel in zip(places, panels, strict=True):
            rows = slice(first, first := first + len(panel.z))
            answers[place] = [whole.of(rows) for whole in predictives]
    return answers


def spread_out(task: Task, spread: Spread, size: int) -> list[Predictive]:
    """What the engine says to each ask, at most `size` series at a time."""
    small, large = _by_size(task.panel.family, size)
    if not len(large) and len(small) == 1:
        return in_steps(task)
    if not small:
        return in_steps(task, spread, size)
    # Small families first would wait for the large one's steps all the same.
    answers = [in_steps(task.part(large), spread, size)] if len(large) else []
    answers += spread(in_steps, map(task.part, small))
    rows = [*([large] if len(large) else []), *small]
    back = np.argsort(np.concatenate(rows))
    return [joined(parts).of(back) for parts in zip(*answers, strict=True)]


def _by_size(family: np.ndarray, size: int) -> tuple[list[Ints], Ints]:
    """Rows of small families, packed into blocks as they are; and of all larger families.

    The larger ones go through the steps together: between two steps workers wait.
    """
    order = np.argsort(family, kind="stable")
    first = np.flatnonzero(np.append(True, family[order][1:] != family[order][:-1]))
    packs: list[list[Ints]] = []
    large, room = [np.empty(0, dtype=np.int64)], 0
    for rows in np.split(order, first[1:]):
        if len(rows) > size:
            large.append(rows)
            continue
        if len(rows) > room:
            packs.append([])
            room = size
        packs[-1].append(rows)
        room -= len(rows)
    return [np.sort(np.concatenate(pack)) for pack in packs], np.concatenate(large)


def in_steps(task: Task, spread: Spread = serial, size: int = 0) -> list[Predictive]:
    """What the engine says of whole families, cut into blocks; size 0 is one block."""
    scratch = Scratch()
    keep_panel(scratch, 0, task.panel, together=bool(task.totals))
    learn(task, scratch, {0: family_numbers(task.panel)}, spread, size or len(task.panel.z))
    answers: list[Predictive] = scratch.value("said", 0)
    return answers


def keep_panel(scratch: Scratch, part: int, panel: Panel, *, together: bool = False) -> None:
    """Keep a panel on its families' calendar for `learn`: filled, and with what surprised it.

    Each series in a unit of its own; together : all in one, because they add up.
    """
    own, unit = in_own_units(panel, together=together)
    retained, surprises = waiting.watched(structural.filled(own))
    scratch.keep("unit", part, unit)
    scratch.keep("panel", part, retained)
    scratch.keep("surprises", part, surprises)


def learn(
    task: Task, scratch: Scratch, numbers: Mapping[int, Ints], spread: Spread, size: int = BLOCK
) -> None:
    """Forecast the panels in a scratch, whose families have all their series there.

    Each part's answers are in the scratch then, as "said", and nothing else that was put there.

    task : what is asked of each panel. numbers : part -> (series,) of their families.
    """
    together = _Together(task, scratch, numbers, spread, size)
    with Shelf(scratch.folder) as shelf:
        together.judge(shelf)
        together.forecast()
    together.widen()


class _Together:
    """The steps, each over every block of every part."""

    def __init__(
        self, task: Task, scratch: Scratch, numbers: Mapping[int, Ints], spread: Spread, size: int
    ) -> None:
        self.task, self.scratch, self.numbers = task, scratch, numbers
        self.spread, self.size = spread, size
        self.families = max(int(number.max()) for number in numbers.values()) + 1
        self.months = task.panel.z.shape[1]
        self.behind: dict[int, Ints | None] = {}
        start = self.months
        self.surprises = Outcomes(self.families, self.months)
        for part, number in numbers.items():
            panel = scratch.value("panel", part)
            self.behind[part], start = panel.behind, min(start, int(panel.start.min()))
            self.surprises.add(part, scratch.value("surprises", part), number, panel.behind)
            scratch.forget(part, "surprises")
        # Nothing teaches before: of short series that is a third of what would be kept.
        aligned = all(behind is None for behind in self.behind.values())
        self.early = min(start + int(par.FIRST_WIDTH), self.months) if aligned else 0
        self.waiting: dict[int, list[tuple[Place | None, BlockPaths | None]]] = {}

    def judge(self, shelf: Shelf) -> None:
        """Learn the priors, then what the families say of the models; paths go to the shelf."""
        # Integers: a family's sum is the same in whatever order its blocks come.
        mass = np.zeros((self.families, self.months, len(GRID)), dtype=np.int64)
        for part in self.numbers:
            panels = self._answers(part, structural.evidence, lambda task, cut: task.panel)
            for (_, families), evidence in panels:
                mass[families] += evidence
        self.prior = structural.log_prior(mass)
        self.shared = np.zeros((7, self.families, self.months), dtype=np.int64)
        for part, number in self.numbers.items():
            alone = len(self.numbers) == 1 and len(number) <= self.size
            places: list[Place | None] = []
            self.waiting[part] = self._hear(part, shelf, places, alone=alone)
        statistic = [combination.t_statistic(*says) for says in self.shared[:2].swapaxes(0, 1)]
        self.verdict = np.empty((2, self.families, self.months))
        self.verdict[0] = statistic
        # Medians of the series' ratios, one month of all at a time where memory does not hold them.
        number = np.concatenate(list(self.numbers.values()))
        rows = np.split(np.argsort(number, kind="stable"), np.cumsum(np.bincount(number))[:-1])
        chunk = self.months if self.scratch.folder is None else 1
        for t in range(0, self.months, chunk):
            now = slice(t, t + chunk)
            ratios = [self.scratch.rows("ratio", part, now) for part in self.numbers]
            ratio = np.concatenate(ratios, axis=1)
            for family, of in enumerate(rows):
                self.verdict[1, family, now] = median(ratio[:, of])
        for part in self.numbers:
            self.scratch.forget(part, "ratio")

    def _hear(
        self, part: int, shelf: Shelf, places: list[Place | None], *, alone: bool
    ) -> list[tuple[Place | None, BlockPaths | None]]:
        """Keep what a part's series say of the models, each by itself; where its paths wait."""

        def job(task: Task, cut: Slice) -> FirstJob:
            # Workers on other machines cannot open the shelf's files.
            waits = not alone and not getattr(self.spread, "remote", False)
            size = task.panel.z.size * (5 * task.ahead + 1) * 8 + 4096
            places.append(shelf.place(size) if waits else None)
            return FirstJob(task, self.prior[cut[1]], places[-1], alone)

        series = len(self.numbers[part])
        own, ratio = np.empty((series, 3, self.months)), np.empty((self.months, series))
        paths: list[BlockPaths | None] = []
        for (rows, families), losses in self._answers(part, block_losses, job):
            self.shared[:, families] += losses.shared
            own[rows] = losses.own
            ratio[:, rows] = on_calendar(losses.own[:, 0], self._late(part, rows), np.nan).T
            paths.append(losses.paths)
        self.scratch.keep("own", part, own)
        self.scratch.keep("ratio", part, ratio)
        return list(zip(places, paths, strict=True))

    def forecast(self) -> None:
        """Keep each part's forecasts before widths are learned, and what these are learned from."""
        for part, number in self.numbers.items():
            shape = self.months - self.early, len(number)
            # Month by month in front: widths are learned from one month of all series at a time.
            squares = [np.empty((*shape, h)) for _, h in self.task.asks]
            df = np.empty((self.months, len(number)))
            by_block, waiting = [], iter(self.waiting.pop(part))
            counts: list[list[CountShares]] = [[] for _ in squares]
            job = partial(self._last_job, part, waiting)
            for (rows, _), answer in self._answers(part, block_forecasts, job):
                late = self._late(part, rows)
                for every, squared in zip(squares, answer.squares, strict=True):
                    moved = on_calendar(squared, late, np.nan)[:, self.early :]
                    every[:, rows] = moved.swapaxes(0, 1)
                df[:, rows] = on_calendar(answer.df, late, np.nan).T
                by_block.append(answer.predictives)
                for of_ask, shares in zip(counts, answer.counts, strict=True):
                    of_ask.append(shares.of(rows))
            self.scratch.keep("shares", part, [smallcounts.joined(every) for every in counts])
            said = [joined(answers) for answers in zip(*by_block, strict=True)]
            self.scratch.keep("said", part, said)
            self.scratch.keep("df", part, df)
            for place, every in enumerate(squares):
                self.scratch.keep(f"squares {place}", part, every)
            self.scratch.forget(part, "panel", "own")

    def _last_job(
        self,
        part: int,
        waiting: Iterator[tuple[Place | None, BlockPaths | None]],
        task: Task,
        cut: Slice,
    ) -> LastJob:
        rows, families = cut
        place, paths = next(waiting)
        own, shared = self.scratch.rows("own", part, rows), self.shared[:, families]
        verdict = self.verdict[:, families]
        return LastJob(task, self.prior[families], place, own, verdict, shared, paths)

    def widen(self) -> None:
        """Give each part's forecasts what their families have learned: widths, and of surprises."""
        chances = self.surprises.chances()
        for place, (origins, h) in enumerate(self.task.asks):
            month = partial(self._squares, f"squares {place}")
            learned = intervals.learned_widths(self.families, self.months, h, month)
            for part, number in self.numbers.items():
                predictives = self.scratch.value("said", part)
                width = intervals.learned_by(number, learned, origins, self.behind[part])
                scale = intervals.widened(predictives[place].scale, width, predictives[place].share)
                wide = replace(predictives[place], scale=scale)
                if not self.task.panel.jumps:
                    own = intervals.at_levels(scale, wide.centre, wide.sigma)
                    wide = replace(wide, scale=own)
                counts = self.scratch.value("shares", part)[place]
                wide = self.surprises.widened(part, wide, origins)
                ways = self.surprises.after(part, origins, h, chances)
                wide = mixed(wide, ways, counts)
                if self.task.totals:
                    # A total says what its parts do, after a surprise as well.
                    wide = replace(wide, centre=summed(wide.centre, self.task.totals))
                unit = self.scratch.rows("unit", part, slice(None))
                predictives[place] = wide.in_units(unit[:, None])
                self.scratch.keep("said", part, predictives)
                self.scratch.forget(part, f"squares {place}")
        for part in self.numbers:
            self.scratch.forget(part, "df", "shares", "unit")

    def _squares(self, name: str, t: int, mean: Floats) -> tuple[Ints, Ints]:
        """What all series say of how wide forecasts about a month should have been."""
        total, count = np.zeros((2, *mean.shape), dtype=np.int64)
        for part, number in self.numbers.items() if t >= self.early else ():
            square = self.scratch.rows(name, part, slice(t - self.early, t - self.early + 1))[0]
            df = self.scratch.rows("df", part, slice(t - mean.shape[1], t))[::-1].T
            squares = intervals.month_squares(square, df, number, mean)
            total += squares[0]
            count += squares[1]
        return total, count

    def _late(self, part: int, rows: Ints) -> Ints | None:
        behind = self.behind[part]
        return None if behind is None else behind[rows]

    def _answers(
        self, part: int, work: Callable[[J], A], job: Callable[[Task, Slice], J]
    ) -> Iterator[tuple[Slice, A]]:
        """Every block of a part, in order, done wherever `spread` does it."""
        task = replace(self.task, panel=self.scratch.value("panel", part))
        cuts = cuts_of(self.numbers[part], self.size)
        # The panel is cut as jobs are asked for: all blocks at once would be the panel once more.
        jobs = (job(task.part(cut[0]), cut) for cut in cuts)
        return zip(cuts, self.spread(work, jobs), strict=True)


def cuts_of(number: Ints, size: int) -> list[Slice]:
    """Blocks of at most `size` series; number : (series,) of their families."""
    rows = np.split(np.arange(len(number)), range(size, len(number), size))
    return [(block, np.unique(number[block])) for block in rows]


def block_losses(job: FirstJob) -> BlockLosses:
    """Hear what a block's series say of the models, see `forecast.engine.combination`."""
    panel = job.task.panel
    seen, number, behind = panel.seen, family_numbers(panel), panel.behind
    paths = block_paths(job.task, job.prior)
    if job.place:
        put(paths, job.place)
    near, grid = par.NEAR, paths.grid
    walk_loss, weight = combination.month_losses(paths.walk.path[..., :near], seen)
    grid_loss, _ = combination.month_losses(grid.path[..., :near], seen)
    spread = np.zeros_like(panel.z)
    if not (panel.jumps or panel.calm):
        spread = combination.spread_scores(paths.walk, grid, seen)
    root_ratio, of_families = combination.hearing(
        grid.path[..., :near], paths.root[..., :near], paths.level, seen, number, behind
    )
    # Added up here: what goes through the network is a family's, not each series'.
    evidence = np.stack(combination.evidence(walk_loss, grid_loss, seen, behind), axis=2)
    by_family = family_sums(evidence, number, int(number.max()) + 1).transpose(2, 0, 1)
    walk_ratio = combination.own_ratio(walk_loss, grid_loss, weight, seen)
    own = np.stack([walk_ratio, root_ratio, spread], axis=1)
    return BlockLosses(own, np.stack([*by_family, *of_families]), paths if job.alone else None)


def block_paths(task: Task, prior: Floats) -> BlockPaths:
    """What a block's models say from every column."""
    whole, ahead = task.panel, task.ahead
    # Models see one level; their paths are where the level is.
    panel, z = whole.steady, whole.z
    moved = np.zeros_like(z) if whole.watched is None else whole.watched.moved
    grid = structural.sweep_under(prior, panel, ahead)
    # Seasons and noise of calm counts grow with the root of their level, or with the level.
    rooted = replace(panel, z=np.sqrt(np.expm1(np.maximum(panel.z, 0))))
    root = np.log1p(np.maximum(structural.paths_under(prior, rooted, ahead), 0) ** 2)
    walk, up = walked(panel, ahead), moved[..., None]
    return BlockPaths(
        Sweep(walk.path + up, walk.growth),
        Sweep(combination.within_history(grid.path + up, z), grid.growth),
        combination.within_history(root + up, z),
        levels(panel) + moved,
    )


def block_forecasts(job: LastJob) -> BlockForecasts:
    """Forecast a block's series from all that is known of them and of their families."""
    task, panel = job.task, job.task.panel
    paths = job.paths or taken(job.place) or block_paths(task, job.prior)
    walk, grid = paths.walk, paths.grid
    seen, number, behind = panel.seen, family_numbers(panel), panel.behind
    ratio, own, spread = job.own.swapaxes(0, 1)
    statistic, middle = (off_calendar(x[number], behind) for x in job.verdict)
    lean = combination.verdict(statistic, ratio, middle, spread, panel.jumps)
    # A source that cannot break says so itself; evidence would need years for it.
    if panel.calm:
        lean = np.where(np.isfinite(lean), combination.CERTAIN, np.nan)
    _, _, grid_losses, root_losses, *of_level = job.shared
    root_weight = combination.root_weight(own, grid_losses, root_losses, number, behind)
    level_weight = off_calendar(combination.level_weight(*of_level)[number], behind)

    def held(weight: Floats) -> Floats:
        """(series, months) weights, after column `until` those of that column."""
        if task.until is None:
            return weight
        return weight[:, np.minimum(np.arange(weight.shape[1]), task.until)]

    lean = held(lean)
    calm = combination.calm_path(
        grid.path, paths.root, paths.level, held(root_weight), held(level_weight)
    )
    share = combination.walk_share(lean)
    weight = held(combination.walk_weight(walk.path, calm, seen, lean))
    weight = np.zeros_like(weight) if panel.calm else weight
    blended = combination.within_history(combination.blend(weight, walk.path, calm), panel.z)
    blended = summed(blended, task.totals)
    growth = combination.blend_growth(share, walk.growth, grid.growth)
    sigma = intervals.sigma_of(blended[..., 0], seen, panel.issued)
    if not panel.jumps:
        sigma = np.where(np.isnan(sigma), intervals.young_sigma(blended[..., 0], seen), sigma)
    df = tails.degrees(share, panel.jumps)
    # How far growth is known depends on the horizon, so that each ask has widths of its own.
    predictives, squares, first = [], [], sigma
    for place, (origins, h) in enumerate(task.asks):
        centre = blended[..., :h]
        seen_growth = intervals.unseen(growth[..., :h], panel.missing)
        scale = intervals.scale(sigma, seen_growth, share, panel.jumps)
        own_level = scale if panel.jumps else intervals.at_levels(scale, centre, sigma)
        squares.append(intervals.squared_errors(centre, own_level, seen))
        first = first if place else own_level[..., 0]
        predictives.append(predictive(panel, centre, scale, sigma, share, weight).at(origins))
    of_t = smallcounts.FirstStep(blended[..., 0], first, df, sigma)
    counts = smallcounts.shares(panel, task.asks, of_t)
    return BlockForecasts(predictives, counts, squares, df)


class Shelf(ExitStack):
    """Places in a file without a name, which goes with this process.

    folder : whose disk it is on; None for the system's, see TMPDIR.
    """

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__()
        self._folder = folder
        self._file = -1
        self._end = 0

    def place(self, size: int) -> Place | None:
        """Room for so many bytes; None where the disk has not enough."""
        try:
            if self._file < 0:
                file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115
                self._file = self.enter_context(file).fileno()
            disk = os.fstatvfs(self._file)
        except OSError:
            return None
        if disk.f_bavail * disk.f_frsize < SPARED + size:
            return None
        start, self._end = self._end, self._end + size + _HEAD
        return f"/proc/{os.getpid()}/fd/{self._file}", start


def put(value: Any, place: Place) -> None:
    """Write a value, whole or not at all: there are ways to do without."""
    # The length last: a worker killed on the way leaves a place that holds nothing.
    content, (path, start) = pickle.dumps(value, protocol=5), place
    with suppress(OSError), open(path, "r+b", buffering=0) as file:
        if os.pwrite(file.fileno(), content, start + _HEAD) == len(content):
            os.pwrite(file.fileno(), len(content).to_bytes(_HEAD), start)


def taken(place: Place | None) -> Any:
    """The value put there, None if there is none."""
    if place is None:
        return None
    path, start = place
    try:
        with open(path, "rb", buffering=0) as file:
            size = int.from_bytes(os.pread(file.fileno(), _HEAD, start))
            content = os.pread(file.fileno(), size, start + _HEAD)
    except OSError:
        return None
    # Written by this program, to a file that no other can open.
    return pickle.loads(content) if content else None  # noqa: S301
