"""2,000 claims made from the record, right and in five ways wrong: each verdict as constructed."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pytest

from forecast import months
from forecast.claims.record.counts import CountTable, Subject
from forecast.claims.record.verdict import HOLDS
from forecast.periods import FEDERAL, Period
from forecast.words import MONTHS
from tests.support.cbp_files import ENCOUNTERS
from tests.support.claim_verdicts import check

COUNT = 2000
FAULTS = ("right", "rounded", "off by 8%", "wrong month", "wrong agency", "wrong sign", "swapped")
PLACES = {
    "southwest": (
        "at the southwest border",
        "along the U.S.-Mexico border",
        "at the southern border",
    ),
    "northern": (
        "at the northern border",
        "along the border with Canada",
        "at the Canadian border",
    ),
    "nationwide": ("nationwide", "across the country"),
}
TOTALS = (
    "CBP recorded {n} encounters {place} in {when}.",
    "There were {n} encounters {place} in {when}.",
    "In {when}, {n} people were encountered {place}.",
    "Encounters {place} came to {n} in {when}.",
    "Officials stopped {n} migrants {place} in {when}, according to CBP.",
)
ARRESTS = (
    "Border Patrol agents apprehended {n} people {place} in {when}.",
    "In {when}, the Border Patrol made {n} arrests {place}.",
    "Illegal crossings {place} totaled {n} in {when}.",
    "Agents caught {n} migrants crossing illegally {place} in {when}.",
    "Border Patrol apprehensions {place} stood at {n} in {when}.",
)
SECTORS = (
    "Agents of the {sector} apprehended {n} migrants in {when}.",
    "The {sector} recorded {n} apprehensions in {when}.",
    "In {when}, {n} people were arrested in the {sector}.",
)
CHANGES = (
    "Encounters {place} {went} {p} percent in {when} from {before}.",
    "In {when}, encounters {place} were {p}% {than} than in {before}.",
)


@dataclass(frozen=True)
class Made:
    text: str
    due: str


@pytest.fixture(scope="module")
def table(published) -> CountTable:
    return CountTable.read(
        sqlite3.connect(f"file:{published}?mode=ro", uri=True), source=ENCOUNTERS
    )


def words(span: Period) -> str:
    year = FEDERAL.year_of(span)
    if year:
        return f"fiscal year {year}"
    return f"{MONTHS[span.first % 12]} {span.first // 12}"


def spans(table: CountTable, subject: Subject) -> list[Period]:
    line = table.counts(subject)
    assert line
    begin = max(line.first, months.to_index("2013-10"))
    ones = [Period(m, m) for m in range(begin + 12, line.last - 3)]
    years = [FEDERAL.period(y) for y in range(FEDERAL.year(begin) + 1, FEDERAL.year(line.last))]
    return ones + [year for year in years if line.holds(year)] * 6


def subjects() -> list[Subject]:
    ones = [Subject(border, agency) for border in PLACES for agency in ("", "usbp")]
    names = ("Tucson", "Del Rio", "El Paso", "Rio Grande Valley", "San Diego", "Yuma")
    return ones + [Subject("southwest", "usbp", "field", (f"{name} Sector",)) for name in names]


def sentence(subject: Subject, number: str, span: Period, chance: random.Random) -> str:
    if subject.dimension:
        form = chance.choice(SECTORS)
        return form.format(sector=subject.members[0], n=number, when=words(span))
    form = chance.choice(ARRESTS if subject.agency else TOTALS)
    return form.format(n=number, when=words(span), place=chance.choice(PLACES[subject.total]))


def near(a: float, b: float, by: float = 0.04) -> bool:
    return abs(a - b) <= by * max(abs(a), abs(b), 1)


def made(table: CountTable, fault: str, chance: random.Random) -> Made | None:
    """A claim with this fault, None where the record has no such case for what was drawn."""
    subject = chance.choice(subjects())
    span = chance.choice(spans(table, subject))
    count = table.total(subject, span)
    if not count or count < 1500:
        return None
    if fault == "wrong sign":
        return changed(table, subject, span, chance)
    number = faulty(table, fault, subject, span, count, chance)
    if number is None:
        return None
    due = {"right": "holds", "rounded": "holds", "wrong agency": "mislabelled"}.get(fault, "wrong")
    return Made(sentence(subject, number, span, chance), due)


def faulty(
    table: CountTable,
    fault: str,
    subject: Subject,
    span: Period,
    count: int,
    chance: random.Random,
) -> str | None:
    if fault == "right":
        return f"{count:,}"
    if fault == "rounded":
        return "about " + f"{round(count, 3 - len(str(count))):,}"
    others = rivals(table, subject, span)
    if fault == "wrong agency":
        value = others.get("agency")
        return f"{value:,}" if value and not near(value, count) and value >= 1500 else None
    value = {
        "off by 8%": round(count * (1.08 if chance.random() < 0.5 else 0.92)),
        "wrong month": table.total(subject, span.shift(-1 if span.length == 1 else -12)),
        "swapped": swapped(count),
    }[fault]
    if not value or value % 100 == 0 or near(value, count, 0.05):
        return None
    if any(near(value, other) for other in others.values()):
        return None  # it would be right for something else
    return f"{value:,}"


def rivals(table: CountTable, subject: Subject, span: Period) -> dict[str, int]:
    """What a wrong number must not be near to: other agencies and borders in the same months."""
    found = {}
    for border in ("southwest", "northern", "nationwide", "other"):
        for agency in ("", "usbp", "ofo"):
            value = table.total(Subject(border, agency), span)
            if value:
                found[f"{border} {agency}"] = value
    if not subject.dimension:
        value = table.total(subject._replace(agency="" if subject.agency else "usbp"), span)
        if value:
            found["agency"] = value
    return found


def swapped(count: int) -> int | None:
    digits = list(str(count))
    for i in range(len(digits) - 1):
        if digits[i] != digits[i + 1] and digits[i + 1] != "0":
            digits[i], digits[i + 1] = digits[i + 1], digits[i]
            return int("".join(digits))
    return None


def changed(
    table: CountTable, subject: Subject, span: Period, chance: random.Random
) -> Made | None:
    """A change told with the wrong sign or, every other time, with the right one."""
    if subject.agency or subject.dimension or subject.total == "other":
        return None
    before = span.shift(-12)
    now, then = table.total(subject, span), table.total(subject, before)
    if not now or not then or abs(now / then - 1) < 0.06:
        return None
    percent = 100 * (now / then - 1)
    right = chance.random() < 0.5
    up = (percent > 0) == right
    patrol = [table.total(Subject(subject.total, "usbp"), one) for one in (span, before)]
    if not right and patrol[0] and patrol[1] and (patrol[0] > patrol[1]) == up:
        return None
    form = chance.choice(CHANGES)
    text = form.format(
        place=chance.choice(PLACES[subject.total]),
        went="rose" if up else "fell",
        than="higher" if up else "lower",
        p=f"{abs(percent):.0f}",
        when=words(span),
        before=words(before),
    )
    return Made(text, "holds" if right else "wrong")


def generated(table: CountTable, count: int) -> Iterator[tuple[str, Made]]:
    chance = random.Random(20)
    done = 0
    while done < count:
        fault = FAULTS[done % len(FAULTS)]
        one = made(table, fault, chance)
        if one:
            yield fault, one
            done += 1


def family(verdict: str) -> str:
    return "holds" if verdict in HOLDS else verdict


@pytest.mark.slow
def test_each_of_2000_made_claims_gets_the_verdict_it_was_made_for(table):
    misses = []
    for fault, one in generated(table, COUNT):
        found = check(one.text, table, date(2026, 10, 20))
        verdicts = [family(claim.verdict) for claim in found.claims]
        shown = one.due in ("wrong", "mislabelled") and not verdicts
        if verdicts != [one.due] and not (shown and found.not_understood[0].readings):
            misses.append(f"{fault}: {one.text} {verdicts}")

    assert len(misses) <= 0.01 * COUNT, "\n".join(misses[:40])
