"""Findings in words: each sentence, of counts added up by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forecast import months
from forecast.claims.record.counts import CountTable, Subject
from forecast.claims.record.verdict import Claimed, JudgedClaim, Reading
from forecast.claims.show import words
from forecast.claims.show.words import ClaimFinding, ShownReading
from forecast.periods import Period
from forecast.types import SeriesKey
from forecast.words import ordinal
from tests.support.cbp_files import ENCOUNTERS
from tests.support.embedded_figures import count, said

NORTH, PATROL = Subject("northern"), Subject("northern", "usbp")
CUBANS = Subject("northern", "", "citizenship", ("CUBA",))
EVERY = "encounters at and between ports of entry at the northern land border"


MAY = Period.of("2024-05")
MONTH = Reading(NORTH, MAY)


@pytest.mark.parametrize(
    ("sense", "value", "words_of_it"),
    [
        (MONTH, 1_234, f"1,234 {EVERY} in May 2024"),
        (MONTH, 1, f"1 {EVERY.replace('encounters', 'encounter')} in May 2024"),
        (MONTH, None, f"no figure {EVERY} in May 2024"),
        (replace(MONTH, measure="per_day"), 12.4, f"12 a day, {EVERY} in May 2024"),
        (replace(MONTH, measure="per_month"), 12.6, f"13 a month, {EVERY} in May 2024"),
        (
            Reading(NORTH, Period.of("2023-10", "2024-05"), "least_month"),
            5,
            f"5 {EVERY} in the lowest month of October 2023 to May 2024",
        ),
        (
            Reading(NORTH, Period.of("2023-10", "2024-05"), "most_month"),
            5,
            f"5 {EVERY} in the highest month of October 2023 to May 2024",
        ),
        (
            replace(MONTH, measure="share_percent"),
            5.26,
            f"5.3%: {EVERY} as a share of the total in May 2024",
        ),
        (
            replace(MONTH, measure="share_percent", of=Subject("nationwide")),
            5.26,
            f"5.3%: {EVERY} as a share of encounters at and between ports of entry nationwide in "
            "May 2024",
        ),
        (
            replace(MONTH, measure="change_percent", versus=Period.of("2023-05")),
            -5.26,
            f"\N{MINUS SIGN}5.3%: {EVERY} in May 2024 against May 2023",
        ),
        (
            replace(MONTH, measure="times", versus=Period.of("2023-05")),
            5.264,
            f"5.26 times: {EVERY} in May 2024 against May 2023",
        ),
        (
            replace(MONTH, measure="times", versus=Period.of("2023-05"), rate="per_day"),
            1,
            f"1.00 times: {EVERY} in May 2024 against the daily average of May 2023",
        ),
        (
            replace(MONTH, measure="times", versus=Period.of("2023-05"), rate="per_month"),
            1,
            f"1.00 times: {EVERY} in May 2024 against the monthly average of May 2023",
        ),
        (
            replace(MONTH, measure="times"),
            1,
            f"1.00 times: {EVERY} in May 2024 against the time before",
        ),
    ],
)
def test_what_the_record_says_to_a_reading_is_a_phrase(embedded, sense, value, words_of_it):
    assert words.statement(embedded, sense, value) == words_of_it


def test_border_patrol_s_count_is_said_with_what_it_was_made_of(embedded):
    split = words.split_of(embedded, PATROL, MAY)

    assert split is not None
    assert split.entry + split.inside == count("nb.usbp", "2024-05")
    assert words.statement(embedded, Reading(PATROL, MAY), count("nb.usbp", "2024-05")) == (
        f"{said('nb.usbp', '2024-05')} Border Patrol encounters at the northern land border in "
        f"May 2024: {split.entry:,} at entry, {split.inside:,} in the interior "
        f"({split.inside / (split.entry + split.inside):.0%})"
    )
    assert words.statement(embedded, Reading(PATROL, MAY, "per_day"), 110) == (
        "110 a day, Border Patrol encounters between ports of entry at the northern land border "
        "in May 2024"
    )
    assert words.split_of(embedded, NORTH, MAY) is None
    assert words.split_of(embedded, PATROL, Period.of("2020-01")) is None


def test_a_total_is_said_with_its_two_agencies_where_both_are_on_record(embedded):
    told = words.halves(embedded, NORTH, MAY)

    assert told.startswith(
        f"Of these, {said('nb.ofo', '2024-05')} were at ports of entry (OFO) and "
        f"{said('nb.usbp', '2024-05')} by Border Patrol: "
    )
    assert words.halves(embedded, NORTH, Period.of("2030-01")) == ""
    assert words.halves(embedded, PATROL, MAY) == words.halves(embedded, CUBANS, MAY) == ""


def made(sense: Reading, verdict: str, claimed: float, truth: float | None, **more) -> ClaimFinding:
    judged = JudgedClaim(verdict, truth, **more)
    return ClaimFinding(claimed=Claimed(claimed), sense=sense, judged=judged, why="Its why.")


def test_the_first_line_of_an_answer_has_the_verdict_and_the_number_of_now(embedded):
    def line(sense: Reading, verdict: str, **more) -> str:
        return words.verdict_line(embedded, made(sense, verdict, 1_300, 1_234, **more))

    now = f"1,234 {EVERY} in May 2024."
    assert line(MONTH, "right") == f"Right: {now}"
    assert line(MONTH, "right_when_rounded") == f"Right when rounded: {now}"
    assert line(MONTH, "wrong") == "Wrong: not 1,300. Its why."
    assert line(MONTH, "right_when_published", evidence="vintage") == (
        f"Right when published, since restated: 1,300; now {now}"
    )
    assert line(MONTH, "right_when_published") == "Right when published: Its why."
    assert line(MONTH, "near_today") == "Near today's, not confirmed: Its why."
    assert line(MONTH, "cannot_be_checked") == "Cannot be checked: Its why."
    share = replace(MONTH, measure="share_percent")
    assert line(share, "right") == "Right: Its why."
    assert line(share, "wrong") == "Wrong: Its why."


def explained(
    table: CountTable,
    sense: Reading,
    verdict: str,
    truth: float | None,
    claimed: float = 0,
    other: Reading | None = None,
) -> tuple[str, str]:
    judged = JudgedClaim(verdict, truth, evidence="record")
    found = words.explained(table, ClaimFinding(claimed=Claimed(claimed)), sense, judged, other)
    return found.why, found.say_instead


def beginning(table: CountTable) -> str:
    """The first month of the north on record."""
    first = table.counts(NORTH).first
    return table.calendar.words(Period(first, first))


def test_since_is_explained_by_the_last_month_beyond_it(embedded):
    low = replace(MONTH, measure="lowest_since")
    here = f"{said('nb', '2024-05')} {EVERY} in May 2024"

    def why(verdict: str, since: str) -> str:
        return explained(embedded, low, verdict, float(months.to_index(since)))[0]

    assert why("right", "2021-07") == f"{here}: the lowest since July 2021."
    assert why("wrong", "2021-07") == f"{here}: the lowest since July 2021."
    assert why("wrong", "2024-04") == f"{here}: April 2024 was lower."
    began = beginning(embedded)
    assert explained(embedded, low, "right", None) == (
        f"{here}: none lower before it on record (from {began}).",
        "",
    )
    high = replace(MONTH, measure="highest_since")
    assert explained(embedded, high, "right", None)[0].endswith(
        f": none higher before it on record (from {began})."
    )


def test_a_rank_is_explained_by_its_peers_and_by_what_was_beyond(embedded):
    line = embedded.counts(NORTH)
    before = [Period(month, month) for month in range(line.first, MAY.first)]
    highest = max(before, key=line.total)
    rank = 1 + sum(line.total(one) > line.total(MAY) for one in before)
    began = beginning(embedded)
    high = replace(MONTH, measure="rank_high")

    why, instead = explained(embedded, high, "wrong", float(rank))
    assert instead == (
        f"{said('nb', '2024-05')} {EVERY} in May 2024: the {ordinal(rank)} highest of the "
        f"{len(before) + 1} months on record, {began} to May 2024."
    )
    beyond = embedded.calendar.words(highest)
    assert why == f"{instead} {beyond} was higher: {line.total(highest):,}."
    assert explained(embedded, high, "right", float(rank)) == (instead, "")
    first, _ = explained(embedded, high, "right", 1.0)
    assert f": the highest of the {len(before) + 1} months" in first
    only, _ = explained(embedded, replace(high, among="same month"), "right", 1.0)
    assert " months of May on record, May " in only


def test_a_wrong_count_is_explained_by_the_month_that_it_is_of(embedded):
    june = count("nb", "2024-06")
    truth = f"{said('nb', '2024-05')} {EVERY} in May 2024."

    assert explained(embedded, MONTH, "wrong", count("nb", "2024-05"), claimed=june) == (
        f"The record has {truth} {june:,} is the count of June 2024.",
        truth,
    )
    assert explained(embedded, MONTH, "wrong", count("nb", "2024-05"), claimed=june + 1) == (
        f"The record has {truth}",
        truth,
    )


def test_a_wrong_difference_that_is_the_earlier_count_is_said_to_be(embedded):
    before = count("nb", "2023-05")
    fall = replace(MONTH, measure="difference", versus=Period.of("2023-05"))
    off = replace(fall, measure="times")

    assert explained(embedded, fall, "wrong", -5.0, claimed=-before)[0].endswith(
        f" against May 2023. {before:,} is the count of May 2023."
    )
    assert explained(embedded, off, "wrong", 1.0, claimed=before)[0].endswith(" against May 2023.")


@pytest.mark.parametrize(
    ("reading", "asked"),
    [
        (MONTH, "northern 2024-05"),
        (Reading(PATROL, MAY), "'northern:U.S. Border Patrol' 2024-05"),
        (Reading(CUBANS, Period.of("2023-10", "2024-09")), "northern:CUBA FY2024"),
    ],
)
def test_a_reading_has_the_command_that_shows_it(embedded, reading, asked):
    assert words.query(embedded, reading) == f"bordercast fact {asked}"


def shown(truth: float, far: int = 0) -> ShownReading:
    return ShownReading(MONTH, truth, far)


def test_of_readings_the_named_one_is_first_and_at_most_two_nearest_follow():
    named, near, far, worded = shown(500), shown(99), shown(10), shown(90, far=12)
    found = words.likeliest((named, far, near, worded), 100)

    assert found == (named, near, worded)
    assert words.likeliest((named,), 100) == (named,)
    # Each truth once, by its nearest words; that of the first stays the first.
    assert words.likeliest((named, shown(99, far=5), near, shown(500)), 100) == (named, near)


def test_a_record_of_all_time_is_said_only_not_to_be_contradicted(embedded):
    found = words.windowed(embedded, made(MONTH, "right", 0, 1.0))
    began = beginning(embedded)

    why = f"Not contradicted since {began}, where the record begins. Its why."
    assert (found.verdict, found.why, found.judged.why) == ("cannot_be_checked", why, why)


def test_what_is_quoted_as_false_is_shown_and_not_judged(embedded):
    found = words.unjudged(embedded, made(MONTH, "wrong", 1_300, 1_234.0))

    assert (found.verdict, found.say_instead) == ("not_understood", "")
    assert found.why == "Quoted as false, and not judged. Its why."
    (one,) = found.readings
    assert (one.words, one.query) == (
        f"1,234 {EVERY} in May 2024",
        "bordercast fact northern 2024-05",
    )
    assert words.unjudged(embedded, made(MONTH, "cannot_be_checked", 1, None)).readings == ()


def test_what_differs_says_every_reading(embedded):
    found = words.differs(embedded, ClaimFinding("9"), (shown(5), shown(7)))

    assert found.why == (f"The record has 5 {EVERY} in May 2024; or 7 {EVERY} in May 2024.")
    assert found.label == "Differs, or is something else"
    assert (found.blamed, found.understood) == (False, False)


def of_counts(unit: int, *counts: int, small: int = 0) -> CountTable:
    """A table of the north up to May 2024, of which Border Patrol counted a third."""
    first = MAY.first - len(counts) + 1
    both, patrol = ({first + i: (n // by, unit) for i, n in enumerate(counts)} for by in (1, 3))
    half = SeriesKey("northern", "component", "U.S. Border Patrol", "U.S. Border Patrol")
    series = {SeriesKey("northern"): both, half: patrol}
    measure = replace(ENCOUNTERS.measure, small=(small, "one decides"))
    source = replace(ENCOUNTERS, measure=measure)
    return CountTable(series, {}, source)


@pytest.mark.parametrize(
    ("unit", "about", "why"), [(1, "", ""), (10, "about ", "; their source rounds to 10")]
)
def test_halves_of_rounded_counts_are_said_to_be_about_so_many(unit, about, why):
    told = words.halves(of_counts(unit, 1_230), NORTH, MAY)

    assert told == (
        f"Of these, {about}820 were at ports of entry (OFO) and {about}410 between ports "
        f"(Border Patrol){why}."
    )
    assert words.halves(of_counts(unit, 1_230), NORTH, Period.of("2024-06")) == ""


@pytest.mark.parametrize(
    ("unit", "claimed", "why"),
    [
        (10, 1_235, "the source on record rounds its counts to 10."),
        (10, 1_236, "It is 0.49% from today's figure, and no earlier one is on record."),
        (1, 1_231, "It is 0.081% from today's figure, and no earlier one is on record."),
    ],
)
def test_what_is_near_may_be_right_by_the_source_s_rounding(unit, claimed, why):
    table, now = of_counts(unit, 1_230), f"1,230 {EVERY} in May 2024."
    told, instead = explained(table, MONTH, "near_today", 1_230, claimed=claimed)

    assert told.endswith(f"{why} Now: {now}")
    assert instead == now


def test_a_small_series_is_said_to_be_small_and_a_large_one_is_not():
    table = of_counts(1, 5, 9, 7, small=22)
    small = "A small series: 21 encounters in the 3 months to May 2024, 9 of them in one month"

    assert words.small(table, NORTH, MAY) == f"{small}; one decides."
    assert words.with_size(table, made(MONTH, "right", 7, 7.0)).why == (
        f"Its why. {small}; one decides."
    )
    # What came later does not count.
    assert words.small(table, NORTH, Period.of("2024-04")).startswith(
        "A small series: 14 encounters"
    )
    large, finding = of_counts(1, 5, 9, 8, small=22), made(MONTH, "right", 7, 7.0)
    assert words.with_size(large, finding) is finding
    assert words.with_size(table, replace(finding, sense=None)).why == "Its why."
    assert words.small(table, Subject("southwest"), MAY) == ""


def test_what_is_mislabeled_is_explained_by_what_it_is_of(embedded):
    every = count("nb", "2024-05")
    patrol = Reading(PATROL, MAY)
    needed = words.statement(embedded, patrol, count("nb.usbp", "2024-05"))

    assert explained(
        embedded, patrol, "mislabelled", count("nb.usbp", "2024-05"), claimed=every, other=MONTH
    ) == (
        f"The number is of encounters at and between ports of entry (northern). The words would "
        f"need {needed}.",
        f"{every:,} {EVERY} in May 2024. The words would need {needed}.",
    )
    told, _ = explained(embedded, patrol, "mislabelled", None, claimed=every, other=MONTH)
    assert told.endswith("(northern).")


def test_border_patrol_s_count_is_said_with_its_share_in_the_interior(embedded):
    entry = Reading(Subject("northern", "", "apprehension_type", ("At Entry",)), MAY)
    told, _ = explained(embedded, entry, "mislabelled", None, other=Reading(PATROL, MAY))
    other, _ = explained(embedded, MONTH, "mislabelled", None, other=Reading(PATROL, MAY))

    inside = words.split_of(embedded, PATROL, MAY).share
    part = f", of which {inside:.0%} were in the interior (At Large)."
    assert part in told
    assert "of which" not in other
