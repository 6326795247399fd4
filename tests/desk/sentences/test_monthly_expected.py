"""What is said of a month against what was expected of it: one word for each kind of forecast."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forecast import words as plain_words
from forecast.desk import handout
from forecast.desk.facts import Expectation, month_report
from forecast.desk.sentences import monthly, unusual
from forecast.desk.sentences import section as section_texts
from forecast.store.history import MonthRecord
from forecast.store.read import RunRow
from forecast.types import Row
from tests.support.cbp_files import ENCOUNTERS
from tests.support.month_facts import flag_row, value

RUN = RunRow(1, "2025-03-18T00:00:00+00:00", "2025-02", "d" * 64)
STOOD = Expectation(
    median=61_406,
    lo80=49_991,
    hi80=74_732,
    lo95=39_940,
    hi95=91_000,
    basis="issued",
    cutoff="2025-01",
    judged=11_709,
    p=0.001,
    severity="critical",
)
FLAG: Row = {
    "flag_id": 1,
    "border": "southwest",
    "month": "2025-02",
    "kind": "month",
    "severity": "critical",
    "side": -1,
    "basis": "issued",
    "encounters": 11_709,
    "expected": 61_406,
    "p": 0.001,
    "apart_p": None,
    "role": "first",
    "episode": None,
    "closed": None,
}


FIRST = value(11_709, "2025-03-12")


def report(count=11_710, *, flagged=True, **stood):
    counts = {"2024-02": 189_913, "2025-01": 61_447, "2025-02": count}
    record = MonthRecord(counts, [FIRST], {"file_name": "a.csv", "rounding": 1})
    expected = replace(STOOD, **stood)
    flag = flag_row(**FLAG | {"basis": expected.basis, "encounters": expected.judged})
    made = month_report("southwest", "2025-02", record, source=ENCOUNTERS)
    return replace(made, expectation=expected, flags=(flag,) if flagged else ())


def every_text(found) -> dict[str, str]:
    """What is said of a month against its forecast, by where it is said."""
    section = section_texts.finding(found, nationwide=found)
    said = {
        "brief": " ".join(monthly.expected_sentences(found)),
        "terminal": monthly.standing(found),
        "page": monthly.unusual_line(found),
        "finding": section.finding,
        "say": section.say,
        "nationwide": section.whole,
        "table": section.compared[0].name,
        "poster": " ".join(handout.handout(found, RUN, {}, ()).lines),
        "comparison": next(monthly.compared(found)).name,
    }
    if found.flags:
        flag = found.flags[0]
        table = next(monthly.compared(found, flag)).name
        said |= {"card": unusual.finding(flag, found)[1], "card's table": table}
    return said


@pytest.mark.parametrize("flagged", [True, False])
def test_a_hindcast_is_called_so_wherever_it_judged_the_month(flagged):
    for place, text in every_text(report(flagged=flagged, basis="hindcast")).items():
        assert "hindcast" in text.lower(), place
        assert "forecast" not in text.lower().replace("as forecast, by the hindcast", ""), place
        assert "before publication" not in text, place


@pytest.mark.parametrize(
    ("kind", "basis", "phrase"),
    [
        ("month", "issued", "far below forecast"),
        ("month", "hindcast", "far below hindcast"),
        ("drift", "issued", "drifting below forecasts"),
        ("drift", "hindcast", "drifting below hindcasts"),
    ],
)
def test_a_subject_line_says_by_what(kind, basis, phrase):
    found = report(basis=basis)
    found = replace(found, flags=(replace(found.flags[0], kind=kind),))

    assert section_texts.finding(found).phrase == phrase


def test_an_issued_forecast_is_called_so():
    said = every_text(report())

    assert "hindcast" not in " ".join(said.values()).lower()
    told = {place for place, text in said.items() if "issued forecast" in text.lower()}
    assert said.keys() - told == set()


@pytest.mark.parametrize(
    ("bases", "said"),
    [
        (["issued"], "issued forecasts, made before the month was published"),
        (["hindcast"] * 2, "hindcasts, made later from only the figures known at the time"),
        (
            ["hindcast", "issued"],
            "issued forecasts, made before the month was published, or hindcasts, made later from "
            "only the figures known at the time",
        ),
        (["issued", "none"], "issued forecasts, made before the month was published"),
    ],
)
def test_what_several_months_were_judged_by(bases, said):
    assert plain_words.judged_by(bases) == said


def test_of_a_small_revision_only_the_count_of_now_is_told():
    """One number for one thing; the first count is where the page says how far off it was."""
    section = section_texts.finding(report())
    rest = (section.phrase, *section.more, *section.lead, section.say, section.avoid)
    table = [cell for row in section.compared for cell in (row.then, row.now, row.change)]

    assert "11,710 counted, 61,406 expected" in section.finding
    assert "11,709 (now 11,710)" in section.blocks[0][1]
    assert "11,709" not in " ".join((*rest, section.caption, *table))


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (11_709, "11,709 counted"),
        (11_767, "11,767 counted"),
        (11_768, "11,709 (now 11,768)"),
        (11_650, "11,709 (now 11,650)"),
    ],
)
def test_a_count_is_said_to_be_restated_only_where_it_was(count, said):
    assert said in section_texts.finding(report(count)).finding


@pytest.mark.parametrize(
    ("count", "stood", "said"),
    [
        (
            11_709,
            {},
            "The issued forecast, made before publication from data through January 2025, "
            "expected 61,406 (80% prediction interval 49,991 to 74,732). The month is below the "
            "95% interval (39,940 to 91,000): rarer than 1 month in 200 (the most that the record "
            "supports), and flagged as critical.",
        ),
        (
            11_710,
            {"basis": "hindcast", "severity": None, "judged": 11_709},
            "The hindcast, made later from only the data through January 2025, expected 61,406 "
            "(80% prediction interval 49,991 to 74,732). The first count, 11,709 (now 11,710), is "
            "below the 95% interval (39,940 to 91,000): rarer than 1 month in 200 (the most that "
            "the record supports).",
        ),
        (49_991, {"judged": 49_991}, "The month is inside that interval: "),
        (49_990, {"judged": 49_990}, "The month is below it, inside the 95% interval (39,940 to "),
        (39_940, {"judged": 39_940}, "The month is below it, inside the 95% interval (39,940 to "),
        (39_939, {"judged": 39_939}, "The month is below the 95% interval (39,940 to 91,000): "),
        (74_732, {"judged": 74_732}, "The month is inside that interval: "),
        (74_733, {"judged": 74_733}, "The month is above it, inside the 95% interval (39,940 to "),
        (91_000, {"judged": 91_000}, "The month is above it, inside the 95% interval (39,940 to "),
        (91_001, {"judged": 91_001}, "The month is above the 95% interval (39,940 to 91,000): "),
    ],
)
def test_where_a_month_lies(count, stood, said):
    assert said in " ".join(monthly.expected_sentences(report(count, **stood)))


@pytest.mark.parametrize(
    ("judged", "said"),
    [
        (49_991, "inside the 80% interval of the issued forecast"),
        (49_990, "below the 80% interval of the issued forecast: rarer than"),
        (39_940, "below the 80% interval of the issued forecast: rarer than"),
        (39_939, "below the 95% interval of the issued forecast: rarer than"),
        (74_732, "inside the 80% interval of the issued forecast"),
        (74_733, "above the 80% interval of the issued forecast: rarer than"),
        (91_000, "above the 80% interval of the issued forecast: rarer than"),
        (91_001, "above the 95% interval of the issued forecast: rarer than"),
    ],
)
def test_where_a_month_lies_in_a_few_words(judged, said):
    assert monthly.standing(report(judged, judged=judged)).startswith(said)


def test_a_month_without_a_forecast_says_so():
    found = replace(report(flagged=False), expectation=None)

    assert list(monthly.expected_sentences(found)) == []
    assert monthly.standing(found) == "not held against a forecast"
    assert monthly.unusual_line(found) == "11,710 in February 2025; not held against a forecast."


@pytest.mark.parametrize(
    ("count", "words"),
    [(27, ""), (45, "1.6 a day"), (278, "9.9 a day"), (279, "10 a day"), (122_420, "4,372 a day")],
)
def test_how_many_a_day_has_a_decimal_where_there_are_few(count, words):
    assert monthly.daily_words(report(count)) == words  # February 2025: 28 days
