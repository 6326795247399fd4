"""Claimed number and truth -> verdict. Pure functions; every tolerance is here."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

from forecast.claims.record.counts import ClaimCounts, CountTable, Subject
from forecast.periods import Calendar, Period
from forecast.sources.source import Source

ClaimVerdict = Literal[
    "right",
    "right_when_rounded",
    "right_when_published",
    "near_today",
    "mislabelled",
    "wrong",
    "cannot_be_checked",
    "not_understood",
]
# What is near today's figure is not confirmed, but no fault either.
HOLDS = frozenset({"right", "right_when_rounded", "right_when_published", "near_today"})
ClaimMeasure = Literal[
    "total",
    "difference",
    "change_percent",
    "times",
    "per_day",
    "per_month",
    "least_month",
    "most_month",
    "share_percent",
    "record_high",
    "record_low",
    "highest_since",
    "lowest_since",
    "rank_high",
    "rank_low",
]
EXTREMES = ("record_high", "record_low", "highest_since", "lowest_since", "rank_high", "rank_low")
BOUNDS = ("least_month", "most_month")  # of every month: the 13th with more than
Hedge = Literal["", "about", "under", "below", "over"]
Among = Literal["month", "year", "same month", "span"]
Rate = Literal["", "per_day", "per_month"]

RESTATED = 0.02  # months were restated by this much: an exact number this near is not wrong
ONE_MONTH, SUMMED = 5.0, 0.05  # what rounding to 10 may move: a month, a sum by a share
ROUNDED = 0.03  # a rounded number may be this far off, or half a unit of its last digit
NEARLY = (0.90, 1.005)  # claimed x these bounds truth for "nearly"
BELOW = 0.75  # "fewer than" is said of no less than this much of it
OVER = 1.05  # "more than" may be passed by this much, or by less than one unit
FAR_OVER = 1.25  # ... which is no more than this

NOT_APART = "the record does not break down nationalities, groups or states by agency or sector"

# What each kind of quantity is: of a count, of what it is compared with (a count before, a whole),
# and of the span. A new kind is a row here, its words in `explain` and how it looks in `features`.
_QUANTITIES: dict[ClaimMeasure, Callable[[float, float, Period], float]] = {
    "total": lambda now, _, __: now,
    "per_day": lambda now, _, span: now / span.days,
    "per_month": lambda now, _, span: now / span.length,
    "difference": lambda now, before, _: now - before,
    "times": lambda now, before, _: now / before,
    "change_percent": lambda now, before, _: 100 * (now / before - 1),
    "share_percent": lambda now, whole, _: 100 * now / whole,
}
_COMPARED = frozenset({"difference", "times", "change_percent", "share_percent"})


@dataclass(frozen=True, slots=True)
class Claimed:
    """A number as written.

    value : with its sign (falls are negative); rank for ranks; 0 for records.
    unit : of its last digit that is not 0; for percent and multiples of the last digit written.
    exact : a count written to the last digit.
    """

    value: float
    hedge: Hedge = ""
    unit: float = 1.0
    exact: bool = True

    @property
    def telling(self) -> bool:
        """Whether it is a count with digits enough to name itself."""
        plain = self.exact or self.value >= 1000 * self.unit
        return plain and self.value >= 1000 and not self.hedge


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing a claim may mean.

    versus : the span it is compared with, or the first month of "since".
    of : what it is a share of.
    among : for extremes, months ("month"), fiscal years ("year"), months of the same name
        ("same month"), or spans of the same months ("span").
    rate : what is compared: counts, or what they are "per_day" or "per_month".
    """

    subject: Subject
    span: Period
    measure: ClaimMeasure = "total"
    versus: Period | None = None
    of: Subject | None = None
    among: Among = "month"
    rate: Rate = ""


@dataclass(frozen=True, slots=True)
class JudgedClaim:
    """What the record says to a sense.

    verdict : one that holds, "wrong", or "cannot_be_checked" where the record has no answer.
    truth : count, percent, multiple, average or rank; None where there is none.
    published : the value first published, where that is what the claim says.
    evidence : "record", "vintage", "tolerance" or "" where nothing was compared.
    """

    verdict: ClaimVerdict
    truth: float | None = None
    published: int | None = None
    evidence: str = ""
    why: str = ""

    @property
    def holds(self) -> bool:
        """Whether the claim is right in one of the ways."""
        return self.verdict in HOLDS


def judge(table: CountTable, sense: Reading, claimed: Claimed, strict: bool = False) -> JudgedClaim:
    """The verdict on a claim if it means this.

    strict : where the first value of a month is on record, only a value on record is right. In a
        text the number may be a preliminary one that no release kept.
    """
    line, spans = table.counts(sense.subject), [sense.span]
    if line is None:
        why = "the record has no such series"
        if sense.subject.dimension in ("citizenship", "demographic", "state", "none"):
            why = NOT_APART
        return JudgedClaim("cannot_be_checked", why=why)
    if sense.measure not in EXTREMES and sense.versus:
        spans.append(sense.versus)
    missing = next((span for span in spans if not line.holds(span)), None)
    if missing:
        return JudgedClaim("cannot_be_checked", why=_not_held(line, missing, table.calendar))
    if sense.measure in (*EXTREMES, *BOUNDS):
        bound = sense.measure in BOUNDS
        return _bounded(line, sense, claimed) if bound else _ranked(table, line, sense, claimed)
    truth = value_of(table, sense)
    if truth is None:
        return JudgedClaim("cannot_be_checked", why="the record has no such figure")
    if sense.measure in ("total", "difference"):
        slack = sum(map(line.slack_of, spans))
        of = (sense.subject, sense.span)
        values = table.known_values(*of) if sense.measure == "total" else ()
        return _count(claimed, truth, slack, values, strict and bool(table.first_values(*of)))
    verdict = fits(sense.measure, claimed, truth)
    return JudgedClaim(verdict or "wrong", truth, evidence="record")


def quantity(measure: ClaimMeasure, now: float, before: float) -> float:
    """What two counts give as a change, a difference, a multiple or a share."""
    return _QUANTITIES[measure](now, before, Period(0, 0))


def value_of(table: CountTable, sense: Reading) -> float | None:
    """What the record has for a sense's measure, None where it has nothing."""
    now: float | None = table.total(sense.subject, sense.span)
    other: float | None = 0.0
    if sense.of:
        other = table.total(sense.of, sense.span)
    elif sense.versus:
        other = table.total(sense.subject, sense.versus)
    # Nothing is a share of nothing, nor a multiple; a difference from nothing it may be.
    zero = sense.measure == "difference" and sense.versus is not None
    lacking = other is None or (other == 0 and not zero)
    if now is None or (sense.measure in _COMPARED and lacking):
        return None
    if sense.rate and sense.versus:
        per = _QUANTITIES[sense.rate]
        now, other = per(now, 0, sense.span), per(other or 0, 0, sense.versus)
    return _QUANTITIES[sense.measure](now, other or 0, sense.span)


def _count(
    claimed: Claimed, truth: float, slack: float, values: Collection[int], strict: bool
) -> JudgedClaim:
    off, same_way = abs(claimed.value - truth), (truth < 0) == (claimed.value < 0)
    if off == 0 and not (claimed.hedge and not claimed.exact):
        return JudgedClaim("right", truth, evidence="record")
    if claimed.exact and claimed.value in values:
        return JudgedClaim("right_when_published", truth, int(claimed.value), "vintage")
    if not claimed.exact or claimed.hedge:
        fits = rounds_to(claimed, truth)
        return JudgedClaim("right_when_rounded" if fits else "wrong", truth, evidence="record")
    if values and strict:
        return JudgedClaim("wrong", truth, evidence="vintage")
    # Months that were rounded may add up to a little, not to a tenth of a small count.
    rounding = min(slack, max(ONE_MONTH, SUMMED * abs(truth)))
    if same_way and off <= max(RESTATED * abs(truth), rounding):
        return JudgedClaim("near_today", truth, evidence="tolerance")
    return JudgedClaim("wrong", truth, evidence="record")


def rounds_to(claimed: Claimed, truth: float) -> bool:
    """Whether a rounded or hedged number may be said of a count."""
    if (truth < 0) != (claimed.value < 0):
        return False
    stated, real, unit = abs(claimed.value), abs(truth), claimed.unit
    if claimed.hedge in ("under", "below"):
        least = NEARLY[0] if claimed.hedge == "under" else BELOW
        return least * stated <= real <= NEARLY[1] * stated
    if claimed.hedge == "over":
        most = max(OVER * stated, min(stated + unit, FAR_OVER * stated))
        least = stated if claimed.exact else stated * (2 - NEARLY[1])
        return least <= real <= most
    return abs(real - stated) <= max(unit / 2, ROUNDED * stated)


def fits(measure: ClaimMeasure, claimed: Claimed, truth: float) -> ClaimVerdict | None:
    """Percent, multiples, shares, averages, differences: equal at the precision written."""
    if (truth < 0) != (claimed.value < 0) and round(truth, 1) != 0:
        return None
    if measure == "difference":
        holds = claimed.value == truth if claimed.exact else rounds_to(claimed, truth)
        return "right" if holds else None
    stated, real, unit = abs(claimed.value), abs(truth), claimed.unit
    off, half = abs(stated - real), unit / 2
    if claimed.hedge in ("over", "below", "under"):
        return _fits_hedged(measure, claimed.hedge, stated, real, half)
    if off <= half + 1e-9:
        return "right_when_rounded" if claimed.hedge else "right"
    near = max(_nearness(measure, claimed, stated), 0.01 * stated)
    return "right_when_rounded" if off <= near else None


def _fits_hedged(
    measure: ClaimMeasure, hedge: Hedge, stated: float, real: float, half: float
) -> ClaimVerdict | None:
    if hedge == "over":
        least = 0.97 * stated if measure == "times" else stated - half
        most = FAR_OVER * stated if measure in ("per_day", "per_month") else real
        return "right" if least <= real <= most else None
    if hedge == "below":
        return "right" if real <= stated + half else None
    low = min(NEARLY[0] * stated, stated - 3 if "percent" in measure else stated)
    return "right_when_rounded" if low <= real <= stated + half else None


def _nearness(measure: ClaimMeasure, claimed: Claimed, stated: float) -> float:
    """How far off a number may be that is still said of a truth."""
    unit = claimed.unit
    if measure in ("per_day", "per_month"):
        return max(unit / 2, (ROUNDED if claimed.hedge or unit > 1 else RESTATED) * stated, 1.0)
    if measure == "times":
        return max(1.01 * unit, 0.1 * stated) if unit < 1 else 0.125 * stated
    if unit in (4, 6):  # fractions in words: one in ten, half
        return max(1.5, 0.08 * stated)
    return max(1.51 * unit, 3.0, 0.05 * stated) if claimed.hedge else 1.51 * unit


def _bounded(line: ClaimCounts, sense: Reading, claimed: Claimed) -> JudgedClaim:
    """A bound of every month: none is beyond it."""
    counts, least = (
        [line.by_month[m][0] for m in sense.span.numbers],
        sense.measure == "least_month",
    )
    truth = min(counts) if least else max(counts)
    held = truth >= claimed.value if least else truth <= claimed.value
    return JudgedClaim("right" if held else "wrong", truth, evidence="record")


def _ranked(table: CountTable, line: ClaimCounts, sense: Reading, claimed: Claimed) -> JudgedClaim:
    """Ranks, records and "since": among what had been counted by the end of the span."""
    now, others = line.total(sense.span), peers(line, sense, table.source)
    low = "low" in sense.measure
    beyond = [span for span, count in others if (count < now if low else count > now)]
    start = sense.versus.last if sense.versus else line.first
    truth: float | None = len(beyond) + 1
    right = truth == (claimed.value or 1)  # 0 is claimed of a record
    if sense.measure.endswith("since"):
        right = all(span.first <= start for span in beyond)
        truth = max((float(span.last) for span in beyond), default=None)
    why = _unknown(table, line, Period(start, sense.span.last), truth is None)
    if why and (right or sense.measure.startswith("rank")):
        return JudgedClaim("cannot_be_checked", why=why)
    return JudgedClaim("right" if right else "wrong", truth, evidence="record")


def _unknown(table: CountTable, line: ClaimCounts, compared: Period, unbeaten: bool) -> str:
    """What may have been beyond a record and is not known: months before, months left out."""
    if unbeaten and compared.first < line.first:
        return f"the record begins in {table.calendar.words(Period(line.first, line.first))}"
    return _not_held(line, compared, table.calendar) if line.unknown_in(compared) else ""


def peers(line: ClaimCounts, sense: Reading, source: Source) -> list[tuple[Period, int]]:
    """The other spans of the same kind that a span is ranked among, up to its own end."""
    span, calendar = sense.span, source.calendar
    if sense.among == "year":
        first, last = (calendar.year(m) for m in (line.first + 11, span.last))
        spans = [calendar.period(year, span.length) for year in range(first, last + 1)]
    elif sense.among in ("span", "same month"):
        spans = [span.shift(-by) for by in range(12, span.first - line.first + 1, 12)]
    else:
        spans = [Period(month, month) for month in range(line.first, span.first)]
    return [(other, line.total(other)) for other in spans if line.holds(other) and other != span]


def _not_held(line: ClaimCounts, span: Period, calendar: Calendar) -> str:
    unknown = line.unknown_in(span)
    if unknown:
        shown = ", ".join(calendar.words(Period(month, month)) for month in unknown[:3])
        return f"no count was published for {shown}"
    recorded = calendar.words(Period(line.first, line.last))
    return f"the record has {recorded}, not {'all of ' * (span.length > 1)}{calendar.words(span)}"
