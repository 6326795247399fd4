"""The service on drug seizures: a record of its own, in its own words, from an empty folder."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime
from decimal import Decimal
from email import message_from_bytes
from email.policy import SMTP as WIRE
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forecast import config
from forecast.claims.record.counts import CountTable
from forecast.claims.text.lexicon import lexicon_of
from forecast.context import Context, source_of
from forecast.errors import ConfigError
from forecast.sources import catalog
from forecast.sources.source import ReleaseFile
from forecast.store import connect, integrity, measures, notices
from jobs import monthly
from jobs.arrivals import ingest
from jobs.cli import main
from jobs.deliver import approve
from jobs.service import wakeup
from tests.support import drug_files, mail_server, publisher
from tests.support.claim_verdicts import check
from tests.support.databases import rows
from tests.support.notice_words import word

NOW = datetime(2026, 5, 20, tzinfo=UTC)
FAST = ('models = ["naive", "snaive", "ets"]', 'models = ["naive"]')
# What a record of seizures never says: another measure's words.
NAMES = {"seizures": "cbp_drug_events", "pounds": "cbp_drug_pounds"}
FOREIGN = re.compile(r"[Ee]ncounter")


def asked(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def said(*words: str) -> str:
    done = asked(*words)
    assert done.exit_code == 0, done.output
    return done.output


def made(folder: Path, noun: str) -> Path:
    """A record of what comes with the program, by the settings that `config init` writes."""
    said("config", "init", "--source", noun, "-o", str(folder / f"{noun}.toml"))
    text = (folder / f"{noun}.toml").read_text()
    assert FAST[0] in text
    serial = '\n[compute]\nengine = "serial"\n'
    (folder / f"{noun}.toml").write_text(text.replace(*FAST) + serial)
    settings = config.load(folder / f"{noun}.toml")
    path = folder / f"{noun}.db"
    monthly.run(Context.open(path, settings), now=NOW)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a record of seizures and one of pounds."""
    found = tmp_path_factory.mktemp("drugs")
    for noun in ("seizures", "pounds"):
        made(found, noun)
    return found


@pytest.mark.parametrize("noun", ["seizures", "pounds"])
def test_a_record_says_of_what_it_is_without_settings(folder, noun):
    shown = said("--db", str(folder / f"{noun}.db"), "show")

    assert "northern" in shown
    with connect.moment(folder / f"{noun}.db") as connection:
        assert measures.section(connection) == {"kind": NAMES[noun]}
        assert integrity.findings(connection) == []


def test_a_first_settings_file_is_valid_and_left_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said("config", "init", "--source", "pounds")
    before = Path("config.toml").read_bytes()

    assert tomllib.loads(before.decode())["sources"] == [{"kind": "cbp_drug_pounds"}]
    assert "every setting is valid" in said("config", "check")
    again = asked("config", "init", "--source", "seizures")
    assert again.exit_code == ConfigError.exit_code
    assert Path("config.toml").read_bytes() == before


@pytest.mark.parametrize("kind", ["cbp_drug_pounds", "cbp_encounters", "cbp_drugs"])
def test_a_record_of_seizures_takes_no_other_measure(folder, tmp_path, kind):
    (tmp_path / "other.toml").write_text(f'[[sources]]\nkind = "{kind}"\n')

    done = asked(
        "--config", str(tmp_path / "other.toml"), "--db", str(folder / "seizures.db"), "run"
    )

    assert done.exit_code == ConfigError.exit_code
    assert "sources" in done.output


def test_settings_of_seizures_take_no_record_of_another_source(folder, tmp_path):
    (tmp_path / "events.toml").write_text('[[sources]]\nkind = "cbp_drug_events"\n')

    done = asked(
        "--config", str(tmp_path / "events.toml"), "--db", str(folder / "pounds.db"), "show"
    )

    assert done.exit_code == ConfigError.exit_code
    assert "a record of 'cbp_drug_pounds', not of 'cbp_drug_events'" in done.output


@pytest.mark.slow
@pytest.mark.parametrize("noun", ["seizures", "pounds"])
def test_pages_files_and_answers_have_the_words_of_their_own_measure(folder, tmp_path, noun):
    db = ("--db", str(folder / f"{noun}.db"))
    said(*db, "site", "-o", str(tmp_path / "site"))

    texts = {".html", ".csv", ".json", ".svg", ".atom"}
    pages = [page for page in (tmp_path / "site").rglob("*") if page.suffix in texts]
    assert len(pages) > 500
    for page in pages:
        assert (page, FOREIGN.findall(page.read_text("utf-8"))) == (page, [])
    front = (tmp_path / "site" / "index.html").read_text("utf-8")
    assert noun in front
    answers = (
        ("show", "northern"), ("show", "northern:Fentanyl"), ("brief", "northern"), ("flags",),
        ("score",), ("changes", "northern"), ("verify",), ("releases", "list"),
        ("chance", "northern:fentanyl", "2026-08", ">10"),
    )  # fmt: skip
    for words in answers:
        assert (words, FOREIGN.findall(said(*db, *words))) == (words, [])
    assert f" {noun}" in said(*db, "brief", "northern")


@pytest.mark.parametrize("noun", ["seizures", "pounds"])
def test_tables_call_the_count_what_it_is(folder, tmp_path, noun):
    said(
        "--db", str(folder / f"{noun}.db"), "export", "series_months", "-o", str(tmp_path / "a.csv")
    )

    head, first, *_ = (tmp_path / "a.csv").read_text().splitlines()

    assert noun in head.split(",")
    assert FOREIGN.findall(head) == []
    assert len(first.split(",")) == len(head.split(","))


@pytest.mark.parametrize("noun", ["seizures", "pounds"])
def test_json_calls_the_count_what_it_is(folder, noun):
    db = ("--db", str(folder / f"{noun}.db"))

    assert f'"{noun}": ' in said(*db, "fact", "northern", "2024-08", "--json")
    for words in (("fact", "northern", "2024-08"), ("flags",), ("show", "northern")):
        assert FOREIGN.findall(said(*db, *words, "--json")) == []


def test_every_drug_of_a_border_is_forecast_and_judged(folder):
    path = folder / "seizures.db"

    forecast = rows(
        path,
        "select distinct member from latest_forecasts where border = 'northern'"
        " and dimension = 'drug'",
    )

    assert len(forecast) == 10
    judged = rows(
        path,
        "select count(*) from judgements j join series s on s.id = j.series_id"
        " where s.member = 'Fentanyl' and j.p is not null",
    )
    assert judged == [(3 * 19,)]


def judged(db: Path, text: str) -> list[tuple[str, str]]:
    """(number, verdict) of each claim in a text, "not understood" left out."""
    with connect.moment(db) as connection:
        found = check(text, CountTable.read(connection, source_of(connection)), date(2026, 5, 20))
    return [(claim.number, claim.verdict) for claim in found.claims]


ANOTHER = "another measure"
EITHER = "not understood: by number or by weight"


@pytest.mark.parametrize(
    ("text", "seizures", "pounds"),
    [
        (
            "Fentanyl seizures at the northern border fell 27% in fiscal year 2025.",
            "right",
            EITHER,
        ),
        (
            "Fentanyl seizures on the northern border rose 20% from fiscal 2024 to fiscal 2025.",
            EITHER,
            EITHER,
        ),
        (
            "Pounds of fentanyl seized at the northern border rose 73% in fiscal year 2025.",
            ANOTHER,
            "right",
        ),
        (
            "CBP seized 43 pounds of fentanyl at the northern border in fiscal year 2024.",
            ANOTHER,
            "near_today",
        ),
        (
            "There were 82 fentanyl seizures at the northern border in fiscal year 2024.",
            "right",
            ANOTHER,
        ),
        (
            "Agents made 849 drug seizures at the southwest border in March 2025.",
            "right",
            ANOTHER,
        ),
        (
            "Pounds of cocaine seized in the southwest doubled from fiscal 2024 to fiscal 2025.",
            ANOTHER,
            "wrong",
        ),
        (
            "In October 2025 CBP made 5,507 drug seizures nationwide.",
            "right",
            ANOTHER,
        ),
        (
            "In August 2024, Border Patrol apprehended 18,944 migrants at the northern border.",
            ANOTHER,
            ANOTHER,
        ),
        (
            "Encounters at the northern border fell 78% from August 2024 to February 2025.",
            ANOTHER,
            ANOTHER,
        ),
        (
            "Officers seized 9.5 million doses of fentanyl in August 2024.",
            "no dose",
            "no dose",
        ),
        (
            "About 77% of fentanyl seizures were at the southwest border in fiscal year 2024.",
            "right_when_rounded",
            EITHER,
        ),
        (
            "Fentanyl made up 9.8% of drug seizures at the southwest border in fiscal year 2024.",
            "right",
            EITHER,
        ),
    ],
)  # fmt: skip
def test_a_text_is_judged_by_the_record_of_its_own_measure(folder, text, seizures, pounds):
    for noun, expected in (("seizures", seizures), ("pounds", pounds)):
        verdicts = [verdict for _, verdict in judged(folder / f"{noun}.db", text)]
        unheld = expected in (ANOTHER, "no dose")
        due = [] if expected == EITHER else ["cannot_be_checked" if unheld else expected]
        assert (noun, verdicts) == (noun, due)


def test_a_sentence_with_both_measures_is_judged_number_by_number(folder):
    text = "In March 2025 agents made 849 seizures weighing 21,979 pounds at the southwest border."

    assert judged(folder / "seizures.db", text) == [
        ("849", "right"),
        ("21,979", "cannot_be_checked"),
    ]
    assert judged(folder / "pounds.db", text) == [("849", "cannot_be_checked"), ("21,979", "right")]


def test_the_record_of_encounters_says_that_seizures_are_another_measure(published, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text(
        "CBP seized 43 pounds of fentanyl at the northern border in fiscal year 2024. "
        "Fentanyl seizures at the northern border fell 27% in fiscal year 2025, a record low."
    )

    done = said("--db", str(published), "check", str(text))

    assert "3 claims: 3 cannot be checked" in done
    assert done.count("drug seizures are another measure: this record counts encounters") == 3


@pytest.mark.parametrize(
    ("noun", "claim", "other"),
    [
        ("seizures", "43 pounds", "pounds"),
        ("pounds", "82 seizures", "seizures"),
        ("seizures", "82 encounters", "encounters"),
    ],
)
def test_a_fact_is_not_compared_with_another_measure(folder, noun, claim, other):
    db = ("--db", str(folder / f"{noun}.db"))

    done = asked(*db, "fact", "northern:fentanyl", "FY2024", claim)

    assert done.exit_code != 0
    assert f"another measure: this record counts {noun}, not {other}" in done.output


def test_a_drug_is_another_measure_to_the_record_of_encounters(published):
    done = asked("--db", str(published), "fact", "northern:fentanyl", "2024-08", "5")

    assert done.exit_code != 0
    assert (
        "another measure: this record counts encounters, and not seizures or pounds" in done.output
    )


@pytest.mark.parametrize(
    ("noun", "words", "first"),
    [
        ("seizures", ("FY2024", "82"), "Right: 82 seizures of fentanyl at the northern border in"),
        ("seizures", ("2024-08", "5 seizures"), "Right: 5 seizures of fentanyl at the northern"),
        ("seizures", ("FY2025", "-27%", "--from", "FY2024"), "Right: \N{MINUS SIGN}26.8%: seiz"),
        ("pounds", ("FY2024", "43 pounds"), "Near today's, not confirmed: It may be right: "
         "each drug's month is on record in whole pounds. Now: 44 pounds of fentanyl seized at"),
        ("pounds", ("2024-08", "1"), "Right: 1 pound of fentanyl seized at the northern border"),
    ],
)  # fmt: skip
def test_a_fact_has_its_unit(folder, noun, words, first):
    shown = said("--db", str(folder / f"{noun}.db"), "fact", "northern:fentanyl", *words)

    assert shown.startswith(first)
    assert FOREIGN.findall(shown) == []


@pytest.mark.parametrize("noun", ["seizures", "pounds"])
def test_each_word_of_a_record_s_lexicon_is_found(folder, noun):
    name = NAMES[noun]
    source = catalog.find(name)
    own = {}
    for text in source.lexicon()[1:]:
        own |= tomllib.loads(text)
    lexicon = lexicon_of(source)

    assert {**lexicon.tables, **own} == lexicon.tables
    for kind, values in own.items():
        for value, phrases in values.items():
            for phrase in phrases:
                words = phrase.replace("-", " ").split()
                found = list(lexicon.phrases.find([word.rstrip("*").lower() for word in words]))
                kinds = {meaning for each in found for meaning in each[2]}
                assert (kind, value) in kinds, phrase


INDEX = "/document/stats/nationwide-drug-seizures"
APRIL, MAY = "nationwide-drugs-fy24-fy26-apr.csv", "nationwide-drugs-fy24-fy26-may.csv"


def listed(*links: str) -> bytes:
    anchors = "".join(f'<li><a href="{link}">{link.rpartition("/")[2]}</a></li>' for link in links)
    return f"<html><body><ul>{anchors}</ul></body></html>".encode()


def altered(rows: drug_files.Lines, month: tuple[str, str]) -> drug_files.Lines:
    """The same, one seizure of fentanyl more in each line of a (fiscal year, month)."""
    return [
        [*row[:7], str(int(row[7]) + 1), row[8]]
        if (row[0], row[1], row[6]) == (*month, "Fentanyl")
        else row
        for row in rows
    ]


@pytest.mark.slow
def test_seizures_are_found_on_their_page_and_each_file_is_a_vintage(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    path = tmp_path / "seizures.db"
    april, may = drug_files.lines(), drug_files.lines("2026-05")
    restated = altered(may, ("2026 (FYTD)", "APR"))
    bad = altered(restated, ("2024", "OCT"))  # a closed year
    with publisher.running() as site:
        fetching = {"enabled": True, "index": site.root + INDEX}
        fetching |= {"contact": "ops@example.org", "back_off": 0.01}
        settings = config.Config.model_validate(
            {"sources": ({"kind": "cbp_drug_events"},), "fetch": fetching}
        )

        def polled(month: int, day: int, *links: str):
            site.put(INDEX, listed(*links), "text/html")
            now = datetime(2026, month, day, tzinfo=UTC)
            return ingest.fetch(Context.open(path, settings), now=now, with_bundle=False)

        site.put(f"/files/{APRIL}", drug_files.content(april))
        site.put(f"/files/{MAY}", drug_files.content(bad))
        first = polled(5, 18, f"/files/{APRIL}", "/document/stats/nationwide-encounters")
        refused = polled(6, 19, f"/files/{APRIL}", f"/files/{MAY}")
        site.put(f"/files/{MAY}", drug_files.content(restated))
        second = polled(6, 20, f"/files/{APRIL}", f"/files/{MAY}")
        odd = polled(6, 21, f"/files/{APRIL}", "/files/Drug-Seizures-FY24-FY27-Oct.xlsx")

    outcomes = [[taken.outcome for taken in each.taken] for each in (first, refused, second)]
    assert outcomes == [["accepted"], ["refused"], ["accepted"]]
    assert "closed" in refused.taken[0].reason or "2024" in refused.taken[0].reason
    assert odd.poll.outcome == "unrecognized"
    assert site.asked.count(f"/files/{APRIL}") > 1
    vintages = rows(
        path,
        "select known_from, encounters from vintages"
        " where border = 'northern' and month = '2026-04' order by known_from",
    )
    assert [day for day, _ in vintages] == ["2026-05-18", "2026-06-20"]
    assert vintages[1][1] - vintages[0][1] == 3  # lines of the northern border


def test_a_drug_that_is_not_known_is_joined_by_the_operator():
    renamed = [
        [*row[:6], "Fentanyls" if row[6] == "Fentanyl" else row[6], *row[7:]]
        for row in drug_files.lines()
    ]
    source = catalog.find("cbp_drug_events")
    file = ReleaseFile(APRIL, drug_files.content(renamed), "2026-05-20")

    alone = source.read(file, {}, ())
    joined = source.read(file, {"drug": {"Fentanyls": "Fentanyl"}}, ())

    assert dict(alone.unknown) == {"drug": frozenset({"Fentanyls"})}
    assert joined.unknown == {}
    plain = ReleaseFile(APRIL, drug_files.content(drug_files.lines()), "2026-05-20")
    assert joined.snapshot.counts == source.read(plain, {}, ()).snapshot.counts


def test_a_small_series_is_said_to_be_small(folder, tmp_path):
    pounds = ("--db", str(folder / "pounds.db"))
    year = "A small series: 44 pounds in the 12 months to September 2024, 17 of them in one month"
    article = tmp_path / "article.txt"
    article.write_text("43 pounds of fentanyl were seized at the northern border in FY2024.")

    assert f"{year}; one seizure decides." in said(*pounds, "fact", "northern:fentanyl", "FY2024")
    checked = " ".join(said(*pounds, "check", str(article)).split())
    assert f"{year}; one seizure decides." in checked
    for words in (("show", "northern:fentanyl"), ("chance", "northern:fentanyl", "2026-08", ">9")):
        assert "A small series: 43 pounds in the 12 months to April 2026" in said(*pounds, *words)
    assert "small" not in said(*pounds, "fact", "southwest:fentanyl", "FY2024")
    assert "a few seizures decide" in said(
        "--db", str(folder / "seizures.db"), "fact", "northern:fentanyl", "FY2024"
    )


@pytest.mark.slow
def test_who_asked_for_pounds_is_told_of_them_by_mail_in_their_words(tmp_path):
    """Five times as much at the southwest border, and one recipient of the northern alone."""
    path = tmp_path / "pounds.db"
    text = catalog.find("cbp_drug_pounds").settings().replace(*FAST)
    settings = config.parse(f'{text}\n[compute]\nengine = "serial"\n', "pounds.toml")
    large = [
        [*row[:8], str(Decimal(row[8]) * 5)]
        if (row[0], row[1], row[3]) == ("2026 (FYTD)", "MAY", "Southwest Border")
        else row
        for row in drug_files.lines("2026-05")
    ]
    for name, made, day in (
        (APRIL, drug_files.lines(), datetime(2026, 5, 18, tzinfo=UTC)),
        (MAY, large, datetime(2026, 6, 18, tzinfo=UTC)),
    ):
        (tmp_path / name).write_bytes(drug_files.content(made))
        monthly.run(Context.open(path, settings), [tmp_path / name], now=day, with_bundle=False)
    with connect.moment(path) as connection:
        (notice,) = notices.every(connection, "held")
        content = notices.content(connection, notice.id)
    now = datetime(2026, 6, 18, 12, tzinfo=UTC)
    approve.approve(path, notice.id, word("Ann", "ann", content), now)
    taken = mail_server.Taken()
    with mail_server.server(taken) as port:
        mailing = {"enabled": True, "host": mail_server.HOST, "port": port, "security": "local"}
        recipients = (
            {"address": "ann@example.org"},
            {"address": "bob@example.org", "borders": ("northern",)},
        )
        changed = settings.model_dump() | {
            "mail": settings.mail.model_dump() | mailing | {"sender": "B <notices@example.org>"},
            "notices": settings.notices.model_dump() | {"recipients": recipients},
        }
        wakeup.deliver(Context.open(path, config.Config.model_validate(changed)), lambda: now)

    assert [to for to, _ in taken.messages] == ["ann@example.org"]
    letter = message_from_bytes(taken.messages[0][1], policy=WIRE)
    plain = letter.get_body(("plain",)).get_content()
    html = re.sub(r"<[^>]*>", " ", letter.get_body(("html",)).get_content())
    assert "outhwest" in letter["Subject"]
    assert "pounds" in plain.lower()
    assert "pounds are not doses" in " ".join(plain.split())
    for words in (*map(str, letter.values()), plain, html):
        assert FOREIGN.findall(words) == []
