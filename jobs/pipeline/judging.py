"""Newly published months, each judged once by the forecast made before it.

First the borders, then their parts: what is asked of a part depends on whether its border is
flagged or open. Before the first run there was no forecast; hindcasts judge those months.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from forecast.engine import ENGINE
from forecast.records import Counts, Episode, Flag, Forecast, Judgement, SeriesKey
from forecast.store import watch
from forecast.watch.monitor import JudgedMonth, Look, State, course
from forecast.watch.outlook import Hindsight
from forecast.watch.replay import typical
from forecast.watch.revisions import revision_flag
from forecast.watch.surprise import Expected, Rules, eligible, thresholds
from jobs.pipeline.judging_parts import Borders, judge_parts
from jobs.pipeline.past import Past, read_past

if TYPE_CHECKING:
    from sqlite_utils import Database

    from forecast.config import Config


@dataclass
class Findings:
    """What judging found, in the order in which it is written: borders before their parts."""

    judgements: list[Judgement] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    episodes: list[Episode] = field(default_factory=list)
    systemic: frozenset[str] = frozenset()

    def add(self, months: Iterable[JudgedMonth]) -> None:
        """Keep what came of these months."""
        for judged in months:
            self.judgements.append(judged.judgement)
            self.flags += judged.flags
            self.episodes += judged.episodes


def rules_of(config: Config) -> Rules:
    """When a month is unusual, as it is set."""
    return Rules(**config.flags.model_dump())


def judge_new(
    db: Database, head: Hindsight, families: Sequence[Hindsight], rules: Rules
) -> Findings:
    """Every published month not judged before, each on its first-published value."""
    past = read_past(db)
    found = Findings()
    for row, key in enumerate(head.keys):
        looks = [past.look(head, row, month) for month in past.pending(key)]
        found.add(judge_series(past, key, looks, rules))
    borders = Borders.known(db, head, past, found.flags, found.episodes)
    parts, found.systemic = judge_parts(past, borders, families, rules)
    found.add(parts)
    found.flags += _revisions(db)
    return found


def judge_series(
    past: Past, key: SeriesKey, looks: Sequence[Look], rules: Rules
) -> Iterator[JudgedMonth]:
    """One border's months; those filled in before its last judged one get no flags."""
    last = past.last.get(key, "")
    for _, judged in course([look for look in looks if look.published.month < last], rules):
        yield JudgedMonth(judged.judgement)
    new = [look for look in looks if look.published.month > last]
    for _, judged in course(new, rules, past.states.get(key, State())):
        yield judged


def _revisions(db: Database) -> Iterator[Flag]:
    for revised in watch.revised(db):
        flag = revision_flag(*revised)
        if flag is not None:
            yield flag


def alarmed(rows: Iterable[Forecast], counts: Counts, rules: Rules) -> Iterable[Forecast]:
    """The engine's forecasts with the counts under and over which a month would be flagged."""
    for row in rows:
        yield _alarmed(row, counts, rules) if row.model == ENGINE else row


def _alarmed(row: Forecast, counts: Counts, rules: Rules) -> Forecast:
    expected = Expected(row.median, row.centre, row.scale, row.df)
    if not eligible(expected, typical(counts[row.series], row.cutoff), rules):
        return row
    below, above = thresholds(expected, rules)
    return replace(row, flag_below=below, flag_above=above)
