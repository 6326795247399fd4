"""The auditor: computes again what the desk says of each month, from the base tables alone.

Written by hand from the definitions in dictionary.toml (`figures`): like `base_tables`, it uses no
view, query or function of the rest, so that a definition that slipped there shows here. Where a
figure differs, or its words claim what its number does not bear, the row is named with what the
tables say.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecast.base_tables import NEAR, BaseRow, back, days, named, percent, same, within

if TYPE_CHECKING:
    from forecast.base_tables import BaseTables, BaseValue
    from forecast.desk.figures import Fact

MOST_SUPPORTED = 200  # "rarer than 1 month in 200" is the most a record of some 130 months can bear
ORDINARY, UNUSUAL = 2 / 3, 0.05  # chance that most months reach; from which on none is flagged
NODES = 0.1  # of a bound's chance, to which nodes of its distribution meet it
LEAST_SINCE = 12  # months back from which on "lowest since" is said
GRADES = {"critical": (0.005, 4.0, "far "), "major": (0.01, 2.0, "well "), "notable": (1, 0, "")}


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A figure that the base tables do not bear: what was told, and what they say."""

    series: str
    period: str
    figure: str
    told: float | str | None
    found: float | str | None
    words: str = ""

    def __str__(self) -> str:
        """Name it in a line."""
        what = f"{self.series} {self.period}, {self.figure}"
        if self.words:
            return f"{what}: told {self.words!r}, which {self.found} does not bear"
        return f"{what}: told {self.told}, the tables say {self.found}"


@dataclass(frozen=True, slots=True)
class _At:
    t: BaseTables
    series: str
    month: str

    @property
    def counts(self) -> Mapping[str, int]:
        return self.t.counts.get(self.series, {})

    @property
    def count(self) -> int:
        return self.counts[self.month]

    @property
    def values(self) -> list[BaseValue]:
        return self.t.values.get((self.series, self.month), [])

    def first(self, of: str) -> BaseRow:
        return next(iter(self.t.rows[of].get((self.series, self.month), ())), BaseRow())

    @property
    def judged(self) -> BaseRow:
        return self.first("judged")

    def year(self) -> list[str]:
        past = (int(self.month[5:]) - self.t.shape.begins) % 12
        return [back(self.month, past - nth) for nth in range(12)]

    def half(self, which: int) -> int | None:
        names = self.t.ending(self.series, self.t.shape.halves[which])
        counts = [self.t.counts[name].get(self.month) for name in names]
        return None if None in counts or not counts else sum(filter(None, counts))


def audit(tables: BaseTables, told: Iterable[Fact]) -> Iterator[Discrepancy]:
    """Yield each told figure whose number, or whose words, the base tables do not bear."""
    for fact in told:
        at, what = _At(tables, fact.series, fact.period), (fact.series, fact.period, fact.figure)
        try:
            found = CHECKS[fact.figure](at)
        except (LookupError, TypeError, ValueError, StopIteration):
            found = "nothing"  # the tables do not have what it would be made of
        if not same(fact.value, found):
            yield Discrepancy(*what, fact.value, found)
            continue
        right = WORDS[fact.figure](at) if fact.figure in WORDS else ".*"
        if not re.fullmatch(right, fact.words, re.DOTALL):
            yield Discrepancy(*what, fact.value, right, words=fact.words or "nothing")


def _so_far(at: _At) -> int | None:
    begun = [m for m in at.year() if min(at.counts) <= m <= at.month]
    if at.month == at.year()[0] or any(m not in at.counts for m in begun):
        return None
    return sum(at.counts[m] for m in begun)


def _year_before_to_date(at: _At) -> int | None:
    months = [m for m in at.year() if m <= at.month]
    last = [back(m, 12) for m in months]
    held = at.counts.keys() >= {*months, *last}
    return sum(at.counts[m] for m in last) if held else None


def _since(side: int) -> Callable[[_At], str | None]:
    """Since which month none was as low (side -1) or as high (1)."""

    def found(at: _At) -> str | None:
        before = sorted(m for m in at.counts if m < at.month)
        as_far = [m for m in before if side * at.counts[m] >= side * at.count]
        nearer = side * at.counts[before[-1]] < side * at.count
        if not nearer or (as_far and as_far[-1] > back(at.month, LEAST_SINCE)):
            return "not told"
        return as_far[-1] if as_far else None

    return found


def _in_a_row(by: int) -> Callable[[_At], int]:
    """Months up to this one that rose from those `by` months before, negative that fell."""

    def found(at: _At) -> int:
        def side(nth: int) -> int:
            now, then = (at.counts.get(back(at.month, nth + more)) for more in (0, by))
            return 0 if now is None or then is None else (now > then) - (now < then)

        months = 0
        while side(0) and side(months) == side(0):
            months += 1
        return side(0) * months

    return found


def _of_year(at: _At) -> list[str]:
    return [m for m in at.year() if m in at.counts]


def _share(at: _At) -> float | str:
    known = _of_year(at)
    begun = [m for m in at.year() if min(at.counts) <= m <= max(at.counts)]
    if len(known) < 2 or known != begun:
        return "not told"
    return at.count / sum(at.counts[m] for m in known)


def _first_half(at: _At) -> int | None:
    ports, between = at.half(0), at.half(1)
    if ports is not None or between is None:
        return ports if between is not None else None
    summed = [at.series, *at.t.ending(at.series, at.t.shape.halves[1])]
    unit = max(at.t.units.get((name, at.month), 1) for name in summed)
    return unit * round((at.count - between) / unit)


def _judged_count(at: _At) -> Any:
    """What the earliest file with all of it states, of those that were there when it was judged."""
    files = at.t.stated[at.series, at.month]
    then = [row for row in files if row.release_id <= at.judged.release_id]
    whole = [row for row in then if (*row.of, row.release_id) not in at.t.partial]
    return (whole or then[-1:])[0].count


def _moved_with(at: _At) -> int | None:
    """What a part would have been, had it moved with the whole; None where nobody asked."""
    flag, median = at.first("flags"), at.judged.median
    apart = flag.role == "apart" or (flag.relative == 1 and flag.expected != median)
    return flag.expected if apart and median is not None else None


def _severity(at: _At) -> str:
    """How grave a flagged month is: by how rare it was, and by which factor off."""
    j, beside = at.judged, _moved_with(at)
    p, expected = (j.p, j.median) if beside is None else (j.apart_p, beside)
    factor = (j.encounters + 1) / (expected + 1)
    factor = max(factor, 1 / factor) + NEAR
    return next(name for name, (rare, off, _) in GRADES.items() if p < rare and factor >= off)


def _side_of(at: _At, low: int, high: int) -> int | None:
    count = at.judged.encounters
    return None if count is None else (count > high) - (count < low)


def _level(at: _At) -> int:
    """The side of a level that was confirmed in the month, if its count lies there."""
    away = math.log1p(at.judged.encounters) - at.first("levels").centre
    return 1 if away > 0 else -1


def _held(at: _At) -> Any:
    """Which share of its newest months the 80% interval of the hindcast a month ahead held."""
    rows = at.t.ahead[at.series]
    whole = [r for r in rows if (at.series, r.period) not in at.t.awaited]
    known = [r for r in whole if r.period in at.counts][-rows[0].n :]
    return sum(r.q100 <= at.counts[r.period] <= r.q900 for r in known) / len(known)


def _published(at: _At) -> int:
    """What is published of a span; a month that is not complete as what it will be."""
    first, last = at.month.split("/")
    through = min(last, at.first("sums").cutoff)
    shares = {m: at.t.awaited.get((at.series, m)) or 1 for m in at.counts}
    return sum(round(c / shares[m]) for m, c in at.counts.items() if first <= m <= through)


def _from(of: str, name: str) -> Callable[[_At], Any]:
    return lambda at: getattr(at.first(of), name)


def _rarity(at: _At) -> float | str:
    """The chance of a count as far off: under 20% outside the 80% interval, and so on."""
    j = at.judged
    for chance, (low, high) in ((0.2, j.ends(80)), (UNUSUAL, j.ends(95))):
        # On a bound or near its chance either may be so: it is rounded to a count.
        clear = j.encounters not in (low, high) and abs(j.p / chance - 1) > NODES
        if clear and (j.p > chance) != (low <= j.encounters <= high):
            return f"{j.encounters:,} beside {low:,} to {high:,}"
    return float(j.p)


JUDGED = {"cutoff": "cutoff", "lower 80": "lo80", "upper 80": "hi80", "lower 95": "lo95"}
JUDGED |= {"upper 95": "hi95", "forecast": "median", "flag forecast": "median"}
AHEAD = {"ahead": "median", "ahead lower 80": "lo80", "ahead upper 80": "hi80"}
CHECKS: Mapping[str, Callable[[_At], Any]] = {
    **{figure: _from("judged", column) for figure, column in JUDGED.items()},
    **{figure: _from("ahead", column) for figure, column in AHEAD.items()},
    "count": lambda at: at.count,
    "per day": lambda at: at.count / days(at.month),
    "month before": lambda at: at.counts.get(back(at.month, 1)),
    "change on month before": lambda at: percent(at.count, at.counts.get(back(at.month, 1))),
    "year before": lambda at: at.counts.get(back(at.month, 12)),
    "change on year before": lambda at: percent(at.count, at.counts.get(back(at.month, 12))),
    "so far": _so_far,
    "year to date": _year_before_to_date,
    "change on year to date": lambda at: percent(_so_far(at), _year_before_to_date(at)),
    "peak": lambda at: max(c for m, c in at.counts.items() if m <= at.month),
    "change on peak": lambda at: percent(at.count, CHECKS["peak"](at)),
    "rank": lambda at: 1 + sum(c > at.count for c in at.counts.values()),
    "months in a row": _in_a_row(1),
    "years in a row": _in_a_row(12),
    "months held": lambda at: len(at.counts),
    "ties": lambda at: sum(c == at.count for m, c in at.counts.items() if m != at.month),
    "lowest": _since(-1),
    "highest": _since(1),
    "share of year": _share,
    "year closed": lambda at: int(at.year()[-1] <= max(at.counts)),
    "first value": lambda at: at.values[0].count,
    "known since": lambda at: at.values[-1].known,
    "times revised": lambda at: len(at.values) - 1,
    "first half": _first_half,
    "second half": lambda at: at.half(1),
    "aside": lambda at: at.t.counts[f"{at.series} / {at.t.shape.aside[0]}"][at.month],
    "judged count": _judged_count,
    "side": lambda at: _side_of(at, *at.judged.ends(80)),
    "rarity": _rarity,
    "unflagged": lambda at: at.judged.unflagged or "",
    "unusual": lambda at: len(at.t.rows["flags"].get((at.series, at.month), ())),
    "flag side": lambda at: _side_of(at, at.judged.median, at.judged.median),
    "severity": _severity,
    "moved with the whole": _moved_with,
    "level": _level,
    "moved": _from("moved", "moved"),
    "moved in all": lambda at: at.judged.encounters - at.judged.median,
    "forecast moved": _from("moves", "moved"),
    "sum published": _published,
    "sum ahead": _from("sums", "median"),
    "term": lambda at: sum(within(at.counts, at.month).values()),
    "term per month": lambda at: CHECKS["term"](at) / len(within(at.counts, at.month)),
    "term per day": lambda at: CHECKS["term"](at) / sum(map(days, within(at.counts, at.month))),
    "held": _held,
    "months flagged": lambda at: at.t.months["flags"],
    "months judged": lambda at: at.t.months["judged"],
}


# What the words claim: of each figure the words that its numbers bear, as a pattern.


def _daily(at: _At) -> str:
    daily = CHECKS["per day"](at)
    few = f"{daily:.1f}"
    return f"{few if len(few) == 3 else f'{daily:,.0f}'} a day" if daily >= 1 else ""


def _basis(at: _At) -> str:
    """Issued is what a run said before the day on which the month became known."""
    run, first = at.judged.run_day, next(iter(at.values), None)
    exact = first is not None and first.vintage in ("day", "by") and first.known
    return "issued" if run and exact and run < exact else "hindcast"


def _extreme(name: str, beyond: str) -> Callable[[_At], str]:
    def words(at: _At) -> str:
        since, start = CHECKS[name](at), named(min(at.counts))  # no superlative without its start
        alone = rf"(No earlier month since {start} was {beyond}|It is the {name} on .*{start}.*)\."
        return rf"It is the {name} since {named(since)}\." if since else alone

    return words


def _place(at: _At) -> str:
    above, below = (sum(c * side > at.count * side for c in at.counts.values()) for side in (1, -1))
    end, place = ("highest", above + 1) if above <= below else ("lowest", below + 1)
    nth = f"{place:,}(st|nd|rd|th) " if place > 1 else ""
    span = f"{named(min(at.counts))} to {named(max(at.counts))}"
    return rf".*the {nth}{end} of {len(at.counts)} months on record \({span}\).*"


def _year_share(at: _At) -> str:
    known = len(_of_year(at))  # a share of some months of a year is none of the year
    of = f"the {known} months of" if known < 12 else r"(?!the \d)"
    return f"It makes up {100 * float(_share(at)):.1f}% of {of}.*"


def _lies(at: _At) -> str:
    j, side = at.judged, "above" if CHECKS["side"](at) == 1 else "below"
    beyond = [of for of in (95, 80) if _side_of(at, *j.ends(of))]
    return f"{side} the {beyond[0]}% interval" if beyond else "inside the 80% interval"


def _rare(at: _At) -> str:
    p = at.judged.p
    if p < 1 / MOST_SUPPORTED:
        return f"rarer than 1 month in {MOST_SUPPORTED} .*"
    return "an ordinary month" if p > ORDINARY else f"about 1 month in {round(1 / p)} is .*"


def _unflagged(at: _At) -> str:
    why, far = at.judged.unflagged or "", at.judged.p < UNUSUAL
    said = {"watch": "not enough to flag", "small": ".*too small.*", "known": ".*before.*"}
    said |= {"late": ".*later months.*", "restated": ".*restated since.*"}
    none = "not flagged" if far else "but not far enough to flag"
    return f"(unusual, but )?{said[why]}" if why else none


def _graded(at: _At) -> str:
    flag, how = at.first("flags"), GRADES[_severity(at)][2]
    ends = {"level shift": "It stayed.*", "open": "Still open.*", None: "", "transient": "It did.*"}
    ended = ".*restated.*" if flag.ended_by == "restated" else ends[flag.state]
    side = "above" if CHECKS["flag side"](at) == 1 else "below"
    return ended if at.series not in at.t.totals else f"{how}{side}: {ended}"


def _printed(of: Callable[[_At], float | None]) -> Callable[[_At], str]:
    """The percentage of the counts, and its sign."""

    def words(at: _At) -> str:
        true = of(at)
        if true is None:
            return "from zero"
        sign = "" if abs(true) < 0.05 else r"\+" if true > 0 else "\N{MINUS SIGN}"
        return f"(.*\\()?{sign}{abs(true):,.1f}%\\)?"

    return words


def _of_vintage(at: _At) -> str:
    told = ("on record", "earliest value", "not revised since", "First published as")
    seen = at.values[0].vintage != "unknown"
    return f".*({'|'.join(told[2:] if seen else told[:2])}).*"


WORDS: Mapping[str, Callable[[_At], str]] = {
    **{figure: _printed(of) for figure, of in CHECKS.items() if figure.startswith("change on ")},
    "per day": _daily,
    "month before": lambda at: back(at.month, 1),
    "year before": lambda at: back(at.month, 12),
    "peak": lambda at: max((c, m) for m, c in at.counts.items() if m <= at.month)[1],
    "rank": _place,
    "lowest": _extreme("lowest", "lower"),
    "highest": _extreme("highest", "higher"),
    "share of year": _year_share,
    "year closed": lambda at: "final" if CHECKS["year closed"](at) else "preliminary",
    "first value": _of_vintage,
    "known since": lambda at: str(at.values[-1].vintage),
    "forecast": _basis,
    "side": _lies,
    "rarity": _rare,
    "unflagged": _unflagged,
    "unusual": lambda at: "" if CHECKS["unusual"](at) else "nothing unusual",
    "flag side": _printed(lambda at: percent(at.judged.encounters, at.judged.median)),
    "severity": _graded,
    "moved with the whole": _printed(lambda at: percent(at.judged.encounters, _moved_with(at))),
    "level": lambda at: "higher" if _level(at) == 1 else "lower",
    "held": lambda at: f".*80% interval contained {100 * _held(at):.0f}%.*",
}
