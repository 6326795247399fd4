"""What is said of a month: true, complete, and always in the same order."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from forecast import months
from forecast.desk.facts import all_reports, month_report, run, series_report
from forecast.desk.sentences import monthly
from forecast.desk.sentences.unusual import unusual_words
from forecast.store.history import Interior, MonthRecord
from forecast.types import SeriesKey
from forecast.words import change_words, ordinal
from jobs.cli import main
from tests.support.cbp_files import ENCOUNTERS
from tests.support.databases import counting_steps, rows
from tests.support.month_facts import OFFICES, PATROL, expected

SOURCE = {"file_name": "a.csv", "rounding": 1}
COUNTS = st.lists(st.integers(0, 400_000), min_size=1, max_size=40)
NAMES = ["month before", "year before", "fiscal year to date", "peak"]


def said(database, *words, code=0):
    result = CliRunner().invoke(main, ["--db", str(database), *words])
    assert result.exit_code == code, result.output
    return result.output


def made(values, at=-1, first="2020-01"):
    counts = {months.shift(first, i): value for i, value in enumerate(values)}
    month = sorted(counts)[at]
    return month_report(
        "northern", month, MonthRecord(counts, [], SOURCE, None, None), source=ENCOUNTERS
    ), counts


@pytest.mark.slow
def test_a_number_right_when_published_is_told_from_the_one_of_now(published):
    text = said(published, "fact", "northern", "2025-02", "4098")

    assert "Right when published, since restated" in text
    assert "4,098" in text
    assert "4,091" in text


@pytest.mark.parametrize(
    ("agencies", "unit", "rounding", "words"),
    [
        ({"Office of Field Operations": 3, "U.S. Border Patrol": 97}, 1, 1, "3 at, 97 between"),
        ({"U.S. Border Patrol": 97}, 1, 1, "3 at, 97 between"),
        ({"U.S. Border Patrol": 60}, 10, 1, "about 40 at, about 60 between"),
        ({"U.S. Border Patrol": 57}, 1, 10, "about 40 at, about 60 between"),
        ({"Office of Field Operations": 3}, 1, 1, ""),
    ],
)
def test_halves_are_no_more_exact_than_their_sources(agencies, unit, rounding, words):
    source = SOURCE | {"rounding": rounding}
    record = MonthRecord({"2022-01": 100}, [], source, agencies=agencies, agencies_unit=unit)
    report = month_report("northern", "2022-01", record, source=ENCOUNTERS)

    shown = monthly.halves_words(report)
    assert shown.replace(" ports of entry", "").replace(" ports", "") == words
    assert ("rounds to 10" in monthly.halves_sentence(report)) is ("about" in words)


@pytest.mark.slow
def test_fact_and_brief_say_the_same_halves(published):
    for month in ("2015-01", "2020-09", "2022-01", "2024-08"):
        text = said(published, "fact", "southwest", month, "1", code=1)
        halves = next(line for line in text.splitlines() if line.startswith("Of these"))

        assert halves in said(published, "brief", "southwest", month)
        assert ("about" in halves) is (month in ("2015-01", "2022-01"))


@pytest.mark.slow
def test_a_right_number_does_not_hide_the_higher_month_a_year_before(published):
    text = said(published, "fact", "northern", "2024-08", "18,944")

    assert text.startswith("Right: 18,944")
    assert "Not the peak: August 2023 was higher, 19,834." in text
    assert "year before (August 2023: 19,834)" in text
    assert "peak since October 2013 (August 2023: 19,834)" in text


@pytest.mark.slow
def test_a_wrong_number_fails_and_the_right_one_is_named(published):
    text = said(published, "fact", "southwest", "2025-02", "11711", code=1)

    assert "Wrong" in text
    assert "11,710" in text
    assert "11,709" in text


@pytest.mark.slow
def test_a_number_of_another_month_is_recognised(published):
    text = said(published, "fact", "northern", "2024-08", "19834", code=1)

    assert "19,834 is the count of August 2023" in text


@pytest.mark.slow
def test_a_rounded_source_cannot_refuse_what_rounds_to_it(published):
    rounds = said(published, "fact", "northern", "2015-03", "2087")
    assert "It may be right: the source on record rounds its counts to 10." in rounds
    near = said(published, "fact", "northern", "2015-03", "2084")
    assert "from today's figure" in near
    assert all(text.startswith("Near today's, not confirmed: ") for text in (rounds, near))
    said(published, "fact", "northern", "2015-03", "2254", code=1)


@pytest.mark.slow
@pytest.mark.parametrize("value", ["4.098", "40,98", "x", "\N{SUPERSCRIPT TWO}", "5 or 6"])
def test_a_value_that_is_no_count_is_refused(published, value):
    text = said(published, "fact", "--", "northern", "2025-02", value, code=2)

    assert "is not a count" in text


@pytest.mark.slow
def test_a_change_must_say_what_it_is_measured_from(published):
    assert "--from SPAN" in said(published, "fact", "northern", "2025-02", "-78%", code=2)
    assert said(published, "fact", "northern", "2025-02", "-78%", "--from", "2024-08")
    said(published, "fact", "northern", "2025-02", "-68%", "--from", "2024-08", code=1)


@pytest.mark.slow
def test_a_month_that_is_not_held_is_refused_with_the_span(published):
    text = said(published, "fact", "northern", "2031-01", code=2)

    assert "on record are 2013-10 to 2026-08" in text


@pytest.mark.slow
def test_the_brief_of_a_part_says_which_part_and_where_its_figures_end(published):
    swanton = said(published, "brief", "northern:Swanton")
    children = said(published, "brief", "southwest:unaccompanied")

    held = rows(
        published,
        "select encounters from series_months where border = 'northern' and dimension = 'field' "
        "and member = 'Swanton Sector' order by month desc limit 1",
    )[0][0]
    assert f"CBP counted {held:,} encounters" in swanton
    assert "(Swanton Sector) in August 2026" in swanton
    assert "give this breakdown" not in swanton
    assert (
        "CBP's files on record give this breakdown through November 2025 only; the border's total "
        "goes through August 2026." in children
    )


@pytest.mark.slow
def test_the_brief_of_a_restated_month_names_both_values_and_its_forecast(published):
    text = said(published, "brief", "southwest", "2025-02")
    expected = rows(
        published,
        "select median from wide_months where border = 'southwest' and month = '2025-02'",
    )[0][0]

    assert f"{expected:,}" in text
    for part in ("11,710", "11,709", "flagged as critical", "80%", "95%", "hindcast"):
        assert part in text
    assert "events, not people" in text
    assert "7,695 at entry, 654 in the interior (8%)" in text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("border", "month", "split"),
    [
        ("northern", "2025-02", "479 by Border Patrol: 83 at entry, 396 in the interior (83%)."),
        (
            "northern",
            "2024-08",
            "2,431 by Border Patrol: 2,251 at entry, 180 in the interior (7%).",
        ),
        (
            "southwest",
            "2026-08",
            "8,870 by Border Patrol: 7,624 at entry, 1,246 in the interior (14%).",
        ),
        (
            "nationwide",
            "2026-08",
            "10,939 by Border Patrol: 7,742 at entry, 3,197 in the interior (29%).",
        ),
    ],
)
def test_arrests_in_the_interior_are_said_with_the_figures_of_border_and_month(
    published, border, month, split
):
    assert split in said(published, "brief", border, month)
    assert split in said(published, "fact", border, month)
    assert "do not tell apart" not in said(published, "brief", border, month)


@pytest.mark.slow
def test_parts_that_do_not_add_up_at_the_publisher_are_kept_and_said(published):
    text = said(published, "brief", "nationwide", "2024-08")

    assert "60,684 by Border Patrol: 59,029 at entry, 1,665 in the interior (3%;" in text
    assert "CBP's own two parts add up to 60,694)." in text


@pytest.mark.slow
def test_where_arrests_in_the_interior_are_not_told_it_is_said(published):
    for border, month in (("other", "2026-08"), ("southwest", "2023-09")):
        text = said(published, "brief", border, month)
        assert "for this month CBP does not say how many" in text


def test_of_a_month_not_on_record_the_last_known_is_said():
    counts = {"2026-08": 6000, "2026-09": 6100}
    interior = Interior("2026-08", 468, 95, 563)
    found = month_report(
        "northern",
        "2026-09",
        MonthRecord(counts, [], SOURCE, None, interior=interior),
        source=ENCOUNTERS,
    )

    assert "is not on record; the last known: 468 of 563" in monthly.paragraph(found)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((9, 8, 9, 8), "is down from the month before, after 1 month up."),
        ((7, 8, 9, 8), "is down from the month before, after 2 months up."),
        ((9, 8, 8, 9), "is up from the month before."),  # after one that did neither
        ((8, 7, 8, 9), "is the 2nd month in a row up from the month before."),
        ((9, 8, 7, 6), "is the 3rd month in a row down from the month before."),
    ],
)
def test_one_month_is_said_with_what_it_ended_and_not_called_a_row(counts, words):
    known = {months.shift("2024-01", at): count for at, count in enumerate(counts)}
    found = month_report("northern", "2024-04", MonthRecord(known, [], SOURCE), ENCOUNTERS)

    before = run(known, "2024-03"), run(known, "2024-03", 12)
    assert list(monthly.run_words(found, 1, before)) == [f"April 2024 {words}"]


def test_a_publisher_that_is_no_name_begins_with_a_capital_only_where_a_sentence_does():
    ours = replace(ENCOUNTERS, publisher=replace(ENCOUNTERS.publisher, short="our office"))
    record = MonthRecord({"2024-03": 8}, [], SOURCE)
    found = month_report("northern", "2024-03", record, ours)

    said = f"{monthly.headline(found)} {monthly.vintage_sentence(found)}"
    assert re.findall(".{0,2}our office", said, re.IGNORECASE) == ["Our office", ": our office"]


@pytest.mark.slow
def test_the_brief_says_all_comparisons_whichever_looks_best(published):
    """July 2026 nationwide was up on a year, down on the fiscal year and on the peak."""
    found = json.loads(said(published, "brief", "nationwide", "2026-07", "--json"))

    assert [c["name"] for c in found["comparisons"]] == NAMES
    by_name = {c["name"]: c["percent"] for c in found["comparisons"]}
    assert by_name["year before"] == pytest.approx(37.5, abs=0.1)
    assert by_name["fiscal year to date"] == pytest.approx(-50.8, abs=0.3)
    assert by_name["peak"] == pytest.approx(-90.9, abs=0.05)
    assert [found["text"].index(name) for name in NAMES] == sorted(
        found["text"].index(name) for name in NAMES
    )


@pytest.mark.slow
def test_every_number_of_a_brief_is_the_record_s(published):
    found = json.loads(said(published, "brief", "northern", "--json"))
    held = dict(
        rows(published, "select month, encounters from border_months where border = 'northern'")
    )
    judged = rows(
        published,
        "select median, p from judged_months "
        "where border = 'northern' and dimension = '' and month = ?",
        found["month"],
    )

    assert found["encounters"] == held[found["month"]]
    assert found["rank"] == sorted(held.values(), reverse=True).index(found["encounters"]) + 1
    assert [(found["expectation"]["median"], found["expectation"]["p"])] == judged
    assert len(found["digest"]) == 64
    assert found["check"] == f"bordercast verify --run {found['run']} --digest {found['digest']}"
    assert f"To check it: {found['check']}" in said(published, "brief", "northern")


@pytest.mark.slow
def test_a_look_at_a_fact_is_quick(published):
    """23 million steps of SQLite's: a number is looked up in every series."""
    with counting_steps() as steps:
        said(published, "fact", "northern", "2025-02", "4098")

    assert 0 < steps() < 30_000


@given(COUNTS)
def test_comparisons_are_always_all_there_in_one_order(values):
    found, _ = made(values)

    october = found.month.endswith("-10")
    assert [c.name for c in found.comparisons] == [
        name for name in NAMES if not (october and name == "fiscal year to date")
    ]


def test_the_first_month_of_a_fiscal_year_repeats_nothing():
    """To date it would be the year before once more, and 100% of the fiscal year so far."""
    october, _ = made(range(100, 122), first="2025-01")

    text = monthly.paragraph(october)
    assert october.month == "2026-10"
    assert "fiscal year" not in text.partition("CBP restates")[0].replace("open fiscal year", "")
    assert "100.0%" not in text
    assert "year before (October 2025" in text


def test_an_october_of_a_later_record_has_its_share():
    found, _ = made([100] * 24, at=9, first="2025-01")

    assert (found.month, found.share) == ("2025-10", 1 / 12)


@given(COUNTS, st.data())
def test_lowest_since_is_true_and_the_longest_true_span(values, data):
    at = data.draw(st.integers(0, len(values) - 1))
    found, counts = made(values, at)
    between = [m for m in counts if (found.since or "") < m < found.month]
    lower = found.extreme == "lowest"

    if found.extreme:
        now = found.count
        assert all(counts[m] > now if lower else counts[m] < now for m in between)
        if found.since:
            assert counts[found.since] <= now if lower else counts[found.since] >= now


@given(COUNTS)
def test_ranks_and_shares_stay_in_their_range_and_the_text_is_whole(values):
    found, counts = made(values)

    assert 1 <= found.rank <= found.held == len(counts)
    assert found.share is None or 0 <= found.share <= 1
    assert monthly.paragraph(found).endswith(".")
    assert "None" not in monthly.paragraph(found)


def test_the_fiscal_year_to_date_begins_in_october():
    found, counts = made(range(1, 31), first="2020-01")  # to 2022-06
    to_date = found.comparisons[2]

    assert (to_date.first, to_date.last) == ("2020-10", "2021-06")
    assert to_date.now == sum(counts[m] for m in months.between("2021-10", "2022-06"))
    assert to_date.before == sum(counts[m] for m in months.between("2020-10", "2021-06"))


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (1 / 581, "rarer than 1 month in 200 (the most that the record supports)"),
        (1e-9, "rarer than 1 month in 200 (the most that the record supports)"),
        (1 / 200, "about 1 month in 200 is at least this far off"),
        (0.04, "about 1 month in 25 is at least this far off"),
        (0.9, "an ordinary month"),
    ],
)
def test_nothing_is_said_to_be_rarer_than_the_record_can_show(p, words):
    assert unusual_words(p) == words


def test_words_for_changes_and_ranks():
    assert change_words(90, 100) == "\N{MINUS SIGN}10.0%"
    assert change_words(100, 100) == "0.0%"
    assert change_words(5, 0) == "from zero"
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 22, 111, 131)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "22nd", "111th", "131st"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("ps", "verdict"),
    [
        ([0.9], "nothing unusual"),
        ([0.9, 1e-4], "nothing flagged"),
        ([0.9, None], "nothing unusual, 1 of 2 not held against a forecast"),
        ([None, None], "not held against a forecast"),
    ],
)
@pytest.mark.parametrize(
    ("day", "late"), [(date(2020, 3, 20), ""), (date(2020, 6, 1), ", are late")]
)
def test_the_answer_is_one_line_and_says_what_comes_next(ps, verdict, day, late):
    report, _ = made([5, 6])
    newest = [replace(report, expectation=None if p is None else expected(p=p)) for p in ps]

    line = monthly.answer_line(newest, ENCOUNTERS, day)

    assert line == f"February 2020: {verdict}; next figures due April 7-26, 2020{late}."


@pytest.mark.slow
def test_what_was_restated_before_the_record_began_is_not_said_to_stand(published):
    """Counts that others saw on a day, and that today's differ from."""
    table = Path(__file__).with_name("restated.csv").read_text().splitlines()
    seen = list(csv.DictReader(line for line in table if not line.startswith("#")))
    with closing(sqlite3.connect(published)) as connection:
        texts = {
            (row["border"], row["dimension"], row["member"], row["month"]): monthly.paragraph(
                series_report(
                    connection,
                    SeriesKey(row["border"], row["dimension"], row["member"], component(row)),
                    row["month"],
                    ENCOUNTERS,
                )
            )
            for row in seen
        }

    assert len(texts) > 70
    for row in seen:
        text = texts[row["border"], row["dimension"], row["member"], row["month"]]
        assert f" {int(row['encounters']):,} encounters" not in text.partition(".")[0]
        assert "not revised since" not in text


def component(row):
    if row["dimension"] == "component":
        return row["member"]
    office = row["member"].endswith("Field Office")
    return "" if not row["dimension"] else OFFICES if office else PATROL


@pytest.mark.slow
def test_only_a_month_that_was_followed_from_its_first_day_is_not_revised(published):
    """By plain SQL: on a known day by a fortnight after it was due it had the count it has now."""
    followed = (
        "with said as (select *, row_number() over (partition by border, month order by "
        "known_from, place desc) as nth from statements where dimension = '') "
        "select border, month from said group by border, month "
        "having count(distinct encounters) {} 1 and max(nth = 1 and vintage <> 'unknown' "
        "and known_from <= date(month || '-01', '+1 month', '+44 days'))"
    )
    texts = {}
    with closing(sqlite3.connect(published)) as connection:
        for total, reports in all_reports(connection, ENCOUNTERS):
            for month, report in reports.items():
                texts[total, month] = monthly.vintage_sentence(report)

    told = {key for key, text in texts.items() if "not revised since" in text}
    assert told == set(rows(published, followed.format("="))) == {("southwest", "2026-07")}
    first = {key for key, text in texts.items() if text.startswith("First published as")}
    assert first == set(rows(published, followed.format(">")))
    assert "earlier values are not on record" in texts["southwest", "2023-05"]
