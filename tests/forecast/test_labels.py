from __future__ import annotations

from forecast.labels import joined
from forecast.types import SeriesKey

JOINS = {"citizenship": {"TURKEY": "TURKIYE"}, "state": {"T": "TX"}}


def of(dimension: str, member: str) -> SeriesKey:
    return SeriesKey("northern", dimension, member)


def test_a_renamed_label_goes_on_month_by_month():
    old, new = of("citizenship", "TURKEY"), of("citizenship", "TURKIYE")
    counts = {old: {"2024-01": 1, "2024-02": 2}, new: {"2024-03": 8, "2024-02": 4}}

    found = joined(counts, JOINS)

    assert found == {new: {"2024-01": 1, "2024-02": 6, "2024-03": 8}}
    assert list(found[new]) == ["2024-01", "2024-02", "2024-03"]
    assert counts[old] == {"2024-01": 1, "2024-02": 2}


def test_other_labels_dimensions_and_totals_stay_as_they_are():
    keys = [of("citizenship", "CUBA"), of("demographic", "TURKEY"), SeriesKey("northern")]
    counts = {key: {"2024-01": n} for n, key in enumerate(keys)}

    assert joined(counts, JOINS) == counts
    assert list(joined(counts, JOINS)) == keys


def test_each_column_of_a_crossing_is_joined_by_its_own_list():
    crossed = of("state*citizenship", "T * TURKEY")
    turned = of("citizenship*state", "T * TURKEY")
    odd = of("state*citizenship", "T * TURKEY * X")

    found = joined({crossed: {"2024-01": 1}, turned: {"2024-01": 2}, odd: {"2024-01": 4}}, JOINS)

    assert [key.member for key in found] == ["TX * TURKIYE", "T * TURKEY", "T * TURKEY * X"]
