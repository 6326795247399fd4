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
    ReadRelease,
    ReleaseBesideRecord,
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


Splits = Mapping[TotalMonth, _SplitTotal]


def judged(source: Source, read: ReadRelease, recorded: Counts) -> ReleaseBesideRecord:
    """Hold a release against the record.

    Parameters
    ----------
    source : whose release it is; its hierarchy has an aside.
    read : the release, with its totals. recorded : what the record has now of every series.
    """
    aside = source.hierarchy.aside
    if aside is None:
        raise ValueError(f"{source.name} splits nothing")
    totals = _recorded_totals(aside, recorded)
    new, old = _splits(aside, read.snapshot.counts, read.sums), _splits(aside, recorded, totals)
    # The publisher's slips are not mended: which of three numbers is wrong cannot be told.
    slips = {place: split for place, split in new.items() if not split.adds_up}
    fresh = {place for place, now in slips.items() if place not in old or old[place][1:] != now[1:]}
    problems = [
        f"{key} in {month}: its total is {count:,}, the record's {totals[key][month]:,}"
        for key, by_month in read.sums.items()
        for month, count in sorted(by_month.items())
        if totals.get(key, {}).get(month, count) != count
    ]
    problems += _whole_problems(new)
    problems += _changed_problems(source, new, old, recorded)
    problems += _turned_problems(source.agreement, new, {**old, **new})
    told = {
        place: f"{place[0]} in {place[1]}: {aside.named} {split.named:,} and {aside.rest} "
        f"{split.rest:,} add up to {split.named + split.rest:,}, the total beside them is "
        f"{split.total:,}"
        for place, split in slips.items()
    }
    # One that is new and alone is left out; of several, or of one known to be other, all are.
    if len(fresh) > 1 or fresh & old.keys():
        problems += [told[place] for place in sorted(fresh)]
        fresh = set()
    notes = [
        f"{text}; {'that month is left out' if place in fresh else 'kept as published, as before'}"
        for place, text in sorted(told.items())
    ]
    snapshot = _without(read.snapshot, fresh)
    return ReleaseBesideRecord(snapshot, snapshot, notes, problems)


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


def _recorded_totals(aside: Aside, recorded: Counts) -> Counts:
    """Return the record's count of the half by border; nationwide where all three are there."""
    by_border = {_total(aside, total): recorded.get(_total(aside, total), {}) for total in BORDERS}
    shared = set.intersection(*map(set, by_border.values()))
    whole = {month: sum(counts[month] for counts in by_border.values()) for month in shared}
    return {**by_border, _total(aside, NATIONWIDE): whole}


def _whole_problems(new: Splits) -> Iterator[str]:
    """Yield months in which the totals have more than their whole, in any of the three rows."""
    for month in sorted({month for _, month in new}):
        whole = new.get((NATIONWIDE, month))
        totals = [new[total, month] for total in BORDERS if (total, month) in new]
        rows = zip(*totals, strict=True)
        if whole and any(sum(row) > most for row, most in zip(rows, whole, strict=False)):
            yield f"the borders have more than nationwide in {month}"


def _changed_problems(source: Source, new: Splits, old: Splits, recorded: Counts) -> Iterator[str]:
    """Compare months on record: closed years to the unit, the others as near as any release's."""
    agreed, begins = source.agreement, source.year_begins
    newest = max((max(by_month) for key, by_month in recorded.items() if key.headline), default="")
    # Years are open as long as the record's newest month is in them.
    running = months.fiscal_year(newest, begins) if newest else 0
    for place in sorted(new.keys() & old.keys()):
        now, before = new[place], old[place]
        still_open = months.fiscal_year(place[1], begins) >= running
        slack = max(agreed.open_share * before.total, agreed.slack) if still_open else 0
        if max(abs(now.named - before.named), abs(now.rest - before.rest)) > slack:
            yield (
                f"{place[0]} in {place[1]}: the parts are {now.named:,} and {now.rest:,}, they "
                f"were {before.named:,} and {before.rest:,}"
            )


def _turned_problems(agreed: Agreement, new: Splits, known: Splits) -> Iterator[str]:
    """Yield where parts, or borders, change places from a month to the next: labels may have.

    known : months of the release, and of the record where it states none.
    """
    for (total, month), now in sorted(new.items()):
        before = known.get((total, months.shift(month, -1)))
        if before is None or min(now.total, before.total) < agreed.large:
            continue
        if abs(now.named / now.total - before.named / before.total) > agreed.turned_share:
            yield (
                f"{total} in {month}: the share of the parts has changed by more than "
                f"{agreed.turned_share:.0%} from one month to the next"
            )
    for month in sorted({month for _, month in new}):
        # Labels of two borders that changed places leave every sum as it was.
        places = [(border, month) for border in BORDERS if (border, month) in new]
        earlier = [known.get((border, months.shift(month, -1))) for border, _ in places]
        pairs = [(new[at], was) for at, was in zip(places, earlier, strict=True) if was]
        sums, past = sum(now.total for now, _ in pairs), sum(was.total for _, was in pairs)
        if len(pairs) < len(places) or min(sums, past) < agreed.large:
            continue
        apart = sum(abs(now.total / sums - was.total / past) for now, was in pairs) / 2
        if apart > agreed.turned_share:
            yield f"in {month} the borders' shares have changed places"


def _without(snapshot: Snapshot, left_out: set[TotalMonth]) -> Snapshot:
    """Return a snapshot that does not speak of these months."""
    if not left_out:
        return snapshot
    counts = {
        key: {m: n for m, n in by_month.items() if (key.total, m) not in left_out}
        for key, by_month in snapshot.counts.items()
    }
    coverage = tuple(
        span
        for scope, first, last in snapshot.coverage
        for span in coverage_of(
            scope, (m for m in months.between(first, last) if (scope.total, m) not in left_out)
        )
    )
    return replace(snapshot, counts=counts, coverage=coverage)
