"""The embedded counts, added up by hand: what is claimed of them is held against this."""

from __future__ import annotations

from functools import cache

from forecast.sources.cbp.encounters import bundle
from forecast.types import SeriesKey

PLACES = {"sw": "southwest", "nb": "northern", "ot": "other", "nw": "nationwide"}
NOT_RIGHT = ("wrong", "mislabelled", "not understood")
HALVES = {"usbp": "U.S. Border Patrol", "ofo": "Office of Field Operations"}


@cache
def _stated() -> dict[SeriesKey, dict[str, int]]:
    counts: dict[SeriesKey, dict[str, int]] = {}
    for snapshot in bundle.load():  # ascending: a later release overwrites an earlier one
        for key, by_month in snapshot.counts.items():
            counts.setdefault(key, {}).update(by_month)
    return counts


@cache
def monthly(who: str) -> dict[str, int]:
    """A series' counts by month: "sw", "nb.usbp", "nw:CUBA", "land.ofo", "sw:Tucson Sector"."""
    place, _, part = who.partition(":")
    place, _, half = place.partition(".")
    member = part or HALVES.get(half, "")
    own = [k for k in _stated() if (k.total, k.member) == (PLACES.get(place), member)]
    if own:
        return _stated()[own[0]]
    parts = [monthly(f"{one}{who.removeprefix(place)}") for one in _borders(place)]
    return {
        month: sum(one[month] for one in parts)
        for month in sorted(set.intersection(*map(set, parts)))
    }


def _borders(place: str) -> tuple[str, ...]:
    return {"land": ("sw", "nb"), "nw": ("sw", "nb", "ot")}[place]


def within(when: str) -> list[str]:
    """The months of "2024-07", "FY2024", "2024" or "2023-10..2024-04"."""
    if when.startswith("FY"):
        when = f"{int(when[2:]) - 1}-10..{when[2:]}-09"
    elif len(when) == 4:
        when = f"{when}-01..{when}-12"
    first, _, last = when.partition("..")
    found = [first]
    while found[-1] != (last or first):
        year, month = map(int, found[-1].split("-"))
        found.append(f"{year + month // 12}-{month % 12 + 1:02}")
    return found


def count(who: str, when: str) -> int:
    """What was counted in these months, of several series separated by "+" together."""
    return sum(monthly(one)[month] for one in who.split("+") for month in within(when))


def said(who: str, when: str) -> str:
    """The same as one writes it."""
    return f"{count(who, when):,}"


def change(who: str, when: str, before: str) -> float:
    """Percent more than before, negative if less."""
    return 100 * (count(who, when) / count(who, before) - 1)


def share(who: str, when: str, whole: str) -> float:
    """Percent of a whole."""
    return 100 * count(who, when) / count(whole, when)


def earlier(who: str, month: str, since: str = "") -> list[int]:
    """What was counted in the months on record before this one, from a month on."""
    return [n for other, n in monthly(who).items() if since <= other < month]


def holds(truly: bool) -> str:
    """The verdict that is due."""
    return "right" if truly else "wrong"


def lowest(who: str, month: str, since: str = "") -> str:
    """The verdict on its having been the lowest since then, or ever."""
    return holds(count(who, month) <= min(earlier(who, month, since)))


def highest(who: str, month: str, since: str = "") -> str:
    """The verdict on its having been the highest since then, or ever."""
    return holds(count(who, month) >= max(earlier(who, month, since)))
