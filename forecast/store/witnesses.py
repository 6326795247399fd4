"""Who outside saw the record, and when: the proofs kept, and witnesses that could not be had.

What a witness sees is one line, the *statement*: the number and the digest of the ledger's newest
entry. Each entry's digest covers the one before, so it answers for the whole record up to there.
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from sqlite3 import Connection
from typing import Literal, NamedTuple

from forecast.rows import WitnessRow
from forecast.store import connect, ledger, ops
from forecast.store.connect import insert_or, transaction
from forecast.store.kinds import PROOFS
from forecast.store.ops import text
from forecast.store.queries import has, pairs, records

WitnessKind = Literal["signature", "time stamp", "git"]

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=6)
_SHA1 = 40  # hex digits
_COMMITTED = re.compile(rb"^committer .*> (\d{1,11}) [+-]\d{4}$", re.MULTILINE)
# In DER: what is stamped (id-ct-TSTInfo), and the first moment after it.
_STAMPED = re.compile(
    rb"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04.*?\x18.(\d{14})[\d.]*Z", re.DOTALL
)
_STATEMENT = re.compile(
    r"bordercast entry (\d{1,9}) run (\d{1,9}) through (\d{4}-\d\d) digest ([0-9a-f]{64})"
)


class Testimony(NamedTuple):
    """What a witness gives: the moment, by whom it was seen, and the proof."""

    moment: str
    seen_by: str
    proof: bytes


class WitnessedEntry(NamedTuple):
    """What is witnessed: an entry of the ledger, the last run then, the last month it knew."""

    entry_id: int
    run_id: int
    data_through: str
    digest: str

    def __str__(self) -> str:
        return (
            f"bordercast entry {self.entry_id} run {self.run_id} through {self.data_through} "
            f"digest {self.digest}"
        )

    def line(self) -> bytes:
        """The bytes that are signed, stamped and committed."""
        return f"{self}\n".encode()


def parse(text: str) -> WitnessedEntry | None:
    """The statement that a line makes; None if it is none."""
    match = _STATEMENT.fullmatch(text)
    return match and WitnessedEntry(int(match[1]), int(match[2]), match[3], match[4])


@dataclass(frozen=True, slots=True)
class WitnessProof:
    """A row of the table; seen_at : UTC, ISO 8601."""

    witness: WitnessKind
    entry_id: int
    run_id: int
    statement: str
    seen_at: str
    seen_by: str
    proof: bytes

    def commit(self) -> str:
        """The commit that a proof by git names; its object follows, whose digest that is."""
        return self.proof.decode(errors="replace").partition("\n")[0]

    def moment(self) -> str:
        """When it was given, as the proof itself says it; "" where it bears no moment.

        Of a commit it is what its maker says: only a time stamp's is an outsider's.
        """
        if self.witness == "time stamp" and (stamped := _STAMPED.search(self.proof)):
            with suppress(ValueError):
                return text(datetime.strptime(f"{stamped[1].decode()}+0000", "%Y%m%d%H%M%S%z"))
        if self.witness == "git":
            stamp = self.proof.partition(b"\n")[2]
            digest = hashlib.sha1 if len(self.commit()) == _SHA1 else hashlib.sha256
            # Only an object with the digest that names it can vouch for its date.
            whole = digest(b"commit %d\0%b" % (len(stamp), stamp)).hexdigest() == self.commit()
            if whole and (committed := _COMMITTED.search(stamp)):
                return text(datetime.fromtimestamp(int(committed[1]), UTC))
        return ""


def statements(db: Connection) -> dict[int, WitnessedEntry]:
    """Return entry -> what the record states of it, the oldest first."""
    return {entry.entry_id: entry for entry in records(db, WitnessedEntry, "witnessed_entries")}


def save(db: Connection, proof: WitnessProof) -> None:
    """Keep a proof; one of the same entry that is kept already stays."""
    with transaction(db):
        # One that is kept already adds no entry: else each asking would make the next one due.
        if insert_or("ignore", db, "witness_proofs", [asdict(proof)]):
            ledger.state(db, "witnessed", proof.entry_id, only=(PROOFS[proof.witness],))


def proofs(db: Connection) -> list[WitnessProof]:
    """Return every proof kept, in the order of what they cover."""
    return records(db, WitnessProof, "witness_proofs")


def sightings(
    db: Connection, moments: Mapping[tuple[str, int], str] | None = None
) -> list[WitnessRow]:
    """Return when each proof was given, relative to the publication of its run's first month.

    moments : (witness, entry) -> when, of the proofs to tell of; all, as they say it, if None.

    Returns rows of the view `witnesses`, oldest run first: seen_at, "" where a proof bears no
    moment; published_on, None while that month is not published; days_before, of the two, 0 or less
    if it was published first, and None of all but time stamps.
    """
    # A proof says itself when it was given; the table only when it was kept.
    if moments is None:
        moments = {(proof.witness, proof.entry_id): proof.moment() for proof in proofs(db)}
    seen = []
    for row in records(db, WitnessRow, "sightings"):
        moment, days = moments.get((row.witness, row.entry_id)), None
        if moment is None:
            continue
        if moment and row.published_on and row.witness == "time stamp":
            days = (date.fromisoformat(row.published_on) - date.fromisoformat(moment[:10])).days
        seen.append(replace(row, seen_at=moment, days_before=days))
    return seen


@dataclass(frozen=True, slots=True)
class Misdated:
    """What bears a moment `how`, "earlier" or "later", than another that it cannot be.

    id : of its entry of the ledger, 0 of what has none.
    """

    id: int
    kind: str
    subject: str
    moment: str
    how: str
    than: str


def misdated(db: Connection, now: datetime) -> list[str]:
    """Return what bears a date that does not hold, in words: alone no failure, for clocks err."""
    if not has(db, "misdated_entries"):  # an earlier program's
        return []
    lines = []
    for row in records(db, Misdated, "misdated_entries"):
        dated = f"entry {row.id} of the ledger ({row.subject})" if row.id > 0 else row.subject
        dated = f"{dated} is dated {row.moment} UTC"
        if row.how == "later":
            lines.append(f"{dated}, but an outsider had seen it at {row.than} UTC")
            continue
        counts = "; nothing of it counts as issued before publication" * (row.kind == "run")
        lines.append(f"{dated}, earlier than what was there at {row.than} UTC{counts}")
    lines += (
        f"{row.subject} is dated {row.moment} UTC, before it had its file of "
        f"{row.than}; nothing of it counts as issued before publication"
        for row in records(db, Misdated, "backdated_by_a_file")
    )
    lines += (
        f"run {run_id} is dated {moment} UTC, but it is {text(now)[:16]} now: later than "
        "any moment or file from outside; was the clock ahead?"
        for run_id, moment in pairs(db, "dated_ahead", (text(now),))
    )
    return lines


def lacking(
    db: Connection, wanted: Collection[WitnessKind]
) -> tuple[WitnessedEntry | None, list[WitnessKind]]:
    """Return what the record states now, and which of these witnesses have not seen it."""
    stated = next(reversed(statements(db).values()), None)
    if stated is None:
        return None, []
    # A proof of an older entry does not answer for what came since.
    had = {proof.witness for proof in proofs(db) if proof.entry_id == stated.entry_id}
    return stated, [kind for kind in wanted if kind not in had]


@dataclass(frozen=True, slots=True)
class WitnessFailure:
    """A witness that could not be had, so often, since when; grave : a person has to look."""

    witness: WitnessKind
    since: str
    attempts: int
    next_attempt_at: str
    grave: int
    problem: str


def failures(path: Path) -> dict[WitnessKind, WitnessFailure]:
    """Return witnesses that could not be had; `path` is the main database."""
    failed = ops.ask(path, records, WitnessFailure, "witness_failures")
    return {failure.witness: failure for failure in failed}


def proofs_pending(path: Path, wanted: Collection[WitnessKind], now: datetime) -> bool:
    """Whether one of these witnesses has not seen the record and may be asked now."""
    put_off = failures(path)
    with connect.moment(path) as connection:
        _, missing = lacking(connection, wanted)
    return any(w not in put_off or put_off[w].next_attempt_at <= text(now) for w in missing)


def put_off(path: Path, witness: WitnessKind, problem: str, grave: bool, now: datetime) -> None:
    """Ask again later: after five minutes, then twice as long each time, for ever."""
    # Since when it fails is kept over all attempts: after some days a person is told.
    before = failures(path).get(witness)
    attempts, since = (before.attempts, before.since) if before else (0, text(now))
    again = text(now + min(FIRST_PAUSE * 2 ** min(attempts, 16), LONGEST_PAUSE))
    failure = WitnessFailure(witness, since, attempts + 1, again, int(grave), problem)
    with ops.writing(path) as db, transaction(db):
        insert_or("replace", db, "witness_failures", [asdict(failure)])


def had(path: Path, witness: WitnessKind) -> None:
    """Forget that this witness could not be had."""
    with ops.writing(path) as db:
        connect.write(db, "forget_failure", (witness,))


def standing(
    connection: Connection, path: Path, wanted: Collection[WitnessKind]
) -> Mapping[str, str]:
    """Return witness -> how far it has seen the record, in words, for `status`."""
    last = {proof.witness: proof for proof in proofs(connection)}
    failed = failures(path)
    return {
        witness: (
            " on ".join(filter(None, (f"run {last[witness].run_id}", last[witness].moment())))
            if witness in last
            else "none yet"
        )
        + (f"; failing since {failed[witness].since}" if witness in failed else "")
        for witness in wanted
    }
