"""The auditor: computes again what the desk says of each month, from the base tables alone.

Written by hand from the definitions in dictionary.toml (`figures`): it uses no view, query or
function of the rest, so that a definition that slipped there shows here. Where a figure differs, or
its words claim what its number does not bear, the row is named with what the tables say.
"""

from __future__ import annotations

import re
import sqlite3
from calendar import monthrange
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forecast.desk.figures import Fact

NEAR = 1e-9  # relative: the same sum in another order
MOST_SUPPORTED = 200  # "rarer than 1 month in 200" is the most a record of some 130 months can bear
ORDINARY = 2 / 3  # chance above which most months are as far off
LEAST_SINCE = 12  # months back from which on "lowest since" is said


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
class BaseTables:
    """What the base tables hold of one measure's totals, read by plain statements.

    counts : total -> month -> the count now current. values : (total, month) -> values in the order
    in which they were known. agencies : (total, agency) -> month -> count. judged, flags : (total,
    month) -> rows. units : (total, agency, month) -> to how many its source rounds. begins : the
    month, 1 to 12, in which years begin.
    """

    begins: int
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    values: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    agencies: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    judged: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    flags: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    units: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def halves(self, total: str, *, between: bool) -> list[tuple[str, str]]:
        """The series of one agency in a total: its own, or those of all parts of the whole."""
        # The Border Patrol works between ports, the other agency at them.
        of = [key for key in self.agencies if ("Patrol" in key[1]) == between]
        own = [key for key in of if key[0] == total]
        return own or (of if len(of) == len(self.counts) - 1 else [])


def audit(tables: BaseTables, told: Iterable[Fact]) -> Iterator[Discrepancy]:
    """Yield each told figure whose number, or whose words, the base tables do not bear."""
    for fact in told:
        check = CHECKS.get(fact.figure.removeprefix("change on "))
        if check is None:
            continue
        found = check(tables, fact.series, fact.period)
        if fact.figure.startswith("change on "):
            found = _change(tables, fact)
        if not _same(fact.value, found):
            yield Discrepancy(fact.series, fact.period, fact.figure, fact.value, found)
            continue
        for bears, why in _words(tables, fact):
            if not bears:
                at = (fact.series, fact.period, fact.figure)
                yield Discrepancy(*at, fact.value, why, words=fact.words)


# -- what the definitions say ---------------------------------------------------------------------


def _back(month: str, by: int) -> str:
    number = int(month[:4]) * 12 + int(month[5:]) - 1 - by
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def _year(t: BaseTables, month: str) -> tuple[list[str], list[str]]:
    """The months of a month's year up to it, and those behind it."""
    past = (int(month[5:]) - t.begins) % 12
    year = [_back(month, past - nth) for nth in range(12)]
    return year[: past + 1], year[past + 1 :]


def _so_far(t: BaseTables, total: str, month: str) -> int | None:
    counts, (this, _) = t.counts[total], _year(t, month)
    begun = [m for m in this if m >= min(counts)]
    if len(this) < 2 or any(m not in counts for m in begun):
        return None
    return sum(counts[m] for m in begun)


def _year_before_to_date(t: BaseTables, total: str, month: str) -> int | None:
    counts, (this, _) = t.counts[total], _year(t, month)
    last = [_back(m, 12) for m in this]
    return None if any(m not in counts for m in this + last) else sum(counts[m] for m in last)


def _peak(t: BaseTables, total: str, month: str) -> int:
    return max(count for m, count in t.counts[total].items() if m <= month)


def _rank(t: BaseTables, total: str, month: str) -> int:
    counts = t.counts[total]
    return 1 + sum(count > counts[month] for count in counts.values())


def _ties(t: BaseTables, total: str, month: str) -> int:
    counts = t.counts[total]
    return sum(count == counts[month] for m, count in counts.items() if m != month)


def _per_day(t: BaseTables, total: str, month: str) -> float:
    return t.counts[total][month] / monthrange(int(month[:4]), int(month[5:]))[1]


def _daily(t: BaseTables, fact: Fact) -> str:
    daily = _per_day(t, fact.series, fact.period)
    few = f"{daily:.1f}"
    return f"{few if len(few) == 3 else f'{daily:,.0f}'} a day" if daily >= 1 else ""


def _since(side: int) -> Callable[[BaseTables, str, str], str | None]:
    """Since which month none was as low (side -1) or as high (1)."""

    def found(t: BaseTables, total: str, month: str) -> str | None:
        counts = t.counts[total]
        before = sorted(m for m in counts if m < month)
        as_far = [m for m in before if side * counts[m] >= side * counts[month]]
        nearer = side * counts[before[-1]] < side * counts[month]
        if not nearer or (as_far and as_far[-1] > _back(month, LEAST_SINCE)):
            return "not told"
        return as_far[-1] if as_far else None

    return found


def _share(t: BaseTables, total: str, month: str) -> float | str:
    counts, (this, rest) = t.counts[total], _year(t, month)
    known = [m for m in this + rest if m in counts]
    begun = [m for m in this + rest if min(counts) <= m <= known[-1]]
    if len(known) < 2 or begun != known:
        return "not told"
    return counts[month] / sum(counts[m] for m in known)


def _closed(t: BaseTables, total: str, month: str) -> int:
    return int((_year(t, month)[1] or [month])[-1] <= max(t.counts[total]))


def _first_half(t: BaseTables, total: str, month: str) -> int | None:
    ports, between = (_agency(t, total, month, between=which) for which in (False, True))
    if ports is not None or between is None:
        return ports if between is not None else None
    summed = [(total, ""), *t.halves(total, between=True)]
    unit = max(t.units.get((*of, month), 1) for of in summed)
    return unit * round((t.counts[total][month] - between) / unit)


def _agency(t: BaseTables, total: str, month: str, *, between: bool) -> int | None:
    counts = [t.agencies[of].get(month) for of in t.halves(total, between=between)]
    return None if None in counts or not counts else sum(filter(None, counts))


def _judged(name: str) -> Callable[[BaseTables, str, str], Any]:
    return lambda t, total, month: t.judged.get((total, month), {}).get(name)


def _side(t: BaseTables, total: str, month: str) -> int | None:
    j = t.judged.get((total, month))
    return None if j is None else (j["count"] > j["hi80"]) - (j["count"] < j["lo80"])


JUDGED = {"forecast": "median", "flag forecast": "median", "cutoff": "cutoff", "rarity": "p"}
JUDGED |= {"lower 80": "lo80", "upper 80": "hi80", "lower 95": "lo95", "upper 95": "hi95"}
JUDGED |= {"judged count": "count"}
CHECKS: Mapping[str, Callable[[BaseTables, str, str], Any]] = {
    **{figure: _judged(column) for figure, column in JUDGED.items()},
    "count": lambda t, total, month: t.counts[total][month],
    "per day": _per_day,
    "month before": lambda t, total, month: t.counts[total].get(_back(month, 1)),
    "year before": lambda t, total, month: t.counts[total].get(_back(month, 12)),
    "so far": _so_far,
    "year to date": _year_before_to_date,
    "peak": _peak,
    "rank": _rank,
    "months held": lambda t, total, month: len(t.counts[total]),
    "ties": _ties,
    "lowest": _since(-1),
    "highest": _since(1),
    "share of year": _share,
    "year closed": _closed,
    "first value": lambda t, total, month: t.values[total, month][0],
    "times revised": lambda t, total, month: len(t.values[total, month]) - 1,
    "first half": _first_half,
    "second half": lambda t, total, month: _agency(t, total, month, between=True),
    "side": _side,
    "unusual": lambda t, total, month: len(t.flags.get((total, month), ())),
    "flag side": lambda t, total, month: _sign(t.judged.get((total, month))),
    "severity": lambda t, total, month: t.flags[total, month][0]["severity"],
}


def _sign(j: Mapping[str, Any] | None) -> int | None:
    return None if j is None else (j["count"] > j["median"]) - (j["count"] < j["median"])


def _change(t: BaseTables, fact: Fact) -> float | None:
    base = fact.figure.removeprefix("change on ")
    before = CHECKS[base](t, fact.series, fact.period)
    now = _so_far(t, fact.series, fact.period)
    now = now if base == "year to date" else t.counts[fact.series][fact.period]
    return None if not before or now is None else 100 * (now / before - 1)


# -- what the words claim -------------------------------------------------------------------------


def _words(t: BaseTables, fact: Fact) -> Iterator[tuple[bool, Any]]:
    """Yield whether the number bears each claim of the words, and what it is."""
    if fact.figure.startswith("change on ") or fact.figure == "flag side":
        yield from _percent(t, fact)
    elif fact.figure in EXACT:
        words = EXACT[fact.figure](t, fact)
        yield fact.words == words, words
    elif fact.figure in CLAIMS:
        yield from CLAIMS[fact.figure](t, fact)


def _extreme(t: BaseTables, fact: Fact) -> Iterator[tuple[bool, Any]]:
    other, wrong = {"lowest": ("highest", "higher"), "highest": ("lowest", "lower")}[fact.figure]
    strange = f"the {other} since" in fact.words or f"was {wrong}" in fact.words
    yield not strange, fact.figure
    yield not fact.value or str(fact.value)[:4] in fact.words, fact.value


def _lies(t: BaseTables, fact: Fact) -> Iterator[tuple[bool, Any]]:
    j = t.judged[fact.series, fact.period]
    inside80 = j["lo80"] <= j["count"] <= j["hi80"]
    inside95 = j["lo95"] <= j["count"] <= j["hi95"]
    side = "above" if j["count"] > j["median"] else "below"
    claims = "inside the 80%" if inside80 else f"{side} the {'80' if inside95 else '95'}%"
    yield fact.words.startswith(claims), claims


def _rarity(t: BaseTables, fact: Fact) -> Iterator[tuple[bool, Any]]:
    p, claimed = float(fact.value or 0), re.search(r"1 month in ([\d,]+)", fact.words)
    if claimed is None:
        yield "ordinary" in fact.words and p > ORDINARY, p
        return
    months = int(claimed[1].replace(",", ""))
    rarer = months <= MOST_SUPPORTED and p < 1 / months
    about = p <= ORDINARY and abs(1 / p - months) <= 0.5 if p else False
    yield rarer if "rarer than" in fact.words else about, p


def _ended(t: BaseTables, fact: Fact) -> Iterator[tuple[bool, Any]]:
    state = t.flags[fact.series, fact.period][0]["state"]
    # One whose figures were restated since is over as well.
    claims = {"level shift": "stayed", "transient": "did not last|does not stand", "open": "open"}
    said = [of for of, words in claims.items() if re.search(words, fact.words.casefold())]
    yield said == ([state] if state else []), state


EXACT: Mapping[str, Callable[[BaseTables, Fact], str]] = {
    "per day": _daily,
    "month before": lambda t, fact: _back(fact.period, 1),
    "year before": lambda t, fact: _back(fact.period, 12),
    "peak": lambda t, fact: max(
        m for m, c in t.counts[fact.series].items() if m <= fact.period and c == fact.value
    ),
    "share of year": lambda t, fact: f"{100 * float(fact.value or 0):.1f}%",
    "year closed": lambda t, fact: "final" if fact.value else "preliminary",
    "forecast": lambda t, fact: str(t.judged[fact.series, fact.period]["basis"]),
    "unusual": lambda t, fact: "" if fact.value else "nothing unusual",
}
CLAIMS: Mapping[str, Callable[[BaseTables, Fact], Iterator[tuple[bool, Any]]]] = {
    "lowest": _extreme,
    "highest": _extreme,
    "side": _lies,
    "rarity": _rarity,
    "severity": _ended,
}


def _percent(t: BaseTables, fact: Fact) -> Iterator[tuple[bool, Any]]:
    """The percentage printed is that of the counts, and its sign theirs."""
    if fact.figure == "flag side":
        j = t.judged[fact.series, fact.period]
        true = 100 * (j["count"] / j["median"] - 1) if j["median"] else None
    else:
        true = _change(t, fact)
    if true is None:
        yield fact.words == "from zero", "a base of 0"
        return
    printed = re.sub("[,%+]", "", fact.words).replace("\N{MINUS SIGN}", "-")
    yield abs(float(printed) - true) <= 0.0501, true


def _same(told: float | str | None, found: float | str | None) -> bool:
    if isinstance(told, (int, float)) and isinstance(found, (int, float)):
        return abs(told - found) <= NEAR * max(1.0, abs(found))
    return told == found


# -- what the base tables hold --------------------------------------------------------------------

_RELEASES = """
select id, kind, rounding,
    coalesce(first_seen_at, date(data_through || '-01', '+1 month', '+30 days')) as known
from main.releases where measure_id = ? and status = 'accepted'
    and id not in (select release_id from main.retractions)
order by seq, kind <> 'bundle', decided_at, coalesce(first_seen_at, ''), sha256
"""
_STATED = """
select s.border, s.member, o.month, o.release_id, o.encounters
from main.observations as o join main.series as s on s.id = o.series_id
where s.measure_id = ? and s.dimension in ('', 'component')
"""
_DATED = """
select l.border, l.first_month as month, l.known_by, l.encounters
from main.dated_lines as l join main.dated_batches as b on b.id = l.batch_id
where b.measure_id = ? and l.dimension = '' and l.first_month = l.last_month and l.rounding = 1
    and l.days = 0
    and b.id not in (select batch_id from main.dated_withdrawals)
"""
_COVERED = "select * from main.coverage where dimension = ''"
_TOTALS = "select id, border from main.series where measure_id = ? and dimension = ''"
_ISSUED = """
select j.series_id, j.month, j.encounters as count, j.p, j.cutoff, 'issued' as basis, x.median,
    x.lo80, x.hi80, x.lo95, x.hi95
from main.judgements as j
join main.forecasts as x on x.run_id = j.run_id and x.series_id = j.series_id
    and x.month = j.month and x.model = 'bordercast'
where j.release_id not in (select release_id from main.retractions)
"""
# A hindcast may be made anew by a later program; what judged the month is kept with the judgement.
_HINDCAST = """
select j.series_id, j.month, j.encounters as count, j.p, j.cutoff, 'hindcast' as basis, j.median,
    j.lo80, j.hi80, j.lo95, j.hi95
from main.judgements as j
where j.run_id is null and j.lo80 is not null
    and j.release_id not in (select release_id from main.retractions)
"""
_FLAGS = """
select f.series_id, f.month, f.severity, e.state
from main.flags as f left join main.episodes as e on e.id = f.episode_id
where f.kind = 'month' and f.severity <> 'watch'
    and f.release_id not in (select release_id from main.retractions)
order by f.id
"""


def read_tables(connection: sqlite3.Connection, measure_id: int, begins: int) -> BaseTables:
    """Read the base tables of one measure.

    begins : month 1..12 in which its years begin.
    """
    tables = BaseTables(begins)
    releases = _rows(connection, _RELEASES, measure_id)  # from old to new
    stated: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in _rows(connection, _STATED, measure_id):
        stated[row["release_id"]].append(row)
    for release in releases:
        for row in stated[release["id"]] if release["kind"] != "vintage" else ():
            # A later release's row stands in the place of an earlier one's.
            total, agency, month = row["border"], row["member"], row["month"]
            if agency:
                tables.agencies.setdefault((total, agency), {})[month] = row["encounters"]
            else:
                tables.counts.setdefault(total, {})[month] = row["encounters"]
            tables.units[total, agency, month] = release["rounding"]
    dated = _rows(connection, _DATED, measure_id)
    tables.values.update(_histories(releases, stated, _rows(connection, _COVERED), dated))
    totals = {row["id"]: row["border"] for row in _rows(connection, _TOTALS, measure_id)}
    for row in (*_rows(connection, _ISSUED), *_rows(connection, _HINDCAST)):
        if row["series_id"] in totals and row["p"] is not None:
            tables.judged[totals[row["series_id"]], row["month"]] = row
    for row in _rows(connection, _FLAGS):
        if row["series_id"] in totals:
            tables.flags.setdefault((totals[row["series_id"]], row["month"]), []).append(row)
    return tables


def _histories(
    releases: Iterable[Mapping[str, Any]],
    stated: Mapping[int, Iterable[Mapping[str, Any]]],
    covered: Iterable[Mapping[str, Any]],
    dated: Iterable[Mapping[str, Any]],
) -> dict[tuple[str, str], list[int]]:
    """(total, month) -> the values it has had, in the order in which they became known."""
    said: dict[tuple[str, str], list[tuple[str, int, int]]] = defaultdict(list)
    stands: dict[tuple[str, str], int] = {}
    spans: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
    for c in covered:
        spans[c["release_id"]].append((c["border"], c["first_month"], c["last_month"]))
    for place, release in enumerate(releases):
        rows = [row for row in stated.get(release["id"], ()) if not row["member"]]
        own = {(row["border"], row["month"]): row["encounters"] for row in rows}
        if release["kind"] != "vintage":
            stands |= own
            # A month that a release covers without a row of its own is as before.
            own = {
                at: count
                for at, count in stands.items()
                if any(at[0] == b and f <= at[1] <= e for b, f, e in spans[release["id"]])
            }
        for at, count in own.items():
            said[at].append((release["known"], place, count))
    for row in dated:
        # Newer than what was known before it, older than what became known later.
        known = said[row["border"], row["month"]]
        place = max((at for day, at, _ in known if day < row["known_by"]), default=-1)
        known.append((row["known_by"], place, row["encounters"]))
    return {at: _in_order(told) for at, told in said.items()}


def _in_order(told: Iterable[tuple[str, int, int]]) -> list[int]:
    """Return the values of a month by the day each was known, its place and count."""
    newest, had = -1, list[int]()
    for _, place, count in sorted(told):
        # A file seen later that is older than one seen before tells nothing new.
        if place >= newest:
            newest = place
            had += [count] if had[-1:] != [count] else []
    return had


def _rows(connection: sqlite3.Connection, query: str, *values: Any) -> list[dict[str, Any]]:
    cursor = connection.execute(query, values)
    names = [column for column, *_ in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
