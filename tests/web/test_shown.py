"""What the page shows: every figure against everything, and what it rests on."""

from __future__ import annotations

import html
import re
import sqlite3
from datetime import date
from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import edit, rows
from visitor import PAGES, ROOT, TABLES, TablesHere, snapshot_of, visiting

from forecast.desk.dictionary.views import VIEWS
from forecast.desk.labels import member_words
from forecast.desk.site import status
from forecast.desk.site.metadata import metadata
from forecast.desk.wording import CREDIT
from forecast.records import HEADLINES
from forecast.store.named_queries import QUESTIONS


@pytest.mark.parametrize("path", PAGES + TABLES)
def test_a_page_says_what_it_rests_on(visitor, path):
    shown = visitor.get(path).text

    assert 'lang="en"' in shown
    assert "Data through <b>August 2026</b>" in shown
    assert "next: the figures of September 2026" in shown
    assert "<script" not in shown
    assert "style=" not in shown
    assert CREDIT in shown


def test_a_page_says_how_to_check_that_the_record_is_the_same(visitor, record):
    ((run, digest),) = rows(record, "select id, digest from latest_run")

    command = f"bordercast verify --run {run} --digest {digest}"
    assert f"<code>{command}</code>" in visitor.get("/").text


def test_the_first_page_shows_every_border_against_everything(visitor):
    shown = visitor.get("/").text

    for card in re.findall(r'<article class="card" aria-labelledby.+?</article>', shown, re.S):
        for against in ("forecast", "month before", "year before", "fiscal year to date", "peak"):
            assert f'<th scope="row">{against}' in card
        assert re.search(r'<img [^>]*alt="[^"]{60,}"', card)
    assert shown.count('<article class="card" aria-labelledby') == len(HEADLINES)


@pytest.mark.parametrize("border", HEADLINES)
def test_every_flag_shows_all_comparisons_and_how_it_ended(visitor, record, border):
    shown = visitor.get(f"/border/{border}").text
    flags = rows(
        record,
        "select flag_id, month, expected, episode from all_flags where border = ? "
        "and dimension = '' and severity <> 'watch'",
        border,
    )

    for flag_id, month, expected, episode in flags:
        card = re.search(rf'id="flag-{flag_id}">.+?</article>', shown, re.S)[0]
        assert f'href="/border/{border}/{month}"' in card
        assert f"{expected:,}" in card
        assert card.count('<th scope="row">') == (4 if month.endswith("-10") else 5)
        assert ("It stayed" in card) == (episode == "level shift")
        assert ("It passed" in card) == (episode == "transient")
    assert len(flags) == shown.count('<article class="card" id="flag-')


def test_open_parts_show_their_comparisons_too(visitor, record):
    shown = html.unescape(visitor.get("/").text)
    found = rows(
        record,
        """
        select o.dimension, o.member, o.encounters, o.expected, h.last_month
        from open_flags as o join series_held as h using (border, dimension, member)
        where o.dimension <> ''
        """,
    )

    ended = sum(last == "2025-11" for *_, last in found)
    assert shown.count("no figure after November 2025</li>") == ended > 0
    for dimension, member, encounters, expected, _ in found:
        name = re.escape(member_words(dimension, member))
        assert re.search(
            rf"<b>{name}</b>.+?{encounters:,}</b> counted.+?{expected:,}.+?year before", shown, re.S
        )
    assert "<b>New York</b>" in shown


def test_a_border_shows_scores_against_naive_and_revisions(visitor, record):
    shown = visitor.get("/border/southwest").text
    ((ratio,),) = rows(
        record,
        "select relative_mae from scorecard where border = 'southwest' and model = 'bordercast' "
        "and basis = 'hindcast' and era = 'all' and horizon = 1",
    )
    restated = rows(
        record,
        "select first_published, encounters from wide_months where border = 'southwest' "
        "and first_published <> encounters",
    )

    assert f"{abs(100 * ratio - 100):.1f} %</td>" in shown
    for first, now in restated:
        assert re.search(rf">{first:,}</td><td class=\"n\">{now:,}</td>", shown)
    assert restated


def test_worse_than_naive_is_said_in_words(visitor, record):
    assert "worse than naive in a score" in visitor.get("/border/other").text


def test_a_month_says_how_many_were_arrested_in_the_interior(visitor):
    shown = html.unescape(visitor.get("/border/northern/2025-02").text)

    assert "396 of 479 Border Patrol encounters (83%)" in shown


def test_a_month_without_a_flag_has_its_page_too(visitor):
    shown = visitor.get("/border/northern/2026-08").text

    assert "were as forecast: 6,087 counted" in shown
    assert 'href="/border/northern/2026-07"' in shown


@pytest.mark.parametrize(
    "path",
    ["/border/northern/1999-01", "/border/northern/2025-13", "/border/northern/2025-00",
     "/border/northern/2025-1", "/border/northern/latest", "/border/northern/20%0025",
     "/border/eastern", "/border/eastern/2025-01", "/no/such/thing"],
)  # fmt: skip
def test_what_is_not_there_is_said_plainly(visitor, path):
    answer = visitor.ask(path)

    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert "Traceback" not in answer.text


def test_every_link_of_every_page_works_and_none_leads_out_unasked(visitor):
    found: dict[str, str] = {}
    some = ["/", "/border/northern", "/border/other", "/border/northern/2025-01", "/reading"]
    for path in [*some, *TABLES, "/bordercast/what_moved"]:
        shown = visitor.get(path).text
        for link in re.findall(r'(?:href|src|srcset)="([^"#][^"]*)"', shown):
            found.setdefault(urljoin(f"http://localhost{path}", html.unescape(link)), path)
    out = {link for link in found if not link.startswith("http://localhost/")}
    ours = [x for x in found if x not in out and not re.search(r"/\d{4}-\d\d$|\.db$", x)]

    for link in ours:
        answer = visitor.ask(link.removeprefix("http://localhost"))
        assert answer.status_code == 200, f"{link} on {found[link]}: {answer.status_code}"
    assert out == {"https://datasette.io/"}  # a link to follow, nothing that is fetched
    assert len(ours) > 80


def test_csv_and_json_hold_the_rows_of_the_table(visitor, record):
    where = "border=northern&dimension__exact=&model=bordercast"
    as_json = visitor.get(f"/bordercast/latest_forecasts.json?{where}&_shape=objects").json()
    as_csv = visitor.get(f"/bordercast/latest_forecasts.csv?{where}").text.splitlines()

    assert [row["horizon"] for row in as_json["rows"]] == list(range(1, 13))
    assert len(as_csv) == 13
    assert str(as_json["rows"][0]["median"]) in as_csv[1]


def test_all_rows_can_be_had_as_csv(record, monkeypatch):
    """Also of a view that takes long to make: it is made once, not once a page of rows."""
    ((count,),) = rows(record, "select count(*) from series_vintages")
    made, opened = [], sqlite3.connect

    def connect(*arguments, **options):
        connection = opened(*arguments, **options)
        connection.set_trace_callback(made.append)
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect)
    with visiting(record, tables=TablesHere(snapshot_of(record))) as visitor:
        page = visitor.get("/bordercast/series_vintages").text
        link = re.search(r'href="([^"]+)">CSV, all rows', page)[1]
        made.clear()
        answer = visitor.get(html.unescape(link))

    assert len(answer.text.splitlines()) == count + 1 > 20_000
    assert 0 < len([sql for sql in made if "from series_vintages" in sql]) <= 2


def test_the_whole_file_is_the_snapshot(visitor, record):
    assert visitor.get("/bordercast.db").content == snapshot_of(record).read_bytes()


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.name)
def test_every_question_has_an_answer(visitor, question):
    shown = visitor.get(f"/bordercast/{question.name}").text
    answer = visitor.get(f"/bordercast/{question.name}.json?_shape=objects").json()

    assert html.escape(question.title, quote=True).replace("&#x27;", "&#39;") in shown
    assert answer["rows"]


def test_the_questions_of_the_page_on_tables_are_offered():
    page = (ROOT / "docs" / "tables.md").read_text("utf-8")

    assert set(re.findall(r"```sql\n(.+?)```", page, re.S)) <= {q.sql for q in QUESTIONS}


def test_an_empty_parameter_asks_for_everything(visitor):
    one = visitor.get("/bordercast/year_ahead.json?border=other&_shape=objects").json()
    every = visitor.get("/bordercast/year_ahead.json?_shape=objects").json()

    assert {row["border"] for row in one["rows"]} == {"other"}
    assert len(every["rows"]) == 4 * len(one["rows"])


@pytest.mark.parametrize("view", VIEWS, ids=lambda v: v.name)
def test_a_table_says_what_a_row_is_and_what_each_column_means(visitor, view):
    shown = html.unescape(visitor.get(f"/bordercast/{view.name}").text)

    assert f"A row is {view.row}." in shown
    for name, column in view.described().items():
        assert f"<dt>{name}</dt><dd>{column.about}" in shown


def test_the_metadata_names_every_view_and_question():
    (database,) = metadata()["databases"].values()

    assert list(database["tables"]) == [view.name for view in VIEWS]
    assert list(database["queries"]) == [question.name for question in QUESTIONS]


@given(days=st.integers(0, 200))
def test_when_the_next_release_is_due_is_said_for_every_day(days):
    end = date(2026, 9, 30)
    today = date.fromordinal(end.toordinal() - 20 + days)

    said = status.next_release("2026-08", today)

    since = (today - end).days
    assert said.startswith("the figures of September 2026")
    assert ("are expected between" in said) == (since < status.EARLIEST)
    assert ("any day" in said) == (status.EARLIEST <= since <= status.LATEST)
    assert ("ago" in said) == (since > status.LATEST)


def test_the_time_of_the_next_release_is_said(visitor):
    shown = visitor.get("/reading").text

    assert "September 2026 are expected between 7 October 2026 and 26 October 2026" in shown


def test_figures_that_are_overdue_are_said_to_be_old(record):
    with visiting(record) as visitor:
        visitor.site.current.today = lambda: date(2026, 10, 28)
        assert "These figures are old" not in visitor.get("/reading").text
        visitor.site.current.today = lambda: date(2026, 10, 29)
        assert "These figures are old" in visitor.get("/reading").text


def test_a_newer_file_that_was_refused_is_said_to_be(own, monkeypatch):
    monkeypatch.setattr("forecast.store.held.integrity.at_sight", lambda _: [])
    edit(
        snapshot_of(own),
        "insert into releases (source, kind, file_name, url, sha256, data_through, seq, rounding, "
        "first_seen_precision, status, reason, counts_digest) values ('x', 'aor', 'new<b>.csv', '',"
        " 'x', '2026-09', 202612000, 1, 'day', 'quarantined', 'altered', '')",
    )

    with visiting(own) as visitor:
        assert "A newer file was refused</b>" in visitor.get("/reading").text
        assert "new&lt;b&gt;.csv" in visitor.get("/reading").text
