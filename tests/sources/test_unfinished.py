"""Which months of a delivery are marked as not complete, by whose word."""

from __future__ import annotations

from forecast import months
from forecast.sources.unfinished import unfinished
from forecast.types import Release, SeriesKey, Snapshot

A, B, BOTH = map(SeriesKey, ("A", "B", "Both"))
THROUGH = "2024-06"


def delivery(counts) -> Snapshot:
    return Snapshot(Release("visits", "manual", "f.csv", "0" * 64, THROUGH, 1), counts, ())


def stated(of: SeriesKey, month: str, age: int) -> int:
    whole = {A: 1_000, B: 3_000, BOTH: 4_000}[of] + 10 * months.to_index(month) % 70
    return round(whole * {0: 0.4, 1: 0.92}.get(age, 1))


def before(since: str) -> dict:
    """What deliveries until the month before stated of months since then."""
    return {
        of: {
            month: {
                age: stated(of, month, age)
                for age in range(months.to_index("2024-05") - months.to_index(month) + 1)
            }
            for month in months.between(since, "2024-05")
        }
        for of in (A, B, BOTH)
    }


def now(of: SeriesKey) -> dict[str, int]:
    ages = range(5, -1, -1)
    return {m: stated(of, m, age) for age in ages for m in [months.shift(THROUGH, -age)]}


SNAPSHOT = delivery({of: now(of) for of in (A, B, BOTH)})


def test_a_habit_of_half_a_year_is_seen_without_a_word():
    found = list(unfinished(SNAPSHOT, before("2023-09")))

    assert {(of.series, of.month, of.said) for of in found} == {
        (of, month, "habit") for of in (A, B, BOTH) for month in ("2024-05", THROUGH)
    }
    last = next(of for of in found if (of.series, of.month) == (A, THROUGH))
    assert abs(last.share - 0.4) < 0.01
    assert last.low < last.share < last.high < 0.5


def test_a_habit_of_two_months_is_believed_once_a_person_says_so():
    young = before("2024-04")
    assert list(unfinished(SNAPSHOT, young)) == []

    found = list(unfinished(SNAPSHOT, young, fallen=THROUGH, confirmed=True))

    assert {of.month for of in found} == {"2024-05", THROUGH}
    assert all(of.share is not None for of in found)


def test_of_a_month_that_never_came_so_no_share_is_known():
    whole = {
        of: {m: dict.fromkeys(ages, 900) for m, ages in known.items()}
        for of, known in before("2023-09").items()
    }
    counts = {of: dict.fromkeys(now(of), 900) | {THROUGH: 300} for of in (A, B, BOTH)}

    found = list(unfinished(delivery(counts), whole, fallen=THROUGH, confirmed=True))

    assert [(of.month, of.share) for of in found] == [(THROUGH, None)] * 3


def test_a_mark_of_the_file_is_of_its_series_alone():
    found = list(unfinished(SNAPSHOT, {}, {(A, THROUGH)}))

    assert [(of.series, of.said, of.share) for of in found] == [(A, "file", None)]


def test_of_a_marked_month_nothing_is_told_where_a_zero_grew_to_thousands():
    known = {
        of: {m: dict.fromkeys(ages, 900) for m, ages in before("2023-09")[of].items()}
        for of in (A,)
    }
    some = sorted(known[A])[3]
    known[A][some] = {age: 900 * (age > 0) for age in known[A][some]}

    found = list(unfinished(delivery({A: now(A)}), known, {(A, THROUGH)}))

    assert [(of.said, of.share) for of in found] == [("file", None)]
