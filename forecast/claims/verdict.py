"""Claimed number and truth -> verdict. Pure functions; every tolerance is here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from forecast import months
from forecast.claims.truth import ClaimCounts, ClaimSpan, CountTable, Subject, fiscal

if TYPE_CHECKING:
    from forecast.sources.source import Source

ClaimVerdict = Literal[
    "right",
    "right_when_rounded",
    "right_when_published",
    "mislabelled",
    "wrong",
    "cannot_be_checked",
]
HOLDS = frozenset({"right", "right_when_rounded", "right_when_published"})
ClaimMeasure = Literal[
    "total",
    "difference",
    "change_percent",
    "times",
    "per_day",
    "per_month",
    "each_month",
    "share_percent",
    "record_high",
    "record_low",
    "highest_since",
    "lowest_since",
    "rank_high",
    "rank_low",
]
EXTREMES = ("record_high", "record_low", "highest_since", "lowest_since", "rank_high", "rank_low")
Hedge = Literal["", "about", "under", "below", "over"]

RESTATED = 0.02  # an exact number this near today's may be the one first published
ROUNDED = 0.03  # a rounded number may be this far off, or half a unit of its last digit
NEARLY = (0.90, 1.005)  # claimed x these bounds truth for "nearly"
BELOW = 0.75  # "fewer than" is said of no less than this much of it
OVER = 1.05  # "more than" may be passed by this much, or by less than one unit
FAR_OVER = 1.25  # ... which is no more than this


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
    rate : what is compared: counts, or what they are "per_day" or "per_month".
    of : what it is a share of.
    among : for extremes, months ("month"), fiscal years ("year"), months of the same name
        ("same month"), the months of one fiscal year ("within year"), or groups or sectors
        ("members").
    """

    subject: Subject
    span: ClaimSpan
    measure: ClaimMeasure = "total"
    versus: ClaimSpan | None = None
    of: Subject | None = None
    among: Literal["month", "year", "same month", "within year", "span", "members"] = "month"
    rate: Literal["", "per_day", "per_month"] = ""


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


def judge(table: CountTable, sense: Reading, claimed: Claimed, strict: bool = False) -> JudgedClaim:
    """The verdict on a claim if it means this.

    strict : where the first value of a month is on record, only a value on record is right. In a
        text the number may be a preliminary one that no release kept.
    """
    line = table.counts(sense.subject)
    if line is None:
        return JudgedClaim("cannot_be_checked", why=_not_told_apart(sense.subject))
    if sense.among == "members":
        return _among_members(table, sense, claimed)
    if sense.measure in EXTREMES:
        return _extreme(line, sense, claimed, table.source)
    spans = [sense.span, *([sense.versus] if sense.versus else [])]
    for span in spans:
        if not line.holds(span):
            return JudgedClaim("cannot_be_checked", why=_not_held(line, span))
    if sense.measure == "each_month":
        return _each_month(line, sense.span, claimed)
    truth = value_of(table, sense)
    if truth is None:
        return JudgedClaim("cannot_be_checked", why="the record has no such figure")
    if sense.measure in ("total", "difference"):
        slack = sum(map(line.slack_of, spans))
        values = table.first_values(sense.subject, sense.span)
        return _count(claimed, truth, slack, values, sense, strict)
    holds = _fits(claimed, truth, sense.measure, _blur(line, sense, truth))
    return JudgedClaim(holds or "wrong", truth, evidence="record")


def value_of(table: CountTable, sense: Reading) -> float | None:
    """What the record has for a sense's measure, None where it has nothing."""
    now = table.total(sense.subject, sense.span)
    before = table.total(sense.subject, sense.versus) if sense.versus else None
    whole = table.total(sense.of, sense.span) if sense.of else None
    if now is None:
        return None
    if sense.measure == "total":
        return now
    if sense.measure == "per_day":
        return now / sense.span.days
    if sense.measure == "per_month":
        return now / sense.span.length
    if sense.measure == "share_percent":
        return 100 * now / whole if whole else None
    if before is None or sense.versus is None:
        return None
    length = {"per_day": "days", "per_month": "length"}.get(sense.rate)
    if length:
        now, before = now / getattr(sense.span, length), before / getattr(sense.versus, length)
    if sense.measure == "difference":
        return now - before
    if not before:
        return None
    return now / before if sense.measure == "times" else 100 * (now / before - 1)


def _each_month(line: ClaimCounts, span: ClaimSpan, claimed: Claimed) -> JudgedClaim:
    """Fewer than 10,000 a month: of every month, at least of most as they are rounded."""
    counts = [line.total(ClaimSpan(month, month)) for month in range(span.first, span.last + 1)]
    farthest = max(counts) if claimed.hedge in ("below", "under") else min(counts)
    over = claimed.hedge == "over"
    holds = farthest >= claimed.value if over else farthest <= claimed.value
    return JudgedClaim("right" if holds else "wrong", farthest, evidence="record")


def _count(
    claimed: Claimed,
    truth: float,
    slack: float,
    values: Collection[int],
    sense: Reading,
    strict: bool,
) -> JudgedClaim:
    if claimed.value == truth and not (claimed.hedge and not claimed.exact):
        return JudgedClaim("right", truth, evidence="record")
    level = sense.measure == "total"
    if level and claimed.value in values and claimed.exact:
        return JudgedClaim("right_when_published", truth, int(claimed.value), "vintage")
    if not claimed.exact or claimed.hedge:
        fits = rounds_to(claimed, truth)
        return JudgedClaim("right_when_rounded" if fits else "wrong", truth, evidence="record")
    off = abs(claimed.value - truth)
    if level and values and strict:
        return JudgedClaim("wrong", truth, evidence="vintage")
    if (truth < 0) != (claimed.value < 0):
        return JudgedClaim("wrong", truth, evidence="record")
    if off <= max(RESTATED * abs(truth), slack):
        return JudgedClaim("right_when_published", truth, evidence="tolerance")
    return JudgedClaim("wrong", truth, evidence="record")


def rounds_to(claimed: Claimed, truth: float) -> bool:
    """Whether a rounded or hedged number may be said of a count."""
    if (truth < 0) != (claimed.value < 0):
        return False
    stated, real, unit = abs(claimed.value), abs(truth), claimed.unit
    if claimed.hedge == "under":
        return NEARLY[0] * stated <= real <= NEARLY[1] * stated
    if claimed.hedge == "below":
        return BELOW * stated <= real <= NEARLY[1] * stated
    if claimed.hedge == "over":
        most = max(OVER * stated, min(stated + unit, FAR_OVER * stated))
        least = stated if claimed.exact else stated * (2 - NEARLY[1])
        return least <= real <= most
    return abs(real - stated) <= max(unit / 2, ROUNDED * stated)


def _blur(line: ClaimCounts, sense: Reading, truth: float) -> float:
    """How far rounding at the source may move a percent or multiple of small counts."""
    if sense.versus is None or sense.measure not in ("change_percent", "times"):
        return 0.0
    now, before = line.total(sense.span), line.total(sense.versus)
    if not now or not before:
        return 0.0
    relative = line.slack_of(sense.span) / now + line.slack_of(sense.versus) / before
    return relative * (abs(truth) if sense.measure == "times" else 100 + truth)


def _fits(
    claimed: Claimed, truth: float, measure: ClaimMeasure, blur: float
) -> ClaimVerdict | None:
    """Percent, multiples, shares and averages: equal at the precision written."""
    if (truth < 0) != (claimed.value < 0) and round(truth, 1) != 0:
        return None
    stated, real = abs(claimed.value), abs(truth)
    off = abs(stated - real)
    if claimed.hedge == "over":
        least = 0.97 * stated if measure == "times" else stated - claimed.unit / 2
        return "right" if real >= least else None
    if claimed.hedge == "below":
        return "right" if real <= stated + claimed.unit / 2 else None
    if claimed.hedge == "under":
        low = min(NEARLY[0] * stated, stated - 3 if "percent" in measure else stated)
        return "right_when_rounded" if low <= real <= stated + claimed.unit / 2 else None
    if off <= claimed.unit / 2 + 1e-9:
        return "right_when_rounded" if claimed.hedge else "right"
    near = max(_nearness(claimed, stated, measure), blur, 0.01 * stated)
    return "right_when_rounded" if off <= near else None


def _nearness(claimed: Claimed, stated: float, measure: ClaimMeasure) -> float:
    """How far off a percent, multiple or average may be and still hold."""
    if measure in ("per_day", "per_month"):
        rounded = claimed.hedge or claimed.unit > 1
        return max(claimed.unit / 2, (ROUNDED if rounded else RESTATED) * stated, 1.0)
    if measure == "times":
        return max(1.01 * claimed.unit, 0.1 * stated) if claimed.unit < 1 else 0.125 * stated
    if claimed.unit in (4, 6):  # fractions in words: one in ten, half
        return max(1.5, 0.08 * stated)
    near = 1.51 * claimed.unit
    return max(near, 3.0, 0.05 * stated) if claimed.hedge else near


def _extreme(line: ClaimCounts, sense: Reading, claimed: Claimed, source: Source) -> JudgedClaim:
    """Ranks, records and "since": among what had been counted by the end of the span."""
    if not line.holds(sense.span):
        return JudgedClaim("cannot_be_checked", why=_not_held(line, sense.span))
    now, ranked = line.total(sense.span), sense.measure.startswith("rank")
    low = sense.measure.endswith("low") or sense.measure.startswith("lowest")
    others = peers(line, sense, source)
    beyond = [span for span, total in others if (total < now if low else total > now)]
    start = sense.versus.last if sense.versus else line.first
    truth: float | None = len(beyond) + 1
    right = truth == claimed.value if ranked else not beyond
    if sense.measure.endswith("since"):
        right = all(span.first <= start for span in beyond)
        truth = max((float(span.last) for span in beyond), default=None)
        if right and truth is None and start < line.first:
            began = ClaimSpan(line.first, line.first).words()
            return JudgedClaim("cannot_be_checked", why=f"the record begins in {began}")
    # What nobody knows may have been beyond it; that something known was, remains true.
    compared = ClaimSpan(start, sense.span.last)
    if (right or ranked) and line.unknown_in(compared):
        return JudgedClaim("cannot_be_checked", why=_not_held(line, compared))
    return JudgedClaim("right" if right else "wrong", truth, evidence="record")


def siblings(table: CountTable, sense: Reading) -> dict[str, int]:
    """The counts of the groups or sectors that one is ranked among, its own with them."""
    kind = sense.subject._replace(members=())
    alike = [each for each in table.subjects() if each._replace(members=()) == kind]
    counts = {each.members[0]: table.total(each, sense.span) for each in alike}
    return {name: count for name, count in counts.items() if count is not None and name != "OTHER"}


def _among_members(table: CountTable, sense: Reading, claimed: Claimed) -> JudgedClaim:
    """The rank of a group among groups, of a sector among sectors; 0 is claimed of the first."""
    counts = siblings(table, sense)
    own = counts.get(sense.subject.members[0])
    if own is None:
        return JudgedClaim("cannot_be_checked", why="the record has no such figure")
    low = sense.measure.endswith("low")
    rank = 1 + sum(count < own if low else count > own for count in counts.values())
    verdict: ClaimVerdict = "right" if rank == (claimed.value or 1) else "wrong"
    return JudgedClaim(verdict, rank, evidence="record")


def peers(line: ClaimCounts, sense: Reading, source: Source) -> list[tuple[ClaimSpan, int]]:
    """The other spans of the same kind that a span is ranked among, up to its own end."""
    span = sense.span
    if sense.among == "year":
        years = range(
            months.fiscal_year_at(line.first + 11, source.year_begins),
            months.fiscal_year_at(span.last, source.year_begins) + 1,
        )
        spans = [fiscal(year, span.length, source.year_begins) for year in years]
    elif sense.among in ("span", "same month"):
        spans = [span.shift(-by) for by in range(12, span.first - line.first + 1, 12)]
    elif sense.among == "within year":
        year = months.fiscal_year_at(span.first, source.year_begins)
        first = fiscal(year, begins=source.year_begins).first
        spans = [ClaimSpan(month, month) for month in range(max(first, line.first), line.last + 1)]
        spans = [other for other in spans if other.first <= first + 11]
    else:
        spans = [ClaimSpan(month, month) for month in range(line.first, span.first)]
    return [(other, line.total(other)) for other in spans if line.holds(other) and other != span]


def _not_held(line: ClaimCounts, span: ClaimSpan) -> str:
    unknown = line.unknown_in(span)
    if unknown:
        shown = ", ".join(ClaimSpan(month, month).words() for month in unknown[:3])
        return f"no count was published for {shown}"
    recorded = ClaimSpan(line.first, line.last).words()
    return f"the record has {recorded}, not all of {span.words()}"


def _not_told_apart(subject: Subject) -> str:
    if subject.dimension in ("citizenship", "demographic", "state", "none"):
        return "the record does not break down nationalities, groups or states by agency or sector"
    return "the record has no such series"
