"""Texts made anew from the record, whose truth is known: counts, percentages, tables, no claims."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from forecast.claims.record.counts import CountTable, Subject
from forecast.periods import FEDERAL, Period

WHO = {
    Subject("southwest", "usbp"): "Border Patrol apprehensions at the southwest border",
    Subject("southwest"): "encounters at the southwest border",
    Subject("nationwide"): "CBP encounters nationwide",
    Subject("northern"): "encounters at the U.S.-Canada border",
    Subject("northern", "usbp"): "Border Patrol apprehensions at the northern border",
    **{
        Subject(home, "usbp", "field", (f"{name} Sector",)): f"apprehensions in the {name} Sector"
        for name, home in {
            "Tucson": "southwest",
            "El Paso": "southwest",
            "Rio Grande Valley": "southwest",
            "Yuma": "southwest",
            "San Diego": "southwest",
            "Swanton": "northern",
        }.items()
    },
}
COUNTED = (
    "There were <{n}> {what} in {when}.",
    "In {when}, the tally of {what} was <{n}>, officials said.",
    "Data released this week show <{n}> {what} in {when}, the agency said.",
    "The busy season is over. In {when}, {what} came to <{n}>.",
    "Officials counted {what} again. They reported <{n}> for {when}.",
)
CHANGED = (
    "The number of {what} {rose} <{p}%> from {t1} to {t2}.",
    "There were {b:,} {what} in {t2}, <{p}%> {more} than in the same month a year earlier.",
    "The number of {what} went from {a:,} in {t1} to {b:,} in {t2}, a <{p}%> {noun}.",
    "There were {b:,} {what} in {t2}. That was <{p}%> {more} than the {a:,} of {t1}.",
    "There were {b:,} {what} in {t2}, {up} <{p}%> from the month before.",
)
GAPS = (None, 12, None, None, 1)  # months between the two ends of each form; None for any
SHARES = {"0.3%": 0.003, "1%": 0.01, "1.8%": 0.018, "3%": 0.03, "9%": 0.09, "25%": 0.25}
KINDS = ("true", *SHARES, "x10", "transposed", "other month", "other border")
NO_CLAIMS = (
    "The wall is to run <1,954> miles, officials at the southwest border said in March 2024.",
    "Border Patrol has about <19,000> agents.",
    "A poll of <1,203> adults found most want more agents at the border.",
    "Congress gave <$46.5 billion> for the wall.",
    "The shelter in El Paso has room for <1,200> people.",
    "Agents seized <112> pounds of fentanyl at the southwest border in May 2024.",
    "CBP expects <25,000> encounters next month if the trend holds.",
    "Under the bill the border would close at <5,000> encounters a day.",
    "The tariff of <25%> on Canada took effect in March 2025.",
    "Texas sent <10,000> troops to the southern border in 2024.",
    "About <55%> of Americans said in May 2024 that they worry about the border.",
    "Encounters could reach <300,000> in December, officials warned.",
    "The backlog of immigration courts is <3.7 million> cases.",
    "Officers inspected <1.1 million> travelers a day at ports of entry.",
    "Mexico's authorities detained <120,000> migrants in January 2024.",
    "ICE held <39,000> people in detention in May 2024.",
    "Agents rescued <86> people from the desert in June 2024.",
    "She won <61%> of the vote in Yuma County.",
)


@dataclass(frozen=True)
class MadeText:
    """A text with a number between start and end, what was done to it, and what its words mean."""

    kind: str
    text: str
    day: date
    start: int
    end: int
    truth: float = 0.0


def marked(kind: str, text: str, day: date, truth: float = 0.0) -> MadeText:
    """A text whose number stands between < and >."""
    start, end = text.index("<"), text.index(">") - 1
    return MadeText(kind, text.replace("<", "").replace(">", ""), day, start, end, truth)


def _spans(table: CountTable, subject: Subject) -> list[Period]:
    """Months and fiscal years that are told of, newer ones."""
    line = table.counts(subject)
    assert line is not None
    months = [Period(m, m) for m in range(max(line.first, 2020 * 12 + 9), line.last - 2)]
    years = [FEDERAL.period(year) for year in range(2021, 2026)] * 3
    return [span for span in months + years if line.holds(span)]


def _day(span: Period) -> date:
    return date((span.last + 2) // 12, (span.last + 2) % 12 + 1, 20)


def _altered(
    kind: str, table: CountTable, subject: Subject, span: Period, chance: random.Random
) -> int:
    """What is said instead of a count."""
    count = table.total(subject, span) or 0
    if kind in SHARES:
        return round(count * (1 + chance.choice((-1, 1)) * SHARES[kind]))
    if kind == "transposed":
        digits = list(str(count))
        at = chance.randrange(len(digits) - 1)
        digits[at], digits[at + 1] = digits[at + 1], digits[at]
        return int("".join(digits))
    if kind == "other month":
        same = [one for one in _spans(table, subject) if one.length == span.length]
        return table.total(subject, chance.choice(same)) or 0
    if kind == "other border":
        return table.total(chance.choice(list(WHO)), span) or 0
    return count * 10 if kind == "x10" else count


def counts(table: CountTable, seed: int, each: int) -> Iterator[MadeText]:
    """Counts in five plain forms: true, altered, another month's, another border's."""
    chance = random.Random(seed)
    for kind in KINDS:
        done = 0
        while done < each:
            subject = chance.choice(list(WHO))
            span = chance.choice(_spans(table, subject))
            count = table.total(subject, span) or 0
            said = _altered(kind, table, subject, span, chance)
            far = kind in ("true", *SHARES, "x10") or abs(said - count) > 0.04 * count
            if count < 500 or said < 100 or not far or (said % 100 == 0 and kind != "true"):
                continue
            when = FEDERAL.words(span)
            form = chance.choice(COUNTED)
            text = form.format(n=f"{said:,}", what=WHO[subject], when=when)
            yield marked(kind, text, _day(span), count)
            done += 1


def percents(table: CountTable, seed: int, each: int) -> Iterator[MadeText]:
    """Changes in five plain forms, true and wrong."""
    chance = random.Random(seed)
    for place, form in enumerate(CHANGED):
        for true in (True, False):
            done = 0
            while done < each:
                subject = chance.choice(list(WHO))
                now = chance.choice([s for s in _spans(table, subject) if s.length == 1])
                then = now.shift(-(GAPS[place] or chance.randint(1, 14)))
                a, b = table.total(subject, then) or 0, table.total(subject, now) or 0
                if min(a, b) < 400:
                    continue
                real = 100 * (b / a - 1)
                said = round(real) if true else _wrong(real, chance)
                if not 3 <= abs(real) < 100 or not 1 <= abs(said) < 100:
                    continue
                words = {
                    "rose": "rose" if said > 0 else "fell",
                    "more": "more" if said > 0 else "fewer",
                    "noun": "increase" if said > 0 else "decrease",
                    "up": "up" if said > 0 else "down",
                }
                t1, t2 = FEDERAL.words(then), FEDERAL.words(now)
                text = form.format(what=WHO[subject], a=a, b=b, t1=t1, t2=t2, p=abs(said), **words)
                kind = f"form {place + 1} {'true' if true else 'wrong'}"
                yield marked(kind, text, _day(now), real)
                done += 1


def _wrong(real: float, chance: random.Random) -> int:
    """The other way, or off by four points or more."""
    if chance.random() < 0.35 and abs(real) >= 5:
        return -round(real)
    return round(real) + chance.choice((-1, 1)) * chance.choice((4, 7, 12))


def no_claims() -> Iterator[MadeText]:
    """Numbers that are no claims about what is counted."""
    for text in NO_CLAIMS:
        yield marked("no claim", text, date(2025, 4, 15))


def table_texts(table: CountTable) -> Iterator[list[MadeText]]:
    """Twenty tables of years, borders, sectors and months; each cell is a text of its own place."""
    sectors = [subject for subject in WHO if subject.dimension]
    for at in range(20):
        first = list(WHO)[at % 2]
        year = 2022 + at % 3
        rows: list[tuple[str, list[tuple[Subject, Period]]]]
        if at % 4 == 0:
            title, heads = f"{WHO[first]} by fiscal year", []
            rows = [(f"FY{y}", [(first, FEDERAL.period(y))]) for y in range(2021, 2026)]
        elif at % 4 == 1:
            title, heads = "Encounters by border", [f"FY{y}" for y in (year, year + 1)]
            rows = [
                (name, [(Subject(total), FEDERAL.period(y)) for y in (year, year + 1)])
                for total, name in (
                    ("southwest", "Southwest border"),
                    ("northern", "Northern border"),
                )
            ]
        elif at % 4 == 2:
            title, heads = f"Border Patrol apprehensions by sector, fiscal year {year}", []
            rows = [(one.members[0], [(one, FEDERAL.period(year))]) for one in sectors]
        else:
            title, heads = (
                f"Southwest border, {year}",
                ["Border Patrol apprehensions", "Encounters"],
            )
            both = Subject("southwest", "usbp"), Subject("southwest")
            rows = [
                (FEDERAL.words(month).split()[0], [(one, month) for one in both])
                for month in (Period(year * 12 + m, year * 12 + m) for m in range(5))
            ]
        yield _table(table, title, heads, rows, bad=at % 5, parted=" | " if at % 2 else "\t")


def _table(
    table: CountTable,
    title: str,
    heads: list[str],
    rows: list[tuple[str, list[tuple[Subject, Period]]]],
    bad: int,
    parted: str,
) -> list[MadeText]:
    """A table as text, the first cell of one row off by 9%."""
    text, places = f"{title}\n\n", []
    if heads:
        text += parted.join(["", *heads]).lstrip() + "\n" if parted == "\t" else ""
        text += "" if parted == "\t" else f"| | {' | '.join(heads)} |\n"
    for place, (label, cells) in enumerate(rows):
        text += f"- {label}: " if not heads else f"{label}" if parted == "\t" else f"| {label}"
        for column, (subject, span) in enumerate(cells):
            count = table.total(subject, span) or 0
            off = place == bad and column == 0
            number = f"{round(count * 1.09):,}" if off else f"{count:,}"
            text += parted if heads else ""
            places.append((len(text), len(text) + len(number), count, "off" if off else "true"))
            text += number
        text += " |\n" if heads and parted != "\t" else "\n"
    day = date(2026, 2, 10)
    return [MadeText(kind, text, day, start, end, count) for start, end, count, kind in places]
