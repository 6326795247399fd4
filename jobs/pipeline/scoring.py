"""How good forecasts have been, as a run writes it: hindcasts, and those issued in time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from forecast.engine import scores
from forecast.records import Counts, Hindcast, Score
from forecast.store import runs

if TYPE_CHECKING:
    from sqlite_utils import Database


def score(db: Database, new: Sequence[Hindcast], counts: Counts, first: str) -> Iterator[Score]:
    """Scores of hindcasts, kept and `new`, and of issued forecasts, each for itself.

    first : the first cutoff that is scored.
    """
    hindcasts = scores.of_hindcasts(runs.all_hindcasts(db, new))
    yield from scores.scores(hindcasts, counts, first, "hindcast")
    yield from scores.scores(runs.issued(db), counts, first, "issued")
