"""A run's joint forecast: paths of every series it forecast, drawn from what the run keeps.

The totals are drawn side by side; nationwide is their sum. A total's parts are drawn so that
they follow it, and add up to it in every path: agencies to their total, sectors and offices to
their agency, states, citizenships and demographics to their total. Where a total is published
later than its parts, the parts of those months add up to what was published.
"""

from __future__ import annotations

import zlib
from collections import defaultdict, deque
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from forecast import months
from forecast.engine import intervals, paths, reconcile
from forecast.types import SeriesKey, SimulationSpec, StoredMarginals, Totals
from models.base import Floats

_SINGLE, _DOUBLE = np.dtype("<f4"), np.dtype("<f8")
_RULES = (1, paths.RULE, paths.FACTORS_RULE)
_ROOM = 2**28  # bytes of paths that are kept to be asked for again
_PAST = "months a border is ahead of its parts"


def as_bytes(centre: Floats, scale: Floats, df: float, reach: float) -> bytes:
    """One series' distributions, centre and scale (h,), as a run keeps them: a fifth of the marks.

    The published tails belong to the rule: one that bends them in another way gets another number.
    """
    return np.concatenate([[df, reach], centre, scale]).astype(_DOUBLE).tobytes()


def marks_of(stored: bytes, rule: int) -> Floats:
    """(h, QUANTILES) of what a run kept by its rule: rule 1 kept the marks themselves.

    In single precision, so that it does not matter which processor took the logarithms.
    """
    if rule == 1:
        marks = np.frombuffer(zlib.decompress(stored), _SINGLE).reshape(-1, len(paths.QUANTILES))
        return marks.astype(np.float64)
    df, reach, *ahead = np.frombuffer(stored, _DOUBLE)
    centre, scale = np.reshape(ahead, (2, -1))
    astype = intervals.quantiles(centre, scale, df, reach, paths.QUANTILES).astype(_SINGLE)
    return np.maximum.accumulate(astype.astype(np.float64), axis=-1)


def total_of(key: SeriesKey, among: Container[SeriesKey]) -> SeriesKey:
    """What a part adds up to: an agency's sectors to the agency, all else to the total."""
    agency = SeriesKey(key.total, "component", key.component, key.component)
    return agency if key.dimension == "field" and agency in among else SeriesKey(key.total)


def groups(among: Iterable[SeriesKey]) -> dict[tuple[SeriesKey, str], list[SeriesKey]]:
    """(total, dimension) -> the parts that add up to that total."""
    keys = dict.fromkeys(among)
    members: dict[tuple[SeriesKey, str], list[SeriesKey]] = defaultdict(list)
    for key in keys:
        if not key.headline:
            members[total_of(key, keys), key.dimension].append(key)
    return dict(members)


@dataclass(frozen=True)
class Marginals:
    """One series' distributions. cutoff : its last month's number; kept, rule : see `marks_of`."""

    cutoff: int
    kept: bytes
    rule: int
    share: float
    known: Mapping[int, int]

    @cached_property
    def marks(self) -> Floats:
        """(h, QUANTILES) quantiles of log1p counts."""
        return marks_of(self.kept, self.rule)

    @property
    def end(self) -> int:
        """The last month that is forecast."""
        return self.cutoff + len(self.marks)

    @property
    def span(self) -> tuple[int, int]:
        """The last month that is known, and the last that is forecast."""
        return self.cutoff, self.end

    def from_steps(self, steps: Floats) -> Floats:
        """(n, h) counts of the paths that take these steps, (2, n, h)."""
        return np.asarray(paths.from_steps(self.marks[None], steps[None])[0])


class Joint:
    """What a run says of all series together.

    rule, kept : as the run stored them. totals : which of the series add up to which.
    """

    def __init__(
        self, rule: SimulationSpec, marks: Iterable[StoredMarginals], totals: Totals
    ) -> None:
        if rule.rule not in _RULES:
            raise ValueError(f"paths by rule {rule.rule}; known are 1 to {paths.FACTORS_RULE}")
        self.seed, self.totals = rule.seed, totals
        self.side_by_side = {SeriesKey(total): row for row, total in enumerate(rule.totals)}
        correlation: Floats = np.array(rule.correlation)
        self.correlation: Floats | paths.Factors = correlation
        if rule.rule == paths.FACTORS_RULE:
            self.correlation = paths.Factors(correlation)
        self.marginals = {mark.series: _marginals(mark, rule.rule) for mark in marks}
        self._drawn: dict[int, Draws] = {}

    @cached_property
    def groups(self) -> dict[tuple[SeriesKey, str], list[SeriesKey]]:
        """(total, dimension) -> the parts that add up to that total."""
        return groups(self.marginals)

    def total(self, key: SeriesKey) -> SeriesKey:
        """What a part adds up to."""
        return total_of(key, self.marginals)

    def group_size(self, key: SeriesKey) -> int:
        """How many parts add up to the part's total, itself among them."""
        return len(self.groups[self.total(key), key.dimension])

    def draws(self, n: int) -> Draws:
        """So many paths of every series; the same ones whenever and wherever they are drawn."""
        return self._drawn.setdefault(n, Draws(self, n))


def _marginals(stored: StoredMarginals, rule: int) -> Marginals:
    known = {months.to_index(month): count for month, count in stored.known}
    return Marginals(months.to_index(stored.cutoff), stored.marks, rule, stored.share, known)


class Draws:
    """n paths of a run's series, each group drawn when it is first asked for."""

    def __init__(self, joint: Joint, n: int) -> None:
        self.joint, self.n = joint, n
        self._values: dict[SeriesKey, Floats] = {}
        self._steps: dict[SeriesKey, Floats] = {}
        self._recent: deque[Sequence[SeriesKey]] = deque()
        self._bytes = 0

    def of(self, key: SeriesKey) -> Floats:
        """(n, h) counts of the months after the series' cutoff; KeyError if it has no forecast."""
        if key not in self.joint.marginals:
            raise KeyError(str(key))
        if key not in self._values:
            together = self.joint.correlation
            if not key.headline:
                total = self.joint.total(key)
                self._draw_parts(total, self.joint.groups[total, key.dimension])
            elif isinstance(together, paths.Factors):
                self._draw_total(key, together)
            else:
                self._draw_totals(together)
        return self._values[key]

    @cached_property
    def _calendar(self) -> tuple[int, int]:
        """The last month before those that any total's forecast is of, and the last of them."""
        at = [self.joint.marginals[total] for total in self.joint.side_by_side]
        return min(m.cutoff for m in at), max(m.end for m in at)

    def _draw_total(self, key: SeriesKey, together: paths.Factors) -> None:
        """One of many totals, which follows the steps that all have in common."""
        if key == SeriesKey(self.joint.totals.whole):
            self._add_up_whole()
            return
        first, end = self._calendar
        shape = (together.loadings.shape[1], 2, self.n, end - first)
        marginals = self.joint.marginals[key]
        common = paths.steps(shape, self.joint.seed)[
            ..., marginals.cutoff - first : marginals.end - first
        ]
        step = together.mixed(self.joint.side_by_side[key], common, self._own_steps([key])[0])
        self._keep([key], [step], [marginals.from_steps(step)])

    def _draw_totals(self, correlation: Floats) -> None:
        """All totals by calendar month, so that a month's steps are side by side."""
        at = [self.joint.marginals[total] for total in self.joint.side_by_side]
        first, end = self._calendar
        step = paths.steps((len(at), 2, self.n, end - first), self.joint.seed)
        together = paths.mixed(correlation, step)
        for total, marginals, own in zip(self.joint.side_by_side, at, together, strict=True):
            self._steps[total] = own[..., marginals.cutoff - first : marginals.end - first]
            self._values[total] = marginals.from_steps(self._steps[total])
        self._add_up_whole()

    def _add_up_whole(self) -> None:
        nationwide = SeriesKey(self.joint.totals.whole)
        marginals = self.joint.marginals.get(nationwide)
        if marginals is None:
            return
        parts = [SeriesKey(total) for total in self.joint.totals.parts]
        drawn = self.joint.side_by_side
        if all(p in drawn and self.joint.marginals[p].span == marginals.span for p in parts):
            values = np.zeros((self.n, len(marginals.marks)))
            for part in parts:
                values += self.of(part)
            self._values[nationwide] = values
        else:  # months that are not the same do not add up
            self._values[nationwide] = marginals.from_steps(self._own_steps([nationwide])[0])

    def _draw_parts(self, total: SeriesKey, keys: Sequence[SeriesKey]) -> None:
        """Parts that follow their total, and add up to it where all end in the same month."""
        own = self._own_steps(keys)
        if not self._may_add_up(total, keys):
            of = (self.joint.marginals[key] for key in keys)
            values = [part.from_steps(step) for part, step in zip(of, own, strict=True)]
            self._keep(keys, own, values)
            return
        goal, follow = self._total_of(total, self.joint.marginals[keys[0]])
        step = reconcile.followed(follow, own)
        all_marks = np.stack([self.joint.marginals[key].marks for key in keys])
        free = paths.from_steps(all_marks, step)
        self._keep(keys, step, reconcile.adding_up(free, goal))

    def _keep(
        self, keys: Sequence[SeriesKey], steps: Iterable[Floats], values: Iterable[Floats]
    ) -> None:
        """Keep what was drawn together to be asked for again; the oldest gives way to it."""
        for key, step, value in zip(keys, steps, values, strict=True):
            self._steps[key], self._values[key] = step, value
            self._bytes += step.nbytes + value.nbytes
        self._recent.append(keys)
        while self._bytes > _ROOM and len(self._recent) > 1:
            for key in self._recent.popleft():
                self._bytes -= self._steps.pop(key).nbytes + self._values.pop(key).nbytes

    def _may_add_up(self, total: SeriesKey, keys: Sequence[SeriesKey]) -> bool:
        if total not in self.joint.marginals:
            return False
        parts = [self.joint.marginals[key] for key in keys]
        above = self.joint.marginals[total]
        spans = {part.span for part in parts}
        if len(spans) > 1:
            return False
        cutoff, end = spans.pop()
        stale = range(cutoff + 1, above.cutoff + 1)
        return end <= above.end and all(month in above.known for month in stale)

    def _total_of(self, total: SeriesKey, part: Marginals) -> tuple[Floats, Floats]:
        """A total's counts (n, h) in its parts' months, as far as they make it up, and its steps.

        In months in which the total is published its steps are past; parts still hang together.
        """
        values, above = self.of(total), self.joint.marginals[total]
        ahead = max(above.cutoff - part.cutoff, 0)
        skipped = max(part.cutoff - above.cutoff, 0)
        past = [above.known[part.cutoff + 1 + month] for month in range(ahead)]
        shape = (self.n, ahead)
        seed = zlib.crc32(f"{_PAST} {total}".encode())
        until = part.end - above.cutoff
        goal = np.hstack([np.broadcast_to(past, shape), values[:, skipped:until]])
        lost = paths.steps((2, *shape), self.joint.seed, seed) if ahead else np.empty((2, *shape))
        follow = np.concatenate([lost, self._steps[total][..., skipped:until]], axis=-1)
        return goal * part.share, follow

    def _own_steps(self, keys: Sequence[SeriesKey]) -> Floats:
        """(series, 2, n, h) independent steps, each series' own, whichever are drawn beside it."""
        return np.stack(
            [
                paths.steps(
                    (2, self.n, len(self.joint.marginals[key].marks)),
                    self.joint.seed,
                    zlib.crc32("/".join(key).encode()),
                )
                for key in keys
            ]
        )
