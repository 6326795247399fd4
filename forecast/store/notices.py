"""What is to be told: occasions, the notices made of them, and who approved each.

               written              a person, or `auto`
    due ───────────────▶ held ───────────────────────────▶ approved
     ▲                   │ │ a person
     │ figures revised   │ ├─────────────────────────────▶ rejected
     └───────────────────┘ └ 14 days ────────────────────▶ expired

Nothing here knows an address, and nothing here is ever sent twice: what was sent to whom is
kept in ops.db under the notice's content key; see `deliveries`.
"""

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from sqlite3 import Connection
from typing import Any, Literal

from forecast.rows import as_row
from forecast.store import ledger
from forecast.store.connect import insert, transaction
from forecast.store.kinds import EntryKind
from forecast.store.ops import text
from forecast.store.queries import records, sql

KEPT = timedelta(days=14)  # a held notice expires then
# What stands before and after the sections, as text and as HTML.
FRAME = ("opening_text", "opening_html", "closing_text", "closing_html")

SectionPart = Literal["finding", "digest"]


@dataclass(frozen=True, slots=True)
class Section:
    """What a notice says of one total.

    part : "finding" stands in every mail about the total, "digest" only for who asked for it.
    phrase : its share of the subject. statement : JSON, see `forecast.desk.facts`.
    chart : PNG or None; alt : its finding in words.
    """

    total: str
    part: SectionPart
    phrase: str
    text: str
    html: str
    statement: str = "{}"
    chart: bytes | None = None
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice and where it stands; moments are UTC, ISO 8601.

    withdraws : of a correction, the run whose withdrawal it tells of.
    digest : of the record when it was approved, or as far as it has come; quoted_run : its run.
    """

    id: int
    kind: str
    month: str
    release_id: int
    run_id: int
    corrects: int | None
    content_key: str
    message_id: str
    created_at: str
    state: str
    opening_text: str
    opening_html: str
    closing_text: str
    closing_html: str
    approved_by: str | None
    approved_at: str | None
    closed_at: str | None
    reason: str
    withdraws: int | None
    digest: str
    quoted_run: int
    approved_content: str = ""
    approved_user: str = ""


_WHICH = {
    "all": "true",
    "one": "n.id = ?",
    "due": "state = 'due'",
    "held": "state = 'held'",
    # What tells of a withdrawal rests on the withdrawn run itself, and goes out all the same.
    "to send": "state = 'approved' and "
    "(withdraws is not null or n.run_id not in (select run_id from withdrawals))",
    "withdrawn": "state = 'approved' and withdraws is null "
    "and n.run_id in (select run_id from withdrawals)",
    "of run": "state = 'approved' and withdraws is null and n.run_id = ?",
}


def every(connection: Connection, which: str = "all", about: int | None = None) -> list[Notice]:
    """Return notices of the measure that a connection is about, the oldest first.

    which : "all"; "due", not composed yet; "held"; "to send", approved and their run not withdrawn
        since; "withdrawn", approved and not to go out any more; "of run", approved ones that rest
        on a run; "one". about : the id of the run, or of the one.
    """
    values = () if about is None else (about,)
    return records(connection, Notice, "notices_where", values, where=_WHICH[which])


def one(connection: Connection, notice_id: int) -> Notice | None:
    """Return the notice with this id."""
    return next(iter(every(connection, "one", notice_id)), None)


def sections(connection: Connection, notice_id: int) -> list[Section]:
    """Return what a notice says, in order; empty while it is due."""
    return records(connection, Section, "sections_of_notice", (notice_id,))


def content(connection: sqlite3.Connection, notice_id: int) -> str:
    """sha256 of all that a notice says: what is previewed, approved and sent."""
    notice = one(connection, notice_id)
    if notice is None:
        return ""
    frame = (getattr(notice, name) for name in FRAME)
    # Of the text itself, not of its row: approval must not depend on where a notice stands.
    facts = (notice.kind, notice.month, *frame, *map(astuple, sections(connection, notice_id)))
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def save_composed(
    db: Connection,
    notice_id: int,
    frame: Mapping[str, str],
    sections: Sequence[Section],
    approved_at: str | None,
) -> bool:
    """Keep what a due notice says, once; held then, or approved where nobody need approve.

    frame : of each of FRAME what stands there. Returns whether it was still due.
    """
    state, by = ("held", None) if approved_at is None else ("approved", "auto")
    with transaction(db):
        composed = (*(frame[name] for name in FRAME), state, by, approved_at, notice_id)
        # Another process may have written it meanwhile; then its words stand.
        if db.execute(sql("compose_notice"), composed).rowcount != 1:
            return False
        of = {"notice_id": notice_id}
        texts = ({**of, "place": n, **as_row(section)} for n, section in enumerate(sections))
        insert(db, "notice_sections", texts)
        ledger.state(db, "written", notice_id)
        # Two entries, as when a person approves: the ledger has one way to read it.
        if approved_at is not None:
            ledger.state(db, "approved", notice_id)
    return True


def approve(db: Connection, notice_id: int, approval: Mapping[str, str], now: datetime) -> bool:
    """Let a held notice go out; whether it was held until now.

    The write lock is held, so that what it says is what was compared with the approval.

    approval : a person's word: by, their name; user, the system's who typed it; content, the digest
    of what they saw.
    """
    values = (approval["by"], approval["user"], approval["content"], text(now), notice_id)
    return _changed(db, "approved", "approve_notice", values)


def reject(db: Connection, notice_id: int, by: str, why: str, now: datetime) -> bool:
    """Keep a held notice from going out; whether it was held until now."""
    return _changed(db, "rejected", "reject_notice", (text(now), f"{by}: {why}", notice_id))


def expire(db: Connection, now: datetime) -> bool:
    """Close one notice that was held too long; whether there was one."""
    return _changed(db, "expired", "expire_notice", (text(now), text(now - KEPT)))


def renew(db: Connection, notice_id: int) -> bool:
    """Make a held notice due again, from the last run; whether it was held until now."""
    return _changed(db, "renewed", "renew_notice", (notice_id,), before="delete_sections")


def drop(db: Connection, notice_id: int, why: str, now: datetime) -> bool:
    """Close a due notice that has nothing to say; whether it was due until now."""
    return _changed(db, "expired", "drop_notice", (text(now), why, notice_id))


def _changed(
    db: Connection, kind: EntryKind, name: str, values: tuple[Any, ...], before: str = ""
) -> bool:
    """Change one notice by a named statement, and state it; whether there was one to change."""
    with transaction(db):
        # What it said is of the run before; it is composed anew from the last one.
        if before:
            db.execute(sql(before), values)
        changed = db.execute(sql(name), values).fetchall()
        for (notice_id,) in changed:
            ledger.state(db, kind, notice_id)
    return bool(changed)


def statements(connection: sqlite3.Connection, notice_id: int) -> dict[str, Any]:
    """Total -> what a notice stated of it, as facts."""
    return {
        section.total: json.loads(section.statement)
        for section in sections(connection, notice_id)
        if section.part == "finding"
    }
