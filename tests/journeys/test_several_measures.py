"""A record of three measures: each answers as its own record would, and none is mixed up."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import pytest
from click.testing import CliRunner

import forecast
from forecast.config import Config
from forecast.context import Context
from forecast.desk import yearly
from forecast.store import (
    connect,
    copies,
    deliveries,
    integrity,
    measures,
    notices,
    ops,
    queries,
    read,
    runs,
)
from forecast.store.notices import Notice, Section
from forecast.types import NoticeIntent
from jobs import monthly, site
from jobs.cli import main
from jobs.deliver import letter, outbox
from jobs.service import wakeup
from jobs.service import yearly as of_year
from jobs.web import children
from jobs.web.worker import CHECK, OF_TEXTS, QueryServer
from tests.support import arriving, drug_files, own_counts
from tests.support.databases import edit, rows
from tests.support.publisher import file_bytes, file_name
from tests.support.site_visitor import PATIENT

NOW = datetime(2026, 5, 18, 12, tzinfo=UTC)
SOURCES = {
    "encounters": {"kind": "cbp_encounters"},
    "seizures": {"kind": "cbp_drug_events"},
    "visits": {
        "kind": "counts",
        "name": "visits",
        "path": "deliveries",
        "noun": "visits",
        "one": "clinic",
        "many": "clinics",
        "year_begins": 1,
    },
}
SERIES = {"encounters": "northern", "seizures": "northern", "visits": "Clinic 1"}
ENCOUNTERS = file_name("2026-03", first=2021)


def settings(*names: str) -> Config:
    return Config.model_validate(
        {
            "forecast": {"models": ("naive",), "dimensions": (), "first_cutoff": "2026-01"},
            "compute": {"engine": "serial"},
            "sources": tuple(SOURCES[name] for name in names),
        }
    )


def made(folder: Path, *names: str, first: str = "") -> Path:
    """A record of these measures, of files that are named; one of `first` alone before, if any."""
    folder.mkdir()
    own_counts.deliver(folder / "deliveries" / "2023-12.csv", own_counts.clinics(), own_counts.HELD)
    files = {
        "encounters": (ENCOUNTERS, file_bytes("2026-03", first=2021)),
        "seizures": (drug_files.NAME, drug_files.content(drug_files.lines())),
    }
    for name, content in files.values():
        (folder / name).write_bytes(content)
    path = folder / "bordercast.db"
    for sources in ((first,), names) if first else (names,):
        named = [folder / files[one][0] for one in sources if one in files]
        about = arriving.opened(path, settings(*sources))
        monthly.run(about, named, now=NOW, with_bundle=False)
    return path


@pytest.fixture(scope="module")
def records(session_artifact):
    """Name -> a record of one measure; "all" -> one of encounters that gained the others."""

    def make(folder: Path) -> None:
        for name in SOURCES:
            made(folder / name, name)
        made(folder / "all", *SOURCES, first="encounters")

    folder = session_artifact("several_measures", make)
    return {name: folder / name / "bordercast.db" for name in (*SOURCES, "all")}


def views(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Every view's rows, without the ids and digests of runs and flags, which are the record's."""
    names = connection.execute(
        "select name from main.sqlite_master where type = 'view' and name not like 'scope%' "
        "and name not in ('latest_run', 'witnesses', 'current_observations', 'measure', "
        "'misdated_entries', 'backdated_runs') order by 1"
    ).fetchall()
    found = {}
    for (name,) in names:
        cursor = connection.execute(f"select * from {name}")
        kept = [
            place
            for place, column in enumerate(cursor.description)
            if not column[0].endswith(("run_id", "flag_id", "release_id", "place"))
        ]
        found[name] = sorted(repr([row[place] for place in kept]) for row in cursor)
    return found


@pytest.mark.parametrize("name", SOURCES)
def test_each_measure_of_a_record_says_what_its_own_record_says(records, name):
    with closing(connect.read(records[name])) as connection:
        alone = views(connection)
    with closing(connect.read(records["all"])) as connection:
        measures.scope(connection, list(SOURCES).index(name) + 1)
        together = views(connection)

    assert alone["border_months"]
    assert together == alone


def test_a_record_of_three_measures_is_whole_and_shows_its_first(records):
    with closing(connect.read(records["all"])) as connection:
        assert integrity.findings(connection) == []
        first = views(connection)
    with closing(connect.read(records["encounters"])) as connection:
        assert views(connection) == first


@pytest.mark.parametrize("name", SOURCES)
def test_python_reads_each_measure_beside_the_others(records, name):
    every = forecast.open(records["all"])
    mine, alone = every.measure(name), forecast.open(records[name])

    assert every.measures == list(SOURCES)
    assert mine.latest(SERIES[name]).equals(alone.latest(SERIES[name]))
    assert mine.chance(SERIES[name], "next 12 months", ">100") == alone.chance(
        SERIES[name], "next 12 months", ">100"
    )


def bordercast(path: Path, *words: str):
    return CliRunner().invoke(main, ["--db", str(path), *words])


@pytest.mark.parametrize("name", SOURCES)
def test_a_command_is_about_the_measure_that_it_names(records, name):
    asked = bordercast(records["all"], "--measure", name, "show", SERIES[name], "--json")
    prefixed = bordercast(records["all"], "show", f"{name}:{SERIES[name]}", "--json")
    alone = bordercast(records[name], "show", SERIES[name], "--json")

    assert asked.exit_code == alone.exit_code == 0, asked.output
    assert prefixed.output == asked.output
    found, expected = json.loads(asked.output), json.loads(alone.output)
    for told in (found, expected):
        del told["run"], told["digest"]
    assert re.sub(r'"run_id": \d+', "", json.dumps(found)) == re.sub(
        r'"run_id": \d+', "", json.dumps(expected)
    )


def test_in_a_record_of_one_measure_its_noun_before_a_colon_is_part_of_a_name(records):
    """Nothing is to be chosen there, and a series of somebody's own may be called so."""
    refused = bordercast(records["encounters"], "show", "encounters:northern")

    assert refused.exit_code == 2
    assert "encounters:northern" in refused.output


def test_a_measure_that_the_record_has_not_is_refused_with_those_it_has(records):
    refused = bordercast(records["all"], "--measure", "pounds", "show")

    assert refused.exit_code == 2
    assert "the record holds encounters, seizures, visits" in refused.output


def test_settings_without_the_record_s_own_measure_are_refused(records):
    with pytest.raises(Exception, match="is a record of 'cbp_encounters', not of 'visits'"):
        Context.open(records["all"], settings("visits"))


def test_a_second_run_finds_nothing_new_in_any_measure(records, tmp_path):
    path = tmp_path / "bordercast.db"
    shutil.copytree(records["all"].with_name("deliveries"), tmp_path / "deliveries")
    with closing(connect.read(records["all"])) as connection:
        connection.execute("vacuum into ?", (str(path),))

    done = monthly.run(Context.open(path, settings(*SOURCES)), now=NOW, with_bundle=False)

    assert done.run_id is None


@pytest.mark.slow
def test_a_wake_brings_a_file_into_every_measure_that_it_states(tmp_path):
    """Seizures and pounds stand in one file, which leaves the inbox once both have it."""
    path, inbox = tmp_path / "bordercast.db", tmp_path / "inbox"
    inbox.mkdir()
    for name, content in (
        (ENCOUNTERS, file_bytes("2026-03", first=2021)),
        (drug_files.NAME, drug_files.content(drug_files.lines())),
    ):
        (inbox / name).write_bytes(content)
        os.utime(inbox / name, (0, 0))
    config = settings("encounters", "seizures").model_dump()
    config["sources"] = (*config["sources"], {"kind": "cbp_drug_pounds"})

    done = wakeup.wake(Context.open(path, Config.model_validate(config)), NOW, with_bundle=False)

    assert done.outcome == "published", done
    assert list(inbox.iterdir()) == []
    every = forecast.open(path)
    assert every.measures == ["encounters", "seizures", "pounds"]
    for name in every.measures:
        assert len(every.measure(name).latest("northern")) == 12
    with closing(connect.read(path)) as connection:
        assert integrity.findings(connection) == []


@pytest.mark.slow
def test_each_measure_has_pages_that_lead_to_the_others(records, tmp_path):
    context = Context.open(records["all"], settings(*SOURCES))
    with connect.moment(records["all"]) as connection:
        site.build(connection, context, tmp_path, NOW.date())

    places = {"encounters": "", "seizures": "seizures/", "visits": "visits/"}
    for name, place in places.items():
        page = (tmp_path / place / "index.html").read_text("utf-8")
        links = re.findall(r'<a href="([^"]+)"[^>]*>(Encounters|Seizures|Visits)</a>', page)
        found = {words: (tmp_path / place / href).resolve() for href, words in links}
        assert found == {
            words.capitalize(): (tmp_path / to / "index.html").resolve()
            for words, to in places.items()
        }, name
    assert "visits" not in (tmp_path / "seizures" / "index.html").read_text(
        "utf-8"
    ).lower().replace("../visits/index.html", "").replace(">visits<", "")


def test_a_number_of_any_measure_is_found(records):
    with closing(connect.read(records["seizures"])) as connection:
        (count,) = connection.execute(
            "select encounters from border_months where border = 'nationwide' "
            "order by month desc limit 1"
        ).fetchone()

    found = bordercast(records["all"], "fact", str(count))

    assert found.exit_code == 0, found.output
    assert "seizures" in found.output


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("fentanyl at the northern border in March 2026", ["seizures"]),
        ("the southwest border in March 2026", ["encounters", "seizures"]),
        ("encounters at the southwest border in March 2026", ["encounters"]),
        ("Clinic 1 visits in March 2023", ["visits"]),
    ],
)
def test_a_sentence_is_answered_by_each_measure_that_knows_its_words(records, text, counted):
    found = bordercast(records["all"], "fact", text, "--json")

    assert found.exit_code == 0, found.output
    answers = json.loads(found.output)["answers"]
    assert [answer["counted"] for answer in answers] == counted
    shown = bordercast(records["all"], "fact", text).output
    assert all(f"{answer['count']:,} " in shown for answer in answers)


def test_a_sentence_with_a_number_is_judged_by_the_measure_it_is_about(records):
    count = bordercast(records["all"], "fact", "fentanyl nationwide in March 2026", "--json")
    right = json.loads(count.output)["answers"][0]["count"]

    def judged(number: int):
        text = f"CBP made {number:,} fentanyl seizures nationwide in March 2026."
        return bordercast(records["all"], "fact", text)

    assert (judged(right).exit_code, judged(right * 2).exit_code) == (0, 1)
    assert "Right" in judged(right).output


def test_a_sentence_that_nobody_understands_is_refused(records):
    refused = bordercast(records["all"], "fact", "lettuce in March 2026")

    assert refused.exit_code == 2
    assert "'lettuce': no series, month or question of this record" in refused.output


def test_the_page_s_box_holds_a_text_against_every_measure_it_can_be_about(records, tmp_path):
    """As `web` starts it: on the analysts' copy, whose file it holds open."""
    copy = tmp_path / "copy.db"
    copies.copy(records["all"], copy, copies.READ_ONLY)
    fentanyl = "CBP made 8 fentanyl seizures at the northern border in March 2026."
    with closing(connect.read(records["all"])) as connection:
        (count,) = connection.execute(
            "select encounters from border_months where border = 'northern' and month = '2026-03'"
        ).fetchone()
    crossed = f"There were {count:,} encounters at the northern border in March 2026."

    async def asked() -> list[str]:
        server = QueryServer(copy, PATIENT, CHECK, OF_TEXTS)
        scope = {"raw_path": b"/", "query_string": b"", "headers": [], "scheme": "http"}
        try:
            texts = (f"{crossed} {fentanyl}", f"{count:,}")
            said = [(await server.ask(scope, text)).body.decode() for text in texts]
            query = {"query_string": b"first=northern&second=2026-03&third=2026-02"}
            for path in (b"/", b"/seizures"):
                said.append((await server.ask({**scope, "raw_path": path, **query})).body.decode())
            return said
        finally:
            await server.close()

    text, number, *compared = asyncio.run(asked())

    assert re.findall(r'<mark class="(\w+)"', text) == ["right", "not_understood"]
    assert "another measure" not in text
    # Two months of a series of the measure whose page it is.
    assert f"2026-03: {count:,}." in compared[0]
    assert "2026-03: " in compared[1]
    assert f"2026-03: {count:,}." not in compared[1]
    assert f"{count:,}: encounters at and between ports of entry at the northern" in number


@pytest.mark.slow
def test_the_page_of_every_measure_is_written_where_no_folder_is_named(records, tmp_path):
    copy = tmp_path / "copy.db"
    copies.copy(records["all"], copy, copies.READ_ONLY)

    said = []
    children.build(str(copy), str(tmp_path / "site"), "")(b"", said.append)

    assert [json.loads(piece) for piece in said] == [{"written": "first page"}, {"written": "all"}]
    for folder in ("", "seizures/", "visits/"):
        assert (tmp_path / "site" / folder / "index.html").is_file()


def test_each_measure_has_its_own_report_of_a_year(records, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(records["all"].parent, folder)
    context = Context.open(folder / "bordercast.db", settings(*SOURCES))
    told = {
        about.source.measure.noun: yearly.markdown(of_year.build(about, 2026))
        for about in context.each()[:2]
    }

    assert "encounters" in told["encounters"]
    assert "seizures" not in told["encounters"]
    assert "seizures" in told["seizures"]
    assert "encounters" not in told["seizures"]


def test_a_closed_year_is_reported_under_a_measure_s_own_name(records, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(records["all"].parent, folder)
    context = Context.open(folder / "bordercast.db", settings(*SOURCES))
    edit(context.path, "update runs set data_through = '2026-09'")  # the year has just closed

    made = [of_year.write_closed(about) for about in context.each()[:2]]

    assert [path.name for path in made if path] == [
        "bordercast-FY2026.html",
        "bordercast-seizures-FY2026.html",
    ]


def test_a_file_of_another_measure_than_the_first_says_which_in_each_row(records, tmp_path):
    def exported(*which: str) -> list[list[str]]:
        out = tmp_path / f"{len(which)}.csv"
        done = bordercast(records["all"], *which, "export", "border_months", "-o", str(out))
        assert done.exit_code == 0, done.output
        return [line.split(",") for line in out.read_text().splitlines()]

    first, seizures = exported(), exported("--measure", "seizures")

    assert "measure" not in first[0]
    assert seizures[0][-1] == "measure"
    assert {row[-1] for row in seizures[1:]} == {"seizures"}
    assert seizures[0][:-1] == [c.replace("encounters", "seizures") for c in first[0]]


# --- a digest of several measures

SENT = datetime(2026, 5, 19, 12, tzinfo=UTC)
READERS = (
    {"address": "ann@example.org", "digest_only": True},
    {"address": "bob@example.org", "digest": True},
)


def told(path: Path, config: Config, *names: str, at: datetime = SENT) -> list[Notice]:
    """An approved notice of March of each of these measures: a finding and a digest."""
    made = []
    for name in names:
        context = Context.open(path, config).named(name)
        with closing(connect.read(path)) as connection:
            context.scope(connection)
            run = read.latest_run(connection)
            release = connection.execute("select max(id) from releases").fetchone()[0]
        total = context.source.totals.every[0]
        said = [
            Section(total, "finding", "far below", f"{name} fell.\n", "<p>", '{"x": 1}'),
            Section(total, "digest", "", f"Also unusual: {name}.\n", f"<p>Also: {name}</p>"),
        ]
        intent = NoticeIntent("flags", "2026-03", release, name * 8, f"<{name}@example.org>")
        with connect.writing(path) as db:
            with connect.transaction(db):
                (number,) = runs.save_due(db, run.id, ops.text(at), [intent])
            frame = letter.frame(config, "2026-03", context.source)
            assert notices.save_composed(db, number, frame, said, ops.text(at))
        with closing(connect.read(path)) as connection:
            made.append(notices.one(connection, number))
    return made


def mailed(path: Path, config: Config) -> dict[tuple[str, str], str]:
    """(measure, recipient) -> state of all deliveries, once everything is queued."""
    outbox.queue_all(Context.open(path, config), SENT)
    query = "select content_key, recipient, state from deliveries"
    return {(key[: len(key) // 8], to): state for key, to, state in rows(ops.ops_path(path), query)}


@pytest.fixture
def three(records, tmp_path) -> tuple[Path, Config]:
    folder = Path(shutil.copytree(records["all"].parent, tmp_path / "all"))
    sender = {"enabled": True, "host": "127.0.0.1", "port": 1, "security": "local"}
    sender |= {"sender": "Bordercast <notices@example.org>"}
    config = settings(*SOURCES).model_dump() | {"mail": sender, "notices": {"recipients": READERS}}
    return folder / "bordercast.db", Config.model_validate(config)


def claimed(path: Path, outcome: str) -> list[deliveries.Delivery]:
    """Everything that is due, each settled so."""
    found = []
    with ops.writing(path) as db:
        while one := deliveries.claim(db, SENT):
            deliveries.settle(db, one, outcome, "", SENT)
            found.append(one)
    return found


def test_digests_of_several_measures_are_one_mail_and_findings_one_each(three):
    path, config = three
    told(path, config, "encounters", "seizures")
    subject = "Border encounters and drug seizures, March 2026: what else was unusual"
    awaited = dict(outbox.waiting(Context.open(path, config), SENT))
    assert (awaited[subject], len(awaited)) == (1, 3)

    queued = mailed(path, config)

    assert list(queued.values()) == ["waiting"] * 4
    assert dict(outbox.waiting(Context.open(path, config), SENT)) == awaited
    sent = claimed(path, "sent")
    assert sorted(d.recipient[:3] for d in sent) == ["ann", "bob", "bob"]
    assert mailed(path, config) == dict.fromkeys(queued, "sent")
    (mail,) = (
        message_from_bytes(d.message.mime, policy=SMTP) for d in sent if "ann" in d.recipient
    )
    text, page = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert mail["Subject"].strip() == subject
    at = [text.index(f"Also unusual: {name}.") for name in ("encounters", "seizures")]
    assert at == sorted(at)
    assert text.count("To check it:") == 2
    assert "fell" not in text
    assert page.count("<body") == page.count("</html>") == page.count("Also: seizures") == 1
    assert mail["List-Unsubscribe"] == "<mailto:notices@example.org?subject=unsubscribe>"
    assert "<title>Border encounters and drug seizures, March 2026" in page


def test_a_webhook_gets_the_digest_of_each_measure_on_its_own(three):
    path, config = three
    desk = {"name": "desk", "address_file": "unread", "digest_only": True}
    hooked = config.model_dump() | {"notices": {"hooks": (desk,)}}
    config = Config.model_validate(hooked)
    told(path, config, "encounters", "seizures")

    queued = mailed(path, config)

    assert sorted(queued) == [("encounters", "hook:desk"), ("seizures", "hook:desk")]
    payloads = [
        json.loads(body) for (body,) in rows(ops.ops_path(path), "select mime from messages")
    ]
    said = sorted(payload["data"]["sections"][0]["text"] for payload in payloads)
    assert said == ["Also unusual: encounters.\n", "Also unusual: seizures.\n"]


def test_a_digest_approved_after_another_was_sent_comes_on_its_own(three):
    path, config = three
    told(path, config, "encounters")
    mailed(path, config)
    claimed(path, "sent")
    told(path, config, "seizures")

    assert list(mailed(path, config).values()).count("waiting") == 2
    assert {d.message.subject for d in claimed(path, "sent") if "ann" in d.recipient} == {
        "Drug seizures, March 2026: what else was unusual"
    }


@pytest.mark.parametrize("name", ["encounters", "seizures"])
def test_a_correction_of_any_measure_answers_the_mail_that_held_its_digest(three, name):
    path, config = three
    first = dict(
        zip(("encounters", "seizures"), told(path, config, "encounters", "seizures"), strict=True)
    )[name]
    mailed(path, config)
    (mail,) = (d.message.mime for d in claimed(path, "sent") if "ann" in d.recipient)
    with ops.reading(path) as connection:
        got = {
            row["recipient"]: row["edition"]
            for row in queries.rows(connection, "editions_sent", (first.content_key,))
        }["ann@example.org"]

    answered = letter.message_id(first.message_id, got)

    head = message_from_bytes(mail, policy=SMTP)
    assert answered in f"{head['Message-ID']} {head['References']}".split()


def test_what_was_refused_goes_out_again_as_one_mail(three):
    path, config = three
    told(path, config, "encounters", "seizures")
    mailed(path, config)
    assert len(claimed(path, "refused")) == 3
    with ops.writing(path) as db:
        assert deliveries.revive(db, SENT) == 4

    assert len(claimed(path, "sent")) == 3
    assert set(mailed(path, config).values()) == {"sent"}


@pytest.mark.parametrize("gone", [0, 1])
def test_a_digest_of_which_one_measure_is_withdrawn_is_given_up_whole(three, gone):
    path, config = three
    made = told(path, config, "encounters", "seizures")
    queued = mailed(path, config)
    with ops.writing(path) as db:
        assert deliveries.give_up(db, made[gone].content_key, "withdrawn", SENT) == 3

    left = mailed(path, config)

    other = ("encounters", "seizures")[1 - gone]
    assert [place for place in queued if left[place] == "waiting"] == [(other, "bob@example.org")]


def test_the_pages_of_all_digests_are_attached(three):
    path, config = three
    noticed = config.notices.model_copy(update={"attach_page": True})
    config = config.model_copy(update={"notices": noticed})
    told(path, config, "encounters", "seizures")
    mailed(path, config)

    (mime,) = (d.message.mime for d in claimed(path, "sent") if "ann" in d.recipient)
    found = list(message_from_bytes(mime, policy=SMTP).iter_attachments())

    assert [part.get_filename() for part in found] == [
        "border-encounters-2026-03.html",
        "drug-seizures-2026-03.html",
    ]
    assert ["Also: seizures" in part.get_content() for part in found] == [False, True]
