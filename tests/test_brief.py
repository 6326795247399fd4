"""What is said of a month: true, complete, and always in the same order."""

from __future__ import annotations

import json
import time

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from tables import rows

from forecast import months
from forecast.desk import brief
from forecast.desk.facts import month_facts
from forecast.desk.words import change_words, ordinal
from forecast.store.cite import Held
from jobs.cli import main

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
    return month_facts("northern", month, Held(counts, [], SOURCE, None, None)), counts


def test_a_number_right_when_published_is_told_from_the_one_of_now(published):
    text = said(published, "fact", "northern", "2025-02", "4098")

    assert "Right when published, since restated" in text
    assert "4,098" in text
    assert "4,091" in text


def test_a_right_number_does_not_hide_the_higher_month_a_year_before(published):
    text = said(published, "fact", "northern", "2024-08", "18,944")

    assert text.startswith("Right: 18,944")
    assert "Not the peak: August 2023 had been higher, 19,834." in text
    assert "year before (August 2023: 19,834)" in text
    assert "peak (August 2023: 19,834)" in text


def test_a_wrong_number_fails_and_the_right_one_is_named(published):
    text = said(published, "fact", "southwest", "2025-02", "11711", code=1)

    assert "Wrong" in text
    assert "11,710" in text
    assert "11,709" in text


def test_a_number_of_another_month_is_recognised(published):
    text = said(published, "fact", "northern", "2024-08", "19834", code=1)

    assert "19,834 is the count of August 2023" in text


def test_a_rounded_source_cannot_refuse_what_rounds_to_it(published):
    assert "as far as is known" in said(published, "fact", "northern", "2015-03", "2087")
    assert "within 2%" in said(published, "fact", "northern", "2015-03", "2084")
    said(published, "fact", "northern", "2015-03", "2254", code=1)


@pytest.mark.parametrize("value", ["4.098", "40,98", "x", "\N{SUPERSCRIPT TWO}", "5 or 6"])
def test_a_value_that_is_no_count_is_refused(published, value):
    text = said(published, "fact", "--", "northern", "2025-02", value, code=2)

    assert "is not a count" in text


def test_a_change_must_say_what_it_is_measured_from(published):
    assert "--from SPAN" in said(published, "fact", "northern", "2025-02", "-78%", code=2)
    assert said(published, "fact", "northern", "2025-02", "-78%", "--from", "2024-08")
    said(published, "fact", "northern", "2025-02", "-68%", "--from", "2024-08", code=1)


def test_a_month_that_is_not_held_is_refused_with_the_span(published):
    text = said(published, "fact", "northern", "2031-01", code=2)

    assert "held are 2013-10 to 2026-08" in text


def test_the_brief_of_a_restated_month_names_both_values_and_its_forecast(published):
    text = said(published, "brief", "southwest", "2025-02")
    expected = rows(
        published,
        "select median from wide_months where border = 'southwest' and month = '2025-02'",
    )[0][0]

    assert f"{expected:,}" in text
    for part in ("11,710", "11,709", "severity critical", "80 %", "95 %", "hindcast"):
        assert part in text
    assert "events, not people" in text
    assert "interior" in text


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


def test_a_look_at_a_fact_is_quick(published):
    started = time.process_time()
    said(published, "fact", "northern", "2025-02", "4098")

    assert time.process_time() - started < 1


@given(COUNTS)
def test_comparisons_are_always_all_there_in_one_order(values):
    found, _ = made(values)

    assert [c.name for c in found.comparisons] == NAMES


@given(COUNTS, st.data())
def test_lowest_since_is_true_and_the_longest_true_span(values, data):
    at = data.draw(st.integers(0, len(values) - 1))
    found, counts = made(values, at)
    between = [m for m in counts if (found.since or "") < m < found.month]
    lower = found.extreme == "lowest"

    if found.extreme:
        now = found.encounters
        assert all(counts[m] > now if lower else counts[m] < now for m in between)
        if found.since:
            assert counts[found.since] <= now if lower else counts[found.since] >= now


@given(COUNTS)
def test_ranks_and_shares_stay_in_their_range_and_the_text_is_whole(values):
    found, counts = made(values)

    assert 1 <= found.rank <= found.held == len(counts)
    assert found.share is None or 0 <= found.share <= 1
    assert brief.paragraph(found).endswith(".")
    assert "None" not in brief.paragraph(found)


def test_the_fiscal_year_to_date_begins_in_october():
    found, counts = made(range(1, 31), first="2020-01")  # to 2022-06
    to_date = found.comparisons[2]

    assert (to_date.first, to_date.last) == ("2020-10", "2021-06")
    assert to_date.now == sum(counts[m] for m in months.between("2021-10", "2022-06"))
    assert to_date.before == sum(counts[m] for m in months.between("2020-10", "2021-06"))


def test_words_for_changes_and_ranks():
    assert change_words(90, 100) == "\N{MINUS SIGN}10.0 %"
    assert change_words(100, 100) == "0.0 %"
    assert change_words(5, 0) == "from zero"
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 22, 111, 131)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "22nd", "111th", "131st"
    ]  # fmt: skip
