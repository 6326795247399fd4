"""Dated statements: beside releases, never in their place, digested, withdrawn with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast.errors import DataError
from forecast.store import connect, dated, history, integrity, ledger, releases
from forecast.types import DatedValue, SeriesKey
from tests.support import tiny_record
from tests.support.tiny_record import NORTH

NOW = "2025-01-01T00:00:00+00:00"
NOWHERE = SeriesKey("northern", "citizenship", "ATLANTIS")


def value(count: int, known_by: str, month: str = "2024-01", **more: object) -> DatedValue:
    of = {"series": NORTH, "first": month, "last": month, "rounding": 1, "source": "a release"}
    return DatedValue(**{**of, "count": count, "known_by": known_by, **more})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """January is 120 in a release seen in late February, and 123 in one seen in April."""
    path = tmp_path / "record.db"
    with connect.writing(path) as db:
        for count, seen in ((120, "2024-02-28"), (123, "2024-04-20")):
            of = tiny_record.release(
                f"r{count}", "2024-01", step=count, first_seen_at=seen, first_seen_precision="day"
            )
            with connect.transaction(db):
                releases.save_snapshot(db, tiny_record.stated(of, {NORTH: {"2024-01": count}}))
    return path


def add(path: Path, *values: DatedValue, name: str = "said.csv") -> int:
    with connect.writing(path) as db:
        return dated.add(db, values, name, NOW)


def had(path: Path) -> list[tuple[int, str, str | None]]:
    """The values January has had: count, since when, until when."""
    with connect.writing(path) as db:
        return [
            tuple(row)
            for row in db.execute(
                "select encounters, known_from, known_until from series_vintages "
                "where border = 'northern' and dimension = '' order by known_from"
            )
        ]


def test_a_dated_value_is_among_the_values_that_the_month_has_had(path):
    add(path, value(118, "2024-02-20"), value(121, "2024-03-15"))

    assert had(path) == [
        (118, "2024-02-20", "2024-02-28"),
        (120, "2024-02-28", "2024-03-15"),
        (121, "2024-03-15", "2024-04-20"),
        (123, "2024-04-20", None),
    ]


def test_one_that_says_what_stood_then_changes_nothing(path):
    before = had(path)

    add(path, value(120, "2024-03-15"))

    assert had(path) == before


def test_what_is_current_and_what_a_run_reads_are_the_releases_alone(path):
    with connect.writing(path) as db:
        before = releases.current_counts(db)
    add(path, value(999, "2024-05-01"), value(7, "2024-03-01", "2024-02"))

    with connect.writing(path) as db:
        assert releases.current_counts(db) == before
        assert db.execute("select count(*) from releases").fetchone() == (2,)


def test_the_counts_of_a_day_are_those_that_were_known_then(path):
    add(path, value(118, "2024-02-20"))

    with connect.writing(path) as db:
        then = releases.as_of(db, "2024-02-21")
    assert then[NORTH]["2024-01"]["value"] == 118


def test_a_month_is_known_at_the_latest_by_the_first_dated_value(path):
    with connect.writing(path) as db:
        assert history.known_days(db)(NORTH.scope, "2024-01") == "2024-02-28"
    add(path, value(118, "2024-02-20"))

    # It may have been public earlier, but not before the month was over.
    with connect.writing(path) as db:
        assert history.known_days(db)(NORTH.scope, "2024-01") == "2024-02-01"


def test_rounded_ones_sums_and_unknown_series_are_kept_but_are_no_value_of_a_month(path):
    before = had(path)
    rounded = value(100, "2024-02-20", rounding=100)
    together = value(300, "2024-04-30", last="2024-03")
    strange = value(5, "2024-02-20", series=NOWHERE)

    assert add(path, rounded, together, strange) == 3

    with connect.writing(path) as db:
        assert set(dated.standing(db)) == {rounded, together, strange}
    assert had(path) == before


def test_what_is_on_record_is_not_added_again(path):
    first = [value(118, "2024-02-20"), value(121, "2024-03-15")]
    assert add(path, *first) == 2
    assert add(path, *first, value(122, "2024-03-16"), name="more.csv") == 1
    assert add(path, *first, name="again.csv") == 0

    with connect.writing(path) as db:
        assert [row.name for row in dated.batches(db)] == ["said.csv", "more.csv"]


@pytest.mark.parametrize("together", [True, False])
def test_two_counts_by_one_day_are_refused_and_named(path, together):
    one, other = value(118, "2024-02-20"), value(119, "2024-02-20", source="a newspaper")
    if not together:
        add(path, one)
    with pytest.raises(DataError, match=r"118 by 2024-02-20 \(a release\).*119.*a newspaper"):
        add(path, *([one] * together), other)

    with connect.writing(path) as db:
        assert list(dated.standing(db)) == [one] * (not together)


def test_a_rounded_one_beside_the_exact_one_is_no_conflict(path):
    assert add(path, value(118, "2024-02-20"), value(120, "2024-02-20", rounding=10)) == 1
    with pytest.raises(DataError, match="two counts"):
        add(path, value(130, "2024-02-20", rounding=10))


def test_what_is_withdrawn_is_no_value_any_more_but_stays_on_record(path):
    before = had(path)
    add(path, value(118, "2024-02-20"))
    with connect.writing(path) as db:
        assert dated.withdraw(db, 1, "the day was misread", NOW) == "said.csv"
        with pytest.raises(DataError, match="batch 1 was withdrawn 2025-01-01"):
            dated.withdraw(db, 1, "again", NOW)
        with pytest.raises(DataError, match="no batch 2"):
            dated.withdraw(db, 2, "no such", NOW)
        (batch,) = dated.batches(db)

    assert had(path) == before
    assert (batch.lines, batch.reason) == (1, "the day was misread")


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ("update dated_lines set encounters = 1", "dated 1 was edited: dated not as published"),
        ("update dated_lines set known_by = '2024-01-31'", "dated 1 was edited: dated"),
        ("delete from dated_lines", "dated 1 was edited: dated"),
        ("update dated_withdrawals set reason = 'x'", "dated 1 was edited: undated"),
        ("delete from dated_withdrawals", "dated 1 was edited: undated"),
        ("insert into dated_batches values (9, 1, 'x', 'x', 'x')", "dated 9 is not in the ledger"),
        ("insert into dated_withdrawals values (2, 'x', 'x')", "undated 2 is not in the ledger"),
    ],
)
def test_an_edit_is_named_by_verify(path, edit, says):
    add(path, value(118, "2024-02-20"))
    add(path, value(121, "2024-03-15"), name="more.csv")
    with connect.writing(path) as db:
        dated.withdraw(db, 1, "misread", NOW)
        assert integrity.findings(db) == []

        db.execute(edit)

        found = integrity.findings(db)
    assert any(line.startswith(says) for line in found), found


def test_neither_a_statement_nor_its_withdrawal_can_be_stated_anew(path):
    add(path, value(118, "2024-02-20"))
    with connect.writing(path) as db, connect.transaction(db):
        db.execute("update dated_lines set encounters = 117")
        added = ledger.add(db, "dated", "dated 1", [("dated", 1)])

        found = integrity.findings(db)
    assert f"entry {added.id} of the ledger (dated 1) cannot follow 'dated'" in found
    assert any("dated 1 was edited" in line for line in found)
