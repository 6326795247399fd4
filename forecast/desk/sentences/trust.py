"""How far to trust the figures, in sentences: digests, witnesses, what is out of date."""

from collections.abc import Mapping, Sequence
from datetime import date

from forecast import lives, months
from forecast.desk.facts import overdue
from forecast.rows import WitnessRow
from forecast.sources.source import Source
from forecast.store.integrity import QuotedDigest
from forecast.store.kinds import GROUPS
from forecast.store.read import RunRow
from forecast.types import SeriesKey
from forecast.words import capital, day_words, days_words, many, month_words, one_line

_FOREIGN = len(GROUPS) - 1  # so many marks differ by chance alone: not a digest of this record
_LATER = {"schema": "tables of a new version", "kept": "settings or fits"}
_ACT = {"signature": "signed by key", "time stamp": "time-stamped by", "git": "committed to"}
_UNDATED = {
    "signature": "a signature does not say when",
    "time stamp": "when cannot be read",
    "git": "a commit shows the order, and not when",
}


def stale_words(own: str, total: str, source: Source, key: SeriesKey | None = None) -> str:
    """That a part's newest month is older than its total's; "" where it is not.

    own, total : the newest month of each; own "" without one. key : the part, of whose life a
    record of own counts tells.
    """
    if not own or own >= total:
        return ""
    if key and not source.layouts:
        return f"{capital(lives.words(own, total, lives.of_series(key, source)).behind)}."
    return (
        f"{source.publisher.short}'s files on record give this breakdown through "
        f"{month_words(own)} only; the {source.totals.one}'s total goes through "
        f"{month_words(total)}."
    )


def next_release(data_through: str, source: Source) -> str:
    """Name the next month and its due days: September 2026, due Oct. 18-28, 2026."""
    return f"{month_words(months.shift(data_through, 1))}, {due_words(data_through, source)}"


def due_words(data_through: str, source: Source) -> str:
    """Say when the next month's figures should come: due Oct. 18-28, 2026."""
    month = months.shift(data_through, 1)
    first, last = (months.days_after(month, days).isoformat() for days in source.due[:2])
    return f"due {days_words(first, last)}"


def old_words(data_through: str, source: Source, today: date | None = None) -> str:
    """That the figures are old, and what to do.

    today : "" while the next figures are not overdue by then; None where they are known to be.
    """
    # No count of days: pages and mails stay as they were written.
    if today and not overdue(data_through, today, source.due.overdue):
        return ""
    awaited = next_release(data_through, source)
    return (
        f"These figures are old. Those of {awaited}, have not been taken in; "
        f"check {source.publisher.short}'s own page before you quote a figure as the newest."
    )


def rejected_words(refused: Mapping[str, str]) -> str:
    """That newer files did not pass the checks, or are held; "" where there are none.

    refused : name -> what is asked of it, "" if nothing.
    """
    said = [
        f"A newer file, {one_line(name)}, is held until the operator answers: {one_line(question)}"
        for name, question in refused.items()
        if question
    ]
    names = [one_line(name) for name, question in refused.items() if not question]
    if names:
        said.append(
            "A newer file was rejected because it did not pass the checks: "
            f"{', '.join(names)}. The operator decides whether to accept it."
        )
    return " ".join(said)


def withdrawn_words(run: int, at: str, why: str) -> tuple[str, str]:
    """That a run is not to be used any more. at : when it was withdrawn, UTC, ISO 8601."""
    return (
        f"Run {run} was withdrawn on {day_words(at[:10])}: {one_line(why)}",
        "Please do not use its findings, forecasts or comparisons any more.",
    )


def differences(answer: QuotedDigest, run_id: int) -> list[str]:
    """Why the record is not what was quoted of this run; empty if it is."""
    if not answer.standing:
        return [
            f"there is no run {run_id} in this record: it was removed, or the digest is of "
            "another record"
        ]
    if answer.scheme is not None:
        other = answer.given != run_id
        return [f"this digest is of run {answer.given}, not of run {run_id}"] if other else []
    # A digest of scheme 1 is one number over everything: it cannot say what was changed.
    if answer.run_scheme == 1:
        why = (
            f"its digest was given by an earlier program (scheme 1) and covers run {run_id}, its "
            "releases, forecasts and quantiles, and the runs before it; one of these was changed "
            "since, or the digest is of another record"
        )
    elif not answer.differs:
        why = "something it covers was changed since"
    elif len(answer.differs) >= _FOREIGN:
        why = "nothing fits; the digest may be of another record, or mistyped"
    else:
        why = f"changed since are: {', '.join(answer.differs)}"
    return [f"run {run_id} is not what was quoted: {why}. Its digest is now {answer.standing}"]


def confirmed(answer: QuotedDigest, run_id: int) -> str:
    """That the record is what was quoted, how far that goes, and what was added since."""
    lines = [f"Run {run_id} is what was quoted: the record has this digest, and fits it."]
    if answer.scheme == 1:
        lines.append(
            "It was given by an earlier program (scheme 1) and covers the run, its releases, "
            "forecasts and quantiles, and the runs before it. It does not cover judgments, flags, "
            "scores, notices or approvals."
        )
    else:
        given_with = answer.subject or "the tables of a new version"
        lines.append(f"Scheme {answer.scheme}, given with {given_with}.")
    if answer.later:
        since = (
            _LATER.get(kind, f"{subject} {kind}".removesuffix(" run"))
            for kind, subject in answer.later
        )
        lines.append(f"Added since: {', '.join(dict.fromkeys(since))}.")
    lines += (
        f"Since {word.at or 'an earlier program'}, {word.word} of measure {word.measure} is "
        f"{word.after!r}; it was {word.before!r}."
        for word in answer.reworded
    )
    return "\n".join(lines)


def seen(witness: WitnessRow, source: Source) -> str:
    """Who saw a run, when, and whether that was before CBP published its first month."""
    first = f"Run {witness.run_id}: {_ACT[witness.witness]} {witness.seen_by}"
    if witness.seen_at:
        day = day_words(witness.seen_at[:10])
        first += f", dated {day} by its maker" if witness.witness == "git" else f" on {day}"
    month = month_words(witness.month)
    if witness.published_on is None:
        return f"{first}; {source.publisher.short} has not published {month} yet."
    if witness.days_before is None:
        return f"{first}; {_UNDATED[witness.witness]}."
    days = abs(witness.days_before)
    apart = f"{many(days, 'day')} " if days else ""
    when = "before" if witness.days_before > 0 else "after" if days else "the day"
    return f"{first}, {apart}{when} {source.publisher.short} published {month}."


def newest_seen(witnesses: Sequence[WitnessRow], run_id: int, source: Source) -> list[str]:
    """Who saw this run, and who saw the newest one whose first month is published by now."""
    # The newest run is never judged yet; the newest judged one shows what witnesses are worth.
    judged = {witness.run_id for witness in witnesses if witness.published_on is not None}
    shown = {run_id, max(judged, default=run_id)}
    return list(
        dict.fromkeys(seen(witness, source) for witness in witnesses if witness.run_id in shown)
    )


def seen_in_time(witnesses: Sequence[WitnessRow], source: Source) -> str:
    """How many of the runs that outsiders saw they saw before the truth; "" if none was seen."""
    # By runs, not by marks: a run that three witnesses saw is one forecast seen in time.
    runs = {witness.run_id for witness in witnesses if witness.days_before is not None}
    early = {witness.run_id for witness in witnesses if (witness.days_before or 0) > 0}
    if not runs:
        return ""
    return (
        f"Outsiders saw {len(early)} of {len(runs)} runs before {source.publisher.short} "
        "published the first month that they forecast."
    )


def signature(run: RunRow, source: Source) -> str:
    """Say whose counts and whose forecasts something shows: it may travel without its page."""
    return (
        f"Source: {source.publisher.name}, data through {month_words(run.data_through)}. "
        f"Bordercast, run {run.id} of {day_words(run.published_at[:10])}."
    )
