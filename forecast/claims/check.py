"""A text -> its claims about what a record counts, each with its verdict or its readings.

    check(text, counts, lexicon_of(source), day)

The text's numbers are traced to counts on record, related to each other, and confronted with their
words; what is certain in none of these ways is shown with its readings, never guessed.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from forecast.claims.reader import Reader, of_cell
from forecast.claims.record.counts import CountTable
from forecast.claims.show.words import CheckedText, ClaimFinding
from forecast.claims.text import tables
from forecast.claims.text.lexicon import Lexicon, lexicon_of
from forecast.claims.text.tokens import is_english

MAX_CHARACTERS = 150_000  # characters of a text that are read
_OF_YEAR = re.compile(r"\b(?:19|20)\d\d ?[-\u2013\u2014] ?(?=\d{1,3}(?:,\d{3})+\b)")  # 2017-526,901


def check(text: str, counts: CountTable, lexicon: Lexicon, day: date) -> CheckedText:
    """Find and judge the claims of a text.

    day : as of which "last month" and the like are read.
    """
    if not is_english(text):
        why = "The text is not in English, and is not read."
        return CheckedText(text, day, (), (ClaimFinding(text[:40], 0, 40, why=why),))
    # A year and as many blanks as what parts it from its count had letters.
    spaced = _OF_YEAR.sub(lambda year: year[0][:4].ljust(len(year[0])), text[:MAX_CHARACTERS])
    prose, cells = tables.read(spaced)
    reader = Reader(prose, counts, lexicon, day)
    findings = [*reader.read()]
    for cell in cells:
        findings += of_cell(cell, counts, lexicon, reader.context)
    findings = [replace(one, quote=text[one.start : one.end]) for one in findings]
    return _with(CheckedText(text, day, (), ()), findings)


def check_each(text: str, measures: Sequence[CountTable], day: date) -> list[CheckedText]:
    """Check a text against every measure of a record, each claim left to the one it is about."""
    lexicons = [lexicon_of(counts.source, counts.keys) for counts in measures]
    checked = []
    for counts, own in zip(measures, lexicons, strict=True):
        others = [lexicon for lexicon in lexicons if lexicon is not own]
        lexicon = own.beside(others, counts.source.measure.noun)
        checked.append(check(text, counts, lexicon, day))
    return divided(checked)


# A claim that holds of one measure was not about another, of which it would be wrong. What is wrong
# of one is left open where another does not understand it. That a number is of another measure is
# the least to be said where the record has others.
_BEST_FIRST = (
    "right", "right_when_rounded", "right_when_published", "near_today", "mislabelled",
    "cannot_be_checked", "not_understood", "wrong", "of another measure",
)  # fmt: skip


def divided(checked: Sequence[CheckedText]) -> list[CheckedText]:
    """The same texts with each claim left to one measure, the earlier one where two say the same.

    checked : one text, as each measure of a record has it checked.
    """
    notes = [(place, note) for place, text in enumerate(checked) for note in _notes(text)]

    def rank(note: ClaimFinding) -> int:
        elsewhere = note.verdict == "cannot_be_checked" and "another measure" in note.why
        return _BEST_FIRST.index("of another measure" if elsewhere else note.verdict)

    notes.sort(key=lambda pair: (rank(pair[1]), pair[0]))
    chosen: list[tuple[int, ClaimFinding]] = []
    for place, note in notes:
        # Claims of one measure may lie inside each other; those of two are of one of them.
        if not any(
            whose != place and note.start < other.end and other.start < note.end
            for whose, other in chosen
        ):
            chosen.append((place, note))
    return [
        _with(text, [note for whose, note in chosen if whose == place])
        for place, text in enumerate(checked)
    ]


def merged(parts: Sequence[CheckedText]) -> CheckedText:
    """One text with the claims of all, in order of place."""
    return _with(parts[0], [note for part in parts for note in _notes(part)])


def _notes(text: CheckedText) -> Iterable[ClaimFinding]:
    return *text.claims, *text.not_understood


def _with(text: CheckedText, findings: Iterable[ClaimFinding]) -> CheckedText:
    """The text with these findings, in order of place."""
    notes = sorted(findings, key=lambda note: (note.start, note.end))
    understood = tuple(note for note in notes if note.understood)
    return replace(
        text, claims=understood, not_understood=tuple(n for n in notes if not n.understood)
    )
