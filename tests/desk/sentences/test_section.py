"""What a notice says, and how it looks as a mail: words, numbers, structure, hostile input."""

from __future__ import annotations

import re
import shutil
import subprocess
from contextlib import closing
from dataclasses import replace
from email import message_from_bytes
from email.policy import SMTP as WIRE
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.desk.facts import Comparison, MonthFacts, report
from forecast.desk.sentences import section as section_texts
from forecast.rows import DriverRow
from forecast.store import connect
from forecast.store.deliveries import Delivery
from forecast.store.notices import FRAME, Notice, Section
from forecast.words import MINUS
from jobs.deliver import letter, transports
from tests.support.cbp_files import COMPONENTS, ENCOUNTERS
from tests.support.databases import rows
from tests.support.history_2025 import SENDER, held
from tests.support.month_facts import flag_row, row
from tests.support.month_facts import interior as interior_of

PATROL, PORTS = COMPONENTS

NUMBER = rf"[{MINUS}+]?\d+(?:,\d{{3}})*(?:\.\d+)?"


def numbers(text):
    return set(re.findall(NUMBER, text))


class Words(HTMLParser):
    """What a page says, its pictures' words included; and the tags it has."""

    def __init__(self, page):
        super().__init__()
        self.said, self.tags, self.quiet = [], [], 0
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.said += [value for name, value in attrs if name == "alt"]

    def handle_data(self, data):
        self.said.append(data)


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["january", "february"])
def test_text_and_html_carry_the_same_numbers_in_78_columns_and_150_kb(stages, stage):
    notice, sections = held(stages / f"{stage}.db")
    made = letter.letter(SENDER, notice, sections, ENCOUNTERS)
    message = message_from_bytes(made.mime, policy=WIRE)

    text = message.get_body(("plain",)).get_content()
    page = message.get_body(("html",)).get_content()
    picture = numbers("80% (dark) and 95% (light)")
    assert numbers(text) | picture == numbers(" ".join(Words(page).said)) | picture
    assert max(map(len, text.splitlines())) <= 78
    assert len(made.mime) < 150_000
    assert max(map(len, made.mime.split(b"\r\n"))) <= 998


def test_a_message_has_one_chart_and_the_headers_that_machines_look_for(stages):
    notice, sections = held(stages / "february.db")
    made = letter.letter(SENDER, notice, sections, ENCOUNTERS)
    message = message_from_bytes(made.mime, policy=WIRE)

    tree = [part.get_content_type() for part in message.walk()]
    (image,) = [part for part in message.walk() if part.get_content_type() == "image/png"]
    page = message.get_body(("html",)).get_content()
    assert tree == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    assert f'src="cid:{image["Content-ID"].strip("<>")}"' in page
    assert 'alt="Encounters at the southwest land border in February 2025 were far below' in page
    assert "http" not in page
    assert 'href="mailto:notices@example.org?subject=unsubscribe"' in page
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"].endswith("<bordercast.example.org>")
    assert message["List-Unsubscribe"] == "<mailto:notices@example.org?subject=unsubscribe>"
    assert message["Date"] == "Wed, 12 Mar 2025 12:00:00 +0000"
    assert message["To"] is None
    assert "[" not in message["Subject"]


@pytest.mark.parametrize("stage", ["january", "february"])
def test_a_notice_is_read_in_a_minute(stages, stage):
    """At most 140 words before the table, 340 with digests; no sentence above 40 words."""
    notice, sections = held(stages / f"{stage}.db")

    text = letter.text(notice, sections)
    before = text.partition("against ")[0].split()
    sentences = re.split(r"[.:;] |\n\n", text)
    assert len(before) <= 140
    assert len(text.split()) <= 340
    assert max(len(sentence.split()) for sentence in sentences if "against" not in sentence) <= 40


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["january", "february"])
def test_a_filter_for_spam_finds_nothing(stages, stage):
    """The local rules of SpamAssassin, which ask no other machine, on the mail as it goes out."""
    if shutil.which("spamassassin") is None:
        pytest.skip("no SpamAssassin on this machine: apt-get install spamassassin")
    notice, sections = held(stages / f"{stage}.db")
    made = letter.letter(SENDER, notice, sections, ENCOUNTERS)
    sent = transports.addressed(Delivery("ann@example.org", made, notice.created_at, 1))
    done = subprocess.run(
        ["spamassassin", "-t", "-L"], input=sent, capture_output=True, check=False
    )

    found = re.search(rb"Content analysis details: +\((-?[0-9.]+) points", done.stdout)
    assert float(found[1]) <= 0, done.stdout.decode("utf-8", "replace")[-1500:]


def test_all_totals_are_told_of_once(stages):
    """In a line beside the first border; not where a mail has a section of theirs."""
    notice, sections = held(stages / "february.db")
    border, whole = (s for s in sections if s.part == "finding")

    alone, both = letter.text(notice, [border]), letter.text(notice, [border, whole])
    assert ("Nationwide: 28,619" in alone, "Nationwide:" in both) == (True, False)
    assert "Nationwide: 28,619" in letter.html(notice, [border])
    # As versions before wrote it: the line in the first section's own part.
    head, *more, details = border.text.split(letter.BREAK)
    earlier = replace(border, text=letter.BREAK.join((head, "".join(more), details)))
    assert letter.text(notice, [earlier]) == alone


def test_a_page_says_all_and_may_come_as_a_file(stages):
    notice, sections = held(stages / "february.db")
    told = SENDER.notices.model_copy(update={"attach_page": True})
    attaching = SENDER.model_copy(update={"notices": told})
    made = letter.letter(attaching, notice, sections, ENCOUNTERS)
    message = message_from_bytes(made.mime, policy=WIRE)

    (page,) = message.iter_attachments()
    mail = message.get_body(("html",)).get_content()
    assert page.get_filename() == "border-encounters-2025-02.html"
    assert "Where the figure comes from" in page.get_content()
    assert "Where the figure comes from" not in mail


def test_a_site_s_address_is_linked(stages):
    told = report_of(stages / "february.db", "southwest", "2025-02")
    said = section_texts.finding(told, address="https://example.org/b/")

    link = "https://example.org/b/border/southwest/2025-02/"
    assert said.link == link
    assert link in letter.as_stored(said, "txt")
    assert f'href="{link}"' in letter.as_stored(said, "html")


@pytest.mark.parametrize(
    ("agencies", "at_large", "words"),
    [
        ({PATROL: 60, PORTS: 40}, None, "illegal crossings"),
        ({PATROL: 95, PORTS: 5}, 50, "at the border"),
        ({PATROL: 95, PORTS: 5}, 2, "people"),
        ({}, None, "people"),
    ],
)
def test_what_not_to_say_is_what_misleads_most(agencies, at_large, words):
    interior = None if at_large is None else interior_of("2025-02", at_large, 95 - at_large, 95)
    told = replace(facts("a.csv"), count=100, agencies=agencies, interior=interior)

    assert section_texts.avoid(told).startswith(f"Not \N{LEFT DOUBLE QUOTATION MARK}{words}")


def report_of(path, border, month):
    with closing(connect.read(path)) as connection:
        return report(connection, border, month, ENCOUNTERS)


def test_all_comparisons_stand_in_one_order_and_before_everything_else(stages):
    _, sections = held(stages / "february.db")

    for section in (s for s in sections if s.part == "finding"):
        order = ("How unusual", "What you can say", "What not to say", "forecast (80% range")
        order += ("month before (", "year before (", "fiscal year to date", "peak (", "How far off")
        order += ("What this does not say", "How good", "Where the figure comes from")
        places = [section.text.index(words) for words in order]
        assert places == sorted(places)


def formatted(value):
    """The ways in which a value of the record is written in a notice."""
    if isinstance(value, int):
        return {f"{value:,}", f"{value:+,}".replace("-", MINUS), str(value)}
    if isinstance(value, float):
        signed = f"{abs(value):,.1f}"
        return {signed, MINUS + signed, f"+{signed}", f"{100 * value:.0f}"}
    return numbers(str(value)) | {part.lstrip("0") for part in re.findall(r"\d+", str(value))}


def looked_up(path, border, month):
    """Every value of the rows that the printed reference names, as written."""
    found = set()
    for view in ("wide_months", "vintages", "flag_drivers", "all_flags"):
        with closing(connect.read(path)) as connection:
            query = f"select * from {view} where border = ? and month = ?"
            for row in connection.execute(query, (border, month)):
                found |= {word for value in tuple(row) for word in formatted(value)}
                if view == "all_flags" and row["p"]:
                    found.add(f"{round(1 / row['p']):,}")
    scores = rows(
        path,
        "select n, coverage80, coverage95, abs(relative_mae - 1) from scorecard where border = ? "
        "and model = 'bordercast' and era = 'all' and horizon = 1",
        border,
    )
    return found | {word for score in scores for value in score for word in formatted(value)}


CONSTANT = {"80", "95", "1", "1.4", "14", "16", "2023", "2026"}  # in the standing sentences


@pytest.mark.parametrize(
    ("stage", "border", "month"),
    [("january", "northern", "2025-01"), ("february", "southwest", "2025-02")],
)
def test_every_figure_is_found_in_the_record_by_the_printed_reference(stages, stage, border, month):
    path = stages / f"{stage}.db"
    notice, sections = held(path)
    said = next(s for s in sections if (s.total, s.part) == (border, "finding"))
    text = said.text.replace("\n", " ")
    moved = re.search(r"What moved.*?(?=What this does not say)", text)[0]

    known = looked_up(path, border, month) | looked_up(path, "nationwide", month) | CONSTANT
    others_of = (
        "select encounters from series_months where dimension = 'component' and month = ?",
        "select sum(encounters) from series_months where dimension = 'component' and month = ? "
        "group by member",
    )
    known |= {
        word for q in others_of for (value,) in rows(path, q, month) for word in formatted(value)
    }
    known |= {
        word
        for row in rows(
            path,
            "select before, surprise, revisions, season, method, after, after - before, "
            "substr(month, 1, 4) from forecast_changes where border = ?",
            border,
        )
        for value in row
        for word in formatted(value)
    }
    known |= {month[:4], str(int(month[:4]) - 1)}
    of_forecast = "select 100.0 * (first_published / median - 1.0) from wide_months where "
    of_forecast += "border = ? and month = ?"
    known |= formatted(rows(path, of_forecast.replace("/", "* 1.0 /"), border, month)[0][0])
    # Sums over the drivers' and the flags' rows, and what the view `ranks` says.
    others = numbers(" ".join(re.findall(rf"all others [{MINUS}+][\d,]+", moved)))
    counts = numbers(" ".join(re.findall(r"groups: .*", moved)))
    (ranked,) = rows(
        path,
        "select r.months, r.rank_lowest, 100.0 * r.encounters / w.to_date, "
        "(select min(month) from ranks), (select max(month) from ranks as e where e.border = "
        "r.border and e.month < r.month and e.encounters <= r.encounters) "
        "from ranks as r join wide_months as w using (border, month) "
        "where border = ? and month = ?",
        border,
        month,
    )
    known |= {word for value in ranked if value is not None for word in formatted(value)}
    ((flagged, judged),) = rows(
        path,
        "select count(distinct iif(flag is not null and severity <> 'watch', month, null)), "
        "count(distinct month) from judged_months where dimension = '' and basis <> 'none'",
    )
    known |= {str(flagged), str(judged), str(round(judged / flagged)), "200"}
    assert numbers(text) - known - others - counts == set()
    ((digest,),) = rows(
        path, "select digest from entries where subject = 'notice ' || ? order by id desc limit 1",
        notice.id,
    )  # fmt: skip
    command = f"bordercast verify --run {notice.run_id} --digest "
    assert f"{command}\\\n    {digest}\n" in letter.text(notice, sections)
    assert f"{command}{digest}" in letter.html(notice, sections)
    assert ENCOUNTERS.publisher.credit in " ".join(notice.closing_text.split())
    assert ENCOUNTERS.publisher.credit in notice.closing_html


def test_the_parts_of_each_dimension_add_up_to_the_deviation(stages):
    _, sections = held(stages / "february.db")
    said = sections[0].text.replace("\n", " ")
    ((deviation,),) = rows(
        stages / "february.db",
        "select encounters - expected from all_flags "
        "where border = 'southwest' and dimension = '' and month = '2025-02' and kind = 'month'",
    )
    moved = re.search(r"What moved.*?(?=groups:)", said)[0]

    lines = re.findall(r"- ([\w ]+): (.*?)(?=  -|$)", moved)
    assert {name for name, _ in lines} >= {"agency", "state"}
    for _, line in lines:
        values = re.findall(rf"[{MINUS}+][\d,]+", line)
        total = sum(int(v.replace(MINUS, "-").replace(",", "")) for v in values)
        assert total == deviation


# --- hostile words

HOSTILE = [
    "<script>alert(1)</script>",
    "x\r\nBcc: everyone@example.org",
    "x\nSubject: other",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "\u202egnp.exe",
    "a\x00b\x1b[31m",
    "<!-- chart -->",
    "</ul></div><h1>",
    "=?utf-8?q?Bcc:?=",
    "." * 300,
    "\r\n.\r\nMAIL FROM:<x@example.org>",
]


def facts(file_name, flags=(), drivers=()):
    same = (Comparison("month before", "2025-01", "2025-01", 10, 5),)
    return MonthFacts(
        *(
            ENCOUNTERS,
            "southwest",
            "2025-02",
            10,
            same,
            None,
            1,
            2,
            "2025-01",
            "2025-02",
            "",
            None,
            0.5,
        ),
        *(False, (), file_name, 1),
        flags=tuple(flags),
        drivers=tuple(drivers),
    )


def part(name):
    said = {
        "border": "southwest",
        "dimension": "citizenship",
        "member": name,
        "kind": "month",
        "severity": "major",
        "encounters": 1,
        "expected": 50,
        "role": "apart",
    }
    return flag_row(**said)


def driver(name):
    said = {
        "border": "southwest",
        "dimension": name,
        "role": "part",
        "part_border": "southwest",
        "member": name,
        "contribution": -41,
    }
    return row(DriverRow, **said)


def hostile_letter(name):
    flag = {
        "kind": "month",
        "severity": "major",
        "side": -1,
        "encounters": 10,
        "expected": 51,
        "listed": 0,
        "apart": 0,
        "systemic": 0,
    }
    found = facts(name, [flag_row(**flag)], [driver(name)])
    sections = [
        Section(s.total, kind, s.phrase, letter.as_stored(s, "txt"), letter.as_stored(s, "html"))
        for s, kind in (
            (section_texts.finding(found), "finding"),
            (section_texts.digest("southwest", (), [part(name)], ENCOUNTERS), "digest"),
        )
    ]
    told = SENDER.notices.model_copy(update={"contact": name})
    frame = letter.frame(SENDER.model_copy(update={"notices": told}), "2025-02", ENCOUNTERS)
    notice = Notice(
        *(1, "flags", "2025-02", 1, 1, None, "k" * 64, "<k@example.org>", "2025-03-12T12:00:00"),
        *("held", *(frame[name] for name in FRAME)),
        *(None, None, None, "", None, "d" * 64, 1),
    )
    return letter.letter(SENDER, notice, sections, ENCOUNTERS)


def assert_harmless(name):
    made = hostile_letter(name)
    plain = hostile_letter("MEXICO")
    message = message_from_bytes(made.mime, policy=WIRE)
    page = message.get_body(("html",)).get_content()
    text = message.get_body(("plain",)).get_content()
    expected = message_from_bytes(plain.mime, policy=WIRE)
    assert message.keys() == expected.keys()
    assert message["Subject"] == expected["Subject"]
    assert [p.get_content_type() for p in message.walk()] == [
        p.get_content_type() for p in expected.walk()
    ]
    assert sorted(Words(page).tags) == sorted(
        Words(expected.get_body(("html",)).get_content()).tags
    )
    assert all(c.isprintable() for line in text.splitlines() for c in line)
    assert max(map(len, text.splitlines())) <= 78


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_words_stay_words(name):
    assert_harmless(name)


@pytest.mark.slow
@settings(max_examples=88)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
def test_any_words_stay_words(name):
    assert_harmless(f"<b>{name}</b>\r\nTo: x@example.org")


def test_drift_is_told_in_its_own_words():
    drifted = {"kind": "drift", "severity": "notable", "side": 1, "encounters": 90, "expected": 30}

    said = section_texts.finding(facts("a.csv", [flag_row(**drifted)]))

    assert said.phrase == "drifting above forecasts"
    assert "90 (now 10) counted, 30 expected six months before" in said.finding
