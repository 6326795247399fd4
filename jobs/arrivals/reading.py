"""A file -> what it says, read in a process of its own that may die of it.

What strangers sent may make a reader take all the memory, never end, or break down in native code,
and so may a file that the operator named without looking into it. Then the file is refused like one
that does not read, and the service goes on.
"""

import io
import pickle
import sys
from collections.abc import Sequence
from typing import Any

from forecast import child, months
from forecast.config import CountsSection, source_section
from forecast.errors import DataError, QuarantineError
from forecast.labels import Joins
from forecast.sources.source import ReadRelease, ReleaseFile, Source

LIMITS = child.ChildLimits(seconds=300, memory=2_000_000_000, answer=500_000_000)
# All that an answer may be made of: nothing else is made, whatever the child was made to write.
_PARTS = {
    "forecast.sources.source": ("ReadRelease",),
    "forecast.types": ("Coverage", "Release", "Scope", "SeriesKey", "Snapshot"),
    "builtins": ("frozenset", "set"),
}


class UnreadError(DataError):
    """A file that a child could not read. kept : see `DataError.kept`."""

    def __init__(self, text: str, columns: tuple[str, ...]) -> None:
        self._kept = columns
        super().__init__(text)

    @property
    def kept(self) -> tuple[str, ...]:
        """The reasons without any content of the file."""
        return self._kept


def apart(
    file: ReleaseFile,
    section: dict[str, Any] | None,
    totals: Sequence[str],
    joins: Joins,
    dimensions: Sequence[str],
) -> ReadRelease:
    """Read a file in a process of its own; DataError if it does not read, or the process died.

    section : the words of its source, None where records begin without. totals : its parts so far.
    """
    try:
        read, problem = _asked("read", file, section, totals, joins, dimensions)
    except (child.ChildError, OSError) as error:
        raise DataError(f"{file.name}: what reads it {error}") from error
    if problem:
        text, problems = problem
        raise UnreadError(text, problems) if text else QuarantineError(file.name, problems)
    return read  # type: ignore[no-any-return]


def last_months(section: CountsSection, files: Sequence[ReleaseFile]) -> list[int]:
    """Return the last month of each delivery as a number, 0 of one that does not read.

    In one process for all: only where one kills it, each is looked at alone.
    """
    if not files:
        return []
    try:
        return list(_asked("last months", section, files))
    except (child.ChildError, OSError):
        return [0] if not files[1:] else [last_months(section, [file])[0] for file in files]


def here(file: ReleaseFile, source: Source, joins: Joins, dimensions: Sequence[str]) -> ReadRelease:
    """Read a file in this process; DataError also where the reader itself fails."""
    from forecast.sources import catalog

    try:
        return catalog.source_of(file.name, source).read(file, joins, dimensions)
    except DataError:
        raise
    except Exception as error:  # it is one file's fault
        problem = f"the file reader failed on it ({type(error).__name__}); report it"
        raise DataError(f"{file.name}: {problem}") from error


def _asked(task: str, *given: Any) -> Any:
    """What a child says to a task, made of counts and releases alone."""
    answer = child.once(__name__, pickle.dumps((task, given)), LIMITS)
    return _ChildAnswer(io.BytesIO(answer)).load()


class _ChildAnswer(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return the type so named, if an answer may have it."""
        if name not in _PARTS.get(module, ()):
            raise pickle.UnpicklingError(f"{module}.{name} is no part of an answer")
        return super().find_class(module, name)


def answer(question: bytes) -> bytes:
    """In the child: do a task."""
    task, given = pickle.loads(question)  # noqa: S301 - our parent's
    if task == "read":
        return pickle.dumps(_read(*given))
    from forecast.sources.own.reader import data_through

    section, files = given
    last = []
    for file in files:
        try:
            last.append(months.to_index(data_through(section, file)))
        except Exception:  # whatever it is: such a file is refused first, in words
            last.append(0)
    return pickle.dumps(last)


def _read(
    file: ReleaseFile,
    section: dict[str, Any] | None,
    totals: Sequence[str],
    joins: Joins,
    dimensions: Sequence[str],
) -> Any:
    from forecast.context import source_by_section

    source = source_by_section(source_section(section) if section else None, totals)
    try:
        read = here(file, source, joins, dimensions)
    except DataError as error:
        return None, ("" if isinstance(error, QuarantineError) else str(error), error.kept)
    return read._replace(sums=dict(read.sums), unknown=dict(read.unknown)), None


if __name__ == "__main__":
    # Under its own name: what is unpickled is of that module.
    from jobs.arrivals import reading

    child.serve_once(reading.answer, sys.argv[1])
