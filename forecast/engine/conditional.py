"""Of a month somebody has said a part of before its file came: what that makes of the whole.

The figure stands for the series that it is of. All others keep their forecast: what is above them
is the sum of the figure and of theirs, path by path. No ratio between agencies is assumed; by that
of the last month the whole is twice as far off (`python -m benchmarks.provisional`).
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from forecast import months
from forecast.engine import PROVISIONAL, paths
from forecast.engine.forecast import INTERVAL_PROBS, INTERVALS
from forecast.engine.joint import Joint
from forecast.engine.spans import whole
from forecast.types import Forecast, Provisional, SeriesKey
from models.base import Floats

# Of log counts: how far a month's earliest dated value lies from today's, the root mean square of
# the 26 months of an agency that come embedded.
RESTATED = 0.0017
# How far a month's later days lie from its first, to how far months lie apart: .74 after 7 days to
# .78 after 20 in 59 months of deaths a day in Germany; .71 of any random walk. CBP has no days.
WITHIN = 0.75
_NEARLY_NORMAL = 200.0  # degrees of freedom of what is stored


def of_run(joint: Joint, known: Iterable[Provisional]) -> Iterator[Forecast]:
    """Yield what figures make of every series above them, month by month.

    joint : what a run says of all series. known : those of one month and series are the newest.
    """
    figures: dict[str, dict[SeriesKey, Provisional]] = {}
    for figure in known:
        if figure.kind == "figure":
            figures.setdefault(figure.month, {})[figure.series] = figure
    for month, of_month in sorted(figures.items()):
        given = Given(joint, month, of_month)
        for key, marginals in joint.marginals.items():
            if key not in of_month and given.moved(key):
                draws = np.sort(given.draws(key))
                counts = whole(np.quantile(draws, INTERVAL_PROBS)[:, None])[:, 0]
                logs = np.log1p(draws)
                yield Forecast(
                    *(key, PROVISIONAL, months.from_index(marginals.cutoff), month, month),
                    **dict(zip(INTERVALS, counts.tolist(), strict=True)),
                    centre=float(np.median(logs)),
                    scale=max(float(logs.std()), 1e-6),
                    df=_NEARLY_NORMAL,
                )


@dataclass(frozen=True)
class Given:
    """A run's paths of one month, given figures of some series. month : "YYYY-MM"."""

    joint: Joint
    month: str
    figures: Mapping[SeriesKey, Provisional]

    @cached_property
    def _parts(self) -> Mapping[SeriesKey, list[list[SeriesKey]]]:
        """Series -> each way in which others add up to it, agencies first."""
        tree, groups = self.joint.tree, self.joint.groups
        parts: dict[SeriesKey, list[list[SeriesKey]]] = {}
        for (above, _), keys in sorted(groups.items(), key=lambda g: g[0][1] != "component"):
            # Parts that are not all there, or end elsewhere, do not make up what is above them.
            if all(self._ahead(key) and self.joint.marginals[key].share == 1 for key in keys):
                parts.setdefault(above, []).append(keys)
        if tree.whole is not None:
            parts |= self._of_whole(tree.whole, [SeriesKey(t) for t in tree.totals.parts], parts)
        return parts

    def _of_whole(
        self,
        whole: SeriesKey,
        totals: list[SeriesKey],
        parts: Mapping[SeriesKey, list[list[SeriesKey]]],
    ) -> dict[SeriesKey, list[list[SeriesKey]]]:
        """Halves of the whole, which no file states, and the ways in which it is a sum."""
        halves: dict[SeriesKey, list[SeriesKey]] = {}
        for key in (key for total in totals for ways in parts.get(total, ()) for key in ways):
            if key.dimension == "component":
                halves.setdefault(key._replace(total=whole.total), []).append(key)
        halves = {half: of for half, of in halves.items() if len(of) == len(totals)}
        # A figure of a half of the whole says more of it than what each total makes of it.
        said = [list(halves)] if any(half in self.figures for half in halves) else []
        return {**{half: [of] for half, of in halves.items()}, whole: [*said, totals]}

    def _ahead(self, key: SeriesKey) -> bool:
        """Whether the month is among those that are forecast of a series."""
        marginals = self.joint.marginals.get(key)
        number = months.to_index(self.month)
        return marginals is not None and marginals.cutoff < number <= marginals.end

    def moved(self, key: SeriesKey) -> bool:
        """Whether a figure says more of a series than its forecast does."""
        return key in self.figures or self._known_parts(key) is not None

    def _known_parts(self, key: SeriesKey) -> list[SeriesKey] | None:
        return next((p for p in self._parts.get(key, ()) if any(map(self.moved, p))), None)

    def draws(self, key: SeriesKey) -> Floats:
        """(n,) counts of the month, given the figures."""
        if key in self.figures:
            return self._of_figure(self.figures[key])
        if parts := self._known_parts(key) or (
            key not in self.joint.marginals and self._parts[key][0]
        ):
            return np.asarray(sum(self.draws(part) for part in parts))
        ahead = months.to_index(self.month) - self.joint.marginals[key].cutoff - 1
        return np.asarray(self.joint.draws(paths.PART_DRAWS).of(key)[:, ahead])

    def _of_figure(self, figure: Provisional) -> Floats:
        """(n,) what the last count may be, of which this is the first word."""
        seed = zlib.crc32(f"{PROVISIONAL} {figure.series}".encode())
        step = paths.steps((3, paths.PART_DRAWS), self.joint.seed, seed)
        uniform = (np.argsort(np.argsort(step[0])) + 0.5) / len(step[0])
        unit = figure.rounding if figure.rounding > 1 else 0
        count = np.maximum(figure.count + unit * (uniform - 0.5), 0)
        if figure.days:
            of_month = months.end(figure.month).day
            # How far the daily count may move after the days that are known, in logs.
            others = {k: f for k, f in self.figures.items() if k != figure.series}
            without = Given(self.joint, self.month, others).draws(figure.series)
            spread = WITHIN * float(np.log1p(without).std())
            rate = count / figure.days * np.exp(spread * step[1])
            count = count + rate * (of_month - figure.days)
        return np.asarray(count * np.exp(RESTATED * step[2]))
