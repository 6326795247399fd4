"""What the program says of a marked stretch of a text: the seam that these tests stand on."""

from __future__ import annotations

import re
from datetime import date

from forecast.claims.decide import check
from forecast.claims.truth import CountTable


def verdict_on(marked: str, held: CountTable, day: str) -> tuple[str, float | None]:
    """The verdict on what stands between < and >, and the truth that it was held against."""
    match = re.search("<(.+?)>", marked)
    assert match, marked
    start, end = match.start(), match.end() - 2
    checked = check(re.sub("[<>]", "", marked), held, date.fromisoformat(day))
    near = [one for one in checked.claims if one.start < end and start < one.end]
    if near:
        most = max(near, key=lambda one: min(one.end, end) - max(one.start, start))
        return most.verdict, most.judged.truth
    unclear = any(one.start < end and start < one.end for one in checked.not_understood)
    return "not understood" if unclear else "none", None
