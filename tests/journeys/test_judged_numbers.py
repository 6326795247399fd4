"""What readers are told of a judged month is what the record holds; the truth by plain SQL."""

from __future__ import annotations

import pytest

from tests.support.databases import rows

# The forecast on record of a flagged month: its judgement's, be it issued or a hindcast.
ON_RECORD = """
select f.flag_id, f.encounters, f.expected, f.side, f.ratio, f.if_with_whole, f.role, j.median
from all_flags as f join flags as t on t.id = f.flag_id
join judgements as j on j.series_id = t.series_id and j.month = t.month
where f.kind = 'month' and f.severity <> 'watch' and f.dimension <> ''
"""


def weighted_median(values: list[float], weights: list[float]) -> float:
    """The first value that has half the weight at or below it."""
    ordered = sorted(zip(values, weights, strict=True))
    return next(
        value
        for place, (value, _) in enumerate(ordered)
        if sum(weight for _, weight in ordered[: place + 1]) >= sum(weights) / 2
    )


def test_every_flags_forecast_side_and_percentage_are_those_on_record(published):
    found = rows(published, ON_RECORD)

    assert len(found) > 150
    for flag, count, expected, side, ratio, _, _, median in found:
        assert expected == median, flag
        assert side == (1 if count > median else -1), flag
        assert ratio == pytest.approx((count + 1) / (median + 1)), flag


def test_a_part_that_moved_apart_has_what_it_would_have_been_with_its_siblings(published):
    """Its forecast times how the others' counts came out against theirs, all plus 1: the median.

    Within 2.5%, as all medians on record are whole numbers.
    """
    for flag, *_, with_whole, role, median in rows(published, ON_RECORD):
        assert (with_whole is not None) == (role == "apart"), flag
        if role == "apart":
            others = f"""
                select 1.0 * (o.encounters + 1) / (o.median + 1), o.median
                from judgements as j join series as s on s.id = j.series_id
                join flags as f on f.id = {flag} and f.series_id = s.id and f.month = j.month
                join series as t on (t.border, t.dimension, t.component)
                    = (s.border, s.dimension, s.component) and t.id <> s.id
                join judgements as o on (o.series_id, o.month, o.cutoff) = (t.id, j.month, j.cutoff)
            """
            found = rows(published, others)
            moved = weighted_median([m for m, _ in found], [(n + 1) ** 0.5 for _, n in found])
            counted = (median + 1) * moved - 1
            assert with_whole == pytest.approx(counted, rel=0.025, abs=1.5), flag


def test_a_month_has_one_hindcast_wherever_it_is_asked_for(published):
    """Its judgement's; figures restated since were not known, so it is not of today's figures."""
    found = rows(
        published,
        """
        select j.median, h.median, w.median, v.median, h.q100, w.lo80, v.lo80,
            h.q900, w.hi80, v.hi80
        from judgements as j join series as s on s.id = j.series_id and s.dimension = ''
        join hindcasts as h on h.series_id = s.id and h.model = 'bordercast'
            and (h.cutoff, h.month) = (j.cutoff, j.month)
        join wide_months as w on (w.border, w.month) = (s.border, j.month)
        join forecast_vs_actual as v
            on (v.border, v.cutoff, v.month) = (s.border, j.cutoff, j.month)
            and v.dimension = '' and v.model = 'bordercast' and v.basis = 'hindcast'
        where j.run_id is null
        """,
    )

    assert len(found) > 500
    for judged, *medians, of_low, low, seen_low, of_high, high, seen_high in found:
        assert {judged} == set(medians)
        assert (of_low, of_high) == (low, high) == (seen_low, seen_high)
