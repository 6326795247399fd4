"""Is this release to be believed? Compared with itself and with its neighbours by seq.

A file that lost rows, or whose download broke off at the end of a line, still reads. What gives
it away is arithmetic: the totals add up to their whole, the parts to their total, and closed
years repeat from file to file to the unit, in every dimension. In the open year a dimension keeps
most of its counts with the same members. Counts rounded to 10 cannot be held to this.

What it cannot see: a few rows lost from a month of the open year while no release of the same
month (the sibling file) is known, because open months move between releases anyway.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from forecast import months
from forecast.sources.source import Agreement, Source
from forecast.types import Scope, SeriesKey, Snapshot

if TYPE_CHECKING:
    from forecast.sources.source import Agreement, Source

Spans = dict[Scope, frozenset[str]]


class Difference(NamedTuple):
    """A series and month two releases do not agree on."""

    key: SeriesKey
    month: str
    new: int
    old: int


def problems(
    source: Source,
    new: Snapshot,
    neighbours: Sequence[Snapshot] = (),
    parts: Sequence[Snapshot] = (),
) -> list[str]:
    """Return reasons not to believe a release, each a sentence with its numbers.

    Parameters
    ----------
    source : whose release it is; says what must agree.
    neighbours : accepted releases next to it by seq: below, equal, above. Vintages and releases
        rounded to 10 are passed over.
    parts : releases further off that state dimensions which the neighbours lack; only their
        parts are compared.
    """
    problems = [
        *_name_problems(source, new),
        *_holes(source, new),
        *_sum_problems(source, new),
        *_turned_problems(source, new),
    ]
    for old in neighbours:
        if _comparable(new, old):
            problems += _against(source, new, old)
    for old in parts:
        if _comparable(new, old):
            problems += _parts_against(source, new, old)
    return problems


# ---------------------------------------------------------------- the release by itself


def _name_problems(source: Source, new: Snapshot) -> Iterator[str]:
    """Yield where a file's name and its content say another window, month or layout."""
    # Embedded figures and vintages have names of their own, which promise nothing.
    release = new.release
    name = source.parse_name(release.file_name) if release.kind in source.layouts else None
    if name is None:
        return
    first = min(coverage.first_month for coverage in new.coverage)
    window = (
        months.fiscal_year(first, source.year_begins),
        months.fiscal_year(release.data_through, source.year_begins),
    )
    if window != (name.first, name.last):
        yield (
            f"the name says fiscal years {name.first} to {name.last}, "
            f"the rows {window[0]} to {window[1]}"
        )
    named = months.fiscal_months(name.last, source.year_begins)[(name.month or 12) - 1]
    if named != release.data_through:
        yield f"the name says data through {named}, the rows end in {release.data_through}"
    if name.layout not in (None, release.kind):
        yield f"the name says layout {name.layout}, the columns are those of {release.kind}"


def _holes(source: Source, new: Snapshot) -> Iterator[str]:
    """Yield totals of a published file that have a month without a count, where none ever had."""
    # Of anybody's counts a 0 may be true; at a border it never was.
    if not source.agreement.never_empty or new.release.kind not in source.layouts:
        return
    spans = _spans(new)
    for total in source.totals.parts:
        span = sorted(spans.get(Scope(total, ""), ()))
        empty = [month for month in span if not _count(new, SeriesKey(total), month)]
        if empty:
            yield f"{total} has no {source.measure.noun} in {_some(empty)}"


def _sum_problems(source: Source, new: Snapshot) -> Iterator[str]:
    """Yield totals that miss their whole, and dimensions whose members miss their total."""
    # Each is off by half a unit, and their sum by as many halves.
    if new.release.rounding > 1:
        return
    spans, whole, sums = _spans(new), source.totals.whole, source.hierarchy
    stated = {key.total for key in new.counts if key.headline} - {whole}
    totals = stated.union(source.totals.parts)
    if whole:
        # A month that one of them lacks adds up to nothing that could be compared.
        shared = _shared(spans, [Scope(total, "") for total in (*totals, whole)])
        keys = [SeriesKey(total) for total in totals]
        wrong = _wrong_sums(source, new, keys, SeriesKey(whole), shared, set(shared))
        if wrong:
            count, missed = {3: "three "}.get(len(totals), ""), _missed(source, wrong)
            yield f"the {count}{source.totals.many} do not add up to {whole}: {missed}"
    for (total, dimension), scopes in _by_dimension(spans):
        # One component alone is no partition.
        alone = dimension in sums.by_component and len(scopes) < len(sums.halves)
        if total not in totals or alone:
            continue
        members = [key for key in new.counts if key[:2] == (total, dimension)]
        span, complete = spans.get(Scope(total, ""), ()), set(_shared(spans, scopes))
        wrong = _wrong_sums(source, new, members, SeriesKey(total), sorted(span), complete)
        if wrong:
            missed = _missed(source, wrong)
            yield f"{total} by {dimension} does not add up to its total: {missed}"


def _wrong_sums(
    source: Source,
    new: Snapshot,
    parts: Sequence[SeriesKey],
    whole: SeriesKey,
    span: Sequence[str],
    complete: set[str],
) -> list[tuple[int, int, str]]:
    """Return (sum of the parts, whole, month) where the two differ.

    complete : months in which all parts are known; in others they are no more than the whole.
    """
    slack = source.agreement.tolerance
    sums = ((sum(_count(new, k, month) for k in parts), month) for month in span)
    beside = [(of_parts, _count(new, whole, month), month) for of_parts, month in sums]
    return [
        (of_parts, of_whole, month)
        for of_parts, of_whole, month in beside
        if of_parts - of_whole > slack or (abs(of_parts - of_whole) > slack and month in complete)
    ]


def _missed(source: Source, wrong: Sequence[tuple[int, int, str]]) -> str:
    """Name sums that miss their totals, and, of own counts, the setting that lets them."""
    examples = _some([f"{parts:,} against {total:,} in {month}" for parts, total, month in wrong])
    if source.layouts:  # its files are as they are
        return examples
    # The message names the tolerance that would do, so that nobody has to guess it.
    most = max(abs(parts - total) for parts, total, _ in wrong)
    return (
        f"{examples}. If they are rounded, write tolerance = {most} into [[sources]] of the "
        "settings "
        f"(it is {source.agreement.tolerance}), and take this file in by `bordercast releases "
        "accept N --why rounded`, its number in `bordercast releases list --refused`"
    )


def _turned_problems(source: Source, new: Snapshot) -> Iterator[str]:
    """Check that in the open year no dimension turns over within a month."""
    # By itself: a first file has no neighbor that could show swapped labels.
    agreed, spans = source.agreement, _spans(new)
    for (total, dimension), scopes in _by_dimension(spans):
        if dimension in agreed.turning:
            continue
        members = [key for key in new.counts if key[:2] == (total, dimension)]
        shares = {
            month: {key: _count(new, key, month) for key in members}
            for month in _shared(spans, scopes)
            # Closed years are held against other releases, to the unit.
            if months.fiscal_year(month, source.year_begins) not in new.closed
        }
        for month, now in shares.items():
            before = shares.get(months.shift(month, -1))
            if before and _turned(agreed, before, now):
                yield (
                    f"{total} by {dimension}: more than {agreed.turned_share:.0%} of the "
                    f"{source.measure.noun} changed member from one month to the next, in {month}"
                )


def _turned(
    agreed: Agreement, before: Mapping[SeriesKey, int], now: Mapping[SeriesKey, int]
) -> bool:
    """Return whether most of a month's counts lie with other members than the month before."""
    was, total = sum(before.values()), sum(now.values())
    if min(was, total) < agreed.large:
        return False
    return sum(abs(before[key] / was - now[key] / total) for key in now) / 2 > agreed.turned_share


def _by_dimension(spans: Spans) -> Iterator[tuple[tuple[str, str], list[Scope]]]:
    scopes = sorted(scope for scope in spans if scope.dimension)
    for place, group in groupby(scopes, key=lambda scope: (scope.total, scope.dimension)):
        yield place, list(group)


# ---------------------------------------------------------------- against one neighbour


def _comparable(new: Snapshot, old: Snapshot) -> bool:
    releases = (new.release, old.release)
    return (
        new.release.sha256 != old.release.sha256
        and all(release.rounding == 1 for release in releases)
        and all(release.kind != "vintage" for release in releases)
    )


def _against(source: Source, new: Snapshot, old: Snapshot) -> Iterator[str]:
    # Twins state the same month: what they share must be the same to the unit, open year or not.
    if _twins(source, new, old):
        yield from _twin_problems(source, new, old)
        if _layout(source, new) != _layout(source, old):
            yield from _parts_against(source, new, old)
        return
    # A later release reaches at least as far as an earlier one.
    earlier, later = sorted((new, old), key=lambda s: (s.release.seq, s is new))
    shared = {c.scope for c in new.coverage} & {c.scope for c in old.coverage}
    if shared and later.release.data_through < earlier.release.data_through:
        yield (
            f"{later.release.file_name} ends in {later.release.data_through}, but the earlier "
            f"{earlier.release.file_name} reaches {earlier.release.data_through}"
        )
    # Lines are counted in closed years alone: an open year gains some each month.
    yield from _row_problems(source, new, old, new.closed & old.closed)
    yield from _closed_problems(new, old, source)
    yield from _open_problems(source, new, old)
    yield from _moved_problems(source, new, old)


def _parts_against(source: Source, new: Snapshot, old: Snapshot) -> Iterator[str]:
    """Yield where the parts alone differ, by the same rules."""
    # Its totals were held against nearer releases; further off an open year has moved too far.
    yield from _closed_problems(new, old, source, parts_only=True)
    yield from _moved_problems(source, new, old)


def _layout(source: Source, snapshot: Snapshot) -> str:
    """Return the layout of a release's file, also of an embedded one; "" if it had none."""
    if snapshot.release.kind in source.layouts:
        return snapshot.release.kind
    name = source.parse_name(snapshot.release.file_name)
    return (name.layout or "") if name else ""


def _twins(source: Source, new: Snapshot, old: Snapshot) -> bool:
    """Return the same month's data, once more: the same file, or AOR and state file of one release.

    A suffix ("_0") orders files of one layout; their siblings may have another or none.
    """
    if {_layout(source, new), _layout(source, old)} == source.pages.siblings:
        return new.release.seq // 100 == old.release.seq // 100
    return new.release.seq == old.release.seq and _layout(source, new) == _layout(source, old)


def _twin_problems(source: Source, new: Snapshot, old: Snapshot) -> Iterator[str]:
    """Check that releases of the same month agree to the unit, the open year included.

    The same layout in everything; AOR and state file only in the totals, the rest of a later
    file is allowed to be fresher.
    """
    problems = []
    if new.release.data_through != old.release.data_through:
        problems.append(f"data through {new.release.data_through} and {old.release.data_through}")
    problems += _row_problems(source, new, old, frozenset(new.rows) & frozenset(old.rows))
    differences = _differences(new, old, None, source)
    same_layout = _layout(source, new) == _layout(source, old)
    # The sibling may be fresher in its own dimensions; the totals are of the same data.
    telling = [d for d in differences if same_layout or d.key.headline]
    problems += _described(telling)
    for problem in problems:
        yield f"named like {old.release.file_name} but content differs: {problem}"


def _row_problems(
    source: Source, new: Snapshot, old: Snapshot, years: frozenset[int]
) -> Iterator[str]:
    if _layout(source, new) != _layout(source, old):
        return
    for year in sorted(years):
        here, there = new.rows.get(year), old.rows.get(year)
        if here is not None and there is not None and here != there:
            yield f"fiscal year {year}: {here:,} rows, {there:,} in {old.release.file_name}"


def _closed_problems(
    new: Snapshot, old: Snapshot, source: Source, *, parts_only: bool = False
) -> Iterator[str]:
    """Check that years closed in both releases never change."""
    changed = _differences(new, old, new.closed & old.closed, source)
    for problem in _described([d for d in changed if not (parts_only and d.key.headline)]):
        yield f"closed years differ from {old.release.file_name}: {problem}"


def _open_problems(source: Source, new: Snapshot, old: Snapshot) -> Iterator[str]:
    """Check that totals of other years move little from release to release."""
    agreed = source.agreement
    moved = [
        d
        for d in _differences(new, old, _still_open(new, old, source), source)
        if not _near(agreed, d.new, d.old)
    ]
    for problem in _described([d for d in moved if d.key.headline]):
        yield f"more than {agreed.open_share:.0%} from {old.release.file_name}: {problem}"


def _near(agreed: Agreement, new: int, old: int) -> bool:
    return abs(new - old) <= max(agreed.open_share * max(new, old), agreed.slack)


def _still_open(new: Snapshot, old: Snapshot, source: Source) -> frozenset[int]:
    """Return the fiscal years that are not closed in both."""
    every = frozenset().union(*_spans(new).values())
    years = {months.fiscal_year(month, source.year_begins) for month in every}
    return frozenset(years) - (new.closed & old.closed)


def _moved_problems(source: Source, new: Snapshot, old: Snapshot) -> Iterator[str]:
    """Check that in an open month nearly all counts stay with the same member of each dimension."""
    agreed = source.agreement
    # What a member gains another has lost: only what changed hands is counted, not growth.
    gone: dict[tuple[str, str, str], int] = defaultdict(int)
    came: dict[tuple[str, str, str], int] = defaultdict(int)
    for key, month, now, before in _differences(new, old, _still_open(new, old, source), source):
        place = (key.total, key.dimension, month)
        (came if now > before else gone)[place] += abs(now - before)
    for name, dimension, month in sorted(gone):
        total = _count(new, SeriesKey(name), month)
        moved = min(gone[name, dimension, month], came[name, dimension, month])
        if dimension and moved > max(agreed.moved_share * total, agreed.slack):
            yield (
                f"{name} by {dimension} in {month}: {moved:,} of {total:,} "
                f"{source.measure.noun} are under another member than in {old.release.file_name}"
            )


# ---------------------------------------------------------------- shared


def _differences(
    new: Snapshot, old: Snapshot, years: frozenset[int] | None, source: Source
) -> list[Difference]:
    """Find where two releases disagree, in months of these fiscal years (None: all) in both."""
    # A month outside of either span is not stated there, and is no 0.
    here, there = _spans(new), _spans(old)
    stated = (
        Difference(key, month, _count(new, key, month), _count(old, key, month))
        for key in sorted(set(new.counts) | set(old.counts))
        for month in sorted(here.get(key.scope, frozenset()) & there.get(key.scope, frozenset()))
        if years is None or months.fiscal_year(month, source.year_begins) in years
    )
    return [difference for difference in stated if difference.new != difference.old]


def _described(differences: Sequence[Difference]) -> Iterator[str]:
    """Say it in one sentence per dimension, totals first."""
    # Totals first, as "" sorts before any dimension.
    ordered = sorted(differences, key=lambda d: (d.key.dimension, d.month, d.key))
    for _, group in groupby(ordered, key=lambda d: d.key.dimension):
        yield _some([f"{d.key} in {d.month} {d.new:,}, was {d.old:,}" for d in group])


def _some(items: Sequence[str]) -> str:
    more = f" (and {len(items) - 3} more)" if len(items) > 3 else ""
    return "; ".join(items[:3]) + more


def _spans(snapshot: Snapshot) -> Spans:
    spans: dict[Scope, set[str]] = {}
    for scope, first, last in snapshot.coverage:
        spans.setdefault(scope, set()).update(months.between(first, last))
    return {scope: frozenset(span) for scope, span in spans.items()}


def _shared(spans: Spans, scopes: Sequence[Scope]) -> list[str]:
    """Return the months all these scopes cover."""
    return sorted(frozenset.intersection(*(spans.get(scope, frozenset()) for scope in scopes)))


def _count(snapshot: Snapshot, key: SeriesKey, month: str) -> int:
    return snapshot.counts.get(key, {}).get(month, 0)
