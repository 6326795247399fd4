"""A text checked against several measures: each claim has the verdict of the one it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from forecast.claims.decide import CheckedText, ClaimFinding, NotUnderstood
from forecast.claims.explain import VERDICT_WORDS

# A claim that holds of one measure was not about another, of which it would be wrong.
_BEST_FIRST = (*VERDICT_WORDS, "not_understood")


def divided(checked: Sequence[CheckedText]) -> list[CheckedText]:
    """The same texts with each claim left to one measure, the earlier one where two say the same.

    checked : one text, as each measure of a record has it checked.
    """
    notes: list[tuple[int, ClaimFinding | NotUnderstood]] = []
    for place, one in enumerate(checked):
        notes += [(place, claim) for claim in one.claims]
        notes += [(place, unclear) for unclear in one.not_understood]
    notes.sort(key=lambda each: (_BEST_FIRST.index(_verdict(each[1])), each[0]))
    chosen: list[tuple[int, ClaimFinding | NotUnderstood]] = []
    for place, note in notes:
        # Claims of one measure may lie inside each other; those of two are of one of them.
        taken = (
            note.start < other.end and other.start < note.end
            for whose, other in chosen
            if whose != place
        )
        if not any(taken):
            chosen.append((place, note))
    kept = [{id(note) for whose, note in chosen if whose == place} for place in range(len(checked))]
    return [
        replace(
            one,
            claims=tuple(note for note in one.claims if id(note) in kept[place]),
            not_understood=tuple(note for note in one.not_understood if id(note) in kept[place]),
        )
        for place, one in enumerate(checked)
    ]


def merged(parts: Sequence[CheckedText]) -> CheckedText:
    """One text with the claims of all, in order of place."""
    return replace(
        parts[0],
        claims=tuple(
            sorted((one for part in parts for one in part.claims), key=lambda c: (c.start, c.end))
        ),
        not_understood=tuple(
            sorted((one for part in parts for one in part.not_understood), key=lambda c: c.start)
        ),
    )


def _verdict(note: ClaimFinding | NotUnderstood) -> str:
    return note.verdict if isinstance(note, ClaimFinding) else "not_understood"
