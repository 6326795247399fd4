"""Facts about a month of a border: comparisons, rank, what had been expected, every value it had.

Comparisons are always all there and in one order, whichever looks best: month before, year
before, fiscal year to date against the last, peak. Everything rests on the values now current;
what was published at first stands beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from forecast import months
from forecast.store.cite import Held

Verdict = Literal["right", "right when published", "right when rounded", "wrong"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A month against another time.

    name : "month before", "year before", "fiscal year to date" or "peak".
    first, last : the months compared with, the same for a single one.
    now, before : encounters; before is None where that time is not held.
    """

    name: str
    first: str
    last: str
    now: int
    before: int | None

    @property
    def percent(self) -> float | None:
        """Change from then to now, None where there is nothing to compare with."""
        return 100 * (self.now / self.before - 1) if self.before else None


@dataclass(frozen=True, slots=True)
class Expectation:
    """The forecast that stood before the month, and how far the month lay from it.

    judged : encounters as first published, on which a month is judged.
    p : two-sided, 0..1. severity : of its flag, None without one.
    """

    median: int
    lo80: int
    hi80: int
    lo95: int
    hi95: int
    basis: Literal["issued", "hindcast"]
    cutoff: str
    judged: int
    p: float
    severity: str | None


@dataclass(frozen=True, slots=True)
class Value:
    """A value the month has had; known_from "YYYY-MM-DD", vintage says how exactly."""

    encounters: int
    vintage: str
    known_from: str
    source: str
    file_name: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true of one month of a border, by the values now current.

    rank : 1 is the highest of the `held` months from first_month to last_month.
    extreme : "lowest" or "highest" when it is so since the month `since` (None: of all months
        before it held), "" when the month before was already beyond it.
    share : of its fiscal year's encounters as far as they are published, 0..1.
    final : whether its fiscal year is complete. rounding : unit the source rounds to, 1 or 10.
    part : of the border, in words; "" for its total. newest_of_border : the border's last month
        held, where it is later than the part's, else "".
    """

    border: str
    month: str
    encounters: int
    comparisons: tuple[Comparison, ...]
    expectation: Expectation | None
    rank: int
    held: int
    first_month: str
    last_month: str
    extreme: Literal["lowest", "highest", ""]
    since: str | None
    share: float | None
    final: bool
    values: tuple[Value, ...]
    file_name: str
    rounding: int
    part: str = ""
    newest_of_border: str = ""


def month_facts(
    border: str, month: str, held: Held, part: str = "", newest_of_border: str = ""
) -> Facts:
    """Everything that is said of a month; it must be among held.counts."""
    counts = held.counts
    side, since = extreme_since(counts, month)
    year = [m for m in months.fiscal_months(months.fiscal_year(month)) if m in counts]
    total = sum(counts[m] for m in year)
    last = max(counts)
    return Facts(
        border=border,
        month=month,
        encounters=counts[month],
        comparisons=tuple(comparisons(counts, month)),
        expectation=_expectation(held),
        rank=1 + sum(count > counts[month] for count in counts.values()),
        held=len(counts),
        first_month=min(counts),
        last_month=last,
        extreme=side,
        since=since,
        share=counts[month] / total if total else None,
        final=months.fiscal_months(months.fiscal_year(month))[-1] <= last,
        values=tuple(
            Value(v["encounters"], v["vintage"], v["known_from"], v["source"], v["file_name"])
            for v in held.values
        ),
        file_name=held.source["file_name"],
        rounding=held.source["rounding"],
        part=part,
        newest_of_border=newest_of_border if newest_of_border > last else "",
    )


def comparisons(counts: Mapping[str, int], month: str) -> Iterator[Comparison]:
    """All comparisons, in the one order; the peak is the highest month up to this one."""
    now = counts[month]
    for name, back in (("month before", 1), ("year before", 12)):
        then = months.shift(month, -back)
        yield Comparison(name, then, then, now, counts.get(then))
    yield _to_date(counts, month)
    peak = max((m for m in counts if m <= month), key=lambda m: (counts[m], m))
    yield Comparison("peak", peak, peak, now, counts[peak])


def _to_date(counts: Mapping[str, int], month: str) -> Comparison:
    """The fiscal year up to this month against the same months a year before."""
    this = months.between(months.fiscal_months(months.fiscal_year(month))[0], month)
    last = [months.shift(m, -12) for m in this]
    whole = all(m in counts for m in (*this, *last))
    before = sum(counts[m] for m in last) if whole else None
    now = sum(counts.get(m, 0) for m in this)
    return Comparison("fiscal year to date", last[0], last[-1], now, before)


def extreme_since(
    counts: Mapping[str, int], month: str
) -> tuple[Literal["lowest", "highest", ""], str | None]:
    """Since when no month was as low (or as high) as this one."""
    before = sorted((m for m in counts if m < month), reverse=True)
    if not before or counts[before[0]] == counts[month]:
        return "", None
    now = counts[month]
    if now < counts[before[0]]:
        return "lowest", next((m for m in before if counts[m] <= now), None)
    return "highest", next((m for m in before if counts[m] >= now), None)


def _expectation(held: Held) -> Expectation | None:
    judged, stood = held.judged, held.forecast
    if judged is None or stood is None or judged["p"] is None:
        return None
    bounds = {name: stood[name] for name in ("lo80", "hi80", "lo95", "hi95")}
    return Expectation(
        median=judged["median"],
        basis=judged["basis"],
        cutoff=judged["cutoff"],
        judged=judged["encounters"],
        p=judged["p"],
        severity=judged["severity"],
        **bounds,
    )


def verdict(found: Facts, value: int) -> Verdict:
    """Whether a number is right now, was right when published, or is wrong.

    "right when rounded": the source gives no more than a multiple of 10, and it is this one's.
    """
    if value == found.encounters:
        return "right"
    if any(value == known.encounters for known in found.values):
        return "right when published"
    unit = found.rounding
    near = unit > 1 and abs(value - found.encounters) <= unit / 2
    return "right when rounded" if near else "wrong"
