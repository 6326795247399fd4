"""Texts made from the record, all of them true: nearly all is found, and nobody is accused.

Sentences of eleven forms, three a text on one month and place; the later ones leave out the place
or the month, as people do.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest

from forecast import months
from forecast.claims.record.counts import CountTable, Subject
from forecast.claims.record.verdict import HOLDS
from forecast.periods import FEDERAL, Period
from forecast.words import MONTHS
from tests.support.claim_verdicts import check

PLACES = {
    "southwest": (
        "at the southwest border",
        "along the U.S.-Mexico border",
        "at the southern border",
    ),
    "northern": (
        "at the northern border",
        "along the border with Canada",
        "on the Canadian border",
    ),
    "nationwide": ("nationwide", "across the country"),
}
SECTORS = ("Tucson", "El Paso", "Del Rio", "Rio Grande Valley", "San Diego", "Yuma", "Laredo")
PEOPLE = {
    "VENEZUELA": "Venezuelans",
    "MEXICO": "Mexicans",
    "GUATEMALA": "Guatemalans",
    "CUBA": "Cubans",
    "COLOMBIA": "Colombians",
}
FIRST, LAST = months.to_index("2021-10"), months.to_index("2025-09")


class ScarceError(Exception):
    """The record has no count, or one too small to be told of."""


class Made:
    """Sentences on one month and place, numbers between < and >."""

    def __init__(self, table: CountTable, chance: random.Random) -> None:
        self.table, self.chance = table, chance
        self.month = chance.randrange(FIRST, LAST)
        self.total = chance.choice(("southwest", "southwest", "northern", "nationwide"))
        self.place = chance.choice(PLACES[self.total])
        agency, nouns = chance.choice(
            [
                ("", ("encounters",)),
                ("usbp", ("Border Patrol apprehensions", "Border Patrol arrests")),
            ]
        )
        self.whose, self.noun = Subject(self.total, agency), chance.choice(nouns)

    def count(self, subject: Subject, month: int) -> int:
        value = self.table.total(subject, Period(month, month))
        if value is None or value < 200:
            raise ScarceError
        return value

    def percent(self, now: int, then: int) -> float:
        if abs(now / then - 1) < 0.02:
            raise ScarceError
        return 100 * (now / then - 1)

    def named(self, month: int) -> str:
        return f"{MONTHS[month % 12]} {month // 12}"

    def sentence(self) -> str:
        now, before, year = self.month, self.month - 1, self.month - 12
        counts = [self.count(self.whose, month) for month in (now, before, year)]
        forms = (self.moved, self.compared, self.earlier, self.agencies, self.sectors, self.people,
                 self.share, self.multiple, self.averages, self.rounded, self.sum)  # fmt: skip
        return self.chance.choice(forms)(*counts)

    def moved(self, now: int, before: int, _: int) -> str:
        verb = "fell" if self.percent(now, before) < 0 else "rose"
        noun, short = self.noun[0].upper() + self.noun[1:], MONTHS[(self.month - 1) % 12]
        return (
            f"{noun} {self.place} {verb} from <{before:,}> in {short} to <{now:,}> in "
            f"{self.named(self.month)}."
        )

    def compared(self, now: int, before: int, year: int) -> str:
        one, other = self.percent(now, before), self.percent(now, year)
        ways = ["lower" if change < 0 else "higher" for change in (one, other)]
        return (
            f"There were <{now:,}> {self.noun} {self.place} in {self.named(self.month)}, "
            f"<{abs(one):.0f}%> {ways[0]} than in {MONTHS[(self.month - 1) % 12]} and "
            f"<{abs(other):.0f}%> {ways[1]} than in {self.named(self.month - 12)}."
        )

    def earlier(self, now: int, before: int, year: int) -> str:
        return (
            f"In {self.named(self.month)}, <{now:,}> {self.noun} were recorded {self.place}. "
            f"A month earlier it was <{before:,}>, a year earlier <{year:,}>."
        )

    def agencies(self, *_: int) -> str:
        both, patrol = (
            self.count(Subject(self.total, agency), self.month) for agency in ("", "usbp")
        )
        return (
            f"CBP counted <{both:,}> encounters {self.place} in {self.named(self.month)}, of which "
            f"<{patrol:,}> were apprehensions by the Border Patrol."
        )

    def sectors(self, *_: int) -> str:
        names = self.chance.sample(SECTORS, 3)
        wholes = [Subject("southwest", "usbp", "field", (f"{name} Sector",)) for name in names]
        counts = [self.count(whose, self.month) for whose in wholes]
        return (
            f"In {self.named(self.month)}, the {names[0]} Sector had <{counts[0]:,}> "
            f"apprehensions, {names[1]} <{counts[1]:,}> and {names[2]} <{counts[2]:,}>."
        )

    def people(self, *_: int) -> str:
        names = self.chance.sample(list(PEOPLE), 2)
        groups = [Subject("southwest", "", "citizenship", (name,)) for name in names]
        counts = [self.count(whose, self.month) for whose in groups]
        return (
            f"{PEOPLE[names[0]]} were encountered <{counts[0]:,}> times at the southwest border in "
            f"{self.named(self.month)}, {PEOPLE[names[1]]} <{counts[1]:,}> times."
        )

    def share(self, *_: int) -> str:
        name = self.chance.choice(list(PEOPLE))
        part = self.count(Subject("southwest", "", "citizenship", (name,)), self.month)
        whole = self.count(Subject("southwest"), self.month)
        return (
            f"{PEOPLE[name]} made up <{100 * part / whole:.0f} percent> of encounters at the "
            f"southwest border in {self.named(self.month)}, when there were <{part:,}> of them "
            f"among <{whole:,}> in all."
        )

    def multiple(self, now: int, _: int, year: int) -> str:
        if now / year < 1.6:
            raise ScarceError
        return (
            f"With <{now:,}>, {self.noun} {self.place} in {self.named(self.month)} were "
            f"<{now / year:.1f} times> those of {self.named(self.month - 12)}, <{year:,}>."
        )

    def averages(self, now: int, _: int, year: int) -> str:
        days = [Period(month, month).days for month in (self.month, self.month - 12)]
        return (
            f"{self.noun[0].upper() + self.noun[1:]} {self.place} averaged "
            f"<{now / days[0]:,.0f}> a day in {self.named(self.month)}, compared with "
            f"<{year / days[1]:,.0f}> a day in {self.named(self.month - 12)}."
        )

    def rounded(self, now: int, _: int, year: int) -> str:
        short = [f"{round(count, 3 - len(str(count))):,}" for count in (now, year)]
        return (
            f"{self.named(self.month)} saw about <{short[0]}> {self.noun} {self.place}, against "
            f"roughly <{short[1]}> in {self.named(self.month - 12)}."
        )

    def sum(self, *_: int) -> str:
        patrol, ports = (
            self.count(Subject(self.total, code), self.month) for code in ("usbp", "ofo")
        )
        return (
            f"Agents made <{patrol:,}> arrests between ports of entry {self.place} in "
            f"{self.named(self.month)}, while <{ports:,}> people were processed at ports of entry, "
            f"for a total of <{patrol + ports:,}>."
        )

    def shorter(self, sentence: str) -> str:
        """The sentence with what the one before has said left out."""
        if self.total == "southwest" and self.chance.random() < 0.5:
            for place in PLACES[self.total]:
                sentence = sentence.replace(f" {place}", self.chance.choice(("", " there")))
        if self.chance.random() < 0.4:
            sentence = sentence.replace(self.named(self.month), MONTHS[self.month % 12])
        return sentence


def texts(table: CountTable, chance: random.Random) -> Iterator[tuple[date, str]]:
    while True:
        made, sentences = Made(table, chance), []
        try:
            sentences.append(made.sentence())
            sentences += [made.shorter(made.sentence()) for _ in range(2)]
        except ScarceError:
            continue
        after = made.month + 1
        yield date(after // 12, after % 12 + 1, chance.randrange(12, 26)), " ".join(sentences)


def verdicts(table: CountTable, seed: int, least: int) -> tuple[Counter[str], list[str]]:
    found: Counter[str] = Counter()
    accused = []
    for day, marked in texts(table, random.Random(seed)):
        checked = check(re.sub("[<>]", "", marked), table, day)
        for behind, mark in enumerate(re.finditer("<(.+?)>", marked)):
            start, end = mark.start() - 2 * behind, mark.end() - 2 * behind - 2
            near = [claim for claim in checked.claims if claim.start < end and start < claim.end]
            verdict = near[0].verdict if near else "not understood"
            found["holds" if verdict in HOLDS else verdict] += 1
            if near and verdict not in HOLDS:
                accused.append(f"{day} {verdict} {mark[1]}: {marked}")
        if found.total() >= least:
            return found, accused
    raise AssertionError


@pytest.mark.parametrize("seed", [7, 28])
def test_nearly_all_that_is_true_is_found_and_nobody_is_accused(embedded, seed):
    found, accused = verdicts(embedded, seed, 700)

    assert found["holds"] >= 0.97 * found.total(), found
    assert accused == []


# Sentences of the program's own paragraphs, of which none may be called wrong.
OWN = (
    "CBP counted {now:,} encounters at the southwest border in {month}, at and between ports of "
    "entry. The hindcast, made later, expected 61,918 (80% prediction interval 50,494 to 75,230). "
    "The month is below the 95% interval (40,419 to 92,382): rarer than 1 month in 99. Change from "
    "the month before ({last}: {before:,}): {change:+.1f}%. Change from the year before ({ago}: "
    "{year:,}): {yearly:+.1f}%. Change from the peak since October 2013 (December 2023: "
    "{peak:,}): {down:+.1f}%."
)


@pytest.mark.parametrize("month", ["2025-02", "2024-08", "2026-06"])
def test_no_paragraph_of_our_own_is_accused(embedded, month):
    southwest, at = Subject("southwest"), FEDERAL.read(month, 0)
    spans = at, at.shift(-1), at.shift(-12), FEDERAL.read("2023-12", 0)
    now, before, year, peak = (embedded.total(southwest, span) for span in spans)
    text = OWN.format(
        now=now, before=before, year=year, peak=peak,
        month=FEDERAL.words(at), last=FEDERAL.words(spans[1]), ago=FEDERAL.words(spans[2]),
        change=100 * (now / before - 1), yearly=100 * (now / year - 1), down=100 * (now / peak - 1),
    )  # fmt: skip
    found = check(text.replace("-", "\u2212"), embedded, date(2026, 12, 1)).claims

    assert [one.quote for one in found if one.blamed] == []
    assert sum(one.judged.holds for one in found) >= 7


SPAN = "CBP counted {now:,} encounters at the southwest border in fiscal year 2023. "


@pytest.mark.parametrize(
    ("words", "due"),
    [
        ("The same months a year before: {before:,} (<{change:+.1f}%>).", "right"),
        ("The same months a year before: {before:,} (<{off:+.1f}%>).", "not understood"),
        # A chance in a list, and what a record supports: neither a change nor a rank.
        ("Month in half a year above this month: <6%>", "none"),
        ("It is rarer than 1 month in 99 (<the most> that the record supports).", "none"),
    ],
)
def test_what_our_lists_say_is_read_as_meant(embedded, verdict, words, due):
    southwest = Subject("southwest")
    now, before = (embedded.total(southwest, FEDERAL.period(year)) for year in (2023, 2022))
    change = 100 * (now / before - 1)
    text = (SPAN + words).format(now=now, before=before, change=change, off=change + 40)

    assert verdict(text) == due
