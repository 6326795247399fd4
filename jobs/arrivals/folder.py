"""Files that the operator names: own counts that somebody delivers, and arguments of a command.

Of own counts a file, or each file of a folder, is a release once. The files stay where they are and
are only read; the archive keeps what was taken in. A content that is on record or was refused is
not looked at again.
"""

from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from sqlite3 import Connection

from forecast import months
from forecast.config import CountsSection
from forecast.context import Context
from forecast.errors import ConfigError, DataError
from forecast.files import content_sha256
from forecast.sources.source import ReleaseFile
from forecast.store import releases
from jobs.arrivals import inbox, reading
from jobs.arrivals.arrival import Arrival


def delivered(db: Connection | None, context: Context, today: str) -> list[Arrival]:
    """Origin: the deliveries whose content is not known yet, by their last month, then by age."""
    new = []
    for section in context.config.sources:
        if not isinstance(section, CountsSection):
            continue
        unknown = []
        for file in files(context.path, section):
            with suppress(DataError):
                content = inbox.read_once(file)[0]
                if db is None or not releases.find_by_hash(db, content_sha256(BytesIO(content))):
                    unknown.append((file, ReleaseFile(file.name, content)))
        contents = [content for _, content in unknown]
        # One alone has no order, and need not be read for it.
        several = len(contents) > 1
        places = reading.last_months(section, contents) if several else [0] * len(contents)
        new += [(place, file) for place, (file, _) in zip(places, unknown, strict=True)]
    # Each is held against the one before, so they come in the order of their months that are over.
    over = months.to_index(months.last_over(today))
    new = [(min(place, over), file) for place, file in new]
    new.sort(key=lambda pair: (pair[0], pair[1].stat().st_mtime, pair[1].name))
    return [replace(of_operator(file, today, "folder"), seq=place) for place, file in new]


def of_operator(file: Path, first_seen: str, origin: str = "cli", address: str = "") -> Arrival:
    """Origin: a file that a person names, by a command or in the settings; it stays where it is."""
    name = inbox.file_name(file)
    return Arrival(name, lambda: inbox.read_once(file)[0], first_seen, origin, address)


def files(path: Path, section: CountsSection) -> list[Path]:
    """Return the files delivered so far; a relative path is from the database's folder.

    None of a source with an address: what is downloaded waits elsewhere. ConfigError where there
    is no such place.
    """
    if section.address or not section.path:
        return []
    if "://" in section.path:
        problem = "is a web address; write it as address = ... instead of path = ..."
        raise ConfigError("config.toml", "sources.path", problem)
    place = path.parent / section.path
    if not place.exists():
        raise ConfigError("config.toml", "sources.path", f"{place}: no such file or folder")
    if not place.is_dir():
        return [place]
    complete = [
        file
        for file in place.iterdir()
        if not file.name.startswith((".", "~$")) and not file.name.endswith((".part", ".tmp"))
    ]
    return sorted(file for file in complete if file.is_file())


def left(context: Context) -> dict[str, str]:
    """Return folders that lie among deliveries under a file's name, and why they stay there."""
    return {
        inbox.file_name(place): "is a folder; put the file itself there"
        for section in context.config.sources
        if isinstance(section, CountsSection) and section.path
        for place in (context.path.parent / section.path).glob("[!.]*.*")
        if place.is_dir()
    }
