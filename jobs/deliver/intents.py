"""What a run found -> what there is to tell, as intents of its publishing transaction.

News of a month are told once in its life, whatever becomes of the record: the key says which
month of which totals, not which run. Nothing is told of

    a first run or a back-fill     the months were judged by hindcasts
    an older month                 one that is not the newest held
    stale figures                  published much later than months are by rule
    a doubtful release             another file of the same month lies in quarantine

A notice that went out is corrected only if a revision has made false what it stated, or if its run
is withdrawn; then it is taken back whole, and nothing more of it is corrected.
"""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from forecast import months
from forecast.config import Config, Threshold
from forecast.desk.facts import Falsehood, became_false
from forecast.judge.surprise import p_value, severity
from forecast.store import inputs, notices
from forecast.store.notices import Notice
from forecast.types import (
    Counts,
    Episode,
    Forecast,
    Judgement,
    MonthForecast,
    NoticeIntent,
    SeriesKey,
)
from jobs.deliver import preliminary, thresholds

if TYPE_CHECKING:
    import sqlite3

    from forecast.judge.judging import Findings
    from forecast.sources.source import Source

STALE = timedelta(days=62)  # after a month's end; by rule it is published within 26
_UNDER_WAY = ("due", "held", "approved")
LOOKED_BACK = 18  # months in which a notice is still corrected
NewsKind = Literal["flags", "quiet", "digest"]


def notice_intents(
    record: inputs.Inputs,
    config: Config,
    result: Findings,
    now: datetime,
    source: Source,
    rows: Iterable[Forecast] = (),
    passing: Iterable[tuple[Threshold, str]] = (),
) -> Iterator[NoticeIntent]:
    """Yield what there is to tell of a run that is about to be published.

    now : the moment, UTC. rows : the engine's forecasts of the run, which judge figures. passing :
    thresholds that are likely to be passed, and when.
    """
    announced = record.announced
    yield from _figures(record, config, rows, source)
    newest = max(max(by_month) for key, by_month in record.counts.items() if key.headline)
    fresh = [] if now.date() - months.end(newest) > STALE else _fresh(result, announced, newest)
    for threshold, month in passing:
        if now.date() - months.end(newest) <= STALE:
            key = thresholds.told_as(threshold, source)
            own_id = f"<{key[:32]}@{config.mail.domain}>"
            yield NoticeIntent("flags", month, announced.newest[0], key, own_id)
    kind = _kind(record.episodes, config, result, fresh)
    if fresh and any(n.month == newest and n.state == "approved" for n in announced.notices):
        kind = kind or "quiet"  # who was told of a figure is told what came
    if kind is not None:
        totals = ",".join(sorted(j.series.total for j in fresh))
        of = "news" if announced.first_measure else f"news of {source.name}"
        release_id = max(j.release_id for j in fresh)
        yield _intent(config, f"{of}|{newest}|{totals}", kind, newest, release_id)
    yield from _corrections(record, config, months.shift(newest, -LOOKED_BACK), source)


def _corrections(
    record: inputs.Inputs, config: Config, oldest: str, source: Source
) -> Iterator[NoticeIntent]:
    """Yield notices since a month that are no longer true; what was corrected stands as corrected.

    What was withdrawn as a whole is left: correcting a part would say that the rest holds.
    """
    announced = record.announced
    release_id, sha256 = announced.newest
    every = [n for n in announced.notices if n.state not in ("due", "expired")]
    back = {n.corrects for n in announced.notices if n.withdraws and n.state in _UNDER_WAY}
    for first in every:
        if first.state != "approved" or first.corrects or first.month < oldest or first.id in back:
            continue
        chain = [first, *(n for n in every if n.corrects == first.id)]
        stated = [announced.statements[notice.id] for notice in chain]
        if any(false_now(stated, record.counts, source).values()):
            about = f"correction|{first.content_key}|{sha256}"
            yield _intent(config, about, "correction", first.month, release_id, first.id)


def _figures(
    record: inputs.Inputs, config: Config, rows: Iterable[Forecast], source: Source
) -> Iterator[NoticeIntent]:
    """Yield a notice of each figure of the day: of unusual ones, or of all where months are told.

    A figure is held against the forecast of what it is of, and of nothing else.
    """
    figures = {(f.series, f.month): f for f in record.provisional if f.kind == "figure"}
    ahead = {(row.series, row.first_month): row for row in rows}
    for place, figure in figures.items():
        row, rules = ahead.get(place), config.flags.rules
        unusual = False
        if row is not None and not figure.days:
            expected = MonthForecast(
                row.median, row.centre, row.scale, row.df, row.horizon, row.mixture
            )
            p, _ = p_value(figure.count, expected)
            typical = statistics.median(list(record.counts[figure.series].values())[-12:])
            unusual = severity(figure.count, expected, p, typical, rules) not in (None, "watch")
        if unusual or config.notices.quiet_months:
            key = preliminary.told_as(figure, source)
            own_id = f"<{key[:32]}@{config.mail.domain}>"
            kind: NewsKind = "flags" if unusual else "quiet"
            yield NoticeIntent(kind, figure.month, record.announced.newest[0], key, own_id)


def _intent(
    config: Config,
    about: str,
    kind: NewsKind | Literal["correction"],
    month: str,
    release_id: int,
    corrects: int | None = None,
    withdraws: int | None = None,
) -> NoticeIntent:
    """Return an intent; about : by which the same is known again, in whatever run."""
    key = hashlib.sha256(about.encode()).hexdigest()
    own_id = f"<{key[:32]}@{config.mail.domain}>"
    return NoticeIntent(kind, month, release_id, key, own_id, corrects, withdraws)


def _fresh(result: Findings, announced: inputs.Announced, newest: str) -> list[Judgement]:
    """Return the totals' newest month, where it is news to tell."""

    def believed(judgement: Judgement) -> bool:
        kind, seq = announced.releases[judgement.release_id]
        return kind not in ("bundle", "vintage") and seq // 1000 not in announced.refused

    return [
        j
        for j in result.judgements
        if j.series.headline and j.month == newest and j.basis == "issued" and believed(j)
    ]


def _kind(
    episodes: Iterable[Episode], config: Config, result: Findings, fresh: list[Judgement]
) -> NewsKind | None:
    """Return what kind of news it is, None if there is none."""
    if not fresh:
        return None
    month, totals = fresh[0].month, {j.series for j in fresh}
    now = (f for f in result.flags if f.month == month and f.kind in ("month", "drift"))
    unusual = {f.series for f in now if f.severity != "watch"}
    shifts = (e for e in result.episodes if e.state == "level shift" and e.closed == month)
    if totals & {*unusual, *(e.series for e in shifts)}:
        return "flags"
    if config.notices.quiet_months:
        return "quiet"
    open_still = any(
        e.series.headline and e.state == "open" and e.opened <= month for e in episodes
    )
    return "digest" if unusual or open_still else None


def taken_back(
    connection: sqlite3.Connection, config: Config, run_id: int, sent: Iterable[Notice]
) -> Iterator[NoticeIntent]:
    """Yield what there is to tell when a run is withdrawn: a correction in each thread it spoke in.

    sent : notices of the run that reached somebody.
    """
    every = {notice.id: notice for notice in notices.every(connection)}
    for notice in sent:
        first = every[notice.corrects or notice.id]
        about = f"withdrawal|{run_id}|{first.content_key}"
        of = (first.month, notice.release_id, first.id, run_id)
        yield _intent(config, about, "correction", *of)


def false_now(
    stated: Iterable[Mapping[str, Any]], counts: Counts, source: Source
) -> dict[str, list[Falsehood]]:
    """Return total -> what was stated of it last and is false by now.

    stated : what a notice stated of each total and what its corrections did, the oldest first.
    """
    last = {total: statement for statements in stated for total, statement in statements.items()}
    return {
        total: list(became_false(statement, counts.get(SeriesKey(total), {}), source))
        for total, statement in last.items()
    }
