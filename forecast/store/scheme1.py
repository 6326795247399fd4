"""Digests of runs as earlier programs made them, so that one quoted then can still be checked.

Scheme 1: the sha256 of these lines, joined by newlines, in this order:

    run|id|started_at|published_at|data_through|config_digest|code_version
    release|sha256|seq|kind|source|first_seen_at|counts_digest      by sha256
    forecast|total|dimension|member|model|month|cutoff|horizon|median|lo50|...|flag_above
    quantile|total|dimension|member|month|prob_permille|value      both by their key
    previous|digest of the run before, "" for the first

Floats are written as Python's repr, which reads back to the same bits; null is the empty text. It
does not cover judgements, flags, scores, notices and approvals: `ledger` does.
"""

import hashlib
from sqlite3 import Connection

from forecast.store.queries import sql

SCHEME = 1


def run_digest(db: Connection, run_id: int, previous: str) -> str:
    """Return the digest of one stored run, given that of the run before it."""
    # The order of these lines is part of the scheme; digests quoted for years depend on it.
    lines = [
        "|".join(
            (
                query.removeprefix("scheme1_"),
                *("" if v is None else repr(v) if isinstance(v, float) else str(v) for v in row),
            )
        )
        for query in ("scheme1_run", "scheme1_release", "scheme1_forecast", "scheme1_quantile")
        for row in db.execute(sql(query), (run_id,))
    ]
    text = "\n".join((*lines, f"previous|{previous}"))
    return hashlib.sha256(text.encode()).hexdigest()
