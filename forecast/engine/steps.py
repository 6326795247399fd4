"""The engine in steps over blocks of series, wherever these are computed.

    every block's evidence -> each family's prior
    every block's losses   -> each family's verdict
    every block's paths    -> each family's widths -> forecasts

Each step is a pure function of a block and of what its families have in common, so a block that
is lost is computed again. What a family adds up is added exactly, as integers, so no number
depends on how the series were cut, on their order, or on where they were computed. In memory are
the blocks being computed, and of each series what verdict, widths and the answer need: some
numbers a month. Families that fit into a block together are one job from start to end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple, Protocol, TypeVar

import numpy as np

from forecast.engine import calibrate, gate
from forecast.engine.predictive import Predictive, Totals, predictive, summed
from forecast.engine.widths import learned_width, squared_errors, widened
from models import structural
from models.base import Floats, Ints, Panel
from models.breakwalk import BreakWalk
from models.kalman import GRID

BLOCK = 288  # series: three of the structural grid's own blocks

J = TypeVar("J")
A = TypeVar("A")


class Spread(Protocol):
    """Where jobs are done: here, in other processes, or on other machines."""

    def __call__(self, work: Callable[[J], A], jobs: Iterable[J], /) -> Iterator[A]:
        """Each job's answer, in the order of the jobs; work is a module's function, picklable."""


def in_turn(work: Callable[[J], A], jobs: Iterable[J], /) -> Iterator[A]:
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
        some = Panel(panel.z[rows], panel.last[rows], panel.family[rows], names, events)
        return replace(self, panel=some)


class Step(NamedTuple):
    """A block and what its families have in common, as far as it is known.

    Attributes
    ----------
    prior : (families, months, grid) of the structural grid.
    verdict : (series, months) of the gate.
    """

    task: Task
    prior: Floats
    verdict: Floats
    totals: Totals


class Cut(NamedTuple):
    """Rows of a panel that are computed together, and their families' numbers, each once."""

    rows: Ints
    families: Ints


def spread_out(task: Task, spread: Spread, size: int) -> Predictive:
    """What the engine says, at most `size` series at a time."""
    small, large = _by_size(task.panel.family, size)
    if not len(large) and len(small) == 1:
        return in_steps(task)
    if not small:
        return in_steps(task, spread, size)
    said = _empty(task)
    if len(large):
        _put(said, large, in_steps(task.part(large), spread, size))
    for rows, answer in zip(small, spread(in_steps, map(task.part, small)), strict=True):
        _put(said, rows, answer)
    return said


def families(tasks: Sequence[Task], spread: Spread, size: int = BLOCK) -> Iterator[Predictive]:
    """What the engine says of each of several panels, in their order; small ones side by side."""
    small = [task for task in tasks if len(task.panel.z) <= size]
    answers = spread(in_steps, small)
    for task in tasks:
        yield next(answers) if len(task.panel.z) <= size else spread_out(task, spread, size)


def in_steps(
    task: Task, spread: Spread = in_turn, size: int = 0, *, totals: Totals | None = None
) -> Predictive:
    """What the engine says of whole families, cut into blocks; size 0 is one block.

    totals : as in `engine_forecasts`, with one block only.
    """
    panel = task.panel
    cuts = _cuts(panel.family, size or len(panel.z))
    prior = structural.log_prior(_evidence(panel, cuts, spread))
    walk_loss, grid_loss, weight = _losses(task, prior, cuts, spread)
    verdict = gate.lean(walk_loss, grid_loss, weight, panel.z, panel.family)
    said, squares = _empty(task), np.empty((*panel.z.shape, task.h))
    steps = (_step(task, prior, cut, verdict, totals or {}) for cut in cuts)
    for cut, (part, errors) in zip(cuts, spread(_forecasts, steps), strict=True):
        _put(said, cut.rows, part)
        squares[cut.rows] = errors
    df = calibrate.degrees(gate.walk_share(verdict))
    width = learned_width(squares, df, panel.family, task.origins)
    return replace(said, scale=widened(said.scale, width, said.share))


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


def _cuts(family: np.ndarray, size: int) -> list[Cut]:
    number = np.unique(family, return_inverse=True)[1]
    starts = range(0, len(family), size)
    blocks = (np.arange(first, min(first + size, len(family))) for first in starts)
    return [Cut(rows, np.unique(number[rows])) for rows in blocks]


def _evidence(panel: Panel, cuts: Sequence[Cut], spread: Spread) -> Ints:
    """(families, months, grid) of all blocks; see `structural.evidence`."""
    families = max(int(cut.families.max()) for cut in cuts) + 1
    mass = np.zeros((families, panel.z.shape[1], len(GRID)), dtype=np.int64)
    parts = (Task(panel, np.empty(0, dtype=np.int64), 0).part(cut.rows).panel for cut in cuts)
    for cut, found in zip(cuts, spread(structural.evidence, parts), strict=True):
        mass[cut.families] += found
    return mass


def _losses(task: Task, prior: Floats, cuts: Sequence[Cut], spread: Spread) -> Floats:
    """(3, series, months) the walk's losses, the grid's, and what they weigh."""
    found = np.empty((3, *task.panel.z.shape))
    steps = (_step(task, prior, cut, np.empty(0), {}) for cut in cuts)
    for cut, losses in zip(cuts, spread(_near_losses, steps), strict=True):
        found[:, cut.rows] = losses
    return found


def _step(task: Task, prior: Floats, cut: Cut, verdict: Floats, totals: Totals) -> Step:
    """A block with what belongs to its series and families."""
    own = verdict[cut.rows] if verdict.size else verdict
    return Step(task.part(cut.rows), prior[cut.families], own, totals)


def _near_losses(step: Step) -> Floats:
    """(3, series, months) of a block; see `gate.month_losses`."""
    panel = step.task.panel
    walk = BreakWalk().sweep(panel, gate.NEAR)
    grid = structural.near_paths(step.prior, panel, gate.NEAR)
    walk_loss, weight = gate.month_losses(walk.path, panel.z)
    grid_loss, _ = gate.month_losses(grid, panel.z)
    return np.stack([walk_loss, grid_loss, weight])


def _forecasts(step: Step) -> tuple[Predictive, Floats]:
    """A block's forecasts at the origins, before widths are learned, and `squared_errors`."""
    panel, h, verdict = step.task.panel, step.task.h, step.verdict
    far = max(h, gate.NEAR)
    walk = BreakWalk().sweep(panel, far)
    grid = structural.sweep_under(step.prior, panel, far)
    share = gate.walk_share(verdict)
    weight = gate.walk_weight(walk.path, grid.path, panel.z, verdict)
    centre = gate.blend(weight, walk.path, grid.path, panel.z)[..., :h]
    centre = summed(centre, step.totals)
    growth = gate.blend_growth(share, walk.growth, grid.growth)[..., :h]
    errors = calibrate.settled(calibrate.one_step_errors(centre[..., 0], panel.z), panel.z)
    sigma = calibrate.one_step_scale(errors, centre[..., 0])
    scale = calibrate.scale(sigma, growth, share)
    squares = squared_errors(centre, scale, panel.z)
    said = predictive(panel, centre, scale, sigma, share, weight)
    return said.at(step.task.origins), squares


def _empty(task: Task) -> Predictive:
    """Room for every series' forecasts; every row is to be entered."""
    shape = len(task.panel.z), len(task.origins)
    ahead = {"centre", "scale"}
    return Predictive(
        *(
            np.empty((*shape, task.h) if field.name in ahead else shape)
            for field in fields(Predictive)
        )
    )


def _put(said: Predictive, rows: Ints, part: Predictive) -> None:
    """Enter some series' forecasts."""
    for field in fields(Predictive):
        getattr(said, field.name)[rows] = getattr(part, field.name)
