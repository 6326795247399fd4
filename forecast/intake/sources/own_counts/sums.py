"""What own counts add up to: parts to their series, series to the total; unknown stays unknown.

A file may state only some of what a sum is made of, one clinic's restated month, say. The rest is
what the record has, so that a sum never stands beside parts that it is not the sum of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from forecast import headlines
from forecast.config import CountsSection
from forecast.errors import DataError
from forecast.intake.sources.contract import SummedRelease, coverage_of
from forecast.records import Counts, SeriesKey, Snapshot

PART = "part"  # the one dimension of own counts; the settings have people's word for it
_NAMED = 3  # months in a sentence


def with_sums(section: CountsSection, snapshot: Snapshot, held: Counts) -> SummedRelease:
    """A release with the sums that follow from it and from the record, in months that it states.

    A series that the file states itself is left as it is. Elsewhere a series is the sum of its
    parts in months in which each that has begun is known, and the total that of its series.

    Parameters
    ----------
    held : what the record has now of every series.

    Raises
    ------
    DataError : a series of which no month can be known.
    """
    stated = dict(snapshot.counts)
    known = {key: {**held.get(key, {}), **stated.get(key, {})} for key in {**held, **stated}}
    said: list[str] = []
    for series in dict.fromkeys(key.border for key in stated if key.dimension == PART):
        key = SeriesKey(series)
        found = _sum_of_parts(section, series, stated, known, said)
        said += _begun_later(section, series, held, known) if found else ()
        if found:
            stated[key] = {**found, **stated.get(key, {})}
            known[key] = {**known.get(key, {}), **found}
        if key not in known:
            raise DataError(
                f"{snapshot.release.file_name}: {series}: no month is known for each of its "
                f"{section.parts}; nothing to add up. Give a count, or 0, for each"
            )
    total = _total(section, stated, known)
    counts = {**stated, SeriesKey(section.total): total} if total else stated
    nested = {key.border for key in stated if key.dimension == PART}
    beside = {key: known[key] for key in held if key.dimension == PART and key.border in nested}
    return SummedRelease(_stating(snapshot, counts), _stating(snapshot, counts | beside), said)


def _stating(snapshot: Snapshot, counts: Counts) -> Snapshot:
    """A release that states just these counts."""
    spans = tuple(span for key, some in counts.items() for span in coverage_of(key.scope, some))
    return replace(snapshot, counts=counts, coverage=spans)


def _sum_of_parts(
    section: CountsSection, series: str, stated: Counts, known: Counts, said: list[str]
) -> dict[str, int]:
    """A series' months that the file does not state itself, where it states some part of them."""
    parts = [key for key in known if key[:2] == (series, PART)]
    began = {key: min(known[key]) for key in parts}
    own = stated.get(SeriesKey(series), {})
    months = {month for key in parts for month in stated.get(key, {})} - own.keys()
    found, lacking = {}, {}
    for month in sorted(months):
        missing = [key for key in parts if began[key] <= month and month not in known[key]]
        if missing:
            lacking[month] = missing[0].member
        else:
            found[month] = sum(known[key].get(month, 0) for key in parts)
    if lacking:
        shown = [f"{month} ({part})" for month, part in list(lacking.items())[:_NAMED]]
        said.append(
            f"{series} is not known where one of its {section.parts} is not: "
            f"{_some(shown, lacking)}"
        )
    return found


def _begun_later(section: CountsSection, series: str, held: Counts, known: Counts) -> Iterator[str]:
    """Which parts are new to the record, and are in the sum only from some month on."""
    parts = [key for key in known if key[:2] == (series, PART)]
    first = min(min(known[key]) for key in parts)
    late = [key for key in parts if key not in held and min(known[key]) > first]
    if late:
        shown = [f"{key.member} from {min(known[key])}" for key in late[:_NAMED]]
        yield f"{series} is added up with {_some(shown, late)}, its first month"


def _some(shown: Sequence[str], of: Sequence[object] | Mapping[str, object]) -> str:
    more = f" and {len(of) - _NAMED} more" if len(of) > _NAMED else ""
    return ", ".join(shown) + more


def _total(section: CountsSection, stated: Counts, known: Counts) -> dict[str, int]:
    """The total's months, where the settings name one that the file does not have.

    Only of months in which every series that is known has a count: what is missing is not 0.
    """
    key = SeriesKey(section.total)
    if not section.total or key in stated:
        return {}
    series = {one.border for one in stated if one.headline} | set(headlines.parts())
    columns: list[Mapping[str, int]] = [known.get(SeriesKey(name), {}) for name in sorted(series)]
    shared = set.intersection(*(set(column) for column in columns)) if columns else set()
    fresh = {month for one in stated if one.headline for month in stated[one]}
    return {month: sum(column[month] for column in columns) for month in sorted(shared & fresh)}
