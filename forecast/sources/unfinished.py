"""Which months of a delivery are not complete, and how much of their last count they have.

A file says so behind a number, "p" or "(provisional)"; a person answers that last months come
unfinished; or earlier deliveries show that months of this age usually grow.
"""

from collections.abc import Collection, Iterator, Mapping

import numpy as np

from forecast import months
from forecast.types import AGES, COMPLETE, SeriesKey, Snapshot, Unfinished
from models.triangle import Share, shares

Triangle = Mapping[SeriesKey, Mapping[str, Mapping[int, int]]]
"""Series -> month -> age in months -> what the last delivery at that age stated."""

_TELLING = 6  # months whose growth tells a habit that nobody confirmed
_VAGUE = 2.0  # an end of the interval from which on a share says nothing


def unfinished(
    snapshot: Snapshot,
    before: Triangle,
    marked: Collection[tuple[SeriesKey, str]] = (),
    *,
    fallen: str = "",
    confirmed: bool = False,
) -> Iterator[Unfinished]:
    """Yield the months of a delivery that are not complete.

    before : what earlier deliveries stated. marked : by the file. fallen : a month of which a
    person says so. confirmed : whether a person said so of last months.
    """
    through = months.to_index(snapshot.release.data_through)
    stated = {key: _near_end(known, through) for key, known in snapshot.counts.items()}
    grids = {key: _grid(before.get(key, {}), stated[key], through) for key in stated}
    every = np.concatenate(list(grids.values()))
    for key, of_key in stated.items():
        by_age = shares(grids[key], every)
        for month in sorted(of_key):
            share = by_age[through - months.to_index(month)]
            grows = _grows(share)
            habit = grows and (confirmed or share.months >= _TELLING)
            # Of a month that fell where none did before, what earlier ones had says nothing.
            tells = grows or (share.months and month != fallen and share.high < _VAGUE)
            if (key, month) in marked or month == fallen or habit:
                ends = (share.share, share.low, share.high) if tells else ()
                yield Unfinished(key, month, "file" if (key, month) in marked else "habit", *ends)


def _near_end(known: Mapping[str, int], through: int) -> dict[str, int]:
    return {m: n for m, n in known.items() if through - months.to_index(m) < AGES}


def _grows(share: Share) -> bool:
    return share.months > 0 and share.share < COMPLETE and share.high < 1


def _grid(
    known: Mapping[str, Mapping[int, int]], stated: Mapping[str, int], through: int
) -> np.ndarray:
    """(months, ages) counts of a series, this delivery's included."""
    every = {month: dict(by_age) for month, by_age in known.items()}
    for month, count in stated.items():
        every.setdefault(month, {})[through - months.to_index(month)] = count
    grid = np.full((len(every), AGES + 1), np.nan)
    for row, by_age in enumerate(every.values()):
        for age, count in by_age.items():
            if age <= AGES:
                grid[row, age] = count
    return grid
