"""Tables as institutions publish them, beside a checkout: read right, asked about or refused."""

from __future__ import annotations

import pytest

from tests.support import table_scorer

FOLDER = table_scorer.real_tables()
TRUTHS = list(table_scorer.truths(FOLDER)) if FOLDER else []
LARGE = 250_000  # bytes of a file, from which on to read it takes a second


def cases():
    for truth in TRUTHS:
        large = (FOLDER / truth["file"]).stat().st_size > LARGE
        yield pytest.param(truth, id=truth["file"], marks=[pytest.mark.slow] if large else [])


@pytest.mark.skipif(FOLDER is None, reason="no real tables beside this checkout")
@pytest.mark.parametrize("truth", list(cases()))
def test_a_real_table_is_read_right_asked_about_or_refused_in_words_that_help(truth):
    assert FOLDER is not None
    result = table_scorer.score(FOLDER / truth["file"], truth)

    assert result.verdict in table_scorer.GOOD, result
