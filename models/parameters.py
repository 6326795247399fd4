"""Every number of the one-pass models, once: value, unit, reason, and the sets it was chosen on.

A `Number` is a plain float or int that also knows why it is what it is. `benchmarks.sensitivity`
moves each by a fifth and prints what the scores do.
"""

from typing import Any, Self


class _Explained:
    """A number of the method.

    unit : what it is measured in, "" for a pure number.
    reason : why it is there, and why about this large.
    chosen_on : the sets it was chosen on, "" where the reason alone gives it.
    """

    unit: str
    reason: str
    chosen_on: str

    def __new__(cls, value: float, unit: str, reason: str, chosen_on: str = "") -> Self:
        """A number with its reason."""
        self = super().__new__(cls, value)  # type: ignore[call-arg]
        self.unit, self.reason, self.chosen_on = unit, reason, chosen_on
        return self

    def __getnewargs__(self) -> tuple[Any, ...]:
        """What a copy, or another process, makes of it."""
        return type(self).__mro__[2](self), self.unit, self.reason, self.chosen_on


class Number(_Explained, float):
    """One that is measured."""


class WholeNumber(_Explained, int):
    """One that is counted: months, errors."""


_FOURTH = "a quarter of such series beside M1, M3's first half; round 4"
_FIRST = "borders, sectors, M3's first half; round 1"
_ELSEWHERE = "M1, M3's first half, a third of tourism, together and alone; round 4"

# Break walk.
PROFILE_YEARS = WholeNumber(
    10, "years", "changes of one calendar month behind its usual one", _FIRST
)
FIRST_PROFILE = WholeNumber(24, "months", "two changes of each calendar month before one is usual")
ELSEWHERE_PROFILE_YEARS = WholeNumber(
    7, "years", "PROFILE_YEARS of counts not known to jump: seasons change", _ELSEWHERE
)
ELSEWHERE_FIRST_PROFILE = WholeNumber(
    36, "months", "FIRST_PROFILE of these: a median of two is their mean", _ELSEWHERE
)
WALK_WINDOW = WholeNumber(60, "months", "over which the size of a usual change is measured", _FIRST)
WALK_MEMORY = Number(0.99, "a month", "what is learned of strength and momentum fades", _FIRST)
STRENGTH_LIMIT = Number(3.0, "usual changes", "a larger change is a break and teaches no season")
STRENGTH_PRIOR = Number(60.0, "changes", "belief that the profile holds in full", _FIRST)
STRENGTH_MAX = Number(1.1, "", "a season may be a little stronger than its medians")
MOMENTUM_LIMIT = Number(1.5, "usual surprises", "of a larger one no more than this goes on", _FIRST)
MOMENTUM_PRIOR = Number(30.0, "surprises", "belief that nothing goes on", _FIRST)
MOMENTUM_MAX = Number(0.6, "", "keeps a path bounded")
FIRST_MOMENTUM = WholeNumber(13, "months", "a year of surprises before any momentum")

# Structural grid.
FIRST_EVIDENCE = WholeNumber(2, "months", "the first errors only find level and slope")
FLAT_PRIOR = Number(20.0, "series", "belief that all points of the grid are equally good", _FIRST)

# What series of a family teach each other.
SILENT = WholeNumber(24, "months", "of 0 in a row, after which a series teaches nothing", _FOURTH)

# Wait and see.
_WAITING = "M1, M3's first half, tourism, injected dips and shifts; round 5"
HELD_LIMIT = Number(
    4.0, "usual errors", "a month farther away is held; 4 to 7: within .5%", _WAITING
)
HELD_UNSURE = Number(10.0, "errors", "so many known double what must surprise", _WAITING)
HELD_LEAST = Number(0.2, "log1p", "a smaller surprise does no harm")
HELD_NOISE = Number(4.0, "sd", "of a Poisson count: a smaller surprise is counting")
HELD_FROM = WholeNumber(24, "months", "since the start, from which months are held")
HELD_MONTHS = WholeNumber(3, "months", "as far away in a row, after which a level moved", _WAITING)
STEADY = Number(0.15, "of a surprise", "closer together, two months are one level", _WAITING)
ODD_LIMIT = Number(3.0, "usual errors", "a month farther away, but taken in, is odd", _WAITING)
HELD_UNDO = WholeNumber(24, "months", "for so long a move can be undone at once")
FIRST_USUAL = WholeNumber(13, "months", "since the start, from which errors tell what is usual")
LEAST_USUAL = WholeNumber(8, "errors", "fewer do not")
USUAL_RATE = Number(1 / 48, "", "of a month in what is usual")

# Small counts.
FIRST_COUNTED = WholeNumber(24, "months", "known, from which counts weigh the points", _WAITING)
MANY_EMPTY = Number(0.2, "", "of the first two years' months without a count: a hurdle is tried")
FIRST_LIVE = WholeNumber(6, "months", "with any count, from which these weigh its points")
HURDLE_LIMIT = Number(3.0, "nats", "no month says more than this of the hurdle")
HURDLE_PRIOR = Number(2.0, "nats", "by so much it must have foretold more", _WAITING)
COUNTED_MEMORY = Number(0.99, "a month", "at which the points' likelihood fades", _WAITING)
