"""How much of its last count a month has at each age, by what became of the months before it.

Chain ladder: from one age to the next a month grows as all months before it did, sums over sums.
Its spread is that of their growth, beside a prior that says: in proportion to what is lacking.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from models.base import Floats

_OTHERS = 2.0  # months that other series' growth counts for, beside a series' own
_PRIOR_MONTHS, _PRIOR_SPREAD = 2.0, 0.1  # of the log of what is lacking


@dataclass(frozen=True, slots=True)
class Share:
    """How much of its last count a month has, 0..1, and its 80% interval. months : that told it."""

    share: float
    low: float
    high: float
    months: int


def shares(own: Floats, others: Floats, level: float = 0.8) -> list[Share]:
    """Estimate the share of the last count that a series' months have at each age.

    own : (months, ages) counts of the series by age in months, NaN where none was stated.
    others : (months of all series, ages), the same of it and of those beside it.

    Returns one an age; of an age that no two statements tell of, the share is 1 and `months` is 0.
    """
    shares: list[Share] = []
    log_share, variance, freedom = 0.0, 0.0, np.inf
    for age in range(own.shape[1] - 2, -1, -1):
        mine, every = (of[np.isfinite(of[:, age : age + 2]).all(axis=1)] for of in (own, others))
        count = len(mine)
        if len(every):
            of_all, of_own = _growth(every, age), _growth(mine, age) if count else 0.0
            growth = (_OTHERS * of_all + count * of_own) / (_OTHERS + count)
            told_by = mine if count else every
            deviations = np.log((told_by[:, age + 1] + 0.5) / (told_by[:, age] + 0.5)) - growth
            prior = (_PRIOR_SPREAD * growth) ** 2
            free = _PRIOR_MONTHS + len(deviations)
            spread = (_PRIOR_MONTHS * prior + float((deviations**2).sum())) / free
            variance += spread * (1 + 1 / (_OTHERS + count))
            log_share -= growth
            freedom = min(freedom, free)
        half = -stdtrit(freedom, (1 - level) / 2) * variance**0.5 if variance else 0.0
        share, low, high = np.exp([log_share, log_share - half, log_share + half]).tolist()
        shares.append(Share(share, low, high, count or min(len(every), 1)))
    return shares[::-1]


def _growth(counts: Floats, age: int) -> float:
    """Return the log of the sum at the next age over that at this one."""
    now, then = counts[:, age + 1].sum() + 0.5, counts[:, age].sum() + 0.5
    return float(np.log(now / then))
