"""CBP's files of drug seizures: events or pounds, by border, drug, agency and office.

Pounds are kept in whole pounds: each drug's month of a border is rounded, and a border's total is
the sum of these, so that parts add up. Agencies and offices are rounded too; what their sum
differs by goes to the largest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from forecast import months
from forecast.errors import QuarantineError, RowError
from forecast.sources.cbp.drug import bundle
from forecast.sources.published import CsvReader, Line, PublishedTable
from forecast.sources.source import Source
from forecast.types import Coverage, Scope, SeriesKey, Snapshot, TotalMonth

DRUG = "drug"
_AREA = "Area of Responsibility"


class DrugFiles(CsvReader):
    """Reads them by `source.toml`; `counted` there is the measure, events or pounds."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        super().__init__(table)
        self.counted: str = table["counted"]
        self.agencies = tuple(half["component"] for half in table["hierarchy"]["halves"])
        by_total = table["hierarchy"]["parents"]["field"]
        self.places = {place: total for total, places in by_total.items() for place in places}

    def embedded(self, dimensions: Sequence[str]) -> list[Snapshot]:
        """Return what was published before this service started to look."""
        return bundle.load(self.counted)

    def refuse(self, name: str, lines: Sequence[Line]) -> None:
        """Refuse places that are not where they are said to be, odd years, and missing months."""
        kinds = dict(zip(self.agencies, ("Sector", "Field Office"), strict=True))
        for number, _, row, _ in lines:
            if not row.field.endswith(kinds[row.component]):
                raise RowError(name, number, _AREA, row.field, f"none of the {row.component}'s")
            if self.places.get(row.field, "other") != row.total:
                raise RowError(name, number, "Region", row.total, f"not where {row.field} is")
        # Only the last year runs, all its lines say so, and every month before the last has lines.
        last = max(line.year.number for line in lines)
        marks = {line.year.marked for line in lines if line.year.number == last}
        for line in lines:
            if line.year.marked and (line.year.number != last or len(marks) > 1):
                year = str(line.year.number)
                raise RowError(name, line.number, "FY", year, "only some lines say FYTD")
        # Each border has seizures every month: a month without a line was cut off.
        present = {(line.row.total, line.row.month) for line in lines}
        first, through = (pick(month for _, month in present) for pick in (min, max))
        empty = [
            f"{total} in {month}"
            for total in self.columns["Region"]["values"].values()
            for month in months.between(first, through)
            if (total, month) not in present
        ]
        if empty or not first.endswith(f"-{self.begins}"):
            shown = ", ".join(empty[:3]) or f"before {first}"
            raise QuarantineError(name, [f"no line for {shown}: rows are missing; fetch it again"])

    def snapshot(
        self,
        source: Source,
        table: PublishedTable,
        dimensions: Sequence[str],
        *,
        name: str = "",
        first_seen_at: str | None = None,
        url: str = "",
    ) -> Snapshot:
        """Return what a file says of the measure.

        Parameters
        ----------
        dimensions : of component and field those to keep; drugs are always kept, unless one is
            not known. The others as in `CsvReader.snapshot`.
        """
        span = months.between(table.first_month, table.data_through)
        # Drugs first: the totals are their sums, so that pages add up to the pound.
        by_drug = self._sums(table, DRUG)
        totals = {SeriesKey(total): dict.fromkeys(span, 0) for total in source.totals.every}
        for key, by_month in by_drug.items():
            for month, count in by_month.items():
                totals[SeriesKey(key.total)][month] += count
                totals[SeriesKey(source.totals.whole)][month] += count
        whole = {(key.total, month): n for key, by in totals.items() for month, n in by.items()}
        counts: dict[SeriesKey, Mapping[str, int]] = dict(totals)
        scopes = [key.scope for key in counts]
        # A drug of a new name would be missing in the sum of those known.
        if not table.unknown:
            counts.update(by_drug)
            scopes += [Scope(total, DRUG) for total in source.totals.parts]
        wanted = [dimension for dimension in ("component", "field") if dimension in dimensions]
        for dimension in wanted:
            counts.update(_adding_up(self._sums(table, dimension), whole))
        scopes += [
            Scope(total, dimension, agency)
            for total in source.totals.parts
            for dimension in wanted
            for agency in self.agencies
        ]
        return Snapshot(
            release=table.release(name, first_seen_at, url),
            counts=counts,
            coverage=tuple(Coverage(scope, span[0], span[-1]) for scope in scopes),
            rows=table.rows,
            closed=table.closed,
        )

    def _sums(self, table: PublishedTable, dimension: str) -> dict[SeriesKey, dict[str, int]]:
        """Return series -> month -> whole count; months without a line are 0 and left out."""
        # Decimals: sums of floats depend on the order of the lines.
        exact: dict[SeriesKey, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for row in table.cells:
            component = "" if dimension == DRUG else row.component
            key = SeriesKey(row.total, dimension, getattr(row, dimension), component)
            exact[key][row.month] += Decimal(getattr(row, self.counted))
        return {
            key: {m: int(n.quantize(Decimal(1), ROUND_HALF_EVEN)) for m, n in by_month.items()}
            for key, by_month in exact.items()
        }


def _adding_up(
    parts: dict[SeriesKey, dict[str, int]], whole: Mapping[TotalMonth, int]
) -> dict[SeriesKey, dict[str, int]]:
    """Return the same parts, adding up to their total's month."""
    places: dict[TotalMonth, list[SeriesKey]] = defaultdict(list)
    for key, by_month in sorted(parts.items()):
        for month in by_month:
            places[key.total, month].append(key)
    for (total, month), keys in places.items():
        # There it is the smallest share, and never turns a count negative.
        largest = max(keys, key=lambda key: parts[key][month])
        parts[largest][month] += whole[total, month] - sum(parts[key][month] for key in keys)
    return parts


READER = DrugFiles
