"""Lives of series: late, not counted for long, ended, renamed, merged, and what is said of it.

A person's word stands in the record, dated. Else the months say it: a series that is a month or two
behind the others is late, one that is a year behind has ended and is not forecast.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from forecast import months
from forecast.agreed import Life
from forecast.sources.source import Source
from forecast.types import Counts, SeriesKey
from forecast.words import first_few, many, month_words

Standing = Literal["running", "late", "not counted", "ended"]
LATE = 2  # months behind the others: more is no lateness
ENDED = 12


def life(name: str, lives: Sequence[Life]) -> Life | None:
    """Return the newest thing that a person confirmed of a series; None if nothing."""
    return next((life for life in reversed(lives) if life.series == name), None)


def ended(last: str, newest: str, confirmed: Life | None = None) -> bool:
    """Whether a series has ended: by a person's word, or a year behind the others."""
    if confirmed and confirmed.what in ("merged", "ended"):
        return True
    return _behind(last, newest) >= ENDED


def _behind(last: str, newest: str) -> int:
    return months.to_index(newest) - months.to_index(last)


def standing(last: str, newest: str, confirmed: Life | None = None) -> Standing:
    """Decide how a series whose newest month is `last` stands beside the record's newest."""
    if not newest or last >= newest:
        return "running"
    if ended(last, newest, confirmed):
        return "ended"
    return "late" if _behind(last, newest) <= LATE else "not counted"


def verdict(last: str, newest: str, confirmed: Life | None = None) -> str:
    """Return a life in a word or two; "" of a series that runs."""
    stands = standing(last, newest, confirmed)
    if stands in ("running", "late"):
        return "Late" if stands == "late" else ""
    return f"{'Ended in' if stands == 'ended' else 'Not counted since'} {month_words(last)}"


def words(last: str, newest: str, confirmed: Life | None = None) -> str:
    """Return what is said behind a series' newest count; "" of one that runs as it was called.

    last : its newest month. newest : the record's.
    """
    stands, what = standing(last, newest, confirmed), confirmed and confirmed.what
    if stands == "running":
        if confirmed and what == "renamed":
            return f"called {confirmed.other!r} in files since {month_words(confirmed.month)}"
        return ""
    if confirmed and what == "merged":
        return f"merged into {confirmed.other!r} in {month_words(confirmed.month)}, and ended"
    behind = many(_behind(last, newest), "month")
    if stands == "ended":
        return f"its last count: it has ended, {behind} before the others, and is not forecast"
    through = f"other figures go through {month_words(newest)}"
    return f"late by {behind}: {through}" if stands == "late" else f"not counted since: {through}"


def lagging(lasts: Mapping[str, str], lives: Sequence[Life]) -> list[str]:
    """Return which series are behind the newest month, in words for one line.

    lasts : series -> its newest month.
    """
    newest = max(lasts.values())
    groups: dict[Standing, list[str]] = {}
    for name, last in lasts.items():
        groups.setdefault(standing(last, newest, life(name, lives)), []).append(name)
    # What ended is no news each month.
    called: dict[Standing, str] = {"late": "late", "not counted": "not counted for months"}
    return [f"{words}: {first_few(groups[of])}" for of, words in called.items() if of in groups]


def running(source: Source, counts: Counts) -> Source:
    """Return a source of own counts without the series that have ended, which no run forecasts."""
    heads = {key.total: max(known) for key, known in counts.items() if key.headline and known}
    if source.layouts or not heads:
        return source
    newest = max(heads.values())
    totals = source.totals
    parts = tuple(
        name
        for name in totals.parts
        if name not in heads or not ended(heads[name], newest, life(name, source.lives))
    )
    return replace(source, totals=replace(totals, parts=parts)) if parts != totals.parts else source


def spans(
    keys: Iterable[SeriesKey], known: Counts, lives: Sequence[Life]
) -> dict[SeriesKey, tuple[str, str]]:
    """Return from which to which month each series belongs to a sum; "9999-12" while it runs.

    A merged series takes over from those that it adds up, in the month in which they ended.
    """
    over = {life.series for life in lives if life.what in ("merged", "ended")}
    ends = {}
    for key in keys:
        name = key.member or key.total
        begun = [life.month for life in lives if life.what == "merged" and life.other == name]
        last = max(known[key]) if name in over else "9999-12"
        ends[key] = max([min(known[key]), *begun]), last
    return ends
