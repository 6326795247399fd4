"""What arrives, whichever way it came, and what became of it.

An origin is a function that yields arrivals; `ingest.ORIGINS` lists them. A new one is a function
and its name there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from forecast.sources import catalog
from forecast.sources.source import Source


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of one file; reason is why it was refused, release_id None if it cannot be read.

    data_through : last month of the file, "" if it was refused. warning : what a person should
    know of an accepted one, "" if nothing. notes : how a table of anybody's was understood.
    """

    file_name: str
    outcome: Literal["accepted", "already on record", "refused"]
    release_id: int | None
    data_through: str
    reason: str = ""
    warning: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that arrived.

    name : under which it is kept and shown.
    content : reads its bytes; DataError if they cannot be had, or are not to be.
    first_seen : "YYYY-MM-DD", "" where nobody knows.
    origin : "cli", "inbox", "folder", "publisher" or another.
    address : that it was downloaded from, "" for none.
    seq : its place among others that wait, where its name does not tell.
    settle : clears the place where it waited; why it stays there, "" if it does not.
    """

    name: str
    content: Callable[[], bytes]
    first_seen: str
    origin: str
    address: str = ""
    seq: int = 0
    settle: Callable[[IngestResult], str] = lambda result: ""

    @property
    def of_operator(self) -> bool:
        """Whether the operator named it: then a line of its text may be said."""
        return self.origin in ("cli", "folder")

    def place(self, source: Source) -> int:
        """Its place among releases, an older one's before it."""
        name = catalog.parse_name(self.name, source)
        return name.seq if name else self.seq
