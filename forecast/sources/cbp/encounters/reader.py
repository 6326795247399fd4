"""CBP's files of encounters, and the figures of them that come with the program.

aor      by component and area of responsibility (sector or field office)
state    by state
sbo      southwest border only; its citizenship grouping is another partition than Citizenship
"""

from collections.abc import Sequence

from forecast.errors import RowError
from forecast.sources.cbp.encounters import bundle
from forecast.sources.published import FileLine, LineReader
from forecast.types import DatedValue, KeptPath, Snapshot


class EncounterFiles(LineReader):
    """Reads them by `source.toml`."""

    def refuse(self, name: str, lines: Sequence[FileLine]) -> None:
        """Refuse months of the last year that are not said to be published so far."""
        super().refuse(name, lines)
        # A file of a closed year that was cut in its last one still reads well but for this.
        last = max(line.year for line in lines)
        for line in lines:
            if line.year == last and "Remaining" in line.marks:
                problem = f"fiscal year {last} is the last one here, so its months must be FYTD"
                raise RowError(name, line.number, "Month Grouping", "Remaining", problem)

    def embedded(self, dimensions: Sequence[str]) -> list[Snapshot]:
        """Return what was published before this service started to look."""
        return bundle.load(dimensions)

    def embedded_dated(self) -> dict[str, list[DatedValue]]:
        """Return what counts were on dated days, by the table that says so."""
        return bundle.load_dated()

    def embedded_paths(self) -> list[KeptPath]:
        """Return the refit models' paths on these figures."""
        return bundle.load_paths()


READER = EncounterFiles
