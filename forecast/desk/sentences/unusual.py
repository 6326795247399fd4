"""An unusual month in sentences: how far off, how unusual, what moved, how it ended."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from forecast.desk.facts import RAREST, Expectation, MonthFacts
from forecast.names import dimension_words, member_words
from forecast.rows import DriverRow, FlagRow
from forecast.sources.source import Source
from forecast.store.read import FlagOfTotal
from forecast.types import SEVERITIES
from forecast.words import (
    basis_noun,
    basis_word,
    capital,
    change_words,
    first_and_now,
    month_name,
    month_words,
    one_line,
    signed,
)

_FAR = {"notable": "", "major": "well ", "critical": "far "}
SIDES = {1: "above", -1: "below"}
LEVELS = {1: "higher", -1: "lower"}
PARTS_SHOWN = 3  # parts of each side
LEAST = 0.05  # of the deviation, to be shown
SMALL = 0.005  # a revision's share of the count, up to which it is no news
ORDINARY = 2 / 3  # p above it: most months are as far off
FAR = 0.05  # p from which on no month is flagged or watched
_UNFLAGGED = {
    "watch": "unusual, but not enough to flag",
    "small": "not flagged (the series or the difference is too small)",
    "known": "not flagged again (part of what was flagged before)",
    "late": "not flagged (it came after later months had been judged)",
    "restated": "not flagged (the figures before it, or its own, were restated since)",
}
ORDER = ("border", "component", "field", "state", "citizenship", "demographic")


def unusual_words(p: float) -> str:
    """How unusual a month is, for p two-sided: one month in how many is at least so far off."""
    # No rarer than the record can tell is ever claimed.
    if p < 1 / RAREST:
        return f"rarer than 1 month in {RAREST} (the most that the record supports)"
    if p > ORDINARY:
        return "an ordinary month"
    return f"about 1 month in {round(1 / p)} is at least this far off"


def unflagged_words(e: Expectation) -> str:
    """Why a month outside its 80% range has no flag, as far as the record says."""
    far = "but not far enough to flag" if e.p >= FAR else "not flagged"
    return _UNFLAGGED.get(e.unflagged, far)


def counted_words(facts: MonthFacts, first: int) -> str:
    """The count, and the first one where another was judged; a small revision is no news."""
    now = facts.count
    return f"{now:,}" if abs(now - first) <= SMALL * first else first_and_now(first, now)


def how_far(flag: FlagRow) -> str:
    """Far below, well above, above: by the severity of the flag."""
    return f"{_FAR[flag.severity]}{SIDES[flag.side]}"


def kind_word(kind: str, severity: str) -> str:
    """A flag in a word: its severity, where it is of a month; else drift or revision."""
    return severity if kind == "month" else kind


def badge(flag: FlagRow) -> str:
    """The same above a flag's card."""
    word = kind_word(flag.kind, flag.severity)
    return "Unusual" if word == SEVERITIES[-1] else word.capitalize()


def how_sure(flag: FlagRow) -> str:
    """How unusual the month was, in words."""
    if flag.kind == "revision":
        return "a value that was closed has been changed"
    if flag.kind == "drift":
        return "no single month, but many the same way"
    p, beside = (flag.apart_p, "beside the others, ") if flag.role == "apart" else (flag.p, "")
    assert p is not None, "a month is flagged by its p"
    return beside + unusual_words(p)


def with_whole(flag: FlagRow) -> str:
    """What a part that moved apart would have been, had it moved with the others; "" elsewhere."""
    moved = flag.if_with_whole
    if moved is None:
        return ""
    return f"{moved:,} if it had moved with the others ({change_words(flag.count, moved)})"


def compared_with(flag: FlagRow) -> str:
    """What a flag's count is held against."""
    names = {"revision": "before the revision", "drift": "forecast of six months before"}
    return names.get(flag.kind) or basis_noun(flag.basis or "")


def ending(flag: FlagRow) -> str:
    """How the episode went on, in words; "" where there is none."""
    if flag.episode is None:
        return ""
    if flag.episode == "open":
        return "Still open: the coming months will show whether it stays."
    when = month_words(flag.closed) if flag.closed else ""
    if flag.episode == "level shift":
        return f"It stayed: a new level, confirmed in {when}."
    if flag.restated:
        return f"It does not stand: the figures before it were restated in {when}."
    # What ends an episode by the rule of `judge.episodes`, and no more.
    if flag.if_with_whole is not None:
        return f"It did not last: in {when} it no longer stood apart."
    side = SIDES[flag.side]
    return f"It did not last: in {when} the count was not {side} the 95% range forecast before it."


def ending_short(flag: FlagRow, source: Source) -> str:
    """The same behind a flag's name, with how it goes with its total."""
    role, episode = flag.role, flag.episode
    if role == "listed":
        return f", like its {source.totals.one}"
    apart = f", unlike its {source.totals.one}" if role == "apart" else ""
    more = f" ({role})" if role in ("escalation", "reversal") else ""
    if episode is None or episode == "open":
        return apart + more + (", still open" if episode else "")
    kind = "a level shift" if episode == "level shift" else "transient"
    kind = "figures restated" if flag.restated else kind
    return f"{apart}{more}, {kind} as of {month_name(flag.closed or '')}"


def findings(facts: MonthFacts) -> list[tuple[str, str]]:
    """Each flag and a level shift, else that the month is quiet: (phrase for a subject, sentence).

    The phrase is without the total's name.
    """
    flags = sorted(facts.findings, key=lambda flag: flag.kind == "drift")
    unusual = [finding(flag, facts) for flag in flags]
    shift, e = facts.shift, facts.expectation
    counted = f"{counted_words(facts, e.judged if e else facts.count)} counted"
    if shift:
        level, opened = LEVELS[shift["side"]], month_words(shift["opened"])
        sentence = (
            f"The {level} level of {facts.noun} {facts.where}, flagged in {opened}, has lasted: "
            f"{counted} in {month_words(facts.month)}. Forecasts now start from it."
        )
        unusual.append((f"{level} level confirmed", sentence))
    if unusual:
        return unusual
    what = f"{capital(facts.noun)} {facts.where} in {month_words(facts.month)}"
    if e is None:
        how = phrase = "not forecast"
    elif e.position.side:  # outside its 80% range, so it is not "as forecast"
        phrase = f"{SIDES[e.position.side]} the 80% range"
        how = f"{phrase} of the {basis_noun(e.basis)}, {unflagged_words(e)}"
    else:
        phrase, how = "as forecast", f"as forecast{', by the hindcast' * (e.basis == 'hindcast')}"
    return [(phrase, f"{what} were {how}: {counted}.")]


def finding(flag: FlagRow, facts: MonthFacts) -> tuple[str, str]:
    """Return a phrase for a subject and the sentence of a flag. facts : of its month."""
    # Before hindcasts judged months only issued forecasts did.
    basis = flag.basis or "issued"  # the flags of very old runs have none
    what = f"{capital(facts.noun)} {facts.where} in {month_words(facts.month)}"
    # One number for one thing: a small revision needs no second one here.
    counted = f"{counted_words(facts, flag.count)} counted"
    if flag.kind == "revision":
        return "revised", (
            f"The count was changed from {flag.expected:,} to {flag.count:,} "
            "after it had been closed, or by more than is usual."
        )
    if flag.kind == "drift":
        side = SIDES[flag.side]
        return (
            f"drifting {side} {basis_word(basis)}s",
            f"{what} have drifted {side} the {basis_noun(basis)}s: {counted}, "
            f"{flag.expected:,} expected six months before. No single month stood out.",
        )
    how = how_far(flag)
    sentence = f"{what} were {how} the {basis_noun(basis)}: {counted}, {flag.expected:,} expected."
    return f"{how} {basis_word(basis)}", sentence


def moved_lines(
    facts: MonthFacts, flags: Sequence[FlagOfTotal] | None = None
) -> Iterator[tuple[str, str]]:
    """A line a dimension; each explains the whole. flags : of the month, all unless some are given.

    Only what the month itself deviated by was taken apart, not what it drifted by.
    """
    for flag in facts.findings if flags is None else flags:
        if flag.kind == "month" and facts.drivers:
            for label, text in moved_parts(flag, facts.drivers, facts.source):
                yield one_line(label), one_line(text)


def moved_parts(
    row: FlagOfTotal, drivers: Sequence[DriverRow], source: Source
) -> Iterator[tuple[str, str]]:
    """(what, in words): a line a dimension, what is missing, and the parts' own flags."""
    groups = groupby(drivers, key=lambda driver: str(driver.dimension))
    by_dimension = {name: list(group) for name, group in groups}
    total = abs(row.count - row.expected)
    missing = []
    ordered = [name for name in ORDER if name in by_dimension]
    for name in (*ordered, *sorted(by_dimension.keys() - ordered)):
        words = dimension_words(name, source)
        if by_dimension[name][0].role == "not held":
            missing.append(words)
        else:
            yield f"{words}:", "; ".join(_largest(by_dimension[name], total, source))
    if missing:
        yield "", f"not in the data on record: {', '.join(missing)}"
    if row.listed or row.apart:
        badge = f"; almost every {source.totals.part} moved the same way" if row.systemic else ""
        also = f"{row.listed} {'was' if row.listed == 1 else 'were'} also unusual"
        unlike = f"{row.apart} moved differently from the {source.totals.one} as a whole"
        yield f"{source.totals.below}:", f"{also}; {unlike}{badge}"


def part_words(row: DriverRow, source: Source) -> str:
    """A part in words; for a flag of the sum of all with its total."""
    if not row.member:
        return str(row.part_border)
    member = member_words(row.dimension, str(row.member), source)
    return f"{member} ({row.part_border})" if row.total == source.totals.whole else member


def _largest(drivers: Sequence[DriverRow], total: int, source: Source) -> Iterator[str]:
    """The largest parts of each side, all others in one, and what is in no part."""

    def moved(row: DriverRow) -> int:
        return row.contribution or 0

    parts = [row for row in drivers if row.role == "part"]
    least = max(LEAST * total, 1)
    by_size = sorted(parts, key=lambda row: -abs(moved(row)))
    sides = ([row for row in by_size if moved(row) * side >= least] for side in (1, -1))
    shown = [row for side in sides for row in side[:PARTS_SHOWN]]
    rest = [row for row in parts if row not in shown]
    # One part takes no more room than "all others".
    if len(rest) == 1:
        shown, rest = [*shown, *rest], []
    # By size, both sides mixed: what moved most comes first, up or down.
    shown.sort(key=lambda row: -abs(moved(row)))
    for row in shown:
        yield f"{part_words(row, source)} {signed(moved(row))}"
    if rest:
        yield f"all others {signed(sum(map(moved, rest)))}"
    for row in drivers:
        if row.role == "unattributed":  # however little, so that all of it adds up
            little = abs(moved(row)) < least  # of an agency that is not on record it is most
            words = "rounding and unassigned" if little else "in no part on record"
            yield f"{words} {signed(moved(row))}"
