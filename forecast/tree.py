"""What adds up to what: totals to the whole, parts to their total; by labels alone."""

from collections import defaultdict
from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass

from forecast.periods import Calendar
from forecast.types import Aside, Break, Scope, SeriesKey, Totals


@dataclass(frozen=True, slots=True)
class Tree:
    """How a source's series add up: every dimension's members to their total, totals to the whole.

    halves : labels of a total's halves. by_half : dimensions whose members are of one half each,
    and add up only when all halves are there. aside : see `Aside`, None if none.
    """

    totals: Totals
    halves: tuple[str, ...] = ()
    by_half: tuple[str, ...] = ()
    aside: Aside | None = None

    @property
    def whole(self) -> SeriesKey | None:
        """Name what all totals add up to; None if nothing."""
        return SeriesKey(self.totals.whole) if self.totals.whole else None

    def above(self, key: SeriesKey, among: Container[SeriesKey]) -> SeriesKey | None:
        """Name what a part adds up to: a half's members to the half, all else to the total.

        among : the series there are; a half that is not among them is passed over.
        """
        if key.headline:
            return self.whole if key != self.whole else None
        half = SeriesKey(key.total, "component", key.component, key.component)
        of_half = key.component and key.dimension in self.by_half and key != half
        return half if of_half and half in among else SeriesKey(key.total)

    def holders(self, key: SeriesKey) -> list[SeriesKey]:
        """List the totals that hold a series, the nearest first; not itself."""
        every = (SeriesKey(key.total), self.whole)
        return [total for total in dict.fromkeys(every) if total and total != key]

    def addends(self, keys: Container[SeriesKey], key: SeriesKey | None = None) -> list[SeriesKey]:
        """List the totals that add up to the whole; none unless all of them are there.

        key : a part of the whole, for the parts of the totals that add up to it.
        """
        whole = key or self.whole
        if whole is None or whole.total != self.totals.whole:
            return []
        parts = [whole._replace(total=total) for total in self.totals.parts]
        return parts if all(part in keys for part in parts) else []

    def totals_of(self, total: str) -> tuple[str, ...]:
        """Name the totals whose parts a total has: all of them for the whole, else itself."""
        return self.totals.parts if SeriesKey(total) == self.whole else (total,)

    def everywhere(self, places: Iterable[Scope]) -> set[str]:
        """Name the dimensions by which every total has parts: only these add up to the whole."""
        totals: dict[str, set[str]] = defaultdict(set)
        for place in places:
            totals[place.dimension].add(place.total)
        return {name for name, of in totals.items() if of >= set(self.totals.parts)}

    def parts(self, whole: SeriesKey, dimension: str, keys: Iterable[SeriesKey]) -> list[SeriesKey]:
        """List what adds up to a total by a dimension, "" for the totals of the whole.

        The whole has the parts of all totals.
        """
        if not dimension:
            there = set(keys) if whole == self.whole else set()
            return [key for key in map(SeriesKey, self.totals.parts) if key in there]
        totals = self.totals_of(whole.total)
        return [key for key in keys if key.dimension == dimension and key.total in totals]

    def groups(self, keys: Iterable[SeriesKey]) -> dict[tuple[SeriesKey, str], list[SeriesKey]]:
        """Group parts by what they add up to, and by dimension."""
        there = dict.fromkeys(keys)
        members: dict[tuple[SeriesKey, str], list[SeriesKey]] = defaultdict(list)
        for key in there:
            if not key.headline and (above := self.above(key, there)):
                members[above, key.dimension].append(key)
        return dict(members)

    def sums(self, keys: Iterable[SeriesKey]) -> dict[SeriesKey, list[SeriesKey]]:
        """List each part that no file states of the whole, and whose sum it is."""
        stored, sums = set(keys), defaultdict[SeriesKey, list[SeriesKey]](list)
        for key in sorted(stored):
            if self.whole and not key.headline and key.total in self.totals.parts:
                sums[key._replace(total=self.totals.whole)].append(key)
        # What one total alone has is named by it; of the whole it would be a second name.
        return {key: parts for key, parts in sums.items() if key not in stored and len(parts) > 1}

    def partition(self, dimension: str, components: Collection[str]) -> bool:
        """Tell whether parts of these halves make up a total by a dimension: not one half alone."""
        return dimension not in self.by_half or set(components) >= set(self.halves)

    def family(self, key: SeriesKey) -> str | None:
        """Name the parts that a part is forecast beside; None of totals and of what stands aside.

        A family is a dimension, or one half's part of it where each half publishes its own.
        """
        if key.headline or (self.aside and key.dimension == self.aside.dimension):
            return None
        return f"{key.dimension} {key.component if key.dimension in self.by_half else ''}"


@dataclass(frozen=True, slots=True)
class Traits:
    """What forecasting and judging must know of what is counted.

    breaks : dates after which series are known to have moved. calm : whether series do not break.
    jumps : whether they are known to jump and stay. one : what a total is called in errors.
    """

    tree: Tree
    calendar: Calendar
    breaks: tuple[Break, ...] = ()
    calm: bool = False
    jumps: bool = False
    one: str = "total"

    @property
    def totals(self) -> Totals:
        """What parts add up to."""
        return self.tree.totals
