"""The page as files: what they say, that they hold together, and that old ones stay."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from datetime import date

import pytest

from forecast import months
from forecast.claims.truth import OFO, USBP
from forecast.desk.sentences import monthly
from forecast.desk.site import build, page_kinds
from forecast.desk.site.page import html as as_html
from forecast.desk.site.page import table
from forecast.desk.site.page_kinds import (
    border_page,
    embed_page,
    front,
    over_all,
    run_pages,
    series_list,
    series_page,
    year_table,
)
from forecast.errors import ConfigError
from forecast.store import connect
from forecast.types import HEADLINES, SeriesKey
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import rows
from tests.support.site_visitor import TODAY


def shown(page, record) -> str:
    return html.unescape(as_html(page, record, "").decode())


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
    assert seen > 20_000


def test_every_page_says_what_it_rests_on_and_needs_no_script(site, record):
    ((run, digest),) = rows(record, "select id, digest from latest_run")
    for page in pages(site):
        said = page.read_text("utf-8")
        assert ENCOUNTERS.publisher.credit in said
        assert said.count("<h1") == 1
        assert "style=" not in said
        if "embed" in page.relative_to(site).parts:  # a chart alone, whose link leads to the rest
            assert f"Run {run}, " in said
            continue
        assert f"<code>bordercast verify --run {run} --digest {digest}</code>" in said
        assert 'lang="en"' in said
        assert said.count("<h1") == 1
        # A description of the data for dataset search; no browser runs it.
        scripts = re.findall(r"<script[^>]*>", said)
        assert scripts in ([], ['<script type="application/ld+json">'])
        assert "style=" not in said


def test_there_is_a_page_for_every_month_and_every_number(site, record):
    held = rows(record, "select border, month, encounters from border_months")
    years: dict[tuple[str, int], int] = {}
    for border, month, count in held:
        fact = json.loads((site / "fact" / border / month / "fact.json").read_text())
        assert fact["number"] == count
        if fact["halves"]:
            assert abs(sum(fact["halves"]) - count) <= fact["halves_unit"]
            exact = fact["halves_unit"] == 1
            assert ("Their source rounds" in text(site, f"fact/{border}/{month}")) is not exact
        assert f"{count:,}" in text(site, f"border/{border}/{month}")
        key = border, months.fiscal_year(month, 10)
        years[key] = years.get(key, 0) + count
    for (border, year), count in years.items():
        assert f"CBP counted {count:,} encounters" in text(site, f"fact/{border}/FY{year}")

    assert len(held) == 620


def test_the_first_page_answers_first(full):
    said = shown(front(full), full)

    for border in HEADLINES:
        newest, ahead = full.borders[border].newest, full.borders[border].ahead[0]
        answer = page_kinds.answer(full, border)
        assert f"{newest.count:,}" in answer.unusual
        assert f"{ahead['median']:,}" in answer.expected
        assert f"{ahead['lo80']:,} to {ahead['hi80']:,}" in answer.expected
        assert newest.halves[:2] == (newest.agencies[OFO], newest.agencies[USBP])
        assert sum(newest.halves[:2]) == newest.count
        place = [said.index(words) for words in (answer.unusual, answer.expected, answer.halves)]
        assert place == sorted(place)
        assert place[-1] < said.index('id="charts"')


def test_a_flagged_month_is_said_to_be_unusual(full):
    found = full.borders["southwest"]
    said = monthly.unusual_line(found.reports["2025-02"])

    assert said.startswith("11,7")
    assert "far below the 61,918 of its hindcast: rarer than 1 month in 200" in said


def test_a_border_shows_flags_with_all_comparisons_and_how_they_ended(full):
    for border in HEADLINES:
        said = shown(border_page(full, border), full)
        for flag in full.borders[border].flags:
            card = re.search(rf'id="flag-{flag["flag_id"]}">.+?</article>', said, re.S)[0]
            assert f"{flag['expected']:,}" in card
            assert card.count('<th scope="row">') == (4 if flag["month"].endswith("-10") else 5)
            assert ("It stayed" in card) == (flag["episode"] == "level shift")


def test_the_table_of_years_adds_up(full):
    for found in full.borders.values():
        for row in year_table(found):
            assert row.total == sum(cell[1] for cell in row.months if cell)
            assert all(0 <= cell[2] < 7 for cell in row.months if cell)


def test_every_series_has_a_place_of_its_own(full):
    places = [part.place for part in full.parts.values()]
    said = shown(series_list(full), full)

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
    page = series_page(full, part)
    said = shown(page, full)

    assert words in said
    assert f"{part.ahead[0]['median']:,} expected" in said
    for flag in part.flags:
        assert f"<b>{flag['encounters']:,}</b> counted" in said
    assert {"chart.svg" in name or name.startswith(("data", "forecast")) for name in page.files}
    assert len(json.loads(page.files["data.json"])) == len(part.months) + len(part.ahead)
    assert re.search(r'<img [^>]*alt="[^"]{60,}"', said)


@pytest.mark.slow
def test_nothing_is_written_twice_and_what_was_spoiled_is_mended(record, tmp_path):
    def write() -> build.Built:
        with connect.moment(record) as connection:
            return build.write(connection, tmp_path / "site", TODAY, ENCOUNTERS)

    began: list[int] = []
    with connect.moment(record) as connection:
        done = build.write(
            connection,
            tmp_path / "site",
            TODAY,
            ENCOUNTERS,
            first=lambda: began.append(len(list((tmp_path / "site").rglob("*.html")))),
        )
    again = write()
    (tmp_path / "site" / "index.html").write_text("spoiled")
    mended = write()

    assert began[0] < 20 < done.written
    assert (again.written, again.kept) == (0, 0)
    assert mended.written == 1
    assert mended.kept == done.written - 1


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
    said = shown(front(found), found)

    assert said.count("These figures are old") == 1
    assert "check CBP's own page" in said
    (newer,) = (p for p in run_pages(found, [found.run.id]) if p.place == "newer/")
    said = shown(newer, found)
    assert said.count("These figures are old") == 1
    assert "No newer figures on this site" in said
    assert "These are the newest figures" not in said
    assert shown(embed_page(found, "northern"), found).count("These figures are old") == 1


def test_groups_by_older_figures_are_not_counted_as_unusual_now(full):
    newest = max(part.last for part in full.parts.values())

    def counted(through: str) -> str:
        part = next(part for part in full.parts.values() if part.flags and part.last == newest)
        kept = [row for row in part.months if row["month"] <= through]
        flag = part.flags[0] | {"episode": "open", "month": kept[-1]["month"]}
        shortened = replace(part, months=kept, flags=(flag,))
        page = front(replace(full, parts={part.key: shortened}))
        return re.sub(r"\s+", " ", shown(page, full))

    assert "that are unusual now: 1" in counted(newest)
    assert "which are older" not in counted(newest)
    older = months.shift(newest, -10)
    assert "that are unusual now: 0" in counted(older)
    assert "in their newest figures, which are older: 1" in counted(older)


def test_a_revision_is_no_unusual_month_and_comes_last(full):
    (page,) = (page for page in over_all(full) if page.place == "flags/")
    badges = [card.badge for card in page.shown["cards"]]

    assert "Revision" in badges
    assert badges.index("Revision") >= len(badges) - badges.count("Revision")
    assert "Revision" not in {card.badge for card in front(full).shown["lately"]}


def test_no_cell_of_a_file_is_a_formula():
    assert (
        table("x", [{"name": "=1+1", "count": -3}], ENCOUNTERS)["x.csv"]
        == b"name,count\n'=1+1,-3\n"
    )


def test_names_from_the_record_are_shown_as_text(full):
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    key = SeriesKey("northern", "citizenship", evil)
    part = replace(full.parts[SeriesKey("northern", "citizenship", "INDIA")], key=key)
    changed = replace(full, parts={key: part}, status=replace(full.status, release=evil))

    for page in (series_page(changed, part), series_list(changed), front(changed)):
        said = as_html(page, changed, "").decode()
        assert "<script" not in said
        assert "<img src=x" not in said
