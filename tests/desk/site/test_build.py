"""The page as files: what they say, that they hold together, and that old ones stay."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from datetime import date

import pytest

from forecast import months
from forecast.desk.sentences import monthly, unusual
from forecast.desk.site import build, feeds, page_kinds
from forecast.desk.site.output import LIST
from forecast.desk.site.page_kinds import KINDS, table, year_table
from forecast.errors import ConfigError
from forecast.periods import FEDERAL
from forecast.store import connect
from forecast.store.read import SentCorrection
from forecast.types import COUNT, HEADLINES, SeriesKey
from forecast.words import change_words
from tests.support.cbp_files import COMPONENTS, ENCOUNTERS
from tests.support.databases import rows
from tests.support.site_visitor import TODAY


def shown(kind: str, record, about=None) -> str:
    return html.unescape(KINDS[kind].page(record, about)[1]["index.html"].decode())


def text(site, place: str) -> str:
    return html.unescape((site / place / "index.html").read_text("utf-8"))


def pages(site):
    return sorted(path for path in site.rglob("*.html"))


@pytest.mark.slow
def test_no_link_is_broken_and_none_leads_out(site):
    broken, seen = set(), 0
    for page in pages(site):
        for link in re.findall(r'(?:href|src|srcset)="([^"#]+)', page.read_text("utf-8")):
            seen += 1
            if link.startswith("mailto:?"):  # a mail to write, to whom one likes
                continue
            if not (page.parent / html.unescape(link)).is_file():
                broken.add((str(page), link))

    assert not broken
    assert seen > 8_000


def test_every_page_says_what_it_rests_on_and_needs_no_script(site, record):
    ((run, digest),) = rows(record, "select id, digest from latest_run")
    for page in pages(site):
        said = page.read_text("utf-8")
        assert ENCOUNTERS.publisher.credit in said
        assert said.count("<h1") == 1
        assert "style=" not in said
        if 'http-equiv="refresh"' in said:
            continue
        assert f"<code>bordercast verify --run {run} --digest {digest}</code>" in said
        assert 'lang="en"' in said
        assert said.count("<h1") == 1
        # A description of the data for dataset search; no browser runs it.
        scripts = re.findall(r"<script[^>]*>", said)
        assert scripts in ([], ['<script type="application/ld+json">'])
        assert "style=" not in said


def test_every_month_and_year_of_a_total_is_told_with_its_number(site, record):
    held = rows(record, "select border, month, encounters from border_months")
    told = {
        border: {fact["span"]: fact for fact in json.loads((site / place).read_text())["facts"]}
        for border in HEADLINES
        for place in (f"fact/{border}/facts.json",)
    }
    said = {border: text(site, f"fact/{border}") for border in HEADLINES}
    years: dict[tuple[str, int], int] = {}
    for border, month, count in held:
        fact = told[border][month]
        assert fact["number"] == count
        if fact["halves"]:
            assert abs(sum(fact["halves"]) - count) <= fact["halves_unit"]
        section = said[border].partition(f'<h3 id="{month}">')[2].partition("<h3")[0]
        assert f"CBP counted {count:,} encounters" in section
        exact = fact["halves_unit"] in (1, None)
        assert ("their source rounds" in section) is not exact
        key = border, FEDERAL.year(month)
        years[key] = years.get(key, 0) + count
    for (border, year), count in years.items():
        assert told[border][f"FY{year}"]["number"] == count
        assert f"CBP counted {count:,} encounters" in said[border]

    assert len(held) == 620


def test_flagged_months_and_the_newest_have_a_page_and_no_other(site, full):
    for total, about in full.totals.items():
        pages = {path.parent.name for path in (site / "border" / total).glob("*/index.html")}
        assert pages == {"2026-08"} | {flag.month for flag in about.flags}


def test_a_site_has_few_files(site, full):
    """With its run's copies: a page of every month made eight times as many."""
    files = [path for path in site.rglob("*") if path.is_file()]

    assert len(files) < 800


def test_the_first_page_answers_first(full):
    """A card a border: each of its numbers made here from the counts alone."""
    said = shown("front", full)

    for border in HEADLINES:
        newest, ahead = full.totals[border].newest, full.totals[border].ahead
        card = re.search(rf'aria-labelledby="g-{border}">(.+?)</section>', said, re.S)[1]
        counts = {row["month"]: row[COUNT] for row in full.totals[border].months}
        now = counts["2026-08"]
        assert f"<b>{now:,}</b> in August 2026 · {now / 31:,.0f} a day" in card
        for then, words in {"2026-07": "July 2026", "2025-08": "Aug. 2025"}.items():
            change = change_words(now, counts[then])
            assert f"<dt>from {words}</dt><dd>{change}</dd>" in card
        so_far, before = (
            sum(counts[m] for m in months.between(f"{year - 1}-10", f"{year}-08"))
            for year in (2026, 2025)
        )
        assert f"<dd>{so_far:,} <span>({change_words(so_far, before)})</span></dd>" in card
        assert f"{newest.halves.at:,}" in card
        assert f"{newest.halves.between:,}" in card
        assert newest.halves[:2] == tuple(newest.agencies[half] for half in COMPONENTS[::-1])
        assert sum(newest.halves[:2]) == now
        e = newest.expectation
        assert f"of its hindcast of {e.median:,} ({e.lo80:,} to {e.hi80:,})" in card
        expected, to_come = ahead[0], ahead[-1]
        assert f"{expected.median:,} expected in September 2026" in card
        assert f"{expected.lo80:,} to {expected.hi80:,}" in card
        for name in ("lo80", "median", "hi80"):
            assert f">{getattr(to_come, name):,}</text>" in card
    assert len(re.findall("<svg", said)) == len(HEADLINES)


def test_the_first_page_begins_with_what_changed(full):
    counts = {row["month"]: row[COUNT] for row in full.totals["nationwide"].months}
    now, july, last_year = (counts[month] for month in ("2026-08", "2026-07", "2025-08"))
    up, more = (f"{100 * now / then - 100:.1f}%" for then in (july, last_year))

    heading = re.search("<h1.*?>(.+?)</h1>", shown("front", full))[1]
    assert heading == (
        f"{now:,} encounters nationwide in August 2026, up {up} from July 2026 and {more} from "
        "August 2025"
    )


def test_a_flagged_month_is_said_to_be_unusual(full, published):
    ((median,),) = rows(
        published,
        "select median from judgements join series as s on s.id = series_id "
        "where (border, dimension, month) = ('southwest', '', '2025-02')",
    )
    found = full.totals["southwest"]
    said = monthly.unusual_line(found.reports["2025-02"])

    assert said.startswith("11,7")
    assert 60_000 < median < 64_000
    assert f"far below the {median:,} of its hindcast: rarer than 1 month in 200" in said


def test_a_border_shows_flags_with_all_comparisons_and_how_they_ended(full):
    for border in HEADLINES:
        said = shown("total", full, full.totals[border])
        for flag in full.totals[border].flags:
            card = re.search(rf'id="flag-{flag.flag_id}">.+?</article>', said, re.S)[0]
            assert f"{flag.expected:,}" in card
            assert card.count('<th scope="row">') == (4 if flag.month.endswith("-10") else 5)
            assert ("It stayed" in card) == (flag.episode == "level shift")


def test_the_table_of_years_adds_up(full):
    for found in full.totals.values():
        for _, cells, total, _ in year_table(found):
            assert total == sum(cell[1] for cell in cells if cell)
            assert all(0 <= cell[2] < 7 for cell in cells if cell)


def test_every_series_has_a_place_of_its_own(full):
    places = [part.place for part in full.parts.values()]
    said = shown("series_list", full)

    assert len(set(places)) == len(places) > 190
    assert all(f"{place}index.html" in said for place in places)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (SeriesKey("northern", "citizenship", "INDIA"), "through November 2025 only"),
        (SeriesKey("northern", "field", "Swanton Sector", "U.S. Border Patrol"), "between ports"),
    ],
)
def test_a_series_has_its_forecast_its_flags_and_its_files(full, key, words):
    part = full.parts[key]
    _, files = KINDS["series"].page(full, part)
    said = shown("series", full, part)

    assert words in said
    assert f"{part.ahead[0].median:,} expected" in said
    for flag in part.flags:
        assert f"<b>{flag.count:,}</b> counted" in said
    assert files.keys() == {"data.csv", "data.json", "index.html"}
    assert len(json.loads(files["data.json"])) == len(part.counts) + len(part.ahead)
    assert re.search(r'<svg class="chart"[^>]*aria-label="[^"]{60,}"', said)


@pytest.mark.slow
def test_nothing_is_written_twice_and_what_was_spoiled_is_mended(record, tmp_path):
    def write() -> tuple[int, int]:
        with connect.moment(record) as connection:
            return build.write(connection, tmp_path / "site", TODAY, ENCOUNTERS)

    began: list[int] = []
    with connect.moment(record) as connection:
        written, _ = build.write(
            connection,
            tmp_path / "site",
            TODAY,
            ENCOUNTERS,
            first=lambda: began.append(len(list((tmp_path / "site").rglob("*.html")))),
        )
    again = write()
    (tmp_path / "site" / "index.html").write_text("spoiled")
    mended = write()

    assert began[0] < 20 < written
    assert again == (0, 0)
    assert mended == (1, written - 1)


def test_a_folder_of_something_else_is_left_alone(record, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")

    with connect.moment(record) as connection, pytest.raises(ConfigError, match="no site of ours"):
        build.write(connection, tmp_path, TODAY, ENCOUNTERS)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.slow
def test_an_old_runs_pages_stay_and_say_that_there_are_newer_ones(two_runs, tmp_path):
    _, first, second = two_runs
    written = []
    for copy in (first, second):
        with connect.moment(copy) as connection:
            build.write(connection, tmp_path, date(2024, 3, 1), ENCOUNTERS)
        written.append((tmp_path / "index.html").read_text())

    kept = tmp_path / "as-of"
    assert [(kept / run / "index.html").read_text() for run in ("1", "2")] == written
    assert written[0] != written[1]
    same = [tmp_path / "static" / "page.css", *(kept / run / "static/page.css" for run in "12")]
    assert len({path.stat().st_ino for path in same}) == 1
    assert "Yes, there are newer figures" in text(kept, "1/newer")
    assert "These are the newest figures" in text(kept, "2/newer")
    assert "These are the newest figures" in text(tmp_path, "newer")


def test_old_figures_are_said_once_with_what_to_do(record, tmp_path):
    with connect.moment(record) as connection:
        found = build.read_site(connection, date(2027, 3, 1), source=ENCOUNTERS)
    said = shown("front", found)

    assert said.count("These figures are old") == 1
    assert "check CBP's own page" in said
    said = shown("newer", found)
    assert said.count("These figures are old") == 1
    assert "No newer figures on this site" in said
    assert "These are the newest figures" not in said


def test_a_revision_is_no_unusual_month_and_comes_last(full):
    badges = [unusual.badge(flag) for flag, _ in page_kinds.flagged(full, None)["cards"]]

    assert "Revision" in badges
    assert badges.index("Revision") >= len(badges) - badges.count("Revision")
    lately = [flag.kind for flag, _ in page_kinds.front(full, None)["lately"]]
    assert "revision" not in lately


def test_groups_by_older_figures_are_not_counted_as_unusual_now(full):
    newest = max(part.last for part in full.parts.values())

    def counted(through: str) -> str:
        part = next(part for part in full.parts.values() if part.flags and part.last == newest)
        kept = {month: count for month, count in part.counts.items() if month <= through}
        flag = replace(part.flags[0], episode="open", month=max(kept))
        shortened = replace(part, counts=kept, flags=(flag,))
        return re.sub(r"\s+", " ", shown("front", replace(full, parts={part.key: shortened})))

    assert "that are unusual now: 1" in counted(newest)
    assert "which are older" not in counted(newest)
    older = months.shift(newest, -10)
    assert "that are unusual now: 0" in counted(older)
    assert "in their newest figures, which are older: 1" in counted(older)


def test_no_cell_of_a_file_is_a_formula():
    assert (
        table("x", [{"name": "=1+1", "count": -3}], ENCOUNTERS)["x.csv"]
        == b"name,count\n'=1+1,-3\n"
    )


def test_names_from_the_record_are_shown_as_text(full):
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    key = SeriesKey("northern", "citizenship", evil)
    part = replace(full.parts[SeriesKey("northern", "citizenship", "INDIA")], key=key)
    changed = replace(full, parts={key: part}, status=full.status | {"release": evil})

    for kind, about in (("series", part), ("series_list", None), ("front", None)):
        said = KINDS[kind].page(changed, about)[1]["index.html"].decode()
        assert "<script" not in said
        assert "<img src=x" not in said


@pytest.mark.slow
def test_an_address_that_a_site_has_had_leads_to_where_its_content_is(record, tmp_path):
    """As version 1.0 wrote them: a page a month, a number, two years."""
    told = {
        "border/northern/2024-08/": "fact/northern/#2024-08",
        "fact/northern/2024-08/": "fact/northern/#2024-08",
        "fact/southwest/FY2024/": "fact/southwest/#FY2024",
    }
    with connect.moment(record) as connection:
        build.write(connection, tmp_path, TODAY, ENCOUNTERS)
        listed = json.loads((tmp_path / LIST).read_text())
        assert not any((tmp_path / place).exists() for place in told)
        for place in told:
            (tmp_path / place).mkdir(parents=True)
            (tmp_path / place / "index.html").write_text("as it was")
            listed["files"][f"{place}index.html"] = [9, 9]
        (tmp_path / LIST).write_text(json.dumps(listed))
        for _ in range(2):  # and once more when the folder is made anew
            build.write(connection, tmp_path, TODAY, ENCOUNTERS, "https://example.org")
            for place, to in told.items():
                said = text(tmp_path, place)
                folder, _, mark = to.partition("#")
                assert f'content="0; url=../../../{folder}index.html#{mark}"' in said
                assert f'id="{mark}"' in text(tmp_path, folder)
            (tmp_path / "index.html").unlink()

    assert not (tmp_path / "as-of" / "1" / "fact/northern/2024-08").exists()


def test_a_mail_of_a_correction_leads_to_its_month(full):
    sent = SentCorrection(3, "northern", "2020-07", "2026-09-18", "figures revised")
    places = dict(page_kinds.moved_pages(replace(full, corrected=[sent])))

    assert b"fact/northern/index.html#2020-07" in places["border/northern/2020-07/index.html"]


def test_of_many_totals_each_has_few_files_and_all_its_months(full, monkeypatch):
    monkeypatch.setattr("forecast.types.FEW", 3)

    assert page_kinds.KINDS["total"].page(full, full.totals["northern"])[1].keys() == {
        "index.html",
        "data.csv", "data.json"
    }  # fmt: skip
    assert not [*KINDS["month"].of(full), *KINDS["compare"].of(full)]
    assert full.month_place("northern", "2026-08") == "fact/northern/#2026-08"
    assert full.month_place("northern", "2024-10") == "fact/northern/#2024-10"
    assert full.month_place("northern", "2024-09") == "border/northern/#years"
    told = set(re.findall('<h3 id="([0-9-]+)"', shown("numbers", full, full.totals["northern"])))
    assert told == set(months.between("2024-10", "2026-08"))
    newest = "border/northern/2026-08/index.html"
    assert newest not in dict(page_kinds.moved_pages(full))  # mails name the page of facts
    assert newest in dict(page_kinds.moved_pages(replace(full, before={newest})))
    page = shown("total", full, full.totals["northern"])
    assert "#FY2025" in page
    assert "#FY2024" not in page
    assert "subscribe/northern-unusual.atom" not in {*feeds.files(full)}
    scores = json.loads(page_kinds.KINDS["accuracy"].page(full)[1]["accuracy.json"])
    assert {row["era"] for row in scores} == {"all"}
    kept = replace(full, before={"subscribe/northern-unusual.atom"})
    assert "northern-unusual.atom" in feeds.files(kept)
    assert "northern-releases.atom" not in feeds.files(kept)


def test_the_first_page_and_the_feed_say_the_answer_in_one_line(full):
    assert full.answer.startswith("August 2026: nothing unusual; next figures due ")
    assert shown("front", full).index(full.answer) < shown("front", full).index('class="glance ')
    assert full.answer in html.unescape(feeds.files(full)["all.atom"].decode())
    assert full.answer not in feeds.files(full)["all-unusual.atom"].decode()


def test_a_border_shows_which_parts_moved_the_farthest_first(full):
    about = full.totals["northern"]
    said = re.sub(r"<svg.+?</svg>", "", shown("total", full, about), flags=re.S)
    for moved in about.moved:
        table = re.search(rf"<caption>By {moved.dimension}, .+?</table>", said, re.S)[0]
        changes = re.findall(r'<th scope="row">(.+?)</th>.+?</tr>', table, re.S)
        assert len(changes) == len(moved.movers) + 1
        assert changes[-1] == moved.total.label
        assert f"{moved.total.value:,}" in table


def test_what_to_paste_has_45_words_at_most(full):
    for about in full.totals.values():
        said = html.unescape(shown("total", full, about))
        quote = re.search("<blockquote>(.+?)</blockquote>", said, re.S)[1]
        assert f"counted {about.newest.count:,} encounters" in quote
        assert len(quote.split()) <= 45
