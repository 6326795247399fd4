"""Whether to believe a release that splits a count the record has from elsewhere.

Its own totals must be the record's to the unit, and its two parts must add up to them. A month
whose parts do not is the publisher's slip or a damaged number, and the release cannot tell which:
it is kept where the record has had the same parts before, left out where it is new and the only
one, and otherwise the whole release is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from forecast import months
from forecast.sources.source import (
    Agreement,
    Aside,
    ComparedRelease,
    ReadRelease,
    Source,
    coverage_of,
)
from forecast.types import BORDERS, HEADLINES, NATIONWIDE, Counts, SeriesKey, Snapshot, TotalMonth


class _SplitTotal(NamedTuple):
    """Of one border's month: the total, and the part that is named and the rest."""

    total: int
    named: int
    rest: int

    @property
    def adds_up(self) -> bool:
        return self.named + self.rest == self.total


def judged(source: Source, read: ReadRelease, recorded: Counts) -> ComparedRelease:
    """Hold a release against the record.

    Parameters
    ----------
    source : whose release it is; its hierarchy has an aside.
    read : the release, with its totals. held : what the record has now of every series.
    """
    aside = source.hierarchy.aside
    if aside is None:
        raise ValueError(f"{source.name} splits nothing")
    new = _splits(aside, read.snapshot.counts, read.sums)
    old = _splits(aside, recorded, _held_totals(aside, recorded))
    totals = _held_totals(aside, recorded)
    slips = {place: split for place, split in new.items() if not split.adds_up}
    fresh = {place for place in slips if _parts(old.get(place)) != _parts(slips[place])}
    problems = [
        *_total_problems(read.sums, totals),
        *_whole_problems(new),
        *_changed_problems(source.agreement, new, old, recorded, source),
        *_turned_problems(source.agreement, new, old),
    ]
    if len(fresh) > 1 or fresh & old.keys():
        problems += [_slip(aside, place, slips[place]) for place in sorted(fresh)]
        fresh = set()
    notes = [
        f"{_slip(aside, place, split)}; "
        + ("that month is left out" if place in fresh else "kept as published, as before")
        for place, split in sorted(slips.items())
    ]
    return ComparedRelease(_without(read.snapshot, fresh), problems, notes)


def _splits(aside: Aside, parts: Counts, totals: Counts) -> dict[TotalMonth, _SplitTotal]:
    """Return the months both parts are stated for; the total is their sum where none is stated."""
    splits = {}
    for border in HEADLINES:
        named, rest = (
            parts.get(SeriesKey(border, aside.dimension, member, aside.half), {})
            for member in (aside.named, aside.rest)
        )
        total = totals.get(_total(aside, border), {})
        for month in sorted(named.keys() & rest.keys()):
            whole = total.get(month, named[month] + rest[month])
            splits[border, month] = _SplitTotal(whole, named[month], rest[month])
    return splits


def _total(aside: Aside, total: str) -> SeriesKey:
    return SeriesKey(total, "component", aside.half, aside.half)


def _held_totals(aside: Aside, recorded: Counts) -> Counts:
    """Return the record's count of the half by border; nationwide where all three are there."""
    by_border = {total: recorded.get(_total(aside, total), {}) for total in BORDERS}
    shared = set.intersection(*(set(by_month) for by_month in by_border.values()))
    whole = {month: sum(by_border[total][month] for total in BORDERS) for month in shared}
    return {
        _total(aside, total): by_month
        for total, by_month in (*by_border.items(), (NATIONWIDE, whole))
    }


def _parts(split: _SplitTotal | None) -> tuple[int, ...]:
    return split[1:] if split else ()


def _total_problems(stated: Counts, recorded: Counts) -> Iterator[str]:
    for key, by_month in stated.items():
        known = recorded.get(key, {})
        for month in sorted(by_month.keys() & known.keys()):
            if by_month[month] != known[month]:
                yield (
                    f"{key} in {month}: its total is {by_month[month]:,}, the record's "
                    f"{known[month]:,}"
                )


def _whole_problems(new: Mapping[TotalMonth, _SplitTotal]) -> Iterator[str]:
    """Yield months in which the totals have more than their whole, in any of the three rows."""
    for month in sorted({month for _, month in new}):
        whole = new.get((NATIONWIDE, month))
        totals = [new[total, month] for total in BORDERS if (total, month) in new]
        rows = list(zip(*totals, strict=True))
        if whole and any(sum(row) > most for row, most in zip(rows, whole, strict=False)):
            yield f"the borders have more than nationwide in {month}"


def _changed_problems(
    agreed: Agreement,
    new: Mapping[TotalMonth, _SplitTotal],
    old: Mapping[TotalMonth, _SplitTotal],
    recorded: Counts,
    source: Source,
) -> Iterator[str]:
    """Compare months on record: closed years to the unit, the others as near as any release's."""
    newest = max((max(by_month) for key, by_month in recorded.items() if key.headline), default="")
    running = months.fiscal_year(newest, source.year_begins) if newest else 0
    for place in sorted(new.keys() & old.keys()):
        now, before = new[place], old[place]
        open_month = months.fiscal_year(place[1], source.year_begins) >= running
        slack = max(agreed.open_share * before.total, agreed.slack) if open_month else 0
        if abs(now.named - before.named) > slack or abs(now.rest - before.rest) > slack:
            yield (
                f"{place[0]} in {place[1]}: the parts are {now.named:,} and {now.rest:,}, they "
                f"were {before.named:,} and {before.rest:,}"
            )


def _turned_problems(
    agreed: Agreement, new: Mapping[TotalMonth, _SplitTotal], old: Mapping[TotalMonth, _SplitTotal]
) -> Iterator[str]:
    """Yield where the parts change places from one month to the next: labels may have."""
    for (total, month), now in sorted(new.items()):
        at = (total, months.shift(month, -1))
        before = new.get(at) or old.get(at)
        if before is None or min(now.total, before.total) < agreed.large:
            continue
        if abs(now.named / now.total - before.named / before.total) > agreed.turned_share:
            yield (
                f"{total} in {month}: the share of the parts has changed by more than "
                f"{agreed.turned_share:.0%} from one month to the next"
            )
    for month in sorted({month for _, month in new}):
        yield from _swapped_problem(agreed, month, new, old)


def _swapped_problem(
    agreed: Agreement,
    month: str,
    new: Mapping[TotalMonth, _SplitTotal],
    old: Mapping[TotalMonth, _SplitTotal],
) -> Iterator[str]:
    """Refuse borders that have changed places."""
    back = months.shift(month, -1)
    totals = [border for border in BORDERS if (border, month) in new]
    pairs = [(new[b, month], new.get((b, back)) or old.get((b, back))) for b in totals]
    was = sum(before.total for _, before in pairs if before)
    total = sum(now.total for now, _ in pairs)
    if min(was, total) < agreed.large or any(before is None for _, before in pairs):
        return
    apart = sum(abs(now.total / total - before.total / was) for now, before in pairs if before) / 2
    if apart > agreed.turned_share:
        yield f"in {month} the borders' shares have changed places"


def _slip(aside: Aside, place: TotalMonth, split: _SplitTotal) -> str:
    return (
        f"{place[0]} in {place[1]}: {aside.named} {split.named:,} and {aside.rest} {split.rest:,} "
        f"add up to {split.named + split.rest:,}, the total beside them is {split.total:,}"
    )


def _without(snapshot: Snapshot, left_out: set[TotalMonth]) -> Snapshot:
    """Return a snapshot that does not speak of these months."""
    if not left_out:
        return snapshot
    counts = {
        key: {m: n for m, n in by_month.items() if (key.total, m) not in left_out}
        for key, by_month in snapshot.counts.items()
    }
    coverage = [
        span
        for covered in snapshot.coverage
        for span in coverage_of(
            covered.scope,
            (
                month
                for month in months.between(covered.first_month, covered.last_month)
                if (covered.scope.total, month) not in left_out
            ),
        )
    ]
    return replace(snapshot, counts=counts, coverage=tuple(coverage))
