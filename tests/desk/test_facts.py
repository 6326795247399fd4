"""A month's record -> its report: facts worked out by hand, each at its boundary."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forecast import months
from forecast.desk import facts
from forecast.desk.facts import Expectation
from forecast.rows import DriverRow, ForecastRow, ScoreRow
from forecast.store.history import MonthJudgement, MonthRecord, MonthValue
from forecast.store.read import JudgedForecast
from tests.support import month_facts
from tests.support.cbp_files import ENCOUNTERS
from tests.support.month_facts import flag_row, interior, row

SOURCE = {"file_name": "a.csv", "rounding": 10}

VALUE = MonthValue(9, "day", "2025-03-17", "cbp", "b.csv")
RECENT = JudgedForecast("2025-02", "issued", 10, 8, 12, 6, 14, 11)


def counted(first: str, *counts: int | None) -> dict[str, int]:
    return {months.shift(first, i): n for i, n in enumerate(counts) if n is not None}


def made(counts: dict[str, int], month: str, part: str = "", newest: str = "", **held: object):
    record = MonthRecord(counts, **({"values": [], "source": SOURCE} | held))
    return facts.month_report("northern", month, record, ENCOUNTERS, part, newest)


def test_a_report_has_the_month_s_place_among_all_that_are_held():
    found = made(counted("2024-09", 50, 10, 40, 20, 30), "2024-12", "Swanton", "2025-01")

    assert (found.total, found.month, found.count) == ("northern", "2024-12", 20)
    assert (found.rank, found.held) == (4, 5)
    assert (found.first_month, found.last_month) == ("2024-09", "2025-01")
    assert (found.extreme, found.since) == ("lowest", "2024-10")
    assert (found.file_name, found.rounding, found.part) == ("a.csv", 10, "Swanton")
    assert [c.before for c in found.comparisons] == [40, None, None, 50]
    assert found.share == pytest.approx(0.2)  # 20 of 10 + 40 + 20 + 30


@pytest.mark.parametrize(
    ("counts", "month", "share"),
    [
        (counted("2024-10", 5), "2024-10", None),  # itself alone
        (counted("2024-09", 9, 5), "2024-09", None),
        (counted("2024-09", 9, 5, 15), "2024-10", 0.25),
        (counted("2024-09", 9, 5, 15), "2024-11", 0.75),
        (counted("2024-10", 5, None, 15), "2024-10", None),  # a month of it is not known
        (counted("2024-09", 9, None, 5, 15), "2024-11", None),
        (counted("2024-10", 5, 15, *[None] * 12, 8), "2024-10", None),  # its end is not known
        (counted("2024-11", 5, 15), "2024-11", 0.25),  # the series began within it
        (counted("2024-10", 0, 0), "2024-10", None),
        (counted("2024-10", 0, 7), "2024-10", 0),
    ],
)
def test_a_share_is_of_a_year_all_of_whose_months_are_known(counts, month, share):
    assert made(counts, month).share == share


@pytest.mark.parametrize(
    ("last", "final"), [("2024-08", False), ("2024-09", True), ("2024-10", True)]
)
def test_a_month_is_final_once_its_year_s_last_month_is_held(last, final):
    assert made(dict.fromkeys(months.between("2024-06", last), 1), "2024-07").final is final


@pytest.mark.parametrize(
    ("newest", "kept"), [("", ""), ("2024-11", ""), ("2024-12", ""), ("2025-01", "2025-01")]
)
def test_only_a_later_month_of_the_border_is_named(newest, kept):
    assert made(counted("2024-11", 1, 2), "2024-11", newest=newest).newest_of_total == kept


JUDGED = MonthJudgement(
    month="2025-02",
    basis="issued",
    median=100,
    lo80=90,
    hi80=110,
    lo95=80,
    hi95=120,
    count=99,
    cutoff="2025-01",
    p=0.25,
    severity="major",
    unflagged=None,
    withdrawn=0,
)


@pytest.mark.parametrize(
    ("judged", "known"),
    [
        (JUDGED, True),
        (None, False),
        (replace(JUDGED, withdrawn=1), False),
        (replace(JUDGED, p=None), False),
        (replace(JUDGED, p=0.0), True),
    ],
)
def test_a_month_was_expected_only_where_a_forecast_judged_it(judged, known):
    stood = made({"2025-02": 5}, "2025-02", judged=judged).expectation

    p = judged.p if judged else None
    whole = Expectation(100, 90, 110, 80, 120, "issued", "2025-01", 99, p, "major")
    assert stood == (whole if known else None)


@pytest.mark.parametrize(
    ("total", "whole"), [(None, 40), (0, 40), (1, 1), (39, 39), (40, 40), (41, 41)]
)
def test_arrests_in_the_interior_are_of_the_patrol_s_count_or_else_of_both_parts(total, whole):
    found = made({"2025-02": 50}, "2025-02", interior=interior("2025-01", 30, 10, total))
    assert found.interior == interior("2025-01", 30, 10, whole)
    assert made({"2025-02": 50}, "2025-02").interior is None


PART, SCORE = row(DriverRow, role="part"), row(ScoreRow, n=24)


def everything():
    return made(
        counted("2025-01", 4, 5),
        "2025-02",
        values=[VALUE],
        judged=JUDGED,
        interior=interior("2025-02", 3, 1, 4),
        agencies={"a": 1, "b": 2},
        agencies_unit=10,
        flags=[flag_row(kind=kind, severity="major") for kind in ("revision", "month", "drift")],
        shift={"side": 1},
        drivers=[PART],
        score=SCORE,
        often=(3, 130),
        recent=[RECENT],
    )


def test_what_the_record_holds_is_kept_as_it_is():
    found = everything()

    assert found.values == (VALUE,)
    assert (found.agencies, found.agencies_unit) == ({"a": 1, "b": 2}, 10)
    assert (found.shift, found.score, found.often) == ({"side": 1}, SCORE, (3, 130))
    assert (found.drivers, found.recent) == ((PART,), (RECENT,))
    assert [flag.kind for flag in found.findings] == ["month", "drift"]


@pytest.mark.parametrize("found", [everything(), made({"2025-02": 5}, "2025-02")])
def test_a_report_comes_back_as_it_was_kept(found):
    kept = facts.to_json(found)

    assert facts.from_json(kept, source=ENCOUNTERS) == found
    assert facts.to_json(facts.from_json(kept, source=ENCOUNTERS)) == kept
    assert kept.startswith('{"agencies":{')
    assert ": " not in kept


@pytest.mark.parametrize(
    ("month", "names", "unknown"),
    [
        ("2024-10", (), False),
        ("2024-11", (), True),
        ("2024-09", ("peak",), True),
        ("2024-11", ("fiscal year to date",), False),
    ],
)
def test_a_year_to_date_is_unknown_where_it_is_not_compared(month, names, unknown):
    compared = tuple(month_facts.compared(name, 1, 1, "2024-01") for name in names)
    found = month_facts.month(month=month, comparisons=compared)

    assert found.to_date_unknown is unknown


def test_only_the_next_month_has_the_counts_that_would_raise_a_flag():
    ahead = row(ForecastRow, flag_below=1, flag_above=9)
    forecasts = [
        replace(ahead, total=total, month=month)
        for total in ("northern", "other")
        for month in ("2025-04", "2025-05")
    ]
    del forecasts[2]  # a total of which only a later month is forecast

    said = facts.only_next_flagged(forecasts)

    assert [(row.flag_below, row.flag_above) for row in said] == [
        (1, 9),
        (None, None),
        (1, 9),
    ]


@pytest.mark.parametrize(
    ("count", "place"),
    [(9, (-1, 95)), (10, (-1, 80)), (19, (-1, 80)), (20, (0, 0)), (30, (0, 0)), (31, (1, 80)),
     (40, (1, 80)), (41, (1, 95))],
)  # fmt: skip
def test_a_bound_belongs_to_its_interval(count, place):
    assert facts.position(count, 10, 20, 30, 40) == place


@pytest.mark.parametrize(
    ("since", "notable"),
    [("2024-03", ("", None)), ("2024-02", ("lowest", "2024-02")), (None, ("lowest", None))],
)
def test_since_is_of_a_year_or_more(since, notable):
    assert month_facts.month(extreme="lowest", since=since).notable_extreme == notable


@pytest.mark.parametrize(
    ("rank", "ties", "place"),
    [
        (1, 0, (1, "highest")),
        (3, 0, (3, "highest")),
        (4, 0, (2, "lowest")),
        (5, 0, (1, "lowest")),
        (4, 1, (1, "lowest")),
        (3, 1, (2, "lowest")),
    ],
)
def test_a_rank_is_counted_from_the_nearer_end_and_ties_share_the_better(rank, ties, place):
    assert month_facts.month(rank=rank, ties=ties, held=5).place_in_rank == place


def test_ties_are_counted_and_stored_only_where_there_are_any():
    counts = {"2025-01": 7, "2025-02": 5, "2025-03": 5}
    record = MonthRecord(counts, [], {"file_name": "a.csv", "rounding": 1})
    tied, alone = (
        facts.month_report("northern", m, record, ENCOUNTERS) for m in list(counts)[1::-1]
    )

    assert (tied.ties, alone.ties) == (1, 0)
    assert facts.as_dict(tied)["ties"] == 1
    assert "ties" not in facts.as_dict(alone)
    assert facts.from_json(facts.to_json(tied), ENCOUNTERS) == tied
    assert facts.from_json(facts.to_json(alone), ENCOUNTERS) == alone


@pytest.mark.parametrize(
    ("severities", "severity"),
    [
        (("critical", "watch"), "critical"),
        (("watch", "major"), "major"),
        (("notable",), "notable"),
        (("watch",), "watch"),
        ((), None),
    ],
)
def test_a_month_is_as_serious_as_its_most_serious_finding(severities, severity):
    flags = tuple(flag_row(kind="month", severity=one) for one in severities)
    revised = flag_row(kind="revision", severity="critical")

    assert month_facts.month(flags=(*flags, revised)).severity == severity
