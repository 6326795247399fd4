"""Numbers, months and days in words: one wording for page, mail, chart and terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from forecast import months
from forecast.words import SHORT, month_words, slug

if TYPE_CHECKING:
    from forecast.sources.source import Source

SHORT |= {"October": "Oct.", "November": "Nov.", "December": "Dec."}
RAREST = (
    1 / 200
)  # a border has some 130 judged months: rarer than this, p is the model's word alone


def total_place(total: str, source: Source) -> str:
    """Folder of a total's page in the site."""
    return f"{source.totals.folder}/{slug(total)}/"


def in_keys(value: Any, source: Source) -> Any:
    """What a program is told, under the keys that files of the source in use have."""
    if isinstance(value, dict):
        named = {str(key): item for key, item in value.items()}
        words = source.labels.dimensions
        if not source.shipped and named.get("dimension") in words:
            named["dimension"] = words[named["dimension"]]
        return {
            source.column(key) or key.replace("fiscal_", ""): in_keys(item, source)
            for key, item in named.items()
            if source.column(key) or item not in (None, "", [], {})  # of parts, which are none
        }
    return [in_keys(one, source) for one in value] if isinstance(value, list | tuple) else value


def with_unit(count: int, source: Source) -> str:
    """A count with its unit, where that does not go without saying: 682 pounds; 1 pound."""
    unit = source.measure.beside
    return f"{count:,} {unit.removesuffix('s') if count == 1 else unit}".rstrip()


def small_words(by_month: Mapping[str, int], source: Source) -> str:
    """That a series is small, by its last 12 months; "" where it is not.

    by_month : its counts, the newest month last.
    """
    limit, decides = source.measure.small
    year = list(by_month.items())[-12:]
    total = sum(count for _, count in year)
    if not year or total >= limit:
        return ""
    noun = source.measure.noun
    largest = max(count for _, count in year)
    of_them = f", {largest:,} of them in one month" if total > 1 and len(year) > 1 else ""
    when = f"in the {len(year)} months to {month_words(year[-1][0])}"
    return f"A small series: {total:,} {noun} {when}{of_them}; {decides}."


def unusual_words(p: float) -> str:
    """How unusual a month is, for p two-sided; no rarer than RAREST is ever claimed."""
    if p < RAREST:
        return f"rarer than 1 month in {round(1 / RAREST)} (the most that the record supports)"
    if p > 2 / 3:
        return "an ordinary month"
    return f"about 1 month in {round(1 / p)} is at least this far off"


def stale_words(own: str, total: str, source: Source) -> str:
    """What to say of a part whose newest figure is of month `own` and its border's of `border`."""
    if not own or own >= total:
        return ""
    behind = months.to_index(total) - months.to_index(own)
    noun = "month" if behind == 1 else "months"
    return (
        f"Newest figure: {month_words(own)}, {behind} {noun} older than the {source.totals.one}'s."
    )
