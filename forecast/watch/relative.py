"""A part of a border while the border itself is flagged or open.

Then the parts have mostly moved with it, and what is asked of a part is whether it moved apart:
r = e(part) - e(border), where e is the log1p count less the centre of the one-step forecast. Its
scale is made of the part's own past r, by the engine's rule.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecast.engine import intervals
from forecast.watch.outlook import Outlook
from forecast.watch.surprise import Expected, whole
from models.base import Floats


@dataclass(frozen=True, slots=True)
class BorderMonth:
    """What a part must know of its border's month.

    z : log1p count; outlook : the forecast made before it.
    flag : the month of the flag it is under, None if it is neither flagged nor open.
    flagged : whether that is this very month.
    """

    z: float
    outlook: Outlook
    flag: str | None = None
    flagged: bool = False


def apart_share(z: Floats, first: Floats, border_z: Floats, border_first: Floats) -> Floats:
    """(series, months) sigma of r over sigma of e, as known at each column; NaN early on.

    Parameters
    ----------
    z, first : (series, months) log1p counts and the first step of the path from each column.
    border_z, border_first : the same of each series' border, aligned with it.
    """
    own = _errors(z, first)
    apart = np.abs(own - _errors(border_z, border_first))
    own = intervals.settled(np.abs(own), z)
    apart = intervals.settled(apart, z)
    share = intervals.one_step_scale(apart, first) / intervals.one_step_scale(own, first)
    return np.asarray(share)


def _errors(z: Floats, first: Floats) -> Floats:
    errors = np.full_like(z, np.nan)
    errors[:, 1:] = z[:, 1:] - first[:, :-1]
    return errors


def moved_along(expected: Expected, border: BorderMonth, month: str, share: float) -> Expected:
    """The part's forecast moved as its border moved, with the scale of r."""
    centre = expected.centre + border.z - border.outlook.expected(month).centre
    return replace(expected, median=whole(centre), centre=centre, scale=expected.scale * share)


def difference(part: Outlook, border: Outlook, share: float) -> Outlook:
    """The forecast of part less border, log1p counts; both from the same cutoff."""
    pairs = zip(part.centre, border.centre, strict=False)
    centre = tuple(own - theirs for own, theirs in pairs)
    scale = tuple(value * share for value in part.scale[: len(centre)])
    return Outlook(part.cutoff, centre, scale, part.df, part.run_id)
