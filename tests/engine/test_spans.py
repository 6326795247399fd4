"""Sums over months and chances, in words a person types."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast import months
from forecast.engine import spans
from forecast.engine.forecast import INTERVALS
from forecast.engine.spans import Outlooks
from forecast.errors import SpanError
from forecast.judge import questions
from forecast.periods import FEDERAL, Period
from forecast.types import Forecast, SeriesKey

CUTOFF = "2026-08"
NEWEST = months.to_index(CUTOFF)
COUNTS = {month: 100 + i for i, month in enumerate(months.between("2013-10", CUTOFF))}
DRAWS = np.outer([0.5, 1.0, 1.5, 2.0], np.full(24, 100.0))
SERIES = Outlooks(SeriesKey("northern"), COUNTS, CUTOFF, DRAWS, FEDERAL)


def test_a_sum_s_quantiles_are_whole_and_outward_about_its_median():
    draws = np.arange(1, 1001)[:, None] + np.array([[0.2]])
    span = Period.of("2026-08", "2026-09")

    total = spans.total(span, COUNTS, CUTOFF, draws, FEDERAL)
    found = spans.span_forecast(SERIES.key, span, CUTOFF, total, FEDERAL)

    august = COUNTS[CUTOFF]
    assert (found.published, found.months_published) == (august, 1)
    assert (found.lo95, found.lo90, found.lo80, found.lo50) == tuple(
        august + place for place in (25, 50, 100, 250)
    )
    assert (found.hi95, found.hi90, found.hi80, found.hi50) == tuple(
        august + place + 1 for place in (975, 950, 900, 750)
    )
    assert found.median == august + 501  # 500.7
    assert (found.series, found.span, found.cutoff) == (SERIES.key, "2026-08..2026-09", CUTOFF)
    assert (found.first_month, found.last_month) == ("2026-08", "2026-09")


@given(st.sampled_from(months.between("2013-10", "2027-01")), st.integers(0, 35))
def test_a_sum_is_what_is_published_and_each_path_s_rest(first, more):
    last = months.shift(first, more)
    span = Period.of(first, last)
    if last > months.shift(CUTOFF, 24):
        with pytest.raises(SpanError, match="reach to 2028-08"):
            spans.total(span, COUNTS, CUTOFF, DRAWS, FEDERAL)
        return

    found = spans.total(span, COUNTS, CUTOFF, DRAWS, FEDERAL)

    ahead = sum(month > CUTOFF for month in span.months)
    published = sum(COUNTS[m] for m in span.months if m <= CUTOFF)
    assert found[:2] == (published, len(span.months) - ahead)
    assert found[2].tolist() == [published + ahead * x for x in (50, 100, 150, 200)]


@pytest.mark.parametrize("cutoff", ["2026-07", CUTOFF])
def test_a_sum_takes_of_each_path_the_draws_of_its_own_months(cutoff):
    span = Period.of(months.shift(cutoff, 2), months.shift(cutoff, 3))

    found = spans.total(span, COUNTS, cutoff, np.array([[1.0, 10.0, 100.0, 1000.0]]), FEDERAL)

    assert found[2].tolist() == [110]


def test_a_record_of_several_months_is_one_among_the_same_months_of_every_year():
    counts = dict.fromkeys(months.between("2024-10", "2026-10"), 10) | {"2024-12": 90}
    series = Outlooks(SERIES.key, counts, "2026-10", np.full((1, 2), 30.0), FEDERAL)

    found = spans.chance(series, Period.of("2026-11", "2026-12"), "record")

    assert found.share == 0.25  # of one path none: 60 is no more than 100


def test_months_before_the_series_are_not_zeros():
    with pytest.raises(SpanError, match="2013-09"):
        spans.total(Period.of("2013-09", "2013-12"), COUNTS, CUTOFF, DRAWS, FEDERAL)


@pytest.mark.parametrize(
    ("span", "event", "share", "said"),
    [
        ("2026-12", ">100", 0.5, "above 100"),
        ("2026-12", ">= 100", 0.75, "at least 100"),
        ("2026-12", "at most 100", 0.5, "at most 100"),
        ("2026-12", "below 1,000", 1, "below 1,000"),
        ("2026-12", "100..150", 0.5, "between 100 and 150"),
        ("2026-12", "between 100 and 199", 0.5, "between 100 and 199"),
        ("2026-12", "above 2025-12", 0, "above 2025-12"),
        ("2026-12", "< FY2025", 1, "below FY2025"),
        ("2026-12", "below year before", 1, "below the year before"),
        ("2026-12", "record low", 0.25, "a record low"),
        ("2026-12", "record", 0, "a record high"),
        ("2026-12", "lowest since 2026-08", 1, "the lowest since 2026-08"),
        ("2026-12", "highest since 2013-10", 0, "the highest since 2013-10"),
        ("FY2027", "> FY2026", 0, "above FY2026"),
        ("FY2027", ">=FY2026", 0, "at least FY2026"),
        ("2026-12", "<= 2014-06", 0.5, "at most 2014-06"),
        ("2026-12", "at least year before", 0, "at least the year before"),
        ("2014-06", "at most 108", 1, "at most 108"),
        ("FY2027", "RECORD LOW", 0.5, "a record low for the total of these months"),
        ("FY2025", "record", 1, "a record high for the total of these months"),
        # Exactly as much is no more and no less.
        ("2026-12", "below 100", 0.25, "below 100"),
        ("2026-12", "above 2014-06", 0.5, "above 2014-06"),
        ("2026-12", "100 .. 100", 0.25, "between 100 and 100"),
        ("2026-12", "lowest since 2013-10", 0.25, "the lowest since 2013-10"),
        ("2026-08", "record", 1, "a record high"),
        ("2026-08", "highest since 2026-08", 0, "the highest since 2026-08"),
        ("2026-08..2026-09", "at least 354", 0.75, "at least 354"),
    ],
)
def test_a_chance_is_the_share_of_paths(span, event, share, said):
    found = spans.chance(SERIES, FEDERAL.read(span, NEWEST), event)

    settled = span in ("FY2025", CUTOFF, "2014-06")
    assert (found.share, found.event) == (share if settled else of_four(share), said)
    assert found.settled == settled


def of_four(share: float) -> float:
    """The chance of what comes true in this share of four paths: half a path is nobody's."""
    return (4 * share + 0.5) / 5


def test_a_record_is_more_than_every_month_or_span_that_is_published_in_full():
    """As much as the highest is none. What comes after the cutoff, and half years, do not count."""
    counts = {"2024-10": 9, "2025-10": 50, "2025-11": 60, "2026-10": 30, "2026-11": 999}
    series = Outlooks(
        SERIES.key, counts, "2026-10", np.array([[59.0], [60.0], [61.0], [110.0]]), 10
    )

    def share(span: str, event: str) -> float:
        found = spans.chance(series, FEDERAL.read(span, NEWEST + 2), event)
        return round(5 * found.share - 0.5, 9) / 4

    assert share("2026-11", "record") == 0.5
    assert share("2026-11", "new record low") == 0
    assert share("2026-11", "highest since 2025-11") == 0.5
    assert share("2026-11", "highest since 2026-10") == 1
    assert share("2026-10..2026-11", "record") == 0.25  # 30 + 110 over 50 + 60
    assert share("2026-10..2026-11", "record low") == 0.75  # 89, 90 and 91 below 110
    alone = Outlooks(SERIES.key, {"2026-10": 1}, "2026-10", np.array([[1.0]]), FEDERAL)
    with pytest.raises(SpanError, match="published in full"):
        spans.chance(alone, FEDERAL.read("2026-10..2026-11", NEWEST + 2), "record")


@pytest.mark.parametrize(
    "event", ["", "> ", "often", "5..3", "> never", "lowest since 2026-09", "lowest since 1"]
)
def test_what_is_no_event_is_refused(event):
    with pytest.raises(SpanError):
        spans.chance(SERIES, FEDERAL.read("2026-12", NEWEST), event)


@pytest.mark.parametrize(
    ("span", "event", "text", "problem"),
    [
        ("2026-12", "5..3", "5..3", "the range ends before it begins"),
        ("2026-12", "often", "often", "not an event; write '>10000', '20000..30000'"),
        (
            "FY2027",
            "highest since 2020-01",
            "FY2027",
            "only a month, or one of the next months, can be the highest or lowest since another",
        ),
        (
            "2026-12",
            "lowest since 2026-09",
            "lowest since 2026-09",
            "no count is on record from 2026-09 on",
        ),
        ("2026-12", "> often", "often", "not a span of months; write a month 2026-12"),
        ("2026-12", "above 2013-09", "2013-09", "no count was published for 2013-09"),
        ("2026-12", "below 2013-08..2013-10", "2013-08..2013-10", "published for 2013-08, so"),
    ],
)
def test_what_cannot_be_said_is_refused_with_why(span, event, text, problem):
    with pytest.raises(SpanError) as refused:
        spans.chance(SERIES, FEDERAL.read(span, NEWEST), event)

    assert refused.value.text == text
    assert problem in refused.value.problem


@pytest.mark.parametrize(
    ("span", "event", "said", "note"),
    [
        (
            "FY2025",
            "> 2024",
            "above FY2024",
            "2024 was read as FY2024; for the number write 2,024.",
        ),
        ("FY2027", "at most 2013", "at most FY2013", None),  # the record begins in FY2014
        ("2025", "> 2024", "above 2024", "2024 was read as the year 2024; for the number write"),
        ("2024-01..2024-12", ">= 2025", "at least 2025", "2025 was read as the year 2025; for"),
        ("FY2025", "> 2,024", "above 2,024", ""),
        ("FY2025", "> 2012", "above 2,012", ""),  # before the record
        ("FY2025", "> 2028", "above FY2028", None),  # partly beyond the forecast
        ("FY2025", "> 2029", "above 2,029", ""),
        ("FY2025", "> 02024", "above 2,024", ""),
        ("2026-12", "> 2024", "above 2,024", "2024 was read as the number 2,024; only a year"),
        ("next 12 months", "> 2024", "above 2,024", "2024 was read as the number 2,024; only"),
    ],
)
def test_a_year_of_the_record_is_a_year_where_the_span_is_one(span, event, said, note):
    if note is None:  # read as a year, which the record does not have all months of
        with pytest.raises(SpanError):
            spans.chance(SERIES, FEDERAL.read(span, NEWEST), event)
        return

    found = spans.chance(SERIES, FEDERAL.read(span, NEWEST), event)

    assert found.event == said
    assert found.note.startswith(note)
    assert bool(found.note) == bool(note)


def test_a_year_read_as_such_is_compared_with_its_own_count():
    for year in (2015, 2020, 2025):
        for event in ("> 2020", "below 2020", "at least 2020"):
            span = FEDERAL.read(f"FY{year}", NEWEST)
            plain = spans.chance(SERIES, span, event)
            named = spans.chance(SERIES, span, event.replace("2020", "FY2020"))
            assert plain[:5] == named[:5]


COMMANDS = {  # what one types for each standing question
    "next month above year before": ("next month", "above year before"),
    "fiscal year above last": ("FY2026", "> FY2025"),
    "next 12 months above last 12": ("next 12 months", "> 2025-09..2026-08"),
    "month in half a year above this month": ("2027-02", "> 2026-08"),
    "record within 12 months": ("next 12 months", "record"),
    "lowest month of 5 years within 12 months": ("next 12 months", "lowest since 2021-09"),
}


@pytest.mark.parametrize("seed", range(5))
def test_a_standing_question_and_its_command_have_one_answer(seed):
    assert COMMANDS.keys() == questions.KINDS.keys()
    drawn = np.random.default_rng(seed)
    counts = {month: int(drawn.integers(50, 150)) for month in COUNTS}
    series = Outlooks(SERIES.key, counts, CUTOFF, drawn.uniform(45, 160, (400, 24)), FEDERAL)

    asked = questions.Asked(SERIES.key, counts, CUTOFF, FEDERAL)
    for question in questions.questions(asked):
        span, event = COMMANDS[question.kind]
        found = spans.chance(series, FEDERAL.read(span, NEWEST), event)
        assert found.share == questions.chance(question, asked, series.draws), question.kind


@pytest.mark.parametrize(
    ("span", "event", "share", "said"),
    [
        ("next 12 months", "record", 0.25, "a month that is a record high"),
        ("rest of 2026", "record low", 0.5, "a month that is a record low"),
        ("FY2027", "record month", 0.25, "a month that is a record high"),
        ("next 2 months", "highest since 2026-07", 0.5, "a month that is the highest since"),
        ("FY2027", "record", 0.0, "a record high for the total of these months"),
        ("next month", "record", 0.25, "a record high"),
    ],
)
def test_a_record_of_the_next_months_is_one_of_a_month(span, event, share, said):
    counts = dict.fromkeys(COUNTS, 100) | {"2020-01": 180, CUTOFF: 120}
    ahead = np.array([[181.4], [121], [99], [98.6]]) * np.ones(24)
    ahead[0, 1:] = ahead[1, 1:] = 100
    series = Outlooks(SERIES.key, counts, CUTOFF, ahead, FEDERAL)
    if span.startswith("FY"):
        series.draws[0, 3:5] = 182, 90  # a record month of a year that is none

    found = spans.chance(series, FEDERAL.read(span, NEWEST), event)

    assert (found.share, found.event[: len(said)]) == (of_four(share), said)


def test_a_month_of_a_span_that_has_begun_is_not_asked_about():
    with pytest.raises(SpanError, match="from 2026-09 on"):
        spans.chance(SERIES, FEDERAL.read("FY2026", NEWEST), "record month")


def test_a_span_with_one_month_to_come_is_its_forecast_and_what_is_published():
    month = {name: 10 * i for i, name in enumerate(INTERVALS)}
    span = FEDERAL.read("FY2026", NEWEST)
    known = spans.total(span, COUNTS, CUTOFF, DRAWS, FEDERAL)

    found = spans.with_month(
        spans.span_forecast(SERIES.key, span, CUTOFF, known, FEDERAL),
        Forecast(SERIES.key, "bordercast", CUTOFF, "2026-09", "2026-09", **month),
    )

    assert found.published == sum(COUNTS[one] for one in span.months if one <= CUTOFF)
    assert [getattr(found, name) - found.published for name in INTERVALS] == list(month.values())
    asked = [FEDERAL.read(text, NEWEST) for text in (
        "FY2026", "next month", "2026-08", "2026-08..2026-10", "2027-01",
    )]  # fmt: skip
    only = [spans.only_month(of.first_month, of.last_month, CUTOFF) for of in asked]
    assert only == ["2026-09", "2026-09", "", "", "2027-01"]


def test_both_sides_of_a_comparison_are_of_one_path():
    """FY2026 and FY2027 together: where this year is high so is the next."""
    ahead = np.concatenate([DRAWS[:, :1] * 100, DRAWS[:, 1:] * 10], axis=1)
    series = Outlooks(SeriesKey("northern"), COUNTS, CUTOFF, ahead, FEDERAL)

    found = spans.chance(series, FEDERAL.read("FY2027", NEWEST), "above 2026-09")

    assert found.share == of_four(1)  # taken apart, 12,000 of the one may meet 20,000 of the other
