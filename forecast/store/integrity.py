"""Is the record as the program wrote it? What the ledger states, compared with the tables.

This shows every change made past the program, as long as the ledger was not rewritten with it: an
entry that was added states no more than its kind may (`lawful`), and the tables and views are those
that the migrations make (`schema`). Who may write to the file can rewrite the ledger too; then a
digest that was quoted outside, in a mail say, is not in the ledger any more, and `quoted` tells
what differs. Where all of these were replaced as well, nothing here can show it.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from forecast.store import connect, ledger, measures, queries, schema, scheme1, witnesses
from forecast.store.kinds import GROUPS, PARTS, Of
from forecast.store.lawful import Statements
from forecast.store.ledger import ROOT, EntryKey, LedgerEntry
from forecast.store.releases import counts_digest, load_snapshot

RUNS_AT_SIGHT = 12  # a year
_DANGLING = "pragma foreign_key_check"


def findings(connection: sqlite3.Connection) -> list[str]:
    """Return what is damaged or not as it was stated, in words; empty if nothing.

    Everything is looked at, as of one moment if the connection is in a transaction.
    """
    return _without_tracebacks(
        connection,
        lambda: [
            *_damage(connection),
            *_release_findings(connection),
            *_ledger_findings(connection, None),
            # Rows that belong to nothing are in no part of the ledger.
            *(
                f"{table} was edited: some of its rows refer to nothing"
                for table in sorted({row[0] for row in connection.execute(_DANGLING)})
            ),
        ],
    )


def at_sight(connection: sqlite3.Connection) -> list[str]:
    """Return the same but for what takes long, before anything is shown: a fraction of a second.

    Left to `findings`: forecasts and scores of runs older than the newest RUNS_AT_SIGHT, and what
    each release states, as far as the statement of all figures does not answer for it.
    """
    return _without_tracebacks(
        connection, lambda: [*_damage(connection), *_ledger_findings(connection, RUNS_AT_SIGHT)]
    )


def damage(connection: sqlite3.Connection) -> list[str]:
    """Return what SQLite itself finds wrong in pages and indexes; empty if nothing."""
    return _without_tracebacks(connection, lambda: list(_damage(connection)))


@dataclass(frozen=True, slots=True)
class QuotedDigest:
    """What the record knows of a digest that was quoted.

    standing : the newest digest of the run asked for, "" if there is no such run; run_scheme : of
    that run. scheme : of the entry or run that has the digest, None where none has; given : the run
    it was given of; subject : what that entry is about; later : (kind, subject) of the entries
    since; reworded : the words of measures changed since. differs : of `GROUPS` those in which the
    digest differs from the nearest one the record has, empty where the marks do not tell.
    """

    standing: str = ""
    run_scheme: int | None = None
    scheme: int | None = None
    given: int | None = None
    subject: str = ""
    later: tuple[tuple[str, str], ...] = ()
    reworded: tuple[measures.Rewording, ...] = ()
    differs: tuple[str, ...] = ()


class StatedRun(NamedTuple):
    """A run, its digest and the one before."""

    id: int
    digest: str
    previous: str
    scheme: int


def quoted(connection: sqlite3.Connection, run_id: int, digest: str) -> QuotedDigest:
    """Look a quoted digest up. What it covers is as it was only if there are no `findings`."""
    runs = {run.id: run for run in _runs(connection)}
    entries = _entries(connection)
    of_run = [e for e in entries if e.run_id == run_id and e.kind != "witnessed"]
    asked = runs.get(run_id)
    answer = QuotedDigest(getattr((asked, *of_run)[-1], "digest", ""), asked and asked.scheme)
    entry = next((entry for entry in entries if entry.digest == digest), None)
    if entry:
        subject = f"{entry.subject} {entry.kind}".removesuffix(" run")
        answer = replace(answer, scheme=entry.scheme, given=entry.run_id, subject=subject)
        return _with_later(connection, answer, [e for e in entries if e.id > entry.id])
    for run in runs.values():
        if run.digest == digest:
            return replace(answer, scheme=run.scheme, given=run.id, subject=f"run {run.id}")
    # The nearest of several digests of that run tells most.
    differ = (_differing(entry.digest, digest) for entry in reversed(of_run))
    return replace(answer, differs=min(differ, key=len, default=()))


def latest(connection: sqlite3.Connection) -> StatedRun | None:
    """Return the last run that stands, with its newest digest; None before the first.

    Of the measure that the connection is about, and from tables alone: nobody answers for the views
    of an older record.
    """
    stand = "select id from runs"
    if queries.has(connection, "withdrawals"):
        stand += " except select run_id from withdrawals"
    ids = {run_id for (run_id,) in connection.execute(stand)}
    last = next((run for run in reversed(_runs(connection)) if run.id in ids), None)
    return last and last._replace(digest=quoted(connection, last.id, "").standing)


def _with_later(
    connection: sqlite3.Connection, answer: QuotedDigest, later: Sequence[LedgerEntry]
) -> QuotedDigest:
    """Return an answer with what the ledger has stated, and renamed, since its digest."""
    wordings = {entry.subject for entry in later}
    words = (w for w in measures.rewordings(connection) if f"wording {w.wording}" in wordings)
    since = tuple((entry.kind, entry.subject) for entry in later)
    return replace(answer, later=since, reworded=tuple(words))


def _differing(digest: str, other: str) -> tuple[str, ...]:
    """Return the groups of parts by which two digests differ."""
    marks = (ledger.split_marks(of[ROOT:]) for of in (digest, other))
    return tuple(group for group, was, now in zip(GROUPS, *marks, strict=True) if was != now)


def _without_tracebacks(connection: sqlite3.Connection, look: Callable[[], list[str]]) -> list[str]:
    """Return what was found; that it could not be read is found as well."""
    try:
        return look()
    except Exception as error:  # a damaged row can make anything fail that reads it
        if isinstance(error, sqlite3.Error) and not connect.is_damage(error):
            # Where nobody edited the tables, a statement that does not fit them is a fault of ours.
            edited = connect.is_fault(error) and [
                *schema.findings(connection, queries.version(connection))
            ]
            if not edited:
                raise
            return edited
        return [f"the database is damaged: {' '.join(str(error).split()) or type(error).__name__}"]


def _damage(connection: sqlite3.Connection) -> Iterator[str]:
    for (message,) in connection.execute("pragma integrity_check(3)"):
        if message != "ok":
            yield f"the database is damaged: {' '.join(str(message).split())}"


def _entries(db: sqlite3.Connection) -> list[LedgerEntry]:
    """Return the ledger; empty in a record of the first programs."""
    return ledger.entries(db) if queries.has(db, "entries") else []


def _runs(db: sqlite3.Connection) -> list[StatedRun]:
    scheme = "scheme" if queries.has(db, "entries") else str(scheme1.SCHEME)
    return queries.records(db, StatedRun, "run_digests", scheme=scheme)


def _ledger_findings(db: sqlite3.Connection, newest: int | None) -> Iterator[str]:
    """Yield what differs; newest : compare bulky parts of so many runs only, None for all."""
    runs, version = _runs(db), queries.version(db)
    entries = _entries(db)
    stated = max((entry.schema for entry in entries), default=version)
    if version < stated:
        yield f"the version of the tables was set back from {stated} to {version}"
    # An added trigger or a changed view can alter what is read without touching a row.
    yield from schema.findings(db, max(version, stated))
    rested_on = db.execute("select release_id, min(run_id) from run_releases group by 1").fetchall()
    statements = Statements(entries, dict(rested_on))
    lately = {run.id for run in (runs if newest is None else runs[-newest:])}
    # Of runs that the ledger states too, the tables are compared below, if it has to be quick.
    twice = {r for r in lately if newest is not None and ("run", r) in statements.newest}
    yield from _chain_findings(db, runs, entries, lately - twice)
    yield from (f"{_named(entry)} {what}" for entry, what in statements.faults)
    yield from _run_findings(entries, runs)
    yield from _part_findings(db, entries, statements.newest, lately)
    if version >= PARTS["runmeasure"].since:
        yield from _measure_findings(db)
    for proof in witnesses.proofs(db) if version >= PARTS["witnesses"].since else ():
        if proof.moment() not in ("", proof.seen_at):
            yield (
                f"proof of entry {proof.entry_id} ({proof.witness}) is of {proof.moment()}, and "
                f"not of {proof.seen_at}"
            )


def _chain_findings(
    db: sqlite3.Connection,
    runs: Sequence[StatedRun],
    entries: Sequence[LedgerEntry],
    compared: Collection[int],
) -> Iterator[str]:
    """Yield links that do not hold: runs of scheme 1 among themselves, then entries behind them."""
    previous = ""
    for run in (run for run in runs if run.scheme == scheme1.SCHEME):
        if run.previous != previous:
            yield f"run {run.id} does not follow the run before it; one was removed or replaced"
        digest = run.digest
        if run.id in compared and scheme1.run_digest(db, run.id, run.previous) != digest:
            yield (
                f"run {run.id} was edited: its row, releases, forecasts or quantiles "
                "are not what was published"
            )
        previous = digest
    # Marks run on from entry to entry, so they are made anew in order.
    marks = None
    for entry in entries:
        if entry.previous != previous:
            yield f"{_named(entry)} does not follow the one before it; one was removed or replaced"
        if ledger.entry_digest(entry, marks) != entry.digest:
            yield f"{_named(entry)} was edited"
        previous, marks = entry.digest, entry.digest[ROOT:]


def _named(entry: LedgerEntry) -> str:
    return f"entry {entry.id} of the ledger ({entry.subject or entry.kind})"


def _run_findings(entries: Sequence[LedgerEntry], runs: Sequence[StatedRun]) -> Iterator[str]:
    """Compare runs and the entries that state them."""
    published = {entry.subject: entry for entry in entries if entry.kind == "run"}
    for run in runs:
        entry = published.pop(f"run {run.id}", None)
        if entry is None and run.scheme != scheme1.SCHEME:
            yield f"run {run.id} is not in the ledger"
        elif entry is not None and (run.scheme, run.previous, run.digest) != (
            entry.scheme,
            entry.previous,
            entry.digest,
        ):
            yield f"run {run.id} was edited: its digest is not that of the ledger"
    yield from (f"{subject} was removed" for subject in published)


def _measure_findings(db: sqlite3.Connection) -> Iterator[str]:
    """Yield measures that are called otherwise than they were, and series moved to another."""
    # Settings that name another source begin a measure of their own.
    yield from (
        f"measure {word.measure} was {word.before!r} and is called {word.after!r} by wording "
        f"{word.wording}; the name of a measure is final"
        for word in measures.rewordings(db)
        if word.word == "name"
    )
    yield from (
        f"series {row['id']} ({row['border']}) was moved to measure {row['measure_id']}; the "
        f"files that state it are of measure {row['stated_in']}"
        for row in queries.rows(db, "moved_series")
    )


def _part_findings(
    db: sqlite3.Connection,
    entries: Sequence[LedgerEntry],
    stated: Mapping[EntryKey, str],
    lately: set[int],
) -> Iterator[str]:
    """Compare the newest statement of each part with the tables; bulky ones of some runs only."""
    known = entries[-1].schema if entries else 0
    there = [
        (part, whose)
        for part, about in PARTS.items()
        if about.every and about.stated_in(known)
        for (whose,) in db.execute(about.every)
    ]
    if queries.has(db, "set_aside"):
        there += map(tuple, db.execute("select part, run_id from set_aside"))
    for key in there:
        if key not in stated:
            yield f"{ledger.name(key)} is not in the ledger"
    for (of, whose), parts in _edited(db, known, stated, lately).items():
        what = " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
        if of == "record":
            yield f"{what}: edited, but not by this program"
        elif of == "entry":
            yield f"proof of entry {whose} was edited: {what} not as it was given"
        elif whose == 0:
            yield f"{what} of earlier programs: edited, but not by this program"
        else:
            yield f"{of} {whose} was edited: {what} not as published"


def _edited(
    db: sqlite3.Connection, known: int, stated: Mapping[EntryKey, str], lately: set[int]
) -> Mapping[tuple[Of, int | None], list[str]]:
    """Gather the parts that are not as stated by whose they are: one sentence says all of a run.

    known : the schema of the newest entry. lately : the runs whose bulky parts are compared.
    """
    version = queries.version(db)
    edited: defaultdict[tuple[Of, int | None], list[str]] = defaultdict(list)
    for (part, whose), sha in stated.items():
        # After an upgrade the next entry states the tables of the new version; views made anew
        # without one are known for themselves.
        upgraded = part == "schema" and (known < version or schema.as_made(db, version))
        bulky = PARTS[part].bulky and whose not in lately
        left_out = bulky or not PARTS[part].stated_in(known)
        if not upgraded and not left_out and _digest(db, (part, whose)) != sha:
            edited[PARTS[part].of, whose].append(part)
    return edited


def _digest(db: sqlite3.Connection, key: EntryKey) -> str:
    """A part's digest; "" where a value of it is of a kind that no program writes."""
    try:
        return ledger.part_digest(db, key)
    except sqlite3.OperationalError as error:
        # A bit that flipped makes a blob of a text or number, which SQLite puts into no JSON.
        if "BLOB" in str(error):  # SQLite has no code of its own for it
            return ""
        raise


def _release_findings(db: sqlite3.Connection) -> Iterator[str]:
    query = "select id, source, counts_digest from releases where status = 'accepted'"
    # One moved to a measure that there is not is named by what states its measure.
    own = " and measure_id = {}" if queries.version(db) >= PARTS["measures"].since else ""
    # Files are read back by measure: two measures can have a series of one name.
    for measure_id in measures.ids(db):
        with measures.scoped(db, measure_id):
            for release_id, source, digest in db.execute(query + own.format(measure_id)).fetchall():
                if counts_digest(load_snapshot(db, release_id)) != digest:
                    what = "its observations were changed"
                    yield f"release {release_id} ({source}) was edited: {what}"
