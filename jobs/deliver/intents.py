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
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from forecast import months
from forecast.config import Config
from forecast.desk.facts import Falsehood, became_false
from forecast.store import inputs, notices
from forecast.store.notices import Notice
from forecast.types import Counts, Episode, Judgement, NoticeIntent, SeriesKey
from jobs.deliver.letter import Letterhead

if TYPE_CHECKING:
    import sqlite3

    from forecast.judge.judging import Findings
    from forecast.sources.source import Source

STALE = timedelta(days=62)  # after a month's end; by rule it is published within 26
_UNDER_WAY = ("due", "held", "approved")
LOOKED_BACK = 18  # months in which a notice is still corrected


def notice_intents(
    record: inputs.Inputs, config: Config, result: Findings, now: datetime, source: Source
) -> Iterator[NoticeIntent]:
    """What there is to tell of a run that is about to be published.

    now : the moment, UTC.
    """
    domain = Letterhead(config.mail.sender).domain
    counts = record.counts
    newest = max(max(by_month) for key, by_month in counts.items() if key.headline)
    fresh = _fresh(record.told, result.judgements, newest, now)
    kind = _kind(record.episodes, config, result, fresh)
    if kind is not None:
        totals = ",".join(sorted(j.series.total for j in fresh))
        of = "news" if record.told.first_measure else f"news of {source.name}"
        key = _key(f"{of}|{fresh[0].month}|{totals}")
        release_id = max(j.release_id for j in fresh)
        yield NoticeIntent(kind, fresh[0].month, release_id, key, _message_id(key, domain))
    yield from _corrections(record.told, counts, newest, domain, source)


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _message_id(key: str, domain: str) -> str:
    return f"<{key[:32]}@{domain}>"


def _fresh(
    told: inputs.Announced, judgements: Iterable[Judgement], newest: str, now: datetime
) -> list[Judgement]:
    """The totals' newest month, where it is news to tell."""
    if now.date() - months.end(newest) > STALE:
        return []

    def believed(judgement: Judgement) -> bool:
        kind, seq = told.releases[judgement.release_id]
        return kind not in ("bundle", "vintage") and seq // 1000 not in told.refused

    return [
        j
        for j in judgements
        if j.series.headline and j.month == newest and j.basis == "issued" and believed(j)
    ]


def _kind(
    episodes: Iterable[Episode], config: Config, result: Findings, fresh: list[Judgement]
) -> Literal["flags", "quiet", "digest"] | None:
    """What kind of news it is, None if there is none."""
    if not fresh:
        return None
    month, totals = fresh[0].month, {j.series for j in fresh}
    unusual = [
        f
        for f in result.flags
        if f.month == month and f.severity != "watch" and f.kind in ("month", "drift")
    ]
    shifts = [e for e in result.episodes if e.state == "level shift" and e.closed == month]
    if any(f.series in totals for f in unusual) or any(e.series in totals for e in shifts):
        return "flags"
    if config.notices.quiet_months:
        return "quiet"
    open_still = any(
        e.series.headline and e.state == "open" and e.opened <= month for e in episodes
    )
    return "digest" if unusual or open_still else None


def _corrections(
    told: inputs.Announced, counts: Counts, newest: str, domain: str, source: Source
) -> Iterator[NoticeIntent]:
    """Notices that went out and are no longer true; what was corrected stands as corrected."""
    release_id, sha256 = told.newest
    earlier = told.notices
    every = [n for n in earlier if n.state not in ("due", "expired")]
    taken_back = {n.corrects for n in earlier if n.withdraws and n.state in _UNDER_WAY}
    for first in every:
        late = first.month >= months.shift(newest, -LOOKED_BACK)
        if first.state != "approved" or first.corrects is not None or not late:
            continue
        # It was withdrawn as a whole; a correction of a part would say that the rest holds.
        if first.id in taken_back:
            continue
        chain = [first, *(n for n in every if n.corrects == first.id)]
        stated = [told.statements[notice.id] for notice in chain]
        if any(false_now(stated, counts, source).values()):
            key = _key(f"correction|{first.content_key}|{sha256}")
            message_id = _message_id(key, domain)
            yield NoticeIntent("correction", first.month, release_id, key, message_id, first.id)


def taken_back(
    connection: sqlite3.Connection, config: Config, run_id: int, sent: Iterable[Notice]
) -> Iterator[NoticeIntent]:
    """What there is to tell when a run is withdrawn: a correction in each thread it spoke in.

    sent : notices of the run that reached somebody.
    """
    domain = Letterhead(config.mail.sender).domain
    every = {notice.id: notice for notice in notices.every(connection)}
    for notice in sent:
        first = every[notice.corrects or notice.id]
        key = _key(f"withdrawal|{run_id}|{first.content_key}")
        yield NoticeIntent(
            "correction",
            first.month,
            notice.release_id,
            key,
            _message_id(key, domain),
            corrects=first.id,
            withdraws=run_id,
        )


def false_now(
    stated: Iterable[Mapping[str, Any]], counts: Counts, source: Source
) -> dict[str, list[Falsehood]]:
    """Total -> what was stated of it last and is false by now.

    stated : what a notice stated of each total and what its corrections did, the oldest first.
    """
    last = {total: statement for one in stated for total, statement in one.items()}
    return {
        total: list(became_false(statement, counts.get(SeriesKey(total), {}), source))
        for total, statement in last.items()
    }
