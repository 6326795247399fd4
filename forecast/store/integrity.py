"""Is the record as the program wrote it? What the ledger states, compared with the tables.

This shows every change made past the program, as long as the ledger was not rewritten with it: an
entry that was added states no more than its kind may (`lawful`), and the tables and views are those
that the migrations make (`schema`). Who may write to the file can rewrite the ledger too; then a
digest that was quoted outside, in a mail say, is not in the ledger any more, and `quoted` tells
what differs. Where all of these were replaced as well, nothing here can show it.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from forecast.store import ledger, measures, schema, scheme1, sqlite_errors, witnesses
from forecast.store.digest_parts import GROUPS, PARTS
from forecast.store.lawful import Statements
from forecast.store.ledger import ROOT, EntryKey, LedgerEntry
from forecast.store.releases import counts_digest, load_snapshot

RUNS_AT_SIGHT = 12  # a year


def findings(connection: sqlite3.Connection) -> list[str]:
    """What is damaged or not as it was stated, in words; empty if nothing.

    Everything is looked at, as of one moment if the connection is in a transaction.
    """
    return _without_tracebacks(
        lambda: [
            *_damage(connection),
            *_release_findings(connection),
            *_ledger_findings(connection, None),
            *_dangling(connection),
            # What must hold of rows whoever wrote them, beside being unchanged, goes here.
        ]
    )


def at_sight(connection: sqlite3.Connection) -> list[str]:
    """The same but for what takes long, before anything is shown: a fraction of a second.

    Left to `findings`: forecasts and scores of runs older than the newest RUNS_AT_SIGHT, and what
    each release states, as far as the statement of all figures does not answer for it.
    """
    return _without_tracebacks(
        lambda: [*_damage(connection), *_ledger_findings(connection, RUNS_AT_SIGHT)]
    )


def damage(connection: sqlite3.Connection) -> list[str]:
    """What SQLite itself finds wrong in pages and indexes; empty if nothing."""
    return _without_tracebacks(lambda: list(_damage(connection)))


@dataclass(frozen=True, slots=True)
class Quoted:
    """Whether a digest is one that the record gave of a run.

    scheme : of the entry or run that has it, None where none has. run_id : the run it was given
    of. subject : what that entry is about. later : (kind, subject) of the entries since.
    standing : the newest digest of the run asked for, "" if there is no such run.
    run_scheme : of the run asked for.
    differs : of `GROUPS`, those in which the quoted digest differs from the nearest one the
    record has; empty where the marks do not tell.
    """

    scheme: int | None
    run_id: int | None = None
    subject: str = ""
    later: tuple[tuple[str, str], ...] = ()
    standing: str = ""
    run_scheme: int | None = None
    differs: tuple[str, ...] = ()


def quoted(connection: sqlite3.Connection, run_id: int, digest: str) -> Quoted:
    """Look a quoted digest up. What it covers is as it was only if there are no `findings`."""
    runs = {run.id: run for run in _runs(connection)}
    entries = ledger.entries(connection)
    of_run = [e for e in entries if e.run_id == run_id and e.kind != "witnessed"]
    asked = runs.get(run_id)
    about = Quoted(
        None,
        standing=of_run[-1].digest if of_run else asked.digest if asked else "",
        run_scheme=asked and asked.scheme,
    )
    for entry in entries:
        if entry.digest == digest:
            later = tuple((e.kind, e.subject) for e in entries if e.id > entry.id)
            return replace(
                about,
                scheme=entry.scheme,
                run_id=entry.run_id,
                subject=f"{entry.subject} {entry.kind}".removesuffix(" run"),
                later=later,
            )
    for run in runs.values():
        if run.digest == digest:
            return replace(about, scheme=run.scheme, run_id=run.id, subject=f"run {run.id}")
    differ = [_differing(entry.digest, digest) for entry in reversed(of_run)]
    return replace(about, differs=min(differ, key=len, default=()))


def _differing(digest: str, other: str) -> tuple[str, ...]:
    marks = ledger.split_marks(digest[ROOT:]), ledger.split_marks(other[ROOT:])
    return tuple(group for group, first, two in zip(GROUPS, *marks, strict=True) if first != two)


def _without_tracebacks(look: Callable[[], list[str]]) -> list[str]:
    """What was found; that it could not be read is found as well."""
    try:
        return look()
    except Exception as error:  # a damaged row can make anything fail that reads it
        if isinstance(error, sqlite3.Error) and not sqlite_errors.is_damage(error):
            raise
        return [f"the database is damaged: {' '.join(str(error).split()) or type(error).__name__}"]


def _damage(connection: sqlite3.Connection) -> Iterator[str]:
    for (message,) in connection.execute("pragma integrity_check(3)"):
        if message != "ok":
            yield f"the database is damaged: {' '.join(str(message).split())}"


def _dangling(connection: sqlite3.Connection) -> Iterator[str]:
    """Rows that belong to nothing are in no part of the ledger."""
    tables = sorted({str(row[0]) for row in connection.execute("pragma foreign_key_check")})
    yield from (f"{table} was edited: some of its rows refer to nothing" for table in tables)


class _PublishedRun(NamedTuple):
    id: int
    digest: str
    previous: str
    scheme: int


def _runs(db: sqlite3.Connection) -> list[_PublishedRun]:
    scheme = "scheme" if ledger.kept(db) else str(scheme1.SCHEME)
    query = f"select id, digest, previous_digest, {scheme} from main.runs order by id"
    return [_PublishedRun(*row) for row in db.execute(query)]


def _ledger_findings(db: sqlite3.Connection, newest: int | None) -> Iterator[str]:
    """Newest : compare bulky parts of so many runs only; None for all."""
    runs = _runs(db)
    entries = ledger.entries(db) if ledger.kept(db) else []
    yield from _schema_findings(db, entries)
    rested_on = db.execute("select release_id, min(run_id) from run_releases group by 1").fetchall()
    statements = Statements(entries, dict(rested_on))
    lately = {run.id for run in (runs if newest is None else runs[-newest:])}
    early = [run for run in runs if run.scheme == scheme1.SCHEME]
    known = statements.newest.keys() if newest is not None else ()  # compared below, if to be quick
    yield from _scheme1_findings(db, early, {r for r in lately if ("run", r) not in known})
    yield from _chain_findings(entries, early[-1].digest if early else "")
    for entry, what in statements.faults:
        yield f"{_named(entry)} {what}"
    yield from _run_findings(entries, runs)
    yield from _unstated(db, entries, statements.newest)
    yield from _part_findings(db, _comparable(db, entries, statements.newest, lately))
    yield from _misdated(db)


def _schema_findings(db: sqlite3.Connection, entries: Sequence[LedgerEntry]) -> Iterator[str]:
    version = ledger.version(db)
    stated = max((entry.schema for entry in entries), default=version)
    if version < stated:
        yield f"the version of the tables was set back from {stated} to {version}"
    yield from schema.findings(db, max(version, stated))


def _scheme1_findings(
    db: sqlite3.Connection, runs: Sequence[_PublishedRun], compared: Collection[int]
) -> Iterator[str]:
    previous = ""
    for run in runs:
        if run.previous != previous:
            yield f"run {run.id} does not follow the run before it; one was removed or replaced"
        if run.id in compared and scheme1.run_digest(db, run.id, run.previous) != run.digest:
            yield (
                f"run {run.id} was edited: its row, releases, forecasts or quantiles "
                "are not what was published"
            )
        previous = run.digest


def _chain_findings(entries: Sequence[LedgerEntry], previous: str) -> Iterator[str]:
    marks = None
    for entry in entries:
        if entry.previous != previous:
            yield f"{_named(entry)} does not follow the one before it; one was removed or replaced"
        if ledger.entry_digest(entry, marks) != entry.digest:
            yield f"{_named(entry)} was edited"
        previous, marks = entry.digest, entry.digest[ROOT:]


def _named(entry: LedgerEntry) -> str:
    return f"entry {entry.id} of the ledger ({entry.subject or entry.kind})"


def _run_findings(entries: Sequence[LedgerEntry], runs: Sequence[_PublishedRun]) -> Iterator[str]:
    """Runs and the entries that state them, compared."""
    published = {entry.subject: entry for entry in entries if entry.kind == "run"}
    for run in runs:
        entry = published.pop(f"run {run.id}", None)
        if run.scheme == scheme1.SCHEME and entry is None:
            continue
        if entry is None:
            yield f"run {run.id} is not in the ledger"
        elif (run.scheme, run.previous, run.digest) != (
            entry.scheme,
            entry.previous,
            entry.digest,
        ):
            yield f"run {run.id} was edited: its digest is not that of the ledger"
    yield from (f"{subject} was removed" for subject in published)


def _unstated(
    db: sqlite3.Connection, entries: Sequence[LedgerEntry], stated: Mapping[EntryKey, str]
) -> Iterator[str]:
    """Notices, releases, withdrawals and proofs that no entry speaks of."""
    for part, about in PARTS.items():
        if about.every and entries and entries[-1].schema >= about.since:
            for (whose,) in db.execute(about.every):
                if (part, whose) not in stated:
                    yield f"{ledger.name((part, whose))} is not in the ledger"


def _comparable(
    db: sqlite3.Connection,
    entries: Sequence[LedgerEntry],
    stated: Mapping[EntryKey, str],
    lately: set[int],
) -> dict[EntryKey, str]:
    """The newest statement of each part that is to be compared with the tables."""
    upgraded = bool(entries) and entries[-1].schema < ledger.version(db)
    return {
        (part, whose): sha
        for (part, whose), sha in stated.items()
        # The next entry states the tables of the new version.
        if not (part == "schema" and upgraded) and (whose in lately or not PARTS[part].bulky)
    }


def _part_findings(db: sqlite3.Connection, stated: Mapping[EntryKey, str]) -> Iterator[str]:
    edited = defaultdict(list)
    for (part, whose), sha in stated.items():
        if ledger.part_digest(db, (part, whose)) != sha:
            edited[PARTS[part].of, whose].append(part)
    for (of, whose), parts in edited.items():
        what = " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
        if of == "record":
            yield f"{what}: edited, but not by this program"
        elif of == "entry":
            yield f"proof of entry {whose} was edited: {what} not as it was given"
        elif whose == 0:
            yield f"{what} of earlier programs: edited, but not by this program"
        else:
            yield f"{of} {whose} was edited: {what} not as published"


def _misdated(db: sqlite3.Connection) -> Iterator[str]:
    """Proofs that say of themselves that they are of another moment."""
    for proof in witnesses.proofs(db) if ledger.version(db) >= PARTS["witnesses"].since else ():
        if proof.moment() not in ("", proof.seen_at):
            yield (
                f"proof of entry {proof.entry_id} ({proof.witness}) is of {proof.moment()}, and "
                f"not of {proof.seen_at}"
            )


def _release_findings(db: sqlite3.Connection) -> Iterator[str]:
    query = "select id, source, counts_digest from releases where status = 'accepted' order by id"
    for measure_id in measures.ids(db):
        with measures.scoped(db, measure_id):
            for release_id, source, digest in db.execute(query).fetchall():
                if counts_digest(load_snapshot(db, release_id)) != digest:
                    what = "its observations were changed"
                    yield f"release {release_id} ({source}) was edited: {what}"
