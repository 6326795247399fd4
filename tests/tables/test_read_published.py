"""Tables in the forms in which offices publish them: right, asked about or refused in words."""

from __future__ import annotations

import pytest

from tests.support import office_tables, table_scorer

CASES = office_tables.cases()


@pytest.mark.parametrize("case", CASES, ids=[case.file for case in CASES])
def test_a_published_table_is_read_right_asked_about_or_refused_in_words(case, tmp_path):
    (tmp_path / case.file).write_bytes(case.content)
    result = table_scorer.score(tmp_path / case.file, case.truth)

    assert result.verdict in table_scorer.GOOD, result
