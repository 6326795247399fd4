"""A month among others: its rank, since when none was as high or as low, and what changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from forecast import months

if TYPE_CHECKING:
    from forecast.sources.source import Source

ComparisonName = Literal[
    "month before", "year before", "fiscal year to date", "year to date", "peak"
]


TO_DATE: tuple[ComparisonName, ...] = ("fiscal year to date", "year to date")


def to_date(begins: int) -> ComparisonName:
    """Name of the comparison of a year to date, for years that begin in this month."""
    return TO_DATE[months.calendar_years(begins)]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A month against another time.

    name : "year to date" where years are calendar years.
    first, last : the months compared with, the same for a single one.
    now, before : encounters; before is None where that time is not held.
    """

    name: ComparisonName
    first: str
    last: str
    now: int
    before: int | None

    @property
    def to_date(self) -> bool:
        """Whether it is of a year to date."""
        return self.name in TO_DATE

    @property
    def percent(self) -> float | None:
        """Change from then to now, None where there is nothing to compare with."""
        return 100 * (self.now / self.before - 1) if self.before else None


def rank(counts: Mapping[str, int], month: str) -> int:
    """1 for the highest of all months; months with the same count share the better rank."""
    return 1 + sum(count > counts[month] for count in counts.values())


def comparisons(counts: Mapping[str, int], month: str, source: Source) -> Iterator[Comparison]:
    """All comparisons, in the one order; the peak is the highest month up to this one.

    Without the fiscal year to date where nobody knows one of its months.
    """
    now = counts[month]
    names: tuple[ComparisonName, ...] = ("month before", "year before")
    for name, back in zip(names, (1, 12), strict=True):
        then = months.shift(month, -back)
        yield Comparison(name, then, then, now, counts.get(then))
    start = months.fiscal_months(
        months.fiscal_year(month, source.year_begins),
        source.year_begins,
    )[0]
    if month != start and not unknown_months(counts, start, month):
        yield _to_date(counts, month, source)
    peak = max((m for m in counts if m <= month), key=lambda m: (counts[m], m))
    yield Comparison("peak", peak, peak, now, counts[peak])


def unknown_months(counts: Mapping[str, int], first: str, last: str) -> list[str]:
    """The months from first to last, since the series began, that nobody knows."""
    return [m for m in months.between(max(first, min(counts)), last) if m not in counts]


def _to_date(counts: Mapping[str, int], month: str, source: Source) -> Comparison:
    """The fiscal year up to this month against the same months a year before."""
    this = months.between(
        months.fiscal_months(
            months.fiscal_year(month, source.year_begins),
            source.year_begins,
        )[0],
        month,
    )
    last = [months.shift(m, -12) for m in this]
    whole = all(m in counts for m in (*this, *last))
    before = sum(counts[m] for m in last) if whole else None
    now = sum(counts.get(m, 0) for m in this)
    return Comparison(to_date(begins=source.year_begins), last[0], last[-1], now, before)


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
