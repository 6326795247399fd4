"""What a run gives occasion to tell, and what it does not, on a record whose every row is known."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sqlite3 import Connection

import pytest

from forecast import months
from forecast.config import Config
from forecast.judge.judging import Findings as Judged
from forecast.store import connect, inputs, notices, runs
from forecast.store.connect import transaction
from forecast.store.notices import Section
from forecast.types import Episode, NoticeIntent
from jobs.deliver import intents
from jobs.deliver.intents import LOOKED_BACK, STALE, false_now, notice_intents, taken_back
from tests.support.cbp_files import ENCOUNTERS
from tests.support.notice_words import framed, word
from tests.support.tiny_record import NEW_YORK, NOON, NORTH, OCCASIONS, SOUTH, flag, judged

JANUARY, FEBRUARY = "2024-01", "2024-02"
NOW = datetime(2024, 2, 20, 12, tzinfo=UTC)
COUNTS = {
    NORTH: {"2023-12": 110, JANUARY: 50},
    SOUTH: {"2023-12": 220, JANUARY: 400},
    NEW_YORK: {"2023-12": 60, JANUARY: 20, FEBRUARY: 30},  # which no total has yet
}
MAIL = {"sender": "Bordercast <notices@example.org>"}
NEWS = judged(NORTH, JANUARY)


@pytest.fixture
def db(by_hand: Path, tmp_path: Path) -> Iterator[Connection]:
    """A copy to write to, in which no episode is open."""
    with connect.writing(Path(shutil.copy(by_hand, tmp_path / "bordercast.db"))) as db:
        db.execute("pragma foreign_keys = off")
        db.execute("delete from episodes")
        yield db


def told(db: Connection, found: Judged, counts=COUNTS, now=NOW, *, quiet: bool = True) -> list:
    config = Config.model_validate({"mail": MAIL, "notices": {"quiet_months": quiet}})
    record = replace(inputs.read(db), counts=counts)
    return list(notice_intents(record, config, found, now, ENCOUNTERS))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# --- news


def test_news_of_a_month_are_known_by_the_month_and_its_borders_not_by_the_run(db):
    south = replace(judged(SOUTH, JANUARY), release_id=2)
    db.execute("update releases set seq = 1 where status = 'quarantined'")

    (one,) = told(db, Judged([south, NEWS]))
    (again,) = told(db, Judged([NEWS, south], [flag(NORTH, JANUARY, 0.5)]))

    key = digest("news|2024-01|northern,southwest")
    assert one == NoticeIntent("quiet", JANUARY, 2, key, f"<{key[:32]}@example.org>")
    assert again == replace(one, kind="flags")


@pytest.mark.parametrize(
    "judgement",
    [
        judged(NEW_YORK, JANUARY),
        judged(NORTH, "2023-12"),
        judged(NORTH, FEBRUARY),
        judged(NORTH, JANUARY, "hindcast"),
        judged(NORTH, JANUARY, "none"),
        replace(NEWS, release_id=3),  # a vintage
        replace(NEWS, release_id=2),  # another file of its month was refused
    ],
)
def test_what_is_no_news_of_a_border_s_newest_month_is_not_told(db, judgement):
    db.execute(
        "update releases set seq = seq + 1000 where id = 2 and ? <> 2", (judgement.release_id,)
    )

    assert told(db, Judged([judgement])) == []


def test_embedded_figures_are_no_news(db):
    assert len(told(db, Judged([NEWS]))) == 1
    db.execute("update releases set kind = 'bundle' where id = 1")
    assert told(db, Judged([NEWS])) == []


@pytest.mark.parametrize(("late", "many"), [(0, 1), (1, 0)])
def test_figures_of_two_months_ago_are_stale(db, late, many):
    day = months.end(JANUARY) + STALE + timedelta(days=late)

    found = told(db, Judged([NEWS]), now=datetime(day.year, day.month, day.day, tzinfo=UTC))

    assert len(found) == many
    assert timedelta(days=62) == STALE


def ended(state: str, key=NORTH, closed: str = JANUARY) -> Episode:
    return Episode(key, "2023-11", 1, 1.0, "2023-10", (7.0,), (0.2,), 3.0, False, state, closed)


@pytest.mark.parametrize(
    ("flags", "episodes", "kind", "otherwise"),
    [
        ([], [], "quiet", None),
        ([flag(NORTH, JANUARY, 0.5)], [], "flags", "flags"),
        ([flag(NORTH, JANUARY, 0.5, kind="drift")], [], "flags", "flags"),
        ([flag(NORTH, JANUARY, 0.5, kind="revision")], [], "quiet", None),
        ([flag(NORTH, JANUARY, 0.5, severity="watch")], [], "quiet", None),
        ([flag(NORTH, "2023-12", 0.5)], [], "quiet", None),
        ([flag(NORTH, FEBRUARY, 0.5)], [], "quiet", None),
        ([flag(SOUTH, JANUARY, 0.5)], [], "quiet", "digest"),
        ([], [ended("level shift")], "flags", "flags"),
        ([], [ended("level shift", closed="2023-12")], "quiet", None),
        ([], [ended("level shift", closed=FEBRUARY)], "quiet", None),
        ([], [ended("transient")], "quiet", None),
        ([], [ended("open")], "quiet", None),
        ([], [ended("level shift", SOUTH)], "quiet", None),
    ],
)
def test_what_kind_of_news_a_month_is(db, flags, episodes, kind, otherwise):
    """`otherwise`: where quiet months are not told of."""
    found = Judged([NEWS], flags, episodes)

    assert [o.kind for o in told(db, found)] == [kind]
    assert [o.kind for o in told(db, found, quiet=False)] == ([otherwise] if otherwise else [])


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        ("opened = '2024-01'", ["digest"]),
        ("opened = '2024-02'", []),
        ("state = 'transient', closed = '2024-01'", []),
    ],
)
def test_an_episode_that_is_still_open_stands_in_digests(by_hand, tmp_path, change, kinds):
    with connect.writing(Path(shutil.copy(by_hand, tmp_path / "bordercast.db"))) as db:
        db.execute("pragma foreign_keys = off")
        north = "(select id from series where border = 'northern' and dimension = '')"
        db.execute(f"delete from episodes where series_id <> {north}")
        db.execute(f"update episodes set {change}")

        found = told(db, Judged([NEWS]), quiet=False)

    assert [o.kind for o in found] == kinds


# --- corrections


def says(encounters: int, part="finding", border="northern") -> Section:
    """That January had so many; a revision by more than 50 and .5 % makes it false."""
    stated = {"month": JANUARY, "encounters": encounters, "bounds": None, "compared": {}}
    statement = json.dumps(stated | {"extreme": [None, None]})
    return Section(border, part, "fell", "text", "<p>text</p>", statement)


def wrote(db: Connection, notice_id: int, *sections: Section, approved: bool = True) -> None:
    frame = framed("Dear", "<p>Dear", "Bye", "Bye</p>")
    moment = "2024-03-26T12:00:00+00:00" if approved else None
    assert notices.save_composed(db, notice_id, frame, sections, moment)


def later(db: Connection, **changed: object) -> int:
    """A notice that follows the first."""
    occasion = replace(OCCASIONS[0], kind="correction", content_key="later", corrects=1, **changed)
    with transaction(db):
        (made,) = runs.save_due(db, 2, "2024-04-01", [occasion])
    return made


def corrected(db: Connection, counts=COUNTS) -> list[int]:
    return [o.corrects for o in told(db, Judged(), counts)]


def test_a_notice_that_a_revision_made_false_is_corrected(db):
    wrote(db, 1, says(50), says(900, "digest", "southwest"))
    wrote(db, 2, says(400, border="southwest"))
    ((sha256,),) = db.execute("select sha256 from releases where id = 2").fetchall()

    assert corrected(db) == []  # digests state nothing that is corrected
    (found,) = told(db, Judged(), {**COUNTS, NORTH: {JANUARY: 200}})

    key = digest(f"correction|one|{sha256}")
    message = f"<{key[:32]}@example.org>"
    assert found == NoticeIntent("correction", JANUARY, 2, key, message, 1)
    assert corrected(db, {**COUNTS, SOUTH: {JANUARY: 1}}) == [2]
    assert corrected(db, {NORTH: {JANUARY: 200}, SOUTH: {JANUARY: 1}}) == [1, 2]


def test_only_what_went_out_is_corrected(db):
    wrote(db, 1, says(500), approved=False)
    wrote(db, 2, says(500))

    assert corrected(db) == [2]
    assert notices.approve(db, 1, word("Ann", "root", "seen"), NOON)
    assert corrected(db) == [1, 2]


@pytest.mark.parametrize(("ahead", "found"), [(LOOKED_BACK, [1]), (LOOKED_BACK + 1, [])])
def test_a_notice_is_corrected_for_a_year_and_a_half(db, ahead, found):
    wrote(db, 1, says(500))
    newest = months.shift(JANUARY, ahead)

    assert corrected(db, {NORTH: {JANUARY: 50, newest: 7}}) == found
    assert LOOKED_BACK == 18


def test_what_was_corrected_stands_as_corrected(db):
    wrote(db, 1, says(500))
    assert corrected(db) == [1]
    wrote(db, later(db), says(50), approved=False)
    assert corrected(db) == []  # as it will stand
    assert corrected(db, {NORTH: {JANUARY: 500}}) == [1]  # back where it was, but told otherwise


@pytest.mark.parametrize(
    ("state", "found"),
    [("due", [2]), ("held", [2]), ("approved", [2]), ("rejected", [1, 2]), ("expired", [1, 2])],
)
def test_a_notice_that_is_taken_back_is_corrected_no_more(db, state, found):
    for notice_id in (1, 2):
        wrote(db, notice_id, says(500))
    made = later(db, withdraws=2)
    if state == "approved":
        wrote(db, made, says(500))
    else:
        db.execute("update notices set state = ? where id = ?", (state, made))

    assert corrected(db) == found


def test_a_run_that_is_withdrawn_is_told_in_each_thread_it_spoke_in(db):
    for notice_id in (1, 2):
        wrote(db, notice_id, says(50))
    correction = later(db, month=FEBRUARY)
    wrote(db, correction, says(50))
    config = Config.model_validate({"mail": MAIL})
    sent = [notices.one(db, n) for n in (correction, 2)]

    one, two = taken_back(db, config, 7, sent)

    key = digest("withdrawal|7|one")
    assert one == NoticeIntent(
        "correction", JANUARY, 2, key, f"<{key[:32]}@example.org>", corrects=1, withdraws=7
    )
    assert (two.corrects, two.month, two.content_key) == (2, FEBRUARY, digest("withdrawal|7|two"))
    assert list(taken_back(db, config, 7, [])) == []


def test_of_a_border_the_last_word_on_it_counts(db):
    wrote(db, 1, says(50), says(900, border="southwest"), says(9, "digest", "other"))
    wrote(db, 2, says(400, border="southwest"))
    chain = [notices.statements(db, notice.id) for notice in notices.every(db)]

    assert false_now(chain, COUNTS, ENCOUNTERS) == {"northern": [], "southwest": []}
    first = false_now(chain[:1], COUNTS, ENCOUNTERS)
    assert first["southwest"] == [("count", ("2024-01", 900), 400)]
    assert false_now(chain[:1], {}, ENCOUNTERS) == {"northern": [], "southwest": []}
    assert intents._UNDER_WAY == ("due", "held", "approved")
