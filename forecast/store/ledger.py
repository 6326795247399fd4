"""The ledger: one chain of entries by which a change of the record shows.

The program writes an entry in each transaction that changes the record: a file accepted or refused,
a run, a notice written, renewed, approved, rejected or expired, a run withdrawn, settings and fits
kept, a proof of a witness, tables of a new schema. An entry states parts, each by a digest of its
rows, and the digest of the entry before it: whoever has an entry's digest from elsewhere can tell
whether anything it covers was changed since. Which parts an entry of which kind may state, and
after what, is in `kinds`; `integrity` holds the entries against that, and the tables against them.

    of a run       run, releases, forecasts, quantiles, judgements, flags, systemic, episodes,
                   closed, drivers, scores, fits, paths, spans, changes, answers: the rows it
                   wrote, stated once. witnesses: proofs given since the run before. Run 0 stands
                   for the rows of programs that did not say which run wrote them. withdrawal
    of a notice    notice: what it says; standing: who approved or rejected it, or why it expired
    of a file      release: the file, and the digest of the counts it states
    of the record  figures, hindcasts, questions, unexplained, notices, withdrawals, schema,
                   measure, labels, unpublished: as the tables stand. The program may replace these
                   rows, so only the newest statement of them can be compared

Scheme 2, the text that is digested:

    a part    for each query of `PARTS`, in order, a JSON array of its rows and a newline; a
              row is an array of its columns. No spaces, ASCII only. A real is the shortest decimal
              that reads back to the same bits, a blob the sha256 of its bytes. The part is the
              sha256 of this text, 64 hex digits
    an entry  the JSON array [scheme, id, schema, kind, run_id, subject, parts, previous]; parts
              is an object sorted by name, a name being "forecasts 3" (of run 3) or "figures"
    digest    the first 40 hex digits of the entry's sha256, which answer for all of it, then three
              more for each of `GROUPS`: by them one that does not match tells what differs
    a mark    those three: of the first group, of the sha256 of `previous`, renewed by each run; of
              any other, of the sha256 of the mark before (none at a run) and the JSON object of
              the entry's parts in this group. Groups of which an entry states nothing keep theirs

Scheme 1, of runs published by earlier programs, is in `scheme1`.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from forecast.store.digest_parts import GROUPS, PARTS
from forecast.store.kinds import NOTICE, PROOFS, RULES, UNSIGNED, EntryKind

if TYPE_CHECKING:
    from forecast.store.connect import Connection

SCHEME = 2
ROOT = 40  # hex digits of a digest that answer for everything, 160 bits; the rest are marks
MARK = 3  # hex digits each: by chance 1 in 4,096 stays the same though its group was changed
_ROWS = 1000  # read and digested at a time

NAME = re.compile(r"([a-z]+)(?: (0|[1-9]\d{0,15}))?")  # of a part or a subject, and which
EntryKey = tuple[str, int | None]  # a part's name and whose it is; None for one of the record


class LedgerEntry(NamedTuple):
    """A row of the ledger; parts : name -> sha256."""

    id: int
    scheme: int
    schema: int
    kind: EntryKind
    run_id: int | None
    subject: str
    parts: str
    previous: str
    digest: str


# What an earlier program did not say of its runs: which of them wrote these rows.
_UNSAID = (*UNSIGNED, "paths", "witnesses")


def add(db: Connection, kind: EntryKind, subject: str, keys: Iterable[EntryKey]) -> LedgerEntry:
    """Write an entry that states these parts; inside the transaction that changed them."""
    if kind != "schema" and schema_unrecorded(db):
        add_schema(db)
    parts = _json({name(key): part_digest(db, key) for key in keys})
    schema = version(db)
    last = newest(db)
    if last is None:
        newest_run = "select coalesce((select digest from main.runs order by id desc limit 1), '')"
        (previous,), marks = db.execute(newest_run).fetchone(), None
    else:
        previous, marks = last.digest, last.digest[ROOT:]
    stands = "from main.runs where id not in (select run_id from withdrawals)"
    (run_id,) = db.execute(f"select max(id) {stands}").fetchone()
    number = last.id + 1 if last else 1
    entry = LedgerEntry(number, SCHEME, schema, kind, run_id, subject, parts, previous, "")
    entry = entry._replace(digest=entry_digest(entry, marks))
    columns = ", ".join(LedgerEntry._fields)
    db.execute(f"insert into entries ({columns}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)", entry)
    return entry


def add_run(db: Connection, run_id: int, notices: Sequence[int]) -> None:
    """State a run and the notices it gives occasion to, and give the run its digest."""
    entry = add(db, "run", f"run {run_id}", [*_keys("run", run_id), *_of_notices(notices)])
    db.execute(
        "update main.runs set previous_digest = ?, digest = ?, scheme = ? where id = ?",
        (entry.previous, entry.digest, SCHEME, run_id),
    )


def add_release(db: Connection, release_id: int) -> None:
    """State a file that was accepted or refused."""
    (status,) = db.execute(
        "select status from main.releases where id = ?", (release_id,)
    ).fetchone()
    kind: EntryKind = "accepted" if status == "accepted" else "refused"
    add(db, kind, f"release {release_id}", _keys(kind, release_id))


def add_notice(db: Connection, kind: EntryKind, notice_id: int) -> None:
    """State how a notice stands and, where that is new, what it says."""
    add(db, kind, f"notice {notice_id}", _keys(kind, notice_id))


def add_withdrawal(db: Connection, run_id: int, notices: Sequence[int]) -> None:
    """State that a run was withdrawn, and the notices that this stopped or called for."""
    keys = [*_keys("withdrawn", run_id), *_of_notices(notices)]
    add(db, "withdrawn", f"run {run_id}", keys)


def add_kept(db: Connection, *parts: str) -> None:
    """State what was kept outside a run: the source's words, joined labels, paths of fits."""
    add(db, "kept", "", [(part, None) for part in parts])


def add_proof(db: Connection, witness: str, entry_id: int) -> None:
    """State a proof that somebody outside saw an entry."""
    add(db, "witnessed", f"entry {entry_id}", [(PROOFS[witness], entry_id)])


def add_schema(db: Connection) -> None:
    """State the tables, and what the record holds of earlier programs, which did not state it."""
    keys = _keys("schema", None)
    last = newest(db)
    if last is None:
        keys += [(part, 0) for part in UNSIGNED]
        for run_id in _ids(db, "select id from main.runs where digest <> ''"):
            # Earlier programs said of these rows alone which run wrote them.
            keys += [(part, run_id) for part in RULES["run"].own if part not in _UNSAID]
    for part, about in PARTS.items():
        if about.every and (last is None or about.since > last.schema):
            keys += [(part, row_id) for row_id in _ids(db, about.every)]
    add(db, "schema", "", keys)


def schema_unrecorded(db: Connection) -> bool:
    """Whether the tables are not stated yet, as in a new record or after an upgrade."""
    last = newest(db)
    return last is None or last.schema != version(db)


def newest(db: Connection) -> LedgerEntry | None:
    """The last entry; None before the first."""
    return next(iter(_entries(db, "order by id desc limit 1")), None)


def entries(db: Connection) -> list[LedgerEntry]:
    """Every entry, the oldest first."""
    return _entries(db, "order by id")


def _entries(db: Connection, order: str) -> list[LedgerEntry]:
    columns = ", ".join(LedgerEntry._fields)
    return [LedgerEntry(*row) for row in db.execute(f"select {columns} from entries {order}")]


def entry_digest(entry: LedgerEntry, marks: str | None) -> str:
    """The digest of an entry; marks : of the entry before it, None before the first."""
    parts = json.loads(entry.parts)
    facts = (
        *(entry.scheme, entry.id, entry.schema, entry.kind, entry.run_id, entry.subject),
        *(parts, entry.previous),
    )
    return _sha256(_json(facts))[:ROOT] + _marks(entry, parts, marks)


def _marks(entry: LedgerEntry, parts: dict[str, str], before: str | None) -> str:
    """A few hex digits for each group."""
    anew = before is None or entry.kind == "run"
    old = [""] * len(GROUPS) if before is None or anew else split_marks(before)
    marks = [_sha256(entry.previous)[:MARK] if anew else old[0]]
    for group, mark in zip(GROUPS[1:], old[1:], strict=True):
        stated = {key: sha for key, sha in parts.items() if PARTS[key.split()[0]].group == group}
        digest = _sha256(mark + _json(stated))[:MARK]
        marks.append(digest if anew or stated else mark)
    return "".join(marks)


def split_marks(marks: str) -> list[str]:
    """The marks of a digest, in the order of the groups."""
    return [marks[MARK * number :][:MARK] for number in range(len(GROUPS))]


def part_digest(db: Connection, key: EntryKey) -> str:
    """sha256 of a part as the tables hold it now."""
    about, digest = PARTS[key[0]], hashlib.sha256()
    values = () if key[1] is None else (key[1],)
    connection = db if isinstance(db, sqlite3.Connection) else db.conn
    for query in about.queries:
        cursor = connection.cursor()
        cursor.row_factory = None  # plain tuples
        cursor.execute(query, values)
        text = _begun if cursor.description[0][0] == "begun" else _json
        between = "["
        while rows := cursor.fetchmany(_ROWS):
            digest.update((between + text(rows)[1:-1]).encode())
            between = ","
        digest.update(b"[]\n" if between == "[" else b"]\n")
    return digest.hexdigest()


def _begun(rows: Sequence[tuple[Any, ...]]) -> str:
    """Rows of a JSON array that SQLite has begun, which is four times as fast, and of reals."""
    # SQLite leaves letters as they are where JSON has them in ASCII.
    starts = (r[0] if r[0].isascii() else _json(json.loads(r[0])) for r in rows)
    ends = (",".join(map(repr, row[1:])) for row in rows)
    return f"[{','.join(f'{start[:-1]},{end}]' for start, end in zip(starts, ends, strict=True))}]"


def name(key: EntryKey) -> str:
    """A part's name in an entry."""
    return key[0] if key[1] is None else f"{key[0]} {key[1]}"


def key(named: str) -> EntryKey | None:
    """The part that an entry names so, None if there is none of that name."""
    match = NAME.fullmatch(named)
    if not match or match[1] not in PARTS or (PARTS[match[1]].of == "record") == bool(match[2]):
        return None
    return match[1], int(match[2]) if match[2] else None


def kept(db: Connection) -> bool:
    """Whether there is a ledger: none in a copy made by an earlier program."""
    return bool(db.execute("select 1 from sqlite_master where name = 'entries'").fetchone())


def version(db: Connection) -> int:
    """The schema's."""
    (number,) = db.execute("pragma user_version").fetchone()
    return int(number)


def _keys(kind: EntryKind, whose: int | None) -> list[EntryKey]:
    """The parts that an entry of this kind states, of its subject and of the record."""
    rule = RULES[kind]
    return [*((part, whose) for part in rule.own), *((part, None) for part in rule.record)]


def _of_notices(ids: Sequence[int]) -> list[EntryKey]:
    return [(part, notice_id) for notice_id in ids for part in NOTICE]


def _ids(db: Connection, query: str) -> list[int]:
    return [int(row_id) for (row_id,) in db.execute(f"{query} order by 1")]


def _blob(value: object) -> str:
    assert isinstance(value, bytes)
    return hashlib.sha256(value).hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_json = json.JSONEncoder(separators=(",", ":"), sort_keys=True, default=_blob).encode
