"""Digests of runs as earlier programs made them, so that one quoted then can still be checked.

Scheme 1: the sha256 of these lines, joined by newlines, in this order:

    run|id|started_at|published_at|data_through|config_digest|code_version
    release|sha256|seq|kind|source|first_seen_at|counts_digest      by sha256
    forecast|border|dimension|member|model|month|cutoff|horizon|median|lo50|...|flag_above
    quantile|border|dimension|member|month|prob_permille|value      both by their key
    previous|digest of the run before, "" for the first

Floats are written as Python's repr, which reads back to the same bits; null is the empty text. It
does not cover judgements, flags, scores, notices and approvals: `ledger` does.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecast.store.connect import Connection

SCHEME = 1

_RUN = """
select id, started_at, published_at, data_through, config_digest, code_version
from main.runs where id = ?
"""
_RELEASES = """
select r.sha256, r.seq, r.kind, r.source, r.first_seen_at, r.counts_digest
from run_releases as x join main.releases as r on r.id = x.release_id
where x.run_id = ? order by r.sha256
"""
_FORECASTS = """
select
    s.border, s.dimension, s.member, f.model, f.month, f.cutoff, f.horizon, f.median, f.lo50,
    f.hi50, f.lo80, f.hi80, f.lo90, f.hi90, f.lo95, f.hi95, f.centre, f.scale, f.df,
    f.flag_below, f.flag_above
from forecasts as f join main.series as s on s.id = f.series_id
where f.run_id = ? order by 1, 2, 3, 4, 5
"""
_QUANTILES = """
select s.border, s.dimension, s.member, q.month, q.prob_permille, q.value
from quantiles as q join main.series as s on s.id = q.series_id
where q.run_id = ? order by 1, 2, 3, 4, 5
"""


def run_digest(db: Connection, run_id: int, previous: str) -> str:
    """The digest of one stored run, given that of the run before it."""
    parts = (
        ("run", _RUN),
        ("release", _RELEASES),
        ("forecast", _FORECASTS),
        ("quantile", _QUANTILES),
    )
    lines = [
        "|".join((name, *map(_text, row)))
        for name, query in parts
        for row in db.execute(query, (run_id,))
    ]
    text = "\n".join((*lines, f"previous|{previous}"))
    return hashlib.sha256(text.encode()).hexdigest()


def _text(value: object) -> str:
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)
