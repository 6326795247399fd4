"""Whether to believe a release that splits a count the record has from elsewhere.

Its own totals must be the record's to the unit, and its two parts must add up to them. A month
whose parts do not is the publisher's slip or a damaged number, and the release cannot tell which:
it is kept where the record has had the same parts before, left out where it is new and the only
one, and otherwise the whole release is refused.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from forecast import months
from forecast.sources.checks import turned
from forecast.sources.source import Agreement, ReadRelease, Source, coverage_of
from forecast.types import (
    BORDERS,
    HEADLINES,
    NATIONWIDE,
    Aside,
    Counts,
    SeriesKey,
    Snapshot,
    TotalMonth,
)

Splits = Mapping[TotalMonth, tuple[int, int, int]]
"""A border's month -> its total, the part that is named, and the rest."""


def judged(source: Source, read: ReadRelease, recorded: Counts) -> ReadRelease:
    """Hold a release against the record.

    source : whose release it is; its hierarchy has an aside.
    read : the release, with its totals. recorded : what the record has now of every series.
    """
    aside = source.hierarchy.aside
    if aside is None:
        raise ValueError(f"{source.name} splits nothing")
    totals = _totals(aside, recorded)
    new, old = _splits(aside, read.snapshot.counts, read.sums), _splits(aside, recorded, totals)
    # The publisher's slips are not mended: which of three numbers is wrong cannot be told.
    slips = {
        place: f"{place[0]} in {place[1]}: {aside.named} {named:,} and {aside.rest} {rest:,} add "
        f"up to {named + rest:,}, the total beside them is {total:,}"
        for place, (total, named, rest) in new.items()
        if named + rest != total
    }
    fresh = {at for at in slips if at not in old or old[at][1:] != new[at][1:]}
    problems = [
        f"{key} in {month}: its total is {count:,}, the record's {totals[key][month]:,}"
        for key, by_month in read.sums.items()
        for month, count in sorted(by_month.items())
        if totals.get(key, {}).get(month, count) != count
    ]
    problems += _changed_problems(source, new, old, recorded)
    problems += _turned_problems(source.agreement, new, {**old, **new})
    # One that is new and alone is left out; of several, or of one known to be other, all are.
    if len(fresh) > 1 or fresh & old.keys():
        problems += [slips[place] for place in sorted(fresh)]
        fresh = set()
    notes = [
        f"{text}; {'that month is left out' if place in fresh else 'kept as published, as before'}"
        for place, text in sorted(slips.items())
    ]
    return read._replace(snapshot=_without(read.snapshot, fresh), warnings=notes, problems=problems)


def _totals(aside: Aside, recorded: Counts) -> Counts:
    """Return the record's count of the half by border; nationwide where all three are there."""
    totals = {_total(aside, border): recorded.get(_total(aside, border), {}) for border in BORDERS}
    shared = set.intersection(*map(set, totals.values()))
    whole = {month: sum(counts[month] for counts in totals.values()) for month in shared}
    return {**totals, _total(aside, NATIONWIDE): whole}


def _splits(aside: Aside, parts: Counts, totals: Counts) -> Splits:
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
            splits[border, month] = whole, named[month], rest[month]
    return splits


def _total(aside: Aside, total: str) -> SeriesKey:
    return SeriesKey(total, "component", aside.half, aside.half)


def _changed_problems(source: Source, new: Splits, old: Splits, recorded: Counts) -> Iterator[str]:
    """Yield months in which the totals have more than their whole, or the record has others.

    Closed years are compared to the unit, the others as near as any release's.
    """
    for month in sorted({month for _, month in new}):
        whole = new.get((NATIONWIDE, month))
        rows = zip(*(new[total, month] for total in BORDERS if (total, month) in new), strict=True)
        # The totals, the parts that are named, and the rest.
        if whole and any(sum(row) > most for row, most in zip(rows, whole, strict=False)):
            yield f"the borders have more than nationwide in {month}"
    agreed, calendar = source.agreement, source.calendar
    newest = max((max(by_month) for key, by_month in recorded.items() if key.headline), default="")
    # Years are open as long as the record's newest month is in them.
    running = calendar.year(newest) if newest else 0
    for place in sorted(new.keys() & old.keys()):
        (_, named, rest), (total, *before) = new[place], old[place]
        still_open = calendar.year(place[1]) >= running
        slack = max(agreed.open_share * total, agreed.slack) if still_open else 0
        if max(abs(named - before[0]), abs(rest - before[1])) > slack:
            yield (
                f"{place[0]} in {place[1]}: the parts are {named:,} and {rest:,}, they were "
                f"{before[0]:,} and {before[1]:,}"
            )


def _turned_problems(agreed: Agreement, new: Splits, known: Splits) -> Iterator[str]:
    """Yield where parts, or borders, change places from a month to the next: labels may have.

    known : months of the release, and of the record where it states none.
    """
    for (total, month), now in sorted(new.items()):
        before = known.get((total, months.shift(month, -1)))
        if before and turned(agreed, [*zip(before[1:], now[1:], strict=True)]):
            yield (
                f"{total} in {month}: the share of the parts has changed by more than "
                f"{agreed.turned_share:.0%} from one month to the next"
            )
    for month in sorted({month for _, month in new}):
        # Labels of two borders that changed places leave every sum as it was.
        stated = [border for border in BORDERS if (border, month) in new]
        earlier = {border: known.get((border, months.shift(month, -1))) for border in stated}
        pairs = [(was[0], new[border, month][0]) for border, was in earlier.items() if was]
        if len(pairs) == len(stated) and turned(agreed, pairs):
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
