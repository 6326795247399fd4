"""Facts of a month -> the sentence about them: what is said, and what never is."""

from __future__ import annotations

import pytest

from forecast.desk.sentences import monthly
from tests.support.month_facts import (
    OFFICES,
    PATROL,
    compared,
    expected,
    interior,
    month,
    value,
)

MINUS = "\N{MINUS SIGN}"
INSIDE = "arrests in the interior (At Large)"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            {"count": 4091},
            "CBP counted 4,091 encounters at the northern land border in February 2025, at and "
            "between ports of entry.",
        ),
        (
            {"rounding": 10},
            "CBP counted 100 encounters at the northern land border in February 2025, at and "
            "between ports of entry (rounded to 10 by its source).",
        ),
        (
            {"part": "Swanton Sector", "total": "nationwide"},
            "CBP counted 100 encounters nationwide (Swanton Sector) in February 2025.",
        ),
    ],
)
def test_the_headline_says_the_count_where_and_how_exact(said, sentence):
    assert monthly.headline(month(**said)) == sentence


@pytest.mark.parametrize(
    ("newest", "sentences"),
    [
        ("", []),
        (
            "2025-05",
            [
                "CBP's files on record give this breakdown through March 2025 only; the border's "
                "total goes through May 2025."
            ],
        ),
    ],
)
def test_a_part_says_that_its_border_goes_on(newest, sentences):
    assert [monthly.stale_sentence(month(newest_of_total=newest))] == (sentences or [""])


@pytest.mark.parametrize(
    ("agencies", "unit", "rounding", "halves"),
    [
        ({}, 1, 1, None),
        ({OFFICES: 70}, 1, 1, None),
        ({OFFICES: 70, PATROL: 30}, 1, 1, (70, 30, 1)),
        ({OFFICES: 70, PATROL: 30}, 1, 10, (70, 30, 1)),
        ({PATROL: 34}, 1, 1, (66, 34, 1)),
        ({PATROL: 34}, 10, 1, (70, 34, 10)),
        ({PATROL: 34}, 1, 10, (70, 34, 10)),
        ({PATROL: 36}, 1, 10, (60, 36, 10)),
    ],
)
def test_ports_have_what_the_patrol_leaves(agencies, unit, rounding, halves):
    found = month(agencies=agencies, agencies_unit=unit, rounding=rounding).halves

    assert (found and found[:3]) == halves


@pytest.mark.parametrize(
    ("seen", "split"),
    [(None, None), (interior("2025-01"), None), (interior(), (10, 30))],
)
def test_only_the_split_of_this_very_month_is_its_split(seen, split):
    assert month(interior=seen).split == split


EXPECTED = "expected 100 (80% prediction interval 90 to 110)."
ISSUED = f"The issued forecast, made before publication from data through January 2025, {EXPECTED}"
HINDCAST = f"The hindcast, made later from only the data through January 2025, {EXPECTED}"
HALF = "about 1 month in 2 is at least this far off"


@pytest.mark.parametrize(
    ("encounters", "stood", "sentences"),
    [
        (100, {}, [ISSUED, f"The month is inside that interval: {HALF}."]),
        (100, {"basis": "hindcast"}, [HINDCAST, f"The month is inside that interval: {HALF}."]),
        (101, {}, [ISSUED, f"The first count, 100 (now 101), is inside that interval: {HALF}."]),
        (99, {}, [ISSUED, f"The first count, 100 (now 99), is inside that interval: {HALF}."]),
        (
            70,
            {"judged": 70, "p": 0.004, "severity": "major"},
            [
                ISSUED,
                "The month is below the 95% interval (80 to 120): rarer than 1 month in 200 (the "
                "most that the record supports), and flagged as major.",
            ],
        ),
    ],
)
def test_what_was_expected_and_how_unusual_it_was(encounters, stood, sentences):
    first = (value(100, "2025-03-17"),)
    found = month(count=encounters, expectation=expected(**stood), values=first)

    assert [*monthly.expected_sentences(found)] == sentences


def test_of_a_month_that_was_not_judged_nothing_is_said():
    assert [*monthly.expected_sentences(month())] == []
    assert monthly.standing(month()) == "not held against a forecast"


@pytest.mark.parametrize(
    ("judged", "where", "words"),
    [
        (79, "below the 95% interval (80 to 120)", "below the 95% interval"),
        (80, "below it, inside the 95% interval (80 to 120)", "below the 80% interval"),
        (89, "below it, inside the 95% interval (80 to 120)", "below the 80% interval"),
        (90, "inside that interval", "inside the 80% interval"),
        (91, "inside that interval", "inside the 80% interval"),
        (109, "inside that interval", "inside the 80% interval"),
        (110, "inside that interval", "inside the 80% interval"),
        (111, "above it, inside the 95% interval (80 to 120)", "above the 80% interval"),
        (120, "above it, inside the 95% interval (80 to 120)", "above the 80% interval"),
        (121, "above the 95% interval (80 to 120)", "above the 95% interval"),
    ],
)
@pytest.mark.parametrize("basis", ["issued", "hindcast"])
def test_where_a_count_lies_at_every_end_of_an_interval(judged, where, words, basis):
    found = month(count=judged, expectation=expected(judged=judged, basis=basis))
    how = "" if words.startswith("inside") else f": {HALF}"

    assert [*monthly.expected_sentences(found)][1] == f"The month is {where}: {HALF}."
    noun = "issued forecast" if basis == "issued" else "hindcast"
    assert monthly.standing(found) == f"{words} of the {noun}{how}"


@pytest.mark.parametrize(
    ("comparison", "sentence"),
    [
        (
            compared("month before", 90, 1000, "2025-01"),
            f"Change from the month before (January 2025: 1,000): {MINUS}91.0%.",
        ),
        (
            compared("year before", 90, 60, "2024-02"),
            "Change from the year before (February 2024: 60): +50.0%.",
        ),
        (
            compared("year before", 90, None, "2024-02"),
            "The year before is not on record.",
        ),
        (
            compared("month before", 90, 90, "2025-01"),
            "Change from the month before (January 2025: 90): 0.0%.",
        ),
        (
            compared("month before", 90, 0, "2025-01"),
            "Change from the month before (January 2025: 0): from zero.",
        ),
        (
            compared("fiscal year to date", 3000, 2000, "2023-10", "2024-02"),
            "The fiscal year to date is 3,000, +50.0% from 2,000.",
        ),
        (
            compared("fiscal year to date", 3000, None, "2023-10", "2024-02"),
            "The fiscal year to date is 3,000; the year before is not all on record.",
        ),
        (
            compared("fiscal year to date", 0, 0, "2023-10", "2024-02"),
            "The fiscal year to date is 0, from zero from 0.",
        ),
        (
            compared("peak", 1000, 1000, "2025-02"),
            "It was itself the peak, the highest month on record from October 2024 up to then.",
        ),
        (
            compared("peak", 999, 1000, "2024-11"),
            f"Change from the peak since October 2024 (November 2024: 1,000): {MINUS}0.1%.",
        ),
    ],
)
def test_a_comparison_in_a_sentence(comparison, sentence):
    assert monthly.comparison_sentence(month(comparisons=(comparison,))) == sentence


def test_comparisons_stand_in_one_line_in_their_order():
    two = [compared("peak", 2, 2, "2025-02"), compared("year before", 2, None, "2024-02")]

    assert monthly.comparison_sentence(month(comparisons=tuple(two))) == (
        "It was itself the peak, the highest month on record from October 2024 up to then. "
        "The year before is not on record."
    )


@pytest.mark.parametrize(
    ("when", "names", "said"),
    [
        ("2025-02", ("peak",), True),
        ("2025-02", ("fiscal year to date", "peak"), False),
        ("2024-10", ("peak",), False),
        ("2024-11", ("peak",), True),
        ("2024-09", ("peak",), True),
    ],
)
def test_a_year_that_cannot_be_summed_is_said_to_be_unknown(when, names, said):
    found = month(month=when, comparisons=tuple(compared(n, 1, 1, "2024-02") for n in names))

    sentence = "The fiscal year to date is not known: not every month of it was published."
    assert monthly.unknown_sentence(found) == sentence * said


@pytest.mark.parametrize(
    ("before", "year", "words"),
    [
        (200, 400, "down 50.0% from January 2025 and 75.0% from February 2024"),
        (80, 50, "up 25.0% from January 2025 and 100.0% from February 2024"),
        (200, 50, "down 50.0% from January 2025 and up 100.0% from February 2024"),
        (100, 50, "unchanged from January 2025 and up 100.0% from February 2024"),
        (100, 100, "unchanged from January 2025 and unchanged from February 2024"),
        (50, 100, "up 100.0% from January 2025 and unchanged from February 2024"),
        (None, 50, "up 100.0% from February 2024"),
        (50, None, "up 100.0% from January 2025"),
        (50, 0, "up 100.0% from January 2025"),
        (None, None, ""),
    ],
)
def test_changes_say_which_way_once_where_both_went_so(before, year, words):
    found = month(
        comparisons=(
            compared("month before", 100, before, "2025-01"),
            compared("year before", 100, year, "2024-02"),
            compared("fiscal year to date", 100, 50, "2023-10", "2024-02"),
            compared("peak", 100, 900, "2022-02"),
        )
    )

    assert monthly.changes(found) == words


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (1000, 1, "up 99,900.0%"),
        (1, 1000, "down 99.9%"),
        (5, 5, "unchanged"),
        (10_001, 10_000, "unchanged"),
        (10_010, 10_000, "up 0.1%"),
    ],
)
def test_how_far_a_count_moved_without_a_sign(now, before, words):
    assert monthly.moved(compared("peak", now, before, "2025-01")) == words


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        (None, ""),
        (99, ""),
        (100, ""),
        (101, "Not the peak: July 2024 was higher, 101."),
        (19_834, "Not the peak: July 2024 was higher, 19,834."),
    ],
)
def test_a_month_is_not_taken_for_the_peak(before, sentence):
    found = month(
        comparisons=(
            compared("month before", 100, 500, "2025-01"),
            compared("year before", 100, 500, "2024-02"),
            compared("peak", 100, before, "2024-07"),
        )
    )

    assert monthly.peak_sentence(found) == sentence


SPAN = " (October 2024 to March 2025)"
LATER = {"month": "2025-02", "last_month": "2025-03"}
NEWEST = {"month": "2025-03", "last_month": "2025-03"}


@pytest.mark.parametrize(
    ("rank", "words"),
    [
        (1, "highest"),
        (2, "2nd highest"),
        (3, "3rd highest"),
        (4, "3rd lowest"),
        (5, "2nd lowest"),
        (6, "lowest"),
    ],
)
def test_a_rank_is_counted_from_the_nearer_end(rank, words):
    found = month(held=6, rank=rank)

    assert monthly.rank_words(found) == f"It is the {words} of 6 months on record{SPAN}."
    alone = words in ("highest", "lowest")
    among = "on record (from October 2024)" if alone else "of 6 months since October 2024"
    assert monthly.rank_words(found, short=True) == f"It is the {words} {among}."


def test_the_month_in_the_middle_is_counted_from_the_highest():
    assert monthly.rank_words(month(held=5, rank=3), short=True).startswith("It is the 3rd highest")


@pytest.mark.parametrize(
    ("said", "whole", "short"),
    [
        (
            {"extreme": "lowest", "since": "2024-02"},
            f"It is the lowest since February 2024. It is the 3rd highest of 5 months on "
            f"record{SPAN}.",
            "It is the lowest since February 2024.",
        ),
        (
            {"extreme": "highest", **LATER},
            f"No earlier month since October 2024 was higher. It is the 3rd highest of 5 months on "
            f"record{SPAN}.",
            "No earlier month since October 2024 was higher.",
        ),
        (
            {"extreme": "lowest", **LATER},
            f"No earlier month since October 2024 was lower. It is the 3rd highest of 5 months on "
            f"record{SPAN}.",
            "No earlier month since October 2024 was lower.",
        ),
        (
            {"extreme": "highest", **NEWEST},
            f"It is the 3rd highest of 5 months on record{SPAN}.",
            "It is the 3rd highest of 5 months since October 2024.",
        ),
        (
            # Of less than a year "since" tells nothing.
            {"extreme": "lowest", "since": "2024-03", **LATER},
            f"It is the 3rd highest of 5 months on record{SPAN}.",
            "It is the 3rd highest of 5 months since October 2024.",
        ),
        (
            {"rank": 4, "ties": 1, **LATER},
            f"It is the lowest of 5 months on record{SPAN}, with others of the same count.",
            "It is the lowest on record (from October 2024), with others of the same count.",
        ),
        (
            {"rank": 3, "ties": 1, **LATER},
            f"It is the 2nd lowest of 5 months on record{SPAN}, with others of the same count.",
            "It is the 2nd lowest of 5 months since October 2024, with others of the same count.",
        ),
        (
            {"extreme": "", "since": "2024-02", **LATER},
            f"It is the 3rd highest of 5 months on record{SPAN}.",
            "It is the 3rd highest of 5 months since October 2024.",
        ),
    ],
)
def test_since_when_and_rank(said, whole, short):
    assert monthly.rank_words(month(**said)) == whole
    assert monthly.rank_words(month(**said), short=True) == short


@pytest.mark.parametrize(
    ("said", "end"),
    [
        ({}, f"on record{SPAN}."),
        # Of a year that is held in part, which months: two may be all that have come.
        (
            {"share": 0.1234},
            f" It makes up 12.3% of the 6 months of fiscal year 2025 on record{SPAN}.",
        ),
        (
            {"share": 0.478, "month": "2024-11", "last_month": "2024-11"},
            " It makes up 47.8% of the 2 months of fiscal year 2025 on record (October 2024 to "
            "November 2024).",
        ),
        (
            {"share": 0.1234, "final": True, "first_month": "2025-02", "last_month": "2025-11"},
            " It makes up 12.3% of the 8 months of fiscal year 2025 on record (February 2025 to "
            "September 2025).",
        ),
        (
            {"share": 0.1234, "final": True, "last_month": "2025-11"},
            " It makes up 12.3% of fiscal year 2025.",
        ),
        (
            {"share": 0.0, "last_month": "2025-03"},
            f" It makes up 0.0% of the 6 months of fiscal year 2025 on record{SPAN}.",
        ),
    ],
)
def test_a_share_is_of_the_month_s_fiscal_year(said, end):
    found = monthly.rank_sentence(month(**said))

    assert found.startswith("It is the 3rd highest of 5 months")
    assert found.endswith(end)


OPEN = "preliminary: CBP revises months of the open fiscal year"


@pytest.mark.parametrize(
    ("values", "final", "sentence"),
    [
        ((), False, f"Source: a.csv ({OPEN})."),
        ((), True, "Source: a.csv (final)."),
        (
            (value(100, "2025-03-17"),),
            True,
            "Published on March 17, 2025, not revised since (a.csv; final).",
        ),
        (
            (value(100, "2025-03-31", "unknown"),),
            True,
            "Published on an unknown date, treated as March 31, 2025; earlier values are not on "
            "record (a.csv; final).",
        ),
        (
            (value(98, "2025-03-31", "unknown"), value(100, "2025-05-01")),
            True,
            "The earliest value on record is 98 (on an unknown date, treated as March 31, 2025); "
            "now 100, published on May 1, 2025 (a.csv; final).",
        ),
        (
            (value(98, "2025-03-17", "month"), value(100, "2025-04-01")),
            False,
            f"First published as 98 (by March 17, 2025); now 100, published on April 1, 2025 "
            f"(a.csv; {OPEN}).",
        ),
        (
            (value(98, "2025-03-17"), value(1099, "2025-04-01"), value(1100, "2025-09-02")),
            True,
            "First published as 98 (on March 17, 2025), revised 2 times; now 1,100, published on "
            "Sept. 2, 2025 (a.csv; final).",
        ),
    ],
)
def test_which_value_it_is_and_what_stood_before(values, final, sentence):
    assert monthly.vintage_sentence(month(values=values, final=final)) == sentence


def test_every_value_a_month_has_had_is_told_in_order():
    found = month(values=(value(1098, "2025-03-17", "unknown"), value(100, "2025-04-01")))

    assert [*monthly.history_sentences(found)] == [
        "1,098: published on an unknown date, treated as March 17, 2025; release release, "
        "2025-03-17.csv.",
        "100: published on April 1, 2025; release release, 2025-04-01.csv.",
    ]


HERE = "at the northern land border in"
SEEN = f"Border Patrol encounters (75%) {HERE} February 2025 were At Large, that is arrests in the"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"part": "Swanton"}, f"The Border Patrol count may include {INSIDE}."),
        (
            {},
            f"The Border Patrol count may include {INSIDE}; for this month CBP does not say how "
            "many.",
        ),
        ({"interior": interior()}, f"30 of 40 {SEEN} interior."),
        (
            {"interior": interior(total=41)},
            f"30 of 41 Border Patrol encounters (73%) {HERE} February 2025 were At Large, that is "
            "arrests in the interior. CBP's own two parts add up to 40.",
        ),
        (
            {"interior": interior(at_large=0, at_entry=0, total=0)},
            f"0 of 0 Border Patrol encounters {HERE} February 2025 were At Large, that is arrests "
            "in the interior.",
        ),
        (
            {"interior": interior("2025-01", 3000, 1000, 4000)},
            f"How many of this month's were {INSIDE} is not on record; the last known: 3,000 of "
            f"4,000 Border Patrol encounters (75%) {HERE} January 2025 were At Large, that is "
            "arrests in the interior.",
        ),
    ],
)
def test_how_many_were_arrested_in_the_interior(said, sentence):
    what = "Encounters are events, not people: one person can be counted more than once."

    assert [*monthly.definition(month(**said))] == [f"{what} No cause is claimed.", sentence]


def test_the_paragraph_has_all_of_it_in_one_order():
    found = month(
        agencies={OFFICES: 60, PATROL: 40},
        newest_of_total="2025-04",
        expectation=expected(),
        interior=interior(),
        share=0.5,
    )

    starts = [
        "CBP counted 100",
        "Of these, 60",
        "CBP's files on record give",
        "The issued forecast",
        "The month is inside",
        "It was itself the peak",
        "The fiscal year to date is not known",
        "It is the 3rd highest",
        "It makes up 50.0%",
        "Source: a.csv",
        "Encounters are events",
    ]
    text = monthly.paragraph(found)
    places = [text.index(start) for start in starts]
    assert places == sorted(places)
    assert places[0] == 0
    assert "\n" not in text
