"""Facts of a month -> what a notice says of them, in words to the letter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forecast.desk.facts import Position
from forecast.desk.sentences import ahead, monthly, section, unusual
from forecast.desk.sentences.monthly import ComparisonText
from forecast.rows import DriverRow, ScoreRow
from forecast.sources.source import TotalWords
from forecast.store.read import FlagOfTotal
from tests.support.cbp_files import ENCOUNTERS
from tests.support.month_facts import (
    OFFICES,
    PATROL,
    compared,
    expected,
    flag_row,
    interior,
    month,
    row,
)

MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"
WHERE = "at the northern land border in February 2025"
LEFT, RIGHT = "\N{LEFT DOUBLE QUOTATION MARK}", "\N{RIGHT DOUBLE QUOTATION MARK}"
PRELIMINARY = "The count is preliminary: CBP revises months of the open fiscal year."
YEARS = (
    compared("month before", 100, 200, "2025-01"),
    compared("year before", 100, 50, "2024-02"),
)


def flag(**said: object) -> FlagOfTotal:
    usual = {"kind": "month", "severity": "major", "side": -1, "basis": "issued"}
    return flag_row(**usual | {"encounters": 100, "expected": 1200} | said)


def told(**said: object) -> tuple[str, str, list[str]]:
    """Phrase, finding and further findings; the sentence about halves is none of them."""
    found = section.finding(month(**said))
    return found.phrase, found.finding, [*found.more]


@pytest.mark.parametrize(
    ("severity", "side", "basis", "phrase", "how"),
    [
        ("notable", 1, "issued", "above forecast", "above the issued forecast"),
        ("notable", -1, "hindcast", "below hindcast", "below the hindcast"),
        ("major", -1, "issued", "well below forecast", "well below the issued forecast"),
        ("critical", 1, "hindcast", "far above hindcast", "far above the hindcast"),
        ("major", 1, None, "well above forecast", "well above the issued forecast"),
        ("major", 1, "none", "well above forecast", "well above the forecast"),
    ],
)
def test_a_flag_in_a_subject_and_a_sentence(severity, side, basis, phrase, how):
    one = flag(severity=severity, side=side, basis=basis)

    assert told(flags=(one,)) == (
        phrase,
        f"Encounters {WHERE} were {how}: 100 counted, 1,200 expected.",
        [],
    )


@pytest.mark.parametrize(
    ("judged", "counted"),
    [(100, "100 counted"), (99, "99 (now 100) counted"), (1101, "1,101 (now 100) counted")],
)
def test_the_count_that_was_judged_stands_beside_that_of_now(judged, counted):
    for kind in ("month", "drift"):
        one = flag(kind=kind, encounters=judged)
        assert f": {counted}, 1,200 expected" in told(flags=(one,))[1]


@pytest.mark.parametrize(
    ("side", "basis", "phrase", "how"),
    [
        (1, "issued", "drifting above forecasts", "drifted above the issued forecasts"),
        (-1, "hindcast", "drifting below hindcasts", "drifted below the hindcasts"),
    ],
)
def test_a_drift_in_a_subject_and_a_sentence(side, basis, phrase, how):
    one = flag(kind="drift", side=side, basis=basis)

    assert told(flags=(one,)) == (
        phrase,
        f"Encounters {WHERE} have {how}: 100 counted, 1,200 expected six months before. No single "
        "month stood out.",
        [],
    )


def test_a_month_comes_before_a_drift_and_that_before_a_confirmed_level():
    shift = {"side": 1, "opened": "2024-11"}
    flags = (flag(kind="drift"), flag(kind="revision"), flag())

    phrase, finding, more = told(flags=flags, shift=shift)
    assert phrase == "well below forecast"
    assert "were well below" in finding
    assert ["drifted" in more[0], "has lasted" in more[1], len(more)] == [True, True, 2]


@pytest.mark.parametrize(("side", "level"), [(1, "higher"), (-1, "lower")])
def test_a_confirmed_level_says_when_it_began(side, level):
    assert told(shift={"side": side, "opened": "2024-11"}) == (
        f"{level} level confirmed",
        f"The {level} level of encounters at the northern land border, flagged in November 2024, "
        "has lasted: 100 counted in February 2025. Forecasts now start from it.",
        [],
    )


@pytest.mark.parametrize(
    ("stood", "phrase", "how"),
    [
        (None, "not forecast", "not forecast"),
        (expected(judged=4091, hi80=5000), "as forecast", "as forecast"),
        (
            expected(judged=4091, hi80=5000, basis="hindcast"),
            *("as forecast", "as forecast, by the hindcast"),
        ),
    ],
)
def test_a_quiet_month_says_against_what_it_was_held(stood, phrase, how):
    assert told(expectation=stood, count=4091) == (
        phrase,
        f"Encounters {WHERE} were {how}: 4,091 counted.",
        [],
    )


@pytest.mark.parametrize(
    ("said", "lead"),
    [
        ({}, ()),
        ({"comparisons": YEARS}, ()),
        (
            {"expectation": expected(p=0.04), "extreme": "lowest", "since": "2024-02"},
            (
                "How unusual: about 1 month in 25 is at least this far off. It is the lowest "
                "since February 2024.",
            ),
        ),
    ],
)
def test_the_lead_says_how_unusual_and_repeats_no_change(said, lead):
    peak = compared("peak", 100, 100, "2025-02")
    found = month(**{"comparisons": (), **said})

    assert section.finding(replace(found, comparisons=(*found.comparisons, peak))).lead == lead


@pytest.mark.parametrize(
    ("said", "end"),
    [
        ({}, "northern land border in February 2025, at and between ports of entry."),
        ({"part": "Swanton"}, "at the northern land border (Swanton) in February 2025."),
        (
            {"comparisons": YEARS},
            "between ports of entry, down 50.0% from January 2025 and up 100.0% from February "
            "2024.",
        ),
        (
            {"expectation": expected(median=1200)},
            "ports of entry; the issued forecast from data through January 2025 expected 1,200.",
        ),
        (
            {"expectation": expected(basis="hindcast"), "comparisons": YEARS[:1]},
            "ports of entry, down 50.0% from January 2025; the hindcast from data through "
            "January 2025 expected 100.",
        ),
    ],
)
def test_the_sentence_to_copy(said, end):
    text = section.say(month(count=4091, **said))

    assert text.startswith("CBP counted 4,091 encounters at the northern land border")
    assert text.endswith(end)


PEOPLE = f"Not {LEFT}people{RIGHT}: one person can be counted more than once."


@pytest.mark.parametrize(
    ("at", "at_large", "words"),
    [
        (9, 9, PEOPLE),
        (10, 0, f"Not {LEFT}illegal crossings{RIGHT}: 10 were at ports of entry."),
        (10, 10, f"Not {LEFT}illegal crossings{RIGHT}: 10 were at ports of entry."),
        (
            9,
            10,
            f"Not {LEFT}at the border{RIGHT}: 10 were arrests in the interior (At Large).",
        ),
        (
            10,
            11,
            f"Not {LEFT}at the border{RIGHT}: 11 were arrests in the interior (At Large).",
        ),
    ],
)
@pytest.mark.parametrize("final", [True, False])
def test_what_not_to_say_begins_at_a_tenth_of_the_count(at, at_large, words, final):
    found = month(
        agencies={OFFICES: at, PATROL: 100 - at},
        interior=interior(at_large=at_large, at_entry=1),
        final=final,
    )

    end = "" if final else f" {PRELIMINARY}"
    assert section.avoid(found) == f"{words} No cause is claimed.{end}"


def test_where_halves_are_not_known_only_people_may_be_misread():
    assert section.avoid(month(final=True)) == f"{PEOPLE} No cause is claimed."


def test_the_table_has_the_forecast_then_every_comparison():
    peak = compared("peak", 100, 400, "2019-05")
    to_date = compared("fiscal year to date", 1300, 1000, "2023-10", "2024-02")
    found = month(
        count=1100,
        expectation=expected(median=1000, basis="hindcast"),
        comparisons=(*YEARS, to_date, peak),
    )

    assert [*monthly.compared(found)] == [
        ComparisonText("hindcast", "80% range 90 to 110", "1,000", "1,100", "+10.0%"),
        ComparisonText("month before", "January 2025", "200", "100", f"{MINUS}50.0%"),
        ComparisonText("year before", "February 2024", "50", "100", "+100.0%"),
        ComparisonText(
            "fiscal year to date", f"Oct 2023{DASH}Feb 2024", "1,000", "1,300", "+30.0%"
        ),
        ComparisonText("peak", "May 2019, since Oct 2024", "400", "100", f"{MINUS}75.0%"),
    ]


def test_a_year_that_cannot_be_summed_has_a_row_that_says_so():
    assert [*monthly.compared(month(comparisons=YEARS))][-1] == ComparisonText(
        "fiscal year to date", "incomplete", "-", "not known", "-"
    )


@pytest.mark.parametrize(
    ("comparison", "row"),
    [
        (compared("year before", 1, None, "2024-02"), ("February 2024", "not on record", "1", "-")),
        (compared("year before", 1, 0, "2024-02"), ("February 2024", "0", "1", "from zero")),
        (
            compared("fiscal year to date", 5, 5, "2023-10", "2023-10"),
            ("October 2023", "5", "5", "0.0%"),
        ),
        (
            compared("peak", 5, 5, "2023-10", "2023-11"),
            ("the month itself, since Oct 2019", "-", "5", "-"),
        ),
    ],
)
def test_a_comparison_is_a_row(comparison, row):
    found = monthly.line(comparison, "2019-10")

    assert (found.when, found.then, found.now, found.change) == row


@pytest.mark.parametrize(
    ("before", "stood", "agencies", "note"),
    [
        (None, None, {}, "Nationwide: 4,000 encounters."),
        (0, None, {}, "Nationwide: 4,000 encounters."),
        (2000, None, {}, "Nationwide: 4,000 encounters, up 100.0% from a year before."),
        (
            8000,
            expected(median=4100),
            {OFFICES: 3000, PATROL: 1000},
            "Nationwide: 4,000 encounters, down 50.0% from a year before; 3,000 at ports of entry "
            "and 1,000 between ports. The issued forecast was 4,100.",
        ),
    ],
)
def test_the_nationwide_line(before, stood, agencies, note):
    nationwide = month(
        total="nationwide",
        count=4000,
        comparisons=(compared("year before", 4000, before, "2024-02"),),
        expectation=stood,
        agencies=agencies,
    )

    made = section.finding(month(), nationwide, "More ahead.")
    assert (made.whole, made.ahead) == (note, "More ahead.")
    assert section.correction(month(), [], nationwide).whole == note
    assert section.finding(month()).whole == ""


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("", ""),
        ("https://a.example/b", "https://a.example/b/border/northern/2025-02/"),
        ("https://a.example/b/", "https://a.example/b/border/northern/2025-02/"),
    ],
)
def test_a_link_leads_to_the_month(address, link):
    assert section.page_link(address, month()) == link
    assert section.finding(month(), address=address).link == link
    assert section.correction(month(), [], address=address).link == link


@pytest.mark.parametrize(
    ("several", "place"), [(8, "clinic/northern/2025-02/"), (9, "fact/northern/#2025-02")]
)
def test_of_many_totals_a_link_leads_to_the_page_of_facts(several, place):
    parts = ("northern", *(f"clinic {number}" for number in range(several - 1)))
    totals = TotalWords(parts, "", folder="clinic")
    facts = replace(month(), source=replace(ENCOUNTERS, totals=totals))

    assert section.page_link("https://a.example", facts) == f"https://a.example/{place}"


GOOD = row(ScoreRow, basis="issued", n=30, coverage80=0.784, coverage95=0.956, relative_mae=0.9)
HELD = (
    "One month ahead, over 30 months (issued forecasts): the 80% interval contained 78% of the "
    "counts, the 95% interval 96%."
)


@pytest.mark.parametrize(
    ("ratio", "end"),
    [
        (None, ""),
        (0.9, " The error was 10% smaller than that of assuming no change."),
        (0.994, " The error was 1% smaller than that of assuming no change."),
        (0.996, " The error was that of assuming no change."),
        (1.0, " The error was that of assuming no change."),
        (1.004, " The error was that of assuming no change."),
        (1.006, " The error was 1% larger than that of assuming no change."),
        (2.5, " The error was 150% larger than that of assuming no change."),
    ],
)
def test_how_good_forecasts_have_been_is_said_worse_as_plainly_as_better(ratio, end):
    assert ahead.quality(replace(GOOD, relative_mae=ratio)) == HELD + end
    hindcasts = HELD.replace("issued forecasts", "hindcasts")
    assert ahead.quality(replace(GOOD, relative_mae=ratio, basis="hindcast")) == hindcasts + end


def blocks(**said: object) -> dict[str, str]:
    return {heading: text for heading, text, _ in section.finding(month(**said)).blocks}


@pytest.mark.parametrize(
    ("often", "flags", "sentence"),
    [
        ((0, 130), (flag(),), ""),
        ((10, 130), (), ""),
        ((10, 130), (flag(kind="drift"),), ""),
        (
            (10, 130),
            (flag(kind="drift"), flag()),
            " Some border is flagged in about 1 month of 13 (10 of 130 judged).",
        ),
        ((1, 1), (flag(),), " Some border is flagged in about 1 month of 1 (1 of 1 judged)."),
    ],
)
def test_with_a_flag_it_is_said_how_often_there_is_one(often, flags, sentence):
    found = blocks(expectation=expected(), often=often, flags=flags)

    assert found["How far off, how unusual"].partition("this far off.")[2] == sentence


@pytest.mark.parametrize(
    ("final", "state"), [(True, "The fiscal year is closed."), (False, PRELIMINARY)]
)
def test_what_a_page_alone_says(final, state):
    found = blocks(final=final)
    assert [*found] == ["What this does not say", "Where the figure comes from"]
    assert found["What this does not say"].endswith(f" {state}")

    assert [*blocks(expectation=expected(), score=GOOD)] == [
        "How far off, how unusual",
        "What this does not say",
        "How good these forecasts have been",
        "Where the figure comes from",
    ]


def driver(member: str, contribution: int, role: str = "part") -> DriverRow:
    made = {"dimension": "state", "role": role, "member": member, "contribution": contribution}
    return row(DriverRow, **made, border="northern", part_border="northern")


def test_what_moved_is_told_of_flagged_months_alone_and_with_our_minus():
    more = {"border": "northern", "listed": 0, "apart": 0, "systemic": 0}
    found = month(
        flags=(flag(kind="drift", **more), flag(**more)),
        drivers=(driver("NY", -700), driver("VT", 300), driver("", -5, "unattributed")),
    )

    (line,) = unusual.moved_lines(found)
    assert line[1].endswith(f"{MINUS}700; Vermont +300; rounding and unassigned {MINUS}5")
    assert [*unusual.moved_lines(replace(found, flags=found.flags[:1]))] == []


def part(member: str, encounters: int, severity: str = "major", **said: object) -> FlagOfTotal:
    made = {"dimension": "state", "member": member, "encounters": encounters, "expected": 1000}
    return flag_row(**made | {"severity": severity, "role": "listed", "kind": "month"} | said)


@pytest.mark.parametrize(
    ("lives", "words"),
    [
        (["Late"], "late"),
        (["Late", "Late", "Late"], "late"),
        (["Late", "Shut since May 2024"], "not counted"),
        (["Not counted since May 2024"], "not counted"),
    ],
)
def test_a_digest_calls_parts_late_that_are_only_late(lives, words):
    gone = {f"West {number}": life for number, life in enumerate(lives)}
    found = section.digest("northern", [], [], ENCOUNTERS, gone)
    below = ENCOUNTERS.totals.below

    assert found.finding == f"Northern: some {below} {words}"
    whole = [f"All {below} unusual or {words}"] if len(lives) > 2 else []
    assert [block.heading for block in found.blocks] == whole


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_digest_shows_two_parts_and_counts_the_others(count):
    parts = [part(name, 900 - at) for at, name in enumerate(("NY", "VT", "ME", "WA")[:count])]
    found = section.digest("northern", [], parts, ENCOUNTERS)

    shown = [text for _, text in found.items]
    assert len(shown) == min(count, 3)
    assert shown[2:] == [f"and {count - 2} more"][: max(count - 2, 0)]
    whole = [len(items) for _, _, items in found.blocks]
    assert whole == ([count] if count > 2 else [])
    assert (found.phrase, found.finding) == ("digest", "Northern: also unusual")


def test_a_digest_has_the_gravest_first_then_the_furthest_off():
    parts = [
        part("ME", 900, "notable"),
        part("NY", 990, "critical"),
        part("VT", 1020, "critical"),
        part("WA", 500, "watch"),
    ]
    found = section.digest("northern", [], parts, ENCOUNTERS)

    assert [name for name, _ in found.blocks[0][2]] == [
        *("Vermont", "New York", "Maine", "Washington")
    ]


@pytest.mark.parametrize(
    ("said", "end"),
    [
        ({}, "1,900, expected 1,000; major"),
        ({"if_with_whole": 900}, "1,900, expected 1,000, or 900 with the others; major"),
        ({"kind": "drift"}, "1,900, expected 1,000; drift"),
    ],
)
def test_a_part_of_a_digest_in_a_few_words(said, end):
    found = section.digest("northern", [], [part("NY", 1900, **said)], ENCOUNTERS)

    assert found.items[0][0] == "New York"
    assert found.items[0][1].endswith(f"): {end}")


def test_a_digest_names_open_episodes_alone():
    states = [("open", 1), ("level shift", 1), ("open", -1), ("transient", -1)]
    episodes = [{"state": state, "side": side, "opened": "2024-11"} for state, side in states]
    found = section.digest("other", episodes, [], ENCOUNTERS)

    assert found.items == (
        ("", "still higher than forecast before November 2024"),
        ("", "still lower than forecast before November 2024"),
    )


def test_a_correction_says_what_is_no_longer_right():
    moved = ("position", Position(0, 0), Position(-1, 95))
    found = section.correction(month(count=4098), [moved])

    assert found.phrase == "figures revised"
    assert found.finding == f"Correction: our notice on encounters {WHERE} is no longer right."
    assert found.more == ("The count is now 4,098.",)
    was = (
        "The month was said to lie inside the 80% interval; as revised it lies below the 95% "
        "interval."
    )
    assert found.items == (("", was),)
    assert found.caption == "February 2025: 4,098 encounters, as revised"
    assert [text for _, text, _ in found.blocks] == [f"Source: a.csv ({PRELIMINARY[13:-1]})."]


def test_a_withdrawn_run_takes_its_notice_back():
    found = section.withdrawn(
        "northern", "2025-02", 7, "2025-03-09T23:00", "wrong\nfile", ENCOUNTERS
    )

    rested = f"Correction: we withdraw our notice on encounters {WHERE}, which rested on run 7."
    assert found.finding == rested
    assert found.more == (
        "Run 7 was withdrawn on March 9, 2025: wrong file",
        "Please do not use its findings, forecasts or comparisons any more.",
    )


def test_halves_stand_behind_the_finding_alone():
    found = section.finding(month(agencies={OFFICES: 60, PATROL: 40}))

    assert found.more == (
        "Of these, 60 were at ports of entry (OFO) and 40 between ports (Border Patrol).",
    )
    assert found.caption == "February 2025: 100 encounters"
