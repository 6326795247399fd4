"""Any two things of a record side by side: two series, or two months or years of one.

Counts are shown as they are, as an index (100 in the first month both have) or as shares of the
wholes that they are parts of, which are named.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from forecast import months
from forecast.agreed import KINDS
from forecast.errors import SpanError
from forecast.names import SeriesNames
from forecast.types import COUNT, Row, SeriesKey
from forecast.words import MONTHS, change_words, many, month_name

WAYS = ("counts", "index", "share")
MONTHS_SHOWN = 36  # of two series, unless a first month is asked for


class CompareRow(NamedTuple):
    """Two values as shown, None where one is not on record, and how they differ, in words."""

    label: str
    first: float | None
    second: float | None
    difference: str


@dataclass(frozen=True)
class Compared:
    """Two columns side by side.

    heads : of the label, both columns, and how they differ. note : both in all, a sentence.
    lines : rows to draw, of both. years : whether these are years put over each other.
    """

    heads: tuple[str, ...]
    rows: Sequence[CompareRow] = ()
    note: str = ""
    lines: Sequence[Sequence[Row]] = ()
    years: bool = False


@dataclass(frozen=True)
class ShareBase:
    """What a share is of: its name, and its counts by month."""

    name: str
    counts: Mapping[str, int]


def asked(
    things: Sequence[str],
    names: SeriesNames,
    counts: Callable[[SeriesKey], Mapping[str, int]],
    shown_as: str = "counts",
    since: str = "",
) -> Compared:
    """Set side by side what words name: two series, or a series in two months or years.

    things : two names, or a name and two spans. counts : of a series, by month. SeriesNameError or
    SpanError where no series or span is so named, or no month has both.
    """
    if not 2 <= len(things) <= 3:
        raise SpanError(" ".join(things), "name two series, or a series and two months or years")
    if shown_as == "share" and not KINDS[names.source.kind].parts:
        raise SpanError(shown_as, "rates are no parts of a whole; compare counts or an index")
    if len(things) == 3 and shown_as != "counts":
        raise SpanError(shown_as, "two series have an index or shares; of months compare counts")
    # Of three words the last two are spans of the first; of two, both are series.
    keys = [names.find(name) for name in things[: 1 if len(things) == 3 else 2]]
    lines = [counts(key) for key in keys]
    if len(things) == 3:
        calendar, newest = names.source.calendar, months.to_index(max(lines[0]))
        first, second = (calendar.read(text, newest) for text in things[1:])
        named = calendar.name(first), calendar.name(second)
        compared = spans(named, (first.months, second.months), lines[0])
    else:
        both = names.name(keys[0]), names.name(keys[1])
        pair = lines[0], lines[1]
        of = wholes(keys[0], keys[1], names, counts) if shown_as == "share" else None
        compared = series(both, pair, shown_as, since, of, adds=names.source.calendar.adds)
    if not compared.rows:
        raise SpanError(" ".join(things), "no month of both is on record")
    return compared


def wholes(
    first: SeriesKey,
    second: SeriesKey,
    names: SeriesNames,
    counts: Callable[[SeriesKey], Mapping[str, int]],
) -> tuple[ShareBase, ShareBase] | None:
    """Return what each of two series is a share of; None where one of them has no whole.

    The other where that holds it; else its own total, and of a total all totals together.
    """
    above = [names.source.tree.holders(key) for key in (first, second)]
    if second in above[0]:
        of = second, second
    elif first in above[1]:
        of = first, first
    elif all(above):
        of = above[0][0], above[1][0]
    else:
        return None
    return ShareBase(names.name(of[0]), counts(of[0])), ShareBase(names.name(of[1]), counts(of[1]))


def series(
    names: tuple[str, str],
    counts: tuple[Mapping[str, int], Mapping[str, int]],
    shown_as: str = "counts",
    since: str = "",
    of: tuple[ShareBase, ShareBase] | None = None,
    *,
    adds: bool = True,
) -> Compared:
    """Set two series beside each other, the newest month first.

    counts : month -> count of each. shown_as : counts, index or share. since : YYYY-MM, the first
    month; the last 36 where it is empty. of : what each is a share of; both together where None.
    adds : whether months add up; else the note has their mean.
    """
    first, second = counts
    # Only months that both have: a sum over others compares nothing.
    both = sorted(first.keys() & second.keys())
    if of is None:
        together = {month: first[month] + second[month] for month in both}
        of = (ShareBase(f"{names[0]} and {names[1]} together", together),) * 2
    shares = shown_as == "share"
    if shares:
        both = [month for month in both if month in of[0].counts and month in of[1].counts]
    shown = [month for month in both if month >= since] if since else both[-MONTHS_SHOWN:]
    if not shown:
        return Compared(("month", *names, "first / second"))
    values: Sequence[Mapping[str, float | None]] = counts
    if shown_as != "counts":
        bases = [
            whole.counts if shares else dict.fromkeys(shown, line[shown[0]])
            for line, whole in zip(counts, of, strict=True)
        ]
        values = [_percents(*of_each, shown) for of_each in zip(counts, bases, strict=True)]
    rows = [_ratio(month, *(line[month] for line in values)) for month in reversed(shown)]
    heads = [f"{n}, % of {whole.name}" for n, whole in zip(names, of, strict=True)]
    index = f" Index: {month_name(shown[0])} is 100." if shown_as == "index" else ""
    return Compared(
        ("month", *(heads if shares else names), "first / second"),
        rows,
        f"{_in_all(names, counts, of, shown, shares, adds)}{index}",
        [[{"month": m, COUNT: line[m]} for m in shown] for line in values],
    )


def _percents(
    counts: Mapping[str, int], bases: Mapping[str, int], shown: Sequence[str]
) -> dict[str, float | None]:
    """Return each month's count in percent of its base; of nothing there is no share."""
    return {m: 100 * counts[m] / bases[m] if bases[m] else None for m in shown}


def _ratio(month: str, left: float | None, right: float | None) -> CompareRow:
    # Of what is shown: a ratio of counts beside an index is of neither column. A ratio to
    # nothing is no number; a dash says so.
    times = f"{left / right:.2f}" if left is not None and right else "-"
    left, right = (None if x is None else round(x, 1) for x in (left, right))
    return CompareRow(month_name(month), left, right, times)


def _in_all(
    names: tuple[str, str],
    counts: tuple[Mapping[str, int], Mapping[str, int]],
    of: tuple[ShareBase, ShareBase],
    shown: Sequence[str],
    shares: bool,
    adds: bool,
) -> str:
    """Say both series over all months shown: their sums, or means of what does not add up."""
    parts = []
    for name, line, whole in zip(names, counts, of, strict=True):
        sums = (sum(by_month[month] for month in shown) for by_month in (line, whole.counts))
        count, base = (round(summed / (1 if adds else len(shown))) for summed in sums)
        part = shares and name != whole.name and base
        share = f" of {base:,} {whole.name}, {100 * count / base:.1f}%" if part else ""
        parts.append(f"{name} {count:,}{share}")
    span = f"{'' if adds else 'Mean of '}{month_name(shown[0])} to {month_name(shown[-1])}"
    return f"{span}: {('; ' if shares else ', ').join(parts)}."


def spans(
    names: tuple[str, str], spans: tuple[list[str], list[str]], counts: Mapping[str, int]
) -> Compared:
    """Set two spans of one series beside each other, month by month and in all.

    spans : the months of each, in order. The sum is over the places where both are on record, so
    that a year that is not over is compared with the same months of the other.
    """
    heads = ("month", *names, "change")
    rows: list[CompareRow] = []
    pairs: list[tuple[int, int]] = []
    # From the earlier to the later, in whichever order they were named: a fall stays a fall.
    newest_first = spans[0] >= spans[1]
    earlier, later = reversed(names) if newest_first else names

    def change(first: int, second: int) -> str:
        return change_words(first, second) if newest_first else change_words(second, first)

    places: list[tuple[str, str]] = list(zip(*spans, strict=False))
    for month, other in places:
        label = MONTHS[int(month[5:]) - 1] if month[5:] == other[5:] else f"{month} / {other}"
        left, right, changed = counts.get(month), counts.get(other), "-"
        if left is not None and right is not None:
            changed = change(left, right)
            pairs.append((left, right))
        rows.append(CompareRow(label, left, right, changed))
    if not pairs:
        return Compared(heads)
    # Over months that both have, so that a year that runs is not said to have fallen.
    in_all = sum(left for left, _ in pairs), sum(right for _, right in pairs)
    beside = many(len(pairs), "month")
    part = "" if len(pairs) == len(rows) else f", in the {beside} both have"
    if len(rows) > 1:
        rows.append(CompareRow(beside, *in_all, change(*in_all)))
    note = (
        f"{names[0]}: {in_all[0]:,}. {names[1]}: {in_all[1]:,}. "
        f"Change from {earlier} to {later}: {change(*in_all)}{part}."
    )
    lines = _over_each_other(places, 0 if newest_first else 1, counts) if len(pairs) > 1 else ()
    return Compared(heads, rows, note, lines, years=True)


def _over_each_other(
    places: Sequence[tuple[str, str]], later: int, counts: Mapping[str, int]
) -> Sequence[Sequence[Row]]:
    """Return two spans to draw, both over the months of the later one."""
    return [
        [{"month": at[later], COUNT: counts[at[n]]} for at in places if at[n] in counts]
        for n in (0, 1)
    ]


def compared_rows(compared: Compared) -> list[Row]:
    """Return the rows by their heads."""
    return [dict(zip(compared.heads, row, strict=True)) for row in compared.rows]


def as_json(compared: Compared) -> dict[str, object]:
    """Return what was compared for programs: a row by its heads, in the order shown."""
    return {
        "compared": list(compared.heads[1:3]),
        "rows": compared_rows(compared),
        "note": compared.note,
    }
