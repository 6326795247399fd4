"""The ledger: one chain of entries by which a change of the record shows.

The program writes an entry in each transaction that changes the record: a file accepted or refused,
a run, a notice written, renewed, approved, rejected or expired, a run withdrawn, a measure worded,
fits kept, a proof of a witness, tables of a new schema. An entry states parts, each by a digest of
its rows, and the digest of the entry before it: whoever has an entry's digest from elsewhere can
tell whether anything it covers was changed since. Which parts an entry of which kind may state, and
after what, is in `kinds`; `integrity` holds the entries against that, and the tables against them.

    of a run       run, releases, forecasts, quantiles, judgements, flags, systemic, episodes,
                   closed, drivers, scores, fits, paths, spans, changes, answers: the rows it
                   wrote, stated once. witnesses: proofs given since the run before. runmeasure:
                   its measure. asked: the questions of its answers. Run 0 stands for the rows of
                   programs that did not say which run wrote them. withdrawal
    of a notice    notice: what it says; standing: who approved or rejected it, or why it expired
    of a file      release: the file, and the digest of the counts it states; releasemeasure;
                   retraction: by whom it was taken back, when and why
    of a measure   wording: its words and joined labels, each time they change
    of the record  figures, hindcasts, questions, unexplained, notices, withdrawals, schema,
                   unpublished, years: as the tables stand. The program may replace these rows, so
                   only the newest statement of them can be compared. So were measure, measures and
                   labels, until schema 20

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

import hashlib
import json
import re
import zlib
from collections.abc import Collection, Iterable, Iterator
from sqlite3 import Connection
from typing import NamedTuple

from forecast.store.kinds import GROUPS, NOTICE, PARTS, RULES, UNSIGNED, EntryKind
from forecast.store.queries import has, records, version

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


def state(
    db: Connection,
    kind: EntryKind,
    whose: int | None = None,
    *,
    notices: Iterable[int] = (),
    only: Collection[str] = (),
) -> LedgerEntry:
    """State what an entry of this kind states; inside the transaction that changed it.

    whose : id of its subject, None where that is the record. notices : ids of those that it states
        besides. only : of the parts of its kind these, where it need not state all.
    """
    rule = RULES[kind]
    keys = [*((part, whose) for part in rule.own), *((part, None) for part in rule.record)]
    # What was not touched need not be read again to be digested.
    keys = [
        key for key in keys if PARTS[key[0]].stated_in(version(db)) and (not only or key[0] in only)
    ]
    keys += [(part, notice_id) for notice_id in notices for part in NOTICE]
    if kind == "schema":
        keys += _of_earlier_programs(db)
    return add(db, kind, f"{rule.of} {whose}" if rule.of else "", keys)


def add(db: Connection, kind: EntryKind, subject: str, keys: Iterable[EntryKey]) -> LedgerEntry:
    """Write an entry that states these parts; inside the transaction that changed them."""
    if kind != "schema" and schema_unrecorded(db):
        state(db, "schema")
    parts = _json({name(key): part_digest(db, key) for key in keys})
    # The chain goes on from the last run of scheme 1, so that cutting it off shows.
    last = newest(db)
    if last is None:
        newest_run = "select coalesce((select digest from main.runs order by id desc limit 1), '')"
        (previous,), marks = db.execute(newest_run).fetchone(), None
    else:
        previous, marks = last.digest, last.digest[ROOT:]
    stands = "from main.runs where id not in (select run_id from withdrawals)"
    (run_id,) = db.execute(f"select max(id) {stands}").fetchone()
    number = last.id + 1 if last else 1
    entry = LedgerEntry(number, SCHEME, version(db), kind, run_id, subject, parts, previous, "")
    entry = entry._replace(digest=entry_digest(entry, marks))
    columns = ", ".join(LedgerEntry._fields)
    db.execute(f"insert into entries ({columns}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)", entry)
    return entry


def _of_earlier_programs(db: Connection) -> Iterator[EntryKey]:
    """Yield what the record has of programs that did not state it."""
    last = newest(db)
    if last is None:
        yield from ((part, 0) for part in UNSIGNED)
        # Earlier programs did not say of these rows which run wrote them.
        signed = [
            part for part in RULES["run"].own if part not in (*UNSIGNED, "paths", "witnesses")
        ]
        for (run_id,) in db.execute("select id from main.runs where digest <> '' order by 1"):
            yield from ((part, run_id) for part in signed)
    for part, about in PARTS.items():
        if about.every and (last is None or about.since > last.schema):
            yield from ((part, row_id) for (row_id,) in db.execute(f"{about.every} order by 1"))


def schema_unrecorded(db: Connection) -> bool:
    """Whether the tables are not stated yet, as in a new record or after an upgrade."""
    last = newest(db)
    return last is None or last.schema != version(db)


def newest(db: Connection) -> LedgerEntry | None:
    """Return the last entry; None before the first."""
    return next(iter(records(db, LedgerEntry, "newest_entry")), None)


def entries(db: Connection) -> list[LedgerEntry]:
    """Return every entry, the oldest first."""
    return records(db, LedgerEntry, "entries")


def entry_digest(entry: LedgerEntry, marks: str | None) -> str:
    """Return the digest of an entry; marks : of the entry before it, None before the first."""
    parts = json.loads(entry.parts)
    facts = (
        *(entry.scheme, entry.id, entry.schema, entry.kind, entry.run_id, entry.subject),
        *(parts, entry.previous),
    )
    # A few hex digits for each group; a run begins them all anew.
    anew = marks is None or entry.kind == "run"
    old = [""] * len(GROUPS) if anew else split_marks(marks or "")
    new = [_sha256(entry.previous)[:MARK] if anew else old[0]]
    for group, mark in zip(GROUPS[1:], old[1:], strict=True):
        stated = {key: sha for key, sha in parts.items() if PARTS[key.split()[0]].group == group}
        new.append(_sha256(mark + _json(stated))[:MARK] if anew or stated else mark)
    return _sha256(_json(facts))[:ROOT] + "".join(new)


def split_marks(marks: str) -> list[str]:
    """Return the marks of a digest, in the order of the groups."""
    return [marks[MARK * number :][:MARK] for number in range(len(GROUPS))]


def part_digest(db: Connection, key: EntryKey) -> str:
    """Return the sha256 of a part as the tables hold it now."""
    digest = hashlib.sha256()
    for text in part_text(db, key):
        digest.update(text)
    return digest.hexdigest()


def part_text(db: Connection, key: EntryKey) -> Iterator[bytes]:
    """Yield the text of a part: of rows that were set aside, then of those that stand."""
    yield from (aside := packed(db, key))
    for query in PARTS[key[0]].sql:
        cursor = db.cursor()
        cursor.row_factory = None  # plain tuples
        cursor.execute(query, () if key[1] is None else key[1:])
        begun = cursor.description[0][0] == "begun"
        between = "["
        while rows := cursor.fetchmany(_ROWS):
            if begun:
                # Begun by SQLite, which is four times as fast, and finished with its reals. SQLite
                # leaves letters as they are where JSON has them in ASCII.
                begin = (r[0] if r[0].isascii() else _json(json.loads(r[0])) for r in rows)
                whole = (
                    f"{head[:-1]},{','.join(map(repr, row[1:]))}]" if row[1:] else head
                    for head, row in zip(begin, rows, strict=True)
                )
                text = f"[{','.join(whole)}]"
            else:
                text = _json(rows)
            yield (between + text[1:-1]).encode()
            between = ","
        if between == "," or not aside:
            yield b"[]\n" if between == "[" else b"]\n"


def packed(db: Connection, key: EntryKey) -> list[bytes]:
    """Return the text of a part that was set aside, alone; empty where it was not."""
    query = "select rows from set_aside where (part, run_id) = (?, ?)"
    # What is damaged is not what was stated.
    return (
        [_unpacked(rows) for (rows,) in db.execute(query, key[:2])] if has(db, "set_aside") else []
    )


def _unpacked(rows: bytes) -> bytes:
    try:
        return zlib.decompress(rows)
    except zlib.error:
        return rows


def name(key: EntryKey) -> str:
    """Return a part's name in an entry."""
    return key[0] if key[1] is None else f"{key[0]} {key[1]}"


def entry_key(named: str) -> EntryKey | None:
    """Return the part that an entry names so, None if there is none of that name."""
    match = NAME.fullmatch(named)
    if not match or match[1] not in PARTS or (PARTS[match[1]].of == "record") == bool(match[2]):
        return None
    return match[1], int(match[2]) if match[2] else None


def _sha256(value: str | bytes) -> str:
    return hashlib.sha256(value.encode() if isinstance(value, str) else value).hexdigest()


_json = json.JSONEncoder(separators=(",", ":"), sort_keys=True, default=_sha256).encode
