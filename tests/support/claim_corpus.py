"""Reads tests/claims/corpus.txt: texts whose numbers are filled in from the record.

`python -m tests.support.claim_corpus DATABASE [FILE]` prints what is not as it should be.
"""

from __future__ import annotations

import re
import sqlite3
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from forecast.claims.record.counts import APPREHENSION, CountTable, Subject
from forecast.claims.record.verdict import HOLDS, Reading, value_of
from forecast.claims.show.words import CheckedText
from forecast.periods import FEDERAL
from tests.support.cbp_files import ASIDE, ENCOUNTERS
from tests.support.claim_verdicts import check

FOLDER = Path(__file__).parents[1] / "claims"
BORDERS = {"sw": "southwest", "nb": "northern", "nw": "nationwide", "ot": "other"}
GROUPS = {"Single Adults", "FMUA", "UAC", "Accompanied Minors"}
MARK = re.compile(r"\[\[(.+?)\]\]")
DUE = {"!mis": "mislabelled", "!wrong": "wrong"}


@dataclass(frozen=True)
class Due:
    """What is due of a stretch of a text: "holds", "mislabelled", "wrong", "cannot", "none"."""

    start: int
    end: int
    verdict: str
    sense: Reading | None = None  # what it is a number of, where its mark says so


@dataclass(frozen=True)
class Written:
    """One text of the corpus."""

    published: date
    text: str
    due: tuple[Due, ...]


def subject(name: str) -> Subject:
    border, _, part = name.partition(":")
    border, _, agency = border.partition(".")
    border = BORDERS[border]
    if not part:
        return Subject(border, agency)
    if part.endswith(("Sector", "Field Office")):
        return Subject(border, "usbp" if part.endswith("Sector") else "ofo", "field", (part,))
    if part in (ASIDE.rest, ASIDE.named):
        return Subject(border, "", APPREHENSION, (part,))
    return Subject(border, "", "demographic" if part in GROUPS else "citizenship", (part,))


def filled(mark: str, table: CountTable) -> tuple[str, str, Reading | None]:
    """The text of a mark, the verdict that is due, and what it is a number of.

    Beside kinds of `Reading`: mon, an average a month; pcta, how far below the monthly average of a
    second span; pctp, how far below a second month.
    """
    due = next((DUE[word] for word in DUE if mark.endswith(word)), "holds")
    body = re.sub(r" ?!\w+$", "", mark)
    kind, _, rest = body.partition(" ")
    if kind in ("=", "~"):
        return rest, due, None
    if kind in ("?", "-"):
        return rest, {"?": "cannot", "-": "none"}[kind], None
    if kind in ("mon", "pcta", "pctp"):
        name, *spans = re.split(r" (?=[F\d])", rest)
        now, *then = (FEDERAL.read(span, table.newest) for span in spans)
        rates = [(table.total(subject(name), span) or 0) / span.length for span in (now, *then)]
        said = f"{rates[0]:,.0f}" if kind == "mon" else f"{100 * (1 - rates[0] / rates[1]):.0f}"
        return said, due, None
    meant = sense(kind, rest, table)
    value = value_of(table, meant)
    assert value is not None, rest
    return formatted(kind, value), due, meant if due == "holds" else None


def sense(kind: str, rest: str, table: CountTable) -> Reading:
    match = re.fullmatch(r"(\w+(?:\.\w+)?(?::[A-Z].*?)?) ((?:FY)?\d\S+)(?: (\S+(?::.+)?))?", rest)
    assert match, rest
    name, span, last = match.groups()
    measure: Any = {"pct": "change_percent", "pct1": "change_percent", "share": "share_percent",
               "day": "per_day", "diff": "difference", "x": "times"}.get(kind, "total")  # fmt: skip
    versus = FEDERAL.read(last, table.newest) if last and kind != "share" else None
    whole = subject(last) if kind == "share" else None
    return Reading(subject(name), FEDERAL.read(span, table.newest), measure, versus, whole)


def formatted(kind: str, value: float) -> str:
    if kind == "m":
        return f"{value / 1e6:.1f}"
    if kind == "k":
        return f"{value / 1000:.0f}K"
    if kind in ("pct", "share"):
        return f"{abs(value):.0f}"
    if kind in ("pct1", "x"):
        return f"{abs(value):.1f}"
    if kind[0] == "r":
        digits = len(str(int(value))) - int(kind[1])
        return f"{round(value, -digits):,.0f}"
    return f"{abs(value):,.0f}"


def written(line: str, table: CountTable) -> Written:
    day, _, body = line.partition(" | ")
    body = body.replace(" // ", "\n\n")  # a paragraph ends
    text, due, last = "", [], 0
    for mark in MARK.finditer(body):
        text += body[last : mark.start()]
        said, verdict, meant = filled(mark[1], table)
        due.append(Due(len(text), len(text) + len(said), verdict, meant))
        text, last = text + said, mark.end()
    return Written(date.fromisoformat(day), text + body[last:], tuple(due))


def corpus(table: CountTable, path: Path = FOLDER / "corpus.txt") -> list[Written]:
    lines = path.read_text("utf-8").splitlines()
    return [written(line, table) for line in lines if line.strip() and not line.startswith("#")]


def family(verdict: str) -> str:
    return "holds" if verdict in HOLDS else verdict.removesuffix("_be_checked")


def compare(one: Written, found: CheckedText) -> list[str]:
    """What is not as it is due, a line each."""
    misses = []
    for due in one.due:
        near = [c for c in found.claims if c.start < due.end and due.start < c.end]
        near.sort(key=lambda c: -(min(c.end, due.end) - max(c.start, due.start)))
        said = family(near[0].verdict) if near else "none"
        if said != due.verdict:
            why = near[0].why if near else ""
            sense = near[0].sense if near else None
            what = sense and (
                *sense.subject[:4],
                FEDERAL.name(sense.span),
                sense.measure,
                str(sense.versus and FEDERAL.name(sense.versus)),
            )
            misses.append(
                f"{said} for {due.verdict}: {one.text[due.start : due.end]!r} {what} {why}"
            )
    return misses


def main() -> None:
    table = CountTable.read(sqlite3.connect(sys.argv[1]), source=ENCOUNTERS)
    path = Path(sys.argv[2]) if len(sys.argv) > 2 else FOLDER / "corpus.txt"
    total = right = 0
    for one in corpus(table, path):
        misses = compare(one, check(one.text, table, one.published))
        total, right = total + len(one.due), right + len(one.due) - len(misses)
        if misses:
            print(one.published, one.text, *misses, sep="\n    ")
    print(f"{right} of {total}")


if __name__ == "__main__":
    main()
