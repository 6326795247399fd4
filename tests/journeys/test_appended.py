"""The record cannot be rewritten by adding to the ledger: each kind states its own, once final."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner

from forecast import months
from forecast.store import (
    connect,
    inputs,
    integrity,
    ledger,
    measures,
    notices,
    queries,
    runs,
    schema,
    witnesses,
)
from forecast.store.kinds import NOTICE, PARTS, RULES, EntryKind
from forecast.store.lawful import Statements
from forecast.store.ledger import LedgerEntry
from forecast.store.witnesses import WitnessProof
from jobs.cli import main
from tests.support import tiny_record
from tests.support.databases import rows
from tests.support.ledger_attacks import ATTACKS
from tests.support.notice_words import framed, word

VERSION = len(connect.migrations())


def open_row(notice_id: int, state: str = "due") -> str:
    row = [[notice_id, state, None, "", "", None, None, ""]]
    return hashlib.sha256(f"{json.dumps(row, separators=(',', ':'))}\n".encode()).hexdigest()


def entry(before: list[LedgerEntry], kind: str, subject: str, *parts: str, **more) -> LedgerEntry:
    """The next entry, which states these parts: "notice 1", or "standing 1 held" for how it is."""
    said = {}
    for named in parts:
        part, _, rest = named.partition(" ")
        whose, _, state = rest.partition(" ")
        sha = open_row(int(whose), state or "due") if part == "standing" else f"{part} as it was"
        said[f"{part} {whose}".strip()] = "decided" if state == "decided" else sha
    run = before[-1].run_id if before else None
    made = LedgerEntry(len(before) + 1, 2, VERSION, kind, run, subject, json.dumps(said), "", "")
    return made._replace(**more)


def of(kind: EntryKind, whose: int | str = "", *besides: str) -> list[str]:
    """The names of all that an entry of a kind states."""
    rule = RULES[kind]
    record = (part for part in rule.record if PARTS[part].stated_in(VERSION))
    return [*(f"{part} {whose}" for part in rule.own), *record, *besides]


def both(*ids: int) -> list[str]:
    return [f"{part} {each}" for each in ids for part in NOTICE]


# What may come next on `told`, an entry of each kind.
NEXT = {
    "schema": ("", of("schema"), {"schema": VERSION + 1}),
    "accepted": ("release 2", of("accepted", 2), {}),
    "refused": ("release 2", of("refused", 2), {}),
    "run": ("run 2", of("run", 2, *both(9)), {"run_id": 2}),
    "written": ("notice 1", of("written", 1), {}),
    "renewed": ("notice 2", of("renewed", 2), {}),
    "approved": ("notice 2", ["standing 2 decided"], {}),
    "rejected": ("notice 2", ["standing 2 decided"], {}),
    "expired": ("notice 1", ["standing 1 decided"], {}),
    "withdrawn": ("run 1", of("withdrawn", 1, "notice 1", "standing 1 decided"), {"run_id": None}),
    "kept": ("", ["unpublished"], {}),
    "worded": ("wording 1", ["wording 1"], {}),
    "witnessed": ("entry 4", ["stamp 4"], {}),
    "dated": ("dated 2", of("dated", 2), {}),
    "undated": ("dated 1", of("undated", 1), {}),
    "retracted": ("release 1", of("retracted", 1), {}),
}


@pytest.fixture
def told() -> list[LedgerEntry]:
    """Release 1 accepted, 2 refused; run 1 and its notices: 1 due, 2 held, 3 approved."""
    made: list[LedgerEntry] = []
    for kind, subject, parts in (
        ("schema", "", of("schema")),
        ("accepted", "release 1", of("accepted", 1)),
        ("refused", "release 2", of("refused", 2)),
        ("run", "run 1", of("run", 1, *both(1, 2, 3))),
        ("written", "notice 2", ["notice 2", "standing 2 held"]),
        ("written", "notice 3", ["notice 3", "standing 3 held"]),
        ("approved", "notice 3", ["standing 3 decided"]),
        ("witnessed", "entry 4", ["signature 4"]),
        ("dated", "dated 1", of("dated", 1)),
    ):
        made.append(entry(made, kind, subject, *parts, **({"run_id": 1} if kind == "run" else {})))
    assert Statements(made).faults == []
    return made


def faults(entries: list[LedgerEntry], *added: LedgerEntry) -> list[str]:
    return [what for _, what in Statements([*entries, *added]).faults]


def test_there_is_a_rule_for_each_kind_and_a_kind_for_each_part():
    assert set(RULES) == set(get_args(EntryKind)) == set(NEXT)
    stated = {part for rule in RULES.values() for part in (*rule.own, *rule.record)}
    assert stated == set(PARTS)
    now = {part for part in PARTS if PARTS[part].stated_in(VERSION)}
    assert set(PARTS) - now == {"measure", "measures", "labels"}
    for rule in RULES.values():
        assert all(PARTS[part].of == "record" for part in rule.record)
        # What ends a run is stated of it by another kind than the run.
        assert {PARTS[part].of for part in rule.own} <= {rule.of}


@pytest.mark.parametrize("kind", NEXT)
def test_what_a_kind_may_state_is_lawful_and_no_part_more_or_less(told, kind):
    subject, parts, more = NEXT[kind]
    assert faults(told, entry(told, kind, subject, *parts, **more)) == []

    named = {each.split(" ")[0] for each in parts}
    for part, about in PARTS.items():
        strange = part if about.of == "record" else f"{part} 7"
        if strange not in parts and not (RULES[kind].partly and part in RULES[kind].record):
            said = faults(told, entry(told, kind, subject, *parts, strange, **more))
            assert said, (kind, strange)
        if part in named and not RULES[kind].partly:
            less = [each for each in parts if each.split(" ")[0] != part]
            said = faults(told, entry(told, kind, subject, *less, **more))
            assert any(each.startswith("does not state") for each in said), (kind, part)


@pytest.mark.parametrize(
    ("kind", "subject", "parts", "says"),
    [
        ("accepted", "release 1", of("accepted", 1), "cannot follow 'accepted'"),
        ("refused", "release 1", of("refused", 1), "cannot follow 'accepted'"),
        ("written", "notice 3", of("written", 3), "cannot follow 'approved'"),
        ("rejected", "notice 3", ["standing 3"], "cannot follow 'approved'"),
        ("approved", "notice 1", ["standing 1 decided"], "cannot follow 'run'"),
        ("approved", "notice 8", ["standing 8"], "is about what was not stated before"),
        ("run", "run 1", of("run", 1), "cannot follow 'run'"),
        ("schema", "", of("schema"), "states the tables again"),
        ("accepted", "run 1", of("accepted", 1), "is 'accepted' of 'run 1', which there is not"),
        ("accepted", "release 01", of("accepted", 1), "is 'accepted' of 'release 01'"),
        ("believed", "", [], "is 'believed' of ''"),
    ],
)
def test_what_is_final_or_nothing_s_business_is_named(told, kind, subject, parts, says):
    said = faults(told, entry(told, kind, subject, *parts))

    assert any(each.startswith(says) for each in said), said


def test_an_entry_that_states_nothing_is_named(told):
    parts = ", ".join(sorted(of("kept")))
    assert faults(told, entry(told, "kept", "")) == [f"does not state: {parts}"]
    assert faults(told, entry(told, "witnessed", "entry 4")) == [
        "does not state: commit 4, signature 4, stamp 4"
    ]


def test_a_proof_is_stated_once(told):
    again = entry(told, "witnessed", "entry 4", "signature 4")

    another = again._replace(parts=json.dumps({"signature 4": "another"}))
    assert faults(told, another) == ["changes what was final: signature 4"]


def test_an_entry_out_of_its_place_is_named(told):
    kept = entry(told, "kept", "", "unpublished")

    assert faults(told, kept._replace(id=kept.id + 1)) == [
        f"is not the one after entry {told[-1].id}"
    ]
    assert faults(told, kept._replace(schema=VERSION + 1)) == [
        "is of another version of the tables than the entry before"
    ]
    assert faults(told, kept._replace(run_id=7)) == ["names run 7 as the newest"]
    subject, parts, _ = NEXT["withdrawn"]
    withdrawn = entry(told, "withdrawn", subject, *parts, run_id=7)
    assert faults(told, withdrawn) == ["names run 7 as the newest"]
    assert faults(told[1:])[0] == "comes before the tables were stated"


def test_a_new_version_of_the_tables_changes_no_other_part(told):
    upgrade = entry(told, "schema", "", *of("schema"), schema=VERSION + 1)
    parts = json.loads(upgrade.parts)
    for part in of("schema"):
        changed = upgrade._replace(parts=json.dumps({**parts, part: "another"}))
        said = faults(told, changed)
        assert said == ([] if part == "schema" else [f"changes what was final: {part}"])


def test_a_notice_is_renewed_until_somebody_decides_and_final_then(told):
    renewed = entry(told, "renewed", "notice 2", "notice 2", "standing 2")
    written = entry([*told, renewed], "written", "notice 2", "notice 2", "standing 2 held")
    assert faults(told, renewed, written) == []
    text = {"notice 2": "another", "standing 2": open_row(2, "held")}
    rewritten = written._replace(parts=json.dumps(text))
    assert faults(told, renewed, rewritten) == []  # it was not decided yet

    stops = entry(told, "withdrawn", "run 1", *NEXT["withdrawn"][1], run_id=None)
    again = entry([*told, stops], "expired", "notice 1", "standing 1")
    assert faults(told, stops, again) == ["changes what was final: standing 1"]
    said = {**json.loads(stops.parts), "notice 1": "another text"}
    assert faults(told, stops._replace(parts=json.dumps(said))) == [
        "changes what was final: notice 1"
    ]


def test_a_notice_that_an_early_program_had_approved_is_final(told):
    first = told[0]
    parts = {**json.loads(first.parts), "notice 1": "text", "standing 1": "decided"}
    opening = first._replace(parts=json.dumps(parts))
    written = entry([opening], "written", "notice 1", "notice 1", "standing 1 held")

    assert faults([opening], written) == ["changes what was final: notice 1, standing 1"]
    parts["standing 1"] = open_row(1)
    assert faults([first._replace(parts=json.dumps(parts))], written) == []


def test_the_first_entry_states_what_earlier_programs_left_and_no_more(told):
    fine = ("flags 0", "forecasts 3", "release 1", "withdrawal 3")
    for part in (*fine, "forecasts 0", "signature 1", "figures 1", "anything"):
        parts = {**json.loads(told[0].parts), part: "rows"}
        said = faults([told[0]._replace(parts=json.dumps(parts))])
        strange = f"states what entries of its kind may not: {part}"
        assert said == ([] if part in fine else [strange])


def test_a_release_that_an_early_run_rested_on_is_final(told):
    parts = {**json.loads(told[0].parts), "release 1": "a file"}
    opening = told[0]._replace(parts=json.dumps(parts), run_id=3)
    accepted = entry([opening], "accepted", "release 1", *of("accepted", 1))

    assert Statements([opening, accepted], {1: 4}).faults == []
    for run_id in (2, 3):
        (fault,) = Statements([opening, accepted], {1: run_id}).faults
        assert fault == (accepted, "changes what was final: release 1")


# --- with the program's own means, on a record


@pytest.fixture
def path(by_hand: Path, tmp_path: Path) -> Path:
    """Notice 1 is approved, notice 2 due; an outsider saw the last entry; paths wait for a run."""
    made = Path(shutil.copy(by_hand, tmp_path / "bordercast.db"))
    with connect.writing(made) as db:
        notices.save_composed(db, 1, framed("o", "o", "c", "c"), [], None)
        assert notices.approve(db, 1, word("Ann", "ann", "all"), tiny_record.NOON)
    return made


@pytest.mark.parametrize("what", ATTACKS)
def test_an_edit_that_an_entry_states_is_named_and_nothing_is_shown(path, what):
    statements, (kind, subject, keys), says = ATTACKS[what]
    with connect.writing(path) as db, connect.transaction(db):
        assert integrity.findings(db) == []
        last = ledger.newest(db)
        for statement in statements:
            db.execute(statement)
        added = ledger.add(db, kind, subject, keys)
        found, at_sight = integrity.findings(db), integrity.at_sight(db)

    assert says in found
    assert says in at_sight
    assert any(line.startswith(f"entry {added.id} of the ledger") for line in at_sight)
    assert (last.id, added.previous) == (added.id - 1, last.digest)  # nothing older was touched


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ("insert into wordings values (9, 1, '', '{}', '{}')", "wording 9 is not in the ledger"),
        ("update runs set measure_id = 2 where id = 1", "run 1 was edited: runmeasure not as"),
        ("update releases set measure_id = 2", "release 1 was edited: releasemeasure not as"),
        ("update series set measure_id = 2 where id = 2", "series 2 (northern) was moved to "),
        (
            "insert into model_paths values ('x', 1, '2024-01', '', '[1]', '', null)",
            "unpublished: edited, but not by this program",
        ),
        (
            "insert into witness_proofs values ('git', 9, 1, 's', '2024', 'x', x'00', null)",
            "commit 9 is not in the ledger",
        ),
        ("delete from entries where id = (select max(id) from entries) - 1", "entry "),
        ("update entries set id = 99 where id = (select max(id) from entries)", "entry 99 of the"),
    ],
)
def test_an_edit_that_nothing_states_is_named(path, edit, says):
    with closing(sqlite3.connect(path)) as db:
        db.execute(edit)

        assert any(line.startswith(says) for line in integrity.at_sight(db))


@pytest.mark.parametrize("words", ["{", "{}", '{"kind": "x"}', "[]"])
def test_words_of_a_source_that_nothing_can_read_are_named_by_verify(path, words):
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("pragma ignore_check_constraints = on")
        db.execute("insert into wordings values (9, 1, '', ?, '{}')", (words,))

    answer = CliRunner().invoke(main, ["--db", str(path), "verify"])

    assert isinstance(answer.exception, SystemExit)
    assert answer.exit_code == 1
    assert "wording 9 is not in the ledger" in answer.output


def test_what_comes_later_is_lawful_and_listed(path):
    with closing(sqlite3.connect(path)) as db:
        (quoted,) = db.execute("select digest from runs where id = 2").fetchone()
    with connect.writing(path) as db:
        runs.publish(db, tiny_record.publication("2024-04-01T12:00", "2024-02", (1,)))
        notices.expire(db, tiny_record.NOON)
        runs.withdraw(db, 4, "a mistake", "Ann", tiny_record.NOON)
        assert integrity.findings(db) == []
        found = integrity.quoted(db, 2, quoted)

    assert [each for each in found.later if each[1] != "run 3"] == [
        ("written", "notice 1"),
        ("approved", "notice 1"),
        ("run", "run 4"),
        ("withdrawn", "run 4"),
    ]


def test_words_and_joined_labels_that_change_are_listed_with_what_was_before(path):
    with closing(sqlite3.connect(path)) as db:
        (quoted,) = db.execute("select digest from runs where id = 2").fetchone()
    words = {"kind": "cbp_encounters", "unit": "encounters"}
    with connect.writing(path) as db:
        measures.save_section(db, words, tiny_record.NOON)
        measures.save_section(db, words | {"unit": "pounds"}, tiny_record.NOON)
        measures.save_joins(db, {"state": {"NY": "VT"}}, tiny_record.NOON)

    answer = CliRunner().invoke(
        main, ["--db", str(path), "verify", "--run", "2", "--digest", quoted]
    )

    assert answer.exit_code == 0, answer.output
    on = "Since 2024-04-10T12:00:00+00:00"
    assert f"{on}, unit of measure 1 is 'pounds'; it was 'encounters'." in answer.output
    joined = "labels joined of measure 1 is {'state': {'NY': 'VT'}}; it was {}."
    assert f"{on}, {joined}" in answer.output


def test_two_measures_that_exchange_their_words_are_named_though_each_states_it(path):
    encounters, seizures = {"kind": "cbp_encounters"}, {"kind": "cbp_drug_events"}
    with connect.writing(path) as db:
        measures.save_section(db, encounters, tiny_record.NOON)
        measures.add(db, seizures, tiny_record.NOON)
        assert integrity.at_sight(db) == []
        measures.save_section(db, encounters, tiny_record.NOON)
        measures.scope(db, 1)
        measures.save_section(db, seizures, tiny_record.NOON)

        said = integrity.at_sight(db)

    final = "the name of a measure is final"
    assert said == [
        f"measure 2 was 'cbp_drug_events' and is called 'cbp_encounters' by wording 3; {final}",
        f"measure 1 was 'cbp_encounters' and is called 'cbp_drug_events' by wording 4; {final}",
    ]


# --- dates


DATED_BACK = "2023-12-05T12:00"


def publish_dated(path: Path, published: str, through: str, median: int) -> int:
    """A run of a date, with a forecast of January 2024 (50) and a judgement by itself."""
    ahead = max(months.to_index("2024-01") - months.to_index(through), 1)
    said = tiny_record.forecast(tiny_record.NORTH, through, ahead, median)
    with connect.writing(path) as db:
        made = tiny_record.publication(published, through, (1,), forecasts=(said,))
        return runs.publish(db, made)


def issued(path: Path) -> list[tuple[int, int]]:
    """(run, median) of what counts as issued before January 2024 was published."""
    query = "select run_id, median from forecast_vs_actual where basis = 'issued' and month = "
    return rows(
        path,
        f"{query} '2024-01' and border = 'northern' and dimension = '' and model = 'bordercast'",
    )


def test_a_run_dated_back_is_named_and_never_counts_as_issued_before(path):
    before = issued(path)
    run_id = publish_dated(path, DATED_BACK, "2023-11", 50)

    answer = CliRunner().invoke(main, ["--db", str(path), "verify"])

    assert answer.exit_code == 0, answer.output  # clocks err
    assert f"(run {run_id}) is dated 2023-12-05 12:00:00 UTC, earlier than what " in answer.output
    assert "nothing of it counts as issued before publication" in answer.output
    assert issued(path) == before != []
    with closing(connect.read(path)) as db:
        paths = inputs.issued_paths(db, "2020-01")
        assert run_id not in {each.run_id for by in paths.values() for each in by}
        assert rows(path, "select distinct run_id from backdated_runs") == [(run_id,)]
        hub = db.execute(queries.sql("issued_quantiles")).fetchall()
        totals = db.execute(queries.sql("issued_forecasts")).fetchall()
    assert all("2023-11" not in row for row in (*hub, *totals))


def test_a_run_of_an_old_cutoff_dated_today_counts_for_no_month_known_by_then(path):
    before = issued(path)
    publish_dated(path, "2024-04-11T12:00", "2023-11", 50)

    assert CliRunner().invoke(main, ["--db", str(path), "verify"]).exit_code == 0
    assert issued(path) == before


def test_judgements_by_a_run_dated_back_are_no_issued_forecasts(path):
    run_id = publish_dated(path, DATED_BACK, "2023-11", 50)
    judged = tiny_record.judged(tiny_record.SOUTH, "2023-12", run_id=run_id, cutoff="2023-11")
    with connect.writing(path) as db:
        said = tiny_record.publication("2024-04-11T12:00", "2024-02", (1,), judgements=(judged,))
        runs.publish(db, said)

    shown = rows(
        path, "select basis from judged_months where border = 'southwest' and month = '2023-12'"
    )
    answer = CliRunner().invoke(main, ["--db", str(path), "verify"])

    assert shown == [("hindcast",)]
    assert f"was judged by run {run_id} of 2023-12-05, which is wrong, as issued" in answer.output


def test_a_record_whose_clock_went_back_once_passes_and_only_that_entry_is_named(path):
    back = publish_dated(path, "2024-04-09T10:00", "2024-02", 50)
    after = publish_dated(path, "2024-04-12T10:00", "2024-02", 50)

    answer = CliRunner().invoke(main, ["--db", str(path), "verify"])

    assert answer.exit_code == 0
    (line,) = [line for line in answer.output.splitlines() if "is dated" in line]
    assert f"(run {back})" in line
    assert rows(path, "select distinct run_id from backdated_runs") == [(back,)]
    assert rows(path, "select run_id from scoped_counted") == [(1,), (2,), (after,)]


def test_a_run_without_a_date_that_can_be_read_counts_for_nothing(path):
    run_id = publish_dated(path, "early", "2023-11", 50)

    assert rows(path, "select distinct run_id from backdated_runs") == [(run_id,)]


def test_a_run_of_a_clock_that_was_ahead_is_named_and_a_stamp_sets_it_right(path):
    ahead = publish_dated(path, "2048-03-07T10:00", "2024-02", 50)
    said = CliRunner().invoke(main, ["--db", str(path), "verify"])
    assert said.exit_code == 0
    assert f"run {ahead} is dated 2048-03-07 10:00:00 UTC, but it is 20" in said.output
    with connect.writing(path) as db:
        last = ledger.newest(db).id
        witnesses.save(
            db, WitnessProof("time stamp", last, ahead, "s", "2024-04-12T10:00:05+00:00", "x", b"")
        )
    after = publish_dated(path, "2024-04-13T10:00", "2024-02", 50)

    assert rows(path, "select distinct run_id from backdated_runs") == []
    assert (after,) in rows(path, "select run_id from scoped_counted")
    again = CliRunner().invoke(main, ["--db", str(path), "verify"])
    assert (
        f"(run {ahead}) is dated 2048-03-07 10:00:00 UTC, but an outsider had seen" in again.output
    )


def test_a_commit_dated_back_is_named_and_nothing_counts_as_seen_before(path):
    run_id = publish_dated(path, "2024-04-12T10:00", "2023-11", 50)
    with connect.writing(path) as db:
        last = ledger.newest(db).id
        witnesses.save(
            db, WitnessProof("git", last, run_id, "s", "2023-12-05T12:00:00+00:00", "x", b"")
        )
        seen = witnesses.sightings(db)

    answer = CliRunner().invoke(main, ["--db", str(path), "verify"])

    assert answer.exit_code == 0, answer.output
    assert f"(entry {last}) is dated 2023-12-05 12:00:00 UTC, earlier than" in answer.output
    assert {row.days_before for row in seen} == {None}
    assert rows(
        path, "select distinct days_before from witnesses where witness <> 'time stamp'"
    ) == [(None,)]


# --- tables, views, indexes and triggers


def made() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:")
    db.deserialize(schema.empty())
    return db


with closing(made()) as _db:
    OBJECTS = _db.execute(
        "select type, name, sql from sqlite_master where sql is not null order by 1, 2"
    ).fetchall()


@pytest.mark.parametrize(("kind", "name", "sql"), OBJECTS, ids=[name for _, name, _ in OBJECTS])
def test_each_table_view_and_index_is_compared_with_what_makes_it(kind, name, sql):
    with closing(made()) as db:
        assert list(schema.findings(db, VERSION)) == []
        db.execute("pragma writable_schema = on")
        changed = sql.replace("select", "select distinct", 1) if kind == "view" else f"{sql} /**/ x"
        db.execute("update sqlite_master set sql = ? where name = ?", (changed, name))
        assert f"{kind} {name} was changed, but not by this program" in list(
            schema.findings(db, VERSION)
        )
        db.execute("delete from sqlite_master where name = ?", (name,))
        assert f"{kind} {name} was removed, but not by this program" in list(
            schema.findings(db, VERSION)
        )


@pytest.mark.parametrize("name", [name for kind, name, _ in OBJECTS if kind == "table"])
def test_a_column_or_trigger_that_is_added_to_a_table_is_named(name):
    with closing(made()) as db:
        db.execute(f"alter table {name} add column extra text")
        db.execute(f"create trigger t after insert on {name} begin select 1; end")

        assert list(schema.findings(db, VERSION)) == [
            f"column {name}.extra was added, but not by this program",
            f"table {name} was changed, but not by this program",
            "trigger t was added, but not by this program",
        ]


def test_how_a_statement_is_typed_does_not_matter():
    with closing(made()) as db:
        (sql,) = db.execute("select sql from sqlite_master where name = 'latest_run'").fetchone()
        db.execute("drop view latest_run")
        typed = sql.replace("\n", "  \n\t").replace("from runs", 'FROM "runs" -- all\n')
        db.execute(typed)

        assert typed != sql
        assert list(schema.findings(db, VERSION)) == []
