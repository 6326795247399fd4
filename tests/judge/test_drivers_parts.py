"""Which parts are asked about a flag, what was expected of each, and whether they are all."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from forecast.judge import drivers as attribution
from forecast.store import connect, inputs
from forecast.types import BORDERS, Flag, Judgement, SeriesKey
from tests.support.cbp_files import COMPONENTS, ENCOUNTERS

NORTH, WHOLE = SeriesKey("northern"), SeriesKey("nationwide")
ONE, TWO = SeriesKey("northern", "state", "AA"), SeriesKey("northern", "state", "BB")
WHOLE_OF_MAY = attribution.Whole(NORTH, "2024-05", 100, 150)


def flag(key=NORTH, **changed) -> Flag:
    fields = dict.fromkeys(Flag.__dataclass_fields__)
    given = {"series": key, "month": "2024-05", "kind": "month", "severity": "major"}
    return Flag(**{**fields, **given, "expected": 100, "value": 150, **changed})


def judgement(key=NORTH, **changed) -> Judgement:
    fields = dict.fromkeys(Judgement.__dataclass_fields__)
    return Judgement(
        **{**fields, "series": key, "month": "2024-05", "cutoff": "2024-04", **changed}
    )


def asked(flags, judgements) -> list[tuple[str, str]]:
    dimensions = ("state", "field", "citizenship*demographic")
    found = attribution.explain([], flags, judgements, [], {}, dimensions, ENCOUNTERS.tree)
    return [(driver["series"].total, driver["dimension"]) for driver in found]


def test_a_flag_is_asked_of_each_dimension_that_is_no_crossing():
    assert asked([flag()], [judgement()]) == [("northern", "state"), ("northern", "field")]
    assert asked([flag(WHOLE)], [judgement(WHOLE)]) == [
        ("nationwide", "border"),
        ("nationwide", "state"),
        ("nationwide", "field"),
    ]


def test_a_flag_is_explained_from_the_cutoff_of_its_judgement():
    counts = {ONE: {"2024-04": 60, "2024-05": 90}}

    found = attribution.explain([], [flag()], [judgement()], [], counts, ["state"], ENCOUNTERS.tree)

    rows = [(d["role"], d["member"], d["expected"], d["value"], d["contribution"]) for d in found]
    assert rows == [("part", ONE, 100, 90, -10), ("unattributed", None, 0, 60, 60)]


@pytest.mark.parametrize(
    ("changed", "judged"),
    [
        ({"kind": "drift"}, {}),
        ({"severity": "watch"}, {}),
        ({"month": "2024-06"}, {}),
        ({}, {"cutoff": None}),
        ({}, {"series": ONE}),
    ],
)
def test_what_is_no_judged_flag_is_not_asked(changed, judged):
    assert asked([flag(**changed)], [judgement(**judged)]) == []


def test_the_parts_of_nationwide_are_those_of_all_borders_and_these():
    southwest, south = SeriesKey("southwest"), SeriesKey("southwest", "state", "CC")
    counts = {key: {"2024-04": 1, "2024-05": 2} for key in (NORTH, southwest, WHOLE, ONE, south)}

    def members(total: str, dimension: str) -> list[SeriesKey]:
        whole = attribution.Whole(SeriesKey(total), "2024-05", 10, 20)
        found = attribution.explained(whole, "2024-04", dimension, {}, counts, ENCOUNTERS.tree)
        return [driver["member"] for driver in found if driver["member"]]

    assert members("northern", "state") == [ONE]
    assert members("nationwide", "state") == [ONE, south]
    assert members("nationwide", "border") == [NORTH, southwest]
    assert set(BORDERS) >= {key.total for key in (NORTH, south)}


class Said:
    """A hindsight that expects one count of each of its rows."""

    def __init__(self, *counts: float) -> None:
        self.counts, self.asked = counts, []

    def expected(self, row: int, month: str, ahead: int):
        self.asked.append((row, month, ahead))
        count = self.counts[row]
        return None if math.isnan(count) else SimpleNamespace(centre=math.log1p(count))


def parts_of(total: int, counts, *expected: float) -> list[tuple]:
    """(part, expected count, count) of May, from March; total : what is expected of the whole."""
    said = Said(*expected)
    places = {key: (said, row) for row, key in enumerate((ONE, TWO)) if row < len(expected)}
    whole = WHOLE_OF_MAY._replace(median=total)
    found = attribution.explained(whole, "2024-03", "state", places, counts, ENCOUNTERS.tree)
    assert said.asked == [(row, "2024-05", 2) for row in range(len(expected))]
    return [(row["member"], row["expected"], row["value"]) for row in found if row["member"]]


def test_a_part_is_expected_as_forecast_or_as_it_stood_at_the_cutoff():
    counts = {ONE: {"2024-03": 7, "2024-05": 9}, TWO: {"2024-03": 11, "2024-05": 13}}

    # What is expected of the whole is the sum, so that no part is scaled.
    assert parts_of(31, counts, 20.0, math.nan) == [(ONE, 20, 9), (TWO, 11, 13)]
    assert parts_of(18, counts) == [(ONE, 7, 9), (TWO, 11, 13)]
    assert parts_of(11, counts, -0.5) == [(ONE, 0, 9), (TWO, 11, 13)]
    assert parts_of(5, {ONE: {"2024-03": 7}, TWO: {"2024-05": 1}}) == []
    (late,) = parts_of(2, {ONE: {"2024-03": 1}, TWO: {"2024-05": 1}}, 1.0, 2.0)
    assert late == (TWO, 2, 1)


def test_nobody_knows_a_month_of_a_part_only_after_it_began():
    """Only then is what is held not scaled up to the whole."""
    held = {"2024-04": 60, "2024-05": 90}

    def scaled(other: dict[str, int]) -> bool:
        found = attribution.explained(
            WHOLE_OF_MAY, "2024-04", "state", {}, {ONE: held, TWO: other}, ENCOUNTERS.tree
        )
        return found[0]["expected"] == 100

    assert not scaled({"2024-03": 1, "2024-06": 1})
    assert scaled({"2024-06": 1})
    assert scaled({"2024-05": 0})


@pytest.mark.parametrize(("there", "scaled"), [(COMPONENTS, True), (COMPONENTS[:1], False)])
def test_agencies_published_over_other_spans_are_all_only_together(there, scaled):
    counts = {
        SeriesKey("northern", "field", "x", name): {"2024-04": 10, "2024-05": 20} for name in there
    }

    found = attribution.explained(WHOLE_OF_MAY, "2024-04", "field", {}, counts, ENCOUNTERS.tree)

    assert (sum(d["expected"] for d in found if d["member"]) == 100) == scaled


def test_an_answer_with_a_month_unknown_is_not_scaled_up_to_the_whole():
    """Of 100 expected the parts that are held had 60: scaled only where they are all."""
    task = (WHOLE_OF_MAY, "2024-04", "state")
    counts = {ONE: {"2024-04": 60, "2024-05": 90}, TWO: {"2024-01": 5, "2024-04": 40}}

    rest = attribution.explained(*task, {}, counts, tree=ENCOUNTERS.tree)[-1]
    whole = attribution.explained(*task, {}, {ONE: counts[ONE]}, tree=ENCOUNTERS.tree)

    assert (rest["role"], rest["expected"]) == ("unattributed", 40)
    assert whole[0]["expected"] == 100
    assert attribution.explained(*task, {}, {}, tree=ENCOUNTERS.tree)[0]["role"] == "not held"


# --- on a record: new flags, and earlier ones whose figures have arrived


def test_a_flag_of_before_is_explained_once_its_parts_arrive(by_hand, tmp_path):
    """On record no figures by citizenship were held for the north's January; see byhand."""
    people = [SeriesKey("northern", "citizenship", name) for name in ("CANADA", "MEXICO")]
    months_held = [{"2023-12": 60, "2024-01": 30}, {"2023-12": 40, "2024-01": 20}]
    held = dict(zip(people, months_held, strict=True))

    with connect.writing(Path(shutil.copy(by_hand, tmp_path / "bordercast.db"))) as db:
        before = inputs.read(db).unexplained
        nothing = list(
            attribution.explain(before, [], [], [], {NORTH: {}}, ("state",), ENCOUNTERS.tree)
        )
        found = list(attribution.explain(before, [], [], [], held, ("state",), ENCOUNTERS.tree))
        asked = [flag(expected=100, value=50), flag(TWO)]
        both = list(
            attribution.explain(
                before, asked, [judgement()], [], held, ("citizenship",), ENCOUNTERS.tree
            )
        )

    assert nothing == []
    parts = [(d["member"], d["expected"], d["value"]) for d in found if d["member"]]
    assert parts == [(people[0], 12, 30), (people[1], 8, 20)]  # 20 were expected of the whole
    assert {(d["series"], d["month"], d["dimension"]) for d in found} == {
        (NORTH, "2024-01", "citizenship")
    }
    # The new flag first: it is of May, of which nothing is held.
    assert [(d["series"], d["month"], d["role"]) for d in both[:1]] == [
        (NORTH, "2024-05", "not held")
    ]
    assert both[1:] == found


def test_what_was_expected_of_a_part_is_what_its_family_said():
    said = Said(500.0, 700.0)
    said.keys = (ONE, TWO)
    counts = {ONE: {"2024-04": 1, "2024-05": 600}, TWO: {"2024-04": 1, "2024-05": 650}}
    places = {key: (said, row) for row, key in enumerate(said.keys)}

    found = attribution.explained(
        attribution.Whole(NORTH, "2024-05", 1200, 1250),
        "2024-04",
        "state",
        places,
        counts,
        ENCOUNTERS.tree,
    )

    assert {d["member"]: (d["expected"], d["value"]) for d in found if d["member"]} == {
        ONE: (500, 600),
        TWO: (700, 650),
    }
    assert [asked[1:] for asked in said.asked] == [("2024-05", 1)] * 2
