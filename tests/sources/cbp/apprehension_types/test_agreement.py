"""A release that splits what the record has, held against it: each limit to the unit."""

from __future__ import annotations

import pytest

from forecast import months
from forecast.sources import catalog
from forecast.sources.cbp.apprehension_types import agreement
from forecast.sources.source import ReadRelease, coverage_of
from forecast.types import BORDERS, Release, SeriesKey, Snapshot
from tests.support.cbp_files import COMPONENTS

SOURCE = catalog.find("cbp_apprehension_types")
AGREED = SOURCE.agreement
PATROL = COMPONENTS[0]
SPAN = months.between("2025-08", "2025-11")  # September ends fiscal year 2025
Counted = dict[tuple[str, str], tuple[int, int]]  # (border, month) -> (at large, at entry)
PLAIN: Counted = {
    (border, month): (300 + 100 * at, 700) for at, border in enumerate(BORDERS) for month in SPAN
}


def part(border: str, name: str) -> SeriesKey:
    return SeriesKey(border, "apprehension_type", name, PATROL)


def total(border: str) -> SeriesKey:
    return SeriesKey(border, "component", PATROL, PATROL)


def counts(counted: Counted) -> dict[SeriesKey, dict[str, int]]:
    found: dict[SeriesKey, dict[str, int]] = {}
    for (border, month), (large, entry) in counted.items():
        found.setdefault(part(border, "At Large"), {})[month] = large
        found.setdefault(part(border, "At Entry"), {})[month] = entry
    return found


def totals(counted: Counted) -> dict[SeriesKey, dict[str, int]]:
    found: dict[SeriesKey, dict[str, int]] = {}
    for (border, month), parts in counted.items():
        found.setdefault(total(border), {})[month] = sum(parts)
    return found


def record(counted: Counted, newest: str = "2025-11") -> dict[SeriesKey, dict[str, int]]:
    return {**counts(counted), **totals(counted), SeriesKey("northern"): {newest: 1}}


def release(counted: Counted, stated=None) -> ReadRelease:
    made = counts(counted)
    spans = tuple(
        span for key, by_month in made.items() for span in coverage_of(key.scope, by_month)
    )
    head = Release("x", "manual", "x.html", "0", SPAN[-1], 1, "2025-12-01", "day", "")
    return ReadRelease(
        Snapshot(head, made, spans), {}, totals(counted) if stated is None else stated
    )


def judged(new: Counted, held, stated=None) -> ReadRelease:
    return agreement.judged(SOURCE, release(new, stated), held)


def with_(place: tuple[str, str], large: int, entry: int) -> Counted:
    return PLAIN | {place: (PLAIN[place][0] + large, PLAIN[place][1] + entry)}


def test_what_the_record_has_already_is_believed():
    found = judged(PLAIN, record(PLAIN))

    assert (found.problems, found.warnings) == ([], [])
    assert found.snapshot.counts == counts(PLAIN)


@pytest.mark.parametrize(
    ("month", "by", "believed"),
    [
        ("2025-09", 0, True),
        ("2025-09", 1, False),  # of a closed year
        ("2025-10", 50, True),  # a twentieth of 1,000
        ("2025-10", 51, False),
        ("2025-10", -50, True),
        ("2025-10", -51, False),
    ],
)
@pytest.mark.parametrize("which", [0, 1])
def test_parts_of_a_closed_year_stay_and_others_move_a_little(month, by, believed, which):
    moved = with_(("northern", month), *((by, -by) if which else (-by, by)))

    found = judged(moved, record(PLAIN))

    assert AGREED.open_share == 0.05
    assert (found.problems == []) == believed
    if not believed:
        (problem,) = found.problems
        large, entry = moved["northern", month]
        assert problem == (
            f"northern in {month}: the parts are {large:,} and {entry:,}, they were 300 and 700"
        )


def test_a_small_month_has_a_slack():
    small = PLAIN | {("northern", "2025-10"): (30, 30)}
    for by, believed in ((AGREED.slack, True), (AGREED.slack + 1, False)):
        moved = small | {("northern", "2025-10"): (30 + by, 30 - by)}
        assert (judged(moved, record(small)).problems == []) == believed


def test_totals_are_the_records_to_the_unit():
    stated = totals(with_(("southwest", "2025-10"), 1, 0))

    (problem,) = judged({}, record(PLAIN), stated).problems

    assert problem == f"{total('southwest')} in 2025-10: its total is 1,101, the record's 1,100"


@pytest.mark.parametrize(("by", "believed"), [(0, True), (1, False)])
def test_borders_have_no_more_than_nationwide_in_each_row(by, believed):
    whole = {("nationwide", month): (1200 - by, 2100 + by) for month in SPAN}
    found = judged(PLAIN | whole, record(PLAIN))

    said = [p for p in found.problems if p.startswith("the borders have more than nationwide in")]
    assert len(said) == (0 if believed else len(SPAN))


def slip(place: tuple[str, str], by: int = 1):
    """Parts that miss the stated total by some."""
    return PLAIN | {place: (PLAIN[place][0] + by, PLAIN[place][1])}


def test_a_slip_that_is_new_and_alone_is_left_out_and_said():
    place = ("northern", "2025-10")
    held = record({at: parts for at, parts in PLAIN.items() if at != place})
    held[total("northern")] = totals(PLAIN)[total("northern")]

    found = judged(slip(place), held, totals(PLAIN))

    assert found.problems == []
    assert found.warnings == [
        "northern in 2025-10: At Large 301 and At Entry 700 add up to 1,001, the total beside them "
        "is 1,000; that month is left out"
    ]
    assert sorted(found.snapshot.counts[part("northern", "At Large")]) == [
        "2025-08",
        "2025-09",
        "2025-11",
    ]
    spans = {
        (c.first_month, c.last_month)
        for c in found.snapshot.coverage
        if c.scope.total == "northern"
    }
    assert spans == {("2025-08", "2025-09"), ("2025-11", "2025-11")}
    assert found.snapshot.counts[part("other", "At Large")].keys() == set(SPAN)


def test_a_slip_that_the_record_has_is_kept_as_published():
    place = ("northern", "2025-10")
    held = {**counts(slip(place)), **totals(PLAIN), SeriesKey("northern"): {"2025-11": 1}}

    found = judged(slip(place), held, totals(PLAIN))

    assert found.problems == []
    assert found.warnings[0].endswith("; kept as published, as before")
    assert found.snapshot.counts == counts(slip(place))


def test_a_slip_is_a_reason_to_refuse_where_it_is_not_the_only_one_or_was_none_before():
    one, two = ("northern", "2025-10"), ("other", "2025-11")
    both = slip(one) | {two: slip(two)[two]}
    without = record({at: parts for at, parts in PLAIN.items() if at not in (one, two)})
    without |= totals(PLAIN)

    twice = judged(both, without, totals(PLAIN))
    anew = judged(slip(one), record(PLAIN), totals(PLAIN))

    assert [p.partition(":")[0] for p in twice.problems] == [
        "northern in 2025-10",
        "other in 2025-11",
    ]
    assert any(p.startswith("northern in 2025-10: At Large 301") for p in anew.problems)
    assert anew.snapshot.counts == counts(slip(one))


@pytest.mark.parametrize(
    ("before", "now", "turned"),
    [
        ((0, 1000), (600, 400), False),
        ((0, 1000), (601, 399), True),
        ((300, 700), (890, 110), False),
        ((300, 700), (910, 90), True),
        ((700, 300), (300, 700), False),
        ((910, 90), (300, 700), True),
        ((AGREED.large, 0), (0, AGREED.large), True),
        ((AGREED.large - 1, 0), (0, AGREED.large), False),
        ((AGREED.large, 0), (0, AGREED.large - 1), False),
    ],
)
@pytest.mark.parametrize("known", ["record", "release"])
def test_parts_do_not_change_places_from_one_month_to_the_next(before, now, turned, known):
    sooner, later = {("northern", "2025-10"): before}, {("northern", "2025-11"): now}
    new, held = (sooner | later, {}) if known == "release" else (later, sooner)

    found = judged(new, record(held))

    said = [p for p in found.problems if "the share of the parts has changed by more than 60%" in p]
    assert [p[:19] for p in said] == (["northern in 2025-11"] if turned else [])


@pytest.mark.parametrize(("share", "swapped"), [(600, False), (601, True)])
def test_nor_do_borders(share, swapped):
    def month(*each: int) -> Counted:
        return {(b, "2025-11"): (n, n) for b, n in zip(BORDERS, each, strict=True)}

    before = {(b, "2025-10"): (n, n) for b, n in zip(BORDERS, (1000, 0, 0), strict=True)}
    found = judged(before | month(1000 - share, share, 0), record({}))

    said = [p for p in found.problems if p == "in 2025-11 the borders' shares have changed places"]
    assert len(said) == swapped


def test_a_source_that_splits_nothing_has_nothing_to_hold():
    with pytest.raises(ValueError, match="cbp_drug_events splits nothing"):
        agreement.judged(catalog.find("cbp_drug_events"), release(PLAIN), {})


def whole(counted: Counted, by: int = 0):
    """Nationwide's totals beside the borders', off by some."""
    every = {m: sum(map(sum, (counted[b, m] for b in BORDERS))) + by for m in SPAN}
    return {**totals(counted), total("nationwide"): every}


def test_nationwide_is_held_against_the_sum_of_the_records_borders():
    assert judged(PLAIN, record(PLAIN), whole(PLAIN)).problems == []

    problems = judged(PLAIN, record(PLAIN), whole(PLAIN, 1)).problems
    assert problems[0] == (
        f"{total('nationwide')} in 2025-08: its total is 3,301, the record's 3,300"
    )
    assert len(problems) == len(SPAN)


def test_nationwide_is_not_known_where_a_border_is_not():
    held = record({at: parts for at, parts in PLAIN.items() if at != ("other", "2025-10")})

    problems = judged(PLAIN, held, whole(PLAIN, 1)).problems
    assert [p.partition(":")[0][-7:] for p in problems] == ["2025-08", "2025-09", "2025-11"]


@pytest.mark.parametrize("by", [-1, 1])
def test_neither_part_of_the_borders_is_more_than_nationwides(by):
    nation = {("nationwide", month): (1200 - by, 2100 + by) for month in SPAN}

    problems = judged(PLAIN | nation, record(PLAIN)).problems
    assert problems == [f"the borders have more than nationwide in {month}" for month in SPAN]


@pytest.mark.parametrize(
    ("before", "now", "swapped"), [(200, 200, True), (199, 200, False), (200, 199, False)]
)
def test_borders_of_a_small_month_may_change_places(before, now, swapped):
    assert AGREED.large == 200
    new = {(b, "2025-10"): (n, 0) for b, n in zip(BORDERS, (before, 0, 0), strict=True)}
    new |= {(b, "2025-11"): (n, 0) for b, n in zip(BORDERS, (0, now, 0), strict=True)}

    problems = judged(new, record({})).problems
    assert ("in 2025-11 the borders' shares have changed places" in problems) == swapped


def test_borders_are_compared_where_each_was_known_the_month_before():
    new = {(b, "2025-11"): (n, 0) for b, n in zip(BORDERS, (0, 900, 0), strict=True)}
    sooner = {(b, "2025-10"): (n, 0) for b, n in zip(BORDERS, (900, 0, 0), strict=True)}
    said = "in 2025-11 the borders' shares have changed places"

    assert said in judged(new, record(sooner)).problems
    del sooner["other", "2025-10"]
    assert said not in judged(new, record(sooner)).problems


@pytest.mark.parametrize(("newest", "believed"), [("2025-08", True), ("2025-10", False)])
def test_which_years_are_closed_follows_from_the_records_newest_month(newest, believed):
    """August 2025 is of fiscal 2025, which is over when October is there."""
    moved = with_(("northern", "2025-08"), 10, -10)

    assert (judged(moved, record(PLAIN, newest)).problems == []) == believed


def test_parts_without_a_total_beside_them_are_no_slip():
    found = judged(PLAIN, record(PLAIN), {})

    assert (found.problems, found.warnings) == ([], [])


@pytest.mark.parametrize("by", [-1, 1, 7])
def test_parts_that_are_more_or_fewer_than_their_total_are_a_slip(by):
    place = ("other", "2025-09")
    held = record({at: parts for at, parts in PLAIN.items() if at != place})
    held[total("other")] = totals(PLAIN)[total("other")]

    (said,) = judged(slip(place, by), held, totals(PLAIN)).warnings

    assert said == (
        f"other in 2025-09: At Large {500 + by} and At Entry 700 add up to {1200 + by:,}, the "
        "total beside them is 1,200; that month is left out"
    )


def test_a_month_of_a_year_that_the_record_has_not_begun_is_open():
    moved = with_(("northern", "2025-10"), 10, -10)

    assert judged(moved, record(PLAIN, "2025-08")).problems == []


@pytest.mark.parametrize(("later", "swapped"), [(890, False), (910, True)])
def test_borders_change_places_where_three_fifths_of_all_do(later, swapped):
    """From three tenths of what nationwide had."""

    def month(when: str, north: int) -> Counted:
        each = zip(BORDERS, (north, 1000 - north, 0), strict=True)
        return {(border, when): (n, 0) for border, n in each}

    problems = judged(month("2025-10", 300) | month("2025-11", later), record({})).problems
    assert ("in 2025-11 the borders' shares have changed places" in problems) == swapped


def test_nationwide_may_have_more_than_its_borders():
    nation = {("nationwide", month): (1300, 2200) for month in SPAN}

    assert judged(PLAIN | nation, record(PLAIN), totals(PLAIN)).problems == []


@pytest.mark.parametrize(("large", "entry"), [(60, 0), (0, 60), (-60, 0)])
def test_one_part_that_moves_alone_is_noticed(large, entry):
    found = judged(with_(("northern", "2025-10"), large, entry), record(PLAIN))

    said = f"northern in 2025-10: the parts are {300 + large:,} and {700 + entry:,}, they were 300"
    assert any(problem.startswith(said) for problem in found.problems)
