"""A source's counts in words: with their unit, at ports and between ports, a small series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from forecast.words import about, month_words, slug

if TYPE_CHECKING:
    from forecast.sources.source import Source
    from forecast.types import SeriesKey


class Split(NamedTuple):
    """What a half is made of, as its publisher states it: at entry, and arrests in the interior."""

    entry: int
    inside: int

    @property
    def share(self) -> float:
        """Return which share of it was inside, 0..1."""
        return self.inside / (self.entry + self.inside) if self.inside else 0.0

    @property
    def mostly_inside(self) -> bool:
        """Whether more than half of it was inside: then the whole is no crossing."""
        return self.inside > self.entry


class Halves(NamedTuple):
    """A count at ports of entry and between them.

    unit : both are known to so much, 1 or 10. split : of the second, None where not on record.
    """

    at: int
    between: int
    unit: int = 1
    split: Split | None = None

    @property
    def words(self) -> tuple[str, str]:
        """Say both numbers, with "about" where they are no more than that."""
        return about(self.at, self.unit), about(self.between, self.unit)


def summed(known: Sequence[Halves]) -> Halves:
    """Return the halves of several months together; their split where each month has its own."""
    # A split of some months would be read as one of all.
    splits = [month.split for month in known if month.split]
    whole = len(splits) == len(known)
    return Halves(
        sum(month.at for month in known),
        sum(month.between for month in known),
        max(month.unit for month in known),
        Split(sum(s.entry for s in splits), sum(s.inside for s in splits)) if whole else None,
    )


def split_words(split: Split, total: int, source: Source) -> str:
    """Say 95 at entry, 468 in the interior (83%); total : of both, as stated beside them."""
    aside = source.hierarchy.aside
    if aside is None:
        return ""
    both = split.entry + split.inside
    # The publisher's own slip is said, not mended: the numbers are quoted.
    odd = f"; {source.publisher.short}'s own two parts add up to {both:,}" if both != total else ""
    return (
        f"{split.entry:,} {aside.rest_where}, {split.inside:,} {aside.named_where} "
        f"({100 * split.share:.0f}%{odd})"
    )


def second_words(known: Halves, source: Source, *, short: bool = False) -> str:
    """Return the second half behind its number, the one sentence about what it is made of.

    short : names who counted it, where no split does.
    """
    both = source.hierarchy.both_halves
    if both is None:
        return ""
    patrol, (_, count) = both[1], known.words
    if known.split:
        return f"{count} by {patrol.short}: {split_words(known.split, known.between, source)}"
    return f"{count} {patrol.where}{f' ({patrol.short})' if short else ''}"


def halves_words(
    known: Halves | None, source: Source, joined: str = ", ", *, short: bool = False
) -> str:
    """Say 3,361 at ports of entry, 8,349 between ports; "" where that is not known."""
    both = source.hierarchy.both_halves
    if known is None or both is None:
        return ""
    ports = f"{known.words[0]} {both[0].where}{f' ({both[0].short})' if short else ''}"
    return joined.join((ports, second_words(known, source, short=short)))


def halves_sentence(known: Halves, source: Source) -> str:
    """Say how much of a count came at ports and how much between; "" where it has no halves."""
    both = source.hierarchy.both_halves
    if both is None:
        return ""
    # Two rounded halves may miss their whole; a reader will add them.
    why = "" if known.unit == 1 else f"; their source rounds to {known.unit}"
    at = f"{known.words[0]} were {both[0].where} ({both[0].short})"
    return f"Of these, {at} and {second_words(known, source, short=True)}{why}."


def crossings_sentence(known: Halves | None, source: Source) -> str:
    """Say which of the two may be called illegal crossings; "" where neither is taken for them."""
    both, aside = source.hierarchy.both_halves, source.hierarchy.aside
    if both is None or not both[0].misread:
        return ""
    # What came to a port of entry did not cross between ports.
    called, patrol = both[0].misread, both[1].short
    if known is None:
        return f"Do not call the whole number {called}."
    if known.split is None or aside is None:
        beside = f"; how much of it were {aside.words} is not on record" if aside else ""
        return f"Only the number {both[1].where} may be called {called}{beside}."
    if known.split.mostly_inside:
        return f"Only the {known.split.entry:,} {aside.rest_where} may be called {called}."
    share = f"{100 * known.split.share:.0f}% of it were {aside.words}"
    return f"Only {patrol}'s number may be called {called}, and {share}."


def total_place(total: str, source: Source) -> str:
    """Return the folder of a total's page in the site."""
    return f"{source.totals.folder}/{slug(total)}/"


def series_place(key: SeriesKey, source: Source) -> str:
    """Return the folder of a series' page in the site."""
    if key.headline:
        return total_place(key.total, source)
    return "series/{}/{}/{}/".format(*map(slug, key[:3]))


def in_keys(value: Any, source: Source) -> Any:
    """Return what a program is told, under the keys that files of the source in use have."""
    if isinstance(value, dict):
        named = {str(key): item for key, item in value.items()}
        words = source.hierarchy.called
        if not source.shipped and named.get("dimension") in words:
            named["dimension"] = words[named["dimension"]]
        return {
            source.column(key) or key.replace("fiscal_", ""): in_keys(item, source)
            for key, item in named.items()
            if source.column(key) or item not in (None, "", [], {})  # of parts, which are none
        }
    return [in_keys(entry, source) for entry in value] if isinstance(value, list | tuple) else value


def with_unit(count: int, source: Source) -> str:
    """Return a count with its unit, where that does not go without saying: 682 pounds; 1 pound."""
    unit = source.measure.beside
    return f"{count:,} {unit.removesuffix('s') if count == 1 else unit}".rstrip()


def small_words(by_month: Mapping[str, int], source: Source) -> str:
    """Say that a series is small, by its last 12 months; "" where it is not.

    by_month : its counts, the newest month last.
    """
    # Of a dozen a year one more is 8%, and no forecast means much.
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
