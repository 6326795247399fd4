"""What came of looking a quoted digest up, in words."""

from __future__ import annotations

from forecast.store.integrity import Quoted
from forecast.store.parts import GROUPS

_FOREIGN = len(GROUPS) - 1  # so many marks differ by chance alone: not a digest of this record


def differences(answer: Quoted, run_id: int) -> list[str]:
    """Why the record is not what was quoted of this run; empty if it is."""
    if not answer.standing:
        return [
            f"there is no run {run_id} in this record: it was removed, or the digest is of "
            "another record"
        ]
    if answer.scheme is not None and answer.run_id == run_id:
        return []
    if answer.scheme is not None:
        return [f"this digest is of run {answer.run_id}, not of run {run_id}"]
    return [
        f"run {run_id} is not what was quoted: {_what(answer, run_id)}. Its digest is now "
        f"{answer.standing}"
    ]


def _what(answer: Quoted, run_id: int) -> str:
    if answer.run_scheme == 1:
        return (
            f"its digest was given by an earlier program (scheme 1) and covers run {run_id}, its "
            "releases, forecasts and quantiles, and the runs before it; one of these was changed "
            "since, or the digest is of another record"
        )
    if not answer.differs:
        return "something it covers was changed since"
    if len(answer.differs) >= _FOREIGN:
        return "nothing fits; the digest may be of another record, or mistyped"
    return f"changed since are: {', '.join(answer.differs)}"


def confirmed(answer: Quoted, run_id: int) -> str:
    """That the record is what was quoted, how far that goes, and what was added since."""
    lines = [f"Run {run_id} is what was quoted: the record has this digest, and fits it."]
    if answer.scheme == 1:
        lines.append(
            "It was given by an earlier program (scheme 1) and covers the run, its releases, "
            "forecasts and quantiles, and the runs before it. It does not cover judgments, flags, "
            "scores, notices or approvals."
        )
    else:
        lines.append(
            f"Scheme {answer.scheme}, given with {answer.subject or 'the tables of a new version'}."
        )
    if answer.later:
        since = (
            f"{subject} {kind}" if kind != "run" else subject for kind, subject in answer.later
        )
        lines.append(f"Added since: {', '.join(s.strip() for s in since)}.")
    return "\n".join(lines)
