"""How far off a number may be: each tolerance at its edge, one count to either side."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from forecast import months
from forecast.claims.fact import answer
from forecast.claims.record.counts import CountTable, Subject, series_names
from forecast.claims.record.verdict import HOLDS, Claimed, Reading, judge
from forecast.periods import FEDERAL, Period
from forecast.types import SeriesKey
from tests.support.cbp_files import ENCOUNTERS
from tests.support.claim_verdicts import check, verdict_on

NORTH, AUGUST = SeriesKey("northern"), months.to_index("2024-08")


def month(year: int, number: int) -> Period:
    return Period(year * 12 + number - 1, year * 12 + number - 1)


def held(*counts: int, unit: int = 1, values: dict | None = None) -> CountTable:
    """The northern border alone, its last month August 2024."""
    first = AUGUST - len(counts) + 1
    by_month = {first + i: (count, unit) for i, count in enumerate(counts)}
    return CountTable({NORTH: by_month}, values or {}, ENCOUNTERS)


def of_august(number: str, *counts: int, **more) -> str:
    text = f"There were <{number}> encounters at the northern border in August 2024."
    return verdict_on(text, held(*counts, **more), "2024-09-20")[0]


EDGES = [
    # written, the lowest count of which it may be said, the highest
    ("about 12,000", 11_500, 12_500),  # half a thousand
    ("12,000", 11_500, 12_500),
    ("roughly 12,300", 11_931, 12_669),  # 3 %
    ("some 120,000", 115_000, 125_000),
    ("99,000", 96_030, 101_970),  # 3 % is more than 500
    ("nearly 12,100", 10_890, 12_160),  # 10 % below to 0.5 % above
    ("almost 50,100", 45_090, 50_350),
    ("just under 20,100", 18_090, 20_200),
    ("more than 12,000", 11_941, 13_000),  # less than a unit more
    ("over 50,000", 49_751, 60_000),
    ("at least 12,300", 12_239, 12_915),  # 5 % more
    ("over 1,000", 996, 1_250),  # a unit, but no more than 25 %
    ("fewer than 12,100", 9_075, 12_160),  # three quarters
    ("under 50,100", 37_575, 50_350),
    ("about 12,345", 11_975, 12_715),  # 3 %, as exactly as it is written
]


@pytest.mark.parametrize(("written", "least", "most"), EDGES, ids=range(len(EDGES)))
def test_a_rounded_count_holds_up_to_its_edges_and_no_further(written, least, most):
    for count in (least, (least + most) // 2, most):
        assert of_august(written, count) in HOLDS, count
    for count in (least - 2, most + 1):
        assert of_august(written, count) not in HOLDS, count


def test_an_exact_count_is_right_to_the_digit():
    assert of_august("12,345", 12_345) == "right"
    assert of_august("12,346", 12_345) == "near_today"
    assert of_august("about 12,300", 12_300) == "right_when_rounded"


@pytest.mark.parametrize(
    ("said", "count", "due"),
    [
        ("10,201", 10_001, "near_today"),  # 2 % is 200.02
        ("10,202", 10_001, "not understood"),
        ("9,801", 10_001, "near_today"),
        ("9,797", 10_001, "not understood"),
    ],
)
def test_an_exact_count_within_two_percent_is_near_and_not_confirmed(said, count, due):
    assert of_august(said, count) == due


@pytest.mark.parametrize(
    ("said", "kind", "day", "due"),
    [
        ("10,321", "day", "2024-09-16", "right_when_published"),  # a value it had
        ("10,331", "day", "2024-09-16", "near_today"),  # near today's: a preliminary one
        ("11,321", "day", "2024-09-16", "not understood"),
        ("10,321", "unknown", "2024-09-16", "near_today"),
    ],
)
def test_a_count_that_a_month_once_had_is_right_when_published(said, kind, day, due):
    values = {("northern", AUGUST): [(10_321, day, kind), (10_300, "2025-01-01", "day")]}

    assert of_august(said, 10_300, values=values) == due


@pytest.mark.parametrize(("said", "due"), [("1,005", "near_today"), ("1,026", "not understood")])
def test_what_the_source_rounds_may_be_off_by_half_its_unit(said, due):
    assert of_august(said, 1_000, unit=10) == due


@pytest.mark.parametrize(
    ("said", "counts", "due"),
    [
        ("245", [20] * 12, "near_today"),  # twelve months may be off by 5 each,
        ("252", [20] * 12, "near_today"),  # but the sum by no more than a twentieth
        ("253", [20] * 12, "not understood"),
    ],
)
def test_the_halves_of_units_add_up_over_months(said, counts, due):
    text = (
        f"In the 12 months through August 2024, there were <{said}> encounters at the "
        f"northern border."
    )

    assert verdict_on(text, held(*counts, unit=10), "2024-09-20")[0] == due


def change(text: str, before: int, now: int) -> str:
    text = f"Encounters at the northern border {text} in August 2024 from July 2024."
    return verdict_on(text, held(before, now), "2024-09-20")[0]


# As written, and the least and the most change in hundredths of a percent of which it may be said.
PERCENTS = [
    ("rose <37 percent>", 3549, 3851),  # within one unit of the last digit, rounded
    ("rose <37.2 percent>", 3683, 3757),  # 1 % of it
    ("rose <5.2 percent>", 505, 535),
    ("rose <40 percent>", 3849, 4150),  # a round number is as exact as others
    ("rose <more than 40 percent>", 3950, 9999),
    ("rose <less than 40 percent>", 1, 4050),
    ("rose <nearly 40 percent>", 3600, 4050),
    ("rose <nearly 20 percent>", 1701, 2049),  # 3 points
    ("rose <about 37 percent>", 3400, 4000),  # 3 points
    ("rose <about 80 percent>", 7600, 8399),  # 5 % of it
    ("rose <about 5.2 percent>", 221, 819),
]


@pytest.mark.parametrize(("text", "least", "most"), PERCENTS, ids=range(len(PERCENTS)))
def test_a_percent_holds_up_to_its_edges_and_no_further(text, least, most):
    before = 1_000_000
    for hundredths in (least, most):
        assert change(text, before, before + hundredths * 100) in HOLDS, hundredths
    for hundredths in (least - 2, most + 2):
        if 0 < hundredths < 9999:
            assert change(text, before, before + hundredths * 100) not in HOLDS, hundredths


@pytest.mark.parametrize(("text", "least", "most"), PERCENTS[:4], ids=range(4))
def test_a_percent_down_holds_within_the_same_edges(text, least, most):
    before = 1_000_000
    text = text.replace("rose", "fell")
    for hundredths in (least, most):
        assert change(text, before, before - hundredths * 100) in HOLDS, hundredths
        assert change(text, before, before + hundredths * 100) == "wrong"
    for hundredths in (least - 2, most + 2):
        assert change(text, before, before - hundredths * 100) not in HOLDS, hundredths


def test_a_percent_equal_at_the_precision_written_is_right_and_one_near_it_rounded():
    assert change("rose <37 percent>", 1000, 1374) == "right"
    assert change("rose <37 percent>", 1000, 1384) == "right_when_rounded"
    assert change("rose <about 37 percent>", 1000, 1374) == "right_when_rounded"
    assert change("rose <37 percent>", 1000, 1366) == "right"
    assert change("rose <37 percent>", 1000, 1364) == "right_when_rounded"


def test_a_claim_may_be_about_the_sums_that_show_has_and_what_either_half_counted():
    mexico = SeriesKey("northern", "citizenship", "MEXICO")
    cuba, sector = (mexico._replace(member="CUBA"), SeriesKey("other", "field", "Miami", "USBP"))
    keys = [mexico, mexico._replace(total="other"), cuba, sector, sector._replace(total="northern")]
    table = CountTable({key: {months.to_index("2024-08"): (1, 1)} for key in keys}, {}, ENCOUNTERS)

    keys_named = set(series_names(table).keys) - set(keys)

    assert {key for key in keys_named if key.dimension != "component"} == {
        mexico._replace(total="nationwide")
    }
    assert {key.total for key in keys_named if key.dimension == "component"} == set(
        ENCOUNTERS.totals.every
    )


# By name, as `fact` is asked: strict where the first value is on record.
def asked(claim: str, *counts: int, since: str | None = None, **more) -> str:
    table = held(*counts, **more)
    names = series_names(table)
    return answer(table, names, Subject("northern"), month(2024, 8), claim, since).judged.verdict


VALUES = {("northern", AUGUST): [(10_321, "2024-09-16", "day"), (10_300, "2025-01-01", "day")]}
ASKED = [
    ("10,300", VALUES, "right"),
    ("10,321", VALUES, "right_when_published"),
    ("10,322", VALUES, "wrong"),
    ("10,322", {}, "near_today"),
    ("10,506", {}, "near_today"),
    ("10,507", {}, "wrong"),
    ("10,094", {}, "near_today"),
    ("10,093", {}, "wrong"),
    ("10K", {}, "right_when_rounded"),
    ("more than 10,000", {}, "right_when_rounded"),
    ("more than 11,000", {}, "wrong"),
    ("average 332 a day", {}, "right"),
    ("average 338 a day", {}, "right_when_rounded"),
    ("average 345 a day", {}, "wrong"),
    # A value whose day is unknown, or that came late, is no first one: it may have been restated.
    ("10,322", {("northern", AUGUST): [(10_321, "2024-09-16", "unknown")]}, "near_today"),
    ("10,322", {("northern", AUGUST): [(10_321, "2024-11-30", "day")]}, "wrong"),
    ("10,322", {("northern", AUGUST): [(10_321, "2024-12-01", "day")]}, "near_today"),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "values", "due"), ASKED, ids=range(len(ASKED)))
def test_a_claim_by_name_is_held_against_what_was_published(claim, values, due):
    assert asked(claim, 10_300, values=values) == due


OF_CHANGES = [
    # claim, from 8,000 in July 2024 to 10,000 in August
    ("+25%", "right"),
    ("+26%", "right_when_rounded"),
    ("+28%", "wrong"),
    ("-25%", "wrong"),
    ("x1.25", "right"),
    ("x1.3", "right"),
    ("x1.35", "right_when_rounded"),
    ("x1.4", "wrong"),
    ("double", "wrong"),
    ("half", "wrong"),
    ("x1.1", "wrong"),
]


@pytest.mark.parametrize(("claim", "due"), OF_CHANGES, ids=range(len(OF_CHANGES)))
def test_a_change_by_name_is_held_against_its_base(claim, due):
    assert asked(claim, 8_000, 10_000, since="2024-07") == due


RANKED = [
    # claim, of 300, 500, 200, 400: the last month is August 2024
    ("2nd highest", "right"),
    ("3rd highest", "wrong"),
    ("1st highest", "wrong"),
    ("3rd lowest", "right"),
    ("2nd lowest", "wrong"),
    ("record high", "wrong"),
    ("record", "wrong"),
    ("lowest ever", "wrong"),
    ("highest since 2024-06", "right"),
    ("highest since 2024-05", "wrong"),
    ("lowest since 2024-07", "right"),
    ("lowest since 2024-06", "wrong"),
]


@pytest.mark.parametrize(("claim", "due"), RANKED, ids=range(len(RANKED)))
def test_a_rank_by_name_is_counted_among_the_months_before(claim, due):
    assert asked(claim, 300, 500, 200, 400) == due


def of_months(counts: dict[str, int]) -> CountTable:
    return CountTable(
        {NORTH: {months.to_index(m): (n, 1) for m, n in counts.items()}}, {}, ENCOUNTERS
    )


def by_name(counts: dict[str, int], span: Period, claim: str, since: str | None = None):
    table = of_months(counts)
    return answer(table, series_names(table), Subject("northern"), span, claim, since)


# June 2024 is not known: what it may have been decides, or does not.
GAP = {"2024-04": 300, "2024-05": 500, "2024-07": 200, "2024-08": 400, "2024-09": 600}
OF_A_GAP = [
    ("2024-09", "record high", "cannot_be_checked"),
    ("2024-08", "record high", "wrong"),  # May was higher, whatever June was
    ("2024-08", "record low", "wrong"),
    ("2024-07", "record low", "cannot_be_checked"),
    ("2024-08", "2nd highest", "cannot_be_checked"),
    ("2024-08", "4th highest", "cannot_be_checked"),
    ("2024-08", "highest since 2024-07", "right"),
    ("2024-08", "highest since 2024-05", "cannot_be_checked"),
    ("2024-08", "highest since 2024-04", "wrong"),
    ("2024-05", "record high", "right"),
    ("2024-05", "2nd highest", "wrong"),
    ("2024-06", "500", "cannot_be_checked"),
    ("2024-06", "record high", "cannot_be_checked"),
    ("2023-04", "500", "cannot_be_checked"),
    ("2024-04", "record low", "right"),
    ("2024-09", "lowest since 2024-01", "wrong"),
    ("2024-04", "lowest since 2024-01", "cannot_be_checked"),  # it begins in April
    ("2024-07", "lowest since 2024-05", "cannot_be_checked"),
]


@pytest.mark.parametrize(("when", "claim", "due"), OF_A_GAP, ids=range(len(OF_A_GAP)))
def test_what_nobody_knows_is_not_held_against_a_claim(when, claim, due):
    year, number = map(int, when.split("-"))

    assert by_name(GAP, month(year, number), claim).judged.verdict == due


def test_what_is_not_held_is_named():
    june = by_name(GAP, month(2024, 6), "500").judged.why
    before = by_name(GAP, month(2023, 4), "500").judged.why

    assert june == "no count was published for June 2024"
    assert before.startswith("the record has April to September 2024, not April 2023")


def test_what_the_month_before_passed_is_no_highest_since():
    counts = {"2024-06": 900, "2024-07": 500, "2024-08": 400}

    told = by_name(counts, month(2024, 8), "highest since 2024-06")
    held_on = by_name({**counts, "2024-08": 600}, month(2024, 8), "highest since 2024-05")

    assert told.why.endswith("in August 2024: July 2024 was higher.")
    assert held_on.why.endswith("in August 2024: the highest since June 2024.")


# Fiscal years 2020 to 2024: 12 times 100, 300, 200, 400 and 350; the year before it is cut.
YEARS = {2020: 100, 2021: 300, 2022: 200, 2023: 400, 2024: 350}
BY_YEARS = {
    months.from_index(m): YEARS.get(FEDERAL.year(m), 900)
    for m in range(months.to_index("2019-05"), months.to_index("2024-09") + 1)
}
OF_YEARS = [
    (2023, "record high", "right"),
    (2024, "2nd highest", "right"),
    (2024, "1st highest", "wrong"),
    (2024, "3rd highest", "wrong"),
    (2020, "record low", "right"),
    (2022, "2nd lowest", "right"),
    (2022, "lowest since 2020", "right"),
    (2024, "lowest since 2022", "right"),
    (2024, "4th lowest", "right"),
    (2021, "record high", "right"),
    (2022, "record high", "wrong"),
    (2024, "4,200", "right"),
    (2024, "average 350 a month", "right"),
    (2024, "average 380 a month", "wrong"),
    (2024, "average 11 a day", "right"),
    (2024, "average 14 a day", "wrong"),
]


@pytest.mark.parametrize(("year", "claim", "due"), OF_YEARS, ids=range(len(OF_YEARS)))
def test_a_fiscal_year_by_name_is_ranked_among_whole_years(year, claim, due):
    assert by_name(BY_YEARS, FEDERAL.period(year), claim).judged.verdict == due


# So are its first months, among the first months of other years.
@pytest.mark.parametrize(
    ("claim", "due"), [("2nd highest", "right"), ("record", "wrong"), ("4th lowest", "right")]
)
def test_a_year_to_date_is_ranked_among_the_same_months_of_years(claim, due):
    assert by_name(BY_YEARS, FEDERAL.period(2024, 5), claim).judged.verdict == due


FROM_NOTHING = {"2024-06": 0, "2024-07": 1, "2024-08": 0, "2024-09": 2}
OF_NOTHING = [
    ("2024-07", "+25%", "2024-06", "cannot_be_checked"),
    ("2024-07", "x2", "2024-06", "cannot_be_checked"),
    ("2024-09", "x2", "2024-07", "right"),
    ("2024-09", "+100%", "2024-07", "right"),
    ("2024-08", "-100%", "2024-07", "right"),
    ("2024-08", "0", None, "right"),
    ("2024-08", "-1", "2024-07", "right"),
    ("2024-09", "-1", "2024-07", "wrong"),
]


@pytest.mark.parametrize(("when", "claim", "since", "due"), OF_NOTHING, ids=range(len(OF_NOTHING)))
def test_nothing_can_be_measured_from_nothing(when, claim, since, due):
    span = month(2024, int(when[5:]))

    assert by_name(FROM_NOTHING, span, claim, since).judged.verdict == due


def test_a_share_by_name_is_of_a_whole_that_is_not_nothing():
    whole = {months.to_index("2024-07"): (0, 1), AUGUST: (400, 1)}
    part = {months.to_index("2024-07"): (0, 1), AUGUST: (100, 1)}
    table = CountTable(
        {NORTH: whole, SeriesKey("northern", "citizenship", "CUBA"): part}, {}, ENCOUNTERS
    )
    cubans, names = Subject("northern", "", "citizenship", ("CUBA",)), series_names(table)
    verdicts = {
        (number, claim): answer(
            table, names, cubans, month(2024, number), f"share of northern {claim}", None
        ).judged.verdict
        for number, claim in ((8, "25%"), (8, "26%"), (8, "29%"), (7, "25%"))
    }
    assert list(verdicts.values()) == ["right", "right_when_rounded", "wrong", "cannot_be_checked"]


def test_what_the_record_does_not_tell_apart_is_said():
    table = held(400)
    for subject, why in (
        (
            Subject("northern", "usbp", "citizenship", ("CUBA",)),
            "not break down nationalities",
        ),
        (Subject("northern", "usbp", "field", ("Swanton Sector",)), "has no such series"),
    ):
        found = judge(table, Reading(subject, month(2024, 8)), Claimed(400))
        assert found.verdict == "cannot_be_checked"
        assert why in found.why


HOSTILE = [
    "",
    " ",
    "\n\n\n",
    "\x00",
    "0",
    "...",
    "%",
    "1" * 5_000,
    "1,234," * 900,
    "(" * 3_000,
    "\u202e12,345\u202c",
    "in in in in July July 2024 2024",
    "<b>12,345</b>",
    "FY FY FY24 FY24",
    "-" * 4_000,
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "nearly nearly nearly more than 1 percent of of of",
    "May may May May 2024 31, 2024",
    "since since since 2021",
    "9" * 400 + " encounters at the northern border in August 2024.",
    "1e309 encounters at the northern border in August 2024",
    "0 percent 0 times 0th highest at the northern border in August 2024",
    "Encounters fell 0% to 0 in August 2024 at the northern border",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_is_read_to_its_end_and_nothing_is_called_right(text):
    checked = check(text, held(8_000, 10_000), date(2024, 9, 20))

    assert not [one for one in checked.claims if one.verdict in HOLDS]
    for one in (*checked.claims, *checked.not_understood):
        assert checked.text[one.start : one.end] == one.quote


def test_readings_are_equal_only_where_they_mean_the_same():
    row = Reading(Subject("northern"), month(2024, 8))

    assert row == Reading(Subject("northern"), month(2024, 8))
    for other in (
        replace(row, span=month(2024, 7)),
        replace(row, versus=month(2024, 7)),
        replace(row, rate="per_day"),
        replace(row, among="year"),
        replace(row, of=Subject("nationwide")),
    ):
        assert other != row
