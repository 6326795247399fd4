"""Arrests At Entry and At Large from the tables of CBP's pages; the pages here are made."""

from __future__ import annotations

import hashlib
import random
import shutil
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast.config import Config, Fetch, ForecastSection
from forecast.context import Context
from forecast.desk.facts import report
from forecast.desk.sentences import monthly
from forecast.errors import BordercastError, DataError, RowError
from forecast.periods import FEDERAL
from forecast.sources import catalog
from forecast.sources.cbp.apprehension_types import agreement
from forecast.sources.cbp.encounters import bundle
from forecast.sources.source import ReadRelease, ReleaseFile
from forecast.store import connect, queries, releases
from forecast.store.connect import transaction, writing
from forecast.tables import markup
from forecast.types import SeriesKey
from jobs.arrivals import archive
from jobs.arrivals.folder import of_operator
from jobs.arrivals.ingest import accept, fetch
from jobs.cli import main
from tests.support import arriving, history_2025
from tests.support.cbp_files import ENCOUNTERS
from tests.support.publisher import file_bytes, file_name, running, serve

PATROL = "U.S. Border Patrol"
LABELS = {
    "nationwide": "Nationwide Total Apprehensions",
    "southwest": "Southwest Border Total Apprehensions",
    "northern": "Northern Border Total Apprehensions",
}
PARTS = ("At Large", "At Entry")
NAME = "nationwide-encounters-fy2026.html"
SLIP = ("nationwide", "2024-08")
PAGES = Path(__file__).parents[5] / "shared" / "data" / "html"
BAD = 500

Rows = list[list[str]]


def key(border: str, part: str) -> SeriesKey:
    return SeriesKey(border, "apprehension_type", part, PATROL)


@cache
def held(through: str = "9999-12", totals_through: str = "9999-12"):
    """The embedded figures as the record has them, the split and the totals up to a month each."""
    found: dict[SeriesKey, dict[str, int]] = {}
    for snapshot in bundle.load():
        for each, by_month in snapshot.counts.items():
            if snapshot.release.kind == "vintage" or each.dimension not in (
                "",
                "component",
                "apprehension_type",
            ):
                continue
            last = through if each.dimension == "apprehension_type" else totals_through
            kept = {month: count for month, count in by_month.items() if month <= last}
            found.setdefault(each, {}).update(kept)
    return found


def table(year: int, through: str = "2026-08", written: str = "{:,}") -> Rows:
    """The rows of a year's page; later months are to come."""
    span = FEDERAL.period(year).months
    rows = [["Monthly Totals", *(heading(month) for month in span)]]
    for border, label in LABELS.items():
        parts = {part: held()[key(border, part)] for part in PARTS}
        total = {m: sum(by_month[m] for by_month in parts.values()) for m in parts[PARTS[0]]}
        if (border, SLIP[1]) == SLIP:
            total[SLIP[1]] -= 10
        for name, by_month in ((label, total), *parts.items()):
            cells = [written.format(by_month[m]) if m <= through else "-" for m in span]
            rows.append([name, *cells])
    return rows


def heading(month: str) -> str:
    """As the pages have them: June and July in full in one year."""
    names = ["Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sep", "Oct", "Nov", "Dec"]
    name = names[int(month[5:]) - 1]
    return f"{name if FEDERAL.year(month) == 2025 else name[:3]}-{month[2:4]}"


def page(rows: Rows, around: str = "{}") -> bytes:
    """A page as the publisher's system writes it: a document inside a document, tags left open."""
    head, *body = rows
    cells = "".join(f'<th scope="col"><span class="cbp-blue">{cell}</span></th>' for cell in head)
    lines = "".join(
        f'<tr><th scope="row"><strong>{row[0]}</strong></th>'
        + "".join(f"<td class=x><em>{cell}</em></td>" for cell in row[1:])
        + "</tr>"
        for row in body
    )
    made = f"<table class=x><thead><tr>{cells}</tr></thead><tbody>{lines}</tbody></table>"
    return (
        "<!DOCTYPE html><html><head><title>Fiscal Year 2024</title></head><body><main><div><p>"
        '<!DOCTYPE html>\n<?xml encoding="utf-8" ?><html><body><p>Fiscal Year 2025 runs from '
        "October 1, 2023.<div><table><tr><td>Links</table>" + around.format(made) + "<p>Last"
    ).encode()


def read(content: bytes, name: str = NAME, seen: str = "2026-10-04") -> ReadRelease:
    return catalog.source_of(name, ENCOUNTERS).read(ReleaseFile(name, content, seen), {}, ())


def judged(content: bytes, record=None, name: str = NAME) -> ReadRelease:
    return agreement.judged(
        catalog.source_of(name, ENCOUNTERS), read(content, name), record or held()
    )


def test_the_border_is_the_one_of_the_total_above_and_months_to_come_are_none():
    found = read(page(table(2026, through="2026-03"))).snapshot

    assert found.counts[key("northern", "At Large")]["2026-02"] == 540
    assert found.release.data_through == "2026-03"
    assert {each.last_month for each in found.coverage} == {"2026-03"}
    assert found.release.seq < ENCOUNTERS.parse_name(
        "nationwide-encounters-fy23-fy26-mar-aor.csv"
    ).seq  # fmt: skip


def test_months_are_read_as_either_page_writes_them_and_its_text_is_not():
    """The page says another year twice, in its title and in its text."""
    found = read(page(table(2025)), "nationwide-encounters-fy2025.html").snapshot

    assert found.counts[key("northern", "At Large")]["2025-02"] == 396
    assert found.counts[key("northern", "At Entry")]["2025-07"] == 96


def test_a_sum_the_publisher_got_wrong_is_kept_and_said():
    name = "nationwide-encounters-fy2024.html"

    found = judged(page(table(2024)), name=name)

    assert found.problems == []
    assert found.snapshot.counts[key(SLIP[0], "At Large")][SLIP[1]] == 1665
    assert found.warnings == [
        "nationwide in 2024-08: At Large 1,665 and At Entry 59,029 add up to 60,694, the total "
        "beside them is 60,684; kept as published, as before"
    ]


def test_a_new_sum_that_is_wrong_is_left_out_and_said_and_the_rest_is_taken():
    rows = table(2026)
    rows[2][11] = "3,198"

    found = judged(page(rows), held("2026-07"))

    assert found.problems == []
    assert "2026-08" not in found.snapshot.counts[key("nationwide", "At Large")]
    assert found.snapshot.counts[key("northern", "At Large")]["2026-08"] == 468
    assert found.warnings[0].endswith("the total beside them is 10,939; that month is left out")


def test_totals_are_those_of_the_record_to_the_unit():
    rows = table(2026)
    rows[7][5], rows[9][5] = "581", "41"  # northern, February, all of it one more

    found = judged(page(rows), held("2026-01"))

    assert found.problems == [
        "northern / component / U.S. Border Patrol in 2026-02: its total is 581, the record's 580"
    ]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        (lambda rows: rows[0].__setitem__(9, "Jum-26"), "no month such as Oct-24"),
        (lambda rows: rows[0].__setitem__(9, "Jul-26"), "not the twelve months"),
        (lambda rows: rows[3].__setitem__(0, "At Exit"), "not expected here"),
        (lambda rows: rows[3].__setitem__(0, "At Large"), "not expected here"),
        (lambda rows: rows[4].__setitem__(0, "Coastal Border Total Apprehensions"), "expected"),
        (lambda rows: rows[5].__setitem__(4, "1 262"), "no whole number"),
        (lambda rows: rows[5].__setitem__(4, "-"), "a count after a month without one"),
        (lambda rows: rows[5].__setitem__(11, "-"), "some rows of the table end in 2026-07"),
        (lambda rows: rows[5].pop(), "11 counts for 12 months"),
        (lambda rows: rows.pop(), "8 rows of counts"),
    ],
)
def test_what_is_not_understood_is_named_with_its_row(changed, problem):
    rows = table(2026)
    changed(rows)

    with pytest.raises(DataError, match=problem):
        read(page(rows))


def test_a_refusal_that_is_kept_quotes_nothing_of_the_page():
    rows = table(2026)
    rows[5][4] = "password"

    with pytest.raises(RowError) as caught:
        read(page(rows))

    assert "'password'" in str(caught.value)
    assert caught.value.kept == (f"{NAME}, line 6, column 2026-01: no whole number such as 1,667",)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"<html><title>Access Denied</title><body>no</body></html>", "no table of arrests"),
        (page(table(2026))[:4000], "cut short"),
        (page(table(2026), "{0}{0}"), "2 tables"),
        (page(table(2026, through="2025-09")), "without counts yet"),
        (b"<table>" + b"<td>" * 300_000, "larger than"),
    ],
)
def test_a_page_without_its_table_is_refused(content, problem):
    with pytest.raises(DataError, match=problem):
        read(content)


def test_a_name_that_says_another_year_and_a_month_that_is_not_over_are_refused():
    with pytest.raises(DataError, match="the name says fiscal year 2025"):
        read(page(table(2026)), "nationwide-encounters-fy2025.html")
    with pytest.raises(DataError, match="2026-08, which was not over on 2026-08-31"):
        read(page(table(2026)), seen="2026-08-31")


def test_parts_that_change_places_are_noticed_in_a_month_that_is_new():
    rows = table(2026)
    for row in (2, 5, 8):
        rows[row][11], rows[row + 1][11] = rows[row + 1][11], rows[row][11]

    found = judged(page(rows), held("2026-07", "2026-07"))

    assert any("the share of the parts has changed" in each for each in found.problems)


# ---------------------------------------------------------------- bad pages


def cut(draw: random.Random, rows: Rows) -> bytes:
    whole = page(rows)
    return whole[: draw.randrange(len(whole) - 20)]


def altered(draw: random.Random, rows: Rows) -> bytes:
    """One digit of the table, anywhere."""
    row, column = draw.randrange(len(rows)), draw.randrange(1, 13)
    at = [i for i, c in enumerate(rows[row][column]) if c.isdigit()] or [0]
    where, cell = draw.choice(at), rows[row][column]
    rows[row][column] = cell[:where] + draw.choice("0123456789") + cell[where + 1 :]
    return page(rows)


def dropped(draw: random.Random, rows: Rows) -> bytes:
    if draw.random() < 0.5:
        del rows[draw.randrange(len(rows))]
    else:
        del rows[draw.randrange(len(rows))][draw.randrange(1, 13)]
    return page(rows)


def doubled(draw: random.Random, rows: Rows) -> bytes:
    if draw.random() < 0.3:
        return page(rows, "{0}{0}")
    at = draw.randrange(len(rows))
    rows.insert(at, list(rows[at]))
    return page(rows)


def exchanged(draw: random.Random, rows: Rows) -> bytes:
    """Two rows, or two columns with or without their heading."""
    if draw.random() < 0.5:
        one, other = draw.sample(range(1, 10), 2)
        rows[one][draw.randrange(2) :], rows[other][1:] = rows[other][1:], rows[one][1:]
        return page(rows)
    one, other = draw.sample(range(1, 13), 2)
    for row in rows[draw.randrange(2) :]:
        row[one], row[other] = row[other], row[one]
    return page(rows)


def relabeled(draw: random.Random, rows: Rows) -> bytes:
    """Labels changed, or those of two rows or of all parts exchanged."""
    kind = draw.randrange(3)
    if kind == 0:
        rows[draw.randrange(10)][0] = draw.choice(["At Entry", "Total", "", *LABELS.values()])
    elif kind == 1:
        one, other = draw.sample(range(1, 10), 2)
        rows[one][0], rows[other][0] = rows[other][0], rows[one][0]
    else:
        for row in rows:
            row[0] = {"At Entry": "At Large", "At Large": "At Entry"}.get(row[0], row[0])
    return page(rows)


def blocked(draw: random.Random, rows: Rows) -> bytes:
    text = draw.choice(["Access Denied", "Just a moment ...", "At Large 1,665", ""])
    return f"<html><body><table><tr><td>{text}</table>".encode()


def odd_cell(draw: random.Random, rows: Rows) -> bytes:
    odd = draw.choice(["", "n/a", "1.5", "-12", "1,23", "12,34,567", "1e3", "-", "&mdash;", "∞"])
    rows[draw.randrange(1, 10)][draw.randrange(1, 13)] = odd
    return page(rows)


def shifted(draw: random.Random, rows: Rows) -> bytes:
    """The headings of another year, or the counts a month off."""
    if draw.random() < 0.5:
        by = draw.choice([-2, -1, 1])
        rows[0][1:] = [f"{cell[:-2]}{int(cell[-2:]) + by:02d}" for cell in rows[0][1:]]
    else:
        for row in rows[1:]:
            row[1:] = [row[1], *row[1:-1]]
    return page(rows)


FAULTS = (
    cut, altered, altered, altered, dropped, doubled, exchanged, exchanged, relabeled, relabeled,
    blocked, odd_cell, shifted,
)  # fmt: skip
# What the record has: all of it, the totals of a month whose split is new, neither of a month.
RECORDS = (("9999-12", "9999-12"), ("2026-07", "9999-12"), ("2026-07", "2026-07"))


@pytest.mark.slow
def test_of_bad_pages_no_wrong_number_is_taken():
    draw, came = random.Random(23), Counter()
    for number in range(BAD):
        fault, record = draw.choice(FAULTS), draw.choice(RECORDS)
        content = fault(
            draw, table(draw.choice((2024, 2025, 2026)), written=draw.choice(("{:,}", "{}")))
        )
        try:
            found = judged(content, held(*record), "nationwide-encounters.html")
        except BordercastError:
            came["refused"] += 1
            continue
        if found.problems:
            came["refused"] += 1
            continue
        came["taken"] += 1
        wrong = {
            (each, month): count
            for each, by_month in found.snapshot.counts.items()
            for month, count in by_month.items()
            if held()[each].get(month) != count
        }
        assert not wrong, (number, fault.__name__, record, wrong, found.warnings)
    assert came["refused"] > BAD / 2, came


# ---------------------------------------------------------------- into the record


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A record of the embedded figures through July 2026, their split through June."""
    path = tmp_path_factory.mktemp("made") / "bordercast.db"
    with writing(path) as db, transaction(db):
        for snapshot in history_2025.known_through("2026-07"):
            releases.save_snapshot(db, snapshot)
        (split,) = (s for s in bundle.load() if s.release.source == "cbp-usbp-at-large")
        releases.save_snapshot(db, history_2025._cut(split, "2026-06"))
    return path


@pytest.fixture
def path(made, tmp_path) -> Path:
    return Path(shutil.copy(made, tmp_path))


def take(path: Path, content: bytes, name: str = NAME, seen: str = "2026-10-04"):
    file = path.with_name(name)
    file.write_bytes(content)
    kept_in = archive.folders(path, Config())
    archive.make(kept_in)
    with writing(path) as db:
        return arriving.taken(db, arriving.context(path, ()), of_operator(file, seen))


@pytest.mark.slow
def test_a_page_is_a_release_with_its_vintages(path):
    taken = take(path, page(table(2026, through="2026-07")), seen="2026-08-20")
    again = take(path, page(table(2026, through="2026-07")))

    assert (taken.outcome, taken.data_through) == ("accepted", "2026-07")
    assert again.outcome == "already on record"
    with closing(connect.read(path)) as db:
        assert releases.current_counts(db)[key("northern", "At Large")]["2026-07"] == 434
        (row,) = db.execute(
            "select known_from, source from series_vintages where dimension = 'apprehension_type' "
            "and border = 'northern' and member = 'At Large' and month = '2026-07'"
        )
        newest = queries.rows(db, "newest_files")
    assert tuple(row) == ("2026-08-20", "nationwide-encounters-fy2026")
    assert NAME not in {name for name, *_ in newest}


def test_a_page_at_odds_with_the_record_goes_to_quarantine_and_may_be_accepted(path):
    rows = table(2026, through="2026-07")
    rows[7][10], rows[9][10] = "587", "153"

    with pytest.raises(DataError, match="its total is 587, the record's 586"):
        take(path, page(rows))

    with writing(path) as db:
        assert "2026-07" not in releases.current_counts(db)[key("northern", "At Entry")]
        (number,) = db.execute("select id from releases where status = 'quarantined'").fetchone()
        accept(db, arriving.context(path, ()), number, "the page is right", "2026-10-04")
        assert releases.current_counts(db)[key("northern", "At Entry")]["2026-07"] == 153


def test_a_month_left_out_leaves_those_around_it_in_what_a_release_stated(path):
    rows = table(2026, through="2026-07")
    rows[8][10] = "435"

    taken = take(path, page(rows))

    assert "that month is left out" in taken.warning
    with closing(connect.read(path)) as db:
        stated = releases.load_snapshot(db, taken.release_id).counts
        current = releases.current_counts(db)
    assert max(stated[key("northern", "At Large")]) == "2026-06"
    assert max(stated[key("southwest", "At Large")]) == "2026-07"
    assert max(current[key("northern", "At Large")]) == "2026-06"


def test_what_a_release_stated_skips_the_months_it_left_out_in_its_middle(path):
    with writing(path) as db, transaction(db):
        found = agreement._without(read(page(table(2026))).snapshot, {("northern", "2026-03")})
        number = releases.save_snapshot(db, found)

        again = releases.load_snapshot(db, number)

    assert again.counts == found.counts
    assert again.coverage == tuple(sorted(found.coverage))


def test_brief_says_what_the_page_says(path):
    take(path, page(table(2026, through="2026-07")))

    with closing(connect.read(path)) as db:
        said = monthly.aside_sentence(
            report(db, "northern", "2026-07", ENCOUNTERS), ENCOUNTERS.hierarchy.aside
        )

    assert said.startswith("434 of 586 Border Patrol encounters (74%)")


# ---------------------------------------------------------------- fetched


@pytest.mark.slow
def test_pages_are_asked_for_only_where_the_settings_say_so(path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    name = file_name("2026-07", first=2025)
    with running() as publisher:
        publisher.publish(**{name: file_bytes("2026-07", first=2025)})
        address = publisher.root + "/newsroom/stats/nationwide-encounters"
        links = '{}<a href="/newsroom/stats/nationwide-encounters-fy2025">FY 2025</a>'
        visits = iter(("first", "second", "third"))

        def current(request) -> None:
            around = f"<p>{next(visits)} visit</p>{links}"
            serve(request, page(table(2026, through="2026-07"), around), "text/html", etag=False)

        publisher.answers["/newsroom/stats/nationwide-encounters"] = current
        publisher.put(
            "/newsroom/stats/nationwide-encounters-fy2025", page(table(2025)), "text/html"
        )

        def look(day: int, **changes):
            settings = {"enabled": True, "index": publisher.index, "contact": "ops@example.org"}
            config = Config(
                fetch=Fetch(**settings, **changes), forecast=ForecastSection(models=("naive",))
            )
            return fetch(
                Context.open(path, config),
                now=datetime(2026, 8, day, 12, tzinfo=UTC),
                with_bundle=False,
            )

        without = look(20)
        first, second = look(21, tables=address), look(22, tables=address)

    assert not any("newsroom" in answer.url for answer in without.answers)
    assert {
        taken.file_name: taken.outcome for taken in first.taken if "html" in taken.file_name
    } == {
        "nationwide-encounters.html": "accepted",
        "nationwide-encounters-fy2025.html": "accepted",
    }
    new = [a.url for a in second.answers if a.outcome in ("new", "replaced")]
    assert new == []  # only what stands around the table has changed


def test_without_rest_gives_the_tables_alone():
    assert markup.without_rest(b"<p>1<table a=b><tr></table>2<TABLE>x</TABLE >3") == (
        b"<table a=b><tr></table>\n<TABLE>x</TABLE >\n"
    )
    assert markup.without_rest(b"<p>no") == b""


# ---------------------------------------------------------------- the publisher's own pages


def test_the_publisher_s_pages_give_the_embedded_figures():
    if not PAGES.exists():
        pytest.skip("the publisher's pages are not beside this repository")
    agreed, slips, seen = Counter(), [], {}
    for file in sorted(PAGES.glob("*.html")):
        release = read(file.read_bytes(), file.name)
        found = agreement.judged(catalog.source_of(file.name, ENCOUNTERS), release, held())
        assert found.problems == []
        slips += found.warnings
        seen |= {(k, m): n for k, by in release.snapshot.counts.items() for m, n in by.items()}
        for total, by_month in release.sums.items():
            for month, count in by_month.items():
                parts = sum(release.snapshot.counts[key(total.total, p)][month] for p in PARTS)
                agreed[total.total == "nationwide", parts == count] += 1

    assert agreed == {(False, True): 70, (True, True): 34, (True, False): 1}
    assert [said.partition(":")[0] for said in slips] == ["nationwide in 2024-08"]
    embedded = {
        (k, m): n for k, by in held().items() if "appre" in k.dimension for m, n in by.items()
    }
    assert seen == embedded


def test_a_part_that_is_only_stated_says_why_it_has_no_forecast(published):
    for refused, *words in (
        (False, "show", "northern:At Large"),  # its counts are shown
        (True, "chance", "northern:At Large", "2026-12", ">500"),
    ):
        done = CliRunner().invoke(main, ["--db", str(published), *words])

        assert (done.exit_code != 0) == refused
        assert "stated beside its month and not forecast" in done.output


# ---------------------------------------------------------------- to the line, by names and dates


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nationwide-encounters-fy2025.html", (2025, 2025, None)),
        ("Nationwide-Encounters-FY25.HTM", (2025, 2025, None)),
        ("nationwide-encounters-fy25.html.gz", (2025, 2025, None)),
        # A day on which somebody saved it is of a fiscal month, the first in October.
        ("nationwide-encounters-2025-10-31.html", (2026, 2026, 1)),
        ("nationwide-encounters-2025-09-01.html", (2025, 2025, 12)),
        ("nationwide-encounters-2026-03-14.html", (2026, 2026, 6)),
        # Neither: it is taken in after all others.
        ("nationwide-encounters.html", (9999, 9999, None)),
        ("nationwide-encounters-2026-13-14.html", None),
        ("nationwide-encounters-fy2\u0665.html", None),
        ("nationwide-encounters-fy25.csv", None),
    ],
)
def test_a_pages_name_says_its_year_or_when_it_was_saved(name, said):
    source = catalog.find("cbp_apprehension_types")
    found = source.parse_name(name)

    assert (found and (found.first, found.last, found.month)) == said
    assert not found or (found.layout, found.suffix) == ("page", 0)


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        (NAME, "2026-10-04"),
        ("nationwide-encounters.html", "2026-09-01"),  # the first day after its last month
        ("nationwide-encounters-2025-03-14.html.gz", None),  # whatever year it was saved in
    ],
)
def test_a_page_is_a_release_just_before_the_file_of_its_month(name, seen):
    content = page(table(2026))
    found = catalog.source_of(name, ENCOUNTERS).read(
        ReleaseFile(name, content, seen, "https://x"), {}, ()
    )
    made = found.snapshot.release

    assert made.source == name.partition(".")[0]
    assert made.file_name == name.removesuffix(".gz")
    assert made.data_through == "2026-08"
    assert made.seq == 2026 * 100_000 + 11 * 1_000 - 1
    assert (made.first_seen_at, made.first_seen_precision) == (seen, "day" if seen else "unknown")
    assert (made.sha256, made.url) == (hashlib.sha256(content).hexdigest(), "https://x")
    assert found.unknown == {}


def test_a_page_states_three_totals_and_their_parts_of_the_months_it_has():
    found = read(page(table(2026, through="2025-12")))

    span = ["2025-10", "2025-11", "2025-12"]
    assert set(found.snapshot.counts) == {key(border, part) for border in LABELS for part in PARTS}
    assert {tuple(by_month) for by_month in found.snapshot.counts.values()} == {tuple(span)}
    assert sorted(
        (c.scope.total, c.scope.dimension, c.scope.component, c.first_month, c.last_month)
        for c in found.snapshot.coverage
    ) == [(border, "apprehension_type", PATROL, "2025-10", "2025-12") for border in sorted(LABELS)]
    assert set(found.sums) == {SeriesKey(b, "component", PATROL, PATROL) for b in LABELS}


@pytest.mark.parametrize(
    ("row", "column", "text", "line"),
    [
        (0, 9, "Jum-26", 1),
        (1, 0, "Nationwide", 2),
        (1, 1, "x", 2),
        (3, 0, "At Exit", 4),
        (3, 0, "At Large", 4),
        (4, 0, "At Large", 5),
        (9, 11, "1,00", 10),
        (9, 3, "12345678", 10),
        (9, 3, "\u0661", 10),
    ],
)
def test_what_is_not_understood_is_named_with_its_row_of_the_table(row, column, text, line):
    rows = table(2026)
    rows[row][column] = text

    with pytest.raises(RowError) as caught:
        read(page(rows))

    assert caught.value.line == line
    assert caught.value.value == text


def test_an_empty_row_is_named_too():
    rows = table(2026)
    content = page(rows).replace(b"<tbody>", b"<tbody><tr></tr>")

    with pytest.raises(RowError) as caught:
        read(content)

    assert (caught.value.line, caught.value.value) == (2, "")


@pytest.mark.parametrize("dash", ["-", "\N{EN DASH}", "\N{EM DASH}"])
def test_months_to_come_have_a_dash(dash):
    rows = [[dash if cell == "-" else cell for cell in row] for row in table(2026, "2025-10")]

    assert read(page(rows)).snapshot.release.data_through == "2025-10"


@pytest.mark.parametrize("written", ["{}", "{:,}"])
def test_counts_may_have_their_thousands_marked(written):
    found = read(page(table(2026, written=written))).snapshot

    for part in PARTS:
        expected = held()[key("nationwide", part)]
        assert found.counts[key("nationwide", part)]["2025-10"] == expected["2025-10"]


def test_a_row_that_ends_early_is_named_by_the_months_of_both():
    rows = table(2026)
    rows[5][11] = "-"

    with pytest.raises(DataError, match="some rows of the table end in 2026-07, others in 2026-08"):
        read(page(rows))


def test_a_table_has_nine_rows_of_counts():
    with pytest.raises(DataError, match="6 rows of counts in the table, 9 are expected"):
        read(page(table(2026)[:7]))


def test_headings_are_twelve_months_from_october_on():
    rows = table(2026)
    turned = [[row[0], *row[2:], row[1]] for row in rows]
    for wrong in (turned, [row[:12] for row in rows], [row[:1] for row in rows]):
        with pytest.raises(DataError, match="not the twelve months of one fiscal year, October to"):
            read(page(wrong))


def test_a_second_table_with_such_a_row_leaves_open_which_is_meant():
    second = b"<table><tr></tr><tr><td>at entry</td></tr></table>"

    with pytest.raises(DataError, match="2 tables of arrests At Entry and At Large on one"):
        read(page(table(2026)).replace(b"<p>Last", second))
