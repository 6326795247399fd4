"""CBP's files of drug seizures: events or pounds, by border, drug, agency and office.

Pounds are kept in whole pounds: each drug's month of a border is rounded, and a border's total is
the sum of these, so that parts add up. Agencies and offices are rounded too; what their sum
differs by goes to the largest.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import product

from forecast import months
from forecast.described import SourceTable
from forecast.errors import QuarantineError, RowError
from forecast.sources.cbp.drug import bundle
from forecast.sources.published import FileLine, LineReader, PublishedTable
from forecast.sources.source import Source
from forecast.types import SeriesKey, Snapshot, TotalMonth

DRUG = "drug"
_AREA = "Area of Responsibility"


class DrugFiles(LineReader):
    """Reads them by `source.toml`; `counted` there is the measure, events or pounds."""

    def __init__(self, table: SourceTable) -> None:
        super().__init__(table)
        hierarchy = table.parts()
        self.kinds = dict(zip(hierarchy.components, ("Sector", "Field Office"), strict=True))
        self.places = hierarchy.field_borders
        self.regions = table.totals.parts

    def embedded(self, dimensions: Sequence[str]) -> list[Snapshot]:
        """Return what was published before this service started to look."""
        return bundle.load(self.counted)

    def refuse(self, name: str, lines: Sequence[FileLine]) -> None:
        """Refuse places that are not where they are said to be, odd years, and missing months."""
        super().refuse(name, lines)
        for line in lines:
            number, row = line.number, line.row
            if not row.field.endswith(self.kinds[row.component]):
                raise RowError(name, number, _AREA, row.field, f"none of the {row.component}'s")
            if self.places.get(row.field, "other") != row.total:
                raise RowError(name, number, "Region", row.total, f"not where {row.field} is")
        # The last year alone runs, and all its lines say so.
        last = max(line.year for line in lines)
        marks = {line.marks for line in lines if line.year == last}
        for line in lines:
            if any(line.marks) and (line.year != last or len(marks) > 1):
                raise RowError(name, line.number, "FY", str(line.year), "only some lines say FYTD")
        self._refuse_holes(name, {(line.row.total, line.row.month) for line in lines})

    def _refuse_holes(self, name: str, present: set[TotalMonth]) -> None:
        """Refuse months without a line: each border has seizures every month, so it was cut off."""
        first, through = (pick(month for _, month in present) for pick in (min, max))
        every = product(self.regions, months.between(first, through))
        empty = [place for place in every if place not in present]
        if empty or self.calendar.nth(first) > 1:
            shown = ", ".join(map(" in ".join, empty[:3])) or f"before {first}"
            raise QuarantineError(name, [f"no line for {shown}: rows are missing; fetch it again"])

    def counts(
        self, source: Source, table: PublishedTable, dimensions: Sequence[str], span: Sequence[str]
    ) -> tuple[dict[SeriesKey, Mapping[str, int]], list[str]]:
        """Return what a file says of the measure, and the dimensions that it has.

        dimensions : of component and field those to keep; drugs are always kept, unless one is
            not known. The others as in `LineReader.snapshot`.
        """
        # Drugs first: the totals are their sums, so that pages add up to the pound.
        by_drug = self.sums(table, DRUG)
        totals = {SeriesKey(total): dict.fromkeys(span, 0) for total in source.totals.every}
        whole = totals[SeriesKey(source.totals.whole)]
        for key, by_month in by_drug.items():
            for month, count in by_month.items():
                totals[SeriesKey(key.total)][month] += count
                whole[month] += count
        # A drug of a new name would be missing in the sum of those known.
        known = [DRUG] if not table.unknown else []
        counts: dict[SeriesKey, Mapping[str, int]] = {**totals, **(by_drug if known else {})}
        for dimension in ("component", "field"):
            if dimension in dimensions:
                known.append(dimension)
                counts |= _adding_up(self.sums(table, dimension, by_component=True), totals)
        return counts, known


def _adding_up(
    parts: dict[SeriesKey, dict[str, int]], totals: Mapping[SeriesKey, Mapping[str, int]]
) -> dict[SeriesKey, dict[str, int]]:
    """Return the same parts, adding up to their total's month."""
    places: dict[TotalMonth, list[SeriesKey]] = defaultdict(list)
    for key, by_month in sorted(parts.items()):
        for month in by_month:
            places[key.total, month].append(key)
    for (total, month), keys in places.items():
        # There it is the smallest share, and never turns a count negative.
        largest = max(keys, key=lambda key: parts[key][month])
        missing = totals[SeriesKey(total)][month] - sum(parts[key][month] for key in keys)
        parts[largest][month] += missing
    return parts


READER = DrugFiles
