"""Lives of series: late, not counted for long, shut, ended, renamed, merged; what is said of it.

A person's word stands in the record, dated, until the series is counted again. Else the months say
it: a series that is a month or two behind the others is late, one that is a year behind has ended.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from forecast import months
from forecast.agreed import Life
from forecast.sources.source import Source
from forecast.types import Counts, SeriesKey
from forecast.words import capital, first_few, many, month_words

Standing = Literal["running", "late", "not counted", "shut", "ended"]
LATE = 2  # months behind the others: more is no lateness
ENDED = 12


def life(name: str, lives: Sequence[Life]) -> Life | None:
    """Return the newest thing that a person confirmed of a series; None if nothing."""
    return next((life for life in reversed(lives) if life.series == name), None)


def named(key: SeriesKey) -> str:
    """Return what a series is called in a life."""
    return f"{key.total}: {key.member}" if key.member else key.total


def of_series(key: SeriesKey, source: Source) -> Life | None:
    """Return the newest thing that a person confirmed of a series of a source; None if nothing."""
    return life(named(key), source.lives)


def over(last: str, newest: str, confirmed: Life | None = None) -> bool:
    """Whether a series has ended or is shut, and so is not forecast."""
    return standing(last, newest, confirmed) in ("shut", "ended")


def _behind(last: str, newest: str) -> int:
    return months.to_index(newest) - months.to_index(last)


def standing(last: str, newest: str, confirmed: Life | None = None) -> Standing:
    """Decide how a series whose newest month is `last` stands beside the record's newest."""
    if not newest or last >= newest:
        return "running"
    if confirmed and confirmed.what != "renamed" and confirmed.month > last:
        return "shut" if confirmed.what == "shut" else "ended"
    if _behind(last, newest) >= ENDED:
        return "ended"
    return "late" if _behind(last, newest) <= LATE else "not counted"


class LifeWords(NamedTuple):
    """What is said of a life: in a word or two, "" of one that runs; and behind its last count."""

    verdict: str
    behind: str


def words(last: str, newest: str, confirmed: Life | None = None) -> LifeWords:
    """Say what became of a series. last : its newest month. newest : the record's."""
    stands = standing(last, newest, confirmed)
    since = month_words(confirmed.month) if confirmed else ""
    if stands == "running":
        called = confirmed.other if confirmed and confirmed.what == "renamed" else ""
        return LifeWords("", f"called {called!r} in files since {since}" if called else "")
    behind, through = many(_behind(last, newest), "month"), month_words(newest)
    if stands == "late":
        return LifeWords("Late", f"late by {behind}: other figures go through {through}")
    if stands == "not counted":
        short = f"Not counted since {month_words(last)}"
        return LifeWords(short, f"not counted since: other figures go through {through}")
    if stands == "shut":
        how = f"has been shut since {since}"
        return LifeWords(f"Shut since {since}", f"its last count: it {how}, and is not forecast")
    ended = confirmed if confirmed and confirmed.month > last else None
    if ended and ended.what == "merged":
        how = f"merged into {ended.other!r} in {since}"
        return LifeWords(capital(how), f"{how}, and ended")
    how = "as confirmed" if ended else f"{behind} before the others"
    said = f"its last count: it has ended, {how}, and is not forecast"
    return LifeWords(f"Ended in {month_words(last)}", said)


def news(
    ends: Mapping[SeriesKey, str], newest: str, lives: Sequence[Life]
) -> dict[str, dict[str, str]]:
    """Return total -> part, "" for the total -> what became of it in a few words, while it is news.

    ends : of series, their newest months. newest : the record's.
    """
    news: dict[str, dict[str, str]] = {}
    for key, last in ends.items():
        confirmed = life(named(key), lives)
        late = standing(last, newest, confirmed) in ("late", "not counted")
        fresh = any(of.series == named(key) and _is_news(of, last, newest) for of in lives)
        if (late or fresh) and (verdict := words(last, newest, confirmed).verdict):
            news.setdefault(key.total, {})[key.member] = verdict
    return news


def _is_news(of: Life, last: str, newest: str) -> bool:
    """Whether what a person said of a series is as new as the counts: what ended is none later."""
    fresh = of.month == newest or of.at[:7] > newest
    return fresh and (of.what == "renamed" or over(last, newest, of))


def lagging(lasts: Mapping[str, str], lives: Sequence[Life]) -> list[str]:
    """Return which series are behind the newest month, in words for one line.

    lasts : series -> its newest month.
    """
    newest = max(lasts.values())
    groups: dict[Standing, list[str]] = {}
    for name, last in lasts.items():
        groups.setdefault(standing(last, newest, life(name, lives)), []).append(name)
    confirmed: dict[str, list[str]] = {}
    for one in lives:
        if one.series in lasts and _is_news(one, lasts[one.series], newest):
            confirmed.setdefault(one.what, []).append(one.series)
    called: dict[Standing, str] = {"late": "late", "not counted": "not counted for months"}
    late = {words: groups[of] for of, words in called.items() if of in groups}
    return [f"{words}: {first_few(names)}" for words, names in (late | confirmed).items()]


def running(source: Source, counts: Counts) -> Source:
    """Return a source of own counts without the series that are over, which no run forecasts."""
    heads = {key: known for key, known in counts.items() if key.headline and known}
    gone = {key.total for key in heads.keys() - without_over(source, heads).keys()}
    left = (name for name in source.totals.parts if name not in gone)
    return source.with_totals(left) if gone else source


def without_over(source: Source, counts: Counts) -> Counts:
    """Return the counts of series that go on; a publisher's all do."""
    newest = max((max(known) for known in counts.values() if known), default="")
    return {
        key: known
        for key, known in counts.items()
        if source.layouts or not known or not over(max(known), newest, of_series(key, source))
    }


def spans(
    keys: Iterable[SeriesKey], known: Counts, lives: Sequence[Life]
) -> dict[SeriesKey, list[tuple[str, str]]]:
    """Return from which to which months each series belongs to a sum; "9999-12" while it runs.

    A merged series takes over from those that it adds up, in the month in which they ended. One
    that is counted again belongs to it again.
    """
    spans_by_key: dict[SeriesKey, list[tuple[str, str]]] = {}
    for key in keys:
        name, spans_of = named(key), spans_by_key.setdefault(key, [])
        begun = [of.month for of in lives if of.what == "merged" and of.other == name]
        start = max([min(known[key]), *begun])
        stops = [of.month for of in lives if of.series == name and of.what != "renamed"]
        for stop in sorted(stop for stop in stops if stop > start):
            spans_of.append((start, months.shift(stop, -1)))
            start = min((month for month in known[key] if month >= stop), default="")
            if not start:
                break
        else:
            spans_of.append((start, "9999-12"))
    return spans_by_key
