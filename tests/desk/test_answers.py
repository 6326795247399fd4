"""A chance in words, at the bounds of what 2,000 paths can tell apart; spans in words."""

from __future__ import annotations

import pytest

from forecast.desk.sentences.ahead import (
    chance_sentence,
    chance_words,
    changes_sentence,
    percent,
    span_sentence,
    track_words,
)
from forecast.engine.spans import Chance
from forecast.judge.questions import LEAST_SIMILAR, SIMILAR, ChanceScores, TrackRecord
from forecast.periods import FEDERAL, Period
from forecast.rows import ChangeRow
from forecast.types import Forecast, SeriesKey
from forecast.words import MINUS
from tests.support.cbp_files import ENCOUNTERS


@pytest.mark.parametrize(
    ("share", "words", "number"),
    [
        (0.0, "less than 1 in 200", "under 0.5%"),
        (0.0049, "less than 1 in 200", "under 0.5%"),
        (0.005, "about 1 in 200", "0.5%"),
        (0.0099, "about 1 in 101", "1.0%"),
        (0.01, "about 1 in 100", "1%"),
        (0.05, "about 1 in 20", "5%"),
        (0.0999, "about 1 in 10", "10%"),
        (0.1, "about 1 in 10", "10%"),
        (0.112, "about 1 in 10", "11%"),
        (0.113, "about 1 in 10", "11%"),
        (0.2, "about 1 in 5", "20%"),
        (0.25, "about 1 in 4", "25%"),
        (1 / 3, "about 1 in 3", "33%"),
        (0.4, "about 2 in 5", "40%"),
        (0.44, "about 2 in 5", "44%"),
        (0.46, "about even", "46%"),
        (0.5, "about even", "50%"),
        (0.549, "about even", "55%"),
        (0.551, "about even", "55%"),
        (0.556, "about 3 in 5", "56%"),
        (0.6, "about 3 in 5", "60%"),
        (2 / 3, "about 2 in 3", "67%"),
        (0.75, "about 3 in 4", "75%"),
        (0.9, "about 9 in 10", "90%"),
        (0.95, "about 19 in 20", "95%"),
        (0.9901, "about 100 in 101", "99.0%"),
        (0.995, "about 199 in 200", "99.5%"),
        (0.9951, "more than 199 in 200", "over 99.5%"),
        (1.0, "more than 199 in 200", "over 99.5%"),
    ],
)
def test_a_chance_is_told_as_people_say_it_and_in_percent(share, words, number):
    assert (chance_words(share), percent(share)) == (words, number)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (FEDERAL.period(2027), "fiscal year 2027"),
        (Period.of("2026-12"), "December 2026"),
        (Period.of("2026-01", "2026-12"), "calendar year 2026"),
        (Period.of("2026-10", "2027-03"), "October 2026 to March 2027"),
    ],
)
def test_a_chance_says_which_months_it_is_of(span, words):
    chance = Chance(span, FEDERAL, "a record high", "record", 0.5, False)
    assert chance_sentence("northern", chance) == (
        f"northern, {words}, a record high: about even (50%)."
    )


def scores(n=20, brier=0.2, base=0.25, last=None) -> ChanceScores:
    return ChanceScores(n, brier, base, 0.6, 0.7, last)


BEGINS = "Such chances so far (record): {} resolved, Brier score {} against 0.250 for the base rate"


@pytest.mark.parametrize(
    ("track", "words"),
    [
        (None, "Chances of this kind have not been scored yet."),
        (TrackRecord("record", scores(), LEAST_SIMILAR - 1, 3), BEGINS.format(20, "0.200") + "."),
        (
            TrackRecord("record", scores(), LEAST_SIMILAR, 3),
            BEGINS.format(20, "0.200") + ". Of 10 given near this one, 3 came true.",
        ),
        (
            TrackRecord("record", scores(2000, last=0.19), LEAST_SIMILAR, 3),
            BEGINS.format("2,000", "0.200") + " and 0.190 for a last value with the same kind of "
            "intervals. The last value was the better guide: its chances came closer than these. "
            "Of 10 given near this one, 3 came true.",
        ),
        (
            TrackRecord("record", scores(last=0.2), LEAST_SIMILAR - 1, 3),
            BEGINS.format(20, "0.200")
            + " and 0.200 for a last value with the same kind of intervals.",
        ),
        (
            TrackRecord("record", scores(brier=0.239), LEAST_SIMILAR, 3),
            BEGINS.format(20, "0.239")
            + ". Hardly better than a coin: take this chance for little more than a guess.",
        ),
        (
            TrackRecord("record", scores(brier=0.237), LEAST_SIMILAR - 1, 3),
            BEGINS.format(20, "0.237") + ".",
        ),
    ],
)
def test_how_such_chances_turned_out_is_told_plainly(track, words):
    assert (SIMILAR, LEAST_SIMILAR) == (0.1, 10)
    assert track_words(track) == words


def test_a_track_record_for_programs_is_rounded():
    track = TrackRecord("record", scores(brier=0.123456, base=0.234567, last=0.345678), 4, 2)

    assert track.as_json == {
        "kind": "record", "n": 20, "brier": 0.1235, "base_rate_brier": 0.2346,
        "last_value_brier": 0.3457, "skill": 0.474, "near": 4, "near_came_true": 2,
    }  # fmt: skip
    assert TrackRecord("record", scores(), 4, 2).as_json["last_value_brier"] is None


def change(before: int, after: int, **steps: int):
    usual = {"surprise": 0, "season": 0, "revisions": 0, "method": 0, "month": "2024-04"}
    return ChangeRow(
        total="northern", before=before, after=after, before_run_id=1, run_id=2, **usual | steps
    )


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], ""),
        ([change(100, 100)], "The forecast of April 2024 is unchanged at 100."),
        (
            [change(1000, 1100, surprise=90, season=10)],
            "The forecast of April 2024 moved from 1,000 to 1,100 (+100): newest figures +90, time "
            "passing +10.",
        ),
        (
            [change(5, 1, month="2024-05", season=-4), change(9, 7, method=-3, revisions=1)],
            f"The forecast of April 2024 moved from 9 to 7 ({MINUS}2): model weights or version "
            f"{MINUS}3, revised months +1.",
        ),
    ],
)
def test_what_moved_a_forecast_is_told_the_largest_step_first(rows, words):
    assert changes_sentence(rows) == words


def summed(**more) -> Forecast:
    usual = {
        "series": SeriesKey("northern"), "model": "bordercast",
        "span": "FY2024", "first_month": "2023-10",
        "last_month": "2024-09", "cutoff": "2024-03", "months_published": 6, "published": 7940,
        "median": 14_000, "lo50": 13_500, "hi50": 14_500, "lo80": 13_000, "hi80": 15_000,
        "lo90": 12_500, "hi90": 15_500, "lo95": 12_000, "hi95": 16_000,
    }  # fmt: skip
    return Forecast(**{**usual, **more})


@pytest.mark.parametrize(
    ("forecast", "words"),
    [
        (
            summed(),
            "north, fiscal year 2024: 14,000 encounters at and between ports of entry; 80% range "
            "13,000 to 15,000, 95% range 12,000 to 16,000. Published so far: 7,940 in 6 of 12 "
            "months, through March 2024.",
        ),
        (
            summed(cutoff="2023-09", months_published=0, published=0),
            "north, fiscal year 2024: 14,000 encounters at and between ports of entry; 80% range "
            "13,000 to 15,000, 95% range 12,000 to 16,000.",
        ),
        (summed(cutoff="2024-09"), "north, fiscal year 2024: 7,940, all of it is published."),
        (
            summed(series=SeriesKey("northern", "state", "NY"), cutoff="2024-08"),
            "north, fiscal year 2024: 14,000 encounters; 80% range 13,000 to 15,000, 95% "
            "range 12,000 to 16,000. Published so far: 7,940 in 6 of 7 months, "
            "through August 2024.",
        ),
    ],
)
def test_a_sum_is_told_with_its_intervals_and_what_of_it_is_published(forecast, words):
    assert span_sentence("north", forecast, ENCOUNTERS) == words
