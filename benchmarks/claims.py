"""How well texts are checked: claims found, family of the verdict, false "wrong", false "right".

    python -m benchmarks.claims --db bordercast.db
    python -m benchmarks.claims --db bordercast.db --half kept tests/claims/kinds.txt

Without files, texts are made anew from the record by --seed (see `made_claims`), and what is said
of them is counted by what was done to them.

Each line of a .jsonl is a text with `published`, its `claims` (`quote`, `number`, `verdict`,
`also_ok`) and `not_claims`; a .txt is as tests/claims/corpus.txt. Of the latter, --half build or
--half kept takes every second line: what the program is built beside, and what it is judged by.
The verdicts that hold are one family.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks import made_claims
from benchmarks.made_claims import MadeText
from forecast.claims.record.counts import CountTable
from forecast.claims.record.verdict import HOLDS
from forecast.claims.show.words import CheckedText, ClaimFinding
from forecast.sources import catalog
from tests.support import claim_corpus
from tests.support.claim_verdicts import check


@dataclass
class ClaimScore:
    """Counts over texts; misses holds a line for each thing that went wrong."""

    claims: int = 0
    found: int = 0
    family: int = 0
    exact: int = 0
    true: int = 0
    false_wrong: int = 0
    faulty: int = 0
    false_right: int = 0
    not_claims: int = 0
    judged_not_claims: int = 0
    misses: list[str] = field(default_factory=list)

    def lines(self) -> Iterable[str]:
        """The figures, one a line."""
        yield f"claims {self.claims}, found {self.found} ({share(self.found, self.claims)})"
        yield f"family right {self.family} of found ({share(self.family, self.found)})"
        yield f"verdict right {self.exact} ({share(self.exact, self.found)})"
        wrong, right = share(self.false_wrong, self.true), share(self.false_right, self.faulty)
        yield f"false wrong {self.false_wrong} of {self.true} true ({wrong})"
        yield f"false right {self.false_right} of {self.faulty} ({right})"
        judged = share(self.judged_not_claims, self.not_claims)
        yield f"non-claims judged {self.judged_not_claims} of {self.not_claims} ({judged})"


def share(part: int, whole: int) -> str:
    """A share in percent."""
    return f"{100 * part / whole:.1f}%" if whole else "-"


def family(verdict: str) -> str:
    """The family of a verdict."""
    return "holds" if verdict in HOLDS else verdict


def score(texts: Iterable[dict[str, Any]], table: CountTable) -> ClaimScore:
    """Check every text and compare."""
    total = ClaimScore()
    for text in texts:
        checked = check(text["text"], table, date.fromisoformat(text["published"]))
        _score_text(text, checked, total)
    return total


def _score_text(text: dict[str, Any], checked: CheckedText, total: ClaimScore) -> None:
    taken: set[int] = set()
    for claim in text["claims"]:
        found = _match(claim, text["text"], checked.claims, taken)
        total.claims += 1
        wanted = {claim["verdict"], *claim["also_ok"]}
        families = {family(verdict) for verdict in wanted}
        total.true += family(claim["verdict"]) == "holds"
        total.faulty += claim["verdict"] in ("wrong", "mislabelled")
        if found is None:
            total.misses.append(f"{text['id']}: not found: {claim['quote']!r} ({claim['verdict']})")
            continue
        total.found += 1
        total.exact += found.verdict in wanted
        if family(found.verdict) in families:
            total.family += 1
            continue
        total.misses.append(
            f"{text['id']}: {found.verdict} instead of {claim['verdict']}: {claim['quote']!r} | "
            f"{_meant(found)} "
            f"{found.why}"
        )
        total.false_wrong += found.verdict == "wrong" and families == {"holds"}
        total.false_right += found.verdict in HOLDS and claim["verdict"] in ("wrong", "mislabelled")
    for phrase in text.get("not_claims", ()):
        total.not_claims += 1
        start = text["text"].find(phrase)
        judged = [
            one for one in checked.claims if one.start < start + len(phrase) and start < one.end
        ]
        if judged:
            total.judged_not_claims += 1
            total.misses.append(f"{text['id']}: judged, but is no claim: {phrase!r}")


def _match(
    claim: dict[str, Any], text: str, found: Sequence[ClaimFinding], taken: set[int]
) -> ClaimFinding | None:
    start = claim.get("start", text.find(claim["quote"]))
    end = start + len(claim["quote"])
    number = claim["number"]
    near = [(i, one) for i, one in enumerate(found) if one.start < end and start < one.end]
    near = [(i, one) for i, one in near if i not in taken]
    if number:
        near.sort(key=lambda pair: number not in text[pair[1].start : pair[1].end])
    worded = claim.get("kind", {}).get("measure") in ("record", "since", "rank")
    near.sort(key=lambda pair: _is_extreme(pair[1]) != worded)
    if not near:
        return None
    taken.add(near[0][0])
    return near[0][1]


def _meant(found: ClaimFinding) -> str:
    sense = found.sense
    return str(sense and (*sense.subject, str(sense.span), sense.measure, str(sense.versus)))


def _is_extreme(one: ClaimFinding) -> bool:
    extreme = ("record", "highest", "lowest", "rank")
    return one.sense is not None and one.sense.measure.startswith(extreme)


def read(path: Path, table: CountTable, half: str = "") -> list[dict[str, Any]]:
    """The texts of a file, one a line; of a corpus every second one, where a half is asked for."""
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    texts = [_marked(i, text) for i, text in enumerate(claim_corpus.corpus(table, path))]
    return texts[{"kept": 1, "build": 0}.get(half, 0) :: 2 if half else 1]


def _marked(place: int, written: claim_corpus.Written) -> dict[str, Any]:
    """A text of a corpus as the others are."""
    verdicts = {"holds": "right", "cannot": "cannot_be_checked"}
    claims = [
        {
            "quote": written.text[due.start : due.end],
            "start": due.start,
            "number": "",
            "verdict": verdicts.get(due.verdict, due.verdict),
            "also_ok": [],
        }
        for due in written.due
    ]
    return {
        "id": f"line {place + 1}",
        "published": written.published.isoformat(),
        "text": written.text,
        "claims": [claim for claim in claims if claim["verdict"] != "none"],
        "not_claims": [claim["quote"] for claim in claims if claim["verdict"] == "none"],
    }


def outcome(made: MadeText, table: CountTable) -> str:
    """What is said of a made text's number, in a word."""
    checked = check(made.text, table, made.day)
    every = (*checked.claims, *checked.not_understood)
    near = [one for one in every if one.start < made.end and made.start < one.end]
    digits = made.text[made.start : made.end].rstrip("%")
    near.sort(key=lambda one: not one.number.startswith(digits))
    if not near:
        return "nothing"
    found, slack = near[0], 0.6 if "form" in made.kind else 1.0
    if found.verdict == "wrong" and "form" in made.kind:
        other = abs((found.judged.truth or 0) - made.truth) > slack
        return "wrong, another truth" if other else "wrong"
    if found.understood:
        return found.verdict
    right = any(abs(one.truth - made.truth) <= slack for one in found.readings)
    return "shown with the figure" if right else "shown" if found.readings else "not understood"


def made_texts(table: CountTable, seed: int, each: int) -> Iterator[MadeText]:
    """Every text that is made anew."""
    yield from made_claims.counts(table, seed, each)
    yield from made_claims.percents(table, seed, each)
    yield from made_claims.no_claims()
    for cells in made_claims.table_texts(table):
        yield from (
            MadeText(f"cell {c.kind}", c.text, c.day, c.start, c.end, c.truth) for c in cells
        )


def main() -> None:
    """Print the score of files, or of texts made anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--db", default="bordercast.db")
    parser.add_argument("--half", choices=("build", "kept"), default="")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=100, help="texts of each kind")
    options = parser.parse_args()
    table = CountTable.read(
        sqlite3.connect(f"file:{options.db}?mode=ro", uri=True),
        source=catalog.find("cbp_encounters"),
    )
    for path in options.files:
        total = score(read(path, table, options.half), table)
        print(path.name, *total.lines(), *total.misses, sep="\n  ")
    if not options.files:
        said: dict[str, Counter[str]] = defaultdict(Counter)
        for made in made_texts(table, options.seed, options.each):
            said[made.kind][outcome(made, table)] += 1
        for kind, counted in said.items():
            print(f"{kind:14}", ", ".join(f"{n} {word}" for word, n in counted.most_common()))


if __name__ == "__main__":
    main()
