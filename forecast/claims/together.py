"""A text checked against several measures: each claim has the verdict of the one it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from forecast.claims.decide import CheckedText, ClaimFinding, NotUnderstood
from forecast.claims.explain import VERDICT_WORDS

# A claim that holds of one measure was not about another, of which it would be wrong.
# That a number is of another measure is the least to be said where the record has others.
_BEST_FIRST = (*VERDICT_WORDS, "not_understood", "of another measure")


def divided(checked: Sequence[CheckedText]) -> list[CheckedText]:
    """The same texts with each claim left to one measure, the earlier one where two say the same.

    checked : one text, as each measure of a record has it checked.
    """
    notes: list[tuple[int, ClaimFinding | NotUnderstood]] = []
    for place, checked_text in enumerate(checked):
        notes += [(place, claim) for claim in checked_text.claims]
        notes += [(place, unclear) for unclear in checked_text.not_understood]
    notes.sort(key=lambda note: (_BEST_FIRST.index(_verdict(note[1])), note[0]))
    notes = [note for note in notes if not _left_open(note, notes)]
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
    left = [{id(note) for whose, note in chosen if whose == place} for place in range(len(checked))]
    return [
        replace(
            checked_text,
            claims=tuple(note for note in checked_text.claims if id(note) in left[place]),
            not_understood=tuple(
                note for note in checked_text.not_understood if id(note) in left[place]
            ),
        )
        for place, checked_text in enumerate(checked)
    ]


def merged(parts: Sequence[CheckedText]) -> CheckedText:
    """One text with the claims of all, in order of place."""
    return replace(
        parts[0],
        claims=tuple(
            sorted(
                (claim for part in parts for claim in part.claims), key=lambda c: (c.start, c.end)
            )
        ),
        not_understood=tuple(
            sorted(
                (unclear for part in parts for unclear in part.not_understood),
                key=lambda c: c.start,
            )
        ),
    )


def _left_open(
    note: tuple[int, ClaimFinding | NotUnderstood],
    notes: Sequence[tuple[int, ClaimFinding | NotUnderstood]],
) -> bool:
    """Whether another measure leaves open what is wrong of this one."""
    place, claim = note
    return _verdict(claim) == "wrong" and any(
        whose != place
        and isinstance(other, NotUnderstood)
        and claim.start < other.end
        and other.start < claim.end
        for whose, other in notes
    )


def _verdict(note: ClaimFinding | NotUnderstood) -> str:
    if not isinstance(note, ClaimFinding):
        return "not_understood"
    elsewhere = note.verdict == "cannot_be_checked" and "another measure" in note.why
    return "of another measure" if elsewhere else note.verdict
