"""Two borders, or two fiscal years of a border, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

from forecast import headlines, months
from forecast.desk.site import pictures
from forecast.desk.site.pages import SitePage, charts, table
from forecast.desk.site.pictures import PART, Drawn
from forecast.desk.site.record import SiteRecord
from forecast.desk.wording import (
    MONTHS,
    capital,
    change_words,
    measure,
    month_words,
    name_of,
    slug,
)
from forecast.records import Row

SHOWN = 36  # months of two borders
PAIRED = 8  # totals up to which every two have a page


def comparisons(record: SiteRecord) -> Iterator[SitePage]:
    """The list, every two borders, every two fiscal years that follow each other."""
    pairs = list(combinations(headlines.every(), 2))
    if len(headlines.every()) > PAIRED:
        pairs = [(one, headlines.whole()) for one in headlines.parts() if headlines.whole()]
    counts = {border: _counts(record, border) for border in headlines.every()}
    pairs = [(one, other) for one, other in pairs if counts[one].keys() & counts[other].keys()]
    years = {
        border: sorted(set(map(months.fiscal_year, record.borders[border].reports)), reverse=True)
        for border in headlines.every()
    }
    yield SitePage("compare/", "compare_list", {"pairs": pairs, "years": years})
    for first, second in pairs:
        yield _borders(record, first, second)
    for border, of_border in years.items():
        for later, earlier in pairwise(of_border):
            yield _two_years(record, border, later, earlier)


def _counts(record: SiteRecord, border: str) -> dict[str, int]:
    return {row["month"]: row["encounters"] for row in record.borders[border].months}


def _borders(record: SiteRecord, first: str, second: str) -> SitePage:
    one, other = _counts(record, first), _counts(record, second)
    both = sorted(one.keys() & other.keys())[-SHOWN:]
    series = [[{"month": m, "encounters": counts[m]} for m in both] for counts in (one, other)]
    now = both[-1]
    alt = (
        f"{name_of(first)} and {name_of(second)}, {month_words(both[0])} to {month_words(now)}. In "
        f"{month_words(now)}: {one[now]:,} and {other[now]:,} {measure().noun}."
    )
    chart = pictures.lines((capital(first), capital(second)), series, alt, PART)
    rows = [{"month": m, first: one[m], second: other[m]} for m in reversed(both)]
    shown = [(month_words(m), one[m], other[m], f"{one[m] / max(other[m], 1):.2f}") for m in both]
    heads = ("month", name_of(first), name_of(second), f"{first} / {second}")
    title = f"{name_of(first)} and {name_of(second)}"
    return _page(f"compare/{slug(first)}-{slug(second)}/", title, chart, heads, shown[::-1], rows)


def _two_years(record: SiteRecord, border: str, later: int, earlier: int) -> SitePage:
    counts = _counts(record, border)
    line = [(m, counts[m]) for m in months.fiscal_months(later) if m in counts]
    before = [(m, counts[m]) for m in months.fiscal_months(earlier) if m in counts]
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
    noun, names = months.year_noun(), (months.year_name(later), months.year_name(earlier))
    alt = (
        f"{name_of(border)}: {total:,} {measure().noun} in {len(both)} months of {noun} "
        f"{later}, {then:,} in the same months of {noun} {earlier}."
    )
    chart = pictures.lines(names, series, alt, PART)
    heads = ("month", *names, "change")
    rows = [dict(zip(heads, row, strict=True)) for row in shown]
    title = f"{name_of(border)}: {noun}s {later} and {earlier}"
    return _page(f"compare/{slug(border)}/{'-'.join(names)}/", title, chart, heads, shown, rows)


def _page(
    place: str,
    title: str,
    chart: Drawn,
    heads: tuple[str, ...],
    shown: Sequence[tuple[object, ...]],
    rows: list[Row],
) -> SitePage:
    told = {"title": title, "chart": chart, "heads": heads, "rows": shown}
    return SitePage(place, "compare", told, {**charts([chart]), **table("compared", rows)})
