"""Opening the database: one writer at a time, any number of readers.

The writing connection lives inside the write lock, so that never two connections write or
checkpoint at once (SQLite's WAL-reset bug, 3.7.0 - 3.51.2, needs two). A run is committed into the
log beside the file; when the writing connection closes, the log goes into the file, but only as far
as no reader still looks at what stood before: `held_up_by` names who does. `meaning` says SQLite's
and the system's own errors in words.
"""

import errno
import fcntl
import math
import os
import shutil
import sqlite3
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from itertools import chain
from pathlib import Path
from sqlite3 import Connection
from typing import Any, Literal
from urllib.parse import quote

from forecast import files
from forecast.errors import BusyError, ConfigError, StoreError
from forecast.store import schema as schemas
from forecast.store.queries import sql, version
from forecast.store.schema import SCHEMA, apply, migrations, renew_views

LOCK_WAIT = 30.0
OLDEST_READ = 3  # schema, from which on releases have the columns to be read back
OWNER_ONLY = 0o600
_PRAGMAS = (
    "journal_mode = wal",
    "synchronous = full",
    "foreign_keys = on",
    "busy_timeout = 10000",
    "journal_size_limit = 16777216",
    "trusted_schema = off",
    "cell_size_check = on",
    "recursive_triggers = on",  # a row that is replaced fires what refuses that it is deleted
)
# Bytes of the log's index that SQLite locks while a connection reads at a mark (wal.c).
_READ_MARKS = range(123, 128)
_LOCKS = Path("/proc/locks")

FULL = "the disk is full; nothing was half done. Make room, then run it again"
NO_ROOM = files.NO_ROOM
DAMAGED = "the database is damaged ({}); restore a backup: `bordercast restore`"
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT)
_SYSTEM = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EACCES: "may not be read or written by this user; see `bordercast doctor`",
    errno.EPERM: "may not be read or written by this user; see `bordercast doctor`",
    errno.EROFS: "is on a disk that cannot be written",
    errno.EIO: "the disk does not answer; look at the system's log",
}
_SQLITE = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: "the disk does not answer, or is full; make room, then run it again",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; is the disk full, or may this user not read it?",
    sqlite3.SQLITE_READONLY: "may not be written by this user; see `bordercast doctor`",
    sqlite3.SQLITE_PERM: "may not be read or written by this user; see `bordercast doctor`",
    sqlite3.SQLITE_BUSY: "another process has kept it locked for long; see which one has it open",
    sqlite3.SQLITE_LOCKED: "another process has kept it locked for long; see which one has it open",
    sqlite3.SQLITE_NOMEM: "there is not enough memory",
}


def place(path: Path) -> Path:
    """Where a database really is, so that its locks are the same by whatever name it is called.

    A path without symbolic links stays as it was typed, for the messages. ConfigError if the links
    lead in a circle.
    """
    try:
        real = path.resolve()
        return path if path.absolute() == real else real
    except (OSError, RuntimeError) as error:
        raise ConfigError(str(path), "--db", f"cannot be found: {error}") from None


def read(path: Path, schema: str = SCHEMA) -> sqlite3.Connection:
    """A read-only connection, with the views of this program.

    ConfigError if there is none, or a newer one; OperationalError if its schema is damaged.
    """
    if not path.exists():
        raise ConfigError(str(path), "--db", "no such database; `bordercast run` creates one")
    connection = _reading(path)
    try:
        with _damage_in_words():
            _refuse_newer(connection, path, schema)
            if schema == SCHEMA:
                lend_views(connection)
    except BaseException:
        connection.close()
        raise
    connection.row_factory = sqlite3.Row
    # A checkpoint of the writer can hold a reader up for a moment.
    connection.execute("pragma busy_timeout = 10000")
    connection.execute("pragma cell_size_check = on")
    return connection


@contextmanager
def _damage_in_words() -> Iterator[None]:
    """Raise OperationalError where a schema is damaged: SQLite quotes what is no text any more."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise sqlite3.OperationalError(error.object.decode(errors="replace")) from None


def _reading(path: Path) -> sqlite3.Connection:
    """A connection that only reads, also where no file can be made beside the database."""
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
    log = path.with_name(f"{path.name}-wal")
    try:
        connection.execute("pragma user_version").fetchone()
    except sqlite3.OperationalError as error:
        # A log is looked at by an index beside it. Without a log the file is all there is.
        stopped = _code(error) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
        if not stopped or (log.exists() and log.stat().st_size):
            return connection  # whoever reads of it is told
        connection.close()
        connection = sqlite3.connect(f"file:{quote(str(path))}?immutable=1", uri=True)
    except sqlite3.DatabaseError:
        pass  # so is it here
    return connection


def lend_views(connection: Connection) -> None:
    """Let a connection see this program's views where the record has those of another.

    A record of an earlier schema stays as it is: the views may name what it lacks.
    """
    if version(connection) == len(migrations()) and not schemas.has_views(connection):
        schemas.lend_views(connection)


@contextmanager
def moment(path: Path, *, earlier: bool = False) -> Iterator[sqlite3.Connection]:
    """The database as it stands at one moment, whatever is published meanwhile.

    earlier : one of an earlier schema is read too. ConfigError if there is none, or it is newer, or
    older and was not brought up to date yet.
    """
    with closing(read(path)) as connection:
        stands, known = version(connection), len(migrations())
        if stands < (OLDEST_READ if earlier else known):
            raise ConfigError(
                str(path),
                "--db",
                f"written by an older bordercast (schema {stands}, this one reads {known}); "
                "`bordercast run` brings it up to date",
            )
        connection.execute("begin")
        yield connection


def insert_few(db: Connection, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a few rows of the same columns, of any kinds of value."""
    from sqlite_utils import Database  # late: it loads pandas, and most commands write nothing

    Database(db, execute_plugins=False).table(table).insert_all(map(dict, rows))


def insert(db: Connection, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows of the same columns, as SQLite takes them: sqlite-utils looks at each value."""
    insert_or("abort", db, table, rows)


def insert_one(db: Connection, table: str, row: Mapping[str, Any], known: str = "") -> int:
    """Write a row and return its id; known : what is done where it is there already."""
    columns, values = ", ".join(row), ", ".join(f":{column}" for column in row)
    query = f"insert into {table} ({columns}) values ({values}) {known} returning id"
    return int(db.execute(query, row).fetchone()[0])


def insert_or(
    known: Literal["abort", "ignore", "replace"],
    db: Connection,
    table: str,
    rows: Iterable[Mapping[str, Any]],
) -> int:
    """Write rows of which some may be known: ignore or replace these; returns how many were new."""
    # sqlite-utils asks for the rowid of one that was ignored, which a table without rowids has not.
    left = iter(rows)
    first = next(left, None)
    if first is None:
        return 0
    values = ", ".join(f":{column}" for column in first)
    query = f"insert or {known} into {table} ({', '.join(first)}) values ({values})"
    return int(db.executemany(query, chain([first], left)).rowcount)


@contextmanager
def writing(path: Path, wait: float = LOCK_WAIT, schema: str = SCHEMA) -> Iterator[Connection]:
    """The one writing connection, migrated, for as long as the write lock is held.

    path : the database; made if absent.
    wait : seconds to wait for the lock before BusyError names its holder.
    schema : the folder of migrations that make this database.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path.with_name(path.name + ".lock"), wait):
        # Whole or not at all: nobody could read an empty one that a full disk left.
        if not path.exists():
            mode = OWNER_ONLY if schema != SCHEMA else None
            with files.replacing(path, mode, alone=True) as draft:
                draft.write_bytes(schemas.empty(schema))
        # An ops.db that nobody but its owner may read, whatever the umask; its log follows it. By
        # name, never by opening it: closing an open live database would drop SQLite's locks.
        for end in ("", "-wal", "-shm") if schema != SCHEMA else ():
            file = path.with_name(path.name + end)
            # A log that another process just removed; a file of another user, who sets its mode.
            with suppress(FileNotFoundError, PermissionError):
                if stat.S_IMODE(file.stat().st_mode) != OWNER_ONLY:
                    file.chmod(OWNER_ONLY)
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            # Each time: all but journal_mode are of the connection, not of the file.
            with _damage_in_words():
                for pragma in _PRAGMAS:
                    connection.execute(f"pragma {pragma}")
                migrate(connection, path, schema)
            yield connection
        finally:
            connection.close()


@contextmanager
def transaction(db: Connection) -> Iterator[None]:
    """All or nothing; takes the write lock of SQLite at once, not at the first write."""
    db.execute("begin immediate")
    try:
        yield
    except BaseException:
        # A failing statement (disk full) can have ended the transaction already.
        if db.in_transaction:
            db.execute("rollback")
        raise
    db.execute("commit")


def write(db: Connection, name: str, values: Any = (), **parts: object) -> int:
    """Run a named statement in a transaction of its own; returns how many rows it changed."""
    # What must be written in one piece belongs into a transaction of its caller.
    with transaction(db):
        return int(db.execute(sql(name, **parts), values).rowcount)


def migrate(connection: sqlite3.Connection, path: Path, schema: str = SCHEMA) -> None:
    """Bring the schema to this program's version, by one a step, and its views."""
    _refuse_newer(connection, path, schema)
    # A table may be made anew while others refer to it.
    connection.execute("pragma foreign_keys = off")
    apply(connection, len(migrations(schema)), schema)
    connection.execute("pragma foreign_keys = on")
    if schema == SCHEMA:
        renew_views(connection)


def _refuse_newer(connection: sqlite3.Connection, path: Path, schema: str) -> None:
    try:
        stands = version(connection)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):  # a full disk, say, on which a reader can make no index
            raise
        raise ConfigError(str(path), "--db", f"not a bordercast database ({error})") from error
    known = len(migrations(schema))
    if stands > known:
        raise ConfigError(
            str(path),
            "--db",
            f"written by a newer bordercast (schema {stands}, this one knows {known}); "
            "upgrade this program, or restore the backup made before the upgrade",
        )


@contextmanager
def locked(path: Path, wait: float) -> Iterator[None]:
    """Hold a lock file, with our process id in it; BusyError names the holder after `wait` s.

    A link in its place is not followed: what it leads to would be emptied.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        problem = "is a symbolic link where the lock file should be; remove it"
        raise StoreError(str(path), problem) from None
    # flock has no timeout; asking ten times a second is cheap and ends when it should.
    deadline = time.monotonic() + wait
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    holder = os.pread(handle, 32, 0).decode(errors="replace").strip() or "?"
                    raise BusyError(f"the lock {path.name}", f"process {holder}") from None
                time.sleep(0.1)
        # Only now: until it is held, the id in it is that of whoever holds it.
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def held_up_by(path: Path, locks: Path = _LOCKS) -> list[int] | None:
    """Return the processes that keep the last run out of the database file, None if it is in it.

    Empty where the system does not tell who reads. To be asked while nobody writes.
    """
    log, index = (path.with_name(path.name + suffix) for suffix in ("-wal", "-shm"))
    if not log.exists() or not log.stat().st_size:
        return None
    last, in_file = "select coalesce(max(id), 0) from runs", True
    with closing(read(path)) as connection:
        known = tuple(connection.execute(last).fetchone())
    alone = f"file:{quote(str(path))}?mode=ro&immutable=1"
    # The file without its log; it is being changed if it cannot be read: it can be asked again.
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(alone, uri=True)) as file:
        in_file = file.execute(last).fetchone() == known
    if in_file:
        return None
    if not locks.exists():
        return []
    readers = _readers(index, locks) if index.exists() else set()
    return sorted(readers - {os.getpid()}) or None


def _readers(index: Path, locks: Path) -> set[int]:
    """Return the processes that hold a read mark of a log's index, as Linux lists locks."""
    inode = f":{index.stat().st_ino}"
    lines = [line.split() for line in locks.read_text(encoding="ascii").splitlines()]
    return {
        int(pid)
        for _, kind, _, _, pid, file_id, first, *_ in (x for x in lines if "->" not in x)
        if kind == "POSIX" and file_id.endswith(inode) and int(first) in _READ_MARKS
    }


# ---------------------------------------------------------------- errors in words


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary result code; extended ones keep it in their low byte."""
    # It is Python that cannot read a text in which a bit flipped, and that has no code for it.
    unread = type(error) is sqlite3.OperationalError
    without = sqlite3.SQLITE_CORRUPT if unread else sqlite3.SQLITE_ERROR
    return getattr(error, "sqlite_errorcode", without) & 0xFF


def is_damage(error: sqlite3.Error) -> bool:
    """Whether what is stored is at fault, not the program, the disk or another process."""
    return isinstance(error, sqlite3.DatabaseError) and _code(error) in _DAMAGE


def is_fault(error: Exception) -> bool:
    """Whether a statement did not fit the tables: this program's fault, unless they were edited."""
    return isinstance(error, sqlite3.DatabaseError) and _code(error) not in {*_DAMAGE, *_SQLITE}


def meaning(path: Path, error: sqlite3.Error | OSError) -> StoreError | None:
    """Return an error with words for a person; None if it is a fault of this program.

    path : the database at work on.
    """
    if isinstance(error, OSError):
        if error.errno in NO_ROOM and not error.filename:
            return _full(path)
        problem = _SYSTEM.get(error.errno or 0)
        return StoreError(str(error.filename or path), problem) if problem else None
    if _code(error) == sqlite3.SQLITE_FULL:
        return _full(path)
    if is_damage(error):
        return StoreError(str(path), DAMAGED.format(error))
    problem = _SQLITE.get(_code(error))
    return StoreError(str(path), problem) if problem else None


def _full(path: Path) -> StoreError:
    """Say which place is full, and what to do.

    SQLite and the system do not say. A large sort is done in the temporary folder, which may lie on
    another disk: the one with less room is meant.
    """
    named = (os.environ.get(name, "") for name in ("SQLITE_TMPDIR", "TMPDIR"))
    usual = ("/var/tmp", "/usr/tmp", "/tmp")  # noqa: S108 - only how much room they have
    folders = (f for f in (*named, *usual) if f and os.access(f, os.W_OK | os.X_OK))
    scratch = Path(next(folders, "."))
    room = {path.parent: math.inf, scratch: math.inf}
    for folder in room:
        with suppress(OSError):
            room[folder] = shutil.disk_usage(folder).free
    if room[path.parent] <= room[scratch]:
        return StoreError(str(path), FULL)
    return StoreError(str(scratch), f"{FULL}, or set TMPDIR to a folder on another disk")
