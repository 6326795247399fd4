"""Is this release to be believed? Compared with itself and with its neighbours by seq.

A file that lost rows, or whose download broke off at the end of a line, still reads. What gives
it away is arithmetic: the totals add up to their whole, the parts to their total, and closed
years repeat from file to file to the unit, in every dimension. In the open year a dimension keeps
most of its counts with the same members. Counts rounded to 10 cannot be held to this.

What it cannot see: a few rows lost from a month of the open year while no release of the same
month (the sibling file) is known, because open months move between releases anyway.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from forecast import months
from forecast.sources.source import Agreement, Source
from forecast.types import Scope, SeriesKey, Snapshot


class Difference(NamedTuple):
    """A series and a month that two releases do not agree on: what the new one has, and the old."""

    series: SeriesKey
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

    source : whose release it is; says what must agree.
    neighbours : accepted releases next to it by seq: below, equal, above. Vintages and releases
        rounded to 10 are passed over.
    parts : releases further off that state dimensions which the neighbours lack; only their
        parts are compared.
    """
    if not source.layouts:  # a contract holds it against what was before, see `contract`
        return list(_sum_problems(source, new))
    alone = (_name_problems, _holes, _sum_problems, _turned_problems)
    problems = [problem for check in alone for problem in check(source, new)]
    # Their totals were held against nearer releases; further off an open year has moved too far.
    beside = [*((old, False) for old in neighbours), *((old, True) for old in parts)]
    for old, parts_only in beside:
        pair = (new.release, old.release)
        exact = all(release.rounding == 1 and release.kind != "vintage" for release in pair)
        if exact and new.release.sha256 != old.release.sha256:
            problems += _against(source, new, old, parts_only)
    return problems


def turned(agreed: Agreement, pairs: Sequence[tuple[int, int]]) -> bool:
    """Return whether most of a month's counts lie with other members than the month before.

    pairs : what each member had, and has.
    """
    was, total = (sum(numbers) for numbers in zip(*pairs, strict=True)) if pairs else (0, 0)
    if min(was, total) < agreed.large:
        return False
    return sum(abs(old / was - new / total) for old, new in pairs) / 2 > agreed.turned_share


# ---------------------------------------------------------------- the release by itself


def _name_problems(source: Source, new: Snapshot) -> Iterator[str]:
    """Yield where a file's name and its content say another window, month or layout."""
    # Embedded figures and vintages have names of their own, which promise nothing.
    release, calendar = new.release, source.calendar
    name = source.parse_name(release.file_name) if release.kind in source.layouts else None
    if name is None:
        return
    ends = (min(span.first_month for span in new.coverage), release.data_through)
    first, last = map(calendar.year, ends)
    if (first, last) != (name.first, name.last):
        yield (
            f"the name says fiscal years {name.first} to {name.last}, the rows {first} to {last}"
        )
    named = calendar.period(name.last, name.month or 12).last_month
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
        covered = spans[Scope(total, "")]
        # Between its first and its last: beyond these it may not have been reported.
        span = months.between(min(covered), max(covered)) if covered else []
        empty = [month for month in span if not _count(new, SeriesKey(total), month)]
        if empty:
            yield f"{total} has no {source.measure.noun} in {_some(empty)}"


def _sum_problems(source: Source, new: Snapshot) -> Iterator[str]:
    """Yield totals that miss their whole, and dimensions whose members miss their total."""
    # Each is off by half a unit, and their sum by as many halves.
    if new.release.rounding > 1:
        return
    spans, whole, tree = _spans(new), source.totals.whole, source.tree
    stated = {key.total for key in new.counts if key.headline} - {whole}
    totals = stated.union(source.totals.parts)
    if whole:
        # A month that one of them lacks adds up to nothing that could be compared.
        shared = _shared(spans, [Scope(total, "") for total in (*totals, whole)])
        count = {3: "three "}.get(len(totals), "")
        wrong = f"the {count}{source.totals.many} do not add up to {whole}"
        parts = [*map(SeriesKey, totals)]
        yield from _missed(source, new, parts, SeriesKey(whole), dict.fromkeys(shared, True), wrong)
    for total, dimension, scopes, members in _dimensions(new, spans):
        if total in totals and tree.partition(dimension, {scope.component for scope in scopes}):
            wrong = f"{total} by {dimension} does not add up to its total"
            complete = _shared(spans, scopes)
            span = {month: month in complete for month in spans[Scope(total, "")]}
            yield from _missed(source, new, members, SeriesKey(total), span, wrong)


def _missed(
    source: Source,
    new: Snapshot,
    keys: Sequence[SeriesKey],
    of: SeriesKey,
    span: Mapping[str, bool],
    wrong: str,
) -> Iterator[str]:
    """Yield, after what is wrong, the months in which parts miss their sum, if there are any.

    span : the sum's months, and whether all parts are known; else they are no more than the sum.
    """
    slack, missed = source.agreement.tolerance, []
    for month in sorted(span):
        parts, count = sum(_count(new, key, month) for key in keys), _count(new, of, month)
        if parts - count > slack or (span[month] and count - parts > slack):
            missed.append((parts, count, month))
    if not missed:
        return
    shown = _some([f"{parts:,} against {count:,} in {month}" for parts, count, month in missed])
    if not source.layouts:
        # The message names the tolerance that would do, so that nobody has to guess it.
        most = max(abs(parts - count) for parts, count, _ in missed)
        shown += (
            f". If they are rounded, write tolerance = {most} into [[sources]] of the settings "
            f"(it is {slack}), and take this file in by `bordercast releases accept N "
            "--why rounded`"
        )
    yield f"{wrong}: {shown}"


def _turned_problems(source: Source, new: Snapshot) -> Iterator[str]:
    """Check that in the open year no dimension turns over within a month."""
    # By itself: a first file has no neighbor that could show swapped labels.
    agreed, spans = source.agreement, _spans(new)
    for total, dimension, scopes, members in _dimensions(new, spans):
        if dimension in agreed.turning:
            continue
        # Closed years are held against other releases, to the unit.
        year, shared = source.calendar.year, _shared(spans, scopes)
        still_open = {month for month in shared if year(month) not in new.closed}
        for month in sorted(still_open):
            before = months.shift(month, -1)
            pairs = [(_count(new, key, before), _count(new, key, month)) for key in members]
            if before in still_open and turned(agreed, pairs):
                yield (
                    f"{total} by {dimension}: more than {agreed.turned_share:.0%} of the "
                    f"{source.measure.noun} changed member from one month to the next, in {month}"
                )


# ---------------------------------------------------------------- against one neighbour


def _against(source: Source, new: Snapshot, old: Snapshot, parts_only: bool) -> Iterator[str]:
    """Yield where a release is at odds with another.

    parts_only : whether totals are left out, and what they say of the releases' order.
    """
    same = _layout(source, new) == _layout(source, old)
    differences, name = _differences(new, old), old.release.file_name
    # Twins state the same month: what they share must be the same to the unit, open year or not.
    if not parts_only and _twins(source, new, old):
        through = [snapshot.release.data_through for snapshot in (new, old)]
        unlike = [f"data through {' and '.join(through)}"] if len(set(through)) > 1 else []
        unlike += _row_problems(new, old, new.rows.keys() & old.rows.keys()) if same else []
        # The sibling may be fresher in its own dimensions; the totals are of the same data.
        unlike += _described([d for d in differences if same or d[0].headline])
        yield from (f"named like {name} but content differs: {problem}" for problem in unlike)
        if same:
            return
        parts_only = True
    elif not parts_only:
        yield from _out_of_order(new, old)
        # Lines are counted in closed years alone: an open year gains some each month.
        if same:
            yield from _row_problems(new, old, new.closed & old.closed)
    yield from _changed(source, new, old, differences, parts_only)


def _out_of_order(new: Snapshot, old: Snapshot) -> Iterator[str]:
    """Yield where a later release does not reach as far as an earlier one."""
    earlier, later = sorted((new, old), key=lambda s: (s.release.seq, s is new))
    shared = {c.scope for c in new.coverage} & {c.scope for c in old.coverage}
    if shared and later.release.data_through < earlier.release.data_through:
        yield (
            f"{later.release.file_name} ends in {later.release.data_through}, but the earlier "
            f"{earlier.release.file_name} reaches {earlier.release.data_through}"
        )


def _changed(
    source: Source,
    new: Snapshot,
    old: Snapshot,
    differences: Sequence[Difference],
    parts_only: bool,
) -> Iterator[str]:
    """Yield what changed in years closed in both, and what too much in others."""
    agreed, name, closed = source.agreement, old.release.file_name, new.closed & old.closed
    moving = [d for d in differences if source.calendar.year(d.month) not in closed]
    settled = [d for d in differences if source.calendar.year(d.month) in closed]
    changed = _described([d for d in settled if not (parts_only and d.series.headline)])
    yield from (f"closed years differ from {name}: {problem}" for problem in changed)
    # Totals of other years move little from release to release.
    totals = [] if parts_only else [d for d in moving if d.series.headline]
    far = [d for d in totals if not near(agreed, d.new, d.old)]
    share = f"{agreed.open_share:.0%}"
    yield from (f"more than {share} from {name}: {problem}" for problem in _described(far))
    yield from _changed_hands(source, new, name, moving)


def _changed_hands(
    source: Source, new: Snapshot, name: str, moving: Sequence[Difference]
) -> Iterator[str]:
    """Yield where much of an open month is under another member than in a release of that name."""
    agreed = source.agreement
    # In an open month nearly all counts stay with the same member of each dimension. What a member
    # gains another has lost: only what changed hands is counted, not growth.
    places: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for key, month, now, before in moving:
        places[key.total, key.dimension, month][now > before] += abs(now - before)
    for (total, dimension, month), gone_and_come in sorted(places.items()):
        count, moved = _count(new, SeriesKey(total), month), min(gone_and_come)
        if dimension and moved > max(agreed.moved_share * count, agreed.slack):
            yield (
                f"{total} by {dimension} in {month}: {moved:,} of {count:,} "
                f"{source.measure.noun} are under another member than in {name}"
            )


def near(agreed: Agreement, new: int, old: int) -> bool:
    """Return whether a count of an open month is as near to an earlier one as any release's."""
    return abs(new - old) <= max(agreed.open_share * max(new, old), agreed.slack)


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
    layouts = {_layout(source, new), _layout(source, old)}
    if layouts == set(source.publisher.siblings):
        return new.release.seq // 100 == old.release.seq // 100
    return new.release.seq == old.release.seq and len(layouts) == 1


def _row_problems(new: Snapshot, old: Snapshot, years: Iterable[int]) -> Iterator[str]:
    for year in sorted(years):
        here, there = new.rows.get(year), old.rows.get(year)
        if here is not None and there is not None and here != there:
            yield f"fiscal year {year}: {here:,} rows, {there:,} in {old.release.file_name}"


# ---------------------------------------------------------------- shared


def _differences(new: Snapshot, old: Snapshot) -> list[Difference]:
    """Return where two releases disagree, in months that both state."""
    # A month outside of either span is not stated there, and is no 0.
    here, there = _spans(new), _spans(old)
    stated = (
        Difference(key, month, _count(new, key, month), _count(old, key, month))
        for key in sorted(set(new.counts) | set(old.counts))
        for month in sorted(here[key.scope] & there[key.scope])
    )
    return [difference for difference in stated if difference.new != difference.old]


def _described(differences: Sequence[Difference]) -> Iterator[str]:
    """Say it in one sentence per dimension, totals first."""
    # Totals first, as "" sorts before any dimension.
    ordered = sorted(differences, key=lambda d: (d.series.dimension, d.month, d.series))
    for _, group in groupby(ordered, key=lambda d: d.series.dimension):
        yield _some([f"{key} in {month} {now:,}, was {was:,}" for key, month, now, was in group])


def _some(items: Sequence[str]) -> str:
    more = f" (and {len(items) - 3} more)" if len(items) > 3 else ""
    return "; ".join(items[:3]) + more


def _spans(snapshot: Snapshot) -> defaultdict[Scope, set[str]]:
    """Return the months that a release states of each scope; none of one it does not speak of."""
    spans: defaultdict[Scope, set[str]] = defaultdict(set)
    for scope, first, last in snapshot.coverage:
        spans[scope].update(months.between(first, last))
    return spans


def _dimensions(
    new: Snapshot, spans: defaultdict[Scope, set[str]]
) -> Iterator[tuple[str, str, list[Scope], list[SeriesKey]]]:
    """Yield each total's dimensions, their scopes and their members."""
    scopes = sorted(scope for scope in spans if scope.dimension)
    for place, group in groupby(scopes, key=lambda scope: scope[:2]):
        yield *place, list(group), [key for key in new.counts if key[:2] == place]


def _shared(spans: defaultdict[Scope, set[str]], scopes: Sequence[Scope]) -> set[str]:
    """Return the months all these scopes cover."""
    return set.intersection(*(spans[scope] for scope in scopes))


def _count(snapshot: Snapshot, key: SeriesKey, month: str) -> int:
    return snapshot.counts.get(key, {}).get(month, 0)
