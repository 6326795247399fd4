"""Groups and sectors are ranked among each other; nobody is called wrong for it."""

from __future__ import annotations

import pytest

from forecast.claims.record.counts import CountTable, Subject
from forecast.claims.record.verdict import Claimed, Reading, judge, siblings
from forecast.periods import FEDERAL
from tests.support.embedded_figures import count, said

RANKS = [
    ("Venezuelans were <the largest group> at the southwest border in September 2023 with {}.",
     "sw:VENEZUELA", "right"),
    ("Mexicans were <the second-largest group> at the southwest border in September 2023 with {}.",
     "sw:MEXICO", "right"),
    ("Mexicans were <the largest group> at the southwest border in September 2023 with {}.",
     "sw:MEXICO", "not understood"),
    ("The Tucson Sector was <the busiest sector> in September 2023 with {} arrests.",
     "sw:Tucson Sector", "right"),
    ("The El Paso Sector was <the second busiest> in September 2023 with {} arrests.",
     "sw:El Paso Sector", "not understood"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "who", "due"), RANKS, ids=range(len(RANKS)))
def test_a_group_is_ranked_among_groups(verdict, text, who, due):
    assert verdict(text.format(said(who, "2023-09"))) == due


def test_a_number_of_a_group_is_not_held_against_the_total(verdict):
    text = (
        "Venezuelans were the second-largest group at the southwest border in May 2023 with <{}>."
    )

    assert verdict(text.format("54,833")) == "not understood"
    assert verdict(text.format(said("sw:VENEZUELA", "2023-05"))) == "right"


@pytest.mark.parametrize(("measure", "rank"), [("rank_high", 1), ("rank_low", 21)])
def test_ranks_are_counted_from_their_own_end(embedded: CountTable, measure, rank):
    venezuela = Subject("southwest", "", "citizenship", ("VENEZUELA",))
    sense = Reading(venezuela, FEDERAL.read("2023-09", 0), measure, among="members")
    counts = siblings(embedded, sense)

    assert counts["VENEZUELA"] == count("sw:VENEZUELA", "2023-09") == max(counts.values())
    assert "OTHER" not in counts
    assert len(counts) == 21
    assert judge(embedded, sense, Claimed(rank)).verdict == "right"
    assert judge(embedded, sense, Claimed(2)).verdict == "wrong"
    assert judge(embedded, sense, Claimed(0)).verdict == ("right" if rank == 1 else "wrong")


def test_a_group_that_is_not_on_record_has_no_rank(embedded: CountTable):
    nobody = Subject("southwest", "", "citizenship", ("NOBODY",))
    sense = Reading(nobody, FEDERAL.read("2023-09", 0), "rank_high", among="members")

    assert judge(embedded, sense, Claimed(1)).verdict == "cannot_be_checked"
