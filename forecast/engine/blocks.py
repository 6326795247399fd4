"""The engine over blocks of series, wherever these are computed.

    every block's evidence         -> each family's priors
    every block's paths and losses -> each family's verdict, scale and level
    every block's forecasts        -> each family's widths

Each step is a pure function of a block and of what its families have in common, so a block that
is lost is computed again. What a family adds up is added exactly, as integers, so no number
depends on how the series were cut, on their order, or on where they were computed. In memory are
the blocks being computed, and of each series what verdict, widths and the answer need: some
numbers a month. Paths are computed once and wait for the verdict, on disk where there is more
than one block. Families that fit into a block together are one job from start to end.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple, Protocol, TypeVar

import numpy as np

from forecast.engine import combination, intervals, tails
from forecast.engine import parameters as par
from forecast.engine import shelf as shelves
from forecast.engine.combination import Evidence, Losses
from forecast.engine.predictive import Predictive, TotalRows, predictive, summed
from forecast.engine.shelf import Place, Shelf
from models import structural
from models.base import Floats, Ints, Panel, stack
from models.breakwalk import BreakWalk
from models.kalman import GRID
from models.level import levels
from models.onepass import Sweep, family_numbers, off_calendar

BLOCK = 288  # series: three of the structural grid's own blocks

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
    """What the engine is asked: a panel, at which columns, and how many months ahead."""

    panel: Panel
    origins: Ints
    h: int

    def part(self, rows: Ints) -> Task:
        """The same for some of the series."""
        panel = self.panel
        events = tuple(panel.events[row] for row in rows.tolist()) if panel.events else ()
        names = tuple(panel.names[row] for row in rows.tolist())
        filled = None if panel.filled is None else panel.filled[rows]
        behind = None if panel.behind is None else panel.behind[rows]
        part_panel = replace(
            panel,
            z=panel.z[rows],
            last=panel.last[rows],
            family=panel.family[rows],
            names=names,
            events=events,
            filled=filled,
            behind=behind,
        )
        return replace(self, panel=part_panel)

    @property
    def on_calendar(self) -> Task:
        """The same, its panel knowing by how much series end before the last of their family.

        And with room in front: in the last one's months no series begins before column 0.
        """
        panel, months = self.panel, self.panel.z.shape[1]
        if panel.behind is not None or not len(panel.z):
            return self
        number = family_numbers(panel)
        newest = np.full(int(number.max()) + 1, panel.last.min())
        np.maximum.at(newest, number, panel.last)
        behind = newest[number] - panel.last
        if not behind.any():
            return self
        room = max(int((months - panel.start + behind).max()) - months, 0)
        z = np.pad(panel.z, ((0, 0), (room, 0)), constant_values=np.nan)
        return replace(self, panel=replace(panel, z=z, behind=behind), origins=self.origins + room)


class Verdicts(NamedTuple):
    """What the families have decided, see `forecast.engine.combination`.

    Attributes
    ----------
    lean, root : (series, months) the verdict on the walk; the weight of the square root grid.
    level : (families, months) the weight of the smoothed level.
    """

    lean: Floats
    root: Floats
    level: Floats

    def of(self, cut: Slice) -> Verdicts:
        """Those of some series and families."""
        return Verdicts(self.lean[cut.rows], self.root[cut.rows], self.level[cut.families])


class FirstPass(NamedTuple):
    """A block, and its families' priors, (families, months, grid), of the structural grid.

    ahead : months, of the paths. place : where these wait from the verdict to the forecasts; None
    where they do not, and are computed again. keep : whether they are answered beside it.
    """

    task: Task
    prior: Floats
    ahead: int
    place: Place | None
    keep: bool = False


class BlockPaths(NamedTuple):
    """What a block's models say from every column, before anybody has decided between them.

    Attributes
    ----------
    walk : the break walk's. grid : the structural grid's, kept within the history.
    root : (series, months, h) likewise on square roots. level : (series, months).
    """

    walk: Sweep
    grid: Sweep
    root: Floats
    level: Floats

    def ahead(self, h: int) -> BlockPaths:
        """The same so many months ahead only."""
        walk, grid = (Sweep(s.path[..., :h], s.growth[..., :h]) for s in (self.walk, self.grid))
        return BlockPaths(walk, grid, self.root[..., :h], self.level)


class LastPass(NamedTuple):
    """A block with all that its families have in common.

    paths : of the block, if they were kept.
    until : the last column at which models are weighed anew; None for every one.
    """

    step: FirstPass
    paths: BlockPaths | None
    verdicts: Verdicts
    totals: TotalRows
    until: int | None


class FurtherTask(NamedTuple):
    """A task, and how many months ahead its panel's last column is asked for beside it.

    totals : as in `engine_forecasts`.
    """

    task: Task
    ahead: int
    totals: TotalRows | None = None

    @property
    def at_the_end(self) -> Task:
        """What is asked of the last column."""
        last = np.array([self.task.panel.z.shape[1] - 1], dtype=np.int64)
        return Task(self.task.panel, last, self.ahead)


class Slice(NamedTuple):
    """Rows of a panel that are computed together, and their families' numbers, each once."""

    rows: Ints
    families: Ints


class FamilyState(NamedTuple):
    """What a panel's families have in common, whatever the horizon.

    prior : (families, months, grid) log weights of the structural grid.
    places, paths : of each cut's paths, in order, see `Step`.
    """

    cuts: Sequence[Slice]
    prior: Floats
    verdicts: Verdicts
    places: Sequence[Place | None]
    paths: Sequence[BlockPaths | None]


def spread_out(task: Task, spread: Spread, size: int) -> Predictive:
    """What the engine says, at most `size` series at a time."""
    small, large = _by_size(task.panel.family, size)
    if not len(large) and len(small) == 1:
        return in_steps(task)
    if not small:
        return in_steps(task, spread, size)
    result = room_for(task)
    if len(large):
        enter(result, large, in_steps(task.part(large), spread, size))
    for rows, answer in zip(small, spread(in_steps, map(task.part, small)), strict=True):
        enter(result, rows, answer)
    return result


def families_further(
    tasks: Sequence[Task], ahead: int, spread: Spread, size: int = BLOCK
) -> Iterator[tuple[Predictive, Predictive]]:
    """What the engine says of each of several panels, in their order; small ones side by side.

    And beside it what is said `ahead` months ahead from the panel's last column. Evidence and
    verdicts are the same at any horizon: small panels are heard once for both.
    """
    tasks = [task.on_calendar for task in tasks]
    groups = _of_the_same_columns(tasks, size)
    asked = (FurtherTask(_joined([tasks[place] for place in group]), ahead) for group in groups)
    by_family: dict[int, tuple[Predictive, Predictive]] = {}
    for group, (near, far) in zip(groups, spread(both_horizons, asked), strict=True):
        ends = np.cumsum([len(tasks[place].panel.z) for place in group])
        for place, last in zip(group, ends.tolist(), strict=True):
            rows = slice(last - len(tasks[place].panel.z), last)
            by_family[place] = near.of(rows), far.of(rows)
    for place, task in enumerate(tasks):
        if place in by_family:
            yield by_family[place]
        else:
            end = FurtherTask(task, ahead).at_the_end
            yield spread_out(task, spread, size), spread_out(end, spread, size)


def _of_the_same_columns(tasks: Sequence[Task], size: int) -> list[list[int]]:
    """Places of the tasks that fit into a block, in groups that do and are asked the same.

    The grid computes 96 series in the time of one: a family of three takes no block of its own.
    """
    packs: dict[Hashable, list[tuple[list[int], int]]] = {}  # groups, and the rows they have
    for place, task in enumerate(tasks):
        rows, months = task.panel.z.shape
        if rows > size:
            continue
        kind = task.panel.calm, task.panel.jumps
        asked = (months, kind, task.h, tuple(task.origins.tolist()))
        of_these = packs.setdefault(asked, [([], 0)])
        group, used = of_these.pop() if of_these[-1][1] + rows <= size else ([], 0)
        of_these.append(([*group, place], used + rows))
    return [group for of_these in packs.values() for group, _ in of_these]


def _joined(tasks: Sequence[Task]) -> Task:
    """Tasks of the same columns as one; what is a family in one of them is none in another."""
    panels = [
        replace(t.panel, family=np.char.add(f"{n} ", t.panel.family)) for n, t in enumerate(tasks)
    ]
    return replace(tasks[0], panel=stack(panels))


def both_horizons(asked: FurtherTask) -> tuple[Predictive, Predictive]:
    """What the engine says of whole families, in one block, at both horizons.

    Paths are those of the longer one: the next months are the same, however many follow.
    """
    asked = asked._replace(task=_with_gaps_filled(asked.task))
    ahead = max(asked.task.h, asked.ahead, farthest(asked.task.panel))
    with Shelf() as shelf:
        learned = _learned(asked.task, serial, 0, ahead, shelf)
        near, far = (
            _said(task, learned, serial, asked.totals) for task in (asked.task, asked.at_the_end)
        )
    return near, far


def in_steps(
    task: Task,
    spread: Spread = serial,
    size: int = 0,
    *,
    totals: TotalRows | None = None,
    until: int | None = None,
) -> Predictive:
    """What the engine says of whole families, cut into blocks; size 0 is one block.

    totals, until : as in `engine_forecasts`; totals with one block only.
    """
    task = _with_gaps_filled(task)
    with Shelf() as shelf:
        learned = _learned(task, spread, size, max(task.h, farthest(task.panel)), shelf)
        return _said(task, learned, spread, totals, until)


def _with_gaps_filled(task: Task) -> Task:
    return replace(task, panel=structural.filled(task.panel))


def _learned(task: Task, spread: Spread, size: int, ahead: int, shelf: Shelf) -> FamilyState:
    cuts = cuts_of(family_numbers(task.panel), size or len(task.panel.z))
    prior = structural.log_prior(_evidence(task.panel, cuts, spread))
    places: list[Place | None] = []
    alone = len(cuts) == 1

    def steps() -> Iterator[FirstPass]:
        for cut in cuts:
            part = task.part(cut.rows)
            places.append(None if alone else place_for(part, ahead, shelf, spread))
            yield FirstPass(part, prior[cut.families], ahead, places[-1], keep=alone)

    verdicts, paths = _verdicts(task.panel, cuts, spread(block_losses, steps()))
    return FamilyState(cuts, prior, verdicts, places, paths)


def farthest(panel: Panel) -> int:
    """How many months ahead models are judged by, at most."""
    return int(par.NEAR if panel.jumps or panel.calm else par.SPREADS)


def place_for(task: Task, ahead: int, shelf: Shelf, spread: Spread) -> Place | None:
    """Room for a block's paths; None where there is none, or workers are on other machines."""
    if getattr(spread, "remote", False):
        return None
    return shelf.place(task.panel.z.size * (5 * ahead + 1) * 8 + 4096)


def _said(
    task: Task,
    learned: FamilyState,
    spread: Spread,
    totals: TotalRows | None = None,
    until: int | None = None,
) -> Predictive:
    cuts, prior, verdicts, places, kept_paths = learned
    # Nothing teaches before: of short series that is a third of what would be kept.
    early = int(task.panel.start.min()) + int(par.FIRST_WIDTH) if task.panel.behind is None else 0
    early = min(early, task.panel.z.shape[1])
    result = room_for(task)
    squares = np.empty((len(task.panel.z), task.panel.z.shape[1] - early, task.h))
    if until is not None:
        verdicts = Verdicts(*(_held(x, until) for x in verdicts))
    ahead = max(task.h, farthest(task.panel))
    steps = (
        LastPass(
            FirstPass(task.part(cut.rows), prior[cut.families], ahead, place),
            paths,
            verdicts.of(cut),
            totals or {},
            until,
        )
        for cut, place, paths in zip(cuts, places, kept_paths, strict=True)
    )
    for cut, (part, errors) in zip(cuts, spread(block_forecasts, steps), strict=True):
        enter(result, cut.rows, part)
        squares[cut.rows] = errors[:, early:]
    return _widened(task, result, squares, verdicts)


def _widened(task: Task, predictive: Predictive, squares: Floats, verdicts: Verdicts) -> Predictive:
    """Forecasts as wide as their families' errors so far say."""
    panel = task.panel
    df = tails.degrees(combination.walk_share(verdicts.lean), panel.jumps)
    width = intervals.learned_width(squares, df, panel.family, task.origins, panel.behind)
    return replace(predictive, scale=intervals.widened(predictive.scale, width, predictive.share))


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


def cuts_of(number: Ints, size: int) -> list[Slice]:
    """Blocks of at most `size` series; number : (series,) of their families."""
    starts = range(0, len(number), size)
    blocks = (np.arange(first, min(first + size, len(number))) for first in starts)
    return [Slice(rows, np.unique(number[rows])) for rows in blocks]


def _evidence(panel: Panel, cuts: Sequence[Slice], spread: Spread) -> Ints:
    """(families, months, grid) of all blocks; see `structural.evidence`.

    On log1p counts: on square roots it says the same, and the scores move by less than .05%.
    """
    families = max(int(cut.families.max()) for cut in cuts) + 1
    mass = np.zeros((families, panel.z.shape[1], len(GRID)), dtype=np.int64)
    parts = (Task(panel, np.empty(0, dtype=np.int64), 0).part(cut.rows).panel for cut in cuts)
    for cut, evidence in zip(cuts, spread(structural.evidence, parts), strict=True):
        mass[cut.families] += evidence
    return mass


def _rooted(panel: Panel) -> Panel:
    """The same on the scale of square roots."""
    return replace(panel, z=np.sqrt(np.expm1(np.maximum(panel.z, 0))))


def _unrooted(path: Floats) -> Floats:
    """A path of square roots on log1p counts."""
    return np.asarray(np.log1p(np.maximum(path, 0) ** 2))


def _verdicts(
    panel: Panel, cuts: Sequence[Slice], answers: Iterable[BlockLosses]
) -> tuple[Verdicts, list[BlockPaths | None]]:
    """What each family's losses say, from those of all blocks; and paths that were answered."""
    losses, own = np.empty((4, *panel.z.shape)), np.empty(panel.z.shape)
    families = max(int(cut.families.max()) for cut in cuts) + 1
    shape = len(Evidence._fields) - 1, families, panel.z.shape[1]
    shared = np.zeros(shape, dtype=np.int64)
    kept_paths: list[BlockPaths | None] = []
    for cut, (verdict, heard, paths) in zip(cuts, answers, strict=True):
        losses[:, cut.rows], own[cut.rows] = verdict, heard.own
        shared[:, cut.families] += np.stack(heard[1:])
        kept_paths.append(paths)
    heard = Evidence(own, *shared)
    lean = combination.log_odds(
        Losses(*losses), panel.seen, panel.family, panel.behind, jumps=panel.jumps
    )
    if panel.calm:
        lean = np.where(np.isfinite(lean), combination.CERTAIN, np.nan)
    root = combination.root_weight(heard, family_numbers(panel), panel.behind)
    return Verdicts(lean, root, combination.level_weight(heard)), kept_paths


class BlockLosses(NamedTuple):
    """What a block's series say of the models.

    Attributes
    ----------
    losses : of walk and grid. heard : of the calm models. paths : if they were to be kept.
    """

    losses: Losses
    heard: Evidence
    paths: BlockPaths | None


def block_losses(step: FirstPass) -> BlockLosses:
    """What a block's series say of the models."""
    paths = _block_paths(step)
    if step.place:
        shelves.put(paths, step.place)
    walk, grid, root, level = paths.ahead(par.NEAR)
    panel, seen = step.task.panel, step.task.panel.seen
    walk_loss, weight = combination.month_losses(walk.path, seen)
    grid_loss, _ = combination.month_losses(grid.path, seen)
    heard = combination.hearing(grid.path, root, level, seen, family_numbers(panel), panel.behind)
    spread = np.zeros_like(panel.z)
    if not (panel.jumps or panel.calm):
        spread = combination.spread_scores(paths.walk, paths.grid, seen)
    losses = Losses(walk_loss, grid_loss, weight, spread)
    return BlockLosses(losses, heard, paths if step.keep else None)


def _block_paths(step: FirstPass) -> BlockPaths:
    """What a block's models say from every column."""
    panel = step.task.panel
    grid = structural.sweep_under(step.prior, panel, step.ahead)
    root = _unrooted(structural.paths_under(step.prior, _rooted(panel), step.ahead))
    return BlockPaths(
        BreakWalk().sweep(panel, step.ahead),
        Sweep(combination.within_history(grid.path, panel.z), grid.growth),
        combination.within_history(root, panel.z),
        levels(panel),
    )


def block_forecasts(last: LastPass) -> tuple[Predictive, Floats]:
    """A block's forecasts at the origins, before widths are learned, and `squared_errors`."""
    step, paths, verdicts, totals, until = last
    paths = paths or shelves.taken(step.place) or _block_paths(step)
    walk, grid, root, level = paths.ahead(step.ahead)
    panel, h, seen = step.task.panel, step.task.h, step.task.panel.seen
    level_weight = off_calendar(verdicts.level[family_numbers(panel)], panel.behind)
    weights = verdicts.root, level_weight
    calm = combination.calm_path(grid.path, root, level, *weights)
    share = combination.walk_share(verdicts.lean)
    weight = combination.walk_weight(walk.path, calm, seen, verdicts.lean)
    weight = weight if until is None else _held(weight, until)
    weight = np.zeros_like(weight) if panel.calm else weight
    centre = combination.blend(weight, walk.path, calm)[..., :h]
    centre = summed(combination.within_history(centre, panel.z), totals)
    growth = combination.blend_growth(share, walk.growth, grid.growth)[..., :h]
    growth = intervals.unseen(growth, _missing(panel))
    sigma = intervals.sigma_of(centre[..., 0], seen)
    scale = intervals.scale(sigma, growth, share, panel.jumps)
    squares = intervals.squared_errors(centre, scale, seen)
    result = predictive(panel, centre, scale, sigma, share, weight)
    return result.at(step.task.origins), squares


def _held(weight: Floats, until: int) -> Floats:
    """(rows, months) weights, after column `until` those of that column."""
    columns = np.minimum(np.arange(weight.shape[1]), until)
    return weight[:, columns]


def _missing(panel: Panel) -> Ints:
    """(series, months) unknown months in a row up to each column."""
    known = panel.known | (panel.filled is None)
    place = np.arange(known.shape[1])
    latest = np.maximum.accumulate(np.where(known, place, 0), axis=1)
    return np.where(np.isfinite(panel.z), place - latest, 0)


def room_for(task: Task) -> Predictive:
    """Room for every series' forecasts; every row is to be entered."""
    shape = len(task.panel.z), len(task.origins)
    ahead = {"centre", "scale"}
    return Predictive(
        *(
            np.empty((*shape, task.h) if field.name in ahead else shape)
            for field in fields(Predictive)
        )
    )


def enter(predictive: Predictive, rows: Ints, part: Predictive) -> None:
    """Enter some series' forecasts."""
    for field in fields(Predictive):
        getattr(predictive, field.name)[rows] = getattr(part, field.name)
