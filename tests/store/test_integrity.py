"""What was edited in a record shows, and is named; and what of it is looked at before all else."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from forecast.store import connect, integrity, ledger, releases, runs, scheme1
from forecast.store.kinds import GROUPS, PARTS, UNSIGNED
from forecast.types import Unfinished
from tests.support import tiny_record
from tests.support.quoted import answer


@pytest.fixture
def path(by_hand: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(by_hand, tmp_path / "bordercast.db"))


def found(path: Path, *edits: str, look=integrity.findings) -> list[str]:
    """What is found after some statements that the program never made."""
    with closing(sqlite3.connect(path)) as db:
        for edit in edits:
            db.execute(edit)
        db.commit()
        return look(db)


def test_a_whole_record_is_found_whole(path):
    assert found(path) == found(path, look=integrity.at_sight) == []
    assert found(path, look=integrity.damage) == []


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ("update forecasts set centre = 0 where run_id = 1", "run 1 was edited: forecasts"),
        ("update runs set code_version = 'x' where id = 2", "run 2 was edited: run"),
        ("update scores set n = 1", "run 2 was edited: scores"),
        ("update fits set failure = ''", "run 2 was edited: fits"),
        ("update flags set ratio = 9", "run 2 was edited: flags"),
        ("update episodes set size = 9", "run 2 was edited: episodes"),
        ("update month_reports set report = '1'", "run 2 was edited: reports"),
        ("update notices set month = '2024-03' where id = 1", "notice 1 was edited: notice"),
        ("update releases set file_name = 'x' where id = 1", "release 1 was edited: release"),
        ("update releases set file_name = cast(x'62e961' as text)", "the database is damaged: "),
        ("update hindcasts set median = 0", "hindcasts: edited, but not by this program"),
        ("update runs set digest = 'x' where id = 2", "run 2 was edited: its digest is not that"),
        ("update runs set previous_digest = '' where id = 2", "run 2 was edited: its digest is"),
        ("update runs set scheme = 1 where id = 2", "run 2 was edited: "),
        ("delete from run_releases where run_id = 2", "run 2 was edited: releases"),
    ],
)
def test_an_edited_row_is_named_by_what_it_belongs_to(path, edit, says):
    said = found(path, edit)

    if says.startswith("run 1, 2"):
        assert said == [f"run {n} was edited: reports not as published" for n in (1, 2, 3)]
    else:
        assert any(line.startswith(says) for line in said)


def test_what_was_edited_of_one_run_is_said_in_one_line(path):
    edits = (
        "update forecasts set centre = 0",
        "update scores set n = 1",
        "update fits set failure = ''",
    )

    said = found(path, *edits)

    assert said == [
        "run 1 was edited: forecasts not as published",
        "run 2 was edited: fits, forecasts and scores not as published",
        "run 3 was edited: forecasts not as published",
    ]


def test_rows_that_belong_to_nothing_are_found(path):
    said = found(
        path, "delete from releases where id = 3", "delete from coverage where border = 'x'"
    )

    assert "coverage was edited: some of its rows refer to nothing" in said
    assert "run_releases was edited: some of its rows refer to nothing" in said
    assert found(path, look=integrity.at_sight) != []


def test_pages_that_nothing_uses_are_damage(path):
    edits = (
        "pragma writable_schema = on",
        "delete from sqlite_master where name = 'month_reports'",
    )
    found(path, *edits, look=lambda db: [])

    said = found(path, look=integrity.damage)

    assert said
    assert all(line.startswith("the database is damaged: ") for line in said)
    assert not any("\n" in line or "  " in line for line in said)


def test_a_table_that_was_removed_is_named(path):
    said = found(path, "drop table month_reports")

    assert "table month_reports was removed, but not by this program" in said


def test_a_fault_of_the_program_is_never_called_damage(path, monkeypatch):
    def wrong(connection):
        yield connection.execute("select later from latest_run")

    monkeypatch.setattr(integrity, "_damage", wrong)
    with pytest.raises(sqlite3.OperationalError, match="no such column: later"):
        found(path)


def test_a_record_that_is_locked_is_not_damaged(path):
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("pragma journal_mode = delete")
        writer.execute("begin exclusive")
        with (
            closing(sqlite3.connect(path, timeout=0)) as reader,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            integrity.findings(reader)


def entries(path: Path) -> list[ledger.LedgerEntry]:
    with closing(sqlite3.connect(path)) as db:
        return ledger.entries(db)


def test_an_entry_that_was_edited_or_removed_is_named(path):
    first, second, third = entries(path)[1:4]

    edited = found(path, f"update entries set digest = 'x' || digest where id = {second.id}")
    assert edited[:2] == [
        f"entry {second.id} of the ledger ({second.subject}) was edited",
        f"entry {third.id} of the ledger ({third.subject}) does not follow the one before it; "
        "one was removed or replaced",
    ]
    assert f"entry {first.id} of" not in "".join(edited)
    gone = found(path, f"delete from entries where id = {second.id}")
    assert gone[0].startswith(f"entry {third.id} of the ledger")


def test_runs_and_the_ledger_name_each_other(path):
    of_run = next(e for e in entries(path) if e.subject == "run 2" and e.kind == "run")

    said = found(path, f"delete from entries where id = {of_run.id}")
    assert "run 2 is not in the ledger" in said
    assert "run 1 is not in the ledger" not in said


def test_a_run_that_was_removed_is_named(path):
    said = found(path, "delete from runs where id = 1")

    assert "run 1 was removed" in said


def test_at_sight_bulky_parts_are_compared_of_the_newest_runs(path, monkeypatch):
    bulky = {"forecasts", "quantiles", "scores", "fits", "paths", "spans"}
    assert {name for name, part in PARTS.items() if part.bulky} == bulky
    monkeypatch.setattr(integrity, "RUNS_AT_SIGHT", 2)

    old = found(path, "update forecasts set centre = 0 where run_id = 1", look=integrity.at_sight)
    assert old == []
    new = found(path, "update forecasts set centre = 0 where run_id = 2", look=integrity.at_sight)
    assert new == ["run 2 was edited: forecasts not as published"]
    small = found(path, "update runs set code_version = '' where id = 1", look=integrity.at_sight)
    assert small == ["run 1 was edited: run not as published", *new]


def test_at_sight_every_figure_is_compared_but_not_each_release(path):
    edit = "update observations set encounters = 1 where encounters = 60"

    assert found(path, edit, look=integrity.at_sight) == [
        "figures: edited, but not by this program"
    ]
    assert len(found(path)) == 3  # and the two releases that state it


def test_tables_of_an_older_version_than_was_stated_are_named(path):
    version = len(connect.migrations())

    said = found(path, "update hindcasts set median = 0", f"pragma user_version = {version - 1}")

    assert said == [
        f"the version of the tables was set back from {version} to {version - 1}",
        "hindcasts: edited, but not by this program",
    ]


# --- runs of programs that kept no ledger


@pytest.fixture
def early(path: Path) -> Path:
    """The same three runs as such a program chained them; stated by an upgrade; and a fourth."""
    with connect.writing(path) as db, connect.transaction(db):
        db.execute("delete from entries")
        previous = ""
        for run_id in (1, 2, 3):
            digest = scheme1.run_digest(db, run_id, previous)
            db.execute(
                "update runs set scheme = 1, previous_digest = ?, digest = ? where id = ?",
                (previous, digest, run_id),
            )
            previous = digest
        ledger.state(db, "schema")
    with connect.writing(path) as db:
        runs.publish(db, tiny_record.publication("2024-04-01T12:00", "2024-02", (1,)))
    return path


def test_runs_of_early_programs_are_found_whole(early):
    assert found(early) == found(early, look=integrity.at_sight) == []
    assert entries(early)[0].kind == "schema"
    assert {name for name in json.loads(entries(early)[0].parts) if name.endswith(" 0")} == {
        f"{part} 0" for part in UNSIGNED
    }


def test_an_early_run_that_was_edited_shows_in_its_own_digest(early):
    said = found(early, "update forecasts set centre = 0 where run_id = 1")

    assert said == [
        "run 1 was edited: its row, releases, forecasts or quantiles are not what was published",
        "run 1 was edited: forecasts not as published",
    ]


def test_an_early_run_that_was_removed_is_missed_by_the_next(early):
    said = found(early, "delete from runs where id = 2")

    missed = "run 3 does not follow the run before it; one was removed or replaced"
    assert missed in said
    assert [line for line in said if line.startswith("run 1")] == []
    last = found(early, "delete from runs where id = 3")
    assert any(line.startswith("entry 1 of the ledger (schema) does not follow") for line in last)


def test_runs_after_the_early_ones_are_held_against_the_ledger(early):
    said = found(early, "update runs set digest = 'x' where id = 4")

    assert "run 4 was edited: its digest is not that of the ledger" in said
    assert not any(line.startswith(("run 1", "run 2", "run 3")) for line in said)


def test_rows_that_early_programs_did_not_sign_are_stated_together(early):
    with closing(sqlite3.connect(early)) as db:
        db.execute("update flags set published_in = null")
        assert "flags of earlier programs: edited, but not by this program" in integrity.findings(
            db
        )


def test_a_digest_that_an_early_run_gave_is_found(early):
    with closing(sqlite3.connect(early)) as db:
        digests = dict(db.execute("select id, digest from runs").fetchall())

    first, second = quoted(early, 1, digests[1]), quoted(early, 2, digests[2])

    assert first == answer(1, 1, "run 1", (), digests[1], 1)
    assert second == answer(1, 2, "run 2", (), entries(early)[0].digest, 1)
    assert quoted(early, 2, digests[4]).subject == "run 4"


def test_a_copy_of_an_early_program_has_no_ledger_and_is_compared_by_its_chain(early):
    with closing(sqlite3.connect(early)) as db:
        db.execute("delete from runs where id = 4")
        db.execute("delete from run_releases where run_id = 4")
        db.execute("delete from month_reports where run_id = 4")
        db.execute("alter table entries rename to gone")
        assert [line for line in integrity.findings(db) if line.startswith("run")] == []
        db.execute("update runs set code_version = 'x' where id = 2")

        (said,) = [line for line in integrity.findings(db) if line.startswith("run")]

    assert said.startswith("run 2 was edited: its row, releases, forecasts")


# --- digests that were quoted


def quoted(path: Path, run_id: int, digest: str) -> integrity.QuotedDigest:
    with closing(sqlite3.connect(path)) as db:
        return integrity.quoted(db, run_id, digest)


def test_a_digest_of_the_ledger_is_found_with_what_came_after(path):
    every = entries(path)
    of_run = next(e for e in every if e.subject == "run 2" and e.kind == "run")
    later = tuple((e.kind, e.subject) for e in every if e.id > of_run.id)

    said = quoted(path, 2, of_run.digest)

    assert said == answer(2, 2, "run 2", later, every[-1].digest, 2)  # the last while it stood
    assert later == (("run", "run 3"), ("withdrawn", "run 3"))
    last = quoted(path, 3, every[-1].digest)
    assert (last.subject, last.later, last.given) == (
        "run 3 withdrawn",
        (),
        every[-1].run_id,
    )


def test_a_digest_that_no_entry_has_differs_from_the_nearest_in_its_groups(path):
    of_run = [e for e in entries(path) if e.run_id == 2]
    digest, size = of_run[-1].digest, ledger.MARK
    marks = ledger.split_marks(digest[ledger.ROOT :])
    other = "".join("fff" if place == 2 else mark for place, mark in enumerate(marks))
    assert len(marks) == len(GROUPS)
    assert {len(mark) for mark in marks} == {size}

    said = quoted(path, 2, "0" * ledger.ROOT + other)

    assert said == answer(None, None, "", (), digest, 2, (GROUPS[2],))
    assert quoted(path, 9, digest + "0") == answer(None)


def test_an_entry_states_its_parts_in_short(path):
    """A change of an older statement's text would show; it is the text that is digested."""
    entry = entries(path)[-1]

    assert json.loads(entry.parts).keys() == {"notices", "withdrawal 3", "withdrawals"}
    assert entry.parts == json.dumps(json.loads(entry.parts), separators=(",", ":"), sort_keys=True)
    assert [e.id for e in entries(path)] == list(range(1, entry.id + 1))


# --- what is digested, a second time from the page that describes it


def plainly(connection: sqlite3.Connection, key: ledger.EntryKey) -> str:
    """Scheme 2 as `forecast.store.ledger` has it in words, without its code."""
    text = ""
    for query in PARTS[key[0]].sql:
        cursor = connection.execute(query, () if key[1] is None else (key[1],))
        begun = cursor.description[0][0] == "begun"
        found = [(*json.loads(row[0]), *row[1:]) if begun else row for row in cursor]
        rows_told = [
            [hashlib.sha256(v).hexdigest() if isinstance(v, bytes) else v for v in row]
            for row in found
        ]
        text += json.dumps(rows_told, separators=(",", ":")) + "\n"
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("at_a_time", [1, 2, 3, 1000])
def test_a_part_is_digested_as_is_written_however_many_rows_are_read_at_a_time(
    path, monkeypatch, at_a_time
):
    monkeypatch.setattr(ledger, "_ROWS", at_a_time)
    with closing(sqlite3.connect(path)) as connection:
        stated = [
            ledger.entry_key(name)
            for entry in ledger.entries(connection)
            for name in json.loads(entry.parts)
        ]
        assert len({part for part, _ in stated}) > 25
        for key in stated:
            assert ledger.part_digest(connection, key) == plainly(connection, key), key
            assert ledger.entry_key(ledger.name(key)) == key


def test_an_entry_is_digested_as_is_written(path):
    with closing(sqlite3.connect(path)) as connection:
        entries_now = ledger.entries(connection)
    previous = None
    for entry in entries_now:
        of, parts = entry, json.loads(entry.parts)
        told = [of.scheme, of.id, of.schema, of.kind, of.run_id, of.subject, parts, of.previous]
        text = json.dumps(told, separators=(",", ":"), sort_keys=True)
        assert entry.digest[:40] == hashlib.sha256(text.encode()).hexdigest()[:40]
        marks = [entry.digest[40:][3 * at : 3 * at + 3] for at in range(len(GROUPS))]
        anew = previous is None or entry.kind == "run"
        for at, group in enumerate(GROUPS):
            said = {n: sha for n, sha in parts.items() if PARTS[n.split()[0]].group == group}
            before = "" if anew else previous[at]
            if at == 0:
                text = entry.previous if anew else None
            else:
                text = before + json.dumps(said, separators=(",", ":"), sort_keys=True)
                text = text if anew or said else None
            expected = before if text is None else hashlib.sha256(text.encode()).hexdigest()[:3]
            assert marks[at] == expected, (entry.id, group)
        assert len(entry.digest) == 40 + 3 * len(GROUPS)
        previous = marks
    assert [entry.id for entry in entries_now] == list(range(1, len(entries_now) + 1))


@pytest.mark.parametrize("kind", ["accepted", "refused", "run", "renewed", "approved", "withdrawn"])
def test_after_an_upgrade_the_tables_are_stated_before_whatever_comes_next(path, kind):
    with connect.writing(path) as db, connect.transaction(db):
        assert not ledger.schema_unrecorded(db)
        db.execute("update entries set schema = 7 where id = (select max(id) from entries)")
        assert ledger.schema_unrecorded(db)
        ledger.add(db, kind, "something", [("figures", None)])
        assert not ledger.schema_unrecorded(db)
        kinds = [entry.kind for entry in ledger.entries(db)]
        last = ledger.newest(db)

    assert kinds[-2:] == ["schema", kind]
    assert list(json.loads(last.parts)) == ["figures"]


def test_the_newest_entry_says_of_which_schema_the_tables_are(path):
    """That the first was of an older one does not keep later edits from being seen."""
    edits = ("update entries set schema = 7 where id = 1", "update hindcasts set median = 0")

    assert "hindcasts: edited, but not by this program" in found(path, *edits)


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (
            "update observations set encounters = {} where encounters = 410",
            "release 2 (february) was edited: its observations were changed",
        ),
        (
            "update forecasts set centre = {}.25 where run_id = 1",
            "run 1 was edited: forecasts not as published",
        ),
        (
            "update entries set subject = 'x{}' where kind = 'refused'",
            "entry 5 of the ledger (x{}) was edited",
        ),
        (
            "update entries set previous = '{}' where kind = 'refused'",
            "entry 5 of the ledger (release 4) does not follow the one before it; one was removed "
            "or replaced",
        ),
        (
            "update entries set digest = '{}g' || substr(digest, 3) where kind = 'refused'",
            "entry 5 of the ledger (release 4) was edited",
        ),
        (
            "update runs set digest = '{}' where id = 2",
            "run 2 was edited: its digest is not that of the ledger",
        ),
        (
            "update runs set previous_digest = '{}' where id = 2",
            "run 2 was edited: its digest is not that of the ledger",
        ),
    ],
)
def test_an_edit_shows_whichever_digest_is_the_greater(path, edit, says):
    """Ten edits, of which some make it greater and some less."""
    for at in range(10):
        changed = Path(shutil.copy(path, path.with_name("changed.db")))
        assert says.format(at) in found(changed, edit.format(at)), at


@pytest.mark.parametrize(
    "edit",
    [
        "update runs set previous_digest = '{}' where id = 2",
        "update runs set digest = '{}' where id = 2",
    ],
)
def test_an_early_run_that_does_not_follow_shows_whichever_digest_is_the_greater(early, edit):
    for at in "0123456789abcdef":
        changed = Path(shutil.copy(early, early.with_name("changed.db")))
        said = found(changed, edit.format(at))
        assert any(one.startswith("run 2 ") for one in said), at
        follows = 3 if " digest" in edit else 2
        assert (
            f"run {follows} does not follow the run before it; one was removed or replaced" in said
        )


def test_an_accepted_file_that_was_refused_may_have_unfinished_months(path):
    """A refused file states no counts, so it cannot say which of them are unfinished."""
    late = tiny_record.release("refused", "2024-03", step=7)
    counts = tiny_record.stated(late, {tiny_record.OTHER: {"2024-02": 4, "2024-03": 1}})
    months = (Unfinished(tiny_record.OTHER, "2024-03", "habit"),)
    with connect.writing(path) as db, connect.transaction(db):
        number = releases.save_refused(db, late, "far below")
        releases.save_after_all(db, number, replace(counts, unfinished=months), "why", "now")
        refused, accepted = ledger.entries(db)[-2:]

    named = f"unfinished {number}"
    assert named not in json.loads(refused.parts)
    assert named in json.loads(accepted.parts)
    assert found(path) == found(path, look=integrity.at_sight) == []
    assert found(path, "delete from unfinished") == [
        f"release {number} was edited: unfinished not as published"
    ]
