"""What moved a flagged month, and flags in a line: the bounds of what is shown."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from forecast.desk import terminal
from forecast.desk.sentences import unusual
from forecast.rows import DriverRow
from forecast.words import MINUS
from tests.support.cbp_files import ENCOUNTERS
from tests.support.month_facts import flag_row, row

FLAG = {
    "flag_id": 1, "border": "northern", "dimension": "", "member": "", "component": "",
    "month": "2024-01", "kind": "month", "role": "first", "severity": "major", "systemic": 0,
    "encounters": 300, "expected": 100, "ratio": 3.0, "p": 0.01, "apart_p": None,
    "basis": "issued", "episode": None, "closed": None, "listed": 0, "apart": 0,
}  # fmt: skip


def part(name: str, contribution: int, role: str = "part", dimension: str = "state"):
    return row(DriverRow, border="northern", dimension=dimension, role=role, member=name,
               part_border="northern", contribution=contribution)  # fmt: skip


@pytest.mark.parametrize(
    ("drivers", "words"),
    [
        # Of 200 more, 10 and more are shown, up to three of each side.
        ([part("NY", 150), part("VT", 10), part("ME", 40)],
         "New York +150; Maine +40; Vermont +10"),
        ([part("NY", 150), part("VT", 9), part("ME", 9), part("WA", 32)],
         "New York +150; Washington +32; all others +18"),
        ([part("NY", 150), part("VT", 9)], "New York +150; Vermont +9"),
        ([part("NY", 100), part("VT", 90), part("ME", 80), part("WA", 70), part("MT", -60),
          part("ND", -50), part("ID", -40), part("MI", -30)],
         "New York +100; Vermont +90; Maine +80; Montana -60; North Dakota -50; Idaho -40; all "
         "others +40"),
        ([part("NY", 191), part("", 9, "unattributed")],
         "New York +191; rounding and unassigned +9"),
        # As before an agency's counts begin.
        ([part("NY", 150), part("", 50, "unattributed")],
         "New York +150; in no part on record +50"),
        ([part("NY", 0), part("VT", 0)], "all others 0"),
    ],
)  # fmt: skip
def test_the_largest_parts_of_each_side_are_named_and_the_rest_summed(drivers, words):
    assert list(unusual.moved_parts(flag_row(**FLAG), drivers, ENCOUNTERS)) == [
        ("state:", words.replace("-", MINUS))
    ]


def test_dimensions_come_in_one_order_and_those_not_on_record_last():
    drivers = [part("NY", 200), part("", 0, "not held", "citizenship"),
               part("", 0, "not held", "demographic"),
               part("U.S. Border Patrol", 200, dimension="component")]  # fmt: skip
    flag = flag_row(**FLAG | {"listed": 2, "apart": 1, "systemic": 1})

    assert list(unusual.moved_parts(flag, drivers, ENCOUNTERS)) == [
        ("agency:", "U.S. Border Patrol +200"),
        ("state:", "New York +200"),
        ("", "not in the data on record: citizenship, demographic group"),
        (
            "groups:",
            "2 were also unusual; 1 moved differently from the border as a whole; almost every "
            "group moved the same way",
        ),
    ]


@pytest.mark.parametrize(
    ("more", "lines"),
    [
        ({},
         ["Jan 2024  northern: major",
          "300 published, 100 expected (x 3.00); about 1 month in 100 is at least this far off"]),
        ({"basis": "hindcast", "episode": "open"},
         ["Jan 2024  northern: major, still open",
          "300 published, 100 expected (x 3.00); about 1 month in 100 is at least this far off; "
          "judged by a hindcast"]),
        ({"role": "apart", "apart_p": 0.25, "dimension": "state", "member": "NY",
          "episode": "transient", "closed": "2024-02"},
         ["Jan 2024  northern / New York: major, unlike its border, transient as of Feb 2024",
          "300 published, 100 expected (x 3.00); beside the others, about 1 month in 4 is at least "
          "this far off"]),
        ({"role": "listed", "dimension": "state", "member": "NY", "episode": "open"},
         ["Jan 2024  northern / New York: major, like its border",
          "300 published, 100 expected (x 3.00); about 1 month in 100 is at least this far off"]),
        ({"role": "escalation", "episode": "level shift", "closed": "2024-03"},
         ["Jan 2024  northern: major (escalation), a level shift as of Mar 2024",
          "300 published, 100 expected (x 3.00); about 1 month in 100 is at least this far off"]),
        ({"kind": "revision", "ratio": 1.0049, "severity": "notable"},
         ["Jan 2024  northern: revision",
          "300 published, 100 before the revision (x 1.005); a value that was closed has been "
          "changed"]),
        ({"now": 301},
         ["Jan 2024  northern: major",
          "300 (now 301) published, 100 expected (x 3.00); about 1 month in 100 is at least this "
          "far off"]),
        ({"kind": "drift", "severity": "notable"},
         ["Jan 2024  northern: drift",
          "300 published, 100 expected six months before (x 3.00); no single month, but many the "
          "same way"]),
    ],
)  # fmt: skip
def test_a_flag_is_told_in_two_lines(more, lines):
    now = {1: more["now"]} if "now" in more else {}
    flag = flag_row(**FLAG | more)
    assert printed(*terminal.flag_blocks([flag], {}, ENCOUNTERS, now)) == lines


def test_no_flags_are_told_as_such():
    assert printed(*terminal.flag_blocks([], {}, ENCOUNTERS, {})) == [
        "No month was unusually far from its forecast."
    ]


def printed(*what) -> list[str]:
    console = Console(file=io.StringIO(), width=200)
    for one in what:
        console.print(one)
    return [line.strip() for line in console.file.getvalue().splitlines() if line.strip()]


def test_a_replay_is_told_in_tables():
    several = [{**FLAG, "episode": "transient", "closed": "2024-02"},
               {**FLAG, "kind": "drift", "role": "first"},
               {**FLAG, "role": "reversal", "episode": "open"}]  # fmt: skip
    flags = [row(terminal.ReplayedFlag, **one) for one in several]
    rates = {"months": 40, "rates": {0.05: 0.0456, 0.02: 0.02, 0.01: 0.0}, "flags": flags,
             "quiet_months": 30, "quiet_rates": {0.05: 0.1, 0.02: 0.0, 0.01: 0.0},
             "quiet_flags": 1}  # fmt: skip
    events = [{"date": "2023-05-11", "border": "", "name": "Title 42 ends", "found": ""}]

    said = printed(
        terminal.replay_table(flags, ENCOUNTERS),
        terminal.rate_lines(rates),
        terminal.event_table(events, ENCOUNTERS),
    )

    assert [re.sub(r"\s{2,}", " | ", line) for line in said] == [
        "month | border | what | count judged | expected | times | ended as",
        "Jan 2024 | northern | major | 300 | 100 | x 3.00 | transient, Feb 2024",
        "Jan 2024 | northern | drift | 300 | 100 | x 3.00",
        "Jan 2024 | northern | major (reversal) | 300 | 100 | x 3.00 | open",
        "months | p < .05 | p < .02 | p < .01 | flags and alarms",
        "all months | 40 | 0.046 | 0.020 | 0.000 | 3",
        "quiet months | 30 | 0.100 | 0.000 | 0.000 | 1",
        "date | border | what | found",
        "2023-05-11 | Title 42 ends | nothing",
    ]
