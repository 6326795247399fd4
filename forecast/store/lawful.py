"""Holds entries of the ledger against what their kind may state: theirs, all, nothing final anew.

An edit can be stated by adding an entry, which leaves every digest before it as it was. So entries
are held against the table in `kinds`; `integrity` then compares the tables with what was stated
lawfully.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence

from forecast.store.kinds import NOTICE, OPENING, PARTS, RULES, UNSIGNED, EntryRule
from forecast.store.ledger import NAME, EntryKey, LedgerEntry, entry_key, name

# The standing of a notice on which nobody has decided, and time has not either.
_UNDECIDED = [f'[[{{}},"{state}",null,"","",null,null,""]]\n' for state in ("due", "held")]


class Statements:
    """What the entries of a ledger state lawfully, and what else they say.

    entries : all, in order. rested_on : release -> the first run that rests on it.

    newest : part -> its digest, as it was stated last. faults : (entry, what it may not say).
    """

    def __init__(
        self, entries: Sequence[LedgerEntry], rested_on: Mapping[int, int] | None = None
    ) -> None:
        self.newest: dict[EntryKey, str] = {}
        self.faults: list[tuple[LedgerEntry, str]] = []
        self._rested_on = rested_on or {}
        self._last: dict[EntryKey, str] = {}  # what an entry may be about -> the kind of the last
        # In order: what an entry may say depends on all that was lawfully said before.
        before: LedgerEntry | None = None
        for entry in entries:
            faults = [*_out_of_place(entry, before), *self._faults(entry, before)]
            self.faults += [(entry, what) for what in faults]
            if not faults:
                stated = _stated(entry)
                self.newest |= stated
                about = {(PARTS[part].of, whose): entry.kind for part, whose in stated}
                # An upgrade states again what was final before.
                self._last |= about | (self._last if entry.kind == "schema" else {})
            before = entry

    def _faults(self, entry: LedgerEntry, before: LedgerEntry | None) -> Iterator[str]:
        rule, subject = RULES.get(entry.kind), _subject(entry)
        if rule is None or subject is None or subject[0] != rule.of:
            yield f"is {entry.kind!r} of {entry.subject!r}, which there is not"
            return
        last = self._last.get(subject)
        if rule.of and last not in rule.after:
            yield f"cannot follow {last!r}" if last else "is about what was not stated before"
        strange, missing = _amiss(rule, subject[1], entry, before)
        again = sorted(
            name(key)
            for key, sha in _stated(entry).items()
            if self.newest.get(key, sha) != sha and self._final(rule, entry, key)
        )
        for words, parts in (
            ("states what entries of its kind may not", strange),
            ("does not state", missing),
            ("changes what was final", again),
        ):
            if parts:
                yield f"{words}: {', '.join(parts)}"

    def _final(self, rule: EntryRule, entry: LedgerEntry, key: EntryKey) -> bool:
        """Whether a part that was stated before may not be changed by this entry."""
        part, whose = key
        of = PARTS[part].of
        if of == "record":
            return entry.kind == "schema" and part != "schema"
        if part == "release":  # one that earlier programs accepted: a run had rested on it
            return (entry.run_id or 0) >= self._rested_on.get(whose or 0, entry.id + 1)
        if of != "notice":
            return True
        if rule.of != "notice" and not (rule.notices == "stops" and part == "standing"):
            return True
        # A notice on which somebody has decided, or time has.
        still_open = (text.format(whose).encode() for text in _UNDECIDED)
        digests = {hashlib.sha256(row).hexdigest() for row in still_open}
        return self.newest.get(("standing", whose)) not in digests


def _out_of_place(entry: LedgerEntry, before: LedgerEntry | None) -> Iterator[str]:
    """Its number, schema and run, beside the entry before."""
    if before is None:
        if entry.kind != "schema":
            yield "comes before the tables were stated"
        return
    if entry.id != before.id + 1:
        yield f"is not the one after entry {before.id}"
    if entry.kind == "schema" and entry.schema <= before.schema:
        yield "states the tables again, though their version is the same"
    if entry.kind != "schema" and entry.schema != before.schema:
        yield "is of another version of the tables than the entry before"
    subject, newest, was = _subject(entry), entry.run_id or 0, before.run_id or 0
    ends = entry.kind == "withdrawn" and newest <= was
    if newest != (subject[1] if subject and entry.kind == "run" else was) and not ends:
        yield f"names run {newest} as the newest"


def _amiss(
    rule: EntryRule, whose: int | None, entry: LedgerEntry, before: LedgerEntry | None
) -> tuple[list[str], list[str]]:
    """(parts too many, parts left out) of an entry."""
    stated = _stated(entry).keys()
    parts = [(part, whose) for part in rule.own] + [(part, None) for part in rule.record]
    must = {part for part in parts if PARTS[part[0]].stated_in(entry.schema)}
    besides = {key for key in stated - must if _besides(rule, entry, before, key)}
    unknown = [named for named in json.loads(entry.parts) if entry_key(named) is None]
    strange = [*unknown, *map(name, stated - must - besides)]
    # Settings, labels and fits are kept together or each for itself.
    if rule.partly and stated & must:
        must = set()
    if rule.notices != "none":
        must |= {(part, number) for _, number in besides for part in NOTICE}
    return sorted(strange), sorted(map(name, must - stated))


def _besides(
    rule: EntryRule, entry: LedgerEntry, before: LedgerEntry | None, key: EntryKey
) -> bool:
    """Whether an entry may state a part that is neither of its subject nor of the record."""
    part, whose = key
    if rule.notices != "none":
        return part in NOTICE
    if entry.kind != "schema" or PARTS[part].of == "record":
        return False
    if before is None:
        return part in OPENING and (whose != 0 or part in UNSIGNED)
    return before.schema < PARTS[part].since <= entry.schema


def _stated(entry: LedgerEntry) -> dict[EntryKey, str]:
    parts = {entry_key(named): sha for named, sha in json.loads(entry.parts).items()}
    return {part: sha for part, sha in parts.items() if part is not None}


def _subject(entry: LedgerEntry) -> EntryKey | None:
    """What an entry is about, and which; None if its subject is not of that form."""
    if entry.subject == "":
        return "", None
    match = NAME.fullmatch(entry.subject)
    return (match[1], int(match[2])) if match and match[2] else None
