"""What the site makes of the values that months have had."""

from __future__ import annotations

from types import SimpleNamespace

from forecast.desk.site.reading import TotalRecord
from forecast.store.history import MonthValue


def value(count: int, day: str, source: int) -> MonthValue:
    return MonthValue(count, "day", day, source, f"{source}.csv")


HAD = {
    "2024-01": [
        value(50, "2024-02-15", 1),
        value(55, "2024-03-15", 2),
        value(54, "2024-04-15", 3),
    ],
    "2024-02": [value(70, "2024-03-15", 2)],
    "2024-03": [value(80, "2024-04-15", 3), value(88, "2024-04-15", 4)],
}
MONTHS = SimpleNamespace(reports=SimpleNamespace(had=HAD))


def test_a_month_that_was_restated_is_told_with_its_first_and_its_newest_value():
    newest, oldest = TotalRecord.revised.fget(MONTHS)

    assert list(newest.values()) == ["2024-03", 80, 88, 1, "2024-04-15", "day"]
    assert list(oldest.values()) == ["2024-01", 50, 54, 2, "2024-04-15", "day"]


def test_each_restatement_is_told_with_the_value_before_it_the_newest_first():
    restated = TotalRecord.restated.func(MONTHS)

    assert [(r["month"], r["previous"], r["encounters"], r["source"]) for r in restated] == [
        ("2024-03", 80, 88, 4),
        ("2024-01", 55, 54, 3),
        ("2024-01", 50, 55, 2),
    ]
