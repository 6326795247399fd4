"""From when on a series that is too short is forecast."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

from forecast import months
from forecast.engine import parameters as par
from models.base import MOST_MISSING


def first_forecast(known: Collection[str], through: str) -> str:
    """The month whose figures give a series its first forecast; "" if it has one already.

    Parameters
    ----------
    known : its counted months. through : the last month that others are known of; each month
        after both is taken to be counted.
    """
    numbers = sorted(map(months.to_index, known))
    if _enough(numbers):
        return ""
    # A series behind the others is expected to catch up before it goes on.
    month = max(numbers[-1], months.to_index(through))
    while not _enough(numbers):
        month += 1
        numbers.append(month)
    return months.from_index(month)


def _enough(numbers: list[int]) -> bool:
    """Whether these months, ascending, tell the scale of a forecast; see `intervals.sigma_of`."""
    pairs = list(pairwise(numbers))
    start = max(
        [numbers[0], *(later for sooner, later in pairs if later - sooner > MOST_MISSING + 1)]
    )
    errors = [
        later for sooner, later in pairs if later == sooner + 1 and later - start >= par.FIRST_ERROR
    ]
    return len(errors) >= par.LEAST_ERRORS
