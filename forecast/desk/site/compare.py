"""Two borders, or two fiscal years of a border, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from forecast import months
from forecast.desk.site import pictures
from forecast.desk.site.pages import SitePage, charts, table
from forecast.desk.site.pictures import PART, Drawn
from forecast.desk.site.record import SiteRecord
from forecast.types import Row
from forecast.words import MONTHS, capital, change_words, month_words, slug

if TYPE_CHECKING:
    from forecast.sources.source import Source

MONTHS_SHOWN = 36  # months of two borders
PAIRED = 8  # totals up to which every two have a page


def comparisons(record: SiteRecord) -> Iterator[SitePage]:
    """The list, every two borders, every two fiscal years that follow each other."""
    pairs = list(combinations(record.source.totals.every, 2))
    if len(record.source.totals.every) > PAIRED:
        pairs = [
            (part, record.source.totals.whole)
            for part in record.source.totals.parts
            if record.source.totals.whole
        ]
    counts = {total: _counts(record, total) for total in record.source.totals.every}
    pairs = [
        (first, other) for first, other in pairs if counts[first].keys() & counts[other].keys()
    ]
    years = {
        total: sorted(
            {
                months.fiscal_year(month, record.source.year_begins)
                for month in record.borders[total].reports
            },
            reverse=True,
        )
        for total in record.source.totals.every
    }
    yield SitePage("compare/", "compare_list", {"pairs": pairs, "years": years})
    for first, second in pairs:
        yield _borders(record, first, second)
    for total, of_border in years.items():
        for later, earlier in pairwise(of_border):
            yield _two_years(record, total, later, earlier)


def _counts(record: SiteRecord, total: str) -> dict[str, int]:
    return {row["month"]: row["encounters"] for row in record.borders[total].months}


def _borders(record: SiteRecord, first: str, second: str) -> SitePage:
    counts, other = _counts(record, first), _counts(record, second)
    both = sorted(counts.keys() & other.keys())[-MONTHS_SHOWN:]
    series = [[{"month": m, "encounters": counts[m]} for m in both] for counts in (counts, other)]
    now = both[-1]
    alt = (
        f"{record.source.totals.name(first)} and {record.source.totals.name(second)}, "
        f"{month_words(both[0])} to {month_words(now)}. In "
        f"{month_words(now)}: {counts[now]:,} and {other[now]:,} {record.source.measure.noun}."
    )
    chart = pictures.lines((capital(first), capital(second)), series, alt, PART, record.source)
    rows = [{"month": m, first: counts[m], second: other[m]} for m in reversed(both)]
    shown = [
        (month_words(m), counts[m], other[m], f"{counts[m] / max(other[m], 1):.2f}") for m in both
    ]
    heads = (
        "month",
        record.source.totals.name(first),
        record.source.totals.name(second),
        f"{first} / {second}",
    )
    title = f"{record.source.totals.name(first)} and {record.source.totals.name(second)}"
    return _page(
        f"compare/{slug(first)}-{slug(second)}/",
        title,
        chart,
        heads,
        shown[::-1],
        rows,
        record.source,
    )


def _two_years(record: SiteRecord, border: str, later: int, earlier: int) -> SitePage:
    counts = _counts(record, border)
    line = [
        (m, counts[m])
        for m in months.fiscal_months(later, record.source.year_begins)
        if m in counts
    ]
    before = [
        (m, counts[m])
        for m in months.fiscal_months(earlier, record.source.year_begins)
        if m in counts
    ]
    series: list[list[Row]] = [
        [{"month": m, "encounters": n} for m, n in line],
        [{"month": months.shift(m, 12), "encounters": n} for m, n in before],
    ]
    same = {month[5:]: count for month, count in before}
    shown = [
        (MONTHS[int(m[5:]) - 1], n, then, change_words(n, then) if then is not None else "-")
        for m, n in line
        for then in (same.get(m[5:]),)
    ]
    both = [(n, then) for _, n, then, _ in shown if then is not None]
    total, then = sum(n for n, _ in both), sum(then for _, then in both)
    shown.append((f"{len(both)} months", total, then, change_words(total, then)))
    noun, names = (
        months.year_noun(record.source.year_begins),
        (
            months.year_name(later, record.source.year_begins),
            months.year_name(earlier, record.source.year_begins),
        ),
    )
    alt = (
        f"{record.source.totals.name(border)}: {total:,} {record.source.measure.noun} in "
        f"{len(both)} months of {noun} "
        f"{later}, {then:,} in the same months of {noun} {earlier}."
    )
    chart = pictures.lines(names, series, alt, PART, record.source)
    heads = ("month", *names, "change")
    rows = [dict(zip(heads, row, strict=True)) for row in shown]
    title = f"{record.source.totals.name(border)}: {noun}s {later} and {earlier}"
    return _page(
        f"compare/{slug(border)}/{'-'.join(names)}/",
        title,
        chart,
        heads,
        shown,
        rows,
        record.source,
    )


def _page(
    place: str,
    title: str,
    chart: Drawn,
    heads: tuple[str, ...],
    shown: Sequence[tuple[object, ...]],
    rows: list[Row],
    source: Source,
) -> SitePage:
    facts = {"title": title, "chart": chart, "heads": heads, "rows": shown}
    return SitePage(place, "compare", facts, {**charts([chart]), **table("compared", rows, source)})
