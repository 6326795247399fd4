"""Every number of the method that the engine adds to its models', once.

The models' own are in `models.parameters`, where `Number` is explained. `EVERY` holds both. What
20% more or less of each does to the scores: `make sensitivity`, docs/method.md.
"""

from models import parameters as _models
from models.parameters import Number, WholeNumber

_ROUND_1 = "borders, sectors, M3's first half; round 1"
_ROUND_2 = "sectors, states, regions, M3's first half; round 2"
_ROUND_3 = "sectors, regions, states, parts before 2024, M1, M3's first half; round 3"
_ALONE = "M1, M3's first half, sectors, states, one series a family; round 4"
_NOTES = "sectors, regions, M1, M3's first half; round 3"

# Which model is believed.
NEAR = WholeNumber(3, "months", "horizons by which models are judged; others: within .1%", _ROUND_1)
FIRST_ORIGIN = WholeNumber(18, "months", "since the start, from which hindcasts count", _ROUND_1)
MEMORY = Number(0.98, "a month", "evidence fades, as families change", _ROUND_1)
OVERLAP = Number(3.0, "", "variance of a mean of overlapping hindcasts, against independent ones")
EVIDENCE_LIMIT = Number(5.0, "usual losses", "no month says more than this", _ROUND_2)
LEAST_VARIANCE = Number(1e-4, "", "of the evidence, so that two months are no proof")
NEEDED = Number(1.7, "t statistic", "at which a family's evidence is worth half the walk", _ROUND_2)
NEEDED_ELSEWHERE = Number(
    -2.4, "t statistic", "the same for counts not known to jump: calm until shown otherwise", _ALONE
)
SPREADS = WholeNumber(12, "months", "horizons by whose log scores spreads are judged", _ALONE)
SPREAD_LIMIT = Number(2.0, "nats", "no hindcast says more than this of a spread", _ALONE)
STEEPNESS_ELSEWHERE = Number(
    0.5,
    "a unit of t",
    "of the verdict by evidence and log scores of counts not known to jump",
    _ALONE,
)
RESOLUTION = Number(0.29, "counts", "sd of rounding to whole counts: a smaller error is none")
STEEPNESS = Number(1.2, "a unit of t", "of the verdict by the family's evidence", _ROUND_2)
OWN_STEEPNESS = Number(10.0, "a unit of log ratio", "of the verdict by the own record", _ROUND_2)
LARGE = Number(
    0.1, "log ratio", "beyond it a family's own record is no news for a series", _ROUND_2
)
PRIOR_WEIGHT = Number(
    80.0, "hindcasts", "belief in the verdict when errors are regressed", _ROUND_2
)
ERROR_LIMIT = Number(3.0, "usual errors", "beyond it a hindcast teaches no more", _ROUND_1)
WINDOW = WholeNumber(60, "months", "whose median error is usual", _ROUND_1)
MOST_LEAN = Number(10.0, "log odds", "keeps the prior of the mix finite")

# The calm side of the centre: two scales and a level.
ROOT_BY_FAMILY = Number(
    40.0, "a unit of log ratio", "how soon the better scale is chosen", _ROUND_3
)
ROOT_BY_OWN = Number(20.0, "a unit of log ratio", "likewise by the own record", _ROUND_3)
ROOT_SMALL = Number(10.0, "counts", "where the square root grid has half its weight", _ROUND_3)
ROOT_LEAST = Number(0.001, "", "a smaller weight is 0, which spares the grid's paths")
LEVEL_PRIOR = Number(20.0, "hindcasts", "belief that the smoothed level adds nothing", _ROUND_3)
LEVEL_LEAST = Number(0.1, "", "below it the level is left out, from twice that it is in", _ROUND_3)
ROOM_OF_CENTRE = Number(
    1.3862943611198906,
    "log1p",
    "log 4: how far a median may leave the range of the history",
    _NOTES,
)

# The scale.
FIRST_ERROR = WholeNumber(14, "months", "since the start, from which one-step errors count")
UNCAPPED = WholeNumber(7, "errors", "before extreme ones are capped")
LEAST_ERRORS = WholeNumber(10, "errors", "two years of data in all: fewer do not say what is usual")
FIRST_YOUNG = WholeNumber(13, "months", "known: of fewer nothing is said")
YOUNG_ERROR = WholeNumber(3, "months", "since the start, from which errors of young series count")
CAP = Number(4.5, "median errors", "a break widens, but does not rule for five years", _ROUND_1)
COUNT_NOISE = Number(2.0, "sd", "of a Poisson count: an error that large is no outlier", _ROUND_1)
QUICK = WholeNumber(4, "months", "half-life of the quick root mean square", _ROUND_1)
SLOW = WholeNumber(60, "months", "half-life of the slow one; 20% more or less: .1%", _ROUND_1)
LEAST_SIGMA = Number(0.001, "log1p", "keeps a series that never errs from certainty")
NOISE_HALF_LIFE = WholeNumber(20, "months", "of the count noise that is in sigma", _ROUND_3)
NOISE_LEAST = Number(0.25, "", "of sigma squared, is left when a level has risen", _ROUND_3)
LEVEL_NOISE_PART = Number(1.3, "count noise", "goes from a scale squared where a level is higher")
LEVEL_NOISE_LEAST = Number(0.1, "", "of a scale squared, is left in months of a higher level")

# The distribution.
WALK_DF = Number(2.5, "", "degrees of freedom of series that break", _ROUND_1)
GRID_DF = Number(3.0, "", "degrees of freedom of calm series", _ROUND_2)
WALK_WIDTH = Number(1.5, "sigma", "width of series that break", _ROUND_1)
GRID_WIDTH = Number(1.0, "sigma", "width of calm series, before they learn", _ROUND_2)
DRIFT = Number(0.17, "", "exponent of the horizon that the models' growth leaves out", _ROUND_1)
ELSEWHERE_DRIFT = Number(0.05, "", "DRIFT of calm series not known to jump", _ALONE)
ELSEWHERE_DF = Number(4.0, "", "GRID_DF of counts not known to jump", _ALONE)
ELSEWHERE_WIDTH = Number(
    1.15, "sigma", "GRID_WIDTH of these: where they end up by learning", _ALONE
)
END = Number(0.975, "", "probability at which a tail is bent in full")
LOWER = Number(0.1, "", "so much wider below, from the median on: falls are larger", _ROUND_3)
LOWER_END = Number(0.1, "", "and so much more at END for series that break", _ROUND_3)
LOWER_START = Number(0.3, "", "of it one month ahead", _ROUND_3)
UPPER_END = Number(0.3, "", "so much narrower above at END, nothing at the median", _ROUND_3)
UPPER_START = Number(0.7, "", "of it one month ahead, for calm series", _ROUND_3)
UPPER_SMALL = Number(
    3.0, "counts", "where the upper side is bent half: small counts are skewed", _NOTES
)
ROOM = Number(0.7, "log1p", "how far a quantile may leave the centre beyond the range", _ROUND_1)

# After a surprise.
LARGE_SURPRISE = Number(0.8, "log1p", "more than half, or twice, is another kind")
GOING_ON = (
    ((0.2, 0.5), (0.6, 0.86)),
    ((0.45, 0.45), (0.7, 0.92)),
)
"""That a surprise goes on: down, up; of one month, large, small; of two months, uneven, steady."""
GOING_ON_PRIOR = Number(8.0, "surprises", "belief in these, against a family's own")
ODD_SPREAD = Number(0.25, "squared errors", "of variance after a month that is odd", _ALONE)

# Small counts.
COUNTED_MOST = Number(1000.0, "counts", "of larger ones a count model says nothing new")
COUNTED_PRIOR = Number(2.0, "log odds", "against the count model: it knows no trend", _ALONE)
COUNTING_PRIOR = Number(14.0, "log odds", "for it where errors are as large as counting's", _ALONE)
COUNTED_LIMIT = Number(3.0, "nats", "no month says more than this of the count model")
COUNTED_ALONE = Number(0.9, "", "beyond such a share a count model with a hurdle needs no t")
COUNTED_LEAST = Number(0.05, "", "a smaller share of the count model is none")

# Learned widths.
FIRST_WIDTH = WholeNumber(24, "months", "since the start, from which forecasts teach", _ROUND_2)
WIDTH_PRIOR = Number(15.0, "errors", "belief that the width is right", _ROUND_2)

# Other models' intervals.
GROWTH_PRIOR = Number(8.0, "errors", "belief in the square root of the horizon")

EVERY = {
    f"{module}.{name}": number
    for module, names in ((_models.__name__, vars(_models)), (__name__, dict(globals())))
    for name, number in names.items()
    if isinstance(number, Number | WholeNumber)
}
"""Module and name -> number."""
