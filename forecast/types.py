"""Frozen records, one per thing the tables hold; the unit stands beside each field.

month    text, "YYYY-MM"
count    integer >= 0, in the measure's unit
level    central prediction interval in percent: 80 is the quantiles 0.1 and 0.9
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, Protocol, TypeVar, get_args

from forecast import months

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Names of the first measure's totals, which tables of 1.0 promised.
BORDERS = ("northern", "southwest", "other")
NATIONWIDE = "nationwide"
DEFAULT_SOURCE = "cbp_encounters"  # of a record whose settings name none
COUNT = "encounters"  # the column of a count in rows of every measure, as 1.0 named it
HEADLINES = (*BORDERS, NATIONWIDE)
FEW = 8  # totals up to which pages name each, and compare every two

Row = dict[str, Any]
"""A row of a view as the store gives it: column -> value."""

TotalMonth = tuple[str, str]
"""A total and a month."""


class Report(Protocol):
    """Told how far a long step is."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """`done` of `total` pieces of `step` are ready."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals that a record is about.

    parts : in the order in which people name them. whole : what they add up to, "" if nothing.
    """

    parts: tuple[str, ...] = ()
    whole: str = ""

    @property
    def every(self) -> tuple[str, ...]:
        """All of them, the whole last."""
        return (*self.parts, *filter(None, (self.whole,)))

    @property
    def few(self) -> bool:
        """Whether every page names each in its head, and months have pages of their own."""
        return len(self.every) <= FEW


@dataclass(frozen=True, slots=True)
class Aside:
    """A dimension that splits one half alone, and is stated beside the total, never forecast.

    half : the component it splits. named, rest : its two members. words : what `named` is.
    named_where, rest_where : where both were counted, behind a number.
    misread : what a total with much of `named` must not be called. unforecast : why it is not.
    """

    dimension: str
    half: str
    named: str
    rest: str
    words: str
    named_where: str
    rest_where: str
    misread: str
    unforecast: str


@dataclass(frozen=True, slots=True)
class Term:
    """Months under one administration, those that lie in it whole.

    name : "the Biden administration". words : what questions call it. first, last : months, the
    last one "" while it lasts.
    """

    name: str
    words: tuple[str, ...]
    first: str
    last: str = ""


@dataclass(frozen=True, slots=True)
class Absent:
    """Something that is asked of the counts and is not among them.

    words : what questions call it. said : what it is and who publishes it, a sentence.
    """

    words: tuple[str, ...]
    said: str


@dataclass(frozen=True, slots=True)
class Break:
    """A date after which series are known to have moved: a change of policy.

    date, known_on : "YYYY-MM-DD", in force and first publicly certain.
    totals : those it bears on.
    source : the document, in words.
    """

    date: str
    known_on: str
    totals: tuple[str, ...]
    name: str
    source: str


@dataclass(frozen=True, slots=True)
class FlagRules:
    """When a month is flagged; see docs/flags.md.

    alpha : the chance below which a month is unusual. min_level : the count, expected or usual,
    that a series must have. min_change, min_ratio : how far off a month must be, in counts and as
    a factor. budget : false flags a month that all series together may raise, in the place of
    alpha, min_level and min_change; 0 for none.
    """

    alpha: float
    min_level: int
    min_change: int
    min_ratio: float
    budget: float = 0.0


Basis = Literal["issued", "hindcast"]
ReleaseKind = Literal["bundle", "aor", "state", "sbo", "vintage", "manual"]


class Scope(NamedTuple):
    """What a release covers as a whole: all members of a dimension of a total.

    `component` is set for the dimensions `field` and `component`, because Border Patrol ("U.S.
    Border Patrol", sectors) is published over a longer span than field operations ("Office of
    Field Operations", field offices); of own counts' parts it is the member, as each is known in
    months of its own. Elsewhere it is "". A total has dimension "".
    """

    total: str
    dimension: str
    component: str = ""


class SeriesKey(NamedTuple):
    """One monthly series: total x dimension x member; a total itself has "" for both."""

    total: str
    dimension: str = ""
    member: str = ""
    component: str = ""

    @property
    def scope(self) -> Scope:
        """The scope whose coverage is this series' coverage."""
        return Scope(self.total, self.dimension, self.component)

    @property
    def headline(self) -> bool:
        """Whether this is a total."""
        return self.dimension == ""

    def __str__(self) -> str:
        """Return the way a person writes it: northern / citizenship / INDIA."""
        return " / ".join(part for part in self[:3] if part)


class FirstPublished(NamedTuple):
    """A month as first published. known_from : the day it became known, None where unknown."""

    value: int
    release_id: int
    known_from: str | None


def in_time(published: str, known: str | None) -> bool:
    """Whether a forecast of this day was published before the month became known."""
    return known is not None and published < known


class LastJudged(NamedTuple):
    """The last judged month of a series, and what it left of drift: sums up and down, outside."""

    month: str
    drift_up: float
    drift_down: float
    outside: int | None


class MonthVintage(NamedTuple):
    """A value that a total's month has had. known_from : the day from which it was known."""

    series: SeriesKey
    month: str
    value: int
    known_from: str


class LastAlarm(NamedTuple):
    """The newest month in which a series was flagged to one side, 1 or -1."""

    series: SeriesKey
    side: int
    month: str


class FlaggedMonth(NamedTuple):
    """A total's month that was flagged. opened : of its episode, None without one."""

    series: SeriesKey
    month: str
    opened: str | None


class RevisedMonth(NamedTuple):
    """A total's month that a release restated. closed : whether its year was closed in two."""

    series: SeriesKey
    month: str
    release_id: int
    before: int
    after: int
    closed: bool


class UnexplainedMonth(NamedTuple):
    """A flagged month of which a dimension had no counts when it was explained."""

    series: SeriesKey
    month: str
    cutoff: str
    value: int
    expected: int
    dimension: str


class Coverage(NamedTuple):
    """Months in a row that a release states for every member of a scope; an absent member is 0.

    A month that nobody knows is covered by none: then a scope has several spans in a release.
    """

    scope: Scope
    first_month: str
    last_month: str


@dataclass(frozen=True, slots=True)
class Release:
    """One published file (or an embedded or hand-made equivalent).

    `seq` orders releases: window end * 10**5 + fiscal month * 10**3 + final * 10**2 + suffix,
    with the fiscal month 1 (Oct) .. 12 (Sep). `first_seen_at` is the vintage date "YYYY-MM-DD",
    None where it is unknown; `first_seen_precision` is "day", "month" (then the date is the
    month's last day) or "unknown". `rounding` is the unit the counts are rounded to (1 or 10).
    """

    source: str
    kind: ReleaseKind
    file_name: str
    sha256: str
    data_through: str
    seq: int
    first_seen_at: str | None = None
    first_seen_precision: Literal["day", "month", "unknown"] = "unknown"
    url: str = ""
    rounding: int = 1


Counts = Mapping[SeriesKey, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything one release says, ready to be checked and kept.

    counts : per series and month; zeros of drill-down members may be left out, totals not.
    coverage : what it speaks about; a covered month that is absent from counts is 0.
    rows : per fiscal year, the lines in the file; empty where unknown (embedded figures).
    closed : the fiscal years that are complete in it. unfinished : months that are not.
    """

    release: Release
    counts: Counts
    coverage: tuple[Coverage, ...]
    rows: Mapping[int, int] = field(default_factory=dict)
    closed: frozenset[int] = frozenset()
    unfinished: tuple[Unfinished, ...] = ()

    def until(self, last: str) -> Snapshot:
        """Return what it says of the months until one."""
        if self.release.data_through <= last:
            return self
        begun = [c for c in self.coverage if c.first_month <= last]
        covered = tuple(c._replace(last_month=min(c.last_month, last)) for c in begun)
        through = max((c.last_month for c in covered), default="")
        counts = {
            key: {month: count for month, count in by_month.items() if month <= last}
            for key, by_month in self.counts.items()
        }
        return replace(
            self,
            release=replace(self.release, data_through=through),
            counts={key: by_month for key, by_month in counts.items() if by_month},
            coverage=covered,
        )


@dataclass(frozen=True, slots=True)
class MonthMixture:
    """What a month's forecast is made of where one t cannot say it; see `forecast.engine.mixtures`.

    centre, scale : of the t, log1p counts, where a surprise passes. away, stays : how far from
    there it lies where it stays, and the chance of that. share : of the count model, 0..1;
    mean, size : of its negative binomial, in counts.
    """

    centre: float
    scale: float
    away: float
    stays: float
    share: float
    mean: float
    size: float


def mixtures_in(stored: bytes) -> tuple[MonthMixture, ...]:
    """Each month's mixture in what a run keeps of a series' paths; () where a t says it all.

    stored : of `forecast.engine.joint.as_bytes`: df, reach, and each month's centre and scale;
    then, where there are mixtures, each month's numbers, and one that is none.
    """
    numbers = struct.unpack(f"<{len(stored) // 8}d", stored)[2:]
    if math.isfinite(numbers[-1]):
        return ()
    of_month = len(MonthMixture.__slots__)
    ahead = (len(numbers) - 1) // (of_month + 2)
    starts = range(2 * ahead, len(numbers) - 1, of_month)
    return tuple(MonthMixture(*numbers[at : at + of_month]) for at in starts)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is said of a month, or of the sum of months in a row: counts as integers, the nearest.

    cutoff : last month published.
    centre, scale, df : of a month the predictive distribution on log1p counts, a Student t with
        df degrees of freedom around centre, in units of scale (the flags' p comes from it).
    mixture : of a month that no single t describes.
    span : the name of a sum, "FY2027"; "" of a month. months_published : of the span's months;
        published : their sum. median and intervals are of the whole sum.
    """

    series: SeriesKey
    model: str
    cutoff: str
    first_month: str
    last_month: str
    median: int
    lo50: int
    hi50: int
    lo80: int
    hi80: int
    lo90: int
    hi90: int
    lo95: int
    hi95: int
    centre: float = math.nan
    scale: float = math.nan
    df: float = math.nan
    flag_below: int | None = None
    flag_above: int | None = None
    span: str = ""
    months_published: int = 0
    published: int = 0
    mixture: MonthMixture | None = None

    @property
    def month(self) -> str:
        """The month, of a sum its last one."""
        return self.last_month

    @property
    def horizon(self) -> int:
        """Months from the cutoff to it."""
        return months.to_index(self.last_month) - months.to_index(self.cutoff)


COUNTS_AHEAD = ("median", "lo50", "hi50", "lo80", "hi80", "lo90", "hi90", "lo95", "hi95")
# What tables and JSON hold of the forecast of a month, and of that of a sum.
MONTH_AHEAD = (
    *("series", "model", "cutoff", "month", "horizon", *COUNTS_AHEAD),
    *("centre", "scale", "df", "flag_below", "flag_above"),
)
SUM_AHEAD = (
    *("series", "span", "first_month", "last_month", "cutoff", "months_published", "published"),
    *COUNTS_AHEAD,
)


@dataclass(frozen=True, slots=True)
class MonthForecast:
    """What stood before a month: median in counts; centre, scale and df on log1p counts.

    horizon : months ahead it was said. mixture : where no single t says it.
    """

    median: int
    centre: float
    scale: float
    df: float
    horizon: int = 1
    mixture: MonthMixture | None = None


@dataclass(frozen=True, slots=True)
class ForecastPath:
    """The forecast of one series from one cutoff, month by month from the one after it.

    centre, scale : log1p counts. df : degrees of freedom, > 2.
    run_id : the run that issued it, None for a hindcast; published : on which day, likewise "".
    median : in counts, where it is stored. mixtures : of each month, where no single t says it.
    """

    cutoff: str
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    df: float
    run_id: int | None = None
    median: tuple[int, ...] = ()
    published: str = ""
    mixtures: tuple[MonthMixture, ...] = ()

    def horizon(self, month: str) -> int:
        """Months from the cutoff to `month`."""
        return months.to_index(month) - months.to_index(self.cutoff)

    def reaches(self, month: str) -> bool:
        """Whether `month` is one of its months."""
        return 1 <= self.horizon(month) <= len(self.centre)

    def expected(self, month: str) -> MonthForecast:
        """The forecast of one of its months."""
        # As it was published, where it was: rounding may have moved it to make totals add up.
        step = self.horizon(month) - 1
        centre = self.centre[step]
        median = self.median[step] if self.median else whole(centre)
        mixture = self.mixtures[step] if self.mixtures else None
        return MonthForecast(median, centre, self.scale[step], self.df, step + 1, mixture)


def whole(centre: float) -> int:
    """The median in counts of a centre on log1p counts."""
    return round(math.expm1(max(centre, 0.0)))


# In whole permille: 0.95 is no number that a table can be joined by.
HUB_PERMILLES = (10, 25, *range(50, 951, 50), 975, 990)
# q01, q025, q05, q10 ... q95, q975, q99: what people call those quantiles in a file.
HUB_COLUMNS = tuple(f"q{permille:03d}".removesuffix("0") for permille in HUB_PERMILLES)


@dataclass(frozen=True, slots=True)
class Hindcasts:
    """What a model would have said of a series at past cutoffs, from only the data up to each.

    By columns, for of thousands of series there are millions of rows; a row is a month ahead of a
    cutoff, the cutoffs ascend.

    version : of the model's code. cutoffs : of each row; so are all that follow.
    digests : sha256 of the data up to the cutoff. counts : (n, HUB_PERMILLES).
    centre, scale, df : as in Forecast.
    """

    series: SeriesKey
    model: str
    version: str
    cutoffs: Sequence[str]
    months: Sequence[str]
    horizons: Sequence[int]
    digests: Sequence[str]
    counts: NDArray[np.int64]
    centre: Sequence[float]
    scale: Sequence[float]
    df: Sequence[float]


ScoredForecast = tuple[SeriesKey, str, str, int, Sequence[int]]
"""Series, model, cutoff, months ahead, and counts at .025 .05 .1 .25 .5 .75 .9 .95 .975."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A published month against the forecast made before it.

    release_id : the release that first stated it; run_id : the run that issued the forecast.
    basis : "issued", "hindcast", or "none" (too early for any forecast: p, z, median are None).
    p : two-sided probability of a month at least this far from the centre, 0..1.
    z : the same as a signed standard normal score. centre : of the forecast, log1p counts.
    apart_p : p of a part's deviation from its total's, where the total was flagged or open.
    outside : side (-1, 1) on which the month lay beyond the 95% interval of six months before,
        0 inside, None without such a forecast.
    drift_up, drift_down : the running sums of the drift rule after this month, in normal scores.
    unflagged : why a month with p below .05 has no flag, or none but watch; "" elsewhere.
    """

    series: SeriesKey
    month: str
    value: int
    basis: Literal["issued", "hindcast", "none"]
    release_id: int
    run_id: int | None = None
    cutoff: str | None = None
    horizon: int | None = None
    median: int | None = None
    p: float | None = None
    z: float | None = None
    centre: float | None = None
    apart_p: float | None = None
    outside: int | None = None
    drift_up: float = 0.0
    drift_down: float = 0.0
    unflagged: Unflagged = ""


# watch: p is not below alpha. small: the series, or the deviation. known: an episode is open, or
# that of its total. late: filled in behind a month judged before. restated: by the figures of
# today the month, or the one that opened the episode it would have settled, is not unusual.
Unflagged = Literal["", "watch", "small", "known", "late", "restated"]
Severity = Literal["critical", "major", "notable", "watch"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)  # the most serious first
Role = Literal["first", "escalation", "reversal", "listed", "apart"]
DriverRole = Literal["part", "unattributed", "not held"]


@dataclass(frozen=True, slots=True)
class Flag:
    """A published month outside what was expected.

    severity : see SEVERITIES; ratio : count / expected (both + 1).
    expected : counts; the median that stood before the month; for a part apart from its total
        the median moved as its total moved; for drift the median of six months before; for a
        revision the count before it.
    side : 1 above the forecast, -1 below.
    role : "first" opens an episode (watch, drift and revision flags open none), "escalation" and
        "reversal" are what may follow while it is open; a part is "listed" under its total's
        flag or stands "apart" from it.
    episode : the month in which the flag's episode opened, None without one.
    parent : the month of the total's flag that a part is listed under or apart from.
    """

    series: SeriesKey
    month: str
    release_id: int
    kind: Literal["month", "drift", "revision"]
    severity: Severity
    ratio: float
    value: int = 0
    expected: int = 0
    side: Literal[-1, 0, 1] = 0
    role: Role = "first"
    episode: str | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Episode:
    """A flag and what follows it.

    opened, closed : months, closed None while open. side : 1 above, -1 below what was expected.
    size : |log1p count - frozen centre| of the opening month.
    cutoff, centre, scale, df : the forecast made before it, frozen: log1p counts of the
        opening month, the month after, ...
    relative : whether all this is about the part's log1p count less its total's.
    """

    series: SeriesKey
    opened: str
    side: int
    size: float
    cutoff: str
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    df: float
    relative: bool = False
    state: Literal["open", "transient", "level shift"] = "open"
    closed: str | None = None


@dataclass(frozen=True, slots=True)
class DatedValue:
    """What a series' count was, as somebody published it.

    series : whose. first, last : of which months, "YYYY-MM", both included; several are a sum.
    count : in the source's words. rounding : to how many it was rounded, 1 where it is exact.
    known_by : "YYYY-MM-DD", the day by which it was public. source : where it can be read.
    days : of the first days of the month alone, 0 where it is of all that it names.
    """

    series: SeriesKey
    first: str
    last: str
    count: int
    rounding: int
    known_by: str
    source: str
    days: int = 0

    @property
    def about(self) -> Hashable:
        """What two statements share that cannot both be true."""
        return self.series, self.first, self.last, self.known_by, self.days

    def agrees(self, other: DatedValue) -> bool:
        """Whether both can be said of one count: no farther apart than their rounding allows."""
        apart = abs(self.count - other.count)
        return apart == 0 or 2 * apart <= max(self.rounding, other.rounding) > 1

    def __str__(self) -> str:
        """Return it as a person would say it."""
        when = self.first if self.first == self.last else f"{self.first} to {self.last}"
        when += f", its first {self.days} days" if self.days else ""
        return f"{self.series}, {when}: {self.count:,} by {self.known_by} ({self.source})"


COMPLETE = 0.97  # of its last count: from here on a count is the last word but for revisions
AGES = 13  # months that a count may still grow


@dataclass(frozen=True, slots=True)
class Provisional:
    """A month's count that is not the last word.

    series : whose. count : so far, rounded to `rounding`, of the month's first `days` alone or of
    all of it (0). known_by, source : since when, and where it can be read.
    kind : a "figure" of the day, where no file has the month, or a "delivery" that is not complete.
    share : how much of its last count a month has by then, low and high its 80% interval; None
    where nobody knows. batch : of a figure, which statements it came with. said : of a delivery, as
    of `Unfinished`.
    """

    series: SeriesKey
    month: str
    count: int
    rounding: int
    days: int
    known_by: str
    source: str
    kind: Literal["figure", "delivery"]
    share: float | None = None
    low: float | None = None
    high: float | None = None
    batch: int | None = None
    said: Literal["file", "habit"] | None = None

    @property
    def complete(self) -> bool:
        """Whether a delivery's count is the last word but for revisions."""
        return (self.share or float(self.said == "file")) >= COMPLETE

    @property
    def spread(self) -> float:
        """Standard deviation of the log of its completed count; 0 where it cannot be completed."""
        if not (self.low and self.high):
            return 0.0
        return math.log(self.high / self.low) / 2.563  # an 80% interval is 2.563 of them wide


@dataclass(frozen=True, slots=True)
class DeliveryHabit:
    """What an accepted delivery brought: how many series and months, and what it changed.

    data_through : its last month. changed : months that an earlier one stated too, the oldest of
    them in `oldest`.
    """

    data_through: str
    series: int
    cells: int
    changed: int
    oldest: str | None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A month of a delivery that is not complete.

    said : whether the "file" says so, or deliveries before show it as a "habit".
    share, low, high : as of `Provisional`.
    """

    series: SeriesKey
    month: str
    said: Literal["file", "habit"]
    share: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class KeptPath:
    """One refit model's median path at one cutoff, kept between runs.

    model_options : the model with its options, and its library's version, in one text.
    path : z at 1, 2, ... months after the cutoff, empty where the fit failed.
    data_digest : of the data up to the cutoff.
    """

    model_options: str
    series: SeriesKey
    cutoff: str
    data_digest: str
    path: tuple[float, ...]
    failure: str = ""


_J = TypeVar("_J")
_A = TypeVar("_A")


class JobResult(NamedTuple, Generic[_J, _A]):
    """A job that was sent away, its value or None, and why there is none."""

    job: _J
    value: _A | None
    lost: str = ""


class HindcastKey(NamedTuple):
    """Which forecasts of the past are one hindcast."""

    model: str
    version: str
    series: SeriesKey
    cutoff: str


class AnsweredQuestions(NamedTuple):
    """Which standing questions were answered of the past: a total's, from one cutoff."""

    version: str
    total: str
    cutoff: str


@dataclass(frozen=True)
class RunBasis:
    """What a run computes from: the figures, and what earlier runs made of them.

    counts : every series by month as it stands now, with labels joined.
    releases : ids of the accepted ones.
    vintages : every value that a total's month has had, in the order in which they became known.
    paths : of refit models, from earlier runs.
    recorded : the hindcasts on record.
    hindcast_series : whose they are. hindcasts : of some series, those on record.
    issued : the forecasts of totals that are scored.
    first : every series by month, as first published.
    issued_paths : the engine's forecasts by series, the latest cutoff first.
    judged : (series, month) that were; left : what the last of each series left.
    sides : (series, side, last month) of flags and drift alarms. episodes : open and closed.
    flags : (total, month, month its episode opened).
    revised : (total, month, release, count before, count after, whether its year was closed in
    both) of changes that have no flag yet.
    unexplained : (total, month, cutoff, count, expected, dimension) of totals' flags whose
    dimension had no figures when they were explained.
    before : medians that the run before published of totals, and the counts that it rested on, by
    month; None before the first.
    answered : by hindcasts.
    provisional : months whose count is not the last word.
    """

    counts: Counts
    releases: tuple[int, ...] = ()
    vintages: Sequence[MonthVintage] = ()
    paths: Sequence[KeptPath] = ()
    recorded: frozenset[HindcastKey] = frozenset()
    hindcast_series: Sequence[SeriesKey] = ()
    hindcasts: Callable[[Iterable[SeriesKey]], Iterable[ScoredForecast]] = lambda series: ()
    issued: Sequence[ScoredForecast] = ()
    first: Mapping[SeriesKey, Mapping[str, FirstPublished]] = field(default_factory=dict)
    issued_paths: Mapping[SeriesKey, Sequence[ForecastPath]] = field(default_factory=dict)
    judged: frozenset[tuple[SeriesKey, str]] = frozenset()
    left: Mapping[SeriesKey, LastJudged] = field(default_factory=dict)
    sides: Sequence[LastAlarm] = ()
    episodes: Sequence[Episode] = ()
    flags: Sequence[FlaggedMonth] = ()
    revised: Sequence[RevisedMonth] = ()
    unexplained: Sequence[UnexplainedMonth] = ()
    before: tuple[Counts, Counts] | None = None
    answered: frozenset[AnsweredQuestions] = frozenset()
    provisional: Sequence[Provisional] = ()


class HubQuantile(NamedTuple):
    """A quantile of one month's forecast, as a forecast hub asks for it."""

    series: SeriesKey
    month: str
    permille: int
    value: int


@dataclass(frozen=True, slots=True)
class StoredMarginals:
    """From what one series' paths are drawn; see `forecast.engine.paths`.

    cutoff : last month published; marks : its distributions at 1 .. h months after it, see
    `forecast.engine.joint.as_bytes`. share : of its total that the series drawn beside it make
    up, 0..1; 1 for a total. known : counts of a total in months that its parts still forecast.
    """

    series: SeriesKey
    cutoff: str
    marks: bytes
    share: float = 1.0
    known: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class SimulationSpec:
    """How a run's paths are drawn; see `forecast.engine.paths`.

    rule : of drawing; seed : of the draws; totals : those drawn side by side;
    correlation : (totals, totals) of their monthly steps.
    """

    rule: int
    seed: int
    totals: tuple[str, ...]
    correlation: tuple[tuple[float, ...], ...]


Statistic = Literal["sum", "max", "min"]
NO_BOUND = (-1, 10**12)


@dataclass(frozen=True, slots=True)
class Question:
    """Something that happens or does not: a statistic of months lies between two counts.

    kind : of standing question, see `forecast.judge.questions`. first_month, last_month : both
    included. above, below : the statistic is above the one and below the other; see NO_BOUND.
    """

    series: SeriesKey
    kind: str
    first_month: str
    last_month: str
    statistic: Statistic
    above: int = NO_BOUND[0]
    below: int = NO_BOUND[1]


@dataclass(frozen=True, slots=True)
class NoticeIntent:
    """Something to be told: the intent, written in the publishing transaction of its run.

    flags : months that deviated; quiet : none did; digest : only what stands in a digest.
    correction : of the notice with the id `corrects`, which a revision has made false, or whose
        run `withdraws` was withdrawn.
    content_key : sha256, the same for the same occasion whichever run finds it.
    message_id : "<id@domain>".
    """

    kind: Literal["flags", "quiet", "digest", "correction"]
    month: str
    release_id: int
    content_key: str
    message_id: str
    corrects: int | None = None
    withdraws: int | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """Everything one run publishes, in one transaction.

    forecasts : of months, and of sums of months.
    quantiles : (series, month, probability in permille, count) of the engine, headline series.
    hindcasts : new ones, made as they are read, once.
    releases : ids of the accepted releases it rests on. figures : ids of the dated batches that say
        what is provisional.
    fits, scores, changes, drivers : rows of their tables, with a series itself in the place of its
        id; see `engine.forecast.fits`, `engine.scores.scores`, `judge.changes`, `judge.drivers`.
    answers : to standing questions, a row each with its `Question`; see `judge.standing`.
    episodes : new ones and those that changed. systemic_months : see `forecast.judge.parts`.
    """

    started_at: str
    published_at: str
    data_through: str
    config_digest: str
    code_version: str
    releases: tuple[int, ...]
    forecasts: Sequence[Forecast]
    quantiles: Iterable[HubQuantile]
    hindcasts: Iterable[Hindcasts]
    fits: Sequence[Row]
    judgements: tuple[Judgement, ...]
    flags: tuple[Flag, ...]
    scores: Sequence[Row]
    episodes: tuple[Episode, ...] = ()
    drivers: Sequence[Row] = ()
    systemic_months: frozenset[str] = frozenset()
    occasions: tuple[NoticeIntent, ...] = ()
    path_rule: SimulationSpec | None = None
    path_marks: tuple[StoredMarginals, ...] = ()
    answers: Sequence[Row] = ()
    changes: Sequence[Row] = ()
    figures: tuple[int, ...] = ()
