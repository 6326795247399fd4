"""What own counts add up to: each month of a sum by hand, and what is said where it is unknown."""

from __future__ import annotations

import pytest

from forecast.config import CountsSection
from forecast.errors import DataError
from forecast.sources.own.source import own_counts
from forecast.sources.source import ReadRelease, ReleaseFile, coverage_of
from forecast.types import Release, SeriesKey, Snapshot

MONTHS = [f"2024-0{n}" for n in range(1, 8)]


def section(**changed) -> CountsSection:
    words = {"kind": "counts", "name": "visits", "path": "in", "parts": "wards", **changed}
    return CountsSection.model_validate(words)


def ward(series: str, part: str) -> SeriesKey:
    return SeriesKey(series, "part", part, part)


def by_month(*values: int | None, first: int = 0) -> dict[str, int]:
    return {MONTHS[first + n]: v for n, v in enumerate(values) if v is not None}


def summed(stated, held=None, **settings):
    head = Release("x", "manual", "own.csv", "0", MONTHS[-1], 1, "2024-09-01", "day", "")
    spans = tuple(span for key, some in stated.items() for span in coverage_of(key.scope, some))
    source = own_counts(section(**settings))
    read = ReadRelease(Snapshot(head, stated, spans), {})
    return source.reader().beside_record(source, read, lambda: held or {})


A, B, N = ward("N", "a"), ward("N", "b"), SeriesKey("N")


def test_a_series_is_the_sum_of_its_parts_where_each_that_has_begun_is_known():
    found = summed({A: by_month(1, 2, 3, 4), B: by_month(10, None, 30, first=1)})

    assert found.snapshot.counts[N] == by_month(1, 12, None, 34)
    assert found.warnings == [
        "N is not known where one of its wards is not: 2024-03 (b)",
        "N is added up with b from 2024-02, its first month",
    ]
    spans = [(c.first_month, c.last_month) for c in found.snapshot.coverage if c.scope == N.scope]
    assert spans == [("2024-01", "2024-02"), ("2024-04", "2024-04")]
    assert found.compared.counts == found.snapshot.counts


def test_a_part_that_ended_leaves_its_series_unknown_from_then_on():
    found = summed({A: by_month(1, 2, 3, 4, 5, 6, 7), B: by_month(1, 1)})

    assert found.snapshot.counts[N] == by_month(2, 3)
    assert found.warnings == [
        "N is not known where one of its wards is not: "
        "2024-03 (b), 2024-04 (b), 2024-05 (b) and 2 more"
    ]


def test_what_a_file_states_of_a_series_itself_stays():
    found = summed({A: by_month(1, 2), B: by_month(10, 20), N: by_month(99)})

    assert found.snapshot.counts[N] == by_month(99, 22)
    assert found.warnings == []


def test_of_one_part_that_is_restated_the_rest_is_what_the_record_has():
    held = {A: by_month(1, 2, 3), B: by_month(10, 20, 30), N: by_month(11, 22, 33)}

    found = summed({A: by_month(5, first=1)}, held)

    assert found.snapshot.counts == {A: by_month(5, first=1), N: by_month(25, first=1)}
    assert found.compared.counts == {
        A: by_month(1, 5, 3),
        B: by_month(10, 20, 30),
        N: by_month(25, first=1),
    }
    assert found.warnings == []


def test_parts_that_are_new_to_the_record_are_named_three_at_most():
    held = {A: by_month(1, 2, 3, 4), N: by_month(1, 2, 3, 4)}
    stated = {ward("N", name): by_month(1, 1, 1, first=1) for name in "cdefg"}

    (said,) = summed(stated, held).warnings

    assert said == (
        "N is added up with c from 2024-02, d from 2024-02, e from 2024-02 and 2 more, "
        "its first month"
    )
    three = summed({ward("N", name): by_month(1, 1, 1, first=1) for name in "cde"}, held).warnings
    assert three[0].endswith("e from 2024-02, its first month")


def test_a_series_of_which_no_month_can_be_known_is_refused():
    held = {A: by_month(1), B: by_month(5)}

    with pytest.raises(
        DataError, match=r"own\.csv: N: no month is known for each of its wards; no"
    ):
        summed({A: by_month(4, first=3)}, held)


def test_the_total_is_that_of_all_series_in_months_that_each_has():
    one, two, whole = SeriesKey("one"), SeriesKey("two"), SeriesKey("All")
    held = {SeriesKey(name): by_month(*[5] * 7) for name in ("x", "y", "z")}
    more = 5 * 3

    found = summed({one: by_month(1, 2, 3), two: by_month(10, None, 30, 40)}, held, total="All")

    assert found.snapshot.counts[whole] == by_month(11 + more, None, 33 + more)
    stated = {one: by_month(1, 2), two: by_month(3, 4), whole: by_month(9)}
    assert summed(stated, held, total="All").snapshot.counts[whole] == by_month(9)
    assert whole not in summed({one: by_month(1)}, held).snapshot.counts
    restated = summed({two: by_month(7, first=2)}, held | {one: by_month(1, 2, 3)}, total="All")
    assert restated.snapshot.counts[whole] == by_month(3 + 7 + more, first=2)


def test_parts_that_begin_together_need_no_word():
    found = summed({A: by_month(1, 2), B: by_month(10, 20)})

    assert found.snapshot.counts[N] == by_month(11, 22)
    assert found.warnings == []


def test_a_part_that_the_record_has_already_needs_no_word_either():
    held = {A: by_month(1, 2, 3), B: by_month(20, first=1), N: by_month(1, 22)}
    found = summed({A: by_month(4, first=3), B: by_month(40, first=3)}, held)

    assert found.snapshot.counts[N] == by_month(44, first=3)
    assert found.warnings == []


@pytest.mark.parametrize(("many", "more"), [(3, ""), (4, " and 1 more")])
def test_three_months_that_are_not_known_are_named(many, more):
    found = summed({A: by_month(*[1] * 7), B: by_month(5, *[None] * many, *[5] * (6 - many))})

    shown = ", ".join(f"{month} (b)" for month in MONTHS[1:4])
    assert found.warnings == [f"N is not known where one of its wards is not: {shown}{more}"]
    assert found.snapshot.counts[N] == by_month(6, *[None] * many, *[6] * (6 - many))


def test_each_series_is_the_sum_of_its_own_parts():
    other = ward("S", "a")
    found = summed({A: by_month(1), B: by_month(10), other: by_month(100, 200)})

    assert found.snapshot.counts[N] == by_month(11)
    assert found.snapshot.counts[SeriesKey("S")] == by_month(100, 200)


def test_what_a_release_is_compared_with_are_the_parts_of_its_own_series():
    held = {ward("S", "z"): by_month(7), A: by_month(1), SeriesKey("S"): by_month(7)}
    found = summed({B: by_month(2)}, held)

    assert set(found.compared.counts) == {A, B, N}
    assert set(found.snapshot.counts) == {B, N}
    spans = {(c.scope, c.first_month, c.last_month) for c in found.compared.coverage}
    assert spans == {(key.scope, MONTHS[0], MONTHS[0]) for key in (A, B, N)}


def test_a_record_without_a_total_has_none():
    stated = {SeriesKey("one"): by_month(1), SeriesKey("two"): by_month(2)}

    assert set(summed(stated).snapshot.counts) == set(stated)
    assert summed(stated).compared.counts == stated


def delivered(month: str, **columns):
    file = ReleaseFile("own.csv", f"Month,Ward,Visits\n{month},a,5\n{month},b,7\n".encode())
    source = own_counts(section(columns=columns))
    return source.reader().read(source, file, {}, ()).snapshot.counts


def test_a_month_to_come_takes_no_month_before_it_away():
    known = {
        f"{year}-{month:02d}": 9 + month * 7 % 5 for year in (2024, 2025) for month in range(1, 13)
    }
    lines = [
        f"{month},{ward},{n}" for month, n in (known | {"2090-01": 7}).items() for ward in "ab"
    ]
    file = ReleaseFile("own.csv", "\n".join(["Month,Ward,Visits", *lines, ""]).encode())

    read = own_counts(section()).reader().read(own_counts(section()), file, {}, ())

    counts = read.until("2026-01", own_counts(section())).snapshot.counts
    assert counts == {SeriesKey("a"): known, SeriesKey("b"): known}


@pytest.mark.parametrize("month", ["11/1/2024", "1/11/2024"])
def test_a_delivery_of_one_month_is_of_the_month_that_begins_on_its_day(month):
    assert delivered(month) == {SeriesKey("a"): {"2024-11": 5}, SeriesKey("b"): {"2024-11": 7}}


def test_a_refusal_names_the_setting_that_answers_it_and_the_setting_does():
    with pytest.raises(DataError, match=r'add dates = "mdy" .*, below \[sources\.columns\], and'):
        delivered("6/7/2024")
    assert delivered("6/7/2024", dates="mdy")[SeriesKey("a")] == {"2024-06": 5}


def test_a_fault_names_a_setting_and_no_option_that_the_service_has_not():
    file = ReleaseFile("own.csv", b"Month,Ward,Visits\n2024-01,a,5\n2024-01,a,7\n2024-02,a,9\n")
    with pytest.raises(DataError) as refused:
        own_counts(section()).reader().read(own_counts(section()), file, {}, ())

    assert "line 3, column Month" in str(refused.value)
    assert "add `sum` of [sources.columns] to add them up" in str(refused.value)


@pytest.mark.parametrize(
    ("written", "times", "kept"),
    [("12.5", 10, 125), ("8.29", 100, 829), ("1234.005", 1000, 1_234_005), ("7", 10, 70)],
)
def test_decimals_are_kept_exactly_as_so_many_times_them(written, times, kept):
    read = numbers(written, times=times)

    assert read.snapshot.counts[SeriesKey("a")]["2024-02"] == kept


@pytest.mark.parametrize(
    ("written", "more", "way"),
    [
        ("12.5", {}, r"write times = 10 .*, or round = true"),
        ("8.29", {"times": 10}, "8.29 is no whole number"),
    ],
)
def test_a_decimal_is_refused_by_file_line_and_value(written, more, way):
    with pytest.raises(DataError, match=rf"^own.csv: line 3: '{written}', a in 2024-02: .*{way}"):
        numbers(written, **more)


def numbers(second: str, **columns) -> ReadRelease:
    lines = ["clinic,month,visits", "a,2024-01,3", f"a,2024-02,{second}", "a,2024-03,4"]
    file = ReleaseFile("own.csv", "\n".join(lines).encode())
    source = own_counts(section(columns=columns))
    return source.reader().read(source, file, (), ())


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"total": "All"}, "a rate is not added up: leave out total and part"),
        (
            {"columns": {"series": ("x",), "part": "y"}},
            "a rate is not added up: leave out total and part",
        ),
        ({"columns": {"sum": True}}, 'leave out columns.sum, write columns.over = "mean"'),
    ],
)
def test_settings_that_would_add_up_rates_are_refused(settings, problem):
    with pytest.raises(ValueError, match=problem):
        section(contract={"kind": "rate"}, **settings)
