"""Drift: many small deviations the same way, none of which is a flag.

Two rules, either of which raises an alarm
    outside     two months running beyond the 95% interval of six months before, on one side
    sums        a running sum of normal scores on one side (a CUSUM) passes its limit
None is raised on the side of a flag or an alarm of the last eight months: that is known already.

A score counts with at most 2.5, so that no single month raises an alarm. A flagged month is
skipped and sets both sums to 0: what it stands for has been said.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

from forecast import months

Side = Literal[-1, 0, 1]

CLIP = 2.5  # normal scores
SLACK = 0.5  # of a score, that a month may be off without adding up
CUSUM_LIMIT = 4.5  # an alarm in about 150 months of the totals and of the Border Patrol since 2003
QUIET_MONTHS = 8  # months for which a side stays said


@dataclass(frozen=True, slots=True)
class Drift:
    """What the months before have added up to.

    up, down : running sums of scores beyond SLACK on each side, >= 0.
    outside : side on which the last month lay beyond the interval of six months before, or 0.
    sides : side -> last month with a flag or an alarm on it.
    """

    up: float = 0.0
    down: float = 0.0
    outside: Side = 0
    sides: dict[int, str] = field(default_factory=dict)


def flagged(drift: Drift, month: str, side: int, outside: Side | None) -> Drift:
    """After a month with a flag of its own."""
    alarms = {**drift.sides, side: month}
    return replace(drift, up=0.0, down=0.0, outside=outside or 0, sides=alarms)


def quiet(drift: Drift, month: str, score: float, outside: Side | None) -> tuple[Drift, Side]:
    """After a month without a flag; the alarm's side, 0 if there is none.

    score : the month as a normal score, negative below its centre.
    outside : side beyond the 95% interval of six months before, 0 inside, None unknown.
    """
    # One outlier is a flag's business.
    clipped = min(max(score, -CLIP), CLIP)
    up = max(drift.up + clipped - SLACK, 0.0)
    down = max(drift.down - clipped - SLACK, 0.0)
    # Before the sums are set back: they are what raised it.
    side: Side = outside if outside and outside == drift.outside else 0
    if up > CUSUM_LIMIT or down > CUSUM_LIMIT:
        side = 1 if up > CUSUM_LIMIT else -1
    after = replace(
        drift,
        up=0.0 if up > CUSUM_LIMIT else up,
        down=0.0 if down > CUSUM_LIMIT else down,
        outside=outside or 0,
    )
    alarm = drift.sides.get(side)
    known = alarm and months.to_index(month) - months.to_index(alarm) <= QUIET_MONTHS
    if side == 0 or known:
        return after, 0
    return replace(after, sides={**drift.sides, side: month}), side
